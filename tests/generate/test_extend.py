"""Growing past the edge: nothing that is there changes, and what is new fits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from worldloom.generate import make
from worldloom.generate.build.site import Bounds
from worldloom.generate.build.terrain import Terrain
from worldloom.generate.extend import TILE, Where, extend
from worldloom.generate.spec import Relief, Vegetation, WorldSpec
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import SH_C0
from worldloom.scene.semantics import labels_under
from worldloom.scene.world import Environment, Layer, World

SPEC = WorldSpec(
    seed=11,
    extent=128,
    relief=Relief(shape="rolling", height=12),
    vegetation=Vegetation(trees=0.1, bushes=0.1, grass=0.3),
    gaussians=90_000,
)
FEW = 15_000


@pytest.fixture(scope="module")
def land() -> World:
    return make.from_spec(SPEC).world


@pytest.fixture(scope="module")
def grown(land: World) -> World:
    return extend(land, Where(tiles=[(0, 1), (1, 0)]), gaussians=FEW).world


def ground(layer: Layer) -> tuple[np.ndarray, np.ndarray]:
    """Places (N, 3) and sRGB colours (N, 3) of a layer's ground."""
    assert layer.surface is not None
    mask = np.isin(layer.surface.labels.numpy(), labels_under("ground"))
    return layer.gaussians.means.numpy()[mask], (layer.gaussians.sh[:, 0].numpy() * SH_C0 + 0.5)[mask]


def test_what_is_there_stays_to_the_byte(land: World, grown: World) -> None:
    for layer in land.layers:
        kept = grown.layer(layer.name)
        assert all(torch.equal(a, b) for a, b in zip(layer.gaussians.tensors, kept.gaussians.tensors)), layer.name
    new = [layer.name for layer in grown.layers if layer.name.startswith("tile")]
    assert new == ["tile 0,1", "tile 1,0"]


def test_tiles_are_the_same_in_any_order(land: World, grown: World) -> None:
    other = extend(land, Where(tiles=[(1, 0)]), gaussians=FEW).world
    other = extend(other, Where(tiles=[(0, 1)]), gaussians=FEW).world
    for name in ("tile 0,1", "tile 1,0"):
        first, second = grown.layer(name).gaussians, other.layer(name).gaussians
        assert torch.equal(first.means, second.means) and torch.equal(first.quats, second.quats)


def test_only_what_is_not_there_yet_of_a_tile_is_made() -> None:
    small = make.from_spec(SPEC.model_copy(update={"extent": 80.0, "gaussians": 30_000})).world
    there = extend(small, Where(tiles=[(0, 0)]), gaussians=FEW).world
    roots, _ = ground(there.layer("tile 0,0"))
    inside = (roots[:, 0] < 39) & (roots[:, 2] < 39)
    assert len(roots) > 1000 and not inside.any()


def test_tiles_lie_where_nothing_was(grown: World) -> None:
    roots, _ = ground(grown.layer("tile 1,0"))
    assert roots[:, 0].min() > SPEC.extent / 2 - 0.6
    assert roots[:, 0].max() < 2 * TILE + 0.6 and roots[:, 2].min() > -0.6


def test_there_is_no_seam(land: World, grown: World) -> None:
    edge = SPEC.extent / 2
    old, old_colour = ground(land.layer("terrain"))
    new, new_colour = ground(grown.layer("tile 1,0"))
    inside = (old[:, 0] > edge - 8) & (old[:, 2] > 2) & (old[:, 2] < edge - 2)
    outside = (new[:, 0] < edge + 8) & (new[:, 2] > 2) & (new[:, 2] < edge - 2)
    assert inside.sum() > 30 and outside.sum() > 50
    site = Terrain(SPEC, Bounds.around(SPEC.extent))
    for points in (old[inside], new[outside]):
        level = np.asarray(site.height(points[:, [0, 2]].astype(np.float32)))
        assert np.quantile(np.abs(points[:, 1] - level), 0.9) < 0.25, "both lie on one ground"
    # The new part is finer here, far from where people start, and lies in the shade of finer grass.
    assert old_colour[inside].mean(axis=0) == pytest.approx(new_colour[outside].mean(axis=0), abs=0.09)


