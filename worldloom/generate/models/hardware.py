"""Which device a model goes on, found out without loading torch until a model is loaded."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from importlib import metadata

from worldloom.scene.errors import InvalidDataError

DEVICE_VARIABLE = "WORLDLOOM_MODELS_DEVICE"
"""Environment variable: "cpu" or "cuda", where the caller doesn't say."""


def check(title: str, vram_gb: float, *, on_cpu: bool, device: str | None) -> None:
    """Raise InvalidDataError where a model of that size can't run here.

    Args:
        vram_gb: GPU memory that it needs; 0 for none.
        on_cpu: whether it is useful without a GPU.
        device: what was asked for: "cpu", "cuda", "cuda:1"; None for whatever fits.
    """
    device = device or os.environ.get(DEVICE_VARIABLE) or None
    if device is not None and device != "cpu" and not device.startswith("cuda"):
        raise InvalidDataError(f"'device' is '{device}', expected 'cpu' or 'cuda'.")
    if device == "cpu" or vram_gb == 0 or (device is None and on_cpu):
        return
    memory = gpu_memory_gb()
    instead = f"use a machine that has one, or set {DEVICE_VARIABLE}=cpu to run it very slowly"
    if not memory:
        raise InvalidDataError(
            f"{title} needs an NVIDIA GPU with about {vram_gb:g} GB of memory, and none was found; {instead}."
        )
    if not torch_has_cuda():
        raise InvalidDataError(f"{title} needs a torch built for CUDA; the one installed is for the CPU only.")
    if max(memory) < vram_gb:
        raise InvalidDataError(
            f"{title} needs about {vram_gb:g} GB of GPU memory, and the largest GPU here has {max(memory):.0f} GB; "
            f"{instead}."
        )


def choose(device: str | None) -> str:
    """ "cuda" where torch sees a GPU, else "cpu", unless one was asked for."""
    if told := device or os.environ.get(DEVICE_VARIABLE):
        return told
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def dtype_of(device: str):
    """bfloat16 on a GPU, as these models were trained in; float32 on a CPU, where halves are slow."""
    import torch

    return torch.bfloat16 if device.startswith("cuda") else torch.float32


@cache
def gpu_memory_gb() -> tuple[float, ...]:
    """Memory of each NVIDIA GPU, GB."""
    if shutil.which("nvidia-smi") is None:
        return ()
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    if listed.returncode != 0:
        return ()
    return tuple(float(line) * 1.048576 / 1000 for line in listed.stdout.split() if line.replace(".", "").isdigit())


def torch_has_cuda() -> bool:
    """By its version's name, so that torch needn't be loaded."""
    return not metadata.version("torch").endswith("+cpu")
