"""Fewer Gaussians that look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from worldloom.edit.operation import Applied, Applying, RowOperation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class Decimate(RowOperation):
    """Merge neighbouring Gaussians until a budget is met, where it shows least first. They come out as new layers in
    the place of the old ones, or, where only a part of a layer was meant, beside what is left of it."""

    op: Literal["decimate"] = "decimate"
    count: Annotated[int, Field(ge=1, lt=2**28)] | None = None
    """How many shall be left of those meant."""
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Or which share of them."""

    @model_validator(mode="after")
    def _either(self) -> Decimate:
        if (self.count is None) == (self.share is None):
            raise ValueError("Say either a count or a share")
        return self

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.decimating import decimated
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        there = count(rows)
        wanted = self.count if self.count is not None else max(round(there * (self.share or 1.0)), 1)
        if wanted >= there:
            return Applied(state, note=f"There are only {there:,}: nothing has changed.")
        after, left = decimated(state, rows, wanted, by)
        figures = {"before": float(there), "after": float(left)}
        return Applied(after, there - left, f"{there:,} Gaussians became {left:,}.", figures)


OPERATIONS = (Decimate,)
