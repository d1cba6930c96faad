"""Undistorted pinhole pictures at training size, written once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from worldloom.reconstruct.pictures import read_mask, read_rgb
from worldloom.reconstruct.progress import Event, Progress
from worldloom.reconstruct.records import PosedPhoto, Reconstruction, View, ViewSet, matrix_rows
from worldloom.scene.files import replacing
from worldloom.scene.lens import Lens, PinholeView, pinhole_views


def make_views(
    reconstruction: Reconstruction, folder: Path, *, max_size: int, holdout_every: int | None, progress: Progress
) -> ViewSet:
    """Cut pinhole views out of all photos.

    Args:
        folder: for the pictures; those there already are used again.
        max_size: longest side, pixels; smaller photos are not enlarged.
        holdout_every: views of every n-th photo are held out from training; None holds out none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    views: list[View] = []
    with ThreadPoolExecutor(2) as threads:  # OpenCV works outside Python's lock; two pictures in memory at a time
        work = threads.map(lambda photo: _views_of(photo, folder, max_size), reconstruction.photos)
        for number, made in enumerate(work):
            held_out = holdout_every is not None and number % holdout_every == 0
            views += [view.model_copy(update={"held_out": held_out}) for view in made]
            fraction = (number + 1) / len(reconstruction.photos)
            progress(Event("initialise", 0.2 * fraction, f"undistorting {number + 1} of {len(reconstruction.photos)}"))
    _shared_windows.cache_clear()
    return ViewSet(views=tuple(views))


def _views_of(posed: PosedPhoto, folder: Path, max_size: int) -> list[View]:
    photo = posed.photo
    pixels: NDArray[np.uint8] | None = None
    mask: NDArray[np.uint8] | None = None
    source = _reduced(posed.lens, max_size)
    views = []
    for number, window in enumerate(_windows(source, max_size)):
        identity = f"{_state(photo.path)} {_state(photo.mask)} {posed.lens} {max_size} {number}"
        stem = f"{Path(photo.name).stem}-{hashlib.sha256(identity.encode()).hexdigest()[:10]}"
        image, mask_path = folder / f"{stem}.png", folder / f"{stem}.mask.png"
        width, height = _fit(window.lens.width, window.lens.height, max_size)
        inside = window.valid(source)
        needs_mask = photo.mask is not None or not inside.all()
        if not image.exists() or (needs_mask and not mask_path.exists()):
            if pixels is None:
                pixels = _resized(read_rgb(photo.path), source.width, source.height)
                mask = None if photo.mask is None else _resized(read_mask(photo.mask), source.width, source.height)
            if needs_mask:
                shown = inside.astype(np.uint8) * 255
                shown = shown if mask is None else np.minimum(shown, window.sample(mask))
                _write(mask_path, _resized(shown, width, height))
            _write(image, _resized(window.sample(pixels), width, height))
        fitted = window.lens.resized(width, height)
        pose = np.eye(4)
        pose[:3, :3] = window.source_to_view
        views.append(
            View(
                name=photo.name if number == 0 else f"{photo.name}#{number}",
                image=image,
                mask=mask_path if needs_mask else None,
                width=width,
                height=height,
                fx=fitted.fx,
                fy=fitted.fy,
                cx=fitted.cx,
                cy=fitted.cy,
                world_to_camera=matrix_rows(pose @ np.array(posed.world_to_camera)),
                transparent=photo.transparent,
            )
        )
    return views


def _state(path: Path | None) -> str:
    """A file as it is now: another picture of the same name is another picture."""
    if path is None or not path.exists():
        return str(path)
    return f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"


def _reduced(lens: Lens, max_size: int) -> Lens:
    """The source no finer than twice its windows, so that sampling between four pixels misses none."""
    finest = max_size * (16 if lens.model == "EQUIRECTANGULAR" else 4)
    return lens.resized(*_fit(lens.width, lens.height, finest))


def _windows(lens: Lens, max_size: int) -> Iterable[PinholeView]:
    """Windows at up to twice the training size: shrinking them by area afterwards keeps edges free of aliasing."""
    if lens.model == "EQUIRECTANGULAR":
        return pinhole_views(lens, max_size=2 * max_size)  # one face in memory at a time
    return _shared_windows(lens, 2 * max_size)


@lru_cache(maxsize=1)
def _shared_windows(lens: Lens, max_size: int) -> tuple[PinholeView, ...]:
    """Most photos of a capture share a lens, and so their windows."""
    return tuple(pinhole_views(lens, max_size=max_size))


def _fit(width: int, height: int, max_size: int) -> tuple[int, int]:
    scale = min(1.0, max_size / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _resized(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    import cv2

    if (width, height) == (pixels.shape[1], pixels.shape[0]):
        return pixels
    shrinks = width * height < pixels.shape[0] * pixels.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(pixels, (width, height), interpolation=how).astype(np.uint8, copy=False)


def _write(path: Path, pixels: NDArray[np.uint8]) -> None:
    import cv2

    stored = pixels[:, :, ::-1] if pixels.ndim == 3 else pixels
    with replacing(path) as beside:  # PNG: what is trained on is then what was sampled, to the bit
        cv2.imwrite(str(beside), stored, [cv2.IMWRITE_PNG_COMPRESSION, 1])
