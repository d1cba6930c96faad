"""A noun's group of words, and what the noun then stands for."""

from __future__ import annotations

from dataclasses import dataclass, field

from worldloom.generate.catalogue import PLANTS
from worldloom.generate.spec import Colour
from worldloom.generate.understand.colours import colour_word
from worldloom.generate.understand.draft import MOST_THINGS, Draft, Thing
from worldloom.generate.understand.say import some_of
from worldloom.generate.understand.vocabulary import Entry


@dataclass
class Group:
    """The words before a noun."""

    number: int | None = None
    amount: int | None = None
    scarce: float | None = None
    """How much of a cover of plants is meant."""
    step: int = 0
    """1 "more", -1 "fewer"."""
    colour: Colour | None = None
    colour_name: str = ""
    gold: bool = False
    """The colour is "golden", which another colour may override."""
    shade: tuple[float, float] | None = None
    shade_name: str = ""
    material: str | None = None
    size: str = "normal"
    ruined: bool = False
    glowing: bool = False
    definite: bool = False
    article: str = ""
    measures: list[tuple[float, str, tuple[int, ...]]] = field(default_factory=list)
    """Metres, "wide" or "tall" or "", and the items that say so."""
    resize: int = 0
    """1 "larger", -1 "smaller"."""
    marks: list[tuple[str, int]] = field(default_factory=list)
    """What each of its items says, and the item."""
    used: set[str] = field(default_factory=lambda: {"noun"})
    """What of it had an effect."""

    @property
    def indexes(self) -> list[int]:
        return [index for _, index in self.marks]

    @property
    def qualified(self) -> bool:
        return any(what in ("colour", "material", "size", "ruined", "glowing", "resize") for what, _ in self.marks)

    def mark(self, what: str, index: int) -> None:
        self.marks.append((what, index))

    def effective(self) -> list[int]:
        return [index for what, index in self.marks if self._has_effect(what)]

    def idle(self) -> list[int]:
        return [index for what, index in self.marks if not self._has_effect(what)]

    def _has_effect(self, what: str) -> bool:
        return what in self.used or (what == "shade" and self.colour is not None and "colour" in self.used)

    def count(self, entry: Entry, plural: bool) -> int:
        """How many; the number is used by this."""
        self.used.add("number")
        said = self.number if self.number is not None else self.amount
        herd = entry.name == "sheep" and not self.article  # the plural looks the same
        return said if said is not None else (entry.some if plural or herd else 1)


@dataclass(eq=False)
class Ref:
    """What a noun stands for, so that relations and later words can point at it."""

    entry: Entry
    thing: Thing | None = None
    count: int = 1
    plural: bool = False
    counted: bool = False
    """Its number was said."""

    def as_thing(self, draft: Draft) -> Thing | None:
        """The object it is; a plant becomes one, since it is to stand somewhere."""
        if self.thing is None and self.entry.role == "plant" and len(draft.objects) < MOST_THINGS:
            self.thing = draft.add(Thing(self.entry.name, self.count))
            group = draft.plants.get(self.entry.name)
            self.thing.colour = group.colour if group else None
            if group and group.count is not None and not self.plural:
                draft.plants.pop(self.entry.name)
        return self.thing

    def as_target(self, draft: Draft) -> Thing | str | None:
        """What a relation to it points at."""
        if self.entry.role == "sort":
            return "forest" if self.entry.name == "trees" else "meadow"
        if (
            self.entry.role == "plant"
            and self.plural
            and not self.counted
            and PLANTS[self.entry.name] in ("flower", "grass")
        ):
            return "field"
        if self.entry.role in ("object", "plant"):
            return self.as_thing(draft)
        if self.thing:
            return self.thing
        if self.entry.part == "buildings":
            return "village"
        return "room" if self.entry.role in ("room", "dwelling") else self.entry.target or None


def say_thing(thing: Thing) -> str:
    """ "2 horses, white"."""
    parts = [some_of(thing.count, thing.what)]
    if thing.size != "normal":
        parts.append(thing.size)
    if thing.colour:
        parts.append(colour_word(thing.colour))
    parts += [thing.material] if thing.material else []
    parts += [word for word, is_so in (("ruined", thing.ruined), ("glowing", thing.glowing)) if is_so]
    return ", ".join(parts)


def qualify(thing: Thing, group: Group) -> None:
    if group.gold and not group.material:
        thing.material = "gold"
    else:
        thing.colour = group.colour or thing.colour
        thing.material = group.material or thing.material
    thing.size = group.size if group.size != "normal" else thing.size
    thing.ruined |= group.ruined
    thing.glowing |= group.glowing
    if group.resize:
        steps = ("tiny", "small", "normal", "large", "huge")
        thing.size = steps[min(max(steps.index(thing.size) + group.resize, 0), 4)]
    group.used |= {"colour", "material", "size", "ruined", "glowing", "resize"}
