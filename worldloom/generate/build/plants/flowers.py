"""Flowers: small groups of one species, from every petal down to a dab of colour."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from worldloom.generate.build.plants.wood import Colour
from worldloom.generate.spec import Season
from worldloom.scene.surfels import UP, Array, Surfels, join, surfels, unit

_STEM = np.array([0.075, 0.125, 0.03])


@dataclass(frozen=True)
class FlowerKind:
    colours: tuple[Colour, ...]
    """Of petals, linear; a group has one of them, or several where `mixed`."""
    heart: Colour
    height: float
    """Metres."""
    head: float
    """Radius of a flower, metres."""
    petals: int
    open: float
    """0 a closed cup, 1 flat, above: bent back."""
    heart_size: float = 0.3
    """Over the head."""
    petal_width: float = 0.5
    """Over its length."""
    rows: int = 1
    facing: float = 0.0
    """How far heads turn to the side."""
    group: tuple[int, int] = (5, 9)
    """Fewest and most flowers of a group."""
    spread: float = 0.30
    """Radius of a group, metres."""
    leaf: tuple[float, float, int] = (0.10, 0.018, 3)
    """Length and width of its leaves, and how many."""
    leaf_colour: Colour = (0.065, 0.115, 0.028)
    mixed: bool = False


FLOWERS: dict[str, FlowerKind] = {
    "poppy": FlowerKind(
        ((0.62, 0.028, 0.014), (0.56, 0.04, 0.016), (0.66, 0.075, 0.02)),
        (0.012, 0.012, 0.012),
        0.46,
        0.042,
        5,
        0.62,
        petal_width=0.95,
        heart_size=0.28,
        facing=0.35,
    ),
    "sunflower": FlowerKind(
        ((0.78, 0.45, 0.012), (0.74, 0.38, 0.01)),
        (0.055, 0.026, 0.010),
        1.65,
        0.15,
        19,
        0.95,
        petal_width=0.30,
        heart_size=0.58,
        facing=1.1,
        group=(1, 3),
        spread=0.38,
        leaf=(0.26, 0.17, 7),
        leaf_colour=(0.06, 0.115, 0.026),
    ),
    "tulip": FlowerKind(
        ((0.60, 0.02, 0.022), (0.76, 0.50, 0.02), (0.66, 0.16, 0.26), (0.78, 0.74, 0.66), (0.22, 0.035, 0.20)),
        (0.05, 0.05, 0.02),
        0.38,
        0.040,
        6,
        0.10,
        petal_width=0.72,
        heart_size=0.2,
        leaf=(0.24, 0.045, 3),
        leaf_colour=(0.085, 0.14, 0.065),
        group=(5, 8),
        spread=0.24,
    ),
    "daisy": FlowerKind(
        ((0.82, 0.81, 0.77),),
        (0.72, 0.46, 0.02),
        0.20,
        0.022,
        12,
        0.92,
        petal_width=0.36,
        heart_size=0.40,
        group=(8, 14),
        spread=0.28,
        leaf=(0.06, 0.012, 3),
        facing=0.25,
    ),
    "rose": FlowerKind(
        ((0.52, 0.018, 0.035), (0.70, 0.22, 0.28), (0.80, 0.70, 0.62), (0.72, 0.36, 0.10)),
        (0.35, 0.015, 0.03),
        0.85,
        0.045,
        7,
        0.35,
        rows=3,
        petal_width=0.9,
        heart_size=0.35,
        group=(8, 13),
        spread=0.34,
        leaf=(0.075, 0.048, 34),
        leaf_colour=(0.042, 0.082, 0.024),
        facing=0.5,
    ),
    "wildflower": FlowerKind(
        ((0.12, 0.14, 0.56), (0.78, 0.58, 0.02), (0.42, 0.12, 0.44), (0.80, 0.78, 0.74), (0.62, 0.22, 0.38)),
        (0.60, 0.42, 0.05),
        0.34,
        0.020,
        8,
        0.75,
        petal_width=0.45,
        group=(8, 14),
        spread=0.36,
        leaf=(0.12, 0.010, 3),
        facing=0.3,
        mixed=True,
    ),
}
ALONE = 64
"""Variants from here on are one flower, not a group."""


def flower(species: str, season: Season, level: int, variant: int, rng: np.random.Generator) -> Surfels:
    """A group, root at the origin; `level` 0 has every petal, 3 is a few dabs of its colours."""
    if species == "mushroom":
        return _mushrooms(level, variant, rng)
    if species == "lotus":
        return _lotus(season, level, rng)
    kind = FLOWERS[species]
    count = int(rng.integers(kind.group[0], kind.group[1] + 1))
    if variant >= ALONE and kind.rows == 1:
        count = 1
    turn = np.arange(count) * 2.4 + rng.uniform(0, 6)
    foot = kind.spread * np.sqrt((np.arange(count) + 0.25) / count)[:, None] * _round(turn)
    foot *= count > 1
    foot += 0.15 * (count > 1) * kind.spread * rng.standard_normal((count, 3)) * np.array([1, 0, 1])
    tall = kind.height * rng.uniform(0.72, 1.15, count)
    lean = 0.13 * rng.standard_normal((count, 3)) * np.array([1, 0, 1]) + 0.25 * foot
    head = foot + tall[:, None] * unit(UP + lean)
    blooms = season in ("spring", "summer") or (season == "autumn" and species in ("rose", "daisy", "sunflower"))
    green = np.array(kind.leaf_colour) * (0.6 if season == "winter" else 1.0)
    if season == "winter":
        green = np.array([0.13, 0.105, 0.06])
    pieces = [_stems(foot, head, kind, level, green, rng), _leaves(foot, head, kind, level, green, rng)]
    if blooms:
        facing = unit(
            UP + kind.facing * unit(_round(rng.uniform(0, 2 * np.pi, count))) + 0.15 * rng.standard_normal((count, 3))
        )
        if species == "sunflower":
            facing = unit(0.35 * UP + np.array([0.75, 0, 0.55]) + 0.22 * rng.standard_normal((count, 3)))
        number = (
            rng.integers(0, len(kind.colours), count) if kind.mixed else np.full(count, variant % len(kind.colours))
        )
        colour = np.array(kind.colours)[number] * rng.lognormal(0, 0.10, (count, 1))
        pieces.append(_heads(head, facing, colour, kind, level, rng))
    return join(pieces).labelled("plant/flower").with_values(0.5, opacity=0.95).single()


def _round(turn: Array) -> Array:
    return np.stack([np.cos(turn), 0 * turn, np.sin(turn)], axis=1)


def _stems(foot: Array, head: Array, kind: FlowerKind, level: int, green: Array, rng: np.random.Generator) -> Surfels:
    if level >= 3:
        foot, head = foot[::3], head[::3]
    line = head - foot
    long = np.linalg.norm(line, axis=1)
    thick = (0.0022 + 0.006 * kind.head / 0.15) * (1, 1.15, 1.4, 2.2)[level]
    normal = np.cross(line, rng.standard_normal(line.shape)) + 0.02 * UP
    size = np.stack([0.26 * long, np.full(len(long), thick)], axis=1)
    return surfels((foot + head) / 2, normal, line, size).painted(_STEM * 0.4 + green * 0.6)


def _leaves(foot: Array, head: Array, kind: FlowerKind, level: int, green: Array, rng: np.random.Generator) -> Surfels:
    long, wide, each = kind.leaf
    kept = max(round(len(foot) * each * (1.0, 0.6, 0.25, 0.12)[level]), 1)
    grown = (len(foot) * each / kept) ** 0.5
    stem = rng.integers(0, len(foot), kept)
    bushy = kind.rows > 1 or each > 5
    share = rng.uniform(0.12, 0.8, kept) if bushy else rng.uniform(0.0, 0.25, kept)
    at = foot[stem] + share[:, None] * (head - foot)[stem]
    away = unit(_round(rng.uniform(0, 2 * np.pi, kept)) + (0.25 if bushy else 1.3) * UP)
    if kind.rows > 1:
        at = at + 0.10 * rng.standard_normal((kept, 3)) * np.array([1, 0.5, 1])
    size = np.array([0.30 * long, 0.30 * wide]) * grown * rng.uniform(0.7, 1.2, (kept, 1))
    normal = UP + 0.3 * rng.standard_normal((kept, 3))
    pieces = surfels(at + 0.5 * long * away, normal, away, size)
    return pieces.painted(green * rng.lognormal(0, 0.2, (kept, 1)) * (0.7 + 0.4 * share[:, None]))


def _heads(at: Array, facing: Array, colour: Array, kind: FlowerKind, level: int, rng: np.random.Generator) -> Surfels:
    count = len(at)
    if level >= 2:
        kept = slice(None) if level == 2 else slice(None, None, 3)
        wide = kind.head * (0.46 if level == 2 else 0.80) * np.ones((count, 3))
        dabs = surfels(at + 0.3 * kind.head * facing, facing, UP + 0.1, wide * [1.0, 0.9, 0.55]).painted(colour)
        if kind.heart_size > 0.5:
            hearts = surfels(at + 0.5 * kind.head * facing, facing, UP + 0.1, 0.5 * kind.heart_size * wide[:, :2])
            return join([dabs[kept], hearts.painted(kind.heart)[kept]])
        return dabs[kept]
    petals = max(kind.petals // (1 + level), 4)
    side = unit(np.cross(facing, np.array([0.31, 0.12, 0.94])))
    other = np.cross(facing, side)
    parts = []
    for row in range(kind.rows if level == 0 else min(kind.rows, 2)):
        angle = np.tile((np.arange(petals) + 0.5 * row) / petals * 2 * np.pi, (count, 1))
        angle = angle + rng.uniform(0, 2 * np.pi, (count, 1)) + 0.12 * rng.standard_normal(angle.shape)
        out = np.cos(angle)[..., None] * side[:, None] + np.sin(angle)[..., None] * other[:, None]
        tilt = (kind.open - 0.16 * row) * np.pi / 2 + 0.13 * rng.standard_normal(angle.shape)
        reach = kind.head * (1 - 0.25 * row)
        way = np.sin(tilt)[..., None] * out + np.cos(tilt)[..., None] * facing[:, None]
        normal = np.cos(tilt)[..., None] * -out + np.sin(tilt)[..., None] * facing[:, None]
        root = at[:, None] + 0.55 * kind.head * kind.heart_size * out * (kind.open > 0.5)
        middle = root + 0.52 * reach * way + (1 - kind.open) * 0.25 * reach * out
        wide = kind.petal_width * reach * (1 + 0.7 * level)
        size = np.broadcast_to(np.array([0.30 * reach, 0.27 * wide]), (count * petals, 2))
        tone = rng.lognormal(0, 0.13, (count, petals, 1)) * (1 - 0.16 * row)
        shown = surfels(middle.reshape(-1, 3), normal.reshape(-1, 3), way.reshape(-1, 3), size)
        parts.append(shown.painted((colour[:, None] * tone).reshape(-1, 3)))
    heart = kind.head * kind.heart_size
    high = 0.12 if kind.open > 0.5 else 0.35
    core = surfels(
        at + high * kind.head * facing, facing, side, np.tile([0.5 * heart, 0.5 * heart, 0.22 * heart], (count, 1))
    )
    parts.append(core.painted(np.array(kind.heart)))
    if level == 0 and heart > 0.05:
        parts.append(_seeds(at, facing, side, other, heart, rng))
    return join(parts)


def _seeds(at: Array, facing: Array, side: Array, other: Array, heart: float, rng: np.random.Generator) -> Surfels:
    """The ring of florets about a sunflower's dark disc."""
    count = len(at)
    angle = np.arange(22) * 2.4
    out = np.cos(angle)[:, None] * side[:, None] + np.sin(angle)[:, None] * other[:, None]
    spot = at[:, None] + heart * (0.55 + 0.38 * rng.random((count, 22, 1))) * out + 0.24 * heart * facing[:, None]
    florets = surfels(spot.reshape(-1, 3), np.repeat(facing, 22, axis=0), UP + 0.1, np.full((count * 22, 2), 0.012))
    return florets.painted(np.array([0.20, 0.10, 0.02]) * rng.lognormal(0, 0.3, (count * 22, 1)))


