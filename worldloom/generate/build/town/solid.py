"""Bodies made of `Quads`: boxes, beams, round towers, domes; many at once where that pays."""

from __future__ import annotations

from typing import Any

import numpy as np

from worldloom.generate.build.town.quads import DISC, Quads, merge, quads
from worldloom.scene.surfels import Array, Vector, cross, unit

_SIDES = np.array(
    [  # origin, a, b of the six sides of a box from -1/2 to 1/2; a x b points outwards; bottom last
        [[-0.5, -0.5, 0.5], [1, 0, 0], [0, 1, 0]],
        [[0.5, -0.5, -0.5], [-1, 0, 0], [0, 1, 0]],
        [[0.5, -0.5, 0.5], [0, 0, -1], [0, 1, 0]],
        [[-0.5, -0.5, -0.5], [0, 0, 1], [0, 1, 0]],
        [[-0.5, 0.5, 0.5], [1, 0, 0], [0, 0, -1]],
        [[-0.5, -0.5, -0.5], [1, 0, 0], [0, 0, 1]],
    ],
    np.float32,
)


def boxes(
    center: Any, size: Any, material: str, colour: Vector, *, sides: str = "nsewtb", turn: Any = 0.0, **look: Any
) -> Quads:
    """Boxes by their middles and sizes, (3,) or (N, 3), turned about +Y by `turn`, a number or (N,). `sides`: which
    of front (s, +Z), back (n), right (e), left (w), top (t) and bottom (b) there are."""
    middle, size = np.broadcast_arrays(np.atleast_2d(np.asarray(center, np.float32)), np.asarray(size, np.float32))
    wanted = _SIDES[["snewtb".index(side) for side in sides]]
    shape = wanted[None] * size[:, None, None, :]
    if np.any(turn):
        cos, sin = np.cos(turn)[..., None, None], np.sin(turn)[..., None, None]
        x, z = shape[..., 0].copy(), shape[..., 2].copy()
        shape[..., 0], shape[..., 2] = cos * x + sin * z, cos * z - sin * x
    shape[:, :, 0] += middle[:, None]
    origin, a, b = shape.reshape(-1, 3, 3).transpose(1, 0, 2)
    return quads(origin, a, b, material, _spread(colour, len(wanted)), **look)


def _spread(colour: Vector, times: int) -> Any:
    colour = np.asarray(colour, np.float32)
    return colour if colour.ndim == 1 else np.repeat(colour, times, axis=0)


def beams(start: Any, end: Any, width: Any, depth: Any, material: str, colour: Vector, **look: Any) -> Quads:
    """Square bars from start to end, (3,) or (N, 3): `width` across and `depth` the other way (upwards for level
    ones)."""
    start, end = np.broadcast_arrays(
        np.atleast_2d(np.asarray(start, np.float32)), np.atleast_2d(np.asarray(end, np.float32))
    )
    count = len(start)
    axis = end - start
    level = np.hypot(axis[:, 0], axis[:, 2]) > 0.02 * np.abs(axis[:, 1])
    side = np.where(level[:, None], cross(axis, [0, 1, 0]), np.array([1.0, 0, 0]))
    side = unit(side) * np.broadcast_to(np.asarray(width, np.float32), count)[:, None]
    other = unit(cross(side, axis)) * np.broadcast_to(np.asarray(depth, np.float32), count)[:, None]
    parts = []
    for out, across in ((side, other), (-side, -other), (other, -side), (-other, side)):
        parts.append(np.stack([start + out / 2 - across / 2, across, axis], axis=1))
    parts.append(np.stack([end - side / 2 - other / 2, side, other], axis=1))
    parts.append(np.stack([start + side / 2 - other / 2, -side, other], axis=1))
    whole = np.stack(parts, axis=1)
    facing = cross(whole[:, :, 1], whole[:, :, 2])
    outward = np.stack([side, -side, other, -other, axis, -axis], axis=1)
    wrong = (facing * outward).sum(axis=-1) < 0
    whole[wrong, 0] += whole[wrong, 1]
    whole[wrong, 1] *= -1
    origin, a, b = whole.reshape(-1, 3, 3).transpose(1, 0, 2)
    return quads(origin, a, b, material, _spread(colour, 6), **look)


