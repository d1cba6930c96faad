"""Our own depth network: its views, its training and export, and the weights that are shipped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from worldloom.generate.depth.augment import varied
from worldloom.generate.depth.estimator import WEIGHTS, OwnDepth, network_size
from worldloom.generate.depth.export import LARGEST, export_float, export_int8
from worldloom.generate.depth.loss import depth_loss
from worldloom.generate.depth.measure import errors, plane, score, usual_rows
from worldloom.generate.depth.network import DepthNetwork
from worldloom.generate.depth.scenes import random_spec
from worldloom.generate.depth.shards import HELD_OUT, load_shards, render_shards
from worldloom.generate.depth.snap import snapped
from worldloom.generate.depth.train import Settings, predict, train
from worldloom.generate.depth.views import HEIGHT, WIDTH, Views, views_of
from worldloom.generate.make import from_spec
from worldloom.scene.errors import FormatError, InvalidDataError

SMALL = 45_000
"""Gaussians of the scenes of these tests."""


@dataclass(frozen=True)
class Rendered:
    folder: Path
    views: Views


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Views of a house."""
    folder = tmp_path_factory.mktemp("views")
    render_shards(folder, [30], views=7, gaussians=SMALL)
    return Rendered(folder, load_shards(folder))


def test_specs_are_of_their_seed_and_of_every_kind() -> None:
    assert random_spec(5) == random_spec(5)
    assert random_spec(5) != random_spec(6)
    assert {random_spec(seed).kind for seed in range(60)} == {"landscape", "town", "interior", "island", "cave"}


