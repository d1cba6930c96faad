"""People who get in one another's way: the log orders what they do, all see the same, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
import torch

from tests.server.conftest import Server
from tests.server.editing import BALL, Replica, check_same, hello, joined, until
from tests.server.serving import wait_for
from worldloom.edit.contents import stored_world
from worldloom.edit.log import Log
from worldloom.edit.registry import parse

ROOM = {"by": "layer", "names": ["room"]}


class Person:
    """Someone with a page: what they know is made of the welcome and of what they hear."""

    def __init__(self, server: Server, pages: ExitStack, id: str) -> None:
        self.id = id
        self.socket = pages.enter_context(joined(server))
        self.replica = Replica(lambda url: server.client.get(url).content)
        welcome = hello(self.socket, {"id": id})
        self.replica.welcome(welcome)
        self.number = welcome["number"]
        self.last: dict[str, Any] = {}

    def ask(self, kind: str, id: str, **more: Any) -> dict[str, Any]:
        """Send a message, and follow until it is answered."""
        self.socket.send_json({"type": kind, "id": id, **more})
        return self.follow(lambda message: message.get("id") == id)

    def do(self, id: str, **operation: Any) -> dict[str, Any]:
        return self.ask("do", id, operation=operation)

    def follow(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Take in what comes, up to a message."""
        while True:
            message = until(self.socket, "done", "refused", "saved")
            if message["type"] == "done":
                assert message["number"] == self.number + 1, "heard out of order"
                self.number = message["number"]
                self.replica.patch(message["patch"])
                self.last = message
            if wanted(message):
                return message


def at_once(*doing: Callable[[], None]) -> None:
    """Have everyone begin in the same instant; what goes wrong is raised."""
    start, wrong = threading.Barrier(len(doing)), []

    def begin(do: Callable[[], None]) -> None:
        start.wait()
        try:
            do()
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=begin, args=(do,)) for do in doing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]


def check_all_same(server: Server, *people: Person) -> Log:
    """All have heard of everything, and see what the log makes."""
    log = Log(server.store, server.world)
    for person in people:
        if person.number < log.number:
            person.follow(lambda message, person=person: person.number == log.number)
        check_same(person.replica, log.state)
    return log


@pytest.fixture
def pages() -> Any:
    with ExitStack() as stack:
        yield stack


def test_two_undo_and_redo_the_same_thing_at_once(server: Server, pages: ExitStack) -> None:
    people = [Person(server, pages, id) for id in ("ann", "ben")]
    people[0].do("thing", op="delete", where=BALL)
    for round in range(4):
        for kind in ("undo", "redo"):
            answers: list[dict[str, Any]] = []

            def turn(person: Person, kind: str = kind, round: int = round, answers: list[Any] = answers) -> None:
                answers.append(person.ask(kind, f"{person.id}-{kind}-{round}", target="thing"))

            at_once(*(lambda person=person: turn(person) for person in people))
            assert sorted(answer["type"] for answer in answers) == ["done", "refused"]
            refused = next(answer for answer in answers if answer["type"] == "refused")
            assert refused["message"] == f"There is nothing to {kind}."
    log = check_all_same(server, *people)
    assert log.number == 9 and bool(log.state.part("room").dead.any())
    assert people[0].last["can_undo"] == "Delete" and people[1].last["can_undo"] is None


def test_a_layer_is_deleted_while_another_moves_it(server: Server, pages: ExitStack) -> None:
    ann, ben = (Person(server, pages, id) for id in ("ann", "ben"))
    answers: list[dict[str, Any]] = []

    def move() -> None:
        ben.do("select", op="select", where=ROOM)
        for number in range(12):
            answers.append(ben.do(f"move{number}", op="transform", translation=[0.1, 0, 0]))

    def remove() -> None:
        ann.follow(lambda message: message.get("id") == "move2")
        ann.do("remove", op="delete_layer", layer="room")

    at_once(move, remove)
    moved = [answer["type"] for answer in answers]
    assert moved == sorted(moved) and {"done", "refused"} == set(moved), "nothing moves once it is deleted"
    assert all("Nothing is selected" in answer["message"] for answer in answers if answer["type"] == "refused")
    check_all_same(server, ann, ben)
    assert ann.ask("undo", "back")["type"] == "done"
    log = check_all_same(server, ann, ben)
    moves = moved.count("done")
    assert log.state.part("room").layer.transform.translation[0] == pytest.approx(0.1 * moves)  # it moves as a whole


