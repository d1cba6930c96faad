"""A language model's answers become a checked spec, or a sentence: litellm's own mock, and a stand-in for it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from worldloom.generate.understand.llm import understand_with_llm
from worldloom.scene.errors import InvalidDataError, MissingDependencyError

TOWER = {"kind": "island", "hour": 6.5, "objects": [{"id": "t", "what": "tower", "count": 2, "colour": [1, 0, 0]}]}


class Model:
    """Answers in turn, and remembers what it was asked."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def __call__(self, **request: Any) -> Any:
        self.asked.append({**request, "messages": list(request["messages"])})
        message = SimpleNamespace(content=self.answers.pop(0))
        return SimpleNamespace(choices=[SimpleNamespace(message=message)])


def test_an_answer_becomes_a_spec() -> None:
    model = Model(json.dumps(TOWER))
    result = understand_with_llm("zwei rote Türme", "ollama/some", seed=5, complete=model, api_base="http://x")
    assert result.spec.kind == "island" and result.spec.objects[0].count == 2
    assert result.spec.seed == 5 and result.spec.prompt == "zwei rote Türme"
    assert result.by == "ollama/some"
    assert model.asked[0]["model"] == "ollama/some" and model.asked[0]["api_base"] == "http://x"
    assert model.asked[0]["messages"][-1] == {"role": "user", "content": "zwei rote Türme"}


def test_fences_around_the_json_do_no_harm() -> None:
    model = Model(f"Here you are:\n```json\n{json.dumps(TOWER)}\n```")
    assert understand_with_llm("x y", "m", complete=model).spec.hour == 6.5


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("I can't do that.", "no JSON object"),
        ('{"kind": "island",}', "can't be read"),
        ('{"kind": "volcano"}', "kind"),
        ('{"hour": 99}', "hour"),
        ('{"evil": 1}', "evil"),
        (json.dumps({"objects": [{"id": "d", "what": "dragon"}]}), "dragon"),
        (json.dumps({"vegetation": {"plants": [{"species": "triffid"}]}}), "triffid"),
    ],
)
def test_a_wrong_answer_gets_one_repair(wrong: str, told: str) -> None:
    model = Model(wrong, json.dumps(TOWER))
    assert understand_with_llm("two towers", "m", complete=model).spec.kind == "island"
    assert told in model.asked[1]["messages"][-1]["content"]
    with pytest.raises(InvalidDataError, match="no valid world in two answers"):
        understand_with_llm("two towers", "m", complete=Model(wrong, wrong))


def test_a_model_out_of_reach_is_said() -> None:
    def fails(**_: Any) -> Any:
        raise ConnectionError("connection refused\nand a long trace")

    with pytest.raises(InvalidDataError, match=r"The model m could not be asked: connection refused$"):
        understand_with_llm("two towers", "m", complete=fails)


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001])
def test_bad_text_is_not_sent(text: str) -> None:
    model = Model()
    with pytest.raises(InvalidDataError):
        understand_with_llm(text, "m", complete=model)
    assert not model.asked


def test_without_litellm_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "litellm", None)
    with pytest.raises(MissingDependencyError, match=r"worldloom\[llm\]"):
        understand_with_llm("two towers", "m")


def test_through_litellm() -> None:
    pytest.importorskip("litellm", reason="the extra llm is not installed")
    result = understand_with_llm("two red towers", "ollama/some", mock_response=json.dumps(TOWER))
    assert result.spec.objects[0].what == "tower" and result.by == "ollama/some"
