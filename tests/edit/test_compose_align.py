"""Two captures of one place brought together."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from tests.edit.composing import Shelf
from tests.edit.worlds import editing
from worldloom.assets.samples import SAMPLES, load
from worldloom.edit.compose.aligning import Verdict
from worldloom.edit.compose.matching import Similarity, umeyama
from worldloom.edit.state import EditState
from worldloom.scene.errors import ConflictError, InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform, transform
from worldloom.scene.world import Layer, World


@pytest.fixture(scope="module")
def courtyard() -> Gaussians:
    """Every fifth Gaussian of the middle of the sample."""
    sample = next(sample for sample in SAMPLES if sample.name == "courtyard")
    whole = load(sample).layers[0].gaussians
    near = whole.means[:, [0, 2]].norm(dim=1) < 9
    return whole[torch.nonzero(near)[:, 0][::5]]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def turned(degrees: float, tilt: float, scale: float, shift: tuple[float, float, float]) -> Transform:
    turn = Rotation.from_rotvec([math.radians(tilt), 0, 0]) * Rotation.from_rotvec([0, math.radians(degrees), 0])
    x, y, z, w = turn.as_quat().tolist()
    return Transform(shift, (w, x, y, z), scale)


def two(first: Gaussians, second: Gaussians, by: Transform) -> EditState:
    """Two layers, the second one moved in its own rows."""
    layers = (Layer("a", first), Layer("b", transform(second, by)))
    return EditState.of(World("Two", layers), "v1")


def test_a_part_of_a_place_finds_where_it_belongs(shelf: Shelf, courtyard: Gaussians) -> None:
    part = courtyard[courtyard.means[:, 0] < 2.0]
    part = part[torch.arange(0, len(part), 2)]
    noise = torch.randn(part.means.shape, generator=torch.Generator().manual_seed(0)) * 0.01
    other = replace(part, means=part.means + noise, sh=part.sh * 0.9 + 0.1)
    state = two(courtyard, other, turned(130, 20, 0.8, (4, 1, -7)))
    done = shelf.do(state, op="align", move=["b"], onto=["a"])
    residual = (done.state.part("b").world_means - part.means).norm(dim=1).square().mean().sqrt()
    assert float(residual) < 0.05
    assert done.figures is not None
    assert abs(done.figures["scale"] - 1 / 0.8) < 0.01
    assert done.figures["overlap"] > 0.6
    assert 0 < done.figures["rms"] < 0.2
    assert 0 < done.figures["inliers"] <= 1
    assert done.count == len(part)
    assert "lies on the other" in done.note
    assert done.state.part("a") is state.part("a")


def test_what_lies_closely_is_chosen_although_walls_elsewhere_overlap_more() -> None:
    """As measured on two halves of a living room: where they belong, and three metres along a wall."""
    here = Similarity(np.eye(3), np.zeros(3), 1.0)
    belongs = Verdict(here, overlap=0.490, rms=0.020, reach=0.178, colour=0.985, hold=0.092, agreeing=0.019)
    elsewhere = Verdict(here, overlap=0.614, rms=0.053, reach=0.178, colour=0.756, hold=0.118, agreeing=0.038)
    assert belongs.good and belongs.very_good
    assert elsewhere.good and not elsewhere.very_good
    assert belongs.score > 1.15 * elsewhere.score


def test_without_scaling_sizes_stay_and_a_replay_gives_the_same_bytes(shelf: Shelf, courtyard: Gaussians) -> None:
    part = courtyard[courtyard.means[:, 2] > -3.0]
    state = two(courtyard, part, turned(-70, 10, 1.0, (4, 1, -7)))
    done, again = (shelf.do(state, op="align", move=["b"], onto=["a"], scaled=False) for _ in range(2))
    assert again.state.digest() == done.state.digest()
    assert done.figures is not None
    assert abs(done.figures["scale"] - 1) < 1e-9
    assert float((done.state.part("b").world_means - part.means).norm(dim=1).max()) < 0.1


def test_another_place_is_refused_and_nothing_moves(shelf: Shelf, courtyard: Gaussians) -> None:
    sample = next(sample for sample in SAMPLES if sample.name == "island")
    island = load(sample).layers[0].gaussians
    island = island[torch.arange(0, len(island), 12)]
    by = Transform(scale=float(courtyard.means.std() / island.means.std()))
    state = two(courtyard, island, by)
    before = state.digest()
    with pytest.raises(ConflictError, match="don't agree"):
        shelf.do(state, op="align", move=["b"], onto=["a"], scaled=False)
    assert state.digest() == before


def test_a_bare_plane_is_refused_since_it_could_slide(shelf: Shelf) -> None:
    generator = torch.Generator().manual_seed(1)

    def plane() -> Gaussians:
        means = torch.rand(4000, 3, generator=generator) * torch.tensor([10.0, 0.0, 10.0])
        quats = torch.tensor([1.0, 0, 0, 0]).repeat(4000, 1)
        return Gaussians(means, quats, torch.full((4000, 3), -3.0), torch.full((4000,), 3.0), torch.zeros(4000, 1, 3))

    with pytest.raises(ConflictError, match="don't agree"):
        shelf.do(two(plane(), plane(), turned(40, 0, 1, (1, 0, 2))), op="align", move=["b"], onto=["a"], scaled=False)


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({"move": ["house"], "onto": ["house"]}, "itself"),
        ({"move": ["car"], "onto": ["house"]}, "no layer 'car'"),
        ({"move": [], "onto": ["house"]}, "move"),
        ({"move": ["house"], "onto": ["sky"]}, "too few"),
    ],
)
def test_bad_wishes_are_refused_in_a_sentence(shelf: Shelf, wish: dict, says: str) -> None:
    with pytest.raises(InvalidDataError, match=says):
        shelf.do(editing(), op="align", **wish)


def test_similarities_are_found_in_closed_form() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50, 4, 3))
    turn = Rotation.from_quat(rng.normal(size=(50, 4))).as_matrix()
    scale, shift = rng.uniform(0.5, 2, 50), rng.normal(size=(50, 3))
    moved = scale[:, None, None] * np.einsum("hij,hnj->hni", turn, points) + shift[:, None]
    found = umeyama(points, moved)
    np.testing.assert_allclose(found[0], turn, atol=1e-9)
    np.testing.assert_allclose(found[1], shift, atol=1e-9)
    np.testing.assert_allclose(found[2], scale, atol=1e-9)
