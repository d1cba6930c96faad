"""How rooms for many people are furnished."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.interior.arranger import Arranger
from worldloom.generate.build.interior.floor import local
from worldloom.generate.build.interior.homes import _desk_set
from worldloom.generate.build.interior.pieces import extent
from worldloom.generate.build.interior.room import EAST, NORTH, SIDES, SOUTH, WEST
from worldloom.scene.surfels import Array


def _grid(length: float, pitch: float, margin: float) -> list[float]:
    """Places from -length/2 + margin to the other end, evenly, about `pitch` apart."""
    room = length - 2 * margin
    count = max(int(room / pitch + 1e-6), 1)
    return [float((index + 0.5) / count * room - room / 2) for index in range(count)]


def _pair(place: Array) -> tuple[float, float]:
    return float(place[0]), float(place[1])


def _panels(a: Arranger, pitch: float = 2.8) -> None:
    x, z = a.room.centre
    for dx in _grid(a.room.width, pitch, 0.4):
        for dz in _grid(a.room.depth, pitch, 0.4):
            a.pendant(x + dx, z + dz, panel=True)


def library(a: Arranger) -> None:
    room = a.room
    x, z = room.centre
    tall = room.height > 4.6
    if tall:
        for side in (EAST, WEST) if room.depth >= room.width else (NORTH, SOUTH):
            if not any(door.side == side and door.high > 2.4 for door in room.doors()):
                a.galleries.append((side, 2.62, 1.05))
    for side in sorted(SIDES, key=lambda s: -room.length(s)):
        for _ in range(int(room.length(side)) + 1):
            if a.against("bookshelf", lambda s, u: u, clear=0.6, sides=[side], height=2.3) is None:
                break
    shelf = next((placed.item for placed in a.placed if placed.item.what == "bookshelf"), None)
    if shelf is not None:
        wide, deep, _ = extent(shelf)
        for side, high, _ in a.galleries:
            count = int(room.length(side) / (wide + 0.02))
            for index in range(count):
                u = (index + 0.5) / count * room.length(side)
                if a.floor.window_behind(side, u - wide / 2, u + wide / 2, 99):
                    continue
                place = room.on_wall(side, u, deep / 2 + 0.03)
                turn = (0.0, -np.pi / 2, np.pi, np.pi / 2)[side]
                a.put(shelf, float(place[0]), float(place[2]), turn, high)
    turned = 0.0 if room.width >= room.depth else np.pi / 2
    across, along = (room.depth, room.width) if turned == 0.0 else (room.width, room.depth)
    for row in _grid(across, 3.0, 1.6):
        for at in _grid(along, 3.3, 1.8):
            spot = (x + at, z + row) if turned == 0.0 else (x + row, z + at)
            table = a.table_with_chairs(a.item("reading_table"), *spot, turned, 4, ends=False)
            a.on_top(table, "lamp", (0.0, 0.0), height=0.48)
            a.scatter(table, ("book", "book", "book", "cup"), 5)
            if table is not None:
                wide, deep = extent(table.item)[:2]
                size = (wide + 1.3, deep + 1.5)
                a.rug(*spot, *(size if turned == 0.0 else size[::-1]))
    a.against("globe", a.in_corner, clear=0.2)
    a.against("armchair", a.by_window, clear=0.3)
    a.plants(1)
    for at in _grid(along, 4.5, 1.0):
        spot = (x + at, z) if turned == 0.0 else (x, z + at)
        a.chandelier(*spot, min(room.height - 1.5, 3.3)) if tall else a.pendant(*spot)
    a.curtains = not tall


def office(a: Arranger) -> None:
    room = a.room
    x, z = room.centre
    desk = a.item("desk")
    if desk is not None:
        width, depth, _ = extent(desk)
        for dz in _grid(room.depth, 2 * depth + 2.1, 1.0):
            for dx in _grid(room.width, width + 0.95, 0.8):
                for facing, shift in ((0.0, depth / 2 + 0.02), (np.pi, -depth / 2 - 0.02)):
                    placed = a.stand(desk, x + dx, z + dz + shift, facing, gap=0.0)
                    _desk_set(a, placed)
    for _ in range(3):
        a.against("bookshelf" if a.chance(0.6) else "cupboard", a.mid_wall, clear=0.4)
    a.plants(4)
    a.pictures(2)
    a.hang("wall_clock", middle=2.1)
    _panels(a)


def classroom(a: Arranger) -> None:
    room = a.room
    x, z = room.centre
    front = min(
        SIDES,
        key=lambda s: (any(d.side == s for d in room.doors()), any(w.side == s for w in room.windows()), s != NORTH),
    )
    board = a.hang("blackboard", lambda s, u: -abs(u - room.length(s) / 2), 1.55, sides=[front])
    forward = -np.array([(0, 1), (-1, 0), (0, -1), (1, 0)][front], float)  # towards the board, x and z
    right = np.array([-forward[1], forward[0]])
    length, wide = (room.depth, room.width) if front in (NORTH, SOUTH) else (room.width, room.depth)
    facing = float(np.arctan2(forward[0], forward[1]))
    middle = np.array([x, z])
    spot = middle + forward * (length / 2 - 1.75)
    teacher = a.stand(a.item("desk"), float(spot[0]), float(spot[1]), facing + np.pi)
    if teacher is not None:
        chair = a.item("chair")
        a.stand(chair, *_pair(spot + forward * 0.75), facing + np.pi)
        a.scatter(teacher, ("book", "book", "cup"), 4)
        a.on_top(teacher, "globe", (0.45, 0.0), height=0.4)
    desk, chair = a.item("school_desk"), a.item("chair", height=0.82)
    if desk is not None and chair is not None:
        width, depth, _ = extent(desk)
        reach = extent(chair)[1]
        for back in np.arange(length / 2 - 3.35, -length / 2 + 1.2, -(depth + reach + 0.38)):
            for across in _grid(wide, width + 0.75, 0.9):
                spot = middle + forward * back + right * across
                placed = a.stand(desk, *_pair(spot), facing + np.pi, gap=0.0)
                if placed is None:
                    continue
                seat = _pair(spot - forward * (depth / 2 + 0.3 * reach))
                rect = a.rect(chair, *seat, facing)
                if a.floor.inside(rect) and a.floor.passable([rect]):
                    a.floor.take([rect])
                    a.put(chair, *seat, facing + float(a.rng.uniform(-0.12, 0.12)))
                if a.chance(0.6):
                    a.on_top(placed, "book")
    a.against("bookshelf", a.mid_wall, clear=0.4)
    a.against("cupboard", a.mid_wall, clear=0.4)
    if board is not None:
        a.hang("wall_clock", lambda s, u: -abs(u - room.length(s) / 2), 2.6, sides=[front])
    a.pictures(5)
    a.plants(2)
    _panels(a, 3.0)


def shop(a: Arranger) -> None:
    room = a.room
    counter = a.against("counter", a.mid_wall, clear=0.9)
    if counter is not None:
        a.scatter(counter, ("bottle", "bowl", "vase", "book"), 4)
        a.above(counter, "shelf", 1.7)
    for _ in range(int(room.width + room.depth)):
        shelf = a.against("shelf" if a.chance(0.6) else "bookshelf", a.mid_wall, clear=0.6, tries=25)
        if shelf is None:
            break
    x, z = room.centre
    for dx in _grid(room.width, 2.4, 1.6):
        for dz in _grid(room.depth, 2.6, 1.7):
            table = a.stand(a.item("kitchen_table"), x + dx, z + dz, 0.0, gap=0.4)
            a.scatter(table, ("vase", "bowl", "bottle", "book", "cup", "globe"), 7)
    for what in ("barrel", "crate", "crate"):
        a.against(what, a.in_corner, clear=0.0)
    a.plants(2)
    a.pictures(2)
    for dx in _grid(room.width, 2.7, 0.8):
        for dz in _grid(room.depth, 3.0, 0.8):
            a.pendant(x + dx, z + dz, max(room.height - 2.3, 0.5), 0.22)


def restaurant(a: Arranger) -> None:
    room = a.room
    x, z = room.centre
    bar = a.against("counter", a.mid_wall, clear=1.1)
    if bar is not None:
        width, depth, _ = extent(bar.item)
        a.scatter(bar, ("bottle", "bottle", "cup", "bowl"), 6)
        stool = a.item("stool")
        if stool is not None:
            for dx in _grid(width, 0.65, 0.2):
                spot = local(bar.x, bar.z, bar.turn, dx, depth / 2 + 0.3)
                rect = a.rect(stool, *spot, 0.0)
                if a.floor.inside(rect) and a.floor.passable([rect]):
                    a.floor.take([rect])
                    a.put(stool, *spot)
        for high in (1.55, 2.0):
            shelf = a.above(bar, "shelf", high)
            a.scatter(shelf, ("bottle", "bottle", "cup"), 5)
    for dx in _grid(room.width, 2.35, 0.7):
        for dz in _grid(room.depth, 2.35, 0.7):
            turn = 0.0 if a.chance(0.5) else np.pi / 2
            table = a.table_with_chairs(a.item("bistro_table"), x + dx, z + dz, turn, 4)
            if table is None:
                continue
            a.on_top(table, "candle", (0.0, 0.0))
            a.scatter(table, ("cup", "bowl", "bottle", "cup"), 4)
            if a.chance(0.7):
                a.pendant(x + dx, z + dz, room.height - 1.85, 0.2)
    a.against("fireplace", a.mid_wall, clear=0.8)
    a.plants(4)
    a.pictures(7)
    a.curtains = True


def gallery(a: Arranger) -> None:
    room = a.room
    x, z = room.centre
    for size, count in (("large", 8), ("normal", 14)):
        for _ in range(count):
            a.hang("picture", lambda s, u: -a.room.length(s) * 0 - abs((u + 0.9) % 2.1 - 1.05), 1.6, size=size)
    long_z = room.depth >= room.width
    length = max(room.depth, room.width)
    for number, at in enumerate(_grid(length, 2.6, 1.4)):
        spot = (x, z + at) if long_z else (x + at, z)
        if number % 2 == 0:
            plinth = a.stand(a.item("plinth", colour=(0.88, 0.87, 0.85)), *spot, 0.0, gap=0.3)
            a.on_top(plinth, "statue" if a.chance(0.6) else "vase", (0.0, 0.0), height=0.9)
        else:
            a.stand(a.item("bench"), *spot, np.pi / 2 if long_z else 0.0, gap=0.3)
    for at in _grid(length, 3.0, 0.6):
        for off in (-0.27, 0.27):
            wide = off * min(room.width, room.depth)
            a.pendant(*((x + wide, z + at) if long_z else (x + at, z + wide)), panel=True)


def workshop(a: Arranger) -> None:
    room = a.room
    for _ in range(3):
        bench = a.against("workbench", lambda s, u: 0.4 * a.by_window(s, u) + 0.3 * a.mid_wall(s, u), clear=0.8)
        a.scatter(bench, ("bottle", "bowl", "book", "candle"), 4)
        a.above(bench, "shelf", 1.7)
    x, z = room.centre
    for dx, dz, what in ((-1.3, 0.3, "anvil"), (1.0, 0.4, "table"), (0.1, -1.4, "easel"), (2.2, -0.8, "barrel")):
        placed = a.stand(a.item(what), x + dx, z + dz, float(a.rng.uniform(-0.4, 0.4)), gap=0.25)
        if what == "table":
            a.scatter(placed, ("book", "bottle", "cup", "bowl"), 5)
    a.against("stove", a.mid_wall, clear=0.6)
    for what in ("shelf", "shelf", "cupboard", "barrel", "crate", "crate", "barrel", "crate", "stool", "chest"):
        a.against(what, a.in_corner, clear=0.15, tries=40)
    for dx in _grid(room.width, 3.4, 0.8):
        for dz in _grid(room.depth, 3.4, 0.8):
            a.pendant(x + dx, z + dz, 1.0, 0.26)


def throne_room(a: Arranger) -> None:
    room = a.room
    x, z = room.centre
    deep, steps = min(4.4, 0.25 * room.depth), 3
    wide = min(0.72 * room.width, 8.5)
    a.daises.append((deep, wide, steps))
    throne = a.item("throne")
    high = 0.16 * steps
    if throne is not None:
        a.floor.take([a.rect(throne, x, room.min_z + 1.5, 0.0)])
        a.put(throne, x, room.min_z + 1.35, 0.0, high)
    for side in (-1, 1):
        candle = a.item("candle", height=1.5)
        if candle is not None:
            a.put(candle, x + side * 1.7, room.min_z + 1.5, 0.0, high)
    a.rugs_runner(x, room.min_z + deep + 0.2, room.max_z - 0.6, 2.0)
    column = a.item("column", height=min(room.height * 0.55, 5.0))
    rows = _grid(room.depth - deep, 3.4, 1.2)
    if column is not None and room.width > 8:
        for side in (-1, 1):
            for at in rows:
                a.stand(column, x + side * 0.31 * room.width, z + deep / 2 + at, gap=0.1)
    for side in (EAST, WEST):
        for at in _grid(room.depth, 3.27, 1.0):
            u = at + room.depth / 2
            flag = a.item("curtain", height=3.0, colour=a.decor.accent)
            if flag is not None and not a.floor.window_behind(side, u - 0.6, u + 0.6, 99):
                a.hang(flag, lambda s, v, u=u: -abs(v - u), 3.6, sides=[side])
    for side in (-1, 1):
        for at in rows[::2]:
            a.stand(a.item("candle", height=1.5), x + side * 0.24 * room.width, z + deep / 2 + at + 1.2, gap=0.1)
            a.stand(a.item("bench"), x + side * 0.42 * room.width, z + deep / 2 + at, np.pi / 2, gap=0.1)
    for at in _grid(room.depth, 6.0, 1.5):
        a.chandelier(x, z + at, 3.6, size="large")


def chapel(a: Arranger) -> None:
    room = a.room
    x, z = room.centre
    deep, steps = min(3.6, 0.22 * room.depth), 2
    a.daises.append((deep, 0.86 * room.width, steps))
    high = 0.16 * steps
    altar = a.item("altar")
    if altar is not None:
        a.floor.take([a.rect(altar, x, room.min_z + 1.5, 0.0)])
        placed = a.put(altar, x, room.min_z + 1.5, 0.0, high)
        width = extent(altar)[0]
        for side in (-1, 1):
            a.on_top(placed, "candle", (side * 0.36 * width, 0.0))
    for side in (-1, 1):
        candle = a.item("candle", height=1.4)
        if candle is not None:
            a.put(candle, x + side * 0.3 * room.width, room.min_z + 1.2, 0.0, high)
    a.hang("picture", lambda s, u: -abs(u - room.length(s) / 2), 3.3, sides=[NORTH], size="large")
    a.rugs_runner(x, room.min_z + deep, room.max_z - 0.6, 1.3)
    pew = a.item("pew")
    if pew is not None:
        width, depth, _ = extent(pew)
        each = max(int((room.width / 2 - 0.75 - 0.5) / width), 1)
        for back in np.arange(room.min_z + deep + 1.5, room.max_z - 2.3, depth + 0.62):
            for side in (-1, 1):
                for index in range(each):
                    a.stand(pew, x + side * (0.8 + width * (index + 0.5)), float(back), np.pi, gap=0.0)
    for side in (EAST, WEST):
        for at in _grid(room.depth, 3.2, 0.9):
            a.against(
                "candle",
                lambda s, u, at=at: -abs(u - at - room.depth / 2),
                clear=0.0,
                sides=[side],
                tries=4,
                height=1.4,
            )
    for at in _grid(room.depth, 5.0, 1.5):
        a.chandelier(x, z + at, 3.4)
