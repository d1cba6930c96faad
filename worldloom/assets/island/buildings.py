"""What people built on the island: houses, the lighthouse, the jetty with its boats."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from worldloom.generate.noise import Array, blend, fbm, noise, smoothstep
from worldloom.generate.shapes import box, cover_mesh, disc, frustum, patch
from worldloom.scene.surfels import UP, Surfels, Vector, join, unit

DECK = 0.85
"""Height of the jetty's planks, metres."""
JETTY_END = 17.0
"""z of its seaward end; it runs along x = 0 to the beach."""
_JETTY_LAND = -12.4
_WOOD = np.array([0.30, 0.215, 0.14])
_WHITE = np.array([0.78, 0.74, 0.66])
_LAMPLIGHT = (3.4, 1.5, 0.36)


def _grained(pieces: Surfels, color: Array, seed: int, contrast: float = 0.34) -> Surfels:
    """Painted as weathered wood whose grain runs along each surfel."""
    stretched = pieces.position * (3 + 14 * (1 - np.abs(pieces.along)))
    grain = fbm(stretched, seed, 3)
    return pieces.painted(color * (1 + contrast * grain)[:, None])


def _plastered(pieces: Surfels, color: Array, floor: float, seed: int) -> Surfels:
    """Painted as limewash: patchy, stained below and under the eaves, bare stone where it came off."""
    stain = fbm(pieces.position * np.array([0.9, 0.5, 0.9]), seed, 4)
    fine = noise(pieces.position * 7, seed + 7)
    wall = color * (1 + 0.09 * stain + 0.05 * fine)[:, None]
    low = smoothstep(0.75, 0.1, pieces.position[:, 1] - floor + 0.35 * stain)
    wall = blend(wall, wall * np.array([0.66, 0.61, 0.53]), 0.8 * low)
    stone = np.array([0.36, 0.30, 0.23]) * (1 + 0.5 * noise(pieces.position * 4.2, seed + 9))[:, None]
    return pieces.painted(blend(wall, stone, smoothstep(0.42, 0.56, stain) * 0.9))


def _opening(
    at: Array,
    along: Array,
    width: float,
    height: float,
    rng: np.random.Generator,
    *,
    shutter: Array,
    lamp: bool,
    coarse: float,
) -> list[Surfels]:
    """A window with a frame, a sill and two open shutters, on a wall; `at` is its lower middle, `along` the wall."""
    out = np.cross(along, UP)
    corner = at - along * width / 2 + 0.03 * out
    glass = patch(corner, along * width, UP * height, 0.068 * coarse, rng, jitter=0.15)
    offset = glass.position - corner
    u, v = offset @ along / width, offset @ UP / height
    bars = (np.minimum(np.abs(u - 0.5) * width, np.abs(v - 0.55) * height) < 0.035) | (
        np.minimum(np.minimum(u, 1 - u) * width, np.minimum(v, 1 - v) * height) < 0.06
    )
    pane = blend(np.array([0.035, 0.05, 0.065]), np.array([0.13, 0.16, 0.19]), v + 0.0)
    glass = glass.painted(np.where(bars[:, None], _WHITE * 0.9, pane))
    if lamp:
        light = np.array([1.5, 0.66, 0.16]) * (0.55 + 0.65 * smoothstep(1.1, 0.2, np.hypot(u - 0.4, v - 0.5)))[:, None]
        glass = replace(glass, glow=np.where(bars[:, None], 0.0, light))
    parts = [glass]
    for side in (-1, 1):
        start = at + along * (side * (width / 2 + 0.03) - (0.42 if side < 0 else 0)) + 0.06 * out - 0.04 * UP
        board = patch(start, along * 0.42, UP * (height + 0.08), (0.1 * coarse, 0.06 * coarse), rng, jitter=0.1)
        slat = 0.72 + 0.28 * np.cos((board.position @ UP) * 2 * np.pi / 0.14)
        parts.append(board.painted(shutter * slat[:, None]))
    sill = at + 0.07 * out - 0.06 * UP
    parts.append(patch(sill - along * (width / 2 + 0.1), along * (width + 0.2), UP * 0.08, 0.06, rng).painted(_WHITE))
    return parts


