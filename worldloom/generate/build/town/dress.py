"""`Dress`: all that is chosen for one building before it is built: materials, colours, sizes of windows, roof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from worldloom.generate.build.town.quads import WHOLE

Colour = tuple[float, float, float]
Coating = tuple[str, Colour]
"""A name in `paint.MATERIALS` and a linear colour."""
RoofKind = Literal["gable", "hip", "half_hip", "mono", "flat", "tent", "japanese", "dome", "vault", "mansard"]


@dataclass(frozen=True)
class Dress:
    """Metres; colours linear."""

    wall: Coating
    ground_wall: Coating
    """Of the ground floor."""
    plinth: Coating
    inner: Coating
    floor: Coating
    roof: Coating
    trim: Colour
    """Sills, quoins, cornices, eaves boards."""
    frame: Colour
    """Of windows."""
    door: Colour
    shutter: Colour | None = None
    timber: Colour | None = None
    """Half-timbering."""
    quoins: bool = False
    roof_kind: RoofKind = "gable"
    pitch: float = 0.9
    """Rise over run."""
    overhang: float = 0.4
    thick_roof: float = 0.14
    storey: float = 2.8
    bay: float = 2.4
    window: tuple[float, float, float] = (1.0, 1.3, 0.9)
    """Width, height and sill."""
    glazing: tuple[int, int] = (2, 3)
    """Panes across and up."""
    arch: int = WHOLE
    """`UNDER_ARCH` or `UNDER_POINTED` for windows with such heads."""
    lintel: bool = True
    chimney: bool = True
    dormers: bool = False
    balcony: bool = False
    jetty: float = 0.0
    """How far each storey stands out over the one below."""
    cornice: bool = False
    porch: bool = False
    """A veranda along the front."""
    gutters: bool = True
    shop: bool = False
    """Large windows on the ground floor, an awning, a sign."""
    accent: Colour = (0.3, 0.05, 0.04)
    """Awnings, signs, neon."""
    neon: bool = False
    flower_boxes: bool = False
    lit: float = 0.6
    """Share of windows with light when it is dark."""
    lamplight: Colour = (1.5, 0.8, 0.3)
    thick: float = 0.32
    """Of walls."""
    seed: float = 0.5
    """0..1"""
