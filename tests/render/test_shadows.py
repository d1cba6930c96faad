"""What surfaces see past one another: answers that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from worldloom.render import cpu
from worldloom.render.shadows import (
    Discs,
    Voxels,
    cubes_of,
    hemisphere,
    lamplight,
    openness,
    room_light,
    sunlit,
    voxels_of,
)

UP = np.array([0.0, 1.0, 0.0])


def plane(height: float, half: float, step: float = 0.1) -> tuple[np.ndarray, np.ndarray, Discs]:
    """A level square of discs."""
    x, z = np.meshgrid(np.arange(-half, half, step), np.arange(-half, half, step))
    points = np.stack([x.ravel(), np.full(x.size, height), z.ravel()], axis=1)
    normals = np.tile(UP, (len(points), 1))
    return points, normals, Discs(points, normals, np.full(len(points), step))


def both(first: Discs, second: Discs) -> Discs:
    return Discs(
        *(np.concatenate([getattr(first, name), getattr(second, name)]) for name in ("centers", "normals", "radii"))
    )


@pytest.mark.parametrize("elevation", [80, 45, 20, 8])
def test_open_ground_lies_in_the_sun(elevation: float) -> None:
    points, normals, ground = plane(0, 6)
    toward = np.array([np.cos(np.radians(elevation)), np.sin(np.radians(elevation)), 0.0])
    assert sunlit(points, normals, ground, toward, cell=0.1, soft=2).min() > 0.95


def test_a_roof_throws_its_shadow_where_the_sun_puts_it() -> None:
    points, normals, ground = plane(0, 8)
    _, _, roof = plane(2.0, 1.0)
    lit = sunlit(points, normals, both(ground, roof), np.array([1.0, 1.0, 0.0]) / np.sqrt(2), cell=0.05)
    # At 45 degrees from +X, a roof 2 m up darkens what lies 2 m towards -X of it.
    inside = (np.abs(points[:, 0] + 2) < 0.8) & (np.abs(points[:, 2]) < 0.8)
    outside = (np.abs(points[:, 0] + 2) > 1.2) | (np.abs(points[:, 2]) > 1.2)
    assert lit[inside].max() < 0.05 and lit[outside].min() > 0.95


def test_under_a_wide_roof_no_sky_is_seen_and_at_its_edge_half() -> None:
    points, normals, ground = plane(0, 1.0, 0.2)
    leaf = np.zeros(len(points))
    open_, bent = openness(points, normals, leaf, ground, cell=0.1)
    assert open_.min() > 0.95 and (bent @ UP).min() > 0.95
    _, _, wide = plane(1.0, 12)
    assert openness(points, normals, leaf, both(ground, wide), cell=0.1)[0].max() < 0.06
    half = Discs(
        wide.centers[wide.centers[:, 0] > 0], wide.normals[wide.centers[:, 0] > 0], wide.radii[wide.centers[:, 0] > 0]
    )
    edge = np.abs(points[:, 0]) < 0.15
    seen, towards = openness(points, normals, leaf, both(ground, half), cell=0.1)
    assert 0.35 < seen[edge].mean() < 0.65
    assert towards[edge, 0].mean() < -0.2, "the open part lies towards -X"


def test_lamps_fall_off_with_the_square_of_the_distance_and_not_through_walls() -> None:
    points = np.array([[1.0, 0, 0], [2.0, 0, 0], [4.0, 0, 0]])
    normals = np.tile([-1.0, 0, 0], (3, 1))
    none = Voxels(np.zeros((1, 1, 1), np.uint8), np.full(3, -50.0), 0.1)
    lamp = np.zeros((1, 3)), np.ones((1, 3)), np.array([100.0])
    light = lamplight(points, normals, np.zeros(3), none, *lamp)[:, 0]
    assert light == pytest.approx([1, 1 / 4, 1 / 16], rel=1e-3)
    wall = np.stack(np.meshgrid([1.5], np.arange(-1, 1, 0.05), np.arange(-1, 1, 0.05)), axis=-1).reshape(-1, 3)
    stands = Discs(wall, np.tile([1.0, 0, 0], (len(wall), 1)), np.full(len(wall), 0.05))
    light = lamplight(points, normals, np.zeros(3), voxels_of(stands, 0.1), *lamp)[:, 0]
    assert light[0] == pytest.approx(1, rel=1e-3) and light[1] == 0 and light[2] == 0
    assert not lamplight(points, -normals, np.zeros(3), none, *lamp).any(), "what faces away is dark"


def box_room(half: float, hole: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places, normals and areas inside a cube of that half edge, with a square hole in the middle of its ceiling."""
    step = 0.1
    u, v = (axis.ravel() for axis in np.meshgrid(*[np.arange(-half + step / 2, half, step)] * 2))
    places, normals = [], []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            place, normal = np.zeros((len(u), 3)), np.zeros(3)
            place[:, axis], place[:, axis - 2], place[:, axis - 1] = sign * half, u, v
            normal[axis] = -sign
            solid = np.ones(len(u), bool)
            if axis == 1 and sign > 0:
                solid = (np.abs(u) > hole) | (np.abs(v) > hole)
            places.append(place[solid])
            normals.append(np.tile(normal, (int(solid.sum()), 1)))
    points = np.concatenate(places)
    return points, np.concatenate(normals), np.full(len(points), step**2)


