"""Roofs over a rectangle, ridge along x, middle of the eaves' plane at the origin."""

# ruff: noqa: RUF005 - tuples are added to arrays here, not to lists

from __future__ import annotations

import numpy as np

from worldloom.generate.build.town.dress import Dress
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.solid import beams, boxes, strips, turned
from worldloom.generate.surfels import Array, Vector

_LABEL = "building/roof"


def rise_of(dress: Dress, wide: float, deep: float) -> float:
    """Metres from the eaves to the ridge."""
    kind = dress.roof_kind
    if kind == "flat":
        return 0.0
    if kind == "dome":
        return 0.5 * min(wide, deep)
    if kind == "mono":
        return dress.pitch * deep
    if kind == "vault":
        return 0.32 * deep
    if kind == "mansard":
        return 2.6
    return dress.pitch * min(deep, wide if kind == "tent" else deep) / 2


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


def _slope(low: Array, high: Array, dress: Dress) -> Quads:
    """Faces between lines of points from the eaves (first) to the ridge (last), and their undersides."""
    material, colour = dress.roof
    under = (0.16, 0.1, 0.06) if material != "thatch" else (0.17, 0.12, 0.05)
    drop = np.array([0, dress.thick_roof, 0])
    return merge(
        [
            strips(low, high, material, colour, label=_LABEL),
            strips(low - drop, high - drop, "planks", under, inward=True, label=_LABEL, reach=60, fine=1.4),
        ]
    )


def _edge(start: Array, end: Array, dress: Dress) -> Quads:
    """The boards or the cut thatch along an edge of the roof."""
    start, end = np.atleast_2d(start), np.atleast_2d(end)
    drop = np.array([0, dress.thick_roof / 2, 0])
    thatch = dress.roof[0] in ("thatch", "turf")
    look = ("thatch", tuple(0.8 * c for c in dress.roof[1])) if dress.roof[0] == "thatch" else ("wood", dress.trim)
    if dress.roof[0] == "turf":
        look = ("wood", (0.14, 0.085, 0.045))
    wide = 0.06 if not thatch else 0.12
    return beams(start - drop, end - drop, wide, dress.thick_roof + 0.05, *look, label="building/trim")


def _ridge(start: Vector, end: Vector, dress: Dress, size: float = 0.2) -> Quads:
    material, colour = dress.roof
    look = {"tile": "flat_tile", "turf": "turf"}.get(material, material)
    tone = tuple(0.82 * c for c in colour)
    return beams(start, end, size, size * 0.75, look, tone, label=_LABEL)


def _gable(x: float, deep: float, rise: float, dress: Dress, facing: int, half: float = 1.0) -> Quads:
    """The upright triangle under a roof's end, at x; `half` < 1 cuts its top off."""
    origin = [x, 0, deep / 2 * facing]
    a = [0, 0, -deep * facing]
    b = [0, rise * half, 0]
    parts = [quads(origin, a, b, *dress.wall, inset=(half / 2, 1 - half / 2))]
    parts.append(
        quads(
            np.add(origin, a) - (facing * dress.thick, 0, 0),
            np.negative(a),
            b,
            *dress.inner,
            inset=(half / 2, 1 - half / 2),
            label="room/wall",
            reach=30,
            fine=1.4,
        )
    )
    if dress.timber is not None and rise > 1.2:
        out = x + facing * 0.02
        starts = [(out, 0.02, 0), (out, 0.02, -deep / 4), (out, 0.02, deep / 4), (out, rise * 0.48, -deep * 0.25)]
        ends = [
            (out, rise * 0.9 * half, 0),
            (out, rise * 0.46, -deep / 4),
            (out, rise * 0.46, deep / 4),
            (out, rise * 0.48, deep * 0.25),
        ]
        parts.append(beams(starts, ends, 0.15, 0.05, "wood", dress.timber, label="building/trim"))
    elif rise > 1.6:
        high = min(0.8, rise * 0.32)
        low = rise * 0.22
        middle = [x + facing * 0.015, low + high / 2, 0]
        glow = tuple(0.7 * c for c in dress.lamplight) if dress.seed < dress.lit else (0.0, 0.0, 0.0)
        parts.append(
            boxes(
                middle, (0.03, high, 0.62), "pane", (0.045, 0.06, 0.07), sides="ew", label="building/window", glow=glow
            )
        )
        frame = [[x + facing * 0.03, low + high / 2, z] for z in (-0.34, 0, 0.34)]
        parts.append(boxes(frame, (0.06, high + 0.1, 0.06), "wood", dress.frame, label="building/window", reach=60))
        rails = [[x + facing * 0.03, y, 0] for y in (low - 0.03, low + high + 0.03)]
        parts.append(boxes(rails, (0.09, 0.07, 0.82), "wood", dress.frame, label="building/window", reach=80))
    return merge(parts)


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
        parts.append(_slope(low, high, dress))
        parts.append(_edge(low[0], low[-1], dress))
        for x in (left, right):
            parts.append(
                _edge(np.array([x, lift - drop, facing * (deep / 2 + over)]), np.array([x, rise + lift, 0.0]), dress)
            )
        if dress.gutters:
            parts.append(_gutter(left, right, lift - drop - 0.1, facing * (deep / 2 + over + 0.06)))
    middle = np.linspace(left, right, steps)
    crown = np.stack([middle, rise + lift + 0.03 - sag * 4 * share * (1 - share), 0 * share], 1)
    parts.append(_ridge(crown[:-1], crown[1:], dress, 0.42 if dress.roof[0] == "thatch" else 0.22))
    if walled:
        parts += [_gable(facing * wide / 2, deep, rise, dress, facing) for facing in (-1, 1)]
    if dress.roof[0] == "kawara":
        parts.append(_horns(left, right, rise + lift, dress))
    return merge(parts)


