"""What a clause asks for, before it is tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from worldloom.app.command.finding import Found
from worldloom.edit.operation import Operation


@dataclass(frozen=True, eq=False)
class Wish:
    """One of: an operation, another light, or a step back or forth."""

    operation: Operation | None
    title: str
    note: str = ""
    event: str = ""
    """What `POST /worlds/{w}:event` takes as its `prompt`."""
    turn: Literal["", "undo", "redo"] = ""
    count: int | None = None
    """Gaussians that it would change; None: those that it is about, or, where nothing is, what trying it shows."""
    found: Found | None = None
    """What it is about: "it" in the next clause."""
    makes: bool = False
    """It makes something new, which is selected then and is "it"."""
