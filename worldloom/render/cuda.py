"""The CUDA engine: gsplat's kernels (Ye et al. 2025) behind the interface of the CPU engine. Import it only where
`worldloom.render.rendering.cuda_works()`.

What differs from the CPU engine: alpha is at most 0.999 (0.99 there); exploration noise is drawn by torch, so training
runs are repeatable on one engine but not the same on both; atomic additions make gradients vary in the last digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gsplat  # pyright: ignore[reportMissingImports] - an extra
import torch
from torch import Tensor

from worldloom.render.cpu import Rendered
from worldloom.render.rendering import Rendering
from worldloom.scene.camera import Camera
from worldloom.scene.errors import WorldloomError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.rotations import quat_to_matrix

_ALPHA_MAX, _TILE = 0.999, 16


def rasterize(
    gaussians: Gaussians,
    cameras: Sequence[Camera],
    sh_degree: int,
    background: Tensor | None,
    antialias: bool,
    outputs: Sequence[str],
) -> Rendering:
    """`worldloom.render.rasterize` on the CUDA engine, arguments checked by it. Results are on the GPU."""
    gaussians = gaussians.to("cuda")
    rgb, alpha, depth, meta = _rasterize(
        gaussians, cameras, sh_degree, background, antialias, with_depth="depth" in outputs
    )
    return Rendering(
        rgb=rgb if "rgb" in outputs else None,
        alpha=alpha if "alpha" in outputs else None,
        depth=depth,
        median_depth=_median_depth(meta) if "median_depth" in outputs else None,
        normal=_blend_normals(gaussians, cameras, meta) if "normal" in outputs else None,
    )


def _rasterize(
    gaussians: Gaussians,
    cameras: Sequence[Camera],
    sh_degree: int,
    background: Tensor | None,
    antialias: bool,
    *,
    with_depth: bool,
    absgrad: bool = False,
) -> tuple[Tensor, Tensor, Tensor | None, dict[str, Any]]:
    """(rgb, alpha, depth) of shapes (C, H, W, 3 / 1 / 1), and gsplat's by-products."""
    poses = torch.stack([camera.world_to_camera.to("cuda", torch.float32) for camera in cameras])
    lenses = torch.tensor(
        [[[c.fx, 0, c.cx], [0, c.fy, c.cy], [0, 0, 1]] for c in cameras], dtype=torch.float32, device="cuda"
    )
    colour = torch.zeros(3) if background is None else background
    planes, alpha, meta = gsplat.rasterization(
        gaussians.means,
        gaussians.quats,
        gaussians.scales,
        gaussians.opacities,
        gaussians.sh,
        poses,
        lenses,
        cameras[0].width,
        cameras[0].height,
        sh_degree=sh_degree,
        packed=False,
        tile_size=_TILE,
        backgrounds=colour.to(poses).expand(len(cameras), 3),
        render_mode="RGB+ED" if with_depth else "RGB",
        rasterize_mode="antialiased" if antialias else "classic",
        absgrad=absgrad,
    )
    return planes[..., :3], alpha, planes[..., 3:] if with_depth else None, meta


def _blend_normals(gaussians: Gaussians, cameras: Sequence[Camera], meta: dict[str, Any]) -> Tensor:
    """(C, H, W, 3) shortest axes facing the cameras, blended with the picture's own weights."""
    axes = quat_to_matrix(torch.nn.functional.normalize(gaussians.quats, dim=-1))
    shortest = gaussians.log_scales.argmin(dim=1)
    axis = axes[torch.arange(len(axes), device=axes.device), :, shortest]
    centres = torch.stack([camera.position.detach().to(axis) for camera in cameras])
    away = ((gaussians.means.detach() - centres[:, None]) * axis.detach()).sum(dim=-1, keepdim=True) > 0
    normals, _ = gsplat.rasterize_to_pixels(
        meta["means2d"],
        meta["conics"],
        torch.where(away, -axis, axis),
        meta["opacities"],
        meta["width"],
        meta["height"],
        meta["tile_size"],
        meta["isect_offsets"],
        meta["flatten_ids"],
    )
    return normals


