from __future__ import annotations

import pytest
import torch

from worldloom.reconstruct.exposure import Exposure, ExposureKind


@pytest.mark.parametrize("kind", ["none", "affine", "bilateral"])
def test_starts_as_the_identity(kind: ExposureKind) -> None:
    picture = torch.rand(20, 30, 3)
    assert torch.allclose(Exposure.start(kind, 2).apply(1, picture), picture, atol=1e-5)


@pytest.mark.parametrize("kind", ["affine", "bilateral"])
def test_the_gradient_passes_through(kind: ExposureKind) -> None:
    exposure = Exposure.start(kind, 1)
    exposure.parameters.add_(torch.randn_like(exposure.parameters) * 0.1)
    picture = torch.rand(12, 9, 3, requires_grad=True)
    v_shown = torch.randn(12, 9, 3)
    (exposure.apply(0, picture) * v_shown).sum().backward()
    v_rgb = exposure.backward(0, picture.detach(), v_shown, learning_rate=1e-9, pull=0.0, step=1)
    assert torch.allclose(v_rgb, picture.grad, atol=1e-4)


@pytest.mark.parametrize("kind", ["affine", "bilateral"])
def test_learns_a_photo_that_is_darker_and_warmer_and_no_other(kind: ExposureKind) -> None:
    generator = torch.Generator().manual_seed(0)
    exposure = Exposure.start(kind, 2)
    picture = torch.rand(24, 32, 3, generator=generator)
    photo = picture * torch.tensor([0.8, 0.7, 0.6]) + 0.02
    for step in range(1, 301):
        difference = exposure.apply(0, picture) - photo
        exposure.backward(0, picture, 2 * difference / difference.numel(), learning_rate=5e-3, pull=1e-5, step=step)
    assert (exposure.apply(0, picture) - photo).abs().mean() < 0.01
    assert torch.allclose(exposure.apply(1, picture), picture, atol=1e-5)


@pytest.mark.parametrize("kind", ["affine", "bilateral"])
def test_without_evidence_it_is_pulled_back_to_the_identity(kind: ExposureKind) -> None:
    exposure = Exposure.start(kind, 1)
    exposure.parameters.mul_(0.9)
    picture = torch.rand(8, 8, 3)
    before = (exposure.apply(0, picture) - picture).abs().mean()
    for step in range(1, 60):
        exposure.backward(0, picture, torch.zeros_like(picture), learning_rate=2e-3, pull=1.0, step=step)
    assert (exposure.apply(0, picture) - picture).abs().mean() < 0.3 * before
