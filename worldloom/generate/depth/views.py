"""Views of a world with their exact depth: where one could stand and what a camera there sees."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import KDTree

from worldloom.generate.assemble import SKY
from worldloom.generate.weather import AIR
from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge
from worldloom.scene.semantics import labels_under
from worldloom.scene.world import World

WIDTH, HEIGHT = 256, 192
"""Pixels of a picture; depth is kept at half of each, as the network gives it."""
_FLOORS = ("ground", "road", "water", "building/floor", "room/floor", "station/floor", "rock")
_FLOORS_INDOORS = ("room/floor", "station/floor", "building/floor", "ground/rock", "rock")
_THINGS = ("object", "furniture", "vehicle", "person", "animal", "lamp", "tree/trunk", "plant/flower", "building/trim")
_FREE = 0.45
"""Nothing is nearer to the eye, metres, than this beyond its own size."""
_FINE = 0.3
"""Ground of pieces larger than this, metres, is a blur before one's feet: nobody stands there."""
_TRIES = 4
"""So many poses are drawn for each view that is wanted."""


@dataclass(frozen=True)
class Views:
    """N pictures and their depth."""

    rgb: NDArray[np.uint8]
    """(N, 192, 256, 3)."""
    inverse: NDArray[np.float16]
    """(N, 96, 128) 1 / metres along the view's axis; 0 is sky."""


