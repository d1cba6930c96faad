"""Numbers of Gaussians: for a histogram, and rows by a range of them."""

from __future__ import annotations

import math
import weakref
from dataclasses import dataclass
from typing import assert_never

import torch
from torch import Tensor

from worldloom.edit.criteria import InRange
from worldloom.edit.fields import Measure
from worldloom.edit.select.colours import base_colours
from worldloom.edit.select.drawn import drawn
from worldloom.edit.select.pictures import camera_of, projected
from worldloom.edit.state import EditState, Part, Rows
from worldloom.render.regions import sightings
from worldloom.scene.errors import InvalidDataError

_SOLID = 0.3
"""Opacity from which on a Gaussian hides what is behind it."""

_sightings: weakref.WeakKeyDictionary[EditState, Rows] = weakref.WeakKeyDictionary()
"""By state, since who drags a range asks for the same again and again."""


@dataclass(frozen=True)
class Histogram:
    """How many Gaussians have how much of something."""

    counts: tuple[int, ...]
    edges: tuple[float, ...]
    """One more than counts; each bin has its lower edge, the last one its upper edge too."""


def histogram(
    state: EditState, measure: Measure, bins: int = 64, *, log: bool = False, rows: Rows | None = None
) -> Histogram:
    """How a number is spread over Gaussians.

    Args:
        bins: 1 to 4096, as wide as one another.
        log: as wide on a logarithmic scale; what is not above 0 is left out.
        rows: which Gaussians; None: all that are drawn.

    Raises:
        InvalidDataError: that many bins can't be made, or the world has not what the number is of.
    """
    if not 1 <= bins <= 4096:
        raise InvalidDataError(f"A histogram has 1 to 4096 bins, not {bins}.")
    chosen = {part.key: part.shown for part in state.parts} if rows is None else rows
    columns = [values(part, measure, state)[chosen[part.key]] for part in state.parts if part.key in chosen]
    found = torch.cat(columns) if columns else torch.zeros(0)
    found = found[torch.isfinite(found) & ((found > 0) if log else torch.ones_like(found, dtype=torch.bool))]
    if not len(found):
        return Histogram((0,) * bins, tuple(number / bins for number in range(bins + 1)))
    low, high = float(found.min()), float(found.max())
    if low == high:
        low, high = (low / 2, high * 2) if log else (low - 0.5, high + 0.5)
    if log:
        edges = torch.logspace(math.log10(low), math.log10(high), bins + 1, dtype=torch.float64)
    else:
        edges = torch.linspace(low, high, bins + 1, dtype=torch.float64)
    edges[0], edges[-1] = low, high
    number = (torch.bucketize(found, edges[1:-1].float(), right=True)).clamp(0, bins - 1)
    return Histogram(tuple(torch.bincount(number, minlength=bins).tolist()), tuple(edges.tolist()))


def in_range(criterion: InRange, state: EditState) -> Rows:
    """Rows whose number lies within the bounds.

    Raises:
        InvalidDataError: the world has not what the number is of.
    """
    found = {}
    for part in state.parts:
        numbers = values(part, criterion, state)
        above = numbers >= criterion.low if criterion.low is not None else torch.ones_like(part.dead)
        below = numbers <= criterion.high if criterion.high is not None else torch.ones_like(part.dead)
        around = criterion.low is not None and criterion.high is not None and criterion.low > criterion.high
        found[part.key] = (above | below if around else above & below) & ~part.dead
    return found


def values(part: Part, measure: Measure, state: EditState) -> Tensor:
    """(N,) float32: a number of each row of a part, as `Measure` says, in the world's frame.

    Raises:
        InvalidDataError: it is of photos, and the world was not made from any.
    """
    gaussians = part.gaussians
    match measure.attribute:
        case "size":
            return _sizes(part)
        case "volume":
            return gaussians.log_scales.sum(dim=1).exp() * (4 / 3 * math.pi * part.layer.transform.scale**3)
        case "elongation":
            _, middle, largest = gaussians.log_scales.sort(dim=1).values.unbind(dim=1)
            return (largest - middle).exp()
        case "opacity":
            return gaussians.opacities
        case "sh_energy":
            return gaussians.sh[:, 1:].flatten(1).square().sum(dim=1).sqrt()
        case "red" | "green" | "blue":
            return base_colours(part)[:, ("red", "green", "blue").index(measure.attribute)]
        case "hue" | "saturation" | "value":
            return _hsv(base_colours(part))[("hue", "saturation", "value").index(measure.attribute)]
        case "x" | "y" | "z":
            return part.world_means[:, "xyz".index(measure.attribute)]
        case "distance":
            return (part.world_means - torch.tensor(measure.point)).norm(dim=1)
        case "depth":
            assert measure.view is not None  # the record sees to it
            return projected(measure.view, part.world_means)[1]
        case "path_distance":
            return _path_distances(part.world_means, _photographed(state))
        case "views":
            return _views(state)[part.key]
        case never:
            assert_never(never)


def _sizes(part: Part) -> Tensor:
    return part.gaussians.log_scales.amax(dim=1).exp() * part.layer.transform.scale


def _hsv(rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue (in turns, red at 0), saturation and value, (N,) each, of (N, 3) in 0..1."""
    most, which = rgb.max(dim=1)
    spread = most - rgb.amin(dim=1)
    after, before = (rgb.gather(1, ((which + step) % 3)[:, None])[:, 0] for step in (1, 2))
    hue = ((after - before) / spread.clamp_min(1e-9) / 6 + which / 3) % 1
    return hue, spread / most.clamp_min(1e-9), most


def _photographed(state: EditState) -> EditState:
    if not state.world.captures:
        raise InvalidDataError("This world was not made from photos; choose another attribute.")
    return state


def _path_distances(points: Tensor, state: EditState) -> Tensor:
    eyes = torch.tensor([photo.position for photo in state.world.captures])
    chunks = [torch.cdist(chunk, eyes).amin(dim=1) for chunk in points.split(32768)]
    return torch.cat(chunks) if chunks else points.new_zeros(0)


def _views(state: EditState) -> Rows:
    """(N,) float32 by part: how many photos see each row; none see what is not drawn."""
    if state not in _sightings:
        cameras = [camera_of(photo, 96) for photo in _photographed(state).world.captures]
        everything = drawn(state)
        opacities = everything.column(lambda part: part.gaussians.opacities)
        seen = sightings(everything.means, everything.column(_sizes), opacities >= _SOLID, cameras)
        found = {part.key: torch.zeros(len(part)) for part in state.parts}
        counts = seen.float().split([int(mask.sum()) for mask in everything.masks])
        for part, mask, here in zip(everything.parts, everything.masks, counts):
            found[part.key][mask] = here
        _sightings[state] = found
    return _sightings[state]
