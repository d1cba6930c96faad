"""Which kind of world a text is about: every word that names a place votes, most of all the first."""

from __future__ import annotations

from collections.abc import Sequence

from worldloom.generate.catalogue import INDOOR
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.things import BUILDINGS
from worldloom.generate.understand.vocabulary import Entry

_ANYWHERE = {"book", "chest", "candle", "bottle", "cup", "door"}
_AFTER = {"with", "and", "has", "have", "having", "featuring", "containing"}


def kind_of(items: Sequence[Item]) -> tuple[str, bool]:
    """The kind with the strongest voice, and whether the text said so (or it was only assumed)."""
    votes = {"landscape": 0.04}
    furniture = 0.0
    first, lake = True, False
    factor, aimed, denied = 1.0, 1.0, False
    for at, item in enumerate(items):
        low = item.text.lower()
        if item.is_break:
            factor *= 0.75 if item.text in ",:" else 0.6
            aimed, denied = 1.0, False
        elif low in _AFTER or item.role("inverse"):
            factor, aimed = factor * 0.75, 1.0
        elif item.role("negation"):
            denied = True
        elif low == "but":
            denied = False
        elif (relation := item.role("relation")) and relation.name not in ("in", "on"):
            aimed = 0.1
        entry = item.noun or next((e for e in item.entries if e.kind), None)
        if entry is None or denied or (entry.role != "setting" and _is_quality(items, at)):
            continue
        if entry.role == "room" and _noun_next(items, at) and items[at + 1].role("object"):
            continue  # "a bistro table"
        if entry.kind and not (entry.target == "road" and at and items[at - 1].role("plant")):  # "a cypress alley"
            aside = 0.45 if entry.role == "room" and item.plural and entry.value else 1.0  # "shops", from outside
            aside *= 0.3 if entry.kind == "island" and lake else 1.0  # "a lake with an island"
            weight = entry.weight * factor * aimed * aside
            votes[entry.kind] = max(votes.get(entry.kind, 0.0), weight)
        elif entry.part in ("buildings", "roof"):
            votes["landscape"] += 0.2 * aimed
        elif entry.role == "plant" or (entry.role == "feature" and entry.sets):
            votes["landscape"] += 0.05 * factor
        elif entry.role == "object" or entry.part == "windows":
            kind, weight = _speaks_of(entry)
            if kind == "interior":
                furniture += weight * aimed
            else:
                votes[kind] += weight * aimed
        if first and (entry.name in BUILDINGS or entry.count):  # a house or a lake first: seen from outside
            votes["landscape"] += 0.3
        lake |= entry.target == "lake"
        first = first and (not entry.is_noun or _noun_next(items, at))
        if entry.is_noun and not _noun_next(items, at):
            aimed = 1.0
    votes["interior"] = max(votes.get("interior", 0.0), furniture)
    best = max(votes, key=lambda kind: votes[kind])
    return best, votes[best] > 0.04


def _speaks_of(entry: Entry) -> tuple[str, float]:
    """Furniture speaks of an interior, things from outside of a landscape; some stand anywhere."""
    if entry.name not in INDOOR:
        return "landscape", 0.08
    return "interior", 0.0 if entry.name in _ANYWHERE else 0.12


def _noun_next(items: Sequence[Item], at: int) -> bool:
    return at + 1 < len(items) and items[at + 1].noun is not None


def _is_quality(items: Sequence[Item], at: int) -> bool:
    """ "stone" in "stone bridge", "wood" in "wood floor"."""
    return items[at].role("material", "colour") is not None and _noun_next(items, at)
