"""`rasterize`: the one function both engines stand behind, under autograd."""

from __future__ import annotations

import gc
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from tests.render import reference
from tests.render.scenes import random_gaussians, tilted_camera, to_float64
from worldloom.render import rasterize
from worldloom.render.rendering import OUTPUTS, cuda_works
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError, MissingDependencyError, WorldloomError
from worldloom.scene.gaussians import Gaussians


def leaves(gaussians: Gaussians) -> Gaussians:
    return gaussians.map(lambda tensor: tensor.clone().requires_grad_())


def moved(camera: Camera, x: float) -> Camera:
    pose = camera.world_to_camera.clone()
    pose[0, 3] += x
    return replace(camera, world_to_camera=pose.requires_grad_())


def test_gradients_of_two_views_match_the_reference() -> None:
    gaussians = leaves(random_gaussians(60, sh_degree=2))
    cameras = [moved(tilted_camera(), 0.0), moved(tilted_camera(), 0.4)]
    background = torch.tensor([0.2, 0.5, 0.1], requires_grad=True)
    rendering = rasterize(gaussians, cameras, background=background, outputs=OUTPUTS)
    assert rendering.rgb is not None and rendering.alpha is not None
    assert rendering.depth is not None and rendering.normal is not None and rendering.median_depth is not None
    assert rendering.rgb.shape == (2, 41, 53, 3) and rendering.alpha.shape == (2, 41, 53, 1)
    assert rendering.depth.shape == rendering.median_depth.shape == (2, 41, 53, 1)
    assert rendering.normal.shape == (2, 41, 53, 3) and not rendering.median_depth.requires_grad
    slopes = torch.randn(2, 41, 53, 3, generator=torch.Generator().manual_seed(0))
    (rendering.rgb * slopes + rendering.normal * slopes.flip(0)).sum().backward()

    precise = gaussians.map(lambda tensor: tensor.detach().double().requires_grad_())
    precise_background = background.detach().double().requires_grad_()
    for view, camera in enumerate(cameras):
        _, precise_camera = to_float64(gaussians, camera)
        want = reference.rasterize(precise, precise_camera, sh_degree=2, background=precise_background)
        (want.rgb * slopes[view] + want.normal * slopes[1 - view]).sum().backward()
        pose = precise_camera.world_to_camera.grad
        assert pose is not None and camera.world_to_camera.grad is not None
        assert (camera.world_to_camera.grad - pose).abs().max() < 1e-4 * pose.abs().max()
    pairs = [*zip(gaussians.tensors, precise.tensors), (background, precise_background)]
    for found, wanted in pairs:
        assert found.grad is not None and wanted.grad is not None
        assert (found.grad - wanted.grad).abs().max() < 1e-4 * wanted.grad.abs().max()


def test_pictures_may_go_backward_in_any_order() -> None:
    camera = tilted_camera()
    first, second = leaves(random_gaussians(50, seed=1)), leaves(random_gaussians(80, seed=2))
    alone = rasterize(first, camera).rgb
    assert alone is not None
    (expected,) = torch.autograd.grad(alone.square().sum(), first.means)
    early, late = rasterize(first, camera).rgb, rasterize(second, camera).rgb
    assert early is not None and late is not None
    torch.autograd.grad(late.sum(), second.means)
    (found,) = torch.autograd.grad(early.square().sum(), first.means)
    assert torch.equal(found, expected)


def test_engines_are_given_back() -> None:
    from worldloom.render import autograd

    for _ in range(5):
        rendering = rasterize(leaves(random_gaussians(10)), tilted_camera())
        del rendering
        gc.collect()
    assert len(autograd._idle) <= 3


def test_gaussians_changed_between_passes_are_noticed() -> None:
    gaussians = leaves(random_gaussians(10))
    rgb = rasterize(gaussians, tilted_camera()).rgb
    assert rgb is not None
    with torch.no_grad():
        gaussians.means.add_(1)
    with pytest.raises(RuntimeError, match="modified"):
        rgb.sum().backward()


def test_only_what_is_asked_for_is_returned() -> None:
    rendering = rasterize(random_gaussians(10), tilted_camera(), outputs=("depth",))
    assert rendering.depth is not None
    assert rendering.rgb is rendering.alpha is rendering.median_depth is rendering.normal is None


def test_double_and_strided_inputs_are_taken() -> None:
    gaussians = random_gaussians(20)
    usual = rasterize(gaussians, tilted_camera()).rgb
    odd = gaussians.map(lambda tensor: tensor.double().repeat_interleave(2, dim=0)[::2])
    same = rasterize(odd, tilted_camera()).rgb
    assert usual is not None and same is not None and torch.equal(usual, same)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outputs": ("rgb", "colour")}, "colour"),
        ({"sh_degree": 4}, "sh_degree"),
        ({"sh_degree": -1}, "sh_degree"),
        ({"background": torch.zeros(4)}, "background"),
        ({"cameras": []}, "cameras"),
        ({"cameras": [tilted_camera(10, 10), tilted_camera(11, 10)]}, "different sizes"),
        ({"cameras": replace(tilted_camera(), world_to_camera=torch.eye(3))}, "world_to_camera"),
        ({"gaussians": replace(random_gaussians(5), quats=torch.zeros(5, 3))}, "quats"),
        ({"gaussians": replace(random_gaussians(5), means=torch.zeros(4, 3))}, "quats"),
        ({"gaussians": replace(random_gaussians(5), sh=torch.zeros(5, 5, 3))}, "sh"),
        ({"engine": "vulkan"}, "vulkan"),
    ],
)
def test_wrong_arguments_are_named(change: dict, message: str) -> None:
    arguments = {"gaussians": random_gaussians(5), "cameras": tilted_camera()} | change
    with pytest.raises(InvalidDataError, match=message):
        rasterize(**arguments)


@pytest.mark.skipif(cuda_works(), reason="CUDA works here")
def test_cuda_without_a_gpu_is_one_clear_error() -> None:
    with pytest.raises(MissingDependencyError, match="NVIDIA GPU"):
        rasterize(random_gaussians(5), tilted_camera(), engine="cuda")


def test_importing_the_package_loads_neither_torch_nor_the_library() -> None:
    script = "import sys, worldloom.render; sys.exit('torch' in sys.modules or 'worldloom.render.cpu' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_missing_library_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from worldloom.render.native import library

    monkeypatch.setattr(library, "LIBRARY", library.LIBRARY.with_name("absent.so"))
    with pytest.raises(WorldloomError, match="pip install"):
        library.library.__wrapped__()
