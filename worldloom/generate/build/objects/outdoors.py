"""Stones, and things of streets, gardens, camps and farms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from worldloom.generate.build.objects.decoration import flames
from worldloom.generate.build.objects.kit import Kit, Paint
from worldloom.generate.build.objects.recipes import recipe
from worldloom.generate.build.objects.seats import CLOTHS, OAK, PINE, WALNUT
from worldloom.generate.noise import fbm
from worldloom.scene.surfels import Array, Surfels

if TYPE_CHECKING:
    from manifold3d import Manifold

IRON, STONE = Paint("iron"), Paint("stone")


def rough(k: Kit, amount: float, length: float) -> None:
    """Bumps on all parts so far."""
    from dataclasses import replace

    def bumpy(pieces: Surfels) -> Surfels:
        place = np.asarray(pieces.position, float)
        shift = amount * fbm(place / length, k.seed + 31, 4)
        step = 0.02 * length
        slope = [amount * fbm((place + step * np.eye(3)[axis]) / length, k.seed + 31, 4) - shift for axis in range(3)]
        gradient = np.stack(slope, axis=1) / step
        normal = pieces.normal - 0.8 * (
            gradient - (gradient * pieces.normal).sum(axis=1, keepdims=True) * pieces.normal
        )
        normal = normal / np.linalg.norm(normal, axis=1, keepdims=True)
        along = pieces.along - (pieces.along * normal).sum(axis=1, keepdims=True) * normal
        along = along / np.linalg.norm(along, axis=1, keepdims=True).clip(1e-6)
        return replace(
            pieces, position=place + shift[:, None] * pieces.normal, normal=normal, along=along, size=1.12 * pieces.size
        )

    k.change(bumpy)


def _stone(k: Kit, size: tuple[float, float, float], at: tuple[float, float, float], paint: Paint) -> None:
    """A broken block: the hull of a few points, its foot in the ground."""
    from worldloom.scene.solids import hull

    points = k.rng.normal(size=(26, 3))
    points = points / np.linalg.norm(points, axis=1, keepdims=True)
    points = np.sign(points) * np.abs(points) ** 0.9 * np.asarray(size) / 2
    rise = (points[:, 1] - points[:, 1].min()) / np.ptp(points[:, 1])
    points[:, 1] = size[1] * (rise - 0.3).clip(0) / 0.7
    k.solid(hull(points + np.asarray(at)), paint)


@recipe("boulder", 1.4, 0.045, "rock/boulder")
def boulder(k: Kit) -> None:
    _stone(k, (2.0, 1.42, 1.7), (0, 0, 0), k.main("rock"))
    rough(k, 0.09, 0.6)


@recipe("standing_stone", 2.8, 0.05, "rock")
def standing_stone(k: Kit) -> None:
    _stone(k, (1.15, 2.8, 0.62), (0, 0, 0), k.main("rock", (0.24, 0.235, 0.22)))
    rough(k, 0.05, 0.8)


@recipe("stone_circle", 3.3, 0.09, "rock")
def stone_circle(k: Kit) -> None:
    stone, ring, count = k.main("rock", (0.25, 0.245, 0.23)), 6.0, 12
    for number in range(count):
        angle = 2 * np.pi * number / count
        with k.at((ring * np.sin(angle), 0, ring * np.cos(angle)), turn=angle):
            fallen = number in (4, 9)
            _stone(k, (1.9, 0.7, 1.0) if fallen else (1.35, 2.62, 0.8), (0, 0, 0), stone)
    for number in (0, 2, 6, 7):
        angle = 2 * np.pi * (number + 0.5) / count
        with k.at((0.965 * ring * np.sin(angle), 2.55, 0.965 * ring * np.cos(angle)), turn=angle):
            k.solid(_lintel(), stone)
    rough(k, 0.06, 0.9)


def _lintel() -> Manifold:
    from worldloom.scene.solids import block

    return block((3.7, 0.7, 0.85), (0, 0.35, 0))


@recipe("stalagmite", 2.0, 0.04, "rock")
def stalagmite(k: Kit) -> None:
    stone = k.main("rock", (0.36, 0.29, 0.2))
    for x, z, tall in ((0, 0, 2.0), (0.42, 0.15, 1.1), (-0.34, 0.24, 0.7), (-0.1, -0.4, 0.9)):
        wide = 0.16 + 0.15 * tall
        k.lathe(
            [
                (wide, 0),
                (0.72 * wide, 0.15 * tall),
                (0.5 * wide, 0.4 * tall),
                (0.28 * wide, 0.75 * tall),
                (0.12 * wide, 0.95 * tall),
                (0, tall),
            ],
            (x, 0, z),
            stone,
            24,
            smooth=True,
        )
    rough(k, 0.05, 0.25)


@recipe("column", 5.0, 0.06, "building")
def column(k: Kit) -> None:
    stone = k.main("marble")
    k.box((1.1, 0.2, 1.1), (0, 0, 0), stone)
    k.lathe([(0.52, 0.2), (0.55, 0.27), (0.5, 0.34), (0.43, 0.4)], (0, 0, 0), stone, smooth=True)
    angle = np.linspace(0, 2 * np.pi, 161)
    flutes = 1 - 0.075 * np.abs(np.sin(10 * angle)) ** 0.6
    rings = [
        np.column_stack([r * flutes * np.sin(angle), np.full(161, y), r * flutes * np.cos(angle)])
        for r, y in ((0.43, 0.4), (0.42, 1.8), (0.36, 4.5))
    ]
    k.sheet(np.stack(rings), stone, wrap=True)
    k.lathe([(0.36, 4.48), (0.38, 4.55), (0.52, 4.74), (0.54, 4.78)], (0, 0, 0), stone, smooth=True)
    k.box((1.12, 0.22, 1.12), (0, 4.78, 0), stone)


@recipe("obelisk", 9.0, 0.11, "object/statue")
def obelisk(k: Kit) -> None:
    from worldloom.scene.solids import hull

    stone = k.main("stone", (0.42, 0.34, 0.24))
    k.box((2.2, 0.4, 2.2), (0, 0, 0), stone)
    k.box((1.6, 0.5, 1.6), (0, 0.4, 0), stone)
    corners = [(x * w, y, z * w) for w, y in ((0.55, 0.9), (0.36, 8.2), (0.0, 9.0)) for x in (-1, 1) for z in (-1, 1)]
    k.solid(hull(np.array(corners)), stone)


@recipe("stairs", 1.6, 0.06, "building/stairs")
def stairs(k: Kit) -> None:
    stone = k.main("stone", (0.34, 0.32, 0.29))
    for step in range(9):
        k.box((2.2, 0.178, 0.32 * (9 - step)), (0, 0.178 * step, -0.16 * step), stone)
    for x in (-1.2, 1.2):
        k.box((0.22, 0.5, 2.9), (x, 0, 0), stone)
        k.box((0.22, 1.1, 1.6), (x, 0.5, -0.65), stone)


@recipe("fence", 1.15, 0.04, "object/fence")
def fence(k: Kit) -> None:
    wood = k.main("wood", (0.2, 0.14, 0.09), (0.62, 0.6, 0.55))
    for x in (-1.5, 0, 1.5):
        k.box((0.11, 1.15, 0.11), (x, 0, 0), wood)
    for y in (0.3, 0.62, 0.92):
        k.box((3.1, 0.11, 0.035), (0, y, 0.07), wood)


@recipe("well", 2.5, 0.05, "object")
def well(k: Kit) -> None:
    wood = Paint("timber")
    k.lathe([(0.85, 0), (0.85, 0.8), (0.6, 0.8), (0.6, 0.25), (0, 0.25)], (0, 0, 0), k.main("cobble"))
    for x in (-0.75, 0.75):
        k.box((0.12, 2.0, 0.12), (x, 0, 0), wood)
    k.tube([(-0.85, 1.5, 0), (0.95, 1.5, 0)], 0.06, wood)
    k.tube([(0, 1.5, 0.06), (0, 1.0, 0.06)], 0.015, Paint("straw"))
    k.lathe([(0.11, 0), (0.14, 0.26), (0.12, 0.26), (0.1, 0.05)], (0, 0.75, 0.06), wood, 18)
    k.tube([(0.95, 1.5, 0), (0.95, 1.3, 0.12), (1.08, 1.3, 0.12)], 0.018, IRON)
    for tilt in (-1, 1):
        roof = np.array([[(-1.1, 2.5, 0), (1.1, 2.5, 0)], [(-1.1, 1.9, tilt * 0.75), (1.1, 1.9, tilt * 0.75)]], float)
        k.sheet(roof if tilt > 0 else roof[:, ::-1], Paint("tile"), both=True)


@recipe("fountain", 2.6, 0.06, "object/statue")
def fountain(k: Kit) -> None:
    stone, water = k.main("marble", (0.5, 0.47, 0.42)), Paint("water", label="water")
    k.lathe([(2.0, 0), (2.0, 0.5), (2.1, 0.55), (2.1, 0.62), (1.75, 0.62), (1.75, 0.3)], (0, 0, 0), stone, 56)
    k.lathe([(1.76, 0.5), (0, 0.5)], (0, 0, 0), water)
    k.lathe(
        [(0.4, 0.4), (0.25, 0.6), (0.16, 1.0), (0.22, 1.3), (0.8, 1.5), (0.86, 1.58), (0.8, 1.58), (0.3, 1.46)],
        (0, 0, 0),
        stone,
        smooth=True,
    )
    k.lathe([(0.78, 1.55), (0, 1.56)], (0, 0, 0), water)
    k.lathe(
        [(0.14, 1.5), (0.1, 1.8), (0.3, 2.0), (0.32, 2.06), (0.12, 2.05), (0.06, 2.2)], (0, 0, 0), stone, smooth=True
    )
    spray = Paint("spray", label="water/waterfall")
    k.tube([(0, 2.1, 0), (0, 2.45, 0), (0, 2.6, 0)], (0.05, 0.04, 0.01), spray)
    for number, angle in enumerate(np.arange(14) * 2 * np.pi / 14):
        start, reach, top = (0.3, 0.5, 2.04) if number % 2 else (0.84, 0.6, 1.57)
        fall = top - (1.58 if number % 2 else 0.52)
        t = np.linspace(0, 1, 9)
        far, y = start + reach * t, top + 0.12 * t - (fall + 0.12) * t**2
        k.tube(np.column_stack([far * np.sin(angle), y, far * np.cos(angle)]), 0.022, spray)


@recipe("lamp_post", 3.8, 0.036, "lamp")
def lamp_post(k: Kit) -> None:
    iron = k.main("iron")
    k.lathe(
        [(0.2, 0), (0.2, 0.12), (0.13, 0.2), (0.1, 0.7), (0.12, 0.75), (0.055, 0.85), (0.04, 3.1)], (0, 0, 0), iron, 24
    )
    k.tube([(-0.3, 2.8, 0), (0.3, 2.8, 0)], 0.022, iron)
    k.lathe([(0.04, 3.1), (0.12, 3.14), (0.12, 3.17)], (0, 0, 0), iron, 6)
    k.lathe([(0.11, 3.17), (0.18, 3.52)], (0, 0, 0), Paint("light"), 6)
    k.lathe([(0.22, 3.52), (0.2, 3.56), (0.08, 3.7), (0.03, 3.72), (0.0, 3.8)], (0, 0, 0), iron, 12)
    k.lamp((0, 3.3, 0), (3.2, 2.0, 0.85), 11.0)


@recipe("lantern", 0.42, 0.012, "lamp")
def lantern(k: Kit) -> None:
    iron = k.main("iron")
    k.lathe([(0, 0), (0.09, 0), (0.1, 0.02), (0.08, 0.04)], (0, 0, 0), iron)
    k.lathe([(0.07, 0.04), (0.07, 0.24)], (0, 0, 0), Paint("light", (0.95, 0.7, 0.35)))
    for angle in np.arange(4) * np.pi / 2 + 0.4:
        x, z = 0.08 * np.sin(angle), 0.08 * np.cos(angle)
        k.tube([(x, 0.03, z), (x, 0.25, z)], 0.008, iron)
    k.lathe([(0.1, 0.24), (0.09, 0.26), (0.04, 0.31), (0, 0.32)], (0, 0, 0), iron)
    k.tube(
        [(0.08 * np.sin(a), 0.33 - 0.085 * np.cos(a), 0) for a in np.linspace(0.5, 2 * np.pi - 0.5, 15)], 0.007, iron
    )
    k.lamp((0, 0.16, 0), (1.1, 0.65, 0.25), 5.0)


@recipe("signpost", 2.4, 0.03, "object/sign")
def signpost(k: Kit) -> None:
    wood = k.main("wood", OAK, PINE)
    k.box((0.12, 2.4, 0.12), (0, 0, 0), wood)
    from worldloom.scene.solids import extruded

    for y, side, turn in ((1.95, 1, 0.1), (1.6, -1, -0.25), (1.25, 1, 0.3)):
        outline = [(-0.25, 0), (0.75, 0), (0.92, 0.12), (0.75, 0.24), (-0.25, 0.24)]
        shape = np.array(outline) * [side, 1] if side > 0 else (np.array(outline) * [-1, 1])[::-1]
        with k.at((0, y, 0.08), turn=turn):
            k.solid(extruded(shape, 0.035), wood)
            for x in np.linspace(-0.05, 0.6, 7):
                k.box((0.06, 0.09, 0.004), (side * float(x), 0.075, 0.02), Paint("iron"))
    with k.at((0, 0, 0.0)):
        k.tube([(-0.2, 0.02, 0.05), (0.15, 0.05, -0.1)], 0.06, Paint("rock"))


@recipe("tent", 1.75, 0.045, "object")
def tent(k: Kit) -> None:
    cloth = k.main("fabric", (0.42, 0.3, 0.13), (0.12, 0.2, 0.09), (0.45, 0.12, 0.04))
    t = np.linspace(0, 1, 9)
    for side in (-1, 1):
        sag = 0.1 * np.sin(np.pi * t)
        slope = np.stack(
            [
                np.column_stack([side * (1.25 * t - sag), 1.7 * (1 - t) - 0.5 * sag, np.full(9, z)])
                for z in (-1.4, 0.0, 1.4)
            ],
            1,
        )
        k.sheet(slope if side < 0 else slope[:, ::-1], cloth, both=True)
        flap = np.array(
            [
                [(0.02 * side, 1.66, 1.38), (0.02 * side, 1.66, 1.38)],
                [(side * 1.2, 0.02, 1.38), (side * 0.55, 0.02, 1.55)],
            ],
            float,
        )
        k.sheet(flap if side > 0 else flap[:, ::-1], cloth, both=True)
        for z in (-1.3, 1.3):
            k.tube([(side * 1.2, 0.1, z), (side * 1.75, 0.02, 1.1 * z)], 0.012, Paint("straw"))
            k.tube([(side * 1.75, 0.1, 1.1 * z), (side * 1.75, 0, 1.1 * z)], 0.025, Paint("wood", PINE))
    back = np.array([[(0, 1.68, -1.38), (0, 1.68, -1.38)], [(1.2, 0.02, -1.38), (-1.2, 0.02, -1.38)]], float)
    k.sheet(back, cloth, both=True)
    k.tube([(0, 1.7, -1.55), (0, 1.7, 1.55)], 0.03, Paint("wood", PINE))
    k.tube([(0, 0, 1.42), (0, 1.75, 1.42)], 0.03, Paint("wood", PINE))
    k.box((2.2, 0.02, 2.7), (0, 0, 0), Paint("fabric", (0.12, 0.1, 0.08)))


@recipe("campfire", 0.95, 0.028, "object")
def campfire(k: Kit) -> None:
    for angle in np.arange(11) * 2 * np.pi / 11:
        with k.at((0.62 * np.sin(angle), -0.03, 0.62 * np.cos(angle)), turn=k.between(0, 6)):
            _stone(k, (0.32, 0.24, 0.26), (0, 0, 0), k.main("rock"))
    for angle in np.arange(7) * 2 * np.pi / 7:
        x, z = 0.42 * np.sin(angle), 0.42 * np.cos(angle)
        k.tube([(x, 0.05, z), (-0.06 * x, 0.42, -0.06 * z)], (0.055, 0.045), Paint("wood", (0.08, 0.045, 0.025)))
    k.lathe([(0.5, 0.01), (0, 0.04)], (0, 0, 0), Paint("soil", (0.02, 0.018, 0.016)))
    flames(k, (0, 0.14, 0), 0.22, 0.8)
    k.lamp((0, 0.7, 0), (5.5, 2.4, 0.7), 12.0, always=True)


@recipe("barrel", 0.92, 0.024, "object")
def barrel(k: Kit) -> None:
    k.lathe(
        [(0.27, 0), (0.33, 0.25), (0.345, 0.46), (0.33, 0.67), (0.27, 0.92)],
        (0, 0, 0),
        k.main("planks", OAK),
        smooth=True,
    )
    k.lathe([(0.26, 0.89), (0, 0.89)], (0, 0, 0), Paint("planks", OAK))
    for y, wide in ((0.06, 0.293), (0.26, 0.337), (0.63, 0.337), (0.83, 0.296)):
        k.lathe([(wide, y - 0.025), (wide + 0.008, y), (wide, y + 0.025)], (0, 0, 0), IRON)


@recipe("crate", 0.7, 0.024, "object")
def crate(k: Kit) -> None:
    wood = k.main("planks", PINE, OAK)
    k.box((0.66, 0.66, 0.66), (0, 0.02, 0), wood)
    bar = Paint("wood", (0.2, 0.13, 0.07))
    for y in (0, 0.61):
        for z in (-0.34, 0.34):
            k.box((0.7, 0.09, 0.025), (0, y, z), bar)
            k.box((0.025, 0.09, 0.7), (z, y, 0), bar)
    for x in (-0.34, 0.34):
        for z in (-0.34, 0.34):
            k.box((0.09, 0.7, 0.025), (0.9 * x, 0, z), bar)
            k.box((0.025, 0.7, 0.09), (x, 0, 0.9 * z), bar)


@recipe("hay_bale", 1.3, 0.034, "object")
def hay_bale(k: Kit) -> None:
    straw = k.main("straw")
    with k.at((0, 0.65, 0), roll=np.pi / 2):
        k.lathe([(0, -0.62), (0.6, -0.62), (0.65, -0.55), (0.65, 0.55), (0.6, 0.62), (0, 0.62)], (0, 0, 0), straw)
    for turns in (0.14, 0.28, 0.42):
        for x in (-0.625, 0.625):
            ring = [(x, 0.65 + turns * 1.3 * np.cos(a), turns * 1.3 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 25)]
            k.tube(ring, 0.012, Paint("straw", (0.25, 0.17, 0.05)), closed=True)
    rough(k, 0.02, 0.12)


@recipe("flag", 6.0, 0.05, "object")
def flag(k: Kit) -> None:
    k.tube([(0, 0, 0), (0, 5.9, 0)], (0.05, 0.03), Paint("metal", (0.6, 0.6, 0.6)))
    k.ball(0.07, (0, 5.93, 0), Paint("gold"))
    x = np.linspace(0.03, 2.1, 25)
    top, low = 5.75 - 0.04 * x**2, 4.45 - 0.09 * x**2
    wave = 0.16 * np.sin(3.6 * x) * (x / 2.1)
    cloth = k.main("fabric", (0.45, 0.03, 0.03), (0.03, 0.1, 0.4), (0.05, 0.25, 0.08))
    stripe = Paint("fabric", (0.75, 0.72, 0.66))
    with k.marked((lambda p: np.abs(p.position[:, 1] + 0.065 * p.position[:, 0] ** 2 - 5.1) < 0.22, stripe)):
        k.sheet(np.stack([np.column_stack([x, top, wave]), np.column_stack([x, low, wave + 0.05])]), cloth, both=True)


@recipe("scarecrow", 1.95, 0.028, "object")
def scarecrow(k: Kit) -> None:
    wood, straw = Paint("wood", WALNUT), Paint("straw")
    k.tube([(0, 0, 0), (0, 1.6, 0)], 0.035, wood)
    k.tube([(-0.75, 1.32, 0), (0.75, 1.32, 0)], 0.03, wood)
    coat = k.main("fabric", *CLOTHS)
    k.lathe([(0.26, 0.7), (0.2, 0.95), (0.22, 1.25), (0.16, 1.38), (0.05, 1.42)], (0, 0, 0), coat, 24, smooth=True)
    k.ball(0.14, (0, 1.58, 0), Paint("fabric", (0.45, 0.36, 0.2)))
    for side in (-1, 1):
        k.tube([(side * 0.1, 1.32, 0), (side * 0.6, 1.32, 0)], (0.12, 0.09), coat)
        k.ball(0.024, (side * 0.05, 1.61, 0.125), EYES)
        for number in range(7):
            end = (side * k.between(0.72, 0.9), 1.32 + k.between(-0.14, 0.08), k.between(-0.1, 0.1))
            k.tube([(side * 0.58, 1.32, 0), end], (0.02, 0.006), straw)
            k.tube(
                [(0.05 * (number - 3), 0.74, 0.03 * side), (0.08 * (number - 3), 0.5, 0.1 * side)],
                (0.025, 0.006),
                straw,
            )
    k.tube([(-0.05, 1.52, 0.128), (0, 1.5, 0.135), (0.05, 1.52, 0.128)], 0.008, EYES)
    k.lathe(
        [(0.3, 1.66), (0.15, 1.69), (0.13, 1.8), (0.05, 1.94), (0, 1.95)],
        (0, 0, 0),
        Paint("straw", (0.3, 0.2, 0.07)),
        28,
    )


EYES = Paint("iron", (0.01, 0.01, 0.01))


@recipe("snowman", 1.9, 0.034, "object")
def snowman(k: Kit) -> None:
    snow = k.main("snow")
    for y, wide in ((0.42, 0.5), (1.02, 0.36), (1.48, 0.25)):
        k.ball((wide, 0.95 * wide, wide), (0, y, 0), snow)
    k.lathe([(0.5, 0.0), (0.42, 0.06)], (0, 0, 0), snow)
    for x, y, z in ((-0.08, 1.55, 0.23), (0.08, 1.55, 0.23), (0, 1.15, 0.35), (0, 1.0, 0.37), (0, 0.86, 0.34)):
        k.ball(0.03, (x, y, z), Paint("iron"))
    k.tube([(0, 1.48, 0.24), (0, 1.46, 0.48)], (0.035, 0.005), Paint("clay", (0.6, 0.2, 0.02)))
    for side in (-1, 1):
        k.tube([(side * 0.32, 1.08, 0), (side * 0.72, 1.3, 0.05)], (0.022, 0.014), Paint("wood", WALNUT))
        k.tube([(side * 0.6, 1.23, 0.03), (side * 0.74, 1.2, 0.1)], 0.01, Paint("wood", WALNUT))
    k.lathe(
        [(0.26, 1.66), (0.26, 1.68), (0.17, 1.69), (0.17, 1.9), (0, 1.9)],
        (0, 0, 0),
        Paint("fabric", (0.02, 0.02, 0.02)),
    )
    scarf = [(0.25 * np.sin(a), 1.28, 0.25 * np.cos(a)) for a in np.linspace(0, 2 * np.pi, 21)]
    k.tube(scarf, 0.05, Paint("fabric", (0.45, 0.03, 0.03)), closed=True)
    k.box((0.1, 0.36, 0.04), (0.12, 0.94, 0.3), Paint("fabric", (0.45, 0.03, 0.03)))


@recipe("gravestone", 1.1, 0.026, "object")
def gravestone(k: Kit) -> None:
    from worldloom.scene.solids import extruded

    stone = k.main("rock", (0.26, 0.26, 0.25))
    arc = [(0.33 * np.cos(a), 0.77 + 0.33 * np.sin(a)) for a in np.linspace(0, np.pi, 17)]
    k.solid(extruded([(-0.33, 0.1), (0.33, 0.1), *arc], 0.14), stone)
    k.box((0.86, 0.12, 0.32), (0, 0, 0), stone)
    dark = Paint("rock", (0.1, 0.1, 0.095))
    k.box((0.05, 0.26, 0.006), (0, 0.74, 0.071), dark)
    k.box((0.18, 0.05, 0.006), (0, 0.87, 0.071), dark)
    for y, wide in ((0.62, 0.4), (0.53, 0.32), (0.44, 0.36)):
        k.box((wide, 0.025, 0.006), (0, y, 0.071), dark)


@recipe("crystal", 1.8, 0.036, "rock")
def crystal(k: Kit) -> None:
    from worldloom.scene.solids import cone, cylinder, turned, united

    gem = k.main("crystal", (0.36, 0.2, 0.62), (0.12, 0.45, 0.6), (0.6, 0.2, 0.4))
    for number in range(9):
        tall, wide = (1.8, 0.24) if number == 0 else (k.between(0.5, 1.35), k.between(0.1, 0.17))
        lean, angle = (0.0, 0.0) if number == 0 else (k.between(0.25, 0.7), 2.4 * number)
        prism = united(
            cylinder(wide, 0.78 * tall, top=1.12 * wide, sides=6),
            cone(1.12 * wide, 0.22 * tall, (0, 0.78 * tall, 0), 6),
        )
        at = (0.2 * np.sin(angle) * (number > 0), 0.0, 0.2 * np.cos(angle) * (number > 0))
        with k.at(turn=angle):
            k.solid(turned(prism, lean, 0, 0, (0, 0, at[2] if number == 0 else 0.2)), gem)
    for angle in np.arange(6) * 1.05:
        _stone(k, (0.4, 0.22, 0.35), (0.4 * np.sin(angle), -0.02, 0.4 * np.cos(angle)), Paint("rock"))
    tone = gem.colour or (0.36, 0.2, 0.62)
    k.lamp((0, 1.0, 0), (2 * tone[0], 2 * tone[1], 2 * tone[2]), 6.0)


@recipe("portal", 3.4, 0.05, "object")
def portal(k: Kit) -> None:
    stone = k.main("rock", (0.2, 0.2, 0.22))
    count = 18
    for number in range(count):
        angle = 2 * np.pi * (number + 0.5) / count
        with k.at((0, 1.74, 0), roll=-angle):
            k.box((0.47, 0.4, 0.5), (0, 1.25, 0), stone)
            k.box((0.12, 0.16, 0.02), (0, 1.36, 0.255), Paint("light", (0.2, 0.75, 0.95)))
    k.box((2.2, 0.24, 1.2), (0, 0, 0), STONE)
    tone = Paint("light", k.colour or (0.12, 0.35, 0.85))
    bright = Paint("light", (0.6, 0.85, 0.98))

    def swirl(p: Surfels) -> Array:
        x, y = p.position[:, 0], p.position[:, 1] - 1.74
        return np.sin(3 * np.arctan2(y, x) + 7 * np.hypot(x, y)) > 0.45

    turn = np.linspace(0, 2 * np.pi, 41)
    disc = np.stack(
        [np.column_stack([r * np.sin(turn), 1.74 + r * np.cos(turn), np.zeros(41)]) for r in (0.02, 0.6, 1.3)]
    )
    with k.marked((swirl, bright)):
        k.sheet(disc, tone, wrap=True, both=True)
    k.lamp((0, 1.7, 0.6), (0.9, 2.2, 4.5), 9.0, always=True)
    k.lamp((0, 1.7, -0.6), (0.9, 2.2, 4.5), 9.0, always=True)


@recipe("swing", 2.4, 0.034, "object")
def swing(k: Kit) -> None:
    wood = k.main("wood", PINE, OAK)
    for x in (-1.4, 1.4):
        for z in (-0.8, 0.8):
            k.tube([(x, 2.36, 0), (1.08 * x, 0, z)], 0.05, wood)
        k.tube([(1.03 * x, 1.1, -0.42), (1.03 * x, 1.1, 0.42)], 0.035, wood)
    k.tube([(-1.55, 2.34, 0), (1.55, 2.34, 0)], 0.06, wood)
    for x in (-0.62, 0.62):
        k.box((0.5, 0.04, 0.22), (x, 0.5, 0), Paint("paint", (0.45, 0.05, 0.04)))
        for side in (-0.21, 0.21):
            k.tube([(x + side, 0.54, 0), (x + side, 2.3, 0)], 0.014, Paint("straw"))


@recipe("slide", 2.3, 0.036, "object")
def slide(k: Kit) -> None:
    red, steel = k.main("paint", (0.5, 0.04, 0.03), (0.05, 0.2, 0.5)), Paint("metal")
    t = np.linspace(0, 1, 17)
    z, y = -0.5 + 2.6 * t, 0.22 + 1.28 * (1 - t) ** 1.25
    chute = np.stack(
        [
            np.column_stack([np.full(17, x), y + lift, z])
            for x, lift in ((-0.28, 0.18), (-0.26, 0), (0.26, 0), (0.28, 0.18))
        ],
        1,
    )
    k.sheet(chute[::-1], Paint("metal", (0.5, 0.51, 0.53)), both=True)
    for x in (-0.29, 0.29):
        k.tube(np.column_stack([np.full(17, x), y + 0.19, z]), 0.03, red)
        k.tube([(x, 0, -1.15), (x, 1.5, -0.75), (x, 2.27, -0.72), (x, 2.27, -0.45), (x, 1.65, -0.4)], 0.03, red)
        k.tube([(x, 0, 0.0), (x, 1.15, 0.0)], 0.03, red)
        k.tube([(x, 0, 1.9), (x, 0.3, 1.9)], 0.03, red)
    for step in np.linspace(0.1, 0.95, 6):
        k.box((0.56, 0.03, 0.14), (0, 1.5 * step, -1.15 + 0.4 * step), steel)
    k.box((0.56, 0.03, 0.4), (0, 1.48, -0.6), steel)


@recipe("umbrella", 2.4, 0.034, "object")
def umbrella(k: Kit) -> None:
    k.tube([(0, 0, 0), (0, 2.36, 0)], 0.022, Paint("wood", PINE))
    k.lathe([(0, 0), (0.25, 0), (0.25, 0.06), (0.05, 0.1)], (0, 0, 0), Paint("concrete"))
    angle = np.linspace(0, 2 * np.pi, 65)
    droop = 0.06 * np.abs(np.sin(4 * angle))
    rings = [
        np.column_stack([r * np.sin(angle), 2.35 - 0.22 * r - 0.1 * r**2 + droop * r, r * np.cos(angle)])
        for r in (1.4, 1.0, 0.5, 0.02)
    ]
    cloth, pale = (
        k.main("fabric", (0.5, 0.05, 0.04), (0.05, 0.2, 0.4), (0.55, 0.35, 0.05)),
        Paint("fabric", (0.75, 0.72, 0.65)),
    )
    with k.marked((lambda p: np.sin(4 * np.arctan2(p.position[:, 0], p.position[:, 2])) > 0, pale)):
        k.sheet(np.stack(rings), cloth, wrap=True, both=True)
    k.ball(0.035, (0, 2.37, 0), Paint("wood", PINE))


@recipe("beehive", 0.95, 0.024, "object")
def beehive(k: Kit) -> None:
    straw = k.main("straw", (0.42, 0.28, 0.09))
    k.box((0.7, 0.05, 0.7), (0, 0.3, 0), Paint("planks", OAK))
    for x in (-0.28, 0.28):
        for z in (-0.28, 0.28):
            k.box((0.06, 0.3, 0.06), (x, 0, z), Paint("wood", OAK))
    for row in range(9):
        y = 0.385 + 0.063 * row
        wide = 0.29 * np.sqrt(max(1 - (row / 9.3) ** 2.4, 0.02))
        ring = [(wide * np.sin(a), y, wide * np.cos(a)) for a in np.linspace(0, 2 * np.pi, 25)]
        k.tube(ring, 0.036, straw, closed=True)
    k.ball((0.1, 0.05, 0.1), (0, 0.91, 0), straw)
    k.ball((0.06, 0.035, 0.02), (0, 0.4, 0.315), EYES)
