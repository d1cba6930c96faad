"""From solid voxels to a smooth, thinned triangle mesh."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from worldloom.scene.collider_voxels import Floats, Voxels

Ints = NDArray[np.int64]

_SKIN = 0.008
"""How far outside the matter's middle the surface lies, metres: keeps the two sides of a sheet apart."""
_FLAT = 0.15
"""How far from a plane vertices may be to be merged, in voxels."""
_FLATTEST = 0.6
"""The same, where there would be too many triangles."""
_HOPELESS = 2.2
"""So many times too many triangles are not worth merging again."""
_LARGEST_BLOCK = 3
"""Flat parts are merged in blocks of at most 2**this voxels."""


def surface_of(voxels: Voxels, max_triangles: int) -> tuple[Floats, NDArray[np.int32]]:
    """Vertices (V, 3), metres, world frame, and triangles (F, 3) of the solid voxels' outside; more than
    `max_triangles` only where it is too rough for that."""
    corners, quads = _outside(voxels.solid)
    adjacency = _adjacency(quads, len(corners))
    normals = _smooth_normals(corners, quads, adjacency)
    vertices = _drawn_in(voxels, corners, normals, adjacency)
    vertices, triangles = _thinned(vertices, corners, quads, max_triangles)
    return (vertices * voxels.edge + voxels.lower).astype(np.float32), triangles.astype(np.int32)


