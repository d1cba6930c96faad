"""Bringing two captures of one place together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from worldloom.edit.compose.insert import Seed
from worldloom.edit.operation import Applied, Applying, Operation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState

Names = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(min_length=1, max_length=100)]
"""Layers' names or parts' keys."""


class Align(Operation):
    """Move, turn and scale layers so that they lie on others of the same place. Refused where the two don't agree."""

    op: Literal["align"] = "align"
    move: Names
    onto: Names
    scaled: bool = True
    """Whether their sizes may differ, by up to two and a half times; else they are only moved and turned."""
    tilt: Annotated[float, Field(ge=0, le=180, allow_inf_nan=False)] = 40.0
    """Degrees by which the vertical of one may lean in the other; 180: any."""
    seed: Seed = 0

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.compose.aligning import aligned

        return aligned(self, state)


OPERATIONS = (Align,)
