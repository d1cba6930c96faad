"""Vehicles on land, at sea and in the air, and large machines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worldloom.generate.build.objects.kit import Kit, Paint, shade
from worldloom.generate.build.objects.recipes import recipe
from worldloom.generate.build.objects.seats import OAK, PINE
from worldloom.generate.noise import fbm
from worldloom.scene.surfels import Array, Surfels

DARK, GLASS, CHROME = Paint("rubber"), Paint("screen", (0.02, 0.028, 0.035)), Paint("chrome")
LACQUERS = (
    (0.4, 0.02, 0.02),
    (0.03, 0.09, 0.3),
    (0.5, 0.5, 0.5),
    (0.03, 0.03, 0.035),
    (0.05, 0.2, 0.1),
    (0.6, 0.35, 0.03),
)


def wheel(k: Kit, at: tuple[float, float, float], radius: float, wide: float, hub: Paint = CHROME) -> None:
    """Its axle along x."""
    with k.at(at, roll=np.pi / 2):
        r, w = radius, wide / 2
        k.lathe(
            [(0.6 * r, -w), (0.92 * r, -w), (r, -0.6 * w), (r, 0.6 * w), (0.92 * r, w), (0.6 * r, w)],
            (0, 0, 0),
            DARK,
            28,
        )
        for side in (-1, 1):
            line = [(0.6 * r, 0.9 * side * w), (0.45 * r, 0.6 * side * w), (0, 0.8 * side * w)]
            k.lathe(line if side > 0 else line[::-1], (0, 0, 0), hub, 24)


def spoked(
    k: Kit,
    at: tuple[float, float, float],
    radius: float,
    rim: float,
    spokes: int,
    tyre: Paint,
    spoke: Paint,
    thin: float,
) -> None:
    with k.at(at):
        ring = [(0, radius * np.cos(a), radius * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 33)]
        k.tube(np.array(ring) * (1 - rim / radius), rim, tyre, closed=True)
        for a in np.arange(spokes) * 2 * np.pi / spokes:
            k.tube([(0, 0, 0), (0, 0.93 * radius * np.cos(a), 0.93 * radius * np.sin(a))], thin, spoke)
        k.tube([(-2.5 * rim, 0, 0), (2.5 * rim, 0, 0)], 2 * rim if thin > 0.01 else 0.03, spoke)


def shell(
    k: Kit, sections: Sequence[tuple[float, float, float, float, float]], paint: Paint, power: float = 0.42
) -> None:
    """A body along z of rounded cross-sections:
    z, middle height, half width, half height, and by how much of its width its top leans in."""
    angle = np.linspace(0, 2 * np.pi, 49)
    c, s = np.cos(angle), np.sin(angle)
    x, y = np.sign(c) * np.abs(c) ** power, np.sign(s) * np.abs(s) ** power
    rings = [
        np.column_stack([w * x * (1 - lean * (y > 0) * y), mid + h * y, np.full(49, z)])
        for z, mid, w, h, lean in sections
    ]
    k.sheet(np.stack(rings), paint, wrap=True)
    for ring, flip in ((rings[0], True), (rings[-1], False)):
        cap = np.stack([ring, np.broadcast_to(ring.mean(axis=0), ring.shape) + (ring - ring.mean(axis=0)) * 0.02])
        k.sheet(cap[::-1] if flip else cap, paint, wrap=True)


@recipe("car", 1.45, 0.036, "vehicle")
def car(k: Kit) -> None:
    paint = k.main("paint", *LACQUERS)
    shell(
        k,
        [
            (-2.1, 0.62, 0.72, 0.24, 0),
            (-2.0, 0.62, 0.82, 0.32, 0),
            (-1.2, 0.6, 0.87, 0.36, 0),
            (0.6, 0.58, 0.88, 0.36, 0),
            (1.3, 0.56, 0.86, 0.33, 0),
            (2.0, 0.52, 0.8, 0.25, 0),
            (2.12, 0.5, 0.7, 0.18, 0),
        ],
        paint,
    )

    def pane(p: Surfels) -> Array:
        y, z = p.position[:, 1], p.position[:, 2]
        post = (np.abs(z + 0.35) < 0.05) & (np.abs(p.normal[:, 0]) > 0.5)
        return (y > 0.94) & (y < 1.36) & ~post & (p.normal[:, 1] < 0.88)

    with k.marked((pane, GLASS)):
        shell(
            k,
            [
                (-1.75, 0.95, 0.7, 0.06, 0.1),
                (-1.1, 1.1, 0.76, 0.32, 0.16),
                (-0.6, 1.12, 0.78, 0.33, 0.17),
                (0.2, 1.11, 0.78, 0.32, 0.17),
                (0.55, 1.06, 0.77, 0.28, 0.16),
                (1.15, 0.9, 0.74, 0.06, 0.1),
            ],
            paint,
            0.5,
        )
    for x in (-0.79, 0.79):
        for z in (-1.3, 1.32):
            wheel(k, (x, 0.33, z), 0.33, 0.22)
        k.ball((0.15, 0.08, 0.05), (0.75 * x, 0.6, 2.05), Paint("light", (0.8, 0.78, 0.7)))
        k.ball((0.13, 0.07, 0.04), (0.8 * x, 0.72, -2.05), Paint("paint", (0.4, 0.01, 0.01)))
        k.cushion((0.1, 0.1, 0.16), (1.18 * x, 0.92, 0.7), paint, 0.4)
    k.box((1.0, 0.12, 0.03), (0, 0.36, 2.1), DARK)
    k.box((1.5, 0.1, 0.06), (0, 0.32, -2.08), DARK)
    k.lamp((0, 0.6, 2.8), (1.2, 1.1, 0.9), 8.0)


def _coach(k: Kit, length: float, wide: float, floor: float, top: float, paint: Paint, pitch: float) -> None:
    """A long body with rows of windows, along z."""
    low, high = floor + 0.42 * (top - floor), floor + 0.8 * (top - floor)

    def pane(p: Surfels) -> Array:
        y, along = p.position[:, 1], np.where(np.abs(p.normal[:, 0]) > 0.5, p.position[:, 2], 0.5 * pitch)
        return (
            (y > low)
            & (y < high)
            & (np.abs(along / pitch - np.floor(along / pitch) - 0.5) < 0.42)
            & (p.normal[:, 1] < 0.5)
        )

    band = Paint("paint", (0.7, 0.68, 0.6))
    mid, half = (floor + top) / 2, (top - floor) / 2
    with k.marked((lambda p: p.position[:, 1] > high + 0.08, band), (pane, GLASS)):
        z = length / 2
        shell(
            k,
            [
                (-z, mid, 0.92 * wide / 2, 0.94 * half, 0),
                (-z + 0.15, mid, wide / 2, half, 0),
                (z - 0.15, mid, wide / 2, half, 0),
                (z, mid, 0.92 * wide / 2, 0.94 * half, 0),
            ],
            paint,
            0.2,
        )


@recipe("bus", 3.1, 0.07, "vehicle")
def bus(k: Kit) -> None:
    _coach(k, 10.5, 2.5, 0.4, 3.1, k.main("paint", *LACQUERS), 1.3)
    for x in (-1.1, 1.1):
        for z in (-3.2, 3.3):
            wheel(k, (x, 0.5, z), 0.5, 0.34)
        k.ball((0.16, 0.12, 0.06), (0.8 * x, 0.85, 5.22), Paint("light", (0.8, 0.78, 0.7)))
    k.box((1.6, 0.22, 0.06), (0, 2.72, 5.24), Paint("light", (0.9, 0.55, 0.1)))
    k.box((2.4, 0.16, 0.1), (0, 0.4, 5.24), DARK)


@recipe("train", 3.9, 0.085, "vehicle")
def train(k: Kit) -> None:
    """A steam engine with its tender and a coach."""
    paint, black, red = (
        k.main("paint", (0.03, 0.1, 0.05), (0.02, 0.025, 0.03)),
        Paint("iron"),
        Paint("paint", (0.4, 0.03, 0.02)),
    )
    with k.at((0, 2.15, 0), tilt=np.pi / 2):
        k.lathe([(0, 2.0), (0.75, 2.0), (0.78, 2.2), (0.78, 6.6), (0.7, 6.7), (0, 6.72)], (0, 0, 0), paint, 36)
        for y in (2.9, 4.2, 5.5):
            k.lathe([(0.79, y), (0.81, y + 0.05), (0.79, y + 0.1)], (0, 0, 0), Paint("brass"))
    k.lathe([(0.2, 2.9), (0.2, 3.6), (0.36, 3.82), (0.36, 3.9), (0.2, 3.9)], (0, 0, 6.1), black)
    k.lathe([(0.34, 2.8), (0.34, 3.15), (0.2, 3.35), (0, 3.38)], (0, 0, 4.5), Paint("brass"))
    k.box((2.4, 0.2, 7.6), (0, 1.15, 3.2), black)
    k.box((2.3, 1.5, 1.7), (0, 1.35, 0.9), paint)
    for x in (-1.05, 1.05):
        for z in (0.15, 1.65):
            k.box((0.14, 0.9, 0.14), (x, 2.85, z), paint)
    k.box((2.6, 0.12, 2.0), (0, 3.7, 0.9), black)
    for x in (-0.85, 0.85):
        for z in (1.6, 3.1, 4.6):
            spoked(k, (x, 0.72, z), 0.72, 0.08, 10, red, red, 0.03)
        spoked(k, (x, 0.42, 6.2), 0.42, 0.06, 8, red, red, 0.025)
        k.tube([(1.12 * x, 0.6, 1.6), (1.12 * x, 0.6, 4.6)], 0.06, Paint("metal"))
        k.tube([(1.08 * x, 1.0, 5.6), (1.08 * x, 1.0, 6.6)], 0.28, black)
        for z in (-1.2, -2.6, -4.6, -6.2, -9.4, -11.0):
            wheel(k, (x, 0.45, z), 0.45, 0.16, red)
    k.box((2.3, 1.5, 3.0), (0, 1.0, -1.9), paint)
    k.cushion((2.0, 0.5, 2.6), (0, 2.3, -1.9), Paint("soil", (0.015, 0.015, 0.016)), 0.5)
    with k.at((0, 0, -7.9)):
        _coach(k, 8.4, 2.6, 0.9, 3.7, red, 1.4)
    k.box((2.3, 0.3, 0.2), (0, 0.85, 7.0), red)
    k.ball((0.16, 0.16, 0.1), (0, 2.5, 6.8), Paint("light"))


@recipe("bicycle", 1.1, 0.016, "vehicle")
def bicycle(k: Kit) -> None:
    frame = k.main("paint", *LACQUERS)
    for z in (-0.52, 0.52):
        spoked(k, (0, 0.34, z), 0.34, 0.017, 18, DARK, Paint("metal", (0.5, 0.5, 0.5)), 0.0035)
    crank, saddle, head = (0, 0.3, -0.08), (0, 0.78, -0.24), (0, 0.8, 0.34)
    for a, b in (
        (crank, saddle),
        (crank, (0, 0.66, 0.37)),
        ((0, 0.72, -0.22), head),
        (saddle, (0, 0.34, -0.52)),
        (crank, (0, 0.34, -0.52)),
        (head, (0, 0.34, 0.52)),
    ):
        k.tube([a, b], 0.016, frame)
    k.tube([saddle, (0, 0.92, -0.29)], 0.013, CHROME)
    k.cushion((0.15, 0.06, 0.26), (0, 0.92, -0.28), Paint("leather"), 0.5)
    k.tube([head, (0, 0.98, 0.3)], 0.014, CHROME)
    k.tube(
        [(-0.28, 1.08, 0.16), (-0.22, 1.08, 0.28), (0, 0.98, 0.31), (0.22, 1.08, 0.28), (0.28, 1.08, 0.16)],
        0.013,
        CHROME,
        smooth=True,
    )
    with k.at((0.03, 0.3, -0.08), roll=np.pi / 2):
        k.lathe([(0.09, -0.005), (0.09, 0.005), (0, 0.006)], (0, 0, 0), CHROME)
    for side in (-1, 1):
        k.tube([(side * 0.05, 0.3, -0.08), (side * 0.07, 0.3 - side * 0.13, -0.08 + side * 0.1)], 0.01, CHROME)
        k.box((0.09, 0.02, 0.06), (side * 0.11, 0.29 - side * 0.13, -0.08 + side * 0.1), DARK)


@recipe("cart", 1.35, 0.036, "vehicle")
def cart(k: Kit) -> None:
    wood, iron = k.main("planks", OAK, PINE), Paint("iron")
    bar = Paint("wood", OAK)
    k.box((1.2, 0.06, 2.1), (0, 0.78, 0), wood)
    for x in (-0.6, 0.6):
        with k.at((x, 0.82, 0), roll=-0.12 * np.sign(x)):
            k.box((0.04, 0.48, 2.1), (0, 0, 0), wood)
        spoked(k, (1.25 * x, 0.62, -0.1), 0.62, 0.05, 12, iron, bar, 0.026)
        k.tube([(0.7 * x, 0.78, 1.0), (0.6 * x, 0.66, 2.6)], 0.04, bar)
    for z in (-1.05, 1.05):
        k.box((1.24, 0.42, 0.04), (0, 0.82, z), wood)
    k.tube([(-0.75, 0.62, -0.1), (0.75, 0.62, -0.1)], 0.05, bar)
    k.cushion((1.05, 0.4, 1.8), (0, 0.9, 0), Paint("straw"), 0.5)
    k.tube([(0, 0.75, 1.0), (0, 0.0, 1.1)], 0.03, bar)


def hull(
    k: Kit, length: float, beam: float, depth: float, keel: float, paint: Paint, inside: Paint, deck: float
) -> None:
    """A boat's hull along z, its bow towards +Z, with a sheer; `deck` is the height of its floor, as a share."""
    t = np.linspace(-1, 1, 25)
    half = beam / 2 * np.clip(1 - np.clip(t, 0, 1) ** 2.2 - 0.22 * np.clip(-t, 0, 1) ** 2, 0.012, 1)
    rim = keel + depth * (1 + 0.28 * np.clip(t, 0, 1) ** 2 + 0.1 * np.clip(-t, 0, 1) ** 2)
    foot = keel + depth * 0.42 * np.clip(t, 0, 1) ** 3
    z = length / 2 * t
    rows = []
    for s in np.linspace(0, 1, 9):
        rows.append(
            np.column_stack(
                [
                    half * np.sin(0.5 * np.pi * s) ** 0.7,
                    foot + (rim - foot) * (1 - np.cos(0.5 * np.pi * s)) ** 0.9,
                    z + 0.06 * length * s * np.clip(t, 0, 1),
                ]
            )
        )
    side = np.stack(rows)
    other = side * [-1, 1, 1]
    k.sheet(side, paint, both=False)
    k.sheet(other[:, ::-1], paint, both=False)
    k.sheet((side * [0.96, 1, 0.99])[:, ::-1], inside)
    k.sheet(other * [0.96, 1, 0.99], inside)
    stern = np.stack([side[:, 0], other[:, 0]], axis=1)
    k.sheet(stern, paint, both=True)
    floor = np.stack(
        [
            np.column_stack([sign * 0.93 * half * (0.45 + 0.55 * deck), np.full(25, keel + deck * depth), 0.97 * z])
            for sign in (-1, 1)
        ],
        axis=1,
    )
    k.sheet(floor[::-1], inside)
    for sign in (-1, 1):
        k.tube(side[-1] * [sign, 1, 1], 0.022 * beam, inside)


