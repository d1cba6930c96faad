"""Putting lamps into a world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from worldloom.edit.compose.insert import Colour, Metres
from worldloom.edit.compose.placement import Placement
from worldloom.edit.operation import Applied, Applying, Operation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class InsertLight(Operation):
    """Put a lamp into the world: a glowing ball, and its light on what it shines on. What is locked is not lit."""

    op: Literal["insert_light"] = "insert_light"
    place: Placement = Placement()
    """Of the ball's underside."""
    colour: Colour = (1.0, 0.86, 0.62)
    strength: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] = 2.0
    """1: a white wall one metre away is as bright as can be shown, about."""
    reach: Annotated[float, Field(ge=0.1, le=200, allow_inf_nan=False)] = 6.0
    """Metres at which its light has faded to nothing."""
    size: Metres = 0.12
    """The ball's diameter."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.compose.lamp import with_lamp

        return with_lamp(self, state, by)


OPERATIONS = (InsertLight,)
