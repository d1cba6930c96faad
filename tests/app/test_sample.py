"""The sample capture: photos as a camera would leave them, and the scene they come from."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from worldloom.assets import SAMPLE_CAPTURE, make_sample

PHOTOS = sorted(SAMPLE_CAPTURE.glob("*.jpg"))


def focal_in_exif(photo: Image.Image) -> float:
    """Pixels, from FocalLengthIn35mmFilm."""
    film = photo.getexif().get_ifd(0x8769)[0xA405]
    return float(film) * np.hypot(*photo.size) / np.hypot(36, 24)


def test_ships_a_small_capture_that_says_what_it_is() -> None:
    assert len(PHOTOS) == make_sample.PHOTOS
    assert sum(path.stat().st_size for path in PHOTOS) < 5e6
    assert "rendered" in (SAMPLE_CAPTURE / "README.txt").read_text()


@pytest.mark.parametrize("path", PHOTOS[::9], ids=lambda path: path.stem)
def test_exif_gives_the_focal_length_that_the_photos_were_taken_with(path) -> None:
    with Image.open(path) as photo:
        assert photo.size == make_sample.SIZE
        assert photo.getexif()[0x010F] == "Worldloom"
        assert focal_in_exif(photo) == pytest.approx(make_sample.focal_pixels(*photo.size))


def test_rendering_again_gives_the_same_picture_and_the_one_that_ships() -> None:
    first, second = (make_sample.render_photo(0, 80, 60) for _ in range(2))
    assert first == second
    with Image.open(io.BytesIO(first)) as small, Image.open(PHOTOS[0]) as shipped:
        again = np.asarray(small, np.float64)
        reference = np.asarray(shipped.resize((80, 60), Image.Resampling.BOX), np.float64)
    assert 10 * np.log10(255**2 / ((again - reference) ** 2).mean()) > 20


def test_every_photo_is_taken_level_at_eye_height_from_a_proper_rotation() -> None:
    for number in range(make_sample.PHOTOS):
        shot = make_sample.shot(number)
        assert np.linalg.det(shot.rotation) == pytest.approx(1, abs=1e-5)
        assert shot.rotation[1, 1] < -0.95, "the camera's down is the world's down"
        assert 1.2 < shot.position[1] < 1.9
