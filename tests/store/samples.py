"""Small worlds to keep."""

from __future__ import annotations

from pathlib import Path

import torch

from worldloom.scene import world as worlds
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.store.store import Store
from worldloom.scene.store.worlds import Version
from worldloom.scene.world import Layer, World


def blobs_of(count: int, seed: int = 0) -> Gaussians:
    """Some Gaussians in a box of 4 m."""
    generator = torch.Generator().manual_seed(seed)
    return Gaussians(
        means=torch.rand(count, 3, generator=generator) * 4 - 2,
        quats=torch.nn.functional.normalize(torch.randn(count, 4, generator=generator), dim=1),
        log_scales=torch.full((count, 3), 0.05).log(),
        opacity_logits=torch.full((count,), 2.0),
        sh=torch.randn(count, 1, 3, generator=generator),
    )


def save_world(folder: Path, name: str = "Garden", seed: int = 0) -> list[str]:
    """Write a world's folder; returns its files."""
    layers = (Layer("ground", blobs_of(40, seed)), Layer("sky", blobs_of(10, seed + 1), kind="sky"))
    worlds.save(World(name, layers), folder)
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def keep_world(store: Store, folder: Path, name: str = "Garden", seed: int = 0, **options: object) -> Version:
    """Keep a small world in a store."""
    paths = save_world(folder, name, seed)
    return store.worlds.commit_folder(folder, paths, message="Made", **options)  # pyright: ignore[reportArgumentType]