def _door(at: Array, along: Array, rng: np.random.Generator, color: Array) -> list[Surfels]:
    out = np.cross(along, UP)
    leaf = patch(at - along * 0.45 + 0.035 * out, along * 0.9, UP * 2.05, (0.075, 0.12), rng, jitter=0.15)
    across = (leaf.position - at) @ along
    groove = 0.62 + 0.38 * smoothstep(0.0, 0.03, np.abs((across / 0.18) % 1 - 0.5) * 0.18)
    frame = patch(at - along * 0.58 + 0.02 * out, along * 1.16, UP * 2.2, 0.08, rng).painted(_WHITE * 0.8)
    step = box(at + 0.32 * out + 0.07 * UP, (1.3, 0.14, 0.6) if abs(along[0]) > 0.5 else (0.6, 0.14, 1.3), 0.09, rng)
    lamp = frustum(
        at + UP * 2.3 + along * 0.75 + 0.1 * out, at + UP * 2.52 + along * 0.75 + 0.1 * out, (0.06, 0.08), 0.05, rng
    )
    return [frame, leaf.painted(color * groove[:, None]), step.painted((0.40, 0.35, 0.28)), lamp.glowing(_LAMPLIGHT)]


def _roof(
    size: tuple[float, float], eaves: float, rise: float, rng: np.random.Generator, seed: int, coarse: float
) -> list[Surfels]:
    """Two slopes of round tiles along x, with their ridge and gable boards."""
    width, depth = size
    over = 0.32
    parts = []
    for side in (-1, 1):
        foot = np.array([0.0, eaves - over * rise / (depth / 2), side * (depth / 2 + over)])
        ridge = np.array([0.0, eaves + rise + 0.06, 0.0])
        half = np.array([width / 2 + over, 0, 0]) * side
        slope = patch(foot - half, 2 * half, ridge - foot, (0.0979, 0.155 * coarse), rng, jitter=0.15)
        length = float(np.linalg.norm(ridge - foot))
        u = slope.position[:, 0] / 0.235
        v = np.linalg.norm(slope.position[:, 1:] - ridge[1:], axis=1) / length * round(length / 0.34)
        wave = np.cos(u * 2 * np.pi)
        tile = np.stack([np.floor(u + 0.5), np.floor(v), np.full(len(u), side)], axis=1)
        tone = noise(tile * 0.71 + 0.31, seed) + 0.5 * fbm(slope.position * 0.8, seed + 3, 3)
        clay = blend(np.array([0.50, 0.19, 0.085]), np.array([0.62, 0.33, 0.17]), smoothstep(-0.6, 0.7, tone))
        clay = clay * (0.66 + 0.34 * smoothstep(-0.9, 0.1, wave))[:, None]
        clay = clay * (0.72 + 0.28 * smoothstep(0.0, 0.2, v % 1))[:, None]
        lean = unit(slope.normal + 0.55 * np.sin(u * 2 * np.pi)[:, None] * np.array([1.0, 0, 0]))
        raised = slope.position + slope.normal * (0.03 * wave)[:, None]
        parts.append(replace(slope, normal=lean, position=raised).painted(clay))
        parts.append(patch(foot - half - (0, 0.13, 0), 2 * half, (0, 0.13, 0), 0.09, rng).painted(_WHITE * 0.75))
    top = eaves + rise + 0.09
    crown = frustum((-width / 2 - over, top, 0), (width / 2 + over, top, 0), (0.11, 0.11), 0.085, rng)
    return [*parts, crown.painted((0.50, 0.22, 0.11))]


