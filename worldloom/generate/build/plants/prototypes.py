"""One plant of each kind, at each level of detail, made once."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from worldloom.generate.build.plants import bushes, flowers, grasses, trees
from worldloom.generate.build.plants.cactus import cactus
from worldloom.generate.build.plants.flowers import ALONE
from worldloom.generate.build.plants.parts import Parts, at_detail
from worldloom.generate.catalogue import PLANTS
from worldloom.generate.spec import Season, WorldSpec
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.semantics import labels_under
from worldloom.scene.surfels import Surfels, muted

LEVELS = 8
"""0 is the finest."""
TREE_COUNTS = (11000, 5600, 2900, 1450, 660, 280, 120, 50)
"""Surfels of a tree at each level."""
BUSH_COUNTS = (1800, 900, 420, 190, 85, 36, 14, 6)
BAMBOO_COUNTS = tuple(round(2.3 * count) for count in BUSH_COUNTS)
_SMALL = (0, 1, 1, 2, 2, 3, 3, 3)
"""The four levels that small plants have."""
_CACTUS_SPACING = (0.030, 0.04, 0.055, 0.075, 0.11, 0.16, 0.25, 0.40)


def prototype(species: str, season: Season = "summer", seed: int = 0, detail: int = 0, variant: int = 0) -> Surfels:
    """A plant with its root at the origin, of a usual height.

    Args:
        species: a name in `catalogue.PLANTS`.
        seed: draws its leaves.
        detail: 0 (walk up to it) to `LEVELS` - 1 (a few dabs).
        variant: its shape; skeletons of trees repeat after `skeletons.VARIANTS`.

    Returns:
        Surfels, metres, 32-bit floats; kept, so don't change them.

    Raises:
        InvalidDataError: there is no such plant.
    """
    if species not in PLANTS:
        raise InvalidDataError(f"There is no plant called '{species}'; catalogue.PLANTS names those there are.")
    return _made(species, season, seed, min(max(detail, 0), LEVELS - 1), variant)


@lru_cache(maxsize=500)
def surfel_counts(species: str, season: Season, seed: int, variant: int) -> tuple[int, ...]:
    """Of each level: how many surfels `prototype` gives, or a few more."""
    if PLANTS[species] == "tree":
        return TREE_COUNTS
    if PLANTS[species] == "bush" and species != "cactus":
        return BAMBOO_COUNTS if species == "bamboo" else BUSH_COUNTS
    return tuple(len(prototype(species, season, seed, detail, variant)) for detail in range(LEVELS))


@lru_cache(maxsize=700)
def _made(species: str, season: Season, seed: int, detail: int, variant: int) -> Surfels:
    made = _raw(species, season, seed, detail, variant)
    return replace(made, albedo=muted(made.albedo))


def _raw(species: str, season: Season, seed: int, detail: int, variant: int) -> Surfels:
    rng = np.random.default_rng([seed, detail, variant, *species.encode()])  # the same leaves in every season
    if PLANTS[species] == "tree":
        return at_detail(_parts(species, season, seed, variant), TREE_COUNTS[detail], rng)
    small = np.random.default_rng([seed, variant, *species.encode()])
    if _SMALL[detail] == _SMALL[detail - 1] and detail and PLANTS[species] in ("grass", "flower"):
        return _raw(species, season, seed, detail - 1, variant)
    if PLANTS[species] == "grass":
        return grasses.grass(species, season, _SMALL[detail], variant, small)
    if PLANTS[species] == "flower":
        return flowers.flower(species, season, _SMALL[detail], variant, small)
    if species == "cactus":
        pieces = cactus(variant, _CACTUS_SPACING[detail], small)
        return pieces.labelled("plant/bush/evergreen").with_values(0.05).single()
    count = surfel_counts(species, season, seed, variant)[detail]
    return at_detail(_parts(species, season, seed, variant), count, rng)


@lru_cache(maxsize=128)
def _parts(species: str, season: Season, seed: int, variant: int) -> Parts:
    rng = np.random.default_rng([seed, variant, *species.encode()])
    if PLANTS[species] == "tree":
        return trees.tree_parts(species, season, variant, rng)
    return bushes.bush_parts(species, season, rng)


def plant(
    species: str,
    height: float | None = None,
    season: Season = "summer",
    colour: tuple[float, float, float] | None = None,
    seed: int = 0,
    detail: int = 0,
) -> Surfels:
    """One plant on its own, root at the origin, `height` metres tall.

    Args:
        colour: of its leaves or blossom, linear; None: its own.

    Raises:
        InvalidDataError: there is no such plant.
    """
    pieces = prototype(
        species, season, seed // 64, detail, ALONE + seed % 64 if PLANTS.get(species) == "flower" else seed % 64
    )
    if height is not None:
        pieces = pieces.placed(0.0, (0.0, 0.0, 0.0), height / float(pieces.position[:, 1].max()))
    return pieces if colour is None else recoloured(pieces, colour)


def recoloured(pieces: Surfels, colour: tuple[float, float, float]) -> Surfels:
    """With leaves, or blossom where there is any, of that linear colour, as varied as they were."""
    target = np.isin(pieces.label, labels_under("tree/leaves/blossom"))
    if not target.any():
        names = ("tree/leaves", "plant/bush", "plant/grass", "plant/crop", "plant/moss")
        target = np.isin(pieces.label, [number for name in names for number in labels_under(name)])
    if not target.any():
        target = _petals(pieces)
    if not target.any():
        return pieces
    weight = np.array([0.25, 0.65, 0.10])
    light = pieces.albedo @ weight
    tone = (light / light[target].mean().clip(1e-4)).clip(0.45, 1.9)[:, None]
    tinted = (np.array(colour) * (0.35 + 0.65 * tone)).astype(pieces.albedo.dtype)
    return replace(pieces, albedo=np.where(target[:, None], tinted, pieces.albedo).clip(0.005, 0.95))


def _petals(pieces: Surfels) -> np.ndarray:
    """Of flowers: all that isn't green or dark."""
    red, green, blue = pieces.albedo.T
    return (np.maximum(red, blue) > 0.9 * green) & (pieces.albedo.max(axis=1) > 0.10)


def asked_colours(spec: WorldSpec) -> dict[str, tuple[float, float, float]]:
    """Linear, of the species that the spec gives a colour."""
    return {group.species: _linear(group.colour) for group in spec.vegetation.plants if group.colour is not None}


def _linear(colour: tuple[float, float, float]) -> tuple[float, float, float]:
    """Of an sRGB colour."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return red, green, blue
