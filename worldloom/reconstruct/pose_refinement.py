"""Letting the photos' poses move a little while the world is trained."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class PoseRefinement:
    """Poses of all training photos, updated in place by `backward`. The first photo stays fixed, which ties the world
    to the frame it was found in."""

    world_to_camera: Tensor
    """(photos, 4, 4) float32."""
    first_moments: Tensor
    """(photos, 6) of the tangent (translation, rotation) in the camera's frame."""
    second_moments: Tensor

    @staticmethod
    def start(world_to_camera: Tensor) -> PoseRefinement:
        """
        Args:
            world_to_camera: (photos, 4, 4).
        """
        photos = len(world_to_camera)
        return PoseRefinement(world_to_camera.clone(), torch.zeros(photos, 6), torch.zeros(photos, 6))

    def backward(
        self, photo: int, v_world_to_camera: Tensor, *, learning_rate: float, extent: float, step: int
    ) -> None:
        """Move one pose against its gradient.

        Args:
            v_world_to_camera: (4, 4) or (3, 4) gradient of the loss with respect to the matrix.
            learning_rate: radians per step; translations move `extent` times as many metres.
            step: counted from 1.
        """
        if photo == 0:
            return
        pose = self.world_to_camera[photo]
        gradient = v_world_to_camera[:3].to(pose)
        # W' = exp(twist) W: translation moves the last column, a rotation about axis k turns all columns.
        torque = (gradient @ pose[:3].T).to(torch.float32)
        rotation = torch.stack([torque[2, 1] - torque[1, 2], torque[0, 2] - torque[2, 0], torque[1, 0] - torque[0, 1]])
        tangent = torch.cat([gradient[:, 3] * extent, rotation])
        first, second = self.first_moments[photo], self.second_moments[photo]
        first.lerp_(tangent, 0.1)
        second.lerp_(tangent * tangent, 0.001)
        update = -learning_rate / (1 - 0.9**step) * first / ((second / (1 - 0.999**step)).sqrt() + 1e-12)
        self.world_to_camera[photo] = twist_matrix(update[:3] * extent, update[3:]) @ pose


def twist_matrix(translation: Tensor, rotation: Tensor) -> Tensor:
    """(4, 4) rigid motion: a turn by the rotation vector (3,), radians, then a shift (3,)."""
    generator = torch.zeros(3, 3, dtype=torch.float64)
    x, y, z = rotation.tolist()
    generator[0, 1], generator[0, 2], generator[1, 2] = -z, y, -x
    motion = torch.eye(4, dtype=torch.float64)
    motion[:3, :3] = torch.linalg.matrix_exp(generator - generator.T)
    motion[:3, 3] = translation
    return motion.to(torch.float32)
