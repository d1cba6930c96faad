"""A large world is opened, selected in, deleted from and saved: seconds, and the memory of server and worker together.

    python bench/edit_large.py [--gaussians 5000000] [--degree 3]

Prints a Markdown table. Memory is sampled 20 times a second: "resident" counts what both map (the world's files) twice,
"proportional" once.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from worldloom.client import Client
from worldloom.scene.store.store import Place, Store


class Memory:
    """The most that a process and its children held."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._stopped = threading.Event()
        self.resident: dict[str, int] = {}
        self.proportional: dict[str, int] = {}
        self.stage = "start"
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """No more."""
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(0.05):
            with suppress(psutil.Error):
                family = [self._process, *self._process.children(recursive=True)]
                stage = self.stage
                resident = sum(_of(one, "Rss") for one in family)
                proportional = sum(_of(one, "Pss") for one in family)
                self.resident[stage] = max(self.resident.get(stage, 0), resident)
                self.proportional[stage] = max(self.proportional.get(stage, 0), proportional)


def _of(process: psutil.Process, kind: str) -> int:
    """Bytes of a process."""
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(rf"^{kind}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def main() -> None:
    """Make the world, edit it, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gaussians", type=int, default=5_000_000)
    parser.add_argument("--degree", type=int, default=3)
    parser.add_argument("--data", type=Path, help="keep the world there, and use the one that is")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        make(options.make, options.gaussians, options.degree)
        return
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or Path(folder) / "data"
        if not data.exists():
            again = [sys.executable, __file__, "--make", str(data), "--gaussians", str(options.gaussians)]
            subprocess.run([*again, "--degree", str(options.degree)], check=True)
        rows = measure(data)
    print("| what | seconds | resident, GB | proportional, GB |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def measure(data: Path) -> list[tuple[str, str, str, str]]:
    """Edit the world of a library."""
    seconds: dict[str, float] = {}
    with serving(data) as (pid, address), Client(address, timeout=600) as client:
        memory = Memory(pid)

        def stage(name: str, function: Callable[[], object]) -> None:
            memory.stage = name
            begin = time.perf_counter()
            function()
            seconds[name] = time.perf_counter() - begin

        world = next(client.worlds())
        if world.head > 1:
            client.restore(world.id, 1)  # as it was before it was measured last
        editing = client.editing(world.id, person="bench")
        ball = {"by": "sphere", "center": [0, 0, 0], "radius": 3.0}
        stage("open", editing.scene)
        stage("select", lambda: editing.do([{"op": "select", "where": ball}]))
        stage("delete", lambda: editing.do([{"op": "delete"}]))
        stage("undo", editing.undo)
        stage("redo", editing.redo)
        stage("save", editing.save)
        memory.stop()
    names = [*seconds]
    return [
        (name, f"{seconds[name]:.2f}", f"{memory.resident.get(name, 0) / 1e9:.2f}",
         f"{memory.proportional.get(name, 0) / 1e9:.2f}") for name in names
    ]  # fmt: skip


@contextmanager
def serving(data: Path) -> Iterator[tuple[int, str]]:
    """A server; its process and address."""
    command = [sys.executable, "-m", "worldloom.app.cli", "serve", "--data", str(data), "--port", "0", "--no-samples"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    address = next(found[1] for line in process.stdout if (found := re.search(r"is at (http://\S+?)/", line)))
    try:
        yield process.pid, address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def make(data: Path, count: int, degree: int) -> None:
    """A library with a world of one layer: hilly ground of that many Gaussians."""
    import torch

    from worldloom.app.jobs.prepare import prepare
    from worldloom.scene import world as worlds
    from worldloom.scene.gaussians import Gaussians
    from worldloom.scene.world import Layer, World

    generator = torch.Generator().manual_seed(0)
    x, z = (torch.rand(2, count, generator=generator) * 60 - 30).unbind()
    means = torch.stack([x, torch.sin(x / 3) * torch.cos(z / 3), z], dim=1)
    quats = torch.nn.functional.normalize(torch.randn(count, 4, generator=generator), dim=1)
    scales = torch.tensor([0.03, 0.03, 0.01]).log().expand(count, 3).contiguous()
    sh = torch.randn(count, (degree + 1) ** 2, 3, generator=generator) * 0.1
    ground = Gaussians(means, quats, scales, torch.full((count,), 2.0), sh)
    store = Store.open(Place.at(data))
    with tempfile.TemporaryDirectory(dir=data) as folder:
        worlds.save(World("Large", (Layer("ground", ground),)), Path(folder))
        store.worlds.commit_folder(Path(folder), prepare(Path(folder)), message="Made")
    store.close()


if __name__ == "__main__":
    main()
