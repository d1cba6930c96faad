"""The photos of a capture beside what is rendered of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from worldloom.edit.select.pictures import camera_of
from worldloom.render.cpu import NativeEngine
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.world_record import CapturedView

HEIGHT = 216
"""Pixels of the pictures that are compared."""
_BLUR = 5
"""Pixels over which differences are averaged: photos and renders never lie on each other exactly."""
_MOST = 0.4
"""Differences are not counted as larger: unlike is unlike."""
_GAINS = (0.5, 2.0)


@dataclass(frozen=True, eq=False)
class Shot:
    """A photo and where it was taken."""

    camera: Camera
    photo: Tensor
    """(H, W, 3) sRGB."""
    shown: Tensor
    """(H, W) 1 where the photo shows something, 0 where it was masked."""


def shot_of(view: CapturedView, path: Path) -> Shot:
    """A photo, small.

    Raises:
        InvalidDataError: it can't be read as a picture, or is of another aspect than its view.
    """
    from PIL import Image, ImageOps

    camera = camera_of(view, HEIGHT)
    try:
        with Image.open(path) as opened:
            opened.draft("RGB", (4 * HEIGHT, 4 * HEIGHT))
            pixels = np.array(ImageOps.exif_transpose(opened).convert("RGBA"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise InvalidDataError("A photo can't be read. Give PNG, JPEG or WebP files.") from None
    height, width = pixels.shape[:2]
    if abs(width / height / view.aspect - 1) > 0.03:
        raise InvalidDataError(
            f"The photo of '{view.name[:80]}' has {width} x {height} pixels, but the aspect of its view is "
            f"{view.aspect:.3g}; give the photo itself."
        )
    small = cv2.resize(pixels, (camera.width, camera.height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return Shot(camera, torch.from_numpy(small[..., :3].copy()), torch.from_numpy((small[..., 3] > 0.9) * 1.0).float())


def differences(
    engine: NativeEngine, gaussians: Gaussians, shot: Shot, background: Tensor, gain: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """How unlike the photo each pixel is, (H, W) mean difference of display colours; and the gain (3,) by which the
    photo was made as bright as its picture: cameras choose their own exposure.

    Args:
        gain: if it is known already.
    """
    rendered = engine.forward(gaussians, shot.camera, background=background).rgb.clamp(0, 1)
    if gain is None:
        gain = _gain(rendered, shot)
    apart = (rendered - (shot.photo * gain).clamp(0, 1)).abs().mean(dim=2).clamp_max(_MOST) * shot.shown
    return torch.from_numpy(cv2.blur(apart.numpy(), (_BLUR, _BLUR))), gain


def _gain(rendered: Tensor, shot: Shot) -> Tensor:
    """Of most pixels: those of a passer-by are outvoted."""
    usable = (shot.shown > 0) & (shot.photo.amin(dim=2) > 0.04) & (shot.photo.amax(dim=2) < 0.96)
    if int(usable.sum()) < 50:
        return torch.ones(3)
    return (rendered[usable] / shot.photo[usable]).median(dim=0).values.clamp(*_GAINS)


def unlike(
    engine: NativeEngine, gaussians: Gaussians, shots: Sequence[Shot], background: Tensor, limit: float, least: float
) -> tuple[Tensor, Tensor]:
    """(N,) how many photos see each Gaussian, in `least` pixels at least; and (N,) from how many of these the pixels
    that it fills differ by more than `limit`."""
    seen, against = torch.zeros(len(gaussians)), torch.zeros(len(gaussians))
    for shot in shots:
        apart, _ = differences(engine, gaussians, shot, background)
        weights = engine.weights(apart)
        sees = weights[:, 1] > least
        seen += sees
        against += sees & (weights[:, 0] > limit * weights[:, 1])
    return seen, against


@dataclass(frozen=True, eq=False)
class Verdict:
    """What photos say of things, if they were gone."""

    better: Tensor
    """(T,) how many photos the picture would be more like without the thing ..."""
    worse: Tensor
    """(T,) ... and how many less."""
    improvement: Tensor
    """(T,) by how much the pixels that it fills would be more like the photos, in the mean over those that are."""
    own: Tensor
    """(N,) share, among the photos that care, of those that want the Gaussian gone."""


def without(
    gaussians: Gaussians, things: Tensor, shots: Sequence[Shot], background: Tensor, *, least: float, much: float
) -> Verdict:
    """Ask the photos whether things should be gone. All are taken away at once, and each is judged by the pixels that
    it fills.

    Args:
        things: (N,) which thing a Gaussian belongs to, 0..T-1; -1: none.
        least: pixels that a thing must fill for a photo to have a say.
        much: mean difference of display colours, from which on a photo is more or less like.
    """
    engine, count = NativeEngine(), int(things.max()) + 1
    member = things >= 0
    rest, index = gaussians[~member], things[member]
    better, worse, improvement = (torch.zeros(count) for _ in range(3))
    own_better, own_worse = torch.zeros(len(index)), torch.zeros(len(index))
    for shot in shots:
        after, gain = differences(engine, rest, shot, background)
        before, _ = differences(engine, gaussians, shot, background, gain)
        weights = engine.weights((before - after) * shot.shown)[member]
        gains, filled = (torch.zeros(count).index_add(0, index, weights[:, column]) for column in (0, 1))
        mean = gains / filled.clamp_min(1e-6) * (filled > least)
        better += mean > much
        worse += mean < -much
        improvement += torch.where(mean > much, mean, 0)
        own = weights[:, 0] / weights[:, 1].clamp_min(1e-6) * (weights[:, 1] > least / 20)
        own_better += own > much
        own_worse += own < -much
    share = torch.full((len(gaussians),), 0.5)
    share[member] = (own_better + 0.5) / (own_better + own_worse + 1)
    return Verdict(better, worse, improvement / better.clamp_min(1), share)
