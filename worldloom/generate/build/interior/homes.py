"""How rooms of a dwelling are furnished."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.interior.arranger import Arranger
from worldloom.generate.build.interior.floor import footprint, local
from worldloom.generate.build.interior.pieces import Placed, extent
from worldloom.generate.build.interior.room import SIDES, TURN


def living_room(a: Arranger) -> None:
    room = a.room
    fire = a.chance(0.4) or any(spec.what == "fireplace" for spec in a.asked)
    focus = a.against("fireplace" if fire else "television", a.mid_wall, clear=1.2)
    _seats(a, focus)
    if fire:
        a.above(focus, "picture", 1.75)
    else:
        _sideboard_under(a, focus)
    shelf = a.against("bookshelf", a.mid_wall, clear=0.6)
    if room.width * room.depth > 22:
        a.against("bookshelf", _beside(a, shelf), clear=0.6)
        board = a.against("piano" if a.chance(0.25) else "sideboard", a.mid_wall, clear=0.6)
        a.above(board, "picture", 1.6)
    a.against("lamp", a.in_corner, clear=0.0)
    a.plants(2)
    a.pictures(4)
    a.pendant(*room.centre)
    a.curtains = True


def _seats(a: Arranger, focus: Placed | None) -> None:
    """A sofa that faces the fire or the television, armchairs beside, a low table and a rug between."""
    sofa = a.item("sofa")
    if sofa is None:
        return
    width, depth, _ = extent(sofa)
    seat: Placed | None = None
    if focus is not None:
        deep = extent(focus.item)[1]
        for away in (2.9, 2.6, 3.3, 2.3, 3.8):
            x, z = local(focus.x, focus.z, focus.turn, 0.0, deep / 2 + away)
            seat = a.stand(sofa, x, z, focus.turn + np.pi)
            if seat is not None:
                break
    if seat is None:
        seat = a.against(sofa, a.mid_wall, clear=0.9)
    if seat is None:
        return
    table_item = a.item("coffee_table")
    middle = local(seat.x, seat.z, seat.turn, 0.0, depth / 2 + 0.75)
    turned = abs(float(np.sin(seat.turn))) > 0.7
    a.rug(*middle, *((2.1, 2.9) if turned else (2.9, 2.1)))
    table = a.stand(table_item, *middle, seat.turn, gap=0.0)
    for name, count in (("book", 1), ("vase", 1), ("cup", 2), ("bowl", 1)):
        for _ in range(count):
            a.on_top(table, name)
    chair = a.item("armchair")
    for side in (-1, 1):
        if chair is None:
            break
        for out in (0.85, 0.65, 1.05):
            spot = local(seat.x, seat.z, seat.turn, side * (width / 2 + 0.45), depth / 2 + out)
            if a.stand(chair, *spot, seat.turn - side * 2.0) is not None:
                chair = a.item("armchair")
                break
    small = a.item("side_table")
    for side in (1, -1):
        side_table = a.stand(small, *local(seat.x, seat.z, seat.turn, side * (width / 2 + 0.34), -0.1), seat.turn)
        if side_table is not None:
            a.on_top(side_table, "lamp", (0.0, 0.0), height=0.5)
            break


def _sideboard_under(a: Arranger, focus: Placed | None) -> None:
    """Pictures either side of a television."""
    if focus is None:
        return
    a.above(focus, "picture", 1.75)


def _beside(a: Arranger, other: Placed | None):
    def score(side: int, u: float) -> float:
        if other is None:
            return a.mid_wall(side, u)
        place = a.room.on_wall(side, u, 0.2)
        return -float(np.hypot(place[0] - other.x, place[2] - other.z))

    return score


def kitchen(a: Arranger) -> None:
    room = a.room

    def run_score(side: int) -> float:
        doors = sum(door.width + 0.6 for door in room.doors() if door.side == side)
        windows = any(window.side == side for window in room.windows())
        return room.length(side) - doors + (0.8 if windows else 0.0)

    order = sorted(SIDES, key=lambda side: (-run_score(side), side))
    names = ["fridge", "kitchen_counter", "sink", "kitchen_counter", "stove", "kitchen_counter"]
    done: list[Placed] = []
    for side in order[:2]:
        names = _counter_run(a, side, names, done)
        if not names:
            break
    for counter in [placed for placed in done if placed.item.what == "kitchen_counter"]:
        a.scatter(counter, ("bowl", "bottle", "cup", "vase"), 3)
        a.above(counter, "wall_cupboard", 1.78)
    for placed in done:
        if placed.item.what == "sink":
            a.above(placed, "shelf", 1.65)
    x, z = room.centre
    if room.width * room.depth > 11:
        table = None
        for dx, dz in ((0, 0), (0.4, 0), (-0.4, 0), (0, 0.4), (0, -0.4), (0.7, 0.5), (-0.7, -0.5), (0.7, -0.5)):
            turn = 0.0 if room.width >= room.depth else np.pi / 2
            table = a.table_with_chairs(a.item("kitchen_table"), x + dx, z + dz, turn, 4)
            if table is not None:
                a.on_top(table, "bowl", (0.0, 0.0))
                a.scatter(table, ("cup", "bottle"), 2)
                a.pendant(table.x, table.z, max(room.height - 1.75, 0.5), 0.2)
                break
        if table is None:
            a.pendant(x, z)
    else:
        a.pendant(x, z)
    a.hang("wall_clock", middle=1.9)
    a.plants(1)
    a.pictures(1)


def _counter_run(a: Arranger, side: int, names: list[str], done: list[Placed]) -> list[str]:
    """Kitchen units side by side along a wall; what found no room is given back."""
    left = list(names)
    u = 0.03
    while left:
        item = a.item(left[0])
        if item is None:
            left.pop(0)
            continue
        width, depth, height = extent(item)
        placed = None
        at = u
        while at + width <= a.room.length(side) - 0.02:
            place = a.room.on_wall(side, at + width / 2, depth / 2 + 0.02)
            rect = footprint(float(place[0]), float(place[2]), TURN[side], width, depth)
            front = a.floor.front(side, at + width / 2, width, depth, 0.75)
            blind = a.floor.window_behind(side, at, at + width, height)
            if not blind and a.floor.fits([rect], [front], gap=-0.01):
                a.floor.take([rect])
                a.floor.kept_clear.append(front)
                a.floor.on_walls.append((side, at, at + width, 0.0, height))
                placed = a.put(item, float(place[0]), float(place[2]), TURN[side])
                u = at + width + 0.002
                break
            at += 0.1
        if placed is None:
            return left
        done.append(placed)
        left.pop(0)
    return left


def bedroom(a: Arranger) -> None:
    room = a.room

    def head(side: int, u: float) -> float:
        return a.mid_wall(side, u) - 1.0 * any(door.side == side for door in room.doors())

    bed = a.against("bed", head, clear=0.75)
    if bed is not None:
        width, depth, _ = extent(bed.item)
        for side in (-1, 1):
            small = a.item("bedside_table")
            if small is None:
                continue
            wide, deep, _ = extent(small)
            spot = local(bed.x, bed.z, bed.turn, side * (width / 2 + wide / 2 + 0.06), -depth / 2 + deep / 2 + 0.02)
            table = a.stand(small, *spot, bed.turn, gap=0.0)
            a.on_top(table, "lamp", (0.0, -0.04), height=0.46)
            a.on_top(table, "book", (0.06, 0.12))
        a.rug(*local(bed.x, bed.z, bed.turn, 0.0, 0.35 * depth), *_turned(bed.turn, width + 1.3, 0.95 * depth))
        a.above(bed, "picture", 1.65)
    a.against("wardrobe", a.mid_wall, clear=0.7)
    if room.width * room.depth > 13:
        desk = a.against("desk", a.by_window, clear=0.75)
        _desk_set(a, desk)
        a.against("armchair", a.in_corner, clear=0.3)
    chest = a.against("cupboard" if a.chance(0.5) else "chest", a.mid_wall, clear=0.5)
    a.above(chest, "mirror", 1.55)
    a.plants(1)
    a.pictures(2)
    a.pendant(*room.centre)
    a.curtains = True


def _turned(turn: float, width: float, depth: float) -> tuple[float, float]:
    return (depth, width) if abs(float(np.sin(turn))) > 0.7 else (width, depth)


def _desk_set(a: Arranger, desk: Placed | None) -> None:
    """A chair at a desk, a lamp, books and a computer on it. One sits facing the wall or the window."""
    if desk is None:
        return
    width, depth, _ = extent(desk.item)
    chair = a.item("chair")
    if chair is not None:
        reach = extent(chair)[1]
        x, z = local(desk.x, desk.z, desk.turn, 0.0, depth / 2 + 0.38 * reach)
        rect = a.rect(chair, x, z, desk.turn + np.pi)
        if a.floor.inside(rect) and a.floor.passable([rect]):
            a.floor.take([rect])
            a.put(chair, x, z, desk.turn + np.pi + float(a.rng.uniform(-0.35, 0.35)))
    a.on_top(desk, "lamp", (-0.38 * width, -0.1), height=0.45)
    a.on_top(desk, "computer", (0.05, -0.06))
    a.scatter(desk, ("book", "cup", "book"), 3)


def bathroom(a: Arranger) -> None:
    room = a.room
    if (
        room.width * room.depth > 5
        and a.against("bathtub", lambda s, u: room.length(s) - 0.8 * a_doors(a, s), clear=0.4) is None
    ) or room.width * room.depth > 7.5:
        a.against("shower", a.in_corner, clear=0.4)
    sink = a.against("sink", a.mid_wall, clear=0.6, tries=200)
    a.above(sink, "mirror", 1.55)
    a.against("toilet", a.in_corner, clear=0.45, tries=200)
    a.against("shelf", a.in_corner, clear=0.2, tries=200)
    a.plants(1)
    x, z = room.centre
    a.rug(x, z, 0.95, 0.65)
    a.pendant(x, z, 0.35, 0.18)


def a_doors(a: Arranger, side: int) -> float:
    return float(sum(door.width for door in a.room.doors() if door.side == side))


def dining_room(a: Arranger) -> None:
    room = a.room
    x, z = room.centre
    turn = 0.0 if room.width >= room.depth else np.pi / 2
    for name, chairs in (("dining_table", 8), ("kitchen_table", 4)):
        item = a.item(name)
        table = None
        for dx, dz in ((0, 0), (0.3, 0), (-0.3, 0), (0, 0.3), (0, -0.3)):
            table = a.table_with_chairs(item, x + dx, z + dz, turn, chairs)
            if table is not None:
                break
        if table is not None:
            width, depth, _ = extent(table.item)
            a.rug(table.x, table.z, *_turned(turn, width + 1.5, depth + 1.4))
            a.on_top(table, "vase", (0.0, 0.0))
            for side in (-1, 1):
                a.on_top(table, "candle", (side * 0.22 * width, 0.0))
                a.on_top(table, "bowl", (side * 0.34 * width, 0.24 * side * depth))
            a.chandelier(table.x, table.z, 1.85) if room.height > 2.85 else a.pendant(
                table.x, table.z, room.height - 1.7, 0.3
            )
            break
    board = a.against("sideboard", a.mid_wall, clear=0.6)
    a.scatter(board, ("vase", "bowl", "bottle"), 3)
    a.above(board, "picture", 1.75)
    a.plants(2)
    a.pictures(3)
    a.hang("mirror")
    a.curtains = True


def study(a: Arranger) -> None:
    room = a.room
    desk = a.against("desk", a.by_window, clear=0.8)
    _desk_set(a, desk)
    shelf = a.against("bookshelf", a.mid_wall, clear=0.5)
    for _ in range(3 if room.width * room.depth > 12 else 1):
        a.against("bookshelf", _beside(a, shelf), clear=0.5)
    chair = a.against("armchair", a.in_corner, clear=0.4)
    a.against("lamp", _beside(a, chair), clear=0.0)
    a.against("globe", a.in_corner, clear=0.0)
    a.rug(*room.centre, 0.55 * room.width, 0.5 * room.depth)
    a.plants(1)
    a.pictures(3)
    a.pendant(*room.centre)
    a.curtains = True


def hall(a: Arranger) -> None:
    room = a.room
    x, z = room.centre
    long_x = room.width > room.depth
    a.rug(x, z, *((0.62 * room.width, 0.42 * room.depth) if long_x else (0.42 * room.width, 0.62 * room.depth)))
    table = a.against("console_table", a.mid_wall, clear=0.5)
    a.on_top(table, "vase", (0.0, 0.0))
    a.scatter(table, ("book", "bowl"), 2)
    a.above(table, "mirror", 1.6)
    if room.width * room.depth > 30:
        a.against("fireplace", a.mid_wall, clear=1.0)
        for _ in range(2):
            a.against("armchair", a.in_corner, clear=0.3)
    a.against("clock", a.mid_wall, clear=0.3)
    a.against("chest", a.mid_wall, clear=0.4)
    a.plants(3)
    a.pictures(5)
    if room.height > 3.2:
        a.chandelier(x, z, room.height - 1.6)
    for dx in (-0.3, 0.3):
        a.pendant(x + dx * room.width * long_x, z + dx * room.depth * (not long_x), 0.4, 0.2)
    a.curtains = True


def corridor(a: Arranger) -> None:
    room = a.room
    x, z = room.centre
    long_x = room.width > room.depth
    length, wide = max(room.width, room.depth), min(room.width, room.depth)
    a.rug(x, z, *((0.72 * length, 0.48 * wide) if long_x else (0.48 * wide, 0.72 * length)))
    table = a.against("console_table", a.mid_wall, clear=0.0)
    a.on_top(table, "vase", (0.0, 0.0))
    a.plants(1)
    a.pictures(max(round(length / 1.6), 1))
    count = max(round(length / 3.2), 1)
    for index in range(count):
        at = (index + 0.5) / count - 0.5
        a.pendant(x + at * room.width * long_x, z + at * room.depth * (not long_x), 0.3, 0.17)


def storage(a: Arranger) -> None:
    for _ in range(3):
        shelf = a.against("shelf", a.mid_wall, clear=0.5)
        a.scatter(shelf, ("bottle", "bowl"), 2)
    for what in ("crate", "barrel", "crate", "chest", "crate", "barrel"):
        a.against(what, a.in_corner, clear=0.0, tries=30)
    a.pendant(*a.room.centre, 0.4, 0.17)
