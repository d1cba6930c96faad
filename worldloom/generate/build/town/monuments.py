"""Towers, castles, mills, bridges and other single structures, in pieces; all on y = 0, fronts towards +Z."""

# ruff: noqa: RUF005 - tuples are added to arrays here, not to lists

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from worldloom.generate.build.town.dress import Coating, Colour, Dress
from worldloom.generate.build.town.quads import UNDER_ARCH, WHOLE, Quads, merge, quads
from worldloom.generate.build.town.roofs import roof
from worldloom.generate.build.town.ruins import rubble
from worldloom.generate.build.town.solid import beams, boxes, plate, strips, turned

_WOOD: Colour = (0.17, 0.105, 0.058)
_GREY: Colour = (0.31, 0.29, 0.25)
_DARK: Colour = (0.035, 0.045, 0.055)
_GLOW = (1.4, 0.8, 0.35)


@dataclass(frozen=True)
class Look:
    """What is asked of a single building; colours linear."""

    seed: int = 0
    colour: Colour | None = None
    coat: Coating | None = None

    def wall(self, material: str, colour: Colour) -> Coating:
        """The coating asked for, or the usual one in the colour asked for."""
        return self.coat or (material, self.colour or colour)


def opening(
    x: float,
    y: float,
    wide: float,
    tall: float,
    z: float,
    cut: int = WHOLE,
    glow: tuple[float, ...] = (0, 0, 0),
    *,
    trim: Colour | None = None,
    louvres: bool = False,
) -> Quads:
    """A window set on a wall that faces +Z at z, its lower middle at x and y, with a round or pointed head."""
    head = 0.0 if cut == WHOLE else wide * (0.5 if cut == UNDER_ARCH else 0.75)
    look = ("planks", (0.11, 0.08, 0.05)) if louvres else ("pane", _DARK)
    edge = trim or (0.3, 0.28, 0.24)
    parts = [
        quads(
            [x - wide / 2, y, z + 0.02],
            [wide, 0, 0],
            [0, tall - head, 0],
            *look,
            label="building/window",
            glow=glow,
            fine=0.6,
        ),
        boxes((x, y - 0.08, z + 0.05), (wide + 0.4, 0.16, 0.14), "smooth", edge, sides="sewtb", label="building/trim"),
        boxes(
            [
                (x - wide / 2 - 0.07, y + (tall - head) / 2, z + 0.04),
                (x + wide / 2 + 0.07, y + (tall - head) / 2, z + 0.04),
            ],
            (0.14, tall - head, 0.1),
            "smooth",
            edge,
            sides="sew",
            label="building/trim",
        ),
    ]
    if cut == WHOLE:
        parts.append(boxes((x, y + tall + 0.08, z + 0.05), (wide + 0.3, 0.16, 0.12), "smooth", edge, sides="sewtb"))
    else:
        rim = [x - wide / 2 - 0.14, y + tall - head, z + 0.012]
        parts.append(
            quads(
                rim, [wide + 0.28, 0, 0], [0, head + 0.16, 0], "smooth", edge, cut=cut, label="building/trim", fine=0.5
            )
        )
        start = [x - wide / 2, y + tall - head, z + 0.03]
        parts.append(
            quads(start, [wide, 0, 0], [0, head, 0], *look, cut=cut, label="building/window", glow=glow, fine=0.45)
        )
    if not louvres and wide > 0.8:
        bars = [(x, y + (tall - head * 0.4) / 2, z + 0.045)]
        parts.append(boxes(bars, (0.06, tall - head * 0.5, 0.03), "smooth", edge, sides="s", reach=60))
        rails = [(x, y + (tall - head) * share, z + 0.045) for share in (0.33, 0.66, 1.0)]
        parts.append(boxes(rails, (wide, 0.05, 0.03), "smooth", edge, sides="s", reach=60))
    return merge(parts)


def battlements(length: float, top: float, z: float, coat: Coating, thick: float = 0.5) -> Quads:
    """Merlons along a wall's outer edge."""
    count = max(int(length / 1.5), 2)
    x = (np.arange(count) + 0.5) * length / count - length / 2
    at = np.stack([x, 0 * x + top + 0.45, 0 * x + z - thick / 2], axis=1)
    return boxes(at, (0.78, 0.9, thick), *coat, sides="nsewt")


def stairs_around(wide: float, deep: float, steps: int, top: float, coat: Coating) -> Quads:
    """A platform with steps on all sides."""
    tall = top / steps
    number = np.arange(steps)
    at = np.stack([0.0 * number, top - (number + 0.5) * tall, 0.0 * number], axis=1)
    size = np.stack([wide + 0.8 * number, 0 * number + tall, deep + 0.8 * number], axis=1)
    size[-1, 1] += 1.0
    at[-1, 1] -= 0.5
    return boxes(at, size, *coat, sides="nsewt", label="building/stairs")