def _outside(solid: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Faces between solid and empty voxels: grid corners (V, 3) and outward quads (Q, 4)."""
    shape = np.array(solid.shape) + 1
    strides = np.array([shape[1] * shape[2], shape[2], 1])
    parts = []
    for axis in range(3):
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[axis], high[axis] = slice(None, -1), slice(1, None)
        outward = solid[tuple(low)]
        cells = np.argwhere(outward != solid[tuple(high)])
        first = cells @ strides + strides[axis]
        along, across = strides[(axis + 1) % 3], strides[(axis + 2) % 3]
        quad = np.stack([first, first + along, first + along + across, first + across], axis=1)
        facing = outward[tuple(cells.T)]
        parts.append(np.where(facing[:, None], quad, quad[:, ::-1]))
    quads = np.concatenate(parts)
    used = np.zeros(int(shape.prod()), bool)
    used[quads] = True
    keys = np.flatnonzero(used)
    number = np.zeros(len(used), np.int32)
    number[keys] = np.arange(len(keys), dtype=np.int32)
    corners = np.stack([keys // strides[0], keys // strides[1] % shape[1], keys % shape[2]], axis=1)
    return corners, number[quads].astype(np.int64)


def _adjacency(quads: Ints, count: int) -> sparse.csr_matrix:
    """(V, V) 0 or 1: which vertices share an edge of a quad."""
    start, end = quads.reshape(-1), np.roll(quads, -1, axis=1).reshape(-1)
    ones = np.ones(2 * len(start), np.float32)
    matrix = sparse.csr_matrix(
        (ones, (np.concatenate([start, end]), np.concatenate([end, start]))), shape=(count, count)
    )
    matrix.data[:] = 1
    return matrix


def _smooth_normals(corners: Ints, quads: Ints, adjacency: sparse.csr_matrix) -> Floats:
    """(V, 3) unit normals: of the faces around, averaged over the neighbourhood so that stairs of voxels look like the
    slope that they stand for."""
    places = corners.astype(np.float32)[quads]
    facing = np.cross(places[:, 1] - places[:, 0], places[:, 3] - places[:, 0])
    normals = np.stack(
        [np.bincount(quads.reshape(-1), np.repeat(facing[:, axis], 4), len(corners)) for axis in range(3)], axis=1
    ).astype(np.float32)
    for _ in range(3):
        normals = normals + adjacency @ normals
    return _unit(normals)


def _drawn_in(voxels: Voxels, corners: Ints, normals: Floats, adjacency: sparse.csr_matrix) -> Floats:
    """(V, 3) vertices, in voxels: corners moved along their normals onto the matter in the eight voxels around."""
    mass = np.zeros(len(corners), np.float32)
    sums = np.zeros((len(corners), 3), np.float32)
    for corner in np.ndindex(2, 2, 2):
        x, y, z = (corners - np.array(corner)).T
        rows = voxels.matter[x, y, z]
        weight = np.minimum(voxels.mass[rows], 2)  # a dense clump doesn't outweigh its neighbours
        mass += weight
        sums += weight[:, None] * voxels.centroids[rows]
    vertices = corners.astype(np.float32)
    known = mass > 0
    middle = sums / np.maximum(mass, 1e-9)[:, None]
    depth = (
        np.where(known, ((middle - vertices) * normals).sum(axis=1), 0).clip(-1.2, 1.2) + _SKIN / voxels.edge * known
    )
    # Where a hole was closed there is no matter: such corners go as deep as those around them.
    weight = known.astype(np.float32)
    for _ in range(4):
        reached = weight + 0.5 * (adjacency @ weight)
        depth = (weight * depth + 0.5 * (adjacency @ (weight * depth))) / np.maximum(reached, 1e-9)
        weight = (reached > 0).astype(np.float32)
    vertices = vertices + depth[:, None] * normals
    degree = np.maximum(np.asarray(adjacency.sum(axis=1)), 1)
    for pull in (0.5, -0.52) * 4:  # Taubin (1995): smooths without shrinking
        vertices = vertices + pull * (adjacency @ vertices / degree - vertices)
    return vertices.astype(np.float32)


def _thinned(vertices: Floats, corners: Ints, quads: Ints, max_triangles: int) -> tuple[Floats, Ints]:
    """Flat parts merged, more boldly where there would be too many triangles."""
    thinned, triangles = _merged(vertices, corners, quads, _FLAT, _LARGEST_BLOCK)
    if len(triangles) <= max_triangles or len(triangles) > _HOPELESS * max_triangles:
        return thinned, triangles
    return _merged(vertices, corners, quads, _FLATTEST, _LARGEST_BLOCK + 1)


def _merged(vertices: Floats, corners: Ints, quads: Ints, flat: float, blocks: int) -> tuple[Floats, Ints]:
    """Vertices of one flat patch inside one block become one vertex: larger blocks first, then smaller ones for what
    was left. Patches are only merged along edges of the mesh, so that gaps stay open and no crack appears."""
    normals = _vertex_normals(vertices, quads)
    target = np.arange(len(vertices))
    free = np.ones(len(vertices), bool)
    edges = np.concatenate([quads[:, [0, 1]], quads[:, [1, 2]], quads[:, [2, 3]], quads[:, [3, 0]]])
    edges = edges[edges[:, 0] < edges[:, 1]]
    side = np.abs(normals).argmax(axis=1)
    side = 2 * side + (np.take_along_axis(normals, side[:, None], axis=1)[:, 0] > 0)
    positions = vertices.astype(np.float64)
    for level in range(blocks, 0, -1):
        block = corners >> level
        extent = block.max(axis=0) + 1
        key = ((block[:, 0] * extent[1] + block[:, 1]) * extent[2] + block[:, 2]) * 6 + side
        joined = edges[(key[edges[:, 0]] == key[edges[:, 1]]) & free[edges].all(axis=1)]
        graph = sparse.csr_matrix((np.ones(len(joined), bool), joined.T), shape=(len(vertices),) * 2)
        count, patch = csgraph.connected_components(graph, directed=False)
        size = np.bincount(patch, minlength=count)
        middle = _sums(patch, vertices, count) / size[:, None]
        facing = _unit(_sums(patch, normals, count))
        off = np.abs(((vertices - middle[patch]) * facing[patch]).sum(axis=1))
        tilt = (normals * facing[patch]).sum(axis=1)
        bad = np.bincount(patch, (off > flat) | (tilt < 0.9), count) > 0
        merging = free & ~bad[patch] & (size[patch] > 1)
        leader = np.full(count, len(vertices), np.int64)
        np.minimum.at(leader, patch[merging], np.flatnonzero(merging))
        target[merging] = leader[patch[merging]]
        positions[merging] = middle[patch[merging]]
        free &= ~merging
    merged = target[quads]
    triangles = np.concatenate([merged[:, [0, 1, 2]], merged[:, [0, 2, 3]]])
    a, b, c = triangles.T
    triangles = triangles[(a != b) & (b != c) & (c != a)]
    turned = np.take_along_axis(triangles, (triangles.argmin(axis=1)[:, None] + np.arange(3)) % 3, axis=1)
    used = np.zeros(len(vertices), bool)
    used[turned] = True
    numbers = np.cumsum(used) - 1
    count = int(used.sum())
    key = np.unique((numbers[turned[:, 0]] * count + numbers[turned[:, 1]]) * count + numbers[turned[:, 2]])
    triangles = np.stack([key // count**2, key // count % count, key % count], axis=1)
    return positions[used].astype(np.float32), triangles


def _vertex_normals(vertices: Floats, quads: Ints) -> Floats:
    """(V, 3) unit normals of the quads around each vertex, by area."""
    a, b, c, d = (vertices[quads[:, corner]] for corner in range(4))
    facing = np.cross(c - a, d - b).astype(np.float32)
    return _unit(_sums(quads.reshape(-1), np.repeat(facing, 4, axis=0), len(vertices)))


def _sums(groups: Ints, values: Floats, count: int) -> Floats:
    """(count, 3) sums of `values` (N, 3) by group."""
    columns = [np.bincount(groups, values[:, axis], count) for axis in range(3)]
    return np.stack(columns, axis=1).astype(np.float32)


def _unit(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
