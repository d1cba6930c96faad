"""Which Gaussians float: alone, in small clumps, as long needles, or far larger than anything else."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

_NEIGHBOURS = 8
_NEAREST = 4
_FEWEST = 10
"""Of fewer Gaussians nothing is said."""


def extent_of(means: Tensor) -> float:
    """Diagonal of the box of the middle 80% of centres (N, 3), metres."""
    low, high = np.percentile(means.numpy(), [10, 90], axis=0)
    return max(float(np.linalg.norm(high - low)), 1e-6)


def usual_gap(means: Tensor) -> float:
    """Median distance of centres (N, 3) to their nearest, metres; 0 if they are too few to tell."""
    return float(np.median(_gaps(means))) if len(means) >= _FEWEST else 0.0


def isolated(means: Tensor, sizes: Tensor, ratio: float, usual: Tensor | None = None) -> Tensor:
    """(N,) which have no neighbours nearby, compared with the scene at large and with their own size: what is far away
    is sparse, but large.

    Args:
        sizes: (N,) longest standard deviations, metres.
        ratio: distance to neighbours that is too much, in typical distances and in their own sizes.
        usual: (N,) typical distances, metres; None: `usual_gap` of all.
    """
    if len(means) < _FEWEST:
        return torch.zeros(len(means), dtype=torch.bool)
    gaps = torch.from_numpy(_gaps(means))
    return (gaps > ratio * (gaps.median() if usual is None else usual)) & (gaps > ratio * sizes)


def _gaps(means: Tensor) -> np.ndarray:
    """(N,) mean distance of each to its nearest, metres."""
    from scipy.spatial import KDTree

    distances, _ = KDTree(means.numpy()).query(means.numpy(), _NEAREST + 1, workers=-1)
    return np.asarray(distances)[:, 1:].mean(axis=1)


def clumped(means: Tensor, sizes: Tensor, ratio: float, fewest: int, usual: Tensor | None = None) -> Tensor:
    """(N,) which hang together with fewer than `fewest` others in all, while nothing else is near: as `isolated`, of
    specks that are made of several.

    Args:
        usual: as for `isolated`.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    count = len(means)
    if count < _FEWEST:
        return torch.zeros(count, dtype=torch.bool)
    distances, nearest = KDTree(means.numpy()).query(means.numpy(), min(_NEIGHBOURS, count - 1) + 1, workers=-1)
    gaps, others = np.asarray(distances)[:, 1:], np.asarray(nearest)[:, 1:]
    own, typical = sizes.numpy(), np.full(count, np.median(gaps)) if usual is None else usual.numpy()
    reach = np.maximum(own, typical)
    near = gaps < ratio * np.maximum(reach[:, None], reach[others])
    rows, columns = np.nonzero(near)[0], others[near]
    _, clump = connected_components(coo_matrix((np.ones(len(rows), bool), (rows, columns)), (count, count)), False)
    return torch.from_numpy(np.bincount(clump)[clump] < fewest)


def needles(scales: Tensor, thinness: float, longest: float) -> Tensor:
    """(N,) which are so many times longer than wide, and longer than so many metres; of standard deviations (N, 3)."""
    length = scales.amax(dim=1)
    return (length > thinness * scales.median(dim=1).values) & (length > longest)
