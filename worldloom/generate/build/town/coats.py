"""What each material looks like: bricks, boards, tiles, thatch, glass; in coordinates (s, t) along the surface.

Patterns fade where surfels are too far apart to show them, so that far walls don't flicker.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from worldloom.generate.build.town.spots import Coat, Spots, blotch, chance, dirty, fade, line, rough, tinted, weather
from worldloom.generate.noise import smoothstep
from worldloom.scene.surfels import Array


def plaster(spots: Spots, base: Array) -> Coat:
    fine = blotch(spots.s * 6, spots.t * 6)
    large = blotch(spots.s * 0.7, spots.t * 0.55, spots.seed)
    albedo = tinted(base, 1 + 0.035 * fine + 0.09 * large, 0.05 * large)
    albedo = dirty(albedo, weather(spots, 0.34))
    bare = smoothstep(0.62, 0.74, large + 0.28 * (spots.above < 1.6) - 0.4 * (spots.seed < 0.55))
    row = np.floor(spots.t / 0.08)
    brick = np.array([0.27, 0.13, 0.085], np.float32) * (
        0.7 + 0.6 * chance(row, np.floor(spots.s / 0.25 + 0.5 * (row % 2)))[:, None]
    )
    albedo = albedo * (1 - 0.8 * bare[:, None]) + brick * (0.8 * bare[:, None])
    return Coat(albedo, np.zeros(len(fine), np.float32), np.ones(len(fine), np.float32), rough(spots, 0.05))


def masonry(
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
        clear = fade(tall, spots.spacing)
        tone = chance(row, column, spots.seed) - 0.5
        hue = (chance(column, row, spots.seed) - 0.5) * 0.22 * clear
        light = 1 + vary * tone * (0.35 + 0.65 * clear) + 0.07 * blotch(spots.s * 5, spots.t * 5)
        albedo = tinted(base, light, hue)
        seam = np.maximum(
            line(t, tall, joint, spots.spacing), line((s / wide + shift) * wide, wide, joint, spots.spacing)
        )
        mortar = base.mean(axis=1, keepdims=True) * np.array([1.05, 1.0, 0.92], np.float32) * joint_tone
        seam = (seam * clear * 0.85)[:, None]
        albedo = albedo * (1 - seam) + mortar * seam
        tilt = np.stack([(chance(row, column) - 0.5), chance(column, row) - 0.5], axis=1) * (
            0.22 * vary * clear[:, None]
        )
        return Coat(
            dirty(albedo, weather(spots, dirt)),
            np.zeros(len(s), np.float32),
            np.ones(len(s), np.float32),
            tilt.astype(np.float32),
        )

    return look


def boards(upright: bool, width: float, gap: float, lap: float = 0.0) -> Callable[[Spots, Array], Coat]:
    """Planks side by side; with `lap` each one covers the next one's edge."""

    def look(spots: Spots, base: Array) -> Coat:
        across, length = (spots.s, spots.t) if upright else (spots.t, spots.s)
        number = np.floor(across / width)
        clear = fade(width, spots.spacing)
        part = np.floor(length / 2.9 + 0.7 * chance(number, 3))
        tone = chance(number, part, spots.seed) - 0.5
        grain = blotch(across * 9, length * 0.6, spots.seed)
        light = 1 + (0.34 * tone) * (0.3 + 0.7 * clear) + 0.13 * grain
        light = light * (1 - 0.62 * line(across, width, gap, spots.spacing) * clear)
        if lap:
            share = across / width - number
            light = light * (1 - lap * (1 - share) * clear)
        albedo = dirty(tinted(base, light, 0.12 * tone), weather(spots, 0.3))
        tilt = np.zeros((len(across), 2), np.float32)
        tilt[:, 1 - int(upright)] = -0.18 * (lap > 0) * clear
        return Coat(albedo, np.zeros(len(across), np.float32), np.ones(len(across), np.float32), tilt)

    return look


def logs(spots: Spots, base: Array) -> Coat:
    """Round trunks laid on each other."""
    size = 0.27
    number = np.floor(spots.t / size)
    share = 2 * (spots.t / size - number) - 1
    clear = fade(size, spots.spacing)
    grain = blotch(spots.s * 0.5, spots.t * 9, spots.seed)
    tone = chance(number, 5, spots.seed) - 0.5
    light = (1 + 0.3 * tone + 0.16 * grain) * (1 - 0.68 * clear * smoothstep(0.55, 1.0, np.abs(share)))
    tilt = np.stack([np.zeros_like(share), 0.85 * share * clear], axis=1).astype(np.float32)
    albedo = dirty(tinted(base, light, 0.1 * tone), weather(spots, 0.25))
    return Coat(albedo, np.zeros(len(share), np.float32), np.ones(len(share), np.float32), tilt)


