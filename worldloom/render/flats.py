"""Flat pieces of surface as Gaussians: ordered in space, turned, made. On the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.render.native.library import library
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.surfels import Surfels

Floats = NDArray[Any]


def zorder(points: Floats) -> NDArray[np.int64]:
    """(N,) indices that visit points (N, 3) along a Z-order curve, as `scene.geometry.morton_order` does."""
    points = np.ascontiguousarray(points, np.float32)
    order = np.empty(len(points), np.int64)
    library().worldloom_zorder(len(points), points.ctypes.data, order.ctypes.data)
    return order


def frames(along: Floats, normal: Floats) -> Floats:
    """Unit quaternions (N, 4), wxyz, of the frames whose x axis is `along` and whose z axis is `normal`, both (N, 3),
    unit and at right angles."""
    along, normal = (np.ascontiguousarray(axis, np.float32) for axis in (along, normal))
    quats = np.empty((len(along), 4), np.float32)
    library().worldloom_frames(len(along), along.ctypes.data, normal.ctypes.data, quats.ctypes.data)
    return quats


def gaussians_of(pieces: Surfels) -> Gaussians:
    """Flat Gaussians (N,) of surfels, black."""
    return Gaussians(
        torch.from_numpy(np.ascontiguousarray(pieces.position, np.float32)),
        torch.from_numpy(frames(pieces.along, pieces.normal)),
        torch.from_numpy(np.log(pieces.size.clip(5e-4)).astype(np.float32)),
        torch.logit(torch.from_numpy(np.ascontiguousarray(pieces.opacity, np.float32)).clamp(0.004, 0.99)),
        torch.zeros(len(pieces), 1, 3),
    )
