"""The web app's figures: start, idle memory, page weight, first splats, 50 clients at once, and kills in mid-job.

    python bench/serve.py [--seconds 60] [--clients 50]

Prints a Markdown table. Needs Chromium for the time to the first splats; says so where there is none.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import torch

from worldloom import export
from worldloom.app.server.static import VIEWER
from worldloom.client import Client
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.store.store import Place, Store

_SPLATS_DRAWN = """
(() => {
  const state = window.worldloom && worldloom.state();
  return Boolean(state) && ["preview", "ready"].includes(state.status) && state.frames > 0;
})()
"""
FLAGS = "--no-sandbox --use-angle=gl-egl --ignore-gpu-blocklist --disable-background-networking --disable-sync"


def main() -> None:
    """Measure everything, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=50)
    options = parser.parse_args()
    rows: list[tuple[str, str, str]] = [("viewer's page weight, gzip", "1.2 MB", f"{page_weight() / 1e6:.2f} MB")]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        starts = []
        for _ in range(3):
            process, address, seconds = start(data)
            starts.append(seconds)
            stop(process)
        rows.append(("server's start, median of 3", "5 s", f"{statistics.median(starts):.1f} s"))
        process, address, _ = start(data)
        time.sleep(5)
        rows.append(
            ("server's memory when idle", "400 MB", f"{psutil.Process(process.pid).memory_info().rss / 1e6:.0f} MB")
        )
        world = import_world(address, Path(folder), 100_000)
        rows.append(("first splats of 100k, software GL", "3 s", first_splats(address, world)))
        load = asyncio.run(many_clients(address, world, options.clients, options.seconds))
        rows += load.rows(options.clients, options.seconds)
        rows += kills(process, address, data, load.accepted)
    width = max(len(name) for name, _, _ in rows)
    print(f"| {'what':<{width}} | asked | measured |\n|{'-' * (width + 2)}|---|---|")
    for name, asked, measured in rows:
        print(f"| {name:<{width}} | {asked} | {measured} |")


def page_weight() -> int:
    """Bytes of all files that the viewer's page may load."""
    files = [path for path in VIEWER.rglob("*") if path.is_file() and path.name not in (".stamp", "pages.js")]
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)


def start(data: Path) -> tuple[subprocess.Popen[str], str, float]:
    """A server, its address, and the seconds until its first page came."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "worldloom.app.cli", "serve", "--data", str(data), "--port", "0", "--no-samples"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    address = ""
    while not address:
        line = process.stdout.readline()
        if not line:
            raise SystemExit("The server did not start.")
        address = found[1] if (found := re.search(r"is at (http://\S+?)/", line)) else ""
    while True:
        try:
            if httpx.get(address + "/", trust_env=False).status_code == 200:
                return process, address, time.perf_counter() - begin
        except httpx.TransportError:
            time.sleep(0.02)


def stop(process: subprocess.Popen[str]) -> None:
    """In peace."""
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)


def import_world(address: str, folder: Path, count: int) -> str:
    """A world of `count` Gaussians on a hilly ground; returns its identifier."""
    generator = torch.Generator().manual_seed(0)
    x, z = (torch.rand(2, count, generator=generator) * 20 - 10).unbind()
    means = torch.stack([x, torch.sin(x) * torch.cos(z), z], dim=1)
    scales = torch.tensor([0.04, 0.04, 0.01]).log().expand(count, 3).contiguous()
    quats = torch.nn.functional.normalize(torch.randn(count, 4, generator=generator), dim=1)
    ground = Gaussians(means, quats, scales, torch.full((count,), 2.0), torch.randn(count, 1, 3, generator=generator))
    export.write(ground, folder / "ground.spz")
    with Client(address) as client:
        return str(client.wait(client.import_file(folder / "ground.spz", name="Ground")).world)


def first_splats(address: str, world: str) -> str:
    """Seconds from asking for the page to the first splats, in headless Chromium; median of 3."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return "no Chromium here"
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS.split())
        for _ in range(3):
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            begin = time.perf_counter()
            page.goto(f"{address}/viewer/?world={world}", wait_until="commit")
            while not page.evaluate(_SPLATS_DRAWN):
                time.sleep(0.02)
            found.append(time.perf_counter() - begin)
            page.close()
        browser.close()
    return f"{statistics.median(found):.1f} s"


