"""Depth of every pixel from photos with known poses: a plane sweep (Collins 1996) with checks between views.

For each view, planes parallel to it are swept through space; where a plane meets the surface, the neighbouring photos,
warped over it, look like the view (normalised cross-correlation). Depths that other views confirm become points.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from worldloom.reconstruct.pictures import read_mask, read_rgb
from worldloom.reconstruct.records import Record, View

Floats = NDArray[np.float32]


class SweepOptions(Record):
    """How depth is searched."""

    max_size: int = Field(default=360, ge=32, description="longest side of the pictures that are compared, pixels")
    max_pixels: int = Field(
        default=16_000_000, ge=100_000, description="of all compared pictures together; more are compared smaller"
    )
    planes: int = Field(default=72, ge=8, description="depths that are tried for each pixel")
    window: int = Field(default=7, ge=3, description="side of the compared squares, pixels")
    neighbours: int = Field(default=4, ge=1, description="photos that each photo is compared with")
    least_score: float = Field(default=0.6, ge=-1, le=1, description="correlation below which a depth is not believed")
    least_views: int = Field(default=2, ge=1, description="other views that must confirm a depth")
    tolerance: float = Field(default=0.015, gt=0, description="relative difference up to which two depths agree")


@dataclass(frozen=True, eq=False)
class DepthMap:
    """Depth of one view's pixels at sweep size."""

    depth: Floats
    """(H, W) along the view's z axis, units of the poses; 0 where unknown."""
    score: Floats
    """(H, W) correlation of the best plane."""
    rgb: NDArray[np.uint8]
    """(H, W, 3) the view at this size."""
    intrinsics: NDArray[np.float64]
    """(3, 3) at this size, for pixel centres at +0.5."""
    world_to_camera: NDArray[np.float64]
    """(4, 4)."""
    spacing: float
    """Between planes, in inverse depth: how well depth can be told at best."""
    valid: NDArray[np.bool_] | None = None
    """(H, W) what the view's mask lets through; None if that is all."""


@dataclass(frozen=True, eq=False)
class DensePoints:
    """Points on surfaces, one per confirmed pixel."""

    xyz: Floats
    """(P, 3) world."""
    rgb: NDArray[np.uint8]
    """(P, 3)."""
    normals: Floats
    """(P, 3) unit, towards the camera."""
    footprints: Floats
    """(P,) size of a pixel at the point, world units."""
    scores: Floats
    """(P,) correlation; higher is surer."""


def choose_neighbours(
    positions: NDArray[np.float64], directions: NDArray[np.float64], covisible: NDArray[np.int64], count: int
) -> list[list[int]]:
    """For each view the best others to compare it with: they share points and see them from 3 to 30 degrees aside.

    Args:
        positions: (n, 3) camera centres.
        directions: (n, 3) unit view directions.
        covisible: (n, n) number of shared sparse points; all zero if unknown.
    """
    total = len(positions)
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    typical = np.median(np.sort(distances, axis=1)[:, 1 : min(4, total)]) if total > 1 else 1.0
    facing = directions @ directions.T
    chosen = []
    for at in range(total):
        score = np.maximum(facing[at], 0) ** 2
        apart = distances[at] / max(float(typical), 1e-9)
        score = score * np.exp(-0.5 * ((np.log(np.maximum(apart, 1e-3)) - np.log(1.5)) / 0.8) ** 2)
        if covisible.any():
            score = score * np.sqrt(covisible[at] + 1.0)
        score[at] = -1
        order = np.argsort(-score, kind="stable")[:count]
        chosen.append([int(other) for other in order if score[other] > 0])
    return chosen