def round_tower(radius: float, tall: float, coat: Coating = ("rubble", _GREY), cap: Coating | None = None) -> Quads:
    """A round tower with a corbelled top: battlements, or a pointed roof."""
    segments = max(int(radius * 10), 16)
    profile = [
        (radius * 1.12, -1.0),
        (radius * 1.02, 1.2),
        (radius, tall - 1.4),
        (radius * 1.14, tall - 0.7),
        (radius * 1.14, tall),
    ]
    parts = [turned(profile, segments, *coat), plate((0, tall - 0.3, 0), radius * 1.1, *coat)]
    outer = radius * 1.14
    if cap is None:
        count = max(int(2 * np.pi * outer / 1.5), 6)
        angle = np.arange(count) * 2 * np.pi / count
        at = np.stack([np.sin(angle) * (outer - 0.22), 0 * angle + tall + 0.42, np.cos(angle) * (outer - 0.22)], axis=1)
        parts.append(boxes(at, (0.8, 0.95, 0.45), *coat, turn=angle, sides="nsewt"))
    else:
        parts.append(
            turned(
                [(outer + 0.4, tall - 0.1), (outer * 0.55, tall + 1.35 * radius), (0.0, tall + 3.1 * radius)],
                segments,
                *cap,
                label="building/roof",
            )
        )
        parts.append(
            turned([(outer, tall - 0.08), (outer + 0.4, tall - 0.1)], segments, "planks", _WOOD, label="building/roof")
        )
    slits = []
    for index, level in enumerate(np.arange(2.6, tall - 1.8, 2.9)):
        slits.append(
            opening(0, float(level), 0.34, 1.2, radius * 0.995, WHOLE, _GLOW if index % 2 else (0, 0, 0)).placed(
                index * 1.9 + 0.4, (0, 0, 0)
            )
        )
    return merge(parts + slits)


def _arch_face(coat: Coating, wide: float, tall: float, gap: float, spring: float, z: float) -> list[Quads]:
    """Both faces of a wall with an arched opening down to the ground: `gap` wide, its arch from `spring` up."""
    parts = []
    for facing in (1, -1):
        pieces = [
            quads([-wide / 2, -1, z], [(wide - gap) / 2, 0, 0], [0, tall + 1, 0], *coat),
            quads([gap / 2, -1, z], [(wide - gap) / 2, 0, 0], [0, tall + 1, 0], *coat),
            quads([-gap / 2, spring, z], [gap, 0, 0], [0, gap / 2, 0], *coat, cut=2, fine=0.7),
            quads([-gap / 2, spring + gap / 2, z], [gap, 0, 0], [0, tall - spring - gap / 2, 0], *coat),
        ]
        angle = np.linspace(0, np.pi, 16)
        middle = (gap / 2 + 0.2) * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1) + (0, spring, z + 0.03)
        pieces.append(
            beams(middle[:-1], middle[1:], 0.12, 0.42, "stone", tuple(1.12 * c for c in coat[1]), label="building/trim")
        )
        parts.append(merge(pieces).placed(0.0 if facing > 0 else np.pi, (0, 0, 0)))
    return parts


def _vault_under(coat: Coating, gap: float, spring: float, deep: float) -> list[Quads]:
    """The inside of an arched passage along z."""
    angle = np.linspace(np.pi, 0, 13)
    line = np.stack([gap / 2 * np.cos(angle), spring + gap / 2 * np.sin(angle), 0 * angle + deep / 2], axis=1)
    walls = [
        quads([-gap / 2, -0.5, deep / 2], [0, 0, -deep], [0, spring + 0.5, 0], *coat),
        quads([gap / 2, -0.5, -deep / 2], [0, 0, deep], [0, spring + 0.5, 0], *coat),
    ]
    rows = np.stack([line, line - (0, 0, deep)])
    pairs = rows.transpose(1, 0, 2)
    return [*walls, strips(pairs[:-1], pairs[1:], *coat)]


def rampart(length: float, tall: float, thick: float, coat: Coating = ("rubble", _GREY)) -> Quads:
    """A wall along x with a walk on top."""
    body = boxes((0, tall / 2 - 0.75, 0), (length, tall + 1.5, thick), *coat, sides="nst")
    ends = boxes([(-length / 2, tall / 2, 0), (length / 2, tall / 2, 0)], (0.02, tall, thick), *coat, sides="ew")
    return merge([body, ends, battlements(length, tall, thick / 2, coat)])


