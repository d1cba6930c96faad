"""Rows within solids."""

from __future__ import annotations

import torch

from worldloom.edit.criteria import InBox, InSphere, InSpheres
from worldloom.edit.state import EditState, Rows
from worldloom.render.regions import near
from worldloom.scene.geometry import Transform


def in_sphere(criterion: InSphere, state: EditState) -> Rows:
    """Rows whose centres lie in a ball, its surface included."""
    center = torch.tensor(criterion.center)
    reach = criterion.radius**2
    return {part.key: ((part.world_means - center).square().sum(dim=1) <= reach) & ~part.dead for part in state.parts}


def in_box(criterion: InBox, state: EditState) -> Rows:
    """Rows whose centres lie in a box, its surface included."""
    to_box = Transform(criterion.center, criterion.rotation).inverse
    half = torch.tensor(criterion.size) / 2
    return {
        part.key: (to_box.apply_to_points(part.world_means).abs() <= half).all(dim=1) & ~part.dead
        for part in state.parts
    }


def in_spheres(criterion: InSpheres, state: EditState) -> Rows:
    """Rows whose centres lie in one of many balls of one size."""
    centers = torch.tensor(criterion.centers)
    return {part.key: near(part.world_means, centers, criterion.radius) & ~part.dead for part in state.parts}
