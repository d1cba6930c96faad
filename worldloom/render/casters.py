"""What of Gaussians stops light, and which way they face: for light that is worked out anew on what is there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.render.shadows import Discs
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.semantics import labels_under
from worldloom.scene.surface import Surface

Floats = NDArray[Any]
OPAQUE = 0.3
"""Fainter things cast no shadow."""


def discs_of_surface(means: Floats, scales: Floats, opacities: Floats, surface: Surface) -> Discs:
    """What of Gaussians (N,) of known surface casts shadows."""
    casting = (opacities > OPAQUE) & ~np.isin(surface.labels.numpy(), shadowless())
    flat = np.sort(scales[casting], axis=1)
    normals = surface.normals.numpy()[casting].astype(np.float32)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    leaf = surface.leaf.numpy()[casting].astype(np.float32) / 255
    return Discs(means[casting], normals, shadow_width(leaf) * np.sqrt(flat[:, 1] * flat[:, 2]))


def discs_facing(gaussians: Gaussians, normals: Floats) -> Discs:
    """What of Gaussians casts shadows of which nothing is known but which way they face (N, 3)."""
    flat = np.sort(gaussians.scales.numpy(), axis=1)
    solid = gaussians.opacities.numpy() > OPAQUE
    return Discs(gaussians.means.numpy()[solid], normals[solid], 1.5 * np.sqrt(flat[solid, 1] * flat[solid, 2]))


def facing(gaussians: Gaussians, eyes: Floats) -> Floats:
    """Normals (N, 3) that Gaussians may have: their shortest axes, towards where they were seen from.

    Args:
        eyes: (M, 3) where the photos were taken; none: they face up and away from the middle.
    """
    means = gaussians.means.numpy()
    shortest = gaussians.log_scales.numpy().argmin(axis=1)
    normals = quat_to_matrix(gaussians.quats).numpy()[np.arange(len(means)), :, shortest]
    away = (normals * _towards(means, eyes)).sum(axis=1) < 0
    return normals * np.where(away, -1, 1)[:, None].astype(np.float32)


def shadow_width(leaf: Floats) -> Floats:
    """Radius (N,) of shadows over the standard deviation: leaves let some light by."""
    return np.where(leaf > 0.2, np.float32(0.8), np.float32(1.5))


def shadowless() -> list[int]:
    """Classes that cast no shadow."""
    return [number for name in ("sky", "mist", "rain", "snow", "water") for number in labels_under(name)]


def _towards(means: Floats, eyes: Floats) -> Floats:
    """Directions (N, 3) to the nearest eye, or up and outwards where none is known."""
    if len(eyes):
        from scipy.spatial import KDTree

        _, nearest = KDTree(eyes).query(means)
        return (eyes[nearest] - means).astype(np.float32)
    middle = np.median(means, axis=0)
    away = means - middle
    return (0.3 * away / max(float(np.abs(away).max()), 1e-6) + np.array([0.0, 1.0, 0.0])).astype(np.float32)
