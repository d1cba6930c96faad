"""Orders in words over the API and on the command line: proposed, and done only when somebody agrees."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.app.street import street
from tests.server.conftest import Server
from worldloom.app.cli import app
from worldloom.app.server.schemas import API
from worldloom.scene.store.store import Place, Store
from worldloom.scene.world import save


@pytest.fixture
def library(tmp_path: Path) -> tuple[Path, str]:
    save(street(), tmp_path / "street")
    paths = [path.relative_to(tmp_path / "street").as_posix() for path in (tmp_path / "street").rglob("*.*")]
    store = Store.open(Place.at(tmp_path / "data"))
    world = store.worlds.commit_folder(tmp_path / "street", paths, message="Made").world
    store.close()
    return tmp_path / "data", world


def test_the_route_proposes_what_the_edit_route_then_does(server: Server) -> None:
    text = "make everything warmer and select everything; dance"
    answer = server.client.post(f"{API}/worlds/{server.world}:propose", json={"text": text})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [one["operation"]["op"] for one in found["proposals"]]
    assert {"operation", "title", "count", "note", "event", "turn"} == set(found["proposals"][0])
    (missed,) = found["not_understood"]
    assert missed["text"] == text[missed["start"] : missed["end"]] == "dance" and missed["why"]
    log = server.client.get(f"{API}/worlds/{server.world}/edits").json()
    assert log["edits"] == []
    body = {"operations": [found["proposals"][0]["operation"]], "save": False}
    done = server.client.post(f"{API}/worlds/{server.world}:edit", json=body)
    assert done.status_code == 200 and done.json()["results"][0]["count"] == found["proposals"][0]["count"]


@pytest.mark.parametrize(
    "body", [{"text": ""}, {}, {"text": "x" * 5000}, {"text": "hide it", "run": True}, {"text": "42"}]
)
def test_wrong_requests_are_refused(body: dict[str, object], server: Server) -> None:
    assert 400 <= server.client.post(f"{API}/worlds/{server.world}:propose", json=body).status_code < 500


def test_the_command_line_asks_before_it_does_anything(library: tuple[Path, str]) -> None:
    data, world = library
    said = ["edit", world, "say", "delete the statue and hide the trees", "--data", str(data), "--no-save"]
    refused = CliRunner().invoke(app, said, input="n\n")
    assert refused.exit_code == 0, refused.output
    assert "1. Delete the statue: 270" in refused.output
    log = ["edit", world, "log", "--data", str(data)]
    assert "Delete" not in CliRunner().invoke(app, log).output
    agreed = CliRunner().invoke(app, said, input="y\n")
    assert agreed.exit_code == 0 and "Done." in agreed.output
    assert "Delete" in CliRunner().invoke(app, log).output
