"""Photos to a world, as long work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from worldloom.app.jobs.kinds import ReconstructParameters
from worldloom.app.jobs.prepare import prepare
from worldloom.app.jobs.work import Result, Work
from worldloom.reconstruct.pipeline import Outcome, reconstruct
from worldloom.reconstruct.presets import preset
from worldloom.reconstruct.progress import Event
from worldloom.scene import world as worlds

_SHARES: dict[str, float] = {
    "collect": 0.02,
    "select": 0.03,
    "pose": 0.22,
    "align": 0.01,
    "views": 0.02,
    "initialise": 0.08,
    "train": 0.52,
    "clean": 0.03,
    "evaluate": 0.04,
    "keep": 0.03,
}
"""What part of the time each stage takes, roughly, for a progress bar that runs evenly."""


def run(parameters: ReconstructParameters, work: Work) -> Result:
    """Make the world, prepare it for viewing, and keep it."""
    work.overall = _overall
    work.may_finish = lambda stage: stage == "train"
    inputs = _lay_out(parameters, work)
    overrides: dict[str, Any] = {f"{stage}.seed": parameters.seed for stage in ("train", "pose", "initialise")}
    if parameters.gaussians is not None:
        overrides["train.cap"] = parameters.gaussians
    if parameters.iterations is not None:
        overrides["train.iterations"] = parameters.iterations
    if not parameters.holdout:
        overrides["views.holdout_every"] = None
    overrides["train.checkpoint_seconds"] = 15
    overrides["train.preview_seconds"] = 3
    options = preset(parameters.preset, parameters.settings, overrides)
    folder = work.folder / "world"
    engine = None if parameters.engine == "auto" else parameters.engine
    outcome = reconstruct(inputs, folder, options, work.progress, engine=engine)
    assert outcome.world is not None, "all stages were asked for"
    work.say("keep", 0.0, "preparing the world for walking")
    worlds.save(replace(outcome.world, name=parameters.name), folder)
    version = work.store.worlds.commit_folder(
        folder, prepare(folder), name=parameters.name, message="Reconstructed", operation=work.operation.id
    )
    scores = outcome.scores
    values: dict[str, Any] = {"world": version.world, "version": version.number, "summary": _summary(outcome)}
    if scores is not None and scores.psnr is not None:
        values |= {"psnr": round(scores.psnr, 2), "held_out": scores.held_out}
    return Result(values, version.world)


def _summary(outcome: Outcome) -> list[str]:
    """What came of it, for people who look at a page."""
    scores = outcome.scores
    if scores is None:
        return []
    lines = []
    if scores.psnr is not None:
        which = "photos that it never saw" if scores.held_out else "its photos"
        lines.append(f"Looks like {which} within {scores.psnr:.1f} dB PSNR.")
    if scores.rejected:
        lines.append(f"{len(scores.rejected)} pictures could not be used; the quality report says why.")
    if scores.scale == "guess":
        lines.append("Its size in metres is a guess.")
    if not scores.finished:
        lines.append("Training was ended early.")
    return lines


def _overall(event: Event) -> float:
    stages = list(_SHARES)
    if event.stage not in stages:
        return 0.0
    before = sum(_SHARES[stage] for stage in stages[: stages.index(event.stage)])
    return before + _SHARES[event.stage] * event.fraction


def _lay_out(parameters: ReconstructParameters, work: Work) -> list[Path]:
    """The uploaded files on disk. Zips stand for themselves; all else is one folder of photos and videos."""
    folder = work.folder / "inputs"
    paths = [
        path
        for upload in parameters.uploads
        for path in work.store.uploads.lay_out(work.store.uploads.get(upload), folder / upload)
    ]
    if len(paths) == 1:
        return paths
    archives = [path for path in paths if path.suffix.lower() == ".zip"]
    return archives if len(archives) == len(paths) else [folder, *archives]
