"""What the records of criteria and operations are made of: numbers, pictures, places, and measures of Gaussians."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from worldloom.scene.world_record import Finite, Quaternion, Vector

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Blob = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Corner = tuple[Finite, Finite]
"""Of a picture: 0, 0 is its top left corner and 1, 1 its bottom right one."""


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class View(Record):
    """A camera's picture of the world."""

    position: Vector
    rotation: Quaternion
    """wxyz, as in `scene.world_record.Pose`: identity looks along -Z with +Y up."""
    vertical_fov: Annotated[float, Field(ge=0.1, le=175)] = 60.0
    """Degrees."""
    aspect: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    """Width over height."""


class Spot(Record):
    """What is first met at a place of a picture."""

    view: View
    at: tuple[Share, Share]


Place = Vector | Spot


Attribute = Literal[
    "size",
    "volume",
    "elongation",
    "opacity",
    "sh_energy",
    "red",
    "green",
    "blue",
    "hue",
    "saturation",
    "value",
    "x",
    "y",
    "z",
    "distance",
    "depth",
    "path_distance",
    "views",
]


class Measure(Record):
    """A number that every Gaussian has."""

    attribute: Attribute
    """size: its largest standard deviation, metres; volume: of its ellipsoid of one standard deviation, cubic metres;
    elongation: its largest over its middle standard deviation; opacity, red, green, blue, hue, saturation, value: 0 to
    1, colours of all directions together; sh_energy: how much its colour changes with the direction, the root of the
    sum of squares of its coefficients of degree 1 and up; x, y, z: of its centre; distance: to `point`; depth: before
    `view`; path_distance: to the nearest place that a photo was taken from; views: how many photos saw its centre."""
    point: Vector | None = None
    view: View | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.attribute == "distance" and self.point is None:
            raise ValueError("'distance' needs the 'point' that it is from")
        if self.attribute == "depth" and self.view is None:
            raise ValueError("'depth' needs the 'view' that it is in")
        return self
