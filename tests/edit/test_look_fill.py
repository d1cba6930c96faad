"""Holes and what fills them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.edit.sheets import seen, sheet
from tests.edit.worlds import apply, editing
from tests.scene.samples import random_gaussians
from worldloom.edit.change.delete import Delete
from worldloom.edit.change.fill import Fill
from worldloom.edit.criteria import ByLayer, InSphere
from worldloom.edit.select.operations import Select
from worldloom.edit.state import EditState
from worldloom.reconstruct.metrics import psnr
from worldloom.render.rendering import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform, transform
from worldloom.scene.surface import Surface
from worldloom.scene.world import Layer, World

LEVEL = Transform()
DISC = InSphere(center=(0, 0, 0), radius=0.35)
ABOVE = Camera.looking_at(torch.tensor([0.0, 2.2, 0.01]), torch.zeros(3), width=128, height=128, vertical_fov=40)


def ground(placed: Transform = LEVEL, surface: bool = False) -> EditState:
    """A chequered floor of 2 x 2 m in a layer that may be moved, turned and scaled, though the floor is level."""
    own = transform(sheet(80, patches=10), placed.inverse)
    made = None
    if surface:
        count = len(own)
        up = placed.rotation_matrix.float().T @ torch.tensor([0.0, 1, 0])
        byte, wide = torch.full((count,), 200, dtype=torch.uint8), torch.full((count, 3), 90, dtype=torch.uint8)
        signed = (up * 127).round().to(torch.int8).repeat(count, 1)
        made = Surface(wide, signed, signed, byte, wide, wide, byte, byte, byte, torch.ones_like(byte))
    return EditState.of(World("w", (Layer("floor", own, transform=placed, surface=made),)), "v1")


def alpha_of(state: EditState) -> torch.Tensor:
    """(H, W) of the middle of the picture, where the hole is."""
    alpha = rasterize(state.baked().gaussians(), ABOVE, outputs=["alpha"]).alpha
    assert alpha is not None
    return alpha[0, 32:96, 32:96, 0]


@pytest.mark.parametrize("placed", [LEVEL, Transform((0.3, -0.2, 0.1), (0.8, 0.3, -0.4, 0.1), 1.7)])
def test_a_hole_in_the_ground_is_closed_and_looks_like_the_ground(placed: Transform) -> None:
    state = ground(placed, surface=True)
    cut = apply(state, Delete(where=DISC)).state
    applied = apply(cut, Fill(where=DISC), origin="e2")
    whole, hole, filled = (seen(one.baked().gaussians(), ABOVE) for one in (state, cut, applied.state))
    assert float(alpha_of(cut).min()) < 0.1
    assert float(alpha_of(applied.state).min()) > 0.75
    assert psnr(filled, whole) > psnr(hole, whole) + 3
    assert applied.count > 300
    made = applied.state.part("e2.0")
    assert float(made.world_means[:, 1].abs().max()) < 0.01, "the patch lies in the ground"
    assert made.layer.surface is not None
    turned = made.layer.surface.normals.float() @ placed.rotation_matrix.float().T
    assert bool((turned[:, 1] > 120).all())


def test_what_was_selected_when_it_was_deleted_marks_the_hole() -> None:
    state = apply(ground(), Select(where=DISC)).state
    cut = apply(state, Delete()).state
    assert float(alpha_of(apply(cut, Fill(), origin="e2").state).min()) > 0.75


def test_ground_that_bends_goes_on_bending() -> None:
    flat = sheet(80)
    means = flat.means.clone()
    means[:, 1] = 0.3 * (means[:, 0] ** 2 + 0.5 * means[:, 2])
    state = EditState.of(World("w", (Layer("hill", replace(flat, means=means)),)), "v1")
    hole = InSphere(center=(0, 0.0, 0), radius=0.35)
    filled = apply(apply(state, Delete(where=hole)).state, Fill(where=hole), origin="e2").state
    made = filled.part("e2.0").gaussians.means
    assert float((made[:, 1] - 0.3 * (made[:, 0] ** 2 + 0.5 * made[:, 2])).abs().max()) < 0.03


def test_what_lies_behind_untouched_ground_needs_no_filling() -> None:
    """A thing that stood on whole ground leaves no hole."""
    box = random_gaussians(300, 0, seed=2, extent=0.3)
    thing = replace(box, means=box.means + torch.tensor([0.0, 0.35, 0]), log_scales=box.log_scales - 1)
    world = ground().baked().with_layer(Layer("thing", thing))
    where = ByLayer(names=("thing",))
    cut = apply(EditState.of(world, "v1"), Delete(where=where)).state
    applied = apply(cut, Fill(where=where), origin="e2")
    assert applied.count == 0 and applied.state is cut
    assert "nothing to fill" in applied.note


def test_the_ground_under_a_thing_goes_on_where_it_stood() -> None:
    """A capture has no ground under a car: what the car covered is filled, what it left is kept."""
    box = random_gaussians(400, 0, seed=2, extent=0.3)
    car = Gaussians(box.means + torch.tensor([0.0, 0.3, 0]), box.quats, box.log_scales - 0.7, *box.tensors[3:])
    bare = ground().baked().layers[0].gaussians
    under = (bare.means[:, [0, 2]].abs() < 0.28).all(dim=1)
    world = World("w", (Layer("street", bare[~under]), Layer("car", car)))
    where = ByLayer(names=("car",))
    cut = apply(EditState.of(world, "v1"), Delete(where=where)).state
    filled = apply(cut, Fill(where=where), origin="e2").state
    assert float(alpha_of(cut).min()) < 0.1
    assert float(alpha_of(filled).min()) > 0.75
    assert torch.equal(filled.part("street").gaussians.means, cut.part("street").gaussians.means)


def test_without_a_hole_there_is_nothing_to_fill() -> None:
    with pytest.raises(InvalidDataError, match="Nothing was deleted"):
        apply(editing(), Fill())
