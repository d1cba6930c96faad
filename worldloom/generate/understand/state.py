"""Where a reader of items stands: what was said last, what is pending, and what became of every item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from worldloom.generate.understand.draft import Draft
from worldloom.generate.understand.groups import Group, Ref
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.vocabulary import QUALITIES

JOINERS = {"with", "and", "but", "or", "nor", "plus", "featuring", "including", "containing", "has", "have", "having"}
DETERMINERS = {"a", "an", "the", "its", "his", "her", "their", "your", "my", "our", "this", "that", "these", "those"}
NOT_KNOWN = "not in the vocabulary"


@dataclass
class Note:
    """What became of one item: `ok` None while nothing is known (stop words stay so)."""

    ok: bool | None = None
    meaning: str = ""
    group: int = -1


@dataclass(eq=False)
class Waiting:
    """A relation that lacks an end."""

    name: str
    index: int
    """Its item."""
    subject: Ref | None = None
    target: Ref | None = None


@dataclass(eq=False)
class State:
    items: Sequence[Item]
    draft: Draft
    notes: list[Note] = field(default_factory=list)
    """One for each item."""
    group: Group = field(default_factory=Group)
    """The words before the next noun."""
    denied: int = -1
    """The item that began a denial; -1 for none."""
    denied_noun: bool = False
    """It has had its noun: only "or", "nor" and lists go on with it."""
    removing: bool = False
    """It was "remove", which says nothing about later."""
    last: Ref | None = None
    """The last noun: what qualities and measures after it belong to."""
    subject: Ref | None = None
    """What relations tell the place of."""
    topic: Ref | None = None
    """The subject of what was said before: what "it" is."""
    relation: Waiting | None = None
    """Lacks its target: "on ..."."""
    inverse: Waiting | None = None
    """Lacks its subject, and what comes is that: "surrounded by ..."."""
    leading: Waiting | None = None
    """Lacks its subject, which comes in the next clause: "beside the lake, ..."."""
    between: Ref | None = None
    """The first target of "between"."""
    previous_count: int = 1
    """Of the things before the last: "ten tables with four chairs each"."""
    latest: Ref | None = None
    """The last noun of all: what "which" is."""
    modified: int = -1
    """The item that had a noun of land before it: "forest lake"."""
    named: list[Ref] = field(default_factory=list)
    """All that was named, in order."""
    twin: Group | None = None
    """"two white and three black horses": the group before "and"."""
    groups: int = 0

    def note(self, indexes: Sequence[int], meaning: str) -> None:
        """These items together mean this."""
        self.groups += 1
        for index in indexes:
            self.notes[index] = Note(True, meaning, self.groups)

    def unknown(self, indexes: Sequence[int], why: str) -> None:
        """These items have no effect."""
        self.groups += 1
        for index in indexes:
            self.notes[index] = Note(False, why, self.groups)

    def no_effect(self, index: int, why: str) -> None:
        """Unknown, unless it is a small word that carries nothing by itself."""
        self.notes[index] = Note()
        if not self.items[index].role("stop"):
            self.unknown([index], why)

    # --- looking around -------------------------------------------------------------------------------------------

    def adjacent(self, at: int) -> Item | None:
        """The next item if it is a known word that follows at once and is no small word."""
        if at + 1 < len(self.items):
            item = self.items[at + 1]
            if item.sort == "word" and item.entries and item.entries[0].role not in ("stop", "relation"):
                return item
        return None

    def low(self, at: int) -> str:
        """An item's text in lower case; "" outside the text."""
        return self.items[at].text.lower() if 0 <= at < len(self.items) else ""

    def noun_ahead(self, at: int) -> bool:
        """Whether only qualities and unknown words stand between this item and a noun."""
        for item in self.items[at + 1 : at + 6]:
            if item.noun:
                return True
            passable = not item.entries or item.role(
                *QUALITIES, "number", "amount", "scarce", "setting", "place", "praise"
            )
            if item.sort == "punct" or not (passable or item.measured):
                return False
        return False

    def cover_ahead(self, at: int) -> bool:
        """Whether trees, grass, flowers or a species come next."""
        for item in self.items[at + 1 : at + 4]:
            if item.role("sort", "plant"):
                return True
            if not item.role(*QUALITIES):
                return False
        return False

    def ends_group(self, at: int) -> bool:
        """Whether a noun group can't go on after this item."""
        if at + 1 >= len(self.items):
            return True
        item, low = self.items[at + 1], self.low(at + 1)
        return item.is_break or low in JOINERS or low in DETERMINERS or bool(item.role("relation", "inverse", "spot"))

    def just_after_noun(self, at: int) -> bool:
        """Whether only small words stand between the last noun and this item."""
        for before in range(at - 1, -1, -1):
            item = self.items[before]
            if item.noun and self.notes[before].ok:
                return True
            if item.is_break or not item.role("stop") or self.low(before) in (*JOINERS, "a", "an"):
                return False
        return False

    def clause_start(self, at: int) -> int:
        """Index of the first item of the clause."""
        return next((i + 1 for i in range(at - 1, -1, -1) if self.items[i].is_break), 0)

    def bare_noun(self, at: int) -> bool:
        """Whether a noun without article or number stands here."""
        return (
            at < len(self.items) and self.items[at].noun is not None and not self.items[at].role("negation", "number")
        )

    def list_goes_on(self, at: int) -> bool:
        """After a comma in a denial: whether a bare noun follows that leads to "or": "no cars, people or dogs"."""
        if not self.bare_noun(at + 1):
            return False
        for index in range(at + 1, len(self.items)):
            item, low = self.items[index], self.low(index)
            if low in ("or", "nor"):
                return True
            if (
                (item.is_break and item.text != ",")
                or low in ("with", "but", "and")
                or item.role("negation", "relation")
            ):
                return False
        return False

    def qualities_follow(self, at: int) -> bool:
        """Whether the clause after a comma has no noun: ", 25 m tall", ", painted red"; ", red sand" has one."""
        made = False
        for item in self.items[at + 1 :]:
            if item.is_break or item.text.lower() == "and" or item.role("relation"):
                break
            material = item.role("material")
            stuff = material is not None and material.name in ("sand", "ice", "clay", "crystal", "gold")
            made |= item.text.lower() in ("made", "of", "from")
            if (item.noun and not item.role(*QUALITIES)) or (stuff and not made):
                return False
        return True
