"""Edits become versions: at once where no layer has new contents, else by a worker; none is ever lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

from tests.server.conftest import Server
from tests.server.editing import BALL
from tests.server.serving import wait_for
from worldloom.app.editing.saving import Wish, save, save_at_once
from worldloom.app.jobs.kinds import EventParameters
from worldloom.app.jobs.run_change import run as run_change
from worldloom.app.jobs.work import Work
from worldloom.edit.change.become import Become
from worldloom.edit.log import Log, is_save, save_mark
from worldloom.edit.registry import parse
from worldloom.scene.errors import ConflictError
from worldloom.scene.store.worlds import RECORD

SKY = {"by": "layer", "names": ["sky"]}
SPAWN = {"op": "set_spawn", "spawn": {"position": [1, 1.6, 0]}}


def edit(server: Server, *operations: dict[str, Any], **options: Any) -> dict[str, Any]:
    body = {"operations": list(operations), **options}
    answer = server.client.post(f"/api/v1/worlds/{server.world}:edit", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def finished(server: Server, operation: str) -> dict[str, Any]:
    wait_for(lambda: server.store.operations.get(operation).over, "a saved version")
    found = server.client.get(f"/api/v1/operations/{operation}").json()
    assert found["status"] == "succeeded", found["error"]
    return found


def files(server: Server, number: int) -> dict[str, str]:
    version = server.store.worlds.version(server.world, number)
    return {path: file.sha256 for path, file in version.files.items()}


def save_now(server: Server, folder: Path, operation: str = "abcdefghjkmn", branch: str = "main"):
    log = Log(server.store, server.world, branch)
    wish = Wish(server.world, branch, log.number, operation, message="Test")
    return save(server.store, wish, folder, lambda stage, fraction, message: None)


@pytest.mark.slow
def test_a_worker_saves_what_was_deleted(server: Server) -> None:
    found = edit(server, {"op": "delete", "where": BALL}, message="Without the ball")
    assert found["version"] is None and found["results"][0]["count"] > 0
    assert finished(server, found["operation"])["result"]["version"] == 2
    version = server.store.worlds.version(server.world)
    assert (version.number, version.parent, version.message) == (2, 1, "Without the ball")
    assert version.gaussians == server.store.worlds.version(server.world, 1).gaussians - found["results"][0]["count"]
    wait_for(lambda: not Log(server.store, server.world).dirty, "the log to know")
    lines = server.client.get(f"/api/v1/worlds/{server.world}/edits").json()["edits"]
    assert [(line["kind"], line["version"], line["in_force"]) for line in lines] == [
        ("do", None, True),
        ("save", 2, True),
    ]
    assert "Saved as version 2" in lines[1]["title"]


def test_unchanged_layers_keep_their_files_to_the_byte(server: Server, tmp_path: Path) -> None:
    edit(server, {"op": "delete", "where": BALL}, save=False)
    save_now(server, tmp_path)
    old, new = files(server, 1), files(server, 2)
    sky = server.store.worlds.record(server.store.worlds.version(server.world, 1)).layers[1].blob
    kept = [path for path in old if sky in path]
    assert len(kept) == 3 and all(new[path] == old[path] for path in kept)
    assert new["collider.glb"] != old["collider.glb"] and new["thumbnail.jpg"] != old["thumbnail.jpg"]
    assert not any(path in new for path in old if "room" in path or (path.startswith("layers/") and sky not in path))


def test_the_ground_is_kept_where_nothing_solid_changed(server: Server, tmp_path: Path) -> None:
    edit(server, {"op": "delete", "where": {"by": "sphere", "center": [-15, 0, -30], "radius": 6}}, save=False)
    assert Log(server.store, server.world).dirty
    save_now(server, tmp_path)
    old, new = files(server, 1), files(server, 2)
    assert new["collider.glb"] == old["collider.glb"] and new["thumbnail.jpg"] != old["thumbnail.jpg"]


def test_a_new_record_is_a_version_at_once(server: Server) -> None:
    found = edit(server, SPAWN, {"op": "update_layer", "layer": "room", "name": "House"})
    assert (found["version"], found["operation"]) == (2, None)
    old, new = files(server, 1), files(server, 2)
    assert {path for path in new if new[path] != old.get(path)} == {RECORD}
    version = server.store.worlds.version(server.world)
    assert version.message.startswith("Set spawn, Rename") and is_save(version)
    assert not Log(server.store, server.world).dirty
    assert Log(server.store, server.world).number == 3, "a saved version became the world once more"


def test_after_a_save_a_new_record_is_a_version_at_once_again(server: Server, tmp_path: Path) -> None:
    edit(server, {"op": "delete", "where": BALL}, save=False)
    save_now(server, tmp_path)
    assert edit(server, SPAWN)["version"] == 3
    old, new = files(server, 2), files(server, 3)
    assert {path for path in new if new[path] != old.get(path)} == {RECORD} and new.keys() == old.keys()
    edit(server, {"op": "delete", "where": SKY}, save=False)
    assert server.client.post(f"/api/v1/worlds/{server.world}:undo", json={}).status_code == 200
    assert server.client.post(f"/api/v1/worlds/{server.world}:save", json={}).json()["version"] == 3


def test_selecting_makes_no_version(server: Server) -> None:
    assert edit(server, {"op": "select", "where": BALL}, {"op": "hide"})["version"] == 1
    assert server.store.worlds.get(server.world).head == 1


def test_all_operations_of_a_request_or_none(server: Server) -> None:
    bad = {"op": "delete", "where": {"by": "sphere", "center": [99, 99, 99], "radius": 1}}
    body = {"operations": [SPAWN, bad]}
    answer = server.client.post(f"/api/v1/worlds/{server.world}:edit", json=body)
    assert answer.status_code == 422 and "nothing there" in answer.json()["detail"]
    assert server.store.edits.length(server.world) == 0


def test_a_crash_between_version_and_log_is_mended(server: Server, tmp_path: Path, monkeypatch) -> None:
    from worldloom.app.editing import saving

    edit(server, {"op": "delete", "where": BALL}, save=False)
    with monkeypatch.context() as crash:
        crash.setattr(saving, "_note", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            save_now(server, tmp_path / "one")
    log = Log(server.store, server.world)
    assert log.number == 1 and log.dirty, "a version that only saves the log is no news to it"
    for _ in range(2):  # the work is done again, and even once more
        assert save_now(server, tmp_path / "two").number == 2
    assert not Log(server.store, server.world).dirty
    assert [line.kind for line in server.store.edits.lines(server.world)] == ["do", "save"]


def test_edits_made_while_it_was_saved_are_still_to_be_saved(server: Server, tmp_path: Path) -> None:
    log = Log(server.store, server.world)
    log.do(parse({"op": "delete", "where": BALL}), "ann")
    wish = Wish(server.world, "main", log.number, "abcdefghjkmn")
    log.do(parse({"op": "delete", "where": SKY}), "ann")
    version = save(server.store, wish, tmp_path, lambda stage, fraction, message: None)
    assert "sky" in {layer.name for layer in server.store.worlds.record(version).layers if layer.count}
    log.refresh()
    assert log.dirty and log.state.part("sky").dead.all()
    assert save_now(server, tmp_path / "again", "bbcdefghjkmn").number == 3
    assert not Log(server.store, server.world).dirty


def test_a_save_does_not_overwrite_what_other_work_made(server: Server, tmp_path: Path) -> None:
    log = Log(server.store, server.world)
    log.do(parse({"op": "delete", "where": BALL}), "ann")
    server.store.worlds.restore(server.world, 1)
    wish = Wish(server.world, "main", log.number, "abcdefghjkmn")
    with pytest.raises(ConflictError, match="other work"):
        save(server.store, wish, tmp_path, lambda stage, fraction, message: None)
    with pytest.raises(ConflictError, match="other work"):
        save_at_once(server.store, wish, log.history)
    assert server.store.worlds.get(server.world).head == 2


def test_unsaved_edits_are_saved_before_other_work_changes_the_world(server: Server, tmp_path: Path) -> None:
    edit(server, {"op": "delete", "where": BALL}, save=False)
    operation = server.store.operations.submit("event", "Night", {}, world=server.world)
    run_change(EventParameters(world=server.world, prompt="make it night"), Work(server.store, operation, tmp_path))
    versions = server.store.worlds.versions(server.world)
    assert [(one.number, one.parent) for one in versions] == [(3, 2), (2, 1), (1, None)]
    assert versions[1].message == "Unsaved edits" and versions[1].operation == save_mark(operation.id)
    rooms = [server.store.worlds.record(one).layers[0].count for one in versions]
    assert rooms[0] == rooms[1] < rooms[2]
    log = Log(server.store, server.world)
    assert [entry.kind for entry in log.history.entries] == ["do", "save", "do"]
    assert not log.dirty and log.version == 3


def test_who_asked_for_another_light_undoes_it(server: Server) -> None:
    edit(server, {"op": "delete", "where": BALL}, person="ann", save=False)
    before = server.client.get(f"/api/v1/worlds/{server.world}/edit/scene").json()
    asked = {"prompt": "make it night", "person": "ann"}
    finished(server, server.client.post(f"/api/v1/worlds/{server.world}:event", json=asked).json()["id"])
    night = server.client.get(f"/api/v1/worlds/{server.world}/edit/scene").json()
    assert night["environment"]["hour"] != before["environment"]["hour"]
    undone = server.client.post(f"/api/v1/worlds/{server.world}:undo", json={"person": "ann"}).json()
    assert undone["results"][0]["title"] == "Undo make it night"
    scene = server.client.get(f"/api/v1/worlds/{server.world}/edit/scene").json()
    assert scene["environment"] == before["environment"]
    assert scene["layers"][0]["dead"] == before["layers"][0]["dead"], "what came before was undone"


def happen(server: Server, folder: Path, branch: str) -> int:
    operation = server.store.operations.submit("event", "Night", {}, world=server.world)
    parameters = EventParameters(world=server.world, branch=branch, prompt="make it night")
    return run_change(parameters, Work(server.store, operation, folder)).values["version"]


def test_night_falls_on_the_branch_that_it_was_asked_for_on(server: Server, tmp_path: Path) -> None:
    edit(server, SPAWN)
    server.store.edits.fork(server.world, "dark")
    edit(server, {"op": "delete", "where": BALL}, branch="dark", save=False)
    assert happen(server, tmp_path, "dark") == 4
    versions = server.store.worlds.versions(server.world)
    assert [(one.number, one.parent, one.branch) for one in versions][:2] == [(4, 3, "dark"), (3, 2, "dark")]
    assert server.store.worlds.get(server.world).head == 2
    scenes = {
        branch: server.client.get(f"/api/v1/worlds/{server.world}/edit/scene?branch={branch}").json()
        for branch in ("main", "dark")
    }
    hours = {branch: scene["environment"]["hour"] for branch, scene in scenes.items()}
    assert hours["dark"] != hours["main"] and scenes["dark"]["version"] == 4
    log = Log(server.store, server.world, "dark")
    assert not log.dirty and log.history.entries[-1].operation == Become(version=4, reason="make it night")
    log.undo("ann", target=log.history.entries[-1].id)
    assert log.dirty and happen(server, tmp_path / "again", "dark") == 6, "what was undone was not saved first"
    asked = {"prompt": "make it night", "branch": "nowhere"}
    assert server.client.post(f"/api/v1/worlds/{server.world}:event", json=asked).status_code == 404


def test_a_night_replaces_nothing_in_the_branch_that_it_is_merged_into(server: Server, tmp_path: Path) -> None:
    server.store.edits.fork(server.world, "dark")
    happen(server, tmp_path, "dark")
    server.store.edits.fork(server.world, "kept")
    kept, dark = Log(server.store, server.world, "kept"), Log(server.store, server.world, "dark")
    kept.do(parse({"op": "delete", "where": BALL}), "ann")
    before = kept.state.digest()
    (reason,) = kept.merge(dark, "ann")
    assert "make it night" in reason and kept.state.digest() == before
    main = Log(server.store, server.world)
    assert main.merge(dark, "ann") == [] and main.state.digest() == dark.state.digest()


def test_restoring_is_to_the_byte_and_can_be_undone(server: Server) -> None:
    edit(server, SPAWN)
    answer = server.client.post(f"/api/v1/worlds/{server.world}:restore", json={"version": 1})
    assert answer.json()["number"] == 3 and files(server, 3) == files(server, 1)
    lines = server.client.get(f"/api/v1/worlds/{server.world}/edits").json()["edits"]
    assert (lines[-1]["op"], lines[-1]["title"]) == ("become", "Version 1 restored")
    body = {"target": lines[-1]["id"]}
    assert server.client.post(f"/api/v1/worlds/{server.world}:undo", json=body).status_code == 200
    scene = server.client.get(f"/api/v1/worlds/{server.world}/edit/scene").json()
    assert scene["spawn"]["position"] == [1, 1.6, 0]


def test_branches_are_saved_beside_the_main_one_and_merged(server: Server, tmp_path: Path) -> None:
    at = f"/api/v1/worlds/{server.world}"
    edit(server, SPAWN)
    answer = server.client.post(f"{at}/branches", json={"name": "no sky", "from": "main", "person": "ben"})
    assert answer.status_code == 201 and answer.json()["forked"] == 2
    edit(server, {"op": "delete", "where": SKY}, branch="no sky", person="ben", save=False)
    version = save_now(server, tmp_path, branch="no sky")
    assert (version.number, version.branch) == (3, "no sky")
    assert server.store.worlds.get(server.world).head == 2, "the library shows the main branch"
    scene = server.client.get(f"{at}/edit/scene?branch=no%20sky").json()
    assert scene["version"] == 3 and scene["branch"] == "no sky" and scene["number"] == 4
    past = server.client.get(f"{at}/edit/scene?branch=no%20sky&at=2").json()
    assert past["layers"][1]["dead"] is None and scene["layers"][1]["dead"] is not None
    merged = server.client.post(f"{at}/branches/no%20sky:merge", json={"into": "main", "person": "ann"}).json()
    assert merged == {"number": 3, "merged": 1, "refused": []}
    assert [one["name"] for one in server.client.get(f"{at}/branches").json()["branches"]] == ["main", "no sky"]


def test_a_branch_goes_on_from_the_version_that_it_left(server: Server, tmp_path: Path) -> None:
    edit(server, {"op": "delete", "where": BALL}, save=False)
    save_now(server, tmp_path)
    server.client.post(f"/api/v1/worlds/{server.world}/branches", json={"name": "other"})
    assert edit(server, SPAWN, branch="other")["version"] == 3, "no layer of it has new contents"
    assert server.store.worlds.version(server.world, 3).parent == 2


def test_nothing_is_selected_by_asking(server: Server) -> None:
    at = f"/api/v1/worlds/{server.world}"
    found = server.client.post(f"{at}:find", json={"where": SKY}).json()
    assert found == {"count": 400, "layers": {"v1.1": 400}}
    assert server.client.get(f"{at}/edits").json()["edits"] == []


def test_how_an_attribute_is_spread(server: Server) -> None:
    at = f"/api/v1/worlds/{server.world}"
    edit(server, {"op": "select", "where": BALL}, person="ann", save=False)
    asked = {"attribute": "y", "bins": 10, "person": "ann"}
    found = server.client.post(f"{at}:histogram", json=asked).json()
    assert sum(found["counts"]) == 3600 and sum(found["selected"]) == 924
    assert found["lower"] == pytest.approx(-4.5) and found["upper"] == pytest.approx(14.5)
    assert all(few <= all_ for few, all_ in zip(found["selected"], found["counts"]))
    found = server.client.post(f"{at}:histogram", json={**asked, "where": SKY, "attribute": "size", "log": True}).json()
    assert sum(found["counts"]) == 400 and sum(found["selected"]) == 0
    for bad in ({"attribute": "beauty"}, {"attribute": "distance"}, {"attribute": "views"}):
        assert server.client.post(f"{at}:histogram", json=bad).status_code == 422


def test_sessions_close_when_nobody_uses_them(server: Server) -> None:
    editing = cast(FastAPI, server.client.app).state.service.editing
    edit(server, {"op": "delete", "where": BALL}, save=False)
    assert editing.open == 1
    editing.sweep()
    assert editing.open == 1
    editing.sweep(idle=0.0)
    assert editing.open == 0
    assert edit(server, {"op": "delete", "where": SKY}, save=False)["number"] == 2
