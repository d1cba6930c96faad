"""Moving, turning, taking and joining rows of parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from worldloom.edit.state import EditState, Part, Rows
from worldloom.scene.collider import NOT_SOLID
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform, merge, mirror, transform
from worldloom.scene.sh import reflection
from worldloom.scene.surface import Surface, join_surfaces
from worldloom.scene.world import Layer
from worldloom.scene.world_record import Vector

_FARTHEST = 1e9
"""Metres: numbers beyond it can't be told apart in float32, and soon not be held."""


def moved(state: EditState, rows: Rows, by: Transform) -> EditState:
    """Some rows moved in the world's frame. A layer of which nothing is left out moves as a whole: its frame changes,
    its rows don't."""

    def change(part: Part) -> Part:
        chosen = rows[part.key]
        if bool((chosen | part.dead).all()):
            return replace(part, layer=replace(part.layer, transform=by @ part.layer.transform))
        return _changed(part, chosen, lambda layer: moved_layer(layer, by))

    return reshaped(state, [change(part) for part in state.parts if part.key in rows])


def mirrored(state: EditState, rows: Rows, point: Vector, normal: Vector) -> EditState:
    """Some rows mirrored in the plane through `point` square to `normal`, world frame."""

    def change(part: Part) -> Part:
        return _changed(part, rows[part.key], lambda layer: mirrored_layer(layer, point, normal))

    return reshaped(state, [change(part) for part in state.parts if part.key in rows])


def reshaped(state: EditState, parts: Iterable[Part]) -> EditState:
    """With parts in the place of those of the same key that had another shape or stood elsewhere.

    Raises:
        InvalidDataError: a layer would be farther away, larger or smaller than anything may be.
    """
    parts = list(parts)
    for part in parts:
        frame = part.layer.transform
        _check_reach(max(*map(abs, frame.translation), frame.scale, 1 / frame.scale))
    return without_stale_collider(state, parts).with_parts(parts)


def without_stale_collider(state: EditState, changed: Iterable[Part]) -> EditState:
    """Without the world's collider if one of the parts that change is something to bump into: saving makes a new
    one."""
    stale = state.world.collider is not None and any(part.layer.kind not in NOT_SOLID for part in changed)
    return replace(state, world=replace(state.world, collider=None)) if stale else state


def taken(part: Part, rows: Tensor) -> Layer:
    """A layer of some rows (N,) bool of a part, to the byte."""
    surface = part.layer.surface
    return replace(
        part.layer,
        gaussians=part.gaussians[rows],
        surface=None if surface is None else surface[rows],
        visible=True,
        locked=False,
    )


def taken_rows(state: EditState, rows: Rows) -> list[Layer]:
    """A layer for each part of which there are rows."""
    return [taken(part, rows[part.key]) for part in state.parts if part.key in rows]


def joined(layers: Sequence[Layer], name: str) -> Layer:
    """At least one layer, as one, in the frame of the first: lower SH degrees padded, of the kind that most of the
    Gaussians are of, and with surfaces if all have them."""
    aligned = [in_frame(layer, layers[0].transform) for layer in layers]
    filled = [layer for layer in aligned if len(layer.gaussians)]
    surfaces = [layer.surface for layer in filled if layer.surface is not None]
    counts = {layer.kind: 0 for layer in layers}
    for layer in layers:
        counts[layer.kind] += len(layer.gaussians)
    return replace(
        layers[0],
        name=name,
        gaussians=merge([layer.gaussians for layer in filled]),
        kind=max(counts, key=lambda kind: counts[kind]),
        visible=any(layer.visible for layer in layers),
        surface=join_surfaces(surfaces) if surfaces and len(surfaces) == len(filled) else None,
    )


def in_frame(layer: Layer, frame: Transform) -> Layer:
    """The layer where it is, its rows given in another frame."""
    if layer.transform == frame:
        return layer
    return replace(_turned(layer, frame.inverse @ layer.transform), transform=frame)


def moved_layer(layer: Layer, by: Transform) -> Layer:
    """The layer in its old frame, its rows moved in the world's.

    Raises:
        InvalidDataError: they would be farther away or larger than anything may be.
    """
    return _checked(_turned(layer, _seen_from(layer.transform, by)))


def mirrored_layer(layer: Layer, point: Vector, normal: Vector) -> Layer:
    """The layer in its old frame, its rows mirrored in the world's.

    Raises:
        InvalidDataError: they would be farther away than anything may be, or `normal` has no direction.
    """
    to_layer = layer.transform.inverse
    foot = to_layer.apply_to_points(torch.tensor(point, dtype=torch.float64))
    across = to_layer.rotation_matrix @ torch.tensor(normal, dtype=torch.float64)
    across = torch.where(across.abs() < 1e-12 * across.abs().max(), 0.0, across)  # square to an axis: exact
    surface = layer.surface.turned(reflection(across)) if layer.surface is not None else None
    gaussians = mirror(layer.gaussians, foot.tolist(), across.tolist())
    return _checked(replace(layer, gaussians=gaussians, surface=surface))


def _checked(layer: Layer) -> Layer:
    if len(layer.gaussians):
        _check_reach(float(layer.gaussians.means.abs().max()))
        _check_reach(float(layer.gaussians.scales.max()))
    return layer


def _check_reach(metres: float) -> None:
    if not metres <= _FARTHEST:
        raise InvalidDataError("That puts something beyond where anything in a world may be. Do less.")


def _seen_from(frame: Transform, by: Transform) -> Transform:
    """What `by`, done in the world, is to what is given in `frame`."""
    local = frame.inverse @ by @ frame
    turned = by.rotation != Transform().rotation
    return replace(local, rotation=local.rotation if turned else by.rotation, scale=by.scale)


def _turned(layer: Layer, by: Transform) -> Layer:
    """The layer in its old frame, its rows moved in that frame."""
    surface = layer.surface
    if surface is not None and by.rotation != Transform().rotation:
        surface = surface.turned(by.rotation_matrix)
    return replace(layer, gaussians=transform(layer.gaussians, by), surface=surface)


def _changed(part: Part, rows: Tensor, change: Callable[[Layer], Layer]) -> Part:
    """The part with some rows as `change` makes them. What it leaves alone is shared."""
    before = taken(part, rows)
    after = change(before)

    def put(whole: Tensor, old: Tensor, new: Tensor) -> Tensor:
        if new is old:
            return whole
        whole = whole.clone()
        whole[rows] = new
        return whole

    tensors = zip(part.gaussians.tensors, before.gaussians.tensors, after.gaussians.tensors)
    gaussians = Gaussians(*(put(*fields) for fields in tensors))
    surface = part.layer.surface
    if surface is not None and after.surface is not before.surface:
        assert before.surface is not None and after.surface is not None
        old, new = before.surface.tensors(), after.surface.tensors()
        fields = {name: put(whole, old[name], new[name]) for name, whole in surface.tensors().items()}
        surface = Surface.from_tensors(fields, len(part), part.layer.name)
    return replace(part, layer=replace(part.layer, gaussians=gaussians, surface=surface))
