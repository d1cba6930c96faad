"""Other colours: by sliders and curves, or those of a picture or of another part of the world."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from worldloom.edit.criteria import Criterion
from worldloom.edit.fields import Blob
from worldloom.edit.operation import Applied, Applying, RowOperation
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.world_record import Finite

if TYPE_CHECKING:
    from worldloom.edit.state import EditState

Slider = Annotated[float, Field(ge=-1, le=1)]
Gain = Annotated[float, Field(ge=0, le=4)]
CurvePoint = tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=-1, le=2)]]
Curve = Annotated[tuple[CurvePoint, ...], Field(min_length=2, max_length=32)]
"""Points (in, out) in 0..1, left to right, joined smoothly and without overshooting; straight on beyond the ends."""


class Recolour(RowOperation):
    """Change colours, in this order: exposure, temperature, tint (on linear light); black and white point, brightness,
    contrast, saturation, curves (on display colours). Nothing is cut off, so that the opposite brings it back."""

    op: Literal["recolour"] = "recolour"
    exposure: Annotated[float, Field(ge=-10, le=10)] = 0.0
    """Stops: 1 is twice the light."""
    temperature: Slider = 0.0
    """-1 bluish to 1 reddish, equally bright."""
    tint: tuple[Gain, Gain, Gain] = (1.0, 1.0, 1.0)
    """Factors of red, green and blue light."""
    black: Annotated[float, Field(ge=-1, le=0.95)] = 0.0
    """The display value that becomes black."""
    white: Annotated[float, Field(ge=0.05, le=2)] = 1.0
    """The display value that becomes white."""
    brightness: Slider = 0.0
    """Added to display colours."""
    contrast: Slider = 0.0
    """About middle grey: -1 all grey, 1 twice as much."""
    saturation: Annotated[float, Field(ge=0, le=4)] = 1.0
    """Factor of the distance from grey."""
    curve: Curve | None = None
    """Of all three channels, before their own."""
    red: Curve | None = None
    green: Curve | None = None
    blue: Curve | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Recolour:
        if self.white - self.black < 0.02:
            raise ValueError("The white point must lie above the black point")
        for curve in (self.curve, self.red, self.green, self.blue):
            if curve is not None and any(right[0] - left[0] < 1e-3 for left, right in pairwise(curve)):
                raise ValueError("A curve's points must go from left to right")
        return self

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.colouring import recoloured, sliders
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        if self == Recolour(where=self.where):
            return Applied(state, note="All sliders are in the middle: nothing has changed.")
        return Applied(recoloured(state, rows, sliders(self)), count(rows))


class MatchColours(RowOperation):
    """Give Gaussians the colours of a picture, or of another part of the world."""

    op: Literal["match_colours"] = "match_colours"
    picture: Blob | None = None
    """Of a PNG, JPEG or WebP file."""
    to: Criterion | None = None
    """Or of which Gaussians."""
    method: Literal["spread", "curves"] = "spread"
    """"spread": mean and covariance of Oklab colours, by the least change that does it (Pitié & Kokaram 2007);
    "curves": the distribution of lightness and of both opponent colours, each by a rising curve."""
    strength: Annotated[Finite, Field(ge=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _one_source(self) -> MatchColours:
        if (self.picture is None) == (self.to is None):
            raise ValueError("Say either a picture or what to match to")
        return self

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.colouring import recoloured
        from worldloom.edit.change.matching import colours_of_picture, colours_of_rows, matching
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        if self.picture is not None:
            wanted = colours_of_picture(by.sources.blob(self.picture))
        else:
            assert self.to is not None
            there = self.to.rows(state, by)
            if count(there) == 0:
                raise InvalidDataError("There is nothing there whose colours could be taken; choose something else.")
            wanted = colours_of_rows(state, there)
        change = matching(colours_of_rows(state, rows), wanted, self.method, self.strength)
        return Applied(recoloured(state, rows, change), count(rows))


OPERATIONS = (Recolour, MatchColours)
