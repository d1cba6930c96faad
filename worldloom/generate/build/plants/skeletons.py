"""The grown skeletons that come with Worldloom, so that no tree has to grow while a world is being made."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from worldloom.generate.build.plants.roots import with_roots
from worldloom.generate.build.plants.skeleton import Skeleton, grow
from worldloom.generate.build.plants.tree_kinds import KINDS
from worldloom.generate.build.plants.whorls import whorled

VARIANTS = 6
"""Of each species."""
FILE = Path(__file__).parents[3] / "assets" / "plants" / "skeletons.npz"
WHORLED = {"spruce": 34, "fir": 34, "larch": 34, "pine": 23}
"""Conifers with one straight trunk, and how many whorls of branches each has."""


def grown(species: str, variant: int) -> Skeleton:
    """What the file holds, before it is rounded to whole millimetres."""
    seed = 1000 * list(KINDS).index(species) + variant
    how = KINDS[species].growth
    if species in WHORLED:
        return whorled(how, seed, WHORLED[species])
    return with_roots(species, grow(how, seed), how, seed)


@lru_cache(maxsize=64)
def skeleton(species: str, variant: int) -> Skeleton:
    """Of a tree but the palm; `variant` counts on from `VARIANTS` to the first again."""
    name = f"{species}_{variant % VARIANTS}"
    columns = _file()[name]
    return unpacked(columns)


def packed(bones: Skeleton) -> np.ndarray:
    """(N, 5) int16: position and radius in millimetres, steps back to the parent (0: a root)."""
    back = np.where(bones.parent < 0, 0, np.arange(len(bones)) - bones.parent)
    return np.column_stack([np.round(bones.position * 1000), np.round(bones.radius * 1000), back]).astype(np.int16)


def unpacked(columns: np.ndarray) -> Skeleton:
    numbers = columns.astype(np.int64)
    back = numbers[:, 4]
    parent = np.where(back == 0, -1, np.arange(len(numbers)) - back)
    return Skeleton(numbers[:, :3] / 1000, parent, np.maximum(numbers[:, 3], 2) / 1000)


@cache
def _file() -> dict[str, np.ndarray]:
    with np.load(FILE) as archive:
        whole, names, ends = archive["joints"], archive["names"], archive["ends"]
    pieces = np.split(whole, ends[:-1])
    return {str(name): piece for name, piece in zip(names, pieces)}
