"""COLMAP models: the largest in a folder, with its pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from worldloom.reconstruct.inputs.photos import read_photo
from worldloom.reconstruct.pose import colmap_lens, colmap_points
from worldloom.reconstruct.pose_features import quiet_pycolmap
from worldloom.reconstruct.records import Photo, Points, Rejected, matrix_rows
from worldloom.scene.errors import FormatError, WorldloomError


def is_colmap_folder(folder: Path) -> bool:
    return bool(_models(folder))


def _models(folder: Path) -> list[Path]:
    places = [folder, folder / "sparse", *sorted((folder / "sparse").glob("*")), folder / "colmap" / "sparse" / "0"]
    return [place for place in places if (place / "cameras.bin").is_file() or (place / "cameras.txt").is_file()]


def read_colmap(folder: Path, target: Path) -> tuple[list[Photo], list[Rejected], Points]:
    """Photos with lenses and poses, and the sparse points, of the model with most photos.

    Args:
        target: for copies of pictures that need one.

    Raises:
        FormatError: no model can be read, or its pictures are not there.
    """
    found = None
    for place in _models(folder):
        model = _read_model(place)
        if found is None or model.num_reg_images() > found.num_reg_images():
            found = model
    assert found is not None, "asked for a folder without a model"
    pictures = [folder / "images", folder.parent / "images", folder.parent.parent / "images", folder]
    photos: list[Photo] = []
    rejected: list[Rejected] = []
    kept: list[int] = []
    for image in sorted(found.images.values(), key=lambda image: image.name):
        if not image.has_pose:
            continue
        path = next((place / image.name for place in pictures if (place / image.name).is_file()), None)
        if path is None or ".." in Path(image.name).parts:
            rejected.append(Rejected(name=image.name, reason=f"its picture is not in {folder / 'images'}"))
            continue
        try:
            photo = read_photo(path, image.name, target)
            lens = colmap_lens(found.cameras[image.camera_id]).resized(photo.width, photo.height)
        except WorldloomError as error:
            rejected.append(Rejected(name=image.name, reason=str(error)))
            continue
        pose = np.vstack([image.cam_from_world().matrix(), [0, 0, 0, 1]])
        photos.append(photo.model_copy(update={"lens": lens, "world_to_camera": matrix_rows(pose), "camera_group": ""}))
        kept.append(image.image_id)
    if not photos:
        raise FormatError(
            f"{folder} is a COLMAP model, but none of its pictures is in {folder / 'images'}. Put them there."
        )
    return photos, rejected, colmap_points(found, kept)


def _read_model(place: Path) -> Any:
    colmap = quiet_pycolmap()
    try:
        return colmap.Reconstruction(place)
    except (RuntimeError, ValueError, OSError, IndexError) as error:
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        raise FormatError(f"{place} can't be read as a COLMAP model ({reason}). Export it again.") from None
