"""Putting a change of colour on Gaussians, and the change that sliders and curves make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from worldloom.edit.state import EditState, Rows
from worldloom.scene.colour import LUMINANCE, linear_from_srgb, srgb_from_linear
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0, sh0_to_rgb
from worldloom.scene.surface import Surface

if TYPE_CHECKING:
    from worldloom.edit.change.colour import Curve, Recolour

ColourChange = Callable[[Tensor], Tensor]
"""From display colours (N, 3), also beyond 0..1, to others."""
_STEP = 1 / 64
"""Display units over which a change's slope is taken."""


def recoloured(state: EditState, rows: Rows, change: ColourChange) -> EditState:
    """The state with the colours of some rows changed, those of their surfaces without light too."""
    parts = []
    for part in state.parts:
        if part.key in rows:
            mask, old = rows[part.key], part.gaussians
            sh = old.sh.clone()
            sh[mask] = changed_sh(old.sh[mask], change)
            layer = replace(part.layer, gaussians=Gaussians(*old.tensors[:4], sh))
            if layer.surface is not None:
                layer = replace(layer, surface=_repainted(layer.surface, mask, change))
            parts.append(replace(part, layer=layer))
    return state.with_parts(parts)


def changed_sh(sh: Tensor, change: ColourChange) -> Tensor:
    """Coefficients (N, K, 3) whose middle colour is changed, and what depends on the direction along with it: as the
    change's slope at the middle colour has it, so that a highlight on a darkened thing is darker too."""
    middle = sh0_to_rgb(sh[:, 0])
    first = rgb_to_sh0(change(middle))[:, None]
    if sh.shape[1] == 1:
        return first
    steps = torch.eye(3) * _STEP
    slopes = [(change(middle + step) - change(middle - step)) / (2 * _STEP) for step in steps]
    return torch.cat([first, torch.einsum("nki,nio->nko", sh[:, 1:], torch.stack(slopes, dim=1))], dim=1)


def _repainted(surface: Surface, mask: Tensor, change: ColourChange) -> Surface:
    albedo = surface.albedo.clone()
    painted = change(surface.albedo[mask].float() / 255)
    albedo[mask] = (painted.clamp(0, 1) * 255).round().to(torch.uint8)
    return replace(surface, albedo=albedo)


def sliders(wanted: Recolour) -> ColourChange:
    """What a record's numbers do to colours."""
    luminance = torch.tensor(LUMINANCE)
    warm = torch.tensor([2.0, 1.0, 0.5]) ** (0.6 * wanted.temperature)
    gain = warm / (warm @ luminance) * torch.tensor(wanted.tint) * 2.0**wanted.exposure
    contrast = 1 + wanted.contrast
    curves = [
        [_curve(curve) for curve in (wanted.curve, own) if curve is not None]
        for own in (wanted.red, wanted.green, wanted.blue)
    ]

    def change(colour: Tensor) -> Tensor:
        if bool((gain != 1).any()):
            colour = srgb_from_linear(linear_from_srgb(colour) * gain)
        colour = (colour - wanted.black) / (wanted.white - wanted.black) + wanted.brightness
        colour = 0.5 + (colour - 0.5) * contrast
        grey = (colour @ luminance)[:, None]
        colour = grey + (colour - grey) * wanted.saturation
        columns = list(colour.unbind(dim=1))
        for channel, chain in enumerate(curves):
            for curve in chain:
                columns[channel] = curve(columns[channel])
        return torch.stack(columns, dim=1)

    return change


def _curve(points: Curve) -> ColourChange:
    """A smooth curve through points that does not overshoot (Fritsch & Carlson 1980), straight on beyond its ends."""
    from scipy.interpolate import PchipInterpolator

    x, y = np.array(points, dtype=np.float64).T
    inner = PchipInterpolator(x, y)
    slope = inner.derivative()
    ends = [(x[place], y[place], float(slope(x[place]))) for place in (0, -1)]

    def curve(values: Tensor) -> Tensor:
        at = values.numpy().astype(np.float64)
        out = inner(at.clip(x[0], x[-1]))
        for (edge, height, rise), beyond in zip(ends, (at < x[0], at > x[-1])):
            out[beyond] = height + (at[beyond] - edge) * rise
        return torch.from_numpy(out).to(values)

    return curve
