"""Worlds, files, meshes, text and solids put into a world."""

from __future__ import annotations

import io
import json
import math
import re
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from PIL import Image
from trimesh.visual import ColorVisuals

from tests.edit.composing import Shelf, as_bytes, empty, painted_quad, png, seen
from tests.edit.worlds import editing, garden
from worldloom import export
from worldloom.edit.compose.orientation import wrongly_turned
from worldloom.edit.registry import parse
from worldloom.scene.errors import FormatError, InvalidDataError, WorldloomError
from worldloom.scene.gaussians import sh0_to_rgb
from worldloom.scene.geometry import shortest_axes
from worldloom.scene.world import World


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_another_world_comes_with_its_layers_under_one_placement(shelf: Shelf) -> None:
    other = garden()
    shelf.worlds["other", 3] = other
    place = {"position": [10, 0, 0], "rotation": [0.8, 0, 0.6, 0], "scale": 2.0}
    done = shelf.do(editing(), op="insert_world", world="other", version=3, place=place)
    names = [part.layer.name for part in done.state.parts]
    assert names == ["ground", "house", "sky", "ground 2", "house 2"], "a second sky has no place"
    assert "sky" in done.note
    assert set(done.state.selections["ann"]) == {"e1.0", "e1.1"}
    house = other.layer("house")
    before = house.transform.apply_to_points(house.gaussians.means.double())
    after = done.state.part("house 2").layer.transform.apply_to_points(house.gaussians.means.double())
    turn = torch.tensor([[0.28, 0, 0.96], [0, 1, 0], [-0.96, 0, 0.28]], dtype=torch.float64)
    torch.testing.assert_close(after, 2 * before @ turn.T + torch.tensor([10.0, 0, 0]))
    assert done.state.part("house 2").gaussians is house.gaussians


def test_only_wanted_layers_come_and_unknown_ones_are_named(shelf: Shelf) -> None:
    shelf.worlds["other", 1] = garden()
    done = shelf.do(editing(), op="insert_world", world="other", version=1, layers=["sky"])
    assert [part.layer.name for part in done.state.parts[3:]] == ["sky 2"]
    with pytest.raises(InvalidDataError, match="no layer 'car'"):
        shelf.do(editing(), op="insert_world", world="other", version=1, layers=["car"])
    with pytest.raises(WorldloomError, match="no world"):
        shelf.do(editing(), op="insert_world", world="nowhere", version=1)


