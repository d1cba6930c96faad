"""One panorama to a world: exact from its middle, whole two metres away."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from worldloom.generate.panorama.build import PanoramaWorld, from_panorama
from worldloom.generate.panorama.canvas import look, read_panorama
from worldloom.generate.sphere import directions_of
from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError


def field(width: int = 512) -> NDArray[np.uint8]:
    """Blue sky, a floor in soft chequers of 2 m, and a red pillar 4 m away to the right, seen from 1.6 m."""
    rays = directions_of(width // 2).astype(np.float64)
    down = np.maximum(-rays[..., 1], 1e-3)
    x, z = rays[..., 0] / down * 1.6, rays[..., 2] / down * 1.6
    fade = np.exp(-np.hypot(x, z) / 14)
    rgb = np.empty((width // 2, width, 3))
    rgb[:] = 118 + 10 * (fade * np.sin(math.pi * x / 2) * np.sin(math.pi * z / 2))[..., None]
    sky = rays[..., 1] > 0
    rgb[sky] = np.array([95, 150, 225]) + 60 * (1 - rays[sky][:, 1:2])
    azimuth = np.degrees(np.arctan2(rays[..., 0], -rays[..., 2]))
    tangent = rays[..., 1] / np.hypot(rays[..., 0], rays[..., 2])
    rgb[(np.abs(azimuth - 90) < 8) & (tangent > -1.6 / 4) & (tangent < 0.4)] = [160, 40, 30]
    soft = gaussian_filter(rgb, (0.8, 0.8, 0), mode=["nearest", "wrap", "nearest"])  # pyright: ignore[reportArgumentType]
    return soft.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def made() -> PanoramaWorld:
    return from_panorama(field(), width=512)


def camera(
    yaw: float, at: tuple[float, float, float] = (0.0, 1.6, 0.0), pitch: float = 0.0, fov: float = 70.0
) -> Camera:
    turn, tilt = math.radians(yaw), math.radians(pitch)
    eye = torch.tensor(at)
    ahead = [math.sin(turn) * math.cos(tilt), math.sin(tilt), -math.cos(turn) * math.cos(tilt)]
    over = [-math.sin(turn) * math.sin(tilt), math.cos(tilt), math.cos(turn) * math.sin(tilt)]
    aim = eye + torch.tensor(ahead)
    return Camera.looking_at(eye, aim, up=torch.tensor(over), width=128, height=128, vertical_fov=fov)


def likeness(made: PanoramaWorld, panorama: NDArray[np.uint8], yaw: float, pitch: float, fov: float) -> float:
    """PSNR of a view from the standing point beside the panorama's own, dB."""
    rgb = rasterize(made.world.gaussians(), camera(yaw, pitch=pitch, fov=fov), outputs=("rgb",)).rgb
    assert rgb is not None
    error = float(((rgb[0].clamp(0, 1).numpy() - look(panorama, yaw, pitch, fov, 128)) ** 2).mean())
    return -10 * math.log10(error)


@pytest.mark.parametrize("yaw", [0, 90, 180, 270])
def test_the_standing_point_sees_the_panorama(made: PanoramaWorld, yaw: int) -> None:
    assert likeness(made, field(), yaw, 0.0, 70.0) > 30, "180 degrees is where the panorama's two ends meet"


@pytest.fixture(scope="module")
def gravel() -> NDArray[np.uint8]:
    """The field, its floor rough: waves in all directions, four to eight of the panorama's pixels long."""
    rays, draw = directions_of(256), np.random.default_rng(5)
    rough = np.zeros((256, 512))
    for _ in range(60):
        towards = draw.normal(size=3)
        length = draw.uniform(4, 8) * 2 * math.pi / 512
        rough += np.cos(rays @ (towards / np.linalg.norm(towards)) * (2 * math.pi / length) + draw.uniform(0, 6.3))
    rgb = field().astype(np.float64) + np.where(rays[..., 1] < 0, 2.5 * rough, 0)[..., None]
    return rgb.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def strewn(gravel: NDArray[np.uint8]) -> PanoramaWorld:
    return from_panorama(gravel, width=512)


