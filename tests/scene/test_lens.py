from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from worldloom.scene.errors import InvalidDataError
from worldloom.scene.lens import Lens, pinhole_views, project

FOX = Lens("OPENCV", 1080, 1920, 1375.52, 1374.49, 554.558, 965.268, (0.0578421, -0.0805099, -0.000980296, 0.00015575))
FISHEYE = Lens("OPENCV_FISHEYE", 800, 600, 300.0, 310.0, 405.0, 290.0, (0.02, -0.01, 0.003, -0.001))


def points_ahead(count: int = 200) -> np.ndarray:
    generator = np.random.default_rng(0)
    return np.concatenate([generator.uniform(-0.5, 0.5, (count, 2)), np.ones((count, 1))], axis=1) * 3


def test_projection_agrees_with_opencv() -> None:
    for lens in (FOX, FISHEYE):
        matrix = np.array([[lens.fx, 0, lens.cx], [0, lens.fy, lens.cy], [0, 0, 1]])
        points, zero = points_ahead()[:, None], np.zeros(3)
        if lens is FOX:
            expected, _ = cv2.projectPoints(points, zero, zero, matrix, np.array(lens.distortion))
        else:
            expected, _ = cv2.fisheye.projectPoints(points, zero, zero, matrix, np.array(lens.distortion))
        x, y = project(lens, points[:, 0])
        assert np.allclose(np.stack([x, y], axis=1), expected[:, 0], atol=1e-6)


def test_points_behind_are_nowhere() -> None:
    x, _ = project(FOX, np.array([[0.0, 0, -1]]))
    assert np.isnan(x).all()


@pytest.mark.parametrize("lens", [FOX, FISHEYE])
def test_an_undistorted_view_shows_points_where_its_pinhole_says(lens: Lens) -> None:
    """Draw dots through the lens, undistort, and find them where the view's own lens projects them."""
    across = np.linspace(-1.2, 1.2, 5)
    dots = np.array([(x, y, 3.0) for x in across for y in across])
    source = np.zeros((lens.height, lens.width), np.uint8)
    for x, y in zip(*project(lens, dots)):
        cv2.circle(source, (round((x - 0.5) * 16), round((y - 0.5) * 16)), 5 * 16, 255, -1, cv2.LINE_AA, 4)
    (view,) = pinhole_views(lens)
    seen = view.sample(source)
    x, y = project(view.lens, dots @ view.source_to_view.T)
    found = 0
    for u, v in zip(x, y):
        if not (15 < u < view.lens.width - 15 and 15 < v < view.lens.height - 15):
            continue
        column, row = int(u) - 12, int(v) - 12
        patch = seen[row : row + 25, column : column + 25].astype(np.float64)
        rows, columns = np.indices(patch.shape)
        centre = (
            (patch * (columns + 0.5)).sum() / patch.sum() + column,
            (patch * (rows + 0.5)).sum() / patch.sum() + row,
        )
        assert math.hypot(centre[0] - u, centre[1] - v) < 0.35
        found += 1
    assert found >= 6


def test_an_ordinary_lens_leaves_no_empty_border() -> None:
    (view,) = pinhole_views(FOX, max_size=480)
    assert view.valid(FOX).all()
    assert (view.lens.width, view.lens.height) == (270, 480)
    assert view.lens.fx == pytest.approx(FOX.fx / 4, rel=0.05)


def test_a_pinhole_is_only_resized() -> None:
    lens = Lens("PINHOLE", 640, 480, 500.0, 510.0, 300.0, 250.0)
    (view,) = pinhole_views(lens)
    picture = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    assert view.lens == lens
    assert np.array_equal(view.sample(picture), picture)


def test_the_faces_of_a_panorama_look_where_they_should() -> None:
    lens = Lens("EQUIRECTANGULAR", 1024, 512)
    columns, rows = np.meshgrid((np.arange(1024) + 0.5) / 1024, (np.arange(512) + 0.5) / 512)
    picture = (np.stack([columns, rows, np.zeros_like(rows)], axis=-1) * 255).astype(np.uint8)
    directions = {(0, 0, 1): (0.5, 0.5), (1, 0, 0): (0.75, 0.5), (-1, 0, 0): (0.25, 0.5)}
    seen = {}
    for view in pinhole_views(lens):
        forward = tuple(round(value) for value in view.source_to_view[2])
        face = view.sample(picture)
        middle = face.shape[0] // 2
        seen[forward] = face[middle, middle] / 255
        assert view.valid(lens).all()
    assert len(seen) == 6
    for forward, expected in directions.items():
        assert np.allclose(seen[forward][:2], expected, atol=0.02)
    assert seen[(0, 1, 0)][1] > 0.97, "down shows the bottom"
    assert seen[(0, -1, 0)][1] < 0.03, "up shows the top"


