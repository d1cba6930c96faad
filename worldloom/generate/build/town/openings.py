"""Where a wall has openings, and pieces of wall around them.

In the wall's own frame: x to the right along it, y up, facing +Z, its outer face at z = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.town.dress import Coating, Dress
from worldloom.generate.build.town.quads import Quads, quads
from worldloom.generate.build.town.solid import boxes
from worldloom.generate.build.town.spots import chance
from worldloom.scene.surfels import Array

NEAR = 55.0
"""Metres beyond which the bars of a window can't be seen."""
INSIDE = 45.0
"""Metres from which rooms aren't seen any more."""
DOOR = (0.98, 2.05)
"""Width and height of what one walks through."""


@dataclass(frozen=True, eq=False)
class Openings:
    """K rectangles in a wall, each in a cell of its own."""

    cell: Array
    """(K, 4): left, right, lower and upper edge of the part of the wall around it."""
    hole: Array
    """(K, 4): the same of the opening; of no size where the wall is closed."""
    door: NDArray[np.bool_]
    """(K,) which of them go down to the floor and stand open."""
    shop: NDArray[np.bool_]
    """(K,) which are shop windows."""

    @property
    def open(self) -> NDArray[np.bool_]:
        return self.hole[:, 1] > self.hole[:, 0]


def lay_out(
    length: float,
    floors: list[tuple[float, float]],
    dress: Dress,
    *,
    door: float | None = None,
    closed: list[tuple[float, float]] | None = None,
    blind: float = 0.0,
    number: int = 0,
) -> Openings:
    """Bays of windows on every floor; a door nearest to x = `door`; none where the wall touches another (`closed`);
    a share `blind` of the bays has no window."""
    edges = _bays(length, dress)
    count = len(edges) - 1
    middle = (edges[:-1] + edges[1:]) / 2
    gate = -1 if door is None else int(np.abs(middle - door).argmin())
    cells, holes, doors, shops = [], [], [], []
    for level, (low, high) in enumerate(floors):
        wide, tall, sill = dress.window
        if level > 1:
            tall *= 0.92
        for bay in range(count):
            cell = (edges[bay], edges[bay + 1], low, high)
            room = edges[bay + 1] - edges[bay]
            is_door = level == 0 and bay == gate
            shop = level == 0 and door is not None and dress.shop and not is_door and room > 1.8
            glassy = dress.wall[0] == "curtain" and (level or dress.ground_wall[0] == "curtain")
            blocked = glassy or any(a < middle[bay] < b for a, b in closed or ())
            if is_door:
                half = DOOR[0] / 2
                hole = (middle[bay] - half, middle[bay] + half, low, low + DOOR[1])
            elif blocked or room < 1.1 or float(chance(bay + 17 * level, number, dress.seed)) < blind:
                hole = (middle[bay], middle[bay], low, low)
            elif shop:
                half = min(room * 0.40, 1.6)
                hole = (middle[bay] - half, middle[bay] + half, low + 0.55, min(low + 2.35, high - 0.35))
            else:
                half = min(wide, room * 0.72) / 2
                bottom = low + min(sill, high - low - tall - 0.2)
                hole = (
                    middle[bay] - half,
                    middle[bay] + half,
                    max(bottom, low + 0.05),
                    min(bottom + tall, high - 0.15),
                )
            cells.append(cell)
            holes.append(hole)
            doors.append(is_door)
            shops.append(shop and hole[1] > hole[0])
    return Openings(np.array(cells, float), np.array(holes, float), np.array(doors), np.array(shops))


def _bays(length: float, dress: Dress) -> Array:
    """Edges of the bays of a wall."""
    count = max(round(length / dress.bay), 1) if length >= 1.7 else 1
    return np.linspace(0, length, count + 1)


def entrance(length: float, dress: Dress, door: float) -> float:
    """x of the middle of the doorway in a wall that is to have one near x = `door`."""
    edges = _bays(length, dress)
    middle = (edges[:-1] + edges[1:]) / 2
    return float(middle[np.abs(middle - door).argmin()])


def rectangles(edges: Array, z: float, coating: Coating, *, back: bool = False, **look: Any) -> Quads:
    """Upright pieces in the plane of the wall from (N, 4) left, right, lower and upper edges."""
    edges = edges[(edges[:, 1] - edges[:, 0] > 0.01) & (edges[:, 3] - edges[:, 2] > 0.01)]
    origin = np.stack([edges[:, 1 if back else 0], edges[:, 2], np.full(len(edges), z)], axis=1)
    a, b = np.zeros((len(edges), 3)), np.zeros((len(edges), 3))
    a[:, 0] = (edges[:, 1] - edges[:, 0]) * (-1 if back else 1)
    b[:, 1] = edges[:, 3] - edges[:, 2]
    return quads(origin, a, b, coating[0], coating[1], **look)


def around(openings: Openings) -> Array:
    """(N, 4) the pieces of wall left between the openings."""
    cell, hole = openings.cell, openings.hole
    left = np.stack([cell[:, 0], hole[:, 0], cell[:, 2], cell[:, 3]], axis=1)
    right = np.stack([hole[:, 1], cell[:, 1], cell[:, 2], cell[:, 3]], axis=1)
    below = np.stack([hole[:, 0], hole[:, 1], cell[:, 2], hole[:, 2]], axis=1)
    above = np.stack([hole[:, 0], hole[:, 1], hole[:, 3], cell[:, 3]], axis=1)
    return np.concatenate([left, right, below, above])


def bar_boxes(edges: Array, z: float, deep: float, colour: Any, sides: str = "sewtb", **look: Any) -> Quads:
    """Boxes before z from (N, 4) edges."""
    center = np.stack(
        [(edges[:, 0] + edges[:, 1]) / 2, (edges[:, 2] + edges[:, 3]) / 2, np.full(len(edges), z + deep / 2)], axis=1
    )
    size = np.stack([edges[:, 1] - edges[:, 0], edges[:, 3] - edges[:, 2], np.full(len(edges), deep)], axis=1)
    material = look.pop("material", "wood")
    return boxes(center, size, material, colour, sides=sides, **look)
