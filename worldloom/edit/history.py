"""A world's log: entries in order, which of them count after undo and redo, and the state that they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from worldloom.edit.operation import Applied, Applying, Operation, Sources
from worldloom.scene.errors import ConflictError, WorldloomError

if TYPE_CHECKING:
    from worldloom.edit.state import EditState

Kind = Literal["do", "undo", "redo", "save"]
_MOST_MEMORY = 1 << 30
"""Bytes that states kept for a quick undo may hold beside the newest."""
_MOST_STATES = 64


@dataclass(frozen=True)
class Entry:
    """One line of the log. Lines are only ever added."""

    id: str
    """Drawn by who made it, so that sending it twice adds it once."""
    person: str
    kind: Kind
    operation: Operation | None = None
    """Of a "do"."""
    target: str | None = None
    """Of an undo or a redo: the `id` of the "do"."""
    version: int | None = None
    """Of a save: the version that it made."""
    origin: str = ""
    """The id under which the operation was first made, which names its parts: another branch's, after a merge."""
    created: float = 0.0

    @property
    def named(self) -> str:
        """What the keys of its parts begin with."""
        return self.origin or self.id


def in_force(entries: Iterable[Entry]) -> list[Entry]:
    """The operations that count: done and not undone, in order."""
    done: dict[str, Entry] = {}
    undone: set[str] = set()
    for entry in entries:
        match entry.kind:
            case "do":
                done[entry.id] = entry
            case "undo" if entry.target is not None:
                undone.add(entry.target)
            case "redo" if entry.target is not None:
                undone.discard(entry.target)
    return [entry for entry in done.values() if entry.id not in undone]


def undoable(entries: Sequence[Entry], person: str | None = None) -> list[str]:
    """Ids of what can be undone, the next one last; of one person, or of all."""
    return _stacks(entries, person)[0]


def redoable(entries: Sequence[Entry], person: str | None = None) -> list[str]:
    """Ids of what can be done again, the next one last. A new operation of the same person ends them."""
    return _stacks(entries, person)[1]


def _stacks(entries: Sequence[Entry], person: str | None) -> tuple[list[str], list[str]]:
    done: list[str] = []
    undone: list[str] = []
    owners: dict[str, str] = {}
    for entry in entries:
        if entry.kind == "do":
            owners[entry.id] = entry.person
            if person in (None, entry.person):
                done.append(entry.id)
                undone.clear()
        elif entry.kind == "undo" and entry.target in done:
            done.remove(entry.target)
            undone.append(entry.target)
        elif entry.kind == "redo" and entry.target in undone:
            undone.remove(entry.target)
            done.append(entry.target)
    return done, undone


@dataclass(frozen=True)
class Skipped:
    """An operation that could not be done again after something before it was undone."""

    entry: Entry
    reason: str


class History:
    """The state that a log makes of a world, kept up to date as entries are added.

    States before the newest are kept while memory allows; older ones are made again from the beginning, which gives the
    same bytes, so undo has no end.
    """

    def __init__(self, base: EditState, sources: Sources, entries: Iterable[Entry] = ()) -> None:
        """
        Args:
            base: the world before the first entry.
        """
        self._base = base
        self._sources = sources
        self._entries: list[Entry] = []
        self._ids: set[str] = set()
        self._applied: list[Entry] = []
        self._states: dict[int, EditState] = {}
        """By how many of `_applied` they come after."""
        self._skips: dict[int, str] = {}
        """Place in `_applied` -> why it could not be done."""
        self._state = base
        self.extend(entries)

    @property
    def state(self) -> EditState:
        """The world as it is now."""
        return self._state

    @property
    def entries(self) -> Sequence[Entry]:
        return tuple(self._entries)

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Operations in force that can't be done as the log now stands."""
        return tuple(Skipped(self._applied[place], reason) for place, reason in sorted(self._skips.items()))

    def add(self, entry: Entry) -> Applied:
        """Add an entry to the end; adding one that is there already changes nothing.

        Raises:
            WorldloomError: its operation can't be done; it is not added.
            ConflictError: there is nothing to undo or redo by that id.
        """
        if entry.id in self._ids:
            return Applied(self._state)
        match entry.kind:
            case "do":
                applied = self._do(entry)
            case "undo" | "redo":
                stack = undoable(self._entries) if entry.kind == "undo" else redoable_by_any(self._entries)
                if entry.target not in stack:
                    raise ConflictError(f"There is nothing to {entry.kind}.")
                self._replay(in_force([*self._entries, entry]))
                applied = Applied(self._state)
            case "save":
                applied = Applied(self._state)
        self._entries.append(entry)
        self._ids.add(entry.id)
        return applied

    def extend(self, entries: Iterable[Entry]) -> None:
        """Add entries that were added elsewhere already. What can't be done as the log now stands is skipped."""
        fresh = [entry for entry in entries if entry.id not in self._ids]
        if not fresh:
            return
        self._entries += fresh
        self._ids |= {entry.id for entry in fresh}
        self._replay(in_force(self._entries))

    def take_back(self) -> None:
        """Forget the newest entry: it could not be kept."""
        entry = self._entries.pop()
        self._ids.discard(entry.id)
        self._replay(in_force(self._entries))

    def state_after(self, entries: Sequence[Entry]) -> EditState:
        """The state that the first few of these entries make: to look at the past."""
        other = History(self._base, self._sources, entries)
        return other.state

    def _do(self, entry: Entry) -> Applied:
        assert entry.operation is not None
        applied = entry.operation.apply(self._state, Applying(entry.named, entry.person, self._sources))
        self._remember()
        self._applied.append(entry)
        self._state = applied.state
        return applied

    def _remember(self) -> None:
        self._states[len(self._applied)] = self._state
        while len(self._states) > _MOST_STATES or (len(self._states) > 1 and self._memory() > _MOST_MEMORY):
            del self._states[min(self._states)]

    def _memory(self) -> int:
        seen: dict[int, int] = {}
        for state in self._states.values():
            for part in state.parts:
                for tensor in (*part.gaussians.tensors, part.dead, part.hidden, part.locked):
                    seen[tensor.data_ptr()] = tensor.nbytes
            for rows in state.selections.values():
                for tensor in rows.values():
                    seen[tensor.data_ptr()] = tensor.nbytes
        for part in self._state.parts:
            for tensor in part.gaussians.tensors:
                seen.pop(tensor.data_ptr(), None)
        return sum(seen.values())

    def _replay(self, wanted: list[Entry]) -> None:
        """Make the state of `wanted` from the newest kept one that it shares its beginning with."""
        same = 0
        while same < min(len(wanted), len(self._applied)) and wanted[same].id == self._applied[same].id:
            same += 1
        if same == len(self._applied):
            start, state = same, self._state
        else:
            start = max((place for place in self._states if place <= same), default=0)
            state = self._states.get(start, self._base)
        self._states = {place: kept for place, kept in self._states.items() if place <= start}
        self._skips = {place: reason for place, reason in self._skips.items() if place < start}
        self._applied, self._state = list(wanted[:start]), state
        for entry in wanted[start:]:
            try:
                self._do(entry)
            except WorldloomError as error:
                self._skips[len(self._applied)] = str(error)
                self._remember()
                self._applied.append(entry)


def redoable_by_any(entries: Sequence[Entry]) -> list[str]:
    """Ids of what someone can do again: everyone's own redo ends with a new operation of their own only."""
    people = {entry.person for entry in entries}
    return [id for person in sorted(people) for id in redoable(entries, person)]
