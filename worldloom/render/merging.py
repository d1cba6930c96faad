"""Fewer Gaussians that look alike: neighbours become one of their common mean, covariance and colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worldloom.render.cpu import default_threads
from worldloom.render.native.library import library
from worldloom.scene.gaussians import SH_C0, Gaussians
from worldloom.scene.rotations import matrix_to_quat, quat_to_matrix

_NEIGHBOURS = 8
_OUTLINE = 0.01
"""What a square metre that is wrongly hidden costs, as a squared difference of colour."""
_MOST_OPAQUE = 0.99
_FARTHEST = 1e7
"""Metres between groups, so that none is the other's neighbour."""


@dataclass(frozen=True, eq=False)
class Merged:
    """What has become of N Gaussians."""

    gaussians: Gaussians
    """(M,); those that were merged with none are as they were."""
    members: NDArray[np.int64]
    """(N,) which of the M each is in."""
    weights: NDArray[np.float64]
    """(N,) its share in what that one shows, summing to 1 over each."""

    def averages(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(M, C) of values (N, C), by their shares."""
        from scipy.sparse import csr_matrix

        count = len(self.members)
        gather = csr_matrix((self.weights, (self.members, np.arange(count))), (len(self.gaussians), count))
        return gather @ values

    @property
    def heaviest(self) -> NDArray[np.int64]:
        """(M,) the member of each that has the largest share, of equal ones the first."""
        order = np.lexsort((-self.weights, self.members))
        return order[np.unique(self.members[order], return_index=True)[1]]


def merged(gaussians: Gaussians, wanted: int, views: Tensor | None = None, groups: Tensor | None = None) -> Merged:
    """Merge neighbours, those first of which pictures change least, until `wanted` are left.

    Two become one of the same first and second moments (as in hierarchies of Gaussians, Kerbl et al. 2024), which
    covers as large an area as they did together, so that nothing is seen through that was not before.

    Args:
        views: (N,) how much of a picture a square metre there fills; None: the same everywhere.
        groups: (N,) int64; only Gaussians of one group are merged. There are never fewer left than groups.
    """
    from scipy.spatial import KDTree

    count = len(gaussians)
    if count <= max(wanted, 1):
        return Merged(gaussians, np.arange(count), np.ones(count))
    middle = gaussians.means.mean(dim=0)
    means = (gaussians.means - middle).numpy().copy()
    covariances = _packed(gaussians)
    covers = (_areas(covariances) * gaussians.opacities.double().clamp(1e-6, _MOST_OPAQUE)).float().numpy()
    places = means if groups is None else np.column_stack([means, groups.numpy() * _FARTHEST])
    neighbours = min(_NEIGHBOURS, count - 1)
    tree = KDTree(places, balanced_tree=False, compact_nodes=False)
    apart, nearest = tree.query(places, neighbours + 1, workers=-1, distance_upper_bound=_FARTHEST / 2)
    nearest = np.where(np.isfinite(apart), nearest, np.arange(count)[:, None])[:, 1:].astype(np.int32, order="C")
    roots = np.empty(count, np.int64)
    packed, kept_covers = np.ascontiguousarray(covariances.float().numpy()), covers.copy()
    features = np.ascontiguousarray(gaussians.sh[:, :4].reshape(count, -1).numpy() * np.float32(SH_C0))
    seen = np.ones(count, np.float32) if views is None else np.ascontiguousarray(views.numpy(), np.float32)
    library().worldloom_merge(
        default_threads(), count, wanted, features.shape[1], neighbours, nearest.ctypes.data, _OUTLINE,
        means.ctypes.data, packed.ctypes.data, covers.ctypes.data, features.ctypes.data, seen.ctypes.data,
        roots.ctypes.data,
    )  # fmt: skip
    firsts, members, sizes = np.unique(roots, return_inverse=True, return_counts=True)
    totals = np.bincount(members, kept_covers.astype(np.float64), len(firsts))
    weights = kept_covers / totals[members]
    found = Merged(gaussians[torch.from_numpy(firsts)], members, weights)
    sh = found.averages(gaussians.sh.reshape(count, -1).numpy().astype(np.float64))
    together = _unpacked(
        torch.from_numpy(means[firsts]) + middle,
        torch.from_numpy(packed[firsts]).double(),
        torch.from_numpy(covers[firsts]).double(),
        torch.from_numpy(sh).float().reshape(len(firsts), -1, 3),
    )
    alone = torch.from_numpy(sizes == 1)
    rows = [
        torch.where(alone.reshape(-1, *[1] * (old.ndim - 1)), old, new)
        for old, new in zip(found.gaussians.tensors, together.tensors)
    ]
    return Merged(Gaussians(*rows), members, weights)


def _packed(gaussians: Gaussians) -> Tensor:
    """(N, 6) covariances, float64: xx, yy, zz, xy, xz, yz."""
    axes = quat_to_matrix(gaussians.quats.double()) * gaussians.log_scales.double().exp()[:, None, :]
    whole = axes @ axes.transpose(1, 2)
    return torch.stack([whole[:, i, j] for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))], dim=1)


def _areas(packed: Tensor) -> Tensor:
    """(N,) of what covariances spread over: of the two larger axes, smoothly; as in merge.cpp."""
    xx, yy, zz, xy, xz, yz = packed.unbind(dim=1)
    minors = xx * yy - xy * xy + xx * zz - xz * xz + yy * zz - yz * yz
    return 2 * torch.pi * minors.clamp_min(1e-30).sqrt()


def _unpacked(means: Tensor, packed: Tensor, covers: Tensor, sh: Tensor) -> Gaussians:
    xx, yy, zz, xy, xz, yz = packed.unbind(dim=1)
    whole = torch.stack([xx, xy, xz, xy, yy, yz, xz, yz, zz], dim=1).reshape(-1, 3, 3)
    squares, axes = torch.linalg.eigh(whole)
    axes[:, :, 0] *= torch.linalg.det(axes)[:, None]
    floor = (squares[:, 2:] * 1e-6).clamp_min(1e-12)
    opacities = (covers / _areas(packed)).clamp(1e-4, _MOST_OPAQUE)
    log_scales = squares.maximum(floor).log() / 2
    return Gaussians(means, matrix_to_quat(axes).float(), log_scales.float(), torch.logit(opacities).float(), sh)
