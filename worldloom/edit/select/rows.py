"""Rows by number."""

from __future__ import annotations

import torch

from worldloom.edit import masks
from worldloom.edit.criteria import ByRows, Mask
from worldloom.edit.operation import Applying
from worldloom.edit.state import EditState, Rows
from worldloom.scene.errors import ConflictError


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
