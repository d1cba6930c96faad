"""The courtyard's photos and what is done to its reconstruction."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.scene.samples import random_gaussians
from worldloom.assets import make_courtyard, make_sample


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
