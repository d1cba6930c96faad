"""What a session tells those who follow it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from worldloom.app.editing.patches import Patch, Selection
from worldloom.app.editing.turns import Turn
from worldloom.app.server.edit_schemas import EditScene
from worldloom.edit.history import Entry


@dataclass(frozen=True)
class Change:
    """An entry that was added to the log, for those who follow it."""

    entry: Entry
    number: int
    title: str
    count: int
    note: str
    figures: Mapping[str, float]
    patch: Patch
    turns: Mapping[str, Turn]
    """Everyone's undo and redo after it."""
    dirty: bool
    selected: Mapping[str, int]
    """How many Gaussians those have selected whose selection changed."""


@dataclass(frozen=True)
class Saving:
    """A version is being made."""

    operation: str


@dataclass(frozen=True)
class Closed:
    """The session has ended; there is another for those who join again."""


@dataclass(frozen=True)
class Welcome:
    """The state at the moment from which on a listener hears of changes."""

    number: int
    scene: EditScene
    selections: Mapping[str, Selection]
    turns: Mapping[str, Turn]
    dirty: bool
    selected: Mapping[str, int]


Listener = Callable[[Change | Saving | Closed], None]
