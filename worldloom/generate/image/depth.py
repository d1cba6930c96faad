"""The seam for anything that estimates depth from one picture, and how its numbers are put to scale."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.errors import InvalidDataError

Plane = NDArray[np.float32]
"""(H, W)."""


class DepthEstimator(Protocol):
    """A learned or other estimator. What it gives is scaled and shifted to the ground, so units do not matter."""

    @property
    def name(self) -> str:
        """Shown in the report: "our own network", "Depth-Anything-V2-Small"."""
        ...

    @property
    def gives(self) -> str:
        """ "inverse" (larger is nearer, up to scale and shift) or "metres" (along the view's axis)."""
        ...

    def estimate(self, rgb: NDArray[np.uint8]) -> Plane:
        """(H, W) for a picture (H, W, 3)."""
        ...


def estimated_disparity(estimator: DepthEstimator, rgb: NDArray[np.uint8]) -> Plane:
    """(H, W) inverse depth, larger is nearer, of what `estimator` says.

    Raises:
        InvalidDataError: its answer has another shape, or is not finite.
    """
    answer: NDArray[Any] = np.asarray(estimator.estimate(rgb), np.float32)
    if answer.shape != rgb.shape[:2] or not np.isfinite(answer).all():
        raise InvalidDataError(
            f"The depth estimator '{estimator.name}' gave {answer.shape}, or numbers that are not finite, for a "
            f"picture of {rgb.shape[:2]}; make depth without it."
        )
    return (1 / np.maximum(answer, 1e-3)).astype(np.float32) if estimator.gives == "metres" else answer


def aligned(disparity: Plane, known: Plane, trusted: NDArray[np.bool_]) -> tuple[float, float]:
    """Scale and shift that bring `disparity` to `known` where `trusted`: the line through two points that most agree
    with (RANSAC, always the same draws), then least squares with outliers weighed down (Geman-McClure, ten rounds). The
    scale is positive; with too little to go by both come from the spread."""
    x, y = disparity[trusted].astype(np.float64), known[trusted].astype(np.float64)
    if len(x) < 50 or x.std() < 1e-9:
        return float(known.max() / max(float(np.ptp(disparity)), 1e-9)), float(-disparity.min() * known.max())
    draws = np.random.default_rng(0).integers(len(x), size=(300, 2))
    (x0, x1), (y0, y1) = x[draws].T, y[draws].T
    usable = np.abs(x1 - x0) > 0.05 * x.std()
    slopes = ((y1 - y0)[usable] / (x1 - x0)[usable]).clip(0.02 * y.std() / x.std(), None)
    starts = y0[usable] - slopes * x0[usable]
    some = slice(None, None, max(1, len(x) // 2000))
    misses = np.median(np.abs(slopes[:, None] * x[None, some] + starts[:, None] - y[None, some]), axis=1)
    scale, shift = slopes[misses.argmin()], starts[misses.argmin()]
    for _ in range(10):
        residual = np.abs(scale * x + shift - y)
        spread = max(1.5 * float(np.median(residual)), 1e-9)
        weight = 1 / (1 + (residual / spread) ** 2) ** 2
        total = weight.sum()
        mx, my = (weight * x).sum() / total, (weight * y).sum() / total
        scale = (weight * (x - mx) * (y - my)).sum() / max((weight * (x - mx) ** 2).sum(), 1e-12)
        scale = max(scale, 0.02 * y.std() / x.std())
        shift = my - scale * mx
    return float(scale), float(shift)
