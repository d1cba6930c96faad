"""How much of a picture each Gaussian fills."""

from __future__ import annotations

import torch
from torch import Tensor

from worldloom.render.cpu import NativeEngine
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import SH_C0, Gaussians

SEEN = 0.5
"""Pixels that a Gaussian must fill for a picture to show it."""


def pixels_filled(
    engine: NativeEngine, gaussians: Gaussians, camera: Camera, values: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """(N,) pixels that each Gaussian fills, by its share in each; and (N,) the sum of `values` over them.

    The share that a Gaussian has in a pixel is the gradient of the pixel's colour with respect to the Gaussian's, which
    the engine's backward pass sums up for all pixels at once.

    Args:
        values: (H, W) any quantity of the picture; None: zero.
    """
    flat = Gaussians(*gaussians.tensors[:4], torch.full((len(gaussians), 1, 3), 0.1))
    rendered = engine.forward(flat, camera, sh_degree=0)
    v_rgb = torch.zeros_like(rendered.rgb)
    v_rgb[:, :, 0] = 1 / SH_C0
    if values is not None:
        v_rgb[:, :, 1] = values / SH_C0
    found = engine.backward(v_rgb).gaussians.sh[:, 0]
    return found[:, 0], found[:, 1]
