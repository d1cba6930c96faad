"""What pieces of buildings look like: bricks, boards, tiles, glass, dirt; in coordinates (s, t) along the surface.

Patterns fade where surfels are too far apart to show them, so that far walls don't flicker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.noise import smoothstep
from worldloom.generate.surfels import Array


@dataclass(frozen=True, eq=False)
class Spots:
    """N surfels where they lie on their pieces."""

    s: Array
    """Metres along the piece's a..."""
    t: Array
    """...and across it, upwards on walls; the same for all pieces in one plane."""
    u: Array
    """Share of a, 0..1..."""
    v: Array
    """...and of b."""
    wide: Array
    """Metres of a..."""
    high: Array
    """...and of b."""
    above: Array
    """Metres above the ground that the building stands on."""
    seed: Array
    """0..1, the building's."""
    spacing: Array
    """Metres to the next surfel."""
    piece: NDArray[Any]
    """Number of the piece."""
    upward: Array
    """y of the normal."""

    def __getitem__(self, index: Any) -> Spots:
        return Spots(*(getattr(self, field.name)[index] for field in fields(self)))


@dataclass(frozen=True, eq=False)
class Coat:
    """How N surfels look."""

    albedo: Array
    """(N, 3) linear."""
    gloss: Array
    """(N,)"""
    glow: Array
    """(N,) factor of the light that the piece gives off."""
    tilt: Array | None = None
    """(N, 2) how far the normal leans along and across."""


_TEXELS = 256


@cache
def _grain() -> Array:
    """(256, 256) fractal noise that repeats, about -1..1; 8 units across."""
    rng = np.random.default_rng(20)
    total = np.zeros((_TEXELS, _TEXELS), np.float32)
    share = np.arange(_TEXELS)
    for octave in range(5):
        cells = 8 * 2**octave
        place = share * cells / _TEXELS
        index = place.astype(int)
        part = place - index
        part = (part * part * (3 - 2 * part)).astype(np.float32)
        lattice = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
        rows = lattice[index] * (1 - part)[:, None] + lattice[(index + 1) % cells] * part[:, None]
        total += 0.55**octave * (rows[:, index] * (1 - part) + rows[:, (index + 1) % cells] * part)
    return total / np.float32(1.1)


def blotch(s: Array, t: Array, seed: Any = 0.0) -> Array:
    """(N,) fractal noise that changes over a length of about 1, -1..1."""
    x = ((s + seed * np.float32(61.7)) * np.float32(32)).astype(np.int32) & (_TEXELS - 1)
    y = ((t + seed * np.float32(37.1)) * np.float32(32)).astype(np.int32) & (_TEXELS - 1)
    return _grain()[y, x]


def chance(first: Any, second: Any, third: Any = 0.0) -> Array:
    """(N,) uniform in 0..1, always the same for the same numbers."""
    first, second, third = np.broadcast_arrays(first, second, third)
    whole = first.shape
    first, second, third = (np.atleast_1d(number) for number in (first, second, third))
    mixed = first.astype(np.int64).astype(np.uint32) * np.uint32(0x9E3779B1)
    mixed = mixed + second.astype(np.int64).astype(np.uint32) * np.uint32(0x85EBCA77)
    mixed = mixed + (third * 65536).astype(np.int64).astype(np.uint32) * np.uint32(0xC2B2AE3D)
    mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    mixed = (mixed ^ (mixed >> np.uint32(12))) * np.uint32(0x297A2D39)
    mixed = (mixed ^ (mixed >> np.uint32(15))) >> np.uint32(8)
    return (mixed.astype(np.float32) / np.float32(1 << 24)).reshape(whole)


def _line(value: Array, period: Array | float, width: float, spacing: Array) -> Array:
    """1 on lines of that width and 0 between them; wider but fainter where surfels are far apart."""
    away = np.abs(value / period - np.rint(value / period)) * period
    half = np.maximum(width, 0.8 * spacing) / 2
    return np.clip(1.2 - away / half, 0, 1) * np.minimum(width / half / 2, 1) ** 0.6


def _fade(unit: float, spacing: Array) -> Array:
    return np.clip(1.3 * unit / spacing, 0, 1)


