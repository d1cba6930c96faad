from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from tests.generate.plain_site import PlainSite
from worldloom.generate.build.plants.planting import Roots, plan_sort
from worldloom.generate.build.plants.scatter import distance_to, draw, jittered, near_pairs, spaced
from worldloom.generate.build.site import Bounds
from worldloom.generate.catalogue import Sort
from worldloom.generate.spec import BiomeShare, PlantGroup, Vegetation, WorldSpec

EYE = (0.0, 10.0)


def spec_of(biome: str = "forest", seed: int = 5, **vegetation: object) -> WorldSpec:
    values = {"trees": 0.7, "bushes": 0.4, "grass": 0.6, "flowers": 0.3, **vegetation}
    biomes = [BiomeShare.model_validate({"name": biome})]
    return WorldSpec.model_validate({"seed": seed, "biomes": biomes, "vegetation": Vegetation.model_validate(values)})


def rows(roots: Roots) -> set[tuple[object, ...]]:
    return {
        (roots.names[kind], *at, turn, scale, variant)
        for kind, at, turn, scale, variant in zip(
            roots.species, roots.at.tolist(), roots.turn, roots.scale, roots.variant
        )
    }


def names_of(roots: Roots) -> set[str]:
    return {roots.names[kind] for kind in roots.species}


@pytest.mark.parametrize("sort", ["tree", "bush", "flower"])
@pytest.mark.parametrize("cover", [0.25, 0.95])
def test_tiles_fit(sort: Sort, cover: float) -> None:
    """What roots in a tile does not depend on how much else is asked for: nothing twice, nothing lost."""
    site, spec = PlainSite(), spec_of(trees=cover, bushes=cover, flowers=cover)
    whole = plan_sort(spec, site, Bounds(-40, -40, 40, 40), sort, EYE)
    parts = [plan_sort(spec, site, Bounds(x, z, x + 40, z + 40), sort, EYE) for x in (-40, 0) for z in (-40, 0)]
    assert sum(len(part) for part in parts) == len(whole) > 5
    assert set().union(*(rows(part) for part in parts)) == rows(whole)


def test_trunks_stand_apart_on_dry_free_ground() -> None:
    site, spec = PlainSite(level=-0.3, road=6.0), spec_of(trees=1.0)
    trees = plan_sort(spec, site, site.bounds, "tree", EYE)
    flat = trees.at[:, [0, 2]]
    assert len(trees) > 60
    assert KDTree(flat).query(flat, k=2)[0][:, 1].min() > 1.0
    assert (site.height(flat) > -0.3).all() and (np.abs(flat[:, 0]) > 3.2).all()
    assert np.hypot(flat[:, 0] - EYE[0], flat[:, 1] - EYE[1]).min() > 3.0
    assert np.abs(trees.at[:, 1] - site.height(flat)).max() < 0.3
    bushes = plan_sort(spec, site, site.bounds, "bush", EYE, flat)
    assert KDTree(flat).query(bushes.at[:, [0, 2]])[0].min() > 0.8


def test_more_cover_more_trees() -> None:
    site = PlainSite()
    counts = [len(plan_sort(spec_of(trees=cover), site, site.bounds, "tree", EYE)) for cover in (0.0, 0.1, 0.4, 0.9)]
    assert counts[0] == 0 and counts[1] >= 3 and counts[1] * 2 < counts[2] and counts[2] * 1.4 < counts[3]


@pytest.mark.parametrize(("species", "count"), [("palm", 7), ("oak", 1), ("sunflower", 40), ("cactus", 12)])
def test_exactly_so_many(species: str, count: int) -> None:
    from worldloom.generate.catalogue import PLANTS

    site = PlainSite()
    spec = spec_of(trees=0.3, plants=(PlantGroup(species=species, count=count),))
    roots = plan_sort(spec, site, site.bounds, PLANTS[species], EYE)
    mine = [kind for kind in roots.species if roots.names[kind] == species]
    assert len(mine) == count
    quarters = [Bounds(x, z, x + 48, z + 48) for x in (-48, 0) for z in (-48, 0)]
    parts = [plan_sort(spec, site, quarter, PLANTS[species], EYE) for quarter in quarters]
    assert sum(part.names[kind] == species for part in parts for kind in part.species) == count
    assert rows(roots) == set().union(*(rows(part) for part in parts))


