"""What this machine has to work with, found out without loading torch."""

from __future__ import annotations

import shutil
import socket
import subprocess
from dataclasses import dataclass
from functools import cache

import psutil


@dataclass(frozen=True)
class Slot:
    """Something that does one piece of work at a time."""

    name: str
    """Unique among all machines that share an index: "studio/cuda:0"."""
    heavy: bool
    """Whether it does the heavy kinds of work, or the light ones."""
    environment: dict[str, str]
    """For its workers."""


@cache
def gpus() -> tuple[str, ...]:
    """Names of the NVIDIA GPUs."""
    if shutil.which("nvidia-smi") is None:
        return ()
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(line.strip() for line in listed.stdout.splitlines() if line.strip()) if listed.returncode == 0 else ()


def machine() -> str:
    """This machine's name."""
    return socket.gethostname().replace("/", "-")[:64]


def slots(*, cpu_jobs: int = 1, light_jobs: int = 1) -> tuple[Slot, ...]:
    """All slots of this machine: one for each GPU, or some for its CPU where there is none, and some for light work."""
    found = [
        Slot(f"{machine()}/cuda:{number}", True, {"CUDA_VISIBLE_DEVICES": str(number)}) for number in range(len(gpus()))
    ]
    if not found:
        found = [Slot(f"{machine()}/cpu:{number}", True, {}) for number in range(cpu_jobs)]
    return (*found, *(Slot(f"{machine()}/light:{number}", False, {}) for number in range(light_jobs)))


def default_memory_cap() -> int:
    """Bytes that one piece of work may hold: three quarters of this machine's memory."""
    return psutil.virtual_memory().total * 3 // 4
