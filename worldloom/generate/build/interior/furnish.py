"""A room furnished by what it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from worldloom.generate.build.interior import homes, public
from worldloom.generate.build.interior.arranger import Arranger
from worldloom.generate.build.interior.asked import only_possible, place_first, place_rest
from worldloom.generate.build.interior.cover import Grade, merged
from worldloom.generate.build.interior.decor import Decor, decorate
from worldloom.generate.build.interior.fixtures import curtains, dais, gallery, light_panel, pendant, rug
from worldloom.generate.build.interior.floor import Floor
from worldloom.generate.build.interior.pieces import Placed, make, surfel_count
from worldloom.generate.build.interior.room import RoomShape
from worldloom.generate.build.site import Lamp
from worldloom.generate.spec import Interior, ObjectSpec, RoomFunction
from worldloom.scene.surfels import Surfels

RECIPES: dict[RoomFunction, Callable[[Arranger], None]] = {
    "living_room": homes.living_room,
    "kitchen": homes.kitchen,
    "bedroom": homes.bedroom,
    "bathroom": homes.bathroom,
    "dining_room": homes.dining_room,
    "study": homes.study,
    "hall": homes.hall,
    "corridor": homes.corridor,
    "storage": homes.storage,
    "library": public.library,
    "office": public.office,
    "classroom": public.classroom,
    "shop": public.shop,
    "restaurant": public.restaurant,
    "gallery": public.gallery,
    "workshop": public.workshop,
    "throne_room": public.throne_room,
    "chapel": public.chapel,
}
SPACINGS = 0.0125 * 2 ** (np.arange(12) / 2)
"""Distances between surfels of furniture, metres: few, so that like things are made once."""


@dataclass(frozen=True, eq=False)
class Arrangement:
    """What stands in a room, before it is made."""

    arranger: Arranger
    missed: tuple[str, ...] = ()
    """What was asked for and found no place, in words."""

    @property
    def placed(self) -> list[Placed]:
        return self.arranger.placed

    @property
    def floor(self) -> Floor:
        return self.arranger.floor


def arrange(
    room: RoomShape,
    decor: Decor,
    seed: int,
    asked: Sequence[ObjectSpec] = (),
    without: Iterable[str] = (),
    furnished: bool = True,
) -> Arrangement:
    """Where furniture goes.

    Args:
        asked: things that someone wants in this room.
        without: names of things there is to be none of.
        furnished: False: only what was asked for, and lamps.
    """
    floor = Floor(room)
    arranger = Arranger(room, decor, np.random.default_rng([seed, 53]), floor, list(asked), _names(without))
    missed = only_possible(arranger)
    place_first(arranger)
    if furnished:
        RECIPES[room.function](arranger)
    else:
        arranger.pendant(*room.centre)
    return Arrangement(arranger, (*missed, *place_rest(arranger)))


def _names(without: Iterable[str]) -> frozenset[str]:
    """Plural and collective words as the names of things."""
    names: set[str] = set()
    for word in without:
        names |= {word, word.removesuffix("s"), word.removesuffix("es")}
        if word in ("plants", "plant"):
            names |= {"plant_pot"}
        if word in ("curtains", "curtain"):
            names |= {"curtain"}
    return frozenset(names)


def surfel_estimate(arrangement: Arrangement, grade: Grade) -> float:
    """About how many surfels its furniture has with that grade."""
    total = 0.0
    for placed, spacing in zip(arrangement.placed, _spacings(arrangement, grade)):
        total += surfel_count(placed.item) * (0.1 / spacing) ** 2
    return total


def build(arrangement: Arrangement, grade: Grade, seed: int) -> tuple[Surfels, list[Lamp]]:
    """Surfels and lamps of what stands in a room."""
    a = arrangement.arranger
    room, parts, lamps = a.room, [], []
    for placed, spacing in zip(a.placed, _spacings(arrangement, grade)):
        pieces, own = make(placed.item, spacing)
        at = np.array([placed.x, room.floor + placed.base, placed.z])
        parts.append(pieces.placed(placed.turn, at))
        lamps += [_moved(lamp, placed.turn, at) for lamp in own]
    for pending in a.pendants:
        if pending.panel:
            pieces, lamp = light_panel(pending.x, pending.z, room.floor + room.height, 1.2, 0.3)
        else:
            pieces, lamp = pendant(
                pending.x, pending.z, room.floor + room.height, pending.drop, pending.radius, (0.93, 0.86, 0.72)
            )
        parts.append(pieces)
        lamps.append(lamp)
    for number, place in enumerate(a.rugs):
        parts.append(
            rug(
                place.x, place.z, place.width, place.depth, place.colour, place.second, grade, seed + number, room.floor
            )
        )
    for depth, width, steps in a.daises:
        parts.append(dais(room, depth, width, steps, grade, a.decor.floor.albedo))
    for side, height, depth in a.galleries:
        parts.append(gallery(room, side, height, depth, grade, (0.14, 0.075, 0.035)))
    if a.curtains and not a.without & {"curtain"}:
        colour = next((spec.colour for spec in a.asked if spec.what == "curtain" and spec.colour), a.decor.curtain)
        parts += [curtains(room, window, colour, grade, seed + n) for n, window in enumerate(room.windows())]
    return merged(parts), lamps


def _spacings(arrangement: Arrangement, grade: Grade) -> list[float]:
    """Small things are made finer than large ones."""
    a = arrangement.arranger
    if not a.placed:
        return []
    places = np.array([[placed.x, a.room.floor + placed.base + 0.4, placed.z] for placed in a.placed])
    small = np.array([0.55 if placed.base > 0.3 else 0.8 for placed in a.placed])
    wanted = grade(places) * small
    chosen = np.abs(np.log(wanted[:, None] / SPACINGS)).argmin(axis=1)
    return [float(SPACINGS[index]) for index in chosen]


def _moved(lamp: Lamp, turn: float, at: np.ndarray) -> Lamp:
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    x, y, z = lamp.position
    place = (float(cos * x + sin * z + at[0]), float(y + at[1]), float(cos * z - sin * x + at[2]))
    return replace(lamp, position=place, always=True)


def furnish(
    room: RoomShape,
    function: RoomFunction | None = None,
    *,
    style: str = "natural",
    seed: int = 0,
    spacing: float = 0.05,
) -> tuple[Surfels, tuple[Lamp, ...], tuple[Placed, ...]]:
    """Furniture for a room that stands already, in a house of a town for instance.

    Args:
        room: the empty room, in the frame that the surfels are wanted in.
        function: what it is for; None: what `room` says.
        spacing: between surfels, metres.

    Returns:
        Surfels, lamps, and what stands where.
    """
    room = replace(room, function=function) if function is not None else room
    decor = decorate(room.function, Interior(), style, room.height, seed)
    arrangement = arrange(room, decor, seed)
    pieces, lamps = build(arrangement, lambda points: np.full(len(points), spacing), seed)
    return pieces, tuple(lamps), tuple(arrangement.placed)
