from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.reconstruct.captures import room_views
from tests.scene.samples import random_gaussians
from worldloom.reconstruct import schedule as schedules
from worldloom.reconstruct.checkpoint import load_checkpoint
from worldloom.reconstruct.metrics import psnr
from worldloom.reconstruct.pictures import Pictures
from worldloom.reconstruct.progress import Event, silent
from worldloom.reconstruct.records import ViewSet
from worldloom.reconstruct.strategies import MCMC, DensifyAndPrune
from worldloom.reconstruct.train import Trained, TrainOptions, camera_extent, memory_bound, train
from worldloom.render import rasterize
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.gaussians import Gaussians

QUICK = TrainOptions(iterations=120, cap=1500, sh_degree=1, strategy=MCMC(every=20), preview_seconds=1e6)


def start(room: Gaussians) -> Gaussians:
    """The room's points, grey and displaced."""
    few = room[torch.arange(0, len(room), 3)]
    generator = torch.Generator().manual_seed(5)
    means = few.means + torch.randn(len(few), 3, generator=generator) * 0.02
    return Gaussians(means, few.quats, few.log_scales + 0.4, few.opacity_logits - 3, torch.zeros_like(few.sh))


def quality(trained: Trained, views: ViewSet) -> float:
    held_out = Pictures(views.held_out)
    scores = []
    for number, view in enumerate(views.held_out):
        rgb = rasterize(trained.gaussians, view.camera, outputs=("rgb",)).rgb
        assert rgb is not None
        scores.append(psnr(rgb[0].clamp(0, 1), held_out.load(number)[0]))
    return sum(scores) / len(scores)


def same(first: Gaussians, second: Gaussians) -> bool:
    return all(torch.equal(a, b) for a, b in zip(first.tensors, second.tensors))


@pytest.mark.parametrize("strategy", [MCMC(every=20), DensifyAndPrune(every=20)])
def test_training_makes_held_out_views_better(tmp_path: Path, strategy: MCMC | DensifyAndPrune) -> None:
    room, views = room_views(tmp_path)
    options = QUICK.model_copy(update={"strategy": strategy, "iterations": 250})
    begun = train(start(room), views, tmp_path, QUICK.model_copy(update={"iterations": 1}), silent)
    done = train(start(room), views, tmp_path, options, silent)
    assert done.finished and done.steps == 250
    assert quality(done, views) > quality(begun, views) + 5
    assert len(start(room)) < len(done.gaussians) <= 1500


