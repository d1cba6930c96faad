"""Layers, walks, agreement, refining, and the whole chain: on a scene with a known answer, and on real tiny models."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.generate.models.room import Filler, Measurer, Smearer, Walker, distorted, seen_from, trace
from worldloom.generate.make import from_models
from worldloom.generate.models import registry
from worldloom.generate.models.align import SphereDepth, depth_views
from worldloom.generate.models.chain import generate
from worldloom.generate.models.consistency import aligned, judge
from worldloom.generate.models.frames import camera_of
from worldloom.generate.models.inputs import ChainModels, ChainSettings, Start, load_models
from worldloom.generate.models.interfaces import DepthMap, Masks, Model
from worldloom.generate.models.layers import find_hidden, sky_gaussians, snap_edges, surface_gaussians
from worldloom.generate.models.lifter import LayeredLift, lift_layers, measure
from worldloom.generate.models.panorama import default_views
from worldloom.generate.models.paths import free_way, plan_paths
from worldloom.generate.models.refine import Target, refine
from worldloom.generate.models.result import ModelWorld
from worldloom.generate.sphere import TangentView, directions_of, look_up
from worldloom.render import rasterize
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.geometry import merge
from worldloom.scene.world import load as load_world
from worldloom.scene.world import save as save_world

HEIGHT = 128
INTRINSICS = np.array([[80.0, 0, 60], [0, 80, 45], [0, 0, 1]])
SMALL = ChainSettings(
    panorama_height=HEIGHT,
    depth_size=64,
    walks=2,
    frames=9,
    frame_width=120,
    frame_height=90,
    judged=8,
    refine_steps=40,
)


@pytest.fixture(scope="module")
def known() -> tuple[np.ndarray, SphereDepth]:
    distance, solid, colour = trace(directions_of(HEIGHT))
    return colour, SphereDepth(np.where(solid, distance, 0).astype(np.float32), solid, True, 0.0)


def _pose(position: tuple[float, float, float] = (0, 0, 0), yaw: float = 0) -> np.ndarray:
    pose = np.eye(4)
    pose[:3, :3] = TangentView(yaw, 0, 75, 8, 8).rotation
    pose[:3, 3] = position
    return pose


def _psnr(made: np.ndarray, wanted: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((made - wanted.astype(float) / 255) ** 2)))


def _render(gaussians, pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    made = rasterize(gaussians, camera_of(pose, INTRINSICS, 120, 90), engine="cpu")
    assert made.rgb is not None
    assert made.alpha is not None
    return made.rgb[0].numpy(), made.alpha[0, ..., 0].numpy()


def test_layers_look_like_the_panorama_and_hold_when_stepping_aside(known: tuple[np.ndarray, SphereDepth]) -> None:
    colour, depth = known
    hidden = find_hidden(depth.distance, depth.valid, step=0.6)
    behind = surface_gaussians(colour, hidden.distance, hidden.mask)
    sky = sky_gaussians(colour, ~depth.valid, 400.0)
    seen = surface_gaussians(colour, depth.distance, depth.valid)
    whole = merge([seen, behind, sky])
    made, alpha = _render(whole, _pose())
    assert alpha.min() > 0.9
    assert _psnr(made, seen_from(INTRINSICS, _pose(), 90, 120)[0]) > 23.5
    aside = _pose((0.4, 0, 0))
    _, alpha = _render(whole, aside)
    assert (alpha < 0.5).mean() < 0.002, "no holes"
    _, alpha = _render(merge([seen, sky]), aside)
    assert (alpha < 0.5).mean() > 0.01, "without what is behind there would be"


def test_hidden_surfaces_continue_the_far_side(known: tuple[np.ndarray, SphereDepth]) -> None:
    _, depth = known
    hidden = find_hidden(depth.distance, depth.valid, step=0.6)
    rays = directions_of(HEIGHT)
    to_ball = np.array([0.6, -0.3, -2.2]) / np.linalg.norm([0.6, -0.3, -2.2])
    on_ball = (rays @ to_ball) > np.cos(np.arcsin(0.5 / np.linalg.norm([0.6, -0.3, -2.2])))
    assert hidden.mask[on_ball].mean() > 0.6, "behind the ball"
    assert (hidden.mask & ~on_ball & depth.valid).mean() < 0.01, "and nowhere else"
    assert (hidden.distance[hidden.mask] > 1.2 * depth.distance[hidden.mask]).all()
    assert np.median(hidden.distance[hidden.mask]) > 4, "the far wall and the floor before it"
    none = find_hidden(depth.distance, depth.valid, step=0.0)
    assert not none.mask.any()


def test_blurred_edges_are_cut() -> None:
    import cv2

    exact = trace(directions_of(HEIGHT))[0]  # a room with a ceiling
    blurred = cv2.blur(exact, (3, 3))
    snapped = snap_edges(blurred, np.ones_like(exact, bool))
    edge = cv2.dilate(exact, np.ones((3, 3))) > 1.5 * cv2.erode(exact, np.ones((3, 3)))

    def on_a_surface(found: np.ndarray) -> float:
        beside = [np.roll(exact, (down, right), (0, 1)) for down in (-2, -1, 0, 1, 2) for right in (-2, -1, 0, 1, 2)]
        gap = np.min([np.abs(np.log(found / one)) for one in beside], axis=0)
        return float((gap[edge] < 0.05).mean())

    assert on_a_surface(blurred) < 0.5
    assert on_a_surface(snapped) > 0.9
    flat = np.full_like(blurred, 3.0)
    assert np.array_equal(snap_edges(flat, np.ones_like(flat, bool)), flat)


def test_walks_go_where_it_is_free(known: tuple[np.ndarray, SphereDepth]) -> None:
    _, depth = known
    free = free_way(depth)
    assert free[180] == pytest.approx(6.0, rel=0.1), "the back wall"
    assert free[90] == pytest.approx(3.0, rel=0.1), "the right wall"
    assert free[15] < 2.3, "the ball is in the way"
    walks = plan_paths(depth, count=3, frames=9, width=120, height=90)
    assert len(walks) == 3
    for walk in walks:
        poses = walk.camera_to_world
        assert poses.shape == (9, 4, 4)
        assert np.allclose(poses[0, :3, 3], 0)
        assert np.allclose(poses[:, :3, :3], walk.view.rotation)
        gone = poses[-1, :3, 3]
        assert 0.1 < np.linalg.norm(gone) < 4.01
        distance = trace(gone[None] / np.linalg.norm(gone))[0][0]
        assert np.linalg.norm(gone) < 0.75 * distance
    closed = SphereDepth(np.full_like(depth.distance, 0.15), np.ones_like(depth.valid), True, 0)
    assert plan_paths(closed, count=3, frames=9, width=120, height=90) == ()


def test_depth_of_a_frame_is_brought_to_the_worlds_scale() -> None:
    pose = _pose((0.5, 0, -0.5))
    _, exact = seen_from(INTRINSICS, pose, 90, 120)
    rendered = exact.depth.copy()
    rendered[:20, :40] *= 3  # a part of the world is wrong
    found = aligned(distorted(exact, 0.7), rendered)
    assert np.median(np.abs(found[exact.valid] / exact.depth[exact.valid] - 1)) < 0.01
    upside_down = DepthMap(1 / np.maximum(exact.depth, 0.1), exact.valid, False, True)
    assert not aligned(upside_down, exact.depth).any(), "near where it is far: no scale fits"


@pytest.mark.parametrize(
    ("wrong", "kept"),
    [("", True), ("dimmed", True), ("turned", False), ("moved", False), ("mirrored", False), ("flat", False)],
)
def test_frames_that_disagree_are_rejected(known: tuple[np.ndarray, SphereDepth], wrong: str, kept: bool) -> None:
    colour, depth = known
    claimed = _pose((-0.5, 0, -0.6), yaw=5)
    real = {"turned": _pose((-0.5, 0, -0.6), yaw=40), "moved": _pose((1.8, 0, 2.5), yaw=5)}.get(wrong, claimed)
    picture, exact = seen_from(INTRINSICS, real, 90, 120)
    _, there = seen_from(INTRINSICS, claimed, 90, 120)
    found = distorted(exact, 0.3)
    if wrong == "mirrored":
        picture = np.ascontiguousarray(picture[:, ::-1])
        found = replace(found, depth=found.depth[:, ::-1].copy(), valid=found.valid[:, ::-1].copy())
    if wrong == "dimmed":
        picture = (picture * 0.85).astype(np.uint8)
    if wrong == "flat":
        found = replace(found, depth=np.ones_like(found.depth), valid=np.ones_like(found.valid))
    verdict = judge(picture, found, there.depth, INTRINSICS, claimed, colour, depth)
    assert verdict.kept == kept, verdict
    if kept:
        assert verdict.consistent > 0.9
        assert verdict.usable.mean() > 0.95


def test_refining_comes_closer_and_keeps_the_order(known: tuple[np.ndarray, SphereDepth]) -> None:
    colour, depth = known
    dull = (colour * 0.85).astype(np.uint8)
    start = surface_gaussians(dull, depth.distance, depth.valid)
    poses = [_pose(yaw=yaw) for yaw in (0, 90, 180, 270)]
    pictures = [seen_from(INTRINSICS, pose, 90, 120) for pose in poses]
    targets = [
        Target(camera_of(pose, INTRINSICS, 120, 90), picture, found.valid)
        for pose, (picture, found) in zip(poses, pictures)
    ]
    better = refine(start, targets, steps=300, seed=1, engine="cpu")
    assert len(better) == len(start)
    assert float((better.means - start.means).norm(dim=1).max()) < 0.5

    def loss(gaussians) -> float:
        errors = [
            np.abs(_render(gaussians, pose)[0] - picture / 255.0)[found.valid].mean()
            for pose, (picture, found) in zip(poses, pictures)
        ]
        return float(np.mean(errors))

    assert loss(better) < 0.5 * loss(start)
    again = refine(start, targets, steps=300, seed=1, engine="cpu")
    assert all(torch.equal(one, two) for one, two in zip(better.tensors, again.tensors))
    with pytest.raises(InvalidDataError, match="at least one picture"):
        refine(start, [], steps=1, seed=1)


def _room_models(wrong: tuple[int, ...] = (4, 5)) -> ChainModels:
    measurer = Measurer(depth_views(SMALL.depth_size))

    class ThenSmear(Filler):
        def fill(self, image: np.ndarray, mask: np.ndarray, prompt: str, *, seed: int) -> np.ndarray:
            filler = super() if vars(self)["left"] else Smearer()
            return filler.fill(image, mask, prompt, seed=seed)

    return ChainModels(ThenSmear(default_views(HEIGHT // 2), tint=10), measurer, views=Walker(measurer, wrong))


@pytest.fixture(scope="module")
def room_world(tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelWorld, Path]:
    folder = tmp_path_factory.mktemp("room")
    image = look_up(trace(directions_of(HEIGHT))[2], TangentView(0, 0, 80, 96, 96).rays())
    made = generate(Start("a room", image=image), _room_models(), folder, seed=1, settings=SMALL, engine="cpu")
    return made, folder


def test_the_chain_rebuilds_a_known_scene(room_world: tuple[ModelWorld, Path]) -> None:
    made, _ = room_world
    distance, solid, colour = trace(directions_of(HEIGHT))
    both = solid & made.depth.valid
    assert np.median(np.abs(made.depth.distance[both] / distance[both] - 1)) < 0.02
    assert np.abs(made.panorama.astype(float) - colour).mean() < 5
    eye = made.world.spawn.position[1]
    assert eye == pytest.approx(1.6, abs=0.05), "the origin is on the ground"
    gaussians = made.world.gaussians()
    for position, least in (((0.0, 0.0, 0.0), 23.0), ((-0.4, 0.1, -0.3), 20.0)):
        pose = _pose(position)
        wanted, _ = seen_from(INTRINSICS, pose, 90, 120)
        pose[1, 3] += eye
        rendered, alpha = _render(gaussians, pose)
        assert _psnr(rendered, wanted) > least
        assert (alpha < 0.5).mean() < 0.01


def test_only_frames_that_agree_are_kept(room_world: tuple[ModelWorld, Path]) -> None:
    made, folder = room_world
    verdicts = json.loads(next(folder.glob("*agreement/verdicts.json")).read_text())
    assert made.frames_made == len(verdicts) == 16
    kept = {entry["frame"] for entry in verdicts if entry["kept"]}
    assert kept == {f"walk-{walk}-{index:03d}" for walk in (0, 1) for index in (1, 2, 3, 6, 7, 8)}
    assert made.frames_kept == 12


def test_the_result_says_which_models_made_it(room_world: tuple[ModelWorld, Path]) -> None:
    made, _ = room_world
    assert [(one.id, one.role) for one in made.made_by] == [
        ("room-filler", "inpainter"),
        ("room-measurer", "depth"),
        ("room-walker", "views"),
    ]
    provenance = made.world.provenance
    assert set(provenance.model_licences) == {"room-filler", "room-measurer", "room-walker"}
    assert provenance.parameters["tier"] == "models"
    assert provenance.parameters["prompt"] == "a room"
    assert set(provenance.seconds) == {"panorama", "depth", "layers", "frames", "agreement", "refined"}
    assert provenance.engine.startswith("cpu")
    assert sum(one.seconds for one in made.made_by) > 0


def test_stages_leave_files_to_look_at(room_world: tuple[ModelWorld, Path]) -> None:
    _, folder = room_world
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    for name in (
        "01-panorama/panorama.png",
        "01-panorama/known.png",
        "02-depth/view-13.png",
        "02-depth/distances.png",
        "03-layers/background.png",
        "03-layers/hidden.png",
        "04-frames/walk-0/frame-000.png",
        "05-agreement/verdicts.json",
        "06-refined/0-seen.safetensors",
    ):
        assert name in found
    assert not [name for name in found if "partial" in name]


@pytest.fixture
def tiny_models(klein: Path, depth_anything: Path, sana: Path) -> ChainModels:
    return ChainModels(
        inpainter=registry.load("flux2-klein-4b-fill", str(klein), device="cpu", steps=2),
        depth=registry.load("depth-anything-v2-small", str(depth_anything)),
        text_to_image=registry.load("flux2-klein-4b", str(klein), device="cpu", steps=2),
        views=registry.load("sana-wm", str(sana), device="cpu", accept=["sana-wm"], width=128, height=64, steps=1),
    )


TINY = ChainSettings(
    panorama_height=64, depth_size=42, walks=1, frames=9, frame_width=128, frame_height=64, judged=3, refine_steps=5
)


def test_real_tiny_models_make_a_world_from_words(tiny_models: ChainModels, tmp_path: Path) -> None:
    told: list[tuple[str, float, str]] = []
    made = generate(
        Start("  a hill\n at dusk "), tiny_models, tmp_path, seed=3, settings=TINY, engine="cpu",
        progress=lambda *news: told.append(news),
    )  # fmt: skip
    stages = ["picture", "panorama", "depth", "layers", "frames", "agreement", "refined"]
    assert all(isinstance(model, Model) for model in tiny_models.taking_part())
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == stages
    assert all(0 <= share <= 1 for _, share, _ in told)
    assert made.frames_made > 0
    assert {one.id for one in made.made_by} == {
        "flux2-klein-4b", "flux2-klein-4b-fill", "depth-anything-v2-small", "sana-wm",
    }  # fmt: skip
    assert made.world.provenance.model_licences["flux2-klein-4b"] == "Apache-2.0"
    assert "Gemma" in made.world.provenance.model_licences["sana-wm"]
    assert made.world.provenance.parameters["prompt"] == "a hill at dusk"

    save_world(made.world, tmp_path / "world")
    world = load_world(tmp_path / "world")
    assert {layer.kind for layer in world.layers} <= {"generated", "sky"}
    gaussians = world.gaussians()
    assert len(gaussians) > 1000
    eye = torch.tensor(world.spawn.position)
    camera = Camera.looking_at(eye, eye + torch.tensor([0.0, 0, -1]), width=64, height=48)
    picture = rasterize(gaussians, camera, engine="cpu").rgb
    assert picture is not None
    assert bool(torch.isfinite(picture).all())
    assert float(picture.std()) > 0.01


def test_same_seed_same_world_and_nothing_done_twice(tiny_models: ChainModels, tmp_path: Path) -> None:
    settings = replace(TINY, walks=0)

    def make(folder: str, seed: int, told: Callable[..., None] | None = None, steps: int = 5) -> ModelWorld:
        chosen = replace(settings, refine_steps=steps)
        return generate(
            Start("a hill"), tiny_models, tmp_path / folder, seed=seed, settings=chosen, engine="cpu", progress=told
        )

    one, two = make("one", 1), make("two", 1)
    for a, b in zip(one.world.gaussians().tensors, two.world.gaussians().tensors):
        assert torch.equal(a, b)

    told: list[tuple[str, str]] = []
    again = make("one", 1, lambda stage, share, words: told.append((stage, words)))
    assert {words for _, words in told} == {"begun", "used again"}
    assert torch.equal(again.world.gaussians().means, one.world.gaussians().means)
    told.clear()
    make("one", 1, lambda stage, share, words: told.append((stage, words)), steps=6)
    assert ("layers", "used again") in told
    assert ("refined", "done") in told, "only what depends on what changed is done again"


def test_an_interrupted_stage_is_not_taken_for_done(known: tuple[np.ndarray, SphereDepth], tmp_path: Path) -> None:
    colour, _ = known
    settings = replace(SMALL, walks=0, refine_steps=0)
    short = Measurer(depth_views(SMALL.depth_size)[:5])
    with pytest.raises(IndexError):  # the measurer has no more views
        generate(Start(panorama=colour), ChainModels(Smearer(), short), tmp_path, settings=settings)
    whole = Measurer(depth_views(SMALL.depth_size))
    made = generate(Start(panorama=colour), ChainModels(Smearer(), whole), tmp_path, settings=settings)
    assert len(made.world.gaussians()) > 1000
    assert np.array_equal(made.panorama, colour)


def test_a_partial_panorama_is_completed(known: tuple[np.ndarray, SphereDepth], tmp_path: Path) -> None:
    colour, _ = known
    part = np.zeros(colour.shape[:2], bool)
    part[30:100, 60:200] = True
    models = ChainModels(Smearer(), Measurer(depth_views(SMALL.depth_size)))
    settings = replace(SMALL, walks=0, refine_steps=0)
    made = generate(Start(panorama=colour, known=part), models, tmp_path, settings=settings)
    assert np.array_equal(made.panorama[part], colour[part])
    assert not np.array_equal(made.panorama[~part], colour[~part])


def test_bad_input_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    models = ChainModels(Smearer(), Measurer([]))
    for start, words in (
        (Start("   "), "nothing to start from"),
        (Start("x" * 100_000), "100000 characters"),
        (Start("a hill"), "No model for pictures from words"),
        (Start(image=np.zeros((1, 1, 3), np.uint8)), "at least 16 x 16"),
        (Start(panorama=np.zeros((50, 90, 3), np.uint8)), r"expected uint8 \(H, 2H, 3\)"),
        (Start(panorama=np.zeros((50, 100, 3), np.uint8), known=np.zeros((50, 100), bool)), "not empty"),
    ):
        with pytest.raises(InvalidDataError, match=words):
            generate(start, models, tmp_path / "work")
    with pytest.raises(InvalidDataError, match="panorama_height"):
        generate(Start("a hill"), models, tmp_path / "work", settings=ChainSettings(panorama_height=7))
    assert not (tmp_path / "work").exists()


def test_words_for_the_sky_reach_the_segmenter(known: tuple[np.ndarray, SphereDepth]) -> None:
    colour, _ = known
    asked = []

    class Sky(Smearer):
        def segment(self, image: np.ndarray, *, text: str | None = None, points=(), boxes=()) -> Masks:
            asked.append(text)
            mask = np.zeros((1, *image.shape[:2]), bool)
            mask[0, : len(image) // 4] = True
            return Masks(mask, np.ones(1, np.float32))

    plain = measure(colour, Measurer(depth_views(64)), size=64)
    fewer = measure(colour, Measurer(depth_views(64)), segmenter=Sky(), size=64)
    assert set(asked) == {"sky"}
    assert fewer.valid.sum() < plain.valid.sum()


def test_lifting_is_a_backend_of_its_own(known: tuple[np.ndarray, SphereDepth]) -> None:
    colour, _ = known
    lift = registry.load("layered-lift", depth=Measurer(depth_views(64)), inpainter=Smearer())
    assert isinstance(lift, LayeredLift)
    assert len(lift.lift(colour, "a room", seed=1)) > 5000


def test_all_models_are_checked_before_any_is_loaded(
    klein: Path, depth_anything: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painters = {"text_to_image": f"flux2-klein-4b={klein}", "inpainter": f"flux2-klein-4b-fill={klein}"}
    with monkeypatch.context() as early:
        early.setattr(registry, "load", lambda *_, **__: pytest.fail("loaded too early"))
        with pytest.raises(InvalidDataError, match=r"SAM License.*hf download depth-anything"):
            load_models({**painters, "segmenter": "sam3"}, device="cpu")
        with pytest.raises(InvalidDataError, match="'sam2' is for which pixels belong to what, not for how far"):
            load_models({**painters, "depth": "sam2"}, device="cpu")
        with pytest.raises(InvalidDataError, match="no part for 'poet'"):
            load_models({**painters, "poet": "sam2"}, device="cpu")
    chosen = {**painters, "depth": f"depth-anything-v2-small={depth_anything}", "panorama": "outpainting"}
    models = load_models(chosen, device="cpu")
    assert [model.card.id for model in models.taking_part()] == [
        "flux2-klein-4b", "flux2-klein-4b-fill", "depth-anything-v2-small",
    ]  # fmt: skip
    del chosen["text_to_image"]
    assert load_models(chosen, from_words=False, device="cpu").text_to_image is None
    with pytest.raises(InvalidDataError, match=r"pass text_to_image=\.\.\., inpainter="):
        registry.load("outpainting")


def test_the_models_tier_of_generate(
    klein: Path, depth_anything: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLDLOOM_MODELS_DEVICE", "cpu")
    chosen = {
        "text_to_image": f"flux2-klein-4b={klein}",
        "inpainter": f"flux2-klein-4b-fill={klein}",
        "depth": f"depth-anything-v2-small={depth_anything}",
    }
    made = from_models("a hill", [], chosen, seed=1, folder=tmp_path, gaussians=4000)
    assert "flux2-klein-4b (Apache-2.0)" in made.by
    assert 2000 < len(made.world.gaussians()) < 6000
    with pytest.raises(InvalidDataError, match="hf download"):
        from_models("a hill", [], {}, seed=1, folder=tmp_path)


@pytest.mark.parametrize("wanted", [5_000, 300_000, 5_000_000])
def test_sizes_follow_from_the_number_of_gaussians(wanted: int) -> None:
    settings = ChainSettings.of_size(wanted)
    assert 4 * settings.rows**2 / np.pi == pytest.approx(wanted, rel=0.05)
    assert settings.rows <= settings.panorama_height
    assert settings.panorama_height % 2 == settings.depth_size % 14 == 0


def test_fewer_rows_make_fewer_gaussians(known: tuple[np.ndarray, SphereDepth]) -> None:
    colour, depth = known
    full = lift_layers(colour, depth, Smearer(), "a room", seed=1)
    half = lift_layers(colour, depth, Smearer(), "a room", seed=1, rows=HEIGHT // 2)
    assert len(half.seen) == pytest.approx(len(full.seen) / 4, rel=0.05)
    assert (
        _psnr(
            _render(merge([half.seen, half.behind, half.sky]), _pose())[0], seen_from(INTRINSICS, _pose(), 90, 120)[0]
        )
        > 20
    )
