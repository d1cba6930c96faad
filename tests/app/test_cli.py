"""The commands as a user runs them: whole runs on small inputs, and what bad input gets."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.scene.samples import random_gaussians
from worldloom import export
from worldloom.app import cli
from worldloom.assets import SAMPLE_CAPTURE
from worldloom.scene import world as worlds

QUICK = ["--preset", "draft", "--size", "120", "--iterations", "60", "--gaussians", "3000"]
QUICK += [
    "--set",
    "pose.max_features=1500",
    "--set",
    "pose.max_image_size=480",
    "--set",
    "initialise.sweep.max_size=96",
]


def run(*arguments: object, timeout: float = 240, threads: int = 1) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "worldloom.app.cli", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment)


def told(*arguments: object) -> str:
    """What a command prints that succeeds; in this process, as `complains`."""
    done = CliRunner().invoke(cli.app, [*map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def complains(*arguments: object, naming: str) -> str:
    """The command fails as users should see it: one sentence, status 2, no traceback. Returns the sentence.

    Runs it in this process: a new one would spend its time on importing torch.
    """
    printed = io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stderr(printed),
        pytest.raises(SystemExit) as left,
    ):
        patch.setattr(sys, "argv", ["worldloom", *map(str, arguments)])
        cli.main()
    assert left.value.code == 2, printed.getvalue()
    assert "Traceback" not in printed.getvalue()
    sentence = printed.getvalue().strip().splitlines()[-1]
    assert sentence.startswith("worldloom: ") and naming in sentence, printed.getvalue()
    return sentence


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen neighbouring photos of the sample capture, small."""
    folder = tmp_path_factory.mktemp("photos") / "in"
    folder.mkdir()
    for path in sorted(SAMPLE_CAPTURE.glob("*.jpg"))[:12]:
        Image.open(path).resize((480, 360)).save(folder / path.name, quality=92)
    return folder


@pytest.fixture(scope="module")
def world(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("worlds") / "courtyard"
    done = run("reconstruct", photos, "-o", folder, *QUICK)
    assert done.returncode == 0, done.stderr
    for name in ("World", "PLY", "SPZ", "Report"):
        assert name in done.stdout
    return folder


def test_photos_become_a_world_with_exports_and_a_report(world: Path) -> None:
    loaded = worlds.load(world)
    assert loaded.name == "courtyard" and len(loaded.gaussians()) > 500
    assert len(loaded.provenance.inputs) == 12 and loaded.provenance.seed == 0
    assert loaded.provenance.parameters["train"]["iterations"] == 60
    assert len(export.read(world / "world.ply")) == len(export.read(world / "world.spz")) == len(loaded.gaussians())
    report = json.loads((world / "report.json").read_text())
    assert report["held_out"] and report["photos"] == 12 and report["psnr"] > 12
    assert {"collect", "select", "pose", "align", "initialise", "train", "clean"} <= report["seconds"].keys()
    assert (world / "report.html").stat().st_size > 10_000
    assert 0.3 < loaded.spawn.position[1] < 6, "eyes are above the floor, at a guess of metres"


def test_running_again_does_nothing_and_stages_run_alone(world: Path, photos: Path) -> None:
    before = (
        (world / "world.ply").stat().st_mtime_ns,
        (world / "work" / "train" / "result.safetensors").stat().st_mtime_ns,
    )
    assert run("reconstruct", photos, "-o", world, *QUICK).returncode == 0
    assert (world / "work" / "train" / "result.safetensors").stat().st_mtime_ns == before[1]
    assert run("reconstruct", photos, "-o", world, *QUICK, "--only", "align").returncode == 0
    done = run("reconstruct", photos, "-o", world, *QUICK, "--from", "train", "--until", "train")
    assert done.returncode == 0
    assert (world / "work" / "train" / "result.safetensors").stat().st_mtime_ns != before[1]


def test_a_stage_alone_needs_those_before_it(photos: Path, tmp_path: Path) -> None:
    complains("reconstruct", photos, "-o", tmp_path / "w", *QUICK, "--only", "train", naming="'collect'")


def test_the_same_seed_gives_the_same_bytes_for_any_number_of_threads(
    world: Path, photos: Path, tmp_path: Path
) -> None:
    done = run("reconstruct", photos, "-o", tmp_path / "courtyard", *QUICK, threads=2)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "courtyard" / "world.ply").read_bytes() == (world / "world.ply").read_bytes()


def test_ctrl_c_while_training_leaves_a_usable_world_that_can_be_continued(world: Path, photos: Path) -> None:
    slow = [value if value != "60" else "100000" for value in QUICK]
    command = [sys.executable, "-m", "worldloom.app.cli", "reconstruct", str(photos), "-o", str(world), *slow]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    checkpoint = world / "work" / "train" / "preview.jpg"
    begun = time.time()
    while not (checkpoint.exists() and checkpoint.stat().st_mtime > begun):
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    printed, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, complaints
    assert "stopped early" in printed
    assert len(worlds.load(world).gaussians()) > 100
    assert json.loads((world / "report.json").read_text())["finished"] is False
    assert (world / "work" / "train" / "checkpoint.safetensors").exists()
    assert not (world / "work" / "train" / "done.json").exists(), "the next run continues it"


