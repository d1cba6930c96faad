"""Gaussians as thin clouds of points, each with the plane and the colour around it: what captures are compared by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import KDTree

from worldloom.edit.compose.footing import shown
from worldloom.edit.state import Part
from worldloom.scene.gaussians import sh0_to_rgb
from worldloom.scene.surfels import Array

_OPAQUE = 0.0
"""Logit of the opacity from which a Gaussian is matter."""
_NEIGHBOURS = 16
_STRAY = 0.005
"""Share of the points beyond which nothing is looked at, on each side: specks far outside."""


@dataclass(frozen=True, eq=False)
class Cloud:
    """N points in the world's frame."""

    points: Array
    """(N, 3) metres."""
    colours: Array
    """(N, 3) sRGB."""

    def __len__(self) -> int:
        return len(self.points)

    @staticmethod
    def of(parts: list[Part]) -> Cloud:
        """What is seen and opaque of some parts."""
        points, colours = [np.zeros((0, 3))], [np.zeros((0, 3))]
        for part in parts:
            rows = torch.nonzero(shown(part) & (part.gaussians.opacity_logits > _OPAQUE))[:, 0]
            points.append(part.world_means[rows].double().numpy())
            colours.append(sh0_to_rgb(part.gaussians.sh[rows, 0]).clamp(0, 1).double().numpy())
        whole = Cloud(np.concatenate(points), np.concatenate(colours))
        if len(whole) == 0:
            return whole
        low, high = (np.quantile(whole.points, share, axis=0) for share in (_STRAY, 1 - _STRAY))
        return whole.taken(np.logical_and.reduce((whole.points >= low) & (whole.points <= high), axis=1))

    def taken(self, rows: Array) -> Cloud:
        return Cloud(self.points[rows], self.colours[rows])

    def scaled(self, factor: float) -> Cloud:
        return Cloud(self.points * factor, self.colours)

    def thinned(self, edge: float) -> Cloud:
        """One point for each cube of that edge: the mean of those in it."""
        cells = np.floor((self.points - self.points.min(axis=0)) / edge).astype(np.int64)
        size = cells.max(axis=0) + 1
        key = (cells[:, 0] * size[1] + cells[:, 1]) * size[2] + cells[:, 2]
        _, slot, count = np.unique(key, return_inverse=True, return_counts=True)

        def mean(values: Array) -> Array:
            return np.stack([np.bincount(slot, column) for column in values.T], axis=1) / count[:, None]

        return Cloud(mean(self.points), mean(self.colours))

    def edge_for(self, count: int) -> float:
        """Edge of the cubes by which about so many points are left."""
        low, high = 1e-4 * self.extent, self.extent
        for _ in range(12):
            middle = (low * high) ** 0.5
            low, high = (middle, high) if len(self.thinned(middle)) > count else (low, middle)
        return high

    @property
    def extent(self) -> float:
        """Metres from corner to corner."""
        return float(np.linalg.norm(np.ptp(self.points, axis=0))) + 1e-9


@dataclass(frozen=True, eq=False)
class Planes:
    """A cloud with the plane through each point's surroundings."""

    cloud: Cloud
    normals: Array
    """(N, 3) unit, of unknown sign."""
    flatness: Array
    """(N,) 1 where the surroundings are flat, 0 where they are the same in all directions."""
    tree: KDTree

    def __len__(self) -> int:
        return len(self.cloud)

    @staticmethod
    def of(cloud: Cloud) -> Planes:
        tree = KDTree(cloud.points)
        _, near = tree.query(cloud.points, min(_NEIGHBOURS, len(cloud)))
        around = cloud.points[near] - cloud.points[near].mean(axis=1, keepdims=True)
        values, axes = np.linalg.eigh(np.einsum("nki,nkj->nij", around, around))
        flatness = 1 - values[:, 0] / values[:, 1].clip(1e-18)
        return Planes(cloud, axes[:, :, 0], flatness, tree)
