"""`Session`: one branch of a world while it is edited. All that it does happens on a thread of its own, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from worldloom.app.editing.contents import Contents
from worldloom.app.editing.listing import listed, unsaved_titles
from worldloom.app.editing.news import Change, Closed, Listener, Saving, Welcome
from worldloom.app.editing.patches import nothing, patch, selection
from worldloom.app.editing.saving import Saved, Wish, save_at_once
from worldloom.app.editing.scene import edit_scene
from worldloom.app.editing.turns import Turns, title
from worldloom.app.server.edit_schemas import EditScene, LogModel, OperationResult
from worldloom.edit.contents import Stored, note_saved
from worldloom.edit.criteria import Criterion
from worldloom.edit.history import Entry
from worldloom.edit.log import Done, Log, new_entry_id
from worldloom.edit.operation import Applying, Operation, Sources, open_rows
from worldloom.edit.state import EditState, Rows, count
from worldloom.scene.errors import ConflictError, WorldloomError
from worldloom.scene.store.database import new_id
from worldloom.scene.store.store import Store
from worldloom.scene.store.worlds import MAIN


class Submit(Protocol):
    """Puts work into the queue; `Service.submit`."""

    def __call__(self, kind: str, title: str, *, about: str | None = None, **parameters: Any) -> Any: ...


class Session:
    """Use from one thread only; `Sessions` sees to it."""

    def __init__(self, store: Store, submit: Submit, world: str, branch: str, folder: Path) -> None:
        """
        Args:
            folder: for files that pages load.

        Raises:
            NotFoundError: there is no such world or branch.
            FormatError: a file of it is missing or damaged.
        """
        self._store = store
        self._submit = submit
        self.world = world
        self.branch = branch
        store.worlds.get(world)
        self._contents = Contents(store, world, folder)
        self._listeners: list[Listener] = []
        self._open()

    def _open(self) -> None:
        self._log = Log(self._store, self.world, self.branch)
        self._turns = Turns()
        for entry in self._log.history.entries:
            self._turns.add(entry)
        self._shown, self._number = self._log.state, self._log.number
        self._note_saved()

    # Following it

    def join(self, listener: Listener) -> Welcome:
        """The state now; `listener` hears of everything that comes after it, and of nothing before."""
        self.refresh()
        state = self._log.state
        welcome = Welcome(
            self._log.number,
            self.scene(),
            {person: found for person in state.selections if (found := selection(state, person))},
            self._turns.titles(),
            self._log.dirty,
            {person: count(state.selection(person)) for person in state.selections},
        )
        if listener not in self._listeners:
            self._listeners.append(listener)
        return welcome

    def leave(self, listener: Listener) -> None:
        """Hear no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def refresh(self) -> None:
        """Take in what the command line and other work have added."""
        edits = self._store.edits
        if edits.length(self.world, self.branch) != self._log.number or self._log.unknown_version() is not None:
            self._log.refresh()
            self._publish()

    @property
    def followed(self) -> bool:
        """Whether anyone listens."""
        return bool(self._listeners)

    def close(self) -> None:
        """Forget everything but what is in the store; tell those who listen that they must join again."""
        self._tell(Closed())
        self._listeners.clear()
        self._contents.remove()

    # Changing it

    def do(
        self, operations: Sequence[Operation], person: str, *, ids: Sequence[str] = (), base: int | None = None
    ) -> list[OperationResult]:
        """Do all of some operations, or none.

        Args:
            ids: of their entries; new ones if not given. What is in the log already is not done again.
            base: refuse if the world's newest version is another.

        Raises:
            WorldloomError: one of them can't be done.
        """
        self.refresh()
        self._check_base(base)
        ids = list(ids) or [new_entry_id() for _ in operations]
        if len(operations) > 1:
            self._try(operations, person, ids)
        done: list[Done] = []
        try:
            for operation, id in zip(operations, ids):
                done.append(self._log.do(operation, person, id=id))
        except WorldloomError:
            for one in reversed(done):  # someone else's edit came between trying and doing
                self._log.undo(person, target=one.entry.id)
            raise
        finally:
            self._publish(done)
        return [
            OperationResult(
                id=one.entry.id,
                number=one.number,
                title=title(one.entry),
                count=one.applied.count,
                note=one.applied.note,
                figures=dict(one.applied.figures or {}),
            )
            for one in done
        ]

    def undo(self, person: str, *, target: str | None = None, id: str | None = None) -> OperationResult:
        """Undo the person's newest operation, or the one with id `target`.

        Raises:
            ConflictError: there is none.
        """
        return self._turn(self._log.undo, person, target, id)

    def redo(self, person: str, *, target: str | None = None, id: str | None = None) -> OperationResult:
        """Do again what the person undid last, or what has the id `target`.

        Raises:
            ConflictError: there is none.
        """
        return self._turn(self._log.redo, person, target, id)

    def save(self, message: str, person: str) -> Saved:
        """Keep the state as a version: at once if no layer has new contents, else by work that is put into the queue.

        Raises:
            ConflictError: the world was changed by others meanwhile.
        """
        self.refresh()
        if not self._log.dirty:
            return Saved(self._newest())
        wish = Wish(
            self.world,
            self.branch,
            self._log.number,
            new_id(),
            person,
            message or unsaved_titles(self._log.history.entries),
        )
        version = save_at_once(self._store, wish, self._log.history)
        if version is not None:
            self.refresh()
            return Saved(version.number)
        name = self._store.worlds.get(self.world).name
        operation = self._submit(
            "save",
            f"Saving {name}"[:200],
            about=self.world,
            world=self.world,
            branch=self.branch,
            number=wish.number,
            person=person,
            message=wish.message,
        )
        self._tell(Saving(operation.id))
        return Saved(None, operation.id)

    def merge(self, other: str, person: str) -> tuple[int, list[str]]:
        """Do here what is in force in another branch; how many entries that added, and why others were refused.

        Raises:
            NotFoundError: there is no such branch.
        """
        self.refresh()
        before = self._log.number
        refused = self._log.merge(Log(self._store, self.world, other), person)
        self._publish()
        return self._log.number - before, refused

    # Asking

    @property
    def number(self) -> int:
        """How many entries the log has."""
        return self._log.number

    def knows(self, id: str) -> bool:
        """Whether an entry is in the log."""
        return any(entry.id == id for entry in self._log.history.entries)

    @property
    def state(self) -> EditState:
        """The world as it is now."""
        return self._log.state

    @property
    def sources(self) -> Sources:
        """What operations refer to."""
        return self._log.sources

    def change(self, id: str) -> Change:
        """An entry that is in the log already, for a page that has the state after it."""
        entries = self._log.history.entries
        place = next(place for place, entry in enumerate(entries) if entry.id == id)
        words = title(entries[place], self._turns.title_of(entries[place].target))
        turns = self._turns.titles()
        return Change(entries[place], place + 1, words, 0, "", {}, nothing(), turns, self._log.dirty, {})

    def scene(self, at: int | None = None) -> EditScene:
        """What a page loads: now, or after so many entries."""
        entries = self._log.history.entries
        number = len(entries) if at is None else min(at, len(entries))
        state = self._log.state if number == len(entries) else self._log.history.state_after(entries[:number])
        version = self._store.worlds.version(self.world, self._newest())
        return edit_scene(self._store, version, state, self._contents, branch=self.branch, number=number)

    def lines(self, after: int = 0) -> LogModel:
        """The log, after so many entries."""
        self.refresh()
        return listed(self._log, self._turns, after)

    def find(self, where: Criterion | None, person: str) -> Rows:
        """Which Gaussians that can be changed fit; None: all that can be.

        Raises:
            WorldloomError: it names what is not there.
        """
        self.refresh()
        state = self._log.state
        if where is None:
            return {part.key: part.open for part in state.parts}
        return open_rows(state, where.rows(state, Applying("", person, self._log.sources)))

    # Telling

    def _turn(self, turn: Callable[..., Done], person: str, target: str | None, id: str | None) -> OperationResult:
        self.refresh()
        done = turn(person, target=target, id=id)
        self._publish([done])
        words = title(done.entry, self._turns.title_of(done.entry.target))
        return OperationResult(id=done.entry.id, number=done.number, title=words, count=0, note="")

    def _publish(self, done: Sequence[Done] = ()) -> None:
        """Tell of all entries that were not told of yet: those that were done here, and those that came between."""
        known = {one.entry.id: one for one in done}
        fresh = self._log.history.entries[self._number :]
        for place, entry in enumerate(fresh):
            one = known.get(entry.id)
            follower = fresh[place + 1] if place + 1 < len(fresh) else None
            if one is not None:
                after = one.applied.state
            elif follower is None:
                after = self._log.state
            else:
                after = known[follower.id].before if follower.id in known else self._shown
            self._tell_of(entry, after, one)
        self._shown = self._log.state
        if any(entry.kind == "save" for entry in fresh):
            self._note_saved()

    def _tell_of(self, entry: Entry, after: EditState, done: Done | None) -> None:
        self._number += 1
        self._turns.add(entry)
        applied = done.applied if done is not None else None
        before, self._shown = self._shown, after
        if not self._listeners:
            return
        changed = patch(before, after, self._contents) if after is not before else nothing()
        change = Change(
            entry,
            self._number,
            title(entry, self._turns.title_of(entry.target)),
            applied.count if applied else 0,
            applied.note if applied else "",
            dict(applied.figures or {}) if applied else {},
            changed,
            self._turns.titles(),
            self._log.dirty,
            {person: count(after.selection(person)) for person in changed.get("selections", {})},
        )
        self._tell(change)

    def _tell(self, message: Change | Saving | Closed) -> None:
        for listener in list(self._listeners):
            listener(message)

    # Helpers

    def _try(self, operations: Sequence[Operation], person: str, ids: Sequence[str]) -> None:
        """Apply all without keeping any, to see whether they can be done together."""
        state = self._log.state
        for operation, id in zip(operations, ids):
            state = operation.apply(state, Applying(id, person, self._log.sources)).state

    def _note_saved(self) -> None:
        """If the state is just what a version holds, remember its files, so that they are not written once more."""
        changes = [entry.id for entry in self._log.history.entries if entry.kind != "save"]
        saves = [entry for entry in self._log.history.entries if entry.kind == "save"]
        if not saves or not changes or saves[-1].target != changes[-1]:
            return
        version = self._store.worlds.version(self.world, saves[-1].version)
        for part, layer in zip(self._log.state.parts, self._store.worlds.record(version).layers):
            note_saved(self._store.worlds, part, Stored(self.world, version.number, layer.blob))

    def _check_base(self, base: int | None) -> None:
        if base is None:
            return
        stored = self._store.worlds.get(self.world)
        newest = stored.head if self.branch == MAIN else self._newest()
        if base != newest:
            raise ConflictError(
                f"World '{stored.name}' has changed meanwhile: it is at version {newest}, "
                f"the change was made to version {base}. Load it again and repeat the change."
            )

    def _newest(self) -> int:
        if self.branch == MAIN:
            return self._store.worlds.get(self.world).head
        return self._log.version