@torch.no_grad()
def _median_depth(meta: dict[str, Any], batches: int = 16) -> Tensor:
    """(C, H, W, 1) depth of the Gaussian that takes transmittance to a half or below; 0 where none does.

    gsplat lists which Gaussians meet which pixels, in runs of one pixel each ordered by depth; `batches` x 256
    Gaussians of every tile at a time.
    """
    means2d, conics, opacities, depths = (meta[name] for name in ("means2d", "conics", "opacities", "depths"))
    width, height = meta["width"], meta["height"]
    median = torch.zeros(means2d.shape[0], height, width, device=means2d.device)
    transmittance = torch.ones_like(median)
    offsets = torch.cat([meta["isect_offsets"].flatten(), meta["isect_offsets"].new_tensor([len(meta["flatten_ids"])])])
    longest = int((offsets[1:] - offsets[:-1]).max()) if len(offsets) > 1 else 0
    for first in range(0, -(-longest // _TILE**2), batches):
        ids, pixels, images = gsplat.rasterize_to_indices_in_range(
            first,
            first + batches,
            transmittance,
            means2d,
            conics,
            opacities,
            width,
            height,
            meta["tile_size"],
            meta["isect_offsets"],
            meta["flatten_ids"],
        )
        if len(ids) == 0:
            break
        x = pixels % width + 0.5 - means2d[images, ids, 0]
        y = torch.div(pixels, width, rounding_mode="floor") + 0.5 - means2d[images, ids, 1]
        a, b, c = conics[images, ids].unbind(-1)
        alpha = opacities[images, ids] * torch.exp(-0.5 * (a * x * x + c * y * y) - b * x * y)
        survival = torch.log1p(-alpha.clamp(0, _ALPHA_MAX).double())
        place = images * (width * height) + pixels
        starts = torch.ones_like(place, dtype=torch.bool)
        starts[1:] = place[1:] != place[:-1]
        total = torch.cumsum(survival, dim=0)
        run = torch.cumsum(starts, dim=0) - 1
        before_run = (total - survival)[starts][run]
        after = transmittance.flatten()[place] * torch.exp(total - before_run)
        before = transmittance.flatten()[place] * torch.exp(total - survival - before_run)
        crossing = (before > 0.5) & (after <= 0.5)
        median.view(-1)[place[crossing]] = depths[images, ids][crossing]
        ends = torch.ones_like(starts)
        ends[:-1] = starts[1:]
        transmittance.view(-1)[place[ends]] = after[ends].float()
    return median[..., None]


@dataclass(frozen=True, eq=False)
class _Last:
    """The picture that a backward pass belongs to: views of the parameters that autograd may write gradients to."""

    stored: Gaussians
    leaves: Gaussians
    pose: Tensor
    planes: tuple[Tensor | None, ...]
    meta: dict[str, Any]


class CudaEngine:
    """A `worldloom.render.TrainingEngine` on the GPU; see `worldloom.render.cpu.NativeEngine` for its methods."""

    def __init__(self) -> None:
        self._last: _Last | None = None

    @property
    def device(self) -> torch.device:
        return torch.device("cuda")

    def forward(
        self,
        gaussians: Gaussians,
        camera: Camera,
        *,
        sh_degree: int | None = None,
        background: Tensor | None = None,
        antialias: bool = False,
        outputs: Sequence[str] = ("rgb", "alpha"),
    ) -> Rendered:
        leaves = gaussians.map(lambda tensor: tensor.detach().requires_grad_())
        pose = camera.world_to_camera.detach().to("cuda").requires_grad_()
        view = Camera(camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy, pose)
        with torch.enable_grad():
            rgb, alpha, depth, meta = _rasterize(
                leaves,
                [view],
                gaussians.sh_degree if sh_degree is None else sh_degree,
                background,
                antialias,
                with_depth="depth" in outputs,
                absgrad=True,
            )
            normal = _blend_normals(leaves, [view], meta)[0] if "normal" in outputs else None
            meta["means2d"].retain_grad()
        planes = (rgb[0], alpha[0, ..., 0], None if depth is None else depth[0, ..., 0], normal)
        self._last = _Last(gaussians, leaves, pose, planes, meta)
        rgb, alpha, depth, normal = (None if plane is None else plane.detach() for plane in planes)
        assert rgb is not None and alpha is not None
        median = _median_depth(meta)[0, ..., 0] if "median_depth" in outputs else None
        return Rendered(rgb, 1 - alpha, depth, median, normal)

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
    ) -> Tensor:
        last, self._last = self._last, None
        if last is None:
            raise WorldloomError("The engine has no picture to take the gradient of; call forward() first.")
        seen = (last.meta["radii"][0] > 0).all(dim=-1)
        with torch.enable_grad():
            regularised, count = last.leaves[seen], len(last.stored)
            loss = opacity_regularisation / count * regularised.opacities.sum()
            loss = loss + scale_regularisation / (3 * count) * regularised.scales.sum()
            for plane, slope in zip(last.planes, (v_rgb, v_alpha, v_depth, v_normal)):
                if plane is not None and slope is not None:
                    loss = loss + (plane * slope.to(plane)).sum()
        loss.backward()
        if statistics is not None:
            _accumulate(statistics, seen, last.meta, absgrad)
        means, log_scales, quats, opacity_logits, sh0, sh_rest = learning_rates
        sh_rates = torch.full((last.stored.sh.shape[1], 1), sh_rest, device=seen.device)
        sh_rates[0] = sh0
        rates = (means, quats, log_scales, opacity_logits, sh_rates)
        for value, leaf, first, second, rate in zip(
            last.stored.tensors, last.leaves.tensors, first_moments.tensors, second_moments.tensors, rates
        ):
            if leaf.grad is not None:
                _adam_rows(value, leaf.grad, first, second, seen, rate, step, betas, epsilon)
        assert last.pose.grad is not None
        return last.pose.grad

    def l1_dssim(
        self, image: Tensor, target: Tensor, ssim_weight: float, *, mask: Tensor | None = None
    ) -> tuple[float, Tensor]:
        image = image.detach().to("cuda").requires_grad_()
        target = target.to(image)
        weight = torch.ones_like(image[..., :1]) if mask is None else mask.to(image)[..., None]
        with torch.enable_grad():
            similarity = _ssim_map(image, target)
            per_value = (1 - ssim_weight) * (image - target).abs() + ssim_weight * (1 - similarity)
            loss = (weight * per_value).sum() / (3 * weight.sum()).clamp_min(1e-12)
        (gradient,) = torch.autograd.grad(loss, image)
        return float(loss), gradient

    def mcmc_noise(self, gaussians: Gaussians, *, scale: float, seed: int, step: int) -> None:
        generator = torch.Generator(gaussians.device).manual_seed(seed * 1_000_003 + step)
        normal = torch.randn(gaussians.means.shape, generator=generator, device=gaussians.device)
        axes = quat_to_matrix(torch.nn.functional.normalize(gaussians.quats, dim=-1)) * gaussians.scales[:, None, :]
        transparency = torch.sigmoid(100 * (0.005 - gaussians.opacities))
        along = torch.einsum("nki,nk->ni", axes, normal)
        gaussians.means.add_(torch.einsum("nij,nj->ni", axes, along) * (scale * transparency)[:, None])


def _accumulate(statistics: Tensor, seen: Tensor, meta: dict[str, Any], absgrad: bool) -> None:
    half_size = 0.5 * torch.tensor([meta["width"], meta["height"]], device=statistics.device)
    means2d = meta["means2d"]
    statistics[:, 0] += (means2d.grad[0] * half_size).norm(dim=-1) * seen
    if absgrad:
        statistics[:, 1] += (means2d.absgrad[0] * half_size).norm(dim=-1) * seen
    statistics[:, 2] += seen
    statistics[:, 3] = torch.maximum(statistics[:, 3], meta["radii"][0].amax(dim=-1).to(statistics) * seen)


def _adam_rows(
    value: Tensor,
    gradient: Tensor,
    first: Tensor,
    second: Tensor,
    seen: Tensor,
    rate: float | Tensor,
    step: int,
    betas: tuple[float, float],
    epsilon: float,
) -> None:
    """One Adam step on the rows `seen`, in place; coefficients beyond the SH degree in use have none."""
    rows = seen.nonzero()[:, 0]
    slope = gradient[rows]
    mean = torch.lerp(slope, first[rows], betas[0])
    square = torch.lerp(slope.square(), second[rows], betas[1])
    first[rows], second[rows] = mean, square
    size = (square / (1 - betas[1] ** step)).sqrt() + epsilon
    value[rows] -= rate * (mean / (1 - betas[0] ** step)) / size


def _ssim_map(image: Tensor, target: Tensor) -> Tensor:
    """(H, W, 3) structural similarity, 11 x 11 Gaussian window of sigma 1.5, zero padding."""
    taps = torch.exp(-((torch.arange(11, device=image.device) - 5.0) ** 2) / 4.5)
    taps = taps / taps.sum()

    def blur(plane: Tensor) -> Tensor:
        channels = plane.permute(2, 0, 1)[:, None]
        rows = torch.nn.functional.conv2d(channels, taps.view(1, 1, 11, 1), padding=(5, 0))
        return torch.nn.functional.conv2d(rows, taps.view(1, 1, 1, 11), padding=(0, 5))[:, 0].permute(1, 2, 0)

    m1, m2 = blur(image), blur(target)
    v1, v2 = blur(image * image) - m1 * m1, blur(target * target) - m2 * m2
    covariance = blur(image * target) - m1 * m2
    c1, c2 = 1e-4, 9e-4
    return ((2 * m1 * m2 + c1) * (2 * covariance + c2)) / ((m1 * m1 + m2 * m2 + c1) * (v1 + v2 + c2))