@recipe("boat", 0.85, 0.04, "vehicle/boat")
def boat(k: Kit) -> None:
    wood = Paint("planks", OAK)
    hull(k, 4.0, 1.45, 0.62, 0.0, k.main("paint", (0.5, 0.06, 0.04), (0.08, 0.2, 0.32), (0.6, 0.58, 0.52)), wood, 0.28)
    for z, wide in ((-1.4, 1.15), (-0.1, 1.35), (1.0, 1.05)):
        k.box((wide, 0.04, 0.26), (0, 0.42, z), wood)
    for side in (-1, 1):
        k.tube([(side * 0.3, 0.5, -0.2), (side * 0.72, 0.68, 0.3), (side * 1.3, 0.34, 0.9)], 0.025, Paint("wood", PINE))
        k.box((0.03, 0.14, 0.4), (side * 1.35, 0.25, 1.0), Paint("wood", PINE))


@recipe("sailing_ship", 17.0, 0.17, "vehicle/boat")
def sailing_ship(k: Kit) -> None:
    wood, spar, sail = k.main("planks", (0.16, 0.085, 0.04)), Paint("timber"), Paint("fabric", (0.7, 0.65, 0.54))
    hull(k, 19.0, 5.2, 3.0, 0.0, wood, Paint("planks", OAK), 0.72)
    k.box((4.0, 1.7, 4.0), (0, 2.4, -7.2), wood)
    k.box((4.2, 0.14, 4.2), (0, 4.1, -7.2), Paint("planks", OAK))
    for x in (-1.2, 0, 1.2):
        k.box((0.7, 0.7, 0.05), (x, 2.9, -9.24), Paint("light", (0.8, 0.6, 0.25)))
    for x in (-1.9, 1.9):
        k.tube([(x, 4.9, -9.1), (x, 4.9, -5.2)], 0.08, Paint("gold"))
    k.tube([(0, 3.6, 8.8), (0, 5.6, 13.2)], (0.2, 0.1), spar)
    for z, tall, widths in ((4.6, 15.0, (6.6, 5.2)), (-0.8, 17.0, (7.6, 6.0, 4.2)), (-6.2, 13.0, (5.2, 4.0))):
        k.tube([(0, 1.0, z), (0, tall, z)], (0.26, 0.1), spar)
        gap = (tall - 5.0) / len(widths)
        for number, wide in enumerate(widths):
            low, high = 4.6 + gap * number, 4.5 + gap * (number + 1)
            k.tube([(-0.52 * wide, high, z + 0.3), (0.52 * wide, high, z + 0.3)], 0.09, spar)
            u, v = np.linspace(-1, 1, 11), np.linspace(0, 1, 9)[:, None]
            belly = 1.1 * np.sin(np.pi * (0.15 + 0.75 * v)) * (1 - 0.5 * u**2)
            x = 0.5 * wide * u * (1.06 - 0.1 * v)
            grid = np.stack([x, np.broadcast_to(low + (high - low) * v, x.shape), z + 0.2 + belly], axis=-1)
            k.sheet(grid, sail, both=True)
        for side in (-1, 1):
            for shift in (-0.9, 0.0, 0.9):
                k.tube(
                    [(side * 2.5, 3.0, z + shift - 0.4), (0, tall - 3.0, z)], 0.035, Paint("straw", (0.1, 0.07, 0.04))
                )
    jib = np.array([[(0, 5.4, 12.4), (0, 5.4, 12.4)], [(0, 4.9, 6.0), (0, 13.4, 4.8)]], float)
    k.sheet(jib, sail, both=True)
    k.tube([(0, 5.6, 13.2), (0, 14.4, 4.6)], 0.035, Paint("straw", (0.1, 0.07, 0.04)))
    flag = np.array([[(0, 16.9, -0.8), (0, 16.3, -0.8)], [(0, 16.8, -2.6), (0, 16.4, -2.6)]], float)
    k.sheet(flag, Paint("fabric", (0.4, 0.03, 0.03)), both=True)


