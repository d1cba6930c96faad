"""From what the user has to a world: the stages, one after another, each once.

collect -> select -> pose -> align -> initialise -> train -> clean -> evaluate
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from pydantic import Field

from worldloom import __version__, export, render
from worldloom.reconstruct.align import align
from worldloom.reconstruct.captured_views import captured_views, pose_of
from worldloom.reconstruct.clean import clean
from worldloom.reconstruct.collect import collect
from worldloom.reconstruct.evaluate import Report, ReportContext, evaluate
from worldloom.reconstruct.initialise import gaussians_from_points, initialise
from worldloom.reconstruct.ledger import STAGES, Ledger
from worldloom.reconstruct.pose import pose
from worldloom.reconstruct.presets import ReconstructOptions
from worldloom.reconstruct.progress import Event, Progress
from worldloom.reconstruct.records import Capture, Points, Reconstruction, Record, ViewSet
from worldloom.reconstruct.select import select
from worldloom.reconstruct.train import train
from worldloom.reconstruct.views import make_views
from worldloom.scene import world as worlds
from worldloom.scene.errors import FormatError, WorldloomError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import bounds
from worldloom.scene.provenance import InputFile, Provenance, hash_file, installed_versions
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import Environment, Pose


@dataclass(frozen=True)
class Outcome:
    """Where everything is."""

    world_folder: Path
    world: World | None = None
    """None if the run ended before there was a world."""
    ply: Path | None = None
    spz: Path | None = None
    report: Path | None = None
    summary: tuple[str, ...] = ()
    """Lines for people."""
    scores: Report | None = None


class _TrainRecord(Record):
    """How a training ended."""

    steps: int = 0
    seconds: float = 0.0
    finished: bool = True


class _CleanRecord(Record):
    removed: dict[str, int] = Field(default_factory=dict)


def reconstruct(
    inputs: Sequence[Path],
    world_folder: Path,
    options: ReconstructOptions,
    progress: Progress,
    *,
    until: str | None = None,
    redo_from: str | None = None,
    only: str | None = None,
    resume: bool = True,
    engine: Literal["cpu", "cuda"] | None = None,
) -> Outcome:
    """Make a world in `world_folder` from photos, videos, posed captures or point clouds.

    Results of stages are kept in `world_folder/work` and used again while nothing that shaped them changes.

    Args:
        until: stop after this stage.
        redo_from: run this stage and those after it again.
        only: run this one stage; those before it must be on disk.
        resume: continue an interrupted training.
        engine: None takes CUDA where it works.

    Raises:
        WorldloomError: one sentence says what is wrong, with which file, and what to do.
    """
    if world_folder.exists() and not world_folder.is_dir():
        raise WorldloomError(f"{world_folder} is a file; give the name of a new folder for the world.")
    ledger = Ledger(world_folder / "work", progress, redo_from=redo_from, only=only)
    last = only or until or STAGES[-1]

    def wanted(stage: str) -> bool:
        return STAGES.index(stage) <= STAGES.index(last)

    fingerprint = _fingerprint(inputs)
    capture = ledger.record(
        "collect", Capture, [fingerprint, options.collect], lambda to: collect(inputs, to, options.collect, progress)
    )
    if wanted("select"):
        chosen = ledger.record(
            "select", Capture, options.select, lambda to: select(capture, to, options.select, progress)
        )
        capture = chosen
    if not capture.photos:
        return _world_from_points(inputs, world_folder, capture, options, ledger)
    if not wanted("pose"):
        return Outcome(world_folder, summary=(f"{len(capture.photos)} photos selected",))
    posed = ledger.record("pose", Reconstruction, options.pose, lambda to: pose(capture, to, options.pose, progress))
    if not wanted("align"):
        return Outcome(world_folder, summary=(f"{len(posed.photos)} photos placed",))
    placed = ledger.record("align", Reconstruction, options.align, lambda to: align(posed, to, options.align, progress))
    if not wanted("initialise"):
        return Outcome(world_folder, summary=(f"{len(placed.photos)} photos aligned, scale {placed.scale}",))
    views = ledger.record(
        "views",
        ViewSet,
        options.views,
        lambda to: make_views(
            placed,
            to,
            max_size=options.views.max_size,
            holdout_every=_holdout(options.views.holdout_every, len(placed.photos)),
            progress=progress,
        ),
    )
    first = ledger.gaussians(
        "initialise",
        [options.initialise, options.train.cap],
        lambda to: {"first": initialise(placed, views, to, options.initialise, progress, cap=options.train.cap)},
    )["first"]
    if not wanted("train"):
        return Outcome(world_folder, summary=(f"{len(first):,} first Gaussians",))
    trained = ledger.gaussians(
        "train",
        options.train.model_dump(exclude={"checkpoint_seconds", "preview_seconds"}),
        lambda to: {"trained": _train(first, views, to, options, progress, resume, engine)},
        keep=lambda folder: _train_record(folder).finished,
    )["trained"]
    if not wanted("clean"):
        return Outcome(world_folder, summary=(f"{len(trained):,} Gaussians trained",))
    layers = ledger.gaussians("clean", options.clean, lambda to: _clean(trained, views, to, options, progress))
    world = _world(inputs, world_folder, placed, views, layers, options, ledger, engine)
    if not wanted("evaluate"):
        worlds.save(world, world_folder)
        return Outcome(world_folder, world)
    return _finish(world, world_folder, placed, views, layers, options, ledger)


def _fingerprint(inputs: Sequence[Path]) -> list[tuple[str, int, int]]:
    """Names, sizes and times of all input files: enough to see that something changed."""
    files = [path for given in inputs for path in _files(given)]
    return [(str(path.absolute()), path.stat().st_size, path.stat().st_mtime_ns) for path in files]


def _files(given: Path) -> list[Path]:
    if not given.exists():
        raise FormatError(f"{given} does not exist. Check the path.")
    return sorted(path for path in given.rglob("*") if path.is_file()) if given.is_dir() else [given]


def _holdout(every: int | None, photos: int) -> int | None:
    """Too few photos are all needed for training; of few, at least one is kept to measure."""
    return None if every is None or photos < 6 else every


def _train(
    first: Gaussians,
    views: ViewSet,
    folder: Path,
    options: ReconstructOptions,
    progress: Progress,
    resume: bool,
    engine: Literal["cpu", "cuda"] | None,
) -> Gaussians:
    trained = train(first, views, folder, options.train, progress, resume=resume, engine=engine)
    record = _TrainRecord(steps=trained.steps, seconds=trained.seconds, finished=trained.finished)
    record.save(folder / "training.json")
    return trained.gaussians


def _train_record(folder: Path) -> _TrainRecord:
    return _TrainRecord.load(folder / "training.json")


def _clean(
    trained: Gaussians, views: ViewSet, folder: Path, options: ReconstructOptions, progress: Progress
) -> dict[str, Gaussians]:
    cleaned = clean(trained, views, options.clean, progress)
    _CleanRecord(removed=cleaned.removed).save(folder / "removed.json")
    return {"captured": cleaned.captured, **({"sky": cleaned.sky} if cleaned.sky is not None else {})}


def _world(
    inputs: Sequence[Path],
    world_folder: Path,
    placed: Reconstruction,
    views: ViewSet,
    layers: dict[str, Gaussians],
    options: ReconstructOptions,
    ledger: Ledger,
    engine: Literal["cpu", "cuda"] | None,
) -> World:
    captured = Layer("captured", layers["captured"])
    sky = [Layer("sky", layers["sky"], kind="sky")] if "sky" in layers else []
    return World(
        name=_name(world_folder),
        layers=(captured, *sky),
        environment=Environment(background=options.train.background),
        spawn=_spawn(placed),
        captures=captured_views(placed, views, world_folder),
        geo_anchor=placed.geo_anchor,
        provenance=_provenance(inputs, options, ledger, render.engine_name(engine)),
    )


def _name(world_folder: Path) -> str:
    """A world is called like its folder."""
    return world_folder.absolute().name.lstrip(".") or "world"


def _provenance(inputs: Sequence[Path], options: ReconstructOptions, ledger: Ledger, engine: str) -> Provenance:
    return Provenance(
        inputs=_hashes(inputs),
        engine=engine,
        versions=installed_versions(),
        seed=options.train.seed,
        parameters=options.model_dump(mode="json"),
        seconds={stage: round(seconds, 2) for stage, seconds in ledger.seconds.items()},
    )


def _hashes(inputs: Sequence[Path]) -> tuple[InputFile, ...]:
    return tuple(
        hash_file(path, path.relative_to(given.parent).as_posix()) for given in inputs for path in _files(given)
    )


def _spawn(placed: Reconstruction) -> Pose:
    assert placed.spawn is not None
    return pose_of(torch.tensor(placed.spawn, dtype=torch.float64))


def _finish(
    world: World,
    world_folder: Path,
    placed: Reconstruction | None,
    views: ViewSet,
    layers: dict[str, Gaussians],
    options: ReconstructOptions,
    ledger: Ledger,
) -> Outcome:
    """Save the world and its exports, measure it, and tell where everything is."""
    worlds.save(world, world_folder)
    flat = world.gaussians()
    ply, spz = world_folder / "world.ply", world_folder / "world.spz"
    export.write(flat, ply)
    export.write(flat, spz)
    training = _train_record(ledger.stage_folder("train")) if views.views else _TrainRecord()
    removed = _CleanRecord.load(ledger.stage_folder("clean") / "removed.json").removed if views.views else {}
    context = ReportContext(
        name=world.name,
        version=__version__,
        reconstruction=placed,
        gaussians={name: len(gaussians) for name, gaussians in layers.items()},
        removed=removed,
        seconds=ledger.seconds,
        peak_memory_bytes=peak_memory_bytes(),
        training_steps=training.steps,
        finished=training.finished,
        engine=world.provenance.engine,
        seed=options.train.seed,
        options=options.model_dump(mode="json"),
    )
    background = torch.tensor(options.train.background)
    scores = ledger.record(
        "evaluate",
        Report,
        [options.evaluate, context.name],
        lambda _: evaluate(
            flat,
            views,
            world_folder,
            context,
            options.evaluate,
            ledger.progress,
            background=background,
            antialias=options.train.antialias,
        ),
    )
    return Outcome(world_folder, world, ply, spz, world_folder / "report.html", tuple(_summary(scores)), scores)


def _summary(scores: Report) -> list[str]:
    lines = []
    if scores.psnr is not None and scores.ssim is not None:
        which = "held-out" if scores.held_out else "training"
        lines.append(f"Quality {scores.psnr:.2f} dB PSNR, {scores.ssim:.3f} SSIM on {len(scores.views)} {which} views")
    if scores.rejected:
        names = ", ".join(bad.name for bad in scores.rejected[:3])
        lines.append(f"Left out {len(scores.rejected)} pictures ({names}...); the report says why")
    if scores.scale == "guess":
        lines.append("Scale   guessed; give --set align.scale=... if you know better")
    if not scores.finished:
        lines.append("Training was stopped early; run the same command again to continue it")
    return lines


def _world_from_points(
    inputs: Sequence[Path], world_folder: Path, capture: Capture, options: ReconstructOptions, ledger: Ledger
) -> Outcome:
    """A point cloud without photos: its points become the world."""
    assert capture.points is not None
    ledger.progress(Event("initialise", 0.0, "turning points into Gaussians"))
    gaussians = gaussians_from_points(Points.load(capture.points), options.train.cap)
    ledger.progress(Event("initialise", 1.0))
    box = bounds(gaussians, quantile=0.02)
    x, _, z = box.center
    world = World(
        name=_name(world_folder),
        layers=(Layer("captured", gaussians),),
        spawn=Pose(position=(x, box.lower[1] + 1.6, z)),
        provenance=_provenance(inputs, options, ledger, "none"),
    )
    return _finish(world, world_folder, None, ViewSet(views=()), {"captured": gaussians}, options, ledger)


def peak_memory_bytes() -> int:
    """Most memory that this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
