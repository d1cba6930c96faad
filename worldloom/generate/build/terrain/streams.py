"""Where rivers run: curves in world coordinates, with their level falling downstream."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.terrain.maths import Floats, draw, step
from worldloom.generate.spec import WorldSpec
from worldloom.render.ground import fractal


@dataclass(frozen=True)
class Stream:
    """A river: a winding line along `u`, to which `v` is across. Water flows towards +u."""

    seed: int
    origin: tuple[float, float]
    """x, z where u and v are 0."""
    turn: float
    """Radians from +x to +u, towards +z."""
    sway: float
    """How far it winds, metres, over about `bend` metres."""
    bend: float
    half_width: float
    depth: float
    grade: float
    """Metres down per metre."""
    falls: tuple[tuple[float, float], ...] = ()
    """(u, height) of each waterfall."""
    last: float = np.inf
    """u at which it joins another."""
    level_there: float = 0.0
    """Metres at u = 0, or at `last` where it joins one."""
    first: float = -np.inf
    """u at which it springs."""
    levels: tuple[float, ...] = ()
    """Down a mountain: metres at equal steps from `first` on, `apart` metres from one to the next."""
    apart: float = 4.0

    def across(self, x: Floats, z: Floats) -> tuple[Floats, Floats]:
        """u and the signed distance from the middle line, metres."""
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        dx, dz = x - np.float32(self.origin[0]), z - np.float32(self.origin[1])
        u, v = dx * cos + dz * sin, dz * cos - dx * sin
        middle, slope = self.middle(u)
        side = (v - middle) / np.sqrt(1 + slope * slope)
        if np.isfinite(self.last):  # past its end: the distance from the mouth
            past = (u - np.float32(self.last)).clip(0, None)
            side = np.where(past > 0, np.copysign(np.sqrt(side * side + past * past), side), side)
        if np.isfinite(self.first):
            past = (np.float32(self.first) - u).clip(0, None)
            side = np.where(past > 0, np.copysign(np.sqrt(side * side + past * past), side), side)
        return u, side

    def middle(self, u: Floats) -> tuple[Floats, Floats]:
        """v of the middle line, and its slope."""
        near = self._wind(u + np.float32(2)), self._wind(u - np.float32(2))
        return (near[0] + near[1]) * np.float32(0.5), (near[0] - near[1]) * np.float32(0.25)

    def _wind(self, u: Floats) -> Floats:
        still = np.zeros_like(u)
        wind = fractal(u, still, seed=self.seed, size=self.bend, octaves=2, gain=0.3) * np.float32(self.sway)
        if np.isfinite(self.last):
            wind = wind * step(0.0, self.bend, np.float32(self.last) - u)
        return wind

    def level(self, u: Floats) -> Floats:
        """Metres of the water's surface."""
        if self.levels:
            at = self.first + self.apart * np.arange(len(self.levels))
            known = np.interp(u, at, self.levels).astype(np.float32)
            return known - np.float32(self.grade) * (u - np.float32(at[-1])).clip(0, None)
        if np.isfinite(self.last):
            return np.float32(self.level_there) + np.float32(self.grade) * (np.float32(self.last) - u).clip(0, None)
        level = np.float32(self.level_there) - np.float32(self.grade) * u
        for at, height in self.falls:
            level = level + np.float32(height) * step(at + 0.7, at - 0.7, u)
        return level

    def place(self, u: Floats) -> Floats:
        """x, z (N, 2) of the middle line."""
        u = np.asarray(u, np.float32)
        v, _ = self.middle(u)
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        return np.stack([self.origin[0] + u * cos - v * sin, self.origin[1] + u * sin + v * cos], axis=1)


def volcano_peak(spec: WorldSpec) -> tuple[float, float]:
    """x, z of a volcano's crater."""
    return (0.0, -0.06 * spec.extent) if spec.kind == "island" else (0.05 * spec.extent, -0.36 * spec.extent)


def volcano_crater(spec: WorldSpec) -> float:
    """Radius of a volcano's crater, metres."""
    return 0.055 * spec.extent


def _flank_streams(spec: WorldSpec) -> tuple[Stream, ...]:
    """Down the sides of a volcano, the first towards the viewer's side."""
    rng, extent = draw(spec.seed, 33), spec.extent
    half = float(np.clip(0.009 * extent, 1.2, 6.0))
    start = np.pi / 2 + rng.uniform(0.25, 0.6) * (1 if rng.random() < 0.5 else -1)
    turns = [start + 2 * np.pi * k / spec.water.rivers + 0.3 * (k > 0) for k in range(spec.water.rivers)]
    return tuple(
        Stream(
            *(spec.seed * 13 + 1 + k, volcano_peak(spec), turn, 0.035 * extent, 0.16 * extent, half, 0.6, 0.004),
            first=1.15 * volcano_crater(spec),
        )
        for k, turn in enumerate(turns)
    )


def plan_streams(spec: WorldSpec) -> tuple[Stream, ...]:
    """The main river first, then those that join it, by turns from its left and its right."""
    if spec.relief.shape == "volcano" and spec.water.rivers and not spec.water.waterfalls:
        return _flank_streams(spec)
    count = max(spec.water.rivers, 1 if spec.water.waterfalls else 0)
    if count == 0:
        return ()
    rng, extent, shape = draw(spec.seed, 31), spec.extent, spec.relief.shape
    side = 1.0 if rng.random() < 0.5 else -1.0
    half = float(np.clip(extent * rng.uniform(0.016, 0.022), 1.4, 12.0))
    falls: tuple[tuple[float, float], ...] = ()
    grade = 0.006
    if spec.water.waterfalls:  # towards the viewer, so that one looks at the falls
        turn, origin = np.pi / 2 + side * rng.uniform(0.1, 0.25), (side * 0.05 * extent, 0.0)
        height = float(np.clip(spec.relief.height * 0.45, 3.5, 45.0)) / spec.water.waterfalls**0.5
        falls = tuple((-(0.2 + 0.16 * k) * extent, height) for k in range(spec.water.waterfalls))
        sway = 0.05
    elif shape in ("valley", "canyon"):  # along the view
        turn, origin, sway = np.pi / 2 + side * rng.uniform(0.05, 0.2), (-side * 0.045 * extent, 0.0), 0.09
    else:  # across it, in front
        turn, origin, sway = side * rng.uniform(0.25, 0.6), (0.0, -0.13 * extent), 0.08
    main = Stream(spec.seed * 13 + 1, origin, turn, sway * extent, 0.42 * extent, half, 0.5 + 0.22 * half, grade, falls)
    streams = [main]
    for k in range(1, count):
        hand = side if k % 2 else -side
        mouth = float((0.12 + 0.3 * (k // 2)) * extent * (-1 if k % 3 else 1))
        at = main.place(np.array([mouth]))[0]
        level = float(main.level(np.array([mouth], np.float32))[0])
        # It comes from upstream at a slant, so u grows towards the mouth.
        streams.append(
            Stream(
                *(spec.seed * 13 + 1 + k, (float(at[0]), float(at[1])), main.turn + hand * rng.uniform(0.7, 1.0)),
                *(0.06 * extent, 0.3 * extent, half * 0.6, 0.3 + 0.15 * half, grade * 2.2),
                last=0.0,
                level_there=level,
            )
        )
    return tuple(streams)
