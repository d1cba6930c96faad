"""Milliseconds of selecting in a world of a million Gaussians, on the server.

python bench/edit_select.py [--count 1000000] [--runs 5] [--threads 2] [NAME ...]

Two worlds: a landscape that is generated, and a cloud of random Gaussians, the worst case for everything that relies on
neighbours being near to one another in memory. Medians over the runs; "CPU" is of all cores together, which says more
than the clock where others use the machine too.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from worldloom.edit.fields import Attribute, Measure, View
from worldloom.edit.operation import Applying, Operation
from worldloom.edit.registry import parse
from worldloom.edit.select.measures import histogram
from worldloom.edit.state import EditState
from worldloom.generate import make
from worldloom.render.cpu import set_threads
from worldloom.scene.errors import NotFoundError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import CapturedView


class _NoSources:
    def blob(self, sha256: str) -> Path:
        raise NotFoundError(sha256)

    def version(self, number: int) -> World:
        raise NotFoundError(str(number))

    def other(self, world: str, number: int) -> World:
        raise NotFoundError(world)


BY = Applying("bench", "ann", _NoSources())


def landscape(count: int) -> World:
    return make.from_text("an alpine lake with pine forest below snowy peaks", seed=1, gaussians=count).world


def cloud(count: int) -> World:
    generator = torch.Generator().manual_seed(0)
    gaussians = Gaussians(
        torch.rand(count, 3, generator=generator) * 40 - 20,
        torch.nn.functional.normalize(torch.randn(count, 4, generator=generator), dim=1),
        torch.randn(count, 3, generator=generator) * 0.5 - 3,
        torch.randn(count, generator=generator),
        torch.randn(count, 4, 3, generator=generator) * 0.3,
    )
    return World("Cloud", (Layer("cloud", gaussians),))


def cases(state: EditState) -> dict[str, Callable[[], int]]:
    """What is timed; each says how many Gaussians it found."""
    spawn = state.world.spawn
    view = View(position=spawn.position, rotation=spawn.rotation, vertical_fov=60, aspect=1.6)
    picture = view.model_dump()
    lasso = [(0.5 + 0.3 * math.cos(a), 0.55 + 0.3 * math.sin(a)) for a in torch.linspace(0, 6.2, 200).tolist()]
    spot = {"view": picture, "at": (0.5, 0.6)}
    place = spawn.position
    ball = {"by": "sphere", "center": place, "radius": 5}
    criteria: dict[str, dict[str, Any]] = {
        "sphere": ball,
        "box": {"by": "box", "center": place, "size": (10, 10, 10)},
        "sphere stroke": {"by": "spheres", "centers": [(x / 10, 1, 0) for x in range(200)], "radius": 0.5},
        "lasso, through": {"by": "view", "view": picture, "polygon": lasso, "through": True},
        "lasso, visible": {"by": "view", "view": picture, "polygon": lasso},
        "flood, near": {"by": "flood", "at": spot},
        "flood, all": {"by": "flood", "at": spot, "tolerance": 2, "step": 0.7},
        "eyedropper": {"by": "colour", "at": spot},
        "similar": {"by": "similar", "to": ball},
        "class": {"by": "class", "names": ["tree"]},
        "object": {"by": "object", "at": spot},
        "combination": {
            "by": "all_of",
            "of": [ball, {"by": "not", "of": {"by": "range", "attribute": "size", "low": 0.1}}],
        },
    }
    for attribute in Attribute.__args__:
        where = {"by": "range", "attribute": attribute, "point": place, "view": picture, "low": 0.2}
        criteria[f"range of {attribute}"] = where

    def select(where: dict[str, Any], state: EditState) -> Callable[[], int]:
        operation = parse({"op": "select", "where": where})
        return lambda: operation.apply(replace(state), BY).count  # a state of its own: nothing is known of it yet

    chosen = parse({"op": "select", "where": {**ball, "radius": 12}}).apply(state, BY).state
    half = parse({"op": "select", "where": criteria["lasso, through"]}).apply(state, BY).state

    def change(operation: Operation, state: EditState) -> Callable[[], int]:
        return lambda: operation.apply(state, BY).count if state.selection("ann") else 0

    wider = {"op": "grow_selection", "distance": 0.2}
    return {
        **{name: select(where, state) for name, where in criteria.items()},
        "grow": change(parse(wider), chosen),
        "grow much": change(parse(wider), half),
        "shrink": change(parse({**wider, "op": "shrink_selection"}), chosen),
        "shrink much": change(parse({**wider, "op": "shrink_selection"}), half),
        "histogram": lambda: sum(histogram(state, Measure(attribute="size"), 64, log=True).counts),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    set_threads(options.threads)
    torch.set_num_threads(options.threads)
    photos = tuple(
        CapturedView(name=str(n), position=(n / 5, 1.6, 0), rotation=(1, 0, 0, 0), vertical_fov=60, aspect=1.5)
        for n in range(100)
    )
    for world in (landscape(options.count), cloud(options.count)):
        state = EditState.of(replace(world, captures=photos), "v1")
        print(f"\n{world.name}: {sum(map(len, state.parts))} Gaussians, {len(photos)} photos")
        print(f"{'':24}{'median ms':>10}{'CPU ms':>10}{'found':>10}")
        for name, run in cases(state).items():
            if options.names and name not in options.names:
                continue
            clock, cpu, count = [], [], 0
            for _ in range(options.runs):
                began, used = time.perf_counter(), time.process_time()
                count = run()
                clock.append(1000 * (time.perf_counter() - began))
                cpu.append(1000 * (time.process_time() - used))
            print(f"{name:24}{statistics.median(clock):10.0f}{statistics.median(cpu):10.0f}{count:10}", flush=True)


if __name__ == "__main__":
    main()