def gatehouse(coat: Coating = ("stone", _GREY)) -> Quads:
    """Two round towers with an arched passage between."""
    deep, gap = 4.0, 4.0
    parts = _arch_face(coat, 6.4, 7.2, gap, 2.6, deep / 2) + _vault_under(coat, gap, 2.6, deep)
    parts.append(boxes((0, 7.1, 0), (6.4, 0.2, deep), *coat, sides="t"))
    parts.append(battlements(6.4, 7.2, deep / 2, coat))
    parts += [round_tower(2.0, 9.4, ("rubble", coat[1])).placed(0, (x, 0, 0.4)) for x in (-4.0, 4.0)]
    bars = [(x, 4.1, deep / 2 - 0.6) for x in np.linspace(-1.6, 1.6, 7)]
    parts.append(boxes(bars, (0.09, 1.3, 0.09), "iron", (0.04, 0.04, 0.04), reach=70))
    return merge(parts)


def tower(look: Look) -> Quads:
    """A round keep with a pointed roof."""
    coat = look.wall("rubble", _GREY)
    door = opening(0, 0.1, 1.2, 2.3, 3.35, UNDER_ARCH, trim=(0.36, 0.33, 0.28), louvres=True)
    return merge([round_tower(3.2, 11.5, coat, ("flat_tile", (0.28, 0.11, 0.07))), door])


def castle(look: Look) -> Quads:
    """Curtain walls with corner towers and a gate house around a courtyard, and a tall keep."""
    coat = look.wall("stone", (0.33, 0.31, 0.27))
    rough = (coat[0] if look.coat else "rubble", coat[1])
    slate: Coating = ("slate", (0.1, 0.115, 0.15))
    half, tall = 17.0, 7.0
    parts: list[Quads] = []
    for turn in range(1, 4):
        parts.append(
            rampart(2 * half, tall, 2.0, rough).placed(
                turn * np.pi / 2, (half * np.sin(turn * np.pi / 2), 0, half * np.cos(turn * np.pi / 2))
            )
        )
    for hand in (-1, 1):
        parts.append(rampart(half - 4.8, tall, 2.0, rough).placed(0, (hand * (half + 4.8) / 2, 0, half)))
    parts.append(gatehouse(coat).placed(0, (0, 0, half + 0.4)))
    for x in (-half, half):
        for z in (-half, half):
            parts.append(round_tower(3.2, 11.0, rough, slate if z < 0 else None).placed(0.7, (x, 0, z)))
    keep_w, keep_d, keep_h = 12.0, 10.0, 15.0
    keep = [boxes((0, keep_h / 2 - 0.5, 0), (keep_w, keep_h + 1, keep_d), *coat, sides="newt")]
    for x, width in ((-keep_w / 2, keep_w / 2 - 0.8), (0.8, keep_w / 2 - 0.8)):
        keep.append(quads([x, -1, keep_d / 2], [width, 0, 0], [0, keep_h + 1, 0], *coat))
    keep.append(quads([-0.8, 2.8, keep_d / 2], [1.6, 0, 0], [0, keep_h - 2.8, 0], *coat))
    for turn, (width, depth) in enumerate([(keep_w, keep_d), (keep_d, keep_w)] * 2):
        face = [battlements(width, keep_h, depth / 2, coat)]
        corbel = (0, keep_h - 0.25, depth / 2 + 0.1)
        face.append(boxes(corbel, (width + 0.4, 0.5, 0.2), "stone", coat[1], sides="stb"))
        for x in (-0.28 * width, 0.28 * width):
            for y in (4.6, 8.4, 11.6):
                face.append(
                    opening(
                        x, y, 0.9, 1.9, depth / 2, UNDER_ARCH, _GLOW if y > 6 else (0, 0, 0), trim=(0.38, 0.36, 0.31)
                    )
                )
        keep.append(merge(face).placed(turn * np.pi / 2, (0, 0, 0)))
    for x, z, high in (
        (-keep_w / 2, -keep_d / 2, 19.0),
        (keep_w / 2, -keep_d / 2, 22.0),
        (-keep_w / 2, keep_d / 2, 18.0),
        (keep_w / 2, keep_d / 2, 18.0),
    ):
        keep.append(round_tower(1.9, high, rough, slate).placed(0, (x, 0, z)))
    keep.append(
        boxes((0, 0.1, 0), (keep_w, 0.2, keep_d), "floorboards", (0.22, 0.14, 0.08), sides="t", label="room/floor")
    )
    keep.append(boxes((0, 5.0, 0), (keep_w, 0.2, keep_d), "planks", _WOOD, sides="b", label="room/ceiling"))
    parts.append(merge(keep).placed(0, (0, 0, -6.5)))
    dress = _simple(rough, ("flat_tile", (0.27, 0.11, 0.065)), pitch=0.9)
    for hand in (-1, 1):
        parts.append(boxes((hand * (half - 4.0), 1.8, 4.5), (4.6, 4.6, 11.0), *rough, sides="nsew"))
        parts.append(roof(11.0, 4.6, dress).placed(np.pi / 2, (hand * (half - 4.0), 4.1, 4.5)).with_values(foot=-9))
        side = [opening(x, 1.4, 0.8, 1.1, 2.3, WHOLE, _GLOW) for x in (-3.5, 0.0, 3.5)]
        parts.append(merge(side).placed(-hand * np.pi / 2, (hand * (half - 4.0), 0, 4.5)))
    parts.append(plate((0, 0.04, 2.0), 12.5, "cobble", (0.3, 0.28, 0.24), label="road", fine=1.6))
    flags = [(x, 24.0, z) for x, z in ((keep_w / 2, -keep_d / 2 - 6.5),)]
    parts.append(boxes([(x, 30.2, z) for x, _, z in flags], (0.09, 5.0, 0.09), "wood", _WOOD))
    parts += [
        quads([x + 0.05, 31.2, z], [2.0, 0, 0.3], [0, 1.2, 0], "cloth", (0.4, 0.04, 0.04), fine=0.6)
        for x, _, z in flags
    ]
    return merge(parts)


