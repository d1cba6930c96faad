"""Seconds to write and read, and size, of every splat format.

    python bench/formats.py [--count 300000] [--sh-degree 3] [--only spz ply]

Gaussians lie on a bumpy sphere and carry noise as higher SH, which is the worst case for compression.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from worldloom import export
from worldloom.export.registry import Format
from worldloom.scene.errors import MissingDependencyError
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0

VARIANTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "spz": [(".spz", {"version": version}) for version in (2, 3, 4)],
}
"""What is measured beside a format's first suffix with its default options."""


def bumpy_sphere(count: int, sh_degree: int, seed: int = 0) -> Gaussians:
    """A surface of radius 2 m, with colours that vary over it."""
    generator = torch.Generator().manual_seed(seed)

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(count, *shape, generator=generator)

    directions = torch.nn.functional.normalize(noise(3), dim=1)
    bumps = 2 + 0.1 * torch.sin(8 * directions[:, :1]) * torch.cos(7 * directions[:, 1:2])
    rgb = 0.5 + 0.4 * torch.sin(6 * directions + torch.tensor([0.0, 1.0, 2.0]))
    return Gaussians(
        means=directions * bumps + 0.01 * noise(3),
        quats=torch.nn.functional.normalize(noise(4), dim=1),
        log_scales=-4.6 + 0.6 * noise(3),
        opacity_logits=(1 + 2 * noise()).clamp(-5, 5),
        sh=torch.cat([rgb_to_sh0(rgb)[:, None], 0.08 * noise((sh_degree + 1) ** 2 - 1, 3)], dim=1),
    )


def measure(gaussians: Gaussians, path: Path, options: dict[str, Any]) -> tuple[float, float, int]:
    """(seconds to write, seconds to read, bytes)."""
    start = time.perf_counter()
    export.write(gaussians, path, **options)
    written = time.perf_counter()
    back = export.read(path)
    done = time.perf_counter()
    assert len(back) == len(gaussians)
    return written - start, done - written, path.stat().st_size


def variants(of: Format) -> list[tuple[str, dict[str, Any]]]:
    return VARIANTS.get(of.name, [(of.suffixes[0], {})])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300_000)
    parser.add_argument("--sh-degree", type=int, default=3, choices=range(4))
    parser.add_argument("--only", nargs="*", help="names of formats")
    chosen = parser.parse_args()
    gaussians = bumpy_sphere(chosen.count, chosen.sh_degree)
    size = sum(field.numel() * field.element_size() for field in gaussians.tensors)
    print(f"{chosen.count} Gaussians, SH degree {chosen.sh_degree}, {size / 1e6:.0f} MB in memory\n")
    print("| format | write s | read s | MB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for each in export.FORMATS:
            if chosen.only and each.name not in chosen.only:
                continue
            for suffix, options in variants(each):
                label = " ".join([suffix, *(f"{name}={value}" for name, value in options.items())])
                try:
                    write, read, size = measure(gaussians, Path(folder) / f"scene{suffix}", options)
                except MissingDependencyError as error:
                    print(f"| {label} | {error} | | |")
                else:
                    print(f"| {label} | {write:.2f} | {read:.2f} | {size / 1e6:.1f} |", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak memory {peak:.0f} MB, with torch and two copies of the Gaussians: those written and those read.")


if __name__ == "__main__":
    main()