def house(
    at: Vector,
    size: tuple[float, float, float],
    turn: float,
    rng: np.random.Generator,
    *,
    wall: Vector,
    shutter: Vector,
    floors: int = 1,
    lamps: tuple[int, ...] = (),
    seed: int = 0,
    coarse: float = 1.0,
) -> Surfels:
    """A house with its door towards local +Z. `size`: width, depth and height to the eaves, metres; `lamps`: which of
    its windows are lit; `coarse`: distance between its surfels over that of a house close to the path."""
    width, depth, high = size
    rise = 0.36 * depth
    base = -0.5
    parts: list[Surfels] = []
    details: list[Surfels] = []
    wall, shutter = np.asarray(wall), np.asarray(shutter)
    number = 0
    for heading, length, half in (
        (0, width, depth / 2),
        (1, depth, width / 2),
        (2, width, depth / 2),
        (3, depth, width / 2),
    ):
        cos, sin = np.cos(heading * np.pi / 2), np.sin(heading * np.pi / 2)
        along, out = np.array([cos, 0, -sin]), np.array([sin, 0, cos])
        corner = out * half - along * length / 2 + UP * base
        parts.append(patch(corner, along * length, UP * (high - base), 0.15 * coarse, rng))
        if heading % 2:
            gable = np.stack([corner + UP * (high - base), corner + UP * (high - base) + along * length,
                              out * half + UP * (high + rise)])  # fmt: skip
            parts.append(cover_mesh(gable, np.array([[0, 1, 2]]), 0.15 * coarse, rng))
        for story in range(floors):
            places = np.array([-0.29, 0.29]) if length > 4.6 else np.array([0.0])
            for place in places * length:
                at_wall = out * half + along * place + UP * (0.95 + 2.6 * story)
                lamp = number in lamps
                details += _opening(at_wall, along, 0.72, 1.05, rng, shutter=shutter, lamp=lamp, coarse=coarse)
                number += 1
        if heading == 0:
            details += _door(out * half + along * 0.0, along, rng, shutter * 0.9)
    walls = _plastered(join(parts), wall, 0.0, seed)
    chimney = box((width * 0.28, high + rise * 0.9, -depth * 0.16), (0.5, rise * 0.95 + 0.5, 0.5), 0.11, rng)
    lid = box((width * 0.28, high + rise * 1.38 + 0.25, -depth * 0.16), (0.66, 0.1, 0.66), 0.11, rng)
    whole = [
        walls,
        *details,
        *_roof((width, depth), high, rise, rng, seed, coarse),
        _plastered(chimney, wall, -9, seed + 1),
    ]
    return join([*whole, lid.painted((0.45, 0.2, 0.1))]).placed(turn, at)


