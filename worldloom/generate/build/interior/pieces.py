"""Furniture as things with a known size; how it is made is up to `worldloom.generate.build.objects`."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from worldloom.generate.build.interior.decor import linear
from worldloom.generate.build.interior.joinery import MEASURED, joined
from worldloom.generate.build.site import Lamp
from worldloom.generate.catalogue import OBJECTS
from worldloom.generate.shapes import box
from worldloom.generate.spec import Colour, Material, Size
from worldloom.generate.surfels import Surfels
from worldloom.scene.errors import InvalidDataError


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


_BOXES = {
    "sofa": (2.1, 0.9, 0.8), "armchair": (0.85, 0.85, 0.85), "table": (1.5, 0.85, 0.75), "chair": (0.45, 0.5, 0.9),
    "bed": (1.7, 2.1, 1.0), "wardrobe": (1.4, 0.6, 2.0), "bookshelf": (1.0, 0.32, 2.0), "desk": (1.4, 0.7, 0.75),
    "lamp": (0.4, 0.4, 1.6), "television": (1.2, 0.3, 0.75), "fireplace": (1.5, 0.45, 1.3), "piano": (1.5, 1.4, 1.0),
    "kitchen_counter": (1.2, 0.62, 0.9), "stove": (0.6, 0.62, 0.9), "sink": (0.6, 0.5, 0.9),
}  # fmt: skip
"""Width, depth and height of what stands for a thing while nothing makes it."""


@lru_cache(maxsize=512)
def make(item: Item, spacing: float) -> tuple[Surfels, tuple[Lamp, ...]]:
    """The thing at the origin, its front towards +Z, and the lamps it has.

    Raises:
        InvalidDataError: it is no thing that can be made.
    """
    if item.what in MEASURED:
        return joined(item.what, item.colour, spacing, item.variant), ()
    if item.what not in OBJECTS:
        raise InvalidDataError(f"There is no object '{item.what}'; see the names in the catalogue.")
    maker = _makers()
    if maker is None or item.what not in maker.RECIPES:
        return _block(item, spacing), ()
    thing = maker.make(
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


@lru_cache(maxsize=1)
def _makers() -> Any:
    """The module that makes objects, if this installation has it."""
    try:
        return importlib.import_module("worldloom.generate.build.objects.making")
    except ModuleNotFoundError:
        return None


def _block(item: Item, spacing: float) -> Surfels:
    size = np.array(_BOXES.get(item.what, (0.4, 0.4, 0.5)))
    if item.height is not None:
        size = size * item.height / size[2]
    wide, deep, high = size
    block = box((0, high / 2, 0), (wide, high, deep), spacing, np.random.default_rng(0))
    return block.painted(linear(item.colour or (0.5, 0.4, 0.3))).single()


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
