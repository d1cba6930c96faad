"""Floor plans: rooms of the sizes asked for, laid in rows along a corridor, a hall or the main room, with doors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from worldloom.generate.build.interior.room import (
    ALONG,
    EAST,
    INWARD,
    NORTH,
    SIDES,
    SOUTH,
    WEST,
    Opening,
    OpeningKind,
    RoomShape,
)
from worldloom.generate.spec import Interior, Room, RoomFunction

INNER_WALL, OUTER_WALL = 0.14, 0.34
"""Thickness, metres."""
DOOR_WIDTH, DOOR_HEIGHT = 0.9, 2.06


@dataclass(frozen=True)
class Need:
    """What rooms of one function are like."""

    width: float
    depth: float
    ceiling: float = 2.7
    home: bool = True
    """It is a room of a dwelling, which has a corridor rather than being one."""
    window_width: float = 1.5
    sill: float = 0.8
    arched: bool = False
    rank: int = 5
    """Place in the row: those that belong together have numbers that follow."""


NEEDS: dict[RoomFunction, Need] = {
    "living_room": Need(5.8, 4.8, window_width=2.0, sill=0.45, rank=3),
    "dining_room": Need(4.4, 4.2, window_width=1.8, sill=0.6, rank=2),
    "kitchen": Need(4.2, 3.6, window_width=1.5, sill=1.05, rank=1),
    "study": Need(3.8, 3.6, rank=4),
    "bedroom": Need(4.3, 4.0, sill=0.75, rank=6),
    "bathroom": Need(2.9, 2.6, window_width=0.8, sill=1.35, rank=7),
    "storage": Need(3.0, 2.8, window_width=0.7, sill=1.5, rank=8),
    "corridor": Need(6.0, 1.7, window_width=1.0, rank=9),
    "hall": Need(7.0, 5.6, ceiling=3.4, window_width=1.4, sill=0.5, rank=0),
    "library": Need(10.0, 8.0, ceiling=5.4, home=False, window_width=1.5, sill=0.6, arched=True),
    "office": Need(9.0, 7.0, ceiling=2.9, home=False, window_width=2.4),
    "classroom": Need(9.0, 7.5, ceiling=3.2, home=False, window_width=2.2, sill=0.9),
    "shop": Need(8.0, 7.0, ceiling=3.2, home=False, window_width=2.4, sill=0.45),
    "restaurant": Need(11.0, 9.0, ceiling=3.3, home=False, window_width=2.0, sill=0.5),
    "gallery": Need(9.0, 15.0, ceiling=4.6, home=False, window_width=1.6, sill=2.9),
    "workshop": Need(9.5, 7.5, ceiling=3.9, home=False, window_width=2.4, sill=1.1),
    "throne_room": Need(13.0, 24.0, ceiling=9.0, home=False, window_width=1.5, sill=2.4, arched=True),
    "chapel": Need(9.5, 20.0, ceiling=8.5, home=False, window_width=1.2, sill=1.9, arched=True),
}
OPEN_TO = frozenset(
    {
        frozenset({"kitchen", "dining_room"}),
        frozenset({"dining_room", "living_room"}),
        frozenset({"kitchen", "living_room"}),
        frozenset({"restaurant", "kitchen"}),
        frozenset({"shop", "storage"}),
        frozenset({"gallery"}),
        frozenset({"study", "library"}),
    }
)
"""Pairs of functions that have an opening between them where they are neighbours."""


@dataclass(frozen=True)
class Plan:
    """Rooms, in the order asked for; a corridor that was added comes last."""

    rooms: tuple[RoomShape, ...]
    main: int
    """Number of the room that one begins in."""


def lay_out(interior: Interior, seed: int) -> Plan:
    """Where rooms lie, which doors join them and where windows are. Every room can be reached from every other."""
    rng = np.random.default_rng([seed, 11])
    wanted = [_sized(room, interior, rng) for room in interior.rooms or (Room(function="living_room"),)]
    main = max(range(len(wanted)), key=lambda number: (_importance(wanted[number]), -number))
    hub = _hub(wanted, main)
    if hub is None:
        wanted.append(RoomShape("corridor", 0, 0, 6, NEEDS["corridor"].depth, min(room.height for room in wanted)))
        hub = len(wanted) - 1
    placed = _around(wanted, hub, fixed=interior.rooms[hub].width is not None if hub < len(interior.rooms) else False)
    placed = _joined(placed, hub)
    placed = _with_entrance(placed, hub)
    placed = [
        replace(room, openings=room.openings + _windows(room, number, placed, interior.windows))
        for number, room in enumerate(placed)
    ]
    x, z = placed[main].centre
    return Plan(tuple(_moved(room, -x, -z) for room in placed), main)


def _importance(room: RoomShape) -> tuple[bool, float]:
    passing = room.function in ("corridor", "hall", "storage", "bathroom")
    return not passing, room.width * room.depth * (1.5 if room.function == "living_room" else 1.0)


def _sized(room: Room, interior: Interior, rng: np.random.Generator) -> RoomShape:
    need = NEEDS[room.function]
    vary = rng.uniform(0.94, 1.1, 2)
    width = room.width or round(need.width * float(vary[0]), 2)
    depth = room.depth or round(need.depth * float(vary[1]), 2)
    usual = interior.ceiling == Interior.model_fields["ceiling"].default
    alone = len(interior.rooms) < 2
    grand = need.ceiling if (not need.home or alone) else interior.ceiling
    if room.function == "hall" and alone:
        grand = 5.0 if width * depth > 45 else 3.4
    return RoomShape(room.function, 0, 0, width, depth, grand if usual else interior.ceiling)


def _hub(rooms: Sequence[RoomShape], main: int) -> int | None:
    """The room that all others are joined to; None: there is none fit for it."""
    for function in ("corridor", "hall"):
        for number, room in enumerate(rooms):
            if room.function == function:
                return number
    others = [min(room.width, room.depth) for number, room in enumerate(rooms) if number != main]
    hub = rooms[main]
    if NEEDS[hub.function].home:
        return main if len(others) <= 2 else None
    return main if sum(others) + 0.5 * len(others) < 1.6 * max(hub.width, hub.depth) else None


def _around(rooms: Sequence[RoomShape], hub: int, fixed: bool) -> list[RoomShape]:
    """Rooms in two rows along the long sides of the hub."""
    others = sorted(
        (number for number in range(len(rooms)) if number != hub),
        key=lambda number: (NEEDS[rooms[number].function].rank, number),
    )
    centre = rooms[hub]
    along_x = centre.width >= centre.depth
    first, second = (NORTH, SOUTH) if along_x else (WEST, EAST)

    def extent(number: int) -> float:
        return rooms[number].width if along_x else rooms[number].depth

    total = sum(extent(number) for number in others)
    rows: tuple[list[int], list[int]] = ([], [])
    for number in others:
        rows[0 if sum(map(extent, rows[0])) + extent(number) / 2 <= total / 2 or not rows[0] else 1].append(number)
    lengths = [sum(map(extent, row)) + INNER_WALL * max(len(row) - 1, 0) for row in rows]
    if centre.function in ("corridor", "hall") and not fixed:
        needed = max(*lengths, centre.width if centre.function == "hall" else 3.0)
        centre = replace(centre, max_x=needed) if along_x else replace(centre, max_z=needed)
    placed = list(rooms)
    placed[hub] = centre
    for side, row, length in zip((first, second), rows, lengths):
        at = max((centre.width if along_x else centre.depth) - length, 0) / 2
        if centre.function == "corridor":
            at = 0.0
        for number in row:
            room = rooms[number]
            w, d = room.width, room.depth
            x, z = {
                NORTH: (at, -INNER_WALL - d),
                SOUTH: (at, centre.max_z + INNER_WALL),
                WEST: (-INNER_WALL - w, at),
                EAST: (centre.max_x + INNER_WALL, at),
            }[side]
            placed[number] = replace(room, min_x=x, min_z=z, max_x=x + w, max_z=z + d)
            at += extent(number) + INNER_WALL
    return _reach(placed, hub, along_x)


def _reach(placed: list[RoomShape], hub: int, along_x: bool) -> list[RoomShape]:
    """The hub made as long as its rows, where it is too short for a door to each room."""
    centre = placed[hub]
    for number, room in enumerate(placed):
        if number == hub:
            continue
        if along_x and room.min_x > centre.max_x - 1.4:
            centre = replace(centre, max_x=room.min_x + 1.4)
        if not along_x and room.min_z > centre.max_z - 1.4:
            centre = replace(centre, max_z=room.min_z + 1.4)
    placed[hub] = centre
    return placed


def shared(first: RoomShape, second: RoomShape, side: int) -> tuple[float, float] | None:
    """From where to where, in metres along the first room's wall, the second lies right behind it."""
    gap = _gap(first, second, side)
    if not -0.01 < gap < INNER_WALL + 0.05:
        return None
    ends = [
        float((corner - first.corner(side)) @ ALONG[side])
        for corner in (
            np.array([second.min_x, first.floor, second.min_z]),
            np.array([second.max_x, first.floor, second.max_z]),
        )
    ]
    low, high = max(min(ends), 0.0), min(max(ends), first.length(side))
    return (low, high) if high - low > 0.05 else None


