"""Computing for `floaters`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from worldloom.edit.state import EditState, Part, Rows
from worldloom.scene.floaters import clumped, extent_of, isolated, needles, usual_gap
from worldloom.scene.semantics import label_index

if TYPE_CHECKING:
    from worldloom.edit.change.floaters import FixFloaters

_NEEDLE = 0.05
"""Extents of the layer: shorter ones are blades of grass."""


def without_floaters(state: EditState, rows: Rows, wanted: FixFloaters) -> tuple[EditState, Counter[str]]:
    """The state without those of `rows` that float, and how many were deleted, by reason."""
    solid = [part for part in state.parts if part.layer.kind not in ("sky", "effects")]
    far_from_all = _far_from_all(solid, wanted)
    removed: Counter[str] = Counter()
    parts = []
    for part, lonely in zip(solid, far_from_all):
        if part.key not in rows:
            continue
        gone = torch.zeros_like(part.dead)
        for reason, found in {**_by_itself(part, wanted), **lonely}.items():
            new = torch.zeros_like(part.dead)
            new[~part.dead] = found
            new &= rows[part.key] & ~gone
            removed[reason] += int(new.sum())
            gone |= new
        parts.append(replace(part, dead=part.dead | gone))
    return state.with_parts(parts), removed


def _by_itself(part: Part, wanted: FixFloaters) -> dict[str, Tensor]:
    """Masks of a part's rows that are not deleted: what each says about itself."""
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
    if wanted.lowest is not None:
        found["too low"] = heights < wanted.lowest
    if wanted.highest is not None:
        found["too high"] = heights > wanted.highest
    return found


def _far_from_all(parts: list[Part], wanted: FixFloaters) -> list[dict[str, Tensor]]:
    """For each part, masks of its rows that are not deleted: what is far from all else in the world. How far is far is
    each layer's own, but a bush may stand on the ground of another. What is known to be something was put where it is,
    be it a hanging lamp of few Gaussians."""
    if wanted.isolation is None:
        return [{} for _ in parts]
    alive = [~part.dead for part in parts]
    places = [part.world_means[own] for part, own in zip(parts, alive)]
    sizes = [part.gaussians.scales[own].amax(dim=1) * part.layer.transform.scale for part, own in zip(parts, alive)]
    gaps = [torch.full((len(own),), usual_gap(own)) for own in places]
    counts = [len(own) for own in places]
    whole, size, gap = (torch.cat(values or [torch.zeros(0)]) for values in (places, sizes, gaps))
    alone = isolated(whole, size, wanted.isolation, gap).split(counts)
    clump = clumped(whole, size, wanted.isolation, wanted.clump, gap).split(counts)
    unknown = [_unknown(part)[own] for part, own in zip(parts, alive)]
    return [{"alone": one & any_, "in small clumps": other & any_} for one, other, any_ in zip(alone, clump, unknown)]


def _unknown(part: Part) -> Tensor:
    """(N,) which of its rows are of no known class."""
    surface = part.layer.surface
    return torch.ones_like(part.dead) if surface is None else surface.labels == label_index("unknown")
