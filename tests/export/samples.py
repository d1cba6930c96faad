"""What the tests of several formats share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tests.scene.samples import random_gaussians
from worldloom.scene.gaussians import Gaussians


@dataclass(frozen=True)
class Kind:
    """A way to write a file."""

    suffix: str
    options: dict[str, Any]

    def __str__(self) -> str:
        return "".join([self.suffix[1:], *(f"-{name}={value}" for name, value in self.options.items())])

    def path(self, folder: Path) -> Path:
        return folder / f"scene{self.suffix}"


KINDS = [
    Kind(".ply", {}),
    Kind(".compressed.ply", {"keep_order": True}),
    Kind(".splat", {}),
    Kind(".spz", {"version": 2}),
    Kind(".spz", {"version": 3}),
    Kind(".spz", {"version": 4}),
]
"""Every layout this half of the room writes, in the order of the Gaussians."""


def plain_gaussians(count: int, degree: int, *, seed: int = 0) -> Gaussians:
    """Random Gaussians within what every format can store: SH above degree 0 in -0.9..0.9."""
    gaussians = random_gaussians(count, degree, seed=seed)
    sh = torch.cat([gaussians.sh[:, :1], gaussians.sh[:, 1:].clamp(-0.9, 0.9)], dim=1)
    return Gaussians(*gaussians.tensors[:4], sh)


def quaternion_error(a: torch.Tensor, b: torch.Tensor) -> float:
    """Largest angle between rotations, radians."""
    a, b = (torch.nn.functional.normalize(quats.double(), dim=1) for quats in (a, b))
    chords = torch.minimum((a - b).norm(dim=1), (a + b).norm(dim=1))
    return float(4 * torch.asin(chords / 2).max())


def assert_close(
    got: Gaussians,
    wanted: Gaussians,
    *,
    means: float,
    angle: float,
    log_scales: float,
    opacities: float,
    colours: float,
    rest: float,
) -> None:
    """Compare field by field within absolute bounds; `rest` is for SH above degree 0."""
    assert got.sh.shape == wanted.sh.shape
    assert float((got.means - wanted.means).abs().max()) <= means
    assert quaternion_error(got.quats, wanted.quats) <= angle
    assert float((got.log_scales - wanted.log_scales).abs().max()) <= log_scales
    assert float((got.opacities - wanted.opacities).abs().max()) <= opacities
    assert float((got.sh[:, 0] - wanted.sh[:, 0]).abs().max()) <= colours
    if got.sh_degree:
        assert float((got.sh[:, 1:] - wanted.sh[:, 1:]).abs().max()) <= rest
