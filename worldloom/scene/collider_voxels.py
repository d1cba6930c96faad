"""Pouring Gaussians into a grid of voxels, and cleaning the grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from worldloom.scene.gaussians import Gaussians
from worldloom.scene.rotations import quat_to_matrix

Floats = NDArray[np.float32]

_REACH = 1.7
"""Standard deviations to which a Gaussian is poured; beyond, its alpha is below a quarter of its opacity."""
_MAX_SAMPLES = 6_000_000
_CHUNK = 1_000_000
_MARGIN = 5
"""Voxels around the box of all centres. The innermost takes in the outer half of what lies in the box's sides; the
others stay empty, so that closing and surfacing never meet the grid's edge."""


@dataclass(frozen=True, eq=False)
class Voxels:
    """A grid in which some voxels are solid."""

    lower: NDArray[np.float64]
    """(3,) corner of voxel 0, metres."""
    edge: float
    """Metres."""
    solid: NDArray[np.bool_]
    """(X, Y, Z); the outermost layers are empty."""
    matter: NDArray[np.int32]
    """(X, Y, Z) row in `mass` and `centroids` of what is in a voxel, or 0."""
    mass: Floats
    """(K + 1,) covered area, in voxel faces; row 0 is 0."""
    centroids: Floats
    """(K + 1, 3) mean place of the matter, in voxels from `lower`."""


def fill_voxels(
    gaussians: Gaussians,
    *,
    smallest: float,
    max_cells: int,
    min_opacity: float,
    coverage: float,
    closed_gap: float,
    floater_voxels: int,
) -> Voxels | None:
    """Solid voxels of `gaussians`; None where nothing is opaque. See `ColliderOptions` for the arguments."""
    means, axes, opacities = _opaque(gaussians, min_opacity)
    if len(means) == 0:
        return None
    lower, upper = _reasonable_box(means)
    inside = ((means >= lower) & (means <= upper)).all(axis=1)
    means, axes, opacities = means[inside], axes[inside], opacities[inside]
    edge = _voxel_edge(upper - lower, smallest, max_cells)
    sizes = np.linalg.norm(axes, axis=2)
    surface = _is_surface(sizes, edge, float(np.linalg.norm(upper - lower)))
    means, axes, opacities, sizes = means[surface], axes[surface], opacities[surface], sizes[surface]
    if len(means) == 0:
        return None

    origin = lower.astype(np.float64) - _MARGIN * edge
    shape = tuple(int(cells) for cells in np.ceil((upper - lower) / edge) + 2 * _MARGIN + 1)
    places, masses = [], []
    for place, mass in _poured(means, axes, sizes, opacities, edge):
        place = (place - origin.astype(np.float32)) / np.float32(edge)
        kept = ((place >= _MARGIN - 1) & (place < np.array(shape, np.float32) - _MARGIN + 1)).all(axis=1)
        places.append(place[kept])
        masses.append(mass[kept])
    place, mass = np.concatenate(places), np.concatenate(masses)
    cells = place.astype(np.int32)
    keys = (cells[:, 0] * shape[1] + cells[:, 1]) * shape[2] + cells[:, 2]
    del cells
    covered = np.bincount(keys, weights=mass, minlength=math.prod(shape)).reshape(shape)
    solid = covered >= coverage
    del covered
    solid = _without_floaters(solid, floater_voxels)
    if not solid.any():
        return None

    matter = np.zeros(shape, np.int32)
    matter[solid] = np.arange(1, int(solid.sum()) + 1, dtype=np.int32)
    rows = matter.reshape(-1)[keys]
    count = int(solid.sum()) + 1
    mass[rows == 0] = 0
    total = np.bincount(rows, weights=mass, minlength=count)
    sums = np.stack([np.bincount(rows, weights=mass * place[:, axis], minlength=count) for axis in range(3)], axis=1)
    centroids = sums / np.maximum(total, 1e-12)[:, None]
    radius = min(round(closed_gap / (2 * edge)), 2)
    return Voxels(origin, edge, _closed(solid, radius), matter, total.astype(np.float32), centroids.astype(np.float32))


def _opaque(gaussians: Gaussians, min_opacity: float) -> tuple[Floats, Floats, Floats]:
    """Means (N, 3), axes as rows scaled to their standard deviations (N, 3, 3), longest first, and opacities (N,) of
    the Gaussians that can be seen."""
    with torch.no_grad():
        sums = gaussians.means.sum(dim=1) + gaussians.quats.sum(dim=1) + gaussians.log_scales.sum(dim=1)
        solid = gaussians[torch.isfinite(sums) & (gaussians.opacities >= min_opacity)].to("cpu")
        scales, order = solid.scales.sort(dim=1, descending=True, stable=True)
        columns = quat_to_matrix(solid.quats).transpose(1, 2)
        axes = columns.gather(1, order[:, :, None].expand(-1, -1, 3)) * scales[:, :, None]
    return solid.means.numpy(), axes.numpy(), solid.opacities.numpy()


