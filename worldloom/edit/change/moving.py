"""Places, directions and turns of the world's frame in another frame."""

from __future__ import annotations

import torch

from worldloom.scene.geometry import Transform
from worldloom.scene.record_types import Pose, Quaternion, Vector
from worldloom.scene.rotations import multiply_quats


def moved_place(place: Vector, by: Transform) -> Vector:
    """Where a point comes to lie."""
    x, y, z = by.apply_to_points(torch.tensor(place, dtype=torch.float64)).tolist()
    return x, y, z


def moved_direction(direction: Vector, by: Transform) -> Vector:
    """Where a direction points; its length stays."""
    x, y, z = (by.rotation_matrix @ torch.tensor(direction, dtype=torch.float64)).tolist()
    return x, y, z


def moved_rotation(rotation: Quaternion, by: Transform) -> Quaternion:
    """How something stands that was turned by `rotation`, wxyz."""
    turn = torch.nn.functional.normalize(torch.tensor(by.rotation, dtype=torch.float64), dim=0)
    w, x, y, z = multiply_quats(turn, torch.tensor(rotation, dtype=torch.float64)).tolist()
    return w, x, y, z


def moved_pose(pose: Pose, by: Transform) -> Pose:
    """Where someone stands; of a view also its lens is kept."""
    return pose.model_copy(
        update={"position": moved_place(pose.position, by), "rotation": moved_rotation(pose.rotation, by)}
    )
