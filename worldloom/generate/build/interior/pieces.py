"""Furniture as things with a known size; how it is made is up to `worldloom.generate.build.objects`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from worldloom.generate.build.interior.joinery import MEASURED, joined, wall_clock
from worldloom.generate.build.objects import making
from worldloom.generate.build.site import Lamp
from worldloom.generate.catalogue import OBJECTS
from worldloom.generate.spec import Colour, Material, Size
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.surfels import Surfels


@dataclass(frozen=True)
class Item:
    """What a thing is: everything that decides its form and colour."""

    what: str
    height: float | None = None
    size: Size = "normal"
    colour: Colour | None = None
    """sRGB"""
    material: Material | None = None
    glowing: bool = False
    ruined: bool = False
    variant: int = 0


@dataclass(frozen=True)
class Placed:
    """A thing in a room."""

    item: Item
    x: float
    z: float
    turn: float = 0.0
    base: float = 0.0
    """Height of its lowest point above the floor, metres."""


@lru_cache(maxsize=512)
def make(item: Item, spacing: float) -> tuple[Surfels, tuple[Lamp, ...]]:
    """The thing at the origin, its front towards +Z, and the lamps it has.

    Raises:
        InvalidDataError: it is no thing that can be made.
    """
    if item.what in MEASURED:
        return joined(item.what, item.colour, spacing, item.variant), ()
    if item.what == "wall_clock":
        return wall_clock(spacing, item.variant), ()
    if item.what not in OBJECTS:
        raise InvalidDataError(f"There is no object '{item.what}'; see the names in the catalogue.")
    thing = making.make(
        item.what,
        height=item.height,
        size=item.size,
        colour=item.colour,
        material=item.material,
        ruined=item.ruined,
        glowing=item.glowing,
        seed=item.variant,
        spacing=spacing,
    )
    return thing.surfels.single(), thing.lamps


@lru_cache(maxsize=1024)
def extent(item: Item) -> tuple[float, float, float]:
    """Width, depth and height of a thing, metres; twice the further half, so that its middle is its origin."""
    pieces, _ = make(item, 0.1)
    reach = np.abs(pieces.position[:, [0, 2]]).max(axis=0) * 2
    return float(reach[0]), float(reach[1]), float(pieces.position[:, 1].max())


@lru_cache(maxsize=1024)
def surfel_count(item: Item) -> int:
    """How many surfels it has at a spacing of 0.1 m."""
    return len(make(item, 0.1)[0])
