"""Leaves on the twigs of a skeleton: sprays of broad leaves, needles, hanging strands, bare winter twigs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from worldloom.generate.build.plants.skeleton import Skeleton
from worldloom.generate.build.plants.wood import Colour
from worldloom.generate.noise import blend, fbm, noise, smoothstep
from worldloom.scene.surfels import UP, Array, Surfels, surfels, unit


@dataclass(frozen=True)
class Leaf:
    """Leaves of a species; what is drawn is a spray of a few."""

    length: float = 0.20
    """Metres of one spray, from end to end."""
    slim: float = 0.5
    """Its width over its length."""
    reach: float = 0.42
    """How far from the twig, metres."""
    droop: float = 0.25
    """How far leaves hang."""
    flat: float = 0.75
    """Height of a twig's cloud of leaves over its width."""
    twigs: int = 2
    """Joints from the tip that bear leaves."""
    lowest: float = 0.0
    """Metres below which it bears none: roots are there."""
    kind: Literal["broad", "needle"] = "broad"
    evergreen: bool = False
    light_through: float = 0.5
    shine: float = 0.0


Palette = tuple[tuple[float, Colour], ...]
"""Colours, linear, and how much of each."""


def leaves(bones: Skeleton, leaf: Leaf, palette: Palette, count: int, rng: np.random.Generator) -> Surfels:
    """`count` sprays in random order, so that the first few of them cover the same crown as all do."""
    spot, along = _spots(bones, leaf, count, rng)
    reach = leaf.reach * rng.uniform(0.15, 1.0, count) ** 0.6
    away = unit(rng.standard_normal((count, 3)))
    offset = (
        reach[:, None] * away * np.array([1, leaf.flat, 1]) - UP * (leaf.droop * reach * rng.random(count))[:, None]
    )
    if leaf.kind == "needle":
        offset = offset * 0.5 + along * reach[:, None] * 0.5
    if leaf.kind == "needle":
        pointing = 1.5 * along + 0.5 * unit(offset) - 0.7 * leaf.droop * UP + 0.28 * rng.standard_normal((count, 3))
    else:
        pointing = unit(offset) + 0.8 * along - 1.2 * leaf.droop * UP + 0.35 * rng.standard_normal((count, 3))
    position = spot + offset
    outward, depth = _outward(position)
    puff = unit(offset + 0.25 * UP * leaf.reach)
    level = 0.28 + (0.55 * (1 - leaf.flat) if leaf.kind == "needle" else 0.0)  # boughs of conifers lie in layers
    normal = 0.75 * outward + 0.35 * puff + level * UP + 0.5 * rng.standard_normal((count, 3))
    size = 0.27 * leaf.length * rng.lognormal(0, 0.22, count)
    shape = np.stack([size, leaf.slim * size * rng.uniform(0.8, 1.2, count), 0.16 * size * leaf.slim], axis=1)
    pieces = surfels(position, normal, pointing, shape)
    pieces = pieces.painted(leaf_colours(position, depth, palette, rng))
    label = "tree/leaves/evergreen" if leaf.evergreen else "tree/leaves/deciduous"
    return pieces.labelled(label).with_values(leaf.light_through, leaf.shine, rng.uniform(0.86, 0.95, count))


def leaf_colours(position: Array, depth: Array, palette: Palette, rng: np.random.Generator) -> Array:
    """Of each leaf (N, 3): patches of the palette's colours, darker inside (`depth` 0) than out (1)."""
    shares = np.cumsum([share for share, _ in palette])
    patchy = noise(position * 0.9 + rng.uniform(0, 50, 3), 61) * 0.55 + 0.5 + 0.20 * rng.standard_normal(len(position))
    pick = np.searchsorted(shares / shares[-1], patchy.clip(0, 0.999), side="right").clip(0, len(palette) - 1)
    colour = np.array([one for _, one in palette])[pick]
    bright = (0.52 + 0.56 * smoothstep(0.15, 1.0, depth)) * rng.lognormal(0, 0.17, len(position))
    bright *= 1 + 0.20 * fbm(position * 1.3, 63, 2)
    hue = rng.standard_normal((len(position), 1)) * np.array([0.10, 0.0, 0.06])
    return colour * bright[:, None] * (1 + hue)


def fresh_twigs(bones: Skeleton, leaf: Leaf, colour: Colour, count: int, rng: np.random.Generator) -> Surfels:
    """What is left of the sprays in winter: thin twigs that fork from the last joints."""
    spot, along = _spots(bones, leaf, count, rng)
    long = leaf.reach * rng.uniform(0.5, 1.25, count)
    pointing = unit(along + 0.75 * unit(rng.standard_normal((count, 3))) + (0.35 - 1.2 * leaf.droop) * UP)
    thick = 0.0042 * rng.uniform(0.7, 1.5, count)
    side = np.cross(pointing, unit(rng.standard_normal((count, 3)))) + 0.25 * UP
    pieces = surfels(
        spot + 0.5 * long[:, None] * pointing, side, pointing, np.stack([0.3 * long, thick, thick], axis=1)
    )
    tone = rng.lognormal(0, 0.2, (count, 1))
    return pieces.painted(np.array(colour) * tone).labelled("tree/trunk").with_values(opacity=0.9)


