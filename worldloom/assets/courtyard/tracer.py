"""Photographs of the courtyard by sphere tracing (Hart 1996), in small tiles that stay in the processor's cache.

Light: a low warm sun with soft shadows (Quilez' penumbra estimate), a blue sky and a warm bounce from the ground, both
dimmed where things are close together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.assets.courtyard import textures
from worldloom.assets.courtyard.scene import Thing
from worldloom.assets.courtyard.shapes import Array
from worldloom.assets.courtyard.textures import Surface

SUN: Array = np.array([0.62, 0.52, 0.59], np.float32) / np.float32(np.linalg.norm([0.62, 0.52, 0.59]))
"""(3,) unit vector towards the sun."""
_SUNLIGHT = np.array([[2.75], [1.95], [1.15]], np.float32)
_SKYLIGHT = np.array([[0.50], [0.60], [0.80]], np.float32)
_BOUNCE = np.array([[0.34], [0.26], [0.17]], np.float32)
_FAR = 60.0
_TILE = 128


@dataclass(frozen=True, eq=False)
class Shot:
    """Where a photo is taken from."""

    position: Array
    """(3,) metres, world."""
    rotation: Array
    """(3, 3) camera to world; columns are the camera's right, down and forward."""


def photograph(things: Sequence[Thing], shot: Shot, width: int, height: int, focal: float) -> NDArray[np.uint8]:
    """(height, width, 3) sRGB photo; `focal` in pixels, four rays a pixel."""
    samples = 2
    canvas = np.zeros((height * samples, width * samples, 3), np.float32)
    for top in range(0, canvas.shape[0], _TILE):
        for left in range(0, canvas.shape[1], _TILE):
            rows, columns = np.mgrid[top : min(top + _TILE, canvas.shape[0]), left : min(left + _TILE, canvas.shape[1])]
            rays = np.stack(
                [
                    ((columns.ravel() + 0.5) / samples - width / 2) / focal,
                    ((rows.ravel() + 0.5) / samples - height / 2) / focal,
                    np.ones(rows.size),
                ]
            )
            directions = (shot.rotation @ (rays / np.linalg.norm(rays, axis=0))).astype(np.float32)
            light = _trace(things, shot.position, directions, 1 / (focal * samples))
            canvas[rows.ravel(), columns.ravel()] = light.T
    return _develop(canvas.reshape(height, samples, width, samples, 3).mean(axis=(1, 3)))


def _develop(light: Array) -> NDArray[np.uint8]:
    """Filmic tone curve (Narkowicz 2015's fit to ACES) and sRGB."""
    exposed = 0.62 * light
    film = np.clip(exposed * (2.51 * exposed + 0.03) / (exposed * (2.43 * exposed + 0.59) + 0.14), 0, 1)
    srgb = np.where(film <= 0.0031308, 12.92 * film, 1.055 * film ** (1 / 2.4) - 0.055)
    return np.round(255 * srgb).astype(np.uint8)


def _trace(things: Sequence[Thing], origin: Array, directions: Array, pixel: float) -> Array:
    """Light (3, N) that comes along rays from `origin`; `pixel` is the angle between neighbours."""
    down = directions[1] < -1e-4
    floor = np.where(down, -origin[1] / np.where(down, directions[1], -1), _FAR).astype(np.float32)
    ends, hits = _march(things, origin[:, None], directions, np.minimum(floor, _FAR), pixel)

    light = textures.sky(directions, SUN)
    for index in np.unique(hits):
        (chosen,) = np.nonzero((hits == index) & (ends < _FAR))
        if len(chosen):
            points = origin[:, None] + directions[:, chosen] * ends[chosen]
            footprint = ends[chosen] * np.float32(pixel)
            albedo, normals = _surface(things[index] if index >= 0 else None, points, footprint)
            lit = np.maximum(albedo, 0) * _illumination(things, points, normals)
            haze = 1 - np.exp(-ends[chosen] * np.float32(0.006))
            light[:, chosen] = textures.mix(lit, textures.color("e9cfa8"), haze)
    return light


def _spans(things: Sequence[Thing], origins: Array, directions: Array, margin: float) -> tuple[Array, Array]:
    """Where rays enter and leave each thing's ball grown by `margin`: two (things, N); enter > leave for a miss."""
    centers = np.array([thing.position for thing in things], np.float32)
    radii = np.array([[thing.radius + margin] for thing in things], np.float32)
    middle = centers @ directions - (origins * directions).sum(axis=0)
    squared = (centers**2).sum(axis=1, keepdims=True) - 2 * centers @ origins + (origins**2).sum(axis=0)
    half = radii**2 - (squared - middle**2)
    reach = np.sqrt(np.maximum(half, 0))
    return np.maximum(middle - reach, 0), np.where(half > 0, middle + reach, -1)


