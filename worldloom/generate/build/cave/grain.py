"""Noise at many places at once."""

from __future__ import annotations

from worldloom.render.ground import fractal
from worldloom.scene.surfels import Array


def noise(points: Array, seed: int) -> Array:
    """Values (...), about -1..1, of a field that changes over a length of 1 at `points` (..., 2 or 3)."""
    return fbm(points, seed, 1)


def fbm(points: Array, seed: int, octaves: int = 4) -> Array:
    """The same with finer detail: each octave half as large and half as wide."""
    up = points[..., 1] if points.shape[-1] == 3 else None
    return fractal(points[..., 0], points[..., -1], y=up, seed=seed, size=1.0, octaves=octaves)
