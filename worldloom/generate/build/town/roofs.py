"""Roofs over a rectangle, ridge along x, middle of the eaves' plane at the origin."""

# ruff: noqa: RUF005 - tuples are added to arrays here, not to lists

from __future__ import annotations

import numpy as np

from worldloom.generate.build.town.dress import Dress
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.roof_parts import LABEL, edge, gable, gutter, horns, ridge, rise_of, slope
from worldloom.generate.build.town.solid import boxes, strips, turned


def roof(wide: float, deep: float, dress: Dress, walled: bool = True) -> Quads:
    """The whole roof with its gables, eaves and ridge."""
    kind = dress.roof_kind
    if kind == "flat":
        return _flat(wide, deep, dress)
    if kind == "mono":
        return _mono(wide, deep, dress, walled)
    if kind in ("hip", "tent", "half_hip", "japanese", "mansard"):
        return _hipped(wide, deep, dress, walled)
    if kind == "dome":
        return _dome(wide, deep, dress)
    if kind == "vault":
        return _vault(wide, deep, dress)
    return _gabled(wide, deep, dress, walled)


def _gabled(wide: float, deep: float, dress: Dress, walled: bool) -> Quads:
    rise, over = rise_of(dress, wide, deep), dress.overhang
    side = min(over, 0.45) if dress.roof[0] != "kawara" else over
    drop = over * dress.pitch
    lift = dress.thick_roof * 0.7
    left, right = -wide / 2 - side, wide / 2 + side
    parts = []
    sag = 0.0 if dress.roof[0] in ("metal", "hull", "slate") else 0.012 * wide * dress.seed
    steps = 7
    share = np.linspace(0, 1, steps)
    for facing in (-1, 1):
        low = np.stack(
            [
                np.linspace(left, right, steps)[::facing],
                0 * share - drop + lift,
                0 * share + facing * (deep / 2 + over),
            ],
            1,
        )
        high = np.stack([low[:, 0], rise + lift - sag * 4 * share * (1 - share), 0 * share], 1)
        parts.append(slope(low, high, dress))
        parts.append(edge(low[0], low[-1], dress))
        for x in (left, right):
            parts.append(
                edge(np.array([x, lift - drop, facing * (deep / 2 + over)]), np.array([x, rise + lift, 0.0]), dress)
            )
        if dress.gutters:
            parts.append(gutter(left, right, lift - drop - 0.1, facing * (deep / 2 + over + 0.06)))
    middle = np.linspace(left, right, steps)
    crown = np.stack([middle, rise + lift + 0.03 - sag * 4 * share * (1 - share), 0 * share], 1)
    parts.append(ridge(crown[:-1], crown[1:], dress, 0.42 if dress.roof[0] == "thatch" else 0.22))
    if walled:
        parts += [gable(facing * wide / 2, deep, rise, dress, facing) for facing in (-1, 1)]
    if dress.roof[0] == "kawara":
        parts.append(horns(left, right, rise + lift, dress))
    return merge(parts)


def _hipped(wide: float, deep: float, dress: Dress, walled: bool) -> Quads:
    """Four slopes: hip, tent, half-hip, the curved Japanese kind, and the mansard with its two steps."""
    rise, over = rise_of(dress, wide, deep), dress.overhang
    lift = dress.thick_roof * 0.7
    kind = dress.roof_kind
    steps = 7 if kind == "japanese" else 3 if kind == "mansard" else 2
    share = np.linspace(0, 1, steps)
    inward = share * (deep / 2 + over)
    height = share * (rise + dress.pitch * over) - dress.pitch * over
    if kind == "japanese":
        height = rise * (0.42 * share + 0.58 * share**2.3) - 0.1
    if kind == "mansard":
        inward, height = np.array([0.0, 0.75, 0.55 * deep / 2]), np.array([-0.1, 2.1, 2.6])
    z = deep / 2 + over - inward
    x = wide / 2 + over - inward * (1.0 if kind != "tent" else (wide / 2 + over) / (deep / 2 + over))
    x = np.maximum(x, 0.02)
    if kind == "half_hip":
        begin = 0.62
        share = np.array([0, begin, 1])
        z, height = (
            deep / 2 + over - share * (deep / 2 + over),
            share * (rise + dress.pitch * over) - dress.pitch * over,
        )
        x = wide / 2 + min(over, 0.5) - np.array([0, 0, (1 - begin) * deep / 2 * 0.8])
    height = height + lift
    parts = []
    upturn = 0.16 * over if kind == "japanese" else 0.0
    corners = 9 if kind == "japanese" else 2
    across = np.linspace(-1, 1, corners)
    curl = upturn * np.abs(across) ** 3 * 2.6
    rows = []
    for index in range(len(x)):
        fade = (1 - index / (len(x) - 1)) ** 2 if len(x) > 1 else 1
        rows.append(np.stack([across * x[index], height[index] + curl * fade, np.full(corners, z[index])], axis=1))
    front = np.stack(rows)
    for facing in (1, -1):
        side = front * (facing, 1, facing)
        parts.append(slope(side[:-1], side[1:], dress))
        parts.append(edge(side[0, :-1], side[0, 1:], dress))
        if dress.gutters and kind != "japanese":
            parts.append(gutter(-float(x[0]), float(x[0]), float(height[0]) - 0.1, facing * float(z[0] + 0.06)))
    first = 1 if kind == "half_hip" else 0
    rows = []
    for index in range(first, len(x)):
        fade = (1 - index / (len(x) - 1)) ** 2
        rows.append(np.stack([np.full(corners, x[index]), height[index] + curl * fade, -across * z[index]], axis=1))
    end = np.stack(rows)
    for facing in (1, -1):
        side = end * (facing, 1, facing)
        parts.append(slope(side[:-1], side[1:], dress))
        parts.append(edge(side[0, :-1], side[0, 1:], dress))
        for hand in (-1, 1):
            line = np.stack(
                [facing * x, height + upturn * 2.6 * (1 - np.linspace(0, 1, len(x))) ** 2, hand * z], axis=1
            )
            if kind == "half_hip":
                parts.append(edge(line[0], line[1], dress))
            line = line[first:] + (0, 0.04, 0)
            parts.append(ridge(line[:-1], line[1:], dress, 0.3 if kind == "japanese" else 0.2))
    top = float(x[-1])
    if top > 0.1 and kind != "mansard":
        size = 0.34 if kind == "japanese" else 0.22
        parts.append(ridge((-top, height[-1] + 0.04, 0), (top, height[-1] + 0.04, 0), dress, size))
    if kind == "japanese":
        parts.append(horns(-top, top, float(height[-1]) - 0.05, dress))
    if kind == "mansard":
        half = float(z[-1])
        parts.append(
            boxes(
                (0, float(height[-1]), 0),
                (2 * top, 0.08, 2 * half),
                "metal",
                (0.2, 0.21, 0.22),
                sides="t",
                label=LABEL,
            )
        )
    if kind == "half_hip" and walled:
        parts += [gable(facing * wide / 2, deep, rise, dress, facing, half=0.6) for facing in (-1, 1)]
    return merge(parts)