def _simple(wall: Coating, roof_coat: Coating, **changes: float) -> Dress:
    return Dress(
        wall=wall,
        ground_wall=wall,
        plinth=wall,
        inner=("lime", (0.62, 0.57, 0.47)),
        floor=("floorboards", _WOOD),
        roof=roof_coat,
        trim=(0.16, 0.1, 0.06),
        frame=(0.12, 0.07, 0.04),
        door=_WOOD,
        chimney=False,
        lit=0.0,
        gutters=False,
        seed=0.9,
        **changes,  # type: ignore[arg-type]
    )


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


def ruin(look: Look) -> Quads:
    """Broken walls and columns of something once large."""
    rng = np.random.default_rng([look.seed, 23])
    coat = look.wall("rubble", (0.34, 0.31, 0.26))
    parts = [boxes((0, -0.1, 0), (13, 0.4, 10), "stone", (0.3, 0.28, 0.24), sides="nsewt", label="building/floor")]
    for turn, (length, away) in enumerate(((13.0, 5.0), (10.0, 6.5), (13.0, 5.0), (10.0, 6.5))):
        steps = int(length / 0.65)
        x = (np.arange(steps) + 0.5) * length / steps - length / 2
        shape = np.abs(np.cos(np.cumsum(rng.normal(0, 0.34, steps)) + turn * 1.4))
        tall = 0.5 + 5.8 * shape * (0.45 if turn == 0 else 1.0) + rng.uniform(-0.2, 0.2, steps)
        gap = (np.abs(x - length * 0.12) < 0.9) & (turn % 2 == 0)
        tall = np.where(gap, 0.15, tall)
        at = np.stack([x, tall / 2, 0 * x + away], axis=1)
        size = np.stack([0 * x + length / steps, tall, 0 * x + 0.7], axis=1)
        parts.append(boxes(at, size, *coat, sides="nsewt").placed(turn * np.pi / 2, (0, 0, 0)))
        for place in (-0.3, 0.32):
            index = int((place + 0.5) * steps)
            if tall[index] > 3.6:
                parts.append(
                    opening(float(x[index]), 1.5, 1.0, 2.0, away + 0.36, UNDER_ARCH).placed(turn * np.pi / 2, (0, 0, 0))
                )
    for x in (-3.5, 0.0, 3.5):
        high = float(rng.uniform(1.0, 5.2))
        parts.append(
            turned(
                [(0.55, 0), (0.46, 0.4), (0.42, high), (0.0, high + 0.12)],
                16,
                "stone",
                (0.36, 0.33, 0.28),
                center=(x, 0.1, -1.0),
            )
        )
    parts.append(turned([(0.42, 0), (0.4, 3.0)], 14, "stone", (0.36, 0.33, 0.28), center=(2.0, 0.1, 1.8)))
    parts.append(rubble(13.0, 10.0, 90, (0.32, 0.29, 0.24), rng))
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
            opening(0, level, 0.6, 1.0, at, WHOLE, _GLOW, trim=(0.5, 0.48, 0.44)).placed(index * 1.3, (0, 0, 0))
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
    parts.append(turned([(2.35, 9.1), (2.75, 9.1)], 22, "planks", _WOOD, label="building/roof"))
    deck = [(3.05, 4.0), (4.3, 4.05)]
    parts.append(turned([deck[0], deck[1]], 26, "planks", _WOOD, inward=False))
    parts.append(turned([deck[1], (3.05, 4.15)], 26, "planks", _WOOD))
    angle = np.arange(16) * np.pi / 8
    foot = np.stack([4.2 * np.sin(angle), 0 * angle + 4.1, 4.2 * np.cos(angle)], axis=1)
    parts.append(beams(foot, foot + (0, 1.0, 0), 0.07, 0.07, "wood", _WOOD))
    ring = foot + (0, 0.95, 0)
    parts.append(beams(ring, np.roll(ring, -1, axis=0), 0.06, 0.08, "wood", _WOOD))
    struts = np.stack([3.3 * np.sin(angle), 0 * angle + 2.6, 3.3 * np.cos(angle)], axis=1)
    parts.append(beams(struts, foot - (0, 0.1, 0), 0.1, 0.1, "wood", _WOOD))
    hub = np.array([0.0, 10.1, 3.3])
    parts.append(beams([(0, 10.1, 1.5)], [hub + (0, 0, 0.2)], 0.45, 0.45, "wood", _WOOD))
    lean = 0.35 + (look.seed % 5) * 0.2
    for index in range(4):
        turn = lean + index * np.pi / 2
        out, side = np.array([np.cos(turn), np.sin(turn), 0]), np.array([-np.sin(turn), np.cos(turn), 0])
        parts.append(beams([hub], [hub + 7.6 * out], 0.2, 0.2, "wood", _WOOD))
        rungs = np.linspace(1.6, 7.4, 13)[:, None]
        start = hub + rungs * out - 0.1 * side
        parts.append(beams(start, start + 1.75 * side, 0.06, 0.06, "wood", _WOOD))
        for share in (0.0, 0.85, 1.7):
            edge = hub + 1.6 * out + share * side
            parts.append(beams([edge], [edge + 5.8 * out], 0.06, 0.06, "wood", _WOOD))
        cloth = hub + 1.9 * out + 0.12 * side + (0, 0, 0.05)
        for facing in (0, 1):
            a, b = (5.3 * out, 1.5 * side) if facing == 0 else (1.5 * side, 5.3 * out)
            parts.append(quads(cloth + (0, 0, 0.01 * (1 - 2 * facing)), a, b, "cloth", (0.6, 0.55, 0.44)))
    parts.append(opening(0, 0.15, 1.1, 2.1, 3.55, UNDER_ARCH, louvres=True))
    for index, level in enumerate((2.2, 5.4, 7.4)):
        radius = 3.55 - 1.2 * (level + 0.4 - 0.6) / 8.6
        parts.append(opening(0, level, 0.7, 0.9, radius, WHOLE, _GLOW).placed(index * 2.2 + 0.8, (0, 0, 0)))
    return merge(parts)


