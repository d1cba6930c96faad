"""Where people start outdoors and what they look at first: the place from which what was asked for is seen best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.site import Bounds
from worldloom.generate.build.terrain import Terrain
from worldloom.generate.daylight import sun_direction
from worldloom.generate.spec import WorldSpec
from worldloom.scene.surfels import Array

Point = tuple[float, float, float]
EYES = 1.65
"""Metres above the ground."""
_TURNS = 36
"""Directions in which each place is judged."""
_STEPS = 18
"""Places looked at in each."""
_HALF_VIEW = np.radians(38.0)
_HOUSE = 6.0
"""Metres of houses."""
_NEAREST, _LOWEST = 2.5, -0.45
"""Metres, and the tangent, at which a view begins."""


@dataclass(frozen=True)
class View:
    eye: Point
    target: Point
    """Ten metres ahead."""
    clear: float
    """Metres before the eyes that tall plants should leave open."""


@dataclass(frozen=True)
class Mark:
    """Something that should be in the picture."""

    place: tuple[float, float]
    """x, z"""
    base: float
    height: float
    """Metres."""
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class _Panorama:
    """What is seen of the ground from N places in `_TURNS` directions, nearest first."""

    turns: Array
    """(T,) radians, 0 along +Z, as atan2(x, z)."""
    distance: Array
    """(S,) metres."""
    highest: Array
    """(N, T, S) tangent of the skyline up to there."""
    fresh: Array
    """(N, T, S) how much of the picture the ground between one step and the next fills, a difference of tangents."""
    wet: Array
    """(N, T, S) whether that is water."""
    woods: Array
    """(N, T, S) by how much trees there, if any, raise the skyline."""


def best_view(
    spec: WorldSpec, site: Terrain, bounds: Bounds, centre: tuple[float, float] | None, marks: Sequence[Mark]
) -> View:
    """The best of many places and directions.

    Args:
        centre: of what was built, if anything was.
    """
    places = _candidates(spec, site, bounds, centre, marks)
    flat = places.astype(np.float32)
    level = np.asarray(site.height(flat), float)
    eyes = level + EYES
    seen = _panorama(spec, site, bounds, places, eyes)
    middle = centre if centre is not None else (0.0, 0.0)
    score = _worth(spec, seen, places, middle, bounds) + _sunward(spec, seen.turns)
    if _waters(spec):  # on the bank or the beach
        beach = 1.8 if spec.kind == "island" or spec.water.sea else 0.6
        score += beach * np.exp(-(((site.to_water(flat) - 9.0) / 9.0) ** 2))[:, None]
    for mark in marks:
        score += _shown(mark, seen, places, eyes)
    up = np.asarray(site.normal(flat), float)[:, 1]
    free = site.free(flat, 1.0 if centre is None else 6.0)
    score += np.where(free & (up > 0.8), 0.6 * up, -30.0)[:, None]
    best, toward = np.unravel_index(int(score.argmax()), score.shape)
    turn = float(seen.turns[toward])
    eye = (float(places[best, 0]), float(eyes[best]), float(places[best, 1]))
    ahead = np.cos(_apart(seen.turns, turn)) > np.cos(np.radians(16))
    skyline = float(seen.highest[best, ahead, -1].mean())
    # Level, or a little down or up, so that a third of the picture is sky over mountains, more over plains.
    pitch = float(np.clip(0.45 * skyline - 0.075, -0.13, 0.12))
    target = (eye[0] + 10 * np.sin(turn), eye[1] + 10 * pitch, eye[2] + 10 * np.cos(turn))
    return View(eye, (float(target[0]), float(target[1]), float(target[2])), _clear(seen, int(best), ahead))


def raised(view: View, marks: Sequence[Mark]) -> View:
    """Looking up or down by as much as what stands ahead needs to be in the picture from foot to top."""
    eye, target = np.array(view.eye), np.array(view.target)
    turn = float(np.arctan2(target[0] - eye[0], target[2] - eye[2]))
    pitch = (target[1] - eye[1]) / 10
    for mark in marks:
        way = np.array(mark.place) - eye[[0, 2]]
        if abs(float(_apart(np.array(turn), float(np.arctan2(way[0], way[1]))))) < _HALF_VIEW:
            top = (mark.base + mark.height - eye[1]) / max(float(np.linalg.norm(way)), 1.0)
            pitch = max(pitch, min(top - 0.46, 0.3))
    return View(view.eye, (view.target[0], float(eye[1] + 10 * pitch), view.target[2]), view.clear)


def _candidates(
    spec: WorldSpec, site: Terrain, bounds: Bounds, centre: tuple[float, float] | None, marks: Sequence[Mark]
) -> Array:
    """Places (N, 2): about the middle, near waters, around what should be seen."""
    rng = np.random.default_rng([spec.seed, 90210])
    size = min(bounds.size)

    def around(place: Array, count: int, low: float, high: float) -> Array:
        turn = rng.uniform(0, 2 * np.pi, count)
        away = rng.uniform(low, high, count)
        return np.asarray(place) + np.stack([np.sin(turn), np.cos(turn)], axis=1) * away[:, None]

    middle = np.array(centre if centre is not None else (0.0, 0.0))
    found = [around(middle, 90, 0.04 * size, (0.30 if centre is not None else 0.38) * size)]
    for name in _waters(spec):
        shores = np.asarray(site.anchors(name), float)[:16]
        found += [around(shore, 5, 1.0, 14.0) for shore in shores]
    for mark in marks:
        reach = max(mark.height, 2.0)
        found.append(around(np.array(mark.place), 60, 1.6 * reach + 2, min(6.0 * reach + 10, 0.5 * size)))
    inner = [bounds.min_x + 4, bounds.min_z + 4], [bounds.max_x - 4, bounds.max_z - 4]
    return np.clip(np.concatenate(found), *inner)


def _waters(spec: WorldSpec) -> list[str]:
    water = spec.water
    names = ["waterfall"] * bool(water.waterfalls) + ["lake"] * bool(water.lakes) + ["river"] * bool(water.rivers)
    return [*names, *["sea"] * (water.sea or spec.kind == "island")]


def _panorama(spec: WorldSpec, site: Terrain, bounds: Bounds, places: Array, eyes: Array) -> _Panorama:
    """Rays over a coarse grid of heights; beyond the bounds over the land before rain."""
    size = min(bounds.size)
    turns = (np.arange(_TURNS) + 0.5) / _TURNS * 2 * np.pi - np.pi
    distance = np.geomspace(_NEAREST, 1.1 * size, _STEPS)
    cells = 112
    xs, zs = (
        np.linspace(low, high, cells, dtype=np.float32)
        for low, high in ((bounds.min_x - size, bounds.max_x + size), (bounds.min_z - size, bounds.max_z + size))
    )
    grid = np.stack(np.meshgrid(xs, zs), axis=-1).reshape(-1, 2)
    inside = bounds.inside(grid)
    height = np.empty(len(grid), np.float32)
    height[inside] = site.height(grid[inside])
    height[~inside] = site.rough_height(grid[~inside])
    level = site.water_level(grid)
    wet = level > height
    height = np.where(wet, level, height).reshape(cells, cells)
    way = np.stack([np.sin(turns), np.cos(turns)], axis=1)[:, None] * distance[:, None]
    at = places[:, None, None] + way
    column = ((at[..., 0] - xs[0]) / (xs[1] - xs[0])).clip(0, cells - 1.001)
    row = ((at[..., 1] - zs[0]) / (zs[1] - zs[0])).clip(0, cells - 1.001)
    c, r = column.astype(int), row.astype(int)
    fc, fr = column - c, row - r
    above = height[r, c] * (1 - fc) + height[r, c + 1] * fc
    below = height[r + 1, c] * (1 - fc) + height[r + 1, c + 1] * fc
    ground = above * (1 - fr) + below * fr
    near = distance < 1.5 * (xs[1] - xs[0])
    ground[..., near] = site.height(at[..., near, :].reshape(-1, 2).astype(np.float32)).reshape(ground[..., near].shape)
    for pad in site.works.earthworks.pads:
        if pad.covered:  # a house
            ground += _HOUSE * (np.abs(at - np.array(pad.center)).max(axis=-1) < min(pad.half_size) + 0.12 * distance)
    rise = (ground - eyes[:, None, None]) / distance
    highest = np.maximum.accumulate(np.maximum(rise, _LOWEST), axis=2)
    before = np.concatenate([np.full((*highest.shape[:2], 1), _LOWEST), highest[..., :-1]], axis=2)
    water = wet.reshape(cells, cells)[np.rint(row).astype(int), np.rint(column).astype(int)]
    canopy = np.where(water | (distance < 26), 0.0, 9.0 * min(1.4 * spec.vegetation.trees, 1.0)) / distance
    return _Panorama(turns, distance, highest, highest - before, water, canopy)


def _worth(spec: WorldSpec, seen: _Panorama, places: Array, middle: tuple[float, float], bounds: Bounds) -> Array:
    """(N, T) of water, land far and near, heights behind them, in the picture in each direction."""
    size = min(bounds.size)
    surface = (seen.fresh * seen.wet)[..., 1:].sum(axis=2)
    water = _over_view(surface, seen.turns)
    wide = _over_view((surface > 0.02).astype(float), seen.turns)
    far = _over_view((seen.fresh * ~seen.wet * (seen.distance > 0.12 * size)).sum(axis=2), seen.turns)
    skyline = _over_view(seen.highest[..., -1].clip(-0.1, 0.5), seen.turns)
    near = seen.highest[..., seen.distance < 16].max(axis=2)
    wall = _over_view((near > -0.015).astype(float), seen.turns)
    # How far one sees, as eyes judge it; and heights behind, over the tops of woods.
    shown = seen.fresh > 0.002
    reach = np.log(np.where(shown, seen.distance, _NEAREST).max(axis=2) / _NEAREST) / np.log(
        seen.distance[-1] / _NEAREST
    )
    tops = np.maximum.accumulate(seen.highest + seen.woods, axis=2)
    behind = (seen.highest[..., -1] - tops[..., seen.distance < 0.3 * size].max(axis=2)).clip(0, 0.3)
    peaks = _over_view(behind, seen.turns)
    asked = bool(_waters(spec))
    score = (1.8 * np.minimum(water / 0.09, 1.0) + 1.4 * wide.clip(0, 0.7)) * asked - 1.2 * np.maximum(
        water - 0.16, 0
    ) / 0.1
    score += 1.0 * np.minimum(far / 0.10, 1.0) - 2.4 * wall
    high = spec.relief.shape in ("mountains", "volcano", "hills", "valley", "canyon", "cliffs")
    score += (1.0 if high else 0.3) * np.minimum(skyline.clip(0) / 0.22, 1.0) - 3.0 * (skyline - 0.34).clip(0)
    score += 2.0 * high * np.minimum(peaks / 0.10, 1.0) + 1.5 * _over_view(reach, seen.turns)
    way = np.asarray(middle) - places
    inward = np.cos(_apart(seen.turns[None], np.arctan2(way[:, 0], way[:, 1])[:, None]))
    out = (np.linalg.norm(way, axis=1) / (0.5 * size))[:, None]
    # The world lies before them, not behind.
    return score + 0.8 * np.minimum(out, 1.0) * inward - 0.5 * out.clip(0.6)


def _sunward(spec: WorldSpec, turns: Array) -> Array:
    """(T,) low suns and their glow are worth looking at, from the side; high ones dazzle."""
    sun = sun_direction(spec.hour, spec.season)
    apart = np.degrees(_apart(turns, float(np.arctan2(sun[0], sun[2]))))
    if -0.1 < sun[1] < 0.2:
        return 1.8 * np.exp(-(((np.abs(apart) - 24) / 26) ** 2))
    return -0.7 * np.exp(-((apart / 42) ** 2)) * (sun[1] > 0)


def _shown(mark: Mark, seen: _Panorama, places: Array, eyes: Array) -> Array:
    """(N, T) how well one thing is in the picture: not hidden, neither tiny nor over the top of it, near its middle."""
    way = np.asarray(mark.place) - places
    far = np.linalg.norm(way, axis=1).clip(0.5)
    turn = np.arctan2(way[:, 0], way[:, 1])
    nearest = np.abs(_apart(seen.turns[None], turn[:, None])).argmin(axis=1)
    skyline = seen.highest[np.arange(len(places)), nearest]
    before = np.where(seen.distance[None] < 0.9 * far[:, None], skyline, _LOWEST).max(axis=1)
    foot, top = (mark.base - eyes) / far, (mark.base + mark.height - eyes) / far
    shown = ((top - np.maximum(before, foot)) / (top - foot).clip(1e-3)).clip(0, 1)
    large = np.exp(-((np.log((mark.height / far).clip(1e-3) / 0.28) / 0.75) ** 2)) * (top < 0.62)
    apart = np.abs(_apart(seen.turns[None], turn[:, None]))
    across = np.exp(-((apart / np.radians(24)) ** 2)) * (apart < np.radians(34))
    return 3.2 * mark.weight * (0.25 * shown[:, None] + (shown * large)[:, None]) * across


def _clear(seen: _Panorama, place: int, ahead: Array) -> float:
    """Metres before the eyes to keep open: to where water begins or the ground far off, at most 60."""
    fresh, wet = seen.fresh[place, ahead], seen.wet[place, ahead]
    watery = (fresh * wet).sum(axis=0) > 0.3 * fresh.sum(axis=0).clip(1e-6)
    watery &= (fresh * wet).sum(axis=0) > 1e-3
    reach = seen.distance[watery].min() + 4.0 if watery.any() else 26.0
    return float(np.clip(reach, 16.0, 60.0))


def _over_view(values: Array, turns: Array) -> Array:
    """(N, T) means of values over what is in the picture when one looks in each direction."""
    inside = (np.abs(_apart(turns[None], turns[:, None])) < _HALF_VIEW).astype(float)
    return values @ (inside / inside.sum(axis=0))


def _apart(first: Array, second: Array | float) -> Array:
    """Radians between two directions, -pi to pi."""
    return (first - second + np.pi) % (2 * np.pi) - np.pi
