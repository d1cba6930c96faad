"""`Terrain`: the ground of a world, as a site to build on and as surfels."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.site import Bounds, Earthworks
from worldloom.generate.build.terrain.biomes import biome_shares, share_of
from worldloom.generate.build.terrain.faces import break_faces
from worldloom.generate.build.terrain.fields import furrows
from worldloom.generate.build.terrain.ground import Ground
from worldloom.generate.build.terrain.landmarks import landmarks
from worldloom.generate.build.terrain.maths import Floats, hashed, mix, step
from worldloom.generate.build.terrain.paint import Coat, Spot, paint
from worldloom.generate.build.terrain.pieces import Pieces, cut
from worldloom.generate.build.terrain.relief import Relief
from worldloom.generate.build.terrain.scenery import far_ground
from worldloom.generate.build.terrain.stones import strew
from worldloom.generate.build.terrain.surface import hidden_bed, water_surfels
from worldloom.generate.build.terrain.waters import Waters, Wet
from worldloom.generate.build.terrain.works import Made, Works
from worldloom.generate.catalogue import FEATURES
from worldloom.generate.spec import WorldSpec
from worldloom.render.ground import HeightGrid, fractal
from worldloom.scene.semantics import label_index
from worldloom.scene.surfels import OVERLAP, Surfels, join, no_surfels, surfels, unit

F = np.float32
_NEAR_WATER = F(8.0)
_STONES = 0.1
"""Share of the budget that loose stones may take."""


_AT_ONCE = 32_768
"""Pieces of ground that are worked out together: few enough to stay in a processor's cache."""


