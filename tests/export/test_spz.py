"""Niantic SPZ files."""

from __future__ import annotations

import gzip
import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import zstandard

from tests.export.samples import assert_close, plain_gaussians
from worldloom.export import spz
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import bounds, half_turn

PRECISION = {
    "means": 0.5 / 4096 + 1e-6,
    "angle": 0.005,
    "log_scales": 0.5 / 16 + 1e-6,
    "opacities": 0.5 / 255 + 1e-6,
    "colours": 0.5 / 255 / 0.15 + 1e-6,
    "rest": 8.5 / 128,
}
MAGIC = 0x5053474E


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize("version", [2, 3, 4])
def test_round_trip_is_within_its_quantisation(tmp_path: Path, version: spz.Version, degree: int) -> None:
    gaussians = plain_gaussians(1000, degree)
    spz.write(gaussians, tmp_path / "a.spz", version=version)
    angle = 0.2 if version == 2 else 0.005  # version 2 derives w, badly where it is small
    assert_close(spz.read(tmp_path / "a.spz"), gaussians, **(PRECISION | {"angle": angle}))


@pytest.mark.parametrize("version", [3, 4])
def test_more_than_one_block(tmp_path: Path, version: spz.Version) -> None:
    gaussians = plain_gaussians(70_000, 1)
    spz.write(gaussians, tmp_path / "a.spz", version=version)
    assert_close(spz.read(tmp_path / "a.spz"), gaussians, **PRECISION)


def test_frame_is_the_world_frame_unless_told(tmp_path: Path) -> None:
    gaussians = plain_gaussians(100, 3)
    spz.write(gaussians, tmp_path / "y.spz")
    spz.write(half_turn(gaussians, "x"), tmp_path / "turned.spz")
    spz.write(gaussians, tmp_path / "down.spz", up="-y")
    assert (tmp_path / "down.spz").read_bytes() == (tmp_path / "turned.spz").read_bytes()
    assert_close(spz.read(tmp_path / "turned.spz", up="-y"), gaussians, **PRECISION)
    with pytest.raises(InvalidDataError, match="'up' is 'z'"):
        spz.read(tmp_path / "y.spz", up="z")  # pyright: ignore[reportArgumentType]


def test_payload_by_hand(tmp_path: Path) -> None:
    """One Gaussian, byte by byte from the specification."""
    gaussians = Gaussians(
        means=torch.tensor([[1.0, -1.0, 0.5]]),
        quats=torch.tensor([[0.5, -0.5, 0.5, 0.5]]),
        log_scales=torch.tensor([[-10.0, 0.0, -3.0]]),
        opacity_logits=torch.tensor([0.0]),
        sh=torch.tensor([[[0.0, 1.0, -1.0], [0.5, -0.5, 0.0], [1.0, -1.0, 0.01], [0.0, 0.0, 0.0]]]),
    )
    spz.write(gaussians, tmp_path / "a.spz")
    payload = gzip.decompress((tmp_path / "a.spz").read_bytes())
    assert payload[:16] == struct.pack("<IIIBBBB", MAGIC, 3, 1, 1, 12, 0, 0)
    assert payload[16:25] == bytes([0, 0x10, 0, 0, 0xF0, 0xFF, 0, 0x08, 0])
    assert payload[25:29] == bytes([128, 128, 166, 89])
    assert payload[29:32] == bytes([0, 160, 112])
    minus, half = 512, int(511 * 0.5 / 0.5**0.5 + 0.5)  # xyzw; of equals the first is largest, and made positive
    assert struct.unpack("<I", payload[32:36]) == ((minus + half) << 20 | (minus + half) << 10 | (minus + half),)
    assert payload[36:] == bytes([192, 64, 128, 255, 0, 128, 128, 128, 128])


def test_same_bytes_every_time(tmp_path: Path) -> None:
    for version in spz.Version.__args__:
        for name in ("a", "b"):
            spz.write(plain_gaussians(100, 1), tmp_path / name, version=version)
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_antialiased_flag(tmp_path: Path) -> None:
    spz.write(plain_gaussians(3, 0), tmp_path / "a.spz", antialiased=True)
    assert gzip.decompress((tmp_path / "a.spz").read_bytes())[14] == 1


