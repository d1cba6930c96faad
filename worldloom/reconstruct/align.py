"""Standing the world upright: gravity up, floor at y = 0, metres, and a place to start walking."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from worldloom.reconstruct.progress import Event, Progress
from worldloom.reconstruct.records import Points, Reconstruction, Record, matrix_rows
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.geometry import Transform

Array = NDArray[np.float64]

_EYE_HEIGHT = 1.5
"""Metres from the floor that a photographer's camera is guessed to be."""
_SUBJECT_DISTANCE = 2.5
"""Metres from camera to what it looks at, guessed where there is no floor."""


class KnownDistance(Record):
    """A measured distance between the places where two photos were taken."""

    first: str = Field(description="name of a photo")
    second: str = Field(description="name of another photo")
    metres: float = Field(gt=0, description="distance between the two places")


class AlignOptions(Record):
    """How the world's frame is chosen."""

    up: bool = Field(True, description="turn the world upright; false keeps the frame of given poses")
    known_distance: KnownDistance | None = Field(
        None, description="two photos' names and the metres between their places"
    )
    scale: float | None = Field(None, gt=0, description="metres per unit of the poses, if you know it")
    eye_height: float = Field(
        _EYE_HEIGHT, gt=0, description="metres the camera was held above the floor, for the guess"
    )


def align(reconstruction: Reconstruction, folder: Path, options: AlignOptions, progress: Progress) -> Reconstruction:
    """Move a reconstruction into the world's frame (Y up, metres, floor at y = 0, spawn looking along -Z).

    Raises:
        InvalidDataError: a photo named in the options has no pose.
    """
    progress(Event("align", 0.0, "finding which way is up"))
    poses = np.array([photo.world_to_camera for photo in reconstruction.photos], np.float64)
    points = Points.load(reconstruction.points)
    upright = _Upright.find(reconstruction, poses, points.xyz.astype(np.float64), options)
    scale, origin = _scale(reconstruction, poses, upright, options)
    placed = Transform.from_matrix(torch.from_numpy(_placing(upright, scale, poses)))
    moved = transform_reconstruction(reconstruction, points, placed, folder / "points.npz")
    spawn = spawn_pose(np.array([photo.world_to_camera for photo in moved.photos]), moved.points)
    progress(Event("align", 1.0))
    return moved.model_copy(
        update={
            "scale": origin,
            "up": upright.source,
            "floor_found": upright.floor is not None,
            "spawn": matrix_rows(spawn),
        }
    )


def transform_reconstruction(
    reconstruction: Reconstruction, points: Points, by: Transform, points_path: Path
) -> Reconstruction:
    """Move photos and points together; the moved points are written to `points_path`."""
    poses = torch.tensor([photo.world_to_camera for photo in reconstruction.photos], dtype=torch.float64)
    moved = by.apply_to_world_to_camera(poses).numpy() if len(poses) else []
    xyz = by.apply_to_points(torch.from_numpy(points.xyz.astype(np.float64))).numpy()
    Points(xyz.astype(np.float32), points.rgb, points.track_offsets, points.track_photos).save(points_path)
    photos = tuple(
        photo.model_copy(update={"world_to_camera": matrix_rows(pose)})
        for photo, pose in zip(reconstruction.photos, moved)
    )
    return reconstruction.model_copy(update={"photos": photos, "points": points_path})


def camera_positions(poses: Array) -> Array:
    """(n, 3) centres of cameras with matrices (n, 4, 4) world to camera."""
    return -np.einsum("nij,ni->nj", poses[:, :3, :3], poses[:, :3, 3])


@dataclass(frozen=True, eq=False)
class _Upright:
    """Which way is up, and how high the floor is, in the frame of the poses."""

    up: Array
    """(3,) unit vector."""
    floor: float | None
    """Height of the floor along `up`; None if none was found."""
    source: str
    """For `Reconstruction.up`."""

    @staticmethod
    def find(reconstruction: Reconstruction, poses: Array, points: Array, options: AlignOptions) -> _Upright:
        if reconstruction.up == "given" or not options.up:
            up = np.array([0.0, 1.0, 0.0])
            return _Upright(up, _floor_height(points, camera_positions(poses), up), "given")
        up, source = _up_from_cameras(poses), "cameras"
        plane = _plane_normal_near(points, camera_positions(poses), up)
        if plane is not None:
            up, source = plane, "plane"
        return _Upright(up, _floor_height(points, camera_positions(poses), up), source)


