"""A picture cut into pieces of one colour, each taken to stand upright: what stands lower in the picture is nearer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Mask = NDArray[np.bool_]

_CELL = 9
"""Pixels between the seeds of pieces."""
_BACK = 0.3
"""Distance of the foot of what is nearest over that of what is behind, where no ground is seen."""


def pieces_of(rgb: NDArray[np.uint8]) -> NDArray[np.int32]:
    """(H, W) numbers from 1 of pieces that end at edges: a watershed from the smoothest place of each square."""
    import cv2

    from worldloom.generate.image.segment import edge_strength

    height, width = rgb.shape[:2]
    soft = cv2.bilateralFilter(rgb, 5, 30, 3).astype(np.uint8, copy=False)
    edge = cv2.GaussianBlur(edge_strength(soft), (0, 0), 0.8)
    tall, wide = height // _CELL, width // _CELL
    if tall < 2 or wide < 2:
        return np.ones((height, width), np.int32)
    squares = edge[: tall * _CELL, : wide * _CELL].reshape(tall, _CELL, wide, _CELL).swapaxes(1, 2)
    best = squares.reshape(tall, wide, -1).argmin(axis=2)
    rows = (np.arange(tall) * _CELL)[:, None] + best // _CELL
    columns = (np.arange(wide) * _CELL)[None] + best % _CELL
    markers = np.zeros((height, width), np.int32)
    markers[rows, columns] = np.arange(1, tall * wide + 1).reshape(tall, wide)
    found = cv2.watershed(np.ascontiguousarray(soft), markers).astype(np.int32)
    # The lines between pieces go to a neighbour.
    for axis, step in ((0, 1), (1, 1), (0, -1), (1, -1)):
        found = np.where(found < 1, np.roll(found, step, axis), found)
    return np.maximum(found, 1)


def cut_out(pieces: NDArray[np.int32], sharp: Mask) -> NDArray[np.int32]:
    """Pieces, where everything `sharp` that hangs together is one."""
    import cv2

    _, whole = cv2.connectedComponents(sharp.astype(np.uint8))
    return np.where(whole > 0, whole + pieces.max(), pieces).astype(np.int32)


def feet(pieces: NDArray[np.int32]) -> Array:
    """(H, W) the lowest row, nearly, of the piece that each pixel is in."""
    rows = np.broadcast_to(np.arange(pieces.shape[0])[:, None], pieces.shape)
    count = np.bincount(pieces.ravel(), minlength=pieces.max() + 1).clip(1)
    mean = np.bincount(pieces.ravel(), rows.ravel()) / count
    spread = np.sqrt((np.bincount(pieces.ravel(), (rows.ravel()) ** 2.0) / count - mean**2).clip(0))
    return (mean + 1.4 * spread)[pieces].clip(0, pieces.shape[0] - 1)


def standing_q(plane: Array, pieces: NDArray[np.int32], nearest: float) -> Array:
    """(H, W) q of upright pieces whose feet can't be seen, from where they end in the picture.

    Args:
        plane: (H, W) q of level ground.
        nearest: q of it at the lower edge of the picture.
    """
    foot = feet(pieces)
    column = np.arange(plane.shape[1])[None]
    share = (plane[np.round(foot).astype(np.int64), column] / nearest).clip(0, 1)
    return nearest * (_BACK + (0.85 - _BACK) * share)


def out_of_focus(rgb: NDArray[np.uint8], sky: Mask) -> Mask:
    """(H, W) what but sky is blurred, in a picture of which much is and something is not; nothing in others."""
    import cv2

    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    wide = max(grey.shape) / 240
    fine = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 1.2 * wide))
    sharp = cv2.dilate(fine, np.ones((3, 3), np.uint8))
    sharp = cv2.GaussianBlur(sharp, (0, 0), 2.0 * wide)
    most = float(np.percentile(sharp, 97))
    blurred = (sharp < 0.2 * most) & ~sky
    # In a picture that is plain rather than blurred there are no slow changes either.
    coarse = np.abs(cv2.GaussianBlur(grey, (0, 0), 5 * wide) - cv2.GaussianBlur(grey, (0, 0), 15 * wide))
    plain = float(coarse[blurred].mean()) < 0.12 * most if blurred.any() else True
    if plain or not 0.4 < blurred.mean() / max(1 - sky.mean(), 0.1) < 0.97:
        return np.zeros(grey.shape, bool)
    # What is smooth between sharp edges belongs to them.
    across = 2 * (round(max(grey.shape) / 13) // 2) + 1
    round_ = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across))
    whole = np.pad((blurred | sky).astype(np.uint8), across, mode="edge")
    opened = cv2.morphologyEx(whole, cv2.MORPH_OPEN, round_)[across:-across, across:-across]
    return (opened > 0) & ~sky
