"""From a `Placement` to the transform that it means in a world as it stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from worldloom.edit.compose.footing import footing
from worldloom.edit.compose.placement import Placement
from worldloom.edit.state import EditState
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.geometry import Transform
from worldloom.scene.rotations import multiply_quats
from worldloom.scene.surfels import Array

_UNDERSIDE = 0.002
"""Share of the points that may lie under the ground: specks beneath a capture don't lift it."""


def placed(placement: Placement, state: EditState, points: torch.Tensor) -> Transform:
    """Where a thing of these points (N, 3), in its own frame, comes to stand.

    Raises:
        InvalidDataError: there is nothing to stand on, or the rotation is none.
    """
    free = Transform(placement.position, placement.rotation, placement.scale)
    if placement.on is None:
        return free
    if len(points) == 0:
        raise InvalidDataError("A thing without Gaussians can't stand on anything; give its position alone.")
    ground = footing(state, placement.on)
    turned = replace(free, translation=(0.0, 0.0, 0.0))
    moved = turned.apply_to_points(points[:: max(len(points) // 100_000, 1)])
    lean = Transform() if placement.upright else Transform(rotation=turn_onto(ground.normal))
    target = ground.point + np.array(placement.position)
    return moved_to(target, lean) @ moved_to(-underside(moved)) @ turned


def underside(points: torch.Tensor) -> Array:
    """(3,) the middle of the underside of points (N, 3)."""
    low, high = (np.quantile(points.numpy(), share, axis=0) for share in (_UNDERSIDE, 1 - _UNDERSIDE))
    return np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2], float)


def moved_to(place: Array, turned: Transform | None = None) -> Transform:
    """`turned`, or nothing, then moved by `place` (3,)."""
    x, y, z = (float(number) for number in place)
    return replace(turned or Transform(), translation=(x, y, z))


def turn_onto(normal: Array) -> tuple[float, float, float, float]:
    """The shortest turn, wxyz, that brings +Y onto a unit vector (3,) that does not point straight down."""
    x, y, z = (float(number) for number in normal)
    quat = torch.tensor([1 + y, z, 0.0, -x], dtype=torch.float64)
    w, a, b, c = torch.nn.functional.normalize(quat, dim=0).tolist()
    return w, a, b, c


def yaw(radians: float) -> tuple[float, float, float, float]:
    """The turn about +Y, wxyz."""
    return float(np.cos(radians / 2)), 0.0, float(np.sin(radians / 2)), 0.0


def after(
    first: tuple[float, float, float, float], then: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Two turns, wxyz, one after the other."""
    w, x, y, z = multiply_quats(
        torch.tensor(then, dtype=torch.float64), torch.tensor(first, dtype=torch.float64)
    ).tolist()
    return w, x, y, z
