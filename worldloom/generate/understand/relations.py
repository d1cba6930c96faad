"""What stands by what: relations, their ends before and after, "it" and the sides of the world."""

from __future__ import annotations

from worldloom.generate.understand.draft import MOST_RELATIONS, Thing
from worldloom.generate.understand.groups import Ref
from worldloom.generate.understand.state import JOINERS, Note, State, Waiting
from worldloom.generate.understand.vocabulary import Entry

_NO_SUBJECT = "it is not clear what stands there"
_NO_CHOICE = "where this is can't be chosen"


def begin(state: State, at: int, entry: Entry) -> None:
    """A relation: its subject was said before, or comes after its target."""
    drop(state)
    before = state.items[at - 1] if at else None
    if before and before.role("setting") and not before.noun:  # "sunset over the city"
        state.relation = Waiting(entry.name, at, Ref(Entry("setting", "sky")))
        return
    opens = all(state.items[i].is_break or state.notes[i].ok is None for i in range(state.clause_start(at), at))
    if state.subject is None and not opens:  # "herbs hanging from the ceiling": of something that we don't know
        state.relation = Waiting(entry.name, at, Ref(Entry("setting", "something")))
        return
    leads = opens and (state.subject is None or _subject_follows(state, at))
    state.relation = Waiting(entry.name, at, None if leads else state.subject)


def begin_inverse(state: State, at: int, entry: Entry) -> None:
    """ "surrounded by": what comes next stands so to what was said before."""
    target = state.last or state.subject
    state.relation = None
    if target is None:
        state.unknown([at], "it is not clear what is meant by this")
    else:
        state.inverse = Waiting(entry.name, at, target=target)


def meet(state: State, ref: Ref, holds: bool) -> None:
    """A noun was read: it is the missing end of what waits, or the next subject."""
    if state.relation:
        _close(state, ref)
    elif state.inverse:
        waiting, state.inverse = state.inverse, None
        assert waiting.target
        relate(state, ref, waiting.name, waiting.target, None, waiting.index)
        state.subject = state.subject or ref
    else:
        state.subject = state.subject if holds else ref
        if state.leading and state.leading.target:
            waiting, state.leading = state.leading, None
            relate(state, ref, waiting.name, waiting.target, None, waiting.index)  # type: ignore[arg-type]


def relate(state: State, subject: Ref, name: str, target: Ref, other: Ref | None, index: int) -> None:
    """Put a relation into the draft, if both its ends can have one."""
    if _is_land(subject) and _is_land(target):
        there_anyway = name in ("on", "in", "beside", "near", "along") or (name == "below" and _is_high(target))
        if there_anyway and state.items[index].role("relation"):
            # "a village by the sea", "a lake below the peaks": both are there, and that is all there is to it.
            state.notes[index] = Note()
        else:
            state.no_effect(index, _NO_CHOICE)
        return
    if _is_land(subject) and name in _SEEN_FROM_THERE:  # "a lake behind the house": the house is in front of the lake
        subject, name, target = target, _SEEN_FROM_THERE[name], subject
    if target.entry.part == "windows" and target.thing is None and state.draft.kind in ("landscape", "island", "town"):
        state.no_effect(index, _NO_CHOICE)
        return
    thing = subject.as_thing(state.draft)
    to = target.as_target(state.draft)
    also = other.as_target(state.draft) if other else None
    if thing is not None and len(thing.relations) >= MOST_RELATIONS:
        state.unknown([index], f"at most {MOST_RELATIONS} places of one thing are kept")
        return
    if thing is None or to is None or thing is to:
        state.no_effect(index, _NO_CHOICE)
        return
    thing.relations.append((name, to, also))
    ends = " and ".join(end.what if isinstance(end, Thing) else end for end in (to, also) if end)
    state.note([index], f"{thing.what}: {name} the {ends}".replace("_", " "))


_SEEN_FROM_THERE = {
    "behind": "in_front_of",
    "in_front_of": "behind",
    "beside": "beside",
    "near": "near",
    "above": "below",
    "below": "above",
}


