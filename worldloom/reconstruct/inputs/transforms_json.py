"""nerfstudio's and instant-ngp's `transforms.json`: photos with lenses and poses.

Their cameras look along -z with y up (OpenGL); pixel centres and intrinsics are as ours.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from worldloom.reconstruct.inputs.photos import read_photo
from worldloom.reconstruct.records import Photo, Rejected, matrix_rows
from worldloom.scene.errors import FormatError, WorldloomError
from worldloom.scene.lens import Lens, LensModel

_MODELS: dict[str, LensModel] = {
    "PINHOLE": "PINHOLE",
    "SIMPLE_PINHOLE": "PINHOLE",
    "SIMPLE_RADIAL": "OPENCV",
    "RADIAL": "OPENCV",
    "OPENCV": "OPENCV",
    "PERSPECTIVE": "OPENCV",
    "OPENCV_FISHEYE": "OPENCV_FISHEYE",
    "FISHEYE": "OPENCV_FISHEYE",
    "EQUIRECTANGULAR": "EQUIRECTANGULAR",
}


def read_transforms(path: Path, folder: Path) -> tuple[list[Photo], list[Rejected], Path | None]:
    """Photos with their lenses and poses; frames whose picture is missing are rejected.

    Args:
        folder: for copies of pictures that need one.

    Returns:
        Photos, rejected frames, and the point cloud that the file names, if there is one.

    Raises:
        FormatError: the file is damaged, or none of its pictures can be read.
    """
    try:
        content = json.loads(path.read_bytes())
        frames = content["frames"]
        if not isinstance(frames, list) or not frames:
            raise ValueError("it has no frames")
    except (ValueError, KeyError, TypeError, RecursionError, OSError) as error:
        raise FormatError(f"{path} can't be read as a transforms.json ({error}). Export it again.") from None
    photos: list[Photo] = []
    rejected: list[Rejected] = []
    for frame in sorted(frames, key=_frame_name):
        name = _frame_name(frame)
        picture = _picture(path.parent, name)
        if picture is None:
            rejected.append(Rejected(name=name, reason=f"its picture is not beside {path.name}"))
            continue
        try:
            photos.append(_photo(path, content, frame, name, picture, folder))
        except WorldloomError as error:
            rejected.append(Rejected(name=name, reason=str(error)))
    if not photos:
        first = rejected[0] if rejected else None
        raise FormatError(f"{path}: no frame can be used" + (f"; of '{first.name}': {first.reason}" if first else "."))
    return photos, rejected, _point_cloud(path, content)


def _frame_name(frame: Any) -> str:
    return str(frame.get("file_path", "")) if isinstance(frame, dict) else ""


def _picture(folder: Path, name: str) -> Path | None:
    relative = Path(name.replace("\\", "/"))
    if not name or relative.is_absolute() or ".." in relative.parts:
        return None
    for candidate in (folder / relative, folder / f"{relative}.png", folder / f"{relative}.jpg"):
        if candidate.is_file():
            return candidate
    return None


def _photo(path: Path, content: dict[str, Any], frame: dict[str, Any], name: str, picture: Path, folder: Path) -> Photo:
    mask_name = frame.get("mask_path")
    mask = _picture(path.parent, str(mask_name)) if mask_name else None
    unique = str(Path(name.replace("\\", "/")).as_posix()).lstrip("./")
    photo = read_photo(picture, unique if Path(unique).suffix else f"{unique}{picture.suffix}", folder, mask=mask)
    return photo.model_copy(
        update={
            "lens": _lens(path, {**content, **frame}, photo),
            "world_to_camera": matrix_rows(_world_to_camera(path, name, frame.get("transform_matrix"))),
            "camera_group": "",
        }
    )


def _world_to_camera(path: Path, name: str, rows: Any) -> np.ndarray:
    try:
        camera_to_world = np.array(rows, np.float64)
    except (TypeError, ValueError):
        camera_to_world = np.zeros(0)
    if camera_to_world.shape == (3, 4):
        camera_to_world = np.vstack([camera_to_world, [0, 0, 0, 1]])
    if camera_to_world.shape != (4, 4) or not np.isfinite(camera_to_world).all():
        raise FormatError(f"{path}: the pose of '{name}' is not a matrix of 4 x 4 numbers. Export the file again.")
    camera_to_world[:3, 1:3] *= -1
    u, sizes, vt = np.linalg.svd(camera_to_world[:3, :3])
    if sizes[2] < 0.5 or sizes[0] > 2 or np.linalg.det(u @ vt) < 0 or np.ptp(sizes) > 0.02:
        raise FormatError(f"{path}: the pose of '{name}' is not a rotation and a position. Export the file again.")
    rotation = u @ vt
    world_to_camera = np.eye(4)
    world_to_camera[:3, :3] = rotation.T
    world_to_camera[:3, 3] = -rotation.T @ camera_to_world[:3, 3]
    return world_to_camera


def _lens(path: Path, values: dict[str, Any], photo: Photo) -> Lens:
    def number(*names: str) -> float | None:
        for name in names:
            value = values.get(name)
            if isinstance(value, int | float) and math.isfinite(value):
                return float(value)
        return None

    named = str(values.get("camera_model", "OPENCV")).upper()
    if named not in _MODELS:
        raise FormatError(f"{path}: camera model '{named}' is not known; known are {', '.join(_MODELS)}.")
    model = _MODELS[named]
    width, height = number("w", "width") or photo.width, number("h", "height") or photo.height
    if model == "EQUIRECTANGULAR":
        return Lens(model, photo.width, photo.height)
    angle_x, angle_y = number("camera_angle_x"), number("camera_angle_y")
    fx = number("fl_x") or (0.5 * width / math.tan(angle_x / 2) if angle_x else None)
    fy = number("fl_y") or (0.5 * height / math.tan(angle_y / 2) if angle_y else None)
    fx, fy = fx or fy, fy or fx
    if fx is None or fy is None:
        raise FormatError(f"{path} has no focal length (fl_x or camera_angle_x). Export the file again.")
    cx = number("cx")
    cy = number("cy")
    fisheye = model == "OPENCV_FISHEYE"
    distortion = tuple(
        number(key) or 0.0 for key in (("k1", "k2", "k3", "k4") if fisheye else ("k1", "k2", "p1", "p2"))
    )
    if model == "OPENCV" and not any(distortion):
        model = "PINHOLE"
    lens = Lens(
        model,
        round(width),
        round(height),
        fx,
        fy,
        width / 2 if cx is None else cx,
        height / 2 if cy is None else cy,
        () if model == "PINHOLE" else distortion,
    )
    same_shape = abs(lens.width / lens.height - photo.width / photo.height) < 0.02
    if not same_shape:
        raise FormatError(f"{path} says {lens.width} x {lens.height} pixels, but {photo.source} has another shape.")
    return lens.resized(photo.width, photo.height)


def _point_cloud(path: Path, content: dict[str, Any]) -> Path | None:
    name = content.get("ply_file_path")
    if not isinstance(name, str):
        return None
    relative = Path(name)
    inside = not relative.is_absolute() and ".." not in relative.parts
    return path.parent / relative if inside and (path.parent / relative).is_file() else None
