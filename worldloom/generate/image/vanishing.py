"""Vanishing points: where parallel edges of the world meet in the picture; tilt, horizon and focal length from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_STEEP = math.radians(72)
"""Edges nearer to upright than this may be verticals of the world."""
_CLOSE = math.radians(1.6)
"""An edge whose direction misses a point by less than this leads to it."""
_TRIES = 600


@dataclass(frozen=True, eq=False)
class Lines:
    """What straight edges say. Points are in pixels from the picture's middle, x right, y down."""

    main: Array | None
    """(2,) the vanishing point of level edges that most of them lead to, if there is one."""
    main_share: float
    """Length of edges that lead there over the length of all that are not upright, 0..1."""
    focal: float | None
    """Pixels, from two level vanishing points at right angles, if there are two."""
    slant: float
    """Radians that upright edges lean on average: the picture's roll, positive where the horizon falls to the right."""


def find_lines(grey: NDArray[np.uint8], seed: int) -> Lines:
    """Line segments (von Gioi et al. 2010) and a sampled vote for vanishing points."""
    import cv2

    height, width = grey.shape
    found = cv2.createLineSegmentDetector().detect(grey)[0]
    segments = np.zeros((0, 4)) if found is None else np.asarray(found, np.float64).reshape(-1, 4)
    segments = segments - [width / 2, height / 2, width / 2, height / 2]
    length = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    longest_first = np.argsort(-length, kind="stable")[:350]
    segments, length = segments[longest_first], length[longest_first]
    keep = length > 0.025 * math.hypot(width, height)
    segments, length = segments[keep], length[keep]
    direction = segments[:, 2:] - segments[:, :2]
    steep = np.abs(np.arctan2(direction[:, 1], direction[:, 0] + 1e-12))
    upright = (steep > _STEEP) & (steep < math.pi - _STEEP)
    slant = _slant(direction[upright], length[upright], width)
    flat = (steep < math.radians(4)) | (steep > math.pi - math.radians(4))  # these meet nowhere in the picture
    leaning = ~upright & ~flat
    generator = np.random.default_rng(seed)
    main, share = _vote(segments[leaning], length[leaning], width, height, generator)
    if main is None:
        return Lines(None, 0.0, None, slant)
    level = ~upright
    rest = level & ~_leads(segments, main, _CLOSE)
    other, other_share = _vote(segments[rest], length[rest], 6 * width, height, generator)
    focal = None
    if other is not None and other_share > 0.35 and abs(other[1] - main[1]) < 0.25 * height:
        squared = -(main[0] * other[0] + main[1] * other[1])
        if squared > 0 and 0.6 < math.sqrt(squared) / max(width, height) < 1.9:
            focal = math.sqrt(squared)
    return Lines(main, share, focal, slant)


def _slant(direction: Array, length: Array, width: int) -> float:
    if length.sum() < 0.6 * width:
        return 0.0
    angle = np.arctan2(direction[:, 0] * np.sign(direction[:, 1]), np.abs(direction[:, 1]))
    order = np.argsort(angle, kind="stable")
    middle = np.searchsorted(np.cumsum(length[order]), length.sum() / 2)
    lean = -float(angle[order[min(middle, len(order) - 1)]])
    return lean if abs(lean) < math.radians(6) else 0.0


def _vote(
    segments: Array, length: Array, width: int, height: int, generator: np.random.Generator
) -> tuple[Array | None, float]:
    """The crossing of two segments that the greatest length of segments leads to, and its share of all."""
    if len(segments) < 6:
        return None, 0.0
    chance = length / length.sum()
    first = generator.choice(len(segments), _TRIES, p=chance)
    second = generator.choice(len(segments), _TRIES, p=chance)
    ends = np.concatenate([segments.reshape(-1, 2, 2), np.ones((len(segments), 2, 1))], axis=2)
    lines = np.cross(ends[:, 0], ends[:, 1])
    crossing = np.cross(lines[first], lines[second])
    usable = np.abs(crossing[:, 2]) > 1e-6
    points = crossing[usable, :2] / crossing[usable, 2:]
    points = points[(np.abs(points[:, 0]) < 0.8 * width) & (np.abs(points[:, 1]) < 0.8 * height)]
    if len(points) == 0:
        return None, 0.0
    votes = np.array([length[_leads(segments, point, _CLOSE)].sum() for point in points])
    best = points[int(votes.argmax())]
    for _ in range(3):  # least squares of the lines that lead there
        leading = _leads(segments, best, _CLOSE)
        normal = lines[leading, :2] / np.linalg.norm(lines[leading, :2], axis=1, keepdims=True)
        offset = lines[leading, 2] / np.linalg.norm(lines[leading, :2], axis=1)
        weight = length[leading, None]
        matrix = normal.T @ (normal * weight)
        if leading.sum() < 3 or np.linalg.cond(matrix) > 1e5:
            break
        best = np.linalg.solve(matrix, -(normal * weight).T @ offset)
    return best, float(length[_leads(segments, best, _CLOSE)].sum() / length.sum())


def _leads(segments: Array, point: Array, within: float) -> Array:
    middle = (segments[:, :2] + segments[:, 2:]) / 2
    along, toward = segments[:, 2:] - segments[:, :2], point - middle
    cross = np.abs(along[:, 0] * toward[:, 1] - along[:, 1] * toward[:, 0])
    far = np.linalg.norm(toward, axis=1)
    return (cross <= math.sin(within) * np.linalg.norm(along, axis=1) * far) & (far > 8)
