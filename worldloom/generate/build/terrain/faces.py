"""Rock faces: steep ground broken into ledges, blocks and clefts."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.terrain.maths import Floats, ramp, stairs, step
from worldloom.generate.spec import WorldSpec
from worldloom.render.ground import fractal
from worldloom.scene.surfels import unit

F = np.float32


def break_faces(
    spec: WorldSpec, position: Floats, normal: Floats, size: Floats, steepness: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Rock moved in and out along its normal.

    Args:
        position, normal: (N, 3).
        size: (N,) metres to the next.
        steepness: (N,) slope of the land there over some metres; it must change slowly, or faces would tear off.

    Returns:
        Positions and normals, how far each came out, metres, and by how much it must grow to close what that opens.
    """
    out, grown = np.zeros(len(position), np.float32), np.ones(len(position), np.float32)
    if spec.relief.shape in ("dunes", "terraces"):
        return position, normal, out, grown
    amount = step(0.6, 1.8, steepness)
    chosen = np.flatnonzero(amount > 0.02)
    if not len(chosen):
        return position, normal, out, grown
    places, facing, run = position[chosen], normal[chosen], size[chosen].clip(0.04, 3.0)
    tall = amount[chosen] * F(0.3 + 0.8 * spec.relief.ruggedness)
    # Slopes of the displacement along two directions in the face turn its normal.
    side = unit(np.stack([facing[:, 2], np.zeros_like(run), -facing[:, 0]], axis=1) + F(1e-6))
    up = np.cross(facing, side)
    here = _relief(spec, places, run)
    aside = _relief(spec, places + side * run[:, None], run)
    above = _relief(spec, places + up * run[:, None], run)
    bend = ((aside - here) / run * tall)[:, None] * side + ((above - here) / run * tall)[:, None] * up
    position, normal = position.copy(), normal.copy()
    position[chosen] = places + facing * (here * tall)[:, None]
    strong = np.sqrt((bend * bend).sum(axis=1))
    bend *= (F(1.3) / strong.clip(1.3, None))[:, None]
    strong = strong.clip(0, 1.3)
    turned = facing - bend
    turned[:, 1] = turned[:, 1].clip(-0.15, None)
    normal[chosen] = unit(turned)
    out[chosen], grown[chosen] = here * tall, np.sqrt(1 + strong * strong) * (1 + F(0.15) * amount[chosen])
    return position, normal, out, grown


def _relief(spec: WorldSpec, places: Floats, size: Floats) -> Floats:
    """How far rock stands out, about -0.3..2 m: blocks between joints, ledges where beds are harder."""
    x, y, z = (np.ascontiguousarray(places[:, axis]) for axis in range(3))
    seed = spec.seed * 101 + 300
    wide = fractal(x, z, y=y, seed=seed, size=(5.0, 7.0, 5.0), octaves=2)
    small = fractal(x, z, y=y, seed=seed + 3, size=(1.5, 1.0, 1.5), octaves=2)
    grain = fractal(x, z, y=y, seed=seed + 4, size=0.5, octaves=3, gain=0.6)
    blocks = F(1.5) * (stairs(F(0.5) + F(0.8) * wide + F(0.12) * small, 5.0, 0.72) - F(0.5))
    chips = F(0.5) * (stairs(F(0.5) + F(0.8) * small + F(0.1) * grain, 4.0, 0.7) - F(0.5))
    layered = spec.relief.shape in ("canyon", "cliffs")
    bed = y + F(0.015 if layered else 0.42) * x + F(0.0 if layered else 0.2) * z + F(0.7) * wide
    ledge = fractal(bed, np.zeros_like(bed), seed=seed + 2, size=1.9, octaves=3, gain=0.6)
    ledges = F(0.8 if layered else 0.4) * (step(-0.12, 0.12, ledge) - F(0.5)) * ramp(2.4, 0.7, size)
    # What is finer than the pieces would only look like noise. Faces come out rather than go in, so that nothing
    # overhangs a gap.
    return (
        F(0.45)
        + blocks * ramp(2.4, 0.5, size)
        + chips * ramp(1.0, 0.3, size)
        + ledges
        + F(0.14) * grain * ramp(0.4, 0.1, size)
    )
