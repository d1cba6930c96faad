"""Selecting, hiding and locking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from worldloom.edit.criteria import Criterion
from worldloom.edit.fields import Positive
from worldloom.edit.operation import Applied, Applying, Operation, RowOperation, open_rows
from worldloom.scene.errors import InvalidDataError

if TYPE_CHECKING:
    from worldloom.edit.state import EditState, Rows

SelectionMode = Literal["set", "add", "remove", "intersect"]


class Select(Operation):
    """Select by a criterion, or add to, take from or cut down what is selected."""

    op: Literal["select"] = "select"
    of_version = False
    where: Criterion
    mode: SelectionMode = "set"

    @property
    def title(self) -> str:
        verb = {"set": "Select", "add": "Add", "remove": "Take out", "intersect": "Keep only"}[self.mode]
        return f"{verb} {self.where.by.replace('_', ' ')}"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.select.sets import combined
        from worldloom.edit.state import count

        found = open_rows(state, self.where.rows(state, by))
        chosen = combined(state.selection(by.person), found, self.mode)
        return Applied(state.with_selection(by.person, chosen), count(chosen))


class _Resize(Operation):
    distance: Positive | None = None
    """Metres; None: to the next neighbours, as far as the selected Gaussians are usually apart."""

    def resized(self, state: EditState, rows: Rows) -> Rows:
        raise NotImplementedError

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.state import count

        old = state.selection(by.person)
        if not old:
            raise InvalidDataError("Nothing is selected. Select something first.")
        chosen = open_rows(state, self.resized(state, old))
        return Applied(state.with_selection(by.person, chosen), count(chosen))


class GrowSelection(_Resize):
    """Select what is near to what is selected, too."""

    op: Literal["grow_selection"] = "grow_selection"
    of_version = False

    def resized(self, state: EditState, rows: Rows) -> Rows:
        from worldloom.edit.select.grow import grown

        return grown(state, rows, self.distance)


class ShrinkSelection(_Resize):
    """Take out what is near to something that is not selected."""

    op: Literal["shrink_selection"] = "shrink_selection"
    of_version = False

    def resized(self, state: EditState, rows: Rows) -> Rows:
        from worldloom.edit.select.grow import shrunk

        return shrunk(state, rows, self.distance)


class SelectNone(Operation):
    op: Literal["select_none"] = "select_none"
    of_version = False

    def apply(self, state: EditState, by: Applying) -> Applied:
        return Applied(state.with_selection(by.person, {}))


class InvertSelection(Operation):
    """Select everything open that is not selected."""

    op: Literal["invert_selection"] = "invert_selection"
    of_version = False

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.state import count

        old = state.selection(by.person)
        chosen = {part.key: part.open & ~old[part.key] if part.key in old else part.open for part in state.parts}
        return Applied(state.with_selection(by.person, chosen), count(chosen))


class Hide(RowOperation):
    """Don't show, and don't select or change, until they are shown again. Saved worlds have them still."""

    op: Literal["hide"] = "hide"
    of_version = False

    def apply(self, state: EditState, by: Applying) -> Applied:
        return _marked(self, state, by, "hidden")


class ShowAll(Operation):
    """Show everything that was hidden."""

    op: Literal["show_all"] = "show_all"
    of_version = False

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.select.sets import unmarked

        return Applied(*unmarked(state, "hidden"))


class Lock(RowOperation):
    """Neither select nor change until they are unlocked."""

    op: Literal["lock"] = "lock"
    of_version = False

    def apply(self, state: EditState, by: Applying) -> Applied:
        return _marked(self, state, by, "locked")


class UnlockAll(Operation):
    op: Literal["unlock_all"] = "unlock_all"
    of_version = False

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.select.sets import unmarked

        return Applied(*unmarked(state, "locked"))


def _marked(operation: RowOperation, state: EditState, by: Applying, mark: Literal["hidden", "locked"]) -> Applied:
    from worldloom.edit.select.sets import marked
    from worldloom.edit.state import count

    rows = operation.rows(state, by)
    return Applied(state.with_parts(marked(state, rows, mark)), count(rows))


OPERATIONS = (Select, SelectNone, InvertSelection, GrowSelection, ShrinkSelection, Hide, ShowAll, Lock, UnlockAll)
