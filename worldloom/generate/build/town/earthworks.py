"""What is done to the ground for a town: level plots, a paved square, streets with walks, yards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worldloom.generate.build.site import Earthworks, Pad, Road, Surface
from worldloom.generate.build.town.flat import Rect, at_lengths, lengths_along, meets, strip_rects
from worldloom.generate.build.town.plots import Plot
from worldloom.generate.build.town.streets import GRID, Street
from worldloom.generate.spec import Settlement, TownStyle, WorldSpec
from worldloom.scene.surfels import Array

_SURFACE: dict[str, Surface] = {
    "none": "soil",
    "path": "path",
    "dirt": "dirt",
    "gravel": "gravel",
    "cobble": "cobble",
    "asphalt": "asphalt",
}
_YARD: dict[TownStyle, Surface | None] = {
    "desert": "dirt",
    "modern": "pavement",
    "futuristic": "pavement",
    "medieval": "dirt",
    "mediterranean": "gravel",
}
OLD: tuple[TownStyle, ...] = ("medieval", "mediterranean", "desert", "japanese")
"""Streets without kerbs."""


def earthworks(
    spec: WorldSpec,
    streets: list[Street],
    heights: list[Array],
    plots: list[Plot],
    square: Rect | None,
    middle: float,
    fields: Sequence[Pad] = (),
) -> Earthworks:
    """Pads under lots, houses and the square, and the streets themselves."""
    town = spec.settlement
    surface = _SURFACE[town.roads]
    pads = [*fields]
    for plot in plots:
        lot, house = plot.lot, plot.house
        if plot.level:
            pads.append(Pad(lot.center, lot.half, lot.turn, plot.height, 3.0, _YARD.get(town.style)))
        else:
            around = house.grown(1.0)
            pads.append(Pad(around.center, around.half, around.turn, plot.height, 5.0, _YARD.get(town.style)))
        whole = plot.kind == "house" and not plot.wing and not town.ruined
        inner = house.grown(-0.5 if whole else 0.0)
        pads.append(Pad(house.center, inner.half, house.turn, plot.height, 0.5, covered=whole))
    if square is not None:
        paved: Surface = surface if town.roads in ("cobble", "gravel", "dirt", "path") else "pavement"
        whole = square.grown(1.0)
        pads.append(Pad(whole.center, whole.half, whole.turn, middle, 2.0, paved))
    roads = []
    if town.roads != "none":
        for street, height in zip(streets, heights):
            kind: Surface = ("gravel" if surface == "cobble" else surface) if street.rank == 3 else surface
            width, walk = _profile(street, town)
            for line, level in _outside(street.line, height, square):
                roads.append(Road(line, width, kind, level, walk))
    return Earthworks(tuple(pads), tuple(roads))


def _profile(street: Street, town: Settlement) -> tuple[float, float]:
    """Width of the carriageway and of a raised walk on each side, which reach to the fronts of houses."""
    if street.rank == 3 or town.roads not in ("cobble", "asphalt"):
        return street.width, 0.0
    if kerb_of(street, town) is None:
        return street.width + 2 * street.pavement + 1.2, 0.0
    return street.width, street.pavement + (0.9 if town.style in (*GRID, "european") else 0.0)


def kerb_of(street: Street, town: Settlement) -> float | None:
    """Metres from the middle of a street to its kerb; None in old streets, which are cobbled from wall to wall."""
    return street.width / 2 if street.rank < 3 and town.roads == "asphalt" and town.style not in OLD else None


def _outside(line: Array, heights: Array, square: Rect | None) -> list[tuple[Array, Array]]:
    """The parts of a street that aren't on the square, with their heights."""
    if square is None or not meets(square, strip_rects(line, 0.5)).any():
        return [(line, heights)]
    along = lengths_along(line)
    where = np.linspace(0.0, along[-1], max(int(along[-1]), 1) + 1)
    place, _ = at_lengths(line, where)
    right, front = square.axes
    way = place - np.asarray(square.center)
    off = (np.abs(way @ right) > square.half[0] - 1.5) | (np.abs(way @ front) > square.half[1] - 1.5)
    level = np.interp(where, along, heights)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], off, [False]]).astype(int)))
    return [(place[a:b], level[a:b]) for a, b in zip(ends[::2], ends[1::2]) if b - a > 2]
