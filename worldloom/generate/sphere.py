"""Pictures all around (equirectangular) and flat views into them.

A panorama is (H, 2H, C); its middle column looks along -Z, its right half towards +X, its top row up (+Y). Views have
OpenCV camera axes. Pixel centres are at +0.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np


@dataclass(frozen=True)
class TangentView:
    """A pinhole view from the panorama's centre."""

    yaw: float
    """Degrees to the right of -Z."""
    pitch: float
    """Degrees above the horizon."""
    fov: float
    """Horizontal field of view, degrees."""
    width: int
    height: int

    @property
    def focal(self) -> float:
        """Pixels."""
        return self.width / 2 / float(np.tan(np.radians(self.fov) / 2))

    @property
    def intrinsics(self) -> np.ndarray:
        """(3, 3) float64."""
        return np.array([[self.focal, 0, self.width / 2], [0, self.focal, self.height / 2], [0, 0, 1.0]])

    @cached_property
    def rotation(self) -> np.ndarray:
        """(3, 3) float64, camera to world; columns are right, down and forward."""
        yaw, pitch = np.radians(self.yaw), np.radians(self.pitch)
        right = np.array([np.cos(yaw), 0, np.sin(yaw)])
        forward = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), -np.cos(yaw) * np.cos(pitch)])
        return np.stack([right, np.cross(forward, right), forward], axis=1)

    def rays(self) -> np.ndarray:
        """(height, width, 3) float32 unit directions in the world."""
        rows, columns = np.mgrid[: self.height, : self.width].astype(np.float32) + np.float32(0.5)
        local = np.stack([columns - self.width / 2, rows - self.height / 2, np.full_like(rows, self.focal)], axis=-1)
        local /= np.linalg.norm(local, axis=-1, keepdims=True)
        return (local @ self.rotation.T).astype(np.float32)

    def project(self, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels (..., 2) float32 of directions (..., 3), and the cosine (...) to the view's axis: not above zero for
        what is behind."""
        local = directions @ self.rotation.astype(directions.dtype)
        z = local[..., 2]
        safe = np.where(z > 1e-6, z, 1)
        x = local[..., 0] / safe * self.focal + self.width / 2
        y = local[..., 1] / safe * self.focal + self.height / 2
        return np.stack([x, y], axis=-1).astype(np.float32), z

    def sees(self, directions: np.ndarray, margin: float = 0.0) -> np.ndarray:
        """(...) bool: which directions (..., 3) are in the picture, at least `margin` of its width from its edge."""
        pixels, cosine = self.project(directions)
        edge = margin * self.width
        x, y = pixels[..., 0], pixels[..., 1]
        return (cosine > 1e-6) & (x >= edge) & (x < self.width - edge) & (y >= edge) & (y < self.height - edge)


def directions_of(height: int, width: int | None = None) -> np.ndarray:
    """(height, width, 3) float32 unit directions of a panorama's pixels; `width` is twice the height by default."""
    width = width or 2 * height
    azimuth = ((np.arange(width) + 0.5) / width - 0.5) * 2 * np.pi
    elevation = (0.5 - (np.arange(height) + 0.5) / height) * np.pi
    level = np.cos(elevation)[:, None]
    up = np.broadcast_to(np.sin(elevation)[:, None], (height, width))
    return np.stack([np.sin(azimuth) * level, up, -np.cos(azimuth) * level], axis=-1).astype(np.float32)


def pixels_of(directions: np.ndarray, height: int, width: int | None = None) -> np.ndarray:
    """(..., 2) float32 pixel places (x, y) in a panorama of directions (..., 3)."""
    width = width or 2 * height
    unit = directions / np.maximum(np.linalg.norm(directions, axis=-1, keepdims=True), 1e-12)
    azimuth = np.arctan2(unit[..., 0], -unit[..., 2])
    elevation = np.arcsin(np.clip(unit[..., 1], -1, 1))
    x, y = (azimuth / (2 * np.pi) + 0.5) * width, (0.5 - elevation / np.pi) * height
    return np.stack([x, y], axis=-1).astype(np.float32)


def look_up(panorama: np.ndarray, directions: np.ndarray, *, nearest: bool = False) -> np.ndarray:
    """Values (..., C) or (...) of a panorama (H, W, C) or (H, W) in `directions` (..., 3), bilinear across the wrap and
    the poles unless `nearest`."""
    height, width = panorama.shape[:2]
    values = panorama.astype(np.uint8) if panorama.dtype == bool else panorama
    turned = np.roll(values, width // 2, axis=1)  # over a pole one comes down half-way around
    padded = np.concatenate([turned[:1], values, turned[-1:]])
    padded = np.concatenate([padded[:, -1:], padded, padded[:, :1]], axis=1)
    places = pixels_of(directions, height, width) + np.float32(0.5)  # +1 for the padding, -0.5 for cv2's pixel centres
    shape = places.shape[:-1]
    places = places.reshape(-1, 1, 2) if places.ndim != 3 else places
    how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    found = _remap(padded, places, how).reshape(*shape, *panorama.shape[2:])
    return found.astype(bool) if panorama.dtype == bool else found


def look_at(picture: np.ndarray, places: np.ndarray, *, nearest: bool = False) -> np.ndarray:
    """Values of a flat picture (H, W, C) or (H, W) at pixel places (..., 2), its border continued outwards."""
    values = picture.astype(np.uint8) if picture.dtype == bool else picture
    shape = places.shape[:-1]
    flat = (places if places.ndim == 3 else places.reshape(-1, 1, 2)) - np.float32(0.5)
    how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    found = _remap(values, flat, how).reshape(*shape, *picture.shape[2:])
    return found.astype(bool) if picture.dtype == bool else found


def even_directions(count: int) -> np.ndarray:
    """(count, 3) float32 unit directions spread evenly over the sphere (a Fibonacci lattice)."""
    index = np.arange(count) + 0.5
    y = 1 - 2 * index / count
    around = np.pi * (1 + 5**0.5) * index
    level = np.sqrt(1 - y * y)
    return np.stack([np.cos(around) * level, y, np.sin(around) * level], axis=-1).astype(np.float32)


def _remap(values: np.ndarray, places: np.ndarray, how: int) -> np.ndarray:
    """cv2.remap in pieces, since it takes no more than 32766 rows."""
    step = 32_000
    pieces = [
        cv2.remap(values, piece[..., 0], piece[..., 1], how, borderMode=cv2.BORDER_REPLICATE)
        for piece in (places[start : start + step] for start in range(0, len(places), step))
    ]
    return np.concatenate(pieces) if pieces else np.zeros((0, *values.shape[2:]), values.dtype)
