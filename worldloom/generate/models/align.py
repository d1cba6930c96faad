"""Depth maps of overlapping views from one place brought to one scale, and fused into distances all around.

Every map is right up to a factor, and those of relative inverse depth up to an added constant as well. In a direction
that two views see, their distances must agree; for inverse distances this is linear in the factors and constants
(1/distance = cosine * (factor / depth + constant)), so one weighted least-squares problem over all overlaps gives them
all, repeated with weights that forget outliers (Geman & McClure 1985). What an affine map can't explain, networks bend
their depth smoothly, is taken up by a coarse grid of log-factors per view in a second, regularised, problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldloom.generate.models.interfaces import DepthMap
from worldloom.generate.sphere import TangentView, directions_of, even_directions, look_at
from worldloom.scene.errors import InvalidDataError

EYE_HEIGHT = 1.6
"""Metres that the panorama is assumed to be taken above the ground where no model measures."""

_SAMPLES = 12_000
_MARGIN = 0.02
_GRID = 5
_FARTHEST = 50.0
"""Distances beyond this many times the median one mean sky, as far as walking is concerned."""


@dataclass(frozen=True, eq=False)
class SphereDepth:
    """Distances from one place in all directions."""

    distance: np.ndarray
    """(H, 2H) float32 metres along the ray; zero where not valid."""
    valid: np.ndarray
    """(H, 2H) bool; False for sky."""
    metric: bool
    """Whether a model measured the metres; otherwise they follow from an assumed height of the eyes."""
    disagreement: float
    """Median relative difference of distances that two views see, after alignment."""


@dataclass(frozen=True)
class Fit:
    """How a map becomes inverse depth: factor / depth + constant."""

    factor: float
    constant: float


def depth_views(size: int, *, fov: float = 90.0) -> tuple[TangentView, ...]:
    """Fourteen square views for depth: six around, three above and three below, and the poles; every direction is seen
    by at least one away from its edge, most by two or three."""
    around = [TangentView(yaw, 0, fov, size, size) for yaw in range(0, 360, 60)]
    above = [TangentView(yaw, 50, fov, size, size) for yaw in (30, 150, 270)]
    below = [TangentView(yaw, -50, fov, size, size) for yaw in (90, 210, 330)]
    poles = [TangentView(0, pitch, fov, size, size) for pitch in (90, -90)]
    return (*around, *above, *below, *poles)


def align(views: Sequence[TangentView], maps: Sequence[DepthMap], height: int) -> SphereDepth:
    """Distances all around from overlapping views.

    Args:
        maps: one per view, of its size.
        height: of the panorama wanted.

    Raises:
        InvalidDataError: no view has any depth, or there are fewer than two.
    """
    if len(views) != len(maps) or len(views) < 2:
        raise InvalidDataError(f"{len(views)} views and {len(maps)} depth maps; at least two of each are needed.")
    samples = even_directions(_SAMPLES)
    inverse, cosine = _sampled(views, maps, samples)
    if not (inverse > 0).any():
        raise InvalidDataError("The depth model found no depth anywhere in the panorama; try another one.")
    fits = fit_affine(inverse, cosine, np.array([one.affine for one in maps]))
    spread = _inverse_distances(inverse, cosine, fits)
    grids, disagreement = _fit_grids(views, samples, spread)
    metric = any(one.metric for one in maps)
    log_scale = _metric_shift(maps, fits) if metric else 0.0
    distance, valid = _fuse(views, maps, fits, grids, height)
    distance *= np.exp(log_scale)
    if not metric:
        distance *= _assumed_scale(distance, valid)
    valid &= distance < _FARTHEST * float(np.median(distance[valid])) if valid.any() else False
    return SphereDepth(np.where(valid, distance, 0).astype(np.float32), valid, metric, disagreement)


def fit_affine(inverse: np.ndarray, cosine: np.ndarray, affine: np.ndarray) -> list[Fit]:
    """Factor and constant of each map.

    Args:
        inverse: (V, N) 1/depth of the sampled directions, zero where a view doesn't know.
        cosine: (V, N) between each direction and each view's axis.
        affine: (V,) bool: maps that have a constant.

    Returns:
        V fits; their scale is such that a typical 1/depth stays what it is.
    """
    count = len(inverse)
    typical = np.array([np.median(row[row > 0]) if (row > 0).any() else 1.0 for row in inverse])
    rows = inverse / typical[:, None]
    first, second, where = _pairs(rows > 0)
    size = len(where)
    solution = np.concatenate([np.ones(count), np.zeros(count)])
    weight = np.ones(size)
    scale = 0.5
    for _ in range(30):
        now = cosine * (solution[:count, None] * rows + solution[count:, None])
        one, two = now[first, where], now[second, where]
        level = np.maximum(np.abs(one) + np.abs(two), 0.1)
        residual = (one - two) / level
        weight = 1 / (1 + (residual / scale) ** 2) / level  # of residuals; squared, of their squares
        scale = max(0.6 * scale, 0.02)
        before, solution = solution, _solve(rows, cosine, affine, first, second, where, weight)
        if scale == 0.02 and np.abs(solution - before).max() < 1e-5:
            break
    # The gauge of the problem is the mean; that of the result is the median view, so that one odd view doesn't count.
    middle = float(np.median(solution[:count] / typical * np.median(typical))) if affine.any() else 1.0
    solution = solution / max(abs(middle), 1e-6)
    return [Fit(float(solution[i] / typical[i]), float(solution[count + i])) for i in range(count)]


def _solve(
    rows: np.ndarray,
    cosine: np.ndarray,
    affine: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    where: np.ndarray,
    weight: np.ndarray,
) -> np.ndarray:
    """Weighted least squares of all overlaps; (2V,) factors then constants, of `rows`."""
    count = len(rows)
    normal = np.zeros((2 * count, 2 * count))
    a = (cosine * rows)[first, where] * weight
    b = cosine[first, where] * weight
    c = -(cosine * rows)[second, where] * weight
    d = -cosine[second, where] * weight
    places = (first, first + count, second, second + count)
    for left, one in zip(places, (a, b, c, d)):
        for right, two in zip(places, (a, b, c, d)):
            np.add.at(normal, (left, right), one * two)
    total = max(float(np.trace(normal)), 1e-9) / (2 * count)
    normal[np.arange(2 * count), np.arange(2 * count)] += total * 1e-6
    fixed = np.flatnonzero(~affine) + count  # no constant for those
    normal[fixed] = normal[:, fixed] = 0
    normal[fixed, fixed] = 1
    # Of all solutions, the one whose inverse distances have a mean of one: minimise x'Nx subject to mean(x) = 1.
    known = rows > 0
    share = known.sum(axis=1) / max(known.sum(), 1)
    mean_rows = np.array([(cosine[i] * rows[i])[known[i]].mean() if known[i].any() else 0 for i in range(count)])
    mean_ones = np.array([cosine[i][known[i]].mean() if known[i].any() else 0 for i in range(count)])
    gauge = np.concatenate([mean_rows * share, np.where(affine, mean_ones * share, 0)])
    toward = np.linalg.solve(normal, gauge)
    return toward / (gauge @ toward)


def _pairs(known: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every (view, other view, direction) where both know something."""
    count = len(known)
    found = [
        (i, j, both)
        for i in range(count)
        for j in range(i + 1, count)
        if (both := np.flatnonzero(known[i] & known[j])).size
    ]
    if not found:
        empty = np.zeros(0, np.int64)
        return empty, empty, empty
    first = np.concatenate([np.full(len(both), i) for i, _, both in found])
    second = np.concatenate([np.full(len(both), j) for _, j, both in found])
    return first, second, np.concatenate([both for _, _, both in found])


