"""Lights, pictures, vessels and other things that make a room somebody's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from worldloom.generate.build.objects.kit import Kit, Paint, shade
from worldloom.generate.build.objects.recipes import recipe
from worldloom.generate.build.objects.seats import CLOTHS, OAK, PINE, WALNUT, WOODS
from worldloom.generate.build.objects.storage import BINDINGS
from worldloom.scene.surfels import Array, Surfels

WARM = (1.6, 1.0, 0.45)
_FAR_HILLS = (0.12, 0.2, 0.26)
Art = tuple[Paint, tuple[tuple[Callable[[Surfels], Array], Paint], ...]]
"""What a picture is painted on, and what is painted where."""


@recipe("lamp", 1.55, 0.024, "lamp")
def lamp(k: Kit) -> None:
    metal = k.main("brass")
    k.lathe([(0, 0), (0.15, 0), (0.15, 0.015), (0.03, 0.04), (0.02, 0.06)], (0, 0, 0), metal)
    k.tube([(0, 0.04, 0), (0, 1.3, 0)], 0.014, metal)
    k.lathe([(0.23, 1.24), (0.15, 1.55)], (0, 0, 0), Paint("fabric", (0.75, 0.62, 0.4), glow=2.0))
    k.ball(0.05, (0, 1.36, 0), Paint("light"))
    k.lamp((0, 1.4, 0), WARM, 6.0, always=True)


@recipe("chandelier", 1.1, 0.022, "lamp")
def chandelier(k: Kit) -> None:
    metal = k.main("brass")
    k.tube([(0, 0.3, 0), (0, 1.1, 0)], 0.015, metal)
    k.lathe(
        [(0, 0), (0.05, 0.04), (0.02, 0.1), (0.1, 0.2), (0.06, 0.3), (0.02, 0.45), (0.05, 0.6), (0.015, 0.66)],
        (0, 0, 0),
        metal,
        20,
        smooth=True,
    )
    for angle in np.arange(8) * np.pi / 4:
        with k.at(turn=float(angle)):
            k.tube([(0, 0.3, 0), (0, 0.16, 0.2), (0, 0.18, 0.4), (0, 0.32, 0.46)], 0.012, metal, smooth=True)
            k.lathe([(0.01, 0.3), (0.05, 0.33), (0.05, 0.34), (0.012, 0.34)], (0, 0, 0.46), metal, 14)
            k.tube([(0, 0.34, 0.46), (0, 0.44, 0.46)], 0.012, Paint("lime"))
            k.ball((0.014, 0.03, 0.014), (0, 0.47, 0.46), Paint("flame"))
            for z, y in ((0.2, 0.1), (0.36, 0.1), (0.46, 0.22)):
                k.ball((0.012, 0.025, 0.012), (0, y, z), Paint("glass", (0.6, 0.65, 0.7)))
    k.lamp((0, 0.5, 0), (3.2, 2.0, 0.9), 9.0, always=True)


@recipe("candle", 0.26, 0.01, "lamp")
def candle(k: Kit) -> None:
    k.lathe([(0, 0), (0.07, 0), (0.075, 0.014), (0.02, 0.01), (0.02, 0.03)], (0, 0, 0), Paint("brass"), 24)
    k.lathe([(0.02, 0.012), (0.02, 0.2), (0, 0.198)], (0, 0, 0), k.main("lime", (0.75, 0.68, 0.52)), 20)
    k.tube([(0.02, 0.19, 0.006), (0.022, 0.14, 0.006), (0.021, 0.12, 0.006)], (0.005, 0.004, 0.006), Paint("lime"))
    k.ball((0.008, 0.026, 0.008), (0, 0.234, 0), Paint("flame"))
    k.lamp((0, 0.25, 0), (0.35, 0.2, 0.07), 3.0, always=True)


@recipe("fireplace", 1.3, 0.04, "furniture/decoration")
def fireplace(k: Kit) -> None:
    stone, soot = (
        k.main("marble", (0.6, 0.57, 0.52)) if k.material else Paint("brick"),
        Paint("slate", (0.02, 0.018, 0.017)),
    )
    for x in (-0.6, 0.6):
        k.box((0.36, 1.1, 0.4), (x, 0, 0), stone)
    k.box((0.86, 0.3, 0.38), (0, 0.8, 0), stone)
    k.box((1.74, 0.08, 0.52), (0, 1.14, 0.04), Paint("timber", OAK))
    k.box((1.6, 0.08, 0.44), (0, 1.08, 0.02), stone)
    k.box((1.7, 0.05, 0.8), (0, 0, 0.2), Paint("stone"))
    k.box((0.86, 0.8, 0.03), (0, 0.04, -0.17), soot)
    for x in (-0.14, 0.0, 0.15):
        k.tube([(x - 0.2, 0.1, 0.02 + x / 4), (x + 0.18, 0.13, 0.1 - x / 3)], 0.05, Paint("wood", (0.06, 0.035, 0.02)))
    flames(k, (0, 0.12, 0.04), 0.24, 0.42)
    k.box((0.9, 0.02, 0.02), (0, 1.22, 0.04), Paint("timber", OAK))
    k.box((0.3, 0.08, 0.02), (0, 1.22, -0.1), Paint("brass"))
    k.lamp((0, 0.45, 0.35), (2.6, 1.15, 0.35), 6.0, always=True)


def flames(k: Kit, at: tuple[float, float, float], wide: float, tall: float) -> None:
    """Tongues of fire over a place."""
    for number in range(9):
        angle, away = 2.4 * number, wide * np.sqrt(number / 9)
        x, z = at[0] + away * np.sin(angle), at[2] + away * np.cos(angle) * 0.6
        high = tall * (1 - 0.5 * number / 9) * k.between(0.8, 1.0)
        bend = k.between(-0.15, 0.15) * tall
        line = [
            (x, at[1], z),
            (x + 0.3 * bend, at[1] + 0.35 * high, z),
            (x - 0.2 * bend, at[1] + 0.7 * high, z),
            (x + bend, at[1] + high, z),
        ]
        tone = (0.95, 0.3, 0.03) if number % 3 else (0.95, 0.6, 0.12)
        k.tube(line, (0.12 * tall, 0.15 * tall, 0.08 * tall, 0.005), Paint("flame", tone), smooth=True)


@recipe("rug", 0.02, 0.035, "furniture/textile")
def rug(k: Kit) -> None:
    cloth = k.main("fabric", (0.28, 0.05, 0.04), (0.06, 0.1, 0.2), (0.3, 0.22, 0.1))
    light, dark = Paint("fabric", (0.5, 0.42, 0.28)), Paint("fabric", (0.06, 0.04, 0.07))

    def border(p: Surfels) -> Array:
        x, z = np.abs(p.position[:, 0]) / 1.2, np.abs(p.position[:, 2]) / 0.85
        edge = np.maximum((x - 1) * 1.2, (z - 1) * 0.85)
        return (edge > -0.16) & (edge < -0.08)

    def figure(p: Surfels) -> Array:
        x, z = p.position[:, 0], p.position[:, 2]
        rings = np.abs(x) / 0.9 + np.abs(z) / 0.6
        return ((rings > 0.4) & (rings < 0.5)) | (rings < 0.16) | ((rings > 0.85) & (rings < 0.95))

    with k.marked((figure, dark), (border, light)):
        k.box((2.4, 0.02, 1.7), (0, 0, 0), cloth)
    for x in np.linspace(-0.84, 0.84, 57):
        for side in (-1, 1):
            k.tube([(side * 1.2, 0.01, float(x)), (side * 1.26, 0.004, float(x) + 0.005)], 0.006, light)


@recipe("picture", 0.75, 0.018, "furniture/decoration")
def picture(k: Kit) -> None:
    frame = Paint("gold") if k.material is None else k.main("wood", *WOODS)
    _framed(k, 0.95, 0.75, 0.06, frame)
    ground, marks = (_hills, _sea, _blocks)[k.seed % 3](k)
    with k.marked(*marks):
        k.box((0.83, 0.63, 0.01), (0, 0.06, 0.008), ground)


def _hills(k: Kit) -> Art:
    sky = Paint("paper", k.pick((0.3, 0.45, 0.65), (0.7, 0.4, 0.2), (0.5, 0.55, 0.55)))
    near, shift = Paint("paper", k.pick((0.1, 0.16, 0.05), (0.28, 0.2, 0.07))), k.between(0, 6)
    return sky, (
        (lambda p: np.hypot(p.position[:, 0] - 0.16, p.position[:, 1] - 0.5) < 0.06, Paint("paper", (0.85, 0.7, 0.35))),
        (lambda p: p.position[:, 1] < 0.36 + 0.07 * np.sin(9 * p.position[:, 0] + shift), Paint("paper", _FAR_HILLS)),
        (lambda p: p.position[:, 1] < 0.24 + 0.04 * np.sin(6 * p.position[:, 0] + 2 * shift), near),
    )


def _sea(k: Kit) -> Art:
    """A boat under sail."""
    at = k.between(-0.2, 0.15)

    def sail(p: Surfels) -> Array:
        x, y = p.position[:, 0] - at, p.position[:, 1]
        return (y > 0.27) & (y < 0.56) & (np.abs(x) < 0.38 * (0.56 - y)) & (np.abs(x) > 0.008)

    def boat(p: Surfels) -> Array:
        x, y = p.position[:, 0] - at, p.position[:, 1]
        return (y > 0.2) & (y < 0.255) & (np.abs(x) < 0.06 + 0.8 * (y - 0.2) + 0.03)

    def waves(p: Surfels) -> Array:
        x, y = p.position[:, 0], p.position[:, 1]
        return (y < 0.25) & (np.sin(y * 90 + 1.5 * np.sin(8 * x)) > 0.75)

    return Paint("paper", (0.62, 0.58, 0.48)), (
        (lambda p: p.position[:, 1] < 0.26, Paint("paper", (0.07, 0.17, 0.23))),
        (waves, Paint("paper", (0.25, 0.4, 0.45))),
        (sail, Paint("paper", (0.85, 0.82, 0.74))),
        (boat, Paint("paper", (0.2, 0.06, 0.03))),
    )


def _blocks(k: Kit) -> Art:
    """Squares and bars of few colours."""
    x0, y0 = k.between(-0.2, 0.0), k.between(0.25, 0.4)

    def bars(p: Surfels) -> Array:
        x, y = p.position[:, 0], p.position[:, 1]
        return (np.abs(x - x0) < 0.012) | (np.abs(y - y0) < 0.012) | ((np.abs(x - x0 - 0.3) < 0.012) & (y > y0))

    return Paint("paper", (0.72, 0.69, 0.6)), (
        (lambda p: (p.position[:, 0] < x0) & (p.position[:, 1] > y0), Paint("paper", (0.5, 0.07, 0.04))),
        (lambda p: (p.position[:, 0] > x0) & (p.position[:, 1] < y0), Paint("paper", (0.05, 0.12, 0.32))),
        (lambda p: (p.position[:, 0] > x0 + 0.3) & (p.position[:, 1] > y0), Paint("paper", (0.72, 0.45, 0.05))),
        (bars, Paint("paper", (0.03, 0.03, 0.035))),
    )


def _framed(k: Kit, wide: float, high: float, rim: float, paint: Paint, base: float = 0.0) -> None:
    for y in (base, base + high - rim):
        k.box((wide, rim, 0.035), (0, y, 0.018), paint)
    for x in (-1, 1):
        k.box((rim, high - 2 * rim, 0.035), (x * (wide - rim) / 2, base + rim, 0.018), paint)
    k.box((wide - 0.02, high - 0.02, 0.008), (0, base + 0.01, -0.002), Paint("wood", WALNUT))


@recipe("mirror", 1.5, 0.028, "furniture/decoration")
def mirror(k: Kit) -> None:
    _framed(k, 0.7, 1.5, 0.06, k.main("wood", *WOODS))
    k.box((0.58, 1.38, 0.004), (0, 0.06, 0.012), Paint("chrome", (0.42, 0.47, 0.5)))


@recipe("curtain", 2.3, 0.035, "furniture/textile")
def curtain(k: Kit) -> None:
    cloth = k.main("fabric", *CLOTHS)
    k.tube([(-1.0, 2.26, 0), (1.0, 2.26, 0)], 0.018, Paint("brass"))
    for x in (-1.02, 1.02):
        k.ball(0.04, (x, 2.26, 0), Paint("brass"))
    for side in (-1, 1):
        across = np.linspace(0.32, 0.95, 61)
        up = np.array([0.0, 0.9, 2.22])
        gather = np.array([1.0, 0.82, 1.0])
        x = side * (0.95 - (0.95 - across)[None] * gather[:, None])
        z = 0.035 * np.sin(70 * across)[None] * np.array([1.2, 0.9, 0.6])[:, None]
        grid = np.stack([x, np.broadcast_to(up[:, None], x.shape), z], axis=-1)
        k.sheet(grid[::-1] if side > 0 else grid, cloth, both=True)


@recipe("plant_pot", 0.92, 0.022, "plant")
def plant_pot(k: Kit) -> None:
    k.lathe(
        [(0, 0), (0.13, 0), (0.18, 0.3), (0.2, 0.3), (0.2, 0.34), (0.17, 0.34), (0.17, 0.3), (0, 0.3)],
        (0, 0, 0),
        k.main("clay"),
        28,
    )
    k.lathe([(0.17, 0.31), (0, 0.32)], (0, 0, 0), Paint("soil"))
    green = Paint("leaves", (0.06, 0.15, 0.035))
    for number in range(22):
        angle, tall, lean = 2.4 * number, k.between(0.4, 0.68), k.between(0.1, 0.42)
        t = np.linspace(0, 1, 9)
        run, rise = lean * t**1.6, 0.3 + tall * (1 - (1 - t) ** 1.5) - 0.22 * lean * t**3
        half = 0.06 * np.sin(np.pi * t**0.8) + 0.004
        side = np.array([np.cos(angle), 0, -np.sin(angle)])
        line = np.column_stack([run * np.sin(angle), rise, run * np.cos(angle)])
        k.sheet(
            np.stack([line - half[:, None] * side, line + np.array([0, -0.01, 0]), line + half[:, None] * side], 1),
            green,
            both=True,
        )


@recipe("vase", 0.36, 0.012, "furniture/decoration")
def vase(k: Kit) -> None:
    glaze = k.main("enamel", (0.1, 0.2, 0.4), (0.55, 0.52, 0.45), (0.35, 0.1, 0.06), (0.12, 0.25, 0.2))
    k.lathe(
        [(0.05, 0), (0.07, 0.01), (0.12, 0.16), (0.1, 0.25), (0.045, 0.31), (0.05, 0.34), (0.065, 0.36)],
        (0, 0, 0),
        glaze,
        36,
        smooth=True,
    )
    k.lathe([(0.05, 0.35), (0.03, 0.31), (0, 0.3)], (0, 0, 0), Paint("screen"), 20)
    k.lathe([(0.106, 0.225), (0.108, 0.24)], (0, 0, 0), Paint("gold"), 30)


@recipe("clock", 2.0, 0.026, "furniture/decoration")
def clock(k: Kit) -> None:
    wood, brass = k.main("wood", WALNUT, OAK), Paint("brass")
    k.box((0.5, 0.4, 0.3), (0, 0, 0), wood)
    k.box((0.38, 0.95, 0.22), (0, 0.4, 0), wood)
    k.box((0.5, 0.52, 0.3), (0, 1.35, 0), wood)
    k.box((0.56, 0.04, 0.34), (0, 1.85, 0), wood)
    k.cushion((0.44, 0.12, 0.24), (0, 1.88, 0), wood, 0.3)
    k.box((0.26, 0.8, 0.01), (0, 0.48, 0.112), Paint("screen"))
    k.tube([(0, 1.25, 0.125), (0.03, 0.7, 0.125)], 0.008, brass)
    with k.at((0.03, 0.66, 0.125), tilt=np.pi / 2):
        k.lathe([(0.07, 0), (0.05, 0.012), (0, 0.015)], (0, 0, 0), brass, 20)
    with k.at((0, 1.6, 0.152), tilt=np.pi / 2):
        k.lathe([(0.2, 0), (0.2, 0.015), (0.18, 0.02)], (0, 0, 0), brass, 30)
        k.lathe([(0.18, 0.012), (0, 0.012)], (0, 0, 0), Paint("enamel", (0.75, 0.72, 0.63)))
    for hour in np.arange(12) * np.pi / 6:
        k.box((0.012, 0.03, 0.004), (0.15 * np.sin(hour), 1.585 + 0.15 * np.cos(hour), 0.17), Paint("iron"))
    k.tube([(0, 1.6, 0.172), (0.07, 1.66, 0.172)], 0.008, Paint("iron"))
    k.tube([(0, 1.6, 0.175), (-0.03, 1.74, 0.175)], 0.006, Paint("iron"))


@recipe("book", 0.06, 0.01, "furniture/decoration")
def book(k: Kit) -> None:
    binding = k.main("leather", *BINDINGS)
    k.box((0.2, 0.006, 0.28), (0, 0, 0), binding)
    k.box((0.2, 0.006, 0.28), (0, 0.054, 0), binding)
    k.box((0.18, 0.048, 0.26), (0.004, 0.006, 0), Paint("paper"))
    k.cushion((0.012, 0.06, 0.28), (-0.1, 0, 0), binding, 0.3)
    k.box((0.1, 0.001, 0.015), (0.01, 0.0605, -0.05), Paint("gold"))
    k.box((0.07, 0.001, 0.01), (0.01, 0.0605, -0.02), Paint("gold"))


@recipe("bottle", 0.31, 0.011, "furniture/decoration")
def bottle(k: Kit) -> None:
    glass = k.main("enamel", (0.02, 0.07, 0.025), (0.09, 0.035, 0.01))
    k.lathe(
        [(0.03, 0), (0.038, 0.008), (0.038, 0.18), (0.03, 0.21), (0.014, 0.24), (0.013, 0.29), (0.016, 0.3)],
        (0, 0, 0),
        glass,
        24,
        smooth=True,
    )
    k.lathe([(0.0395, 0.06), (0.0395, 0.15)], (0, 0, 0), Paint("paper"), 24)
    k.tube([(0, 0.295, 0), (0, 0.31, 0)], 0.011, Paint("wood", PINE))


@recipe("bowl", 0.11, 0.012, "furniture/decoration")
def bowl(k: Kit) -> None:
    k.lathe(
        [(0.05, 0), (0.06, 0.015), (0.12, 0.05), (0.15, 0.1), (0.145, 0.1), (0.11, 0.05), (0, 0.025)],
        (0, 0, 0),
        k.main("clay", (0.5, 0.46, 0.38), (0.14, 0.22, 0.3)),
        36,
    )
    for x, z, tone in (
        (-0.05, 0.02, (0.5, 0.05, 0.03)),
        (0.05, 0.04, (0.55, 0.3, 0.03)),
        (0.01, -0.05, (0.25, 0.35, 0.05)),
    ):
        k.ball(0.04, (x, 0.07, z), Paint("plastic", tone))


@recipe("cup", 0.1, 0.008, "furniture/decoration")
def cup(k: Kit) -> None:
    glaze = k.main("enamel", (0.7, 0.68, 0.63), (0.1, 0.2, 0.3), (0.5, 0.15, 0.08))
    k.lathe([(0, 0), (0.075, 0.006), (0.08, 0.014), (0.03, 0.01)], (0, 0, 0), glaze, 30)
    k.lathe([(0.025, 0.01), (0.036, 0.03), (0.042, 0.1), (0.038, 0.1), (0.036, 0.08)], (0, 0, 0), glaze, 28)
    k.lathe([(0.037, 0.085), (0, 0.085)], (0, 0, 0), Paint("leather", (0.05, 0.02, 0.01)), 20)
    k.tube([(0.04, 0.085, 0), (0.066, 0.08, 0), (0.066, 0.05, 0), (0.036, 0.035, 0)], 0.006, glaze, smooth=True)


@recipe("globe", 0.5, 0.014, "furniture/decoration")
def globe(k: Kit) -> None:
    from worldloom.generate.noise import fbm

    land = Paint("paper", (0.35, 0.3, 0.12))
    k.lathe([(0, 0), (0.13, 0), (0.12, 0.02), (0.03, 0.04), (0.02, 0.1)], (0, 0, 0), k.main("wood", WALNUT, OAK), 28)
    with k.at((0, 0.29, 0), roll=0.4):
        with k.marked((lambda p: fbm(p.position / 0.16, 12, 3) > 0.06, land)):
            k.ball(0.17, (0, 0, 0), Paint("paper", (0.08, 0.2, 0.3)))
        arc = [(0.195 * np.sin(a), 0.195 * np.cos(a), 0) for a in np.linspace(0, np.pi, 17)]
        k.tube(arc, 0.008, Paint("brass"))
        k.tube([(0, -0.2, 0), (0, -0.165, 0)], 0.006, Paint("brass"))
    k.tube([(0, 0.09, 0), (0.08, 0.1, 0)], 0.01, Paint("brass"))
    k.tube([(0, 0.46, 0), (0, 0.5, 0)], 0.006, Paint("brass"))


@recipe("telescope", 1.5, 0.024, "furniture/decoration")
def telescope(k: Kit) -> None:
    wood, tube = Paint("wood", OAK), k.main("brass")
    for angle in np.arange(3) * 2 * np.pi / 3 + 0.5:
        k.tube([(0, 1.1, 0), (0.4 * np.sin(angle), 0, 0.4 * np.cos(angle))], 0.02, wood)
    k.ball(0.05, (0, 1.13, 0), Paint("iron"))
    with k.at((0, 1.2, 0), tilt=-0.38):
        k.tube([(0, 0, -0.5), (0, 0, -0.2)], 0.035, tube)
        k.tube([(0, 0, -0.2), (0, 0, 0.6)], 0.055, tube)
        k.tube([(0, 0, 0.54), (0, 0, 0.72)], 0.068, tube)
        k.tube([(0, 0, -0.58), (0, 0, -0.48)], 0.022, Paint("iron"))


@recipe("window", 1.5, 0.03, "building/window")
def window(k: Kit) -> None:
    wood = k.main("paint", (0.7, 0.68, 0.63))
    _bars(k, 1.1, 1.5, 0.06, wood)
    k.box((0.98, 1.38, 0.01), (0, 0.06, 0), Paint("glass", (0.3, 0.42, 0.5)))
    k.box((0.035, 1.38, 0.04), (0, 0.06, 0), wood)
    for y in (0.52, 0.98):
        k.box((0.98, 0.03, 0.04), (0, y, 0), wood)
    k.box((1.24, 0.04, 0.2), (0, 0, 0.06), wood)


def _bars(k: Kit, wide: float, high: float, rim: float, paint: Paint) -> None:
    for x in (-1, 1):
        k.box((rim, high, 0.08), (x * (wide - rim) / 2, 0, 0), paint)
    for y in (0, high - rim):
        k.box((wide - 2 * rim, rim, 0.08), (0, y, 0), paint)


@recipe("door", 2.1, 0.036, "building/door")
def door(k: Kit) -> None:
    wood = k.main("wood", OAK, WALNUT, (0.12, 0.2, 0.16))
    for x in (-0.48, 0.48):
        k.box((0.08, 2.1, 0.12), (x, 0, 0), wood)
    k.box((1.04, 0.08, 0.12), (0, 2.02, 0), wood)
    k.box((0.88, 2.0, 0.045), (0, 0.01, 0), wood)
    dark = Paint(wood.material, wood.colour and shade(wood.colour, 0.7))
    for y, high in ((0.16, 0.7), (1.02, 0.8)):
        for x in (-0.2, 0.2):
            for z in (-0.025, 0.025):
                k.box((0.28, high, 0.012), (x, y, z), dark)
    for z in (-0.06, 0.06):
        k.ball(0.03, (0.36, 0.97, z), Paint("brass"))


@recipe("easel", 1.75, 0.024, "furniture/decoration")
def easel(k: Kit) -> None:
    wood = k.main("wood", PINE, OAK)
    for x in (-1, 1):
        k.tube([(0.05 * x, 1.7, -0.05), (0.38 * x, 0, 0.22)], 0.02, wood)
    k.tube([(0, 1.72, -0.06), (0, 0, -0.5)], 0.02, wood)
    k.box((0.8, 0.03, 0.08), (0, 0.7, 0.13), wood)
    k.box((0.06, 0.06, 0.06), (0, 1.69, -0.05), wood)
    patches = tuple(
        (lambda p, x=x, y=y, r=r: np.hypot(p.position[:, 0] - x, p.position[:, 1] - y) < r, Paint("paint", tone))
        for x, y, r, tone in (
            (-0.1, 0.3, 0.16, (0.1, 0.25, 0.4)),
            (0.14, 0.48, 0.12, (0.6, 0.35, 0.05)),
            (0.05, 0.18, 0.1, (0.4, 0.06, 0.05)),
            (-0.16, 0.52, 0.07, (0.1, 0.28, 0.1)),
        )
    )
    with k.at((0, 0.73, 0.13), tilt=-0.16), k.marked(*patches):
        k.box((0.66, 0.72, 0.025), (0, 0, 0), Paint("paper", (0.78, 0.76, 0.7)))
