"""Towns: what is asked for is there, nothing stands on anything else, doors are open and meet the street."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from worldloom.generate.build.site import Bounds
from worldloom.generate.build.town import LANDMARKS, TownPlan, build_town, building, landmark, plan_town, plant_gardens
from worldloom.generate.build.town.flat import Rect, meets, strip_rects
from worldloom.generate.build.town.furnished import furnish_house
from worldloom.generate.build.town.openings import entrance
from worldloom.generate.build.town.styles import dress_for
from worldloom.generate.catalogue import PLANTS
from worldloom.generate.make import draft_of
from worldloom.generate.noise import fbm
from worldloom.generate.spec import ObjectSpec, Settlement, TownStyle, Water, WorldSpec
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.semantics import label_index, labels_under
from worldloom.scene.surfels import Array

STYLES: tuple[TownStyle, ...] = (
    "european",
    "medieval",
    "mediterranean",
    "nordic",
    "japanese",
    "desert",
    "modern",
    "futuristic",
)
BOUNDS = Bounds.around(220)


def ground(flat: Array) -> Array:
    return 3.0 + 4.0 * fbm(np.asarray(flat, float) / 90, 3, 3)


class Ground:
    """A site without earthworks."""

    bounds = BOUNDS

    def height(self, flat: Array) -> Array:
        return ground(flat)

    def normal(self, flat: Array) -> Array:
        return np.broadcast_to([0.0, 1.0, 0.0], (len(flat), 3))

    def water_level(self, flat: Array) -> Array:
        return np.full(len(flat), -np.inf)

    def free(self, flat: Array, room: float) -> Array:
        return np.ones(len(flat), bool)

    def anchors(self, feature: str) -> Array:
        return np.zeros((0, 2))


def spec_of(style: TownStyle, buildings: int = 40, seed: int = 5, **more: object) -> WorldSpec:
    town = Settlement(buildings=buildings, style=style, **more)  # type: ignore[arg-type]
    return WorldSpec(seed=seed, kind="town", extent=220, settlement=town)


@cache
def plan_of(style: TownStyle, buildings: int = 40, seed: int = 5, **more: object) -> TownPlan:
    return plan_town(spec_of(style, buildings, seed, **more), ground, BOUNDS)


@pytest.mark.parametrize("style", STYLES)
def test_every_building_asked_for_has_a_plot_and_none_overlaps_another_or_a_road(style: TownStyle) -> None:
    plan = plan_of(style)
    assert len(plan.plots) == 40
    houses = np.stack([plot.house.numbers() for plot in plan.plots])
    for number, plot in enumerate(plan.plots):
        others = np.delete(houses, number, axis=0)
        assert not meets(plot.house, others, 0.02).any(), "two houses overlap"
        for street in plan.streets:
            assert (
                not meets(plot.house, strip_rects(street.line, street.width / 2 - 0.2), 0.1).any() or street.rank == 3
            )
        assert BOUNDS.inside(plot.house.corners).all()


@pytest.mark.parametrize("style", ["medieval", "nordic", "modern"])
def test_doors_meet_their_street_at_its_height(style: TownStyle) -> None:
    plan = plan_of(style)
    for plot in plan.plots:
        door = plot.house.at(plot.door, plot.house.half[1])
        away = []
        for street in plan.streets:
            away.append(np.linalg.norm(street.line - door, axis=1).min() - street.half)
        if plan.square is not None:
            away.append(np.linalg.norm(door - np.asarray(plan.square.center)) - max(plan.square.half))
        assert min(away) < 7.5
        assert abs(plot.height - float(ground(door[None])[0])) < 2.0
        ahead = plot.house.at(plot.door, plot.house.half[1] + 1.0)
        step = Rect((float(ahead[0]), float(ahead[1])), (0.45, 0.45), plot.house.turn)
        covered = np.stack([other.house.numbers() for other in plan.plots if other is not plot])
        assert not meets(step, covered, 0.05).any(), "a neighbour stands before the door"


@pytest.mark.parametrize("style", STYLES)
def test_one_starts_clear_of_walls_and_stalls_and_sees_what_was_asked_for(style: TownStyle) -> None:
    church = ObjectSpec(id="church1", what="church")
    spec = spec_of(style).model_copy(update={"objects": (church,)})
    plan = plan_town(spec, ground, BOUNDS)
    assert plan.start is not None
    place, ahead = np.asarray(plan.start.place), np.asarray(plan.start.ahead)
    rooms = np.stack([plot.house.numbers() for plot in plan.plots])
    around = Rect(plan.start.place, (2.7, 2.7), 0.3)
    assert not meets(around, rooms).any()
    for stand in plan.stands:
        assert np.linalg.norm(place - stand.place) > stand.room + 1.0
    if plan.square is None:
        return
    assert plan.taken == {"church1"}
    (asked,) = [plot for plot in plan.plots if plot.asked == church]
    way = np.asarray(asked.house.center) - place
    cosine = way @ (ahead - place) / np.linalg.norm(way) / np.linalg.norm(ahead - place)
    assert cosine > 0.72, "the church is out of the picture"


def test_what_belongs_in_the_midst_of_a_square_stands_there_and_stalls_stand_in_rows() -> None:
    fountain = ObjectSpec(id="fountain1", what="fountain")
    spec = spec_of("european").model_copy(update={"objects": (fountain,)})
    plan = plan_town(spec, ground, BOUNDS)
    assert plan.square is not None
    ((x, z, _),) = plan.spots["fountain1"]
    assert np.linalg.norm(np.array([x, z]) - plan.square.center) < 3.0
    stalls = [stand for stand in plan.stands if stand.kind == "stall"]
    assert len(stalls) >= 4
    for number, one in enumerate(stalls):
        for other in stalls[number + 1 :]:
            assert np.hypot(one.place[0] - other.place[0], one.place[1] - other.place[1]) > 3.5


def test_cars_that_are_asked_for_are_parked_along_kerbs() -> None:
    cars = ObjectSpec(id="car1", what="car", count=6)
    plan = plan_town(spec_of("modern", roads="asphalt").model_copy(update={"objects": (cars,)}), ground, BOUNDS)
    places = np.array(plan.spots["car1"])[:, :2]
    assert len(places) == 6
    apart = np.linalg.norm(places[:, None] - places, axis=2)[~np.eye(6, dtype=bool)]
    assert apart.min() > 4.4
    for place in places:
        away = min(np.linalg.norm(street.line - place, axis=1).min() - street.width / 2 for street in plan.streets)
        assert -2.5 < away < 1.5


@pytest.mark.parametrize("style", ["medieval", "modern"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_houses_have_furniture_and_a_way_from_the_entrance_through_it(style: TownStyle, seed: int) -> None:
    dress = dress_for(style, np.random.default_rng(seed), None, floors=2, shop=seed == 2)
    made = furnish_house(dress, style, 9.0, 9.0, 2, 0.0, 1.0, seed)
    assert len(made.arrangements) == 2
    pieces = made.surfels(0.1)
    for one in made.arrangements:
        assert len(one.placed) >= 4
    room = made.arrangements[0].arranger.room
    assert room.min_x < 1.0 < room.max_x and abs(room.max_z - (4.5 - dress.thick)) < 1e-6
    at = entrance(9.0, dress, 1.0 + 4.5) - 4.5
    body = (pieces.position[:, 1] > 0.35) & (pieces.position[:, 1] < 1.9)
    before = (np.abs(pieces.position[:, 0] - at) < 0.3) & (pieces.position[:, 2] > room.max_z - 0.9)
    assert not (body & before).any(), "furniture stands in the door"
    assert (body & (pieces.position[:, 2] < room.max_z)).any()


def test_the_house_next_to_the_start_is_furnished_and_far_ones_are_empty() -> None:
    spec = spec_of("european", 30)
    plan = plan_town(spec, ground, BOUNDS)
    assert plan.start is not None
    eye = np.array([plan.start.place[0], 5.0, plan.start.place[1]])
    built, _ = build_town(spec, plan, Ground(), 120_000, eye)
    things = built.position[np.isin(built.label, labels_under("furniture"))][:, [0, 2]]
    counts = []
    for plot in plan.plots:
        local = (things - np.asarray(plot.house.center)) @ np.stack(plot.house.axes, axis=1)
        counts.append(((np.abs(local) < np.asarray(plot.house.half) - 0.3).all(axis=1)).sum())
    away = [np.linalg.norm(np.asarray(plot.house.center) - eye[[0, 2]]) for plot in plan.plots]
    houses = [number for number, plot in enumerate(plan.plots) if plot.kind == "house"]
    nearest = sorted(houses, key=lambda number: away[number] - max(plan.plots[number].house.half))[0]
    assert counts[nearest] > 800
    assert all(counts[number] == 0 for number in houses if away[number] > 62)


def test_gardens_and_fields_touch_no_house_and_no_street() -> None:
    plan = plan_of("medieval")
    houses = np.stack([plot.house.numbers() for plot in plan.plots])
    ways = np.concatenate([strip_rects(street.line, street.half) for street in plan.streets])
    assert len(plan.gardens.beds) > 5 and len(plan.gardens.fields) > 1 and plan.gardens.orchards
    for bed in plan.gardens.beds:
        assert not meets(bed, houses, 0.05).any()
    for rect in (*plan.gardens.fields, *plan.gardens.orchards):
        assert not meets(rect, np.concatenate([houses, ways])).any()
    for plant in plan.gardens.plants:
        assert not meets(Rect(plant.place, (0.1, 0.1), 0.0), houses).any()
    spec = spec_of("medieval")
    grown = plant_gardens(spec, plan.gardens, ground, 20_000, (plan.centre[0], 5.0, plan.centre[1]))
    assert 5_000 < len(grown) <= 20_000
    assert set(grown.label) <= {*labels_under("plant"), *labels_under("tree")}


def test_without_trees_no_garden_has_one() -> None:
    spec = spec_of("medieval").model_copy(update={"without": ("trees",)})
    plan = plan_town(spec, ground, BOUNDS)
    assert not [plant for plant in plan.gardens.plants if PLANTS[plant.species] == "tree"]


def test_a_town_by_the_sea_stays_dry() -> None:
    def slope(flat: Array) -> Array:
        return np.asarray(flat)[:, 0] * 0.08 + 1.0

    spec = spec_of("mediterranean", 25).model_copy(update={"water": Water(sea=True)})
    plan = plan_town(spec, slope, BOUNDS)
    assert len(plan.plots) == 25
    for plot in plan.plots:
        assert (slope(plot.house.corners) > 0.3).all()


def test_town_wall_goes_around_all_plots_and_has_gates() -> None:
    plan = plan_of("medieval", town_wall=True)
    assert plan.wall is not None and len(plan.gates) >= 2
    step = np.roll(plan.wall, -1, axis=0) - plan.wall
    for plot in plan.plots:
        way = np.asarray(plot.house.center) - plan.wall
        side = step[:, 0] * way[:, 1] - step[:, 1] * way[:, 0]
        assert (side > 0).all() or (side < 0).all()


def test_no_roads_no_earthworks_for_them_and_no_buildings_no_plots() -> None:
    assert plan_of("nordic", 8, roads="none").earthworks.roads == ()
    empty = plan_of("nordic", 0, road_count=2, roads="dirt")
    assert empty.plots == ()
    assert len(empty.earthworks.roads) == 2
    assert {road.surface for road in empty.earthworks.roads} == {"dirt"}


def test_the_same_spec_gives_the_same_bytes_and_keeps_its_budget() -> None:
    spec = spec_of("european", 20)
    plan = plan_town(spec, ground, BOUNDS)
    eye = (plan.centre[0], 5.0, plan.centre[1])
    first, lamps = build_town(spec, plan, Ground(), 60_000, eye)
    second, _ = build_town(spec, plan_town(spec, ground, BOUNDS), Ground(), 60_000, eye)
    assert 45_000 < len(first) <= 66_000
    assert len(lamps) > 5
    for name in ("position", "albedo", "size", "label"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()
    assert np.isfinite(first.position).all() and (first.size > 0).all()
    assert np.allclose(np.linalg.norm(first.normal, axis=1), 1, atol=1e-4)


def test_near_buildings_are_finer_and_have_rooms_and_far_ones_have_none() -> None:
    spec = spec_of("european", 30)
    plan = plan_town(spec, ground, BOUNDS)
    eye = np.array([plan.centre[0], 5.0, plan.centre[1]])
    built, _ = build_town(spec, plan, Ground(), 150_000, eye)
    away = np.linalg.norm(built.position - eye, axis=1)
    walls = np.isin(built.label, labels_under("building/wall"))
    assert built.size[walls & (away < 25), 0].mean() < 0.6 * built.size[walls & (away > 70), 0].mean()
    rooms = np.isin(built.label, labels_under("room"))
    assert rooms[away < 30].any() and not rooms[away > 70].any()


def test_ruined_towns_have_lost_their_roofs_and_lights() -> None:
    whole_spec, broken_spec = spec_of("medieval", 12), spec_of("medieval", 12, ruined=True)
    plan = plan_town(whole_spec, ground, BOUNDS)
    eye = (plan.centre[0], 5.0, plan.centre[1])
    whole, _ = build_town(whole_spec, plan, Ground(), 60_000, eye)
    broken, lamps = build_town(broken_spec, plan, Ground(), 60_000, eye)
    roofs = labels_under("building/roof")
    assert np.isin(broken.label, roofs).mean() < 0.5 * np.isin(whole.label, roofs).mean()
    assert not broken.glow.any() and not lamps


@pytest.mark.parametrize("style", STYLES)
def test_one_can_walk_through_the_front_door(style: TownStyle) -> None:
    house = building(style, (10.0, 10.0), 2, seed=3, spacing=0.12).surfels
    doors = house.position[np.isin(house.label, labels_under("building/door"))]
    front = doors[np.abs(doors[:, 2] - 5.0) < 0.4]
    posts = front[(front[:, 1] > 0.4) & (front[:, 1] < 1.9) & (front[:, 2] > 4.98)]
    middle = (posts[:, 0].min() + posts[:, 0].max()) / 2
    tall = (house.position[:, 1] > 0.35) & (house.position[:, 1] < 2.0)
    way = (np.abs(house.position[:, 0] - middle) < 0.25) & (house.position[:, 2] > 4.2) & (house.position[:, 2] < 6.0)
    assert not (tall & way).any(), "something stands in the doorway"
    assert np.isin(house.label, labels_under("room/floor")).any()


def test_styles_differ_and_neighbours_too() -> None:
    tones = [building(style, (9.0, 9.0), 2, seed=4, spacing=0.5).surfels.albedo.mean(axis=0) for style in STYLES]
    for number, tone in enumerate(tones):
        for other in tones[number + 1 :]:
            assert np.abs(tone - other).max() > 0.004
    one, two = (building("european", (9.0, 9.0), 2, seed=seed, spacing=0.5).surfels for seed in (1, 2))
    assert len(one) != len(two) or not np.allclose(one.albedo, two.albedo)


def test_wall_and_roof_are_as_asked() -> None:
    red, blue = (0.8, 0.1, 0.1), (0.1, 0.1, 0.8)
    town = Settlement(buildings=1, wall_material="plaster", wall_colour=red, roof_material="slate", roof_colour=blue)
    made = building("medieval", (9.0, 9.0), 2, town=town, seed=1, spacing=0.3, inside=False).surfels
    wall = made.albedo[np.isin(made.label, labels_under("building/wall"))].mean(axis=0)
    roof = made.albedo[np.isin(made.label, labels_under("building/roof"))].mean(axis=0)
    assert wall[0] > 2 * wall[2]
    assert roof[2] > 1.3 * roof[0]


@pytest.mark.parametrize("name", LANDMARKS)
def test_landmarks_stand_on_the_ground_at_the_height_asked_for(name: str) -> None:
    thing = landmark(name, height=10.0, spacing=0.4, seed=1)
    assert 9.0 < thing.height < 11.2
    assert len(thing.surfels) > 200
    assert thing.surfels.position[:, 1].min() < 0.4
    assert thing.radius >= np.linalg.norm(thing.surfels.position[:, [0, 2]], axis=1).max() - 1e-4


def test_a_bridge_is_told_from_roads_and_houses() -> None:
    assert (landmark("bridge", spacing=0.4).surfels.label == label_index("building/bridge")).all()


def test_unknown_landmarks_are_refused_in_a_sentence() -> None:
    with pytest.raises(InvalidDataError, match="no building 'spaceport'"):
        landmark("spaceport")


def test_landmarks_take_colour_material_and_decay() -> None:
    white, red = landmark("lighthouse", spacing=0.3), landmark("lighthouse", colour=(0.9, 0.1, 0.1), spacing=0.3)
    assert red.surfels.albedo[:, 0].mean() - red.surfels.albedo[:, 2].mean() > 0.1
    assert white.lamps and len(landmark("lighthouse", ruined=True, spacing=0.3).surfels) < len(white.surfels)


def test_a_small_budget_is_kept_though_a_house_could_be_furnished() -> None:
    spec = WorldSpec(kind="town", settlement=Settlement(buildings=6), extent=96, gaussians=9000, seed=3)
    draft = draft_of(spec)
    assert sum(len(part) for part in draft.layers.values()) < 1.25 * spec.gaussians