def _lotus(season: Season, level: int, rng: np.random.Generator) -> Surfels:
    """Round pads on the water (y = 0), pink flowers a little above it."""
    pads = int(rng.integers(6, 10))
    turn = np.arange(pads) * 2.4 + rng.uniform(0, 6)
    wide = rng.uniform(0.13, 0.24, pads)
    middle = 0.62 * np.sqrt((np.arange(pads) + 0.2) / pads)[:, None] * _round(turn) + 0.012 * UP
    if level == 3:
        middle, wide, pads = middle[::2], 1.35 * wide[::2], len(wide[::2])
    green = np.array([0.06, 0.12, 0.035]) if season != "winter" else np.array([0.14, 0.11, 0.05])
    each = (14, 7, 1, 1)[level]
    angle = np.arange(each) * 2.39996
    spot = middle[:, None] + (wide[:, None] * np.sqrt((np.arange(each) + 0.3) / each))[..., None] * _round(angle)
    small = np.repeat(wide * (0.30, 0.40, 0.55, 0.7)[level], each)
    flat = surfels(
        spot.reshape(-1, 3), UP + 0.04 * rng.standard_normal((len(small), 3)), [1.0, 0, 0], np.stack([small] * 2, 1)
    )
    tone = np.repeat(rng.lognormal(0, 0.18, (pads, 1)), each, axis=0) * rng.lognormal(0, 0.08, (len(small), 1))
    parts = [flat.painted(green * tone).with_values(0.25, 0.15)]
    if season in ("spring", "summer"):
        kind = FlowerKind(((0.80, 0.34, 0.46),), (0.72, 0.52, 0.06), 0.2, 0.11, 10, 0.62, rows=3, petal_width=0.42)
        flowers = int(rng.integers(1, 4))
        head = middle[:flowers] * np.array([0.6, 0, 0.6]) + UP * rng.uniform(0.06, 0.22, (flowers, 1))
        colour = np.tile(np.array(kind.colours), (flowers, 1)) * rng.uniform(0.9, 1.15, (flowers, 1))
        parts.append(
            _heads(head, unit(UP + 0.15 * rng.standard_normal((flowers, 3))), colour, kind, level, rng).with_values(0.5)
        )
    return join(parts).labelled("plant/flower").single()


