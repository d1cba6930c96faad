"""Joining sets of rows."""

from __future__ import annotations

from worldloom.edit.select.operations import SelectionMode
from worldloom.edit.state import Rows


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