def test_the_seam_behind_is_closed() -> None:
    """Neighbouring columns across the panorama's left and right edge stay neighbours in the face that looks back."""
    lens = Lens("EQUIRECTANGULAR", 1024, 512)
    around = np.cos(2 * np.pi * (np.arange(1024) + 0.5) / 1024)
    picture = np.repeat(((around + 1) * 127).astype(np.uint8)[None], 512, axis=0)
    back = next(view for view in pinhole_views(lens) if view.source_to_view[2] @ [0, 0, 1] < -0.9)
    face = back.sample(picture).astype(int)
    assert np.abs(np.diff(face, axis=1)).max() <= 3


def test_poles_do_not_meet() -> None:
    lens = Lens("EQUIRECTANGULAR", 256, 128)
    picture = np.zeros((128, 256), np.uint8)
    picture[:64] = 255
    up, down = (view.sample(picture) for view in list(pinhole_views(lens))[5:3:-1])
    assert up.min() == 255 and down.max() == 0


def test_faces_keep_the_panoramas_resolution() -> None:
    lens = Lens("EQUIRECTANGULAR", 4096, 2048)
    face = next(iter(pinhole_views(lens))).lens
    assert face.fx == pytest.approx(4096 / (2 * math.pi), rel=0.01), "pixels per radian in the middle"
    assert next(iter(pinhole_views(lens, max_size=100))).lens.width == 100


def test_neighbouring_faces_show_the_same_where_they_overlap() -> None:
    rows, columns = np.indices((256, 512))
    waves = np.sin(columns * 2 * np.pi / 64) + np.cos(rows * 2 * np.pi / 64)
    picture = ((waves + 2) * 60).astype(np.uint8)
    lens = Lens("EQUIRECTANGULAR", 512, 256)
    front, right = list(pinhole_views(lens))[:2]
    ray = np.array([1.0, 0.3, 1.0])  # between the two
    shades = []
    for view in (front, right):
        x, y = project(view.lens, view.source_to_view @ ray)
        shades.append(float(cv2.getRectSubPix(view.sample(picture), (1, 1), (float(x) - 0.5, float(y) - 0.5))[0, 0]))
    x, y = project(lens, ray)
    assert shades[0] == pytest.approx(shades[1], abs=3)
    assert shades[0] == pytest.approx(float(picture[int(y), int(x)]), abs=12)


def test_undistorting_agrees_with_opencv() -> None:
    picture = cv2.resize(np.random.default_rng(0).integers(0, 255, (48, 27), dtype=np.uint8), (1080, 1920))
    (view,) = pinhole_views(FOX)
    matrix = np.array([[FOX.fx, 0, FOX.cx - 0.5], [0, FOX.fy, FOX.cy - 0.5], [0, 0, 1]])
    wanted = np.array([[view.lens.fx, 0, view.lens.cx - 0.5], [0, view.lens.fy, view.lens.cy - 0.5], [0, 0, 1]])
    expected = cv2.undistort(picture, matrix, np.array(FOX.distortion), None, wanted)
    assert np.abs(view.sample(np.asarray(picture, np.uint8)).astype(int) - expected).max() <= 2


@pytest.mark.parametrize("model", ["OPENCV", "OPENCV_FISHEYE"])
def test_a_distortion_never_folds_the_picture_back(model: str) -> None:
    """Beyond where its polynomial turns, a lens with strong distortion would show its inside again, mirrored."""
    lens = Lens(model, 800, 600, 200.0, 200.0, 400.0, 300.0, (-0.3, 0.0, 0.0, 0.0))  # pyright: ignore
    radii = np.linspace(0, 3, 400)
    x, _ = project(lens, np.stack([radii, 0 * radii, 1 + 0 * radii], axis=1))
    seen = x[np.isfinite(x)]
    assert 0 < len(seen) < 400 and (np.diff(seen) > 0).all()


def test_edges_are_not_darkened_by_what_lies_outside() -> None:
    lens = Lens("OPENCV", 320, 240, 250.0, 250.0, 160.0, 120.0, (0.3, 0.2, 0.0, 0.0))
    (view,) = pinhole_views(lens)
    assert view.sample(np.full((240, 320), 200, np.uint8)).min() == 200


@pytest.mark.parametrize(
    "values",
    [
        {"model": "THING"},
        {"width": 0},
        {"fx": -1.0},
        {"fy": float("nan")},
        {"distortion": (0.1,)},
        {"distortion": (0.1, float("inf"), 0.0, 0.0)},
    ],
)
def test_impossible_lenses_are_refused(values: dict) -> None:
    good = {"model": "OPENCV", "width": 8, "height": 8, "fx": 4.0, "fy": 4.0, "cx": 4.0, "cy": 4.0}
    with pytest.raises(InvalidDataError):
        Lens(**{**good, **values})