def _gap(first: RoomShape, second: RoomShape, side: int) -> float:
    return {
        NORTH: first.min_z - second.max_z,
        SOUTH: second.min_z - first.max_z,
        WEST: first.min_x - second.max_x,
        EAST: second.min_x - first.max_x,
    }[side]


def _joined(rooms: list[RoomShape], hub: int) -> list[RoomShape]:
    """With doors from the hub to each room, and openings between rooms that belong together."""
    for number in range(len(rooms)):
        for other in range(number):
            pair = frozenset({rooms[number].function, rooms[other].function})
            if hub not in (number, other) and pair not in OPEN_TO:
                continue
            for side in SIDES:
                span = shared(rooms[number], rooms[other], side)
                if span is not None and span[1] - span[0] > DOOR_WIDTH + 0.3:
                    rooms[number], rooms[other] = _doorway(rooms, number, other, side, span, pair in OPEN_TO)
                    break
    return rooms


def _doorway(
    rooms: Sequence[RoomShape], number: int, other: int, side: int, span: tuple[float, float], wide: bool
) -> tuple[RoomShape, RoomShape]:
    first, second = rooms[number], rooms[other]
    room = span[1] - span[0]
    width = min(1.7, room - 0.5) if wide else DOOR_WIDTH
    grand = min(first.height, second.height)
    top = min(2.35 if wide else DOOR_HEIGHT, grand - 0.15)
    # Near one end of the wall, so that the rest of it is free for furniture; a wide opening is in the middle.
    start = span[0] + (room - width) / 2 if wide or room < 2.2 else span[0] + 0.35
    kind: OpeningKind = "passage" if wide else "door"
    here = Opening(side, start, start + width, 0.0, top, kind, leads_to=other, leaf=not wide)
    opposite = (side + 2) % 4
    middle = first.on_wall(side, here.middle)
    u = float((middle - second.corner(opposite)) @ ALONG[opposite])
    there = Opening(opposite, u - width / 2, u + width / 2, 0.0, top, kind, leads_to=number)
    if first.function in ("corridor", "hall") and not wide:
        here, there = replace(here, leaf=False), replace(there, leaf=True)
    return (
        replace(first, openings=(*first.openings, here)),
        replace(second, openings=(*second.openings, there)),
    )


