"""The queue of long work, kept in the index: whatever crashes, what was asked for and how far it came is known."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from worldloom.scene.errors import ConflictError, NotFoundError
from worldloom.scene.store.database import Database, new_id, page_token, parse_page_token
from worldloom.scene.store.tables import OperationRow

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Wish = Literal["cancel", "finish"]
OVER: tuple[Status, ...] = ("succeeded", "failed", "cancelled")
MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Process:
    """A worker, found again after a restart of the server."""

    machine: str
    pid: int
    started: float
    """When the process was created: a process identifier is used again, the pair is not."""


@dataclass(frozen=True)
class Operation:
    """A piece of long work."""

    id: str
    kind: str
    """reconstruct, import, export, ..."""
    title: str
    """For people."""
    parameters: Mapping[str, Any]
    status: Status
    slot: str | None
    """What it runs on, while it runs."""
    attempts: int
    process: Process | None
    wish: Wish | None
    """What its worker is asked to do."""
    stage: str
    message: str
    fraction: float
    """0..1 of the whole."""
    seconds_left: float | None
    preview: float | None
    """When the preview picture was last renewed."""
    world: str | None
    """The world that it is about, or that it made."""
    result: Mapping[str, Any] | None
    error: str | None
    """A sentence, if it failed."""
    created: float
    started: float | None
    finished: float | None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in OVER


@dataclass(frozen=True)
class OperationPage:
    """Some operations of a longer list."""

    operations: tuple[Operation, ...]
    next: str | None
    """What to ask the following page with; None after the last."""


class Operations:
    """The queue, and what came of everything that was in it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # For those who ask

    def submit(
        self, kind: str, title: str, parameters: Mapping[str, Any], *, world: str | None = None, id: str | None = None
    ) -> Operation:
        """Put work into the queue."""
        row = OperationRow(
            id=id or new_id(),
            kind=kind,
            title=title,
            parameters=dict(parameters),
            status="queued",
            attempts=0,
            stage="",
            message="",
            fraction=0.0,
            world=world,
            created=time.time(),
        )
        with self._database.write() as session:
            session.add(row)
        return _operation(row)

    def get(self, operation: str) -> Operation:
        """
        Raises:
            NotFoundError: there is no such operation.
        """
        with self._database.read() as session:
            row = session.get(OperationRow, operation)
        if row is None:
            raise NotFoundError(f"There is no operation '{operation}'.")
        return _operation(row)

    def page(
        self,
        *,
        statuses: Sequence[Status] = (),
        world: str | None = None,
        kind: str | None = None,
        size: int = 50,
        after: str | None = None,
    ) -> OperationPage:
        """Operations, the newest first.

        Raises:
            InvalidDataError: `after` is not from a page.
        """
        wanted = select(OperationRow).order_by(OperationRow.created.desc(), OperationRow.id.desc()).limit(size + 1)
        if statuses:
            wanted = wanted.where(OperationRow.status.in_(statuses))
        if world is not None:
            wanted = wanted.where(OperationRow.world == world)
        if kind is not None:
            wanted = wanted.where(OperationRow.kind == kind)
        if after is not None:
            created, identifier = parse_page_token(after)
            wanted = wanted.where(
                or_(
                    OperationRow.created < created,
                    and_(OperationRow.created == created, OperationRow.id < identifier),
                )
            )
        with self._database.read() as session:
            rows = session.scalars(wanted).all()
        more = page_token(rows[size - 1].created, rows[size - 1].id) if len(rows) > size else None
        return OperationPage(tuple(_operation(row) for row in rows[:size]), more)

    def ahead(self, operation: Operation) -> int:
        """How many wait in front of it."""
        with self._database.read() as session:
            waiting = session.scalars(
                select(OperationRow.id).where(OperationRow.status == "queued", OperationRow.created < operation.created)
            ).all()
        return len(waiting)

    def ask(self, operation: str, wish: Wish) -> Operation:
        """Ask for an end: `cancel` keeps what can be continued; `finish` makes the best of what there is.

        Raises:
            ConflictError: it is over, or does not run yet and can't be finished.
        """
        now = time.time()
        with self._database.write() as session:
            row = session.get(OperationRow, operation, with_for_update=True)
            if row is None:
                raise NotFoundError(f"There is no operation '{operation}'.")
            if row.status == "queued" and wish == "cancel":
                row.status, row.finished, row.message = "cancelled", now, ""
            elif row.status == "running":
                row.wish = wish
            elif not (row.status == "cancelled" and wish == "cancel"):
                raise ConflictError(f"'{row.title}' is {row.status}; only work that is under way can be stopped.")
            return _operation(row)

    def retry(self, operation: str) -> Operation:
        """Put work that failed or was cancelled back into the queue; it goes on where it stopped.

        Raises:
            ConflictError: it neither failed nor was cancelled.
        """
        with self._database.write() as session:
            row = session.get(OperationRow, operation, with_for_update=True)
            if row is None:
                raise NotFoundError(f"There is no operation '{operation}'.")
            if row.status not in ("failed", "cancelled"):
                raise ConflictError(f"'{row.title}' is {row.status}; only what failed or was cancelled can be retried.")
            row.status, row.error, row.wish, row.finished, row.attempts = "queued", None, None, None, 0
            row.message, row.seconds_left = "", None
            return _operation(row)

    def forget(self, operation: str) -> None:
        """Take work that is over from the list.

        Raises:
            ConflictError: it is not over.
        """
        found = self.get(operation)
        if not found.over:
            raise ConflictError(f"'{found.title}' is {found.status}; cancel it first.")
        with self._database.write() as session:
            session.execute(delete(OperationRow).where(OperationRow.id == operation, OperationRow.status.in_(OVER)))

    # For those who do the work

    def claim(self, slots: Mapping[str, Iterable[str]]) -> Operation | None:
        """Take the oldest waiting piece of work that a slot can do. Nobody else gets it, and no slot gets two.

        Args:
            slots: free slot -> kinds of work that it does.
        """
        kinds = {kind for able in slots.values() for kind in able}
        with self._database.read() as session:
            waiting = session.scalars(
                select(OperationRow)
                .where(OperationRow.status == "queued", OperationRow.kind.in_(kinds))
                .order_by(OperationRow.created)
                .limit(20)
            ).all()
        for row in waiting:
            for slot, able in slots.items():
                if row.kind in able and self._take(row.id, slot):
                    return self.get(row.id)
        return None

    def _take(self, operation: str, slot: str) -> bool:
        try:
            with self._database.write() as session:
                taken = session.execute(
                    update(OperationRow)
                    .where(OperationRow.id == operation, OperationRow.status == "queued")
                    .values(
                        status="running",
                        slot=slot,
                        wish=None,
                        attempts=OperationRow.attempts + 1,
                        started=time.time(),
                        finished=None,
                        message="",
                    )
                )
                return bool(taken.rowcount)  # pyright: ignore[reportAttributeAccessIssue]
        except IntegrityError:  # the slot was taken in the same moment
            return False

    def set_process(self, operation: str, process: Process) -> None:
        """Note which worker does it."""
        self._set(operation, process={"machine": process.machine, "pid": process.pid, "started": process.started})

    def report(
        self,
        operation: str,
        *,
        stage: str,
        message: str,
        fraction: float,
        seconds_left: float | None,
        preview: float | None,
    ) -> Wish | None:
        """Tell how far it is; returns what is asked of the worker."""
        values = {"stage": stage, "message": message, "fraction": fraction, "seconds_left": seconds_left}
        if preview is not None:
            values["preview"] = preview
        with self._database.write() as session:
            row = session.get(OperationRow, operation, with_for_update=True)
            if row is None:
                return "cancel"
            for name, value in values.items():
                setattr(row, name, value)
            return row.wish  # pyright: ignore[reportReturnType]

    def succeed(self, operation: str, result: Mapping[str, Any], world: str | None) -> None:
        """It is done."""
        values: dict[str, Any] = {"world": world} if world else {}
        self._set(
            operation, result=dict(result), error=None, fraction=1.0, seconds_left=None, **values, **_end("succeeded")
        )

    def fail(self, operation: str, error: str) -> None:
        """It can't be done; `error` says why in a sentence."""
        self._set(operation, error=error, seconds_left=None, **_end("failed"))

    def cancelled(self, operation: str) -> None:
        """It was stopped as asked."""
        self._set(operation, seconds_left=None, **_end("cancelled"))

    def requeue(self, operation: str, *, attempts: int) -> None:
        """Its worker is gone through no fault of its own, a restart of the machine, say: it waits again.

        Args:
            attempts: how many to count so far.
        """
        self._set(operation, status="queued", slot=None, process=None, seconds_left=None, attempts=attempts)

    def running(self, machine: str | None = None) -> tuple[Operation, ...]:
        """What is under way, on one machine or all."""
        wanted = select(OperationRow).where(OperationRow.status == "running")
        with self._database.read() as session:
            rows = session.scalars(wanted).all()
        found = (_operation(row) for row in rows)
        return tuple(one for one in found if machine is None or (one.slot or "").startswith(f"{machine}/"))

    def _set(self, operation: str, **values: Any) -> None:
        with self._database.write() as session:
            session.execute(update(OperationRow).where(OperationRow.id == operation).values(**values))


def _end(status: Status) -> dict[str, Any]:
    return {"status": status, "slot": None, "process": None, "wish": None, "finished": time.time()}


def _operation(row: OperationRow) -> Operation:
    process = row.process
    return Operation(
        id=row.id,
        kind=row.kind,
        title=row.title,
        parameters=row.parameters,
        status=row.status,  # pyright: ignore[reportArgumentType]
        slot=row.slot,
        attempts=row.attempts,
        process=Process(process["machine"], process["pid"], process["started"]) if process else None,
        wish=row.wish,  # pyright: ignore[reportArgumentType]
        stage=row.stage,
        message=row.message,
        fraction=row.fraction,
        seconds_left=row.seconds_left,
        preview=row.preview,
        world=row.world,
        result=row.result,
        error=row.error,
        created=row.created,
        started=row.started,
        finished=row.finished,
    )
