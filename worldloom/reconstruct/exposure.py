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

ExposureKind = Literal["none", "auto", "affine", "bilateral"]
"""auto: affine corrections are found but not applied, until `decided` makes it affine or none."""

_GRID = (8, 16, 16)
"""Cells of a bilateral grid: brightness, rows, columns (Wang et al. 2024, arXiv:2404.00448, uses the same)."""


@dataclass(frozen=True, eq=False)
class Exposure:
    """Corrections of all training photos, updated in place by `fit`."""

    kind: ExposureKind
    parameters: Tensor
    """(photos, 3, 4) affine colour matrices, or (photos, 12, 8, 16, 16) bilateral grids of them; float32."""

    @staticmethod
    def start(kind: ExposureKind, photos: int) -> Exposure:
        """Identity for every photo."""
        identity = torch.eye(3, 4)
        if kind == "bilateral":
            parameters = identity.reshape(1, 12, 1, 1, 1).repeat(photos, 1, *_GRID)
        else:
            parameters = identity.repeat(photos, 1, 1)
        return Exposure(kind, parameters)

    def apply(self, photo: int, rgb: Tensor) -> Tensor:
        """The world's picture (H, W, 3) as this photo's camera would have shown it."""
        if self.kind in ("none", "auto"):
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

    def decided(self, *, threshold: float) -> Exposure:
        """If this is "auto": "affine" when the photos differ enough from one another to be worth it, else "none".

        Small and gradual differences, as along a video, are better left in: neighbouring views share them.

        Args:
            threshold: standard deviation over the photos of what the corrections do to a mid grey, 0..1.
        """
        if self.kind != "auto":
            return self
        on_grey = self.parameters[:, :, :3].sum(dim=2) * 0.5 + self.parameters[:, :, 3]
        differ = len(on_grey) > 1 and float(on_grey.std(dim=0).mean()) > threshold
        return replace(self, kind="affine") if differ else Exposure.start("none", len(self.parameters))

    def backward(self, photo: int, rgb: Tensor, v_shown: Tensor) -> Tensor:
        """Pass a gradient through the correction.

        Args:
            rgb: (H, W, 3) the world's picture that `apply` was given.
            v_shown: (H, W, 3) gradient of the loss with respect to the corrected picture.

        Returns:
            (H, W, 3) gradient with respect to `rgb`.
        """
        if self.kind in ("none", "auto"):
            return v_shown
        if self.kind == "affine":
            return (v_shown.reshape(-1, 3) @ self.parameters[photo][:, :3]).reshape(rgb.shape)
        with torch.enable_grad():
            picture = rgb.detach().clone().requires_grad_()
            return torch.autograd.grad(_slice(self.parameters[photo], picture), picture, v_shown)[0]

    def fit(self, photo: int, rgb: Tensor, target: Tensor, mask: Tensor | None, *, pull: float, rate: float) -> None:
        """Move one photo's correction towards the best one for the world as it looks now, in place.

        The best affine map is a ridge regression of the photo on the render: four unknowns a channel, many pixels, so
        it is solved outright. Steps of a fixed size, as Adam makes, would wander where nothing asks for a correction.

        Args:
            rgb: (H, W, 3) the world's picture.
            target: (H, W, 3) the photo.
            mask: (H, W) weights of pixels.
            pull: strength of the ridge towards the identity, relative to the mean square of colours.
            rate: share of the way to go.
        """
        if self.kind == "none":
            return
        if self.kind in ("affine", "auto"):
            wanted = _best_affine(rgb, target, mask, pull)
            self.parameters[photo].lerp_(wanted, rate)
            return
        local = _local_affines(rgb, target, mask, _GRID[1:], 10 * pull)
        wanted = local.permute(2, 3, 0, 1).reshape(12, 1, *_GRID[1:]).expand(12, *_GRID)
        self.parameters[photo].lerp_(wanted, rate)


def _best_affine(rgb: Tensor, target: Tensor, mask: Tensor | None, pull: float) -> Tensor:
    """(3, 4) affine map from `rgb` to `target`, ridge towards the identity."""
    weighted, homogeneous, missing = _terms(rgb, target, mask)
    left = weighted.reshape(-1, 4).T / (rgb.shape[0] * rgb.shape[1])
    return _affine_maps((left @ homogeneous.reshape(-1, 4)).double(), (left @ missing.reshape(-1, 3)).double(), pull)


def _local_affines(rgb: Tensor, target: Tensor, mask: Tensor | None, cells: tuple[int, int], pull: float) -> Tensor:
    """(rows, columns, 3, 4) the same for each cell of a grid over the picture, neighbouring cells counted in."""
    weighted, homogeneous, missing = _terms(rgb, target, mask)
    products = weighted[..., :, None] * torch.cat([homogeneous, missing], dim=-1)[..., None, :]
    planes = products.flatten(2).permute(2, 0, 1)[None]
    pooled = torch.nn.functional.adaptive_avg_pool2d(planes, cells)
    pooled = torch.nn.functional.avg_pool2d(pooled, 3, 1, 1, count_include_pad=False)
    split = pooled[0].permute(1, 2, 0).reshape(*cells, 4, 7).double()
    return _affine_maps(split[..., :4], split[..., 4:], pull)


def _terms(rgb: Tensor, target: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Weighted homogeneous colours, homogeneous colours (H, W, 4), and what is missing to the target (H, W, 3)."""
    homogeneous = torch.cat([rgb, torch.ones_like(rgb[..., :1])], dim=-1)
    return homogeneous if mask is None else homogeneous * mask[..., None], homogeneous, target - rgb


def _affine_maps(moments: Tensor, residuals: Tensor, pull: float) -> Tensor:
    """(..., 3, 4) solutions of the ridge regressions."""
    solved = torch.linalg.solve(moments + pull * torch.eye(4, dtype=torch.float64), residuals)
    return torch.eye(3, 4) + solved.transpose(-1, -2).float()


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
