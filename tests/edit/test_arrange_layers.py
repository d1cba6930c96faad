"""Layers made, joined, cut, placed and ordered; and the record's operations."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.edit.arranging import assert_alike, furnished, part_in_world, random_surface, world_gaussians
from tests.edit.worlds import apply, editing, garden
from tests.scene.samples import random_gaussians
from worldloom.edit.author.record import (
    SetAnnotations,
    SetCameraPaths,
    SetEnvironment,
    SetSpawn,
    UpdateLayer,
)
from worldloom.edit.change.crop import Crop
from worldloom.edit.change.delete import Delete
from worldloom.edit.change.layers import AlignLayer, DeleteLayer, MergeLayers, ReorderLayers, ResetLayer, Separate
from worldloom.edit.criteria import ByLayer, Everything, InBox, InSphere
from worldloom.edit.operation import Operation
from worldloom.edit.registry import OPERATIONS, parse
from worldloom.edit.select.operations import Hide, Lock, Select
from worldloom.edit.state import EditState
from worldloom.scene.errors import ConflictError, InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import Annotation, CameraPath, Environment, Pose

BALL = InSphere(center=(0.5, 0.2, -0.5), radius=1.5)
HOUSE = ByLayer(names=("house",))


def names(state: EditState) -> list[str]:
    return [part.layer.name for part in state.parts]


def in_order(gaussians: Gaussians) -> Gaussians:
    """By one of their numbers that operations on layers leave as it is."""
    return gaussians[gaussians.opacity_logits.argsort()]


def test_what_is_separated_leaves_its_layers_and_stays_in_place() -> None:
    state = editing(furnished())
    applied = apply(state, Separate(where=BALL, name="thing"))
    assert names(applied.state) == ["ground", "house", "sky", "thing"]
    thing = applied.state.part("thing")
    assert applied.count == len(thing) > 0
    assert list(applied.state.selections["ann"]) == [thing.key]
    assert_alike(in_order(world_gaussians(applied.state)), in_order(world_gaussians(state)))
    assert applied.state.world.collider is not None, "nothing has moved"
    with pytest.raises(InvalidDataError, match="all of layer 'house'"):
        apply(state, Separate(where=HOUSE))


def test_layers_merge_where_they_are() -> None:
    state = editing(furnished())
    applied = apply(state, MergeLayers(layers=("house", "ground", "sky")))
    whole = applied.state.part("house")
    assert names(applied.state) == ["house"]
    assert len(whole) == applied.count == 490
    assert whole.gaussians.sh_degree == 3 and whole.layer.kind == "captured"
    assert whole.layer.transform == state.part("house").layer.transform
    assert whole.layer.surface is None, "the ground has none"
    wanted = torch.cat([part_in_world(state.part(name)).means for name in ("house", "ground", "sky")])
    assert torch.allclose(part_in_world(whole).means, wanted, atol=1e-3)
    colours = state.part("sky").gaussians.sh
    assert torch.equal(whole.gaussians.sh[-40:, :1], colours)
    assert not bool(whole.gaussians.sh[-40:, 1:].any()), "a padded degree adds nothing"


def test_surfaces_stay_when_all_merged_layers_have_them() -> None:
    turned = Transform(rotation=(0.0, 0.0, 1.0, 0.0))
    world = World(
        "World",
        tuple(
            Layer(name, random_gaussians(5, seed=n), transform=frame, surface=random_surface(5, n))
            for n, (name, frame) in enumerate({"a": Transform(), "b": turned}.items())
        ),
    )
    surface = apply(editing(world), MergeLayers(layers=("a", "b"))).state.part("a").layer.surface
    assert surface is not None
    old = [layer.surface for layer in world.layers if layer.surface is not None]
    assert torch.equal(surface.albedo, torch.cat([one.albedo for one in old]))
    half_turn = torch.tensor([-1, 1, -1], dtype=torch.int8)
    assert torch.equal(surface.normals, torch.cat([old[0].normals, old[1].normals * half_turn]))


def test_what_is_deleted_hidden_or_locked_stays_so_in_a_merged_layer() -> None:
    state = apply(editing(), Delete(where=InSphere(center=(0, 0, 0), radius=0.8))).state
    state = apply(state, Lock(where=InBox(center=(1, 1, 1), size=(2, 2, 2)))).state
    state = apply(state, Hide(where=InBox(center=(-1, 1, 1), size=(2, 2, 2)))).state
    old = [state.part(name) for name in ("ground", "house")]
    new = apply(state, MergeLayers(layers=("ground", "house"))).state.part("ground")
    assert len(new) == sum(int((~part.dead).sum()) for part in old) < 450
    assert not bool(new.dead.any())
    assert int(new.hidden.sum()) == sum(int((part.hidden & ~part.dead).sum()) for part in old) > 0
    assert int(new.locked.sum()) == sum(int((part.locked & ~part.dead).sum()) for part in old) > 0


def test_a_crop_deletes_what_is_outside() -> None:
    state = apply(editing(), Lock(where=ByLayer(names=("house",)))).state
    kept = apply(state, Select(where=BALL)).state.selections["ann"]
    after = apply(state, Crop(where=BALL)).state
    assert torch.equal(~after.part("ground").dead, kept[state.part("ground").key])
    assert not bool(after.part("house").dead.any()), "it is locked"
    assert bool(after.part("sky").dead.all())
    assert not bool(apply(state, Crop(where=BALL, keep_sky=True)).state.part("sky").dead.any())
    with pytest.raises(InvalidDataError, match="no Gaussian fits"):
        apply(state, Crop(where=InSphere(center=(900, 0, 0), radius=1)))


def test_layers_are_deleted_and_reordered() -> None:
    state = apply(editing(), Select(where=HOUSE)).state
    gone = apply(state, DeleteLayer(layer="house"))
    assert names(gone.state) == ["ground", "sky"] and gone.count == 150
    assert not gone.state.selection("ann")
    assert names(apply(state, ReorderLayers(layers=("sky", "house"))).state) == ["sky", "house", "ground"]
    with pytest.raises(InvalidDataError, match="named twice"):
        apply(state, ReorderLayers(layers=("sky", "sky")))


@pytest.mark.parametrize("operation", [DeleteLayer(layer="house"), MergeLayers(layers=("house", "ground"))])
def test_what_moved_a_layer_goes_with_it(operation: Operation) -> None:
    applied = apply(editing(furnished()), operation)
    assert applied.note == "Taken out too, since they moved it: swing, lift."
    assert not applied.state.world.authored.animations
    assert not apply(editing(garden()), operation).note


@pytest.mark.parametrize("at", ["center", "bounds", "bottom", "origin"])
def test_a_layer_is_aligned_to_another(at) -> None:
    state = editing()
    after = apply(state, AlignLayer(layer="house", to="sky", at=at, turn=True)).state
    house, sky = after.part("house"), after.part("sky")

    def anchor(points: torch.Tensor) -> torch.Tensor:
        lower, upper = points.amin(dim=0), points.amax(dim=0)
        middle = (lower + upper) / 2
        bottom = torch.stack([middle[0], lower[1], middle[2]])
        return {"center": points.mean(dim=0), "bounds": middle, "bottom": bottom}[at]

    if at == "origin":
        assert house.layer.transform.translation == pytest.approx((0, 0, 0), abs=1e-9)
    else:
        assert torch.allclose(anchor(house.world_means), anchor(sky.world_means), atol=1e-4)
    assert house.layer.transform.rotation_matrix.allclose(torch.eye(3, dtype=torch.float64))
    assert house.gaussians is state.part("house").gaussians
    assert after.part("sky") is state.part("sky")


def test_a_layers_frame_is_reset_in_place_or_back_to_where_it_was() -> None:
    state = editing(furnished())
    stays = apply(state, ResetLayer(layer="house")).state
    assert stays.part("house").layer.transform == Transform()
    assert_alike(stays.part("house").gaussians, part_in_world(state.part("house")))
    assert stays.world.collider is not None
    back = apply(state, ResetLayer(layer="house", keep_place=False)).state
    assert back.part("house").gaussians is state.part("house").gaussians
    assert back.part("house").layer.transform == Transform()
    assert back.world.collider is None


@pytest.mark.parametrize(
    "operation",
    [
        DeleteLayer(layer="house"),
        MergeLayers(layers=("ground", "house")),
        AlignLayer(layer="house", to="sky"),
        ResetLayer(layer="house"),
    ],
)
def test_locked_and_missing_layers_are_refused(operation: Operation) -> None:
    locked = apply(editing(), UpdateLayer(layer="house", locked=True)).state
    with pytest.raises(ConflictError, match="'house' is locked"):
        apply(locked, operation)
    renamed = apply(editing(), UpdateLayer(layer="house", name="shed")).state
    with pytest.raises(InvalidDataError, match="no layer 'house'"):
        apply(renamed, operation)


def test_a_layer_is_named_shown_locked_and_placed() -> None:
    state = editing(furnished())
    change = UpdateLayer(layer="house", name="shed", locked=True, translation=(1, 2, 3), scale=4)
    shed = apply(state, change).state.part("shed").layer
    old = state.part("house").layer
    assert (shed.locked, shed.visible) == (True, True)
    assert shed.transform == Transform((1, 2, 3), old.transform.rotation, 4)
    assert shed.gaussians is old.gaussians
    assert apply(state, change).state.world.collider is None
    assert {animation.layer for animation in apply(state, change).state.world.authored.animations} == {"shed"}
    assert apply(state, UpdateLayer(layer="house", name="shed")).state.world.collider is not None
    for wrong, says in (
        (UpdateLayer(layer="house", name="sky"), "'sky' already"),
        (UpdateLayer(layer="barn"), "no layer 'barn'"),
        (UpdateLayer(layer="house", rotation=(0, 0, 0, 0)), "quaternion"),
    ):
        with pytest.raises(InvalidDataError, match=says):
            apply(state, wrong)


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({"name": "x"}, "Rename layer"),
        ({"visible": False}, "Hide layer"),
        ({"visible": True}, "Show layer"),
        ({"locked": True}, "Lock layer"),
        ({"locked": False}, "Unlock layer"),
        ({"scale": 2}, "Place layer"),
    ],
)
def test_what_happens_to_a_layer_is_what_the_history_says(change: dict, title: str) -> None:
    assert parse({"op": "update_layer", "layer": "house", **change}).title == title


def test_the_record_is_what_was_set() -> None:
    state = editing(furnished())
    pose = Pose(position=(1, 2, 3))
    path = CameraPath(name="tour", seconds=(0, 2), poses=(pose, pose))
    note = Annotation(text="here", position=(1, 1, 1))
    night = Environment(background=(0, 0, 0.1), fog_density=0.1)
    for operation, field, value in (
        (SetSpawn(spawn=pose), "spawn", pose),
        (SetCameraPaths(camera_paths=(path,)), "camera_paths", (path,)),
        (SetAnnotations(annotations=(note,)), "annotations", (note,)),
        (SetEnvironment(environment=night), "environment", night),
    ):
        after = apply(state, operation).state
        assert getattr(after.world, field) == value
        assert replace(after.world, **{field: getattr(state.world, field)}) == state.world
        assert after.parts == state.parts


@pytest.mark.parametrize("seconds", [(0.0,), (1.0, 0.0)])
def test_a_camera_path_needs_a_time_for_each_pose(seconds: tuple[float, ...]) -> None:
    path = CameraPath(name="tour", seconds=seconds, poses=(Pose(), Pose()))
    with pytest.raises(InvalidDataError, match="'tour' needs one time for each pose"):
        apply(editing(), SetCameraPaths(camera_paths=(path,)))


def test_everything_in_a_garden_can_be_merged_and_separated_again() -> None:
    state = editing(garden())
    whole = apply(state, MergeLayers(layers=("ground", "house"), name="all")).state
    part = apply(whole, Separate(where=InSphere(center=(0, 0, 0), radius=1), name="a"), origin="e2").state
    again = apply(part, MergeLayers(layers=("all", "a")), origin="e3").state
    assert_alike(in_order(world_gaussians(again)), in_order(world_gaussians(state)))
    assert apply(again, Select(where=Everything())).count == 490


def test_every_record_in_the_guide_is_one() -> None:
    text = (Path(__file__).parents[2] / "docs" / "arrange.md").read_text()
    rest = "\n".join(line for line in text.splitlines() if line.startswith("    "))
    found: list[Operation] = []
    while rest := rest.strip():
        data, end = json.JSONDecoder().raw_decode(rest)
        found.append(parse(data))
        rest = rest[end:]
    modules = {type(operation).__module__ for operation in found}
    mine = {kind.__name__ for kind in OPERATIONS.values() if kind.__module__ in modules}
    assert mine == {type(operation).__name__ for operation in found}, "the guide leaves some out"