def lit_room(half: float, hole: float, grey: float, lamps: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    points, normals, areas = box_room(half, hole)
    cubes = cubes_of(Discs(points, normals, np.full(len(points), 0.08)), np.full(3, -2.05), np.full(3, 2.05), 0.07)
    lamp = np.zeros((int(lamps), 3)), np.ones((int(lamps), 3)), np.full(int(lamps), 50.0)
    sky, light = room_light(
        points,
        normals,
        np.zeros(len(points)),
        np.full((len(points), 3), grey),
        areas,
        cubes,
        lamp,
        rays=320,
        bounces=12,
    )
    return points, sky, light


def test_a_hole_in_the_ceiling_lights_the_floor_by_its_form_factor() -> None:
    points, sky, _ = lit_room(2.0, 0.5, 0.0, False)
    floor = np.hypot(points[:, 0], points[:, 2]) < 0.3
    floor &= points[:, 1] < -1.9
    # A square of 1 m seen from 4 m below its middle (Howell's C-41 four times, of 0.5 m each).
    a = 0.5 / 4
    corner = 2 * a / np.sqrt(1 + a * a) * np.arctan(a / np.sqrt(1 + a * a)) / (2 * np.pi)
    assert sky[floor].mean() == pytest.approx(4 * corner, rel=0.25)
    walls = np.abs(points[:, 0]) > 1.9
    assert 0 < sky[walls].mean() < sky[floor].mean()
    assert sky[points[:, 1] > 1.9].max() < 0.01, "the ceiling sees no sky"


def test_walls_throw_the_light_of_a_lamp_back_as_often_as_they_are_white() -> None:
    points, _, black = lit_room(2.0, 0.0, 0.0, True)
    _, sky, grey = lit_room(2.0, 0.0, 0.5, True)
    assert sky.mean() < 1e-3 and sky.max() < 0.01, "a closed room has no sky"
    middle = np.abs(points).max(axis=1) > 1.9
    # In a closed room of one grey, all that falls is what falls straight over one less the grey.
    assert grey[middle].mean() == pytest.approx(black[middle].mean() / (1 - 0.5), rel=0.12)
    near_corner = (np.abs(points) > 1.8).sum(axis=1) == 3
    assert grey[near_corner].min() > 0.3 * np.median(grey), "no dark seams where walls meet"


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-3, 3, (9000, 3))
    normals = rng.normal(size=(9000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    discs = Discs(points, normals, np.full(9000, 0.1))
    answers = []
    for threads in (1, 2, 5):
        cpu.set_threads(threads)
        try:
            open_, bent = openness(points, normals, np.full(9000, 0.3), discs, cell=0.1)
            room = lit_room(2.0, 0.5, 0.5, True)
            answers.append(
                np.concatenate(
                    [open_, bent.ravel(), sunlit(points, normals, discs, UP, cell=0.1), *map(np.ravel, room)]
                )
            )
        finally:
            cpu.set_threads(None)
    assert np.array_equal(answers[0], answers[1]) and np.array_equal(answers[0], answers[2])


def test_the_hemisphere_is_covered_evenly() -> None:
    directions = hemisphere(400)
    assert np.linalg.norm(directions, axis=1) == pytest.approx(np.ones(400))
    assert directions[:, 1].min() > 0 and directions.mean(axis=0) == pytest.approx([0, 0.5, 0], abs=0.03)


def test_nothing_casts_no_shadow() -> None:
    points, normals, _ = plane(0, 1)
    nothing = Discs(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0))
    assert sunlit(points, normals, nothing, UP, cell=0.1).min() == 1
    assert openness(points, normals, np.zeros(len(points)), nothing, cell=0.1)[0].min() == 1
    assert voxels_of(nothing, 0.1).full.sum() == 0
