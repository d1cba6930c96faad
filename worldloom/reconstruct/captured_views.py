"""Where the photos were taken from, and small pictures of them, kept in the world: editing compares with them."""

from __future__ import annotations

import hashlib
import io
import math
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from worldloom.reconstruct.pictures import read_mask, read_rgb
from worldloom.reconstruct.records import PosedPhoto, Reconstruction, View, ViewSet
from worldloom.scene.files import write_bytes
from worldloom.scene.rotations import pose_quat
from worldloom.scene.world_record import CapturedView, Pose, picture_files

_LONGEST = 480
_QUALITY = 80


def captured_views(placed: Reconstruction, views: ViewSet, folder: Path) -> tuple[CapturedView, ...]:
    """The photos' cameras, as their undistorted views are: panoramas, which have several, without a picture.

    Args:
        folder: the world's; pictures go to `captures/` in it.
    """
    flat = {view.name: view for view in views.views}
    found = []
    for posed in placed.photos:
        view = None if posed.lens.model == "EQUIRECTANGULAR" else flat.get(posed.photo.name)
        captured = _captured(posed, view)
        if view is not None:
            data = _picture(view)
            captured = captured.model_copy(update={"picture": hashlib.sha256(data).hexdigest()})
            ((path, _),) = picture_files([captured])
            write_bytes(folder / path, data)
        found.append(captured)
    return tuple(found)


def pose_of(camera_to_world: torch.Tensor) -> Pose:
    """A camera's (4, 4) pose in OpenCV axes as a `Pose`, which looks along -Z."""
    x, y, z = camera_to_world[:3, 3].tolist()
    qw, qx, qy, qz = pose_quat(camera_to_world[:3, :3]).tolist()
    return Pose(position=(x, y, z), rotation=(qw, qx, qy, qz))


def _captured(posed: PosedPhoto, view: View | None) -> CapturedView:
    lens = posed.lens
    fov, aspect = 179.0, lens.width / lens.height
    if view is not None:
        fov = math.degrees(2 * math.atan(view.height / (2 * view.fy)))
        aspect = _aspect(view)
    elif lens.model != "EQUIRECTANGULAR":
        fov = math.degrees(2 * math.atan(lens.height / (2 * lens.fy)))
    pose = pose_of(torch.linalg.inv(torch.tensor(posed.world_to_camera, dtype=torch.float64)))
    return CapturedView(
        name=posed.photo.name, position=pose.position, rotation=pose.rotation, vertical_fov=fov, aspect=aspect
    )


def _aspect(view: View) -> float:
    """Of its picture, if it had square pixels."""
    return view.width / view.fx * view.fy / view.height


def _picture(view: View) -> bytes:
    """A WebP of the view with the lens's axis in its middle; transparent where it was masked or shows nothing."""
    pixels = read_rgb(view.image)
    shown = np.full(pixels.shape[:2], 255, np.uint8) if view.mask is None else read_mask(view.mask)
    aspect = _aspect(view)
    height = min(view.height, round(_LONGEST / max(aspect, 1.0)))
    width = max(round(height * aspect), 1)
    small = cv2.resize(np.dstack([pixels, shown]), (width, height), interpolation=cv2.INTER_AREA)
    shift = np.array([width * (0.5 - view.cx / view.width), height * (0.5 - view.cy / view.height)])
    if np.abs(shift).max() > 0.25:
        small = cv2.warpAffine(small, np.column_stack([np.eye(2), shift]), (width, height))
    if small[..., 3].min() == 255:
        small = np.ascontiguousarray(small[..., :3])
    packed = io.BytesIO()
    Image.fromarray(small).save(packed, "WEBP", quality=_QUALITY)
    return packed.getvalue()
