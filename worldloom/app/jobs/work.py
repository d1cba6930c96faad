"""What a worker has at hand while it works, and what it gives back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worldloom.reconstruct.progress import Event
from worldloom.scene.store.operations import Operation
from worldloom.scene.store.store import Store

PREVIEW = "preview.jpg"
_LEAST_SECONDS_BETWEEN_REPORTS = 0.4


@dataclass(frozen=True)
class Result:
    """What came of it."""

    values: dict[str, Any]
    """For the operation's `result`."""
    world: str | None = None


@dataclass(eq=False)
class Work:
    """An operation under way."""

    store: Store
    operation: Operation
    folder: Path
    """The operation's own; survives a restart."""
    overall: Callable[[Event], float] = lambda event: event.fraction
    """How far the whole is, given a stage's report."""
    may_finish: Callable[[str], bool] = lambda stage: False
    """Whether a stage, asked to finish, ends with what it has."""
    _last_report: float = 0.0
    _last_stage: str = ""
    _fraction: float = 0.0
    _began: float = field(default_factory=time.monotonic)
    _began_at: float | None = None

    def progress(self, event: Event) -> None:
        """Tell the server, a few times a second at most, and the log, at each new stage.

        Raises:
            KeyboardInterrupt: the stage is asked to finish with what it has.
        """
        now = time.monotonic()
        if event.stage != self._last_stage:
            print(f"{time.strftime('%H:%M:%S')} {event.stage}", flush=True)
        elif now - self._last_report < _LEAST_SECONDS_BETWEEN_REPORTS and event.preview is None:
            return
        self._last_report, self._last_stage = now, event.stage
        self._fraction = max(self._fraction, min(self.overall(event), 1.0))
        wish = self.store.operations.report(
            self.operation.id,
            stage=event.stage,
            message=event.message,
            fraction=self._fraction,
            seconds_left=self._seconds_left(event, now),
            preview=time.time() if event.preview and self._keep_preview(event.preview) else None,
        )
        if wish == "finish" and self.may_finish(event.stage):
            raise KeyboardInterrupt

    def say(self, stage: str, fraction: float, message: str = "") -> None:
        """Progress of work that isn't made of stages."""
        self.progress(Event(stage, fraction, message))

    def _seconds_left(self, event: Event, now: float) -> float | None:
        """From the pace so far, since work that is resumed begins somewhere in the middle."""
        if self._began_at is None:
            self._began, self._began_at = now, self._fraction
        done = self._fraction - self._began_at
        if done < 0.02 or now - self._began < 3:
            return None
        by_pace = (now - self._began) * (1 - self._fraction) / done
        return max(by_pace, event.seconds_left or 0.0)

    def _keep_preview(self, picture: Path) -> bool:
        """A small JPEG beside the log."""
        from PIL import Image

        from worldloom.scene.files import replacing

        try:
            with Image.open(picture) as image:
                image.thumbnail((960, 960))
                with replacing(self.folder / PREVIEW) as beside:
                    image.convert("RGB").save(beside, quality=85)
        except OSError:  # it is being written this moment; the next one will do
            return False
        return True
