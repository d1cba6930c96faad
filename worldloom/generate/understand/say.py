"""Fields of a spec in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from worldloom.generate.understand.colours import colour_word

_SAME = ("sheep", "torii", "stairs", "bamboo", "heather", "gorse", "lavender", "moss", "wheat")


def some_of(count: int, name: str) -> str:
    """ "1 house", "2 houses"."""
    name = name.replace("_", " ")
    if count == 1 or name in _SAME:
        return f"{count} {name}"
    if name == "person":
        return f"{count} people"
    if name.endswith(("s", "x", "ch", "sh")):
        return f"{count} {name}es"
    if name.endswith(("shelf", "leaf")):
        return f"{count} {name[:-1]}ves"
    if name.endswith("y") and name[-2] not in "aeo":
        return f"{count} {name[:-1]}ies"
    return f"{count} {name}s"


def plural(name: str) -> str:
    """ "houses"."""
    return some_of(2, name).removeprefix("2 ")


def clock(hour: float) -> str:
    """15.5 -> "15:30"."""
    minutes = round(hour * 60) % 1440
    return f"{minutes // 60}:{minutes % 60:02d}"


def say_sets(sets: Iterable[tuple[str, Any]]) -> str:
    """Paths and values as a list of words: "fog, about 7:30"."""
    return ", ".join(words for words in (say(path, value) for path, value in sets) if words)


def say(path: str, value: Any) -> str:
    """One field in words."""
    if path in ("biomes", "plants", "objects"):
        return ", ".join(str(name).replace("_", " ") for name in value)
    if path == "hour":
        return f"about {clock(value)}"
    if path == "extent":
        return f"{value:g} m across"
    if path.endswith("colour"):
        name = value if isinstance(value, str) else colour_word(value)
        return f"{_leaf(path)} {name}"
    named = _NAMED.get(path)
    if named:
        return named.format(value=str(value).replace("_", " ")) if value is not False else f"no {_leaf(path)}"
    if isinstance(value, bool):
        return _leaf(path) if value else f"not {_leaf(path)}"
    if path in _SHARES:
        return f"{_leaf(path)} {value:.0%}"
    if path == "settlement.floors":
        return f"{value[0]} to {value[1]} floors"
    return f"{_leaf(path)} {value}"


def _leaf(path: str) -> str:
    return path.rsplit(".", 1)[-1].replace("_", " ")


_NAMED = {
    "weather": "{value}",
    "season": "{value}",
    "kind": "{value}",
    "relief.shape": "land: {value}",
    "water.sea": "sea",
    "water.frozen": "frozen water",
    "water.lava": "lava",
    "water.lakes": "lakes: {value}",
    "water.rivers": "rivers: {value}",
    "settlement.style": "{value} style",
    "settlement.buildings": "{value} buildings",
    "settlement.roads": "{value} roads",
    "settlement.road_count": "roads: {value}",
    "settlement.town_wall": "town wall",
    "settlement.ruined": "ruined buildings",
    "interior.furnished": "furniture",
    "style.name": "{value} style",
}
_SHARES = {
    "vegetation.trees",
    "vegetation.bushes",
    "vegetation.grass",
    "vegetation.flowers",
    "relief.ruggedness",
    "relief.erosion",
    "interior.windows",
}
