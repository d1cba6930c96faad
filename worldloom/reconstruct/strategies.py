"""How the set of Gaussians changes while it is trained: which are moved, added and removed, and when.

A strategy is a small frozen dataclass of its paper's symbols; pure functions beside it do the maths on `Splats`.
Times are shares of the whole training (0..1), so that a strategy fits a schedule of any length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import torch
from torch import Tensor

from worldloom.scene.gaussians import Gaussians
from worldloom.scene.rotations import quat_to_matrix


@dataclass(frozen=True, eq=False)
class Splats:
    """Gaussians under optimisation, with what Adam and the strategies remember of each."""

    gaussians: Gaussians
    first_moments: Gaussians
    """Adam's running mean of gradients, field by field."""
    second_moments: Gaussians
    """Adam's running mean of squared gradients."""
    statistics: Tensor
    """(N, 4) since the last change, kept for `DensifyAndPrune` alone: sum of screen-space gradient norms, sum of their
    absolute variant (AbsGS), number of views that saw it, largest radius on screen in pixels."""

    @staticmethod
    def start(gaussians: Gaussians) -> Splats:
        zeros = gaussians.map(torch.zeros_like)
        return Splats(gaussians, zeros, zeros.map(torch.clone), torch.zeros(len(gaussians), 4, device=gaussians.device))

    def __len__(self) -> int:
        return len(self.gaussians)

    def __getitem__(self, rows: Tensor) -> Splats:
        return Splats(self.gaussians[rows], self.first_moments[rows], self.second_moments[rows], self.statistics[rows])

    def with_new(self, gaussians: Gaussians) -> Splats:
        """Append Gaussians that have no history."""
        new = Splats.start(gaussians)

        def join(old: Gaussians, added: Gaussians) -> Gaussians:
            return Gaussians(*(torch.cat(pair) for pair in zip(old.tensors, added.tensors)))

        return Splats(
            join(self.gaussians, new.gaussians),
            join(self.first_moments, new.first_moments),
            join(self.second_moments, new.second_moments),
            torch.cat([self.statistics, new.statistics]),
        )

    def forget(self, rows: Tensor) -> None:
        """Zero the moments of `rows` in place: their Gaussians were replaced."""
        for moments in (self.first_moments, self.second_moments):
            for tensor in moments.tensors:
                tensor[rows] = 0


@dataclass(frozen=True)
class MCMC:
    """3D Gaussian splatting as Markov chain Monte Carlo (Kheradmand et al. 2024, arXiv:2404.09591).

    - Dead Gaussians (nearly transparent) move onto living ones, chosen by opacity, without changing the picture.
    - The set grows by a fixed share at a time up to the cap, again by splitting living ones.
    - Noise shaped by each covariance lets transparent Gaussians explore; opacity and scale are regularised.
    """

    kind: Literal["mcmc"] = "mcmc"
    start: float = 0.05
    """Share of the training after which the set begins to change."""
    stop: float = 0.8
    """Share of the training after which it no longer changes."""
    every: int = 100
    """Steps between changes."""
    growth: float = 0.05
    """Share of new Gaussians per change."""
    min_opacity: float = 0.005
    """At or below this a Gaussian is dead."""
    noise: float = 5e5
    """Strength of exploration, in units of the learning rate of the means (lambda_noise)."""
    opacity_regularisation: float = 0.01
    """lambda_o."""
    scale_regularisation: float = 0.01
    """lambda_Sigma."""


@dataclass(frozen=True)
class DensifyAndPrune:
    """Adaptive density control (Kerbl et al. 2023) by absolute gradients (AbsGS, Ye et al. 2024, arXiv:2404.10484).

    - Where the screen-space gradient is large, small Gaussians are cloned and large ones split.
    - Transparent and overgrown Gaussians are removed.
    - The largest gradients go first, and the cap is never passed.
    """

    kind: Literal["densify"] = "densify"
    start: float = 0.08
    stop: float = 0.7
    every: int = 100
    growth: float = 0.1
    """At most this share of new Gaussians per change."""
    absgrad: bool = True
    """Use AbsGS's sum of absolute gradients; False: the norm of the signed sum, as in the original."""
    gradient_threshold: float = 4e-4
    """Mean screen-space gradient, in units of half the picture's larger side, above which a Gaussian is refined."""
    min_opacity: float = 0.005
    split_scale: float = 0.01
    """Gaussians larger than this, in scene extents, are split rather than cloned."""
    max_scale: float = 0.5
    """Gaussians larger than this, in scene extents, are removed."""
    noise: float = 0.0
    opacity_regularisation: float = 0.0
    scale_regularisation: float = 0.0


Strategy = MCMC | DensifyAndPrune


def is_due(strategy: Strategy, step: int, fraction: float) -> bool:
    """Whether the set changes after this step (counted from 1)."""
    return step % strategy.every == 0 and strategy.start <= fraction < strategy.stop


def planned_count(strategy: Strategy, count: int, cap: int) -> int:
    """Upper bound of the number of Gaussians after one more change."""
    return max(count, min(cap, math.ceil(count * (1 + strategy.growth))))


