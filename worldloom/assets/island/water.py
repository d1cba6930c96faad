"""The sea: a sheet of surfels that carries small waves, and what it shows from each side."""

from __future__ import annotations

import numpy as np
import torch

from worldloom.assets.island import terrain
from worldloom.assets.island.light import tone
from worldloom.assets.island.sky import DOME_RADIUS, SUN, clear_sky, sky
from worldloom.generate.noise import Array, blend, fbm, noise, smoothstep
from worldloom.scene.sh import sh_basis
from worldloom.scene.surfels import Surfels, surfels, unit

_MIDDLE = np.array([0.0, 5.0])
_WIND = np.array([0.42, 0.91])
_DEEP = np.array([0.010, 0.062, 0.095])
_SHALLOW = np.array([0.085, 0.26, 0.235])
_SAND = np.array([0.42, 0.34, 0.22])


def water(spacing: float, growth: float, rng: np.random.Generator) -> Surfels:
    """Surfels `spacing` metres apart near the jetty, `growth` metres more per metre away from it, to the horizon."""
    rings, radius = [], spacing
    while radius < DOME_RADIUS * 0.985:
        step = max(spacing, growth * radius)
        count = max(round(2 * np.pi * radius / step), 3)
        turn = (np.arange(count) + rng.uniform(-0.3, 0.3, count) + rng.random()) / count * 2 * np.pi
        out = radius + step * rng.uniform(-0.3, 0.3, count)
        rings.append(np.stack([out * np.cos(turn), out * np.sin(turn), np.full(count, step)], axis=1))
        radius += step * 0.93
    places = np.concatenate(rings)
    flat, step = places[:, :2] + _MIDDLE, places[:, 2]
    bed = terrain.height(flat)
    kept = bed < 0.16
    flat, step, bed = flat[kept], step[kept], bed[kept]
    position = np.stack([flat[:, 0], np.zeros(len(flat)), flat[:, 1]], axis=1)
    crest = np.array([_WIND[1], 0, -_WIND[0]])
    size = step[:, None] * np.array([0.80, 0.46, 0.02])
    size[:, 2] = size[:, 2].clip(0.004, 0.03)
    return surfels(position, np.array([0, 1.0, 0]), crest, size).painted(_body(flat, bed))


def _body(flat: Array, bed: Array) -> Array:
    """Albedo (N, 3) of the water itself over a bed at heights `bed`, with foam where it breaks."""
    depth = (-bed).clip(0)
    color = blend(_SHALLOW, _DEEP, smoothstep(0.4, 4.2, depth))
    color = blend(
        np.broadcast_to(_SAND, color.shape), color, smoothstep(-0.05, 0.75, depth + 0.10 * fbm(flat * 0.7, 501, 3))
    )
    wash = noise(flat * np.array([0.5, 0.5]), 503)
    edge = np.minimum(np.abs(depth - 0.05 - 0.05 * wash), np.abs(depth - 0.34 - 0.16 * wash) * 1.3)
    foam = smoothstep(0.07, 0.015, edge) * smoothstep(-0.35, 0.25, fbm(flat * 1.7, 505, 3)) * (depth < 0.8)
    return blend(color, np.broadcast_to(np.array([0.80, 0.78, 0.74]), color.shape), 0.85 * foam)


def shine(sea: Surfels, body: Array) -> Array:
    """Spherical harmonics (N, 4, 3), degree 1, of the sea's sRGB colour.

    Least squares over the directions from which people look, of a mirrored sky with the sun in it and the water's own
    light `body` (N, 3), mixed as Fresnel's formula (in Schlick's form) says. Files keep higher degrees too coarsely for
    a surface as smooth as this, and none beyond -1..1, so large coefficients are held back.
    """
    normal = _waves(sea)
    mirror = _Panorama()
    directions, weights = _views()
    columns = np.zeros((len(sea), len(directions), 3))
    for column, direction in enumerate(directions):
        facing = -(normal @ direction)
        mirrored = unit(direction + 2 * facing[:, None] * normal)
        mirrored[:, 1] = np.abs(mirrored[:, 1]).clip(0.02)
        mirrored = unit(mirrored)
        share = 0.02 + 0.98 * (1 - facing.clip(0.02, 1)) ** 5
        share = share * 0.74  # rough water mirrors less
        above = mirror(mirrored)
        glint = np.exp((mirrored @ SUN - 1) * 32)[:, None] * np.array([8.0, 3.9, 1.2])
        columns[:, column] = tone(body * (1 - share)[:, None] + (above + glint) * share[:, None])
    basis = sh_basis(torch.tensor(directions), 1).numpy()
    weighted = basis * weights[:, None]
    restraint = np.diag([0.0, 1, 1, 1]) * 0.009 * weights.sum()
    solve = np.linalg.solve(basis.T @ weighted + restraint, weighted.T)
    fitted = np.einsum("kd,ndc->nkc", solve, columns - 0.5)
    fitted[:, 1:] = fitted[:, 1:].clip(-0.9, 0.9)
    return fitted


class _Panorama:
    """What the sea mirrors: a sky whose clouds its roughness has softened, looked up instead of computed anew."""

    def __init__(self) -> None:
        turn, up = np.meshgrid((np.arange(360) + 0.5) / 360 * 2 * np.pi, (np.arange(120) + 0.5) / 120, indexing="ij")
        flat = np.sqrt(1 - up**2)
        toward = np.stack([flat * np.sin(turn), up, flat * np.cos(turn)], axis=-1).reshape(-1, 3)
        self._light = (0.35 * sky(toward) + 0.65 * clear_sky(toward)).reshape(360, 120, 3)

    def __call__(self, toward: Array) -> Array:
        """Radiance (N, 3) from above in directions (N, 3)."""
        turn = np.arctan2(toward[:, 0], toward[:, 2]) % (2 * np.pi)
        column = (turn / (2 * np.pi) * 360).astype(int).clip(0, 359)
        return self._light[column, (toward[:, 1] * 120).astype(int).clip(0, 119)]


def _waves(sea: Surfels) -> Array:
    """Normals (N, 3) of the waves, calmer where a surfel spans several of them."""
    flat = sea.position[:, [0, 2]]
    turned = np.stack([flat @ np.array([_WIND[1], -_WIND[0]]) * 0.45, flat @ _WIND], axis=1)
    slope = np.zeros((len(flat), 2))
    for length, steep, seed in ((5.0, 0.085, 511), (1.9, 0.12, 521), (0.8, 0.11, 531)):
        small = smoothstep(1.3, 0.25, sea.size[:, 0] / length)
        slope += (steep * (0.35 + 0.65 * small))[:, None] * np.stack(
            [noise(turned / length, seed), 1.5 * noise(turned / length + 40, seed + 1)], axis=1
        )
    across = slope[:, :1] * np.array([[_WIND[1], -_WIND[0]]]) + slope[:, 1:] * _WIND
    return unit(np.stack([across[:, 0], np.ones(len(flat)), across[:, 1]], axis=1))


def _views() -> tuple[Array, Array]:
    """Directions (D, 3) from eyes to the sea, and how often they are looked along (D,)."""
    directions, weights = [], []
    for down, weight in ((0.012, 1.0), (0.035, 1.6), (0.08, 1.6), (0.16, 1.2), (0.32, 1.0), (0.6, 0.7), (0.9, 0.3)):
        for turn in np.arange(20) / 20 * 2 * np.pi:
            flat = np.sqrt(1 - down**2)
            directions.append((flat * np.sin(turn), -down, flat * np.cos(turn)))
            weights.append(weight)
    return np.array(directions), np.array(weights)
