"""Seas, lakes and rivers: where their edge is, how high they stand, and the ground that holds them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from worldloom.generate.build.terrain.maths import Floats, draw, mix, step
from worldloom.generate.build.terrain.relief import Relief
from worldloom.generate.build.terrain.streams import Stream
from worldloom.render.ground import fractal

F = np.float32
FAR = F(1e6)
SEA, LAKE, RIVER = 1, 2, 3
_LAKES_OUT = 3
"""Extents beyond the middle one within which there are lakes too."""


@dataclass(frozen=True)
class Lake:
    x: float
    z: float
    radius: float
    level: float
    depth: float
    reach: float
    """Metres from its edge over which it shapes the land."""
    seed: int


@dataclass(frozen=True, eq=False)
class Wet:
    """Of each place (...): the water it is in or nearest to."""

    edge: Floats
    """Metres to the water's edge; negative in the water, `FAR` where none is near."""
    level: Floats
    """Metres of the surface."""
    kind: np.ndarray
    """0 none, or SEA, LAKE, RIVER; uint8."""
    flow: Floats
    """Metres down the river (u), 0 elsewhere."""
    width: Floats
    """Half the width of the river there, a lake's radius, metres."""

    def __getitem__(self, chosen: np.ndarray) -> Wet:
        return Wet(*(getattr(self, part.name)[chosen] for part in fields(self)))

    def deeper(self, other: Wet) -> Wet:
        """Each place's nearer or deeper water."""
        chosen = other.edge < self.edge
        names = ("edge", "level", "kind", "flow", "width")
        return Wet(*(np.where(chosen, getattr(other, name), getattr(self, name)) for name in names))


