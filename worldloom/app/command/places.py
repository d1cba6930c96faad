"""Where something comes to stand: by the lake, on the table, between two things; level, free ground near to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.spatial import KDTree

from worldloom.app.command.clumps import points_of
from worldloom.app.command.finding import Finder
from worldloom.app.command.frames import Mention, Relation
from worldloom.edit.state import Rows
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.semantics import labels_under
from worldloom.scene.world_record import Vector

Array = NDArray[Any]

_CELL = 0.5
"""Metres."""
_REACH = 14.0
"""Metres around what something is put by in which ground is looked for."""
_STEP, _HEAD = 0.25, 2.0
"""Metres above the ground between which nothing may be where something is put."""
_FLAT = ("ground", "road", "room/floor", "building/floor", "station/floor", "plant/grass", "plant/moss")
_PASSABLE = ("plant/grass", "plant/flower", "plant/moss", "plant/crop", "mist", "rain", "snow")
_FROM_HERE = 0.04
"""Metres nearer to the target that a metre nearer to the viewer is worth."""


@dataclass(frozen=True, eq=False)
class _Ground:
    """A grid of cells seen from above."""

    centers: Array
    """(M, 3) cells that have ground: middle and height."""
    clearance: Array
    """(M,) metres to the next thing that stands there."""
    level: Array
    """(M,) bool: solid ground, not water."""


def spots(
    finder: Finder, relation: Relation | None, radius: float, number: int, *, without: Rows | None = None
) -> list[Vector]:
    """Points on surfaces for `number` things of some radius, metres.

    Args:
        relation: None: before the viewer.
        without: rows that are not in the way, since it is they that move.

    Raises:
        InvalidDataError: what it is put by is not there, or there is no room.
    """
    if relation is None:
        goal = finder.view.position + finder.view.ahead * (3.0 + 2 * radius)
        return _on_ground(finder, goal[None], radius, number, without, _before_viewer(goal))
    found = finder.find(relation.target)
    target = points_of(finder.state, found.rows).positions.astype(float)
    if relation.name == "above":
        return [_over(target)] * number
    has_top = relation.name == "on" or (relation.name == "in" and _height(target) < 1.5)
    if has_top and not _is_land(finder, found.rows, relation.target):
        return _on_top(target, number)
    if relation.other is not None:
        other = points_of(finder.state, finder.find(relation.other).rows).positions.astype(float)
        goal = _nearest_middle(target, other)
        return _on_ground(finder, goal[None], radius, number, without, _before_viewer(goal))
    if relation.name in ("on", "in", "below"):
        return _on_ground(finder, target, radius, number, without, _within(target), water=relation.name != "below")
    return _on_ground(finder, target, radius, number, without, _beside(finder, relation.name, target, radius))


def _is_land(finder: Finder, rows: Rows, mention: Mention) -> bool:
    """Whether things stand anywhere on it, and not on its top."""
    flat = np.concatenate([labels_under(name) for name in (*_FLAT, "water")])
    for part in finder.state.parts:
        if part.key in rows and part.layer.surface is not None:
            labels = part.layer.surface.labels[rows[part.key]].numpy()
            return bool(np.isin(labels, flat).mean() > 0.5)
    return mention.noun in ("ground", "floor")


def _on_top(target: Array, number: int) -> list[Vector]:
    """On the highest surface of a thing, side by side along its longer edge."""
    top = float(np.quantile(target[:, 1], 0.985))
    high = target[target[:, 1] > top - max(0.05, 0.06 * _height(target))]
    low, up = np.quantile(high, 0.02, axis=0), np.quantile(high, 0.98, axis=0)
    long = 0 if up[0] - low[0] >= up[2] - low[2] else 2
    found: list[Vector] = []
    for place in (np.arange(number) + 0.5) / number:
        goal = (low + up) / 2
        goal[long] = low[long] + place * (up[long] - low[long])
        near = high[np.argmin(((high - goal)[:, [0, 2]] ** 2).sum(axis=1))]
        found.append((float(near[0]), top, float(near[2])))
    return found


def _over(target: Array) -> Vector:
    x, _, z = np.median(target, axis=0)
    return float(x), float(target[:, 1].max()) + 1.0, float(z)


def _nearest_middle(one: Array, other: Array) -> Array:
    """Halfway between the places where two things are nearest to each other, or between their middles."""
    return (np.median(one, axis=0) + np.median(other, axis=0)) / 2


def _height(target: Array) -> float:
    return float(np.ptp(np.quantile(target[:, 1], (0.01, 0.99))))


class _Score:
    """How far a cell is from where something should stand; infinite where it must not."""

    def __call__(self, ground: _Ground, finder: Finder) -> Array:
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class _before_viewer(_Score):
    goal: Array

    def __call__(self, ground: _Ground, finder: Finder) -> Array:
        away = np.linalg.norm((ground.centers - self.goal)[:, [0, 2]], axis=1)
        return np.where(ground.level, away, np.inf)


@dataclass(frozen=True, eq=False)
class _within(_Score):
    target: Array

    def __call__(self, ground: _Ground, finder: Finder) -> Array:
        away = _distance(self.target, ground.centers)
        seen = np.linalg.norm((ground.centers - finder.view.position - 5 * finder.view.ahead)[:, [0, 2]], axis=1)
        return np.where(away <= _CELL, seen, np.inf)


@dataclass(frozen=True, eq=False)
class _beside(_Score):
    finder: Finder
    relation: str
    target: Array
    radius: float

    def __call__(self, ground: _Ground, finder: Finder) -> Array:
        away = _distance(self.target, ground.centers)
        from_here = (ground.centers - finder.view.position)[:, [0, 2]]
        score = away + _FROM_HERE * np.linalg.norm(from_here, axis=1)
        low, up = np.quantile(self.target, 0.01, axis=0), np.quantile(self.target, 0.99, axis=0)
        off = ground.centers - (low + up) / 2
        along = {
            "in_front_of": -finder.view.ahead,
            "behind": finder.view.ahead,
            "left_of": -finder.view.right,
            "right_of": finder.view.right,
        }.get(self.relation)
        if along is not None:
            across = np.array([-along[2], 0.0, along[0]])
            score = np.where(off @ along > 0, score + 0.5 * np.abs(off @ across), np.inf)
        return np.where(ground.level & (away > 0.6 * self.radius + 0.3), score, np.inf)


def _on_ground(
    finder: Finder,
    target: Array,
    radius: float,
    number: int,
    without: Rows | None,
    score: _Score,
    *,
    water: bool = False,
) -> list[Vector]:
    """The best cells that are free, no two nearer than the things are wide."""
    ground = _ground(finder, target, radius, without, water=water)
    values = score(ground, finder)
    for room in (radius, 0.5 * radius, 0.0):
        free = np.flatnonzero(np.isfinite(values) & (ground.clearance >= room))
        order = free[np.argsort(values[free], kind="stable")]
        chosen = _apart(ground.centers, order, max(1.6 * radius, 0.3), number)
        if len(chosen) == number:
            return [(float(x), float(y), float(z)) for x, y, z in ground.centers[chosen]]
    raise InvalidDataError("There is no free, level ground there for it; say another place.")


def _apart(centers: Array, order: NDArray[np.intp], least: float, number: int) -> list[int]:
    chosen: list[int] = []
    for one in order:
        if all(np.linalg.norm((centers[one] - centers[other])[[0, 2]]) >= least for other in chosen):
            chosen.append(int(one))
            if len(chosen) == number:
                break
    return chosen


def _distance(target: Array, centers: Array) -> Array:
    """(M,) level metres from cells to the nearest of some points."""
    tree = KDTree(target[:: max(len(target) // 20_000, 1)][:, [0, 2]])
    return tree.query(centers[:, [0, 2]])[0]


def _ground(finder: Finder, target: Array, radius: float, without: Rows | None, *, water: bool) -> _Ground:
    """The ground about a target. Where classes are known they say what is ground, else it is what lies lowest.

    Raises:
        InvalidDataError: there is nothing.
    """
    low, up = target.min(axis=0)[[0, 2]] - _REACH - radius, target.max(axis=0)[[0, 2]] + _REACH + radius
    low, up = np.maximum(low, target.mean(axis=0)[[0, 2]] - 250), np.minimum(up, target.mean(axis=0)[[0, 2]] + 250)
    positions, flat, wet, solid = _rows_within(finder, low, up, without)
    if not len(positions):
        raise InvalidDataError("There is no ground there to stand on; say another place.")
    wide, deep = (int(edge) for edge in np.maximum(np.ceil((up - low) / _CELL), 1))
    shape = (wide, deep)
    column = np.minimum(((positions[:, [0, 2]] - low) / _CELL).astype(int), np.array(shape) - 1)
    cell: Array = column[:, 0] * deep + column[:, 1]
    height = np.full(wide * deep, np.inf)
    np.minimum.at(height, cell[flat], positions[flat, 1])
    level = np.isfinite(height)
    sea = np.full(len(height), -np.inf)
    np.maximum.at(sea, cell[wet], positions[wet, 1])
    under_water = np.isfinite(sea) & (sea >= np.where(level, height, -np.inf) - 0.02)
    height = np.where(under_water, sea, height)
    above = positions[:, 1] - height[cell]
    blocked = np.zeros(len(height), bool)
    blocked[cell[solid & (above > _STEP) & (above < _HEAD)]] = True
    if not water:
        blocked |= under_water
    known = np.flatnonzero(np.isfinite(height))
    if not len(known):
        raise InvalidDataError("There is no ground there to stand on; say another place.")
    clear = distance_transform_edt(~blocked.reshape(shape)) if blocked.any() else np.full(shape, np.inf)
    x, z = np.unravel_index(known, shape)
    centers = np.stack([low[0] + (x + 0.5) * _CELL, height[known], low[1] + (z + 0.5) * _CELL], axis=1)
    return _Ground(centers, np.asarray(clear, float).ravel()[known] * _CELL, ~under_water[known])


def _rows_within(
    finder: Finder, low: Array, up: Array, without: Rows | None
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Shown rows above a rectangle: (N, 3), and (N,) which are flat ground, water, and in the way."""
    parts = [part for part in finder.state.parts if part.layer.kind not in ("sky", "effects")]
    labelled = any(part.layer.surface is not None for part in parts)
    found: list[tuple[Array, ...]] = []
    for part in parts:
        shown = part.shown if without is None or part.key not in without else part.shown & ~without[part.key]
        place = part.world_means.numpy().astype(float)
        inside = shown.numpy() & np.all((place[:, [0, 2]] >= low) & (place[:, [0, 2]] <= up), axis=1)
        surface = part.layer.surface
        none = np.zeros(int(inside.sum()), bool)
        if surface is not None:
            labels = surface.labels.numpy()[inside]
            flat, wet = _of(labels, _FLAT), _of(labels, ("water",))
            solid = ~_of(labels, _PASSABLE) & ~flat
        else:
            flat, wet, solid = (none if labelled else ~none), none, ~none
        found.append((place[inside], flat, wet, solid))
    if not found:
        return np.zeros((0, 3)), *(np.zeros(0, bool) for _ in range(3))  # type: ignore[return-value]
    return tuple(np.concatenate(group) for group in zip(*found))  # type: ignore[return-value]


def _of(labels: NDArray[np.uint8], names: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.isin(labels, np.concatenate([labels_under(name) for name in names]))
