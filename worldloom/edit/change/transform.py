"""Moving, turning and scaling, mirroring, and letting fall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from worldloom.edit.change.places import Axes, Pivot, Snap
from worldloom.edit.fields import Positive
from worldloom.edit.operation import Applied, Applying, Operation, RowOperation
from worldloom.scene.world_record import Quaternion, Vector

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class TransformRows(RowOperation):
    """Scale and turn about a pivot, then move. What is a whole layer moves as one: its rows stay as they are."""

    op: Literal["transform"] = "transform"
    translation: Vector = (0.0, 0.0, 0.0)
    """Metres, along `axes`."""
    rotation: Quaternion = (1.0, 0.0, 0.0, 0.0)
    """wxyz, about `axes`."""
    scale: Positive = 1.0
    pivot: Pivot = "center"
    axes: Axes = "world"
    snap: Snap | None = None

    @property
    def title(self) -> str:
        return _title(self.translation, self.rotation, self.scale)

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.frames import axes_matrix, pivot_point
        from worldloom.edit.change.motions import motion
        from worldloom.edit.change.rows import moved
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        axes, pivot = axes_matrix(state, rows, self.axes), pivot_point(state, rows, self.pivot)
        change = motion(self.translation, self.rotation, self.scale, pivot=pivot, axes=axes, snap=self.snap)
        return Applied(moved(state, rows, change), count(rows))


class TransformWorld(Operation):
    """Scale, turn and move the whole world, with all cameras, notes and the sun: everything looks as before from where
    one stood, only the numbers change."""

    op: Literal["transform_world"] = "transform_world"
    translation: Vector = (0.0, 0.0, 0.0)
    rotation: Quaternion = (1.0, 0.0, 0.0, 0.0)
    scale: Positive = 1.0
    pivot: Vector = (0.0, 0.0, 0.0)
    snap: Snap | None = None

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.motions import motion
        from worldloom.edit.change.world_motion import moved_world, size

        change = motion(self.translation, self.rotation, self.scale, pivot=self.pivot, snap=self.snap)
        return Applied(moved_world(state, change), size(state))


class Mirror(RowOperation):
    """Mirror in a plane, or add the mirror image as a new layer."""

    op: Literal["mirror"] = "mirror"
    normal: Vector = (1.0, 0.0, 0.0)
    """Square to the plane, along `axes`."""
    pivot: Pivot = "center"
    """Lies in the plane."""
    axes: Axes = "world"
    keep: bool = False
    """Whether what is mirrored stays where it is, and its image is added."""

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.copies import with_mirror_image
        from worldloom.edit.change.frames import along, pivot_point
        from worldloom.edit.change.rows import mirrored
        from worldloom.edit.state import count

        rows = self.rows(state, by)
        point, normal = pivot_point(state, rows, self.pivot), along(state, rows, self.axes, self.normal)
        if self.keep:
            return Applied(with_mirror_image(state, by, rows, point, normal), count(rows))
        return Applied(mirrored(state, rows, point, normal), count(rows))


class DropToFloor(RowOperation):
    """Move straight down until something touches what is beneath."""

    op: Literal["drop_to_floor"] = "drop_to_floor"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.dropping import height_above
        from worldloom.edit.change.rows import moved
        from worldloom.edit.state import count
        from worldloom.scene.geometry import Transform

        rows = self.rows(state, by)
        height = height_above(state, rows)
        dropped = moved(state, rows, Transform((0.0, -height, 0.0)))
        return Applied(dropped, count(rows), figures={"metres": height})


def _title(translation: Vector, rotation: Quaternion, scale: float) -> str:
    """What such a change is called."""
    done = {"Move": any(translation), "Turn": any(rotation[1:]), "Scale": scale != 1}
    names = [name for name, is_done in done.items() if is_done]
    return names[0] if len(names) == 1 else "Transform"


OPERATIONS = (TransformRows, TransformWorld, Mirror, DropToFloor)
