"""What passed by, by the photos: what most of those that see it would be more like without.

As in SpotLessSplats (Sabour et al. 2024) and NeRF On-the-go (Ren et al. 2024), passers-by are outliers of what the
photos agree about, and hang together. These mask pixels while they train; here the scene is trained already, so that
Gaussians are judged instead, and each thing found is confirmed by taking it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from worldloom.edit.change.lumps import lumps
from worldloom.edit.change.photographed import Shot, unlike, without
from worldloom.render.cpu import NativeEngine
from worldloom.render.visibility import SEEN
from worldloom.scene.gaussians import Gaussians

if TYPE_CHECKING:
    from worldloom.edit.change.transients import EraseTransients

_FILLED = 12.0
"""Pixels that a thing must fill for a photo to have a say."""
_SUSPECT = 0.4
"""Share of the photos that a Gaussian must be unlike to be looked at."""
_MUCH = 0.02
"""Mean difference of display colours, from which on a picture is more like its photo."""
_MAJORITY = 0.6
_IMPROVED = 0.25
"""By how much a thing must make pictures more like where it goes, in `unlike`s."""
_ROUNDS = 3
_LAYERS = 3
"""Times that it is looked again: behind what went there is more of it."""


def disagreed_about(
    whole: Gaussians, shots: Sequence[Shot], movable: Tensor, background: Tensor, wanted: EraseTransients
) -> tuple[Tensor, Tensor]:
    """(N,) bool: which of `movable` passed by; and (N,) 0 to 1: how many of the photos that care say so."""
    gone, sure = torch.zeros_like(movable), torch.zeros(len(whole))
    for _ in range(_LAYERS):
        left = (~gone).nonzero()[:, 0]
        found, share = _outermost(whole[left], shots, movable[left], background, wanted)
        gone[left], sure[left] = found, torch.where(found, share, 0)
        if not bool(found.any()):
            break
    return gone, sure


def _outermost(
    whole: Gaussians, shots: Sequence[Shot], movable: Tensor, background: Tensor, wanted: EraseTransients
) -> tuple[Tensor, Tensor]:
    """As `disagreed_about`, of what nothing else that passed by hides."""
    sure = torch.zeros(len(whole))
    seen, against = unlike(NativeEngine(), whole, shots, background, wanted.unlike / 2, SEEN)
    things = lumps(whole.means, movable & (seen >= 2) & (against >= _SUSPECT * seen))
    things = things.only(things.within(wanted.tallest, wanted.widest))
    for _ in range(_ROUNDS):  # what stays after all changes what is seen without the rest
        if len(things) == 0:
            break
        verdict = without(whole, things.of, shots, background, least=_FILLED, much=_MUCH)
        share = verdict.better / (verdict.better + verdict.worse).clamp_min(1)
        kept = (verdict.better >= 2) & (verdict.improvement > _IMPROVED * wanted.unlike) & (share > _MAJORITY)
        sure = torch.where(things.of >= 0, share[things.of], sure)
        # Of a thing that goes, what the photos want to keep stays: the ground that it stands on.
        of = torch.where(verdict.own >= 0.5, things.of, -1)
        settled = bool(kept.all()) and bool((of == things.of).all())
        things = replace(things, of=of).only(kept)
        if settled:
            break
    return things.of >= 0, sure
