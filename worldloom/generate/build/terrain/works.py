"""What people did to the ground: level pads and roads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise

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
    """Metres to the nearest road or pad, as far as was looked; 0 on one."""

    def __getitem__(self, chosen: np.ndarray) -> Made:
        return Made(*(getattr(self, part.name)[chosen] for part in fields(self)))


@dataclass(eq=False)
class _Answer:
    """`Made` while it is put together."""

    best: Floats
    weight: Floats
    total: Floats
    surface: np.ndarray
    along: Floats
    across: Floats
    half: Floats
    covered: np.ndarray
    distance: Floats

    @staticmethod
    def blank(count: int, around: float) -> _Answer:
        none, one = np.zeros(count, np.float32), np.ones(count, np.float32)
        surface, covered = np.full(count, -1, np.int8), np.zeros(count, bool)
        start = none, none.copy(), none.copy(), surface, none.copy(), none.copy(), one, covered, one * F(around)
        return _Answer(*start)

    def lay(self, chosen: np.ndarray, share: Floats, height: Floats) -> None:
        """Ground at that height; where several meet, the one that is nearer to 1 has its way."""
        strength = share / (F(1.001) - share)
        self.weight[chosen] += strength
        self.total[chosen] += strength * height
        self.best[chosen] = np.maximum(self.best[chosen], share)

    def made(self) -> Made:
        height = self.total / self.weight.clip(1e-9, None)
        rest = self.surface, self.along, self.across, self.half, self.covered, self.distance
        return Made(self.best, height, *rest)


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
        meeting = KDTree(np.concatenate([line for line, _, _ in sampled])).query_pairs(
            2 * max(reach), output_type="ndarray"
        )
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
            for first, last in pairwise(ends):  # a road nods to another over some metres
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

    @cached_property
    def _pads(self) -> dict[str, np.ndarray]:
        """The pads' numbers as arrays (P, ...)."""
        pads = self.earthworks.pads
        numbers = [
            (*pad.center, *pad.half_size, np.cos(pad.turn), np.sin(pad.turn), pad.height, max(pad.margin, 0.05))
            for pad in pads
        ]
        table = np.array(numbers, np.float32).reshape(-1, 8)
        names = ("x", "z", "wide", "deep", "cos", "sin", "height", "margin")
        surface = np.array([-1 if pad.surface is None else SURFACES.index(pad.surface) for pad in pads], np.int8)
        return {
            **dict(zip(names, table.T)),
            "surface": surface,
            "covered": np.array([pad.covered for pad in pads], bool),
        }

    @cached_property
    def _pad_lines(self) -> tuple[Floats, np.ndarray, np.ndarray]:
        """Lines (M, 4) round and through pads with their owners (M,), and the pads that others stand on: those are
        asked one by one, since something else's edge may be nearer to a place on them than their own."""
        pads = self._pads
        dx, dz = pads["x"][:, None] - pads["x"], pads["z"][:, None] - pads["z"]
        u, v = dx * pads["cos"] - dz * pads["sin"], dx * pads["sin"] + dz * pads["cos"]
        holds = (np.abs(u) < pads["wide"]) & (np.abs(v) < pads["deep"])
        np.fill_diagonal(holds, False)
        below = np.flatnonzero(holds.any(axis=0))
        lines, owners = [], []
        for number in np.setdiff1d(np.arange(len(dx)), below):
            wide, deep, cos, sin = (float(pads[name][number]) for name in ("wide", "deep", "cos", "sin"))
            rows = np.linspace(-deep, deep, max(int(np.ceil(deep)), 1) + 1)
            ends = np.array(
                [[[-wide, row], [wide, row]] for row in rows] + [[[s, -deep], [s, deep]] for s in (-wide, wide)]
            )
            turned = np.stack(
                [ends[..., 0] * cos + ends[..., 1] * sin, ends[..., 1] * cos - ends[..., 0] * sin], axis=-1
            )
            lines.append((turned + np.array([pads["x"][number], pads["z"][number]])).reshape(-1, 4))
            owners.append(np.full(len(lines[-1]), number))
        if not lines:
            return np.zeros((0, 4), np.float32), np.zeros(0, np.int64), below
        return np.concatenate(lines).astype(np.float32), np.concatenate(owners), below

    def at(self, x: Floats, z: Floats, around: float = 4.0) -> Made:
        """What was done at places (N,); `around`: metres within which a road or pad is looked for."""
        answer = _Answer.blank(len(x), around)
        if self.earthworks.roads:
            self._lay_roads(answer, x, z, around)
        if self.earthworks.pads:
            lines, owners, below = self._pad_lines
            reach = np.hypot(self._pads["wide"], self._pads["deep"]) + F(around)
            for number in below[self._touched(below, reach, x, z)]:
                wide = reach[number]
                near = (np.abs(x - self._pads["x"][number]) < wide) & (np.abs(z - self._pads["z"][number]) < wide)
                chosen = np.flatnonzero(near)
                if len(chosen):
                    self._lay_pads(answer, x, z, chosen, np.full(len(chosen), number))
            which, _, _ = nearest(x, z, lines, max(around, float(self._pads["margin"].max()) + 0.5))
            chosen = np.flatnonzero(which >= 0)
            self._lay_pads(answer, x, z, chosen, owners[which[chosen]])
        return answer.made()

    def _touched(self, pads: np.ndarray, reach: Floats, x: Floats, z: Floats) -> np.ndarray:
        """Which of the pads come near the box around places (N,)."""
        if not len(x):
            return np.zeros(len(pads), bool)
        hit = np.ones(len(pads), bool)
        for name, values in (("x", x), ("z", z)):
            middle = self._pads[name][pads]
            hit &= (middle + reach[pads] > values.min()) & (middle - reach[pads] < values.max())
        return hit

    def _lay_roads(self, answer: _Answer, x: Floats, z: Floats, around: float) -> None:
        pieces, heights, starts, owners = self._lines
        roads = self.earthworks.roads
        widths = np.array([road.width / 2 for road in roads], np.float32)
        walks = np.array([road.pavement for road in roads], np.float32)
        kinds = np.array([SURFACES.index(road.surface) for road in roads], np.int8)
        reach = float((widths + walks).max()) + around
        which, apart, part = nearest(x, z, pieces, reach, 2 * widths[owners])
        chosen = np.flatnonzero(which >= 0)
        which, apart, part = which[chosen], apart[chosen], part[chosen]
        road, piece = owners[which], pieces[which]
        width, walk = widths[road], walks[road]
        over_x, over_z = piece[:, 2] - piece[:, 0], piece[:, 3] - piece[:, 1]
        side = over_x * (z[chosen] - piece[:, 1]) - over_z * (x[chosen] - piece[:, 0])
        off = apart - width - walk
        kerb = F(_KERB) * ((off < 0) & (apart > width))
        level = mix(heights[which, 0], heights[which, 1], part) + kerb
        answer.distance[chosen] = off.clip(0, around)
        near = off < _SHOULDER
        answer.lay(chosen[near], step(_SHOULDER, 0.0, off[near]), level[near])
        on = off < 0
        answer.surface[chosen[on]] = np.where(apart > width, np.int8(SURFACES.index("pavement")), kinds[road])[on]
        answer.along[chosen] = starts[which] + part * np.sqrt(over_x * over_x + over_z * over_z)
        answer.across[chosen] = np.copysign(apart, side)
        answer.half[chosen] = width

    def _lay_pads(self, answer: _Answer, x: Floats, z: Floats, chosen: np.ndarray, number: np.ndarray) -> None:
        """Places `chosen`, each with the pad that it is on or nearest to."""
        pad = {name: values[number] for name, values in self._pads.items()}
        dx, dz = x[chosen] - pad["x"], z[chosen] - pad["z"]
        u, v = dx * pad["cos"] - dz * pad["sin"], dx * pad["sin"] + dz * pad["cos"]
        over_u, over_v = (np.abs(u) - pad["wide"]).clip(0, None), (np.abs(v) - pad["deep"]).clip(0, None)
        outside = np.sqrt(over_u * over_u + over_v * over_v)
        answer.lay(chosen, step(pad["margin"], 0.0, outside), pad["height"])
        answer.distance[chosen] = np.minimum(answer.distance[chosen], outside)
        inside = outside <= 0
        answer.covered[chosen[inside & pad["covered"]]] = True
        paved = inside & (pad["surface"] >= 0) & (answer.surface[chosen] < 0)
        target = chosen[paved]
        answer.surface[target] = pad["surface"][paved]
        answer.along[target], answer.across[target] = u[paved], v[paved]
        answer.half[target] = pad["deep"][paved]
