"""The middle of a town: its square, the church or the like that stands at it, stalls, benches and what is in its
midst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.town.flat import Rect
from worldloom.generate.build.town.streets import GRID, Land, Street
from worldloom.generate.spec import ObjectSpec, Size, TownStyle, WorldSpec
from worldloom.scene.surfels import Array

PUBLIC: dict[TownStyle, str] = {
    "european": "church",
    "medieval": "church",
    "mediterranean": "church",
    "nordic": "church",
    "japanese": "pagoda",
    "desert": "mosque",
}
"""What stands at the square of a town, where nothing else is asked for."""
_GROUND = {"church": (11.0, 24.5, 24.0), "temple": (15.0, 23.5, 11.1), "pagoda": (11.6, 11.6, 20.3),
           "mosque": (17.6, 14.6, 22.4), "temple_hall": (18.0, 14.6, 11.2)}  # fmt: skip
"""Width and depth that they cover, and their height, metres."""
_SCALE: dict[Size, float] = {"tiny": 0.5, "small": 0.75, "normal": 1.0, "large": 1.3, "huge": 1.6}
MIDST = ("fountain", "well", "statue", "obelisk", "column", "standing_stone", "gazebo", "flag", "clock")
"""What is put in the middle of a square when it is asked for."""


@dataclass(frozen=True)
class Public:
    """A building at the square."""

    kind: str
    wide: float
    deep: float
    asked: ObjectSpec | None = None
    """Whose wish it is."""


@dataclass(frozen=True)
class Stand:
    """Something on the square."""

    kind: str
    """"stall", "bench", "pole", "midst"."""
    place: tuple[float, float]
    turn: float
    room: float
    """Metres about it that it takes."""


def square_of(land: Land, streets: list[Street], centre: Array, buildings: int, style: TownStyle) -> Rect | None:
    """An open place on the main street, for towns of some size; none where streets are a grid."""
    if buildings < 9 or style in GRID:
        return None
    size = 8.2 + min(0.75 * np.sqrt(buildings), 7.0)
    main = streets[0].line
    near = int(np.linalg.norm(main - centre, axis=1).argmin())
    step = main[min(near + 1, len(main) - 1)] - main[max(near - 1, 0)]
    turn = float(np.arctan2(step[0], step[1]))
    square = Rect((float(main[near, 0]), float(main[near, 1])), (0.95 * size, 1.15 * size), turn)
    return square if land.buildable(square.corners, 1.0).all() else None


def public_of(spec: WorldSpec) -> Public | None:
    """The building at the square: one that is asked for and not put elsewhere, or what is usual in towns of some
    size."""
    named = {relation.target for one in spec.objects for relation in one.relations}
    for one in spec.objects:
        plain = not (one.relations or one.ruined or one.glowing) and one.count == 1 and one.id not in named
        if one.what in _GROUND and plain:
            eastern = one.what == "temple" and spec.settlement.style == "japanese"
            kind = "temple_hall" if eastern else one.what
            wide, deep, tall = _GROUND[kind]
            scale = float(np.clip(one.height / tall, 0.5, 1.6)) if one.height else _SCALE[one.size]
            return Public(kind, scale * wide, scale * deep, one)
    kind = PUBLIC.get(spec.settlement.style)
    told = {one.what for one in spec.objects} | set(spec.without)
    if kind is None or kind in told or spec.settlement.buildings < 14 or spec.settlement.ruined:
        return None
    wide, deep, _ = _GROUND[kind]
    return Public(kind, 0.8 * wide, 0.8 * deep)


def stands_of(square: Rect, street: Street, public: Sequence[Rect] = ()) -> tuple[Stand, ...]:
    """Two rows of stalls along the way over the square, with what stands in its midst, benches and lamps; none before
    the fronts of `public` buildings."""
    wide, deep = square.half
    found: list[Stand] = []

    def stand(kind: str, x: float, z: float, turn: float, room: float) -> None:
        place = square.at(x, z)
        found.append(Stand(kind, (float(place[0]), float(place[1])), square.turn + turn, room))

    stand("midst", 0.0, -0.1 * deep, 0.0, 2.4)
    row = max(street.half + 2.3, 5.4)
    for hand in (-1, 1):
        last = deep - 2.6 if hand < 0 else 0.15 * deep
        for z in np.arange(-deep + 4.0, last, 4.1):
            if row + 2.0 < wide and not any(_before(house, square.at(hand * row, float(z))) for house in public):
                stand("stall", hand * row, float(z), -hand * np.pi / 2, 2.0)
        stand("bench", hand * (wide - 2.0), 0.45 * deep if hand > 0 else -0.75 * deep, -hand * np.pi / 2, 0.9)
        for end in (-1, 1):
            stand("pole", hand * (wide - 1.0), end * (deep - 1.0), -hand * np.pi / 2, 0.3)
    return tuple(found)


def _before(house: Rect, place: Array) -> bool:
    """Whether a place hides the middle of a building's front."""
    right, front = house.axes
    way = place - np.asarray(house.center)
    aside, ahead = abs(float(way @ right)), float(way @ front) - house.half[1]
    return ahead > 0 and aside < (0.5 * house.half[0] + 2.0 if ahead < 11.0 else 2.6)
