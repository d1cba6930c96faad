from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from tests.reconstruct.captures import room_reconstruction, room_views
from worldloom.reconstruct import metrics
from worldloom.reconstruct.evaluate import EvaluateOptions, Report, ReportContext, _side_by_side, evaluate
from worldloom.reconstruct.metrics import Lpips, psnr, ssim
from worldloom.reconstruct.progress import silent
from worldloom.reconstruct.records import Rejected, ViewSet
from worldloom.scene.errors import FormatError


def test_psnr_is_that_of_the_formula() -> None:
    image = torch.zeros(4, 5, 3)
    assert psnr(image, image + 0.1) == pytest.approx(20.0, abs=1e-4)
    assert psnr(image, image) == float("inf")
    half = torch.zeros(4, 5)
    half[:2] = 1
    spoiled = image.clone()
    spoiled[2:] = 1
    assert psnr(spoiled, image + 0.1, half) == pytest.approx(20.0, abs=1e-4)


def direct_ssim(a: np.ndarray, b: np.ndarray) -> float:
    """SSIM by its definition, one window at a time."""
    axis = np.arange(11) - 5
    window = np.exp(-(axis[:, None] ** 2 + axis[None] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    values = []
    for channel in range(3):
        for row in range(a.shape[0] - 10):
            for column in range(a.shape[1] - 10):
                p = a[row : row + 11, column : column + 11, channel]
                q = b[row : row + 11, column : column + 11, channel]
                mp, mq = (window * p).sum(), (window * q).sum()
                vp, vq = (window * (p - mp) ** 2).sum(), (window * (q - mq) ** 2).sum()
                cov = (window * (p - mp) * (q - mq)).sum()
                top = (2 * mp * mq + 0.01**2) * (2 * cov + 0.03**2)
                values.append(top / ((mp**2 + mq**2 + 0.01**2) * (vp + vq + 0.03**2)))
    return float(np.mean(values))


def test_ssim_is_that_of_the_definition() -> None:
    generator = np.random.default_rng(0)
    a = generator.random((17, 19, 3))
    b = np.clip(a + generator.normal(0, 0.1, a.shape), 0, 1)
    assert ssim(torch.from_numpy(a), torch.from_numpy(b)) == pytest.approx(direct_ssim(a, b), abs=1e-9)
    assert ssim(torch.from_numpy(a), torch.from_numpy(a)) == pytest.approx(1)
    assert ssim(torch.rand(5, 6, 3), torch.rand(5, 6, 3)) < 1, "pictures smaller than the window work too"


def weight_files(folder: Path) -> tuple[Path, Path]:
    """Files of the shape of the real ones, with random weights."""
    torch.manual_seed(0)
    places = zip(Lpips._PLACES, Lpips._LAYERS)
    network = {}
    for place, (inner, outer, kernel, _, _) in places:
        network[f"features.{place}.weight"] = torch.randn(outer, inner, kernel, kernel) * 0.1
        network[f"features.{place}.bias"] = torch.randn(outer) * 0.1
    heads = {f"lin{n}.model.1.weight": torch.rand(1, layer[1], 1, 1) for n, layer in enumerate(Lpips._LAYERS)}
    torch.save(network, folder / "alexnet-test.pth")
    torch.save(heads, folder / "alex.pth")
    return folder / "alexnet-test.pth", folder / "alex.pth"


def test_lpips_is_that_of_its_definition(tmp_path: Path) -> None:
    backbone, linear = weight_files(tmp_path)
    model = Lpips.from_files(backbone, linear)
    a, b = torch.rand(80, 96, 3), torch.rand(80, 96, 3)
    assert model(a, a) == 0
    layers = torch.load(backbone, weights_only=True)
    heads = torch.load(linear, weights_only=True)
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
    signals = [((picture * 2 - 1 - shift) / scale).permute(2, 0, 1)[None] for picture in (a, b)]
    expected = 0.0
    shapes = {0: (4, 2), 3: (1, 2), 6: (1, 1), 8: (1, 1), 10: (1, 1)}
    for number, (place, (stride, padding)) in enumerate(shapes.items()):
        if place in (3, 6):
            signals = [nn.functional.max_pool2d(signal, 3, 2) for signal in signals]
        weight, bias = layers[f"features.{place}.weight"], layers[f"features.{place}.bias"]
        signals = [nn.functional.conv2d(signal, weight, bias, stride, padding).relu() for signal in signals]
        unit = [signal / (signal.pow(2).sum(1, keepdim=True).sqrt() + 1e-10) for signal in signals]
        expected += float(nn.functional.conv2d((unit[0] - unit[1]) ** 2, heads[f"lin{number}.model.1.weight"]).mean())
    assert model(a, b) == pytest.approx(expected, rel=1e-4)


def test_lpips_weights_are_found_where_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLDLOOM_LPIPS_WEIGHTS", str(tmp_path))
    assert metrics.lpips_weights() is None
    files = weight_files(tmp_path)
    assert metrics.lpips_weights() == files
    files[1].write_bytes(b"junk")
    with pytest.raises(FormatError, match="LPIPS"):
        Lpips.from_files(*files)


def context(reconstruction=None, **changes: object) -> ReportContext:
    values = {
        "name": "Room <b>",
        "version": "1",
        "reconstruction": reconstruction,
        "gaussians": {"captured": 2500},
        "removed": {"transparent": 3},
        "seconds": {"train": 1.5},
        "peak_memory_bytes": 10**9,
        "training_steps": 100,
        "finished": True,
        "engine": "cpu",
        "seed": 0,
        "options": {},
    }
    return ReportContext(**{**values, **changes})  # pyright: ignore[reportArgumentType]


def run(folder: Path, views: ViewSet, room, found: ReportContext) -> Report:
    black = torch.zeros(3)
    return evaluate(room, views, folder, found, EvaluateOptions(), silent, background=black, antialias=False)


def test_the_report_measures_held_out_views_and_stands_alone(tmp_path: Path) -> None:
    room, views = room_views(tmp_path)
    reconstruction = room_reconstruction(tmp_path, views)
    bad = Rejected(name="<script>alert(1)</script>.jpg", reason="too dark & blurred")
    reconstruction = reconstruction.model_copy(update={"rejected": (bad,)})
    report = run(tmp_path, views, room, context(reconstruction))
    assert report.held_out and [score.name for score in report.views] == ["0.png", "4.png"]
    assert report.psnr is not None and report.psnr > 45, "the room itself is scored against its own pictures"
    assert report.ssim is not None and report.ssim > 0.99
    stored = json.loads((tmp_path / "report.json").read_text())
    assert Report.model_validate(stored) == report
    page = (tmp_path / "report.html").read_text()
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "Room &lt;b&gt;" in page
    assert not re.findall(r"(?:src|href)=['\"](?!data:)", page), "nothing is loaded from elsewhere"
    assert page.count("data:image/jpeg") == 2
    assert "0.png" in page and "too dark &amp; blurred" in page
    assert len(page) < 10_000_000


def test_the_report_shows_where_time_went_and_all_options(tmp_path: Path) -> None:
    room, _ = room_views(tmp_path)
    found = context(seconds={"pose": 30.0, "train": 60.0}, options={"train": {"cap": "<i>many</i>"}})
    run(tmp_path, ViewSet(views=()), room, found)
    page = (tmp_path / "report.html").read_text()
    widths = [int(width) for width in re.findall(r"class=bar style='width:(\d+)px'", page)]
    assert widths[1] == 2 * widths[0]
    assert "&lt;i&gt;many&lt;/i&gt;" in page and "<i>many" not in page


def test_the_heat_map_is_hot_where_the_render_is_wrong() -> None:
    photo = torch.zeros(40, 60, 3)
    render = photo.clone()
    render[:, 30:] = 0.5
    data = np.frombuffer(_side_by_side(photo, render, None, 640), np.uint8)
    row = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert row is not None and row.shape == (40, 180, 3)
    heat = row[:, 120:].astype(int)
    assert heat[:, 2:25].max() < 40 and heat[:, 35:58].max() > 200
    small = cv2.imdecode(np.frombuffer(_side_by_side(photo, render, None, 30), np.uint8), cv2.IMREAD_COLOR)
    assert small is not None and small.shape == (20, 90, 3)


def test_without_held_out_views_the_report_says_so(tmp_path: Path) -> None:
    room, views = room_views(tmp_path, holdout_every=None)
    report = run(tmp_path, views, room, context(finished=False))
    assert not report.held_out and len(report.views) == 8
    page = (tmp_path / "report.html").read_text()
    assert "trained on" in page and "stopped" in page


def test_without_any_views_there_is_still_a_report(tmp_path: Path) -> None:
    room, _ = room_views(tmp_path)
    report = run(tmp_path, ViewSet(views=()), room, context())
    assert report.psnr is None
    assert "Gaussians" in (tmp_path / "report.html").read_text()


def test_masked_pixels_are_not_measured(tmp_path: Path) -> None:
    from PIL import Image

    room, views = room_views(tmp_path)
    view = views.held_out[0]
    mask = np.zeros((view.height, view.width), np.uint8)
    mask[:, :40] = 255
    Image.fromarray(mask).save(tmp_path / "m.png")
    spoiled = Image.open(view.image).copy()
    spoiled.paste((255, 0, 255), (40, 0, view.width, view.height))
    spoiled.save(view.image)
    masked = view.model_copy(update={"mask": tmp_path / "m.png"})
    report = run(tmp_path, ViewSet(views=(masked, *views.training)), room, context())
    assert report.psnr is not None and report.psnr > 45
