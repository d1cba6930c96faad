"""Undistorted pinhole pictures at training size, written once."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
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
    return ViewSet(views=tuple(views))


def _views_of(posed: PosedPhoto, folder: Path, max_size: int) -> list[View]:
    photo = posed.photo
    pixels: NDArray[np.uint8] | None = None
    mask: NDArray[np.uint8] | None = None
    views = []
    for number, window in enumerate(_windows(posed.lens, max_size)):
        identity = f"{photo.path} {posed.lens} {max_size} {photo.mask} {number}"
        stem = f"{Path(photo.name).stem}-{hashlib.sha256(identity.encode()).hexdigest()[:10]}"
        image, mask_path = folder / f"{stem}.png", folder / f"{stem}.mask.png"
        lens = window.lens
        needs_mask = photo.mask is not None or not window.valid(posed.lens).all()
        if not image.exists() or (needs_mask and not mask_path.exists()):
            if pixels is None:
                pixels = read_rgb(photo.path)
                mask = None if photo.mask is None else _fitting_mask(photo.mask, pixels)
            if needs_mask:
                inside = window.valid(posed.lens).astype(np.uint8) * 255
                shown = inside if mask is None else np.minimum(inside, window.sample(mask))
                _write(mask_path, _shrunk(shown, max_size))
            _write(image, _shrunk(window.sample(pixels), max_size))
        width, height = _fit(lens.width, lens.height, max_size)
        fitted = lens.resized(width, height)
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


def _windows(lens: Lens, max_size: int) -> list[PinholeView]:
    """Windows at up to twice the training size: shrinking them by area afterwards keeps edges free of aliasing."""
    return list(pinhole_views(lens, max_size=2 * max_size))


def _fit(width: int, height: int, max_size: int) -> tuple[int, int]:
    scale = min(1.0, max_size / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _shrunk(pixels: NDArray[np.uint8], max_size: int) -> NDArray[np.uint8]:
    import cv2

    width, height = _fit(pixels.shape[1], pixels.shape[0], max_size)
    if (width, height) == (pixels.shape[1], pixels.shape[0]):
        return pixels
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _fitting_mask(path: Path, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    mask = read_mask(path)
    if mask.shape != pixels.shape[:2]:
        mask = cv2.resize(mask, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_NEAREST)
    return mask.astype(np.uint8, copy=False)


def _write(path: Path, pixels: NDArray[np.uint8]) -> None:
    import cv2

    stored = pixels[:, :, ::-1] if pixels.ndim == 3 else pixels
    with replacing(path) as beside:  # PNG: what is trained on is then what was sampled, to the bit
        cv2.imwrite(str(beside), stored, [cv2.IMWRITE_PNG_COMPRESSION, 1])
