"""Objects at a click, masks of pictures, and how much of a Gaussian a picture shows."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from tests.edit.worlds import NoSources, editing
from tests.scene.samples import random_gaussians
from worldloom.edit.fields import View
from worldloom.edit.operation import Applying
from worldloom.edit.registry import parse
from worldloom.edit.select.operations import Select
from worldloom.edit.select.pictures import camera_of
from worldloom.edit.state import EditState
from worldloom.render.cpu import NativeEngine
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import SH_C0, Gaussians, rgb_to_sh0
from worldloom.scene.geometry import Transform, merge, transform
from worldloom.scene.world import Layer, World

LOOK = {"position": (0, 1.8, 4), "rotation": (0.9848, -0.1736, 0, 0), "vertical_fov": 60, "aspect": 1.5}
WOOD, STONE, LEAF = (0.5, 0.33, 0.2), (0.62, 0.58, 0.5), (0.2, 0.4, 0.15)


def scattered(points: Tensor, normals: Tensor, rgb: tuple[float, float, float], size: float = 0.03) -> Gaussians:
    """Flat Gaussians on a surface, of a colour that is not quite even."""
    generator = torch.Generator().manual_seed(len(points))
    up = torch.nn.functional.normalize(normals, dim=1)
    half = torch.nn.functional.normalize(
        up + torch.tensor([1e-4, 1e-4, 1.0]), dim=1
    )  # half the turn of z into the normal
    quats = torch.stack([half[:, 2], -half[:, 1], half[:, 0], torch.zeros(len(points))], dim=1)
    colours = torch.tensor(rgb) + 0.03 * torch.randn(len(points), 3, generator=generator)
    return Gaussians(
        points + 0.003 * torch.randn(len(points), 3, generator=generator),
        torch.nn.functional.normalize(quats, dim=1),
        torch.tensor([size, size, size / 8]).log().expand(len(points), 3).contiguous(),
        torch.full((len(points),), 3.0),
        rgb_to_sh0(colours.clamp(0, 1))[:, None].contiguous(),
    )


def box(
    center: tuple[float, float, float], size: tuple[float, float, float], rgb: tuple[float, float, float]
) -> Gaussians:
    """The six sides of a box, a Gaussian every 3 centimetres."""
    sides = []
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        lines = [torch.arange(-size[k] / 2, size[k] / 2 + 1e-3, 0.03) for k in (a, b)]
        u, v = (grid.reshape(-1) for grid in torch.meshgrid(*lines, indexing="ij"))
        for sign in (-0.5, 0.5):
            points, normals = torch.zeros(len(u), 3), torch.zeros(len(u), 3)
            points[:, a], points[:, b], points[:, axis], normals[:, axis] = u, v, sign * size[axis], 2 * sign
            sides.append(scattered(points + torch.tensor(center), normals, rgb))
    return merge(sides)


def ball(center: tuple[float, float, float], radius: float, rgb: tuple[float, float, float]) -> Gaussians:
    count = int(4 * math.pi * radius**2 / 0.03**2)
    turn = torch.arange(count) * math.pi * (3 - math.sqrt(5))
    height = 1 - 2 * (torch.arange(count) + 0.5) / count
    flat = (1 - height**2).sqrt()
    normals = torch.stack([flat * turn.cos(), height, flat * turn.sin()], dim=1)
    return scattered(torch.tensor(center) + radius * normals, normals, rgb)


def floor(rgb: tuple[float, float, float] = STONE) -> Gaussians:
    line = torch.arange(-3, 3, 0.04)
    x, z = (grid.reshape(-1) for grid in torch.meshgrid(line, line, indexing="ij"))
    points = torch.stack([x, torch.zeros_like(x), z], dim=1)
    return scattered(points, torch.tensor([[0.0, 1, 0]]).expand(len(x), 3), rgb, 0.04)


def table(rgb: tuple[float, float, float] = WOOD) -> Gaussians:
    legs = [box((x, 0.36, z), (0.07, 0.7, 0.07), rgb) for x in (-0.5, 0.5) for z in (-0.3, 0.3)]
    return merge([box((0, 0.73, 0), (1.2, 0.05, 0.8), rgb), *legs])


def tree() -> Gaussians:
    """A trunk, and a crown of leaves that lie any way."""
    generator = torch.Generator().manual_seed(5)
    turn, height = torch.rand(3000, generator=generator) * math.tau, torch.rand(3000, generator=generator) * 1.5
    normals = torch.stack([turn.cos(), torch.zeros(3000), turn.sin()], dim=1)
    trunk = scattered(normals * 0.12 + torch.tensor([0.0, 1, 0]) * height[:, None], normals, WOOD)
    leaves = torch.randn(6000, 3, generator=generator)
    places = torch.nn.functional.normalize(leaves, dim=1) * torch.rand(6000, 1, generator=generator) ** 0.4 * 0.8
    crown = scattered(places + torch.tensor([0.0, 2, 0]), torch.randn(6000, 3, generator=generator), LEAF)
    return merge([trunk, crown])


def chosen(state: EditState, where: dict[str, Any], by: Applying | None = None) -> list[Tensor]:
    """(N,) bool of each part."""
    operation = parse({"op": "select", "where": where})
    assert isinstance(operation, Select)
    rows = operation.where.rows(state, by or Applying("e", "ann", NoSources()))
    return [rows.get(part.key, torch.zeros(len(part), dtype=torch.bool)) for part in state.parts]


def overlap(found: list[Tensor], wanted: int) -> float:
    """Intersection over union of what was found with the whole of one part."""
    inside, all = int(found[wanted].sum()), sum(int(mask.sum()) for mask in found)
    return inside / (all + len(found[wanted]) - inside)


SCENES = {
    "table": ((floor(), table()), (0.3, 0.76, 0.2), None, 0.95),
    "table within 2 m": ((floor(), table()), (0.3, 0.76, 0.2), 2.0, 0.95),
    "table of the floor's colour": ((floor(), table(STONE)), (0.3, 0.76, 0.2), 1.5, 0.85),
    "table by its leg": ((floor(), table()), (0.535, 0.4, 0.3), None, 0.95),
    "tree": ((floor(LEAF), tree()), (0.3, 2.5, 0.6), None, 0.95),
    "ball at a ball": (
        (floor(), ball((0, 0.4, 0), 0.4, WOOD), ball((0.8, 0.4, 0), 0.4, LEAF)),
        (-0.1, 0.7, 0.25),
        1.0,
        0.9,
    ),
}
"""The parts, of which the second is the object; where it is clicked, how far it may reach, and how well it is found."""


@pytest.mark.parametrize("scene", list(SCENES))
def test_an_object_is_cut_from_what_it_touches(scene: str) -> None:
    parts, at, reach, least = SCENES[scene]
    state = editing(World("Scene", tuple(Layer(str(number), part) for number, part in enumerate(parts))))
    assert overlap(chosen(state, {"by": "object", "at": at, "reach": reach}), 1) >= least


def test_a_click_in_a_picture_of_a_turned_and_scaled_layer_finds_the_same() -> None:
    moved = Transform((0.3, -0.2, 0.5), (0.9, 0.1, -0.3, 0.2), 1.7)
    parts = (transform(floor(), moved.inverse), transform(table(), moved.inverse))
    state = editing(World("Moved", tuple(Layer(str(n), part, transform=moved) for n, part in enumerate(parts))))
    camera = camera_of(View(**LOOK), 100)  # pyright: ignore[reportArgumentType]
    top = camera.world_to_camera[:3, :3] @ torch.tensor([0.2, 0.755, 0.1]) + camera.world_to_camera[:3, 3]
    at = (
        float(top[0] / top[2] * camera.fx + camera.cx) / camera.width,
        float(top[1] / top[2] * camera.fy + camera.cy) / 100,
    )
    assert overlap(chosen(state, {"by": "object", "at": {"view": LOOK, "at": at}}), 1) >= 0.95


@dataclass
class Files(NoSources):
    folder: Path

    def blob(self, sha256: str) -> Path:
        return self.folder / sha256

    def png(self, picture: np.ndarray) -> str:
        data = cv2.imencode(".png", picture)[1].tobytes()
        name = hashlib.sha256(data).hexdigest()
        (self.folder / name).write_bytes(data)
        return name


def test_masks_of_pictures_become_gaussians(tmp_path: Path) -> None:
    state = editing(World("Two", (Layer("0", floor()), Layer("1", ball((0, 0.6, 0), 0.4, WOOD)))))
    files, engine, masks = Files(tmp_path), NativeEngine(), []
    for turn in range(4):
        angle = turn * math.pi / 4
        rotation = (math.cos(angle), 0.0, math.sin(angle), 0.0)
        view = {
            "position": (3 * math.sin(2 * angle), 0.6, 3 * math.cos(2 * angle)),
            "rotation": rotation,
            "vertical_fov": 50,
            "aspect": 1.5,
        }
        thing = engine.forward(state.parts[1].gaussians, camera_of(View(**view), 200))
        masks.append({"view": view, "png": files.png(((thing.alpha > 0.5).numpy() * 255).astype(np.uint8))})
    by = Applying("e", "ann", files)
    found = chosen(state, {"by": "segments", "masks": masks}, by)
    assert overlap(found, 1) > 0.9
    assert int(chosen(state, {"by": "segments", "masks": masks, "share": 1.0}, by)[1].sum()) < int(found[1].sum())
    with pytest.raises(InvalidDataError, match="aspect"):
        chosen(state, {"by": "segments", "masks": [{**masks[0], "png": files.png(np.zeros((100, 100), np.uint8))}]}, by)
    (tmp_path / ("0" * 64)).write_bytes(b"no picture")
    with pytest.raises(InvalidDataError, match="no picture"):
        chosen(state, {"by": "segments", "masks": [{**masks[0], "png": "0" * 64}]}, by)


def test_weights_are_those_of_the_picture() -> None:
    gaussians = random_gaussians(400, seed=3)
    gaussians = Gaussians(*gaussians.tensors[:4], torch.zeros(400, 1, 3))  # grey, so that no colour is cut off at 0
    camera = Camera.looking_at(torch.tensor([0.0, 0, 6]), torch.zeros(3), width=120, height=90)
    mask = torch.rand(90, 120, generator=torch.Generator().manual_seed(1))
    for threads in (1, 2):
        engine = NativeEngine(threads)
        alpha = engine.forward(gaussians, camera).alpha
        weights, whole = engine.weights(mask), engine.weights()
        slopes = engine.backward(torch.stack([mask, torch.ones_like(mask), mask], dim=2)).gaussians.sh[:, 0] / SH_C0
        torch.testing.assert_close(weights[:, :2], slopes[:, :2], rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(whole[:, 1].sum(), alpha.sum(), rtol=1e-4, atol=1e-2)
        assert torch.equal(whole[:, 0], whole[:, 1]) and bool((weights[:, 1] <= weights[:, 2] + 1e-4).all())
    alone = gaussians[7:8]
    engine.forward(alone, camera)
    assert torch.allclose(engine.weights()[:, 1], engine.weights()[:, 2])
    with pytest.raises(InvalidDataError, match="mask"):
        engine.weights(torch.ones(3, 3))
