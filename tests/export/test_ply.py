"""3DGS .ply files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.export.samples import plain_gaussians
from worldloom.export import ply
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import half_turn


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_round_trip_gives_the_same_bits(tmp_path: Path, degree: int) -> None:
    gaussians = plain_gaussians(1000, degree)
    ply.write(gaussians, tmp_path / "a.ply")
    back = ply.read(tmp_path / "a.ply")
    assert all(torch.equal(got, wanted) for got, wanted in zip(back.tensors, gaussians.tensors))


def test_more_than_one_block(tmp_path: Path) -> None:
    gaussians = plain_gaussians(70_000, 1)
    ply.write(gaussians, tmp_path / "a.ply")
    back = ply.read(tmp_path / "a.ply")
    assert all(torch.equal(got, wanted) for got, wanted in zip(back.tensors, gaussians.tensors))


def test_layout_is_that_of_the_3dgs_trainer(tmp_path: Path) -> None:
    """Parsed here independently: names in order, colours planar, y down."""
    gaussians = plain_gaussians(7, 2)
    ply.write(gaussians, tmp_path / "a.ply")
    head, body = (tmp_path / "a.ply").read_bytes().split(b"end_header\n", 1)
    names = [line.split()[2] for line in head.decode().splitlines() if line.startswith("property float ")]
    assert names[:9] == ["x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2"]
    assert names[9:33] == [f"f_rest_{i}" for i in range(24)]
    assert names[33:] == ["opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"]
    table = dict(zip(names, np.frombuffer(body, "<f4").reshape(7, -1).T))
    turned = half_turn(gaussians, "x")
    assert np.array_equal(table["y"], -gaussians.means[:, 1].numpy())
    assert np.array_equal(table["f_rest_9"], turned.sh[:, 2, 1].numpy())  # 8 reds, then the second green
    assert np.array_equal(np.abs(table["rot_0"]), np.abs(turned.quats[:, 0].numpy()))


def test_file_frame_is_the_world_frame_turned_over(tmp_path: Path) -> None:
    gaussians = plain_gaussians(50, 3)
    ply.write(gaussians, tmp_path / "a.ply")
    raw, turned = ply.read(tmp_path / "a.ply", up="y"), half_turn(gaussians, "x")
    for name in ("means", "log_scales", "sh"):
        torch.testing.assert_close(getattr(raw, name), getattr(turned, name), rtol=0, atol=0)
    torch.testing.assert_close(raw.quats, -turned.quats)


def _table(path: Path, order: str, kinds: dict[str, str], rows: dict[str, np.ndarray], extra: str = "") -> None:
    """Write a PLY file by hand."""
    formats = {"<": "binary_little_endian", ">": "binary_big_endian", "a": "ascii"}
    codes = {"float": "f4", "double": "f8", "uchar": "u1", "int": "i4"}
    count = len(next(iter(rows.values())))
    header = f"ply\nformat {formats[order]} 1.0\ncomment any\n{extra}element vertex {count}\n"
    header += "".join(f"property {kinds.get(name, 'float')} {name}\n" for name in rows) + "end_header\n"
    if order == "a":
        body = "\n".join(" ".join(repr(float(column[i])) for column in rows.values()) for i in range(count)).encode()
    else:
        table = np.empty(count, [(name, order + codes[kinds.get(name, "float")]) for name in rows])
        for name, column in rows.items():
            table[name] = column
        body = table.tobytes()
    path.write_bytes(header.encode() + body)


def _rows(gaussians: Gaussians) -> dict[str, np.ndarray]:
    """Columns by name, in the world frame, in an order unlike the usual one."""
    columns: dict[str, np.ndarray] = {f"rot_{i}": gaussians.quats[:, i].numpy() * 3 for i in range(4)}
    columns["segment"] = np.arange(len(gaussians)) % 7
    columns |= {f"scale_{i}": gaussians.log_scales[:, i].numpy() for i in range(3)}
    columns["opacity"] = gaussians.opacity_logits.numpy()
    columns |= {f"f_dc_{i}": gaussians.sh[:, 0, i].numpy() for i in range(3)}
    return columns | {name: gaussians.means[:, i].numpy() for i, name in enumerate("xyz")}


@pytest.mark.parametrize("order", ["<", ">", "a"])
@pytest.mark.parametrize("kinds", [{}, {"x": "double", "segment": "uchar"}])
def test_any_order_type_and_extra_properties(tmp_path: Path, order: str, kinds: dict[str, str]) -> None:
    gaussians = plain_gaussians(20, 0)
    _table(tmp_path / "a.ply", order, kinds, _rows(gaussians))
    back = ply.read(tmp_path / "a.ply", up="y")
    for got, wanted in zip(back.tensors, gaussians.tensors):
        torch.testing.assert_close(got, wanted, rtol=1e-6, atol=1e-6)


def test_infinite_opacity_and_flat_scale_are_made_finite(tmp_path: Path) -> None:
    rows = _rows(plain_gaussians(3, 0))
    rows["opacity"] = np.array([np.inf, -np.inf, 0])
    rows["scale_2"] = np.array([-np.inf, -1, -1])
    _table(tmp_path / "a.ply", "<", {}, rows)
    back = ply.read(tmp_path / "a.ply")
    assert back.opacities.tolist() == pytest.approx([1, 0, 0.5], abs=1e-5)
    assert float(back.scales[0, 2]) < 1e-8


@pytest.mark.parametrize("name", ["x", "opacity", "rot_2", "f_dc_1", "scale_0"])
@pytest.mark.parametrize("order", ["<", "a"])
def test_nan_is_one_clear_error(tmp_path: Path, name: str, order: str) -> None:
    rows = _rows(plain_gaussians(3, 0))
    rows[name] = np.array([0.1, np.nan, 0.1])
    _table(tmp_path / "bad.ply", order, {}, rows)
    with pytest.raises(FormatError, match=r"bad\.ply.*NaN or infinite value at Gaussian 1"):
        ply.read(tmp_path / "bad.ply")


def test_zero_quaternion_is_named(tmp_path: Path) -> None:
    rows = _rows(plain_gaussians(3, 0))
    for i in range(4):
        rows[f"rot_{i}"] = np.array([1.0, 1.0, 0.0])
    _table(tmp_path / "bad.ply", "<", {}, rows)
    with pytest.raises(FormatError, match="zero quaternion at Gaussian 2"):
        ply.read(tmp_path / "bad.ply")


def test_point_cloud_is_told_from_gaussians(tmp_path: Path) -> None:
    _table(tmp_path / "points.ply", "<", {}, {name: np.zeros(4) for name in "xyz"})
    with pytest.raises(FormatError, match=r"points\.ply has points or a mesh but no Gaussians.*reconstruct"):
        ply.read(tmp_path / "points.ply")


@pytest.mark.parametrize("count", [3, 10**12, 10**18])
@pytest.mark.parametrize("order", ["<", "a"])
def test_absurd_count_is_refused(tmp_path: Path, count: int, order: str) -> None:
    _table(tmp_path / "bad.ply", order, {}, _rows(plain_gaussians(2, 0)))
    data = (tmp_path / "bad.ply").read_bytes().replace(b"element vertex 2", b"element vertex %d" % count)
    (tmp_path / "bad.ply").write_bytes(data)
    with pytest.raises(FormatError, match=r"bad\.ply"):
        ply.read(tmp_path / "bad.ply")


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"ply",
        b"PLY\n",
        b"ply\nformat binary_little_endian 1.0\n",
        b"ply\nformat binary_little_endian 2.0\nend_header\n",
        b"ply\nelement vertex 3\nend_header\n",
        b"ply\nformat ascii 1.0\nelement vertex -3\nend_header\n",
        b"ply\nformat ascii 1.0\nelement vertex " + b"9" * 4000 + b"\nend_header\n",
        b"ply\nformat ascii 1.0\nproperty float x\nend_header\n",
        b"ply\nformat ascii 1.0\nelement vertex 3\nproperty quad x\nend_header\n",
        b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float x\nend_header\n",
        b"ply\nformat ascii 1.0\nend_header\n",
        b"ply\n" + b"comment x\n" * 100_000,
        b"ply\n" + b"\xff" * 10_000,
    ],
)
def test_bad_headers(tmp_path: Path, header: bytes) -> None:
    (tmp_path / "bad.ply").write_bytes(header)
    with pytest.raises(FormatError, match=r"bad\.ply"):
        ply.read(tmp_path / "bad.ply")


def test_elements_before_the_gaussians_are_skipped_and_lists_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ply"
    rows = _rows(plain_gaussians(2, 0))
    _table(path, "<", {}, rows, extra="element camera 2\nproperty uchar id\n")
    path.write_bytes(path.read_bytes().replace(b"end_header\n", b"end_header\n\x01\x02"))
    assert len(ply.read(path)) == 2
    _table(path, "<", {}, rows, extra="element face 2\nproperty list uchar int vertex_indices\n")
    with pytest.raises(FormatError, match="lists"):
        ply.read(path)


def test_no_gaussians_round_trip(tmp_path: Path) -> None:
    ply.write(Gaussians.empty(2), tmp_path / "a.ply")
    back = ply.read(tmp_path / "a.ply")
    assert (len(back), back.sh_degree) == (0, 2)


def test_nan_is_not_written(tmp_path: Path) -> None:
    gaussians = plain_gaussians(3, 0)
    gaussians.means[1, 0] = float("nan")
    with pytest.raises(InvalidDataError, match="means"):
        ply.write(gaussians, tmp_path / "a.ply")
    assert list(tmp_path.iterdir()) == []


def test_antialiasing_is_noted(tmp_path: Path) -> None:
    ply.write(plain_gaussians(3, 0), tmp_path / "a.ply", antialiased=True)
    assert b"\ncomment SplatRenderMode: mip\n" in (tmp_path / "a.ply").read_bytes()
