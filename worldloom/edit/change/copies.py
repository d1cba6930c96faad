"""New layers of Gaussians that are there already."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from worldloom.edit.change.duplicate import Grid, Line, Ring
from worldloom.edit.change.motions import motion
from worldloom.edit.change.rows import joined, mirrored_layer, moved_layer, taken_rows, without_stale_collider
from worldloom.edit.operation import Applying, new_part
from worldloom.edit.state import EditState, Part, Rows, count
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.geometry import Transform
from worldloom.scene.world import Layer
from worldloom.scene.world_record import Vector

MOST_COPIES = 10_000
"""That one array may have."""
MOST_NEW = 20_000_000
"""Gaussians that one operation may add."""


def with_copies(state: EditState, by: Applying, rows: Rows, name: str, motions: Sequence[Transform]) -> EditState:
    """The state with a new layer, selected: the rows once for each motion of the world's frame.

    Raises:
        InvalidDataError: they are none or too many.
    """
    number = count(rows) * len(motions)
    if not motions:
        raise InvalidDataError("That makes no copies. Ask for two or more in all.")
    if number > MOST_NEW:
        raise InvalidDataError(f"That would add {number} Gaussians; {MOST_NEW} at once is the most. Make fewer copies.")
    sources = taken_rows(state, rows)
    layers = [moved_layer(layer, motion) for motion in motions for layer in sources]
    return with_layer(_bulkier(state, rows), by, layers, name)


def with_mirror_image(state: EditState, by: Applying, rows: Rows, point: Vector, normal: Vector) -> EditState:
    """The state with a new layer, selected: the rows as seen in a mirror."""
    layers = [mirrored_layer(layer, point, normal) for layer in taken_rows(state, rows)]
    return with_layer(_bulkier(state, rows), by, layers, copied_name(state, rows, "mirrored"))


def with_layer(state: EditState, by: Applying, layers: Sequence[Layer], name: str) -> EditState:
    """The state with a new layer, selected, that some layers are joined to."""
    part = Part.of(f"{by.origin}.0", joined(layers, name))
    return new_part(state, by, part)


def copied_name(state: EditState, rows: Rows, how: str) -> str:
    """What a layer made of some rows is called."""
    source = next(part for part in state.parts if part.key in rows)
    return f"{source.layer.name} {how}"


def array_motions(shape: Line | Grid | Ring, middle: Vector) -> list[Transform]:
    """Motions of the world's frame from the original, whose middle is given, to each copy."""
    match shape:
        case Line():
            return [Transform(_times(shape.step, (n, n, n))) for n in range(1, shape.count)]
        case Grid():
            nx, ny, nz = shape.counts
            if nx * ny * nz > MOST_COPIES:
                raise InvalidDataError(f"That is {nx * ny * nz} copies; {MOST_COPIES} at once is the most.")
            places = [(x, y, z) for y in range(ny) for z in range(nz) for x in range(nx)]
            return [Transform(_times(shape.step, place)) for place in places[1:]]
        case Ring():
            return [_on_ring(shape, n, middle) for n in range(1, shape.count)]


def _bulkier(state: EditState, rows: Rows) -> EditState:
    """The state before something like those rows is added."""
    return without_stale_collider(state, [part for part in state.parts if part.key in rows])


def _on_ring(ring: Ring, number: int, middle: Vector) -> Transform:
    length = math.hypot(*ring.axis)
    if length < 1e-9:
        raise InvalidDataError("A ring's axis is a direction; it can't be zero.")
    half = math.radians(ring.angle) * number / ring.count / 2
    x, y, z = (value / length * math.sin(half) for value in ring.axis)
    turned = motion((0.0, 0.0, 0.0), (math.cos(half), x, y, z), 1.0, pivot=ring.center)
    if ring.turn:
        return turned
    start = torch.tensor(middle, dtype=torch.float64)
    x, y, z = (turned.apply_to_points(start) - start).tolist()
    return Transform((x, y, z))


def _times(step: Vector, number: Vector) -> Vector:
    x, y, z = (size * times for size, times in zip(step, number))
    return x, y, z
