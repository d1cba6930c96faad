"""Training pictures: decoded on demand at the size that is trained, kept as bytes within a memory limit."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldloom.reconstruct.records import View
from worldloom.scene.errors import WorldloomError


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) sRGB bytes of a picture.

    Raises:
        WorldloomError: it is missing or damaged.
    """
    return _read(path, color=True)


def read_mask(path: Path) -> NDArray[np.uint8]:
    """(H, W) bytes of a grey picture.

    Raises:
        WorldloomError: it is missing or damaged.
    """
    return _read(path, color=False)


def _read(path: Path, *, color: bool) -> NDArray[np.uint8]:
    import cv2

    try:
        data = np.fromfile(path, np.uint8)  # not cv2.imread: that can't open every path on every system
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB if color else cv2.IMREAD_GRAYSCALE) if len(data) else None
    except (OSError, cv2.error):
        pixels = None
    if pixels is None:
        raise WorldloomError(f"{path} can't be read as a picture. Remove it, or run the earlier stages again.")
    return pixels.astype(np.uint8, copy=False)


class Pictures:
    """Pictures and masks of views, the most recently used kept in memory."""

    def __init__(self, views: tuple[View, ...], *, memory_limit: int = 1 << 30) -> None:
        """
        Args:
            memory_limit: bytes of decoded pictures to keep.
        """
        self._views = views
        self._memory_limit = memory_limit
        self._held = 0
        self._cache: OrderedDict[tuple[int, int], tuple[NDArray[np.uint8], NDArray[np.uint8] | None]] = OrderedDict()

    def load(self, index: int, downscale: int = 1) -> tuple[Tensor, Tensor | None]:
        """Picture (H, W, 3) and mask (H, W) or None, float32 in 0..1, each side divided by `downscale` and rounded."""
        pixels, mask = self._bytes(index, downscale)
        return _unit(pixels), None if mask is None else _unit(mask)

    def _bytes(self, index: int, downscale: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
        key = (index, downscale)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        view = self._views[index]
        width, height = downscaled_size(view, downscale)
        pixels = _shrink(read_rgb(view.image), width, height)
        mask = None if view.mask is None else _shrink(read_mask(view.mask), width, height)
        self._cache[key] = pixels, mask
        self._held += _size(self._cache[key])
        while self._held > self._memory_limit and len(self._cache) > 1:
            _, dropped = self._cache.popitem(last=False)
            self._held -= _size(dropped)
        return pixels, mask


def _unit(pixels: NDArray[np.uint8]) -> Tensor:
    """Bytes as float32 in 0..1. By numpy: torch would wake its own threads beside the engine's."""
    return torch.from_numpy(np.multiply(pixels, np.float32(1 / 255), dtype=np.float32))


def downscaled_size(view: View, downscale: int) -> tuple[int, int]:
    """Width and height of a view at a training resolution."""
    return max(1, round(view.width / downscale)), max(1, round(view.height / downscale))


def _shrink(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    import cv2

    if pixels.shape[:2] == (height, width):
        return pixels
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _size(entry: tuple[NDArray[np.uint8], NDArray[np.uint8] | None]) -> int:
    pixels, mask = entry
    return pixels.nbytes + (0 if mask is None else mask.nbytes)