@recipe("rocket", 24.0, 0.2, "vehicle")
def rocket(k: Kit) -> None:
    body, red = k.main("paint", (0.7, 0.7, 0.7)), Paint("paint", (0.45, 0.03, 0.03))
    with k.marked((lambda p: (p.position[:, 1] > 19.3) | (np.abs(p.position[:, 1] - 8) < 0.6), red)):
        k.lathe(
            [(1.3, 2.2), (1.75, 4.0), (1.95, 8.0), (1.9, 13.0), (1.55, 17.5), (0.9, 21.5), (0.2, 23.7), (0, 24.0)],
            (0, 0, 0),
            body,
            smooth=True,
        )
    k.lathe([(0.9, 0.6), (0.6, 1.6), (0.8, 2.3), (1.3, 2.2)], (0, 0, 0), Paint("metal", (0.15, 0.15, 0.16)))
    for y in (14.5, 11.0):
        k.ball((0.62, 0.62, 0.25), (0, y, 1.72 if y > 12 else 1.86), CHROME)
        k.ball((0.45, 0.45, 0.25), (0, y, 1.82 if y > 12 else 1.96), GLASS)
    from worldloom.scene.solids import extruded

    for angle in np.arange(4) * np.pi / 2 + np.pi / 4:
        with k.at(turn=float(angle)):
            k.solid(extruded([(1.3, 3.0), (3.4, 0.0), (3.7, 0.0), (3.5, 3.2), (1.8, 7.4)], 0.26), red)