def test_what_moved_in_between_stays_when_what_it_came_from_is_undone(server: Server, pages: ExitStack) -> None:
    ann, ben = (Person(server, pages, id) for id in ("ann", "ben"))
    ann.do("copy", op="duplicate", where=BALL, name="copy")
    ben.do("select", op="select", where={"by": "layer", "names": ["copy"]})

    answers: list[dict[str, Any]] = []

    def move() -> None:
        answers.extend(ben.do(f"move{number}", op="transform", translation=[0, 0.1, 0]) for number in range(8))

    def take_back() -> None:
        for number in range(3):
            assert ann.ask("undo", f"undo{number}", target="copy")["type"] == "done"
            assert ann.ask("redo", f"redo{number}", target="copy")["type"] == "done"

    at_once(move, take_back)
    log = check_all_same(server, ann, ben)
    moves = sum(answer["type"] == "done" for answer in answers)  # the others came while there was no copy
    assert log.state.part("copy").layer.transform.translation[1] == pytest.approx(0.1 * moves)
    lines = server.client.get(f"/api/v1/worlds/{server.world}/edits").json()["edits"]
    assert all(line["skipped"] is None for line in lines)


def test_a_branch_is_merged_while_others_edit(server: Server, pages: ExitStack) -> None:
    ann, ben = (Person(server, pages, id) for id in ("ann", "ben"))
    at = f"/api/v1/worlds/{server.world}"
    assert server.client.post(f"{at}/branches", json={"name": "spare"}).status_code == 201
    branch = Log(server.store, server.world, "spare")
    for number in range(8):
        ball = {**BALL, "radius": 0.8 + 0.1 * number}
        branch.do(parse({"op": "delete", "where": ball}), "cem")
    branch.do(parse({"op": "update_layer", "layer": "sky", "name": "heaven"}), "cem")
    merged: list[dict[str, Any]] = []

    def edit(person: Person, where: dict[str, Any]) -> None:
        for number in range(10):
            person.do(f"{person.id}{number}", op="recolour", where=where, exposure=0.1)

    def merge() -> None:
        for _ in range(3):
            merged.append(server.client.post(f"{at}/branches/spare:merge", json={"person": "ann"}).json())

    at_once(lambda: edit(ann, ROOM), lambda: edit(ben, ROOM), merge)
    assert [one["refused"] for one in merged] == [[], [], []]
    assert [one["merged"] for one in merged] == [9, 0, 0], "merged once, however often it is asked for"
    log = check_all_same(server, ann, ben)
    assert log.number == 29 and [part.layer.name for part in log.state.parts] == ["room", "heaven"]
    assert torch.equal(log.state.part("room").dead, branch.state.part("room").dead)


@pytest.mark.slow
def test_what_is_done_while_a_version_is_saved_is_kept_and_unsaved(server: Server, pages: ExitStack) -> None:
    ann, ben = (Person(server, pages, id) for id in ("ann", "ben"))
    ann.do("before", op="delete", where=BALL)
    stopped = threading.Event()
    edits: list[str] = []

    def edit() -> None:
        while not stopped.is_set() and len(edits) < 500:
            id = f"ben{len(edits)}"
            assert ben.do(id, op="recolour", where=ROOM, exposure=0.01)["type"] == "done"
            edits.append(id)
            stopped.wait(0.05)

    def save() -> None:
        try:
            ann.socket.send_json({"type": "save", "message": "While others edit"})
            ann.follow(lambda message: message["type"] == "saved")
        finally:
            stopped.set()

    at_once(edit, save)
    log = check_all_same(server, ann, ben)
    assert log.dirty and {f"ben{number}" for number in range(len(edits))} <= {one.id for one in log.history.entries}
    check_saved(server, log, 2)
    ann.socket.send_json({"type": "save"})
    ann.follow(lambda message: message["type"] == "saved" and message["version"] == 3)
    wait_for(lambda: not Log(server.store, server.world).dirty, "the log to know")
    check_saved(server, check_all_same(server, ann, ben), 3)


def check_saved(server: Server, log: Log, version: int) -> None:
    """A version is to the byte what the log made of the world at the entry that its save names."""
    entries = log.history.entries
    save = next(entry for entry in entries if entry.kind == "save" and entry.version == version)
    place = next(place for place, entry in enumerate(entries) if entry.id == save.target)
    wanted = log.history.state_after(entries[: place + 1]).baked()
    found = stored_world(server.store.worlds, server.world, version)
    for one, other in zip(found.layers, wanted.layers, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one.gaussians.tensors, other.gaussians.tensors))
