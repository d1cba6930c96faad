from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from worldloom.reconstruct.pose import PoseOptions, pose
from worldloom.reconstruct.pose_features import FeatureDatabase, FeatureSettings, learned_features_available
from worldloom.reconstruct.progress import Event, silent
from worldloom.reconstruct.records import Capture, Photo, Points
from worldloom.scene.lens import Lens

QUICK = FeatureSettings(max_image_size=480, max_features=600)


@pytest.fixture
def photos(data_dir: Path, tmp_path: Path) -> list[Photo]:
    """Four photos with names that people give."""
    found = []
    for number, source in enumerate(sorted((data_dir / "photos" / "kermit" / "images").iterdir())[:4]):
        path = tmp_path / "pictures" / f"my photo #{number} (é).jpg"
        path.parent.mkdir(exist_ok=True)
        shutil.copyfile(source, path)
        found.append(Photo(name=path.name, path=path, source=str(path), width=640, height=480, camera_group="mine"))
    return found


def test_names_with_spaces_and_accents_are_matched(photos: list[Photo], tmp_path: Path) -> None:
    database = FeatureDatabase(photos, tmp_path / "db", QUICK, silent)
    database.extract((0, 0.5))
    first, second, *_ = [photo.name for photo in photos]
    database.match([(first, second)], (0.5, 1))
    assert database.verified_matches().keys() == {(first, second)}
    assert list(database.image_ids()) == [photo.name for photo in photos]
    assert list(database.image_ids().values()) == [1, 2, 3, 4], "whichever thread is done first"


def test_features_are_found_once_and_again_only_for_what_changed(photos: list[Photo], tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    def interrupt(event: Event) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        FeatureDatabase(photos[:3], tmp_path / "db", QUICK, interrupt).extract((0, 1))
    kept = FeatureDatabase(photos[:3], tmp_path / "db", QUICK, silent)
    before = kept.feature_counts()
    assert len(before) == 3
    seen: list[Event] = []
    kept.extract((0, 1))
    os.utime(photos[1].path, (1, 1))
    again = FeatureDatabase(photos, tmp_path / "db", QUICK, seen.append)
    again.extract((0, 1))
    assert again.feature_counts().keys() == {photo.name for photo in photos}
    ids = again.image_ids()
    assert [ids[photo.name] for photo in photos] == [1, 4, 3, 5], "the changed and the new one are looked at"


def test_photos_of_one_group_share_a_lens_and_known_lenses_are_the_start(photos: list[Photo], tmp_path: Path) -> None:
    import pycolmap

    lens = Lens("OPENCV", 640, 480, 700, 705, 321, 239, (0.01, 0.02, 0.0, 0.0))
    known = photos[3].model_copy(update={"lens": lens, "camera_group": ""})
    database = FeatureDatabase([*photos[:3], known], tmp_path / "db", QUICK, silent)
    database.extract((0, 1))
    stored = pycolmap.Database.open(database.path)
    cameras = [stored.read_image(number).camera_id for number in (1, 2, 3, 4)]
    assert cameras[0] == cameras[1] == cameras[2] != cameras[3]
    assert np.allclose(stored.read_camera(cameras[3]).params, [700, 705, 321, 239, 0.01, 0.02, 0, 0])
    stored.close()


def test_masked_pixels_give_no_features(photos: list[Photo], tmp_path: Path) -> None:
    import pycolmap
    from PIL import Image

    mask = np.zeros((480, 640), np.uint8)
    mask[:, 320:] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    masked = photos[0].model_copy(update={"mask": tmp_path / "mask.png"})
    database = FeatureDatabase([masked, photos[1]], tmp_path / "db", QUICK, silent)
    database.extract((0, 1))
    stored = pycolmap.Database.open(database.path)
    assert stored.read_keypoints(1)[:, 0].min() >= 319 and stored.read_keypoints(2)[:, 0].min() < 200
    stored.close()


def test_learned_features_fall_back_to_sift_where_they_cannot_run(
    photos: list[Photo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert not learned_features_available()
    options = PoseOptions(features="aliked", max_image_size=480, max_features=600)
    found = pose(Capture(photos=tuple(photos), sequence=True), tmp_path, options, silent)
    assert "SIFT" in found.method


def test_points_that_cannot_be_used_are_reported(photos: list[Photo], tmp_path: Path) -> None:
    points = tmp_path / "scan.npz"
    Points(np.zeros((1, 3), np.float32), np.zeros((1, 3), np.uint8)).save(points)
    options = PoseOptions(max_image_size=480, max_features=1200)
    found = pose(Capture(photos=tuple(photos), sequence=True, points=points), tmp_path, options, silent)
    assert [bad.name for bad in found.rejected] == ["given points"]


def test_posing_twice_gives_the_same_numbers(photos: list[Photo], tmp_path: Path) -> None:
    options = PoseOptions(max_image_size=480, max_features=1200)
    capture = Capture(photos=tuple(photos), sequence=True)
    first, second = (pose(capture, tmp_path / name, options, silent) for name in "ab")
    assert first.photos == second.photos
    assert np.array_equal(Points.load(first.points).xyz, Points.load(second.points).xyz)


def test_ctrl_c_while_placing_is_heard_and_the_features_stay(photos: list[Photo], tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if "placing" in event.message:
            raise KeyboardInterrupt

    capture = Capture(photos=tuple(photos), sequence=True)
    options = PoseOptions(max_image_size=480, max_features=1200)
    with pytest.raises(KeyboardInterrupt):
        pose(capture, tmp_path, options, interrupt)
    told: list[str] = []
    found = pose(capture, tmp_path, options, lambda event: told.append(event.message))
    assert len(found.photos) == 4 and not any("features" in message for message in told)
