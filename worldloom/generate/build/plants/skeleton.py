"""`Skeleton`: where the wood of a plant runs; and how it grows by space colonisation.

After Runions, Lane and Prusinkiewicz, "Modeling Trees with a Space Colonization Algorithm" (2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.noise import noise
from worldloom.scene.surfels import UP, Array, unit


@dataclass(frozen=True, eq=False)
class Skeleton:
    """N joints, metres, root at the origin. A joint comes after its parent."""

    position: Array
    """(N, 3)"""
    parent: NDArray[np.int64]
    """(N,) -1 for a root."""
    radius: Array
    """(N,) of the wood there."""

    def __len__(self) -> int:
        return len(self.position)

    def tip_distance(self) -> NDArray[np.int64]:
        """(N,) joints to the farthest tip that grows from it: 0 at tips."""
        far = np.zeros(len(self), np.int64)
        for joint in range(len(self) - 1, -1, -1):
            above = self.parent[joint]
            if above >= 0:
                far[above] = max(far[above], far[joint] + 1)
        return far

    def thickest(self, count: int) -> Skeleton:
        """The `count` thickest joints and what they grow from, if it has more."""
        if len(self) <= count:
            return self
        thick = self.radius.copy()
        for joint in range(len(self) - 1, -1, -1):  # what bears something thick counts as thick
            if self.parent[joint] >= 0:
                thick[self.parent[joint]] = max(thick[self.parent[joint]], thick[joint])
        kept = np.sort(np.argsort(-thick, kind="stable")[:count])
        number = np.full(len(self), -1, np.int64)
        number[kept] = np.arange(count)
        above = self.parent[kept]
        return Skeleton(self.position[kept], np.where(above >= 0, number[above], -1), self.radius[kept])

    def coarser(self, every: int) -> Skeleton:
        """With forks, tips, roots and each `every`-th joint between: the same course in fewer, longer pieces."""
        if every < 2:
            return self
        children = np.bincount(self.parent[self.parent >= 0], minlength=len(self))
        since = np.zeros(len(self), np.int64)  # joints since the last that is kept
        near = np.full(len(self), -1, np.int64)  # the kept joint that a joint hangs from
        for joint, above in enumerate(self.parent):
            if above >= 0:
                kept_above = since[above] == 0
                near[joint] = above if kept_above else near[above]
                since[joint] = 0 if children[joint] != 1 else (since[above] + 1) % every
        kept = np.flatnonzero(since == 0)
        number = np.full(len(self), -1, np.int64)
        number[kept] = np.arange(len(kept))
        parent = np.where(near[kept] >= 0, number[near[kept]], -1)
        return Skeleton(self.position[kept], parent, self.radius[kept])


@dataclass(frozen=True)
class Growth:
    """How a tree branches. Lengths are shares of its height."""

    height: float
    """Metres."""
    base: float
    """Where the crown begins."""
    profile: tuple[tuple[float, float], ...]
    """The crown's radius at shares of the way from its base to its top."""
    trunk: float
    """How far up one trunk goes before it dissolves into limbs."""
    thick: float
    """Radius of the trunk a little above the ground."""
    points: int = 1000
    """Attraction points: about as many twigs."""
    step: float = 0.0215
    influence: float = 0.26
    kill: float = 0.032
    rise: float = 0.15
    """Tropism: upwards, or downwards where negative."""
    gnarl: float = 0.10
    """Random bending of branches."""
    sway: float = 0.02
    """Bending of the trunk."""
    lean: float = 0.03
    hollow: float = 0.5
    """0 fills the crown evenly, 1 its outside only."""
    clumps: float = 0.35
    """How far the crown breaks into clumps."""
    stems: int = 1
    pipe: float = 1.85
    """Exponent of Leonardo's rule: r**pipe of a branch is the sum of its children's."""
    flare: float = 0.55
    """How much wider the foot is."""
    round: float = 1.0
    """Length of the crown's irregularity about its axis: 0 is a turned post."""