def _tinted(base: Array, light: Array, hue: Array | None = None) -> Array:
    """Lighter or darker, and warmer or cooler by `hue`."""
    out = base * light[:, None]
    if hue is not None:
        out = out * (1 + hue[:, None] * np.array([0.5, 0.0, -0.6], np.float32))
    return out


def _weather(spots: Spots, strength: float) -> Array:
    """(N,) factor: dark and damp at the foot, streaks of rain, blotches."""
    low = smoothstep(0.9, 0.05, spots.above + 0.5 * blotch(spots.s * 0.8, spots.t * 0.5, spots.seed))
    streak = np.clip(blotch(spots.s * 2.6, spots.t * 0.13, spots.seed + 0.3) - 0.15, 0, 1)
    large = blotch(spots.s * 0.35, spots.t * 0.3, spots.seed + 0.7)
    return (1 - strength * (0.75 * low + 0.5 * streak)) * (1 + 0.35 * strength * large)


def _dirty(albedo: Array, factor: Array) -> Array:
    """Darkened, to the brown side."""
    return albedo * (factor[:, None] ** np.array([0.85, 1.0, 1.25], np.float32))


def _plaster(spots: Spots, base: Array) -> Coat:
    fine = blotch(spots.s * 6, spots.t * 6)
    large = blotch(spots.s * 0.7, spots.t * 0.55, spots.seed)
    albedo = _tinted(base, 1 + 0.035 * fine + 0.09 * large, 0.05 * large)
    albedo = _dirty(albedo, _weather(spots, 0.34))
    bare = smoothstep(0.62, 0.74, large + 0.28 * (spots.above < 1.6) - 0.4 * (spots.seed < 0.55))
    row = np.floor(spots.t / 0.08)
    brick = np.array([0.27, 0.13, 0.085], np.float32) * (
        0.7 + 0.6 * chance(row, np.floor(spots.s / 0.25 + 0.5 * (row % 2)))[:, None]
    )
    albedo = albedo * (1 - 0.8 * bare[:, None]) + brick * (0.8 * bare[:, None])
    return Coat(albedo, np.zeros(len(fine), np.float32), np.ones(len(fine), np.float32), _rough(spots, 0.05))


def _rough(spots: Spots, amount: float) -> Array:
    """Normals shaken a little, from spot to spot."""
    return amount * np.stack(
        [blotch(spots.s * 3.1, spots.t * 3.1, 0.2), blotch(spots.s * 3.1, spots.t * 3.1, 0.9)], axis=1
    )


def _masonry(
    wide: float, tall: float, joint: float, vary: float, warp: float = 0.0, joint_tone: float = 0.55, dirt: float = 0.35
) -> Callable[[Spots, Array], Coat]:
    """Blocks in courses, each half a block further than the one below; `warp` makes them irregular."""

    def look(spots: Spots, base: Array) -> Coat:
        s, t = spots.s, spots.t
        if warp:
            s = s + warp * blotch(spots.s * 1.1, spots.t * 1.1, spots.seed)
            t = t + 0.7 * warp * blotch(spots.s * 0.9 + 3, spots.t * 1.3, spots.seed)
        row = np.floor(t / tall)
        shift = 0.5 * (row % 2) + (0.35 * chance(row, 7) if warp else 0)
        column = np.floor(s / wide + shift)
        clear = _fade(tall, spots.spacing)
        tone = chance(row, column, spots.seed) - 0.5
        hue = (chance(column, row, spots.seed) - 0.5) * 0.22 * clear
        light = 1 + vary * tone * (0.35 + 0.65 * clear) + 0.07 * blotch(spots.s * 5, spots.t * 5)
        albedo = _tinted(base, light, hue)
        seam = np.maximum(
            _line(t, tall, joint, spots.spacing), _line((s / wide + shift) * wide, wide, joint, spots.spacing)
        )
        mortar = base.mean(axis=1, keepdims=True) * np.array([1.05, 1.0, 0.92], np.float32) * joint_tone
        seam = (seam * clear * 0.85)[:, None]
        albedo = albedo * (1 - seam) + mortar * seam
        tilt = np.stack([(chance(row, column) - 0.5), chance(column, row) - 0.5], axis=1) * (
            0.22 * vary * clear[:, None]
        )
        return Coat(
            _dirty(albedo, _weather(spots, dirt)),
            np.zeros(len(s), np.float32),
            np.ones(len(s), np.float32),
            tilt.astype(np.float32),
        )

    return look


