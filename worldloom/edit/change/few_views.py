"""What passed by, by poses alone: what few views see, although it stands before what many see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from worldloom.edit.change.lumps import lumps, neighbours
from worldloom.render.cpu import NativeEngine
from worldloom.render.visibility import SEEN, pixels_filled
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0

if TYPE_CHECKING:
    from worldloom.edit.change.transients import EraseTransients

_KNOWN = 0.7
"""Opacity of what is behind, from which it is known."""
_BEFORE = 1.6
"""Times farther away that what is behind must be."""
_APART = 0.6
"""Share of a thing's neighbours that must belong to it."""
_CERTAIN = 0.4
"""Share of a thing that must be certain."""


def seen_by_few(
    whole: Gaussians, cameras: Sequence[Camera], movable: Tensor, wanted: EraseTransients
) -> tuple[Tensor, Tensor]:
    """(N,) bool: which of `movable` passed by; and (N,) 0 to 1: how much better what is behind it is seen."""
    seen = torch.zeros(len(whole))
    engine = NativeEngine()
    for camera in cameras:
        seen += pixels_filled(engine, whole, camera)[0] > SEEN
    few = (seen > 0) & (seen <= max(2.0, wanted.few * len(cameras)))
    support, farther = _behind(whole, cameras, few, seen)
    # What is behind must be seen by twice as many views as this is, and be a good deal farther away.
    stands_before = few & (support > 2 * seen) & (farther > _BEFORE)
    suspects = _behind_known(whole, cameras, movable & stands_before)
    gone = _things(whole.means, suspects, support > 3 * seen, wanted)
    return gone, (1 - seen / support.clamp_min(1)).clamp(0, 1)


def _behind(whole: Gaussians, cameras: Sequence[Camera], few: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """What shows in the place of each once all of `few` are gone: (N,) how many views see that, and (N,) how many times
    farther away it is."""
    engine, count = NativeEngine(), len(whole)
    rest = whole[~few]
    # Colours are cut at zero only, so any number can be drawn as one.
    counted = Gaussians(*rest.tensors[:4], rgb_to_sh0(seen[~few, None, None].expand(-1, 1, 3)))
    support, filled, depth, own = (torch.zeros(count) for _ in range(4))
    for camera in cameras:
        behind = engine.forward(counted, camera, outputs=("rgb", "alpha", "depth"))
        assert behind.depth is not None
        away = torch.where(behind.alpha > 0.5, behind.depth, behind.depth.max())
        there, seen_there = pixels_filled(engine, whole, camera, behind.rgb[:, :, 0])
        support, filled = support + seen_there, filled + there
        depth += pixels_filled(engine, whole, camera, away)[1]
        own += there * (whole.means @ camera.world_to_camera[2, :3] + camera.world_to_camera[2, 3])
    return support / filled.clamp_min(1e-6), depth / own.clamp_min(1e-6)


def _behind_known(whole: Gaussians, cameras: Sequence[Camera], suspects: Tensor) -> Tensor:
    """Of the suspects those behind which there is something, so that no hole is torn."""
    if not bool(suspects.any()):
        return suspects
    engine, rest = NativeEngine(), whole[~suspects]
    total, filled = torch.zeros(len(whole)), torch.zeros(len(whole))
    for camera in cameras:
        there, summed = pixels_filled(engine, whole, camera, engine.forward(rest, camera).alpha)
        total, filled = total + summed, filled + there
    return suspects & (total > _KNOWN * filled)


def _things(means: Tensor, suspects: Tensor, certain: Tensor, wanted: EraseTransients) -> Tensor:
    """(N,) of the suspects those that hang together as something of a person's or a car's size, a good part of which
    is `certain`, and which is not just a part of something else that stays."""
    things = lumps(means, suspects)
    if len(things) == 0:
        return torch.zeros_like(suspects)
    rows = suspects.nonzero()[:, 0]
    among_own = torch.zeros(len(means))
    among_own[rows] = suspects[neighbours(means, rows)].float().mean(dim=1)
    fits = (things.share(among_own) > _APART) & (things.share(certain) > _CERTAIN)
    return things.only(fits & things.within(wanted.tallest, wanted.widest)).of >= 0
