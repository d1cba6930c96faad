"""Where on the land a town stands: the ground sampled, the gentlest dry place, and heights of streets on it."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.site import Bounds
from worldloom.generate.build.town.flat import Rect
from worldloom.generate.build.town.streets import Height, Land, Street
from worldloom.generate.noise import smoothstep
from worldloom.generate.spec import WorldSpec
from worldloom.scene.surfels import Array


def sampled(height: Height, bounds: Bounds) -> Height:
    """The same ground read from a grid, since plans ask for it many thousand times."""
    step = max(2.5, max(bounds.size) / 400)
    counts = [int(np.ceil(size / step)) + 2 for size in bounds.size]
    x, z = bounds.min_x + step * np.arange(counts[0]), bounds.min_z + step * np.arange(counts[1])
    flat = np.stack(np.meshgrid(x, z, indexing="ij"), axis=-1).reshape(-1, 2)
    grid = np.asarray(height(flat), float).reshape(counts)

    def read(places: Array) -> Array:
        share = (np.asarray(places, float) - (bounds.min_x, bounds.min_z)) / step
        share = share.clip(0, np.array(counts) - 1.001)
        low = share.astype(np.int64)
        u, v = (share - low).T
        i, j = low.T
        return (
            grid[i, j] * (1 - u) * (1 - v)
            + grid[i + 1, j] * u * (1 - v)
            + grid[i, j + 1] * (1 - u) * v
            + grid[i + 1, j + 1] * u * v
        )

    return read


def site_of(land: Land, spec: WorldSpec, rng: np.random.Generator) -> tuple[Array, float]:
    """The gentlest dry place not too far from the middle, and the direction along its slope."""
    wide, deep = land.bounds.size
    middle = np.array([land.bounds.min_x + wide / 2, land.bounds.min_z + deep / 2])
    reach = 0.06 if spec.kind == "town" else 0.26
    steps = np.linspace(-reach, reach, 9)
    places = middle + np.stack(np.meshgrid(steps * wide, steps * deep, indexing="ij"), axis=-1).reshape(-1, 2)
    radius = 12 + 5.0 * np.sqrt(max(spec.settlement.buildings, 4))
    angle = np.arange(16) * np.pi / 8
    ring = np.concatenate([r * np.stack([np.sin(angle), np.cos(angle)], axis=1) for r in (0.4 * radius, radius)])
    around = (places[:, None] + ring).reshape(-1, 2)
    height = land.height(around).reshape(len(places), -1)
    dry = land.buildable(around, 6.0).reshape(len(places), -1).mean(axis=1)
    score = (
        height.std(axis=1) / radius + 2.5 * (1 - dry) + 0.25 * np.linalg.norm(places - middle, axis=1) / max(wide, 1)
    )
    best = int(score.argmin())
    centre = places[best]
    near = land.height(centre + ring[:16])
    gradient = (near[:, None] * ring[:16]).sum(axis=0)
    if np.ptp(near) < 0.3:
        return centre, float(rng.uniform(0, np.pi))
    return centre, float(np.arctan2(-gradient[1], gradient[0]))


def _street_heights(land: Land, street: Street) -> Array:
    """(M,) the ground under it, smoothed along the way."""
    height = land.height(street.line)
    for _ in range(6):
        padded = np.concatenate([height[:1], height, height[-1:]])
        height = 0.25 * padded[:-2] + 0.5 * height + 0.25 * padded[2:]
    return height


def square_height(land: Land, square: Rect) -> float:
    return float(land.height(np.concatenate([square.corners, [square.center]])).mean())


def joined_heights(land: Land, streets: list[Street], square: Rect | None) -> list[Array]:
    """Heights of all streets, made the same where they cross, and level on the square."""
    found: list[Array] = []
    for number, street in enumerate(streets):
        height = _street_heights(land, street)
        if square is not None:
            away = np.linalg.norm(street.line - np.asarray(square.center), axis=1)
            share = smoothstep(max(square.half) + 14.0, max(square.half) + 1.0, away)
            height = height * (1 - share) + square_height(land, square) * share
        for other, known in zip(streets[:number], found):
            away = np.linalg.norm(street.line[:, None] - other.line, axis=2)
            near = away.argmin(axis=1)
            share = smoothstep(other.half + 13.0, other.half + 2.0, away.min(axis=1))
            height = height * (1 - share) + known[near] * share
        found.append(height)
    return found


def height_near(place: tuple[float, float] | Array, streets: list[Street], heights: list[Array]) -> float:
    """Of the street nearest to a place."""
    best, found = np.inf, 0.0
    for street, height in zip(streets, heights):
        away = np.linalg.norm(street.line - np.asarray(place), axis=1) - street.half
        near = int(away.argmin())
        if away[near] < best:
            order = np.argsort(away)[:2]
            weight = 1 / (away[order] + street.half).clip(0.2)
            best, found = away[near], float((height[order] * weight).sum() / weight.sum())
    return found
