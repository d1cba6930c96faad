"""Becoming another version of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from worldloom.edit.operation import Applied, Applying, Operation

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class Become(Operation):
    """Everything is as in a stored version from here on: one that is restored, or that a job has made."""

    op: Literal["become"] = "become"
    version: Annotated[int, Field(ge=1, lt=2**31)]
    reason: Annotated[str, Field(max_length=200)] = ""

    @property
    def title(self) -> str:
        return self.reason or f"Version {self.version}"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.state import EditState

        found = EditState.of(by.sources.version(self.version), f"v{self.version}")
        found = replace(found, frame=state.frame)  # as far as anyone knows
        return Applied(found, sum(len(part) for part in found.parts))


OPERATIONS = (Become,)
