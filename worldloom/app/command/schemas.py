"""What the API says of a text before anything is done. Free of torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from worldloom.edit.registry import AnyOperation

if TYPE_CHECKING:
    from worldloom.app.command.propose import Proposals


class ProposalModel(BaseModel):
    """One thing to approve. It holds an operation, an event, or a turn."""

    operation: AnyOperation | None  # pyright: ignore[reportInvalidTypeForm]
    """What `:edit` takes."""
    event: str
    """What `:event` takes as its `prompt`: another hour, weather or season, done as a job. Empty: it is none."""
    turn: Literal["", "undo", "redo"]
    """What `:undo` and `:redo` are for."""
    title: str
    count: int
    """Gaussians that it would select, change, make or delete once those before it are done."""
    note: str


class PhraseNotUnderstood(BaseModel):
    """Characters `start` to `end` of the text, of which nothing came."""

    start: int
    end: int
    text: str
    why: str


class ProposalList(BaseModel):
    """What a text asks for, in its order; nothing of it has been done."""

    proposals: list[ProposalModel]
    not_understood: list[PhraseNotUnderstood]
    by: str = "rules"
    """What read it: "rules", or the id of a language model."""
    note: str = ""
    """Why a language model that is set did not read it."""

    @staticmethod
    def of(found: Proposals, *, by: str = "rules", note: str = "") -> ProposalList:
        """The same for the API."""
        return ProposalList(
            proposals=[ProposalModel(**vars(one)) for one in found.proposals],
            not_understood=[PhraseNotUnderstood(**vars(one)) for one in found.not_understood],
            by=by,
            note=note,
        )
