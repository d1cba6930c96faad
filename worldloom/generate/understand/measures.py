"""Metres, floors and comparisons."""

from __future__ import annotations

from worldloom.generate.understand.groups import Ref
from worldloom.generate.understand.state import State
from worldloom.generate.understand.vocabulary import Entry

_WIDE = {"wide", "across", "long", "broad", "square", "diameter", "size", "width", "length", "large", "big"}
_TALL = {"tall", "high", "height", "deep"}
_STEPS = ("tiny", "small", "normal", "large", "huge")


def measure(state: State, at: int) -> int:
    """ "25 m tall", "200 m wide", "10 by 6 m": of the noun before it or after it. Returns the next item's index."""
    item = state.items[at]
    after, dimension, used = at + 1, "", [at]
    for ahead in range(at + 1, min(at + 3, len(state.items))):
        low = state.low(ahead)
        if low in _WIDE or low in _TALL:
            dimension = "wide" if low in _WIDE else "tall"
            after, used = ahead + 1, [at, ahead]
            break
        if low != "in":
            break
    if item.values:
        state.note(used, _dimensions(state, item.values))
    elif state.last is not None and not state.group.indexes and state.just_after_noun(at):
        measured(state, state.last, item.value or 0.0, dimension, used)
    elif after < len(state.items) and not state.items[after].is_break:
        state.group.measures.append((item.value or 0.0, dimension, tuple(used)))
    else:
        measured(state, None, item.value or 0.0, dimension, used)
    return after


def measured(state: State, ref: Ref | None, value: float, dimension: str, used: list[int] | tuple[int, ...]) -> None:
    """Give what `ref` is a height or the world a width; None for the world itself."""
    meaning = ""
    before, after = used[0] - 1, used[-1] + 1
    near = any(0 <= at < len(state.items) and state.items[at].noun for at in (before, after))
    if value <= 0:
        pass
    elif ref and ref.thing and (dimension == "tall" or (not dimension and near)):
        ref.thing.height = value
        meaning = f"the {ref.thing.what.replace('_', ' ')} is {value:.4g} m tall"
    elif ref and ref.entry.height_field and dimension != "wide":
        state.draft.set(ref.entry.height_field, value, 3)
        meaning = f"{state.draft.get(ref.entry.height_field):.4g} m high"
    elif dimension != "tall" and _is_world(ref, dimension):
        state.draft.set("extent", value, 3)
        meaning = f"the world is {state.draft.get('extent'):.4g} m across"
    if meaning:
        state.note(used, meaning)
    else:
        state.unknown(used, "this measure can't be set")


def _is_world(ref: Ref | None, dimension: str) -> bool:
    """Whether a width is the world's: of a place, or of nothing in particular."""
    if ref is None:
        return dimension == "wide"
    return bool(ref.entry.kind) or ref.entry.role in ("place", "dwelling")


def floors(state: State, at: int) -> None:
    """ "five-storey": of the buildings."""
    group = state.group
    number = min(max(group.number or 2, 1), 60)
    state.draft.set("settlement.floors", (number, number), 3)
    state.note([*(i for what, i in group.marks if what == "number"), at], f"buildings of {number} floors")
    group.number = None
    group.marks = [mark for mark in group.marks if mark[0] != "number"]


def comparison(state: State, at: int, entry: Entry) -> int:
    """ "twice as tall as the hut". Returns the next item's index."""
    thing = state.last.thing if state.last else None
    for ahead in range(at + 1, min(at + 6, len(state.items))):
        other = state.items[ahead].noun
        known = state.draft.thing(other.name) if other else None
        if thing is None or known is None:
            continue
        step = {"same": 0, "larger": 1, "smaller": -1}[entry.name]
        thing.size = _STEPS[min(max(_STEPS.index(known.size) + step, 0), 4)]
        if known.height and step:
            thing.height = known.height * (2 if step > 0 else 0.5)
        names = [part.what.replace("_", " ") for part in (thing, known)]
        as_ = {"same": "as large as", "larger": "larger than", "smaller": "smaller than"}[entry.name]
        state.note([at, ahead], f"the {names[0]} is {as_} the {names[1]}")
        return ahead + 1
    state.unknown([at], "it is not clear what is compared")
    return at + 1


def _dimensions(state: State, values: tuple[float, float]) -> str:
    width, depth = values
    draft = state.draft
    if draft.kind in ("interior", "space_station"):
        width, depth = (min(max(value, 1.5), 60.0) for value in values)
        if not draft.rooms:
            draft.rooms.append({"function": "hall"})
        draft.rooms[-1].update(width=width, depth=depth)
        return f"a room of {width:.4g} by {depth:.4g} m"
    draft.set("extent", max(values), 3)
    return f"the world is {max(values):.4g} m across"
