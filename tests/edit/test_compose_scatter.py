"""Copies scattered over a surface."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from tests.edit.composing import Shelf, empty
from tests.edit.worlds import garden
from worldloom import export
from worldloom.edit.state import EditState
from worldloom.scene.errors import InvalidDataError, WorldloomError

SLOPE = math.radians(20)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def meadow(shelf: Shelf) -> EditState:
    """A slope of 8 m that rises towards +X, and a post of 0.1 x 0.5 x 0.1 m beside it."""
    turn = {"rotation": [math.cos(SLOPE / 2), 0, 0, math.sin(SLOPE / 2)]}
    state = shelf.do(empty(), "m", op="insert_solid", shape="plane", size=[8, 1, 8], place=turn).state
    post = {"shape": "box", "size": [0.1, 0.5, 0.1], "place": {"position": [20, 0, 0]}}
    return shelf.do(state, "p", op="insert_solid", **post).state


ON_MEADOW = {"what": {"by": "layer", "names": ["box"]}, "over": {"by": "layer", "names": ["plane"]}}


def feet(state: EditState) -> torch.Tensor:
    """(M, 3) the middle of each copy's lowest Gaussians."""
    part = state.parts[-1]
    size = len(state.part("box"))
    copies = part.world_means.reshape(-1, size, 3)
    lowest = state.part("box").world_means[:, 1] < 0.02
    return copies[:, lowest].mean(dim=1)


def test_copies_stand_apart_on_the_surface(shelf: Shelf, meadow: EditState) -> None:
    wish = {"op": "scatter", "density": 2.0, "spacing": 0.4, "scale": [1, 1], "most": 60, "seed": 4}
    done = shelf.do(meadow, **wish, **ON_MEADOW)
    assert done.figures is not None
    places = feet(done.state)
    assert len(places) == 60 == done.figures["copies"]
    gaps = torch.cdist(places, places) + 10 * torch.eye(60)
    assert float(gaps.min()) > 0.38
    assert float((places[:, 1] - places[:, 0] * math.tan(SLOPE)).abs().max()) < 0.06
    assert float(places[:, [0, 2]].abs().max()) < 4.1
    assert float(places[:, 0].std()) > 1.5, "all over it"
    again = shelf.do(meadow, **wish, **ON_MEADOW)
    other = shelf.do(meadow, **{**wish, "seed": 5}, **ON_MEADOW)
    assert done.state.digest() == again.state.digest() != other.state.digest()


def test_density_tells_how_many(shelf: Shelf, meadow: EditState) -> None:
    for density in (0.2, 1.0):
        done = shelf.do(meadow, op="scatter", density=density, spacing=0.1, **ON_MEADOW)
        assert done.figures is not None
        assert abs(done.figures["area"] - 64 * math.cos(SLOPE)) < 9
        assert abs(done.figures["copies"] - density * 60) < 0.2 * density * 60


def test_they_keep_clear_of_each_other_and_say_when_there_is_no_room(shelf: Shelf, meadow: EditState) -> None:
    done = shelf.do(meadow, op="scatter", density=50, spacing=1.5, most=10_000, **ON_MEADOW)
    assert done.figures is not None
    assert 15 < done.figures["copies"] < 40
    assert "apart" in done.note


@pytest.mark.parametrize("upright", [True, False])
def test_they_stand_upright_or_lean(shelf: Shelf, meadow: EditState, upright: bool) -> None:
    done = shelf.do(meadow, op="scatter", density=0.3, scale=[1, 1], upright=upright, **ON_MEADOW)
    size = len(meadow.part("box"))
    copies = done.state.parts[-1].world_means.reshape(-1, size, 3)
    top = meadow.part("box").world_means[:, 1] > 0.48
    up = torch.nn.functional.normalize(copies[:, top].mean(dim=1) - feet(done.state), dim=1)
    leaning = torch.rad2deg(torch.acos(up[:, 1].clamp(-1, 1)))
    assert float((leaning - (0 if upright else 20)).abs().max()) < 1.0


def test_sizes_and_turns_vary_as_wanted(shelf: Shelf, meadow: EditState) -> None:
    done = shelf.do(meadow, op="scatter", density=1, scale=[0.5, 2.0], spacing=0.3, **ON_MEADOW)
    size = len(meadow.part("box"))
    copies = done.state.parts[-1].world_means.reshape(-1, size, 3)
    heights = (copies[..., 1].amax(dim=1) - copies[..., 1].amin(dim=1)) / 0.5
    assert 0.49 < float(heights.min()) < 0.75
    assert 1.5 < float(heights.max()) < 2.05


def test_within_a_polygon_and_not_on_tree_tops(shelf: Shelf) -> None:
    state = shelf.do(empty(), "m", op="insert_solid", shape="plane", size=[6, 1, 6]).state
    table = {"shape": "box", "size": [1, 1.5, 1], "place": {"position": [0, 0, 0]}}
    state = shelf.do(state, "t", op="insert_solid", **table).state
    thing = shelf.do(empty(), "s", op="insert_solid", shape="sphere", size=[0.1, 0.1, 0.1]).state.parts[0]
    path = Path(shelf.blob(shelf.put(b"x"))).parent / "thing.ply"
    export.write(thing.gaussians, path)
    corners = [[-2, -2], [2, -2], [2, 2], [-2, 2]]
    blob = shelf.put(path.read_bytes())
    done = shelf.do(state, op="scatter", blob=blob, name="thing.ply", polygon=corners, density=4, scale=[1, 1])
    assert done.figures is not None
    assert done.figures["copies"] > 30
    means = done.state.parts[-1].world_means
    assert float(means[:, [0, 2]].abs().max()) < 2.06
    assert float(means[:, 1].max()) < 0.4


def test_surfaces_turn_with_their_copies(shelf: Shelf, meadow: EditState) -> None:
    layer = shelf.do(meadow, op="scatter", density=0.3, **ON_MEADOW).state.parts[-1].layer
    assert layer.surface is not None
    from worldloom.scene.geometry import shortest_axes

    same = (shortest_axes(layer.gaussians) * layer.surface.normals.float() / 127).sum(dim=1).abs()
    assert float(same.min()) > 0.97


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ({}, "say where"),
        ({"polygon": [[0, 0], [1, 1]]}, "say where"),
        ({"over": {"by": "everything"}, "polygon": [[0, 0], [1, 1], [0, 1]]}, "say where"),
        ({"over": {"by": "everything"}}, "nothing to scatter"),
        ({"over": {"by": "everything"}, "scale": [2, 1]}, "smallest"),
        ({"what": {"by": "everything"}, "polygon": [[900, 0], [901, 0], [901, 1]]}, "no surface"),
        ({"what": {"by": "everything"}, "over": {"by": "everything"}, "most": 1_000_000}, "most"),
        ({"what": {"by": "everything"}, "over": {"by": "everything"}, "density": float("inf")}, "density"),
    ],
)
def test_bad_wishes_are_refused_in_a_sentence(shelf: Shelf, wish: dict, says: str) -> None:
    with pytest.raises(WorldloomError, match=says):
        shelf.do(EditState.of(garden(), "v1"), op="scatter", **wish)


def test_too_many_gaussians_are_refused(shelf: Shelf, meadow: EditState) -> None:
    with pytest.raises(InvalidDataError, match="decimate"):
        shelf.do(meadow, op="scatter", density=1000, most=10_000, spacing=0, **ON_MEADOW)
