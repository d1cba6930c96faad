"""Continuing a texture into a hole by copying patches, what is best surrounded first (Criminisi et al. 2004)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_PATCHES = (17, 11, 7, 5)
"""Edges in cells, the largest first that fits somewhere in what is known."""


def sources(
    picture: NDArray[np.float32], known: NDArray[np.bool_], wanted: NDArray[np.bool_]
) -> NDArray[np.int64] | None:
    """From where each wanted cell is to be copied.

    Args:
        picture: (H, W, 3) colours of a level map.
        known: (H, W) cells that may be copied.
        wanted: (H, W) cells to fill; those that are neither known nor wanted are copied from nowhere and not filled.

    Returns:
        (H, W, 2) rows and columns, each cell's own where it is not filled; None: too little is known.
    """
    import cv2

    for patch in _PATCHES:
        whole = cv2.erode(known.astype(np.uint8), np.ones((patch, patch), np.uint8), borderValue=0).astype(bool)
        if whole.sum() >= 25:
            return _quilted(picture, known, wanted, whole, patch)
    return None


def _quilted(
    picture: NDArray[np.float32],
    known: NDArray[np.bool_],
    wanted: NDArray[np.bool_],
    whole: NDArray[np.bool_],
    patch: int,
) -> NDArray[np.int64]:
    """With patches (P, P) whose middle is in `whole`."""
    import cv2

    half = patch // 2
    margin = ((half, half), (half, half))
    canvas = np.pad(np.where(known[..., None], picture, 0), (*margin, (0, 0)))
    original = canvas.copy()
    done, left = np.pad(known & ~wanted, margin), np.pad(wanted, margin)
    places = np.moveaxis(np.indices(wanted.shape), 0, -1)
    places = np.pad(places, (*margin, (0, 0)))
    steps = np.moveaxis(np.indices((patch, patch)), 0, -1)
    while left.any():
        # The cell with the most of its surroundings done: texture grows inwards from all sides.
        surrounded = cv2.boxFilter(done.astype(np.float32), -1, (patch, patch), normalize=False)
        row, column = np.unravel_index(np.argmax(np.where(left, surrounded, -1)), left.shape)
        window = slice(row - half, row + half + 1), slice(column - half, column + half + 1)
        usable = done[window].astype(np.float32)
        if not usable.any():
            usable[:] = 1
        unlike = cv2.matchTemplate(
            original, canvas[window], cv2.TM_SQDIFF, mask=np.repeat(usable[..., None], 3, axis=2)
        )
        unlike = np.where(whole, unlike, np.inf)
        best_row, best_column = np.unravel_index(np.argmin(unlike), unlike.shape)
        found = slice(best_row, best_row + patch), slice(best_column, best_column + patch)
        new = left[window].copy()
        canvas[window][new] = original[found][new]
        places[window][new] = steps[new] + np.array([best_row - half, best_column - half])
        done[window] |= new
        left[window] = False
    return places[half : half + wanted.shape[0], half : half + wanted.shape[1]]
