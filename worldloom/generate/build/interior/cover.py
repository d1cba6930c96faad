"""How walls, floors, boards and bars are covered with surfels: detail where one stands, less farther off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from worldloom.scene.surfels import OVERLAP, Array, Surfels, Vector, join, surfels

Grade = Callable[[Array], Array]
"""Distance between surfels (N,) wanted at places (N, 3), metres."""
TILE = 1.1
"""Metres over which the distance between surfels stays the same."""
_TABLE = 256


@dataclass(frozen=True, eq=False)
class Face:
    """A level or upright rectangle that faces along x up. Patterns start at its corner."""

    corner: Array
    along: Array
    """(3,) unit"""
    up: Array
    """(3,) unit"""
    width: float
    height: float
    holes: tuple[tuple[float, float, float, float], ...] = ()
    """Left, lower, right and upper edge of openings, metres from the corner."""

    @property
    def normal(self) -> Array:
        return np.cross(self.along, self.up)

    def at(self, u: Array, v: Array, out: float | Array = 0.0) -> Array:
        """(N, 3) places on it, `out` metres before it."""
        place = self.corner + u[:, None] * self.along + v[:, None] * self.up
        return place + np.asarray(out).reshape(-1, 1) * self.normal

    def solid_parts(self) -> list[tuple[float, float, float, float]]:
        """Rectangles that fill it, but for the holes."""
        us = sorted({0.0, self.width, *(min(max(edge, 0), self.width) for hole in self.holes for edge in hole[0::2])})
        vs = sorted({0.0, self.height, *(min(max(edge, 0), self.height) for hole in self.holes for edge in hole[1::2])})
        parts = []
        for u0, u1 in pairwise(us):
            for v0, v1 in pairwise(vs):
                u, v = (u0 + u1) / 2, (v0 + v1) / 2
                if u1 - u0 > 1e-4 and v1 - v0 > 1e-4 and not self.open_at(np.array([u]), np.array([v]))[0]:
                    parts.append((u0, v0, u1, v1))
        return parts

    def open_at(self, u: Array, v: Array) -> Array:
        inside = np.zeros(len(u), bool)
        for u0, v0, u1, v1 in self.holes:
            inside |= (u > u0) & (u < u1) & (v > v0) & (v < v1)
        return inside


def samples(
    face: Face, grade: Grade, rng: np.random.Generator, stretch: float = 1.0, module: float | None = None
) -> tuple[Array, Array, Array]:
    """Places on a face: u (N,), v (N,), and standard deviations (N, 2).

    Args:
        stretch: how many times as long as wide surfels are.
        module: metres; none lies across a multiple of it, so that squares of that size have crisp edges.
    """
    tiles = []
    for u0, v0, u1, v1 in face.solid_parts():
        columns, rows = _cuts(u0, u1, module), _cuts(v0, v1, module)
        left, lower = (edge.ravel() for edge in np.meshgrid(columns[:-1], rows[:-1], indexing="ij"))
        wide, high = (size.ravel() for size in np.meshgrid(np.diff(columns), np.diff(rows), indexing="ij"))
        tiles.append(np.stack([left, lower, wide, high], axis=1))
    if not tiles:
        return np.zeros(0), np.zeros(0), np.zeros((0, 2))
    u0, v0, wide, high = np.concatenate(tiles).T
    spacing = grade(face.at(u0 + wide / 2, v0 + high / 2))
    root = np.sqrt(stretch)
    columns = np.maximum(np.round(wide / (spacing * root)), 1).astype(int)
    rows = np.maximum(np.round(high / (spacing / root)), 1).astype(int)
    count = columns * rows
    tile = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(tile)) - np.repeat(np.cumsum(count) - count, count)
    column, row = number // rows[tile], number % rows[tile]
    shake = rng.uniform(-0.3, 0.3, (len(tile), 2)) * (1.0 if module is None else 0.3)
    u = u0[tile] + (column + 0.5 + shake[:, 0]) / columns[tile] * wide[tile]
    v = v0[tile] + (row + 0.5 + shake[:, 1]) / rows[tile] * high[tile]
    return u, v, OVERLAP * np.stack([wide / columns, high / rows], axis=1)[tile]


def _cuts(low: float, high: float, module: float | None) -> Array:
    """Edges of tiles from `low` to `high`."""
    if module is None:
        return np.linspace(low, high, max(int(np.ceil((high - low) / TILE)), 1) + 1)
    inner = np.arange(np.ceil(low / module + 1e-6) * module, high - 1e-6, module)
    return np.concatenate([[low], inner, [high]])


def plain_face(face: Face, grade: Grade, rng: np.random.Generator) -> Surfels:
    u, v, size = samples(face, grade, rng)
    return surfels(face.at(u, v), face.normal, face.along, size)


def slab(low: Vector, high: Vector, grade: Grade, sides: str = "xXyYzZ") -> Surfels:
    """An upright box between two corners, thin ones with crisp edges. `sides`: which to cover, capital: the upper."""
    low, high = np.asarray(low, float), np.asarray(high, float)
    size = high - low
    spacing = float(grade(((low + high) / 2)[None])[0])
    parts = []
    for axis, name in enumerate("xyz"):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        if size[first] < 1e-4 or size[second] < 1e-4:
            continue
        for upper in (False, True):
            if (name.upper() if upper else name) not in sides:
                continue
            a, b = (first, second) if upper else (second, first)
            parts.append(_board(low if not upper else _with(low, axis, high[axis]), size, a, b, axis, upper, spacing))
    return join(parts)


def _with(corner: Array, axis: int, value: float) -> Array:
    corner = corner.copy()
    corner[axis] = value
    return corner


def _board(corner: Array, size: Array, a: int, b: int, axis: int, upper: bool, spacing: float) -> Surfels:
    """One side of a box: its surfels lie along its longer edge."""
    counts = []
    for mine, other in ((size[a], size[b]), (size[b], size[a])):
        step = min(spacing, max(mine / 3, 0.006))
        if mine > 4 * other:
            step = max(step, min(4 * other / 2, 3 * spacing))
        counts.append(max(round(mine / step), 1))
    u, v = (index.ravel() + 0.5 for index in np.meshgrid(np.arange(counts[0]), np.arange(counts[1]), indexing="ij"))
    u, v = u / counts[0] * size[a], v / counts[1] * size[b]
    place = np.repeat(corner[None], len(u), axis=0)
    place[:, a] += u
    place[:, b] += v
    normal, along = np.zeros(3), np.zeros(3)
    normal[axis] = 1.0 if upper else -1.0
    along[a] = 1.0
    sizes = 0.66 * np.array([size[a] / counts[0], size[b] / counts[1]])
    return surfels(place, normal, along, sizes)


def bars(starts: Array, ends: Array, thick: float | Array, normal: Vector, length: float = 0.16) -> Surfels:
    """Flat thin lines (M, 3) to (M, 3) on a surface: joints, mouldings, strings. `thick` metres."""
    way = ends - starts
    reach = np.linalg.norm(way, axis=1)
    count = np.maximum(np.ceil(reach / length), 1).astype(int)
    line = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    share = (number + 0.5) / count[line]
    place = starts[line] + share[:, None] * way[line]
    thick = np.broadcast_to(np.asarray(thick, float), len(starts))[line]
    size = np.stack([OVERLAP * (reach / count)[line], 0.42 * thick], axis=1)
    facing = np.broadcast_to(np.asarray(normal, float), (len(starts), 3))[line]
    return surfels(place, facing, way[line], size)


def speckle(u: Array, v: Array, seed: int) -> Array:
    """Smooth noise (N,) in about -1..1 that changes over a length of 1; read from a table, so it costs little."""
    table = _noise_table(seed % 8)
    x, y = u * 4 + 37.1 * (seed % 97), v * 4 + 91.7 * (seed % 89)
    return table[np.floor(x).astype(np.int64) & (_TABLE - 1), np.floor(y).astype(np.int64) & (_TABLE - 1)]


@lru_cache(maxsize=8)
def _noise_table(seed: int) -> Array:
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(np.random.default_rng([seed, 5]).normal(size=(_TABLE, _TABLE)), 2.2, mode="wrap")
    return (field / field.std() * 0.5).clip(-1.2, 1.2)


def mottle(u: Array, v: Array, seed: int) -> Array:
    """Fractal noise (N,), about -1..1."""
    return (
        0.55 * speckle(u, v, seed)
        + 0.3 * speckle(2.1 * u, 2.1 * v, seed + 1)
        + 0.2 * speckle(4.3 * u, 4.3 * v, seed + 2)
    )


def cell(column: Array, row: Array, seed: int) -> Array:
    """A number in -1..1 (N,) for every cell of a grid."""
    mixed = column.astype(np.int64).astype(np.uint32) * np.uint32(0x9E3779B1)
    mixed = mixed ^ (
        row.astype(np.int64).astype(np.uint32) * np.uint32(0x85EBCA77) + np.uint32(seed * 7919 & 0xFFFFFFFF)
    )
    mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    mixed = (mixed ^ (mixed >> np.uint32(12))) * np.uint32(0x297A2D39)
    mixed = mixed ^ (mixed >> np.uint32(15))
    return mixed.astype(np.float64) / 2147483647.5 - 1


def thinned(layers: dict[str, Surfels], most: int, seed: int) -> dict[str, Surfels]:
    """With no more than `most` surfels in all: some are left out at random, and the others made larger for it."""
    total = sum(map(len, layers.values()))
    if total <= most:
        return layers
    rng = np.random.default_rng([seed, 3])
    share = most / total
    kept = {}
    for name, pieces in layers.items():
        chosen = np.sort(rng.permutation(len(pieces))[: int(len(pieces) * share)])
        pieces = pieces[chosen]
        size = pieces.size.copy()
        size[:, :2] *= share**-0.5
        kept[name] = Surfels(**{**{key: getattr(pieces, key) for key in pieces.__dataclass_fields__}, "size": size})
    return kept


def merged(parts: Sequence[Surfels]) -> Surfels:
    return join([part for part in parts if len(part)]).single()