def _sampled(
    views: Sequence[TangentView], maps: Sequence[DepthMap], directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(V, N) float64 1/depth (zero where unknown) and cosine of each direction in each view."""
    inverse = np.zeros((len(views), len(directions)))
    cosine = np.ones_like(inverse)
    for i, (view, one) in enumerate(zip(views, maps)):
        if one.depth.shape != (view.height, view.width):
            raise InvalidDataError(f"A depth map is {one.depth.shape}, its view {(view.height, view.width)}.")
        seen = view.sees(directions, _MARGIN)
        places, along = view.project(directions)
        valid = seen & look_at(one.valid, places, nearest=True)
        depth = look_at(one.depth, places, nearest=True)
        valid &= depth > 0
        inverse[i, valid] = 1 / depth[valid].astype(np.float64)
        cosine[i, seen] = along[seen]
    return inverse, cosine


def _inverse_distances(inverse: np.ndarray, cosine: np.ndarray, fits: Sequence[Fit]) -> np.ndarray:
    """(V, N) 1/distance, zero where unknown; what a fit would put behind the eye is put far away."""
    factor = np.array([fit.factor for fit in fits])[:, None]
    constant = np.array([fit.constant for fit in fits])[:, None]
    known = inverse > 0
    found = cosine * (factor * inverse + constant)
    least = 1 / (2 * _FARTHEST) * max(float(np.median(found[known])), 1e-9) if known.any() else 1e-9
    return np.where(known, np.maximum(found, least), 0)


def _fit_grids(views: Sequence[TangentView], directions: np.ndarray, inverse: np.ndarray) -> tuple[np.ndarray, float]:
    """(V, 5, 5) log-factors on each view's distances that make overlaps agree better, and how well they do then."""
    count, cells = len(views), _GRID * _GRID
    first, second, where = _pairs(inverse > 0)
    if not where.size:
        return np.zeros((count, _GRID, _GRID)), 0.0
    logs = -np.log(np.where(inverse > 0, inverse, 1))
    gap = logs[second, where] - logs[first, where]
    corners, shares = zip(*(_bilinear(view, directions) for view in views))
    corner, share = np.stack(corners), np.stack(shares)
    columns = np.concatenate(
        [corner[first, where] + first[:, None] * cells, corner[second, where] + second[:, None] * cells], 1
    )
    values = np.concatenate([share[first, where], -share[second, where]], axis=1)
    smooth = _grid_smoothness(count)
    grids = np.zeros(count * cells)
    for _ in range(8):
        residual = (values * grids[columns]).sum(axis=1) - gap
        spread = max(1.5 * float(np.median(np.abs(residual))), 0.01)
        weight = 1 / (1 + (residual / spread) ** 2) ** 2
        normal = smooth * (0.02 * len(where) / count)
        for i in range(8):
            for j in range(8):
                np.add.at(normal, (columns[:, i], columns[:, j]), weight * values[:, i] * values[:, j])
        right = np.zeros(count * cells)
        np.add.at(right, columns, (weight * gap)[:, None] * values)
        grids = np.linalg.solve(normal, right)
    residual = (values * grids[columns]).sum(axis=1) - gap
    return grids.reshape(count, _GRID, _GRID), float(np.median(np.abs(residual)))


def _bilinear(view: TangentView, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 4) cells of the grid around each direction and their shares."""
    places, _ = view.project(directions)
    x = np.clip(places[:, 0] / view.width, 0, 1) * (_GRID - 1)
    y = np.clip(places[:, 1] / view.height, 0, 1) * (_GRID - 1)
    left = np.minimum(x.astype(np.int64), _GRID - 2)
    top = np.minimum(y.astype(np.int64), _GRID - 2)
    u, v = x - left, y - top
    cells = top * _GRID + left
    corner = np.stack([cells, cells + 1, cells + _GRID, cells + _GRID + 1], axis=1)
    return corner, np.stack([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v], axis=1)


def _grid_smoothness(count: int) -> np.ndarray:
    """(V*25, V*25) penalty on differences of neighbours in a grid, and a little on its size."""
    cells = _GRID * _GRID
    index = np.arange(cells).reshape(_GRID, _GRID)
    pairs = np.concatenate(
        [
            np.stack([index[:, :-1].ravel(), index[:, 1:].ravel()], 1),
            np.stack([index[:-1].ravel(), index[1:].ravel()], 1),
        ]
    )
    one = np.eye(cells) * 0.05
    for i, j in pairs:
        one[i, i] += 1
        one[j, j] += 1
        one[i, j] -= 1
        one[j, i] -= 1
    return np.kron(np.eye(count), one) / cells


def _fuse(
    views: Sequence[TangentView], maps: Sequence[DepthMap], fits: Sequence[Fit], grids: np.ndarray, height: int
) -> tuple[np.ndarray, np.ndarray]:
    """(H, 2H) distances and validity: views blended in log distance, the one that looks straightest counting most."""
    rays = directions_of(height)
    total = np.zeros(rays.shape[:2])
    mass = np.zeros_like(total)
    votes = np.zeros_like(total)
    for i, (view, one) in enumerate(zip(views, maps)):
        seen = view.sees(rays)
        directions = rays[seen]
        places, cosine = view.project(directions)
        off = np.abs(places / np.array([view.width, view.height]) - 0.5) * 2
        weight = np.maximum((1 - off).min(axis=-1), 1e-3) ** 3
        valid = look_at(one.valid, places, nearest=True)
        depth = np.maximum(look_at(_without_holes(one), places), 1e-9)
        inverse = _inverse_distances((1 / depth)[None], cosine[None].astype(np.float64), [fits[i]])[0]
        corner, share = _bilinear(view, directions)
        log = -np.log(inverse) + (grids[i].ravel()[corner] * share).sum(axis=1)
        total[seen] += np.where(valid, weight * log, 0)
        mass[seen] += np.where(valid, weight, 0)
        votes[seen] += weight
    valid = mass > 0.5 * np.maximum(votes, 1e-12)
    return np.where(valid, np.exp(total / np.maximum(mass, 1e-12)), 0), valid


def _without_holes(one: DepthMap) -> np.ndarray:
    """Depth for sampling between pixels: what is invalid gets a neighbour's value rather than zero."""
    from scipy.ndimage import distance_transform_edt

    if one.valid.all() or not one.valid.any():
        return np.maximum(one.depth, 1e-9)
    nearest = np.asarray(distance_transform_edt(~one.valid, return_distances=False, return_indices=True))
    return one.depth[nearest[0], nearest[1]]


def _metric_shift(maps: Sequence[DepthMap], fits: Sequence[Fit]) -> float:
    """Log of what to multiply distances with so that maps in metres keep theirs on the whole."""
    return float(np.median([np.log(max(fit.factor, 1e-9)) for one, fit in zip(maps, fits) if one.metric]))


def _assumed_scale(distance: np.ndarray, valid: np.ndarray) -> float:
    """What puts the ground `EYE_HEIGHT` below the eyes; where no ground is seen, half of the distances under 5 m."""
    rays = directions_of(len(distance))
    below = valid & (rays[..., 1] < -0.6)
    if below.sum() > 0.2 * (rays[..., 1] < -0.6).sum():
        return EYE_HEIGHT / max(float(np.median(distance[below] * -rays[..., 1][below])), 1e-9)
    return 5.0 / max(float(np.median(distance[valid])), 1e-9) if valid.any() else 1.0
