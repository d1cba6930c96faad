"""From pixels with directions and distances to Gaussians, and their colours fitted to the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import SH_C0, Gaussians, rgb_to_sh0
from worldloom.scene.rotations import matrix_to_quat

Array = NDArray[Any]

OVERLAP = 0.42
"""Standard deviation over the width of a pixel."""
_GOOD = 10**-3.25
"""Mean squared error at which fitting may stop: 32.5 dB."""
_GRAZING = 0.14
"""Least cosine between a surface and the view that its Gaussians are stretched for."""


def splats(points: Array, eye: Array, normals: Array, width: Array, rgb: Array, opacity: float = 0.985) -> Gaussians:
    """One flat Gaussian for each point.

    Args:
        points: (N, 3) metres.
        eye: (3,) from where `width` is seen.
        normals: (N, 3) unit.
        width: (N,) distance between neighbours across the view, metres.
        rgb: (N, 3) sRGB, 0..1 or a little beyond.
    """
    view = points - eye
    view = view / np.linalg.norm(view, axis=1, keepdims=True).clip(1e-9)
    normals = np.where((normals * view).sum(axis=1, keepdims=True) > 0, -normals, normals)
    cosine = -(normals * view).sum(axis=1, keepdims=True)
    level = normals + cosine * view  # the part of the normal across the view
    level /= np.linalg.norm(level, axis=1, keepdims=True).clip(1e-9)
    tilted = -_GRAZING * view + np.sqrt(1 - _GRAZING**2) * level
    normals = np.where(cosine < _GRAZING, tilted, normals)  # seen edge on, they would leave gaps
    across = np.cross(normals, view)
    straight = np.linalg.norm(across, axis=1) < 1e-3
    across[straight] = np.cross(normals[straight], np.array([0.31, 0.87, 0.39]))
    across /= np.linalg.norm(across, axis=1, keepdims=True).clip(1e-9)
    along = np.cross(normals, across)
    cosine = np.abs((normals * view).sum(axis=1)).clip(_GRAZING, 1)
    size = OVERLAP * width[:, None] * np.stack([np.ones_like(cosine), 1 / cosine, np.full_like(cosine, 0.15)], axis=1)
    frame = torch.from_numpy(np.stack([across, along, normals], axis=-1).astype(np.float32))
    logit = float(np.log(opacity / (1 - opacity)))
    return Gaussians(
        torch.from_numpy(np.ascontiguousarray(points, np.float32)),
        matrix_to_quat(frame),
        torch.from_numpy(np.log(size.clip(1e-5)).astype(np.float32)),
        torch.full((len(points),), logit),
        rgb_to_sh0(torch.from_numpy(np.ascontiguousarray(rgb, np.float32)))[:, None],
    )


def normals_of(points: Array, q: Array, ground: NDArray[np.bool_], eye: Array) -> Array:
    """(H, W, 3) unit normals: up for ground; else across smoothed neighbours, towards the eye where a jump is near."""
    import cv2

    smooth = cv2.GaussianBlur(points.astype(np.float32), (0, 0), 2.0)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3)
    normal = np.cross(dx, dy)
    normal /= np.linalg.norm(normal, axis=2, keepdims=True).clip(1e-12)
    toward = eye - points
    toward = toward / np.linalg.norm(toward, axis=2, keepdims=True).clip(1e-9)
    kernel = np.ones((9, 9), np.uint8)
    torn = cv2.dilate(q, kernel) > 1.12 * cv2.erode(q, kernel)
    grazing = np.abs((normal * toward).sum(axis=2)) < 0.25
    normal = np.where((torn | grazing)[..., None], toward, normal)
    normal[ground] = [0.0, 1.0, 0.0]
    return normal


def fit_colours(gaussians: Gaussians, count: int, views: list[tuple[Camera, Array]], rounds: int) -> Gaussians:
    """The first `count` Gaussians with colours that make renderings the pictures: least squares by the renderer's own
    gradient (Adam; Kingma and Ba 2015).

    Args:
        views: cameras and their pictures (h, w, 3) in 0..1; one is looked at in each round, in turn.
    """
    fixed = gaussians.sh[count:]
    sh = gaussians.sh[:count].clone().requires_grad_()
    optimiser = torch.optim.Adam([sh], lr=0.14, betas=(0.8, 0.99))
    for step in range(rounds):
        for group in optimiser.param_groups:
            group["lr"] = 0.14 * (0.12 ** (step / rounds))
        camera, picture = views[step % len(views)]
        shown = Gaussians(*gaussians.tensors[:4], torch.cat([sh, fixed]))
        rgb = rasterize(shown, camera, outputs=("rgb",)).rgb
        assert rgb is not None
        optimiser.zero_grad()
        missing = (rgb[0] - torch.from_numpy(picture)).square()
        if step % len(views) == 0 and step >= 8 and float(missing.detach().mean()) < _GOOD:
            break
        missing.sum().backward()
        optimiser.step()
        with torch.no_grad():  # within reach of black and white, so that nothing glares from the side
            sh.clamp_(-0.62 / SH_C0, 0.62 / SH_C0)
    return Gaussians(*gaussians.tensors[:4], torch.cat([sh.detach(), fixed]))


def joined(parts: list[Gaussians]) -> Gaussians:
    return Gaussians(*(torch.cat(tensors) for tensors in zip(*(part.tensors for part in parts))))
