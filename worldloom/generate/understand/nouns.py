"""What a noun with its number and qualities means for a world."""

from __future__ import annotations

from worldloom.generate.understand.buildings import is_built, qualify_part, say_buildings
from worldloom.generate.understand.draft import Draft, Plants
from worldloom.generate.understand.groups import Group, Ref, qualify, say_thing
from worldloom.generate.understand.land import colour_field, say_place, say_roads, say_water
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.rooms import say_bare_room, say_dwelling, say_room
from worldloom.generate.understand.things import say_object, say_plant, say_sort
from worldloom.generate.understand.vocabulary import Entry


def say_noun(draft: Draft, entry: Entry, group: Group, item: Item, *, target: bool = False) -> tuple[Ref | None, str]:
    """Put a noun into the draft. Returns what it stands for and its meaning in plain words; None if it has no place
    in this world, with the reason."""
    speak = {"object": say_object, "plant": say_plant, "sort": say_sort, "room": say_room, "dwelling": say_dwelling}
    if entry.role in speak:
        return speak[entry.role](draft, entry, group, item, target)
    if entry.part:
        return _part(draft, entry, group, item, target)
    return say_place(draft, entry, group, item)


def forbid_noun(draft: Draft, entry: Entry, *, remember: bool) -> str:
    """There is none of it. Returns what that means, "" for nothing."""
    if entry.part:
        name = {"streets": "roads", "building": "buildings"}.get(entry.part, entry.part)
        draft.forbid(name, remember=remember)
        return f"no {name}"
    name = entry.without or entry.name
    for path, value in entry.unsets:
        draft.values[path] = (4, value)
    for path, value in entry.sets:
        if path == "biomes":
            draft.biomes = [biome for biome in draft.biomes if biome not in value]
        elif path == "settlement.buildings":
            draft.values[path] = (4, 0)
        elif draft.get(path) == value:
            draft.values.pop(path)
    if entry.role == "room":
        draft.rooms = [room for room in draft.rooms if room["function"] != entry.name]
    draft.forbid(name, remember=remember)
    return f"no {name.replace('_', ' ')}"


def add_qualities(draft: Draft, ref: Ref, group: Group) -> str:
    """Qualities that came after a noun; returns what they mean, "" if it can't have them."""
    entry = ref.entry
    if ref.thing:
        qualify(ref.thing, group)
        return say_thing(ref.thing)
    if entry.role == "plant" and group.colour:
        draft.plants.setdefault(entry.name, Plants()).colour = group.colour
        return f"{entry.name.replace('_', ' ')}: {group.colour_name}"
    if entry.colour_field and group.colour:
        return colour_field(draft, entry, group)
    return qualify_part(draft, entry, group)


def _part(draft: Draft, entry: Entry, group: Group, item: Item, target: bool) -> tuple[Ref | None, str]:
    part = entry.part
    indoors = draft.kind in ("interior", "space_station", "cave")
    if part == "water":
        return say_water(draft, entry, group)
    if part == "buildings":
        if item.plural or is_built(draft):
            return say_buildings(draft, entry, group, item)
        return say_object(draft, Entry("object", "house", some=6, without="house"), group, item, target)
    if part == "windows":
        single = group.number is not None or not item.plural
        if indoors and (single or target):
            if target and draft.thing("window") is None and "sill" in item.text.lower():
                return Ref(entry, None, 1, item.plural), "the windows"
            return say_object(draft, Entry("object", "window", some=3, without="window"), group, item, target)
        share = {"tiny": 0.15, "small": 0.25, "large": 0.85, "huge": 0.95}.get(group.size, 0.6)
        if not indoors:
            return Ref(entry, None, 1, item.plural), "windows, as the houses have"
        draft.set("interior.windows", share, 2)
        group.used.add("size")
        return Ref(entry, None, 1, item.plural), f"windows, {share:.0%} of the walls"
    if part in ("roads", "streets"):
        return say_roads(draft, entry, group, item)
    if part == "walls" and not indoors and not target and not is_built(draft):
        return say_object(draft, Entry("object", "wall", some=2, without="wall"), group, item, target)
    meaning = qualify_part(draft, entry, group)
    if part == "room":
        return say_bare_room(draft, entry, group, item)
    if part == "tiles" and indoors:
        draft.set("interior.wall_material", "tile", 2)
        if group.colour:
            draft.set("interior.wall_colour", group.colour, 3)
            group.used.add("colour")
        meaning = f"{group.colour_name} tiles on the walls".strip()
    if part == "ceiling" and group.resize and draft.base:
        draft.set("interior.ceiling", round(draft.base.interior.ceiling * (1.3 if group.resize > 0 else 0.8), 2), 3)
        group.used.add("resize")
        meaning = f"a ceiling {draft.get('interior.ceiling'):.3g} m high"
    if part == "ceiling" and group.size in ("large", "huge", "small", "tiny"):
        draft.set("interior.ceiling", {"large": 4.0, "huge": 8.0, "small": 2.3, "tiny": 2.1}[group.size], 2)
        group.used.add("size")
        meaning = f"a ceiling {draft.get('interior.ceiling'):g} m high"
    return Ref(entry, None, 1, item.plural), meaning or f"the {entry.target or part}"
