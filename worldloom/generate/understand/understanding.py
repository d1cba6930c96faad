"""Text -> WorldSpec: grammar and lexicon first, then sentence similarity for what they don't know."""

from __future__ import annotations

import re
from collections.abc import Sequence

from worldloom.generate.spec import WorldSpec
from worldloom.generate.understand import resemble, similarity
from worldloom.generate.understand.draft import Draft
from worldloom.generate.understand.grammar import read
from worldloom.generate.understand.kinds import kind_of
from worldloom.generate.understand.lexer import Item, items_of
from worldloom.generate.understand.reading import LIMIT, checked
from worldloom.generate.understand.result import Phrase, Understanding
from worldloom.generate.understand.say import clock
from worldloom.generate.understand.state import NOT_KNOWN, Note
from worldloom.scene.errors import InvalidDataError

_BECOME = re.compile(r"\b(?:make|turn|change)\s+(?:it|this|the world)\s+(?:in)?(?:to\s+)?an?\b", re.IGNORECASE)
"""An edit that names another kind of world."""


def understand(text: str, *, seed: int = 0, base: WorldSpec | None = None) -> Understanding:
    """The world that an English text describes. The same text and seed give the same spec.

    With `base`, the text is an edit of that spec ("make it night", "add three pines"), and all else stays.

    Raises:
        InvalidDataError: the text is empty, longer than 4000 characters, has no words or isn't English.
    """
    clean = checked(text)
    if not 0 <= seed < 2**32:
        raise InvalidDataError(f"The seed {seed} is out of range; give a whole number from 0 to {2**32 - 1}.")
    items = items_of(clean)
    usable, note = similarity.available()
    if usable:
        items = resemble.likened(items)
    kind, said = kind_of(items)
    known = any(item.noun for item in items)
    likened_kind = ""
    if not said and not known and usable and base is None:
        likened_kind = resemble.kind_like(clean)
        kind = likened_kind or kind
    inside = base is not None and base.kind in ("interior", "cave", "space_station")
    becomes = base is not None and said and (kind != "landscape" or inside) and _BECOME.search(clean)
    draft = Draft(base.kind if base and not becomes else kind, base)
    notes = read(items, draft)
    if usable and base is None:
        resemble.liken_clauses(items, notes, draft, likened_kind)
    unsure = any(n.ok is False and n.meaning == NOT_KNOWN for n in notes)
    _finish(draft)
    spec = draft.spec(
        seed=base.seed if base else seed,
        prompt=f"{base.prompt}\n{text}"[:LIMIT].strip() if base else text,
        title=base.title if base else _title(text),
    )
    understood, unknown = _phrases(text, items, notes)
    alike = any(phrase.by == "similarity" for phrase in understood)
    by = "words and similarity" if alike else "words"
    assumed = () if base else _assumed(draft, spec, said)
    return Understanding(spec, understood, unknown, assumed, by, note if unsure else "")


def changed(spec: WorldSpec, text: str) -> Understanding:
    """A text as an edit of a spec: "make it night", "add three pines", "remove the tower", "without people"."""
    return understand(text, base=spec)


def _title(text: str) -> str:
    """The first sentence, at most 60 characters, without breaking a word."""
    first = " ".join(text.split())
    for end in ".!?\n;":
        first = first.split(end)[0]
    if len(first) > 60:
        first = first[:60].rsplit(" ", 1)[0]
    return first.strip(" ,:")[:200]


def _finish(draft: Draft) -> None:
    """Rooms that a home has, or that the furniture speaks of, where none was named."""
    walls = draft.get("interior.wall_material")
    for thing in draft.objects:
        if draft.kind == "cave" and thing.what == "stalagmite" and walls in ("ice", "crystal", "stone"):
            thing.material = thing.material or walls
    dwelling = draft.values.pop("_dwelling", None)
    if draft.kind == "interior" and not draft.rooms and draft.base is None:
        names = dwelling[1] if dwelling else (_room_for([thing.what for thing in draft.objects]),)
        draft.rooms = [{"function": name} for name in names]


