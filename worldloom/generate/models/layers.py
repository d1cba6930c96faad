"""A panorama with distances cut into layers: what is seen, what is behind it (filled in), and the sky; as Gaussians.

Where near and far meet in the picture, the surface is cut rather than stretched. Behind the near side of every cut the
far side goes on for as far as a step aside would uncover it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch

from worldloom.generate.models.filling import push_pull
from worldloom.generate.sphere import directions_of, look_up
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.rotations import matrix_to_quat

CUT = 1.12
"""Neighbouring pixels whose distances differ by more than this factor lie on different surfaces."""
SKY_DISTANCE = 400.0
"""Metres to the sky's Gaussians at least; farther where the scene is larger."""

STEP_ASIDE = 0.6
"""Metres from the middle for which hidden surfaces are made up."""

_SPREAD = 0.62
"""Standard deviation of a Gaussian, in spacings of the samples: no gaps, little blur."""
_THICKNESS = 0.1
_SLANT = 4.0
"""Gaussians on slanted surfaces are stretched by this much at most."""


@dataclass(frozen=True, eq=False)
class Hidden:
    """What a step aside would uncover."""

    mask: np.ndarray
    """(H, 2H) bool: directions with a filled-in surface behind the one seen."""
    distance: np.ndarray
    """(H, 2H) float32 metres to it; zero elsewhere."""


