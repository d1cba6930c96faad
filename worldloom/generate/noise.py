"""Smooth random fields that are the same on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_PRIMES = (np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint32(0xC2B2AE3D))


def noise(points: Array, seed: int) -> Array:
    """Values in -1..1 of a field that changes over a length of about 1, at `points` (..., 2 or 3)."""
    axes = [points[..., axis] for axis in range(points.shape[-1])]
    if len(axes) == 2:
        axes.insert(1, np.full(points.shape[:-1], 0.37))
    keys, weights = [], []
    for prime, axis in zip(_PRIMES, axes):
        floor = np.floor(axis)
        share = axis - floor
        share = share * share * share * (share * (share * 6 - 15) + 10)
        key = floor.astype(np.int64).astype(np.uint32) * prime
        keys.append((key, key + prime))
        weights.append((1 - share, share))
    start = np.uint32((seed * 7919 + 1) & 0xFFFFFFFF)
    total = np.zeros(points.shape[:-1])
    for x, y, z in np.ndindex(2, 2, 2):
        weight = weights[0][x] * weights[1][y] * weights[2][z]
        total += weight * _hashed(keys[0][x] + keys[1][y] + keys[2][z] + start)
    return total


def _hashed(mixed: Any) -> Array:
    """Uniform numbers in -1..1 of uint32 integers (...), which wrap around."""
    mixed = (mixed ^ (mixed >> 15)) * np.uint32(0x2C1B3C6D)
    mixed = (mixed ^ (mixed >> 12)) * np.uint32(0x297A2D39)
    mixed = mixed ^ (mixed >> 15)
    return mixed.astype(np.float64) / 2147483647.5 - 1


def fbm(points: Array, seed: int, octaves: int = 4) -> Array:
    """Fractal noise, about -1..1: each octave half as large and half as wide."""
    total = np.zeros(points.shape[:-1])
    for octave in range(octaves):
        total += noise(points * 2.03**octave + 17.3 * octave, seed + octave) * 0.5**octave
    return total / 1.3


def smoothstep(low: float | Array, high: float | Array, value: Array) -> Array:
    """0 below `low`, 1 above `high`, smooth between; falls where `low` is above `high`."""
    share = ((value - low) / (np.asarray(high) - low)).clip(0, 1)
    return share * share * (3 - 2 * share)


def mix(first: Array, second: Array | float, share: Array) -> Array:
    """Numbers: `first` where `share` is 0, `second` where it is 1."""
    return first * (1 - share) + second * share


def blend(first: Array, second: Array, share: Array) -> Array:
    """Colours (..., 3): `first` where `share` (...) is 0, `second` where it is 1."""
    return mix(first, second, share[..., None])
