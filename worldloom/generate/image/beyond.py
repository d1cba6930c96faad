"""Past the picture's frame: the world goes round and closes behind one's back, overhead and under the feet.

What is left and right of the frame is the picture mirrored at its edges, again and again until it meets itself, with
its distances: so ground stays ground, a row of houses goes on, and there is no seam. It is made up, and is called so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.image.fill import diffused, diffused_colours
from worldloom.generate.image.layers import Behind
from worldloom.generate.image.solve import Scene
from worldloom.generate.image.splat import joined, splats
from worldloom.generate.image.view import View
from worldloom.scene.gaussians import Gaussians

Array = NDArray[Any]

_STEP = math.radians(0.27)
"""Between Gaussians to the sides."""
_COARSE = math.radians(0.8)
"""Between Gaussians overhead."""
_FAR = 1.5
"""Distance of the sky over that of the farthest thing."""


@dataclass(frozen=True, eq=False)
class Beyond:
    sides: Gaussians
    sky: Gaussians
    """Or what is overhead, where there is no sky."""


def sky_distance(scene: Scene) -> float:
    """Metres from the eye to the sky."""
    return _FAR * scene.farthest


def beyond(view: View, scene: Scene, q: Array, back: Behind, rgb: Array, seed: int) -> Beyond:
    """Everything outside the frame, and the sky behind what stands before it."""
    eye = np.array([0.0, view.eye_height, 0.0])
    around = _Around(view, scene, q, back, rgb, seed)
    sides = _sides(around, eye)
    feet = _feet(around, eye)
    overhead = _sky(around, eye) if scene.sky.any() else _lid(around, eye)
    return Beyond(joined([sides, feet]), overhead)


class _Around:
    """The picture, continued all round by directions."""

    def __init__(self, view: View, scene: Scene, q: Array, back: Behind, rgb: Array, seed: int) -> None:
        import cv2

        self.view, self.scene = view, scene
        self.colour = np.where(back.mask[..., None], back.rgb / 255.0, rgb).astype(np.float32)
        self.q = np.where(back.mask, back.q, q).astype(np.float32)
        self.half = math.atan(0.985 * view.width / 2 / view.focal)
        copies = max(1, round((2 * math.pi - 2 * self.half) / (2 * self.half)))
        self.copies = copies + 1 - copies % 2  # odd, so that the last one ends where the picture begins
        self.stretch = (2 * math.pi - 2 * self.half) / (self.copies * 2 * self.half)
        scale = 4
        size = max(2, view.width // scale), max(2, view.height // scale)
        small = cv2.resize((rgb * 255).astype(np.uint8), size, interpolation=cv2.INTER_AREA)
        if scene.sky.any():
            clear = (
                cv2.resize(
                    cv2.erode(scene.sky.astype(np.uint8), np.ones((5, 5))), size, interpolation=cv2.INTER_NEAREST
                )
                > 0
            )
            clear = clear if clear.any() else cv2.resize(scene.sky.astype(np.uint8), size) > 0
            self.sky_colour = cv2.GaussianBlur(diffused_colours(small, clear).astype(np.float32) / 255, (0, 0), 1.2)
        floor = cv2.resize(scene.ground.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.9
        if not floor.any():
            floor[-max(2, size[1] // 12) :] = True
        self.floor_colour = diffused_colours(small, floor).astype(np.float32) / 255
        self.random = np.random.default_rng(seed)

    def mirrored(self, azimuth: Array) -> Array:
        """Azimuths inside the frame for any; those inside stay."""
        away = np.abs(np.mod(azimuth + math.pi, 2 * math.pi) - math.pi)
        outside = (away - self.half) / (2 * self.half * self.stretch)
        wave = 1 - 2 * np.abs(np.mod(outside, 2) - 1)  # -1 at the edge, 1 a copy farther
        folded = -wave * self.half
        signed = np.where(np.mod(azimuth + math.pi, 2 * math.pi) - math.pi < 0, -1, 1)
        return np.where(away <= self.half, signed * away, signed * folded)

    def pixels(self, azimuth: Array, elevation: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Column, row (floats) of directions, and whether they are in the frame."""
        direction = directions(azimuth, elevation) @ self.view.camera_to_world
        z = direction[..., 2].clip(1e-6)
        u = direction[..., 0] / z * self.view.focal + self.view.width / 2 - 0.5
        v = direction[..., 1] / z * self.view.focal + self.view.height / 2 - 0.5
        inside = (direction[..., 2] > 1e-3) & (u > -0.5) & (v > -0.5)
        inside &= (u < self.view.width - 0.5) & (v < self.view.height - 0.5)
        return u.astype(np.float32), v.astype(np.float32), inside

    def sample(self, plane: Array, u: Array, v: Array) -> Array:
        """Values of a (h, w, ...) plane, whatever its size, at the picture's columns and rows."""
        x = ((u + 0.5) * (plane.shape[1] / self.view.width) - 0.5).clip(0, plane.shape[1] - 1)
        y = ((v + 0.5) * (plane.shape[0] / self.view.height) - 0.5).clip(0, plane.shape[0] - 1)
        left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        right, low = np.minimum(left + 1, plane.shape[1] - 1), np.minimum(top + 1, plane.shape[0] - 1)
        fx, fy = (x - left)[..., None], (y - top)[..., None]
        upper = plane[top, left] * (1 - fx) + plane[top, right] * fx
        lower = plane[low, left] * (1 - fx) + plane[low, right] * fx
        return upper * (1 - fy) + lower * fy

    def nearest(self, plane: Array, u: Array, v: Array) -> Array:
        x = np.round(u).clip(0, self.view.width - 1).astype(np.int64)
        y = np.round(v).clip(0, self.view.height - 1).astype(np.int64)
        return plane[y, x]


