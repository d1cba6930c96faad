"""`Gaussians`: the splats of a scene as a struct of arrays, and the checks at the door.

World frame: right-handed, Y up, metres. Free functions on it live in `worldloom.scene.geometry`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from worldloom.scene.errors import InvalidDataError

SH_C0 = 0.28209479177387814
"""Value of the degree-0 spherical-harmonics basis function; colour = 0.5 + SH_C0 * sh[:, 0] for a degree-0 Gaussian."""

MAX_SH_DEGREE = 3

FIELD_NAMES = ("means", "quats", "log_scales", "opacity_logits", "sh")
"""Names of the five tensors, in the order of `Gaussians.tensors`."""


@dataclass(frozen=True, eq=False)
class Gaussians:
    """N anisotropic 3D Gaussians (Kerbl et al. 2023), float32 tensors on one device.

    A plain value: build it unchecked where arrays are known to be good (a training loop), with `Gaussians.checked`
    where they come from outside.
    """

    means: Tensor
    """(N, 3) centres, metres, world frame."""
    quats: Tensor
    """(N, 4) rotations, wxyz; unit length in stored data, normalised by every user while being optimised."""
    log_scales: Tensor
    """(N, 3) natural logarithms of the standard deviations along the rotated axes, log metres."""
    opacity_logits: Tensor
    """(N,) opacity = sigmoid(logit)."""
    sh: Tensor
    """(N, K, 3) real spherical-harmonics coefficients, K = (degree + 1)**2, 3DGS order and signs, sRGB:
    colour = max(0, 0.5 + basis(direction from camera to mean) . sh)."""

    def __len__(self) -> int:
        return self.means.shape[0]

    @property
    def sh_degree(self) -> int:
        """Spherical-harmonics degree, 0 to 3."""
        return round(self.sh.shape[1] ** 0.5) - 1

    @property
    def device(self) -> torch.device:
        return self.means.device

    @property
    def opacities(self) -> Tensor:
        """(N,) opacities in 0..1."""
        return torch.sigmoid(self.opacity_logits)

    @property
    def scales(self) -> Tensor:
        """(N, 3) standard deviations, metres."""
        return torch.exp(self.log_scales)

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """(means, quats, log_scales, opacity_logits, sh), in field order."""
        return self.means, self.quats, self.log_scales, self.opacity_logits, self.sh

    def map(self, function: Callable[[Tensor], Tensor]) -> Gaussians:
        """Apply `function` to every field."""
        return Gaussians(*(function(tensor) for tensor in self.tensors))

    def __getitem__(self, index: Tensor | slice) -> Gaussians:
        """Select rows by a slice, an index tensor (M,) int64 or a mask (N,) bool."""
        return self.map(lambda tensor: tensor[index])

    def to(self, device: torch.device | str) -> Gaussians:
        return self.map(lambda tensor: tensor.to(device))

    @staticmethod
    def empty(sh_degree: int = 0) -> Gaussians:
        """No Gaussians at all, on the CPU."""
        shapes = (0, 3), (0, 4), (0, 3), (0,), (0, (sh_degree + 1) ** 2, 3)
        return Gaussians(*(torch.zeros(shape) for shape in shapes))

    @staticmethod
    def checked(
        means: Tensor,
        quats: Tensor,
        log_scales: Tensor,
        opacity_logits: Tensor,
        sh: Tensor,
        *,
        origin: str = "Gaussians",
    ) -> Gaussians:
        """Build from untrusted arrays: shapes checked, float32 and contiguous made, quaternions normalised.

        Args:
            origin: where the data came from (a file name, say), for the message.

        Raises:
            InvalidDataError: naming the field that has a wrong shape, a NaN or infinity, or a zero quaternion.
        """
        count = means.shape[0] if means.ndim else 0
        expected: dict[str, tuple[Tensor, tuple[int | None, ...]]] = {
            "means": (means, (count, 3)),
            "quats": (quats, (count, 4)),
            "log_scales": (log_scales, (count, 3)),
            "opacity_logits": (opacity_logits, (count,)),
            "sh": (sh, (count, None, 3)),
        }
        fields: list[Tensor] = []
        for name, (tensor, shape) in expected.items():
            matches = tensor.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, tensor.shape))
            if not matches:
                wanted = "(" + ", ".join("K" if size is None else str(size) for size in shape) + ")"
                raise InvalidDataError(f"{origin}: field '{name}' has shape {tuple(tensor.shape)}, expected {wanted}.")
            tensor = tensor.to(torch.float32).contiguous()
            if not bool(torch.isfinite(tensor).all()):
                bad = int((~torch.isfinite(tensor)).reshape(count, -1).any(dim=1).nonzero()[0])
                raise InvalidDataError(f"{origin}: field '{name}' has a NaN or infinite value at Gaussian {bad}.")
            fields.append(tensor)
        if sh.shape[1] not in (1, 4, 9, 16):
            raise InvalidDataError(f"{origin}: field 'sh' has {sh.shape[1]} coefficients, expected 1, 4, 9 or 16.")
        norms = fields[1].double().norm(dim=1, keepdim=True)  # float32 would overflow where the components don't
        if bool((norms < 1e-12).any()):
            bad = int((norms[:, 0] < 1e-12).nonzero()[0])
            raise InvalidDataError(f"{origin}: field 'quats' has a zero quaternion at Gaussian {bad}.")
        fields[1] = torch.where((norms - 1).abs() <= 1e-6, fields[1], (fields[1] / norms).float())
        return Gaussians(*fields)


def rgb_to_sh0(rgb: Tensor) -> Tensor:
    """Degree-0 coefficients (..., 3) that show as `rgb` (..., 3) in 0..1."""
    return (rgb - 0.5) / SH_C0


def sh0_to_rgb(sh0: Tensor) -> Tensor:
    """Base colour (..., 3) of degree-0 coefficients (..., 3), not clamped."""
    return sh0 * SH_C0 + 0.5
