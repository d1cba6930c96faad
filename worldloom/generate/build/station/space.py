"""Space outside: stars, a band of the galaxy, a planet with its air, a moon."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.cave.grain import fbm
from worldloom.generate.build.interior.decor import linear
from worldloom.generate.noise import smoothstep
from worldloom.generate.spec import Colour, WorldSpec
from worldloom.scene.surfels import Array, Surfels, join, surfels, unit

_RADIUS = 900.0
_SUN = unit(np.array([0.75, 0.35, -0.25]))


def space(spec: WorldSpec, count: int) -> Surfels:
    """About `count` surfels of what is far away, seen from the origin; all of it glows."""
    colour = next((wanted.colour for wanted in spec.objects if wanted.what == "planet" and wanted.colour), None)
    parts = [_backdrop(spec, max(count // 5, 600)), _stars(spec, max(count // 4, 400))]
    if "planet" not in spec.without:
        parts.append(
            _planet(spec.seed, np.array([-0.34, -0.1, -1.0]), 330.0, 820.0, max(int(0.5 * count), 800), colour)
        )
    if "moon" not in spec.without:
        parts.append(_moon(spec.seed, np.array([0.52, 0.2, -1.0]), 26.0, 780.0, max(count // 16, 150)))
    return join(parts).labelled("sky").single()


def _sphere(count: int) -> Array:
    number = np.arange(count) + 0.5
    height, turn = 1 - 2 * number / count, number * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(turn), height, flat * np.sin(turn)], axis=1)


def _backdrop(spec: WorldSpec, count: int) -> Surfels:
    """Nearly black, with the glow and dust of the galaxy."""
    toward = _sphere(count)
    pole = unit(np.array([0.45, 0.8, 0.3]))
    band = np.exp(-(((toward @ pole) / 0.22) ** 2))
    clouds = 0.5 + 0.7 * fbm(toward * 3.1, spec.seed % 997, 4)
    dust = smoothstep(0.1, 0.5, fbm(toward * 5.0 + 9, spec.seed % 997 + 5, 4))
    glow = (band * clouds.clip(0) * (1 - 0.75 * dust))[:, None] * np.array([0.030, 0.028, 0.036])
    if spec.style.name in ("fantasy", "alien", "cyberpunk"):
        hue = smoothstep(-0.3, 0.3, fbm(toward * 1.7, 3, 3))[:, None]
        cloud = smoothstep(0.0, 0.7, fbm(toward * 2.2, spec.seed % 997 + 9, 4))[:, None]
        glow = glow * 1.5 + cloud * (hue * np.array([0.10, 0.02, 0.10]) + (1 - hue) * np.array([0.01, 0.06, 0.10]))
    size = 1.5 * np.sqrt(4 * np.pi / count) * _RADIUS
    return (
        surfels(toward * _RADIUS, -toward, (0.3, 0.2, 0.9), np.array([0.7, 0.7]) * size)
        .painted((0, 0, 0))
        .glowing(glow + 0.0006)
    )


def _stars(spec: WorldSpec, count: int) -> Surfels:
    """Few bright, many faint; denser along the galaxy."""
    rng = np.random.default_rng([spec.seed, 113])
    toward = unit(rng.normal(size=(3 * count, 3)))
    pole = unit(np.array([0.45, 0.8, 0.3]))
    keep = rng.random(3 * count) < 0.22 + 0.6 * np.exp(-(((toward @ pole) / 0.25) ** 2))
    toward = toward[keep][:count]
    magnitude = rng.random(len(toward)) ** 5
    hue = rng.normal(size=len(toward))[:, None] * np.array([0.16, 0.0, -0.2])
    size = (0.72 + 1.15 * magnitude)[:, None] * np.ones((1, 2))
    glow = (0.10 + 1.7 * magnitude)[:, None] * (1 + hue).clip(0.4, 1.5)
    return surfels(toward * _RADIUS * 0.98, -toward, (0.3, 0.2, 0.9), size).painted((0, 0, 0)).glowing(glow)


def _planet(seed: int, direction: Array, radius: float, distance: float, count: int, colour: Colour | None) -> Surfels:
    """Seas, land, ice and clouds of a sunlit ball; night beyond the terminator; air at its edge."""
    toward = unit(direction)
    centre = toward * distance
    normal = _sphere(2 * count)
    normal = normal[(normal @ toward) < radius / distance * -0.2 + 0.12]
    start = seed % 983
    land = fbm(normal * 1.6, start, 6) + 0.05
    coast = smoothstep(-0.015, 0.02, land)[:, None]
    high = smoothstep(0.05, 0.45, land)[:, None]
    cold = np.abs(normal[:, 1])[:, None] + 0.12 * fbm(normal * 5, start + 3, 3)[:, None]
    sea = np.array([0.012, 0.05, 0.13]) * (1 + 0.3 * fbm(normal * 8, start + 1, 2))[:, None]
    green = np.array([0.055, 0.095, 0.03]) * (1 - high) + np.array([0.24, 0.18, 0.10]) * high
    dry = smoothstep(0.45, 0.2, np.abs(cold - 0.1))
    ground = green * (1 - 0.6 * dry) + np.array([0.30, 0.22, 0.12]) * 0.6 * dry
    albedo = sea * (1 - coast) + ground * coast
    if colour is not None:
        base = np.asarray(linear(colour))
        bands = 0.75 + 0.5 * land[:, None] + 0.25 * fbm(normal * 9, start + 6, 4)[:, None]
        albedo = base * bands.clip(0.25, 1.6)
    else:
        ice = smoothstep(0.80, 0.88, cold)
        albedo = albedo * (1 - ice) + 0.75 * ice
    swirl = normal + 0.16 * np.stack([fbm(normal * 2.4 + k, start + 11 + k, 3) for k in range(3)], axis=1)
    cloud = smoothstep(0.02, 0.42, fbm(swirl * np.array([2.6, 5.2, 2.6]), start + 15, 6))[:, None]
    albedo = albedo * (1 - 0.85 * cloud) + 0.78 * 0.85 * cloud * (1.0 if colour is None else 0.5)
    sun = (normal @ _SUN)[:, None]
    day = smoothstep(-0.08, 0.25, sun) * (0.16 + 0.84 * sun.clip(0))
    facing = -(normal * unit(centre + radius * normal)).sum(axis=1)
    rim = (1 - facing.clip(0, 1))[:, None] ** 3
    air = np.array([0.16, 0.36, 0.85]) if colour is None else 0.4 * np.asarray(linear(colour)) + 0.12
    glow = albedo * day * 1.25 + rim * air * smoothstep(-0.25, 0.4, sun) * 0.85
    spacing = radius * np.sqrt(4 * np.pi / (2 * count))
    along = np.cross(normal, [0.1, 0.9, 0.2])
    ball = surfels(centre + radius * normal, normal, along, np.full(2, 0.74 * spacing)).painted((0, 0, 0)).glowing(glow)
    # The limb's haze: a ring just outside the ball, as seen from the station.
    side = unit(np.cross(toward, [0.0, 1.0, 0.0]))
    over = np.cross(side, toward)
    turn = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    out = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * over
    limb = centre - toward * radius**2 / distance + out * radius * np.sqrt(1 - (radius / distance) ** 2)
    lit = smoothstep(-0.3, 0.35, out @ _SUN)[:, None]
    halo = surfels(limb + out * 2.0, -toward, np.cross(out, toward), np.array([6.0, 4.2]))
    halo = halo.painted((0, 0, 0)).glowing(air * lit * 0.75).with_values(opacity=0.32 * lit[:, 0] + 0.02)
    return join([ball, halo])


def _moon(seed: int, direction: Array, radius: float, distance: float, count: int) -> Surfels:
    toward = unit(direction)
    normal = _sphere(2 * count)
    normal = normal[(normal @ toward) < 0.1]
    tone = (
        0.27
        + 0.16 * fbm(normal * 2.0, seed % 983 + 21, 5)
        - 0.1 * smoothstep(0.2, 0.5, fbm(normal * 4.5, seed % 983 + 23, 2))
    )
    light = smoothstep(-0.03, 0.1, normal @ _SUN) * (0.1 + 0.9 * (normal @ _SUN).clip(0))
    spacing = radius * np.sqrt(4 * np.pi / (2 * count))
    ball = surfels(toward * distance + radius * normal, normal, (0.3, 0.2, 0.9), np.full(2, 0.74 * spacing))
    return ball.painted((0, 0, 0)).glowing((tone.clip(0.05) * light)[:, None] * np.array([1.5, 1.46, 1.38]))
