"""How long a reconstruction will take and how much memory it will need, told before it is started.

A rough model of the stages on a machine of two cores (figures of `bench/reconstruct.py`), corrected by how long this
machine took for what it has done so far.
"""

from __future__ import annotations

import statistics
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from worldloom.app.jobs.devices import gpus
from worldloom.app.jobs.kinds import Preset
from worldloom.reconstruct.inputs import suffixes
from worldloom.scene.store.store import Store
from worldloom.scene.store.uploads import Upload

_FRAMES_OF_A_VIDEO = 150
_FRAMES_PER_SECOND = 3.0
_STEPS_SECONDS = {"draft": 55.0, "standard": 560.0, "high": 9000.0}
"""Training, on two cores."""
_MEMORY = {"draft": (0.6e9, 9e6), "standard": (0.8e9, 16e6), "high": (2.0e9, 45e6)}
"""Bytes, and bytes for each photo."""


@dataclass(frozen=True)
class Needs:
    """What a reconstruction will need, roughly."""

    seconds: float
    memory_bytes: int
    photos: int


class Estimator:
    """Learns from what was done in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counted: dict[str, int] = {}

    def needs(self, uploads: Sequence[str], preset: Preset) -> Needs:
        """Time and memory for making a world of uploads.

        Raises:
            NotFoundError: there is no such upload.
        """
        photos = sum(self._photos(self._store.uploads.get(upload)) for upload in uploads)
        base, each = _MEMORY[preset]
        return Needs(_model_seconds(photos, preset) * self._pace(), int(base + each * photos), photos)

    def _pace(self) -> float:
        """How much longer than the model this machine takes."""
        ratios = []
        for operation in self._store.operations.page(statuses=("succeeded",), kind="reconstruct", size=10).operations:
            told = operation.parameters
            plain = not told.get("iterations") and not told.get("settings") and operation.attempts == 1
            if plain and operation.started and operation.finished:
                uploads = [self._store.uploads.get(upload) for upload in told["uploads"]]
                model = _model_seconds(sum(self._photos(upload) for upload in uploads), told["preset"])
                ratios.append((operation.finished - operation.started) / model)
        if ratios:
            return min(max(statistics.median(ratios), 0.05), 20.0)
        return 0.1 if gpus() else min(max(2 / (psutil.cpu_count() or 2), 0.2), 2.0)

    def _photos(self, upload: Upload) -> int:
        if upload.id not in self._counted:
            self._counted[upload.id] = sum(
                _pictures_in(name, self._store.blobs.path(file.sha256)) for name, file in upload.files.items()
            )
        return self._counted[upload.id]


def _model_seconds(photos: int, preset: Preset) -> float:
    """On two cores."""
    near = min(photos, 80)
    posing = 0.9 * near + 0.035 * near**2 + 5.0 * (photos - near)
    return 12.0 + posing + 0.5 * photos + _STEPS_SECONDS[preset]


def _pictures_in(name: str, path: Path) -> int:
    """Photos in a file; for a video, frames that will be used."""
    suffix = Path(name).suffix.lower()
    if suffix in suffixes.PHOTOS:
        return 1
    if suffix in suffixes.VIDEOS:
        return _frames(path)
    if suffix == ".zip":
        try:
            with zipfile.ZipFile(path) as archive:
                return sum(Path(entry).suffix.lower() in suffixes.PHOTOS for entry in archive.namelist()[:100_000])
        except (zipfile.BadZipFile, OSError):
            return 0
    return 0


def _frames(path: Path) -> int:
    import av
    from av.error import FFmpegError

    try:
        with av.open(str(path)) as container:
            seconds = (container.duration or 0) / 1_000_000
    except (FFmpegError, OSError, ValueError):
        return 0
    return min(int(seconds * _FRAMES_PER_SECOND) + 1, _FRAMES_OF_A_VIDEO)
