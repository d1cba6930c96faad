from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.scene.samples import random_gaussians
from worldloom.reconstruct.ledger import Ledger
from worldloom.reconstruct.progress import silent
from worldloom.reconstruct.records import Record
from worldloom.scene.errors import WorldloomError


class Number(Record):
    value: int


class Counter:
    """A two-stage pipeline that counts how often each stage is run."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def __call__(
        self, folder: Path, *, first: int = 1, second: int = 2, only: str | None = None, redo_from: str | None = None
    ) -> int:
        ledger = Ledger(folder, silent, only=only, redo_from=redo_from)

        def run(stage: str, value: int) -> Number:
            self.ran.append(stage)
            return Number(value=value)

        one = ledger.record("collect", Number, first, lambda _: run("collect", first))
        two = ledger.record("select", Number, second, lambda _: run("select", one.value + second))
        return two.value


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    pipeline = Counter()
    assert pipeline(tmp_path) == pipeline(tmp_path) == 3
    assert pipeline.ran == ["collect", "select"]


def test_a_changed_option_runs_its_stage_and_those_after(tmp_path: Path) -> None:
    pipeline = Counter()
    pipeline(tmp_path)
    assert pipeline(tmp_path, second=5) == 6
    assert pipeline.ran == ["collect", "select", "select"]
    assert pipeline(tmp_path, first=2, second=5) == 7
    assert pipeline.ran[3:] == ["collect", "select"]


def test_a_damaged_result_is_made_again(tmp_path: Path) -> None:
    pipeline = Counter()
    pipeline(tmp_path)
    (tmp_path / "select" / "result.json").write_text("{")
    assert pipeline(tmp_path) == 3
    (tmp_path / "select" / "done.json").write_bytes(b"\xff")
    assert pipeline(tmp_path) == 3
    assert pipeline.ran == ["collect", "select", "select", "select"]


def test_a_stage_that_fails_is_not_done(tmp_path: Path) -> None:
    pipeline = Counter()
    pipeline(tmp_path)
    ledger = Ledger(tmp_path, silent, redo_from="collect")
    with pytest.raises(ZeroDivisionError):
        ledger.record("collect", Number, 1, lambda _: Number(value=1 // 0))
    pipeline(tmp_path)
    assert pipeline.ran == ["collect", "select", "collect"], "select's key and result still fit"


def test_redo_and_only(tmp_path: Path) -> None:
    pipeline = Counter()
    with pytest.raises(WorldloomError, match="'select' can't run alone yet: the result of 'collect'"):
        pipeline(tmp_path, only="select")
    pipeline(tmp_path)
    pipeline(tmp_path, only="select")
    pipeline(tmp_path, redo_from="select")
    pipeline(tmp_path, redo_from="collect")
    assert pipeline.ran == ["collect", "select", "select", "select", "collect", "select"]


def test_gaussians_come_back_as_they_were(tmp_path: Path) -> None:
    made = {"captured": random_gaussians(9, 2), "sky": random_gaussians(3)}
    Ledger(tmp_path, silent).gaussians("clean", 1, lambda _: made)
    again = Ledger(tmp_path, silent).gaussians("clean", 1, lambda _: pytest.fail("was run again"))
    for name, gaussians in made.items():
        assert all(torch.equal(a, b) for a, b in zip(gaussians.tensors, again[name].tensors))
