"""Turning, levelling and scaling a whole world."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.edit.arranging import assert_alike, camera, furnished, likeness, picture, plate, world_gaussians
from tests.edit.worlds import apply, editing
from tests.scene.samples import random_gaussians
from worldloom.edit.change.level import Reorient, SetScale
from worldloom.edit.change.transform import TransformWorld
from worldloom.edit.operation import Operation
from worldloom.edit.state import EditState
from worldloom.scene.authored import BoxZone, SphereZone, Video
from worldloom.scene.earth import EARTH_RADIUS
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform, merge
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import CapturedView, Pose, Vector

numbers = some.floats(-2, 2)
quats = some.tuples(numbers, numbers, numbers, numbers).filter(lambda q: math.hypot(*q) > 0.1)
QUARTER = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0)
"""A quarter turn about +Y: -Z goes to -X, +X to -Z."""


@pytest.mark.parametrize(
    "operation",
    [
        TransformWorld(rotation=(0.6, 0.3, -0.5, 0.4), translation=(3, -1, 2)),
        TransformWorld(rotation=(0.6, 0.3, -0.5, 0.4), scale=2.5, pivot=(1, 2, 3)),
        Reorient(points=((0, 0, 0), (1, 0.4, 0), (0, 0.2, 1)), ahead=(1, 0, 0)),
        SetScale(start=(0, 0, 0), end=(1, 1, 0), metres=0.7),
    ],
)
def test_a_world_that_moves_with_its_cameras_looks_as_before(operation: Operation) -> None:
    state = editing(furnished(degree=3))
    after = apply(state, operation).state
    views = [
        (state.world.spawn, after.world.spawn),
        (state.world.camera_paths[0].poses[1], after.world.camera_paths[0].poses[1]),
        *(
            (Pose(position=old.position, rotation=old.rotation), Pose(position=new.position, rotation=new.rotation))
            for old, new in zip(state.world.captures, after.world.captures)
        ),
    ]
    assert len(views) == 3
    for old, new in views:
        before = picture(world_gaussians(state), camera(old))
        assert likeness(picture(world_gaussians(after), camera(new)), before) >= 50


@settings(deadline=None, max_examples=25)
@given(quats, some.floats(0.2, 5), some.tuples(numbers, numbers, numbers))
def test_a_world_turned_and_turned_back_is_as_it_was(turn, scale: float, pivot) -> None:
    first = editing(furnished())
    w, x, y, z = turn
    there = apply(first, TransformWorld(rotation=turn, scale=scale, pivot=pivot)).state
    back = apply(there, TransformWorld(rotation=(w, -x, -y, -z), scale=1 / scale, pivot=pivot)).state
    assert_alike(world_gaussians(back), world_gaussians(first))
    old, new = first.world, back.world
    for before, after in (
        (old.spawn.position, new.spawn.position),
        (old.annotations[0].position, new.annotations[0].position),
        (old.captures[0].position, new.captures[0].position),
        (old.environment.sun_direction, new.environment.sun_direction),
        ((old.environment.fog_density,), (new.environment.fog_density,)),
    ):
        assert after == pytest.approx(before, abs=1e-9)
    start, end = (Transform(rotation=world.spawn.rotation).rotation_matrix for world in (old, new))
    assert torch.allclose(start, end, atol=1e-9)
    assert all(a.gaussians is b.gaussians for a, b in zip(first.parts, back.parts)), "no row was rewritten"


def test_what_is_placed_in_the_world_turns_with_it() -> None:
    state = editing(furnished())
    after = apply(state, TransformWorld(rotation=QUARTER)).state.world
    assert after.environment.sun_direction == pytest.approx((0.0, 0.8, -0.6))
    assert after.environment.sun_azimuth == pytest.approx(0.0, abs=1e-9)  # it stood in +X
    assert after.annotations[0].position == pytest.approx((3.0, 2.0, -1.0))
    assert after.captures[0].position == pytest.approx((4.0, 1.5, 0.0))
    assert after.geo_anchor is not None
    assert after.geo_anchor.heading == pytest.approx(120.0)  # what is -Z now was +X, to the right of it
    assert after.collider is None
    assert after.camera_paths[0].seconds == state.world.camera_paths[0].seconds


def test_what_was_authored_turns_and_grows_with_the_world() -> None:
    state = editing(furnished())
    after = apply(state, TransformWorld(rotation=QUARTER, scale=2)).state.world
    gate, brook, film = after.authored.portals[0], *after.authored.media
    assert gate.position == pytest.approx((0, 2, -4)) and gate.rotation == pytest.approx(QUARTER)
    assert gate.size == (2.8, 4.4)
    assert gate.spawn == state.world.authored.portals[0].spawn, "that is in the other world"
    assert brook.position == pytest.approx((6, 0, 0)) and brook.reach == 24
    assert isinstance(film, Video) and film.rotation == pytest.approx(QUARTER) and film.size == (3.2, 1.8)
    swing, lift = after.authored.animations
    assert swing.axis == pytest.approx((0, 0, -1)) and swing.pivot == pytest.approx((6, 4, -2))
    assert (swing.amplitude, lift.amplitude) == (1, 2)
    box, ball = (trigger.zone for trigger in after.authored.triggers)
    assert isinstance(box, BoxZone) and isinstance(ball, SphereZone)
    assert box.center == pytest.approx((0, 0, -2)) and box.size == (2, 4, 6)
    assert ball.center == pytest.approx((2, 0, 0)) and ball.radius == 4
    assert after.authored.weather is not None and after.authored.weather.wind == pytest.approx((0, 0, -1))
    view = after.annotations[0].view
    assert view is not None and view.position == pytest.approx((8, 4, -2)) and view.vertical_fov == 60
    with pytest.raises(InvalidDataError, match="beyond where anything in a world may be"):
        apply(state, SetScale(start=(0, 0, 0), end=(1, 0, 0), metres=9e5))


def test_the_anchor_stays_on_the_same_place_on_earth() -> None:
    """Something 100 m ahead, 30 degrees east of north, becomes the origin."""
    state = editing(furnished())
    anchor = apply(state, TransformWorld(translation=(0, -7, 100))).state.world.geo_anchor
    assert anchor is not None
    north = math.radians(anchor.latitude - 48) * EARTH_RADIUS
    east = math.radians(anchor.longitude - 11) * EARTH_RADIUS * math.cos(math.radians(48))
    assert (north, east) == pytest.approx((100 * math.cos(math.pi / 6), 50.0), abs=1e-3)
    assert anchor.altitude == pytest.approx(507)
    assert anchor.heading == pytest.approx(30)


def test_three_points_become_level_ground() -> None:
    state = editing(furnished())
    points: tuple[Vector, Vector, Vector] = ((0, 1, 0), (2, 1.5, 0), (0, 1, 3))
    orders: list[tuple[Vector, Vector, Vector]] = [points, (points[2], points[1], points[0])]
    for order in orders:
        applied = apply(state, Reorient(points=order))
        motion = applied.state.part("ground").layer.transform
        moved = motion.apply_to_points(torch.tensor(points, dtype=torch.float64))
        assert moved[:, 1].tolist() == pytest.approx([0, 0, 0], abs=1e-9)
        assert applied.figures is not None
        assert applied.figures["degrees"] == pytest.approx(math.degrees(math.atan(0.25)))
        middle = torch.tensor(points, dtype=torch.float64).mean(dim=0)
        assert motion.apply_to_points(middle)[[0, 2]].tolist() == pytest.approx(middle[[0, 2]].tolist())
        above = motion.apply_to_points(torch.tensor([0.0, 9, 0], dtype=torch.float64))
        assert above[1] > 0, "what was above stays above"
        flipped = apply(state, Reorient(points=order, flip=True)).state.part("ground").layer.transform
        assert flipped.apply_to_points(torch.tensor([0.0, 9, 0], dtype=torch.float64))[1] < 0


def test_a_direction_becomes_ahead() -> None:
    points: tuple[Vector, Vector, Vector] = ((0, 0, 0), (0, 0, 1), (1, 0.3, 0))
    motion = apply(editing(), Reorient(points=points, ahead=(1, 0, 0))).state.part("ground").layer.transform
    ahead = motion.rotation_matrix @ torch.tensor([1.0, 0, 0], dtype=torch.float64)
    assert ahead[0] == pytest.approx(0, abs=1e-9) and ahead[2] < -0.9
    with pytest.raises(InvalidDataError, match="square to the ground"):
        apply(editing(), Reorient(points=((0, 0, 0), (0, 0, 1), (1, 0, 0)), ahead=(0, 2, 0)))


def test_points_on_a_line_make_no_plane() -> None:
    lines: list[tuple[Vector, Vector, Vector]] = [
        ((0, 0, 0), (1, 1, 1), (3, 3, 3)),
        ((1, 2, 3), (1, 2, 3), (1, 2, 3)),
    ]
    for points in lines:
        with pytest.raises(InvalidDataError, match="on a line"):
            apply(editing(), Reorient(points=points))


def room(tilt: Transform, views: tuple[CapturedView, ...] = ()) -> EditState:
    """A floor with things on it, walls and a ceiling, put askew."""
    wall = random_gaussians(3000, seed=7)
    wall = replace(wall, means=wall.means * torch.tensor([1.0, 0.6, 0.0]) + torch.tensor([0.0, 1.25, -2.0]))
    pieces: list[Gaussians] = [
        plate(0.0, half=2.0, count=8000),
        plate(0.75, half=0.5, count=1500),
        plate(2.5, half=2.0, count=6000),
        wall,
    ]
    return editing(
        World("Room", (Layer("room", merge(pieces), transform=tilt),), captures=views, spawn=Pose(position=(0, 1, 0)))
    )


@pytest.mark.parametrize("degrees", [0, 12, 35])
@pytest.mark.parametrize("seen", [False, True])
def test_the_floor_is_found_and_becomes_level(degrees: float, seen: bool) -> None:
    half = math.radians(degrees) / 2
    tilt = Transform((0.3, -0.8, 0.2), (math.cos(half), math.sin(half) * 0.6, 0.0, math.sin(half) * 0.8))
    views: tuple[CapturedView, ...] = ()
    if seen:
        x, y, z = tilt.apply_to_points(torch.tensor([0.0, 1.6, 0.0], dtype=torch.float64)).tolist()
        view = CapturedView(name="a", position=(x, y, z), rotation=(1, 0, 0, 0), vertical_fov=50, aspect=1)
        views = (view,)
    applied = apply(room(tilt, views), Reorient())
    assert applied.figures is not None
    assert applied.figures["degrees"] == pytest.approx(degrees, abs=0.1)
    floor = applied.state.parts[0].world_means[:8000, 1]
    assert float(floor.abs().max()) < 0.02


def test_no_floor_is_said() -> None:
    with pytest.raises(InvalidDataError, match="No floor was found"):
        apply(editing(), Reorient())


def test_a_measured_distance_sets_the_scale() -> None:
    state = editing(furnished())
    applied = apply(state, SetScale(start=(1, 2, 3), end=(1, 2, 7), metres=2))
    assert applied.figures == {"factor": 0.5}
    after = applied.state
    assert torch.allclose(after.part("house").world_means, state.part("house").world_means / 2, atol=1e-5)
    assert after.world.spawn.position == pytest.approx([value / 2 for value in state.world.spawn.position])
    assert after.world.environment.fog_density == pytest.approx(0.04)
    for operation, says in (
        (SetScale(start=(1, 2, 3), end=(1, 2, 3), metres=2), "one place"),
        (SetScale(start=(1, 2, 3), end=(1, 2, 3.00001), metres=2000), "Check the points"),
    ):
        with pytest.raises(InvalidDataError, match=says):
            apply(state, operation)
