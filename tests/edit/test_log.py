"""Logs that are kept: restarts, other processes, branches, versions that others made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edit.worlds import garden
from worldloom.edit import masks
from worldloom.edit.change.become import Become
from worldloom.edit.change.delete import Delete
from worldloom.edit.criteria import ByLayer, ByRows, Everything, InSphere, Mask
from worldloom.edit.log import SYSTEM, Log
from worldloom.edit.select.operations import Hide, Lock, Select, ShowAll, UnlockAll
from worldloom.scene import world as worlds
from worldloom.scene.errors import ConflictError, InvalidDataError, NotFoundError
from worldloom.scene.store.store import Place, Store

BALL = InSphere(center=(0.5, 0, 0), radius=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(Place.at(tmp_path / "data"))
    yield opened
    opened.close()


@pytest.fixture
def world(store: Store, tmp_path: Path) -> str:
    return keep(store, tmp_path / "garden").world


def keep(store: Store, folder: Path, world: str | None = None, message: str = "Made", count: int = 300):
    worlds.save(garden(count), folder)
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return store.worlds.commit_folder(folder, files, world=world, message=message)


def test_undo_survives_a_restart(store: Store, world: str, tmp_path: Path) -> None:
    log = Log(store, world)
    first = log.state.digest()
    log.do(Select(where=BALL), "ann")
    log.do(Delete(), "ann")
    edited = log.state.digest()

    reopened = Store.open(Place.at(tmp_path / "data"))
    again = Log(reopened, world)
    assert again.state.digest() == edited
    again.undo("ann")
    assert again.state.selection("ann")
    again.undo("ann")
    assert again.state.digest() == first
    with pytest.raises(ConflictError, match="nothing to undo"):
        again.undo("ann")
    again.redo("ann")
    again.redo("ann")
    assert Log(reopened, world).state.digest() == edited
    reopened.close()


def test_two_logs_of_one_world_take_in_each_others_edits(store: Store, world: str) -> None:
    here, there = Log(store, world), Log(store, world)
    here.do(Delete(where=ByLayer(names=("sky",))), "ann")
    done = there.do(Delete(where=BALL), "ben")
    assert done.number == 2
    here.refresh()
    assert here.state.digest() == there.state.digest() == Log(store, world).state.digest()


def test_an_entry_that_is_sent_twice_is_kept_once(store: Store, world: str) -> None:
    log = Log(store, world)
    first = log.do(Delete(where=BALL), "ann", id="one")
    again = log.do(Delete(where=BALL), "ann", id="one")
    assert (first.number, again.number, log.number) == (1, 1, 1)


def test_when_an_entry_was_made_is_known_at_once(store: Store, world: str) -> None:
    log = Log(store, world)
    before = time.time()
    made = log.do(Delete(where=BALL), "ann").entry.created
    assert before <= made <= time.time()
    assert log.history.entries[-1].created == made == store.edits.lines(world)[0].created


def test_long_sets_of_rows_are_kept_as_blobs(store: Store, tmp_path: Path) -> None:
    import torch

    world = keep(store, tmp_path / "large", count=120_000).world
    log = Log(store, world)
    ground = log.state.part("ground")
    chosen = torch.rand(len(ground), generator=torch.Generator().manual_seed(0)) < 0.5
    mask = Mask(rows=len(ground), bits=masks.pack(chosen))
    log.do(Delete(where=ByRows(parts={ground.key: mask})), "ann")
    kept = store.edits.lines(world)[0].operation
    assert kept is not None
    assert kept["where"]["parts"][ground.key]["bits"] is None
    assert torch.equal(Log(store, world).state.part("ground").dead, chosen)


def test_rows_of_a_layer_that_is_gone_are_refused(store: Store, world: str) -> None:
    mask = Mask(rows=7, bits=masks.pack([True] * 7))
    with pytest.raises(ConflictError, match="select them again"):
        Log(store, world).do(Select(where=ByRows(parts={"v1.0": mask})), "ann")


def test_a_version_that_a_job_made_becomes_the_world(store: Store, world: str, tmp_path: Path) -> None:
    log = Log(store, world)
    log.do(Delete(where=BALL), "ann")
    edited = log.state.digest()
    made = keep(store, tmp_path / "grown", world, "Extended", count=200)
    log.refresh()
    assert log.version == made.number
    assert len(log.state.part("ground")) == 200
    assert not log.dirty
    last = log.history.entries[-1]
    assert (last.person, last.operation and last.operation.title) == (SYSTEM, "Extended")
    log.undo("ann", target=last.id)
    assert log.state.digest() == edited
    log.refresh()
    assert log.state.digest() == edited, "an undone version came back"


def test_whether_something_is_unsaved(store: Store, world: str) -> None:
    log = Log(store, world)
    assert not log.dirty
    log.do(Delete(where=BALL), "ann")
    assert log.dirty
    log.undo("ann")
    assert not log.dirty
    log.redo("ann")
    log.saved(1, "ann")
    assert not log.dirty
    log.undo("ann")
    assert log.dirty


def test_what_is_only_selected_hidden_or_locked_is_not_unsaved(store: Store, world: str) -> None:
    log = Log(store, world)
    before = log.state.baked()
    for operation in (Select(where=BALL), Hide(where=BALL), ShowAll(), Lock(where=BALL), UnlockAll()):
        log.do(operation, "ann")
        assert not log.dirty, operation.title
    assert all(one.gaussians is other.gaussians for one, other in zip(log.state.baked().layers, before.layers))
    log.do(Delete(), "ann")
    assert log.dirty
    log.saved(1, "ann")
    log.do(Hide(where=Everything()), "ann")
    assert not log.dirty
    selected = log.history.entries[0]
    log.undo("ann", target=selected.id)
    assert log.dirty, "what was deleted had been selected"
    log.redo("ann", target=selected.id)
    assert not log.dirty


def test_a_version_that_one_has_become_is_saved_whatever_is_selected(store: Store, world: str) -> None:
    log = Log(store, world)
    log.do(Delete(where=BALL), "ann")
    log.do(Become(version=1), "ann")
    log.do(Select(where=BALL), "ann")
    assert not log.dirty


def test_a_branch_leaves_the_main_one_alone_and_merges_to_the_same_bytes(store: Store, world: str) -> None:
    main = Log(store, world)
    main.do(Delete(where=ByLayer(names=("sky",))), "ann")
    before = main.state.digest()
    store.edits.fork(world, "no house", person="ben")
    branch = Log(store, world, "no house")
    assert branch.state.digest() == before
    branch.do(Select(where=ByLayer(names=("house",))), "ben")
    branch.do(Delete(), "ben")
    main.refresh()
    assert main.state.digest() == before

    assert main.merge(branch, "ann") == []
    assert main.state.digest() == branch.state.digest()
    assert main.merge(branch, "ann") == []
    assert main.number == 3, "merging twice did something"
    assert Log(store, world).state.digest() == branch.state.digest()


def test_a_branch_of_a_branch_begins_where_it_says(store: Store, world: str) -> None:
    main = Log(store, world)
    digests = [main.state.digest()]
    for radius in (0.5, 1.0, 1.5):
        main.do(Hide(where=InSphere(center=(0, 0, 0), radius=radius)), "ann")
        digests.append(main.state.digest())
    store.edits.fork(world, "a", at=2)
    Log(store, world, "a").do(Delete(where=Everything()), "ben")
    store.edits.fork(world, "b", parent="a", at=1)
    assert Log(store, world, "b").state.digest() == digests[1]
    store.edits.fork(world, "c", parent="a")
    assert Log(store, world, "c").state.digest() == Log(store, world, "a").state.digest()
    assert [line.number for line in store.edits.lines(world, "c")] == [1, 2, 3]


@pytest.mark.parametrize("name", ["", " x", "a/b", "x" * 64, "<b>"])
def test_branches_have_plain_names(store: Store, world: str, name: str) -> None:
    with pytest.raises(InvalidDataError, match="branch's name"):
        store.edits.fork(world, name)


def test_what_is_not_there_is_said(store: Store, world: str) -> None:
    with pytest.raises(NotFoundError, match="no world"):
        Log(store, "000000000000")
    with pytest.raises(NotFoundError, match="no branch"):
        Log(store, world, "nowhere")
    store.edits.fork(world, "twice")
    with pytest.raises(ConflictError, match="already"):
        store.edits.fork(world, "twice")
    with pytest.raises(InvalidDataError, match="can't begin after"):
        store.edits.fork(world, "late", at=9)
