"""The inside of a module: panelled walls, grated floor, strips of light, ribs, doorways and windows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worldloom.generate.build.interior.cover import Face, Grade, bars, merged, slab, speckle
from worldloom.generate.build.interior.finishes import Finish, finished
from worldloom.generate.build.interior.plan import INNER_WALL
from worldloom.generate.build.interior.room import ALONG, EAST, INWARD, NORTH, SIDES, SOUTH, WEST, Opening, RoomShape
from worldloom.generate.build.interior.shell import PANE, wall_face
from worldloom.generate.build.site import Lamp
from worldloom.generate.build.station.modules import Module
from worldloom.scene.surfels import Surfels, join, surfels

HULL = 0.3
CHAMFER = 0.42
"""Metres by which walls lean in above and below."""
_PANEL = Finish((0.44, 0.45, 0.46), "units", (1.15, 0.8), 0.5, 0.012, (0.06, 0.065, 0.07), 0.055, 0.02)
_DARK = Finish((0.13, 0.14, 0.16), "units", (0.58, 0.58), 0, 0.01, (0.03, 0.03, 0.035), 0.12, 0.05)
_PLATE = Finish((0.24, 0.25, 0.265), "units", (1.2, 1.2), 0, 0.014, (0.03, 0.03, 0.035), 0.07, 0.06)
_CEILING = Finish((0.34, 0.35, 0.37), "units", (1.6, 0.55), 0.5, 0.014, (0.05, 0.05, 0.055), 0.12, 0.04)
_FRAME = (0.17, 0.18, 0.2)
_UP = np.array([0.0, 1.0, 0.0])
Tint = tuple[float, float, float]


def module_shell(module: Module, grade: Grade, light: Tint, accent: Tint, seed: int) -> tuple[Surfels, list[Lamp]]:
    """Walls, floor, ceiling and lights of a module.

    Args:
        light: of its lamps; accent: of the thin strips along the floor (linear).
    """
    room = module.room
    parts = [_floor(module, grade, accent, seed), *_ceiling(room, grade, seed)]
    for side in SIDES:
        parts += _wall(room, side, grade, seed + side)
    parts += _ribs(room, grade)
    for opening in room.openings:
        parts += _window(room, opening, grade) if opening.kind == "window" else _door(room, opening, grade, accent)
    strips, lamps = _strips(room, grade, light, accent)
    return merged([*parts, *strips]), lamps


def _floor(module: Module, grade: Grade, accent: Tint, seed: int) -> Surfels:
    """Plates, and a grating along the way."""
    room = module.room
    corner = np.array([room.min_x, room.floor, room.max_z])
    face = Face(corner, np.array([1.0, 0, 0]), np.array([0, 0, -1.0]), room.width, room.depth)
    plates = finished(face, _PLATE, grade, seed).with_values(gloss=0.06)
    x, z = room.centre
    along_x = room.width > room.depth and module.use != "deck"
    half = min(0.75, 0.3 * min(room.width, room.depth))
    off = np.abs(plates.position[:, 2 if along_x else 0] - (z if along_x else x))
    grated = off < half
    dark = plates[grated].painted((0.035, 0.037, 0.042))
    reach = (room.min_x, room.max_x) if along_x else (room.min_z, room.max_z)
    pitch = 0.085
    across = np.arange(reach[0] + 0.04, reach[1], pitch)
    ends = []
    for sign in (-1, 1):
        at = np.full(len(across), (z if along_x else x) + sign * half)
        up = np.full(len(across), room.floor + 0.006)
        ends.append(np.stack([across, up, at] if along_x else [at, up, across], axis=1))
    lines = bars(ends[0], ends[1], 0.024, _UP, 0.14)
    near = grade(lines.position) < 0.06
    edges = []
    for sign in (-1, 1):
        at = (z if along_x else x) + sign * (half + 0.03)
        start, end = ((reach[0], at), (reach[1], at)) if along_x else ((at, reach[0]), (at, reach[1]))
        edges.append(
            bars(
                np.array([[start[0], room.floor + 0.008, start[1]]]),
                np.array([[end[0], room.floor + 0.008, end[1]]]),
                0.035,
                _UP,
            )
        )
    return join(
        [plates[~grated], dark, lines[near].painted((0.3, 0.31, 0.33)), join(edges).painted((0.5, 0.36, 0.05))]
    ).labelled("station/floor")


def _ceiling(room: RoomShape, grade: Grade, seed: int) -> list[Surfels]:
    corner = np.array([room.min_x, room.floor + room.height, room.min_z])
    face = Face(corner, np.array([1.0, 0, 0]), np.array([0, 0, 1.0]), room.width, room.depth)

    def coarser(points: np.ndarray) -> np.ndarray:
        return 1.3 * grade(points)

    parts = [finished(face, _CEILING, coarser, seed + 4).labelled("station/panel")]
    x, z = room.centre
    along_x = room.width > room.depth
    top = room.floor + room.height
    rng = np.random.default_rng([seed, 109])
    for off in (-0.55, -0.42, 0.5):
        radius = 0.09 if off > 0 else 0.05
        half = off * 0.6 * min(room.width, room.depth)
        low = (
            (room.min_x, top - 2 * radius, z + half - radius)
            if along_x
            else (x + half - radius, top - 2 * radius, room.min_z)
        )
        high = (room.max_x, top, z + half + radius) if along_x else (x + half + radius, top, room.max_z)
        duct = slab(low, high, coarser, "yzZxX")
        parts.append(duct.painted(np.array([0.2, 0.205, 0.21]) * rng.uniform(0.7, 1.5)).labelled("station/panel"))
    return parts


def _wall(room: RoomShape, side: int, grade: Grade, seed: int) -> list[Surfels]:
    """Dark skirting, light panels with darker ones among them, and a wall that leans in above."""
    top = room.height
    low = finished(wall_face(room, side, 0.0, CHAMFER), _DARK, grade, seed)
    panel = finished(wall_face(room, side, CHAMFER, top - 0.02), _PANEL, grade, seed + 1).with_values(gloss=0.02)
    offset = panel.position - room.corner(side)
    u, v = offset @ ALONG[side], offset[:, 1]
    row = np.floor((v - CHAMFER) / _PANEL.unit[1])
    column = np.floor(u / _PANEL.unit[0] + (row * _PANEL.stagger) % 1)
    pick = (column * 7 + row * 13 + seed * 5) % 11
    tone = (
        np.where(pick == 5, 0.42, 1.0) * np.where(pick == 3, 0.62, 1.0) * (1 + 0.04 * speckle(u / 1.4, v / 1.4, seed))
    )
    panel = panel.painted(panel.albedo * tone[:, None])
    return [low.labelled("station/panel"), panel.labelled("station/panel")]


def _ribs(room: RoomShape, grade: Grade) -> list[Surfels]:
    """Frames across the module: posts on both long walls and a beam above."""
    along_x = room.width > room.depth
    reach = room.width if along_x else room.depth
    count = max(round(reach / 2.2), 1)
    parts = []
    sides = (NORTH, SOUTH) if along_x else (WEST, EAST)
    for index in range(count + 1):
        at = float(np.clip(index / count * reach, 0.09, reach - 0.09))
        for side in sides:
            u = at if side in (NORTH, EAST) else reach - at
            if any(o.side == side and o.start - 0.15 < u < o.end + 0.15 for o in room.openings):
                continue
            ends = np.stack([room.on_wall(side, u - 0.09, 0, 0), room.on_wall(side, u + 0.09, 0.14, room.height)])
            parts.append(slab(ends.min(axis=0), ends.max(axis=0), grade))
        first = room.on_wall(sides[0], at if sides[0] in (NORTH, EAST) else reach - at)
        top = room.floor + room.height
        if along_x:
            parts.append(
                slab((first[0] - 0.09, top - 0.16, room.min_z), (first[0] + 0.09, top, room.max_z), grade, "yxX")
            )
        else:
            parts.append(
                slab((room.min_x, top - 0.16, first[2] - 0.09), (room.max_x, top, first[2] + 0.09), grade, "yzZ")
            )
    ribs = join(parts)
    shade = 1 + 0.07 * speckle(ribs.position[:, 0] * 3 + ribs.position[:, 1], ribs.position[:, 2] * 3, 5)
    return [ribs.painted(np.asarray(_FRAME) * 1.6 * shade[:, None]).labelled("station/hull")]


def _strips(room: RoomShape, grade: Grade, light: Tint, accent: Tint) -> tuple[list[Surfels], list[Lamp]]:
    """Long lamps where walls and ceiling meet, a thin coloured line above the skirting."""
    parts: list[Surfels] = []
    along_x = room.width > room.depth
    sides = (NORTH, SOUTH) if along_x else (WEST, EAST)
    length = room.width if along_x else room.depth
    bright = np.asarray(light)
    for side in sides:
        ends = np.stack(
            [
                room.on_wall(side, 0.12, 0.02, room.height - 0.2),
                room.on_wall(side, length - 0.12, 0.13, room.height - 0.1),
            ]
        )
        strip = slab(ends.min(axis=0), ends.max(axis=0), grade)
        parts.append(strip.painted(bright * 0.5).glowing(1.7 * bright).with_values(opacity=0.25).labelled("lamp"))
        solid = slab(ends.min(axis=0) + 0.03 * _UP, ends.max(axis=0) + 0.1 * _UP, grade)
        parts.append(solid.painted(_FRAME).labelled("station/hull"))
    for side in SIDES:
        for u0, _, u1, _ in wall_face(room, side, CHAMFER, CHAMFER + 0.05).solid_parts():
            at = np.stack([room.on_wall(side, u, 0.006, CHAMFER + 0.02) for u in (u0, u1)])
            line = bars(at[:1], at[1:], 0.03, INWARD[side], 0.12)
            parts.append(line.painted(np.asarray(accent) * 0.5).glowing(1.3 * np.asarray(accent)).labelled("lamp"))
    lamps = []
    x, z = room.centre
    count = max(round(length / 2.8), 1)
    wide = 0.3 * min(room.width, room.depth)
    for index in range(count):
        at = ((index + 0.5) / count - 0.5) * length
        for off in (-wide, wide) if min(room.width, room.depth) > 4 else (0.0,):
            spot = (x + at, z + off) if along_x else (x + off, z + at)
            power = 2.0 * bright / max(float(bright.max()), 0.1)
            place = (float(spot[0]), room.floor + room.height - 0.55, float(spot[1]))
            lamps.append(Lamp(place, (float(power[0]), float(power[1]), float(power[2])), 7.5, always=True))
    return parts, lamps


def _door(room: RoomShape, opening: Opening, grade: Grade, accent: Tint) -> list[Surfels]:
    """A heavy frame with cut corners, leaves drawn into the wall, and a light beside it; shut where space is behind."""
    side = opening.side
    parts = []
    pieces = (
        (opening.start - 0.2, 0.0, opening.start + 0.04, opening.high + 0.2),
        (opening.end - 0.04, 0.0, opening.end + 0.2, opening.high + 0.2),
        (opening.start, opening.high - 0.04, opening.end, opening.high + 0.2),
    )
    back = -INNER_WALL / 2 if opening.leads_to is not None else -HULL
    for u0, v0, u1, v1 in pieces:
        ends = np.stack([room.on_wall(side, u0, back, v0), room.on_wall(side, u1, 0.1, v1)])
        parts.append(slab(ends.min(axis=0), ends.max(axis=0), grade).painted(np.asarray(_FRAME) * 1.25))
    for u, way in ((opening.start + 0.03, 1), (opening.end - 0.03, -1)):
        corner = np.stack(
            [
                room.on_wall(side, u, 0.03, opening.high - 0.35),
                room.on_wall(side, u + way * 0.34, 0.03, opening.high - 0.02),
            ]
        )
        parts.append(bars(corner[:1], corner[1:], 0.16, INWARD[side], 0.06).painted(np.asarray(_FRAME) * 1.1))
    leaf = 0.12 if opening.leads_to is not None else opening.width / 2 - 0.008
    middle = -0.02 if opening.leads_to is not None else -0.16
    for u0, u1 in ((opening.start, opening.start + leaf), (opening.end - leaf, opening.end)):
        ends = np.stack([room.on_wall(side, u0, middle - 0.03, 0), room.on_wall(side, u1, middle + 0.03, opening.high)])
        door = slab(ends.min(axis=0), ends.max(axis=0), grade)
        stripe = (np.sin((door.position[:, 1] + (door.position @ ALONG[side])) * 2 * np.pi / 0.24) > 0) & (
            np.abs(door.position[:, 1] - 1.05) < 0.12
        )
        parts.append(door.painted(np.where(stripe[:, None], (0.55, 0.38, 0.03), (0.3, 0.31, 0.33))))
    ends = np.stack([room.on_wall(side, opening.end + 0.28, 0, 1.2), room.on_wall(side, opening.end + 0.42, 0.03, 1.4)])
    pad = slab(ends.min(axis=0), ends.max(axis=0), grade).painted((0.03, 0.03, 0.03))
    light = accent if opening.leads_to is not None else (0.9, 0.06, 0.03)
    parts.append(pad.glowing(np.asarray(light) * 0.8))
    ends = np.stack(
        [
            room.on_wall(side, opening.start + 0.2, 0.1, opening.high + 0.07),
            room.on_wall(side, opening.end - 0.2, 0.12, opening.high + 0.12),
        ]
    )
    parts.append(slab(ends.min(axis=0), ends.max(axis=0), grade).painted(light).glowing(np.asarray(light) * 1.2))
    return [join(parts).labelled("station/hull")]


def _window(room: RoomShape, opening: Opening, grade: Grade) -> list[Surfels]:
    """A deep frame, mullions that lean apart, and thick clear panes."""
    side, inward = opening.side, INWARD[opening.side]
    parts = []
    edge = 0.14
    for u0, v0, u1, v1 in (
        (opening.start - edge, opening.low - edge, opening.start, opening.high + edge),
        (opening.end, opening.low - edge, opening.end + edge, opening.high + edge),
        (opening.start, opening.high, opening.end, opening.high + edge),
        (opening.start, opening.low - edge, opening.end, opening.low),
    ):
        ends = np.stack([room.on_wall(side, u0, -HULL, v0), room.on_wall(side, u1, 0.08, v1)])
        parts.append(slab(ends.min(axis=0), ends.max(axis=0), grade))
    count = max(round(opening.width / 2.1), 1)
    for index in range(1, count):
        u = opening.start + opening.width * index / count
        ends = np.stack(
            [room.on_wall(side, u - 0.06, -0.2, opening.low), room.on_wall(side, u + 0.06, -0.02, opening.high)]
        )
        parts.append(slab(ends.min(axis=0), ends.max(axis=0), grade))
    frame = join(parts).painted(np.asarray(_FRAME) * 0.9).labelled("station/hull")
    columns, rows = max(round(opening.width / 0.3), 2), max(round((opening.high - opening.low) / 0.3), 2)
    i, j = (index.ravel() + 0.5 for index in np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij"))
    u, v = opening.start + opening.width * i / columns, opening.low + (opening.high - opening.low) * j / rows
    place = room.corner(side) + u[:, None] * ALONG[side] + v[:, None] * _UP - 0.16 * inward
    size = 0.42 * np.array([opening.width / columns, (opening.high - opening.low) / rows])
    pane = (
        surfels(place, inward, ALONG[side], size)
        .painted((0.04, 0.06, 0.07))
        .with_values(opacity=0.4 * PANE, gloss=0.02)
    )
    return [frame, pane.labelled("station/window")]


def _hull_hole(room: RoomShape, opening: Opening, rooms: list[RoomShape]) -> tuple[float, float, float, float]:
    """What to leave out of the outer wall: a little more than the opening, or all of the module that joins there."""
    middle = room.length(opening.side) + HULL - opening.middle
    if opening.leads_to is None:
        half = opening.width / 2 + 0.16
        return middle - half, opening.low + 0.14, middle + half, opening.high + 0.46
    other = rooms[opening.leads_to]
    half = other.length((opening.side + 2) % 4) / 2 + 0.3
    return middle - half, 0.0, middle + half, other.height + 0.6


def outside_hull(rooms: list[RoomShape], grade: Grade) -> Surfels:
    """What windows and walks in space show of the station: its hull and, on long arms, its solar wings."""
    parts = []
    finish = replace(_PANEL, unit=(1.6, 1.1), joint=0.02)

    def coarse(points: np.ndarray) -> np.ndarray:
        return np.maximum(4 * grade(points), 0.24)

    for number, room in enumerate(rooms):
        for side in SIDES:
            holes = tuple(_hull_hole(room, opening, rooms) for opening in room.openings if opening.side == side)
            corner = room.on_wall(side, room.length(side) + HULL, -HULL, -0.3)
            face = Face(corner, -ALONG[side], _UP, room.length(side) + 2 * HULL, room.height + 0.6, holes)
            parts.append(finished(face, finish, coarse, number * 5 + side, lines=False))
        for high, up in ((room.floor + room.height + 0.3, 1.0), (room.floor - 0.3, -1.0)):
            corner = np.array([room.min_x, high, room.max_z if up > 0 else room.min_z])
            face = Face(corner, np.array([1.0, 0, 0]), np.array([0, 0, -up]), room.width, room.depth)
            parts.append(finished(face, finish, coarse, number, lines=False))
    deck = rooms[0]
    for side in (-1, 1):
        x = side * (deck.width / 2 + 1.0)
        z = deck.min_z - 3.0
        arm = slab((min(x, x + side * 14), 0.4, z - 0.15), (max(x, x + side * 14), 0.7, z + 0.15), coarse)
        root = slab((x - 0.2, 0.4, z), (x + 0.2, 0.7, deck.min_z + 1.0), coarse)
        parts.append(join([arm, root]).painted((0.35, 0.35, 0.36)))
        for number in range(4):
            left = x + side * (1.2 + 3.2 * number)
            wing = slab(
                (min(left, left + side * 3.0), 0.52, z - 8.0),
                (max(left, left + side * 3.0), 0.58, z - 0.6),
                lambda p: np.full(len(p), 0.1),
                "yY",
            )
            cell_x, cell_z = (wing.position[:, 0] / 0.5) % 1, (wing.position[:, 2] / 0.5) % 1
            line = (cell_x < 0.09) | (cell_z < 0.09)
            parts.append(wing.painted(np.where(line[:, None], (0.4, 0.4, 0.42), (0.02, 0.035, 0.12))))
    return merged(parts).labelled("station/hull")
