"""Standing in a world: which floor is beneath a pose, and is there room for a body."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.collider import ColliderMesh
from worldloom.scene.world import Pose

__all__ = ["EYE_HEIGHT", "first_hit", "floor_beneath", "has_floor", "standing_pose"]

EYE_HEIGHT = 1.6
"""Metres from the feet to the eyes."""
_BODY = 0.3
"""Radius of somebody who walks, metres."""
_STEP = 0.45
"""What is lower than this above the feet is stepped onto, not bumped into, metres."""
_SEARCH = 4.0
"""How far from the pose a better place is looked for, metres."""

Array = NDArray[np.float64]


def first_hit(mesh: ColliderMesh, origin: Array, direction: Array) -> float | None:
    """Metres from `origin` (3,) along the unit vector `direction` (3,) to the mesh, or None."""
    a, b, c = mesh.vertices[mesh.faces].astype(np.float64).transpose(1, 0, 2)
    return _first(a, b - a, c - a, np.asarray(origin, np.float64), np.asarray(direction, np.float64))


def floor_beneath(mesh: ColliderMesh, position: Array) -> float | None:
    """Height of the highest surface straight below `position` (3,), metres, or None."""
    near = _around(mesh, position, 0.0)
    below = first_hit(near, position, np.array([0.0, -1.0, 0.0]))
    return None if below is None else float(position[1]) - below


def has_floor(mesh: ColliderMesh, pose: Pose, within: float = 4.0) -> bool:
    """Whether there is something to stand on no more than `within` metres beneath the eyes."""
    floor = floor_beneath(mesh, np.array(pose.position))
    return floor is not None and pose.position[1] - floor <= within


def standing_pose(mesh: ColliderMesh, pose: Pose, eye_height: float = EYE_HEIGHT) -> Pose:
    """`pose` moved to the nearest place where somebody can stand: feet on the floor beneath, eyes `eye_height` metres
    above it, a body's width away from walls and nothing on the head.

    Places up to four metres around are tried, from near to far. Where there is none, `pose` is returned as it is. The
    direction of view never changes.
    """
    start = np.array(pose.position)
    near = _around(mesh, start, _SEARCH + 1.0)
    if len(near) == 0:
        return pose
    for shift in _spiral(_SEARCH):
        place = start + shift
        floor = floor_beneath(near, place)
        if floor is None:  # the pose may be a little under the floor
            floor = floor_beneath(near, place + np.array([0.0, eye_height + 0.2, 0.0]))
        if floor is None or start[1] - floor > 12:
            continue
        eye = np.array([place[0], floor + eye_height, place[2]])
        if _has_room(near, eye, eye_height):
            x, y, z = eye.tolist()
            return Pose(position=(x, y, z), rotation=pose.rotation)
    return pose


def _spiral(radius: float) -> Iterator[Array]:
    """Horizontal shifts (3,) from none to `radius` metres, evenly spread, near ones first."""
    spacing, golden = 0.2, math.pi * (3 - math.sqrt(5))
    for number in range(int((radius / spacing) ** 2)):
        distance = spacing * math.sqrt(number)
        yield np.array([distance * math.cos(number * golden), 0.0, distance * math.sin(number * golden)])


def _has_room(mesh: ColliderMesh, eye: Array, eye_height: float) -> bool:
    """Whether a body with its eyes at `eye` (3,) touches nothing above the height that is stepped over."""
    local = _around(mesh, eye, _BODY)
    corners = local.vertices[local.faces].astype(np.float64)
    if len(corners) == 0:
        return True
    lowest = eye[1] - eye_height + _STEP + _BODY
    for height in np.arange(lowest, eye[1] + 0.11, 0.2):
        if _distance(np.array([eye[0], height, eye[2]]), corners) < _BODY:
            return False
    return True


def _around(mesh: ColliderMesh, position: Array, radius: float) -> ColliderMesh:
    """The triangles whose box comes horizontally within `radius` of `position` (3,)."""
    flat = mesh.vertices[:, [0, 2]][mesh.faces]
    center = np.asarray(position)[[0, 2]]
    close = (flat.min(axis=1) <= center + radius) & (flat.max(axis=1) >= center - radius)
    return ColliderMesh(mesh.vertices, mesh.faces[close.all(axis=1)])


def _first(a: Array, ab: Array, ac: Array, origin: Array, direction: Array) -> float | None:
    """Distance to the first of the triangles at `a` (F, 3) with edges `ab` and `ac` (Möller and Trumbore 1997)."""
    across = np.cross(direction, ac)
    determinant = (ab * across).sum(axis=1)
    usable = np.abs(determinant) > 1e-12
    inverse = 1 / np.where(usable, determinant, 1)
    offset = origin - a
    u = (offset * across).sum(axis=1) * inverse
    turned = np.cross(offset, ab)
    v = turned @ direction * inverse
    distance = (ac * turned).sum(axis=1) * inverse
    hits = distance[usable & (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (distance >= 0)]
    return float(hits.min()) if len(hits) else None


def _distance(point: Array, corners: Array) -> float:
    """Metres from `point` (3,) to the nearest of the triangles `corners` (F, 3, 3)."""
    a, b, c = corners.transpose(1, 0, 2)
    nearest = np.inf
    for start, end in ((a, b), (b, c), (c, a)):
        edge = end - start
        share = ((point - start) * edge).sum(axis=1) / np.maximum((edge * edge).sum(axis=1), 1e-12)
        closest = start + share.clip(0, 1)[:, None] * edge
        nearest = min(nearest, float(np.linalg.norm(point - closest, axis=1).min()))
    normal = np.cross(b - a, c - a)
    length = np.linalg.norm(normal, axis=1)
    normal = normal / np.maximum(length, 1e-12)[:, None]
    height = ((point - a) * normal).sum(axis=1)
    foot = point - height[:, None] * normal
    inside = length > 1e-12
    for start, end in ((a, b), (b, c), (c, a)):
        inside &= (np.cross(end - start, foot - start) * normal).sum(axis=1) >= 0
    return min(nearest, float(np.abs(height[inside]).min())) if inside.any() else nearest
