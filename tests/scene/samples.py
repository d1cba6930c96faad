"""Random values for tests."""

from __future__ import annotations

import torch

from worldloom.scene.gaussians import Gaussians


def random_gaussians(count: int, degree: int = 0, *, seed: int = 0, extent: float = 2.0) -> Gaussians:
    """Gaussians in a cube of side 2 * `extent` about the origin, unlike in every direction."""
    generator = torch.Generator().manual_seed(seed)
    quats = torch.nn.functional.normalize(torch.randn(count, 4, generator=generator), dim=-1)
    return Gaussians(
        means=(torch.rand(count, 3, generator=generator) * 2 - 1) * extent,
        quats=quats,
        log_scales=torch.randn(count, 3, generator=generator) * 0.5 - 2.5,
        opacity_logits=torch.randn(count, generator=generator),
        sh=torch.randn(count, (degree + 1) ** 2, 3, generator=generator) * 0.3,
    )


def random_rotation(seed: int) -> torch.Tensor:
    """A proper rotation (3, 3), float64."""
    generator = torch.Generator().manual_seed(seed)
    matrix, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64))
    return matrix * torch.linalg.det(matrix).sign()
