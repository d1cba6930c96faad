"""What in a picture is sky and what is ground."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.image.fill import diffused
from worldloom.generate.image.guides import pixel_of

Array = NDArray[Any]
Mask = NDArray[np.bool_]

_WORK = 320
"""Longer side at which regions are found, pixels."""


def sky_of(rgb: NDArray[np.uint8], horizon: Array, seeds: Sequence[tuple[float, float]] = ()) -> Mask:
    """(H, W) sky: smooth, cold, pale or dusky regions that reach the picture's top, spread by GrabCut (Rother et al.
    2004) to what has their colours above the horizon. Empty where there is none, as indoors.

    Args:
        horizon: (W,) row of the horizon in each column, pixels.
        seeds: points that are sky for sure, as parts of width and height; with them sky is never denied.
    """
    import cv2

    small, scale = _small(rgb)
    height, width = small.shape[:2]
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    rough = _roughness(lab)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    level = np.interp(np.arange(width) / scale, np.arange(len(horizon)), horizon) * scale
    above = np.arange(height)[:, None] < np.minimum(level, 0.92 * height)[None]
    cold = lab[..., 2] < 4
    coloured = (chroma < 18) | cold | ((chroma < 34) & (rough < 1.2))
    candidate = (rough < 5.0) & coloured & (lab[..., 0] > 22) & above & ~_leafy(lab)
    mask = _touching_top(candidate)
    for x, y in seeds:
        row, column = pixel_of((x, y), width, height)
        near = np.abs(lab - lab[row, column]).sum(axis=2) < 28
        mask |= _component(near, row, column)
    if mask.mean() < 0.015 or (not seeds and not _is_sky(mask, lab, rough)):
        return np.zeros(rgb.shape[:2], bool)
    spread = _grab(small, sure=_eroded(mask, 2), maybe=mask, never=~above & ~mask)
    spread &= (rough < 14) | mask
    spread = _without_specks(spread | mask, 12)
    return _grown(_enlarged(spread, rgb), rgb, horizon)


def _grown(sky: Mask, rgb: NDArray[np.uint8], horizon: Array) -> Mask:
    """Sky also where, close by, a pixel has the colour that the sky has there: between leaves and girders."""
    import cv2

    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    there = cv2.GaussianBlur(diffused(lab, sky), (0, 0), 3.0)
    reach = max(rgb.shape[:2]) // 24
    close = cv2.dilate(sky.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
    above = np.arange(len(rgb))[:, None] < horizon[None]
    return sky | (close & above & (np.abs(lab - there).sum(axis=2) < 17))


def ground_of(rgb: NDArray[np.uint8], horizon: Array, sky: Mask, contacts: Sequence[tuple[float, float]] = ()) -> Mask:
    """(H, W) ground: what is joined to the lower edge and has the colours found there, below the horizon.

    Args:
        contacts: points where something stands on the ground, as parts of width and height.
    """
    import cv2

    small, scale = _small(rgb)
    height, width = small.shape[:2]
    level = np.interp(np.arange(width) / scale, np.arange(len(horizon)), horizon) * scale
    rows = np.arange(height)[:, None]
    below = rows > (level + 0.02 * height)[None]
    if not below[-1].any():
        return np.zeros(rgb.shape[:2], bool)
    hidden = cv2.resize(sky.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST) > 0
    depth = (rows - level[None]) / np.maximum(height - level[None], 1)
    likely = below & (depth > 0.35)
    sure = below & (rows >= height - max(3, height // 16)) & (np.abs(np.arange(width) / width - 0.5) < 0.36)[None]
    for point in contacts:
        row, column = pixel_of(point, width, height)
        sure[row : row + 4, max(column - 3, 0) : column + 4] = True
    never = ~below | hidden
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    blurred = cv2.GaussianBlur(lab, (0, 0), 2.0).astype(np.float32)
    mixed = np.clip(cv2.cvtColor(blurred, cv2.COLOR_LAB2RGB) * 255, 0, 255).astype(np.uint8)
    found = _grab(mixed, sure=sure & ~never, maybe=likely & ~never, never=never)
    found = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)) > 0
    found = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) > 0
    found &= ~never & _joined_smoothly(small, sure & ~never)
    count, labels = cv2.connectedComponents(found.astype(np.uint8))
    if count <= 1:
        return np.zeros(rgb.shape[:2], bool)
    joined = np.unique(labels[-3:][found[-3:]])
    found &= np.isin(labels, joined)
    if _overgrown(lab, found):
        return np.zeros(rgb.shape[:2], bool)
    found &= ~_standing_on(lab, found)
    return _reaching(_enlarged(found, rgb), rgb, horizon, sky)


def rough_underfoot(rgb: NDArray[np.uint8]) -> bool:
    """Whether the lower part of a picture is of small lights and darks nearly everywhere, as moss, leaves and gravel
    are and floors are not."""
    import cv2

    small, _ = _small(rgb)
    light = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[round(0.6 * len(small)) :, :, 0]
    return float(np.percentile(cv2.blur(_contrast(light, 1.0), (9, 9)), 10)) > 0.6


def _overgrown(lab: Array, ground: Mask) -> bool:
    """Whether what looks like ground is green with large lights and darks: leaves that stand on it, not a lawn."""
    if not ground.any():
        return False
    green = (lab[..., 1] < 0.15 * lab[..., 2]) & (lab[..., 2] > 2)
    return float(green[ground].mean()) > 0.45 and float(_contrast(lab[..., 0], 2.7)[ground].mean()) > 1.5


def _contrast(light: Array, width: float) -> Array:
    """(H, W) differences of lightness at one scale."""
    import cv2

    return np.abs(cv2.GaussianBlur(light, (0, 0), width) - cv2.GaussianBlur(light, (0, 0), 2 * width))


def _standing_on(lab: Array, ground: Mask) -> Mask:
    """What among the ground is of another colour than the ground about it and tall for its width: it stands there."""
    import cv2

    lab, usual = cv2.GaussianBlur(lab, (0, 0), 1.4), ground
    for _ in range(2):
        there = cv2.GaussianBlur(diffused(lab, usual), (0, 0), 9.0)
        away = np.abs(lab - there).sum(axis=2)
        most = max(18.0, 2.2 * float(np.median(away[ground])))
        usual = ground & (away < most)
        if not usual.any():
            return np.zeros_like(ground)
    odd = cv2.morphologyEx((ground & ~usual).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(odd)
    high, wide = stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_WIDTH]
    tall = (high > 0.08 * len(lab)) & (high > 0.55 * wide)
    tall[0] = False
    return tall[np.asarray(labels, np.int64)] & (odd > 0)


def _reaching(ground: Mask, rgb: NDArray[np.uint8], horizon: Array, sky: Mask) -> Mask:
    """Ground also right beside it where a pixel has its colour: up to what stands there."""
    import cv2

    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 1.0).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    there = cv2.GaussianBlur(diffused(lab, ground), (0, 0), 4.0)
    reach = max(rgb.shape[:2]) // 40
    below = np.arange(len(rgb))[:, None] > (horizon + 0.01 * len(rgb))[None]
    like = (np.abs(lab - there).sum(axis=2) < 9) & below & ~sky
    grown = ground.astype(np.uint8)
    for _ in range(reach):
        grown = (cv2.dilate(grown, np.ones((3, 3), np.uint8)) > 0) & like | ground
        grown = grown.astype(np.uint8)
    return grown > 0


def _joined_smoothly(rgb: NDArray[np.uint8], sure: Mask) -> Mask:
    """What can be reached from `sure` without crossing edges that are strong beside those in `sure` itself."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    edge = edge_strength(rgb)
    usual = float(np.percentile(edge[sure], 70)) if sure.any() else 3.0
    cost = (edge - 1.1 * usual).clip(0) / max(usual, 2.5) + 1e-3
    height, width = edge.shape
    index = np.arange(height * width).reshape(height, width)
    pairs = [(index[1:], index[:-1]), (index[:, 1:], index[:, :-1])]
    first = np.concatenate([a.ravel() for a, _ in pairs])
    second = np.concatenate([b.ravel() for _, b in pairs])
    weight = (cost.ravel()[first] + cost.ravel()[second]) / 2
    graph = coo_matrix((weight, (first, second)), shape=(height * width,) * 2).tocsr()
    away = dijkstra(graph, directed=False, indices=index[sure], min_only=True, limit=6.0)
    return np.isfinite(away).reshape(height, width)


