"""Small random scenes for the renderer's tests."""

from __future__ import annotations

from dataclasses import replace

import torch

from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians


def random_gaussians(count: int, *, sh_degree: int = 3, seed: int = 0) -> Gaussians:
    """Blobs of 3 to 28 cm in a 4 m box in front of the origin, quaternions not normalised."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(*size: int) -> torch.Tensor:
        return torch.rand(*size, generator=generator)

    def normal(*size: int) -> torch.Tensor:
        return torch.randn(*size, generator=generator)

    return Gaussians(
        means=torch.stack([uniform(count) * 4 - 2, uniform(count) * 4 - 2, uniform(count) * 4 + 1], dim=-1),
        quats=normal(count, 4),
        log_scales=torch.log(0.03 + 0.25 * uniform(count, 3)),
        opacity_logits=normal(count) * 2,
        sh=normal(count, (sh_degree + 1) ** 2, 3) * 0.3,
    )


def tilted_camera(width: int = 53, height: int = 41) -> Camera:
    """Turned by 0.2 rad about y, off the origin, its principal point off the middle, pixels not quite square."""
    angle = torch.tensor(0.2)
    pose = torch.eye(4)
    pose[0, 0], pose[0, 2], pose[2, 0], pose[2, 2] = angle.cos(), angle.sin(), -angle.sin(), angle.cos()
    pose[:3, 3] = torch.tensor([0.1, -0.2, 0.5])
    return Camera(width, height, 0.9 * width, 0.95 * width, width / 2 + 1.3, height / 2 - 0.7, pose)


def to_float64(gaussians: Gaussians, camera: Camera) -> tuple[Gaussians, Camera]:
    """Copies that record gradients."""
    pose = camera.world_to_camera.detach().double().requires_grad_()
    return gaussians.map(lambda t: t.detach().double().requires_grad_()), replace(camera, world_to_camera=pose)