def lighthouse(at: Vector, rng: np.random.Generator) -> Surfels:
    """A white tower with red bands, a gallery and its lamp lit; 14 m high."""
    tower = frustum((0, -0.6, 0), (0, 9.6, 0), (1.85, 1.2), 0.16, rng)
    high = tower.position[:, 1] + 0.05 * noise(tower.position * 2, 7)
    stain = fbm(tower.position * np.array([1.6, 0.35, 1.6]), 201, 4)
    band = smoothstep(0.0, 0.06, np.minimum((high - 3.1) * (5.1 - high), 1)) + smoothstep(
        0.0, 0.06, np.minimum((high - 7.0) * (8.9 - high), 1)
    )
    color = blend(np.array([0.80, 0.77, 0.70]), np.array([0.56, 0.075, 0.05]), band.clip(0, 1))
    color = color * (1 + 0.10 * stain)[:, None]
    color = blend(color, color * np.array([0.62, 0.56, 0.48]), smoothstep(0.9, 0.0, high + 0.4 * stain))
    parts = [tower.painted(color)]
    for level, turn in ((1.9, 2.5), (5.9, 2.9), (5.9, -0.6), (6.4, 1.0)):
        out = np.array([np.sin(turn), 0, np.cos(turn)])
        radius = 1.85 - 0.65 * (level + 0.6) / 10.2
        across = np.cross(UP, out)
        corner = out * (radius + 0.02) + UP * level - across * 0.22
        parts.append(patch(corner, across * 0.44, UP * 0.8, 0.06, rng).painted((0.05, 0.06, 0.08)))
    door = np.array([-0.62, 0, -0.78])
    parts += _door(door * 1.82, np.cross(UP, door), rng, np.array([0.10, 0.22, 0.30]))
    stone = np.array([0.44, 0.38, 0.30])
    parts += [
        frustum((0, -0.9, 0), (0, 0.22, 0), (2.5, 2.35), 0.15, rng).painted(stone),
        disc((0, 0.22, 0), 2.35, 0.16).painted(stone),
    ]
    parts += [
        frustum((0, 9.2, 0), (0, 9.7, 0), (1.2, 1.75), 0.11, rng).painted(_WHITE),
        disc((0, 9.75, 0), 1.8, 0.12).painted((0.3, 0.29, 0.28)),
    ]
    parts += [frustum((0, 9.7, 0), (0, 9.82, 0), (1.8, 1.8), 0.1, rng).painted(_WHITE)]
    iron = np.array([0.05, 0.05, 0.055])
    for turn in np.arange(16) * np.pi / 8:
        foot = np.array([1.7 * np.cos(turn), 9.75, 1.7 * np.sin(turn)])
        after = np.array([1.7 * np.cos(turn + np.pi / 8), 9.75, 1.7 * np.sin(turn + np.pi / 8)])
        parts.append(frustum(foot, foot + UP * 0.95, (0.03, 0.03), 0.12, rng).painted(iron))
        parts += [
            frustum(foot + UP * rail, after + UP * rail, (0.03, 0.03), 0.15, rng).painted(iron) for rail in (0.5, 0.93)
        ]
    glass = frustum((0, 9.8, 0), (0, 11.3, 0), (0.85, 0.85), 0.085, rng)
    turn = np.arctan2(glass.position[:, 2], glass.position[:, 0])
    rib = np.abs((turn / (np.pi / 4)) % 1 - 0.5) > 0.43
    light = np.array([3.2, 2.3, 1.1]) * smoothstep(1.0, 0.15, np.abs(glass.position[:, 1] - 10.55))[:, None]
    parts.append(replace(glass.painted(iron), glow=np.where(rib[:, None], 0.0, light + np.array([0.22, 0.2, 0.17]))))
    profile = [(1.05, 11.3), (1.0, 11.5), (0.85, 11.85), (0.55, 12.15), (0.16, 12.35), (0.05, 12.9)]
    for (r0, y0), (r1, y1) in pairwise(profile):
        parts.append(frustum((0, y0, 0), (0, y1, 0), (r0, r1), 0.1, rng).painted((0.50, 0.08, 0.055)))
    parts.append(disc((0, 11.3, 0), 1.05, 0.1, up=-1).painted(_WHITE))
    return join(parts).placed(0.0, at)


