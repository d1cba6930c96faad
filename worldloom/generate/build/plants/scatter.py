"""Places of plants. All chance comes from a hash of the world's cell, so that tiles made apart fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.site import Bounds
from worldloom.generate.surfels import Array


def draw(cells: NDArray[np.int64], seed: int, salt: int) -> Array:
    """Uniform numbers (N,) in 0..1 of integer cells (N, 2) or (N, 3)."""
    mixed = np.full(len(cells), (seed * 7919 + salt * 104729 + 12345) & 0xFFFFFFFF, np.uint32)
    for column, prime in zip(cells.T, (0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D)):
        mixed = mixed ^ (column.astype(np.uint32) * np.uint32(prime))
        mixed = (mixed ^ (mixed >> np.uint32(16))) * np.uint32(0x7FEB352D)
        mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x846CA68B)
        mixed = mixed ^ (mixed >> np.uint32(16))
    return mixed.astype(np.float64) / 4294967296.0


@dataclass(frozen=True, eq=False)
class Grid:
    """One place in each cell of a grid that covers some bounds."""

    cells: NDArray[np.int64]
    """(N, 2)"""
    flat: Array
    """(N, 2) metres, x and z."""

    def __len__(self) -> int:
        return len(self.flat)

    def __getitem__(self, index: NDArray) -> Grid:
        return Grid(self.cells[index], self.flat[index])


def jittered(bounds: Bounds, cell: float | tuple[float, float], seed: int, salt: int, jitter: float = 0.86) -> Grid:
    """A shaken place in each cell, of those whose cell meets `bounds`."""
    size = np.array(cell if isinstance(cell, tuple) else (cell, cell), float)
    low = np.floor(np.array([bounds.min_x, bounds.min_z]) / size).astype(int)
    high = np.ceil(np.array([bounds.max_x, bounds.max_z]) / size).astype(int)
    columns, rows = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]), indexing="ij")
    cells = np.stack([columns.reshape(-1), rows.reshape(-1)], axis=1)
    shake = np.stack([draw(cells, seed, salt), draw(cells, seed, salt + 1)], axis=1) - 0.5
    return Grid(cells, (cells + 0.5 + jitter * shake) * size)


def spaced(flat: Array, reach: Array, rank: Array, rounds: int = 4) -> NDArray[np.bool_]:
    """Which places (N, 2) stay if each keeps `reach[i] + reach[j]` metres from every other that stays.

    The lowest `rank` of its neighbours stays, its neighbours go, and so on `rounds` times; who is undecided then goes.
    So what stays depends on places at most `2 * rounds * 2 * reach.max()` away: tiles with that margin agree.
    """
    from scipy.spatial import KDTree

    state = np.zeros(len(flat), np.int8)  # 0 undecided, 1 stays, -1 goes
    if not len(flat):
        return state > 0
    pairs = KDTree(flat).query_pairs(2 * float(reach.max()), output_type="ndarray")
    if len(pairs):
        apart = np.linalg.norm(flat[pairs[:, 0]] - flat[pairs[:, 1]], axis=1)
        pairs = pairs[apart < reach[pairs[:, 0]] + reach[pairs[:, 1]]]
    order = rank[pairs[:, 0]] < rank[pairs[:, 1]]
    better, worse = np.where(order, pairs[:, 0], pairs[:, 1]), np.where(order, pairs[:, 1], pairs[:, 0])
    for _ in range(rounds):
        live = (state[better] == 0) & (state[worse] == 0)
        beaten = np.zeros(len(flat), bool)
        beaten[worse[live]] = True
        state[(state == 0) & ~beaten] = 1
        state[worse[(state[better] == 1) & (state[worse] == 0)]] = -1
        state[better[(state[worse] == 1) & (state[better] == 0)]] = -1
    return state > 0


def chosen(flat: Array, reach: float, rank: Array, count: int) -> NDArray[np.int64]:
    """`count` of the places, lowest `rank` first, about 2 * `reach` apart; closer where there is no room, at least 1 m.

    Fewer only where even that leaves no room.
    """
    from scipy.spatial import KDTree

    order = np.argsort(rank, kind="stable")
    tree = KDTree(flat[order]) if len(order) else None
    while True:
        taken: list[int] = []
        blocked = np.zeros(len(order), bool)
        for number in range(len(order)):
            if len(taken) == count:
                break
            if not blocked[number] and tree is not None:
                taken.append(number)
                blocked[tree.query_ball_point(flat[order[number]], 2 * reach)] = True
        if len(taken) == count or reach <= 0.5:
            return order[np.array(taken, np.int64)]
        reach = max(0.7 * reach, 0.5)
