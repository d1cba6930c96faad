"""`Log`: a stored world's log of edits, opened: what is done is kept before anyone hears of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worldloom.edit.change.become import Become
from worldloom.edit.history import Entry, History, in_force, redoable, undoable
from worldloom.edit.operation import Applied, Operation
from worldloom.edit.registry import parse
from worldloom.scene.errors import ConflictError, NotFoundError, WorldloomError
from worldloom.scene.store.edits import LogLine
from worldloom.scene.store.store import Store
from worldloom.scene.store.worlds import MAIN

if TYPE_CHECKING:
    from worldloom.edit.state import EditState
    from worldloom.scene.store.worlds import Version
    from worldloom.scene.world import World

SYSTEM = ""
"""Who does what nobody in particular does: a job's new version becoming the world, say."""
_LONGEST_INLINE = 8192
"""Characters of a set of rows that are kept in the log itself; longer ones become blobs."""
_ATTEMPTS = 20
_SAVE = "save"


@dataclass(frozen=True)
class Done:
    """An entry that was added."""

    entry: Entry
    number: int
    """Its place in the log."""
    applied: Applied
    before: EditState


class StoreSources:
    """What operations refer to, from the store."""

    def __init__(self, store: Store, world: str) -> None:
        self._store = store
        self._world = world

    def blob(self, sha256: str) -> Path:
        return self._store.blobs.path(sha256)

    def version(self, number: int) -> World:
        from worldloom.edit.contents import stored_world

        return stored_world(self._store.worlds, self._world, number)

    def other(self, world: str, number: int) -> World:
        from worldloom.edit.contents import stored_world

        return stored_world(self._store.worlds, world, number)


def save_mark(operation: str) -> str:
    """What a version calls the operation that made it, where that saved a log: the version is a state of its log, and
    nothing that the log does not know yet.

    Args:
        operation: an identifier of the store's, 12 characters.
    """
    return f"{_SAVE}{operation}"


def is_save(version: Version) -> bool:
    """Whether a version was made by saving a log."""
    return version.operation is not None and len(version.operation) == 16 and version.operation.startswith(_SAVE)


def replayed(store: Store, world: str, branch: str = MAIN, number: int | None = None) -> History:
    """What a branch's log makes of a world.

    Args:
        number: only its first entries, so many; None: all.

    Raises:
        NotFoundError: there is no such world or branch.
    """
    from worldloom.edit.state import EditState

    base = store.edits.branch(world, branch).base
    sources = StoreSources(store, world)
    lines = store.edits.lines(world, branch)
    return History(EditState.of(sources.version(base), f"v{base}"), sources, map(_entry, lines[:number]))


