"""A plant of wood and leaves, at any level of detail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from worldloom.generate.build.plants.skeleton import Skeleton
from worldloom.generate.build.plants.wood import Bark, cover_wood
from worldloom.scene.surfels import Array, Surfels, join, surfels, unit


@dataclass(frozen=True, eq=False)
class Parts:
    """A tree or bush before its level of detail is chosen."""

    bones: Skeleton
    bark: Bark
    crown: Surfels
    """In random order, the outer ones sooner: the first n, made larger, stand for all."""
    wood: float
    """Share of the surfels that are bark."""
    spread: tuple[float, float] = (0.30, 0.70)
    """How leaves grow where they are fewer: powers of their number, along and across."""
    label: str = "tree/trunk"
    """Of the wood."""
    clustered: int = 3500
    """Of so many leaves and fewer, some are clusters of leaves; 0: never."""

    @cached_property
    def neighbours(self) -> Surfels:
        """The crown in an order in which leaves that follow one another are near one another."""
        at = self.crown.placed(0.6, (0.0, 0.0, 0.0)).position  # so that no border of cells runs through the heart
        shaken = at + 0.04 * np.ptp(at, axis=0) * np.random.default_rng(5).standard_normal(at.shape)
        cell = (1023 * (shaken - shaken.min(axis=0)) / np.ptp(shaken, axis=0).max()).astype(np.uint64)
        key = np.zeros(len(at), np.uint64)
        for bit in range(10):  # Morton's curve
            for axis in range(3):
                key |= ((cell[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(3 * bit + axis)
        return self.crown[np.argsort(key, kind="stable")]


def at_detail(tree: Parts, count: int, rng: np.random.Generator) -> Surfels:
    """About `count` surfels, not more, of the same silhouette, colour and cover."""
    wood = min(max(int(count * tree.wood), 6 if tree.label == "tree/trunk" else 0), count)
    if wood > 60:
        bones = tree.bones.thickest(2 * wood).coarser(1 if wood > 400 else 2)
    else:
        bones = tree.bones.thickest(6 * wood + 12).coarser(6)
        bones = bones.thickest(wood + int((bones.parent < 0).sum()))
    bark = cover_wood(bones, tree.bark, wood, rng).labelled(tree.label)
    kept = min(max(count - len(bark), 0), len(tree.crown))
    if not kept:
        return bark.single()
    dense = min(2.7 * kept / max(tree.clustered, 1), 1.0)
    soft = 0
    if kept <= min(tree.clustered, len(tree.crown) // 3):
        soft = kept if tree.wood >= 0.5 else int(max(0.50 - 0.70 * dense, 0.12) * kept)
    sharp, factor = kept - soft, (0.82 + 0.13 * dense if soft else 1.0) * len(tree.crown) / kept
    grown = np.array([factor ** tree.spread[0], factor ** tree.spread[1], factor**0.4])
    size = tree.crown.size[:sharp] * np.minimum(grown, np.array([7.0, 12.0, 6.0]))
    pieces = [bark, replace(tree.crown[:sharp], size=size)]
    if soft:
        inner = clusters(tree.neighbours, soft, rng)
        heart = inner.position.mean(axis=0)
        dark = min(5.0 * dense, 1.0)
        drawn = 1 - 0.20 * dark  # the more leaves there are, the more this is the dark inside behind them
        pieces.append(
            replace(
                inner, position=heart + drawn * (inner.position - heart), albedo=inner.albedo * (0.95 - 0.35 * dark)
            )
        )
    return join(pieces).single()


def clusters(near: Surfels, count: int, rng: np.random.Generator) -> Surfels:
    """`count` surfels, each for some that follow one another: of their extent and mean colour, thin if sparse."""
    starts = np.linspace(0, len(near), count + 1).astype(int)
    members = np.diff(starts)
    own = np.repeat(np.arange(count), members)

    def mean(values: Array) -> Array:
        return np.add.reduceat(values, starts[:-1], axis=0) / members.reshape(-1, *[1] * (values.ndim - 1))

    middle = mean(near.position)
    away = near.position - middle[own]
    spread = mean(away[:, :, None] * away[:, None, :])
    extent = mean(near.size[:, 0] * near.size[:, 1])
    spread = spread * 0.48 + 0.3 * extent[:, None, None] * np.eye(3)
    normal = unit(mean(near.normal) + 0.25 * rng.standard_normal((count, 3)))
    _, axes = np.linalg.eigh(spread)
    whole = surfels(middle, normal, axes[:, :, 2], np.ones((count, 3)))
    across = np.cross(whole.normal, whole.along)
    size = np.stack(
        [np.sqrt(np.einsum("ni,nij,nj->n", axis, spread, axis)) for axis in (whole.along, across, whole.normal)], axis=1
    )
    size = np.minimum(size, 1.6 * np.median(size, axis=0))
    covered = 0.62 * members * extent / (size[:, 0] * size[:, 1])
    albedo = mean(near.albedo) * rng.lognormal(0, 0.22, (count, 1))
    return replace(
        whole,
        size=size,
        albedo=albedo.clip(0.005, 0.95),
        leaf=mean(near.leaf),
        gloss=mean(near.gloss),
        opacity=(1 - np.exp(-1.5 * covered)).clip(0.12, 0.95),
        label=near.label[starts[:-1] + members // 2],
    )
