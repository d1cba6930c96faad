"""Rooms in their light: by day, at night, and after events."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from worldloom.generate.assemble import assemble
from worldloom.generate.build.interior.draft import draft_interior
from worldloom.generate.event_names import Event
from worldloom.generate.events import happen
from worldloom.generate.light import sky_seen
from worldloom.generate.spec import Interior, Room, WorldSpec
from worldloom.scene.gaussians import SH_C0
from worldloom.scene.semantics import labels_under
from worldloom.scene.world import World


def _room(**changes: object) -> World:
    interior = Interior(rooms=(Room(function="living_room"),))
    spec = WorldSpec(kind="interior", gaussians=50_000, interior=interior, seed=4, **changes)  # type: ignore[arg-type]
    return assemble(draft_interior(spec), spec, "room")


@pytest.fixture(scope="module")
def noon() -> World:
    return _room(hour=12.0)


def _colours(world: World, layer: str, label: str | None = None) -> np.ndarray:
    """sRGB (N, 3) of what is of that class in a layer."""
    found = world.layer(layer)
    colour = 0.5 + SH_C0 * found.gaussians.sh[:, 0].numpy()
    if label is None:
        return colour
    assert found.surface is not None
    return colour[np.isin(found.surface.labels.numpy(), labels_under(label))]


@pytest.mark.parametrize("hour", [12.0, 23.0])
def test_rooms_are_neither_black_nor_burnt_out_by_day_and_night(noon: World, hour: float) -> None:
    world = noon if hour == 12.0 else happen(noon, Event(hour=hour)).world
    colours = _colours(world, "rooms", "room")
    grey = colours @ [0.2126, 0.7152, 0.0722]
    assert 0.25 < np.median(grey) < 0.75
    assert (grey < 0.03).mean() < 0.04 and (grey > 0.985).mean() < 0.06


def test_night_is_seen_through_the_window_and_the_room_turns_warmer(noon: World) -> None:
    night = happen(noon, Event(hour=23.0)).world
    lawn = "ground/grass"
    assert _colours(night, "garden", lawn).mean() < 0.4 * _colours(noon, "garden", lawn).mean()
    by_day, by_lamps = _colours(noon, "rooms", "room").mean(axis=0), _colours(night, "rooms", "room").mean(axis=0)
    assert by_lamps[0] / by_lamps[2] > 1.02 * by_day[0] / by_day[2]


def test_the_same_light_again_gives_the_same_colours(noon: World) -> None:
    back = happen(happen(noon, Event(hour=21.0)).world, Event(hour=12.0)).world
    for layer in (layer for layer in noon.layers if layer.surface is not None):
        assert torch.equal(layer.gaussians.means, back.layer(layer.name).gaussians.means)
    assert np.abs(_colours(noon, "rooms") - _colours(back, "rooms")).mean() < 0.03


def test_snow_lies_in_the_garden_and_not_on_the_carpet(noon: World) -> None:
    white = happen(noon, Event(snow=True, weather="snow")).world
    surface = noon.layer("rooms").surface
    assert surface is not None and sky_seen(surface).max() == 0
    lawn = "ground/grass"
    gain = _colours(white, "garden", lawn).mean() - _colours(noon, "garden", lawn).mean()
    floor = np.median(_colours(white, "rooms", "room/floor")) - np.median(_colours(noon, "rooms", "room/floor"))
    assert gain > 0.15 and abs(floor) < 0.12


def test_floors_are_lighter_by_the_window(noon: World) -> None:
    layer = noon.layer("rooms")
    assert layer.surface is not None
    share = (layer.surface.openness.numpy() / 255.0) ** 2
    labels, means = layer.surface.labels.numpy(), layer.gaussians.means.numpy()
    panes = means[np.isin(labels, labels_under("room/window"))]
    floor = np.isin(labels, labels_under("room/floor"))
    assert len(panes) > 10 and floor.sum() > 1000
    away = np.hypot(*(means[floor][:, None, [0, 2]] - panes[None, ::7, [0, 2]]).transpose(2, 0, 1)).min(axis=1)
    near, far = np.quantile(away, (0.15, 0.85))
    assert share[floor][away < near].mean() > 1.5 * share[floor][away > far].mean() > 0
