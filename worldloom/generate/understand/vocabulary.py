"""The words we know, read once from `assets/vocabulary/*.toml`: phrase -> what it may mean."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from worldloom.generate.catalogue import OBJECTS, PLANTS

FOLDER = Path(__file__).parents[2] / "assets" / "vocabulary"

Role = Literal[
    "object",
    "plant",
    "sort",
    "place",
    "feature",
    "room",
    "dwelling",
    "setting",
    "colour",
    "shade",
    "material",
    "size",
    "state",
    "number",
    "amount",
    "scarce",
    "negation",
    "relation",
    "inverse",
    "spot",
    "comparison",
    "unit",
    "floors",
    "edit",
    "praise",
    "stop",
]
NOUNS: frozenset[Role] = frozenset({"object", "plant", "sort", "place", "feature", "room", "dwelling"})
QUALITIES: frozenset[Role] = frozenset({"colour", "shade", "material", "size", "state"})


@dataclass(frozen=True)
class Entry:
    """One meaning of a phrase."""

    role: Role
    name: str
    """The canonical name: an object's `what`, a species, a feature's target, a material..."""
    value: Any = None
    """Of numbers, colours, shades, units, amounts and dwellings."""
    sets: tuple[tuple[str, Any], ...] = ()
    """Dotted paths of a WorldSpec, and what it makes of them."""
    unsets: tuple[tuple[str, Any], ...] = ()
    """The same where it is negated."""
    without: str = ""
    """Its name in `WorldSpec.without`."""
    strength: int = 2
    kind: str = ""
    weight: float = 0.0
    """How strongly it says that the world is of that `kind`."""
    target: str = ""
    """What a relation calls it; empty: its object's id."""
    count: str = ""
    """The field that says how many there are."""
    colour_field: str = ""
    height_field: str = ""
    part: str = ""
    some: int = 1
    """How many "they" are where no number is said."""
    preset: tuple[tuple[str, Any], ...] = ()
    """Colour, material, size... that the word itself says."""
    only_plural: bool = False
    only_kind: str = ""
    """The one kind of world it means something in."""
    otherwise: tuple[str, ...] = ()
    """What there is none of in the other kinds."""

    @property
    def is_noun(self) -> bool:
        return self.role in NOUNS or (self.role == "setting" and bool(self.target))


@dataclass
class Lexicon:
    phrases: dict[tuple[str, ...], list[Entry]] = field(default_factory=dict)
    listed: set[tuple[str, ...]] = field(default_factory=set)
    """Phrases that the files have, without the singulars made of them."""
    words: set[str] = field(default_factory=set)
    """Every word of every phrase."""
    joined: set[str] = field(default_factory=set)
    """Words made of two, that nobody may ever have written."""
    longest: int = 1

    def add(self, words: Iterable[str], entry: Entry) -> None:
        for phrase in words:
            key = tuple(phrase.lower().replace("-", " ").split())
            self._add(key, entry)
            self.listed.add(key)
            alone = (*key[:-1], singular(key[-1]))
            if alone != key and entry.role not in ("stop", "praise", "relation", "negation", "inverse", "spot"):
                self._add(alone, entry)
            if len(key) == 2 and entry.role in NOUNS and len("".join(key)) > 6:
                self._add(("".join(key),), entry)  # "lamp post", "lamppost"
                self.joined.add("".join(key))

    def _add(self, key: tuple[str, ...], entry: Entry) -> None:
        entries = self.phrases.setdefault(key, [])
        if all(known.role != entry.role or known.role == "relation" for known in entries):
            entries.append(entry)
        elif entry.preset:  # a variant says more than the plain word
            entries[:] = [entry if known.role == entry.role else known for known in entries]
        self.words.update(key)
        self.longest = max(self.longest, len(key))


@cache
def lexicon() -> Lexicon:
    """All phrases. About 20 ms the first time."""
    known = Lexicon()
    for words, entry in _entries():
        known.add(words, entry)
    return known


@cache
def defaults() -> dict[str, dict[str, dict[str, Any]]]:
    """What kinds, biomes, shapes and styles have where nothing is said: group -> name -> path -> value."""
    return load("defaults.toml")


