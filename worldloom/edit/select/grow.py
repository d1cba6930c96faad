"""Making a set of rows larger or smaller by a distance."""

from __future__ import annotations

import torch

from worldloom.edit.select.drawn import Drawn, drawn
from worldloom.edit.state import EditState, Rows
from worldloom.render.regions import near

_NEIGHBOUR = 2.0
"""Gaussians of one surface are about this many standard deviations apart."""


def grown(state: EditState, rows: Rows, distance: float | None) -> Rows:
    """With all drawn rows that are no farther from one of them; None: with their neighbours."""
    everything = drawn(state)
    chosen = everything.those(rows)
    means = everything.means
    outside = ~chosen
    found = chosen.clone()
    found[outside] = near(means[outside], means[chosen], distance or _spacing(everything, chosen))
    return everything.rows(found)


def shrunk(state: EditState, rows: Rows, distance: float | None) -> Rows:
    """Without those that are no farther from a drawn row that is not among them; None: that have one as a neighbour."""
    everything = drawn(state)
    chosen = everything.those(rows)
    means = everything.means
    found = chosen.clone()
    found[chosen] = ~near(means[chosen], means[~chosen], distance or _spacing(everything, chosen))
    return everything.rows(found)


def _spacing(everything: Drawn, chosen: torch.Tensor) -> float:
    """How far the chosen ones' neighbours are, by their own sizes, metres."""
    sizes = everything.column(lambda part: part.gaussians.log_scales.amax(dim=1).exp() * part.layer.transform.scale)
    return _NEIGHBOUR * float(sizes[chosen].median())