def exposed(room: RoomShape, number: int, rooms: Sequence[RoomShape], side: int, ahead: float) -> list[list[float]]:
    """Stretches of a wall, metres along it, that no other room lies within `ahead` metres of."""
    free = [[0.0, room.length(side)]]
    for index, other in enumerate(rooms):
        if index == number or not -0.05 < _gap(room, other, side) < ahead:
            continue
        ends = sorted(
            float((np.array([x, room.floor, z]) - room.corner(side)) @ ALONG[side])
            for x, z in ((other.min_x, other.min_z), (other.max_x, other.max_z))
        )
        low, high = ends[0] - INNER_WALL, ends[1] + INNER_WALL
        free = [
            piece
            for start, end in free
            for piece in ([start, min(end, low)], [max(start, high), end])
            if piece[1] - piece[0] > 0.02
        ]
    return free


def _with_entrance(rooms: list[RoomShape], hub: int) -> list[RoomShape]:
    """With a door to the outside in the hub, or else in the first room that has an outer wall."""
    order = [hub, *(number for number in range(len(rooms)) if number != hub)]
    for number in order:
        room = rooms[number]
        wide = not NEEDS[room.function].home
        width = 1.7 if wide else 1.0
        for side in (SOUTH, WEST, EAST, NORTH):
            for start, end in exposed(room, number, rooms, side, 1.5):
                if end - start >= width + 0.5:
                    at = (start + end - width) / 2
                    if not wide and room.length(side) > 3:
                        at = end - width - 0.4
                    top = min(2.9 if wide and room.height > 3.4 else 2.12, room.height - 0.15)
                    arched = NEEDS[room.function].arched and room.height > 4
                    door = Opening(side, at, at + width, 0.0, top, "entrance", arched)
                    rooms[number] = replace(room, openings=(*room.openings, door))
                    return rooms
    return rooms


