"""Items -> facts: noun groups with their numbers and qualities, what is denied, and what stands by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from worldloom.generate.understand import measures, relations
from worldloom.generate.understand.colours import colour_of, shaded
from worldloom.generate.understand.draft import Draft, Thing, apply_sets
from worldloom.generate.understand.groups import Group
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.nouns import add_qualities, forbid_noun, say_noun
from worldloom.generate.understand.say import say_sets, some_of
from worldloom.generate.understand.senses import sense
from worldloom.generate.understand.state import DETERMINERS, JOINERS, NOT_KNOWN, Note, State
from worldloom.generate.understand.things import BUILDINGS
from worldloom.generate.understand.vocabulary import QUALITIES, Entry


def read(items: Sequence[Item], draft: Draft) -> list[Note]:
    """Reads items from left to right into the draft. Returns what became of each."""
    state = State(items, draft, [Note() for _ in items])
    at = 0
    while at < len(items):
        at = _step(state, at)
    _flush(state)
    relations.drop(state)
    relations.drop_leading(state)
    if state.denied >= 0:
        _end_denial(state)
    return state.notes


def _step(state: State, at: int) -> int:
    """Act on one item; returns the next one's index."""
    item, low = state.items[at], state.low(at)
    if item.sort == "tag":
        state.unknown([at], "markup and settings of other programs have no effect")
    elif item.sort == "punct":
        if item.is_break:
            _break(state, at)
    elif item.measured:
        return measures.measure(state, at)
    elif low in JOINERS:
        _join(state, at, low)
    elif (
        low in ("which", "who", "that")
        and at
        and state.latest
        and (state.items[at - 1].noun or state.low(at - 1) == ",")
    ):
        state.subject = state.latest
    elif low in DETERMINERS or low == "each":
        _determiner(state, at, low)
    else:
        entry = sense(state, at)
        if entry is None:
            _unknown_word(state, at)
        else:
            return _word(state, at, entry)
    return at + 1


def _word(state: State, at: int, entry: Entry) -> int:
    """Act on a known phrase; returns the next item's index."""
    role = entry.role
    if role == "stop":
        return at + 1
    if state.denied_noun:
        _end_denial(state)
    if role in ("number", "amount", "scarce"):
        _number(state, at, entry)
    elif role in QUALITIES:
        _quality(state, at, entry)
    elif role == "praise":
        if state.group.number is not None and not state.noun_ahead(at):
            _flush(state)
        state.unknown([at], "says how good it should be, not what is there")
        _maybe_head(state, at)
    elif role == "setting" and not entry.is_noun:
        _setting(state, at, entry)
    elif role in ("negation", "relation", "inverse", "spot", "comparison", "edit"):
        if entry.name not in ("more", "fewer"):  # "two more boats"
            _flush(state)
        return _link(state, at, entry)
    elif role == "floors":
        measures.floors(state, at)
    else:
        _noun(state, at, entry)
    return at + 1


def _link(state: State, at: int, entry: Entry) -> int:
    """A word that ends a group and says how the next one goes with it."""
    if entry.role == "negation":
        relations.drop(state)
        if state.denied >= 0:
            _end_denial(state)
        state.denied, state.denied_noun, state.removing = at, False, entry.name == "remove"
    elif entry.role == "relation":
        relations.begin(state, at, entry)
    elif entry.role == "inverse":
        relations.begin_inverse(state, at, entry)
    elif entry.role == "spot":
        relations.spot(state, at, entry)
    elif entry.role == "comparison":
        return measures.comparison(state, at, entry)
    else:
        if state.denied >= 0:
            _end_denial(state)
        if entry.name == "replace":
            state.denied, state.removing = at, True
        elif entry.name in ("more", "fewer"):
            state.group.step = 1 if entry.name == "more" else -1
            state.group.mark("step", at)
        elif entry.name in ("larger", "smaller"):
            state.group.resize = 1 if entry.name == "larger" else -1
            state.group.mark("resize", at)
    return at + 1


# --- groups -----------------------------------------------------------------------------------------------------------


def _number(state: State, at: int, entry: Entry) -> None:
    group = state.group
    if entry.role == "number":
        group.number = int(min(max(float(entry.value), 0), 1e6))
        if group.number == 0:
            state.denied = at
    elif entry.role == "amount":
        group.amount = int(entry.value)
        scarce = state.items[at].role("scarce")
        group.scarce = float(scarce.value) if scarce else None
    else:
        group.scarce = float(entry.value)
    group.mark("number", at)


