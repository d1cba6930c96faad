"""PlayCanvas .compressed.ply files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.export.samples import assert_close, plain_gaussians
from worldloom.export import compressed_ply
from worldloom.scene.errors import FormatError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import bounds, half_turn, morton_order

PRECISION = {"angle": 0.004, "opacities": 0.5 / 255 + 1e-6, "rest": 0.5 / 32 + 1e-6}
EXTENT = 4.0  # of the random means; log scales and colours extend less


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize("count", [1, 255, 256, 1000])
def test_round_trip_is_within_its_quantisation(tmp_path: Path, degree: int, count: int) -> None:
    gaussians = plain_gaussians(count, degree)
    compressed_ply.write(gaussians, tmp_path / "a.compressed.ply", keep_order=True)
    back = compressed_ply.read(tmp_path / "a.compressed.ply")
    steps = {"means": 0.5 * EXTENT / 1023, "log_scales": 0.5 * EXTENT / 1023, "colours": 0.5 * EXTENT / 255}
    assert_close(back, gaussians, **PRECISION, **steps)


def test_default_order_is_spatial_and_more_precise(tmp_path: Path) -> None:
    gaussians = plain_gaussians(70_000, 1)
    compressed_ply.write(gaussians, tmp_path / "a.compressed.ply")
    back = compressed_ply.read(tmp_path / "a.compressed.ply")
    ordered = gaussians[morton_order(gaussians.means, bits=16)]
    assert_close(back, ordered, **PRECISION, means=0.5 * EXTENT / 1023, log_scales=0.003, colours=0.01)
    assert float((back.means - ordered.means).norm(dim=1).median()) < 0.0005


def test_size_is_16_bytes_each_and_the_bounds(tmp_path: Path) -> None:
    compressed_ply.write(plain_gaussians(512, 3), tmp_path / "a.compressed.ply")
    data = (tmp_path / "a.compressed.ply").read_bytes()
    assert len(data) - data.index(b"end_header\n") - 11 == 2 * 72 + 512 * (16 + 45)


def test_file_frame_is_the_world_frame_turned_over(tmp_path: Path) -> None:
    gaussians = plain_gaussians(100, 2)
    compressed_ply.write(gaussians, tmp_path / "a.compressed.ply", keep_order=True)
    raw = compressed_ply.read(tmp_path / "a.compressed.ply", up="y")
    assert_close(raw, half_turn(gaussians, "x"), **PRECISION, means=0.002, log_scales=0.002, colours=0.01)


def test_files_of_playcanvas_read(data_dir: Path) -> None:
    guitar = compressed_ply.read(data_dir / "splats/playcanvas/splats/guitar.compressed.ply")
    assert (len(guitar), guitar.sh_degree) == (90_854, 0)
    box = bounds(guitar, quantile=0.01)
    assert box.lower[1] > -0.1  # stands on its floor ...
    assert box.upper[1] - box.lower[1] > 2.5 * (box.upper[0] - box.lower[0])  # ... and upright
    assert 0.0005 < float(guitar.scales.median()) < 0.05

    cluster = compressed_ply.read(data_dir / "splats/playcanvas/test/assets/test.ply")
    assert (len(cluster), cluster.sh_degree) == (64, 3)
    assert 0 < float(cluster.sh[:, 1:].abs().max()) <= 4
    torch.testing.assert_close(cluster.quats.norm(dim=1), torch.ones(64))


def test_files_without_colour_bounds_have_colours_in_0_to_1(tmp_path: Path) -> None:
    path = tmp_path / "old.compressed.ply"
    compressed_ply.write(plain_gaussians(1, 0), path)
    head, body = path.read_bytes().split(b"end_header\n", 1)
    for name in compressed_ply._BOUNDS[12:]:
        head = head.replace(f"property float {name}\n".encode(), b"")
    words = np.frombuffer(body[72:], "<u4").copy()
    words[3] = 255 << 24 | 51 << 16 | 0 << 8 | 128
    path.write_bytes(head + b"end_header\n" + body[:48] + words.tobytes())
    colour = 0.5 + 0.28209479177387814 * compressed_ply.read(path).sh[0, 0]
    assert colour.tolist() == pytest.approx([1, 0.2, 0], abs=1e-6)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"element chunk 3", b"element chunk 2"),
        (b"element vertex 600", b"element vertex 1000000000000"),
        (b"element chunk 3", b"element chunk 1000000000000"),
        (b"element sh 600", b"element sh 599"),
        (b"property uchar f_rest_8\n", b""),
        (b"packed_scale", b"packed_scene"),
        (b"property float min_x", b"property float low_x"),
        (b"binary_little_endian", b"ascii"),
    ],
)
def test_damaged_headers(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "bad.compressed.ply"
    compressed_ply.write(plain_gaussians(600, 1), path)
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    with pytest.raises(FormatError, match=r"bad\.compressed\.ply"):
        compressed_ply.read(path)


def test_nan_bounds_are_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.compressed.ply"
    compressed_ply.write(plain_gaussians(600, 0), path)
    data = bytearray(path.read_bytes())
    start = data.index(b"end_header\n") + 11
    data[start : start + 4] = np.float32("nan").tobytes()
    path.write_bytes(data)
    with pytest.raises(FormatError, match=r"bad\.compressed\.ply: field 'means' has a NaN"):
        compressed_ply.read(path)


def test_no_gaussians_round_trip(tmp_path: Path) -> None:
    compressed_ply.write(Gaussians.empty(1), tmp_path / "a.compressed.ply")
    assert len(compressed_ply.read(tmp_path / "a.compressed.ply")) == 0
