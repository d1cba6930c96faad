"""How alike worlds look with a tenth of their Gaussians: merged, dropped at random, or the least important dropped.

python bench/edit_decimate.py [--share 0.1] [--speed]

PSNR in dB of what is left against the whole world, mean over four pictures of 512 x 384 in all directions from where
the world is entered. The least important are those that cover least of a picture from there, opacity counted in.
--speed prints the seconds of merging a million Gaussians to 100,000 instead, by the clock and of all cores together,
which says more where others use the machine too.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time

import torch

from worldloom.assets import samples
from worldloom.edit.change.viewing import views_of
from worldloom.edit.state import EditState
from worldloom.generate import make
from worldloom.reconstruct.metrics import psnr
from worldloom.render.merging import merged
from worldloom.render.rendering import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.world import World

TOWN = "a street in a small town with trees, afternoon"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    if options.speed:
        speed()
        return
    print(
        "| world | Gaussians | left | merged | least important dropped | dropped at random |\n|---|---|---|---|---|---|"
    )
    for sample in samples.SAMPLES:
        compare(sample.title, samples.load(sample), options.share)
    compare("Generated town", make.from_text(TOWN, seed=3, gaussians=300_000).world, options.share)


def compare(name: str, world: World, share: float) -> None:
    """Print a world's line."""
    state = EditState.of(world, "v1")
    whole = world.gaussians()
    groups = torch.cat([torch.full((len(part),), number) for number, part in enumerate(state.parts)])
    views = views_of(world, whole.means)
    wanted = round(share * len(whole))
    flat = whole.log_scales.sort(dim=1).values[:, 1:].sum(dim=1).exp()
    important = (flat * whole.opacities * views).argsort(descending=True, stable=True)[:wanted]
    some = torch.randperm(len(whole), generator=torch.Generator().manual_seed(0))[:wanted]
    truth = pictures(world, whole)
    candidates = merged(whole, wanted, views, groups).gaussians, whole[important], whole[some]
    figures = [
        statistics.mean(psnr(one, true) for one, true in zip(pictures(world, left), truth)) for left in candidates
    ]
    print(f"| {name} | {len(whole):,} | {wanted:,} | {' | '.join(f'{figure:.1f}' for figure in figures)} |", flush=True)


def pictures(world: World, gaussians: Gaussians) -> list[torch.Tensor]:
    """Four views (384, 512, 3) from the spawn, a quarter turn apart."""
    eye = torch.tensor(world.spawn.position)
    turn = quat_to_matrix(torch.tensor(world.spawn.rotation))
    background = torch.tensor(world.environment.background)
    found = []
    for quarter in range(4):
        angle = quarter * math.pi / 2
        ahead = turn @ torch.tensor([math.sin(angle), 0.0, -math.cos(angle)])
        camera = Camera.looking_at(eye, eye + ahead, width=512, height=384, vertical_fov=70)
        rgb = rasterize(gaussians, camera, background=background, outputs=["rgb"]).rgb
        assert rgb is not None
        found.append(rgb[0].clamp(0, 1))
    return found


def speed(count: int = 1_000_000, runs: int = 3) -> None:
    """Print the seconds that merging takes."""
    world = make.from_text(TOWN, seed=3, gaussians=count).world
    whole = world.gaussians()[:count]
    views = views_of(world, whole.means)
    seconds, cores = [], []
    for _ in range(runs):
        start, used = time.perf_counter(), time.process_time()
        merged(whole, count // 10, views)
        seconds.append(time.perf_counter() - start)
        cores.append(time.process_time() - used)
    clock, cpu = statistics.median(seconds), statistics.median(cores)
    print(f"{len(whole):,} Gaussians to {count // 10:,}: {clock:.1f} s, {cpu:.1f} s of all cores; medians of {runs}")


if __name__ == "__main__":
    main()