def test_same_seed_same_bytes_other_seed_other_bytes(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    runs = [
        train(start(room), views, tmp_path, QUICK.model_copy(update={"seed": seed}), silent, resume=False)
        for seed in (1, 1, 2)
    ]
    assert same(runs[0].gaussians, runs[1].gaussians)
    assert not same(runs[0].gaussians, runs[2].gaussians)


class StopAt:
    """Presses Ctrl-C after some steps."""

    def __init__(self, step: int) -> None:
        self.left = step + 1  # the first event comes before any step

    def __call__(self, event: Event, /) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("exposure", ["affine", "bilateral"])
def test_resuming_gives_the_same_bytes_as_never_stopping(tmp_path: Path, exposure: str) -> None:
    room, views = room_views(tmp_path)
    options = QUICK.model_copy(update={"exposure": exposure, "refine_poses": True, "iterations": 60})
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    whole = train(start(room), views, straight, options, silent)
    stopped = train(start(room), views, broken, options, StopAt(31))
    assert (stopped.finished, stopped.steps) == (False, 31)
    assert len(stopped.gaussians) > 0, "Ctrl-C leaves a usable world"
    resumed = train(start(room), views, broken, options, silent)
    assert resumed.finished
    assert same(whole.gaussians, resumed.gaussians)
    assert torch.equal(whole.world_to_camera, resumed.world_to_camera)


def test_a_checkpoint_of_other_options_is_not_continued(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    train(start(room), views, tmp_path, QUICK, StopAt(10))
    other = QUICK.model_copy(update={"ssim_weight": 0.5, "iterations": 12})
    assert train(start(room), views, tmp_path, other, silent).steps == 12
    clock, *_ = load_checkpoint(tmp_path / "checkpoint.safetensors")
    assert clock.step == 12


def test_a_damaged_checkpoint_is_told_not_overwritten(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(b"\x10\x00\x00\x00")
    with pytest.raises(FormatError, match="checkpoint"):
        train(start(room), views, tmp_path, QUICK, silent)
    assert path.read_bytes() == b"\x10\x00\x00\x00"


def test_exposure_that_varies_between_photos_is_taken_up(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    import numpy as np
    from PIL import Image

    for number, view in enumerate(views.training):
        pixels = np.asarray(Image.open(view.image)).astype(np.float32) * (0.7 if number % 2 else 1.1)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(view.image)
    scores = {}
    for kind in ("none", "affine"):
        options = QUICK.model_copy(update={"exposure": kind, "iterations": 300})
        trained = train(start(room), views, tmp_path / kind, options, silent)
        held_out = views.held_out[1]
        rgb = rasterize(trained.gaussians, held_out.camera, outputs=("rgb",)).rgb
        assert rgb is not None
        truth = Pictures((held_out,)).load(0)[0]
        gain = float((rgb[0] * truth).sum() / (rgb[0] ** 2).sum())  # overall brightness can't be known
        scores[kind] = psnr((rgb[0] * gain).clamp(0, 1), truth)
    assert scores["affine"] > scores["none"] + 0.3


def test_masked_pixels_do_not_train(tmp_path: Path) -> None:
    from PIL import Image

    room, views = room_views(tmp_path, holdout_every=None)
    masked = []
    for view in views.views:
        pixels = torch.zeros(view.height, view.width)
        pixels[:, : view.width // 2] = 1
        Image.fromarray((pixels * 255).to(torch.uint8).numpy()).save(tmp_path / f"{view.name}.mask.png")
        spoiled = Image.open(view.image).copy()
        spoiled.paste((255, 0, 255), (view.width // 2, 0, view.width, view.height))
        spoiled.save(view.image)
        masked.append(view.model_copy(update={"mask": tmp_path / f"{view.name}.mask.png"}))
    trained = train(start(room), ViewSet(views=tuple(masked)), tmp_path, QUICK, silent)
    view = masked[3]
    rgb = rasterize(trained.gaussians, view.camera, outputs=("rgb",)).rgb
    assert rgb is not None
    painted = rgb[0, :, view.width // 2 + 4 :]
    magenta = torch.tensor([1.0, 0, 1])
    assert (painted - magenta).abs().mean() > 0.4, "the spoiled half was not learned"


def test_transparent_pictures_leave_emptiness(tmp_path: Path) -> None:
    from PIL import Image

    room, views = room_views(tmp_path, holdout_every=None)
    cut = []
    for view in views.views:
        alpha = torch.zeros(view.height, view.width)
        alpha[:, : view.width // 2] = 1
        Image.fromarray((alpha * 255).to(torch.uint8).numpy()).save(tmp_path / f"{view.name}.alpha.png")
        update = {"mask": tmp_path / f"{view.name}.alpha.png", "transparent": True}
        cut.append(view.model_copy(update=update))
    few = room[torch.arange(0, len(room), 3)]
    trained = train(few, ViewSet(views=tuple(cut)), tmp_path, QUICK.model_copy(update={"iterations": 300}), silent)
    alpha = rasterize(trained.gaussians, cut[4].camera, outputs=("rgb", "alpha")).alpha
    assert alpha is not None
    solid, empty = alpha[0, :, :30].mean(), alpha[0, :, -20:].mean()
    assert solid > 0.8
    assert empty < 0.35


def test_progress_has_an_estimate_and_a_preview(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    events: list[Event] = []
    train(start(room), views, tmp_path, QUICK.model_copy(update={"preview_seconds": 0.01}), events.append)
    fractions = [event.fraction for event in events]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert "GB" in events[0].message
    assert all(event.seconds_left is not None and event.seconds_left >= 0 for event in events[1:])
    assert events[-1].seconds_left == 0
    assert (tmp_path / "preview.jpg").stat().st_size > 1000
    assert any(event.preview == tmp_path / "preview.jpg" for event in events)


def test_a_time_limit_ends_the_training(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    options = QUICK.model_copy(update={"iterations": 10**6, "max_seconds": 0.5})
    trained = train(start(room), views, tmp_path, options, silent)
    assert not trained.finished
    assert 0.4 < trained.seconds < 5


def test_too_many_first_gaussians_are_thinned_to_the_cap(tmp_path: Path) -> None:
    _, views = room_views(tmp_path)
    options = QUICK.model_copy(update={"cap": 100, "iterations": 3})
    assert len(train(random_gaussians(500), views, tmp_path, options, silent).gaussians) <= 100


def test_nothing_to_train_is_told(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    with pytest.raises(InvalidDataError, match="photos"):
        train(room, ViewSet(views=()), tmp_path, QUICK, silent)
    with pytest.raises(InvalidDataError, match="Gaussians"):
        train(Gaussians.empty(), views, tmp_path, QUICK, silent)


def test_the_estimate_of_work_counts_growth_and_resolution(tmp_path: Path) -> None:
    _, views = room_views(tmp_path)
    common = {"iterations": 1000, "cap": 10_000, "count": 1000}
    whole = schedules.work_left(schedules.Schedule(), MCMC(), views.views, step=0, **common)
    half = schedules.work_left(schedules.Schedule(), MCMC(), views.views, step=500, **common)
    assert 0.5 * whole < half < whole, "the second half is dearer: full resolution, more Gaussians"
    assert schedules.work_left(schedules.Schedule(), MCMC(), views.views, step=1000, **common) == 0


def test_the_schedule_ramps() -> None:
    schedule = schedules.Schedule()
    assert [schedules.sh_degree(schedule, f, 3) for f in (0, 0.2, 0.3, 0.9)] == [0, 1, 2, 3]
    assert schedules.sh_degree(schedule, 0.9, 1) == 1
    assert [schedules.downscale(schedule, f) for f in (0.0, 0.5)] == [2, 1]
    first, last = (schedules.learning_rates(schedule, f, 2.0)[0] for f in (0.0, 1.0))
    assert first == pytest.approx(2 * schedule.means_rate)
    assert last == pytest.approx(2 * schedule.means_rate_end)


def test_memory_is_bounded_by_the_cap(tmp_path: Path) -> None:
    _, views = room_views(tmp_path)
    small, large = (memory_bound(QUICK.model_copy(update={"cap": cap}), views) for cap in (10**4, 10**6))
    assert small < large < 5e9


def test_the_extent_is_that_of_the_cameras() -> None:
    poses = torch.eye(4).repeat(3, 1, 1)
    poses[1, 0, 3], poses[2, 0, 3] = 2.0, -2.0
    assert camera_extent(poses) == pytest.approx(2.2)
