"""`OwnDepth`: inverse depth of a photo by our own network, which runs on any CPU in less than a second."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.depth.snap import snapped
from worldloom.scene.errors import InvalidDataError

WEIGHTS = Path(__file__).with_name("weights.onnx")
_PIXELS = 192 * 128
"""About so many the network sees, whatever the shape: what it was trained on. It errs more on larger ones."""
_MULTIPLE = 32
_LONGEST = 1024


class OwnDepth:
    """Our own depth network. Fits `worldloom.generate.image.depth.DepthEstimator`."""

    name = "our own depth network"
    gives = "inverse"

    def __init__(self, weights: Path = WEIGHTS) -> None:
        self._weights = weights

    def estimate(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(H, W) inverse depth up to scale and shift, larger is nearer, of a picture (H, W, 3).

        Raises:
            InvalidDataError: the picture is no (H, W, 3) uint8.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
            raise InvalidDataError(f"The picture is {rgb.dtype} of shape {rgb.shape}, expected (H, W, 3) uint8.")
        import cv2

        small = cv2.resize(rgb, network_size(rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_AREA)
        inverse = mirrored_mean(self._run, np.asarray(small, np.uint8))
        return snapped(inverse, rgb)

    def _run(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        picture = np.ascontiguousarray(rgb.transpose(2, 0, 1)[None], np.float32)
        return _session(self._weights).run(None, {"rgb": picture})[0][0, 0]


def mirrored_mean(
    run: Callable[[NDArray[np.uint8]], NDArray[np.float32]], rgb: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """What `run` says of a picture and of its mirror image, in the mean, which errs less than either."""
    return (run(rgb) + run(rgb[:, ::-1])[:, ::-1]) / np.float32(2)


def network_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) that the network sees of a picture: about as many pixels as it learned on, much the same shape,
    both sides multiples of 32."""
    share = math.sqrt(_PIXELS / (width * height))
    wide, tall = (min(max(round(side * share / _MULTIPLE), 1) * _MULTIPLE, _LONGEST) for side in (width, height))
    return wide, tall


@cache
def _session(weights: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # threads that wait leave cores to others
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
