"""Which Gaussians of a class belong together: the single cars among all that is car."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from worldloom.edit.state import EditState, Rows

_SMALLEST_CELL = 0.3
"""Metres: what is nearer than this belongs together, ..."""
_CELL_IN_SIZES = 5.0
"""... or than so many standard deviations of the Gaussians, where they are coarse."""
_SPECK = 0.02
"""Pieces smaller than this share of the largest one belong to the thing that is nearest."""


@dataclass(frozen=True, eq=False)
class Points:
    """Some rows of several parts as one list."""

    positions: NDArray[np.float32]
    """(N, 3) world frame, metres."""
    keys: tuple[str, ...]
    counts: tuple[int, ...]
    """Of each part."""
    index: tuple[torch.Tensor, ...]
    """Which rows of each part."""
    sizes: tuple[int, ...]
    """Rows that each part has."""

    def rows(self, chosen: NDArray[np.bool_]) -> Rows:
        """Some of the points as rows."""
        found, start = {}, 0
        for key, count, index, size in zip(self.keys, self.counts, self.index, self.sizes):
            mine = torch.from_numpy(chosen[start : start + count])
            start += count
            mask = torch.zeros(size, dtype=torch.bool)
            mask[index[mine]] = True
            if bool(mask.any()):
                found[key] = mask
        return found


def points_of(state: EditState, rows: Rows) -> Points:
    """The centres of some rows."""
    chosen = [part for part in state.parts if part.key in rows]
    index = [torch.nonzero(rows[part.key])[:, 0] for part in chosen]
    positions = [
        part.layer.transform.apply_to_points(part.gaussians.means[rows_of]).numpy().astype(np.float32)
        for part, rows_of in zip(chosen, index)
    ]
    return Points(
        np.concatenate([*positions, np.zeros((0, 3), np.float32)]),
        tuple(part.key for part in chosen),
        tuple(len(one) for one in index),
        tuple(index),
        tuple(len(part) for part in chosen),
    )


def clumps(points: Points, spread: float, seeds: NDArray[np.bool_] | None = None) -> NDArray[np.intp]:
    """(N,) which thing each point belongs to, 0 and up.

    Args:
        spread: the usual standard deviation of the Gaussians, metres.
        seeds: (N,) points that alone say how many things there are: the trunks of trees, whose leaves touch.
    """
    cell = max(_SMALLEST_CELL, _CELL_IN_SIZES * spread)
    if seeds is not None and seeds.any() and not seeds.all():
        own = _connected(points.positions[seeds], cell)
        _, nearest = KDTree(points.positions[seeds][:, [0, 2]]).query(points.positions[~seeds][:, [0, 2]])
        found = np.empty(len(points.positions), np.intp)
        found[seeds], found[~seeds] = own, own[nearest]
        return found
    return _connected(points.positions, cell)


def spread_of(state: EditState, rows: Rows) -> float:
    """The median of the longest standard deviations, metres."""
    sizes = [
        part.gaussians.log_scales[torch.nonzero(rows[part.key])[:, 0][::7]].amax(dim=1).exp()
        * part.layer.transform.scale
        for part in state.parts
        if part.key in rows
    ]
    return float(torch.cat(sizes).median()) if sizes and sum(len(one) for one in sizes) else 0.0


def _connected(positions: NDArray[np.float32], cell: float) -> NDArray[np.intp]:
    cells, place = np.unique(np.floor(positions / cell).astype(np.int64), axis=0, return_inverse=True)
    pairs: NDArray[Any] = KDTree(cells).query_pairs(1.8, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(cells), len(cells)))
    _, labels = connected_components(links, directed=False)
    found = labels[place.ravel()]
    sizes = np.bincount(found)
    large = sizes >= max(_SPECK * sizes.max(), 1)
    if not large.all():
        kept = large[found]
        _, nearest = KDTree(positions[kept]).query(positions[~kept])
        found[~kept] = found[kept][nearest]
    return np.unique(found, return_inverse=True)[1].ravel()