@dataclass
class Load:
    """What many clients saw."""

    reads: list[float] = field(default_factory=list)
    posts: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    """Operations that the server took on."""

    def rows(self, clients: int, seconds: float) -> list[tuple[str, str, str]]:
        """For the table."""
        total = len(self.reads) + len(self.posts)
        reads = sorted(self.reads)
        return [
            (
                f"{clients} clients for {seconds:.0f} s: errors",
                "0",
                f"{len(self.errors)} of {total:,} {self.errors[:2] or ''}",
            ),
            (
                "  p50, p95, p99 of reads",
                "p95 200 ms",
                ", ".join(f"{1000 * share(reads, q):.0f} ms" for q in (0.5, 0.95, 0.99)),
            ),
            ("  p95 of posts", "", f"{1000 * share(sorted(self.posts), 0.95):.0f} ms"),
            ("  requests a second", "", f"{total / seconds:.0f}"),
        ]


def share(ordered: list[float], q: float) -> float:
    """A quantile."""
    return ordered[min(int(q * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


async def many_clients(address: str, world: str, clients: int, seconds: float) -> Load:
    """Clients that look around the library as people do, and now and then ask for an export."""
    load = Load()
    end = time.perf_counter() + seconds

    async def one(number: int) -> None:
        draw = random.Random(number)
        paths = ["/worlds", f"/worlds/{world}", f"/worlds/{world}/scene", f"/worlds/{world}/versions", "/operations"]
        async with httpx.AsyncClient(base_url=address + "/api/v1", trust_env=False, timeout=30) as client:
            posted = 0
            while time.perf_counter() < end:
                begin = time.perf_counter()
                try:
                    if draw.random() < 0.01:
                        headers = {"idempotency-key": f"{number}-{posted}"}
                        posted += 1
                        body = {"format": "spz"}
                        answer = await client.post(f"/worlds/{world}:export", json=body, headers=headers)
                        load.posts.append(time.perf_counter() - begin)
                        load.accepted.append(answer.json()["id"])
                    else:
                        answer = await client.get(draw.choice(paths))
                        load.reads.append(time.perf_counter() - begin)
                    if answer.status_code >= 400:
                        load.errors.append(str(answer.status_code))
                except (httpx.HTTPError, KeyError) as error:
                    load.errors.append(repr(error))
                await asyncio.sleep(draw.uniform(0.2, 0.8))  # to look at what came

    await asyncio.gather(*(one(number) for number in range(clients)))
    return load


def kills(process: subprocess.Popen[str], address: str, data: Path, accepted: list[str]) -> list[tuple[str, str, str]]:
    """Kill server and workers while there is work, start again, and look whether all that was taken on is done."""
    place = Place.at(data)
    with Client(address) as client:
        for _ in range(3):
            accepted.append(client.export(next(client.worlds()).id, "ply").id)
        while not any(operation.status == "running" for operation in client.operations()):
            time.sleep(0.05)
    store = Store.open(place)
    workers = [operation.process.pid for operation in store.operations.running() if operation.process]
    process.kill()
    for pid in workers:
        os.killpg(pid, signal.SIGKILL)
    process.wait()
    process, address, _ = start(data)
    with Client(address) as client:
        while any(not operation.done for operation in client.operations()):
            time.sleep(0.2)
        found = {operation.id: operation.status for operation in client.operations()}
    stop(process)
    store.close()
    done = sum(found.get(operation) == "succeeded" for operation in accepted)
    return [("kill -9 of server and workers: work done after all", "all", f"{done} of {len(accepted)}")]


if __name__ == "__main__":
    main()
