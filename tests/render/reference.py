"""The rasterizer's definition, in a page of float64 torch: every pixel looks at every Gaussian. Autograd gives the
gradients that the engines are held to."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.sh import sh_basis

ALPHA_MIN, TRANSMITTANCE_STOP, BLUR, NEAR = 1 / 255, 1e-4, 0.3, 0.01


@dataclass(frozen=True, eq=False)
class Reference:
    rgb: Tensor
    """(H, W, 3)"""
    alpha: Tensor
    """(H, W), like the depths."""
    depth: Tensor
    median_depth: Tensor
    normal: Tensor
    """(H, W, 3)"""
    fragile: Tensor
    """(H, W) bool: some alpha or transmittance is so near a threshold that float32 may fall on its other side."""


def rasterize(
    gaussians: Gaussians,
    camera: Camera,
    *,
    sh_degree: int,
    background: Tensor,
    antialias: bool = False,
    alpha_max: float = 0.99,
) -> Reference:
    """All in the dtype of the inputs, which should be float64."""
    pose = camera.world_to_camera
    in_camera = gaussians.means @ pose[:3, :3].T + pose[:3, 3]
    front = in_camera[:, 2] > NEAR
    order = torch.argsort(in_camera[:, 2].detach()[front], stable=True)
    gaussians = gaussians[front.nonzero()[order, 0]]

    mean, covariance, z = project(gaussians, camera)
    blurred = covariance + BLUR * torch.eye(2, dtype=covariance.dtype)
    opacity = torch.sigmoid(gaussians.opacity_logits)
    if antialias:
        opacity = opacity * (torch.linalg.det(covariance) / torch.linalg.det(blurred)).clamp_min(0).sqrt()

    y, x = torch.meshgrid(torch.arange(camera.height), torch.arange(camera.width), indexing="ij")
    pixels = torch.stack([x, y], dim=-1).reshape(-1, 1, 2).to(mean) + 0.5
    offset = pixels - mean
    distance = torch.einsum("pni,nij,pnj->pn", offset, torch.linalg.inv(blurred), offset)
    unclamped = opacity * torch.exp(-0.5 * distance)
    alpha = torch.where(unclamped < ALPHA_MIN, 0.0, unclamped.clamp_max(alpha_max))
    behind = torch.cumprod(1 - alpha, dim=1)
    fragile = _near(unclamped, ALPHA_MIN) | _near(unclamped, alpha_max) | _near(behind, TRANSMITTANCE_STOP)
    fragile = (fragile | _near(behind, 0.5)).any(dim=1)
    alpha = torch.where(behind > TRANSMITTANCE_STOP, alpha, 0.0)
    before = torch.cat([torch.ones_like(behind[:, :1]), behind], dim=1)[:, :-1]
    weight = alpha * before
    transmittance = torch.prod(1 - alpha, dim=1)

    colours = view_colours(gaussians, camera, sh_degree)
    opaque = 1 - transmittance
    crossing = (before > 0.5) & (before * (1 - alpha) <= 0.5) & (weight > 0)
    size = (camera.height, camera.width)
    return Reference(
        rgb=(weight @ colours + transmittance[:, None] * background).reshape(*size, 3),
        alpha=opaque.reshape(size),
        depth=(weight @ z / opaque.clamp_min(1e-10)).reshape(size),
        median_depth=(crossing.to(z) @ z).reshape(size),
        normal=(weight @ normals(gaussians, camera)).reshape(*size, 3),
        fragile=fragile.reshape(size),
    )


def _near(values: Tensor, threshold: float) -> Tensor:
    return (values.detach() / threshold - 1).abs() < 2e-5


def project(gaussians: Gaussians, camera: Camera) -> tuple[Tensor, Tensor, Tensor]:
    """Screen mean (N, 2), screen covariance (N, 2, 2) without blur, camera z (N,)."""
    pose = camera.world_to_camera
    x, y, z = (gaussians.means @ pose[:3, :3].T + pose[:3, 3]).unbind(-1)
    margin_x, margin_y = 0.15 * camera.width / camera.fx, 0.15 * camera.height / camera.fy
    slope_x = (x / z).clamp(-camera.cx / camera.fx - margin_x, (camera.width - camera.cx) / camera.fx + margin_x)
    slope_y = (y / z).clamp(-camera.cy / camera.fy - margin_y, (camera.height - camera.cy) / camera.fy + margin_y)
    zero = torch.zeros_like(z)
    jacobian = torch.stack(
        [
            torch.stack([camera.fx / z, zero, -camera.fx * slope_x / z], dim=-1),
            torch.stack([zero, camera.fy / z, -camera.fy * slope_y / z], dim=-1),
        ],
        dim=1,
    )
    axes = quat_to_matrix(torch.nn.functional.normalize(gaussians.quats, dim=-1))
    half = jacobian @ pose[:3, :3] @ (axes * torch.exp(gaussians.log_scales)[:, None, :])
    mean = torch.stack([camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy], dim=-1)
    return mean, half @ half.transpose(1, 2), z


def view_colours(gaussians: Gaussians, camera: Camera, sh_degree: int) -> Tensor:
    """(N, 3) sRGB from this camera."""
    directions = torch.nn.functional.normalize(gaussians.means - camera.position, dim=-1)
    basis = sh_basis(directions, sh_degree)
    return (0.5 + torch.einsum("nk,nkc->nc", basis, gaussians.sh[:, : basis.shape[1]])).clamp_min(0)


def normals(gaussians: Gaussians, camera: Camera) -> Tensor:
    """(N, 3) the shortest axis in the world, facing the camera."""
    axes = quat_to_matrix(torch.nn.functional.normalize(gaussians.quats, dim=-1))
    shortest = gaussians.log_scales.argmin(dim=1)
    axis = axes[torch.arange(len(axes)), :, shortest]
    facing = ((gaussians.means - camera.position) * axis).sum(dim=-1, keepdim=True)
    return torch.where(facing > 0, -axis, axis)