def blossom(crown: Surfels, share: float, colours: Palette, rng: np.random.Generator) -> Surfels:
    """A crown with `share` of its leaves turned to flowers."""
    bloom = rng.random(len(crown)) < share
    _, depth = _outward(crown.position)
    petals = leaf_colours(crown.position, 0.45 + 0.55 * depth, colours, rng)
    flowers = crown.labelled("tree/leaves/blossom")
    rounder = np.stack([0.75 * crown.size[:, 0], 0.62 * crown.size[:, 0], crown.size[:, 2]], axis=1)
    return replace(
        crown,
        size=np.where(bloom[:, None], rounder, crown.size),
        albedo=np.where(bloom[:, None], petals, crown.albedo).clip(0.005, 0.95),
        label=np.where(bloom, flowers.label, crown.label),
        leaf=np.where(bloom, 0.55, crown.leaf),
    )


def strands(
    bones: Skeleton, palette: Palette, count: int, longest: float, rng: np.random.Generator, each: int = 26
) -> Surfels:
    """A willow's hanging rods, leaves along them, in random order."""
    lines = max(count // each, 1)
    tips = np.flatnonzero(bones.tip_distance() <= 3)
    root = bones.position[tips[rng.integers(0, len(tips), lines)]] + 0.22 * rng.standard_normal((lines, 3))
    out = unit(root * np.array([1, 0, 1]) + 1e-6)
    long = np.minimum(longest * rng.uniform(0.35, 1.0, lines), root[:, 1] - 0.35 * rng.uniform(0.5, 2.5, lines)).clip(
        0.4
    )
    line = np.repeat(np.arange(lines), each)
    share = np.tile((np.arange(each) + 0.5) / each, lines)
    drop = np.asarray(share * long[line], np.float64)
    swing = 0.55 * (1 - np.exp(-1.6 * drop))
    sway = (
        0.10
        * np.stack([noise(np.column_stack([drop * 0.8, line * 7.1]).astype(float), 71 + k) for k in (0, 1)], axis=1)
        * share[:, None]
    )
    position = root[line] + out[line] * swing[:, None] - UP * (drop - 0.25 * np.exp(-3 * drop))[:, None]
    position[:, [0, 2]] += sway + 0.025 * rng.standard_normal((len(line), 2))
    pointing = -UP + out[line] * (0.5 * np.exp(-1.6 * drop))[:, None] + 0.30 * rng.standard_normal((len(line), 3))
    normal = out[line] + 0.25 * UP + 0.6 * rng.standard_normal((len(line), 3))
    size = np.stack([0.55 * long[line] / each + 0.035, 0.018 * rng.uniform(0.7, 1.4, len(line))], axis=1)
    _, depth = _outward(position)
    pieces = surfels(position, normal, pointing, size).painted(leaf_colours(position, depth, palette, rng))
    pieces = pieces.labelled("tree/leaves/deciduous").with_values(0.55, opacity=0.9)
    return pieces[rng.permutation(len(pieces))]


def outer_first(crown: Surfels, rng: np.random.Generator) -> Surfels:
    """In random order, but leaves far out tend to come before those inside, which hardly show."""
    _, depth = _outward(crown.position)
    return crown[np.argsort(-(rng.random(len(crown)) ** (1 / (0.15 + depth**2))), kind="stable")]


def _spots(bones: Skeleton, leaf: Leaf, count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    line = bones.position - bones.position[np.maximum(bones.parent, 0)]
    root = (unit(line)[:, 1] < -0.9) | (bones.position[:, 1] < leaf.lowest)
    bearing = np.flatnonzero((bones.tip_distance() < leaf.twigs) & (bones.parent >= 0) & ~root)
    order = np.concatenate([rng.permutation(bearing) for _ in range(-(-count // len(bearing)))])[:count]
    before = bones.position[bones.parent[order]]
    along = bones.position[order] - before
    return before + rng.uniform(0.1, 1.15, (count, 1)) * along, unit(along)


def _outward(position: Array) -> tuple[Array, Array]:
    """Away from the crown's heart (N, 3), and how far out (N,): 0 there, 1 at its outside."""
    low, high = np.quantile(position, 0.03, axis=0), np.quantile(position, 0.97, axis=0)
    middle, half = (low + high) / 2, ((high - low) / 2).clip(0.05)
    middle = middle - np.array([0, 0.25 * half[1], 0])
    from_heart = (position - middle) / half
    return unit(from_heart / half * half.mean()), np.linalg.norm(from_heart, axis=1).clip(0, 1.2) / 1.2


def blended(first: Palette, second: Palette, share: float) -> Palette:
    """Between two palettes."""
    kept = tuple((weight * (1 - share), colour) for weight, colour in first)
    return kept + tuple((weight * share, colour) for weight, colour in second)


def paler(palette: Palette, share: float, toward: Colour) -> Palette:
    return tuple(
        (weight, tuple(blend(np.array(colour), np.array(toward), np.array(share)).tolist()))
        for weight, colour in palette
    )
