"""Fields that operations on geometry share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from worldloom.scene.world_record import Vector

LayerPivot = Literal["center", "bounds", "bottom", "origin"]
"""The mean of the Gaussians' centres, the middle of their box, the middle of its bottom, or the origin of their layer.
The box is that of most: it leaves out what lies far from the others."""

Pivot = Vector | LayerPivot
"""The same, or a point in the world's frame, metres."""

Axes = Literal["world", "layer", "principal"]
"""Along what numbers are given: the world's axes, those of the Gaussians' layer, or those along which the Gaussians
spread most, second and least."""

LayerName = Annotated[str, Field(min_length=1, max_length=200)]


class Snap(BaseModel):
    """Steps that numbers are rounded to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    grid: Annotated[float, Field(ge=1e-6, allow_inf_nan=False)] | None = None
    """Metres, of translations."""
    angle: Annotated[float, Field(ge=1e-3, le=360)] | None = None
    """Degrees, of rotations."""
