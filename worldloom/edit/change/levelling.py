"""Which motion makes a world upright or true to scale."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.edit.change.level import Reorient, SetScale
from worldloom.edit.change.world_motion import moved_world, size
from worldloom.edit.operation import Applied
from worldloom.edit.state import EditState
from worldloom.scene.collider import NOT_SOLID
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.geometry import Transform
from worldloom.scene.upright import find_floor

Array = NDArray[np.float64]

_MOST_POINTS = 200_000
"""Gaussians that a floor is looked for in."""
_OPAQUE = 0.3
"""Opacity from which on a Gaussian is taken for solid."""
_UP = np.array([0.0, 1.0, 0.0])


def levelled(state: EditState, operation: Reorient) -> Applied:
    """The world with a plane as level ground.

    Raises:
        InvalidDataError: three points lie on a line, no floor is found, or `ahead` is vertical.
    """
    eyes = np.array([view.position for view in state.world.captures], np.float64).reshape(-1, 3)
    if operation.points is not None:
        normal, foot = _plane(np.array(operation.points, np.float64))
    else:
        normal, foot = _floor(state, eyes)
    above = float(np.median((eyes - foot) @ normal)) if len(eyes) else float(normal @ _UP)
    if (above < 0) != operation.flip:
        normal = -normal
    motion = _levelling(normal, foot, None if operation.ahead is None else np.array(operation.ahead, np.float64))
    tilt = math.degrees(math.acos(min(max(float(normal @ _UP), -1.0), 1.0)))
    return Applied(
        moved_world(state, motion),
        size(state),
        note=f"The ground leant by {tilt:.1f} degrees.",
        figures={"degrees": tilt, "metres": float(foot @ normal)},
    )


def scaled(state: EditState, operation: SetScale) -> Applied:
    """The world in true metres.

    Raises:
        InvalidDataError: the points are one, or the factor is beyond reason.
    """
    apart = math.dist(operation.start, operation.end)
    if apart < 1e-9:
        raise InvalidDataError("Both ends of the measured distance are at one place; choose two.")
    factor = operation.metres / apart
    if not 1e-6 <= factor <= 1e6:
        raise InvalidDataError(f"That would scale the world by {factor:.3g}. Check the points and the metres.")
    return Applied(
        moved_world(state, Transform(scale=factor)),
        size(state),
        note=f"Everything is {factor:.4g} times as large.",
        figures={"factor": factor},
    )


def _plane(points: Array) -> tuple[Array, Array]:
    """Unit normal (3,) and middle (3,) of three points."""
    normal = np.cross(points[1] - points[0], points[2] - points[0])
    length = float(np.linalg.norm(normal))
    longest = max(math.dist(points[i], points[j]) for i, j in ((0, 1), (1, 2), (2, 0)))
    if length < 1e-6 * longest**2 or longest < 1e-9:
        raise InvalidDataError("The three points lie on a line; choose three that span the ground.")
    return normal / length, points.mean(axis=0)


def _floor(state: EditState, eyes: Array) -> tuple[Array, Array]:
    """Unit normal (3,) of the floor, and the place (3,) on it beneath where visitors begin."""
    found = find_floor(_solid_centers(state), eyes, _UP)
    if found is None:
        raise InvalidDataError("No floor was found. Give three points on it.")
    normal = found.normal.round(9)  # so that the order in which threads add up makes no difference
    normal /= np.linalg.norm(normal)
    spawn = np.array(state.world.spawn.position)
    return normal, spawn - (float(spawn @ normal) - round(found.height, 9)) * normal


def _solid_centers(state: EditState) -> Array:
    """(N, 3) centres of what is shown and solid, evenly thinned out."""
    points = []
    for part in state.parts:
        if part.layer.visible and part.layer.kind not in NOT_SOLID:
            solid = ~(part.dead | part.hidden) & (part.gaussians.opacities >= _OPAQUE)
            points.append(part.world_means[solid].double().numpy())
    every = np.concatenate(points) if points else np.zeros((0, 3))
    return every[:: math.ceil(len(every) / _MOST_POINTS) or 1]


def _levelling(up: Array, foot: Array, ahead: Array | None) -> Transform:
    """The motion after which `up` is +Y and `foot` at height 0, in place as seen from above; and `ahead` is -Z."""
    if ahead is None:
        rotation = _least_turn(up)
    else:
        level = ahead - (ahead @ up) * up
        if np.linalg.norm(level) < 1e-6 * max(float(np.linalg.norm(ahead)), 1e-12):
            raise InvalidDataError("The direction ahead is square to the ground; choose one along it.")
        level /= np.linalg.norm(level)
        rotation = np.stack([np.cross(level, up), up, -level])
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = np.array([foot[0], 0.0, foot[2]]) - rotation @ foot
    return Transform.from_matrix(torch.from_numpy(matrix))


def _least_turn(up: Array) -> Array:
    """(3, 3) rotation by the smallest angle that takes the unit vector `up` to +Y."""
    middle = up + _UP
    if np.linalg.norm(middle) < 1e-9:
        return np.diag([1.0, -1.0, -1.0])
    middle /= np.linalg.norm(middle)
    half_turn = 2 * np.outer(middle, middle) - np.eye(3)  # takes `up` to +Y ...
    own_half_turn = 2 * np.outer(up, up) - np.eye(3)  # ... after one about `up` itself, it is the smallest such turn
    return half_turn @ own_half_turn
