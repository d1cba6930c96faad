"""What of some Gaussians hangs together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

_NEIGHBOURS = 8
_FEWEST = 6
"""Gaussians of which a lump is made at least."""


@dataclass(frozen=True, eq=False)
class Lumps:
    """Gaussians that hang together."""

    of: Tensor
    """(N,) the number of the lump that a Gaussian belongs to, 0..T-1; -1: none."""
    extents: Tensor
    """(T, 3) metres."""

    def __len__(self) -> int:
        return len(self.extents)

    def only(self, kept: Tensor) -> Lumps:
        """Those of `kept` (T,) bool, numbered anew."""
        numbers = torch.where(kept, kept.cumsum(0) - 1, -1)
        none = torch.tensor([-1])  # of -1, the last
        return Lumps(torch.cat([numbers, none])[self.of], self.extents[kept])

    def within(self, tallest: float, widest: float) -> Tensor:
        """(T,) bool: which are no taller than that and no wider than that, metres."""
        wide = torch.maximum(self.extents[:, 0], self.extents[:, 2])
        return (self.extents[:, 1] <= tallest) & (wide <= widest)

    def share(self, mask: Tensor) -> Tensor:
        """(T,) how much of each lump is in `mask` (N,), bool or 0 to 1."""
        member = self.of >= 0
        sizes, inside = torch.zeros(len(self)), torch.zeros(len(self))
        sizes.index_add_(0, self.of[member], torch.ones(int(member.sum())))
        return inside.index_add_(0, self.of[member], mask[member].float()) / sizes.clamp_min(1)


def lumps(means: Tensor, rows: Tensor) -> Lumps:
    """What hangs together of some rows (N,) bool of Gaussians at `means` (N, 3), by the distances that are usual among
    them. Those of a few Gaussians only are left out."""
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    of, chosen = torch.full((len(means),), -1, dtype=torch.long), rows.nonzero()[:, 0]
    if len(chosen) < _FEWEST:
        return Lumps(of, torch.zeros(0, 3))
    points = means[chosen].numpy()
    tree = KDTree(points)
    gaps, _ = tree.query(points, _FEWEST)
    reach = 3 * float(np.median(np.asarray(gaps)[:, -1]))
    graph = tree.sparse_distance_matrix(tree, reach, output_type="coo_matrix")
    count, lump = connected_components(graph, directed=False)
    low, high = np.full((count, 3), np.inf, np.float32), np.full((count, 3), -np.inf, np.float32)
    np.minimum.at(low, lump, points)
    np.maximum.at(high, lump, points)
    of[chosen] = torch.from_numpy(lump).long()
    found = Lumps(of, torch.from_numpy(high - low))
    return found.only(torch.from_numpy(np.bincount(lump) >= _FEWEST))


def neighbours(means: Tensor, rows: Tensor) -> Tensor:
    """(K, 8) the nearest others, as row numbers, of the rows (K,) of Gaussians at `means` (N, 3); fewer, if there are
    fewer."""
    from scipy.spatial import KDTree

    _, nearest = KDTree(means.numpy()).query(means[rows].numpy(), min(_NEIGHBOURS + 1, len(means)), workers=-1)
    return torch.from_numpy(np.asarray(nearest)[:, 1:])
