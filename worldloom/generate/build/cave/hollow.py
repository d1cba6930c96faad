"""The shape of a cave: chambers and tunnels as a distance field, with a floor one can walk on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.cave.grain import fbm, noise
from worldloom.generate.noise import smoothstep
from worldloom.generate.spec import WorldSpec
from worldloom.scene.surfels import Array

STEP = 0.36
"""Of the grid on which the field is kept, metres."""
_REACH = 2.6
"""Metres on both sides of the bare shape in which rock is rough."""


@dataclass(frozen=True)
class Chamber:
    x: float
    z: float
    floor: float
    radius: float
    height: float


@dataclass(frozen=True, eq=False)
class Hollow:
    """Where there is air."""

    chambers: tuple[Chamber, ...]
    """The first is the largest; one begins there."""
    tunnels: tuple[tuple[int, int, float], ...]
    """From chamber to chamber, and half the width."""
    shafts: tuple[tuple[float, float, float], ...]
    """x, z and radius of openings to the sky."""
    basin: tuple[float, float, float] | None
    """x, z and radius of the lake's hollow in the floor."""
    stream: tuple[int, ...]
    """Chambers that a river flows through, one after another."""
    seed: int

    @property
    def water_level(self) -> float:
        return self.chambers[0].floor - 0.32

    def floor(self, x: Array, z: Array) -> Array:
        """Height (...) of the ground."""
        weight, total = np.full(np.shape(x), 1e-9), np.zeros(np.shape(x))
        for start, end, _ in self.tunnels:
            a, b = self.chambers[start], self.chambers[end]
            share, distance = _along(x, z, a, b)
            close = 1 / (distance**2 + 0.5) ** 2
            weight += close
            total += close * (a.floor + (b.floor - a.floor) * smoothstep(0.15, 0.85, share))
        for chamber in self.chambers:
            close = 1 / (np.maximum(np.hypot(x - chamber.x, z - chamber.z) - 0.7 * chamber.radius, 0) ** 2 + 0.08) ** 2
            weight += close
            total += close * chamber.floor
        height = total / weight
        flat = np.stack([x, z], axis=-1)
        height = height + 0.14 * fbm(flat / 3.1, self.seed + 5, 3) + 0.035 * noise(flat / 0.7, self.seed + 6)
        if self.basin is not None:
            bx, bz, radius = self.basin
            edge = np.hypot(x - bx, z - bz) + 0.9 * noise(flat / 2.4, self.seed + 7)
            height = height - 1.5 * smoothstep(radius, 0.45 * radius, edge)
        if self.stream:
            height = height - 0.85 * smoothstep(1.15, 0.35, self.from_stream(x, z))
        return height

    def from_stream(self, x: Array, z: Array) -> Array:
        """Metres (...) from the middle of the river, which winds."""
        best = np.full(np.shape(x), 99.0)
        winding = 1.1 * noise(np.stack([x, z], axis=-1) / 4.5, self.seed + 9)
        for start, end in zip(self.stream, self.stream[1:]):
            a, b = self.chambers[start], self.chambers[end]
            way = np.array([b.x - a.x, b.z - a.z]) / max(np.hypot(b.x - a.x, b.z - a.z), 1e-6)
            side = (x - a.x) * way[1] - (z - a.z) * way[0]
            share, distance = _along(x, z, a, b)
            inside = (share > 0) & (share < 1)
            best = np.minimum(best, np.where(inside, np.abs(side - 0.9 + winding), distance + 0.9))
        return best

    def rock(self, points: Array) -> Array:
        """About how many metres (...) places are inside rock; below 0 in air."""
        x, y, z = points[..., 0], points[..., 1], points[..., 2]
        solid = self._smooth(x, y, z)
        near = np.abs(solid) < _REACH
        rough = np.zeros(solid.shape)
        rough[near] = self._roughness(points[near])
        solid = solid + rough * smoothstep(_REACH, 0.7, np.abs(solid))
        for sx, sz, radius in self.shafts:
            ring = np.hypot(x - sx, z - sz) - radius * (1 + 0.3 * noise(points / 2.1, self.seed + 21))
            up = self.chambers[0].floor + 0.5 * self.chambers[0].height
            solid = np.minimum(solid, np.maximum(ring, up - y))
        ground = self.floor(x, z) - y
        return _smooth_max(solid, ground, 0.35)

    def _smooth(self, x: Array, y: Array, z: Array) -> Array:
        parts = []
        for chamber in self.chambers:
            wide = np.hypot(x - chamber.x, z - chamber.z) / chamber.radius
            up = (y - chamber.floor - 0.25 * chamber.height) / (0.75 * chamber.height)
            reach = np.sqrt(wide**2 + up**2)
            parts.append((reach - 1) * min(chamber.radius, chamber.height) * 0.9)
        for start, end, half in self.tunnels:
            a, b = self.chambers[start], self.chambers[end]
            share, _ = _along(x, z, a, b)
            bend = half * 0.9 * np.sin(share * np.pi * 2 + start)
            way = np.array([b.x - a.x, b.z - a.z]) / max(np.hypot(b.x - a.x, b.z - a.z), 1e-6)
            cx = a.x + share * (b.x - a.x) - way[1] * bend
            cz = a.z + share * (b.z - a.z) + way[0] * bend
            cy = a.floor + share * (b.floor - a.floor) + 0.8 * half
            parts.append(np.sqrt((x - cx) ** 2 + 0.8 * (y - cy) ** 2 + (z - cz) ** 2) - half)
        solid = parts[0]
        for part in parts[1:]:
            solid = -_smooth_max(-solid, -part, 0.9)
        return solid

    def _roughness(self, points: Array) -> Array:
        """Bulges, ledges along the strata and cracks."""
        warped = points + 0.8 * np.stack([noise(points / 4.0, self.seed + k) for k in (31, 32, 33)], axis=-1)
        bulges = 1.05 * fbm(warped / 3.4, self.seed + 1, 2)
        ridged = 0.5 * (1 - 2 * np.abs(noise(warped / 1.5, self.seed + 3)))
        layers = warped * np.array([0.22, 1.35, 0.22])
        ledges = 0.42 * noise(layers, self.seed + 4)
        return bulges + ridged * 0.6 + ledges


