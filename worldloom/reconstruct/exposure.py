"""Per-photo colour correction that is learned beside the world and left out of it.

Cameras change exposure and white balance from photo to photo. A small correction per photo takes that up, pulled
towards the identity, so that the world itself keeps one colour and is exported as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from worldloom.scene.gaussians import SH_C0, Gaussians

ExposureKind = Literal["none", "affine", "bilateral"]

_GRID = (8, 16, 16)
"""Cells of a bilateral grid: brightness, rows, columns (Wang et al. 2024, arXiv:2404.00448, uses the same)."""


@dataclass(frozen=True, eq=False)
class Exposure:
    """Corrections of all training photos. Parameters and Adam's moments are updated in place by `backward`."""

    kind: ExposureKind
    parameters: Tensor
    """(photos, 3, 4) affine colour matrices, or (photos, 12, 8, 16, 16) bilateral grids of them; float32."""
    first_moments: Tensor
    second_moments: Tensor

    @staticmethod
    def start(kind: ExposureKind, photos: int) -> Exposure:
        """Identity for every photo."""
        identity = torch.eye(3, 4)
        if kind == "bilateral":
            parameters = identity.reshape(1, 12, 1, 1, 1).repeat(photos, 1, *_GRID)
        else:
            parameters = identity.repeat(photos, 1, 1)
        return Exposure(kind, parameters, torch.zeros_like(parameters), torch.zeros_like(parameters))

    def apply(self, photo: int, rgb: Tensor) -> Tensor:
        """The world's picture (H, W, 3) as this photo's camera would have shown it."""
        if self.kind == "none":
            return rgb
        if self.kind == "affine":
            matrix = self.parameters[photo]
            return torch.addmm(matrix[:, 3], rgb.reshape(-1, 3), matrix[:, :3].T).reshape(rgb.shape)
        return _slice(self.parameters[photo], rgb)

    def mean_matrix(self) -> Tensor:
        """(3, 4) the average correction of all photos."""
        if self.kind == "bilateral":
            return self.parameters.mean(dim=(0, 2, 3, 4)).reshape(3, 4)
        return self.parameters.mean(dim=0)

    def backward(
        self, photo: int, rgb: Tensor, v_shown: Tensor, *, learning_rate: float, pull: float, step: int
    ) -> Tensor:
        """Update this photo's correction and pass the gradient on.

        Args:
            rgb: (H, W, 3) the world's picture that `apply` was given.
            v_shown: (H, W, 3) gradient of the loss with respect to the corrected picture.
            learning_rate: of Adam.
            pull: weight of the squared distance from the identity.
            step: counted from 1.

        Returns:
            (H, W, 3) gradient with respect to `rgb`.
        """
        if self.kind == "none":
            return v_shown
        if self.kind == "affine":
            matrix = self.parameters[photo]
            flat = v_shown.reshape(-1, 3)
            gradient = torch.cat([flat.T @ rgb.reshape(-1, 3), flat.sum(dim=0)[:, None]], dim=1)
            gradient += 2 * pull * (matrix - torch.eye(3, 4))
            v_rgb = (flat @ matrix[:, :3]).reshape(rgb.shape)
        else:
            with torch.enable_grad():
                grid = self.parameters[photo].clone().requires_grad_()
                picture = rgb.detach().clone().requires_grad_()
                gradient, v_rgb = torch.autograd.grad(_slice(grid, picture), (grid, picture), v_shown)
            identity = torch.eye(3, 4).reshape(12, 1, 1, 1)
            gradient += 2 * pull * (self.parameters[photo] - identity) / identity[0].numel()
            gradient += _roughness_gradient(self.parameters[photo]) * pull
        _adam(
            self.parameters[photo], self.first_moments[photo], self.second_moments[photo], gradient, learning_rate, step
        )
        return v_rgb


def absorb(gaussians: Gaussians, matrix: Tensor) -> Gaussians:
    """Gaussians that show without any correction what they showed with `matrix` (3, 4).

    Colours blend linearly and SH are linear in their coefficients, so an affine map of the picture is the same map of
    every coefficient. This is how the world gets the exposure of the average photo, and so needs none when exported.
    """
    linear, offset = matrix[:, :3].to(gaussians.device), matrix[:, 3].to(gaussians.device)
    sh = gaussians.sh @ linear.T
    sh[:, 0] += (linear.sum(dim=1) * 0.5 + offset - 0.5) / SH_C0
    return replace(gaussians, sh=sh)


def _slice(grid: Tensor, rgb: Tensor) -> Tensor:
    """Look up each pixel's affine colour matrix by place and brightness, and apply it."""
    height, width, _ = rgb.shape
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    brightness = (rgb @ torch.tensor([0.299, 0.587, 0.114])).clamp(0, 1) * 2 - 1
    places = torch.stack([columns, rows, brightness], dim=-1)[None, None]
    matrices = torch.nn.functional.grid_sample(grid[None], places, align_corners=True, padding_mode="border")
    matrices = matrices[0, :, 0].permute(1, 2, 0).reshape(height, width, 3, 4)
    return (matrices[..., :3] @ rgb[..., None])[..., 0] + matrices[..., 3]


def _roughness_gradient(grid: Tensor) -> Tensor:
    """Gradient of the mean squared difference between neighbouring cells."""
    gradient = torch.zeros_like(grid)
    for axis in (1, 2, 3):
        difference = torch.diff(grid, dim=axis) * (2 / grid[0].numel())
        before = [0, 0] * (3 - axis) + [1, 0]
        after = [0, 0] * (3 - axis) + [0, 1]
        gradient += torch.nn.functional.pad(difference, before) - torch.nn.functional.pad(difference, after)
    return gradient


def _adam(values: Tensor, first: Tensor, second: Tensor, gradient: Tensor, learning_rate: float, step: int) -> None:
    """One step of Adam (Kingma and Ba 2015) in place; `step` is how often this photo may have been seen at most."""
    first.lerp_(gradient, 0.1)
    second.lerp_(gradient * gradient, 0.001)
    debiased = second / (1 - 0.999**step)
    values -= learning_rate / (1 - 0.9**step) * first / (debiased.sqrt() + 1e-12)
