"""What can't become a world is told in one sentence, and nothing is written."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image
from typer.testing import CliRunner

from worldloom.app.cli import app

Maker = Callable[[Path], list[str]]


def words(text: str) -> Maker:
    return lambda folder: [text]


def picture(width: int, height: int, value: int | None = None, *options: str) -> Maker:
    """A file of noise, or of one grey."""

    def make(folder: Path) -> list[str]:
        rgb = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        if value is not None:
            rgb[:] = value
        Image.fromarray(rgb).save(folder / "picture.png")
        return ["--from", str(folder / "picture.png"), *options]

    return make


def huge(folder: Path) -> list[str]:
    """A PNG that says it has 200 megapixels, in 100 bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20_000, 10_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    (folder / "huge.png").write_bytes(data)
    return ["--from", str(folder / "huge.png")]


def boxes(spoil: Callable[[trimesh.Trimesh], None]) -> Maker:
    def make(folder: Path) -> list[str]:
        box = trimesh.creation.box()
        spoil(box)
        (folder / "boxes.glb").write_bytes(bytes(trimesh.Scene({"wall": box}).export(file_type="glb")))  # pyright: ignore
        return ["--from", str(folder / "boxes.glb")]

    return make


def not_a_number(mesh: trimesh.Trimesh) -> None:
    mesh.vertices[3] = np.nan


def far_too_large(mesh: trimesh.Trimesh) -> None:
    mesh.apply_scale(1e6)


def file(name: str, data: bytes, *options: str) -> Maker:
    def make(folder: Path) -> list[str]:
        (folder / name).write_bytes(data)
        return ["--from", str(folder / name), *options]

    return make


def wrong_guides(folder: Path) -> list[str]:
    (folder / "guides.json").write_text(json.dumps({"camera_height": -3}))
    return [*picture(64, 48)(folder), "--guides", str(folder / "guides.json")]


CASES: dict[str, tuple[Maker, str]] = {
    "empty": (words("   "), "say"),
    "too long": (words("a lake " * 15_000), "characters"),
    "markup": (words("<script>alert(1)</script>" * 20), "name a place"),
    "another language": (words("Ein kleines Dorf am See mit einer Kirche und vielen Bäumen"), "English"),
    "another script": (words("雪山の下の静かな湖"), "English"),
    "black": (picture(64, 48, 0), "one colour"),
    "one pixel": (picture(1, 1), "at least 32"),
    "200 megapixels": (huge, "megapixels"),
    "no panorama": (picture(160, 120, None, "--as", "panorama"), "twice as wide"),
    "GLB with NaN": (boxes(not_a_number), "boxes.glb"),
    "GLB in another unit": (boxes(far_too_large), "boxes.glb"),
    "torn GLB": (file("torn.glb", b"glTF\x02\0\0\0\xff\xff\xff\x7f"), "torn.glb"),
    "torn picture": (file("torn.jpg", b"\xff\xd8\xff\xe0 nothing"), "torn.jpg"),
    "empty picture": (file("empty.png", b""), "empty.png"),
    "neither": (file("notes.txt", b"hello"), "notes.txt"),
    "picture as boxes": (picture(64, 48, None, "--as", "blockout"), "no GLB"),
    "boxes as picture": (file("boxes.glb", b"glTF", "--as", "picture"), "no picture"),
    "wrong guides": (wrong_guides, "camera_height"),
    "missing file": (lambda folder: ["--from", str(folder / "gone.png")], "gone.png"),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_told_in_a_sentence_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    make, sentence = CASES[name]
    target = tmp_path / "world"
    ran = CliRunner().invoke(app, ["generate", *make(tmp_path), "--output", str(target)])
    before = {path.name for path in tmp_path.iterdir()}
    assert ran.exit_code != 0
    said = str(ran.exception) if ran.exception is not None and not isinstance(ran.exception, SystemExit) else ran.output
    assert sentence in said
    assert said.strip().count("\n") < 4 and len(said) < 600, "a sentence, not a trace"
    assert "Traceback" not in said and "world" not in before
