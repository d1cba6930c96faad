"""What a change is: a frozen record that says what to do, and a pure function from one state to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from worldloom.edit.criteria import Criterion
from worldloom.scene.errors import InvalidDataError

if TYPE_CHECKING:
    from pathlib import Path

    from worldloom.edit.state import EditState, Part, Rows
    from worldloom.scene.world import World


class Sources(Protocol):
    """Where operations find what they refer to. All of it is immutable, so that a replay finds the same."""

    def blob(self, sha256: str) -> Path:
        """A local, read-only file with the blob's bytes.

        Raises:
            FormatError: there is none of that name.
        """
        ...

    def version(self, number: int) -> World:
        """A stored version of the world that is edited.

        Raises:
            NotFoundError: there is none of that number.
        """
        ...

    def other(self, world: str, number: int) -> World:
        """A stored version of another world of the library.

        Raises:
            NotFoundError: there is none.
        """
        ...


@dataclass(frozen=True)
class Applying:
    """Who applies an operation, and with what."""

    origin: str
    """Begins the keys of parts that the operation makes, `f"{origin}.0"`; the same whenever it is replayed."""
    person: str
    sources: Sources


@dataclass(frozen=True)
class Applied:
    """What came of an operation."""

    state: EditState
    count: int = 0
    """Gaussians that it selected, changed, made or deleted."""
    note: str = ""
    """What a person should know: how well it went, what was left out."""
    figures: Mapping[str, float] | None = None
    """Numbers that it found: an error in metres, a PSNR."""


class Operation(BaseModel):
    """A change. Subclasses have a field `op: Literal["name"] = "name"`, and are named in `registry`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    of_version: ClassVar[bool] = True
    """Whether it changes what a version holds. What is selected, hidden or locked is in the log only."""

    @property
    def title(self) -> str:
        """What the history calls it."""
        return str(type(self).model_fields["op"].default).replace("_", " ").capitalize()

    @property
    def from_worlds(self) -> tuple[str, ...]:
        """Other worlds of the library that it takes something from."""
        return ()

    def apply(self, state: EditState, by: Applying) -> Applied:
        """The state after it. Pure: the same state, operation and `by` give the same bytes, on every replay.

        Raises:
            WorldloomError: it can't be done in this state; nothing has changed.
        """
        raise NotImplementedError


class RowOperation(Operation):
    """A change of some Gaussians."""

    where: Criterion | None = None
    """Which ones; None: those that the person has selected."""

    def rows(self, state: EditState, by: Applying) -> Rows:
        """The rows to change: open ones only.

        Raises:
            InvalidDataError: there are none.
        """
        if self.where is None:
            found = state.selection(by.person)
            if not found:
                raise InvalidDataError("Nothing is selected. Select something first, or say where.")
            return found
        found = open_rows(state, self.where.rows(state, by))
        if not found:
            raise InvalidDataError("There is nothing there that could be changed: no Gaussian fits, or all are locked.")
        return found

    def rows_or_all(self, state: EditState, by: Applying) -> Rows:
        """The same, but everything where nothing is said or selected: for what finds its places itself.

        Raises:
            InvalidDataError: there is nothing.
        """
        from worldloom.edit.criteria import Everything

        if self.where is not None or state.selection(by.person):
            return self.rows(state, by)
        return self.model_copy(update={"where": Everything()}).rows(state, by)


def open_rows(state: EditState, rows: Rows) -> Rows:
    """Of some rows those that can be selected and changed."""
    found = {part.key: rows[part.key] & part.open for part in state.parts if part.key in rows}
    return {key: mask for key, mask in found.items() if bool(mask.any())}


def new_part(state: EditState, by: Applying, part: Part) -> EditState:
    """The state with a part more, under a name that is free, and selected as a whole by the one who made it."""
    import torch

    named = replace(part, layer=replace(part.layer, name=state.free_name(part.layer.name)))
    return state.with_parts([named]).with_selection(by.person, {part.key: torch.ones(len(part), dtype=torch.bool)})
