"""Where on the land there is something to put things at: shores, peaks, cliff edges..."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from worldloom.generate.build.terrain.biomes import biome_shares, share_of
from worldloom.generate.build.terrain.maths import Floats
from worldloom.generate.build.terrain.waters import LAKE, RIVER, SEA
from worldloom.render.ground import fractal

if TYPE_CHECKING:
    from worldloom.generate.build.terrain.terrain import Terrain

F = np.float32
_MOST = 32
_ASIDE = {"left": (-1.0, -0.7), "right": (1.0, -0.7), "background": (0.0, -1.0), "foreground": (0.0, -1.0)}


def landmarks(terrain: Terrain, feature: str) -> Floats:
    """Places (M, 2) of a feature, best first, at least a few metres from one another."""
    none = np.zeros((0, 2), np.float32)
    if feature in ("centre", "village", "ground"):
        return _flattest(terrain, 0.0, 0.0, 0.2)
    if feature in _ASIDE:
        extent = min(terrain.bounds.size)
        away = {"foreground": 0.07, "background": 0.42}.get(feature, 0.22) * extent
        x, z = _ASIDE[feature]
        return _flattest(terrain, x * away, z * away, 0.12)
    if feature == "waterfall":
        streams = terrain.waters.streams
        falls = streams[0].falls if streams else ()
        return (
            np.concatenate([streams[0].place(np.array([at + 4.0])) for at, _ in falls]).astype(np.float32)
            if falls
            else none
        )
    view = _Survey(terrain)
    score = view.score(feature)
    return none if score is None else view.best(score)


def _flattest(terrain: Terrain, x: float, z: float, reach: float) -> Floats:
    """Free places, the nearest to x, z and most level first."""
    view = _Survey(terrain)
    apart = np.hypot(view.x - x, view.z - z) / (reach * min(terrain.bounds.size))
    return view.best(np.where(view.dry > 2.0, 2 - apart - 1.5 * view.slope, -9.0), least=-6.0)


class _Survey:
    """The land looked at every few metres."""

    def __init__(self, terrain: Terrain) -> None:
        bounds, self.terrain = terrain.bounds, terrain
        self.apart = max(min(bounds.size) / 90, 1.0)
        inner = bounds.grown(-min(6.0, 0.1 * min(bounds.size)))
        xs = np.arange(np.ceil(inner.min_x / self.apart), np.floor(inner.max_x / self.apart) + 1) * self.apart
        zs = np.arange(np.ceil(inner.min_z / self.apart), np.floor(inner.max_z / self.apart) + 1) * self.apart
        grid = np.meshgrid(xs.astype(np.float32), zs.astype(np.float32))
        self.shape = grid[0].shape
        self.x, self.z = (np.ascontiguousarray(axis).reshape(-1) for axis in grid)
        self.wet = terrain.waters.at(self.x, self.z)
        flat = np.stack([self.x, self.z], axis=1)
        self.y = terrain.height(flat)
        square = self.y.reshape(self.shape)
        rise_z, rise_x = np.gradient(square, self.apart)
        self.slope = np.hypot(rise_x, rise_z).reshape(-1)
        self.dry = self.wet.edge
        # What people see first lies before them, not too far.
        extent = min(bounds.size)
        apart = np.hypot(self.x, self.z + F(0.2 * extent)) / F(0.5 * extent)
        self.seen = 1 - apart.clip(0, 1)
        self.free = terrain.free(flat, 1.0) if terrain.works.any else self.dry > 0.5

    def score(self, feature: str) -> Floats | None:
        """How good each place is, none good at -1 or less; None where the feature cannot be."""
        spec, extent = self.terrain.spec, min(self.terrain.bounds.size)
        shore = -np.abs(self.dry - F(1.6)) / F(2.5)
        if feature in ("lake", "river", "sea", "shore", "beach"):
            kinds = {"lake": (LAKE,), "river": (RIVER,), "sea": (SEA,), "shore": (SEA, LAKE), "beach": (SEA, LAKE)}[
                feature
            ]
            here = np.isin(self.wet.kind, kinds) & (self.dry > 0.2) & (self.dry < 5.0)
            return np.where(here, shore + self.seen - self.slope, -9.0)
        if feature in ("peak", "hill", "mountain"):
            tall = (self.y - self.y.min()) / max(float(np.ptp(self.y)), 1e-3)
            return np.where((self.dry > 1.0) & (tall > 0.45), 1.6 * tall + 0.4 * self.seen - 0.5 * self.slope, -9.0)
        if feature == "valley":
            tall = (self.y - self.y.min()) / max(float(np.ptp(self.y)), 1e-3)
            return np.where(self.dry > 2.0, 1 - 1.8 * tall - self.slope + 0.4 * self.seen, -9.0)
        if feature == "cliff":
            return self._edges()
        if feature == "road":
            if not self.terrain.works.earthworks.roads:
                return None
            apart = self.terrain.works.at(self.x, self.z).distance
            return np.where((apart > 0.3) & (apart < 3.0) & (self.dry > 0.5), self.seen - self.slope, -9.0)
        if feature in ("forest", "meadow", "field"):
            names = {
                "forest": ("forest", "conifer_forest", "jungle"),
                "meadow": ("meadow", "alpine", "heath", "farmland"),
                "field": ("farmland",),
            }[feature]
            shares = share_of(spec, biome_shares(spec, self.x, self.z), *names)
            if not (shares > 0.3).any():
                shares = np.ones_like(shares) if feature != "field" else shares
            uneven = fractal(self.x, self.z, seed=spec.seed * 101 + 600, size=0.2 * extent, octaves=2)
            return np.where(self.free & (shares > 0.3), self.seen + F(0.4) * uneven - 1.5 * self.slope, -9.0)
        if feature == "island" and spec.kind == "island":
            return np.where(self.dry > 6.0, self.seen - self.slope, -9.0)
        return None

    def _edges(self) -> Floats | None:
        """Level ground right above a steep fall."""
        square = self.y.reshape(self.shape)
        run = max(round(7.0 / self.apart), 1)
        drop = np.full(self.shape, -np.inf, np.float32)
        for dz, dx in ((0, run), (0, -run), (run, 0), (-run, 0)):
            drop = np.maximum(drop, square - np.roll(square, (dz, dx), axis=(0, 1)))
        drop[:run], drop[-run:], drop[:, :run], drop[:, -run:] = 0, 0, 0, 0
        fall = drop.reshape(-1) / (run * self.apart)
        if fall.max() < 0.5:
            return None
        return np.where((fall > 0.45) & (self.dry > 1.0), fall.clip(0, 2) + 0.6 * self.seen - 1.2 * self.slope, -9.0)

    def best(self, score: Floats, least: float = -1.0) -> Floats:
        """The best places, spread out."""
        order = np.argsort(-score, kind="stable")[:4000]
        order = order[score[order] > least]
        chosen: list[int] = []
        room = max(0.03 * min(self.terrain.bounds.size), 2.0)
        while len(order) and len(chosen) < _MOST:
            first = order[0]
            chosen.append(int(first))
            apart = np.hypot(self.x[order] - self.x[first], self.z[order] - self.z[first])
            order = order[apart > room]
        return np.stack([self.x[chosen], self.z[chosen]], axis=1)