def test_fractional_bits_follow_the_reach(tmp_path: Path) -> None:
    gaussians = plain_gaussians(10, 0)
    gaussians.means[3] = torch.tensor([0.0, 20_000.0, 0.0])
    spz.write(gaussians, tmp_path / "a.spz")
    torch.testing.assert_close(spz.read(tmp_path / "a.spz").means, gaussians.means, rtol=0, atol=0.5 / 256)
    with pytest.raises(InvalidDataError, match="reach 20000 m"):
        spz.write(gaussians, tmp_path / "b.spz", fractional_bits=12)
    gaussians.means[3, 1] = 1e30
    with pytest.raises(InvalidDataError, match="reach 1e"):
        spz.write(gaussians, tmp_path / "b.spz")
    assert not (tmp_path / "b.spz").exists()


def test_minimal_files_agree(data_dir: Path) -> None:
    folder = data_dir / "splats/minimal/splat"
    raw, v2, v3, v4 = (spz.read(folder / f"minimal-{name}.spz") for name in ("raw", "v2", "v3", "v4"))
    for one, other in ((raw, v2), (v3, v4)):
        assert all(torch.equal(a, b) for a, b in zip(one.tensors, other.tensors))
    # Their tool turned the scene over for versions 3 and 4, and put other colours into 2.
    torch.testing.assert_close(half_turn(v2, "x").means, v3.means)
    torch.testing.assert_close(v2.opacities, v3.opacities)
    torch.testing.assert_close(v2.scales, v3.scales)
    assert sorted(v3.means.tolist()) == [[-1, 0, 0], [-1, 0, 1], [0, 0, 0], [0, 0, 1]]
    torch.testing.assert_close(v3.scales, torch.full((4, 3), 0.1), rtol=0.04, atol=0)
    torch.testing.assert_close(v3.opacities, torch.full((4,), 0.9), rtol=0.01, atol=0)
    assert v3.sh[:, 0].sign().tolist() == [[-1, -1, 1], [1, -1, 1], [-1, 1, 1], [1, 1, 1]]


def test_biker_stands_upright(data_dir: Path) -> None:
    biker = spz.read(data_dir / "splats/playcanvas/splats/biker.spz")
    assert (len(biker), biker.sh_degree) == (152_746, 0)
    box = bounds(biker, quantile=0.001)
    assert -0.01 < box.lower[1] < 0.05 and 3 < box.upper[1] < 3.3
    assert 0.001 < float(biker.scales.median()) < 0.05


def packed(version: int, count: int = 1, degree: int = 0, bits: int = 12, body: bytes = b"") -> bytes:
    # No time in it: the names of tests are made of this, and must be the same in all processes.
    return gzip.compress(struct.pack("<IIIBBBB", MAGIC, version, count, degree, bits, 0, 0) + body, mtime=0)


def test_version_1_has_half_float_positions(tmp_path: Path) -> None:
    body = np.array([1, -2, 0.5], "<f2").tobytes() + bytes([255, 128, 128, 128, 0, 0, 0, 127, 127, 127])
    (tmp_path / "a.spz").write_bytes(packed(1, body=body))
    back = spz.read(tmp_path / "a.spz")
    assert back.means.tolist() == [[1, -2, 0.5]]
    assert float(back.quats[0, 0]) == pytest.approx(1, abs=1e-4)


def test_degree_4_is_cut_to_3_and_what_follows_is_ignored(tmp_path: Path) -> None:
    rest = bytes(range(100, 172)) * 2
    (tmp_path / "a.spz").write_bytes(packed(3, count=2, degree=4, body=bytes(2 * 20) + rest + b"an extension"))
    back = spz.read(tmp_path / "a.spz")
    assert back.sh_degree == 3
    torch.testing.assert_close(back.sh[1, 1:].flatten(), (torch.arange(100.0, 145.0) - 128) / 128)


