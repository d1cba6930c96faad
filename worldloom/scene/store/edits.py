"""Worlds' logs of edits, as plain records: what an operation in them means is none of the store's business."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from worldloom.scene.errors import ConflictError, InvalidDataError, NotFoundError
from worldloom.scene.store.database import Database
from worldloom.scene.store.tables import BranchRow, EditRow, WorldRow
from worldloom.scene.store.worlds import MAIN

_NAME = re.compile(r"[\w][\w .\-]{0,62}")


@dataclass(frozen=True)
class Branch:
    """A line of edits."""

    world: str
    name: str
    base: int
    """The version before its first edit, or before the first of the branches that it comes from."""
    parent: str | None
    forked: int
    """How many of the parent's edits it begins with."""
    person: str
    created: float


@dataclass(frozen=True)
class LogLine:
    """One line of a log; see `worldloom.edit.history.Entry`."""

    id: str
    person: str
    kind: str
    operation: Mapping[str, Any] | None = None
    target: str | None = None
    version: int | None = None
    origin: str = ""
    created: float = 0.0
    number: int = 0
    """Place in its branch's log, from 1; given by the store."""


class Edits:
    """Every world's log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def branches(self, world: str) -> tuple[Branch, ...]:
        """All branches of a world, the oldest first; none if it was never edited."""
        with self._database.read() as session:
            rows = session.scalars(
                select(BranchRow).where(BranchRow.world == world).order_by(BranchRow.created, BranchRow.name)
            ).all()
        return tuple(_branch(row) for row in rows)

    def branch(self, world: str, name: str = MAIN) -> Branch:
        """A branch; the main one begins at the world's newest version when it is first asked for.

        Raises:
            NotFoundError: there is no such world or branch.
        """
        with self._database.read() as session:
            row = session.get(BranchRow, (world, name))
        if row is not None:
            return _branch(row)
        if name != MAIN:
            raise NotFoundError(f"World '{world}' has no branch '{name}'.")
        try:
            with self._database.write() as session:
                found = session.get(WorldRow, world, with_for_update=True)
                if found is None:
                    raise NotFoundError(f"There is no world '{world}'.")
                session.add(
                    BranchRow(
                        world=world, name=MAIN, base=found.head, parent=None, forked=0, person="", created=time.time()
                    )
                )
        except IntegrityError:  # another process began it in the same moment
            pass
        return self.branch(world, MAIN)

    def fork(self, world: str, name: str, *, parent: str = MAIN, at: int | None = None, person: str = "") -> Branch:
        """Begin a branch.

        Args:
            at: how many of the parent's edits it begins with; None is all.

        Raises:
            InvalidDataError: the name can't be used, or the parent has not so many edits.
            ConflictError: there is a branch of that name.
            NotFoundError: there is no such world or parent.
        """
        if not _NAME.fullmatch(name):
            raise InvalidDataError(
                "A branch's name has 1 to 63 letters, digits, spaces, dots or dashes, a letter or digit first."
            )
        begins = self.branch(world, parent)
        length = self.length(world, parent)
        at = length if at is None else at
        if not 0 <= at <= length:
            raise InvalidDataError(f"Branch '{parent}' has {length} edits; a branch can't begin after {at}.")
        row = BranchRow(
            world=world, name=name, base=begins.base, parent=parent, forked=at, person=person, created=time.time()
        )
        try:
            with self._database.write() as session:
                session.add(row)
        except IntegrityError:
            raise ConflictError(f"There is a branch '{name}' already; choose another name.") from None
        return _branch(row)

    def length(self, world: str, branch: str = MAIN) -> int:
        """How many edits a branch has, those that it began with included."""
        begins = self.branch(world, branch)
        with self._database.read() as session:
            return _last(session, world, branch) or begins.forked

    def lines(self, world: str, branch: str = MAIN, *, after: int = 0) -> tuple[LogLine, ...]:
        """A branch's log in order, from its world's first edit on.

        Args:
            after: only those with a higher number.
        """
        found: list[LogLine] = []
        limit: int | None = None
        line = self.branch(world, branch)
        while True:
            wanted = select(EditRow).where(EditRow.world == world, EditRow.branch == line.name, EditRow.number > after)
            if limit is not None:
                wanted = wanted.where(EditRow.number <= limit)
            with self._database.read() as session:
                rows = session.scalars(wanted.order_by(EditRow.number)).all()
            found = [*(_line(row) for row in rows), *found]
            if line.parent is None or line.forked <= after:
                return tuple(found)
            limit = line.forked if limit is None else min(limit, line.forked)
            line = self.branch(world, line.parent)

    def append(self, world: str, branch: str, line: LogLine, *, number: int) -> LogLine:
        """Add a line to the end of a log; one that is there already is not added again.

        Args:
            number: which place it is to have: one more than the log has lines.

        Raises:
            ConflictError: someone else has added a line meanwhile.
        """
        begins = self.branch(world, branch)
        row = EditRow(
            world=world,
            branch=branch,
            number=number,
            id=line.id,
            person=line.person,
            kind=line.kind,
            operation=None if line.operation is None else dict(line.operation),
            target=line.target,
            version=line.version,
            origin=line.origin,
            created=line.created or time.time(),
        )
        try:
            with self._database.write() as session:
                known = session.scalar(
                    select(EditRow).where(EditRow.world == world, EditRow.branch == branch, EditRow.id == line.id)
                )
                if known is not None:
                    return _line(known)
                if (_last(session, world, branch) or begins.forked) != number - 1:
                    raise ConflictError("Someone else has edited this world in the same moment; try again.")
                session.add(row)
        except IntegrityError:
            raise ConflictError("Someone else has edited this world in the same moment; try again.") from None
        return _line(row)


def _last(session: Session, world: str, branch: str) -> int | None:
    return session.scalar(select(func.max(EditRow.number)).where(EditRow.world == world, EditRow.branch == branch))


def _branch(row: BranchRow) -> Branch:
    return Branch(row.world, row.name, row.base, row.parent, row.forked, row.person, row.created)


def _line(row: EditRow) -> LogLine:
    return LogLine(
        row.id,
        row.person,
        row.kind,
        row.operation,
        row.target,
        row.version,
        row.origin,
        row.created,
        row.number,
    )
