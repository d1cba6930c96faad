"""Which way is up, and where the floor is, from how people hold cameras and from what the points lie on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_ROLL = 0.05
"""Radians that a hand-held camera typically leans sideways."""
_PITCH = 0.35
"""Radians that the photos' mean view direction typically leans up or down."""


@dataclass(frozen=True, eq=False)
class Upright:
    """The vertical, in the frame of the poses."""

    up: Array
    """(3,) unit vector."""
    floor: float | None
    """Height of the floor along `up`; None if none was found."""
    source: Literal["cameras", "plane", "given"]
    """What decided: how the cameras were held, the floor, or whoever gave the poses."""


def find_upright(poses: Array, points: Array, hint: Array | None = None) -> Upright:
    """Find the vertical from camera rolls and sharpen it by the largest level plane, if there is one.

    Args:
        poses: (n, 4, 4) world to camera, OpenCV axes, n >= 1.
        points: (p, 3) what the cameras see.
        hint: (3,) roughly upwards, where something else knows (GPS); by default the tops of the pictures.
    """
    up, doubt = up_from_cameras(poses, hint)
    cameras = camera_positions(poses)
    normal = level_plane(points, cameras, up, tolerance=min(max(2 * doubt, math.radians(5)), math.radians(45)))
    if normal is None:
        return Upright(up, floor_height(points, cameras, up), "cameras")
    return Upright(normal, floor_height(points, cameras, normal), "plane")


@dataclass(frozen=True, eq=False)
class Floor:
    """A plane to stand on."""

    normal: Array
    """(3,) unit vector, upwards."""
    height: float
    """Of its points along `normal`."""


def find_floor(points: Array, cameras: Array, up: Array) -> Floor | None:
    """The broad plane that leans by at most 45 degrees and that everything stands on; None if there is none.

    Args:
        points: (p, 3) on solid things.
        cameras: (n, 3) places above the floor; if none are known, n = 0, somebody who looks down on most things.
        up: (3,) roughly upwards.
    """
    if len(points) < _FEWEST_POINTS:
        return None
    normal = level_plane(points, _eyes(points, cameras, up), up, tolerance=math.radians(45))
    height = None if normal is None else floor_height(points, _eyes(points, cameras, normal), normal)
    return None if normal is None or height is None else Floor(normal, height)


def _eyes(points: Array, cameras: Array, up: Array) -> Array:
    if len(cameras):
        return cameras
    middle = np.median(points, axis=0)
    height = float(np.percentile(points @ up, 90)) + 4 * _THICKNESS * spread(points)
    return (middle + (height - middle @ up) * up)[None]


def camera_positions(poses: Array) -> Array:
    """(n, 3) centres of cameras with matrices (n, 4, 4) world to camera."""
    return -np.einsum("nji,nj->ni", poses[:, :3, :3], poses[:, :3, 3])


def up_from_cameras(poses: Array, hint: Array | None = None) -> tuple[Array, float]:
    """The direction most nearly square to the x axes of all cameras, and its standard error in radians.

    People hold cameras level sideways far more exactly than up and down. Photos that all look the same way leave the
    angle about their common x axis open; there a weak pull towards `hint` decides. Rolled photos lose their vote.
    """
    right, down, forward = poses[:, 0, :3], poses[:, 1, :3], poses[:, 2, :3]
    top = hint if hint is not None else -np.median(down + 0.3 * forward, axis=0)  # straight down: away from the view
    top = top / np.linalg.norm(top) if np.linalg.norm(top) > 1e-6 else -down[0]
    pull = (_ROLL / _PITCH) ** 2 / len(poses) * (np.eye(3) - np.outer(top, top))
    up, values = top, np.ones(3)
    for width in np.geomspace(0.6, 3 * _ROLL, 12):  # iteratively reweighted least squares, Geman-McClure
        weights = 1 / (1 + (right @ up / width) ** 2) ** 2
        values, vectors = np.linalg.eigh((weights[:, None] * right).T @ right / weights.sum() + pull)
        up = vectors[:, 0] if vectors[:, 0] @ top >= 0 else -vectors[:, 0]
    roll = max(1.5 * float(np.median(np.abs(right @ up))), _ROLL)
    return up, roll / math.sqrt(len(poses) * values[1])