@pytest.mark.parametrize(
    ("yaw", "pitch", "fov", "least"),
    [(0, -90, 90, 30.0), (30, -90, 60, 27.0), (100, -65, 75, 28.5), (30, -45, 70, 29.3)],
)
def test_fine_gravel_underfoot_is_right_in_every_view(
    strewn: PanoramaWorld, gravel: NDArray[np.uint8], yaw: int, pitch: int, fov: int, least: float
) -> None:
    found = likeness(strewn, gravel, yaw, pitch, fov)
    assert found > least, f"{found:.1f} dB; all but the first are views that colours were not fitted to"


@pytest.mark.parametrize("at", [(2.0, 1.6, 0.0), (-1.4, 1.6, -1.4)])
def test_two_metres_away_there_are_no_holes(made: PanoramaWorld, at: tuple[float, float, float]) -> None:
    for yaw in (0, 90, 180, 270):
        alpha = rasterize(made.world.gaussians(), camera(yaw, at), outputs=("alpha",)).alpha
        assert alpha is not None
        assert float((alpha < 0.5).float().mean()) < 0.01


def test_the_floor_is_flat_and_the_pillar_stands_upright_on_it(made: PanoramaWorld) -> None:
    rays = directions_of(256)
    points = rays * made.distance[..., None] + [0, 1.6, 0]
    steep = rays[..., 1] < -0.45
    assert np.percentile(np.abs(points[steep][:, 1]), 99.5) < 0.01
    assert np.abs(points[steep][:, 1]).max() < 0.15
    column = 384  # 90 degrees to the right
    pillar = np.hypot(points[110:145, column, 0], points[110:145, column, 2])
    assert float(np.median(pillar)) == pytest.approx(4.0, rel=0.12)
    assert float(np.ptp(pillar)) < 1.0


def test_distances_agree_across_the_seam(made: PanoramaWorld) -> None:
    left, right = made.distance[:, 0], made.distance[:, -1]
    assert float(np.median(np.abs(left - right) / right)) < 0.02


def test_a_part_of_the_sphere_is_put_where_its_tags_say(tmp_path: Path) -> None:
    tags = {
        "FullPanoWidthPixels": 512, "FullPanoHeightPixels": 256, "CroppedAreaLeftPixels": 0,
        "CroppedAreaTopPixels": 64, "CroppedAreaImageWidthPixels": 512, "CroppedAreaImageHeightPixels": 128,
    }  # fmt: skip
    text = " ".join(f'GPano:{name}="{value}"' for name, value in tags.items())
    xmp = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description {text}/></x:xmpmeta>'.encode()
    path = tmp_path / "strip.jpg"
    Image.fromarray(field()[64:192]).save(path, quality=98, xmp=xmp)
    canvas = read_panorama(path, 512)
    assert canvas.rgb.shape == (256, 512, 3) and canvas.seen[64:192].all() and not canvas.seen[:64].any()
    assert np.abs(canvas.rgb[64:192].astype(int) - field()[64:192]).mean() < 3
    assert np.abs(canvas.rgb[:60].astype(int) - canvas.rgb[64:66].mean(axis=(0, 1))).mean() < 30


def test_what_is_not_twice_as_wide_as_high_is_refused() -> None:
    with pytest.raises(InvalidDataError, match="twice as wide as high"):
        from_panorama(field()[:200])
    with pytest.raises(InvalidDataError, match="camera_height"):
        from_panorama(field(), camera_height=float("nan"))


def test_a_part_of_the_sphere_is_put_where_it_is_said_to_be() -> None:
    strip = field()[64:192, 128:384]
    canvas = read_panorama(strip, 512, covers=180.0)
    assert canvas.seen[64:192, 128:384].all() and canvas.seen.mean() == pytest.approx(0.25, abs=0.01)
    assert np.abs(canvas.rgb[64:192, 128:384].astype(int) - strip).mean() < 3
    with pytest.raises(InvalidDataError, match="too high"):
        read_panorama(strip.transpose(1, 0, 2), 512, covers=350.0)
