"""What people did to the ground: level pads and roads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from worldloom.generate.build.site import Earthworks, Road, Surface
from worldloom.generate.build.terrain.maths import Floats, mix, step
from worldloom.render.ground import nearest

F = np.float32
SURFACES: tuple[Surface, ...] = (
    *("grass", "soil", "path", "dirt", "gravel", "cobble", "asphalt", "pavement", "field", "sand", "stone"),
)
_SHOULDER = 2.5
"""Metres over which a road passes into the ground."""
_KERB = 0.12


@dataclass(frozen=True, eq=False)
class Made:
    """What was done at places (N,)."""

    share: Floats
    """0 natural ground, 1 made."""
    height: Floats
    """Metres of the made ground."""
    surface: np.ndarray
    """Index into `SURFACES`, or -1; int8."""
    along: Floats
    """Metres along the road or the pad's own x."""
    across: Floats
    """Metres from its middle, signed."""
    half: Floats
    """Half its width, metres."""
    covered: np.ndarray
    """A floor lies on it."""
    distance: Floats
    """Metres to the nearest road or pad, up to 30; 0 on one."""


@dataclass(frozen=True, eq=False)
class Works:
    earthworks: Earthworks
    natural: Callable[[Floats], Floats]
    """Heights before."""

    @property
    def any(self) -> bool:
        return bool(self.earthworks.pads or self.earthworks.roads)

    @cached_property
    def _lines(self) -> tuple[Floats, Floats, Floats, np.ndarray]:
        """Line pieces (M, 4), heights of their ends (M, 2), metres from the road's start (M,) and roads (M,)."""
        pieces, heights, starts, owners = [], [], [], []
        for number, (line, level, along) in enumerate(self._levelled()):
            pieces.append(np.concatenate([line[:-1], line[1:]], axis=1))
            heights.append(np.stack([level[:-1], level[1:]], axis=1))
            starts.append(along[:-1])
            owners.append(np.full(len(line) - 1, number))
        joined = (np.concatenate(parts) for parts in (pieces, heights, starts))
        pieces, heights, starts = (part.astype(np.float32) for part in joined)
        return pieces, heights, starts, np.concatenate(owners)

    def _levelled(self) -> list[tuple[Floats, Floats, Floats]]:
        """Roads' points, heights and lengths so far; where roads meet they have been brought to the same height."""
        from scipy.ndimage import gaussian_filter1d
        from scipy.spatial import KDTree

        roads = self.earthworks.roads
        sampled = [self._resampled(road) for road in roads]
        reach = [road.width / 2 + road.pavement + 3.0 for road in roads]
        lengths = [len(line) for line, _, _ in sampled]
        owner = np.repeat(np.arange(len(roads)), lengths)
        meeting = KDTree(np.concatenate([line for line, _, _ in sampled])).query_pairs(2 * max(reach), output_type="ndarray")
        points = np.concatenate([line for line, _, _ in sampled])
        apart = np.linalg.norm(points[meeting[:, 0]] - points[meeting[:, 1]], axis=1)
        wide = np.array(reach)[owner]
        near = (owner[meeting[:, 0]] != owner[meeting[:, 1]]) & (apart < wide[meeting[:, 0]] + wide[meeting[:, 1]])
        pairs, apart = meeting[near], apart[near]
        pull = np.exp(-((apart / 4.0) ** 2))
        fixed = np.repeat([road.heights is not None for road in roads], lengths)
        ends = np.concatenate([[0], np.cumsum(lengths)])
        level = np.concatenate([level for _, level, _ in sampled])
        for _ in range(24 if len(pairs) else 0):
            weight, total = np.ones(len(level)), level.copy()
            for one, other in (pairs.T, pairs.T[::-1]):
                weight += np.bincount(one, pull, len(level)) * 4
                total += np.bincount(one, pull * level[other], len(level)) * 4
            change = total / weight - level
            for first, last in zip(ends, ends[1:]):  # a road nods to another over some metres
                change[first:last] = gaussian_filter1d(change[first:last], 2.5, mode="nearest")
            level = np.where(fixed, level, level + change)
        return [(line, level[a:b], along) for (line, _, along), a, b in zip(sampled, ends, ends[1:])]

    def _resampled(self, road: Road) -> tuple[Floats, Floats, Floats]:
        """A point every 2 m, its height, and how far along it is."""
        from scipy.ndimage import gaussian_filter1d

        line = np.asarray(road.line, float)
        along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        places = np.linspace(0, along[-1], max(int(np.ceil(along[-1] / 2.0)), 1) + 1)
        points = np.stack([np.interp(places, along, line[:, axis]) for axis in (0, 1)], axis=1)
        if road.heights is not None:
            return points, np.interp(places, along, np.asarray(road.heights, float)), places
        level = gaussian_filter1d(self.natural(points.astype(np.float32)).astype(float), 3.0, mode="nearest")
        return points, level, places

    def at(self, x: Floats, z: Floats) -> Made:
        count = len(x)
        best, weight, total = np.zeros(count, np.float32), np.zeros(count, np.float32), np.zeros(count, np.float32)
        surface, covered = np.full(count, -1, np.int8), np.zeros(count, bool)
        along, across, half = np.zeros(count, np.float32), np.zeros(count, np.float32), np.ones(count, np.float32)
        distance = np.full(count, 30, np.float32)

        def lay(chosen: np.ndarray, share: Floats, height: Floats | float) -> None:
            strength = share / (F(1.001) - share)
            weight[chosen] += strength
            total[chosen] += strength * height
            best[chosen] = np.maximum(best[chosen], share)

        if self.earthworks.roads:
            pieces, heights, starts, owners = self._lines
            widths = np.array([road.width / 2 for road in self.earthworks.roads], np.float32)
            walks = np.array([road.pavement for road in self.earthworks.roads], np.float32)
            kinds = np.array([SURFACES.index(road.surface) for road in self.earthworks.roads], np.int8)
            which, apart, part = nearest(x, z, pieces, 30.0, 2 * widths[owners])
            chosen = np.flatnonzero(which >= 0)
            which, apart, part = which[chosen], apart[chosen], part[chosen]
            road = owners[which]
            width, walk = widths[road], walks[road]
            piece = pieces[which]
            side = (piece[:, 2] - piece[:, 0]) * (z[chosen] - piece[:, 1]) - (piece[:, 3] - piece[:, 1]) * (
                x[chosen] - piece[:, 0]
            )
            level = mix(heights[which, 0], heights[which, 1], part)
            off = apart - width - walk
            level = level + F(_KERB) * ((off < 0) & (apart > width))
            distance[chosen] = off.clip(0, None)
            near = off < _SHOULDER
            lay(chosen[near], step(_SHOULDER, 0.0, off[near]), level[near])
            on = off < 0
            surface[chosen[on]] = np.where(apart > width, np.int8(SURFACES.index("pavement")), kinds[road])[on]
            length = np.sqrt((piece[:, 2] - piece[:, 0]) ** 2 + (piece[:, 3] - piece[:, 1]) ** 2)
            along[chosen] = starts[which] + part * length
            across[chosen] = np.copysign(apart, side)
            half[chosen] = width
        order = np.argsort(x, kind="stable") if self.earthworks.pads else np.zeros(0, np.int64)
        ranked = x[order]
        for pad in self.earthworks.pads:
            reach = float(np.hypot(*pad.half_size)) + max(pad.margin, 6.0)
            first, last = np.searchsorted(ranked, [pad.center[0] - reach, pad.center[0] + reach])
            chosen = order[first:last]
            chosen = chosen[np.abs(z[chosen] - F(pad.center[1])) < reach]
            if not len(chosen):
                continue
            cos, sin = F(np.cos(pad.turn)), F(np.sin(pad.turn))
            dx, dz = x[chosen] - F(pad.center[0]), z[chosen] - F(pad.center[1])
            u, v = dx * cos - dz * sin, dx * sin + dz * cos
            over_u, over_v = np.abs(u) - F(pad.half_size[0]), np.abs(v) - F(pad.half_size[1])
            outside = np.sqrt(over_u.clip(0, None) ** 2 + over_v.clip(0, None) ** 2)
            lay(chosen, step(max(pad.margin, 0.05), 0.0, outside), pad.height)
            distance[chosen] = np.minimum(distance[chosen], outside)
            inside = outside <= 0
            within = chosen[inside]
            if pad.surface is not None:
                fresh = surface[within] < 0
                target = within[fresh]
                surface[target] = SURFACES.index(pad.surface)
                along[target], across[target] = u[inside][fresh], v[inside][fresh]
                half[target] = pad.half_size[1]
            if pad.covered:
                covered[within] = True
        height = total / weight.clip(1e-9, None)
        return Made(best, height, surface, along, across, half, covered, distance)
