"""`Guides`: what a person says of a picture's geometry by dragging handles. Free of numpy and torch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Part = Annotated[float, Field(ge=-1, le=2, allow_inf_nan=False)]
"""Of the picture's width or height, from the left or the top; a little outside is allowed."""
Point = tuple[Part, Part]
Source = Literal["auto", "picture", "panorama", "blockout"]
"""What a file is that a world is made of; "auto" looks at it."""
DepthBy = Literal["geometry", "network"]
"""Where distances in a picture come from: ground contact, walls and edges, or our own depth network."""


class DepthHandle(BaseModel):
    """How far away something is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Point
    metres: Annotated[float, Field(gt=0.05, le=5000, allow_inf_nan=False)]


class Guides(BaseModel):
    """What is None is estimated from the picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["outdoor", "room"] | None = None
    horizon: tuple[Point, Point] | None = None
    """Two points of the line at eye level."""
    vertical_fov: Annotated[float, Field(ge=8, le=140, allow_inf_nan=False)] | None = None
    """Degrees."""
    camera_height: Annotated[float, Field(ge=0.05, le=500, allow_inf_nan=False)] | None = None
    """Of the lens above the ground, metres."""
    contacts: Annotated[tuple[Point, ...], Field(max_length=40)] = ()
    """Points where things stand on the ground."""
    depths: Annotated[tuple[DepthHandle, ...], Field(max_length=40)] = ()
    sky: Annotated[tuple[Point, ...], Field(max_length=40)] = ()
    """Points that are sky."""


def pixel_of(point: Point, width: int, height: int) -> tuple[int, int]:
    """Row and column of a point; of one outside, the nearest."""
    x, y = point
    return int(min(max(y * height, 0), height - 1)), int(min(max(x * width, 0), width - 1))
