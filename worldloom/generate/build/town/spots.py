"""Places on surfaces that are to be painted, and what patterns are made of: noise, chance, lines, dirt."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.noise import smoothstep
from worldloom.scene.surfels import Array


@dataclass(frozen=True, eq=False)
class Spots:
    """N surfels where they lie on their pieces."""

    s: Array
    """Metres along the piece's a..."""
    t: Array
    """...and across it, upwards on walls; the same for all pieces in one plane."""
    u: Array
    """Share of a, 0..1..."""
    v: Array
    """...and of b."""
    wide: Array
    """Metres of a..."""
    high: Array
    """...and of b."""
    above: Array
    """Metres above the ground that the building stands on."""
    seed: Array
    """0..1, the building's."""
    spacing: Array
    """Metres to the next surfel."""
    piece: NDArray[Any]
    """Number of the piece."""
    upward: Array
    """y of the normal."""

    def __getitem__(self, index: Any) -> Spots:
        return Spots(*(getattr(self, field.name)[index] for field in fields(self)))


@dataclass(frozen=True, eq=False)
class Coat:
    """How N surfels look."""

    albedo: Array
    """(N, 3) linear."""
    gloss: Array
    """(N,)"""
    glow: Array
    """(N,) factor of the light that the piece gives off."""
    tilt: Array | None = None
    """(N, 2) how far the normal leans along and across."""


_TEXELS = 256


@cache
def _grain() -> Array:
    """(256, 256) fractal noise that repeats, about -1..1; 8 units across."""
    rng = np.random.default_rng(20)
    total = np.zeros((_TEXELS, _TEXELS), np.float32)
    share = np.arange(_TEXELS)
    for octave in range(5):
        cells = 8 * 2**octave
        place = share * cells / _TEXELS
        index = place.astype(int)
        part = place - index
        part = (part * part * (3 - 2 * part)).astype(np.float32)
        lattice = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
        rows = lattice[index] * (1 - part)[:, None] + lattice[(index + 1) % cells] * part[:, None]
        total += 0.55**octave * (rows[:, index] * (1 - part) + rows[:, (index + 1) % cells] * part)
    return total / np.float32(1.1)


def blotch(s: Array, t: Array, seed: Any = 0.0) -> Array:
    """(N,) fractal noise that changes over a length of about 1, -1..1."""
    x = ((s + seed * np.float32(61.7)) * np.float32(32)).astype(np.int32) & (_TEXELS - 1)
    y = ((t + seed * np.float32(37.1)) * np.float32(32)).astype(np.int32) & (_TEXELS - 1)
    return _grain()[y, x]


def chance(first: Any, second: Any, third: Any = 0.0) -> Array:
    """(N,) uniform in 0..1, always the same for the same numbers."""
    first, second, third = np.broadcast_arrays(first, second, third)
    whole = first.shape
    first, second, third = (np.atleast_1d(number) for number in (first, second, third))
    mixed = first.astype(np.int64).astype(np.uint32) * np.uint32(0x9E3779B1)
    mixed = mixed + second.astype(np.int64).astype(np.uint32) * np.uint32(0x85EBCA77)
    mixed = mixed + (third * 65536).astype(np.int64).astype(np.uint32) * np.uint32(0xC2B2AE3D)
    mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    mixed = (mixed ^ (mixed >> np.uint32(12))) * np.uint32(0x297A2D39)
    mixed = (mixed ^ (mixed >> np.uint32(15))) >> np.uint32(8)
    return (mixed.astype(np.float32) / np.float32(1 << 24)).reshape(whole)


def line(value: Array, period: Array | float, width: float, spacing: Array) -> Array:
    """1 on lines of that width and 0 between them; wider but fainter where surfels are far apart."""
    away = np.abs(value / period - np.rint(value / period)) * period
    half = np.maximum(width, 0.8 * spacing) / 2
    return np.clip(1.2 - away / half, 0, 1) * np.minimum(width / half / 2, 1) ** 0.6


def fade(unit: float, spacing: Array) -> Array:
    return np.clip(1.3 * unit / spacing, 0, 1)


def tinted(base: Array, light: Array, hue: Array | None = None) -> Array:
    """Lighter or darker, and warmer or cooler by `hue`."""
    out = base * light[:, None]
    if hue is not None:
        out = out * (1 + hue[:, None] * np.array([0.5, 0.0, -0.6], np.float32))
    return out


def weather(spots: Spots, strength: float) -> Array:
    """(N,) factor: dark and damp at the foot, streaks of rain, blotches."""
    low = smoothstep(0.9, 0.05, spots.above + 0.5 * blotch(spots.s * 0.8, spots.t * 0.5, spots.seed))
    streak = np.clip(blotch(spots.s * 2.6, spots.t * 0.13, spots.seed + 0.3) - 0.15, 0, 1)
    large = blotch(spots.s * 0.35, spots.t * 0.3, spots.seed + 0.7)
    return (1 - strength * (0.75 * low + 0.5 * streak)) * (1 + 0.35 * strength * large)


def dirty(albedo: Array, factor: Array) -> Array:
    """Darkened, to the brown side."""
    return albedo * (factor[:, None] ** np.array([0.85, 1.0, 1.25], np.float32))


def rough(spots: Spots, amount: float) -> Array:
    """Normals shaken a little, from spot to spot."""
    return amount * np.stack(
        [blotch(spots.s * 3.1, spots.t * 3.1, 0.2), blotch(spots.s * 3.1, spots.t * 3.1, 0.9)], axis=1
    )
