"""What each person's undo and redo would do next, kept up to date entry by entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from worldloom.edit.history import Entry


class Turn(NamedTuple):
    """Titles of what undo and redo would take back and bring back; None where there is nothing."""

    undo: str | None = None
    redo: str | None = None


@dataclass
class _Stacks:
    done: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)


class Turns:
    """The stacks of `history.undoable` and `history.redoable`, for everyone at once."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._titles: dict[str, str] = {}
        self._stacks: dict[str, _Stacks] = {}

    def add(self, entry: Entry) -> None:
        """Take in the log's next entry."""
        if entry.kind == "do":
            stacks = self._stacks.setdefault(entry.person, _Stacks())
            stacks.done.append(entry.id)
            stacks.undone.clear()
            self._owners[entry.id] = entry.person
            self._titles[entry.id] = title(entry)
        elif entry.kind in ("undo", "redo") and entry.target in self._owners:
            stacks = self._stacks[self._owners[entry.target]]
            out, into = (stacks.done, stacks.undone) if entry.kind == "undo" else (stacks.undone, stacks.done)
            if entry.target in out:
                out.remove(entry.target)
                into.append(entry.target)

    def titles(self) -> dict[str, Turn]:
        """Everyone's next undo and redo."""
        return {
            person: Turn(
                self._titles[stacks.done[-1]] if stacks.done else None,
                self._titles[stacks.undone[-1]] if stacks.undone else None,
            )
            for person, stacks in self._stacks.items()
        }

    def title_of(self, id: str | None) -> str:
        """What an entry is called."""
        return self._titles.get(id or "", "")


def title(entry: Entry, of_target: str = "") -> str:
    """What the history calls an entry.

    Args:
        of_target: what it calls the entry that is undone or done again.
    """
    if entry.operation is not None:
        return entry.operation.title
    if entry.kind == "save":
        return f"Saved as version {entry.version}"
    return f"{entry.kind.capitalize()} {of_target}".strip()
