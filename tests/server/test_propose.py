"""Orders in words over the API and on the command line: proposed, and done only when somebody agrees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests.app.street import street
from tests.server.conftest import Server
from worldloom.app.cli import app
from worldloom.app.command import llm
from worldloom.app.server.application import create_app
from worldloom.app.server.schemas import API
from worldloom.app.server.settings import ServerSettings
from worldloom.scene.errors import MissingDependencyError
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


Say = Callable[..., dict[str, Any]]


class Model:
    """Answers as litellm does."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)

    def __call__(self, *, model: str, **_: Any) -> Any:
        assert model == "ollama/some"
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content=answer))])


@pytest.fixture
def told(tmp_path: Path, world_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Say]:
    """Says something to a server whose language model is a scripted one."""
    place = Place.at(tmp_path / "data")
    settings = ServerSettings(place, samples=False, language_model="ollama/some")
    store = Store.open(place)
    paths = [path.relative_to(world_folder).as_posix() for path in world_folder.rglob("*") if path.is_file()]
    world = store.worlds.commit_folder(world_folder, paths, message="Made").world
    store.close()
    with TestClient(create_app(settings, pages=False), base_url="http://127.0.0.1:7860") as client:

        def say(text: str, *answers: str | Exception, status: int = 200) -> dict[str, Any]:
            monkeypatch.setattr(llm, "litellm_completion", lambda: Model(*answers))
            answer = client.post(f"{API}/worlds/{world}:propose", json={"text": text})
            assert answer.status_code == status, answer.text
            return answer.json()

        yield say


def test_a_language_model_reads_where_one_is_set(told: Say) -> None:
    everything = {"op": "hide", "where": {"by": "everything"}}
    found = told("blende alles aus", json.dumps({"operations": [everything]}))
    assert (found["by"], found["note"]) == ("ollama/some", "")
    assert [one["operation"]["op"] for one in found["proposals"]] == ["hide"] and found["proposals"][0]["count"] > 0


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ((ConnectionError("nobody answers"),), "nobody answers"),
        (("Sure!", "Here you are."), "no valid operations"),
        (('{"operations": []}',), "no operation"),
    ],
)
def test_rules_read_where_the_model_fails(told: Say, answers: tuple[str | Exception, ...], why: str) -> None:
    found = told("hide everything", *answers)
    assert found["by"] == "rules" and why in found["note"] and "rules instead" in found["note"]
    assert [one["operation"]["op"] for one in found["proposals"]] == ["hide"]


def test_what_neither_can_read_is_refused_with_both_reasons(told: Say) -> None:
    why = told("42", ConnectionError("nobody answers"), status=422)["detail"]
    assert "nobody answers" in why and len(why) > len("nobody answers") + 60


def test_a_model_without_litellm_is_refused_when_the_server_starts(tmp_path: Path) -> None:
    if find_spec("litellm") is not None:
        pytest.skip("litellm is installed")
    said = ["serve", "--data", str(tmp_path), "--port", "0", "--language-model", "ollama/some"]
    found = CliRunner().invoke(app, said)
    assert isinstance(found.exception, MissingDependencyError) and "litellm" in str(found.exception)


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
