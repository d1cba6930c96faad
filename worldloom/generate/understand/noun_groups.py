"""Noun groups: numbers, qualities, nouns before nouns, and qualities after them."""

from __future__ import annotations

from dataclasses import replace

from worldloom.generate.understand import denials, measures, relations
from worldloom.generate.understand.colours import colour_of, shaded
from worldloom.generate.understand.draft import Thing
from worldloom.generate.understand.groups import Group
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.nouns import add_qualities, say_noun
from worldloom.generate.understand.say import some_of
from worldloom.generate.understand.state import DETERMINERS, NOT_KNOWN, State
from worldloom.generate.understand.things import BUILDINGS
from worldloom.generate.understand.vocabulary import Entry


def number(state: State, at: int, entry: Entry) -> None:
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


def quality(state: State, at: int, entry: Entry) -> None:
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


def determiner(state: State, at: int, low: str) -> None:
    if low == "each":
        thing = state.last.thing if state.last else None
        if thing and state.previous_count > 1:
            thing.count = min(thing.count * state.previous_count, 500)
            state.note([at], f"{thing.count} in all")
        return
    if state.group.indexes and state.group.number is None:
        flush(state)
    state.group.definite = low not in ("a", "an")
    state.group.article = low


def noun(state: State, at: int, entry: Entry) -> None:
    item = state.items[at]
    if item.possessive and entry.role != "place":
        state.unknown([at], "whose it is makes no difference")
        return
    shown = state.last.thing if state.last and state.group.article != "the" else None
    of = "of" in (state.low(at - 1), state.low(at - 2))
    if shown and shown.what in ("statue", "picture") and of and not state.group.marks:
        state.unknown([at], f"what the {shown.what} shows can't be chosen")
        return
    if entry.target == "road" and entry.role == "place" and at and state.items[at - 1].role("plant"):
        entry = Entry("feature", "road", target="road", part="roads")  # "a cypress alley"
    if entry.target == "island" and state.draft.kind == "interior":
        entry = Entry("object", "kitchen_counter", some=2, without="kitchen_counter")
    follows = state.adjacent(at)
    head = follows.noun if follows and not follows.possessive and state.low(at + 1) != "building" else None
    alone = item.plural and entry.role != "place" and entry.name != "person"
    if head and not alone and _modifier(state, at, entry, head):
        return
    state.group.mark("noun", at)
    group, state.group = state.group, Group()
    if state.denied >= 0:
        denials.deny(state, entry, group)
    else:
        twin, state.twin = state.twin, None
        if twin is not None:
            twin.mark("noun", at)
            _say(state, at, entry, item, twin)
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
    if state.relation is None or ref.thing is not None:
        state.named.append(ref)
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
    if entry.role == "room" and (head.part == "room" or (head.role == "room" and entry.weight > 0.3)):
        return False  # "hospital corridor" is a corridor only
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


def flush(state: State) -> None:
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


def unknown_word(state: State, at: int) -> None:
    item, group = state.items[at], state.group
    state.unknown([at], NOT_KNOWN)
    many = group.number is not None and group.number > 1 and item.text.lower().endswith("s")
    if many or (group.indexes and state.ends_group(at)):  # "two giraffes": the number is theirs
        state.unknown([*group.indexes, at], NOT_KNOWN)
        state.group = Group()
        state.last = state.subject = None
    elif state.ends_group(at) and not group.indexes:
        state.last = None
        maybe_head(state, at)


def maybe_head(state: State, at: int) -> None:
    """A word without effect that is a noun: "a light in the window" tells the place of nothing that we build."""
    belongs = {state.low(at - 1), state.low(at - 2)} & {
        "with",
        "has",
        "have",
        "having",
    }  # "a snowman with a scarf in front of a house"
    before = state.items[at - 1] if at else None
    verb = (
        before is not None and before.noun is not None and state.low(at - 1) not in DETERMINERS
    )  # "a cat sleeping on"
    if not verb and state.ends_group(at) and not belongs:
        state.last = state.subject = None
