"""Progress in the terminal."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from worldloom.reconstruct.progress import Event

_WORDS = {
    "collect": "Collecting pictures",
    "select": "Selecting the good ones",
    "pose": "Finding where they were taken",
    "align": "Standing the world upright",
    "initialise": "Placing the first Gaussians",
    "train": "Training",
    "clean": "Cleaning up",
    "evaluate": "Measuring quality",
}


class TerminalProgress:
    """Stages as bars, or as plain lines where there is no terminal. Use as a context manager; call with events."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(file=sys.stderr, quiet=quiet)
        self._bars = Progress(
            TextColumn("{task.fields[words]:<30}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("[dim]{task.fields[note]}"),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> TerminalProgress:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, event: Event, /) -> None:
        words = _WORDS.get(event.stage, event.stage)
        note = event.message
        if event.seconds_left is not None and event.fraction < 1:
            note += f", about {in_words(event.seconds_left)} left"
        if event.stage not in self._tasks:
            self._tasks[event.stage] = self._bars.add_task(event.stage, total=1.0, words=words, note=note)
            if self._bars.disable:
                self._console.print(f"{words} ...", highlight=False)
        self._bars.update(self._tasks[event.stage], completed=event.fraction, note=note)


def in_words(seconds: float) -> str:
    """A duration as people say it: "45 s", "3 min", "1 h 20 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
