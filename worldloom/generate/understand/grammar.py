"""Items -> facts, read from left to right: groups, settings, denials, relations and clauses."""

from __future__ import annotations

from collections.abc import Sequence

from worldloom.generate.understand import denials, measures, noun_groups, relations
from worldloom.generate.understand.draft import Draft, apply_sets
from worldloom.generate.understand.groups import Group
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.say import say_sets
from worldloom.generate.understand.senses import sense
from worldloom.generate.understand.state import DETERMINERS, JOINERS, Note, State
from worldloom.generate.understand.vocabulary import QUALITIES, Entry


def read(items: Sequence[Item], draft: Draft) -> list[Note]:
    """Reads items from left to right into the draft. Returns what became of each."""
    state = State(items, draft, [Note() for _ in items])
    at = 0
    while at < len(items):
        at = _step(state, at)
    noun_groups.flush(state)
    relations.drop(state)
    relations.drop_leading(state)
    if state.denied >= 0:
        denials.end_denial(state)
    return state.notes


def _step(state: State, at: int) -> int:
    """Act on one item; returns the next one's index."""
    item, low = state.items[at], state.low(at)
    if item.sort == "tag":
        state.unknown([at], "markup and settings of other programs have no effect")
    elif item.sort == "punct":
        if item.is_break:
            _break(state, at)
    elif low == "like" and state.low(at + 1) in ("a", "an") and state.low(at - 1) not in _WISHES:
        return _likeness(state, at)
    elif low in ("it", "they") and state.low(at + 1) in ("is", "are", "has", "have", "was", "should", "must"):
        state.last = state.subject = state.subject or state.topic  # "A castle. It is huge."
    elif item.measured:
        return measures.measure(state, at)
    elif low in JOINERS:
        _join(state, at, low)
    elif (
        low in ("which", "who", "that")
        and at
        and state.latest
        and (state.items[at - 1].noun or state.low(at - 1) == ",")
    ):
        state.subject = state.latest
    elif low in DETERMINERS or low == "each":
        noun_groups.determiner(state, at, low)
    else:
        entry = sense(state, at)
        if entry is None and item.role("relation"):
            noun_groups.flush(state)
            state.unknown([at], "it is not clear what this is about")
        elif entry is None:
            noun_groups.unknown_word(state, at)
        else:
            return _word(state, at, entry)
    return at + 1


_WISHES = {"", "i", "i'd", "we", "we'd", "you'd", "would", "should"}


def _likeness(state: State, at: int) -> int:
    """ "shaped like a cloud": there is no cloud. Returns the next item's index."""
    noun_groups.flush(state)
    after = at + 2
    while after < len(state.items) and not state.items[after].noun and not state.items[after].is_break:
        after += 1
    after = min(after + 1, len(state.items))
    state.unknown(range(at, after), "what it is like has no effect")
    return after


def _word(state: State, at: int, entry: Entry) -> int:
    """Act on a known phrase; returns the next item's index."""
    role = entry.role
    if role == "stop":
        return at + 1
    if state.denied_noun:
        denials.end_denial(state)
    if role in ("number", "amount", "scarce"):
        noun_groups.number(state, at, entry)
    elif role in QUALITIES:
        noun_groups.quality(state, at, entry)
    elif role == "praise":
        if state.group.number is not None and not state.noun_ahead(at):
            noun_groups.flush(state)
        state.unknown([at], "says nothing that can be built")
        noun_groups.maybe_head(state, at)
    elif role == "setting" and not entry.is_noun:
        _setting(state, at, entry)
    elif role in ("negation", "relation", "inverse", "spot", "comparison", "edit"):
        if entry.name not in ("more", "fewer"):  # "two more boats"
            noun_groups.flush(state)
        return _link(state, at, entry)
    elif role == "floors":
        measures.floors(state, at)
    else:
        noun_groups.noun(state, at, entry)
    return at + 1


def _link(state: State, at: int, entry: Entry) -> int:
    """A word that ends a group and says how the next one goes with it."""
    if entry.role == "negation":
        relations.drop(state)
        if state.denied >= 0:
            denials.end_denial(state)
        state.denied, state.denied_noun, state.removing = at, False, entry.name == "remove"
    elif entry.role == "relation":
        relations.begin(state, at, entry)
    elif entry.role == "inverse":
        relations.begin_inverse(state, at, entry)
    elif entry.role == "spot":
        relations.spot(state, at, entry)
    elif entry.role == "comparison":
        return measures.comparison(state, at, entry)
    else:
        if state.denied >= 0:
            denials.end_denial(state)
        if entry.name == "replace":
            state.denied, state.removing = at, True
        elif entry.name in ("more", "fewer"):
            state.group.step = 1 if entry.name == "more" else -1
            state.group.mark("step", at)
        elif entry.name in ("larger", "smaller"):
            state.group.resize = 1 if entry.name == "larger" else -1
            state.group.mark("resize", at)
    return at + 1


def _setting(state: State, at: int, entry: Entry) -> None:
    draft = state.draft
    if at and state.items[at - 1].is_break:  # ", sun low on the horizon" tells the place of nothing
        state.subject = state.last = None
    if entry.only_kind and entry.only_kind != draft.kind and entry.otherwise and state.denied < 0:
        for name in entry.otherwise:
            draft.forbid(name)
        state.note([at], f"no {', '.join(entry.otherwise)}")
    elif entry.only_kind and entry.only_kind != draft.kind:
        state.unknown([at], f"it means something in an {entry.only_kind} only")
    elif state.denied >= 0:
        denials.deny_setting(state, at, entry)
    elif apply_sets(draft, entry, 3 if draft.base else None):
        if draft.base and state.low(at) == "snow":  # asked for as such, it falls
            draft.set("weather", "snow", 3)
        state.note([at], say_sets(entry.sets) or entry.name)
    else:
        state.unknown([at], "something else was said before")


def _break(state: State, at: int) -> None:
    hard = state.items[at].text not in ",("
    noun_groups.flush(state)
    if state.denied >= 0 and (hard or not state.list_goes_on(at)):
        denials.end_denial(state)
    state.denied_noun = False
    relations.drop(state)
    if hard:
        state.topic = state.subject or state.topic
        relations.drop_leading(state)
        state.subject = state.last = None
    elif not state.qualities_follow(at):
        state.last = None


def _join(state: State, at: int, low: str) -> None:
    if low == "and" and state.between is not None:
        return
    follows = state.items[at + 1] if at + 1 < len(state.items) else None
    if low == "and" and state.group.number is not None and follows and follows.role("number"):
        state.twin, state.group = state.group, Group()  # "two white and three black horses"
        return
    goes_on = low in ("and", "or") and state.group.indexes and follows and follows.role(*QUALITIES, "number")
    if not goes_on:  # "glass and iron", "red and white" go on
        noun_groups.flush(state)
    bare = low in ("or", "nor") or (low == "and" and state.bare_noun(at + 1))
    if state.denied >= 0 and (state.denied_noun or low == "but"):
        if bare:  # "no cars or people": the next noun is denied too
            state.denied_noun = False
        else:
            denials.end_denial(state)
    if low in ("with", "has", "have", "having", "featuring", "containing", "including"):
        state.topic = state.subject or state.topic
    relations.drop(state)
