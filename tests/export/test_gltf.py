from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.export.conftest import NodeTools
from tests.scene.samples import random_gaussians
from worldloom import export
from worldloom.export import gltf
from worldloom.scene.errors import FormatError, WorldloomError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform, half_turn, transform


def close(first: Gaussians, second: Gaussians, tolerance: float = 1e-5) -> bool:
    return all(torch.allclose(a, b, atol=tolerance) for a, b in zip(first.tensors, second.tensors))


def json_of(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    (length,) = struct.unpack("<I", data[12:16])
    return json.loads(data[20 : 20 + length])


def rewrite(path: Path, change: dict[str, Any] | bytes) -> None:
    """Put another JSON part into a .glb."""
    data = path.read_bytes()
    (length,) = struct.unpack("<I", data[12:16])
    text = change if isinstance(change, bytes) else json.dumps(change).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    total = 20 + len(text) + len(rest)
    path.write_bytes(
        struct.pack("<III", 0x46546C67, 2, total) + struct.pack("<II", len(text), 0x4E4F534A) + text + rest
    )


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize("count", [1, 77])
def test_round_trip(tmp_path: Path, suffix: str, degree: int, count: int) -> None:
    gaussians = random_gaussians(count, degree)
    export.write(gaussians, tmp_path / f"a{suffix}")
    back = export.read(tmp_path / f"a{suffix}")
    assert torch.equal(back.means, gaussians.means)
    assert torch.equal(back.quats, gaussians.quats)
    assert torch.equal(back.sh, gaussians.sh)
    assert close(back, gaussians)


def test_the_file_says_what_the_extension_asks(tmp_path: Path) -> None:
    gaussians = random_gaussians(5, 2)
    gltf.write(gaussians, tmp_path / "a.glb")
    content = json_of(tmp_path / "a.glb")
    assert content["extensionsUsed"] == ["KHR_gaussian_splatting"] and "extensionsRequired" not in content
    (primitive,) = content["meshes"][0]["primitives"]
    assert primitive["mode"] == 0
    assert primitive["extensions"]["KHR_gaussian_splatting"] == {
        "kernel": "ellipse",
        "colorSpace": "srgb_rec709_display",
        "projection": "perspective",
        "sortingMethod": "cameraDistance",
    }
    names = {name.removeprefix("KHR_gaussian_splatting:") for name in primitive["attributes"]}
    expected = {f"SH_DEGREE_{band}_COEF_{order}" for band in range(3) for order in range(2 * band + 1)}
    assert names == {"POSITION", "COLOR_0", "ROTATION", "SCALE", "OPACITY"} | expected
    position = content["accessors"][primitive["attributes"]["POSITION"]]
    assert position["min"] == gaussians.means.amin(dim=0).tolist()


def test_rotations_are_xyzw_scales_and_opacities_linear_colours_of_points_linear(tmp_path: Path) -> None:
    gaussians = random_gaussians(1, 0)
    gaussians.sh[:] = 0
    gltf.write(gaussians, tmp_path / "a.glb")
    content, data = json_of(tmp_path / "a.glb"), (tmp_path / "a.glb").read_bytes()
    (length,) = struct.unpack("<I", data[12:16])
    start = 20 + length + 8
    attributes = content["meshes"][0]["primitives"][0]["attributes"]

    def numbers(name: str, width: int) -> list[float]:
        offset = content["bufferViews"][content["accessors"][attributes[name]]["bufferView"]]["byteOffset"]
        return list(struct.unpack(f"<{width}f", data[start + offset : start + offset + 4 * width]))

    w, x, y, z = gaussians.quats[0].tolist()
    assert numbers("KHR_gaussian_splatting:ROTATION", 4) == [x, y, z, w]
    assert numbers("KHR_gaussian_splatting:SCALE", 3) == pytest.approx(gaussians.scales[0].tolist())
    assert numbers("KHR_gaussian_splatting:OPACITY", 1) == pytest.approx(gaussians.opacities.tolist())
    assert numbers("COLOR_0", 4)[:3] == pytest.approx([0.2140411] * 3), "sRGB 0.5 in linear light"


def test_nodes_place_turn_and_scale(tmp_path: Path) -> None:
    gaussians = random_gaussians(30, 3)
    gltf.write(gaussians, tmp_path / "a.glb")
    outer = Transform((1, 2, 3), (0.5, 0.5, 0.5, 0.5), 2.0)
    inner = Transform((0, -1, 0), (0.0, 0.6, 0.8, 0.0), 0.5)
    content = json_of(tmp_path / "a.glb")
    w, x, y, z = outer.rotation
    content["nodes"] = [
        {"children": [1], "translation": [1, 2, 3], "rotation": [x, y, z, w], "scale": [2, 2, 2]},
        {"mesh": 0, "matrix": inner.matrix.T.reshape(-1).tolist()},
    ]
    rewrite(tmp_path / "a.glb", content)
    assert close(export.read(tmp_path / "a.glb"), transform(gaussians, outer @ inner), 1e-4)


def test_normalised_integers_are_read(tmp_path: Path) -> None:
    gaussians = random_gaussians(9, 0)
    gltf.write(gaussians, tmp_path / "a.glb")
    content = json_of(tmp_path / "a.glb")
    quats = np.round(gaussians.quats.numpy()[:, [1, 2, 3, 0]] * 32767).astype("<i2")
    opacities = np.round(gaussians.opacities.numpy() * 255).astype("u1")
    for data, kind, component, name in (
        (quats, "VEC4", 5122, "ROTATION"),
        (opacities, "SCALAR", 5121, "OPACITY"),
    ):
        uri = "data:application/octet-stream;base64," + base64.b64encode(data.tobytes()).decode()
        content["buffers"].append({"byteLength": data.nbytes, "uri": uri})
        content["bufferViews"].append({"buffer": len(content["buffers"]) - 1, "byteLength": data.nbytes})
        accessor = {"bufferView": len(content["bufferViews"]) - 1, "componentType": component, "count": 9, "type": kind}
        content["accessors"].append({**accessor, "normalized": True})
        attributes = content["meshes"][0]["primitives"][0]["attributes"]
        attributes[f"KHR_gaussian_splatting:{name}"] = len(content["accessors"]) - 1
    rewrite(tmp_path / "a.glb", content)
    back = export.read(tmp_path / "a.glb")
    assert torch.allclose(back.quats, gaussians.quats, atol=1e-4)
    assert torch.allclose(back.opacities, gaussians.opacities, atol=0.003)


def test_a_file_of_another_project_with_an_unknown_kernel(data_dir: Path) -> None:
    back = export.read(data_dir / "splats" / "khr" / "khr_gaussian_splatting" / "khr_extensible_fallback.gltf")
    assert len(back) == 1
    assert back.means.tolist() == [[1.0, 2.0, 3.0]]


def test_a_scene_without_gaussians_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="without Gaussians"):
        export.write(Gaussians.empty(), tmp_path / "a.glb")
    assert not list(tmp_path.iterdir())


