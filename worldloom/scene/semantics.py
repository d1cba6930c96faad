"""Semantic classes of Gaussians. Names are paths, so that "tree" means trunks and leaves of every kind.

Numbers are stored in worlds: new names go at the end, none is ever removed or moved.
"""

from __future__ import annotations

from functools import cache

from worldloom.scene.errors import InvalidDataError

LABELS = (
    "unknown",
    "ground",
    "ground/grass",
    "ground/soil",
    "ground/sand",
    "ground/rock",
    "ground/gravel",
    "ground/mud",
    "ground/snow",
    "ground/field",
    "ground/lava_rock",
    "rock",
    "rock/boulder",
    "rock/cliff",
    "road",
    "road/path",
    "road/pavement",
    "road/marking",
    "water",
    "water/sea",
    "water/lake",
    "water/river",
    "water/waterfall",
    "water/ice",
    "water/lava",
    "tree",
    "tree/trunk",
    "tree/leaves",
    "tree/leaves/deciduous",
    "tree/leaves/evergreen",
    "tree/leaves/blossom",
    "plant",
    "plant/bush",
    "plant/bush/evergreen",
    "plant/grass",
    "plant/flower",
    "plant/crop",
    "plant/moss",
    "building",
    "building/wall",
    "building/roof",
    "building/window",
    "building/door",
    "building/chimney",
    "building/floor",
    "building/stairs",
    "building/trim",
    "room",
    "room/wall",
    "room/floor",
    "room/ceiling",
    "room/window",
    "room/door",
    "furniture",
    "furniture/seat",
    "furniture/table",
    "furniture/bed",
    "furniture/storage",
    "furniture/kitchen",
    "furniture/bathroom",
    "furniture/textile",
    "furniture/decoration",
    "lamp",
    "vehicle",
    "vehicle/boat",
    "person",
    "animal",
    "object",
    "object/sign",
    "object/fence",
    "object/machine",
    "object/statue",
    "sky",
    "sky/cloud",
    "sky/sun",
    "sky/stars",
    "sky/far",
    "mist",
    "rain",
    "snow",
    "station",
    "station/hull",
    "station/panel",
    "station/floor",
    "station/window",
    "building/bridge",
)


@cache
def _indices() -> dict[str, int]:
    return {name: number for number, name in enumerate(LABELS)}


def label_index(name: str) -> int:
    """The number of a class.

    Raises:
        InvalidDataError: there is no such class.
    """
    try:
        return _indices()[name]
    except KeyError:
        raise InvalidDataError(f"There is no semantic class '{name}'.") from None


def labels_under(name: str) -> tuple[int, ...]:
    """The numbers of a class and of all below it: "tree" gives those of "tree/trunk" too.

    Raises:
        InvalidDataError: there is no such class.
    """
    label_index(name)
    return tuple(number for number, label in enumerate(LABELS) if label == name or label.startswith(f"{name}/"))
