"""How sharp a picture is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SIDE = 480
"""Pictures are compared at this size, so that large ones don't look sharper."""


def sharpness(grey: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of a grey picture (H, W) at a common size (Pech-Pacheco et al. 2000)."""
    import cv2

    scale = _SIDE / max(grey.shape)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())
