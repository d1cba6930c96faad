"""Which of its meanings a phrase has where it stands: "stone bridge" and "a stone", "in autumn" and "in a forest"."""

from __future__ import annotations

from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.state import DETERMINERS, State
from worldloom.generate.understand.vocabulary import QUALITIES, Entry

_STOP = Entry("stop", "stop")
_VERBS = {
    "stands",
    "stand",
    "is",
    "are",
    "was",
    "were",
    "there",
    "lies",
    "lie",
    "sits",
    "sit",
    "rises",
    "rise",
    "grows",
}


def sense(state: State, at: int) -> Entry | None:
    """The meaning of item `at`; None where it has none here."""
    item = state.items[at]
    noun, quality, follows = item.noun, item.role(*QUALITIES), state.adjacent(at)
    if item.role("floors") and at and state.items[at - 1].role("number"):
        return item.role("floors")
    if quality and (noun or item.role("setting", "praise", "scarce")):
        return _quality_or(state, at, quality, noun, follows)
    if quality:
        return quality if quality.role != "shade" or state.noun_ahead(at) else None
    if item.role("amount"):
        return item.role("amount") if state.noun_ahead(at) or not item.role("stop") else item.role("stop")
    if item.role("scarce"):
        return item.role("scarce") if not item.role("inverse") or state.cover_ahead(at) else item.role("inverse")
    if item.role("relation"):
        if state.low(at) == "round" and state.low(at + 1) not in DETERMINERS:  # "round tables"
            return None
        return _relation_or(state, at)
    if item.role("number") and item.role("stop"):
        return item.role("number") if state.noun_ahead(at) else item.role("stop")
    if noun and item.role("stop", "praise"):  # "a well" and "as well", "a picture" and "a picture of"
        described = bool(state.group.indexes) or state.low(at - 1) in DETERMINERS
        is_noun = (described or item.plural) and state.low(at + 1) != "of"
        return noun if is_noun else item.role("stop", "praise")
    before = state.items[at - 1] if at else None
    if noun and item.plural and before and (before.noun or before.role("setting")) and state.low(at + 1) == "the":
        return None  # "snow blankets the trees"
    if noun and state.low(at) == "building" and at and state.items[at - 1].noun:  # "children building a snowman"
        return _STOP
    if noun and item.role("edit"):  # "plant"
        return noun if item.plural or state.low(at - 1) in DETERMINERS else item.role("edit")
    if item.role("edit") and item.role("stop") and state.draft.base is None:
        return item.role("stop")
    if noun and item.role("setting"):
        return item.role("setting")
    if item.role("feature") and item.role("dwelling"):  # "flat"
        return item.role("feature") if follows and follows.noun else item.role("dwelling")
    return item.entries[0] if item.entries else None


def _quality_or(state: State, at: int, quality: Entry, noun: Entry | None, follows: Item | None) -> Entry | None:
    item = state.items[at]
    if quality.role == "shade":
        return quality if follows and follows.role("colour") else item.role("setting", "scarce", "praise")
    if quality.role == "size" and item.role("scarce"):
        return item.role("scarce") if follows and follows.role("sort") else quality
    if quality.role == "size":
        return quality
    if noun is None:  # "terracotta", "neon"
        return item.role("setting") if quality.role != "colour" or not state.noun_ahead(at) else quality
    before = at - 1
    while before > 0 and state.items[before].role("colour", "shade"):
        before -= 1
    made_of = quality.role == "material" and state.low(before) in ("of", "from") and not item.plural
    if made_of and not follows:
        return quality
    if quality.name == "crystal":  # "a crystal cave" has crystals
        return noun
    return quality if follows and not item.plural and state.noun_ahead(at) else noun


def _relation_or(state: State, at: int) -> Entry | None:
    """A relation only where a place, a plant or a thing follows; "at night", "in autumn" are none."""
    item = state.items[at]
    if state.low(at + 1) in _VERBS:  # "on the hill above stands a castle"
        return item.role("stop") or _STOP
    for after in range(at + 1, min(at + 8, len(state.items))):
        other = state.items[after]
        if other.is_break or state.low(after) in ("with", "but"):
            break
        if other.noun and not (other.role("stop") and not other.plural and after == at + 1):
            return item.role("relation")
        if other.role("relation", "inverse", "negation", "setting"):
            break
    return item.role("stop") or item.noun
