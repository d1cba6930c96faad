"""Places of plants. All chance comes from a hash of the world's cell, so that tiles made apart fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.site import Bounds
from worldloom.scene.surfels import Array


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


def near_pairs(first: Array, second: Array, reach: float) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Which places of `first` (N, 2) and `second` (M, 2) are less than `reach` metres apart: numbers and distance.

    Without scipy, whose import takes longer than all the planting.
    """
    none = np.zeros(0, np.int64)
    if not len(first) or not len(second):
        return none, none, np.zeros(0)
    low = np.minimum(first.min(axis=0), second.min(axis=0)) - reach
    cells, others = (((places - low) / reach).astype(np.int64) for places in (first, second))
    stride = int(max(cells[:, 1].max(), others[:, 1].max())) + 3
    keys = others @ np.array([stride, 1])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    own = cells @ np.array([stride, 1])
    found = []
    for row in (-stride, 0, stride):
        start, end = np.searchsorted(keys, own + row - 1), np.searchsorted(keys, own + row + 2)
        count = end - start
        mine = np.repeat(np.arange(len(first)), count)
        within = np.arange(len(mine)) - np.repeat(np.cumsum(count) - count, count)
        found.append(np.stack([mine, order[start[mine] + within]]))
    a, b = np.concatenate(found, axis=1)
    apart = np.hypot(*(first[a] - second[b]).T)
    near = apart < reach
    return a[near], b[near], apart[near]


def distance_to(places: Array, others: Array, reach: float) -> Array:
    """Metres (N,) from places (N, 2) to the nearest of `others` (M, 2); `reach` where there is none nearer."""
    mine, _, apart = near_pairs(places, others, reach)
    nearest = np.full(len(places), reach)
    np.minimum.at(nearest, mine, apart)
    return nearest


def spaced(flat: Array, reach: Array, rank: Array, rounds: int = 3) -> NDArray[np.bool_]:
    """Which places (N, 2) stay if each keeps `reach[i] + reach[j]` metres from every other that stays.

    The lowest `rank` of its neighbours stays, its neighbours go, and so on `rounds` times; who is undecided then goes.
    So what stays depends on places nearby only: tiles with a margin of a few `reach` agree.
    """
    state = np.zeros(len(flat), np.int8)  # 0 undecided, 1 stays, -1 goes
    if not len(flat):
        return state > 0
    first, second, apart = near_pairs(flat, flat, 2 * float(reach.max()))
    close = (first < second) & (apart < reach[first] + reach[second])
    pairs = np.stack([first[close], second[close]], axis=1)
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
    """`count` of the places, lowest `rank` first, about 2 * `reach` apart; closer where there is no room, but over 1 m.

    Fewer only where even that leaves no room.
    """
    order = np.argsort(rank, kind="stable")
    places = flat[order]
    while True:
        taken: list[int] = []
        blocked = np.zeros(len(order), bool)
        for number in range(len(order)):
            if len(taken) == count:
                break
            if not blocked[number]:
                taken.append(number)
                blocked |= np.abs(places - places[number]).sum(axis=1) < 2 * reach
        if len(taken) == count or reach <= 0.71:
            return order[np.array(taken, np.int64)]
        reach = max(0.7 * reach, 0.71)
