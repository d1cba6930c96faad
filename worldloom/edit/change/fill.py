"""Closing holes that deleting has left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from worldloom.edit.criteria import Criterion
from worldloom.edit.operation import Applied, Applying, Operation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class Fill(Operation):
    """Continue the surfaces around a hole over it: the ground that a deleted car stood on, the wall that a deleted
    picture hung on. What was deleted says where the hole is."""

    op: Literal["fill"] = "fill"
    where: Criterion | None = None
    """Which deleted Gaussians mark the hole; None: those that the person had selected when they were deleted, or, if
    that is none, all."""
    by: Literal["surroundings"] = "surroundings"
    """What makes it up: patches of Gaussians copied from around the hole."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.filling import filled

        return filled(state, self.where, by)


OPERATIONS = (Fill,)
