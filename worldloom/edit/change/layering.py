"""Making, joining, placing and ordering layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from worldloom.edit.author.items import without
from worldloom.edit.change.copies import copied_name, with_layer
from worldloom.edit.change.frames import pivot_point
from worldloom.edit.change.places import LayerPivot
from worldloom.edit.change.rows import in_frame, joined, reshaped, taken, taken_rows, without_stale_collider
from worldloom.edit.operation import Applying, new_part
from worldloom.edit.state import EditState, Part, Rows
from worldloom.scene.errors import ConflictError, InvalidDataError
from worldloom.scene.geometry import Transform
from worldloom.scene.world_record import Vector


def unlocked(state: EditState, name: str) -> Part:
    """A layer that may be changed.

    Raises:
        InvalidDataError: there is none of that name.
        ConflictError: it is locked.
    """
    part = state.part(name)
    if part.layer.locked:
        raise ConflictError(f"Layer '{part.layer.name}' is locked. Unlock it first.")
    return part


def separated(state: EditState, by: Applying, rows: Rows, name: str | None) -> EditState:
    """Rows moved to a new layer.

    Raises:
        InvalidDataError: they are all there is in their layer.
    """
    sources = [part for part in state.parts if part.key in rows]
    if len(sources) == 1 and bool((rows[sources[0].key] | sources[0].dead).all()):
        raise InvalidDataError(f"That is all of layer '{sources[0].layer.name}'. It is a layer of its own already.")
    left = [replace(part, dead=part.dead | rows[part.key]) for part in sources]
    layers = taken_rows(state, rows)
    return with_layer(state.with_parts(left), by, layers, name or copied_name(state, rows, "part"))


def without_layers(state: EditState, parts: Sequence[Part]) -> tuple[EditState, str]:
    """Without some layers and the animations that moved them.

    Returns:
        The state, and a sentence about what moves no more; empty if nothing did.
    """
    names = {part.layer.name for part in parts}
    world = state.world
    still = [animation.name for animation in world.authored.animations if animation.layer in names]
    for name in still:
        world, _ = without(world, "animation", name)
    left = without_stale_collider(replace(state, world=world), parts).without([part.key for part in parts])
    return left, f"Taken out too, since they moved it: {', '.join(still)}." if still else ""


def merged(state: EditState, by: Applying, names: Sequence[str], name: str | None) -> tuple[EditState, str]:
    """Several layers as one, which stands still; what is hidden or locked in them stays so.

    Returns:
        The state, and a sentence about what moves no more; empty if nothing did.

    Raises:
        InvalidDataError: a layer is not there, or named twice.
        ConflictError: a layer is locked.
    """
    parts = [unlocked(state, name) for name in names]
    keys = [part.key for part in parts]
    if len(set(keys)) != len(keys):
        raise InvalidDataError("A layer is named twice; name each that is to be merged once.")
    layers = [replace(taken(part, ~part.dead), visible=part.layer.visible) for part in parts]
    whole = Part(
        f"{by.origin}.0",
        joined(layers, name or parts[0].layer.name),
        dead=torch.zeros(sum(len(layer.gaussians) for layer in layers), dtype=torch.bool),
        hidden=torch.cat([part.hidden[~part.dead] for part in parts]),
        locked=torch.cat([part.locked[~part.dead] for part in parts]),
    )
    left, still = without_layers(state, parts)
    return new_part(left, by, whole), still


def reordered(state: EditState, names: Sequence[str]) -> EditState:
    """With those layers first, in that order.

    Raises:
        InvalidDataError: a layer is not there, or named twice.
    """
    first = [state.part(name) for name in names]
    keys = {part.key for part in first}
    if len(keys) != len(first):
        raise InvalidDataError("A layer is named twice; name each once.")
    return replace(state, parts=(*first, *(part for part in state.parts if part.key not in keys)))


def aligned(state: EditState, name: str, other: str, anchor: LayerPivot, *, turn: bool) -> EditState:
    """A layer with its anchor where another one's is.

    Raises:
        InvalidDataError: a layer is not there or is empty, or both are the same.
        ConflictError: the layer is locked.
    """
    part, target = unlocked(state, name), state.part(other)
    if part.key == target.key:
        raise InvalidDataError("A layer is aligned to another one; name two.")
    if turn:
        frame = part.layer.transform
        part = _placed(part, replace(frame, rotation=target.layer.transform.rotation))
    start, end = (torch.tensor(_anchor(state, one, anchor), dtype=torch.float64) for one in (part, target))
    x, y, z = (end - start).tolist()
    return reshaped(state, [_placed(part, Transform((x, y, z)) @ part.layer.transform)])


def with_worlds_frame(state: EditState, name: str, *, keep_place: bool) -> EditState:
    """A layer whose frame is the world's.

    Raises:
        InvalidDataError: there is no such layer.
        ConflictError: it is locked.
    """
    part = unlocked(state, name)
    if keep_place:
        return state.with_parts([replace(part, layer=in_frame(part.layer, Transform()))])
    return reshaped(state, [_placed(part, Transform())])


def _placed(part: Part, frame: Transform) -> Part:
    return replace(part, layer=replace(part.layer, transform=frame))


def _anchor(state: EditState, part: Part, anchor: LayerPivot) -> Vector:
    if anchor != "origin" and bool(part.dead.all()):
        raise InvalidDataError(f"Layer '{part.layer.name}' is empty; align it by its origin.")
    return pivot_point(state.with_parts([part]), {part.key: ~part.dead}, anchor)
