"""Things by a segmentation model over the API, on the command line and in orders, and the log without any model."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests.app.test_segmenting import LEAF, MAGENTA, ByColour, Scripted, floor
from tests.edit.test_select_objects import ball, box
from tests.server.conftest import Server
from tests.server.editing import hello, joined
from worldloom.app.cli import app
from worldloom.app.editing import segmenting
from worldloom.app.editing.segmenters import Segmenters
from worldloom.app.editing.viewpoints import looking
from worldloom.app.server.access import wanted
from worldloom.app.server.application import create_app
from worldloom.app.server.schemas import API
from worldloom.app.server.settings import ServerSettings
from worldloom.client_editing import Editing
from worldloom.edit.log import Log
from worldloom.generate.models.interfaces import Masks
from worldloom.scene.errors import ConflictError, InvalidDataError
from worldloom.scene.store.store import Place, Store
from worldloom.scene.world import Layer, World, save
from worldloom.scene.world_record import Pose

VIEW = looking(torch.tensor([1.5, 1.6, 3.5]), torch.tensor([0.0, 0.4, 0.0]), aspect=1.4).model_dump(mode="json")
SPOT = {"view": VIEW, "at": [0.5, 0.5]}
POSE = {name: VIEW[name] for name in ("position", "rotation")}
CRATE = box((0, 0.4, 0), (0.9, 0.8, 1.2), MAGENTA)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """A world as it is captured: nothing in it has a class, and it is one layer beside a ball."""
    monkeypatch.setattr(segmenting, "_HEIGHT", 240)
    layers = (Layer("floor", floor()), Layer("rest", CRATE), Layer("ball", ball((0.9, 0.4, 0.3), 0.4, LEAF)))
    spawn = Pose(position=VIEW["position"], rotation=VIEW["rotation"])
    save(replace(World("Room", layers), spawn=spawn), tmp_path / "room")
    paths = [path.relative_to(tmp_path / "room").as_posix() for path in (tmp_path / "room").rglob("*.*")]
    store = Store.open(Place.at(tmp_path / "data"))
    world = store.worlds.commit_folder(tmp_path / "room", paths, message="Made").world
    store.close()
    return tmp_path / "data", world


def set_up(monkeypatch: pytest.MonkeyPatch, *questions: Any) -> None:
    """Whoever asks for segmenters gets the scripted one."""
    scripted = Scripted(ByColour(), *questions)
    monkeypatch.setattr(Segmenters, "can", lambda self, question: scripted.can(question))
    monkeypatch.setattr(Segmenters, "get", lambda self, question: scripted.model)


@pytest.fixture
def room(library: tuple[Path, str]) -> Iterator[Server]:
    data, world = library
    settings = ServerSettings(Place.at(data), samples=False)
    store = Store.open(settings.place)
    with TestClient(create_app(settings, pages=False), base_url="http://127.0.0.1:7860") as client:
        yield Server(client, store, settings, world)
    store.close()


def test_what_the_route_answers_selects_the_thing_and_needs_no_model_again(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{API}/worlds/{room.world}"
    with monkeypatch.context() as patched:
        set_up(patched, "points")
        answer = room.client.post(f"{address}:segment", json={"at": SPOT, "mode": "add"})
        assert answer.status_code == 200, answer.text
        with joined(room) as socket:
            assert hello(socket)["segmenter"] is True
    found = answer.json()
    assert found["pictures"] == len(found["scores"]) == 8 and found["operation"]["mode"] == "add"
    assert 0.95 * len(CRATE) < found["count"] < 1.05 * len(CRATE)
    assert room.client.get(f"{address}/edits").json()["edits"] == [], "nothing is done yet"
    body = {"operations": [found["operation"]], "person": "ann", "save": False}
    done = room.client.post(f"{address}:edit", json=body)
    assert done.status_code == 200 and done.json()["results"][0]["count"] == found["count"]
    selected = Log(room.store, room.world).state.selection("ann")
    again = Log(room.store, room.world).state.selection("ann")
    assert all(torch.equal(selected[key], again[key]) for key in selected)
    assert int(selected["v1.1"].sum()) > 0.95 * len(CRATE)


def test_without_a_model_it_says_how_to_set_one_up(room: Server) -> None:
    address = f"{API}/worlds/{room.world}:segment"
    answer = room.client.post(address, json={"at": SPOT})
    assert answer.status_code == 409 and "--segmenter sam2" in answer.json()["detail"]
    answer = room.client.post(address, json={"words": "the crate"})
    assert answer.status_code == 409 and "--segmenter clipseg" in answer.json()["detail"]
    with joined(room) as socket:
        assert hello(socket)["segmenter"] is False


@pytest.mark.parametrize(
    "body", [{}, {"at": SPOT, "words": "crate"}, {"words": ""}, {"at": [1, 2]}, {"at": SPOT, "pictures": 0}]
)
def test_wrong_requests_are_refused(room: Server, body: dict[str, Any]) -> None:
    assert room.client.post(f"{API}/worlds/{room.world}:segment", json=body).status_code == 422


def test_nothing_there_is_said(room: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(monkeypatch, "points", "words")
    address = f"{API}/worlds/{room.world}:segment"
    sky = {"view": {**VIEW, "rotation": [0.7071, 0.7071, 0, 0]}, "at": [0.5, 0.5]}
    assert "nothing at that place" in room.client.post(address, json={"at": sky}).json()["detail"]


def test_only_those_who_may_edit_may_ask() -> None:
    needed = wanted(f"{API}/worlds/0123456789ab:segment", "POST")
    assert needed is not None and needed.role == "editor"


def test_the_client_asks_by_words_and_by_place(room: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(monkeypatch, "points", "words")

    class Client:
        def post(self, model: Any, path: str, body: Any) -> Any:
            answer = room.client.post(f"{API}{path}", json=body)
            if answer.status_code == 409:
                raise ConflictError(answer.json()["detail"])
            return model.model_validate(answer.json())

    editing = Editing(Client(), room.world, person="ann")  # pyright: ignore[reportArgumentType]
    by_words = editing.segment(words="the crate", view=Pose(**POSE))
    at_place = editing.segment((0.0, 0.8, 0.0), pictures=4)
    assert at_place.pictures == 4
    for found in (by_words, at_place):
        assert found.count == pytest.approx(len(CRATE), rel=0.05)
    assert editing.do([at_place.operation]).results[0].count == at_place.count


def test_the_command_line_selects_by_words_and_by_place(
    library: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, world = library
    refused = CliRunner().invoke(app, ["edit", world, "segment", "the", "crate", "--data", str(data)])
    assert isinstance(refused.exception, ConflictError)
    set_up(monkeypatch, "points", "words")
    for said in (["the", "crate"], ["--object", "0,0.8,0"]):
        done = CliRunner().invoke(app, ["edit", world, "segment", *said, "--data", str(data), "--no-save"])
        assert done.exit_code == 0, done.output
        assert "seen in" in done.output
    nothing = CliRunner().invoke(app, ["edit", world, "segment", "--data", str(data)])
    assert isinstance(nothing.exception, InvalidDataError)


def test_orders_find_what_has_no_class(room: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"{API}/worlds/{room.world}:propose"
    honest = room.client.post(address, json={"text": "remove the car"}).json()
    assert honest["proposals"] == [] and "by class" in honest["not_understood"][0]["why"]
    set_up(monkeypatch, "words")
    (one,) = room.client.post(address, json={"text": "remove the car"}).json()["proposals"]
    assert one["operation"]["op"] == "delete" and one["operation"]["where"]["by"] == "segments"
    assert one["count"] == pytest.approx(len(CRATE), rel=0.05) and "model" in one["note"]
    (left,) = room.client.post(address, json={"text": "select the leftmost car"}).json()["proposals"]
    assert left["operation"]["op"] == "select" and left["count"] > 0
    blind = Masks(np.zeros((1, 240, 240), bool), np.ones(1, np.float32))
    monkeypatch.setattr(ByColour, "segment", lambda self, image, **asked: blind)
    none = room.client.post(address, json={"text": "remove the car"}).json()
    assert none["proposals"] == [] and "sees none" in none["not_understood"][0]["why"]


def test_a_server_with_a_wrong_model_does_not_start(tmp_path: Path) -> None:
    settings = ServerSettings(Place.at(tmp_path / "data"), samples=False, segmenters=("sam2=/nowhere",))
    with pytest.raises(InvalidDataError, match="no folder"):
        create_app(settings, pages=False)
    shutil.rmtree(tmp_path / "data", ignore_errors=True)
