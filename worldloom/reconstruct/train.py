"""Fitting Gaussians to the photos by gradient descent on a differentiable rasterizer (Kerbl et al. 2023).

One photo at a time: render it, correct its exposure, compare, step. In between, a strategy moves, adds and removes
Gaussians. The number of Gaussians never passes the cap, so memory is bounded from the start.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from worldloom import render
from worldloom.reconstruct import schedule as schedules
from worldloom.reconstruct import strategies
from worldloom.reconstruct.checkpoint import Clock, load_checkpoint, save_checkpoint
from worldloom.reconstruct.exposure import Exposure, ExposureKind, absorb
from worldloom.reconstruct.pictures import Pictures, downscaled_size
from worldloom.reconstruct.pose_refinement import PoseRefinement
from worldloom.reconstruct.progress import Event, Progress, silent
from worldloom.reconstruct.records import Record, View, ViewSet
from worldloom.reconstruct.schedule import Schedule
from worldloom.reconstruct.strategies import MCMC, DensifyAndPrune, Splats
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import sort_spatially, with_sh_degree


class TrainOptions(Record):
    """How the world is trained."""

    iterations: int = Field(default=3000, ge=1, description="training steps, one photo each")
    max_seconds: float | None = Field(
        default=None, gt=0, description="stop after this time; makes results irreproducible"
    )
    cap: int = Field(default=100_000, ge=1, description="never more Gaussians than this")
    sh_degree: int = Field(default=3, ge=0, le=3, description="view-dependent colour: 0 none, 3 most")
    strategy: MCMC | DensifyAndPrune = Field(
        default=MCMC(), discriminator="kind", description="how Gaussians are added"
    )
    schedule: Schedule = Schedule()
    ssim_weight: float = Field(default=0.2, ge=0, le=1, description="share of D-SSIM in the loss; the rest is L1")
    exposure: ExposureKind = Field(
        default="auto", description="colour correction per photo: none, auto, affine, bilateral"
    )
    exposure_from: float = Field(
        default=0.15, ge=0, le=1, description="share of the training before colour correction begins"
    )
    exposure_decided: float = Field(
        default=0.3, ge=0, le=1, description="share of the training after which auto is decided"
    )
    exposure_threshold: float = Field(
        default=0.05, ge=0, description="difference between photos that auto corrects, 0..1"
    )
    exposure_rate: float = Field(
        default=0.3, gt=0, le=1, description="how quickly colour correction follows, each time"
    )
    exposure_pull: float = Field(default=0.01, ge=0, description="how strongly colour correction is held at none")
    refine_poses: bool = Field(default=False, description="let the photos' poses move")
    pose_rate: float = Field(default=1e-4, gt=0, description="learning rate of poses, radians")
    antialias: bool = Field(default=False, description="keep opacity of small Gaussians true to size (Mip-Splatting)")
    background: tuple[float, float, float] = Field(default=(0.0, 0.0, 0.0), description="sRGB behind everything")
    checkpoint_seconds: float = Field(default=60, gt=0, description="time between checkpoints")
    preview_seconds: float = Field(default=5, gt=0, description="time between preview pictures")
    seed: int = Field(default=0, ge=0, description="of everything random")


@dataclass(frozen=True, eq=False)
class Trained:
    """The outcome of a training, finished or stopped early."""

    gaussians: Gaussians
    world_to_camera: Tensor
    """(training views, 4, 4) poses after refinement; as given without it."""
    steps: int
    seconds: float
    finished: bool
    """False after Ctrl-C or a time limit."""


def memory_bound(options: TrainOptions, views: ViewSet) -> int:
    """Bytes that training may take at most: parameters, Adam's moments, engine scratch, pictures."""
    parameters = 11 + 3 * (options.sh_degree + 1) ** 2
    per_gaussian = 4 * (3 * parameters + 4) * 2 + 400  # twice while the set is rebuilt; engine records and tile pairs
    largest = max((view.width * view.height for view in views.views), default=0)
    return options.cap * per_gaussian + largest * 120 + _PICTURE_MEMORY


