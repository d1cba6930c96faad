"""Links by which others may open one world, with a role, until they are revoked."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import Text, func, select
from sqlalchemy import cast as as_type

from worldloom.scene.errors import NotFoundError
from worldloom.scene.store.database import Database, new_id
from worldloom.scene.store.tables import EditRow, ShareRow, UploadRow, VersionRow, WorldRow

Role = Literal["owner", "editor", "viewer"]
_RANKS: dict[Role, int] = {"viewer": 0, "editor": 1, "owner": 2}


def may(role: Role, needed: Role) -> bool:
    """Whether one role has the rights of another."""
    return _RANKS[role] >= _RANKS[needed]


@dataclass(frozen=True)
class Share:
    """A link."""

    id: str
    world: str
    role: Role
    label: str
    created: float
    revoked: float | None


class Shares:
    """All links to all worlds. What is in a link is not kept, only its hash."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, world: str, role: Role, label: str = "") -> tuple[Share, str]:
        """A new link, and what is in it: shown now and never again.

        Raises:
            NotFoundError: there is no such world.
        """
        token = secrets.token_urlsafe(24)
        row = ShareRow(
            id=new_id(), world=world, token=_hash(token), role=role, label=label, created=time.time(), revoked=None
        )
        with self._database.write() as session:
            found = session.get(WorldRow, world)
            if found is None or found.deleted is not None:
                raise NotFoundError(f"There is no world '{world}'.")
            session.add(row)
        return _share(row), token

    def of(self, world: str) -> tuple[Share, ...]:
        """All links to a world, the oldest first, revoked ones too."""
        wanted = select(ShareRow).where(ShareRow.world == world).order_by(ShareRow.created, ShareRow.id)
        with self._database.read() as session:
            return tuple(_share(row) for row in session.scalars(wanted).all())

    def find(self, token: str) -> Share | None:
        """The link with that in it; None if there is none, or it was revoked."""
        wanted = select(ShareRow).where(ShareRow.token == _hash(token), ShareRow.revoked.is_(None))
        with self._database.read() as session:
            row = session.scalar(wanted)
        return _share(row) if row else None

    def revoke(self, world: str, share: str) -> Share:
        """End a link, for good.

        Raises:
            NotFoundError: the world has no such link.
        """
        with self._database.write() as session:
            row = session.get(ShareRow, share, with_for_update=True)
            if row is None or row.world != world:
                raise NotFoundError(f"World '{world}' has no link '{share}'.")
            row.revoked = row.revoked or time.time()
            return _share(row)

    def revoked(self, shares: set[str]) -> set[str]:
        """Which of these were revoked."""
        wanted = select(ShareRow.id).where(ShareRow.id.in_(shares), ShareRow.revoked.is_not(None))
        with self._database.read() as session:
            return set(session.scalars(wanted).all())

    def holds(self, world: str, blob: str) -> bool:
        """Whether a blob is a file of some version of a world, is referred to by its log of edits, or was sent for
        them."""
        tables = (
            (VersionRow.number, VersionRow.world, VersionRow.files),
            (EditRow.number, EditRow.world, EditRow.operation),
        )
        with self._database.read() as session:
            for number, owner, text in tables:
                found = select(func.count(number)).where(owner == world, as_type(text, Text).contains(blob))
                if session.scalar(found):
                    return True
            sent = select(UploadRow.files).where(
                UploadRow.world == world, as_type(UploadRow.files, Text).contains(blob)
            )
            return any(file["sha256"] == blob for files in session.scalars(sent) for file in files.values())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _share(row: ShareRow) -> Share:
    return Share(row.id, row.world, cast(Role, row.role), row.label, row.created, row.revoked)
