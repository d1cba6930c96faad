from __future__ import annotations

import numpy as np
import pytest

from tests.generate.plain_site import PlainSite
from worldloom.generate.build.plants import LEVELS, plant, prototype, vegetate
from worldloom.generate.build.plants.prototypes import TREE_COUNTS
from worldloom.generate.build.plants.skeletons import FILE, VARIANTS, grown, packed, skeleton
from worldloom.generate.build.plants.tree_kinds import KINDS
from worldloom.generate.catalogue import PLANTS
from worldloom.generate.spec import BiomeShare, PlantGroup, Vegetation, WorldSpec
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.semantics import LABELS, labels_under
from worldloom.scene.surfels import Surfels

EYE = (0.0, 2.0, 10.0)
TREES = [name for name, sort in PLANTS.items() if sort == "tree"]


def share(pieces: Surfels, label: str) -> float:
    return float(np.isin(pieces.label, labels_under(label)).mean())


def mean_colour(pieces: Surfels, label: str = "tree/leaves") -> np.ndarray:
    some = np.isin(pieces.label, labels_under(label))
    weight = pieces.size[some, 0] * pieces.size[some, 1] * pieces.opacity[some]
    return (pieces.albedo[some] * weight[:, None]).sum(axis=0) / weight.sum()


@pytest.mark.parametrize("species", PLANTS)
def test_every_plant_is_sound_at_every_distance(species: str) -> None:
    counts = []
    for detail in (0, 3, LEVELS - 1):
        pieces = prototype(species, "summer", 0, detail, 1)
        counts.append(len(pieces))
        for values in (pieces.position, pieces.normal, pieces.along, pieces.size, pieces.albedo, pieces.opacity):
            assert values.dtype == np.float32 and np.isfinite(values).all()
        assert np.allclose(np.linalg.norm(pieces.normal, axis=1), 1, atol=1e-3)
        assert np.abs((pieces.normal * pieces.along).sum(axis=1)).max() < 1e-3
        assert (pieces.size > 0).all() and pieces.size.max() < 4.5
        assert (pieces.albedo >= 0).all() and (pieces.albedo <= 1).all() and (pieces.opacity > 0).all()
        foot = pieces.position[:, 1] - 2 * pieces.size[:, 0] * np.abs(pieces.along[:, 1])
        assert pieces.position[:, 1].min() > -0.7 and foot.min() < (0.3 if detail < 7 else 1.0), "it stands"
        part = {"tree": ("tree",), "bush": ("plant/bush",), "flower": ("plant/flower",)}.get(
            PLANTS[species], ("plant/grass", "plant/crop", "plant/moss")
        )
        assert set(pieces.label) <= {number for name in part for number in labels_under(name)}
    assert counts[0] > counts[1] > counts[2] >= 1
    if PLANTS[species] == "tree":
        assert counts[0] >= 2000 and all(n <= TREE_COUNTS[d] for n, d in zip(counts, (0, 3, LEVELS - 1)))


@pytest.mark.parametrize("species", ["oak", "spruce", "birch", "acacia", "palm", "stone_pine"])
def test_far_trees_have_the_outline_and_colour_of_near_ones(species: str) -> None:
    near, far = prototype(species, "summer", 0, 0, 2), prototype(species, "summer", 0, 5, 2)

    def outline(pieces: Surfels) -> np.ndarray:
        leaves = pieces.position[np.isin(pieces.label, labels_under("tree/leaves"))]
        return np.concatenate([np.quantile(leaves, 0.06, axis=0), np.quantile(leaves, 0.94, axis=0)])

    tall = near.position[:, 1].max()
    assert np.abs(outline(near) - outline(far)).max() < 0.12 * tall
    assert np.allclose(mean_colour(near), mean_colour(far), rtol=0.35)


def test_kinds_differ_in_shape() -> None:
    def form(species: str) -> tuple[float, float, float]:
        pieces = prototype(species, "summer", 0, 3, 0)
        leaves = pieces.position[np.isin(pieces.label, labels_under("tree/leaves"))]
        tall = float(pieces.position[:, 1].max())
        wide = float(np.quantile(np.hypot(leaves[:, 0], leaves[:, 2]), 0.9)) / tall
        return tall, wide, float(np.quantile(leaves[:, 1], 0.1)) / tall

    assert form("cypress")[1] < 0.14 < 0.3 < form("oak")[1]
    assert form("poplar")[1] < 0.16 and form("acacia")[1] > 0.45
    assert form("stone_pine")[2] > 0.6 > 0.3 > form("spruce")[2]
    assert form("willow")[2] < 0.25, "its strands hang to the ground"
    belly, slim = skeleton("baobab", 0), skeleton("birch", 0)
    assert belly.radius.max() > 1.2 > 0.3 > slim.radius.max()