def jetty(rng: np.random.Generator) -> Surfels:
    """Planks on posts, a ramp to the beach, a lamp, mooring posts and what fishermen left lying."""
    parts: list[Surfels] = []
    z, number = JETTY_END, 0
    while z > _JETTY_LAND:
        ramp = smoothstep(-9.0, -13.2, np.array(z))
        y = DECK - 0.50 * float(ramp) + rng.uniform(-0.008, 0.008)
        reach = 1.22 + rng.uniform(-0.05, 0.05)
        skew = rng.uniform(-0.012, 0.012)
        deep = 0.19 + rng.uniform(-0.02, 0.02)
        corner = np.array([-reach, y, z])
        board = patch(corner, (2 * reach, 0, skew), (0, 0, -deep + 0.012), (0.15, 0.058), rng, jitter=0.2)
        tint = _WOOD * rng.uniform(0.78, 1.32) * np.array([1, rng.uniform(0.96, 1.04), rng.uniform(0.92, 1.10)])
        edge = np.abs(board.position[:, 2] - (z - deep / 2)) / (deep / 2)
        board = _grained(board, tint, 301 + number % 7)
        parts.append(board.painted(board.albedo * (1 - 0.42 * smoothstep(0.72, 1.0, edge))[:, None]))
        for end, direction in ((-reach, -1), (reach, 1)):
            side = patch(
                (end, y - 0.05, z - (deep if direction > 0 else 0)), (0, 0, direction * deep), (0, 0.05, 0), 0.06, rng
            )
            parts.append(_grained(side, tint * 0.8, 305))
        z -= deep
        number += 1
    length = JETTY_END - _JETTY_LAND - 1.5
    for x in (-1.0, 1.0):
        beam = box((x, DECK - 0.17, JETTY_END - length / 2 - 0.1), (0.14, 0.2, length), 0.12, rng)
        parts.append(_grained(beam, _WOOD * 0.7, 311))
    for row, place in enumerate(np.arange(JETTY_END - 0.4, -9.5, -2.9)):
        for x in (-1.3, 1.3):
            tall = DECK + (0.85 if row % 3 == 0 else 0.22) + rng.uniform(-0.05, 0.05)
            lean = rng.uniform(-0.05, 0.05, 2)
            post = frustum((x, -0.3, place), (x + lean[0], tall, place + lean[1]), (0.125, 0.11), 0.1, rng)
            post = _grained(post, _WOOD * 0.85, 321)
            slime = smoothstep(0.38, 0.12, post.position[:, 1] + 0.08 * noise(post.position * 5, 5))
            parts.append(post.painted(blend(post.albedo, post.albedo * np.array([0.35, 0.42, 0.28]), slime)))
            parts.append(disc((x + lean[0], tall, place + lean[1]), 0.11, 0.06).painted(_WOOD * 1.2))
    parts += _lamp_post(np.array([1.28, DECK, JETTY_END - 0.5]), rng) + _lamp_post(np.array([-1.28, DECK, 1.9]), rng)
    parts += _clutter(rng)
    return join(parts)


def _lamp_post(foot: Array, rng: np.random.Generator) -> list[Surfels]:
    iron = np.array([0.06, 0.065, 0.06])
    head = foot + UP * 2.55
    return [
        frustum(foot, head, (0.055, 0.045), 0.07, rng).painted(iron),
        frustum(head, head + UP * 0.32, (0.09, 0.15), 0.055, rng).painted((0.1, 0.1, 0.1)).glowing(_LAMPLIGHT),
        frustum(head + UP * 0.32, head + UP * 0.5, (0.2, 0.02), 0.06, rng).painted(iron),
    ]


def _barrel(foot: Array, rng: np.random.Generator) -> list[Surfels]:
    parts = []
    for low, high, radii in ((0.0, 0.4, (0.25, 0.31)), (0.4, 0.8, (0.31, 0.25))):
        mantle = frustum(foot + UP * low, foot + UP * high, radii, 0.055, rng)
        turn = np.arctan2(mantle.position[:, 2] - foot[2], mantle.position[:, 0] - foot[0])
        stave = 0.75 + 0.25 * smoothstep(0.0, 0.16, np.abs((turn / 0.39) % 1 - 0.5))
        level = mantle.position[:, 1] - foot[1]
        hoop = np.minimum(np.abs(level - 0.17), np.abs(level - 0.63)) < 0.04
        wood = np.array([0.36, 0.22, 0.11]) * stave[:, None]
        parts.append(mantle.painted(np.where(hoop[:, None], np.array([0.07, 0.07, 0.07]), wood)))
    return [*parts, disc(foot + UP * 0.79, 0.25, 0.06).painted((0.33, 0.22, 0.12))]


def _clutter(rng: np.random.Generator) -> list[Surfels]:
    """Barrels, a crate of fish boxes and coils of rope on the planks, clear of the way."""
    parts = [*_barrel(np.array([-0.85, DECK, 7.0]), rng), *_barrel(np.array([-0.9, DECK, 6.35]), rng)]
    for low, (x, z), color in (
        (0.0, (0.85, 3.4), (0.16, 0.30, 0.36)),
        (0.34, (0.83, 3.36), (0.42, 0.27, 0.13)),
        (0.0, (0.9, 2.7), (0.40, 0.26, 0.14)),
    ):
        crate = box((x, DECK + low + 0.17, z), (0.52, 0.32, 0.62), 0.055, rng)
        slat = 0.7 + 0.3 * smoothstep(
            0.0, 0.03, np.abs(((crate.position[:, 1] - DECK - low) / 0.105) % 1 - 0.5) * 0.105
        )
        parts.append(crate.painted(np.asarray(color) * slat[:, None]))
    for x, z in ((0.92, 6.2), (-0.95, 0.4)):
        for ring in range(4):
            turn = np.arange(20) / 20 * 2 * np.pi
            radius = 0.30 - 0.012 * ring
            places = np.stack(
                [x + radius * np.cos(turn), np.full(20, DECK + 0.03 + 0.045 * ring), z + radius * np.sin(turn)], 1
            )
            for start, end in zip(places, np.roll(places, -1, axis=0)):
                parts.append(frustum(start, end, (0.03, 0.03), 0.09, rng).painted((0.52, 0.42, 0.26)))
    return parts


