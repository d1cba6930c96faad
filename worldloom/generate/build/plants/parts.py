"""A plant of wood and leaves, at any level of detail."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from worldloom.generate.build.plants.skeleton import Skeleton
from worldloom.generate.build.plants.wood import Bark, cover_wood
from worldloom.generate.surfels import Surfels, join


@dataclass(frozen=True, eq=False)
class Parts:
    """A tree or bush before its level of detail is chosen."""

    bones: Skeleton
    bark: Bark
    crown: Surfels
    """In random order: the first n, made larger, stand for all."""
    wood: float
    """Share of the surfels that are bark."""
    spread: tuple[float, float] = (0.5, 0.5)
    """How leaves grow where they are fewer: powers of their number, along and across."""
    label: str = "tree/trunk"
    """Of the wood."""


def at_detail(tree: Parts, count: int, rng: np.random.Generator) -> Surfels:
    """About `count` surfels of the same silhouette, colour and cover."""
    bark = cover_wood(tree.bones, tree.bark, max(int(count * tree.wood), 8), rng).labelled(tree.label)
    kept = min(max(count - len(bark), 0), len(tree.crown))
    if not kept:
        return bark.single()
    crown, factor = tree.crown[:kept], len(tree.crown) / kept
    grown = np.array([factor ** tree.spread[0], factor ** tree.spread[1], factor**0.4])
    size = crown.size * np.minimum(grown, np.array([9.0, 14.0, 6.0]))
    return join([bark, replace(crown, size=size)]).single()
