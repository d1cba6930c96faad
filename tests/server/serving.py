"""A server as people start it: a process of its own, which can be killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from worldloom.client import Client

PATIENCE = 180.0
"""Seconds after which something that ought to happen did not, on however slow a machine."""


@dataclass
class ServerProcess:
    """`worldloom serve`, and a client of it."""

    process: subprocess.Popen[str]
    address: str
    client: Client

    def kill(self) -> None:
        """As the kernel does when memory ends: no goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(data: Path, *options: str, port: int = 0, pages: bool = False, before: str = "") -> Iterator[ServerProcess]:
    """Start a server on a folder, and stop it afterwards unless it was killed.

    Args:
        pages: for tests that look at them; most of a start's time goes into Gradio.
        before: Python that is run in its process first.
    """
    code = f"{before}\nfrom worldloom.app.cli import main\nmain()"
    command = [sys.executable, "-c", code, "serve", "--data", str(data), "--port", str(port)]
    command += [*options, "--pages" if pages else "--no-pages"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if found := re.search(r"Worldloom is at (http://\S+?)/", told):
            break
    else:
        raise AssertionError(f"the server did not start: {told}")
    address = found[1]
    rest = process.stdout  # read on, or what the server says would fill the pipe and stop it
    threading.Thread(target=lambda: [print(line, end="") for line in rest], daemon=True).start()
    with Client(address) as client:
        wait_for(lambda: _answers(client), "an answer")
        try:
            yield ServerProcess(process, address, client)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=30)


def wait_for(true: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if true():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited {patience:.0f} s for {what}")


def _answers(client: Client) -> bool:
    try:
        client.system()
    except Exception:
        return False
    return True
