"""Formats work in blocks: beside the Gaussians themselves they need little memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.export.samples import KINDS, Kind

SCRIPT = """
import sys
from pathlib import Path
import torch
from tests.scene.samples import random_gaussians
from worldloom import export
from worldloom.export import compressed_ply, ply, splat, spz

def status(name):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(name))

def peak_of(job):
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    job()
    return status("VmHWM") - before

torch.set_num_threads(1)
path = sys.argv[1]
export.write(random_gaussians(10, 3), path, **eval(sys.argv[2]))  # loads libraries
export.read(path)
gaussians = random_gaussians(400_000, 3)
print(peak_of(lambda: export.write(gaussians, path, **eval(sys.argv[2]))))
del gaussians
print(peak_of(lambda: export.read(path)))
"""
SIZE = 400_000 * 59 * 4
"""Of the Gaussians in memory, bytes."""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.options.get("version") != 2], ids=str)
def test_peak_memory(tmp_path: Path, kind: Kind) -> None:
    command = [sys.executable, "-c", SCRIPT, str(kind.path(tmp_path)), repr(kind.options)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=True)
    writing, reading = map(int, done.stdout.split())
    assert writing < 0.5 * SIZE
    assert reading < 1.3 * SIZE
