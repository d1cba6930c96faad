"""The CPU engine: our C++ (native/) on tensors, without autograd. `worldloom.render.rasterize` adds that."""

from __future__ import annotations

import ctypes
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from worldloom.render.native import library as native
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError, WorldloomError
from worldloom.scene.gaussians import Gaussians

_threads: int | None = None


def set_threads(count: int | None) -> None:
    """How many threads engines made from now on use; None: WORLDLOOM_THREADS, else every processor allowed to us."""
    global _threads
    _threads = count


def default_threads() -> int:
    """What `set_threads` was told, else the environment variable WORLDLOOM_THREADS, else the number of processors."""
    return _threads or int(os.environ.get("WORLDLOOM_THREADS", 0)) or native.library().worldloom_processors()


@dataclass(frozen=True, eq=False)
class Rendered:
    """One picture, float32; planes that were not asked for are None."""

    rgb: Tensor
    """(H, W, 3) sRGB over the background, not clamped above."""
    transmittance: Tensor
    """(H, W) share of the background that shows through, 0 to 1."""
    depth: Tensor | None = None
    """(H, W) expected camera z where something is seen, metres: blended depth divided by alpha; 0 elsewhere."""
    median_depth: Tensor | None = None
    """(H, W) camera z at which half of the light is stopped, metres; 0 where that never happens."""
    normal: Tensor | None = None
    """(H, W, 3) blended normals, world frame, no longer than alpha."""

    @property
    def alpha(self) -> Tensor:
        """(H, W) opacity, 0 to 1."""
        return 1 - self.transmittance


@dataclass(frozen=True, eq=False)
class Gradients:
    """Gradients of a loss on one picture."""

    gaussians: Gaussians
    """Field by field; zero for Gaussians that were not seen."""
    world_to_camera: Tensor
    """(4, 4), the last row zero."""


_EMPTY_ALPHA = 1e-10


