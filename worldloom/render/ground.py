"""Noise, erosion and cutting into pieces for generated ground, in C++ (render/native/ground.h).

Numpy in, numpy out, float32. Results are functions of world coordinates alone: the same bits whatever else is asked for
at the same time, for any number of threads and on every instruction set.
"""

from __future__ import annotations

from ctypes import POINTER, Structure, byref, c_char_p, c_float, c_int, c_int32, c_int64, c_uint32, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from worldloom.render.cpu import default_threads
from worldloom.render.native.library import kernels, library

Floats = NDArray[Any]
_KINDS = ("smooth", "ridged", "billow")


class _Fractal(Structure):
    _fields_ = [
        ("seed", c_uint32),
        ("octaves", c_int32),
        ("kind", c_int32),
        ("frequency", c_float * 3),
        ("gain", c_float),
        ("lacunarity", c_float),
        ("damping", c_float),
    ]


class _Grid(Structure):
    _fields_ = [("rows", c_int32), ("columns", c_int32), ("row", c_int32), ("column", c_int32), ("cell", c_float)]


class _Erosion(Structure):
    _fields_ = [
        ("rounds", c_int32),
        ("steps", c_int32),
        ("slides", c_int32),
        ("seed", c_uint32),
        ("strength", c_float),
        ("talus", c_float),
    ]


class _Detail(Structure):
    _fields_ = [
        ("bounds", c_float * 4),
        ("root", c_float),
        ("eye", c_float * 3),
        ("base", c_float),
        ("slope", c_float),
        ("coarsest", c_float),
        ("scale", c_float),
    ]


_SIGNATURES = {
    "worldloom_ground": (c_void_p, [c_char_p]),
    "worldloom_ground_fractal": (
        None,
        [c_void_p, c_int, c_void_p, c_void_p, c_void_p, c_int64, POINTER(_Fractal), c_void_p],
    ),
    "worldloom_ground_cells": (
        None,
        [c_void_p, c_int, c_void_p, c_void_p, c_int64, c_uint32, c_float, c_float, c_void_p, c_void_p, c_void_p],
    ),
    "worldloom_ground_sample": (
        None,
        [c_void_p, c_int, c_void_p, POINTER(_Grid), c_void_p, c_void_p, c_int64, c_void_p],
    ),
    "worldloom_ground_erode": (c_int, [c_void_p, c_int, c_void_p, POINTER(_Grid), POINTER(_Erosion)]),
    "worldloom_ground_split": (
        c_int64,
        [c_void_p, c_void_p, c_void_p, POINTER(_Grid), POINTER(_Detail), c_int64, c_void_p],
    ),
    "worldloom_ground_nearest": (
        c_int,
        [c_void_p, c_int, c_void_p, c_void_p, c_int64, c_void_p, c_void_p, c_int64, c_float, *[c_void_p] * 3],
    ),
}


@dataclass(frozen=True, eq=False)
class HeightGrid:
    """Numbers at world-aligned places: `values[r, c]` is at x = (column + c) cell, z = (row + r) cell."""

    values: Floats
    """(R, C) float32."""
    row: int
    column: int
    cell: float
    """Metres; a power of two, so that places are exact."""

    def places(self) -> tuple[Floats, Floats]:
        """x and z (R, C) of every value."""
        rows, columns = self.values.shape
        x = (np.arange(columns) + self.column).astype(np.float32) * np.float32(self.cell)
        z = (np.arange(rows) + self.row).astype(np.float32) * np.float32(self.cell)
        return np.broadcast_to(x, (rows, columns)), np.broadcast_to(z[:, None], (rows, columns))


@cache
def _ground(isa: str | None) -> c_void_p:
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library(), name)
        function.restype, function.argtypes = result, arguments
    return c_void_p(library().worldloom_ground(library().worldloom_name(kernels(isa))))


def fractal(
    x: Floats,
    z: Floats,
    *,
    seed: int,
    size: float | tuple[float, float, float],
    octaves: int = 4,
    kind: Literal["smooth", "ridged", "billow"] = "smooth",
    y: Floats | None = None,
    gain: float = 0.5,
    lacunarity: float = 2.03,
    damping: float = 0.0,
    isa: str | None = None,
) -> Floats:
    """Fractal gradient noise at places of any shape (...): "smooth" about -1..1, "ridged" 0..1 with sharp crests,
    "billow" 0..1 with sharp valleys.

    Args:
        size: metres over which the first octave changes, or those along x, y and z.
        y: heights; None: noise in the level plane.
        damping: 0..1, how much smoother steep places ("smooth") or valleys ("ridged") are.
    """
    shape = np.shape(x)
    x, z, up = _flat(x), _flat(z), None if y is None else _flat(y)
    sizes = size if isinstance(size, tuple) else (size, size, size)
    settings = _Fractal(
        seed % 2**32, octaves, _KINDS.index(kind), (c_float * 3)(*(1 / s for s in sizes)), gain, lacunarity, damping
    )
    out = np.empty(len(x), np.float32)
    _call(
        "worldloom_ground_fractal", isa, default_threads(), _at(x), _at(up), _at(z), len(x), byref(settings), _at(out)
    )
    return out.reshape(shape)


