from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from worldloom.reconstruct.collect import CollectOptions, collect
from worldloom.reconstruct.progress import silent
from worldloom.reconstruct.records import Capture
from worldloom.reconstruct.select import SelectOptions, select


def pictures(folder: Path, count: int = 12) -> list[np.ndarray]:
    """Windows that slide over one large random picture, as a camera pans."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(0)
    large = cv2.GaussianBlur(generator.integers(0, 255, (200, 1200, 3), dtype=np.uint8), (0, 0), 2)
    large = np.clip((large.astype(float) - 128) * 4 + 128, 0, 255).astype(np.uint8)
    made = [large[:, 40 * step : 40 * step + 300] for step in range(count)]
    for number, pixels in enumerate(made):
        cv2.imwrite(str(folder / f"{number:02d}.png"), pixels)
    return made


def selected(folder: Path, tmp_path: Path, **options: object) -> Capture:
    capture = collect([folder], tmp_path, CollectOptions(), silent)
    return select(capture, tmp_path, SelectOptions.model_validate(options), silent)


def test_good_pictures_all_stay(tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    chosen = selected(tmp_path / "in", tmp_path)
    assert len(chosen.photos) == 12 and not chosen.rejected
    assert all(photo.sharpness > 0 for photo in chosen.photos)


def test_repeated_pictures_go_and_the_sharpest_stays(tmp_path: Path) -> None:
    made = pictures(tmp_path / "in")
    cv2.imwrite(str(tmp_path / "in" / "05b.png"), cv2.GaussianBlur(made[5], (0, 0), 0.6))
    chosen = selected(tmp_path / "in", tmp_path)
    assert [bad.name for bad in chosen.rejected] == ["05b.png"]
    assert "05.png" in chosen.rejected[0].reason


def test_a_blurred_picture_goes(tmp_path: Path) -> None:
    made = pictures(tmp_path / "in")
    cv2.imwrite(str(tmp_path / "in" / "07.png"), cv2.GaussianBlur(made[7], (0, 0), 9))
    chosen = selected(tmp_path / "in", tmp_path)
    assert [bad.name for bad in chosen.rejected] == ["07.png"]
    assert "blurred" in chosen.rejected[0].reason
    assert len(selected(tmp_path / "in", tmp_path, blurred=False).photos) == 12


def test_never_more_than_a_third_is_dropped_as_blurred(tmp_path: Path) -> None:
    made = pictures(tmp_path / "in")
    for number in range(0, 12, 2):
        cv2.imwrite(str(tmp_path / "in" / f"{number:02d}.png"), cv2.GaussianBlur(made[number], (0, 0), 9))
    assert len(selected(tmp_path / "in", tmp_path, duplicates=False).photos) >= 8


def test_too_many_are_thinned_evenly(tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    chosen = selected(tmp_path / "in", tmp_path, most_photos=4)
    assert [photo.name for photo in chosen.photos] == ["00.png", "04.png", "07.png", "11.png"]
    assert len(chosen.rejected) == 8


@pytest.mark.parametrize("name", ["fox", "kermit", "sceaux_castle", "sacre_coeur"])
def test_real_captures_lose_nothing(data_dir: Path, tmp_path: Path, name: str) -> None:
    capture = collect([data_dir / "photos" / name], tmp_path, CollectOptions(), silent)
    chosen = select(capture, tmp_path, SelectOptions(), silent)
    assert chosen.photos and len(chosen.photos) == len(capture.photos)
