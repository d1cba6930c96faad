"""Deleting, and bringing back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from worldloom.edit.operation import Applied, Applying, RowOperation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class Delete(RowOperation):
    """Take Gaussians out. They are gone from what is saved from now on; undo brings them back."""

    op: Literal["delete"] = "delete"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.rows import reshaped
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        changed = [replace(part, dead=part.dead | rows[part.key]) for part in state.parts if part.key in rows]
        return Applied(reshaped(state, changed), count(rows))


OPERATIONS = (Delete,)