class Log:
    """One branch of a world's log and the state that it makes. Not for several threads at once."""

    def __init__(self, store: Store, world: str, branch: str = MAIN) -> None:
        """
        Raises:
            NotFoundError: there is no such world or branch.
        """

        self._store = store
        self.world = world
        self.branch = branch
        self.base = store.edits.branch(world, branch).base
        self.sources = StoreSources(store, world)
        self._history = replayed(store, world, branch)
        self.refresh()

    @property
    def history(self) -> History:
        return self._history

    @property
    def state(self) -> EditState:
        return self._history.state

    @property
    def number(self) -> int:
        """Of the newest entry; 0 if there is none."""
        return len(self._history.entries)

    @property
    def dirty(self) -> bool:
        """Whether a version would hold something that none holds: not after selecting, hiding and locking only."""
        entries, newest = self._history.entries, self.version
        now = _changing(in_force(entries))
        if now and isinstance(now[-1].operation, Become):
            return now[-1].operation.version != newest
        length = _saved_length(entries, newest)
        if length is None:  # nothing was saved as the newest: the log begins with it, or has become it
            return newest != self.base or bool(now)
        kept = _changing(in_force(entries[:length]))
        return [entry.id for entry in kept] != [entry.id for entry in now]

    @property
    def version(self) -> int:
        """The newest version that this log knows of."""
        known = [self.base]
        for entry in self._history.entries:
            if entry.version is not None:
                known.append(entry.version)
            if isinstance(entry.operation, Become):
                known.append(entry.operation.version)
        return max(known)

    def refresh(self) -> None:
        """Take in what other processes have added, and versions that were made without this log."""
        fresh = self._store.edits.lines(self.world, self.branch, after=self.number)
        self._history.extend(_entry(line) for line in fresh)
        made = self.unknown_version()
        if made is not None:
            self.do(Become(version=made.number, reason=made.message[:200]), self._asker(made))

    def unknown_version(self) -> Version | None:
        """The branch's newest version that was made without this log, if it does not know of it yet."""
        worlds = self._store.worlds
        if worlds.newest(self.world, self.branch) <= self.version:
            return None
        newer = (one for one in worlds.versions(self.world) if one.number > self.version)
        return next((one for one in newer if one.branch == self.branch and not is_save(one)), None)

    def _asker(self, made: Version) -> str:
        """Who asked for the work that made a version, so that it is theirs to undo."""
        if made.operation is None:
            return SYSTEM
        try:
            work = self._store.operations.get(made.operation)
        except NotFoundError:  # cleared away, or it was no work of the queue's
            return SYSTEM
        return str(work.parameters.get("person") or SYSTEM)

    def do(self, operation: Operation, person: str, *, id: str | None = None, origin: str = "") -> Done:
        """Apply an operation and keep it.

        Raises:
            WorldloomError: it can't be done; nothing is kept.
        """
        entry = Entry(id or new_entry_id(), person, "do", self._slim(operation), origin=origin)
        return self._add(entry)

    def undo(self, person: str, *, target: str | None = None, id: str | None = None) -> Done:
        """Undo the person's newest operation, or the one with id `target`.

        Raises:
            ConflictError: there is none.
        """
        return self._add(self._turn("undo", person, target or _last(undoable(self._history.entries, person)), id))

    def redo(self, person: str, *, target: str | None = None, id: str | None = None) -> Done:
        """Do again what the person undid last.

        Raises:
            ConflictError: there is nothing.
        """
        return self._add(self._turn("redo", person, target or _last(redoable(self._history.entries, person)), id))

    def saved(self, version: int, person: str, *, holds: str | None = None, id: str | None = None) -> Done:
        """Note that a version holds the state as it is now, or as it was after the entry with id `holds`."""
        return self._add(Entry(id or new_entry_id(), person, "save", target=holds, version=version))

    def merge(self, other: Log, person: str) -> list[str]:
        """Do here what is in force in another branch since both went apart. Parts keep the keys that they have there.

        Returns:
            A sentence for each operation that could not be done here.
        """
        here = {entry.named for entry in self._history.entries if entry.kind == "do"}
        theirs = in_force(other.history.entries)
        named = {entry.named for entry in theirs}
        apart = any(entry.named not in named for entry in _changing(in_force(self._history.entries)))
        reasons: list[str] = []
        for entry in theirs:
            if entry.named in here or entry.operation is None:
                continue
            if apart and isinstance(entry.operation, Become):
                reasons.append(f"{entry.operation.title}: it would replace what was done here; ask for it here too.")
                continue
            try:
                self._add(Entry(new_entry_id(), entry.person, "do", entry.operation, origin=entry.named))
            except WorldloomError as error:
                reasons.append(f"{entry.operation.title}: {error}")
        return reasons

    def _turn(self, kind: Any, person: str, target: str | None, id: str | None) -> Entry:
        if target is None:
            raise ConflictError(f"There is nothing to {kind}.")
        return Entry(id or new_entry_id(), person, kind, target=target)

    def _add(self, entry: Entry) -> Done:
        known = next((place for place, old in enumerate(self._history.entries) if old.id == entry.id), None)
        if known is not None:
            return Done(self._history.entries[known], known + 1, Applied(self.state), self.state)
        entry = replace(entry, created=time.time())
        for _ in range(_ATTEMPTS):
            before = self.state
            applied = self._history.add(entry)
            try:
                line = self._store.edits.append(self.world, self.branch, _line(entry), number=self.number)
            except ConflictError:
                self._history.take_back()
                self.refresh()
                continue
            except BaseException:
                self._history.take_back()
                raise
            return Done(entry, line.number, applied, before)
        raise ConflictError("Others are editing this world faster than this edit could be kept; try again.")

    def _slim(self, operation: Operation) -> Operation:
        """The operation with long sets of rows moved into blobs."""
        data = operation.model_dump(mode="json")
        slim = _with_blobs(data, self._store)
        return operation if slim is data else parse(slim)


def new_entry_id() -> str:
    """An identifier that nobody else will draw."""
    return secrets.token_hex(8)


def _saved_length(entries: Sequence[Entry], version: int) -> int | None:
    """How many entries a version holds; None if it was not made by saving them."""
    for place in reversed(range(len(entries))):
        if entries[place].kind == "save" and entries[place].version == version:
            ids = [entry.id for entry in entries[:place]]
            target = entries[place].target
            return ids.index(target) + 1 if target in ids else place
    return None


def _changing(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Up to the last that changes what a version holds. What was selected before that may have had a part in it."""
    changing = [place for place, entry in enumerate(entries) if entry.operation and entry.operation.of_version]
    return entries[: changing[-1] + 1] if changing else []


def _last(ids: list[str]) -> str | None:
    return ids[-1] if ids else None


def _with_blobs(data: Any, store: Store) -> Any:
    if isinstance(data, list):
        items = [_with_blobs(item, store) for item in data]
        return items if any(new is not old for new, old in zip(items, data)) else data
    if not isinstance(data, dict):
        return data
    if set(data) == {"rows", "bits", "blob"}:
        if data["bits"] is None or len(data["bits"]) <= _LONGEST_INLINE:
            return data
        return {"rows": data["rows"], "bits": None, "blob": store.blobs.add(data["bits"].encode())}
    values = {key: _with_blobs(value, store) for key, value in data.items()}
    return values if any(values[key] is not data[key] for key in data) else data


def _entry(line: LogLine) -> Entry:
    operation = parse(line.operation) if line.operation is not None else None
    return Entry(
        line.id,
        line.person,
        line.kind,  # pyright: ignore[reportArgumentType]
        operation,
        line.target,
        line.version,
        line.origin,
        line.created,
    )


def _line(entry: Entry) -> LogLine:
    operation: Mapping[str, Any] | None = None if entry.operation is None else entry.operation.model_dump(mode="json")
    return LogLine(
        entry.id, entry.person, entry.kind, operation, entry.target, entry.version, entry.origin, entry.created
    )