def _gutter(left: float, right: float, y: float, z: float) -> Quads:
    return boxes(
        ((left + right) / 2, y, z),
        (right - left, 0.1, 0.11),
        "iron",
        (0.16, 0.17, 0.17),
        sides="sntb",
        label="building/trim",
        reach=70,
    )


def _horns(left: float, right: float, y: float, dress: Dress) -> Quads:
    """Ornaments at the ridge's ends."""
    ends = [[x, y + 0.22, 0] for x in (left + 0.1, right - 0.1)]
    return boxes(ends, (0.2, 0.5, 0.3), "smooth", tuple(0.8 * c for c in dress.roof[1]), label=_LABEL)


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
        parts.append(_slope(side[:-1], side[1:], dress))
        parts.append(_edge(side[0, :-1], side[0, 1:], dress))
        if dress.gutters and kind != "japanese":
            parts.append(_gutter(-float(x[0]), float(x[0]), float(height[0]) - 0.1, facing * float(z[0] + 0.06)))
    first = 1 if kind == "half_hip" else 0
    rows = []
    for index in range(first, len(x)):
        fade = (1 - index / (len(x) - 1)) ** 2
        rows.append(np.stack([np.full(corners, x[index]), height[index] + curl * fade, -across * z[index]], axis=1))
    end = np.stack(rows)
    for facing in (1, -1):
        side = end * (facing, 1, facing)
        parts.append(_slope(side[:-1], side[1:], dress))
        parts.append(_edge(side[0, :-1], side[0, 1:], dress))
        for hand in (-1, 1):
            line = np.stack(
                [facing * x, height + upturn * 2.6 * (1 - np.linspace(0, 1, len(x))) ** 2, hand * z], axis=1
            )
            if kind == "half_hip":
                parts.append(_edge(line[0], line[1], dress))
            line = line[first:] + (0, 0.04, 0)
            parts.append(_ridge(line[:-1], line[1:], dress, 0.3 if kind == "japanese" else 0.2))
    top = float(x[-1])
    if top > 0.1 and kind != "mansard":
        size = 0.34 if kind == "japanese" else 0.22
        parts.append(_ridge((-top, height[-1] + 0.04, 0), (top, height[-1] + 0.04, 0), dress, size))
    if kind == "japanese":
        parts.append(_horns(-top, top, float(height[-1]) - 0.05, dress))
    if kind == "mansard":
        half = float(z[-1])
        parts.append(
            boxes(
                (0, float(height[-1]), 0),
                (2 * top, 0.08, 2 * half),
                "metal",
                (0.2, 0.21, 0.22),
                sides="t",
                label=_LABEL,
            )
        )
    if kind == "half_hip" and walled:
        parts += [_gable(facing * wide / 2, deep, rise, dress, facing, half=0.6) for facing in (-1, 1)]
    return merge(parts)