def _along(x: Array, z: Array, a: Chamber, b: Chamber) -> tuple[Array, Array]:
    """How far along the line from a to b (0..1), and metres from it."""
    dx, dz = b.x - a.x, b.z - a.z
    share = (((x - a.x) * dx + (z - a.z) * dz) / max(dx * dx + dz * dz, 1e-9)).clip(0, 1)
    return share, np.hypot(x - a.x - share * dx, z - a.z - share * dz)


def _smooth_max(first: Array, second: Array, width: float) -> Array:
    share = (0.5 + 0.5 * (first - second) / width).clip(0, 1)
    return second + (first - second) * share + width * share * (1 - share)


def hollow_of(spec: WorldSpec) -> Hollow:
    """Chambers and tunnels for a spec. The largest chamber is at the origin; its longest view is along -Z."""
    rng = np.random.default_rng([spec.seed, 71])
    extent = float(np.clip(spec.extent, 26, 64))
    radius = extent * 0.19
    chambers = [Chamber(0.0, 0.0, 0.0, radius, float(np.clip(0.75 * radius, 5.0, 9.5)))]
    count = 3 if extent < 40 else 5
    start = rng.uniform(-0.3, 0.3) - np.pi / 2
    for number in range(count):
        angle = start + 2 * np.pi * number / count + rng.uniform(-0.25, 0.25)
        small = radius * rng.uniform(0.38, 0.6)
        reach = min(radius + small + rng.uniform(3.0, 7.0), extent / 2 - 0.5 * small)
        chambers.append(
            Chamber(
                float(reach * np.cos(angle)),
                float(reach * np.sin(angle)),
                float(rng.uniform(-0.9, 0.9)),
                float(small),
                float(max(0.85 * small, 3.2)),
            )
        )
    tunnels = [(0, number, float(rng.uniform(1.25, 1.9))) for number in range(1, count + 1)]
    tunnels.append((1, 2, 1.3))
    lit = spec.style.name in ("fantasy", "alien")
    shafts: list[tuple[float, float, float]] = []
    if "light" not in spec.without and "openings" not in spec.without:
        shafts.append((float(0.1 * radius), float(-0.42 * radius), 1.6 if lit else 2.1))
    wet = (
        spec.water.lakes > 0
        or spec.water.lava
        or spec.water.sea
        or (spec.water.rivers == 0 and "water" not in spec.without)
    )
    dry = bool({"water", "lake", "lakes"} & set(spec.without))
    basin = (float(-0.28 * radius), float(-0.34 * radius), float(0.66 * radius)) if wet and not dry else None
    stream = (1, 0, count // 2 + 1) if spec.water.rivers and not dry else ()
    return Hollow(tuple(chambers), tuple(tunnels), tuple(shafts), basin, stream, spec.seed % 10007)
