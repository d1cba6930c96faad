"""Work in stages, each with a folder of files to look at; done stages are not done again for the same inputs."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worldloom.scene.files import write_text


@dataclass(frozen=True)
class Done:
    """A stage that is done."""

    name: str
    folder: Path
    seconds: float
    """How long it took when it was done."""
    models: tuple[str, ...]
    """Ids of the backends that took part."""
    reused: bool
    """Whether it was done by an earlier run."""


class Stages:
    """Stages one after another in a work folder. Each depends on its own inputs and on all stages before it."""

    def __init__(self, folder: Path, inputs: dict[str, Any]) -> None:
        """Args: inputs: what the whole work depends on, as JSON."""
        self._folder = folder
        self._key = _digest(inputs)
        self.done: list[Done] = []

    def run(self, name: str, inputs: dict[str, Any], models: tuple[str, ...], make: Callable[[Path], None]) -> Path:
        """The folder of the stage `name`, filled by `make` unless an earlier run did so from the same inputs.

        A stage that fails or is interrupted leaves nothing that a later run would take for done.
        """
        self._key = _digest([self._key, name, inputs])
        place = self._folder / f"{len(self.done) + 1:02d}-{name}"
        record = _read(place / "stage.json")
        reused = record.get("key") == self._key
        if not reused:
            fresh = place.with_name(f".{place.name}.partial")
            for old in (fresh, place):
                shutil.rmtree(old, ignore_errors=True)
            fresh.mkdir(parents=True)
            started = time.monotonic()
            make(fresh)
            record = {"key": self._key, "seconds": round(time.monotonic() - started, 3), "inputs": inputs}
            write_text(fresh / "stage.json", json.dumps(record, indent=2) + "\n")
            fresh.rename(place)
        self.done.append(Done(name, place, float(record["seconds"]), models, reused))
        return place


def digest_array(array: Any) -> str:
    """SHA-256 of an array's bytes and shape; "" for None."""
    if array is None:
        return ""
    return hashlib.sha256(repr((array.shape, str(array.dtype))).encode() + array.tobytes()).hexdigest()


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