def _windows(room: RoomShape, number: int, rooms: Sequence[RoomShape], share: float) -> tuple[Opening, ...]:
    if share <= 0:
        return ()
    need = NEEDS[room.function]
    tall = room.height - 0.35 if room.height < 3.4 else 0.82 * room.height
    top = min(max(2.3, tall), need.sill + 4.2)
    sill = min(need.sill, top - 0.6)
    found: list[Opening] = []
    for side in SIDES:
        if room.function in ("throne_room", "chapel") and side in (NORTH, SOUTH):
            continue
        doors = [opening for opening in room.openings if opening.side == side]
        for start, end in exposed(room, number, rooms, side, 3.0):
            for low, high in _between(start, end, doors):
                width = min(need.window_width * (0.7 + 0.6 * share), high - low - 0.7)
                if width < 0.5:
                    continue
                pitch = width + (2.6 if need.arched else 1.9) - 1.3 * share
                count = max(int((high - low - 0.5 + (pitch - width)) / pitch), 1)
                if room.function in ("bathroom", "storage"):
                    count = 1
                step = (high - low) / count
                for index in range(count):
                    middle = low + (index + 0.5) * step
                    found.append(
                        Opening(side, middle - width / 2, middle + width / 2, sill, top, "window", need.arched)
                    )
    if not found:
        return ()
    # As large a share of the walls as was asked for, the longest walls first and at least one window.
    order = sorted(found, key=lambda window: (-room.length(window.side), window.side, window.start))
    sides = max(1, round(0.5 + 2.4 * share))
    kept = list(dict.fromkeys(window.side for window in order))[:sides]
    return tuple(window for window in found if window.side in kept)


def _between(start: float, end: float, doors: Sequence[Opening]) -> list[tuple[float, float]]:
    """What is left of a stretch of wall beside its doors."""
    free = [(start, end)]
    for door in doors:
        free = [
            piece
            for low, high in free
            for piece in ((low, min(high, door.start - 0.2)), (max(low, door.end + 0.2), high))
            if piece[1] - piece[0] > 1.1
        ]
    return free


def _moved(room: RoomShape, x: float, z: float) -> RoomShape:
    return replace(room, min_x=room.min_x + x, max_x=room.max_x + x, min_z=room.min_z + z, max_z=room.max_z + z)


__all__ = ["DOOR_WIDTH", "INNER_WALL", "INWARD", "NEEDS", "OUTER_WALL", "Plan", "exposed", "lay_out", "shared"]