def boat(at: Vector, turn: float, rng: np.random.Generator, color: Vector) -> Surfels:
    """A rowing boat 4 m long with its bow towards local +X, afloat with y = 0 at the water."""
    lengthwise, around = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(0, np.pi, 22), indexing="ij")
    taper = np.where(lengthwise > 0, 1 - np.abs(lengthwise) ** 2.2, 1 - 0.45 * np.abs(lengthwise) ** 3)
    half = 0.74 * taper.clip(0.02)
    sheer = 0.42 + 0.20 * lengthwise**2 * np.where(lengthwise > 0, 1.2, 0.5)
    keel = -0.22 + 0.25 * lengthwise.clip(0) ** 4
    wide = np.cos(around)
    y = sheer + (keel - sheer) * np.sin(around) ** 0.8
    vertices = np.stack([2.05 * lengthwise, y, half * np.sign(wide) * np.abs(wide) ** 0.75], axis=-1)
    index = np.arange(lengthwise.size).reshape(lengthwise.shape)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    flat = vertices.reshape(-1, 3)
    outer = cover_mesh(flat, faces[:, ::-1], 0.105, rng)
    away = np.array([1.0, 0, 1.0]) * outer.position + (0, -0.4, 0)
    outer = replace(outer, normal=outer.normal * np.sign((outer.normal * away).sum(axis=1, keepdims=True)))
    below = sheer.min() - 0.02
    stripe = smoothstep(0.0, 0.03, np.abs(outer.position[:, 1] - below + 0.05) - 0.045)
    paint = blend(np.broadcast_to(_WHITE, outer.position.shape), np.asarray(color, float), stripe)
    paint = blend(
        paint, np.broadcast_to(np.array([0.30, 0.07, 0.05]), paint.shape), smoothstep(0.09, 0.05, outer.position[:, 1])
    )
    stern = np.concatenate([vertices[0], [[-2.05, float(sheer[0, 0]), 0.0]]])
    fan = np.array([[number, number + 1, len(stern) - 1] for number in range(len(stern) - 2)])
    transom = cover_mesh(stern, fan, 0.07, rng)
    transom = replace(transom, normal=np.broadcast_to(np.array([-1.0, 0, 0]), transom.normal.shape))
    inner = replace(outer, position=outer.position * np.array([0.96, 1, 0.93]) + (0, 0.04, 0), normal=-outer.normal)
    parts = [outer.painted(paint), transom.painted(color), _grained(inner, _WOOD * 1.25, 331, 0.12)]
    for x, reach in ((-1.1, 0.62), (0.0, 0.72), (1.0, 0.55)):
        parts.append(_grained(box((x, 0.30, 0), (0.24, 0.04, 2 * reach), 0.07, rng), _WOOD * 1.4, 333))
    for side in (-1, 1):
        rim = vertices[:, 0 if side > 0 else -1]
        parts += [frustum(s, e, (0.035, 0.035), 0.06, rng).painted(_WOOD * 0.9) for s, e in zip(rim[:-1:3], rim[3::3])]
        oar = frustum((-1.4, 0.42, side * 0.3), (1.1, 0.44, side * 0.42), (0.028, 0.028), 0.07, rng)
        parts.append(oar.painted((0.50, 0.36, 0.2)))
    return join(parts).placed(turn, at)
