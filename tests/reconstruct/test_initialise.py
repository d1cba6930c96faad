from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.reconstruct.captures import room_reconstruction, room_views, save_picture, textured_room
from worldloom.reconstruct.initialise import InitialiseOptions, gaussians_from_points, initialise, thin
from worldloom.reconstruct.plane_sweep import DensePoints, SweepOptions, _size_within, choose_neighbours
from worldloom.reconstruct.progress import silent
from worldloom.reconstruct.records import Points, ViewSet
from worldloom.render import rasterize
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import merge
from worldloom.scene.rotations import quat_to_matrix

QUICK = InitialiseOptions(sweep=SweepOptions(max_size=160, planes=56, window=5, least_score=0.5))


def off_surface(gaussians: Gaussians) -> np.ndarray:
    """Distance of each centre to the nearest of the room's three planes."""
    x, y, z = gaussians.means.numpy().T
    return np.minimum(np.minimum(np.abs(y), np.abs(z + 2)), np.abs(x + 2))


def backdrop_views(folder: Path) -> ViewSet:
    """The room's pictures with a painted backdrop, 30 m away, above its walls."""
    room, views = room_views(folder, 8, width=160, height=120)
    room = room[room.means[:, 1] < 0.4]
    generator = torch.Generator().manual_seed(3)
    count = 4000
    across, up = torch.rand(2, count, generator=generator) * 60 - 30
    middle, side = torch.tensor([-21.0, 0, -21.0]), torch.tensor([0.7071, 0, -0.7071])
    means = middle + across[:, None] * side + up[:, None] * torch.tensor([0.0, 1, 0])
    far = Gaussians(
        means=means,
        quats=torch.tensor([[1.0, 0, 0, 0]]).repeat(count, 1),
        log_scales=torch.full((count, 3), 0.6).log(),
        opacity_logits=torch.full((count,), 4.0),
        sh=torch.randn(count, 1, 3, generator=generator) * 0.8,
    )
    whole = merge([room, far])
    for view in views.views:
        rgb = rasterize(whole, view.camera, outputs=("rgb",)).rgb
        assert rgb is not None
        save_picture(rgb[0], view.image)
    return views


def test_the_sweep_finds_surfaces_between_the_sparse_points(tmp_path: Path) -> None:
    _, views = room_views(tmp_path, 8, width=160, height=120)
    reconstruction = room_reconstruction(tmp_path, views, points=150)
    first = initialise(reconstruction, views, tmp_path, QUICK, silent, cap=6000)
    sure = first[first.opacities > 0.4]
    assert 1000 < len(sure) <= len(first) <= 3600
    assert np.median(off_surface(sure)) < 0.025, "a pixel is 3 cm wide there"
    assert np.percentile(off_surface(sure), 90) < 0.08


def test_first_gaussians_already_look_like_the_photos(tmp_path: Path) -> None:
    _, views = room_views(tmp_path, 8, width=160, height=120)
    reconstruction = room_reconstruction(tmp_path, views, points=150)
    dense = initialise(reconstruction, views, tmp_path, QUICK, silent, cap=6000)
    sparse = initialise(reconstruction, views, tmp_path, QUICK.model_copy(update={"dense": False}), silent, cap=6000)
    view = views.held_out[1]
    truth = rasterize(textured_room(), view.camera, outputs=("rgb",)).rgb
    errors = []
    for some in (dense, sparse):
        rendering = rasterize(some, view.camera)
        assert rendering.rgb is not None and rendering.alpha is not None and truth is not None
        errors.append(float((rendering.rgb - truth).abs().mean()))
    assert errors[0] < 0.9 * errors[1]
    solid, alpha = (rasterize(some, view.camera).alpha for some in (textured_room(), dense))
    assert solid is not None and alpha is not None
    assert float(alpha[solid > 0.9].mean()) > 0.75, "nothing that is there starts empty"


def test_it_is_deterministic_and_keeps_to_the_budget(tmp_path: Path) -> None:
    _, views = room_views(tmp_path)
    reconstruction = room_reconstruction(tmp_path, views)
    runs = [initialise(reconstruction, views, tmp_path, QUICK, silent, cap=1000) for _ in range(2)]
    assert len(runs[0]) <= 600
    assert all(torch.equal(a, b) for a, b in zip(runs[0].tensors, runs[1].tensors))


def test_nothing_hangs_between_the_cameras_and_the_room(tmp_path: Path) -> None:
    _, views = room_views(tmp_path, 8, width=160, height=120)
    reconstruction = room_reconstruction(tmp_path, views, points=150)
    points = Points.load(reconstruction.points)
    stray = np.array([[0.6, 0.9, 0.6]], np.float32)  # a wrong match, in mid-air
    Points(np.concatenate([points.xyz, stray]), np.concatenate([points.rgb, np.array([[255, 0, 255]], np.uint8)])).save(
        reconstruction.points
    )
    first = initialise(reconstruction, views, tmp_path, QUICK, silent, cap=6000)
    assert float((first.means - torch.from_numpy(stray)).norm(dim=1).min()) > 0.05
    sure = first[first.opacities > 0.4]
    assert float(sure.scales.max()) < 0.25, "no wide disc stands alone"


