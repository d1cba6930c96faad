"""Rolling ground for tests of what stands on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.site import Bounds
from worldloom.generate.noise import fbm
from worldloom.scene.surfels import Array, unit


class PlainSite:
    """Gentle hills, water up to `level`, a road along x = 0 where there is one."""

    def __init__(self, extent: float = 96.0, relief: float = 3.0, level: float = -np.inf, road: float = 0.0) -> None:
        self.bounds = Bounds.around(extent)
        self.relief, self.level, self.road = relief, level, road

    def height(self, flat: Array) -> Array:
        return self.relief * fbm(np.asarray(flat, float) / 55.0, 5, 2)

    def normal(self, flat: Array) -> Array:
        step = np.array([0.5, 0.0])
        along_x = self.height(flat + step) - self.height(flat - step)
        along_z = self.height(flat + step[::-1]) - self.height(flat - step[::-1])
        return unit(np.stack([-along_x, np.ones(len(flat)), -along_z], axis=1))

    def water_level(self, flat: Array) -> Array:
        return np.full(len(flat), self.level)

    def free(self, flat: Array, room: float) -> NDArray[np.bool_]:
        return (self.height(flat) > self.level) & (np.abs(flat[:, 0]) > self.road / 2 + room * (self.road > 0))

    def anchors(self, feature: str) -> Array:
        return np.zeros((0, 2))
