"""Trunks and branches: a skeleton covered with bark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from worldloom.generate.build.plants.skeleton import Skeleton
from worldloom.generate.noise import blend, fbm, noise, smoothstep
from worldloom.scene.surfels import OVERLAP, Array, Surfels, join, surfels, unit

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Bark:
    """Colours are linear."""

    colour: Colour = (0.105, 0.078, 0.055)
    dark: Colour = (0.035, 0.026, 0.019)
    pattern: Literal["furrows", "smooth", "birch", "scales", "rings"] = "furrows"
    upper: Colour | None = None
    """Of the trunk's upper part and the limbs."""
    twig: Colour = (0.075, 0.05, 0.034)
    twigs: tuple[float, float] = (0.055, 0.02)
    """Radii, metres, between which bark passes into twigs."""
    rough: float = 0.10
    """Depth of its folds over the radius."""
    mossy: float = 0.12
    """How green the foot is on one side."""


def cover_wood(bones: Skeleton, bark: Bark, count: int, rng: np.random.Generator) -> Surfels:
    """About `count` surfels: the finest tubes that half of them make, and single ones along the thickest twigs."""
    below = bones.parent
    segment = np.flatnonzero(below >= 0)
    if not len(segment) or count < 1:
        return join([])
    start, end = bones.position[below[segment]], bones.position[segment]
    last = bones.radius[segment]
    first = np.minimum(bones.radius[below[segment]], 1.3 * last + 0.001)
    length = np.linalg.norm(end - start, axis=1)
    wide = (first + last) / 2
    tube, rings, around = _finest(wide, length, 0.62 * count)
    parts = [_tubes(start[tube], end[tube], first[tube], last[tube], rings[tube], around[tube], bark, rng)]
    rest = np.flatnonzero(~tube)
    rest = np.sort(rest[np.argsort(-wide[rest], kind="stable")][: max(count - len(parts[0]), 0)])
    if len(rest):
        parts.append(_sticks(start[rest], end[rest], wide[rest], rng))
    whole = join(parts)
    top = bones.position[:, 1].max()
    thick = np.concatenate([np.repeat(wide[tube], (rings * around)[tube]), wide[rest]])
    return whole.painted(_painted(whole, thick, bark, top, bones.radius.max())).labelled("tree/trunk")


def _finest(wide: Array, length: Array, count: float) -> tuple[Array, Array, Array]:
    """Which segments to cover as tubes, how many rings each and how many surfels a ring; none for a small count."""
    for spacing in 0.028 * 1.16 ** np.arange(32 if count > 90 else 0):
        tube = wide > 0.55 * spacing
        around = np.maximum(np.ceil(2 * np.pi * wide / spacing), 4).astype(int)
        rings = np.maximum(np.round(length / (2.0 * spacing)), 1).astype(int)
        if (rings * around)[tube].sum() <= count:
            return tube, rings, around
    nothing = np.zeros(len(wide), bool)
    return nothing, np.ones(len(wide), int), np.ones(len(wide), int)


def _frames(axis: Array) -> tuple[Array, Array]:
    side = unit(np.cross(axis, np.array([0.28, 0.1, 0.95])))
    return side, np.cross(axis, side)


