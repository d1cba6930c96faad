"""Undo, redo and replay of random sequences of operations by several people."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.edit.arranging import arrangements
from tests.edit.authoring import authorings
from tests.edit.composing import compositions
from tests.edit.looking import looks
from tests.edit.worlds import NoSources, apply, editing
from worldloom.edit.author.record import SetAnnotations, SetEnvironment, SetSpawn, UpdateLayer
from worldloom.edit.change.delete import Delete
from worldloom.edit.criteria import ByColour, ByLayer, Everything, Flood, InBox, InRange, InSphere, InSpheres, Not
from worldloom.edit.history import Entry, History, in_force, redoable, undoable
from worldloom.edit.operation import Operation
from worldloom.edit.registry import OPERATIONS, parse
from worldloom.edit.select.operations import (
    GrowSelection,
    Hide,
    InvertSelection,
    Lock,
    Select,
    SelectNone,
    ShowAll,
    ShrinkSelection,
    UnlockAll,
)
from worldloom.scene.errors import ConflictError, InvalidDataError, WorldloomError
from worldloom.scene.world_record import Annotation, Environment, Pose

PEOPLE = ("ann", "ben", "cem")

coordinates = some.floats(-2, 2)
places = some.tuples(coordinates, coordinates, coordinates)
criteria = some.one_of(
    some.builds(InSphere, center=places, radius=some.floats(0.1, 2)),
    some.builds(InBox, center=places, size=some.tuples(*[some.floats(0.1, 3)] * 3)),
    some.builds(ByLayer, names=some.sampled_from([("ground",), ("house",), ("ground", "sky")])),
    some.just(Everything()),
    some.builds(InSpheres, centers=some.tuples(places, places), radius=some.floats(0.1, 1)),
    some.builds(Flood, at=places, tolerance=some.floats(0.05, 0.5), step=some.floats(0.1, 1)),
    some.builds(ByColour, at=places, tolerance=some.floats(0.05, 0.5)),
    some.builds(InRange, attribute=some.sampled_from(["size", "opacity", "x"]), low=some.floats(0, 1)),
    some.builds(Not, of=some.builds(InSphere, center=places, radius=some.floats(0.1, 2))),
)
operations: some.SearchStrategy[Operation] = some.one_of(
    some.builds(Select, where=criteria, mode=some.sampled_from(["set", "add", "remove", "intersect"])),
    some.builds(GrowSelection, distance=some.none() | some.floats(0.05, 0.5)),
    some.builds(ShrinkSelection, distance=some.none() | some.floats(0.05, 0.5)),
    some.builds(Delete, where=some.none() | criteria),
    some.builds(Hide, where=some.none() | criteria),
    some.builds(Lock, where=some.none() | criteria),
    some.sampled_from([SelectNone(), InvertSelection(), ShowAll(), UnlockAll()]),
    arrangements(some.none() | criteria, places),
    looks(some.none() | criteria),
    authorings,
    compositions(criteria, places),
    some.builds(UpdateLayer, layer=some.sampled_from(["ground", "sky"]), translation=places, visible=some.booleans()),
    some.builds(SetSpawn, spawn=some.builds(Pose, position=places)),
    some.builds(SetEnvironment, environment=some.builds(Environment, fog_density=some.floats(0, 1))),
    some.builds(SetAnnotations, annotations=some.tuples(some.builds(Annotation, position=places))),
)
steps = some.lists(
    some.tuples(some.sampled_from(PEOPLE), some.sampled_from(["undo", "redo"]) | operations), max_size=25
)


def run(history: History, wanted: list[tuple[str, str | Operation]], *, first: int = 0) -> None:
    """Do what can be done of a sequence, as a server would.

    Args:
        first: number of the first step, which names it.
    """
    for number, (person, step) in enumerate(wanted, first):
        entries = history.entries
        try:
            if isinstance(step, Operation):
                history.add(Entry(f"e{number}", person, "do", step))
            else:
                stack = undoable(entries, person) if step == "undo" else redoable(entries, person)
                history.add(Entry(f"e{number}", person, step, target=stack[-1] if stack else None))  # pyright: ignore
        except WorldloomError:
            continue


@settings(deadline=None, max_examples=60)
@given(steps)
def test_undoing_everything_gives_the_first_bytes_back(wanted: list) -> None:
    base = editing()
    first = base.digest()
    history = History(base, NoSources())
    run(history, wanted)
    for number, id in enumerate(reversed(undoable(history.entries))):
        history.add(Entry(f"u{number}", "ann", "undo", target=id))
    assert history.state.digest() == first
    assert base.digest() == first, "the base itself was changed"


@settings(deadline=None, max_examples=60)
@given(steps, some.integers(0, 25))
def test_a_replay_makes_the_same_bytes(wanted: list, cut: int) -> None:
    history = History(editing(), NoSources())
    run(history, wanted)
    again = History(editing(), NoSources(), history.entries)
    assert again.state.digest() == history.state.digest()
    assert [skip.entry.id for skip in again.skipped] == [skip.entry.id for skip in history.skipped]
    parted = History(editing(), NoSources(), history.entries[:cut])
    parted.extend(history.entries[cut:])
    assert parted.state.digest() == history.state.digest()


def test_redo_brings_back_what_undo_took() -> None:
    history = History(editing(), NoSources())
    digests = [history.state.digest()]
    for number, radius in enumerate((0.5, 1.0, 1.5)):
        history.add(Entry(f"e{number}", "ann", "do", Delete(where=InSphere(center=(0, 0, 0), radius=radius))))
        digests.append(history.state.digest())
    assert len(set(digests)) == 4
    for number in (2, 1):
        history.add(Entry(f"u{number}", "ann", "undo", target=undoable(history.entries)[-1]))
        assert history.state.digest() == digests[number]
    for number in (2, 3):
        history.add(Entry(f"r{number}", "ann", "redo", target=redoable(history.entries, "ann")[-1]))
        assert history.state.digest() == digests[number]


def test_undo_takes_back_ones_own_and_leaves_the_others() -> None:
    history = History(editing(), NoSources())
    history.add(Entry("a", "ann", "do", Delete(where=ByLayer(names=("ground",)))))
    history.add(Entry("b", "ben", "do", Delete(where=ByLayer(names=("sky",)))))
    history.add(Entry("u", "ann", "undo", target=undoable(history.entries, "ann")[-1]))
    dead = {part.layer.name: bool(part.dead.all()) for part in history.state.parts}
    assert dead == {"ground": False, "house": False, "sky": True}
    assert undoable(history.entries, "ann") == []
    assert redoable(history.entries, "ben") == []


def test_the_same_entry_twice_counts_once() -> None:
    history = History(editing(), NoSources())
    entry = Entry("a", "ann", "do", Delete(where=InSphere(center=(0, 0, 0), radius=1)))
    history.add(entry)
    digest = history.state.digest()
    history.add(entry)
    assert len(history.entries) == 1
    assert history.state.digest() == digest


def test_what_undo_made_impossible_is_skipped_and_comes_back() -> None:
    history = History(editing(), NoSources())
    history.add(Entry("s", "ann", "do", Select(where=InSphere(center=(0, 0, 0), radius=1))))
    history.add(Entry("d", "ann", "do", Delete()))
    deleted = history.state.digest()
    history.add(Entry("u", "ann", "undo", target="s"))
    assert [skip.entry.id for skip in history.skipped] == ["d"]
    assert "Nothing is selected" in history.skipped[0].reason
    history.add(Entry("r", "ann", "redo", target="s"))
    assert not history.skipped
    assert history.state.digest() == deleted


def test_nothing_is_undone_twice() -> None:
    history = History(editing(), NoSources())
    history.add(Entry("d", "ann", "do", Delete(where=InSphere(center=(0, 0, 0), radius=1))))
    history.add(Entry("u", "ann", "undo", target="d"))
    with pytest.raises(ConflictError, match="nothing to undo"):
        history.add(Entry("u2", "ann", "undo", target="d"))
    assert [entry.id for entry in in_force(history.entries)] == []


def test_an_operation_that_fails_leaves_everything_as_it_was() -> None:
    history = History(editing(), NoSources())
    with pytest.raises(InvalidDataError, match="Nothing is selected"):
        history.add(Entry("d", "ann", "do", Delete()))
    assert not history.entries
    assert history.state.digest() == editing().digest()


def test_locked_and_hidden_rows_are_neither_selected_nor_deleted() -> None:
    state = editing()
    ball = InSphere(center=(0, 0, 0), radius=1)
    for guard in (Lock(where=ball), Hide(where=ball)):
        guarded = apply(state, guard).state
        chosen = apply(guarded, Select(where=Everything()))
        assert chosen.count == sum(len(part) for part in state.parts) - apply(state, Select(where=ball)).count
        gone = apply(chosen.state, Delete())
        assert gone.count == chosen.count


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_operations_are_read_back_as_they_were_written(name: str) -> None:
    assert name.islower()
    assert OPERATIONS[name].__doc__ or OPERATIONS[name].apply.__doc__ or len(OPERATIONS[name].model_fields) == 1


@given(operations)
def test_operations_survive_json(operation: Operation) -> None:
    assert parse(operation.model_dump_json()) == operation
    assert parse(operation.model_dump(mode="json")) == operation
    assert operation.title


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"op": "fly"}, "There is no such operation"),
        ({}, "There is no such operation"),
        ({"op": "select", "where": {"by": "sphere", "center": [0, 0], "radius": 1}}, "center"),
        ({"op": "select", "where": {"by": "sphere", "center": [0, 0, 0], "radius": float("nan")}}, "radius"),
        ({"op": "delete", "when": 1}, "when"),
    ],
)
def test_a_wrong_record_is_refused_in_a_sentence(data: dict, says: str) -> None:
    with pytest.raises(InvalidDataError, match=says):
        parse(data)


def test_operations_are_known_without_torch() -> None:
    code = "import sys, worldloom.edit.registry; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
