"""The change of colour that makes one set of colours like another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from worldloom.edit.change.colouring import ColourChange
from worldloom.edit.state import EditState, Rows
from worldloom.scene.colour import oklab_from_srgb, srgb_from_oklab
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import sh0_to_rgb

_LONGEST = 512
"""Pixels: pictures are looked at no larger."""
_QUANTILES = 33


@dataclass(frozen=True, eq=False)
class Colours:
    """M colours, some of which show more than others."""

    lab: Tensor
    """(M, 3) Oklab, float64."""
    weight: Tensor
    """(M,) float64, sums to 1."""

    @property
    def mean(self) -> Tensor:
        return self.weight @ self.lab

    @property
    def covariance(self) -> Tensor:
        away = self.lab - self.mean
        return (away * self.weight[:, None]).T @ away


def colours_of_rows(state: EditState, rows: Rows) -> Colours:
    """Of Gaussians as they show: by opacity and by the area that they cover, none more than a hundred middling ones."""
    lab, weight = [], []
    for part in state.parts:
        if part.key in rows:
            chosen = part.gaussians[rows[part.key]]
            flat = chosen.log_scales.double().sort(dim=1).values[:, 1:].sum(dim=1).exp() * part.layer.transform.scale**2
            lab.append(oklab_from_srgb(sh0_to_rgb(chosen.sh[:, 0]).double().clamp(0, 1)))
            weight.append(flat * chosen.opacities.double())
    weights = torch.cat(weight)
    weights = weights.clamp_max(100 * float(weights.median())) + 1e-12
    return Colours(torch.cat(lab), weights / weights.sum())


def colours_of_picture(path: Path) -> Colours:
    """Of a picture's pixels, those that can be seen through left out.

    Raises:
        InvalidDataError: it can't be read as a picture.
    """
    from PIL import Image

    try:
        with Image.open(path) as opened:
            opened.thumbnail((_LONGEST, _LONGEST))
            pixels = np.array(opened.convert("RGBA"), dtype=np.float64).reshape(-1, 4) / 255
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise InvalidDataError("The picture can't be read. Choose a PNG, JPEG or WebP file.") from None
    solid = pixels[pixels[:, 3] > 0.5, :3]
    if len(solid) == 0:
        raise InvalidDataError("The picture is transparent all over. Choose another one.")
    lab = oklab_from_srgb(torch.from_numpy(solid))
    return Colours(lab, torch.full((len(lab),), 1 / len(lab), dtype=torch.float64))


def matching(here: Colours, there: Colours, method: Literal["spread", "curves"], strength: float) -> ColourChange:
    """The change that takes the colours `here` to those `there`, or a share of the way."""
    moved = _by_spread(here, there) if method == "spread" else _by_curves(here, there)

    def change(colour: Tensor) -> Tensor:
        lab = oklab_from_srgb(colour.double())
        return srgb_from_oklab(lab + strength * (moved(lab) - lab)).to(colour)

    return change


def _by_spread(here: Colours, there: Colours) -> ColourChange:
    """The linear map between two normal distributions that moves colours least."""
    narrow = 1e-6 * torch.eye(3, dtype=torch.float64)
    first, second = here.covariance + narrow, there.covariance + narrow
    root = _root(first)
    back = torch.linalg.inv(root)
    turn = back @ _root(root @ second @ root) @ back
    # A picture of many colours must not blow up the little noise of a plain wall.
    values, vectors = torch.linalg.eigh(turn)
    turn = vectors @ torch.diag(values.clamp(0, 4)) @ vectors.T
    mean, wanted = here.mean, there.mean
    return lambda lab: (lab - mean) @ turn + wanted


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T


def _by_curves(here: Colours, there: Colours) -> ColourChange:
    """Quantile to quantile, channel by channel."""
    channels = [(_quantiles(here, channel), _quantiles(there, channel)) for channel in range(3)]

    def moved(lab: Tensor) -> Tensor:
        columns = []
        for values, (old, new) in zip(lab.unbind(dim=1), channels):
            at = values.numpy()
            inside = np.interp(at, old, new)
            beyond = np.where(at < old[0], at - old[0], np.where(at > old[-1], at - old[-1], 0))
            columns.append(torch.from_numpy(inside + beyond))
        return torch.stack(columns, dim=1)

    return moved


def _quantiles(colours: Colours, channel: int) -> np.ndarray:
    """Rising values (Q,) below which equal shares of the colours lie."""
    values, order = colours.lab[:, channel].sort(stable=True)
    share = colours.weight[order].cumsum(dim=0)
    found = np.interp((np.arange(_QUANTILES) + 0.5) / _QUANTILES, share.numpy(), values.numpy())
    return found + np.arange(_QUANTILES) * 1e-6
