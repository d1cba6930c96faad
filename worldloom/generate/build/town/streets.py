"""Where a town's streets run: grown step by step over gentle ground, or a grid; and roads out into the land.

After Parish and Müller 2001: each street is traced from a point on another one, bends with the ground, joins what it
comes close to, and then grows streets of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.site import Bounds
from worldloom.generate.build.town.flat import at_lengths, lengths_along
from worldloom.generate.spec import TownStyle
from worldloom.scene.surfels import Array

Height = Callable[[Array], Array]
"""Metres (N,) at places (N, 2), x and z."""
Wet = Callable[[Array], NDArray[np.bool_]]
"""Which places (N, 2) are under water or too near to it."""
_STEP = 4.0
GRID: tuple[TownStyle, ...] = ("modern", "futuristic")


@dataclass(frozen=True, eq=False)
class Street:
    """A street with its walks."""

    line: Array
    """(M, 2) x and z."""
    width: float
    """Of the carriageway, metres."""
    pavement: float
    """Of a walk on each side, outside of the carriageway."""
    rank: int
    """0 the main one, 1 side streets, 2 lanes, 3 roads through the land, which have no houses."""

    @property
    def half(self) -> float:
        """From its middle to where plots may begin."""
        return self.width / 2 + self.pavement


@dataclass(frozen=True)
class Land:
    """The ground that is planned on."""

    height: Height
    wet: Wet
    bounds: Bounds

    def buildable(self, flat: Array, margin: float = 0.0) -> NDArray[np.bool_]:
        return self.bounds.grown(-margin).inside(flat) & ~self.wet(flat)


WIDTHS: dict[TownStyle, tuple[tuple[float, float], ...]] = {
    "european": ((6.2, 1.6), (5.0, 1.2), (3.6, 0.6)),
    "medieval": ((5.2, 0.4), (3.8, 0.3), (2.8, 0.2)),
    "mediterranean": ((5.0, 0.6), (3.6, 0.3), (2.6, 0.2)),
    "nordic": ((5.6, 1.0), (4.6, 0.8), (3.4, 0.5)),
    "japanese": ((5.4, 0.8), (4.2, 0.5), (3.2, 0.4)),
    "desert": ((5.4, 0.5), (3.8, 0.3), (2.8, 0.2)),
    "modern": ((9.0, 2.8), (7.0, 2.4), (6.0, 2.0)),
    "futuristic": ((9.5, 3.4), (7.5, 2.8), (6.0, 2.4)),
}
"""Carriageway and walk of main streets, side streets and lanes."""


def grow_streets(
    land: Land,
    centre: Array,
    heading: float,
    style: TownStyle,
    radius: float,
    rng: np.random.Generator,
    open_middle: float = 0.0,
) -> list[Street]:
    """Streets within `radius` metres of the centre; none branches off nearer to it than `open_middle`."""
    if style in GRID:
        return _grid(land, centre, heading, style, radius)
    wild = {"medieval": 0.20, "mediterranean": 0.16, "desert": 0.18, "japanese": 0.05}.get(style, 0.11)
    widths = WIDTHS[style]
    streets: list[Street] = []
    ends = [trace(land, centre, heading + side, radius, [], rng, wild * 0.7) for side in (0.0, np.pi)]
    streets.append(Street(np.concatenate([ends[1][:0:-1], ends[0]]), *widths[0], 0))
    queue = [(streets[0], 1)]
    if radius < 55:
        return streets
    while queue:
        parent, rank = queue.pop(0)
        along = lengths_along(parent.line)[-1]
        place = rng.uniform(14, 22)
        side = rng.choice([-1, 1])
        while place < along - 12:
            index = int(np.searchsorted(lengths_along(parent.line), place).clip(1, len(parent.line) - 1))
            start = parent.line[index]
            if np.linalg.norm(start - centre) < open_middle:
                place += 4.0
                continue
            step = parent.line[index] - parent.line[index - 1]
            turn = np.arctan2(step[0], step[1]) + side * np.pi / 2 + rng.normal(0, wild * 0.7)
            reach = radius - float(np.linalg.norm(start - centre)) * 0.35
            others = [street.line for street in streets]
            line = trace(land, start, turn, reach, others, rng, wild, centre=centre, radius=radius)
            if len(line) * _STEP > 26:
                street = Street(line, *widths[min(rank, 2)], min(rank, 2))
                streets.append(street)
                if rank < 2:
                    queue.append((street, rank + 1))
            side = -side
            place += rng.uniform(17, 27) if style in ("medieval", "mediterranean", "desert") else rng.uniform(22, 32)
    return streets


def trace(
    land: Land,
    start: Array,
    heading: float,
    reach: float,
    others: list[Array],
    rng: np.random.Generator,
    wild: float,
    *,
    centre: Array | None = None,
    radius: float = np.inf,
) -> Array:
    """A line (M, 2) from `start` that keeps to gentle ground and its heading, until it is `reach` metres long, meets
    water, the edge or another line, which it joins."""
    points = [np.asarray(start, float)]
    bend = 0.0
    known = np.concatenate(others) if others else np.zeros((0, 2))
    turns = np.radians([-18, -9, 0, 9, 18])
    for number in range(max(int(reach / _STEP), 1)):
        bend = 0.7 * bend + rng.normal(0, wild * 0.35)
        options = heading + bend + turns
        ahead = points[-1] + 10 * np.stack([np.sin(options), np.cos(options)], axis=1)
        climb = np.abs(land.height(ahead) - land.height(points[-1][None])) / 10
        cost = 3.2 * climb + 0.35 * np.abs(turns) + 100.0 * ~land.buildable(ahead, 3.0)
        best = int(cost.argmin())
        if cost[best] > 50 or climb[best] > 0.34:
            break
        heading = options[best]
        point = points[-1] + _STEP * np.array([np.sin(heading), np.cos(heading)])
        if centre is not None and np.linalg.norm(point - centre) > radius:
            break
        points.append(point)
        if number > 3 and len(known):
            away = np.linalg.norm(known - point, axis=1)
            near = int(away.argmin())
            if away[near] < 13.0:
                towards = known[near] - point
                steps = max(int(away[near] / _STEP), 1)
                points += [point + towards * (step + 1) / steps for step in range(steps)]
                break
    return np.array(points)


def _grid(land: Land, centre: Array, heading: float, style: TownStyle, radius: float) -> list[Street]:
    """Straight streets that cross at right angles, with longer blocks one way."""
    widths = WIDTHS[style]
    forward = np.array([np.sin(heading), np.cos(heading)])
    side = np.array([forward[1], -forward[0]])
    streets: list[Street] = []
    for across, gap in ((side, 46.0), (forward, 66.0)):
        along = forward if across is side else side
        count = int(radius / gap) + (1 if radius > 40 else 0)
        for number in range(-count, count + 1):
            middle = centre + across * number * gap
            half = np.sqrt(max(radius**2 - (number * gap) ** 2, 0.0))
            if half < 26:
                continue
            where = np.arange(-half, half + 0.1, _STEP)
            line = middle + where[:, None] * along
            dry = land.buildable(line, 2.0)
            if dry.sum() < 6:
                continue
            first, last = np.flatnonzero(dry)[[0, -1]]
            rank = 0 if number == 0 and across is side else 1
            streets.append(Street(line[first : last + 1], *widths[rank], rank))
    streets.sort(key=lambda street: street.rank)
    return streets


def country_roads(
    land: Land, starts: list[tuple[Array, float]], width: float, rng: np.random.Generator
) -> list[Street]:
    """Roads from those places and headings out to the edge of the land."""
    far = 1.5 * max(land.bounds.size)
    wide = Land(land.height, land.wet, land.bounds.grown(12.0))
    lines = [trace(wide, start, heading, far, [], rng, 0.12) for start, heading in starts]
    return [Street(line, width, 0.0, 3) for line in lines if len(line) > 3]


def parked(
    streets: Sequence[Street], start: Array, ahead: Array, count: int, length: float
) -> tuple[tuple[float, float, float], ...]:
    """x, z and turn of so many vehicles along kerbs, nearest to `start` first and those before it ahead of all; none
    right before the eyes."""
    found: list[tuple[float, float, float, float]] = []
    for street in streets:
        if street.rank == 3 or street.width < 4.5:
            continue
        for side in (1, -1):
            where = np.arange(4.0, lengths_along(street.line)[-1] - 3.0, length)
            place, way = at_lengths(street.line, where)
            lane = place + side * (street.width / 2 - 1.15) * np.stack([way[:, 1], -way[:, 0]], axis=1)
            other = [line.line for line in streets if line is not street]
            for at, along in zip(lane, -side * way):
                if other and np.linalg.norm(np.concatenate(other) - at, axis=1).min() < 9.0:
                    continue
                step = at - start
                far = float(np.linalg.norm(step))
                before = float(step @ ahead) / max(far, 1e-6)
                if far > 6.5:
                    rank = far * (1.0 if before > 0.6 else 3.0)
                    found.append((rank, float(at[0]), float(at[1]), float(np.arctan2(along[0], along[1]))))
    return tuple(spot[1:] for spot in sorted(found)[:count])