@recipe("satellite_dish", 4.6, 0.07, "object")
def satellite_dish(k: Kit) -> None:
    white, steel = k.main("paint", (0.68, 0.68, 0.67)), Paint("metal")
    k.lathe([(0.9, 0), (0.8, 0.3), (0.4, 0.5), (0.3, 1.9), (0.42, 2.1), (0, 2.2)], (0, 0, 0), Paint("concrete"))
    with k.at((0, 2.6, 0.1), tilt=0.75):
        bowl = [(0.05, 0.0), (0.7, 0.11), (1.3, 0.38), (1.8, 0.75), (1.95, 0.9)]
        k.lathe(bowl, (0, 0, 0), white, 48)
        k.lathe([(r, y + 0.05) for r, y in bowl[::-1]], (0, 0, 0), white, 48)
        for angle in np.arange(3) * 2 * np.pi / 3:
            k.tube([(1.5 * np.sin(angle), 0.55, 1.5 * np.cos(angle)), (0, 1.75, 0)], 0.04, steel)
        k.lathe([(0.1, 1.6), (0.16, 1.75), (0.1, 1.95), (0, 1.95)], (0, 0, 0), steel)
    k.box((0.6, 0.5, 0.6), (0, 2.1, -0.1), steel)


@recipe("wind_turbine", 72.0, 0.5, "building")
def wind_turbine(k: Kit) -> None:
    white = k.main("paint", (0.74, 0.75, 0.75))
    k.tube([(0, 0, 0), (0, 46, 0)], (1.9, 1.1), white)
    k.cushion((2.2, 2.4, 6.5), (0, 45.4, 0.2), white, 0.4)
    k.ball((1.2, 1.2, 1.7), (0, 46.6, 4.0), white)
    for angle in (0.0, 2 * np.pi / 3, -2 * np.pi / 3):
        with k.at((0, 46.6, 4.2), roll=angle):
            t = np.linspace(0, 1, 13)
            wide = 1.7 * (1 - 0.85 * t) * (0.55 + 0.45 * np.minimum(t / 0.15, 1))
            blade = np.stack(
                [
                    np.column_stack([side * wide - 0.2, 0.6 + 24.8 * t, depth + 0 * t])
                    for side, depth in ((-0.35, 0.0), (0.15, 0.35), (0.65, 0.0))
                ],
                axis=1,
            )
            k.sheet(blade, white, both=True)


