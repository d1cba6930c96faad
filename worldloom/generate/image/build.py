"""`from_image`: one picture becomes a world that can be walked in a little, and says what of it is made up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.generate.image.beyond import beyond, sky_distance
from worldloom.generate.image.depth import DepthEstimator, aligned, estimated_disparity
from worldloom.generate.image.edges import clean_rims, far_rims, fattened
from worldloom.generate.image.guides import DepthHandle, Guides, Point
from worldloom.generate.image.layers import behind
from worldloom.generate.image.layout import Layout, lay_out
from worldloom.generate.image.reading import LONG_SIDE, Picture, read_picture
from worldloom.generate.image.solve import Scene, ground_q, level, solve
from worldloom.generate.image.splat import Held, connections, fitted, footprints
from worldloom.generate.image.view import View
from worldloom.render import engine_name
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge
from worldloom.scene.provenance import Provenance, installed_versions
from worldloom.scene.rotations import pose_quat
from worldloom.scene.world import Environment, Layer, Pose, World
from worldloom.scene.world_record import CapturedView

Array = NDArray[Any]

_FIT_ROUNDS = 110
_COARSER = 1.5
"""How much smaller the picture is in most rounds of fitting: as people see it before they step closer."""


@dataclass(frozen=True)
class ImageReport:
    """What was understood of a picture, and what is made up."""

    guides: Guides
    """Everything that can be dragged, filled in."""
    photo_share: float
    """Of all directions one can look in from the start, the share that the picture covers, 0..1."""
    hidden_share: float
    """Of the picture, the share that has something made up behind it, 0..1."""
    sentences: tuple[str, ...]
    """In plain words."""
    depth_by: str
    contacts: tuple[Point, ...] = ()
    """Where things were found to stand on the ground, for handles; parts of width and height."""
    depths: tuple[DepthHandle, ...] = ()
    """Distances of what stands there as they were found, for handles."""


@dataclass(frozen=True, eq=False)
class ImageWorld:
    world: World
    report: ImageReport
    view: View
    """The picture's camera, in its working size."""
    depth: Array
    """(H, W) metres along the view's axis, for the app's handles; sky is farthest."""


def from_image(
    source: Path | str | NDArray[np.uint8],
    guides: Guides | None = None,
    *,
    seed: int = 0,
    depth: DepthEstimator | None = None,
    long_side: int = LONG_SIDE,
) -> ImageWorld:
    """Build a world from one picture. The same picture, guides and seed give the same bytes.

    Args:
        source: a file, or (H, W, 3) uint8 sRGB.
        guides: what somebody says of the picture; the rest is estimated.
        depth: an estimator of depth; None for distances from ground contact, edges and upright walls.
        long_side: pixels on the longer side that become Gaussians.

    Raises:
        FormatError, InvalidDataError: the picture can't be used; the message says why.
    """
    started = time.perf_counter()
    picture = read_picture(source, long_side)
    layout = lay_out(picture, guides or Guides(), seed)
    view = layout.view
    prior = None if depth is None else _prior(depth, layout)
    scene, q = fattened(layout.scene, solve(layout.scene, layout.known, prior))
    back = behind(scene, q, 1 / view.focal, seed)
    rgb = picture.rgb.astype(np.float32) / 255
    eye = np.array([0.0, view.eye_height, 0.0])
    made_up = _behind(view, scene, back.q, back.rgb / 255.0, back.mask)
    around = beyond(view, scene, q, back, rgb, seed)
    photo, sky = _photo(view, picture, scene, q, rgb, merge([made_up, around.sides, around.sky]))
    layers = [
        Layer("photo", photo, "captured"),
        Layer("behind", made_up, "generated"),
        Layer("beyond", around.sides, "generated"),
        Layer("sky", merge([sky, around.sky]), "sky" if scene.sky.any() else "generated"),
    ]
    report = _report(picture, layout, q, back.mask, depth)
    w, x, y, z = pose_quat(torch.from_numpy(view.camera_to_world)).tolist()
    pose = Pose(position=(0.0, float(eye[1]), 0.0), rotation=(w, x, y, z))
    world = World(
        name=Path(picture.name).stem or "Picture",
        layers=tuple(layer for layer in layers if len(layer.gaussians)),
        environment=Environment(background=_mean(rgb)),
        spawn=pose,
        captures=(
            CapturedView(
                name=picture.name,
                position=pose.position,
                rotation=pose.rotation,
                vertical_fov=view.vertical_fov,
                aspect=view.width / view.height,
            ),
        ),
        provenance=Provenance(
            inputs=picture.inputs,
            engine=engine_name("cpu"),
            versions=installed_versions(),
            seed=seed,
            parameters={
                "made_by": "worldloom.generate.image",
                "guides": report.guides.model_dump(mode="json"),
                "given": (guides or Guides()).model_dump(mode="json", exclude_none=True),
                "long_side": long_side,
                "depth_by": report.depth_by,
                "photo_share": round(report.photo_share, 4),
                "hidden_share": round(report.hidden_share, 4),
                "report": list(report.sentences),
            },
            seconds={"all": round(time.perf_counter() - started, 3)},
        ),
    )
    along = np.where(scene.sky, sky_distance(scene), 1 / (q * level(scene.rays))).astype(np.float32)
    return ImageWorld(world, report, view, along)


