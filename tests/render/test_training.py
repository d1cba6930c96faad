"""What trainers use of the CPU engine: fused Adam, statistics for densification, the loss and exploration noise."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.render import reference
from tests.render.scenes import random_gaussians, tilted_camera, to_float64
from worldloom.render import training_engine
from worldloom.render.cpu import NativeEngine
from worldloom.render.native.library import available_isas
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError, WorldloomError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.rotations import quat_to_matrix

ISAS = available_isas()
RATES = (1e-3, 5e-3, 2e-3, 5e-2, 2.5e-3, 1e-4)


def slopes_for(width: int, height: int, seed: int = 0) -> Tensor:
    return torch.randn(height, width, 3, generator=torch.Generator().manual_seed(seed))


def clone(gaussians: Gaussians) -> Gaussians:
    return gaussians.map(torch.clone)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("sh_degree", [1, 3])
def test_adam_steps_like_torch_on_what_is_seen(sh_degree: int, isa: str) -> None:
    camera, start = tilted_camera(), random_gaussians(80)
    start.means[::5, 2] = -5.0  # behind the camera
    ours, engine = clone(start), NativeEngine(isa=isa)
    first, second = start.map(torch.zeros_like), start.map(torch.zeros_like)
    theirs = clone(start)
    means, log_scales, quats, opacity_logits, sh0, sh_rest = RATES
    sh_parts = [theirs.sh[:, :1].clone(), theirs.sh[:, 1:].clone()]
    groups = [
        {"params": [parameter], "lr": rate}
        for parameter, rate in zip(
            [theirs.means, theirs.log_scales, theirs.quats, theirs.opacity_logits, *sh_parts],
            [means, log_scales, quats, opacity_logits, sh0, sh_rest],
        )
    ]
    optimizer = torch.optim.Adam(groups, eps=1e-15)
    opacity_weight, scale_weight = 0.01, 0.02
    seen = torch.zeros(80, dtype=torch.bool)
    for step in range(1, 4):
        v_rgb = slopes_for(53, 41, step)
        other = NativeEngine(isa=isa)
        current = Gaussians(*theirs.tensors[:4], torch.cat(sh_parts, dim=1))
        other.forward(current, camera, sh_degree=sh_degree)
        statistics = torch.zeros(80, 4)
        gradients = other.backward(v_rgb, statistics=statistics).gaussians
        seen = statistics[:, 2] > 0
        opacities = torch.sigmoid(theirs.opacity_logits)
        gradients.opacity_logits.add_(seen * opacity_weight / 80 * opacities * (1 - opacities))
        gradients.log_scales.add_(seen[:, None] * scale_weight / 240 * theirs.log_scales.exp())
        theirs.means.grad, theirs.log_scales.grad = gradients.means, gradients.log_scales
        theirs.quats.grad, theirs.opacity_logits.grad = gradients.quats, gradients.opacity_logits
        sh_parts[0].grad, sh_parts[1].grad = gradients.sh[:, :1], gradients.sh[:, 1:]
        optimizer.step()

        engine.forward(ours, camera, sh_degree=sh_degree)
        engine.backward_adam(
            v_rgb,
            first_moments=first,
            second_moments=second,
            learning_rates=RATES,
            step=step,
            opacity_regularisation=opacity_weight,
            scale_regularisation=scale_weight,
        )
        assert 20 < int(seen.sum()) < 80
    final = Gaussians(*theirs.tensors[:4], torch.cat(sh_parts, dim=1))
    for name, found, wanted, before in zip(vars(start), ours.tensors, final.tensors, start.tensors):
        assert torch.equal(found[~seen], before[~seen]), name
        # Where a gradient is rounding error, Adam makes a whole step of its sign: that is one in a hundred at most.
        assert ((found - wanted).abs()[seen] > 1e-5).float().mean() < 0.01, name


def test_unseen_gaussians_keep_their_moments() -> None:
    gaussians = random_gaussians(20)
    gaussians.means[:10, 2] = -5.0
    first, second = gaussians.map(torch.ones_like), gaussians.map(torch.ones_like)
    engine = NativeEngine()
    engine.forward(gaussians, tilted_camera())
    engine.backward_adam(slopes_for(53, 41), first_moments=first, second_moments=second, learning_rates=RATES, step=1)
    assert all((t[:10] == 1).all() for t in (*first.tensors, *second.tensors))
    assert not any((t[10:] == 1).all() for t in (*first.tensors, *second.tensors))


def test_a_picture_is_stepped_on_once() -> None:
    gaussians, engine = random_gaussians(5), NativeEngine()
    moments = gaussians.map(torch.zeros_like), gaussians.map(torch.zeros_like)
    engine.forward(gaussians, tilted_camera())
    arguments = {"first_moments": moments[0], "second_moments": moments[1], "learning_rates": RATES, "step": 1}
    engine.backward_adam(slopes_for(53, 41), **arguments)
    with pytest.raises(WorldloomError, match="forward"):
        engine.backward_adam(slopes_for(53, 41), **arguments)


@pytest.mark.parametrize("isa", ISAS)
def test_fused_and_plain_gradients_agree(isa: str) -> None:
    """With no momentum and a huge epsilon, Adam's step is the gradient over epsilon."""
    gaussians, camera, engine = random_gaussians(60), tilted_camera(), NativeEngine(isa=isa)
    engine.forward(gaussians, camera)
    plain = engine.backward(slopes_for(53, 41))
    stepped = clone(gaussians)
    engine.forward(stepped, camera)
    pose = engine.backward_adam(
        slopes_for(53, 41),
        first_moments=gaussians.map(torch.zeros_like),
        second_moments=gaussians.map(torch.zeros_like),
        learning_rates=(1e6, 1e6, 1e6, 1e6, 1e6, 1e6),
        step=1,
        betas=(0.0, 0.0),
        epsilon=1e8,
    )
    assert torch.equal(pose, plain.world_to_camera)
    for before, after, gradient in zip(gaussians.tensors, stepped.tensors, plain.gaussians.tensors):
        assert torch.allclose((before - after) * 100, gradient, rtol=1e-3, atol=1e-3 * float(gradient.abs().max()))