@dataclass(frozen=True)
class Waters:
    relief: Relief

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        """Rivers at the height of the land they cross."""
        raw = self.relief.streams
        if not raw:
            return ()
        spec = self.relief.spec
        if np.isfinite(raw[0].first):
            return tuple(self._flowing_down(stream) for stream in raw)
        along = raw[0].place(np.linspace(-0.6, 0.6, 61) * spec.extent)
        x, z = (np.ascontiguousarray(along[:, axis], np.float32) for axis in (0, 1))
        u, _ = raw[0].across(x, z)
        lift = float(np.percentile(self.relief.height(x, z) - raw[0].level(u), 30))
        if spec.water.sea:
            lift = 0.4
        return tuple(replace(stream, level_there=stream.level_there + lift) for stream in raw)

    def _flowing_down(self, stream: Stream) -> Stream:
        """With the levels of the land under it, never rising."""
        u = stream.first + stream.apart * np.arange(int(2 * self.relief.spec.extent / stream.apart))
        x, z = (np.ascontiguousarray(axis, np.float32) for axis in stream.place(u).T)
        level = np.minimum.accumulate(self._land(x, z)) - 0.35
        level = np.convolve(np.pad(level, 2, mode="edge"), np.full(5, 0.2), mode="valid")
        return replace(stream, levels=tuple(float(value) for value in level))

    @property
    def has_sea(self) -> bool:
        return self.relief.spec.water.sea or self.relief.spec.kind == "island"

    @cached_property
    def cliff_coast(self) -> bool:
        spec = self.relief.spec
        return spec.relief.shape == "cliffs"

    def inland(self, x: Floats, z: Floats) -> Floats:
        """About how far it is to the sea, metres; negative in it."""
        spec, extent = self.relief.spec, self.relief.spec.extent
        seed = spec.seed * 101
        bays = fractal(x, z, seed=seed + 40, size=0.55 * extent, octaves=5, gain=0.42)
        if spec.kind == "island":
            away = np.sqrt(x * x + z * z)
            # Bays are left out where there is no more land for them to cut into: no isles on the horizon.
            calm = step(0.5 * extent, 0.38 * extent, away)
            return F(0.345 * extent) + F(0.12 * extent) * bays * calm - away
        turn = draw(spec.seed, 41).uniform(-0.5, 0.5)
        ahead = z * F(np.cos(turn)) + x * F(np.sin(turn))
        return ahead + F(0.13 * extent) + F(0.1 * extent) * bays

    def lakes_of(self, column: int, row: int) -> tuple[Lake, ...]:
        """Of one square of the world, as wide as the extent; (0, 0) is about the origin."""
        key = (column, row)
        if key not in self._lakes:
            self._lakes[key] = self._plan_lakes(column, row)
        return self._lakes[key]

    @cached_property
    def _lakes(self) -> dict[tuple[int, int], tuple[Lake, ...]]:
        return {}

    def _plan_lakes(self, column: int, row: int) -> tuple[Lake, ...]:
        spec, extent = self.relief.spec, self.relief.spec.extent
        count = spec.water.lakes
        home = (column, row) == (0, 0)
        if max(abs(column), abs(row)) > (0 if spec.kind == "island" else _LAKES_OUT):
            return ()
        rng, lakes = draw(spec.seed, 51, column, row), []
        for number in range(count):
            radius = max(extent * rng.uniform(0.11, 0.15) / count**0.4, 3.5)
            if spec.relief.shape == "volcano" and number == 0 and home:
                lakes.append(self._crater_lake())
                continue
            best, clearest, lowest = (0.0, 0.0), -np.inf, np.inf
            for attempt in range(14 if home else 2):
                if number == 0 and home and attempt < 10:
                    angle, away = rng.uniform(-0.6, 0.6), 1.35 * radius + extent * rng.uniform(0.03, 0.12)
                    x, z = float(np.sin(angle) * away), float(-np.cos(angle) * away)
                else:
                    room = max(0.5 * extent - 1.5 * radius, 0.0)
                    x, z = column * extent + rng.uniform(-room, room), row * extent + rng.uniform(-room, room)
                clear = min(self._clearance(x, z, radius, lakes), 4.0)
                level = self._ring(x, z, radius)
                if clear > clearest or (clear == clearest and level < lowest):
                    best, clearest, lowest = (x, z), clear, level
            lakes.append(self._lake(*best, radius, spec.seed * 17 + number * 7 + 31 * column + 57 * row))
        return tuple(lakes)

    def _clearance(self, x: float, z: float, radius: float, lakes: list[Lake]) -> float:
        """Metres to the next water and to where people start."""
        place = np.array([x], np.float32), np.array([z], np.float32)
        room = [np.hypot(x, z) - 1.25 * radius - 5.0]
        room += [np.hypot(x - lake.x, z - lake.z) - 1.4 * (radius + lake.radius) for lake in lakes]
        room += [abs(float(s.across(*place)[1][0])) - 1.6 * radius - 3 * s.half_width for s in self.relief.streams]
        if self.has_sea:
            room.append(float(self.inland(*place)[0]) - 1.8 * radius - 8)
        return float(min(room))

    def _ring(self, x: float, z: float, radius: float) -> float:
        """The lower ground where a lake would be, metres."""
        angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        ring = [
            np.concatenate([centre + r * radius * part(angle) for r in (0.4, 0.95)]).astype(np.float32)
            for centre, part in ((x, np.cos), (z, np.sin))
        ]
        heights = self._land(*ring)
        return float(np.percentile(heights, 10))

    def _lake(self, x: float, z: float, radius: float, seed: int) -> Lake:
        level = self._ring(x, z, radius)
        return Lake(x, z, radius, level, float(np.clip(0.14 * radius, 0.7, 9.0)), 1.25 * radius + 8.0, seed)

    def _crater_lake(self) -> Lake:
        x, z = self.relief.peak
        height = float(self._land(np.array([x], np.float32), np.array([z], np.float32))[0])
        return Lake(x, z, 0.6 * self.relief.crater, height + 0.5, 1.5, 1.0, self.relief.spec.seed)

    def _land(self, x: Floats, z: Floats) -> Floats:
        """Heights with the sea but without lakes and rivers."""
        height = self.relief.height(x, z)
        return self._shored(x, z, height) if self.has_sea else height

    def _shored(self, x: Floats, z: Floats, height: Floats) -> Floats:
        """Land that ends in beaches or cliffs at the sea, and the sea's bed."""
        spec = self.relief.spec
        inland = self.inland(x, z)
        out = (-inland).clip(0, None) * F(0.075)
        bed = -out * F(14.0) / (out + F(14.0))
        beach = F(1.9) * step(-2.0, 34.0, inland) * step(0.0, 0.1, inland) + F(0.05) * inland.clip(0, 12)
        seed, extent = spec.seed * 101, spec.extent
        land = (height + F(0.5)).clip(0.2, None)
        if self.cliff_coast:
            ragged = F(7.0) * fractal(x, z, seed=seed + 45, size=16.0, octaves=5)
            coves = fractal(x, z, seed=seed + 46, size=0.3 * extent, octaves=2)
            back = F(0.12 * extent) * step(0.18, 0.5, coves)
            wall = step(0.0, 0.5 + 0.12 * spec.relief.height, inland + ragged - back - 4.0)
            plateau = F(0.55 * spec.relief.height) + F(0.45) * height
            return np.where(inland < 0, bed, beach) + (plateau - F(0.5)) * wall
        rise = step(6.0, 10.0 + 0.3 * extent, inland)
        return np.where(inland < 0, bed, beach) + land * rise

    def macro(self, x: Floats, z: Floats) -> Floats:
        """Heights before rain, with the wide hollows in which waters lie."""
        height = self._land(x, z)
        for lake, chosen in self._near_lakes(x, z, 3.6):
            edge = self._lake_edge(lake, x[chosen], z[chosen])
            over = step(0.0, lake.reach, edge)
            height[chosen] = self.relief.lifted(height[chosen], np.full_like(edge, lake.level), 0.25, over)
        for stream in self.streams:
            u, side = stream.across(x, z)
            half = self._half(stream, u)
            away = np.abs(side) - half
            wide = {"canyon": 6.0, "mountains": 20.0}.get(self.relief.spec.relief.shape, 12.0) + 4 * stream.half_width
            flank = bool(stream.levels)
            wide = 2.0 + 1.5 * stream.half_width if flank else wide
            over = step(0.0, wide if flank else wide + 0.5 * self.relief.spec.relief.height, away)
            pressed = self.relief.lifted(height, stream.level(u), 0.3, over)
            reach = step(5.0 * wide + 60.0, 3.0 * wide + 30.0, away) if np.isfinite(stream.last) or flank else F(1.0)
            height = mix(height, pressed, np.broadcast_to(reach, height.shape))
        return height

    def at(self, x: Floats, z: Floats) -> Wet:
        """The water at places (N,)."""
        none = np.zeros_like(x)
        wet = Wet(np.full_like(x, FAR), none - F(1e6), np.zeros(x.shape, np.uint8), none, none + 1)
        if self.has_sea:
            inland = self.inland(x, z)
            wet = Wet(inland, none, np.full(x.shape, SEA, np.uint8), none, none + 50)
        for lake, chosen in self._near_lakes(x, z, 2.5):
            edge = np.full_like(x, FAR)
            edge[chosen] = self._lake_edge(lake, x[chosen], z[chosen])
            level = np.full_like(x, lake.level)
            wet = wet.deeper(Wet(edge, level, np.full(x.shape, LAKE, np.uint8), none, none + F(lake.radius)))
        for stream in self.streams:
            u, side = stream.across(x, z)
            half = self._half(stream, u)
            level = stream.level(u)
            edge = np.abs(side) - half
            if self.has_sea:
                edge = np.where(level < 0.02, FAR, edge)
            wet = wet.deeper(Wet(edge, level, np.full(x.shape, RIVER, np.uint8), u, half))
        return wet

    def carve(self, x: Floats, z: Floats, height: Floats, wet: Wet) -> Floats:
        """Ground with the beds and banks of lakes and rivers, to the centimetre."""
        near = np.flatnonzero((wet.kind >= LAKE) & (wet.edge < 9.0))
        if not len(near):
            return height
        edge, level, half = wet.edge[near], wet.level[near], wet.width[near]
        lake = wet.kind[near] == LAKE
        inward = (-edge).clip(0, None)
        lake_depth = (F(0.14) * half).clip(0.7, 9.0)
        t = (inward / np.where(lake, F(0.6) * half, half)).clip(0, 1)
        depth = np.where(lake, lake_depth, F(0.5) + F(0.22) * half) * t * (2 - t)
        uneven = fractal(x[near], z[near], seed=self.relief.spec.seed * 101 + 47, size=2.3, octaves=3)
        bed = level - depth * (1 + F(0.16) * uneven)
        bank = level + F(0.17) * edge.clip(0, None) + F(0.05) * uneven * step(0.0, 1.2, edge)
        wide = np.where(lake, F(8.0), F(5.0))
        # Land that lies lower than the water is lifted to a dam that falls away from it.
        dam = level + F(0.1) - F(0.7) * (edge - F(2.5)).clip(0, None)
        outside = mix(bank, np.maximum(height[near], dam), step(0.15, wide, edge))
        carved = height.copy()
        carved[near] = np.where(edge < 0, bed, outside)
        return carved

    def _near_lakes(self, x: Floats, z: Floats, reach: float) -> list[tuple[Lake, np.ndarray]]:
        """Lakes that matter, with the indices of the places within `reach` radii and 12 m."""
        if self.relief.spec.water.lakes == 0 or x.size == 0:
            return []
        extent, found = self.relief.spec.extent, []
        margin = 0.15 * extent
        columns, rows = (
            range(
                max(int(np.floor((v.min() - margin) / extent + 0.5)), -_LAKES_OUT),
                min(int(np.floor((v.max() + margin) / extent + 0.5)), _LAKES_OUT) + 1,
            )
            for v in (x, z)
        )
        for row in rows:
            for column in columns:
                for lake in self.lakes_of(column, row):
                    room = F(reach * lake.radius + 12.0)
                    chosen = (np.abs(x - F(lake.x)) < room) & (np.abs(z - F(lake.z)) < room)
                    if chosen.any():
                        found.append((lake, np.nonzero(chosen)))
        return found

    def _lake_edge(self, lake: Lake, x: Floats, z: Floats) -> Floats:
        dx, dz = x - F(lake.x), z - F(lake.z)
        away = np.sqrt(dx * dx + dz * dz)
        shore = fractal(x, z, seed=lake.seed + 900, size=1.2 * lake.radius, octaves=4, gain=0.35)
        return away - F(lake.radius) * (1 + F(0.42) * shore)

    def _half(self, stream: Stream, u: Floats) -> Floats:
        """Half the width of a river there: wider in pools."""
        uneven = fractal(u, np.zeros_like(u), seed=stream.seed + 77, size=9 * stream.half_width, octaves=2)
        half = F(stream.half_width) * (1 + F(0.28) * uneven)
        for at, height in stream.falls:
            below = u - F(at)
            pool = F(1.5 * stream.half_width + 0.25 * height)
            half = half + F(0.9 * stream.half_width) * step(0.0, pool * 0.5, below) * step(3 * pool, pool, below)
        return half
