"""A request for a segmentation model, answered for a state of a world."""

from __future__ import annotations

from worldloom.app.command.finding import Look
from worldloom.app.editing.now import Keep, Now
from worldloom.app.editing.segmenters import Segmenters
from worldloom.app.editing.segmenting import at_place, by_words
from worldloom.app.server.segment_schemas import SegmentAnswer, SegmentRequest
from worldloom.edit.criteria import Criterion
from worldloom.edit.fields import View
from worldloom.edit.operation import Applying, open_rows
from worldloom.edit.select.operations import Select
from worldloom.edit.state import EditState, count
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.store.store import Store
from worldloom.scene.world_record import Pose

_FOV, _ASPECT = 60.0, 1.5
"""Of someone's view, where only the pose is told."""


def answered(request: SegmentRequest, segmenters: Segmenters, store: Store, now: Now) -> SegmentAnswer:
    """What the model finds. Its masks are kept for this world's edits.

    Raises:
        ConflictError: no such model is set up.
        InvalidDataError: nothing is there, or the model finds nothing.
    """
    state, keep = now.state, now.keeper(store, "mask.png")
    pose = request.view or state.world.spawn
    if request.words is not None:
        view = _view(pose)
        found = by_words(segmenters, request.words, state, view, keep, every=request.every, pictures=request.pictures)
    else:
        assert request.at is not None  # the request sees to it
        found = at_place(segmenters, state, request.at, keep, eye=pose.position, pictures=request.pictures)
    if found is None:
        raise InvalidDataError(f"The model sees nothing that is called '{request.words}' here; go where it is seen.")
    rows = open_rows(state, found.where.rows(state, Applying("", request.person, now.sources)))
    if not rows:
        raise InvalidDataError("What the model sees there is hidden, locked or only background; click on a thing.")
    operation = Select(where=found.where, mode=request.mode)
    scores = [round(score, 4) for score in found.scores]
    return SegmentAnswer(operation=operation, count=count(rows), pictures=len(scores), scores=scores)


def looker(segmenters: Segmenters, pose: Pose, keep: Keep) -> Look | None:
    """How text commands look for what has no class; None where no model is asked by words."""
    if not segmenters.can("words"):
        return None

    def look(state: EditState, words: str, every: bool) -> Criterion | None:
        found = by_words(segmenters, words, state, _view(pose), keep, every=every)
        return found.where if found is not None else None

    return look


def _view(pose: Pose) -> View:
    return View(position=pose.position, rotation=pose.rotation, vertical_fov=_FOV, aspect=_ASPECT)
