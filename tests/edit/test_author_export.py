"""Worlds with moving layers, cameras and sounds, as glTF and USD have them."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation, Slerp

from tests.edit.test_author import CHIME, NOTE, PATH, PORTAL, RAIN
from tests.edit.worlds import garden
from worldloom import export
from worldloom.export.staging import motion
from worldloom.scene.authored import Audio, Authored, LayerAnimation
from worldloom.scene.camera_path import duration, sample
from worldloom.scene.provenance import hash_file
from worldloom.scene.world import World
from worldloom.scene.world_record import CameraPath, Pose

SPIN = LayerAnimation(name="turning", layer="house", motion="spin", axis=(0, 2, 0), period=8, pivot=(1, 0, 0))
LIFT = LayerAnimation(name="lift", layer="house", motion="translate", amplitude=0.5, period=2, phase=0.25)
SWAY = LayerAnimation(name="wind", layer="ground", motion="sway", axis=(1, 0, 0), amplitude=10, period=3)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Its folder is `tmp_path / "world"`."""
    sound = tmp_path / "chime.wav"
    sound.write_bytes(CHIME)
    chime = Audio(name="chime", blob=hash_file(sound).sha256, format="wav", position=(1, 2, 3), gain=0.5)
    (tmp_path / "world" / "media").mkdir(parents=True)
    sound.rename(tmp_path / "world" / "media" / f"{chime.blob}.wav")
    authored = Authored(portals=(PORTAL,), media=(chime,), animations=(LIFT, SPIN, SWAY), weather=RAIN)
    still = CameraPath(name="a view", seconds=(0,), poses=(Pose(),))
    return replace(garden(60), camera_paths=(PATH, still), annotations=(NOTE,), authored=authored)


def gltf_parts(path: Path) -> tuple[dict[str, Any], bytes]:
    data = path.read_bytes()
    length = struct.unpack("<I", data[12:16])[0]
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def numbers(content: dict[str, Any], binary: bytes, index: int) -> np.ndarray:
    accessor = content["accessors"][index]
    view = content["bufferViews"][accessor["bufferView"]]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor["type"]]
    block = binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    return np.frombuffer(block, "<f4").reshape(accessor["count"], width)


def posed(content: dict[str, Any], binary: bytes, node: int, time: float) -> np.ndarray:
    """(4, 4) of a node at a time, as a player has it."""
    item = content["nodes"][node]
    tracks = {"translation": item.get("translation", [0, 0, 0]), "rotation": item.get("rotation", [0, 0, 0, 1])}
    for animation in content["animations"]:
        for channel in animation["channels"]:
            if channel["target"]["node"] != node:
                continue
            sampler = animation["samplers"][channel["sampler"]]
            times = numbers(content, binary, sampler["input"])[:, 0]
            values = numbers(content, binary, sampler["output"])
            if channel["target"]["path"] == "rotation":
                tracks["rotation"] = Slerp(times, Rotation.from_quat(values))(time % times[-1]).as_quat()
            else:
                tracks["translation"] = [np.interp(time % times[-1], times, column) for column in values.T]
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(tracks["rotation"]).as_matrix()
    matrix[:3, 3] = tracks["translation"]
    return matrix


