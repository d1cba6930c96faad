"""Places and features of the land, its waters and its roads."""

from __future__ import annotations

from dataclasses import replace

from worldloom.generate.understand.buildings import colour_walls
from worldloom.generate.understand.draft import Draft, apply_sets
from worldloom.generate.understand.groups import Group, Ref
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.say import say_sets, some_of
from worldloom.generate.understand.vocabulary import Entry


def say_place(draft: Draft, entry: Entry, group: Group, item: Item) -> tuple[Ref | None, str]:
    sets = entry
    aside = draft.placed or item.plural or entry.kind != draft.kind
    if entry.role == "place" and entry.kind and aside:  # "a garden" beside something is not the whole world
        sets = replace(entry, sets=tuple((path, value) for path, value in entry.sets if path not in _OF_THE_WORLD))
    draft.placed |= entry.role == "place" and bool(entry.kind)
    if draft.base is not None and group.definite and entry.role == "feature":
        sets = replace(entry, sets=())  # "on the hill": an edit that points at what is there
    apply_sets(draft, sets, 3 if draft.base is not None and entry.role != "place" else None)
    means = [say_sets(entry.sets)] if entry.sets else []
    if entry.count:
        number = group.count(entry, item.plural)
        before = draft.get(entry.count) or (_in_base(draft, entry.count) if draft.base else 0)
        again = group.definite or number <= before
        pours = any(path == "water.lava" for path, _ in entry.sets)
        if draft.base is not None and not group.definite and not (pours and before):
            draft.values.pop(entry.count, None)
            draft.set(entry.count, before + number, 3)
        elif not again or before == 0:
            draft.values.pop(entry.count, None)
            draft.set(entry.count, number, 2)
        means.append(some_of(max(number, before), entry.name))
    if group.colour and entry.colour_field:
        means.append(colour_field(draft, entry, group))
    draft.allow(entry.without)
    if group.scarce is not None and any(path == "vegetation.trees" for path, _ in entry.sets):
        draft.set("vegetation.trees", group.scarce, 2)
        group.used.add("number")
    if group.ruined and entry.kind == "town":
        draft.set("settlement.ruined", True, 2)
        means.append("ruined")
        group.used.add("ruined")
    if entry.kind == "town":
        means += colour_walls(draft, group)
    if group.size in _EXTENT and entry.kind and entry.kind == draft.kind:
        from_kind = {"island": 240.0, "town": 160.0, "cave": 60.0, "space_station": 48.0}.get(entry.kind, 160.0)
        from_kind = draft.get("extent") or from_kind
        draft.set("extent", from_kind * _EXTENT[group.size], 2)
        group.used.add("size")
        means.append(f"{group.size}: {draft.get('extent'):g} m across")
    return Ref(entry, None, 1, item.plural), ", ".join(m for m in means if m) or entry.name


_OF_THE_WORLD = ("extent", "relief.shape")


def say_water(draft: Draft, entry: Entry, group: Group) -> tuple[Ref, str]:
    """ "water": that which there is, or a lake."""
    known = [name for name, path in _WATERS.items() if draft.get(path)]
    name = known[0] if known else "sea" if draft.biomes[:1] == ["coast"] or draft.kind == "island" else "lake"
    draft.set(_WATERS[name], 1, 1)
    if group.colour:
        colour_field(draft, entry, group)
    return Ref(
        Entry("feature", name, target=name, colour_field="water.colour")
    ), f"water: {name} {group.colour_name}".strip()


_WATERS = {"sea": "water.sea", "lake": "water.lakes", "river": "water.rivers"}
_EXTENT = {"tiny": 0.35, "small": 0.6, "large": 1.6, "huge": 2.5}


def _in_base(draft: Draft, path: str) -> int:
    part, leaf = path.split(".")
    return int(getattr(getattr(draft.base, part), leaf))


def colour_field(draft: Draft, entry: Entry, group: Group) -> str:
    group.used.add("colour")
    value = [group.colour] if entry.colour_field == "style.palette" else group.colour
    if entry.colour_field == "style.palette" and group.colour_name.endswith("green"):
        draft.set("vegetation.grass", 0.85, 2)
        return f"grassy {entry.name}"
    draft.set(entry.colour_field, value, 3)
    return f"{group.colour_name} {entry.name}"


def say_roads(draft: Draft, entry: Entry, group: Group, item: Item) -> tuple[Ref | None, str]:
    number = group.count(entry, item.plural)
    low = item.text.lower()
    surface = {"stone": "cobble", "brick": "cobble", "concrete": "asphalt", "sand": "dirt", "clay": "dirt"}.get(
        group.material or ""
    )
    if entry.part == "streets":
        apply_sets(draft, entry)
    elif draft.kind not in ("interior", "space_station"):
        draft.set("settlement.road_count", number, 1)
    if surface:
        draft.set("settlement.roads", surface, 2)
        group.used.add("material")
    elif any(word in low for word in ("path", "trail", "track")) and entry.part == "roads":
        draft.set("settlement.roads", "path", 1)
    elif draft.kind == "landscape" and entry.part == "roads":
        draft.set("settlement.roads", "dirt", 0)
    return Ref(entry, None, number, item.plural), some_of(number, "road") if entry.part == "roads" else say_sets(
        entry.sets
    )
