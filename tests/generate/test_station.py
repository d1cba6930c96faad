"""Space stations: modules that connect, a window to a planet, and what was asked for."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from worldloom.generate.build.site import Draft
from worldloom.generate.build.station import draft_station
from worldloom.generate.build.station.modules import modules_of
from worldloom.generate.build.station.space import space
from worldloom.generate.spec import Interior, ObjectSpec, WorldSpec
from worldloom.scene.semantics import label_index


def _spec(**changes: object) -> WorldSpec:
    return WorldSpec(kind="space_station", gaussians=60_000, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def station() -> tuple[WorldSpec, Draft]:
    spec = _spec(seed=2)
    return spec, draft_station(spec)


@pytest.mark.parametrize("seed", range(4))
def test_every_module_is_reached(seed: int) -> None:
    rooms = [module.room for module in modules_of(_spec(seed=seed))]
    seen, ahead = {0}, [0]
    while ahead:
        for door in rooms[ahead.pop()].doors():
            if door.leads_to is not None and door.leads_to not in seen:
                seen.add(door.leads_to)
                ahead.append(door.leads_to)
    assert seen == set(range(len(rooms))) and len(rooms) >= 6
    assert {module.use for module in modules_of(_spec(seed=seed))} >= {"deck", "hub", "airlock", "quarters"}


def test_through_the_deck_window_one_sees_the_planet(station: tuple[WorldSpec, Draft]) -> None:
    _, draft = station
    eye = np.array(draft.spawn)
    planet = np.array([-0.34, -0.1, -1.0])
    planet /= np.linalg.norm(planet)
    solid = [pieces for name, pieces in draft.layers.items() if name != "sky"]
    for pieces in solid:
        offset = pieces.position - eye
        along = offset @ planet
        beside = np.linalg.norm(offset - along[:, None] * planet, axis=1)
        struck = (along > 0.3) & (beside < 0.05) & (pieces.opacity > 0.3)
        assert not struck.any()
    sky = draft.layers["sky"]
    toward = sky.position - eye
    near = (toward @ planet) / np.linalg.norm(toward, axis=1) > 0.98
    disc = near & (np.linalg.norm(sky.position, axis=1) < 860)
    assert disc.sum() > 60 and sky.glow[disc].mean() > 0.05
    assert (sky.label == label_index("sky")).all()


def test_one_stands_free_and_looks_out(station: tuple[WorldSpec, Draft]) -> None:
    spec, draft = station
    deck = modules_of(spec)[0].room
    x, y, z = draft.spawn
    assert min(x - deck.min_x, deck.max_x - x, z - deck.min_z, deck.max_z - z) >= 1.0
    assert y == pytest.approx(1.6) and draft.look_at[2] < z
    things = draft.layers["furniture"].position
    body = things[(things[:, 1] > 0.1) & (things[:, 1] < 1.9)]
    assert np.hypot(body[:, 0] - x, body[:, 2] - z).min() > 0.25


def test_budget_and_determinism(station: tuple[WorldSpec, Draft]) -> None:
    spec, draft = station
    assert 0.75 * spec.gaussians < sum(map(len, draft.layers.values())) <= 1.1 * spec.gaussians
    again = draft_station(spec)
    for name, pieces in draft.layers.items():
        for field in fields(pieces):
            value = getattr(pieces, field.name)
            assert np.isfinite(value).all() and np.array_equal(value, getattr(again.layers[name], field.name))


def test_a_red_planet_is_red_and_none_is_none() -> None:
    red = space(_spec(objects=(ObjectSpec(id="planet", what="planet", colour=(0.9, 0.15, 0.1)),)), 6000)
    blue = space(_spec(), 6000)
    ball = np.linalg.norm(red.position, axis=1) < 770
    assert red.glow[ball][:, 0].sum() > 2 * red.glow[ball][:, 2].sum()
    other = np.linalg.norm(blue.position, axis=1) < 770
    assert blue.glow[other][:, 2].sum() > blue.glow[other][:, 0].sum()
    none = space(_spec(without=("planet", "moon")), 6000)
    assert (np.linalg.norm(none.position, axis=1) > 870).all()


def test_windows_plants_and_things_asked_for() -> None:
    closed = modules_of(_spec(interior=Interior(windows=0.0)))
    assert not any(module.room.windows() for module in closed)
    green = _spec(seed=1, objects=(ObjectSpec(id="plants", what="plant_pot", count=2),))
    assert "hydroponics" in {module.use for module in modules_of(green)}
    draft = draft_station(green)
    crops = draft.layers["furniture"].label == label_index("plant/crop")
    assert crops.sum() > 500 and draft.not_built == ()
    many = draft_station(_spec(seed=1, objects=(ObjectSpec(id="piano", what="piano", count=400),)))
    assert any("piano" in text for text in many.not_built)
