"""A room without furniture: floor, walls with their openings, frames, panes, doors, skirting and ceiling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worldloom.generate.build.interior.cover import Face, Grade, bars, merged, plain_face, slab
from worldloom.generate.build.interior.decor import Decor
from worldloom.generate.build.interior.finishes import FINISHES, Colour, finished
from worldloom.generate.build.interior.plan import INNER_WALL, OUTER_WALL
from worldloom.generate.build.interior.room import ALONG, INWARD, SIDES, TURN, Opening, RoomShape
from worldloom.generate.build.interior.vault import ceiling_of, vault_rise
from worldloom.scene.surfels import Array, Surfels, join, surfels

PANE = 0.07
"""Opacity of a surfel of glass."""


def shell(room: RoomShape, decor: Decor, grade: Grade, seed: int) -> Surfels:
    """The inside of a room."""
    parts = [_floor(room, decor, grade, seed), ceiling_of(room, decor, grade, seed)]
    for side in SIDES:
        parts += [_wall(room, side, decor, grade, seed + 10 * side + 1), *_skirting(room, side, decor, grade)]
    for opening in room.openings:
        parts += _frame(room, opening, decor, grade, seed)
    return merged(parts)


def wall_height(room: RoomShape, decor: Decor) -> float:
    """Metres from the floor to where the ceiling begins."""
    return room.height - vault_rise(room) if decor.shape == "vault" else room.height


def _floor(room: RoomShape, decor: Decor, grade: Grade, seed: int) -> Surfels:
    along_x = room.width > room.depth
    corner = np.array([room.min_x, room.floor, room.max_z])
    if along_x:
        face = Face(corner, np.array([1.0, 0, 0]), np.array([0, 0, -1.0]), room.width, room.depth)
    else:
        corner = np.array([room.max_x, room.floor, room.max_z])
        face = Face(corner, np.array([0, 0, -1.0]), np.array([-1.0, 0, 0]), room.depth, room.width)
    return finished(face, decor.floor, grade, seed).labelled("room/floor")


def wall_face(room: RoomShape, side: int, low: float, high: float) -> Face:
    """A wall from one height to another, with its openings cut out."""
    holes = []
    for opening in room.openings:
        if opening.side == side and opening.low < high and opening.high > low:
            holes += [(u0, v0 - low, u1, v1 - low) for u0, v0, u1, v1 in _outline(opening)]
    corner = room.on_wall(side, 0.0, 0.0, low)
    return Face(corner, ALONG[side], np.array([0, 1.0, 0]), room.length(side), high - low, tuple(holes))


def _outline(opening: Opening) -> list[tuple[float, float, float, float]]:
    """An opening as rectangles: an arch is cut in steps that its frame hides."""
    if not opening.arched:
        return [(opening.start, opening.low, opening.end, opening.high)]
    radius = opening.width / 2
    spring = opening.high - radius
    steps = 9
    rectangles = [(opening.start, opening.low, opening.end, spring)]
    for step in range(steps):
        low, high = radius * step / steps, radius * (step + 1) / steps
        half = float(np.sqrt(max(radius**2 - high**2, 0.0)))
        if half > 0.02:
            rectangles.append((opening.middle - half, spring + low, opening.middle + half, spring + high))
    return rectangles


def _wall(room: RoomShape, side: int, decor: Decor, grade: Grade, seed: int) -> Surfels:
    top = wall_height(room, decor)
    parts = []
    dado = decor.dado_height if decor.dado is not None and decor.dado_height < top else 0.0
    if decor.dado is not None and dado:
        parts.append(finished(wall_face(room, side, 0, dado), decor.dado, grade, seed))
        face = wall_face(room, side, dado, dado + 0.05)
        parts += [
            _strip(room, side, u0, u1, dado, 0.05, grade).painted(decor.dado.albedo)
            for u0, _, u1, _ in face.solid_parts()
        ]
    parts.append(finished(wall_face(room, side, dado, top), decor.wall, grade, seed))
    return join(parts).labelled("room/wall")


def _rail(
    room: RoomShape, side: int, u0: float, u1: float, low: float, high: float, out: float, grade: Grade
) -> Surfels:
    """A board on a wall."""
    ends = np.stack([room.on_wall(side, u0, 0.0, low), room.on_wall(side, u1, out, low + high)])
    return slab(ends.min(axis=0), ends.max(axis=0), grade)


def _strip(room: RoomShape, side: int, u0: float, u1: float, low: float, high: float, grade: Grade) -> Surfels:
    """A thin board on a wall, its edges crisp, standing out a little."""
    start, end = room.on_wall(side, u0, 0.012, low), room.on_wall(side, u1, 0.012, low)
    spacing = float(grade((start + end)[None] / 2)[0])
    rows = 4 if spacing < 0.04 else 3
    steps = ((np.arange(rows) + 0.5) / rows * high)[:, None] * np.array([0, 1.0, 0])
    return bars(start + steps, end + steps, 1.5 * high / rows, INWARD[side], float(np.clip(2.5 * spacing, 0.05, 0.25)))


def _skirting(room: RoomShape, side: int, decor: Decor, grade: Grade) -> list[Surfels]:
    parts = []
    for u0, _, u1, _ in wall_face(room, side, 0.0, 0.1).solid_parts():
        parts.append(_strip(room, side, u0, u1, 0.0, 0.1, grade).painted(decor.trim))
    if decor.shape == "plain" and room.height < 6:
        crown = _strip(room, side, 0.0, room.length(side), room.height - 0.08, 0.07, grade)
        parts.append(crown.painted(decor.ceiling.albedo))
    return [join(parts).labelled("room/wall")] if parts else []


def _frame(room: RoomShape, opening: Opening, decor: Decor, grade: Grade, seed: int) -> list[Surfels]:
    """What lines an opening, as far as this room's half of the wall goes."""
    thick = OUTER_WALL if opening.leads_to is None else INNER_WALL / 2
    colour = decor.wall.albedo if opening.kind == "window" and opening.width > 0 else decor.trim
    parts = [_reveal(room, opening, thick, grade).painted(colour).labelled("room/wall")]
    label = "room/window" if opening.kind == "window" else "room/door"
    parts.append(_casing(room, opening, grade).painted(decor.trim).labelled(label))
    if opening.kind == "window":
        parts += [part.labelled(label) for part in _sash(room, opening, decor, grade)]
    elif opening.kind == "entrance":
        parts.append(_leaf(room, opening, decor, grade, closed=True))
    elif opening.leaf:
        parts.append(_leaf(room, opening, decor, grade, closed=False))
    return parts


