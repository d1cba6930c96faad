"""A spec in plain English, for people and for reading back."""

from __future__ import annotations

from worldloom.generate.catalogue import OBJECTS, PLANTS
from worldloom.generate.spec import ObjectSpec, Relation, WorldSpec
from worldloom.generate.understand.colours import colour_word
from worldloom.generate.understand.say import clock, plural, some_of

_KINDS = {
    "landscape": "landscape",
    "island": "island",
    "town": "town",
    "interior": "interior",
    "cave": "cave",
    "space_station": "space station",
}
_LAND = {
    "flat": ("", "flat land"),
    "rolling": ("", "rolling land"),
    "hills": ("", "hills"),
    "mountains": ("", "mountains"),
    "cliffs": ("", "cliffs"),
    "canyon": ("a ", "canyon"),
    "dunes": ("", "dunes"),
    "terraces": ("", "terraces"),
    "volcano": ("a ", "volcano"),
    "valley": ("a ", "valley"),
}
"""Article and noun."""
_BIOMES = {"meadow": "meadows", "alpine": "alpine land", "volcanic": "volcanic land"}
_RELATIONS = {"in_front_of": "in front of", "beside": "next to", "below": "under"}
_WEATHER = {
    "clear": "clear weather",
    "cloudy": "cloudy weather",
    "overcast": "overcast weather",
    "fog": "fog",
    "rain": "rain",
    "storm": "a storm",
    "snow": "snowfall",
}


def describe(spec: WorldSpec) -> str:
    """What the world of a spec is, in a few sentences."""
    outdoors = spec.kind in ("landscape", "island", "town")
    parts = [_kind(spec)]
    if outdoors:
        parts += [_land(spec), _water(spec), _plants(spec), _town(spec)]
    else:
        parts += [_rooms(spec), _water(spec) if spec.kind == "cave" else ""]
    parts += [f"{_capital(_object(spec, thing))}." for thing in spec.objects]
    if spec.without:
        parts.append(f"Without {_list([_absent(name) for name in spec.without])}.")
    parts.append(f"{spec.season.capitalize()}, about {clock(spec.hour)}, {_WEATHER[spec.weather]}.")
    if spec.style.name != "natural":
        parts.append(f"In a {spec.style.name} style.")
    return " ".join(part for part in parts if part)


def _kind(spec: WorldSpec) -> str:
    name = _KINDS[spec.kind]
    land = _list([_BIOMES.get(biome.name, biome.name.replace("_", " ")) for biome in spec.biomes])
    if spec.kind == "landscape":
        name = f"{name} of {land}"
    elif spec.kind in ("island", "town") and land not in ("coast", "meadows"):
        name = f"{name} with {land}"
    return f"{'An' if name[0] in 'aeiou' else 'A'} {name}, {spec.extent:g} m across."


def _land(spec: WorldSpec) -> str:
    relief = spec.relief
    rough = "rugged " if relief.ruggedness > 0.6 else "smooth " if relief.ruggedness < 0.2 else ""
    article, land = _LAND[relief.shape]
    height = f", {relief.height:g} m high" if relief.height >= 1 else ""
    return _capital(f"{article}{rough}{land}{height}.")


def _water(spec: WorldSpec) -> str:
    water = spec.water
    words = ["the sea"] if water.sea else []
    counts = ((water.lakes, "lake"), (water.rivers, "river"), (water.waterfalls, "waterfall"))
    words += [some_of(count, name) for count, name in counts if count]
    if not words:
        return ""
    how = "lava" if water.lava else "frozen" if water.frozen else ""
    how = f"{colour_word(water.colour)} {how}".strip() if water.colour else how
    many = not words[0].startswith(("the", "1 "))
    return f"There {'are' if many else 'is'} {_list(words)}{f' ({how})' if how else ''}."


