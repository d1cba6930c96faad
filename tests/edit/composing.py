"""What is put into worlds in tests, and random operations that put it there."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
import trimesh
from hypothesis import strategies as some
from PIL import Image
from torch import Tensor
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from tests.edit.worlds import NoSources
from worldloom.edit.compose.align import Align
from worldloom.edit.compose.insert import InsertSolid
from worldloom.edit.compose.light import InsertLight
from worldloom.edit.compose.placement import Placement
from worldloom.edit.compose.scatter import Scatter
from worldloom.edit.criteria import Everything
from worldloom.edit.operation import Applied, Applying
from worldloom.edit.registry import parse
from worldloom.edit.state import EditState
from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.errors import NotFoundError
from worldloom.scene.world import World


class Shelf(NoSources):
    """Blobs and other worlds to refer to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.worlds: dict[tuple[str, int], World] = {}

    def put(self, data: bytes) -> str:
        """Keep some bytes; gives their name."""
        name = hashlib.sha256(data).hexdigest()
        (self._folder / name).write_bytes(data)
        return name

    def blob(self, sha256: str) -> Path:
        path = self._folder / sha256
        if not path.exists():
            raise NotFoundError(f"There is no blob {sha256}.")
        return path

    def other(self, world: str, number: int) -> World:
        if (world, number) not in self.worlds:
            raise NotFoundError(f"There is no world {world}.")
        return self.worlds[world, number]

    def do(self, state: EditState, /, origin: Any = "e1", **operation: Any) -> Applied:
        """Apply an operation given as in JSON."""
        return parse(operation).apply(state, Applying(origin, "ann", self))


def empty() -> EditState:
    """A world with nothing in it."""
    return EditState.of(World("Empty"), "v1")


def painted_quad(picture: Image.Image) -> bytes:
    """A GLB of one upright square of two metres in the plane z = 0 with a picture on it, not to be lit."""
    vertices = np.array([[-1.0, 0, 0], [1, 0, 0], [1, 2, 0], [-1, 2, 0]])
    uv = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    material = PBRMaterial(baseColorTexture=picture)
    visual = TextureVisuals(uv=uv, material=material)
    mesh = trimesh.Trimesh(vertices, [[0, 1, 2], [0, 2, 3]], visual=visual, process=False)
    return as_bytes(mesh.export(file_type="glb"))


def as_bytes(data: bytes | str | dict) -> bytes:
    """What trimesh exports, which is text for some formats."""
    assert isinstance(data, (bytes, str))
    return data if isinstance(data, bytes) else data.encode()


def png(pixels: np.ndarray) -> Image.Image:
    """A picture that Pillow knows to be a PNG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return Image.open(io.BytesIO(file.getvalue()))


def seen(state: EditState, eye: Any, target: Any, *, width: int = 240, height: int = 180, fov: float = 50.0) -> Tensor:
    """(H, W, 4) colour before black, and opacity."""
    camera = Camera.looking_at(
        torch.tensor(eye, dtype=torch.float32),
        torch.tensor(target, dtype=torch.float32),
        width=width,
        height=height,
        vertical_fov=fov,
    )
    picture = rasterize(state.baked().gaussians(), camera)
    assert picture.rgb is not None
    assert picture.alpha is not None
    return torch.cat([picture.rgb, picture.alpha], dim=-1)[0]


def compositions(criteria: some.SearchStrategy, places: some.SearchStrategy) -> some.SearchStrategy:
    """Small ones, quick to apply."""
    stood = some.builds(Placement, position=places) | some.builds(Placement, on=places)
    small = some.just((0.005, 0.005, 0.005))
    return some.one_of(
        some.builds(InsertSolid, shape=some.sampled_from(["box", "plane"]), size=small, place=stood),
        some.builds(InsertLight, place=stood, reach=some.floats(0.5, 3), size=some.just(0.004)),
        some.builds(
            Scatter, what=criteria, over=some.just(Everything()), most=some.integers(1, 3), seed=some.integers(0, 9)
        ),
        some.builds(Align, move=some.just(("house",)), onto=some.just(("house",))),
    )
