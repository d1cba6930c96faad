"""Cutting away everything around something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from worldloom.edit.operation import Applied, Applying, RowOperation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class Crop(RowOperation):
    """Delete everything but this. What is locked or hidden stays."""

    op: Literal["crop"] = "crop"
    keep_sky: bool = False
    """Whether layers of the sky stay too."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.rows import reshaped
        from worldloom.edit.select.sets import marked
        from worldloom.edit.state import count

        kept = self.rows(state, by)
        cut = {
            part.key: part.open & ~kept[part.key] if part.key in kept else part.open
            for part in state.parts
            if not (self.keep_sky and part.layer.kind == "sky")
        }
        return Applied(reshaped(state, marked(state, cut, "dead")), count(cut))


OPERATIONS = (Crop,)
