"""Computing for `opacity`: other opacities, sizes, and contrast between neighbours."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from worldloom.edit.state import EditState, Rows
from worldloom.scene.gaussians import Gaussians

_NEIGHBOURS = 9
_FAINTEST = 1e-4
"""Opacities stay above it and as far below 1, so that they can be brought back."""


def with_opacity(state: EditState, rows: Rows, value: float | None, factor: float | None) -> EditState:
    """With the opacities of some rows set to a value or multiplied; what a surface has for other seasons too."""
    parts = []
    for part in state.parts:
        if part.key not in rows:
            continue
        mask, old = rows[part.key], part.gaussians
        logits, surface = old.opacity_logits.clone(), part.layer.surface
        logits[mask] = torch.logit(_changed(old.opacities[mask], value, factor).clamp(_FAINTEST, 1 - _FAINTEST))
        if surface is not None:
            opacity = surface.opacity.clone()
            changed = _changed(opacity[mask].float() / 255, value, factor)
            opacity[mask] = (changed.clamp(0, 1) * 255).round().to(torch.uint8)
            surface = replace(surface, opacity=opacity)
        gaussians = replace(old, opacity_logits=logits)
        parts.append(replace(part, layer=replace(part.layer, gaussians=gaussians, surface=surface)))
    return state.with_parts(parts)


def _changed(opacities: Tensor, value: float | None, factor: float | None) -> Tensor:
    return torch.full_like(opacities, value) if value is not None else opacities * (factor or 0.0)


def crisper(state: EditState, rows: Rows, amount: float) -> EditState:
    """Smaller Gaussians of more contrast with their neighbours; with a negative amount the opposite."""
    parts = []
    for part in state.parts:
        if part.key in rows:
            mask, old = rows[part.key], part.gaussians
            log_scales, sh = old.log_scales.clone(), old.sh.clone()
            log_scales[mask] -= amount * math.log(1.5)
            around = _colours_around(old, mask, ~part.dead)
            sh[mask, 0] += amount * (old.sh[mask, 0] - around)
            parts.append(part.with_gaussians(replace(old, log_scales=log_scales, sh=sh)))
    return state.with_parts(parts)


def _colours_around(gaussians: Gaussians, mask: Tensor, there: Tensor) -> Tensor:
    """(M, 3) degree-0 coefficients of the neighbourhoods of the rows in `mask`, among those that are `there`."""
    from scipy.spatial import KDTree

    others = gaussians[there]
    count = min(_NEIGHBOURS, len(others))
    _, nearest = KDTree(others.means.numpy()).query(gaussians.means[mask].numpy(), count, workers=2)
    nearest = torch.from_numpy(np.asarray(nearest).reshape(-1, count))
    weights = others.opacities[nearest][..., None]
    return (others.sh[:, 0][nearest] * weights).sum(dim=1) / weights.sum(dim=1)
