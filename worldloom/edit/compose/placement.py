"""Where something that is put into a world stands. A record only; `placing` works it out, and needs torch."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from worldloom.edit.fields import Positive
from worldloom.scene.world_record import Quaternion, Vector


class Placement(BaseModel):
    """A similarity from the thing's frame to the world's, or a point of the world to stand it on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    position: Vector = (0.0, 0.0, 0.0)
    """Metres: where the thing's origin comes to lie. With `on`: how far it is moved from where it would stand."""
    rotation: Quaternion = (1.0, 0.0, 0.0, 0.0)
    """wxyz"""
    scale: Positive = 1.0
    on: Vector | None = None
    """A point in the world: the thing stands with the middle of its underside on the surface at or beneath it."""
    upright: bool = True
    """With `on`: whether it stays upright on a slope or leans with it."""
