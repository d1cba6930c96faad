"""Past the picture's frame: what the frame cuts is completed by its mirror image for a few degrees, dissolving into
new land outdoors or a plain room indoors, level with the picture's ground and in its colours. It is made up, and is
called so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.generate.image.fill import diffused_colours
from worldloom.generate.image.land import coloured, land
from worldloom.generate.image.layers import Behind
from worldloom.generate.image.solve import Scene
from worldloom.generate.image.splat import splats
from worldloom.generate.image.view import View
from worldloom.generate.noise import noise
from worldloom.scene.gaussians import SH_C0, Gaussians, rgb_to_sh0
from worldloom.scene.geometry import merge

Array = NDArray[Any]

_STEP = math.radians(0.16)
"""Between Gaussians to the sides."""
_KEPT, _GONE = math.radians(3.0), math.radians(24.0)
"""Angles from the frame between which its mirror image dissolves."""
_BLEND = math.radians(16.0)
"""Angle from the frame over which the picture's ground passes into the new one's colours."""
_COARSE = math.radians(0.8)
"""Between Gaussians overhead."""
_INDOOR = math.radians(0.5)
"""Between Gaussians of a room."""
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
    if scene.outdoors:
        return Beyond(merge([sides, _land(around, eye, seed)]), _sky(around, eye))
    return Beyond(sides, _room(around, eye))


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
        small = cv2.resize((rgb * 255).astype(np.uint8), size, interpolation=cv2.INTER_AREA).astype(
            np.uint8, copy=False
        )
        if scene.outdoors:
            overhead = scene.sky if scene.sky.any() else _upper(view)
            clear = (
                cv2.resize(cv2.erode(overhead.astype(np.uint8), np.ones((5, 5))), size, interpolation=cv2.INTER_NEAREST)
                > 0
            )
            clear = clear if clear.any() else cv2.resize(overhead.astype(np.uint8), size) > 0
            self.sky_colour = cv2.GaussianBlur(
                diffused_colours(small, clear).astype(np.float32) / 255, (0, 0), 1.2 if scene.sky.any() else 12.0
            )
        whole = scene.ground if scene.ground.mean() > 0.02 else _lower(view)
        self.floor_fine = diffused_colours((self.colour * 255).astype(np.uint8), whole).astype(np.float32) / 255
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

    def away(self, azimuth: Array, elevation: Array) -> Array:
        """Radians, about, from the frame."""
        view = self.view
        way = directions(azimuth, elevation) @ view.camera_to_world
        x, y, z = way[..., 0], way[..., 1], way[..., 2]
        beside = np.arctan2(np.abs(x), z) - math.atan(view.width / 2 / view.focal)
        above = np.abs(np.arctan2(y, np.hypot(x, z))) - math.atan(view.height / 2 / view.focal)
        return np.hypot(beside.clip(0), above.clip(0))

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


def _upper(view: View) -> NDArray[np.bool_]:
    upper = np.zeros((view.height, view.width), bool)
    upper[: max(2, view.height // 10)] = True
    return upper


def _sides(around: _Around, eye: Array) -> Gaussians:
    """The picture mirrored at its left, right and upper edge."""
    view, scene = around.view, around.scene
    highest = view.pitch + math.atan(view.height / 2 / view.focal)
    azimuth, elevation = _grid(-math.pi / 2 + 0.02, min(highest + _GONE, math.pi / 2 - 0.02), _STEP)
    outside = np.abs(azimuth) - around.half
    use = outside < _GONE
    azimuth, elevation, outside = azimuth[use], elevation[use], outside[use]
    _, _, framed = around.pixels(azimuth, elevation)
    u, v, _ = around.pixels(around.mirrored(azimuth), elevation)
    over = -v / view.focal
    v = np.where(v < -0.5, -1 - v, v)
    inside = (v < view.height - 0.5) & (u > -0.5) & (u < view.width - 0.5)
    away = np.maximum(outside, over)
    ragged = noise(np.stack([azimuth, elevation], axis=1) * 14, 5) + 0.5 * noise(
        np.stack([azimuth, elevation], axis=1) * 50, 6
    )
    ends = _KEPT + (_GONE - _KEPT) * (0.45 + 0.5 * ragged).clip(0, 1)
    use = inside & ~framed & (away < ends) & ~around.nearest(scene.sky, u, v)
    azimuth, elevation, u, v = azimuth[use], elevation[use], u[use], v[use]
    q = around.nearest(around.q, u, v)
    ground = around.nearest(scene.ground, u, v)
    # Nothing made up stands closer than arm's length and a bit: one could not turn round for it.
    q = np.where(ground, q, np.minimum(q, 1 / max(2.2, 1.2 * view.eye_height)))
    direction = directions(azimuth, elevation)
    points = eye + direction * (1 / q / np.cos(elevation))[:, None]
    points[:, 1] = np.maximum(points[:, 1], 0)
    rgb = around.sample(around.colour, u, v)
    normals = np.where(ground[:, None], [[0.0, 1.0, 0.0]], -direction * [[1, 0, 1]])
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True).clip(1e-9)
    return splats(points, eye, normals, 1.25 * _STEP * np.linalg.norm(points - eye, axis=1), rgb)


def _land(around: _Around, eye: Array, seed: int) -> Gaussians:
    view, scene = around.view, around.scene
    pixels = (around.colour.reshape(-1, 3), scene.ground.ravel(), scene.sky.ravel())
    low = _lower(view).ravel() & ~pixels[2]
    floor = pixels[0][pixels[1]] if pixels[1].mean() > 0.02 else pixels[0][low]
    standing = pixels[0][~pixels[1] & ~pixels[2]]
    made, ground = land(np.median(floor, axis=0), eye, around.half, seed)
    made = coloured(coloured(made, ground, floor[::7]), ~ground, standing[::7] if len(standing) > 700 else floor[::7])
    way = made.means.numpy().astype(np.float64) - eye
    flat = np.hypot(way[:, 0], way[:, 2])
    azimuth, elevation = np.arctan2(way[:, 0], -way[:, 2]), np.arctan2(way[:, 1], flat)
    _, _, framed = around.pixels(azimuth, elevation)
    away = around.away(azimuth, elevation)
    # Stones close by would be coarse.
    wide = made.scales.max(dim=1).values.numpy()
    coarse = ~ground & (flat < 10) & (wide > 0.02)
    leaning_in = ~ground & (away < 3 * wide / np.linalg.norm(way, axis=1))
    keep = ~framed & ~coarse & ~leaning_in & (flat < 0.95 * sky_distance(scene))
    # Close to the frame the ground has the very colours that the frame cuts off.
    u, v, _ = around.pixels(around.mirrored(azimuth), elevation)
    v = np.where(v > view.height - 1, np.maximum(2 * (view.height - 1) - v, 0.6 * view.height), v)
    seen = around.sample(around.floor_fine, u, v)
    share = np.where(ground, 1 - (away / _BLEND).clip(0, 1), 0)[:, None]
    rgb = made.sh[:, 0].numpy() * SH_C0 + 0.5
    rgb = rgb + share * (seen - rgb)
    made = Gaussians(*made.tensors[:4], rgb_to_sh0(torch.from_numpy(rgb.astype(np.float32)))[:, None])
    return made[torch.from_numpy(keep)]


def _lower(view: View) -> NDArray[np.bool_]:
    lower = np.zeros((view.height, view.width), bool)
    lower[-max(2, view.height // 7) :] = True
    return lower


def _sky(around: _Around, eye: Array) -> Gaussians:
    view, scene = around.view, around.scene
    radius = sky_distance(scene)
    azimuth, elevation = _grid(-0.12, math.pi / 2 - 0.005, _COARSE)
    keep = _thinned(azimuth, elevation)
    azimuth, elevation = azimuth[keep], elevation[keep]
    folded = around.mirrored(azimuth)
    u, v, _ = around.pixels(folded, elevation.clip(None, math.pi / 2 - 0.3))
    rows = np.flatnonzero(around.scene.sky.any(axis=1))
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
    return merge([dome, inside])


def _room(around: _Around, eye: Array) -> Gaussians:
    """Floor, ceiling and plain walls that close the room behind one's back."""
    view, scene = around.view, around.scene
    box = _box(around)
    azimuth, elevation = _grid(-math.pi / 2 + 0.004, math.pi / 2 - 0.004, _INDOOR)
    keep = _thinned(azimuth, elevation)
    azimuth, elevation = azimuth[keep], elevation[keep]
    direction = directions(azimuth, elevation)
    with np.errstate(divide="ignore"):
        hits = np.where(direction > 0, (box[1] - eye) / direction, (box[0] - eye) / direction)
    face = hits.argmin(axis=1)
    points = eye + direction * hits.min(axis=1)[:, None]
    rgb = _painted(around, box, points, face, azimuth)
    away = around.away(azimuth, elevation)
    floor = (face == 1) & (direction[:, 1] < 0)
    u, v, framed = around.pixels(around.mirrored(azimuth), elevation)
    v = np.where(v > view.height - 1, np.maximum(2 * (view.height - 1) - v, 0.6 * view.height), v)
    share = (np.where(floor, 1, 0) * (1 - (away / _BLEND).clip(0, 1)))[:, None]
    rgb = rgb + share * (around.sample(around.floor_fine, u, v) - rgb)
    # Inside the frame it stands behind everything that is seen.
    _, _, framed = around.pixels(azimuth, elevation)
    points = np.where(framed[:, None], eye + direction * 1.2 * scene.farthest, points)
    normals = np.where(framed[:, None], -direction, -np.sign(direction) * np.eye(3)[face])
    return splats(points, eye, normals, 1.5 * _INDOOR * np.linalg.norm(points - eye, axis=1), rgb)


