"""What is made to measure for a room: curtains, rugs, pendant lamps, ceiling panels, daises, galleries."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.interior.cover import Grade, bars, slab, speckle
from worldloom.generate.build.interior.decor import linear
from worldloom.generate.build.interior.room import ALONG, INWARD, Opening, RoomShape
from worldloom.generate.build.site import Lamp
from worldloom.generate.shapes import disc, frustum
from worldloom.generate.spec import Colour
from worldloom.scene.surfels import OVERLAP, Surfels, join, surfels

WARM = (1.0, 0.80, 0.56)
THIN = 0.28
"""Opacity of what is around a lamp: it shows, and casts no shadow."""


def curtains(room: RoomShape, window: Opening, colour: Colour, grade: Grade, seed: int) -> Surfels:
    """Two drawn-back curtains in folds, and their rod."""
    rng = np.random.default_rng([seed, 31])
    top, bottom = min(window.high + 0.14, room.height - 0.06), 0.03 if window.low < 1.0 else window.low - 0.2
    wide = float(np.clip(0.24 * window.width, 0.22, 0.5))
    spacing = float(np.clip(grade(room.on_wall(window.side, window.middle, 0, 1.2)[None])[0], 0.012, 0.06))
    parts = []
    for left in (True, False):
        folds = max(round(wide / 0.075), 3)
        columns, rows = max(round(2.1 * wide / spacing), 6 * folds), max(round((top - bottom) / (2 * spacing)), 4)
        a, b = (index.ravel() + 0.5 for index in np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij"))
        share, high = a / columns, b / rows
        phase = rng.uniform(0, 2 * np.pi)
        swing = 0.6 + 0.4 * (1 - high)
        wave = np.sin(2 * np.pi * folds * share + phase + 0.5 * np.sin(3 * high + phase))
        edge = window.start - 0.62 * wide if left else window.end - 0.38 * wide
        u = edge + wide * share * (0.94 + 0.06 * np.cos(2 * high))
        out = 0.075 + 0.032 * wave * swing
        place = room.corner(window.side) + u[:, None] * ALONG[window.side] + out[:, None] * INWARD[window.side]
        place[:, 1] += bottom + high * (top - bottom)
        slope = 0.032 * swing * 2 * np.pi * folds / wide * np.cos(2 * np.pi * folds * share + phase)
        normal = INWARD[window.side] - slope[:, None] * ALONG[window.side]
        size = np.array([OVERLAP * 1.5 * wide / columns, OVERLAP * (top - bottom) / rows])
        cloth = surfels(place, normal, ALONG[window.side], size)
        shade = 0.86 + 0.14 * wave + 0.05 * speckle(u / 0.05, high * 6, seed)
        parts.append(cloth.painted(np.asarray(linear(colour)) * shade[:, None]).with_values(leaf=0.35))
    ends = [room.on_wall(window.side, u, 0.08, top + 0.02) for u in (window.start - wide, window.end + wide)]
    rod = frustum(ends[0], ends[1], (0.014, 0.014), 0.02, rng).painted((0.06, 0.05, 0.045))
    return join([*parts, rod]).labelled("furniture/textile").single()


def rug(
    x: float,
    z: float,
    width: float,
    depth: float,
    colour: Colour,
    second: Colour,
    grade: Grade,
    seed: int,
    floor: float,
) -> Surfels:
    """A woven rug with borders and a field of lozenges, 12 mm thick."""
    spacing = float(np.clip(grade(np.array([[x, floor, z]]))[0], 0.014, 0.08)) * 0.85
    columns, rows = max(round(width / spacing), 4), max(round(depth / spacing), 4)
    rng = np.random.default_rng([seed, 37])
    i, j = (index.ravel() + 0.5 for index in np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij"))
    i, j = i + rng.uniform(-0.25, 0.25, len(i)), j + rng.uniform(-0.25, 0.25, len(j))
    u, v = i / columns * width, j / rows * depth
    size = OVERLAP * np.array([width / columns, depth / rows])
    pieces = surfels(
        np.stack([x - width / 2 + u, np.full(len(u), floor + 0.012), z - depth / 2 + v], axis=1),
        (0, 1.0, 0),
        (1.0, 0, 0),
        size,
    )
    base, other = np.asarray(linear(colour)), np.asarray(linear(second))
    pale = 0.5 * (base + other) * 0.4 + np.array([0.36, 0.32, 0.25])
    edge = np.minimum(np.minimum(u, width - u), np.minimum(v, depth - v))
    paint = np.repeat(base[None], len(u), axis=0)
    a, b = u - width / 2, v - depth / 2
    pitch = max(min(width, depth) / 5, 0.16)
    lozenge = np.abs((a / pitch) % 1 - 0.5) + np.abs((b / pitch) % 1 - 0.5)
    paint = np.where((lozenge < 0.2)[:, None], other, paint)
    paint = np.where(((lozenge > 0.42) & (lozenge < 0.5))[:, None], pale, paint)
    middle = np.hypot(a / width, b / depth)
    paint = np.where(((middle < 0.21) & (middle > 0.185))[:, None] | (middle < 0.08)[:, None], pale, paint)
    paint = np.where(((edge < 0.22) & (edge > 0.1))[:, None], other, paint)
    paint = np.where(((edge < 0.1) | ((edge < 0.25) & (edge > 0.21)))[:, None], base * 0.6, paint)
    paint = np.where((edge < 0.035)[:, None], pale, paint)
    wear = 1 + 0.1 * speckle(u / 0.03, v / 0.03, seed) + 0.12 * speckle(u / 0.8, v / 0.8, seed + 1)
    return pieces.painted(paint * wear[:, None]).labelled("furniture/textile").single()


def pendant(x: float, z: float, ceiling: float, drop: float, radius: float, colour: Colour) -> tuple[Surfels, Lamp]:
    """A shade on a cord, lit from within."""
    rng = np.random.default_rng(41)
    low = ceiling - drop
    cord = frustum((x, low + 0.1, z), (x, ceiling, z), (0.006, 0.006), 0.012, rng).painted((0.03, 0.03, 0.03))
    skins = [
        frustum((x, low, z), (x, low + 0.7 * radius, z), (part * radius, part * 0.45 * radius), 0.017, rng)
        for part in (1.0, 0.97, 0.94)
    ]
    shade = join(skins)
    warm = np.asarray(WARM)
    shade = (
        shade.painted(linear(colour))
        .with_values(leaf=0.6, opacity=THIN)
        .glowing(np.asarray(linear(colour)) * warm * 0.9)
    )
    bulb = (
        disc((x, low + 0.02, z), 0.72 * radius, 0.03, -1.0)
        .painted((0.9, 0.85, 0.75))
        .with_values(opacity=THIN)
        .glowing(1.6 * warm)
    )
    cap = disc((x, ceiling - 0.02, z), 0.06, 0.02, -1.0).painted((0.4, 0.38, 0.35))
    lamp = Lamp((x, low + 0.06, z), (3.9, 3.3, 2.55), 9.0, always=True)
    return join([cord, shade, bulb, cap]).labelled("lamp").single(), lamp


def light_panel(x: float, z: float, ceiling: float, width: float, depth: float) -> tuple[Surfels, Lamp]:
    """A flat lamp in an office ceiling."""

    def fine(points: np.ndarray) -> np.ndarray:
        return np.full(len(points), 0.05)

    frame = slab(
        (x - width / 2 - 0.03, ceiling - 0.035, z - depth / 2 - 0.03),
        (x + width / 2 + 0.03, ceiling, z + depth / 2 + 0.03),
        fine,
        "yxXzZ",
    )
    face = slab(
        (x - width / 2, ceiling - 0.045, z - depth / 2), (x + width / 2, ceiling - 0.04, z + depth / 2), fine, "y"
    )
    lit = face.painted((0.9, 0.9, 0.88)).glowing((1.5, 1.5, 1.42))
    lamp = Lamp((x, ceiling - 0.12, z), (2.2, 2.15, 2.05), 8.0, always=True)
    return join([frame.painted((0.6, 0.6, 0.6)), lit]).labelled("lamp").single(), lamp


def dais(
    room: RoomShape, side_depth: float, width: float, steps: int, grade: Grade, colour: tuple[float, float, float]
) -> Surfels:
    """Broad steps before the north wall, highest there."""
    x, z = room.centre[0], room.min_z
    parts = []
    rng = np.random.default_rng(43)
    for step in range(steps):
        reach = side_depth - 0.35 * step
        half = width / 2 - 0.35 * step
        low, high = room.floor + 0.16 * step, room.floor + 0.16 * (step + 1)
        block = slab((x - half, low, z), (x + half, high, z + reach), grade, "YZxX")
        parts.append(block.painted(np.asarray(colour) * rng.uniform(0.92, 1.08, (len(block), 1))))
        edge = np.array([[x - half, high, z + reach + 0.004], [x + half, high, z + reach + 0.004]])
        parts.append(bars(edge[:1], edge[1:], 0.02, (0, 0.5, 0.85)).painted(np.asarray(colour) * 0.5))
    return join(parts).labelled("room/floor").with_values(gloss=0.1).single()


def gallery(
    room: RoomShape, side: int, height: float, depth: float, grade: Grade, colour: tuple[float, float, float]
) -> Surfels:
    """A balcony along a wall, with its railing and brackets."""
    length = room.length(side)
    ends = np.stack([room.on_wall(side, 0, 0, height - 0.16), room.on_wall(side, length, depth, height)])
    board = slab(ends.min(axis=0), ends.max(axis=0), grade)
    parts = [board]
    count = max(round(length / 0.16), 2)
    u = (np.arange(count) + 0.5) / count * length
    feet = room.corner(side) + u[:, None] * ALONG[side] + (depth - 0.05) * INWARD[side] + [0, height, 0]
    rise = np.array([0.0, 0.92, 0.0])
    parts.append(bars(feet, feet + rise, 0.035, INWARD[side], 0.1))
    parts.append(bars(feet + 0.004 * ALONG[side], feet + rise, 0.035, ALONG[side], 0.1))
    rail = np.stack(
        [room.on_wall(side, 0, depth - 0.09, height + 0.9), room.on_wall(side, length, depth - 0.01, height + 0.96)]
    )
    parts.append(slab(rail.min(axis=0), rail.max(axis=0), grade))
    posts = max(round(length / 2.6), 2)
    for index in range(posts + 1):
        at = float(np.clip(index / posts * length, 0.08, length - 0.08))
        post = np.stack(
            [room.on_wall(side, at - 0.07, depth - 0.14, 0), room.on_wall(side, at + 0.07, depth, height - 0.1)]
        )
        parts.append(slab(post.min(axis=0), post.max(axis=0), grade))
    wood = join(parts)
    tone = 1 + 0.12 * speckle(wood.position[:, 0] / 0.06 + wood.position[:, 1] / 0.3, wood.position[:, 2] / 0.06, 3)
    return (
        wood.painted(np.asarray(colour) * tone[:, None]).labelled("furniture/storage").with_values(gloss=0.08).single()
    )
