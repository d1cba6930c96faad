"""Stores to test with: on SQLite, and on PostgreSQL where WORLDLOOM_TEST_POSTGRES says there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.databases import database_url
from worldloom.scene.store.store import Place, Store


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where an empty store may be made."""
    with database_url(request.param, tmp_path) as url:
        yield Place.at(tmp_path / "data", database_url=url)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """An empty store."""
    opened = Store.open(place)
    yield opened
    opened.close()
