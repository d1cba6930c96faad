from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scene.samples import random_gaussians
from worldloom.scene import world as worlds
from worldloom.scene.errors import FormatError, InvalidDataError, WorldloomError
from worldloom.scene.files import replacing, write_text
from worldloom.scene.geometry import Transform
from worldloom.scene.provenance import Provenance, hash_file, installed_versions
from worldloom.scene.world import Annotation, CameraPath, GeoAnchor, Layer, Pose, World


def sample_world() -> World:
    return World(
        name="Courtyard",
        layers=(
            Layer("scan", random_gaussians(20, 3), transform=Transform((1, 2, 3), (0.5, 0.5, 0.5, 0.5), 2.0)),
            Layer("dome", random_gaussians(5, 0, seed=1), kind="sky", visible=False, locked=True),
        ),
        spawn=Pose(position=(0, 1.7, 4)),
        camera_paths=(CameraPath(name="tour", seconds=(0, 1), poses=(Pose(), Pose())),),
        annotations=(Annotation(text="well", position=(0, 0, 1)),),
        geo_anchor=GeoAnchor(latitude=48.9, longitude=2.3, altitude=80, heading=12),
        provenance=Provenance(engine="cpu", seed=7, versions=installed_versions()),
    )


def test_round_trip_to_the_byte(tmp_path: Path) -> None:
    world = sample_world()
    worlds.save(world, tmp_path)
    loaded = worlds.load(tmp_path)
    for before, after in zip(world.layers, loaded.layers):
        assert all(torch.equal(a, b) for a, b in zip(before.gaussians.tensors, after.gaussians.tensors))
        assert (before.name, before.kind, before.transform, before.visible) == (
            after.name, after.kind, after.transform, after.visible,
        )  # fmt: skip
    assert replace(loaded, layers=()) == replace(world, layers=())
    first = (tmp_path / "world.json").read_bytes()
    worlds.save(loaded, tmp_path)
    assert (tmp_path / "world.json").read_bytes() == first
    assert len(list((tmp_path / "layers").iterdir())) == 2


def test_visible_layers_flatten_into_the_world_frame() -> None:
    world = sample_world()
    flat = world.gaussians()
    assert len(flat) == 20
    assert torch.allclose(flat.means, world.layers[0].transform.apply_to_points(world.layers[0].gaussians.means))


def test_layers_are_found_replaced_and_unique() -> None:
    world = sample_world()
    assert world.with_layer(replace(world.layer("scan"), locked=True)).layer("scan").locked
    assert len(world.with_layer(Layer("tree", random_gaussians(1))).layers) == 3
    with pytest.raises(InvalidDataError, match="scan, dome"):
        world.layer("tree")
    with pytest.raises(InvalidDataError, match="share a name"):
        World("w", (Layer("a", random_gaussians(1)), Layer("a", random_gaussians(1))))


def test_a_failed_save_leaves_the_old_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worlds.save(sample_world(), tmp_path)
    before = (tmp_path / "world.json").read_bytes()

    def full_disk(path: Path, text: str) -> None:
        with replacing(path) as beside:
            beside.write_text(text[:10])
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(worlds, "write_text", full_disk)
    with pytest.raises(WorldloomError, match=r"world\.json: No space left"):
        worlds.save(replace(sample_world(), name="New"), tmp_path)
    assert (tmp_path / "world.json").read_bytes() == before
    assert not list(tmp_path.glob(".world*"))
    assert worlds.load(tmp_path).name == "Courtyard"


def test_damage_is_told_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"no world\.json"):
        worlds.load(tmp_path)
    worlds.save(sample_world(), tmp_path)
    blob = next((tmp_path / "layers").iterdir())
    data = blob.read_bytes()
    blob.write_bytes(data[: len(data) // 2])
    with pytest.raises(FormatError, match=blob.name):
        worlds.load(tmp_path)
    blob.unlink()
    with pytest.raises(FormatError, match="missing"):
        worlds.load(tmp_path)


def test_a_blob_name_can_not_leave_the_folder(tmp_path: Path) -> None:
    worlds.save(sample_world(), tmp_path)
    record = json.loads((tmp_path / "world.json").read_text())
    record["layers"][0]["blob"] = "../../etc/passwd"
    write_text(tmp_path / "world.json", json.dumps(record))
    with pytest.raises(FormatError, match="blob"):
        worlds.load(tmp_path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_mangled_world_file_gives_one_clear_error_or_a_world(tmp_path: Path, data: st.DataObject) -> None:
    worlds.save(sample_world(), tmp_path)
    text = bytearray((tmp_path / "world.json").read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "world.json").write_bytes(bytes(text))
    try:
        worlds.load(tmp_path)
    except FormatError as error:
        assert str(tmp_path) in str(error)


def test_hashes_name_the_input(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"abc")
    assert hash_file(path).sha256.startswith("ba7816bf")
    assert hash_file(path).bytes == 3
