"""The dome that shows the sky of a `Daylight`: blue, clouds, sun or moon, stars."""

from __future__ import annotations

import numpy as np

from worldloom.generate.daylight import Daylight
from worldloom.generate.noise import blend, fbm, noise, smoothstep
from worldloom.scene.surfels import Array, Surfels, join, surfels, unit

_STARS = 900


def dome_count(gaussians: int) -> int:
    """How many of a world's Gaussians its sky may have."""
    return min(26_000, max(gaussians // 5, 800))


def dome(light: Daylight, radius: float, seed: int, count: int) -> Surfels:
    """About `count` glowing surfels on the inside of a great ball about the origin, finer towards the horizon.

    `glow` is radiance, not yet exposed.
    """
    toward, along, size = _rows(count)
    colour = sky_with_clouds(light, toward, seed)
    back = surfels(toward * radius, -toward, along, size * radius).glowing(colour).painted((0.0, 0.0, 0.0))
    parts = [back.labelled("sky"), _disc(light, radius)]
    if light.dark > 0.6 and light.cover.clouds < 0.8:
        parts.append(_stars(light, radius, seed))
    return join(parts).single()


def sky_with_clouds(light: Daylight, toward: Array, seed: int) -> Array:
    """Radiance (N, 3) in directions (N, 3)."""
    clear = light.clear_sky(toward)
    if light.cover.clouds >= 0.99:
        lumps = fbm(_plane(toward) * 0.7 + seed % 97, 31, 5)[:, None]
        thick = light.cloud_layer(toward) * (1 + 0.16 * lumps * smoothstep(0.0, 0.25, toward[:, 1])[:, None])
        return 0.06 * clear + 0.94 * thick
    colour, cover = _clouds(light, toward, seed)
    return blend(clear, colour, 0.95 * cover)


def _plane(toward: Array) -> Array:
    """Where lines of sight (N, 3) cross a level layer of clouds, (N, 2); drawn together at the horizon."""
    return toward[:, [0, 2]] / (toward[:, 1].clip(0.02) + 0.13)[:, None]


def _clouds(light: Daylight, toward: Array, seed: int) -> tuple[Array, Array]:
    """Radiance (N, 3) and cover (N,): heaps overhead, streaks near the horizon, bright where they face the sun."""
    start = seed % 1009
    fewer = 0.62 - 0.95 * light.cover.clouds

    def density(direction: Array) -> Array:
        up = direction[:, 1].clip(0.02, 1)
        plane = _plane(direction) + 11.7 * (start % 13)
        warp = 0.35 * np.stack([noise(plane * 1.7, start + 41), noise(plane * 1.7, start + 42)], axis=1)
        heaps = fbm(plane * 1.15 + warp, start + 11, 6) + 0.28 * noise(plane * 0.45, start + 5) - fewer
        turn = np.arctan2(direction[:, 0], direction[:, 2])
        streaks = fbm(np.stack([np.sin(turn) * 3, up * 32, np.cos(turn) * 3], axis=1), start + 23, 4) - fewer - 0.02
        return np.maximum(heaps * smoothstep(0.05, 0.2, up), streaks * smoothstep(0.30, 0.08, up) * 0.8)

    here = density(toward)
    cover = smoothstep(0.0, 0.40, here) * smoothstep(0.010, 0.07, toward[:, 1])
    sunward = density(unit(toward + 0.055 * light.sun))
    lit = smoothstep(0.34, -0.16, sunward - 0.6 * here)[:, None]
    near_sun = (toward @ light.sun).clip(-1, 1)
    around = light.clear_sky(np.array([[0.0, 1.0, 0.0]]))[0]
    bright = 0.62 * light.sunlight + 1.1 * around
    shade = 0.17 * light.sunlight + 1.0 * around + 0.02 * light.sunlight.mean()
    colour = shade + (bright - shade) * (0.15 + 0.85 * lit)
    colour += (np.exp((near_sun - 1) * 7) * (1 - 0.7 * cover))[:, None] * 0.30 * light.sunlight
    return blend(colour, light.clear_sky(toward), 0.6 * smoothstep(0.22, 0.02, toward[:, 1])), cover


def _rows(count: int) -> tuple[Array, Array, Array]:
    """Directions (N, 3), tangents (N, 3) and sizes (N, 2) in radians of rows from below the horizon to the zenith."""
    rows = round((count / 4.1) ** 0.5)
    share = (np.arange(rows) + 0.5) / rows
    elevation = -0.06 + (np.pi / 2 + 0.06) * (0.42 * share + 0.58 * share**2.2)
    # Below the horizon in small pieces too: one great disc straight below would be drawn before what is near, as its
    # middle is no farther ahead.
    under = np.arange(-0.14, -np.pi / 2, -0.16)
    heights = np.concatenate([np.gradient(elevation), np.full(len(under), 0.16)])
    parts = []
    for row, (angle, high) in enumerate(zip(np.concatenate([elevation, under]), heights)):
        wide = max(high, 0.011) * 1.05
        around = max(round(2 * np.pi * np.cos(angle) / wide), 5)
        turn = (np.arange(around) + 0.5 * (row % 2)) / around * 2 * np.pi
        level, across = np.cos(angle) * np.sin(turn), np.cos(angle) * np.cos(turn)
        toward = np.stack([level, np.full(around, np.sin(angle)), across], axis=1)
        along = np.stack([np.cos(turn), np.zeros(around), -np.sin(turn)], axis=1)
        size = np.array([2 * np.pi * np.cos(angle) / around, high]) * 0.72
        parts.append((toward, along, np.broadcast_to(size, (around, 2))))
    toward, along, size = (np.concatenate(column) for column in zip(*parts))
    return toward, along, size


def _disc(light: Daylight, radius: float) -> Surfels:
    """The sun, or the moon with its seas, before the dome."""
    if not light.night and light.sun[1] < -0.01:
        return surfels(np.zeros((0, 3)), light.sun, [1.0, 0, 0], np.zeros((0, 2)))
    count = 120
    number = np.arange(count) + 0.5
    angle, out = number * np.pi * (3 - np.sqrt(5)), 0.0165 * np.sqrt(number / count)
    side = unit(np.cross(light.sun, [0.02, 1.0, 0.03]))
    other = np.cross(side, light.sun)
    toward = unit(light.sun + (out * np.cos(angle))[:, None] * side + (out * np.sin(angle))[:, None] * other)
    disc = surfels(toward * radius * 0.97, -toward, side, np.full((count, 2), 0.0026 * radius))
    veil = (1 - light.cover.clouds) ** 2 if light.cover.clouds < 0.99 else 0.0
    if light.night:
        seas = 0.65 + 0.35 * smoothstep(
            -0.3, 0.4, noise(np.stack([out * np.cos(angle), out * np.sin(angle)], 1) * 160, 5)
        )
        brightness = seas[:, None] * np.array([0.030, 0.031, 0.029]) * veil
    else:
        brightness = np.broadcast_to(light.sunlight * 9 * veil, (count, 3))
    return (
        disc.glowing(brightness)
        .painted((0.0, 0.0, 0.0))
        .with_values(opacity=0.9 * min(veil * 3, 1) + 1e-3)
        .labelled("sky/sun")
    )


def _stars(light: Daylight, radius: float, seed: int) -> Surfels:
    rng = np.random.default_rng([seed, 77])
    toward = unit(rng.normal(size=(_STARS * 2, 3)))
    toward = toward[toward[:, 1] > 0.02][:_STARS]
    count = len(toward)
    magnitude = rng.pareto(1.7, count).clip(0, 9)
    warmth = rng.uniform(-1, 1, (count, 1)) * np.array([[0.25, 0.05, -0.25]]) + 1
    faint = smoothstep(0.02, 0.2, toward[:, 1])[:, None] * light.dark * (1 - light.cover.clouds)
    size = (0.00055 + 0.00022 * np.sqrt(magnitude))[:, None] * radius * np.ones((1, 2))
    stars = surfels(toward * radius * 0.985, -toward, [1.0, 0.2, 0.1], size)
    # Over the sky's own light, lest faint stars be dark dots on a bright dusk.
    glow = (0.012 + 0.02 * magnitude)[:, None] * warmth * faint + sky_with_clouds(light, toward, seed)
    return stars.glowing(glow).painted((0.0, 0.0, 0.0)).labelled("sky/stars")
