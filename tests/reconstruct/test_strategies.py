from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scene.samples import random_gaussians
from worldloom.reconstruct import strategies
from worldloom.reconstruct.strategies import MCMC, DensifyAndPrune, Splats


def splats_with_gradients(count: int, seed: int) -> Splats:
    splats = Splats.start(random_gaussians(count, 1, seed=seed))
    generator = torch.Generator().manual_seed(seed)
    splats.statistics.copy_(torch.rand(count, 4, generator=generator) * 1e-2)
    splats.statistics[:, 2] = 3
    for tensor in splats.first_moments.tensors:
        tensor.fill_(0.5)
    return splats


@settings(max_examples=40, deadline=None)
@given(
    strategy=st.sampled_from([MCMC(), DensifyAndPrune()]),
    count=st.integers(1, 300),
    room=st.integers(0, 60),
    seed=st.integers(0, 1000),
)
def test_the_cap_is_never_passed_and_rows_stay_together(
    strategy: strategies.Strategy, count: int, room: int, seed: int
) -> None:
    cap = count + room
    changed = strategies.apply(strategy, splats_with_gradients(count, seed), cap=cap, extent=2.0, seed=seed)
    again = strategies.apply(strategy, splats_with_gradients(count, seed), cap=cap, extent=2.0, seed=seed)
    assert len(changed) <= cap
    assert len(changed) <= strategies.planned_count(strategy, count, cap)
    for group in (changed.gaussians, changed.first_moments, changed.second_moments):
        assert all(len(tensor) == len(changed) for tensor in group.tensors)
    assert all(bool(torch.isfinite(tensor).all()) for tensor in changed.gaussians.tensors)
    assert not changed.statistics.any()
    assert all(torch.equal(a, b) for a, b in zip(changed.gaussians.tensors, again.gaussians.tensors))


@pytest.mark.parametrize("copies", [2, 3, 5])
@pytest.mark.parametrize("opacity", [0.1, 0.5, 0.9])
def test_a_gaussian_and_its_copies_look_like_the_one_alone(copies: int, opacity: float) -> None:
    """Equation 9's aim: the same opacity at the centre, and the same integral of blended alpha along a line."""
    gaussians = random_gaussians(1)
    gaussians.opacity_logits[:] = torch.logit(torch.tensor(opacity))
    before = gaussians.scales[0, 0].item()
    strategies._share_opacity(gaussians, torch.zeros(copies - 1, dtype=torch.int64))
    shared = gaussians.opacities.item()
    assert 1 - (1 - shared) ** copies == pytest.approx(opacity, rel=1e-3)
    grid = torch.linspace(-8, 8, 4001, dtype=torch.float64)
    alone = (opacity * torch.exp(-0.5 * grid**2)).sum() * before
    blended = 1 - (1 - shared * torch.exp(-0.5 * grid**2)) ** copies
    assert float(blended.sum() * gaussians.scales[0, 0]) == pytest.approx(float(alone), rel=1e-3)


def test_dead_gaussians_move_onto_living_ones_and_lose_their_history() -> None:
    splats = splats_with_gradients(50, 0)
    splats.gaussians.opacity_logits[:10] = -12
    splats.gaussians.opacity_logits[10:] = 1
    living = splats.gaussians.means[10:].clone()
    changed = strategies.apply(MCMC(), splats, cap=50, extent=2.0, seed=3)
    assert bool((torch.cdist(changed.gaussians.means[:10], living).amin(dim=1) < 1e-6).all())
    assert not changed.first_moments.means[:10].any()
    assert bool((changed.gaussians.opacities > 0.005).all())


def test_a_scene_of_only_dead_gaussians_is_left_alone() -> None:
    splats = splats_with_gradients(5, 0)
    splats.gaussians.opacity_logits.fill_(-12)
    assert len(strategies.apply(MCMC(growth=0), splats, cap=5, extent=1.0, seed=0)) == 5


def test_densifying_splits_large_clones_small_and_prunes_transparent() -> None:
    splats = splats_with_gradients(4, 0)
    splats.gaussians.opacity_logits[:] = torch.tensor([2.0, 2.0, -9.0, 2.0])
    splats.gaussians.log_scales[:] = torch.tensor([-6.0, -2.0, -3.0, 3.0])[:, None]
    splats.statistics[:, 1] = torch.tensor([1.0, 1.0, 1.0, 1.0])
    before = splats.gaussians.map(torch.clone)
    changed = strategies.apply(DensifyAndPrune(growth=1.0), splats, cap=10, extent=2.0, seed=0)
    assert len(changed) == 4, "two grew, the transparent and the overgrown one went"
    cloned, split = changed.gaussians.means[0], changed.gaussians.means[1]
    assert torch.equal(cloned, before.means[0])
    assert not torch.equal(split, before.means[1])
    assert torch.allclose(changed.gaussians.log_scales[1], before.log_scales[1] - torch.log(torch.tensor(1.6)))


def test_the_largest_gradients_go_first() -> None:
    splats = splats_with_gradients(20, 0)
    splats.gaussians.opacity_logits.fill_(1.0)
    splats.gaussians.log_scales.fill_(-7.0)
    splats.statistics[:, 1] = torch.arange(20, dtype=torch.float32) + 1
    changed = strategies.apply(DensifyAndPrune(growth=1.0), splats, cap=23, extent=2.0, seed=0)
    assert torch.equal(changed.gaussians.means[20:], splats.gaussians.means[[19, 18, 17]])
