"""Lava: a dark crust in plates, glowing where it is torn."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.terrain.maths import Floats, mix, step
from worldloom.generate.spec import WorldSpec
from worldloom.render.ground import cells, fractal

F = np.float32


def lava_coat(spec: WorldSpec, x: Floats, z: Floats, flow: Floats, edge: Floats) -> tuple[Floats, Floats, Floats]:
    """Linear albedo (N, 3), light given off (N, 3) and gloss (N,) of its surface."""
    bend_x = F(0.9) * fractal(x, z, seed=spec.seed + 90, size=3.0, octaves=3)
    bend_z = F(0.9) * fractal(x, z, seed=spec.seed + 91, size=3.0, octaves=3)
    first, second, own = cells(x + bend_x, z + bend_z, seed=spec.seed + 92, size=1.7)
    small_first, small_second, _ = cells(x + bend_z, z + bend_x, seed=spec.seed + 93, size=0.5)
    torn = np.maximum(step(0.2, 0.0, second - first), F(0.45) * step(0.14, 0.0, small_second - small_first))
    fluid = step(0.12, 0.5, fractal(x, z, seed=spec.seed + 94, size=8.0, octaves=3) + F(0.12))
    cooled = step(-0.7, -0.05, edge)  # the rim has set
    heat = (np.maximum(torn, fluid * (F(0.75) + F(0.25) * own)) * (1 - F(0.85) * cooled)).clip(0, 1)
    ash = np.array([0.035, 0.03, 0.03], np.float32) * (F(0.7) + F(0.7) * own)[:, None]
    red, yellow = np.array([0.72, 0.09, 0.012], np.float32), np.array([0.95, 0.5, 0.09], np.float32)
    fire = mix(red, yellow, step(0.45, 1.0, heat)[:, None])
    albedo = mix(ash, fire, step(0.05, 0.5, heat)[:, None])
    glow = fire * (heat * heat * F(2.2))[:, None]
    return albedo.astype(np.float32), glow.astype(np.float32), F(0.12) * (1 - heat)
