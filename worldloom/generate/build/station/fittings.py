"""What stands in the modules of a station."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worldloom.generate.build.interior.arranger import Arranger
from worldloom.generate.build.interior.asked import only_possible, place_first, place_rest
from worldloom.generate.build.interior.cover import Grade, slab, speckle
from worldloom.generate.build.interior.decor import Decor
from worldloom.generate.build.interior.finishes import FINISHES
from worldloom.generate.build.interior.floor import Floor
from worldloom.generate.build.interior.furnish import Arrangement
from worldloom.generate.build.interior.pieces import extent
from worldloom.generate.build.interior.room import NORTH, SIDES
from worldloom.generate.build.site import Lamp
from worldloom.generate.build.station.modules import Module
from worldloom.generate.spec import Colour, ObjectSpec
from worldloom.scene.surfels import Surfels, join, surfels, unit

METAL: Colour = (0.42, 0.44, 0.47)


def fitted(
    module: Module, accent: Colour, seed: int, asked: Sequence[ObjectSpec] = (), without: frozenset[str] = frozenset()
) -> Arrangement:
    """Furniture of a module by its use, and what was asked for."""
    plain = FINISHES["concrete"]
    decor = Decor(
        plain,
        plain,
        plain,
        "plain",
        None,
        0,
        (0.2, 0.2, 0.2),
        (0.2, 0.2, 0.2),
        (0.16, 0.19, 0.25),
        accent,
        METAL,
        accent,
    )
    a = Arranger(module.room, decor, np.random.default_rng([seed, 127]), Floor(module.room), list(asked), without)
    missed = only_possible(a)
    place_first(a)
    {"deck": _deck, "hub": _hub, "quarters": _quarters, "lab": _lab, "airlock": _airlock}.get(module.use, _nothing)(a)
    return Arrangement(a, (*missed, *place_rest(a)))


def _nothing(a: Arranger) -> None:
    del a


def _deck(a: Arranger) -> None:
    """Consoles along the great window with seats at them, free floor behind, benches and plants at the sides."""
    room = a.room
    console = a.item("console", height=0.92)  # one looks over them at the planet
    seat = a.item("chair", colour=(0.2, 0.22, 0.26))
    if console is not None:
        wide, deep, _ = extent(console)
        count = max(int((room.width - 3.0) / (wide + 0.5)), 2)
        for index in range(count):
            x = room.centre[0] + ((index + 0.5) / count - 0.5) * (room.width - 2.2)
            if count % 2 and index == count // 2:
                continue
            placed = a.stand(console, x, room.min_z + 1.15 + deep / 2, 0.0)
            if placed is not None and seat is not None:
                a.stand(seat, x, placed.z + deep / 2 + 0.5, np.pi + float(a.rng.uniform(-0.4, 0.4)), gap=0.0)
    a.against("sofa", a.mid_wall, clear=0.6, sides=[side for side in SIDES if side != NORTH])
    a.against("plant_pot", a.in_corner, clear=0.0)
    a.against("plant_pot", a.in_corner, clear=0.0)
    a.against("telescope", a.by_window, clear=0.2)


def _hub(a: Arranger) -> None:
    x, z = a.room.centre
    table = a.table_with_chairs(a.item("table", colour=METAL, material="metal"), x, z, 0.0, 6)
    a.on_top(table, "globe", (0.0, 0.0), glowing=True, height=0.5)
    for _ in range(3):
        a.against("console", a.in_corner, clear=0.5)
    a.against("cupboard", a.in_corner, clear=0.3)
    a.against("plant_pot", a.in_corner, clear=0.0)


def _quarters(a: Arranger) -> None:
    for _ in range(4):
        a.against("pod", a.mid_wall, clear=0.5)
    a.against("desk", a.by_window, clear=0.6)
    for what in ("cupboard", "shelf", "plant_pot", "chair"):
        a.against(what, a.in_corner, clear=0.3)


def _lab(a: Arranger) -> None:
    for _ in range(3):
        bench = a.against("workbench", a.mid_wall, clear=0.7)
        a.scatter(bench, ("bottle", "computer", "bottle", "bowl"), 4)
    for what in ("console", "shelf", "cupboard", "robot"):
        a.against(what, a.in_corner, clear=0.4)


def _airlock(a: Arranger) -> None:
    for what in ("crate", "crate", "barrel", "shelf"):
        a.against(what, a.in_corner, clear=0.0)


def hydroponics(module: Module, grade: Grade, seed: int) -> tuple[Surfels, list[Lamp]]:
    """Racks of seedlings in three tiers along both long walls, under violet lamps."""
    room = module.room
    rng = np.random.default_rng([seed, 131])
    along_x = room.width > room.depth
    length = (room.width if along_x else room.depth) - 1.6
    parts: list[Surfels] = []
    lamps: list[Lamp] = []
    x, z = room.centre
    across = (room.depth if along_x else room.width) / 2
    for side in (-1, 1):
        middle = side * (across - 0.62)
        for tier in range(3):
            high = room.floor + 0.35 + 0.78 * tier
            parts.append(_box(x, z, along_x, 0.0, middle, high, length, 0.62, 0.07, grade).painted((0.42, 0.43, 0.45)))
            parts.append(
                _box(x, z, along_x, 0.0, middle, high + 0.075, length - 0.06, 0.52, 0.02, grade).painted(
                    (0.05, 0.035, 0.025)
                )
            )
            lamp = _box(x, z, along_x, 0.0, middle, high + 0.66, length, 0.1, 0.03, grade)
            parts.append(lamp.painted((0.5, 0.3, 0.5)).glowing((1.7, 0.75, 1.5)).with_values(opacity=0.28))
            parts.append(_plants(x, z, along_x, middle, high + 0.1, length, tier, grade, rng))
            for share in (-0.25, 0.25):
                spot = (x + share * length, z + middle) if along_x else (x + middle, z + share * length)
                lamps.append(Lamp((float(spot[0]), high + 0.6, float(spot[1])), (0.85, 0.34, 0.8), 3.6, always=True))
        for share in (-0.5, 0.0, 0.5):
            parts.append(
                _box(x, z, along_x, share * length, middle + side * -0.3, room.floor, 0.05, 0.05, 2.6, grade).painted(
                    (0.3, 0.31, 0.33)
                )
            )
    return join(parts).single(), lamps


def _box(
    x: float,
    z: float,
    along_x: bool,
    at: float,
    across: float,
    low: float,
    length: float,
    depth: float,
    high: float,
    grade: Grade,
) -> Surfels:
    cx, cz = (x + at, z + across) if along_x else (x + across, z + at)
    wide, deep = (length, depth) if along_x else (depth, length)
    return slab((cx - wide / 2, low, cz - deep / 2), (cx + wide / 2, low + high, cz + deep / 2), grade)


def _plants(
    x: float,
    z: float,
    along_x: bool,
    middle: float,
    low: float,
    length: float,
    tier: int,
    grade: Grade,
    rng: np.random.Generator,
) -> Surfels:
    """Rosettes of leaves in rows, taller and redder by tier."""
    spacing = float(grade(np.array([[x, low, z]]))[0])
    each = int(np.clip(34 * (0.05 / spacing) ** 1.2, 10, 60))
    rows = max(int(length / 0.24), 2)
    root_u = np.repeat((np.arange(rows) + 0.5) / rows * length - length / 2, 2)
    root_v = middle + np.tile([-0.13, 0.13], rows)
    count = len(root_u) * each
    plant = np.repeat(np.arange(len(root_u)), each)
    turn, rise = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.15, 1.3, count)
    tall = (0.13 + 0.05 * tier) * rng.uniform(0.7, 1.2, len(root_u))[plant]
    reach = tall * (0.35 + 0.65 * rng.random(count))
    out = np.stack([np.cos(turn) * np.cos(rise), np.sin(rise), np.sin(turn) * np.cos(rise)], axis=1)
    u, v = root_u[plant] + out[:, 0] * reach, root_v[plant] + out[:, 2] * reach
    place = np.stack([x + u if along_x else x + v, low + out[:, 1] * reach, z + v if along_x else z + u], axis=1)
    normal = unit(
        np.stack([-out[:, 0] * out[:, 1], np.ones(count), -out[:, 2] * out[:, 1]], axis=1)
        + 0.3 * rng.normal(size=(count, 3))
    )
    size = (0.26 * tall)[:, None] * np.array([[1.0, 0.55]]) * (34 / each) ** 0.5
    tones = np.array([(0.07, 0.20, 0.03), (0.12, 0.25, 0.04), (0.16, 0.07, 0.07)])
    colour = tones[(plant // 14 + tier) % 3] * rng.uniform(0.6, 1.4, (count, 1))
    leaves = surfels(place, normal, out, size).painted(colour * (1 + 0.1 * speckle(u, v, 3))[:, None])
    return leaves.with_values(leaf=0.4).labelled("plant/crop")
