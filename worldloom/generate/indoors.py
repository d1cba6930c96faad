"""Light inside rooms, caves and stations: found out once by `room_surface`, looked at as eyes do that are used to it.

Daylight comes through openings and is thrown from wall to wall; so is the light of lamps. Eyes see a room by lamplight
as bright as one by daylight, take its lamps' tint for white in part, and still see what lies outside its windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.site import Lamp
from worldloom.generate.daylight import Daylight, irradiance
from worldloom.render.shadows import Discs, cubes_of, room_light
from worldloom.scene.semantics import labels_under
from worldloom.scene.surfels import Array, Surfels, unit

LAMPS = np.float32(0.02)
"""Light of a lamp at a metre over that of the noon sun."""
OUTSIDE = 1.4
"""How much brighter what lies outside looks from within."""
_SUN_INSIDE = 0.22
"""Sunny patches on floors are hundreds of times as bright as the room; films and eyes show them less so."""
_TURNS, _HEIGHTS = 36, 18
_GREY = np.array([0.21, 0.72, 0.07])
_SHOULDER = 0.35


@dataclass(frozen=True, eq=False)
class Room:
    """How eyes see the room they are in."""

    brightness: float
    """Factor of the exposure."""
    balance: Array
    """(3,) factor of light: what remains of its tint."""
    thrown_back: Array
    """(X, Y, Z, 3) irradiance by sunlight that fell on something in the room."""
    corner: Array
    """(3,) of that grid, metres."""
    mirrored: Array
    """(turns, heights, 3) radiance about the viewpoint."""
    level: float
    """Irradiance that is usual in it: eyes see less of what is above."""


def inside(open_direction: Array) -> Array:
    """Which surfaces (N,) are lit as rooms are: those that know no direction of the sky."""
    return np.logical_not(open_direction.any(axis=1))


def room_surface(pieces: Surfels, lamps: Sequence[Lamp], *, sky: bool) -> tuple[Array, Array, Array]:
    """Which surfels lie indoors (N,), and of those the share of the sky's light and the light of lamps (M, 3).

    Args:
        sky: whether there is daylight outside; not in space.
    """
    low, high = _box(pieces)
    within = np.logical_and.reduce((pieces.position > low) & (pieces.position < high), axis=1)
    own = pieces[within]
    shadowless = [n for name in ("sky", "mist", "rain", "snow", "water", "lamp") for n in labels_under(name)]
    area = np.where((own.opacity > 0.3) & ~np.isin(own.label, shadowless), own.size[:, 0] * own.size[:, 1], 0)
    casting = area > 0
    discs = Discs(own.position[casting], own.normal[casting], 1.5 * np.sqrt(area[casting]))
    volume = float(np.prod(high - low))
    cubes = cubes_of(discs, low, high, float(np.clip((volume / 6e6) ** (1 / 3), 0.045, 0.3)))
    places = np.array([lamp.position for lamp in lamps], np.float32).reshape(-1, 3)
    colours = np.array([lamp.colour for lamp in lamps], np.float32).reshape(-1, 3)
    reaches = np.array([lamp.reach for lamp in lamps], np.float32)
    patch = float(np.clip(volume ** (1 / 3) / 42, 0.24, 0.7))
    share, light = room_light(
        own.position, own.normal, own.leaf, own.albedo, area, cubes, (places, colours, reaches), open_=sky, patch=patch
    )
    # Beside a lamp light would not fit into what is stored; its hue shall stay.
    return within, share, light / (1 + 0.4 * light.max(axis=1, keepdims=True))


def _box(pieces: Surfels) -> tuple[Array, Array]:
    """Corners of what is indoors: all rooms, or everything where nothing is a room's wall."""
    walls = np.isin(pieces.label, [n for name in ("room", "station") for n in labels_under(name)])
    places = pieces.position[walls if walls.any() else slice(None)]
    return places.min(axis=0) - 0.06, places.max(axis=0) + 0.06


def room_irradiance(
    means: Array, share: Array, lamplight: Array, sun: Array, light: Daylight, room: Room | None
) -> Array:
    """Irradiance (N, 3) over pi of surfaces in a room.

    Args:
        share: (N,) of the sky's light that comes to them.
        lamplight: (N, 3)
        sun: (N,) cosine to the sun, 0 in shadow.
    """
    day = irradiance(light.ambient(), np.array([[0.0, 1.0, 0.0]], np.float32))
    total = share[:, None] * day + LAMPS * lamplight + (_SUN_INSIDE * sun)[:, None] * light.sunlight
    if room is not None:
        total = total + _thrown_back(room, means)
        total *= (room.level / np.maximum(total @ _GREY, room.level))[:, None] ** _SHOULDER
    return total.astype(np.float32)


def _thrown_back(room: Room, means: Array) -> Array:
    from scipy.ndimage import map_coordinates

    places = (means - room.corner).T - 0.5
    return np.stack(
        [map_coordinates(room.thrown_back[..., c], places, order=1, mode="nearest") for c in range(3)], axis=1
    )


