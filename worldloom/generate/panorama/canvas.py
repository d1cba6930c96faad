"""The whole sphere as a picture (equirectangular, 2:1), from a full or a partial panorama."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.image.fill import diffused_colours
from worldloom.generate.image.reading import Picture, Rgb, read_picture, shrunk
from worldloom.scene.errors import InvalidDataError

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Canvas:
    rgb: Rgb
    """(H, 2H, 3); the middle looks to -Z, right of it is to the right."""
    seen: NDArray[np.bool_]
    """(H, 2H) what the panorama covers; the rest is smoothly continued."""
    picture: Picture


def read_panorama(source: Path | str | Rgb, width: int, covers: float | None = None) -> Canvas:
    """Read a panorama and lay it on the sphere.

    Raises:
        FormatError, InvalidDataError: it can't be read, or is neither 2:1 nor says (by GPano tags in its XMP) which
            part of the sphere it shows.
    """
    picture = read_picture(source, width)
    tags = picture.tags
    names = ("FullPanoWidthPixels", "FullPanoHeightPixels", "CroppedAreaLeftPixels", "CroppedAreaTopPixels",
             "CroppedAreaImageWidthPixels", "CroppedAreaImageHeightPixels")  # fmt: skip
    if covers is not None:
        if not 20 <= covers <= 360:
            raise InvalidDataError(f"'covers' is {covers}, expected 20 to 360 degrees.")
        full = picture.width * 360 / covers
        if picture.height > full / 2 + 1:
            raise InvalidDataError(
                f"{picture.name} is {picture.width} x {picture.height}: too high to cover {covers:g} degrees from left "
                "to right; say how many it really covers."
            )
        left, top = (full - picture.width) / 2, (full / 2 - picture.height) / 2
        return _placed(picture, [full, full / 2, left, top, picture.width, picture.height], width)
    if all(name in tags for name in names):
        return _placed(picture, [tags[name] for name in names], width)
    if abs(picture.width / picture.height - 2) > 0.02:
        raise InvalidDataError(
            f"{picture.name} is {picture.width} x {picture.height}; a panorama must be equirectangular, twice as "
            "wide as high, or say by GPano tags which part of the sphere it shows; give anything else as a single "
            "image."
        )
    rgb = _exactly(picture.rgb, 2 * (picture.rgb.shape[1] // 2))
    return Canvas(rgb, np.ones(rgb.shape[:2], bool), picture)


def _exactly(rgb: Rgb, width: int) -> Rgb:
    import cv2

    return cv2.resize(rgb, (width, width // 2), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _placed(picture: Picture, tags: list[float], width: int) -> Canvas:
    import cv2

    full_w, full_h, left, top, w, h = tags
    fits = min(full_w, full_h, w, h) >= 1 and left >= 0 and top >= 0 and top + h <= full_h + 1 and w <= full_w + 1
    if not fits or abs(full_w / full_h - 2) > 0.05:
        raise InvalidDataError(f"{picture.name}: its GPano tags do not describe a part of a sphere; remove them.")
    width = int(min(width, full_w)) // 2 * 2
    height = width // 2
    scale = width / full_w
    size = max(1, round(w * scale)), max(1, min(round(h * scale), height))
    part = cv2.resize(shrunk(picture.rgb, max(size)), size, interpolation=cv2.INTER_AREA)
    rgb, seen = np.zeros((height, width, 3), np.uint8), np.zeros((height, width), bool)
    first = min(round(top * scale), height - size[1])
    columns = (round(left * scale) + np.arange(size[0])) % width
    rgb[first : first + size[1], columns] = part[: height - first]
    seen[first : first + size[1], columns] = True
    wide = np.concatenate([rgb, rgb, rgb], axis=1)  # so that what is filled in meets itself at the seam
    filled = diffused_colours(wide, np.concatenate([seen, seen, seen], axis=1))[:, width : 2 * width]
    return Canvas(np.ascontiguousarray(filled), seen, picture)


_FINER = 3
"""Rays for a pixel, in each direction, at most: towards the poles columns crowd, and single ones would not do."""
_APART = 0.7
"""Of the sphere's pixels, how far rays need not be less apart."""


def look(canvas_rgb: Rgb, yaw: float, pitch: float, fov: float, size: int) -> Array:
    """(size, size, 3) in 0..1: what a pinhole camera in the middle sees of the sphere; angles in degrees."""
    import cv2

    height, width = canvas_rgb.shape[:2]
    pixel = 2 * math.tan(math.radians(fov) / 2) / size
    fine = size * min(max(math.ceil(pixel * width / (2 * math.pi) / _APART), 2), _FINER)
    steps = (((np.arange(fine) + 0.5) / fine * 2 - 1) * np.tan(np.radians(fov) / 2)).astype(np.float32)
    x, y = np.meshgrid(steps, -steps)
    cp, sp, cy, sy = (float(turn(np.radians(angle))) for angle in (pitch, yaw) for turn in (np.cos, np.sin))
    up, ahead = y * cp + sp, cp - y * sp
    azimuth = np.arctan2(x * cy + ahead * sy, ahead * cy - x * sy)
    elevation = np.arctan2(up, np.sqrt(x * x + ahead * ahead))
    columns = np.mod(azimuth * (width / (2 * math.pi)) + (0.5 * width - 0.5), width)
    rows = (0.5 * height - 0.5) - elevation * (height / math.pi)
    shrink = np.radians(fov) / fine / (2 * np.pi / width)
    source = cv2.GaussianBlur(canvas_rgb, (0, 0), 0.4 * shrink) if shrink > 1.3 else canvas_rgb
    wrapped = np.concatenate([source, source[:, :2]], axis=1)
    seen = cv2.remap(wrapped, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(seen.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA) / 255
