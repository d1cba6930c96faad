"""Which made-up frames agree with the known world: their depth, seen from their camera, must fall on its surfaces.

A frame's own depth is aligned to the rendered one (factor and constant of inverse depth, robustly), its pixels are
carried to where they are in the world, and looked at from the panorama's middle. A pixel there is consistent where the
panorama has its distance; impossible where it floats in front, since the panorama would have shown it, or where the
frame looks through a known surface; and new otherwise. Consistent ones must also have the panorama's colour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from worldloom.generate.models.align import SphereDepth
from worldloom.generate.models.interfaces import DepthMap
from worldloom.generate.sphere import look_up

_SAME = math.log(1.12)
"""Log of the factor within which distances count as the same."""


@dataclass(frozen=True)
class Thresholds:
    """What a frame must reach to be kept."""

    consistent: float = 0.5
    """Least share of its pixels that lie on known surfaces or in the known sky."""
    impossible: float = 0.1
    """Largest share that floats in front of them or is seen through them."""
    colour: float = 0.15
    """Largest median difference in colour of consistent pixels, 0 to 1."""
    likeness: float = 0.5
    """Least correlation of those colours: what has drifted in exposure is still alike, what is elsewhere is not."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What was found about one frame."""

    kept: bool
    consistent: float
    impossible: float
    colour: float
    likeness: float
    usable: np.ndarray
    """(H, W) bool: pixels that may teach the world something: consistent or new ones."""
    depth: np.ndarray
    """(H, W) float32 aligned depth, metres; zero where unknown."""


def judge(
    image: np.ndarray,
    found: DepthMap,
    rendered: np.ndarray,
    intrinsics: np.ndarray,
    camera_to_world: np.ndarray,
    panorama: np.ndarray,
    known: SphereDepth,
    thresholds: Thresholds | None = None,
) -> Verdict:
    """Compare one frame with what is known.

    Args:
        image: (H, W, 3) uint8.
        found: its depth by a model.
        rendered: (H, W) depth of the known surfaces from the same camera, metres, zero where nothing is known.
        intrinsics: (3, 3) pixels.
        camera_to_world: (4, 4); the panorama's middle is the origin.
        panorama: (P, 2P, 3) uint8, and `known` its distances.
    """
    thresholds = thresholds or Thresholds()
    depth = aligned(found, rendered)
    points = _points(np.where(depth > 0, depth, 1e4), intrinsics, camera_to_world)
    radius = np.linalg.norm(points, axis=-1)
    there = look_up(known.valid, points, nearest=True)
    surface = look_up(known.distance, points, nearest=True)
    has = depth > 0
    gap = np.log(np.maximum(radius, 1e-6)) - np.log(np.where(there, np.maximum(surface, 1e-6), 1))
    on_surface = has & there & (np.abs(gap) <= _SAME)
    through = (rendered > 0) & (np.log(np.maximum(depth, 1e-6) / np.where(rendered > 0, rendered, 1)) > 2 * _SAME)
    impossible = has & ~on_surface & (~there | (gap < -_SAME) | through)
    new = has & ~on_surface & ~impossible
    consistent = on_surface | (~has & ~there)
    colour, likeness = _compare_colours(image, panorama, points, consistent)
    found_share, impossible_share = float(consistent.mean()), float(impossible.mean())
    kept = (
        found_share >= thresholds.consistent
        and impossible_share <= thresholds.impossible
        and colour <= thresholds.colour
        and likeness >= thresholds.likeness
    )
    return Verdict(kept, found_share, impossible_share, colour, likeness, consistent | new, depth)


def aligned(found: DepthMap, rendered: np.ndarray) -> np.ndarray:
    """A model's depth brought to the scale of `rendered`, which is zero where nothing is.

    Returns:
        (H, W) float32 metres; zero where unknown, or everywhere if the two have nothing in common.
    """
    both = found.valid & (rendered > 0)
    empty = np.zeros(rendered.shape, np.float32)
    if both.sum() < 32:
        return empty
    mine = 1 / found.depth[both].astype(np.float64)
    other = 1 / rendered[both].astype(np.float64)
    middle, target = float(np.median(mine)), float(np.median(other))
    x, y = mine / middle, other / target
    factor, constant, spread = 1.0, 0.0, 1.0
    for _ in range(20):
        residual = factor * x + constant - y
        weight = 1 / (1 + (residual / spread) ** 2) ** 2
        spread = max(0.7 * spread, 0.03)
        if found.affine:
            rows = np.stack([x, np.ones_like(x)], axis=1)
            normal = rows.T @ (weight[:, None] * rows) + np.diag([0, 1e-6 * weight.sum()])
            factor, constant = np.linalg.solve(normal, rows.T @ (weight * y))
        else:
            factor = float((weight * x * y).sum() / max((weight * x * x).sum(), 1e-12))
    if factor <= 1e-3:  # nearer would be farther
        return empty
    inverse = (factor * (1 / np.where(found.valid, found.depth, 1)) / middle + constant) * target
    good = found.valid & (inverse > target * 1e-2)
    return np.where(good, 1 / np.maximum(inverse, 1e-9), 0).astype(np.float32)


def _points(depth: np.ndarray, intrinsics: np.ndarray, camera_to_world: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32 world positions of pixels."""
    rows, columns = np.mgrid[: depth.shape[0], : depth.shape[1]] + 0.5
    x = (columns - intrinsics[0, 2]) / intrinsics[0, 0]
    y = (rows - intrinsics[1, 2]) / intrinsics[1, 1]
    local = np.stack([x, y, np.ones_like(x)], axis=-1) * depth[..., None]
    return (local @ camera_to_world[:3, :3].T + camera_to_world[:3, 3]).astype(np.float32)


def _compare_colours(
    image: np.ndarray, panorama: np.ndarray, points: np.ndarray, where: np.ndarray
) -> tuple[float, float]:
    """Median difference (0 to 1) and correlation of the frame's colours with the panorama's, in pixels (H, W)."""
    if not where.any():
        return 1.0, 0.0
    seen = image[where].astype(np.float64)
    expected = look_up(panorama, points[where]).astype(np.float64)
    difference = float(np.median(np.abs(seen - expected).mean(axis=-1)) / 255)
    seen, expected = seen - seen.mean(axis=0), expected - expected.mean(axis=0)
    spread = float(np.sqrt((seen**2).sum() * (expected**2).sum()))
    plain = spread < 4.0 * seen.size  # under two levels of contrast: nothing to tell apart
    return difference, 1.0 if plain else float((seen * expected).sum() / spread)
