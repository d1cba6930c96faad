"""The lie of the land before water and rain: heights as functions of world coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from worldloom.generate.build.terrain.maths import Floats, draw, mix, smooth_max, stairs, step
from worldloom.generate.build.terrain.streams import Stream, plan_streams, volcano_crater, volcano_peak
from worldloom.generate.spec import WorldSpec
from worldloom.render.ground import fractal

F = np.float32


@dataclass(frozen=True)
class Relief:
    """Heights (...) at places; 0 is about the lowest, `spec.relief.height` the highest ground inside the extent."""

    spec: WorldSpec

    @cached_property
    def streams(self) -> tuple[Stream, ...]:
        return plan_streams(self.spec)

    @cached_property
    def axis(self) -> Stream:
        """What valleys and canyons follow: the main river, or where it would be."""
        if self.streams:
            return self.streams[0]
        watered = self.spec.model_copy(update={"water": self.spec.water.model_copy(update={"rivers": 1})})
        return plan_streams(watered)[0]

    @property
    def peak(self) -> tuple[float, float]:
        return volcano_peak(self.spec)

    @property
    def crater(self) -> float:
        return volcano_crater(self.spec)

    def height(self, x: Floats, z: Floats) -> Floats:
        spec = self.spec
        warp = F(0.13 * self._wave)
        wx = x + warp * self._noise(x, z, 11, self._wave * 0.9, 2, gain=0.35)
        wz = z + warp * self._noise(x, z, 12, self._wave * 0.9, 2, gain=0.35)
        height = getattr(self, f"_{spec.relief.shape}")(x, z, wx, wz)
        return height + self._tilt(x, z) + self._backdrop(x, z)

    @cached_property
    def _wave(self) -> float:
        """Metres from hill to hill."""
        spec = self.spec
        wide, tall = {
            "flat": (0.9, 12.0),
            "rolling": (0.62, 5.0),
            "hills": (0.5, 2.8),
            "mountains": (0.8, 2.8),
            "cliffs": (0.6, 2.0),
            "canyon": (0.5, 2.0),
            "dunes": (0.28, 4.5),
            "terraces": (0.7, 3.0),
            "volcano": (0.4, 1.6),
            "valley": (0.5, 2.0),
        }[spec.relief.shape]
        return float(max(wide * spec.extent, tall * spec.relief.height, 20.0))

    def _noise(self, x: Floats, z: Floats, number: int, size: float, octaves: int, **more: Any) -> Floats:
        return fractal(x, z, seed=self.spec.seed * 101 + number, size=size, octaves=octaves, **more)

    def _crests(self, x: Floats, z: Floats, number: int, size: float, octaves: int, damping: float = 0.85) -> Floats:
        return fractal(
            x, z, seed=self.spec.seed * 101 + number, size=size, octaves=octaves, kind="ridged", damping=damping
        )

    def _tilt(self, x: Floats, z: Floats) -> Floats:
        """The whole land falls with its main river; sudden steps are at its waterfalls, sheer near the river."""
        if not self.streams or self.spec.relief.shape == "volcano":
            return np.zeros_like(x)
        main = self.streams[0]
        u, side = main.across(x, z)
        height = -F(main.grade) * u
        away = (np.abs(side) - F(3 * main.half_width)).clip(0, None)
        for k, (at, drop) in enumerate(main.falls):
            ragged = (
                self._noise(x, z, 60 + k, 9.0 + drop, 4) * F(0.35 * drop) * step(0.0, 3 * main.half_width, np.abs(side))
            )
            wide = F(0.6 + 0.06 * drop) + away * F(0.22)
            height = height + F(drop) * step(wide, -wide, u - F(at) + ragged * F(0.7) - away * F(0.12))
        return height

    def _backdrop(self, x: Floats, z: Floats) -> Floats:
        """Greater heights beyond the edge, so that the world is ringed by what belongs to it."""
        spec = self.spec
        grandeur = {"mountains": 1.0, "valley": 0.8, "volcano": 0.3, "hills": 0.25, "terraces": 0.45, "canyon": 0.25}
        alpine = sum(biome.share for biome in spec.biomes if biome.name in ("alpine", "tundra", "conifer_forest"))
        tall = max(grandeur.get(spec.relief.shape, 0.06), 0.7 * min(alpine, 1.0))
        if spec.relief.shape in ("flat", "dunes") or spec.kind == "island":
            tall = 0.0 if spec.kind == "island" else 0.08
        if tall == 0.0:
            return np.zeros_like(x)
        away = np.sqrt(x * x + z * z)
        rise = step(0.75 * spec.extent, 0.75 * spec.extent + 1800.0, away)
        crest = self._crests(x, z, 70, 1100.0, 6)
        return rise * crest * F(tall * (420.0 + 1.2 * spec.relief.height))

    def _hollow(self, x: Floats, z: Floats, inner: float, outer: float) -> Floats:
        """0 about the origin, 1 further out than `outer` extents."""
        extent = self.spec.extent
        return step(inner * extent, outer * extent, np.sqrt(x * x + z * z))

    def _flat(self, x: Floats, z: Floats, wx: Floats, wz: Floats) -> Floats:
        return F(self.spec.relief.height) * (0.5 + 0.5 * self._noise(wx, wz, 1, self._wave, 3, gain=0.35))

    def _rolling(self, x: Floats, z: Floats, wx: Floats, wz: Floats) -> Floats:
        rough = self.spec.relief.ruggedness
        shape = self._noise(wx, wz, 1, self._wave, 5, gain=0.28 + 0.2 * rough, damping=0.5)
        return F(self.spec.relief.height) * (0.5 + 0.85 * shape)

    def _hills(self, x: Floats, z: Floats, wx: Floats, wz: Floats) -> Floats:
        relief = self.spec.relief
        round_ = 0.5 + 0.8 * self._noise(wx, wz, 1, self._wave, 6, gain=0.36 + 0.14 * relief.ruggedness, damping=0.7)
        sharp = self._crests(wx, wz, 2, self._wave * 1.1, 5)
        height = F(relief.height) * mix(round_, sharp, np.full_like(x, 0.25 + 0.45 * relief.ruggedness))
        return height * (0.45 + 0.55 * self._hollow(x, z, 0.04, 0.36))

    def _mountains(self, x: Floats, z: Floats, wx: Floats, wz: Floats) -> Floats:
        relief = self.spec.relief
        crest = self._crests(wx, wz, 1, self._wave, 6)
        mass = 0.5 + 0.7 * self._noise(wx, wz, 2, self._wave * 1.6, 2)
        foot = 0.13 * (0.5 + 0.6 * self._noise(wx, wz, 3, self._wave * 0.5, 4, gain=0.4))
        up = F(0.32) * mass.clip(0.2, 1.2) + F(1.2) * crest * (0.4 + 0.6 * mass.clip(0, 1.2))
        return F(relief.height) * mix(foot, up, self._hollow(x, z, 0.05, 0.32))

    def _cliffs(self, x: Floats, z: Floats, wx: Floats, wz: Floats) -> Floats:
        """Level ground broken by walls of rock."""
        relief = self.spec.relief
        field = self._noise(wx, wz, 1, self._wave, 4, gain=0.45) + F(0.9) * (self._hollow(x, z, 0.08, 0.4) - F(0.42))
        ledges = F(0.62) * step(0.0, 0.045, field) + F(0.38) * step(
            0.34, 0.40, field + 0.05 * self._noise(x, z, 4, 14.0, 3)
        )
        ground = 0.09 * self._noise(wx, wz, 2, self._wave * 0.6, 5, gain=0.42)
        return F(relief.height) * (0.92 * ledges + ground + 0.08)

    def _canyon(self, x: Floats, z: Floats, wx: Floats, wz: Floats) -> Floats:
        """A gorge with ledges of harder rock, side gorges, and mesas behind."""
        relief, extent = self.spec.relief, self.spec.extent
        _, side = self.axis.across(x, z)
        gulches = self._crests(x, z, 5, 0.34 * extent, 4, damping=0.6)
        away = np.abs(side) - F(0.05 * extent) + F(0.05 * extent) * self._noise(x, z, 6, 0.12 * extent, 4)
        away = away - F(0.16 * extent) * step(0.62, 0.95, gulches) * step(0.0, 0.1 * extent, away)
        up = (away / F(0.24 * extent)).clip(0, 1)
        beds = stairs(up**0.8, 4.0, 0.78)
        talus = mix(beds, up, 0.22)
        plateau = 0.05 * self._noise(wx, wz, 2, self._wave * 0.5, 4)
        mesa = (
            F(0.3) * stairs(step(0.1, 0.5, self._noise(wx, wz, 7, 0.9 * self._wave, 4)), 2.0, 0.8) * step(0.8, 1.0, up)
        )
        floor = 0.03 * self._noise(wx, wz, 3, self._wave * 0.2, 3)
        return F(relief.height) * (0.85 * talus + mesa + plateau * up + floor)

    def _dunes(self, x: Floats, z: Floats, wx: Floats, wz: Floats) -> Floats:
        """Crests across the wind: long gentle slopes to windward, slip faces as steep as sand lies to leeward."""
        relief = self.spec.relief
        turn = draw(self.spec.seed, 5).uniform(-0.5, 0.5) + 0.9
        height = np.zeros_like(x)
        for k, (size, share) in enumerate(((self._wave, 0.85), (self._wave * 0.37, 0.2))):
            angle = turn + 0.35 * k
            cos, sin = F(np.cos(angle)), F(np.sin(angle))
            bent = self._noise(x, z, 20 + k, size * 1.7, 3, gain=0.4)
            phase = (x * cos + z * sin) / F(size) + F(0.75) * bent + F(0.37 * k)
            t = phase - np.floor(phase)
            windward = t / F(0.72)
            leeward = (1 - t) / F(0.28)
            saw = np.minimum(
                windward * windward * (F(1.9) - F(0.9) * windward), leeward * (F(0.75) + F(0.25) * leeward)
            )
            tall = (F(0.72) + F(0.6) * self._noise(x, z, 30 + k, size * 2.3, 2)).clip(0.04, 1.2)
            height = height + F(share) * saw.clip(0, 1) * tall
        swell = self._noise(x, z, 3, self._wave * 3, 2)
        return F(relief.height) * (height + F(0.16) * swell + F(0.05))

    def _terraces(self, x: Floats, z: Floats, wx: Floats, wz: Floats) -> Floats:
        """A slope cut into level fields that follow its contours."""
        relief = self.spec.relief
        rise = step(0.22, -0.72, z / F(self.spec.extent) + F(0.16) * self._noise(wx, wz, 2, self._wave * 0.6, 2))
        slope = (F(0.14) + F(0.72) * rise + F(0.2) * self._noise(wx, wz, 1, self._wave * 0.9, 3, gain=0.3)).clip(0, 1.4)
        return F(relief.height) * slope

    def stepped(self, height: Floats) -> Floats:
        """Terraced land, where it is: done after all else, since its walls are sharper than any grid."""
        relief = self.spec.relief
        if relief.shape != "terraces":
            return height
        tall = max(relief.height, 0.1)
        count = float(np.clip(tall / 1.7, 3.0, self.spec.extent / 8.0))
        return F(tall) * stairs(height / F(tall), count, 0.88)

    def _volcano(self, x: Floats, z: Floats, wx: Floats, wz: Floats) -> Floats:
        relief, extent = self.spec.relief, self.spec.extent
        return F(relief.height) * self.cone(x, z) + F(0.05 * relief.height) * (
            1 + self._noise(wx, wz, 2, 0.2 * extent, 5)
        )

    def cone(self, x: Floats, z: Floats) -> Floats:
        """A volcano's height, 0..1."""
        extent = self.spec.extent
        dx, dz = x - F(self.peak[0]), z - F(self.peak[1])
        wobble = 1 + F(0.1) * self._noise(x, z, 8, 0.22 * extent, 3)
        away = np.sqrt(dx * dx + dz * dz) * wobble
        share = (1 - (away - F(self.crater)) / F(0.33 * extent)).clip(0, 1)
        ribs = self._crests(x, z, 9, 0.16 * extent, 5)
        slope = share ** F(1.9) * (F(0.86) + F(0.24) * ribs)
        bowl = step(1.02 * self.crater, 0.45 * self.crater, away)
        return slope - F(0.2) * bowl

    def _valley(self, x: Floats, z: Floats, wx: Floats, wz: Floats) -> Floats:
        """A broad floor between slopes that end in crests."""
        relief, extent = self.spec.relief, self.spec.extent
        _, side = self.axis.across(x, z)
        away = np.abs(side) + F(0.05 * extent) * self._noise(x, z, 6, 0.25 * extent, 3)
        up = ((away - F(0.08 * extent)) / F(0.36 * extent)).clip(0, None)
        wall = up * up / (up * up + F(0.55)) * F(1.25)
        crest = self._crests(wx, wz, 1, self._wave, 7)
        floor = 0.03 * self._noise(wx, wz, 3, 0.2 * extent, 4)
        return F(relief.height) * (wall * (F(0.5) + F(0.6) * crest) + floor + F(0.03))

    def lifted(self, height: Floats, level: Floats, bank: float, over: Floats) -> Floats:
        """Ground by water at `level`: pressed down or lifted to the bank at the water's edge (`over` 0), as it was away
        from it (`over` 1)."""
        above = height - (level + F(bank))
        held = level + F(bank) + smooth_max(above, -above * F(0.15), 0.3) * over
        return mix(held, height, step(0.5, 1.0, over))
