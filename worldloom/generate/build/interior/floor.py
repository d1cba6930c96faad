"""Where furniture can stand: clear of doors and windows, and with a way of 0.7 m to every door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from worldloom.generate.build.interior.room import ALONG, INWARD, SIDES, TURN, RoomShape
from worldloom.scene.surfels import Array

CELL = 0.05
"""Of the map on which ways are looked for, metres."""
WAY = 0.7
"""Least width of a way, metres."""
DOOR_CLEAR = 0.98
"""Metres before a door where nothing stands."""


@dataclass(frozen=True)
class Rect:
    """A level rectangle of the floor."""

    min_x: float
    min_z: float
    max_x: float
    max_z: float

    def grown(self, by: float) -> Rect:
        return Rect(self.min_x - by, self.min_z - by, self.max_x + by, self.max_z + by)

    def meets(self, other: Rect) -> bool:
        return (
            self.min_x < other.max_x - 1e-6
            and other.min_x < self.max_x - 1e-6
            and self.min_z < other.max_z - 1e-6
            and other.min_z < self.max_z - 1e-6
        )

    @property
    def centre(self) -> tuple[float, float]:
        return (self.min_x + self.max_x) / 2, (self.min_z + self.max_z) / 2


def footprint(x: float, z: float, turn: float, width: float, depth: float) -> Rect:
    """The upright rectangle that holds one of that size, turned about its middle."""
    cos, sin = abs(float(np.cos(turn))), abs(float(np.sin(turn)))
    half_x, half_z = (cos * width + sin * depth) / 2, (sin * width + cos * depth) / 2
    return Rect(x - half_x, z - half_z, x + half_x, z + half_z)


@dataclass
class Floor:
    """What stands in a room so far."""

    room: RoomShape
    taken: list[Rect] = field(default_factory=list)
    kept_clear: list[Rect] = field(default_factory=list)
    """Before cupboards, beside beds: for people, not for furniture."""
    on_walls: list[tuple[int, float, float, float, float]] = field(default_factory=list)
    """Side, from, to, lowest and highest of what is on or against a wall."""
    goals: list[tuple[float, float]] = field(default_factory=list)
    """Places that people must be able to walk to, besides the doors."""

    def __post_init__(self) -> None:
        rows, columns = (max(int(np.ceil(size / CELL)), 2) for size in (self.room.depth, self.room.width))
        self._blocked = np.zeros((rows, columns), np.uint8)
        for opening in self.room.openings:
            self.on_walls.append(
                (opening.side, opening.start - 0.1, opening.end + 0.1, opening.low - 0.05, opening.high)
            )
            if opening.kind != "window":
                self.kept_clear.append(self._before(opening.side, opening.start - 0.05, opening.end + 0.05, DOOR_CLEAR))
                if opening.leaf:
                    self._keep_leaf(opening.side, opening.start, opening.end)

    def _keep_leaf(self, side: int, start: float, end: float) -> None:
        """Where an open leaf stands, a little past the frame."""
        right = start > self.room.length(side) - end
        low, high = (start, end + 0.22) if right else (start - 0.22, end)
        self.kept_clear.append(self._before(side, low, high, end - start + 0.06))

    def _before(self, side: int, start: float, end: float, reach: float) -> Rect:
        corners = np.stack([self.room.on_wall(side, start), self.room.on_wall(side, end, reach)])
        low, high = corners.min(axis=0), corners.max(axis=0)
        return Rect(float(low[0]), float(low[2]), float(high[0]), float(high[2]))

    def inside(self, rect: Rect, margin: float = 0.0) -> bool:
        room = self.room
        return (
            rect.min_x >= room.min_x + margin - 1e-6
            and rect.max_x <= room.max_x - margin + 1e-6
            and rect.min_z >= room.min_z + margin - 1e-6
            and rect.max_z <= room.max_z - margin + 1e-6
        )

    def fits(self, rects: Sequence[Rect], clear: Sequence[Rect] = (), gap: float = 0.02) -> bool:
        """Whether all these can stand there, with `clear` left to people."""
        for rect in rects:
            wide = rect.grown(gap)
            if not self.inside(rect) or any(wide.meets(other) for other in (*self.taken, *self.kept_clear)):
                return False
        if any(rect.meets(other) for rect in clear for other in self.taken):
            return False
        return self.passable(rects)

    def passable(self, more: Sequence[Rect] = ()) -> bool:
        """Whether one can still walk from every door to every other and to each goal."""
        import cv2

        blocked = self._blocked.copy()
        for rect in more:
            rows, columns = self._cells(rect)
            blocked[rows, columns] = 1
        goals = [*self._door_places(), *self.goals]
        if not goals:
            return True
        reach = round(WAY / CELL) // 2
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        framed = cv2.copyMakeBorder(blocked, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
        tight = cv2.dilate(framed, kernel)
        _, areas = cv2.connectedComponents((tight == 0).astype(np.uint8), connectivity=4)
        marks = set()
        for x, z in goals:
            row, column = int((z - self.room.min_z) / CELL) + 1, int((x - self.room.min_x) / CELL) + 1
            row, column = min(max(row, 0), areas.shape[0] - 1), min(max(column, 0), areas.shape[1] - 1)
            marks.add(int(areas[row, column]))
        return marks != set() and 0 not in marks and len(marks) == 1

    def _door_places(self) -> list[tuple[float, float]]:
        places = []
        for door in self.room.doors():
            place = self.room.on_wall(door.side, door.middle, 0.5)
            places.append((float(place[0]), float(place[2])))
        return places

    def _cells(self, rect: Rect) -> tuple[slice, slice]:
        x0, x1 = (int(np.clip((x - self.room.min_x) / CELL, 0, 1e6)) for x in (rect.min_x, rect.max_x - 1e-6))
        z0, z1 = (int(np.clip((z - self.room.min_z) / CELL, 0, 1e6)) for z in (rect.min_z, rect.max_z - 1e-6))
        return slice(z0, z1 + 1), slice(x0, x1 + 1)

    def take(self, rects: Sequence[Rect], clear: Sequence[Rect] = ()) -> None:
        for rect in rects:
            self.taken.append(rect)
            rows, columns = self._cells(rect)
            self._blocked[rows, columns] = 1
        self.kept_clear.extend(clear)

    def wall_free(self, side: int, start: float, end: float, low: float, high: float) -> bool:
        return (
            start >= 0
            and end <= self.room.length(side)
            and not any(
                side == other and start < right and left < end and low < top and bottom < high
                for other, left, right, bottom, top in self.on_walls
            )
        )

    def window_behind(self, side: int, start: float, end: float, high: float) -> bool:
        return any(
            window.side == side and start < window.end and window.start < end and high > window.low + 0.05
            for window in self.room.windows()
        )

    def wall_places(
        self,
        width: float,
        depth: float,
        height: float,
        score: Callable[[int, float], float],
        gap: float = 0.03,
        sides: Sequence[int] = SIDES,
    ) -> Iterator[tuple[int, float, float, float, float]]:
        """Places with the back against a wall, best first: side, `u` of the middle, x, z and turn."""
        found = []
        for side in sides:
            reach = self.room.length(side) - width
            if reach < 0:
                continue
            for u in np.linspace(width / 2, width / 2 + reach, max(int(reach / 0.12) + 1, 2)):
                if not self.window_behind(side, u - width / 2, u + width / 2, height):
                    found.append((score(side, float(u)), side, float(u)))
        for _, side, u in sorted(found, key=lambda item: (-item[0], item[1], item[2])):
            place = self.room.on_wall(side, u, gap + depth / 2)
            yield side, u, float(place[0]), float(place[2]), TURN[side]

    def front(self, side: int, u: float, width: float, depth: float, reach: float) -> Rect:
        """The strip before something that stands against a wall."""
        corners = np.stack(
            [self.room.on_wall(side, u - width / 2, depth), self.room.on_wall(side, u + width / 2, depth + reach)]
        )
        low, high = corners.min(axis=0), corners.max(axis=0)
        return Rect(float(low[0]), float(low[2]), float(high[0]), float(high[2]))

    def distance_to_doors(self, x: float, z: float) -> float:
        doors = self._door_places()
        return min((float(np.hypot(x - a, z - b)) for a, b in doors), default=9.0)


def local(x: float, z: float, turn: float, dx: float, dz: float) -> tuple[float, float]:
    """The place `dx` to the right (+X) and `dz` in front (+Z) of something that stands turned at x, z."""
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    return x + cos * dx + sin * dz, z - sin * dx + cos * dz


def wall_axes(side: int) -> tuple[Array, Array]:
    return ALONG[side], INWARD[side]