class NativeEngine:
    """Renders one picture at a time and remembers what its gradient needs.

    Results are the same bits for any number of threads. Scratch memory grows to the largest picture rendered and is
    freed with the engine.

    Args:
        threads: None for `default_threads()`.
        isa: "avx512", "avx2", "sse2" or "neon"; None for the environment variable WORLDLOOM_ISA or the best there is.
    """

    def __init__(self, threads: int | None = None, isa: str | None = None) -> None:
        if threads is not None and not 1 <= threads <= 1024:
            raise InvalidDataError(f"'threads' is {threads}, expected 1 to 1024.")
        self.threads = threads or default_threads()
        self._kernels = native.kernels(isa)
        self._frame = ctypes.c_void_p(native.library().worldloom_create(self._kernels))
        self._last: _Last | None = None

    def __del__(self) -> None:
        if getattr(self, "_frame", None):
            native.library().worldloom_destroy(self._kernels, self._frame)

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    @property
    def isa(self) -> str:
        """The instruction set in use."""
        return native.library().worldloom_name(self._kernels).decode()

    @property
    def scratch_bytes(self) -> int:
        """Memory held between calls, not counting the tensors handed in and out."""
        return native.library().worldloom_scratch_bytes(self._kernels, self._frame)

    @property
    def stage_milliseconds(self) -> dict[str, float]:
        """How long each stage of the last forward and backward pass took."""
        times = (ctypes.c_double * len(native.STAGES))()
        native.library().worldloom_stage_times(self._kernels, self._frame, ctypes.byref(times))
        return dict(zip(native.STAGES, times))

    @property
    def visible_and_pairs(self) -> tuple[int, int]:
        """Gaussians seen in the last picture, and how many pairs of Gaussian and 16 x 16 tile they made."""
        counts = (ctypes.c_int64 * 2)()
        native.library().worldloom_counts(self._kernels, self._frame, ctypes.byref(counts))
        return counts[0], counts[1]

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
        """Render `gaussians`, contiguous float32 CPU tensors that must not change before the matching backward pass.

        Args:
            sh_degree: colour by bands up to this one; None for all there are.
            background: (3,) sRGB, default black.
            antialias: keep the opacity of Gaussians smaller than a pixel true to their size (Yu et al. 2024).
            outputs: which of "depth", "median_depth", "normal" to render; rgb and alpha come always.

        Raises:
            WorldloomError: the picture needs more memory than there is, or Gaussians cover too many tiles.
        """
        height, width = camera.height, camera.width
        model = _model(gaussians, gaussians.sh_degree if sh_degree is None else sh_degree)
        planes = Rendered(
            rgb=torch.empty(height, width, 3),
            transmittance=torch.empty(height, width),
            # The normal comes last of the blended channels: with it, depth is blended too.
            depth=torch.empty(height, width) if "depth" in outputs else None,
            median_depth=torch.empty(height, width) if "median_depth" in outputs else None,
            normal=torch.empty(height, width, 3) if "normal" in outputs else None,
        )
        colour = [0.0] * 3 if background is None else background.detach().tolist()
        picture = _picture(planes)
        status = native.library().worldloom_forward(
            self._kernels,
            self._frame,
            self.threads,
            _view(camera),
            model,
            (ctypes.c_float * 3)(*colour),
            antialias,
            picture,
        )
        _check(status, width, height)
        self._last = _Last(gaussians, model, planes, picture)
        if planes.depth is None:
            return planes
        depth = planes.depth / planes.alpha.clamp_min(_EMPTY_ALPHA)
        return Rendered(planes.rgb, planes.transmittance, depth, planes.median_depth, planes.normal)

    def backward(
        self,
        v_rgb: Tensor | None,
        v_alpha: Tensor | None = None,
        v_depth: Tensor | None = None,
        v_normal: Tensor | None = None,
        *,
        statistics: Tensor | None = None,
        absgrad: bool = True,
        out: Gaussians | None = None,
    ) -> Gradients:
        """Gradients of the last picture, given the loss's with respect to its planes.

        Args:
            v_rgb: (H, W, 3), like `v_normal`; v_alpha: (H, W), like `v_depth` (of the expected depth).
            statistics: (N, 4) accumulated in place over calls, for densification: sum of the norms of the screen-space
                gradient of the mean, in units of half the picture (Kerbl et al. 2023); the same with absolute values
                summed over pixels (AbsGS, Ye et al. 2024); number of pictures that saw it; largest radius, pixels.
            absgrad: False leaves out the second of these, a little faster.
            out: tensors to write to, saving their allocation.
        """
        last = self._rendered()
        into = last.gaussians.map(torch.empty_like) if out is None else out
        slopes = (v_rgb, v_alpha, v_depth, v_normal)
        pose = self._backward(last, slopes, absgrad, statistics, gradients=_arrays(into), adam=None)
        return Gradients(into, pose)

    def weights(self, mask: Tensor | None = None) -> Tensor:
        """How much of each Gaussian is in the last picture.

        Args:
            mask: (H, W) weights of pixels; None: 1 everywhere.

        Returns:
            (N, 3): its blending weights summed over the pixels, times the mask; summed without it; and its alphas
            summed, so that the second over the third is the share of it that nothing hides. Pixels that are full
            before they come to it are in none of them. Zero for Gaussians that are not in the picture.
        """
        last = self._rendered()
        height, width = last.planes.transmittance.shape
        if mask is not None and tuple(mask.shape) != (height, width):
            raise InvalidDataError(f"The mask has shape {tuple(mask.shape)}, its picture ({height}, {width}).")
        out = torch.empty(len(last.gaussians), 3)
        plane = None if mask is None else _contiguous(mask)
        status = native.library().worldloom_weights(
            self._kernels, self._frame, len(out), native.pointer(plane), out.data_ptr()
        )
        _check(status, width, height)
        return out

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
        """One step of Adam (Kingma & Ba 2015) on the Gaussians of the last picture, in place, in one pass with the
        gradient. Gaussians that were not seen keep their values and moments.

        Args:
            first_moments, second_moments: running means of gradients and of their squares, field by field, in place.
            learning_rates: of means, log_scales, quats, opacity_logits, sh of degree 0, sh of higher degrees.
            step: 1 for the first.
            opacity_regularisation: weight of mean(opacity) in the loss; scale_regularisation: of mean(scale)
                (Kheradmand et al. 2024). For the Gaussians that were seen.
            statistics, absgrad: see `backward`.

        Returns:
            (4, 4) gradient of world_to_camera.
        """
        last = self._rendered()
        means, log_scales, quats, opacity_logits, sh0, sh_rest = learning_rates
        adam = native.Adam(
            first=_arrays(first_moments),
            second=_arrays(second_moments),
            rate_means=means,
            rate_quats=quats,
            rate_log_scales=log_scales,
            rate_opacity_logits=opacity_logits,
            rate_sh0=sh0,
            rate_sh_rest=sh_rest,
            beta1=betas[0],
            beta2=betas[1],
            epsilon=epsilon,
            step=step,
            opacity_weight=opacity_regularisation,
            scale_weight=scale_regularisation,
        )
        slopes = (v_rgb, v_alpha, v_depth, v_normal)
        pose = self._backward(last, slopes, absgrad, statistics, gradients=None, adam=adam)
        self.forget()  # the Gaussians have changed: what was rendered is no longer theirs
        return pose

    def l1_dssim(
        self, image: Tensor, target: Tensor, ssim_weight: float, *, mask: Tensor | None = None
    ) -> tuple[float, Tensor]:
        """(1 - w) L1 + w (1 - SSIM) of two pictures (H, W, 3) and its gradient (H, W, 3) in the first.

        SSIM (Wang et al. 2004) has an 11 x 11 Gaussian window of sigma 1.5 with zero padding, as in 3DGS.

        Args:
            mask: (H, W) weights of pixels, 0 to 1; both terms are then weighted means.
        """
        height, width, _ = image.shape
        if target.shape != image.shape or (mask is not None and tuple(mask.shape) != (height, width)):
            raise InvalidDataError(
                f"The pictures to compare have shapes {tuple(image.shape)} and {tuple(target.shape)}, their mask "
                f"{None if mask is None else tuple(mask.shape)}; expected (H, W, 3) twice and (H, W)."
            )
        gradient = torch.empty_like(image, memory_format=torch.contiguous_format)
        loss = ctypes.c_double()
        planes = [_contiguous(image), _contiguous(target), None if mask is None else _contiguous(mask)]
        status = native.library().worldloom_l1_dssim(
            self._kernels,
            self.threads,
            *map(native.pointer, planes),
            height,
            width,
            ssim_weight,
            gradient.data_ptr(),
            ctypes.byref(loss),
        )
        _check(status, width, height)
        return loss.value, gradient

    def mcmc_noise(self, gaussians: Gaussians, *, scale: float, seed: int, step: int) -> None:
        """Move the means, in place, by MCMC's exploration noise (Kheradmand et al. 2024, section 3.1):
        scale * sigmoid(100 (0.005 - opacity)) * covariance . normal(0, 1). The numbers drawn depend on (seed, step,
        row) alone."""
        native.library().worldloom_mcmc_noise(
            self._kernels, self.threads, _model(gaussians, 0), scale, seed % 2**64, step
        )

    def forget(self) -> None:
        """Let go of the last picture and its Gaussians; scratch memory stays."""
        self._last = None

    def _rendered(self) -> _Last:
        if self._last is None:
            raise WorldloomError("The engine has no picture to take the gradient of; call forward() first.")
        return self._last

    def _backward(
        self,
        last: _Last,
        gradient: tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None],
        absgrad: bool,
        statistics: Tensor | None,
        *,
        gradients: native.Arrays | None,
        adam: native.Adam | None,
    ) -> Tensor:
        if statistics is not None:
            _check_statistics(statistics, len(last.gaussians))
        v_rgb, v_alpha, v_depth, v_normal = gradient
        v_transmittance = None if v_alpha is None else -v_alpha
        if v_depth is not None and last.planes.depth is not None:  # depth = blended / alpha
            alpha = last.planes.alpha.clamp_min(_EMPTY_ALPHA)
            through_alpha = v_depth * last.planes.depth / alpha.square()
            v_transmittance = through_alpha if v_transmittance is None else v_transmittance + through_alpha
            v_depth = v_depth / alpha
        slopes = (v_rgb, v_transmittance, v_depth, v_normal)
        planes = [None if slope is None else _contiguous(slope) for slope in slopes]
        pose = (ctypes.c_double * 12)()
        status = native.library().worldloom_backward(
            self._kernels,
            self._frame,
            last.model,
            last.picture,
            native.PictureGradient(*map(native.pointer, planes)),
            absgrad and statistics is not None,
            gradients,
            adam,
            native.pointer(statistics),
            pose,
        )
        _check(status, last.planes.rgb.shape[1], last.planes.rgb.shape[0])
        matrix = torch.zeros(4, 4)
        matrix[:3] = torch.tensor(list(pose), dtype=torch.float64).reshape(3, 4)
        return matrix