def camera_of(view: View) -> Camera:
    """The picture's own camera."""
    matrix = np.eye(4)
    matrix[:3, :3] = view.camera_to_world.T
    matrix[:3, 3] = -view.camera_to_world.T @ [0.0, view.eye_height, 0.0]
    return Camera(
        view.width, view.height, view.focal, view.focal, view.width / 2, view.height / 2,
        torch.from_numpy(matrix).float(),
    )  # fmt: skip


def _prior(depth: DepthEstimator, layout: Layout) -> Array:
    """An estimator's q, put to scale by the ground."""
    scene = layout.scene
    disparity = estimated_disparity(depth, scene.rgb)
    flat = level(scene.rays)
    plane = ground_q(scene.rays, scene.eye_height) * flat  # one over depth along the view's axis
    scale, shift = aligned(disparity, plane, scene.ground)
    return ((scale * disparity + shift) / flat).clip(1 / scene.farthest, None).astype(np.float32)


def _photo(
    view: View, picture: Picture, scene: Scene, q: Array, rgb: Array, rest: Gaussians
) -> tuple[Gaussians, Gaussians]:
    """One Gaussian for every pixel, fitted in front of all the rest: what is not sky, and what is."""
    eye = np.array([0.0, view.eye_height, 0.0])
    rays = scene.rays.astype(np.float64)
    depth = 1 / (q * level(rays))
    depth = np.where(scene.sky, sky_distance(scene) / np.linalg.norm(rays, axis=2), depth)
    points = eye + rays * depth[..., None]
    right, down = connections(q, scene.ground, scene.sky, wraps=False)
    every = footprints(points, eye, depth / view.focal, right, down, rgb, np.ones_like(scene.sky))
    whole = merge([every, _near_frame(rest, view)])
    small = view.resized(round(view.width / _COARSER), round(view.height / _COARSER))
    fine = rgb if picture.fine is None else picture.fine.astype(np.float32) / 255
    views = [(camera_of(one), _sized(fine, one)) for one in [small] * 9 + [view]]
    rim = far_rims(q, scene.sky, 3)
    calm = rim | scene.sky  # sharpened against what stands before it, sky would show outlines
    held = Held(calm.ravel(), clean_rims(rgb, scene.sky, rim)[calm], np.where(rim, 0.06, 0.09)[calm])
    every = fitted(whole, rim.size, views, _FIT_ROUNDS, 1, held)[: rim.size]
    sky = torch.from_numpy(scene.sky.ravel())
    return every[~sky], every[sky]