def cells(
    x: Floats, z: Floats, *, seed: int, size: float, jitter: float = 1.0, isa: str | None = None
) -> tuple[Floats, Floats, Floats]:
    """Cellular noise (Worley 1996) at places (...): distances to the nearest and the second nearest point, in `size`,
    and a random number 0..1 of the nearest's own."""
    shape = np.shape(x)
    x, z = _flat(x), _flat(z)
    outs = [np.empty(len(x), np.float32) for _ in range(3)]
    _call(
        *("worldloom_ground_cells", isa, default_threads(), _at(x), _at(z), len(x), seed % 2**32, 1 / size, jitter),
        *(_at(out) for out in outs),
    )
    first, second, own = (out.reshape(shape) for out in outs)
    return first, second, own


def sample(grid: HeightGrid, x: Floats, z: Floats) -> Floats:
    """The grid's values at places (...), by Catmull-Rom interpolation."""
    shape = np.shape(x)
    x, z = _flat(x), _flat(z)
    out = np.empty(len(x), np.float32)
    values = np.ascontiguousarray(grid.values, np.float32)
    _call(
        "worldloom_ground_sample",
        *(None, default_threads(), _at(values), byref(_grid(grid)), _at(x), _at(z), len(x), _at(out)),
    )
    return out.reshape(shape)


def halo(rounds: int, steps: int, slides: int) -> int:
    """Cells around a place that `erode` there depends on."""
    return rounds * (steps + slides + 2) + 1


def erode(
    grid: HeightGrid,
    *,
    rounds: int,
    steps: int,
    slides: int,
    strength: float,
    talus: float,
    seed: int,
    isa: str | None = None,
) -> HeightGrid:
    """Heights, metres, worn by rain (after Beyer 2015) and by loose stones that slide.

    Values nearer than `halo(...)` to the grid's edge depend on where that edge is; all others don't.

    Args:
        steps: cells that a drop runs.
        slides: of loose stones in each round.
        strength: 0..1 of what drops move.
        talus: slope at which loose stones lie still.
    """
    heights = np.ascontiguousarray(grid.values / np.float32(grid.cell), np.float32)
    settings = _Erosion(rounds, steps, slides, seed % 2**32, strength, talus)
    failed = _call("worldloom_ground_erode", isa, default_threads(), _at(heights), byref(_grid(grid)), byref(settings))
    if failed:
        raise MemoryError("There is not enough memory to wear the ground down.")
    return HeightGrid(heights * np.float32(grid.cell), grid.row, grid.column, grid.cell)


def split(
    heights: HeightGrid,
    finer: Floats,
    *,
    bounds: tuple[float, float, float, float],
    root: float,
    eye: tuple[float, float, float],
    base: float,
    slope: float,
    coarsest: float,
    scale: float,
    room: int,
) -> tuple[Floats, int]:
    """Cut the ground's surface into pieces, always halving the longer side as measured along the slope.

    Args:
        finer: (R, C) factor of the piece's length; above 1000 nothing is wanted there.
        bounds: min x, min z, max x, max z; pieces whose middle is outside are left out.
        root: metres; pieces are `root` over powers of two, aligned to the world.
        base, slope, coarsest: pieces are base + slope x distance from the eye long, at most `coarsest`, metres.
        scale: of all of that.
        room: how many to write at most.

    Returns:
        (N, 5) middle x and z, width and depth, and the longest side in order there, metres; and how many there are,
        which may be more than `room`.
    """
    out = np.empty((room, 5), np.float32)
    values, finer = (np.ascontiguousarray(array, np.float32) for array in (heights.values, finer))
    settings = _Detail((c_float * 4)(*bounds), root, (c_float * 3)(*eye), base, slope, coarsest, scale)
    count = _call(
        "worldloom_ground_split",
        *(None, _at(values), _at(finer), byref(_grid(heights)), byref(settings), room, _at(out)),
    )
    return out[: min(count, room)], count


def nearest(
    x: Floats, z: Floats, pieces: Floats, reach: float, ahead: Floats | None = None
) -> tuple[NDArray[np.int32], Floats, Floats]:
    """For places (N,) the nearest of line pieces (M, 4: ax, az, bx, bz) within `reach`: which (-1: none), how far
    (`reach` where none) and where along it, 0..1. `ahead` (M,): metres by which a piece comes before others."""
    x, z, pieces = _flat(x), _flat(z), np.ascontiguousarray(pieces, np.float32)
    which, distance, share = np.empty(len(x), np.int32), np.empty(len(x), np.float32), np.empty(len(x), np.float32)
    ahead = None if ahead is None else _flat(ahead)
    failed = _call(
        "worldloom_ground_nearest",
        *(None, default_threads(), _at(x), _at(z), len(x), _at(pieces), _at(ahead), len(pieces), reach),
        *(_at(which), _at(distance), _at(share)),
    )
    if failed:
        raise MemoryError("There is not enough memory to find the nearest lines.")
    return which, distance, share


def _call(name: str, isa: str | None, *arguments: Any) -> Any:
    return getattr(library(), name)(_ground(isa), *arguments)


def _grid(grid: HeightGrid) -> _Grid:
    return _Grid(*grid.values.shape, grid.row, grid.column, grid.cell)


def _flat(values: Floats) -> Floats:
    return np.ascontiguousarray(values, np.float32).reshape(-1)


def _at(array: Floats | None) -> int | None:
    return None if array is None else array.ctypes.data
