"""The ground of generated worlds: the same whatever part is built, watertight rivers, cliffs without gaps."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from worldloom.generate.build.site import Bounds, Earthworks, Pad, Road
from worldloom.generate.build.terrain import Terrain
from worldloom.generate.build.terrain.biomes import PALETTES
from worldloom.generate.build.terrain.pieces import cut
from worldloom.generate.catalogue import FEATURES
from worldloom.generate.spec import BiomeShare, Relief, Water, WorldSpec
from worldloom.render.cpu import set_threads
from worldloom.scene.semantics import label_index, labels_under
from worldloom.scene.surfels import Surfels

SHAPES = {
    "flat": 3,
    "rolling": 14,
    "hills": 25,
    "mountains": 40,
    "cliffs": 30,
    "canyon": 30,
    "dunes": 12,
    "terraces": 25,
    "volcano": 40,
    "valley": 40,
}
EYE = (0.0, 8.0, 0.0)


def world(
    shape: str = "rolling", biome: str = "meadow", *, extent: float = 120, height: float = 24, **more
) -> WorldSpec:
    relief = Relief(shape=shape, height=height)  # pyright: ignore[reportArgumentType]
    return WorldSpec.model_validate(
        {"seed": 3, "extent": extent, "relief": relief, "biomes": (BiomeShare.model_validate({"name": biome}),), **more}
    )


def around(spec: WorldSpec) -> Terrain:
    return Terrain(spec, Bounds.around(spec.extent))


def scattered(bounds: Bounds, count: int = 3000, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform([bounds.min_x, bounds.min_z], [bounds.max_x, bounds.max_z], (count, 2)).astype(np.float32)


TILED = [
    world("mountains", "alpine", water=Water(lakes=1)),
    world("valley", water=Water(rivers=2)),
    world("cliffs", "coast", water=Water(sea=True)),
    world("hills", "jungle", kind="island"),
    world("canyon", "canyon", water=Water(rivers=1)),
    world("hills", "forest", water=Water(rivers=1, waterfalls=1)),
    world("dunes", "desert"),
    world("volcano", "volcanic", water=Water(lakes=1, rivers=1, lava=True)),
]


@pytest.mark.parametrize("spec", TILED, ids=lambda spec: spec.relief.shape + spec.kind)
def test_a_tile_is_bit_identical_to_that_part_of_a_larger_world(spec: WorldSpec) -> None:
    tile = Bounds(20.0, -60.0, 52.0, -28.0)
    whole, part = around(spec), Terrain(spec, tile)
    flat = scattered(tile)
    assert (whole.height(flat) == part.height(flat)).all()
    assert (whole.water_level(flat) == part.water_level(flat)).all()
    assert (whole.normal(flat) == part.normal(flat)).all()
    shape = part._shape(tile)
    pieces = cut(shape, np.ones_like(shape.values), tile, 4000, EYE)
    first, second = whole._ground_surfels(pieces), part._ground_surfels(pieces)
    for field in fields(Surfels):
        assert (getattr(first, field.name) == getattr(second, field.name)).all(), field.name


def test_beyond_the_bounds_answers_are_those_of_the_next_tile() -> None:
    spec = world("mountains", "alpine")
    home, next_one = around(spec), Terrain(spec, Bounds(60.0, -60.0, 180.0, 60.0))
    across_the_edge = scattered(Bounds(40.0, -30.0, 140.0, 30.0))
    assert (home.height(across_the_edge) == next_one.height(across_the_edge)).all()


def test_the_same_spec_gives_the_same_bytes_for_any_number_of_threads() -> None:
    spec = world("hills", water=Water(lakes=1))
    built = []
    for threads in (1, 2, 3):
        set_threads(threads)
        terrain = around(spec)
        built.append((terrain.surfels(terrain.bounds, 8000, EYE), terrain.water(terrain.bounds, 3000, EYE)))
    set_threads(None)
    for ground, water in built[1:]:
        for field in fields(Surfels):
            assert getattr(ground, field.name).tobytes() == getattr(built[0][0], field.name).tobytes()
            assert getattr(water, field.name).tobytes() == getattr(built[0][1], field.name).tobytes()


@pytest.mark.parametrize(("shape", "tall"), SHAPES.items())
def test_every_shape_has_about_its_height_and_sound_surfels_within_budget(shape: str, tall: float) -> None:
    spec = world(shape, "savanna", height=tall)
    terrain = around(spec)
    heights = terrain.height(scattered(terrain.bounds, 8000))
    assert 0.4 * tall < np.ptp(heights) < 1.8 * tall
    ground = terrain.surfels(terrain.bounds, 12000, EYE)
    assert 0.85 * 12000 < len(ground) <= 1.1 * 12000
    assert terrain.bounds.grown(3.0).inside(ground.position[:, [0, 2]]).all()
    for field in fields(Surfels):
        assert np.isfinite(getattr(ground, field.name)).all(), field.name
    np.testing.assert_allclose(np.linalg.norm(ground.normal, axis=1), 1, atol=1e-3)
    lying = np.isin(ground.label, [label_index("rock/boulder"), label_index("ground/gravel")])
    assert (ground.normal[~lying, 1] > -0.6).all()
    assert (ground.size > 0).all() and ground.albedo.min() >= 0.005 and ground.albedo.max() <= 0.95
    assert ground.albedo.std(axis=0).min() > 0.004


def test_ground_is_finer_near_the_eye() -> None:
    terrain = around(world("flat", height=2))
    ground = terrain.surfels(terrain.bounds, 150_000, (0.0, 3.0, 0.0))
    away = np.hypot(ground.position[:, 0], ground.position[:, 2])
    spacing = ground.size[:, 0] / 0.56
    assert np.median(spacing[away < 3]) < 0.045
    assert np.median(spacing[away > 50]) > 5 * np.median(spacing[away < 3])


def test_cliffs_are_covered_by_their_real_area() -> None:
    """From every place on a steep face the next surfel is nearer than it is wide."""
    from scipy.spatial import KDTree

    terrain = around(world("cliffs", "coast", height=40))
    ground = terrain.surfels(terrain.bounds, 60000, EYE)
    flat = scattered(terrain.bounds.grown(-4), 60000)
    steep = flat[terrain.ground.steepness(*np.ascontiguousarray(flat.T)) > 1.5]
    assert len(steep) > 300
    places = np.column_stack([steep[:, 0], terrain.height(steep), steep[:, 1]])
    apart, nearest = KDTree(ground.position).query(places)
    reach = ground.size[nearest, :2].max(axis=1)
    assert np.percentile(apart / reach, 95) < 4.0
    covered = (np.pi * ground.size[:, 0] * ground.size[:, 1])[np.isin(ground.label, labels_under("rock"))].sum()
    step = 0.25
    x, z = np.meshgrid(np.arange(-60, 60, step), np.arange(-60, 60, step))
    grid = np.stack([x.ravel(), z.ravel()], axis=1).astype(np.float32)
    square = terrain.height(grid).reshape(x.shape)
    rise_z, rise_x = np.gradient(square, step)
    area = np.sqrt(1 + rise_x**2 + rise_z**2)[np.hypot(rise_x, rise_z) > 1.3].sum() * step**2
    assert covered > 0.7 * area


def test_rivers_run_downhill_in_beds_that_hold_them() -> None:
    terrain = around(world("hills", water=Water(rivers=3)))
    for stream in terrain.waters.streams:
        u = np.linspace(-55, min(55, stream.last), 200).astype(np.float32)
        assert (np.diff(stream.level(u)) <= 1e-6).all()
    flat = scattered(terrain.bounds, 20000)
    wet = terrain.waters.at(*np.ascontiguousarray(flat.T))
    height = terrain.height(flat)
    assert (height[wet.edge < -0.4] < wet.level[wet.edge < -0.4]).all()
    bank = (wet.edge > 0.8) & (wet.edge < 3.0)
    assert bank.sum() > 100
    assert (height[bank] > wet.level[bank]).mean() > 0.98


def test_lakes_are_level_and_held() -> None:
    terrain = around(world("rolling", water=Water(lakes=2)))
    flat = scattered(terrain.bounds, 20000)
    wet = terrain.waters.at(*np.ascontiguousarray(flat.T))
    height, inside = terrain.height(flat), wet.edge < -0.3
    assert 0.03 < inside.mean() < 0.4
    assert (height[inside] < wet.level[inside]).all()
    ring = (wet.edge > 0.8) & (wet.edge < 4.0)
    assert (height[ring] > wet.level[ring]).mean() > 0.98
    assert not terrain.free(flat[inside], 0.0).any()
    assert (terrain.water_level(flat)[wet.edge > 9] == -np.inf).all()
    water = terrain.water(terrain.bounds, 4000, EYE)
    assert len(np.unique(np.round(water.position[:, 1], 0))) <= 4
    assert set(water.label) == {label_index("water/lake")}
    assert 0.8 * 4000 < len(water) <= 1.1 * 4000


def test_an_island_lies_in_the_sea() -> None:
    terrain = around(world("hills", "jungle", kind="island"))
    angle = np.linspace(0, 2 * np.pi, 64)
    rim = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32) * 58
    assert (terrain.height(rim) < 0).all() and (terrain.water_level(rim) == 0).all()
    assert terrain.height(np.zeros((1, 2), np.float32))[0] > 1
    far = terrain.far(6000)
    assert (far.label == label_index("water/sea")).mean() > 0.95
    shore = terrain.anchors("beach")
    assert len(shore) >= 4 and (np.abs(terrain.height(shore)) < 2).all()


def test_waterfalls_fall_and_lava_glows_and_ice_is_ice() -> None:
    falls = around(world("hills", "forest", water=Water(rivers=1, waterfalls=1)))
    water = falls.water(falls.bounds, 8000, EYE)
    curtain = water.position[water.label == label_index("water/waterfall")]
    assert np.ptp(curtain[:, 1]) > 3 and len(falls.anchors("waterfall")) == 1
    lava = around(world("volcano", "volcanic", water=Water(rivers=1, lava=True)))
    flow = lava.water(lava.bounds, 4000, EYE)
    assert set(flow.label) == {label_index("water/lava")} and flow.glow[:, 0].mean() > 0.2
    frozen = around(world("rolling", water=Water(lakes=1, frozen=True)))
    assert set(frozen.water(frozen.bounds, 2000, EYE).label) == {label_index("water/ice")}
    dry = around(world("rolling"))
    assert len(dry.water(dry.bounds, 2000, EYE)) == 0


def test_pads_are_level_and_roads_are_painted() -> None:
    pad = Pad((10.0, -12.0), (6.0, 4.0), 0.4, 9.0, covered=True)
    square = Pad((-14.0, 6.0), (5.0, 5.0), 0.0, 8.5, surface="cobble")
    road = Road(np.array([[-50.0, 20.0], [0.0, 24.0], [50.0, 20.0]]), 6.5, "asphalt", pavement=1.5)
    spec = world("hills")
    terrain = Terrain(spec, Bounds.around(spec.extent), Earthworks((pad, square), (road,)))
    cos, sin = np.cos(0.4), np.sin(0.4)
    u, v = np.random.default_rng(1).uniform(-1, 1, (2, 400)) * [[6.0], [4.0]]
    on_pad = np.stack([10 + u * cos + v * sin, -12 - u * sin + v * cos], axis=1).astype(np.float32)
    np.testing.assert_allclose(terrain.height(on_pad), 9.0, atol=0.01)
    assert not terrain.free(on_pad, 0.0).any()
    ground = terrain.surfels(terrain.bounds, 40000, EYE)
    flat = ground.position[:, [0, 2]]
    dx, dz = flat[:, 0] - 10, flat[:, 1] + 12
    inside = (np.abs(dx * cos - dz * sin) < 5.5) & (np.abs(dx * sin + dz * cos) < 3.5)
    assert not inside.any()
    on_square = (np.abs(flat[:, 0] + 14) < 4.5) & (np.abs(flat[:, 1] - 6) < 4.5)
    assert on_square.sum() > 50 and (ground.label[on_square] == label_index("road")).mean() > 0.95
    assert (ground.label == label_index("road/marking")).sum() > 20
    assert (ground.label == label_index("road/pavement")).sum() > 50
    middle = np.stack([np.linspace(-45, -5, 200), np.interp(np.linspace(-45, -5, 200), [-50, 0], [20, 24])], axis=1)
    assert np.abs(np.diff(terrain.height(middle.astype(np.float32)))).max() < 0.2
    assert len(terrain.anchors("road")) > 3


def test_landmarks_are_where_they_say() -> None:
    terrain = around(world("hills", water=Water(lakes=1)))
    heights = terrain.height(scattered(terrain.bounds))
    assert terrain.height(terrain.anchors("peak"))[0] > np.percentile(heights, 90)
    assert terrain.height(terrain.anchors("valley"))[0] < np.percentile(heights, 50)
    shore = terrain.waters.at(*np.ascontiguousarray(terrain.anchors("lake").T))
    assert len(shore.edge) > 3 and ((shore.edge > 0) & (shore.edge < 6)).all()
    assert len(terrain.anchors("sea")) == 0 and len(terrain.anchors("waterfall")) == 0
    assert np.hypot(*terrain.anchors("centre")[0]) < 30
    assert terrain.anchors("left")[0, 0] < 0 < terrain.anchors("right")[0, 0]
    assert terrain.anchors("background")[0, 1] < terrain.anchors("foreground")[0, 1] < 0
    assert len(around(world("flat", height=2)).anchors("cliff")) == 0
    cliffs = around(world("cliffs", height=40))
    edge = cliffs.anchors("cliff")
    below = min(
        float(cliffs.height(edge[:1] + np.array([[dx, dz]], np.float32))[0]) for dx in (-8, 0, 8) for dz in (-8, 0, 8)
    )
    assert float(cliffs.height(edge[:1])[0]) - below > 4


def test_what_lies_beyond_the_edge_continues_the_ground() -> None:
    terrain = around(world("mountains", "alpine", water=Water(lakes=1)))
    far = terrain.far(9000)
    assert 0.8 * 9000 < len(far) <= 1.1 * 9000
    flat = far.position[:, [0, 2]]
    away = np.hypot(*flat.T)
    assert away.max() > 4000 and far.position[:, 1].max() > 200
    assert not terrain.bounds.grown(-2.0).inside(flat).any()
    rim = flat[terrain.bounds.grown(1.5).inside(flat)]
    apart = np.abs(far.position[terrain.bounds.grown(1.5).inside(flat), 1] - terrain.height(rim))
    assert len(apart) > 20 and np.median(apart) < 0.6


def test_snow_lies_in_winter_and_on_summits() -> None:
    snow = label_index("ground/snow")
    winter = around(world("rolling", season="winter", weather="snow"))
    assert (winter.surfels(winter.bounds, 4000, EYE).label == snow).mean() > 0.8
    summer = around(world("rolling"))
    assert not (summer.surfels(summer.bounds, 4000, EYE).label == snow).any()
    alps = around(world("mountains", "alpine", height=90, extent=240))
    ground = alps.surfels(alps.bounds, 8000, EYE)
    white = ground.position[ground.label == snow, 1]
    assert len(white) > 40 and white.mean() > ground.position[:, 1].mean()


def test_plants_are_told_where_nothing_grows() -> None:
    terrain = around(world("cliffs", "coast", water=Water(sea=True), height=40))
    flat = scattered(terrain.bounds, 4000)
    fertile = terrain.fertility(flat)
    wet = terrain.waters.at(*np.ascontiguousarray(flat.T)).edge < 0
    assert fertile[~wet].max() > 0.9 and fertile.min() == 0
    assert fertile[wet].mean() < 0.05


def test_farmland_is_cut_into_fields() -> None:
    terrain = around(world("rolling", "farmland", height=6))
    labels = terrain.surfels(terrain.bounds, 8000, EYE).label
    assert (labels == label_index("ground/field")).mean() > 0.2
    assert len(np.unique(labels)) >= 3


def test_two_biomes_share_the_land() -> None:
    spec = world("rolling", extent=300).model_copy(
        update={"biomes": (BiomeShare(name="meadow", share=0.6), BiomeShare(name="desert", share=0.4))}
    )
    labels = around(spec).surfels(Bounds.around(300), 8000, EYE).label
    assert 0.1 < (labels == label_index("ground/sand")).mean() < 0.75
    assert 0.2 < (labels == label_index("ground/grass")).mean() < 0.9


@pytest.mark.parametrize("seed", range(6))
def test_any_spec_can_be_built(seed: int) -> None:
    rng = np.random.default_rng(seed)
    biomes = tuple(BiomeShare(name=name) for name in rng.choice(list(PALETTES), 2, replace=False))
    spec = WorldSpec(
        seed=seed,
        kind=("landscape", "island", "town")[seed % 3],
        extent=(8, 2000, 60)[seed % 3],
        biomes=biomes,
        relief=Relief.model_validate(
            {
                "shape": str(rng.choice(list(SHAPES))),
                "height": (0, 900, 12)[seed % 3],
                "ruggedness": 1.0,
                "erosion": 1.0,
            }
        ),
        water=Water(sea=bool(seed % 2), lakes=seed % 4, rivers=seed % 3, waterfalls=seed % 2, frozen=seed == 4),
        season=("winter", "autumn", "spring")[seed % 3],
        weather=("snow", "storm", "clear")[seed % 3],
    )
    terrain = around(spec)
    eye = (0.0, float(terrain.height(np.zeros((1, 2)))[0]) + 1.7, 0.0)
    for pieces in (
        terrain.surfels(terrain.bounds, 3000, eye),
        terrain.water(terrain.bounds, 1500, eye),
        terrain.far(2000),
    ):
        assert len(pieces) <= 3300
        for field in fields(Surfels):
            assert np.isfinite(getattr(pieces, field.name)).all(), field.name
        assert (pieces.size > 0).all()
    for feature in FEATURES:
        places = terrain.anchors(feature)
        assert places.shape[1:] == (2,) and np.isfinite(places).all()
