"""Things that stand in streets: lamps, a well or fountain, stalls, benches, barrels, fences."""

# ruff: noqa: RUF005 - tuples are added to arrays here, not to lists

from __future__ import annotations

from typing import Any

import numpy as np

from worldloom.generate.build.site import Lamp
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.solid import beams, boxes, plate, striped, turned
from worldloom.generate.build.town.streets import GRID
from worldloom.generate.spec import TownStyle
from worldloom.scene.surfels import Array

_IRON = (0.035, 0.037, 0.04)
_WARM, _COLD = (2.6, 1.45, 0.55), (1.7, 2.0, 2.3)


def street_lamp(style: TownStyle) -> tuple[Quads, Lamp]:
    """A lamp at the origin."""
    if style in GRID:
        tall, glow = 5.6, _COLD if style == "futuristic" else (2.4, 1.9, 1.25)
        parts = [
            turned([(0.11, 0), (0.07, 0.4), (0.05, tall)], 8, "metal", (0.16, 0.17, 0.18), label="lamp", fine=0.7),
            boxes((0, tall, 0.55), (0.09, 0.08, 1.2), "metal", (0.16, 0.17, 0.18), label="lamp"),
            boxes((0, tall - 0.05, 0.9), (0.22, 0.05, 0.5), "light", (0.7, 0.7, 0.68), label="lamp", glow=glow),
        ]
        return merge(parts), Lamp((0, tall - 0.2, 0.9), (32 * glow[0], 32 * glow[1], 32 * glow[2]), 22.0)
    if style == "japanese":
        stone = ("rubble", (0.3, 0.29, 0.27))
        parts = [
            turned(
                [(0.3, 0), (0.28, 0.18), (0.1, 0.22), (0.1, 0.95), (0.27, 1.05), (0.27, 1.12)],
                8,
                *stone,
                label="lamp",
                fine=0.6,
            ),
            boxes((0, 1.3, 0), (0.3, 0.34, 0.3), "light", (0.6, 0.5, 0.32), sides="nsew", label="lamp", glow=_WARM),
            turned([(0.46, 1.46), (0.2, 1.62), (0.0, 1.78)], 8, *stone, label="lamp", fine=0.6),
        ]
        return merge(parts), Lamp((0, 1.35, 0), (2.4, 1.35, 0.5), 8.0)
    tall = 3.1
    parts = [
        turned([(0.13, 0), (0.11, 0.3), (0.05, 0.45), (0.04, tall)], 8, "iron", _IRON, label="lamp", fine=0.6),
        turned([(0.1, tall), (0.17, tall + 0.36)], 6, "light", (0.7, 0.6, 0.4), label="lamp", glow=_WARM, fine=0.6),
        turned([(0.22, tall + 0.36), (0.08, tall + 0.52), (0.0, tall + 0.6)], 6, "iron", _IRON, label="lamp", fine=0.6),
        beams([(-0.3, tall - 0.25, 0)], [(0.3, tall - 0.25, 0)], 0.03, 0.03, "iron", _IRON, label="lamp", reach=40),
    ]
    return merge(parts), Lamp((0, tall + 0.2, 0), (10.0, 5.7, 2.2), 15.0)


def well() -> Quads:
    """A round well with a small roof."""
    wood, stone = (0.15, 0.09, 0.05), (0.31, 0.29, 0.25)
    posts = [(-0.85, 0, 0), (0.85, 0, 0)]
    parts = [
        turned([(1.0, -0.1), (0.98, 0.8)], 20, "rubble", stone, fine=0.6, label="object"),
        turned([(0.72, 0.1), (0.72, 0.8)], 20, "rubble", stone, inward=True, fine=0.6, label="object"),
        turned([(0.98, 0.8), (0.72, 0.82)], 20, "stone", (0.36, 0.34, 0.3), fine=0.5, label="object"),
        plate((0, 0.25, 0), 0.72, "glass", (0.02, 0.03, 0.035), label="object"),
        beams(posts, np.add(posts, (0, 2.3, 0)), 0.14, 0.14, "wood", wood, label="object"),
        beams([(-0.85, 1.6, 0)], [(0.85, 1.6, 0)], 0.16, 0.16, "wood", wood, label="object"),
    ]
    for side in (1, -1):
        parts.append(
            quads(
                [-side * 1.2, 2.05, side * 0.85],
                [side * 2.4, 0, 0],
                [0, 0.75, -side * 0.85],
                "shingle",
                (0.17, 0.11, 0.07),
                label="object",
            )
        )
        parts.append(
            quads(
                [side * 1.2, 2.0, side * 0.85],
                [-side * 2.4, 0, 0],
                [0, 0.75, -side * 0.85],
                "planks",
                wood,
                label="object",
                reach=40,
            )
        )
    return merge(parts)