def used_to(
    means: Array,
    areas: Array,
    albedo: Array,
    irradiances: Array,
    sun: Array,
    light: Daylight,
    viewpoint: Array,
    ahead: Array,
    daylit: float,
) -> Room:
    """How a room looks to eyes that are used to its light.

    Args:
        means: (N, 3) some of its surfaces, evenly chosen, with their `areas` (N,).
        irradiances: (N, 3) without sunlight thrown back.
        sun: (N,) cosine to the sun, 0 in shadow.
        ahead: (3,) unit, the direction of sight.
        daylit: 1 in a room by day, 0 in a cave or at night, which stay duskier.
    """
    corner = means.min(axis=0) - 0.5
    grid = _sunny(means, areas, albedo * (sun[:, None] * light.sunlight), corner)
    irradiances = irradiances + _thrown_back(Room(1.0, np.ones(3), grid, corner, np.zeros((1, 1, 3)), 1.0), means)
    way = means - viewpoint
    distance = np.sqrt((way * way).sum(axis=1)).clip(0.7)
    weight = areas / distance**2 * (0.15 + (way @ ahead > 0.7 * distance))
    weight = weight / weight.sum()
    level = float((np.sqrt(irradiances @ _GREY) * weight).sum()) ** 2
    irradiances *= (level / np.maximum(irradiances @ _GREY, level))[:, None] ** _SHOULDER
    tint = (np.sqrt(irradiances) * weight[:, None]).sum(axis=0) ** 2
    balance = ((tint @ _GREY) / tint) ** 0.5
    seen = albedo * irradiances * balance
    # Half by how bright things look, half by the light on them: white rooms stay lighter than dark ones.
    middle, falling = (float((np.sqrt(part @ _GREY) * weight).sum()) ** 2 for part in (seen, irradiances * balance))
    bright = (0.13 + 0.065 * daylit) / (np.sqrt(middle * 0.25 * falling) * light.exposure)
    return Room(bright, balance, grid, corner, _around(seen, areas, way, distance), level)


def _sunny(means: Array, areas: Array, radiance: Array, corner: Array) -> Array:
    """Irradiance in cubes of a metre by sunny surfaces: what they send, evened out over the room."""
    from scipy.ndimage import gaussian_filter

    size = np.ptp(means, axis=0).astype(int) + 2
    index = np.ravel_multi_index(tuple((means - corner).astype(int).clip(0, size - 1).T), tuple(size))
    count = int(np.prod(size))
    sent = np.stack([np.bincount(index, areas * radiance[:, c], count) for c in range(3)], axis=1)
    surface = np.bincount(index, areas, count)
    spread = [gaussian_filter(part.reshape(size), 1.6, mode="constant") for part in (*sent.T, surface)]
    # A white room throws light to and fro: as much again as comes at first.
    return 1.8 * np.stack([part / (spread[3] + 1e-9) for part in spread[:3]], axis=-1)


def _around(seen: Array, areas: Array, way: Array, distance: Array) -> Array:
    """Radiance (turns, heights, 3) about the viewpoint, blurred."""
    from scipy.ndimage import gaussian_filter

    turn, height = _bins(way / distance[:, None])
    index = turn * _HEIGHTS + height
    weight = areas / distance**2
    sums = [np.bincount(index, weight * part, _TURNS * _HEIGHTS) for part in (*seen.T, np.ones(len(seen)))]
    blurred = [gaussian_filter(part.reshape(_TURNS, _HEIGHTS), 1.3, mode="wrap") for part in sums]
    around = np.stack([part / (blurred[3] + 1e-9) for part in blurred[:3]], axis=-1)
    most = 4 * np.median(around.max(axis=-1)) + 1e-9
    return around / np.maximum(around.max(axis=-1, keepdims=True) / most, 1)


def reflected(room: Room, directions: Array) -> Array:
    """Radiance (N, 3) that surfaces mirror from directions (N, 3)."""
    from scipy.ndimage import map_coordinates

    way = unit(directions)
    turn = np.arctan2(way[:, 0], way[:, 2]) / (2 * np.pi) % 1 * _TURNS - 0.5
    height = (way[:, 1].clip(-1, 1) + 1) / 2 * _HEIGHTS - 0.5
    ring = np.concatenate([room.mirrored[-1:], room.mirrored, room.mirrored[:1]])  # once round and on
    places = np.stack([turn + 1, height])
    return np.stack(
        [map_coordinates(ring[..., c].astype(np.float32), places, order=1, mode="nearest") for c in range(3)], axis=1
    )


def _bins(directions: Array) -> tuple[Array, Array]:
    turn = (np.arctan2(directions[:, 0], directions[:, 2]) / (2 * np.pi) % 1 * _TURNS).astype(int).clip(0, _TURNS - 1)
    height = ((directions[:, 1].clip(-1, 1) + 1) / 2 * _HEIGHTS).astype(int).clip(0, _HEIGHTS - 1)
    return turn, height