def watermill(look: Look) -> Quads:
    """A stone house with a large wooden wheel at its side and a channel that feeds it."""
    from worldloom.generate.build.town.house import house

    coat = look.wall("rubble", (0.34, 0.31, 0.26))
    dress = _simple(coat, ("flat_tile", (0.3, 0.12, 0.07)), pitch=1.1, storey=2.7)
    parts = [house(dress, 8.0, 9.0, 2, inside=True, door=-1.0)]
    radius, x = 2.6, 5.1
    angle = np.arange(20) * np.pi / 10
    for side in (-0.55, 0.55):
        rim = np.stack([0 * angle + x + side, 1.7 + radius * np.sin(angle), radius * np.cos(angle)], axis=1)
        inner = np.stack(
            [0 * angle + x + side, 1.7 + 0.78 * radius * np.sin(angle), 0.78 * radius * np.cos(angle)], axis=1
        )
        for ring in (rim, inner):
            parts.append(beams(ring, np.roll(ring, -1, axis=0), 0.14, 0.14, "wood", _WOOD))
        hub = np.array([x + side, 1.7, 0.0])
        parts.append(beams(np.broadcast_to(hub, (10, 3)), rim[::2], 0.12, 0.12, "wood", _WOOD))
    y, z = 1.7 + 0.9 * radius * np.sin(angle), 0.9 * radius * np.cos(angle)
    paddles = np.stack([0 * angle + x - 0.6, y, z], axis=1)
    out = np.stack([0 * angle, np.sin(angle), np.cos(angle)], axis=1) * 0.32
    for facing in (1, -1):
        a = [1.2 * facing, 0, 0]
        start = paddles - out + (0 if facing > 0 else 1.2, 0, 0)
        parts.append(quads(start, a, 2 * out, "planks", _WOOD))
    parts.append(beams([(3.6, 1.7, 0)], [(6.3, 1.7, 0)], 0.32, 0.32, "wood", _WOOD))
    parts.append(boxes((6.3, 0.6, 0), (0.5, 2.6, 1.0), *coat, sides="nsewt"))
    parts.append(boxes([(x, 4.45, -5.0)], (1.3, 0.12, 9.6), "planks", _WOOD))
    parts.append(boxes([(x - 0.62, 4.65, -5.0), (x + 0.62, 4.65, -5.0)], (0.08, 0.5, 9.6), "planks", _WOOD))
    parts.append(boxes((x, 4.6, -5.0), (1.1, 0.1, 9.6), "glass", (0.1, 0.18, 0.19), sides="t", label="water"))
    posts = [(x + s, 1.9, z) for s in (-0.5, 0.5) for z in (-9.0, -6.0, -3.2)]
    parts.append(boxes(posts, (0.16, 5.0, 0.16), "wood", _WOOD, sides="nsew"))
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


