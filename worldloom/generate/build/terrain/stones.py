"""Boulders, stones and pebbles that lie about."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from worldloom.generate.build.site import Bounds
from worldloom.generate.build.terrain.biomes import biome_shares, blended, share_of
from worldloom.generate.build.terrain.maths import Floats, draw, hashed, mix, step
from worldloom.generate.build.terrain.paint import Spot, paint
from worldloom.generate.build.terrain.waters import RIVER, SEA
from worldloom.render.ground import fractal
from worldloom.scene.semantics import label_index
from worldloom.scene.surfels import OVERLAP, Surfels, instances, join, no_surfels, surfels

if TYPE_CHECKING:
    from worldloom.generate.build.terrain.terrain import Terrain

F = np.float32
_SORTS = ((11.0, 1.25, 1e9), (3.6, 0.42, 90.0), (1.3, 0.15, 26.0), (0.5, 0.055, 9.0))
"""Metres between places where one may lie, its usual radius, and how far from the eye they still count."""
_DETAILS = (14, 40, 110, 320, 800)
"""Surfels of a stone."""
_SHAPES = 5


@cache
def stone(shape: int, count: int) -> Surfels:
    """A rock of radius about 1 with flat faces and worn edges, mid-grey, without what would be underground."""
    rng = draw(shape, 401)
    planes = rng.standard_normal((11, 3))
    planes = np.concatenate([planes / np.linalg.norm(planes, axis=1, keepdims=True), [[0, 1, 0], [0, -1, 0]]])
    offsets = rng.uniform(0.72, 1.0, len(planes))
    stretch = np.array([rng.uniform(0.95, 1.35), rng.uniform(0.62, 0.9), rng.uniform(0.75, 1.0)])
    number = np.arange(count) + 0.5
    y = 1 - 2 * number / count
    angle = number * np.pi * (3 - np.sqrt(5))
    ring = np.sqrt(1 - y * y)
    toward = np.stack([ring * np.cos(angle), y, ring * np.sin(angle)], axis=1)
    reach = offsets / (toward @ planes.T).clip(0.05)
    face = reach.argmin(axis=1)
    away = reach[np.arange(count), face]
    second = np.partition(reach, 1, axis=1)[:, 1]
    worn = step(0.0, 0.07, second / away - 1)[:, None]  # edges are rounded off
    place = toward * (away * (1 - 0.05 * (1 - worn[:, 0])))[:, None] * stretch
    normal = (planes[face] * worn + toward * (1 - worn)) / stretch
    single = surfels(
        place + np.array([0, 0.3, 0]),
        normal,
        rng.standard_normal((count, 3)),
        np.full(2, 1.12 * OVERLAP * np.sqrt(4 * np.pi / count)) * np.ones((count, 1)),
    ).single()
    pits = fractal(
        *(np.ascontiguousarray(place[:, k], np.float32) for k in (0, 2)),
        y=np.ascontiguousarray(place[:, 1], np.float32),
        seed=shape,
        size=0.35,
        octaves=3,
    )
    shade = (
        (1 + 0.3 * pits)
        * 0.5
        * (0.86 + 0.28 * rng.random(count))
        * (0.8 + 0.28 * worn[:, 0])
        * (0.85 + 0.2 * place[:, 1])
    )
    return single.painted(shade.astype(np.float32)[:, None])[place[:, 1] > -0.25]


def strew(terrain: Terrain, bounds: Bounds, budget: int, eye: tuple[float, float, float]) -> Surfels:
    """Stones whose middle lies in the bounds; at most `budget` surfels, the nearest and largest first."""
    found = [_lying(terrain, bounds, number, eye) for number in range(len(_SORTS))]
    x, z, radius = (np.concatenate([part[k] for part in found]) for k in range(3))
    if not len(x) or budget < 200:
        return no_surfels()
    away = np.sqrt((x - F(eye[0])) ** 2 + (z - F(eye[2])) ** 2) + F(0.5)
    spacing = np.maximum(F(0.011) * away, F(0.02))
    wanted = F(11) * radius * radius / (spacing * spacing)
    detail = np.searchsorted(np.array(_DETAILS[:-1]) * 1.6, wanted)
    order = np.argsort(-radius / away, kind="stable")
    costs = np.cumsum(np.array(_DETAILS)[detail[order]])
    kept = np.sort(order[: int(np.searchsorted(costs, budget))])
    x, z, radius, detail = x[kept], z[kept], radius[kept], detail[kept]
    colour, snowy = _colours(terrain, x, z, radius)
    height = terrain.height(np.stack([x, z], axis=1))
    place = np.stack([x, height - F(0.12) * radius, z], axis=1)
    turn, shape = hashed(x, z, 31) * F(2 * np.pi), (hashed(x, z, 32) * F(_SHAPES)).astype(int)
    parts = []
    for number in range(_SHAPES):
        for level, count in enumerate(_DETAILS):
            chosen = np.flatnonzero((shape == number) & (detail == level))
            if not len(chosen):
                continue
            prototype = stone(number, count)
            copies = instances(prototype, place[chosen], turn[chosen], radius[chosen], 2 * colour[chosen])
            labels = np.where(radius[chosen] > 0.1, label_index("rock/boulder"), label_index("ground/gravel"))
            white = np.repeat(snowy[chosen], len(prototype))[:, None] * step(0.45, 0.75, copies.normal[:, 1])[:, None]
            albedo = mix(copies.albedo, np.array([0.82, 0.85, 0.9], np.float32), white)
            parts.append(_with(copies, albedo, np.repeat(labels.astype(np.uint8), len(prototype))))
    return join(parts) if parts else no_surfels()


def _with(copies: Surfels, albedo: Floats, label: np.ndarray) -> Surfels:
    from dataclasses import replace

    return replace(copies, albedo=albedo.astype(np.float32), label=label)


def _lying(
    terrain: Terrain, bounds: Bounds, number: int, eye: tuple[float, float, float]
) -> tuple[Floats, Floats, Floats]:
    """x, z and radius of the stones of one sort."""
    apart, usual, reach = _SORTS[number]
    low = max(bounds.min_x, eye[0] - reach), max(bounds.min_z, eye[2] - reach)
    high = min(bounds.max_x, eye[0] + reach), min(bounds.max_z, eye[2] + reach)
    columns, rows = (
        np.arange(int(np.floor(a / apart)), int(np.ceil(b / apart)) + 1 if b > a else int(np.floor(a / apart)))
        for a, b in zip(low, high)
    )
    none = np.zeros(0, np.float32)
    if len(columns) == 0 or len(rows) == 0:
        return none, none, none
    x, z = (v.reshape(-1).astype(np.float32) * F(apart) for v in np.meshgrid(columns, rows))
    seed = 40 + 10 * number
    radius = F(usual) * (F(0.55) + F(1.3) * hashed(x, z, seed) ** 3)
    x, z, chance = x + F(apart) * hashed(x, z, seed + 1), z + F(apart) * hashed(x, z, seed + 2), hashed(x, z, seed + 3)
    inside = bounds.inside(np.stack([x, z], axis=1)) & (np.hypot(x - eye[0], z - eye[2]) < reach)
    for start_x, start_z in ((0.0, 0.0), (eye[0], eye[2])):  # nobody starts inside one
        inside &= np.hypot(x - start_x, z - start_z) > 1.2 + 2.2 * radius
    x, z, radius, chance = x[inside], z[inside], radius[inside], chance[inside]
    chance = chance < _likely(terrain, x, z, number)
    x, z, radius = x[chance], z[chance], radius[chance]
    if terrain.works.any and len(x):
        clear = terrain.works.at(x, z).distance > radius + F(0.3)
        x, z, radius = x[clear], z[clear], radius[clear]
    return x, z, radius


def _likely(terrain: Terrain, x: Floats, z: Floats, number: int) -> Floats:
    """How likely a stone of a sort lies at each place (N,): in trains and fields, along waters, below faces."""
    if not len(x):
        return np.zeros(0, np.float32)
    spec = terrain.spec
    shares = biome_shares(spec, x, z)
    clusters = fractal(x, z, seed=spec.seed * 101 + 400, size=30.0, octaves=4)
    likely = blended(spec, shares, "stones") * step(0.0, 0.5, clusters + F(0.12 * number)) * F(0.55)
    if spec.relief.shape in ("dunes", "terraces", "flat"):
        likely = likely * F(0.12)
    wet = terrain.waters.at(x, z)
    bank = step(2.6, 0.3, np.abs(wet.edge)) * np.where(wet.kind == RIVER, F(0.55), F(0.25)) * (wet.kind > 0)
    bank = bank * np.where(wet.kind == SEA, F(1.2 if spec.relief.shape == "cliffs" else 0.04), F(1))
    bank = bank * (F(0.15) + 2 * blended(spec, shares, "stones")).clip(0, 1)
    likely = np.maximum(likely, bank * step(-0.3, 0.2, clusters))
    farmed = share_of(spec, shares, "farmland")
    likely = likely * (1 - farmed)
    return likely * (wet.edge > np.where(wet.kind == SEA, F(-4), F(-1.0)))


def _colours(terrain: Terrain, x: Floats, z: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """Linear colours (N, 3), and whether snow lies there."""
    spec = terrain.spec
    shares = biome_shares(spec, x, z)
    which = hashed(x, z, 33) * F(0.8) + F(0.2) * fractal(x, z, seed=spec.seed + 402, size=12.0, octaves=2)
    colour = mix(blended(spec, shares, "rock"), blended(spec, shares, "rock_other"), which.clip(0, 1)[:, None])
    colour = colour * (F(0.75) + F(0.45) * hashed(x, z, 34))[:, None]
    spot: Spot = terrain._spot(x, z, np.full_like(x, 0.5))
    coat = paint(spec, spot)
    damp = (spot.wet.edge < 0.4) & (spot.wet.kind > 0)
    return colour * np.where(damp, F(0.62), F(1))[:, None], (coat.label == label_index("ground/snow")).astype(
        np.float32
    )