def test_views_are_pictures_with_depth_from_free_space(rendered: Rendered) -> None:
    rgb, inverse = rendered.views.rgb, rendered.views.inverse.astype(np.float32)
    assert rgb.shape[1:] == (HEIGHT, WIDTH, 3)
    assert inverse.shape == (len(rgb), HEIGHT // 2, WIDTH // 2)
    assert len(rgb) >= 5
    for picture, depth in zip(rgb, inverse):
        assert picture.std() >= 12
        assert np.isfinite(depth).all() and depth.min() >= 0
        assert (depth > 2.5).mean() < 0.02
        assert (depth == 0).mean() < 0.2  # indoors there are walls around


def test_the_same_seed_gives_the_same_views() -> None:
    world = from_spec(random_spec(30, SMALL)).world
    once, again, other = views_of(world, 1, 2), views_of(world, 1, 2), views_of(world, 2, 2)
    assert once.rgb.tobytes() == again.rgb.tobytes() and once.inverse.tobytes() == again.inverse.tobytes()
    assert once.rgb.tobytes() != other.rgb.tobytes()


def test_shards_are_rendered_once_and_held_out_ones_kept_apart(rendered: Rendered, tmp_path: Path) -> None:
    path = next(rendered.folder.glob("scene_*.npz"))
    (tmp_path / f"scene_{HELD_OUT:07d}.npz").write_bytes(path.read_bytes())
    assert render_shards(tmp_path, [HELD_OUT]) == len(load_shards(tmp_path, held_out=True).rgb)
    with pytest.raises(InvalidDataError, match="holds no views"):
        load_shards(tmp_path)
    (tmp_path / "scene_0000001.npz").write_bytes(b"nonsense")
    with pytest.raises(FormatError, match="delete it"):
        load_shards(tmp_path)


def test_variations_keep_picture_and_depth_together() -> None:
    """A bright square stands out in the depth at the same place, however the view is cropped and mirrored."""
    rgb = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    inverse = np.full((HEIGHT // 2, WIDTH // 2), 0.1, np.float32)
    rgb[80:120, 90:140], inverse[40:60, 45:70] = 220, 1.0
    for number in range(12):
        picture, depth = varied(rgb, inverse, 128, 96, np.random.default_rng(number))
        assert picture.shape == (96, 128, 3) and depth.shape == (48, 64)
        assert set(np.unique(depth)) <= {np.float32(0.1), np.float32(1.0)}
        near = np.kron(depth > 0.5, np.ones((2, 2))) > 0
        light = picture.astype(np.float32).mean(axis=2)
        assert np.median(light[near]) > np.median(light[~near]) + 20


def test_loss_minds_neither_scale_nor_shift_but_shape() -> None:
    true = torch.rand(2, 1, 24, 32, generator=torch.Generator().manual_seed(0))
    assert depth_loss(true * 7 - 3, true) < 1e-4
    assert depth_loss(-true, true) > 1
    assert depth_loss(true.flip(3), true) > depth_loss(true + 0.02 * true.flip(3), true)


def test_errors_are_those_worked_out_by_hand() -> None:
    true = np.array([[0.5, 0.25], [0.2, 0.1]], np.float32)
    assert errors(true * 3 + 1, true) == pytest.approx((0, 1), abs=1e-5)
    constant = errors(np.zeros_like(true), true)  # all at the mean of 0.2625
    ratio = true / 0.2625
    assert constant[0] == pytest.approx(np.abs(ratio - 1).mean(), abs=1e-4)
    assert constant[1] == pytest.approx(0.25)
    fine = np.kron(true, np.ones((2, 2))).astype(np.float32)
    assert errors(fine, true) == pytest.approx((0, 1), abs=1e-5)


@pytest.mark.slow
def test_training_learns_resumes_and_exports(rendered: Rendered, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    for path in rendered.folder.glob("scene_*.npz"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    tiny = Settings(batch=4, width=64, height=64, pretrained=False, steps=3)
    before = train(tmp_path, tiny)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert (state["steps"], state["seen"]) == (3, 12)
    after = train(tmp_path, Settings(batch=4, width=64, height=64, pretrained=False, steps=4))
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["steps"] == 4
    changed = [not torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters())]
    assert all(changed)

    target = tmp_path / "weights.onnx"
    network = after.eval()
    assert export_int8(network, rendered.views.rgb, target) == target.stat().st_size < LARGEST
    picture = rendered.views.rgb[0]
    assert OwnDepth(target).estimate(picture).shape == picture.shape[:2]

    import onnxruntime

    export_float(network, tmp_path / "float.onnx")
    feed = {"rgb": picture.transpose(2, 0, 1)[None].astype(np.float32)}
    session = onnxruntime.InferenceSession(str(tmp_path / "float.onnx"), providers=["CPUExecutionProvider"])
    exported = session.run(None, feed)[0]
    assert np.abs(np.asarray(exported)[0, 0] - predict(network, picture)).max() < 1e-3


def test_coarse_depth_jumps_where_the_picture_does() -> None:
    rgb = np.full((240, 320, 3), 40, np.uint8)
    rgb[:, 165:] = 200
    ramp = np.array([0.3, 0.5, 0.7])
    coarse = np.repeat(np.concatenate([np.zeros(46), ramp, np.ones(47)])[None].astype(np.float32), 64, axis=0)
    fine = snapped(coarse, rgb)
    assert fine.shape == (240, 320)
    assert fine[20:-20, :158].max() < 0.4 and fine[20:-20, 170:].min() > 0.6
    assert np.abs(np.diff(fine[120])).max() > 0.5  # what took a dozen pixels is one step


def test_a_few_steps_on_one_picture_lower_the_loss(rendered: Rendered) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = DepthNetwork()
    rgb = torch.from_numpy(rendered.views.rgb[:2, ::3, ::2][:, :64, :128].copy()).permute(0, 3, 1, 2).float()
    inverse = torch.from_numpy(rendered.views.inverse[:2, ::3, ::2].astype(np.float32))[:, None]
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    losses = []
    for _ in range(12):
        loss = depth_loss(network(rgb), inverse)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.9 * losses[0]


def test_the_shipped_weights_are_small_and_take_every_shape() -> None:
    assert WEIGHTS.stat().st_size < LARGEST
    own = OwnDepth()
    assert own.gives == "inverse"
    for height, width in ((1, 1), (37, 501), (600, 33), (240, 321)):
        picture = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
        inverse = own.estimate(picture)
        assert inverse.shape == (height, width) and inverse.dtype == np.float32
        assert np.isfinite(inverse).all()
    assert network_size(4000, 3000) == (192, 128)
    assert network_size(300, 100) == (256, 96)
    with pytest.raises(InvalidDataError, match="expected"):
        own.estimate(np.zeros((4, 4), np.uint8))


@pytest.mark.slow
def test_the_shipped_weights_know_more_than_rows() -> None:
    """In a scene of a seed that no training takes, rendered anew."""
    seed = HELD_OUT + 5_005
    seen = views_of(from_spec(random_spec(seed, SMALL)).world, seed, 10)
    views = list(zip(seen.rgb, seen.inverse.astype(np.float32)))
    assert len(views) >= 8
    rows = usual_rows(np.stack([inverse for _, inverse in views]))  # of these very views: a hard baseline
    by_rows = score(lambda rgb: np.repeat(rows[:, None], WIDTH // 2, axis=1), views)
    by_plane = score(plane, views)
    ours = score(OwnDepth().estimate, views)
    assert ours.abs_rel < 0.85 * min(by_rows.abs_rel, by_plane.abs_rel)
    assert ours.delta_1 > max(by_rows.delta_1, by_plane.delta_1) + 0.05
