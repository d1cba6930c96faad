"""`Camera`: a pinhole view. Lenses with distortion are undone at input (`worldloom.scene.lens`).

Camera frame: OpenCV axes, x right, y down, z forward. Pixel centres are at +0.5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from worldloom.scene.errors import InvalidDataError


@dataclass(frozen=True, eq=False)
class Camera:
    """A pinhole camera with an image size."""

    width: int
    """Image width, pixels."""
    height: int
    """Image height, pixels."""
    fx: float
    """Focal length along x, pixels."""
    fy: float
    """Focal length along y, pixels."""
    cx: float
    """Principal point x, pixels from the image's left edge."""
    cy: float
    """Principal point y, pixels from the image's top edge."""
    world_to_camera: Tensor
    """(4, 4) float32 rigid transform from world to camera; may require a gradient."""

    @staticmethod
    def checked(
        width: int,
        height: int,
        fx: float,
        fy: float,
        cx: float,
        cy: float,
        world_to_camera: Tensor,
        *,
        origin: str = "Camera",
    ) -> Camera:
        """Build from untrusted values.

        Raises:
            InvalidDataError: naming the field: a size below one pixel, a focal length that is not positive and finite,
                or a matrix that is not a finite rigid (4, 4) transform.
        """
        for name, size in (("width", width), ("height", height)):
            if not 1 <= size <= 65536:
                raise InvalidDataError(f"{origin}: field '{name}' is {size}, expected 1 to 65536 pixels.")
        for name, focal in (("fx", fx), ("fy", fy)):
            if not (math.isfinite(focal) and focal > 0):
                raise InvalidDataError(
                    f"{origin}: field '{name}' is {focal}, expected a positive focal length in pixels."
                )
        for name, centre in (("cx", cx), ("cy", cy)):
            if not math.isfinite(centre):
                raise InvalidDataError(f"{origin}: field '{name}' is {centre}, expected a finite number of pixels.")
        if tuple(world_to_camera.shape) != (4, 4):
            raise InvalidDataError(
                f"{origin}: field 'world_to_camera' has shape {tuple(world_to_camera.shape)}, expected (4, 4)."
            )
        matrix = world_to_camera.detach().to(torch.float64)
        rotation = matrix[:3, :3]
        rigid = (
            bool(torch.isfinite(matrix).all())
            and float((rotation @ rotation.T - torch.eye(3, dtype=torch.float64)).abs().max()) < 1e-3
            and float(torch.linalg.det(rotation)) > 0
            and float((matrix[3] - torch.tensor([0.0, 0, 0, 1], dtype=torch.float64)).abs().max()) < 1e-6
        )
        if not rigid:
            raise InvalidDataError(f"{origin}: field 'world_to_camera' is not a rotation and a translation.")
        return Camera(width, height, fx, fy, cx, cy, world_to_camera.to(torch.float32))

    @property
    def position(self) -> Tensor:
        """(3,) camera centre in the world, metres."""
        rotation, translation = self.world_to_camera[:3, :3], self.world_to_camera[:3, 3]
        return -(rotation.T @ translation)

    @property
    def camera_to_world(self) -> Tensor:
        """(4, 4) inverse of `world_to_camera`."""
        pose = torch.eye(4, dtype=self.world_to_camera.dtype, device=self.world_to_camera.device)
        pose[:3, :3] = self.world_to_camera[:3, :3].T
        pose[:3, 3] = self.position
        return pose

    def resized(self, width: int, height: int) -> Camera:
        """The same view with another pixel grid."""
        sx, sy = width / self.width, height / self.height
        return replace(
            self, width=width, height=height, fx=self.fx * sx, fy=self.fy * sy, cx=self.cx * sx, cy=self.cy * sy
        )

    @staticmethod
    def looking_at(
        position: Tensor,
        target: Tensor,
        *,
        width: int,
        height: int,
        vertical_fov: float = 60.0,
        up: Tensor | None = None,
    ) -> Camera:
        """A camera at `position` (3,) looking at `target` (3,), the world's up (default +Y) up in the picture.

        Args:
            vertical_fov: degrees.
        """
        up = torch.tensor([0.0, 1.0, 0.0]) if up is None else up
        forward = torch.nn.functional.normalize(target - position, dim=0)
        right = torch.linalg.cross(forward, up)
        if float(right.norm()) < 1e-6:  # looking straight up or down: any right will do
            right = torch.linalg.cross(forward, torch.tensor([0.0, 0.0, 1.0]))
        right = torch.nn.functional.normalize(right, dim=0)
        rotation = torch.stack([right, torch.linalg.cross(forward, right), forward])
        matrix = torch.eye(4)
        matrix[:3, :3] = rotation
        matrix[:3, 3] = -rotation @ position
        focal = 0.5 * height / math.tan(math.radians(vertical_fov) / 2)
        return Camera(width, height, focal, focal, width / 2, height / 2, matrix)
