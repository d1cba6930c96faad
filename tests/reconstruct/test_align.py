from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reconstruct.captures import arc_cameras, room_reconstruction, room_views
from tests.scene.samples import random_rotation
from worldloom.reconstruct.align import AlignOptions, KnownDistance, align, camera_positions, transform_reconstruction
from worldloom.reconstruct.progress import silent
from worldloom.reconstruct.records import Points, Reconstruction
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.geometry import Transform
from worldloom.scene.rotations import matrix_to_quat
from worldloom.scene.upright import floor_height, level_plane, up_from_cameras


@pytest.fixture
def room(tmp_path: Path) -> Reconstruction:
    _, views = room_views(tmp_path, 9)
    return room_reconstruction(tmp_path, views, points=1500)


def scrambled(room: Reconstruction, seed: int, folder: Path) -> Reconstruction:
    """The same room in the arbitrary frame that structure from motion would give it."""
    w, x, y, z = matrix_to_quat(random_rotation(seed)).tolist()
    by = Transform((3.0, -2.0, seed % 5), (w, x, y, z), 0.1 + seed % 7)
    return transform_reconstruction(room, Points.load(room.points), by, folder / f"scrambled{seed}.npz")


def poses_of(reconstruction: Reconstruction) -> np.ndarray:
    return np.array([photo.world_to_camera for photo in reconstruction.photos])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1000))
def test_any_frame_comes_out_upright_with_its_floor_at_zero(tmp_path: Path, room: Reconstruction, seed: int) -> None:
    truth = camera_positions(poses_of(room))
    height = float(np.median(truth[:, 1]))
    placed = align(scrambled(room, seed, tmp_path), tmp_path, AlignOptions(eye_height=height), silent)
    assert placed.floor_found and placed.scale == "guess"
    xyz = Points.load(placed.points).xyz
    original = Points.load(room.points).xyz
    on_floor = np.abs(original[:, 1]) < 0.01
    assert np.abs(xyz[on_floor, 1]).max() < 0.06
    assert np.allclose(camera_positions(poses_of(placed))[:, 1], truth[:, 1], atol=0.08)
    distances = np.linalg.norm(np.diff(camera_positions(poses_of(placed)), axis=0), axis=1)
    assert np.allclose(distances, np.linalg.norm(np.diff(truth, axis=0), axis=1), rtol=0.05)


def test_the_walk_starts_upright_on_the_path_looking_at_what_was_captured(tmp_path: Path, room: Reconstruction) -> None:
    placed = align(scrambled(room, 3, tmp_path), tmp_path, AlignOptions(), silent)
    spawn = np.array(placed.spawn)
    positions = camera_positions(poses_of(placed))
    assert np.linalg.norm(positions - spawn[:3, 3], axis=1).min() < 1e-6
    assert abs(spawn[1, 0]) < 1e-6, "no roll"
    assert spawn[1, 1] < 0, "camera y points down"
    assert np.allclose(spawn[:3, :3] @ spawn[:3, :3].T, np.eye(3), atol=1e-9)
    assert np.linalg.det(spawn[:3, :3]) == pytest.approx(1)
    assert abs(spawn[0, 2]) < 1e-6 and spawn[2, 2] < -0.8, "ahead is -z"


def test_without_a_floor_the_cameras_tell_up(tmp_path: Path, room: Reconstruction) -> None:
    generator = np.random.default_rng(0)
    Points(generator.normal(0, 1, (30, 3)).astype(np.float32), np.zeros((30, 3), np.uint8)).save(tmp_path / "p.npz")
    bare = room.model_copy(update={"points": tmp_path / "p.npz"})
    placed = align(scrambled(bare, 8, tmp_path), tmp_path, AlignOptions(), silent)
    assert placed.up == "cameras" and not placed.floor_found
    tops = -poses_of(placed)[:, 1, :3]
    assert tops[:, 1].min() > 0.8
    assert np.abs(poses_of(placed)[:, 0, 1]).max() < 0.02, "horizons are level"


def test_a_known_distance_sets_the_scale(tmp_path: Path, room: Reconstruction) -> None:
    first, last = room.photos[0].photo.name, room.photos[-1].photo.name
    known = KnownDistance(first=first, second=last, metres=12.0)
    placed = align(scrambled(room, 2, tmp_path), tmp_path, AlignOptions(known_distance=known), silent)
    positions = camera_positions(poses_of(placed))
    assert np.linalg.norm(positions[0] - positions[-1]) == pytest.approx(12.0)
    assert placed.scale == "known distance"
    with pytest.raises(InvalidDataError, match="nobody"):
        align(room, tmp_path, AlignOptions(known_distance=known.model_copy(update={"first": "nobody"})), silent)


def with_gps(room: Reconstruction, metres_per_unit: float) -> Reconstruction:
    photos = []
    for posed, (x, y, z) in zip(room.photos, camera_positions(poses_of(room))):
        east, north = x * metres_per_unit, -z * metres_per_unit
        latitude = 48.0 + math.degrees(north / 6_378_137)
        longitude = 2.0 + math.degrees(east / 6_378_137 / math.cos(math.radians(48)))
        gps = (latitude, longitude, 30 + y * metres_per_unit)
        photos.append(posed.model_copy(update={"photo": posed.photo.model_copy(update={"gps": gps})}))
    return room.model_copy(update={"photos": tuple(photos)})