def greenhouse(look: Look) -> Quads:
    """Glass between white bars, beds of plants inside."""
    bar = look.colour or (0.72, 0.72, 0.7)
    wide, long, eaves, ridge = 5.0, 9.0, 2.1, 3.5
    parts = [boxes([(0, 0.2, s * (long / 2)) for s in (-1, 1)], (wide, 0.7, 0.2), "brick", (0.33, 0.12, 0.07))]
    parts.append(boxes([(s * wide / 2, 0.2, 0) for s in (-1, 1)], (0.2, 0.7, long), "brick", (0.33, 0.12, 0.07)))
    glass: dict[str, Any] = {"label": "building/window", "opacity": 0.12}
    z = np.linspace(-long / 2, long / 2, 10)
    for hand in (-1, 1):
        start = [hand * wide / 2, 0.5, hand * long / 2]
        parts.append(quads(start, [0, 0, -hand * long], [0, eaves - 0.5, 0], "glass", (0.4, 0.5, 0.48), **glass))
        slope = [hand * wide / 2, eaves, hand * long / 2]
        parts.append(
            quads(slope, [0, 0, -hand * long], [-hand * wide / 2, ridge - eaves, 0], "glass", (0.4, 0.5, 0.48), **glass)
        )
        foot = np.stack([0 * z + hand * wide / 2, 0 * z + 0.4, z], axis=1)
        top = np.stack([0 * z + hand * wide / 2, 0 * z + eaves, z], axis=1)
        crown = np.stack([0 * z, 0 * z + ridge, z], axis=1)
        parts.append(beams(foot, top, 0.06, 0.06, "metal", bar))
        parts.append(beams(top, crown, 0.06, 0.06, "metal", bar))
        parts.append(
            beams([top[0], (foot[0] + top[0]) / 2], [top[-1], (foot[-1] + top[-1]) / 2], 0.06, 0.08, "metal", bar)
        )
        end = hand * long / 2
        face = quads(
            [-hand * wide / 2, 0.5, end], [hand * wide, 0, 0], [0, eaves - 0.5, 0], "glass", (0.4, 0.5, 0.48), **glass
        )
        gable = quads(
            [-hand * wide / 2, eaves, end],
            [hand * wide, 0, 0],
            [0, ridge - eaves, 0],
            "glass",
            (0.4, 0.5, 0.48),
            inset=(0.5, 0.5),
            **glass,
        )
        parts += [face, gable]
        x = np.linspace(-wide / 2, wide / 2, 6)
        low = np.stack([x, 0 * x + 0.4, 0 * x + end], axis=1)
        high = np.stack([x, ridge - np.abs(x) / (wide / 2) * (ridge - eaves), 0 * x + end], axis=1)
        parts.append(beams(low, high, 0.06, 0.06, "metal", bar))
        parts.append(beams([(-wide / 2, eaves, end)], [(wide / 2, eaves, end)], 0.06, 0.08, "metal", bar))
    parts.append(beams([(0, ridge, -long / 2)], [(0, ridge, long / 2)], 0.1, 0.1, "metal", bar))
    for x in (-1.5, 1.5):
        parts.append(boxes((x, 0.35, 0), (1.3, 0.7, long - 1.0), "wood", _WOOD, sides="nsew"))
        parts.append(
            boxes((x, 0.66, 0), (1.26, 0.06, long - 1.04), "turf", (0.06, 0.045, 0.03), sides="t", label="ground/soil")
        )
    rng = np.random.default_rng([look.seed, 29])
    count = 60
    at = np.stack(
        [
            rng.choice([-1.5, 1.5], count) + rng.uniform(-0.5, 0.5, count),
            0.85 + rng.uniform(0, 0.25, count),
            rng.uniform(-3.8, 3.8, count),
        ],
        1,
    )
    tone = np.array([0.05, 0.13, 0.025]) * rng.uniform(0.7, 1.6, (count, 1))
    tone[::6] = (0.45, 0.06, 0.03)
    parts.append(
        boxes(
            at,
            rng.uniform(0.2, 0.5, (count, 3)),
            "turf",
            tone,
            sides="nsewt",
            turn=rng.uniform(0, 3, count),
            label="plant/crop",
        )
    )
    return merge(parts)


