"""How far everything is, from little: ground lies flat, what stands on it is upright, edges may be ends of things.

Solved for q, one over the horizontal distance from the eye. On an upright surface that faces the eye q is the same all
the way up, whatever the tilt of the camera, so the same equations hold for photos and for panoramas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.image.fill import diffused
from worldloom.generate.image.pieces import cut_out, pieces_of, standing_q

Array = NDArray[Any]
Mask = NDArray[np.bool_]

_SIDE = 240
"""Longer side at which the equations are solved, pixels."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What is known of each pixel of a picture (H, W)."""

    rays: Array
    """(H, W, 3) directions, world frame, any length."""
    rgb: NDArray[np.uint8]
    ground: Mask
    sky: Mask
    ceiling: Mask
    eye_height: float
    farthest: float
    """Metres; nothing but sky is farther."""
    wraps: bool = False
    """Whether the left edge continues at the right one."""
    blurred: Mask | None = None
    """What is out of focus behind all else."""
    outdoors: bool = True
    """Whether it goes on as land rather than as a room."""


@dataclass(frozen=True, eq=False)
class Known:
    """Horizontal distances that somebody gave: at rows and columns, metres."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    q: Array


def level(rays: Array) -> Array:
    """(H, W) horizontal length of rays."""
    return np.hypot(rays[..., 0], rays[..., 2]).clip(1e-6)


def ground_q(rays: Array, eye_height: float) -> Array:
    """(H, W) q of the ground plane; negative above the horizon."""
    return -rays[..., 1] / (level(rays) * eye_height)


def solve(scene: Scene, known: Known, prior: Array | None = None) -> Array:
    """(H, W) q, float32. What is sky gets that of `farthest`.

    Args:
        prior: (H, W) q that an estimator gave; then shapes come from it, and only ends and given distances from here.
    """
    height, width = scene.ground.shape
    if prior is not None:
        q = _with_known(prior, known, scene)
    else:
        small = _shrunk(scene)
        scale = small.ground.shape[0] / height, small.ground.shape[1] / width
        moved = Known(
            (known.rows * scale[0]).astype(np.int64).clip(0, small.ground.shape[0] - 1),
            (known.columns * scale[1]).astype(np.int64).clip(0, small.ground.shape[1] - 1),
            known.q,
        )
        q = _enlarged(diffused(_solve_small(small, moved), ~small.sky), scene)
    plane = ground_q(scene.rays, scene.eye_height)
    # Nothing lies below the ground; where none is seen, what is seen may stand on lower ground.
    lowest = plane * (0.4 if _groundless(scene, plane) else 1.001)
    lowest = lowest if scene.blurred is None else np.where(scene.blurred, 0, lowest)
    q = np.where(scene.ground, plane, np.maximum(q, lowest))
    q[scene.sky] = 1 / scene.farthest
    # Nothing stands closer than a quarter of the eye's height; the ground under the feet is as near as it is.
    nearest = np.where(scene.ground, np.inf, np.maximum(4 / scene.eye_height, lowest))
    return q.clip(1 / scene.farthest, nearest).astype(np.float32)


def _solve_small(scene: Scene, known: Known) -> Array:
    from scipy.sparse import coo_matrix, diags
    from scipy.sparse.linalg import spsolve

    from worldloom.generate.image.segment import edge_strength

    height, width = scene.ground.shape
    count = height * width
    index = np.arange(count).reshape(height, width)
    plane = ground_q(scene.rays, scene.eye_height).clip(1 / scene.farthest, None)
    like = np.exp(-edge_strength(scene.rgb) / 7.0)
    free = ~scene.sky
    standing = free & ~scene.ground
    pieces = pieces_of(scene.rgb)
    if scene.blurred is not None and scene.blurred.any():
        pieces = cut_out(pieces, standing & ~scene.blurred)
    links: list[tuple[Array, Array, Array]] = []

    def link(first: tuple[Any, Any], second: tuple[Any, Any], strength: Array) -> None:
        use = free[first] & free[second] & (strength > 0)
        links.append((index[first][use], index[second][use], strength[use]))

    up, down = (slice(0, -1), slice(None)), (slice(1, None), slice(None))
    # Two pixels of one piece hold together, whatever runs between them.
    edge = np.maximum(np.minimum(like[up], like[down]), np.where(pieces[up] == pieces[down], 0.4, 0))
    link(up, down, np.where(standing[up] & standing[down], 0.03 + 25 * edge, np.where(scene.ground[down], 4.0, 0.02)))
    left, right = (slice(None), slice(0, -1)), (slice(None), slice(1, None))
    edge = np.maximum(np.minimum(like[left], like[right]), np.where(pieces[left] == pieces[right], 0.4, 0))
    same = scene.ground[left] == scene.ground[right]
    link(left, right, np.where(same, 0.0005 + 0.25 * edge**2, 0.005 * edge))
    if scene.wraps:
        links.append((index[:, -1], index[:, 0], np.where(free[:, -1] & free[:, 0], 0.3, 0.0)))

    weight = np.full((height, width), 3e-5)
    value = np.full((height, width), _usual(plane, scene))
    if _groundless(scene, plane):
        nearest = float(np.median(plane[-1]))
        weight[standing], value[standing] = 0.02, standing_q(plane, pieces, nearest)[standing]
    if scene.blurred is not None and scene.blurred.any():
        far = 0.35 * float(np.median(value[standing & ~scene.blurred])) if (standing & ~scene.blurred).any() else 0.0
        weight[scene.blurred], value[scene.blurred] = 2.0, max(far, 1 / scene.farthest)
    weight[scene.ground], value[scene.ground] = 60.0, plane[scene.ground]
    foot = np.zeros_like(standing)
    foot[-1] = standing[-1] & (plane[-1] > 2 / scene.farthest)
    weight[foot], value[foot] = 0.3, plane[foot]
    if scene.ceiling.any():
        drawn = _ceiling_q(scene, plane)
        weight[scene.ceiling], value[scene.ceiling] = 30.0, drawn[scene.ceiling]
    weight[scene.sky], value[scene.sky] = 1.0, 1 / scene.farthest
    for row, column, q in zip(known.rows, known.columns, known.q):  # few: what was dragged
        along = _one_with(scene.rgb, row, column) & standing
        weight[along], value[along] = 1.0, q
    for step in range(-2, 3):  # a finger's width
        columns = (known.columns + step).clip(0, width - 1)
        weight[known.rows, columns], value[known.rows, columns] = 400.0, known.q

    first, second, strength = (np.concatenate(part) for part in zip(*links))
    pull = coo_matrix((strength, (first, second)), shape=(count, count)).tocsr()
    pull = pull + pull.T
    matrix = diags(np.asarray(pull.sum(axis=1)).ravel() + weight.ravel()) - pull
    return np.asarray(spsolve(matrix.tocsc(), (weight * value).ravel())).reshape(height, width)


def _groundless(scene: Scene, plane: Array) -> bool:
    """Whether hardly any ground is seen though the view goes down to it."""
    below = plane > 2 / scene.farthest
    return below[-1].mean() > 0.9 and scene.ground.sum() < 0.15 * below.sum()


def _one_with(rgb: NDArray[np.uint8], row: int, column: int) -> Mask:
    """(H, W) what is joined to a pixel and has about its colour."""
    import cv2

    mask = np.zeros((rgb.shape[0] + 2, rgb.shape[1] + 2), np.uint8)
    soft = cv2.GaussianBlur(rgb, (0, 0), 1.0)
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (1 << 8)
    cv2.floodFill(soft, mask, (int(column), int(row)), (0, 0, 0), (28,) * 3, (28,) * 3, flags)
    return mask[1:-1, 1:-1] > 0


def _usual(plane: Array, scene: Scene) -> float:
    """q where things usually stand: at the far end of the ground that is seen."""
    contact = scene.ground[1:] & ~scene.ground[:-1]
    found = plane[1:][contact]
    return float(np.median(found)) if len(found) > 8 else 4 / scene.farthest


def _ceiling_q(scene: Scene, plane: Array) -> Array:
    """q of a level ceiling as high as walls are that reach from the ground to it."""
    heights = []
    for column in range(scene.ground.shape[1]):
        floor, top = np.flatnonzero(scene.ground[:, column]), np.flatnonzero(scene.ceiling[:, column])
        if len(floor) and len(top) and top.max() + 2 < floor.min():
            rise = scene.rays[top.max(), column]
            heights.append(rise[1] / np.hypot(rise[0], rise[2]) / plane[floor.min(), column])
    high = float(np.median(heights)) if len(heights) > 8 else 1.1
    return (scene.rays[..., 1] / (level(scene.rays) * max(high, 0.3))).clip(1 / scene.farthest, None)


def _shrunk(scene: Scene) -> Scene:
    import cv2

    height, width = scene.ground.shape
    scale = min(1.0, _SIDE / max(width, height))
    size = max(4, round(width * scale)), max(4, round(height * scale))

    def mask(plane: Mask) -> Mask:
        return cv2.resize(plane.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.5

    rays = cv2.resize(scene.rays, size, interpolation=cv2.INTER_AREA)
    rgb = cv2.resize(scene.rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return Scene(
        rays, rgb, mask(scene.ground), mask(scene.sky), mask(scene.ceiling), scene.eye_height, scene.farthest,
        scene.wraps, None if scene.blurred is None else mask(scene.blurred),
    )  # fmt: skip


def _enlarged(q: Array, scene: Scene) -> Array:
    """q at the picture's size. Between two things at different distances each pixel goes to the one whose colour it
    has, so that no pixel hangs in the air between them."""
    import cv2

    height, width = scene.ground.shape
    big = cv2.resize(q.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    reach = 2 * round(max(width, height) / _SIDE) + 1
    kernel = np.ones((2 * reach + 1,) * 2, np.uint8)
    near, far = cv2.dilate(big, kernel), cv2.erode(big, kernel)
    torn = (near > 1.18 * far) & ~scene.ground & ~scene.sky
    middle = np.sqrt(np.maximum(near * far, 1e-12))
    colour = cv2.cvtColor(scene.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    sides = []
    for side in (big >= middle, big < middle):
        use = (side & ~scene.sky).astype(np.float32)
        total = cv2.blur(use, (2 * reach + 1,) * 2) + 1e-6
        shade = cv2.blur(colour * use[..., None], (2 * reach + 1,) * 2) / total[..., None]
        sides.append((np.abs(colour - shade).sum(axis=2), cv2.blur(big * use, (2 * reach + 1,) * 2) / total, total))
    (near_miss, near_q, near_total), (far_miss, far_q, far_total) = sides
    take_near = near_miss < far_miss
    both = torn & (near_total > 0.02) & (far_total > 0.02)
    snapped = cv2.medianBlur(np.where(take_near, near_q, far_q).astype(np.float32), 5)
    return np.where(both, snapped, big)


def _with_known(prior: Array, known: Known, scene: Scene) -> Array:
    """An estimator's q, multiplied by smooth factors that bring it to the given distances."""
    if len(known.q) == 0:
        return prior
    height, width = prior.shape
    factor = known.q / np.maximum(prior[known.rows, known.columns], 1e-6)
    rows, columns = np.mgrid[0:height, 0:width]
    total, log = np.full((height, width), 0.05), np.zeros((height, width))
    for row, column, value in zip(known.rows, known.columns, np.log(factor)):
        away = ((rows - row) ** 2 + (columns - column) ** 2) / (0.12 * max(height, width)) ** 2
        like = np.exp(-away - (np.log(prior.clip(1e-6) / max(prior[row, column], 1e-6)) / 0.3) ** 2)
        total, log = total + like, log + like * value
    return prior * np.exp(log / total)
