"""Grass and what grows like it: tufts of blades, reeds, wheat, moss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.plants.wood import Colour
from worldloom.generate.noise import blend
from worldloom.generate.spec import Season
from worldloom.scene.surfels import UP, Array, Surfels, join, surfels, unit


@dataclass(frozen=True)
class GrassKind:
    height: float
    width: float
    """Of a blade at its foot, metres."""
    blades: int
    """Of a tuft seen from near."""
    spread: float
    """Radius of a tuft's foot, metres."""
    lean: float
    green: Colour
    dry: Colour
    dryness: tuple[float, float, float, float]
    """Share of dry blades in spring, summer, autumn, winter."""
    label: str = "plant/grass"


GRASSES: dict[str, GrassKind] = {
    "meadow_grass": GrassKind(
        0.21, 0.0062, 16, 0.10, 0.55, (0.100, 0.168, 0.033), (0.27, 0.215, 0.095), (0.03, 0.13, 0.38, 0.62)
    ),
    "reed": GrassKind(1.9, 0.016, 14, 0.30, 0.16, (0.10, 0.15, 0.045), (0.34, 0.27, 0.14), (0.30, 0.20, 0.75, 1.0)),
    "wheat": GrassKind(
        0.86, 0.0065, 15, 0.20, 0.16, (0.10, 0.17, 0.04), (0.52, 0.36, 0.12), (0.0, 0.94, 1.0, 0.0), "plant/crop"
    ),
    "dune_grass": GrassKind(
        0.62, 0.0048, 24, 0.12, 0.50, (0.17, 0.20, 0.085), (0.40, 0.33, 0.17), (0.3, 0.4, 0.6, 0.8)
    ),
}
NAMES = (*GRASSES, "moss")
_SEASONS = ("spring", "summer", "autumn", "winter")


