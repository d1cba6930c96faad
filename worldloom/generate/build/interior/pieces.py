"""Furniture as things with a known size; how it is made is up to `worldloom.generate.build.objects`."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from worldloom.generate.build.interior.joinery import MEASURED, joined
from worldloom.generate.build.site import Lamp
from worldloom.generate.shapes import box
from worldloom.generate.spec import Colour, Material, Size
from worldloom.generate.surfels import Surfels


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
    "lamp": (0.4, 0.4, 1.6), "television": (1.2, 0.3, 0.75), "fireplace": (1.5, 0.45, 1.3), "plant_pot": (0.5, 0.5, 1.1),
    "kitchen_counter": (1.2, 0.62, 0.9), "stove": (0.6, 0.62, 0.9), "sink": (0.6, 0.5, 0.9), "fridge": (0.65, 0.65, 1.8),
}  # fmt: skip


@lru_cache(maxsize=1024)
def make(item: Item, spacing: float) -> tuple[Surfels, tuple[Lamp, ...]]:
    """The thing at the origin, its front towards +Z, and the lamps it has."""
    if item.what in MEASURED:
        return joined(item.what, item.colour, spacing, item.variant), ()
    if importlib.util.find_spec("worldloom.generate.build.objects") is None:
        w, d, h = _BOXES.get(item.what, (0.4, 0.4, 0.5))
        if item.height:
            s = item.height / h
            w, d, h = (w * s, d * s, h * s) if item.what not in ("table",) else (w, d, item.height)
        b = box((0, h / 2, 0), (w, h, d), spacing, np.random.default_rng(0))
        return b.painted(np.array(item.colour or (0.5, 0.4, 0.3)) ** 2.2).single(), ()
    from worldloom.generate.build.objects import make as build

    thing = build(
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
