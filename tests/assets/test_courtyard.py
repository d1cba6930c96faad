"""The courtyard's photos and what is done to its reconstruction."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.scene.samples import random_gaussians
from worldloom.assets import make_courtyard, make_sample
from worldloom.assets.samples import SAMPLES, load
from worldloom.scene.collider import collider_mesh, solid_gaussians
from worldloom.scene.standing import floor_beneath


def test_photos_are_taken_from_proper_poses_and_the_bundled_ones_come_first() -> None:
    shots = make_courtyard.shots()
    assert np.array_equal(shots[5].position, make_sample.shot(5).position)
    for shot in shots:
        assert np.linalg.det(shot.rotation) == pytest.approx(1, abs=1e-5)
        assert shot.rotation[1, 1] < -0.6, "the camera's down is the world's down"
        assert 1.2 < shot.position[1] < 4


def test_what_is_far_comes_within_reach_and_looks_the_same() -> None:
    center = (1.0, 1.6, 4.0)
    gaussians = random_gaussians(200, seed=4)
    spread = gaussians.means * torch.logspace(0, 6, 200)[:, None]
    far = type(gaussians)(spread, *gaussians.tensors[1:])
    near = make_courtyard.within_reach(far, center, farthest=100.0)
    before, after = far.means - torch.tensor(center), near.means - torch.tensor(center)
    assert float(after.norm(dim=1).max()) <= 100.01
    assert torch.allclose(
        torch.nn.functional.normalize(before, dim=1), torch.nn.functional.normalize(after, dim=1), atol=1e-4
    )
    angles = far.scales / before.norm(dim=1, keepdim=True), near.scales / after.norm(dim=1, keepdim=True)
    assert torch.allclose(*angles, rtol=1e-3)
    close = before.norm(dim=1) < 99
    assert torch.allclose(far.means[close], near.means[close], atol=1e-4)


def test_what_is_seen_through_the_ground_comes_up_to_it_along_the_line_of_sight() -> None:
    gaussians = random_gaussians(4, seed=1)
    places = torch.tensor([[0.0, -1.9, 7.3], [0.0, -1.9, 3.5], [0.0, 0.4, 5.0], [0.0, -0.02, 5.0]])
    ring = type(gaussians)(places, *gaussians.tensors[1:])
    raised = make_courtyard.onto_the_ground(ring)
    assert torch.allclose(raised.means[0], torch.tensor([0.0, 0.0, 5.3]), atol=1e-5)
    assert float(raised.scales[0, 1]) == pytest.approx(0.01), "flat on the ground"
    assert torch.equal(raised.means[1:], places[1:])
    assert torch.equal(raised.log_scales[1:], ring.log_scales[1:])


def test_the_whole_courtyard_has_a_floor() -> None:
    courtyard = next(sample for sample in SAMPLES if sample.name == "courtyard")
    mesh = collider_mesh(solid_gaussians(load(courtyard)))
    places = [(r * np.sin(a), 1.2, r * np.cos(a)) for r in (3, 4, 5, 6, 7, 8) for a in np.linspace(0, 6.2, 24)]
    floors = [floor_beneath(mesh, np.array(place)) for place in places]
    found = np.array([floor for floor in floors if floor is not None])
    assert len(found) > 0.95 * len(places)
    assert np.median(np.abs(found)) < 0.03