def test_birches_are_white_and_pines_red_above() -> None:
    birch, pine = prototype("birch", detail=0), prototype("pine", detail=0)
    trunk = birch[(birch.label == LABELS.index("tree/trunk")) & (np.hypot(*birch.position[:, [0, 2]].T) < 0.5)]
    low = trunk[(trunk.position[:, 1] > 1) & (trunk.position[:, 1] < 4)]
    bright = low.albedo.mean(axis=1)
    assert np.median(bright) > 0.4 and np.quantile(bright, 0.04) < 0.15, "white, with black marks"
    wood = pine[pine.label == LABELS.index("tree/trunk")]
    red = wood.albedo[:, 0] / wood.albedo[:, 2]
    high = wood.position[:, 1] > 8
    assert np.median(red[high]) > 1.25 * np.median(red[wood.position[:, 1] < 3])


def test_seasons_change_leaves() -> None:
    summer, autumn = mean_colour(prototype("maple", "summer")), mean_colour(prototype("maple", "autumn"))
    assert summer[1] > 1.5 * summer[0] and autumn[0] > 2 * autumn[1]
    assert mean_colour(prototype("birch", "autumn"))[1] > 0.55 * mean_colour(prototype("birch", "autumn"))[0]
    assert share(prototype("oak", "winter"), "tree/leaves") == 0
    assert share(prototype("spruce", "winter"), "tree/leaves/evergreen") > 0.8
    assert share(prototype("cherry", "spring"), "tree/leaves/blossom") > 0.5
    assert share(prototype("cherry", "summer"), "tree/leaves/blossom") == 0
    assert share(prototype("dead_tree", "summer"), "tree/leaves") == 0
    pink = mean_colour(prototype("cherry", "spring"), "tree/leaves/blossom")
    assert pink[0] > 0.5 and pink[0] > 1.15 * pink[1]
    green, gold = (mean_colour(prototype("wheat", season), "plant/crop") for season in ("spring", "summer"))
    assert green[1] > green[0] and gold[0] > gold[1]


def test_no_two_of_a_kind_are_alike() -> None:
    colours = [mean_colour(prototype("maple", "autumn", 0, 3, variant)) for variant in range(4)]
    assert np.ptp([colour[1] for colour in colours]) > 0.02, "each tree has its own autumn"
    spreads = [np.ptp(skeleton("oak", variant).position, axis=0) for variant in range(VARIANTS)]
    assert len({tuple(spread) for spread in spreads}) == VARIANTS


def test_skeletons_are_what_the_code_grows() -> None:
    assert FILE.stat().st_size < 4e6
    for species, variant in (("oak", 1), ("spruce", 0), ("banyan", 2)):
        fresh, stored = packed(grown(species, variant)), packed(skeleton(species, variant))
        assert fresh.shape == stored.shape and (np.abs(fresh.astype(int) - stored) <= 2).mean() > 0.999
    for species in KINDS:
        bones = skeleton(species, 0)
        assert (bones.parent < np.arange(len(bones))).all() and (bones.radius > 0).all()
        assert (bones.parent < 0).sum() <= 4, "all hangs together"


def test_one_plant_on_its_own() -> None:
    tall = plant("palm", height=6.0, seed=3)
    assert abs(float(tall.position[:, 1].max()) - 6.0) < 0.01
    blue = plant("oak", colour=(0.05, 0.1, 0.6), detail=3)
    assert mean_colour(blue)[2] > 3 * mean_colour(blue)[1]
    trunk = np.isin(blue.label, labels_under("tree/trunk"))
    assert np.array_equal(blue.albedo[trunk], plant("oak", detail=3).albedo[trunk])
    assert len(plant("sunflower")) < len(prototype("sunflower", variant=0)) + 200
    with pytest.raises(InvalidDataError, match="triffid"):
        plant("triffid")


def spec_of(biome: str = "forest", **changes: object) -> WorldSpec:
    values: dict[str, object] = {"trees": 0.7, "bushes": 0.4, "grass": 0.6, "flowers": 0.3}
    season = changes.pop("season", "summer")
    without = changes.pop("without", ())
    return WorldSpec.model_validate(
        {
            "seed": 5,
            "biomes": [BiomeShare.model_validate({"name": biome})],
            "season": season,
            "without": without,
            "vegetation": Vegetation.model_validate({**values, **changes}),
        }
    )


@pytest.mark.parametrize("budget", [0, 60, 900, 8_000, 90_000])
def test_never_more_than_the_budget(budget: int) -> None:
    site = PlainSite()
    made = vegetate(spec_of(), site, site.bounds, budget, EYE)
    assert len(made) <= budget
    if budget >= 8_000:
        assert len(made) > 0.75 * budget
        assert share(made, "tree") > 0.3 and share(made, "plant/grass") > 0.02


