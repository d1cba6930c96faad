"""Everything that is kept, opened at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worldloom.scene.errors import WorldloomError
from worldloom.scene.store.answers import Answers
from worldloom.scene.store.blobs import Blobs
from worldloom.scene.store.database import Database, open_database
from worldloom.scene.store.edits import Edits
from worldloom.scene.store.operations import Operations
from worldloom.scene.store.shares import Shares
from worldloom.scene.store.tables import SettingRow
from worldloom.scene.store.uploads import Uploads
from worldloom.scene.store.worlds import Worlds


@dataclass(frozen=True)
class Place:
    """Where a store is; enough to open it from another process."""

    data: Path
    """Local folder for the work of operations, caches, and by default everything else."""
    database_url: str
    blobs_url: str

    @staticmethod
    def at(data: Path, *, database_url: str | None = None, blobs_url: str | None = None) -> Place:
        """A store in a local folder, unless told otherwise."""
        data = data.absolute()
        return Place(data, database_url or f"sqlite:///{data / 'index.sqlite'}", blobs_url or str(data / "blobs"))


@dataclass(frozen=True)
class Store:
    """The world store."""

    place: Place
    database: Database
    blobs: Blobs
    worlds: Worlds
    uploads: Uploads
    operations: Operations
    answers: Answers
    edits: Edits
    shares: Shares

    @staticmethod
    def open(place: Place) -> Store:
        """
        Raises:
            WorldloomError: the folder can't be written, or the database or the blobs can't be reached.
        """
        try:
            place.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorldloomError(
                f"{place.data} can't be used for worlds: {error.strerror}. Give another --data folder."
            ) from None
        if not os.access(place.data, os.W_OK):
            raise WorldloomError(f"{place.data} can't be written to; give another --data folder.")
        database = open_database(place.database_url)
        blobs = Blobs(place.blobs_url, place.data / "cache")
        return Store(
            place,
            database,
            blobs,
            Worlds(database, blobs),
            Uploads(database, blobs),
            Operations(database),
            Answers(database),
            Edits(database),
            Shares(database),
        )

    def workplace(self, operation: str) -> Path:
        """The folder of an operation's work: inputs, checkpoints, log, preview."""
        return self.place.data / "operations" / operation

    def setting(self, name: str) -> dict[str, Any]:
        """What was chosen; empty if nothing was."""
        with self.database.read() as session:
            row = session.get(SettingRow, name)
        return dict(row.value) if row else {}

    def set_setting(self, name: str, value: dict[str, Any]) -> None:
        """Remember a choice."""
        with self.database.write() as session:
            session.merge(SettingRow(name=name, value=value))

    def close(self) -> None:
        """Let go of the database."""
        self.database.engine.dispose()
