"""Inside of a house: floors, ceilings, a stair, an inner wall, and plain furniture on the ground floor."""

# ruff: noqa: RUF005 - tuples are added to arrays here, not to lists

from __future__ import annotations

from typing import Any

import numpy as np

from worldloom.generate.build.town.dress import Dress
from worldloom.generate.build.town.openings import INSIDE, Openings, around, rectangles
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.solid import boxes, turned

_STAIR_WIDE, _STAIR_RUN = 0.95, 0.24
BEHIND = _STAIR_WIDE + 0.3
"""Metres of the back of a ground floor that are kept for stairs."""


def partition_at(wide: float, door: float) -> float | None:
    """x of the wall across a ground floor `wide` metres wide inside, away from the entrance, if it has one."""
    return wide * (0.16 if door <= 0 else -0.16) if wide > 6.4 else None


def rooms(
    center: tuple[float, float],
    size: tuple[float, float],
    levels: list[tuple[float, float]],
    dress: Dress,
    door: float | None,
    plain: bool = True,
) -> Quads:
    """All that is inside of one rectangle of a house. `door`: x of the entrance in its front, if it has one; `plain`:
    with the few things that can be told from the street."""
    wide, deep = size[0] - 2 * dress.thick, size[1] - 2 * dress.thick
    parts: list[Quads] = []
    rise = levels[0][1] - levels[0][0]
    steps = max(round(rise / 0.19), 3)
    run = steps * _STAIR_RUN
    stair = len(levels) > 1 and run < wide - 1.2 and deep > 3.2 and door is not None
    hole = (wide / 2 - run - 0.1, wide / 2, -deep / 2, -deep / 2 + _STAIR_WIDE + 0.1) if stair else None
    for index, (low, high) in enumerate(levels):
        floor_hole = hole if index == 1 else None
        ceiling_hole = hole if index == 0 else None
        material = ("checker", (0.5, 0.45, 0.38)) if index == 0 and dress.shop else dress.floor
        fine = 1.15 if index == 0 else 1.6
        for x0, x1, z0, z1 in _without(wide, deep, floor_hole):
            parts.append(
                quads(
                    [x0, low, z1],
                    [x1 - x0, 0, 0],
                    [0, 0, z0 - z1],
                    *material,
                    label="room/floor",
                    reach=INSIDE,
                    fine=fine,
                )
            )
        for x0, x1, z0, z1 in _without(wide, deep, ceiling_hole):
            parts.append(
                quads(
                    [x0, high - 0.22, z0],
                    [x1 - x0, 0, 0],
                    [0, 0, z1 - z0],
                    "lime",
                    (0.66, 0.63, 0.56),
                    label="room/ceiling",
                    reach=INSIDE,
                    fine=1.6,
                )
            )
    if dress.timber is not None or dress.wall[0] in ("logs", "clapboard"):
        count = max(int(wide / 1.1), 1)
        at = [[x, levels[0][1] - 0.3, 0] for x in (np.arange(count) + 0.5) * wide / count - wide / 2]
        tone = dress.timber or (0.16, 0.095, 0.05)
        parts.append(boxes(at, (0.16, 0.18, deep), "wood", tone, sides="ewb", label="room/ceiling", reach=30))
    if stair:
        parts.append(_stair(wide, deep, levels[0], steps, run))
    low = levels[0][0]
    at = None if door is None else partition_at(wide, door)
    if at is not None:
        parts.append(_partition(deep, levels[0], dress, at))
    if plain:
        parts.append(_furniture(wide, deep, low, dress, door))
    return merge(parts).placed(0.0, (center[0], 0, center[1]))


def _without(
    wide: float, deep: float, hole: tuple[float, float, float, float] | None
) -> list[tuple[float, float, float, float]]:
    """Rectangles that make up a floor without a hole at its back on the right."""
    left, right, back, front = -wide / 2, wide / 2, -deep / 2, deep / 2
    if hole is None:
        return [(left, right, back, front)]
    x0, _, _, z1 = hole
    return [(left, right, z1, front), (left, x0, back, z1)]


