"""A quick look at surfels through the real rasterizer, lit simply; for whoever works on a builder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.rotations import matrix_to_quat
from worldloom.scene.surfels import Surfels, Vector, unit


def preview(
    pieces: Surfels,
    eye: Vector,
    target: Vector,
    path: Path,
    size: tuple[int, int] = (960, 600),
    sun: Vector = (-0.5, 0.6, 0.45),
    vertical_fov: float = 60.0,
) -> None:
    """Write a PNG of `pieces` seen from `eye` to `target`, in sunlight without shadows."""
    toward = unit(np.asarray(sun, float))
    cosine = (pieces.normal @ toward)[:, None]
    through = pieces.leaf[:, None]
    direct = np.maximum(cosine, 0) * (1 - through) + through * 0.6
    light = pieces.albedo * (
        2.2 * direct * [1.0, 0.93, 0.82] + (0.6 + 0.4 * pieces.normal[:, 1:2]) * [0.55, 0.65, 0.85]
    )
    colour = torch.tensor(((light + pieces.glow) / (light + pieces.glow + 0.55) * 1.35).clip(0, 1) ** (1 / 2.2))
    gaussians = to_gaussians(pieces, rgb_to_sh0(colour.float())[:, None])
    camera = Camera.looking_at(
        torch.tensor(np.asarray(eye, np.float32)),
        torch.tensor(np.asarray(target, np.float32)),
        width=size[0],
        height=size[1],
        vertical_fov=vertical_fov,
    )
    picture = rasterize(gaussians, camera, background=torch.tensor([0.62, 0.74, 0.9]), outputs=("rgb",)).rgb
    assert picture is not None
    from PIL import Image

    Image.fromarray((picture[0].clamp(0, 1).numpy() * 255 + 0.5).astype(np.uint8)).save(path)


def to_gaussians(pieces: Surfels, sh: torch.Tensor) -> Gaussians:
    """Flat Gaussians of surfels, with the colours (N, K, 3) that they were given by light."""
    across = np.cross(pieces.normal, pieces.along)
    frame = torch.from_numpy(np.stack([pieces.along, across, pieces.normal], axis=-1))
    opacity = torch.from_numpy(np.ascontiguousarray(pieces.opacity)).clamp(0.01, 0.99)
    return Gaussians(
        torch.from_numpy(np.ascontiguousarray(pieces.position)).float(),
        matrix_to_quat(frame).float(),
        torch.from_numpy(pieces.size.clip(1e-3)).log().float(),
        torch.logit(opacity).float(),
        sh,
    )
