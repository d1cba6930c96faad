"""The sun from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from worldloom.edit.operation import Applied, Applying, RowOperation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class Relight(RowOperation):
    """Put the sun elsewhere: shading and shadows follow. The hour, season and weather stay; the sky turns along."""

    op: Literal["relight"] = "relight"
    azimuth: Annotated[float, Field(ge=0, lt=360)]
    """Where the sun stands, degrees clockwise from -Z: 90 is in the east (+X)."""
    elevation: Annotated[float, Field(ge=1, le=90)] = 35.0
    """Degrees over the horizon: the lower, the redder."""
    sun: Annotated[float, Field(ge=0, le=5)] = 1.0
    """Factor of the sun's strength."""
    sky: Annotated[float, Field(ge=0, le=5)] = 1.0
    """Factor of the light from all around."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.relighting import relit

        everywhere = self.where is None and not state.selection(by.person)
        return relit(state, self.rows_or_all(state, by), self, everywhere)


OPERATIONS = (Relight,)
