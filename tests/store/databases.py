"""Empty databases of both kinds."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url


@contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    """The address of a database that nobody else uses, dropped afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'index.sqlite'}"
        return
    server = os.environ.get("WORLDLOOM_TEST_POSTGRES")
    if not server:
        pytest.skip("no PostgreSQL: WORLDLOOM_TEST_POSTGRES is not set (.ci/run starts one)")
    address = make_url(server).set(drivername="postgresql+pg8000")
    name = f"worldloom_{secrets.token_hex(6)}"
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield address.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.dispose()
