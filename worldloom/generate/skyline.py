"""What stands along the horizon of water, so that lakes mirror their woods and mountains and not only the sky."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worldloom.scene.surfels import Array

_TURNS = 36
_NEAREST = 12.0
"""Metres; nearer things are not what lies beyond the water."""
_SOFT = 0.03
"""Of a slope: how gradually land ends and sky begins."""


def skyline_of(places: Array, eye: Array, level: float) -> tuple[float, ...]:
    """How steeply one looks up at the top of the land, as a slope, in `_TURNS` directions from +Z towards +X.

    Args:
        places: (N, 3) of what stands in the world, metres.
        eye: (3,) where from.
        level: height of the water.
    """
    way = places[:, [0, 2]] - np.asarray(eye, np.float32)[[0, 2]]
    distance = np.hypot(way[:, 0], way[:, 1])
    far = distance > _NEAREST
    slope = ((places[far, 1] - level) / distance[far]).clip(0, 2)
    turn = _turn_of(way[far, 0], way[far, 1]).astype(np.int64) % _TURNS
    highest = np.zeros(_TURNS)
    for number in range(_TURNS):  # all but a few lonely tops
        there = slope[turn == number]
        if len(there) > 20:
            highest[number] = np.percentile(there, 98)
    smooth = (np.roll(highest, 1) + 2 * highest + np.roll(highest, -1)) / 4
    return tuple(round(float(value), 4) for value in smooth)


def land_share(skyline: Sequence[float], toward: Array) -> Array:
    """How much (N,) of what one sees in unit directions (N, 3) is land, 0..1."""
    slopes = np.asarray(skyline)
    turn = _turn_of(toward[:, 0], toward[:, 2]) - 0.5
    low = np.floor(turn).astype(np.int64)
    share = turn - low
    top = slopes[low % len(slopes)] * (1 - share) + slopes[(low + 1) % len(slopes)] * share
    slope = toward[:, 1] / np.hypot(toward[:, 0], toward[:, 2]).clip(1e-6)
    return ((top - slope) / _SOFT).clip(0, 1).astype(np.float32)


def _turn_of(x: Array, z: Array) -> Array:
    """Where in `_TURNS` parts of the horizon."""
    return (np.arctan2(x, z) / (2 * np.pi) % 1) * _TURNS
