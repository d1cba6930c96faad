"""Moving, cutting, joining, ordering and describing Gaussians. Pure functions: inputs are never changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.rotations import matrix_to_quat, multiply_quats, quat_to_matrix
from worldloom.scene.sh import check_rotation, reflect_sh, reflection, rotate_sh


@dataclass(frozen=True)
class Transform:
    """A similarity: point -> scale * (rotation . point) + translation. Scales by one positive number only, since that
    is all that Gaussians, SH and a glTF node can follow exactly."""

    translation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Metres."""
    rotation: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    """Quaternion wxyz."""
    scale: float = 1.0
    """Greater than zero."""

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, self.translation)) or len(self.translation) != 3:
            raise InvalidDataError(
                f"Transform: field 'translation' is {self.translation}, expected three finite numbers."
            )
        length = math.hypot(*self.rotation)
        if len(self.rotation) != 4 or not math.isfinite(length) or length < 1e-9:
            raise InvalidDataError(
                f"Transform: field 'rotation' is {self.rotation}, expected a nonzero quaternion wxyz."
            )
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise InvalidDataError(f"Transform: field 'scale' is {self.scale}, expected a positive number.")

    @staticmethod
    def from_matrix(matrix: Tensor) -> Transform:
        """Split a (4, 4) similarity matrix.

        Raises:
            InvalidDataError: it shears, mirrors or scales unevenly.
        """
        matrix = matrix.detach().to("cpu", torch.float64)
        if tuple(matrix.shape) != (4, 4) or not bool(torch.isfinite(matrix).all()):
            raise InvalidDataError("'matrix' is not a finite (4, 4) matrix.")
        determinant = float(torch.linalg.det(matrix[:3, :3]))
        if determinant <= 0:
            raise InvalidDataError(
                "'matrix' mirrors or flattens; a rotation, a translation and one positive scale are needed."
            )
        scale = determinant ** (1 / 3)
        rotation = matrix[:3, :3] / scale
        check_rotation(rotation)
        x, y, z = matrix[:3, 3].tolist()
        qw, qx, qy, qz = matrix_to_quat(rotation).tolist()
        return Transform((x, y, z), (qw, qx, qy, qz), scale)

    @property
    def rotation_matrix(self) -> Tensor:
        """(3, 3) float64."""
        return quat_to_matrix(torch.tensor(self.rotation, dtype=torch.float64))

    @property
    def matrix(self) -> Tensor:
        """(4, 4) float64."""
        matrix = torch.eye(4, dtype=torch.float64)
        matrix[:3, :3] = self.scale * self.rotation_matrix
        matrix[:3, 3] = torch.tensor(self.translation, dtype=torch.float64)
        return matrix

    @property
    def inverse(self) -> Transform:
        return Transform.from_matrix(torch.linalg.inv(self.matrix))

    def __matmul__(self, other: Transform) -> Transform:
        """The transform `other`, then this one."""
        return Transform.from_matrix(self.matrix @ other.matrix)

    def apply_to_points(self, points: Tensor) -> Tensor:
        """(..., 3) points moved."""
        matrix = self.matrix.to(points)
        return points @ matrix[:3, :3].T + matrix[:3, 3]

    def apply_to_world_to_camera(self, world_to_camera: Tensor) -> Tensor:
        """(..., 4, 4) camera matrices that see the moved scene as before; rigid whatever the scale."""
        moved = world_to_camera.to(torch.float64) @ torch.linalg.inv(self.matrix)
        moved[..., :3, :] *= self.scale
        return moved.to(world_to_camera)


def transform(gaussians: Gaussians, by: Transform) -> Gaussians:
    """Move, turn and scale Gaussians: means, orientations, sizes and view-dependent colour together. Tensors that stay
    as they are are shared."""
    if by == Transform():
        return gaussians
    means = by.apply_to_points(gaussians.means)
    sizes = gaussians.log_scales if by.scale == 1 else gaussians.log_scales + math.log(by.scale)
    if by.rotation == Transform().rotation:
        return replace(gaussians, means=means, log_scales=sizes)
    turn = torch.nn.functional.normalize(torch.tensor(by.rotation, device=gaussians.device), dim=0)
    return Gaussians(
        means=means,
        quats=multiply_quats(turn, gaussians.quats),
        log_scales=sizes,
        opacity_logits=gaussians.opacity_logits,
        sh=rotate_sh(gaussians.sh, by.rotation_matrix),
    )


