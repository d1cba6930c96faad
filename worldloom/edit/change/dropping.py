"""How far something hangs above what is beneath it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.edit.state import EditState, Rows
from worldloom.scene.collider import NOT_SOLID, ColliderOptions
from worldloom.scene.collider_voxels import Voxels, fill_voxels
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge, transform

Array = NDArray[np.float64]

_COLLIDER = ColliderOptions()
_AROUND = 1.0
"""Metres around the thing within which the ground is looked at: enough not to be taken for a floater."""
_FINEST, _STEPS = 0.005, 40
"""Voxels are no smaller than so many metres, and about so many go across the thing."""
_FEWEST_VOXELS = 4
"""Pieces of the thing of fewer voxels are floaters."""


def height_above(state: EditState, rows: Rows) -> float:
    """Metres that some rows can move down until they touch what is solid beneath them; 0 if they do already.

    Both are poured into voxels as a collider is, so that floaters, mist and the thin ends of long Gaussians neither
    hold anything up nor stick out beneath it.

    Raises:
        InvalidDataError: there is nothing beneath.
    """
    thing = _rows_in_world(state, rows)
    lower, upper = (corner.double().numpy() for corner in (thing.means.amin(dim=0), thing.means.amax(dim=0)))
    edge = float(np.clip((upper - lower)[[0, 2]].max() / _STEPS, _FINEST, _COLLIDER.voxel))
    ground = _voxels(_rows_in_world(state, _others(state, rows, lower, upper)), edge, _COLLIDER.floater_voxels)
    body = _voxels(thing, edge, _FEWEST_VOXELS)
    bottoms = _undersides(body) if body is not None else thing.means.double().numpy()
    gaps = _gaps(ground, bottoms) if ground is not None else np.zeros(0)
    if len(gaps) == 0:
        raise InvalidDataError("There is nothing solid beneath it to stand on.")
    return max(float(gaps.min()), 0.0)


def _rows_in_world(state: EditState, rows: Rows) -> Gaussians:
    return merge(
        [transform(part.gaussians[rows[part.key]], part.layer.transform) for part in state.parts if part.key in rows]
    )


def _others(state: EditState, rows: Rows, lower: Array, upper: Array) -> Rows:
    """Everything else that is solid and shown, near or below the box from `lower` to `upper`."""
    low, high = torch.from_numpy(lower - _AROUND), torch.from_numpy(upper + _AROUND)
    low[1] = -torch.inf
    near: dict[str, torch.Tensor] = {}
    for part in state.parts:
        if part.layer.visible and part.layer.kind not in NOT_SOLID:
            means = part.world_means
            there = ((means >= low) & (means <= high)).all(dim=1) & ~(part.dead | part.hidden)
            near[part.key] = there & ~rows[part.key] if part.key in rows else there
    return near


def _voxels(gaussians: Gaussians, edge: float, floater_voxels: int) -> Voxels | None:
    return fill_voxels(
        gaussians,
        smallest=edge,
        max_cells=_COLLIDER.max_cells,
        min_opacity=_COLLIDER.min_opacity,
        coverage=_COLLIDER.coverage,
        closed_gap=0.0,
        floater_voxels=floater_voxels,
    )


def _undersides(voxels: Voxels) -> Array:
    """(N, 3) mean places of the matter in solid voxels that have none right below them."""
    low = voxels.solid.copy()
    low[:, 1:] &= ~voxels.solid[:, :-1]
    return voxels.lower + voxels.edge * voxels.centroids[voxels.matter[low]].astype(np.float64)


def _gaps(voxels: Voxels, bottoms: Array) -> Array:
    """Metres from each of the points (N, 3) down to the first solid voxel, of those that have one beneath them. A voxel
    that reaches a little above a point counts as beneath it, so that what stands already does not fall."""
    size = np.array(voxels.solid.shape)
    cells = np.floor((bottoms - voxels.lower) / voxels.edge).astype(np.int64)
    cells[:, 1] = np.minimum(cells[:, 1] + 1, size[1] - 1)
    inside = ((cells >= 0) & (cells < size)).all(axis=1)
    x, y, z = cells[inside].T
    levels = np.arange(size[1], dtype=np.int32)[None, :, None]
    highest = np.maximum.accumulate(np.where(voxels.solid, levels, -1), axis=1)
    top = highest[x, y, z]
    found = top >= 0
    x, z, top = x[found], z[found], top[found]
    heights = voxels.lower[1] + voxels.edge * voxels.centroids[voxels.matter[x, top, z], 1]
    return bottoms[inside][found, 1] - heights
