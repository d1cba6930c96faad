"""Rooms and homes seen from inside."""

from __future__ import annotations

from worldloom.generate.understand.buildings import qualify_part
from worldloom.generate.understand.draft import Draft
from worldloom.generate.understand.groups import Group, Ref
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.say import some_of
from worldloom.generate.understand.things import say_object
from worldloom.generate.understand.vocabulary import Entry


def say_room(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    if draft.kind not in ("interior", "space_station"):
        outdoors = entry.value
        if outdoors is None:
            return None, "a room has no place in this world"
        return say_object(draft, Entry("object", outdoors, some=3, without=outdoors), group, item, target)
    qualify_part(draft, entry, group)
    known = [room for room in draft.rooms if room["function"] == entry.name]
    plain = group.number is None and group.amount is None
    if not (known and plain and not item.plural and (draft.base is None or group.definite)):
        number = min(group.count(entry, item.plural), 12)
        size = _room_size(group)
        group.used.add("size")
        draft.rooms += [{"function": entry.name, **size} for _ in range(number)]
    if entry.value and group.size in ("large", "huge"):
        draft.set("interior.ceiling", 4.0 if group.size == "large" else 8.0, 1)
    number = sum(room["function"] == entry.name for room in draft.rooms)
    return Ref(entry, None, number, item.plural), some_of(number, entry.name)


def _room_size(group: Group) -> dict[str, float]:
    side = {"tiny": 2.4, "small": 3.2, "large": 8.0, "huge": 16.0}.get(group.size)
    return {"width": side, "depth": side} if side else {}


def say_bare_room(draft: Draft, entry: Entry, group: Group, item: Item) -> tuple[Ref | None, str]:
    """ "an empty concrete room", "inside"."""
    if item.text.lower().endswith(("room", "chamber")) and not group.definite and not draft.rooms:
        draft.rooms.append({"function": "hall", **_room_size(group)})
        group.used.add("size")
    return Ref(entry, None, 1, item.plural), "a room"


def say_dwelling(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    if draft.kind != "interior":
        house = Entry("object", "house", some=6, without="house")
        return say_object(draft, house, group, item, target)
    draft.values.setdefault("_dwelling", (0, entry.value))
    return Ref(entry, None, 1, item.plural), f"a home: {entry.name}"
