"""What of a world is looked at most."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from worldloom.scene.world import World

_CLOSEST = 3.0
"""Metres: things nearer to where people look from are not more important than that."""


def views_of(world: World, means: Tensor) -> Tensor:
    """(N,) how much of a picture a square metre at `means` (N, 3) fills, from where the world is looked at."""
    from scipy.spatial import KDTree

    poses = [world.spawn, *world.captures, *(pose for path in world.camera_paths for pose in path.poses)]
    away, _ = KDTree(np.array([pose.position for pose in poses])).query(means.numpy())
    return torch.from_numpy(1 / (away**2 + _CLOSEST**2)).float()
