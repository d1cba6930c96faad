"""Idempotency keys: a request that is sent twice, since its answer got lost, is carried out once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from worldloom.scene.errors import ConflictError, InvalidDataError
from worldloom.scene.store.database import Database
from worldloom.scene.store.tables import AnswerRow

KEPT_SECONDS = 24 * 3600
_ABANDONED_SECONDS = 60
"""A request that was begun so long ago and never answered died with its server."""


@dataclass(frozen=True)
class Answer:
    """What a request was answered."""

    status: int
    body: dict[str, Any]


class Answers:
    """Answers by idempotency key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, key: str, request: str) -> Answer | None:
        """Reserve a key for a request; None if it is new, else what it was answered.

        Args:
            request: a hash of all that was asked.

        Raises:
            InvalidDataError: the key was used for another request.
            ConflictError: the same request is being answered right now.
        """
        now = time.time()
        try:
            with self._database.write() as session:
                session.execute(delete(AnswerRow).where(AnswerRow.created < now - KEPT_SECONDS))
                session.execute(
                    delete(AnswerRow).where(
                        AnswerRow.key == key,
                        AnswerRow.status.is_(None),
                        AnswerRow.created < now - _ABANDONED_SECONDS,
                    )
                )
                row = session.get(AnswerRow, key)
                if row is None:
                    session.add(AnswerRow(key=key, request=request, created=now))
                    return None
        except IntegrityError:  # another process was quicker
            with self._database.read() as session:
                row = session.get(AnswerRow, key)
        if row is None or (row.request == request and row.status is None):
            raise ConflictError("The same request is being carried out; ask again in a moment.")
        if row.request != request:
            raise InvalidDataError("This Idempotency-Key was used for another request; use a new one.")
        return Answer(row.status or 200, row.body or {})

    def end(self, key: str, answer: Answer | None) -> None:
        """Keep the answer; None forgets the key, so that the request can be tried again."""
        with self._database.write() as session:
            if answer is None:
                session.execute(delete(AnswerRow).where(AnswerRow.key == key))
            else:
                session.execute(
                    update(AnswerRow).where(AnswerRow.key == key).values(status=answer.status, body=answer.body)
                )
