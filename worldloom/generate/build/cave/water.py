"""Water underground: a still lake, a river, ice, or lava."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.cave.grain import fbm, noise
from worldloom.generate.build.cave.hollow import Hollow
from worldloom.generate.build.interior.decor import linear
from worldloom.generate.build.site import Lamp
from worldloom.generate.noise import smoothstep
from worldloom.generate.spec import WorldSpec
from worldloom.scene.surfels import OVERLAP, Array, Surfels, join, surfels

_LAVA = np.array([1.0, 0.22, 0.02])


def water(spec: WorldSpec, hollow: Hollow, eye: Array, count: int) -> Surfels:
    """A still lake, a river, or lava."""
    spots = []
    if hollow.basin is not None:
        spots.append((hollow.basin[0], hollow.basin[1], hollow.basin[2] + 1.2))
    for number in hollow.stream:
        chamber = hollow.chambers[number]
        spots.append((chamber.x, chamber.z, chamber.radius + 3.5))
    if not spots:
        return join([])
    x0, x1 = min(x - r for x, _, r in spots), max(x + r for x, _, r in spots)
    z0, z1 = min(z - r for _, z, r in spots), max(z + r for _, z, r in spots)
    rng = np.random.default_rng([spec.seed, 79])
    grid = np.stack(np.meshgrid(np.arange(x0, x1, 0.2), np.arange(z0, z1, 0.2), indexing="ij"), axis=-1).reshape(-1, 2)
    level = hollow.water_level
    under = hollow.floor(grid[:, 0], grid[:, 1]) < level + 0.02
    grid = grid[under]
    free = hollow.rock(np.stack([grid[:, 0], np.full(len(grid), level + 0.03), grid[:, 1]], axis=1)) < 0.25
    cells = grid[free]
    if len(cells) == 0:
        return join([])
    relative = np.clip(np.hypot(cells[:, 0] - eye[0], cells[:, 1] - eye[2]) / 4.5, 0.75, 4.0)
    wanted = 0.04 / relative**2
    wanted *= min(count / wanted.sum(), 0.04 / 0.05**2 / wanted.max())
    marks = np.searchsorted(np.cumsum(wanted), np.arange(int(wanted.sum())) + rng.random())
    marks = marks.clip(0, len(cells) - 1)
    flat = cells[marks] + rng.uniform(0, 0.2, (len(marks), 2))
    spacing = 0.2 / np.sqrt(wanted[marks])
    place = np.stack([flat[:, 0], np.full(len(flat), level), flat[:, 1]], axis=1)
    wave = np.stack([noise(flat / 0.5, 3), noise(flat / 0.5, 4)], axis=1) * 0.05
    normal = np.stack([wave[:, 0], np.ones(len(flat)), wave[:, 1]], axis=1)
    size = (1.15 * OVERLAP * spacing)[:, None] * np.ones((1, 2))
    pieces = surfels(place, normal, (1.0, 0, 0), size)
    if spec.water.lava:
        crust = smoothstep(-0.1, 0.45, fbm(flat / 0.9, spec.seed % 991, 3))[:, None]
        glow = _LAVA * (1.6 * (1 - crust) + 0.06)
        return pieces.painted(np.array([0.06, 0.03, 0.02])).glowing(glow).labelled("water/lava").single()
    if spec.water.frozen:
        ice = pieces.painted((0.5, 0.66, 0.74)).with_values(gloss=0.6, opacity=0.9)
        return ice.labelled("water/ice").single()
    colour = np.asarray(linear(spec.water.colour)) if spec.water.colour else np.array([0.015, 0.075, 0.08])
    ripple = 1 + 0.25 * noise(flat / 0.35, 8)
    # One looks deeper into it near the shore.
    depth = level - hollow.floor(flat[:, 0], flat[:, 1])
    opacity = 0.45 + 0.45 * smoothstep(0.02, 0.7, depth)
    pieces = pieces.painted(colour * ripple[:, None]).with_values(gloss=0.8, opacity=opacity)
    return pieces.labelled("water/lake" if hollow.basin is not None else "water/river").single()


def lava_lamps(lava: Surfels) -> list[Lamp]:
    """A few lights over it."""
    flat = lava.position[:, [0, 2]]
    chosen = [flat[0]]
    for _ in range(5):
        away = np.min([np.hypot(*(flat - other).T) for other in chosen], axis=0)
        chosen.append(flat[int(away.argmax())])
    height = float(lava.position[0, 1]) + 0.7
    return [Lamp((float(x), height, float(z)), (2.6, 0.75, 0.14), 9.0, always=True) for x, z in chosen]