def test_each_land_has_its_own_plants() -> None:
    site = PlainSite()

    def grown(biome: str, sort: Sort) -> set[str]:
        return names_of(plan_sort(spec_of(biome, trees=0.8, bushes=0.8), site, site.bounds, sort, EYE))

    assert {"spruce", "pine"} <= grown("conifer_forest", "tree")
    assert "acacia" in grown("savanna", "tree") and not grown("savanna", "tree") & {"oak", "spruce"}
    assert "cactus" in grown("desert", "bush")
    assert {"heather", "gorse"} <= grown("heath", "bush")
    only = spec_of("forest", plants=(PlantGroup(species="cherry"),))
    assert names_of(plan_sort(only, site, site.bounds, "tree", EYE)) == {"cherry"}


def test_water_plants_grow_in_water_only() -> None:
    site = PlainSite(level=0.2)
    spec = spec_of("wetland", flowers=1.0, plants=(PlantGroup(species="lotus"), PlantGroup(species="mangrove")))
    lotus = plan_sort(spec, site, site.bounds, "flower", EYE)
    assert len(lotus) > 5 and np.allclose(lotus.at[:, 1], 0.2, atol=1e-6), "it floats"
    assert (site.height(lotus.at[:, [0, 2]]) < 0.2).all()
    mangroves = plan_sort(spec, site, site.bounds, "tree", EYE)
    depth = 0.2 - site.height(mangroves.at[:, [0, 2]])
    assert len(mangroves) > 3 and ((depth > -0.31) & (depth < 0.71)).all()
    dry = PlainSite()
    assert len(plan_sort(spec, dry, dry.bounds, "flower", EYE)) == 0


def test_lavender_grows_in_rows() -> None:
    site = PlainSite()
    roots = plan_sort(
        spec_of("coast", bushes=1.0, plants=(PlantGroup(species="lavender"),)), site, site.bounds, "bush", EYE
    )
    row = roots.at[:, 2] / 1.5 - 0.5
    assert len(roots) > 300 and np.abs(row - np.round(row)).max() < 0.1


def test_places_of_cells() -> None:
    cells = np.stack([grid.reshape(-1) for grid in np.meshgrid(np.arange(-60, 60), np.arange(-60, 60))], axis=1)
    chance = draw(cells, 3, 1)
    assert (
        (chance >= 0).all()
        and (chance < 1).all()
        and np.allclose(np.histogram(chance, 10)[0] / len(cells), 0.1, atol=0.02)
    )
    assert abs(np.corrcoef(chance, draw(cells, 3, 2))[0, 1]) < 0.03
    assert abs(np.corrcoef(chance[:-1], chance[1:])[0, 1]) < 0.03
    grid = jittered(Bounds(-20, -20, 20, 20), 1.0, 3, 5)
    reach = np.where(draw(grid.cells, 3, 9) < 0.3, 1.5, 0.6)
    kept = spaced(grid.flat, reach, draw(grid.cells, 3, 8))
    near = KDTree(grid.flat[kept]).query_pairs(3.0, output_type="ndarray")
    apart = np.linalg.norm(grid.flat[kept][near[:, 0]] - grid.flat[kept][near[:, 1]], axis=1)
    assert kept.sum() > 80 and (apart >= reach[kept][near[:, 0]] + reach[kept][near[:, 1]]).all()


def test_near_pairs_are_all_pairs_that_are_near() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.uniform(-30, 30, (300, 2)), rng.uniform(-30, 30, (200, 2))
    apart = np.linalg.norm(first[:, None] - second[None], axis=2)
    a, b, distance = near_pairs(first, second, 4.0)
    assert set(zip(a.tolist(), b.tolist())) == set(zip(*(index.tolist() for index in np.nonzero(apart < 4.0))))
    assert np.allclose(distance, apart[a, b])
    assert np.allclose(distance_to(first, second, 4.0), np.minimum(apart.min(axis=1), 4.0))
    assert len(near_pairs(first[:0], second, 4.0)[0]) == 0
