"""`make`: any object of the catalogue by its name."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from worldloom.generate.build.materials import aged, linear
from worldloom.generate.build.objects import animals, decoration, household, outdoors, seats, storage, vehicles
from worldloom.generate.build.objects.kit import Kit
from worldloom.generate.build.objects.recipes import RECIPES
from worldloom.generate.build.site import Lamp
from worldloom.generate.build.thing import Thing
from worldloom.generate.noise import fbm
from worldloom.generate.spec import Colour, Material, Size
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.surfels import Surfels

THEMES = (seats, storage, household, decoration, animals, outdoors, vehicles)
"""Importing a theme enters its recipes."""
SIZES: dict[str, float] = {"tiny": 0.4, "small": 0.7, "normal": 1.0, "large": 1.5, "huge": 2.6}


def make(
    name: str,
    *,
    height: float | None = None,
    size: Size = "normal",
    colour: Colour | None = None,
    material: Material | None = None,
    ruined: bool = False,
    glowing: bool = False,
    seed: int = 0,
    spacing: float | None = None,
) -> Thing:
    """An object, standing on y = 0 at the origin, its front towards +Z. Made once, then remembered.

    Args:
        name: in `catalogue.OBJECTS`.
        height: metres; None: as tall as such things are, times `size`.
        colour: sRGB, of its main parts; None: its own.
        seed: which one of many alike.
        spacing: metres from surfel to surfel; None: fine enough to stand beside.

    Raises:
        InvalidDataError: there is no such object.
    """
    return _make(name, height, size, colour, material, ruined, glowing, seed, spacing)


def usual_height(name: str) -> float:
    """Metres."""
    return RECIPES[name].height


@lru_cache(maxsize=512)
def _make(
    name: str,
    height: float | None,
    size: str,
    colour: Colour | None,
    material: str | None,
    ruined: bool,
    glowing: bool,
    seed: int,
    spacing: float | None,
) -> Thing:
    recipe = RECIPES.get(name)
    if recipe is None:
        raise InvalidDataError(f"There is no object '{name}' in the catalogue; choose one of its OBJECTS.")
    scale = SIZES[size] if height is None else height / recipe.height
    own = None if colour is None else tuple(float(part) for part in linear(colour))
    # a thing made larger is covered no coarser than is seen, and one made smaller not finer than it needs
    step = recipe.spacing * scale**-0.3 if spacing is None else max(spacing / scale, 0.4 * recipe.spacing)
    while True:
        kit = Kit(step, seed, recipe.label, material, own, glowing)  # pyright: ignore[reportArgumentType]
        recipe.build(kit)
        pieces = kit.finished()
        if len(pieces):
            break
        step /= 2  # too coarse to show it at all
    if ruined:
        pieces = _worn(pieces, seed)
    if scale != 1.0:
        pieces = pieces.placed(0.0, (0.0, 0.0, 0.0), scale)
    lamps = () if ruined else tuple(_scaled(lamp, scale) for lamp in kit.lamps)
    top = float(pieces.position[:, 1].max())
    if glowing and not lamps:
        tone = np.asarray(own or (1.0, 0.85, 0.55)) * max(top, 0.5)
        lamps = (Lamp((0.0, 0.6 * top, 0.0), (float(tone[0]), float(tone[1]), float(tone[2])), 6.0 + 3.0 * top),)
    radius = float(np.linalg.norm(pieces.position[:, [0, 2]], axis=1).max())
    return Thing(pieces.single(), radius, top, lamps)


def _worn(pieces: Surfels, seed: int) -> Surfels:
    """Weathered, with pieces broken off, most of them at the top."""
    pieces = aged(pieces, seed)
    place = np.asarray(pieces.position, float)
    size = float(np.ptp(place, axis=0).max())
    rise = place[:, 1] / place[:, 1].max()
    kept = fbm(place / (0.35 * size), seed + 9, 3) > 0.75 * rise - 0.9
    return pieces[kept]


def _scaled(lamp: Lamp, scale: float) -> Lamp:
    x, y, z = (scale * part for part in lamp.position)
    red, green, blue = (scale**2 * part for part in lamp.colour)
    return replace(lamp, position=(x, y, z), colour=(red, green, blue), reach=lamp.reach * scale)
