"""Tables, cupboards, shelves and other furniture to put things on or in."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.objects.kit import Kit, Paint, shade
from worldloom.generate.build.objects.recipes import recipe
from worldloom.generate.build.objects.seats import OAK, PINE, WALNUT, WOODS, legs

BINDINGS = (
    (0.25, 0.04, 0.03),
    (0.05, 0.1, 0.2),
    (0.06, 0.14, 0.07),
    (0.3, 0.2, 0.08),
    (0.12, 0.06, 0.03),
    (0.4, 0.36, 0.28),
)


def books(k: Kit, width: float, at: tuple[float, float, float], tall: float = 0.26) -> None:
    """A row of books along x; `at` is the left end of its foot."""
    x = 0.0
    while x < width - 0.07:
        thick, high = k.between(0.025, 0.06), k.between(0.72, 1.0) * tall
        k.box((thick * 0.94, high, 0.17), (at[0] + x + thick / 2, at[1], at[2]), Paint("paint", k.pick(*BINDINGS)))
        x += thick
        if k.rng.random() < 0.04:
            x += k.between(0.05, 0.15)


def knob(k: Kit, at: tuple[float, float, float], paint: Paint | None = None) -> None:
    k.ball(0.018, at, paint or Paint("brass"))


def front(k: Kit, size: tuple[float, float], at: tuple[float, float, float], paint: Paint, side: int = 0) -> None:
    """A door or drawer with a panel, standing out of a front at z; `side` is where its knob is, 0 the middle."""
    wide, high = size
    x, y, z = at
    k.box((wide, high, 0.02), (x, y, z), paint)
    dark = Paint(paint.material, paint.colour and shade(paint.colour, 0.72))
    if high > 0.3:
        k.box((wide - 0.14, high - 0.14, 0.008), (x, y + 0.07, z + 0.012), dark)
    knob(k, (x + side * (wide / 2 - 0.04), y + high / 2, z + 0.025))


@recipe("table", 0.76, 0.028, "furniture/table")
def table(k: Kit) -> None:
    wood = k.main("wood", *WOODS)
    k.box((1.6, 0.04, 0.86), (0, 0.72, 0), wood)
    legs(k, 1.5, 0.78, 0.72, 0.07, wood)
    for z in (-0.34, 0.34):
        k.box((1.36, 0.09, 0.022), (0, 0.63, z), wood)
    for x in (-0.7, 0.7):
        k.box((0.022, 0.09, 0.64), (x, 0.63, 0), wood)


@recipe("desk", 0.76, 0.028, "furniture/table")
def desk(k: Kit) -> None:
    wood = k.main("wood", *WOODS)
    k.box((1.4, 0.035, 0.7), (0, 0.725, 0), wood)
    k.box((0.42, 0.725, 0.64), (0.45, 0, 0), wood)
    for y, high in ((0.06, 0.28), (0.37, 0.16), (0.55, 0.15)):
        front(k, (0.38, high), (0.45, y, 0.325), wood)
    k.box((0.04, 0.725, 0.64), (-0.64, 0, 0), wood)
    k.box((0.9, 0.4, 0.02), (-0.2, 0.32, -0.3), wood)
    front(k, (0.8, 0.09), (-0.2, 0.63, 0.325), wood)


@recipe("workbench", 0.95, 0.035, "furniture/table")
def workbench(k: Kit) -> None:
    wood, iron = k.main("wood", PINE, OAK), Paint("iron")
    k.box((1.8, 0.09, 0.7), (0, 0.82, 0), wood)
    legs(k, 1.66, 0.6, 0.82, 0.1, wood)
    k.box((1.5, 0.03, 0.5), (0, 0.2, 0), wood)
    k.box((0.24, 0.16, 0.09), (-0.5, 0.72, 0.4), wood)
    k.tube([(-0.62, 0.8, 0.47), (-0.38, 0.8, 0.47)], 0.012, iron)
    k.box((0.4, 0.03, 0.04), (0.3, 0.92, 0.1), Paint("wood", OAK))
    k.box((0.12, 0.035, 0.035), (0.5, 0.91, 0.1), iron)
    k.box((0.35, 0.25, 0.3), (0.35, 0.23, 0), Paint("planks"))
    k.box((0.26, 0.04, 0.09), (-0.1, 0.91, -0.1), Paint("wood", WALNUT))


@recipe("wardrobe", 2.05, 0.04, "furniture/storage")
def wardrobe(k: Kit) -> None:
    wood = k.main("wood", *WOODS)
    k.box((1.3, 1.85, 0.56), (0, 0.1, 0), wood)
    k.box((1.36, 0.1, 0.6), (0, 0, 0), wood)
    k.box((1.4, 0.1, 0.62), (0, 1.95, 0), wood)
    for x, side in ((-0.31, 1), (0.31, -1)):
        front(k, (0.59, 1.4), (x, 0.5, 0.29), wood, side)
        front(k, (0.59, 0.3), (x, 0.16, 0.29), wood)


@recipe("cupboard", 1.4, 0.035, "furniture/storage")
def cupboard(k: Kit) -> None:
    wood = k.main("wood", PINE, OAK, (0.32, 0.4, 0.36))
    k.box((1.0, 0.8, 0.45), (0, 0.06, 0), wood)
    legs(k, 1.0, 0.45, 0.06, 0.06, wood)
    k.box((1.06, 0.03, 0.49), (0, 0.86, 0), wood)
    for x, side in ((-0.24, 1), (0.24, -1)):
        front(k, (0.46, 0.54), (x, 0.1, 0.235), wood, side)
        front(k, (0.46, 0.16), (x, 0.67, 0.235), wood)
    for x in (-0.48, 0.48):
        k.box((0.03, 0.48, 0.28), (x, 0.89, -0.08), wood)
    k.box((1.0, 0.48, 0.02), (0, 0.89, -0.21), wood)
    for y in (1.12, 1.37):
        k.box((1.04, 0.03, 0.3), (0, y, -0.08), wood)
    for x in (-0.3, 0.0, 0.3):
        k.lathe([(0, 0), (0.05, 0), (0.1, 0.09), (0.09, 0.09)], (x, 0.89, -0.06), Paint("enamel"), 20)
        k.lathe([(0, 0), (0.04, 0), (0.045, 0.11)], (x, 1.15, -0.06), Paint("clay"), 16)


def _rack(k: Kit, width: float, height: float, levels: int, paint: Paint, depth: float = 0.3) -> list[float]:
    """Sides and boards; heights of the boards' tops."""
    for x in (-1, 1):
        k.box((0.03, height, depth), (x * (width / 2 - 0.015), 0, 0), paint)
    k.box((width, height, 0.015), (0, 0, -depth / 2 + 0.01), paint)
    tops = [float(y) for y in np.linspace(0.09, height - 0.025, levels)]
    for y in tops:
        k.box((width - 0.06, 0.025, depth - 0.02), (0, y, 0.005), paint)
    return [y + 0.025 for y in tops]


