"""The surface of waters: sea, lakes, rivers, falls, ice and lava."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.site import Bounds
from worldloom.generate.build.terrain.falls import fall_surfels
from worldloom.generate.build.terrain.lava import lava_coat
from worldloom.generate.build.terrain.maths import Floats, mix, ramp, step
from worldloom.generate.build.terrain.pieces import Pieces, cut_kept
from worldloom.generate.build.terrain.waters import LAKE, RIVER, SEA, Wet
from worldloom.generate.spec import WorldSpec
from worldloom.render.ground import HeightGrid, cells, fractal
from worldloom.scene.semantics import label_index
from worldloom.scene.surfels import OVERLAP, Surfels, join, no_surfels, surfels, unit

if TYPE_CHECKING:
    from worldloom.generate.build.terrain.terrain import Terrain

F = np.float32
_DEEP = {SEA: (0.012, 0.06, 0.082), LAKE: (0.012, 0.042, 0.046), RIVER: (0.022, 0.058, 0.055)}
_SHALLOW = {SEA: (0.05, 0.22, 0.21), LAKE: (0.05, 0.1, 0.08), RIVER: (0.06, 0.115, 0.095)}
_CLEAR = {SEA: 3.2, LAKE: 1.5, RIVER: 1.1}
"""Metres of water behind which the bed has all but vanished."""


def hidden_bed(wet: Wet, depth: Floats) -> NDArray[np.bool_]:
    """Where (N,) water is so deep that nothing of its bed is seen from above."""
    clear = np.array([_CLEAR[kind] for kind in (SEA, LAKE, RIVER)], np.float32)
    return (wet.edge < 0) & (depth > F(1.7) * clear[wet.kind.astype(np.int64).clip(1, 3) - 1])


def water_surfels(terrain: Terrain, bounds: Bounds, budget: int, eye: tuple[float, float, float]) -> Surfels:
    """About `budget` surfels of the waters' surfaces; fewer where there is little water."""
    heights = terrain.ground.grid(bounds)
    x, z = (np.ascontiguousarray(v).reshape(-1) for v in heights.places())
    wet = terrain.waters.at(x, z)
    covered = wet.edge < F(1.5 * heights.cell)
    if not covered.any():
        return no_surfels()
    share = float((wet.edge < 0)[bounds.inside(np.stack([x, z], axis=1))].mean())
    level = HeightGrid(
        np.where(wet.edge < 40, wet.level, F(0)).reshape(heights.values.shape),
        heights.row,
        heights.column,
        heights.cell,
    )
    falls = fall_surfels(terrain.spec, terrain.waters, bounds, budget // 4, eye)
    # Dry land is left out; what is near a shore is cut finely.
    finer = np.where(covered, 1 - F(0.35) * step(4.0, 0.5, np.abs(wet.edge)), F(1e5)).reshape(heights.values.shape)
    area = bounds.size[0] * bounds.size[1] * max(share, 1e-4)
    aimed = min(budget - len(falls), round(area / 0.03**2))
    coarsest = float(np.sqrt(area / max(aimed, 1)) * 2.2)

    def keep(pieces: Pieces) -> NDArray[np.bool_]:
        wet = terrain.waters.at(pieces.x, pieces.z)
        lava = (wet.kind != SEA) & terrain.spec.water.lava
        return wet.edge < np.where(lava, F(0.15), F(0.35))

    pieces = cut_kept(
        *(keep, level, finer, bounds, aimed, eye), slope=0.014, coarsest=coarsest, seed=terrain.spec.seed + 1
    )
    if not len(pieces):
        return falls
    wet = terrain.waters.at(pieces.x, pieces.z)
    depth = wet.level - terrain.height(np.stack([pieces.x, pieces.z], axis=1))
    return join([_laid(terrain, pieces, np.sqrt(pieces.width * pieces.depth), wet, depth), falls])


def _laid(terrain: Terrain, pieces: Pieces, size: Floats, wet: Wet, depth: Floats) -> Surfels:
    spec, x, z = terrain.spec, pieces.x, pieces.z
    keep = depth > F(-0.05)
    pieces, size, depth, x, z = pieces[keep], size[keep], depth[keep], x[keep], z[keep]
    wet = wet[keep]
    level, normal = _waves(spec, terrain, x, z, size, wet, depth)
    out = np.stack([pieces.width, pieces.depth], axis=1) * F(1.02 * OVERLAP)
    laid = surfels(np.stack([x, level, z], axis=1), normal, [1.0, 0.0, 0.0], out)
    albedo, opacity, label = water_coat(spec, x, z, size, wet, depth)
    gloss = np.full(len(x), 0.95, np.float32)
    glow = np.zeros_like(albedo)
    frozen = (wet.kind != SEA) & spec.water.frozen & (not spec.water.lava)
    if frozen.any():
        albedo[frozen], gloss[frozen], opacity[frozen] = _ice(spec, x[frozen], z[frozen], size[frozen], depth[frozen])
        label[frozen] = label_index("water/ice")
    molten = (wet.kind != SEA) & spec.water.lava
    if molten.any():
        albedo[molten], glow[molten], gloss[molten] = lava_coat(
            spec, x[molten], z[molten], wet.flow[molten], wet.edge[molten]
        )
        opacity[molten], label[molten] = 0.98, label_index("water/lava")
    foam = opacity > F(0.985)
    gloss = np.where(foam & ~molten & ~frozen, F(0.2), gloss)
    return Surfels(
        *(laid.position, laid.normal, laid.along, laid.size, albedo.clip(0.005, 0.95), glow),
        *(laid.leaf, gloss, opacity.clip(0, 0.98), label),
    )


def _waves(
    spec: WorldSpec, terrain: Terrain, x: Floats, z: Floats, size: Floats, wet: Wet, depth: Floats
) -> tuple[Floats, Floats]:
    """Heights and normals: swell at sea, ripples on lakes, standing waves in rivers."""
    windy = {"storm": 2.6, "rain": 1.4, "overcast": 1.2}.get(spec.weather, 1.0)
    still = spec.water.frozen or spec.water.lava

    def rise(px: Floats, pz: Floats) -> Floats:
        sea = wet.kind == SEA
        swell = fractal(px * F(0.35) + pz * F(0.05), pz, seed=spec.seed + 60, size=7.5, octaves=3, gain=0.45)
        chop = fractal(px, pz * F(0.7), seed=spec.seed + 61, size=0.85, octaves=3)
        tall = np.where(sea, F(0.16 * windy), F(0.012 * windy)) * ramp(0.0, 1.6, depth)
        brisk = np.where(sea, F(0.03 * windy), np.where(wet.kind == RIVER, F(0.02), F(0.009 * windy)))
        return tall * swell + brisk * chop

    if still:
        solid = wet.kind != SEA
        if solid.all():
            return wet.level + F(0.01), np.broadcast_to(np.array([0, 1, 0], np.float32), (len(x), 3))
    here = rise(x, z)
    run = F(0.12)
    slope_x, slope_z = (rise(x + run, z) - here) / run, (rise(x, z + run) - here) / run
    calm = F(0.6) * ramp(3.0, 0.3, size) + F(0.4)
    rivers = [wet.kind == RIVER]
    tilt_x, tilt_z = np.zeros_like(x), np.zeros_like(x)
    if rivers[0].any():  # the surface falls downstream, steeply at rapids
        at = np.flatnonzero(rivers[0])
        step_ = F(0.25)
        ahead_x, ahead_z = terrain.waters.at(x[at] + step_, z[at]), terrain.waters.at(x[at], z[at] + step_)
        tilt_x[at] = ((ahead_x.level - wet.level[at]) / step_).clip(-1.5, 1.5)
        tilt_z[at] = ((ahead_z.level - wet.level[at]) / step_).clip(-1.5, 1.5)
    return wet.level + here, unit(
        np.stack([-slope_x * calm - tilt_x, np.ones_like(x), -slope_z * calm - tilt_z], axis=1)
    )


def water_coat(
    spec: WorldSpec, x: Floats, z: Floats, size: Floats, wet: Wet, depth: Floats
) -> tuple[Floats, Floats, np.ndarray]:
    """Linear colours (N, 3), opacities and labels of clear water `depth` metres deep."""
    kinds = (SEA, LAKE, RIVER)
    number = wet.kind.astype(np.int64).clip(1, 3) - 1
    deep, shallow = (np.array([table[kind] for kind in kinds], np.float32)[number] for table in (_DEEP, _SHALLOW))
    clear = np.array([_CLEAR[kind] for kind in kinds], np.float32)[number]
    murky = any(biome.name in ("wetland", "jungle") for biome in spec.biomes)
    if murky:
        brown = np.array([0.045, 0.048, 0.022], np.float32)
        inland = (wet.kind != SEA)[:, None]
        deep, shallow = np.where(inland, brown * F(0.5), deep), np.where(inland, brown * F(1.1), shallow)
    if spec.water.colour is not None:
        tint = np.array(spec.water.colour, np.float32) ** F(2.2)
        deep, shallow = np.broadcast_to(tint * F(0.45), deep.shape), np.broadcast_to(tint, shallow.shape)
    share = ramp(0.0, 1.0, depth.clip(0, None) / (F(1.6) * clear))
    patches = fractal(x, z, seed=spec.seed + 63, size=16.0, octaves=4)
    colour = mix(shallow, deep, (share ** F(0.6))[:, None]) * (1 + F(0.22) * patches)[:, None]
    opacity = F(0.3) + F(0.68) * ramp(0.0, 1.0, depth / clear) ** F(0.7)
    label = np.array([label_index(n) for n in ("water/sea", "water/lake", "water/river")], np.uint8)[number]
    foam = _foam(spec, x, z, size, wet, depth).clip(0, 1)
    colour = mix(colour, np.array([0.78, 0.82, 0.83], np.float32), foam[:, None])
    return np.ascontiguousarray(colour, np.float32), mix(opacity, F(0.99), foam), label


def _foam(spec: WorldSpec, x: Floats, z: Floats, size: Floats, wet: Wet, depth: Floats) -> Floats:
    """Surf in lines along the shore, and white water in rivers and under falls, 0..1."""
    lace = fractal(x, z, seed=spec.seed + 64, size=1.3, octaves=4, kind="billow")
    lines = fractal(x, z, seed=spec.seed + 65, size=14.0, octaves=3)
    sea = wet.kind == SEA
    foam = np.zeros_like(x)
    if sea.any():
        out = -wet.edge + F(3.0) * lines
        strength = {"storm": 1.5, "rain": 1.15}.get(spec.weather, 1.0)
        for at, wide, share in ((0.5, 1.6, 1.0), (6.5, 1.3, 0.85), (13.5, 1.1, 0.5)):
            apart = (out - F(at)) / F(wide)
            # Sharp towards the land, trailing away to sea.
            crest = step(-1.0, -0.4, apart) * step(2.4, 0.0, apart)
            broken = step(-0.32, 0.22, fractal(x, z, seed=spec.seed + 66 + int(at), size=11.0, octaves=2) + F(0.22))
            foam = np.maximum(foam, crest * broken * F(share * strength) * (F(0.45) + F(0.9) * step(0.34, 0.08, lace)))
        foam = np.where(sea, foam, F(0))
    river = np.flatnonzero(wet.kind == RIVER)
    if len(river):
        u, edge = wet.flow[river], wet.edge[river]
        streaks = fractal(u * F(0.25), edge, seed=spec.seed + 70, size=0.55, octaves=3)
        white = step(0.3, 0.7, streaks + F(0.25) * lines[river]) * F(0.04)
        main = spec.water.waterfalls
        if main:
            white = np.maximum(white, _churn(spec, u, lace[river], wet.width[river]))
        foam[river] = white
    return foam


def _churn(spec: WorldSpec, u: Floats, lace: Floats, half: Floats) -> Floats:
    """White water where falls come down and, less, before their lip."""
    from worldloom.generate.build.terrain.streams import plan_streams

    white = np.zeros_like(u)
    for at, height in plan_streams(spec)[0].falls:
        below = u - F(at)
        reach = F(1.2) * half + F(0.25 * height)
        white = np.maximum(
            white, step(2.6 * reach, 0.2 * reach, below) * (below > -0.6) * (F(0.25) + step(0.5, 0.1, lace))
        )
        white = np.maximum(white, step(-2.5, -0.3, below) * (below < 0.4) * F(0.7))
    return white.clip(0, 1)


def _ice(spec: WorldSpec, x: Floats, z: Floats, size: Floats, depth: Floats) -> tuple[Floats, Floats, Floats]:
    """Colours, gloss and opacity of ice: dark and clear, cracked, with snow blown over it."""
    first, second, _own = cells(x, z, seed=spec.seed + 80, size=5.5)
    web = step(0.022, 0.004, second - first)
    fine_first, fine_second, _ = cells(x, z, seed=spec.seed + 81, size=1.4)
    web = np.maximum(web, F(0.45) * step(0.03, 0.0, fine_second - fine_first))
    snow = step(
        0.02, 0.3, fractal(x, z, seed=spec.seed + 82, size=6.0, octaves=5) + F(0.2 if spec.weather == "snow" else 0.0)
    )
    cloudy = fractal(x, z, seed=spec.seed + 83, size=2.4, octaves=4)
    colour = mix(
        np.array([0.2, 0.32, 0.38], np.float32),
        np.array([0.42, 0.55, 0.62], np.float32),
        (F(0.5) + F(0.6) * cloudy).clip(0, 1)[:, None],
    )
    colour = mix(colour, np.array([0.8, 0.86, 0.9], np.float32), (F(0.8) * web)[:, None])
    colour = mix(colour, np.array([0.84, 0.87, 0.91], np.float32), (F(0.95) * snow)[:, None])
    return colour, F(0.55) * (1 - snow) + F(0.05), np.full(len(x), 0.97, np.float32)
