"""Rows by likeness of colour."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from worldloom.edit.criteria import ByColour, Flood, Similar
from worldloom.edit.fields import Place
from worldloom.edit.operation import Applying
from worldloom.edit.select.drawn import drawn
from worldloom.edit.select.pictures import point_at
from worldloom.edit.state import EditState, Part, Rows
from worldloom.render import regions
from worldloom.scene.colour import oklab_from_srgb
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import sh0_to_rgb

_AROUND = 8
"""Gaussians that make the colour at a place."""

_labs = WeakTensorKeyDictionary()
"""By coefficients, which never change and which states share: these colours are asked for at every click."""


def base_colours(part: Part) -> Tensor:
    """(N, 3) sRGB in 0..1: the colours that all directions share."""
    return sh0_to_rgb(part.gaussians.sh[:, 0]).clamp(0, 1)


def lab_colours(part: Part) -> Tensor:
    """(N, 3) of them in OKLab."""
    sh = part.gaussians.sh
    if sh not in _labs:
        _labs[sh] = oklab_from_srgb(base_colours(part))
    return _labs[sh]


def like_colour(criterion: ByColour, state: EditState) -> Rows:
    """Rows of a colour no farther from the wanted one than the tolerance.

    Raises:
        InvalidDataError: it is to be the colour at a place, and nothing is there.
    """
    if criterion.at is not None:
        wanted = _colour_at(criterion.at, state)
    else:
        wanted = oklab_from_srgb(torch.tensor(criterion.rgb))
    reach = criterion.tolerance
    return {part.key: ((lab_colours(part) - wanted).norm(dim=1) <= reach) & ~part.dead for part in state.parts}


def similar(criterion: Similar, state: EditState, by: Applying) -> Rows:
    """Rows whose colour is no farther from that of one of the found ones than the tolerance.

    Raises:
        InvalidDataError: there are none to be similar to.
    """
    found = criterion.to.rows(state, by)
    examples = [lab_colours(part)[found[part.key]] for part in state.parts if part.key in found]
    if not sum(map(len, examples)):
        raise InvalidDataError("There is nothing to be similar to. Select something first, or say what.")
    wanted = torch.cat(examples)
    return {part.key: regions.near(lab_colours(part), wanted, criterion.tolerance) & ~part.dead for part in state.parts}


def flood(criterion: Flood, state: EditState) -> Rows:
    """Drawn rows of a colour like that at a place, connected to what is nearest to it.

    Raises:
        InvalidDataError: nothing is at the place.
    """
    place = point_at(criterion.at, state)
    everything = drawn(state)
    means = everything.means
    distances = _distances(means, place)
    around = _nearest(distances)
    wanted = oklab_from_srgb(everything.column(base_colours, (3,))[around]).mean(dim=0)
    like = (everything.column(lab_colours, (3,)) - wanted).norm(dim=1) <= criterion.tolerance
    if criterion.reach is not None:
        like &= distances <= criterion.reach
    step = criterion.step
    if step is None:
        sizes = everything.column(lambda part: part.gaussians.scales.amax(dim=1) * part.layer.transform.scale)
        step = 2 * float(sizes[around].median())
    first = torch.zeros_like(like)
    first[around[like[around]]] = True
    if not bool(first.any()):
        return everything.rows(first)
    found = torch.zeros_like(like)
    found[like] = regions.flood(means[like], first[like], step)
    return everything.rows(found)


def _colour_at(place: Place, state: EditState) -> Tensor:
    everything = drawn(state)
    around = _nearest(_distances(everything.means, point_at(place, state)))
    return oklab_from_srgb(everything.column(base_colours, (3,))[around]).mean(dim=0)


def _distances(points: Tensor, place: Tensor) -> Tensor:
    return (points - place).norm(dim=1)


def _nearest(distances: Tensor) -> Tensor:
    """Rows of the few that are nearest.

    Raises:
        InvalidDataError: there are none.
    """
    if not len(distances):
        raise InvalidDataError("There is nothing in this world that could be selected.")
    return distances.topk(min(_AROUND, len(distances)), largest=False).indices
