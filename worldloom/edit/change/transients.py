"""Erasing who and what only passed by while a place was captured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from worldloom.edit.fields import Blob, Positive
from worldloom.edit.operation import Applied, Applying, RowOperation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class EraseTransients(RowOperation):
    """Delete people and cars that only some of the photos show, where the others show what is behind them.

    With photos: what looks unlike most of the photos that see it. By poses alone: what few views see, although it
    stands before surfaces that many see."""

    op: Literal["erase_transients"] = "erase_transients"
    photos: dict[Annotated[str, Field(max_length=400)], Blob] = Field(default_factory=dict, max_length=5000)
    """Pictures of some of the world's captures, by the captures' names."""
    unlike: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Mean difference of display colours from a photo that counts as unlike it."""
    few: Annotated[float, Field(gt=0, le=0.5)] = 0.15
    """Share of the views that is few; two views always are."""
    tallest: Positive = 4.0
    """Metres: what is higher did not pass by."""
    widest: Positive = 12.0
    """Metres: what is wider did not pass by."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.passing import without_transients

        return without_transients(state, self.rows_or_all(state, by), self, by.sources)


OPERATIONS = (EraseTransients,)
