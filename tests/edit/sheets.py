"""Flat things to look at, and looking at them."""

from __future__ import annotations

import math

import torch

from worldloom.render.rendering import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0


def seen(gaussians: Gaussians, camera: Camera) -> torch.Tensor:
    rgb = rasterize(gaussians, camera, background=torch.full((3,), 0.6), outputs=["rgb"]).rgb
    assert rgb is not None
    return rgb[0].clamp(0, 1)


def sheet(side: int, seed: int = 0, patches: int = 6) -> Gaussians:
    """Flat Gaussians on a level grid of 2 x 2 metres, chequered."""
    line = (torch.arange(side) + 0.5) / side * 2 - 1
    x, z = (one.flatten() for one in torch.meshgrid(line, line, indexing="ij"))
    count, spacing = side * side, 2 / side
    odd = ((x * patches / 2).floor() + (z * patches / 2).floor()) % 2
    noise = torch.rand(count, 3, generator=torch.Generator().manual_seed(seed)) * 0.1
    colour = torch.tensor([0.7, 0.5, 0.3]) * (0.5 + 0.5 * odd[:, None]) + noise
    size = torch.tensor([0.64 * spacing, 0.002, 0.64 * spacing]).log().repeat(count, 1)
    return Gaussians(
        torch.stack([x, torch.zeros(count), z], dim=1),
        torch.tensor([[1.0, 0, 0, 0]]).repeat(count, 1),
        size,
        torch.full((count,), math.log(0.95 / 0.05)),
        rgb_to_sh0(colour)[:, None],
    )
