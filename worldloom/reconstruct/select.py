"""Leaving out what would only cost time or blur the world: repeated and blurred pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from worldloom.reconstruct.inputs.sharpness import sharpness
from worldloom.reconstruct.pictures import read_mask
from worldloom.reconstruct.progress import Event, Progress
from worldloom.reconstruct.records import Capture, Photo, Record, Rejected
from worldloom.scene.errors import WorldloomError


class SelectOptions(Record):
    """What is left out."""

    duplicates: bool = Field(default=True, description="leave out pictures that show just the same as another")
    duplicate_difference: float = Field(
        default=0.008, ge=0, description="mean grey difference (0..1) below which two are the same"
    )
    blurred: bool = Field(default=True, description="leave out pictures far more blurred than the others")
    blur_ratio: float = Field(
        default=0.12, gt=0, lt=1, description="sharpness below this share of its neighbours' is blurred"
    )
    most_photos: int | None = Field(default=None, ge=3, description="keep so many, evenly spread")


_FEWEST = 4
_SIDE = 64


def select(capture: Capture, folder: Path, options: SelectOptions, progress: Progress) -> Capture:
    """Drop near-duplicates, then blurred pictures, then every so many of too many. Given poses don't change that.

    Never drops more than a third as blurred, nor below four photos.
    """
    if not capture.photos:
        return capture
    rejected = list(capture.rejected)
    thumbnails: list[NDArray[np.float32]] = []
    measured: list[Photo] = []
    for number, photo in enumerate(capture.photos):
        progress(Event("select", number / len(capture.photos), f"looking at {photo.name}"))
        try:
            grey = read_mask(photo.path)
        except WorldloomError as error:
            rejected.append(Rejected(name=photo.name, reason=str(error)))
            continue
        measured.append(photo.model_copy(update={"sharpness": sharpness(grey)}))
        thumbnails.append(_thumbnail(grey))
    kept = list(range(len(measured)))
    if options.duplicates:
        kept = _without_duplicates(kept, measured, thumbnails, options, rejected)
    if options.blurred:
        kept = _without_blurred(kept, measured, options, rejected)
    if options.most_photos is not None and len(kept) > options.most_photos:
        even = set(np.linspace(0, len(kept) - 1, options.most_photos).round().astype(int).tolist())
        reason = f"more than the {options.most_photos} photos that were asked for"
        rejected += [Rejected(name=measured[at].name, reason=reason) for n, at in enumerate(kept) if n not in even]
        kept = [at for n, at in enumerate(kept) if n in even]
    chosen = tuple(measured[at] for at in kept)
    return capture.model_copy(update={"photos": chosen, "rejected": tuple(rejected)})


def _thumbnail(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(64, 64) in 0..1, brightness and contrast evened out so that exposure does not matter."""
    import cv2

    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.clip(0.5 + (small - small.mean()) / max(6 * float(small.std()), 1e-3), 0, 1).astype(np.float32)


def _without_duplicates(
    kept: list[int],
    photos: list[Photo],
    thumbnails: list[NDArray[np.float32]],
    options: SelectOptions,
    rejected: list[Rejected],
) -> list[int]:
    """Of each group that looks the same, the sharpest stays."""
    chosen: list[int] = []
    stack = np.stack(thumbnails) if thumbnails else np.zeros((0, _SIDE, _SIDE), np.float32)
    for at in sorted(kept, key=lambda at: -photos[at].sharpness):
        if chosen:
            differences = np.abs(stack[chosen] - stack[at]).mean(axis=(1, 2))
            nearest = int(np.argmin(differences))
            if differences[nearest] < options.duplicate_difference:
                reason = f"shows just the same as {photos[chosen[nearest]].name}"
                rejected.append(Rejected(name=photos[at].name, reason=reason))
                continue
        chosen.append(at)
    return sorted(chosen)


def _without_blurred(
    kept: list[int], photos: list[Photo], options: SelectOptions, rejected: list[Rejected]
) -> list[int]:
    """Compare each picture with those around it: what it shows matters more for sharpness than the camera does."""
    values = np.array([photos[at].sharpness for at in kept])
    blurred = []
    for place in range(len(kept)):
        around = np.delete(values, place)[max(0, place - 5) : place + 5]
        if len(around) and values[place] < options.blur_ratio * float(np.median(around)):
            blurred.append(place)
    blurred.sort(key=lambda place: values[place])
    most = max(0, min(len(kept) // 3, len(kept) - _FEWEST))
    dropped = set(blurred[:most])
    for place in sorted(dropped):
        rejected.append(Rejected(name=photos[kept[place]].name, reason="much more blurred than the photos around it"))
    return [at for place, at in enumerate(kept) if place not in dropped]
