"""Standing the world upright: gravity up, floor at y = 0, metres, and a place to start walking."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from worldloom.reconstruct.align_gps import GpsTrack
from worldloom.reconstruct.progress import Event, Progress
from worldloom.reconstruct.records import Points, Reconstruction, Record, matrix_rows
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.geometry import Transform
from worldloom.scene.upright import Upright, camera_positions, find_upright, floor_height, spread

__all__ = ["AlignOptions", "KnownDistance", "align", "camera_positions", "spawn_pose", "transform_reconstruction"]

Array = NDArray[np.float64]
ScaleSource = Literal["arbitrary", "gps", "known distance", "given", "guess"]

_SUBJECT_DISTANCE = 2.5
"""Metres from camera to what it looks at, guessed where there is no floor."""
_STEEPEST = math.radians(30)
"""The walk starts looking up or down by no more than this."""


class KnownDistance(Record):
    """A measured distance between the places where two photos were taken."""

    first: str = Field(description="name of a photo")
    second: str = Field(description="name of another photo")
    metres: float = Field(gt=0, description="distance between the two places")


class AlignOptions(Record):
    """How the world's frame is chosen."""

    up: bool = Field(
        default=True, description="turn the world upright; false keeps the frame of given poses, Y being up"
    )
    known_distance: KnownDistance | None = Field(
        default=None, description="two photos' names and the metres between their places"
    )
    scale: float | None = Field(default=None, gt=0, description="metres per unit of the poses, if you know it")
    eye_height: float = Field(
        default=1.5, gt=0, description="metres the camera was held above the floor, for the guess"
    )


def align(reconstruction: Reconstruction, folder: Path, options: AlignOptions, progress: Progress) -> Reconstruction:
    """Move a reconstruction into the world's frame: Y up, metres, floor at y = 0, spawn looking along -Z.

    A frame that came with its vertical (a laser scan's) is kept as it is, and so is its scale if it came in metres.

    Raises:
        InvalidDataError: a photo named in the options has no pose.
    """
    progress(Event("align", 0.0, "finding which way is up"))
    poses = np.array([photo.world_to_camera for photo in reconstruction.photos], np.float64)
    points = Points.load(reconstruction.points)
    xyz = points.xyz.astype(np.float64)
    cameras = camera_positions(poses)
    track = GpsTrack.of([photo.photo.gps for photo in reconstruction.photos], cameras)
    kept = reconstruction.up == "given" or not options.up
    if kept:
        up = np.array([0.0, 1.0, 0.0])
        upright = Upright(up, floor_height(xyz, cameras, up), "given")
    else:
        upright = find_upright(poses, xyz, track.up() if track else None)
    north = track.north(upright.up) if track else None
    scale, scale_source = _scale(reconstruction, points, upright, options, north.metres_per_unit if north else None)
    start = _best_start(poses, points.track_photos, upright.up)
    ahead = _level_direction(poses[start], upright.up)
    if kept:
        matrix = np.diag([scale, scale, scale, 1.0])
    else:
        floor = upright.floor
        if floor is None:
            held = float(np.median(cameras @ upright.up)) - options.eye_height / scale
            floor = min(held, float(np.percentile(xyz @ upright.up, 2)) if len(xyz) else held)
        matrix = _placing(upright.up, ahead, np.median(cameras, axis=0), floor, scale)
    moved = transform_reconstruction(
        reconstruction, points, Transform.from_matrix(torch.from_numpy(matrix)), folder / "points.npz"
    )
    origin = -matrix[:3, :3].T @ matrix[:3, 3] / scale**2
    progress(Event("align", 1.0))
    return moved.model_copy(
        update={
            "scale": scale_source,
            "up": upright.source,
            "floor_found": upright.floor is not None,
            "spawn": matrix_rows(spawn_pose(np.array(moved.photos[start].world_to_camera))),
            "geo_anchor": north.anchor(origin, -matrix[2, :3] / scale) if north else None,
        }
    )


def transform_reconstruction(
    reconstruction: Reconstruction, points: Points, by: Transform, points_path: Path
) -> Reconstruction:
    """Move photos and points together; the moved points are written to `points_path`."""
    poses = torch.tensor([photo.world_to_camera for photo in reconstruction.photos], dtype=torch.float64)
    xyz = by.apply_to_points(torch.from_numpy(points.xyz.astype(np.float64))).numpy()
    Points(xyz.astype(np.float32), points.rgb, points.track_offsets, points.track_photos).save(points_path)
    photos = tuple(
        photo.model_copy(update={"world_to_camera": matrix_rows(pose)})
        for photo, pose in zip(reconstruction.photos, by.apply_to_world_to_camera(poses).numpy())
    )
    return reconstruction.model_copy(update={"photos": photos, "points": points_path})


