"""Random operations over the protocol: who knows only welcomes and patches has what the server has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from starlette.testclient import TestClient

from tests.edit.test_history import steps
from tests.edit.worlds import garden
from tests.server.editing import Replica, check_same, hello, until
from worldloom.app.server.application import create_app
from worldloom.app.server.settings import ServerSettings
from worldloom.edit.log import Log
from worldloom.edit.operation import Operation
from worldloom.scene import world as worlds
from worldloom.scene.store.store import Place, Store


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Store, Path]]:
    """A server, its store, and the folder of a garden."""
    folder = tmp_path_factory.mktemp("garden")
    worlds.save(garden(), folder)
    settings = ServerSettings(Place.at(tmp_path_factory.mktemp("served") / "data"), samples=False)
    store = Store.open(settings.place)
    with TestClient(create_app(settings, pages=False), base_url="http://127.0.0.1:7860") as client:
        yield client, store, folder
    store.close()


@settings(deadline=None, max_examples=15)
@given(steps)
def test_a_replica_of_patches_is_what_the_server_has(
    served: tuple[TestClient, Store, Path], wanted: list[tuple[str, str | Operation]]
) -> None:
    client, store, folder = served
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    world = store.worlds.commit_folder(folder, files, message="Made").world
    address, headers = f"/api/v1/worlds/{world}/edit", {"host": "127.0.0.1:7860"}
    follower = Replica(lambda url: client.get(url).content)
    with client.websocket_connect(address, headers=headers) as looking:
        follower.welcome(hello(looking, {"id": "follower"}))
        for number, (person, step) in enumerate(wanted):
            with client.websocket_connect(address, headers=headers) as socket:
                hello(socket, {"id": person})
                message: dict[str, Any] = {"type": step, "id": f"e{number}"}
                if isinstance(step, Operation):
                    message = {"type": "do", "id": f"e{number}", "operation": step.model_dump(mode="json")}
                socket.send_json(message)
                if until(socket, "done", "refused")["type"] == "done":
                    follower.patch(until(looking, "done")["patch"])
        state = Log(store, world).state
        check_same(follower, state)
        late = Replica(lambda url: client.get(url).content)
        late.welcome(hello(looking, {"id": "late"}))
        check_same(late, state)
