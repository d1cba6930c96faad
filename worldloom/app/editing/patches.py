"""`patch`: what changed between two states, in what a page needs to follow.

Tensors that are the same object did not change, so the difference costs as much as the change, whatever operation,
undo or merge made it, and a page needs no second implementation of any of them.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypedDict

import torch
from pydantic_core import to_jsonable_python
from torch import Tensor

from worldloom.app.editing.contents import Contents
from worldloom.app.server.schemas import Box
from worldloom.app.server.service import box_around
from worldloom.edit import masks
from worldloom.edit.state import EditState, Part, Rows
from worldloom.scene.geometry import Transform
from worldloom.scene.world import World

_BLOCK = 1 << 18
_NOT_SENT = ("name", "layers", "collider", "provenance")
"""What no operation changes, or a page does not show."""


class PackedMask(TypedDict):
    """Some rows of a part; see `worldloom.edit.masks`."""

    rows: int
    bits: str


Selection = dict[str, PackedMask]
"""By part's key."""


class Patch(TypedDict, total=False):
    """A change, for pages: see docs/editing-api.md."""

    removed: list[str]
    parts: list[dict[str, Any]]
    selections: dict[str, Selection]
    record: dict[str, Any]
    order: list[str]


def patch(before: EditState, after: EditState, contents: Contents) -> Patch:
    """What makes `after` of `before`."""
    old = {part.key: part for part in before.parts}
    new = {part.key: part for part in after.parts}
    parts = [_part(old.get(part.key), part, contents) for part in after.parts if old.get(part.key) is not part]
    found: Patch = {
        "removed": [key for key in old if key not in new],
        "parts": [part for part in parts if part is not None],
        "selections": _selections(before, after),
    }
    appended = [*(key for key in old if key in new), *(key for key in new if key not in old)]
    if appended != list(new):
        found["order"] = list(new)
    changed = _record(before.world, after.world)
    if before.frame != after.frame:
        around = box(after, contents)
        changed |= {"frame": placed(after.frame), "bounds": None if around is None else around.model_dump(mode="json")}
    if changed:
        found["record"] = changed
    return found


def nothing() -> Patch:
    """A patch that changes nothing."""
    return {"removed": [], "parts": [], "selections": {}}


def packed(mask: Tensor) -> PackedMask:
    """A mask (N,) bool as it is sent."""
    return {"rows": len(mask), "bits": masks.pack(mask)}


def selection(state: EditState, person: str) -> Selection:
    """What someone has selected, as it is sent."""
    return _sent(state.selection(person))


def header(part: Part) -> dict[str, Any]:
    """What is known of a part besides its rows."""
    layer = part.layer
    return {
        "key": part.key,
        "name": layer.name,
        "kind": layer.kind,
        **placed(layer.transform),
        "visible": layer.visible,
        "locked": layer.locked,
        "rows": len(part),
        "sh_degree": part.gaussians.sh_degree,
    }


def placed(frame: Transform) -> dict[str, Any]:
    """A similarity as it is sent."""
    return {"translation": frame.translation, "rotation": frame.rotation, "scale": frame.scale}


def box(state: EditState, contents: Contents) -> Box | None:
    """Around nearly all that is there, world frame."""
    return box_around((contents.box(part), part.layer.transform) for part in state.parts if part.layer.kind != "sky")


def changed_rows(old: Part, new: Part) -> Tensor | None:
    """(N,) bool: rows of which something is not as it was; None if rows can't be compared one by one."""
    if len(old) != len(new) or old.gaussians.sh_degree != new.gaussians.sh_degree:
        return None
    changed = torch.zeros(len(new), dtype=torch.bool)
    for was, now in zip(old.gaussians.tensors, new.gaussians.tensors):
        if was is now:
            continue
        for start in range(0, len(new), _BLOCK):  # in pieces, since a comparison of all would need as much again
            rows = slice(start, start + _BLOCK)
            changed[rows] |= (was[rows] != now[rows]).flatten(1).any(dim=1) if was.ndim > 1 else was[rows] != now[rows]
    return changed


def _part(old: Part | None, new: Part, contents: Contents) -> dict[str, Any] | None:
    """What is new of a part; None if nothing is."""
    sent = header(new)
    if old is None:
        sent["url"] = contents.whole(new).url
    elif old.gaussians is not new.gaussians:
        changed = changed_rows(old, new)
        if changed is None or 2 * int(changed.sum()) > len(new):
            sent["url"] = contents.whole(new).url
        elif bool(changed.any()):
            sent["changed"] = {"rows": packed(changed), "url": contents.rows(new.gaussians[changed])}
    for name, mask in (("dead", "dead"), ("hidden", "hidden"), ("locked_rows", "locked")):
        now: Tensor = getattr(new, mask)
        was: Tensor | None = getattr(old, mask, None)
        if was is not now and (bool(now.any()) if was is None else not torch.equal(was, now)):
            sent[name] = packed(now)
    return None if old is not None and sent == header(old) else sent


def _selections(before: EditState, after: EditState) -> dict[str, Selection]:
    """Of those people whose selection is another now, be it that someone else deleted what they had selected."""
    same = {new.key for old, new in zip(before.parts, after.parts) if old is new}
    found: dict[str, Selection] = {}
    for person in {**before.selections, **after.selections}:
        was, now = before.selections.get(person, {}), after.selections.get(person, {})
        if was.keys() == now.keys() and all(key in same and was[key] is now[key] for key in now):
            continue
        effective = after.selection(person)
        if not _equal(before.selection(person), effective):
            found[person] = _sent(effective)
    return found


def _equal(one: Rows, other: Rows) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def _sent(rows: Rows) -> Selection:
    return {key: packed(mask) for key, mask in rows.items()}


def _record(before: World, after: World) -> dict[str, Any]:
    names = [field.name for field in fields(World) if field.name not in _NOT_SENT]
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    return {name: to_jsonable_python(getattr(after, name)) for name in changed}
