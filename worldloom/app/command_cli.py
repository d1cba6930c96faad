"""`worldloom edit WORLD say "remove the car"`: shows what would be done, asks, and does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from worldloom.app.edit_cli import VERBS, Asked
from worldloom.scene.errors import InvalidDataError

if TYPE_CHECKING:
    from worldloom.app.command.schemas import ProposalModel
    from worldloom.app.edit_cli import AnyEditing
    from worldloom.edit.operation import Operation


def register() -> None:
    """Add the verb to `worldloom edit`."""
    VERBS["say"] = _say


def _say(editing: AnyEditing, asked: Asked) -> None:
    text = " ".join(asked.words)
    if not text.strip():
        raise InvalidDataError('Say what shall be done: say "remove the car".')
    found = editing.propose(text)
    for number, one in enumerate(found.proposals, 1):
        print(f"{number}. {one.title}: {one.count:,}  {one.note}".rstrip())
    for phrase in found.not_understood:
        print(f"Not understood: '{phrase.text}'. {phrase.why}")
    if found.proposals and typer.confirm("Do it?"):
        _do(editing, asked, found.proposals)


def _do(editing: AnyEditing, asked: Asked, proposals: list[ProposalModel]) -> None:
    """In their order; operations that follow one another are done together or not at all."""
    waiting: list[Operation] = []
    for one in [*proposals, None]:
        if one is not None and one.operation is not None:
            waiting.append(one.operation)
            continue
        if waiting:
            editing.do(waiting, save=asked.save, message=asked.message)
            waiting = []
        if one is None:
            break
        if one.turn:
            (editing.undo if one.turn == "undo" else editing.redo)()
        else:
            print(f"Ask a server for another light: POST /worlds/{{world}}:event with the prompt '{one.event}'.")
    print("Done.")
