"""A server that is stopped while people edit."""

from __future__ import annotations

import json
import signal
import threading
import time
from concurrent.futures import CancelledError
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.server.conftest import Server
from tests.server.serving import ServerProcess, serving, wait_for
from worldloom.edit.log import Log
from worldloom.scene.store.store import Place, Store

SLOW = """
import pathlib, time
from worldloom.edit.select.operations import ShowAll
ShowAll.apply = lambda self, state, by: pathlib.Path({begun!r}).touch() or time.sleep(60)
"""
"""An operation that takes long, and says when it has begun."""


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_soon_and_tells_why(tmp_path: Path, world_folder: Path, how: signal.Signals) -> None:
    place = Place.at(tmp_path / "data")
    world = kept(place, world_folder)
    begun = tmp_path / "begun"
    with serving(place.data, "--no-samples", before=SLOW.format(begun=str(begun))) as server, ExitStack() as pages:
        editors = [join(server, pages, f"worlds/{world}/edit", name) for name in ("ann", "ben")]
        watching = join(server, pages, f"worlds/{world}/live", "ann")
        for number in range(20):
            editors[0].send(do(f"a{number}", op="set_spawn", spawn={"position": [number, 0, 0]}))
        acknowledged = [heard(editors[0], "done")["id"] for _ in range(20)]
        editors[1].send(do("slow", op="show_all"))
        wait_for(begun.exists, "the slow one begins")
        editors[0].send(do("behind", op="set_spawn", spawn={}))
        time.sleep(0.3)
        begin = time.monotonic()
        server.process.send_signal(how)
        server.process.wait(timeout=30)
        assert time.monotonic() - begin < 3
        for page in (*editors, watching):
            with pytest.raises(ConnectionClosed) as closed:
                heard(page, "never")
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, "stopping" in closed.value.rcvd.reason) == (1012, True)
    store = Store.open(place)
    assert [line.id for line in store.edits.lines(world)] == acknowledged == [f"a{number}" for number in range(20)]
    assert Log(store, world).state.world.spawn.position == (19, 0, 0)
    store.close()


def test_what_nobody_waits_for_any_more_keeps_no_session_open(server: Server) -> None:
    editing = cast(FastAPI, server.client.app).state.service.editing
    begun, go_on = threading.Event(), threading.Event()

    def busy(_: Any) -> bool:
        begun.set()
        return go_on.wait(60)

    first = editing.call(server.world, "main", busy)
    assert begun.wait(60)
    second = editing.call(server.world, "main", busy)
    assert second.cancel()
    go_on.set()
    assert first.result(60)
    with pytest.raises(CancelledError):
        second.result(60)
    wait_for(lambda: editing.sweep(idle=0.0) or not editing.open, "the session to be closed")


def kept(place: Place, folder: Path) -> str:
    store = Store.open(place)
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    world = store.worlds.commit_folder(folder, paths, message="Made").world
    store.close()
    return world


def join(server: ServerProcess, pages: ExitStack, path: str, person: str) -> Any:
    address = server.address.replace("http", "ws", 1)
    page = pages.enter_context(connect(f"{address}/api/v1/{path}", proxy=None, max_size=None))
    page.send(json.dumps({"type": "hello", "person": {"id": person}}))
    if path.endswith("/edit"):
        heard(page, "welcome")
    return page


def do(id: str, **operation: Any) -> str:
    return json.dumps({"type": "do", "id": id, "operation": operation})


def heard(page: Any, kind: str) -> dict[str, Any]:
    while True:
        message = json.loads(page.recv(timeout=60))
        if message["type"] == kind:
            return message
