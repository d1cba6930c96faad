"""Histograms of attributes of Gaussians, for pages."""

from __future__ import annotations

import numpy as np
import torch

from worldloom.app.editing.session import Session
from worldloom.app.server.edit_schemas import Histogram, HistogramRequest
from worldloom.edit.select.measures import histogram, values


def histogram_of(session: Session, request: HistogramRequest) -> Histogram:
    """How an attribute is spread over what can be changed, and over what the person has selected of it.

    Raises:
        InvalidDataError: the world has not what the attribute is of.
    """
    rows = session.find(request.where, request.person)
    state = session.state
    found = histogram(state, request, request.bins, log=request.log, rows=rows)
    selection = state.selection(request.person)
    columns = [
        values(part, request, state)[selection[part.key] & rows[part.key]]
        for part in state.parts
        if part.key in selection and part.key in rows
    ]
    chosen = torch.cat(columns).double().numpy() if columns else np.zeros(0)
    # Numbers are single precision, edges are not: the smallest and the largest belong to the outer bins.
    within = np.clip(chosen[chosen > 0] if request.log else chosen, found.edges[0], found.edges[-1])
    selected = np.histogram(within, bins=np.array(found.edges))[0]
    return Histogram(
        lower=found.edges[0],
        upper=found.edges[-1],
        counts=list(found.counts),
        selected=selected.tolist(),
    )