def gazebo(look: Look) -> Quads:
    """Eight posts, a railing, and a pointed roof."""
    white = look.colour or (0.72, 0.71, 0.67)
    angle = (np.arange(8) + 0.5) * np.pi / 4
    ring = np.stack([2.1 * np.sin(angle), 0 * angle, 2.1 * np.cos(angle)], axis=1)
    after = np.roll(ring, -1, axis=0)
    parts = [turned([(2.6, -0.3), (2.6, 0.3)], 8, "stone", (0.36, 0.34, 0.3), start=np.pi / 8)]
    parts.append(plate((0, 0.3, 0), 2.5, "floorboards", (0.3, 0.2, 0.11)))
    parts.append(beams(ring + (0, 0.3, 0), ring + (0, 2.7, 0), 0.15, 0.15, "wood", white, fine=0.7))
    parts.append(beams(ring + (0, 2.6, 0), after + (0, 2.6, 0), 0.14, 0.22, "wood", white, fine=0.7))
    closed = np.arange(8) != 7
    parts.append(beams(ring[closed] + (0, 1.15, 0), after[closed] + (0, 1.15, 0), 0.09, 0.08, "wood", white))
    for share in np.linspace(0.1, 0.9, 9):
        post = ring[closed] * (1 - share) + after[closed] * share
        parts.append(beams(post + (0, 0.35, 0), post + (0, 1.12, 0), 0.04, 0.04, "wood", white))
    parts.append(
        turned(
            [(2.75, 2.65), (1.3, 3.45), (0.12, 4.15)],
            8,
            "shingle",
            (0.15, 0.16, 0.17),
            start=np.pi / 8,
            label="building/roof",
        )
    )
    parts.append(turned([(2.1, 2.7), (2.75, 2.63)], 8, "planks", white, start=np.pi / 8, label="building/roof"))
    parts.append(turned([(0.12, 4.1), (0.16, 4.3), (0.0, 4.6)], 8, "wood", white, fine=0.5))
    parts.append(boxes((0, 0.1, 2.75), (1.6, 0.2, 0.7), "stone", (0.36, 0.34, 0.3), label="building/stairs"))
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
    parts.append(plate((0, high, 0), radius + 0.2, "planks", _WOOD, up=False))
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


def bridge(look: Look) -> Quads:
    """A stone bridge of two arches along x, with parapets."""
    coat = look.wall("stone", (0.35, 0.32, 0.27))
    length, wide = 18.0, 4.2
    x = np.linspace(-length / 2, length / 2, 19)
    crown = 2.3 * np.cos(x / length * np.pi) ** 0.8 * 0.75 + 0.35
    arch_half, spring = 3.4, -0.6
    parts: list[Quads] = []
    middles = (-4.2, 4.2)

    def under(place: float) -> float:
        for middle in middles:
            away = abs(place - middle)
            if away < arch_half:
                return spring + 2.3 * float(np.sqrt(1 - (away / arch_half) ** 2))
        return -2.0

    fine = np.linspace(-length / 2, length / 2, 73)
    for a, b in pairwise(fine):
        low = max(under((a + b) / 2), -2.0)
        high = float(np.interp((a + b) / 2, x, crown)) + 0.75
        for facing in (1, -1):
            start = [a if facing > 0 else b, low, facing * wide / 2]
            parts.append(quads(start, [facing * (b - a), 0, 0], [0, high - low, 0], *coat))
            back = [b if facing > 0 else a, high - 0.75, facing * (wide / 2 - 0.35)]
            parts.append(quads(back, [-facing * (b - a), 0, 0], [0, 0.75, 0], *coat, fine=0.9))
    top = np.stack([x, crown, 0 * x], axis=1)
    parts.append(strips(top + (0, 0, wide / 2), top - (0, 0, wide / 2), "cobble", (0.29, 0.27, 0.23), label="road"))
    for hand in (-1, 1):
        rail = top + (0, 0.78, hand * (wide / 2 - 0.17))
        parts.append(beams(rail[:-1], rail[1:], 0.46, 0.14, "stone", tuple(1.12 * c for c in coat[1])))
    for middle in middles:
        angle = np.linspace(np.pi, 0, 15)
        line = np.stack(
            [middle + arch_half * np.cos(angle), spring + 2.3 * np.sin(angle), 0 * angle + wide / 2], axis=1
        )
        pairs = np.stack([line, line - (0, 0, wide)]).transpose(1, 0, 2)
        parts.append(strips(pairs[:-1], pairs[1:], *coat))
        for hand in (-1, 1):
            ring = line * (1, 1, 0) + (0, 0.12, hand * (wide / 2 + 0.03))
            parts.append(
                beams(ring[:-1], ring[1:], 0.12, 0.4, "stone", tuple(1.15 * c for c in coat[1]), label="building/trim")
            )
    parts.append(boxes((0, -0.4, 0), (1.4, 2.6, wide + 1.2), *coat, sides="nsewt"))
    return merge(parts)


