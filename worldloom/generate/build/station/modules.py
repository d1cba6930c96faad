"""Which modules a station has and how they join."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from worldloom.generate.build.interior.plan import INNER_WALL, shared
from worldloom.generate.build.interior.room import ALONG, EAST, NORTH, SIDES, SOUTH, WEST, Opening, RoomShape
from worldloom.generate.spec import WorldSpec

Use = Literal["deck", "corridor", "hub", "quarters", "hydroponics", "lab", "airlock", "ring"]


@dataclass(frozen=True)
class Module:
    use: Use
    room: RoomShape


def modules_of(spec: WorldSpec) -> tuple[Module, ...]:
    """The observation deck first; then corridor, hub and what lies along its spokes. The deck's window looks to -Z."""
    rng = np.random.default_rng([spec.seed, 107])
    wide, deep = float(rng.uniform(11.0, 13.0)), float(rng.uniform(7.6, 8.8))
    modules = [Module("deck", _room(0, 0, wide, deep, 3.5))]
    modules.append(_behind(modules[0], SOUTH, "corridor", 2.5, float(rng.uniform(5.0, 6.5)), 2.7))
    modules.append(_behind(modules[1], SOUTH, "hub", 8.0, 8.0, 3.4))
    asked_plants = spec.vegetation.plants or any(wanted.what in ("plant_pot", "greenhouse") for wanted in spec.objects)
    second: Use = "hydroponics" if asked_plants or rng.random() < 0.7 else "lab"
    third: Use = "quarters"
    if spec.extent >= 20:
        sides = (EAST, WEST) if rng.random() < 0.5 else (WEST, EAST)
        for side, use in zip(sides, (second, third)):
            passage = _behind(modules[2], side, "corridor", 2.5, 3.6, 2.7)
            modules.append(passage)
            modules.append(_behind(passage, side, use, 6.4, 8.6, 3.0))
    modules.append(_behind(modules[2], SOUTH, "airlock", 4.0, 4.2, 2.8))
    return tuple(Module(module.use, room) for module, room in zip(modules, _opened(modules, spec)))


def _room(x: float, z: float, width: float, depth: float, height: float) -> RoomShape:
    return RoomShape("hall", x - width / 2, z - depth / 2, x + width / 2, z + depth / 2, height)


def _behind(module: Module, side: int, use: Use, width: float, length: float, height: float) -> Module:
    """A module that goes on from the middle of another's side; `width` across, `length` away from it."""
    x, z = module.room.centre
    if side == SOUTH:
        z = module.room.max_z + INNER_WALL + length / 2
    elif side == EAST:
        x = module.room.max_x + INNER_WALL + length / 2
    else:
        x = module.room.min_x - INNER_WALL - length / 2
    across = side in (EAST, WEST)
    return Module(use, _room(x, z, length if across else width, width if across else length, height))


def _opened(modules: list[Module], spec: WorldSpec) -> list[RoomShape]:
    """With doorways where modules meet, and windows to space."""
    rooms = [module.room for module in modules]
    for number in range(len(rooms)):
        for other in range(number):
            for side in SIDES:
                span = shared(rooms[number], rooms[other], side)
                if span is None:
                    continue
                opposite = (side + 2) % 4
                here = _doorway(side, (span[0] + span[1]) / 2, other)
                middle = rooms[number].on_wall(side, here.middle)
                there = float((middle - rooms[other].corner(opposite)) @ ALONG[opposite])
                rooms[number] = replace(rooms[number], openings=(*rooms[number].openings, here))
                back = _doorway(opposite, there, number)
                rooms[other] = replace(rooms[other], openings=(*rooms[other].openings, back))
    windowless = spec.interior.windows <= 0 or bool({"windows", "window"} & set(spec.without))
    for number, module in enumerate(modules):
        found: tuple[Opening, ...] = ()
        room = rooms[number]
        if module.use == "deck" and not windowless:
            length = room.length(NORTH)
            found = (Opening(NORTH, 0.7, length - 0.7, 0.75, 3.0, "window"),)
            found += tuple(
                Opening(
                    side, *((0.6, 3.4) if side == EAST else (room.depth - 3.4, room.depth - 0.6)), 0.75, 3.0, "window"
                )
                for side in (EAST, WEST)
            )
        elif module.use in ("quarters", "hydroponics", "lab") and not windowless:
            outward = EAST if room.centre[0] > 0 else WEST
            middle = room.length(outward) / 2
            found = (Opening(outward, middle - 1.5, middle + 1.5, 1.0, 2.3, "window"),)
        elif module.use == "airlock":
            middle = room.length(SOUTH) / 2
            found = (Opening(SOUTH, middle - 0.8, middle + 0.8, 0.0, 2.2, "entrance"),)
        rooms[number] = replace(room, openings=(*room.openings, *found))
    return rooms


def _doorway(side: int, u: float, leads_to: int) -> Opening:
    return Opening(side, u - 0.8, u + 0.8, 0.0, 2.2, "passage", leads_to=leads_to)
