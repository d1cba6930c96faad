"""A small room: a floor, a coloured wall, and a sky."""

from __future__ import annotations

from pathlib import Path

import torch

from worldloom.app.jobs.prepare import prepare
from worldloom.scene import world as worlds
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.world import Environment, Layer, Pose, World


def sheet(
    corner: tuple[float, float, float],
    along: torch.Tensor,
    up: torch.Tensor,
    color: tuple[float, float, float],
    count: int,
) -> Gaussians:
    """`count`² opaque Gaussians on a parallelogram, with a checkered shade."""
    steps = (torch.arange(count) + 0.5) / count
    u, v = (grid.flatten()[:, None] for grid in torch.meshgrid(steps, steps, indexing="ij"))
    size = max(float(along.norm()), float(up.norm())) / count
    checks = ((u * 6).floor() + (v * 6).floor()) % 2
    shade = 0.6 + 0.4 * checks
    return Gaussians(
        means=torch.tensor(corner) + u * along + v * up,
        quats=torch.tensor([[1.0, 0.0, 0.0, 0.0]]).repeat(count * count, 1),
        log_scales=torch.full((count * count, 3), 0.6 * size).log(),
        opacity_logits=torch.full((count * count,), 5.0),
        sh=((torch.tensor(color) * shade - 0.5) / 0.28209479)[:, None, :],
    )


def small_world(name: str = "Room", count: int = 40) -> World:
    """A room to stand in, looking at its red wall."""
    x, y, z = torch.eye(3)
    floor = sheet((-2, 0, -2), 4 * x, 4 * z, (0.3, 0.6, 0.3), count)
    wall = sheet((-2, 0, -2), 4 * x, 2.5 * y, (0.8, 0.2, 0.2), count)
    sky = sheet((-20, -5, -30), 40 * x, 20 * y, (0.4, 0.6, 0.9), count // 2)
    return World(
        name,
        layers=(
            Layer("room", Gaussians(*(torch.cat(pair) for pair in zip(floor.tensors, wall.tensors)))),
            Layer("sky", sky, kind="sky"),
        ),
        environment=Environment(background=(0.1, 0.1, 0.2)),
        spawn=Pose(position=(0.0, 1.6, 1.5)),
    )


def prepared_world(folder: Path) -> Path:
    """The room's folder with all that a viewer needs."""
    worlds.save(small_world(), folder)
    prepare(folder)
    return folder
