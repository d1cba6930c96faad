"""Coconut palms: a slim bowed trunk with rings, and a head of arching fronds."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.plants.skeleton import Skeleton
from worldloom.generate.build.plants.wood import Bark
from worldloom.generate.noise import mix
from worldloom.scene.surfels import UP, Surfels, join, surfels, unit

BARK = Bark((0.27, 0.225, 0.175), (0.12, 0.095, 0.07), "rings", twig=(0.12, 0.14, 0.04), rough=0.03, mossy=0.0)


def palm_parts(rng: np.random.Generator) -> tuple[Skeleton, Bark, Surfels]:
    """Wood (trunk, midribs, nuts' stalks), its bark and the leaflets, in random order."""
    tall = rng.uniform(8.0, 10.5)
    turn, lean = rng.uniform(0, 2 * np.pi), rng.uniform(0.06, 0.34) * tall
    share = np.linspace(0, 1, 26)
    bow = lean * (1.5 * share**1.15 - 0.5 * share**2.4)
    trunk = np.stack([bow * np.cos(turn), share * tall, bow * np.sin(turn)], axis=1)
    radius = 0.115 + 0.05 * np.exp(-share * tall / 0.9) + 0.13 * np.exp(-share * tall / 0.28) - 0.02 * share
    positions, parents, radii = [trunk], [np.arange(-1, 25)], [radius]
    head, count, leaflets = trunk[-1], 26, []
    fronds = int(rng.integers(24, 30))
    for frond in range(fronds):
        age = (frond + 0.5) / fronds  # 0 the young upright ones, 1 the old hanging ones
        around = frond * 2.39996 + rng.uniform(-0.25, 0.25)
        out = np.array([np.cos(around), 0, np.sin(around)])
        long = rng.uniform(3.2, 4.1) * (0.78 + 0.22 * np.sin(np.pi * (0.2 + 0.6 * age)))
        along = np.linspace(0, 1, 13)
        pitch = 1.25 - 1.75 * age + rng.uniform(-0.1, 0.1) - (0.95 + 0.5 * age) * along**1.3
        step = long / 12 * (np.cos(pitch)[:, None] * out + np.sin(pitch)[:, None] * UP)
        rib = head + np.concatenate([np.zeros((1, 3)), np.cumsum(step[:-1], axis=0)])
        positions.append(rib[1:])
        parents.append(np.concatenate([[25], count + np.arange(11)]))
        radii.append(0.028 * (1.08 - along[1:]))
        count += 12
        leaflets.append(_leaflets(rib, out, age, rng))
    crown = join([*leaflets, _nuts(head, rng)])
    bones = Skeleton(np.concatenate(positions), np.concatenate(parents), np.concatenate(radii))
    return bones, BARK, crown[rng.permutation(len(crown))]


def _leaflets(rib: np.ndarray, out: np.ndarray, age: float, rng: np.random.Generator) -> Surfels:
    """Two rows of long narrow leaflets that hang from the midrib, two pieces each: they bend."""
    pairs = 62
    share = np.repeat(np.linspace(0.10, 0.995, pairs), 2) + rng.uniform(-0.006, 0.006, 2 * pairs)
    at = share * (len(rib) - 1)
    low = at.astype(int).clip(0, len(rib) - 2)
    foot = rib[low] + (at - low)[:, None] * (rib[low + 1] - rib[low])
    forward = unit(rib[low + 1] - rib[low])
    side = np.tile([-1.0, 1.0], pairs)[:, None] * unit(np.cross(out, UP))
    long = 0.88 * np.sin(np.pi * (0.12 + 0.84 * share) ** 0.9).clip(0.15) ** 0.7 * rng.uniform(0.85, 1.1, len(share))
    hang = 0.35 + 0.55 * age + rng.uniform(-0.12, 0.2, len(share))
    first = unit(side + 0.62 * forward + (0.30 - 0.6 * hang)[:, None] * UP)
    second = unit(side + 0.55 * forward - (0.25 + 1.6 * hang)[:, None] * UP)
    knee = foot + 0.5 * long[:, None] * first
    colour = mix(np.array([0.085, 0.145, 0.028]), np.array([0.052, 0.10, 0.022]), rng.random((len(share), 1)))
    if age > 0.93:
        colour = 0.75 * np.array([0.26, 0.19, 0.09]) + 0.25 * colour
    colour = colour * (1.15 - 0.3 * age) * rng.lognormal(0, 0.14, (len(share), 1))
    pieces = []
    for start, along, tone in ((foot, first, 0.95), (knee, second, 1.1)):
        normal = np.cross(along, forward) * np.sign(np.cross(along, forward) @ UP)[:, None] + 0.25 * UP
        normal = normal + 0.15 * rng.standard_normal(normal.shape)
        size = np.stack([0.30 * 0.5 * long, 0.019 * (0.5 + long)], axis=1) * np.array([1.15, 1.0])
        pieces.append(surfels(start + 0.25 * long[:, None] * along, normal, along, size).painted(colour * tone))
    return join(pieces).labelled("tree/leaves/evergreen").with_values(0.45, 0.12, 0.93)


def _nuts(head: np.ndarray, rng: np.random.Generator) -> Surfels:
    turn = rng.uniform(0, 2 * np.pi, 9)
    out = np.stack([np.cos(turn), rng.uniform(-1.5, -0.6, 9), np.sin(turn)], axis=1)
    nuts = surfels(head + 0.24 * out, out, UP, np.full((9, 3), 0.075))
    colour = mix(np.array([0.20, 0.17, 0.04]), np.array([0.16, 0.09, 0.04]), rng.random((9, 1)))
    return nuts.painted(colour).labelled("tree/leaves/evergreen")