def sweep(
    views: Sequence[View],
    neighbours: Sequence[Sequence[int]],
    depth_ranges: Sequence[tuple[float, float]],
    options: SweepOptions,
    tell: Callable[[float], None],
) -> list[DepthMap]:
    """Depth maps of all views.

    Args:
        neighbours: for each view, indices of the views it is compared with.
        depth_ranges: for each view, nearest and farthest depth, which may be infinite.
        tell: called with the fraction done.
    """
    pictures = _Pictures(views, _size_within(views, options))
    maps: list[DepthMap] = []
    with ThreadPoolExecutor(2) as threads:  # OpenCV works outside Python's lock
        work = threads.map(
            lambda at: _sweep_one(pictures, at, neighbours[at], depth_ranges[at], options), range(len(views))
        )
        for done in work:
            maps.append(done)
            tell(len(maps) / len(views))
    return maps


def _size_within(views: Sequence[View], options: SweepOptions) -> int:
    """Longest side of compared pictures, so that all of them together stay within `options.max_pixels`."""
    scales = np.array([min(1.0, options.max_size / max(view.width, view.height)) for view in views])
    pixels = float((scales**2 * [view.width * view.height for view in views]).sum())
    return max(32, round(options.max_size * min(1.0, (options.max_pixels / pixels) ** 0.5)))