def _reasonable_box(means: Floats) -> tuple[Floats, Floats]:
    """The box of what is near, with room around for a place whose middle is densest, but none for the horizon: in the
    open, a tenth of a captured world can be hundreds of metres away."""
    low, high = np.quantile(means, [0.1, 0.9], axis=0)
    room = 0.5 * (high - low) + 1.0
    lower = np.maximum(means.min(axis=0), low - room)
    upper = np.minimum(means.max(axis=0), high + room)
    return lower.astype(np.float32), upper.astype(np.float32)


def _voxel_edge(extent: Floats, smallest: float, max_cells: int) -> float:
    """The smallest allowed edge with which a box of `extent` (metres) has at most `max_cells` voxels."""

    def cells(edge: float) -> float:
        return float(np.prod(extent.astype(np.float64) / edge + 2 * _MARGIN + 2))

    edge = smallest
    while cells(edge) > max_cells:
        edge *= 1.03
    return edge


def _is_surface(sizes: Floats, edge: float, diagonal: float) -> NDArray[np.bool_]:
    """Whether Gaussians of those standard deviations (N, 3), longest first, can be part of a surface: neither thick
    fog nor a sheet that spans the world."""
    return (sizes[:, 2] < 3 * edge) & (sizes[:, 0] < max(0.06 * diagonal, 1.0))


def _poured(
    means: Floats, axes: Floats, sizes: Floats, opacities: Floats, edge: float
) -> Iterator[tuple[Floats, Floats]]:
    """Points (M, 3) that stand for the Gaussians, no farther apart than a voxel, each with the opaque area that it
    stands for (M,), in voxel faces."""
    area = 2 * math.pi * sizes[:, 0] * sizes[:, 1] * opacities / edge**2
    spacing = edge
    while True:
        steps = np.ceil(2 * _REACH * sizes / spacing - 0.5).clip(1, 96).astype(np.int64)
        counts = steps.prod(axis=1)
        if counts.sum() <= _MAX_SAMPLES or steps.max() == 1:
            break
        spacing *= 1.3  # so many large Gaussians overlap; fewer points of each will do
    weights_of = [np.ones(1)] * 2 + [_bell(step) for step in range(2, 97)]
    sums = np.array([weights.sum() for weights in weights_of])
    area = area / sums[steps].prod(axis=1)
    table = np.zeros((97, 96), np.float32)
    for step, weights in enumerate(weights_of):
        table[step, : len(weights)] = weights

    ends = np.cumsum(counts)
    first = 0
    while first < len(means):
        before = ends[first - 1] if first else 0
        last = max(int(np.searchsorted(ends, before + _CHUNK, side="right")), first + 1)
        which = np.repeat(np.arange(first, last), counts[first:last])
        number = np.arange(len(which)) - np.repeat(ends[first:last] - counts[first:last] - before, counts[first:last])
        place = means[which]
        mass = area[which].astype(np.float32)
        for axis in range(3):
            along = steps[which, axis]
            index = number % along
            number = number // along
            offset = ((index + 0.5) / along * 2 - 1) * _REACH
            place = place + axes[which, axis] * np.where(along > 1, offset, 0).astype(np.float32)[:, None]
            mass = mass * table[along, index]
        yield place.astype(np.float32, copy=False), mass
        first = last


def _bell(steps: int) -> NDArray[np.float64]:
    """Heights of a Gaussian at the middles of `steps` parts of its reach."""
    return np.exp(-0.5 * (((np.arange(steps) + 0.5) / steps * 2 - 1) * _REACH) ** 2)


def _without_floaters(solid: NDArray[np.bool_], smallest: int) -> NDArray[np.bool_]:
    """Without connected pieces (by faces, edges and corners) of fewer than `smallest` voxels."""
    labels = np.empty(solid.shape, np.int32)
    ndimage.label(solid, structure=np.ones((3, 3, 3)), output=labels)
    sizes = np.bincount(labels.reshape(-1))
    kept = sizes >= smallest
    kept[0] = False
    return kept[labels]


def _closed(solid: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Closed by a cube of 2 * `radius` + 1 voxels: grown, then shrunk back."""
    for _ in range(radius):
        solid = _grown(solid)
    for _ in range(radius):
        solid = ~_grown(~solid)
    return solid


def _grown(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """With every neighbour of a solid voxel solid too."""
    for axis in range(3):
        grown = solid.copy()
        here, there = [slice(None)] * 3, [slice(None)] * 3
        here[axis], there[axis] = slice(1, None), slice(None, -1)
        grown[tuple(here)] |= solid[tuple(there)]
        grown[tuple(there)] |= solid[tuple(here)]
        solid = grown
    return solid