def _up_from_cameras(poses: Array) -> Array:
    """People hold cameras level: the camera's x axis is horizontal far more exactly than its y axis is vertical, so up
    is the direction most nearly square to all x axes, on the side of the pictures' tops. Cameras that all look the same
    way leave that undecided about their view axis; a weak pull towards the mean top decides."""
    right, down = poses[:, 0, :3], poses[:, 1, :3]
    top = -down.mean(axis=0)
    top /= max(np.linalg.norm(top), 1e-12)
    scatter = right.T @ right / len(right)
    pull = 0.02 * (np.eye(3) - np.outer(top, top))
    _, vectors = np.linalg.eigh(scatter + pull)
    up = vectors[:, 0]
    return up if up @ top >= 0 else -up


def _plane_normal_near(points: Array, cameras: Array, up: Array, *, tolerance: float = 12.0) -> Array | None:
    """Normal of the largest plane of points that is within `tolerance` degrees of horizontal and below the cameras."""
    below = points[(points @ up) < np.median(cameras @ up)]
    if len(below) < 50:
        return None
    thickness = 0.01 * _spread(points)
    generator = np.random.default_rng(0)
    best, best_count = None, 0
    for _ in range(400):
        corners = below[generator.choice(len(below), 3, replace=False)]
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        length = np.linalg.norm(normal)
        if length < 1e-12:
            continue
        normal = normal / length * np.sign(normal @ up or 1.0)
        if normal @ up < math.cos(math.radians(tolerance)):
            continue
        count = int((np.abs((below - corners[0]) @ normal) < thickness).sum())
        if count > best_count:
            best, best_count = (normal, corners[0]), count
    if best is None or best_count < max(50, 0.15 * len(below)):
        return None
    normal, on_it = best
    inliers = below[np.abs((below - on_it) @ normal) < thickness]
    _, _, axes = np.linalg.svd(inliers - inliers.mean(axis=0), full_matrices=False)
    refined = axes[2] * np.sign(axes[2] @ up)
    return refined if refined @ up > math.cos(math.radians(tolerance)) else normal


def _spread(points: Array) -> float:
    """Size of the middle 80% of the points."""
    low, high = np.percentile(points, [10, 90], axis=0)
    return max(float(np.linalg.norm(high - low)), 1e-9)


def _floor_height(points: Array, cameras: Array, up: Array) -> float | None:
    """Height of the lowest layer that holds many points and lies below nearly all cameras."""
    if len(points) < 50:
        return None
    heights = points @ up
    low, high = np.percentile(heights, [0.5, 99.5])
    ceiling = np.percentile(cameras @ up, 10) if len(cameras) else high
    if high - low < 1e-9:
        return None
    counts, edges = np.histogram(heights[(heights >= low) & (heights <= high)], bins=100)
    layer = np.convolve(counts, np.ones(3), mode="same")
    candidates = [index for index in range(100) if layer[index] > 0.08 * len(points) and edges[index + 1] < ceiling]
    if not candidates:
        return None
    lowest = candidates[0]
    peak = max((index for index in candidates if index - lowest <= 10), key=lambda index: layer[index])
    near = np.abs(heights - (edges[peak] + edges[peak + 1]) / 2) < 1.5 * (edges[1] - edges[0])
    return float(np.median(heights[near]))


def _scale(reconstruction: Reconstruction, poses: Array, upright: _Upright, options: AlignOptions) -> tuple[float, str]:
    """Metres per unit, and where that comes from (for `Reconstruction.scale`)."""
    cameras = camera_positions(poses)
    if options.scale is not None:
        return options.scale, "known distance"
    if options.known_distance is not None:
        return _scale_from_distance(reconstruction, cameras, options.known_distance), "known distance"
    if reconstruction.scale == "given":
        return 1.0, "given"
    from_gps = _scale_from_gps(reconstruction, cameras)
    if from_gps is not None:
        return from_gps, "gps"
    if upright.floor is not None:
        height = float(np.median(cameras @ upright.up)) - upright.floor
        if height > 1e-6 * _spread(cameras):
            return options.eye_height / height, "guess"
    points = Points.load(reconstruction.points).xyz.astype(np.float64)
    if len(points) == 0 or len(cameras) == 0:
        return 1.0, "guess"
    distances = np.linalg.norm(np.median(points, axis=0) - cameras, axis=1)
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


