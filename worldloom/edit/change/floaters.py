"""Deleting what floats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from worldloom.edit.fields import Positive
from worldloom.edit.operation import Applied, Applying, RowOperation
from worldloom.scene.world_record import Finite

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class FixFloaters(RowOperation):
    """Delete Gaussians that belong to nothing. Skies and weather are left alone."""

    op: Literal["fix_floaters"] = "fix_floaters"
    min_opacity: Annotated[float, Field(ge=0, le=1)] = 0.02
    """Fainter ones go."""
    isolation: Positive | None = 8.0
    """Distance to neighbours from which one floats, in typical distances and in its own sizes; None: any."""
    clump: Annotated[int, Field(ge=1, le=1000)] = 12
    """Specks of fewer Gaussians than this float, if nothing else is near."""
    largest: Positive | None = 0.5
    """Longest standard deviation, in extents of the layer, farther out in distances from its middle; None: any."""
    thinness: Annotated[float, Field(gt=1)] | None = 50.0
    """Length over width from which long ones are needles; None: any."""
    lowest: Finite | None = None
    """Metres: what lies below goes."""
    highest: Finite | None = None
    """Metres: what lies above goes."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.floating import without_floaters

        after, removed = without_floaters(state, self.rows(state, by), self)
        parts = [f"{count:,} {reason}" for reason, count in removed.items() if count]
        note = f"Deleted: {', '.join(parts)}." if parts else "Nothing floats: nothing has changed."
        figures = {reason: float(count) for reason, count in removed.items()}
        return Applied(after, sum(removed.values()), note, figures)


OPERATIONS = (FixFloaters,)
