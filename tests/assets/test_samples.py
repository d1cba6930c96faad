"""The sample worlds: small, whole, and somewhere to stand with something to see."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from worldloom.assets.samples import SAMPLES, Sample, load
from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.collider import ColliderMesh, collider_mesh, solid_gaussians, write_glb
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.standing import EYE_HEIGHT, first_hit, floor_beneath, standing_pose
from worldloom.scene.world import World

each = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)

_WORLDS: dict[str, World] = {}
_MESHES: dict[str, ColliderMesh] = {}


def world_of(sample: Sample) -> World:
    if sample.name not in _WORLDS:
        _WORLDS[sample.name] = load(sample)
    return _WORLDS[sample.name]


def mesh_of(sample: Sample) -> ColliderMesh:
    if sample.name not in _MESHES:
        _MESHES[sample.name] = collider_mesh(solid_gaussians(world_of(sample)))
    return _MESHES[sample.name]


def test_listing_the_samples_loads_no_torch() -> None:
    code = "import sys, worldloom.assets.samples as s; assert len(s.SAMPLES) == 2; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@each
def test_files_are_small_and_hold_what_the_list_says(sample: Sample) -> None:
    assert sample.title and sample.description and sample.made
    assert sample.file.name == "world.spz"
    assert 80_000 <= sample.count <= 260_000
    assert sum(layer.file.stat().st_size for layer in sample.layers) <= 5_000_000
    world = world_of(sample)
    assert [(layer.name, layer.kind) for layer in world.layers] == [(each.name, each.kind) for each in sample.layers]
    assert [len(layer.gaussians) for layer in world.layers] == [layer.count for layer in sample.layers]
    assert world.layers[-1].kind == "sky"
    assert world.spawn.model_dump() == {key: tuple(value) for key, value in sample.spawn.items()}


@each
def test_spawn_stands_on_the_floor_with_room_around(sample: Sample) -> None:
    world, mesh = world_of(sample), mesh_of(sample)
    eyes = np.array(world.spawn.position)
    floor = floor_beneath(mesh, eyes)
    assert floor is not None
    assert eyes[1] - floor == pytest.approx(EYE_HEIGHT, abs=0.12)
    x, _, z = standing_pose(mesh, world.spawn).position
    assert np.hypot(x - eyes[0], z - eyes[2]) < 0.3


@each
def test_a_picture_from_spawn_is_full_and_varied(sample: Sample) -> None:
    world = world_of(sample)
    eye = torch.tensor(world.spawn.position)
    ahead = quat_to_matrix(torch.tensor(world.spawn.rotation)) @ torch.tensor([0.0, 0, -1])
    camera = Camera.looking_at(eye, eye + ahead, width=192, height=108)
    picture = rasterize(world.gaussians(), camera, background=torch.tensor([1.0, 0, 1.0]))
    assert picture.rgb is not None and picture.alpha is not None
    assert float((picture.alpha > 0.9).float().mean()) > 0.9
    assert float(picture.rgb.std()) > 0.12


@each
def test_its_collider_is_small_enough_to_send(sample: Sample) -> None:
    mesh = mesh_of(sample)
    assert 2_000 < len(mesh) <= 200_000
    assert len(write_glb(mesh)) < 4_000_000


def test_the_island_can_be_walked_from_the_jetty_up_the_beach() -> None:
    island = next(sample for sample in SAMPLES if sample.name == "island")
    mesh = mesh_of(island)
    heights = []
    for z in np.arange(14.0, -17.0, -0.25):
        floor = floor_beneath(mesh, np.array([0.0, 3.4, z]))
        assert floor is not None, f"a hole at z = {z}"
        heights.append(floor)
    assert np.abs(np.diff(heights)).max() < 0.4
    assert np.std(heights[:80]) < 0.06, "the planks are level"
    walk = first_hit(mesh, np.array([0.0, heights[0] + 0.9, 14.0]), np.array([0.0, 0.0, -1.0]))
    assert walk is None or walk > 22, "nothing stands in the way along the jetty"
