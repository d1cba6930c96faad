from __future__ import annotations

import torch

from worldloom.reconstruct.pose_refinement import PoseRefinement, twist_matrix


def reprojection(pose: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    seen = points @ pose[:3, :3].T + pose[:3, 3]
    return seen[:, :2] / seen[:, 2:]


def test_finds_back_a_pose_that_was_pushed_away() -> None:
    generator = torch.Generator().manual_seed(0)
    points = torch.rand(200, 3, generator=generator) * 2 - 1 + torch.tensor([0.0, 0, 4])
    truth = twist_matrix(torch.tensor([0.2, -0.1, 0.3]), torch.tensor([0.1, 0.2, -0.1]))
    target = reprojection(truth, points)
    pushed = twist_matrix(torch.tensor([0.02, -0.03, 0.01]), torch.tensor([0.01, -0.02, 0.015])) @ truth
    refinement = PoseRefinement.start(torch.stack([truth, pushed]))

    def error() -> float:
        return float((reprojection(refinement.world_to_camera[1], points) - target).norm(dim=1).mean())

    before = error()
    for step in range(1, 400):
        pose = refinement.world_to_camera[1].clone().requires_grad_()
        ((reprojection(pose, points) - target) ** 2).sum().backward()
        assert pose.grad is not None
        rate = 2e-3 * 0.99**step
        refinement.backward(1, pose.grad, learning_rate=rate, extent=1.0, step=step)
    assert error() < 0.1 * before
    refined = refinement.world_to_camera[1]
    assert torch.allclose(refined[:3, :3] @ refined[:3, :3].T, torch.eye(3), atol=1e-5), "stays rigid"


def test_the_first_photo_stays_where_it_is() -> None:
    refinement = PoseRefinement.start(torch.eye(4).repeat(2, 1, 1))
    refinement.backward(0, torch.ones(4, 4), learning_rate=0.1, extent=1.0, step=1)
    assert torch.equal(refinement.world_to_camera[0], torch.eye(4))