class Terrain:
    """A `Site`. Heights, waters and colours are functions of world coordinates, so that a terrain of other bounds with
    the same spec and earthworks continues this one without a seam."""

    def __init__(self, spec: WorldSpec, bounds: Bounds, earthworks: Earthworks | None = None) -> None:
        """
        Args:
            bounds: what will be asked for; beyond it answers are the same but slower.
        """
        self.spec = spec
        self.bounds = bounds
        self.relief = Relief(spec)
        self.waters = Waters(self.relief)
        self.ground = Ground(self.waters, bounds)
        self.works = Works(earthworks or Earthworks(), self.natural_height)

    def worked(self, earthworks: Earthworks) -> Terrain:
        """The same land with other works done to it; what rain did is not computed again."""
        other = copy(self)
        other.works = Works(earthworks, other.natural_height)
        return other

    # What builders ask.

    def height(self, flat: Floats) -> Floats:
        """Metres (N,) of the ground (under water, of its bed) at places (N, 2), x and z."""
        return self._height(*_split(flat))

    def natural_height(self, flat: Floats) -> Floats:
        """Heights (N,) before anything was done to the ground."""
        x, z = _split(flat)
        return self._natural(x, z, self.waters.at(x, z))

    def normal(self, flat: Floats) -> Floats:
        """Unit normals (N, 3) of the ground."""
        x, z = _split(flat)
        return self._normal(x, z, np.full_like(x, 0.12))

    def water_level(self, flat: Floats) -> Floats:
        """Metres (N,) of the water's surface; -inf where there is none within 8 m."""
        wet = self.waters.at(*_split(flat))
        return np.where(wet.edge < _NEAR_WATER, wet.level, F(-np.inf))

    def free(self, flat: Floats, room: float) -> NDArray[np.bool_]:
        """Which places (N, 2) are dry and `room` metres away from roads, pads and water."""
        x, z = _split(flat)
        free = self.waters.at(x, z).edge > max(room, 0.3)
        if self.works.any:
            free &= self.works.at(x, z, room + 1.0).distance > room
        return free

    def fertility(self, flat: Floats) -> Floats:
        """How well plants grow (N,), 0 (rock, snow, sand, roads, water) to 1."""
        x, z = _split(flat)
        spot = self._spot(x, z, np.full_like(x, 0.6))
        coat = paint(self.spec, spot)
        barren = np.isin(coat.label, _barren())
        share = (1 - coat.rock) * step(1.3, 0.7, spot.slope) * (~barren)
        if spot.made is not None:
            share = share * (spot.made.distance > 0.2)
        return share.astype(np.float32)

    def anchors(self, feature: str) -> Floats:
        """Places (M, 2) where a feature of `catalogue.FEATURES` is, best first; none where the land has none."""
        return landmarks(self, feature)

    def to_water(self, flat: Floats) -> Floats:
        """Metres (N,) to the nearest water's edge, many where none is near; negative in it."""
        return self.waters.at(*_split(flat)).edge

    def has(self, feature: str) -> bool:
        """Whether the land has such a feature: a cliff, a lake..."""
        return feature in FEATURES and len(self.anchors(feature)) > 0

    def rough_height(self, flat: Floats) -> Floats:
        """Metres (N,) before rain, quick to ask for anywhere."""
        return self.relief.stepped(self.waters.macro(*_split(flat)))

    # What is seen.

    def cuttable(self, bounds: Bounds, eye: tuple[float, float, float]) -> tuple[HeightGrid, Floats]:
        """Heights, and how much closer together surfels should lie there: what `surfels` needs before its budget."""
        heights = self._shape(bounds)
        return heights, self._finer(heights) * _attention(heights, eye)

    def surfels(
        self,
        bounds: Bounds,
        budget: int,
        eye: tuple[float, float, float],
        cuttable: tuple[HeightGrid, Floats] | None = None,
    ) -> Surfels:
        """Ground, rock faces and loose stones of a part of the world: about `budget`, at most a tenth more.

        Args:
            eye: x, y, z from which it is looked at first: nearer ground is finer.
            cuttable: of those bounds and that eye, where it is known.
        """
        heights, finer = self.cuttable(bounds, eye) if cuttable is None else cuttable
        stones = strew(self, bounds, round(_STONES * budget), eye)
        pieces = cut(heights, finer, bounds, budget - len(stones), eye, seed=self.spec.seed, jitter=0.24)
        with ThreadPoolExecutor(2) as both:  # a surfel depends on its place alone
            parts = [pieces[start : start + _AT_ONCE] for start in range(0, len(pieces), _AT_ONCE)]
            return join([*both.map(self._ground_surfels, parts), stones])

    def water(self, bounds: Bounds, budget: int, eye: tuple[float, float, float]) -> Surfels:
        """Surfaces of waters in a part of the world, about `budget`, at most a tenth more; none on dry land."""
        return water_surfels(self, bounds, budget, eye)

    def far(self, budget: int) -> Surfels:
        """What lies beyond the bounds, out to some kilometres, seen from within: land and sea."""
        return far_ground(self, budget)

    def _natural(self, x: Floats, z: Floats, wet: Wet) -> Floats:
        spec = self.spec
        height = self.relief.stepped(self.ground.height(x, z))
        rough = {"dunes": 0.1, "terraces": 0.15, "flat": 0.5}.get(spec.relief.shape, 1.0)
        bumps = fractal(x, z, seed=spec.seed * 101 + 120, size=4.5, octaves=4, gain=0.5)
        amount = F(rough * (0.06 + 0.3 * spec.relief.ruggedness)) * step(0.0, 6.0, wet.edge)
        height = height + bumps * amount
        if any(biome.name == "farmland" for biome in spec.biomes):
            height = height + furrows(spec, x, z) * share_of(spec, biome_shares(spec, x, z), "farmland") * step(
                4.0, 6.0, wet.edge
            )
        return self.waters.carve(x, z, height, wet)

    def _height(self, x: Floats, z: Floats, wet: Wet | None = None, made: Made | None = None) -> Floats:
        height = self._natural(x, z, self.waters.at(x, z) if wet is None else wet)
        if not self.works.any:
            return height
        made = self.works.at(x, z) if made is None else made
        return mix(height, made.height, made.share)

    def _beside(self, x: Floats, z: Floats, wet: Wet, made: Made | None) -> Floats:
        """Heights at places less than 2 m from those that `wet` and `made` are of; where these are far from water and
        works they say enough of the neighbours too."""
        near = np.flatnonzero(wet.edge < 12.0)
        own = self.waters.at(x[near], z[near])
        moved = Wet(*(np.array(getattr(wet, field.name)) for field in fields(Wet)))
        for field in fields(Wet):
            getattr(moved, field.name)[near] = getattr(own, field.name)
        height = self._natural(x, z, moved)
        if made is not None:
            near = np.flatnonzero((made.share > 0) | (made.distance < 3.9))
            own = self.works.at(x[near], z[near])
            height[near] = mix(height[near], own.height, own.share)
        return height

    def _normal(
        self,
        x: Floats,
        z: Floats,
        over: Floats,
        height: Floats | None = None,
        wet: Wet | None = None,
        made: Made | None = None,
    ) -> Floats:
        """Over a length (N,), metres, at most 1.5."""
        if height is None or wet is None:
            rise_x = (self._height(x + over, z) - self._height(x - over, z)) / (2 * over)
            rise_z = (self._height(x, z + over) - self._height(x, z - over)) / (2 * over)
        else:
            rise_x = (self._beside(x + over, z, wet, made) - height) / over
            rise_z = (self._beside(x, z + over, wet, made) - height) / over
        return unit(np.stack([-rise_x, np.ones_like(x), -rise_z], axis=1))

    def _spot(self, x: Floats, z: Floats, size: Floats) -> Spot:
        wet = self.waters.at(x, z)
        made = self.works.at(x, z) if self.works.any else None
        height = self._height(x, z, wet, made)
        least = 0.45 if self.spec.relief.shape == "dunes" else 0.03  # sand is smooth where low light grazes it
        normal = self._normal(x, z, (F(0.6) * size).clip(least, 1.5), height, wet, made)
        return Spot(x, height, z, normal, size, wet, made)

    def _shape(self, bounds: Bounds) -> HeightGrid:
        """Heights, with all that is sharper than the worn grid, as closely as surfels are cut."""
        worn, apart = self.ground.grid(bounds), 4 if self.spec.relief.shape == "terraces" else 2
        rows, columns = (apart * (n - 1) + 1 for n in worn.values.shape)
        empty = HeightGrid(
            np.empty((rows, columns), np.float32), apart * worn.row, apart * worn.column, worn.cell / apart
        )
        x, z = (np.ascontiguousarray(v).reshape(-1) for v in empty.places())
        edge = F(2.5 * worn.cell)  # the worn grid interpolates from its neighbours
        inside_x = x.clip(
            worn.column * worn.cell + edge, (worn.column + worn.values.shape[1] - 1) * worn.cell - edge - F(0.01)
        )
        inside_z = z.clip(
            worn.row * worn.cell + edge, (worn.row + worn.values.shape[0] - 1) * worn.cell - edge - F(0.01)
        )
        heights = self._height(inside_x.astype(np.float32), inside_z.astype(np.float32))
        return HeightGrid(heights.reshape(rows, columns), empty.row, empty.column, empty.cell)

    def _finer(self, heights: HeightGrid) -> Floats:
        """Factors (R, C) of the distance between surfels: less where the ground bends or its surface changes sharply,
        more under deep water."""
        x, z = (np.ascontiguousarray(v).reshape(-1) for v in heights.places())
        shape, values = heights.values.shape, heights.values
        wet = self.waters.at(x, z)
        factor = np.ones(x.shape, np.float32)
        factor *= 1 - F(0.3) * step(3.0, 0.5, np.abs(wet.edge))
        bend = np.zeros(shape, np.float32)
        bend[1:-1, 1:-1] = np.abs(
            4 * values[1:-1, 1:-1] - values[:-2, 1:-1] - values[2:, 1:-1] - values[1:-1, :-2] - values[1:-1, 2:]
        ) / F(heights.cell)
        factor *= 1 - F(0.3) * step(0.15, 1.2, bend.reshape(-1))
        if self.spec.relief.shape == "terraces":
            factor *= F(0.8)
        under = np.where(wet.edge < 0, wet.level - values.reshape(-1), F(0))
        factor *= 1 + F(3.0) * step(1.2, 3.5, under)
        if self.works.any:
            made = self.works.at(x, z)
            factor *= 1 - F(0.4) * step(1.5, 0.2, made.distance)
            factor = np.where(made.covered, F(6.0), factor)
        return factor.reshape(shape)

    def _ground_surfels(self, pieces: Pieces) -> Surfels:
        if not len(pieces):
            return no_surfels()
        size = np.sqrt(pieces.width * pieces.depth)
        spot = self._spot(pieces.x, pieces.z, size)
        if spot.made is not None and spot.made.covered.any():
            keep = ~spot.made.covered
            pieces, size, spot = pieces[keep], size[keep], spot[keep]
        seen = ~hidden_bed(spot.wet, spot.wet.level - spot.y)  # large pieces of it would be drawn before the water
        pieces, size, spot = pieces[seen], size[seen], spot[seen]
        coat = paint(self.spec, spot)
        position = np.stack([spot.x, spot.y, spot.z], axis=1)
        steep = self.ground.steepness(spot.x, spot.z) * step(0.2, 3.0, spot.wet.edge)
        if spot.made is not None:
            steep = steep * step(0.3, 3.0, spot.made.distance)
        position, normal, out, grown = break_faces(self.spec, position, spot.normal, size, steep)
        coat.albedo *= (1 + F(0.5) * out.clip(-0.7, 0.5))[:, None]  # clefts are darker: less light, more dirt
        if len(coat.snow):  # ledges of faces hold it too
            ledge = step(0.62, 0.8, normal[:, 1]) * coat.rock * step(0.25, 0.6, coat.snow) * (spot.wet.edge > 0)
            coat.lay((0.8, 0.84, 0.9), ledge, "ground/snow")
        return _laid(pieces, position, normal, spot, coat, grown)