def grow(how: Growth, seed: int, rounds: int = 130) -> Skeleton:
    """A skeleton; the same `seed` gives the same one."""
    from scipy.spatial import KDTree

    rng = np.random.default_rng(seed)
    position, parent = _trunks(how, rng)
    targets = _attraction(how, rng, position[parent < 0].mean(axis=0))
    step, reach, kill = how.step, how.influence, how.kill
    children = np.bincount(parent[parent >= 0], minlength=len(position))
    for _ in range(rounds):
        if not len(targets):
            break
        distance, nearest = map(np.asarray, KDTree(position).query(targets, distance_upper_bound=reach))
        near = np.isfinite(distance)
        if not near.any():
            reach *= 1.5
            if reach > 4:
                break
            continue
        pull = np.zeros_like(position)
        np.add.at(pull, nearest[near], unit(targets[near] - position[nearest[near]]))
        buds = np.flatnonzero((np.abs(pull).sum(axis=1) > 0) & (children < 4))
        if not len(buds):
            break
        shake = how.gnarl * rng.standard_normal((len(buds), 3))
        inertia = unit(position[buds] - position[np.maximum(parent[buds], 0)] + 1e-9 * UP)
        tips = position[buds] + step * unit(unit(pull[buds]) + how.rise * UP + 0.35 * inertia + shake)
        fresh = KDTree(position).query(tips)[0] > 0.45 * step
        children[buds[~fresh]] = 4  # stuck between two attractors
        buds, tips = buds[fresh], tips[fresh]
        parent = np.concatenate([parent, buds])
        position = np.concatenate([position, tips])
        children = np.concatenate([children, np.zeros(len(tips), children.dtype)])
        np.add.at(children, buds, 1)
        if len(tips):
            targets = targets[KDTree(tips).query(targets)[0] > kill]
    position = _smooth(position, parent)
    skeleton = Skeleton(position * how.height, parent, np.zeros(len(position)))
    return _thickened(skeleton, how)


def _trunks(how: Growth, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    positions, parents = [], []
    count = 0
    for stem in range(how.stems):
        joints = max(int(how.trunk / how.step), 3)
        share = np.linspace(0, how.trunk, joints)
        turn = rng.uniform(0, 2 * np.pi) if how.stems == 1 else 2 * np.pi * stem / how.stems + rng.uniform(-0.4, 0.4)
        out = np.array([np.cos(turn), 0, np.sin(turn)])
        lean = how.lean * rng.uniform(0.4, 1.3)
        bend = np.stack([noise(np.stack([share * 5, 0 * share + rng.uniform(0, 99)], 1), 3 + k) for k in range(2)], 1)
        bend = how.sway * (bend - bend[0]) * np.minimum(share / 0.15, 1)[:, None]
        line = share[:, None] * UP + (lean * share / max(how.trunk, 0.2))[:, None] * out
        line[:, [0, 2]] += bend
        if how.stems > 1:
            line += out * how.thick * 0.6
        positions.append(line)
        parents.append(np.concatenate([[-1], count + np.arange(joints - 1)]))
        count += joints
    return np.concatenate(positions), np.concatenate(parents)


def _attraction(how: Growth, rng: np.random.Generator, foot: Array) -> Array:
    at, radius = np.array(how.profile).T
    tries = how.points * 12
    share = rng.random(tries)
    wide = np.interp(share, at, radius)
    keep = rng.random(tries) < (wide / radius.max()) ** 2
    share, wide = share[keep], wide[keep]
    turn = rng.uniform(0, 2 * np.pi, len(share))
    around = np.stack([np.cos(turn), share * 1.4, np.sin(turn)], axis=1)
    wide = wide * (1 + how.round * 0.22 * noise(around * 1.3 + rng.uniform(0, 50, 3), 11))
    out = rng.random(len(share)) ** (0.5 * (1 - 0.72 * how.hollow)) * wide
    points = np.stack([out * np.cos(turn), how.base + share * (1 - how.base), out * np.sin(turn)], axis=1)
    points[:, 1] += 0.04 * noise(points * 6, 17)
    clump = noise(points * 7.5 + rng.uniform(0, 50, 3), 13)
    points = points[clump > how.clumps * 1.2 - 0.75 + 0.35 * rng.standard_normal(len(points))]
    return points[: how.points] + foot * np.array([1, 0, 1])


def _smooth(position: Array, parent: NDArray[np.int64]) -> Array:
    """Without the zigzag of growing: each joint drawn between its parent and the mean of its children."""
    inner = parent >= 0
    for _ in range(2):
        total, count = np.zeros_like(position), np.zeros(len(position))
        np.add.at(total, parent[inner], position[inner])
        np.add.at(count, parent[inner], 1)
        move = inner & (count > 0)
        middle = (position[parent[move]] + total[move] / count[move, None]) / 2
        position = position.copy()
        position[move] = 0.55 * position[move] + 0.45 * middle
    return position


def _thickened(bare: Skeleton, how: Growth) -> Skeleton:
    load = np.zeros(len(bare))
    for joint in range(len(bare) - 1, -1, -1):
        load[joint] = max(load[joint], 1.0)
        if bare.parent[joint] >= 0:
            load[bare.parent[joint]] += load[joint]
    radius = (load / load[bare.parent < 0].max()) ** (1 / how.pipe) * how.thick * how.height
    up = bare.position[:, 1] / how.height
    main = radius > 0.35 * how.thick * how.height
    taper = 1 - 0.25 * np.minimum(up / max(how.trunk, 0.2), 1)
    foot = 1 + how.flare * np.exp(-up / 0.018) + 0.12 * np.exp(-up / 0.08)
    return Skeleton(bare.position, bare.parent, np.where(main, radius * taper, radius) * foot)
