"""Colours, opacity and crispness."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError

from tests.edit.worlds import NoSources, apply, editing, garden
from tests.scene.samples import random_gaussians
from worldloom.edit.change.colour import MatchColours, Recolour
from worldloom.edit.change.matching import colours_of_picture, colours_of_rows
from worldloom.edit.change.opacity import SetOpacity, Sharpen, Soften
from worldloom.edit.criteria import ByLayer, Everything, InSphere
from worldloom.edit.operation import Applying
from worldloom.edit.registry import parse
from worldloom.edit.state import EditState
from worldloom.scene.colour import linear_from_srgb, oklab_from_srgb, srgb_from_linear, srgb_from_oklab
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians, sh0_to_rgb
from worldloom.scene.sh import sh_basis
from worldloom.scene.surface import Surface
from worldloom.scene.world import Layer, World

ALL = Everything()


def base(state: EditState, name: str = "ground") -> torch.Tensor:
    return sh0_to_rgb(state.part(name).gaussians.sh[:, 0])


def test_colour_spaces_go_there_and_back() -> None:
    colours = torch.rand(500, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 2 - 0.5
    assert torch.allclose(srgb_from_linear(linear_from_srgb(colours)), colours, atol=1e-6)
    assert torch.allclose(srgb_from_oklab(oklab_from_srgb(colours)), colours, atol=1e-6)
    white = oklab_from_srgb(torch.ones(1, 3, dtype=torch.float64))
    assert torch.allclose(white, torch.tensor([[1.0, 0, 0]], dtype=torch.float64), atol=1e-4)


def test_sliders_in_the_middle_change_no_byte() -> None:
    state = editing()
    assert apply(state, Recolour(where=ALL)).state.digest() == state.digest()


@pytest.mark.parametrize("stops", [0.7, 2.0])
def test_the_opposite_exposure_brings_the_colours_back(stops: float) -> None:
    state = editing()
    there = apply(state, Recolour(where=ALL, exposure=stops)).state
    back = apply(there, Recolour(where=ALL, exposure=-stops)).state
    assert float((base(there) - base(state)).abs().max()) > 0.1
    assert torch.allclose(base(back), base(state), atol=1e-4)


def test_a_stop_is_twice_the_light_and_only_where_it_was_meant() -> None:
    state = editing()
    ball = InSphere(center=(0, 0, 0), radius=1)
    changed = apply(state, Recolour(where=ball, exposure=1)).state
    inside = state.part("ground").world_means.norm(dim=1) <= 1
    before, after = linear_from_srgb(base(state)), linear_from_srgb(base(changed))
    assert torch.allclose(after[inside], 2 * before[inside], atol=1e-5)
    assert torch.equal(after[~inside], before[~inside])


def test_colour_that_depends_on_the_direction_follows() -> None:
    """From every side the Gaussian looks as if the picture itself had been made darker, to first order."""
    one = random_gaussians(200, 2, seed=4)
    sh = one.sh * 0.1
    sh[:, 0] = torch.rand(200, 3, generator=torch.Generator().manual_seed(1))
    state = EditState.of(World("w", (Layer("a", Gaussians(*one.tensors[:4], sh)),)), "v1")
    operation = Recolour(where=ALL, exposure=-1, saturation=0.5, contrast=0.2)
    changed = apply(state, operation).state
    direction = torch.nn.functional.normalize(torch.tensor([0.3, -0.5, 0.8]), dim=0)
    seen = torch.einsum("k,nkc->nc", sh_basis(direction, 2), sh) + 0.5
    flat = Gaussians(*one.tensors[:4], ((seen - 0.5) / 0.28209479177387814)[:, None])
    wanted = base(apply(EditState.of(World("w", (Layer("a", flat),)), "v1"), operation).state, "a")
    found = torch.einsum("k,nkc->nc", sh_basis(direction, 2), changed.part("a").gaussians.sh) + 0.5
    assert float((found - wanted).abs().mean()) < 0.1 * float((seen - wanted).abs().mean())


def test_the_colour_without_light_follows() -> None:
    world = garden()
    ground = world.layer("ground")
    count = len(ground.gaussians)
    grey = torch.full((count,), 128, dtype=torch.uint8)
    wide = torch.full((count, 3), 128, dtype=torch.uint8)
    signed = torch.zeros(count, 3, dtype=torch.int8)
    surface = Surface(wide, signed, signed, grey, wide, wide, grey, grey, grey, torch.zeros_like(grey))
    state = editing(world.with_layer(replace(ground, surface=surface)))
    changed = apply(state, Recolour(where=ALL, tint=(1, 0, 0))).state.part("ground").layer.surface
    assert changed is not None
    assert changed.albedo[0].tolist() == [128, 0, 0]
    assert torch.equal(changed.lamplight, surface.lamplight)


def test_curves_go_through_their_points_and_on_beyond() -> None:
    state = editing()
    curve = ((0.0, 0.1), (0.5, 0.4), (1.0, 1.0))
    changed = apply(state, Recolour(where=ALL, red=curve)).state
    before, after = base(state)[:, 0], base(changed)[:, 0]
    order = before.argsort()
    assert bool((after[order].diff() >= -1e-6).all()), "a rising curve must not fold"
    middle = (before - 0.5).abs().argmin()
    assert float(after[middle]) == pytest.approx(0.4, abs=0.02)
    assert torch.equal(base(changed)[:, 1:], base(state)[:, 1:])


@pytest.mark.parametrize(
    "wrong", [{"curve": [[0.5, 0], [0.2, 1]]}, {"white": 0.05, "black": 0.5}, {"exposure": 99}, {"tint": [1, 2]}]
)
def test_wrong_sliders_are_refused(wrong: dict) -> None:
    with pytest.raises(InvalidDataError):
        parse({"op": "recolour", "where": {"by": "everything"}, **wrong})


class OnePicture(NoSources):
    def __init__(self, path: Path) -> None:
        self.path = path

    def blob(self, sha256: str) -> Path:
        return self.path


@pytest.fixture
def sunset(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    pixels = random.normal((0.8, 0.5, 0.3), (0.08, 0.1, 0.05), (64, 64, 3)).clip(0, 1)
    path = tmp_path / "sunset.png"
    Image.fromarray((pixels * 255).astype(np.uint8)).save(path)
    return path


@pytest.mark.parametrize("method", ["spread", "curves"])
def test_a_picture_gives_its_colours(method: str, sunset: Path) -> None:
    state = editing()
    where = ByLayer(names=("ground",))
    digest = hashlib.sha256(sunset.read_bytes()).hexdigest()
    operation = MatchColours(where=where, picture=digest, method=method)  # pyright: ignore[reportArgumentType]
    applied = operation.apply(state, Applying("e1", "ann", OnePicture(sunset)))
    wanted, everything = colours_of_picture(sunset), {"v1.0": torch.ones(300, dtype=torch.bool)}
    before, after = colours_of_rows(state, everything), colours_of_rows(applied.state, everything)
    assert float((before.mean - wanted.mean).norm()) > 0.1
    assert float((after.mean - wanted.mean).norm()) < 0.02
    spread = wanted.covariance.diagonal().sqrt()
    assert torch.allclose(after.covariance.diagonal().sqrt(), spread, atol=0.02)


def test_a_layer_takes_the_colours_of_another() -> None:
    state = editing()
    dark = apply(state, Recolour(where=ByLayer(names=("house",)), exposure=-3)).state
    matched = apply(dark, MatchColours(where=ByLayer(names=("ground",)), to=ByLayer(names=("house",)))).state
    there = colours_of_rows(dark, {"v1.1": torch.ones(150, dtype=torch.bool)})
    here = colours_of_rows(matched, {"v1.0": torch.ones(300, dtype=torch.bool)})
    assert float((here.mean - there.mean).norm()) < 0.02
    assert torch.equal(base(matched, "house"), base(dark, "house"))


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no picture")
    with pytest.raises(InvalidDataError, match="can't be read"):
        MatchColours(where=ALL, picture="0" * 64).apply(editing(), Applying("e1", "ann", OnePicture(path)))
    with pytest.raises(ValidationError, match="either"):
        MatchColours(where=ALL)


def test_opacity_is_set_and_multiplied() -> None:
    state = editing()
    before = state.part("ground").gaussians.opacities
    half = apply(state, SetOpacity(where=ALL, factor=0.5)).state.part("ground").gaussians.opacities
    assert torch.allclose(half, before / 2, atol=1e-5)
    fixed = apply(state, SetOpacity(where=ALL, value=0.3)).state.part("ground").gaussians.opacities
    assert torch.allclose(fixed, torch.full_like(fixed, 0.3), atol=1e-5)
    with pytest.raises(ValidationError, match="either"):
        SetOpacity(where=ALL)


def test_sharpening_shrinks_and_contrasts_and_softening_does_the_opposite() -> None:
    state = editing()
    sharp, soft = (apply(state, kind(where=ALL, amount=1)).state for kind in (Sharpen, Soften))
    sizes = [one.part("ground").gaussians.scales.mean() for one in (sharp, state, soft)]
    assert float(sizes[0] / sizes[1]) == pytest.approx(2 / 3, rel=1e-4)
    assert float(sizes[2] / sizes[1]) == pytest.approx(3 / 2, rel=1e-4)
    spread = [float(base(one).std()) for one in (sharp, state, soft)]
    assert spread[0] > 1.3 * spread[1] > 1.3 * 1.3 * spread[2]