def _quality(state: State, at: int, entry: Entry) -> None:
    group = state.group
    if entry.role == "colour":
        if group.colour is not None and not group.gold:
            state.unknown([at], "a thing has one colour")
            return
        group.colour = colour_of(entry.name)
        group.gold = entry.name == "golden"
        group.colour_name = f"{group.shade_name} {entry.name}".strip()
        if group.shade:
            group.colour = shaded(group.colour, group.shade)
        group.mark("colour", at)
    elif entry.role == "shade":
        group.shade, group.shade_name = entry.value, entry.name
        group.mark("shade", at)
    elif entry.role == "material":
        group.material = group.material or entry.value
        group.mark("material", at)
    elif entry.role == "size":
        group.size = entry.value
        group.mark("size", at)
    else:
        group.ruined |= entry.value == "ruined"
        group.glowing |= entry.value == "glowing"
        group.mark(entry.value, at)


def _determiner(state: State, at: int, low: str) -> None:
    if low == "each":
        thing = state.last.thing if state.last else None
        if thing and state.previous_count > 1:
            thing.count = min(thing.count * state.previous_count, 500)
            state.note([at], f"{thing.count} in all")
        return
    if state.group.indexes and state.group.number is None:
        _flush(state)
    state.group.definite = low not in ("a", "an")
    state.group.article = low


def _noun(state: State, at: int, entry: Entry) -> None:
    item = state.items[at]
    if item.possessive and entry.role != "place":
        state.unknown([at], "whose it is makes no difference")
        return
    follows = state.adjacent(at)
    head = follows.noun if follows and not follows.possessive and state.low(at + 1) != "building" else None
    alone = item.plural and entry.role != "place" and entry.name != "person"
    if head and not alone and _modifier(state, at, entry, head):
        return
    state.group.mark("noun", at)
    group, state.group = state.group, Group()
    if state.denied >= 0:
        _deny(state, entry, group)
    else:
        _say(state, at, entry, item, group)


def _say(state: State, at: int, entry: Entry, item: Item, group: Group) -> None:
    before = state.last.thing.count if state.last and state.last.thing else 1
    said_biomes = len(state.draft.biomes)
    ref, meaning = say_noun(state.draft, entry, group, item, target=state.relation is not None)
    if state.modified == at:  # "a desert canyon" is a canyon first
        new = state.draft.biomes[said_biomes:]
        state.draft.biomes = new + state.draft.biomes[:said_biomes]
    if ref is None:
        state.unknown(group.indexes, meaning)
        relations.drop(state)
        state.last = state.subject = None
        return
    state.previous_count = before
    state.note(group.effective(), meaning)
    name = entry.part or entry.name
    state.unknown(group.idle(), f"has no effect on {name.replace('_', ' ')}")
    for value, dimension, used in group.measures:
        measures.measured(state, ref, value, dimension, used)
    state.last = state.latest = ref
    of = state.low(min(group.indexes) - 1) == "of"  # "a vase of sunflowers": the vase stays what is spoken of
    relations.meet(state, ref, holds=of and state.subject is not None and state.subject.thing is not None)


def _modifier(state: State, at: int, entry: Entry, head: Entry) -> bool:
    """A noun before a noun: "pine floor", "crystal cave", "forest road". True if it is dealt with."""
    if entry.role == "plant" and head.role != "plant" and (head.name in _WOODEN or head.part in ("floor", "walls")):
        state.group.material = state.group.material or "wood"
        state.group.mark("material", at)
        return True
    if state.denied >= 0 or (
        (entry.role == "room" and head.name in ("house", "cottage", "cabin")) or head.role == "dwelling"
    ):
        return False
    if entry.role == "room" and (head.role == "room" or head.part == "room"):
        return False
    outside = entry.name in BUILDINGS and state.draft.kind in ("interior", "space_station")
    if entry.role == "object" and entry.name != "person" and head.role in ("place", "feature", "room") and not outside:
        thing = state.draft.thing(entry.name)
        thing = thing or state.draft.add(Thing(entry.name, entry.some if entry.some >= 8 else 1, pointed=True))
        state.note([at], some_of(thing.count, entry.name))
        return True
    land = entry.role in ("place", "plant", "sort") or (entry.role in ("feature", "setting") and not head.part)
    if land and not entry.part:
        placed = state.draft.placed
        ref, meaning = say_noun(state.draft, entry, replace(Group(), definite=True), state.items[at])
        state.draft.placed = placed
        state.note([at], meaning) if ref else state.unknown([at], meaning)
        state.modified = at + 1
        return True
    state.unknown([at], f"only the {(head.part or head.name).replace('_', ' ')} is made")
    return True


_WOODEN = {"table", "chair", "desk", "bed", "bookshelf", "wardrobe", "cupboard", "shelf", "door", "bench", "chest"}


