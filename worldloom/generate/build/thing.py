"""`Thing`: what a maker of objects gives back."""

from __future__ import annotations

from dataclasses import dataclass

from worldloom.generate.build.site import Lamp
from worldloom.scene.surfels import Surfels


@dataclass(frozen=True, eq=False)
class Thing:
    """One object, metres: it stands on y = 0 at the origin, its front towards +Z."""

    surfels: Surfels
    radius: float
    """Of the upright cylinder around the origin that holds it."""
    height: float
    """Of its highest point."""
    lamps: tuple[Lamp, ...] = ()
    """Where it gives light, in the same frame."""
