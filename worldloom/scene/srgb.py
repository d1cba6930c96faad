"""Linear light and sRGB 0..1 in numpy, quick; floats keep their width. Other colour spaces, in torch: `colour`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""Of floats, 32 or 64 bits."""


def srgb(linear: Array) -> Array:
    """Linear 0..1 to sRGB 0..1, by a table of 4096 steps with the values between them taken straight."""
    place = linear.clip(0, 1) ** linear.dtype.type(0.5) * linear.dtype.type(4095)
    index = place.astype(np.int32).clip(0, 4094)
    table = srgb_table().astype(linear.dtype)
    low = table[index]
    return low + (table[index + 1] - low) * (place - index.astype(linear.dtype))


def from_srgb(colour: Array) -> Array:
    """sRGB 0..1 to linear."""
    return np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055).clip(0) ** 2.4)


@lru_cache(maxsize=1)
def srgb_table() -> Array:
    """(4096,) sRGB of linear light by its square root."""
    linear = (np.arange(4096) / 4095) ** 2
    return np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear.clip(1e-9) ** (1 / 2.4) - 0.055)
