"""`rasterize`: Gaussians and cameras in, pictures out, differentiable, on either engine."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from torch import Tensor

from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError, MissingDependencyError
from worldloom.scene.gaussians import Gaussians

Engine = Literal["cpu", "cuda"]

OUTPUTS = ("rgb", "alpha", "depth", "median_depth", "normal")


@dataclass(frozen=True, eq=False)
class Rendering:
    """Pictures of C cameras, float32; what was not asked for is None."""

    rgb: Tensor | None = None
    """(C, H, W, 3) sRGB over the background, not clamped above."""
    alpha: Tensor | None = None
    """(C, H, W, 1) opacity, 0 to 1."""
    depth: Tensor | None = None
    """(C, H, W, 1) expected depth along the camera's z, metres: blended depth divided by alpha; 0 where nothing is."""
    median_depth: Tensor | None = None
    """(C, H, W, 1) camera z at which half of the light is stopped, metres; 0 where that never happens. No gradient."""
    normal: Tensor | None = None
    """(C, H, W, 3) blended normals, world frame: each Gaussian's shortest axis, facing the camera, times its weight.
    Not made unit: their length is at most alpha. Differentiable in the rotations."""


def rasterize(
    gaussians: Gaussians,
    cameras: Camera | Sequence[Camera],
    *,
    sh_degree: int | None = None,
    background: Tensor | None = None,
    antialias: bool = False,
    outputs: Sequence[str] = ("rgb", "alpha"),
    engine: Engine | None = None,
) -> Rendering:
    """Render Gaussians (Kerbl et al. 2023). Differentiable in every field of `gaussians`, in each camera's
    `world_to_camera` and in `background`.

    Both engines cut alpha at 1/255, stop a pixel at transmittance 1e-4 and blur by 0.3 pixels^2. The cpu engine holds
    alpha at 0.99 at most, the cuda engine (gsplat) at 0.999.

    Args:
        cameras: one or more, all of one picture size.
        sh_degree: colour by bands up to this one; None for all there are.
        background: (3,) sRGB, default black.
        antialias: keep the opacity of Gaussians smaller than a pixel true to their size (Yu et al. 2024).
        outputs: which planes to render: "rgb", "alpha", "depth", "median_depth", "normal".
        engine: "cpu" or "cuda"; None follows `gaussians.device`.

    Raises:
        InvalidDataError: a wrong shape, an unknown output, cameras of different sizes or a degree out of range.
        MissingDependencyError: `engine` is "cuda" but CUDA or gsplat does not work here.
    """
    views = [cameras] if isinstance(cameras, Camera) else list(cameras)
    degree = gaussians.sh_degree if sh_degree is None else sh_degree
    _validate(gaussians, views, degree, background, outputs)
    if choose_engine(gaussians, engine) == "cuda":
        from worldloom.render import cuda

        return cuda.rasterize(gaussians, views, degree, background, antialias, outputs)
    from worldloom.render import autograd

    return autograd.rasterize(gaussians, views, degree, background, antialias, outputs)


def choose_engine(gaussians: Gaussians, engine: Engine | None) -> Engine:
    """The engine asked for, else the one of the Gaussians' device.

    Raises:
        MissingDependencyError: it does not work here.
    """
    chosen = engine or ("cuda" if gaussians.device.type == "cuda" else "cpu")
    if chosen not in ("cpu", "cuda"):
        raise InvalidDataError(f"'engine' is '{chosen}', expected 'cpu' or 'cuda'.")
    if chosen == "cuda" and not cuda_works():
        raise MissingDependencyError(
            "The cuda engine needs an NVIDIA GPU, a torch built for CUDA and gsplat (pip install 'worldloom[cuda]'); "
            "use engine='cpu'."
        )
    return chosen


@cache
def cuda_works() -> bool:
    """True where torch sees a GPU and gsplat is installed."""
    return torch.cuda.is_available() and importlib.util.find_spec("gsplat") is not None


def _validate(
    gaussians: Gaussians, views: list[Camera], degree: int, background: Tensor | None, outputs: Sequence[str]
) -> None:
    count = gaussians.means.shape[0] if gaussians.means.ndim else 0
    coefficients = gaussians.sh.shape[1] if gaussians.sh.ndim == 3 else 0
    expected = {
        "means": (count, 3),
        "quats": (count, 4),
        "log_scales": (count, 3),
        "opacity_logits": (count,),
        "sh": (count, coefficients, 3),
    }
    for (name, shape), tensor in zip(expected.items(), gaussians.tensors):
        if tuple(tensor.shape) != shape:
            raise InvalidDataError(f"Field '{name}' has shape {tuple(tensor.shape)}, expected {shape}.")
    if coefficients not in (1, 4, 9, 16):
        raise InvalidDataError(f"Field 'sh' has {coefficients} coefficients, expected 1, 4, 9 or 16.")
    if not 0 <= degree <= gaussians.sh_degree:
        raise InvalidDataError(f"'sh_degree' is {degree}, but these Gaussians have 0 to {gaussians.sh_degree}.")
    unknown = [name for name in outputs if name not in OUTPUTS]
    if unknown:
        raise InvalidDataError(f"Unknown output '{unknown[0]}', expected some of {', '.join(OUTPUTS)}.")
    if not views:
        raise InvalidDataError("'cameras' is empty, expected at least one camera.")
    sizes = {(view.width, view.height) for view in views}
    if len(sizes) > 1:
        raise InvalidDataError(f"The cameras have pictures of different sizes, {sorted(sizes)}; render them apart.")
    for view in views:
        if view.width < 1 or view.height < 1 or tuple(view.world_to_camera.shape) != (4, 4):
            raise InvalidDataError("A camera has no pixels or a 'world_to_camera' that is not (4, 4).")
    if background is not None and tuple(background.shape) != (3,):
        raise InvalidDataError(f"'background' has shape {tuple(background.shape)}, expected (3,).")
