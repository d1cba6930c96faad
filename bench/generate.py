"""Seconds and memory of making worlds: from text, a picture, a panorama, boxes; growing and changing them.

python bench/generate.py [--runs N] [CASE ...]

Each case runs in processes of its own: "first" is the first world of a fresh process, with all that is loaded and grown
for it; "again" is the next one with another seed. "CPU" is what the first took of all cores together, which says more
than the clock where others use the machine too. Medians over the runs; memory is the most that a process held.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DATA = Path(os.environ.get("WORLDLOOM_DATA", "../shared/data"))


@dataclass(frozen=True)
class Case:
    make: Callable[[int], int]
    """Makes a world with a seed; how many Gaussians it has."""
    wanted: float | None = None
    """Seconds at most, of the issue."""


def _text(text: str, gaussians: int) -> Callable[[int], int]:
    def make(seed: int) -> int:
        from worldloom.generate import make

        return _count(make.from_text(text, seed=seed, gaussians=gaussians).world)

    return make


def _file(path: Path) -> Callable[[int], int]:
    def make(seed: int) -> int:
        from worldloom.generate import make

        return _count(make.from_file(path, seed=seed).world)

    return make


def _tile() -> Callable[[int], int]:
    from worldloom.generate import make
    from worldloom.generate.extend import Where, extend

    world = make.from_text("rolling hills with pines", gaussians=200_000).world

    def grow(seed: int) -> int:
        return _count(extend(world, Where(tiles=[(2 + seed, 0)])).world) - _count(world)

    return grow


def _event() -> Callable[[int], int]:
    from worldloom.generate import make
    from worldloom.generate.events import happen_in_words

    world = make.from_text("rolling hills with pines", gaussians=350_000).world
    return lambda seed: _count(happen_in_words(world, ("make it night", "snow", "autumn")[seed % 3]).world)


def _count(world) -> int:
    return sum(len(layer.gaussians) for layer in world.layers)


CASES: dict[str, Callable[[], Case]] = {
    "landscape": lambda: Case(_text("an alpine lake with pine forest below snowy peaks", 600_000), 2),
    "town": lambda: Case(_text("a medieval town with a market square", 600_000), 6),
    "island": lambda: Case(_text("a tropical island with palm trees and a white beach", 600_000)),
    "interior": lambda: Case(_text("a cosy living room with a fireplace", 400_000)),
    "cave": lambda: Case(_text("a crystal cave with an underground lake", 400_000)),
    "station": lambda: Case(_text("a space station corridor with a window on a planet", 400_000)),
    "picture": lambda: Case(_file(DATA / "single" / "demo01.jpg"), 15),
    "panorama": lambda: Case(_file(sorted((DATA / "panorama").glob("*.jpg"))[0])),
    "tile of 64 m": lambda: Case(_tile(), 1),
    "event": lambda: Case(_event(), 1),
}


def _run(name: str) -> None:
    """In a process of its own: what it took."""
    case = CASES[name]()
    seconds, cpu, count = [], [], 0
    for seed in (0, 1):
        started = time.perf_counter(), time.process_time()
        count = case.make(seed)
        seconds.append(time.perf_counter() - started[0])
        cpu.append(time.process_time() - started[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps({"seconds": seconds, "cpu": cpu[0], "gaussians": count, "peak": peak, "wanted": case.wanted}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        _run(options.one)
        return
    print(f"{'case':14}{'first':>9}{'again':>9}{'CPU':>9}{'wanted':>9}{'Gaussians':>12}{'memory':>10}")
    for name in options.cases or CASES:
        runs = []
        for _ in range(options.runs):
            command = [sys.executable, __file__, "--one", name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name:14} did not run: {done.stderr.strip().splitlines()[-1]}")
                break
            runs.append(json.loads(done.stdout.splitlines()[-1]))
        else:
            first, again = (statistics.median(run["seconds"][part] for run in runs) for part in (0, 1))
            cpu = statistics.median(run["cpu"] for run in runs)
            wanted = "" if runs[0]["wanted"] is None else f"{runs[0]['wanted']:g} s"
            peak = max(run["peak"] for run in runs)
            print(
                f"{name:14}{first:7.2f} s{again:7.2f} s{cpu:7.2f} s{wanted:>9}{runs[0]['gaussians']:12,}{peak:7.2f} GB",
                flush=True,
            )


if __name__ == "__main__":
    main()