def views_of(world: World, seed: int, count: int) -> Views:
    """Up to `count` views of a world, fewer where there is little room. The same arguments give the same views."""
    rng = np.random.default_rng([seed, 0x71E5])
    stage = _Stage.of(world)
    everything = world.gaussians()
    pictures, depths = [], []
    for _ in range(count * _TRIES):
        if len(pictures) == count:
            break
        camera = stage.camera(rng)
        if camera is None:
            continue
        inverse = _inverse_depth(stage.solid, camera)
        if not _worth_keeping(inverse, stage.most_sky):
            continue
        background = torch.tensor(world.environment.background)
        rgb = rasterize(everything, camera, background=background, outputs=("rgb",), antialias=True).rgb
        assert rgb is not None
        picture = (rgb[0].clamp(0, 1) * 255 + 0.5).to(torch.uint8).numpy()
        if picture.std() < 12:
            continue
        pictures.append(picture)
        depths.append(inverse)
    if not pictures:
        return Views(np.zeros((0, HEIGHT, WIDTH, 3), np.uint8), np.zeros((0, HEIGHT // 2, WIDTH // 2), np.float16))
    return Views(np.stack(pictures), np.stack(depths).astype(np.float16))


def _inverse_depth(solid: Gaussians, camera: Camera) -> NDArray[np.float32]:
    """(H / 2, W / 2) 1 / metres; the nearest of each two by two pixels, so that thin things stay. 0 where light is not
    half stopped.

    Median depth has the sharp edges, expected depth the smooth surfaces: the second is taken where both agree.
    """
    rendering = rasterize(solid, camera, outputs=("depth", "median_depth"))
    assert rendering.depth is not None and rendering.median_depth is not None
    metres, smooth = rendering.median_depth[0, :, :, 0].numpy(), rendering.depth[0, :, :, 0].numpy()
    metres = np.where(np.abs(smooth - metres) < 0.12 * metres, smooth, metres)
    inverse = np.where(metres > 0.05, 1 / np.maximum(metres, 0.05), 0)
    return inverse.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).max(axis=(1, 3)).astype(np.float32)


def _worth_keeping(inverse: NDArray[np.float32], most_sky: float) -> bool:
    """Not with the head in a bush or against a wall, nor all sky, nor all one flat thing."""
    near, usual = np.quantile(inverse, [0.1, 0.5])
    spread = np.quantile(inverse, 0.95) - np.quantile(inverse, 0.05)
    return bool(
        (inverse > 2.5).mean() < 0.02
        and usual < 1.0
        and (inverse == 0).mean() < most_sky
        and spread > 0.015
        and spread > 0.15 * max(near, usual)
    )


@dataclass(frozen=True)
class _Stage:
    """What is solid in a world, and where one may stand."""

    solid: Gaussians
    tree: KDTree
    size: NDArray[np.float32]
    """(N,) largest radius of each."""
    floor: NDArray[np.float32]
    """(F, 3) pieces to stand on."""
    things: NDArray[np.float32]
    """(T, 3) pieces of what one takes pictures of."""
    reach: float
    """Metres from the start within which most views are taken."""
    start: NDArray[np.float32]
    most_sky: float
    """Share of a picture. Indoors little: else one stands outside the cave or the house."""

    @staticmethod
    def of(world: World) -> _Stage:
        layers = [layer for layer in world.layers if layer.name not in (SKY, AIR)]
        solid = merge([layer.gaussians for layer in layers])
        label = np.concatenate(
            [
                layer.surface.labels.numpy() if layer.surface is not None else np.zeros(len(layer.gaussians), np.uint8)
                for layer in layers
            ]
        )
        means = solid.means.numpy()
        start = np.asarray(world.spawn.position, np.float32)
        within = np.linalg.norm((means - start)[:, [0, 2]], axis=1) < 80
        size = solid.scales.max(dim=1).values.numpy()
        indoor = bool(world.provenance.parameters["indoor"])
        floor = within & np.isin(label, _numbers(_FLOORS_INDOORS if indoor else _FLOORS))
        return _Stage(
            solid,
            KDTree(means),
            size,
            means[floor & (size < (_FINE if (floor & (size < _FINE)).sum() > 200 else np.inf))],
            means[within & np.isin(label, _numbers(_THINGS))],
            8.0 if indoor else 22.0,
            start,
            0.2 if indoor else 0.7,
        )

    def camera(self, rng: np.random.Generator) -> Camera | None:
        """A pose where one could stand, or None if this draw hit none."""
        eye = self._eye(rng)
        if eye is None:
            return None
        yaw = rng.uniform(0, 2 * math.pi)
        pitch = math.radians(rng.normal(-4, 9))
        if len(self.things) and rng.random() < 0.4:  # as people do: at something near
            ahead = self.things[rng.integers(0, len(self.things), 40)] - eye
            away = np.linalg.norm(ahead, axis=1)
            chosen = ahead[np.argmin(np.abs(away - rng.uniform(1, 8)))]
            yaw = math.atan2(chosen[0], -chosen[2]) + rng.normal(0, 0.15)
            pitch = math.atan2(chosen[1], math.hypot(chosen[0], chosen[2])) + rng.normal(0, 0.1)
        return _looking(eye, yaw, float(np.clip(pitch, -1.0, 0.6)), math.radians(rng.normal(0, 2)), rng)

    def _eye(self, rng: np.random.Generator) -> NDArray[np.float32] | None:
        if not len(self.floor):
            return None
        some = self.floor[rng.integers(0, len(self.floor), 60)]
        away = np.linalg.norm((some - self.start)[:, [0, 2]], axis=1)
        foot = some[np.argmin(np.abs(away - self.reach * rng.random() ** 0.7))]
        height = rng.uniform(1.2, 2.2)
        if rng.random() < 0.15:
            height = rng.uniform(0.4, 1.2)  # crouched
        elif self.reach > 10 and rng.random() < 0.12:
            height = rng.uniform(3, 14)  # from a window, a tower or a hill
        eye = foot + np.array([0, height, 0], np.float32)
        for share in (1.0, 0.55):
            distance, which = self.tree.query(foot + np.array([0, height * share, 0]), k=6)
            free = distance - np.minimum(self.size[which], 0.5)
            if free.min() < _FREE * share * min(1.0, height):
                return None
        return eye


def _looking(eye: NDArray[np.float32], yaw: float, pitch: float, roll: float, rng: np.random.Generator) -> Camera:
    """A camera at `eye`, turned clockwise from -Z by `yaw`, up by `pitch` and about its axis by `roll` (radians)."""
    level = math.cos(pitch)
    ahead = torch.tensor([math.sin(yaw) * level, math.sin(pitch), -math.cos(yaw) * level])
    up = torch.tensor([math.sin(roll) * math.cos(yaw), math.cos(roll), math.sin(roll) * math.sin(yaw)])
    place = torch.from_numpy(eye.astype(np.float32))
    horizontal = math.radians(rng.uniform(45, 80))
    vertical = 2 * math.atan(math.tan(horizontal / 2) * HEIGHT / WIDTH)
    return Camera.looking_at(
        place, place + ahead, width=WIDTH, height=HEIGHT, vertical_fov=math.degrees(vertical), up=up
    )


def _numbers(names: tuple[str, ...]) -> list[int]:
    return [number for name in names for number in labels_under(name)]