def _flush(state: State) -> None:
    """Qualities without a noun after them belong to the noun before: "a house painted red", "made of stone"."""
    group, state.group = state.group, Group()
    if not group.indexes and not group.measures:
        return
    ref = state.last
    if ref and group.qualified and group.number is None and state.denied < 0:
        meaning = add_qualities(state.draft, ref, group)
        if meaning:
            state.note(group.indexes, meaning)
            return
    state.unknown(group.indexes, "it is not clear what this belongs to")
    for value, dimension, used in group.measures:
        measures.measured(state, None, value, dimension, used)


def _unknown_word(state: State, at: int) -> None:
    item, group = state.items[at], state.group
    state.unknown([at], NOT_KNOWN)
    many = group.number is not None and group.number > 1 and item.text.lower().endswith("s")
    if many or (group.indexes and state.ends_group(at)):  # "two giraffes": the number is theirs
        state.unknown([*group.indexes, at], NOT_KNOWN)
        state.group = Group()
        state.last = state.subject = None
    elif state.ends_group(at) and not group.indexes:
        state.last = None
        _maybe_head(state, at)


def _maybe_head(state: State, at: int) -> None:
    """A word without effect that is a noun: "a light in the window" tells the place of nothing that we build."""
    belongs = state.low(at - 2) in ("with", "has", "have", "having")  # "a snowman with a scarf in front of a house"
    if state.low(at - 1) in DETERMINERS and state.ends_group(at) and not belongs:
        state.last = state.subject = None


# --- settings and denials ---------------------------------------------------------------------------------------------


def _setting(state: State, at: int, entry: Entry) -> None:
    draft = state.draft
    if entry.only_kind and entry.only_kind != draft.kind:
        state.unknown([at], f"it means something in an {entry.only_kind} only")
    elif state.denied >= 0:
        _deny_setting(state, at, entry)
    elif apply_sets(draft, entry, 3 if draft.base else None):
        if draft.base and state.low(at) == "snow":  # asked for as such, it falls
            draft.set("weather", "snow", 3)
        state.note([at], say_sets(entry.sets) or entry.name)
    else:
        state.unknown([at], "something else was said before")


def _deny(state: State, entry: Entry, group: Group) -> None:
    meaning = forbid_noun(state.draft, entry, remember=not (state.removing and state.draft.base is not None))
    used = [*_denial(state), *group.indexes]
    state.note(used, meaning)
    state.last = None
    state.denied_noun = True


def _deny_setting(state: State, at: int, entry: Entry) -> None:
    draft = state.draft
    done = False
    for path, value in entry.unsets:
        done |= draft.set(path, value, 3 if draft.base else 1)
    if entry.without:
        draft.forbid(entry.without)
        done = True
    used = [*_denial(state), at]
    if done:
        state.note(used, f"not {state.items[at].text.lower()}")
    else:
        state.unknown(used, "what there should be instead is not said")
    state.group = Group()
    state.denied_noun = True


def _denial(state: State) -> list[int]:
    """The item that denies, if nothing was made of it yet."""
    return [state.denied] if state.notes[state.denied].ok is None else []


def _end_denial(state: State) -> None:
    if state.notes[state.denied].ok is None:
        state.unknown([state.denied], "it is not clear what there is none of")
    state.denied = -1
    state.denied_noun = state.removing = False


# --- clauses ----------------------------------------------------------------------------------------------------------


def _break(state: State, at: int) -> None:
    hard = state.items[at].text not in ",("
    _flush(state)
    if state.denied >= 0 and (hard or not state.list_goes_on(at)):
        _end_denial(state)
    state.denied_noun = False
    relations.drop(state)
    if hard:
        state.topic = state.subject or state.topic
        relations.drop_leading(state)
        state.subject = state.last = None
    elif not state.qualities_follow(at):
        state.last = None


def _join(state: State, at: int, low: str) -> None:
    if low == "and" and state.between is not None:
        return
    follows = state.items[at + 1] if at + 1 < len(state.items) else None
    goes_on = low in ("and", "or") and state.group.indexes and follows and follows.role(*QUALITIES, "number")
    if not goes_on:  # "glass and iron", "red and white" go on
        _flush(state)
    bare = low in ("or", "nor") or (low == "and" and state.bare_noun(at + 1))
    if state.denied >= 0 and (state.denied_noun or low == "but"):
        if bare:  # "no cars or people": the next noun is denied too
            state.denied_noun = False
        else:
            _end_denial(state)
    if low in ("with", "has", "have", "having", "featuring", "containing", "including"):
        state.topic = state.subject or state.topic
    relations.drop(state)
