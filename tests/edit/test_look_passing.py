"""Erasing who passed by, with the photos at hand."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.edit.worlds import NoSources, apply
from tests.reconstruct.captures import arc_cameras, textured_room
from worldloom.edit.change.transients import EraseTransients
from worldloom.edit.operation import Applying
from worldloom.edit.state import EditState
from worldloom.render.cpu import NativeEngine
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.geometry import merge
from worldloom.scene.rotations import matrix_to_quat
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import CapturedView

WHERE = torch.tensor([0.1, 0.45, 0.2])


class Pictures(NoSources):
    """Photos, as blobs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, pixels: np.ndarray) -> str:
        name = hashlib.sha256(pixels.tobytes()).hexdigest()
        Image.fromarray(pixels).save(self.folder / f"{name}.png")
        return name

    def blob(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.png"


def person(opacity: float, at: torch.Tensor = WHERE, count: int = 500) -> Gaussians:
    """A blue figure of 90 cm."""
    generator = torch.Generator().manual_seed(3)
    ball = torch.nn.functional.normalize(torch.randn(count, 3, generator=generator), dim=1)
    return blobs(ball * torch.tensor([0.18, 0.45, 0.18]) + at, 0.04, opacity)


def haze(camera: Camera, seed: int) -> Gaussians:
    """What training leaves in the air before one camera, half way to the figure."""
    generator = torch.Generator().manual_seed(seed)
    pose = camera.camera_to_world
    spread = (torch.rand(120, 2, generator=generator) * 2 - 1) * torch.tensor([0.09, 0.22])
    middle = (pose[:3, 3] + WHERE) / 2
    return blobs(middle + spread @ pose[:3, :2].T, 0.02, 0.5)


def blobs(means: torch.Tensor, size: float, opacity: float) -> Gaussians:
    count = len(means)
    return Gaussians(
        means,
        torch.tensor([[1.0, 0, 0, 0]]).repeat(count, 1),
        torch.full((count, 3), math.log(size)),
        torch.full((count,), math.log(opacity / (1 - opacity))),
        rgb_to_sh0(torch.tensor([0.1, 0.1, 0.6])).repeat(count, 1, 1),
    )


def captured(camera: Camera, name: str, picture: str | None = None) -> CapturedView:
    turn = camera.world_to_camera[:3, :3].T * torch.tensor([1.0, -1.0, -1.0])
    (x, y, z), (w, i, j, k) = camera.camera_to_world[:3, 3].tolist(), matrix_to_quat(turn).tolist()
    return CapturedView(
        name=name,
        position=(x, y, z),
        rotation=(w, i, j, k),
        vertical_fov=math.degrees(2 * math.atan(camera.height / (2 * camera.fy))),
        aspect=camera.width / camera.height,
        picture=picture,
    )


def room_with_passer_by(folder: Path, present: tuple[int, ...]) -> tuple[World, Pictures]:
    """A room of which somebody is in some of 12 photos, each exposed in its own way; he was baked into it half
    transparent where he stood, and into the air before the cameras that saw him."""
    room, sources, views = textured_room(count=5000), Pictures(folder), []
    cameras = arc_cameras(12, width=144, height=108)
    generator = torch.Generator().manual_seed(0)
    for number, camera in enumerate(cameras):
        there = merge([room, person(0.98)]) if number in present else room
        rgb = NativeEngine().forward(there, camera).rgb * (0.8 + 0.03 * number)
        noisy = rgb + torch.randn(rgb.shape, generator=generator) * 0.01
        pixels = (noisy.clamp(0, 1) * 255 + 0.5).to(torch.uint8).numpy()
        views.append(captured(camera, f"{number}.jpg", sources.keep(pixels)))
    left = merge(
        [person(0.3), *(haze(cameras[number], number) for number in present)] if present else [person(0.3)[:0]]
    )
    layers = (Layer("room", room), Layer("passer-by", left))
    return World("w", layers, captures=tuple(views)), sources


@pytest.mark.parametrize("present", [(4, 5), (2, 5, 8, 10)])
def test_photos_tell_who_passed_by_from_what_stays(tmp_path: Path, present: tuple[int, ...]) -> None:
    """He is in 2 to 4 of 12 photos. (By the poses alone nothing of him is found.)"""
    world, sources = room_with_passer_by(tmp_path, present)
    state = EditState.of(world, "v1")
    applied = EraseTransients().apply(state, Applying("e1", "ann", sources))
    room, gone = (applied.state.part(name).dead for name in ("room", "passer-by"))
    assert float(gone.float().mean()) > 0.8
    assert float(gone.sum()) / float(gone.sum() + room.sum()) > 0.95
    assert applied.figures is not None and applied.figures["certainty"] > 0.6
    assert "12 views' photos" in applied.note
    bare = replace(world, captures=tuple(view.model_copy(update={"picture": None}) for view in world.captures))
    by_poses = apply(EditState.of(bare, "v1"), EraseTransients())
    assert by_poses.count < 0.1 * int(gone.sum())


def test_where_nobody_passed_by_nothing_goes(tmp_path: Path) -> None:
    world, sources = room_with_passer_by(tmp_path, ())
    applied = EraseTransients().apply(EditState.of(world, "v1"), Applying("e1", "ann", sources))
    assert applied.count == 0 and "agree" in applied.note


def test_what_stands_there_in_all_photos_stays(tmp_path: Path) -> None:
    world, sources = room_with_passer_by(tmp_path, tuple(range(12)))
    statue = replace(world, layers=(world.layers[0], Layer("statue", person(0.98))))
    applied = EraseTransients().apply(EditState.of(statue, "v1"), Applying("e1", "ann", sources))
    assert applied.count == 0


def test_a_photo_of_another_shape_is_refused(tmp_path: Path) -> None:
    world, sources = room_with_passer_by(tmp_path, ())
    strange = {"3.jpg": sources.keep(np.zeros((100, 100, 3), np.uint8))}
    with pytest.raises(InvalidDataError, match=r"3\.jpg.*aspect"):
        EraseTransients(photos=strange).apply(EditState.of(world, "v1"), Applying("e1", "ann", sources))
