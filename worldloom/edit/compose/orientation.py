"""Which triangles of a mesh are the wrong way round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

from worldloom.scene.surfels import Array

Faces = NDArray[np.int64]


def wrongly_turned(points: Array, faces: Faces) -> NDArray[np.bool_]:
    """(F,) triangles to turn over so that neighbours agree and closed pieces face outwards.

    What is open faces as most of it did: which side is meant can't be known.

    Args:
        points: (V, 3); corners at one place are one point.
        faces: (F, 3)
    """
    start, end = faces.reshape(-1), np.roll(faces, -1, axis=1).reshape(-1)
    owner = np.repeat(np.arange(len(faces)), 3)
    key = np.minimum(start, end) * len(points) + np.maximum(start, end)
    order = np.argsort(key, kind="stable")
    _, first, count = np.unique(key[order], return_index=True, return_counts=True)
    pair = first[count == 2]
    one, two = order[pair], order[pair + 1]
    against = start[one] == start[two]  # both run the same way along their edge: one is turned over
    number, piece = _pieces(owner[one], owner[two], len(faces))
    sign = _signs(owner[one], owner[two], against, piece, number) if against.any() else np.ones(len(faces), np.int8)
    most = np.bincount(piece, sign, number) < 0
    sign = np.where(most[piece], -sign, sign)
    a, b, c = points[faces].transpose(1, 0, 2)
    middle = np.stack([np.bincount(piece, a[:, axis], number) for axis in range(3)], axis=1)
    middle = (middle / np.bincount(piece, minlength=number)[:, None])[piece]
    volume = np.bincount(piece, sign * ((a - middle) * np.cross(b - middle, c - middle)).sum(axis=1), number)
    paired = np.bincount(piece[owner[one]], minlength=number) * 2
    closed = paired == 3 * np.bincount(piece, minlength=number)
    inside_out = closed & (volume < 0)
    return np.where(inside_out[piece], -sign, sign) < 0


def _pieces(one: Faces, two: Faces, count: int) -> tuple[int, Faces]:
    links = coo_matrix((np.ones(len(one), np.int8), (one, two)), (count, count))
    number, piece = connected_components(links, directed=False)
    return int(number), piece.astype(np.int64)


def _signs(one: Faces, two: Faces, against: NDArray[np.bool_], piece: Faces, number: int) -> Array:
    """(F,) 1 or -1 so that neighbours agree, along a tree over each piece."""
    count = len(piece)
    roots = np.zeros(number, np.int64)
    roots[piece[::-1]] = np.arange(count)[::-1]  # the first face of each piece hangs from one root above all
    rows, columns = np.concatenate([one, np.full(number, count)]), np.concatenate([two, roots])
    links = coo_matrix((np.ones(len(rows)), (rows, columns)), (count + 1, count + 1)).tocsr()
    parent = breadth_first_order(links, count, directed=False)[1].astype(np.int64)
    parent[count] = count
    pairs = np.concatenate([one * (count + 1) + two, two * (count + 1) + one])
    turned = np.concatenate([against, against])
    by_pair = np.argsort(pairs, kind="stable")
    wanted = np.arange(count) * (count + 1) + parent[:count]
    place = np.searchsorted(pairs[by_pair], wanted).clip(0, len(pairs) - 1)
    known = pairs[by_pair][place] == wanted
    sign = np.ones(count + 1)
    sign[:count] = np.where(known & turned[by_pair][place], -1, 1)
    while (parent != count).any():  # each looks twice as far up every time
        sign, parent = sign * sign[parent], parent[parent]
    return sign[:count]
