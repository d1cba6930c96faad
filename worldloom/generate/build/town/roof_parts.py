"""What pitched roofs are made of: slopes, eaves, ridges, gables, gutters."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.town.dress import Dress
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.solid import beams, boxes, strips
from worldloom.scene.surfels import Array, Vector

LABEL = "building/roof"


def rise_of(dress: Dress, wide: float, deep: float) -> float:
    """Metres from the eaves to the ridge."""
    kind = dress.roof_kind
    if kind == "flat":
        return 0.0
    if kind == "dome":
        return 0.5 * min(wide, deep)
    if kind == "mono":
        return dress.pitch * deep
    if kind == "vault":
        return 0.32 * deep
    if kind == "mansard":
        return 2.6
    return dress.pitch * min(deep, wide if kind == "tent" else deep) / 2


def slope(low: Array, high: Array, dress: Dress) -> Quads:
    """Faces between lines of points from the eaves (first) to the ridge (last), and their undersides."""
    material, colour = dress.roof
    under = (0.16, 0.1, 0.06) if material != "thatch" else (0.17, 0.12, 0.05)
    drop = np.array([0, dress.thick_roof, 0])
    return merge(
        [
            strips(low, high, material, colour, label=LABEL),
            strips(low - drop, high - drop, "planks", under, inward=True, label=LABEL, reach=60, fine=1.4),
        ]
    )


def edge(start: Array, end: Array, dress: Dress) -> Quads:
    """The boards or the cut thatch along an edge of the roof."""
    start, end = np.atleast_2d(start), np.atleast_2d(end)
    drop = np.array([0, dress.thick_roof / 2, 0])
    thatch = dress.roof[0] in ("thatch", "turf")
    look = ("thatch", tuple(0.8 * c for c in dress.roof[1])) if dress.roof[0] == "thatch" else ("wood", dress.trim)
    if dress.roof[0] == "turf":
        look = ("wood", (0.14, 0.085, 0.045))
    wide = 0.06 if not thatch else 0.12
    return beams(start - drop, end - drop, wide, dress.thick_roof + 0.05, *look, label="building/trim")


def ridge(start: Vector, end: Vector, dress: Dress, size: float = 0.2) -> Quads:
    material, colour = dress.roof
    look = {"tile": "flat_tile", "turf": "turf"}.get(material, material)
    tone = tuple(0.82 * c for c in colour)
    return beams(start, end, size, size * 0.75, look, tone, label=LABEL)


def gable(x: float, deep: float, rise: float, dress: Dress, facing: int, half: float = 1.0) -> Quads:
    """The upright triangle under a roof's end, at x; `half` < 1 cuts its top off."""
    origin = [x, 0, deep / 2 * facing]
    a = [0, 0, -deep * facing]
    b = [0, rise * half, 0]
    parts = [quads(origin, a, b, *dress.wall, inset=(half / 2, 1 - half / 2))]
    parts.append(
        quads(
            np.add(origin, a) - (facing * dress.thick, 0, 0),
            np.negative(a),
            b,
            *dress.inner,
            inset=(half / 2, 1 - half / 2),
            label="room/wall",
            reach=30,
            fine=1.4,
        )
    )
    if dress.timber is not None and rise > 1.2:
        out = x + facing * 0.02
        starts = [(out, 0.02, 0), (out, 0.02, -deep / 4), (out, 0.02, deep / 4), (out, rise * 0.48, -deep * 0.25)]
        ends = [
            (out, rise * 0.9 * half, 0),
            (out, rise * 0.46, -deep / 4),
            (out, rise * 0.46, deep / 4),
            (out, rise * 0.48, deep * 0.25),
        ]
        parts.append(beams(starts, ends, 0.15, 0.05, "wood", dress.timber, label="building/trim"))
    elif rise > 1.6:
        high = min(0.8, rise * 0.32)
        low = rise * 0.22
        middle = [x + facing * 0.015, low + high / 2, 0]
        glow = tuple(0.7 * c for c in dress.lamplight) if dress.seed < dress.lit else (0.0, 0.0, 0.0)
        parts.append(
            boxes(
                middle, (0.03, high, 0.62), "pane", (0.045, 0.06, 0.07), sides="ew", label="building/window", glow=glow
            )
        )
        frame = [[x + facing * 0.03, low + high / 2, z] for z in (-0.34, 0, 0.34)]
        parts.append(boxes(frame, (0.06, high + 0.1, 0.06), "wood", dress.frame, label="building/window", reach=60))
        rails = [[x + facing * 0.03, y, 0] for y in (low - 0.03, low + high + 0.03)]
        parts.append(boxes(rails, (0.09, 0.07, 0.82), "wood", dress.frame, label="building/window", reach=80))
    return merge(parts)


def gutter(left: float, right: float, y: float, z: float) -> Quads:
    return boxes(
        ((left + right) / 2, y, z),
        (right - left, 0.1, 0.11),
        "iron",
        (0.16, 0.17, 0.17),
        sides="sntb",
        label="building/trim",
        reach=70,
    )


def horns(left: float, right: float, y: float, dress: Dress) -> Quads:
    """Ornaments at the ridge's ends."""
    ends = [[x, y + 0.22, 0] for x in (left + 0.1, right - 0.1)]
    return boxes(ends, (0.2, 0.5, 0.3), "smooth", tuple(0.8 * c for c in dress.roof[1]), label=LABEL)
