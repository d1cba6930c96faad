"""Chairs, sofas, beds and other things to sit and lie on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from worldloom.generate.build.objects.kit import Kit, Paint
from worldloom.generate.build.objects.recipes import recipe

if TYPE_CHECKING:
    from manifold3d import Manifold

OAK, WALNUT, PINE = (0.27, 0.155, 0.075), (0.105, 0.055, 0.028), (0.42, 0.27, 0.13)
WOODS = (OAK, WALNUT, PINE)
CLOTHS = ((0.10, 0.16, 0.22), (0.30, 0.09, 0.06), (0.12, 0.17, 0.08), (0.38, 0.33, 0.25), (0.33, 0.20, 0.05))


def legs(k: Kit, width: float, depth: float, height: float, thick: float, paint: Paint, base: float = 0.0) -> None:
    """Four square legs; width and depth are taken outside."""
    for x in (-1, 1):
        for z in (-1, 1):
            k.box((thick, height, thick), (x * (width - thick) / 2, base, z * (depth - thick) / 2), paint)


@recipe("chair", 0.92, 0.022, "furniture/seat")
def chair(k: Kit) -> None:
    wood = k.main("wood", *WOODS)
    legs(k, 0.42, 0.42, 0.43, 0.036, wood)
    k.box((0.45, 0.03, 0.45), (0, 0.43, 0), wood)
    with k.at((0, 0.44, -0.2), tilt=-0.1):
        for x in (-0.19, 0.19):
            k.box((0.036, 0.46, 0.03), (x, 0, 0), wood)
        if k.rng.random() < 0.5:
            for y in (0.14, 0.27, 0.40):
                k.box((0.36, 0.06, 0.016), (0, y, 0), wood)
        else:
            k.box((0.38, 0.07, 0.02), (0, 0.40, 0), wood)
            for x in np.linspace(-0.13, 0.13, 5):
                k.box((0.022, 0.4, 0.012), (x, 0, 0), wood)
    for z in (-0.18, 0.18):
        k.box((0.36, 0.025, 0.02), (0, 0.17, z), wood)


@recipe("stool", 0.48, 0.018, "furniture/seat")
def stool(k: Kit) -> None:
    wood = k.main("wood", *WOODS)
    k.lathe([(0, 0.44), (0.17, 0.44), (0.175, 0.46), (0.17, 0.48), (0, 0.48)], (0, 0, 0), wood)
    feet = [(0.19 * np.cos(a), 0.19 * np.sin(a)) for a in np.arange(3) * 2 * np.pi / 3 + 0.5]
    for x, z in feet:
        k.tube([(0.55 * x, 0.45, 0.55 * z), (x, 0, z)], 0.017, wood)
    ring = [(0.78 * x, 0.2, 0.78 * z) for x, z in feet]
    k.tube([*ring, ring[0]], 0.01, wood)


def _upholstered(k: Kit, width: float, cloth: Paint, pillow: Paint | None) -> None:
    k.cushion((width, 0.24, 0.82), (0, 0.12, 0), cloth, 0.2)
    seats = max(round((width - 0.36) / 0.62), 1)
    wide = (width - 0.36) / seats
    for number in range(seats):
        x = (number - (seats - 1) / 2) * wide
        k.cushion((wide - 0.01, 0.16, 0.62), (x, 0.31, 0.1), cloth, 0.42)
        with k.at((x, 0.42, -0.22), tilt=-0.18):
            k.cushion((wide - 0.01, 0.46, 0.17), (0, 0, 0), cloth, 0.42)
    with k.at((0, 0.12, -0.36), tilt=-0.1):
        k.cushion((width - 0.04, 0.69, 0.16), (0, 0, 0), cloth, 0.35)
    for x in (-1, 1):
        k.cushion((0.19, 0.5, 0.84), (x * (width / 2 - 0.09), 0.12, 0.01), cloth, 0.45)
        for z in (-0.32, 0.34):
            k.tube(
                [(x * (width / 2 - 0.1), 0.13, z), (x * (width / 2 - 0.08), 0, z)],
                (0.028, 0.018),
                Paint("wood", WALNUT),
            )
    if pillow is not None:
        for x, turn in ((-width / 2 + 0.36, 0.4), (width / 2 - 0.4, -0.3)):
            with k.at((x, 0.47, 0.02), turn, -0.35):
                k.cushion((0.4, 0.4, 0.14), (0, 0, 0), pillow, 0.5)


@recipe("armchair", 0.86, 0.045, "furniture/seat")
def armchair(k: Kit) -> None:
    _upholstered(k, 0.92, k.main("fabric", *CLOTHS), None)


@recipe("sofa", 0.86, 0.05, "furniture/seat")
def sofa(k: Kit) -> None:
    pillow = Paint("fabric", k.pick((0.6, 0.42, 0.12), (0.5, 0.46, 0.4), (0.12, 0.22, 0.24)))
    _upholstered(k, k.pick((2.05, 0, 0), (1.75, 0, 0))[0], k.main("fabric", *CLOTHS), pillow)


@recipe("bed", 1.02, 0.05, "furniture/bed")
def bed(k: Kit) -> None:
    wood, linen = k.main("wood", *WOODS), Paint("fabric", (0.72, 0.69, 0.63))
    cover = Paint(
        "fabric", k.colour or k.pick((0.12, 0.2, 0.3), (0.36, 0.13, 0.1), (0.2, 0.26, 0.17), (0.5, 0.42, 0.3))
    )
    width = 1.6
    k.box((width + 0.08, 1.0, 0.05), (0, 0.02, -1.02), wood)
    k.box((width + 0.14, 0.05, 0.07), (0, 0.97, -1.02), wood)
    k.box((width + 0.08, 0.5, 0.05), (0, 0.02, 1.02), wood)
    for x in (-1, 1):
        k.box((0.04, 0.2, 2.0), (x * (width / 2 + 0.02), 0.2, 0), wood)
        for z in (-1.02, 1.02):
            k.box((0.07, 0.3, 0.07), (x * (width / 2 + 0.03), 0, z), wood)
    k.cushion((width, 0.22, 1.98), (0, 0.32, 0), linen, 0.3)
    k.cushion((width + 0.06, 0.2, 1.42), (0, 0.38, 0.26), cover, 0.35)
    k.cushion((width + 0.065, 0.06, 0.26), (0, 0.54, -0.42), linen, 0.45)
    for x in (-0.39, 0.39):
        with k.at((x, 0.53, -0.76), k.between(-0.08, 0.08), -0.35):
            k.cushion((0.68, 0.15, 0.42), (0, 0, 0), linen, 0.5)


@recipe("pew", 0.95, 0.04, "furniture/seat")
def pew(k: Kit) -> None:
    wood = k.main("wood", WALNUT, OAK)
    for x in (-1.1, 1.1):
        k.box((0.05, 0.95, 0.1), (x, 0, -0.2), wood)
        k.box((0.05, 0.62, 0.46), (x, 0, 0.02), wood)
        k.cushion((0.08, 0.06, 0.5), (x, 0.6, 0.02), wood)
    k.box((2.2, 0.035, 0.38), (0, 0.42, 0.02), wood)
    with k.at((0, 0.42, -0.2), tilt=-0.08):
        k.box((2.2, 0.5, 0.03), (0, 0, 0), wood)
    k.box((2.2, 0.03, 0.1), (0, 0.9, -0.27), wood)
    k.box((2.2, 0.36, 0.02), (0, 0.06, -0.15), wood)


@recipe("throne", 2.1, 0.045, "furniture/seat")
def throne(k: Kit) -> None:
    gold, velvet = k.main("gold"), Paint("fabric", (0.3, 0.015, 0.03))
    k.box((1.5, 0.14, 1.5), (0, 0, 0), Paint("marble"))
    k.box((0.95, 0.42, 0.8), (0, 0.14, 0), gold)
    k.cushion((0.8, 0.14, 0.68), (0, 0.54, 0.03), velvet, 0.4)
    k.box((0.95, 1.2, 0.13), (0, 0.5, -0.36), gold)
    k.cushion((0.66, 1.0, 0.12), (0, 0.64, -0.29), velvet, 0.3)
    k.tube(
        [(-0.47, 1.66, -0.36), (-0.3, 1.86, -0.36), (0, 1.95, -0.36), (0.3, 1.86, -0.36), (0.47, 1.66, -0.36)],
        0.07,
        gold,
        smooth=True,
    )
    k.solid(_crest(), gold)
    k.ball(0.07, (0, 2.02, -0.36), Paint("crystal", (0.5, 0.01, 0.03)))
    for x in (-0.47, 0.47):
        k.tube([(x, 0.14, -0.36), (x, 1.7, -0.36)], 0.06, gold)
        k.ball(0.1, (x, 1.78, -0.36), gold)
        k.tube([(x, 0.84, -0.3), (x, 0.86, 0.2), (x, 0.8, 0.42)], 0.06, gold, smooth=True)
        k.ball(0.09, (x, 0.8, 0.44), gold)
        k.tube([(x, 0.14, 0.38), (x, 0.8, 0.38)], 0.05, gold)


def _crest() -> Manifold:
    from worldloom.scene.solids import extruded

    return extruded([(-0.45, 1.6), (0.45, 1.6), (0.3, 1.84), (0, 1.94), (-0.3, 1.84)], 0.1, (0, 0, -0.36))


@recipe("bench", 0.86, 0.035, "furniture/seat")
def bench(k: Kit) -> None:
    wood, iron = k.main("wood", *WOODS), Paint("iron")
    for z in (-0.16, -0.02, 0.12):
        k.box((1.7, 0.035, 0.12), (0, 0.43, z), wood)
    with k.at((0, 0.46, -0.25), tilt=-0.2):
        for y in (0.08, 0.24):
            k.box((1.7, 0.12, 0.03), (0, y, 0), wood)
    for x in (-0.7, 0.7):
        k.tube([(x, 0, 0.2), (x, 0.42, 0.17), (x, 0.42, -0.2), (x, 0.86, -0.33)], 0.024, iron)
        k.tube([(x, 0.42, -0.16), (x, 0, -0.3)], 0.024, iron)
        k.tube([(x, 0.42, 0.17), (x, 0.63, 0.18), (x, 0.65, 0), (x, 0.64, -0.26)], 0.02, iron, smooth=True)


@recipe("cushion", 0.14, 0.018, "furniture/textile")
def cushion(k: Kit) -> None:
    cloth = k.main("fabric", (0.5, 0.33, 0.08), *CLOTHS)
    k.cushion((0.45, 0.14, 0.45), (0, 0, 0), cloth, 0.5)
    for x in (-1, 1):
        k.tube([(x * 0.222, 0.07, -0.21), (x * 0.222, 0.07, 0.21)], 0.005, cloth)


@recipe("pod", 1.25, 0.055, "furniture/bed")
def pod(k: Kit) -> None:
    shell = k.main("hull")
    k.box((0.9, 0.3, 2.0), (0, 0, 0), Paint("metal", (0.15, 0.16, 0.18)))
    k.cushion((1.1, 0.5, 2.4), (0, 0.24, 0), shell, 0.5)
    k.cushion((0.8, 0.2, 2.0), (0, 0.62, 0), Paint("fabric", (0.55, 0.58, 0.62)), 0.5)
    u, v = np.linspace(-1, 1, 13), np.linspace(0, np.pi, 13)
    wide = np.sqrt(np.clip(1.02 - u**2, 0, 1))[:, None]
    dome = np.stack(
        [-0.5 * np.cos(v) * wide, 0.6 + 0.62 * np.sin(v) * wide, np.broadcast_to(-1.1 * u[:, None], (13, 13))], -1
    )
    k.sheet(dome, Paint("glass", (0.2, 0.5, 0.6)))
    for z in (-0.55, 0.35):
        arc = [(-0.52 * np.cos(a), 0.6 + 0.63 * np.sin(a), z) for a in np.linspace(0, np.pi, 9)]
        k.tube(arc, 0.03, shell)
    for x in (-0.56, 0.56):
        k.tube([(x, 0.5, -0.9), (x, 0.5, 0.9)], 0.022, Paint("light", (0.15, 0.7, 0.9)))
    k.lamp((0, 1.0, 0), (0.1, 0.35, 0.45), 3.0, always=True)