def hostile(content: dict[str, Any], what: str) -> dict[str, Any]:
    accessor, view = content["accessors"][0], content["bufferViews"][0]
    if what == "count":
        accessor["count"] = 10**12
    elif what == "negative":
        view["byteOffset"] = -4
    elif what == "far":
        view["byteLength"] = 2**40
    elif what == "loop":
        content["nodes"] = [{"children": [1]}, {"children": [0], "mesh": 0}]
    elif what == "uri":
        content["buffers"][0]["uri"] = "../../../../etc/passwd"
    elif what == "absolute":
        content["buffers"][0]["uri"] = "/etc/passwd"
    elif what == "web":
        content["buffers"][0]["uri"] = "http://127.0.0.1/a.bin"
    elif what == "type":
        accessor["type"] = "MAT4"
    elif what == "component":
        accessor["componentType"] = 1
    elif what == "shear":
        content["nodes"][0]["matrix"] = [1, 0, 0, 0, 5, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    elif what == "uneven":
        content["nodes"][0]["scale"] = [1, 2, 1]
    elif what == "index":
        content["nodes"][0]["mesh"] = 10**9
    elif what == "plain":
        del content["meshes"][0]["primitives"][0]["extensions"]
    return content


@pytest.mark.parametrize(
    "what",
    [
        "count", "negative", "far", "loop", "uri", "absolute", "web", "type", "component", "shear", "uneven", "index",
        "plain",
    ],
)  # fmt: skip
def test_hostile_files_are_one_sentence(tmp_path: Path, what: str) -> None:
    path = tmp_path / "a.glb"
    gltf.write(random_gaussians(5, 1), path)
    rewrite(path, hostile(json_of(path), what))
    with pytest.raises(FormatError, match=r"a\.glb"):
        export.read(path)


def test_truncation_deep_nesting_and_nan(tmp_path: Path) -> None:
    path = tmp_path / "a.glb"
    gltf.write(random_gaussians(50, 1), path)
    whole = path.read_bytes()
    for length in (3, 11, 19, 60, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(WorldloomError):
            export.read(path)
    path.write_bytes(whole)
    rewrite(path, b'{"a":' * 100_000)
    with pytest.raises(FormatError):
        export.read(path)
    path.write_bytes(whole[:-40] + struct.pack("<10f", *[float("nan")] * 10))
    with pytest.raises(FormatError, match="NaN"):
        export.read(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mangled_files_are_one_sentence_or_gaussians(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "a.glb"
    gltf.write(random_gaussians(4, 1), path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 10))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        export.read(path)
    except WorldloomError as error:
        assert "a.glb" in str(error)


def test_trimesh_opens_it_as_points(tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh", reason="trimesh is not installed")
    gaussians = random_gaussians(20, 1)
    gltf.write(gaussians, tmp_path / "a.glb")
    (cloud,) = trimesh.load(tmp_path / "a.glb").geometry.values()
    assert isinstance(cloud, trimesh.PointCloud)
    assert np.allclose(np.sort(cloud.vertices, axis=0), np.sort(gaussians.means.numpy(), axis=0))


_VALIDATE = """
const {validateBytes} = require(process.argv[1]), fs = require('fs');
validateBytes(new Uint8Array(fs.readFileSync(process.argv[2])))
  .then(report => console.log(JSON.stringify(report.issues)));
"""


def test_the_khronos_validator_finds_only_what_it_does_not_know(tmp_path: Path, node_tools: NodeTools) -> None:
    """The validator predates the extension: it takes each prefixed attribute for a mistake, and nothing else may be."""
    gltf.write(random_gaussians(20, 3), tmp_path / "a.glb")
    printed = node_tools.run("-e", _VALIDATE, node_tools.packages / "gltf-validator", tmp_path / "a.glb")
    issues = json.loads(printed)
    seen = {(message["code"], message["pointer"].split("/attributes/")[0]) for message in issues["messages"]}
    assert seen <= {
        ("MESH_PRIMITIVE_INVALID_ATTRIBUTE", "/meshes/0/primitives/0"),
        ("UNSUPPORTED_EXTENSION", "/extensionsUsed/0"),
    }
    errors = [message for message in issues["messages"] if message["severity"] == 0]
    assert all("/attributes/KHR_gaussian_splatting:" in message["pointer"] for message in errors)
    assert issues["numErrors"] == 19 and issues["numWarnings"] == 0


def test_splat_transforms_glb_is_read_with_its_half_turn(tmp_path: Path, node_tools: NodeTools) -> None:
    """splat-transform turns PLY data by 180 degrees about z into glTF; our PLY reader turns about x. So its GLB of our
    PLY is our scene turned by 180 degrees about y."""
    gaussians = random_gaussians(40, 3)
    export.write(gaussians, tmp_path / "a.ply")
    node_tools.splat_transform(tmp_path / "a.ply", tmp_path / "b.glb")
    back = export.read(tmp_path / "b.glb")
    order = torch.cdist(half_turn(gaussians, "y").means, back.means).argmin(dim=1)
    theirs, ours = back[order], half_turn(gaussians, "y")
    assert torch.allclose(theirs.means, ours.means, atol=1e-5)
    assert torch.allclose(theirs.sh, ours.sh, atol=1e-4)
    assert torch.allclose((theirs.quats * ours.quats).sum(dim=1).abs(), torch.ones(40), atol=1e-4)


def test_a_name_with_spaces_keeps_its_buffer(tmp_path: Path) -> None:
    gaussians = random_gaussians(3, 0)
    export.write(gaussians, tmp_path / "my world.gltf")
    assert json.loads((tmp_path / "my world.gltf").read_text())["buffers"][0]["uri"] == "my%20world.bin"
    assert close(export.read(tmp_path / "my world.gltf"), gaussians)


@pytest.mark.parametrize("what", ["nodes", "parts", "chain"])
def test_parts_repeated_without_end_are_refused_quickly(tmp_path: Path, what: str) -> None:
    path = tmp_path / "a.glb"
    gltf.write(random_gaussians(2000, 0), path)
    content = json_of(path)
    if what == "nodes":
        content["nodes"] = [{"mesh": 0}] * 9000
        content["scenes"] = [{"nodes": list(range(9000))}]
    elif what == "parts":
        content["meshes"][0]["primitives"] *= 20_000
    else:
        content["nodes"] = [{"children": [index + 1]} for index in range(30_000)] + [{"mesh": 0}]
    rewrite(path, content)
    with pytest.raises(FormatError, match=r"a\.glb"):
        export.read(path)
