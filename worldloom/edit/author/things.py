"""What people put into a world besides Gaussians: each thing is set, renamed and removed by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from worldloom.edit.operation import Applied, Applying, Operation
from worldloom.scene.authored import Figure, LayerAnimation, Medium, Name, ParticleWeather, Portal, Trigger
from worldloom.scene.errors import ConflictError, InvalidDataError
from worldloom.scene.world_record import Annotation, CameraPath

if TYPE_CHECKING:
    from worldloom.edit.author.items import Kind
    from worldloom.edit.state import EditState
    from worldloom.scene.world import World

LongName = Annotated[str, Field(min_length=1, max_length=1000)]


class _Put(Operation):
    """Adds a thing, or puts it in the place of the one of its name."""

    only_new: bool = False
    """Refuse if there is one of that name already."""

    def _applied(self, state: EditState, kind: Kind, item: Any) -> Applied:
        from worldloom.edit.author.items import put

        return Applied(replace(state, world=put(state.world, kind, item, only_new=self.only_new)))


class SetCameraPath(_Put):
    """Add a camera path, or replace the one of its name."""

    op: Literal["set_camera_path"] = "set_camera_path"
    camera_path: CameraPath

    def apply(self, state: EditState, by: Applying) -> Applied:
        check_path(self.camera_path)
        return self._applied(state, "camera_path", self.camera_path)


class SetPortal(_Put):
    """Add a way into another world, or replace the one of its name."""

    op: Literal["set_portal"] = "set_portal"
    portal: Portal

    def apply(self, state: EditState, by: Applying) -> Applied:
        return self._applied(state, "portal", self.portal)


class SetMedium(_Put):
    """Add a sound or a video, or replace the one of its name."""

    op: Literal["set_medium"] = "set_medium"
    medium: Medium

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.author.media import check_file

        check_file(by.sources.blob(self.medium.blob), self.medium)
        return self._applied(state, "medium", self.medium)


class SetAnimation(_Put):
    """Let a layer move, or move otherwise."""

    op: Literal["set_animation"] = "set_animation"
    animation: LayerAnimation

    def apply(self, state: EditState, by: Applying) -> Applied:
        layer = state.part(self.animation.layer).layer.name  # it may be named by its key
        return self._applied(state, "animation", self.animation.model_copy(update={"layer": layer}))


class SetTrigger(_Put):
    """Add a zone in which something happens, or replace the one of its name."""

    op: Literal["set_trigger"] = "set_trigger"
    trigger: Trigger

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.author.items import check_trigger

        check_trigger(state.world, self.trigger)
        return self._applied(state, "trigger", self.trigger)


class SetWeather(Operation):
    """Let it rain, snow or the like around visitors; None: nothing falls."""

    op: Literal["set_weather"] = "set_weather"
    weather: ParticleWeather | None

    def apply(self, state: EditState, by: Applying) -> Applied:
        return _with_authored(state, weather=self.weather)


class SetFigure(Operation):
    """Whom visitors see themselves as from behind."""

    op: Literal["set_figure"] = "set_figure"
    figure: Figure

    def apply(self, state: EditState, by: Applying) -> Applied:
        return _with_authored(state, figure=self.figure)


class RenameThing(Operation):
    """Call a thing otherwise; triggers that speak of it follow."""

    op: Literal["rename_thing"] = "rename_thing"
    kind: Literal["camera_path", "portal", "medium", "animation", "trigger"]
    name: LongName
    new_name: Name

    @property
    def title(self) -> str:
        return f"Rename {self.kind.replace('_', ' ')}"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.author.items import renamed

        return Applied(replace(state, world=renamed(state.world, self.kind, self.name, self.new_name)))


class RemoveThing(Operation):
    """Take a thing out, and what triggers did with it."""

    op: Literal["remove_thing"] = "remove_thing"
    kind: Literal["camera_path", "portal", "medium", "animation", "trigger"]
    name: LongName

    @property
    def title(self) -> str:
        return f"Remove {self.kind.replace('_', ' ')}"

    def apply(self, state: EditState, by: Applying) -> Applied:
        from worldloom.edit.author.items import without

        world, touched = without(state.world, self.kind, self.name)
        note = f"Also taken out of {', '.join(touched)}." if touched else ""
        return Applied(replace(state, world=world), note=note)


class AddAnnotation(Operation):
    """Put a note at a place."""

    op: Literal["add_annotation"] = "add_annotation"
    annotation: Annotation

    def apply(self, state: EditState, by: Applying) -> Applied:
        if len(state.world.annotations) >= 10_000:
            raise InvalidDataError("A world has at most 10,000 notes; delete some first.")
        return _with_annotations(state, (*state.world.annotations, self.annotation))


class ReplaceAnnotation(Operation):
    """Change a note. Notes have no names: the one that is just like `old` is meant."""

    op: Literal["replace_annotation"] = "replace_annotation"
    old: Annotation
    annotation: Annotation

    def apply(self, state: EditState, by: Applying) -> Applied:
        place = _place_of(state.world, self.old)
        notes = state.world.annotations
        return _with_annotations(state, (*notes[:place], self.annotation, *notes[place + 1 :]))


class RemoveAnnotation(Operation):
    """Take out the note that is just like this."""

    op: Literal["remove_annotation"] = "remove_annotation"
    annotation: Annotation

    def apply(self, state: EditState, by: Applying) -> Applied:
        place = _place_of(state.world, self.annotation)
        notes = state.world.annotations
        return _with_annotations(state, (*notes[:place], *notes[place + 1 :]))


def check_path(path: CameraPath) -> None:
    """
    Raises:
        InvalidDataError: its times don't fit its poses.
    """
    if not path.poses or len(path.seconds) != len(path.poses) or list(path.seconds) != sorted(path.seconds):
        raise InvalidDataError(f"Camera path '{path.name}' needs one time for each pose, in order.")


def _place_of(world: World, note: Annotation) -> int:
    try:
        return world.annotations.index(note)
    except ValueError:
        raise ConflictError("Someone has changed or deleted this note meanwhile; look at it again.") from None


def _with_annotations(state: EditState, notes: tuple[Annotation, ...]) -> Applied:
    return Applied(replace(state, world=replace(state.world, annotations=notes)))


def _with_authored(state: EditState, **changes: Any) -> Applied:
    authored = state.world.authored.model_copy(update=changes)
    return Applied(replace(state, world=replace(state.world, authored=authored)))


OPERATIONS = (
    SetCameraPath,
    SetPortal,
    SetMedium,
    SetAnimation,
    SetTrigger,
    SetWeather,
    SetFigure,
    RenameThing,
    RemoveThing,
    AddAnnotation,
    ReplaceAnnotation,
    RemoveAnnotation,
)