_PICTURE_MEMORY = 512 << 20


def train(
    initial: Gaussians,
    views: ViewSet,
    folder: Path,
    options: TrainOptions,
    progress: Progress = silent,
    *,
    resume: bool = True,
    engine: Literal["cpu", "cuda"] | None = None,
) -> Trained:
    """Fit `initial` to the training views.

    Ctrl-C (KeyboardInterrupt) ends the training early with what there is. `folder/checkpoint.safetensors` is renewed
    every minute and at the end; a run with the same options and inputs continues from it, to the same result.

    Args:
        initial: where to start; no more than `options.cap` are kept.
        folder: for the checkpoint and `preview.jpg`.
        resume: continue from the checkpoint if there is a matching one.
        engine: None takes CUDA where it works.

    Raises:
        InvalidDataError: there are no Gaussians or no training views.
    """
    training = views.training
    if not training or len(initial) == 0:
        missing = "photos to train on" if not training else "Gaussians to start from"
        raise InvalidDataError(f"Training has no {missing}. Give more photos, or run the stages before it again.")
    progress(Event("train", 0.0, f"takes at most {memory_bound(options, views) / 1e9:.1f} GB"))
    stepper = render.training_engine(engine)
    state = _State.start_or_resume(initial, training, folder, options, stepper.device, resume=resume)
    started, last_checkpoint, last_preview = time.monotonic() - state.clock.seconds, time.monotonic(), 0.0
    pace = _Pace()
    finished = False
    try:
        while not (finished := state.clock.step >= options.iterations):
            before = time.monotonic()
            if options.max_seconds is not None and before - started >= options.max_seconds:
                break
            fraction = state.clock.step / options.iterations
            if options.max_seconds is not None:
                fraction = max(fraction, (before - started) / options.max_seconds)
            work = _step(state, stepper, training, options, fraction)
            now = time.monotonic()
            state.clock = state.clock.model_copy(update={"step": state.clock.step + 1, "seconds": now - started})
            pace.add(work, now - before)
            if now - last_checkpoint >= options.checkpoint_seconds:
                state.save(folder)
                last_checkpoint = time.monotonic()
            preview = None
            if now - last_preview >= options.preview_seconds:
                preview = _write_preview(state, stepper, training, folder, options)
                last_preview = time.monotonic()
            progress(_event(state, training, options, pace, started, preview))
    except KeyboardInterrupt:
        pass
    state.save(folder)
    gaussians = state.splats.gaussians.map(lambda tensor: tensor.detach().cpu())
    normalised = replace(gaussians, quats=torch.nn.functional.normalize(gaussians.quats, dim=1))
    if state.exposure.kind in ("affine", "bilateral"):
        normalised = absorb(normalised, state.exposure.mean_matrix())
    return Trained(normalised, state.poses.world_to_camera, state.clock.step, state.clock.seconds, finished)


@dataclass(eq=False)
class _State:
    """Everything that changes while training."""

    clock: Clock
    splats: Splats
    exposure: Exposure
    poses: PoseRefinement
    extent: float
    pictures: Pictures

    @staticmethod
    def start_or_resume(
        initial: Gaussians,
        training: tuple[View, ...],
        folder: Path,
        options: TrainOptions,
        device: torch.device,
        *,
        resume: bool,
    ) -> _State:
        poses = torch.stack([view.camera.world_to_camera for view in training])
        extent = camera_extent(poses)
        pictures = Pictures(training, memory_limit=_PICTURE_MEMORY)
        identity = _hash(initial, training, options)
        path = folder / "checkpoint.safetensors"
        if resume and path.exists():
            clock, splats, exposure, refined = load_checkpoint(path, device)
            if clock.options_hash == identity:
                return _State(clock, splats, exposure, refined, extent, pictures)
        kept = initial if len(initial) <= options.cap else initial[_even_subset(len(initial), options.cap)]
        ordered = sort_spatially(with_sh_degree(kept, options.sh_degree)).map(lambda tensor: tensor.clone())
        exposure = Exposure.start(options.exposure, len(training))
        clock = Clock(options_hash=identity)
        return _State(clock, Splats.start(ordered.to(device)), exposure, PoseRefinement.start(poses), extent, pictures)

    def save(self, folder: Path) -> None:
        save_checkpoint(folder / "checkpoint.safetensors", self.clock, self.splats, self.exposure, self.poses)