def _is_land(ref: Ref) -> bool:
    return ref.thing is None and ref.entry.role in ("place", "feature", "room", "dwelling", "sort", "setting")


def _is_high(ref: Ref) -> bool:
    return ref.entry.target in ("mountain", "peak", "cliff", "hill")


def spot(state: State, at: int, entry: Entry) -> None:
    """ "on top", "around it", "in the background"."""
    ref = state.subject or state.last
    if entry.value == "@":
        several = "them" in state.low(at)
        if state.clause_start(at) == at and _noun_follows(state, at):  # "behind it a forest"
            meant = _meant(state, None, several) or ref
            state.leading = Waiting(entry.name, at, target=meant) if meant else None
            state.unknown([at], _NO_SUBJECT)
            return
        target = _meant(state, ref, several)
        if target is None or ref is None:
            state.unknown([at], "it is not clear what is meant by this")
        else:
            relate(state, ref, entry.name, target, None, at)
        return
    target = Ref(Entry("feature", entry.value, target=entry.value))
    opens = state.clause_start(at) == at
    if opens and _noun_follows(state, at):
        state.leading = Waiting(entry.name, at, target=target)
        state.unknown([at], _NO_SUBJECT)
    elif ref is None:
        state.unknown([at], _NO_CHOICE)
    else:
        relate(state, ref, entry.name, target, None, at)


def _noun_follows(state: State, at: int) -> bool:
    """Whether a noun comes later in the clause, or in the next after a comma that follows at once."""
    start = at + 2 if state.low(at + 1) == "," else at + 1
    for item in state.items[start : at + 8]:
        if item.is_break:
            return False
        if item.noun:
            return True
    return False


def _meant(state: State, ref: Ref | None, several: bool) -> Ref | None:
    """What "it" or "them" is: the last that was named but is not told of now."""

    def fits(other: Ref) -> bool:
        placed = other.thing is not None or other.entry.role == "plant"
        return other is not ref and placed and (other.count > 1 or other.plural) == several

    topic = state.topic if state.topic is not ref else None
    if topic is not None and (fits(topic) or (not several and topic.thing is not None)):
        return topic
    return next((other for other in reversed(state.named[-4:]) if fits(other)), topic)


def drop(state: State) -> None:
    """A relation that got no end."""
    if state.relation and state.relation.subject and state.between:
        relate(state, state.relation.subject, "between", state.between, None, state.relation.index)
        state.relation = None
    for waiting in (state.relation, state.inverse):
        if waiting and state.notes[waiting.index].ok is None:
            state.no_effect(waiting.index, "it is not clear what this is about")
    state.relation = state.inverse = state.between = None


def drop_leading(state: State) -> None:
    """ "Beside the lake." and no more."""
    if state.leading:
        state.topic = state.topic or state.leading.target
        state.no_effect(state.leading.index, _NO_SUBJECT)
        state.leading = None


def _subject_follows(state: State, at: int) -> bool:
    """Whether two nouns follow in the clause, so that the second is what the first is told of."""
    nouns = 0
    for after in range(at + 1, len(state.items)):
        item = state.items[after]
        if item.is_break or state.low(after) in JOINERS or item.role("relation", "inverse", "spot"):
            break
        follows = state.adjacent(after)
        if item.noun and not (follows and follows.noun):
            nouns += 1
    return nouns > 1


def _close(state: State, ref: Ref) -> None:
    waiting = state.relation
    assert waiting is not None
    if waiting.name == "between" and state.between is None and _and_follows(state, ref):
        state.between = ref
        return
    first, state.relation, state.between = state.between, None, None
    if waiting.subject is None:
        state.leading = Waiting(waiting.name, waiting.index, target=ref)
        state.notes[waiting.index] = Note()
    elif first is not None:
        relate(state, waiting.subject, waiting.name, first, ref, waiting.index)
    else:
        relate(state, waiting.subject, waiting.name, ref, None, waiting.index)


def _and_follows(state: State, ref: Ref) -> bool:
    """Whether "and" comes after the first target of "between"."""
    at = max(index for index, note in enumerate(state.notes) if note.ok)
    return state.low(at + 1) == "and" and ref.count == 1