def test_a_place_or_a_line_chooses_the_tiles(land: World) -> None:
    there = extend(land, Where(towards=(90.0, 0.0, 30.0)), gaussians=4000)
    assert "tile 1,0" in there.layers
    along = extend(land, Where(path=[(80.0, 0.0, 20.0), (80.0, 0.0, -40.0)]), gaussians=4000)
    assert {"tile 1,0", "tile 1,-1"} <= set(along.layers)


def test_far_scenery_makes_room(grown: World) -> None:
    whole, rest = grown.layer("far"), grown.layer("far beyond")
    assert not whole.visible and rest.visible and len(rest.gaussians) < len(whole.gaussians)
    x, z = rest.gaussians.means[:, 0], rest.gaussians.means[:, 2]
    assert not bool(((x > TILE) & (x < 2 * TILE) & (z > 0) & (z < TILE)).any())


def test_words_change_the_new_part_only_and_its_ground_still_meets_the_old(land: World) -> None:
    there = extend(land, Where(tiles=[(1, 0)]), text="a sandy desert", gaussians=FEW)
    new, colour = ground(there.world.layer("tile 1,0"))
    site = Terrain(SPEC, Bounds.around(SPEC.extent))
    edge = (new[:, 0] < SPEC.extent / 2 + 1.0) & (new[:, 2] > 2)
    level = np.asarray(site.height(new[edge][:, [0, 2]].astype(np.float32)))
    assert np.quantile(np.abs(new[edge][:, 1] - level), 0.9) < 0.4
    far = new[:, 0] > SPEC.extent / 2 + 40
    assert colour[far][:, 0].mean() > colour[far][:, 1].mean() - 0.02, "sand is no greener than red"


def test_a_captured_world_goes_on_at_its_own_height() -> None:
    rng = np.random.default_rng(0)
    flat = rng.uniform(-6, 6, (20_000, 2))
    means = np.stack([flat[:, 0], 1.7 + 0.05 * flat[:, 0], flat[:, 1]], axis=1).astype(np.float32)
    from worldloom.scene.gaussians import Gaussians, rgb_to_sh0

    captured = Gaussians(
        torch.from_numpy(means),
        torch.tensor([[1.0, 0, 0, 0]]).repeat(len(means), 1),
        torch.log(torch.tensor([[0.08, 0.01, 0.08]])).repeat(len(means), 1),
        torch.full((len(means),), 4.0),
        rgb_to_sh0(torch.tensor([[0.30, 0.36, 0.18]])).repeat(len(means), 1)[:, None],
    )
    world = World("Lawn", (Layer("captured", captured),), environment=Environment())
    there = extend(world, Where(towards=(30.0, 0.0, 3.0)), gaussians=FEW)
    new, colour = ground(there.world.layer(there.layers[0]))
    edge = (new[:, 0] > 5.3) & (new[:, 0] < 7.5) & (np.abs(new[:, 2] - 3) < 2)
    assert edge.sum() > 10
    assert np.median(new[edge][:, 1]) == pytest.approx(1.7 + 0.05 * 5.8, abs=0.3)
    assert np.median(colour[edge], axis=0) == pytest.approx([0.30, 0.36, 0.18], abs=0.14)
    assert any("invented" in note for note in there.notes)


def test_a_deleted_tile_can_be_grown_again(land: World, grown: World) -> None:
    without = replace(grown, layers=tuple(layer for layer in grown.layers if layer.name != "tile 1,0"))
    again = extend(without, Where(tiles=[(1, 0)]), gaussians=FEW).world
    assert torch.equal(again.layer("tile 1,0").gaussians.means, grown.layer("tile 1,0").gaussians.means)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (Where(), "Say where"),
        (Where(towards=(0.0, 0.0, 0.0)), "already"),
        (Where(tiles=[(x, z) for x in range(2, 12) for z in range(2, 12)]), "at once"),
        (Where(tiles=[(9000, 0)]), "km"),
        (Where(towards=(float("nan"), 0.0, 0.0)), "not a number"),
    ],
)
def test_bad_places_are_told(land: World, where: Where, words: str) -> None:
    with pytest.raises(InvalidDataError, match=words):
        extend(land, where, gaussians=4000)


def test_a_world_without_ground_can_not_grow() -> None:
    with pytest.raises(InvalidDataError, match="no solid ground"):
        extend(World("Nothing"), Where(tiles=[(1, 1)]))