def _step(
    state: _State, stepper: render.TrainingEngine, training: tuple[View, ...], options: TrainOptions, fraction: float
) -> float:
    """One photo: render, compare, update, and now and then change the set. Returns the step's relative cost."""
    step = state.clock.step + 1
    index = _photo_of_step(step, len(training), options.seed)
    view = training[index]
    downscale = schedules.downscale(options.schedule, fraction)
    target, mask = state.pictures.load(index, downscale)
    width, height = downscaled_size(view, downscale)
    camera = replace(view.camera, world_to_camera=state.poses.world_to_camera[index]).resized(width, height)
    target, mask, background = _over_background(view, target, mask, options, step)

    rendered = stepper.forward(
        state.splats.gaussians,
        camera,
        sh_degree=schedules.sh_degree(options.schedule, fraction, options.sh_degree),
        background=background,
        antialias=options.antialias,
    )
    shown = state.exposure.apply(index, rendered.rgb)
    _, v_shown = stepper.l1_dssim(shown, target, options.ssim_weight, mask=mask)
    seen = 1 + step // len(training)
    v_rgb = state.exposure.backward(index, rendered.rgb, v_shown)
    if fraction >= options.exposure_decided:
        state.exposure = state.exposure.decided(threshold=options.exposure_threshold)
    if fraction >= options.exposure_from:
        state.exposure.fit(index, rendered.rgb, target, mask, pull=options.exposure_pull, rate=options.exposure_rate)
    rates = schedules.learning_rates(options.schedule, fraction, state.extent)
    v_world_to_camera = stepper.backward_adam(
        v_rgb,
        first_moments=state.splats.first_moments,
        second_moments=state.splats.second_moments,
        learning_rates=rates,
        step=step,
        opacity_regularisation=options.strategy.opacity_regularisation,
        scale_regularisation=options.strategy.scale_regularisation,
        statistics=state.splats.statistics if isinstance(options.strategy, DensifyAndPrune) else None,
    )
    if options.refine_poses:
        state.poses.backward(index, v_world_to_camera, learning_rate=options.pose_rate, extent=state.extent, step=seen)
    if options.strategy.noise > 0:
        scale = options.strategy.noise * rates[0]
        stepper.mcmc_noise(state.splats.gaussians, scale=scale, seed=options.seed, step=step)
    if strategies.is_due(options.strategy, step, fraction):
        seed = options.seed * 1_000_003 + step
        state.splats = strategies.apply(options.strategy, state.splats, cap=options.cap, extent=state.extent, seed=seed)
    return schedules.step_work(len(state.splats), width * height)


def _over_background(
    view: View, target: Tensor, mask: Tensor | None, options: TrainOptions, step: int
) -> tuple[Tensor, Tensor | None, Tensor]:
    """Target, mask and background of this step. Where the picture is transparent the background is random, so that the
    world learns to be empty there rather than painted in one colour."""
    if mask is None or not view.transparent:
        return target, mask, torch.tensor(options.background)
    generator = torch.Generator().manual_seed(options.seed * 1_000_003 + step)
    background = torch.rand(3, generator=generator)
    alpha = mask[:, :, None]
    return target * alpha + background * (1 - alpha), None, background


