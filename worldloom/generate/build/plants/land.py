"""What the land is like for plants at many places at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.plants.ecology import BEACH, HABITATS, HARDY, IN_WATER, THIRSTY, wanted
from worldloom.generate.build.plants.scatter import draw
from worldloom.generate.build.site import Site
from worldloom.generate.catalogue import Sort
from worldloom.generate.noise import fbm, noise, smoothstep
from worldloom.generate.spec import WorldSpec
from worldloom.scene.surfels import Array


@dataclass(frozen=True, eq=False)
class Land:
    """At N places, metres."""

    flat: Array
    """(N, 2)"""
    height: Array
    level: Array
    """Of the normal: 1 on level ground."""
    depth: Array
    """Of water over the ground; below 0 the ground is that much higher; -inf far from water."""
    shares: Array
    """(B, N) of each of the spec's biomes."""


_SHORE = ((0.8, 2.6), (0.45, 0.9))
"""Heights over the sea, metres, between which small plants, and trees, begin to grow."""


def survey(spec: WorldSpec, site: Site, flat: Array) -> Land:
    """What `site` says of those places."""
    height = site.height(flat)
    return Land(flat, height, site.normal(flat)[:, 1], site.water_level(flat) - height, biomes_at(spec, flat))


def biomes_at(spec: WorldSpec, flat: Array) -> Array:
    """How much of each of the spec's biomes (B, N) is at places (N, 2), as the ground shows them."""
    if len(spec.biomes) == 1:
        return np.ones((1, len(flat)), np.float32)
    from worldloom.generate.build.terrain.biomes import biome_shares

    return biome_shares(spec, flat[:, 0], flat[:, 1])


def habitat_value(spec: WorldSpec, shares: Array, name: str) -> Array:
    """A number or colour of the habitats, mixed: (N,) or (N, 3)."""
    values = np.array([getattr(HABITATS[biome.name], name) for biome in spec.biomes], np.float32)
    if len(values) == 1:
        return np.broadcast_to(values[0], (shares.shape[1], *values.shape[1:]))
    return np.tensordot(shares.T, values, axes=1)


def cover(spec: WorldSpec, land: Land, sort: Sort, asked: float, size: float) -> Array:
    """(N,) chance of a plant of that sort; gathered in groves about `size` metres wide, `asked` on the whole."""
    density = np.array([HABITATS[biome.name].density.get(sort, 1.0) for biome in spec.biomes])
    share = (asked * density @ land.shares).clip(0, 1)
    field = fbm(land.flat / size, spec.seed * 11 + len(sort), 3)
    groves = smoothstep(-0.22, 0.22, field - 0.36 * _quantile(1 - share))
    loose = share * (1.0 + 0.9 * field).clip(0.1, 2)
    scattered = habitat_value(spec, land.shares, "scattered")
    if spec.water.sea:  # waves keep the beach bare
        groves, loose = (part * smoothstep(*_SHORE[sort == "tree"], land.height) for part in (groves, loose))
        share = share * (land.height > _SHORE[sort == "tree"][0])
    return np.where(share > 0, np.maximum(groves + (loose - groves) * scattered, 0.06 * share), 0) * hospitable(
        spec, land
    )


def _quantile(share: Array) -> Array:
    """Of the normal distribution, after Tukey's lambda: near enough, and nothing to import."""
    share = share.clip(0.01, 0.99)
    return 4.91 * (share**0.14 - (1 - share) ** 0.14)


def hospitable(spec: WorldSpec, land: Land) -> Array:
    """(N,) 0 on cliffs and above the tree line, 1 where all grows."""
    good = smoothstep(0.60, 0.80, land.level)
    if spec.relief.height > 100:
        good = good * smoothstep(0.80, 0.60, land.height / spec.relief.height + 0.06 * noise(land.flat / 60, spec.seed))
    return good


def species_weights(spec: WorldSpec, land: Land, sort: Sort, seed: int) -> tuple[tuple[str, ...], Array]:
    """Names, and how likely each is at each place (S, N): by biome, water, shore and height; in stands of one kind."""
    mixes = [wanted(spec, sort, HABITATS[biome.name]) for biome in spec.biomes]
    names = tuple(sorted({name for mix in mixes for name in mix}))
    weights = np.zeros((len(names), len(land.flat)))
    for mix, share in zip(mixes, land.shares):
        total = sum(mix.values())
        for name, weight in mix.items():
            weights[names.index(name)] += share * weight / total
    moist = smoothstep(-2.5, -0.6, land.depth)
    beach = (land.height < 1.3) if spec.water.sea else np.zeros(len(land.flat), bool)
    harsh = 1 - smoothstep(0.62, 0.8, land.level)
    for number, name in enumerate(names):
        own = weights[number]
        stand = (
            np.exp(1.5 * noise(land.flat / (26 if sort == "tree" else 9), seed + 17 * number)) if len(names) > 1 else 1
        )
        own *= stand * (1 + moist * (THIRSTY.get(name, 1.0) - 1)) * (1 if name in HARDY else 1 - 0.9 * harsh)
        if name not in BEACH:
            own *= ~beach
        if sort == "grass" and len(names) > 1 and "wheat" in names:
            field = in_field(land.flat, spec.seed)
            own *= field if name == "wheat" else ~field
        if name in IN_WATER:
            own *= suits_water(name, spec, land) * 8
        else:
            own *= land.depth < -0.05
    return names, weights


def in_field(flat: Array, seed: int) -> NDArray[np.bool_]:
    """Which places lie in a ploughed parcel: about half of all, each a rectangle with a strip of grass around."""
    turn = 0.9 * np.sin(seed * 1.7)
    u = flat[:, 0] * np.cos(turn) + flat[:, 1] * np.sin(turn)
    v = flat[:, 1] * np.cos(turn) - flat[:, 0] * np.sin(turn)
    column = np.floor(u / 52)
    v = v + 17 * (column % 3)
    cells = np.stack([column, np.floor(v / 34)], axis=1).astype(np.int64)
    edge = np.minimum(np.minimum(u % 52, 52 - u % 52), np.minimum(v % 34, 34 - v % 34))
    return (draw(cells, seed, 801) < 0.55) & (edge > 1.6)


def suits_water(name: str, spec: WorldSpec, land: Land) -> NDArray[np.bool_]:
    """Where a plant of the water stands deep enough and not too deep."""
    if spec.water.frozen or spec.water.lava:
        return np.zeros(len(land.flat), bool)
    salt = (np.abs(land.height + land.depth) < 0.05) if spec.water.sea else np.zeros(len(land.flat), bool)
    low, high = {"mangrove": (-0.3, 0.7), "lotus": (0.15, 2.2), "reed": (-0.35, 0.6)}[name]
    return (land.depth > low) & (land.depth < high) & ((name == "mangrove") | ~salt)


def picked(weights: Array, chance: Array) -> NDArray[np.int64]:
    """(N,) which of the weighted (S, N), -1 where none has any."""
    total = np.cumsum(weights, axis=0)
    number = (total < chance * total[-1]).sum(axis=0)
    return np.where(total[-1] > 1e-9, number.clip(0, len(weights) - 1), -1)