@dataclass(frozen=True, eq=False)
class _Last:
    """The picture that a backward pass belongs to; holds on to the memory that the structs point into."""

    gaussians: Gaussians
    model: native.Model
    planes: Rendered
    """Depth as blended, not divided by alpha."""
    picture: native.Picture


def _model(gaussians: Gaussians, sh_degree: int) -> native.Model:
    for tensor in gaussians.tensors:
        if tensor.device.type != "cpu" or tensor.dtype != torch.float32 or not tensor.is_contiguous():
            raise InvalidDataError("The CPU engine takes contiguous float32 tensors on the CPU.")
    if not 0 <= sh_degree <= gaussians.sh_degree:
        raise InvalidDataError(f"'sh_degree' is {sh_degree}, but these Gaussians have 0 to {gaussians.sh_degree}.")
    if len(gaussians) >= 2**31:
        raise InvalidDataError(f"{len(gaussians)} Gaussians are more than the CPU engine renders at once.")
    return native.Model(
        len(gaussians), gaussians.sh.shape[1], sh_degree, *(tensor.data_ptr() for tensor in gaussians.tensors)
    )


def _view(camera: Camera) -> native.View:
    pose = camera.world_to_camera.detach()[:3].reshape(-1).tolist()
    if not all(map(math.isfinite, pose)):
        raise InvalidDataError("Field 'world_to_camera' of the camera has a NaN or infinite value.")
    return native.View(
        camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy, (ctypes.c_float * 12)(*pose)
    )


