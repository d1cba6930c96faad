"""Meshes with the files that they name beside themselves, and with all that materials can say."""

from __future__ import annotations

import base64
import io
import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import trimesh
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from trimesh.visual import ColorVisuals

from tests.edit.composing import Shelf, as_bytes, empty, seen
from worldloom.edit.change.relight import Relight
from worldloom.edit.compose.archive import is_archive
from worldloom.edit.compose.bundle import bundled
from worldloom.edit.compose.mesh_file import read_mesh
from worldloom.edit.criteria import Everything
from worldloom.edit.operation import Applying
from worldloom.edit.state import EditState
from worldloom.scene.errors import WorldloomError
from worldloom.scene.geometry import Transform
from worldloom.scene.srgb import srgb
from worldloom.scene.surfels import Array

RED, GREEN, BLUE = (200, 30, 30), (30, 180, 40), (40, 60, 210)
TWO_SQUARES = """mtllib {library}
v -1 0 0
v 0 0 0
v 0 1 0
v -1 1 0
v 1 0 0
v 1 1 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
usemtl left
f 1/1 2/2 3/3 4/4
usemtl right
f 2/1 5/2 6/3 3/4
"""
QUAD = np.array([[-1, 0, 0], [1, 0, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
QUAD_UV = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def picture(*colours: tuple[int, ...]) -> bytes:
    """A PNG of stripes, from left to right."""
    pixels = np.repeat(np.repeat(np.array([colours], np.uint8), 64, axis=0), 64 // len(colours), axis=1)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def colours_of(state: EditState) -> tuple[Tensor, Tensor]:
    """(5, 4) of five places from left to right along the middle of a thing 2 m wide and 1 m high, and the picture."""
    shown = seen(state, [0, 0.5, 2.4], [0, 0.5, 0], width=160, height=120)
    columns = [80 + round(x * 120 / 2 / np.tan(np.radians(25)) / 2.4) for x in (-0.75, -0.25, 0, 0.25, 0.75)]
    return shown[60, columns], shown


def near(found: Tensor, colour: tuple[int, int, int], within: float = 0.06) -> bool:
    return bool((found[:3] - torch.tensor(colour) / 255).abs().max() < within) and float(found[3]) > 0.9


def gltf(**material: object) -> dict[str, Any]:
    """A square of 2 m x 1 m in one material; its buffer and pictures lie beside it."""
    data = [QUAD.tobytes(), QUAD_UV.tobytes(), np.array([0, 1, 2, 0, 2, 3], np.uint32).tobytes()]
    starts = np.cumsum([0, *map(len, data)])
    return {
        "asset": {"version": "2.0"},
        "buffers": [{"uri": "quad.bin", "byteLength": int(starts[-1])}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": int(start), "byteLength": len(one)} for start, one in zip(starts, data)
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3", "min": [-1, 0, 0], "max": [1, 1, 0]},
            {"bufferView": 1, "componentType": 5126, "count": 4, "type": "VEC2"},
            {"bufferView": 2, "componentType": 5125, "count": 6, "type": "SCALAR"},
        ],
        "images": [{"uri": "colour%20map.png"}, {"uri": "light.png"}],
        "textures": [{"source": 0}, {"source": 1}],
        "materials": [material],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2, "material": 0}]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
        "scene": 0,
    }


def glb(document: dict, data: bytes) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    data += bytes(-len(data) % 4)
    rest = struct.pack("<I4s", len(data), b"BIN\0") + data
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A) + text + rest


def buffer() -> bytes:
    return QUAD.tobytes() + QUAD_UV.tobytes() + np.array([0, 1, 2, 0, 2, 3], np.uint32).tobytes()


def inserted(shelf: Shelf, files: dict[str, bytes | str], **wanted: object) -> EditState:
    wanted = {"name": "thing.zip", "budget": 6000, "shaded": False, **wanted}
    return shelf.do(empty(), op="insert_file", blob=shelf.put(zipped(files)), **wanted).state


def test_an_obj_comes_with_its_materials_and_pictures(shelf: Shelf) -> None:
    library = "newmtl left\nKd 0 0 1\nmap_Kd -s 1 1 1 -o 0 0 tex\\red green.png\nnewmtl right\nKd 0.157 0.235 0.824\n"
    files = {
        "chair/chair.obj": TWO_SQUARES.format(library="chair.mtl"),
        "chair/chair.mtl": library,
        "chair/tex/red green.png": picture(RED, GREEN),
    }
    found, _ = colours_of(inserted(shelf, files))
    assert near(found[0], RED) and near(found[1], GREEN) and near(found[3], BLUE) and near(found[4], BLUE)
    flat = {name.rsplit("/", 1)[-1]: data for name, data in files.items()}
    again, _ = colours_of(inserted(shelf, flat))
    assert near(again[0], RED) and near(again[1], GREEN), "found by its name alone"


def test_what_is_missing_is_said_and_the_rest_comes(shelf: Shelf) -> None:
    data = zipped({"a.obj": TWO_SQUARES.format(library="gone.mtl")})
    done = shelf.do(empty(), op="insert_file", blob=shelf.put(data), name="a.zip", budget=500)
    assert "gone.mtl" in done.note and done.count > 100
    alone = shelf.do(empty(), op="insert_file", blob=shelf.put(b"mtllib b.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"),
                     name="b.obj", budget=500)  # fmt: skip
    assert "b.mtl" in alone.note


@pytest.mark.parametrize("mask", ["map_d cut.png", "d 0.4"])
def test_an_obj_may_be_cut_out_or_see_through(shelf: Shelf, mask: str) -> None:
    library = f"newmtl left\nmap_Kd a.png\n{mask}\nnewmtl right\nKd 1 1 1\n"
    files = {
        "a.obj": TWO_SQUARES.format(library="a.mtl"),
        "a.mtl": library,
        "a.png": picture(RED),
        "cut.png": picture((0,) * 3, (255,) * 3),
    }
    found, shown = colours_of(inserted(shelf, files, budget=1000))
    if mask.startswith("map_d"):
        assert float(found[0, 3]) < 0.05 and near(found[1], RED)
    else:
        assert float(shown[45:75, 35:70, 3].mean()) == pytest.approx(0.4, abs=0.1)


def test_a_gltf_comes_with_its_buffers_and_pictures_and_factors(shelf: Shelf) -> None:
    half = {"baseColorTexture": {"index": 0}, "baseColorFactor": [1, 1, 0.0, 1]}
    files = {
        "quad.gltf": json.dumps(gltf(pbrMetallicRoughness=half)),
        "quad.bin": buffer(),
        "colour map.png": picture((200, 30, 30), (30, 180, 255)),
        "light.png": picture((0, 0, 0)),
    }
    found, _ = colours_of(inserted(shelf, files))
    assert near(found[0], (200, 30, 0)) and near(found[4], (30, 180, 0))
    with pytest.raises(WorldloomError, match=r"quad\.bin.* beside it"):
        inserted(shelf, {"quad.gltf": files["quad.gltf"]})


def test_alpha_masks_cut_and_blends_let_through(shelf: Shelf) -> None:
    pictured = {"baseColorTexture": {"index": 0}}
    striped = picture((200, 30, 30, 255), (30, 180, 40, 100))
    for mode, opacity in (("MASK", 0.0), ("BLEND", 100 / 255), ("OPAQUE", 1.0)):
        document = gltf(pbrMetallicRoughness=pictured, alphaMode=mode)
        files = {"q.gltf": json.dumps(document), "quad.bin": buffer(), "colour map.png": striped}
        found, _ = colours_of(inserted(shelf, files))
        assert float(found[0, 3]) > 0.9 and float(found[4, 3]) == pytest.approx(opacity, abs=0.15), mode


@pytest.mark.parametrize("suffix", ["ply", "obj"])
def test_colours_by_vertex_are_kept(shelf: Shelf, suffix: str) -> None:
    box = trimesh.creation.box((2, 1, 0.2)).subdivide().subdivide().subdivide()
    box.apply_translation((0, 0.5, 0))
    colours = np.where(box.vertices[:, :1] < 0, [RED], [BLUE])
    box.visual = ColorVisuals(
        box, vertex_colors=np.column_stack([colours, np.full(len(colours), 255)]).astype(np.uint8)
    )
    blob = shelf.put(as_bytes(box.export(file_type=suffix)))
    state = shelf.do(empty(), op="insert_file", blob=blob, name=f"a.{suffix}", budget=8000).state
    found, _ = colours_of(state)
    assert near(found[0], RED) and near(found[4], BLUE)


def lit(shelf: Shelf, **material: object) -> EditState:
    """A dark grey square, shaded, with light of its own on its right."""
    dark = {"baseColorFactor": [0.02, 0.02, 0.02, 1]}
    document = gltf(pbrMetallicRoughness=dark, **material)
    files = {"q.gltf": json.dumps(document), "quad.bin": buffer(), "light.png": picture((0, 0, 0), (255, 120, 0))}
    return inserted(shelf, files, shaded=True)


def test_what_emits_light_looks_lit_and_stays_so_when_relit(shelf: Shelf) -> None:
    glowing = {"emissiveTexture": {"index": 1}, "emissiveFactor": [1, 1, 1]}
    state = lit(shelf, **glowing)
    found, _ = colours_of(state)
    assert float(found[0, :3].max()) < 0.2, "no light there"
    assert float(found[4, 0]) > 0.95 and 0.42 < float(found[4, 1]) < 0.55 and float(found[4, 2]) < 0.2
    relit = Relight(where=Everything(), azimuth=180, elevation=5, sun=0, sky=0).apply(
        state, Applying("e2", "ann", shelf)
    )
    after, _ = colours_of(relit.state)
    assert float(after[4, 0]) > 0.9 and float(after[4, 1]) > 0.38
    surface = state.parts[0].layer.surface
    assert surface is not None and int(surface.glow[:, 0].max()) > 150


def test_strength_multiplies_emission(shelf: Shelf) -> None:
    def of(strength: float) -> float:
        extension = {"KHR_materials_emissive_strength": {"emissiveStrength": strength}}
        return float(colours_of(lit(shelf, emissiveFactor=[0.05, 0.05, 0.05], extensions=extension))[0][2, 0])

    assert of(0) < of(1) < of(4) < of(20) and of(20) > 0.95


def test_a_strength_in_a_glb_reads_the_same(tmp_path: Path) -> None:
    document = gltf(
        emissiveFactor=[0.1, 0.2, 0.3], extensions={"KHR_materials_emissive_strength": {"emissiveStrength": 5}}
    )
    del document["buffers"][0]["uri"], document["images"], document["textures"]
    (tmp_path / "a.glb").write_bytes(glb(document, buffer()))
    (part,) = read_mesh(tmp_path / "a.glb", "a.glb", Transform()).parts
    assert part.emission is not None and part.emission.strength == pytest.approx([0.5, 1.0, 1.5])


def quarters(*colours: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A picture (64, 64, 3) of four: upper left, upper right, lower left, lower right."""
    return np.array(colours, np.uint8).reshape(2, 2, 3).repeat(32, axis=0).repeat(32, axis=1)


def shown_quarters(folder: Path, slot: str, **transform: object) -> Array:
    """What a square shows of a picture in its four quarters, in display colours, 0..255 (4, 3). Of the picture's own
    quarters the first is red, the second green, the fourth blue, and the third has all of `FOUR` in its own."""
    pixels = quarters(RED, GREEN, (0, 0, 0), BLUE)
    pixels[32:, :32] = quarters(*FOUR)[::2, ::2]
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    texture = {"index": 0, "texCoord": 1, "extensions": {"KHR_texture_transform": transform}}
    glowing = {"emissiveTexture": texture, "emissiveFactor": [1, 1, 1]}
    material = {"pbrMetallicRoughness": {"baseColorTexture": texture}} if slot == "colour" else glowing
    document: dict[str, Any] = gltf(**material, name="same") | {"extensionsRequired": ["KHR_texture_transform"]}
    document["materials"].insert(0, {"name": "same"})
    (one,) = document["meshes"][0]["primitives"]
    one["material"] = 1
    one["attributes"] |= {"TEXCOORD_0": 3, "TEXCOORD_1": 1}  # the first lie elsewhere: all in one point
    start = len(buffer())
    data = buffer() + np.full(8, 0.25, np.float32).tobytes() + file.getvalue()
    views = document["bufferViews"]
    views.append({"buffer": 0, "byteOffset": start, "byteLength": 32})
    views.append({"buffer": 0, "byteOffset": start + 32, "byteLength": len(file.getvalue())})
    document["accessors"].append({"bufferView": 3, "componentType": 5126, "count": 4, "type": "VEC2"})
    document |= {"images": [{"bufferView": 4, "mimeType": "image/png"}], "textures": [{"source": 0}]}
    document["buffers"] = [{"byteLength": len(data)}]
    (folder / "a.glb").write_bytes(glb(document, data))
    (part,) = read_mesh(folder / "a.glb", "a.glb", Transform()).parts
    shown = part.texture if slot == "colour" else part.emission and part.emission.texture
    assert shown is not None and part.uv is not None
    places = np.append(part.corners[..., :2], np.ones((2, 3, 1)), axis=2).reshape(-1, 3)
    across = np.linalg.lstsq(places, part.uv.reshape(-1, 2), rcond=None)[0]
    middles = np.array([[-0.5, 0.75, 1], [0.5, 0.75, 1], [-0.5, 0.25, 1], [0.5, 0.25, 1]])
    return srgb(shown.at(middles @ across, np.zeros(4))[:, :3]) * 255


FOUR = (250, 250, 250), (250, 250, 0), (0, 250, 250), (250, 0, 250)


@pytest.mark.parametrize("slot", ["colour", "light"])
def test_pictures_lie_where_a_glb_says(tmp_path: Path, slot: str) -> None:
    turned = shown_quarters(tmp_path, slot, offset=[0, 1], rotation=np.pi / 2, scale=[0.5, 0.5])
    one, two, three, four = FOUR
    assert turned == pytest.approx(np.array([three, one, four, two]), abs=2), "clockwise, the specification's example"
    flipped = shown_quarters(tmp_path, slot, offset=[0, 1], scale=[1, -1])[[1, 3]]
    assert flipped == pytest.approx(np.array([BLUE, GREEN]), abs=2), "its other example: from the lower left"
    squeezed = shown_quarters(tmp_path, slot, offset=[0.5, 0.05], scale=[0.25, 0.1])
    assert squeezed == pytest.approx(np.array([GREEN] * 4), abs=2)
    both = shown_quarters(tmp_path, slot, offset=[0.55, 1], rotation=np.pi / 2, scale=[1, 0.25])
    assert both == pytest.approx(np.array([BLUE, GREEN] * 2), abs=2), "scaled first, then turned"
    assert shown_quarters(tmp_path, slot, texCoord=0) == pytest.approx(np.array([RED] * 4), abs=2)


@pytest.mark.parametrize(
    "wrong", [{"offset": [1]}, {"rotation": "left"}, {"scale": [float("nan"), 1]}, {"texCoord": []}]
)
def test_a_picture_that_lies_nowhere_is_refused(tmp_path: Path, wrong: dict) -> None:
    with pytest.raises(WorldloomError, match="damaged"):
        shown_quarters(tmp_path, "colour", **wrong)


OBJ = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
BAD_ZIPS = {
    "empty": (zipped({}), "neither|no mesh|suffix|know"),
    "no mesh": (zipped({"a.txt": "hello"}), "no mesh|suffix|know"),
    "two meshes": (zipped({"a.obj": OBJ, "b.obj": OBJ}), "holds 2 meshes"),
    "outside": (zipped({"../../etc/a.mtl": "x", "a.obj": OBJ}), "outside of itself"),
    "absolute": (zipped({"/etc/a.mtl": "x", "a.obj": OBJ}), "outside of itself"),
    "many": (zipped({f"{n}.txt": "" for n in range(2001)} | {"a.obj": OBJ}), "2,002 files"),
    "cut": (zipped({"a.obj": OBJ})[:60], "damaged|suffix|know"),
    "picture": (zipped({"a.obj": TWO_SQUARES.format(library="a.mtl"), "a.mtl": "newmtl left\nmap_Kd a.png\n",
                        "a.png": b"no picture"}), "texture|picture"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ZIPS)
def test_bad_zips_are_refused_in_a_sentence(shelf: Shelf, name: str) -> None:
    data, says = BAD_ZIPS[name]
    with pytest.raises(WorldloomError, match=says) as error:
        shelf.do(empty(), op="insert_file", blob=shelf.put(data), name="a.zip", budget=500)
    assert len(str(error.value)) < 300 and "Traceback" not in str(error.value)


def test_a_zip_that_unpacks_to_too_much_is_refused(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worldloom.edit.compose.mesh_file.MOST_BYTES", 1_000_000)
    blob = shelf.put(zipped({"a.obj": bytes(2_000_000)}))
    with pytest.raises(WorldloomError, match="unpacks to too much"):
        shelf.do(empty(), op="insert_file", blob=blob, name="a.zip")
    library = {"a.obj": TWO_SQUARES.format(library="a.mtl"), "a.mtl": bytes(1_500_000)}
    with pytest.raises(WorldloomError, match="unpacks to too much"):
        shelf.do(empty(), op="insert_file", blob=shelf.put(zipped(library)), name="a.zip")


def test_a_damaged_zip_never_crashes(tmp_path: Path) -> None:
    library = "newmtl left\nmap_Kd a.png\nmap_d a.png\nnewmtl right\nKe 1 1 1\n"
    good = zipped({"a.obj": TWO_SQUARES.format(library="a.mtl"), "a.mtl": library, "a.png": picture(RED)})
    random = np.random.default_rng(0)
    for _ in range(60):
        bad = np.frombuffer(good, np.uint8).copy()
        bad[random.integers(0, len(bad), random.integers(1, 6))] = random.integers(0, 256)
        (tmp_path / "a.zip").write_bytes(bad[: random.integers(len(bad) // 2, 2 * len(bad))].tobytes())
        try:
            if is_archive(tmp_path / "a.zip"):
                read_mesh(tmp_path / "a.zip", "a.zip", Transform())
        except WorldloomError as error:
            assert "\n" not in str(error)


def test_a_mesh_on_disk_is_packed_with_what_it_names_in_its_folder_only(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(picture(RED))
    home = tmp_path / "home"
    (home / "tex").mkdir(parents=True)
    (home / "a.obj").write_text(TWO_SQUARES.format(library="a.mtl"))
    (home / "a.mtl").write_text("newmtl left\nmap_Kd -s 1 1 1 tex/a.png\nnewmtl right\nmap_Kd ../secret.png\n")
    (home / "tex" / "a.png").write_bytes(picture(RED))
    packed = bundled(home / "a.obj", tmp_path)
    with zipfile.ZipFile(packed) as archive:
        assert sorted(archive.namelist()) == ["a.mtl", "a.obj", "tex/a.png"]
    first = packed.read_bytes()
    assert bundled(home / "a.obj", tmp_path).read_bytes() == first
    assert bundled(home / "tex" / "a.png", tmp_path) == home / "tex" / "a.png"
    inline = gltf()
    inline["buffers"][0]["uri"] = "data:;base64," + base64.b64encode(buffer()).decode()
    inline["images"] = [{"uri": "tex/a.png"}]
    (home / "q.gltf").write_text(json.dumps(inline))
    with zipfile.ZipFile(bundled(home / "q.gltf", tmp_path)) as archive:
        assert sorted(archive.namelist()) == ["q.gltf", "tex/a.png"]
