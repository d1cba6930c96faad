"""What lies beyond the edge of the world: the same land and sea, coarser, out to the horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.site import Bounds
from worldloom.generate.build.terrain.biomes import biome_shares, share_of
from worldloom.generate.build.terrain.lava import lava_coat
from worldloom.generate.build.terrain.maths import Floats, mix, step
from worldloom.generate.build.terrain.paint import Coat, Spot, paint
from worldloom.generate.build.terrain.pieces import Pieces, cut_kept
from worldloom.generate.build.terrain.surface import water_coat
from worldloom.generate.build.terrain.waters import SEA
from worldloom.generate.spec import WorldSpec
from worldloom.render.ground import HeightGrid, cells, fractal
from worldloom.scene.semantics import label_index
from worldloom.scene.surfels import OVERLAP, Surfels, join, no_surfels, surfels, unit

if TYPE_CHECKING:
    from worldloom.generate.build.terrain.terrain import Terrain

F = np.float32
_WOODED = ("meadow", "forest", "conifer_forest", "jungle", "farmland", "alpine", "wetland", "coast")
_CROPS = (
    (
        (0.1, 0.15, 0.04),
        (0.16, 0.19, 0.055),
        (0.3, 0.25, 0.1),
        (0.38, 0.31, 0.13),
        (0.13, 0.15, 0.06),
        (0.2, 0.14, 0.08),
    ),
    ((0.13, 0.14, 0.05), (0.2, 0.16, 0.08), (0.15, 0.1, 0.06), (0.26, 0.21, 0.11)),
)
"""Linear colours of fields in spring and summer, and after the harvest."""
_SEAM = 11.0
"""Metres beyond the bounds over which worn ground passes into land that rain has not touched."""


def far_ground(terrain: Terrain, budget: int) -> Surfels:
    """About `budget` surfels from the bounds to the horizon. Light adds the haze."""
    bounds = terrain.bounds
    if budget <= 0:
        return no_surfels()
    widest = max(bounds.size)
    near = bounds.grown(max(widest, 150.0))
    horizon = bounds.grown(max(6000.0, 3 * widest))
    first = _ring(terrain, bounds, near, 2 * terrain.ground.cell, round(0.55 * budget))
    second = _ring(terrain, near, horizon, 2.0 ** np.round(np.log2(max(horizon.size) / 300)), budget - len(first))
    return join([first, second])


def _ring(terrain: Terrain, inner: Bounds, outer: Bounds, cell: float, budget: int) -> Surfels:
    """Land and sea between two bounds, seen from the middle; `cell` is how closely it is looked at beforehand."""
    first = int(np.floor(outer.min_z / cell)) - 2, int(np.floor(outer.min_x / cell)) - 2
    shape = int(outer.size[1] / cell) + 6, int(outer.size[0] / cell) + 6
    empty = HeightGrid(np.empty(shape, np.float32), *first, cell)
    x, z = (np.ascontiguousarray(v) for v in empty.places())
    heights = HeightGrid(terrain.relief.stepped(terrain.waters.macro(x, z)), *first, cell)
    bounds = terrain.bounds
    middle = (bounds.min_x + bounds.max_x) / 2, (bounds.min_z + bounds.max_z) / 2
    eye = (middle[0], 12.0 + float(terrain.height(np.array([middle]))[0]), middle[1])
    # Finer towards the world's edge than a view from its middle alone would ask.
    edge = 0.5 * min(bounds.size)

    def keep(pieces: Pieces) -> NDArray[np.bool_]:
        return _beyond(inner, pieces) > F(-0.25) * np.sqrt(pieces.width * pieces.depth)

    pieces = cut_kept(
        *(keep, heights, np.ones_like(heights.values), outer, budget, eye),
        base=0.2 * edge * 0.012,
        slope=0.012,
        coarsest=240.0,
    )
    return _laid(terrain, pieces, np.sqrt(pieces.width * pieces.depth), _beyond(bounds, pieces))


def _beyond(bounds: Bounds, pieces: Pieces) -> Floats:
    """Metres (N,) outside the bounds; negative within."""
    over_x = np.maximum(F(bounds.min_x) - pieces.x, pieces.x - F(bounds.max_x))
    over_z = np.maximum(F(bounds.min_z) - pieces.z, pieces.z - F(bounds.max_z))
    return np.maximum(over_x, over_z)


def _laid(terrain: Terrain, pieces: Pieces, size: Floats, beyond: Floats) -> Surfels:
    spec, x, z = terrain.spec, pieces.x, pieces.z
    wet = terrain.waters.at(x, z)

    def ground(px: Floats, pz: Floats) -> Floats:
        height = terrain.relief.stepped(terrain.waters.macro(px, pz))
        near = np.flatnonzero(beyond < _SEAM)
        if len(near):
            flat = np.stack([px[near], pz[near]], axis=1)
            height[near] = mix(terrain.natural_height(flat), height[near], step(2.0, _SEAM, beyond[near]))
        return height

    over = (F(0.5) * size).clip(0.3, 60.0)
    east, west, south, north = ground(x + over, z), ground(x - over, z), ground(x, z + over), ground(x, z - over)
    slope_x, slope_z = (east - west) / (2 * over), (south - north) / (2 * over)
    height = F(0.2) * (ground(x, z) + east + west + south + north)
    gentler = F(1) / (np.sqrt(slope_x * slope_x + slope_z * slope_z) / F(3.0)).clip(
        1, None
    )  # no needles on the skyline
    wide, deep = pieces.width * np.sqrt(1 + slope_x * slope_x), pieces.depth * np.sqrt(1 + slope_z * slope_z)
    slope_x, slope_z = slope_x * gentler, slope_z * gentler
    normal = unit(np.stack([-slope_x, np.ones_like(x), -slope_z], axis=1))
    spot = Spot(x, height, z, normal, size, wet, None)
    coat = paint(spec, spot)
    under = wet.edge < 0
    depth = np.where(under, wet.level - height, F(0)).clip(0, None)
    colour, opacity, label = water_coat(spec, x, z, size, wet, depth)
    colour = mix(coat.albedo, colour, opacity[:, None])
    glow = np.zeros_like(colour)
    molten = under & (wet.kind != SEA) & spec.water.lava
    if molten.any():
        colour[molten], glow[molten], _ = lava_coat(spec, x[molten], z[molten], wet.flow[molten], wet.edge[molten])
        label[molten] = label_index("water/lava")
    normal = np.where(under[:, None], np.array([0, 1, 0], np.float32), normal)
    lift = _farmed(spec, spot, coat, beyond, under)
    lift = np.maximum(lift, _canopy(terrain, spot, coat, beyond, under))
    y = np.where(under, np.where(wet.kind == SEA, F(0), wet.level), height) + lift
    along = np.stack([np.ones_like(x), np.where(under, F(0), slope_x), np.zeros_like(x)], axis=1)
    extent = np.where(under[:, None], np.stack([pieces.width, pieces.depth], axis=1), np.stack([wide, deep], axis=1))
    extent = np.minimum(extent, F(1.3) * pieces.longest[:, None]) * F(1.12 * OVERLAP)
    # Woods are as thick as they are high, so that one never looks in under them.
    thick = np.maximum(F(0.18) * extent.min(axis=1), F(0.5) * lift)
    extent = np.concatenate([extent, thick[:, None]], axis=1)
    laid = surfels(np.stack([x, y, z], axis=1), normal, along, extent)
    coat.albedo[under] = colour[under]
    coat.label[under] = label[under]
    gloss = np.where(under & ~molten, F(0.9), coat.gloss)
    return Surfels(
        *(laid.position, laid.normal, laid.along, laid.size, coat.albedo.clip(0.005, 0.95), glow, laid.leaf),
        *(gloss, laid.opacity, coat.label),
    )


def _canopy(terrain: Terrain, spot: Spot, coat: Coat, beyond: Floats, under: np.ndarray) -> Floats:
    """Woods as they look from afar, where the land has any: metres (N,) of their middle above the ground."""
    spec = terrain.spec
    green = share_of(spec, biome_shares(spec, spot.x, spot.z), *_WOODED)
    least = 0.16 * float(not _treeless(spec))
    cover = np.maximum(F(spec.vegetation.trees), F(least) * green)
    if not len(cover) or cover.max() <= 0.02:
        return np.zeros_like(spot.x)
    seed = spec.seed * 101 + 500
    stands = fractal(spot.x, spot.z, seed=seed, size=130.0, octaves=5)
    wooded = step(0.06, -0.06, F(0.5) - F(0.85) * stands - F(1.05) * cover) * step(0.8, 0.5, spot.slope)
    line = (
        F(0.75 * max(spec.relief.height, 60.0)) if spec.relief.shape in ("mountains", "valley", "volcano") else F(1e4)
    )
    wooded = wooded * step(6.0, 40.0, beyond) * (~under) * (spot.wet.edge > 6) * step(line, line * F(0.8), spot.y)
    wooded = wooded * (1 - coat.rock) * np.isin(coat.label, [label_index("ground/grass"), label_index("ground/soil")])
    crowns = fractal(spot.x, spot.z, seed=seed + 1, size=9.0, octaves=3)
    dark = any(biome.name in ("conifer_forest", "alpine", "tundra") for biome in spec.biomes)
    green = np.array([0.024, 0.042, 0.018] if dark else [0.036, 0.066, 0.018], np.float32)
    if spec.season == "autumn" and not dark:
        green = np.array([0.16, 0.085, 0.022], np.float32)
    tone = green * (1 + F(0.6) * crowns + F(0.3) * stands).clip(0.4, 1.9)[:, None]
    coat.albedo += (tone - coat.albedo) * wooded[:, None]
    coat.label[wooded > 0.5] = label_index("tree/leaves")
    return wooded * (F(4.2) + F(2.2) * crowns)


def _treeless(spec: WorldSpec) -> bool:
    """Whether the text, or the lie of the land, has no place for woods."""
    return bool({"tree", "trees", "forest", "forests", "vegetation", "plants"} & set(spec.without)) or (
        spec.relief.shape == "dunes"
    )


def _farmed(spec: WorldSpec, spot: Spot, coat: Coat, beyond: Floats, under: np.ndarray) -> Floats:
    """Fields and their hedges around where people live: metres (N,) by which hedges stand above the ground."""
    shares = biome_shares(spec, spot.x, spot.z)
    names = ("farmland", "meadow") if spec.settlement.buildings else ("farmland",)
    share = share_of(spec, shares, *names) * step(3.0, 30.0, beyond) * step(0.45, 0.2, spot.slope)
    share = share * (~under) * step(2500.0, 1500.0, beyond) * (spot.wet.edge > 4)
    if not (share > 0.05).any() or coat.snow.any():
        return np.zeros_like(spot.x)
    turn = F(0.31 + spec.seed % 7)
    u = spot.x * np.cos(turn) + spot.z * np.sin(turn)
    v = spot.z * np.cos(turn) - spot.x * np.sin(turn)
    first, second, own = cells(u * F(0.55), v, seed=spec.seed + 700, size=48.0)
    tones = np.array(_CROPS[spec.season == "autumn" or spec.season == "winter"], np.float32)
    tone = tones[(own * len(tones)).astype(int).clip(0, len(tones) - 1)]
    furrow = 1 + F(0.12) * fractal(u, v * F(0.06), seed=spec.seed + 701, size=5.0, octaves=2)
    coat.lay(tone * furrow[:, None], F(0.85) * share * (own > 0.22))
    hedge = step(0.075, 0.035, second - first) * share * (own > 0.22)
    coat.lay((0.03, 0.055, 0.02), F(0.9) * hedge, "plant/bush")
    return F(1.6) * hedge
