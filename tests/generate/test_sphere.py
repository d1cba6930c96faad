"""Panoramas and flat views of them; outpainting that closes; depth brought to one scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.generate.models.room import Filler, Smearer, distorted, seen_from, trace
from worldloom.generate.models.align import align, depth_views
from worldloom.generate.models.filling import push_pull
from worldloom.generate.models.interfaces import DepthMap
from worldloom.generate.models.panorama import Outpainting, default_views, level, outpaint, place_picture
from worldloom.generate.models.registry import get, load
from worldloom.generate.sphere import TangentView, directions_of, even_directions, look_at, look_up
from worldloom.scene.errors import InvalidDataError

HEIGHT = 128


@pytest.fixture(scope="module")
def whole() -> np.ndarray:
    return trace(directions_of(HEIGHT))[2]


def test_middle_looks_along_minus_z_and_right_half_towards_plus_x() -> None:
    rays = directions_of(64)
    assert rays[32, 64] == pytest.approx([0, 0, -1], abs=0.05)
    assert rays[32, 96] == pytest.approx([1, 0, 0], abs=0.05)
    assert rays[0, 10, 1] > 0.999


def test_views_look_where_they_say_and_are_upright() -> None:
    view = TangentView(90, 0, 90, 64, 64)
    assert view.rotation[:, 2] == pytest.approx([1, 0, 0], abs=1e-9)
    assert view.rotation[:, 1] == pytest.approx([0, -1, 0], abs=1e-9)  # down
    assert np.linalg.det(view.rotation) == pytest.approx(1)
    pixels, cosine = view.project(view.rays())
    rows, columns = np.mgrid[:64, :64] + 0.5
    assert np.allclose(pixels, np.stack([columns, rows], axis=-1), atol=1e-3)
    assert (cosine > 0).all()


@pytest.mark.parametrize("pitch", [0, 40, 90, -90])
def test_views_show_the_panorama_across_wrap_and_poles(pitch: int) -> None:
    smooth = (directions_of(256) * 100 + 128).astype(np.float32)
    view = TangentView(180, pitch, 90, 80, 80)
    assert np.abs(look_up(smooth, view.rays()) - (view.rays() * 100 + 128)).max() < 1.0


def test_flat_and_round_again_is_the_same(whole: np.ndarray) -> None:
    view = TangentView(20, 10, 90, 256, 256)
    flat = look_up(whole, view.rays())
    rays = directions_of(HEIGHT)
    inside = view.sees(rays, 0.02)
    again = look_at(flat, view.project(rays[inside])[0])
    assert np.abs(again.astype(float) - whole[inside]).mean() < 3


def test_even_directions_are_even() -> None:
    directions = even_directions(5000)
    assert np.abs(directions.mean(axis=0)).max() < 1e-3
    assert np.linalg.norm(directions, axis=1) == pytest.approx(1, abs=1e-5)


def test_push_pull_keeps_what_is_known_and_continues_a_ramp() -> None:
    ramp = np.tile(np.linspace(0, 1, 65, dtype=np.float32), (65, 1))
    known = np.ones_like(ramp, bool)
    known[20:40, 20:40] = False
    filled = push_pull(np.where(known, ramp, 7), known)
    assert np.array_equal(filled[known], ramp[known])
    assert np.abs(filled - ramp)[~known].max() < 0.12


def test_default_views_and_depth_views_cover_the_sphere() -> None:
    rays = directions_of(HEIGHT)
    for views in (default_views(64), depth_views(64)):
        assert np.any([view.sees(rays) for view in views], axis=0).all()


def test_outpainting_restores_a_scene_that_the_model_knows(whole: np.ndarray) -> None:
    image = look_up(whole, TangentView(0, 0, 80, 96, 96).rays())
    start, known = place_picture(image, HEIGHT, fov=80)
    errors = []
    for seed in range(3):
        made = outpaint(start, known, Filler(default_views(HEIGHT // 2), tint=20), "a room", seed=seed)
        assert np.array_equal(made[known], start[known])
        errors.append(np.abs(made.astype(float) - whole).mean(axis=-1)[~known])
    # Each view came in another tint of up to 40 levels; levelled to what was there before, little of that is left.
    assert np.mean(errors) < 7
    assert np.median(errors) < 5


def test_the_wrap_is_as_smooth_as_the_rest(whole: np.ndarray) -> None:
    image = look_up(whole, TangentView(0, 0, 80, 96, 96).rays())
    filler = Filler(default_views(HEIGHT // 2), tint=20)
    made = outpaint(*place_picture(image, HEIGHT, fov=80), filler, "a room", seed=3).astype(float)
    steps = np.abs(made - np.roll(made, 1, axis=1)).mean(axis=(0, 2))
    truth = np.abs(whole.astype(float) - np.roll(whole, 1, axis=1).astype(float)).mean(axis=(0, 2))
    assert steps[0] < 1.5 * np.median(steps) + 0.5
    assert steps.max() < truth.max() + 4, "no column stands out as a seam"


def test_levelling_is_what_makes_it_smooth(whole: np.ndarray) -> None:
    old = whole[:64, :64].astype(np.float32)
    missing = np.zeros((64, 64), bool)
    missing[:, 32:] = True
    new = old + np.array([20.0, -10.0, 5.0])
    assert np.abs(level(new, old, missing) - old).max() < 0.5, "a cast goes away"
    assert np.abs(np.where(missing[..., None], new, old) - old).max() > 15
    far = level(np.clip(new * 0, 0, 255), old, missing)
    assert far[:, 60:].mean() < 0.5 * old.mean(), "another picture is not dragged to the old one's colours"


def test_turned_input_gives_turned_output(whole: np.ndarray) -> None:
    image = look_up(whole, TangentView(0, 0, 80, 96, 96).rays())
    start, known = place_picture(image, HEIGHT, fov=80)
    plain = outpaint(start, known, Smearer(), "a room", seed=1)
    turned = outpaint(np.roll(start, 37, axis=1), np.roll(known, 37, axis=1), Smearer(), "a room", seed=1)
    # To within how often rounding goes the other way when sines of other angles are taken.
    difference = np.abs(np.roll(plain, 37, axis=1).astype(int) - turned)
    assert np.median(difference) == 0
    assert (difference > 2).mean() < 0.01


def test_outpainting_says_what_is_wrong(whole: np.ndarray) -> None:
    with pytest.raises(InvalidDataError, match="nothing to continue"):
        outpaint(whole, np.zeros(whole.shape[:2], bool), Smearer(), "", seed=0)
    with pytest.raises(InvalidDataError, match="unpainted"):
        some = np.zeros(whole.shape[:2], bool)
        some[60:70, 120:140] = True
        outpaint(whole, some, Smearer(), "", seed=0, views=default_views(32)[:2])
    with pytest.raises(InvalidDataError, match="expected uint8"):
        outpaint(whole[:, :100], np.ones((HEIGHT, 100), bool), Smearer(), "", seed=0)


def test_outpainting_is_a_panorama_generator(whole: np.ndarray) -> None:
    generator = load("outpainting", inpainter=Smearer())
    assert isinstance(generator, Outpainting)
    assert generator.card == get("outpainting")
    image = look_up(whole, TangentView(0, 0, 80, 48, 48).rays())
    made = generator.panorama("a room", height=64, seed=1, image=image)
    assert made.shape == (64, 128, 3)
    with pytest.raises(InvalidDataError, match="picture to start from"):
        generator.panorama("a room", height=64, seed=1)


def _measured(views: tuple[TangentView, ...], *, affine: bool, bend: float = 0.0, outliers: bool = False):
    random = np.random.default_rng(5)
    maps = []
    for view in views:
        pose = np.eye(4)
        pose[:3, :3] = view.rotation
        exact = seen_from(view.intrinsics, pose, view.height, view.width)[1]
        one = distorted(exact, random.uniform()) if affine else replace(exact, metric=False)
        if not affine:
            one = replace(one, depth=one.depth * np.float32(np.exp(random.normal(0, 0.5))))
        rows, columns = np.mgrid[-1 : 1 : view.height * 1j, -1 : 1 : view.width * 1j]
        smooth = random.normal(size=3) @ np.stack([rows, columns, rows * columns]).reshape(3, -1)
        depth = one.depth * np.exp(bend * smooth.reshape(rows.shape)).astype(np.float32)
        if outliers:
            top, left = random.integers(0, view.height // 2, 2)
            depth[top : top + view.height // 5, left : left + view.width // 5] *= 3
        maps.append(replace(one, depth=depth))
    return maps


def _errors(found, height: int) -> np.ndarray:
    distance, solid, _ = trace(directions_of(height))
    both = solid & found.valid
    ratio = found.distance[both] / distance[both]
    return np.abs(ratio / np.median(ratio) - 1)


@pytest.mark.parametrize("affine", [True, False])
def test_aligned_depths_are_within_two_percent(affine: bool) -> None:
    views = depth_views(96)
    found = align(views, _measured(views, affine=affine), HEIGHT)
    errors = _errors(found, HEIGHT)
    assert np.median(errors) < 0.002
    assert np.quantile(errors, 0.97) < 0.02
    assert found.disagreement < 0.01
    distance, solid, _ = trace(directions_of(HEIGHT))
    assert (found.valid == solid).mean() > 0.99, "the sky stays sky"
    # Nobody measured metres, so the ground lies an assumed 1.6 m below the eyes, which is where this room has it.
    both = solid & found.valid
    assert np.median(found.distance[both] / distance[both]) == pytest.approx(1, abs=0.02)
    assert not found.metric


def test_alignment_survives_bent_depth_and_outliers() -> None:
    views = depth_views(96)
    maps = _measured(views, affine=True, bend=0.03, outliers=True)
    errors = _errors(align(views, maps, HEIGHT), HEIGHT)
    assert np.median(errors) < 0.02
    assert np.quantile(errors, 0.85) < 0.05


def test_unaligned_depths_would_be_far_off() -> None:
    views = depth_views(96)
    maps = [replace(one, affine=False) for one in _measured(views, affine=True)]
    flat = [DepthMap(np.ones_like(one.depth), one.valid, False, False) for one in maps]
    assert np.median(_errors(align(views, flat, HEIGHT), HEIGHT)) > 0.1


def test_metric_maps_keep_their_metres() -> None:
    views = depth_views(64)
    maps = []
    for view in views:
        pose = np.eye(4)
        pose[:3, :3] = view.rotation
        exact = seen_from(view.intrinsics, pose, 64, 64)[1]
        maps.append(replace(exact, depth=exact.depth * np.float32(2.0)))  # a world twice as large
    found = align(views, maps, 64)
    distance, solid, _ = trace(directions_of(64))
    both = solid & found.valid
    assert found.metric
    assert np.median(found.distance[both] / distance[both]) == pytest.approx(2, abs=0.02)


def test_no_depth_at_all_is_said() -> None:
    views = depth_views(32)
    nothing = [DepthMap(np.zeros((32, 32), np.float32), np.zeros((32, 32), bool), False, True) for _ in views]
    with pytest.raises(InvalidDataError, match="no depth anywhere"):
        align(views, nothing, 64)