class _Pictures:
    """Small colour and grey pictures of all views, with cameras to match."""

    def __init__(self, views: Sequence[View], max_size: int) -> None:
        import cv2

        self.rgb: list[NDArray[np.uint8]] = []
        self.grey: list[Floats] = []
        self.masks: list[NDArray[np.bool_] | None] = []
        self.intrinsics: list[NDArray[np.float64]] = []
        self.poses = [np.array(view.world_to_camera, np.float64) for view in views]
        for view in views:
            scale = min(1.0, max_size / max(view.width, view.height))
            width, height = max(1, round(view.width * scale)), max(1, round(view.height * scale))
            small = cv2.resize(read_rgb(view.image), (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
            self.rgb.append(small)
            self.grey.append(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32))
            mask = None
            if view.mask is not None:
                mask = cv2.resize(read_mask(view.mask), (width, height), interpolation=cv2.INTER_AREA) > 250
            self.masks.append(mask)
            sx, sy = width / view.width, height / view.height
            self.intrinsics.append(
                np.array([[view.fx * sx, 0, view.cx * sx], [0, view.fy * sy, view.cy * sy], [0, 0, 1]])
            )


_TO_CENTRES = np.array([[1.0, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
"""From pixel numbers, as OpenCV counts, to our pixel coordinates."""


def _sweep_one(
    pictures: _Pictures, at: int, neighbours: Sequence[int], depth_range: tuple[float, float], options: SweepOptions
) -> DepthMap:
    import cv2

    grey = pictures.grey[at]
    height, width = grey.shape
    window = (options.window, options.window)
    mean = cv2.boxFilter(grey, -1, window)
    variance = cv2.boxFilter(grey * grey, -1, window) - mean * mean + 2.0
    near, far = depth_range
    inverse_depths = np.linspace(1 / far, 1 / near, options.planes)  # 1 / infinity is 0
    volume = np.empty((options.planes, height, width), np.float32)
    used = max(1, (len(neighbours) + 1) // 2)  # the better half: the others may not see the surface
    for plane, inverse_depth in enumerate(inverse_depths):
        best = [np.full((height, width), -1.0, np.float32) for _ in range(used)]
        for other in neighbours:
            homography = _plane_homography(pictures, at, other, inverse_depth)
            warped = cv2.warpPerspective(
                pictures.grey[other],
                homography,
                (width, height),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_CONSTANT,
                borderValue=-1e4,
            )
            other_mean = cv2.boxFilter(warped, -1, window)
            other_variance = cv2.boxFilter(warped * warped, -1, window) - other_mean * other_mean + 2.0
            covariance = cv2.boxFilter(grey * warped, -1, window) - mean * other_mean
            score = covariance / np.sqrt(np.maximum(variance * other_variance, 1e-6))
            score[other_mean < 0] = -1
            for place, held in enumerate(best):  # insertion: `best` stays in falling order
                best[place] = np.maximum(held, score)
                score = np.minimum(held, score)
        volume[plane] = sum(best) / used
    depth, score = _best_depth(volume, inverse_depths)
    believed = (score >= options.least_score) & (variance > 6.0)
    mask = pictures.masks[at]
    if mask is not None:
        believed &= mask
    return DepthMap(
        depth=np.where(believed, depth, 0).astype(np.float32),
        score=score,
        rgb=pictures.rgb[at],
        intrinsics=pictures.intrinsics[at],
        world_to_camera=pictures.poses[at],
        spacing=float(inverse_depths[1] - inverse_depths[0]),
        valid=mask,
    )


def _plane_homography(pictures: _Pictures, at: int, other: int, inverse_depth: float) -> NDArray[np.float64]:
    """From pixel numbers of view `at` to those of `other`, over the plane z = 1 / inverse_depth of view `at`."""
    relative = pictures.poses[other] @ np.linalg.inv(pictures.poses[at])
    motion = relative[:3, :3].copy()
    motion[:, 2] += relative[:3, 3] * inverse_depth
    to_other = np.linalg.inv(_TO_CENTRES) @ pictures.intrinsics[other]
    return to_other @ motion @ np.linalg.inv(pictures.intrinsics[at]) @ _TO_CENTRES


def _best_depth(volume: Floats, inverse_depths: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Depth and score of the best plane, refined between planes by a parabola through the scores beside it."""
    best = volume.argmax(axis=0)
    inner = np.clip(best, 1, len(volume) - 2)
    before, middle, after = (np.take_along_axis(volume, (inner + step)[None], axis=0)[0] for step in (-1, 0, 1))
    curvature = before - 2 * middle + after
    shift = np.where(curvature < -1e-6, 0.5 * (before - after) / np.minimum(curvature, -1e-6), 0)
    shift = np.where(best == inner, np.clip(shift, -0.5, 0.5), 0)
    spacing = inverse_depths[1] - inverse_depths[0]
    inverse = np.maximum(inverse_depths[best] + shift * spacing, 0.25 * spacing)  # for infinity, somewhere far
    score = np.take_along_axis(volume, best[None], axis=0)[0]
    nearest = best == len(volume) - 1  # the surface may be nearer still
    return (1 / inverse).astype(np.float32), np.where(nearest, score - 0.2, score).astype(np.float32)


def confirmed_points(
    maps: Sequence[DepthMap], neighbours: Sequence[Sequence[int]], options: SweepOptions
) -> tuple[DensePoints, list[DepthMap]]:
    """Points at which enough views agree, and the maps with depth at those pixels only."""
    parts: list[DensePoints] = []
    confirmed: list[DepthMap] = []
    for at, depth_map in enumerate(maps):
        rows, columns = np.nonzero(depth_map.depth > 0)
        xyz = _unproject(depth_map, rows, columns)
        votes = np.zeros(len(rows), np.int64)
        for other in dict.fromkeys([*neighbours[at], *(n for n, those in enumerate(neighbours) if at in those)]):
            votes += np.abs(_gap(maps[other], xyz, options.tolerance)) < 1
        good = votes >= min(options.least_views, max(1, len(maps) - 1))
        sure = np.zeros_like(depth_map.depth)
        sure[rows[good], columns[good]] = depth_map.depth[rows[good], columns[good]]
        confirmed.append(replace(depth_map, depth=sure))
        normals = _normals(depth_map)[rows[good], columns[good]]
        parts.append(
            DensePoints(
                xyz=xyz[good].astype(np.float32),
                rgb=depth_map.rgb[rows[good], columns[good]],
                normals=normals.astype(np.float32),
                footprints=(depth_map.depth[rows[good], columns[good]] / depth_map.intrinsics[0, 0]).astype(np.float32),
                scores=depth_map.score[rows[good], columns[good]],
            )
        )
    return join_points(parts), confirmed


def looked_through(maps: Sequence[DepthMap], xyz: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """How many views see something behind each point (P, 3), and so would see the point, were it there."""
    count = np.zeros(len(xyz), np.int64)
    for depth_map in maps:
        count += _gap(depth_map, xyz, tolerance) > 3
    return count


def join_points(parts: Sequence[DensePoints]) -> DensePoints:
    """All points, one part after another."""
    none = DensePoints(
        np.zeros((0, 3), np.float32),
        np.zeros((0, 3), np.uint8),
        np.zeros((0, 3), np.float32),
        np.zeros(0, np.float32),
        np.zeros(0, np.float32),
    )
    every = [none, *parts]
    return DensePoints(
        np.concatenate([part.xyz for part in every]),
        np.concatenate([part.rgb for part in every]),
        np.concatenate([part.normals for part in every]),
        np.concatenate([part.footprints for part in every]),
        np.concatenate([part.scores for part in every]),
    )


def _unproject(depth_map: DepthMap, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float64]:
    depth = depth_map.depth[rows, columns].astype(np.float64)
    return unproject(depth_map, rows, columns, depth)


def unproject(
    depth_map: DepthMap, rows: NDArray[np.intp], columns: NDArray[np.intp], depth: NDArray[np.float64]
) -> NDArray[np.float64]:
    """World points (P, 3) of pixels at given depths."""
    k = depth_map.intrinsics
    rays = np.stack([(columns + 0.5 - k[0, 2]) / k[0, 0], (rows + 0.5 - k[1, 2]) / k[1, 1], np.ones(len(rows))], axis=1)
    rotation, translation = depth_map.world_to_camera[:3, :3], depth_map.world_to_camera[:3, 3]
    return (rays * depth[:, None] - translation) @ rotation


def _gap(depth_map: DepthMap, xyz: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """How far this view's surface lies behind each point, in inverse depth, in units of what counts as the same depth;
    NaN where the view knows nothing."""
    seen = xyz @ depth_map.world_to_camera[:3, :3].T + depth_map.world_to_camera[:3, 3]
    z = np.maximum(seen[:, 2], 1e-9)
    k = depth_map.intrinsics
    height, width = depth_map.depth.shape
    columns = np.floor(k[0, 0] * seen[:, 0] / z + k[0, 2])
    rows = np.floor(k[1, 1] * seen[:, 1] / z + k[1, 2])
    inside = (seen[:, 2] > 0) & (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    columns, rows = np.where(inside, columns, 0).astype(np.intp), np.where(inside, rows, 0).astype(np.intp)
    there = depth_map.depth[rows, columns].astype(np.float64)
    same = np.maximum(tolerance / z, 0.25 * depth_map.spacing)
    return np.where(inside & (there > 0), (1 / z - 1 / np.maximum(there, 1e-9)) / same, np.nan)


def _normals(depth_map: DepthMap) -> NDArray[np.float64]:
    """(H, W, 3) world normals from smoothed depth, towards the camera; looking back at it where depth is unknown."""
    import cv2

    known = (depth_map.depth > 0).astype(np.float32)
    weight = cv2.boxFilter(known, -1, (5, 5))
    inverse = np.where(known > 0, 1 / np.maximum(depth_map.depth, 1e-9), 0)
    smooth = cv2.boxFilter(inverse.astype(np.float32), -1, (5, 5)) / np.maximum(weight, 1e-6)
    height, width = smooth.shape
    rows, columns = (grid.ravel() for grid in np.indices((height, width)))
    depth = 1 / np.maximum(smooth.ravel().astype(np.float64), 1e-9)
    xyz = unproject(depth_map, rows, columns, np.where(smooth.ravel() > 0, depth, 1.0)).reshape(height, width, 3)
    normals = np.cross(np.gradient(xyz, axis=0), np.gradient(xyz, axis=1))
    rotation, translation = depth_map.world_to_camera[:3, :3], depth_map.world_to_camera[:3, 3]
    towards = -rotation.T @ translation - xyz
    towards /= np.maximum(np.linalg.norm(towards, axis=2, keepdims=True), 1e-12)
    lengths = np.linalg.norm(normals, axis=2, keepdims=True)
    normals = np.where(lengths > 1e-12, normals / np.maximum(lengths, 1e-12), towards)
    return normals * np.where((normals * towards).sum(axis=2, keepdims=True) < 0, -1, 1)
