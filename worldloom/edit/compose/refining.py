"""Fine alignment: ICP from plane to plane with a scale (after Generalized-ICP, Segal et al. 2009)."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from worldloom.edit.compose.clouds import Planes
from worldloom.edit.compose.matching import Similarity
from worldloom.scene.surfels import Array

_ACROSS = 0.03
"""Variance across a plane over that along it."""
_STILL = 2e-5
_SIMILAR_NORMALS = 0.6


def refined(
    source: Planes, target: Planes, start: Similarity, reach: tuple[float, ...], *, scaled: bool, rounds: int = 12
) -> Similarity:
    """`start`, improved.

    Args:
        reach: metres within which neighbours are sought, from coarse to fine.
        scaled: whether the scale may change.
    """
    found = start
    for limit in reach:
        for _ in range(rounds):
            step, size = _step(source, target, found, limit, scaled=scaled)
            if step is None:
                return found
            found = step
            if size < _STILL:
                break
    return found


def neighbours(source: Planes, target: Planes, by: Similarity, limit: float) -> tuple[Array, Array, Array]:
    """Rows of `source`, the rows of `target` nearest to them once moved, and the moved points; only those that have one
    within `limit` metres on a plane alike."""
    moved = by.on(source.cloud.points)
    distance, nearest = target.tree.query(moved, distance_upper_bound=limit)
    rows = np.flatnonzero(np.isfinite(distance))
    nearest = nearest[rows]
    turned = source.normals[rows] @ by.rotation.T
    alike = np.abs((turned * target.normals[nearest]).sum(axis=1)) > _SIMILAR_NORMALS
    alike |= np.minimum(source.flatness[rows], target.flatness[nearest]) < 0.5
    return rows[alike], nearest[alike], moved[rows[alike]]


def normal_equations(source: Planes, target: Planes, by: Similarity, limit: float) -> tuple[Array, Array, Array, int]:
    """(7, 7) and (7,) of a small turn, shift and growth about the middle of what has neighbours, that middle (3,), and
    how many there are."""
    rows, nearest, moved = neighbours(source, target, by, limit)
    if len(rows) < 30:
        return np.zeros((7, 7)), np.zeros(7), np.zeros(3), 0
    middle = moved.mean(axis=0)
    off = moved - middle
    gap = target.cloud.points[nearest] - moved
    information = np.linalg.inv(
        _covariances(source.normals[rows] @ by.rotation.T, source.flatness[rows])
        + _covariances(target.normals[nearest], target.flatness[nearest])
    )
    robust = 1 / (1 + ((gap * gap).sum(axis=1) / (limit / 2) ** 2)) ** 2
    information *= robust[:, None, None]
    jacobian = np.zeros((len(rows), 3, 7))
    jacobian[:, 0, 1], jacobian[:, 0, 2] = off[:, 2], -off[:, 1]
    jacobian[:, 1, 0], jacobian[:, 1, 2] = -off[:, 2], off[:, 0]
    jacobian[:, 2, 0], jacobian[:, 2, 1] = off[:, 1], -off[:, 0]
    jacobian[:, :, 3:6] = np.eye(3)
    jacobian[:, :, 6] = off
    weighted = np.einsum("nij,njk->nik", information, jacobian)
    left = np.einsum("nij,nik->jk", jacobian, weighted)
    right = np.einsum("nij,ni->j", weighted, gap)
    return left, right, middle, len(rows)


def _step(
    source: Planes, target: Planes, by: Similarity, limit: float, *, scaled: bool
) -> tuple[Similarity | None, float]:
    """One round, and how far it went in radians and limits; None where too little is near."""
    left, right, middle, count = normal_equations(source, target, by, limit)
    if count == 0:
        return None, 0.0
    size = 7 if scaled else 6
    left = left[:size, :size] + 1e-9 * np.trace(left) * np.eye(size)
    change = np.zeros(7)
    change[:size] = np.linalg.solve(left, right[:size])
    turn = Rotation.from_rotvec(change[:3]).as_matrix()
    grown = float(np.exp(np.clip(change[6], -0.2, 0.2)))
    shift = grown * turn @ (by.shift - middle) + middle + change[3:6]
    next_ = Similarity(turn @ by.rotation, shift, by.scale * grown)
    return next_, float(np.abs(change[:3]).max() + np.abs(change[3:6]).max() / limit + abs(change[6]))


def _covariances(normals: Array, flatness: Array) -> Array:
    """(N, 3, 3) thin across planes, round where there is none."""
    thin = 1 - (1 - _ACROSS) * flatness.clip(0, 1) ** 2
    return np.eye(3) - (1 - thin)[:, None, None] * normals[:, :, None] * normals[:, None, :]
