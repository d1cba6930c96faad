"""Ground floors of houses near the start furnished by what their rooms are for, as interiors are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.interior.decor import decorate
from worldloom.generate.build.interior.furnish import Arrangement, arrange, build, surfel_estimate
from worldloom.generate.build.interior.room import EAST, NORTH, SOUTH, WEST, Opening, RoomShape
from worldloom.generate.build.town.dress import Dress
from worldloom.generate.build.town.house import blocks_of, storeys
from worldloom.generate.build.town.openings import DOOR, entrance
from worldloom.generate.build.town.rooms import BEHIND, partition_at
from worldloom.generate.spec import Interior, RoomFunction, TownStyle
from worldloom.scene.surfels import Surfels, join, no_surfels

_OLD = frozenset({"television", "computer", "fridge", "lamp", "toilet", "sink", "radiator"})
"""What houses of other times don't have."""


@dataclass(frozen=True, eq=False)
class Furnished:
    """A house's ground floor in the house's own frame."""

    arrangements: tuple[Arrangement, ...]
    seed: int

    def surfels(self, spacing: float) -> Surfels:
        made = [
            build(one, lambda at: np.full(len(at), spacing), self.seed + n)[0]
            for n, one in enumerate(self.arrangements)
        ]
        return join([part.single() for part in made]) if made else no_surfels()

    def count(self, spacing: float) -> float:
        """About how many surfels that is."""
        return sum(surfel_estimate(one, lambda at: np.full(len(at), spacing)) for one in self.arrangements)


def furnish_house(
    dress: Dress, style: TownStyle, wide: float, deep: float, floors: int, wing: float, door: float, seed: int
) -> Furnished:
    """Where furniture goes in a house built by `house` of the same numbers."""
    rooms = rooms_of(dress, wide, deep, floors, wing, door)
    old = style in ("medieval", "desert", "japanese", "mediterranean")
    look = "cosy" if style in ("medieval", "nordic") else "natural"
    made = []
    for number, room in enumerate(rooms):
        decor = decorate(room.function, Interior(), look, room.height, seed + number)
        made.append(arrange(room, decor, seed + number, without=sorted(_OLD) if old else ()))
    return Furnished(tuple(made), seed)


def rooms_of(dress: Dress, wide: float, deep: float, floors: int, wing: float, door: float) -> tuple[RoomShape, ...]:
    """The rooms of the ground floor's front part, empty, with their doors; that with the entrance first."""
    block = blocks_of(wide, deep, floors, wing, dress)[0]
    low, high = storeys(floors, dress)[0]
    height = high - low - 0.22
    half_x, half_z = block.size[0] / 2 - dress.thick, block.size[1] / 2 - dress.thick
    left, right = block.center[0] - half_x, block.center[0] + half_x
    back, front = block.center[1] - half_z + BEHIND, block.center[1] + half_z
    at = entrance(block.size[0], dress, door + block.size[0] / 2) - block.size[0] / 2
    split = partition_at(2 * half_x, door)
    spans = [(left, right)] if split is None else [(left, block.center[0] + split), (block.center[0] + split, right)]
    spans.sort(key=lambda span: not span[0] < at < span[1])
    uses: tuple[RoomFunction, ...] = ("shop", "storage") if dress.shop else ("living_room", "bedroom")
    rooms = []
    for (x0, x1), use in zip(spans, uses):
        x0, x1 = x0 + 0.06 * (x0 != left), x1 - 0.06 * (x1 != right)
        openings: list[Opening] = []
        if x0 < at < x1:
            middle = x1 - at  # from the left end of the front wall, seen from inside
            openings.append(
                Opening(SOUTH, middle - DOOR[0] / 2, middle + DOOR[0] / 2, 0.0, DOOR[1], "entrance", leaf=True)
            )
        if split is not None:
            side = EAST if block.center[0] + split > (x0 + x1) / 2 else WEST
            doorway = (back + front) / 2
            u = doorway - back if side == EAST else front - doorway
            openings.append(Opening(side, u - 0.46, u + 0.46, 0.0, 2.02, "passage"))
        if BEHIND > 0.5 and x1 - x0 > 1.4:
            openings.append(Opening(NORTH, (x1 - x0) / 2 - 0.45, (x1 - x0) / 2 + 0.45, 0.0, 2.1, "passage"))
        if x1 - x0 > 1.6 and front - back > 1.8:
            rooms.append(RoomShape(use, x0, back, x1, front, height, tuple(openings), low))
    return tuple(rooms)
