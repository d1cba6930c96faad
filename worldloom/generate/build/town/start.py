"""`choose_start`: where people come into a town: clear of walls, with what was asked for and sunlit houses ahead, and a
street or the square to walk along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.town.centre import Stand
from worldloom.generate.build.town.flat import Rect, at_lengths, lengths_along
from worldloom.generate.build.town.streets import Street
from worldloom.scene.surfels import Array

CLEAR = 4.0
"""Metres to the nearest wall, at least."""
_RAYS = 120
_HALF = 12
"""Rays to each side of the line of sight that are in the picture: 36 degrees."""
_FAR = 90.0
_EAVES = 9.0
"""Metres that houses are taken to be high."""


@dataclass(frozen=True)
class Start:
    """Places (x, z), metres."""

    place: tuple[float, float]
    ahead: tuple[float, float]
    """What is looked at."""


def choose_start(
    houses: Sequence[Rect],
    streets: Sequence[Street],
    square: Rect | None,
    stands: Sequence[Stand],
    wanted: Sequence[tuple[float, float]],
    sun: tuple[float, float, float],
    centre: tuple[float, float],
) -> Start:
    """The best of many places.

    Args:
        wanted: places of what was asked for and should be seen.
        sun: unit direction towards it (x, y, z).
        centre: of the town.
    """
    places = _on_square(square) if square is not None else _on_street(streets[0], centre)
    rects = np.array([house.numbers() for house in houses]).reshape(-1, 5)
    distance, lit = _look_around(places, rects, np.array([sun[0], sun[2]]))
    score = _views(distance, lit)
    score += 0.5 * _in_the_sun(distance, sun)[:, None]
    clear = distance.min(axis=1) if len(rects) else np.full(len(places), _FAR)
    score += 3.0 * np.minimum(clear[:, None] - CLEAR, 0.0)
    taken = np.array([(*stand.place, stand.room) for stand in stands]).reshape(-1, 3)
    if len(taken):
        room = (np.linalg.norm(places[:, None] - taken[:, :2], axis=2) - taken[:, 2]).min(axis=1)
        score += 2.0 * np.minimum(room[:, None] - 2.2, 0.0)
    for stand in stands:
        if stand.kind == "stall":
            score -= 1.5 * _backs(places, stand)
    middle = [stand.place for stand in stands if stand.kind == "midst"] or [centre]
    score += 1.3 * _sees(places, middle[0], distance, 13.0)
    for one in wanted:
        score += 3.2 * _sees(places, one, distance, 26.0)
    if square is None:
        score += 0.8 * _along(places, streets[0])
        score -= 0.9 * _at_crossing(places, streets)[:, None]
        off = np.linalg.norm(streets[0].line[None] - places[:, None], axis=2).min(axis=1)
        score += 0.3 * np.minimum(off / streets[0].half, 0.4)[:, None]  # the middle of a road is dull
    best, ray = np.unravel_index(int(score.argmax()), score.shape)
    angle = _angles()[ray]
    ahead = places[best] + 10 * np.array([np.sin(angle), np.cos(angle)])
    return Start((float(places[best, 0]), float(places[best, 1])), (float(ahead[0]), float(ahead[1])))


def _angles() -> Array:
    return np.arange(_RAYS) / _RAYS * 2 * np.pi


def _on_square(square: Rect) -> Array:
    x = np.arange(-square.half[0] + 1.6, square.half[0] - 1.5, 1.6)
    z = np.arange(-square.half[1] + 1.6, square.half[1] - 1.5, 1.6)
    local = np.stack(np.meshgrid(x, z, indexing="ij"), axis=-1).reshape(-1, 2)
    right, front = square.axes
    return np.asarray(square.center) + local[:, :1] * right + local[:, 1:] * front


def _on_street(street: Street, centre: tuple[float, float]) -> Array:
    """On it and on its walks, not too far from the middle of the town."""
    length = lengths_along(street.line)[-1]
    place, way = at_lengths(street.line, np.arange(2.0, max(length - 2.0, 2.5), 3.0))
    side = np.stack([way[:, 1], -way[:, 0]], axis=1)
    places = np.concatenate([place + share * street.half * side for share in (-0.75, -0.45, 0.0, 0.45, 0.75)])
    away = np.linalg.norm(places - np.asarray(centre), axis=1)
    return places[away <= max(40.0, away.min() + 1.0)]


def _look_around(places: Array, rects: Array, sun: Array) -> tuple[Array, Array]:
    """Metres (P, R) to the first house along each ray, and whether its wall there faces the sun."""
    angle = _angles()
    best = np.full((len(places), _RAYS), _FAR)
    lit = np.zeros((len(places), _RAYS))
    for x, z, wide, deep, turn in rects:
        away = places - (x, z)
        cos, sin = np.cos(turn), np.sin(turn)
        local = np.stack([away[:, 0] * cos - away[:, 1] * sin, away[:, 0] * sin + away[:, 1] * cos], axis=1)
        way = np.stack([np.sin(angle - turn), np.cos(angle - turn)], axis=1)
        way = np.where(np.abs(way) < 1e-9, 1e-9, way)
        half = np.array([wide, deep])
        first = (-np.sign(way)[None] * half - local[:, None]) / way[None]
        last = (np.sign(way)[None] * half - local[:, None]) / way[None]
        enter, leave = first.max(axis=2), last.min(axis=2)
        axis = first.argmax(axis=2)
        hit = (enter < leave) & (leave > 0) & (enter < best)
        normal = np.where(axis == 0, -np.sign(way[None, :, 0]), -np.sign(way[None, :, 1]))
        local_sun = np.array([sun[0] * cos - sun[1] * sin, sun[0] * sin + sun[1] * cos])
        facing = normal * np.where(axis == 0, local_sun[0], local_sun[1]) > 0.15
        best = np.where(hit, np.maximum(enter, 0.0), best)
        lit = np.where(hit, facing, lit)
    return best, lit


def _in_the_sun(distance: Array, sun: tuple[float, float, float]) -> Array:
    """1 where no house throws its shadow (P,)."""
    if sun[1] < 0.1:
        return np.zeros(len(distance))
    ray = round(float(np.arctan2(sun[0], sun[2])) / (2 * np.pi) * _RAYS) % _RAYS
    return (distance[:, ray] > _EAVES * float(np.hypot(sun[0], sun[2])) / sun[1]).astype(float)


def _views(distance: Array, lit: Array) -> Array:
    """How good (P, R) a look along each ray is: fronts at a fair distance to both sides, in the sun, an open middle."""
    good = ((distance > 7) & (distance < 42)).astype(float)
    close = np.clip(7.5 - distance, 0, 4)

    def window(values: Array, half: int) -> Array:
        shifted = [np.roll(values, shift, axis=1) for shift in range(-half, half + 1)]
        return np.mean(shifted, axis=0)

    sides = np.minimum(window(np.roll(good, 7, axis=1), 5), window(np.roll(good, -7, axis=1), 5))
    depth = window(np.minimum(distance, 50.0), 2) / 50
    return (
        0.9 * window(good, _HALF)
        + 0.6 * sides
        + 0.9 * window(good * lit, _HALF)
        + 0.6 * depth
        - 0.5 * window(close, _HALF + 2)
    )


def _sees(places: Array, goal: tuple[float, float], distance: Array, best: float) -> Array:
    """How well (P, R) a place is seen: near the middle of the picture, about `best` metres away, nothing before it."""
    way = np.asarray(goal) - places
    far = np.linalg.norm(way, axis=1)
    off = np.arctan2(way[:, 0], way[:, 1])[:, None] - _angles()
    off = np.abs((off + np.pi) % (2 * np.pi) - np.pi)
    ray = np.rint(np.arctan2(way[:, 0], way[:, 1]) / (2 * np.pi) * _RAYS).astype(int) % _RAYS
    free = distance[np.arange(len(places)), ray] > far - 16.0
    fit = np.exp(-(np.log(np.maximum(far, 0.5) / best) ** 2) / 0.35)
    return np.exp(-((off / 0.30) ** 2)) * (fit * free)[:, None]


def _at_crossing(places: Array, streets: Sequence[Street]) -> Array:
    """1 where another street meets the main one, 0 from 18 metres away (P,)."""
    others = [street.line for street in streets[1:] if street.rank < 3]
    if not others:
        return np.zeros(len(places))
    away = np.linalg.norm(places[:, None] - np.concatenate(others), axis=2).min(axis=1)
    return np.clip(1.8 - away / 10, 0, 1)


def _backs(places: Array, stand: Stand) -> Array:
    """How much (P, R) of a stall's back is in the picture, or of its front from too near."""
    way = np.asarray(stand.place) - places
    far = np.linalg.norm(way, axis=1)
    front = -(way @ np.array([np.sin(stand.turn), np.cos(stand.turn)])) / far.clip(0.5)
    off = np.arctan2(way[:, 0], way[:, 1])[:, None] - _angles()
    off = np.abs((off + np.pi) % (2 * np.pi) - np.pi)
    bad = np.where(front < 0.35, np.exp(-far / 9), np.clip((6.0 - far) / 3, 0, 1))
    return np.exp(-((off / 0.6) ** 2)) * bad[:, None]


def _along(places: Array, street: Street) -> Array:
    """1 where the look follows the street, 0 across it (P, R)."""
    near = np.linalg.norm(street.line[None] - places[:, None], axis=2).argmin(axis=1).clip(1, len(street.line) - 2)
    way = street.line[near + 1] - street.line[near - 1]
    turn = np.arctan2(way[:, 0], way[:, 1])[:, None] - _angles()
    return np.abs(np.cos(turn)) ** 12
