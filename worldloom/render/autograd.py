"""The CPU engine under torch's autograd."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from worldloom.render.cpu import NativeEngine
from worldloom.render.rendering import Rendering
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians

_idle: list[NativeEngine] = []
"""Engines kept for their scratch memory. One is taken per picture and comes back once its gradient is known not to be
needed any more, so that pictures may be rendered in any order before their backward passes."""


def rasterize(
    gaussians: Gaussians,
    cameras: Sequence[Camera],
    sh_degree: int,
    background: Tensor | None,
    antialias: bool,
    outputs: Sequence[str],
) -> Rendering:
    """`worldloom.render.rasterize` on the CPU engine, arguments checked by it."""
    pictures = [
        _Rasterize.apply(
            camera,
            sh_degree,
            antialias,
            tuple(outputs),
            torch.zeros(3) if background is None else background,
            camera.world_to_camera,
            *gaussians.tensors,
        )
        for camera in cameras
    ]
    rgb, alpha, depth, median_depth, normal = (
        None if planes[0] is None else torch.stack(planes).to(gaussians.device) for planes in zip(*pictures)
    )

    def column(plane: Tensor | None) -> Tensor | None:
        return None if plane is None else plane[..., None]

    return Rendering(
        rgb=rgb if "rgb" in outputs else None,
        alpha=column(alpha) if "alpha" in outputs else None,
        depth=column(depth),
        median_depth=column(median_depth),
        normal=normal,
    )


class _Rasterize(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        camera: Camera,
        sh_degree: int,
        antialias: bool,
        outputs: tuple[str, ...],
        background: Tensor,
        world_to_camera: Tensor,
        *fields: Tensor,
    ) -> tuple[Tensor | None, ...]:
        gaussians = Gaussians(*(field.detach().to("cpu", torch.float32).contiguous() for field in fields))
        engine = _idle.pop() if _idle else NativeEngine()
        rendered = engine.forward(
            gaussians, camera, sh_degree=sh_degree, background=background, antialias=antialias, outputs=outputs
        )
        ctx.set_materialize_grads(False)
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(rendered.transmittance, world_to_camera, *fields)
            ctx.loan = _Loan(engine)
        else:
            _give_back(engine)
        if rendered.median_depth is not None:
            ctx.mark_non_differentiable(rendered.median_depth)
        return rendered.rgb, rendered.alpha, rendered.depth, rendered.median_depth, rendered.normal

    @staticmethod
    def backward(
        ctx: Any,
        v_rgb: Tensor | None,
        v_alpha: Tensor | None,
        v_depth: Tensor | None,
        v_median_depth: None,
        v_normal: Tensor | None,
    ) -> tuple[Tensor | None, ...]:
        transmittance, world_to_camera, *fields = ctx.saved_tensors  # raises if one was changed in place
        gradients = ctx.loan.engine.backward(v_rgb, v_alpha, v_depth, v_normal)
        v_background = None if v_rgb is None else (v_rgb * transmittance[..., None]).sum(dim=(0, 1))
        found = (v_background, gradients.world_to_camera, *gradients.gaussians.tensors)
        inputs = (None, world_to_camera, *fields)
        return (
            *[None] * 4,
            *(
                None if not needed or gradient is None else gradient if like is None else gradient.to(like)
                for needed, gradient, like in zip(ctx.needs_input_grad[4:], found, inputs)
            ),
        )


class _Loan:
    """A picture's claim on the engine that rendered it; when autograd drops the picture, the engine becomes idle."""

    def __init__(self, engine: NativeEngine) -> None:
        self.engine = engine
        # Not __del__: in a cycle of garbage it could run after the engine's own.
        weakref.finalize(self, _give_back, engine).atexit = False


def _give_back(engine: NativeEngine) -> None:
    engine.forget()
    _idle.append(engine)