def directions(azimuth: Array, elevation: Array) -> Array:
    """(..., 3) unit; azimuth 0 is -Z, positive to the right."""
    flat = np.cos(elevation)
    return np.stack([flat * np.sin(azimuth), np.sin(elevation), -flat * np.cos(azimuth)], axis=-1)


def _grid(low: float, high: float, step: float) -> tuple[Array, Array]:
    columns = math.ceil(2 * math.pi / step)
    azimuth = (np.arange(columns) + 0.5) * (2 * math.pi / columns) - math.pi
    elevation = np.arange(low, high, step)
    a, e = np.meshgrid(azimuth, elevation)
    return a, e


def _sides(around: _Around, eye: Array) -> Gaussians:
    view, scene = around.view, around.scene
    azimuth, elevation = _grid(-math.pi / 2 + 0.02, math.pi / 2 - 0.02, _STEP)
    _, _, framed = around.pixels(azimuth, elevation)
    u, v, inside = around.pixels(around.mirrored(azimuth), elevation)
    use = inside & ~framed & ~around.nearest(scene.sky, u, v)
    azimuth, elevation, u, v = azimuth[use], elevation[use], u[use], v[use]
    q = around.nearest(around.q, u, v)
    ground = around.nearest(scene.ground, u, v)
    # Nothing made up stands closer than arm's length and a bit: one could not turn round for it.
    room = np.where(ground, q, np.minimum(q, 1 / max(2.2, 1.2 * view.eye_height)))
    horizontal = 1 / room
    direction = directions(azimuth, elevation)
    flat = np.cos(elevation)
    points = eye + direction * (horizontal / flat)[:, None]
    points[:, 1] = np.maximum(points[:, 1], 0)
    rgb = around.sample(around.colour, u, v)
    normals = np.where(ground[:, None], [[0.0, 1.0, 0.0]], -direction * [[1, 0, 1]])
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True).clip(1e-9)
    distance = np.linalg.norm(points - eye, axis=1)
    return splats(points, eye, normals, 1.6 * _STEP * distance, rgb)


def _feet(around: _Around, eye: Array) -> Gaussians:
    """Ground below the frame's lower edge, all round, and a floor under everything in case something is missing."""
    height, far = around.view.eye_height, around.scene.farthest
    low = -math.pi / 2 + 0.01
    azimuth, elevation = _grid(low, -height / far, 2.0 * _STEP)
    keep = (np.arange(azimuth.shape[1])[None] % np.maximum(1, np.floor(0.8 / np.cos(elevation))).astype(int)) == 0
    _, _, framed = around.pixels(azimuth, elevation)
    folded = around.mirrored(azimuth)
    u, v, inside = around.pixels(folded, elevation)
    under = ~framed & ~inside & (v > 0)
    lower = around.view.height - 1
    # Below the frame the rows above its edge are mirrored.
    _, edge_v, _ = around.pixels(folded, np.maximum(elevation, -math.pi / 2 + 0.35))
    mirrored_v = np.where(under, (2 * lower - edge_v).clip(0.75 * lower, lower), v)
    rgb = around.sample(around.floor_colour, u.clip(0, around.view.width - 1), mirrored_v)
    fine = around.sample(around.colour, u.clip(0, around.view.width - 1), mirrored_v)
    grounded = around.nearest(around.scene.ground, u.clip(0, around.view.width - 1), mirrored_v)
    rgb = np.where((under & grounded)[..., None], fine, rgb)
    grain = around.random.normal(0, 0.02, rgb.shape[:2]).astype(np.float32)
    rgb = (rgb + grain[..., None])[keep]
    direction = directions(azimuth, elevation)[keep]
    sunk = np.where(under[keep], 0.0, 0.03)
    points = eye + direction * ((height + sunk) / -direction[:, 1])[:, None]
    distance = np.linalg.norm(points - eye, axis=1)
    stretch = np.maximum(1, np.floor(0.8 / np.cos(elevation)))[keep].clip(1, 3)
    up = np.broadcast_to([0.0, 1.0, 0.0], points.shape)
    return splats(points, eye, up, 3.2 * _STEP * distance * np.sqrt(stretch), rgb)


