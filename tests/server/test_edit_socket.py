"""Pages that edit one world together, over the websocket."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
import torch
from starlette.websockets import WebSocketDisconnect

from tests.server.conftest import Server
from tests.server.editing import BALL, BEN, Replica, check_same, do, hello, joined, until
from worldloom.app.server import edit_rooms
from worldloom.app.server.access import Access
from worldloom.edit.log import Log
from worldloom.edit.registry import parse
from worldloom.scene.geometry import Transform


def test_two_pages_follow_one_another(server: Server) -> None:
    with joined(server) as ann:
        welcome = hello(ann)
        assert (welcome["number"], welcome["role"], welcome["dirty"]) == (0, "owner", False)
        assert not welcome["guest"]
        assert [layer["name"] for layer in welcome["scene"]["layers"]] == ["room", "sky"]
        with joined(server) as ben:
            hello(ben, BEN)
            people = until(ann, "people", where=lambda message: len(message["people"]) == 2)["people"]
            assert {person["id"] for person in people} == {"ann", "ben"}
            mine = do(ann, "a1", op="delete", where=BALL)
            theirs = until(ben, "done")
            assert mine["number"] == theirs["number"] == 1 and mine["count"] > 0
            assert mine["patch"] == theirs["patch"] and theirs["person"] == "ann"
            assert (mine["can_undo"], theirs["can_undo"]) == ("Delete", None)
            assert mine["dirty"]
            ben.send_json({"type": "camera", "position": [1, 2, 3], "rotation": [1, 0, 0, 0], "vertical_fov": 50})
            seen = until(ann, "people", where=lambda message: any(one["camera"] for one in message["people"]))
            assert next(one for one in seen["people"] if one["camera"])["camera"]["position"] == [1, 2, 3]
        assert len(until(ann, "people", where=lambda message: len(message["people"]) == 1)["people"]) == 1


def test_undo_and_redo_are_each_ones_own(server: Server) -> None:
    with joined(server) as ann, joined(server) as ben:
        hello(ann)
        hello(ben, BEN)
        do(ann, "a1", op="select", where=BALL)
        do(ben, "b1", op="delete", where={"by": "layer", "names": ["sky"]})
        ann.send_json({"type": "undo", "id": "a2"})
        undone = until(ann, "done", where=lambda message: message["id"] == "a2")
        assert undone["patch"]["selections"] == {"ann": {}} and undone["patch"]["parts"] == []
        assert (undone["can_undo"], undone["can_redo"]) == (None, "Select sphere")
        ann.send_json({"type": "undo", "id": "a3"})
        refused = until(ann, "refused")
        assert refused["id"] == "a3" and "nothing to undo" in refused["message"]
        ann.send_json({"type": "redo", "id": "a4"})
        assert "ann" in until(ann, "done", where=lambda message: message["id"] == "a4")["patch"]["selections"]


def test_what_is_sent_twice_is_done_once(server: Server) -> None:
    with joined(server) as ann:
        hello(ann)
        first = do(ann, "same", op="delete", where=BALL)
    with joined(server) as ann:
        assert hello(ann)["number"] == 1
        again = do(ann, "same", op="delete", where=BALL)
        assert again["number"] == first["number"] == 1
        assert again["patch"] == {"removed": [], "parts": [], "selections": {}}
        assert do(ann, "other", op="show_all")["number"] == 2


def test_a_version_is_saved_and_told(server: Server) -> None:
    with joined(server) as ann:
        hello(ann)
        do(ann, "a1", op="set_spawn", spawn={"position": [1, 1, 1]})
        ann.send_json({"type": "save", "message": "New start"})
        saved = until(ann, "saved")
        assert saved["version"] == 2
        assert server.store.worlds.version(server.world).message == "New start"
        hello(ann)
        ann.send_json({"type": "save"})
        assert until(ann, "saved")["version"] == 2, "there was nothing new to save"


def test_what_others_add_to_the_store_is_told(server: Server) -> None:
    with joined(server) as ann:
        replica = replica_of(server, hello(ann))
        elsewhere = Log(server.store, server.world)
        elsewhere.do(parse({"op": "delete", "where": BALL}), "cli")
        elsewhere.do(parse({"op": "hide", "where": {"by": "layer", "names": ["sky"]}}), "cli")
        for number in (1, 2):
            message = until(ann, "done")
            assert (message["number"], message["person"]) == (number, "cli")
            replica.patch(message["patch"])
        check_same(replica, elsewhere.state)


def test_two_that_join_in_the_same_instant_are_both_in_step(server: Server) -> None:
    """While a third one edits; this is where pycrdt failed."""
    for round in range(3):
        replicas = join_at_once(server, round)
        state = Log(server.store, server.world).state
        assert set(replicas) == {"ann", "ben"}
        for replica in replicas.values():
            check_same(replica, state)


def join_at_once(server: Server, round: int) -> dict[str, Replica]:
    """What two pages know in the end that joined while a third one was at work."""
    start = threading.Barrier(3)
    replicas: dict[str, Replica] = {}

    def join(person: str) -> None:
        with joined(server) as socket:
            start.wait()
            replica = replica_of(server, hello(socket, {"id": person}))
            do_and_follow(socket, replica, f"{person}{round}", 14 * (round + 1))
            replicas[person] = replica

    with joined(server) as editor:
        hello(editor, {"id": "cem"})
        threads = [threading.Thread(target=join, args=(person,)) for person in ("ann", "ben")]
        for thread in threads:
            thread.start()
        start.wait()
        for number in range(12):
            ball = {**BALL, "radius": 0.2 + 0.1 * number}
            what: dict[str, Any] = {"op": "hide", "where": ball} if number % 2 else {"op": "show_all"}
            assert do(editor, f"{round}-{number}", **what)["type"] == "done"
        for thread in threads:
            thread.join()
    return replicas


def do_and_follow(socket: Any, replica: Replica, id: str, last: int) -> None:
    """Select something, and take in all that comes until there are `last` entries in all."""
    socket.send_json({"type": "do", "id": id, "operation": {"op": "select", "where": BALL}})
    number = -1
    while number < last:
        message = until(socket, "done", "refused")
        assert message["type"] == "done"
        number = message["number"]
        replica.patch(message["patch"])


def replica_of(server: Server, welcome: dict[str, Any]) -> Replica:
    replica = Replica(lambda url: server.client.get(url).content)
    replica.welcome(welcome)
    return replica


BAD = [
    "",
    "nonsense",
    "[]",
    "null",
    "{}",
    '{"type": "fly"}',
    '{"type": "do"}',
    '{"type": "do", "id": "x"}',
    '{"type": "do", "id": "x", "operation": {"op": "explode"}}',
    '{"type": "do", "id": "x y", "operation": {"op": "show_all"}}',
    '{"type": "do", "id": "x", "operation": {"op": "select", "where": {"by": "sphere", "center": [0, 0]}}}',
    '{"type": "do", "id": "x", "operation": {"op": "delete"}}',
    '{"type": "do", "id": "x", "operation": {"op": "become", "version": 77}}',
    '{"type": "do", "id": "x", "operation": {"op": "select", "where": {"by": "rows", "parts": {"v1.0": {"rows": 9}}}}}',
    '{"type": "undo", "id": "x"}',
    '{"type": "redo", "id": "x", "target": "nobody"}',
    '{"type": "camera", "position": [0, 0, null], "rotation": [1, 0, 0, 0]}',
    '{"type": "hello", "person": {"id": ""}}',
    '{"type": "hello", "person": {"id": "x", "colour": "url(http://evil)"}}',
    '{"type": "ping", "more": 1}',
    "[" * 100_000,
    json.dumps({"type": "do", "id": "x" * 1000, "operation": {"op": "show_all"}}),
]


def test_every_bad_message_is_refused_in_a_sentence(server: Server) -> None:
    with joined(server) as socket:
        socket.send_json({"type": "do", "id": "early", "operation": {"op": "show_all"}})
        refused = until(socket, "refused")
        assert refused["id"] == "early" and "hello" in refused["message"]
        hello(socket)
        for text in BAD:
            socket.send_text(text)
            message = until(socket, "refused")["message"]
            assert message[0].isupper() and message.rstrip()[-1] in ".?", message
        socket.send_bytes(b"\x00\xff")
        assert "text" in until(socket, "refused")["message"]
        socket.send_text("x" * (9 << 20))
        assert "too long" in until(socket, "refused")["message"]
        socket.send_json({"type": "ping"})
        assert until(socket, "pong")
        assert do(socket, "fine", op="show_all")["number"] == 1


@pytest.mark.parametrize("place", ["worlds/000000000000/edit", "worlds/x/edit", "worlds/{world}/edit?branch=none"])
def test_what_is_not_there_cannot_be_joined(server: Server, place: str) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as closed,
        joined(server, place.format(world=server.world)),
    ):
        pass
    assert closed.value.code == 4404


def test_a_page_that_takes_nothing_is_cut_off() -> None:
    class Stuck:
        """A socket whose other end does not read."""

        async def send_text(self, text: str) -> None:
            await asyncio.sleep(3600)

    async def flood() -> int:
        page = edit_rooms.Page(Stuck(), Access())  # pyright: ignore[reportArgumentType]
        sending = asyncio.create_task(page.send())
        for _ in range(2000):
            page.push("x" * 100)
            await asyncio.sleep(0)
        sending.cancel()
        return await page.ended

    assert asyncio.run(flood()) == edit_rooms.CLOSED_SLOW


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "transform_world", "rotation": [0.6, 0.3, -0.5, 0.4], "scale": 2.5, "pivot": [1, 2, 3]},
        {"op": "reorient", "points": [[0, 0, 0], [1, 0.4, 0], [0, 0.2, 1]]},
        {"op": "set_scale", "start": [0, 0, 0], "end": [1, 1, 0], "metres": 0.7},
    ],
    ids=["moved", "levelled", "scaled"],
)
def test_everyone_learns_how_the_whole_world_was_moved(server: Server, operation: dict[str, Any]) -> None:
    """By the frame that it has now, so that cameras and what else is on a page goes along."""

    def check(frame: dict[str, Any], layers: list[dict[str, Any]]) -> None:
        for layer in layers:
            found = placed(frame) @ placed(before[layer["key"]])
            assert torch.allclose(placed(layer).matrix, found.matrix, atol=1e-9)

    with joined(server) as ann, joined(server) as ben:
        scene = hello(ann)["scene"]
        hello(ben, BEN)
        before = {layer["key"]: layer for layer in scene["layers"]}
        assert placed(scene["frame"]) == Transform()
        done = do(ann, "a1", **operation)["patch"]
        check(done["record"]["frame"], done["parts"])
        assert until(ben, "done")["patch"] == done
        with joined(server) as late:
            come = hello(late, BEN)["scene"]
            check(come["frame"], come["layers"])
        do(ben, "b1", op="hide", where={"by": "everything"})
        assert "frame" not in until(ann, "done", where=lambda message: message["id"] == "b1")["patch"].get("record", {})
        ann.send_json({"type": "undo", "id": "a2"})
        undone = until(ben, "done", where=lambda message: message["id"] == "a2")["patch"]
        assert placed(undone["record"]["frame"]) == Transform()
        ann.send_json({"type": "redo", "id": "a3"})
        again = until(ben, "done", where=lambda message: message["id"] == "a3")["patch"]
        assert again["record"]["frame"] == done["record"]["frame"]


def placed(facts: dict[str, Any]) -> Transform:
    return Transform(tuple(facts["translation"]), tuple(facts["rotation"]), facts["scale"])
