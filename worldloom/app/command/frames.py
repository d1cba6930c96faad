"""What a clause says: its objects, where to, how far, which colour, how much more."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from worldloom.generate.understand.vocabulary import Entry

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Relation:
    name: str
    """As in the vocabulary's table "relations", or "of"."""
    target: Mention
    other: Mention | None = None
    """The second one of "between"."""


@dataclass(frozen=True)
class Mention:
    """A thing that is spoken of, with all that is said to tell which. Characters `start` to `end` of the text."""

    start: int
    end: int
    sort: Literal["it", "everything", "thing"]
    noun: str = ""
    """In lower case, as it was said."""
    entry: Entry | None = None
    number: int | None = None
    plural: bool = False
    every: bool = False
    definite: bool = True
    layer: bool = False
    """It is called a layer."""
    colour: Colour | None = None
    colour_name: str = ""
    size: str = "normal"
    height: float | None = None
    material: str | None = None
    side: str = ""
    """A name in the table "sides"."""
    relation: Relation | None = None
    but: Mention | None = None

    def of(self, noun: Mention) -> Mention:
        """ "the blue one": with another mention's noun."""
        return replace(self, noun=noun.noun, entry=noun.entry) if self.noun in ("one", "ones") else self


@dataclass(frozen=True)
class Comparison:
    name: str
    """In the table "compare"."""
    strength: float = 1.0
    """2 "much", 0.5 "a bit"."""


@dataclass
class Frame:
    """Filled word by word."""

    verb: str
    start: int
    end: int
    text: str
    """The clause, as it was written."""
    objects: list[Mention] = field(default_factory=list)
    relation: Relation | None = None
    metres: float | None = None
    degrees: float | None = None
    share: float | None = None
    """"50 %" is 0.5."""
    factor: float | None = None
    """"twice as large"."""
    times: int | None = None
    """"twice"."""
    copies: int | None = None
    gaussians: int | None = None
    direction: tuple[float, float, float] | None = None
    compass: bool = False
    """The direction is along the world's axes."""
    clockwise: bool | None = None
    around: bool = False
    colour: Colour | None = None
    colour_name: str = ""
    material: str | None = None
    attribute: str = ""
    """"the opacity of"."""
    compare: list[Comparison] = field(default_factory=list)
    loose: bool = False
    """It is not said how two of its things go together."""
    state: bool = False
    """ "is", "has": it tells how something is."""
    quoted: str | None = None
    own_layer: bool = False
    """ "into a layer of its own"."""
    name: str | None = None
    """What something shall be called."""
    unknown: list[tuple[int, int]] = field(default_factory=list)

    def compared(self, *names: str) -> Comparison | None:
        return next((one for one in self.compare if one.name in names), None)
