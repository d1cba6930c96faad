"""A scene with a known answer for every ray: a room open above, with a ball, and models that answer from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worldloom.generate.models.adapters.loaded import Loaded
from worldloom.generate.models.card import Card, Role
from worldloom.generate.models.interfaces import DepthMap, Frames
from worldloom.generate.sphere import TangentView

HALF = np.array([3.0, 1.6, 6.0])
"""Half the room's size; the floor is 1.6 m below the middle, where the sky begins 1.6 m above."""
BALL, RADIUS = np.array([0.6, -0.3, -2.2]), 0.5


def card(identifier: str, role: Role) -> Card:
    return Card(identifier, role, identifier, "", "Apache-2.0", True, 0, "", marker="")


def trace(directions: np.ndarray, origin: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distance (...), whether anything is there (...), and colour (..., 3) uint8 of unit rays (..., 3)."""
    start = np.zeros(3) if origin is None else np.asarray(origin, float)
    d = directions.astype(np.float64) + 1e-9  # never quite along an axis
    with np.errstate(divide="ignore"):
        walls = np.where(d > 0, HALF - start, -HALF - start) / d
    distance, side = walls.min(axis=-1), walls.argmin(axis=-1)
    solid = ~((side == 1) & (d[..., 1] > 0))
    point = start + d * distance[..., None]
    base = np.array([[180, 120, 90], [120, 150, 100], [90, 120, 180]])[side]
    wave = 0.8 + 0.2 * np.sin(point * 2.5).prod(axis=-1)
    colour = np.where(solid[..., None], base * wave[..., None], [120, 170, 230] + 60 * (1 - d[..., 1:2]))
    to_ball = BALL - start
    along = d @ to_ball
    inside = along**2 - (to_ball @ to_ball - RADIUS**2)
    near = along - np.sqrt(np.maximum(inside, 0))
    hit = (inside > 0) & (near > 0)
    up = (start[1] + d[..., 1] * near - BALL[1]) / RADIUS
    colour = np.where(hit[..., None], np.array([230, 60, 50]) * (0.6 + 0.4 * up[..., None]), colour)
    distance = np.where(hit, near, distance)
    return distance.astype(np.float32), solid | hit, np.clip(colour, 0, 255).astype(np.uint8)


def rays_of(intrinsics: np.ndarray, rotation: np.ndarray, height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width] + 0.5
    x, y = (columns - intrinsics[0, 2]) / intrinsics[0, 0], (rows - intrinsics[1, 2]) / intrinsics[1, 1]
    local = np.stack([x, y, np.ones_like(x)], axis=-1)
    return local / np.linalg.norm(local, axis=-1, keepdims=True) @ rotation.T


def seen_from(intrinsics: np.ndarray, pose: np.ndarray, height: int, width: int) -> tuple[np.ndarray, DepthMap]:
    """Picture and metric depth of a camera in the room."""
    rays = rays_of(intrinsics, pose[:3, :3], height, width)
    distance, solid, colour = trace(rays, pose[:3, 3])
    depth = distance * (rays @ pose[:3, 2])
    return colour, DepthMap(np.where(solid, depth, 0).astype(np.float32), solid, metric=True)


class Filler(Loaded):
    """Fills in what the room shows, if told from where it is looked at; each time in another tint, brighter aside."""

    def __init__(self, views: Sequence[TangentView], tint: float = 0.0) -> None:
        super().__init__(card("room-filler", "inpainter"))
        object.__setattr__(self, "left", list(views))
        object.__setattr__(self, "tint", tint)

    def fill(self, image: np.ndarray, mask: np.ndarray, prompt: str, *, seed: int) -> np.ndarray:
        view = vars(self)["left"].pop(0)
        _, _, colour = trace(view.rays())
        draw, tint = np.random.default_rng(seed), vars(self)["tint"]
        slope = np.linspace(-1, 1, image.shape[1])[None, :, None] * draw.uniform(-1, 1)
        return np.clip(colour + tint * (draw.uniform(-1, 1, 3) + slope), 0, 255).astype(np.uint8)


class Smearer(Loaded):
    """Fills in with the mean of what is known; needs to know nothing."""

    def __init__(self) -> None:
        super().__init__(card("smearer", "inpainter"))

    def fill(self, image: np.ndarray, mask: np.ndarray, prompt: str, *, seed: int) -> np.ndarray:
        mean = image[~mask].mean(axis=0) if (~mask).any() else np.full(3, 128)
        return np.where(mask[..., None], mean, image).astype(np.uint8)


class Measurer(Loaded):
    """Depth of pictures of the room up to factor and constant: those it was told of, else of given views in turn."""

    def __init__(self, views: Sequence[TangentView]) -> None:
        super().__init__(card("room-measurer", "depth"))
        object.__setattr__(self, "left", list(views))
        object.__setattr__(self, "told", {})

    def depth(self, image: np.ndarray, *, intrinsics: np.ndarray | None = None) -> DepthMap:
        pose = vars(self)["told"].get(image.tobytes())
        if pose is None:
            view = vars(self)["left"].pop(0)
            pose = np.eye(4)
            pose[:3, :3] = view.rotation
        assert intrinsics is not None
        height, width = image.shape[:2]
        found = seen_from(intrinsics, pose, height, width)[1]
        return distorted(found, float(image.sum() % 97) / 97)


class Walker(Loaded):
    """Frames of the room along a path; some of them wrong."""

    def __init__(self, measurer: Measurer, wrong: Sequence[int] = ()) -> None:
        super().__init__(card("room-walker", "views"))
        object.__setattr__(self, "measurer", measurer)
        object.__setattr__(self, "wrong", set(wrong))

    def views(
        self,
        images: Sequence[np.ndarray],
        camera_to_world: np.ndarray,
        intrinsics: np.ndarray,
        path: np.ndarray,
        prompt: str,
        *,
        seed: int,
    ) -> Frames:
        height, width = images[0].shape[:2]
        frames = []
        for number, pose in enumerate(path):
            real = pose
            if number in vars(self)["wrong"]:  # drifted: another heading, and nearer to a wall
                real = pose.copy()
                real[:3, :3] = TangentView(140, 0, 75, 8, 8).rotation
                real[:3, 3] += [1.5, 0, 2.0]
            picture, _ = seen_from(intrinsics, real, height, width)
            vars(vars(self)["measurer"])["told"][picture.tobytes()] = real
            frames.append(picture)
        return Frames(np.stack(frames), np.asarray(path), intrinsics)


def distorted(found: DepthMap, draw: float) -> DepthMap:
    """As a network of relative inverse depth would give it."""
    factor, constant = 0.5 + 1.5 * draw, 0.05 * draw
    inverse = factor / np.where(found.valid, found.depth, 1) + constant
    return DepthMap(np.where(found.valid, 1 / inverse, 0).astype(np.float32), found.valid, metric=False, affine=True)