def expected_house(time: float) -> np.ndarray:
    """Lifted after it was turned about its pivot."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec([0, 2 * math.pi * time / 8, 0]).as_matrix()
    matrix[:3, 3] = np.array([1, 0, 0]) - matrix[:3, :3] @ [1, 0, 0]
    matrix[1, 3] += 0.5 * math.sin(2 * math.pi * (time / 2 + 0.25))
    return matrix


def test_gltf_layers_move_as_they_do_in_the_viewer(world: World, tmp_path: Path) -> None:
    path = tmp_path / "world.glb"
    export.write_world(world, path)
    content, binary = gltf_parts(path)
    assert len(binary) == content["buffers"][0]["byteLength"]
    parents = {child: number for number, node in enumerate(content["nodes"]) for child in node.get("children", [])}
    house = next(number for number, node in enumerate(content["nodes"]) if node["name"] == "house")
    assert "mesh" in content["nodes"][house]
    for time in (0.0, 0.5, 1.25, 3.0, 7.75):
        matrix, node = np.eye(4), house
        while node is not None:
            matrix = posed(content, binary, node, time) @ matrix
            node = parents.get(node)
        np.testing.assert_allclose(matrix, expected_house(time), atol=0.006)  # between samples it is straight
    assert {animation["name"] for animation in content["animations"]} == {"lift", "turning", "wind", "round"}


def test_gltf_splats_at_rest_are_read_back_whole(world: World, tmp_path: Path) -> None:
    export.write_world(world, tmp_path / "world.glb")
    back = export.read(tmp_path / "world.glb")
    expected = world.gaussians()
    assert len(back) == len(expected)
    order = [tensor.means.sum(dim=1).argsort() for tensor in (back, expected)]
    assert float((back.means[order[0]] - expected.means[order[1]]).abs().max()) < 1e-4


def test_gltf_tells_of_cameras_and_notes(world: World, tmp_path: Path) -> None:
    export.write_world(world, tmp_path / "world.gltf")
    content = json.loads((tmp_path / "world.gltf").read_text())
    binary = (tmp_path / "world.bin").read_bytes()
    assert [camera["name"] for camera in content["cameras"]] == ["round", "a view"]
    node = next(number for number, node in enumerate(content["nodes"]) if node.get("camera") == 0)
    for time in (0.0, 0.8, 1.6):
        places, turns = sample(PATH, [time])
        matrix = posed(content, binary, node, time)
        np.testing.assert_allclose(matrix[:3, 3], places[0], atol=0.01)
        np.testing.assert_allclose(matrix[:3, :3], Rotation.from_quat(turns[0][[1, 2, 3, 0]]).as_matrix(), atol=0.01)
    notes = content["scenes"][0]["extras"]["worldloom"]
    assert notes["portals"][0]["world"] == PORTAL.world
    assert notes["annotations"][0]["link"] == NOTE.link
    assert notes["weather"]["kind"] == "rain"


def test_a_still_world_is_written_as_ever(tmp_path: Path) -> None:
    world = garden(60)
    export.write_world(world, tmp_path / "world.glb")
    export.write_world(world, tmp_path / "world.ply")
    content, _ = gltf_parts(tmp_path / "world.glb")
    assert "animations" not in content and "cameras" not in content
    assert len(export.read(tmp_path / "world.ply")) == len(world.gaussians())


def test_usd_moves_films_and_sounds(world: World, tmp_path: Path) -> None:
    Gf, Usd, UsdGeom, UsdMedia = (pytest.importorskip(f"pxr.{name}") for name in ("Gf", "Usd", "UsdGeom", "UsdMedia"))
    path = tmp_path / "world.usdz"
    export.write_world(world, path, media=tmp_path / "world")
    stage = Usd.Stage.Open(str(path))
    assert stage.GetEndTimeCode() == pytest.approx(8 * stage.GetTimeCodesPerSecond())
    for time in (0.0, 0.5, 3.0, 7.75):
        cache = UsdGeom.XformCache(time * stage.GetTimeCodesPerSecond())
        matrix = np.array(cache.GetLocalToWorldTransform(stage.GetPrimAtPath("/World/house/Splats"))).T
        np.testing.assert_allclose(matrix, expected_house(time), atol=0.006)
    camera = UsdGeom.Camera(stage.GetPrimAtPath("/World/round"))
    assert camera.GetCamera(0).GetFieldOfView(Gf.Camera.FOVVertical) == pytest.approx(60, abs=1e-3)
    sound = UsdMedia.SpatialAudio(stage.GetPrimAtPath("/World/chime"))
    assert sound.GetGainAttr().Get() == pytest.approx(0.5)
    assert sound.GetFilePathAttr().Get().resolvedPath, "the sound is not in the package"
    notes = json.loads(stage.GetPrimAtPath("/World").GetCustomDataByKey("worldloom"))
    assert notes["portals"][0]["name"] == "gate"
    assert len(export.read(path)) == len(world.gaussians())


def test_usd_files_without_media_are_written(world: World, tmp_path: Path) -> None:
    Usd = pytest.importorskip("pxr.Usd")
    for name in ("world.usdc", "world.usdz"):
        export.write_world(world, tmp_path / name)
        stage = Usd.Stage.Open(str(tmp_path / name))
        assert bool(stage.GetPrimAtPath("/World/chime")) == (name == "world.usdc")


def test_motions_are_periodic() -> None:
    for animation in (SPIN, LIFT, SWAY):
        found = motion(animation, (0, 0, 0))
        values = found.offsets if found.offsets is not None else Rotation.from_quat(found.turns).as_matrix()
        np.testing.assert_allclose(values[0], values[-1], atol=1e-9)
        assert found.seconds[-1] == animation.period


@pytest.mark.parametrize("easing", ["none", "in", "out", "both"])
def test_paths_pass_their_keys(easing: str) -> None:
    poses = tuple(
        Pose(position=(x, 1, 0), rotation=(math.cos(x / 4), 0, math.sin(x / 4), 0)) for x in (0.0, 1.0, 4.0, 5.0)
    )
    path = CameraPath.model_validate(
        {"name": "p", "seconds": (2, 3, 6, 7), "poses": poses, "easing": easing, "speed": 2}
    )
    assert duration(path) == 2.5
    places, turns = sample(path, [-1, 0, 2.5, 9])
    np.testing.assert_allclose(places[:, 0], [0, 0, 5, 5], atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(turns, axis=1), 1)
    if easing == "none":
        places, turns = sample(path, [0.5, 2.0])
        np.testing.assert_allclose(places[:, 0], [1, 4], atol=1e-9)
        np.testing.assert_allclose(np.abs((turns * [poses[1].rotation, poses[2].rotation]).sum(axis=1)), 1)
    if easing == "both":
        assert sample(path, [0.05])[0][0, 0] < 0.1 * sample(path.model_copy(update={"easing": "none"}), [0.05])[0][0, 0]
    round_again = sample(path.model_copy(update={"loop": True}), [0.7, 3.2])[0]
    np.testing.assert_allclose(round_again[0], round_again[1], atol=1e-9)
