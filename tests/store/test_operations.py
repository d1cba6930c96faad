from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from worldloom.scene.errors import ConflictError, InvalidDataError, NotFoundError
from worldloom.scene.store.answers import Answer
from worldloom.scene.store.operations import Process
from worldloom.scene.store.store import Store

HEAVY = {"here/cpu:0": ["reconstruct"]}


def test_work_is_claimed_in_order_and_by_kind(store: Store) -> None:
    first = store.operations.submit("reconstruct", "First", {"a": 1})
    store.operations.submit("reconstruct", "Second", {})
    light = store.operations.submit("export", "Third", {})
    assert store.operations.ahead(light) == 2
    claimed = store.operations.claim({"here/light:0": ["export"]})
    assert claimed is not None and claimed.id == light.id and claimed.slot == "here/light:0"
    claimed = store.operations.claim(HEAVY)
    assert claimed is not None and claimed.id == first.id and claimed.parameters == {"a": 1} and claimed.attempts == 1


def test_a_device_never_gets_two(store: Store) -> None:
    for number in range(6):
        store.operations.submit("reconstruct", str(number), {})
    with ThreadPoolExecutor(6) as pool:
        claimed = [one for one in pool.map(lambda _: store.operations.claim(HEAVY), range(6)) if one]
    assert len(claimed) == 1
    assert store.operations.claim(HEAVY) is None
    store.operations.succeed(claimed[0].id, {}, None)
    assert store.operations.claim(HEAVY) is not None


def test_no_work_is_done_twice(store: Store) -> None:
    made = {store.operations.submit("reconstruct", str(number), {}).id for number in range(5)}
    slots = [{f"here/cpu:{number}": ["reconstruct"]} for number in range(10)]
    with ThreadPoolExecutor(10) as pool:
        claimed = [one.id for one in pool.map(store.operations.claim, slots) if one]
    assert len(claimed) == len(set(claimed)) and set(claimed) <= made


def test_progress_is_told_and_wishes_come_back(store: Store) -> None:
    operation = store.operations.submit("reconstruct", "x", {})
    store.operations.claim(HEAVY)
    store.operations.set_process(operation.id, Process("here", 12, 3.5))

    def report() -> str | None:
        return store.operations.report(
            operation.id, stage="train", message="step 5", fraction=0.4, seconds_left=30.0, preview=None
        )

    assert report() is None
    store.operations.ask(operation.id, "finish")
    assert report() == "finish"
    found = store.operations.get(operation.id)
    assert (found.stage, found.fraction, found.process) == ("train", 0.4, Process("here", 12, 3.5))
    store.operations.succeed(operation.id, {"world": "w"}, "w")
    found = store.operations.get(operation.id)
    assert found.over and found.world == "w" and found.slot is None and found.process is None and found.wish is None


def test_waiting_work_is_cancelled_at_once_and_retried(store: Store) -> None:
    operation = store.operations.submit("reconstruct", "x", {})
    assert store.operations.ask(operation.id, "cancel").status == "cancelled"
    assert store.operations.claim(HEAVY) is None
    assert store.operations.retry(operation.id).status == "queued"
    assert store.operations.claim(HEAVY) is not None
    with pytest.raises(ConflictError, match="only what failed"):
        store.operations.retry(operation.id)


def test_what_is_over_stays_so(store: Store) -> None:
    operation = store.operations.submit("reconstruct", "x", {})
    with pytest.raises(ConflictError, match="cancel it first"):
        store.operations.forget(operation.id)
    with pytest.raises(ConflictError, match="under way"):
        store.operations.ask(operation.id, "finish")
    store.operations.claim(HEAVY)
    store.operations.fail(operation.id, "why")
    with pytest.raises(ConflictError, match="is failed"):
        store.operations.ask(operation.id, "cancel")
    store.operations.forget(operation.id)
    with pytest.raises(NotFoundError):
        store.operations.get(operation.id)


def test_pages_of_operations(store: Store) -> None:
    made = [store.operations.submit("export" if number % 2 else "import", str(number), {}).id for number in range(7)]
    page = store.operations.page(size=4)
    rest = store.operations.page(size=4, after=page.next)
    assert [one.id for one in (*page.operations, *rest.operations)] == made[::-1] and rest.next is None
    assert {one.kind for one in store.operations.page(kind="export").operations} == {"export"}
    assert store.operations.page(statuses=("failed",)).operations == ()
    with pytest.raises(InvalidDataError, match="page token"):
        store.operations.page(after="!")


def test_an_answer_is_given_again(store: Store) -> None:
    assert store.answers.begin("k", "request") is None
    with pytest.raises(ConflictError, match="being carried out"):
        store.answers.begin("k", "request")
    store.answers.end("k", Answer(202, {"id": "x"}))
    assert store.answers.begin("k", "request") == Answer(202, {"id": "x"})
    with pytest.raises(InvalidDataError, match="another request"):
        store.answers.begin("k", "other")
    assert store.answers.begin("l", "request") is None
    store.answers.end("l", None)
    assert store.answers.begin("l", "request") is None


def test_of_equal_requests_at_once_one_is_carried_out(store: Store) -> None:
    def begin(_: int) -> bool:
        try:
            return store.answers.begin("k", "request") is None
        except ConflictError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begin, range(8))) == 1


def test_uploads_are_kept_and_laid_out(store: Store, tmp_path: Path) -> None:
    photo = tmp_path / "1"
    photo.write_bytes(b"pixels")
    upload = store.uploads.add({"C:\\photos\\a b.jpg": photo})
    assert list(store.uploads.get(upload.id).files) == ["photos/a b.jpg"]
    (path,) = store.uploads.lay_out(upload, tmp_path / "out")
    assert path.read_bytes() == b"pixels" and path.parent == tmp_path / "out" / "photos"
    with pytest.raises(InvalidDataError, match="no file"):
        store.uploads.add({})
    for name in ("..", "/", "a\x00b", "x" * 300):
        with pytest.raises(InvalidDataError, match="file's name"):
            store.uploads.add({name: photo})
    assert list(store.uploads.add({"../../etc/passwd": photo}).files) == ["etc/passwd"]
