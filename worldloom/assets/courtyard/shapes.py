"""Signed distance functions (Quilez, "distance functions"): negative inside, metres, float32.

Every function takes points (3, N), centred on the shape's own origin, and returns (N,) distances. Combined and bent
shapes return bounds that are never larger than the distance by much, which sphere tracing needs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""float32."""


def moved(points: Array, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Array:
    """The points as seen by a shape that stands at (x, y, z)."""
    return points - np.array([[x], [y], [z]], dtype=np.float32)


def turned(points: Array, degrees: float, axis: str = "y") -> Array:
    """The points as seen by a shape that is turned about an axis, counterclockwise seen from the axis' tip."""
    cos, sin = np.float32(np.cos(np.radians(degrees))), np.float32(np.sin(np.radians(degrees)))
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    result = points.copy()
    result[first] = cos * points[first] + sin * points[second]
    result[second] = cos * points[second] - sin * points[first]
    return result


def sphere(points: Array, radius: float) -> Array:
    return np.sqrt((points * points).sum(axis=0)) - np.float32(radius)


def box(points: Array, width: float, height: float, depth: float, rounding: float = 0.01) -> Array:
    """A box centred on the origin; full sizes along x, y, z."""
    half = np.array([[width], [height], [depth]], dtype=np.float32) / 2 - np.float32(rounding)
    beyond = np.abs(points) - half
    outside = np.maximum(beyond, 0)
    inside = np.minimum(beyond.max(axis=0), 0)
    return np.sqrt((outside * outside).sum(axis=0)) + inside - np.float32(rounding)


def cylinder(points: Array, radius: Array | float, height: float, rounding: float = 0.01) -> Array:
    """An upright cylinder centred on the origin; `radius` may vary along it."""
    across = np.hypot(points[0], points[2]) - np.asarray(radius, np.float32) + np.float32(rounding)
    along = np.abs(points[1]) - np.float32(height / 2 - rounding)
    outside = np.hypot(np.maximum(across, 0), np.maximum(along, 0))
    return outside + np.minimum(np.maximum(across, along), 0) - np.float32(rounding)


def cone(points: Array, radius: float, height: float) -> Array:
    """An upright cone standing on y = 0."""
    length = np.hypot(radius, height)
    slope = (np.hypot(points[0], points[2]) * height + (points[1] - height) * radius) / length
    return np.maximum(slope, -points[1]).astype(np.float32)


def torus(points: Array, radius: float, thickness: float) -> Array:
    """A ring lying flat."""
    across = np.hypot(points[0], points[2]) - np.float32(radius)
    return np.hypot(across, points[1]) - np.float32(thickness)


def gable(points: Array, width: float, height: float, length: float) -> Array:
    """A ridge roof standing on y = 0, its ridge along x."""
    slope = np.hypot(width / 2, height)
    sides = (np.abs(points[2]) * height + (points[1] - height) * width / 2) / slope
    ends = np.abs(points[0]) - length / 2
    return np.maximum(np.maximum(sides, ends), -points[1]).astype(np.float32)


def union(*distances: Array) -> Array:
    nearest = distances[0]
    for distance in distances[1:]:
        nearest = np.minimum(nearest, distance)
    return nearest


def cut(distance: Array, *holes: Array) -> Array:
    """The shape without the holes."""
    for hole in holes:
        distance = np.maximum(distance, -hole)
    return distance


def blend(first: Array, second: Array, width: float) -> Array:
    """A union whose seam is smoothed over `width` metres."""
    mix = np.clip(width - np.abs(first - second), 0, None) / np.float32(width)
    return np.minimum(first, second) - mix * mix * np.float32(width / 4)
