"""What surrounds the Gaussians: camera paths, annotations, spawn, environment, and layers as wholes."""

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
    layer: Annotated[str, Field(max_length=200)]
    """Its present name, or its part's key."""
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    visible: bool | None = None
    locked: bool | None = None
    translation: Vector | None = None
    rotation: Quaternion | None = None
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @property
    def title(self) -> str:
        match self.visible, self.locked, self.name:
            case bool(visible), _, _:
                return f"{'Show' if visible else 'Hide'} {self.layer}"
            case _, bool(locked), _:
                return f"{'Lock' if locked else 'Unlock'} {self.layer}"
            case _, _, str(name):
                return f"Rename {self.layer} to {name}"
        return f"Move {self.layer}"

    def apply(self, state: EditState, by: Applying) -> Applied:
        part = state.part(self.layer)
        if self.rotation is not None and not 1e-6 < math.hypot(*self.rotation) < 1e6:
            raise InvalidDataError("A rotation is a wxyz quaternion of length one.")
        placed = self.model_dump(include={"translation", "rotation", "scale"}, exclude_none=True)
        shown = self.model_dump(include={"name", "visible", "locked"}, exclude_none=True)
        layer = replace(part.layer, transform=replace(part.layer.transform, **placed), **shown)
        return Applied(state.with_parts([replace(part, layer=layer)]))


OPERATIONS = (SetCameraPaths, SetAnnotations, SetSpawn, SetEnvironment, UpdateLayer)
