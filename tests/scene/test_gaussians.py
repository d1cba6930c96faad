from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.scene.samples import random_gaussians
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0, sh0_to_rgb


@given(st.integers(0, 3), st.integers(0, 20))
def test_good_arrays_pass_unchanged(degree: int, count: int) -> None:
    gaussians = random_gaussians(count, degree, seed=count)
    checked = Gaussians.checked(*gaussians.tensors)
    assert all(torch.equal(a, b) for a, b in zip(checked.tensors, gaussians.tensors))
    assert checked.sh_degree == degree
    assert len(checked) == count


@pytest.mark.parametrize("field", ["means", "quats", "log_scales", "opacity_logits", "sh"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_names_field_and_row(field: str, bad: float) -> None:
    gaussians = random_gaussians(5, 1)
    getattr(gaussians, field).view(5, -1)[3, 0] = bad
    with pytest.raises(InvalidDataError, match=rf"room\.ply: field '{field}' .* Gaussian 3"):
        Gaussians.checked(*gaussians.tensors, origin="room.ply")


@pytest.mark.parametrize(
    ("field", "shape"),
    [
        ("means", (5, 2)),
        ("quats", (4, 4)),
        ("log_scales", (5,)),
        ("opacity_logits", (5, 1)),
        ("sh", (5, 3)),
        ("sh", (5, 5, 3)),
    ],
)
def test_a_wrong_shape_names_the_field(field: str, shape: tuple[int, ...]) -> None:
    names = ["means", "quats", "log_scales", "opacity_logits", "sh"]
    arrays = dict(zip(names, random_gaussians(5, 1).tensors))
    arrays[field] = torch.ones(shape)
    with pytest.raises(InvalidDataError, match=f"'{field}'"):
        Gaussians.checked(*(arrays[name] for name in names))


def test_a_zero_quaternion_is_refused_and_others_are_normalised() -> None:
    gaussians = random_gaussians(4)
    gaussians.quats[2] = 0
    with pytest.raises(InvalidDataError, match="zero quaternion at Gaussian 2"):
        Gaussians.checked(*gaussians.tensors)
    gaussians.quats[2] = torch.tensor([0.0, 3, 0, 4])
    assert torch.allclose(Gaussians.checked(*gaussians.tensors).quats[2], torch.tensor([0.0, 0.6, 0, 0.8]))


def test_selecting_rows() -> None:
    gaussians = random_gaussians(6, 2)
    assert torch.equal(gaussians[torch.tensor([4, 1])].sh, gaussians.sh[[4, 1]])
    assert len(gaussians[gaussians.means[:, 0] > 99]) == 0


def test_colour_round_trip() -> None:
    rgb = torch.rand(10, 3)
    assert torch.allclose(sh0_to_rgb(rgb_to_sh0(rgb)), rgb, atol=1e-6)
