"""What surfaces see of the sun, the sky and lamps past one another, on the CPU: for light that is baked into Gaussians.

Numpy in, numpy out, float32. Results are the same for any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.render.cpu import default_threads
from worldloom.render.native.library import library

Floats = NDArray[Any]
_MAX_CELLS = 6_000_000


@dataclass(frozen=True, eq=False)
class Discs:
    """M flat round pieces of surface that stop light."""

    centers: Floats
    """(M, 3) metres."""
    normals: Floats
    """(M, 3) unit."""
    radii: Floats
    """(M,) metres."""


@dataclass(frozen=True, eq=False)
class Voxels:
    """Space cut into cubes, for light that travels short ways."""

    full: NDArray[np.uint8]
    """(X, Y, Z) 1 where there is matter."""
    origin: Floats
    """(3,) lowest corner, metres."""
    edge: float
    """Metres."""


def sunlit(points: Floats, normals: Floats, discs: Discs, toward: Floats, *, cell: float, soft: int = 1) -> Floats:
    """Share (N,) of a far light in the direction `toward` (3,) that reaches each point (N, 3), 0 to 1.

    Args:
        cell: edge of the depth map's cells, metres; larger where the map would be too large.
        soft: half the width of a shadow's edge, cells.
    """
    points, normals = _single(points), _single(normals)
    lit = np.empty(len(points), np.float32)
    drawn = [_single(array) for array in (discs.centers, discs.normals, discs.radii, toward)]
    library().worldloom_sunlit(
        default_threads(),
        len(points),
        *_addresses(points, normals),
        len(drawn[0]),
        *_addresses(*drawn),
        cell,
        _MAX_CELLS,
        max(soft, 1),
        lit.ctypes.data,
    )
    return lit


def openness(
    points: Floats, normals: Floats, leaf: Floats, discs: Discs, *, cell: float, directions: int = 20
) -> tuple[Floats, Floats]:
    """How much of the sky each surface sees.

    Args:
        leaf: (N,) share of light that comes through from behind.

    Returns:
        the share (N,) of the sky before it that is not hidden, and the middle (N, 3) of that part, unit or zero.
    """
    points, normals, leaf = _single(points), _single(normals), _single(leaf)
    open_, bent = np.empty(len(points), np.float32), np.empty((len(points), 3), np.float32)
    drawn = [_single(array) for array in (discs.centers, discs.normals, discs.radii)]
    towards = _single(hemisphere(directions))
    library().worldloom_openness(
        default_threads(),
        len(points),
        *_addresses(points, normals, leaf),
        len(drawn[0]),
        *_addresses(*drawn),
        directions,
        towards.ctypes.data,
        cell,
        _MAX_CELLS,
        *_addresses(open_, bent),
    )
    return open_, bent


def lamplight(
    points: Floats, normals: Floats, leaf: Floats, voxels: Voxels, places: Floats, colours: Floats, reaches: Floats
) -> Floats:
    """Irradiance (N, 3) of surfaces by lamps at `places` (L, 3), linear; each fades to nothing at its reach (L,)."""
    points, normals, leaf = _single(points), _single(normals), _single(leaf)
    light = np.zeros((len(points), 3), np.float32)
    size, origin = np.array(voxels.full.shape, np.int64), _single(voxels.origin)
    places, colours, reaches = _single(places), _single(colours), _single(reaches)
    library().worldloom_lamplight(
        default_threads(),
        len(points),
        *_addresses(points, normals, leaf, np.ascontiguousarray(voxels.full), size, origin),
        voxels.edge,
        len(places),
        *_addresses(places, colours, reaches, light),
    )
    return light


def voxels_of(discs: Discs, edge: float, max_cells: int = 24_000_000) -> Voxels:
    """The cubes that discs lie in; larger ones where there would be more than `max_cells`."""
    if len(discs.centers) == 0:
        return Voxels(np.zeros((1, 1, 1), np.uint8), np.zeros(3, np.float32), edge)
    low, high = discs.centers.min(axis=0) - edge, discs.centers.max(axis=0) + edge
    while np.prod((high - low) / edge + 1) > max_cells:
        edge *= 1.1
    shape = ((high - low) / edge).astype(int) + 1
    full = np.zeros(shape, np.uint8)
    order = np.argsort(-discs.radii, kind="stable")  # the widest first, so that rings ask only the first few
    centers, normals, radii = discs.centers[order] - low, discs.normals[order], discs.radii[order]
    side = np.cross(normals, np.array([0.31, 0.17, 0.93], np.float32))
    side /= np.linalg.norm(side, axis=1, keepdims=True).clip(1e-6)
    other = np.cross(normals, side)
    steps = int(np.ceil(np.quantile(radii, 0.98) / edge)) + 1
    for i in range(-steps, steps + 1):
        for j in range(-steps, steps + 1):
            shift = np.hypot(i, j) * edge * 0.8
            reached = len(radii) if shift == 0 else int(np.searchsorted(-radii, -shift, side="right"))
            if reached == 0:
                continue
            spread = side[:reached] * (i * edge * 0.8) + other[:reached] * (j * edge * 0.8)
            index = ((centers[:reached] + spread) / edge).astype(np.int32).clip(0, np.array(shape) - 1)
            full[index[:, 0], index[:, 1], index[:, 2]] = 1
    return Voxels(full, low.astype(np.float32), edge)


@dataclass(frozen=True, eq=False)
class Cubes:
    """A box of space cut into cubes that know which ways the matter in them faces."""

    faces: NDArray[np.uint8]
    """(X, Y, Z) bits: towards +X, -X, +Y, -Y, +Z, -Z."""
    away: NDArray[np.uint8]
    """(X, Y, Z) one more than the number of cubes one may go from there without meeting matter."""
    origin: Floats
    """(3,) lowest corner, metres."""
    edge: float
    """Metres."""


def cubes_of(discs: Discs, low: Floats, high: Floats, edge: float, max_cells: int = 16_000_000) -> Cubes:
    """The cubes between two corners (3,) that discs lie in; larger ones where there would be more than `max_cells`."""
    span = np.asarray(high, float) - low
    while np.prod(span / edge + 1) > max_cells:
        edge *= 1.05
    size = ((span / edge).astype(np.int64) + 1).clip(1)
    origin, faces = _single(low), np.zeros(size, np.uint8)
    drawn = [_single(array) for array in (discs.centers, discs.normals, discs.radii)]
    library().worldloom_faces(len(drawn[0]), *_addresses(*drawn, size, origin), edge, faces.ctypes.data)
    away = np.empty_like(faces)
    library().worldloom_away(*_addresses(size, faces, away))
    return Cubes(faces, away, origin, edge)


def room_light(
    points: Floats,
    normals: Floats,
    leaf: Floats,
    albedo: Floats,
    areas: Floats,
    cubes: Cubes,
    lamps: tuple[Floats, Floats, Floats],
    *,
    open_: bool = True,
    patch: float = 0.25,
    rays: int = 120,
    bounces: int = 5,
    ground: float = 0.5,
) -> tuple[Floats, Floats]:
    """How a room is lit, with what its surfaces throw back on one another (radiosity).

    Args:
        leaf: (N,) share of light that comes through from behind.
        albedo: (N, 3) linear.
        areas: (N,) how much each counts in what is thrown back; 0 for what lets light by.
        lamps: places (L, 3), colours (L, 3) and reaches (L,), as in `lamplight`.
        open_: False: there is no sky beyond the cubes.
        patch: metres over which light that was thrown back is evened out.
        ground: radiance of what lies outside below the horizon, over the sky's.

    Returns:
        irradiance (N,) by a sky of radiance 1, divided by pi, and irradiance (N, 3) by the lamps.
    """
    arrays = [_single(array) for array in (points, normals, leaf, albedo, areas)]
    places, colours, reaches = (_single(array) for array in lamps)
    sky, light = np.zeros(len(arrays[0]), np.float32), np.zeros((len(arrays[0]), 3), np.float32)
    size, origin = np.array(cubes.faces.shape, np.int64), _single(cubes.origin)
    library().worldloom_room_light(
        default_threads(),
        len(arrays[0]),
        *_addresses(*arrays, cubes.faces, cubes.away, size, origin),
        cubes.edge,
        len(places),
        *_addresses(places, colours, reaches),
        max(round(patch / cubes.edge), 2),
        rays,
        bounces,
        int(open_),
        ground,
        *_addresses(sky, light),
    )
    return sky, light


def hemisphere(count: int) -> Floats:
    """Directions (count, 3) evenly over the upper half: a spiral of golden angles."""
    number = np.arange(count) + 0.5
    up = 0.03 + 0.97 * number / count
    turn = number * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - up**2)
    return np.stack([flat * np.cos(turn), up, flat * np.sin(turn)], axis=1)


def _single(array: Floats) -> Floats:
    return np.ascontiguousarray(array, np.float32)


def _addresses(*arrays: NDArray[Any]) -> tuple[int, ...]:
    return tuple(array.ctypes.data for array in arrays)
