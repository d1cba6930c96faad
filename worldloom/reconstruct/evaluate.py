"""How good the world is: held-out photos against renders from the same places, in numbers and side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from worldloom.reconstruct.metrics import installed_lpips, psnr, ssim
from worldloom.reconstruct.pictures import Pictures
from worldloom.reconstruct.progress import Event, Progress
from worldloom.reconstruct.records import Reconstruction, Record, Rejected, View, ViewSet
from worldloom.render import rasterize
from worldloom.scene.files import write_bytes, write_text
from worldloom.scene.gaussians import Gaussians


class EvaluateOptions(Record):
    """How quality is measured."""

    pictures: int = Field(default=12, ge=0, description="side-by-side pictures in the report, at most")
    picture_size: int = Field(default=640, ge=64, description="longest side of those pictures, pixels, at most")


class ViewScore(Record):
    """Quality of one view."""

    name: str
    psnr: float
    """dB."""
    ssim: float
    lpips: float | None
    picture: str | None = None
    """File beside the report: photo, render, heat map of the error."""


class Report(Record):
    """`report.json`: what was made, how well, how long it took."""

    worldloom: str
    """Version."""
    name: str
    held_out: bool
    """False: the scores are of photos that were trained on, and so flatter."""
    psnr: float | None
    """Mean over views, dB; None without views."""
    ssim: float | None
    lpips: float | None
    lpips_note: str
    views: tuple[ViewScore, ...]
    photos: int
    """Photos with a pose."""
    rejected: tuple[Rejected, ...]
    gaussians: dict[str, int]
    """By layer."""
    removed: dict[str, int]
    """Gaussians taken out by cleaning, by reason."""
    seconds: dict[str, float]
    """By stage."""
    peak_memory_bytes: int
    training_steps: int
    finished: bool
    """False: training was stopped early."""
    pose_method: str
    reprojection_error: float | None
    """Pixels."""
    scale: str
    up: str
    floor_found: bool
    engine: str
    seed: int
    options: dict[str, object]


@dataclass(frozen=True)
class ReportContext:
    """What the report tells besides the scores."""

    name: str
    version: str
    reconstruction: Reconstruction | None
    gaussians: dict[str, int]
    removed: dict[str, int]
    seconds: dict[str, float]
    peak_memory_bytes: int
    training_steps: int
    finished: bool
    engine: str
    seed: int
    options: dict[str, object]


def evaluate(
    gaussians: Gaussians,
    views: ViewSet,
    folder: Path,
    context: ReportContext,
    options: EvaluateOptions,
    progress: Progress,
    *,
    background: Tensor,
    antialias: bool,
) -> Report:
    """Score the world and write `report.json`, `report.html` and pictures into `folder`.

    Args:
        gaussians: the whole world.
        background: (3,) sRGB behind it.
        antialias: as it was trained.
    """
    from worldloom.reconstruct.report_page import report_page

    chosen = views.held_out or views.training
    scores = _scores(gaussians, chosen, folder, options, progress, background, antialias)
    with_lpips = [score.lpips for score in scores if score.lpips is not None]
    found = context.reconstruction
    report = Report(
        worldloom=context.version,
        name=context.name,
        held_out=bool(views.held_out),
        psnr=_mean([score.psnr for score in scores]),
        ssim=_mean([score.ssim for score in scores]),
        lpips=_mean(with_lpips),
        lpips_note="" if with_lpips else "not measured: its weights are not installed (see docs/quality.md)",
        views=tuple(scores),
        photos=len(found.photos) if found else 0,
        rejected=found.rejected if found else (),
        gaussians=context.gaussians,
        removed=context.removed,
        seconds={stage: round(seconds, 2) for stage, seconds in context.seconds.items()},
        peak_memory_bytes=context.peak_memory_bytes,
        training_steps=context.training_steps,
        finished=context.finished,
        pose_method=found.method if found else "none",
        reprojection_error=found.reprojection_error if found else None,
        scale=found.scale if found else "given",
        up=found.up if found else "given",
        floor_found=found.floor_found if found else False,
        engine=context.engine,
        seed=context.seed,
        options=context.options,
    )
    write_text(folder / "report.json", report.model_dump_json(indent=2) + "\n")
    write_text(folder / "report.html", report_page(report, folder))
    return report


def _mean(values: list[float]) -> float | None:
    finite = [min(value, 100.0) for value in values]
    return sum(finite) / len(finite) if finite else None


def _scores(
    gaussians: Gaussians,
    views: tuple[View, ...],
    folder: Path,
    options: EvaluateOptions,
    progress: Progress,
    background: Tensor,
    antialias: bool,
) -> list[ViewScore]:
    pictures = Pictures(views, memory_limit=64 << 20)
    perceptual = installed_lpips()
    stride = max(1, -(-len(views) // max(options.pictures, 1)))
    scores = []
    for number, view in enumerate(views):
        photo, mask = pictures.load(number)
        if mask is not None and view.transparent:
            photo, mask = photo * mask[:, :, None] + background * (1 - mask[:, :, None]), None
        image = rasterize(gaussians, view.camera, background=background, antialias=antialias, outputs=("rgb",)).rgb
        assert image is not None
        render = image[0].clamp(0, 1)
        shown = None
        if options.pictures and number % stride == 0:
            shown = f"report-pictures/{number:04d}.jpg"
            write_bytes(folder / shown, _side_by_side(photo, render, mask, options.picture_size))
        scores.append(
            ViewScore(
                name=view.name,
                psnr=round(min(psnr(render, photo, mask), 100.0), 3),
                ssim=round(ssim(render, photo, mask), 4),
                lpips=None if perceptual is None or min(photo.shape[:2]) < 64 else round(perceptual(render, photo), 4),
                picture=shown,
            )
        )
        progress(Event("evaluate", (number + 1) / len(views), f"{number + 1} of {len(views)} views"))
    return scores


def _side_by_side(photo: Tensor, render: Tensor, mask: Tensor | None, longest: int) -> bytes:
    """Photo, render, and a heat map of their difference that is hottest from a quarter of full scale, as a JPEG."""
    import cv2

    error = (render - photo).abs().mean(dim=2)
    error = error if mask is None else error * mask
    heat = cv2.applyColorMap(_bytes(4 * error), cv2.COLORMAP_INFERNO)
    row = np.concatenate([_bytes(photo)[:, :, ::-1], _bytes(render)[:, :, ::-1], heat], axis=1)
    scale = min(1.0, longest / max(photo.shape[:2]))
    if scale < 1:
        row = cv2.resize(row, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", row, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return data.tobytes()


def _bytes(picture: Tensor) -> NDArray[np.uint8]:
    return (picture.clamp(0, 1) * 255 + 0.5).to(torch.uint8).numpy()
