"""The CPU engine against the float64 reference: pictures and every gradient, on every instruction set."""

from __future__ import annotations

import pytest
import torch

from tests.render import reference
from tests.render.scenes import random_gaussians, tilted_camera, to_float64
from worldloom.render.cpu import NativeEngine
from worldloom.render.native.library import available_isas

ISAS = available_isas()
ALL_OUTPUTS = ("rgb", "alpha", "depth", "median_depth", "normal")
BACKGROUND = torch.tensor([0.2, 0.5, 0.1])
PICTURE_TOLERANCE = 2e-5
GRADIENT_TOLERANCE = 1e-4
"""Of the largest gradient."""


def compare(gaussians, camera, *, isa, sh_degree, antialias, seed=0):
    engine = NativeEngine(threads=2, isa=isa)
    got = engine.forward(
        gaussians, camera, sh_degree=sh_degree, background=BACKGROUND, antialias=antialias, outputs=ALL_OUTPUTS
    )
    precise, precise_camera = to_float64(gaussians, camera)
    want = reference.rasterize(
        precise, precise_camera, sh_degree=sh_degree, background=BACKGROUND.double(), antialias=antialias
    )
    solid = (want.alpha > 1e-3).double()  # depth divides by alpha
    assert (got.rgb - want.rgb).abs().max() < PICTURE_TOLERANCE
    assert (got.alpha - want.alpha).abs().max() < PICTURE_TOLERANCE
    assert ((got.depth - want.depth) * solid).abs().max() < 10 * PICTURE_TOLERANCE
    assert (got.normal - want.normal).abs().max() < PICTURE_TOLERANCE
    # A median may fall on the next Gaussian where transmittance is 0.5 to within rounding.
    assert ((got.median_depth - want.median_depth).abs() > 1e-4).float().mean() < 2e-3

    generator = torch.Generator().manual_seed(seed)
    size = (camera.height, camera.width)
    v_rgb, v_normal = torch.randn(*size, 3, generator=generator), torch.randn(*size, 3, generator=generator)
    v_alpha, v_depth = torch.randn(*size, generator=generator), torch.randn(*size, generator=generator) * solid.float()
    loss = (want.rgb * v_rgb).sum() + (want.alpha * v_alpha).sum()
    loss = loss + (want.depth * v_depth).sum() + (want.normal * v_normal).sum()
    loss.backward()
    gradients = engine.backward(v_rgb, v_alpha, v_depth, v_normal)
    names = ["means", "quats", "log_scales", "opacity_logits", "sh", "world_to_camera"]
    found = [*gradients.gaussians.tensors, gradients.world_to_camera]
    wanted = [*(t.grad for t in precise.tensors), precise_camera.world_to_camera.grad]
    for name, gradient, exact in zip(names, found, wanted):
        error = (gradient - exact).abs().max() / exact.abs().max().clamp_min(1e-12)
        assert error <= GRADIENT_TOLERANCE, f"{name}: {error:.2e} of the largest gradient"


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("sh_degree", [0, 1, 2, 3])
@pytest.mark.parametrize("isa", ISAS)
def test_matches_reference(isa, sh_degree, antialias):
    gaussians = random_gaussians(120, sh_degree=sh_degree)
    compare(gaussians, tilted_camera(), isa=isa, sh_degree=sh_degree, antialias=antialias)