@cache
def load(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


_IRREGULAR = {
    "leaves": "leaf",
    "shelves": "shelf",
    "bookshelves": "bookshelf",
    "wolves": "wolf",
    "calves": "calf",
    "men": "man",
    "women": "woman",
    "children": "child",
    "people": "person",
    "geese": "goose",
    "oxen": "ox",
    "feet": "foot",
    "cacti": "cactus",
    "houses": "house",
    "horses": "horse",
    "snowmen": "snowman",
    "fishermen": "fisherman",
    "hooves": "hoof",
    "knives": "knife",
    "loaves": "loaf",
    "trees": "tree",
    "torii": "torii",
    "rockies": "rockies",
    "stairs": "stairs",
    "buses": "bus",
    "canoes": "canoe",
    "shoes": "shoe",
    "fungi": "fungus",
}


def singular(word: str) -> str:
    """The singular of an English noun, or the word itself."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    return word[:-1]


def _entries() -> Iterator[tuple[list[str], Entry]]:
    yield from _objects()
    yield from _plants()
    for table in load("places.toml")["place"]:
        yield table["words"], _placed("place", table)
    for table in load("features.toml")["feature"]:
        yield table["words"], _placed("feature", table)
    for table in load("settings.toml")["setting"]:
        yield table["words"], _placed("setting", table)
    yield from _rooms()
    yield from _small_words()


def _objects() -> Iterator[tuple[list[str], Entry]]:
    tables = load("objects.toml")
    plain: dict[str, Entry] = {}
    for what, table in tables.items():
        if what == "variant":
            continue
        assert what in OBJECTS, what
        plain[what] = Entry("object", what, some=table["some"], without=what)
        yield table["words"], plain[what]
    for table in tables["variant"]:
        said = tuple((key, value) for key, value in table.items() if key not in ("what", "words", "some"))
        entry = plain[table["what"]]
        yield table["words"], replace(entry, preset=said or (("size", "normal"),), some=table.get("some", entry.some))


def _plants() -> Iterator[tuple[list[str], Entry]]:
    tables = load("plants.toml")
    for species, words in tables["species"].items():
        assert species in PLANTS, species
        yield words, Entry("plant", species, some=8, without=species)
    for sort, words in tables["sorts"].items():
        yield words, Entry("sort", sort, some=6, without=sort)


def _rooms() -> Iterator[tuple[list[str], Entry]]:
    tables = load("rooms.toml")
    for table in tables["room"]:
        weight = table.get("weight", 0.7 if table.get("outdoors") else 0.9)
        room = Entry("room", table["function"], value=table.get("outdoors"), kind="interior", weight=weight, some=2)
        yield table["words"], room
    for words, rooms in tables["dwellings"].items():
        yield [words], Entry("dwelling", words, value=tuple(rooms), kind="interior", weight=0.95)


def _placed(role: Role, table: dict[str, Any]) -> Entry:
    """An entry of places.toml, features.toml or settings.toml."""
    strength = table.get("strength", 1 if role == "place" else 2)
    sets = dict(table.get("set", {}))
    if "buildings" in table:
        sets["settlement.buildings"] = table["buildings"]
    return Entry(
        role,
        table.get("target") or table["words"][0],
        sets=tuple(sets.items()),
        unsets=tuple((table.get("unset") or table.get("none") or {}).items()),
        without=table.get("without", table["words"][0] if role == "place" else ""),
        strength=strength,
        kind=table.get("kind", ""),
        weight=table.get("weight", 1.0 if "kind" in table else 0.0),
        target=table.get("target", ""),
        count=table.get("count", ""),
        colour_field=table.get("colour", ""),
        height_field=table.get("height", ""),
        part=table.get("part", ""),
        some=table.get("some", 2),
        only_plural=table.get("only_plural", False),
        only_kind=table.get("only", ""),
        otherwise=tuple(table.get("otherwise", ())),
    )


def _small_words() -> Iterator[tuple[list[str], Entry]]:
    tables = load("words.toml")
    for name in tables["colours"]:
        yield [name], Entry("colour", name, value=name)
    for name, factors in tables["shades"].items():
        yield [name], Entry("shade", name, value=tuple(factors))
    groups: tuple[tuple[Role, str], ...] = (("material", "materials"), ("size", "sizes"), ("state", "states"))
    for role, group in groups:
        for name, words in tables[group].items():
            yield words, Entry(role, name, value=name)
    yield ["golden"], Entry("material", "gold", value="gold")
    groups = (("number", "numbers"), ("amount", "amounts"), ("scarce", "scarce"), ("unit", "units"))
    for role, group in groups:
        for word, value in tables[group].items():
            yield [word], Entry(role, word, value=value)
    yield tables["negations"]["words"], Entry("negation", "no")
    yield tables["edits"]["remove"], Entry("negation", "remove")
    for name, words in tables["relations"].items():
        yield words, Entry("relation", name)
    for name, words in tables["inverse"].items():
        yield words, Entry("inverse", name)
    for words, (name, target) in tables["places"].items():
        yield [words], Entry("spot", name, value=target)
    for name, words in tables["comparison"].items():
        yield words, Entry("comparison", name)
    yield tables["floors"]["words"], Entry("floors", "floors")
    for name in ("add", "more", "fewer", "larger", "smaller", "change", "replace"):
        yield tables["edits"][name], Entry("edit", name)
    yield [*tables["praise"]["words"].split(), *tables["praise"]["phrases"]], Entry("praise", "praise")
    yield tables["stop"]["words"].split(), Entry("stop", "stop")