def test_what_a_mask_hides_is_not_filled(tmp_path: Path) -> None:
    _, views = room_views(tmp_path)
    reconstruction = room_reconstruction(tmp_path, views, points=0)
    mask = np.full((54, 72), 255, np.uint8)
    mask[:, 36:] = 0
    Image.fromarray(mask).save(tmp_path / "mask.png")
    half = [view.model_copy(update={"mask": tmp_path / "mask.png"}) for view in views.training]
    first = initialise(reconstruction, ViewSet(views=tuple(half)), tmp_path, QUICK, silent, cap=1000)
    for view in half:
        seen = first.means @ view.camera.world_to_camera[:3, :3].T + view.camera.world_to_camera[:3, 3]
        assert bool((seen[:, 2] > 0).all())
    right = [
        (first.means @ view.camera.world_to_camera[0, :3] + view.camera.world_to_camera[0, 3]) > 0.1 for view in half
    ]
    assert not torch.stack(right).all(dim=0).any(), "every Gaussian is in the open part of some photo"


def test_what_is_farther_than_any_sparse_point_is_found_far_away(tmp_path: Path) -> None:
    views = backdrop_views(tmp_path)
    reconstruction = room_reconstruction(tmp_path, views, points=150)  # of the room, none of the backdrop
    first = initialise(reconstruction, views, tmp_path, QUICK, silent, cap=6000)
    beyond = first.means[first.means.norm(dim=1) > 15]
    assert len(beyond) > 50


def test_many_photos_are_compared_at_a_smaller_size(tmp_path: Path) -> None:
    _, views = room_views(tmp_path, width=160, height=120)
    options = SweepOptions(max_size=160, max_pixels=100_000)
    assert _size_within(views.training, options) == round(160 * (100_000 / (6 * 160 * 120)) ** 0.5)
    assert _size_within(views.training[:2], options) == 160


def test_held_out_photos_are_not_looked_at(tmp_path: Path) -> None:
    _, views = room_views(tmp_path)
    reconstruction = room_reconstruction(tmp_path, views)
    for view in views.held_out:
        view.image.unlink()
    assert len(initialise(reconstruction, views, tmp_path, QUICK, silent, cap=1000)) > 100


def test_nothing_to_start_from_is_told(tmp_path: Path) -> None:
    reconstruction = room_reconstruction(tmp_path, room_views(tmp_path)[1], points=0)
    with pytest.raises(InvalidDataError, match="points"):
        initialise(reconstruction, ViewSet(views=()), tmp_path, QUICK, silent, cap=100)


def cloud(count: int, seed: int) -> DensePoints:
    generator = np.random.default_rng(seed)
    return DensePoints(
        xyz=generator.normal(0, 1, (count, 3)).astype(np.float32),
        rgb=generator.integers(0, 255, (count, 3), dtype=np.uint8),
        normals=np.tile(np.array([[0, 1, 0]], np.float32), (count, 1)),
        footprints=generator.choice([0.001, 0.01], count).astype(np.float32),
        scores=generator.random(count).astype(np.float32),
    )


@settings(max_examples=30, deadline=None)
@given(count=st.integers(0, 3000), budget=st.integers(0, 2000), seed=st.integers(0, 99))
def test_thinning_keeps_to_its_budget_and_wastes_little(count: int, budget: int, seed: int) -> None:
    thinned = thin(cloud(count, seed), budget)
    assert len(thinned.xyz) <= budget or count <= budget
    assert len(thinned.xyz) >= min(count, 0.5 * budget - 5)
    assert len({len(thinned.xyz), len(thinned.rgb), len(thinned.normals), len(thinned.scores)}) == 1


def test_near_detail_stays_denser_than_far() -> None:
    points = cloud(20_000, 1)
    thinned = thin(points, 4000)
    fine = (thinned.footprints < 0.005).mean()
    assert fine > 0.7


def test_neighbours_look_the_same_way_from_a_little_aside() -> None:
    positions = np.array([[float(x), 0, 0] for x in range(6)])
    directions = np.tile([0.0, 0, 1], (6, 1))
    directions[5] = [0, 0, -1]
    chosen = choose_neighbours(positions, directions, np.zeros((6, 6), np.int64), 2)
    assert all(len(near) == 2 and at not in near for at, near in enumerate(chosen[:5]))
    assert all(5 not in near for near in chosen[:5]), "it looks the other way"
    covisible = np.zeros((6, 6), np.int64)
    covisible[2, 1] = covisible[2, 3] = 10_000
    assert set(choose_neighbours(positions, directions, covisible, 2)[2]) == {1, 3}, "they share what they see"


def test_a_point_cloud_becomes_flat_opaque_gaussians() -> None:
    generator = np.random.default_rng(0)
    xyz = generator.uniform(-1, 1, (3000, 3)).astype(np.float32)
    xyz[:, 1] = 0
    rgb = np.full((3000, 3), (200, 100, 50), np.uint8)
    gaussians = gaussians_from_points(Points(xyz, rgb), 10_000)
    assert len(gaussians) == 3000
    normals = quat_to_matrix(gaussians.quats)[:, :, 2]
    assert normals[:, 1].abs().median() > 0.99
    assert bool((gaussians.scales[:, 2] < gaussians.scales[:, 0]).all())
    assert gaussians.opacities.min() > 0.9
    assert len(gaussians_from_points(Points(xyz, rgb), 500)) <= 500
    with pytest.raises(InvalidDataError, match="empty"):
        gaussians_from_points(Points(xyz[:0], rgb[:0]), 10)
