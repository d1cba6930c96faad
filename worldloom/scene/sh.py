"""Real spherical harmonics in the 3DGS order and signs (Sloan 2013; Kerbl et al. 2023), degrees 0 to 3."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor

from worldloom.scene.errors import InvalidDataError


def sh_basis(directions: Tensor, degree: int) -> Tensor:
    """Values of the basis functions.

    Args:
        directions: (..., 3) unit vectors, from the camera towards the Gaussian.
        degree: 0 to 3.

    Returns:
        (..., (degree + 1)**2) values.
    """
    x, y, z = directions.unbind(-1)
    basis = [torch.full_like(x, 0.28209479177387814)]
    if degree >= 1:
        basis += [-0.4886025119029199 * y, 0.4886025119029199 * z, -0.4886025119029199 * x]
    if degree >= 2:
        basis += [
            1.0925484305920792 * x * y,
            -1.0925484305920792 * y * z,
            0.9461746957575601 * z * z - 0.31539156525252005,
            -1.0925484305920792 * x * z,
            0.5462742152960396 * (x * x - y * y),
        ]
    if degree >= 3:
        basis += [
            -0.5900435899266435 * y * (3 * x * x - y * y),
            2.890611442640554 * x * y * z,
            0.4570457994644658 * y * (1 - 5 * z * z),
            0.37317633259011546 * z * (5 * z * z - 3),
            0.4570457994644658 * x * (1 - 5 * z * z),
            1.445305721320277 * z * (x * x - y * y),
            -0.5900435899266435 * x * (x * x - 3 * y * y),
        ]
    return torch.stack(basis, dim=-1)


def sh_rotation(rotation: Tensor, degree: int) -> tuple[Tensor, ...]:
    """One orthogonal matrix per band that turns coefficients as `rotation` (3, 3) turns (or mirrors) the scene.

    Found by evaluating the basis at fixed directions before and after the turn. The system is exact (a rotated band
    lies in the same band), so the result is good to rounding in float64.

    Returns:
        Matrices (3, 3), (5, 5), (7, 7) up to `degree`, float64; rotated = matrix @ coefficients.
    """
    directions, inverses = _band_inverses()
    turned = sh_basis(directions @ rotation.detach().to("cpu", torch.float64), degree)  # rows are R^T d
    return tuple(inverses[band - 1] @ turned[:, band * band : (band + 1) ** 2] for band in range(1, degree + 1))


@cache
def _band_inverses() -> tuple[Tensor, tuple[Tensor, ...]]:
    generator = torch.Generator().manual_seed(0)
    directions = torch.nn.functional.normalize(torch.randn(64, 3, generator=generator, dtype=torch.float64), dim=-1)
    basis = sh_basis(directions, 3)
    return directions, tuple(torch.linalg.pinv(basis[:, b * b : (b + 1) ** 2]) for b in (1, 2, 3))


def rotate_sh(sh: Tensor, rotation: Tensor) -> Tensor:
    """Turn view-dependent colour together with the scene.

    Args:
        sh: (N, K, 3) coefficients, K = 1, 4, 9 or 16.
        rotation: (3, 3) proper rotation, rotated = rotation @ point.

    Returns:
        (N, K, 3), so that colour(rotated, rotation @ direction) = colour(sh, direction). Half turns about an axis are
        exact sign flips.

    Raises:
        InvalidDataError: `rotation` is not a proper rotation.
    """
    check_rotation(rotation)
    return _turned(sh, rotation)


def reflect_sh(sh: Tensor, normal: Tensor) -> Tensor:
    """View-dependent colour seen in a mirror.

    Args:
        sh: (N, K, 3) coefficients, K = 1, 4, 9 or 16.
        normal: (3,) of the mirror, of any length.

    Returns:
        (N, K, 3), so that colour(reflected, mirrored direction) = colour(sh, direction). Mirrors square to an axis are
        exact sign flips.

    Raises:
        InvalidDataError: `normal` has no direction.
    """
    return _turned(sh, reflection(normal))


def reflection(normal: Tensor) -> Tensor:
    """The matrix (3, 3), float64, that mirrors directions in a plane square to `normal` (3,) (Householder 1958).

    Raises:
        InvalidDataError: `normal` has no direction.
    """
    normal = normal.detach().to("cpu", torch.float64)
    length = float(normal.norm())
    if not 1e-12 < length < math.inf:
        raise InvalidDataError("A mirror's normal is three finite numbers that are not all zero.")
    unit = normal / length
    return torch.eye(3, dtype=torch.float64) - 2 * torch.outer(unit, unit)


def _turned(sh: Tensor, matrix: Tensor) -> Tensor:
    """Coefficients turned or mirrored by an orthogonal (3, 3) matrix."""
    degree = round(sh.shape[1] ** 0.5) - 1
    if degree == 0:
        return sh
    bands = [sh[:, :1]]
    for band, turn in enumerate(sh_rotation(matrix, degree), start=1):
        turn = torch.where(turn.abs() < 1e-12, 0.0, turn)
        turn = torch.where((turn.abs() - 1).abs() < 1e-12, turn.round(), turn)
        bands.append(torch.einsum("ij,njc->nic", turn.to(sh), sh[:, band * band : (band + 1) ** 2]))
    return torch.cat(bands, dim=1)


def check_rotation(rotation: Tensor) -> None:
    """Raise InvalidDataError unless `rotation` is a finite proper rotation (3, 3), to within 1e-4."""
    matrix = rotation.detach().to("cpu", torch.float64)
    good = (
        tuple(matrix.shape) == (3, 3)
        and bool(torch.isfinite(matrix).all())
        and float((matrix @ matrix.T - torch.eye(3, dtype=torch.float64)).abs().max()) < 1e-4
        and float(torch.linalg.det(matrix)) > 0
    )
    if not good:
        raise InvalidDataError("'rotation' is not a proper 3x3 rotation matrix (orthogonal, determinant +1).")
