"""The CUDA engine against the CPU engine. Needs an NVIDIA GPU, a torch built for CUDA and gsplat."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tests.render.scenes import random_gaussians, tilted_camera
from worldloom.render import Rendering, rasterize, training_engine
from worldloom.render.cpu import NativeEngine
from worldloom.render.rendering import OUTPUTS, cuda_works
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians

pytestmark = pytest.mark.skipif(not cuda_works(), reason="no CUDA GPU with gsplat here")


def faint(count: int, seed: int = 0) -> Gaussians:
    """Below 0.95 opacity: the engines hold alpha at 0.99 and 0.999."""
    gaussians = random_gaussians(count, seed=seed)
    gaussians.opacity_logits.clamp_(max=2.9)
    return gaussians


def render_and_differentiate(engine: str, antialias: bool) -> tuple[Rendering, list[Tensor]]:
    gaussians = faint(100).to("cuda" if engine == "cuda" else "cpu").map(lambda t: t.clone().requires_grad_())
    pose = tilted_camera().world_to_camera.clone().requires_grad_()
    camera = replace(tilted_camera(), world_to_camera=pose)
    rendering = rasterize(gaussians, camera, antialias=antialias, outputs=OUTPUTS, background=torch.ones(3) * 0.3)
    generator = torch.Generator().manual_seed(0)
    loss = torch.zeros(())
    for plane in (rendering.rgb, rendering.alpha, rendering.normal):
        assert plane is not None
        loss = loss + (plane.cpu() * torch.randn(plane.shape, generator=generator)).sum()
    gradients = torch.autograd.grad(loss, [*gaussians.tensors, pose])
    return rendering, [gradient.cpu() for gradient in gradients]


@pytest.mark.parametrize("antialias", [False, True])
def test_pictures_and_gradients_agree(antialias: bool) -> None:
    ours, our_gradients = render_and_differentiate("cpu", antialias)
    theirs, their_gradients = render_and_differentiate("cuda", antialias)
    for name in OUTPUTS:
        found, wanted = getattr(theirs, name).cpu(), getattr(ours, name)
        # A threshold may fall differently in single pixels.
        assert ((found - wanted).abs() > 1e-3).float().mean() < 0.01, name
    for found, wanted in zip(their_gradients[:-1], our_gradients[:-1]):
        assert (found - wanted).abs().max() < 1e-2 * wanted.abs().max()
    found, wanted = (
        along_rigid_motions(tilted_camera(), gradients[-1]) for gradients in (their_gradients, our_gradients)
    )
    assert (found - wanted).abs().max() < 1e-2 * wanted.abs().max()


def along_rigid_motions(camera: Camera, gradient: Tensor) -> Tensor:
    """(6,) derivatives along turns and shifts of the camera: the engines differ off the rigid transforms."""
    derivatives = []
    for axis in range(3):
        turn = torch.linalg.cross(torch.eye(3)[axis].expand(3, 3), torch.eye(3), dim=1).T
        change = torch.zeros(4, 4)
        change[:3] = turn @ camera.world_to_camera[:3]
        derivatives.append((gradient * change).sum())
    return torch.stack([*derivatives, *gradient[:3, 3]])


def test_training_steps_agree() -> None:
    camera, slope = tilted_camera(), torch.randn(41, 53, 3, generator=torch.Generator().manual_seed(0))
    results = []
    for engine in (NativeEngine(), training_engine("cuda")):
        gaussians = faint(60).to(engine.device)
        moments = gaussians.map(torch.zeros_like), gaussians.map(torch.zeros_like)
        statistics = torch.zeros(60, 4, device=engine.device)
        engine.forward(gaussians, camera)
        engine.backward_adam(
            slope.to(engine.device),
            first_moments=moments[0],
            second_moments=moments[1],
            learning_rates=(1e-3, 5e-3, 1e-3, 5e-2, 2.5e-3, 1e-4),
            step=1,
            statistics=statistics,
        )
        results.append((moments[0].map(Tensor.cpu), statistics.cpu()))
    (ours, our_statistics), (theirs, their_statistics) = results
    for found, wanted in zip(theirs.tensors, ours.tensors):
        assert (found - wanted).abs().max() < 1e-2 * wanted.abs().max()
    for column in range(2):
        wanted = our_statistics[:, column]
        assert (their_statistics[:, column] - wanted).abs().max() < 2e-2 * wanted.max()


def test_losses_agree() -> None:
    generator = torch.Generator().manual_seed(0)
    image, target = torch.rand(40, 50, 3, generator=generator), torch.rand(40, 50, 3, generator=generator)
    ours, our_gradient = NativeEngine().l1_dssim(image, target, 0.2)
    theirs, their_gradient = training_engine("cuda").l1_dssim(image.cuda(), target.cuda(), 0.2)
    assert theirs == pytest.approx(ours, abs=1e-5)
    assert (their_gradient.cpu() - our_gradient).abs().max() < 1e-3 * our_gradient.abs().max()
