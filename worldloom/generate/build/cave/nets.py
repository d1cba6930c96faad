"""Surface nets: a mesh of where a field on a grid is 0 (Gibson 1998), without a loop over cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.surfels import Array

_CORNERS = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)])
_EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if np.abs(_CORNERS[a] - _CORNERS[b]).sum() == 1]


def surface_net(field: Array, corner: Array, step: float) -> tuple[Array, NDArray[np.int64]]:
    """Vertices (V, 3) and triangles (F, 3) that face to where the field is below 0.

    Args:
        field: (X, Y, Z) values on a grid.
        corner: (3,) place of the first value, metres.
        step: metres between values.
    """
    below = field < 0
    cells = tuple(size - 1 for size in field.shape)
    count = np.zeros(cells, np.int8)
    for x, y, z in _CORNERS:
        count += below[x : x + cells[0], y : y + cells[1], z : z + cells[2]]
    mixed = np.argwhere((count > 0) & (count < 8))
    number = np.full(cells, -1, np.int64)
    number[tuple(mixed.T)] = np.arange(len(mixed))
    total, hits = np.zeros((len(mixed), 3)), np.zeros(len(mixed))
    values = [field[tuple((mixed + offset).T)] for offset in _CORNERS]
    for a, b in _EDGES:
        crossed = (values[a] < 0) != (values[b] < 0)
        share = values[a] / np.where(crossed, values[a] - values[b], 1.0)
        total += np.where(crossed[:, None], _CORNERS[a] + share[:, None] * (_CORNERS[b] - _CORNERS[a]), 0.0)
        hits += crossed
    vertices = corner + step * (mixed + total / np.maximum(hits, 1)[:, None])
    faces = []
    for axis in range(3):
        ahead = np.moveaxis(below, axis, 0)
        crossing = np.moveaxis(ahead[1:] != ahead[:-1], 0, axis)
        places = np.argwhere(crossing)
        first, second = [other for other in range(3) if other != axis]
        inside = np.ones(len(places), bool)
        for other in (first, second):
            inside &= (places[:, other] > 0) & (places[:, other] < cells[other])
        places = places[inside]
        around = []
        for back in ((0, 0), (1, 0), (1, 1), (0, 1)):
            cell = places.copy()
            cell[:, first] -= back[0]
            cell[:, second] -= back[1]
            around.append(number[tuple(cell.T)])
        quad = np.stack(around, axis=1)
        away = below[tuple(places.T)] == (axis == 1)
        quad = np.where(away[:, None], quad, quad[:, ::-1])
        faces += [quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]]
    return vertices, np.concatenate(faces)
