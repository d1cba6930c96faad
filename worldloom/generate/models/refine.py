"""Making Gaussians look like pictures from known cameras: a short run of the `render` engine, no set changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from worldloom.render import training_engine
from worldloom.render.rendering import Engine
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians

Progress = Callable[[float, str], None]

_RATES = (1e-4, 3e-3, 5e-4, 2e-2, 5e-3, 2e-4)
"""Of means (in units of the scene's median distance), log scales, rotations, opacities, colours, bands; shapes move
less than in training from points, since these Gaussians are near the goal already."""


@dataclass(frozen=True, eq=False)
class Target:
    """A picture to come close to."""

    camera: Camera
    image: np.ndarray
    """(H, W, 3) uint8 sRGB."""
    mask: np.ndarray | None = None
    """(H, W) bool or weights 0 to 1: which pixels count; None for all."""


def refine(
    gaussians: Gaussians,
    targets: Sequence[Target],
    *,
    steps: int,
    seed: int,
    engine: Engine | None = None,
    ssim_weight: float = 0.2,
    progress: Progress | None = None,
) -> Gaussians:
    """As many Gaussians, in the same order, that show the targets better.

    Raises:
        InvalidDataError: there are no targets or no Gaussians.
    """
    if not targets or not len(gaussians):
        raise InvalidDataError("Refining needs at least one picture and one Gaussian.")
    stepper = training_engine(engine)
    current = gaussians.map(lambda tensor: tensor.clone().contiguous().to(stepper.device))
    first, second = current.map(torch.zeros_like), current.map(torch.zeros_like)
    size = float(current.means.norm(dim=1).median().clamp(min=1e-3))
    images = [torch.from_numpy(target.image).float() / 255 for target in targets]
    masks = [None if target.mask is None else torch.from_numpy(target.mask.astype(np.float32)) for target in targets]
    for step in range(1, steps + 1):
        number = _turn(step, len(targets), seed)
        backdrop = torch.full((3,), float(step % 2))  # black and white in turn, so that surfaces become solid
        rendered = stepper.forward(current, targets[number].camera, background=backdrop.to(stepper.device))
        image = images[number].to(stepper.device)
        mask = masks[number]
        _, slope = stepper.l1_dssim(
            rendered.rgb, image, ssim_weight, mask=None if mask is None else mask.to(stepper.device)
        )
        fade = 0.1 ** (step / steps)
        means, *others = _RATES
        stepper.backward_adam(
            slope,
            first_moments=first,
            second_moments=second,
            learning_rates=(means * size * fade, *(rate * fade for rate in others)),  # pyright: ignore[reportArgumentType]
            step=step,
        )
        if progress and (step % 50 == 0 or step == steps):
            progress(step / steps, f"refining, step {step} of {steps}")
    done = current.map(lambda tensor: tensor.detach().cpu())
    return replace(done, quats=torch.nn.functional.normalize(done.quats, dim=1))


def _turn(step: int, count: int, seed: int) -> int:
    """Targets come in rounds, each shuffled anew."""
    turn, place = divmod(step - 1, count)
    generator = torch.Generator().manual_seed(seed * 1_000_003 + turn)
    return int(torch.randperm(count, generator=generator)[place])
