"""Farmland: a patchwork of fields with furrows and different crops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from worldloom.generate.build.terrain.maths import Floats, draw, hashed, ramp, step
from worldloom.generate.spec import WorldSpec
from worldloom.render.ground import fractal
from worldloom.scene.semantics import label_index

if TYPE_CHECKING:
    from worldloom.generate.build.terrain.paint import Coat, Spot

F = np.float32
_WIDE, _LONG = 46.0, 74.0
_CROPS: tuple[tuple[str, tuple[float, float, float], float], ...] = (
    ("ground/soil", (0.15, 0.097, 0.057), 0.32),  # ploughed
    ("ground/field", (0.46, 0.33, 0.105), 0.13),  # ripe wheat
    ("ground/field", (0.075, 0.15, 0.028), 0.24),  # young rows
    ("ground/field", (0.5, 0.42, 0.045), 0.08),  # rape
    ("ground/field", (0.38, 0.29, 0.14), 0.22),  # stubble
    ("ground/grass", (0.085, 0.155, 0.03), 0.05),  # pasture
)
"""Label, linear albedo and how strongly its rows show."""


def field_rows(spec: WorldSpec, x: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
    """Of places (N,): which crop (0..1), metres to the field's edge, and where across a row it is (0..1)."""
    turn = draw(spec.seed, 91).uniform(-0.4, 0.4)
    cos, sin = F(np.cos(turn)), F(np.sin(turn))
    bend = F(3.0) * fractal(x, z, seed=spec.seed * 101 + 92, size=90.0, octaves=2)
    u, v = x * cos + z * sin + bend, z * cos - x * sin - bend
    row = np.floor(v / F(_WIDE))
    shift = hashed(row, np.zeros_like(row), spec.seed + 3) * F(_LONG)
    column = np.floor((u + shift) / F(_LONG))
    crop = hashed(column, row, spec.seed + 4)
    lengthwise = hashed(column, row, spec.seed + 5) < 0.5
    from_u, from_v = (u + shift) / F(_LONG) - column, v / F(_WIDE) - row
    edge = np.minimum((F(0.5) - np.abs(from_u - F(0.5))) * F(_LONG), (F(0.5) - np.abs(from_v - F(0.5))) * F(_WIDE))
    across = np.where(lengthwise, v, u) / F(0.75)
    return crop, edge, across - np.floor(across)


def furrows(spec: WorldSpec, x: Floats, z: Floats) -> Floats:
    """Metres that rows stand above the field."""
    crop, edge, across = field_rows(spec, x, z)
    deep = np.where(crop * F(len(_CROPS)) < 1, F(0.09), F(0.035))
    return deep * (F(1) - F(2) * np.abs(F(2) * across - F(1))) * step(1.2, 2.2, edge)


def paint_fields(spec: WorldSpec, spot: Spot, coat: Coat, farmed: Floats) -> None:
    """Cover the ground, where it is farmed and not too steep."""
    crop, edge, across = field_rows(spec, spot.x, spot.z)
    uneven = fractal(spot.x, spot.z, seed=spec.seed * 101 + 93, size=1.3, octaves=4)
    broad = fractal(spot.x, spot.z, seed=spec.seed * 101 + 94, size=19.0, octaves=3)
    share = step(1.0, 1.7, edge + F(0.5) * uneven) * farmed * step(0.5, 0.3, spot.slope) * (spot.wet.edge > 4)
    which = (crop * F(len(_CROPS))).astype(np.int64).clip(0, len(_CROPS) - 1)
    if spec.season in ("winter",):
        which = np.where(which == 3, 0, np.where(which == 1, 2, which))
    colours = np.array([entry[1] for entry in _CROPS], np.float32)[which]
    rows = np.array([entry[2] for entry in _CROPS], np.float32)[which]
    shown = ramp(0.9, 0.22, spot.size)
    bare = np.array([0.14, 0.092, 0.055], np.float32)
    gap = step(0.32, 0.46, np.abs(across - F(0.5))) * rows * F(2.4) * shown
    gap = np.where(which == 0, 0, gap.clip(0, 0.85))
    tone = colours * (1 + F(0.2) * broad + F(0.24) * uneven)[:, None]
    tone *= (1 - rows * shown * np.abs(F(2) * across - F(1)))[:, None]
    tone += (bare - tone) * gap[:, None]
    labels = np.array([label_index(entry[0]) for entry in _CROPS], np.uint8)[which]
    coat.albedo += (tone - coat.albedo) * share[:, None]
    coat.label[share > 0.5] = labels[share > 0.5]
