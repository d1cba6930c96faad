"""Depth whose edges lie where the picture's do, from depth that is too coarse to know better."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_TONE = 12.0
"""Colours this far apart (CIELAB) hardly count as of one thing."""
_LEVELS = ((160, 2, 2, 3), (320, 2, 2, 1), (768, 1, 2, 1))
"""From coarse to fine: (longer side, reach in steps, pixels of a step, rounds)."""


def snapped(inverse: NDArray[np.float32], rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W) inverse depth for a picture (H, W, 3), from a coarser one: at each pixel the median of its surroundings,
    each as heavy as its colour is alike (after Ma et al. 2013). Between two things it jumps where the colour does, with
    nothing in the air between them."""
    height, width = rgb.shape[:2]
    for longest, reach, step, rounds in _LEVELS:
        share = min(1.0, longest / max(height, width))
        size = max(1, round(width * share)), max(1, round(height * share))
        inverse = np.asarray(cv2.resize(inverse, size, interpolation=cv2.INTER_LINEAR), np.float32)
        small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32) / np.float32(255)
        tone = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)
        for _ in range(rounds):
            inverse = _weighted_median(inverse, tone, reach, step)
    return np.asarray(cv2.resize(inverse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _weighted_median(
    inverse: NDArray[np.float32], tone: NDArray[np.float32], reach: int, step: int
) -> NDArray[np.float32]:
    height, width = inverse.shape
    margin = reach * step
    around = np.pad(inverse, margin, mode="edge")
    tones = np.pad(tone, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    values, weights = [], []
    for down in range(0, 2 * margin + 1, step):
        for across in range(0, 2 * margin + 1, step):
            window = slice(down, down + height), slice(across, across + width)
            values.append(around[window])
            weights.append(np.exp(((tones[window] - tone) ** 2).sum(axis=2) / np.float32(-2 * _TONE**2)))
    value, weight = np.stack(values), np.stack(weights)
    order = value.argsort(axis=0)
    value, weight = np.take_along_axis(value, order, axis=0), np.take_along_axis(weight, order, axis=0).cumsum(axis=0)
    middle = (weight < weight[-1] / 2).sum(axis=0)
    return np.take_along_axis(value, middle[None], axis=0)[0]
