"""Ceilings: plain, with beams, coffered, or a vault on ribs."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.interior.cover import Face, Grade, slab
from worldloom.generate.build.interior.decor import Decor
from worldloom.generate.build.interior.finishes import FINISHES, finished
from worldloom.generate.build.interior.room import RoomShape
from worldloom.scene.surfels import OVERLAP, Array, Surfels, join, surfels

_WOOD = (0.13, 0.07, 0.035)


def vault_rise(room: RoomShape) -> float:
    """How much higher a vault's crown is than the walls."""
    return min(0.42 * min(room.width, room.depth), 0.45 * room.height)


def ceiling_of(room: RoomShape, decor: Decor, grade: Grade, seed: int) -> Surfels:
    """The ceiling, seen from below."""
    if decor.shape == "vault":
        return _vault(room, decor, grade, seed).labelled("room/ceiling")
    corner = np.array([room.min_x, room.floor + room.height, room.min_z])
    face = Face(corner, np.array([1.0, 0, 0]), np.array([0, 0, 1.0]), room.width, room.depth)

    def coarser(points: Array) -> Array:
        return 1.5 * grade(points)

    parts = [finished(face, decor.ceiling, coarser, seed + 90)]
    if decor.shape == "beams":
        parts += _beams(room, coarser)
    if decor.shape == "coffers":
        parts += _coffers(room, decor, coarser)
    return join(parts).labelled("room/ceiling")


def _beams(room: RoomShape, grade: Grade) -> list[Surfels]:
    """Across the shorter way, one metre apart."""
    along_x = room.width < room.depth
    reach = room.depth if along_x else room.width
    count = max(round(reach / 1.05), 2)
    top, low = room.floor + room.height, room.floor + room.height - 0.18
    parts = []
    rng = np.random.default_rng(8)
    for index in range(count):
        at = (index + 0.5) / count * reach
        if along_x:
            ends = (room.min_x, low, room.min_z + at - 0.07), (room.max_x, top, room.min_z + at + 0.07)
        else:
            ends = (room.min_x + at - 0.07, low, room.min_z), (room.min_x + at + 0.07, top, room.max_z)
        beam = slab(*ends, grade, "yzZ" if along_x else "yxX")
        parts.append(beam.painted(np.asarray(_WOOD) * rng.uniform(0.75, 1.3) * rng.uniform(0.85, 1.15, (len(beam), 1))))
    return parts


def _coffers(room: RoomShape, decor: Decor, grade: Grade) -> list[Surfels]:
    """A grid of mouldings with a second, finer one inside each field."""
    columns, rows = max(round(room.width / 1.7), 2), max(round(room.depth / 1.7), 2)
    top = room.floor + room.height
    dark = decor.trim[0] < 0.3
    colour = _WOOD if dark else (0.72, 0.69, 0.62)
    parts = []
    for index in range(columns + 1):
        x = room.min_x + index * room.width / columns
        parts.append(slab((x - 0.13, top - 0.2, room.min_z), (x + 0.13, top, room.max_z), grade, "yxX").painted(colour))
    for index in range(rows + 1):
        z = room.min_z + index * room.depth / rows
        parts.append(slab((room.min_x, top - 0.2, z - 0.13), (room.max_x, top, z + 0.13), grade, "yzZ").painted(colour))
    inner = tuple(0.7 * value for value in colour)
    for i in range(columns):
        for j in range(rows):
            x0, x1 = (room.min_x + (i + side) * room.width / columns for side in (0, 1))
            z0, z1 = (room.min_z + (j + side) * room.depth / rows for side in (0, 1))
            for low, high in (
                ((x0 + 0.3, z0 + 0.3), (x1 - 0.3, z0 + 0.36)),
                ((x0 + 0.3, z1 - 0.36), (x1 - 0.3, z1 - 0.3)),
                ((x0 + 0.3, z0 + 0.3), (x0 + 0.36, z1 - 0.3)),
                ((x1 - 0.36, z0 + 0.3), (x1 - 0.3, z1 - 0.3)),
            ):
                bar = slab((low[0], top - 0.05, low[1]), (high[0], top, high[1]), grade, "yxXzZ")
                parts.append(bar.painted(inner))
    return parts


