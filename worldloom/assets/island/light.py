"""Light baked into surfels: the sun with its shadows, the sky as far as it is seen, and what the ground throws back."""

from __future__ import annotations

import numpy as np

from worldloom.assets.island.sky import SUN, SUNLIGHT, clear_sky
from worldloom.generate.noise import Array
from worldloom.scene.surfels import Surfels, unit

_BOUNCE = np.array([0.30, 0.22, 0.13])
"""Light from sunny ground below, linear."""
_SKY_DIRECTIONS = 44
_SKY_STRENGTH = 1.15


def lit(scene: Surfels, casters: Surfels, rng: np.random.Generator) -> Array:
    """Radiance (N, 3) of `scene` in the shadow of `casters`, linear."""
    around = _spread(casters, rng)
    sun = _irradiance(scene, SUN, _visible(scene, around, SUN, 0.14, rng, taps=6))[:, None] * SUNLIGHT
    ambient = np.zeros((len(scene), 3))
    for direction in _hemisphere(_SKY_DIRECTIONS):
        seen = _irradiance(scene, direction, _visible(scene, around, direction, 0.28, rng, taps=1))
        ambient += seen[:, None] * clear_sky(direction) * (2 / _SKY_DIRECTIONS) * _SKY_STRENGTH
    below = (0.5 - 0.5 * scene.normal[:, 1])[:, None]
    openness = (ambient.sum(axis=1, keepdims=True) / 0.9).clip(0.15, 1)
    bounce = _BOUNCE * (0.12 + below) * openness
    return scene.albedo * (sun + ambient + bounce) + scene.glow


def tone(light: Array) -> Array:
    """Radiance to sRGB 0..1 (..., 3): Narkowicz's (2016) fit of the ACES film curve, a little warmer and deeper."""
    light = np.maximum(light, 0) * 0.80
    film = (light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)).clip(0, 1)
    grey = film @ np.array([0.2126, 0.7152, 0.0722])
    film = (grey[..., None] + 1.14 * (film - grey[..., None])).clip(0, 1)
    return np.where(film < 0.0031308, 12.92 * film, 1.055 * np.maximum(film, 1e-9) ** (1 / 2.4) - 0.055)


def _irradiance(scene: Surfels, direction: Array, visible: Array) -> Array:
    """Share (N,) of a beam from `direction` that a surfel takes; leaves take some from behind too."""
    cosine = scene.normal @ direction
    through = scene.leaf * (0.45 * np.maximum(-cosine, 0) + 0.25)
    return visible * (np.maximum(cosine, 0) * (1 - 0.3 * scene.leaf) + through)


def _spread(casters: Surfels, rng: np.random.Generator, copies: int = 5) -> Array:
    """Points all over the casters' footprints (M, 3)."""
    across = np.cross(casters.normal, casters.along)
    points = [casters.position]
    for _ in range(copies):
        shift = rng.uniform(-1.4, 1.4, (len(casters), 2)) * casters.size[:, :2]
        points.append(casters.position + shift[:, :1] * casters.along + shift[:, 1:] * across)
    return np.concatenate(points)


def _visible(
    scene: Surfels, around: Array, direction: Array, cell: float, rng: np.random.Generator, taps: int
) -> Array:
    """Share (N,) of each surfel that sees `direction` past the points `around` (M, 3): a depth map seen from there,
    looked up at `taps` places about each surfel."""
    side = unit(np.cross(direction, [0.13, 0.99, 0.05] if abs(direction[1]) < 0.9 else [1.0, 0.1, 0.0]))
    other = np.cross(side, direction)
    plane = np.stack([side, other], axis=1)
    flat, height = around @ plane, around @ direction
    lower = flat.min(axis=0) - cell
    width = (np.ptp(flat, axis=0) / cell).astype(int) + 3
    cells = ((flat - lower) / cell).astype(int)
    depth = np.full(int(width.prod()), -1e9)
    np.maximum.at(depth, cells[:, 0] * width[1] + cells[:, 1], height)
    level = scene.normal @ direction
    sideways = np.sqrt((1 - level**2).clip(0))
    raised = scene.position + scene.normal * (0.6 * cell * np.sign(level + 1e-9) * sideways)[:, None]
    at, own = raised @ plane, raised @ direction
    # A sloping surface shadows itself by up to a cell times its slope.
    slack = 2.2 * cell * sideways / np.abs(level).clip(0.25) + 0.8 * cell + scene.leaf * 0.25
    seen = np.zeros(len(scene))
    for _ in range(taps):
        shake = rng.uniform(-1.1, 1.1, at.shape) * cell if taps > 1 else 0.0
        index = ((at + shake - lower) / cell).astype(int).clip(0, width - 1)
        seen += depth[index[:, 0] * width[1] + index[:, 1]] <= own + slack
    return seen / taps


def _hemisphere(count: int) -> Array:
    """Directions (count, 3) evenly over the upper half."""
    number = np.arange(count) + 0.5
    up = 0.04 + 0.96 * number / count
    turn = number * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - up**2)
    return np.stack([flat * np.cos(turn), up, flat * np.sin(turn)], axis=1)