def test_the_same_spec_gives_the_same_bytes() -> None:
    site = PlainSite()
    first = vegetate(spec_of(), site, site.bounds, 20_000, EYE)
    from worldloom.generate.build.plants import prototypes

    prototypes._made.cache_clear()
    prototypes._parts.cache_clear()
    again = vegetate(spec_of(), site, site.bounds, 20_000, EYE)
    assert first.position.tobytes() == again.position.tobytes() and first.albedo.tobytes() == again.albedo.tobytes()
    other = vegetate(spec_of().model_copy(update={"seed": 6}), site, site.bounds, 20_000, EYE)
    assert other.position.tobytes() != first.position.tobytes()


def test_what_is_near_is_finest() -> None:
    site = PlainSite()
    made = vegetate(spec_of("meadow", trees=0.5), site, site.bounds, 60_000, EYE)
    away = np.hypot(made.position[:, 0] - EYE[0], made.position[:, 2] - EYE[2])
    leaves = np.isin(made.label, labels_under("tree/leaves"))
    wide = made.size[:, 0] * made.size[:, 1]
    assert np.median(wide[leaves & (away > 40)]) > 3 * np.median(wide[leaves & (away < 15)])
    grass = np.isin(made.label, labels_under("plant/grass"))
    assert (grass & (away < 6)).sum() / 36 > 8 * (grass & (away > 24) & (away < 30)).sum() / 324


def test_what_the_spec_is_without_does_not_grow() -> None:
    site = PlainSite()
    assert share(vegetate(spec_of(without=("trees",)), site, site.bounds, 9_000, EYE), "tree") == 0
    bare = vegetate(spec_of(without=("flowers", "grass")), site, site.bounds, 9_000, EYE)
    assert share(bare, "plant/flower") == 0 and share(bare, "plant/grass") == 0 and share(bare, "tree") > 0.3
    assert len(vegetate(spec_of(without=("plants",)), site, site.bounds, 9_000, EYE)) == 0


def test_a_colour_that_was_asked_for_shows() -> None:
    site = PlainSite()
    group = PlantGroup(species="oak", colour=(0.2, 0.3, 0.9))
    made = vegetate(spec_of(plants=(group,)), site, site.bounds, 9_000, EYE)
    assert mean_colour(made)[2] > 3 * mean_colour(made)[0]


def test_a_tree_stays_where_and_what_it_is_through_the_year() -> None:
    for species in ("palm", "oak", "spruce"):
        summer, autumn = prototype(species, "summer", 0, 2, 1), prototype(species, "autumn", 0, 2, 1)
        assert np.array_equal(summer.position, autumn.position)
    site = PlainSite()
    trees = [vegetate(spec_of(season=season), site, site.bounds, 9_000, EYE) for season in ("summer", "autumn")]
    trunks = [np.sort(made.position[np.isin(made.label, labels_under("tree/trunk")), 0]) for made in trees]
    assert np.array_equal(trunks[0], trunks[1])


def test_a_tile_past_the_edge_is_made_like_any_other() -> None:
    from worldloom.generate.build.site import Bounds

    site = PlainSite()
    tile = vegetate(spec_of(), site, Bounds(48, -32, 112, 32), 12_000, EYE)
    assert 6_000 < len(tile) <= 12_000 and share(tile, "tree") > 0.3
    roots = tile.position[tile.position[:, 1] < 1.0]
    assert roots[:, 0].min() > 46 and roots[:, 0].max() < 114


def test_reeds_stand_at_the_water() -> None:
    site = PlainSite(level=0.2)
    around = np.stack(np.meshgrid(np.arange(-30.0, 30), np.arange(-30.0, 30)), axis=-1).reshape(-1, 2)
    shore = around[np.argmin(np.abs(site.height(around) - 0.4))]
    eye = (float(shore[0]), 2.0, float(shore[1]))
    made = vegetate(spec_of("wetland", trees=0.0, bushes=0.0), site, site.bounds, 40_000, eye)
    made = made[np.isin(made.label, labels_under("plant/grass"))]
    grass = made.position
    over = grass[:, 1] + 1.7 * made.size[:, 0] * np.abs(made.along[:, 1]) - site.height(grass[:, [0, 2]])
    depth = 0.2 - site.height(grass[:, [0, 2]])
    tall = over > 1.0
    assert tall.sum() > 50 and (np.abs(depth[tall] - 0.1) < 0.9).all(), "reeds, near the shore"
    assert over[depth > 1.2].size == 0, "nothing in deep water"