def pier(look: Look) -> Quads:
    """Planks on posts, out along -Z."""
    rng = np.random.default_rng([look.seed, 31])
    count, wide = 90, 2.6
    z = 9.0 - (np.arange(count) + 0.5) * 0.2
    at = np.stack([rng.uniform(-0.05, 0.05, count), 1.0 + rng.uniform(-0.008, 0.008, count), z], axis=1)
    tone = np.asarray(look.colour or (0.26, 0.19, 0.13)) * rng.uniform(0.75, 1.25, (count, 1))
    parts = [boxes(at, (wide, 0.06, 0.185), "wood", tone, sides="nsewt", turn=rng.uniform(-0.008, 0.008, count))]
    parts.append(boxes([(x, 0.86, 0) for x in (-1.0, 1.0)], (0.16, 0.22, 18.0), "wood", _WOOD, sides="nsewb"))
    for index, place in enumerate(np.arange(8.5, -9.0, -2.8)):
        for x in (-1.35, 1.35):
            tall = 1.95 if index % 2 == 0 else 1.2
            parts.append(
                turned(
                    [(0.15, -3.0), (0.13, tall), (0.0, tall + 0.03)],
                    10,
                    "wood",
                    (0.2, 0.14, 0.095),
                    center=(x, 0, float(place)),
                    fine=0.8,
                )
            )
    return merge(parts)


def wall(look: Look) -> Quads:
    """A free stone wall along x with a coping."""
    coat = look.wall("rubble", _GREY)
    body = boxes((0, 0.85, 0), (10.0, 2.3, 0.5), *coat, sides="nsewt")
    x = (np.arange(16) + 0.5) * 10 / 16 - 5
    rng = np.random.default_rng([look.seed, 37])
    caps = boxes(np.stack([x, 2.08 + rng.uniform(-0.03, 0.03, 16), 0 * x], 1), (0.6, 0.18, 0.66), "stone", coat[1])
    return merge([body, caps])


def gate(look: Look) -> Quads:
    """A town gate: an arch between two towers."""
    return gatehouse(look.wall("stone", _GREY))


def arch(look: Look) -> Quads:
    """A free-standing arch of triumph."""
    coat = look.wall("marble", (0.58, 0.53, 0.44))
    wide, tall, deep, gap = 7.6, 7.0, 2.6, 3.4
    parts = _arch_face(coat, wide, tall, gap, 3.2, deep / 2) + _vault_under(coat, gap, 3.2, deep)
    parts.append(boxes((0, tall / 2 - 0.5, 0), (wide, tall + 1, deep), *coat, sides="ewt"))
    parts.append(boxes([(0, tall - 0.2, 0), (0, tall - 1.6, 0)], (wide + 0.5, 0.35, deep + 0.5), "smooth", coat[1]))
    parts.append(
        boxes([(s * (wide + gap) / 4, 0.25, 0) for s in (-1, 1)], ((wide - gap) / 2 + 0.3, 0.9, deep + 0.3), *coat)
    )
    for s in (-1, 1):
        for t in (-1, 1):
            place = (s * (wide / 2 - 0.75), 0, t * (deep / 2 + 0.1))
            parts.append(
                turned(
                    [(0.34, 0.7), (0.3, 3.0), (0.26, 5.0), (0.36, 5.3)], 16, "marble", coat[1], center=place, fine=0.8
                )
            )
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