def shortest_axes(gaussians: Gaussians) -> Tensor:
    """(N, 3) unit: the axis along which each is thinnest, what a flat one has as its normal. Of either sign."""
    axes = quat_to_matrix(gaussians.quats)
    thinnest = gaussians.log_scales.argmin(dim=1)
    return axes.gather(2, thinnest[:, None, None].expand(-1, 3, 1))[..., 0]


def mirror(gaussians: Gaussians, point: Sequence[float], normal: Sequence[float]) -> Gaussians:
    """Gaussians as seen in the mirror through `point` (3,) square to `normal` (3,) of any length, metres.

    An ellipsoid's mirror image is the ellipsoid after a half turn about the normal, since both halves of it are alike.
    Twice gives the same Gaussians (but for the sign of quaternions, which mean the same).

    Raises:
        InvalidDataError: `normal` has no direction.
    """
    foot, across = torch.tensor(point, dtype=torch.float64), torch.tensor(normal, dtype=torch.float64)
    matrix = reflection(across)
    unit = torch.nn.functional.normalize(across, dim=0)
    shift = 2 * (foot @ unit) * unit
    half_turn = torch.cat([torch.zeros(1, dtype=torch.float64), unit]).to(gaussians.quats)
    return Gaussians(
        means=gaussians.means @ matrix.to(gaussians.means).T + shift.to(gaussians.means),
        quats=multiply_quats(half_turn, gaussians.quats),
        log_scales=gaussians.log_scales,
        opacity_logits=gaussians.opacity_logits,
        sh=reflect_sh(gaussians.sh, across),
    )


_HALF_TURNS = {"x": (1.0, -1.0, -1.0), "y": (-1.0, 1.0, -1.0), "z": (-1.0, -1.0, 1.0)}


def half_turn(gaussians: Gaussians, axis: str) -> Gaussians:
    """Turn by 180 degrees about "x", "y" or "z", exactly: only signs change and quaternion parts swap places, so doing
    it twice gives the same bytes back (but for the sign of quaternions, which mean the same, and of zeros)."""
    signs = torch.tensor(_HALF_TURNS[axis], device=gaussians.device)
    w, x, y, z = gaussians.quats.unbind(-1)
    turned = {"x": (-x, w, -z, y), "y": (-y, z, w, -x), "z": (-z, -y, x, w)}[axis]
    return Gaussians(
        means=gaussians.means * signs,
        quats=torch.stack(turned, dim=-1),
        log_scales=gaussians.log_scales,
        opacity_logits=gaussians.opacity_logits,
        sh=gaussians.sh
        * rotate_sh(torch.ones_like(gaussians.sh[:1]), torch.diag(signs)),  # a half turn only flips signs
    )


def crop(gaussians: Gaussians, lower: Sequence[float], upper: Sequence[float]) -> Gaussians:
    """Keep Gaussians whose centres lie in the closed box from `lower` to `upper`, metres."""
    low, high = (torch.tensor(corner, dtype=torch.float32, device=gaussians.device) for corner in (lower, upper))
    if tuple(low.shape) != (3,) or tuple(high.shape) != (3,) or bool((low > high).any()):
        raise InvalidDataError(
            f"Crop box from {tuple(lower)} to {tuple(upper)} is empty or not two points of three numbers."
        )
    return gaussians[((gaussians.means >= low) & (gaussians.means <= high)).all(dim=1)]