def _sized(rgb: Array, view: View) -> Array:
    import cv2

    return cv2.resize(rgb, (view.width, view.height), interpolation=cv2.INTER_AREA)


def _near_frame(gaussians: Gaussians, view: View) -> Gaussians:
    """Those that may show in the picture."""
    camera = camera_of(view)
    place = gaussians.means @ camera.world_to_camera[:3, :3].T + camera.world_to_camera[:3, 3]
    depth = place[:, 2].clamp_min(1e-3)
    x, y = place[:, 0] / depth * view.focal / view.width, place[:, 1] / depth * view.focal / view.height
    return gaussians[(place[:, 2] > 0.05) & (x.abs() < 0.56) & (y.abs() < 0.56)]


def _behind(view: View, scene: Scene, q: Array, rgb: Array, mask: NDArray[np.bool_]) -> Gaussians:
    if not mask.any():
        return Gaussians.empty()
    eye = np.array([0.0, view.eye_height, 0.0])
    rays = scene.rays.astype(np.float64)
    depth = 1 / (q * level(rays))
    points = eye + rays * depth[..., None]
    flat = np.abs(q - ground_q(rays, scene.eye_height)) < 0.02 * q
    right, down = connections(q, flat, scene.sky, wraps=False)
    return footprints(points, eye, depth / view.focal, right, down, rgb, mask, wide=1.4)


def _report(
    picture: Picture, layout: Layout, q: Array, hidden: NDArray[np.bool_], depth: DepthEstimator | None
) -> ImageReport:
    view, scene = layout.view, layout.scene
    length = np.linalg.norm(scene.rays, axis=2)
    share = float((1 / (view.focal**2 * length**3)).sum() / (4 * np.pi))
    by = "ground contact, upright walls and edges" if depth is None else depth.name
    ground, sky = float(scene.ground.mean()), float(scene.sky.mean())
    sentences = [
        *layout.reasons,
        *picture.notes,
        f"Distances come from {by}, with the lens {scene.eye_height:g} m above the ground.",
        f"Sky is {sky:.0%} of the picture." if sky else "No sky is seen; the world is closed overhead.",
        f"Ground is {ground:.0%} of the picture." if ground > 0.01 else "No ground is seen; it is made up.",
        f"From where you start the picture covers {share:.0%} of all directions; the other {1 - share:.0%} is made up: "
        "past its edges its mirror image for a few degrees, then "
        + ("land with plants of our own" if scene.outdoors else "a plain room of our own")
        + " in its colours.",
        f"Behind {hidden.mean():.0%} of the picture things are made up that come into view when you step aside.",
    ]
    return ImageReport(layout.guides, share, float(hidden.mean()), tuple(sentences), by, *_handles(scene, q))


def _handles(scene: Scene, q: Array) -> tuple[tuple[Point, ...], tuple[DepthHandle, ...]]:
    """In five columns: where the ground ends below something, and the middle of what stands there."""
    height, width = q.shape
    contacts, depths = [], []
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        column = int(share * width)
        standing = np.flatnonzero(~scene.ground[:, column] & ~scene.sky[:, column] & ~scene.ceiling[:, column])
        if len(standing) < 0.03 * height:
            continue
        low, row = int(standing[-1]), int(standing[len(standing) // 2])
        if low < height - 1:
            contacts.append((share, (low + 1) / height))
        ray = scene.rays[row, column]
        metres = float(np.linalg.norm(ray) / np.hypot(ray[0], ray[2]) / q[row, column])
        depths.append(DepthHandle(at=(share, (row + 0.5) / height), metres=round(metres, 2)))
    return tuple(contacts), tuple(depths)


def _mean(rgb: Array) -> tuple[float, float, float]:
    red, green, blue = (float(np.round(value, 4)) for value in rgb.reshape(-1, 3).mean(axis=0))
    return red, green, blue
