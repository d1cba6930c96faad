"""Round bodies that flow into each other: animals, people, boulders, snow. No mesh: points on the parts are moved onto
the blended surface, and thinned to an even spacing.

Blend: a soft minimum of distances, J. F. Blinn, "A Generalization of Algebraic Surface Drawing", 1982.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.solids import PACKING, spread
from worldloom.scene.surfels import OVERLAP, Array, Surfels, surfels, unit

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Blob:
    """A rounded bar from `start` to `end`, or a ball where they are the same."""

    start: Point
    end: Point
    radius: float
    """At `start`."""
    to: float | None = None
    """Radius at `end`; None: the same."""
    wide: float = 1.0
    """How many times as wide it is along x as along the other axes."""

    @property
    def radii(self) -> tuple[float, float]:
        return self.radius, self.radius if self.to is None else self.to


def sculpted(blobs: Sequence[Blob], blend: float, spacing: float) -> tuple[Surfels, NDArray[np.int64]]:
    """The surface of all, flowing into each other over `blend` metres.

    Returns:
        Surfels (N,), and the index (N,) of the blob each belongs to.
    """
    shapes = _Shapes(blobs, blend)
    points = shapes.around(spacing)
    for _ in range(5):
        value, gradient, _ = shapes.distance(points)
        step = value / (gradient * gradient).sum(axis=1).clip(0.15)
        points = points - step.clip(-0.5, 0.5)[:, None] * gradient
    value, gradient, owner = shapes.distance(points)
    good = np.abs(value) < 0.08 * spacing
    points, normal, owner = points[good], unit(gradient[good]), owner[good]
    thickness = shapes.thickness(points, owner)
    thin = thickness < 0.9 * spacing
    rank = np.random.default_rng(len(points)).random(len(points))
    fine, coarse = np.flatnonzero(thin), np.flatnonzero(~thin)
    fine = fine[spread(points[fine], 0.55 * PACKING * spacing, rank[fine])] if len(fine) else fine
    coarse = coarse[spread(points[coarse], PACKING * spacing, rank[coarse], points[fine])] if len(coarse) else coarse
    chosen = np.concatenate([fine, coarse]).astype(np.int64)
    wide = np.minimum(OVERLAP * spacing, 0.85 * thickness[chosen])
    wide = np.where(thin[chosen], np.minimum(wide, 0.6 * OVERLAP * spacing), wide)
    long = np.minimum(1.5 * wide, OVERLAP * spacing)
    size = np.stack([np.where(thin[chosen], long, wide), wide], axis=1)
    return surfels(points[chosen], normal[chosen], shapes.axis[owner[chosen]], size), owner[chosen]


class _Shapes:
    """The blobs as arrays."""

    def __init__(self, blobs: Sequence[Blob], blend: float) -> None:
        self.start = np.array([blob.start for blob in blobs], float)
        self.span = np.array([blob.end for blob in blobs], float) - self.start
        self.radii = np.array([blob.radii for blob in blobs], float)
        self.wide = np.array([blob.wide for blob in blobs], float)
        self.blend = blend
        self.axis = self.span + np.array([1e-6, 1e-4, 0.0])

    def distance(self, points: Array) -> tuple[Array, Array, NDArray[np.int64]]:
        """Of points (N, 3): about the distance (N,) from the surface, its gradient (N, 3), the nearest blob (N,)."""
        squeeze = np.stack([1 / self.wide, np.ones_like(self.wide), np.ones_like(self.wide)], axis=1)
        away = (points[:, None] - self.start) * squeeze
        span = self.span * squeeze
        share = ((away * span).sum(axis=2) / (span * span).sum(axis=1).clip(1e-12)).clip(0, 1)
        away = away - share[..., None] * span
        length = np.sqrt((away * away).sum(axis=2)).clip(1e-9)
        value = length - (self.radii[:, 0] + share * (self.radii[:, 1] - self.radii[:, 0]))
        least = value.min(axis=1, keepdims=True)
        weight = np.exp(-(value - least) / self.blend)
        total = weight.sum(axis=1)
        gradient = ((weight / total[:, None] / length)[..., None] * away * squeeze).sum(axis=1)
        return least[:, 0] - self.blend * np.log(total), gradient, value.argmin(axis=1)

    def thickness(self, points: Array, owner: NDArray[np.int64]) -> Array:
        """(N,) radius of its blob beside each point."""
        span = self.span[owner]
        share = (((points - self.start[owner]) * span).sum(axis=1) / (span * span).sum(axis=1).clip(1e-12)).clip(0, 1)
        radii = self.radii[owner]
        return (radii[:, 0] + share * (radii[:, 1] - radii[:, 0])) * np.minimum(self.wide[owner], 1)

    def around(self, spacing: float) -> Array:
        """Points on each blob, about six times as dense as wanted."""
        out = []
        for start, span, (first, last), wide in zip(self.start, self.span, self.radii, self.wide):
            length = float(np.linalg.norm(span))
            mean = (first + last) / 2
            step = min(spacing, max(0.8 * mean, 0.3 * spacing))
            area = (2 * np.pi * mean * length + 4 * np.pi * mean**2) * max(wide, 1)
            count = int(6 * area / step**2) + 24
            number = np.arange(count) + 0.5
            angle = number * np.pi * (3 - np.sqrt(5))
            # the height runs over both caps and the bar between them
            run = (number / count) * (length + 2 * mean) - mean
            share = (run / max(length, 1e-9)).clip(0, 1) if length > 1e-6 else np.zeros(count)
            over = run - share * length
            radius = first + share * (last - first)
            cap = np.clip(over / mean, -1, 1)
            flat = np.sqrt(1 - cap**2)
            axis = span / length if length > 1e-6 else np.array([0.0, 1.0, 0.0])
            side = unit(np.cross(axis, [0.31, 0.12, 0.94] if abs(axis[2]) < 0.8 else [0.12, 0.94, 0.31]))
            other = np.cross(axis, side)
            out_ = flat[:, None] * (np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other)
            offset = radius[:, None] * (out_ + cap[:, None] * axis)
            out.append(start + share[:, None] * span + offset * [wide, 1.0, 1.0])
        return np.concatenate(out)
