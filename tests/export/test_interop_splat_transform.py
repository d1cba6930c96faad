"""PlayCanvas' splat-transform reads what we write, and writes what we read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import torch

from tests.export.conftest import NodeTools
from tests.export.samples import KINDS, Kind, assert_close, plain_gaussians
from worldloom import export
from worldloom.scene.gaussians import Gaussians


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_it_reads_ours_as_we_do(tmp_path: Path, node_tools: NodeTools, kind: Kind) -> None:
    ours, theirs = kind.path(tmp_path), tmp_path / "theirs.ply"
    export.write(plain_gaussians(500, 3), ours, up="-y", **kind.options)
    node_tools.splat_transform(ours, theirs)
    assert_close(
        export.read(theirs),
        export.read(ours, up="-y"),
        means=2e-6,
        angle=0.02 if kind.suffix == ".splat" else 1e-3,  # it decodes .splat's bytes as 255 steps, not 256
        log_scales=2e-6,
        opacities=1e-6,
        colours=2e-6,
        rest=2e-6,
    )


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.suffix == ".spz" and kind.options["version"] > 2], ids=str
)
def test_we_read_its_spz(tmp_path: Path, node_tools: NodeTools, kind: Kind) -> None:
    source, theirs, ours = tmp_path / "source.ply", tmp_path / "theirs.spz", tmp_path / "ours.spz"
    export.write(plain_gaussians(500, 3), source)
    node_tools.splat_transform("--spz-version", str(kind.options["version"]), source, theirs)
    export.convert(source, ours, up="-y", **kind.options)
    got, wanted = export.read(theirs, up="-y"), export.read(ours, up="-y")
    assert all(torch.equal(a, b) for a, b in zip(got.tensors, wanted.tensors))


def test_our_spz_has_the_bytes_of_niantics_library(tmp_path: Path, node_tools: NodeTools) -> None:
    """splat-transform writes with Niantic's own C++, built as @adobe/spz, and copies the numbers of the PLY."""
    source, theirs, ours = tmp_path / "source.ply", tmp_path / "theirs.spz", tmp_path / "ours.spz"
    gaussians = plain_gaussians(5000, 3)
    gaussians.quats[:20] = torch.tensor([0.5, -0.5, 0.5, 0.5])
    gaussians.quats[20:40] = torch.tensor([0.0, -1.0, 0.0, 0.0])
    gaussians.means[:40, 0] = torch.arange(-20, 20) / 8192  # halves of the last bit
    gaussians.sh[:40, 0] = 0
    export.write(gaussians, source, antialiased=True)
    node_tools.splat_transform("--spz-version", "3", source, theirs)
    export.convert(source, ours, up="-y", antialiased=True)
    assert gzip.decompress(ours.read_bytes()) == gzip.decompress(theirs.read_bytes())


def test_we_read_its_compressed_ply(tmp_path: Path, node_tools: NodeTools) -> None:
    source, theirs = tmp_path / "source.ply", tmp_path / "theirs.compressed.ply"
    gaussians = plain_gaussians(600, 2)
    export.write(gaussians, source)
    node_tools.splat_transform(source, theirs)
    assert_close(
        by_position(export.read(theirs), gaussians), gaussians,
        means=0.002, angle=0.005, log_scales=0.002, opacities=0.002, colours=0.01, rest=1 / 32,
    )  # fmt: skip


def by_position(gaussians: Gaussians, like: Gaussians) -> Gaussians:
    """Reordered so that each is the nearest to its counterpart in `like`."""
    return gaussians[torch.cdist(like.means, gaussians.means).argmin(dim=1)]
