"""Computing for `floaters`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from worldloom.edit.state import EditState, Part, Rows
from worldloom.scene.floaters import clumped, extent_of, isolated, needles

if TYPE_CHECKING:
    from worldloom.edit.change.floaters import FixFloaters

_NEEDLE = 0.05
"""Extents of the layer: shorter ones are blades of grass."""


def without_floaters(state: EditState, rows: Rows, wanted: FixFloaters) -> tuple[EditState, Counter[str]]:
    """The state without those of `rows` that float, and how many were deleted, by reason."""
    removed: Counter[str] = Counter()
    parts = []
    for part in state.parts:
        if part.key not in rows or part.layer.kind in ("sky", "effects"):
            continue
        gone = torch.zeros_like(part.dead)
        for reason, found in _reasons(part, wanted).items():
            new = found & rows[part.key] & ~gone
            removed[reason] += int(new.sum())
            gone |= new
        parts.append(replace(part, dead=part.dead | gone))
    return state.with_parts(parts), removed


def _reasons(part: Part, wanted: FixFloaters) -> dict[str, Tensor]:
    """(N,) masks of a part's rows; how near others are is judged among all that are not deleted."""
    alive = ~part.dead
    there = part.gaussians[alive]
    scales, extent = there.scales, extent_of(there.means)
    longest, heights = scales.amax(dim=1), part.world_means[alive, 1]
    found = {"nearly transparent": there.opacities < wanted.min_opacity}
    if wanted.largest is not None:
        away = (there.means - there.means.median(dim=0).values).norm(dim=1)
        found["too large"] = longest > wanted.largest * away.clamp_min(extent)
    if wanted.thinness is not None:
        found["needles"] = needles(scales, wanted.thinness, _NEEDLE * extent)
    if wanted.isolation is not None:
        found["alone"] = isolated(there.means, longest, wanted.isolation)
        found["in small clumps"] = clumped(there.means, longest, wanted.isolation, wanted.clump)
    if wanted.lowest is not None:
        found["too low"] = heights < wanted.lowest
    if wanted.highest is not None:
        found["too high"] = heights > wanted.highest
    masks = {}
    for reason, mask in found.items():
        masks[reason] = torch.zeros_like(part.dead)
        masks[reason][alive] = mask
    return masks
