"""The CPU rasterizer beside the prototype it grew from: forward and backward, the two engines taking turns.

    python bench/rasterize.py [--threads 2] [--rounds 9] [--sizes 640x360,1280x720] [--counts 20000,100000,500000]

The scene is the prototype's: a room and spheres covered in Gaussians of about 6 pixels at 640 pixels' width, seen by
one camera, about half of them in view, SH degree 3. The prototype is compiled from ../shared/prototypes/raster/cpp into
a temporary folder; without it or g++ only ours is timed. Times are medians over rounds; backward writes all gradients.
"""

from __future__ import annotations

import argparse
import ctypes
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from worldloom.render.cpu import NativeEngine
from worldloom.render.native.library import available_isas
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians

PROTOTYPE = Path(__file__).resolve().parents[2] / "shared" / "prototypes" / "raster" / "cpp"
PROTOTYPE_FLAGS = {
    "avx512": ("-march=x86-64-v4", "-mprefer-vector-width=512"),
    "avx2": ("-march=x86-64-v3",),
    "sse2": ("-march=x86-64",),
}


def room(count: int, *, seed: int = 0, pixels: float = 6.0) -> Gaussians:
    """Half on the walls of an 8 m room, half on six spheres in it, in Morton order as after training."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(*size: int) -> Tensor:
        return torch.rand(*size, generator=generator)

    def normal(*size: int) -> Tensor:
        return torch.randn(*size, generator=generator)

    on_walls = count // 2
    place = (uniform(on_walls, 2) * 2 - 1) * 4
    wall = torch.randint(0, 5, (on_walls,), generator=generator)
    side = torch.where(wall % 2 == 0, -4.0, 4.0)
    walls = torch.stack([place[:, 0], place[:, 1], torch.full((on_walls,), 4.0)], dim=-1)
    left_right, up_down = (wall == 1) | (wall == 2), wall >= 3
    walls[left_right] = torch.stack([side, place[:, 0], place[:, 1]], dim=-1)[left_right]
    walls[up_down] = torch.stack([place[:, 0], side, place[:, 1]], dim=-1)[up_down]
    centres, radii = uniform(6, 3) * 4 - 2, uniform(6) * 0.8 + 0.4
    sphere = torch.randint(0, 6, (count - on_walls,), generator=generator)
    directions = torch.nn.functional.normalize(normal(count - on_walls, 3), dim=-1)
    means = torch.cat([walls, centres[sphere] + directions * radii[sphere, None]])

    depth = (means[:, 2] + 5).clamp_min(0.5)
    radius = pixels * torch.exp(normal(count) * 0.35) / 2  # three standard deviations, pixels at 640 wide
    log_scales = torch.log(radius / 3 * depth / (0.8 * 640))[:, None] + normal(count, 3) * 0.3
    sh = normal(count, 16, 3) * 0.1
    sh[:, 0] += uniform(count, 3) * 2 - 1
    gaussians = Gaussians(means, normal(count, 4), log_scales, normal(count) * 1.5, sh)

    cell = ((means + 6) / 12 * 1023).long().clamp(0, 1023)
    code = torch.zeros(count, dtype=torch.long)
    for bit in range(10):
        for axis in range(3):
            code |= ((cell[:, axis] >> bit) & 1) << (3 * bit + axis)
    return gaussians[torch.argsort(code)].map(torch.Tensor.contiguous)


def room_camera(width: int, height: int) -> Camera:
    """Five metres in front of the room's middle."""
    pose = torch.eye(4)
    pose[2, 3] = 5
    return Camera(width, height, 0.8 * width, 0.8 * width, width / 2, height / 2, pose)


class Prototype:
    """The prototype's library through its own C ABI."""

    def __init__(self, library: Path, threads: int) -> None:
        self._library = ctypes.CDLL(str(library))
        self._library.rs_create.restype = ctypes.c_void_p
        self._threads = threads
        self._context = ctypes.c_void_p(self._library.rs_create())

    def forward(self, gaussians: Gaussians, camera: Camera) -> tuple[Tensor, Tensor]:
        self._library.rs_threads(self._threads)  # every time: torch sets the count of the OpenMP runtime they share
        self._rgb = torch.empty(camera.height, camera.width, 3)
        self._transmittance = torch.empty(camera.height, camera.width)
        self._inputs = [ctypes.c_void_p(t.data_ptr()) for t in _prototype_order(gaussians)]
        pose = (ctypes.c_float * 12)(*camera.world_to_camera[:3].reshape(-1).tolist())
        lens = (ctypes.c_float * 4)(camera.fx, camera.fy, camera.cx, camera.cy)
        self._library.rs_forward(
            self._context, len(gaussians), 16, 3, *self._inputs, pose, lens, camera.width, camera.height,
            (ctypes.c_float * 3)(), _address(self._rgb), _address(self._transmittance), 0,
        )  # fmt: skip
        return self._rgb, self._transmittance

    def backward(self, v_rgb: Tensor, out: Gaussians) -> None:
        self._library.rs_threads(self._threads)
        self._library.rs_backward(
            self._context, *self._inputs, _address(self._rgb), _address(self._transmittance), _address(v_rgb), None,
            *map(_address, _prototype_order(out)), None,
        )  # fmt: skip