def _attention(heights: HeightGrid, eye: tuple[float, float, float], steps: int = 24) -> Floats:
    """Factors (R, C) of the distance between surfels: more on ground that lies hidden from the eyes at first, less on
    faces some way off, which are seen square on."""
    apart = max(round(2.0 / heights.cell), 1)
    values, last = heights.values[::apart, ::apart], np.array(heights.values.shape) - 1
    x, z = (axis[::apart, ::apart] for axis in heights.places())
    away_x, away_z = x - F(eye[0]), z - F(eye[2])
    hidden = np.zeros(values.shape, np.float32)
    for share in (np.arange(steps, dtype=np.float32) + F(0.5)) / F(steps):
        column = ((F(eye[0]) + share * away_x) / F(heights.cell) - heights.column).clip(0, last[1])
        row = ((F(eye[2]) + share * away_z) / F(heights.cell) - heights.row).clip(0, last[0])
        line = F(eye[1]) + share * (values + F(0.6) - F(eye[1]))
        hidden = np.maximum(hidden, heights.values[row.astype(np.int32), column.astype(np.int32)] - line)
    rise_z, rise_x = np.gradient(values, heights.cell * apart)
    off = step(8.0, 16.0, np.sqrt(away_x * away_x + away_z * away_z))
    factor = (1 + F(0.35) * step(0.0, 1.5, hidden)) * (1 - F(0.36) * step(0.7, 1.5, np.hypot(rise_x, rise_z)) * off)
    rows, columns = (np.arange(n) // apart for n in heights.values.shape)
    return factor[rows[:, None], columns[None]]


def _laid(pieces: Pieces, position: Floats, normal: Floats, spot: Spot, coat: Coat, grown: Floats) -> Surfels:
    """Surfels as large as their pieces are, measured along the slope."""
    up = spot.normal[:, 1].clip(0.08, 1)
    rise_x, rise_z = -spot.normal[:, 0] / up, -spot.normal[:, 2] / up
    wide, deep = pieces.width * np.sqrt(1 + rise_x * rise_x), pieces.depth * np.sqrt(1 + rise_z * rise_z)
    wide, deep = np.minimum(wide, F(1.3) * pieces.longest), np.minimum(deep, F(1.3) * pieces.longest)  # no spikes
    turn = (hashed(spot.x, spot.z, 3) - F(0.5)) * F(0.7)
    along = np.stack([np.cos(turn), rise_x * np.cos(turn) + rise_z * np.sin(turn), np.sin(turn)], axis=1)
    # Where nothing fine would blur, pieces overlap so far that no sky shines through at a slant.
    smooth = np.isin(coat.label, [label_index("ground/sand"), label_index("ground/snow")])
    grown = F(OVERLAP) * grown * np.where(smooth, F(1.2), F(0.97)) * (1 + F(0.08) * coat.rock)
    size = np.stack([wide * grown, deep * grown], axis=1)
    pieced = surfels(position, normal, along, size)
    return Surfels(
        *(pieced.position, pieced.normal, pieced.along, pieced.size, coat.albedo.clip(0.005, 0.95), pieced.glow),
        *(pieced.leaf, coat.gloss, pieced.opacity, coat.label),
    )


def _barren() -> list[int]:
    names = ("ground/sand", "ground/rock", "ground/gravel", "ground/snow", "ground/lava_rock", "rock/cliff")
    made = ("road", "road/path", "road/pavement", "road/marking")
    return [label_index(name) for name in (*names, *made)]


def _split(flat: Floats) -> tuple[Floats, Floats]:
    flat = np.asarray(flat, np.float32)
    return np.ascontiguousarray(flat[:, 0]), np.ascontiguousarray(flat[:, 1])
