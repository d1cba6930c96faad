"""What stands on roofs: chimneys and dormers."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.town.dress import Dress
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.roof_parts import LABEL
from worldloom.generate.build.town.solid import boxes, strips


def chimney(x: float, z: float, base: float, top: float, dress: Dress) -> Quads:
    """A shaft with a cap and pots."""
    brick = dress.ground_wall if dress.ground_wall[0] in ("stone", "rubble") else ("brick", (0.26, 0.1, 0.065))
    pots = [[x - 0.16, top + 0.24, z], [x + 0.16, top + 0.24, z]]
    return merge(
        [
            boxes((x, (base + top) / 2, z), (0.72, top - base, 0.56), *brick, sides="nsewt", label="building/chimney"),
            boxes((x, top + 0.04, z), (0.86, 0.12, 0.7), "smooth", (0.3, 0.28, 0.25), label="building/chimney"),
            boxes(pots, (0.2, 0.36, 0.2), "smooth", (0.3, 0.12, 0.06), label="building/chimney", reach=80),
        ]
    )


def dormer(x: float, z: float, base: float, run: float, dress: Dress) -> Quads:
    """A window with a small gable standing out of a slope that faces +Z; `run` metres back to where it meets it."""
    wide, tall = 1.25, 1.15
    rise = 0.45
    front = z
    cheeks = []
    for hand in (-1, 1):
        edge = x + hand * wide / 2
        origin, a = ([edge, base, front], [0, 0, -run]) if hand > 0 else ([edge, base, front - run], [0, 0, run])
        cheeks.append(quads(origin, a, [0, tall, 0], *dress.wall))
    glow = dress.lamplight if dress.seed * 7 % 1 < dress.lit else (0.0, 0.0, 0.0)
    low = [
        np.array(
            [
                [x + hand * (wide / 2 + 0.15), base + tall - 0.04, front + 0.2],
                [x + hand * (wide / 2 + 0.15), base + tall - 0.04, front - run - 0.9],
            ]
        )
        for hand in (-1, 1)
    ]
    high = np.array([[x, base + tall + rise, front + 0.2], [x, base + tall + rise, front - run - 0.9]])
    parts = [
        *cheeks,
        quads([x - wide / 2, base, front], [wide, 0, 0], [0, tall, 0], *dress.wall),
        quads([x - wide / 2, base + tall, front], [wide, 0, 0], [0, rise, 0], *dress.wall, inset=(0.5, 0.5)),
        quads(
            [x - 0.4, base + 0.18, front + 0.02],
            [0.8, 0, 0],
            [0, 0.9, 0],
            "pane",
            (0.045, 0.06, 0.07),
            label="building/window",
            glow=glow,
        ),
        boxes(
            [
                [x - 0.42, base + 0.62, front + 0.03],
                [x, base + 0.62, front + 0.03],
                [x + 0.42, base + 0.62, front + 0.03],
            ],
            [[0.08, 1.0, 0.06], [0.05, 0.9, 0.06], [0.08, 1.0, 0.06]],
            "wood",
            dress.frame,
            label="building/window",
        ),
        boxes(
            [[x, base + 0.15, front + 0.04], [x, base + 1.1, front + 0.03]],
            (0.95, 0.07, 0.1),
            "wood",
            dress.frame,
            label="building/window",
        ),
        strips(low[1], high, *dress.roof, label=LABEL),
        strips(low[0][::-1], high[::-1], *dress.roof, label=LABEL),
    ]
    return merge(parts)
