"""The surface that Gaussians make, as things stand on it: how high it is somewhere, and which way it faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from worldloom.edit.state import EditState, Part
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.geometry import shortest_axes
from worldloom.scene.surfels import Array, unit

_RADII = (0.12, 0.25, 0.5, 1.0, 2.0)
"""Metres around a point in which its surface is looked for, the first one first that finds enough."""
_ABOVE = 0.25
"""A surface may lie so much above the point, metres, plus the radius: points picked on rough ground."""
_OPAQUE = 0.25
_COVERED = 0.5
"""Share of the area that must be covered before something is a surface and not a speck in the air."""


@dataclass(frozen=True, eq=False)
class Footing:
    """A place on a surface, in the world's frame."""

    point: Array
    """(3,) metres."""
    normal: Array
    """(3,) unit, upwards."""


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """Visible Gaussians as pieces of surface, in the world's frame."""

    positions: Array
    """(N, 3) metres."""
    normals: Array
    """(N, 3) unit, of unknown sign."""
    areas: Array
    """(N,) m^2 that they cover, by their opacity and their two longer axes."""

    @staticmethod
    def of(part: Part, rows: torch.Tensor) -> SurfacePoints:
        """Those of one part that are not nearly transparent.

        Args:
            rows: (N,) bool of the part's.
        """
        chosen = torch.nonzero(rows & (part.gaussians.opacity_logits > float(np.log(_OPAQUE / (1 - _OPAQUE)))))[:, 0]
        own, by = part.gaussians[chosen], part.layer.transform
        turned = shortest_axes(own) @ by.rotation_matrix.float().T
        wide = (own.log_scales.sum(dim=1) - own.log_scales.amin(dim=1)).exp() * by.scale**2
        return SurfacePoints(
            by.apply_to_points(own.means).numpy(), turned.numpy(), (2 * torch.pi * wide * own.opacities).numpy()
        )

    @staticmethod
    def joined(parts: list[SurfacePoints]) -> SurfacePoints:
        none = SurfacePoints(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32), np.zeros(0, np.float32))
        fields = zip(*((part.positions, part.normals, part.areas) for part in (*parts, none)))
        return SurfacePoints(*(np.concatenate(field) for field in fields))


def shown(part: Part) -> torch.Tensor:
    """(N,) bool: rows of things that can be stood on and lit, as they are seen now."""
    if not part.layer.visible or part.layer.kind in ("sky", "effects"):
        return torch.zeros_like(part.dead)
    return ~(part.dead | part.hidden)


def footing(state: EditState, point: tuple[float, float, float]) -> Footing:
    """The surface at a point, or straight beneath it if the point is in the air.

    Raises:
        InvalidDataError: there is none.
    """
    at = np.array(point, np.float32)
    near = SurfacePoints.joined([_around(part, at) for part in state.parts])
    away = np.hypot(near.positions[:, 0] - at[0], near.positions[:, 2] - at[2])
    for radius in _RADII:
        below = (away < radius) & (near.positions[:, 1] < at[1] + _ABOVE + radius)
        found = _highest_surface(near, below, at, radius)
        if found is not None:
            return found
    raise InvalidDataError(
        f"There is no surface at or beneath ({point[0]:.2f}, {point[1]:.2f}, {point[2]:.2f}) to stand on; choose a "
        "point on the ground or on a thing, or give a position alone."
    )


def _around(part: Part, at: Array) -> SurfacePoints:
    off = (part.world_means - torch.from_numpy(at))[:, [0, 2]]
    return SurfacePoints.of(part, shown(part) & ((off * off).sum(dim=1) < _RADII[-1] ** 2))


def _highest_surface(near: SurfacePoints, rows: Array, at: Array, radius: float) -> Footing | None:
    """Of the rows within `radius` of the vertical through `at` the highest that together cover it, as a plane."""
    index = np.flatnonzero(rows)
    index = index[np.argsort(-near.positions[index, 1], kind="stable")]
    level = near.areas[index] * (0.15 + np.abs(near.normals[index, 1]))
    covered = np.cumsum(level) / (np.pi * radius**2)
    if len(index) < 6 or covered[-1] < _COVERED:
        return None
    top = near.positions[index[np.searchsorted(covered, _COVERED)], 1]
    band = index[np.abs(near.positions[index, 1] - top) < max(0.6 * radius, 0.05)]
    shift = near.positions[band] - np.array([at[0], top, at[2]], np.float32)
    weight = near.areas[band] * np.exp(-(shift[:, 0] ** 2 + shift[:, 2] ** 2) / radius**2)
    design = np.stack([np.ones(len(band)), shift[:, 0], shift[:, 2]], axis=1)
    plane = np.zeros(3)
    for _ in range(4):  # what lies far off the plane says less each time
        off = np.abs(shift[:, 1] - design @ plane)
        robust = weight / (0.02 * radius + off)
        left = design.T @ (design * robust[:, None]) + np.diag([0.0, 1, 1]) * 1e-3 * robust.sum() * radius**2
        plane = np.linalg.solve(left, design.T @ (robust * shift[:, 1]))
    normal = unit(np.array([-plane[1], 1.0, -plane[2]]))
    return Footing(np.array([at[0], top + plane[0], at[2]], float), normal)