def _plants(spec: WorldSpec) -> str:
    cover = spec.vegetation
    words = []
    for name in ("trees", "bushes", "grass", "flowers"):
        share = getattr(cover, name)
        if share >= 0.02:
            words.append(f"{'dense' if share > 0.65 else 'sparse' if share < 0.2 else 'some'} {name}")
    sentences = [f"{_capital(_list(words))}."] if words else ["Nothing grows there."]
    species = []
    for group in cover.plants:
        name = group.species.replace("_", " ")
        name = some_of(group.count, name) if group.count else _plural(group.species)
        species.append(f"{colour_word(group.colour)} {name}" if group.colour else name)
    if species:
        sentences.append(f"Growing there: {_list(species)}.")
    return " ".join(sentences)


def _town(spec: WorldSpec) -> str:
    town = spec.settlement
    if not town.buildings and spec.kind != "town":
        return f"{some_of(town.road_count, 'road').capitalize()} of {town.roads}." if town.road_count else ""
    walls = " ".join(
        word for word in (colour_word(town.wall_colour) if town.wall_colour else "", town.wall_material or "") if word
    )
    roofs = " ".join(
        word for word in (colour_word(town.roof_colour) if town.roof_colour else "", town.roof_material or "") if word
    )
    low, high = town.floors
    details = [f"{low} to {high} floors" if low != high else some_of(low, "floor")]
    details += [f"{walls} walls"] if walls else []
    details += [f"{roofs} roofs"] if roofs else []
    ruined = "ruined " if town.ruined else ""
    wall = ", and a town wall" if town.town_wall else ""
    roads = f" {town.roads.capitalize()} roads." if town.roads != "none" else ""
    buildings = some_of(town.buildings, f"{ruined}{town.style} building")
    return f"{buildings} with {_list(details)}{wall}.{roads}"


def _rooms(spec: WorldSpec) -> str:
    if spec.kind == "cave":
        return f"Walls of {spec.interior.wall_material}." if spec.interior.wall_material else ""
    rooms: dict[str, int] = {}
    for room in spec.interior.rooms:
        rooms[room.function] = rooms.get(room.function, 0) + 1
    parts = [some_of(count, name) for name, count in rooms.items()]
    inside = spec.interior
    walls = [colour_word(inside.wall_colour) if inside.wall_colour else "", inside.wall_material or ""]
    floor = [colour_word(inside.floor_colour) if inside.floor_colour else "", inside.floor_material or ""]
    details = [f"a ceiling {inside.ceiling:g} m high"]
    details += [f"{' '.join(filter(None, walls))} walls"] if any(walls) else []
    details += [f"a {' '.join(filter(None, floor))} floor"] if any(floor) else []
    details.append("no windows" if inside.windows == 0 else "large windows" if inside.windows > 0.7 else "windows")
    furnished = "" if inside.furnished else " It is unfurnished."
    return f"{_capital(_list(parts)) or 'Rooms'} with {_list(details)}.{furnished}"


def _object(spec: WorldSpec, thing: ObjectSpec) -> str:
    words = [
        thing.size if thing.size != "normal" else "",
        "ruined" if thing.ruined else "",
        "glowing" if thing.glowing else "",
        colour_word(thing.colour) if thing.colour else "",
        thing.material or "",
        thing.what.replace("_", " "),
    ]
    name = some_of(thing.count, " ".join(word for word in words if word))
    height = f" {thing.height:.4g} m tall" if thing.height else ""
    places = "".join(f" {_relation(spec, relation)}" for relation in thing.relations)
    return name + height + places


def _relation(spec: WorldSpec, relation: Relation) -> str:
    name = _RELATIONS.get(relation.relation, relation.relation)
    known = {thing.id: thing.what for thing in spec.objects}
    ends = [f"the {known.get(end, end).replace('_', ' ')}" for end in (relation.target, relation.other) if end]
    return f"{name} {' and '.join(ends)}"


def _plural(species: str) -> str:
    return plural(species) if PLANTS.get(species) != "grass" else species.replace("_", " ")


def _absent(name: str) -> str:
    return plural(name) if name in OBJECTS or name in PLANTS else name.replace("_", " ")


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