def _stair(wide: float, deep: float, level: tuple[float, float], steps: int, run: float) -> Quads:
    """A straight flight along the back wall, up to the left."""
    low, high = level
    number = np.arange(steps)
    tall = (high - low) / steps
    y = low + (number + 1) * tall
    x = wide / 2 - (number + 0.5) * _STAIR_RUN
    z = -deep / 2 + _STAIR_WIDE / 2
    treads = np.stack([x, y - 0.03, 0 * x + z], axis=1)
    risers = np.stack([x + _STAIR_RUN / 2, y - tall / 2, 0 * x + z], axis=1)
    look: dict[str, Any] = {"label": "building/stairs", "reach": 30.0}
    posts = np.stack([x[::2], y[::2] + 0.42, 0 * x[::2] + z + _STAIR_WIDE / 2], axis=1)
    slope = np.array([-run, high - low, 0])
    rail = quads(
        [wide / 2, low + 0.85, z + _STAIR_WIDE / 2 + 0.02], slope, [0, 0.08, 0], "wood", (0.2, 0.12, 0.06), reach=30
    )
    return merge(
        [
            boxes(treads, (_STAIR_RUN + 0.03, 0.06, _STAIR_WIDE), "wood", (0.26, 0.16, 0.08), **look),
            boxes(risers, (0.03, tall, _STAIR_WIDE), "wood", (0.2, 0.12, 0.06), sides="we", **look),
            boxes(posts, (0.05, 0.85, 0.05), "wood", (0.2, 0.12, 0.06), sides="nsew", **look),
            rail,
        ]
    )


def _partition(deep: float, level: tuple[float, float], dress: Dress, at: float) -> Quads:
    """A wall across the house with a doorway in it, away from the entrance."""
    low, high = level[0], level[1] - 0.22
    start, end = -deep / 2 + BEHIND, deep / 2
    length = end - start
    middle = length * 0.5
    cell = np.array([[0.0, length, low, high]])
    hole = np.array([[middle - 0.46, middle + 0.46, low, low + 2.02]])
    openings = Openings(cell, hole, np.array([True]), np.array([False]))
    pieces = around(openings)
    faces = merge(
        [
            rectangles(pieces, 0.06, dress.inner, label="room/wall", reach=35, fine=1.2),
            rectangles(pieces, -0.06, dress.inner, back=True, label="room/wall", reach=35, fine=1.2),
            boxes(
                [[middle - 0.5, low + 1.02, 0], [middle + 0.5, low + 1.02, 0], [middle, low + 2.07, 0]],
                [[0.09, 2.1, 0.16], [0.09, 2.1, 0.16], [1.1, 0.09, 0.16]],
                "wood",
                dress.door,
                label="room/door",
                reach=35,
            ),
        ]
    )
    return faces.placed(np.pi / 2, (at, 0, end))