@recipe("solar_panel", 1.7, 0.05, "object")
def solar_panel(k: Kit) -> None:
    frame = Paint("metal", (0.5, 0.51, 0.52))
    with k.at((0, 1.1, 0), tilt=0.6):
        k.box((3.2, 0.05, 2.0), (0, 0, 0), frame)
        for x in (-0.8, 0.8):
            k.box((1.56, 0.012, 1.94), (x, 0.05, 0), k.main("solar"))
    for x in (-1.2, 1.2):
        k.tube([(x, 0, -0.6), (x, 1.45, -0.6)], 0.05, frame)
        k.tube([(x, 0, 0.6), (x, 0.7, 0.6)], 0.05, frame)
    k.box((0.5, 0.6, 0.24), (1.2, 0.1, -0.72), Paint("plastic"))


@recipe("hot_air_balloon", 22.0, 0.24, "vehicle")
def hot_air_balloon(k: Kit) -> None:
    one = k.main("fabric", (0.5, 0.05, 0.03), (0.55, 0.3, 0.03), (0.04, 0.15, 0.42))
    two, three = Paint("fabric", (0.75, 0.68, 0.5)), Paint("fabric", (0.05, 0.2, 0.3))

    def gore(p: Surfels) -> Array:
        return np.floor(np.arctan2(p.position[:, 0], p.position[:, 2]) / (2 * np.pi) * 16) % 2 == 0

    with k.marked((gore, two), (lambda p: np.abs(p.position[:, 1] - 12.5) < 0.8, three)):
        k.lathe(
            [(1.3, 4.4), (3.2, 6.6), (6.4, 11.0), (7.7, 15.0), (7.0, 18.6), (4.4, 21.2), (1.5, 21.95), (0, 22.0)],
            (0, 0, 0),
            one,
            64,
            smooth=True,
        )
    wicker = Paint("straw", (0.22, 0.12, 0.05))
    k.box((1.5, 1.1, 1.2), (0, 0, 0), wicker)
    k.box((1.6, 0.12, 1.3), (0, 1.08, 0), Paint("leather"))
    for x in (-0.7, 0.7):
        for z in (-0.55, 0.55):
            k.tube([(x, 1.1, z), (1.35 * x, 4.4, 1.6 * z)], 0.045, wicker)
    k.box((0.3, 0.3, 0.3), (0, 2.2, 0), CHROME)
    k.tube([(0, 2.5, 0), (0, 3.6, 0)], (0.2, 0.02), Paint("flame"))
    k.lamp((0, 3.4, 0), (6.0, 3.0, 1.0), 14.0)


