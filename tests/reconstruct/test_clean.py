from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from tests.reconstruct.captures import room_views
from worldloom.reconstruct.clean import CleanOptions, clean
from worldloom.reconstruct.metrics import psnr
from worldloom.reconstruct.pictures import Pictures
from worldloom.reconstruct.progress import silent
from worldloom.render import rasterize
from worldloom.scene.floaters import isolated
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.geometry import merge


def blobs(means: list[list[float]], *, size: float, opacity: float, color: tuple[float, float, float]) -> Gaussians:
    count = len(means)
    return Gaussians(
        means=torch.tensor(means),
        quats=torch.tensor([[1.0, 0, 0, 0]]).repeat(count, 1),
        log_scales=torch.full((count, 3), size).log(),
        opacity_logits=torch.logit(torch.full((count,), opacity)),
        sh=rgb_to_sh0(torch.tensor([color]).repeat(count, 1))[:, None],
    )


def test_floaters_go_and_the_room_stays(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    fog = blobs([[1.0, 1.0, 1.0], [0.0, 1.2, 0.5]], size=0.3, opacity=0.01, color=(1, 1, 1))
    behind = blobs([[40.0, 40.0, 40.0], [-50.0, 3.0, -50.0]], size=0.1, opacity=0.9, color=(1, 0, 0))
    needle = blobs([[0.0, 0.5, 0.0]], size=0.004, opacity=0.9, color=(1, 0, 0))
    needle.log_scales[0, 0] = torch.tensor(3.0).log()
    cleaned = clean(merge([room, fog, behind, needle]), views, CleanOptions(), silent)
    assert cleaned.removed["transparent"] == 2
    assert cleaned.removed["needles"] == 1
    assert cleaned.removed["seen by few photos"] >= 2
    assert cleaned.sky is None
    assert len(room) * 0.97 <= len(cleaned.captured) <= len(room)


def test_what_only_one_photo_sees_is_a_floater(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    camera = views.training[2].camera
    close = camera.position + 0.3 * camera.world_to_camera[2, :3]
    speck = blobs([close.tolist()], size=0.01, opacity=0.9, color=(1, 0, 0))
    kept = clean(merge([room, speck]), views, CleanOptions(min_views=1, isolation=1e9), silent)
    cleaned = clean(merge([room, speck]), views, CleanOptions(isolation=1e9), silent)
    assert float((kept.captured.means - close).norm(dim=1).min()) < 1e-4
    assert float((cleaned.captured.means - close).norm(dim=1).min()) > 0.1


def test_what_stands_alone_is_a_floater_unless_it_is_large() -> None:
    means = torch.cat([torch.rand(500, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([[9.0, 9, 9]])])
    sizes = torch.full((501,), 0.02)
    assert isolated(means, sizes, 8.0).nonzero().flatten().tolist() == [500]
    sizes[500] = 3.0
    assert not isolated(means, sizes, 8.0).any(), "far away, Gaussians are few and large"


def test_pictures_do_not_get_worse(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    cleaned = clean(room, views, CleanOptions(), silent)
    pictures = Pictures(views.held_out)
    for number, view in enumerate(views.held_out):
        rgb = rasterize(cleaned.captured, view.camera, outputs=("rgb",)).rgb
        assert rgb is not None
        assert psnr(rgb[0].clamp(0, 1), pictures.load(number)[0]) > 40


def test_the_sky_gets_its_own_layer_outdoors(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    room = room[(room.means[:, 1] < 0.5)]  # the walls are low: one sees the sky above
    generator = torch.Generator().manual_seed(0)
    direction = torch.nn.functional.normalize(torch.randn(3000, 3, generator=generator), dim=1)
    direction = direction[direction[:, 1] > 0.05]
    sky = blobs((direction * 60).tolist(), size=3.0, opacity=0.95, color=(0.6, 0.75, 0.95))
    whole = merge([room, sky])
    cleaned = clean(whole, views, CleanOptions(), silent)
    assert cleaned.sky is not None
    assert len(cleaned.sky) > 0.5 * len(sky)
    assert float(cleaned.captured.means.norm(dim=1).max()) < 59
    view = views.views[3]
    before = rasterize(whole, view.camera, outputs=("rgb",)).rgb
    after = rasterize(merge([cleaned.captured, cleaned.sky]), view.camera, outputs=("rgb",)).rgb
    assert before is not None and after is not None
    assert psnr(after[0], before[0]) > 35
    assert clean(whole, views, CleanOptions(sky=False), silent).sky is None


def test_nothing_at_all_is_survived(tmp_path: Path) -> None:
    _, views = room_views(tmp_path)
    assert len(clean(Gaussians.empty(), views, CleanOptions(), silent).captured) == 0


def test_the_input_is_left_alone(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    copy = replace(room, means=room.means.clone())
    clean(room, views, CleanOptions(), silent)
    assert torch.equal(room.means, copy.means)
