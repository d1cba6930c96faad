"""How surfaces look in a given light, by the half million, on the CPU: the arithmetic of `generate.light`.

Numpy in, numpy out, float32. Results are the same for any number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.render.cpu import default_threads
from worldloom.render.native.library import library

Floats = NDArray[Any]
TURNS = 32
"""Directions of the horizon in which haze has a colour of its own."""


def open_light(
    normals: NDArray[np.int8],
    bent: NDArray[np.int8],
    openness: NDArray[np.uint8],
    leaf: NDArray[np.uint8],
    lamplight: NDArray[np.uint8],
    lit: Floats | None,
    toward: Floats,
    sunlight: Floats,
    ambient: Floats,
    linear: Floats,
    lamps: float,
) -> Floats:
    """Radiance (N, 3) of white surfaces outdoors, not exposed; the bytes are those of `scene.surface.Surface`.

    Args:
        lit: (N,) share of the sunlight that reaches each; None: there is none.
        toward: (3,) unit, to the sun.
        sunlight: (3,) irradiance of what faces it, divided by pi.
        ambient: (9, 3) the sky's irradiance, divided by pi: harmonics of degree 2.
        linear: (256,) light of the bytes of `lamplight`.
        lamps: factor of that.
    """
    radiance = np.empty((len(normals), 3), np.float32)
    given = [np.ascontiguousarray(array) for array in (normals, bent, openness, leaf, lamplight)]
    floats = [_single(array) for array in (toward, sunlight, ambient, linear)]
    shares = None if lit is None else _single(lit)
    library().worldloom_open_light(
        default_threads(),
        len(radiance),
        *(array.ctypes.data for array in given),
        None if shares is None else shares.ctypes.data,
        *(array.ctypes.data for array in floats),
        lamps,
        radiance.ctypes.data,
    )
    return radiance


def behind_haze(radiance: Floats, points: Floats, viewpoint: Floats, haze: float, around: Floats) -> Floats:
    """What is left of radiance (N, 3) at points (N, 3) beyond haze, seen from `viewpoint` (3,).

    Args:
        haze: share that is lost on each metre.
        around: (TURNS, 3) colour of the haze, from +Z towards +X.
    """
    left = np.array(radiance, np.float32, order="C")
    given = [_single(array) for array in (points, viewpoint)]
    ring = _single(around)
    library().worldloom_hazed(
        default_threads(), len(left), *(array.ctypes.data for array in given), haze, ring.ctypes.data, left.ctypes.data
    )
    return left


def toned(radiance: Floats, exposure: Floats, srgb: Floats) -> Floats:
    """sRGB (N, 3) of radiance (N, 3), exposed (N,), as `generate.daylight.tone` does.

    Args:
        srgb: (4096,) sRGB of the square root of linear light.
    """
    shown = np.array(radiance, np.float32, order="C")
    given = [_single(array) for array in (exposure, srgb)]
    library().worldloom_toned(default_threads(), len(shown), *(array.ctypes.data for array in given), shown.ctypes.data)
    return shown


def _single(array: Floats) -> Floats:
    return np.ascontiguousarray(array, np.float32)
