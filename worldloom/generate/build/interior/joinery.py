"""Furniture that is made to measure: low tables, bedside tables, wall cupboards, long tables, plinths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from worldloom.generate.build.interior.cover import slab, speckle
from worldloom.generate.build.interior.decor import linear
from worldloom.generate.build.objects.kit import Kit, Paint
from worldloom.generate.spec import Colour
from worldloom.scene.surfels import Array, Surfels, join

Block = tuple[tuple[float, float, float], tuple[float, float, float], float]
"""Lower and upper corner, metres, and a factor of the colour."""


def _table(width: float, depth: float, height: float, leg: float, shelf: bool) -> list[Block]:
    x, z = width / 2, depth / 2
    blocks: list[Block] = [((-x, height - 0.035, -z), (x, height, z), 1.0)]
    blocks.append(((-x + 0.05, height - 0.1, -z + 0.05), (x - 0.05, height - 0.035, z - 0.05), 0.8))
    for left in (-x + 0.03, x - 0.03 - leg):
        for front in (-z + 0.03, z - 0.03 - leg):
            blocks.append(((left, 0.0, front), (left + leg, height - 0.035, front + leg), 0.9))
    if shelf:
        blocks.append(((-x + 0.06, 0.12, -z + 0.06), (x - 0.06, 0.145, z - 0.06), 0.9))
    return blocks


def _chest(width: float, depth: float, height: float, rows: int, columns: int, feet: float) -> list[Block]:
    """A carcass with fronts that stand a little out, and knobs."""
    x, z = width / 2, depth / 2
    blocks: list[Block] = [
        ((-x, feet, -z), (x, height, z - 0.012), 0.85),
        ((-x - 0.01, height, -z), (x + 0.01, height + 0.02, z + 0.012), 1.0),
    ]
    for row in range(rows):
        for column in range(columns):
            u0, u1 = -x + width * column / columns + 0.012, -x + width * (column + 1) / columns - 0.012
            v0, v1 = feet + (height - feet) * row / rows + 0.012, feet + (height - feet) * (row + 1) / rows - 0.012
            blocks.append(((u0, v0, z - 0.012), (u1, v1, z + 0.006), 1.05))
            middle = (v0 + v1) / 2 if rows > 1 else v0 + 0.12
            knob = (u0 + u1) / 2 if rows > 1 or columns == 1 else (u1 - 0.05 if column % 2 == 0 else u0 + 0.05)
            blocks.append(((knob - 0.014, middle - 0.014, z), (knob + 0.014, middle + 0.014, z + 0.028), 0.35))
    if feet:
        for left in (-x + 0.02, x - 0.06):
            for front in (-z + 0.02, z - 0.07):
                blocks.append(((left, 0, front), (left + 0.04, feet, front + 0.04), 0.7))
    return blocks


MEASURED: dict[str, Callable[[], list[Block]]] = {
    "coffee_table": lambda: _table(1.15, 0.62, 0.40, 0.05, True),
    "bedside_table": lambda: _chest(0.46, 0.38, 0.50, 2, 1, 0.1),
    "side_table": lambda: _table(0.48, 0.42, 0.52, 0.035, True),
    "console_table": lambda: _table(1.1, 0.34, 0.78, 0.045, True),
    "dining_table": lambda: _table(2.1, 0.98, 0.75, 0.075, False),
    "kitchen_table": lambda: _table(1.3, 0.8, 0.75, 0.06, False),
    "bistro_table": lambda: _table(0.8, 0.8, 0.75, 0.05, False),
    "reading_table": lambda: _table(1.9, 1.0, 0.76, 0.08, False),
    "wall_cupboard": lambda: _chest(1.0, 0.34, 0.68, 1, 2, 0.0),
    "sideboard": lambda: _chest(1.6, 0.45, 0.78, 1, 4, 0.12),
    "plinth": lambda: [((-0.3, 0.0, -0.3), (0.3, 0.95, 0.3), 1.0), ((-0.33, 0.0, -0.33), (0.33, 0.06, 0.33), 0.95)],
    "school_desk": lambda: _table(0.72, 0.5, 0.72, 0.035, True),
}
"""By name; the front is +Z."""


def wall_clock(spacing: float, seed: int) -> Surfels:
    """A round clock to hang up, its lowest point on y = 0 and its back at the origin."""
    kit = Kit(min(spacing, 0.02), seed, "furniture/decoration", None, None, False)
    rim, hand = Paint("wood", (0.06, 0.035, 0.02)), Paint("iron", (0.015, 0.015, 0.015))
    with kit.at((0.0, 0.16, 0.0), tilt=np.pi / 2):
        kit.lathe([(0.16, 0.0), (0.16, 0.035), (0.14, 0.045), (0.135, 0.03)], (0, 0, 0), rim, 36)
        kit.lathe([(0.135, 0.025), (0.0, 0.025)], (0, 0, 0), Paint("enamel", (0.8, 0.78, 0.72)), 36)
    for hour in np.arange(12) * np.pi / 6:
        kit.box((0.01, 0.022, 0.004), (0.112 * np.sin(hour), 0.149 + 0.112 * np.cos(hour), 0.03), hand)
    kit.tube([(0, 0.16, 0.034), (0.055, 0.2, 0.034)], 0.006, hand)
    kit.tube([(0, 0.16, 0.036), (-0.03, 0.255, 0.036)], 0.004, hand)
    return kit.finished().single()


def joined(name: str, colour: Colour | None, spacing: float, seed: int) -> Surfels:
    """A made-to-measure piece standing on y = 0 at the origin."""

    def grade(points: Array) -> Array:
        return np.full(len(points), spacing)

    base = np.asarray(linear(colour or (0.5, 0.34, 0.2)))
    parts = []
    for low, high, factor in MEASURED[name]():
        block = slab(low, high, grade)
        size = np.asarray(high) - np.asarray(low)
        axis = int(size.argmax())
        others = [other for other in range(3) if other != axis]
        fibre = speckle(
            block.position[:, axis] / 0.6 + 5.3 * seed,
            (block.position[:, others[0]] + 0.7 * block.position[:, others[1]]) / 0.022,
            seed,
        )
        tone = factor * (1 + (0.0 if name == "plinth" else 0.17) * fibre)
        parts.append(block.painted(base * tone[:, None]))
    label = "furniture/table" if "table" in name or "desk" in name else "furniture/storage"
    return join(parts).labelled(label).single()
