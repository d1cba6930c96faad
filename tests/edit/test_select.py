"""Every way to select, against brute force on small worlds."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.edit.worlds import apply, editing, garden
from tests.scene.samples import random_gaussians
from worldloom.edit.fields import Attribute, Measure, View
from worldloom.edit.registry import parse
from worldloom.edit.select.measures import histogram, values
from worldloom.edit.select.operations import GrowSelection, Lock, Select, ShrinkSelection
from worldloom.edit.select.pictures import camera_of
from worldloom.edit.state import EditState
from worldloom.scene.colour import oklab_from_srgb
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians, rgb_to_sh0
from worldloom.scene.semantics import LABELS, label_index
from worldloom.scene.surface import Surface
from worldloom.scene.world import Layer, World
from worldloom.scene.world_record import CapturedView

BACK = {"position": (0, 0, 8), "rotation": (1, 0, 0, 0), "vertical_fov": 50, "aspect": 1.5}
TURNED = {"position": (-3, 4, 7), "rotation": (0.9, -0.25, -0.2, 0.1), "vertical_fov": 70, "aspect": 0.8}
places = some.tuples(*[some.floats(-2, 2)] * 3)


def found(state: EditState, **where: Any) -> torch.Tensor:
    """(N,) bool over the rows of all parts: what a criterion selects."""
    chosen = apply(state, parse({"op": "select", "where": where})).state.selection("ann")
    return torch.cat([chosen.get(part.key, torch.zeros(len(part), dtype=torch.bool)) for part in state.parts])


def means(state: EditState) -> torch.Tensor:
    return torch.cat([part.world_means for part in state.parts])


def discs(points: torch.Tensor, size: float, rgb: tuple[float, float, float]) -> Gaussians:
    """Small opaque balls at some points (N, 3)."""
    count = len(points)
    return Gaussians(
        points,
        torch.tensor([1.0, 0, 0, 0]).expand(count, 4).contiguous(),
        torch.full((count, 3), float(np.log(size))),
        torch.full((count,), 6.0),
        rgb_to_sh0(torch.tensor(rgb)).expand(count, 1, 3).contiguous(),
    )


def wall(z: float, rgb: tuple[float, float, float]) -> Gaussians:
    """A wall of 2 x 2 metres across the z axis."""
    line = torch.linspace(-1, 1, 33)
    x, y = torch.meshgrid(line, line, indexing="ij")
    return discs(torch.stack([x, y, torch.full_like(x, z)], dim=-1).reshape(-1, 3), 0.05, rgb)


WALLS = World("Walls", (Layer("near", wall(0, (1, 0, 0))), Layer("far", wall(-2, (0, 0, 1)))))


@settings(deadline=None, max_examples=25)
@given(
    some.sampled_from([BACK, TURNED]), some.lists(some.tuples(*[some.floats(-0.5, 1.5)] * 2), min_size=3, max_size=9)
)
def test_an_outline_holds_the_centres_that_are_drawn_within_it(view: dict, polygon: list) -> None:
    state = editing()
    camera = camera_of(View(**view), 1000)
    seen = means(state) @ camera.world_to_camera[:3, :3].T + camera.world_to_camera[:3, 3]
    places = torch.stack(
        [
            (seen[:, 0] / seen[:, 2] * camera.fx + camera.cx) / camera.width,
            (seen[:, 1] / seen[:, 2] * camera.fy + camera.cy) / 1000,
        ],
        1,
    ).double()
    inside = torch.zeros(len(seen), dtype=torch.bool)
    corners = torch.tensor(polygon, dtype=torch.float64)
    near = torch.zeros(len(seen), dtype=torch.bool)  # where rounding may decide
    for a, b in zip(corners, corners.roll(-1, 0)):
        crosses = (a[1] > places[:, 1]) != (b[1] > places[:, 1])
        x = a[0] + (places[:, 1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
        inside ^= crosses & (places[:, 0] < x)
        near |= (places[:, 1] - a[1]).abs() < 1e-5
        near |= (places[:, 0] - x).abs() < 1e-3
    result = found(state, by="view", view=view, polygon=polygon, through=True)
    assert torch.equal(result[~near], (inside & (seen[:, 2] > 0.01))[~near])


def test_what_is_hidden_is_found_only_through() -> None:
    state = editing(WALLS)
    square = [(0.35, 0.35), (0.65, 0.35), (0.65, 0.65), (0.35, 0.65)]
    visible = found(state, by="view", view=BACK, polygon=square)
    through = found(state, by="view", view=BACK, polygon=square, through=True)
    near, far = visible[: 33 * 33], visible[33 * 33 :]
    assert torch.equal(near, through[: 33 * 33]) and bool(near.any())
    assert not bool(far.any()) and bool(through[33 * 33 :].any())
    behind = {**BACK, "position": (0, 0, -10), "rotation": (0, 0, 1, 0)}
    turned = found(state, by="view", view=behind, polygon=square)
    assert not bool(turned[: 33 * 33].any()) and bool(turned[33 * 33 :].any())


def test_hidden_rows_hide_nothing() -> None:
    state = apply(editing(WALLS), parse({"op": "hide", "where": {"by": "layer", "names": ["near"]}})).state
    square = [(0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)]
    assert bool(found(state, by="view", view=BACK, polygon=square)[33 * 33 :].any())


def test_locked_rows_are_not_selected_but_hide_others() -> None:
    state = apply(editing(WALLS), Lock(where=parse_criterion(by="layer", names=["near"]))).state
    square = [(0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)]
    assert not bool(found(state, by="view", view=BACK, polygon=square).any())
    for where in (
        {"by": "colour", "rgb": (1, 0, 0)},
        {"by": "flood", "at": (0, 0, 0)},
        {"by": "object", "at": (0, 0, 0)},
    ):
        assert not bool(found(state, **where)[: 33 * 33].any())


@settings(deadline=None, max_examples=25)
@given(some.lists(places, min_size=1, max_size=30), some.floats(0.01, 2))
def test_a_stroke_holds_what_is_near_one_of_its_places(centers: list, radius: float) -> None:
    state = editing()
    distances = torch.cdist(means(state), torch.tensor(centers), compute_mode="donot_use_mm_for_euclid_dist").amin(1)
    clear = (distances - radius).abs() > 1e-4
    result = found(state, by="spheres", centers=centers, radius=radius)
    assert torch.equal(result[clear], (distances <= radius)[clear])


@settings(deadline=None, max_examples=25)
@given(places, some.floats(0.05, 0.6), some.floats(0.1, 1.5))
def test_a_flood_is_the_connected_set_of_like_colour(at: tuple, tolerance: float, step: float) -> None:
    state = editing()
    points = means(state)
    rgb = torch.cat([part.gaussians.sh[:, 0] for part in state.parts]) * 0.28209479 + 0.5
    lab = oklab_from_srgb(rgb.clamp(0, 1))
    around = (points - torch.tensor(at)).norm(dim=1).topk(8, largest=False).indices
    like = (lab - lab[around].mean(0)).norm(dim=1) <= tolerance
    reached = torch.zeros(len(points), dtype=torch.bool)
    reached[around[like[around]]] = True
    near = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist") <= step
    for _ in range(len(points)):
        more = reached | (near[:, reached].any(1) & like)
        if torch.equal(more, reached):
            break
        reached = more
    assert torch.equal(found(state, by="flood", at=at, tolerance=tolerance, step=step), reached)


def test_a_flood_stops_at_another_colour_and_at_its_reach() -> None:
    left, right = wall(0, (1, 0, 0)), wall(0, (0, 1, 0))
    state = editing(
        World("Two", (Layer("a", left), Layer("b", replace(right, means=right.means + torch.tensor([2.05, 0, 0])))))
    )
    spot = {"view": BACK, "at": (0.5, 0.5)}
    result = found(state, by="flood", at=spot)
    assert bool(result[: 33 * 33].all()) and not bool(result[33 * 33 :].any())
    assert 0 < int(found(state, by="flood", at=spot, reach=0.4).sum()) < 33 * 33 / 4
    both = found(state, by="flood", at=spot, tolerance=1.0)
    assert bool(both.all())


def test_colours_are_like_one_at_a_place_or_given() -> None:
    state = editing(WALLS)
    for where in ({"rgb": (1, 0, 0)}, {"at": (0, 0, 0)}, {"at": {"view": BACK, "at": (0.5, 0.5)}}):
        result = found(state, by="colour", **where)
        assert bool(result[: 33 * 33].all()) and not bool(result[33 * 33 :].any())


def test_similar_is_of_a_colour_that_is_selected() -> None:
    state = editing(WALLS)
    result = found(state, by="similar", to={"by": "sphere", "center": (0, 0, -2), "radius": 0.2})
    assert not bool(result[: 33 * 33].any()) and bool(result[33 * 33 :].all())


@pytest.mark.parametrize("attribute", Attribute.__args__)
def test_ranges_and_histograms_count_the_same(attribute: str) -> None:
    captures = tuple(
        CapturedView(name=str(n), position=(n, 0, 8), rotation=(1, 0, 0, 0), vertical_fov=40, aspect=1.5)
        for n in range(3)
    )
    state = editing(replace(garden(degree=2), captures=captures))
    measure = Measure(attribute=attribute, point=(0, 1, 0), view=View(**BACK))  # pyright: ignore[reportArgumentType]
    chart = histogram(state, measure, 7)
    assert sum(chart.counts) == sum(len(part) for part in state.parts)
    numbers = torch.cat([values(part, measure, state) for part in state.parts])
    low, high = chart.edges[2], chart.edges[5]
    wanted = (numbers >= low) & (numbers <= high)
    assert torch.equal(found(state, **{"by": "range", **measure.model_dump(), "low": low, "high": high}), wanted)
    assert int(found(state, **{"by": "range", **measure.model_dump()}).sum()) == len(numbers)
    positive = int((numbers > 0).sum())
    assert sum(histogram(state, measure, 5, log=True).counts) == positive


@settings(deadline=None, max_examples=40)
@given(
    some.sampled_from(Attribute.__args__),
    some.sampled_from([0.0, 1e-45, 3e38, -3e38, math.inf, -math.inf, math.nan]),
    some.integers(0, 4),
    some.booleans(),
)
def test_what_is_no_number_is_in_no_range_and_no_bin(attribute: Any, odd: float, column: int, log: bool) -> None:
    tensors = [tensor.clone() for tensor in random_gaussians(130, 1, seed=4).tensors]
    tensors[column][::7] = odd
    captures = (CapturedView(name="a", position=(0, 0, 8), rotation=(1, 0, 0, 0), vertical_fov=50, aspect=1.5),)
    layers = (Layer("empty", random_gaussians(5)[:0]), Layer("odd", Gaussians(*tensors)))
    state = editing(World("Odd", layers, captures=captures))
    measure = Measure(attribute=attribute, point=(0, 1, 0), view=View(**TURNED))  # pyright: ignore[reportArgumentType]
    numbers = torch.cat([values(part, measure, state) for part in state.parts])
    assert torch.equal(found(state, **{"by": "range", **measure.model_dump(), "low": 0, "high": 0}), numbers == 0)
    counted = torch.isfinite(numbers) & ((numbers > 0) if log else torch.tensor(True))
    assert sum(histogram(state, measure, 7, log=log).counts) == int(counted.sum())


def test_numbers_are_those_of_the_world_not_of_the_layer() -> None:
    state = editing()
    baked = EditState.of(World("Baked", (Layer("all", state.baked().gaussians()),)), "b")
    for attribute in ("size", "volume", "elongation", "x", "y", "z", "distance", "depth"):
        measure = Measure(attribute=attribute, point=(0, 1, 0), view=View(**TURNED))  # pyright: ignore[reportArgumentType]
        apart = torch.cat([values(part, measure, state) for part in state.parts])
        torch.testing.assert_close(apart, values(baked.parts[0], measure, baked), rtol=1e-4, atol=1e-4)


def test_hues_go_round() -> None:
    state = editing(WALLS)
    assert torch.equal(
        found(state, by="range", attribute="hue", low=0.9, high=0.1), found(state, by="colour", rgb=(1, 0, 0))
    )


def test_photos_see_what_is_in_their_pictures_and_not_behind() -> None:
    front = CapturedView(name="front", position=(0, 0, 8), rotation=(1, 0, 0, 0), vertical_fov=50, aspect=1.5)
    away = replace_rotation(front, (0, 0, 1, 0))
    state = editing(replace(WALLS, captures=(front, front, away)))
    views = [values(part, Measure(attribute="views"), state) for part in state.parts]
    assert bool((views[0] == 2).all())
    assert float((views[1] == 0).float().mean()) > 0.95
    path = torch.cat([values(part, Measure(attribute="path_distance"), state) for part in state.parts])
    torch.testing.assert_close(path, (means(state) - torch.tensor([0.0, 0, 8])).norm(dim=1))


def test_classes_hold_those_below_them() -> None:
    gaussians = random_gaussians(len(LABELS))
    blank = torch.zeros(len(LABELS), 3, dtype=torch.uint8)
    flat, turned = blank[:, 0], blank.to(torch.int8)
    surface = Surface(
        blank, turned, turned, flat, blank, blank, flat, flat, flat, torch.arange(len(LABELS), dtype=torch.uint8)
    )
    state = editing(World("Labels", (Layer("a", gaussians, surface=surface), Layer("b", random_gaussians(5)))))
    trees = found(state, by="class", names=["tree", "road/path"])
    assert {LABELS[row] for row in trees.nonzero()[:, 0]} == {*(n for n in LABELS if n.startswith("tree")), "road/path"}
    assert int(found(state, by="class", names=["tree/leaves/evergreen"]).nonzero()[0]) == label_index(
        "tree/leaves/evergreen"
    )


@settings(deadline=None, max_examples=15)
@given(places, places, some.floats(0.3, 2))
def test_combinations_are_those_of_sets(a: tuple, b: tuple, radius: float) -> None:
    state = editing()
    one, two = ({"by": "sphere", "center": place, "radius": radius} for place in (a, b))
    first, second = found(state, **one), found(state, **two)
    assert torch.equal(found(state, by="all_of", of=[one, two]), first & second)
    assert torch.equal(found(state, by="any_of", of=[one, two]), first | second)
    assert torch.equal(found(state, by="not", of=one), ~first)
    nested = {"by": "all_of", "of": [one, {"by": "not", "of": {"by": "any_of", "of": [two]}}]}
    assert torch.equal(found(state, **nested), first & ~second)


@settings(deadline=None, max_examples=25)
@given(places, some.floats(0.3, 1.5), some.floats(0.05, 1))
def test_growing_and_shrinking_are_by_distance(center: tuple, radius: float, distance: float) -> None:
    state = apply(
        editing(), parse({"op": "select", "where": {"by": "sphere", "center": center, "radius": radius}})
    ).state
    points = means(state)
    old = torch.cat([state.selection("ann").get(p.key, torch.zeros(len(p), dtype=torch.bool)) for p in state.parts])
    if not bool(old.any()):
        with pytest.raises(InvalidDataError, match="Nothing is selected"):
            apply(state, GrowSelection(distance=distance))
        return
    apart = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
    grown = (apart[:, old] <= distance).any(1)
    kept = old & ~(apart[:, ~old] <= distance).any(1)
    assert apply(state, GrowSelection(distance=distance)).count == int(grown.sum())
    assert apply(state, ShrinkSelection(distance=distance)).count == int(kept.sum())


def test_growing_takes_the_next_neighbours() -> None:
    state = apply(
        editing(WALLS), parse({"op": "select", "where": {"by": "sphere", "center": (0, 0, 0), "radius": 0.3}})
    )
    grown = apply(state.state, GrowSelection())
    assert state.count < grown.count < 2 * state.count
    assert apply(grown.state, ShrinkSelection()).count < grown.count


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ({"by": "view", "view": BACK, "polygon": [(0, 0), (1, 1)]}, "polygon"),
        ({"by": "colour"}, "'at'"),
        ({"by": "colour", "rgb": (1, 0, 0), "at": (0, 0, 0)}, "'at'"),
        ({"by": "range", "attribute": "distance"}, "point"),
        ({"by": "range", "attribute": "depth"}, "view"),
        ({"by": "range", "attribute": "size", "low": 2, "high": 1}, "above"),
        ({"by": "range", "attribute": "views"}, "not made from photos"),
        ({"by": "range", "attribute": "path_distance"}, "not made from photos"),
        ({"by": "class", "names": ["unicorn"]}, "no semantic class"),
        (
            {"by": "flood", "at": {"view": {**BACK, "position": (0, 0, 800)}, "at": (0.01, 0.01)}},
            "nothing at that place",
        ),
        ({"by": "object", "at": (500, 500, 500), "reach": 1}, "nothing at that place"),
        ({"by": "similar", "to": {"by": "sphere", "center": (99, 99, 99), "radius": 1}}, "nothing to be similar to"),
    ],
)
def test_what_can_not_be_selected_is_refused_in_a_sentence(where: dict, says: str) -> None:
    with pytest.raises(InvalidDataError, match=says):
        found(editing(WALLS), **where)


def test_an_empty_world_has_nothing_to_select() -> None:
    state = editing(World("Empty", (Layer("none", Gaussians.empty()),)))
    square = [(0, 0), (1, 0), (1, 1)]
    assert not len(found(state, by="view", view=BACK, polygon=square))
    assert sum(histogram(state, Measure(attribute="size"), 4).counts) == 0
    for where in (
        {"by": "flood", "at": (0, 0, 0)},
        {"by": "colour", "at": (0, 0, 0)},
        {"by": "object", "at": (0, 0, 0)},
    ):
        with pytest.raises(InvalidDataError, match="nothing"):
            found(state, **where)


def parse_criterion(**where: Any) -> Any:
    operation = parse({"op": "select", "where": where})
    assert isinstance(operation, Select)
    return operation.where


def replace_rotation(view: CapturedView, rotation: tuple[float, float, float, float]) -> CapturedView:
    return view.model_copy(update={"rotation": rotation})
