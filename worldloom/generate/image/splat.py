"""From pixels with directions and distances to Gaussians, and their colours fitted to the picture."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import SH_C0, Gaussians, rgb_to_sh0
from worldloom.scene.rotations import matrix_to_quat

Array = NDArray[Any]

OVERLAP = 0.39
"""Standard deviation over the width of a pixel."""
_GOOD = 10**-3.25
"""Mean squared error at which fitting may stop: 32.5 dB."""
_PACE = 0.14
_BETAS = (0.8, 0.99)
_REACH = 0.8
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
    from worldloom.render.cpu import NativeEngine

    engine = NativeEngine()
    shown = gaussians.map(lambda tensor: tensor.clone().contiguous())
    slopes = shown.map(torch.empty_like)
    colours = shown.sh.numpy()[:count]
    first, second = np.zeros_like(colours), np.zeros_like(colours)
    for step in range(rounds):
        camera, picture = views[step % len(views)]
        missing = engine.forward(shown, camera).rgb - torch.from_numpy(picture)
        if step % len(views) == 0 and step >= 8 and float(missing.square().mean()) < _GOOD:
            break
        engine.backward(missing, out=slopes)
        slope = slopes.sh.numpy()[:count]
        first += (1 - _BETAS[0]) * (slope - first)
        second += (1 - _BETAS[1]) * (slope * slope - second)
        pace = _PACE * 0.12 ** (step / rounds) * math.sqrt(1 - _BETAS[1] ** (step + 1)) / (1 - _BETAS[0] ** (step + 1))
        colours -= pace * first / (np.sqrt(second) + 1e-9)
        # Within reach of black and white, so that nothing glares from the side.
        np.clip(colours, -_REACH / SH_C0, _REACH / SH_C0, out=colours)
    return shown


def joined(parts: list[Gaussians]) -> Gaussians:
    return Gaussians(*(torch.cat(tensors) for tensors in zip(*(part.tensors for part in parts))))
