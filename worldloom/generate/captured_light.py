"""New light on captured Gaussians: their colours times the light they would have over the light they were seen in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.generate.daylight import daylight, tone, untone
from worldloom.generate.light import Setting, hazed, illumination
from worldloom.generate.seasons import dressed
from worldloom.generate.spec import Season
from worldloom.render.casters import discs_facing, facing
from worldloom.render.shadows import Discs, openness
from worldloom.scene.gaussians import SH_C0, Gaussians
from worldloom.scene.geometry import transform
from worldloom.scene.semantics import label_index
from worldloom.scene.srgb import from_srgb
from worldloom.scene.surface import Surface
from worldloom.scene.surfels import Array, unit
from worldloom.scene.world import Layer, World

_SEEN_IN = daylight(13.0, "summer", "overcast")
"""Photos are taken to have been in even light: what shadows they hold stay in their colours."""


def estimated_surface(gaussians: Gaussians, eyes: Array) -> tuple[Surface, Discs]:
    """What Gaussians (N,) may be made of: flat pieces that face where they were seen from.

    Args:
        eyes: (M, 3) where the photos were taken; none: they face up and away from the middle.
    """
    means = gaussians.means.numpy()
    normals = facing(gaussians, eyes)
    discs = discs_facing(gaussians, normals)
    extent = float(np.quantile(np.abs(means - np.median(means, axis=0)), 0.95)) if len(means) else 1.0
    open_, bent = openness(
        means, normals, np.zeros(len(means)), discs, cell=float(np.clip(extent / 90, 0.05, 1.0)), directions=16
    )
    colour = (gaussians.sh[:, 0].numpy() * SH_C0 + 0.5).clip(0, 1)
    green = (colour[:, 1] > colour[:, 0] * 1.04) & (colour[:, 1] > colour[:, 2] * 1.15)
    labels = np.where(green, label_index("tree/leaves/deciduous"), 0).astype(np.uint8)
    count, none = len(means), torch.zeros(len(means), dtype=torch.uint8)
    surface = Surface(
        albedo=torch.from_numpy((colour * 255).astype(np.uint8)),
        normals=torch.from_numpy(np.round(normals * 127).astype(np.int8)),
        open_direction=torch.from_numpy(np.round(bent * 127).astype(np.int8)),
        openness=torch.from_numpy((open_.clip(0, 1) * 255).astype(np.uint8)),
        glow=torch.zeros(count, 3, dtype=torch.uint8),
        lamplight=torch.zeros(count, 3, dtype=torch.uint8),
        leaf=torch.full((count,), 90, dtype=torch.uint8),
        gloss=none,
        opacity=none,
        labels=torch.from_numpy(labels),
    )
    return surface, discs


def relit(layer: Layer, setting: Setting, season: Season, snow: bool, world: World) -> Layer:
    """A captured layer in another light, season or under snow."""
    if len(layer.gaussians) == 0:
        return layer
    placed = transform(layer.gaussians, layer.transform)
    eyes = np.array([view.position for view in world.captures], np.float32).reshape(-1, 3)
    surface, discs = estimated_surface(placed, eyes)
    means = placed.means.numpy()
    before = illumination(means, surface, discs, replace(setting, light=_SEEN_IN)) * np.float32(_SEEN_IN.exposure)
    after = illumination(means, surface, discs, setting) * np.float32(setting.light.exposure)
    base = (layer.gaussians.sh[:, 0].numpy() * SH_C0 + 0.5).clip(0, 1)
    linear = untone(base)
    # Only its own colour may be dressed, so the light it was seen in is taken off first.
    albedo = linear / before.clip(0.05)
    normals = unit(surface.normals.numpy().astype(np.float32))
    open_ = surface.openness.numpy() / np.float32(255)
    dressed_albedo, _ = dressed(albedo, normals, open_, surface.labels.numpy(), means, "summer", _shown(season), snow)
    # Nothing was ever seen darker than a quarter of the even light: less would be noise made bright.
    seen = dressed_albedo * np.maximum(after, 0) * np.where(before > 0.05, 1, before / 0.05)
    seen = hazed(seen / np.float32(setting.light.exposure), means, setting) * np.float32(setting.light.exposure)
    colour = tone(seen.astype(np.float32))
    sh = layer.gaussians.sh.clone()
    sh[:, 0] = torch.from_numpy((colour - 0.5) / SH_C0)
    if sh.shape[1] > 1:
        sh[:, 1:] *= torch.from_numpy(_brighter(base, colour))[:, None, None]
    old = layer.gaussians
    return replace(layer, gaussians=Gaussians(old.means, old.quats, old.log_scales, old.opacity_logits, sh))


def _shown(season: Season) -> Season:
    """Leaves of a captured tree can't fall: what is behind them was not seen."""
    return "autumn" if season == "winter" else season


def _brighter(before: Array, after: Array) -> NDArray[Any]:
    """Factor (N,) of what depends on the direction of sight."""
    return (
        ((from_srgb(after).mean(axis=1) + 1e-3) / (from_srgb(before).mean(axis=1) + 1e-3))
        .clip(0, 1.5)
        .astype(np.float32)
    )
