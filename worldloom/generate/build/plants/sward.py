"""Grass over the land: dense and fine near the eye, sparse and broad far away, where the ground's colour takes over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.plants.land import biomes_at, cover, habitat_value, picked, species_weights, survey
from worldloom.generate.build.plants.prototypes import asked_colours, prototype, recoloured
from worldloom.generate.build.plants.scatter import draw
from worldloom.generate.build.site import Bounds, Site
from worldloom.generate.noise import fbm, noise, smoothstep
from worldloom.generate.spec import WorldSpec
from worldloom.scene.surfels import Array, Surfels, instances, join, no_surfels

_DENSEST = 30
"""Tufts on a square metre, at most."""
_RINGS = (3.0, 8.0, 24.0)
"""Metres at which tufts get coarser, where the budget is the usual one."""
_LEVELS = (0, 1, 3, 5)
"""Of prototypes, for those rings."""
_NEAR, _FAR = 6.0, 110.0
"""Metres: as dense as can be up to the one, none beyond the other."""
_VARIANTS = 5
_SEED = 1


@dataclass(frozen=True, eq=False)
class Meadow:
    """Square metres on which grass grows."""

    cells: NDArray[np.int64]
    """(N, 2) their corners."""
    away: Array
    """(N,) metres from the eye."""
    names: tuple[str, ...]
    weights: Array
    """(S, N) of each of those kinds."""
    asked: Array
    """(N,) how thickly, 0..1."""


def meadow(spec: WorldSpec, site: Site, bounds: Bounds, eye: Array) -> Meadow | None:
    """Where in `bounds` grass is near enough to be seen; None: nowhere."""
    columns, rows = (
        np.arange(int(np.floor(low)), int(np.ceil(high)))
        for low, high in ((bounds.min_x, bounds.max_x), (bounds.min_z, bounds.max_z))
    )
    cells = np.stack([grid.reshape(-1) for grid in np.meshgrid(columns, rows, indexing="ij")], axis=1)
    away = np.maximum(np.linalg.norm(cells + 0.5 - eye[[0, 2]], axis=1), abs(float(eye[1]) - 2.0) * 0.5)
    near = away < _FAR * 1.6
    cells, away = cells[near], away[near]
    if not len(cells):
        return None
    land = survey(spec, site, cells + 0.5)
    asked = np.minimum(
        1.0, 1.15 * cover(spec, land, "grass", spec.vegetation.grass, 16.0) + 0.1 * spec.vegetation.grass
    )
    names, weights = species_weights(spec, land, "grass", spec.seed * 5 + 3)
    if not names:
        return None
    if spec.weather == "snow" or spec.season == "winter":
        asked = asked * 0.07  # most of it lies under the snow
    return Meadow(cells, away, names, weights, asked * (weights.sum(axis=0) > 1e-9))


def sward(spec: WorldSpec, site: Site, bounds: Bounds, budget: int, eye: Array, where: Meadow) -> Surfels:
    """Tufts in `bounds`, at most `budget` surfels; as `vegetate` says."""
    if budget < 50:
        return no_surfels()
    cells, away, names, weights, asked = where.cells, where.away, where.names, where.weights, where.asked
    common = (weights / weights.sum(axis=0).clip(1e-9)).mean(axis=1)
    usual = [sum(len(prototype(n, spec.season, _SEED, ring)) * w for n, w in zip(names, common)) for ring in _LEVELS]
    reach = _reach(asked, away, np.array(usual), budget)
    tufts = np.floor(_density(asked, away / reach) + draw(cells, spec.seed, 700)).astype(int)
    number = np.repeat(np.arange(len(cells)), tufts)
    within = np.arange(len(number)) - np.repeat(np.cumsum(tufts) - tufts, tufts)
    keys = np.column_stack([cells[number], within])
    flat = cells[number] + np.stack([draw(keys, spec.seed, 701), draw(keys, spec.seed, 702)], axis=1)
    species = picked(weights[:, number], draw(keys, spec.seed, 703))
    good = (species >= 0) & bounds.inside(flat)
    dry = np.array([name != "reed" for name in names])[species]
    good[good & dry] = site.free(flat[good & dry], 0.12)
    keys, flat, species, number = keys[good], flat[good], species[good], number[good]
    distance = np.hypot(np.linalg.norm(flat - eye[[0, 2]], axis=1), 0.5 * (float(eye[1]) - 2.0))
    return _grown(spec, site, names, species, keys, flat, distance, reach, budget)


def _density(asked: Array, away: Array) -> Array:
    """Tufts on each square metre, at `away` (scaled) metres."""
    falling = (_NEAR / np.maximum(away, _NEAR)) ** 1.6
    return _DENSEST * asked * falling * smoothstep(_FAR, 0.7 * _FAR, away)


def _reach(asked: Array, away: Array, usual: Array, budget: int) -> float:
    """How far the rings lie out, over the usual: what the budget allows."""
    low, high = 0.02, 2.2
    for _ in range(14):
        middle = (low * high) ** 0.5
        scaled = away / middle
        cost = usual[np.searchsorted(_RINGS, scaled)]
        total = (_density(asked, scaled) * cost).sum()
        low, high = (middle, high) if total <= 0.97 * budget else (low, middle)
    return low


def _grown(
    spec: WorldSpec,
    site: Site,
    names: tuple[str, ...],
    species: NDArray[np.int64],
    keys: NDArray[np.int64],
    flat: Array,
    distance: Array,
    reach: float,
    budget: int,
) -> Surfels:
    shaken = distance / reach * (0.8 + 0.4 * draw(keys, spec.seed, 704))  # rings without an edge
    ring = np.searchsorted(_RINGS, shaken)
    at = np.column_stack([flat[:, 0], site.height(flat) - 0.01, flat[:, 1]])
    turn = 2 * np.pi * draw(keys, spec.seed, 705)
    variant = (_VARIANTS * draw(keys, spec.seed, 706)).astype(np.int64)
    shares = biomes_at(spec, flat)
    wild = np.isin(np.array(names)[species], ("meadow_grass", "dune_grass", "moss"))
    tall = 1 + (habitat_value(spec, shares, "grass_height") - 1) * wild
    scale = tall * (0.65 + 0.6 * draw(keys, spec.seed, 707)) * (1 + 0.25 * noise(flat / 5.0, spec.seed + 31))
    scale = scale * (1 + 0.55 * smoothstep(20, 70, distance / reach))
    tint = _tints(spec, flat, shares, keys, wild)
    order = np.argsort(distance, kind="stable")
    cost = np.zeros(len(flat), np.int64)
    kinds = (species * _VARIANTS + variant) * 4 + ring
    prototypes: dict[int, Surfels] = {}
    colours = asked_colours(spec)
    for kind in np.unique(kinds).tolist():
        name = names[kind // (4 * _VARIANTS)]
        one = prototype(name, spec.season, _SEED, _LEVELS[kind % 4], kind // 4 % _VARIANTS)
        prototypes[kind] = recoloured(one, colours[name]) if name in colours else one
        cost[kinds == kind] = len(prototypes[kind])
    fits = np.zeros(len(flat), bool)
    fits[order[np.cumsum(cost[order]) <= budget]] = True
    pieces = []
    for kind, one in prototypes.items():
        mine = np.flatnonzero(fits & (kinds == kind))
        pieces.append(instances(one, at[mine], turn[mine], scale[mine], tint[mine]))
    return join(pieces)


def _tints(spec: WorldSpec, flat: Array, shares: Array, keys: NDArray[np.int64], wild: NDArray[np.bool_]) -> Array:
    """(N, 3) factors: greener and drier patches of every size; only what grows wild is as dry as its land."""
    own = habitat_value(spec, shares, "grass_tint") ** wild[:, None]
    patch = fbm(flat / 14.0, spec.seed + 37, 3) + 0.5 * (draw(keys, spec.seed, 708) - 0.5)
    dry = smoothstep(0.0, 0.9, patch)[:, None]
    bright = np.exp(0.35 * (draw(keys, spec.seed, 709) - 0.5))[:, None] * (1 + 0.12 * patch[:, None])
    return own * (1 + dry * np.array([0.55, 0.16, 0.25])) * bright
