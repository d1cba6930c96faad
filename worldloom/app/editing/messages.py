"""What the server tells pages that edit, as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from worldloom.scene.store.shares import Role

if TYPE_CHECKING:
    from worldloom.app.editing.news import Change, Welcome


def welcome_message(
    welcome: Welcome, person: str, role: Role, people: list[dict[str, Any]], *, guest: bool, segmenter: bool
) -> str:
    """The state that a page begins with.

    Args:
        guest: whether the page came by a link, which opens this world only.
        segmenter: whether a segmentation model finds the thing at a click.
    """
    undo, redo = welcome.turns.get(person, (None, None))
    return json.dumps(
        {
            "type": "welcome",
            "number": welcome.number,
            "role": role,
            "guest": guest,
            "segmenter": segmenter,
            "scene": welcome.scene.model_dump(mode="json"),
            "selections": welcome.selections,
            "people": people,
            "can_undo": undo,
            "can_redo": redo,
            "dirty": welcome.dirty,
        }
    )


def shown_change(change: Change) -> str:
    """An entry that was added, for everyone; what only concerns one page is not in it."""
    return json.dumps(
        {
            "type": "done",
            "number": change.number,
            "id": change.entry.id,
            "person": change.entry.person,
            "kind": change.entry.kind,
            "title": change.title,
            "count": change.count,
            "note": change.note,
            "figures": change.figures,
            "patch": change.patch,
            "dirty": change.dirty,
        }
    )


def people_message(people: list[dict[str, Any]]) -> str:
    """Who is there."""
    return json.dumps({"type": "people", "people": people})


def refusal(id: str | None, message: str) -> str:
    """Why something was not done.

    Args:
        id: what the page called it.
    """
    return json.dumps({"type": "refused", "id": id, "message": message})
