"""Skyscrapers, lighthouses, mills, water towers, barn doors."""

# ruff: noqa: RUF005 - tuples are added to arrays here, not to lists

from __future__ import annotations

import numpy as np

from worldloom.generate.build.town.dress import Colour
from worldloom.generate.build.town.masonry import GLOW, WOOD, Look, opening, simple
from worldloom.generate.build.town.quads import UNDER_ARCH, WHOLE, Quads, merge, quads
from worldloom.generate.build.town.solid import beams, boxes, plate, turned


def skyscraper(look: Look) -> Quads:
    """A glass tower in three setbacks on a stone base, with a crown and a mast."""
    rng = np.random.default_rng([look.seed, 21])
    tints: tuple[Colour, ...] = ((0.05, 0.085, 0.105), (0.06, 0.075, 0.085), (0.035, 0.08, 0.1))
    coat = look.coat or ("curtain", look.colour or tints[look.seed % 3])
    side = 21.0
    parts: list[Quads] = []
    y = 0.0
    for level, (share, floors) in enumerate(((1.0, 14), (0.82, 9 + int(rng.integers(0, 3))), (0.6, 4))):
        wide, deep, tall = side * share, side * share * 0.86, 3.4 * floors
        parts.append(boxes((0, y + tall / 2, 0), (wide, tall, deep), *coat, sides="nsew", glow=(1.1, 0.9, 0.6)))
        parts.append(
            boxes(
                (0, y + tall, 0), (wide, 0.5, deep), "concrete", (0.3, 0.3, 0.3), sides="nsewt", label="building/roof"
            )
        )
        fins = np.linspace(-wide / 2, wide / 2, 5)
        for turn, (w, d) in enumerate([(wide, deep), (deep, wide)] * 2):
            x = np.linspace(-w / 2, w / 2, 5) if w == deep else fins
            at = np.stack([x, 0 * x + y + tall / 2, 0 * x + d / 2 + 0.15], axis=1)
            parts.append(
                boxes(at, (0.35, tall, 0.4), "metal", (0.4, 0.41, 0.43), sides="sew").placed(
                    turn * np.pi / 2, (0, 0, 0)
                )
            )
        y += tall
        del level
    base_tall = 4.4
    for turn, (w, d) in enumerate([(side, side * 0.86), (side * 0.86, side)] * 2):
        piers = np.linspace(-w / 2 + 0.5, w / 2 - 0.5, 8)
        at = np.stack([piers, 0 * piers + base_tall / 2, 0 * piers + d / 2 + 0.25], axis=1)
        parts.append(
            boxes(at, (0.9, base_tall, 0.6), "stone", (0.4, 0.38, 0.35), sides="sew").placed(
                turn * np.pi / 2, (0, 0, 0)
            )
        )
        canopy = (0, base_tall + 0.2, d / 2 + 0.3)
        parts.append(
            boxes(canopy, (w + 1.4, 0.5, 0.8), "stone", (0.42, 0.4, 0.37), sides="stb").placed(
                turn * np.pi / 2, (0, 0, 0)
            )
        )
    parts.append(
        boxes((0, 3.5, side * 0.43 + 1.6), (6.5, 0.25, 3.0), "metal", (0.3, 0.31, 0.33), glow=(0.2, 0.18, 0.14))
    )
    parts.append(turned([(1.1, y), (0.5, y + 3), (0.16, y + 4), (0.05, y + 13)], 10, "metal", (0.4, 0.41, 0.43)))
    parts.append(boxes((0, y + 13, 0), 0.35, "light", (0.5, 0.03, 0.02), glow=(4.0, 0.2, 0.1), label="lamp"))
    units = rng.uniform(-0.2, 0.2, (6, 3)) * side
    units[:, 1] = y + 1.2
    parts.append(boxes(units, (2.0, 1.6, 1.6), "metal", (0.36, 0.37, 0.38), sides="nsewt", label="object/machine"))
    return merge(parts)


