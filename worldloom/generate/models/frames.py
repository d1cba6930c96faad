"""Frames along walks: made by a view synthesizer, judged against the known world, and what only they show added."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from worldloom.generate.models import pictures
from worldloom.generate.models.align import SphereDepth
from worldloom.generate.models.consistency import Thresholds, Verdict, judge
from worldloom.generate.models.interfaces import DepthEstimator, ViewSynthesizer
from worldloom.generate.models.layers import discs
from worldloom.generate.models.paths import plan_paths
from worldloom.generate.models.refine import Target
from worldloom.generate.sphere import look_up
from worldloom.render import rasterize
from worldloom.render.rendering import Engine
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge

Progress = Callable[[float, str], None]

_EMPTY = 0.5
"""Opacity of the known world under which a pixel counts as a hole that a frame may fill."""


def synthesize(
    place: Path,
    panorama: np.ndarray,
    depth: SphereDepth,
    views: ViewSynthesizer,
    prompt: str,
    *,
    walks: int,
    frames: int,
    frame_width: int,
    frame_height: int,
    seed: int,
    progress: Progress,
) -> None:
    """Frames of planned walks into `place`: walk-N/frame-NNN.png and walk-N/cameras.npz."""
    planned = plan_paths(depth, count=walks, frames=frames, width=frame_width, height=frame_height)
    for number, walk in enumerate(planned):
        first = np.ascontiguousarray(look_up(panorama, walk.view.rays()))
        made = views.views(
            [first],
            walk.camera_to_world[:1],
            walk.view.intrinsics,
            walk.camera_to_world,
            prompt,
            seed=seed * 1009 + number,
        )
        if len(made.images) != len(made.camera_to_world) or made.images.dtype != np.uint8:
            raise InvalidDataError(f"{views.card.title} gave frames that don't fit their poses.")
        inside = place / f"walk-{number}"
        inside.mkdir()
        for index, frame in enumerate(made.images):
            pictures.write_picture(inside / f"frame-{index:03d}.png", frame)
        np.savez(inside / "cameras.npz", camera_to_world=made.camera_to_world, intrinsics=made.intrinsics)
        progress((number + 1) / len(planned), f"walk {number + 1} of {len(planned)}")


def select(
    place: Path,
    made: Path,
    parts: dict[str, Gaussians],
    panorama: np.ndarray,
    depth: SphereDepth,
    estimator: DepthEstimator,
    *,
    judged: int,
    thresholds: Thresholds,
    engine: Engine | None,
    progress: Progress,
) -> None:
    """Judge `judged` frames of each walk in `made`; into `place` go verdicts.json, those kept, and grown.safetensors:
    Gaussians for what only they show."""
    seen, behind = parts["seen"], parts["behind"]
    grown = Gaussians.empty()
    verdicts: list[dict[str, Any]] = []
    walks = sorted(made.glob("walk-*"))
    for number, walk in enumerate(walks):
        with np.load(walk / "cameras.npz") as cameras:
            poses, intrinsics = cameras["camera_to_world"], cameras["intrinsics"]
        chosen = np.unique(np.linspace(1, len(poses) - 1, min(judged, len(poses) - 1)).round().astype(int))
        for index in chosen:
            image = pictures.read_picture(walk / f"frame-{index:03d}.png")
            camera = camera_of(poses[index], intrinsics, image.shape[1], image.shape[0])
            known, _ = _rendered(merge([seen, grown]), camera, engine)
            _, alpha = _rendered(merge([seen, behind, grown]), camera, engine)  # what is behind is made up, not known
            found = estimator.depth(image, intrinsics=intrinsics)
            verdict = judge(image, found, known, intrinsics, poses[index], panorama, depth, thresholds)
            name = f"{walk.name}-{index:03d}"
            verdicts.append({"frame": name, "kept": verdict.kept} | _numbers(verdict))
            if verdict.kept:
                pictures.write_picture(place / f"{name}.png", image)
                np.savez_compressed(
                    place / f"{name}.npz", pose=poses[index], intrinsics=intrinsics, usable=verdict.usable
                )
                fresh = verdict.usable & (alpha < _EMPTY) & (verdict.depth > 0)
                grown = merge([grown, _grow(image, verdict.depth, fresh, intrinsics, poses[index])])
        progress((number + 1) / len(walks), f"walk {number + 1} of {len(walks)}")
    (place / "verdicts.json").write_text(json.dumps(verdicts, indent=1) + "\n", encoding="utf-8")
    pictures.write_gaussians(place / "grown.safetensors", grown)


def read_targets(kept: Path) -> list[Target]:
    """What `select` kept, for refining."""
    targets = []
    for path in sorted(kept.glob("walk-*.npz")):
        with np.load(path) as camera:
            pose, intrinsics, usable = camera["pose"], camera["intrinsics"], camera["usable"]
        image = pictures.read_picture(path.with_suffix(".png"))
        targets.append(Target(camera_of(pose, intrinsics, image.shape[1], image.shape[0]), image, usable))
    return targets


def camera_of(camera_to_world: np.ndarray, intrinsics: np.ndarray, width: int, height: int) -> Camera:
    """A camera from a (4, 4) pose and (3, 3) intrinsics."""
    rotation = camera_to_world[:3, :3].T
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, -rotation @ camera_to_world[:3, 3]
    fx, fy, cx, cy = (float(intrinsics[at]) for at in ((0, 0), (1, 1), (0, 2), (1, 2)))
    return Camera.checked(width, height, fx, fy, cx, cy, torch.from_numpy(matrix), origin="A frame's camera")


def _rendered(gaussians: Gaussians, camera: Camera, engine: Engine | None) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) median depth, zero where nothing is, and opacity."""
    made = rasterize(gaussians, camera, outputs=("alpha", "median_depth"), engine=engine)
    assert made.alpha is not None and made.median_depth is not None
    alpha = made.alpha[0, ..., 0].cpu().numpy()
    return np.where(alpha >= _EMPTY, made.median_depth[0, ..., 0].cpu().numpy(), 0), alpha


def _grow(
    image: np.ndarray, depth: np.ndarray, where: np.ndarray, intrinsics: np.ndarray, pose: np.ndarray
) -> Gaussians:
    """Gaussians for pixels (H, W) of a frame, facing its camera."""
    rows, columns = np.nonzero(where)
    if not len(rows):
        return Gaussians.empty()
    x = (columns + 0.5 - intrinsics[0, 2]) / intrinsics[0, 0]
    y = (rows + 0.5 - intrinsics[1, 2]) / intrinsics[1, 1]
    local = np.stack([x, y, np.ones_like(x)], axis=-1)
    length = np.linalg.norm(local, axis=-1)
    direction = ((local / length[:, None]) @ pose[:3, :3].T).astype(np.float32)
    radius = (depth[rows, columns] * length).astype(np.float32)
    spacing = np.full(len(rows), 1 / intrinsics[0, 0], np.float32)
    colour = image[rows, columns].astype(np.float32) / 255
    made = discs(direction, radius, -direction, spacing, colour, 0.9)
    return replace(made, means=made.means + torch.from_numpy(pose[:3, 3].astype(np.float32)))


def _numbers(verdict: Verdict) -> dict[str, float]:
    return {name: round(getattr(verdict, name), 4) for name in ("consistent", "impossible", "colour", "likeness")}
