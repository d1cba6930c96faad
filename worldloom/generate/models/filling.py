"""Smoothly continuing what is known into what is not: push and pull through a pyramid (Gortler et al. 1996)."""

from __future__ import annotations

import cv2
import numpy as np


def push_pull(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """`values` (H, W, C) or (H, W) float32 continued smoothly to where `weight` (H, W) is below one.

    Kept exactly where the weight is one. Where nothing at all has weight the result is zero.
    """
    flat = values.ndim == 2
    colour = (values[..., None] if flat else values).astype(np.float32)
    filled = _continue(colour, np.clip(weight, 0, 1).astype(np.float32))
    return filled[..., 0] if flat else filled


def _continue(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    height, width = weight.shape
    if max(height, width) == 1:
        return values * (weight[..., None] > 0)
    half = (max(1, (width + 1) // 2), max(1, (height + 1) // 2))
    mass = cv2.resize(weight, half, interpolation=cv2.INTER_AREA).reshape(half[1], half[0])
    sums = cv2.resize(values * weight[..., None], half, interpolation=cv2.INTER_AREA).reshape(half[1], half[0], -1)
    means = sums / np.maximum(mass, 1e-6)[..., None]
    coarse = _continue(means, np.minimum(mass * 4, 1))
    grown = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, -1)
    return values * weight[..., None] + grown * (1 - weight[..., None])
