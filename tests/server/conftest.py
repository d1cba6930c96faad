"""A server in this process, and a world in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.server.serving import ServerProcess, serving
from tests.server.worlds import prepared_world
from worldloom.app.server.application import create_app
from worldloom.app.server.settings import ServerSettings
from worldloom.scene.store.store import Place, Store


@dataclass(frozen=True)
class Server:
    """A server under test."""

    client: TestClient
    store: Store
    settings: ServerSettings
    world: str
    """A small world that is there."""


@pytest.fixture(scope="session")
def world_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world's folder, ready for viewing."""
    return prepared_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def server(tmp_path: Path, world_folder: Path) -> Iterator[Server]:
    """A server without pages and without samples."""
    settings = ServerSettings(Place.at(tmp_path / "data"), samples=False, body_limit=100_000, upload_limit=1_000_000)
    store = Store.open(settings.place)
    paths = [path.relative_to(world_folder).as_posix() for path in world_folder.rglob("*") if path.is_file()]
    world = store.worlds.commit_folder(world_folder, paths, message="Made").world
    with TestClient(create_app(settings, pages=False), base_url="http://127.0.0.1:7860") as client:
        yield Server(client, store, settings, world)
    store.close()


@pytest.fixture
def library(tmp_path: Path, world_folder: Path) -> Path:
    """A server's data with one small room in it."""
    store = Store.open(Place.at(tmp_path / "data"))
    paths = [path.relative_to(world_folder).as_posix() for path in world_folder.rglob("*") if path.is_file()]
    store.worlds.commit_folder(world_folder, paths, message="Made")
    store.close()
    return tmp_path / "data"


@pytest.fixture
def served(library: Path) -> Iterator[ServerProcess]:
    """A process that serves it."""
    with serving(library, "--no-samples") as started:
        yield started
