"""Telling a front end how far things are. Every stage takes a `Progress`; terminals, pages, tests bring one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Event:
    """One report of where a stage is."""

    stage: str
    """collect, select, pose, align, initialise, train, clean or evaluate."""
    fraction: float
    """0..1 of this stage."""
    message: str = ""
    """A few words: "matching 40 of 120 pairs"."""
    seconds_left: float | None = None
    """Estimate for this stage."""
    preview: Path | None = None
    """A picture that was just renewed."""


class Progress(Protocol):
    """Called often and cheaply. May raise `KeyboardInterrupt` to ask the stage to stop where it can be resumed."""

    def __call__(self, event: Event, /) -> None: ...


def silent(event: Event, /) -> None:
    """A `Progress` that shows nothing."""