def _boards(upright: bool, width: float, gap: float, lap: float = 0.0) -> Callable[[Spots, Array], Coat]:
    """Planks side by side; with `lap` each one covers the next one's edge."""

    def look(spots: Spots, base: Array) -> Coat:
        across, length = (spots.s, spots.t) if upright else (spots.t, spots.s)
        number = np.floor(across / width)
        clear = _fade(width, spots.spacing)
        part = np.floor(length / 2.9 + 0.7 * chance(number, 3))
        tone = chance(number, part, spots.seed) - 0.5
        grain = blotch(across * 9, length * 0.6, spots.seed)
        light = 1 + (0.34 * tone) * (0.3 + 0.7 * clear) + 0.13 * grain
        light = light * (1 - 0.62 * _line(across, width, gap, spots.spacing) * clear)
        if lap:
            share = across / width - number
            light = light * (1 - lap * (1 - share) * clear)
        albedo = _dirty(_tinted(base, light, 0.12 * tone), _weather(spots, 0.3))
        tilt = np.zeros((len(across), 2), np.float32)
        tilt[:, 1 - int(upright)] = -0.18 * (lap > 0) * clear
        return Coat(albedo, np.zeros(len(across), np.float32), np.ones(len(across), np.float32), tilt)

    return look


def _logs(spots: Spots, base: Array) -> Coat:
    """Round trunks laid on each other."""
    size = 0.27
    number = np.floor(spots.t / size)
    share = 2 * (spots.t / size - number) - 1
    clear = _fade(size, spots.spacing)
    grain = blotch(spots.s * 0.5, spots.t * 9, spots.seed)
    tone = chance(number, 5, spots.seed) - 0.5
    light = (1 + 0.3 * tone + 0.16 * grain) * (1 - 0.68 * clear * smoothstep(0.55, 1.0, np.abs(share)))
    tilt = np.stack([np.zeros_like(share), 0.85 * share * clear], axis=1).astype(np.float32)
    albedo = _dirty(_tinted(base, light, 0.1 * tone), _weather(spots, 0.25))
    return Coat(albedo, np.zeros(len(share), np.float32), np.ones(len(share), np.float32), tilt)


def _wood(spots: Spots, base: Array) -> Coat:
    """One piece of timber, its grain along the longer side."""
    long = spots.wide > spots.high
    along, across = np.where(long, spots.s, spots.t), np.where(long, spots.t, spots.s)
    grain = blotch(along * 0.7, across * 10, spots.seed) + 0.5 * blotch(along * 2, across * 30)
    tone = chance(spots.piece, 11) - 0.5
    albedo = _tinted(base, 1 + 0.2 * grain + 0.22 * tone, 0.08 * tone)
    return Coat(
        albedo,
        np.zeros(len(along), np.float32),
        np.ones(len(along), np.float32),
    )


def _plain(vary: float, gloss: float, dirt: float = 0.15) -> Callable[[Spots, Array], Coat]:
    """One colour, a little uneven."""

    def look(spots: Spots, base: Array) -> Coat:
        light = 1 + vary * (blotch(spots.s * 1.3, spots.t * 1.3, spots.seed) + 0.5 * blotch(spots.s * 7, spots.t * 7))
        albedo = _dirty(_tinted(base, light), _weather(spots, dirt))
        return Coat(albedo, np.full(len(light), gloss, np.float32), np.ones(len(light), np.float32))

    return look


def _panels(wide: float, tall: float, seam: float, vary: float, gloss: float, dirt: float) -> Callable[..., Coat]:
    """Large plates with narrow seams: concrete, metal, hulls."""

    def look(spots: Spots, base: Array) -> Coat:
        row, column = np.floor(spots.t / tall), np.floor(spots.s / wide)
        tone = chance(row, column, spots.seed) - 0.5
        light = 1 + vary * tone + 0.05 * blotch(spots.s * 2, spots.t * 2, spots.seed)
        cut = np.maximum(_line(spots.t, tall, seam, spots.spacing), _line(spots.s, wide, seam, spots.spacing)) * _fade(
            tall * 0.4, spots.spacing
        )
        albedo = _dirty(_tinted(base, light * (1 - 0.55 * cut)), _weather(spots, dirt))
        return Coat(albedo, (gloss * (1 - cut)).astype(np.float32), np.ones(len(light), np.float32))

    return look


