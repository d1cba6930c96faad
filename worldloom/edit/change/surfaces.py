"""The surface that lies around a hole: a plane found among Gaussians, bent a little to follow them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from worldloom.scene.gaussians import Gaussians
from worldloom.scene.rotations import quat_to_matrix

_TRIALS = 400
_STEADY = 0.02
"""How much less a bend is trusted than a slope."""


@dataclass(frozen=True, eq=False)
class BentPlane:
    """Heights over a plane that are a polynomial of degree 2."""

    origin: Tensor
    """(3,) metres, world frame."""
    axes: Tensor
    """(3, 3) rows: two directions in the plane, and its normal."""
    unit: float
    """Metres: places are divided by it before they go into the polynomial."""
    bend: Tensor
    """(6,) coefficients, metres, of 1, u, v, uu, uv, vv."""

    def flat(self, points: Tensor) -> Tensor:
        """(N, 3) places in the plane and heights over the bent surface of points (N, 3), metres."""
        local = (points - self.origin) @ self.axes.T
        return torch.cat([local[:, :2], (local[:, 2] - self.height(local[:, :2]))[:, None]], dim=1)

    def height(self, places: Tensor) -> Tensor:
        """(N,) of the surface over the plane at places (N, 2)."""
        return _terms(places / self.unit) @ self.bend

    def normals(self, places: Tensor) -> Tensor:
        """(N, 3) unit, world frame, at places (N, 2)."""
        u, v = (places / self.unit).unbind(dim=1)
        _, a, b, aa, ab, bb = self.bend.unbind()
        slope_u, slope_v = (a + 2 * aa * u + ab * v) / self.unit, (b + ab * u + 2 * bb * v) / self.unit
        local = torch.stack([-slope_u, -slope_v, torch.ones_like(u)], dim=1)
        return torch.nn.functional.normalize(local, dim=1) @ self.axes


def surface_around(around: Gaussians, tolerance: float) -> tuple[BentPlane, Tensor] | None:
    """The surface that most of what is `around` (N,) lies in, and which do (N,) bool.

    Each Gaussian is a piece of some surface: its shortest axis is a guess at a normal. The guess with which most area
    agrees is refined.

    Args:
        tolerance: metres off a plane that still count as in it.
    """
    if len(around) < 12:
        return None
    shortest = around.log_scales.argmin(dim=1)
    turns = quat_to_matrix(around.quats)
    facing = turns[torch.arange(len(around)), :, shortest]
    flat = around.log_scales.sort(dim=1).values[:, 1:].sum(dim=1).exp()
    weight = (flat * around.opacities).clamp_max(float(flat.median()) * 20)
    tries = weight.argsort(descending=True, stable=True)[:: max(len(around) // _TRIALS, 1)][:_TRIALS]
    offsets = (around.means[tries] * facing[tries]).sum(dim=1)
    away = (around.means @ facing[tries].T - offsets).abs()
    aligned = (facing @ facing[tries].T).abs() > 0.7
    votes = (((away < tolerance) & aligned) * weight[:, None]).sum(dim=0)
    # Between two that are nearly as good, the more level one: things mostly stand on something.
    best = tries[int((votes * (1 + 0.3 * facing[tries][:, 1].abs())).argmax())]
    normal = facing[best] if float(facing[best] @ torch.tensor([0.05, 1.0, 0.11])) > 0 else -facing[best]
    inside = ((around.means - around.means[best]) @ normal).abs() < tolerance
    for _ in range(4):
        plane = _fitted(around.means[inside], weight[inside], normal)
        off = plane.flat(around.means)[:, 2].abs()
        inside = off < tolerance
        if int(inside.sum()) < 12:
            return None
    return plane, inside


def _fitted(points: Tensor, weight: Tensor, near: Tensor) -> BentPlane:
    """By least squares, with a normal near to one."""
    points, weight = points.double(), weight.double() / weight.double().sum()
    origin = weight @ points
    away = points - origin
    _, axes = torch.linalg.eigh((away * weight[:, None]).T @ away)
    normal = axes[:, 0] if float((axes[:, 0] * near).sum()) > 0 else -axes[:, 0]
    if float((normal * near).sum()) < 0.7:
        normal = near.double()
    side = torch.linalg.cross(normal, torch.eye(3, dtype=torch.float64)[int(normal.abs().argmin())])
    side = torch.nn.functional.normalize(side, dim=0)
    frame = torch.stack([side, torch.linalg.cross(normal, side), normal])
    local = away @ frame.T
    unit = max(float(local[:, :2].norm(dim=1).max()), 1e-6)
    terms = _terms(local[:, :2] / unit)
    steady = torch.diag(torch.tensor([1e-9, 1e-9, 1e-9, _STEADY, _STEADY, _STEADY], dtype=torch.float64))
    weighted = terms * weight[:, None]
    bend = torch.linalg.solve(terms.T @ weighted + steady * 0.1, weighted.T @ local[:, 2])
    return BentPlane(origin.float(), frame.float(), unit, bend.float())


def _terms(places: Tensor) -> Tensor:
    u, v = places.unbind(dim=1)
    return torch.stack([torch.ones_like(u), u, v, u * u, u * v, v * v], dim=1)
