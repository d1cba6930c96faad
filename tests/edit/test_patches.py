"""Patches: what makes one state of another, for those who know nothing but them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings

from tests.edit.test_history import PEOPLE, run, steps
from tests.edit.worlds import NoSources, apply, editing
from tests.server.editing import Replica, check_same
from worldloom.app.editing.contents import Contents
from worldloom.app.editing.patches import changed_rows, nothing, patch, selection
from worldloom.app.editing.scene import edit_scene
from worldloom.edit.change.delete import Delete
from worldloom.edit.criteria import ByLayer, Everything, InSphere
from worldloom.edit.history import History
from worldloom.edit.select.operations import Select
from worldloom.edit.state import EditState
from worldloom.scene.store.store import Place, Store
from worldloom.scene.world import save

BALL = InSphere(center=(0, 0, 0), radius=1)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder:
        opened = Store.open(Place.at(Path(folder) / "data"))
        world = Path(folder) / "world"
        save(editing().baked(), world)
        files = [path.relative_to(world).as_posix() for path in world.rglob("*") if path.is_file()]
        opened.worlds.commit_folder(world, files, message="Made")
        yield opened
        opened.close()


@pytest.fixture
def contents(store: Store, tmp_path: Path) -> Contents:
    return Contents(store, "w", tmp_path)


def replica_of(store: Store, contents: Contents, folder: Path, state: EditState) -> Replica:
    version = store.worlds.version(next(iter(store.worlds.page().worlds)).id)
    scene = edit_scene(store, version, state, contents, branch="main", number=0)
    replica = Replica(lambda url: (folder / url.rsplit("/", 1)[-1]).read_bytes())
    selections = {person: selection(state, person) for person in state.selections}
    replica.welcome({"scene": scene.model_dump(mode="json"), "selections": selections})
    return replica


@settings(deadline=None, max_examples=30)
@given(steps)
def test_who_follows_patches_has_the_state(store: Store, wanted: list) -> None:
    with tempfile.TemporaryDirectory() as folder:
        contents = Contents(store, "w", Path(folder))
        history = History(editing(), NoSources())
        replica = replica_of(store, contents, Path(folder), history.state)
        for place in range(len(wanted)):
            before = history.state
            run(history, [(PEOPLE[0], "undo")] if place % 7 == 6 else wanted[place : place + 1], first=place)
            replica.patch({**patch(before, history.state, contents)})
            check_same(replica, history.state)
        check_same(replica_of(store, contents, Path(folder), history.state), history.state)


def test_moved_rows_are_sent_and_no_others(store: Store, contents: Contents, tmp_path: Path) -> None:
    state = editing()
    house = state.part("house")
    means = house.gaussians.means.clone()
    means[3:5] += 1
    moved = house.with_gaussians(replace(house.gaussians, means=means))
    after = state.with_parts([moved])
    found = patch(state, after, contents)
    assert [part["key"] for part in found.get("parts", [])] == [house.key]
    assert found.get("parts", [])[0].keys() & {"url", "dead", "hidden"} == set()
    assert changed_rows(house, moved).nonzero().flatten().tolist() == [3, 4]  # pyright: ignore
    replica = replica_of(store, contents, tmp_path, state)
    replica.patch({**found})
    check_same(replica, after)


def test_what_is_new_is_sent_whole_and_what_is_gone_is_named(store: Store, contents: Contents, tmp_path: Path) -> None:
    state = editing()
    ground, house = state.part("ground"), state.part("house")
    turned = ground.with_gaussians(replace(ground.gaussians, means=ground.gaussians.means * 2))
    fewer = replace(house, key="e9.0", layer=replace(house.layer, name="hut"))
    after = replace(state, parts=(fewer, state.part("sky"), turned))
    found = patch(state, after, contents)
    assert found.get("removed") == [house.key]
    assert found.get("order") == ["e9.0", state.part("sky").key, ground.key]
    assert all("url" in part for part in found.get("parts", []))
    replica = replica_of(store, contents, tmp_path, state)
    replica.patch({**found})
    check_same(replica, after)


def test_nothing_makes_nothing(contents: Contents) -> None:
    state = editing()
    assert patch(state, state, contents) == nothing()
    again = apply(apply(state, Select(where=BALL)).state, Select(where=BALL)).state
    assert patch(apply(state, Select(where=BALL)).state, again, contents) == nothing()


def test_what_others_delete_is_selected_no_more(contents: Contents) -> None:
    state = apply(editing(), Select(where=Everything()), person="ben").state
    after = apply(state, Delete(where=ByLayer(names=("sky",))), person="ann").state
    found = patch(state, after, contents).get("selections", {})
    assert list(found) == ["ben"] and state.part("sky").key not in found["ben"]


def test_files_are_named_by_what_is_in_them(contents: Contents) -> None:
    rows = editing().part("house").gaussians
    assert contents.rows(rows[:5]) == contents.rows(rows[:5]) != contents.rows(rows[:6])
    part = editing().part("sky")
    assert contents.whole(part).url == contents.whole(replace(part, dead=torch.ones(len(part), dtype=torch.bool))).url