@recipe("bookshelf", 2.0, 0.032, "furniture/storage")
def bookshelf(k: Kit) -> None:
    wood = k.main("wood", *WOODS)
    for y in _rack(k, 1.0, 2.0, 6, wood)[:-1]:
        books(k, 0.92, (-0.46, y, 0.03), 0.29)


@recipe("shelf", 1.6, 0.032, "furniture/storage")
def shelf(k: Kit) -> None:
    wood = k.main("wood", PINE, OAK)
    levels = _rack(k, 0.9, 1.6, 4, wood, 0.36)
    books(k, 0.4, (-0.4, levels[0], 0.02), 0.28)
    k.box((0.3, 0.22, 0.26), (0.22, levels[0], 0), Paint("planks", OAK))
    for x in (-0.3, -0.12, 0.05):
        k.lathe(
            [(0, 0), (0.06, 0), (0.065, 0.16), (0.04, 0.2), (0.045, 0.22)],
            (x, levels[1], 0),
            Paint("clay", k.pick(*BINDINGS)),
            18,
        )
    k.box((0.26, 0.15, 0.24), (0.27, levels[1], 0), Paint("paper", (0.4, 0.28, 0.16)))
    books(k, 0.5, (-0.1, levels[2], 0.02), 0.26)
    k.cushion((0.24, 0.2, 0.24), (-0.27, levels[2], 0), Paint("straw"), 0.4)


