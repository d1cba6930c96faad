from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from worldloom.reconstruct.align import camera_positions
from worldloom.reconstruct.collect import CollectOptions, collect
from worldloom.reconstruct.pose import PoseError, PoseOptions, colmap_lens, pose
from worldloom.reconstruct.pose_pairs import all_pairs, neighbouring_pairs, sequential_pairs
from worldloom.reconstruct.progress import Event, silent
from worldloom.reconstruct.records import Capture, Points, Reconstruction
from worldloom.scene.errors import InvalidDataError


def capture_of(folder: Path, tmp_path: Path, **options: object) -> Capture:
    return collect([folder], tmp_path / "collect", CollectOptions.model_validate(options), silent)


def positions(reconstruction: Reconstruction) -> np.ndarray:
    return camera_positions(np.array([photo.world_to_camera for photo in reconstruction.photos]))


def aligned_error(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Distances after the best similarity, in units of the truth's spread."""
    a, b = found - found.mean(axis=0), truth - truth.mean(axis=0)
    u, sizes, vt = np.linalg.svd(b.T @ a)
    sign = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
    scale = np.trace(np.diag(sizes) @ sign) / (a**2).sum()
    return np.linalg.norm(b - scale * a @ (u @ sign @ vt).T, axis=1) / np.linalg.norm(b, axis=1).max()


@pytest.fixture(scope="module")
def kermit(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Reconstruction, Path, list[Event]]:
    folder = tmp_path_factory.mktemp("kermit")
    events: list[Event] = []
    capture = capture_of(data_dir / "photos" / "kermit", folder)
    return pose(capture, folder, PoseOptions(), events.append), folder, events


def test_kermit_all_eleven_are_placed(kermit: tuple[Reconstruction, Path, list[Event]]) -> None:
    found, _, events = kermit
    assert len(found.photos) == 11 and not found.rejected
    assert found.reprojection_error is not None and found.reprojection_error < 1
    points = Points.load(found.points)
    assert len(points.xyz) > 400 and points.track_offsets[-1] == len(points.track_photos)
    assert np.diff(points.track_offsets).min() >= 2 and points.track_photos.max() < 11
    fractions = [event.fraction for event in events]
    assert fractions == sorted(fractions) and all(0 <= fraction <= 1 for fraction in fractions)
    assert len({photo.lens for photo in found.photos}) == 1, "one camera, one lens"


def test_points_lie_where_their_photos_see_them(kermit: tuple[Reconstruction, Path, list[Event]]) -> None:
    from worldloom.scene.lens import project

    found, _, _ = kermit
    points = Points.load(found.points)
    for number, posed in enumerate(found.photos):
        of = np.repeat(np.arange(len(points.xyz)), np.diff(points.track_offsets))[points.track_photos == number]
        pose_ = np.array(posed.world_to_camera)
        seen = points.xyz[of] @ pose_[:3, :3].T + pose_[:3, 3]
        x, y = project(posed.lens, seen.astype(np.float64))
        inside = (x > -5) & (x < posed.lens.width + 5) & (y > -5) & (y < posed.lens.height + 5)
        assert inside.mean() > 0.99


def test_posing_again_starts_from_what_is_there_and_agrees(
    kermit: tuple[Reconstruction, Path, list[Event]], data_dir: Path
) -> None:
    found, folder, _ = kermit
    capture = capture_of(data_dir / "photos" / "kermit", folder)
    again = pose(capture, folder, PoseOptions(), silent)
    assert aligned_error(positions(again), positions(found)).max() < 0.01


def test_given_poses_are_kept_and_points_found(data_dir: Path, tmp_path: Path) -> None:
    capture = capture_of(data_dir / "photos" / "fox", tmp_path)
    few = capture.model_copy(update={"photos": capture.photos[:8]})
    found = pose(few, tmp_path, PoseOptions(max_image_size=640, max_features=1500), silent)
    assert found.method == "given with the photos"
    for before, after in zip(few.photos, found.photos):
        assert np.allclose(np.array(before.world_to_camera), np.array(after.world_to_camera), atol=1e-6)
    assert len(Points.load(found.points).xyz) > 200
    assert found.reprojection_error is not None and found.reprojection_error < 2


def test_strangers_make_a_clear_failure(data_dir: Path, tmp_path: Path) -> None:
    """Photos of different places: one sentence, three things to try, and what was computed is kept."""
    places = [
        data_dir / "single" / "demo01.jpg",
        data_dir / "single" / "demo02.jpg",
        data_dir / "single" / "demo03.jpg",
        data_dir / "photos" / "kermit" / "images" / "kermit000.jpg",
        data_dir / "photos" / "sacre_coeur" / "images" / "02928139_3448003521.jpg",
    ]
    capture = collect(places, tmp_path / "collect", CollectOptions(), silent)
    with pytest.raises(PoseError, match=r"\(1\).*\(2\).*\(3\)") as error:
        pose(capture, tmp_path, PoseOptions(max_image_size=640, max_features=1000), silent)
    assert "0 of 5" in str(error.value)
    assert len((tmp_path / "matching.tsv").read_text().splitlines()) == 6
    assert list(tmp_path.rglob("features.db"))


def test_a_photo_that_does_not_belong_is_named_with_a_reason(data_dir: Path, tmp_path: Path) -> None:
    kermit = capture_of(data_dir / "photos" / "kermit", tmp_path)
    stranger = collect([data_dir / "single" / "demo01.jpg"], tmp_path / "other", CollectOptions(), silent)
    mixed = kermit.model_copy(update={"photos": (*kermit.photos, *stranger.photos)})
    found = pose(mixed, tmp_path, PoseOptions(max_features=2000), silent)
    assert len(found.photos) == 11
    (missing,) = found.rejected
    assert missing.name.endswith("demo01.jpg") and "no other photo" in missing.reason


def test_one_photo_is_told_to_be_too_few(data_dir: Path, tmp_path: Path) -> None:
    one = collect([data_dir / "single" / "demo01.jpg"], tmp_path, CollectOptions(), silent)
    with pytest.raises(PoseError, match="1 photo"):
        pose(one, tmp_path, PoseOptions(), silent)


@pytest.mark.slow
def test_ten_strangers_photos_of_one_church_are_all_placed(data_dir: Path, tmp_path: Path) -> None:
    capture = capture_of(data_dir / "photos" / "sacre_coeur", tmp_path)
    found = pose(capture, tmp_path, PoseOptions(), silent)
    assert len(found.photos) == 10
    assert len({photo.lens.fx for photo in found.photos}) == 10, "ten cameras, ten lenses"


def test_pairs() -> None:
    names = list("abcdefghij")
    assert len(all_pairs(names)) == 45
    sequential = sequential_pairs(names, overlap=2)
    assert ("a", "b") in sequential and ("a", "c") in sequential and ("a", "d") not in sequential
    assert ("a", "i") in sequential, "farther ones at doubling distances"
    poses = np.tile(np.eye(4), (10, 1, 1))
    poses[:, 0, 3] = -np.arange(10)
    poses[9, :3, :3] = np.diag([-1.0, 1, -1])
    near = neighbouring_pairs(names, poses, neighbours=2)
    assert ("a", "b") in near and ("a", "j") not in near and ("i", "j") not in near


def test_colmap_cameras_become_lenses() -> None:
    import pycolmap

    radial = pycolmap.Camera(model="RADIAL", width=8, height=6, params=[5.0, 4.0, 3.0, 0.1, 0.2])
    assert colmap_lens(radial).distortion == (0.1, 0.2, 0.0, 0.0)
    plain = pycolmap.Camera(model="SIMPLE_PINHOLE", width=8, height=6, params=[5.0, 4.0, 3.0])
    assert colmap_lens(plain).model == "PINHOLE"
    with pytest.raises(InvalidDataError, match="undistort"):
        full = [5.0, 5.0, 4.0, 3.0] + [0.0] * 8
        colmap_lens(pycolmap.Camera(model="FULL_OPENCV", width=8, height=6, params=full))