def lighthouse(look: Look) -> Quads:
    """A tapering tower, with bands if it is white, a gallery and the lantern."""
    white: Colour = (0.76, 0.74, 0.69)
    body = look.colour or white
    band: Colour = (0.5, 0.06, 0.04) if look.colour is None else white
    material = look.coat[0] if look.coat else "lime"
    parts = [turned([(3.6, -1), (3.5, 0.4), (3.1, 0.42)], 28, "rubble", (0.36, 0.33, 0.29))]
    levels = np.linspace(0.4, 13.0, 8)
    radius = 2.7 - 1.15 * (levels - 0.4) / 12.6
    for index in range(7):
        tone = band if index in (2, 5) else body
        parts.append(
            turned([(radius[index], levels[index]), (radius[index + 1], levels[index + 1])], 28, material, tone)
        )
    parts.append(turned([(1.55, 12.7), (2.25, 13.3), (2.25, 13.5)], 28, "smooth", white))
    parts.append(plate((0, 13.5, 0), 2.25, "smooth", (0.35, 0.34, 0.33)))
    angle = np.arange(20) * np.pi / 10
    rail = np.stack([2.15 * np.sin(angle), 0 * angle + 13.5, 2.15 * np.cos(angle)], axis=1)
    iron: Colour = (0.05, 0.05, 0.055)
    parts.append(beams(rail, rail + (0, 1.0, 0), 0.05, 0.05, "iron", iron))
    for level in (0.5, 0.95):
        ring = rail + (0, level, 0)
        parts.append(beams(ring, np.roll(ring, -1, axis=0), 0.05, 0.05, "iron", iron))
    parts.append(turned([(1.25, 13.5), (1.25, 14.2)], 20, "metal", band))
    parts.append(
        turned(
            [(1.12, 14.2), (1.12, 16.0)],
            16,
            "glass",
            (0.3, 0.34, 0.34),
            glow=(4.0, 3.2, 1.9),
            label="lamp",
            opacity=0.6,
        )
    )
    posts = np.stack([1.14 * np.sin(angle[::2]), 0 * angle[::2] + 14.2, 1.14 * np.cos(angle[::2])], axis=1)
    parts.append(beams(posts, posts + (0, 1.8, 0), 0.08, 0.08, "iron", iron))
    parts.append(
        turned(
            [(0.42, 14.3), (0.5, 15.0), (0.42, 15.8)], 12, "light", (0.8, 0.75, 0.6), glow=(9.0, 7.5, 4.5), label="lamp"
        )
    )
    parts.append(
        turned(
            [(1.5, 15.95), (1.35, 16.4), (0.85, 17.0), (0.25, 17.35), (0.07, 17.45), (0.04, 18.4)],
            20,
            "metal",
            band,
            label="building/roof",
        )
    )
    parts.append(opening(0, 0.45, 1.0, 2.1, 2.71, UNDER_ARCH, trim=(0.4, 0.37, 0.32), louvres=True))
    for index, level in enumerate((4.2, 7.4, 10.4)):
        at = 2.7 - 1.15 * (level + 0.5 - 0.4) / 12.6
        parts.append(
            opening(0, level, 0.6, 1.0, at, WHOLE, GLOW, trim=(0.5, 0.48, 0.44)).placed(index * 1.3, (0, 0, 0))
        )
    return merge(parts)


