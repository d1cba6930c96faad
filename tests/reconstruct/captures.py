"""Small made-up captures, rendered by our own engine, with everything known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from worldloom.reconstruct.records import (
    Matrix,
    Photo,
    Points,
    PosedPhoto,
    Reconstruction,
    View,
    ViewSet,
    matrix_rows,
)
from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.lens import Lens

WIDTH, HEIGHT = 72, 54


def textured_room(seed: int = 0, count: int = 2500) -> Gaussians:
    """A floor and two walls with random colours, 4 m wide, floor at y = 0."""
    generator = torch.Generator().manual_seed(seed)
    u, v = torch.rand(2, count, generator=generator) * 4 - 2
    which = torch.randint(0, 3, (count,), generator=generator)
    floor = torch.stack([u, torch.zeros(count), v], dim=1)
    back = torch.stack([u, v.abs(), torch.full((count,), -2.0)], dim=1)
    side = torch.stack([torch.full((count,), -2.0), u.abs(), v], dim=1)
    means = torch.where((which == 0)[:, None], floor, torch.where((which == 1)[:, None], back, side))
    thin = torch.tensor([[0.09, 0.004, 0.09], [0.09, 0.09, 0.004], [0.004, 0.09, 0.09]]).log()
    return Gaussians(
        means=means,
        quats=torch.tensor([[1.0, 0, 0, 0]]).repeat(count, 1),
        log_scales=thin[which],
        opacity_logits=torch.full((count,), 4.0),
        sh=torch.randn(count, 1, 3, generator=generator) * 0.8,
    )


def arc_cameras(count: int, *, width: int = WIDTH, height: int = HEIGHT) -> list[Camera]:
    """Cameras on an arc, at eye height, looking into the room's corner."""
    cameras = []
    for step in range(count):
        angle = math.radians(10 + 70 * step / max(count - 1, 1))
        eye = torch.tensor([3.2 * math.sin(angle), 1.5 + 0.15 * (step % 3), 3.2 * math.cos(angle)])
        cameras.append(Camera.looking_at(eye, torch.tensor([-0.8, 0.6, -0.8]), width=width, height=height))
    return cameras


def rows(camera: Camera) -> Matrix:
    return matrix_rows(camera.world_to_camera.double().numpy())


def save_picture(pixels: torch.Tensor, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((pixels.clamp(0, 1) * 255 + 0.5).to(torch.uint8).numpy()).save(path)
    return path


def room_views(
    folder: Path, count: int = 8, *, holdout_every: int | None = 4, **size: int
) -> tuple[Gaussians, ViewSet]:
    """The room and its pictures on disk."""
    room = textured_room()
    views = []
    for number, camera in enumerate(arc_cameras(count, **size)):
        rgb = rasterize(room, camera, outputs=("rgb",)).rgb
        assert rgb is not None
        views.append(
            View(
                name=f"{number}.png",
                image=save_picture(rgb[0], folder / f"{number}.png"),
                mask=None,
                width=camera.width,
                height=camera.height,
                fx=camera.fx,
                fy=camera.fy,
                cx=camera.cx,
                cy=camera.cy,
                world_to_camera=rows(camera),
                held_out=holdout_every is not None and number % holdout_every == 0,
            )
        )
    return room, ViewSet(views=tuple(views))


def room_reconstruction(folder: Path, views: ViewSet, *, points: int = 400, seed: int = 0) -> Reconstruction:
    """What `pose` would have found for `room_views`: exact poses, and some of the room's points."""
    room = textured_room()
    chosen = np.random.default_rng(seed).permutation(len(room))[:points]
    rgb = ((room.sh[chosen, 0] * 0.282 + 0.5).clamp(0, 1) * 255).to(torch.uint8).numpy()
    Points(room.means.numpy()[chosen], rgb).save(folder / "points.npz")
    photos = tuple(
        PosedPhoto(
            photo=Photo(name=view.name, path=view.image, source=view.name, width=view.width, height=view.height),
            lens=Lens("PINHOLE", view.width, view.height, view.fx, view.fy, view.cx, view.cy),
            world_to_camera=view.world_to_camera,
        )
        for view in views.views
    )
    return Reconstruction(photos=photos, points=folder / "points.npz")
