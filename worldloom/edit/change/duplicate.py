"""Copies: one, or many in rows, grids and rings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from worldloom.edit.change.places import LayerName
from worldloom.edit.operation import Applied, Applying, RowOperation
from worldloom.scene.world_record import Vector

if TYPE_CHECKING:
    from worldloom.edit.state import EditState

Count = Annotated[int, Field(ge=1, le=1000)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(_Shape):
    """One behind the other."""

    shape: Literal["line"] = "line"
    count: Annotated[int, Field(ge=2, le=1000)]
    """In all, with the original."""
    step: Vector
    """Metres from each to the next, world frame."""


class Grid(_Shape):
    """In rows, side by side and on top of one another."""

    shape: Literal["grid"] = "grid"
    counts: tuple[Count, Count, Count]
    """Along x, y and z; in all, with the original."""
    step: Vector
    """Metres from each to the next along x, y and z."""


class Ring(_Shape):
    """Around an axis."""

    shape: Literal["ring"] = "ring"
    count: Annotated[int, Field(ge=2, le=1000)]
    """In all, with the original."""
    center: Vector
    axis: Vector = (0.0, 1.0, 0.0)
    angle: Annotated[float, Field(ge=-360, le=360)] = 360.0
    """Degrees that they share evenly: from each to the next is a `count`th of it."""
    turn: bool = True
    """Whether copies turn with the ring; else all stand as the original does."""


class Duplicate(RowOperation):
    """Copy to a new layer, which is selected then."""

    op: Literal["duplicate"] = "duplicate"
    translation: Vector = (0.0, 0.0, 0.0)
    """Metres that the copy is moved by."""
    name: LayerName | None = None
    """Of the new layer; None: the old one's with "copy" behind it."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.copies import copied_name, with_copies
        from worldloom.edit.state import count
        from worldloom.scene.geometry import Transform

        rows = self.rows(state, by)
        name = self.name or copied_name(state, rows, "copy")
        return Applied(with_copies(state, by, rows, name, [Transform(self.translation)]), count(rows))


class Array(RowOperation):
    """Copy many times to one new layer, which is selected then."""

    op: Literal["array"] = "array"
    shape: Annotated[Line | Grid | Ring, Field(discriminator="shape")]
    name: LayerName | None = None
    """Of the new layer; None: the old one's with "array" behind it."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.copies import array_motions, copied_name, with_copies
        from worldloom.edit.change.frames import pivot_point
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        motions = array_motions(self.shape, pivot_point(state, rows, "center"))
        name = self.name or copied_name(state, rows, "array")
        return Applied(with_copies(state, by, rows, name, motions), count(rows) * len(motions))


OPERATIONS = (Duplicate, Array)
