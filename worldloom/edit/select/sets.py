"""Joining sets of rows, and marking them in their parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch

from worldloom.edit.select.operations import SelectionMode
from worldloom.edit.state import EditState, Part, Rows

Mark = Literal["dead", "hidden", "locked"]


def combined(old: Rows, new: Rows, mode: SelectionMode) -> Rows:
    """What is selected after `new` was set, added, removed or intersected."""
    match mode:
        case "set":
            return new
        case "add":
            return {**old, **{key: old[key] | mask if key in old else mask for key, mask in new.items()}}
        case "remove":
            return {key: mask & ~new[key] if key in new else mask for key, mask in old.items()}
        case "intersect":
            return {key: mask & new[key] for key, mask in old.items() if key in new}


def marked(state: EditState, rows: Rows, mark: Mark) -> list[Part]:
    """The parts that have some of these rows, with all of those marked."""
    return [replace(part, **{mark: getattr(part, mark) | rows[part.key]}) for part in state.parts if part.key in rows]


def unmarked(state: EditState, mark: Literal["hidden", "locked"]) -> tuple[EditState, int]:
    """With no row marked any more, and how many were that are not deleted."""
    parts = [part for part in state.parts if bool(getattr(part, mark).any())]
    count = sum(int((getattr(part, mark) & ~part.dead).sum()) for part in parts)
    return state.with_parts(replace(part, **{mark: torch.zeros_like(part.dead)}) for part in parts), count