def _tiles(wide: float, tall: float, wave: float, vary: float, gloss: float = 0.0) -> Callable[[Spots, Array], Coat]:
    """Roof tiles in courses; `wave` how round they are. v runs up the roof."""

    def look(spots: Spots, base: Array) -> Coat:
        row = np.floor(spots.t / tall)
        shift = 0.0 if wave else 0.5 * (row % 2)
        column = np.floor(spots.s / wide + shift)
        clear, clear_row = _fade(wide * 0.8, spots.spacing), _fade(tall * 0.8, spots.spacing)
        tone = chance(row, column, spots.seed) - 0.5
        old = blotch(spots.s * 0.5, spots.t * 0.4, spots.seed)
        light = 1 + vary * tone * (0.4 + 0.6 * clear) + 0.16 * old
        angle = (spots.s / wide + shift - column) * 2 * np.pi
        light = light * (1 - 0.24 * wave * clear * (1 + np.cos(angle)))
        share = spots.t / tall - row
        light = light * (1 - 0.42 * clear_row * smoothstep(0.22, 0.0, share))
        moss = smoothstep(0.35, 0.95, old + 0.35 * blotch(spots.s * 3, spots.t * 3) - 0.6 * (spots.seed < 0.6))
        albedo = _tinted(base, light, 0.25 * tone * clear)
        albedo = albedo * (1 - 0.7 * moss[:, None]) + np.array([0.075, 0.085, 0.03], np.float32) * 0.7 * moss[:, None]
        tilt = np.stack([0.55 * wave * np.sin(-angle) * clear, -0.12 * clear_row], axis=1).astype(np.float32)
        return Coat(albedo, np.full(len(row), gloss, np.float32), np.ones(len(row), np.float32), tilt)

    return look


def _thatch(spots: Spots, base: Array) -> Coat:
    straw = blotch(spots.s * 14, spots.t * 1.4, spots.seed)
    patches = blotch(spots.s * 0.6, spots.t * 0.5, spots.seed)
    layer = spots.t / 0.75 + 0.18 * blotch(spots.s * 2.2, spots.t * 0.2)
    edge = smoothstep(0.2, 0.0, layer - np.floor(layer)) * _fade(0.5, spots.spacing)
    light = (1 + 0.3 * straw + 0.25 * patches) * (1 - 0.38 * edge)
    moss = smoothstep(0.3, 0.9, patches + 0.3 * straw)[:, None] * 0.5
    albedo = _tinted(base, light, 0.12 * patches) * (1 - moss) + np.array([0.07, 0.08, 0.03], np.float32) * moss
    return Coat(albedo, np.zeros(len(straw), np.float32), np.ones(len(straw), np.float32), _rough(spots, 0.3))


def _turf(spots: Spots, base: Array) -> Coat:
    blades = blotch(spots.s * 7, spots.t * 5, spots.seed)
    dry = smoothstep(0.0, 0.9, blotch(spots.s * 0.7, spots.t * 0.7, spots.seed))[:, None]
    albedo = _tinted(base, 1 + 0.45 * blades) * (1 - 0.6 * dry)
    albedo = albedo + 0.6 * dry * np.array([0.17, 0.15, 0.055], np.float32) * (1 + 0.3 * blades[:, None])
    return Coat(albedo, np.zeros(len(blades), np.float32), np.ones(len(blades), np.float32), _rough(spots, 0.6))


def _pane(spots: Spots, base: Array) -> Coat:
    """A window: dark, brighter below where something stands behind it, with bars if it is large enough."""
    behind = blotch(spots.u * 2.0 + spots.piece * 0.37, spots.v * 1.5, spots.seed)
    light = 0.75 + 0.5 * spots.v + 0.3 * behind
    glow = (0.55 + 0.5 * (1 - spots.v) + 0.35 * behind).clip(0.1, 1.5)
    count = len(light)
    return Coat(_tinted(base, light.clip(0.2, 2)), np.full(count, 0.85, np.float32), glow.astype(np.float32))