def _tubes(
    start: Array,
    end: Array,
    first: Array,
    last: Array,
    rings: Array,
    around: Array,
    bark: Bark,
    rng: np.random.Generator,
) -> Surfels:
    each = rings * around
    number = np.repeat(np.arange(len(start)), each)
    within = np.arange(len(number)) - np.repeat(np.cumsum(each) - each, each)
    ring, step = within // around[number], within % around[number]
    share = (ring + 0.5 + rng.uniform(-0.35, 0.35, len(ring))) / rings[number]
    turn = (step + 0.5 * (ring % 2) + rng.uniform(-0.3, 0.3, len(ring))) / around[number] * 2 * np.pi
    line = end - start
    length = np.linalg.norm(line, axis=1)
    axis = line / length[:, None].clip(1e-9)
    side, other = _frames(axis)
    out = np.cos(turn)[:, None] * side[number] + np.sin(turn)[:, None] * other[number]
    radius = first[number] + (last - first)[number] * share
    middle = start[number] + share[:, None] * line[number]
    fold = fbm((middle + radius[:, None] * out) * np.array([1, 0.22, 1]) / (0.30 * radius[:, None] + 0.03), 31, 2)
    position = middle + (radius * (1 + bark.rough * fold))[:, None] * out
    size = np.stack([length[number] / rings[number], 2 * np.pi * radius / around[number]], axis=1)
    lean = ((first - last) / length.clip(1e-9))[number, None]
    return surfels(position, out + lean * axis[number], axis[number], size * OVERLAP * np.array([1.05, 1.0]))


def _sticks(start: Array, end: Array, wide: Array, rng: np.random.Generator) -> Surfels:
    line = end - start
    length = np.linalg.norm(line, axis=1)
    facing = np.array([0.45, 0.5, 0.74]) + 0.35 * rng.standard_normal((len(line), 3))
    thick = 0.66 * wide
    pieces = surfels(
        (start + end) / 2,
        facing - unit(line) * (unit(line) * facing).sum(axis=1, keepdims=True),
        line,
        np.stack([0.38 * length, thick, 0.8 * thick], axis=1),
    )
    return pieces.with_values(leaf=0.4)  # round: lit from any side


def _painted(pieces: Surfels, thick: Array, bark: Bark, top: float, thickest: float) -> Array:
    at = pieces.position
    colour = np.broadcast_to(np.array(bark.colour), at.shape)
    grain = fbm(at * np.array([11, 2.2, 11]), 41, 3)
    if bark.upper is not None:
        colour = blend(colour, np.array(bark.upper), smoothstep(0.25, 0.6, at[:, 1] / top + 0.12 * grain))
    if bark.pattern == "furrows":
        colour = blend(colour, np.array(bark.dark), smoothstep(-0.1, 0.75, grain))
    elif bark.pattern == "smooth":
        colour = blend(
            colour * (1 + 0.16 * grain[:, None]), np.array(bark.dark), smoothstep(0.55, 1.0, fbm(at * 2.3, 43, 3))
        )
    elif bark.pattern == "birch":
        marks = noise(at * np.array([2.2, 17, 2.2]), 45) + 0.25 * noise(at * np.array([9, 40, 9]), 46)
        old = smoothstep(0.13, 0.0, at[:, 1] / top) * 0.7
        colour = blend(
            colour * (1 + 0.08 * grain[:, None]), np.array(bark.dark), smoothstep(0.40 - old, 0.52 - old, marks)
        )
    elif bark.pattern == "scales":
        plate = noise(at * np.array([7, 3.4, 7]), 47) + 0.5 * noise(at * np.array([17, 8, 17]), 48)
        colour = blend(colour * (1 + 0.2 * grain[:, None]), np.array(bark.dark), smoothstep(0.25, 0.6, plate))
    else:
        ring = 0.5 + 0.5 * np.sin(at[:, 1] * 2 * np.pi / 0.16 + 1.6 * noise(at * 2.0, 49))
        colour = blend(colour, np.array(bark.dark), smoothstep(0.45, 0.95, ring + 0.2 * grain))
    colour = blend(colour, np.array(bark.twig), smoothstep(*bark.twigs, thick) * (thickest > 0.06))
    north = (pieces.normal[:, 2] * -0.7 + 0.4 + 0.8 * noise(at * 1.7, 51)).clip(0, 1)
    green = bark.mossy * north * smoothstep(0.35, 0.0, at[:, 1] / top) * (thick > 0.05)
    colour = blend(colour, np.array([0.05, 0.075, 0.02]), (2.2 * green).clip(0, 0.75))
    return colour * (1 + 0.16 * fbm(at * 5.0, 53, 2))[:, None]