def turned(
    profile: Array | list[tuple[float, float]],
    segments: int,
    material: str,
    colour: Vector,
    *,
    center: Vector = (0.0, 0.0, 0.0),
    share: tuple[float, float] = (0.0, 1.0),
    start: float = 0.0,
    inward: bool = False,
    **look: Any,
) -> Quads:
    """A body of revolution about +Y: `profile` is radius and height from below upwards, (M, 2). `share`: the part of
    the circle."""
    profile = np.asarray(profile, np.float32)
    angle = start + (share[0] + (share[1] - share[0]) * np.arange(segments + 1) / segments) * 2 * np.pi
    ring = np.stack([np.sin(angle), np.zeros(segments + 1), np.cos(angle)], axis=1)
    places = ring[None] * profile[:, None, :1] + profile[:, 1:, None] * np.array([0.0, 1.0, 0.0])
    places = places + np.asarray(center, float)
    low, high = places[:-1], places[1:]
    return merge([strips(low, high, material, colour, inward=inward, **look)])


def strips(low: Array, high: Array, material: str, colour: Vector, *, inward: bool = False, **look: Any) -> Quads:
    """Faces between lines of points: `low` and `high` are (..., M + 1, 3), parallel two by two; they face so that
    `low` runs to the right seen from outside."""
    first, second = low[..., :-1, :].reshape(-1, 3), low[..., 1:, :].reshape(-1, 3)
    third, fourth = high[..., :-1, :].reshape(-1, 3), high[..., 1:, :].reshape(-1, 3)
    upside = np.linalg.norm(second - first, axis=1) < 1e-4  # pointed below: built from its upper edge
    a = np.where(upside[:, None], third - fourth, second - first)
    origin = np.where(upside[:, None], fourth, first)
    left = np.where(upside[:, None], second, third) - origin
    right = np.where(upside[:, None], first, fourth) - origin
    length = (a * a).sum(axis=1).clip(1e-9)
    left_share, right_share = (left * a).sum(axis=1) / length, (right * a).sum(axis=1) / length
    b = left - left_share[:, None] * a
    kept = length > 1e-7
    origin, a, b, left_share, right_share = (v[kept] for v in (origin, a, b, left_share, right_share))
    if inward:
        origin, a, left_share, right_share = origin + a, -a, 1 - right_share, 1 - left_share
    return quads(origin, a, b, material, colour, inset=(left_share, right_share), **look)


def plate(center: Vector, radius: float, material: str, colour: Vector, *, up: bool = True, **look: Any) -> Quads:
    """A level disc."""
    x, y, z = center
    a, b = ([2 * radius, 0, 0], [0, 0, -2 * radius]) if up else ([2 * radius, 0, 0], [0, 0, 2 * radius])
    origin = [x - radius, y, z + radius] if up else [x - radius, y, z - radius]
    return quads(origin, a, b, material, colour, cut=DISC, **look)


def striped(origin: Any, a: Any, b: Any, colour: Vector, **look: Any) -> Quads:
    """Cloth with stripes along b, in that colour and white in turn; each stripe a piece of its own, so that its edges
    are crisp. origin, a and b: (3,) or (N, 3)."""
    origin, a, b = (np.atleast_2d(np.asarray(vector, float)) for vector in (origin, a, b))
    origin, a, b = np.broadcast_arrays(origin, a, b)
    parts = []
    for start, along, across in zip(origin, a, b):
        count = max(round(float(np.linalg.norm(along)) / 0.28), 2)
        number = np.arange(count)
        tone = np.where((number % 2)[:, None], np.asarray(colour, float), np.array([0.7, 0.68, 0.62]))
        step = along / count
        parts.append(quads(start + number[:, None] * step, step, across, "cloth", tone, **look))
    return merge(parts)