def _border(opening: Opening) -> list[tuple[float, float, float, float]]:
    """The edge of an opening as straight pieces u0, v0, u1, v1, counter-clockwise from its lower left."""
    pieces = []
    radius = opening.width / 2
    spring = opening.high - radius if opening.arched else opening.high
    if opening.low > 0:
        pieces.append((opening.start, opening.low, opening.end, opening.low))
    pieces.append((opening.end, opening.low, opening.end, spring))
    if opening.arched:
        angle = np.linspace(0, np.pi, 11)
        us, vs = opening.middle + radius * np.cos(angle), spring + radius * np.sin(angle)
        pieces += [(float(a), float(b), float(c), float(d)) for a, b, c, d in zip(us, vs, us[1:], vs[1:])]
    else:
        pieces.append((opening.end, spring, opening.start, spring))
    pieces.append((opening.start, spring, opening.start, opening.low))
    return pieces


def _reveal(room: RoomShape, opening: Opening, thick: float, grade: Grade) -> Surfels:
    rng = np.random.default_rng(5)
    parts = []
    for u0, v0, u1, v1 in _border(opening):
        start, end = room.on_wall(opening.side, u0, 0, v0), room.on_wall(opening.side, u1, 0, v1)
        length = float(np.linalg.norm(end - start))
        parts.append(plain_face(Face(start, (end - start) / length, -INWARD[opening.side], length, thick), grade, rng))
    return join(parts)


