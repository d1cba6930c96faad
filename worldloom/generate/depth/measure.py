"""How right inverse depth is, once its scale and shift are set: AbsRel and delta-1."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Inverse = NDArray[np.float32]

FARTHEST = 80.0
"""Metres; what is beyond is not measured, as is usual outdoors."""


@dataclass(frozen=True)
class Score:
    """Means over views, each view counting the same."""

    abs_rel: float
    """Mean of |depth - true depth| / true depth."""
    delta_1: float
    """Share of pixels whose depth is within a factor of 1.25 of the truth."""
    views: int


def score(
    estimate: Callable[[NDArray[np.uint8]], Inverse], views: Iterable[tuple[NDArray[np.uint8], Inverse]]
) -> Score:
    """Of an estimator of inverse depth, on pictures (H, W, 3) with true inverse depth (H / 2, W / 2)."""
    marks = [errors(estimate(rgb), inverse) for rgb, inverse in views]
    means = np.mean(marks, axis=0)
    return Score(float(means[0]), float(means[1]), len(marks))


def errors(estimate: Inverse, inverse: Inverse) -> tuple[float, float]:
    """(AbsRel, delta-1) of one view. The estimate may be finer than the truth by a whole factor."""
    step = estimate.shape[0] // inverse.shape[0]
    if step > 1:
        estimate = estimate.reshape(inverse.shape[0], step, inverse.shape[1], step).mean(axis=(1, 3))
    seen = inverse > 1 / FARTHEST
    true, guess = inverse[seen].astype(np.float64), estimate[seen].astype(np.float64)
    scale, shift = _fit(guess, true)
    depth = 1 / (scale * guess + shift).clip(1 / FARTHEST, None)
    ratio = depth * true
    return float(np.abs(ratio - 1).mean()), float((np.maximum(ratio, 1 / ratio) < 1.25).mean())


def plane(rgb: NDArray[np.uint8]) -> Inverse:
    """(H, W) what knows nothing but that there is ground below the middle: inverse depth grows with the row."""
    height, width = rgb.shape[:2]
    rows = (np.arange(height, dtype=np.float32) / height - 0.5).clip(0, None)
    return np.repeat(rows[:, None], width, axis=1)


def usual_rows(inverse: NDArray[np.floating]) -> Inverse:
    """(H,) what each row shows on average over views (N, H, W), each view to its own scale."""
    views = inverse.astype(np.float32)
    return (views / views.mean(axis=(1, 2), keepdims=True).clip(1e-4, None)).mean(axis=(0, 2))


def _fit(guess: NDArray[np.float64], true: NDArray[np.float64]) -> tuple[float, float]:
    """Scale and shift by least squares."""
    spread = guess.var()
    if spread < 1e-12:
        return 0.0, float(true.mean())
    scale = float(((guess - guess.mean()) * (true - true.mean())).mean() / spread)
    return scale, float(true.mean() - scale * guess.mean())
