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
from worldloom.scene.rotations import quat_to_matrix

Array = NDArray[np.float64]

_COLLIDER = ColliderOptions()
_AROUND = 1.0
"""Metres around the thing within which the ground is looked at: enough not to be taken for a floater."""
_FINEST, _STEPS = 0.005, 40
"""Voxels are no smaller than so many metres, and about so many go across the thing."""
_STRAY = 1000
"""Of so many Gaussians one may hang below the others without holding the thing up."""


def height_above(state: EditState, rows: Rows) -> float:
    """Metres that some rows can move down until they touch what is solid beneath them; 0 if they do already.

    What is beneath is poured into voxels as a collider is, and taken to be as high as its matter is on average.

    Raises:
        InvalidDataError: there is nothing beneath.
    """
    bottoms = _undersides(_solid(_rows_in_world(state, rows)))
    lower, upper = bottoms.min(axis=0), bottoms.max(axis=0)
    edge = float(np.clip((upper - lower)[[0, 2]].max() / _STEPS, _FINEST, _COLLIDER.voxel))
    voxels = _ground(state, rows, lower, upper, edge)
    gaps = _gaps(voxels, bottoms) if voxels is not None else np.zeros(0)
    if len(gaps) == 0:
        raise InvalidDataError("There is nothing solid beneath it to stand on.")
    return max(float(np.partition(gaps, len(gaps) // _STRAY)[len(gaps) // _STRAY]), 0.0)


def _rows_in_world(state: EditState, rows: Rows) -> Gaussians:
    return merge(
        [transform(part.gaussians[rows[part.key]], part.layer.transform) for part in state.parts if part.key in rows]
    )


def _solid(gaussians: Gaussians) -> Gaussians:
    """What can be touched; everything if it is all mist."""
    solid = gaussians.opacities >= _COLLIDER.min_opacity
    return gaussians[solid] if bool(solid.any()) else gaussians


def _undersides(gaussians: Gaussians) -> Array:
    """(N, 3) centres, lowered by the Gaussians' upright standard deviations."""
    upright = (quat_to_matrix(gaussians.quats)[:, 1] * gaussians.scales).norm(dim=1)
    bottoms = gaussians.means.double().numpy()
    bottoms[:, 1] -= upright.numpy()
    return bottoms


def _ground(state: EditState, rows: Rows, lower: Array, upper: Array, edge: float) -> Voxels | None:
    """Everything else that is solid and shown, near or below the box from `lower` to `upper`."""
    low, high = torch.from_numpy(lower - _AROUND), torch.from_numpy(upper + _AROUND)
    low[1] = -torch.inf
    near: Rows = {}
    for part in state.parts:
        if part.layer.visible and part.layer.kind not in NOT_SOLID:
            means = part.world_means
            there = ((means >= low) & (means <= high)).all(dim=1) & ~(part.dead | part.hidden)
            near = {**near, part.key: there & ~rows[part.key] if part.key in rows else there}
    return fill_voxels(
        _rows_in_world(state, near),
        smallest=edge,
        max_cells=_COLLIDER.max_cells,
        min_opacity=_COLLIDER.min_opacity,
        coverage=_COLLIDER.coverage,
        closed_gap=0.0,
        floater_voxels=_COLLIDER.floater_voxels,
    )


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
    matter = voxels.matter[x, top, z]
    heights = np.where(matter > 0, voxels.centroids[matter, 1], top + 0.5)
    return bottoms[inside][found, 1] - (voxels.lower[1] + voxels.edge * heights)
