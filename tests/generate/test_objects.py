"""Objects: every name builds true to size, and stands where its relations say."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from tests.generate.plain_site import PlainSite
from worldloom.generate import catalogue
from worldloom.generate.build.objects import make
from worldloom.generate.build.objects.making import RECIPES
from worldloom.generate.build.objects.placing import Extent, Placements, place
from worldloom.generate.build.things import can_make, put_things, stand_things
from worldloom.generate.spec import ObjectSpec, Relation, WorldSpec
from worldloom.scene.errors import InvalidDataError

MADE_BY_TOWN = (
    "house", "cottage", "cabin", "hut", "barn", "tower", "skyscraper", "castle",
    "church", "temple", "pagoda", "pyramid", "mosque", "lighthouse", "windmill", "watermill",
    "bridge", "pier", "wall", "gate", "arch", "ruin", "market_stall", "torii",
    "gazebo", "greenhouse", "water_tower",
)  # fmt: skip
EYE, TARGET = (0.0, 3.0, 40.0), (0.0, 2.0, 0.0)


def test_every_name_is_made_here_or_by_the_town_package() -> None:
    assert set(catalogue.OBJECTS) == {*RECIPES, *MADE_BY_TOWN}
    assert all(can_make(name) for name in catalogue.OBJECTS)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_an_object_is_as_tall_as_declared_and_stands_on_the_ground(name: str) -> None:
    coarse = 1.6 * RECIPES[name].spacing
    made = make(name, seed=1, spacing=coarse)
    pieces = made.surfels
    assert made.height == pytest.approx(RECIPES[name].height, rel=0.1, abs=0.01)
    assert abs(float(pieces.position[:, 1].min())) < 0.06 * made.height + 0.012
    assert np.linalg.norm(pieces.normal, axis=1) == pytest.approx(1.0, abs=2e-3)
    assert np.isfinite(pieces.position).all() and (pieces.size > 0).all()
    assert pieces.albedo.std(axis=0).max() > 0.002
    assert np.linalg.norm(pieces.position[:, [0, 2]], axis=1).max() <= made.radius + 1e-4


def test_no_two_names_have_the_same_form() -> None:
    seen: dict[str, str] = {}
    for name in RECIPES:
        position = make(name, seed=1, spacing=1.6 * RECIPES[name].spacing).surfels.position
        print_ = hashlib.sha256(np.ascontiguousarray(position).tobytes()).hexdigest()
        assert print_ not in seen, f"{name} looks as {seen[print_]}"
        seen[print_] = name


def test_what_is_asked_for_shows() -> None:
    red = make("chair", colour=(0.9, 0.05, 0.05)).surfels.albedo.mean(axis=0)
    assert red[0] > 5 * red[1]
    assert make("chair", height=1.84).height == pytest.approx(1.84, rel=0.05)
    assert make("vase", size="huge").height > 2 * make("vase").height
    assert make("boulder", glowing=True).lamps and not make("boulder").lamps
    whole, worn = make("table"), make("table", ruined=True)
    assert len(worn.surfels) < len(whole.surfels)
    with pytest.raises(InvalidDataError, match="no object 'sofabed'"):
        make("sofabed")


def test_the_same_seed_gives_the_same_bytes() -> None:
    from worldloom.generate.build.objects import making

    given = ("cat", None, "normal", None, None, False, False, 5, 0.03)
    first, again = (making._make.__wrapped__(*given).surfels for _ in range(2))  # pyright: ignore[reportPrivateUsage]
    assert np.array_equal(first.position, again.position) and np.array_equal(first.albedo, again.albedo)


def test_a_coarser_spacing_takes_fewer_surfels() -> None:
    assert len(make("sofa", spacing=0.1).surfels) < 0.35 * len(make("sofa").surfels)


def _one(id_: str, what: str, *said: tuple[str, str], count: int = 1, other: str | None = None) -> ObjectSpec:
    relations = tuple(Relation.model_validate({"relation": r, "target": t, "other": other}) for r, t in said)
    return ObjectSpec(id=id_, what=what, count=count, relations=relations)


def _placed(*objects: ObjectSpec, site: PlainSite | None = None) -> tuple[dict[str, np.ndarray], Placements]:
    spec = WorldSpec(objects=objects, extent=120)
    sizes = {one.id: Extent(0.8, 1.2) if one.what != "castle" else Extent(12.0, 20.0) for one in objects}
    found = place(spec, site or PlainSite(120), EYE, TARGET, sizes)
    at: dict[str, list[tuple[float, float]]] = {}
    for spot in found.spots:
        at.setdefault(spot.id, []).append((spot.x, spot.z))
    return {name: np.array(spots) for name, spots in at.items()}, found


def test_relations_hold() -> None:
    at, found = _placed(
        _one("seats", "bench", ("around", "fire"), count=5),
        _one("fire", "campfire"),
        _one("castle", "castle"),
        _one("guard", "person", ("in_front_of", "castle")),
        _one("thief", "person", ("behind", "castle")),
        _one("dog", "dog", ("beside", "guard")),
        _one("cup", "cup", ("on", "well")),
        _one("well", "well"),
        _one("a", "boulder", ("near", "left")),
        _one("b", "boulder", ("near", "right")),
        _one("sign", "signpost", ("between", "a"), other="b"),
    )
    eye = np.array([EYE[0], EYE[2]])
    ring = at["seats"] - at["fire"][0]
    assert len(ring) == 5 and np.ptp(np.linalg.norm(ring, axis=1)) < 1.0
    angle = np.sort(np.arctan2(ring[:, 0], ring[:, 1]))
    assert np.diff([*angle, angle[0] + 2 * np.pi]).max() < 2.0
    far = {name: np.linalg.norm(spots[0] - eye) for name, spots in at.items()}
    assert far["guard"] < far["castle"] - 9 and far["thief"] > far["castle"] + 9
    assert np.linalg.norm(at["dog"][0] - at["guard"][0]) < 6
    assert np.linalg.norm(at["cup"][0] - at["well"][0]) < 0.5
    assert next(spot for spot in found.spots if spot.id == "cup").bearer == "well"
    ends = at["b"][0] - at["a"][0]
    share = (at["sign"][0] - at["a"][0]) @ ends / (ends @ ends)
    assert 0.2 < share < 0.8
    for seat in (spot for spot in found.spots if spot.id == "seats"):
        inwards = at["fire"][0] - [seat.x, seat.z]
        assert np.array([np.sin(seat.turn), np.cos(seat.turn)]) @ inwards > 0.95 * np.linalg.norm(inwards)


def test_nothing_intersects_and_things_are_in_view() -> None:
    _, found = _placed(_one("sheep", "sheep", count=14), _one("tent", "tent", count=3), _one("castle", "castle"))
    radius = {"castle": 12.0}
    for index, one in enumerate(found.spots):
        for other in found.spots[:index]:
            room = radius.get(one.id, 0.8) + radius.get(other.id, 0.8)
            assert np.hypot(one.x - other.x, one.z - other.z) > room
    ahead = [EYE[2] - spot.z > 0.6 * abs(spot.x) for spot in found.spots]
    assert np.mean(ahead) > 0.9
    assert len(found.spots) == 18


def test_boats_float_and_other_things_keep_dry() -> None:
    site = PlainSite(120, relief=6.0, level=0.0)
    at, found = _placed(_one("boat", "boat"), _one("cow", "cow", count=4), site=site)
    assert found.spots[0].bearer == "water"
    assert site.height(at["boat"])[0] < -0.3
    assert (site.height(at["cow"]) > 0.0).all()


def test_what_has_no_room_is_told() -> None:
    spec = WorldSpec(objects=(_one("castle", "castle", count=30),), extent=60)
    found = place(spec, PlainSite(60), EYE, TARGET, {"castle": Extent(12.0, 20.0)})
    assert 0 < len(found.spots) < 30
    assert "room for only" in found.not_built[0]


def test_things_stand_on_the_ground_within_the_budget() -> None:
    spec = WorldSpec(
        objects=(_one("t", "table"), _one("v", "vase", ("on", "t")), _one("b", "hot_air_balloon"), _one("o", "oak")),
        extent=120,
    )
    site = PlainSite(120)
    things = put_things(spec, site, EYE, TARGET)
    assert not things.not_built and len(things.spots) == 4
    pieces, lamps = stand_things(things, site, EYE, 20_000)
    assert 3_000 < len(pieces) <= 20_000 and len(lamps) == 1
    ground = site.height(np.asarray(pieces.position[:, [0, 2]]))
    above = pieces.position[:, 1] - ground
    assert above.min() > -1.5
    vase = next(spot for spot in things.spots if spot.id == "v")
    near = np.hypot(pieces.position[:, 0] - vase.x, pieces.position[:, 2] - vase.z) < 0.1
    level = float(site.height(np.array([[vase.x, vase.z]]))[0])
    assert pieces.position[near, 1].max() == pytest.approx(level + 0.76 + 0.36, abs=0.08)
