"""Cars, on wheels or hovering."""

from __future__ import annotations

from itertools import pairwise

from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.solid import boxes


def car(colour: tuple[float, float, float], futuristic: bool) -> Quads:
    """A car 4.3 m long along z; one that hovers has light under it."""
    wide = 0.88
    outline = [
        (-2.12, 0.35),
        (-2.1, 0.78),
        (-1.55, 0.92),
        (-0.85, 1.42),
        (0.55, 1.42),
        (1.25, 0.95),
        (2.0, 0.8),
        (2.15, 0.4),
    ]
    parts = []
    for (z0, y0), (z1, y1) in pairwise(outline):
        glass = y0 > 0.9 and y1 > 0.9 and abs(y1 - y0) > 0.2
        inset = 0.12 if max(y0, y1) > 1.2 else 0.0
        half = wide - inset * 0.6
        look = ("pane", (0.03, 0.04, 0.05)) if glass else ("metal", colour)
        parts.append(quads([half, y0, z0], [-2 * half, 0, 0], [0, y1 - y0, z1 - z0], *look, label="vehicle", fine=0.7))
    for side in (-1, 1):
        x = side * wide
        start = [x, 0.3, side * 2.12]
        parts.append(
            quads(
                start,
                [0, 0, -side * 4.24],
                [0, 0.55, 0],
                "metal",
                colour,
                inset=(0.02, 0.98),
                label="vehicle",
                fine=0.7,
            )
        )
        low, high = ([x, 0.85, 1.45], [x * 0.9, 1.4, 0]) if side > 0 else ([x, 0.85, -1.6], [x * 0.9, 1.4, 0])
        ends = (0.3, 0.8) if side > 0 else (0.24, 0.7)
        parts.append(
            quads(
                low,
                [0, 0, -side * 3.05],
                [high[0] - low[0], 0.55, 0],
                "pane",
                (0.03, 0.04, 0.05),
                inset=ends,
                label="vehicle",
                fine=0.7,
            )
        )
        if not futuristic:
            for z in (-1.32, 1.36):
                wheel = quads(
                    [x + side * 0.02, 0.0, z + side * 0.33],
                    [0, 0, -side * 0.66],
                    [0, 0.66, 0],
                    "smooth",
                    (0.02, 0.02, 0.022),
                    cut=1,
                    label="vehicle",
                    fine=0.4,
                )
                hub = quads(
                    [x + side * 0.03, 0.16, z + side * 0.17],
                    [0, 0, -side * 0.34],
                    [0, 0.34, 0],
                    "metal",
                    (0.4, 0.41, 0.42),
                    cut=1,
                    label="vehicle",
                    fine=0.35,
                )
                parts += [wheel, hub]
    lights = [(x, 0.66, 2.1) for x in (-0.6, 0.6)]
    parts.append(
        boxes(lights, (0.36, 0.14, 0.08), "light", (0.7, 0.7, 0.66), sides="s", glow=(1.6, 1.5, 1.2), label="vehicle")
    )
    tails = [(x, 0.68, -2.11) for x in (-0.62, 0.62)]
    parts.append(
        boxes(tails, (0.32, 0.14, 0.06), "light", (0.4, 0.02, 0.02), sides="n", glow=(1.0, 0.03, 0.02), label="vehicle")
    )
    under = (0.2, 0.9, 1.1) if futuristic else (0.0, 0.0, 0.0)
    parts.append(boxes((0, 0.28, 0), (1.6, 0.08, 4.0), "smooth", (0.03, 0.03, 0.035), glow=under, label="vehicle"))
    return merge(parts)
