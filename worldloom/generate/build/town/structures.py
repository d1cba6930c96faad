"""Greenhouses, gazebos, bridges and piers."""

# ruff: noqa: RUF005 - tuples are added to arrays here, not to lists

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from worldloom.generate.build.town.masonry import WOOD, Look
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.solid import beams, boxes, plate, strips, turned
from worldloom.scene.semantics import label_index


def greenhouse(look: Look) -> Quads:
    """Glass between white bars, beds of plants inside."""
    bar = look.colour or (0.72, 0.72, 0.7)
    wide, long, eaves, ridge = 5.0, 9.0, 2.1, 3.5
    parts = [boxes([(0, 0.2, s * (long / 2)) for s in (-1, 1)], (wide, 0.7, 0.2), "brick", (0.33, 0.12, 0.07))]
    parts.append(boxes([(s * wide / 2, 0.2, 0) for s in (-1, 1)], (0.2, 0.7, long), "brick", (0.33, 0.12, 0.07)))
    glass: dict[str, Any] = {"label": "building/window", "opacity": 0.12}
    z = np.linspace(-long / 2, long / 2, 10)
    for hand in (-1, 1):
        start = [hand * wide / 2, 0.5, hand * long / 2]
        parts.append(quads(start, [0, 0, -hand * long], [0, eaves - 0.5, 0], "glass", (0.4, 0.5, 0.48), **glass))
        slope = [hand * wide / 2, eaves, hand * long / 2]
        parts.append(
            quads(slope, [0, 0, -hand * long], [-hand * wide / 2, ridge - eaves, 0], "glass", (0.4, 0.5, 0.48), **glass)
        )
        foot = np.stack([0 * z + hand * wide / 2, 0 * z + 0.4, z], axis=1)
        top = np.stack([0 * z + hand * wide / 2, 0 * z + eaves, z], axis=1)
        crown = np.stack([0 * z, 0 * z + ridge, z], axis=1)
        parts.append(beams(foot, top, 0.06, 0.06, "metal", bar))
        parts.append(beams(top, crown, 0.06, 0.06, "metal", bar))
        parts.append(
            beams([top[0], (foot[0] + top[0]) / 2], [top[-1], (foot[-1] + top[-1]) / 2], 0.06, 0.08, "metal", bar)
        )
        end = hand * long / 2
        face = quads(
            [-hand * wide / 2, 0.5, end], [hand * wide, 0, 0], [0, eaves - 0.5, 0], "glass", (0.4, 0.5, 0.48), **glass
        )
        gable = quads(
            [-hand * wide / 2, eaves, end],
            [hand * wide, 0, 0],
            [0, ridge - eaves, 0],
            "glass",
            (0.4, 0.5, 0.48),
            inset=(0.5, 0.5),
            **glass,
        )
        parts += [face, gable]
        x = np.linspace(-wide / 2, wide / 2, 6)
        low = np.stack([x, 0 * x + 0.4, 0 * x + end], axis=1)
        high = np.stack([x, ridge - np.abs(x) / (wide / 2) * (ridge - eaves), 0 * x + end], axis=1)
        parts.append(beams(low, high, 0.06, 0.06, "metal", bar))
        parts.append(beams([(-wide / 2, eaves, end)], [(wide / 2, eaves, end)], 0.06, 0.08, "metal", bar))
    parts.append(beams([(0, ridge, -long / 2)], [(0, ridge, long / 2)], 0.1, 0.1, "metal", bar))
    for x in (-1.5, 1.5):
        parts.append(boxes((x, 0.35, 0), (1.3, 0.7, long - 1.0), "wood", WOOD, sides="nsew"))
        parts.append(
            boxes((x, 0.66, 0), (1.26, 0.06, long - 1.04), "turf", (0.06, 0.045, 0.03), sides="t", label="ground/soil")
        )
    rng = np.random.default_rng([look.seed, 29])
    count = 60
    at = np.stack(
        [
            rng.choice([-1.5, 1.5], count) + rng.uniform(-0.5, 0.5, count),
            0.85 + rng.uniform(0, 0.25, count),
            rng.uniform(-3.8, 3.8, count),
        ],
        1,
    )
    tone = np.array([0.05, 0.13, 0.025]) * rng.uniform(0.7, 1.6, (count, 1))
    tone[::6] = (0.45, 0.06, 0.03)
    parts.append(
        boxes(
            at,
            rng.uniform(0.2, 0.5, (count, 3)),
            "turf",
            tone,
            sides="nsewt",
            turn=rng.uniform(0, 3, count),
            label="plant/crop",
        )
    )
    return merge(parts)


