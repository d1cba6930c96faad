"""Seconds of moving, copying and cutting Gaussians: medians of five, a million of them with colour of degree 3.

python bench/edit_arrange.py [--count 1000000] [--degree 3]
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path

import torch

from worldloom.edit.change.crop import Crop
from worldloom.edit.change.duplicate import Array, Duplicate, Line
from worldloom.edit.change.layers import MergeLayers, Separate
from worldloom.edit.change.level import Reorient
from worldloom.edit.change.transform import DropToFloor, Mirror, TransformRows, TransformWorld
from worldloom.edit.criteria import ByLayer, InBox
from worldloom.edit.operation import Applying, Operation
from worldloom.edit.state import EditState
from worldloom.scene.errors import NotFoundError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.world import Layer, World

HALF = InBox(center=(0.0, 0.0, 0.0), size=(10.0, 100.0, 100.0))
THING = ByLayer(names=("thing",))
TURN = (0.9, 0.1, 0.3, -0.2)
OPERATIONS: dict[str, Operation] = {
    "move half of the rows": TransformRows(where=HALF, translation=(1.0, 2.0, 3.0)),
    "turn half of the rows": TransformRows(where=HALF, rotation=TURN),
    "turn a whole layer": TransformRows(where=ByLayer(names=("ground",)), rotation=TURN),
    "turn the world": TransformWorld(rotation=TURN),
    "level the world to its floor": Reorient(),
    "mirror half of the rows": Mirror(where=HALF),
    "duplicate half of the rows": Duplicate(where=HALF),
    "ten of a thing of 10,000": Array(where=THING, shape=Line(count=10, step=(1.0, 0.0, 0.0))),
    "separate half of the rows": Separate(where=HALF),
    "crop to half of the rows": Crop(where=HALF),
    "merge all layers": MergeLayers(layers=("ground", "thing")),
    "drop a thing of 10,000": DropToFloor(where=THING),
}


class _Nothing:
    """Operations on geometry refer to nothing."""

    def blob(self, sha256: str) -> Path:
        raise NotFoundError("There are no blobs.")

    def version(self, number: int) -> World:
        raise NotFoundError("There are no versions.")

    def other(self, world: str, number: int) -> World:
        raise NotFoundError("There are no worlds.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--degree", type=int, default=3)
    options = parser.parse_args()
    state = EditState.of(world(options.count, options.degree), "v1")
    for name, operation in OPERATIONS.items():
        seconds = []
        for number in range(5):
            start = time.perf_counter()
            operation.apply(state, Applying(f"e{number}", "bench", _Nothing()))
            seconds.append(time.perf_counter() - start)
        print(f"{name:32}{statistics.median(seconds):8.3f} s")


def world(count: int, degree: int) -> World:
    """Hilly ground 20 m wide, and a thing 2 m above it."""
    ground = _flat(count, degree, half=10.0)
    hills = 0.1 * torch.sin(ground.means[:, 0]) * torch.cos(ground.means[:, 2])
    ground = replace(ground, means=ground.means + torch.stack([torch.zeros(count), hills, torch.zeros(count)], dim=1))
    thing = _flat(10_000, degree, half=0.5)
    thing = replace(thing, means=thing.means + torch.tensor([0.0, 2.0, 0.0]))
    return World("Bench", (Layer("ground", ground), Layer("thing", thing)))


def _flat(count: int, degree: int, *, half: float) -> Gaussians:
    generator = torch.Generator().manual_seed(0)
    return Gaussians(
        means=(torch.rand(count, 3, generator=generator) * 2 - 1) * half * torch.tensor([1.0, 0.0, 1.0]),
        quats=torch.tensor([1.0, 0.0, 0.0, 0.0]).expand(count, 4).contiguous(),
        log_scales=torch.tensor([0.02, 0.002, 0.02]).log().expand(count, 3).contiguous(),
        opacity_logits=torch.full((count,), 3.0),
        sh=torch.randn(count, (degree + 1) ** 2, 3, generator=generator) * 0.2,
    )


if __name__ == "__main__":
    main()