def wood(spots: Spots, base: Array) -> Coat:
    """One piece of timber, its grain along the longer side."""
    long = spots.wide > spots.high
    along, across = np.where(long, spots.s, spots.t), np.where(long, spots.t, spots.s)
    grain = blotch(along * 0.7, across * 10, spots.seed) + 0.5 * blotch(along * 2, across * 30)
    tone = chance(spots.piece, 11) - 0.5
    albedo = tinted(base, 1 + 0.2 * grain + 0.22 * tone, 0.08 * tone)
    return Coat(
        albedo,
        np.zeros(len(along), np.float32),
        np.ones(len(along), np.float32),
    )


def plain(vary: float, gloss: float, dirt: float = 0.15) -> Callable[[Spots, Array], Coat]:
    """One colour, a little uneven."""

    def look(spots: Spots, base: Array) -> Coat:
        light = 1 + vary * (blotch(spots.s * 1.3, spots.t * 1.3, spots.seed) + 0.5 * blotch(spots.s * 7, spots.t * 7))
        albedo = dirty(tinted(base, light), weather(spots, dirt))
        return Coat(albedo, np.full(len(light), gloss, np.float32), np.ones(len(light), np.float32))

    return look


def panels(wide: float, tall: float, seam: float, vary: float, gloss: float, dirt: float) -> Callable[..., Coat]:
    """Large plates with narrow seams: concrete, metal, hulls."""

    def look(spots: Spots, base: Array) -> Coat:
        row, column = np.floor(spots.t / tall), np.floor(spots.s / wide)
        tone = chance(row, column, spots.seed) - 0.5
        light = 1 + vary * tone + 0.05 * blotch(spots.s * 2, spots.t * 2, spots.seed)
        cut = np.maximum(line(spots.t, tall, seam, spots.spacing), line(spots.s, wide, seam, spots.spacing)) * fade(
            tall * 0.4, spots.spacing
        )
        albedo = dirty(tinted(base, light * (1 - 0.55 * cut)), weather(spots, dirt))
        return Coat(albedo, (gloss * (1 - cut)).astype(np.float32), np.ones(len(light), np.float32))

    return look


def tiles(wide: float, tall: float, wave: float, vary: float, gloss: float = 0.0) -> Callable[[Spots, Array], Coat]:
    """Roof tiles in courses; `wave` how round they are. v runs up the roof."""

    def look(spots: Spots, base: Array) -> Coat:
        row = np.floor(spots.t / tall)
        shift = 0.0 if wave else 0.5 * (row % 2)
        column = np.floor(spots.s / wide + shift)
        clear, clear_row = fade(wide * 0.8, spots.spacing), fade(tall * 0.8, spots.spacing)
        tone = chance(row, column, spots.seed) - 0.5
        old = blotch(spots.s * 0.5, spots.t * 0.4, spots.seed)
        light = 1 + vary * tone * (0.4 + 0.6 * clear) + 0.16 * old
        angle = (spots.s / wide + shift - column) * 2 * np.pi
        light = light * (1 - 0.24 * wave * clear * (1 + np.cos(angle)))
        share = spots.t / tall - row
        light = light * (1 - 0.42 * clear_row * smoothstep(0.22, 0.0, share))
        moss = smoothstep(0.35, 0.95, old + 0.35 * blotch(spots.s * 3, spots.t * 3) - 0.6 * (spots.seed < 0.6))
        albedo = tinted(base, light, 0.25 * tone * clear)
        albedo = albedo * (1 - 0.7 * moss[:, None]) + np.array([0.075, 0.085, 0.03], np.float32) * 0.7 * moss[:, None]
        tilt = np.stack([0.55 * wave * np.sin(-angle) * clear, -0.12 * clear_row], axis=1).astype(np.float32)
        return Coat(albedo, np.full(len(row), gloss, np.float32), np.ones(len(row), np.float32), tilt)

    return look


def thatch(spots: Spots, base: Array) -> Coat:
    straw = blotch(spots.s * 14, spots.t * 1.4, spots.seed)
    patches = blotch(spots.s * 0.6, spots.t * 0.5, spots.seed)
    layer = spots.t / 0.75 + 0.18 * blotch(spots.s * 2.2, spots.t * 0.2)
    edge = smoothstep(0.2, 0.0, layer - np.floor(layer)) * fade(0.5, spots.spacing)
    light = (1 + 0.3 * straw + 0.25 * patches) * (1 - 0.38 * edge)
    moss = smoothstep(0.3, 0.9, patches + 0.3 * straw)[:, None] * 0.5
    albedo = tinted(base, light, 0.12 * patches) * (1 - moss) + np.array([0.07, 0.08, 0.03], np.float32) * moss
    return Coat(albedo, np.zeros(len(straw), np.float32), np.ones(len(straw), np.float32), rough(spots, 0.3))


