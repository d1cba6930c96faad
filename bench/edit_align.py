"""How often and how well two captures of one place are aligned, and whether different places are refused.

    python bench/edit_align.py [--seeds 20] [--scenes courtyard,island,biker,guitar,pump] [--data ../shared/data]

A is a whole scene; B is what lies on one side of an upright plane through it (50 to 70 %), every other point of it at
random, moved by noise of a third of the points' distance, with other exposure and white balance, and then by a random
similarity: any yaw, a tilt of up to 30 degrees, a scale of 0.5 to 2. The residual is the root mean square distance
between where B's points came to lie and where they were; an alignment succeeds if that is below 1 % of A's extent.
"Refused" counts those that the operation would not have made; "wrong" those that it would have made wrongly. Lines
"A onto B" align B of one scene onto another scene: all of them should be refused.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from worldloom import export
from worldloom.assets.samples import SAMPLES, load
from worldloom.edit.compose.aligning import alignment
from worldloom.edit.compose.clouds import Cloud
from worldloom.edit.compose.matching import Similarity
from worldloom.edit.state import Part
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.world import Layer

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SPLATS = {"biker": "biker.spz", "guitar": "guitar.compressed.ply"}
SUCCESS = 0.01
TILT = 40.0


def scene(name: str, data: Path) -> Cloud:
    """A sample world, a file of splats or, as "pump", a laser scan."""
    if name == "pump":
        return scan(data / "pointclouds" / "test_data" / "pumpAVisualReferenceImage.e57")
    if name in SPLATS:
        return cloud(export.read(data / "splats" / "playcanvas" / "splats" / SPLATS[name]))
    sample = next(sample for sample in SAMPLES if sample.name == name)
    layers = [layer for layer in load(sample).layers if layer.kind != "sky"]
    return Cloud.of([Part.of(layer.name, layer) for layer in layers])


def cloud(gaussians: Gaussians) -> Cloud:
    return Cloud.of([Part.of("a", Layer("a", gaussians))])


def scan(path: Path) -> Cloud:
    import tempfile

    from worldloom.reconstruct.inputs.point_cloud import read_scan

    with tempfile.TemporaryDirectory() as folder:
        points = read_scan(path, Path(folder), most_points=200_000).points
    return Cloud(points.xyz.astype(float), points.rgb / 255)


def second_capture(of: Cloud, seed: int) -> tuple[Cloud, NDArray[np.float64], Similarity]:
    """B, where its points were in A without noise, and how it was moved from there."""
    rng = np.random.default_rng(seed)
    side = rng.normal(size=2)
    place = of.points[:, [0, 2]] @ (side / np.linalg.norm(side))
    kept = (place < np.quantile(place, rng.uniform(0.5, 0.7))) & (rng.random(len(place)) < 0.5)
    part = of.taken(kept)
    some = part.points[:: max(len(part) // 5000, 1)]
    distance = float(np.median(KDTree(part.points).query(some, 2)[0][:, 1]))
    noisy = part.points + rng.normal(size=part.points.shape) * distance / 3
    colours = (part.colours * rng.uniform(0.8, 1.2, 3) + rng.uniform(-0.08, 0.08, 3)).clip(0, 1)
    axis = rng.normal(size=2)
    axis *= np.radians(rng.uniform(0, 30)) / np.linalg.norm(axis)
    turn = Rotation.from_rotvec([axis[0], 0, axis[1]]) * Rotation.from_rotvec([0, rng.uniform(0, 2 * np.pi), 0])
    shift = rng.normal(size=3) * of.extent / 2
    moved = Similarity(turn.as_matrix(), shift, float(np.exp(rng.uniform(np.log(0.5), np.log(2)))))
    return Cloud(moved.on(noisy), colours), part.points, moved


def measure(name: str, target: Cloud, seeds: int) -> None:
    residuals, times, refused, wrong = [], [], 0, 0
    for seed in range(seeds):
        source, true, moved = second_capture(target, seed)
        start = time.perf_counter()
        verdict = alignment(source, target, scaled=True, tilt=TILT, seed=seed)
        times.append(time.perf_counter() - start)
        if verdict is None or not verdict.good:
            refused += 1
            continue
        residual = float(np.sqrt(((verdict.by.on(moved.on(true)) - true) ** 2).sum(axis=1).mean()))
        residuals.append(residual)
        wrong += residual > SUCCESS * target.extent
        print(f"  seed {seed}: {100 * residual / target.extent:.3f} %, {times[-1]:.1f} s", flush=True)
    middle = statistics.median(residuals) if residuals else float("nan")
    aligned = seeds - refused - wrong
    print(
        f"{name}: {aligned} of {seeds} aligned, {refused} refused, {wrong} wrong; residual {middle:.4f} m"
        f" ({100 * middle / target.extent:.3f} % of {target.extent:.1f} m), {statistics.median(times):.1f} s",
        flush=True,
    )


def measure_refusals(scenes: dict[str, Cloud]) -> None:
    for (first, one), (second, two) in ((a, b) for a in scenes.items() for b in scenes.items() if a[0] != b[0]):
        source, _, _ = second_capture(one, 0)
        source = source.scaled(two.extent / source.extent)
        verdict = alignment(source, two, scaled=True, tilt=TILT, seed=0)
        made = verdict is not None and verdict.good
        why = "" if verdict is None else f" (overlap {verdict.overlap:.2f}, colour {verdict.colour:.2f})"
        print(f"{first} onto {second}: {'aligned' if made else 'refused'}{why}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--scenes", default="courtyard,island,biker,guitar,pump")
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    torch.set_num_threads(2)
    scenes = {name: scene(name, options.data) for name in options.scenes.split(",")}
    for name, target in scenes.items():
        measure(name, target, options.seeds)
    measure_refusals(scenes)


if __name__ == "__main__":
    main()
