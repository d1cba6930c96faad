"""Stages on disk: what has been done is not done again.

Each stage has a folder in the world's `work/` folder with its result and a key: a hash of its options, its inputs and
the key of the stage before. A stage whose key still fits is read instead of run.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from worldloom.reconstruct.progress import Event, Progress
from worldloom.scene.errors import WorldloomError
from worldloom.scene.files import replacing, write_text
from worldloom.scene.gaussians import FIELD_NAMES, Gaussians

STAGES = ("collect", "select", "pose", "align", "initialise", "train", "clean", "evaluate")
_PART_OF = {"views": "initialise"}
"""Steps that are kept by themselves but count as part of a stage."""

_Result = TypeVar("_Result")
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(eq=False)
class Ledger:
    """Runs stages in order, each once."""

    folder: Path
    """The world's `work/` folder."""
    progress: Progress
    redo_from: str | None = None
    """Run this stage and those after it again, whatever is on disk."""
    only: str | None = None
    """Run this stage; those before it must be on disk."""
    key: str = ""
    """Of the last stage that was asked for."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Wall-clock time of each stage when it was run."""

    def stage_folder(self, stage: str) -> Path:
        folder = self.folder / stage
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def record(self, stage: str, model: type[_Model], shaped_by: object, run: Callable[[Path], _Model]) -> _Model:
        """The stage's result, a pydantic model: from disk if nothing that shaped it changed, else by `run(folder)`."""

        def load(folder: Path) -> _Model:
            return model.model_validate_json((folder / "result.json").read_bytes())

        def save(folder: Path, result: _Model) -> None:
            write_text(folder / "result.json", result.model_dump_json())

        return self._once(stage, shaped_by, run, load, save)

    def gaussians(
        self,
        stage: str,
        shaped_by: object,
        run: Callable[[Path], Mapping[str, Gaussians]],
        *,
        keep: Callable[[Path], bool] = lambda folder: True,
    ) -> dict[str, Gaussians]:
        """The stage's result, named sets of Gaussians (see `record`).

        Args:
            keep: asked after a run with the stage's folder whether the result is final; else it is run again next time.
        """
        return self._once(stage, shaped_by, lambda folder: dict(run(folder)), _load_gaussians, _save_gaussians, keep)

    def _once(
        self,
        stage: str,
        shaped_by: object,
        run: Callable[[Path], _Result],
        load: Callable[[Path], _Result],
        save: Callable[[Path, _Result], None],
        keep: Callable[[Path], bool] = lambda folder: True,
    ) -> _Result:
        """Load or run a stage. What follows an unfinished one is keyed apart, and so never mistaken for final."""
        self.key = _chain(self.key, stage, shaped_by)
        folder = self.stage_folder(stage)
        done = folder / "done.json"
        if not self._must_run(stage):
            try:
                stored = json.loads(done.read_bytes())
                if stored["key"] == self.key:
                    result = load(folder)
                    self.seconds[stage] = float(stored["seconds"])
                    self._tell(stage, 1.0, "done before")
                    return result
            except (OSError, ValueError, KeyError, TypeError, ValidationError):
                pass  # absent, or damaged by a kill: run it
        if self.only is not None and _place(stage) < _place(self.only):
            raise WorldloomError(
                f"Stage '{self.only}' can't run alone yet: the result of '{stage}' in {folder} is missing or was made "
                f"with other options. Run without --only, or run '{stage}' first."
            )
        done.unlink(missing_ok=True)
        self._tell(stage, 0.0)
        started = time.monotonic()
        result = run(folder)
        self.seconds[stage] = time.monotonic() - started
        save(folder, result)
        if keep(folder):
            write_text(done, json.dumps({"key": self.key, "seconds": round(self.seconds[stage], 3)}))
        else:
            self.key = _chain(self.key, "unfinished", started)
        self._tell(stage, 1.0)
        return result

    def _tell(self, stage: str, fraction: float, words: str = "") -> None:
        if stage not in _PART_OF:
            self.progress(Event(stage, fraction, words))

    def _must_run(self, stage: str) -> bool:
        if self.only is not None:
            return _place(stage) == _place(self.only)
        return self.redo_from is not None and _place(stage) >= _place(self.redo_from)


def _place(stage: str) -> int:
    return STAGES.index(_PART_OF.get(stage, stage))


def _chain(key: str, stage: str, shaped_by: object) -> str:
    text = json.dumps([key, stage, shaped_by], default=_plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def _save_gaussians(folder: Path, sets: Mapping[str, Gaussians]) -> None:
    from safetensors.torch import save_file

    tensors = {
        f"{name}.{field_name}": tensor.detach().cpu().contiguous()
        for name, gaussians in sets.items()
        for field_name, tensor in zip(FIELD_NAMES, gaussians.tensors)
    }
    with replacing(folder / "result.safetensors") as beside:
        save_file(tensors, beside)


def _load_gaussians(folder: Path) -> dict[str, Gaussians]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(folder / "result.safetensors")
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    names = sorted({name.rsplit(".", 1)[0] for name in tensors})
    return {name: Gaussians(*(tensors[f"{name}.{field_name}"] for field_name in FIELD_NAMES)) for name in names}
