from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.samples import keep_world, save_world
from worldloom.scene import world as worlds
from worldloom.scene.errors import ConflictError, InvalidDataError, NotFoundError
from worldloom.scene.store.store import Place, Store
from worldloom.scene.store.worlds import Version
from worldloom.scene.world_record import Annotation


def test_a_world_comes_back_to_the_byte(store: Store, tmp_path: Path) -> None:
    version = keep_world(store, tmp_path / "a")
    folder = store.worlds.checkout(store.worlds.version(version.world), tmp_path / "b")
    for path in save_world(tmp_path / "a"):
        assert (folder / path).read_bytes() == (tmp_path / "a" / path).read_bytes()
    assert len(worlds.load(folder).gaussians()) == 50 == version.gaussians
    stored = store.worlds.get(version.world)
    assert (stored.name, stored.head, stored.gaussians) == ("Garden", 1, 50)


def test_only_what_is_asked_for_is_laid_out(store: Store, tmp_path: Path) -> None:
    version = keep_world(store, tmp_path / "a")
    folder = store.worlds.checkout(version, tmp_path / "b", only=["world.json"])
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["world.json"]


def test_edits_are_versions_and_an_old_one_is_restored_to_the_byte(store: Store, tmp_path: Path) -> None:
    first = keep_world(store, tmp_path / "a")
    record = store.worlds.record(first)
    note = record.model_copy(update={"annotations": (Annotation(text="door", position=(1, 2, 3)),)})
    second = store.worlds.edit(first.world, 1, note, "Note")
    assert (second.number, second.parent) == (2, 1)
    assert store.worlds.record(store.worlds.version(first.world)).annotations[0].text == "door"
    third = store.worlds.restore(first.world, 1)
    assert (third.number, third.parent) == (3, 1) and dict(third.files) == dict(first.files)
    assert [version.number for version in store.worlds.versions(first.world)] == [3, 2, 1]


def test_a_change_to_an_old_version_is_refused(store: Store, tmp_path: Path) -> None:
    version = keep_world(store, tmp_path / "a")
    record = store.worlds.record(version)
    store.worlds.edit(version.world, 1, record, "first")
    with pytest.raises(ConflictError, match="is at version 2"):
        store.worlds.edit(version.world, 1, record, "second")


def test_of_many_edits_at_once_one_wins(store: Store, tmp_path: Path) -> None:
    version = keep_world(store, tmp_path / "a")
    record = store.worlds.record(version)

    def edit(number: int) -> bool:
        try:
            store.worlds.edit(version.world, 1, record, f"edit {number}")
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(edit, range(8)))
    assert sum(won) == 1 and store.worlds.get(version.world).head == 2


def test_what_an_operation_made_is_kept_once(store: Store, tmp_path: Path) -> None:
    paths = save_world(tmp_path / "a")

    def keep(_: int) -> Version:
        return store.worlds.commit_folder(tmp_path / "a", paths, message="Made", operation="op1")

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(keep, range(4)))
    assert len({(version.world, version.number) for version in made}) == 1
    assert store.worlds.count() == 1


def test_a_version_needs_its_layers(store: Store, tmp_path: Path) -> None:
    save_world(tmp_path / "a")
    with pytest.raises(InvalidDataError, match="lacks layers/"):
        store.worlds.commit_folder(tmp_path / "a", ["world.json"], message="half")
    assert store.worlds.count() == 0


def test_deleted_worlds_come_back(store: Store, tmp_path: Path) -> None:
    version = keep_world(store, tmp_path / "a")
    store.worlds.delete(version.world)
    assert store.worlds.page().worlds == () and len(store.worlds.page(deleted=True).worlds) == 1
    with pytest.raises(NotFoundError, match="in the bin"):
        store.worlds.get(version.world)
    store.worlds.undelete(version.world)
    assert store.worlds.get(version.world).deleted is None
    assert store.worlds.version(version.world).number == 1


