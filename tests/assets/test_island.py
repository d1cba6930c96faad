"""The procedural island: the same every time, and without the faults of its kind."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from worldloom.assets.island import terrain
from worldloom.assets.make_island import make_island
from worldloom.generate import noise
from worldloom.generate.shapes import cover_mesh, patch
from worldloom.scene.gaussians import Gaussians


@pytest.fixture(scope="module")
def small() -> dict[str, Gaussians]:
    return make_island(detail=0.08)


@pytest.mark.slow
def test_the_same_seed_grows_the_same_island_and_another_one_another(small: dict[str, Gaussians]) -> None:
    again = make_island(detail=0.08)
    for name, gaussians in small.items():
        assert all(torch.equal(first, second) for first, second in zip(gaussians.tensors, again[name].tensors))
    assert not torch.equal(make_island(seed=8, detail=0.08)["island"].means[:100], small["island"].means[:100])


def test_gaussians_are_flat_and_opaque_and_their_colours_can_be_shown(small: dict[str, Gaussians]) -> None:
    assert list(small) == ["island", "sea", "sky"]
    assert [gaussians.sh_degree for gaussians in small.values()] == [0, 1, 0]
    island = small["island"]
    thickness = island.scales.amin(dim=1) / island.scales.sort(dim=1).values[:, 1]
    assert float(thickness.median()) < 0.35
    assert float(island.opacities.min()) > 0.9
    color = 0.5 + 0.28209 * island.sh[:, 0]
    assert float(color.min()) >= -1e-3
    assert float(color.max()) <= 1.001
    assert float(color.std()) > 0.15, "light and shadow, not one tone"


def test_cliffs_are_covered_as_densely_as_level_ground() -> None:
    rng = np.random.default_rng(0)
    vertices = np.array([[0, 0, 0], [4, 0, 0], [4, 0, 4], [0, 0, 4], [0, 9, 0], [4, 9, 0]], float)
    faces = np.array([[0, 2, 1], [0, 3, 2], [0, 1, 5], [0, 5, 4]])
    pieces = cover_mesh(vertices, faces, 0.2, rng)
    level = (pieces.position[:, 1] == 0).sum() / 16
    cliff = (pieces.position[:, 1] > 0).sum() / 36
    assert level == pytest.approx(25, rel=0.05)
    assert cliff == pytest.approx(25, rel=0.05)


def test_a_patch_faces_along_times_across_and_stays_inside() -> None:
    wall = patch((1, 0, 0), (3, 0, 0), (0, 2, 0), 0.1, np.random.default_rng(0))
    assert np.allclose(wall.normal, (0, 0, 1))
    assert (wall.position >= (1, 0, 0)).all()
    assert (wall.position <= (4, 2, 0)).all()
    assert len(wall) == 600


def test_the_path_can_be_walked_up_to_the_lighthouse() -> None:
    path = np.concatenate([np.linspace(a, b, 40) for a, b in zip(terrain.PATH[2:-1], terrain.PATH[3:])])
    height = terrain.height(path)
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    climbing = np.diff(height)[steps > 1e-9] / steps[steps > 1e-9]
    assert height.min() > 0.5
    assert np.abs(climbing).max() < 1.0
    assert height[-1] == pytest.approx(6.6, abs=0.5)


def test_noise_is_smooth_bounded_and_the_same_for_shifted_arrays() -> None:
    points = np.random.default_rng(0).uniform(-50, 50, (4000, 3))
    values = noise.noise(points, 3)
    assert np.abs(values).max() <= 1
    assert values.std() > 0.2
    assert np.abs(noise.noise(points + 1e-4, 3) - values).max() < 2e-3
    assert np.array_equal(noise.noise(points[7:], 3), values[7:])
    assert not np.allclose(noise.noise(points, 4), values)
