"""From pixels with directions and distances to Gaussians, and their colours fitted to the picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import SH_C0, Gaussians, rgb_to_sh0
from worldloom.scene.rotations import matrix_to_quat

Array = NDArray[Any]

OVERLAP = 0.56
"""Standard deviation over the width of a pixel."""
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


def fit_colours(
    gaussians: Gaussians, views: list[tuple[Camera, Array, Callable[[Array], tuple[Array, Array]]]], rounds: int
) -> Gaussians:
    """Give Gaussians the colours that make their renderings the pictures: what a pixel lacks is added to the Gaussians
    that lie in it (van Cittert's deconvolution, by the renderer itself).

    Args:
        views: camera, picture (h, w, 3) 0..1, and a function that spreads an error (h, w, 3) over Gaussians: (rows,
            (n, 3) what to add to each).
    """
    sh = gaussians.sh.clone()
    for step in range(rounds):
        camera, picture, spread = views[step % len(views)]
        shown = Gaussians(*gaussians.tensors[:4], sh)
        rgb = rasterize(shown, camera, outputs=("rgb",)).rgb
        assert rgb is not None
        rows, lacking = spread(picture - rgb[0].numpy())
        added = torch.from_numpy(np.ascontiguousarray(lacking / SH_C0, np.float32))
        index = torch.from_numpy(rows)
        sh[index, 0] = (sh[index, 0] + added).clamp(-0.75 / SH_C0, 0.75 / SH_C0)
    return Gaussians(*gaussians.tensors[:4], sh)


def joined(parts: list[Gaussians]) -> Gaussians:
    return Gaussians(*(torch.cat(tensors) for tensors in zip(*(part.tensors for part in parts))))
