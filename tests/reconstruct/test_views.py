from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.reconstruct.captures import room_reconstruction, room_views
from worldloom.reconstruct.collect import CollectOptions, collect
from worldloom.reconstruct.pictures import Pictures, read_rgb
from worldloom.reconstruct.progress import silent
from worldloom.reconstruct.records import Photo, Points, PosedPhoto, Reconstruction
from worldloom.reconstruct.views import make_views
from worldloom.scene.errors import WorldloomError
from worldloom.scene.lens import Lens


def test_views_keep_shape_intrinsics_and_hold_out_every_third(tmp_path: Path) -> None:
    _, views = room_views(tmp_path, width=101, height=77)
    reconstruction = room_reconstruction(tmp_path, views)
    made = make_views(reconstruction, tmp_path / "views", max_size=50, holdout_every=3, progress=silent)
    assert [view.held_out for view in made.views] == [number % 3 == 0 for number in range(8)]
    for before, after in zip(views.views, made.views):
        assert (after.width, after.height) == (50, 38)
        assert after.fx == pytest.approx(before.fx * 50 / 101)
        assert after.fy == pytest.approx(before.fy * 38 / 77)
        assert after.world_to_camera == before.world_to_camera
        assert read_rgb(after.image).shape == (38, 50, 3)


def test_pictures_are_made_once(tmp_path: Path) -> None:
    _, views = room_views(tmp_path)
    reconstruction = room_reconstruction(tmp_path, views)
    first = make_views(reconstruction, tmp_path / "v", max_size=40, holdout_every=None, progress=silent)
    times = [view.image.stat().st_mtime_ns for view in first.views]
    again = make_views(reconstruction, tmp_path / "v", max_size=40, holdout_every=None, progress=silent)
    assert again == first and times == [view.image.stat().st_mtime_ns for view in again.views]
    other = make_views(reconstruction, tmp_path / "v", max_size=30, holdout_every=None, progress=silent)
    assert not {view.image for view in other.views} & {view.image for view in first.views}


def one_photo(tmp_path: Path, pixels: np.ndarray, lens: Lens, **photo: object) -> Reconstruction:
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), pixels[:, :, ::-1])
    Points.joined([]).save(tmp_path / "points.npz")
    record = Photo(name="photo.png", path=path, source="", width=pixels.shape[1], height=pixels.shape[0], **photo)  # pyright: ignore
    identity = tuple(tuple(row) for row in np.eye(4).tolist())
    posed = PosedPhoto(photo=record, lens=lens, world_to_camera=identity)  # pyright: ignore
    return Reconstruction(photos=(posed,), points=tmp_path / "points.npz")


def test_a_panorama_gives_six_views_that_share_a_place(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (128, 256, 3), dtype=np.uint8)
    reconstruction = one_photo(tmp_path, pixels, Lens("EQUIRECTANGULAR", 256, 128))
    made = make_views(reconstruction, tmp_path / "v", max_size=64, holdout_every=None, progress=silent)
    assert len(made.views) == 6
    assert len({view.name for view in made.views}) == 6
    assert all(np.allclose(view.camera.position.numpy(), 0) for view in made.views)


def test_masks_follow_their_pictures(tmp_path: Path) -> None:
    mask = np.zeros((60, 80), np.uint8)
    mask[:, :40] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    pixels = np.full((60, 80, 3), 100, np.uint8)
    reconstruction = one_photo(tmp_path, pixels, Lens("PINHOLE", 80, 60, 70, 70, 40, 30), mask=tmp_path / "mask.png")
    (view,) = make_views(reconstruction, tmp_path / "v", max_size=40, holdout_every=None, progress=silent).views
    _, loaded = Pictures((view,)).load(0)
    assert loaded is not None
    assert loaded[:, :19].min() == 1 and loaded[:, 21:].max() == 0


@pytest.mark.parametrize("distortion", [(), (0.01, 0.0, 0.0, 0.0)])
def test_fine_patterns_turn_grey_rather_than_into_bands(tmp_path: Path, distortion: tuple[float, ...]) -> None:
    pixels = np.zeros((600, 800, 3), np.uint8)
    pixels[:, ::3] = 255
    lens = Lens("OPENCV" if distortion else "PINHOLE", 800, 600, 700, 700, 400, 300, distortion)
    reconstruction = one_photo(tmp_path, pixels, lens)
    (view,) = make_views(reconstruction, tmp_path / "v", max_size=60, holdout_every=None, progress=silent).views
    assert read_rgb(view.image).std() < 8


def test_another_picture_of_the_same_name_is_cut_anew(tmp_path: Path) -> None:
    lens = Lens("PINHOLE", 80, 60, 70, 70, 40, 30)
    for shade in (50, 200):
        reconstruction = one_photo(tmp_path, np.full((60, 80, 3), shade, np.uint8), lens)
        (view,) = make_views(reconstruction, tmp_path / "v", max_size=40, holdout_every=None, progress=silent).views
        assert read_rgb(view.image).mean() == shade


def test_a_mask_of_another_size_is_fitted_and_the_empty_border_masked(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "mask.png"), np.full((30, 40), 255, np.uint8))
    lens = Lens("OPENCV", 320, 240, 150.0, 150.0, 160.0, 120.0, (-0.3, 0.05, 0.0, 0.0))
    pixels = np.full((240, 320, 3), 90, np.uint8)
    reconstruction = one_photo(tmp_path, pixels, lens, mask=tmp_path / "mask.png")
    (view,) = make_views(reconstruction, tmp_path / "v", max_size=160, holdout_every=None, progress=silent).views
    assert view.mask is not None
    mask = cv2.imread(str(view.mask), cv2.IMREAD_GRAYSCALE)
    assert mask is not None and mask.shape == (view.height, view.width)
    assert mask[view.height // 2, view.width // 2] == 255


def test_pictures_stay_within_their_memory(tmp_path: Path) -> None:
    _, views = room_views(tmp_path)
    limit = 3 * 72 * 54 * 3
    pictures = Pictures(views.views, memory_limit=limit)
    for turn in range(3):
        for index in range(8):
            pixels, _ = pictures.load(index)
            assert pixels.shape == (54, 72, 3)
            assert pictures._held <= limit, turn
    half, _ = pictures.load(0, downscale=2)
    assert half.shape == (27, 36, 3)


def test_a_picture_that_went_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorldloomError, match=r"gone\.png"):
        read_rgb(tmp_path / "gone.png")


def test_the_fox_is_undistorted_without_borders(data_dir: Path, tmp_path: Path) -> None:
    capture = collect([data_dir / "photos" / "fox"], tmp_path, CollectOptions(), silent)
    Points.joined([]).save(tmp_path / "points.npz")
    photo = capture.photos[0]
    assert photo.lens is not None and photo.world_to_camera is not None
    posed = PosedPhoto(photo=photo, lens=photo.lens, world_to_camera=photo.world_to_camera)
    reconstruction = Reconstruction(photos=(posed,), points=tmp_path / "points.npz")
    (view,) = make_views(reconstruction, tmp_path / "v", max_size=480, holdout_every=None, progress=silent).views
    assert view.mask is None
    edges = read_rgb(view.image).astype(int)
    assert min(edges[0].mean(), edges[-1].mean(), edges[:, 0].mean(), edges[:, -1].mean()) > 20
