"""Places and directions that go with some rows: pivots, axes, boxes. World frame, metres, float64."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.edit.change.places import Axes, Pivot
from worldloom.edit.state import EditState, Part, Rows
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.world_record import Vector

Array = NDArray[np.float64]

_FAR = 6.0
"""Times the median distance from the median point, beyond which a point is far from most."""
_SAMPLES = 20_000


def pivot_point(state: EditState, rows: Rows, pivot: Pivot) -> Vector:
    """Where a pivot is.

    Raises:
        InvalidDataError: it is a layer's origin, but the rows are of several layers.
    """
    if not isinstance(pivot, str):
        return pivot
    if pivot == "origin":
        return _only_part(state, rows, "origin").layer.transform.translation
    points = centers(state, rows)
    if pivot == "center":
        place = points.mean(axis=0)
    else:
        lower, upper = box_of_most(points)
        place = (lower + upper) / 2
        if pivot == "bottom":
            place[1] = lower[1]
    x, y, z = place.tolist()
    return x, y, z


def box_of_most(points: Array) -> tuple[Array, Array]:
    """Lower and upper corner (3,) of the box around points (N, 3), without those that lie far from most: an outline of
    a tree takes some of the hills behind it too. The page puts its handles in the middle of the same (`middle.ts`)."""
    stride = math.ceil(len(points) / _SAMPLES)
    middle = _median(points[::stride])
    away = np.linalg.norm(points - middle, axis=1)
    near = points[away <= _FAR * _median(away[::stride])]
    return near.min(axis=0), near.max(axis=0)


def axes_matrix(state: EditState, rows: Rows, axes: Axes) -> torch.Tensor:
    """(3, 3) float64 proper rotation; its columns are the axes x, y and z.

    Raises:
        InvalidDataError: they are a layer's, but the rows are of several layers.
    """
    match axes:
        case "world":
            return torch.eye(3, dtype=torch.float64)
        case "layer":
            rotation = _only_part(state, rows, "axes").layer.transform.rotation
            return quat_to_matrix(torch.tensor(rotation, dtype=torch.float64))
        case "principal":
            return torch.from_numpy(_principal_axes(centers(state, rows)))


def along(state: EditState, rows: Rows, axes: Axes, direction: Vector) -> Vector:
    """A direction that is given along some axes, in the world's frame."""
    if axes == "world":
        return direction
    x, y, z = (axes_matrix(state, rows, axes) @ torch.tensor(direction, dtype=torch.float64)).tolist()
    return x, y, z


def centers(state: EditState, rows: Rows) -> Array:
    """(N, 3) centres of rows in the world's frame."""
    points = [
        part.layer.transform.apply_to_points(part.gaussians.means[rows[part.key]].double()).numpy()
        for part in state.parts
        if part.key in rows
    ]
    return np.concatenate(points)


def _principal_axes(points: Array) -> Array:
    """Columns: the directions in which points (N, 3) spread most, second and least, each pointing along rather than
    against the world's axis that it is nearest to, but for the last, which makes them right-handed."""
    apart = points - points.mean(axis=0)
    spread = np.array([[float((apart[:, i] * apart[:, j]).sum()) for j in range(3)] for i in range(3)])
    axes = np.linalg.eigh(spread)[1][:, ::-1].copy()
    nearest = np.abs(axes).argmax(axis=0)
    axes *= np.where(axes[nearest, range(3)] < 0, -1.0, 1.0)
    axes[:, 2] = np.cross(axes[:, 0], axes[:, 1])
    return axes


def _median(values: Array) -> Array:
    """The upper one, of each column."""
    return np.sort(values, axis=0)[len(values) // 2]


def _only_part(state: EditState, rows: Rows, what: str) -> Part:
    parts = [part for part in state.parts if part.key in rows]
    if len(parts) != 1:
        raise InvalidDataError(f"This is of {len(parts)} layers, which have no {what} in common; choose another.")
    return parts[0]
