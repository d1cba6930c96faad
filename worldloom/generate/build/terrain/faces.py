"""Rock faces: steep ground broken into ledges, blocks and clefts."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.terrain.maths import Floats, step
from worldloom.generate.spec import WorldSpec
from worldloom.generate.surfels import unit
from worldloom.render.ground import fractal

F = np.float32


def break_faces(
    spec: WorldSpec, position: Floats, normal: Floats, size: Floats, rock: Floats
) -> tuple[Floats, Floats, Floats]:
    """Rock moved in and out along its normal.

    Args:
        position, normal: (N, 3).
        size: (N,) metres to the next.
        rock: (N,) how much of it is bare rock.

    Returns:
        Positions and normals, and how far each came out, metres.
    """
    out = np.zeros(len(position), np.float32)
    chosen = np.flatnonzero(rock > 0.03)
    if not len(chosen):
        return position, normal, out
    places, facing, run = position[chosen], normal[chosen], size[chosen].clip(0.04, 0.8)
    steep = step(0.98, 0.6, facing[:, 1])
    tall = rock[chosen] * (F(0.16) + F(0.84) * steep) * F(0.35 + 0.9 * spec.relief.ruggedness)
    # Slopes of the displacement along two directions in the face turn its normal.
    side = unit(np.stack([facing[:, 2], np.zeros_like(run), -facing[:, 0]], axis=1) + F(1e-6))
    up = np.cross(facing, side)
    here = _relief(spec, places)
    aside = _relief(spec, places + side * run[:, None])
    above = _relief(spec, places + up * run[:, None])
    bend = ((aside - here) / run * tall)[:, None] * side + ((above - here) / run * tall)[:, None] * up
    position, normal = position.copy(), normal.copy()
    position[chosen] = places + facing * (here * tall)[:, None]
    strong = np.sqrt((bend * bend).sum(axis=1)).clip(1.2, None)
    normal[chosen] = unit(facing - bend * (F(1.2) / strong)[:, None])
    out[chosen] = here * tall
    return position, normal, out


def _relief(spec: WorldSpec, places: Floats) -> Floats:
    """How far rock stands out, about -0.8..1 m: blocks between joints, ledges where beds are harder."""
    x, y, z = (np.ascontiguousarray(places[:, axis]) for axis in range(3))
    seed = spec.seed * 101 + 300
    blocks = fractal(x, z, y=y, seed=seed, size=(4.2, 2.4, 4.2), octaves=5, kind="billow", gain=0.52)
    bed = y + F(0.05) * x + F(0.5) * fractal(x, z, y=y, seed=seed + 1, size=6.0, octaves=2)
    ledge = fractal(bed, np.zeros_like(bed), seed=seed + 2, size=1.9, octaves=3, gain=0.55)
    return F(2.6) * (blocks - F(0.2)) + F(0.7) * (step(-0.2, 0.15, ledge) - F(0.5))
