"""Lamps, and the light that they throw."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.edit.composing import Shelf, empty
from worldloom.edit.state import EditState
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import sh0_to_rgb


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def floor(shelf: Shelf, *, known: bool) -> EditState:
    """A dark floor of 6 m, with or without a known surface, and a wall across it at x = 1."""
    floor = {"shape": "plane", "size": [6, 1, 6], "colour": [0.2, 0.2, 0.2]}
    state = shelf.do(empty(), "f", op="insert_solid", **floor).state
    wall = {"shape": "box", "size": [0.2, 2, 6], "colour": [0.2, 0.2, 0.2], "place": {"position": [1, 0, 0]}}
    state = shelf.do(state, "w", op="insert_solid", **wall).state
    if known:
        return state
    from dataclasses import replace

    return state.with_parts(replace(part, layer=replace(part.layer, surface=None)) for part in state.parts)


def shown(state: EditState, name: str = "plane") -> torch.Tensor:
    return sh0_to_rgb(state.part(name).gaussians.sh[:, 0])


@pytest.mark.parametrize("known", [True, False])
def test_a_lamp_lights_what_is_near_and_in_sight(shelf: Shelf, known: bool) -> None:
    state = floor(shelf, known=known)
    done = shelf.do(state, op="insert_light", place={"position": [-0.5, 0.8, 0]}, colour=[1, 0.2, 0.2], reach=3)
    gain = shown(done.state) - shown(state)
    means = state.part("plane").world_means
    away = (means - torch.tensor([-0.5, 0.86, 0.0])).norm(dim=1)
    under = (away < 1.0) & (means[:, 0] < 0.8)
    assert float(gain[under, 0].mean()) > 0.1
    assert float(gain[under, 0].mean()) > 3 * float(gain[under, 2].mean()), "in its colour"
    far = (away > 1.6) & (away < 2.2) & (means[:, 0] < 0.7)
    assert 0 < float(gain[far, 0].mean()) < 0.5 * float(gain[under, 0].mean()), "less with distance"
    assert float(gain[away > 3].abs().max()) < 1e-6, "nothing beyond its reach"
    behind = (means[:, 0] > 1.4) & (away < 2.5) & (means[:, 1] < 0.1)
    assert float(gain[behind, 0].mean()) < 0.1 * float(gain[far, 0].mean()), "nor behind the wall"
    assert done.count > 0
    assert done.state.part("lamp").layer.surface is not None
    surface = done.state.part("plane").layer.surface
    if known:
        assert surface is not None
        assert int(surface.lamplight[under].max()) > 50
    else:
        assert surface is None


def test_the_side_away_from_the_lamp_stays_dark(shelf: Shelf) -> None:
    box = {"shape": "box", "size": [0.4, 0.4, 0.4], "colour": [0.3, 0.3, 0.3]}
    state = shelf.do(empty(), "b", op="insert_solid", **box).state
    done = shelf.do(state, op="insert_light", place={"position": [1.0, 0.1, 0]}, reach=4)
    gain = (shown(done.state, "box") - shown(state, "box")).mean(dim=1)
    x = state.part("box").world_means[:, 0]
    assert float(gain[x > 0.199].mean()) > 0.1
    assert float(gain[x < -0.199].abs().max()) < 1e-6


def test_stronger_lamps_give_more_light_and_none_gives_more_than_white(shelf: Shelf) -> None:
    state = floor(shelf, known=True)
    place = {"position": [-0.5, 0.8, 0]}
    gains = []
    for strength in (0.5, 2.0, 500.0):
        lit = shown(shelf.do(state, op="insert_light", place=place, strength=strength).state)
        assert float(lit.max()) <= 1.001
        gains.append(float((lit - shown(state)).mean()))
    assert gains[0] < gains[1] < gains[2]


def test_what_is_locked_is_not_lit_and_the_old_state_stays(shelf: Shelf) -> None:
    state = floor(shelf, known=True)
    state = shelf.do(state, "l", op="lock", where={"by": "layer", "names": ["plane"]}).state
    before = state.digest()
    done = shelf.do(state, op="insert_light", place={"position": [-0.5, 0.8, 0]})
    assert torch.equal(shown(done.state), shown(state))
    assert not torch.equal(shown(done.state, "box"), shown(state, "box"))
    assert state.digest() == before


def test_a_lamp_alone_lights_nothing_and_says_so(shelf: Shelf) -> None:
    done = shelf.do(empty(), op="insert_light", place={"position": [0, 1, 0]})
    assert done.note == "It lights nothing."
    with pytest.raises(InvalidDataError, match="reach"):
        shelf.do(empty(), op="insert_light", reach=0)
