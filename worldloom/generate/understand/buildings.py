"""Buildings of a settlement, and the parts of buildings: roofs, walls, floors, windows."""

from __future__ import annotations

from worldloom.generate.understand.draft import Draft
from worldloom.generate.understand.groups import Group, Ref
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.say import some_of
from worldloom.generate.understand.vocabulary import Entry


def is_built(draft: Draft) -> bool:
    there = draft.base is not None and draft.base.settlement.buildings > 0
    return draft.kind == "town" or there or bool(draft.get("settlement.buildings"))


def say_buildings(draft: Draft, entry: Entry, group: Group, item: Item) -> tuple[Ref | None, str]:
    """ "a dozen wooden houses": those of the settlement."""
    said = group.number if group.number is not None else group.amount
    group.used |= {"number", "ruined"} | ({"size"} if group.size in ("large", "huge") else set())
    there = draft.base.settlement.buildings if draft.base else 0
    if group.step:
        more = group.step * said if said is not None else round(there * (0.6 if group.step > 0 else -0.5))
        draft.set("settlement.buildings", there + more, 3)
        group.used.add("step")
    elif said is not None:
        draft.set("settlement.buildings", said, 3)
    elif draft.base is None or not draft.base.settlement.buildings:
        draft.set("settlement.buildings", 8, 1)
    number = draft.get("settlement.buildings")
    means = [some_of(number, "building") if number is not None else "the buildings", *colour_walls(draft, group)]
    if group.size in ("large", "huge"):
        draft.set("settlement.floors", (2, 4) if group.size == "large" else (4, 12), 2)
    if group.ruined:
        draft.set("settlement.ruined", True, 3)
        means.append("ruined")
    return Ref(Entry("feature", "buildings", target="village", part="buildings"), None, 1, True), ", ".join(means)


def colour_walls(draft: Draft, group: Group) -> list[str]:
    """The colour and material of a settlement's walls."""
    group.used |= {"colour", "material"}
    if group.colour:
        draft.set("settlement.wall_colour", group.colour, 3)
    if group.material:
        draft.set("settlement.wall_material", group.material, 3)
    return [word for word in (group.colour_name, group.material) if word]


def qualify_part(draft: Draft, entry: Entry, group: Group) -> str:
    """Colour and material of roofs, walls and floors."""
    indoors = draft.kind in ("interior", "space_station", "cave")
    field = {
        "roof": "settlement.roof",
        "walls": "interior.wall" if indoors else "settlement.wall",
        "tiles": "interior.wall" if indoors else "settlement.roof",
        "floor": "interior.floor",
        "room": "interior.wall",
        "buildings": "settlement.wall",
    }.get(entry.part)
    if field is None and entry.kind == "town":
        field = "settlement.wall"
    if field is None and entry.role in ("room", "dwelling"):
        field = "interior.wall"
    if field is None:
        return ""
    group.used |= {"colour", "material"}
    if group.colour:
        draft.set(f"{field}_colour", group.colour, 3)
    if group.material:
        draft.set(f"{field}_material", group.material, 3)
    words = [word for word in (group.colour_name, group.material) if word]
    return f"{entry.name}: {', '.join(words)}" if words else ""
