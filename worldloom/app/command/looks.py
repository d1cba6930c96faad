"""Words about how something looks -> numbers of `recolour` and the like."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from worldloom.app.command.finding import Finder, Found
from worldloom.app.command.frames import Colour, Comparison
from worldloom.edit.change.colour import Recolour
from worldloom.scene.colour import LUMINANCE, linear_from_srgb, srgb_from_linear
from worldloom.scene.gaussians import sh0_to_rgb

SLIGHTLY, PLAINLY, MUCH = 0.5, 1.0, 2.0
_STEPS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "brighter": ("exposure", (0.35, 0.6, 1.2)),
    "darker": ("exposure", (-0.35, -0.6, -1.2)),
    "warmer": ("temperature", (0.12, 0.25, 0.5)),
    "cooler": ("temperature", (-0.12, -0.25, -0.5)),
    "vivid": ("saturation", (1.15, 1.3, 1.6)),
    "pale": ("saturation", (0.85, 0.7, 0.4)),
    "grey": ("saturation", (0.0, 0.0, 0.0)),
    "contrast": ("contrast", (0.12, 0.25, 0.5)),
    "flat": ("contrast", (-0.12, -0.25, -0.5)),
}
"""Slider, and where it goes slightly, plainly and much."""
_SIZES = {"larger": (1.1, 1.25, 2.0), "smaller": (0.9, 0.8, 0.5)}
_OPACITIES = {"transparent": (0.6, 0.3, 0.1)}
_SAMPLE = 50_000
"""Gaussians that are looked at for the colour that something has."""


def sliders(compared: list[Comparison]) -> dict[str, Any]:
    """Fields of `Recolour` for "much darker", "warmer"; none if nothing of that is said."""
    return {_STEPS[one.name][0]: _STEPS[one.name][1][_step(one.strength)] for one in compared if one.name in _STEPS}


def size_factor(one: Comparison) -> float:
    """How many times as large."""
    return _SIZES[one.name][_step(one.strength)]


def opacity_factor(one: Comparison) -> float:
    """What opacities are multiplied by."""
    return _OPACITIES[one.name][_step(one.strength)]


def painted(finder: Finder, found: Found, colour: Colour) -> Recolour:
    """Give something a colour, and leave it its light and shadow: its brightness on the whole becomes the colour's, and
    what is darker or lighter is a darker or lighter shade of it."""
    mean = _mean_light(finder, found)
    wanted = linear_from_srgb(torch.tensor(colour, dtype=torch.float64))
    weights = torch.tensor(LUMINANCE, dtype=torch.float64)
    bright, goal = max(float(mean @ weights), 1e-3), max(float(wanted @ weights), 1e-3)
    grey = float(srgb_from_linear(torch.tensor(goal, dtype=torch.float64)).clamp(0.02, 0.98))
    red, green, blue = (
        ((0.0, 0.0), (round(grey, 4), round(part, 4)), (1.0, round(float(np.clip(part / grey, part, 2.0)), 4)))
        for part in colour
    )
    stops = float(np.clip(np.log2(goal / bright), -10, 10))
    return Recolour(where=found.where, exposure=round(stops, 3), saturation=0.0, red=red, green=green, blue=blue)


def _mean_light(finder: Finder, found: Found) -> torch.Tensor:
    """(3,) float64 linear light, the mean of some rows."""
    colours = []
    for part in finder.state.parts:
        if part.key in found.rows:
            rows = torch.nonzero(found.rows[part.key])[:, 0]
            rows = rows[:: max(len(rows) // _SAMPLE, 1)]
            colours.append(sh0_to_rgb(part.gaussians.sh[rows, 0]).clamp(0, 1).double())
    return linear_from_srgb(torch.cat(colours)).mean(dim=0)


def _step(strength: float) -> int:
    return 0 if strength <= SLIGHTLY else 1 if strength < MUCH else 2