def _furniture(wide: float, deep: float, low: float, dress: Dress, door: float | None) -> Quads:
    """A table with benches, a bed, shelves, a hearth and a rug, along the walls and clear of the door."""
    hand = -1.0 if (door or 0.0) > 0 else 1.0
    wood = tuple(0.7 + 0.6 * dress.seed for _ in range(3))
    tone = tuple(np.multiply((0.27, 0.16, 0.08), wood))
    near: dict[str, Any] = {"reach": 28.0}
    parts: list[Quads] = []
    table = np.array([hand * wide * 0.31, low, -deep * 0.05])
    long = min(1.7, deep * 0.3)
    legs = [table + (x, 0.36, z) for x in (-0.33, 0.33) for z in (-long / 2 + 0.1, long / 2 - 0.1)]
    parts.append(boxes(table + (0, 0.74, 0), (0.82, 0.06, long), "wood", tone, label="furniture/table", **near))
    parts.append(boxes(legs, (0.08, 0.72, 0.08), "wood", tone, sides="nsew", label="furniture/table", **near))
    for side in (-1, 1):
        bench = table + (side * 0.68, 0, 0)
        parts.append(
            boxes(bench + (0, 0.44, 0), (0.3, 0.05, long * 0.95), "wood", tone, label="furniture/seat", **near)
        )
        feet = [bench + (0, 0.21, z) for z in (-long * 0.38, long * 0.38)]
        parts.append(boxes(feet, (0.26, 0.42, 0.06), "wood", tone, sides="nsew", label="furniture/seat", **near))
    bowl = [(0.02, 0.0), (0.12, 0.03), (0.15, 0.09)]
    for z in (-long * 0.25, long * 0.2):
        at = table + (0.12, 0.77, z)
        parts.append(
            turned(bowl, 10, "smooth", (0.4, 0.24, 0.12), center=at, label="furniture/decoration", fine=0.4, **near)
        )
        parts.append(
            turned(
                bowl,
                10,
                "smooth",
                (0.3, 0.18, 0.1),
                center=at,
                inward=True,
                label="furniture/decoration",
                fine=0.4,
                **near,
            )
        )
    rug = (hand * wide * 0.31, low + 0.012, -deep * 0.05)
    cloth = tuple(0.6 * c + 0.05 for c in dress.accent)
    parts.append(boxes(rug, (2.1, 0.02, long + 0.9), "awning", cloth, sides="t", label="furniture/textile", **near))
    case = np.array([-hand * (wide / 2 - 0.2), low, -deep * 0.16])
    if deep > 3.4:
        shelves = [case + (0, y, 0) for y in (0.05, 0.5, 0.95, 1.4, 1.85)]
        parts.append(boxes(shelves, (0.36, 0.04, 1.3), "wood", tone, label="furniture/storage", **near))
        sides = [case + (0, 0.95, z) for z in (-0.65, 0.65)]
        parts.append(boxes(sides, (0.36, 1.9, 0.04), "wood", tone, label="furniture/storage", **near))
        rng = np.random.default_rng(int(dress.seed * 1e6))
        count = 44
        shelf = np.arange(count) % 4
        size = np.stack(
            [rng.uniform(0.14, 0.24, count), rng.uniform(0.2, 0.34, count), rng.uniform(0.03, 0.09, count)], 1
        )
        at = case + np.stack([0 * size[:, 0], 0.07 + 0.45 * shelf + size[:, 1] / 2, rng.uniform(-0.58, 0.58, count)], 1)
        dyes = np.array(
            [(0.3, 0.06, 0.04), (0.06, 0.13, 0.2), (0.28, 0.2, 0.08), (0.08, 0.15, 0.07), (0.4, 0.36, 0.28)]
        )
        parts.append(
            boxes(
                at, size, "smooth", dyes[rng.integers(0, 5, count)], sides="nsewt", label="furniture/decoration", **near
            )
        )
    bed = np.array([-hand * (wide / 2 - 0.65), low, deep / 2 - 1.15])
    if wide > 5.2:
        parts.append(boxes(bed + (0, 0.2, 0), (1.1, 0.3, 2.0), "wood", tone, label="furniture/bed", **near))
        parts.append(
            boxes(bed + (0, 0.42, 0), (1.04, 0.18, 1.92), "cloth", (0.62, 0.58, 0.5), label="furniture/bed", **near)
        )
        parts.append(boxes(bed + (0, 0.47, -0.35), (1.1, 0.14, 1.2), "cloth", cloth, label="furniture/bed", **near))
        parts.append(
            boxes(bed + (0, 0.55, 0.75), (0.7, 0.14, 0.36), "cloth", (0.75, 0.72, 0.66), label="furniture/bed", **near)
        )
    hearth = np.array([hand * (wide / 2 - 0.3), low, -deep * 0.05])
    if dress.chimney:
        stone = ("rubble", (0.3, 0.27, 0.23))
        walls = [hearth + (0, 0.5, -0.65), hearth + (0, 0.5, 0.65)]
        parts.append(boxes(walls, (0.6, 1.0, 0.3), *stone, label="furniture", **near))
        parts.append(boxes(hearth + (0, 1.12, 0), (0.7, 0.24, 1.7), *stone, label="furniture", **near))
        parts.append(
            boxes(hearth + (0.02 * hand, 1.9, 0), (0.5, 1.4, 1.2), *stone, sides="nsew", label="furniture", **near)
        )
        parts.append(
            boxes(
                hearth + (hand * 0.2, 0.5, 0),
                (0.04, 1.0, 1.0),
                "smooth",
                (0.02, 0.018, 0.016),
                label="furniture",
                **near,
            )
        )
        embers = [hearth + (0, 0.08, -0.15), hearth + (0, 0.08, 0.15), hearth + (0, 0.2, 0)]
        parts.append(
            boxes(
                embers, (0.4, 0.11, 0.11), "wood", (0.1, 0.05, 0.03), glow=(1.4, 0.4, 0.08), label="furniture", **near
            )
        )
    return merge(parts)
