"""Decimating by merging, and floaters."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from tests.edit.arranging import random_surface
from tests.edit.sheets import seen, sheet
from tests.edit.worlds import apply, editing, garden
from tests.scene.samples import random_gaussians
from worldloom.assets import samples
from worldloom.edit.change.decimate import Decimate
from worldloom.edit.change.floaters import FixFloaters
from worldloom.edit.criteria import ByLayer, Everything, InSphere
from worldloom.edit.state import EditState
from worldloom.reconstruct.metrics import psnr
from worldloom.render.merging import merged
from worldloom.render.rendering import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge
from worldloom.scene.semantics import label_index
from worldloom.scene.world import Layer, World

ALL = Everything()


def test_merging_looks_much_better_than_dropping() -> None:
    """A tenth of the courtyard, seen from where it is entered: 4 dB better than its most important tenth."""
    world = samples.load(next(sample for sample in samples.SAMPLES if sample.name == "courtyard"))
    whole = world.gaussians()
    near = whole[(whole.means - torch.tensor([0.0, 1.0, 0.0])).norm(dim=1) < 5]
    eye = torch.tensor(world.spawn.position)
    camera = Camera.looking_at(eye, torch.tensor([0.0, 1, 0]), width=256, height=192)
    wanted = len(near) // 10
    flat = near.log_scales.sort(dim=1).values[:, 1:].sum(dim=1).exp() * near.opacities
    some = torch.randperm(len(near), generator=torch.Generator().manual_seed(0))[:wanted]
    truth = seen(near, camera)
    found, important, random = (
        psnr(seen(one, camera), truth)
        for one in (merged(near, wanted).gaussians, near[flat.argsort(descending=True)[:wanted]], near[some])
    )
    assert found > important + 2
    assert found > random + 4


def test_a_surface_stays_closed() -> None:
    """No light comes through a sheet of a tenth as many, and its squares are still there."""
    whole = sheet(60)
    camera = Camera.looking_at(torch.tensor([0.0, 2.2, 0.01]), torch.zeros(3), width=128, height=128, vertical_fov=40)
    fewer = merged(whole, 360)
    assert len(fewer.gaussians) == 360
    alpha = rasterize(fewer.gaussians, camera, outputs=["alpha"]).alpha
    assert alpha is not None
    assert float(alpha[0, 16:-16, 16:-16].quantile(0.02)) > 0.75
    assert psnr(seen(fewer.gaussians, camera), seen(whole, camera)) > 20
    shares = torch.from_numpy(fewer.weights)
    sums = torch.zeros(360, dtype=torch.float64).index_add(0, torch.from_numpy(fewer.members), shares)
    assert torch.allclose(sums, torch.ones(360, dtype=torch.float64))


def test_what_is_merged_with_none_is_as_it_was() -> None:
    twins = random_gaussians(50, 1, seed=1)
    alone = random_gaussians(1, 1, seed=2)
    far = Gaussians(alone.means + 40, *alone.tensors[1:])
    fewer = merged(merge([twins, far]), 10)
    place = int(fewer.members[50])
    assert all(torch.equal(new[place], old[0]) for new, old in zip(fewer.gaussians.tensors, far.tensors))


def test_groups_are_not_mixed() -> None:
    whole = random_gaussians(400, 0, seed=5)
    groups = torch.arange(400) % 3
    fewer = merged(whole, 20, groups=groups)
    for number in range(len(fewer.gaussians)):
        assert len(groups[torch.from_numpy(fewer.members == number)].unique()) == 1


def test_a_budget_is_met_under_the_same_names() -> None:
    state = editing()
    applied = apply(state, Decimate(where=ALL, share=0.2))
    parts = {part.layer.name: len(part) for part in applied.state.parts}
    assert set(parts) == {"ground", "house", "sky"}
    assert sum(parts.values()) == round(0.2 * 490)
    assert applied.figures == {"before": 490.0, "after": 98.0}
    means = {name: state.part(name).world_means.mean(dim=0) for name in parts}
    for name in parts:
        away = (applied.state.part(name).world_means.mean(dim=0) - means[name]).norm()
        assert float(away) < 0.4 * float(state.part(name).world_means.std())


def test_a_part_of_a_layer_becomes_a_layer_beside_it() -> None:
    state = editing()
    ball = InSphere(center=(0, 0, 0), radius=1.5)
    applied = apply(state, Decimate(where=ball, count=30))
    names = [part.layer.name for part in applied.state.parts]
    assert "ground (fewer)" in names and "ground" in names
    baked = applied.state.baked()
    assert sum(len(layer.gaussians) for layer in baked.layers) == 490 - applied.count


def test_enough_is_enough() -> None:
    state = editing()
    assert apply(state, Decimate(where=ALL, count=5000)).state.digest() == state.digest()


def test_floaters_go_and_the_rest_stays() -> None:
    ground = sheet(40)
    speck = Gaussians(*(tensor[:3] for tensor in ground.tensors))
    lone = Gaussians(speck.means[:1] + torch.tensor([0.0, 3, 0]), *(tensor[:1] for tensor in speck.tensors[1:]))
    clump = Gaussians(speck.means + torch.tensor([3.0, 2, 0]), *speck.tensors[1:])
    faint = Gaussians(*ground.tensors[:3], torch.full((1600,), -6.0), ground.sh)[:5]
    cloud = Gaussians(*speck.tensors[:2], torch.full((3, 3), math.log(8.0)), *speck.tensors[3:])[:1]
    low = Gaussians(speck.means[:2] - torch.tensor([0.0, 0.2, 0]), *(tensor[:2] for tensor in speck.tensors[1:]))
    world = World("w", (Layer("a", merge([ground, lone, clump, faint, cloud, low])),))
    applied = apply(EditState.of(world, "v1"), FixFloaters(where=ALL, lowest=-0.1))
    assert not bool(applied.state.part("a").dead[:1600].any())
    assert bool(applied.state.part("a").dead[1600:].all())
    assert applied.count == 12
    assert "nearly transparent" in applied.note


def test_what_stands_on_another_layer_or_is_known_to_hang_does_not_float() -> None:
    ground = sheet(40)
    few = ground[:3]
    bush = Gaussians(few.means + torch.tensor([0.5, 0.05, 0.5]), *few.tensors[1:])
    lamp = Gaussians(few.means + torch.tensor([0.0, 3, 0]), *few.tensors[1:])
    known = random_surface(3)
    known = replace(known, labels=torch.full_like(known.labels, label_index("lamp")))
    speck = Gaussians(lamp.means + torch.tensor([5.0, 0, 0]), *lamp.tensors[1:])
    layers = (Layer("ground", ground), Layer("bush", bush), Layer("lamp", lamp, surface=known), Layer("speck", speck))
    applied = apply(EditState.of(World("w", layers), "v1"), FixFloaters(where=ALL))
    assert [bool(part.dead.any()) for part in applied.state.parts] == [False, False, False, True]


def test_skies_do_not_float() -> None:
    state = editing(garden())
    applied = apply(state, FixFloaters(where=ByLayer(names=("sky",)), min_opacity=0.9))
    assert applied.count == 0 and applied.state.digest() == state.digest()


@pytest.mark.parametrize("wrong", [{}, {"count": 3, "share": 0.5}])
def test_a_budget_is_said_once(wrong: dict) -> None:
    with pytest.raises(ValueError, match="either"):
        Decimate(where=ALL, **wrong)
