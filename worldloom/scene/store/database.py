"""The index's database: SQLite beside the worlds, or PostgreSQL by URL; brought up to date by alembic's migrations."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from worldloom.scene.errors import InvalidDataError, MissingDependencyError, WorldloomError

MIGRATIONS = Path(__file__).parent / "migrations"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_MIGRATION_LOCK = 7_102_631
"""Any number that nothing else locks in the same PostgreSQL database."""


class Database:
    """Sessions on the index. A write locks SQLite from its start, so that it never fails for having read first."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(worldloom_writes=True)

    def read(self) -> Session:
        """For queries; use as a context manager."""
        return Session(self.engine, expire_on_commit=False)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction, committed unless an exception leaves it."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session


def open_database(url: str) -> Database:
    """A pool of connections to an index of the current layout.

    Args:
        url: `sqlite:///path` or `postgresql://user:password@host/name`.

    Raises:
        InvalidDataError: the address is not understood.
        MissingDependencyError: PostgreSQL's driver is not installed.
        WorldloomError: the database can't be reached or is from a newer version.
    """
    try:
        address = make_url(url)
        if address.drivername in ("postgres", "postgresql"):
            address = address.set(drivername="postgresql+pg8000")
        shown = address.render_as_string(hide_password=True)
        if address.get_backend_name() not in ("sqlite", "postgresql"):
            raise ArgumentError(shown)
        if address.get_backend_name() == "sqlite":
            engine = create_engine(address, connect_args={"timeout": 30}, pool_size=20, max_overflow=40)
            event.listen(engine, "connect", _configure_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            engine = create_engine(address, pool_pre_ping=True, pool_size=10, max_overflow=20)
    except (ArgumentError, NoSuchModuleError):
        raise InvalidDataError(
            f"'{url}' is no database that can be used: write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME."
        ) from None
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"{address.get_backend_name()} needs the package {error.name}: pip install 'worldloom[postgres]'."
        ) from None
    database = Database(engine)
    try:
        _migrate(database)
    except (OperationalError, SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise WorldloomError(f"The database {shown} can't be used: {reason}. Check that it runs and the URL.") from None
    return database


def _configure_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("worldloom_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(database: Database) -> None:
    """Bring the tables to the newest layout; one process at a time."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with database.write() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise WorldloomError(
                f"The index of worlds is from a newer Worldloom ({error}): update it, or use another --data folder."
            ) from None


def new_id() -> str:
    """A short identifier that nobody else will draw: 12 letters and digits, 60 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def page_token(time: float, identifier: str) -> str:
    """Where a page of a list ended that is ordered by time, then identifier. Fit for a URL as it is."""
    return f"{time!r}_{identifier}"


def parse_page_token(token: str) -> tuple[float, str]:
    """
    Raises:
        InvalidDataError: it is not from `page_token`.
    """
    number, _, identifier = token.partition("_")
    try:
        return float(number), identifier
    except ValueError:
        raise InvalidDataError("The page token is not one that was given out; start from the first page.") from None
