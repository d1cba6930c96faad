"""Temples of the east: halls, pagodas, torii."""

# ruff: noqa: RUF005 - tuples are added to arrays here, not to lists

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worldloom.generate.build.town.masonry import Look, stairs_around
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.roofs import roof
from worldloom.generate.build.town.solid import beams, boxes, turned
from worldloom.generate.build.town.worship import plain_dress
from worldloom.scene.semantics import label_index

_KAWARA = ("kawara", (0.11, 0.115, 0.125))
_LIME = ("lime", (0.72, 0.69, 0.6))


def hall(look: Look) -> Quads:
    """A temple's main hall: a podium, a veranda with a railing, red posts and brackets, sliding doors, and two great
    tiled roofs on each other."""
    red = look.colour or (0.33, 0.055, 0.03)
    dark = (0.13, 0.075, 0.04)
    wide, deep, base, tall = 13.0, 9.0, 1.1, 3.6
    walls = look.coat or _LIME
    parts = [
        stairs_around(wide + 5.0, deep + 5.0, 1, 0.35, ("stone", (0.33, 0.32, 0.3))),
        boxes((0, base - 0.08, 0), (wide + 3.2, 0.16, deep + 3.2), "floorboards", dark, label="building/floor"),
        boxes((0, 0.6, 0), (wide + 1.6, 1.0, deep + 1.6), "planks", (0.09, 0.055, 0.035), sides="nsew"),
    ]
    steps = np.arange(4)
    at = np.stack([0 * steps, 0.3 + 0.22 * steps - 0.11, deep / 2 + 3.0 - 0.38 * steps], axis=1)
    parts.append(boxes(at, (4.0, 0.22, 0.42), "wood", dark, sides="newst", label="building/stairs"))
    for turn, long, off in ((0, wide, deep), (1, deep, wide), (2, wide, deep), (3, deep, wide)):
        parts.append(_side(long, off / 2, base, tall, red, walls, turn == 0).placed(turn * np.pi / 2, (0, 0, 0)))
    dress = plain_dress(walls, _KAWARA, roof_kind="japanese", overhang=2.2, thick_roof=0.24, pitch=0.5)
    dress = replace(dress, trim=red)
    top = base + tall
    skirt = replace(dress, overhang=2.4, pitch=0.42)
    parts.append(roof(wide, deep, skirt).placed(0, (0, top, 0)).with_values(foot=-9))
    upper = (wide - 4.0, deep - 3.4, 1.5)
    parts.append(boxes((0, top + 1.0, 0), (upper[0], 2.6, upper[1]), *walls, sides="nsew"))
    rail = np.linspace(-upper[0] / 2, upper[0] / 2, 9)
    posts = [(x, top + 1.3, z) for x in rail for z in (-upper[1] / 2, upper[1] / 2)]
    parts.append(boxes(posts, (0.22, 2.2, 0.22), "wood", red))
    parts.append(roof(upper[0], upper[1], replace(dress, pitch=0.8, overhang=1.9)).placed(0, (0, top + 2.2, 0)))
    lantern = [(-3.4, 2.2, deep / 2 + 1.2), (3.4, 2.2, deep / 2 + 1.2)]
    paper = (0.55, 0.12, 0.06)
    for x, y, z in lantern:
        bowl = [(0.1, y), (0.3, y + 0.12), (0.34, y + 0.4), (0.3, y + 0.7), (0.1, y + 0.8)]
        parts.append(turned(bowl, 12, "smooth", paper, center=(x, 0, z), label="lamp", glow=(1.2, 0.4, 0.15), fine=0.6))
    return merge(parts)


def _side(
    long: float,
    z: float,
    base: float,
    tall: float,
    red: tuple[float, float, float],
    walls: tuple[str, tuple[float, float, float]],
    front: bool,
) -> Quads:
    """One side of a hall: panels between posts, brackets under the eaves, a railing except before the steps."""
    count = max(round(long / 2.2), 3)
    posts = np.linspace(-long / 2, long / 2, count + 1)
    middle = (posts[:-1] + posts[1:]) / 2
    bay = long / count
    upper = base + tall
    parts = [
        quads([-long / 2, base, z], [long, 0, 0], [0, tall, 0], *walls),
        boxes(
            [(x, base + tall / 2, z) for x in posts], (0.3, tall, 0.3), "wood", red, sides="sew", label="building/trim"
        ),
        boxes(
            [(0, base + 0.15, z), (0, base + 2.45, z), (0, upper - 0.2, z)],
            (long + 0.4, 0.26, 0.3),
            "wood",
            red,
            label="building/trim",
        ),
    ]
    doors = np.abs(middle) < (2.4 if front else 0.1)
    for x, door in zip(middle, doors):
        look = ("planks", (0.16, 0.07, 0.035)) if door else ("paper", (0.62, 0.58, 0.48))
        low, high = (0.28, 2.05) if door else (0.75, 1.55)
        parts.append(
            quads(
                [x - bay / 2 + 0.2, base + low, z + 0.03],
                [bay - 0.4, 0, 0],
                [0, high, 0],
                *look,
                label="building/door" if door else "building/window",
                glow=(0, 0, 0) if door else (1.2, 0.75, 0.35),
            )
        )
    arms = np.linspace(-long / 2, long / 2, 2 * count + 1)
    for lift, reach in ((0.0, 0.5), (0.24, 0.95)):
        parts.append(
            boxes(
                [(x, upper + lift - 0.35, z + reach / 2) for x in arms],
                (0.2, 0.22, reach),
                "wood",
                red,
                label="building/trim",
                reach=80,
            )
        )
    outer = z + 1.5
    half = long / 2 + 1.5
    spans = [(-half, -2.2), (2.2, half)] if front else [(-half, half)]
    for left, right in spans:
        for y in (base + 0.45, base + 0.9):
            parts.append(
                boxes(((left + right) / 2, y, outer), (right - left, 0.09, 0.09), "wood", red, label="building/trim")
            )
        places = np.linspace(left, right, max(round((right - left) / 1.4), 1) + 1)
        parts.append(
            boxes(
                [(x, base + 0.5, outer) for x in places],
                (0.12, 1.0, 0.12),
                "wood",
                red,
                label="building/trim",
                reach=90,
            )
        )
    return merge(parts)