def test_version_4_with_an_extension_before_its_table(tmp_path: Path) -> None:
    path = tmp_path / "a.spz"
    gaussians = plain_gaussians(20, 1)
    spz.write(gaussians, path, version=4)
    data = path.read_bytes()
    path.write_bytes(data[:14] + b"\x02" + data[15:16] + struct.pack("<I", 40) + data[20:32] + b"extended" + data[32:])
    assert_close(spz.read(path), gaussians, **PRECISION)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_truncation_is_one_clear_error(tmp_path: Path, version: spz.Version) -> None:
    path = tmp_path / "bad.spz"
    spz.write(plain_gaussians(5, 1), path, version=version)
    data = path.read_bytes()
    for size in range(len(data) - 8):  # a lost gzip checksum is nobody's loss
        path.write_bytes(data[:size])
        with pytest.raises(FormatError, match=r"bad\.spz"):
            spz.read(path)


@pytest.mark.parametrize(
    "data",
    [
        packed(0),
        packed(4),
        packed(5),
        packed(3, degree=5),
        packed(3, bits=25),
        packed(3, count=2**32 - 1),
        packed(3).replace(b"\x08", b"\x09", 1),
        gzip.compress(b"something else altogether", mtime=0),
        b"NGSP" + bytes(40),
        b"NGSP" + struct.pack("<IIBBBBI12x", 4, 4, 0, 12, 0, 5, 2**32 - 1),
        b"NGSP" + struct.pack("<IIBBBBI12x", 4, 4, 0, 12, 0, 0, 32),
        b"NGSP" + struct.pack("<IIBBBBI12x", 4, 1, 0, 12, 0, 5, 32) + struct.pack("<10Q", *[2**64 - 1] * 10),
    ],
)
def test_bad_headers(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.spz").write_bytes(data)
    with pytest.raises(FormatError, match=r"bad\.spz"):
        spz.read(tmp_path / "bad.spz")


def zstd_bomb() -> bytes:
    """Version 4 with streams that unpack to far more than they say."""
    frame = zstandard.ZstdCompressor().compress(bytes(300_000_000))
    table = b"".join(struct.pack("<QQ", len(frame), width) for width in (9, 1, 3, 3, 4))
    return b"NGSP" + struct.pack("<IIBBBBI12x", 4, 1, 0, 12, 0, 5, 32) + table + frame * 5


def huge_window() -> bytes:
    """A zstd frame that asks for 2 GiB of window."""
    frame = bytes([0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x4B, 0x00, 0x00, 0x00, 0x09 << 3])
    table = b"".join(struct.pack("<QQ", len(frame), width) for width in (9, 1, 3, 3, 4))
    return b"NGSP" + struct.pack("<IIBBBBI12x", 4, 1, 0, 12, 0, 5, 32) + table + frame * 5


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(lambda: packed(3, count=100, body=bytes(300_000_000)), id="gzip, more than it says"),
        pytest.param(lambda: packed(3, count=15_000_000, body=bytes(300_000_000)), id="gzip, as much as it says"),
        pytest.param(zstd_bomb, id="zstd"),
        pytest.param(huge_window, id="zstd window"),
    ],
)
def test_bombs_are_defused(tmp_path: Path, bomb: Callable[[], bytes]) -> None:
    (tmp_path / "bomb.spz").write_bytes(bomb())
    tracemalloc.start()
    start = time.perf_counter()
    try:
        spz.read(tmp_path / "bomb.spz")
    except FormatError as error:
        assert "bomb.spz" in str(error)
    assert time.perf_counter() - start < 5, "under a second on an idle machine"
    assert tracemalloc.get_traced_memory()[1] < 64e6
    tracemalloc.stop()


def test_no_gaussians_round_trip(tmp_path: Path) -> None:
    for version in spz.Version.__args__:
        spz.write(Gaussians.empty(1), tmp_path / "a.spz", version=version)
        back = spz.read(tmp_path / "a.spz")
        assert (len(back), back.sh_degree) == (0, 1)