def _scale(
    reconstruction: Reconstruction, points: Points, upright: Upright, options: AlignOptions, from_gps: float | None
) -> tuple[float, ScaleSource]:
    """Metres per unit, and where that comes from."""
    cameras = camera_positions(np.array([photo.world_to_camera for photo in reconstruction.photos]))
    if options.scale is not None:
        return options.scale, "known distance"
    if options.known_distance is not None:
        return _scale_from_distance(reconstruction, cameras, options.known_distance), "known distance"
    if reconstruction.scale == "given":
        return 1.0, "given"
    if from_gps is not None:
        return from_gps, "gps"
    if upright.floor is not None:
        height = float(np.median(cameras @ upright.up)) - upright.floor
        if height > 0.01 * spread(points.xyz.astype(np.float64)):
            return options.eye_height / height, "guess"
    seen = np.repeat(points.xyz.astype(np.float64), np.diff(points.track_offsets), axis=0)
    distances = np.linalg.norm(seen - cameras[points.track_photos], axis=1)
    if len(distances) == 0:
        return 1.0, "arbitrary"
    return _SUBJECT_DISTANCE / max(float(np.median(distances)), 1e-9), "guess"


def _scale_from_distance(reconstruction: Reconstruction, cameras: Array, known: KnownDistance) -> float:
    places = {photo.photo.name: place for photo, place in zip(reconstruction.photos, cameras)}
    for name in (known.first, known.second):
        if name not in places:
            raise InvalidDataError(f"The known distance names '{name}', but no photo of that name has a pose.")
    apart = float(np.linalg.norm(places[known.first] - places[known.second]))
    if apart < 1e-9:
        raise InvalidDataError(f"'{known.first}' and '{known.second}' were taken at the same place; name two others.")
    return known.metres / apart


def _best_start(poses: Array, track_photos: NDArray[np.int32], up: Array) -> int:
    """The photo that stands in the middle of the path, looks about level and sees most."""
    cameras = camera_positions(poses)
    seen = np.bincount(track_photos, minlength=len(poses)).astype(np.float64)
    distance = np.linalg.norm(cameras - np.median(cameras, axis=0), axis=1)
    level = 1.01 - np.abs(poses[:, 2, :3] @ up)
    return int(np.argmax((1 + seen / max(seen.max(), 1)) * level / (1 + distance / max(np.median(distance), 1e-9))))


def _level_direction(pose: Array, up: Array) -> Array:
    """(3,) level unit vector where a camera looks; one that looks straight down or up, where its picture's top is."""
    for direction in (pose[2, :3], -pose[1, :3] * np.sign(-pose[2, :3] @ up or 1.0)):
        level = direction - (direction @ up) * up
        if np.linalg.norm(level) > 0.1:
            return level / np.linalg.norm(level)
    raise AssertionError("a camera's axes can't both be vertical")


def _placing(up: Array, ahead: Array, middle: Array, floor: float, scale: float) -> Array:
    """(4, 4) similarity into the world's frame: `up` becomes +Y, `ahead` -Z, `middle` x = z = 0, `floor` y = 0."""
    rotation = np.stack([np.cross(ahead, up), up, -ahead])
    matrix = np.eye(4)
    matrix[:3, :3] = scale * rotation
    matrix[:3, 3] = -scale * rotation @ (middle + (floor - middle @ up) * up)
    return matrix


def spawn_pose(pose: Array) -> Array:
    """(4, 4) camera-to-world pose (OpenCV axes) to start walking from: that of the photo with matrix `pose` (4, 4)
    world to camera, in a world with Y up, with its roll taken out and looking up or down only moderately."""
    up = np.array([0.0, 1.0, 0.0])
    pitch = math.asin(float(np.clip(pose[2, 1], -1, 1)))
    pitch = min(max(pitch, -_STEEPEST), _STEEPEST)
    level = _level_direction(pose, up)
    forward = math.cos(pitch) * level + math.sin(pitch) * up
    right = np.cross(level, up)
    spawn = np.eye(4)
    spawn[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    spawn[:3, 3] = camera_positions(pose[None])[0]
    return spawn
