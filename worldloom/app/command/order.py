"""`Order`: a clause that was read, and the world that it speaks of."""

from __future__ import annotations

from dataclasses import dataclass

from worldloom.app.command.finding import Finder, Found
from worldloom.app.command.frames import Frame, Mention
from worldloom.app.command.making import Keep
from worldloom.edit.criteria import Everything
from worldloom.scene.errors import InvalidDataError


@dataclass(frozen=True, eq=False)
class Order:
    """A frame and the state that it speaks of."""

    frame: Frame
    finder: Finder
    keep: Keep

    @property
    def low(self) -> str:
        return self.frame.text.lower()

    def objects(self) -> Found:
        """All that the verb is about.

        Raises:
            InvalidDataError: nothing is named, or it is not there.
        """
        if not self.frame.objects:
            raise InvalidDataError("It is not said what is meant; name a thing, or select it and say 'this'.")
        return self.finder.one_of(self.frame.objects)

    def objects_or_all(self) -> Found:
        """The same; what is selected, or everything, where "it" or nothing is said."""
        said = self.frame.objects
        vague = not said or (len(said) == 1 and said[0].sort == "it")
        if vague and self.finder.last is None:
            rows = self.finder.state.selection(self.finder.by.person)
            return Found(None, rows) if rows else self.finder.by_criterion(Everything())
        return self.objects()


def names_of(frame: Frame) -> str:
    """What the objects are called in a title."""
    return " and ".join(the(one) for one in frame.objects)


def the(mention: Mention) -> str:
    """What a thing is called in a title."""
    if mention.sort == "it":
        return "what is selected"
    if mention.sort == "everything":
        return "everything"
    words = [mention.colour_name, mention.noun]
    return "the " + " ".join(word for word in words if word)


def joined(*notes: str) -> str:
    """Notes as one."""
    return " ".join(note for note in notes if note)


def all_of(order: Order) -> int:
    """How many Gaussians the world has."""
    return sum(len(part) for part in order.finder.state.parts)


def vague(order: Order, found: Found) -> str:
    """What it is called where "it", or nothing, is said."""
    if isinstance(found.where, Everything):
        return "everything"
    return names_of(order.frame) if order.frame.objects else "what is selected"
