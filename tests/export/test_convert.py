"""`read`, `write` and `convert` for any format."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.export.samples import KINDS, Kind, assert_close, plain_gaussians
from worldloom import export
from worldloom.scene.errors import FormatError, InvalidDataError, WorldloomError

LOOSE = {
    "means": 0.003, "angle": 0.2, "log_scales": 0.04, "opacities": 0.005, "colours": 0.05, "rest": 0.1,
}  # fmt: skip


@pytest.mark.parametrize("target", KINDS, ids=str)
@pytest.mark.parametrize("source", KINDS, ids=str)
def test_a_scene_stays_upright_through_every_pair(tmp_path: Path, source: Kind, target: Kind) -> None:
    """No symmetry would hide a wrong turn: positions, rotations and SH are random."""
    degree = 0 if ".splat" in (source.suffix, target.suffix) else 3
    gaussians = plain_gaussians(300, degree)
    gaussians.sh[:, 0].clamp_(-1.7, 1.7)  # colours that .splat can hold
    (tmp_path / "from").mkdir()
    export.write(gaussians, source.path(tmp_path / "from"), **source.options)
    export.convert(source.path(tmp_path / "from"), target.path(tmp_path), **target.options)
    assert_close(export.read(target.path(tmp_path)), gaussians, **LOOSE)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("a.ply", "ply"),
        ("A.PLY", "ply"),
        ("a.b.compressed.ply", "compressed-ply"),
        ("a.splat", "splat"),
        ("a.spz", "spz"),
        ("a.glb", "gltf"),
        ("a.gltf", "gltf"),
        ("a.usdz", "usd"),
    ],
)
def test_format_by_suffix(name: str, wanted: str) -> None:
    assert export.format_for_writing(name).name == wanted


def test_format_by_content_where_the_name_misleads(tmp_path: Path) -> None:
    gaussians = plain_gaussians(10, 0)
    for kind in KINDS:
        if kind.suffix != ".splat":
            export.write(gaussians, kind.path(tmp_path), **kind.options)
            misnamed = kind.path(tmp_path).rename(tmp_path / "scene.splat")
            assert export.format_for_writing(f"a{kind.suffix}") is export.format_for_reading(misnamed)
            assert len(export.read(misnamed)) == 10


def test_unknown_suffix_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"scene\.obj has no suffix .* use one of \.compressed\.ply, \.ply, \.splat"):
        export.write(plain_gaussians(1, 0), tmp_path / "scene.obj")
    (tmp_path / "scene.obj").write_bytes(b"v 0 0 0")
    with pytest.raises(FormatError, match="no suffix"):
        export.read(tmp_path / "scene.obj")


def test_missing_empty_and_folder(tmp_path: Path) -> None:
    (tmp_path / "empty.ply").touch()
    for name, message in (("none.ply", "No such file"), ("empty.ply", "is empty"), ("", "directory")):
        with pytest.raises(FormatError, match=message):
            export.read(tmp_path / name)


def test_unknown_option_names_the_known_ones(tmp_path: Path) -> None:
    gaussians = plain_gaussians(1, 0)
    with pytest.raises(InvalidDataError, match=r"no option 'upside'; it has up, antialiased"):
        export.write(gaussians, tmp_path / "a.ply", upside=True)
    export.write(gaussians, tmp_path / "a.ply")
    with pytest.raises(InvalidDataError, match="no option 'version'; it has up"):
        export.read(tmp_path / "a.ply", version=3)
    with pytest.raises(InvalidDataError, match="versions 2, 3 and 4"):
        export.write(gaussians, tmp_path / "a.spz", version=5)


def test_source_frame_can_be_told(tmp_path: Path) -> None:
    gaussians = plain_gaussians(10, 1)
    export.write(gaussians, tmp_path / "a.spz", up="-y")
    export.convert(tmp_path / "a.spz", tmp_path / "a.ply", source_up="-y")
    torch.testing.assert_close(export.read(tmp_path / "a.ply").means, gaussians.means, rtol=0, atol=2e-4)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    for kind in KINDS:
        path = kind.path(tmp_path)
        path.write_bytes(b"old")
        broken = plain_gaussians(70_000, 0)
        broken.means[69_000, 1] = float("inf")
        with pytest.raises(InvalidDataError):
            export.write(broken, path, **kind.options)
        assert path.read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} == {kind.path(tmp_path).name for kind in KINDS}


def test_a_folder_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.ply").mkdir()
    with pytest.raises(WorldloomError, match=r"Could not write .*a\.ply"):
        export.write(plain_gaussians(1, 0), tmp_path / "a.ply")


def test_importing_the_room_loads_nothing_heavy() -> None:
    code = (
        "import sys, worldloom.export; print([m for m in ('torch', 'numpy', 'pxr', 'zstandard') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