def gazebo(look: Look) -> Quads:
    """Eight posts, a railing, and a pointed roof."""
    white = look.colour or (0.72, 0.71, 0.67)
    angle = (np.arange(8) + 0.5) * np.pi / 4
    ring = np.stack([2.1 * np.sin(angle), 0 * angle, 2.1 * np.cos(angle)], axis=1)
    after = np.roll(ring, -1, axis=0)
    parts = [turned([(2.6, -0.3), (2.6, 0.3)], 8, "stone", (0.36, 0.34, 0.3), start=np.pi / 8)]
    parts.append(plate((0, 0.3, 0), 2.5, "floorboards", (0.3, 0.2, 0.11)))
    parts.append(beams(ring + (0, 0.3, 0), ring + (0, 2.7, 0), 0.15, 0.15, "wood", white, fine=0.7))
    parts.append(beams(ring + (0, 2.6, 0), after + (0, 2.6, 0), 0.14, 0.22, "wood", white, fine=0.7))
    closed = np.arange(8) != 7
    parts.append(beams(ring[closed] + (0, 1.15, 0), after[closed] + (0, 1.15, 0), 0.09, 0.08, "wood", white))
    for share in np.linspace(0.1, 0.9, 9):
        post = ring[closed] * (1 - share) + after[closed] * share
        parts.append(beams(post + (0, 0.35, 0), post + (0, 1.12, 0), 0.04, 0.04, "wood", white))
    parts.append(
        turned(
            [(2.75, 2.65), (1.3, 3.45), (0.12, 4.15)],
            8,
            "shingle",
            (0.15, 0.16, 0.17),
            start=np.pi / 8,
            label="building/roof",
        )
    )
    parts.append(turned([(2.1, 2.7), (2.75, 2.63)], 8, "planks", white, start=np.pi / 8, label="building/roof"))
    parts.append(turned([(0.12, 4.1), (0.16, 4.3), (0.0, 4.6)], 8, "wood", white, fine=0.5))
    parts.append(boxes((0, 0.1, 2.75), (1.6, 0.2, 0.7), "stone", (0.36, 0.34, 0.3), label="building/stairs"))
    return merge(parts)


def bridge(look: Look) -> Quads:
    """A stone bridge of two arches along x, with parapets."""
    coat = look.wall("stone", (0.35, 0.32, 0.27))
    length, wide = 18.0, 4.2
    x = np.linspace(-length / 2, length / 2, 19)
    crown = 2.3 * np.cos(x / length * np.pi) ** 0.8 * 0.75 + 0.35
    arch_half, spring = 3.4, -0.6
    parts: list[Quads] = []
    middles = (-4.2, 4.2)

    def under(place: float) -> float:
        for middle in middles:
            away = abs(place - middle)
            if away < arch_half:
                return spring + 2.3 * float(np.sqrt(1 - (away / arch_half) ** 2))
        return -2.0

    fine = np.linspace(-length / 2, length / 2, 73)
    for a, b in pairwise(fine):
        low = max(under((a + b) / 2), -2.0)
        high = float(np.interp((a + b) / 2, x, crown)) + 0.75
        for facing in (1, -1):
            start = [a if facing > 0 else b, low, facing * wide / 2]
            parts.append(quads(start, [facing * (b - a), 0, 0], [0, high - low, 0], *coat))
            back = [b if facing > 0 else a, high - 0.75, facing * (wide / 2 - 0.35)]
            parts.append(quads(back, [-facing * (b - a), 0, 0], [0, 0.75, 0], *coat, fine=0.9))
    top = np.stack([x, crown, 0 * x], axis=1)
    parts.append(strips(top + (0, 0, wide / 2), top - (0, 0, wide / 2), "cobble", (0.29, 0.27, 0.23)))
    for hand in (-1, 1):
        rail = top + (0, 0.78, hand * (wide / 2 - 0.17))
        parts.append(beams(rail[:-1], rail[1:], 0.46, 0.14, "stone", tuple(1.12 * c for c in coat[1])))
    for middle in middles:
        angle = np.linspace(np.pi, 0, 15)
        line = np.stack(
            [middle + arch_half * np.cos(angle), spring + 2.3 * np.sin(angle), 0 * angle + wide / 2], axis=1
        )
        pairs = np.stack([line, line - (0, 0, wide)]).transpose(1, 0, 2)
        parts.append(strips(pairs[:-1], pairs[1:], *coat))
        for hand in (-1, 1):
            ring = line * (1, 1, 0) + (0, 0.12, hand * (wide / 2 + 0.03))
            parts.append(beams(ring[:-1], ring[1:], 0.12, 0.4, "stone", tuple(1.15 * c for c in coat[1])))
    parts.append(boxes((0, -0.4, 0), (1.4, 2.6, wide + 1.2), *coat, sides="nsewt"))
    return merge(parts).with_values(label=label_index("building/bridge"))


def pier(look: Look) -> Quads:
    """Planks on posts, out along -Z."""
    rng = np.random.default_rng([look.seed, 31])
    count, wide = 90, 2.6
    z = 9.0 - (np.arange(count) + 0.5) * 0.2
    at = np.stack([rng.uniform(-0.05, 0.05, count), 1.0 + rng.uniform(-0.008, 0.008, count), z], axis=1)
    tone = np.asarray(look.colour or (0.26, 0.19, 0.13)) * rng.uniform(0.75, 1.25, (count, 1))
    parts = [boxes(at, (wide, 0.06, 0.185), "wood", tone, sides="nsewt", turn=rng.uniform(-0.008, 0.008, count))]
    parts.append(boxes([(x, 0.86, 0) for x in (-1.0, 1.0)], (0.16, 0.22, 18.0), "wood", WOOD, sides="nsewb"))
    for index, place in enumerate(np.arange(8.5, -9.0, -2.8)):
        for x in (-1.35, 1.35):
            tall = 1.95 if index % 2 == 0 else 1.2
            parts.append(
                turned(
                    [(0.15, -3.0), (0.13, tall), (0.0, tall + 0.03)],
                    10,
                    "wood",
                    (0.2, 0.14, 0.095),
                    center=(x, 0, float(place)),
                    fine=0.8,
                )
            )
    return merge(parts)
