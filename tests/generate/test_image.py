"""One picture to a world: likeness, holes, known geometry, guides, bad input."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from worldloom.generate.image.build import ImageWorld, camera_of, from_image
from worldloom.generate.image.depth import aligned
from worldloom.generate.image.guides import DepthHandle, Guides
from worldloom.generate.image.layout import lay_out
from worldloom.generate.image.pieces import out_of_focus
from worldloom.generate.image.reading import read_picture
from worldloom.generate.image.splat import footprints
from worldloom.generate.image.view import View, view_of_horizon
from worldloom.render import rasterize
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.world import World

SINGLE = Path(os.environ.get("WORLDLOOM_DATA", "../shared/data")) / "single"


def street(width: int = 320, height: int = 214) -> NDArray[np.uint8]:
    """A blue sky, a grey floor with grain, and a brick-red slab that stands on it, horizon in the middle."""
    generator = np.random.default_rng(3)
    rgb = np.zeros((height, width, 3), np.float64)
    rows = np.arange(height)[:, None, None] / height
    rgb[:] = np.array([120, 170, 235]) + rows * 90
    rgb[height // 2 :] = 105
    rgb[round(0.3 * height) : round(0.75 * height), round(0.4 * width) : round(0.6 * width)] = [150, 50, 35]
    rgb += generator.normal(0, 2.5, (height, width, 1))
    return rgb.clip(0, 255).astype(np.uint8)


LEVEL = ((0.0, 0.5), (1.0, 0.5))


@pytest.fixture(scope="module")
def slab() -> ImageWorld:
    return from_image(street(), Guides(horizon=LEVEL, vertical_fov=45.0), long_side=320)


def psnr(made: ImageWorld, target: NDArray[Any]) -> float:
    camera = camera_of(made.view.resized(target.shape[1], target.shape[0]))
    rgb = rasterize(made.world.gaussians(), camera, outputs=("rgb",)).rgb
    assert rgb is not None
    error = float(((rgb[0].clamp(0, 1).numpy() - target) ** 2).mean())
    return -10 * math.log10(error)


def holes(made: ImageWorld, right: float) -> float:
    camera = camera_of(made.view)
    matrix = camera.world_to_camera.clone()
    matrix[0, 3] -= right
    moved = type(camera)(camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy, matrix)
    alpha = rasterize(made.world.gaussians(), moved, outputs=("alpha",)).alpha
    assert alpha is not None
    return float((alpha < 0.5).float().mean())


@pytest.mark.slow
@pytest.mark.parametrize("photo", ["demo02.jpg", "demo04.jpg"])
def test_shows_the_photo_from_where_it_was_taken_and_no_holes_beside_it(photo: str) -> None:
    path = SINGLE / photo
    if not path.exists():
        pytest.skip("no test photos here")
    made = from_image(path, long_side=480)
    target = read_picture(path, 320).rgb.astype(np.float32) / 255
    assert psnr(made, target) > 30
    step = 0.1 * float(np.median(made.depth[made.depth < 70]))
    assert holes(made, step) < 0.01
    assert holes(made, -step) < 0.01


def test_known_floor_and_slab_are_at_their_distances(slab: ImageWorld) -> None:
    height, width = slab.depth.shape
    view = slab.view
    row = round(0.9 * height)
    floor = 1.6 * view.focal / (row + 0.5 - height / 2)
    assert slab.depth[row, 20] == pytest.approx(floor, rel=0.02)
    contact = 1.6 * view.focal / (0.75 * height - height / 2)
    middle = slab.depth[round(0.35 * height) : round(0.65 * height), round(0.45 * width) : round(0.55 * width)]
    assert float(np.median(middle)) == pytest.approx(contact, rel=0.1)


def test_the_slab_hides_something_made_up_that_lies_farther(slab: ImageWorld) -> None:
    made_up = slab.world.layer("behind").gaussians.means
    assert len(made_up) > 500
    contact = 1.6 * slab.view.focal / (0.25 * slab.depth.shape[0])
    assert float((-made_up[:, 2] > 1.05 * contact).float().mean()) > 0.8


def test_walls_of_a_room_stand_where_the_floor_ends() -> None:
    width, height, half, far, tall = 320, 214, 1.8, 4.0, 2.6
    view = View(width, height, 150.0, 0.0, 0.0, 1.6)
    rays = view.rays().astype(np.float64)
    x, y, z = rays[..., 0], rays[..., 1], -rays[..., 2]
    with np.errstate(divide="ignore"):
        hits = np.stack([far / z, half / np.abs(x), np.where(y < 0, 1.6, tall - 1.6) / np.abs(y)])
    which, depth = hits.argmin(axis=0), hits.min(axis=0)
    colours = np.array([[205, 190, 160], [170, 160, 150], [90, 60, 40], [245, 245, 245]], np.float64)
    part = np.where((which == 2) & (y > 0), 3, which)
    rgb = colours[part] + np.random.default_rng(1).normal(0, 1.5, (height, width, 1))
    guides = Guides(kind="room", horizon=LEVEL, vertical_fov=view.vertical_fov)
    made = from_image(rgb.clip(0, 255).astype(np.uint8), guides, long_side=width)
    walls = (part < 2) & (np.abs(y) < 0.25)
    error = np.abs(made.depth - depth) / depth
    assert float(np.median(error[walls])) < 0.12
    assert float(np.median(error[part == 2])) < 0.02


def test_a_depth_handle_moves_what_it_is_put_on() -> None:
    guides = Guides(horizon=LEVEL, vertical_fov=45.0)
    picture = read_picture(street(), 320)
    dragged = guides.model_copy(update={"depths": (DepthHandle(at=(0.5, 0.45), metres=5.0),)})
    from worldloom.generate.image.solve import level, solve

    layout = lay_out(picture, dragged, 0)
    q = solve(layout.scene, layout.known)
    depth = 1 / (q * level(layout.scene.rays))
    assert depth[96, 160] == pytest.approx(5.0, rel=0.1)
    assert depth[80, 150] == pytest.approx(5.0, rel=0.2), "what belongs to it comes along"


def test_horizon_and_height_change_the_ground() -> None:
    picture = read_picture(street(), 320)
    low = lay_out(picture, Guides(horizon=LEVEL, vertical_fov=45.0, camera_height=1.0), 0)
    high = lay_out(picture, Guides(horizon=((0.0, 0.4), (1.0, 0.4)), vertical_fov=45.0), 0)
    assert low.view.ground_disparity()[-1, 0] == pytest.approx(1.6 * (107 - 0.5) / 107 * 107 / 258.3 / 1.6, rel=0.01)
    assert high.view.pitch == pytest.approx(-math.atan(0.1 * 214 / high.view.focal), abs=1e-6)
    assert high.guides.kind == "outdoor" and high.guides.camera_height == 1.6


def test_what_is_estimated_is_handed_back_to_be_dragged(slab: ImageWorld) -> None:
    estimated = from_image(street(160, 108), long_side=160).report.guides
    assert estimated.horizon is not None and estimated.vertical_fov is not None and estimated.kind == "outdoor"
    assert slab.report.guides.horizon == LEVEL
    assert any("made up" in sentence for sentence in slab.report.sentences)
    assert slab.world.provenance.parameters["report"] == list(slab.report.sentences)
    assert 0 < slab.report.photo_share < 0.2


def test_the_horizon_of_a_view_is_where_it_was_set() -> None:
    view = view_of_horizon(640, 480, 500.0, (0.1, 0.35), (0.9, 0.45), 1.6)
    (_, left), (_, right) = view.horizon()
    assert (left, right) == (pytest.approx(0.3375), pytest.approx(0.4625))


def test_same_picture_same_bytes() -> None:
    first, second = (from_image(street(160, 108), seed=5, long_side=160).world for _ in range(2))
    assert same(first, second)


def same(first: World, second: World) -> bool:
    pairs = zip(first.gaussians().tensors, second.gaussians().tensors)
    return all(torch.equal(a, b) for a, b in pairs)


@dataclass(frozen=True)
class Ramp:
    """An estimator that knows a ground, in units and with an offset of its own."""

    name: str = "a ramp"
    gives: str = "inverse"

    def estimate(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = rgb.shape[:2]
        rows = np.maximum(np.arange(height) - height / 2, 0)
        return np.repeat((7 * rows + 40).astype(np.float32)[:, None], width, axis=1)


def test_an_estimator_is_put_to_the_scale_of_the_ground() -> None:
    made = from_image(street(), Guides(horizon=LEVEL, vertical_fov=45.0), depth=Ramp(), long_side=320)
    row = 130  # on the slab: the ramp says it lies where the floor there would
    assert made.depth[row, 160] == pytest.approx(1.6 * made.view.focal / (row - 107), rel=0.08)
    assert made.report.depth_by == "a ramp"


def test_alignment_is_not_misled_by_a_third_of_nonsense() -> None:
    generator = np.random.default_rng(0)
    known = generator.uniform(0.05, 0.5, (40, 50)).astype(np.float32)
    given = ((known - 0.02) / 0.3).astype(np.float32)
    given[generator.random(given.shape) < 0.33] = 4.0
    scale, shift = aligned(given, known, np.ones(known.shape, bool))
    assert (scale, shift) == (pytest.approx(0.3, rel=0.03), pytest.approx(0.02, abs=0.005))


def test_bad_pictures_are_refused_in_a_sentence(tmp_path: Path) -> None:
    black = np.zeros((100, 150, 3), np.uint8)
    with pytest.raises(InvalidDataError, match="one colour"):
        from_image(black)
    with pytest.raises(InvalidDataError, match="at least 32"):
        from_image(np.zeros((1, 1, 3), np.uint8))
    broken = tmp_path / "broken.jpg"
    Image.fromarray(street()).save(broken)
    broken.write_bytes(broken.read_bytes()[:900])
    with pytest.raises(FormatError, match=r"broken\.jpg can't be read"):
        from_image(broken)
    huge = tmp_path / "huge.png"
    Image.new("1", (20000, 10000)).save(huge)
    with pytest.raises(FormatError, match="100 megapixels"):
        from_image(huge)
    moving = tmp_path / "moving.gif"
    Image.fromarray(street()).save(moving, save_all=True, append_images=[Image.fromarray(street()[::-1])])
    with pytest.raises(InvalidDataError, match="animated"):
        from_image(moving)
    with pytest.raises(FormatError, match="missing"):
        from_image(tmp_path / "none.png")


def test_unusual_files_are_read_and_said(tmp_path: Path) -> None:
    rgb = street()
    see_through = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    see_through[:50, :, 3] = 0
    Image.fromarray(see_through).save(tmp_path / "alpha.png")
    read = read_picture(tmp_path / "alpha.png", 320)
    assert (read.rgb[:50] == 255).all() and "white" in read.notes[0]
    Image.fromarray(rgb[..., 0].astype(np.uint16) * 257).save(tmp_path / "deep.png")
    deep = read_picture(tmp_path / "deep.png", 320)
    assert np.abs(deep.rgb[..., 0].astype(int) - rgb[..., 0]).max() <= 1 and "16 bits" in deep.notes[0]
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0xA405] = 28
    Image.fromarray(rgb).convert("CMYK").save(tmp_path / "turned.jpg", exif=exif, quality=95)
    turned = read_picture(tmp_path / "turned.jpg", 320)
    assert turned.rgb.shape == (320, 214, 3) and (turned.width, turned.height) == (214, 320)
    assert turned.focal_over_long_side == pytest.approx(28 / 36)
    assert any("upright" in note for note in turned.notes)


def test_handles_stand_where_things_were_found(slab: ImageWorld) -> None:
    middle = [point for point in slab.report.contacts if point[0] == 0.5]
    assert middle and middle[0][1] == pytest.approx(0.75, abs=0.04)
    depth = [handle for handle in slab.report.depths if handle.at[0] == 0.5]
    assert depth and depth[0].metres == pytest.approx(1.6 * slab.view.focal / (0.25 * slab.depth.shape[0]), rel=0.15)


def test_leaves_stand_and_what_is_blurred_stays_behind() -> None:
    generator = np.random.default_rng(2)
    leaves = np.kron(generator.uniform(20, 150, (20, 32)), np.ones((8, 10)))[:160, :320]
    rgb = np.zeros((214, 320, 3))
    rgb[:] = [120, 170, 235]
    rgb[70:] = [105, 105, 105]
    rgb[70:214] = np.stack([0.55 * leaves, leaves, 0.3 * leaves], axis=2)[:144]
    layout = lay_out(read_picture(rgb.astype(np.uint8), 320), Guides(horizon=((0, 0.33), (1, 0.33))), 0)
    assert layout.scene.ground.mean() < 0.02, "a field of big leaves is no floor"
    soft = cv2.GaussianBlur(generator.uniform(0, 1, (214, 320)), (0, 0), 9.0)
    soft = (soft - soft.min()) / np.ptp(soft) * 255
    soft[60:150, 120:200] = generator.uniform(0, 255, (90, 80))
    blurred = out_of_focus(np.repeat(soft[..., None], 3, axis=2).astype(np.uint8), np.zeros((214, 320), bool))
    assert blurred[:, :90].mean() > 0.9 and not blurred[75:135, 135:185].any()


def test_a_gaussian_on_a_steep_surface_looks_as_wide_as_its_pixel() -> None:
    view = View(32, 24, 40.0, 0.0, 0.0, 1.6)
    rays = view.rays().astype(np.float64)
    depth = 1.6 / np.maximum(-rays[..., 1], 1e-3)  # the floor
    points = rays * depth[..., None]
    use = np.zeros((24, 32), bool)
    use[16:, 4:-4] = True
    joined = np.ones_like(use)
    made = footprints(points, np.zeros(3), depth / 40, joined, joined, np.zeros((24, 32, 3)), use)
    turned = quat_to_matrix(made.quats).numpy() * made.scales.numpy()[:, None]
    cov = turned @ turned.transpose(0, 2, 1)
    x, y, z = (made.means.numpy() @ view.camera_to_world).T
    project = np.zeros((len(x), 2, 3))
    project[:, 0, 0] = project[:, 1, 1] = 40 / z
    project[:, 0, 2], project[:, 1, 2] = -40 * x / z**2, -40 * y / z**2
    seen = project @ view.camera_to_world.T @ cov @ (project @ view.camera_to_world.T).transpose(0, 2, 1)
    spread = np.sqrt(np.linalg.eigvalsh(seen))
    assert spread.min() > 0.3 and spread.max() < 0.5, "OVERLAP is 0.39"