def _mushrooms(level: int, variant: int, rng: np.random.Generator) -> Surfels:
    """Fly agarics, red with white flecks, or brown caps (odd variants)."""
    red = variant % 2 == 0
    parts = []
    for number in range(1 if variant >= ALONE else int(rng.integers(3, 6))):
        grown = rng.uniform(0.5, 1.15)
        foot = 0.16 * np.sqrt(number) * _round(np.array([number * 2.4 + rng.uniform(-0.4, 0.4)]))[0]
        tall, cap = 0.14 * grown, 0.075 * grown
        each = (54, 22, 6, 1)[level]
        index = np.arange(each) + 0.5
        polar, angle = np.arccos(1 - 0.92 * index / each), index * 2.39996
        out = np.stack([np.sin(polar) * np.cos(angle), np.cos(polar), np.sin(polar) * np.sin(angle)], axis=1)
        top = surfels(
            foot + UP * (tall - 0.2 * cap) + cap * out * np.array([1, 0.72, 1]),
            out,
            np.cross(out, UP) + 1e-3,
            np.full((each, 2), 1.55 * cap / max(each, 3) ** 0.5),
        )
        colour = np.array([0.50, 0.035, 0.018]) if red else np.array([0.22, 0.125, 0.06])
        parts.append(top.painted(colour * rng.lognormal(0, 0.10, (each, 1))))
        posts = (8, 3, 1, 1)[level]
        share = (np.arange(posts) + 0.5) / posts
        around = _round(np.arange(posts) * 2.4)
        stem_size = np.tile([0.5 * tall / posts + 0.008, 0.018 * grown, 0.008], (posts, 1))
        stem = surfels(
            foot + UP * (share * (tall - 0.25 * cap))[:, None] + 0.010 * grown * around, around + 0.1, UP, stem_size
        )
        parts.append(stem.painted(np.array([0.66, 0.62, 0.52]) * rng.uniform(0.8, 1.05, (posts, 1))))
        if red and level < 2:
            flecks = top[rng.permutation(each)[: 11 if level == 0 else 5]]
            raised = replace(
                flecks,
                position=flecks.position + 0.004 * flecks.normal,
                size=np.tile([0.006, 0.005, 0.002], (len(flecks), 1)),
            )
            parts.append(raised.painted((0.78, 0.74, 0.66)))
    return join(parts).labelled("plant/flower").with_values(0.15).single()
