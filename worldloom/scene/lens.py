"""Lenses of real cameras, and undoing their distortion so that everything after sees pinhole pictures.

Pixel coordinates put the first pixel's centre at (0.5, 0.5), as COLMAP and `Camera` do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.errors import InvalidDataError

if TYPE_CHECKING:
    from collections.abc import Iterator

LensModel = Literal["PINHOLE", "OPENCV", "OPENCV_FISHEYE", "EQUIRECTANGULAR"]
_FACE_DEGREES = 94.0
"""Faces of a panorama's cube overlap a little, so that none has a seam at its edge."""
_NOWHERE = -1e6
_DISTORTION_COUNT = {"PINHOLE": 0, "OPENCV": 4, "OPENCV_FISHEYE": 4, "EQUIRECTANGULAR": 0}


@dataclass(frozen=True)
class Lens:
    """How a source picture's pixels look out into the camera frame (x right, y down, z forward)."""

    model: LensModel
    """OPENCV: Brown-Conrady (k1, k2, p1, p2). OPENCV_FISHEYE: equidistant (k1..k4). EQUIRECTANGULAR: 2:1 panorama, or
    the middle strip of one: longitude along x, latitude along y, the picture's centre looking along +z."""
    width: int
    height: int
    fx: float = 0.0
    """Pixels; not used by EQUIRECTANGULAR."""
    fy: float = 0.0
    cx: float = 0.0
    cy: float = 0.0
    distortion: tuple[float, ...] = ()
    """Coefficients of the model, in the order above."""

    def __post_init__(self) -> None:
        if self.model not in _DISTORTION_COUNT:
            raise InvalidDataError(f"Lens: model '{self.model}' is unknown; known are {', '.join(_DISTORTION_COUNT)}.")
        if self.width < 1 or self.height < 1:
            raise InvalidDataError(f"Lens: size {self.width} x {self.height} is not a picture.")
        if len(self.distortion) not in (0, _DISTORTION_COUNT[self.model]):
            raise InvalidDataError(f"Lens: {self.model} takes {_DISTORTION_COUNT[self.model]} distortion coefficients.")
        numbers = (self.fx, self.fy, self.cx, self.cy, *self.distortion)
        if not all(map(math.isfinite, numbers)) or (self.model != "EQUIRECTANGULAR" and min(self.fx, self.fy) <= 0):
            raise InvalidDataError("Lens: focal lengths must be positive and all parameters finite.")

    @property
    def is_pinhole(self) -> bool:
        return self.model != "EQUIRECTANGULAR" and not any(self.distortion) and self.model != "OPENCV_FISHEYE"

    def resized(self, width: int, height: int) -> Lens:
        """The same lens on another pixel grid."""
        sx, sy = width / self.width, height / self.height
        return Lens(self.model, width, height, self.fx * sx, self.fy * sy, self.cx * sx, self.cy * sy, self.distortion)

    @staticmethod
    def from_field_of_view(width: int, height: int, degrees: float) -> Lens:
        """A centred pinhole whose longer side spans `degrees`."""
        focal = 0.5 * max(width, height) / math.tan(math.radians(degrees) / 2)
        return Lens("PINHOLE", width, height, focal, focal, width / 2, height / 2)


