"""Colour spaces: display sRGB, linear light and Oklab (Ottosson 2020), of tensors (..., 3), also beyond 0..1."""

from __future__ import annotations

import torch
from torch import Tensor

LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Shares of linear red, green and blue in how bright a colour is."""

_TO_CONES = torch.tensor(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    dtype=torch.float64,
)
_TO_LAB = torch.tensor(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    dtype=torch.float64,
)


def linear_from_srgb(colour: Tensor) -> Tensor:
    """Linear light of display colours; negative ones are mirrored, so that nothing is lost."""
    size = colour.abs()
    return colour.sign() * torch.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(light: Tensor) -> Tensor:
    """Display colours of linear light: the inverse of `linear_from_srgb`."""
    size = light.abs()
    return light.sign() * torch.where(
        size <= 0.0031308, size * 12.92, 1.055 * size.clamp_min(1e-12) ** (1 / 2.4) - 0.055
    )


def oklab_from_srgb(colour: Tensor) -> Tensor:
    """Lightness, green to red and blue to yellow: equal distances look about equally large."""
    cones = linear_from_srgb(colour) @ _TO_CONES.T.to(colour)
    return (cones.sign() * cones.abs() ** (1 / 3)) @ _TO_LAB.T.to(colour)


def srgb_from_oklab(lab: Tensor) -> Tensor:
    """The inverse of `oklab_from_srgb`."""
    cones = (lab @ torch.linalg.inv(_TO_LAB).T.to(lab)) ** 3
    return srgb_from_linear(cones @ torch.linalg.inv(_TO_CONES).T.to(lab))
