"""What surfaces see past one another: answers that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from worldloom.render import cpu
from worldloom.render.shadows import Discs, Voxels, hemisphere, lamplight, openness, roominess, sunlit, voxels_of

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


def test_corners_are_less_roomy_than_open_floors() -> None:
    points, normals, floor = plane(0, 2)
    wall = np.stack([np.full(len(floor.centers), 2.0), floor.centers[:, 0] + 2, floor.centers[:, 2]], axis=1)
    stands = Discs(wall, np.tile([-1.0, 0, 0], (len(wall), 1)), floor.radii)
    roomy = roominess(points, normals, voxels_of(both(floor, stands), 0.1), reach=1.5)
    assert roomy[points[:, 0] < -1].mean() > 0.9
    assert roomy[points[:, 0] > 1.7].mean() < 0.75


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
            answers.append(np.concatenate([open_, bent.ravel(), sunlit(points, normals, discs, UP, cell=0.1)]))
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
