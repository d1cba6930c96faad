"""Cacti: ribbed columns with arms, and round ones."""

from __future__ import annotations

import numpy as np

from worldloom.generate.noise import blend, smoothstep
from worldloom.scene.surfels import UP, Array, Surfels, join, surfels, unit

_FLESH, _FOLD, _SPINE = np.array([0.075, 0.125, 0.045]), np.array([0.030, 0.055, 0.022]), np.array([0.50, 0.42, 0.26])


def cactus(variant: int, spacing: float, rng: np.random.Generator) -> Surfels:
    """A saguaro (even variants) or a clump of round ones (odd), covered at that spacing, metres."""
    if variant % 2:
        return _clump(spacing, rng)
    tall = rng.uniform(2.6, 4.2)
    parts = [_column(_line(np.zeros(3), UP, tall), 0.19, spacing, rng)]
    for arm in range(int(rng.integers(1, 5))):
        turn = arm * 2.2 + rng.uniform(-0.5, 0.5)
        out = np.array([np.cos(turn), 0, np.sin(turn)])
        foot = UP * tall * rng.uniform(0.32, 0.55)
        reach, rise = rng.uniform(0.38, 0.55), tall * rng.uniform(0.18, 0.42)
        bend = np.linspace(0, np.pi / 2, 7)
        elbow = foot + reach * (np.sin(bend)[:, None] * out + (1 - np.cos(bend))[:, None] * 0.6 * UP)
        line = np.concatenate([elbow, elbow[-1] + np.linspace(0.1, 1, 8)[:, None] * rise * UP])
        parts.append(_column(line, 0.125, spacing, rng))
    return join(parts)


def _line(start: Array, way: Array, long: float) -> Array:
    return start + np.linspace(0, 1, 14)[:, None] * long * way


def _clump(spacing: float, rng: np.random.Generator) -> Surfels:
    parts = []
    for number in range(int(rng.integers(1, 5))):
        radius = rng.uniform(0.16, 0.36) * (1 - 0.12 * number)
        turn = number * 2.4 + rng.uniform(0, 1)
        at = (0.42 * np.sqrt(number)) * np.array([np.cos(turn), 0, np.sin(turn)])
        tall = radius * rng.uniform(1.3, 2.0)
        parts.append(_column(_line(at, UP, tall), radius, spacing, rng, belly=True))
    return join(parts)


def _column(line: Array, radius: float, spacing: float, rng: np.random.Generator, belly: bool = False) -> Surfels:
    """Ribbed flesh about a line with a round end, spines on its ribs."""
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    ribs = 14 if radius < 0.15 else 18
    rings = max(int(length[-1] / (1.3 * spacing)), 4)
    around = max(int(2 * np.pi * radius / spacing), 6)
    ring, step = (index.reshape(-1) for index in np.meshgrid(np.arange(rings), np.arange(around), indexing="ij"))
    share = (ring + 0.5 + rng.uniform(-0.3, 0.3, len(ring))) / rings
    turn = (step + 0.5 * (ring % 2) + rng.uniform(-0.2, 0.2, len(ring))) / around * 2 * np.pi
    where = share * length[-1]
    middle = np.stack([np.interp(where, length, line[:, axis]) for axis in range(3)], axis=1)
    axis = unit(np.stack([np.interp(where, length, np.gradient(line[:, k], length)) for k in range(3)], axis=1))
    side = unit(np.cross(axis, np.array([0.3, 0.1, 0.95])))
    other = np.cross(axis, side)
    out = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other
    if belly:
        profile = np.sqrt((1 - (2 * share - 1).clip(-0.9) ** 2).clip(0.02))
    else:
        from_end = (length[-1] - where) / radius
        profile = np.sqrt((1 - (1 - from_end.clip(0, 1)) ** 2).clip(0.02)) * (0.86 + 0.14 * np.sin(np.pi * share))
    wave = 0.5 + 0.5 * np.cos(turn * ribs)
    tilt = np.gradient(profile.reshape(rings, around).mean(axis=1)) * rings / length[-1] * radius
    position = middle + (radius * profile * (0.88 + 0.12 * wave))[:, None] * out
    normal = (
        out - np.repeat(tilt, around)[:, None] * axis - 0.5 * (np.sin(turn * ribs))[:, None] * np.cross(axis, out) * -1
    )
    size = np.stack([np.full(len(ring), length[-1] / rings), 2 * np.pi * radius * profile / around], axis=1) * 0.68
    flesh = surfels(position, normal, axis, size)
    colour = blend(_FOLD, _FLESH, smoothstep(0.1, 0.75, wave)) * rng.lognormal(0, 0.10, (len(ring), 1))
    old = smoothstep(0.25, 0.0, where / max(length[-1], 0.5))
    flesh = flesh.painted(blend(colour, np.array([0.16, 0.125, 0.08]), 0.5 * old))
    if spacing > 0.09:
        return flesh
    spined = np.flatnonzero(wave > 0.75)
    spined = spined[rng.random(len(spined)) < 0.5]
    needle = unit(out[spined] + 0.8 * rng.standard_normal((len(spined), 3)))
    spines = surfels(
        position[spined] + 0.018 * needle,
        np.cross(needle, UP) + 0.3 * out[spined],
        needle,
        np.full((len(spined), 2), 0.0),
    )
    spines = Surfels(**{**spines.__dict__, "size": np.tile([0.016, 0.0022, 0.0022], (len(spined), 1))})
    return join([flesh, spines.painted(_SPINE)])
