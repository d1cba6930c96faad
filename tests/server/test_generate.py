"""Worlds from words and boxes in real workers, and their changes; the same on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import trimesh
from typer.testing import CliRunner

from tests.server.serving import ServerProcess, serving
from worldloom.app.cli import app
from worldloom.generate.event_names import Event
from worldloom.generate.spec import Vegetation, WorldSpec
from worldloom.scene import world as worlds
from worldloom.scene.errors import WorldloomError

pytestmark = pytest.mark.slow

SPEC = WorldSpec(
    seed=3, title="Heath", extent=64, vegetation=Vegetation(trees=0.05, bushes=0.1, grass=0.2), gaussians=40_000
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    with serving(tmp_path_factory.mktemp("generate") / "data", "--no-samples") as started:
        yield started


@pytest.fixture(scope="module")
def heath(server: ServerProcess) -> str:
    """A generated world."""
    made = server.client.wait(server.client.generate(spec=SPEC))
    assert made.world is not None and made.title == "Heath"
    return made.world


def test_a_world_is_made_grows_sees_night_and_every_step_can_be_undone(server: ServerProcess, heath: str) -> None:
    client = server.client
    first = client.scene(heath)
    assert {"terrain", "plants", "sky"} <= {layer.name for layer in first.layers}
    grown = client.wait(client.extend(heath, towards=(60.0, 0.0, 10.0)))
    second = client.scene(heath)
    assert second.version == 2 and any(layer.name.startswith("tile") for layer in second.layers)
    before = {layer.name: layer.url for layer in first.layers}
    assert all(layer.url == before[layer.name] for layer in second.layers if layer.name in before), "to the byte"
    assert grown.world == heath
    client.wait(client.event(heath, "make it night"))
    third = client.scene(heath)
    assert third.version == 3 and third.environment.hour not in (None, SPEC.hour)
    assert third.collider_url == second.collider_url, "nothing to walk on has changed"
    client.restore(heath, 1)
    assert {layer.url for layer in client.scene(heath).layers} == set(before.values())


def test_what_cannot_be_done_is_told_and_leaves_the_world_alone(server: ServerProcess, heath: str) -> None:
    client = server.client
    head = client.world(heath).head
    with pytest.raises(WorldloomError, match="already reaches"):
        client.wait(client.extend(heath, towards=(0.0, 0.0, 0.0)))
    with pytest.raises(WorldloomError, match="names no hour"):
        client.wait(client.event(heath, "a big elephant"))
    assert client.world(heath).head == head


def test_without_models_the_models_tier_says_why_and_makes_nothing(server: ServerProcess) -> None:
    count = len(list(server.client.worlds()))
    with pytest.raises(WorldloomError):
        server.client.wait(server.client.generate("a lake", tier="models"))
    assert len(list(server.client.worlds())) == count


def test_the_command_line_makes_understands_extends_and_changes(tmp_path: Path) -> None:
    run = CliRunner().invoke
    told = run(app, ["understand", "a heath at noon, zorbly"])
    assert told.exit_code == 0
    (tmp_path / "spec.json").write_text(SPEC.model_copy(update={"gaussians": 12_000}).model_dump_json())
    folder = tmp_path / "world"
    made = run(app, ["generate", "--spec", str(tmp_path / "spec.json"), "-o", str(folder), "--name", "Moor"])
    assert made.exit_code == 0, made.output
    assert worlds.load(folder).name == "Moor"
    assert run(app, ["extend", str(folder), "--tile", "0,0"]).exit_code == 0
    assert run(app, ["event", str(folder), "snow"]).exit_code == 0
    world = worlds.load(folder)
    assert world.environment.snow and world.layer("tile 0,0").visible
    assert (folder / "world.previous.json").exists()
    boxes = trimesh.Scene()
    boxes.add_geometry(trimesh.creation.box((6, 0.2, 6)), node_name="floor")
    boxes.export(tmp_path / "boxes.glb")
    dressed = run(app, ["generate", "--from", str(tmp_path / "boxes.glb"), "-o", str(tmp_path / "hut"), "--seed", "2"])
    assert dressed.exit_code == 0, dressed.output
    assert len(worlds.load(tmp_path / "hut").layer("blockout").gaussians) > 1000
    assert Event(hour=3.0) != Event()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["generate", "a lake"], "--output"),
        (["generate", "", "-o", "x"], "sentence"),
        (["generate", "--spec", "no.json", "-o", "x"], "no.json"),
        (["extend", "x", "--towards", "1,2"], "--towards"),
        (["event", "nowhere", "night"], "nowhere"),
    ],
)
def test_bad_commands_are_told(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code != 0 and isinstance(result.exception, WorldloomError) and words in str(result.exception)
    assert not (tmp_path / "x").exists()