def _casing(room: RoomShape, opening: Opening, grade: Grade) -> Surfels:
    """Boards round an opening on the wall."""
    wide = 0.075 if opening.width < 1.9 or opening.kind != "window" else 0.06
    spacing = float(grade(room.on_wall(opening.side, opening.middle, 0, opening.low)[None])[0])
    inward = INWARD[opening.side]
    parts = []
    rows = 3 if spacing < 0.05 else 2
    for u0, v0, u1, v1 in _border(opening):
        start, end = room.on_wall(opening.side, u0, 0.02, v0), room.on_wall(opening.side, u1, 0.02, v1)
        way = (end - start) / np.linalg.norm(end - start)
        outward = -np.cross(inward, way)
        extra = 0.0 if opening.arched else wide
        steps = (np.arange(rows) + 0.5) / rows * wide
        starts = start + steps[:, None] * outward - extra * way
        ends = end + steps[:, None] * outward + extra * way
        parts.append(bars(starts, ends, 1.5 * wide / rows, inward, min(3 * spacing, 0.2)))
    if opening.kind == "window":
        out = 0.05 if room.height < 6 else 0.12
        sill = (opening.start - 0.08, opening.end + 0.08)
        parts.append(_rail(room, opening.side, *sill, opening.low - 0.045, 0.04, out + 0.05, grade))
    return join(parts)


def _sash(room: RoomShape, opening: Opening, decor: Decor, grade: Grade) -> list[Surfels]:
    """The window itself, near the outer side of the wall: bars and panes."""
    back = -0.6 * OUTER_WALL
    side = opening.side
    inward = INWARD[side]
    lines: list[tuple[Array, Array]] = []
    thick: list[float] = []
    for u0, v0, u1, v1 in _border(opening):
        lines.append((room.on_wall(side, u0, back, v0), room.on_wall(side, u1, back, v1)))
        thick.append(0.11)
    stone = room.height > 6
    columns = max(round(opening.width / (0.3 if stone else 0.62)), 1)
    rows = max(round((opening.high - opening.low) / (0.45 if stone else 0.85)), 1)
    radius = opening.width / 2
    for column in range(1, columns):
        u = opening.start + opening.width * column / columns
        top = opening.high
        if opening.arched:
            top = opening.high - radius + float(np.sqrt(max(radius**2 - (u - opening.middle) ** 2, 0)))
        lines.append((room.on_wall(side, u, back, opening.low), room.on_wall(side, u, back, top)))
        thick.append(0.03 if stone else 0.045)
    for row in range(1, rows):
        v = opening.low + (opening.high - opening.low) * row / rows
        half = radius
        if opening.arched and v > opening.high - radius:
            half = float(np.sqrt(max(radius**2 - (v - opening.high + radius) ** 2, 0)))
        lines.append(
            (room.on_wall(side, opening.middle - half, back, v), room.on_wall(side, opening.middle + half, back, v))
        )
        thick.append(0.03 if stone else 0.045)
    starts, ends = (np.stack([line[end] for line in lines]) for end in (0, 1))
    colour = (0.05, 0.05, 0.05) if stone else decor.trim
    frame = [
        bars(starts + offset * inward, ends + offset * inward, np.array(thick), inward, 0.08).painted(colour)
        for offset in (0.0, 0.025)
    ]
    return [*frame, _panes(room, opening, back, columns, rows, decor, stone)]