def _mono(wide: float, deep: float, dress: Dress, walled: bool) -> Quads:
    rise, over, lift = rise_of(dress, wide, deep), dress.overhang, dress.thick_roof
    drop = over * dress.pitch
    left, right = -wide / 2 - over, wide / 2 + over
    low = np.array([[left, lift - drop, deep / 2 + over], [right, lift - drop, deep / 2 + over]])
    high = np.array([[left, rise + lift + drop, -deep / 2 - over], [right, rise + lift + drop, -deep / 2 - over]])
    parts = [slope(low, high, dress), edge(low[0], low[1], dress), edge(high[0], high[1], dress)]
    parts += [edge(low[index], high[index], dress) for index in (0, 1)]
    if walled:
        for x, facing in ((-wide / 2, -1), (wide / 2, 1)):
            start, end = ([x, 0, -deep / 2], [0, 0, deep]) if facing < 0 else ([x, 0, deep / 2], [0, 0, -deep])
            top = (0.0, 0.0) if facing < 0 else (1.0, 1.0)
            parts.append(quads(start, end, [0, rise, 0], *dress.wall, inset=top))
        parts.append(quads([wide / 2, 0, -deep / 2], [-wide, 0, 0], [0, rise, 0], *dress.wall))
    return merge(parts)


def _flat(wide: float, deep: float, dress: Dress) -> Quads:
    """A deck behind a parapet."""
    tall = 0.3 + 0.5 * dress.seed
    material, colour = dress.roof
    thick = 0.28
    edge = [
        ((0, tall / 2, deep / 2 - thick / 2), (wide, tall, thick)),
        ((0, tall / 2, -deep / 2 + thick / 2), (wide, tall, thick)),
        ((wide / 2 - thick / 2, tall / 2, 0), (thick, tall, deep - 2 * thick)),
        ((-wide / 2 + thick / 2, tall / 2, 0), (thick, tall, deep - 2 * thick)),
    ]
    look = dress.wall if dress.wall[0] not in ("curtain", "paper") else ("smooth", dress.trim)
    coping = [((x, tall + 0.03, z), (sx + 0.08, 0.06, sz + 0.08)) for (x, _, z), (sx, _, sz) in edge]
    return merge(
        [
            quads([-wide / 2, 0.06, deep / 2], [wide, 0, 0], [0, 0, -deep], material, colour, label=LABEL),
            boxes([c for c, _ in edge], [s for _, s in edge], *look, sides="nsew"),
            boxes([c for c, _ in coping], [s for _, s in coping], "smooth", dress.trim, label="building/trim"),
        ]
    )


def _dome(wide: float, deep: float, dress: Dress) -> Quads:
    radius = 0.5 * min(wide, deep) * 0.94
    angle = np.linspace(0, np.pi / 2, 9)
    profile = np.stack([radius * np.cos(angle), 0.25 + radius * np.sin(angle)], axis=1)
    drum = [(radius * 1.02, 0.0), (radius * 1.02, 0.25)]
    return merge(
        [
            _flat(wide, deep, dress),
            turned(drum, 28, "smooth", dress.trim, label=LABEL),
            turned(profile, 28, *dress.roof, label=LABEL),
        ]
    )


def _vault(wide: float, deep: float, dress: Dress) -> Quads:
    """A round shell from eaves to eaves."""
    rise, half = rise_of(dress, wide, deep), deep / 2 + 0.15
    angle = np.linspace(0, np.pi, 13)
    z, y = half * np.cos(angle), rise * np.sin(angle) + 0.05
    lines = np.stack([np.stack([np.full(13, x), y, z], axis=1) for x in (-wide / 2 - 0.2, wide / 2 + 0.2)], axis=1)
    ends = []
    for facing in (-1, 1):
        x = facing * wide / 2
        for index in range(6):
            bottom = y[index]
            top = y[index + 1]
            outer, inner = abs(z[index]), abs(z[index + 1])
            origin = [x, bottom, outer * facing]
            ends.append(
                quads(
                    origin,
                    [0, 0, -2 * outer * facing],
                    [0, top - bottom, 0],
                    "curtain",
                    (0.06, 0.1, 0.12),
                    inset=((outer - inner) / 2 / outer, 1 - (outer - inner) / 2 / outer),
                    glow=dress.lamplight,
                )
            )
    return merge([strips(lines[:-1], lines[1:], *dress.roof, label=LABEL), *ends])
