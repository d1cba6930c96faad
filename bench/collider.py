"""Time, memory and size of collider meshes, as `bench/README.md` reports them.

    python bench/collider.py [WORLD_OR_SPLAT_FILE...]

Without arguments: rooms of 500 000 Gaussians of two sizes, and the sample worlds. Each runs in a process of its own, so
that peak memory is its own.
"""

from __future__ import annotations

import math
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from worldloom import export
from worldloom.assets.samples import SAMPLES, load
from worldloom.scene import world as worlds
from worldloom.scene.collider import collider_mesh, solid_gaussians, write_glb
from worldloom.scene.gaussians import Gaussians

_ROOMS = {"room of 20 m": (20.0, 0.02), "hall of 80 m": (80.0, 0.08)}


def room(side: float, size: float, count: int = 500_000) -> Gaussians:
    """Floor and walls of rough surface, 1% floaters and a few far outliers."""
    generator = np.random.default_rng(0)
    places = generator.uniform((0, 0, 0), (side, side / 5, side), (count, 3))
    surface = generator.choice(5, count, p=(0.5, 0.125, 0.125, 0.125, 0.125))
    for number, (axis, value) in enumerate(((1, 0), (0, 0), (0, side), (2, 0), (2, side))):
        on = surface == number
        places[on, axis] = value + 0.015 * generator.standard_normal(int(on.sum()))
    places[: count // 100] = generator.uniform(-side / 2, side * 1.5, (count // 100, 3))
    places[-500:] = generator.uniform(-1000, 1000, (500, 3))
    return Gaussians(
        torch.tensor(places, dtype=torch.float32),
        torch.nn.functional.normalize(torch.tensor(generator.standard_normal((count, 4)), dtype=torch.float32), dim=1),
        torch.full((count, 3), math.log(size)),
        torch.full((count,), 2.0),
        torch.zeros(count, 1, 3),
    )


def gaussians_of(name: str) -> Gaussians:
    if name in _ROOMS:
        return room(*_ROOMS[name])
    for sample in SAMPLES:
        if sample.name == name:
            return solid_gaussians(load(sample))
    path = Path(name)
    return solid_gaussians(worlds.load(path)) if path.is_dir() else export.read(path)


def measure(name: str) -> None:
    gaussians = gaussians_of(name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    mesh = collider_mesh(gaussians)
    seconds = time.perf_counter() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    size = len(write_glb(mesh)) / 1e6
    print(f"{name:<24}{len(gaussians):>9,}{seconds:>8.1f} s{grown:>8.0f} MB{len(mesh):>10,}{size:>8.1f} MB", flush=True)


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        measure(sys.argv[2])
        return
    print(f"{'':<24}{'Gaussians':>9}{'time':>10}{'memory':>11}{'triangles':>10}{'GLB':>11}")
    for name in sys.argv[1:] or [*_ROOMS, *(sample.name for sample in SAMPLES)]:
        subprocess.run([sys.executable, __file__, "--one", name], check=True)


if __name__ == "__main__":
    main()
