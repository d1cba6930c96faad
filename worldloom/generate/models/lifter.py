"""From a panorama to layered Gaussians: depth of overlapping views, aligned; layers; what is hidden, filled in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from worldloom.generate.models.adapters.loaded import Loaded
from worldloom.generate.models.align import SphereDepth, align, depth_views
from worldloom.generate.models.card import Card
from worldloom.generate.models.interfaces import DepthEstimator, DepthMap, Inpainter, Segmenter
from worldloom.generate.models.layers import (
    CUT,
    SKY_DISTANCE,
    STEP_ASIDE,
    find_hidden,
    sky_gaussians,
    snap_edges,
    surface_gaussians,
)
from worldloom.generate.models.panorama import outpaint
from worldloom.generate.sphere import TangentView, look_up
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge

Progress = Callable[[float, str], None]


@dataclass(frozen=True, eq=False)
class Layers:
    """A scene in three parts, around the origin, metres."""

    seen: Gaussians
    behind: Gaussians
    sky: Gaussians
    background: np.ndarray
    """(H, 2H, 3) uint8: the panorama with what is in front taken away where `hidden`."""
    hidden: np.ndarray
    """(H, 2H) bool."""


def measure(
    panorama: np.ndarray,
    estimator: DepthEstimator,
    *,
    segmenter: Segmenter | None = None,
    size: int | None = None,
    views: Sequence[TangentView] | None = None,
    progress: Progress | None = None,
    keep: Callable[[int, TangentView, DepthMap], None] | None = None,
) -> SphereDepth:
    """Distances all around.

    Args:
        panorama: (H, 2H, 3) uint8.
        segmenter: one that reads words, to tell the sky better than depth does.
        size: of the views, pixels; by default half the panorama's height.
        keep: called with each view's number and depth.
    """
    views = views or depth_views(size or max(32, len(panorama) // 2))
    maps: list[DepthMap] = []
    for number, view in enumerate(views):
        picture = np.ascontiguousarray(look_up(panorama, view.rays()))
        found = estimator.depth(picture, intrinsics=view.intrinsics)
        if segmenter is not None and view.pitch > -45:
            found = _without_sky(found, picture, segmenter)
        maps.append(found)
        if keep:
            keep(number, view, found)
        if progress:
            progress((number + 1) / len(views), f"depth of view {number + 1} of {len(views)}")
    return align(views, maps, len(panorama))


def lift_layers(
    panorama: np.ndarray,
    depth: SphereDepth,
    inpainter: Inpainter,
    prompt: str,
    *,
    seed: int,
    step: float = STEP_ASIDE,
    rows: int | None = None,
    progress: Progress | None = None,
) -> Layers:
    """Layered Gaussians of a panorama (H, 2H, 3) uint8 with distances of the same size.

    Args:
        step: metres aside for which hidden surfaces are made up.
        rows: of Gaussians from pole to pole; None for as many as the panorama has.
    """
    if rows is not None and rows < len(panorama):
        panorama, depth = _shrunk(panorama, depth, rows)
    distance = snap_edges(depth.distance, depth.valid)
    hidden = find_hidden(distance, depth.valid, step=step)
    background = panorama
    if hidden.mask.any():
        wanted = f"{prompt}, empty background, nothing in front"
        taken_away = _grown(hidden.mask)
        background = outpaint(panorama, ~taken_away, inpainter, wanted, seed=seed + 7, progress=progress)
        # Just outside a thing its colour has mixed into what is behind it.
        rim = ~hidden.mask & depth.valid & _is_behind(distance, hidden.mask)
        panorama = np.where(rim[..., None], background, panorama)
    farthest = float(distance[depth.valid].max()) if depth.valid.any() else 0.0
    return Layers(
        surface_gaussians(panorama, distance, depth.valid),
        surface_gaussians(background, hidden.distance, hidden.mask),
        sky_gaussians(panorama, ~depth.valid, max(SKY_DISTANCE, 2 * farthest)),
        background,
        hidden.mask,
    )


@dataclass(frozen=True, eq=False)
class LayeredLift(Loaded):
    """`interfaces.SceneLifter` made of a depth estimator and an inpainter."""

    depth: DepthEstimator = field(kw_only=True)
    inpainter: Inpainter = field(kw_only=True)

    def lift(self, panorama: np.ndarray, prompt: str, *, seed: int) -> Gaussians:
        """See `interfaces.SceneLifter`."""
        layers = lift_layers(panorama, measure(panorama, self.depth), self.inpainter, prompt, seed=seed)
        return merge([part for part in (layers.seen, layers.behind, layers.sky) if len(part)])


def load_lifter(card: Card, *, depth: DepthEstimator, inpainter: Inpainter) -> LayeredLift:
    """Our algorithm around two loaded models."""
    return LayeredLift(card, "", card.licence, depth=depth, inpainter=inpainter)


def _shrunk(panorama: np.ndarray, depth: SphereDepth, rows: int) -> tuple[np.ndarray, SphereDepth]:
    size = (2 * rows, rows)
    # Distances aren't averaged: between near and far there is nothing.
    distance = cv2.resize(depth.distance, size, interpolation=cv2.INTER_NEAREST)
    valid = cv2.resize(depth.valid.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    return cv2.resize(panorama, size, interpolation=cv2.INTER_AREA), replace(depth, distance=distance, valid=valid)


def _without_sky(found: DepthMap, picture: np.ndarray, segmenter: Segmenter) -> DepthMap:
    masks = segmenter.segment(picture, text="sky").masks
    return replace(found, valid=found.valid & ~masks.any(axis=0)) if len(masks) else found


def _is_behind(distance: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """(H, 2H) bool: pixels clearly farther than the nearest of what is in front beside them."""
    front = np.where(hidden, distance, np.float32(1e9))
    wide = np.concatenate([front[:, -1:], front, front[:, :1]], axis=1)
    return distance > CUT * cv2.erode(wide, np.ones((3, 3), np.uint8))[:, 1:-1]


def _grown(mask: np.ndarray) -> np.ndarray:
    """A little larger, so that the rim of what stands in front isn't taken for background."""
    wide = np.concatenate([mask[:, -3:], mask, mask[:, :3]], axis=1).astype(np.uint8)
    return cv2.dilate(wide, np.ones((5, 5), np.uint8))[:, 3:-3] > 0
