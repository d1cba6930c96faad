"""Simulated editors of one world, with random disconnects and a server that is killed: do all end with one world?

    python bench/edit_people.py [--people 20] [--seconds 60] [--gaussians 20000]

Prints a Markdown table. Every editor keeps a replica by replaying the log; digests are of all bytes of the world and of
everyone's selection.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from worldloom.app.jobs.prepare import prepare
from worldloom.client import Client
from worldloom.edit.log import Log
from worldloom.scene import world as worlds
from worldloom.scene.errors import WorldloomError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.store.store import Place, Store
from worldloom.scene.world import Layer, World


@dataclass
class Outcome:
    """What came of it."""

    people: int
    acknowledged: list[str] = field(default_factory=list)
    """Ids of requests that the server said were done."""
    refused: int = 0
    seconds: list[float] = field(default_factory=list)
    """From asking to the answer, disconnects and the dead server included."""
    disconnects: int = 0
    digests: set[str] = field(default_factory=set)
    """Of the editors' replicas and of the store; one, if all is well."""
    lost: list[str] = field(default_factory=list)
    """Acknowledged, but not in the log."""
    entries: int = 0
    errors: list[str] = field(default_factory=list)


def main() -> None:
    """Edit, kill, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--gaussians", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = simulate(Path(folder), options.people, options.seconds, options.gaussians)
    times = sorted(found.seconds)
    print("| what | measured |\n|---|---|")
    print(f"| editors, seconds, Gaussians | {options.people}, {options.seconds:.0f}, {options.gaussians:,} |")
    print(
        f"| entries in the log, acknowledged, refused | {found.entries}, {len(found.acknowledged)}, {found.refused} |"
    )
    print(f"| disconnects, server kills | {found.disconnects}, 1 |")
    print(f"| acknowledged edits that were lost | {len(found.lost)} |")
    print(f"| different digests among {options.people} replicas and the store | {len(found.digests)} |")
    print(f"| answer, median and 95% | {_ms(statistics.median(times))}, {_ms(times[int(0.95 * len(times))])} |")
    print(f"| errors | {len(found.errors)} {found.errors[:2] or ''} |")


def simulate(folder: Path, people: int, seconds: float, gaussians: int) -> Outcome:
    """Let people edit one world for a while, kill the server half way, and compare what all have in the end."""
    data = folder / "data"
    world = _stored_world(Place.at(data), folder / "world", gaussians)
    port = _free_port()
    server = _serve(data, port)
    found, lock, over = Outcome(people), threading.Lock(), threading.Event()
    started, finished = threading.Barrier(people + 1), threading.Barrier(people)
    threads = [
        threading.Thread(
            target=_edit, args=(number, f"http://127.0.0.1:{port}", world, over, started, finished, found, lock)
        )
        for number in range(people)
    ]
    for thread in threads:
        thread.start()
    started.wait()
    time.sleep(seconds / 2)
    server.send_signal(signal.SIGKILL)
    server.wait()
    server = _serve(data, port)
    time.sleep(seconds / 2)
    over.set()
    for thread in threads:
        thread.join()
    store = Store.open(Place.at(data))
    log = Log(store, world)
    found.digests.add(log.state.digest())
    kept = {entry.id for entry in log.history.entries}
    found.lost = [id for id in found.acknowledged if id not in kept]
    found.entries = log.number
    store.close()
    server.send_signal(signal.SIGINT)
    server.wait(timeout=60)
    return found


def _edit(
    number: int,
    server: str,
    world: str,
    over: threading.Event,
    started: threading.Barrier,
    finished: threading.Barrier,
    found: Outcome,
    lock: threading.Lock,
) -> None:
    """What one person does: a little of everything, and now and then their connection breaks."""
    draw = random.Random(number)
    with Client(server) as client, client.editing(world, person=f"p{number}").join(f"Person {number}") as session:
        started.wait()
        while not over.is_set():
            if draw.random() < 0.05:
                session.disconnect()
                with lock:
                    found.disconnects += 1
            begin = time.monotonic()
            try:
                kind = draw.random()
                done = (
                    session.undo() if kind < 0.15 else session.redo() if kind < 0.25 else session.do(_operation(draw))
                )
            except WorldloomError:
                with lock:
                    found.refused += 1
            except Exception as error:
                with lock:
                    found.errors.append(repr(error))
            else:
                with lock:
                    found.acknowledged.append(done.id)
                    found.seconds.append(time.monotonic() - begin)
            session.look((draw.random(), 1.6, 0.0), (1.0, 0.0, 0.0, 0.0))
            session.poll(draw.uniform(0.1, 0.6))
        finished.wait()  # for all others' last edits
        digest = session.digest()
        with lock:
            found.digests.add(digest)


def _operation(draw: random.Random) -> dict[str, Any]:
    center = [draw.uniform(-5, 5) for _ in range(3)]
    ball = {"by": "sphere", "center": center, "radius": draw.uniform(0.3, 2.0)}
    where = draw.choice([None, ball, {"by": "box", "center": center, "size": [1.0, 2.0, 1.0]}])
    match draw.randrange(7):
        case 0 | 1 | 2:
            mode = draw.choice(["set", "add", "remove", "intersect"])
            return {"op": "select", "where": where or ball, "mode": mode}
        case 3:
            return {"op": "delete", "where": where}
        case 4:
            return {"op": draw.choice(["hide", "lock"]), "where": where}
        case 5:
            return {"op": draw.choice(["show_all", "unlock_all", "select_none", "invert_selection"])}
        case _:
            return {"op": "update_layer", "layer": "one", "translation": center}


def _stored_world(place: Place, folder: Path, count: int) -> str:
    generator = torch.Generator().manual_seed(0)
    layers = []
    for name in ("one", "two"):
        quats = torch.nn.functional.normalize(torch.randn(count // 2, 4, generator=generator), dim=1)
        means = torch.rand(count // 2, 3, generator=generator) * 10 - 5
        sh = torch.randn(count // 2, 1, 3, generator=generator)
        layers.append(Layer(name, Gaussians(means, quats, torch.full((count // 2, 3), -4.0), means[:, 0], sh)))
    worlds.save(World("Shared", tuple(layers)), folder)
    store = Store.open(place)
    kept = store.worlds.commit_folder(folder, prepare(folder), message="Made")
    store.close()
    return kept.world


def _serve(data: Path, port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "worldloom.app.cli", "serve", "--data", str(data), "--port", str(port)]
    command += ["--no-samples", "--no-pages"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    for line in process.stdout:
        if re.search(r"is at http", line):
            return process
    raise SystemExit("The server did not start.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    main()