def _mono(wide: float, deep: float, dress: Dress, walled: bool) -> Quads:
    rise, over, lift = rise_of(dress, wide, deep), dress.overhang, dress.thick_roof
    drop = over * dress.pitch
    left, right = -wide / 2 - over, wide / 2 + over
    low = np.array([[left, lift - drop, deep / 2 + over], [right, lift - drop, deep / 2 + over]])
    high = np.array([[left, rise + lift + drop, -deep / 2 - over], [right, rise + lift + drop, -deep / 2 - over]])
    parts = [_slope(low, high, dress), _edge(low[0], low[1], dress), _edge(high[0], high[1], dress)]
    parts += [_edge(low[index], high[index], dress) for index in (0, 1)]
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
            quads([-wide / 2, 0.06, deep / 2], [wide, 0, 0], [0, 0, -deep], material, colour, label=_LABEL),
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
            turned(drum, 28, "smooth", dress.trim, label=_LABEL),
            turned(profile, 28, *dress.roof, label=_LABEL),
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
    return merge([strips(lines[:-1], lines[1:], *dress.roof, label=_LABEL), *ends])


def chimney(x: float, z: float, base: float, top: float, dress: Dress) -> Quads:
    """A shaft with a cap and pots."""
    brick = dress.ground_wall if dress.ground_wall[0] in ("stone", "rubble") else ("brick", (0.26, 0.1, 0.065))
    pots = [[x - 0.16, top + 0.24, z], [x + 0.16, top + 0.24, z]]
    return merge(
        [
            boxes((x, (base + top) / 2, z), (0.72, top - base, 0.56), *brick, sides="nsewt", label="building/chimney"),
            boxes((x, top + 0.04, z), (0.86, 0.12, 0.7), "smooth", (0.3, 0.28, 0.25), label="building/chimney"),
            boxes(pots, (0.2, 0.36, 0.2), "smooth", (0.3, 0.12, 0.06), label="building/chimney", reach=80),
        ]
    )


def dormer(x: float, z: float, base: float, run: float, dress: Dress) -> Quads:
    """A window with a small gable standing out of a slope that faces +Z; `run` metres back to where it meets it."""
    wide, tall = 1.25, 1.15
    rise = 0.45
    front = z
    cheeks = []
    for hand in (-1, 1):
        edge = x + hand * wide / 2
        origin, a = ([edge, base, front], [0, 0, -run]) if hand > 0 else ([edge, base, front - run], [0, 0, run])
        cheeks.append(quads(origin, a, [0, tall, 0], *dress.wall))
    glow = dress.lamplight if dress.seed * 7 % 1 < dress.lit else (0.0, 0.0, 0.0)
    low = [
        np.array(
            [
                [x + hand * (wide / 2 + 0.15), base + tall - 0.04, front + 0.2],
                [x + hand * (wide / 2 + 0.15), base + tall - 0.04, front - run - 0.9],
            ]
        )
        for hand in (-1, 1)
    ]
    high = np.array([[x, base + tall + rise, front + 0.2], [x, base + tall + rise, front - run - 0.9]])
    parts = [
        *cheeks,
        quads([x - wide / 2, base, front], [wide, 0, 0], [0, tall, 0], *dress.wall),
        quads([x - wide / 2, base + tall, front], [wide, 0, 0], [0, rise, 0], *dress.wall, inset=(0.5, 0.5)),
        quads(
            [x - 0.4, base + 0.18, front + 0.02],
            [0.8, 0, 0],
            [0, 0.9, 0],
            "pane",
            (0.045, 0.06, 0.07),
            label="building/window",
            glow=glow,
        ),
        boxes(
            [
                [x - 0.42, base + 0.62, front + 0.03],
                [x, base + 0.62, front + 0.03],
                [x + 0.42, base + 0.62, front + 0.03],
            ],
            [[0.08, 1.0, 0.06], [0.05, 0.9, 0.06], [0.08, 1.0, 0.06]],
            "wood",
            dress.frame,
            label="building/window",
        ),
        boxes(
            [[x, base + 0.15, front + 0.04], [x, base + 1.1, front + 0.03]],
            (0.95, 0.07, 0.1),
            "wood",
            dress.frame,
            label="building/window",
        ),
        strips(low[1], high, *dress.roof, label=_LABEL),
        strips(low[0][::-1], high[::-1], *dress.roof, label=_LABEL),
    ]
    return merge(parts)
