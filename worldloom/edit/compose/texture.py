"""Pictures on meshes, looked up at the size of what looks."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.errors import InvalidDataError
from worldloom.scene.srgb import from_srgb
from worldloom.scene.surfels import Array

_MOST_PIXELS = 80_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TGA", "TIFF")
_LARGEST = 4096


@dataclass(frozen=True)
class Placing:
    """Where in a picture a mesh's texture coordinates lie: scaled, turned, then moved, as KHR_texture_transform has it.
    Its turn is counter-clockwise seen with v downwards, as its text and examples say and viewers do."""

    offset: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    """Radians."""
    scale: tuple[float, float] = (1.0, 1.0)

    def of(self, uv: Array) -> Array:
        """Coordinates (N, 2) from the lower left."""
        across, down = self.scale[0] * uv[:, 0], self.scale[1] * (1 - uv[:, 1])
        cosine, sine = np.cos(self.rotation), np.sin(self.rotation)
        turned = np.stack([cosine * across + sine * down, cosine * down - sine * across], axis=1) + self.offset
        return np.stack([turned[:, 0], 1 - turned[:, 1]], axis=1)

    @property
    def width(self) -> float:
        """How many times as wide a piece of the picture is meant."""
        return float(np.sqrt(abs(self.scale[0] * self.scale[1])))


@dataclass(frozen=True, eq=False)
class Texture:
    """A picture and smaller ones of it, each half as wide as the one before (Williams 1983)."""

    levels: tuple[NDArray[np.uint16], ...]
    """(H, W, 4) linear and opacity, times 65535; rows from the top."""
    placing: Placing = Placing()

    @staticmethod
    def of(picture: Any, name: str, mask: Any = None) -> Texture:
        """Of a Pillow image that may not be loaded yet.

        Args:
            mask: another, whose alpha, or brightness if it has none, is the opacity.

        Raises:
            InvalidDataError: it is larger, unpacked, than a texture may be, or of another kind.
        """
        import cv2

        _check(picture, name)
        width, height = picture.size
        whole = picture.convert("RGBA")
        if mask is not None:
            _check(mask, name)
            whole.putalpha((mask.getchannel("A") if "A" in mask.getbands() else mask.convert("L")).resize(whole.size))
        pixels = np.asarray(whole)
        shrink = _LARGEST / max(width, height)
        if shrink < 1:
            size = max(round(width * shrink), 1), max(round(height * shrink), 1)
            pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        table = (from_srgb(np.arange(256) / 255) * 65535 + 0.5).astype(np.uint16)
        first = np.concatenate([table[pixels[..., :3]], pixels[..., 3:].astype(np.uint16) * 257], axis=2)
        levels = [first]
        while max(levels[-1].shape[:2]) > 1:
            rows, columns = (max(edge // 2, 1) for edge in levels[-1].shape[:2])
            smaller = cv2.resize(levels[-1], (columns, rows), interpolation=cv2.INTER_AREA)
            levels.append(smaller.astype(np.uint16))
        return Texture(tuple(levels))

    def at(self, uv: Array, width: Array) -> Array:
        """Linear colour and opacity (N, 4) at `uv` (N, 2), from the lower left, repeating beyond 0..1.

        Args:
            width: (N,) how wide a piece of the texture is meant, 1 being all of it.
        """
        uv, width = self.placing.of(uv), width * self.placing.width
        size = np.sqrt(self.levels[0].shape[0] * self.levels[0].shape[1])
        level = np.log2((width * size).clip(1)).round().astype(int).clip(0, len(self.levels) - 1)
        found = np.empty((len(uv), 4), np.float32)
        for number in np.unique(level):
            rows = np.flatnonzero(level == number)
            found[rows] = _between(self.levels[number], uv[rows])
        return found


def check_picture(data: bytes, name: str) -> None:
    """Look at a picture's head.

    Raises:
        InvalidDataError: it is larger, unpacked, than a texture may be, or can't be read.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data))
    except Image.DecompressionBombError:
        raise InvalidDataError(f"{name} has a texture that unpacks to too many pixels; make it smaller.") from None
    except Exception:  # Pillow raises whatever its readers meet
        raise InvalidDataError(f"{name} has a texture that can't be read; use PNG or JPEG.") from None
    _check(picture, name)


def _check(picture: Any, name: str) -> None:
    width, height = picture.size
    if width * height > _MOST_PIXELS:
        raise InvalidDataError(
            f"{name} has a texture of {width} x {height} pixels; give it one of {_MOST_PIXELS // 1_000_000} million "
            "at most."
        )
    if picture.format not in (None, *_FORMATS):
        raise InvalidDataError(f"{name} has a texture of the kind {picture.format}; use PNG or JPEG.")


def _between(picture: NDArray[np.uint16], uv: Array) -> Array:
    """Bilinear, (N, 4) 0..1."""
    height, width = picture.shape[:2]
    x, y = uv[:, 0] % 1 * width - 0.5, (1 - uv[:, 1] % 1) * height - 0.5
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, below = (x - left)[:, None], (y - top)[:, None]

    def pixel(dx: int, dy: int) -> Array:
        return picture[(top + dy) % height, (left + dx) % width].astype(np.float32)

    upper = pixel(0, 0) * (1 - right) + pixel(1, 0) * right
    lower = pixel(0, 1) * (1 - right) + pixel(1, 1) * right
    return (upper * (1 - below) + lower * below) / 65535
