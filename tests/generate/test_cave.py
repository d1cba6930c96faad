"""Caves: closed, walkable, wet or dry as asked, the same for the same spec."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from worldloom.generate.build.cave import draft_cave
from worldloom.generate.build.cave.hollow import hollow_of
from worldloom.generate.build.cave.nets import surface_net
from worldloom.generate.build.site import Draft
from worldloom.generate.spec import ObjectSpec, Style, Water, WorldSpec
from worldloom.scene.semantics import label_index, labels_under


def _spec(**changes: object) -> WorldSpec:
    return WorldSpec(kind="cave", gaussians=40_000, extent=34, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cave() -> tuple[WorldSpec, Draft]:
    spec = _spec(seed=3, water=Water(lakes=1))
    return spec, draft_cave(spec)


def test_a_net_over_a_ball_is_closed_even_and_faces_the_air() -> None:
    axis = np.arange(-2, 2.01, 0.2)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    vertices, faces = surface_net(np.linalg.norm(grid, axis=-1) - 1.3, np.full(3, -2.0), 0.2)
    assert np.abs(np.linalg.norm(vertices, axis=1) - 1.3).max() < 0.02
    a, b, c = vertices[faces].transpose(1, 0, 2)
    normal = np.cross(b - a, c - a)
    assert (normal * (a + b + c)).sum(axis=1).max() < 0
    assert np.linalg.norm(normal, axis=1).sum() / 2 == pytest.approx(4 * np.pi * 1.69, rel=0.03)
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()


def test_one_stands_on_dry_ground_with_a_metre_of_air_around(cave: tuple[WorldSpec, Draft]) -> None:
    spec, draft = cave
    hollow = hollow_of(spec)
    x, y, z = draft.spawn
    ground = float(hollow.floor(np.array(x), np.array(z)))
    assert y == pytest.approx(ground + 1.6, abs=1e-3)
    assert ground > hollow.water_level
    turn = np.linspace(0, 2 * np.pi, 24)
    ring = np.stack([x + np.cos(turn), np.full(24, y), z + np.sin(turn)], axis=1)
    assert hollow.rock(ring).max() < 0
    # One looks into the open: nothing for five metres.
    way = np.array(draft.look_at) - draft.spawn
    ahead = np.array(draft.spawn) + np.linspace(0, 5, 20)[:, None] * way / np.linalg.norm(way)
    assert hollow.rock(ahead).max() < 0


@pytest.mark.parametrize("seed", [3, 8])
def test_rock_is_closed_all_around_but_for_the_shaft(seed: int) -> None:
    draft = draft_cave(_spec(seed=seed))
    rock = draft.layers["rock"]
    assert _open_share(draft, rock.position, rock.size) < 0.03


def _open_share(draft: Draft, position: np.ndarray, size: np.ndarray) -> float:
    """Share of the directions from the eye in which no surfel lies, each taken as a disc of 1.5 deviations."""
    offset = position - draft.spawn
    distance = np.linalg.norm(offset, axis=1)
    toward = offset / distance[:, None]
    count = 1500
    number = np.arange(count) + 0.5
    height, turn = 1 - 2 * number / count, number * np.pi * (3 - np.sqrt(5))
    rays = np.stack([np.sqrt(1 - height**2) * np.cos(turn), height, np.sqrt(1 - height**2) * np.sin(turn)], axis=1)
    covered = np.zeros(count, bool)
    reach = np.arctan(1.5 * size[:, :2].mean(axis=1) / distance)
    for start in range(0, len(toward), 4000):
        cosine = toward[start : start + 4000] @ rays.T
        covered |= (cosine > np.cos(reach[start : start + 4000])[:, None]).any(axis=0)
    return float(1 - covered.mean())


def test_the_floor_can_be_walked_on(cave: tuple[WorldSpec, Draft]) -> None:
    hollow = hollow_of(cave[0])
    for start, end, _ in hollow.tunnels:
        a, b = hollow.chambers[start], hollow.chambers[end]
        share = np.linspace(0, 1, 400)
        x, z = a.x + share * (b.x - a.x), a.z + share * (b.z - a.z)
        floor = hollow.floor(x, z)
        slope = np.abs(np.diff(floor)) / np.hypot(np.diff(x), np.diff(z))
        dry = floor[1:] > hollow.water_level + 0.2
        assert np.quantile(slope[dry], 0.95) < 0.75
    for chamber in hollow.chambers:
        body = np.array([chamber.x, chamber.floor + 1.2, chamber.z])
        assert hollow.rock(body[None])[0] < 0


def test_budget_and_determinism(cave: tuple[WorldSpec, Draft]) -> None:
    spec, draft = cave
    assert 0.7 * spec.gaussians < sum(map(len, draft.layers.values())) <= 1.1 * spec.gaussians
    again = draft_cave(spec)
    assert again.spawn == draft.spawn and repr(again.lamps) == repr(draft.lamps)
    for name, pieces in draft.layers.items():
        for field in fields(pieces):
            assert np.array_equal(getattr(pieces, field.name), getattr(again.layers[name], field.name))


def test_lakes_lava_and_dry_caves(cave: tuple[WorldSpec, Draft]) -> None:
    water = cave[1].layers["water"]
    assert (water.label == label_index("water/lake")).all() and np.ptp(water.position[:, 1]) < 0.01
    lava = draft_cave(_spec(seed=3, water=Water(lava=True))).layers["water"]
    assert (lava.label == label_index("water/lava")).all()
    assert lava.glow[:, 0].mean() > 5 * lava.glow[:, 2].mean() > 0
    assert "water" not in draft_cave(_spec(seed=3, without=("water",))).layers


def test_crystals_have_the_colour_asked_for_and_light_the_cave() -> None:
    crystal = ObjectSpec(id="crystal", what="crystal", count=9, colour=(0.1, 0.9, 0.2))
    plain, green = draft_cave(_spec(seed=6)), draft_cave(_spec(seed=6, objects=(crystal,)))
    assert "things" not in plain.layers
    glow = green.layers["things"].glow.mean(axis=0)
    assert glow[1] > 3 * glow[0] and glow[1] > 3 * glow[2]
    assert len(green.lamps) > len(plain.lamps)
    assert draft_cave(_spec(seed=6, style=Style(name="fantasy"), without=("crystals", "mushrooms"))).layers.keys() == {
        "rock",
        "dripstone",
        "water",
    }


def test_it_is_not_black(cave: tuple[WorldSpec, Draft]) -> None:
    x, _, z = cave[1].spawn
    near = [lamp for lamp in cave[1].lamps if np.hypot(lamp.position[0] - x, lamp.position[2] - z) < lamp.reach]
    assert near and all(lamp.always for lamp in cave[1].lamps)
    assert set(np.unique(cave[1].layers["rock"].label)) <= {*labels_under("rock"), *labels_under("ground")}


def test_what_cannot_be_built_in_a_cave_is_told() -> None:
    spec = WorldSpec(
        kind="cave",
        gaussians=12_000,
        objects=(ObjectSpec(id="w", what="wall"), ObjectSpec(id="c", what="barrel")),
    )
    draft = draft_cave(spec)
    assert any("wall can't be built in a cave" in note for note in draft.not_built)
    assert not any("barrel" in note for note in draft.not_built)
