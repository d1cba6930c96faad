"""What a world's record holds beside its layers, and how its layers are called, shown and placed."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from worldloom.edit.operation import Applied, Applying, Operation
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.world_record import Annotation, CameraPath, Environment, Pose, Quaternion, Vector

if TYPE_CHECKING:
    from worldloom.edit.state import EditState


class SetCameraPaths(Operation):
    """Replace all camera paths; one of a single pose is a bookmark."""

    op: Literal["set_camera_paths"] = "set_camera_paths"
    camera_paths: Annotated[tuple[CameraPath, ...], Field(max_length=1000)]

    def apply(self, state: EditState, by: Applying) -> Applied:
        for path in self.camera_paths:
            if len(path.seconds) != len(path.poses) or list(path.seconds) != sorted(path.seconds):
                raise InvalidDataError(f"Camera path '{path.name}' needs one time for each pose, in order.")
        return Applied(replace(state, world=replace(state.world, camera_paths=self.camera_paths)))


class SetAnnotations(Operation):
    """Replace all annotations."""

    op: Literal["set_annotations"] = "set_annotations"
    annotations: Annotated[tuple[Annotation, ...], Field(max_length=10_000)]

    def apply(self, state: EditState, by: Applying) -> Applied:
        return Applied(replace(state, world=replace(state.world, annotations=self.annotations)))


class SetSpawn(Operation):
    """Where visitors begin."""

    op: Literal["set_spawn"] = "set_spawn"
    spawn: Pose

    def apply(self, state: EditState, by: Applying) -> Applied:
        return Applied(replace(state, world=replace(state.world, spawn=self.spawn)))


class SetEnvironment(Operation):
    """Background, sun, fog, weather."""

    op: Literal["set_environment"] = "set_environment"
    environment: Environment

    def apply(self, state: EditState, by: Applying) -> Applied:
        return Applied(replace(state, world=replace(state.world, environment=self.environment)))


class UpdateLayer(Operation):
    """Show, hide, lock, rename or move a layer; None leaves as it is."""

    op: Literal["update_layer"] = "update_layer"
    layer: str
    """Its present name, or its part's key."""
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    visible: bool | None = None
    locked: bool | None = None
    translation: Vector | None = None
    rotation: Quaternion | None = None
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @property
    def title(self) -> str:
        match self:
            case UpdateLayer(name=str()):
                return "Rename layer"
            case UpdateLayer(visible=bool()):
                return "Show layer" if self.visible else "Hide layer"
            case UpdateLayer(locked=bool()):
                return "Lock layer" if self.locked else "Unlock layer"
            case _:
                return "Place layer"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.change.rows import reshaped
        from worldloom.scene.geometry import Transform

        if self.rotation is not None and not 1e-6 < math.hypot(*self.rotation) < 1e6:
            raise InvalidDataError("A rotation is a wxyz quaternion of length one.")
        part = state.part(self.layer)
        old = part.layer
        frame = Transform(
            self.translation or old.transform.translation,
            self.rotation or old.transform.rotation,
            self.scale or old.transform.scale,
        )
        new = replace(
            part,
            layer=replace(
                old,
                name=old.name if self.name is None else self.name,
                visible=old.visible if self.visible is None else self.visible,
                locked=old.locked if self.locked is None else self.locked,
                transform=frame,
            ),
        )
        state = _with_animations_of(state, old.name, new.layer.name)
        if (frame, new.layer.visible) == (old.transform, old.visible):
            return Applied(state.with_parts([new]))
        return Applied(reshaped(state, [new]))


def _with_animations_of(state: EditState, old: str, new: str) -> EditState:
    """With the animations of a layer that is renamed following it."""
    if old == new or all(animation.layer != old for animation in state.world.authored.animations):
        return state
    animations = tuple(
        animation.model_copy(update={"layer": new}) if animation.layer == old else animation
        for animation in state.world.authored.animations
    )
    authored = state.world.authored.model_copy(update={"animations": animations})
    return replace(state, world=replace(state.world, authored=authored))


OPERATIONS = (SetCameraPaths, SetAnnotations, SetSpawn, SetEnvironment, UpdateLayer)
