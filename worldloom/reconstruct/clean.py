"""Taking out what no photo vouches for, and putting the sky on a layer of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from worldloom.reconstruct.progress import Event, Progress
from worldloom.reconstruct.records import Record, View, ViewSet
from worldloom.render.cpu import NativeEngine
from worldloom.render.visibility import pixels_filled
from worldloom.scene.floaters import extent_of, isolated, needles
from worldloom.scene.gaussians import SH_C0, Gaussians


class CleanOptions(Record):
    """What is taken out."""

    min_opacity: float = Field(default=0.02, ge=0, le=1, description="fainter Gaussians are removed")
    min_views: int = Field(default=2, ge=0, description="Gaussians that fewer photos see are removed")
    min_weight: float = Field(
        default=0.05, ge=0, description="pixels that a Gaussian must fill for a photo to see it, at `view_size`"
    )
    view_size: int = Field(default=640, ge=32, description="longest side at which photos are looked at, pixels")
    isolation: float = Field(
        default=8.0,
        gt=0,
        description="distance to neighbours that makes a floater, in typical distances and in its own sizes",
    )
    thinness: float = Field(default=50.0, gt=1, description="length over width of needles that are removed, if long")
    needle: float = Field(default=0.05, gt=0, description="length of long needles, in extents of the scene")
    sky: bool = Field(default=True, description="move the sky to a layer of its own, outdoors")


@dataclass(frozen=True, eq=False)
class Cleaned:
    """What is left."""

    captured: Gaussians
    sky: Gaussians | None
    """The sky dome; None indoors."""
    removed: dict[str, int] = field(default_factory=dict)
    """How many Gaussians were taken out, by reason."""


def clean(gaussians: Gaussians, views: ViewSet, options: CleanOptions, progress: Progress) -> Cleaned:
    """Remove floaters and part the sky from the rest.

    What matters to a picture stays: everything is judged by how much it shows in the training views.
    """
    if len(gaussians) == 0:
        return Cleaned(gaussians, None)
    progress(Event("clean", 0.0, "looking for floaters"))
    seen, weight = _seen_by(gaussians, views.training, options, progress)
    sky = _sky(gaussians, views.training, weight) if options.sky else torch.zeros(len(gaussians), dtype=torch.bool)
    scales, opacities = gaussians.scales, gaussians.opacities
    reasons = {
        "transparent": opacities < options.min_opacity,
        "seen by few photos": seen < min(options.min_views, len(views.training)),
        "isolated": isolated(gaussians.means, scales.amax(dim=1), options.isolation),
        "needles": needles(scales, options.thinness, options.needle * extent_of(gaussians.means)),
    }
    removed: dict[str, int] = {}
    gone = torch.zeros(len(gaussians), dtype=torch.bool)
    for reason, rows in reasons.items():
        rows = rows & ~gone if reason == "transparent" else rows & ~gone & ~sky
        removed[reason] = int(rows.sum())
        gone |= rows
    progress(Event("clean", 1.0, f"{int(gone.sum()):,} removed"))
    left = gaussians[~gone & ~sky]
    dome = gaussians[sky & ~gone]
    return Cleaned(left, dome if len(dome) else None, removed)


def _seen_by(
    gaussians: Gaussians, views: tuple[View, ...], options: CleanOptions, progress: Progress
) -> tuple[Tensor, Tensor]:
    """(N,) how many views see each Gaussian, and (N,) the share of all their pixels that it fills."""
    engine = NativeEngine()
    seen = torch.zeros(len(gaussians), dtype=torch.int64)
    total, pixels = torch.zeros(len(gaussians)), 0
    for number, view in enumerate(views):
        scale = min(1.0, options.view_size / max(view.width, view.height))
        camera = view.camera.resized(max(1, round(view.width * scale)), max(1, round(view.height * scale)))
        share, _ = pixels_filled(engine, gaussians, camera)
        seen += share > options.min_weight
        total += share
        pixels += camera.width * camera.height
        progress(Event("clean", (number + 1) / len(views), "looking for floaters"))
    return seen, total / max(pixels, 1)


def _sky(gaussians: Gaussians, views: tuple[View, ...], weight: Tensor) -> Tensor:
    """Which Gaussians are sky: far beyond the cameras, above them, bright or blue, and without much texture around.

    Conservative: unless a good share of the pictures' tops is of that kind, there is none (a room, a close-up).
    """
    nothing = torch.zeros(len(gaussians), dtype=torch.bool)
    if not views or len(gaussians) == 0:
        return nothing
    cameras = torch.stack([view.camera.position for view in views])
    centre = cameras.median(dim=0).values
    spread = (cameras - centre).norm(dim=1).max().clamp_min(1e-3)
    offset = gaussians.means - centre
    distance = offset.norm(dim=1)
    near = float(np.quantile(distance.numpy(), 0.25))
    color = (gaussians.sh[:, 0] * SH_C0 + 0.5).clamp(0, 1)
    brightness = color.mean(dim=1)
    blueness = color[:, 2] - color[:, 0]
    steep = offset[:, 1] / distance.clamp_min(1e-6)
    far = (distance > 4 * near) & (distance > 4 * spread)
    sky = far & (steep > 0) & (brightness > 0.45) & ((blueness > 0.0) | (brightness > 0.8))
    return sky if float(weight[sky].sum()) > 0.02 else nothing