def test_a_kill_leaves_the_last_checkpoint_usable(photos: Path, world: Path, tmp_path: Path) -> None:
    shutil.copytree(world, tmp_path / "w", ignore=shutil.ignore_patterns("train"))  # everything before training is done
    slow = [value if value != "60" else "100000" for value in QUICK] + ["--set", "train.checkpoint_seconds=0.3"]
    command = [sys.executable, "-m", "worldloom.app.cli", "reconstruct", str(photos), "-o", str(tmp_path / "w"), *slow]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    checkpoint = tmp_path / "w" / "work" / "train" / "checkpoint.safetensors"
    while not checkpoint.exists():
        assert process.poll() is None
        time.sleep(0.1)
    time.sleep(1.5)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    from worldloom.reconstruct.checkpoint import load_checkpoint

    clock, splats, *_ = load_checkpoint(checkpoint)
    assert clock.step > 0 and len(splats) > 100


def test_no_holdout_trains_on_everything(world: Path, photos: Path) -> None:
    done = run("reconstruct", photos, "-o", world, *QUICK, "--no-holdout")
    assert done.returncode == 0, done.stderr
    report = json.loads((world / "report.json").read_text())
    assert report["held_out"] is False and len(report["views"]) == 12


def test_a_point_cloud_becomes_a_world(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    lines = [f"{x} 0 {z} 200 100 50" for x, z in generator.random((500, 2))]
    header = "ply\nformat ascii 1.0\nelement vertex 500\n" + "".join(f"property float {axis}\n" for axis in "xyz")
    header += "".join(f"property uchar {color}\n" for color in ("red", "green", "blue")) + "end_header\n"
    (tmp_path / "scan.ply").write_text(header + "\n".join(lines) + "\n")
    done = run("reconstruct", tmp_path / "scan.ply", "-o", tmp_path / "w")
    assert done.returncode == 0, done.stderr
    assert len(worlds.load(tmp_path / "w").gaussians()) == 500


def test_bad_input_is_one_sentence(tmp_path: Path, photos: Path) -> None:
    out = tmp_path / "w"
    complains("reconstruct", tmp_path / "missing", "-o", out, naming="missing does not exist")
    (tmp_path / "empty").mkdir()
    complains("reconstruct", tmp_path / "empty", "-o", out, naming="empty")
    complains("reconstruct", photos, "-o", out, "--preset", "best", naming="draft, standard, high")
    complains("reconstruct", photos, "-o", out, "--set", "train.speed=9", naming="train.speed")
    complains("reconstruct", photos, "-o", out, "--set", "train.iterations=many", naming="train.iterations")
    complains("reconstruct", photos, "-o", out, "--set", "train.iterations", naming="stage.field=value")
    complains("reconstruct", photos, "-o", out, "--only", "think", naming="collect, select")
    complains("reconstruct", photos, "-o", photos / "courtyard_01.jpg", naming="is a file")
    complains("convert", tmp_path / "nothing.ply", tmp_path / "a.glb", naming="nothing.ply")
    complains("info", tmp_path / "empty", naming="world.json")
    complains("view", tmp_path / "empty", naming="world.json")
    assert not list(out.glob("world.*"))


def test_usage_errors_have_status_2_and_no_traceback() -> None:
    done = run("reconstruct")
    assert done.returncode == 2 and "Traceback" not in done.stderr and "INPUT" in done.stderr


def test_help_answers_before_torch_is_loaded() -> None:
    script = "import sys; sys.argv = ['worldloom', '--help']\nfrom worldloom.app.cli import main\n"
    script += "try:\n main()\nexcept SystemExit:\n pass\nassert not {'torch', 'cv2', 'pycolmap'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "reconstruct" in done.stdout


def test_reconstructs_help_reads_well() -> None:
    text = run("reconstruct", "--help").stdout
    for words in ("INPUT", "--preset", "--resume", "--no-holdout", "--set", "draft"):
        assert words in text


def test_every_option_is_listed_with_what_it_is() -> None:
    text = told("options", "--preset", "draft")
    for name in ("collect.masks", "pose.max_features", "train.strategy.noise", "initialise.sweep.planes"):
        assert name in text


def test_convert_info_and_render(tmp_path: Path) -> None:
    export.write(random_gaussians(40, 2), tmp_path / "a.ply")
    done = run("convert", tmp_path / "a.ply", tmp_path / "a.glb")
    assert done.returncode == 0 and "40 Gaussians" in done.stdout
    assert "SH degree 2" in told("info", tmp_path / "a.glb")
    told(
        "render", tmp_path / "a.glb", tmp_path / "a.png", "--size", "64x48", "--position", "0,0,6", "--look-at", "0,0,0"
    )
    pixels = np.asarray(Image.open(tmp_path / "a.png"))
    assert pixels.shape == (48, 64, 3) and pixels.max() > 50
    complains("render", tmp_path / "a.glb", tmp_path / "a.png", "--size", "wide", naming="--size wide")
    complains("render", tmp_path / "a.glb", tmp_path / "a.xyz", naming="a.xyz")
