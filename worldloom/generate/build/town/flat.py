"""Level geometry of plans: oriented rectangles, lines, and whether they meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.surfels import Array


@dataclass(frozen=True)
class Rect:
    """An oriented rectangle; its front faces local +Z, world (sin turn, cos turn)."""

    center: tuple[float, float]
    half: tuple[float, float]
    turn: float

    @property
    def axes(self) -> tuple[Array, Array]:
        """World directions of local x and z."""
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        return np.array([cos, -sin]), np.array([sin, cos])

    @property
    def corners(self) -> Array:
        """(4, 2)"""
        right, front = self.axes
        x, z = right * self.half[0], front * self.half[1]
        return np.asarray(self.center) + np.array([-x - z, x - z, x + z, z - x])

    def at(self, x: float, z: float) -> Array:
        """(2,) world place of a local one."""
        right, front = self.axes
        return np.asarray(self.center) + x * right + z * front

    def grown(self, by: float) -> Rect:
        return Rect(self.center, (self.half[0] + by, self.half[1] + by), self.turn)

    def numbers(self) -> Array:
        """(5,) for `meets`."""
        return np.array([*self.center, *self.half, self.turn])


def meets(rect: Rect, others: Array, slack: float = 0.0) -> NDArray[np.bool_]:
    """Which rectangles, rows of `Rect.numbers` (N, 5), overlap it by more than `slack` metres (separating axes)."""
    if not len(others):
        return np.zeros(0, bool)
    between = others[:, :2] - np.asarray(rect.center)
    cos, sin = np.cos(others[:, 4]), np.sin(others[:, 4])
    right, front = np.stack([cos, -sin], axis=1), np.stack([sin, cos], axis=1)
    mine = rect.axes
    hit = np.ones(len(others), bool)
    for axis in mine:
        reach = others[:, 2] * np.abs(right @ axis) + others[:, 3] * np.abs(front @ axis)
        own = sum(half * abs(float(axis @ side)) for half, side in zip(rect.half, mine))
        hit &= np.abs(between @ axis) < reach + own - slack
    for axis, half in ((right, others[:, 2]), (front, others[:, 3])):
        own = sum(size * np.abs(axis @ side) for size, side in zip(rect.half, mine))
        hit &= np.abs((between * axis).sum(axis=1)) < half + own - slack
    return hit


def strip_rects(line: Array, half: float) -> Array:
    """(M - 1, 5) rectangles along a line (M, 2), as wide as 2 `half` and a little longer than its segments."""
    step = line[1:] - line[:-1]
    length = np.linalg.norm(step, axis=1)
    turn = np.arctan2(step[:, 0], step[:, 1])
    middle = (line[1:] + line[:-1]) / 2
    return np.column_stack([middle, np.full(len(step), half), length / 2 + 0.4 * half, turn])


def lengths_along(line: Array) -> Array:
    """(M,) metres from the line's start."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])


def at_lengths(line: Array, where: Array) -> tuple[Array, Array]:
    """Places and unit directions (N, 2) at so many metres from the start."""
    along = lengths_along(line)
    place = np.stack([np.interp(where, along, line[:, axis]) for axis in (0, 1)], axis=1)
    before, after = np.maximum(where - 2.5, 0), np.minimum(where + 2.5, along[-1])
    ends = [np.stack([np.interp(w, along, line[:, axis]) for axis in (0, 1)], axis=1) for w in (before, after)]
    direction = ends[1] - ends[0]
    return place, direction / np.linalg.norm(direction, axis=1, keepdims=True).clip(1e-9)


def convex_hull(points: Array) -> Array:
    """(H, 2) counter-clockwise in x, z (Andrew's monotone chain)."""
    order = points[np.lexsort((points[:, 1], points[:, 0]))]

    def half(rows: Array) -> list[Array]:
        chain: list[Array] = []
        for row in rows:
            while len(chain) > 1 and _cross(chain[-2], chain[-1], row) <= 0:
                chain.pop()
            chain.append(row)
        return chain[:-1]

    return np.array(half(order) + half(order[::-1]))


def _cross(a: Array, b: Array, c: Array) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
