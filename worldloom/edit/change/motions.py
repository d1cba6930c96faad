"""From numbers that a person gives to a motion of the world's frame."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from worldloom.edit.change.places import Snap
from worldloom.scene.geometry import Transform
from worldloom.scene.rotations import matrix_to_quat
from worldloom.scene.world_record import Quaternion, Vector

_STILL = Transform().rotation


def motion(
    translation: Vector,
    rotation: Quaternion,
    scale: float,
    *,
    pivot: Vector,
    axes: Tensor | None = None,
    snap: Snap | None = None,
) -> Transform:
    """Scaling and turning about `pivot`, then moving.

    Args:
        translation: metres along `axes`.
        rotation: wxyz, any nonzero length, about `axes`.
        axes: (3, 3) rotation whose columns are the axes; by default the world's.

    Raises:
        InvalidDataError: the rotation is zero.
    """
    axes = torch.eye(3, dtype=torch.float64) if axes is None else axes
    if snap is not None and snap.grid is not None:
        x, y, z = (_rounded(value, snap.grid) for value in translation)
        translation = x, y, z
    if snap is not None and snap.angle is not None:
        rotation = _snapped(rotation, snap.angle)
    turn = axes @ Transform(rotation=rotation).rotation_matrix @ axes.T
    w, x, y, z = _STILL if not any(rotation[1:]) else matrix_to_quat(turn).tolist()
    about = Transform(rotation=(w, x, y, z), scale=scale)
    center = torch.tensor(pivot, dtype=torch.float64)
    shift = axes @ torch.tensor(translation, dtype=torch.float64) + center - about.apply_to_points(center)
    x, y, z = shift.tolist()
    return Transform((x, y, z), about.rotation, scale)


def _rounded(value: float, step: float) -> float:
    steps = value / step
    return round(steps) * step if abs(steps) < 2**53 else value


def _snapped(rotation: Quaternion, degrees: float) -> Quaternion:
    """The turn about the same axis by a multiple of `degrees`."""
    w, *axis = rotation
    length = math.hypot(*axis)
    if length < 1e-12:
        return _STILL
    angle = 2 * math.atan2(length, w)
    half = _rounded(angle, math.radians(degrees)) / 2
    x, y, z = (value / length * math.sin(half) for value in axis)
    return (math.cos(half), x, y, z) if half else _STILL
