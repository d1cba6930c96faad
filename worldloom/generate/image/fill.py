"""What can't be seen, filled from what can: colours by PatchMatch, smooth quantities by diffusion."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Mask = NDArray[np.bool_]


def fill_colours(rgb: NDArray[np.uint8], hole: Mask, never_from: Mask, seed: int) -> NDArray[np.uint8]:
    """`rgb` with `hole` filled by patches from elsewhere (Barnes et al. 2009; Wexler et al. 2007).

    Args:
        never_from: (H, W) what may not be copied from; it stays as it is.
    """
    import patchmatch

    if not hole.any():
        return rgb
    usable = ~hole & ~never_from
    if usable.mean() < 0.02:
        return diffused_colours(rgb, ~hole)
    patchmatch.set_random_seed(seed % (1 << 31))
    filled = patchmatch.inpaint(
        np.ascontiguousarray(rgb),
        hole.astype(np.uint8) * 255,
        global_mask=(never_from & ~hole).astype(np.uint8) * 255,
        patch_size=5,
    )
    return np.where(hole[..., None], filled, rgb)


def diffused_colours(rgb: NDArray[np.uint8], known: Mask) -> NDArray[np.uint8]:
    """`rgb` where `known`, and smooth continuations of it elsewhere."""
    return (diffused(rgb.astype(np.float32), known) + 0.5).clip(0, 255).astype(np.uint8)


def diffused(values: Array, known: Mask) -> Array:
    """(H, W, ...) `values` where `known`, smoothly continued elsewhere by averages over ever larger areas (the
    push-pull of Gortler et al. 1996)."""
    import cv2

    flat = np.atleast_3d(values).astype(np.float32)
    weight = known.astype(np.float32)
    if not known.any() or known.all():
        return values.astype(np.float32)
    levels: list[tuple[Array, Array]] = [(flat * weight[..., None], weight)]
    while min(levels[-1][1].shape) > 2:
        size = (levels[-1][1].shape[1] + 1) // 2, (levels[-1][1].shape[0] + 1) // 2
        colour = cv2.resize(levels[-1][0], size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], -1)
        share = cv2.resize(levels[-1][1], size, interpolation=cv2.INTER_AREA)
        scale = np.where(share > 0, np.minimum(share * 4, 1) / np.maximum(share, 1e-9), 0)
        levels.append((colour * scale[..., None], share * scale))
    colour, weight = levels[-1]
    average = flat[known].mean(axis=0)
    result = np.where(weight[..., None] > 1e-6, colour / np.maximum(weight, 1e-6)[..., None], average)
    for colour, weight in reversed(levels[:-1]):
        size = weight.shape[1], weight.shape[0]
        coarse = cv2.resize(result.astype(np.float32), size, interpolation=cv2.INTER_LINEAR).reshape(colour.shape)
        result = colour + coarse * (1 - weight[..., None])
    return np.where(known[..., None], flat, result).reshape(values.shape).astype(np.float32)
