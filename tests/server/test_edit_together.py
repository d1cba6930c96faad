"""Many people, broken connections and a server that is killed: all end with one world, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.edit_people import simulate
from tests.server.serving import serving
from tests.server.worlds import small_world
from worldloom import export
from worldloom.app.cli import app
from worldloom.edit.log import Log
from worldloom.scene import world as worlds
from worldloom.scene.errors import WorldloomError
from worldloom.scene.store.store import Place, Store

BALL = {"by": "sphere", "center": [0, 0, -2], "radius": 1.5}


@pytest.mark.slow
def test_all_end_with_one_world(tmp_path: Path) -> None:
    found = simulate(tmp_path, people=8, seconds=6, gaussians=2000)
    assert not found.errors
    assert not found.lost and len(found.acknowledged) >= 8
    assert len(found.digests) == 1, "replicas differ"


@pytest.mark.slow
def test_the_client_and_the_command_line_edit_on_a_server(tmp_path: Path) -> None:
    export.write(small_world().gaussians(), tmp_path / "room.spz")
    with serving(tmp_path / "data", "--no-samples") as server:
        client = server.client
        world = str(client.wait(client.import_file(tmp_path / "room.spz", name="Room")).world)
        ann = client.editing(world, person="ann")
        with ann.join("Ann") as one, client.editing(world, person="ben").join("Ben") as two:
            first = one.digest()
            done = one.do({"op": "delete", "where": BALL})
            assert done.number == 1 and done.count > 0
            two.poll(1.0)
            assert two.number == 1 and one.digest() == two.digest() != first
            with pytest.raises(WorldloomError, match="Nothing is selected"):
                two.do({"op": "delete"})
            two.disconnect()
            one.undo()
            assert two.do({"op": "select", "where": BALL}).number == 3
            assert one.digest() == two.digest()
            one.redo()
            assert {person["id"] for person in two.people} <= {"ann", "ben"}
        assert ann.save("Without the ball") == 2
        told = _told(world, "log", "--server", server.address)
        assert "Delete" in told and "Undo Delete" in told and "Saved as version 2" in told
        link = ann.share("viewer")
        assert [share.id for share in ann.shares()] == [link.id] and ann.revoke(link.id).revoked
        assert ann.find({"by": "everything"}).count == ann.scene().layers[0].count
        spare = ann.fork("spare")
        spare.do([{"op": "delete", "where": {"by": "everything"}}])
        assert ann.merge("spare").merged == 1
        told = _told(world, "undo", "--target", ann.log().edits[-1].id, "--server", server.address)
        assert "Undo Delete" in told
        assert "Version 3" in _told(world, "set_spawn", 'spawn={"position": [0, 1, 0]}', "--server", server.address)


def test_the_command_line_edits_a_library_here(tmp_path: Path, world_folder: Path) -> None:
    store = Store.open(Place.at(tmp_path / "data"))
    paths = [path.relative_to(world_folder).as_posix() for path in world_folder.rglob("*") if path.is_file()]
    world = store.worlds.commit_folder(world_folder, paths, message="Made").world
    here = ("--data", str(tmp_path / "data"))
    told = _told(world, "delete", "--sphere", "0,0,-2,1.5", *here)
    assert "Delete: 1,524" in told.replace("\n", " ") or "Delete:" in told
    assert "Version 2" in told and store.worlds.get(world).head == 2
    assert "Undo Delete" in _told(world, "undo", *here)
    assert "not all of them saved" in _told(world, "log", *here)
    assert "Redo Delete" in _told(world, "redo", *here)
    _told(world, "branch", "spare", *here)
    _told(
        world,
        "do",
        json.dumps({"op": "delete", "where": {"by": "everything"}}),
        "--branch",
        "spare",
        "--no-save",
        *here,
    )
    assert "spare" in _told(world, "branches", *here)
    assert "1 operations" in _told(world, "merge", "spare", *here)
    assert all(bool(part.dead.all()) for part in Log(store, world).state.parts)
    assert "Version 3" in _told(world, "save", "-m", "Empty", *here)
    with pytest.raises(WorldloomError, match="no JSON"):
        _told(world, "nonsense", *here)
    with pytest.raises(WorldloomError, match="4 numbers"):
        _told(world, "delete", "--sphere", "1,2", *here)
    with pytest.raises(WorldloomError, match="no world"):
        _told("000000000000", "log", *here)
    store.close()


def test_the_command_line_edits_files_and_folders(tmp_path: Path) -> None:
    gaussians = small_world().gaussians()
    export.write(gaussians, tmp_path / "in.ply")
    operation = json.dumps({"op": "delete", "where": BALL})
    told = _told(str(tmp_path / "in.ply"), "--do", operation, str(tmp_path / "out.ply"))
    left = len(export.read(tmp_path / "out.ply"))
    assert 0 < left < len(gaussians) and f"{len(gaussians) - left:,}" in told
    again = _told(str(tmp_path / "in.ply"), "delete", "--sphere", "0,0,-2,1.5", str(tmp_path / "again.spz"))
    assert len(export.read(tmp_path / "again.spz")) == left and "Delete" in again
    worlds.save(small_world(), tmp_path / "room")
    _told(str(tmp_path / "room"), "--do", operation)
    assert len(worlds.load(tmp_path / "room").gaussians()) == left
    with pytest.raises(WorldloomError, match="where the result goes"):
        _told(str(tmp_path / "in.ply"), "--do", operation)
    with pytest.raises(WorldloomError, match="no versions"):
        _told(str(tmp_path / "room"), "--do", '{"op": "become", "version": 1}')


def _told(*words: str) -> str:
    found = CliRunner().invoke(app, ["edit", *words])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.stdout