def _sky(around: _Around, eye: Array) -> Gaussians:
    view, scene = around.view, around.scene
    radius = sky_distance(scene)
    azimuth, elevation = _grid(-0.12, math.pi / 2 - 0.005, _COARSE)
    keep = _thinned(azimuth, elevation)
    azimuth, elevation = azimuth[keep], elevation[keep]
    folded = around.mirrored(azimuth)
    u, v, _ = around.pixels(folded, elevation.clip(None, math.pi / 2 - 0.3))
    rows = around.scene.sky.any(axis=1).nonzero()[0]
    deepest = float(rows.max()) if len(rows) else 0.0
    over = (-v).clip(0, None)
    rgb = around.sample(around.sky_colour, u, np.abs(v).clip(0, deepest))
    top = around.sky_colour[: max(1, len(around.sky_colour) // 10)].reshape(-1, 3).mean(axis=0)
    share = (over / max(0.6 * view.height, 1)).clip(0, 1)[:, None]
    high = ((elevation - 0.9) / 0.6).clip(0, 1)[:, None]
    share = np.maximum(share, high)
    rgb = rgb * (1 - share) + top * share
    direction = directions(azimuth, elevation)
    dome = splats(
        eye + direction * radius * 1.03, eye, -direction, np.full(len(direction), 2.4 * _COARSE * radius), rgb
    )
    # Inside the frame, behind what stands before the sky, as fine as every other pixel.
    hidden = ~scene.sky & (view.rays()[..., 1] > -0.02)
    hidden[1::2], hidden[:, 1::2] = False, False
    row, column = hidden.nonzero()
    rays = view.rays()[row, column]
    rays = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    rgb = around.sample(around.sky_colour, column, row)
    width = np.full(len(rays), 3.2 * radius / view.focal)
    inside = splats(eye + rays * radius * 1.01, eye, -rays, width, rgb)
    return joined([dome, inside])


def _lid(around: _Around, eye: Array) -> Gaussians:
    """Where no sky is seen: what stands all round goes on upwards to a ceiling, and hides what would be left open."""
    view = around.view
    azimuth, elevation = _grid(-1.2, math.pi / 2 - 0.005, _COARSE)
    keep = _thinned(azimuth, elevation)
    azimuth, elevation = azimuth[keep], elevation[keep]
    folded = around.mirrored(azimuth)
    top_q = _smooth_columns(np.percentile(around.q[: max(2, view.height // 6)], 40, axis=0))
    u, v, _ = around.pixels(folded, elevation)
    column = np.round(u).clip(0, view.width - 1).astype(np.int64)
    wall = np.minimum(1 / top_q[column], around.scene.farthest)
    wall = np.maximum(wall, max(2.2, 1.2 * view.eye_height))
    rays = view.rays()
    heights = rays[0, :, 1] / np.hypot(rays[0, :, 0], rays[0, :, 2]) / top_q
    ceiling = max(float(np.median(heights)) * 1.05, 0.6 * view.eye_height)
    tangent = np.tan(elevation)
    horizontal = np.where(tangent > 1e-3, np.minimum(wall, ceiling / tangent.clip(1e-3)), wall)
    horizontal = np.where(tangent < 0, np.minimum(wall, view.eye_height / np.maximum(-tangent, 1e-3)), horizontal)
    under_roof = tangent * wall > ceiling
    _, _, framed = around.pixels(azimuth, elevation)
    horizontal = np.where(framed, 1.2 * around.scene.farthest, horizontal)  # behind everything in the picture
    direction = directions(azimuth, elevation)
    points = eye + direction * (1.02 * horizontal / np.cos(elevation))[:, None]
    colours = diffused(around.colour, ~around.scene.ground)
    import cv2

    soft = cv2.GaussianBlur(colours, (0, 0), 5.0)
    band = soft[: max(1, view.height // 10)].mean(axis=0)
    band = np.stack([_smooth_columns(band[:, i]) for i in range(3)], axis=1)
    rgb = np.where((v < 0)[:, None], band[column], around.sample(soft, u, v.clip(0, view.height - 1)))
    share = (1 - np.cos(elevation).clip(0, 1))[:, None] * under_roof[:, None]
    rgb = rgb * (1 - share) + band.mean(axis=0) * share
    normals = np.where(under_roof[:, None], [[0.0, -1.0, 0.0]], -direction * [[1, 0, 1]])
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True).clip(1e-9)
    return splats(points, eye, normals, 1.9 * _COARSE * np.linalg.norm(points - eye, axis=1), rgb)


def _thinned(azimuth: Array, elevation: Array) -> NDArray[np.bool_]:
    """Fewer columns towards the zenith and the nadir, where they crowd."""
    every = np.maximum(1, np.floor(1 / np.cos(elevation).clip(0.02))).astype(int)
    return (np.arange(azimuth.shape[1])[None] % every) == 0


def _smooth_columns(values: Array) -> Array:
    from scipy.ndimage import gaussian_filter1d, median_filter

    wide = max(3, len(values) // 12)
    return gaussian_filter1d(median_filter(values, wide, mode="nearest"), wide / 3, mode="nearest").astype(np.float32)
