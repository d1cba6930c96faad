"""Moving, mirroring, copying and dropping Gaussians."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.edit.arranging import (
    assert_alike,
    camera,
    furnished,
    likeness,
    one_layer,
    part_in_world,
    picture,
    plate,
    world_gaussians,
)
from tests.edit.worlds import apply, editing
from tests.scene.samples import random_gaussians
from worldloom.edit.change.duplicate import Array, Duplicate, Grid, Line, Ring
from worldloom.edit.change.frames import box_of_most, pivot_point
from worldloom.edit.change.places import Axes, LayerPivot, Snap
from worldloom.edit.change.transform import DropToFloor, Mirror, TransformRows
from worldloom.edit.criteria import ByLayer, Criterion, Everything, InSphere
from worldloom.edit.operation import RowOperation
from worldloom.edit.select.operations import Lock, Select
from worldloom.edit.state import EditState
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.geometry import Transform, merge, mirror, transform
from worldloom.scene.sh import reflection

HOUSE = ByLayer(names=("house",))
BALL = InSphere(center=(0.5, 0.2, -0.5), radius=1.5)
numbers = some.floats(-2, 2)
vectors = some.tuples(numbers, numbers, numbers)
quats = some.tuples(numbers, numbers, numbers, numbers).filter(lambda q: math.hypot(*q) > 0.1)
scales = some.floats(0.3, 3)
where = some.sampled_from([HOUSE, BALL, Everything()])


def same_bytes(before: EditState, after: EditState, *names: str) -> bool:
    """Whether those layers are the same objects or the same bytes."""
    old, new = (tuple(state.part(name) for name in names) for state in (before, after))
    return all(
        torch.equal(a, b)
        for one, other in zip(old, new)
        for a, b in zip((*one.gaussians.tensors, one.dead), (*other.gaussians.tensors, other.dead))
    ) and all(one.layer.transform == other.layer.transform for one, other in zip(old, new))


@settings(deadline=None, max_examples=40)
@given(where, vectors, quats, scales, vectors)
def test_a_transform_and_its_inverse_are_identity(where: Criterion, shift, turn, scale: float, pivot) -> None:
    first = editing(furnished())
    forth = apply(first, TransformRows(where=where, rotation=turn, scale=scale, pivot=pivot)).state
    forth = apply(forth, TransformRows(where=Everything(), translation=shift)).state
    back = apply(forth, TransformRows(where=Everything(), translation=tuple(-v for v in shift))).state
    w, x, y, z = turn
    rows = Select(where=where)  # the same rows, wherever they are now
    chosen = apply(first, rows).state.selections["ann"]
    inverse = TransformRows(rotation=(w, -x, -y, -z), scale=1 / scale, pivot=pivot)
    back = apply(back.with_selection("ann", chosen), inverse).state
    for old, new in zip(first.parts, back.parts):
        assert_alike(part_in_world(new), part_in_world(old))
    before, after = (state.part("house").layer.surface for state in (first, back))
    assert before is not None and after is not None
    assert int((before.normals.int() - after.normals.int()).abs().max()) <= 2
    assert torch.equal(before.albedo, after.albedo)


@settings(deadline=None, max_examples=30)
@given(where, vectors, quats, scales, vectors)
def test_rows_move_as_the_same_motion_of_the_world_moves_them(where: Criterion, shift, turn, scale, pivot) -> None:
    state = editing(furnished())
    after = apply(state, TransformRows(where=where, translation=shift, rotation=turn, scale=scale, pivot=pivot)).state
    chosen = apply(state, Select(where=where)).state.selections["ann"]
    motion = Transform(shift) @ Transform(pivot) @ Transform(rotation=turn, scale=scale) @ Transform(pivot).inverse
    for old, new in zip(state.parts, after.parts):
        rows = chosen.get(old.key, torch.zeros(len(old), dtype=torch.bool))
        if rows.any():
            assert_alike(part_in_world(new)[rows], transform(part_in_world(old)[rows], motion), 3e-5)
        assert all(torch.equal(a, b) for a, b in zip(old.gaussians[~rows].tensors, new.gaussians[~rows].tensors))


def test_a_whole_layer_moves_without_its_rows_being_rewritten() -> None:
    state = editing()
    after = apply(state, TransformRows(where=HOUSE, translation=(1, 2, 3), rotation=(0.7, 0.7, 0, 0), scale=2)).state
    old, new = state.part("house"), after.part("house")
    assert new.gaussians is old.gaussians
    assert new.layer.transform.scale == pytest.approx(2 * old.layer.transform.scale)


def test_what_a_move_leaves_as_it_is_is_shared() -> None:
    state = editing(furnished())
    after = apply(state, TransformRows(where=InSphere(center=(0, 0, 0), radius=1), translation=(0, 1, 0))).state
    old, new = state.part("ground").gaussians, after.part("ground").gaussians
    assert new.sh is old.sh and new.quats is old.quats and new.log_scales is old.log_scales
    assert not torch.equal(new.means, old.means)


def test_locked_rows_stay_when_their_layer_moves() -> None:
    state = apply(editing(), Lock(where=BALL)).state
    locked = state.part("house").locked
    assert 0 < int(locked.sum()) < len(locked)
    after = apply(state, TransformRows(where=HOUSE, translation=(1, 0, 0))).state
    apart = after.part("house").world_means - state.part("house").world_means
    assert torch.equal(apart[locked], torch.zeros_like(apart[locked]))
    assert torch.allclose(apart[~locked], torch.tensor([1.0, 0, 0]), atol=1e-5)


@pytest.mark.parametrize("pivot", ["center", "bounds", "bottom", "origin", (0.3, -1.0, 2.0)])
def test_the_pivot_stays_where_it_is(pivot: LayerPivot | tuple[float, float, float]) -> None:
    state = editing()
    means = state.part("house").world_means
    lower, upper = means.amin(dim=0), means.amax(dim=0)
    middle = (lower + upper) / 2
    expected = {
        "center": means.mean(dim=0),
        "bounds": middle,
        "bottom": torch.stack([middle[0], lower[1], middle[2]]),
        "origin": torch.tensor([1.0, 0.5, -2.0]),
    }
    place = torch.tensor(pivot) if isinstance(pivot, tuple) else expected[pivot]
    after = apply(state, TransformRows(where=HOUSE, scale=2.0, pivot=pivot)).state
    assert torch.allclose(after.part("house").world_means, place + 2 * (means - place), atol=1e-4)


def test_a_gaussian_far_from_most_moves_no_box() -> None:
    some_points = random_gaussians(400)
    means = some_points.means.clone()
    lower, upper = box_of_most(means.double().numpy())
    means[0] = torch.tensor([1e5, -3e4, 0.0])
    state = one_layer(replace(some_points, means=means))
    heights: dict[LayerPivot, float] = {"bounds": (lower[1] + upper[1]) / 2, "bottom": lower[1]}
    for pivot, height in heights.items():
        place = pivot_point(state, {part.key: ~part.dead for part in state.parts}, pivot)
        assert place == pytest.approx(((lower[0] + upper[0]) / 2, height, (lower[2] + upper[2]) / 2), abs=0.3)
    line = np.zeros((5, 3))
    assert np.array_equal(box_of_most(line), (line[0], line[0])), "all at one place"


@pytest.mark.parametrize("axes", ["layer", "principal"])
def test_numbers_are_given_along_the_axes(axes: Axes) -> None:
    """A long thing slides along itself, and a half turn about its own length keeps its ends where they are."""
    stick = random_gaussians(400)
    stick = replace(stick, means=stick.means * torch.tensor([5.0, 0.5, 0.2]))
    frame = Transform((1, 2, 3), (0.9, 0.3, -0.2, 0.4))
    state = one_layer(stick)
    state = state.with_parts([replace(part, layer=replace(part.layer, transform=frame)) for part in state.parts])
    along = frame.rotation_matrix[:, 0].float()
    moved = apply(state, TransformRows(where=Everything(), translation=(1, 0, 0), axes=axes)).state
    apart = (moved.parts[0].world_means - state.parts[0].world_means).mean(dim=0)
    assert abs(float(apart @ along)) == pytest.approx(1, abs=1e-3)
    turned = apply(state, TransformRows(where=Everything(), rotation=(0, 1, 0, 0), axes=axes)).state
    shifts = (turned.parts[0].world_means - state.parts[0].world_means) @ along
    assert float(shifts.abs().max()) < 0.05


def test_numbers_snap() -> None:
    state = editing()
    loose = TransformRows(where=HOUSE, translation=(0.9, 0.2, -1.3), rotation=(math.cos(0.2), 0, math.sin(0.2), 0))
    snapped = loose.model_copy(update={"snap": Snap(grid=0.5, angle=15)})
    exact = TransformRows(
        where=HOUSE,
        translation=(1.0, 0.0, -1.5),
        rotation=(math.cos(math.pi / 12), 0, math.sin(math.pi / 12), 0),
    )  # 0.4 radians are 22.9 degrees: 30 is nearer than 15
    got, wanted = (apply(state, operation).state.part("house").layer.transform for operation in (snapped, exact))
    assert torch.allclose(got.matrix, wanted.matrix, atol=1e-9)
    far = TransformRows(where=HOUSE, translation=(1e306, 0, 0), snap=Snap(grid=1e-6))
    with pytest.raises(InvalidDataError, match="beyond where anything"):
        apply(state, far)


def test_rows_of_several_layers_have_no_origin() -> None:
    for operation in (
        TransformRows(where=Everything(), pivot="origin"),
        TransformRows(where=Everything(), translation=(1, 0, 0), axes="layer"),
    ):
        with pytest.raises(InvalidDataError, match="3 layers"):
            apply(editing(), operation)
    with pytest.raises(InvalidDataError, match="quaternion"):
        apply(editing(), TransformRows(where=Everything(), rotation=(0, 0, 0, 0)))


@settings(deadline=None, max_examples=30)
@given(where, vectors.filter(lambda v: math.hypot(*v) > 0.1), vectors)
def test_mirroring_twice_is_identity(where: Criterion, normal, pivot) -> None:
    first = editing(furnished())
    chosen = apply(first, Select(where=where)).state.selections["ann"]
    once = apply(first, Mirror(where=where, normal=normal, pivot=pivot)).state
    twice = apply(once.with_selection("ann", chosen), Mirror(normal=normal, pivot=pivot)).state
    for old, new in zip(first.parts, twice.parts):
        assert_alike(part_in_world(new), part_in_world(old))
        rows = chosen.get(old.key)
        if rows is not None:
            image = part_in_world(once.part(old.key))[rows]
            assert_alike(image, mirror(part_in_world(old)[rows], pivot, normal), 3e-5)


def test_surfaces_are_turned_and_mirrored_with_their_gaussians() -> None:
    state = editing(furnished())
    part = state.part("house")
    part = replace(part, layer=replace(part.layer, transform=Transform()))
    state = apply(state.with_parts([part]), Select(where=HOUSE)).state
    some_rows = torch.arange(len(part)) % 2 == 0
    state = state.with_selection("ann", {part.key: some_rows})
    turn = Transform(rotation=(0.9, 0.3, -0.2, 0.4))
    old = part.layer.surface
    for operation, matrix in (
        (TransformRows(rotation=turn.rotation), turn.rotation_matrix),
        (Mirror(normal=(1, 2, 3)), reflection(torch.tensor([1.0, 2, 3]))),
    ):
        new = apply(state, operation).state.part("house").layer.surface
        assert old is not None and new is not None
        for before, after in ((old.normals, new.normals), (old.open_direction, new.open_direction)):
            assert torch.equal(after[~some_rows], before[~some_rows])
            assert float((after[some_rows].double() - before[some_rows].double() @ matrix.T).abs().max()) <= 0.51


@pytest.mark.parametrize("normal", [(1.0, 0.0, 0.0), (0.3, -0.8, 0.5)])
def test_the_picture_of_the_mirrored_scene_from_the_mirrored_camera_is_flipped(normal) -> None:
    state = editing(furnished())
    view = camera(state.world.spawn)
    before = picture(world_gaussians(state), view)
    point = (0.5, 0.3, -0.2)
    after = apply(state, Mirror(where=Everything(), normal=normal, pivot=point)).state
    matrix = torch.eye(4, dtype=torch.float64)
    matrix[:3, :3] = reflection(torch.tensor(normal))
    matrix[:3, 3] = torch.tensor(point) - matrix[:3, :3] @ torch.tensor(point, dtype=torch.float64)
    flip = torch.diag(torch.tensor([-1.0, 1, 1, 1], dtype=torch.float64))  # an image has the other hand
    seen = replace(view, world_to_camera=(flip @ view.world_to_camera.double() @ matrix).float())
    assert likeness(picture(world_gaussians(after), seen), before.flip(1)) >= 45


def test_a_mirror_image_is_added_beside_the_original() -> None:
    state = editing(furnished())
    applied = apply(state, Mirror(where=HOUSE, normal=(0, 0, 1), pivot=(0, 0, 0), keep=True))
    assert same_bytes(state, applied.state, "ground", "house", "sky")
    image = applied.state.part("house mirrored")
    assert applied.state.selections["ann"].keys() == {image.key}
    assert_alike(part_in_world(image), mirror(part_in_world(state.part("house")), (0, 0, 0), (0, 0, 1)))
    assert image.layer.surface is not None


@pytest.mark.parametrize("where", [HOUSE, BALL])
@pytest.mark.parametrize(
    "make",
    [
        lambda where: Duplicate(where=where),
        lambda where: Array(where=where, shape=Line(count=3, step=(1, 0, 0))),
        lambda where: Array(where=where, shape=Grid(counts=(2, 1, 2), step=(3, 0, 3))),
        lambda where: Array(where=where, shape=Ring(count=5, center=(0, 0, 0))),
    ],
)
def test_copies_leave_the_originals_as_they_are(make, where: Criterion) -> None:
    state = editing(furnished())
    operation: RowOperation = make(where)
    applied = apply(state, operation)
    assert same_bytes(state, applied.state, "ground", "house", "sky")
    assert len(applied.state.parts) == 4
    new = applied.state.parts[-1]
    assert applied.count == len(new)
    assert bool(applied.state.selections["ann"][new.key].all())
    assert state.digest() == editing(furnished()).digest()


def test_a_duplicate_of_one_layer_is_the_same_to_the_byte() -> None:
    state = editing(furnished())
    new = apply(state, Duplicate(where=HOUSE)).state.part("house copy")
    old = state.part("house")
    assert all(torch.equal(a, b) for a, b in zip(new.gaussians.tensors, old.gaussians.tensors))
    assert new.layer.transform == old.layer.transform
    assert new.layer.surface is not None and old.layer.surface is not None
    assert torch.equal(new.layer.surface.normals, old.layer.surface.normals)
    again = apply(apply(state, Duplicate(where=HOUSE)).state, Duplicate(where=HOUSE), origin="e2").state
    assert [part.layer.name for part in again.parts][-2:] == ["house copy", "house copy 2"]


def test_copies_of_rows_of_several_layers_are_where_the_rows_are() -> None:
    state = editing(furnished())
    chosen = apply(state, Select(where=BALL)).state.selections["ann"]
    assert len(chosen) == 2
    new = apply(state, Duplicate(where=BALL, translation=(0, 1, 0))).state.parts[-1]
    wanted = merge([part_in_world(part)[chosen[part.key]] for part in state.parts if part.key in chosen])
    assert_alike(part_in_world(new), transform(wanted, Transform((0, 1, 0))))
    assert new.layer.surface is None  # the ground has none


def test_arrays_stand_where_they_are_asked_to() -> None:
    state = one_layer(random_gaussians(10, 3))
    means = state.parts[0].world_means

    def copies(shape: Line | Grid | Ring) -> list[torch.Tensor]:
        new = apply(state, Array(where=Everything(), shape=shape)).state.parts[-1]
        return list(part_in_world(new).means.split(10))

    for number, copy in enumerate(copies(Line(count=4, step=(1, 0.5, 0))), start=1):
        assert torch.allclose(copy, means + number * torch.tensor([1, 0.5, 0]), atol=1e-5)
    grid = copies(Grid(counts=(2, 2, 3), step=(1, 2, 3)))
    middles = {tuple(round(v) for v in (copy - means).mean(dim=0).tolist()) for copy in grid}
    assert middles == {(x, y, z) for x in (0, 1) for y in (0, 2) for z in (0, 3, 6)} - {(0, 0, 0)}
    ring = copies(Ring(count=4, center=(5, 0, 0)))
    assert len(ring) == 3
    opposite = torch.tensor([10.0, 0, 0]) + means * torch.tensor([-1.0, 1, -1])
    assert torch.allclose(ring[1], opposite, atol=1e-4)
    standing = copies(Ring(count=4, center=(5, 0, 0), turn=False))
    middle = means.mean(dim=0)
    across = torch.tensor([10.0, 0, 0]) - 2 * middle * torch.tensor([1.0, 0, 1])
    assert torch.allclose(standing[1], means + across, atol=1e-4)


def test_copies_have_a_limit() -> None:
    state = editing()
    for shape, says in (
        (Grid(counts=(1000, 1000, 1000), step=(1, 1, 1)), "most"),
        (Grid(counts=(1, 1, 1), step=(1, 1, 1)), "no copies"),
        (Ring(count=3, center=(0, 0, 0), axis=(0, 0, 0)), "axis"),
    ):
        with pytest.raises(InvalidDataError, match=says):
            apply(state, Array(where=HOUSE, shape=shape))
    with pytest.raises(InvalidDataError, match="most"):
        apply(one_layer(random_gaussians(30_000)), Array(where=Everything(), shape=Line(count=1000, step=(1, 0, 0))))


def box_above(height: float) -> Gaussians:
    """A table: a plate on four legs, its feet `height` metres up."""
    legs = [plate(height, half=0.04, at=(x, z), count=40) for x in (-0.3, 0.3) for z in (-0.3, 0.3)]
    return merge([plate(height + 0.7, half=0.4, count=1500), *legs])


@pytest.mark.parametrize("height", [0.02, 0.5, 3.0, 40.0])
def test_a_thing_falls_until_it_stands(height: float) -> None:
    state = one_layer(box_above(height), floor=plate(0.0, half=2.0, count=20_000))
    applied = apply(state, DropToFloor(where=ByLayer(names=("thing",))))
    assert applied.figures is not None
    assert applied.figures["metres"] == pytest.approx(height, abs=0.01)
    assert float(applied.state.part("thing").world_means[:, 1].min()) == pytest.approx(0, abs=0.01)
    again = apply(applied.state, DropToFloor(where=ByLayer(names=("thing",))))
    assert again.figures is not None and again.figures["metres"] < 0.01


def test_a_thing_falls_onto_what_is_between() -> None:
    """One foot over a step: the table comes to stand on the step, not on the floor; nor does the roof above count."""
    step = plate(0.3, half=0.3, at=(0.3, 0.3), count=2000)
    room = merge([plate(0.0, half=2.0, count=20_000), step, plate(5.0, half=2.0, count=20_000)])
    state = one_layer(box_above(2.0), room=room)
    applied = apply(state, DropToFloor(where=ByLayer(names=("thing",))))
    assert applied.figures is not None
    assert applied.figures["metres"] == pytest.approx(1.7, abs=0.01)


def test_nothing_falls_where_nothing_is() -> None:
    state = one_layer(box_above(1.0), aside=plate(0.0, half=1.0, at=(50, 50)))
    with pytest.raises(InvalidDataError, match="nothing solid beneath"):
        apply(state, DropToFloor(where=ByLayer(names=("thing",))))


@pytest.mark.parametrize("where", [HOUSE, BALL])
@pytest.mark.parametrize("change", [{"scale": 1e12}, {"translation": (1e38, 0, 0)}, {"translation": (0, -1e300, 0)}])
def test_nothing_is_moved_to_infinity(where: Criterion, change: dict) -> None:
    with pytest.raises(InvalidDataError, match="beyond where anything"):
        apply(editing(), TransformRows(where=where, **change))
    with pytest.raises(InvalidDataError, match="beyond where anything"):
        apply(editing(), Mirror(where=where, pivot=(1e38, 0, 0)))


def test_what_moves_solid_things_leaves_no_stale_collider() -> None:
    state = editing(furnished())
    assert state.world.collider is not None
    sky = ByLayer(names=("sky",))
    for operation in (
        TransformRows(where=HOUSE, translation=(1, 0, 0)),
        Mirror(where=BALL),
        Duplicate(where=BALL),
    ):
        assert apply(state, operation).state.world.collider is None
    for operation in (TransformRows(where=sky, translation=(1, 0, 0)), Mirror(where=sky), Duplicate(where=sky)):
        assert apply(state, operation).state.world.collider == state.world.collider
