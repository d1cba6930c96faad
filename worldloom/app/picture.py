"""Still pictures of worlds: for the command line, and as thumbnails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from worldloom import export
from worldloom.render import rasterize
from worldloom.scene import world as worlds
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.files import replacing
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import bounds
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.world import World

if TYPE_CHECKING:
    from PIL import Image


def render_picture(
    source: Path, target: Path, *, size: str, position: str | None, look_at: str | None, vertical_fov: float
) -> None:
    """Render `source` (a world's folder or a splat file) to the picture file `target`.

    Args:
        size: "1280x720".
        position: "x,y,z" of the eye, metres; None is the spawn pose, or outside a splat file's box.
        look_at: "x,y,z"; None looks as the spawn pose does, or at the middle.
        vertical_fov: degrees.

    Raises:
        WorldloomError: an argument or file is not understood.
    """
    width, height = _numbers(size, "x", 2, "--size", "1280x720")
    background = torch.zeros(3)
    if source.is_dir():
        world = worlds.load(source)
        gaussians = world.gaussians()
        eye, ahead = spawn_view(world)
        background = torch.tensor(world.environment.background)
    else:
        gaussians = export.read(source)
        box = bounds(gaussians, quantile=0.05)
        ahead = torch.tensor(box.center)
        eye = ahead + torch.tensor([0.3, 0.3, 1.0]) * box.diagonal
    if position is not None:
        eye = torch.tensor(_numbers(position, ",", 3, "--position", "0,1.6,4"))
    if look_at is not None:
        ahead = torch.tensor(_numbers(look_at, ",", 3, "--look-at", "0,1,0"))
    camera = Camera.looking_at(eye, ahead, width=int(width), height=int(height), vertical_fov=vertical_fov)
    picture = view(gaussians, camera, background)
    try:
        with replacing(target) as beside:
            picture.save(beside)
    except ValueError:
        raise InvalidDataError(f"{target}: pictures are written as .png or .jpg.") from None


def spawn_view(world: World) -> tuple[Tensor, Tensor]:
    """(3,) where one's eyes are at a world's spawn pose, and (3,) a point straight ahead."""
    eye = torch.tensor(world.spawn.position)
    return eye, eye + quat_to_matrix(torch.tensor(world.spawn.rotation)) @ torch.tensor([0.0, 0.0, -1.0])


def view(gaussians: Gaussians, camera: Camera, background: Tensor) -> Image.Image:
    """What a camera sees, as a picture.

    Args:
        background: (3,) sRGB.
    """
    from PIL import Image

    rgb = rasterize(gaussians, camera, background=background, outputs=("rgb",)).rgb
    assert rgb is not None
    return Image.fromarray((rgb[0].clamp(0, 1) * 255 + 0.5).to(torch.uint8).cpu().numpy())


def _numbers(text: str, separator: str, count: int, option: str, example: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(separator)]
    except ValueError:
        values = []
    if len(values) != count or not all(torch.isfinite(torch.tensor(values))) or (separator == "x" and min(values) < 1):
        raise InvalidDataError(f"{option} {text}: write it like {example}.")
    return values