def _scale_from_gps(reconstruction: Reconstruction, cameras: Array) -> float | None:
    """Ratio of the spread of GPS positions to that of the cameras, horizontally; None if GPS is too coarse for it."""
    located = [(photo.photo.gps, place) for photo, place in zip(reconstruction.photos, cameras) if photo.photo.gps]
    if len(located) < 3:
        return None
    degrees = np.array([gps for gps, _ in located])
    east = np.radians(degrees[:, 1] - degrees[0, 1]) * 6_378_137 * math.cos(math.radians(degrees[0, 0]))
    north = np.radians(degrees[:, 0] - degrees[0, 0]) * 6_378_137
    ground = np.stack([east, north, degrees[:, 2] - degrees[0, 2]], axis=1)
    places = np.array([place for _, place in located])
    scale, error = _similarity_scale(places, ground)
    spread = float(np.linalg.norm(ground - ground.mean(axis=0), axis=1).mean())
    return scale if spread > 5.0 and error < 0.5 * spread else None  # phones are good to some metres


def _similarity_scale(source: Array, target: Array) -> tuple[float, float]:
    """Scale and mean error of the best similarity between matched points (Umeyama 1991)."""
    source, target = source - source.mean(axis=0), target - target.mean(axis=0)
    u, values, vt = np.linalg.svd(target.T @ source)
    sign = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = float(np.trace(np.diag(values) @ sign) / max((source**2).sum(), 1e-12))
    residual = target - scale * source @ (u @ sign @ vt).T
    return scale, float(np.linalg.norm(residual, axis=1).mean())


def _placing(upright: _Upright, scale: float, poses: Array) -> Array:
    """(4, 4) similarity into the world's frame: up becomes +Y, the photos' mean view direction -Z, the middle of the
    cameras x = z = 0, the floor y = 0."""
    cameras = camera_positions(poses)
    middle = cameras.mean(axis=0) if len(cameras) else np.zeros(3)
    up = upright.up
    ahead = poses[:, 2, :3].mean(axis=0) if len(poses) else np.array([0.0, 0.0, -1.0])
    ahead = ahead - (ahead @ up) * up
    if np.linalg.norm(ahead) < 0.05:  # an inward or outward circle has no mean direction: take the first photo's
        ahead = poses[0, 2, :3] - (poses[0, 2, :3] @ up) * up if len(poses) else ahead
    if np.linalg.norm(ahead) < 1e-6:  # looking straight down or up
        ahead = np.cross(up, [1.0, 0.0, 0.0] if abs(up[0]) < 0.9 else [0.0, 0.0, 1.0])
    back = -ahead / np.linalg.norm(ahead)
    rotation = np.stack([np.cross(up, back), up, back])
    floor = upright.floor if upright.floor is not None else middle @ up - _EYE_HEIGHT / scale
    shift = middle + (floor - middle @ up) * up
    matrix = np.eye(4)
    matrix[:3, :3] = scale * rotation
    matrix[:3, 3] = -scale * rotation @ shift
    return matrix


def spawn_pose(poses: Array, points: Path) -> Array:
    """(4, 4) camera-to-world pose (OpenCV axes) to start from: the photo that stands in the middle of the path and sees
    most, with its roll taken out."""
    if len(poses) == 0:
        return np.array([[1.0, 0, 0, 0], [0, -1, 0, _EYE_HEIGHT], [0, 0, -1, 0], [0, 0, 0, 1]])
    cameras = camera_positions(poses)
    cloud = Points.load(points)
    seen = np.bincount(cloud.track_photos, minlength=len(poses))[: len(poses)].astype(np.float64)
    distance = np.linalg.norm(cameras - np.median(cameras, axis=0), axis=1)
    level = 1 - np.abs(poses[:, 2, 1])  # looking straight up or down is a poor start
    score = (1 + seen / max(seen.max(), 1)) * level / (1 + distance / max(float(np.median(distance)), 1e-9))
    best = int(np.argmax(score))
    forward = poses[best, 2, :3]
    right = np.cross(forward, [0.0, 1.0, 0.0])
    right = right / np.linalg.norm(right) if np.linalg.norm(right) > 1e-6 else np.array([1.0, 0.0, 0.0])
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    pose[:3, 3] = cameras[best]
    return pose