@recipe("chest", 0.62, 0.028, "furniture/storage")
def chest(k: Kit) -> None:
    wood, iron = k.main("planks", OAK, WALNUT), Paint("iron")
    k.box((0.95, 0.38, 0.52), (0, 0, 0), wood)
    arc = np.linspace(0, np.pi, 13)
    lid = np.stack(
        [np.stack([np.full(13, x), 0.38 + 0.23 * np.sin(arc), -0.26 * np.cos(arc)], 1) for x in (-0.475, 0.475)], 1
    )
    k.sheet(lid[::-1], wood)
    for x in (-0.475, 0.475):
        end = np.stack(
            [
                np.column_stack([np.full(13, x), 0.38 + s * 0.23 * np.sin(arc), -s * 0.26 * np.cos(arc)])
                for s in (0.01, 1)
            ],
            1,
        )
        k.sheet(end if x > 0 else end[::-1], wood)
    for x in (-0.36, 0, 0.36):
        band = [
            (x, 0, 0.27),
            (x, 0.38, 0.27),
            *[(x, 0.38 + 0.24 * np.sin(a), 0.27 * np.cos(a)) for a in arc],
            (x, 0, -0.27),
        ]
        k.tube(band, 0.016, iron)
    k.box((0.12, 0.14, 0.03), (0, 0.3, 0.27), Paint("brass"))
    k.box((0.97, 0.03, 0.54), (0, 0.365, 0), iron)


@recipe("counter", 1.05, 0.04, "furniture/table")
def counter(k: Kit) -> None:
    wood = k.main("wood", OAK, WALNUT)
    k.box((2.0, 0.98, 0.5), (0, 0, -0.03), wood)
    for x in (-0.66, 0, 0.66):
        k.box(
            (0.56, 0.7, 0.02),
            (x, 0.15, 0.23),
            Paint(wood.material, wood.colour and shade(wood.colour, 0.75)),
        )
    k.box((2.1, 0.06, 0.66), (0, 0.98, 0), wood)
    k.box((2.04, 0.1, 0.54), (0, 0, -0.02), Paint("wood", WALNUT))
    k.tube([(-1.0, 0.2, 0.36), (1.0, 0.2, 0.36)], 0.02, Paint("brass"))


@recipe("altar", 1.05, 0.035, "furniture/table")
def altar(k: Kit) -> None:
    stone = k.main("marble")
    k.box((2.1, 0.12, 1.1), (0, 0, 0), stone)
    k.box((1.6, 0.68, 0.7), (0, 0.12, 0), stone)
    k.box((1.9, 0.1, 0.9), (0, 0.75, 0), stone)
    linen = Paint("fabric", (0.78, 0.75, 0.7))
    k.box((0.8, 0.012, 0.92), (0, 0.85, 0), linen)
    k.box((0.8, 0.4, 0.012), (0, 0.46, 0.46), linen)
    k.box((0.06, 0.26, 0.014), (0, 0.53, 0.465), Paint("gold"))
    k.box((0.2, 0.06, 0.014), (0, 0.66, 0.466), Paint("gold"))
    for x in (-0.7, 0.7):
        k.lathe([(0.06, 0), (0.02, 0.02), (0.015, 0.08)], (x, 0.85, 0), Paint("gold"), 16)
        k.tube([(x, 0.92, 0), (x, 1.02, 0)], 0.016, Paint("lime"))
        k.ball((0.009, 0.02, 0.009), (x, 1.035, 0), Paint("flame"))


@recipe("blackboard", 1.9, 0.045, "furniture/decoration")
def blackboard(k: Kit) -> None:
    wood = k.main("wood", OAK)
    k.box((2.4, 1.1, 0.03), (0, 0.78, 0), Paint("slate", (0.02, 0.045, 0.035)))
    for y in (0.74, 1.85):
        k.box((2.5, 0.05, 0.05), (0, y, 0), wood)
    for x in (-1.22, 1.22):
        k.box((0.06, 1.9, 0.05), (x, 0, 0), wood)
        k.box((0.07, 0.06, 0.6), (x, 0, 0), wood)
    k.box((2.3, 0.02, 0.09), (0, 0.76, 0.06), wood)
    for y, long in ((1.6, 1.3), (1.42, 1.7), (1.24, 0.9)):
        line = [(-1.0 + long * t, y + 0.03 * np.sin(37 * t + 9 * y), 0.03) for t in np.linspace(0, 1, 40)]
        k.tube(line, 0.008, Paint("lime"))
    k.box((0.12, 0.02, 0.04), (0.7, 0.78, 0.06), Paint("lime"))