def windmill(look: Look) -> Quads:
    """A tower mill: tapering white walls, a thatched or boarded cap, four lattice sails with cloth."""
    coat = look.wall("lime", (0.72, 0.69, 0.6))
    parts = [turned([(3.7, -0.8), (3.55, 0.6), (2.35, 9.2)], 26, *coat)]
    parts.append(
        turned(
            [(2.75, 9.1), (2.6, 9.9), (1.9, 11.1), (0.7, 11.9), (0.0, 12.1)],
            22,
            "shingle",
            (0.16, 0.11, 0.075),
            label="building/roof",
        )
    )
    parts.append(turned([(2.35, 9.1), (2.75, 9.1)], 22, "planks", WOOD, label="building/roof"))
    deck = [(3.05, 4.0), (4.3, 4.05)]
    parts.append(turned([deck[0], deck[1]], 26, "planks", WOOD, inward=False))
    parts.append(turned([deck[1], (3.05, 4.15)], 26, "planks", WOOD))
    angle = np.arange(16) * np.pi / 8
    foot = np.stack([4.2 * np.sin(angle), 0 * angle + 4.1, 4.2 * np.cos(angle)], axis=1)
    parts.append(beams(foot, foot + (0, 1.0, 0), 0.07, 0.07, "wood", WOOD))
    ring = foot + (0, 0.95, 0)
    parts.append(beams(ring, np.roll(ring, -1, axis=0), 0.06, 0.08, "wood", WOOD))
    struts = np.stack([3.3 * np.sin(angle), 0 * angle + 2.6, 3.3 * np.cos(angle)], axis=1)
    parts.append(beams(struts, foot - (0, 0.1, 0), 0.1, 0.1, "wood", WOOD))
    hub = np.array([0.0, 10.1, 3.3])
    parts.append(beams([(0, 10.1, 1.5)], [hub + (0, 0, 0.2)], 0.45, 0.45, "wood", WOOD))
    lean = 0.35 + (look.seed % 5) * 0.2
    for index in range(4):
        turn = lean + index * np.pi / 2
        out, side = np.array([np.cos(turn), np.sin(turn), 0]), np.array([-np.sin(turn), np.cos(turn), 0])
        parts.append(beams([hub], [hub + 7.6 * out], 0.2, 0.2, "wood", WOOD))
        rungs = np.linspace(1.6, 7.4, 13)[:, None]
        start = hub + rungs * out - 0.1 * side
        parts.append(beams(start, start + 1.75 * side, 0.06, 0.06, "wood", WOOD))
        for share in (0.0, 0.85, 1.7):
            edge = hub + 1.6 * out + share * side
            parts.append(beams([edge], [edge + 5.8 * out], 0.06, 0.06, "wood", WOOD))
        cloth = hub + 1.9 * out + 0.12 * side + (0, 0, 0.05)
        for facing in (0, 1):
            a, b = (5.3 * out, 1.5 * side) if facing == 0 else (1.5 * side, 5.3 * out)
            parts.append(quads(cloth + (0, 0, 0.01 * (1 - 2 * facing)), a, b, "cloth", (0.6, 0.55, 0.44)))
    parts.append(opening(0, 0.15, 1.1, 2.1, 3.55, UNDER_ARCH, louvres=True))
    for index, level in enumerate((2.2, 5.4, 7.4)):
        radius = 3.55 - 1.2 * (level + 0.4 - 0.6) / 8.6
        parts.append(opening(0, level, 0.7, 0.9, radius, WHOLE, GLOW).placed(index * 2.2 + 0.8, (0, 0, 0)))
    return merge(parts)


def watermill(look: Look) -> Quads:
    """A stone house with a large wooden wheel at its side and a channel that feeds it."""
    from worldloom.generate.build.town.house import house

    coat = look.wall("rubble", (0.34, 0.31, 0.26))
    dress = simple(coat, ("flat_tile", (0.3, 0.12, 0.07)), pitch=1.1, storey=2.7)
    parts = [house(dress, 8.0, 9.0, 2, inside=True, door=-1.0)]
    radius, x = 2.6, 5.1
    angle = np.arange(20) * np.pi / 10
    for side in (-0.55, 0.55):
        rim = np.stack([0 * angle + x + side, 1.7 + radius * np.sin(angle), radius * np.cos(angle)], axis=1)
        inner = np.stack(
            [0 * angle + x + side, 1.7 + 0.78 * radius * np.sin(angle), 0.78 * radius * np.cos(angle)], axis=1
        )
        for ring in (rim, inner):
            parts.append(beams(ring, np.roll(ring, -1, axis=0), 0.14, 0.14, "wood", WOOD))
        hub = np.array([x + side, 1.7, 0.0])
        parts.append(beams(np.broadcast_to(hub, (10, 3)), rim[::2], 0.12, 0.12, "wood", WOOD))
    y, z = 1.7 + 0.9 * radius * np.sin(angle), 0.9 * radius * np.cos(angle)
    paddles = np.stack([0 * angle + x - 0.6, y, z], axis=1)
    out = np.stack([0 * angle, np.sin(angle), np.cos(angle)], axis=1) * 0.32
    for facing in (1, -1):
        a = [1.2 * facing, 0, 0]
        start = paddles - out + (0 if facing > 0 else 1.2, 0, 0)
        parts.append(quads(start, a, 2 * out, "planks", WOOD))
    parts.append(beams([(3.6, 1.7, 0)], [(6.3, 1.7, 0)], 0.32, 0.32, "wood", WOOD))
    parts.append(boxes((6.3, 0.6, 0), (0.5, 2.6, 1.0), *coat, sides="nsewt"))
    parts.append(boxes([(x, 4.45, -5.0)], (1.3, 0.12, 9.6), "planks", WOOD))
    parts.append(boxes([(x - 0.62, 4.65, -5.0), (x + 0.62, 4.65, -5.0)], (0.08, 0.5, 9.6), "planks", WOOD))
    parts.append(boxes((x, 4.6, -5.0), (1.1, 0.1, 9.6), "glass", (0.1, 0.18, 0.19), sides="t", label="water"))
    posts = [(x + s, 1.9, z) for s in (-0.5, 0.5) for z in (-9.0, -6.0, -3.2)]
    parts.append(boxes(posts, (0.16, 5.0, 0.16), "wood", WOOD, sides="nsew"))
    parts.append(
        quads(
            [x - 0.5, 0.0, 0.9 + radius * 0.75],
            [1.0, 0, 0],
            [0, 4.3, -radius * 0.75],
            "glass",
            (0.5, 0.6, 0.62),
            opacity=0.3,
            label="water/waterfall",
        )
    )
    return merge(parts)