def _vault(room: RoomShape, decor: Decor, grade: Grade, seed: int) -> Surfels:
    """A pointed barrel along the longer way, its gables, and ribs with half columns down to the floor."""
    along_x = room.width > room.depth
    span, reach = (room.depth, room.width) if along_x else (room.width, room.depth)
    rise, spring = vault_rise(room), room.height - vault_rise(room)
    centre = np.array([room.centre[0], room.floor, room.centre[1]])

    def world(across: Array, up: Array, along: Array) -> Array:
        x, z = (along, across) if along_x else (across, along)
        return np.stack([x, up, z], axis=-1) + centre

    # One sheet of the arch as a polyline by length: cells are laid out flat and bent.
    share = np.linspace(-1, 1, 201)
    height = spring + rise * _arch(share)
    arc = np.concatenate([[0], np.cumsum(np.hypot(np.diff(share) * span / 2, np.diff(height)))])
    flat = Face(np.array([0.0, 0, 0]), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), float(arc[-1]), reach)

    def bent(points: Array) -> tuple[Array, Array]:
        across = np.interp(points[:, 0], arc, share) * span / 2
        up = np.interp(points[:, 0], arc, height)
        slope = np.interp(points[:, 0], (arc[1:] + arc[:-1]) / 2, np.diff(height) / (np.diff(share) * span / 2))
        place = world(across, up, points[:, 1] - reach / 2)
        normal = world(slope, -np.ones_like(slope), np.zeros_like(slope)) - centre
        return place, normal

    def distant(points: Array) -> Array:
        return 1.6 * grade(bent(points)[0])

    sheet = finished(flat, decor.ceiling, distant, seed + 91, lines=False)
    place, normal = bent(sheet.position)
    ahead, _ = bent(sheet.position + 0.01 * sheet.along)
    pieces = surfels(place, normal, ahead - place, sheet.size).painted(sheet.albedo)
    return join(
        [
            pieces,
            *_gables(room, decor, grade, seed, spring, rise, along_x),
            *_ribs(world, span, reach, spring, rise, grade),
        ]
    )


def _arch(share: Array) -> Array:
    """Height 0..1 of a pointed arch over -1..1."""
    return np.sqrt((1 - (np.abs(share) * 0.62 + 0.38) ** 2).clip(0)) / np.sqrt(1 - 0.38**2)


def _gables(
    room: RoomShape, decor: Decor, grade: Grade, seed: int, spring: float, rise: float, along_x: bool
) -> list[Surfels]:
    """The ends, from where the walls stop up to the vault."""
    parts = []
    for side in (1, 3) if along_x else (0, 2):
        from worldloom.generate.build.interior.room import ALONG

        corner = room.on_wall(side, 0.0, 0.0, spring)
        length = room.length(side)
        wall = finished(Face(corner, ALONG[side], np.array([0, 1.0, 0]), length, rise), decor.wall, grade, seed + side)
        offset = wall.position - corner
        below = offset[:, 1] < rise * _arch((offset @ ALONG[side]) / length * 2 - 1)
        parts.append(wall[below])
    return parts


def _ribs(world, span: float, reach: float, spring: float, rise: float, grade: Grade) -> list[Surfels]:
    """Stone ribs over the vault, each on a half round column."""
    count = max(round(reach / 3.2), 2)
    parts = []
    stone = FINISHES["ashlar"]
    rng = np.random.default_rng(2)
    for index in range(count + 1):
        at = -reach / 2 + index * reach / count
        at = float(np.clip(at, -reach / 2 + 0.2, reach / 2 - 0.2))
        spacing = float(np.clip(grade(world(np.array([0.0]), np.array([spring]), np.array([at])))[0], 0.03, 0.12))
        steps = max(int((span + rise) / spacing), 20)
        share = (np.arange(steps) + 0.5) / steps * 2 - 1
        turns = np.linspace(0, np.pi, max(int(0.5 / spacing), 4))
        t, angle = (value.ravel() for value in np.meshgrid(share, turns, indexing="ij"))
        out = 0.16 * np.sin(angle)
        place = world(t * (span / 2 - out), spring + rise * _arch(t) - out, at + 0.16 * np.cos(angle))
        normal = world(-t * np.sin(angle), -np.sin(angle), np.cos(angle)) - world(np.zeros(1), np.zeros(1), np.zeros(1))
        size = np.array([OVERLAP * (span + rise) / steps, OVERLAP * 0.5 / len(turns)])
        along = world(np.ones_like(t), -t, np.zeros_like(t)) - world(np.zeros(1), np.zeros(1), np.zeros(1))
        parts.append(surfels(place, normal, along, size))
        for side in (-1, 1):
            rows, around = max(int(spring / spacing), 4), max(int(0.75 / spacing), 5)
            up, angle = (
                value.ravel()
                for value in np.meshgrid(np.arange(rows) + 0.5, np.linspace(0, np.pi, around), indexing="ij")
            )
            up = up / rows * spring
            radius = 0.19 + 0.09 * (np.maximum(0.35 - up, 0) / 0.35 + np.maximum(up - spring + 0.3, 0) / 0.3) ** 2
            place = world(side * (span / 2 - radius * np.sin(angle)), up, at + radius * np.cos(angle))
            normal = world(-side * np.sin(angle), np.zeros_like(up), np.cos(angle)) - world(*np.zeros((3, 1)))
            size = np.array([OVERLAP * spring / rows, OVERLAP * 0.75 / around])
            parts.append(surfels(place, normal, (0, 1.0, 0), size))
    ribs = join(parts)
    tone = np.asarray(stone.albedo) * rng.uniform(0.85, 1.12, (len(ribs), 1))
    return [ribs.painted(tone)]
