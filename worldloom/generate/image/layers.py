"""Layers of a picture with distances: where near things end, what is behind them is made up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.image.fill import diffused, diffused_colours, fill_colours
from worldloom.generate.image.solve import Scene, ground_q

Array = NDArray[Any]
Mask = NDArray[np.bool_]

_JUMP = 1.12
"""Neighbours whose distances differ by more than this factor do not belong to one surface."""
_REACH = 0.3
"""How far one may step to the side before the end of what was made up behind is seen, in middle distances."""


@dataclass(frozen=True, eq=False)
class Behind:
    """What is made up behind near things."""

    rgb: NDArray[np.uint8]
    q: Array
    mask: Mask
    """(H, W) where there is something behind."""


def jumps(q: Array, ground: Mask, sky: Mask, *, wraps: bool) -> tuple[Mask, Array]:
    """(H, W) pixels at the near side of a jump in distance, and (H, W) q beyond it (0 for others)."""
    edge, beyond = np.zeros(q.shape, bool), np.full(q.shape, np.inf, np.float32)
    for axis in (0, 1):
        for step in (1, -1):
            other, flat, air = (np.roll(plane, step, axis) for plane in (q, ground, sky))
            torn = (q > _JUMP * other) & ~(ground & flat) & ~air & ~sky
            if axis == 0 or not wraps:
                border = [slice(None), slice(None)]
                border[axis] = slice(0, 1) if step == 1 else slice(-1, None)
                torn[tuple(border)] = False
            edge |= torn
            beyond = np.where(torn, np.minimum(beyond, other), beyond)
    return edge, np.where(edge, beyond, 0).astype(np.float32)


def behind(scene: Scene, q: Array, pixel_angle: float, seed: int) -> Behind:
    """Fill behind everything that ends before something farther, as wide as a step to the side could show.

    Args:
        pixel_angle: radians that a pixel is wide, about.
    """
    import cv2

    none = np.zeros(q.shape, bool)
    edge, beyond = jumps(q, scene.ground, scene.sky, wraps=scene.wraps)
    if not edge.any():
        return Behind(scene.rgb, q, none)
    away, labels = cv2.distanceTransformWithLabels(
        (~edge).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    labels = np.asarray(labels, np.int64)
    numbered = np.zeros(int(labels.max()) + 1, np.float32)
    numbered[labels[edge]] = beyond[edge]
    far = numbered[labels]
    middle = float(np.median(1 / q[~scene.sky])) if (~scene.sky).any() else scene.farthest
    reach = _REACH * middle * (q - far).clip(0) / pixel_angle
    reach = reach.clip(4, 0.16 * max(q.shape))
    hidden = (q > 1.06 * far) & (away < reach) & ~scene.sky
    if not hidden.any():
        return Behind(scene.rgb, q, none)
    hole = cv2.dilate(hidden.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    # Neither what is in front nor its inside may lend colour or distance to what is behind.
    near = (q > 1.06 * far) & (away < 2.5 * reach + 6) & ~hole
    usable = ~hole & ~near & ~scene.sky
    colours = scene.rgb if not scene.sky.any() else np.where(
        scene.sky[..., None], diffused_colours(scene.rgb, usable) if usable.any() else scene.rgb, scene.rgb
    )  # fmt: skip
    rgb = fill_colours(colours, hole, near | scene.sky, seed)
    plane = ground_q(scene.rays, scene.eye_height)
    deep = np.minimum(diffused(q, usable & ~scene.ground), np.where(far > 0, far * 1.05, q))
    deep = np.maximum(deep, plane).clip(1 / scene.farthest, None)
    return Behind(rgb, deep.astype(np.float32), hole & ~scene.sky & (deep < 0.97 * q))
