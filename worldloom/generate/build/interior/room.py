"""`RoomShape`: an empty room as those see it who cover its walls and furnish it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from worldloom.generate.spec import RoomFunction
from worldloom.scene.surfels import Array

NORTH, EAST, SOUTH, WEST = range(4)
SIDES = (NORTH, EAST, SOUTH, WEST)
"""-Z, +X, +Z, -X."""
OpeningKind = Literal["door", "entrance", "passage", "window"]


@dataclass(frozen=True)
class Opening:
    """A hole in a wall."""

    side: int
    """Of `SIDES`."""
    start: float
    """Metres from the wall's left end, seen from inside."""
    end: float
    low: float
    """Height of its lower edge, metres."""
    high: float
    kind: OpeningKind
    arched: bool = False
    """Its top is half a circle, which ends at `high`."""
    leads_to: int | None = None
    """Number of the room behind, where there is one."""
    leaf: bool = False
    """The door's leaf swings into this room."""

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2

    @property
    def width(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class RoomShape:
    """An upright box of air with openings, metres."""

    function: RoomFunction
    min_x: float
    min_z: float
    max_x: float
    max_z: float
    height: float = 2.7
    openings: tuple[Opening, ...] = ()
    floor: float = 0.0
    """Height of the floor."""

    @property
    def width(self) -> float:
        return self.max_x - self.min_x

    @property
    def depth(self) -> float:
        return self.max_z - self.min_z

    @property
    def centre(self) -> tuple[float, float]:
        return (self.min_x + self.max_x) / 2, (self.min_z + self.max_z) / 2

    def length(self, side: int) -> float:
        return self.depth if side in (EAST, WEST) else self.width

    def corner(self, side: int) -> Array:
        """(3,) the left lower end of a wall, seen from inside."""
        x = self.min_x if side in (NORTH, WEST) else self.max_x
        z = self.min_z if side in (NORTH, EAST) else self.max_z
        return np.array([x, self.floor, z])

    def on_wall(self, side: int, u: float, out: float = 0.0, height: float = 0.0) -> Array:
        """(3,) the place `u` metres along a wall, `out` metres into the room."""
        place = self.corner(side) + u * ALONG[side] + out * INWARD[side]
        place[1] += height
        return place

    def doors(self) -> tuple[Opening, ...]:
        return tuple(opening for opening in self.openings if opening.kind != "window")

    def windows(self) -> tuple[Opening, ...]:
        return tuple(opening for opening in self.openings if opening.kind == "window")


ALONG = np.array([[1.0, 0, 0], [0, 0, 1.0], [-1.0, 0, 0], [0, 0, -1.0]])
"""Which way `u` runs along each side."""
INWARD = np.array([[0, 0, 1.0], [-1.0, 0, 0], [0, 0, -1.0], [1.0, 0, 0]])
TURN = (0.0, -np.pi / 2, np.pi, np.pi / 2)
"""How a thing whose front is +Z turns to stand with its back to each side."""
