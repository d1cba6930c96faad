"""What the ground of each kind of land is made of, and where each kind lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from worldloom.generate.build.terrain.maths import Floats, step
from worldloom.generate.spec import BiomeName, WorldSpec
from worldloom.render.ground import fractal

F = np.float32
Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Palette:
    """Linear albedos."""

    lush: Colour
    dry: Colour
    """The other colour of what grows, where there is less water."""
    soil: Colour
    rock: Colour
    rock_other: Colour
    """Of other beds, or where it is weathered."""
    sand: Colour = (0.46, 0.37, 0.23)
    green: float = 1.0
    """How much grows; the rest is bare."""
    bare: Literal["soil", "sand", "gravel", "lava_rock", "mud"] = "soil"
    banding: float = 0.15
    """How strongly beds of rock differ."""
    steep: tuple[float, float] = (0.78, 1.2)
    """Slopes at which rock begins to show and covers all."""
    stones: float = 0.3
    """How many lie about, 0..1."""
    snow: float = 1.0
    """How readily snow stays in winter."""


PALETTES: dict[BiomeName, Palette] = {
    "meadow": Palette(
        (0.072, 0.118, 0.028),
        (0.17, 0.17, 0.058),
        (0.12, 0.08, 0.048),
        (0.25, 0.24, 0.22),
        (0.18, 0.18, 0.16),
        stones=0.15,
    ),
    "forest": Palette(
        (0.062, 0.085, 0.022),
        (0.115, 0.072, 0.034),
        (0.075, 0.05, 0.03),
        (0.2, 0.195, 0.175),
        (0.11, 0.12, 0.08),
        green=0.85,
    ),
    "conifer_forest": Palette(
        (0.05, 0.075, 0.02),
        (0.1, 0.062, 0.034),
        (0.07, 0.046, 0.03),
        (0.21, 0.205, 0.195),
        (0.12, 0.125, 0.09),
        green=0.8,
        stones=0.5,
    ),
    "jungle": Palette(
        (0.045, 0.085, 0.018),
        (0.085, 0.075, 0.026),
        (0.12, 0.062, 0.034),
        (0.15, 0.145, 0.125),
        (0.07, 0.09, 0.04),
        snow=0.0,
    ),
    "savanna": Palette(
        (0.2, 0.175, 0.06),
        (0.36, 0.26, 0.105),
        (0.27, 0.135, 0.065),
        (0.3, 0.22, 0.155),
        (0.36, 0.27, 0.18),
        green=0.8,
        snow=0.0,
    ),
    "desert": Palette(
        (0.2, 0.18, 0.09),
        (0.42, 0.3, 0.16),
        (0.4, 0.265, 0.14),
        (0.34, 0.2, 0.115),
        (0.42, 0.28, 0.17),
        sand=(0.53, 0.36, 0.19),
        green=0.0,
        bare="sand",
        banding=0.4,
        steep=(0.85, 1.3),
        snow=0.1,
    ),
    "tundra": Palette(
        (0.11, 0.115, 0.042),
        (0.19, 0.135, 0.066),
        (0.11, 0.085, 0.06),
        (0.22, 0.22, 0.215),
        (0.31, 0.315, 0.28),
        green=0.72,
        bare="gravel",
        steep=(0.5, 0.95),
        stones=0.8,
        snow=1.3,
    ),
    "alpine": Palette(
        (0.085, 0.125, 0.034),
        (0.165, 0.15, 0.06),
        (0.14, 0.115, 0.085),
        (0.2, 0.197, 0.195),
        (0.125, 0.122, 0.122),
        green=0.85,
        bare="gravel",
        banding=0.25,
        steep=(0.5, 0.85),
        stones=0.8,
        snow=1.3,
    ),
    "heath": Palette(
        (0.1, 0.1, 0.04),
        (0.16, 0.09, 0.1),
        (0.085, 0.062, 0.045),
        (0.23, 0.225, 0.21),
        (0.3, 0.3, 0.26),
        green=0.88,
        stones=0.5,
    ),
    "wetland": Palette(
        (0.07, 0.105, 0.027),
        (0.16, 0.135, 0.055),
        (0.065, 0.05, 0.034),
        (0.2, 0.2, 0.18),
        (0.12, 0.13, 0.09),
        green=0.7,
        bare="mud",
        stones=0.05,
    ),
    "farmland": Palette(
        (0.085, 0.145, 0.03),
        (0.22, 0.19, 0.075),
        (0.15, 0.098, 0.058),
        (0.26, 0.24, 0.21),
        (0.2, 0.19, 0.16),
        stones=0.05,
    ),
    "coast": Palette(
        (0.1, 0.14, 0.042),
        (0.215, 0.19, 0.085),
        (0.24, 0.19, 0.12),
        (0.235, 0.22, 0.2),
        (0.33, 0.31, 0.275),
        sand=(0.5, 0.41, 0.275),
        green=0.9,
        bare="sand",
        banding=0.35,
        stones=0.4,
        snow=0.4,
    ),
    "canyon": Palette(
        (0.19, 0.175, 0.085),
        (0.34, 0.24, 0.13),
        (0.37, 0.185, 0.095),
        (0.42, 0.19, 0.095),
        (0.49, 0.29, 0.165),
        sand=(0.43, 0.24, 0.13),
        green=0.28,
        bare="sand",
        banding=1.0,
        steep=(0.5, 0.85),
        stones=0.6,
        snow=0.2,
    ),
    "volcanic": Palette(
        (0.085, 0.1, 0.028),
        (0.075, 0.058, 0.046),
        (0.052, 0.045, 0.041),
        (0.062, 0.057, 0.055),
        (0.125, 0.058, 0.04),
        sand=(0.05, 0.047, 0.046),
        green=0.16,
        bare="lava_rock",
        banding=0.35,
        steep=(0.55, 0.95),
        stones=0.9,
        snow=0.5,
    ),
}


def biome_shares(spec: WorldSpec, x: Floats, z: Floats) -> Floats:
    """Of places (N,) how much each of `spec.biomes` is there, (B, N); sums to 1."""
    shares = np.array([biome.share for biome in spec.biomes], np.float64)
    if len(shares) == 1:
        return np.ones((1, len(x)), np.float32)
    shares = shares / shares.sum()
    size = 0.42 * spec.extent
    fields = [
        fractal(x, z, seed=spec.seed * 101 + 80 + k, size=size, octaves=4, gain=0.45)
        + F(0.55 * np.log(share * len(shares)))
        for k, share in enumerate(shares)
    ]
    stack = np.stack(fields)
    weights = step(-0.1, 0.0, stack - stack.max(axis=0)) + F(1e-6)
    return weights / weights.sum(axis=0)


def blended(spec: WorldSpec, shares: Floats, name: str) -> Floats:
    """A property of the palettes, mixed: (N, 3) of a colour, (N,) of a number."""
    values = np.array([getattr(PALETTES[biome.name], name) for biome in spec.biomes], np.float32)
    if len(values) == 1:
        return np.broadcast_to(values[0], (shares.shape[1], *values.shape[1:]))
    return np.tensordot(shares.T, values, axes=1)


def share_of(spec: WorldSpec, shares: Floats, *names: str) -> Floats:
    """How much of the land at each place (N,) is of these kinds."""
    total = np.zeros(shares.shape[1], np.float32)
    for biome, share in zip(spec.biomes, shares):
        if biome.name in names:
            total = total + share
    return total
