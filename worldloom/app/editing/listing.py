"""A branch's log in words."""

from __future__ import annotations

from collections.abc import Sequence

from worldloom.app.editing.turns import Turns, title
from worldloom.app.server.edit_schemas import LogEntry, LogModel
from worldloom.edit.history import Entry, in_force
from worldloom.edit.log import Log

_MOST_TITLES = 4
_LONGEST = 180


def listed(log: Log, turns: Turns, after: int = 0) -> LogModel:
    """The log as the API gives it, after so many entries.

    Args:
        turns: of all of its entries.
    """
    entries = log.history.entries
    counting = {entry.id for entry in in_force(entries)}
    skipped = {skip.entry.id: skip.reason for skip in log.history.skipped}
    shown = [
        LogEntry(
            number=number,
            id=entry.id,
            person=entry.person,
            kind=entry.kind,
            op=str(type(entry.operation).model_fields["op"].default) if entry.operation else None,
            title=title(entry, turns.title_of(entry.target)),
            operation=entry.operation.model_dump(mode="json") if entry.operation else None,
            target=entry.target,
            version=entry.version,
            origin=entry.origin,
            created=entry.created,
            in_force=entry.kind == "save" or entry.id in counting,
            skipped=skipped.get(entry.id),
        )
        for number, entry in enumerate(entries, 1)
        if number > after
    ]
    return LogModel(branch=log.branch, base=log.base, number=len(entries), dirty=log.dirty, edits=shown)


def unsaved_titles(entries: Sequence[Entry]) -> str:
    """What a version is called that nobody named: what was done since the one before."""
    since = next((place + 1 for place in reversed(range(len(entries))) if entries[place].kind == "save"), 0)
    made = [entry for entry in in_force(entries[since:]) if entry.operation and entry.operation.of_version]
    titles = list(dict.fromkeys(map(title, made)))
    more = len(titles) - _MOST_TITLES
    return ", ".join(titles[:_MOST_TITLES])[:_LONGEST] + (f" and {more} more" if more > 0 else "")