def edge_strength(rgb: NDArray[np.uint8]) -> Array:
    """(H, W) how much the colour changes from pixel to pixel, CIELAB units."""
    import cv2

    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    dx = cv2.Sobel(lab, cv2.CV_32F, 1, 0, ksize=3)
    dy = cv2.Sobel(lab, cv2.CV_32F, 0, 1, ksize=3)
    return np.sqrt((dx**2 + dy**2).sum(axis=2)) / 8


def guided(guide: Array, values: Array, radius: int, epsilon: float) -> Array:
    """Guided filter (He et al. 2010) of `values` (H, W) along a grey `guide` (H, W) in 0..1."""
    import cv2

    def mean(plane: Array) -> Array:
        return cv2.boxFilter(plane.astype(np.float32), -1, (2 * radius + 1, 2 * radius + 1))

    middle, average = mean(guide), mean(values)
    slope = (mean(guide * values) - middle * average) / (mean(guide * guide) - middle**2 + epsilon)
    return mean(slope) * guide + mean(average - slope * middle)


def _small(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    import cv2

    height, width = rgb.shape[:2]
    scale = min(1.0, _WORK / max(width, height))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False), scale


def _roughness(lab: Array) -> Array:
    import cv2

    mean = cv2.blur(lab, (5, 5))
    spread = np.sqrt(np.maximum(cv2.blur(lab * lab, (5, 5)) - mean * mean, 0).sum(axis=2))
    return cv2.GaussianBlur(spread, (0, 0), 1.0)


