"""How surfaces that mirror the sky look from all sides, on the CPU: for light that is baked into Gaussians."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.render.cpu import default_threads
from worldloom.render.native.library import library

Floats = NDArray[Any]
_SKY = 96
"""Steps of the square on which the sky is drawn."""


def mirrored(
    body: Floats,
    normals: Floats,
    gloss: Floats,
    sky: Callable[[Floats], Floats],
    srgb: Floats,
    sights: Floats,
    solve: Floats,
    exposure: float,
) -> Floats:
    """Harmonics (N, 4, 3) of surfaces under a sky, the same for any number of threads.

    Args:
        body: (N, 3) radiance of what is not mirrored.
        gloss: (N,) share of light that is mirrored at a slant.
        sky: radiance (M, 3) in unit directions (M, 3) above the horizon.
        srgb: (4096,) sRGB of the square root of linear light.
        sights: (D, 3) directions of sight.
        solve: (4, D) takes what is seen along them, less 0.5, to harmonics.
    """
    axis = np.linspace(-1, 1, _SKY)
    both, apart = np.meshgrid(axis, axis)  # u + v along columns, u - v along rows
    x, z = (both + apart) / 2, (both - apart) / 2
    toward = np.stack([x, (1 - np.abs(x) - np.abs(z)).clip(0), z], axis=-1).reshape(-1, 3)
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    given = [np.ascontiguousarray(array, np.float32) for array in (body, normals, gloss, sky(toward), srgb)]
    seen = [np.ascontiguousarray(array, np.float32) for array in (sights, solve)]
    harmonics = np.empty((len(body), 4, 3), np.float32)
    first, second = ([array.ctypes.data for array in part] for part in (given, seen))
    library().worldloom_mirrored(
        default_threads(),
        len(body),
        *first[:4],
        _SKY,
        first[4],
        len(sights),
        *second,
        float(exposure),
        harmonics.ctypes.data,
    )
    return harmonics