def grass(species: str, season: Season, level: int, variant: int, rng: np.random.Generator) -> Surfels:
    """A tuft, root at the origin; `level` 0 has bent blades, 3 two broad dabs."""
    if species == "moss":
        return _moss(season, level, rng)
    kind = GRASSES[species]
    count = (kind.blades, max(kind.blades * 5 // 8, 3), max(kind.blades // 4, 3), 2)[level]
    wider = (1.0, 1.5, 2.9, 4.6)[level]
    tall = kind.height * rng.uniform(0.45, 1.15, count) ** 0.8
    if species == "wheat" and season == "winter":
        tall = tall * 0.16
    foot = kind.spread * np.sqrt(rng.random(count))[:, None] * _round(rng.uniform(0, 2 * np.pi, count))
    lean = kind.lean * rng.uniform(0.2, 1.0, count)[:, None] * _round(rng.uniform(0, 2 * np.pi, count))
    first = unit(UP + 0.6 * lean + 0.5 * foot / kind.spread * kind.lean)
    second = unit(UP * 0.8 + 1.7 * lean + 0.5 * foot / kind.spread * kind.lean)
    dry = rng.random(count) < kind.dryness[_SEASONS.index(season)]
    colour = blend(
        np.array(kind.green), np.array(kind.dry), np.where(dry, rng.uniform(0.6, 1, count), rng.uniform(0, 0.16, count))
    )
    colour = colour * rng.lognormal(0, 0.18, (count, 1))
    if season == "spring" and species == "meadow_grass":
        colour = colour * np.array([1.05, 1.15, 0.9])
    half = 0.5 * tall[:, None]
    knee = foot + half * first
    wide = kind.width * wider * rng.uniform(0.75, 1.25, count)
    if level == 0:
        lower = _blades(foot, first, 0.5 * tall, wide, rng).painted(colour * 0.78)
        upper = _blades(knee - 0.04 * half * first, second, 0.55 * tall, 0.72 * wide, rng).painted(colour * 1.15)
        parts = [lower, upper]
    else:
        parts = [_blades(foot, unit(first + second), tall, wide, rng).painted(colour * (1.08 if level == 1 else 1.2))]
    tip = knee + half * second if level == 0 else foot + tall[:, None] * unit(first + second)
    parts += _ears(species, season, tip, second, level, wider, rng)
    return join(parts).labelled(kind.label).with_values(0.5, opacity=0.93).single()


def _round(turn: Array) -> Array:
    return np.stack([np.cos(turn), 0 * turn, np.sin(turn)], axis=1)


def _blades(foot: Array, way: Array, long: Array, wide: Array, rng: np.random.Generator) -> Surfels:
    """Turned as far up as they can be, so that the sun lights them as it lights the ground."""
    normal = UP - way[:, 1:2] * way + 0.45 * rng.standard_normal(way.shape)
    size = np.stack([0.29 * long, 0.42 * wide], axis=1)
    return surfels(foot + 0.5 * long[:, None] * way, normal, way, size)


def _ears(
    species: str, season: Season, tip: Array, way: Array, level: int, wider: float, rng: np.random.Generator
) -> list[Surfels]:
    if species == "wheat" and season in ("summer", "autumn"):
        size = np.array([0.024, 0.0062 * wider])
        ears = surfels(tip, rng.standard_normal(tip.shape) + 0.4 * UP, way, np.tile(size, (len(tip), 1)))
        gold = np.array([0.56, 0.37, 0.12]) * rng.lognormal(0, 0.15, (len(tip), 1))
        if level > 0:
            return [ears.painted(gold)]
        beard = surfels(
            tip + 0.05 * way, UP + 0.3 * rng.standard_normal(tip.shape), way, np.tile([0.03, 0.003], (len(tip), 1))
        )
        return [ears.painted(gold), beard.painted(gold * 1.15).with_values(opacity=0.6)]
    if species == "reed" and level < 3:
        some = slice(None, None, 4)
        tails = surfels(
            tip[some], rng.standard_normal(tip[some].shape), UP, np.tile([0.055, 0.013, 0.011], (len(tip[some]), 1))
        )
        return [tails.painted(np.array([0.115, 0.06, 0.028]))]
    if species == "dune_grass" and level == 0:
        some = slice(None, None, 7)
        ears = surfels(
            tip[some], rng.standard_normal(tip[some].shape) + UP, way[some], np.tile([0.04, 0.007], (len(tip[some]), 1))
        )
        return [ears.painted(np.array([0.46, 0.38, 0.22]))]
    if species == "meadow_grass" and level == 0 and season == "summer":
        some = slice(None, None, 8)
        ears = surfels(
            tip[some] + 0.02 * UP,
            rng.standard_normal(tip[some].shape) + UP,
            way[some],
            np.tile([0.018, 0.003], (len(tip[some]), 1)),
        )
        return [ears.painted(np.array([0.30, 0.25, 0.13]))]
    return []


def _moss(season: Season, level: int, rng: np.random.Generator) -> Surfels:
    """A soft cushion that hugs the ground."""
    count = (60, 24, 7, 2)[level]
    away = 0.26 * np.sqrt(rng.random(count))
    position = away[:, None] * _round(rng.uniform(0, 2 * np.pi, count))
    position[:, 1] = 0.05 * (1 - (away / 0.28) ** 2) + 0.006 * rng.standard_normal(count)
    scale = 0.30 * (0.26 * 1.8 / count**0.5) * rng.uniform(0.8, 1.3, count)
    normal = UP + 0.8 * position / 0.26 + 0.35 * rng.standard_normal((count, 3))
    pieces = surfels(
        position, normal, rng.standard_normal((count, 3)), np.stack([scale, 0.8 * scale, 0.35 * scale], axis=1)
    )
    green = blend(np.array([0.055, 0.095, 0.016]), np.array([0.115, 0.155, 0.022]), rng.random(count))
    return pieces.painted(green * rng.lognormal(0, 0.15, (count, 1))).labelled("plant/moss").with_values(0.2).single()