def snap_edges(distance: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Distances (H, 2H) where pixels between a near and a far surface, as blending and networks leave them, are moved
    to that of the two which is closer in value."""
    logs = np.log(np.where(valid, distance, np.inf if not valid.any() else distance[valid].max()))
    logs = logs.astype(np.float32)
    wide = np.concatenate([logs[:, -2:], logs, logs[:, :2]], axis=1)
    kernel = np.ones((5, 5), np.uint8)
    low, high = cv2.erode(wide, kernel)[:, 2:-2], cv2.dilate(wide, kernel)[:, 2:-2]
    between = np.minimum(logs - low, high - logs) > np.log(CUT) / 2
    edge = (high - low > 2 * np.log(CUT)) & between & valid
    return np.where(edge, np.exp(np.where(logs - low < high - logs, low, high)), distance).astype(np.float32)


def find_hidden(distance: np.ndarray, valid: np.ndarray, *, step: float) -> Hidden:
    """Where a step of `step` metres to any side would show something that is not seen from the middle.

    From every cut the far side is carried under the near one, pixel by pixel, for as long as parallax allows:
    step * (1/near - 1/far) radians. Sky counts as infinitely far, but is not carried: the sky's own layer is whole.
    """
    height = len(distance)
    inverse = np.where(valid, 1 / np.maximum(distance, 1e-6), 0).astype(np.float32)
    angle = np.pi / height
    left = np.zeros_like(inverse)  # pixels that the carried surface may still go on
    carried = np.full_like(inverse, -1)  # its inverse distance; below zero where there is none
    rows = max(1, height // 10)
    for number in range(rows):
        source = np.where(carried >= 0, carried, inverse) if number else inverse
        usable = (carried >= 0) if number else valid
        best, best_left = carried.copy(), left.copy()
        for way in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            far = _shifted(source, way)
            able = _shifted(usable, way)
            if number:
                budget = _shifted(left, way) - 1
            else:
                budget = step * np.maximum(inverse - far, 0) / angle
            better = able & valid & (budget > np.maximum(best_left, 0)) & (inverse > CUT * far) & (far > 0)
            best, best_left = np.where(better, far, best), np.where(better, budget, best_left)
        if number and np.array_equal(best >= 0, carried >= 0) and np.array_equal(best_left, left):
            break
        carried, left = best, best_left
    mask = carried > 0
    # What comes from several sides meets at different distances; smoothed, there is no crack between.
    padded = [np.pad(plane.astype(np.float32), ((0, 0), (8, 8)), mode="wrap") for plane in (carried * mask, mask)]
    total, mass = (cv2.GaussianBlur(plane, (0, 0), 2.0)[:, 8:-8] for plane in padded)
    smooth = total / np.maximum(mass, 1e-6)
    return Hidden(mask, np.where(mask, 1 / np.maximum(smooth, 1e-6), 0).astype(np.float32))


def surface_gaussians(
    panorama: np.ndarray, distance: np.ndarray, mask: np.ndarray, *, opacity: float = 0.99
) -> Gaussians:
    """Flat Gaussians on the surface at `distance`, lying in it, one for each equal piece of the sphere.

    Args:
        panorama: (H, 2H, 3) uint8 sRGB.
        distance: (H, 2H) metres.
        mask: (H, 2H) bool: where to put any.

    Returns:
        Gaussians around the origin.
    """
    height = len(distance)
    row, column, spacing = _even_pixels(height)
    direction = _direction(row, column, height)
    keep = look_up(mask, direction, nearest=True)
    row, column, spacing, direction = row[keep], column[keep], spacing[keep], direction[keep]
    radius = look_up(distance, direction, nearest=True)
    colour = look_up(panorama.astype(np.float32), direction) / 255
    normals = np.where(_on_cut(distance, mask)[..., None], -directions_of(height), _normals(distance, mask))
    normal = look_up(normals, direction, nearest=True)
    return discs(direction, radius, normal, spacing, colour, opacity)


def sky_gaussians(panorama: np.ndarray, sky: np.ndarray, radius: float) -> Gaussians:
    """A dome of Gaussians where `sky` (H, 2H) bool is True and a little beyond, its colours continued under the rest;
    a quarter as many as pixels, since skies are smooth."""
    if not sky.any():
        return Gaussians.empty()
    height = len(sky)
    wide = cv2.dilate(np.tile(sky.astype(np.uint8), (1, 3)), np.ones((height // 16 * 2 + 1,) * 2, np.uint8))
    reach = wide[:, sky.shape[1] : 2 * sky.shape[1]] > 0
    safe = cv2.erode(np.tile(sky.astype(np.uint8), (1, 3)), np.ones((3, 3), np.uint8))
    safe = safe[:, sky.shape[1] : 2 * sky.shape[1]] > 0
    painted = _wrapped_fill(panorama.astype(np.float32), safe if safe.any() else sky)
    row, column, spacing = _even_pixels(max(16, height // 2))
    direction = _direction(row, column, max(16, height // 2))
    keep = look_up(reach, direction, nearest=True)
    direction, spacing = direction[keep], spacing[keep]
    colour = look_up(painted, direction) / 255
    far = np.full(len(direction), radius, np.float32)
    return discs(direction, far, -direction, spacing, colour, 0.99)


def _shifted(plane: np.ndarray, way: tuple[int, int]) -> np.ndarray:
    """The neighbour's value, around in columns, the border's own in rows."""
    down, right = way
    moved = np.roll(plane, right, axis=1) if right else plane
    if down:
        moved = np.concatenate([moved[:1], moved[:-1]]) if down > 0 else np.concatenate([moved[1:], moved[-1:]])
    return moved


def _wrapped_fill(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    width = known.shape[1]
    half = width // 2
    wide = np.concatenate([values[:, half:], values, values[:, :half]], axis=1)
    mask = np.concatenate([known[:, half:], known, known[:, :half]], axis=1)
    return push_pull(wide, mask)[:, width - half : 2 * width - half]


def _even_pixels(height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the panorama with fewer places in those near the poles.

    Returns:
        (N,) row, (N,) share of the way around, (N,) angle between neighbours, radians.
    """
    elevation = (0.5 - (np.arange(height) + 0.5) / height) * np.pi
    counts = np.maximum(3, np.round(2 * height * np.cos(elevation))).astype(np.int64)
    row = np.repeat(np.arange(height), counts)
    start = np.repeat(np.cumsum(counts) - counts, counts)
    share = (np.arange(len(row)) - start + 0.5) / counts[row]
    return row, share, np.full(len(row), np.pi / height, np.float32)


def _direction(row: np.ndarray, share: np.ndarray, height: int) -> np.ndarray:
    elevation = (0.5 - (row + 0.5) / height) * np.pi
    azimuth = (share - 0.5) * 2 * np.pi
    level = np.cos(elevation)
    return np.stack([np.sin(azimuth) * level, np.sin(elevation), -np.cos(azimuth) * level], axis=-1).astype(np.float32)


def _normals(distance: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(H, 2H, 3) unit normals towards the middle, from whichever neighbour on each axis is on the same surface."""
    height = len(distance)
    rays = directions_of(height)
    points = rays * distance[..., None]
    tangents = []
    for down, right in ((0, 1), (1, 0)):
        ahead, behind = (-down, -right), (down, right)
        one = _step_along(points, distance, mask, ahead)
        two = -_step_along(points, distance, mask, behind)
        shorter = np.linalg.norm(one, axis=-1) <= np.linalg.norm(two, axis=-1)
        tangents.append(np.where(shorter[..., None], one, two))
    normal = np.cross(tangents[0], tangents[1])
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    normal = np.where(np.isfinite(length) & (length > 1e-12), normal / np.maximum(length, 1e-12), -rays)
    return np.where((normal * rays).sum(axis=-1, keepdims=True) > 0, -normal, normal).astype(np.float32)


def _on_cut(distance: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(H, 2H) bool: pixels beside another surface, whose slope is unknown and that mustn't stick out over the cut."""
    found = np.zeros_like(mask)
    for way in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        other = _shifted(distance, way)
        found |= ~_shifted(mask, way) | (np.maximum(other, distance) > CUT * np.minimum(other, distance))
    return found


def _step_along(points: np.ndarray, distance: np.ndarray, mask: np.ndarray, way: tuple[int, int]) -> np.ndarray:
    """From each point to its neighbour; very long where that lies on another surface."""
    there = np.stack([_shifted(points[..., axis], way) for axis in range(3)], axis=-1)
    other = _shifted(distance, way)
    joined = mask & _shifted(mask, way) & (np.maximum(other, distance) < CUT * np.minimum(other, distance))
    return np.where(joined[..., None], there - points, 1e6)


def discs(
    direction: np.ndarray,
    radius: np.ndarray,
    normal: np.ndarray,
    spacing: np.ndarray,
    colour: np.ndarray,
    opacity: float,
) -> Gaussians:
    """Gaussians facing `normal`, stretched along the slope so that slanted surfaces have no gaps."""
    count = len(direction)
    if not count:
        return Gaussians.empty()
    facing = np.clip(-(direction * normal).sum(axis=-1), 1 / _SLANT, 1)
    # Where a surface is seen at a grazing angle its normal is not to be trusted; lean it back towards the eye.
    lean = normal - direction * np.maximum(1 / _SLANT - -(direction * normal).sum(axis=-1), 0)[:, None]
    axis = lean / np.maximum(np.linalg.norm(lean, axis=-1, keepdims=True), 1e-9)
    slope = direction + axis * -(direction * axis).sum(axis=-1, keepdims=True)  # the ray's shadow on the surface
    length = np.linalg.norm(slope, axis=-1, keepdims=True)
    helper = np.where(np.abs(axis[:, 1:2]) < 0.9, [[0.0, 1, 0]], [[1.0, 0, 0]])
    fallback = np.cross(helper, axis)
    fallback /= np.maximum(np.linalg.norm(fallback, axis=-1, keepdims=True), 1e-9)
    slope = np.where(length > 1e-3, slope / np.maximum(length, 1e-9), fallback)
    frame = np.stack([slope, np.cross(axis, slope), axis], axis=-1)
    size = radius * spacing * _SPREAD
    scales = np.stack([size / facing, size, size * _THICKNESS], axis=-1)
    logit = float(np.log(opacity / (1 - opacity)))
    return Gaussians(
        torch.from_numpy((direction * radius[:, None]).astype(np.float32)),
        matrix_to_quat(torch.from_numpy(frame.astype(np.float32))),
        torch.from_numpy(np.log(np.maximum(scales, 1e-7)).astype(np.float32)),
        torch.full((count,), logit),
        rgb_to_sh0(torch.from_numpy(colour.astype(np.float32)))[:, None],
    )