def fountain(stone: tuple[float, float, float]) -> Quads:
    """Two basins and a column."""
    rim = [(2.3, -0.1), (2.35, 0.5), (2.1, 0.52), (2.1, 0.2)]
    bowl = [(0.18, 1.0), (0.9, 1.45), (0.98, 1.52), (0.9, 1.5)]
    column = [(0.42, 0.1), (0.3, 0.5), (0.2, 1.0)]
    top = [(0.16, 1.45), (0.12, 2.0), (0.3, 2.15), (0.12, 2.3), (0.0, 2.5)]
    jets = [(0.92, 1.5), (1.2, 0.95), (1.32, 0.42)]
    look: dict[str, Any] = {"label": "object/statue", "fine": 0.6}
    parts = [turned(line, 24, "marble", stone, **look) for line in (rim, bowl, column, top)]
    parts += [
        plate((0, 0.42, 0), 2.1, "glass", (0.05, 0.13, 0.15), label="water"),
        plate((0, 1.5, 0), 0.9, "glass", (0.06, 0.15, 0.17), label="water"),
        turned(jets, 24, "glass", (0.5, 0.6, 0.62), label="water/waterfall", opacity=0.25, fine=0.7),
    ]
    return merge(parts)


LANTERN = Lamp((0.0, 1.85, 0.55), (3.0, 1.7, 0.65), 7.0)
"""In a market stall."""


def market_stall(colour: tuple[float, float, float], seed: int) -> Quads:
    """A table of goods under a striped roof."""
    rng = np.random.default_rng(seed)
    wood = (0.21, 0.13, 0.07)
    feet = np.array([(x, 0, z) for x in (-1.3, 1.3) for z in (-0.8, 0.8)])
    tall = np.where(feet[:, 2] > 0, 2.15, 2.5)
    tops = feet + np.stack([0 * tall, tall, 0 * tall], axis=1)
    parts = [
        beams(feet, tops, 0.09, 0.09, "wood", wood, label="object"),
        boxes((0, 0.85, 0.15), (2.5, 0.07, 1.2), "planks", wood, label="object"),
        striped([-1.25, 0.1, 0.75], [2.5, 0, 0], [0, 0.74, 0], colour, label="object"),
        striped([-1.5, 2.05, 1.15], [3.0, 0, 0], [0, 0.55, -2.2], colour, label="object"),
        striped([1.5, 2.03, 1.15], [-3.0, 0, 0], [0, 0.55, -2.2], tuple(0.7 * c for c in colour), label="object"),
        striped([-1.5, 1.85, 1.15], [3.0, 0, 0], [0, 0.2, 0], colour, label="object"),
    ]
    light = boxes(
        (0, 1.95, 0.55), (0.16, 0.22, 0.16), "light", (0.7, 0.6, 0.4), sides="nsewb", label="lamp", glow=_WARM
    )
    parts.append(light)
    crates = [(x, 0.98, 0.2) for x in (-0.95, -0.32, 0.32, 0.95)]
    parts.append(boxes(crates, (0.55, 0.18, 0.8), "wood", (0.3, 0.2, 0.11), sides="nsew", label="object"))
    dyes = np.array([(0.5, 0.06, 0.04), (0.55, 0.3, 0.03), (0.12, 0.25, 0.05), (0.5, 0.42, 0.08)])
    for index, (x, y, z) in enumerate(crates):
        at = np.array([x, y + 0.1, z]) + rng.uniform(-1, 1, (26, 3)) * (0.22, 0.03, 0.34)
        parts.append(
            boxes(
                at,
                0.1,
                "smooth",
                dyes[index] * rng.uniform(0.7, 1.2, (26, 1)),
                turn=rng.uniform(0, 1.5, 26),
                sides="nsewt",
                label="object",
                reach=40,
            )
        )
    return merge(parts)


