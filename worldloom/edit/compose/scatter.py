"""Scattering copies of something over a surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from worldloom.edit.compose.insert import Seed
from worldloom.edit.criteria import Criterion
from worldloom.edit.fields import Blob, Positive
from worldloom.edit.operation import Applied, Applying, Operation
from worldloom.scene.world_record import Finite

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class Scatter(Operation):
    """Put copies of a thing on a surface, no two of them too near to each other, each turned and sized by chance."""

    op: Literal["scatter"] = "scatter"
    what: Criterion | None = None
    """The thing; None, with no `blob` either: what the person has selected. It is as tall as it stands there, with
    the middle of its underside as its foot."""
    blob: Blob | None = None
    """A file of splats that is the thing, in place of `what`."""
    name: Annotated[str, Field(max_length=200)] = ""
    """The file's name."""
    over: Criterion | None = None
    """Gaussians on whose surface they come to stand."""
    polygon: Annotated[tuple[tuple[Finite, Finite], ...], Field(max_length=1000)] = ()
    """In place of `over`: the ground within these corners, x and z."""
    density: Positive = 0.1
    """Copies wanted for each square metre seen from above."""
    most: Annotated[int, Field(ge=1, le=10_000)] = 500
    spacing: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Metres from foot to foot at least; None: as wide as the largest copy is."""
    scale: tuple[Positive, Positive] = (0.8, 1.25)
    """Smallest and largest."""
    turned: bool = True
    """About the vertical, by chance."""
    upright: bool = True
    """Or leaning with the surface."""
    steepest: Annotated[float, Field(ge=0, le=180, allow_inf_nan=False)] = 50.0
    """Degrees that the surface may slope where one stands."""
    seed: Seed = 0

    @model_validator(mode="after")
    def _check(self) -> Scatter:
        if (self.over is None) == (len(self.polygon) < 3):
            raise ValueError("say where: either 'over', or a 'polygon' of three corners or more")
        if self.what is not None and self.blob is not None:
            raise ValueError("say what: either 'what' or a 'blob', not both")
        if self.scale[0] > self.scale[1]:
            raise ValueError("'scale' is from the smallest to the largest")
        return self

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.compose.scattering import with_copies

        return with_copies(self, state, by)


OPERATIONS = (Scatter,)
