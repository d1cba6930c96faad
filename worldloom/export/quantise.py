"""Numbers in a few bits, as several formats store them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def round_half_away(values: Floats) -> Floats:
    """Round to whole numbers as C's `round` does; numpy's rounds halves to even."""
    exact = values.astype(np.float64)
    return np.trunc(exact + np.copysign(0.5, exact))


def to_bytes(values: Floats) -> NDArray[np.uint8]:
    """Round to 0..255."""
    return np.clip(round_half_away(values), 0, 255).astype(np.uint8)


def sigmoid(logits: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-logits))


_ALPHAS = np.clip(np.arange(256) / 255, 1e-6, 1 - 1e-6)
BYTE_TO_LOGIT = np.log(_ALPHAS / (1 - _ALPHAS)).astype(np.float32)
"""(256,) opacity logit of an opacity stored in a byte; 0 and 255 get large finite ones."""

LARGEST_LOGIT = float(BYTE_TO_LOGIT[255])
SMALLEST_LOG_SCALE = -20.0
"""Log of a standard deviation that is as good as zero, where a file has zero."""


def smallest_three(quats: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Which component of each unit quaternion (N, 4) is largest in magnitude, the first of equals, and the other three
    (N, 3) in order, of the quaternion or its negative, whichever makes the largest positive."""
    quats = quats / np.linalg.norm(quats, axis=1, keepdims=True)
    largest = np.abs(quats).argmax(axis=1)
    rows = np.arange(len(quats))
    sign = np.where(quats[rows, largest] < 0, np.float32(-1), np.float32(1))
    others = np.take_along_axis(quats, _OTHERS[largest], axis=1) + np.float32(0)  # no negative zero
    return largest, others * sign[:, None]


def from_smallest_three(largest: NDArray[np.integer], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Quaternions (N, 4) of what `smallest_three` gives."""
    quats = np.empty((len(largest), 4), np.float32)
    rest = np.sqrt(np.maximum(0, 1 - (others * others).sum(axis=1)))
    np.put_along_axis(quats, largest[:, None].astype(np.intp), rest[:, None], axis=1)
    np.put_along_axis(quats, _OTHERS[largest], others, axis=1)
    return quats


_OTHERS = np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]])
