"""Where near things end: their mixed outermost pixels go with them, and what is behind keeps nothing of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.image.fill import diffused
from worldloom.generate.image.solve import Scene

Array = NDArray[Any]
Mask = NDArray[np.bool_]

_JUMP = 1.12
"""Neighbours whose distances differ by more than this factor are of two things."""


def fattened(scene: Scene, q: Array) -> tuple[Scene, Array]:
    """The scene and its q with near things one pixel wider: pixels at outlines hold colours of both sides, and seen
    from the side they are less of a nuisance on the near thing than on what is behind."""
    import cv2

    solid = np.where(scene.sky, 0, q).astype(np.float32)
    near = _spread(solid, 1, scene.wraps, cv2.dilate)
    grown = (near > _JUMP * q) & (~scene.ground | (near > 1.5 * q))
    grown |= scene.sky & (near > 0)
    wider = np.where(grown, near, q).astype(np.float32)
    return replace(scene, sky=scene.sky & ~grown, ground=scene.ground & ~grown, ceiling=scene.ceiling & ~grown), wider


def far_rims(q: Array, sky: Mask, reach: int, *, wraps: bool = False) -> Mask:
    """(H, W) pixels of what is behind, up to `reach` from where something nearer ends."""
    import cv2

    solid = np.where(sky, 0, q).astype(np.float32)
    near = _spread(solid, reach, wraps, cv2.dilate)
    return np.where(sky, near > 0, near > 1.3 * q)


def clean_rims(rgb: Array, sky: Mask, rim: Mask) -> Array:
    """`rgb` with `rim` in the colours of what lies behind farther away from the outline."""
    out = rgb.astype(np.float32).copy()
    for side in (sky, ~sky):
        known = side & ~rim
        if known.any() and (rim & side).any():
            out[rim & side] = diffused(rgb.astype(np.float32), known)[rim & side]
    return out


def _spread(plane: Array, reach: int, wraps: bool, how: Any) -> Array:
    kernel = np.ones((2 * reach + 1,) * 2, np.uint8)
    if not wraps:
        return how(plane, kernel)
    wide = np.concatenate([plane[:, -reach:], plane, plane[:, :reach]], axis=1)
    return how(wide, kernel)[:, reach:-reach]
