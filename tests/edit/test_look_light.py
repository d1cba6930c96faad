"""The sun from elsewhere, and what only passed by."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.edit.sheets import seen, sheet
from tests.edit.worlds import NoSources, apply, editing
from worldloom.edit.change.relight import Relight
from worldloom.edit.change.transients import EraseTransients
from worldloom.edit.criteria import ByLayer
from worldloom.edit.operation import Applying
from worldloom.edit.select.pictures import camera_of
from worldloom.edit.state import EditState
from worldloom.scene.camera import Camera
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0, sh0_to_rgb
from worldloom.scene.geometry import Transform, merge, transform
from worldloom.scene.rotations import matrix_to_quat
from worldloom.scene.surface import Surface
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import CapturedView, Environment

EAST = Transform((1.0, 1.0, 0.0), (math.sqrt(0.5), 0.0, 0.0, -math.sqrt(0.5)))
WEST = Transform((-1.0, 1.0, 0.0), (math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)))


def house(surface: bool) -> tuple[World, torch.Tensor]:
    """Two walls, 2 m apart, that face east and west, and a floor of 8 x 8 m; grey, in the light of a sun in the south.
    Also which rows are of the east wall (1), the west wall (2) and the floor (0)."""
    wall, floor = sheet(30), transform(sheet(60), Transform(scale=4.0))
    whole = merge([transform(wall, EAST), transform(wall, WEST), floor])
    which = torch.tensor([1] * 900 + [2] * 900 + [0] * 3600)
    shown = torch.where(which == 0, 0.62, 0.4)  # the sun is on the floor, and slides along the walls
    grey = replace(whole, sh=rgb_to_sh0(shown[:, None, None].expand(-1, 1, 3)))
    made = None
    if surface:
        normals = torch.zeros(5400, 3, dtype=torch.int8)
        normals[which == 1, 0], normals[which == 2, 0], normals[which == 0, 1] = 127, -127, 127
        byte, wide = torch.zeros(5400, dtype=torch.uint8), torch.zeros(5400, 3, dtype=torch.uint8)
        open_ = torch.full_like(byte, 200)
        made = Surface(wide + 150, normals, normals, open_, wide, wide, byte, byte, open_, byte)
    environment = Environment(sun_direction=(0.0, 0.6, 0.8))
    return World("w", (Layer("house", grey, surface=made),), environment), which


def bright(state: EditState, rows: torch.Tensor) -> float:
    return float(sh0_to_rgb(state.part("house").gaussians.sh[rows, 0]).mean())


@pytest.mark.parametrize("surface", [True, False])
def test_the_sun_in_the_east_brightens_what_faces_east(surface: bool) -> None:
    world, which = house(surface)
    state = EditState.of(world, "v1")
    morning = apply(state, Relight(azimuth=90, elevation=25))
    evening = apply(state, Relight(azimuth=270, elevation=25))
    east, west = which == 1, which == 2
    assert bright(morning.state, east) > bright(morning.state, west) + 0.1
    assert bright(evening.state, west) > bright(evening.state, east) + 0.1
    assert bright(morning.state, east) == pytest.approx(bright(evening.state, west), abs=0.05)
    assert ("approximate" in morning.note) != surface
    sun = morning.state.world.environment
    assert sun.sun_azimuth == 90 and sun.sun_direction is not None and sun.sun_direction[0] > 0.9


def test_shadows_fall_away_from_the_sun() -> None:
    world, which = house(True)
    state = apply(EditState.of(world, "v1"), Relight(azimuth=90, elevation=30)).state
    means = state.part("house").world_means
    beside = (which == 0) & (means[:, 2].abs() < 0.6)
    before_it, behind_it = beside & (means[:, 0] > 1.3), beside & (means[:, 0] < -1.3) & (means[:, 0] > -2.2)
    assert bright(state, before_it) > bright(state, behind_it) + 0.1


def test_only_what_was_meant_is_lit_anew() -> None:
    world, _ = house(True)
    state = EditState.of(world.with_layer(Layer("other", sheet(20))), "v1")
    lit = apply(state, Relight(where=ByLayer(names=("other",)), azimuth=90)).state
    assert lit.part("house").gaussians.sh is state.part("house").gaussians.sh
    assert lit.world.environment == state.world.environment


def person(place: tuple[float, float, float], opacity: float, size: float = 1.0) -> Gaussians:
    generator = torch.Generator().manual_seed(3)
    shape = torch.tensor([0.12, 0.35, 0.12]) * size
    means = (torch.rand(400, 3, generator=generator) * 2 - 1) * shape + torch.tensor(place)
    return Gaussians(
        means,
        torch.tensor([[1.0, 0, 0, 0]]).repeat(400, 1),
        torch.full((400, 3), math.log(0.05 * size)),
        torch.full((400,), math.log(opacity / (1 - opacity))),
        rgb_to_sh0(torch.tensor([0.1, 0.1, 0.6])).repeat(400, 1, 1),
    )


def view(name: str, place: list[float], target: list[float]) -> CapturedView:
    camera = Camera.looking_at(torch.tensor(place), torch.tensor(target), width=96, height=72)
    turn = camera.world_to_camera[:3, :3].T * torch.tensor([1.0, -1.0, -1.0])
    x, y, z = place
    w, i, j, k = matrix_to_quat(turn).tolist()
    return CapturedView(name=name, position=(x, y, z), rotation=(w, i, j, k), vertical_fov=60, aspect=96 / 72)


class Photos(NoSources):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def blob(self, sha256: str) -> Path:
        return self.folder / f"{sha256}.png"


def test_photos_tell_who_passed_by(tmp_path: Path) -> None:
    """A see-through ghost in the middle of a floor that all photos but two show empty."""
    floor = transform(sheet(90), Transform(scale=3.0))
    ghost = person((0.0, 0.45, 0.0), 0.12)
    turns = [number * math.pi / 5 for number in range(10)]
    views = tuple(
        view(f"{n}.jpg", [2.5 * math.sin(a), 1.5, 2.5 * math.cos(a)], [0.0, 0.2, 0.0]) for n, a in enumerate(turns)
    )
    photos = {}
    for number, one in enumerate(views):
        there = merge([floor, person((0.0, 0.45, 0.0), 0.9)]) if number < 2 else floor
        picture = (seen(there, camera_of(one, 216)).numpy() * 255).astype(np.uint8)
        photos[one.name] = f"{number:064x}"
        Image.fromarray(picture).save(tmp_path / f"{number:064x}.png")
    world = World("w", (Layer("floor", floor), Layer("ghost", ghost)), Environment(background=(0.6, 0.6, 0.6)))
    state = EditState.of(replace(world, captures=views), "v1")
    applied = EraseTransients(photos=photos).apply(state, Applying("e1", "ann", Photos(tmp_path)))
    assert float(applied.state.part("ghost").dead.float().mean()) > 0.8
    assert float(applied.state.part("floor").dead.float().mean()) < 0.02
    assert applied.figures is not None and applied.figures["certainty"] > 0.5


def test_poses_alone_tell_what_stood_in_one_view_only() -> None:
    wall = transform(sheet(120), Transform((0.0, 1.0, -5.0), (math.sqrt(0.5), math.sqrt(0.5), 0.0, 0.0), 6.0))
    views = tuple(view(f"{n}.jpg", [n * 0.8 - 4.4, 1.0, 0.0], [n * 0.8 - 4.4, 1.0, -5.0]) for n in range(12))
    near = person((views[5].position[0], 1.0, -0.6), 0.8, size=0.3)
    world = replace(World("w", (Layer("wall", wall), Layer("blob", near))), captures=views)
    applied = apply(EditState.of(world, "v1"), EraseTransients())
    assert float(applied.state.part("blob").dead.float().mean()) > 0.8
    assert not bool(applied.state.part("wall").dead.any())
    assert "poses alone" in applied.note
    clean = apply(EditState.of(replace(world, layers=world.layers[:1]), "v1"), EraseTransients())
    assert clean.count == 0 and "agree" in clean.note


def test_without_photos_poses_nothing_can_be_told() -> None:
    with pytest.raises(InvalidDataError, match="at least 4"):
        apply(editing(), EraseTransients())
    views = tuple(view(f"{n}.jpg", [n * 1.0, 1.0, 3.0], [0.0, 0.0, 0.0]) for n in range(5))
    state = EditState.of(World("w", (Layer("a", sheet(10)),), captures=views), "v1")
    with pytest.raises(InvalidDataError, match="No photo 'x"):
        apply(state, EraseTransients(photos={"x.jpg": "0" * 64}))
