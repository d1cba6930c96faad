"""`from_panorama`: an equirectangular panorama becomes a world that one can walk some steps in."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from worldloom.generate.image.fill import diffused_colours
from worldloom.generate.image.guides import Guides
from worldloom.generate.image.layers import behind
from worldloom.generate.image.segment import ground_of, sky_of
from worldloom.generate.image.solve import Known, Scene, ground_q, level, solve
from worldloom.generate.image.splat import connections, fitted, footprints, splats
from worldloom.generate.panorama.canvas import look, read_panorama
from worldloom.generate.sphere import directions_of
from worldloom.render import engine_name
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge
from worldloom.scene.provenance import Provenance, installed_versions
from worldloom.scene.world import Environment, Layer, Pose, World
from worldloom.scene.world_record import LayerKind

Array = NDArray[Any]

WIDTH = 2048
"""Pixels round the sphere that become Gaussians."""
_FAR = 80.0
_VIEW = 0.264
"""Pixels of the views that colours are fitted to, over those round the sphere."""
_OPACITY = 0.8
"""Before fitting. Less than this and a wall that one steps closer to could be looked through."""
_ROUNDS, _PACE = 25, 0.7
"""Of fitting, for each side of the sphere, and how far each goes."""
_WHOLE, _PART, _ASIDE = 93.0, 58.0, 21.0
"""Degrees of the view of a side, of the views of its quarters, and how far the latter look aside."""
_IN_VIEW = math.cos(math.radians(70.0))
"""Towards a side at least, to be seen in one of its views."""
_RELIEF = np.array([[-0.75, 0.25], [0.75, -0.25]])
"""Which of four neighbours lies in front, in pixels. Gaussians are drawn in the order of their depth, which for
neighbours on ground that one looks down on is another one in each view; so colours fitted to one view would be wrong in
all others. Steps finer than a pixel fix the order for all views."""


@dataclass(frozen=True)
class PanoramaReport:
    seen_share: float
    """Of all directions, the share that the panorama covers, 0..1."""
    hidden_share: float
    """Of all directions, the share that has something made up behind it, 0..1."""
    sentences: tuple[str, ...]
    guides: Guides
    """Horizon and height as they were taken."""


@dataclass(frozen=True, eq=False)
class PanoramaWorld:
    world: World
    report: PanoramaReport
    distance: Array
    """(H, 2H) metres from the eye; the sky is farthest."""


def from_panorama(
    source: Path | str | NDArray[np.uint8],
    *,
    seed: int = 0,
    camera_height: float = 1.6,
    covers: float | None = None,
    width: int = WIDTH,
) -> PanoramaWorld:
    """Build a world from a panorama. The same panorama, numbers and seed give the same bytes.

    Args:
        source: a file, or (H, 2H, 3) uint8 sRGB.
        camera_height: of the lens above the ground, metres.
        covers: degrees from left to right that a partial panorama shows, its middle at eye level; None: all round, or
            what its GPano tags say.
        width: pixels round the sphere that become Gaussians.

    Raises:
        FormatError, InvalidDataError: it can't be used; the message says why.
    """
    if not (math.isfinite(camera_height) and 0.05 <= camera_height <= 500):
        raise InvalidDataError(f"'camera_height' is {camera_height}, expected 0.05 to 500 metres.")
    canvas = read_panorama(source, 2 * width, covers)
    scene = _scene(canvas.rgb, width, camera_height)
    none = np.zeros(0, np.int64)
    q = solve(scene, Known(none, none, np.zeros(0)))
    half = _halved(scene)
    pool = ThreadPoolExecutor(1)
    filling = pool.submit(behind, half, _shrunk(q, half), 4 * math.pi / width, seed)  # on one core, meanwhile:
    eye = np.array([0.0, camera_height, 0.0])
    rgb = scene.rgb.astype(np.float32) / 255
    upright = np.minimum(1 / (q * level(scene.rays)), scene.farthest)
    distance = np.where(scene.sky, 1.5 * scene.farthest, upright).astype(np.float32)
    points = (scene.rays * distance[..., None]).astype(np.float32)
    use, apart = _thinned(scene)
    pixel = 2 * math.pi / width
    right, down = connections(q, scene.ground, scene.sky, wraps=True)
    points = points * (1 + pixel * _relief(apart[0], scene.sky)[..., None])
    points = (points + eye).astype(np.float32)
    placed = footprints(points, eye, pixel * distance, right, down, rgb, use, _OPACITY, wide=1.1, apart=apart)
    above = torch.from_numpy(scene.sky[use])
    seen, sky = placed[~above], placed[above]
    size = round(_VIEW * width)
    sides = [[(_camera(eye, *view, size), look(canvas.rgb, *view, size)) for view in side] for side in _sides()]
    dome, floor = _dome(half, eye), _floor(half, eye)
    back = filling.result()
    pool.shutdown()
    far = np.minimum(1 / (back.q * level(half.rays)), half.farthest)
    flat = np.abs(back.q - ground_q(half.rays, camera_height)) < 0.02 * back.q
    behind_right, behind_down = connections(back.q, flat, half.sky, wraps=True)
    hidden = (eye + half.rays * far[..., None]).astype(np.float32)
    made_up = footprints(hidden, eye, 2 * pixel * far, behind_right, behind_down, back.rgb / 255.0, back.mask, wide=1.5)
    rest = merge([made_up, dome, floor])
    count = len(seen) + len(sky)
    shown = _fitted(merge([seen, sky, rest]), count, eye, sides)
    named: list[tuple[str, Gaussians, LayerKind]] = [
        ("photo", shown[: len(seen)], "captured"),
        ("behind", merge([made_up, floor]), "generated"),
        ("sky", merge([shown[len(seen) : count], dome]), "sky"),
    ]
    report = _report(canvas.seen, half, back.mask, camera_height, canvas.picture.notes)
    red, green, blue = (float(np.round(value, 4)) for value in rgb.reshape(-1, 3).mean(axis=0))
    world = World(
        name=Path(canvas.picture.name).stem or "Panorama",
        layers=tuple(Layer(name, part, kind) for name, part, kind in named if len(part)),
        environment=Environment(background=(red, green, blue)),
        spawn=Pose(position=(0.0, camera_height, 0.0)),
        provenance=Provenance(
            inputs=canvas.picture.inputs,
            engine=engine_name("cpu"),
            versions=installed_versions(),
            seed=seed,
            parameters={
                "made_by": "worldloom.generate.panorama",
                "camera_height": camera_height,
                "width": width,
                "seen_share": round(report.seen_share, 4),
                "hidden_share": round(report.hidden_share, 4),
                "report": list(report.sentences),
            },
        ),
    )
    return PanoramaWorld(world, report, distance)


def _scene(rgb: NDArray[np.uint8], width: int, camera_height: float) -> Scene:
    import cv2

    rgb = cv2.resize(rgb, (width, width // 2), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    # Regions are found on a picture that goes a quarter farther on both sides, so that both sides of the seam agree.
    quarter = width // 4
    wide = np.concatenate([rgb[:, -quarter:], rgb, rgb[:, :quarter]], axis=1)
    horizon = np.full(wide.shape[1], width / 4)
    sky = sky_of(wide, horizon + 0.01 * width)
    ground = ground_of(wide, horizon, sky)
    own = slice(quarter, quarter + width)
    rays = directions_of(width // 2)
    floor = ground[:, own] | (rays[..., 1] < -0.72)  # whoever took it stood on something
    none = np.zeros_like(floor)
    return Scene(rays, rgb, floor & ~sky[:, own], sky[:, own], none, camera_height, _FAR, wraps=True)


def _halved(scene: Scene) -> Scene:
    import cv2

    height, width = scene.ground.shape
    rgb = cv2.resize(scene.rgb, (width // 2, height // 2), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    part = slice(None, None, 2), slice(None, None, 2)
    half = (width // 2) // 2, width // 2
    ground, sky, ceiling = (plane[part][: half[0], : half[1]] for plane in (scene.ground, scene.sky, scene.ceiling))
    return Scene(directions_of(*half), rgb, ground, sky, ceiling, scene.eye_height, scene.farthest, True)


def _shrunk(q: Array, half: Scene) -> Array:
    height, width = half.ground.shape
    return np.ascontiguousarray(q[::2, ::2][:height, :width])


def _thinned(scene: Scene) -> tuple[NDArray[np.bool_], tuple[Array, Array]]:
    """Fewer columns towards the poles; of the sky's inside, which is smooth, one pixel in four. Which pixels (H, W),
    and how many columns and rows they are apart."""
    import cv2

    height, width = scene.ground.shape
    elevation = (0.5 - (np.arange(height) + 0.5) / height) * np.pi
    every = np.broadcast_to(2 ** np.floor(np.log2(1 / np.cos(elevation))).astype(int)[:, None], (height, width))
    column, row = np.arange(width)[None], np.arange(height)[:, None]
    inside = cv2.erode(scene.sky.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    coarse = (column % (2 * every) == 0) & (row % 2 == 0)
    use = np.where(inside, coarse, column % every == 0)
    return use, (every * np.where(inside, 2, 1), np.where(inside, 2, 1))


def _gaussians(
    rays: Array, distance: Array, normals: Array, rgb: Array, mask: NDArray[np.bool_], pixel: float, eye: Array
) -> Gaussians:
    if not mask.any():
        return Gaussians.empty()
    far = distance[mask].astype(np.float64)
    points = eye + rays[mask].astype(np.float64) * far[:, None]
    return splats(points, eye, normals[mask], 1.1 * pixel * far, rgb[mask])


def _relief(every: Array, sky: NDArray[np.bool_]) -> Array:
    """(H, W) how much farther pixels are put than they are, in pixels, so that neighbours that are used differ."""
    row, column = np.indices(every.shape)
    return np.where(sky, 0, _RELIEF[row % 2, column // every % 2]).astype(np.float32)


def _sides() -> list[list[tuple[float, float, float]]]:
    """Yaw, pitch and field of view in degrees of the views for each side of the sphere: the whole of it and quarters.
    One view alone would be met by colours that are wrong in all others."""
    found = []
    for pitch in (90.0, -90.0):
        aside = math.copysign(90 - math.sqrt(2) * _ASIDE, pitch)
        found.append([(0.0, pitch, _WHOLE), *((yaw, aside, _PART) for yaw in (45.0, 135.0, 225.0, 315.0))])
    for yaw in (0.0, 90.0, 180.0, 270.0):
        quarters = [(yaw + turn, tilt, _PART) for turn in (-_ASIDE, _ASIDE) for tilt in (-_ASIDE, _ASIDE)]
        found.append([(yaw, 0.0, _WHOLE), *quarters])
    return found


def _fitted(gaussians: Gaussians, count: int, eye: Array, sides: list[list[tuple[Camera, Array]]]) -> Gaussians:
    """The first `count` fitted to what they should look like, one side of the sphere after the other: those that lie
    on it to all its views, amid the others that these show."""
    shown = gaussians.map(lambda tensor: tensor.clone())
    axes = torch.stack([views[0][0].world_to_camera[2, :3] for views in sides])
    towards = torch.nn.functional.normalize(shown.means - torch.from_numpy(eye).float(), dim=1) @ axes.T
    side_of = towards.argmax(dim=1)
    side_of[count:] = -1
    for number, views in enumerate(sides):
        own = (side_of == number).nonzero()[:, 0]
        other = ((towards[:, number] > _IN_VIEW) & (side_of != number)).nonzero()[:, 0]
        new = fitted(shown[torch.cat([own, other])], len(own), views, _ROUNDS, len(views), pace=_PACE)
        for old, fresh in zip(shown.tensors, new.tensors):
            old[own] = fresh[: len(own)]
    return shown


def _dome(half: Scene, eye: Array) -> Gaussians:
    """The sky, whole, behind everything."""
    import cv2

    colours = diffused_colours(half.rgb, half.sky) if half.sky.any() else cv2.GaussianBlur(half.rgb, (0, 0), 12)
    part = np.zeros(half.sky.shape, bool)
    part[::3, ::3] = True
    part &= half.rays[..., 1] > -0.12
    far = np.full(half.sky.shape, 1.6 * half.farthest, np.float32)
    pixel = 2 * math.pi / half.sky.shape[1]
    return _gaussians(half.rays, far, -half.rays, colours / 255.0, part, 7.0 * pixel, eye)


def _floor(half: Scene, eye: Array) -> Gaussians:
    """Ground under everything, a little lower than the ground that is seen."""
    colours = diffused_colours(half.rgb, half.ground) / 255.0
    part = np.zeros(half.ground.shape, bool)
    part[::2, ::2] = True
    part &= half.rays[..., 1] < -half.eye_height / half.farthest
    far = (half.eye_height + 0.04) / np.maximum(-half.rays[..., 1], 1e-3)
    up = np.broadcast_to(np.array([0.0, 1.0, 0.0]), half.rays.shape)
    return _gaussians(half.rays, far, up, colours, part, 2.0 * 2 * math.pi / half.ground.shape[1] * 1.6, eye)


def _camera(eye: Array, yaw: float, pitch: float, fov: float, size: int) -> Camera:
    y, p = math.radians(yaw), math.radians(pitch)
    ahead = np.array([math.sin(y) * math.cos(p), math.sin(p), -math.cos(y) * math.cos(p)])
    right = np.array([math.cos(y), 0.0, math.sin(y)])
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, np.cross(ahead, right), ahead])
    matrix[:3, 3] = -matrix[:3, :3] @ eye
    focal = size / 2 / math.tan(math.radians(fov) / 2)
    return Camera(size, size, focal, focal, size / 2, size / 2, torch.from_numpy(matrix).float())


def _report(
    seen: NDArray[np.bool_], half: Scene, hidden: NDArray[np.bool_], camera_height: float, notes: tuple[str, ...]
) -> PanoramaReport:
    def share(mask: NDArray[np.bool_]) -> float:
        height = len(mask)
        weight = np.cos((0.5 - (np.arange(height) + 0.5) / height) * np.pi)
        return float((mask.mean(axis=1) * weight).sum() / weight.sum())

    covered, made_up = share(seen), share(hidden)
    sentences = [
        *notes,
        f"The panorama covers {covered:.0%} of all directions"
        + ("." if covered > 0.999 else f"; the other {1 - covered:.0%} is made up from its edges."),
        f"Distances come from ground contact and edges, with the lens {camera_height:g} m above flat ground.",
        f"Sky is {share(half.sky):.0%} of what is seen and ground {share(half.ground):.0%}.",
        f"Behind {made_up:.0%} of it things are made up that come into view when you walk.",
    ]
    guides = Guides(kind="outdoor", horizon=((0.0, 0.5), (1.0, 0.5)), camera_height=camera_height)
    return PanoramaReport(covered, made_up, tuple(sentences), guides)
