"""Where a camera path leads at a time: positions along Catmull-Rom splines, rotations along spherical quadrangles
(Shoemake, "Quaternion calculus and fast animation", 1987). The viewer's `tools/spline.ts` computes the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from worldloom.scene.world_record import CameraPath

Floats = NDArray[np.float64]


def duration(path: CameraPath) -> float:
    """Seconds that one passage takes."""
    return (path.seconds[-1] - path.seconds[0]) / path.speed


def sample(path: CameraPath, seconds: ArrayLike) -> tuple[Floats, Floats]:
    """Where the camera is so many seconds (n,) after it set out; before and after, at the path's ends.

    Returns:
        Positions (n, 3), metres, and unit rotations (n, 4), wxyz, of glTF cameras, both in the world's frame.
    """
    times = np.asarray(path.seconds, np.float64)
    places = np.array([pose.position for pose in path.poses], np.float64)
    turns = _near_each_other(np.array([pose.rotation for pose in path.poses], np.float64))
    now = _own_seconds(path, np.atleast_1d(np.asarray(seconds, np.float64)))
    if len(times) == 1:
        return np.tile(places, (len(now), 1)), np.tile(turns, (len(now), 1))
    start = np.clip(np.searchsorted(times, now, side="right") - 1, 0, len(times) - 2)
    span = np.maximum(times[start + 1] - times[start], 1e-9)[:, None]
    share = np.clip((now - times[start])[:, None] / span, 0, 1)
    return _hermite(times, places, start, span, share), _squad(turns, start, share)


def _own_seconds(path: CameraPath, passed: Floats) -> Floats:
    """The path's own time, eased, so long after setting out."""
    whole = path.seconds[-1] - path.seconds[0]
    if whole <= 0:
        return np.full_like(passed, path.seconds[0])
    share = passed * path.speed / whole
    share = share % 1 if path.loop else np.clip(share, 0, 1)
    eased = {
        "none": share,
        "in": share**2,
        "out": 1 - (1 - share) ** 2,
        "both": share**2 * (3 - 2 * share),
    }[path.easing]
    return path.seconds[0] + whole * eased


def _hermite(times: Floats, places: Floats, start: NDArray[np.int64], span: Floats, t: Floats) -> Floats:
    """Cubics whose tangents are Catmull-Rom's, for keys at uneven times."""
    index = np.arange(len(times))
    before, after = np.maximum(index - 1, 0), np.minimum(index + 1, len(times) - 1)
    tangents = (places[after] - places[before]) / np.maximum(times[after] - times[before], 1e-9)[:, None]
    return (
        places[start] * (2 * t**3 - 3 * t**2 + 1)
        + tangents[start] * span * (t**3 - 2 * t**2 + t)
        + places[start + 1] * (3 * t**2 - 2 * t**3)
        + tangents[start + 1] * span * (t**3 - t**2)
    )


def _squad(turns: Floats, start: NDArray[np.int64], t: Floats) -> Floats:
    index = np.arange(len(turns))
    inverse = turns * np.array([1.0, -1.0, -1.0, -1.0])
    around = [_log(_times(inverse, turns[np.clip(index + step, 0, len(turns) - 1)])) for step in (-1, 1)]
    controls = _times(turns, _exp(-(around[0] + around[1]) / 4))
    direct = _slerp(turns[start], turns[start + 1], t)
    bent = _slerp(controls[start], controls[start + 1], t)
    return _slerp(direct, bent, 2 * t * (1 - t))


def _near_each_other(turns: Floats) -> Floats:
    """Unit quaternions, each of the sign that is nearer to the one before it."""
    turns = turns / np.linalg.norm(turns, axis=1, keepdims=True)
    flips = np.sign((turns[1:] * turns[:-1]).sum(axis=1))
    signs = np.cumprod(np.concatenate([[1.0], np.where(flips == 0, 1.0, flips)]))
    return turns * signs[:, None]


def _slerp(one: Floats, other: Floats, t: Floats) -> Floats:
    cosine = (one * other).sum(axis=-1, keepdims=True)
    other = np.where(cosine < 0, -other, other)
    angle = np.arccos(np.clip(np.abs(cosine), 0, 1))
    sine = np.sin(angle)
    safe = np.where(sine < 1e-6, 1.0, sine)
    left = np.where(sine < 1e-6, 1 - t, np.sin((1 - t) * angle) / safe)
    right = np.where(sine < 1e-6, t, np.sin(t * angle) / safe)
    mixed = left * one + right * other
    return mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)


def _times(left: Floats, right: Floats) -> Floats:
    """Hamilton product (n, 4)."""
    w, v = left[:, :1], left[:, 1:]
    u, x = right[:, :1], right[:, 1:]
    return np.concatenate([w * u - (v * x).sum(axis=1, keepdims=True), w * x + u * v + np.cross(v, x)], axis=1)


def _log(turns: Floats) -> Floats:
    """(n, 3) half rotation vectors of unit quaternions."""
    sine = np.linalg.norm(turns[:, 1:], axis=1, keepdims=True)
    angle = np.arctan2(sine, turns[:, :1])
    return turns[:, 1:] * np.where(sine < 1e-9, 1.0, angle / np.maximum(sine, 1e-9))


def _exp(vectors: Floats) -> Floats:
    angle = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.concatenate([np.cos(angle), vectors * np.sinc(angle / np.pi)], axis=1)
