"""What hangs in the air: banks of mist, rain, falling snow, as Gaussians of their own layer."""

from __future__ import annotations

import numpy as np

from worldloom.generate.daylight import Daylight
from worldloom.generate.spec import Weather
from worldloom.scene.surfels import Array, Surfels, no_surfels, surfels

AIR = "weather"
"""Name of the layer that holds it."""


def in_the_air(weather: Weather, light: Daylight, viewpoint: Array, seed: int) -> Surfels:
    """Around a viewpoint (3,), metres; `glow` is radiance. Nothing in most weathers."""
    rng = np.random.default_rng([seed, 4242])
    if weather == "fog":
        return _mist(light, viewpoint, rng)
    if weather in ("rain", "storm"):
        return _rain(light, viewpoint, rng, 5000 if weather == "storm" else 3200, 0.16 if weather == "storm" else 0.05)
    if weather == "snow":
        return _flakes(light, viewpoint, rng)
    return no_surfels()


def _mist(light: Daylight, viewpoint: Array, rng: np.random.Generator, count: int = 420) -> Surfels:
    """Large faint clouds near the ground, none before one's eyes."""
    distance = 14 + 70 * np.sqrt(rng.random(count))
    turn = rng.uniform(0, 2 * np.pi, count)
    height = viewpoint[1] - 1.6 + rng.exponential(1.8, count)
    position = np.stack([distance * np.sin(turn), height - viewpoint[1], distance * np.cos(turn)], axis=1) + viewpoint
    size = np.stack([rng.uniform(4, 9, count), rng.uniform(4, 9, count), rng.uniform(0.7, 1.6, count)], axis=1)
    pieces = surfels(position, [0.0, 1.0, 0.0], [1.0, 0.0, 0.3], size)
    tint = light.haze(position - viewpoint) * rng.uniform(0.95, 1.08, (count, 1))
    return pieces.glowing(tint).with_values(opacity=0.045).labelled("mist").single()


def _rain(light: Daylight, viewpoint: Array, rng: np.random.Generator, count: int, lean: float) -> Surfels:
    position = viewpoint + rng.uniform((-16, -2, -16), (16, 9, 16), (count, 3))
    away = position - viewpoint
    position = position[np.hypot(away[:, 0], away[:, 2]) > 1.2]
    away = position - viewpoint
    facing = -away * np.array([1.0, 0.0, 1.0])
    size = np.stack(
        [rng.uniform(0.10, 0.22, len(position)), np.full(len(position), 0.0016), np.full(len(position), 0.0016)], axis=1
    )
    pieces = surfels(position, facing, [lean, -1.0, 0.0], size)
    bright = light.cloud_layer(np.array([[0.0, 0.4, -1.0]]))[0] * 1.1
    return pieces.glowing(bright).with_values(opacity=0.30).labelled("rain").single()


def _flakes(light: Daylight, viewpoint: Array, rng: np.random.Generator, count: int = 4200) -> Surfels:
    position = viewpoint + rng.uniform((-14, -1.8, -14), (14, 8, 14), (count, 3))
    away = np.linalg.norm(position - viewpoint, axis=1)
    position = position[away > 0.9]
    size = rng.uniform(0.004, 0.011, (len(position), 1)) * np.ones((1, 3))
    pieces = surfels(position, rng.normal(size=(len(position), 3)), [1.0, 0.0, 0.0], size)
    bright = light.cloud_layer(np.array([[0.0, 0.9, -0.4]]))[0] * 1.25
    return pieces.glowing(bright).with_values(opacity=0.85).labelled("snow").single()