def _march(
    things: Sequence[Thing], origin: Array, directions: Array, limits: Array, pixel: float
) -> tuple[Array, NDArray[np.int32]]:
    """How far each ray goes (N,) and the index of the thing that it hits (N,), -1 for none before its limit.

    Things are marched one at a time, near ones first, and only by rays that cross their ball.
    """
    ends, hits = limits.astype(np.float32).copy(), np.full(directions.shape[1], -1, np.int32)
    enter, leave = _spans(things, origin, directions, 0.0)
    for index in np.argsort([np.linalg.norm(np.array(thing.position, np.float32) - origin[:, 0]) for thing in things]):
        (active,) = np.nonzero(enter[index] < np.minimum(leave[index], ends))
        travelled = np.maximum(enter[index, active], np.float32(0.05))
        for _ in range(100):
            if not len(active):
                break
            distance = things[index].distance(origin + directions[:, active] * travelled)
            arrived = distance < np.float32(0.5 * pixel) * travelled
            hits[active[arrived]] = index
            ends[active[arrived]] = travelled[arrived]
            travelled = travelled + np.maximum(distance, np.float32(0.3 * pixel) * travelled)
            going = ~arrived & (travelled < np.minimum(leave[index, active], ends[active]))
            active, travelled = active[going], travelled[going]
    return ends, hits


def _surface(thing: Thing | None, points: Array, footprint: Array) -> tuple[Array, Array]:
    """Albedo (3, N) and normals (3, N) at hits on one thing, or on the ground."""
    if thing is None:
        up = np.zeros_like(points)
        up[1] = 1
        return textures.ground(Surface(points, up, footprint)), up
    local = thing.local(points)
    normals = np.zeros_like(local)
    for corner in np.array([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]], np.float32):
        normals += corner[:, None] * thing.shape(local + corner[:, None] * np.maximum(footprint * 0.7, 5e-4))
    normals /= np.maximum(np.sqrt((normals * normals).sum(axis=0)), 1e-9)
    return thing.texture(Surface(local, normals, footprint)), thing.world_directions(normals)


def _illumination(things: Sequence[Thing], points: Array, normals: Array) -> Array:
    """Light (3, N) that falls on points."""
    above = points + normals * np.float32(0.012)
    facing = (normals * SUN[:, None]).sum(axis=0)
    sun = np.zeros_like(facing)
    (lit,) = np.nonzero(facing > 0)
    if len(lit):
        sun[lit] = facing[lit] * _sun_share(things, above[:, lit])
    openness = _openness(things, points, normals)
    sky = 0.55 + 0.45 * normals[1]
    return _SUNLIGHT * sun + openness * (_SKYLIGHT * sky + _BOUNCE * (1 - 0.6 * normals[1]))


def _sun_share(things: Sequence[Thing], points: Array) -> Array:
    """(N,) share of the sun's disc that is seen from points."""
    share = np.ones(points.shape[1], np.float32)
    towards = SUN[:, None]
    enter, leave = _spans(things, points, towards, margin=0.5)
    for index, thing in enumerate(things):
        (active,) = np.nonzero((enter[index] < leave[index]) & (enter[index] < 20) & (share > 0.01))
        travelled = np.maximum(enter[index, active], np.float32(0.02))
        for _ in range(60):
            if not len(active):
                break
            distance = thing.distance(points[:, active] + towards * travelled)
            share[active] = np.minimum(share[active], np.clip(22 * distance / travelled, 0, 1))
            travelled = travelled + np.maximum(distance, 0.03)
            going = (share[active] > 0.01) & (travelled < leave[index, active])
            active, travelled = active[going], travelled[going]
    return share * share * (3 - 2 * share)


def _openness(things: Sequence[Thing], points: Array, normals: Array) -> Array:
    """(N,) ambient visibility from the distance field along the normal (Evans 2006)."""
    reaches = ((0.04, 1.0), (0.12, 0.75), (0.3, 0.5), (0.7, 0.32))
    nearest = [points[1] + normals[1] * np.float32(reach) for reach, _ in reaches]
    for thing in things:
        apart = ((points - np.array(thing.position, np.float32)[:, None]) ** 2).sum(axis=0)
        (close,) = np.nonzero(apart < (thing.radius + 1.4) ** 2)
        if len(close):
            for distance, (reach, _) in zip(nearest, reaches):
                probe = points[:, close] + normals[:, close] * np.float32(reach)
                distance[close] = np.minimum(distance[close], thing.distance(probe))
    blocked = sum(weight * np.clip(1 - distance / reach, 0, 1) for distance, (reach, weight) in zip(nearest, reaches))
    return np.clip(1 - 0.42 * blocked, 0.12, 1).astype(np.float32)
