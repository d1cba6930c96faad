"""Heights worn by rain, on a world-aligned grid that is computed where it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from worldloom.generate.build.site import Bounds
from worldloom.generate.build.terrain.maths import Floats, step
from worldloom.generate.build.terrain.waters import Waters
from worldloom.render.ground import HeightGrid, erode, halo, sample

F = np.float32
_TILE = 128
"""Cells from edge to edge of what is computed when someone asks beyond the world."""
_AROUND = 27.0
"""Metres around the bounds that plants and the seam to the far ground ask about too."""
_MARGIN = 3
"""Cells that interpolation looks beyond a place."""
_WEAR = {
    "flat": (0.15, 0.6),
    "rolling": (0.35, 0.7),
    "hills": (0.8, 0.75),
    "mountains": (1.0, 1.0),
    "cliffs": (0.45, 3.0),
    "canyon": (0.5, 2.2),
    "dunes": (0.0, 0.6),
    "terraces": (0.0, 3.0),
    "volcano": (0.8, 0.75),
    "valley": (1.0, 0.85),
}
"""Of each shape: how much rain wears it, and the slope at which its loose stones lie."""


@dataclass(frozen=True)
class Ground:
    waters: Waters
    bounds: Bounds
    """Where most questions will be asked."""

    @cached_property
    def cell(self) -> float:
        """Metres between heights."""
        return float(2.0 ** np.clip(np.round(np.log2(self.waters.relief.spec.extent / 220.0)), -1, 3))

    @cached_property
    def region(self) -> HeightGrid:
        """Heights of the bounds and a little more."""
        return self._block(self.bounds)

    def grid(self, bounds: Bounds) -> HeightGrid:
        """Heights that cover these bounds and a little more."""
        corners = np.array([[bounds.min_x, bounds.min_z], [bounds.max_x, bounds.max_z]], np.float32)
        return self.region if self._covers(self.region, *corners.T).all() else self._block(bounds)

    def _block(self, bounds: Bounds) -> HeightGrid:
        cell, bounds = self.cell, bounds.grown(_AROUND)
        first = int(np.floor(bounds.min_z / cell)) - _MARGIN, int(np.floor(bounds.min_x / cell)) - _MARGIN
        last = int(np.ceil(bounds.max_z / cell)) + _MARGIN, int(np.ceil(bounds.max_x / cell)) + _MARGIN
        return self._worn(first, (last[0] - first[0] + 1, last[1] - first[1] + 1))

    def height(self, x: Floats, z: Floats) -> Floats:
        """Metres (N,) at places (N,)."""
        inside = self._covers(self.region, x, z)
        if inside.all():
            return sample(self.region, x, z)
        height = np.empty(len(x), np.float32)
        height[inside] = sample(self.region, x[inside], z[inside])
        outside = np.flatnonzero(~inside)
        column, row = (np.floor(v[outside] / F(self.cell * _TILE)).astype(np.int64) for v in (x, z))
        for key in np.unique(np.stack([row, column], axis=1), axis=0):
            chosen = outside[(row == key[0]) & (column == key[1])]
            height[chosen] = sample(self._tile(int(key[0]), int(key[1])), x[chosen], z[chosen])
        return height

    def steepness(self, x: Floats, z: Floats) -> Floats:
        """Metres up per metre (N,) over some metres."""
        run = F(1.5 * self.cell + 0.5)
        rise_x = self.height(x + run, z) - self.height(x - run, z)
        rise_z = self.height(x, z + run) - self.height(x, z - run)
        return np.sqrt(rise_x * rise_x + rise_z * rise_z) / (2 * run)

    def _covers(self, grid: HeightGrid, x: Floats, z: Floats) -> np.ndarray:
        rows, columns = grid.values.shape
        low_x, low_z = (grid.column + 2) * grid.cell, (grid.row + 2) * grid.cell
        high_x, high_z = (grid.column + columns - 3) * grid.cell, (grid.row + rows - 3) * grid.cell
        return (x >= low_x) & (x < high_x) & (z >= low_z) & (z < high_z)

    @cached_property
    def _tiles(self) -> dict[tuple[int, int], HeightGrid]:
        return {}

    def _tile(self, row: int, column: int) -> HeightGrid:
        if (row, column) not in self._tiles:
            first = row * _TILE - _MARGIN, column * _TILE - _MARGIN
            self._tiles[row, column] = self._worn(first, (_TILE + 2 * _MARGIN, _TILE + 2 * _MARGIN))
        return self._tiles[row, column]

    def _worn(self, first: tuple[int, int], shape: tuple[int, int]) -> HeightGrid:
        """Heights of a block that begins at that row and column: wide valleys worn on a coarse grid, then rills on a
        fine one. Each time the block is computed with a rim as wide as what it depends on, so that its place among
        others doesn't matter."""
        spec = self.waters.relief.spec
        wear, talus = _WEAR[spec.relief.shape]
        strength = float(wear * spec.relief.erosion)
        rough = 1.0 + 0.6 * spec.relief.ruggedness
        if strength == 0.0:
            return self._plain(self.cell, first, shape)
        drops = {"rounds": 3, "steps": 14, "slides": 2, "talus": talus * rough, "seed": spec.seed * 31 + 7}
        rim = halo(3, 14, 2)
        fine = self._plain(self.cell, (first[0] - rim, first[1] - rim), (shape[0] + 2 * rim, shape[1] + 2 * rim))
        coarse = self._coarse(fine, rim, drops, strength)
        x, z = fine.places()
        start = HeightGrid(fine.values + sample(coarse, x, z), fine.row, fine.column, fine.cell)
        worn = erode(start, **drops, strength=0.5 * strength).values
        inner = slice(rim, -rim), slice(rim, -rim)
        before, x, z = fine.values[inner], x[inner], z[inner]
        wet = self.waters.at(x.reshape(-1), z.reshape(-1))
        share = step(0.0, 5.0 + 2 * self.cell, wet.edge).reshape(shape) * _steepness(fine)[inner]
        return HeightGrid(before + (worn[inner] - before) * share, *first, self.cell)

    def _coarse(self, fine: HeightGrid, rim: int, drops: dict, strength: float) -> HeightGrid:
        """What rain changes on a grid four times as wide."""
        first = fine.row // 4 - _MARGIN - rim, fine.column // 4 - _MARGIN - rim
        rows, columns = (n // 4 + 2 * (_MARGIN + rim + 1) for n in fine.values.shape)
        plain = self._plain(4 * self.cell, first, (rows, columns))
        worn = erode(plain, **drops, strength=strength)
        inner = slice(rim, -rim), slice(rim, -rim)
        changed = (worn.values - plain.values)[inner]
        return HeightGrid(changed, first[0] + rim, first[1] + rim, plain.cell)

    def _plain(self, cell: float, first: tuple[int, int], shape: tuple[int, int]) -> HeightGrid:
        empty = HeightGrid(np.empty(shape, np.float32), *first, cell)
        x, z = (np.ascontiguousarray(v) for v in empty.places())
        return HeightGrid(self.waters.macro(x, z), *first, cell)


def _steepness(grid: HeightGrid) -> Floats:
    """0 on level ground, 1 on slopes, which rain wears: looked at over some cells."""
    h, far = grid.values, 4
    steep = np.ones_like(h)
    run = F(2 * far * grid.cell)
    along_x, along_z = (
        (h[far:-far, 2 * far :] - h[far:-far, : -2 * far]) / run,
        (h[2 * far :, far:-far] - h[: -2 * far, far:-far]) / run,
    )
    steep[far:-far, far:-far] = F(0.12) + F(0.88) * step(0.1, 0.45, np.sqrt(along_x * along_x + along_z * along_z))
    return steep
