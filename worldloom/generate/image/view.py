"""`View`: where the picture was taken from, as rays from an eye that stands above flat ground."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class View:
    """A pinhole camera at (0, `eye_height`, 0) that looks towards -Z, tilted and rolled as the horizon says."""

    width: int
    height: int
    focal: float
    """Pixels."""
    pitch: float
    """Radians, positive looks up."""
    roll: float
    """Radians, positive where the horizon falls to the right in the picture."""
    eye_height: float
    """Metres above the ground, y = 0."""

    @property
    def camera_to_world(self) -> Array:
        """(3, 3) rotation from OpenCV camera axes to the world."""
        cp, sp = math.cos(self.pitch), math.sin(self.pitch)
        cr, sr = math.cos(self.roll), math.sin(self.roll)
        axes = np.diag([1.0, -1.0, -1.0])  # x right, y down, z forward to Y up, -Z forward
        tilt = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        turn = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1.0]])
        return tilt @ axes @ turn

    @property
    def vertical_fov(self) -> float:
        """Degrees."""
        return math.degrees(2 * math.atan(self.height / 2 / self.focal))

    @property
    def horizontal_fov(self) -> float:
        """Degrees."""
        return math.degrees(2 * math.atan(self.width / 2 / self.focal))

    def resized(self, width: int, height: int) -> View:
        scale = max(width, height) / max(self.width, self.height)
        return View(width, height, self.focal * scale, self.pitch, self.roll, self.eye_height)

    def rays(self) -> Array:
        """(H, W, 3) world directions through the pixels' centres with length 1 along the view's axis: depth times ray
        is the way from the eye."""
        x = (np.arange(self.width) + 0.5 - self.width / 2) / self.focal
        y = (np.arange(self.height) + 0.5 - self.height / 2) / self.focal
        camera = np.stack(np.broadcast_arrays(x[None], y[:, None], np.ones((1, 1))), axis=-1)
        return (camera @ self.camera_to_world.T).astype(np.float32)

    def ground_disparity(self) -> Array:
        """(H, W) one over the depth of the ground plane, per metre; 0 and less at and above the horizon."""
        return -self.rays()[..., 1] / np.float32(self.eye_height)

    def horizon(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The horizon at the picture's left and right edge, as parts of its width and height from the top left."""
        heights = []
        for x in (0.0, 1.0):
            across = (x - 0.5) * self.width / self.focal
            # y where the ray's world height is zero: linear in y
            up = self.camera_to_world[1]
            down = -(up[0] * across + up[2]) / up[1] if abs(up[1]) > 1e-6 else 0.0
            heights.append(down * self.focal / self.height + 0.5)
        return (0.0, heights[0]), (1.0, heights[1])


def view_of_horizon(
    width: int, height: int, focal: float, left: tuple[float, float], right: tuple[float, float], eye_height: float
) -> View:
    """The view whose horizon runs through two points, given as parts of the picture's width and height."""
    (x0, y0), (x1, y1) = left, right
    a = np.array([(x0 - 0.5) * width / focal, (y0 - 0.5) * height / focal, 1.0])
    b = np.array([(x1 - 0.5) * width / focal, (y1 - 0.5) * height / focal, 1.0])
    down = np.cross(b, a) * (-1 if x1 > x0 else 1)  # the world's down, in camera axes
    length = np.linalg.norm(down)
    down = np.array([0.0, 1.0, 0.0]) if length < 1e-9 else down / length
    if down[1] < 0:
        down = -down
    pitch = math.asin(float(np.clip(-down[2], -1, 1)))
    roll = math.atan2(float(-down[0]), float(down[1]))
    return View(width, height, focal, pitch, roll, eye_height)
