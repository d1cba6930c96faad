"""Standing the world upright, and to scale. Everything in it moves along, so that every view stays the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from worldloom.edit.fields import Positive
from worldloom.edit.operation import Applied, Applying, Operation
from worldloom.scene.world_record import Vector

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class Reorient(Operation):
    """Turn the world so that a plane becomes level ground at height 0: one through three points, or the floor."""

    op: Literal["reorient"] = "reorient"
    points: tuple[Vector, Vector, Vector] | None = None
    """On the ground, in any order; None: the floor is found."""
    ahead: Vector | None = None
    """A direction in the world as it is now that is to become -Z, as far as it is level; None: turned no further than
    needed."""
    flip: bool = False
    """Whether the side of the plane that would have become the underside is up."""

    @property
    def title(self) -> str:
        return "Level to the floor" if self.points is None else "Level to three points"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.levelling import levelled

        return levelled(state, self)


class SetScale(Operation):
    """Scale the world so that two points in it are as far apart as was measured."""

    op: Literal["set_scale"] = "set_scale"
    start: Vector
    end: Vector
    metres: Positive
    """From start to end."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.levelling import scaled

        return scaled(state, self)


OPERATIONS = (Reorient, SetScale)