def merge(parts: Sequence[Gaussians]) -> Gaussians:
    """All Gaussians of `parts` one after another; lower SH degrees are padded with zeros to the highest."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return Gaussians.empty()
    if len(parts) == 1:
        return parts[0]
    degree = max(part.sh_degree for part in parts)
    same = [part if part.sh_degree == degree else with_sh_degree(part, degree) for part in parts]
    return Gaussians(*(torch.cat(columns) for columns in zip(*(part.tensors for part in same))))


def with_sh_degree(gaussians: Gaussians, degree: int) -> Gaussians:
    """The same Gaussians with higher bands dropped or zero bands added."""
    missing = (degree + 1) ** 2 - gaussians.sh.shape[1]
    sh = (
        torch.nn.functional.pad(gaussians.sh, (0, 0, 0, missing))
        if missing > 0
        else gaussians.sh[:, : (degree + 1) ** 2]
    )
    return Gaussians(*gaussians.tensors[:4], sh.contiguous())


def morton_order(points: Tensor, bits: int = 10) -> Tensor:
    """(N,) indices that visit `points` (N, 3) along a Z-order curve: neighbours in space become neighbours in memory,
    which helps caches and compression. Ties keep their order."""
    if len(points) == 0:
        return torch.zeros(0, dtype=torch.int64)
    lower, upper = points.amin(dim=0), points.amax(dim=0)
    cells = ((points - lower) / (upper - lower).clamp_min(1e-12) * (2**bits - 1)).to(torch.int64)
    number = torch.arange(2**bits, device=points.device)
    spread = torch.zeros_like(number)  # by coordinate: its bits, two apart
    for bit in range(bits):
        spread |= ((number >> bit) & 1) << (3 * bit)
    x, y, z = (spread[cells[:, axis]] for axis in range(3))
    return torch.argsort(x | y << 1 | z << 2, stable=True)


def sort_spatially(gaussians: Gaussians) -> Gaussians:
    """Reorder along a Z-order curve (see `morton_order`)."""
    return gaussians[morton_order(gaussians.means)]


def sort_by_depth(gaussians: Gaussians, world_to_camera: Tensor) -> Gaussians:
    """Reorder from near to far along the camera's z axis; equal depths keep their order."""
    depths = gaussians.means @ world_to_camera[2, :3] + world_to_camera[2, 3]
    return gaussians[torch.argsort(depths, stable=True)]


@dataclass(frozen=True)
class Bounds:
    """An axis-aligned box, metres, world frame."""

    lower: tuple[float, float, float]
    upper: tuple[float, float, float]

    @property
    def center(self) -> tuple[float, float, float]:
        x, y, z = ((low + high) / 2 for low, high in zip(self.lower, self.upper))
        return x, y, z

    @property
    def diagonal(self) -> float:
        return math.dist(self.lower, self.upper)


def bounds(gaussians: Gaussians, *, quantile: float = 0.0) -> Bounds:
    """Box of the centres; a `quantile` of 0.01 leaves out the outermost 1% on each side of each axis.

    Raises:
        InvalidDataError: there are no Gaussians.
    """
    if len(gaussians) == 0:
        raise InvalidDataError("An empty set of Gaussians has no bounds.")
    ordered = gaussians.means.sort(dim=0).values
    first = min(int(quantile * len(ordered)), (len(ordered) - 1) // 2)
    x0, y0, z0 = ordered[first].tolist()
    x1, y1, z1 = ordered[len(ordered) - 1 - first].tolist()
    return Bounds((x0, y0, z0), (x1, y1, z1))


@dataclass(frozen=True)
class Statistics:
    """What `worldloom info` prints of a set of Gaussians."""

    count: int
    sh_degree: int
    bounds: Bounds | None
    """None when there are no Gaussians."""
    median_scale: float
    """Median of all standard deviations, metres."""
    largest_scale: float
    """Largest standard deviation, metres."""
    mean_opacity: float
    """0..1."""
    transparent_share: float
    """Share of Gaussians with opacity below 0.05."""
    bytes: int
    """Memory of the five tensors."""


def statistics(gaussians: Gaussians) -> Statistics:
    """Count, extent, sizes and opacities."""
    size = sum(tensor.numel() * tensor.element_size() for tensor in gaussians.tensors)
    if len(gaussians) == 0:
        return Statistics(0, gaussians.sh_degree, None, 0.0, 0.0, 0.0, 0.0, size)
    scales, opacities = gaussians.scales, gaussians.opacities
    return Statistics(
        count=len(gaussians),
        sh_degree=gaussians.sh_degree,
        bounds=bounds(gaussians),
        median_scale=float(scales.median()),
        largest_scale=float(scales.max()),
        mean_opacity=float(opacities.mean()),
        transparent_share=float((opacities < 0.05).float().mean()),
        bytes=size,
    )
