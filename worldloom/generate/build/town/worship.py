"""Churches, Greek temples, pyramids, mosques."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from worldloom.generate.build.town.dress import Dress
from worldloom.generate.build.town.masonry import Look, battlements, opening, stairs_around
from worldloom.generate.build.town.quads import UNDER_ARCH, UNDER_POINTED, Quads, merge, quads
from worldloom.generate.build.town.roofs import roof
from worldloom.generate.build.town.solid import boxes, plate, turned

_GLASS = (0.06, 0.07, 0.11)
_GLOW = (1.0, 0.6, 0.3)


def plain_dress(
    wall: tuple[str, tuple[float, float, float]], roof_coat: tuple[str, tuple[float, float, float]], **more: Any
) -> Dress:
    base = Dress(
        wall=wall,
        ground_wall=wall,
        plinth=wall,
        inner=("lime", (0.66, 0.62, 0.54)),
        floor=("checker", (0.45, 0.42, 0.38)),
        roof=roof_coat,
        trim=(0.3, 0.27, 0.22),
        frame=(0.1, 0.1, 0.1),
        door=(0.12, 0.07, 0.035),
        chimney=False,
        seed=0.9,
    )
    return replace(base, lit=0.0, **more)


def church(look: Look) -> Quads:
    """A nave with pointed windows and buttresses, an apse, and a tower with a spire over the entrance."""
    wall = look.wall("rubble" if look.seed % 2 else "stone", (0.37, 0.34, 0.28))
    slate = ("slate", (0.1, 0.11, 0.13)) if look.seed % 3 else ("flat_tile", (0.3, 0.12, 0.07))
    dress = plain_dress(wall, slate, pitch=1.25, overhang=0.3, gutters=True)
    wide, long, tall = 9.0, 16.0, 7.0
    parts: list[Quads] = [roof(long, wide, dress).placed(np.pi / 2, (0, tall, -3.0)).with_values(foot=-9)]
    count = 4
    glow = _GLOW
    for hand in (-1, 1):
        turn = hand * np.pi / 2
        side = [quads([-long / 2, -0.8, wide / 2], [long, 0, 0], [0, tall + 0.8, 0], *wall)]
        for index in range(count):
            x = (index + 0.5) * long / count - long / 2
            side.append(opening(x, 1.9, 1.2, 3.7, wide / 2, UNDER_POINTED, glow, trim=(0.42, 0.39, 0.33)))
        for index in range(count + 1):
            x = index * long / count - long / 2
            x = float(np.clip(x, -long / 2 + 0.35, long / 2 - 0.35))
            side.append(boxes((x, 2.4, wide / 2 + 0.4), (0.7, 5.2, 0.8), *wall, sides="sewt"))
            side.append(boxes((x, 5.2, wide / 2 + 0.22), (0.6, 1.0, 0.45), *wall, sides="sewt"))
        side.append(
            quads(
                [-long / 2, 0.35, -wide / 2 + 0.3],
                [long, 0, 0],
                [0, 5.6, 0],
                "lime",
                (0.66, 0.62, 0.54),
                label="room/wall",
                reach=40,
            )
        )
        parts.append(merge(side).placed(turn, (0, 0, -3.0)))
    for facing, z in ((1, long / 2 - 3.0), (-1, -long / 2 - 3.0)):
        parts.append(quads([-facing * wide / 2, -0.8, z], [facing * wide, 0, 0], [0, tall + 0.8, 0], *wall))
    parts.append(turned([(3.1, -0.8), (3.1, 5.2)], 16, *wall, center=(0, 0, -11.0), share=(0.25, 0.75)))
    parts.append(
        turned([(3.4, 5.1), (0.05, 7.6)], 16, *slate, center=(0, 0, -11.0), share=(0.25, 0.75), label="building/roof")
    )
    parts.append(
        boxes((0, 0.05, -3), (wide, 0.1, long), "checker", (0.4, 0.37, 0.32), sides="t", label="room/floor", reach=50)
    )
    side, high = 4.6, 14.5
    z = long / 2 - 3.0 + side / 2 - 0.6
    tower = [boxes((0, high / 2 - 0.4, 0), (side, high + 0.8, side), *wall, sides="new")]
    door = (1.7, 2.9)
    for origin, width in (
        ([-side / 2, -0.8, side / 2], side / 2 - door[0] / 2),
        ([door[0] / 2, -0.8, side / 2], side / 2 - door[0] / 2),
    ):
        tower.append(quads(origin, [width, 0, 0], [0, door[1] + 0.8, 0], *wall))
    tower.append(quads([-side / 2, door[1], side / 2], [side, 0, 0], [0, high - door[1], 0], *wall))
    frame = [(x, door[1] / 2, side / 2 + 0.08) for x in (-door[0] / 2 - 0.14, door[0] / 2 + 0.14)]
    tower.append(boxes(frame, (0.28, door[1], 0.26), "smooth", (0.42, 0.39, 0.33), label="building/door"))
    tower.append(
        boxes((0, door[1] + 0.2, side / 2 + 0.08), (2.3, 0.4, 0.3), "smooth", (0.42, 0.39, 0.33), label="building/door")
    )
    for hand in (-1, 1):
        tower.append(
            boxes(
                (hand * 0.85, 1.4, side / 2 - 0.9),
                (0.08, 2.7, 0.85),
                "planks",
                (0.12, 0.07, 0.035),
                label="building/door",
            )
        )
    tower.append(
        boxes((0, 0.06, side / 2 + 0.5), (3.2, 0.16, 1.0), "stone", (0.34, 0.32, 0.28), label="building/stairs")
    )
    for turn in range(4):
        face = [opening(x, 10.4, 0.9, 2.3, side / 2, UNDER_POINTED, (0, 0, 0), louvres=True) for x in (-0.75, 0.75)]
        face.append(
            boxes((0, 9.6, side / 2 + 0.06), (side + 0.24, 0.22, 0.12), "smooth", (0.4, 0.37, 0.31), sides="stb")
        )
        face.append(
            boxes((0, high - 0.15, side / 2 + 0.1), (side + 0.4, 0.3, 0.2), "smooth", (0.4, 0.37, 0.31), sides="stb")
        )
        face.append(boxes((side / 2, 4.6, side / 2), (0.7, 9.4, 0.7), *wall, sides="nsewt"))
        if turn != 2:
            face.append(
                quads(
                    [-0.75, 7.4, side / 2 + 0.03], [1.5, 0, 0], [0, 1.5, 0], "smooth", (0.7, 0.68, 0.6), cut=1, fine=0.5
                )
            )
            hands = [(0, 8.3, side / 2 + 0.05), (0.18, 8.15, side / 2 + 0.05)]
            face.append(boxes(hands, [(0.06, 0.5, 0.02), (0.4, 0.06, 0.02)], "iron", (0.03, 0.03, 0.03), reach=70))
        tower.append(merge(face).placed(turn * np.pi / 2, (0, 0, 0)))
    spire = replace(dress, roof_kind="tent", pitch=3.1, overhang=0.25, gutters=False)
    tower.append(roof(side, side, spire).placed(0, (0, high, 0)).with_values(foot=-9))
    top = high + 3.1 * side / 2 + 0.9
    tower.append(
        boxes([(0, top, 0), (0, top + 0.15, 0)], [(0.09, 1.5, 0.09), (0.8, 0.09, 0.09)], "metal", (0.6, 0.42, 0.12))
    )
    parts.append(merge(tower).placed(0, (0, 0, z)))
    pews = [(x, 0.5, -float(i) * 1.3 - 0.5) for i in range(6) for x in (-2.1, 2.1)]
    parts.append(boxes(pews, (2.7, 0.8, 0.1), "wood", (0.18, 0.1, 0.05), label="furniture/seat", reach=35))
    parts.append(boxes((0, 0.6, -9.6), (2.0, 1.0, 0.9), "marble", (0.6, 0.58, 0.54), label="furniture/table", reach=35))
    return merge(parts).placed(0, (0, 0, 1.5))


def temple(look: Look) -> Quads:
    """Greek: steps, a ring of fluted columns, an inner house, beams and low gables."""
    coat = look.wall("marble", (0.66, 0.61, 0.52))
    wide, long, base = 11.5, 20.0, 1.35
    parts = [stairs_around(wide + 1.4, long + 1.4, 3, base, coat)]
    tall, radius = 5.6, 0.48
    xs, zs = np.linspace(-wide / 2 + 0.6, wide / 2 - 0.6, 6), np.linspace(-long / 2 + 0.6, long / 2 - 0.6, 11)
    places = [(x, z) for x in xs for z in (zs[0], zs[-1])] + [(x, z) for z in zs[1:-1] for x in (xs[0], xs[-1])]
    profile = [
        (radius, 0),
        (radius * 1.01, 1.6),
        (radius * 0.93, 3.4),
        (radius * 0.82, tall - 0.4),
        (radius * 1.25, tall - 0.12),
    ]
    column = merge(
        [
            turned(profile, 20, "marble" if coat[0] == "marble" else coat[0], coat[1], label="building/trim", fine=0.8),
            boxes((0, tall - 0.06, 0), (1.3 * radius * 2, 0.22, 1.3 * radius * 2), *coat, label="building/trim"),
        ]
    )
    parts += [column.placed(0, (x, base, z)) for x, z in places]
    top = base + tall
    beam = [((0, top + 0.45, s * (long / 2 - 0.6)), (wide, 0.9, 1.1)) for s in (-1, 1)]
    beam += [((s * (wide / 2 - 0.6), top + 0.45, 0), (1.1, 0.9, long - 2.2)) for s in (-1, 1)]
    parts.append(boxes([c for c, _ in beam], [s for _, s in beam], *coat, sides="nsewb"))
    notch = [
        (s * (wide / 2 + 0.02), top + 1.15, z)
        for s in (-1, 1)
        for z in np.linspace(-long / 2 + 0.6, long / 2 - 0.6, 21)
    ]
    notch += [
        (x, top + 1.15, s * (long / 2 + 0.02))
        for s in (-1, 1)
        for x in np.linspace(-wide / 2 + 0.6, wide / 2 - 0.6, 11)
    ]
    parts.append(boxes((0, top + 1.15, 0), (wide, 0.55, long), *coat, sides="nsew"))
    parts.append(
        boxes(notch, (0.42, 0.5, 0.42), "smooth", tuple(0.9 * c for c in coat[1]), label="building/trim", reach=70)
    )
    parts.append(boxes((0, top + 1.5, 0), (wide + 0.9, 0.2, long + 0.9), *coat))
    dress = plain_dress(
        coat, ("tile", (0.45, 0.3, 0.2)) if coat[0] == "marble" else coat, pitch=0.42, overhang=0.35, gutters=False
    )
    parts.append(
        roof(long, wide, replace(dress, trim=coat[1])).placed(np.pi / 2, (0, top + 1.55, 0)).with_values(foot=-9)
    )
    cella = (wide - 4.4, long - 6.5)
    parts.append(boxes((0, base + tall / 2, 0), (cella[0], tall, cella[1]), *coat, sides="new"))
    for x in (-cella[0] / 4 - 0.5, cella[0] / 4 + 0.5):
        parts.append(boxes((x, base + tall / 2, cella[1] / 2 - 0.2), (cella[0] / 2 - 1.0, tall, 0.4), *coat))
    parts.append(
        quads(
            [-cella[0] / 2, base + tall - 0.05, -long / 2],
            [cella[0], 0, 0],
            [0, 0, long],
            "wood",
            (0.2, 0.13, 0.07),
            label="room/ceiling",
        )
    )
    parts.append(boxes((0, base + 1.2, -cella[1] / 2 + 2.0), (1.6, 2.4, 1.6), *coat, label="object/statue"))
    return merge(parts)


def pyramid(look: Look) -> Quads:
    """Courses of large blocks, each a step back, an entrance, and a smooth cap."""
    coat = look.coat or ("block", look.colour or (0.52, 0.4, 0.24))
    half, courses, tall = 20.5, 26, 1.0
    parts = []
    rng = np.random.default_rng([look.seed, 3])
    for index in range(courses):
        size = 2 * half * (1 - index / (courses + 0.3))
        lift = index * tall
        tone = tuple(c * rng.uniform(0.9, 1.08) for c in coat[1])
        parts.append(
            boxes(
                (0, lift + tall / 2 - (0.4 if index == 0 else 0), 0),
                (size, tall + (0.8 if index == 0 else 0), size),
                coat[0],
                tone,
                sides="nsewt",
            )
        )
    shift = half * (1 - 4 / courses)
    parts.append(boxes([(-1.6, 3.2, shift + 1), (1.6, 3.2, shift + 1)], (0.8, 6.4, 3.0), coat[0], coat[1]))
    parts.append(boxes((0, 6.2, shift + 1), (4.6, 0.9, 3.4), coat[0], coat[1]))
    parts.append(
        quads([-1.2, 0, shift + 0.9], [2.4, 0, 0], [0, 5.8, 0], "smooth", (0.02, 0.017, 0.014), label="building/door")
    )
    return merge(parts)


def mosque(look: Look) -> Quads:
    """A cube with a great dome, small domes at its corners, an arched front and two minarets."""
    coat = look.wall("lime", (0.74, 0.7, 0.6))
    dome_coat = ("flat_tile", (0.05, 0.24, 0.3)) if look.seed % 2 == 0 else ("metal", (0.55, 0.4, 0.14))
    trim = (0.1, 0.3, 0.36)
    side, tall = 13.0, 8.0
    parts = [boxes((0, tall / 2 - 0.4, 0), (side, tall + 0.8, side), *coat, sides="newt")]
    door = (2.4, 4.4)
    for x in (-(side + door[0]) / 4, (side + door[0]) / 4):
        parts.append(
            quads([x - (side - door[0]) / 4, -0.8, side / 2], [(side - door[0]) / 2, 0, 0], [0, tall + 0.8, 0], *coat)
        )
    parts.append(quads([-door[0] / 2, door[1], side / 2], [door[0], 0, 0], [0, tall - door[1], 0], *coat))
    portal = [(x, 3.6, side / 2 + 0.5) for x in (-2.1, 2.1)]
    parts.append(boxes(portal, (1.4, 7.2, 1.0), *coat))
    parts.append(boxes((0, 7.7, side / 2 + 0.5), (5.6, 1.4, 1.0), *coat))
    parts.append(
        quads([-1.4, 4.3, side / 2 + 0.6], [2.8, 0, 0], [0, 2.7, 0], "flat_tile", trim, cut=UNDER_ARCH, fine=0.7)
    )
    parts.append(boxes((0, 7.6, side / 2 + 1.02), (5.2, 0.5, 0.05), "checker", trim, sides="s"))
    for turn in range(4):
        face = []
        for x in (-4.4, -2.4, 2.4, 4.4) if turn else (-4.6, 4.6):
            face.append(opening(x, 2.2, 1.1, 3.0, side / 2, UNDER_ARCH, _GLOW, trim=trim))
        face.append(boxes((0, tall - 0.3, side / 2 + 0.1), (side + 0.4, 0.6, 0.2), "checker", trim, sides="stb"))
        face.append(battlements(side, tall, side / 2, coat))
        parts.append(merge(face).placed(turn * np.pi / 2, (0, 0, 0)))
    angle = np.linspace(0, np.pi / 2, 10)

    def dome(radius: float, x: float, y: float, z: float) -> Quads:
        bulge = 1 + 0.08 * np.sin(2 * angle)
        profile = np.stack([radius * np.cos(angle) * bulge, y + 1.12 * radius * np.sin(angle)], axis=1)
        tip = y + 1.12 * radius
        return merge(
            [
                turned([(radius * 0.98, y - 0.22 * radius - 0.6), (radius * 0.98, y)], 32, *coat, center=(x, 0, z)),
                turned([(radius * 1.04, y - 0.12), (radius * 1.04, y + 0.04)], 32, "smooth", trim, center=(x, 0, z)),
                turned(profile, 32, *dome_coat, center=(x, 0, z), label="building/roof"),
                turned(
                    [
                        (0.12 * radius, tip - 0.05),
                        (0.03 * radius, tip + 0.2 * radius),
                        (0.06 * radius, tip + 0.3 * radius),
                        (0, tip + 0.5 * radius),
                    ],
                    8,
                    "metal",
                    (0.6, 0.42, 0.12),
                    center=(x, 0, z),
                    fine=0.5,
                ),
            ]
        )

    parts.append(dome(4.7, 0, tall + 1.7, 0))
    parts += [dome(1.5, x, tall + 0.7, z) for x in (-4.9, 4.9) for z in (-4.9, 4.9)]
    for x in (-side / 2 - 0.6, side / 2 + 0.6):
        shaft = [(1.15, -0.8), (1.1, 6), (0.95, 15.0), (1.5, 15.6), (1.5, 16.6)]
        center = (x, 0, side / 2 - 0.6)
        parts.append(turned(shaft, 20, *coat, center=center))
        parts.append(plate((x, 15.7, side / 2 - 0.6), 1.48, *coat))
        parts.append(turned([(0.72, 15.6), (0.7, 19.0), (0.95, 19.2)], 16, *coat, center=center))
        parts.append(
            turned([(0.98, 19.2), (0.7, 20.6), (0.0, 22.4)], 16, *dome_coat, center=center, label="building/roof")
        )
    return merge(parts)
