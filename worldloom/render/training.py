"""What a trainer needs of an engine: render, compare, take the gradient and step, without autograd in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from worldloom.render.cpu import NativeEngine, Rendered
from worldloom.render.rendering import Engine, cuda_works
from worldloom.scene.camera import Camera
from worldloom.scene.errors import MissingDependencyError
from worldloom.scene.gaussians import Gaussians


class TrainingEngine(Protocol):
    """See `worldloom.render.cpu.NativeEngine`, which documents every method."""

    @property
    def device(self) -> torch.device: ...

    def forward(
        self,
        gaussians: Gaussians,
        camera: Camera,
        *,
        sh_degree: int | None = None,
        background: Tensor | None = None,
        antialias: bool = False,
        outputs: Sequence[str] = ("rgb", "alpha"),
    ) -> Rendered: ...

    def backward_adam(
        self,
        v_rgb: Tensor | None,
        v_alpha: Tensor | None = None,
        v_depth: Tensor | None = None,
        v_normal: Tensor | None = None,
        *,
        first_moments: Gaussians,
        second_moments: Gaussians,
        learning_rates: tuple[float, float, float, float, float, float],
        step: int,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-15,
        opacity_regularisation: float = 0.0,
        scale_regularisation: float = 0.0,
        statistics: Tensor | None = None,
        absgrad: bool = True,
    ) -> Tensor: ...

    def l1_dssim(
        self, image: Tensor, target: Tensor, ssim_weight: float, *, mask: Tensor | None = None
    ) -> tuple[float, Tensor]: ...

    def mcmc_noise(self, gaussians: Gaussians, *, scale: float, seed: int, step: int) -> None: ...


def training_engine(engine: Engine | None = None) -> TrainingEngine:
    """The engine asked for; None takes CUDA where it works.

    Raises:
        MissingDependencyError: `engine` is "cuda" but CUDA or gsplat does not work here.
    """
    if engine == "cpu" or (engine is None and not cuda_works()):
        return NativeEngine()
    if not cuda_works():
        raise MissingDependencyError(
            "The cuda engine needs an NVIDIA GPU, a torch built for CUDA and gsplat (pip install 'worldloom[cuda]'); "
            "train with engine='cpu'."
        )
    from worldloom.render.cuda import CudaEngine

    return CudaEngine()


def engine_name(engine: Engine | None = None) -> str:
    """What `training_engine` would take, for provenance: "cpu avx512", "cuda NVIDIA H200"."""
    if engine == "cuda" or (engine is None and cuda_works()):
        return f"cuda {torch.cuda.get_device_name()}"
    return f"cpu {NativeEngine().isa}"
