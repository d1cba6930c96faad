from __future__ import annotations

import pytest
import torch

from tests.scene.samples import random_gaussians
from worldloom.reconstruct.exposure import Exposure, ExposureKind, absorb
from worldloom.render import rasterize
from worldloom.scene.camera import Camera


@pytest.mark.parametrize("kind", ["none", "auto", "affine", "bilateral"])
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
    v_rgb = exposure.backward(0, picture.detach(), v_shown)
    assert picture.grad is not None
    assert torch.allclose(v_rgb, picture.grad, atol=1e-4)


@pytest.mark.parametrize("kind", ["affine", "bilateral"])
def test_learns_a_photo_that_is_darker_and_warmer_and_no_other(kind: ExposureKind) -> None:
    generator = torch.Generator().manual_seed(0)
    exposure = Exposure.start(kind, 2)
    picture = torch.rand(24, 32, 3, generator=generator)
    photo = picture * torch.tensor([0.8, 0.7, 0.6]) + 0.02
    for _ in range(20):
        exposure.fit(0, picture, photo, None, pull=1e-4, rate=0.3)
    assert (exposure.apply(0, picture) - photo).abs().mean() < 0.01
    assert torch.allclose(exposure.apply(1, picture), picture, atol=1e-5)


@pytest.mark.parametrize("kind", ["affine", "bilateral"])
def test_without_evidence_it_is_pulled_back_to_the_identity(kind: ExposureKind) -> None:
    exposure = Exposure.start(kind, 1)
    exposure.parameters.mul_(0.9)
    picture = torch.rand(8, 8, 3)
    before = (exposure.apply(0, picture) - picture).abs().mean()
    for _ in range(20):
        exposure.fit(0, picture, picture, None, pull=0.01, rate=0.3)
    assert (exposure.apply(0, picture) - picture).abs().mean() < 0.3 * before


def test_masked_pixels_have_no_say() -> None:
    exposure = Exposure.start("affine", 1)
    picture, mask = torch.rand(16, 16, 3), torch.ones(16, 16)
    photo = picture.clone()
    photo[:, 8:] = 0
    mask[:, 8:] = 0
    exposure.fit(0, picture, photo, mask, pull=0.001, rate=1.0)
    assert torch.allclose(exposure.apply(0, picture), picture, atol=1e-4)


def test_the_world_takes_over_the_average_correction() -> None:
    gaussians = random_gaussians(500, 2)
    gaussians.opacity_logits.fill_(6)
    gaussians.sh[:, 1:] *= 0.2
    matrix = torch.tensor([[0.9, 0.05, 0, 0.02], [0, 0.8, 0.1, 0.03], [0.1, 0, 0.7, 0.05]])
    camera = Camera.looking_at(torch.tensor([0.0, 0, 5]), torch.zeros(3), width=48, height=48)
    before, after = (rasterize(some, camera) for some in (gaussians, absorb(gaussians, matrix)))
    assert before.rgb is not None and after.rgb is not None and before.alpha is not None
    solid = (before.alpha > 0.999)[..., 0] & (before.rgb.amin(dim=3) > 0.05)
    expected = before.rgb[solid] @ matrix[:, :3].T + matrix[:, 3]
    assert solid.sum() > 50
    assert (after.rgb[solid] - expected).abs().mean() < 0.01


@pytest.mark.parametrize(("gains", "kind"), [((1.0, 0.98, 1.01), "none"), ((1.0, 0.6, 1.3), "affine")])
def test_auto_corrects_only_what_is_worth_it(gains: tuple[float, ...], kind: str) -> None:
    exposure = Exposure.start("auto", 3)
    picture = torch.rand(16, 16, 3)
    for photo, gain in enumerate(gains):
        assert torch.equal(exposure.apply(photo, picture), picture)
        exposure.fit(photo, picture, picture * gain, None, pull=1e-4, rate=1.0)
    decided = exposure.decided(threshold=0.05)
    assert decided.kind == kind
    expected = picture * (gains[1] if kind == "affine" else 1)
    assert torch.allclose(decided.apply(1, picture), expected, atol=0.01)
