"""`worldloom edit WORLD segment the red car`, or `segment --object X,Y,Z`: selects a thing by a segmentation model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worldloom.app.edit_cli import VERBS, Asked
from worldloom.scene.errors import InvalidDataError

if TYPE_CHECKING:
    from worldloom.app.edit_cli import AnyEditing


def register() -> None:
    """Add the verb to `worldloom edit`."""
    VERBS["segment"] = _segment


def _segment(editing: AnyEditing, asked: Asked) -> None:
    """`segment --object 1,0.5,-2`, `segment the red car`."""
    words = " ".join(asked.words)
    place = asked.where["at"] if asked.where is not None and asked.where["by"] == "object" else None
    if bool(words) == (place is not None):
        raise InvalidDataError("Say where the thing is, or what it is called: segment --object X,Y,Z, segment the car.")
    found = editing.segment(place) if place else editing.segment(words=words)
    (done,) = editing.do([found.operation], save=asked.save, message=asked.message).results
    print(f"{done.title}: {done.count:,}  seen in {found.pictures} pictures, scores from {min(found.scores):.2f}")
