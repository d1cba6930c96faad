"""Kitchens and bathrooms, and machines about the house."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.objects.kit import Kit, Paint
from worldloom.generate.build.objects.recipes import recipe
from worldloom.generate.build.objects.seats import OAK, WALNUT
from worldloom.generate.build.objects.storage import front

WHITE, STEEL, CHROME, BLACK = Paint("enamel"), Paint("metal", (0.5, 0.51, 0.53)), Paint("chrome"), Paint("screen")


def tap(k: Kit, at: tuple[float, float, float], reach: float = 0.14) -> None:
    x, y, z = at
    k.tube(
        [(x, y, z), (x, y + 0.18, z), (x, y + 0.21, z + reach / 2), (x, y + 0.15, z + reach)],
        0.014,
        CHROME,
        smooth=True,
    )
    for side in (-0.08, 0.08):
        k.tube([(x + side, y, z), (x + side, y + 0.05, z)], 0.016, CHROME)


@recipe("stove", 0.92, 0.026, "furniture/kitchen")
def stove(k: Kit) -> None:
    body = k.main("enamel", (0.78, 0.77, 0.74), (0.1, 0.1, 0.11))
    k.box((0.6, 0.86, 0.6), (0, 0.03, 0), body)
    k.box((0.56, 0.03, 0.54), (0, 0, 0), BLACK)
    k.box((0.61, 0.02, 0.62), (0, 0.89, 0), BLACK)
    k.box((0.5, 0.44, 0.02), (0, 0.2, 0.305), body)
    k.box((0.38, 0.24, 0.01), (0, 0.27, 0.318), BLACK)
    k.tube([(-0.2, 0.61, 0.35), (0.2, 0.61, 0.35)], 0.012, CHROME)
    for x in (-0.2, -0.1, 0, 0.1, 0.2):
        k.ball(0.02, (x, 0.77, 0.31), Paint("iron"))
    for x in (-0.14, 0.14):
        for z, wide in ((-0.13, 0.07), (0.13, 0.09)):
            ring = [(x + wide * np.cos(a), 0.915, z + wide * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 17)]
            k.tube(ring, 0.009, Paint("iron"), closed=True)
            k.lathe([(0, 0.912), (0.04, 0.912)], (x, 0, z), Paint("iron"), 12)


@recipe("stove_pipe", 2.4, 0.03, "furniture/kitchen")
def stove_pipe(k: Kit) -> None:
    iron = k.main("iron")
    k.tube([(0, 0.0, 0), (0, 1.9, 0), (0, 2.1, -0.06), (0, 2.2, -0.2), (0, 2.22, -0.5)], 0.08, iron)
    for y in (0.05, 0.75, 1.5):
        k.lathe([(0.085, 0), (0.1, 0.02), (0.085, 0.04)], (0, y, 0), iron)
    k.lathe([(0.09, 0), (0.17, 0), (0.17, 0.02), (0.09, 0.05)], (0, 0, 0), iron)
    with k.at((0, 2.22, -0.5), tilt=np.pi / 2):
        k.lathe([(0.2, -0.02), (0.2, 0.0), (0.0, 0.0)], (0, 0, 0), iron)
    k.tube([(-0.17, 1.1, 0), (0.17, 1.1, 0)], 0.01, Paint("brass"))
    k.tube([(0, 2.3, -0.3), (0, 2.4, -0.3)], 0.01, iron)


@recipe("sink", 1.1, 0.024, "furniture/bathroom")
def sink(k: Kit) -> None:
    white = k.main("enamel")
    k.lathe([(0.15, 0), (0.11, 0.06), (0.09, 0.4), (0.12, 0.7)], (0, 0, -0.05), white, smooth=True)
    k.lathe([(0.1, 0.68), (0.2, 0.74), (0.29, 0.87), (0.3, 0.9), (0.27, 0.9), (0.2, 0.8), (0, 0.76)], (0, 0, 0), white)
    k.box((0.56, 0.12, 0.14), (0, 0.79, -0.22), white)
    tap(k, (0, 0.9, -0.2))


@recipe("fridge", 1.8, 0.04, "furniture/kitchen")
def fridge(k: Kit) -> None:
    body = k.main("enamel", (0.75, 0.75, 0.74), (0.42, 0.43, 0.45), (0.35, 0.06, 0.05))
    k.box((0.64, 1.74, 0.56), (0, 0.04, -0.03), body)
    k.box((0.6, 0.05, 0.54), (0, 0, -0.03), BLACK)
    k.cushion((0.65, 1.14, 0.07), (0, 0.62, 0.29), body, 0.2)
    k.cushion((0.65, 0.52, 0.07), (0, 0.07, 0.29), body, 0.2)
    k.box((0.64, 0.02, 0.56), (0, 1.78, -0.03), body)
    for low, high in ((0.72, 1.2), (0.3, 0.52)):
        k.tube([(-0.26, low, 0.33), (-0.26, low, 0.37), (-0.26, high, 0.37), (-0.26, high, 0.33)], 0.013, CHROME)


@recipe("kitchen_counter", 1.1, 0.034, "furniture/kitchen")
def kitchen_counter(k: Kit) -> None:
    body = k.main("paint", (0.6, 0.6, 0.56), (0.25, 0.33, 0.3), (0.33, 0.25, 0.16))
    k.box((1.8, 0.76, 0.56), (0, 0.1, 0), body)
    k.box((1.74, 0.1, 0.5), (0, 0, -0.03), BLACK)
    for x, side in ((-0.675, 1), (-0.225, -1), (0.225, 1), (0.675, -1)):
        front(k, (0.43, 0.5), (x, 0.12, 0.29), body, side)
        front(k, (0.43, 0.2), (x, 0.64, 0.29), body)
    k.box((1.84, 0.04, 0.62), (0, 0.86, 0.01), Paint("marble", (0.2, 0.19, 0.18)))
    k.box((0.5, 0.006, 0.4), (-0.4, 0.9, 0.02), STEEL)
    k.box((0.42, 0.004, 0.32), (-0.4, 0.906, 0.02), Paint("metal", (0.2, 0.21, 0.22)))
    tap(k, (-0.4, 0.9, -0.2))
    k.box((0.36, 0.025, 0.24), (0.2, 0.9, 0.05), Paint("wood", OAK))
    k.lathe(
        [(0, 0), (0.08, 0), (0.08, 0.15), (0.03, 0.17), (0.03, 0.2)],
        (0.65, 0.9, -0.08),
        Paint("metal", (0.5, 0.1, 0.05)),
    )


@recipe("bathtub", 0.8, 0.03, "furniture/bathroom")
def bathtub(k: Kit) -> None:
    white = k.main("enamel")
    angle = np.linspace(0, 2 * np.pi, 41)
    rings = []
    for wide, y in (
        (0.55, 0.1),
        (0.8, 0.16),
        (0.94, 0.35),
        (1.0, 0.56),
        (1.04, 0.58),
        (1.0, 0.6),
        (0.93, 0.56),
        (0.86, 0.35),
        (0.6, 0.2),
        (0.02, 0.18),
    ):
        rings.append(np.column_stack([0.84 * wide * np.sin(angle), np.full(41, y), 0.38 * wide * np.cos(angle)]))
    k.sheet(np.stack(rings), white, wrap=True)
    for x in (-0.5, 0.5):
        for z in (-0.2, 0.2):
            k.tube(
                [(x, 0.16, z), (1.12 * x, 0.08, 1.2 * z), (1.1 * x, 0, 1.2 * z)],
                (0.035, 0.02, 0.03),
                Paint("brass"),
                smooth=True,
            )
    with k.at((-0.84, 0.58, 0), turn=np.pi / 2):
        tap(k, (0, 0, -0.02), 0.16)


@recipe("toilet", 0.83, 0.022, "furniture/bathroom")
def toilet(k: Kit) -> None:
    white = k.main("enamel")
    angle = np.linspace(0, 2 * np.pi, 33)
    rings = []
    for wide, y, z in (
        (0.7, 0, -0.04),
        (0.66, 0.1, -0.05),
        (0.72, 0.22, -0.02),
        (1.0, 0.37, 0.04),
        (1.02, 0.4, 0.04),
        (0.8, 0.4, 0.04),
        (0.5, 0.26, 0.03),
        (0.02, 0.22, 0.02),
    ):
        rings.append(np.column_stack([0.18 * wide * np.sin(angle), np.full(33, y), z + 0.24 * wide * np.cos(angle)]))
    k.sheet(np.stack(rings), white, wrap=True)
    k.cushion((0.4, 0.36, 0.17), (0, 0.38, -0.26), white, 0.25)
    k.box((0.42, 0.03, 0.19), (0, 0.735, -0.26), white)
    k.ball((0.025, 0.012, 0.025), (0, 0.77, -0.26), CHROME)
    with k.at((0, 0.41, -0.17), tilt=-0.12):
        k.cushion((0.36, 0.42, 0.03), (0, 0, 0), white, 0.5)


@recipe("shower", 2.1, 0.045, "furniture/bathroom")
def shower(k: Kit) -> None:
    k.box((0.9, 0.1, 0.9), (0, 0, 0), k.main("enamel"))
    glass = Paint("glass", (0.3, 0.42, 0.42))
    k.box((0.9, 1.9, 0.012), (0, 0.1, 0.44), glass)
    k.box((0.012, 1.9, 0.9), (0.44, 0.1, 0), glass)
    for x, z in ((-0.44, 0.44), (0.44, 0.44), (0.44, -0.44)):
        k.tube([(x, 0.1, z), (x, 2.02, z)], 0.014, CHROME)
    k.tube([(-0.44, 2.02, 0.44), (0.44, 2.02, 0.44), (0.44, 2.02, -0.44)], 0.014, CHROME)
    k.tube([(0, 1.0, -0.42), (0, 2.05, -0.42), (0, 2.09, -0.36), (0, 2.08, -0.12), (0, 2.04, -0.1)], 0.014, CHROME)
    k.lathe([(0.02, 0.03), (0.11, 0), (0, -0.005)], (0, 2.0, -0.1), CHROME)
    k.box((0.2, 0.05, 0.06), (0, 1.05, -0.42), CHROME)


@recipe("television", 0.78, 0.026, "furniture/decoration")
def television(k: Kit) -> None:
    case = k.main("plastic", (0.02, 0.02, 0.022))
    k.box((1.24, 0.72, 0.045), (0, 0.06, 0), case)
    k.box((1.2, 0.67, 0.004), (0, 0.09, 0.025), Paint("screen", (0.03, 0.045, 0.07)))
    k.box((0.06, 0.1, 0.05), (0, 0.01, -0.02), case)
    k.box((0.5, 0.015, 0.24), (0, 0, 0), case)


@recipe("computer", 0.52, 0.018, "furniture/decoration")
def computer(k: Kit) -> None:
    case = k.main("plastic", (0.04, 0.04, 0.045), (0.5, 0.5, 0.48))
    k.box((0.56, 0.36, 0.03), (0, 0.16, -0.1), case)
    k.box((0.53, 0.32, 0.004), (0, 0.18, -0.082), Paint("screen", (0.03, 0.12, 0.25), glow=1.0))
    k.box((0.05, 0.2, 0.03), (0, 0.0, -0.13), case)
    k.box((0.26, 0.012, 0.18), (0, 0, -0.12), case)
    k.box((0.42, 0.018, 0.14), (0, 0, 0.14), case)
    for z in (0.1, 0.13, 0.16, 0.19):
        for x in np.linspace(-0.18, 0.18, 12):
            k.box((0.025, 0.008, 0.022), (float(x), 0.018, z), Paint("plastic", (0.2, 0.2, 0.21)))
    k.ball((0.03, 0.02, 0.05), (0.3, 0.015, 0.14), case)
    k.box((0.18, 0.42, 0.4), (0.42, 0, -0.05), case)
    k.box((0.01, 0.01, 0.01), (0.42, 0.35, 0.155), Paint("light", (0.1, 0.6, 0.9)))


@recipe("piano", 1.25, 0.034, "furniture/decoration")
def piano(k: Kit) -> None:
    wood = k.main("wood", (0.03, 0.026, 0.025), WALNUT)
    k.box((1.5, 1.2, 0.36), (0, 0.0, -0.14), wood)
    k.box((1.56, 0.05, 0.42), (0, 1.2, -0.12), wood)
    k.box((1.5, 0.1, 0.32), (0, 0.6, 0.18), wood)
    for x in (-0.73, 0.73):
        k.box((0.06, 0.78, 0.06), (x, 0, 0.3), wood)
        k.box((0.05, 0.2, 0.34), (x, 0.66, 0.18), wood)
    k.box((1.4, 0.02, 0.16), (0, 0.7, 0.24), Paint("enamel"))
    for number in range(51):
        if number % 7 in (0, 1, 3, 4, 5):
            k.box(
                (0.014, 0.015, 0.1), (-0.68 + 0.0272 * number + 0.0136, 0.72, 0.21), Paint("enamel", (0.01, 0.01, 0.01))
            )
    with k.at((0, 0.84, 0.06), tilt=-0.2):
        k.box((0.5, 0.24, 0.01), (0, 0, 0), Paint("paper"))
    for x in (-0.08, 0, 0.08):
        k.box((0.03, 0.015, 0.1), (x, 0.06, 0.08), Paint("brass"))


@recipe("console", 1.25, 0.035, "furniture/table")
def console(k: Kit) -> None:
    hull, dark = k.main("hull"), Paint("metal", (0.1, 0.11, 0.13))
    k.box((1.6, 0.7, 0.5), (0, 0, -0.1), hull)
    k.box((1.5, 0.08, 0.52), (0, 0.0, -0.06), dark)
    with k.at((0, 0.7, 0.02), tilt=0.35):
        k.box((1.6, 0.05, 0.6), (0, 0, 0), dark)
        for row, z in enumerate(np.linspace(-0.18, 0.22, 5)):
            for column, x in enumerate(np.linspace(-0.7, 0.7, 15)):
                tone = ((0.1, 0.6, 0.9), (0.9, 0.4, 0.08), (0.2, 0.8, 0.3), (0.3, 0.31, 0.33))[
                    (row * 3 + column * 5) % 4
                ]
                k.box(
                    (0.05, 0.012, 0.035),
                    (float(x), 0.05, float(z)),
                    Paint("light" if tone[0] != 0.3 else "plastic", tone),
                )
    for x in (-0.52, 0, 0.52):
        with k.at((x, 0.8, -0.24), tilt=-0.2):
            k.box((0.48, 0.44, 0.04), (0, 0, 0), dark)
            k.box((0.43, 0.36, 0.005), (0, 0.04, 0.024), Paint("light", k.pick((0.03, 0.16, 0.25), (0.03, 0.2, 0.12))))
            points = [(-0.18 + 0.36 * t, 0.2 + 0.1 * np.sin(9 * t + 3 * x), 0.03) for t in np.linspace(0, 1, 24)]
            k.tube(points, 0.006, Paint("light", (0.4, 0.95, 0.9)))
    k.lamp((0, 1.1, 0.3), (0.06, 0.2, 0.25), 2.5, always=True)


@recipe("anvil", 0.9, 0.022, "object")
def anvil(k: Kit) -> None:
    from worldloom.scene.solids import block, hull

    iron = k.main("iron", (0.1, 0.1, 0.105))
    k.lathe([(0, 0), (0.27, 0), (0.26, 0.56), (0, 0.56)], (0, 0, 0), Paint("timber", OAK))
    k.solid(hull([block((0.34, 0.05, 0.24), (0, 0.585, 0)), block((0.18, 0.02, 0.13), (0, 0.65, 0))]), iron)
    k.solid(block((0.16, 0.1, 0.12), (0, 0.7, 0)), iron)
    k.solid(hull([block((0.2, 0.02, 0.13), (0, 0.74, 0)), block((0.44, 0.14, 0.14), (-0.02, 0.83, 0))]), iron)
    with k.at((0.2, 0.83, 0), roll=-np.pi / 2):
        k.lathe([(0.068, 0), (0.05, 0.14), (0.012, 0.3), (0, 0.31)], (0, 0, 0), iron, smooth=True)
