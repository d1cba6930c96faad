"""Where every tree, bush and flower stands: the same whatever part of the world is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.plants.ecology import IN_WATER, ROWED, banned
from worldloom.generate.build.plants.flowers import ALONE
from worldloom.generate.build.plants.land import (
    Land,
    cover,
    habitat_value,
    picked,
    species_weights,
    suits_water,
    survey,
)
from worldloom.generate.build.plants.scatter import Grid, chosen, distance_to, draw, jittered, spaced
from worldloom.generate.build.plants.tree_kinds import KINDS
from worldloom.generate.build.site import Bounds, Site
from worldloom.generate.catalogue import PLANTS, Sort
from worldloom.generate.noise import smoothstep
from worldloom.generate.spec import PlantGroup, WorldSpec
from worldloom.scene.surfels import Array

MARGIN = 22.0
"""Metres around some bounds that decide what stands in them."""
VARIANTS = 4
"""Shapes of a species used in one world; there are more."""
_CELL: dict[Sort, float] = {"tree": 2.5, "bush": 1.3, "flower": 0.85, "grass": 1.0}
_GROVE: dict[Sort, float] = {"tree": 34.0, "bush": 13.0, "flower": 9.0, "grass": 20.0}
_REACH = {"palm": 1.6, "bamboo": 0.7, "cactus": 1.1, "fern": 0.42, "heather": 0.27, "lavender": 0.25, "juniper": 0.6}
_CLEAR: dict[Sort, float] = {"tree": 3.4, "bush": 2.5, "flower": 0.8, "grass": 0.0}


@dataclass(frozen=True, eq=False)
class Roots:
    """N plants."""

    names: tuple[str, ...]
    species: NDArray[np.int64]
    """(N,) into `names`."""
    at: Array
    """(N, 3) metres."""
    turn: Array
    scale: Array
    variant: NDArray[np.int64]
    tint: Array
    """(N, 3) factors of the albedo."""

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, index: NDArray) -> Roots:
        picked_out = (getattr(self, name)[index] for name in ("species", "at", "turn", "scale", "variant", "tint"))
        return Roots(self.names, *picked_out)


def reach_of(species: str) -> float:
    """Metres about a root that the plant wants for itself, half the least distance of two."""
    if species in _REACH:
        return _REACH[species]
    if species in KINDS:
        growth = KINDS[species].growth
        crown = max(radius for _, radius in growth.profile) * growth.height
        return min(max(0.60 * crown, 0.9), 4.2)
    return {"bush": 0.62, "flower": 0.20, "grass": 0.15}[PLANTS[species]] if species != "rose" else 0.35


def plan_sort(
    spec: WorldSpec, site: Site, bounds: Bounds, sort: Sort, eye: tuple[float, float], trunks: Array | None = None
) -> Roots:
    """All of one sort that root in `bounds`.

    Args:
        eye: x and z of who looks; nothing tall grows right there.
        trunks: (M, 2) places of trees that others keep away from.
    """
    wide = bounds.grown(MARGIN)
    roots = [_spread(spec, site, wide, sort, eye, trunks)]
    counted = [group for group in spec.vegetation.plants if group.count and PLANTS.get(group.species) == sort]
    kept = roots[0]
    for number, group in enumerate(counted):
        if banned(spec, group.species):
            continue
        exact = _counted(spec, site, group, number, eye)
        if len(exact) and len(kept):
            room = 1.2 * reach_of(group.species) + 0.5
            kept = kept[
                (distance_to(kept.at[:, [0, 2]], exact.at[:, [0, 2]], room) >= room)
                & (np.array(kept.names)[kept.species] != group.species)
            ]
        roots.append(exact)
    roots[0] = kept
    whole = _merged(roots)
    return whole[bounds.inside(whole.at[:, [0, 2]])]


def _asked(spec: WorldSpec, sort: Sort) -> float:
    cover = spec.vegetation
    return {"tree": cover.trees, "bush": cover.bushes, "flower": cover.flowers, "grass": cover.grass}[sort]


def _spread(
    spec: WorldSpec, site: Site, bounds: Bounds, sort: Sort, eye: tuple[float, float], trunks: Array | None
) -> Roots:
    asked = _asked(spec, sort)
    if asked <= 0:
        return _none()
    salt = 100 * len(sort)
    grid = jittered(bounds, _CELL[sort], spec.seed, salt)
    grid = grid[draw(grid.cells, spec.seed, salt + 2) < min(1.0, 1.6 * asked + 0.1)]
    grid = _with_rows(spec, grid, bounds, sort, asked)
    if not len(grid):
        return _none()
    land = survey(spec, site, grid.flat)
    chance = cover(spec, land, sort, asked, _GROVE[sort])
    names, weights = species_weights(spec, land, sort, spec.seed * 3 + 7)
    if not names:
        return _none()
    species = picked(weights, draw(grid.cells, spec.seed, salt + 3))
    stays = (species >= 0) & (draw(grid.cells, spec.seed, salt + 4) < chance)
    grid, land, species, chance = grid[stays], _part(land, stays), species[stays], chance[stays]
    age = draw(grid.cells, spec.seed, salt + 5)
    scale = 0.72 + 0.50 * age if sort == "tree" else 0.70 + 0.65 * age
    if sort == "tree":
        young = draw(grid.cells, spec.seed, salt + 6) < 0.14
        scale = np.where(young, 0.38 + 0.25 * age, scale * (0.94 + 0.12 * chance))
    reach = np.array([reach_of(name) for name in names])[species] * scale
    open_ground = _open(site, grid.flat, names, species, reach, land) & _away(grid.flat, eye, sort, reach)
    if trunks is not None and len(trunks):
        room = 0.8 if sort == "bush" else 0.45
        open_ground &= distance_to(grid.flat, trunks, room) >= room
    grid, species, scale, reach = grid[open_ground], species[open_ground], scale[open_ground], reach[open_ground]
    if sort in ("tree", "bush"):
        rowed = np.isin(np.array(names)[species], list(ROWED))
        packing = 0.62 + 0.9 * (1 - asked) if sort == "tree" else 0.8
        room = np.maximum(reach * np.where(rowed, 0.5, packing), 0.5 if sort == "tree" else 0.1)
        stays = spaced(grid.flat, room, draw(grid.cells, spec.seed, salt + 7) / (0.4 + reach))
        grid, species, scale = grid[stays], species[stays], scale[stays]
    return _rooted(spec, site, grid, names, species, scale, salt)


def _with_rows(spec: WorldSpec, grid: Grid, bounds: Bounds, sort: Sort, asked: float) -> Grid:
    """With places in straight rows, where a plant that is grown in rows is all that is asked for."""
    groups = [group for group in spec.vegetation.plants if PLANTS.get(group.species) == sort and group.count is None]
    if asked <= 0 or not groups or any(group.species not in ROWED for group in groups):
        return grid
    return jittered(bounds, ROWED[groups[0].species], spec.seed, 900, jitter=0.07)


def _part(land: Land, index: NDArray) -> Land:
    return Land(land.flat[index], land.height[index], land.level[index], land.depth[index], land.shares[:, index])


def _open(
    site: Site, flat: Array, names: tuple[str, ...], species: NDArray, reach: Array, land: Land
) -> NDArray[np.bool_]:
    """Dry and with room for the plant, or the right water for one of the water."""
    wet = np.isin(np.array(names)[species], IN_WATER)
    room = (0.5 * reach).clip(0.2, 2.2)
    good = np.zeros(len(flat), bool)
    for low, high in ((0.0, 0.4), (0.4, 0.9), (0.9, 1.5), (1.5, 9.0)):  # `free` takes one distance at a time
        some = (room >= low) & (room < high) & ~wet
        if some.any():
            good[some] = site.free(flat[some], float(room[some].max()))
    return good | wet


def _away(flat: Array, eye: tuple[float, float], sort: Sort, reach: Array) -> NDArray[np.bool_]:
    return np.hypot(flat[:, 0] - eye[0], flat[:, 1] - eye[1]) > _CLEAR[sort] + 0.6 * reach


def _counted(spec: WorldSpec, site: Site, group: PlantGroup, number: int, eye: tuple[float, float]) -> Roots:
    """Exactly so many of a species, in the middle of the world rather than at its edge."""
    assert group.count is not None
    sort, area = PLANTS[group.species], site.bounds
    salt = 2000 + 50 * number
    cell = min(max(0.5 * (area.size[0] * area.size[1] / group.count) ** 0.5 / 2, 1.0), 2.0)
    grid = jittered(area, cell, spec.seed, salt)
    grid = grid[area.inside(grid.flat)]
    land = survey(spec, site, grid.flat)
    water = group.species in IN_WATER
    good = suits_water(group.species, spec, land) if water else site.free(grid.flat, 0.6) & (land.level > 0.6)
    reach = np.full(len(grid), reach_of(group.species))
    good &= _away(grid.flat, eye, sort, reach)
    grid = grid[good]
    out = np.linalg.norm(grid.flat - np.array(eye), axis=1) / max(area.size)
    rank = draw(grid.cells, spec.seed, salt + 3) * (0.15 + out)
    number_of = chosen(grid.flat, reach_of(group.species) * 0.9, rank, group.count)
    grid = grid[number_of]
    scale = 0.85 + 0.3 * draw(grid.cells, spec.seed, salt + 5)
    roots = _rooted(spec, site, grid, (group.species,), np.zeros(len(grid), np.int64), scale, salt)
    if sort == "flower":
        return Roots(roots.names, roots.species, roots.at, roots.turn, roots.scale, roots.variant + ALONE, roots.tint)
    return roots


def _rooted(
    spec: WorldSpec, site: Site, grid: Grid, names: tuple[str, ...], species: NDArray, scale: Array, salt: int
) -> Roots:
    land = survey(spec, site, grid.flat)
    at = np.stack([grid.flat[:, 0], land.height, grid.flat[:, 1]], axis=1)
    if "lotus" in names:
        floats = (species == names.index("lotus")) & np.isfinite(land.depth)
        at[floats, 1] += land.depth[floats]
    sink = 0.05 * smoothstep(1.0, 0.8, land.level)  # a foot on a slope reaches into the ground
    at[:, 1] -= sink * np.where(np.isin(np.array(names)[species], IN_WATER), 0, scale * 4)
    turn = 2 * np.pi * draw(grid.cells, spec.seed, salt + 8)
    aligned = np.isin(np.array(names)[species], ("vine", "hedge"))
    turn = np.where(aligned, np.where(draw(grid.cells, spec.seed, salt + 9) < 0.5, 0.0, np.pi), turn)
    variant = (VARIANTS * draw(grid.cells, spec.seed, salt + 10)).astype(np.int64)
    bright = np.exp(0.11 * 1.7 * (draw(grid.cells, spec.seed, salt + 11) + draw(grid.cells, spec.seed, salt + 12) - 1))
    warm = 0.10 * (draw(grid.cells, spec.seed, salt + 13) - 0.5)
    tint = bright[:, None] * np.stack([1 + warm, np.ones(len(grid)), 1 - warm], axis=1)
    return Roots(names, species, at, turn, scale, variant, tint * habitat_value(spec, land.shares, "leaf_tint"))


def _merged(parts: list[Roots]) -> Roots:
    parts = [part for part in parts if len(part)]
    if not parts:
        return _none()
    names = tuple(sorted({name for part in parts for name in part.names}))
    species = np.concatenate([np.array([names.index(name) for name in part.names])[part.species] for part in parts])
    rest = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("at", "turn", "scale", "variant", "tint")
    )
    return Roots(names, species, *rest)


def _none() -> Roots:
    empty = np.zeros(0)
    whole = np.zeros(0, np.int64)
    return Roots((), whole, np.zeros((0, 3)), empty, empty, whole, np.zeros((0, 3)))
