"""The colours of the ground: what grows, soil, rock, sand, snow, and what people laid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from worldloom.generate.build.terrain.biomes import Colour, biome_shares, blended, share_of
from worldloom.generate.build.terrain.fields import paint_fields
from worldloom.generate.build.terrain.maths import Floats, hashed, mix, ramp, step
from worldloom.generate.build.terrain.surfaces import paint_made
from worldloom.generate.build.terrain.waters import RIVER, SEA, Wet
from worldloom.generate.build.terrain.works import Made
from worldloom.generate.spec import WorldSpec
from worldloom.render.ground import cells, fractal
from worldloom.scene.semantics import label_index
from worldloom.scene.surfels import muted

F = np.float32


@dataclass(frozen=True, eq=False)
class Spot:
    """Places (N,) on the ground that are to be painted."""

    x: Floats
    y: Floats
    z: Floats
    normal: Floats
    """(N, 3)"""
    size: Floats
    """Metres to the next: finer patterns are left out."""
    wet: Wet
    made: Made | None

    def __getitem__(self, chosen: np.ndarray) -> Spot:
        made = None if self.made is None else self.made[chosen]
        x, y, z, normal, size = (part[chosen] for part in (self.x, self.y, self.z, self.normal, self.size))
        return Spot(x, y, z, normal, size, self.wet[chosen], made)

    @property
    def slope(self) -> Floats:
        """Metres up per metre."""
        up = self.normal[:, 1].clip(0.02, 1)
        return np.sqrt(1 - (up * up).clip(0, 1)) / up


@dataclass(eq=False)
class Coat:
    """What the places look like so far."""

    albedo: Floats
    """(N, 3) linear."""
    label: np.ndarray
    gloss: Floats
    rock: Floats
    """(N,) how much of it is bare rock, 0..1."""
    snow: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    """(N,) how much snow there would be on what is level, 0..1; empty where there is none at all."""

    def lay(self, colour: Floats | Colour, share: Floats, label: str | None = None) -> None:
        """Cover it with a colour, where `share` (N,) is 1 wholly."""
        self.albedo += (np.asarray(colour, np.float32) - self.albedo) * share[:, None]
        if label is not None:
            self.label[share > 0.5] = label_index(label)


def paint(spec: WorldSpec, spot: Spot) -> Coat:
    return _Painter(spec, spot).painted()


class _Painter:
    def __init__(self, spec: WorldSpec, spot: Spot) -> None:
        self.spec, self.spot = spec, spot
        self.shares = biome_shares(spec, spot.x, spot.z)
        self.slope = spot.slope
        count = len(spot.x)
        self.chance = hashed(spot.x, spot.z, 1)
        self.coat = Coat(
            *(np.zeros((count, 3), np.float32), np.zeros(count, np.uint8)),
            *(np.zeros(count, np.float32), np.zeros(count, np.float32)),
        )

    def painted(self) -> Coat:
        spot, coat = self.spot, self.coat
        self._turf()
        if spot.made is not None or any(biome.name == "farmland" for biome in self.spec.biomes):
            farmed = share_of(self.spec, self.shares, "farmland")
            if farmed.any():
                paint_fields(self.spec, spot, coat, farmed)
        self._scree()
        self._rock()
        self._shore()
        self._snow()
        if spot.made is not None:
            paint_made(spot, coat, self.chance)
        smooth = np.isin(coat.label, [label_index(name) for name in ("ground/sand", "ground/snow", "road/marking")])
        grain = 1 + np.where(smooth, F(0.14), F(0.4)) * (self.chance - F(0.5))
        warm = F(0.05) * (hashed(spot.x, spot.z, 2) - F(0.5))
        coat.albedo *= grain[:, None] * (1 + warm[:, None] * np.array([1, 0, -1], np.float32))
        np.clip(coat.albedo, 0.006, 0.92, out=coat.albedo)
        return coat

    def _noise(self, number: int, size: float, octaves: int = 3, **more: Any) -> Floats:
        return fractal(
            self.spot.x, self.spot.z, seed=self.spec.seed * 101 + 200 + number, size=size, octaves=octaves, **more
        )

    def _fine(self, metres: float) -> Floats:
        """How much of a pattern of that size can be shown, 0..1."""
        return ramp(1.6 * metres, 0.45 * metres, self.spot.size)

    def _colour(self, name: str) -> Floats:
        return blended(self.spec, self.shares, name)

    def _turf(self) -> None:
        """What grows, in patches of several sizes, and the bare ground between."""
        spec, spot, coat = self.spec, self.spot, self.coat
        broad, middle, small = self._noise(1, 38.0, 3), self._noise(2, 7.0, 3), self._noise(3, 0.9, 3)
        tiny = self._noise(4, 0.16, 2) * self._fine(0.16)
        season = {"spring": -0.16, "summer": 0.0, "autumn": 0.3, "winter": 0.34}[spec.season]
        moist = ramp(14.0, 0.0, spot.wet.edge) * F(0.22)
        dry = (F(0.42 + season) + F(0.5) * broad + F(0.34) * middle + F(0.2) * small - moist).clip(0, 1)
        coat.albedo[:] = muted(mix(self._colour("lush"), self._colour("dry"), dry[:, None]))
        light = 1 + F(0.22) * middle + F(0.3) * small + F(0.5) * tiny
        coat.albedo *= light.clip(0.45, 1.7)[:, None]
        coat.label[:] = label_index("ground/grass")
        # Tufts: darker at the roots, lighter at the tips.
        hollow = self._noise(5, 0.35, 2)
        coat.albedo *= (1 - F(0.34) * step(0.05, 0.4, hollow) * self._fine(0.3))[:, None]
        green = self._colour("green")
        bare = step(F(0.05), F(-0.14), green - F(0.5) - F(0.55) * self._noise(6, 11.0, 5) - F(0.2) * small)
        bare = np.maximum(bare, step(0.75, 0.55, green + 0.9 * self._noise(7, 2.4, 4)) * F(0.85))
        bare *= step(1.0, 0.9, green)
        self._bare(bare, middle, small)
        patches = step(0.42, 0.62, self._noise(8, 4.2, 4) + 0.12 * self.slope) * step(0.3, 0.6, green)
        coat.lay(self._colour("soil") * (1 + F(0.35) * small)[:, None], patches * F(0.75), "ground/soil")

    def _bare(self, bare: Floats, middle: Floats, small: Floats) -> None:
        if not bare.any():
            return
        coat, spec = self.coat, self.spec
        soil, sand = self._colour("soil"), self._colour("sand")
        for kind, names in (
            ("soil", ("meadow", "forest", "conifer_forest", "jungle", "savanna", "heath", "farmland")),
            ("sand", ("desert", "coast", "canyon")),
            ("gravel", ("tundra", "alpine")),
            ("mud", ("wetland",)),
            ("lava_rock", ("volcanic",)),
        ):
            share = share_of(spec, self.shares, *names) * bare
            if not share.any():
                continue
            if kind == "sand":
                share = share * (1 - share_of(spec, self.shares, "coast") * ramp(3.0, 9.0, self.spot.y))
                tone = mix(
                    sand, soil, (F(0.35) + F(0.3) * middle + F(0.18) * self._noise(9, 28.0)).clip(0, 0.8)[:, None]
                )
                coat.lay(tone * (1 + F(0.07) * small)[:, None] * self._ripples()[:, None], share, "ground/sand")
            elif kind == "gravel":
                coat.lay(self._pebbled(mix(self._colour("rock"), soil, F(0.35)), 0.07), share, "ground/gravel")
            elif kind == "mud":
                coat.lay(soil * (1 + F(0.25) * small)[:, None], share, "ground/mud")
                coat.gloss[:] = np.maximum(coat.gloss, F(0.25) * share)
            elif kind == "lava_rock":
                rust = step(0.1, 0.5, self._noise(10, 9.0, 4))
                tone = mix(self._colour("dry") * F(0.75), self._colour("rock_other"), (F(0.55) * rust)[:, None])
                coat.lay(self._pebbled(tone, 0.11), share, "ground/lava_rock")
            else:
                coat.lay(soil * (1 + F(0.3) * small + F(0.2) * middle)[:, None], share, "ground/soil")

    def _ripples(self) -> Floats:
        """Of wind on sand: lighter on one side of each."""
        spot = self.spot
        bend = self._noise(11, 1.9, 2) * F(0.55)
        phase = (spot.x * F(0.8) + spot.z * F(0.6)) / F(0.17) + bend * F(6.0)
        return 1 + F(0.13) * (F(2) * np.abs(phase - np.floor(phase) - F(0.5)) - F(0.5)) * self._fine(0.1)

    def _pebbled(self, colour: Floats, size: float) -> Floats:
        """Stones of that size, each of its own shade, dark between."""
        spot = self.spot
        shown = np.flatnonzero(spot.size < 2.2 * size)
        factor = np.ones(len(spot.x), np.float32) + F(0.16) * self._noise(12, 0.5, 3)
        if len(shown):
            first, second, own = cells(spot.x[shown], spot.z[shown], seed=self.spec.seed + 5, size=size)
            tone = (F(0.62) + F(0.75) * own) * (F(0.5) + F(0.5) * step(0.02, 0.22, second - first))
            factor[shown] *= mix(F(1.0), tone, ramp(2.2 * size, 0.7 * size, spot.size[shown]))
        return colour * factor[:, None]

    def _scree(self) -> None:
        """Loose stones on slopes where rock begins to show."""
        if self.spec.relief.shape in ("dunes", "terraces"):
            return
        low = np.float32(0.36) + F(0.1) * self._noise(13, 6.0, 4)
        rocky = share_of(self.spec, self.shares, "alpine", "tundra", "canyon", "volcanic", "desert")
        share = step(low, low + F(0.18), self.slope) * rocky * (F(0.55) + F(0.8) * self._noise(14, 3.5, 4)).clip(0, 1)
        if (share > 0.01).any():
            self.coat.lay(
                self._pebbled(mix(self._colour("rock"), self._colour("soil"), F(0.25)), 0.16), share, "ground/gravel"
            )

    def _rock(self) -> None:
        """Faces too steep for soil: beds of several shades, cracks, lichen."""
        spec, spot, coat = self.spec, self.spot, self.coat
        steep = self._colour("steep")
        ragged = F(0.22) * self._noise(15, 4.0, 4) + F(0.12) * self._noise(16, 0.8, 3)
        start = steep[:, 0] - F(0.18 * (spec.relief.ruggedness - 0.4))
        share = step(start, start + F(0.5) * (steep[:, 1] - steep[:, 0]), self.slope + ragged)
        share = share * F({"terraces": 0.3, "dunes": 0.0}.get(spec.relief.shape, 1.0))
        chosen = np.flatnonzero(share > 0.01)
        if not len(chosen):
            return
        x, y, z = spot.x[chosen], spot.y[chosen], spot.z[chosen]
        seed = spec.seed * 101 + 260
        tilt = F(0.42) * x + F(0.2) * z if spec.relief.shape not in ("canyon", "cliffs") else F(0.015) * x
        warp = F(0.9) * fractal(x, z, y=y, seed=seed, size=7.0, octaves=3)
        bed = y + tilt + warp
        beds = fractal(bed, np.zeros_like(bed), seed=seed + 1, size=2.6, octaves=4, gain=0.65)
        crack = fractal(x, z, y=y, seed=seed + 2, size=(1.6, 0.8, 1.6), octaves=4, kind="billow")
        blotch = fractal(x, z, y=y, seed=seed + 3, size=3.2, octaves=4)
        banding = self._colour("banding")[chosen]
        other = (F(0.35) + F(0.9) * banding * beds + F(0.45) * blotch).clip(0, 1)
        tone = mix(self._colour("rock")[chosen], self._colour("rock_other")[chosen], other[:, None])
        joint = step(0.10, 0.015, crack)
        shade = (1 - F(0.42) * joint) * (1 + F(0.34) * blotch + F(0.3) * beds * (F(0.3) + banding))
        stain = fractal(x, z, y=y * F(0.12), seed=seed + 4, size=1.1, octaves=3)  # water runs down in streaks
        shade *= 1 - F(0.3) * step(0.15, 0.5, stain) * step(1.2, 2.5, self.slope[chosen])
        rock = tone * shade.clip(0.3, 1.6)[:, None]
        green = share_of(spec, self.shares, "forest", "jungle", "conifer_forest", "wetland")[chosen]
        moss = step(0.1, 0.45, blotch + F(0.4) * green - F(0.25) + F(0.3) * (spot.normal[chosen, 1] - F(0.5)))
        rock = mix(rock, self._colour("lush")[chosen], (F(0.6) * moss * np.minimum(green + F(0.1), 1))[:, None])
        part = share[chosen]
        coat.albedo[chosen] += (rock - coat.albedo[chosen]) * part[:, None]
        coat.label[chosen[part > 0.5]] = label_index("ground/rock")
        coat.label[chosen[(part > 0.5) & (self.slope[chosen] > 1.2)]] = label_index("rock/cliff")
        coat.rock[chosen] = part

    def _shore(self) -> None:
        """Beaches, pebbles on banks, mud; darker where it is wet."""
        spec, spot, coat = self.spec, self.spot, self.coat
        wet = spot.wet
        near = np.flatnonzero(wet.edge < 60.0)
        if not len(near):
            return
        edge, kind, above = wet.edge[near], wet.kind[near], spot.y[near] - wet.level[near]
        ragged = self._noise(17, 5.0, 4)[near]
        level = step(1.0, 0.55, self.slope[near])
        sea = kind == SEA
        sandy = np.where(sea, step(3.2, 1.5, above - F(1.1) * ragged), step(0.32, 0.12, above - F(0.2) * ragged))
        sand = self._colour("sand")[near] * (1 + F(0.06) * ragged)[:, None] * self._ripples()[near, None]
        pebbles = self._pebbled(mix(self._colour("rock"), self._colour("sand"), F(0.3)), 0.09)[near]
        lava = np.full(len(near), spec.water.lava) & ~sea
        stony = np.where(kind == RIVER, step(-0.25, 0.15, ragged), step(0.15, 0.4, ragged))
        stony = np.where(sea, step(0.35, 0.6, ragged) * F(0.8), stony)
        beach = mix(sand, pebbles, stony[:, None])
        muddy = share_of(spec, self.shares, "wetland", "jungle")[near] * (kind != SEA)
        beach = mix(beach, self._colour("soil")[near] * F(0.8), muddy[:, None])
        beach[lava] = F(0.8) * self._colour("rock")[near[lava]]
        share = sandy * level * np.where(sea, step(60.0, 40.0, edge), step(7.0, 2.0, edge))
        if spec.relief.shape == "cliffs":
            share = share * np.where(sea, step(0.95, 0.6, self.slope[near]), 1)
        bed = edge < 0
        deep = ((-above) / F(2.5)).clip(0, 1)
        silt = self._colour("soil")[near] * F(0.7) + F(0.3) * sand
        beach = np.where(bed[:, None], mix(beach, silt, (deep * np.where(sea, F(0.35), F(0.8)))[:, None]), beach)
        share = np.maximum(share, bed.astype(np.float32) * level)
        coat.albedo[near] += (beach - coat.albedo[near]) * share[:, None]
        # Light fades on its way down and back.
        gone = 1 - (F(1) - np.array([0.05, 0.22, 0.27], np.float32)) * ((-above) / F(2.6)).clip(0, 1)[:, None]
        coat.albedo[near] *= np.where(bed[:, None], gone, F(1))
        covered = share > 0.5
        stones = covered & (stony > 0.5)
        coat.label[near[covered]] = label_index("ground/sand")
        coat.label[near[stones]] = label_index("ground/gravel")
        coat.label[near[covered & (muddy > 0.5)]] = label_index("ground/mud")
        coat.label[near[covered & lava]] = label_index("ground/lava_rock")
        reach = np.where(sea, F(0.34), F(0.12)) * (1 + F(0.7) * ragged)
        damp = step(1.0, 0.35, above / reach) * ~lava * (edge < 9)
        coat.albedo[near] *= (1 - F(0.46) * damp)[:, None]
        coat.gloss[near] = np.maximum(coat.gloss[near], F(0.22) * damp)

    def _snow(self) -> None:
        """On what is level enough: everywhere when it snows, in patches in winter, always on high mountains."""
        spec, spot = self.spec, self.spot
        cold = self._colour("snow")
        everywhere = {True: 1.0, False: 0.0}[spec.weather == "snow"]
        if spec.season == "winter":
            everywhere = max(everywhere, 0.8)
        cover = np.full(len(spot.x), F(everywhere)) * np.minimum(cold * (1.2 if spec.weather == "snow" else 1.0), 1.0)
        if spec.weather == "snow":
            cover = np.maximum(cover, F(0.85))
        high = share_of(spec, self.shares, "alpine", "tundra")
        if high.any() and spec.season != "winter":
            line = {"spring": 0.2, "summer": 0.38, "autumn": 0.3}[spec.season] * max(spec.relief.height, 12.0)
            over = (spot.y - F(line)) / F(0.24 * max(spec.relief.height, 12.0))
            cover = np.maximum(cover, high * ramp(0.0, 1.0, over + F(0.5) * self._noise(18, 16.0, 4) + F(0.1)))
        if not cover.any():
            return
        drifts = F(0.3) * self._noise(19, 5.0, 5) + F(0.16) * self._noise(20, 0.6, 3)
        lies = step(
            F(1.05) * cover, F(1.05) * cover - F(0.28), self.slope * F(0.55) + drifts * (F(1.3) - cover) + F(0.12)
        )
        lies = lies * (spot.wet.edge > (0.0 if not spec.water.frozen else -1e9)) * (cover > 0.02)
        glitter = 1 + F(0.05) * self._noise(21, 1.7, 3)
        blue = mix(
            np.array([0.84, 0.87, 0.92], np.float32),
            np.array([0.72, 0.78, 0.88], np.float32),
            ramp(-0.1, 0.4, drifts)[:, None],
        )
        if spot.made is not None:
            lies = lies * np.where(spot.made.covered, F(0), F(1)) * np.where(spot.made.surface >= 0, F(0.55), F(1))
        self.coat.lay(blue * glitter[:, None], lies, "ground/snow")
        self.coat.snow = cover
        self.coat.rock *= 1 - lies
        self.coat.gloss *= 1 - lies