def apply(strategy: Strategy, splats: Splats, *, cap: int, extent: float, seed: int) -> Splats:
    """Change the set once. Deterministic for a seed.

    Args:
        cap: never more Gaussians than this.
        extent: radius of the cameras' positions, metres.
    """
    generator = torch.Generator().manual_seed(seed)
    if isinstance(strategy, MCMC):
        changed = _relocate_dead(strategy, splats, generator)
        changed = _grow(strategy, changed, cap, generator)
    else:
        changed = _densify(strategy, splats, cap, extent, generator)
        changed = changed[_worth_keeping(strategy, changed.gaussians, extent)]
    return replace(changed, statistics=torch.zeros_like(changed.statistics))


def _relocate_dead(strategy: MCMC, splats: Splats, generator: torch.Generator) -> Splats:
    opacities = splats.gaussians.opacities
    dead = (opacities <= strategy.min_opacity).nonzero()[:, 0]
    alive = (opacities > strategy.min_opacity).nonzero()[:, 0]
    if len(dead) == 0 or len(alive) == 0:
        return splats
    sources = alive[_draw(opacities[alive], len(dead), generator)]
    _share_opacity(splats.gaussians, sources)
    for tensor in splats.gaussians.tensors:
        tensor[dead] = tensor[sources]
    splats.forget(dead)
    splats.forget(sources)
    return splats


def _grow(strategy: MCMC, splats: Splats, cap: int, generator: torch.Generator) -> Splats:
    count = planned_count(strategy, len(splats), cap) - len(splats)
    if count <= 0:
        return splats
    sources = _draw(splats.gaussians.opacities, count, generator)
    _share_opacity(splats.gaussians, sources)
    splats.forget(sources)
    return splats.with_new(splats.gaussians[sources])


def _draw(weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """(count,) indices drawn with replacement in proportion to `weights`, by inverting the cumulative sum (torch's
    multinomial is limited to 2**24 categories)."""
    cumulative = weights.double().cumsum(dim=0)
    uniform = torch.rand(count, generator=generator, dtype=torch.float64).to(weights.device) * cumulative[-1]
    return torch.searchsorted(cumulative, uniform).clamp_max(len(weights) - 1)


def _share_opacity(gaussians: Gaussians, sources: Tensor) -> None:
    """Give each Gaussian in `sources`, in place, the opacity and scale that it and its coming copies (as many as it is
    named) need so that together they look as it did alone (equation 9)."""
    named, counts = sources.unique(return_counts=True)
    copies = (counts + 1).clamp_max(_MOST_COPIES)
    opacities = gaussians.opacities[named].double()
    shared = 1 - (1 - opacities) ** (1 / copies)
    denominators = torch.zeros_like(shared)
    for many in copies.unique().tolist():
        of_many = copies == many
        powers = shared[of_many, None] ** torch.arange(1, many + 1, device=shared.device)
        denominators[of_many] = (powers * _overlap_coefficients(many).to(powers)).sum(dim=1)
    gaussians.opacity_logits[named] = torch.logit(shared.clamp(0.005, 1 - 1e-6)).float()
    gaussians.log_scales[named] += torch.log(opacities / denominators).float()[:, None]


_MOST_COPIES = 20
"""More copies of one Gaussian than this are treated as this many: the alternating sum loses its digits beyond."""


@cache
def _overlap_coefficients(copies: int) -> Tensor:
    """(copies,) weight of each power of the shared opacity when `copies` equal Gaussians are blended in turn."""
    weights = [
        sum(math.comb(i - 1, k) for i in range(k + 1, copies + 1)) * (-1) ** k / math.sqrt(k + 1) for k in range(copies)
    ]
    return torch.tensor(weights, dtype=torch.float64)


def _densify(strategy: DensifyAndPrune, splats: Splats, cap: int, extent: float, generator: torch.Generator) -> Splats:
    gradient_sum = splats.statistics[:, 1 if strategy.absgrad else 0]
    gradient = gradient_sum / splats.statistics[:, 2].clamp_min(1)
    keep = _worth_keeping(strategy, splats.gaussians, extent)
    room = planned_count(strategy, len(splats), cap) - int(keep.sum())
    candidates = ((gradient > strategy.gradient_threshold) & keep).nonzero()[:, 0]
    order = torch.argsort(gradient[candidates], descending=True, stable=True)
    chosen = candidates[order[: max(room, 0)]]
    if len(chosen) == 0:
        return splats
    parents = splats.gaussians[chosen]
    twins = parents.map(torch.clone)
    offsets = torch.randn(len(chosen), 3, generator=generator).to(parents.device) * parents.scales
    offsets = (quat_to_matrix(parents.quats) @ offsets[:, :, None])[:, :, 0]
    split = parents.scales.amax(dim=1) > strategy.split_scale * extent
    shrink = torch.where(split, math.log(1.6), 0.0)[:, None]
    move = torch.where(split, 1.0, 0.0)[:, None] * offsets
    twins = replace(twins, means=twins.means + move, log_scales=twins.log_scales - shrink)
    splats.gaussians.means[chosen] -= move
    splats.gaussians.log_scales[chosen] -= shrink
    splats.forget(chosen[split])
    return splats.with_new(twins)


def _worth_keeping(strategy: DensifyAndPrune, gaussians: Gaussians, extent: float) -> Tensor:
    return (gaussians.opacities > strategy.min_opacity) & (gaussians.scales.amax(dim=1) < strategy.max_scale * extent)
