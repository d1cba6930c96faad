"""What changes with time while training: resolution, SH degree, learning rates, number of Gaussians; and so, how long
the rest will take."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from worldloom.reconstruct.records import Record, View
from worldloom.reconstruct.strategies import Strategy, is_due, planned_count


class Schedule(Record):
    """Times are shares (0..1) of the whole training."""

    coarse_until: tuple[float, ...] = Field(default=(0.2,), description="ends of the coarse phases, coarsest first")
    sh_from: tuple[float, ...] = Field(default=(0.1, 0.25, 0.4), description="when SH degree 1, 2 and 3 begin")
    means_rate: float = Field(default=6.4e-4, description="learning rate of positions, in camera extents")
    means_rate_end: float = Field(default=6.4e-6, description="the same at the end; it falls exponentially")
    log_scales_rate: float = Field(default=5e-3, description="learning rate of sizes")
    quats_rate: float = Field(default=1e-3, description="learning rate of orientations")
    opacity_rate: float = Field(default=5e-2, description="learning rate of opacities")
    color_rate: float = Field(default=5e-3, description="learning rate of base colours")
    sh_rate: float = Field(default=5e-4, description="learning rate of view-dependent colour")


def downscale(schedule: Schedule, fraction: float) -> int:
    """How much smaller the pictures are at this time: 1, 2, 4, ..."""
    return 2 ** sum(fraction < end for end in schedule.coarse_until)


def sh_degree(schedule: Schedule, fraction: float, highest: int) -> int:
    """SH degree at this time."""
    return min(highest, sum(fraction >= start for start in schedule.sh_from))


def learning_rates(
    schedule: Schedule, fraction: float, extent: float
) -> tuple[float, float, float, float, float, float]:
    """(means, log_scales, quats, opacity_logits, sh of degree 0, sh of higher degrees).

    Args:
        extent: radius of the cameras' positions, metres.
    """
    means = schedule.means_rate * (schedule.means_rate_end / schedule.means_rate) ** fraction * extent
    return (
        means,
        schedule.log_scales_rate,
        schedule.quats_rate,
        schedule.opacity_rate,
        schedule.color_rate,
        schedule.sh_rate,
    )


_PER_GAUSSIAN, _PER_PIXEL = 0.14, 0.09
"""Relative cost of one training step, from stage timings of the CPU engine. Only their ratio matters: the time of a
unit of work is measured while training."""


def step_work(count: int, pixels: float) -> float:
    """Relative cost of one step."""
    return _PER_GAUSSIAN * count + _PER_PIXEL * pixels


def work_left(
    schedule: Schedule, strategy: Strategy, views: Sequence[View], *, step: int, iterations: int, count: int, cap: int
) -> float:
    """Relative cost of all steps after `step`, if the set grows as fast as the strategy allows."""
    pixels = sum(view.width * view.height for view in views) / max(len(views), 1)
    total = 0.0
    stride = strategy.every
    for first in range(step, iterations, stride):
        fraction = first / iterations
        if is_due(strategy, stride, fraction):
            count = planned_count(strategy, count, cap)
        total += min(stride, iterations - first) * step_work(count, pixels / downscale(schedule, fraction) ** 2)
    return total
