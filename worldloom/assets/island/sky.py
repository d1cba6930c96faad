"""The sky over the island at golden hour: its light by direction, and the dome that shows it."""

from __future__ import annotations

import numpy as np

from worldloom.generate.noise import Array, blend, fbm, noise, smoothstep
from worldloom.scene.surfels import Surfels, join, surfels, unit

SUN = unit(np.array([-0.72, 0.25, 0.50]))
"""Towards the sun."""
SUNLIGHT = np.array([4.1, 2.25, 0.98])
"""Irradiance of a surface that faces the sun, linear."""
_ZENITH = np.array([0.085, 0.19, 0.44])
_MIDDLE = np.array([0.30, 0.40, 0.58])
_HORIZON = np.array([0.95, 0.46, 0.18])
_CLOUD_LIT, _CLOUD_SHADE = np.array([1.22, 0.68, 0.38]), np.array([0.29, 0.26, 0.36])
_SEA = np.array([0.07, 0.16, 0.22])

DOME_RADIUS = 900.0
"""Metres."""


def clear_sky(direction: Array) -> Array:
    """Radiance (..., 3) of the sky without clouds; below the horizon, of the far sea."""
    up = direction[..., 1]
    height = up.clip(0, 1)
    toward = (direction @ SUN).clip(-1, 1)
    color = blend(_MIDDLE, _ZENITH, smoothstep(0.10, 0.75, height))
    glow = blend(np.array([0.72, 0.45, 0.37]), _HORIZON, smoothstep(-0.7, 0.8, toward))
    color = blend(glow, color, smoothstep(-0.04, 0.30, height))
    halo = np.exp((toward - 1) * 11)[..., None] * np.array([0.42, 0.16, 0.02])
    halo = halo + np.exp((toward - 1) * 130)[..., None] * np.array([1.5, 0.85, 0.34])
    color = color + halo
    sea = blend(_SEA * 1.6 + 0.10 * glow, 0.55 * glow, smoothstep(-0.10, 0.0, up))
    return blend(sea, color, smoothstep(-0.004, 0.001, up))


def clouds(direction: Array) -> tuple[Array, Array]:
    """Radiance (N, 3) and cover (N,) of the clouds in directions (N, 3): heaps above, streaks near the horizon."""

    def density(towards: Array) -> Array:
        up = towards[:, 1].clip(0.02, 1)
        plane = towards[:, [0, 2]] / (up + 0.13)[:, None]
        warp = 0.35 * np.stack([noise(plane * 1.7, 41), noise(plane * 1.7, 42)], axis=1)
        heaps = fbm(plane * 1.25 + warp, 11, 6) - 0.10 + 0.25 * noise(plane * 0.45, 5)
        turn = np.arctan2(towards[:, 0], towards[:, 2])
        streaks = fbm(np.stack([np.sin(turn) * 3, up * 32, np.cos(turn) * 3], axis=1), 23, 4) - 0.12
        return np.maximum(heaps * smoothstep(0.06, 0.2, up), streaks * smoothstep(0.28, 0.08, up) * 0.8)

    here = density(direction)
    cover = smoothstep(0.0, 0.42, here) * smoothstep(0.012, 0.07, direction[:, 1])
    sunward = density(unit(direction + 0.055 * SUN))
    lit = smoothstep(0.30, -0.16, sunward - 0.6 * here)
    toward = (direction @ SUN).clip(-1, 1)
    color = blend(_CLOUD_SHADE, _CLOUD_LIT, 0.15 + 0.85 * lit)
    rim = (np.exp((toward - 1) * 7) * (1 - 0.7 * cover))[:, None] * np.array([0.75, 0.33, 0.07])
    haze = clear_sky(direction)
    color = blend(color + rim, haze, 0.55 * smoothstep(0.22, 0.02, direction[:, 1]))
    return color, cover


def sky(direction: Array) -> Array:
    """Radiance (N, 3) of the sky with its clouds."""
    color, cover = clouds(direction)
    return blend(clear_sky(direction), color, 0.93 * cover)


def hills(direction: Array) -> tuple[Array, Array]:
    """Radiance (N, 3) and cover (N,) of other islands far off, in two ranges that fade into the haze."""
    turn = np.arctan2(direction[:, 0], -direction[:, 2])
    circle = np.stack([np.sin(turn), np.cos(turn)], axis=1)
    color = clear_sky(np.stack([direction[:, 0], np.full(len(direction), 0.03), direction[:, 2]], axis=1))
    cover = np.zeros(len(direction))
    for seed, height, tint, haze in ((3, 0.085, (0.30, 0.31, 0.40), 0.62), (8, 0.052, (0.19, 0.20, 0.26), 0.42)):
        presence = smoothstep(-0.05, 0.5, noise(circle * 1.6, seed + 50))
        ridge = height * presence * (0.55 + 0.45 * fbm(circle * 5.0, seed, 5))
        share = smoothstep(0.0035, -0.0035, direction[:, 1] - ridge) * (direction[:, 1] > -0.004) * (presence > 0.02)
        color = blend(color, blend(np.array(tint), color, np.full(len(turn), haze)), share)
        cover = np.maximum(cover, share)
    return color, cover


def dome(count: int) -> Surfels:
    """About `count` glowing surfels on the inside of a great ball, finer towards the horizon, and the sun's disc."""
    rows = round((count / 4.1) ** 0.5)
    share = (np.arange(rows) + 0.5) / rows
    elevation = -0.035 + (np.pi / 2 + 0.035) * (0.42 * share + 0.58 * share**2.2)
    step = np.gradient(elevation)
    parts = []
    for row, (angle, high) in enumerate(zip(elevation, step)):
        wide = max(high, 0.011) * 1.05
        around = max(round(2 * np.pi * np.cos(angle) / wide), 5)
        turn = (np.arange(around) + 0.5 * (row % 2)) / around * 2 * np.pi
        toward = np.stack(
            [np.cos(angle) * np.sin(turn), np.full(around, np.sin(angle)), np.cos(angle) * np.cos(turn)], 1
        )
        size = np.array([2 * np.pi * np.cos(angle) / around, high]) * DOME_RADIUS * 0.72
        along = np.stack([np.cos(turn), np.zeros(around), -np.sin(turn)], axis=1)
        parts.append((toward, along, np.broadcast_to(size, (around, 2))))
    toward, along, size = (np.concatenate(column) for column in zip(*parts))
    color = sky(toward)
    far, cover = hills(toward)
    color = blend(color, far, cover)
    back = surfels(toward * DOME_RADIUS, -toward, along, size).painted((0.005, 0.005, 0.005)).glowing(color)
    return join([back, _sun_disc()])


def _sun_disc() -> Surfels:
    """The disc in front of the dome."""
    count = 60
    number = np.arange(count) + 0.5
    angle, out = number * np.pi * (3 - np.sqrt(5)), 0.016 * np.sqrt(number / count)
    side = unit(np.cross(SUN, [0.0, 1, 0]))
    other = np.cross(side, SUN)
    toward = unit(SUN + (out * np.cos(angle))[:, None] * side + (out * np.sin(angle))[:, None] * other)
    disc = surfels(toward * DOME_RADIUS * 0.97, -toward, side, np.full((count, 2), 0.0032 * DOME_RADIUS))
    return disc.glowing((9.0, 7.2, 4.6)).painted((0.005, 0.005, 0.005))
