""".splat files."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.export.samples import assert_close, plain_gaussians
from worldloom.export import splat, spz
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import half_turn, with_sh_degree

PRECISION = {
    "means": 0,
    "angle": 0.02,
    "log_scales": 1e-6,
    "opacities": 0.5 / 255 + 1e-6,
    "colours": 0.5 / 255 / 0.282 + 1e-6,
    "rest": 0,
}


def shown(gaussians: Gaussians) -> Gaussians:
    """With degree-0 colours as the format has them, within 0..1."""
    return Gaussians(*gaussians.tensors[:4], with_sh_degree(gaussians, 0).sh.clamp(-0.5 / 0.2821, 0.5 / 0.2821))


@pytest.mark.parametrize("degree", [0, 3])
def test_round_trip_is_within_its_quantisation(tmp_path: Path, degree: int) -> None:
    gaussians = plain_gaussians(1000, degree)
    splat.write(gaussians, tmp_path / "a.splat")
    assert (tmp_path / "a.splat").stat().st_size == 32_000
    assert_close(splat.read(tmp_path / "a.splat"), shown(gaussians), **PRECISION)


def test_one_record_by_hand(tmp_path: Path) -> None:
    """x right, y down, z away; a quarter turn about z."""
    record = struct.pack("<6f8B", 1, 2, 3, 0.5, 0.25, 1, 255, 51, 0, 204, 219, 128, 128, 219)
    (tmp_path / "a.splat").write_bytes(record)
    back = splat.read(tmp_path / "a.splat")
    assert back.means[0].tolist() == [1, -2, -3]
    assert back.scales[0].tolist() == pytest.approx([0.5, 0.25, 1])
    assert (0.5 + 0.28209479 * back.sh[0, 0]).tolist() == pytest.approx([1, 0.2, 0], abs=1e-6)
    assert float(back.opacities[0]) == pytest.approx(0.8)
    turned = half_turn(Gaussians(back.means, torch.tensor([[0.5**0.5, 0, 0, 0.5**0.5]]), *back.tensors[2:]), "x").quats[
        0
    ]
    assert abs(float(turned @ back.quats[0])) == pytest.approx(1, abs=1e-5)


def test_sorting_puts_the_most_visible_first(tmp_path: Path) -> None:
    gaussians = plain_gaussians(500, 0)
    splat.write(gaussians, tmp_path / "a.splat", sort=True)
    back = splat.read(tmp_path / "a.splat")
    visible = back.scales.prod(dim=1) * back.opacities
    assert bool((visible[1:] <= visible[:-1] * 1.2).all())
    assert torch.equal(back.means.sort(dim=0).values, gaussians.means.sort(dim=0).values)


def test_minimal_file_agrees_with_its_spz_twin(data_dir: Path) -> None:
    """Both were made of one scene by other people's tools, one y down, one y up."""
    minimal = data_dir / "splats/minimal/splat"
    ours, twin = splat.read(minimal / "minimal.splat"), spz.read(minimal / "minimal-v3.spz")
    assert len(ours) == 4
    torch.testing.assert_close(ours.means, twin.means)
    torch.testing.assert_close(ours.scales, torch.full((4, 3), 0.1))
    torch.testing.assert_close(ours.opacities, twin.opacities)


def test_degenerate_numbers(tmp_path: Path) -> None:
    flat = struct.pack("<6f8B", 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 128, 128, 128, 128)
    (tmp_path / "a.splat").write_bytes(flat)
    back = splat.read(tmp_path / "a.splat")
    assert bool(torch.isfinite(torch.cat([field.flatten() for field in back.tensors])).all())


@pytest.mark.parametrize(("offset", "value"), [(0, np.nan), (4, np.inf), (12, np.nan), (12, -1.0), (16, np.inf)])
def test_impossible_numbers_are_one_clear_error(tmp_path: Path, offset: int, value: float) -> None:
    splat.write(plain_gaussians(2, 0), tmp_path / "bad.splat")
    data = bytearray((tmp_path / "bad.splat").read_bytes())
    struct.pack_into("<f", data, offset, value)
    (tmp_path / "bad.splat").write_bytes(data)
    with pytest.raises(FormatError, match=r"bad\.splat.*at Gaussian 0"):
        splat.read(tmp_path / "bad.splat")


@pytest.mark.parametrize("size", [0, 1, 31, 33])
def test_odd_sizes_are_refused(tmp_path: Path, size: int) -> None:
    (tmp_path / "bad.splat").write_bytes(bytes(size))
    with pytest.raises(FormatError, match=r"bad\.splat has \d+ bytes"):
        splat.read(tmp_path / "bad.splat")


def test_no_gaussians_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="zero Gaussians"):
        splat.write(Gaussians.empty(), tmp_path / "a.splat")