def test_gps_sets_the_scale_if_it_is_good_enough(tmp_path: Path, room: Reconstruction) -> None:
    placed = align(scrambled(with_gps(room, 10.0), 4, tmp_path), tmp_path, AlignOptions(), silent)
    truth = camera_positions(poses_of(room)) * 10
    apart = np.linalg.norm(np.diff(camera_positions(poses_of(placed)), axis=0), axis=1)
    assert placed.scale == "gps"
    assert np.allclose(apart, np.linalg.norm(np.diff(truth, axis=0), axis=1), rtol=0.02)
    assert placed.geo_anchor is not None
    spawn = np.array(placed.spawn)
    original = int(np.linalg.norm(camera_positions(poses_of(placed)) - spawn[:3, 3], axis=1).argmin())
    looking = poses_of(room)[original, 2, :3]
    heading = math.degrees(math.atan2(looking[0], -looking[2])) % 360
    assert placed.geo_anchor.heading == pytest.approx(heading, abs=1)
    assert placed.geo_anchor.altitude == pytest.approx(30, abs=0.5), "the floor"
    coarse = align(scrambled(with_gps(room, 0.5), 4, tmp_path), tmp_path, AlignOptions(), silent)
    assert coarse.scale == "guess", "a metre of spread is less than GPS can tell"


def test_scans_keep_their_frame_and_metres(tmp_path: Path, room: Reconstruction) -> None:
    given = room.model_copy(update={"scale": "given", "up": "given"})
    placed = align(given, tmp_path, AlignOptions(), silent)
    assert (placed.scale, placed.up) == ("given", "given")
    assert np.allclose(poses_of(placed), poses_of(room))
    before, after = camera_positions(poses_of(room)), camera_positions(poses_of(placed))
    assert np.allclose(np.linalg.norm(np.diff(after, axis=0), axis=1), np.linalg.norm(np.diff(before, axis=0), axis=1))
    assert np.allclose(after[:, 1], before[:, 1], atol=0.05)


def test_bad_gps_positions_are_outvoted(tmp_path: Path, room: Reconstruction) -> None:
    located = with_gps(room, 10.0)
    lost = located.photos[2].photo.model_copy(update={"gps": (48.01, 2.0, 0.0)})
    photos = (*located.photos[:2], located.photos[2].model_copy(update={"photo": lost}), *located.photos[3:])
    placed = align(located.model_copy(update={"photos": photos}), tmp_path, AlignOptions(), silent)
    positions, truth = camera_positions(poses_of(placed)), camera_positions(poses_of(room)) * 10
    assert placed.scale == "gps"
    assert np.linalg.norm(positions[0] - positions[-1]) == pytest.approx(
        float(np.linalg.norm(truth[0] - truth[-1])), rel=0.05
    )


def test_photos_held_on_end_lose_their_vote() -> None:
    poses = np.array([camera.world_to_camera.double().numpy() for camera in arc_cameras(12)])
    quarter = np.array([[0.0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    poses[[2, 7]] = quarter @ poses[[2, 7]]
    up, _ = up_from_cameras(poses)
    assert up[1] > math.cos(math.radians(2))


def test_a_drone_looking_straight_down_with_gps_knows_up(tmp_path: Path, room: Reconstruction) -> None:
    generator = np.random.default_rng(1)
    down = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])  # all headings the same
    photos = []
    for number, posed in enumerate([*room.photos, *room.photos]):
        pose = down.copy()
        pose[:3, 3] = -down[:3, :3] @ np.array(
            [2.0 * (number % 6), 3.0 + 0.1 * generator.normal(), 2.0 * (number // 6)]
        )
        photos.append(posed.model_copy(update={"world_to_camera": tuple(map(tuple, pose.tolist()))}))
    drone = with_gps(room.model_copy(update={"photos": tuple(photos)}), 10.0)
    placed = align(scrambled(drone, 5, tmp_path), tmp_path, AlignOptions(), silent)
    assert poses_of(placed)[:, 2, 1].max() < -0.99, "all look down"
    assert abs(camera_positions(poses_of(placed))[:, 1].mean() - 30) < 1


def test_a_wall_is_no_floor(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    wall = np.stack([generator.uniform(-3, 3, 4000), generator.uniform(0, 4, 4000), np.full(4000, -2.0)], axis=1)
    cameras = np.array([[x, 1.5, 2.0] for x in np.linspace(-1, 1, 8)])
    up = np.array([0.0, 1.0, 0.0])
    assert level_plane(wall, cameras, up, tolerance=0.2) is None
    assert floor_height(wall, cameras, up) is None


@pytest.mark.parametrize("direction", [(0.0, -1.0, 0.0), (0.0, 0.0, -1.0)])
def test_captures_that_all_look_one_way_are_survived(tmp_path: Path, direction: tuple[float, float, float]) -> None:
    from worldloom.scene.camera import Camera

    _, views = room_views(tmp_path, 5)
    moved = []
    for step, view in enumerate(views.views):
        eye = torch.tensor([0.3 * step, 3.0, 0.1 * step])
        camera = Camera.looking_at(eye, eye + torch.tensor(direction), width=view.width, height=view.height)
        rows = tuple(tuple(row) for row in camera.world_to_camera.double().tolist())
        moved.append(view.model_copy(update={"world_to_camera": rows}))
    reconstruction = room_reconstruction(tmp_path, views.model_copy(update={"views": tuple(moved)}), points=1000)
    placed = align(reconstruction, tmp_path, AlignOptions(), silent)
    assert np.isfinite(poses_of(placed)).all() and np.isfinite(np.array(placed.spawn)).all()


def test_the_arc_itself_is_level() -> None:
    assert all(abs(float(camera.world_to_camera[0, 1])) < 1e-6 for camera in arc_cameras(4))
