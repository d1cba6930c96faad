"""What time does to buildings: roofs fall in, walls break off along ragged lines, moss grows, rubble lies about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worldloom.generate.build.town.quads import Quads, merge
from worldloom.generate.build.town.solid import boxes
from worldloom.generate.build.town.spots import blotch
from worldloom.generate.noise import smoothstep
from worldloom.scene.semantics import labels_under
from worldloom.scene.surfels import Array, Surfels

_GONE = ("room/ceiling", "room/window", "building/window", "room/door", "building/door", "furniture", "lamp")


def decayed(pieces: Surfels, above: Array, seed: int, tall: float = 6.0) -> Surfels:
    """Surfels that are left of buildings; `above` (N,) their height over the ground, `tall` about how high the best
    walls still stand, metres."""
    x, y, z = (np.ascontiguousarray(pieces.position[:, axis], dtype=np.float32) for axis in range(3))
    shift = np.float32(seed % 97) / 97
    broken = tall * (0.5 + 0.55 * blotch(x * 0.16, z * 0.16, shift)) + 0.9 * blotch(
        x * 0.8 + z * 0.3, z * 0.8 + y * 0.4
    )
    kept = above < np.maximum(broken, 0.35 + 0.3 * blotch(x, z, 0.4))
    roof = np.isin(pieces.label, labels_under("building/roof"))
    kept &= ~roof | (blotch(x * 0.35, z * 0.35, shift + 0.4) > 0.1)
    kept &= ~np.isin(pieces.label, [label for name in _GONE for label in labels_under(name)])
    left = pieces[kept]
    x, y, z, above = x[kept], y[kept], z[kept], np.asarray(above)[kept]
    grey = left.albedo.mean(axis=1, keepdims=True)
    albedo = 0.55 * left.albedo + 0.36 * grey
    green = blotch(x * 0.7 + y * 0.3, z * 0.7 + y * 0.6, shift) + 0.5 * np.clip(left.normal[:, 1], 0, 1)
    moss = 0.75 * smoothstep(0.15, 0.75, green + smoothstep(1.2, 0.0, above) * 0.4)[:, None]
    albedo = albedo * (1 - moss) + np.array([0.06, 0.085, 0.025]) * moss
    return replace(left.painted(albedo.astype(np.float32)), glow=np.zeros_like(left.glow))


def rubble(wide: float, deep: float, count: int, colour: tuple[float, float, float], rng: np.random.Generator) -> Quads:
    """Stones fallen from walls, in and around a rectangle."""
    if not count:
        return merge([])
    size = rng.uniform(0.15, 0.55, (count, 1)) * rng.uniform(0.6, 1.3, (count, 3))
    at = np.stack(
        [
            rng.normal(0, 0.42 * wide, count),
            size[:, 1] * rng.uniform(0.1, 0.4, count),
            rng.normal(0, 0.42 * deep, count),
        ],
        1,
    )
    tone = np.asarray(colour) * rng.uniform(0.6, 1.15, (count, 1))
    return boxes(at, size, "adobe", tone, sides="nsewt", turn=rng.uniform(0, 3.1, count), label="rock")
