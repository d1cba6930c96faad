"""Waterfalls: curtains of falling water, and the spray at their foot."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.site import Bounds
from worldloom.generate.build.terrain.lava import lava_coat
from worldloom.generate.build.terrain.maths import draw, mix, step
from worldloom.generate.build.terrain.streams import Stream
from worldloom.generate.build.terrain.waters import Waters
from worldloom.generate.spec import WorldSpec
from worldloom.render.ground import fractal
from worldloom.scene.surfels import Surfels, join, no_surfels, surfels

F = np.float32


def fall_surfels(
    spec: WorldSpec, waters: Waters, bounds: Bounds, budget: int, eye: tuple[float, float, float]
) -> Surfels:
    """Those whose lip lies in the bounds; at most `budget`."""
    found = []
    for stream in waters.streams[:1]:
        for number, (at, height) in enumerate(stream.falls):
            lip = stream.place(np.array([at]))
            if bounds.inside(lip).all():
                found.append(_curtain(spec, stream, at, height, budget // len(stream.falls), eye, number))
    return join(found) if found else no_surfels()


def _curtain(
    spec: WorldSpec, stream: Stream, at: float, height: float, budget: int, eye: tuple[float, float, float], number: int
) -> Surfels:
    rng = draw(spec.seed, 71, number)
    lip = stream.place(np.array([at], np.float32))[0]
    away = float(np.hypot(lip[0] - eye[0], lip[1] - eye[2]))
    wide = 2.15 * stream.half_width
    spacing = max(0.012 * away, 0.05, np.sqrt(wide * height * 1.8 / max(budget, 1)))
    count = min(int(wide * height * 1.6 / spacing**2), budget)
    across = rng.uniform(-0.5, 0.5, count).astype(np.float32)
    down = rng.random(count).astype(np.float32)
    # Water leaves the lip level and falls in a parabola; streaks are strands that stay together.
    strand = fractal(across * F(wide), np.zeros_like(across), seed=spec.seed + 72, size=0.5, octaves=3)
    tear = fractal(across * F(wide), down * F(height * 0.25), seed=spec.seed + 73, size=0.8, octaves=3)
    thrown = F(0.35 + 0.05 * height) * np.sqrt(down) * (1 + F(0.25) * strand) + F(0.12) * rng.standard_normal(
        count
    ).astype(np.float32)
    u = F(at - 0.35) + thrown
    _, _slope = stream.middle(u)
    v = stream.middle(u)[0] + across * F(wide) * (1 + F(0.16) * down)
    cos, sin = F(np.cos(stream.turn)), F(np.sin(stream.turn))
    x, z = F(stream.origin[0]) + u * cos - v * sin, F(stream.origin[1]) + u * sin + v * cos
    below = float(stream.level(np.array([at + 3.0], np.float32))[0])
    y = F(below) + F(height) * (1 - down)
    lean = F(0.25) + F(0.5) * (1 - down)
    normal = np.stack([cos + 0 * lean, lean, sin + 0 * lean], axis=1)
    fall = np.stack([F(0.3) * cos * (1 - down), -np.ones_like(down), F(0.3) * sin * (1 - down)], axis=1)
    long = F(spacing) * (F(1.2) + F(1.6) * rng.random(count).astype(np.float32))
    pieces = surfels(
        np.stack([x, y, z], axis=1), normal, fall, np.stack([long, np.full_like(long, 0.45 * spacing)], axis=1)
    )
    if spec.water.lava:
        albedo, glow, _ = lava_coat(spec, across * F(wide), down * F(height), u, np.full_like(u, -9))
        return pieces.painted(albedo).glowing(glow).labelled("water/lava")
    white = (F(0.5) + F(0.5) * strand + F(0.7) * tear + F(0.3) * down).clip(0, 1)
    albedo = mix(np.array([0.2, 0.32, 0.34], np.float32), np.array([0.85, 0.88, 0.9], np.float32), white[:, None])
    veil = (F(0.55) + F(0.4) * white) * step(-0.55, -0.1, tear + F(0.5) - F(0.35) * down)
    curtain = pieces.painted(albedo).with_values(gloss=0.25, opacity=veil.clip(0.08, 0.95)).labelled("water/waterfall")
    return join([curtain, _spray(spec, x, y, z, down, below, height, rng)])


def _spray(
    spec: WorldSpec,
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
    down: np.ndarray,
    below: float,
    height: float,
    rng: np.random.Generator,
) -> Surfels:
    """Soft puffs over the pool."""
    foot = np.flatnonzero(down > 0.93)
    if not len(foot):
        return no_surfels()
    chosen = foot[rng.integers(0, len(foot), min(len(foot), 90))]
    spread = F(0.06 * height + 0.4)
    offset = rng.standard_normal((len(chosen), 3)).astype(np.float32) * np.array([spread, 0.6 * spread, spread])
    place = np.stack([x[chosen], np.full(len(chosen), below + 0.5 * spread, np.float32), z[chosen]], axis=1) + offset
    size = np.broadcast_to(spread * F(0.55), (len(chosen), 3)) * rng.uniform(0.6, 1.4, (len(chosen), 1))
    puffs = surfels(place.astype(np.float32), [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], size.astype(np.float32))
    return puffs.painted([0.85, 0.88, 0.9]).with_values(opacity=0.05, leaf=0.8).labelled("mist")