def pagoda(look: Look) -> Quads:
    """Five roofs on each other, each smaller, red posts, white walls and a finial."""
    red = look.colour or (0.33, 0.05, 0.03)
    parts = [stairs_around(9.6, 9.6, 3, 0.9, ("stone", (0.33, 0.32, 0.3)))]
    y, side = 0.9, 6.4
    dress = plain_dress(
        ("lime", (0.72, 0.69, 0.6)),
        ("kawara", (0.11, 0.115, 0.125)),
        roof_kind="japanese",
        overhang=1.5,
        thick_roof=0.2,
    )
    dress = replace(dress, trim=red)
    for level in range(5):
        tall = 2.5 if level == 0 else 1.75
        walls = [boxes((0, y + tall / 2, 0), (side, tall, side), "lime", (0.72, 0.69, 0.6), sides="nsew")]
        posts = np.linspace(-side / 2, side / 2, 4)
        for turn in range(4):
            face = [boxes([(x, y + tall / 2, side / 2) for x in posts], (0.24, tall, 0.24), "wood", red, sides="sew")]
            face.append(
                boxes([(0, y + 0.12, side / 2), (0, y + tall - 0.15, side / 2)], (side + 0.3, 0.22, 0.3), "wood", red)
            )
            third = side / 3
            face.append(
                quads(
                    [-third / 2 + 0.15, y + 0.2, side / 2 + 0.02],
                    [third - 0.3, 0, 0],
                    [0, tall - 0.45, 0],
                    "planks",
                    tuple(0.8 * c for c in red),
                    label="building/door",
                )
            )
            for hand in (-1, 1):
                face.append(
                    quads(
                        [hand * third - 0.5, y + tall * 0.3, side / 2 + 0.02],
                        [1.0, 0, 0],
                        [0, tall * 0.45, 0],
                        "paper",
                        (0.6, 0.56, 0.46),
                        label="building/window",
                        glow=(1.2, 0.7, 0.3),
                    )
                )
            brackets = [(x, y + tall - 0.05, side / 2 + 0.35) for x in np.linspace(-side / 2, side / 2, 7)]
            face.append(boxes(brackets, (0.18, 0.3, 0.7), "wood", red, reach=80))
            if level:
                face.append(boxes((0, y + 0.75, side / 2 + 0.55), (side + 1.2, 0.07, 0.07), "wood", red))
                rail = [(x, y + 0.4, side / 2 + 0.55) for x in np.linspace(-side / 2 - 0.5, side / 2 + 0.5, 12)]
                face.append(boxes(rail, (0.06, 0.7, 0.06), "wood", red, reach=70))
            walls.append(merge(face).placed(turn * np.pi / 2, (0, 0, 0)))
        parts += walls
        y += tall
        last = level == 4
        cap = replace(dress, pitch=0.85 if last else 0.42, roof_kind="japanese")
        parts.append(roof(side, side, cap).placed(0, (0, y, 0)).with_values(foot=-9))
        y += 0.9
        side *= 0.87
    top = y + 1.4
    parts.append(
        turned(
            [(0.5, top - 0.4), (0.35, top), (0.12, top + 0.1), (0.09, top + 3.6), (0.0, top + 4.0)],
            10,
            "metal",
            (0.55, 0.38, 0.12),
            fine=0.6,
        )
    )
    for index in range(7):
        level = top + 0.5 + 0.38 * index
        parts.append(
            turned(
                [(0.1, level), (0.42 - 0.03 * index, level + 0.05), (0.1, level + 0.1)],
                10,
                "metal",
                (0.5, 0.35, 0.12),
                fine=0.6,
            )
        )
    return merge(parts)


def torii(look: Look) -> Quads:
    """Two leaning posts and two beams, the upper one curved."""
    red = look.colour or (0.5, 0.07, 0.03)
    coat = look.coat[0] if look.coat else "smooth"
    parts = []
    for hand in (-1, 1):
        parts.append(beams([(hand * 2.05, -0.4, 0)], [(hand * 1.85, 4.5, 0)], 0.36, 0.36, coat, red, fine=0.7))
        parts.append(
            turned(
                [(0.36, -0.2), (0.33, 0.45)], 12, "smooth", (0.04, 0.04, 0.042), center=(hand * 2.04, 0, 0), fine=0.6
            )
        )
    x = np.linspace(-3.1, 3.1, 13)
    y = 4.62 + 0.36 * np.abs(x / 3.1) ** 2.4
    line = np.stack([x, y, 0 * x], axis=1)
    parts.append(beams(line[:-1], line[1:], 0.42, 0.34, coat, red, fine=0.7))
    parts.append(
        beams(line[:-1] + (0, 0.26, 0), line[1:] + (0, 0.26, 0), 0.6, 0.2, "kawara", (0.06, 0.06, 0.065), fine=0.7)
    )
    parts.append(boxes((0, 3.7, 0), (4.9, 0.3, 0.26), coat, red, fine=0.7))
    parts.append(boxes((0, 4.2, 0), (0.6, 0.75, 0.2), coat, (0.04, 0.04, 0.042), fine=0.7))
    return merge(parts).with_values(label=label_index("building"))