@dataclass(frozen=True, eq=False)
class PinholeView:
    """A pinhole window cut out of a source picture, and where each of its pixels comes from."""

    lens: Lens
    """PINHOLE, centred."""
    source_to_view: NDArray[np.float64]
    """(3, 3) rotation from the source camera's frame to this view's."""
    map_x: NDArray[np.float32]
    """(height, width) source x of each pixel as `cv2.remap` counts them (pixel centres at whole numbers)."""
    map_y: NDArray[np.float32]
    """(height, width) source y."""
    wraps: bool = False
    """The source's left and right edges meet (panoramas)."""

    def sample(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut this view out of a source picture (H, W) or (H, W, C). Outside, its edge goes on: black there would seep
        into its outermost pixels."""
        import cv2

        map_y = np.clip(self.map_y, 0, image.shape[0] - 1) if self.wraps else self.map_y  # poles must not meet
        border = cv2.BORDER_WRAP if self.wraps else cv2.BORDER_REPLICATE
        return cv2.remap(image, self.map_x, map_y, cv2.INTER_LINEAR, borderMode=border).astype(np.uint8, copy=False)

    def valid(self, source: Lens) -> NDArray[np.bool_]:
        """(height, width) which pixels lie inside the source picture."""
        inside_y = (self.map_y >= -0.5) & (self.map_y <= source.height - 0.5)
        if self.wraps:
            return inside_y
        return inside_y & (self.map_x >= -0.5) & (self.map_x <= source.width - 0.5)


def pinhole_views(lens: Lens, *, max_size: int | None = None) -> Iterator[PinholeView]:
    """Pinhole windows that together show what `lens` sees: one for ordinary and fisheye lenses (of the latter the
    middle 100 degrees), six cube faces with a little overlap for panoramas.

    Args:
        max_size: longest side of a view, pixels; None keeps the source's resolution at the centre.
    """
    if lens.model == "EQUIRECTANGULAR":
        full = max(1, round(lens.width * math.tan(math.radians(_FACE_DEGREES / 2)) / math.pi))
        size = min(full, max_size or full)
        yaws = [(math.radians(90.0 * turn), 0.0) for turn in range(4)]
        for yaw, pitch in [*yaws, (0.0, math.pi / 2), (0.0, -math.pi / 2)]:
            view = Lens.from_field_of_view(size, size, _FACE_DEGREES)
            yield _view(lens, view, _look(yaw, pitch))
        return
    width, height = lens.width, lens.height
    focal = (lens.fx + lens.fy) / 2
    if lens.model == "OPENCV_FISHEYE":
        focal = max(focal, 0.5 * max(width, height) / math.tan(math.radians(50)))
    scale = min(1.0, (max_size or max(width, height)) / max(width, height))
    width, height = max(1, round(width * scale)), max(1, round(height * scale))
    if lens.is_pinhole:
        view = lens.resized(width, height)
    else:
        view = _filled(lens, Lens("PINHOLE", width, height, focal * scale, focal * scale, width / 2, height / 2))
    yield _view(lens, view, np.eye(3))


def _filled(source: Lens, view: Lens) -> Lens:
    """The view zoomed in until the source fills it, by 15% at most: better a little less to see than empty corners."""
    for step in range(31):
        zoom = 1 + 0.005 * step
        zoomed = Lens("PINHOLE", view.width, view.height, view.fx * zoom, view.fy * zoom, view.cx, view.cy)
        x, y = (np.arange(size, dtype=np.float64) + 0.5 for size in (view.width, view.height))
        edge_x = np.concatenate([x, x, np.full_like(y, 0.5), np.full_like(y, view.width - 0.5)])
        edge_y = np.concatenate([np.full_like(x, 0.5), np.full_like(x, view.height - 0.5), y, y])
        rays = [(edge_x - zoomed.cx) / zoomed.fx, (edge_y - zoomed.cy) / zoomed.fy, np.ones_like(edge_x)]
        u, v = project(source, np.stack(rays, axis=-1).astype(np.float64))
        if u.min() >= 0 and v.min() >= 0 and u.max() <= source.width and v.max() <= source.height:
            return zoomed
    return view


def _look(yaw: float, pitch: float) -> NDArray[np.float64]:
    """Rotation from the source frame to one looking `yaw` to the right and `pitch` down (radians)."""
    cy, sy, cp, sp = math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch)
    turn = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    tilt = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    return tilt @ turn


def _view(source: Lens, view: Lens, source_to_view: NDArray[np.float64]) -> PinholeView:
    columns, rows = np.meshgrid(np.arange(view.width) + 0.5, np.arange(view.height) + 0.5)
    rays = np.stack([(columns - view.cx) / view.fx, (rows - view.cy) / view.fy, np.ones_like(columns)], axis=-1)
    x, y = project(source, rays @ source_to_view)
    map_x, map_y = (np.nan_to_num(pixels - 0.5, nan=_NOWHERE).astype(np.float32) for pixels in (x, y))
    return PinholeView(view, source_to_view, map_x, map_y, wraps=source.model == "EQUIRECTANGULAR")


def _reach(lens: Lens) -> float:
    """Up to where the radial polynomial r (1 + c1 r^2 + c2 r^4 ...) of a distortion grows: beyond, it would fold the
    picture back into itself. Of r = tan(angle) for OPENCV, of the angle for OPENCV_FISHEYE."""
    radial = lens.distortion[:2] if lens.model == "OPENCV" else lens.distortion
    slope = [1.0, *((2 * power + 3) * coefficient for power, coefficient in enumerate(radial))]  # in r^2
    roots = np.roots(slope[::-1]) if any(radial) else np.zeros(0)
    turns = roots.real[(abs(roots.imag) < 1e-9) & (roots.real > 0)]
    return math.sqrt(turns.min()) if len(turns) else math.inf


def project(lens: Lens, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixel x and y of camera-frame points (..., 3). Points behind a non-panoramic lens, or farther out than its
    distortion is meant for, give NaN."""
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    if lens.model == "EQUIRECTANGULAR":
        longitude, latitude = np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))
        pixels_per_radian = lens.width / (2 * math.pi)
        return lens.width / 2 + longitude * pixels_per_radian, lens.height / 2 + latitude * pixels_per_radian
    z = np.where(z > 0, z, np.nan)
    u, v = x / z, y / z
    if any(lens.distortion) and lens.model == "OPENCV":
        k1, k2, p1, p2 = lens.distortion
        r2 = u * u + v * v
        r2 = np.where(r2 < _reach(lens) ** 2, r2, np.nan)
        radial = 1 + r2 * (k1 + r2 * k2)
        u, v = u * radial + 2 * p1 * u * v + p2 * (r2 + 2 * u * u), v * radial + p1 * (r2 + 2 * v * v) + 2 * p2 * u * v
    elif lens.model == "OPENCV_FISHEYE":
        k1, k2, k3, k4 = lens.distortion or (0.0, 0.0, 0.0, 0.0)
        r = np.maximum(np.hypot(u, v), 1e-12)
        angle = np.arctan(r)
        angle = np.where(angle < _reach(lens), angle, np.nan)
        a2 = angle * angle
        bent = angle * (1 + a2 * (k1 + a2 * (k2 + a2 * (k3 + a2 * k4))))
        u, v = u * bent / r, v * bent / r
    return lens.fx * u + lens.cx, lens.fy * v + lens.cy
