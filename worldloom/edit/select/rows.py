"""Rows by number, and by class."""

from __future__ import annotations

import torch

from worldloom.edit import masks
from worldloom.edit.criteria import ByClass, ByRows, Mask
from worldloom.edit.operation import Applying
from worldloom.edit.state import EditState, Rows
from worldloom.scene.errors import ConflictError
from worldloom.scene.semantics import LABELS, labels_under


def masked(criterion: ByRows, state: EditState, by: Applying) -> Rows:
    """Rows that were listed.

    Raises:
        ConflictError: a part is gone, or has another number of rows.
    """
    parts = {part.key: part for part in state.parts}
    found = {}
    for key, mask in criterion.parts.items():
        part = parts.get(key)
        if part is None or len(part) != mask.rows:
            raise ConflictError("The layer that these rows are of is gone or was made anew; select them again.")
        found[key] = torch.from_numpy(masks.unpack(_bits(mask, by), mask.rows)) & ~part.dead
    return found


def _bits(mask: Mask, by: Applying) -> str:
    if mask.bits is not None:
        return mask.bits
    return by.sources.blob(mask.blob).read_text() if mask.blob is not None else masks.pack(torch.zeros(mask.rows))


def labelled(criterion: ByClass, state: EditState) -> Rows:
    """Rows of some classes, and of the classes below them; none of layers whose classes are not known.

    Raises:
        InvalidDataError: there is no such class.
    """
    wanted = torch.zeros(len(LABELS), dtype=torch.bool)
    for name in criterion.names:
        wanted[list(labels_under(name))] = True
    return {
        part.key: wanted[part.layer.surface.labels.long()] & ~part.dead
        for part in state.parts
        if part.layer.surface is not None
    }