_SPEAKING = {
    "living_room": ("sofa", "television", "armchair", "fireplace"),
    "bedroom": ("bed", "wardrobe"),
    "kitchen": ("stove", "fridge", "kitchen_counter"),
    "bathroom": ("bathtub", "toilet", "shower"),
    "study": ("desk", "globe", "telescope"),
    "library": ("bookshelf", "book"),
    "dining_room": ("table", "chair", "chandelier"),
    "workshop": ("workbench", "anvil", "easel"),
    "chapel": ("altar", "pew"),
    "throne_room": ("throne",),
    "classroom": ("blackboard",),
    "corridor": ("door",),
}


def _room_for(things: Sequence[str]) -> str:
    """The room that this furniture speaks of."""
    counts = {room: sum(thing in signs for thing in things) for room, signs in _SPEAKING.items()}
    best = max(counts, key=lambda room: counts[room])
    return best if counts[best] else "living_room"


def _assumed(draft: Draft, spec: WorldSpec, kind_said: bool) -> tuple[str, ...]:
    """What was chosen because the text did not say."""
    words = []
    if not kind_said:
        words.append(f"the world is a {spec.kind.replace('_', ' ')}")
    outdoors = spec.kind in ("landscape", "island", "town")
    if outdoors and not draft.biomes:
        words.append(f"the land is {spec.biomes[0].name.replace('_', ' ')}")
    if "extent" not in draft.values and spec.kind != "interior":
        words.append(f"it is {spec.extent:g} m across")
    if "hour" not in draft.values:
        words.append(f"it is {clock(spec.hour)}")
    if outdoors and "weather" not in draft.values:
        words.append(f"the weather is {spec.weather}")
    if outdoors and "season" not in draft.values:
        words.append(f"it is {spec.season}")
    if outdoors and "relief.shape" not in draft.values:
        words.append(f"the land is {spec.relief.shape} and {spec.relief.height:g} m high")
    if spec.kind == "town" and "settlement.buildings" not in draft.values:
        words.append(f"it has {spec.settlement.buildings} buildings")
    if spec.settlement.buildings and "settlement.style" not in draft.values:
        words.append(f"the buildings are {spec.settlement.style}")
    if spec.kind == "interior" and not spec.interior.rooms:
        words.append("it is one room")
    return tuple(words)


def _phrases(text: str, items: Sequence[Item], notes: Sequence[Note]) -> tuple[tuple[Phrase, ...], tuple[Phrase, ...]]:
    """Neighbouring items of one group as one phrase."""
    understood: list[Phrase] = []
    unknown: list[Phrase] = []
    order = sorted(range(len(items)), key=lambda at: items[at].start)
    at = 0
    while at < len(order):
        first = order[at]
        note = notes[first]
        if note.ok is None:
            at += 1
            continue
        last, ahead = at, at + 1
        while ahead < len(order) and _goes_on(items, notes, order, first, ahead):
            if notes[order[ahead]].ok is not None:
                last = ahead
            ahead += 1
        run = [items[index] for index in order[at : last + 1]]
        start, end = run[0].start, max(item.end for item in run)
        if note.ok:
            typo = next((item.typo_of for item in run if item.typo_of), "")
            similar = min((item.by_similarity for item in run if item.by_similarity is not None), default=None)
            how = "taken as" if similar is not None else "read as"
            meaning = note.meaning + (f" ({how} “{typo}”)" if typo else "")
            by = "words" if similar is None else "similarity"
            sure = similar if similar is not None else 0.8 if typo else 1.0
            understood.append(Phrase(start, end, text[start:end], meaning, by, sure))
        else:
            unknown.append(Phrase(start, end, text[start:end], note.meaning, "nothing", 0.0))
        at = last + 1
    return tuple(understood), tuple(unknown)


def _goes_on(items: Sequence[Item], notes: Sequence[Note], order: list[int], first: int, ahead: int) -> bool:
    """Whether an item goes on with the phrase that began at `first`."""
    note, start = notes[order[ahead]], notes[first]
    if items[order[ahead]].sort == "punct":
        return False
    if note.ok is None:
        return True
    if start.ok:
        return note.ok is True and note.group == start.group
    same_clause = all(notes[order[k]].ok is False for k in range(order.index(first), ahead + 1))
    return note.ok is False and note.meaning == start.meaning and same_clause