def turf(spots: Spots, base: Array) -> Coat:
    blades = blotch(spots.s * 7, spots.t * 5, spots.seed)
    dry = smoothstep(0.0, 0.9, blotch(spots.s * 0.7, spots.t * 0.7, spots.seed))[:, None]
    albedo = tinted(base, 1 + 0.45 * blades) * (1 - 0.6 * dry)
    albedo = albedo + 0.6 * dry * np.array([0.17, 0.15, 0.055], np.float32) * (1 + 0.3 * blades[:, None])
    return Coat(albedo, np.zeros(len(blades), np.float32), np.ones(len(blades), np.float32), rough(spots, 0.6))


def pane(spots: Spots, base: Array) -> Coat:
    """A window: dark, brighter below where something stands behind it, with bars if it is large enough."""
    behind = blotch(spots.u * 2.0 + spots.piece * 0.37, spots.v * 1.5, spots.seed)
    light = 0.75 + 0.5 * spots.v + 0.3 * behind
    glow = (0.55 + 0.5 * (1 - spots.v) + 0.35 * behind).clip(0.1, 1.5)
    count = len(light)
    return Coat(tinted(base, light.clip(0.2, 2)), np.full(count, 0.85, np.float32), glow.astype(np.float32))


def curtain(spots: Spots, base: Array) -> Coat:
    """A glass front: panes between thin posts, a band at each floor, some blinds drawn, some rooms lit."""
    wide, tall = 1.35, 3.4
    up = spots.above - 0.16
    row, column = np.floor(up / tall), np.floor(spots.s / wide)
    floor = up / tall - row
    post = line(spots.s, wide, 0.07, spots.spacing) * fade(0.8, spots.spacing)
    band = (floor < 0.16).astype(np.float32)
    rail = line(up - 0.16 * tall, tall, 0.06, spots.spacing)
    tone = chance(row, column, spots.seed)
    blind = (tone > 0.8) * (floor > 1 - 0.45 * chance(column, row, spots.seed))
    glass = tinted(base, 0.7 + 0.5 * floor + 0.5 * (tone - 0.5))
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


def paper(spots: Spots, base: Array) -> Coat:
    """Shoji: paper behind a lattice of thin laths."""
    lath = np.maximum(
        line(spots.u * spots.wide, spots.wide / 3, 0.03, spots.spacing),
        line(spots.v * spots.high, spots.high / np.maximum(np.rint(spots.high / 0.42), 1), 0.03, spots.spacing),
    )[:, None]
    wood = np.array([0.13, 0.07, 0.035], np.float32)
    light = 1 + 0.05 * blotch(spots.s, spots.t, spots.seed)
    albedo = tinted(base, light) * (1 - lath) + wood * lath
    return Coat(albedo, np.zeros(len(light), np.float32), (1 - lath[:, 0]).astype(np.float32))


def stripes(spots: Spots, base: Array) -> Coat:
    """Cloth with white stripes along b: awnings."""
    white = (np.floor(spots.s / 0.28) % 2)[:, None] * 0.85 * fade(0.3, spots.spacing)[:, None]
    albedo = base * (1 - white) + np.array([0.7, 0.68, 0.62], np.float32) * white
    albedo = tinted(albedo, 1 + 0.08 * blotch(spots.s * 2, spots.t * 2, spots.seed))
    return Coat(albedo, np.zeros(len(white), np.float32), np.ones(len(white), np.float32))


def checker(spots: Spots, base: Array) -> Coat:
    """Floor tiles of two tones."""
    size = 0.4
    column, row = np.floor(spots.s / size), np.floor(spots.t / size)
    dark = ((column + row) % 2) * 0.45
    light = 1 - dark + 0.12 * (chance(row, column) - 0.5)
    seam = np.maximum(line(spots.s, size, 0.015, spots.spacing), line(spots.t, size, 0.015, spots.spacing))
    return Coat(tinted(base, light * (1 - 0.4 * seam)), np.full(len(row), 0.2, np.float32), np.ones(len(row)))


def glass(spots: Spots, base: Array) -> Coat:
    count = len(spots.s)
    return Coat(tinted(base, 0.9 + 0.2 * spots.v), np.full(count, 0.9, np.float32), np.ones(count, np.float32))


def light(spots: Spots, base: Array) -> Coat:
    count = len(spots.s)
    return Coat(base, np.full(count, 0.2, np.float32), np.ones(count, np.float32))
