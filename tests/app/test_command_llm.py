"""A language model's operations are checked and only proposed; a scripted stand-in answers."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from tests.app.street import street
from tests.edit.worlds import NoSources
from worldloom.app.command.llm import propose_with_llm
from worldloom.app.command.propose import Proposals
from worldloom.edit.state import EditState
from worldloom.scene.errors import InvalidDataError

DELETE = {"op": "delete", "where": {"by": "class", "names": ["tree"]}}


class Model:
    """Answers in turn, and remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = [answer if isinstance(answer, str) else json.dumps(answer) for answer in answers]
        self.asked: list[list[dict[str, str]]] = []

    def __call__(self, **request: Any) -> Any:
        self.asked.append(list(request["messages"]))
        return SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content=self.answers.pop(0)))])


@pytest.fixture(scope="module")
def state() -> EditState:
    return EditState.of(street(), "v1")


def asked(state: EditState, model: Model, text: str = "entferne alle Bäume") -> Proposals:
    return propose_with_llm(text, "ollama/some", state, person="ann", sources=NoSources(), complete=model)


def test_operations_are_proposed_with_what_they_would_change(state: EditState) -> None:
    model = Model({"operations": [DELETE, {"op": "show_all"}]})
    before = state.digest()
    found = asked(state, model)
    assert [one.operation.model_dump()["op"] for one in found.proposals if one.operation] == ["delete", "show_all"]
    assert found.proposals[0].count > 500 and not found.not_understood
    assert state.digest() == before
    assert "entferne alle Bäume" in model.asked[0][1]["content"] and "fountain" in model.asked[0][1]["content"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("No.", "no JSON object"),
        ('{"operations": [}', "can't be read"),
        ({"operations": {"op": "delete"}}, "a list"),
        ({"operations": [{"op": "explode"}]}, "no such operation"),
        ({"operations": [{"op": "delete", "force": True}]}, "force"),
        ({"operations": [{"op": "become", "version": 1}]}, "become"),
    ],
)
def test_a_wrong_answer_gets_one_repair(wrong: Any, told: str, state: EditState) -> None:
    model = Model(wrong, {"operations": [DELETE]})
    assert len(asked(state, model).proposals) == 1
    assert told in model.asked[1][-1]["content"]


def test_two_wrong_answers_are_told(state: EditState) -> None:
    with pytest.raises(InvalidDataError, match="two answers"):
        asked(state, Model("no", "no"))


def test_what_cannot_be_done_here_is_told(state: EditState) -> None:
    wrong = [{"op": "delete"}, {"op": "hide", "where": {"by": "layer", "names": ["x"]}}]
    found = asked(state, Model({"operations": wrong}))
    assert not found.proposals and len(found.not_understood) == 2
    assert "Nothing is selected" in found.not_understood[0].why


@pytest.mark.parametrize("text", ["", " ", "x" * 5000])
def test_no_text_asks_nobody(text: str, state: EditState) -> None:
    model = Model()
    with pytest.raises(InvalidDataError):
        asked(state, model, text)
    assert not model.asked
