"""Regions of many points: what is near others, connected, inside an outline, seen by photos. Torch in, torch out, all
on the CPU."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import torch
from torch import Tensor

from worldloom.render.cpu import default_threads
from worldloom.render.native.library import library
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.rotations import quat_to_matrix

_OCCLUDERS = 200_000
"""Gaussians that are enough to hide what is behind them in the small pictures of `sightings`."""


def near(points: Tensor, others: Tensor, reach: float) -> Tensor:
    """(N,) bool: which points (N, 3) have one of `others` (M, 3) no farther than `reach`."""
    points, others = _floats(points), _floats(others)
    found = torch.empty(len(points), dtype=torch.bool)
    library().worldloom_near(
        default_threads(), len(points), points.data_ptr(), len(others), others.data_ptr(), reach, found.data_ptr()
    )
    return found


def flood(points: Tensor, start: Tensor, step: float) -> Tensor:
    """(N,) bool: which points (N, 3) are reached from those marked in `start` (N,) bool, going from point to point by
    steps no longer than `step`; the start is among them."""
    points = _floats(points)
    found = start.clone()
    library().worldloom_flood(default_threads(), len(points), points.data_ptr(), step, found.data_ptr())
    return found


def inside(places: Tensor, outline: Tensor) -> Tensor:
    """(N,) bool: which places (N, 2) of a plane lie in a closed outline (M, 2), M >= 1, by the even-odd rule."""
    places, outline = _floats(places), _floats(outline)
    found = torch.empty(len(places), dtype=torch.bool)
    library().worldloom_inside(
        default_threads(), len(places), places.data_ptr(), len(outline), outline.data_ptr(), found.data_ptr()
    )
    return found


def sightings(points: Tensor, radii: Tensor, solid: Tensor, photos: Sequence[Camera]) -> Tensor:
    """(N,) int32: how many photos see each of some points (N, 3): those in whose picture it lies with nothing before
    it, as far as depths of 96 pixels' width tell.

    Args:
        radii: (N,) of what is around each point, metres.
        solid: (N,) bool: what hides what is behind it.
    """
    points, radii = _floats(points), _floats(radii)
    views = torch.stack(
        [
            torch.cat(
                [
                    photo.world_to_camera[:3].reshape(12),
                    torch.tensor([0.5 * photo.width / photo.fx, 0.5 * photo.height / photo.fy]),
                ]
            )
            for photo in photos
        ]
    ).contiguous()
    seen = torch.empty(len(points), dtype=torch.int32)
    library().worldloom_sightings(
        default_threads(),
        len(points),
        points.data_ptr(),
        radii.data_ptr(),
        solid.contiguous().data_ptr(),
        -(-int(solid.sum()) // _OCCLUDERS) or 1,
        len(views),
        views.data_ptr(),
        seen.data_ptr(),
    )
    return seen


def thing(
    gaussians: Gaussians, colours: Tensor, kinds: Tensor, seed: Tensor, reach: float, edge: float
) -> tuple[Tensor, float]:
    """The thing at a place: what hangs together by position, colour and direction of surface, cut from the rest
    where its border is shortest and clearest.

    A minimum cut (Boykov & Kolmogorov 2004) of voxels linked by likeness, the best for its size of several.

    Args:
        colours: (N, 3), OKLab.
        kinds: (N,) uint8: what borders on another kind is likely another thing.
        seed: (3,) a place at its surface.
        reach: what is farther from the seed does not belong to it, metres.
        edge: of the voxels, metres; no less than a hundredth of `reach`.

    Returns:
        (N,) share, 0 to 1, of each Gaussian that belongs to it, and a number that is the smaller the more it is a thing
        of its own.
    """
    scales, order = gaussians.scales.sort(dim=1, descending=True)
    axes = quat_to_matrix(gaussians.quats).gather(2, order[:, None].expand(-1, 3, -1))
    along, across = axes[:, :, 0] * scales[:, :1], axes[:, :, 1] * scales[:, 1:2]
    rows = [gaussians.means, along, across, colours, axes[:, :, 2], gaussians.opacities]
    arrays = [*map(_floats, rows), kinds.contiguous(), _floats(seed)]
    share, score = torch.empty(len(gaussians)), ctypes.c_double()
    library().worldloom_object(
        len(gaussians),
        *(array.data_ptr() for array in arrays),
        max(edge, reach / 100),
        reach,
        share.data_ptr(),
        ctypes.byref(score),
    )
    return share, score.value


def _floats(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", torch.float32).contiguous()