def level_plane(points: Array, cameras: Array, up: Array, *, tolerance: float) -> Array | None:
    """Upward normal of the plane below the cameras that holds most points, among those that lean from level by at most
    `tolerance` radians (RANSAC, Fischler and Bolles 1981); None if no plane holds enough."""
    below = points[points @ up < np.median(cameras @ up)]
    if len(below) < _FEWEST_POINTS:
        return None
    thickness = _THICKNESS * spread(points)
    generator = np.random.default_rng(0)
    corners = below[generator.integers(len(below), size=(4000, 3))]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    normals = normals / np.maximum(lengths, 1e-30)[:, None]
    normals *= np.where(normals @ up < 0, -1.0, 1.0)[:, None]
    level = (lengths > 1e-12 * spread(points) ** 2) & (normals @ up >= math.cos(tolerance))
    if not level.any():
        return None
    normals, offsets = normals[level], np.einsum("ni,ni->n", normals[level], corners[level, 0])
    sample = below[generator.permutation(len(below))[:2000]]
    counts = (np.abs(sample @ normals.T - offsets) < thickness).sum(axis=0)
    normal, offset = normals[counts.argmax()], offsets[counts.argmax()]
    for _ in range(3):
        distances = np.abs(below @ normal - offset)
        on_it, near = below[distances < thickness], (distances < 3 * thickness).sum()
        enough = len(on_it) >= max(_FEWEST_POINTS, 0.15 * len(below)) and len(on_it) > 0.5 * near
        if not enough or not _is_broad(on_it, normal, points):
            return None
        _, _, axes = np.linalg.svd(on_it - on_it.mean(axis=0), full_matrices=False)
        normal = axes[2] if axes[2] @ up >= 0 else -axes[2]
        offset = float(on_it.mean(axis=0) @ normal)
    return normal if normal @ up >= math.cos(tolerance) else None


def floor_height(points: Array, cameras: Array, up: Array) -> float | None:
    """Height along `up` of the layer of points that is broad, below nearly all cameras, and has hardly any points below
    itself; None if there is none."""
    if len(points) < _FEWEST_POINTS:
        return None
    heights = np.sort(points @ up)
    half = _THICKNESS * spread(points)
    starts = np.searchsorted(heights, heights - half)
    counts = np.searchsorted(heights, heights + half, side="right") - starts
    below = np.searchsorted(heights, heights - 3 * half)
    near = np.searchsorted(heights, heights + 3 * half) - below
    lowest = below <= 0.005 * len(points)  # things stand on a floor, so above it need not be empty if below it is
    fits = (
        (counts >= max(_FEWEST_POINTS, 0.04 * len(points)))
        & (counts > np.where(lowest, 0.35, 0.5) * near)
        & (starts <= 0.1 * len(points))
        & (heights + half < np.percentile(cameras @ up, 10))
    )
    if not fits.any():
        return None
    peak = heights[np.where(fits, counts, 0).argmax()]
    layer = points[np.abs(points @ up - peak) <= half]
    return float(np.median(layer @ up)) if _is_broad(layer, up, points) else None


def spread(points: Array) -> float:
    """Diagonal of the box around the middle 80% of the points."""
    low, high = np.percentile(points, [10, 90], axis=0) if len(points) else (np.zeros(3), np.zeros(3))
    return max(float(np.linalg.norm(high - low)), 1e-9)


_FEWEST_POINTS = 30
"""Fewer points make no plane."""
_THICKNESS = 0.01
"""Half the thickness of a plane, as a share of the scene's size."""


def _is_broad(layer: Array, normal: Array, points: Array) -> bool:
    """A floor goes two ways; the strip where a level plane cuts a wall goes one."""
    across = layer - layer.mean(axis=0)
    across = across - np.outer(across @ normal, normal)
    widths = np.linalg.svd(across, compute_uv=False) / math.sqrt(len(layer))
    return bool(widths[1] > 0.05 * spread(points))
