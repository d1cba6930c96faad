"""What there is none of: "no", "without", "remove"."""

from __future__ import annotations

from worldloom.generate.understand.groups import Group
from worldloom.generate.understand.nouns import forbid_noun
from worldloom.generate.understand.say import some_of
from worldloom.generate.understand.state import State
from worldloom.generate.understand.vocabulary import Entry


def deny(state: State, entry: Entry, group: Group) -> None:
    meaning = _fewer(state, entry, group) or forbid_noun(
        state.draft, entry, remember=not (state.removing and state.draft.base is not None)
    )
    used = [*_denial(state), *group.indexes]
    state.note(used, meaning)
    state.last = None
    state.denied_noun = True


def _fewer(state: State, entry: Entry, group: Group) -> str:
    """ "remove two boats": the others stay."""
    draft = state.draft
    if draft.base is None or not state.removing or not group.number:
        return ""
    if entry.role == "room":
        same = [room for room in draft.rooms if room["function"] == entry.name]
        for room in same[-group.number :]:
            draft.rooms = [other for other in draft.rooms if other is not room]
        return f"{some_of(group.number, entry.name)} fewer" if same else ""
    thing = draft.thing(entry.name)
    if thing is None or thing.count <= group.number:
        return ""
    thing.count -= group.number
    return f"{some_of(thing.count, entry.name)} left"


def deny_setting(state: State, at: int, entry: Entry) -> None:
    draft = state.draft
    done = False
    for path, value in entry.unsets:
        done |= draft.set(path, value, 3 if draft.base else 1)
    if entry.without:
        draft.forbid(entry.without)
        done = True
    used = [*_denial(state), at]
    if done:
        state.note(used, f"not {state.items[at].text.lower()}")
    else:
        state.unknown(used, "what there should be instead is not said")
    state.group = Group()
    state.denied_noun = True


def _denial(state: State) -> list[int]:
    """The item that denies, if nothing was made of it yet."""
    return [state.denied] if state.notes[state.denied].ok is None else []


def end_denial(state: State) -> None:
    if state.notes[state.denied].ok is None:
        state.unknown([state.denied], "it is not clear what there is none of")
    state.denied = -1
    state.denied_noun = state.removing = False
