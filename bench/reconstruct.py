"""Quality, time and memory of whole reconstructions on real photos, as `bench/README.md` reports them.

    python bench/reconstruct.py [--data FOLDER] [--keep FOLDER] [NAME...]

Each set runs in a process of its own, so that peak memory is its own. Held-out views only; nothing is fitted to them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Run:
    """One reconstruction."""

    name: str
    photos: str
    """Folder below the data's `photos`."""
    settings: Mapping[str, object] = field(default_factory=dict)
    bar: str = ""
    """What the project asks of it."""


_FOX = {
    "views.max_size": 480,
    "views.holdout_every": 7,
    "train.max_seconds": 60,
    "train.iterations": 3000,
    "train.sh_degree": 3,
    "train.cap": 60_000,
}
_FEW = {"views.max_size": 640, "train.iterations": 2500, "train.cap": 80_000, "train.sh_degree": 1}

RUNS = (
    Run("fox, given poses", "fox", _FOX, "24.0 dB in 60 s"),
    Run("fox, given poses, every 8th", "fox", {**_FOX, "views.holdout_every": 8}),
    Run("fox, own poses", "fox", {**_FOX, "collect.use_given_poses": False}, "50 photos, within 0.3 dB"),
    Run("fox, draft preset", "fox", {"collect.use_given_poses": False}, "under 2 min after posing, under 2.5 GB"),
    Run("sceaux_castle", "sceaux_castle", _FEW, "all 11 photos"),
    Run("sacre_coeur", "sacre_coeur", _FEW, "all 10 photos"),
    Run("kermit", "kermit", _FEW, "all 11 photos"),
    Run("buddha", "buddha_too_few_matches", {}, "an answer in under 2 min"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("WORLDLOOM_DATA", ROOT.parent / "shared" / "data")
    parser.add_argument("names", nargs="*", help="run only those whose name contains one of these")
    parser.add_argument("--data", type=Path, default=Path(default), help="folder that holds photos/")
    parser.add_argument("--keep", type=Path, help="keep the worlds here")
    arguments = parser.parse_args()
    if not (arguments.data / "photos").is_dir():
        sys.exit(f"No photos at {arguments.data / 'photos'}; set WORLDLOOM_DATA or give --data.")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n")
    print("| set | asked | photos | held out | PSNR | SSIM | Gaussians | pose | init | train | all | peak |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for run in RUNS:
            if not arguments.names or any(name in run.name for name in arguments.names):
                folder = (arguments.keep or Path(scratch)) / run.name.replace(", ", "-").replace(" ", "-")
                print(_row(run, arguments.data / "photos" / run.photos, folder), flush=True)


def _row(run: Run, photos: Path, folder: Path) -> str:
    """Run it and describe it as a row of the table."""
    settings = [part for name, value in run.settings.items() for part in ("--set", f"{name}={json.dumps(value)}")]
    command = [sys.executable, "-m", "worldloom.app.cli", "reconstruct", str(photos), "-o", str(folder)]
    started = time.monotonic()
    done = subprocess.run([*command, "--preset", "draft", "--quiet", *settings], capture_output=True, text=True)
    seconds = time.monotonic() - started
    if done.returncode != 0:
        sentence = done.stderr.strip().splitlines()[-1]
        return f"| {run.name} | {run.bar} | {sentence} | | | | | | | | {seconds:.0f} s | |"
    report = json.loads((folder / "report.json").read_text())
    stages = report["seconds"]
    given = len([bad for bad in report["rejected"] if "not beside" not in bad["reason"]]) + report["photos"]
    cells = [
        run.name,
        run.bar,
        f"{report['photos']} of {given}",
        str(len(report["views"])) if report["held_out"] else "none",
        f"{report['psnr']:.2f} dB",
        f"{report['ssim']:.3f}",
        f"{sum(report['gaussians'].values()):,}",
        f"{stages['pose']:.0f} s",
        f"{stages['initialise']:.0f} s",
        f"{stages['train']:.0f} s",
        f"{seconds:.0f} s",
        f"{report['peak_memory_bytes'] / 1e9:.2f} GB",
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
