"""Towers, castles, ruins, walls, gates and arches."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.town.dress import Coating
from worldloom.generate.build.town.masonry import GLOW, GREY, WOOD, Look, battlements, opening, round_tower, simple
from worldloom.generate.build.town.quads import UNDER_ARCH, WHOLE, Quads, merge, quads
from worldloom.generate.build.town.roofs import roof
from worldloom.generate.build.town.ruins import rubble
from worldloom.generate.build.town.solid import beams, boxes, plate, strips, turned


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


def rampart(length: float, tall: float, thick: float, coat: Coating = ("rubble", GREY)) -> Quads:
    """A wall along x with a walk on top."""
    body = boxes((0, tall / 2 - 0.75, 0), (length, tall + 1.5, thick), *coat, sides="nst")
    ends = boxes([(-length / 2, tall / 2, 0), (length / 2, tall / 2, 0)], (0.02, tall, thick), *coat, sides="ew")
    return merge([body, ends, battlements(length, tall, thick / 2, coat)])


def gatehouse(coat: Coating = ("stone", GREY)) -> Quads:
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
    coat = look.wall("rubble", GREY)
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
                        x, y, 0.9, 1.9, depth / 2, UNDER_ARCH, GLOW if y > 6 else (0, 0, 0), trim=(0.38, 0.36, 0.31)
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
    keep.append(boxes((0, 5.0, 0), (keep_w, 0.2, keep_d), "planks", WOOD, sides="b", label="room/ceiling"))
    parts.append(merge(keep).placed(0, (0, 0, -6.5)))
    dress = simple(rough, ("flat_tile", (0.27, 0.11, 0.065)), pitch=0.9)
    for hand in (-1, 1):
        parts.append(boxes((hand * (half - 4.0), 1.8, 4.5), (4.6, 4.6, 11.0), *rough, sides="nsew"))
        parts.append(roof(11.0, 4.6, dress).placed(np.pi / 2, (hand * (half - 4.0), 4.1, 4.5)).with_values(foot=-9))
        side = [opening(x, 1.4, 0.8, 1.1, 2.3, WHOLE, GLOW) for x in (-3.5, 0.0, 3.5)]
        parts.append(merge(side).placed(-hand * np.pi / 2, (hand * (half - 4.0), 0, 4.5)))
    parts.append(plate((0, 0.04, 2.0), 12.5, "cobble", (0.3, 0.28, 0.24), label="road", fine=1.6))
    flags = [(x, 24.0, z) for x, z in ((keep_w / 2, -keep_d / 2 - 6.5),)]
    parts.append(boxes([(x, 30.2, z) for x, _, z in flags], (0.09, 5.0, 0.09), "wood", WOOD))
    parts += [
        quads([x + 0.05, 31.2, z], [2.0, 0, 0.3], [0, 1.2, 0], "cloth", (0.4, 0.04, 0.04), fine=0.6)
        for x, _, z in flags
    ]
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


def wall(look: Look) -> Quads:
    """A free stone wall along x with a coping."""
    coat = look.wall("rubble", GREY)
    body = boxes((0, 0.85, 0), (10.0, 2.3, 0.5), *coat, sides="nsewt")
    x = (np.arange(16) + 0.5) * 10 / 16 - 5
    rng = np.random.default_rng([look.seed, 37])
    caps = boxes(np.stack([x, 2.08 + rng.uniform(-0.03, 0.03, 16), 0 * x], 1), (0.6, 0.18, 0.66), "stone", coat[1])
    return merge([body, caps])


def gate(look: Look) -> Quads:
    """A town gate: an arch between two towers."""
    return gatehouse(look.wall("stone", GREY))


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
