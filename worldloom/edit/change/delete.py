"""Deleting, and bringing back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from worldloom.edit.operation import Applied, Applying, RowOperation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class Delete(RowOperation):
    """Take Gaussians out. They are gone from what is saved from now on; undo brings them back."""

    op: Literal["delete"] = "delete"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.rows import reshaped
        from worldloom.edit.select.sets import marked
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        return Applied(reshaped(state, marked(state, rows, "dead")), count(rows))


OPERATIONS = (Delete,)