def _curtain(spots: Spots, base: Array) -> Coat:
    """A glass front: panes between thin posts, a band at each floor, some blinds drawn, some rooms lit."""
    wide, tall = 1.35, 3.4
    up = spots.above - 0.16
    row, column = np.floor(up / tall), np.floor(spots.s / wide)
    floor = up / tall - row
    post = _line(spots.s, wide, 0.07, spots.spacing) * _fade(0.8, spots.spacing)
    band = (floor < 0.16).astype(np.float32)
    rail = _line(up - 0.16 * tall, tall, 0.06, spots.spacing)
    tone = chance(row, column, spots.seed)
    blind = (tone > 0.8) * (floor > 1 - 0.45 * chance(column, row, spots.seed))
    glass = _tinted(base, 0.7 + 0.5 * floor + 0.5 * (tone - 0.5))
    metal = np.array([0.30, 0.31, 0.33], np.float32)
    albedo = np.where(blind[:, None], np.array([0.2, 0.2, 0.19], np.float32), glass)
    albedo = albedo * (1 - 0.75 * band[:, None]) + base * 0.9 * band[:, None]
    frame = np.maximum(post, rail).clip(0, 1)[:, None]
    albedo = albedo * (1 - frame) + metal * frame
    lit = (chance(np.floor(spots.s / (2 * wide)), row, spots.seed + 0.5) < 0.42) * (1 - band) * (1 - frame[:, 0])
    return Coat(
        albedo,
        (0.8 * (1 - 0.6 * frame[:, 0])).astype(np.float32),
        (lit * (0.6 + 0.6 * floor)).astype(np.float32),
    )


def _paper(spots: Spots, base: Array) -> Coat:
    """Shoji: paper behind a lattice of thin laths."""
    lath = np.maximum(
        _line(spots.u * spots.wide, spots.wide / 3, 0.03, spots.spacing),
        _line(spots.v * spots.high, spots.high / np.maximum(np.rint(spots.high / 0.42), 1), 0.03, spots.spacing),
    )[:, None]
    wood = np.array([0.13, 0.07, 0.035], np.float32)
    light = 1 + 0.05 * blotch(spots.s, spots.t, spots.seed)
    albedo = _tinted(base, light) * (1 - lath) + wood * lath
    return Coat(albedo, np.zeros(len(light), np.float32), (1 - lath[:, 0]).astype(np.float32))


def _stripes(spots: Spots, base: Array) -> Coat:
    """Cloth with white stripes along b: awnings."""
    white = (np.floor(spots.s / 0.28) % 2)[:, None] * 0.85 * _fade(0.3, spots.spacing)[:, None]
    albedo = base * (1 - white) + np.array([0.7, 0.68, 0.62], np.float32) * white
    albedo = _tinted(albedo, 1 + 0.08 * blotch(spots.s * 2, spots.t * 2, spots.seed))
    return Coat(albedo, np.zeros(len(white), np.float32), np.ones(len(white), np.float32))


def _checker(spots: Spots, base: Array) -> Coat:
    """Floor tiles of two tones."""
    size = 0.4
    column, row = np.floor(spots.s / size), np.floor(spots.t / size)
    dark = ((column + row) % 2) * 0.45
    light = 1 - dark + 0.12 * (chance(row, column) - 0.5)
    seam = np.maximum(_line(spots.s, size, 0.015, spots.spacing), _line(spots.t, size, 0.015, spots.spacing))
    return Coat(_tinted(base, light * (1 - 0.4 * seam)), np.full(len(row), 0.2, np.float32), np.ones(len(row)))


def _glass(spots: Spots, base: Array) -> Coat:
    count = len(spots.s)
    return Coat(_tinted(base, 0.9 + 0.2 * spots.v), np.full(count, 0.9, np.float32), np.ones(count, np.float32))


def _light(spots: Spots, base: Array) -> Coat:
    count = len(spots.s)
    return Coat(base, np.full(count, 0.2, np.float32), np.ones(count, np.float32))