def _panes(
    room: RoomShape, opening: Opening, back: float, columns: int, rows: int, decor: Decor, stained: bool
) -> Surfels:
    """Glass: nearly nothing, or in a chapel or throne room coloured panes."""
    rng = np.random.default_rng([opening.side, round(opening.start * 100), 9])
    inward = INWARD[opening.side]
    if not stained:
        columns, rows = max(round(opening.width / 0.22), 2), max(round((opening.high - opening.low) / 0.22), 2)
    else:
        columns, rows = columns * 2, rows * 3
    i, j = (index.ravel() + 0.5 for index in np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij"))
    u = opening.start + opening.width * i / columns
    v = opening.low + (opening.high - opening.low) * j / rows
    if opening.arched:
        above = np.maximum(v - (opening.high - opening.width / 2), 0)
        inside = np.hypot(u - opening.middle, above) < opening.width / 2
        u, v = u[inside], v[inside]
    place = room.corner(opening.side) + u[:, None] * ALONG[opening.side] + v[:, None] * [0, 1.0, 0] + back * inward
    size = np.array([opening.width / columns, (opening.high - opening.low) / rows])
    pane = surfels(place, inward, ALONG[opening.side], 0.45 * size).with_values(gloss=0.9, opacity=PANE)
    if not stained:
        return pane.painted((0.55, 0.6, 0.6))
    palette = np.array([(0.55, 0.05, 0.04), (0.03, 0.10, 0.45), (0.75, 0.45, 0.05), (0.05, 0.3, 0.1), (0.6, 0.6, 0.55)])
    colour = palette[rng.choice(5, len(u), p=(0.2, 0.3, 0.2, 0.1, 0.2))]
    return pane.painted(colour).with_values(opacity=0.62, leaf=0.8).glowing(0.35 * colour)


def _leaf(room: RoomShape, opening: Opening, decor: Decor, grade: Grade, closed: bool) -> Surfels:
    """A panelled door, shut in its frame or swung open into the room."""
    count = 2 if opening.width > 1.5 else 1
    wide, high = opening.width / count - 0.01, opening.high - 0.02
    parts = []
    for index in range(count):
        door = _door(wide, high, decor.door, grade, room.on_wall(opening.side, opening.middle), opening.arched)
        right = index == count - 1 and count > 1
        swing = 0.0 if closed else 1.72
        hinge = opening.end if right or _hinged_right(room, opening) else opening.start
        mirrored = hinge == opening.end
        turn = TURN[opening.side] + (np.pi if mirrored else 0.0) + (swing if mirrored else -swing)
        out = -0.12 if closed else -0.01
        parts.append(door.placed(float(turn), room.on_wall(opening.side, hinge, out, 0.01)))
    return join(parts).labelled("room/door")


def _hinged_right(room: RoomShape, opening: Opening) -> bool:
    """Open doors lean towards the nearer corner."""
    return opening.start > room.length(opening.side) - opening.end


def _door(wide: float, high: float, colour: Colour, grade: Grade, place: Array, arched: bool) -> Surfels:
    """A leaf that hangs at the origin and reaches along +X, 4 cm thick."""

    def here(points: Array) -> Array:
        return grade(np.repeat(place[None] + [0, 1.0, 0], len(points), axis=0))

    parts = [slab((0, 0, -0.02), (wide, high, 0.02), here)]
    rng = np.random.default_rng(3)
    grain = 1 + 0.08 * rng.normal(size=len(parts[0]))[:, None]
    parts[0] = parts[0].painted(np.asarray(colour) * grain)
    for z in (-0.021, 0.021):
        facing = (0, 0, float(np.sign(z)))
        for low, top in ((0.08, 0.42), (0.5, 0.93)):
            u0, u1, v0, v1 = 0.16 * wide, 0.84 * wide, low * high, top * high
            corners = np.array([[u0, v0, z], [u1, v0, z], [u1, v1, z], [u0, v1, z]])
            frame = bars(corners, np.roll(corners, -1, axis=0), 0.018, facing)
            parts.append(frame.painted(np.asarray(colour) * 0.55))
    knob = [slab((wide - 0.09, 0.99, z - 0.025), (wide - 0.05, 1.03, z + 0.025), here) for z in (-0.045, 0.045)]
    parts += [piece.painted((0.5, 0.38, 0.16)).with_values(gloss=0.7) for piece in knob]
    return join(parts)


def outer_shell(
    rooms: Sequence[RoomShape], stretches: Sequence[tuple[int, int, float, float]], grade: Grade
) -> Surfels:
    """What the house shows outside: walls around, and a flat roof.

    Args:
        stretches: room number, side, and from where to where along that wall, metres, no other room stands before it.
    """
    parts = []
    rng = np.random.default_rng(17)
    finish = FINISHES["rough_plaster"]

    def coarse(points: Array) -> Array:
        return np.maximum(3 * grade(points), 0.16)

    for number, side, start, end in stretches:
        room = rooms[number]
        holes = tuple(
            (end - opening.end - 0.1, opening.low - 0.05, end - opening.start + 0.1, opening.high + 0.15)
            for opening in room.openings
            if opening.side == side and opening.leads_to is None
        )
        corner = room.on_wall(side, end, -OUTER_WALL, -0.05)
        wall = Face(corner, -ALONG[side], np.array([0, 1.0, 0]), end - start, room.height + 0.3, holes)
        parts.append(finished(wall, finish, coarse, 5, lines=False).labelled("building/wall"))
    for room in rooms:
        edge = INNER_WALL / 2
        corner = np.array([room.min_x - edge, room.floor + room.height + 0.25, room.max_z + edge])
        size = room.width + 2 * edge, room.depth + 2 * edge
        roof = Face(corner, np.array([1.0, 0, 0]), np.array([0, 0, -1.0]), *size)
        parts.append(plain_face(roof, coarse, rng).painted((0.2, 0.19, 0.18)).labelled("building/roof"))
    return merged(parts)