def bench(style: TownStyle) -> Quads:
    wood = (0.2, 0.12, 0.06) if style != "futuristic" else (0.3, 0.32, 0.34)
    slats = [(0, 0.44, z) for z in (-0.16, 0.0, 0.16)]
    backs = [(0, y, -0.25) for y in (0.62, 0.8)]
    legs = [(x, 0.22, 0) for x in (-0.65, 0.65)]
    look: dict[str, Any] = {"label": "furniture/seat", "reach": 60}
    return merge(
        [
            boxes(slats, (1.6, 0.05, 0.13), "wood", wood, **look),
            boxes(backs, (1.6, 0.12, 0.04), "wood", wood, **look),
            boxes(legs, (0.07, 0.44, 0.42), "iron", _IRON, **look),
        ]
    )


def barrel() -> Quads:
    profile = [(0.25, 0), (0.31, 0.25), (0.32, 0.42), (0.31, 0.6), (0.25, 0.85)]
    hoops = [[(0.315, y - 0.03), (0.315, y + 0.03)] for y in (0.2, 0.65)]
    look: dict[str, Any] = {"label": "object", "fine": 0.6, "reach": 70}
    parts = [turned(profile, 14, "planks", (0.24, 0.14, 0.07), **look)]
    parts += [turned(hoop, 14, "iron", _IRON, **look) for hoop in hoops]
    return merge([*parts, plate((0, 0.84, 0), 0.25, "wood", (0.2, 0.12, 0.06), label="object", reach=70)])


def crate() -> Quads:
    return merge(
        [
            boxes(
                (0, 0.29, 0), (0.58, 0.58, 0.58), "planks", (0.3, 0.2, 0.11), sides="nsewt", label="object", reach=70
            ),
            boxes(
                [(0, 0.55, 0), (0, 0.03, 0)], (0.62, 0.07, 0.62), "wood", (0.24, 0.16, 0.09), label="object", reach=50
            ),
        ]
    )


def flower_pot() -> Quads:
    return merge(
        [
            turned(
                [(0.13, 0), (0.2, 0.36), (0.23, 0.4)],
                10,
                "smooth",
                (0.4, 0.17, 0.08),
                label="object",
                fine=0.6,
                reach=60,
            ),
            turned(
                [(0.18, 0.36), (0.32, 0.5), (0.26, 0.72), (0.0, 0.85)],
                8,
                "turf",
                (0.05, 0.13, 0.03),
                label="plant/bush",
                fine=0.6,
                reach=70,
            ),
        ]
    )


def fence(start: Array, end: Array, levels: tuple[float, float], kind: str) -> Quads:
    """A fence or wall between two places (2,) at those heights."""
    a = np.array([start[0], levels[0], start[1]])
    b = np.array([end[0], levels[1], end[1]])
    length = float(np.linalg.norm(b - a))
    if kind == "wall":
        middle = (a + b) / 2
        turn = float(np.arctan2(-(b - a)[2], (b - a)[0]))
        parts = [
            boxes(
                middle + (0, 0.35, 0),
                (length, 1.5, 0.34),
                "rubble",
                (0.31, 0.29, 0.25),
                sides="nsewt",
                turn=turn,
                label="object/fence",
            ),
            boxes(
                middle + (0, 1.13, 0),
                (length, 0.1, 0.44),
                "stone",
                (0.34, 0.32, 0.28),
                turn=turn,
                label="object/fence",
                reach=60,
            ),
        ]
        return merge(parts)
    count = max(int(length / 0.16), 2) if kind == "picket" else max(int(length / 1.8), 1) + 1
    share = np.linspace(0, 1, count)[:, None]
    foot = a + share * (b - a)
    wood = (0.68, 0.66, 0.61) if kind == "picket" else (0.2, 0.14, 0.09)
    tall = 0.85 if kind == "picket" else 1.05
    look: dict[str, Any] = {"label": "object/fence", "reach": 40.0 if kind == "picket" else 90.0}
    rails = (0.25, 0.68) if kind == "picket" else (0.4, 0.85)
    starts, ends = [a + (0, y, 0) for y in rails], [b + (0, y, 0) for y in rails]
    return merge(
        [
            beams(
                foot - (0, 0.3, 0),
                foot + (0, tall, 0),
                0.07 if kind == "picket" else 0.1,
                0.04 if kind == "picket" else 0.1,
                "wood",
                wood,
                **look,
            ),
            beams(starts, ends, 0.05, 0.08, "wood", wood, label="object/fence", reach=120),
        ]
    )