def test_a_copy_shares_its_blobs_and_goes_its_own_way(store: Store, tmp_path: Path) -> None:
    version = keep_world(store, tmp_path / "a", tags=["forest"])
    before = store.blobs.names()
    copy = store.worlds.duplicate(version.world)
    assert store.blobs.names() == before and copy.id != version.world
    assert copy.name == "Garden copy" and copy.tags == ("forest",)
    store.worlds.rename(copy.id, "Other")
    assert store.worlds.get(version.world).name == "Garden"


def test_worlds_are_found_by_words_and_tags(store: Store, tmp_path: Path) -> None:
    names = ["Red barn", "Blue barn", "100% wool_shop", "Garden"]
    for number, name in enumerate(names):
        keep_world(store, tmp_path / name, name, seed=number)
    blue = store.worlds.page(query="blue").worlds[0]
    store.worlds.set_tags(blue.id, ["Farm", "farm", " old "])

    def found(**asked: str) -> set[str]:
        return {world.name for world in store.worlds.page(**asked).worlds}  # pyright: ignore[reportArgumentType]

    assert found(query="BARN") == {"Red barn", "Blue barn"}
    assert found(query="barn red") == {"Red barn"}
    assert found(query="%") == {"100% wool_shop"} and found(query="l_s") == {"100% wool_shop"}
    assert found(tag="farm") == {"Blue barn"} == found(query="farm")
    assert found(tag="far") == set()
    assert store.worlds.tags() == ("farm", "old")


def test_pages_show_every_world_once(store: Store, tmp_path: Path) -> None:
    made = {keep_world(store, tmp_path / str(number), f"World {number}").world for number in range(7)}
    seen: list[str] = []
    after = None
    while True:
        page = store.worlds.page(size=3, after=after)
        assert len(page.worlds) <= 3
        seen += [world.id for world in page.worlds]
        after = page.next
        if after is None:
            break
    assert len(seen) == 7 and set(seen) == made
    for nonsense in ("x", "_", "zz_1"):
        with pytest.raises(InvalidDataError, match="page token"):
            store.worlds.page(after=nonsense)


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\nb", "a\x00b"])
def test_bad_names_are_refused(store: Store, tmp_path: Path, name: str) -> None:
    version = keep_world(store, tmp_path / "a")
    with pytest.raises(InvalidDataError, match="name"):
        store.worlds.rename(version.world, name)
    with pytest.raises(InvalidDataError):
        store.worlds.set_tags(version.world, [name])


def test_unknown_worlds_and_versions_are_told(store: Store, tmp_path: Path) -> None:
    version = keep_world(store, tmp_path / "a")
    with pytest.raises(NotFoundError, match="no world"):
        store.worlds.get("nothing")
    with pytest.raises(NotFoundError, match="no version 5"):
        store.worlds.version(version.world, 5)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.sampled_from(["edit", "restore", "rename", "delete", "copy"]), max_size=12), data=st.data())
def test_no_sequence_of_changes_loses_a_version(
    tmp_path_factory: pytest.TempPathFactory, changes: list[str], data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("store")
    store = Store.open(Place.at(root / "data"))
    world = keep_world(store, root / "a").world
    kept: list[dict[str, str]] = []

    def note() -> None:
        files = store.worlds.version(world).files
        kept.append({path: file.sha256 for path, file in files.items()})

    note()
    for number, change in enumerate(changes):
        head = store.worlds.get(world).head
        if change == "edit":
            record = store.worlds.record(store.worlds.version(world))
            place = Annotation(text=str(number), position=(number, 0, 0))
            store.worlds.edit(world, head, record.model_copy(update={"annotations": (place,)}), "edit")
            note()
        elif change == "restore":
            store.worlds.restore(world, data.draw(st.integers(1, head)))
            note()
        elif change == "rename":
            store.worlds.rename(world, f"Name {number}")
        elif change == "delete":
            store.worlds.delete(world)
            store.worlds.undelete(world)
        else:
            store.worlds.duplicate(world)
    versions = sorted(store.worlds.versions(world), key=lambda version: version.number)
    assert [{path: file.sha256 for path, file in version.files.items()} for version in versions] == kept
    assert all(store.blobs.has(name) for files in kept for name in files.values())
    store.close()