def _prototype_order(gaussians: Gaussians) -> list[Tensor]:
    means, quats, log_scales, opacity_logits, sh = gaussians.tensors
    return [means, log_scales, quats, opacity_logits, sh]


def _address(tensor: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())


def compile_prototype(folder: Path, isa: str) -> Path | None:
    """The prototype's library for an instruction set, or None where it cannot be built."""
    if not (PROTOTYPE / "raster.cpp").exists() or shutil.which("g++") is None or isa not in PROTOTYPE_FLAGS:
        return None
    library = folder / "prototype.so"
    flags = ["-O3", "-std=c++17", "-fPIC", "-shared", "-fopenmp", "-fvisibility=hidden", "-w"]
    flags += ["-fno-math-errno", "-fno-trapping-math", *PROTOTYPE_FLAGS[isa]]
    command = ["g++", *flags, str(PROTOTYPE / "raster.cpp"), "-o", str(library)]
    subprocess.run(command, check=True)
    return library


def milliseconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--sizes", default="640x360,1280x720")
    parser.add_argument("--counts", default="20000,100000,500000")
    parser.add_argument("--isa", default=None, help=f"one of {', '.join(available_isas())}")
    parser.add_argument("--stages", action="store_true", help="also print our stages' times")
    options = parser.parse_args()
    torch.set_num_threads(1)

    with tempfile.TemporaryDirectory() as folder:
        ours = NativeEngine(threads=options.threads, isa=options.isa)
        library = compile_prototype(Path(folder), ours.isa)
        theirs = None if library is None else Prototype(library, options.threads)
        print(f"{ours.isa}, {options.threads} threads, medians of {options.rounds} alternating rounds, ms")
        columns = ["size", "Gaussians", "seen", "tile pairs", "forward", "backward", "both", "prototype", "ratio"]
        print("| " + " | ".join([*columns, "M Gaussians/s"]) + " |\n|" + "---|" * 10)
        for size in options.sizes.split(","):
            width, height = map(int, size.split("x"))
            camera = room_camera(width, height)
            v_rgb = torch.randn(height, width, 3, generator=torch.Generator().manual_seed(0)) / (height * width)
            for count in map(int, options.counts.split(",")):
                measure(ours, theirs, room(count), camera, v_rgb, options.rounds, stages=options.stages)


def measure(
    ours: NativeEngine,
    theirs: Prototype | None,
    gaussians: Gaussians,
    camera: Camera,
    v_rgb: Tensor,
    rounds: int,
    *,
    stages: bool,
) -> None:
    """Print one row of the table."""
    out = gaussians.map(torch.empty_like)
    times: dict[str, list[float]] = {}
    stage_times: dict[str, list[float]] = {}

    def timed(name: str, action: Callable[[], object]) -> None:
        times.setdefault(name, []).append(milliseconds(action))

    for _ in range(rounds + 1):
        timed("forward", lambda: ours.forward(gaussians, camera))
        timed("backward", lambda: ours.backward(v_rgb, out=out))
        for stage, value in ours.stage_milliseconds.items():
            stage_times.setdefault(stage, []).append(value)
        if theirs is not None:
            timed("their forward", lambda: theirs.forward(gaussians, camera))
            timed("their backward", lambda: theirs.backward(v_rgb, out))
    median = {name: statistics.median(values[1:]) for name, values in times.items()}
    both = median["forward"] + median["backward"]
    seen, pairs = ours.visible_and_pairs
    row = [f"{camera.width}x{camera.height}", f"{len(gaussians):,}", f"{seen:,}", f"{pairs:,}"]
    row += [f"{median['forward']:.1f}", f"{median['backward']:.1f}", f"{both:.1f}"]
    if theirs is None:
        row += ["not built", ""]
    else:
        their_forward, their_backward = median["their forward"], median["their backward"]
        row += [f"{their_forward:.1f} + {their_backward:.1f}", f"{(their_forward + their_backward) / both:.2f}"]
    row.append(f"{len(gaussians) / both / 1e3:.1f}")
    print("| " + " | ".join(row) + " |", flush=True)
    if stages:
        print("  " + ", ".join(f"{name} {statistics.median(values[1:]):.1f}" for name, values in stage_times.items()))


if __name__ == "__main__":
    main()