def _photo_of_step(step: int, photos: int, seed: int) -> int:
    """Photos come in rounds, each shuffled anew."""
    turn, place = divmod(step - 1, photos)
    generator = torch.Generator().manual_seed(seed * 1_000_003 + turn)
    return int(torch.randperm(photos, generator=generator)[place])


def camera_extent(world_to_camera: Tensor) -> float:
    """Radius of the cameras' positions about their centre, a little widened as in 3DGS; metres.

    Args:
        world_to_camera: (photos, 4, 4).
    """
    rotations, translations = world_to_camera[:, :3, :3], world_to_camera[:, :3, 3]
    positions = -(rotations.transpose(1, 2) @ translations[:, :, None])[:, :, 0]
    radius = float((positions - positions.mean(dim=0)).norm(dim=1).max())
    return max(1.1 * radius, 1e-3)


def _even_subset(count: int, wanted: int) -> Tensor:
    return torch.linspace(0, count - 1, wanted, dtype=torch.float64).round().to(torch.int64)


def _hash(initial: Gaussians, training: tuple[View, ...], options: TrainOptions) -> str:
    """Identity of a training: what it starts from and every option that shapes the result."""
    digest = hashlib.sha256(options.model_dump_json(exclude={"checkpoint_seconds", "preview_seconds"}).encode())
    for tensor in initial.tensors:
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    for view in training:
        digest.update(view.model_dump_json(exclude={"image", "mask"}).encode())
    return digest.hexdigest()


class _Pace:
    """How fast it goes, as an average that forgets, and how much is left."""

    def __init__(self) -> None:
        self._work = self._seconds = self.work_left = 0.0

    def add(self, work: float, seconds: float) -> None:
        self._work = 0.98 * self._work + work
        self._seconds = 0.98 * self._seconds + seconds
        self.work_left = max(0.0, self.work_left - work)

    @property
    def seconds_left(self) -> float:
        return self.work_left * self._seconds / max(self._work, 1e-9)


def _event(
    state: _State, training: tuple[View, ...], options: TrainOptions, pace: _Pace, started: float, preview: Path | None
) -> Event:
    step, count = state.clock.step, len(state.splats)
    if step % options.strategy.every == 1 or pace.work_left == 0 or step == options.iterations:
        pace.work_left = schedules.work_left(
            options.schedule,
            options.strategy,
            training,
            step=step,
            iterations=options.iterations,
            count=count,
            cap=options.cap,
        )
    left = pace.seconds_left
    fraction = step / options.iterations
    if options.max_seconds is not None:
        left = min(left, max(0.0, options.max_seconds - (time.monotonic() - started)))
        fraction = max(fraction, min(1.0, state.clock.seconds / options.max_seconds))
    return Event("train", fraction, f"step {step}, {count:,} Gaussians", seconds_left=left, preview=preview)


def _write_preview(
    state: _State, stepper: render.TrainingEngine, training: tuple[View, ...], folder: Path, options: TrainOptions
) -> Path:
    """Render the middle photo's view beside the photo, at most 960 pixels wide in all."""
    import cv2

    from worldloom.scene.files import write_bytes

    index = len(training) // 2
    downscale = max(1, -(-training[index].width // 480))
    target, _ = state.pictures.load(index, downscale)
    height, width, _ = target.shape
    camera = replace(training[index].camera, world_to_camera=state.poses.world_to_camera[index])
    rendered = stepper.forward(
        state.splats.gaussians,
        camera.resized(width, height),
        sh_degree=options.sh_degree,
        background=torch.tensor(options.background),
        antialias=options.antialias,
    )
    pair = torch.cat([rendered.rgb.cpu().clamp(0, 1), target], dim=1)
    _, data = cv2.imencode(".jpg", (pair.flip(2) * 255).to(torch.uint8).numpy())
    write_bytes(folder / "preview.jpg", data.tobytes())
    return folder / "preview.jpg"
