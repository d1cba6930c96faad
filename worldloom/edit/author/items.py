"""Named things in a world's record: finding, replacing, taking out and renaming them, with what refers to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from worldloom.scene.authored import Action, Authored, Trigger
from worldloom.scene.errors import ConflictError, InvalidDataError
from worldloom.scene.world import World

Kind = Literal["camera_path", "portal", "medium", "animation", "trigger"]

_FIELDS: dict[Kind, str] = {
    "camera_path": "camera_paths",
    "portal": "portals",
    "medium": "media",
    "animation": "animations",
    "trigger": "triggers",
}
_WORDS: dict[Kind, str] = {
    "camera_path": "camera path",
    "portal": "portal",
    "medium": "sound or video",
    "animation": "animation",
    "trigger": "trigger",
}
_MOST: dict[Kind, int] = {"camera_path": 1000, "portal": 200, "medium": 200, "animation": 500, "trigger": 500}


def items(world: World, kind: Kind) -> tuple[Any, ...]:
    """All things of a kind, in their order."""
    return getattr(world if kind == "camera_path" else world.authored, _FIELDS[kind])


def put(world: World, kind: Kind, item: Any, *, only_new: bool) -> World:
    """With `item` in the place of the one of its name, or behind all others.

    Raises:
        ConflictError: there is one of that name, and `only_new`.
        InvalidDataError: there are too many.
    """
    old = items(world, kind)
    if not any(other.name == item.name for other in old):
        if len(old) >= _MOST[kind]:
            raise InvalidDataError(f"A world has at most {_MOST[kind]} of these; delete a {_WORDS[kind]} first.")
        return _with(world, kind, (*old, item))
    if only_new:
        raise ConflictError(f"There is a {_WORDS[kind]} '{item.name}' already; choose another name.")
    return _with(world, kind, tuple(item if other.name == item.name else other for other in old))


def without(world: World, kind: Kind, name: str) -> tuple[World, list[str]]:
    """Without the thing of that name, and without what triggers did with it.

    Returns:
        The world, and the names of the triggers that changed.

    Raises:
        InvalidDataError: there is none.
    """
    require(world, kind, name)
    less = _with(world, kind, tuple(item for item in items(world, kind) if item.name != name))
    return _actions_changed(less, lambda action: None if _refers(action, kind, name) else action)


def renamed(world: World, kind: Kind, name: str, new: str) -> World:
    """With the thing called otherwise, also where triggers speak of it.

    Raises:
        InvalidDataError: there is none.
        ConflictError: another has that name.
    """
    item = require(world, kind, name)
    if new == name:
        return world
    if any(other.name == new for other in items(world, kind)):
        raise ConflictError(f"There is a {_WORDS[kind]} '{new}' already; choose another name.")
    called = item.model_copy(update={"name": new})
    more = _with(world, kind, tuple(called if other is item else other for other in items(world, kind)))

    def follow(action: Action) -> Action:
        return action.model_copy(update={_REFERENCES[action.do][1]: new}) if _refers(action, kind, name) else action

    return _actions_changed(more, follow)[0]


def require(world: World, kind: Kind, name: str) -> Any:
    """The thing of that name.

    Raises:
        InvalidDataError: there is none.
    """
    for item in items(world, kind):
        if item.name == name:
            return item
    known = ", ".join(f"'{item.name}'" for item in items(world, kind)[:20]) or "none yet"
    raise InvalidDataError(f"There is no {_WORDS[kind]} '{name}'; there are {known}.")


def check_trigger(world: World, trigger: Trigger) -> None:
    """
    Raises:
        InvalidDataError: it speaks of something that is not there.
    """
    for action in (*trigger.on_enter, *trigger.on_leave):
        if action.do in _REFERENCES:
            kind, field = _REFERENCES[action.do]
            require(world, kind, getattr(action, field))


_REFERENCES: dict[str, tuple[Kind, str]] = {
    "play": ("medium", "medium"),
    "fly": ("camera_path", "path"),
    "animate": ("animation", "animation"),
    "go": ("portal", "portal"),
}
"""What an action names: the kind of thing, and the field that its name is in."""


def _refers(action: Action, kind: Kind, name: str) -> bool:
    if action.do not in _REFERENCES:
        return False
    of, field = _REFERENCES[action.do]
    return of == kind and getattr(action, field) == name


def _actions_changed(world: World, change: Callable[[Action], Action | None]) -> tuple[World, list[str]]:
    touched: list[str] = []

    def changed(trigger: Trigger) -> Trigger:
        lists = [
            tuple(new for action in actions if (new := change(action)) is not None)
            for actions in (trigger.on_enter, trigger.on_leave)
        ]
        if lists == [trigger.on_enter, trigger.on_leave]:
            return trigger
        touched.append(trigger.name)
        return trigger.model_copy(update={"on_enter": lists[0], "on_leave": lists[1]})

    triggers = tuple(changed(trigger) for trigger in world.authored.triggers)
    return (_with(world, "trigger", triggers), touched) if touched else (world, touched)


def _with(world: World, kind: Kind, all_of_them: tuple[Any, ...]) -> World:
    if kind == "camera_path":
        return replace(world, camera_paths=all_of_them)
    authored: Authored = world.authored.model_copy(update={_FIELDS[kind]: all_of_them})
    return replace(world, authored=authored)