@recipe("planet", 40.0, 0.5, "object")
def planet(k: Kit) -> None:
    base = k.main("paint", (0.45, 0.25, 0.12), (0.12, 0.22, 0.4), (0.35, 0.3, 0.2))
    tone = base.colour or (0.4, 0.3, 0.2)
    light, dark = (
        Paint("paint", shade(tone, 1.8)),
        Paint("paint", shade(tone, 0.55)),
    )

    def band(p: Surfels, low: float) -> Array:
        q = p.position / 20.0
        return np.sin(9 * q[:, 1] + 1.3 * fbm(q * [1.2, 4.0, 1.2], k.seed + 3, 4)) > low

    with k.at((0, 20, 0), roll=0.3):
        with k.marked((lambda p: band(p, 0.35), light), (lambda p: ~band(p, -0.55), dark)):
            k.ball(20.0, (0, 0, 0), base)
        turn = np.linspace(0, 2 * np.pi, 97)
        for inner, outer, paint in ((25, 29, light), (29.6, 33, base), (33.4, 35, dark)):
            ring = np.stack([np.column_stack([r * np.sin(turn), 0 * turn, r * np.cos(turn)]) for r in (outer, inner)])
            k.sheet(ring, paint, wrap=True, both=True)


@recipe("moon", 30.0, 0.42, "object")
def moon(k: Kit) -> None:
    base = k.main("rock", (0.4, 0.39, 0.37))
    seas = Paint("rock", (0.2, 0.2, 0.2))
    rim = Paint("rock", (0.52, 0.51, 0.48))
    holes = [(k.rng.normal(size=3), k.between(0.06, 0.26)) for _ in range(34)]
    middles = np.array([h / np.linalg.norm(h) for h, _ in holes])
    sizes = np.array([s for _, s in holes])

    def crater(p: Surfels, low: float, high: float) -> Array:
        q = p.position / 15.0
        share = np.linalg.norm(q[:, None] - middles[None], axis=2) / sizes
        return ((share > low) & (share < high)).any(axis=1)

    with (
        k.at((0, 15, 0)),
        k.marked(
            (lambda p: fbm(p.position / 13.0, 8, 3) > 0.12, seas),
            (lambda p: crater(p, 0.8, 1.0), rim),
            (lambda p: crater(p, 0, 0.8), Paint("rock", (0.27, 0.265, 0.26))),
        ),
    ):
        k.ball(15.0, (0, 0, 0), base)