def _leafy(lab: Array) -> Array:
    return (lab[..., 1] < -9) & (lab[..., 2] > 10)


def _touching_top(candidate: Mask) -> Mask:
    import cv2

    count, labels = cv2.connectedComponents(candidate.astype(np.uint8))
    top = labels[: max(2, round(0.12 * len(labels)))]
    kept = [label for label in range(1, count) if (top == label).sum() > 0.01 * labels.shape[1] * 4]
    return np.isin(labels, kept)


def _is_sky(mask: Mask, lab: Array, rough: Array) -> bool:
    """Not a wall or a sheet of paper: the lower part must not have its colour, and it must not be dark beside it."""
    colour = np.median(lab[mask], axis=0)
    lower = lab[round(0.68 * len(lab)) :]
    same = np.abs(lower - colour).sum(axis=2) < 16
    if same.mean() > 0.22:
        return False
    rest = lab[~mask][:, 0]
    chroma = float(np.hypot(colour[1], colour[2]))
    warm = chroma > 12 and colour[2] > 5
    varied = float(np.ptp(np.percentile(lab[mask][:, 0], [5, 95])))
    if warm and varied < 14:  # plaster, wood and cloth are warm and even; evening skies are not even
        return False
    if colour[2] < -10:  # blue
        return True
    return len(rest) == 0 or float(np.median(lab[mask][:, 0])) > float(np.median(rest)) - 4


def _grab(rgb: NDArray[np.uint8], *, sure: Mask, maybe: Mask, never: Mask) -> Mask:
    """GrabCut's foreground."""
    import cv2

    state = np.where(maybe, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    state[never] = cv2.GC_BGD
    state[sure] = cv2.GC_FGD
    fore, back = np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD)), np.isin(state, (cv2.GC_BGD, cv2.GC_PR_BGD))
    if min(fore.sum(), back.sum()) < 30:
        return sure | maybe
    cv2.setRNGSeed(7)  # its k-means starts at random
    cv2.grabCut(np.ascontiguousarray(rgb[..., ::-1]), state, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 3,
                cv2.GC_INIT_WITH_MASK)  # fmt: skip
    return np.isin(state, (cv2.GC_FGD, cv2.GC_PR_FGD))


def _eroded(mask: Mask, radius: int) -> Mask:
    import cv2

    return cv2.erode(mask.astype(np.uint8), np.ones((2 * radius + 1,) * 2, np.uint8), borderValue=1) > 0


def _without_specks(mask: Mask, least: int) -> Mask:
    """Without parts, and without holes, of fewer than `least` pixels."""
    import cv2

    for turned in (False, True):
        count, labels, stats, _ = cv2.connectedComponentsWithStats((mask ^ turned).astype(np.uint8))
        specks = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < least)
        specks = specks[(specks > 0) & (specks < count)]
        mask = mask ^ np.isin(labels, specks)
    return mask


def _enlarged(mask: Mask, rgb: NDArray[np.uint8]) -> Mask:
    """A mask found in the small picture, at the picture's size, along its edges."""
    import cv2

    height, width = rgb.shape[:2]
    soft = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    return guided(grey, soft, max(2, round(max(width, height) / 160)), 4e-4) > 0.5


def _component(mask: Mask, row: int, column: int) -> Mask:
    import cv2

    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    return (labels == labels[row, column]) & mask