def water_tower(look: Look) -> Quads:
    """A wooden tank with a conical roof on braced legs."""
    steel: Colour = (0.12, 0.12, 0.125)
    coat = look.wall("planks", (0.2, 0.12, 0.07))
    high, radius = 9.0, 2.6
    angle = np.arange(4) * np.pi / 2 + np.pi / 4
    foot = np.stack([2.9 * np.sin(angle), 0 * angle - 0.4, 2.9 * np.cos(angle)], axis=1)
    top = np.stack([2.0 * np.sin(angle), 0 * angle + high, 2.0 * np.cos(angle)], axis=1)
    parts = [beams(foot, top, 0.28, 0.28, "iron", steel)]
    for low, up in ((0.05, 0.48), (0.48, 0.95)):
        a, b = foot + low * (top - foot), foot + up * (top - foot)
        parts.append(beams(a, np.roll(b, -1, axis=0), 0.08, 0.08, "iron", steel))
        parts.append(beams(np.roll(a, -1, axis=0), b, 0.08, 0.08, "iron", steel))
        parts.append(beams(b, np.roll(b, -1, axis=0), 0.14, 0.18, "iron", steel))
    parts.append(plate((0, high, 0), radius + 0.2, "planks", WOOD, up=False))
    parts.append(turned([(radius, high), (radius, high + 3.8)], 26, *coat))
    for level in np.linspace(0.3, 3.5, 5):
        parts.append(turned([(radius + 0.03, high + level), (radius + 0.03, high + level + 0.09)], 26, "iron", steel))
    parts.append(
        turned([(radius + 0.35, high + 3.7), (0.0, high + 5.7)], 26, "metal", (0.22, 0.2, 0.18), label="building/roof")
    )
    parts.append(beams([(0, 0, 0)], [(0, high, 0)], 0.35, 0.35, "iron", steel))
    rungs = [(0, y, radius + 0.18) for y in np.arange(high, high + 3.8, 0.35)]
    parts.append(boxes(rungs, (0.4, 0.04, 0.04), "iron", steel))
    return merge(parts)


def barn_door(wide: float, z: float) -> Quads:
    """Two large doors with white crosses, at the front of a barn."""
    white: Colour = (0.7, 0.68, 0.63)
    parts = [
        quads([-1.9, 0.1, z + 0.05], [3.8, 0, 0], [0, 3.4, 0], "planks", (0.22, 0.04, 0.03), label="building/door")
    ]
    for x in (-1.9, 0.0):
        for start, end in (
            ((x, 0.1), (x + 1.9, 3.5)),
            ((x, 3.5), (x + 1.9, 0.1)),
            ((x, 0.15), (x + 1.9, 0.15)),
            ((x, 3.45), (x + 1.9, 3.45)),
        ):
            parts.append(
                beams([(*start, z + 0.08)], [(*end, z + 0.08)], 0.05, 0.14, "wood", white, label="building/door")
            )
    posts = [(x, 1.8, z + 0.09) for x in (-1.9, 0.0, 1.9)]
    parts.append(boxes(posts, (0.16, 3.5, 0.06), "wood", white, label="building/door"))
    hay = quads([-0.8, 5.0, z + 0.05], [1.6, 0, 0], [0, 1.6, 0], "planks", (0.05, 0.03, 0.02), label="building/door")
    del wide
    return merge([*parts, hay, boxes((0, 4.92, z + 0.1), (2.0, 0.14, 0.1), "wood", white)])
