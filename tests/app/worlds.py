"""A small world on disk for the tests of the page and its server."""

from __future__ import annotations

from pathlib import Path

import torch

from worldloom.scene import world as worlds
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.world import Environment, Layer, Pose, World


def lopsided_gaussians(count: int = 8000) -> Gaussians:
    """A room-sized, coloured heap that looks different from every side and in every mirror: red to the right, green
    upwards, blue towards -Z, flat splats of all directions, colour that depends on the view."""
    generator = torch.Generator().manual_seed(5)
    means = torch.rand(count, 3, generator=generator) * torch.tensor([4.0, 2.5, 3.0]) - torch.tensor([1.0, 0.0, 3.0])
    means = means[(means[:, 0] < 1.0) | (means[:, 1] < 1.2)]  # a step: high on the left, low on the right
    count = len(means)
    rgb = (means + torch.tensor([1.0, 0.0, 3.0])) / torch.tensor([4.0, 2.5, 3.0])
    rgb[:, 2] = 1 - rgb[:, 2]
    sh = torch.cat([rgb_to_sh0(rgb)[:, None], 0.25 * torch.randn(count, 3, 3, generator=generator)], dim=1)
    return Gaussians(
        means=means,
        quats=torch.nn.functional.normalize(torch.randn(count, 4, generator=generator), dim=1),
        log_scales=torch.log(torch.tensor([0.12, 0.05, 0.015])) + 0.3 * torch.randn(count, 3, generator=generator),
        opacity_logits=torch.randn(count, generator=generator) + 1,
        sh=sh,
    )


def make_world(folder: Path) -> World:
    """Write a world with its downloads and a report into `folder`."""
    world = World(
        name="Lopsided",
        layers=(Layer("heap", lopsided_gaussians()),),
        environment=Environment(background=(0.1, 0.2, 0.3)),
        spawn=Pose(position=(0.6, 1.5, 4.0)),
    )
    worlds.save(world, folder)
    (folder / "world.ply").write_bytes(b"ply")
    (folder / "world.spz").write_bytes(b"spz")
    (folder / "report").mkdir()
    (folder / "report" / "photo 1.png").write_bytes(b"png")
    (folder / "report" / "unused.png").write_bytes(b"png")
    (folder / "report.html").write_text(
        '<img src="report/photo%201.png"><a href="../secret.json">x</a><a href="/etc/y">'
    )
    (folder.parent / "secret.json").write_text("{}")
    return world
