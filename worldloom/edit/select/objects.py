"""The thing at a click."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import torch
from torch import Tensor

from worldloom.edit.criteria import AtObject
from worldloom.edit.fields import Spot
from worldloom.edit.select.colours import lab_colours
from worldloom.edit.select.drawn import Drawn, drawn, only
from worldloom.edit.select.pictures import point_at
from worldloom.edit.state import EditState, Part, Rows
from worldloom.render.regions import thing
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.semantics import LABELS

_REACH = 3.0
"""Metres, of an object at a place that no picture was seen of."""
_CELLS = 32
"""Voxels from the place to the end of the reach."""
_AROUND = 1.2
"""Gaussians whose centres are this many times the reach away may still come into it."""
_MOST = 0.5
"""A Gaussian belongs to the object when this share of it does."""


def at_object(criterion: AtObject, state: EditState) -> Rows:
    """Rows of what hangs together with a place. It is looked for within the whole reach and, in finer voxels, within a
    third of it; what is more clearly a thing of its own is it.

    Raises:
        InvalidDataError: nothing is there.
    """
    place = point_at(criterion.at, state)
    whole = criterion.reach or _reach(criterion.at, place)
    everything = drawn(state, sky=False)
    distances = (everything.means - place).norm(dim=1)
    with ThreadPoolExecutor(2) as pool:  # the cuts are made outside Python, each on a thread of its own
        pieces = pool.map(lambda reach: _piece(everything, distances, place, reach), (whole, whole / 3))
        found = [piece for piece in pieces if piece is not None]
    if not found:
        raise InvalidDataError("There is nothing at that place; choose one where something is.")
    rows, _ = min(found, key=lambda piece: piece[1])
    return everything.rows(rows)


def _piece(everything: Drawn, distances: Tensor, place: Tensor, reach: float) -> tuple[Tensor, float] | None:
    """Which of the M drawn ones, (M,) bool, are the thing at a place if that goes no farther than the reach, and how
    little it is a thing of its own; None where nothing is.

    Args:
        distances: (M,) of their centres from the place.
    """
    near = distances <= _AROUND * reach
    if not bool(near.any()):
        return None
    some = only(everything, near)
    gaussians = some.gaussians()
    edge = max(reach / _CELLS, float(gaussians.log_scales.amax(dim=1).median().exp()))
    colours, kinds = some.column(lab_colours, (3,)), some.column(_kinds).byte()
    share, score = thing(gaussians, colours, kinds, place, reach, edge)
    near[near.clone()] = share >= _MOST
    return near, score


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