LOOKS: dict[str, tuple[Callable[[Spots, Array], Coat], tuple[float, float]]] = {
    "plaster": (_plaster, (1.25, 1.25)),
    "brick": (_masonry(0.25, 0.085, 0.012, 0.62, joint_tone=1.25), (1.25, 0.8)),
    "stone": (_masonry(0.62, 0.31, 0.022, 0.42), (1.0, 1.0)),
    "rubble": (_masonry(0.36, 0.21, 0.035, 0.66, warp=0.12, joint_tone=0.6), (1.0, 1.0)),
    "block": (_masonry(1.5, 0.95, 0.05, 0.34, joint_tone=0.45, dirt=0.2), (1.0, 1.0)),
    "cobble": (_masonry(0.19, 0.14, 0.03, 0.6, warp=0.05, joint_tone=0.4, dirt=0.0), (1.0, 1.0)),
    "marble": (_masonry(1.1, 0.55, 0.008, 0.1, joint_tone=0.7, dirt=0.12), (1.0, 1.0)),
    "adobe": (_plain(0.13, 0.0, 0.3), (1.3, 1.3)),
    "lime": (_plain(0.05, 0.0, 0.2), (1.35, 1.35)),
    "smooth": (_plain(0.04, 0.0, 0.1), (1.0, 1.0)),
    "metal": (_plain(0.06, 0.5, 0.1), (1.0, 1.0)),
    "iron": (_plain(0.12, 0.25, 0.1), (1.0, 1.0)),
    "concrete": (_panels(2.4, 1.2, 0.02, 0.12, 0.02, 0.38), (1.2, 1.2)),
    "plates": (_panels(1.1, 2.9, 0.03, 0.1, 0.45, 0.14), (1.0, 1.0)),
    "hull": (_panels(1.9, 1.15, 0.035, 0.14, 0.35, 0.1), (1.0, 1.0)),
    "planks": (_boards(True, 0.19, 0.014), (0.75, 1.35)),
    "clapboard": (_boards(False, 0.17, 0.018, 0.34), (1.6, 0.62)),
    "floorboards": (_boards(False, 0.17, 0.01), (1.35, 0.75)),
    "logs": (_logs, (1.9, 0.55)),
    "wood": (_wood, (1.0, 1.0)),
    "tile": (_tiles(0.24, 0.34, 1.0, 0.5), (0.85, 1.2)),
    "flat_tile": (_tiles(0.2, 0.24, 0.0, 0.55), (1.0, 1.0)),
    "slate": (_tiles(0.3, 0.26, 0.0, 0.5, 0.14), (1.0, 1.0)),
    "shingle": (_tiles(0.18, 0.3, 0.0, 0.6), (1.0, 1.0)),
    "kawara": (_tiles(0.3, 0.28, 1.3, 0.2, 0.18), (0.8, 1.2)),
    "thatch": (_thatch, (0.8, 1.25)),
    "turf": (_turf, (1.0, 1.0)),
    "pane": (_pane, (1.0, 1.0)),
    "glass": (_glass, (1.0, 1.0)),
    "curtain": (_curtain, (0.9, 1.1)),
    "paper": (_paper, (0.8, 0.9)),
    "cloth": (_plain(0.1, 0.0, 0.0), (1.0, 1.0)),
    "awning": (_stripes, (0.8, 1.3)),
    "checker": (_checker, (1.0, 1.0)),
    "light": (_light, (1.0, 1.0)),
}
"""By name: how it is painted, and how its surfels are stretched along and across."""
MATERIALS = tuple(LOOKS)
ASPECT = np.array([aspect for _, aspect in LOOKS.values()], np.float32)


def paint(spots: Spots, material: NDArray[np.uint8], colour: Array) -> Coat:
    """All spots painted as what each is made of; `colour` (N, 3) linear."""
    count = len(material)
    coat = Coat(
        np.empty((count, 3), np.float32),
        np.empty(count, np.float32),
        np.empty(count, np.float32),
        np.zeros((count, 2), np.float32),
    )
    assert coat.tilt is not None
    order = np.argsort(material, kind="stable")
    ends = np.searchsorted(material[order], np.arange(len(MATERIALS) + 1))
    for number, name in enumerate(MATERIALS):
        index = order[ends[number] : ends[number + 1]]
        if len(index):
            one = LOOKS[name][0](spots[index], colour[index])
            coat.albedo[index], coat.gloss[index], coat.glow[index] = one.albedo, one.gloss, one.glow
            if one.tilt is not None:
                coat.tilt[index] = one.tilt
    return coat