def _picture(planes: Rendered) -> native.Picture:
    return native.Picture(
        *map(native.pointer, (planes.rgb, planes.transmittance, planes.depth, planes.normal, planes.median_depth))
    )


def _arrays(gaussians: Gaussians) -> native.Arrays:
    for tensor in gaussians.tensors:
        if tensor.dtype != torch.float32 or not tensor.is_contiguous():
            raise InvalidDataError("The CPU engine writes to contiguous float32 tensors.")
    return native.Arrays(*(tensor.data_ptr() for tensor in gaussians.tensors))


def _check_statistics(statistics: Tensor, count: int) -> None:
    if tuple(statistics.shape) != (count, 4) or statistics.dtype != torch.float32 or not statistics.is_contiguous():
        raise InvalidDataError(f"'statistics' has shape {tuple(statistics.shape)}, expected contiguous ({count}, 4).")


def _contiguous(plane: Tensor) -> Tensor:
    return plane.detach().to("cpu", torch.float32).contiguous()


def _check(status: int, width: int, height: int) -> None:
    if status == 1:
        raise WorldloomError(f"Not enough memory to render {width} x {height} pixels; render a smaller picture.")
    if status == 2:
        raise WorldloomError(
            f"The Gaussians cover too many tiles of a {width} x {height} picture; render a smaller picture, or remove "
            "the Gaussians that fill the view."
        )
