"""The thing at a click."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor

from worldloom.edit.criteria import AtObject, Spot
from worldloom.edit.select.colours import lab_colours
from worldloom.edit.select.drawn import drawn, only
from worldloom.edit.select.pictures import point_at
from worldloom.edit.state import EditState, Part, Rows
from worldloom.render.regions import thing
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.semantics import LABELS

_REACH = 3.0
"""Metres, of an object at a place that no picture was seen of."""
_CELLS = 32
"""Voxels from the place to the end of the reach."""
_MOST = 0.5
"""A Gaussian belongs to the object when this share of it does."""


def at_object(criterion: AtObject, state: EditState) -> Rows:
    """Rows of what hangs together with a place. It is looked for within the whole reach first and then, where it turns
    out to be much smaller, in finer voxels within its own.

    Raises:
        InvalidDataError: nothing is there.
    """
    place = point_at(criterion.at, state)
    reach = criterion.reach or _reach(criterion.at, place)
    everything = drawn(state, sky=False)
    distances = (everything.means - place).norm(dim=1)
    found = torch.zeros_like(distances, dtype=torch.bool)
    for _ in range(2):
        near = distances <= 1.2 * reach
        if not bool(near.any()):
            raise InvalidDataError("There is nothing at that place; choose one where something is.")
        some = only(everything, near)
        gaussians = some.gaussians()
        edge = max(reach / _CELLS, float(gaussians.log_scales.amax(dim=1).median().exp()))
        share = thing(gaussians, some.column(lab_colours, (3,)), some.column(_kinds).byte(), place, reach, edge)
        found = torch.zeros_like(found)
        found[near] = share >= _MOST
        own = float(distances[found].max()) + 4 * edge if bool(found.any()) else reach
        if own > reach / 2:
            break
        reach = own
    return everything.rows(found)


def _reach(at: object, place: Tensor) -> float:
    if not isinstance(at, Spot):
        return _REACH
    away = float((place - torch.tensor(at.view.position)).norm())
    return away * math.tan(math.radians(at.view.vertical_fov) / 2)


def _kinds(part: Part) -> Tensor:
    """(N,) number of what each row is roughly: a tree, a building."""
    surface = part.layer.surface
    return torch.zeros(len(part)) if surface is None else _roots()[surface.labels.long()].float()


@cache
def _roots() -> Tensor:
    names = [label.partition("/")[0] for label in LABELS]
    return torch.tensor([names.index(name) for name in names], dtype=torch.uint8)