@pytest.mark.parametrize("isa", ISAS)
def test_statistics_match_the_reference(isa: str) -> None:
    gaussians, camera = random_gaussians(40, seed=2), tilted_camera()
    v_rgb = slopes_for(53, 41)
    engine, statistics = NativeEngine(isa=isa), torch.zeros(40, 4)
    for _ in range(2):
        engine.forward(gaussians, camera)
        engine.backward(v_rgb, statistics=statistics)
    precise, precise_camera = to_float64(gaussians, camera)
    norms, absolutes, radii = screen_gradients(precise, precise_camera, v_rgb.double())
    assert (statistics[:, 0] - 2 * norms).abs().max() < 1e-4 * norms.max()
    assert (statistics[:, 1] - 2 * absolutes).abs().max() < 1e-4 * absolutes.max()
    seen = statistics[:, 2] > 0
    assert (statistics[seen, 2] == 2).all() and int(seen.sum()) > 20
    assert (statistics[seen, 3] - radii[seen]).abs().max() < 1e-3
    assert (absolutes[seen] >= norms[seen] * (1 - 1e-9)).all()


def screen_gradients(gaussians: Gaussians, camera: Camera, v_rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Per Gaussian: norm of the summed and of the absolutely summed gradient of the screen mean, in half pictures; and
    the radius on the screen. By giving every pixel a screen mean of its own."""
    mean, covariance, z = reference.project(gaussians, camera)
    order = torch.argsort(z)
    covariance = covariance + reference.BLUR * torch.eye(2, dtype=covariance.dtype)
    opacity = torch.sigmoid(gaussians.opacity_logits)
    y, x = torch.meshgrid(torch.arange(camera.height), torch.arange(camera.width), indexing="ij")
    pixels = torch.stack([x, y], dim=-1).reshape(-1, 1, 2).double() + 0.5
    means = mean.detach().expand(len(pixels), -1, 2).clone().requires_grad_()
    offset = pixels - means
    distance = torch.einsum("pni,nij,pnj->pn", offset, torch.linalg.inv(covariance), offset)
    alpha = (opacity * torch.exp(-0.5 * distance)).clamp_max(0.99)
    alpha = torch.where(alpha < reference.ALPHA_MIN, 0.0, alpha)[:, order]
    behind = torch.cumprod(1 - alpha, dim=1)
    alpha = torch.where(behind > reference.TRANSMITTANCE_STOP, alpha, 0.0)
    weight = alpha * torch.cat([torch.ones_like(behind[:, :1]), behind], dim=1)[:, :-1]
    rgb = weight @ reference.view_colours(gaussians, camera, gaussians.sh_degree)[order]
    (gradient,) = torch.autograd.grad((rgb * v_rgb.reshape(-1, 3)).sum(), means)
    half = torch.tensor([camera.width / 2, camera.height / 2]).double()
    largest = torch.maximum(covariance[:, 0, 0], covariance[:, 1, 1])
    radius = torch.sqrt(2 * torch.log(255 * opacity).clamp_min(0) * largest)
    return (
        (gradient.sum(dim=0) * half).norm(dim=-1).detach(),
        (gradient.abs().sum(dim=0) * half).norm(dim=-1).detach(),
        radius.detach(),
    )


def test_statistics_of_a_wrong_shape_are_refused() -> None:
    engine = NativeEngine()
    engine.forward(random_gaussians(5), tilted_camera())
    with pytest.raises(InvalidDataError, match="statistics"):
        engine.backward(slopes_for(53, 41), statistics=torch.zeros(4, 4))


def torch_l1_dssim(image: Tensor, target: Tensor, weight: float, mask: Tensor) -> Tensor:
    taps = torch.exp(-((torch.arange(11).double() - 5) ** 2) / 4.5)
    window = torch.outer(taps, taps) / taps.sum() ** 2

    def blur(plane: Tensor) -> Tensor:
        channels = plane.permute(2, 0, 1)[:, None]
        return torch.nn.functional.conv2d(channels, window[None, None], padding=5)[:, 0].permute(1, 2, 0)

    m1, m2 = blur(image), blur(target)
    v1, v2, v12 = blur(image**2) - m1**2, blur(target**2) - m2**2, blur(image * target) - m1 * m2
    ssim = (2 * m1 * m2 + 1e-4) * (2 * v12 + 9e-4) / ((m1**2 + m2**2 + 1e-4) * (v1 + v2 + 9e-4))
    share = mask[..., None] / (3 * mask.sum())
    return (share * ((1 - weight) * (image - target).abs() + weight * (1 - ssim))).sum()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("size", [(1, 1), (3, 50), (37, 5), (40, 61)])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("weight", [0.0, 0.2, 1.0])
def test_loss_matches_torch(weight: float, masked: bool, size: tuple[int, int], isa: str) -> None:
    generator = torch.Generator().manual_seed(0)
    image, target = torch.rand(*size, 3, generator=generator), torch.rand(*size, 3, generator=generator)
    mask = torch.rand(*size, generator=generator) if masked else torch.ones(size)
    precise = image.double().requires_grad_()
    want = torch_l1_dssim(precise, target.double(), weight, mask.double())
    want.backward()
    loss, gradient = NativeEngine(isa=isa).l1_dssim(image, target, weight, mask=mask if masked else None)
    assert precise.grad is not None
    assert loss == pytest.approx(want.item(), abs=2e-6)
    assert (gradient - precise.grad).abs().max() < 1e-4 * precise.grad.abs().max()


@pytest.mark.parametrize("isa", ISAS)
def test_loss_does_not_depend_on_threads(isa: str) -> None:
    generator = torch.Generator().manual_seed(0)
    image, target = torch.rand(61, 83, 3, generator=generator), torch.rand(61, 83, 3, generator=generator)
    results = [NativeEngine(threads=threads, isa=isa).l1_dssim(image, target, 0.2) for threads in (1, 2, 5)]
    assert len({loss for loss, _ in results}) == 1
    assert all(torch.equal(gradient, results[0][1]) for _, gradient in results)


def test_a_mask_of_zeros_is_no_loss() -> None:
    loss, gradient = NativeEngine().l1_dssim(torch.rand(9, 9, 3), torch.rand(9, 9, 3), 0.2, mask=torch.zeros(9, 9))
    assert loss == 0 and (gradient == 0).all()


def test_pictures_of_different_sizes_are_refused() -> None:
    with pytest.raises(InvalidDataError, match="shape"):
        NativeEngine().l1_dssim(torch.zeros(4, 4, 3), torch.zeros(4, 5, 3), 0.2)


def test_noise_has_the_covariance_of_each_gaussian() -> None:
    count = 40_000
    base = random_gaussians(1, seed=3)
    many = base.map(lambda tensor: tensor.repeat(count, *[1] * (tensor.ndim - 1)))
    many.opacity_logits[:] = torch.logit(torch.tensor(0.01))
    moved = clone(many)
    NativeEngine().mcmc_noise(moved, scale=2.0, seed=7, step=3)
    noise = (moved.means - many.means).double()
    half = quat_to_matrix(torch.nn.functional.normalize(base.quats.double()))[0] * base.scales[0].double()
    strength = 2.0 * torch.sigmoid(torch.tensor(100 * (0.005 - 0.01))).double()
    covariance = half @ half.T
    want = strength**2 * covariance @ covariance
    assert noise.mean(dim=0).abs().max() < 4 * want.diagonal().max().sqrt() / count**0.5
    assert (noise.T @ noise / count - want).abs().max() < 0.03 * want.abs().max()
    solid = clone(many)
    solid.opacity_logits[:] = 3.0
    NativeEngine().mcmc_noise(solid, scale=2.0, seed=7, step=3)
    assert torch.equal(solid.means, many.means)


def test_noise_is_a_function_of_seed_and_step_alone() -> None:
    base = random_gaussians(10_000)
    base.opacity_logits[:] = -5.0

    def noised(threads: int, seed: int, step: int) -> Tensor:
        moved = clone(base)
        NativeEngine(threads=threads).mcmc_noise(moved, scale=1.0, seed=seed, step=step)
        return moved.means

    first = noised(1, 1, 1)
    assert torch.equal(first, noised(2, 1, 1)) and torch.equal(first, noised(5, 1, 1))
    assert not torch.equal(first, noised(1, 1, 2)) and not torch.equal(first, noised(1, 2, 1))


def test_training_lowers_the_loss() -> None:
    engine, camera = training_engine("cpu"), tilted_camera()
    target = engine.forward(random_gaussians(200, seed=9), camera).rgb
    gaussians = random_gaussians(200, seed=10)
    first, second = gaussians.map(torch.zeros_like), gaussians.map(torch.zeros_like)
    losses = []
    for step in range(1, 151):
        loss, v_rgb = engine.l1_dssim(engine.forward(gaussians, camera).rgb, target, 0.2)
        losses.append(loss)
        engine.backward_adam(
            v_rgb,
            first_moments=first,
            second_moments=second,
            learning_rates=(2e-3, 5e-3, 2e-3, 5e-2, 1e-2, 1e-3),
            step=step,
        )
    assert losses[-1] < 0.5 * losses[0]
