"""Curves and blends in 32-bit floats, and random numbers that belong to places."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[Any]
Number = float | np.floating[Any] | Floats


def step(low: Number, high: Number, value: Floats) -> Floats:
    """0 below `low`, 1 above `high`, smooth between; falls where `low` is above `high`."""
    share = ((value - low) / (high - low)).clip(0, 1)
    return share * share * (3 - 2 * share)


def ramp(low: Number, high: Number, value: Floats) -> Floats:
    """0 below `low`, 1 above `high`, straight between."""
    return ((value - low) / (high - low)).clip(0, 1)


def mix(first: Number, second: Number, share: Number) -> Floats:
    return np.asarray(first + (second - first) * share)


def smooth_max(first: Floats, second: Number, over: float) -> Floats:
    """The larger, with the crease rounded over about `over`."""
    apart = first - second
    return (first + second + np.sqrt(apart * apart + np.float32(over * over))) * np.float32(0.5)


def stairs(value: Floats, count: float, tread: float) -> Floats:
    """Of 0..1 a staircase of `count` steps; `tread` 0 gives a ramp, near 1 sheer risers."""
    scaled = value * np.float32(count)
    whole = np.floor(scaled)
    edge = np.float32(tread * 0.5)
    return (whole + step(edge, 1 - edge, scaled - whole)) / np.float32(count)


def hashed(x: Floats, z: Floats, seed: int) -> Floats:
    """A random number in 0..1 (N,) that belongs to the place, float32."""
    mixed = x.astype(np.float32).view(np.uint32) * np.uint32(0x9E3779B1)
    mixed = (
        mixed ^ (z.astype(np.float32).view(np.uint32) * np.uint32(0xC2B2AE3D)) ^ np.uint32(seed * 0x68E31DA4 % 2**32)
    )
    for _ in range(2):
        mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
        mixed = (mixed ^ (mixed >> np.uint32(12))) * np.uint32(0x297A2D39)
    mixed = mixed ^ (mixed >> np.uint32(15))
    return (mixed >> np.uint32(8)).astype(np.float32) * np.float32(2**-24)


def draw(*numbers: int) -> np.random.Generator:
    """Random numbers that depend on those numbers alone."""
    return np.random.default_rng([number % 2**32 for number in numbers])
