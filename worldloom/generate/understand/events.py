"""Text -> events: "make it night", "snow", "autumn", "fog", "sunrise", "move the sun to the west"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from worldloom.generate.event_names import Event
from worldloom.generate.understand.lexer import Item, items_of
from worldloom.generate.understand.reading import checked
from worldloom.generate.understand.result import Phrase
from worldloom.generate.understand.say import clock

_COMPASS = {"north": 0.0, "northeast": 45.0, "east": 90.0, "southeast": 135.0, "south": 180.0, "southwest": 225.0,
            "west": 270.0, "northwest": 315.0}  # fmt: skip
_THEN = {"then", "afterwards", "later", "next", "finally"}
_SMALL = {
    "it",
    "hours",
    "hour",
    "later",
    "earlier",
    "sun",
    "sunlight",
    "light",
    "weather",
    "season",
    "time",
    "day",
    "sky",
}


@dataclass(frozen=True)
class EventReading:
    """The events of a text in their order, and the account of its words."""

    events: tuple[Event, ...]
    understood: tuple[Phrase, ...]
    unknown: tuple[Phrase, ...]


def events(text: str) -> EventReading:
    """The changes of time, weather, season and sun that a text asks for, one event for each "then".

    Raises:
        InvalidDataError: the text is empty, too long, has no words or isn't English.
    """
    clean = checked(text)
    items = items_of(clean)
    changes: list[dict[str, Any]] = [{}]
    understood: list[Phrase] = []
    unknown: list[Phrase] = []
    denied = False
    for at, item in enumerate(items):
        low = item.text.lower()
        if item.is_break:
            denied = False
        if low in _THEN and changes[-1] and not _is_shift(items, at):
            changes.append({})
            continue
        if item.role("negation") or low in ("stop", "end"):
            denied = True
            continue
        found = _change(items, at, denied)
        if low in ("east", "west") and at and items[at - 1].text.lower() in ("north", "south"):
            continue  # read with the word before it
        if found:
            changes[-1].update(found)
            understood.append(Phrase(item.start, item.end, text[item.start : item.end], _say(found)))
            denied = False
        elif item.sort in ("word", "tag") and low not in _SMALL and not item.role("stop", "edit", "relation", "shade"):
            unknown.append(Phrase(item.start, item.end, text[item.start : item.end], "no event", "nothing", 0.0))
    made = tuple(Event(**change) for change in changes if change)
    return EventReading(made, tuple(understood), tuple(unknown))


def _change(items: Sequence[Item], at: int, denied: bool) -> dict[str, Any]:
    item, low = items[at], items[at].text.lower()
    direction = low.replace("-", "").replace(" ", "").removesuffix("ern")
    if direction in _COMPASS:
        following = items[at + 1].text.lower() if at + 1 < len(items) else ""
        joined = direction + following
        if direction in ("north", "south") and joined in _COMPASS:
            return {"sun_azimuth": _COMPASS[joined]}
        return {"sun_azimuth": _COMPASS[direction]}
    if item.role("number") and _is_shift(items, at):
        back = any(word.text.lower() in ("earlier", "before", "back") for word in items[at + 1 : at + 4])
        hours = float(item.value or 0) * (-1 if back else 1)
        return {"hours_later": min(max(hours, -24.0), 24.0)}
    setting = item.role("setting")
    if setting is None or _names_the_sun(items, at):
        return {}
    change = {path: value for path, value in (setting.unsets if denied else setting.sets)
              if path in ("hour", "weather", "season")}  # fmt: skip
    if setting.without == "snow":
        change["snow"] = not denied
        if low == "snow" and not denied:
            change["weather"] = "snow"
        if low in ("snow", "frost") or denied:
            change.pop("season", None)
    return change


def _is_shift(items: Sequence[Item], at: int) -> bool:
    """ "two hours later": whether this word is part of it."""
    words = [item.text.lower() for item in items[max(at - 2, 0) : at + 3]]
    return any(word in ("hour", "hours") for word in words)


def _names_the_sun(items: Sequence[Item], at: int) -> bool:
    """ "move the sun to the west": there the sun is no weather."""
    if items[at].text.lower() not in ("sun", "sunlight"):
        return False
    words = [item.text.lower() for item in items[max(at - 4, 0) : at + 8]]
    return any(word.replace("-", "").removesuffix("ern") in _COMPASS for word in words)


def _say(change: dict[str, Any]) -> str:
    words = []
    for name, value in change.items():
        if name == "hour":
            words.append(f"about {clock(value)}")
        elif name == "hours_later":
            words.append(f"{abs(value):g} hours {'later' if value >= 0 else 'earlier'}")
        elif name == "sun_azimuth":
            words.append(f"the sun at {value:g}° from north")
        elif name == "snow":
            words.append("snow on the ground" if value else "no snow on the ground")
        else:
            words.append(str(value))
    return ", ".join(words)
