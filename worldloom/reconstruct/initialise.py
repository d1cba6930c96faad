"""The first Gaussians: the sparse points of the poses, made dense by multi-view agreement, thinned to the budget."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from worldloom.reconstruct.plane_sweep import (
    DensePoints,
    DepthMap,
    SweepOptions,
    choose_neighbours,
    confirmed_points,
    join_points,
    looked_through,
    sweep,
    unproject,
)
from worldloom.reconstruct.progress import Event, Progress
from worldloom.reconstruct.records import Points, Reconstruction, Record, View, ViewSet
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.rotations import matrix_to_quat

Floats = NDArray[np.float32]


class InitialiseOptions(Record):
    """How the first Gaussians are placed."""

    budget: float = Field(default=0.6, gt=0, le=1, description="share of the Gaussian cap that is placed at first")
    dense: bool = Field(default=True, description="find depth between the sparse points by a plane sweep")
    fill: float = Field(
        default=0.15, ge=0, le=0.9, description="share of the budget for places whose depth is not sure"
    )
    sweep: SweepOptions = SweepOptions()
    opacity: float = Field(default=0.5, gt=0, lt=1, description="of Gaussians on sure surfaces")
    fill_opacity: float = Field(default=0.2, gt=0, lt=1, description="of Gaussians whose depth is not sure")
    scale: float = Field(default=0.8, gt=0, description="size of Gaussians in distances to their neighbours")
    flatness: float = Field(default=0.5, gt=0, le=1, description="thickness along the normal, relative to the size")
    seed: int = Field(default=0, ge=0, description="of everything random")


def initialise(
    reconstruction: Reconstruction,
    views: ViewSet,
    folder: Path,
    options: InitialiseOptions,
    progress: Progress,
    *,
    cap: int,
) -> Gaussians:
    """Place the first Gaussians. Held-out views are not looked at.

    Args:
        cap: the training's limit of Gaussians, of which `options.budget` is used.

    Raises:
        InvalidDataError: there is nothing to start from.
    """
    budget = max(1, int(options.budget * cap))
    sparse = Points.load(reconstruction.points)
    known = _from_sparse(sparse, reconstruction, options.sweep.max_size)
    if not options.dense or len(views.training) < 2:
        if len(known.xyz) == 0:
            raise InvalidDataError("There are no points to start from: give more photos, or set initialise.dense=true.")
        return _gaussians(thin(known, budget), options, options.opacity)
    neighbours, ranges = _plan(views, sparse, options)
    maps = sweep(
        views.training,
        neighbours,
        ranges,
        options.sweep,
        lambda done: progress(Event("initialise", 0.2 + 0.7 * done, "finding depth")),
    )
    progress(Event("initialise", 0.92, "comparing views"))
    dense, confirmed = confirmed_points(maps, neighbours, options.sweep)
    sure = thin(join_points([known, dense]), round(budget * (1 - options.fill)))
    sure = _without_strays(_not_looked_through(sure, confirmed, 2, options))
    guessed = thin(_fill(confirmed, options.seed), 4 * budget)
    unsure = thin(_not_looked_through(guessed, confirmed, 1, options), budget - len(sure.xyz))
    if len(sure.xyz) + len(unsure.xyz) == 0:
        raise InvalidDataError("No depth could be found: the photos show too little detail, or don't overlap.")
    progress(Event("initialise", 1.0, f"{len(sure.xyz):,} sure and {len(unsure.xyz):,} unsure places"))
    together = join_points([sure, unsure])
    opacity = np.full(len(together.xyz), options.fill_opacity, np.float32)
    opacity[: len(sure.xyz)] = options.opacity
    return _gaussians(together, options, opacity)


def gaussians_from_points(points: Points, budget: int) -> Gaussians:
    """Opaque Gaussians straight from a coloured point cloud, flat along its surface (normals by local PCA).

    Args:
        budget: at most so many.

    Raises:
        InvalidDataError: there are no points.
    """
    from scipy.spatial import KDTree

    if len(points.xyz) == 0:
        raise InvalidDataError("The point cloud is empty.")
    footprint = np.full(len(points.xyz), max(float(np.ptp(points.xyz, axis=0).max()) * 1e-4, 1e-6), np.float32)
    normals = np.tile(np.array([[0.0, 1.0, 0.0]], np.float32), (len(points.xyz), 1))
    kept = thin(DensePoints(points.xyz, points.rgb, normals, footprint, np.ones(len(points.xyz), np.float32)), budget)
    count = min(12, len(kept.xyz))
    if count >= 3:
        _, near = KDTree(kept.xyz).query(kept.xyz, count)
        local = kept.xyz[near] - kept.xyz[near].mean(axis=1, keepdims=True)
        _, vectors = np.linalg.eigh(np.einsum("nki,nkj->nij", local, local))
        kept = DensePoints(kept.xyz, kept.rgb, vectors[:, :, 0].astype(np.float32), kept.footprints, kept.scores)
    return _gaussians(kept, InitialiseOptions(flatness=0.2, scale=0.6), 0.95)


def _from_sparse(points: Points, reconstruction: Reconstruction, size: int) -> DensePoints:
    """Sparse points as dense ones; what they lack (normal, footprint in pictures of `size`) follows from the cameras
    that may see them."""
    from scipy.spatial import KDTree

    if len(points.xyz) == 0:
        return join_points([])
    centre = np.median(points.xyz, axis=0)
    near = np.linalg.norm(points.xyz - centre, axis=1)
    kept = near < 20 * np.median(near) + 1e-9  # strays far beyond everything only make bounds large
    xyz = points.xyz[kept]
    poses = np.array([photo.world_to_camera for photo in reconstruction.photos], np.float64).reshape(-1, 4, 4)
    cameras = -np.einsum("nij,ni->nj", poses[:, :3, :3], poses[:, :3, 3])
    distance, nearest = KDTree(cameras).query(xyz)
    distance = np.maximum(distance, 1e-9)
    offsets = cameras[nearest] - xyz
    lenses = [photo.lens for photo in reconstruction.photos]
    focal = size * np.median([(lens.fx or lens.width / 6) / max(lens.width, lens.height) for lens in lenses])
    return DensePoints(
        xyz=xyz,
        rgb=points.rgb[kept],
        normals=(offsets / distance[:, None]).astype(np.float32),
        footprints=(distance / focal).astype(np.float32),
        scores=np.full(len(xyz), 2.0, np.float32),
    )


def _plan(
    views: ViewSet, sparse: Points, options: InitialiseOptions
) -> tuple[list[list[int]], list[tuple[float, float]]]:
    """Which views to compare with which, and between which depths."""
    training = views.training
    poses = np.array([view.world_to_camera for view in training], np.float64)
    positions = -np.einsum("nij,ni->nj", poses[:, :3, :3], poses[:, :3, 3])
    seen = [_visible(view, sparse.xyz) for view in training]
    covisible = np.array([[int((a[0] & b[0]).sum()) for b in seen] for a in seen], np.int64)
    ranges = [_depth_range(depths[inside], positions) for inside, depths in seen]
    return choose_neighbours(positions, poses[:, 2, :3], covisible, options.sweep.neighbours), ranges


def _visible(view: View, xyz: Floats) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which points fall into a view, and the depths of all."""
    pose = np.array(view.world_to_camera)
    seen = xyz.astype(np.float64) @ pose[:3, :3].T + pose[:3, 3]
    z = seen[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = (seen @ view.camera_matrix.T)[:, :2] / z[:, None]
    inside = (z > 0) & (pixels > 0).all(axis=1) & (pixels < [view.width, view.height]).all(axis=1)
    return inside, z


def _depth_range(depths: NDArray[np.float64], positions: NDArray[np.float64]) -> tuple[float, float]:
    if len(depths) < 8:  # nothing known: from a fraction of the cameras' spread
        return 0.2 * max(float(np.linalg.norm(np.ptp(positions, axis=0))), 1e-3), math.inf
    near, far = np.percentile(depths, [1, 98])
    return float(max(0.6 * near, 0.02 * far)), math.inf  # in inverse depth, what is far takes few planes


def _fill(maps: list[DepthMap], seed: int) -> DensePoints:
    """Guess depth where no views agreed, so that no part of a picture starts empty: that of the nearest sure pixel,
    where a difference of colour counts as distance too, so that sky takes its depth from clouds rather than roofs."""
    from scipy.spatial import KDTree

    generator = np.random.default_rng(seed)
    parts = []
    for depth_map in maps:
        sure = depth_map.depth > 0
        unsure = ~sure if depth_map.valid is None else ~sure & depth_map.valid
        if not sure.any() or not unsure.any():
            continue
        known_rows, known_columns = _sample(sure, 8, generator)
        rows, columns = _sample(unsure, 4, generator)
        tree = KDTree(_places(depth_map, known_rows, known_columns))
        nearest = tree.query(_places(depth_map, rows, columns))[1]
        depth = depth_map.depth[known_rows[nearest], known_columns[nearest]].astype(np.float64)
        xyz = unproject(depth_map, rows, columns, depth)
        back = -depth_map.world_to_camera[2, :3]
        parts.append(
            DensePoints(
                xyz=xyz.astype(np.float32),
                rgb=depth_map.rgb[rows, columns],
                normals=np.tile(back.astype(np.float32), (len(rows), 1)),
                footprints=(2 * depth / depth_map.intrinsics[0, 0]).astype(np.float32),
                scores=depth_map.score[rows, columns],
            )
        )
    return join_points(parts)


def _sample(
    mask: NDArray[np.bool_], share: int, generator: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of one in `share` of the mask's pixels."""
    rows, columns = np.nonzero(mask)
    few = generator.permutation(len(rows))[: len(rows) // share + 1]
    return rows[few], columns[few]


def _places(depth_map: DepthMap, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Floats:
    """(P, 5) place and colour of pixels: black and white are as far apart as the picture is long."""
    size = max(depth_map.depth.shape)
    color = depth_map.rgb[rows, columns] * (size / 255)
    return np.concatenate([np.stack([rows, columns], axis=1), color], axis=1).astype(np.float32)


def _not_looked_through(
    points: DensePoints, maps: list[DepthMap], fewest: int, options: InitialiseOptions
) -> DensePoints:
    """Leave out points in front of what at least so many views surely see."""
    through = looked_through(maps, points.xyz.astype(np.float64), options.sweep.tolerance)
    return _rows(points, np.nonzero(through < fewest)[0])


def _without_strays(points: DensePoints) -> DensePoints:
    """Leave out points that stand alone: what few pictures agree on by chance hangs in the air, and is wide."""
    if len(points.xyz) < 10:
        return points
    spread = _gaps(points) / points.footprints
    return _rows(points, np.nonzero(spread < 3 * np.median(spread))[0])


def _gaps(points: DensePoints) -> NDArray[np.float64]:
    """(P,) mean distances to the three nearest others."""
    from scipy.spatial import KDTree

    count = min(4, len(points.xyz))
    if count < 2:
        return points.footprints.astype(np.float64)
    distances, _ = KDTree(points.xyz).query(points.xyz, count)
    return np.asarray(distances, np.float64)[:, 1:].mean(axis=1)


def thin(points: DensePoints, budget: int) -> DensePoints:
    """At most `budget` points, one per voxel, the surest of each. Voxels grow with the size of a pixel there, so that
    what was photographed from near stays dense. Deterministic."""
    if len(points.xyz) <= budget:
        return points
    if budget <= 0:
        return _rows(points, np.zeros(0, np.intp))
    order = np.argsort(-points.scores, kind="stable")
    finest = _one_per_voxel(points, order, 1.0)
    if len(finest) > budget:  # nearly always; what follows is then quick
        order = finest
    low, high = 0.25, 4096.0
    chosen = order[:budget]
    for _ in range(18):
        middle = float(np.sqrt(low * high))
        kept = _one_per_voxel(points, order, middle)
        if len(kept) > budget:
            low = middle
        else:
            high, chosen = middle, kept
    return _rows(points, np.sort(chosen))


def _one_per_voxel(points: DensePoints, order: NDArray[np.intp], pixels: float) -> NDArray[np.intp]:
    """Indices of the first point, in `order`, of each voxel; a voxel is about `pixels` footprints wide."""
    level = np.round(np.log2(np.maximum(points.footprints[order], 1e-12)))
    size = pixels * 2.0**level
    cells = np.floor(points.xyz[order] / size[:, None]).astype(np.int64)
    primes = np.array([73_856_093, 19_349_663, 83_492_791], np.int64)
    keys = (cells * primes).sum(axis=1) * 131 + level.astype(np.int64)
    _, first = np.unique(keys, return_index=True)
    return order[np.sort(first)]


def _rows(points: DensePoints, rows: NDArray[np.intp]) -> DensePoints:
    return DensePoints(
        points.xyz[rows], points.rgb[rows], points.normals[rows], points.footprints[rows], points.scores[rows]
    )


def _gaussians(points: DensePoints, options: InitialiseOptions, opacity: float | Floats) -> Gaussians:
    """Round discs on the surface, as wide as the gaps to their neighbours."""
    gaps = _gaps(points)
    widest = 3 * np.median(gaps / points.footprints) * points.footprints
    size = options.scale * np.clip(gaps, np.minimum(0.3 * points.footprints, widest), widest)
    scales = np.stack([size, size, options.flatness * size], axis=1)
    normals = torch.nn.functional.normalize(torch.from_numpy(points.normals.astype(np.float32)), dim=1)
    opacities = torch.as_tensor(np.broadcast_to(np.float32(opacity), len(points.xyz)).copy())
    return Gaussians.checked(
        means=torch.from_numpy(points.xyz.astype(np.float32)),
        quats=_facing(normals),
        log_scales=torch.from_numpy(np.log(np.maximum(scales, 1e-9)).astype(np.float32)),
        opacity_logits=torch.logit(opacities),
        sh=rgb_to_sh0(torch.from_numpy(points.rgb.astype(np.float32) / 255))[:, None],
        origin="first Gaussians",
    )


def _facing(normals: torch.Tensor) -> torch.Tensor:
    """(N, 4) rotations that turn z onto the normals (N, 3)."""
    helper = torch.where(normals[:, :1].abs() < 0.9, torch.tensor([[1.0, 0, 0]]), torch.tensor([[0.0, 1, 0]]))
    x = torch.nn.functional.normalize(torch.linalg.cross(helper, normals), dim=1)
    return matrix_to_quat(torch.stack([x, torch.linalg.cross(normals, x), normals], dim=2))
