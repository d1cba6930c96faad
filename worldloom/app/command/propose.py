"""`propose`: a text -> operations with what each would change. Nothing is run: states are tried and forgotten."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from worldloom.app.command.clauses import Clause, clauses
from worldloom.app.command.finding import Finder, Found, Look, View, amount
from worldloom.app.command.frames import Frame
from worldloom.app.command.making import Keep
from worldloom.app.command.order import Order
from worldloom.app.command.orders import wishes
from worldloom.app.command.reading import frame_of
from worldloom.app.command.wishes import Wish
from worldloom.edit.operation import Applied, Applying, Operation, Sources
from worldloom.edit.state import EditState
from worldloom.generate.understand import events
from worldloom.generate.understand.reading import checked
from worldloom.scene.errors import WorldloomError
from worldloom.scene.world_record import Pose

_LIGHT_VERBS = {"", "make", "move", "turn", "delete", "insert", "show", "hide"}
"""With which hours, weathers and seasons are asked for."""
_JOB = "Done as a job that makes a new version; how many Gaussians change is known then."


@dataclass(frozen=True)
class Proposal:
    """One thing to approve: an operation, another light, or a step back or forth."""

    operation: Operation | None
    title: str
    count: int
    """Gaussians that it would select, change, make or delete, if those proposed before it are done."""
    note: str = ""
    event: str = ""
    """What `POST /worlds/{w}:event` takes as its `prompt`."""
    turn: Literal["", "undo", "redo"] = ""


@dataclass(frozen=True)
class Phrase:
    """Characters `start` to `end` of the text, of which nothing came."""

    start: int
    end: int
    text: str
    why: str


@dataclass(frozen=True)
class Proposals:
    """What a text asks for, in its order, and what of it was not understood."""

    proposals: tuple[Proposal, ...]
    not_understood: tuple[Phrase, ...]


def propose(
    text: str,
    state: EditState,
    *,
    person: str,
    sources: Sources,
    keep: Keep,
    view: Pose | None = None,
    look: Look | None = None,
) -> Proposals:
    """What a text asks for in a world as it is.

    Args:
        text: English, at most 4000 characters.
        person: whose selection "this" is.
        sources: what operations refer to; it must find what `keep` keeps.
        view: from where left, right, near and far are said; None: from where visitors begin.
        look: how what has neither a class nor a layer is looked for.

    Raises:
        InvalidDataError: the text is empty, too long, has no words or isn't English.
    """
    checked(text)
    proposing = _Proposing(text, state, Applying("proposal", person, sources), keep, view or state.world.spawn, look)
    for clause in clauses(text):
        proposing.read(clause)
    return Proposals(tuple(proposing.proposals), tuple(proposing.missed))


class _Proposing:
    """Clause by clause, each in the state that those before it would make."""

    def __init__(self, text: str, state: EditState, by: Applying, keep: Keep, pose: Pose, look: Look | None) -> None:
        self.text = text
        self.state = state
        self.by = by
        self.keep = keep
        self.view = View.of(pose)
        self.look = look
        self.last: Found | None = None
        self.proposals: list[Proposal] = []
        self.missed: list[Phrase] = []
        self.waiting: list[tuple[Operation, str]] = []
        """Proposed operations that were not tried yet, and the origin of what they make: trying takes its time, and
        only what is said after them needs it."""

    def read(self, clause: Clause) -> None:
        if clause.refused:
            self.miss(clause.start, clause.end, "This says what shall stay as it is; nothing is proposed for it.")
            return
        try:
            self.catch_up()
            frame = frame_of(self.text, clause, [part.layer.name for part in self.state.parts])
            asked = self.light(frame) or wishes(Order(frame, self.finder(), self.keep))
            for wish in asked:
                self.propose(wish)
        except WorldloomError as error:
            self.miss(clause.start, clause.end, str(error))
            return
        if not any(wish.event or wish.turn for wish in asked):
            for start, end in frame.unknown:
                self.miss(start, end, "This had no effect.")

    def finder(self) -> Finder:
        """With "it" as it is now."""
        finder = Finder(self.state, self.by, self.view, look=self.look)
        if self.last is not None and self.last.where is not None:
            again = finder.by_criterion(self.last.where)
            return replace(finder, last=again) if again.rows else replace(finder, last=self.last)
        return finder

    def light(self, frame: Frame) -> list[Wish]:
        """Night, snow, the sun in the west: what is done by events."""
        if frame.verb not in _LIGHT_VERBS or frame.compare or frame.colour is not None or frame.quoted:
            return []
        read = events(frame.text)
        aimed = any(event.sun_azimuth is not None for event in read.events)
        if not read.events or read.unknown or (aimed and "sun" not in frame.text.lower()):
            return []
        words = ", ".join(phrase.meaning for phrase in read.understood)
        return [Wish(None, f"Another light: {words}", _JOB, event=frame.text)]

    def propose(self, wish: Wish) -> None:
        count, note = wish.count, wish.note
        if count is None and wish.found is not None:
            count = amount(wish.found)
        if wish.operation is not None:
            self.waiting.append((wish.operation, f"proposal{len(self.proposals)}"))
            if count is None:
                applied = self.catch_up()
                count, note = applied.count, " ".join(part for part in (wish.note, applied.note) if part)
            self.last = None if wish.makes else wish.found if wish.found is not None else self.last
        self.proposals.append(Proposal(wish.operation, wish.title, count or 0, note, wish.event, wish.turn))

    def catch_up(self) -> Applied:
        """Try what was proposed; returns what came of the last of it."""
        applied = Applied(self.state)
        while self.waiting:
            operation, origin = self.waiting.pop(0)
            applied = operation.apply(self.state, replace(self.by, origin=origin))
            self.state = applied.state
        return applied

    def miss(self, start: int, end: int, why: str) -> None:
        self.missed.append(Phrase(start, end, self.text[start:end], why))
