"""A collider made of Gaussians: a room with a door, and what must not be in it."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from worldloom.scene.collider import (
    ColliderMesh,
    ColliderOptions,
    collider_mesh,
    solid_gaussians,
    write_glb,
)
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform, merge, transform
from worldloom.scene.standing import EYE_HEIGHT, first_hit, floor_beneath, has_floor, standing_pose
from worldloom.scene.world import Layer, Pose, World

WIDTH, DEPTH, HEIGHT = 6.0, 4.0, 2.6
DOOR = (2.0, 2.9)
"""From and to, along the wall at z = 0."""


def sheet(corner, along, across, *, per_metre=30, size=0.025, noise=0.008, seed=0) -> Gaussians:
    """Small flat Gaussians scattered over a parallelogram."""
    generator = np.random.default_rng(seed)
    corner, along, across = (np.array(vector, float) for vector in (corner, along, across))
    normal = np.cross(along, across)
    count = int(np.linalg.norm(normal) * per_metre**2)
    normal /= np.linalg.norm(normal)
    shares = generator.random((count, 2))
    places = corner + shares[:, :1] * along + shares[:, 1:] * across
    return balls(places + noise * normal * generator.standard_normal((count, 1)), size)


def balls(places, size: float, opacity: float = 0.9) -> Gaussians:
    means = torch.tensor(np.asarray(places), dtype=torch.float32)
    count = len(means)
    return Gaussians(
        means,
        torch.tensor([1.0, 0, 0, 0]).repeat(count, 1),
        torch.full((count, 3), math.log(size)),
        torch.full((count,), math.log(opacity / (1 - opacity))),
        torch.zeros(count, 1, 3),
    )


def room() -> Gaussians:
    """A floor at y = 0, longer than wide, four walls and a door 0.9 m wide in the one at z = 0."""
    left, right = DOOR
    up = (0, HEIGHT, 0)
    return merge(
        [
            sheet((0, 0, -2), (0, 0, DEPTH + 2), (WIDTH, 0, 0), seed=1),
            sheet((0, 0, 0), (left, 0, 0), up, seed=2),
            sheet((right, 0, 0), (WIDTH - right, 0, 0), up, seed=3),
            sheet((left, 2.1, 0), (right - left, 0, 0), (0, HEIGHT - 2.1, 0), seed=4),
            sheet((0, 0, DEPTH), (WIDTH, 0, 0), up, seed=5),
            sheet((0, 0, 0), (0, 0, DEPTH), up, seed=6),
            sheet((WIDTH, 0, 0), (0, 0, DEPTH), up, seed=7),
        ]
    )


@pytest.fixture(scope="module")
def mesh() -> ColliderMesh:
    return collider_mesh(room())


def floors(mesh: ColliderMesh, x0: float, x1: float, z0: float, z1: float) -> np.ndarray:
    places = np.random.default_rng(0).uniform((x0, z0), (x1, z1), (60, 2))
    heights = [floor_beneath(mesh, np.array([x, 1.5, z])) for x, z in places]
    return np.array([np.nan if height is None else height for height in heights])


def test_the_floor_is_where_it_is_and_smooth(mesh: ColliderMesh) -> None:
    heights = floors(mesh, 0.3, WIDTH - 0.3, 0.3, DEPTH - 0.3)
    assert np.abs(heights).max() < 0.03
    assert np.ptp(heights) < 0.03


def test_walls_stop_and_the_door_is_open(mesh: ColliderMesh) -> None:
    out = np.array([0.0, 0.0, -1.0])
    for x in (0.5, 1.6, 3.3, 5.5):
        distance = first_hit(mesh, np.array([x, 1.2, 2.0]), out)
        assert distance == pytest.approx(2.0, abs=0.05)
    for x in (DOOR[0] + 0.12, 2.45, DOOR[1] - 0.12):
        for y in (0.1, 1.2, 1.95):
            assert first_hit(mesh, np.array([x, y, 2.0]), out) is None
    assert first_hit(mesh, np.array([2.45, 2.3, 2.0]), out) == pytest.approx(2.0, abs=0.05)


def test_a_mesh_is_sound_and_faces_outwards(mesh: ColliderMesh) -> None:
    assert mesh.vertices.dtype == np.float32
    assert mesh.faces.dtype == np.int32
    assert np.isfinite(mesh.vertices).all()
    assert set(np.unique(mesh.faces)) == set(range(len(mesh.vertices)))
    assert len(mesh) < 30_000
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    facing = np.cross(b - a, c - a)
    flat = (np.abs(a[:, 1]) < 0.05) & (np.abs(facing[:, 1]) > 0.9 * np.linalg.norm(facing, axis=1))
    up = flat & (facing[:, 1] > 0)
    assert facing[up, 1].sum() / 2 == pytest.approx(WIDTH * (DEPTH + 2), rel=0.1)


def test_floaters_mist_blobs_and_outliers_leave_no_trace(mesh: ColliderMesh) -> None:
    generator = np.random.default_rng(3)
    clutter = merge(
        [
            room(),
            balls(generator.uniform((0.5, 0.8, 0.5), (5.5, 2.2, 3.5), (40, 3)), 0.02),
            balls(generator.uniform((0.5, 0.3, 0.5), (5.5, 2.4, 3.5), (3000, 3)), 0.05, opacity=0.08),
            balls([[3.0, 1.3, 2.0]], 0.8),
            balls(generator.uniform(-4000, 4000, (30, 3)), 0.5),
        ]
    )
    cluttered = collider_mesh(clutter)
    lower, upper = cluttered.vertices.min(axis=0), cluttered.vertices.max(axis=0)
    assert (lower > (-0.2, -0.2, -2.2)).all()
    assert (upper < (WIDTH + 0.2, HEIGHT + 0.2, DEPTH + 0.2)).all()
    middle = cluttered.vertices[((cluttered.vertices > 0.4) & (cluttered.vertices < (5.6, 2.4, 3.6))).all(axis=1)]
    assert len(middle) == 0
    assert np.nanmax(np.abs(floors(cluttered, 0.3, 5.7, 0.3, 3.7))) < 0.03


def test_a_large_flat_gaussian_is_a_floor_all_over_its_footprint() -> None:
    few = balls(np.stack(np.meshgrid(np.arange(8), [0.0], np.arange(8)), -1).reshape(-1, 3), 0.6)
    flat = Gaussians(few.means, few.quats, torch.log(torch.tensor([0.6, 0.004, 0.6])).repeat(64, 1), *few.tensors[3:])
    heights = floors(collider_mesh(flat), 0.5, 6.5, 0.5, 6.5)
    assert np.abs(heights).max() < 0.03


def test_small_holes_in_a_floor_are_closed_and_large_ones_are_not() -> None:
    floor = sheet((0, 0, 0), (0, 0, 4), (6, 0, 0), noise=0.0)
    x, _, z = floor.means.T
    small = (x - 1.5).abs().maximum((z - 2).abs()) < 0.09
    large = (x - 4).abs().maximum((z - 2).abs()) < 0.5
    holed = collider_mesh(floor[~small & ~large])
    assert floor_beneath(holed, np.array([1.5, 1.0, 2.0])) == pytest.approx(0, abs=0.03)
    assert floor_beneath(holed, np.array([4.0, 1.0, 2.0])) is None


def test_a_slope_has_no_steps() -> None:
    slope = collider_mesh(sheet((0, 0, 0), (0, 0, 4), (6, 1.5, 0), noise=0.0))
    for x in np.linspace(0.5, 5.5, 80):
        height = floor_beneath(slope, np.array([x, 3.0, 2.0]))
        assert height == pytest.approx(x / 4, abs=0.03)


@pytest.mark.parametrize(
    "nothing",
    [Gaussians.empty(), balls([[0.0, 0, 0]], 0.02), balls(np.zeros((2000, 3)), 0.02, opacity=0.05)],
    ids=["empty", "one speck", "mist"],
)
def test_nothing_opaque_is_an_empty_mesh(nothing: Gaussians) -> None:
    mesh = collider_mesh(nothing)
    assert len(mesh) == 0
    assert mesh.vertices.shape == (0, 3)
    pose = Pose()
    assert standing_pose(mesh, pose) == pose
    assert not has_floor(mesh, pose)


def test_the_same_gaussians_give_the_same_bytes(mesh: ColliderMesh) -> None:
    again = collider_mesh(room())
    assert again.vertices.tobytes() == mesh.vertices.tobytes()
    assert again.faces.tobytes() == mesh.faces.tobytes()
    assert write_glb(again) == write_glb(mesh)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), spread=st.floats(0.01, 300), size=st.floats(1e-4, 30), count=st.integers(1, 3000))
def test_any_gaussians_give_a_finite_mesh_near_them(seed: int, spread: float, size: float, count: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    gaussians = Gaussians(
        torch.randn(count, 3, generator=generator) * spread,
        torch.randn(count, 4, generator=generator),
        torch.randn(count, 3, generator=generator) + math.log(size),
        torch.randn(count, generator=generator) * 3,
        torch.zeros(count, 1, 3),
    )
    options = ColliderOptions(max_cells=200_000, floater_voxels=1, max_triangles=20_000)
    mesh = collider_mesh(gaussians, options)
    assert np.isfinite(mesh.vertices).all()
    if len(mesh):
        assert mesh.faces.min() == 0
        assert mesh.faces.max() == len(mesh.vertices) - 1
        room = 0.1 * spread + 0.1
        assert (mesh.vertices.min(axis=0) > gaussians.means.amin(dim=0).numpy() - 4 * room).all()
        assert (mesh.vertices.max(axis=0) < gaussians.means.amax(dim=0).numpy() + 4 * room).all()


@settings(max_examples=5, deadline=None)
@given(x=st.floats(-50, 50), y=st.floats(-20, 20), turn=st.floats(0, 6.3))
def test_the_floor_moves_with_the_world(x: float, y: float, turn: float) -> None:
    moving = Transform((x, y, 3.0), (math.cos(turn / 2), 0.0, math.sin(turn / 2), 0.0))
    mesh = collider_mesh(transform(room(), moving))
    for place in ((1.0, 1.0, 1.0), (4.5, 1.0, 3.0)):
        moved = moving.apply_to_points(torch.tensor(place)).numpy()
        assert floor_beneath(mesh, moved) == pytest.approx(y, abs=0.03)


def test_triangles_stay_within_the_limit() -> None:
    few = collider_mesh(room(), ColliderOptions(max_triangles=2000))
    assert 0 < len(few) <= 2000
    assert np.nanmax(np.abs(floors(few, 0.5, 5.5, 0.5, 3.5))) < 0.05


def test_glb_holds_the_mesh(mesh: ColliderMesh) -> None:
    data = write_glb(mesh)
    scene = trimesh.load(io.BytesIO(data), file_type="glb", process=False)
    assert isinstance(scene, trimesh.Scene)
    (shape,) = scene.geometry.values()
    assert isinstance(shape, trimesh.Trimesh)
    assert np.array_equal(shape.faces, mesh.faces)
    assert np.array_equal(shape.vertices.astype(np.float32), mesh.vertices)
    assert len(data) < 24 * len(mesh) + 2000


def test_sky_and_hidden_layers_are_not_solid() -> None:
    layers = (
        Layer("ground", balls([[0.0, 0, 0]], 0.1), transform=Transform((0.0, 5.0, 0.0))),
        Layer("dome", balls([[0.0, 9, 0]], 0.1), kind="sky"),
        Layer("rain", balls([[0.0, 2, 0]], 0.1), kind="effects"),
        Layer("draft", balls([[0.0, 1, 0]], 0.1), visible=False),
    )
    assert solid_gaussians(World("w", layers)).means.tolist() == [[0.0, 5.0, 0.0]]


@pytest.mark.parametrize(
    "eye",
    [(3.0, 1.6, 2.0), (3.0, 2.4, 2.0), (3.0, -0.4, 2.0), (0.05, 1.2, 2.0), (5.9, 1.6, 3.9)],
    ids=["fine", "in the air", "under the floor", "in a wall", "in a corner"],
)
def test_a_standing_pose_has_its_feet_on_the_floor_and_room_around(mesh: ColliderMesh, eye) -> None:
    turned = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0)
    pose = standing_pose(mesh, Pose(position=eye, rotation=turned))
    x, y, z = pose.position
    assert pose.rotation == turned
    assert y == pytest.approx(EYE_HEIGHT, abs=0.03)
    assert 0.28 < x < WIDTH - 0.28
    assert z < DEPTH - 0.28
    assert math.dist((x, z), (eye[0], eye[2])) < 0.8
    assert has_floor(mesh, pose)


def test_somebody_stands_on_a_kerb_but_not_inside_a_table() -> None:
    things = merge([room(), sheet((2, 0.2, 2), (1, 0, 0), (0, 0, 1)), sheet((4, 0.8, 1), (1, 0, 0), (0, 0, 1))])
    mesh = collider_mesh(things)
    kerb = standing_pose(mesh, Pose(position=(2.5, 1.7, 2.5)))
    assert kerb.position == pytest.approx((2.5, EYE_HEIGHT + 0.2, 2.5), abs=0.03)
    under = standing_pose(mesh, Pose(position=(4.5, 0.7, 1.5)))
    x, y, z = under.position
    assert not (3.8 < x < 5.2 and 0.8 < z < 2.2 and y < 2)