def _box(around: _Around) -> Array:
    """(2, 3) the room's lower and upper corner, metres."""
    view, scene = around.view, around.scene
    far = 1 / around.q
    standing = ~scene.ground & ~scene.ceiling
    deep = float(np.percentile(far[standing], 80)) if standing.any() else float(far.max())
    reach = []
    for columns in (slice(None, view.width // 20 + 1), slice(-(view.width // 20) - 1, None)):
        edge = far[:, columns][standing[:, columns]]
        reach.append(float(np.median(edge)) if len(edge) else deep)
    left, right = (max(1.12 * one * math.sin(around.half), 1.8) for one in reach)
    front = max(1.02 * deep, 1.02 * max(reach) * math.cos(around.half))
    rays, top = view.rays(), around.q[: max(2, view.height // 12)]
    rise = rays[: len(top), :, 1] / np.hypot(rays[: len(top), :, 0], rays[: len(top), :, 2]) / top
    tall = view.eye_height + max(1.04 * float(np.percentile(rise, 70)), 0.55 * view.eye_height)
    return np.array([[-left, 0.0, -front], [right, tall, max(2.2, 0.7 * deep)]])


def _painted(around: _Around, box: Array, points: Array, face: Array, azimuth: Array) -> Array:
    """(N, 3) colours: walls as the picture's are at its edges, darker towards corners, with a skirting board."""
    scene, wide = around.scene, max(3, around.view.width // 8)
    wall = []
    for columns in (slice(None, wide), slice(-wide, None)):
        part = around.colour[:, columns][~scene.ground[:, columns]]
        wall.append(np.median(part if len(part) > 20 else around.colour.reshape(-1, 3), axis=0))
    share = (np.sin(azimuth) * 0.5 + 0.5)[:, None]
    rgb = wall[0] * (1 - share) + wall[1] * share
    floor, ceiling = (face == 1) & (points[:, 1] < 0.5 * box[1, 1]), (face == 1) & (points[:, 1] > 0.5 * box[1, 1])
    rgb[floor] = np.median(around.floor_fine.reshape(-1, 3), axis=0)
    light = np.mean(wall, axis=0)
    rgb[ceiling] = light + 0.35 * (1 - light)
    rgb[(face != 1) & (points[:, 1] < 0.09)] *= 0.72
    gaps = np.sort(np.minimum(points - box[0], box[1] - points), axis=1)[:, 1]  # to the nearest other face
    rgb *= (1 - 0.28 * np.exp(-gaps / 0.35))[:, None]
    grain = 0.5 * noise(points * 2.2, 3) + 0.5 * noise(points * 11, 4)
    return (rgb * (1 + 0.035 * grain)[:, None] + around.random.normal(0, 0.006, (len(rgb), 1))).clip(0, 1)


def _thinned(azimuth: Array, elevation: Array) -> NDArray[np.bool_]:
    """Fewer columns towards the zenith and the nadir, where they crowd."""
    every = np.maximum(1, np.floor(1 / np.cos(elevation).clip(0.02))).astype(int)
    return (np.arange(azimuth.shape[1])[None] % every) == 0