@pytest.mark.parametrize("suffix", ["ply", "spz", "splat", "glb", "compressed.ply"])
def test_a_splat_file_is_inserted_as_it_is_read(shelf: Shelf, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"thing.{suffix}"
    export.write(garden().layer("house").gaussians, path)
    blob = shelf.put(path.read_bytes())
    done = shelf.do(empty(), op="insert_file", blob=blob, name=path.name)
    expected = export.read(path)
    for ours, theirs in zip(done.state.parts[0].gaussians.tensors, expected.tensors):
        assert torch.equal(ours, theirs)
    assert done.state.parts[0].layer.name == "thing"


def test_a_textured_mesh_looks_like_its_texture(shelf: Shelf) -> None:
    rows, columns = np.mgrid[0:256, 0:256]
    pixels = np.stack([columns, rows, 255 * ((rows // 32 + columns // 32) % 2)], axis=2).astype(np.uint8)
    blob = shelf.put(painted_quad(png(pixels)))
    done = shelf.do(empty(), op="insert_file", blob=blob, name="a.glb", budget=20_000, shaded=False)
    assert done.count <= 20_000
    picture = seen(done.state, [0, 1, 3.0], [0, 1, 0], width=256, height=256, fov=math.degrees(2 * math.atan(1 / 3)))
    assert float(picture[4:-4, 4:-4, 3].min()) > 0.95, "no gaps"
    # Of pieces in one plane, seen square on, one half covers the other: edges of the checks move a little.
    inside = torch.from_numpy(np.minimum(rows % 32, columns % 32) > 5) & torch.from_numpy(
        np.maximum(rows % 32, columns % 32) < 26
    )
    error = ((picture[..., :3] - torch.from_numpy(pixels / 255)) ** 2)[inside].mean()
    assert -10 * math.log10(float(error)) > 30


def test_detail_takes_more_gaussians_than_plain_colour(shelf: Shelf) -> None:
    pixels = np.full((256, 256, 3), 120, np.uint8)
    pixels[:, 128:] = np.random.default_rng(0).integers(0, 255, (32, 16, 3)).repeat(8, 0).repeat(8, 1)
    blob = shelf.put(painted_quad(png(pixels)))
    done = shelf.do(empty(), op="insert_file", blob=blob, name="a.glb", budget=4000, shaded=False)
    x = done.state.parts[0].gaussians.means[:, 0]
    assert int((x > 0).sum()) > 2 * int((x < 0).sum())


@pytest.mark.parametrize(("suffix", "up"), [("obj", None), ("stl", "y"), ("ply", None), ("glb", None)])
def test_every_kind_of_mesh_is_covered_without_gaps_and_faces_outwards(shelf: Shelf, suffix: str, up: str) -> None:
    ball = trimesh.creation.icosphere(subdivisions=3, radius=0.5)
    ball.faces = np.where(np.arange(len(ball.faces))[:, None] % 3 == 0, ball.faces[:, ::-1], ball.faces)
    blob = shelf.put(as_bytes(ball.export(file_type=suffix)))
    done = shelf.do(empty(), op="insert_file", blob=blob, name=f"ball.{suffix}", budget=5000, up=up)
    layer = done.state.parts[0].layer
    assert layer.surface is not None
    radius = layer.gaussians.means.norm(dim=1)
    assert float((radius - 0.5).abs().max()) < 0.01
    outwards = layer.gaussians.means / radius[:, None]
    assert float((layer.surface.normals.float() / 127 * outwards).sum(dim=1).min()) > 0.9
    assert float((shortest_axes(layer.gaussians) * outwards).sum(dim=1).abs().min()) > 0.9
    picture = seen(done.state, [0, 0, 1.5], [0, 0, 0], width=200, height=200)
    rows, columns = torch.meshgrid(torch.arange(200.0), torch.arange(200.0), indexing="ij")
    inside = ((rows - 99.5) ** 2 + (columns - 99.5) ** 2) < 66**2
    assert float(picture[..., 3][inside].min()) > 0.97
    assert "triangles" in done.note


def test_more_triangles_than_budget_are_sampled_evenly(shelf: Shelf) -> None:
    ball = trimesh.creation.icosphere(subdivisions=5, radius=0.5)
    colours = (ball.vertices[:, [0, 1, 2]] * 0.8 + 0.5).clip(0, 1) * 255
    ball.visual = ColorVisuals(ball, vertex_colors=colours.astype(np.uint8))
    blob = shelf.put(as_bytes(ball.export(file_type="ply")))
    done = shelf.do(empty(), op="insert_file", blob=blob, name="ball.ply", budget=3000)
    assert done.count == 3000
    means = done.state.parts[0].gaussians.means
    shown = sh0_to_rgb(done.state.parts[0].gaussians.sh[:, 0])
    assert float((shown - (means * 0.8 + 0.5)).abs().max()) < 0.03
    picture = seen(done.state, [0, 0, 1.5], [0, 0, 0], width=100, height=100)
    assert float(picture[30:70, 30:70, 3].min()) > 0.97


def test_orientation_is_mended_piece_by_piece() -> None:
    box = trimesh.creation.box()
    points = np.concatenate([box.vertices, box.vertices + 5])
    turned = np.concatenate([box.faces, box.faces[:, ::-1] + len(box.vertices)])
    flipped = wrongly_turned(points, turned)
    assert list(flipped) == [False] * 12 + [True] * 12


def test_text_is_as_large_as_wanted_and_can_be_read(shelf: Shelf) -> None:
    done = shelf.do(empty(), op="insert_text", text="HIH", size=0.4, depth=0.1, colour=[1, 0, 0], align="left")
    means = done.state.parts[0].gaussians.means
    low, high = means.amin(dim=0), means.amax(dim=0)
    assert abs(float(high[1] - low[1]) - 0.4) < 0.01
    assert abs(float(high[2] - low[2]) - 0.1) < 0.01
    assert float(low[0]) > -0.02
    picture = seen(done.state, [float(high[0]) / 2, 0.2, 1.5], [float(high[0]) / 2, 0.2, 0], width=300, height=120)
    filled = picture[60, :, 3] > 0.5
    strokes = int((filled[1:] & ~filled[:-1]).sum())
    assert strokes == 3, "through the bars of both H and the I"
    above = picture[45, :, 3] > 0.5
    assert int((above[1:] & ~above[:-1]).sum()) == 5


def test_lines_are_aligned_and_accents_are_there(shelf: Shelf) -> None:
    left, right = (
        shelf.do(empty(), op="insert_text", text="HHHH\nÄ", size=0.2, align=align).state.parts[0].gaussians.means
        for align in ("left", "right")
    )
    assert float(left[left[:, 1] < 0.2, 0].max()) < 0.25 < float(left[:, 0].max())
    assert float(right[right[:, 1] < 0.2, 0].min()) > -0.25 > float(right[:, 0].min())


@pytest.mark.parametrize("shape", ["box", "sphere", "cylinder", "cone", "torus", "plane", "stairs"])
def test_solids_are_as_large_as_wanted_and_stand_on_their_place(shelf: Shelf, shape: str) -> None:
    place = {"position": [1, 2, 3]}
    done = shelf.do(empty(), op="insert_solid", shape=shape, size=[0.4, 0.3, 0.2], place=place)
    means = done.state.parts[0].world_means
    height = 0.0 if shape == "plane" else 0.3
    expected = torch.tensor([[0.8, 2.0, 2.9], [1.2, 2 + height, 3.1]])
    torch.testing.assert_close(torch.stack([means.amin(dim=0), means.amax(dim=0)]), expected, atol=0.012, rtol=0)
    assert done.state.parts[0].layer.surface is not None


def test_things_stand_on_what_is_there_and_lean_with_it_if_they_shall(shelf: Shelf) -> None:
    angle = math.radians(25)
    slope = {"rotation": [math.cos(angle / 2), 0, 0, math.sin(angle / 2)], "position": [0, 1, 0]}
    state = shelf.do(empty(), op="insert_solid", shape="plane", size=[4, 1, 4], place=slope).state
    for upright in (True, False):
        place = {"on": [0.5, 3.0, 0.2], "upright": upright}
        done = shelf.do(state, "e2", op="insert_solid", shape="box", size=[0.2, 0.4, 0.2], place=place)
        box = done.state.parts[1]
        foot = box.layer.transform.apply_to_points(torch.tensor([0.0, 0.0, 0.0]))
        expected = torch.tensor([0.5, 1 + 0.5 * math.tan(angle), 0.2])
        torch.testing.assert_close(foot, expected, atol=0.02, rtol=0)
        up = box.layer.transform.rotation_matrix[:, 1]
        leaning = math.degrees(math.acos(min(float(up[1]), 1.0)))
        assert abs(leaning - (0 if upright else 25)) < 1.5


def test_nothing_to_stand_on_is_said(shelf: Shelf) -> None:
    with pytest.raises(InvalidDataError, match="no surface"):
        shelf.do(empty(), op="insert_solid", shape="box", place={"on": [0, 0, 0]})


def test_the_same_operation_makes_the_same_bytes(shelf: Shelf) -> None:
    ball = shelf.put(as_bytes(trimesh.creation.icosphere(subdivisions=2).export(file_type="glb")))
    for operation in (
        {"op": "insert_file", "blob": ball, "name": "ball.glb", "budget": 2000},
        {"op": "insert_text", "text": "Ga", "size": 0.1},
        {"op": "insert_solid", "shape": "torus", "size": [0.1, 0.1, 0.1]},
    ):
        assert shelf.do(empty(), **operation).state.digest() == shelf.do(empty(), **operation).state.digest()


def _glb(document: dict, binary: bytes = b"") -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _huge_glb() -> bytes:
    accessor = {"componentType": 5126, "count": 300_000_000, "type": "VEC3"}
    mesh = {"primitives": [{"attributes": {"POSITION": 0}}]}
    return _glb({"asset": {"version": "2.0"}, "accessors": [accessor], "meshes": [mesh], "nodes": [{"mesh": 0}]})


def _nan_mesh() -> bytes:
    return b"v 0 0 0\nv 1 0 0\nv nan 1 0\nf 1 2 3\n"


def _bomb() -> bytes:
    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG")
    data = painted_quad(png(np.zeros((4, 4, 3), np.uint8)))
    length = struct.unpack("<I", data[12:16])[0]
    document = json.loads(data[20 : 20 + length])
    binary = data[28 + length :]
    view = document["bufferViews"][document["images"][0]["bufferView"]]
    view["byteOffset"], view["byteLength"] = len(binary), len(file.getvalue())
    binary += file.getvalue() + b"\0" * (-len(file.getvalue()) % 4)
    document["buffers"] = [{"byteLength": len(binary)}]
    return _glb(document, binary)


BAD_FILES = {
    "nan.obj": (_nan_mesh(), "NaN"),
    "points.ply": (b"ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
                   b"end_header\n0 0 0\n", "cloud of points"),
    "huge.ply": (b"ply\nformat binary_little_endian 1.0\nelement vertex 9\nproperty float x\nelement face 100000000\n"
                 b"property list uchar int vertex_indices\nend_header\n", "simplify"),
    "huge.stl": (b"\0" * 80 + struct.pack("<I", 100_000_000), "simplify"),
    "huge.glb": (_huge_glb(), "simplify"),
    "nothing.glb": (_glb({"asset": {"version": "2.0"}}), "no triangles|can't be read"),
    "broken.glb": (b"glTF" + b"\x01" * 60, "damaged"),
    "outside.gltf": (json.dumps({"asset": {"version": "2.0"}, "buffers": [{"uri": "../../secret", "byteLength": 36}],
                                 "bufferViews": [{"buffer": 0, "byteLength": 36}],
                                 "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
                                 "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
                                 "nodes": [{"mesh": 0}]}).encode(), "needs .* beside it"),
    "flat.obj": (b"v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n", "without area|no triangles"),
    "far.obj": (b"v 0 0 0\nv 1e9 0 0\nv 0 1e9 0\nf 1 2 3\n", "metres"),
    "what.xyz": (b"hello", "suffix"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_files_are_refused_in_a_sentence_and_at_once(shelf: Shelf, name: str) -> None:
    data, says = BAD_FILES[name]
    started = time.perf_counter()
    with pytest.raises(WorldloomError, match=says) as error:
        shelf.do(empty(), op="insert_file", blob=shelf.put(data), name=name)
    assert time.perf_counter() - started < 3
    assert name in str(error.value)
    assert str(error.value).endswith(".")


def test_a_texture_that_unpacks_to_too_much_is_refused(shelf: Shelf) -> None:
    blob = shelf.put(_bomb())
    started = time.perf_counter()
    with pytest.raises(WorldloomError, match="texture"):
        shelf.do(empty(), op="insert_file", blob=blob, name="bomb.glb")
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        ({"op": "insert_text", "text": ""}, "text"),
        ({"op": "insert_text", "text": "x" * 100_000}, "500"),
        ({"op": "insert_text", "text": " \n "}, "no letter"),
        ({"op": "insert_text", "text": "a\U0010fffd"}, "font has no"),
        ({"op": "insert_text", "text": "a", "size": 0}, "size"),
        ({"op": "insert_solid", "shape": "box", "size": [1000, 1000, 1000]}, "smaller"),
        ({"op": "insert_solid", "shape": "cube"}, "shape"),
        ({"op": "insert_solid", "shape": "box", "colour": [2, 0, 0]}, "colour"),
        ({"op": "insert_solid", "shape": "box", "place": {"rotation": [0, 0, 0, 0]}}, "rotation"),
        ({"op": "insert_solid", "shape": "box", "place": {"position": [float("nan"), 0, 0]}}, "position"),
        ({"op": "insert_file", "blob": "xyz", "name": "a.ply"}, "blob"),
        ({"op": "insert_file", "blob": "0" * 64, "name": "a.ply"}, "no blob"),
    ],
)
def test_bad_wishes_are_refused_in_a_sentence(shelf: Shelf, operation: dict, says: str) -> None:
    with pytest.raises(WorldloomError, match=says):
        shelf.do(empty(), **operation)


def test_a_damaged_mesh_of_any_kind_never_crashes(shelf: Shelf) -> None:
    rng = np.random.default_rng(0)
    ball = trimesh.creation.icosphere(subdivisions=1)
    for suffix in ("glb", "obj", "stl", "ply"):
        whole = as_bytes(ball.export(file_type=suffix))
        for _ in range(12):
            data = bytearray(whole[: rng.integers(1, len(whole) + 1)])
            for place in rng.integers(0, len(data), 4):
                data[place] = rng.integers(0, 256)
            blob = shelf.put(bytes(data))
            try:
                shelf.do(empty(), op="insert_file", blob=blob, name=f"a.{suffix}", budget=500)
            except WorldloomError as error:
                assert isinstance(error, (FormatError, InvalidDataError))


def test_inserting_leaves_the_old_state_as_it_was(shelf: Shelf) -> None:
    state = editing()
    before = state.digest()
    shelf.do(state, op="insert_solid", shape="sphere", size=[0.1, 0.1, 0.1])
    assert state.digest() == before
    assert World("Empty").layers == ()


def test_every_record_in_the_guide_can_be_read() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "compose.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```json\n(.*?)```", guide, flags=re.S)
    records = [record for block in blocks for record in re.split(r"\n(?=\{)", block.strip())]
    assert len(records) >= 12
    for record in records:
        operation = parse(record.replace("<sha256>", "0" * 64))
        assert operation.title
