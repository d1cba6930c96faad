"""Solids covered with surfels: no gaps, no clumps, crisp edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import KDTree

from worldloom.scene import solids
from worldloom.scene.errors import InvalidDataError


def test_ball_is_covered_evenly_and_faces_outwards() -> None:
    pieces = solids.covered(solids.ball(1.0, (0, 1, 0), 64), 0.08)
    away = pieces.position - [0, 1, 0]
    assert np.allclose(np.linalg.norm(away, axis=1), 1, atol=0.01)
    assert ((away * pieces.normal).sum(axis=1) > 0.98).all()
    nearest = KDTree(pieces.position).query(pieces.position, k=2)[0][:, 1]
    assert nearest.min() > 0.8 * solids.PACKING * 0.08
    directions = np.random.default_rng(1).normal(size=(4000, 3))
    spots = directions / np.linalg.norm(directions, axis=1, keepdims=True) + [0, 1, 0]
    assert KDTree(pieces.position).query(spots)[0].max() < 0.08  # so no gap is as wide as two spacings


def test_box_stays_within_itself_and_has_surfels_along_its_edges() -> None:
    pieces = solids.covered(solids.block((2, 1, 1)), 0.1)
    half = np.array([1, 0.5, 0.5])
    assert (np.abs(pieces.position) <= half + 1e-6).all()
    assert np.allclose(np.abs(pieces.normal).max(axis=1), 1)
    across = np.cross(pieces.normal, pieces.along)
    reach = np.abs(pieces.position) + np.sqrt(
        (pieces.size[:, :1] * pieces.along) ** 2 + (pieces.size[:, 1:2] * across) ** 2
    )
    assert (reach - half).max() < 0.02, "a surfel sticks out over an edge"
    edge = np.stack([np.linspace(-0.95, 0.95, 50), np.full(50, 0.5), np.full(50, 0.5)], axis=1)
    assert KDTree(pieces.position).query(edge)[0].max() < 0.07


def test_what_is_cut_away_is_gone() -> None:
    cut = solids.without(solids.block((2, 2, 2)), solids.cylinder(0.5, 4, (0, -2, 0), sides=48))
    pieces = solids.covered(cut, 0.1)
    away = np.hypot(pieces.position[:, 0], pieces.position[:, 2])
    assert away.min() > 0.48
    inside = away < 0.52
    assert inside.sum() > 100
    inwards = -(pieces.position[inside] * pieces.normal[inside])[:, [0, 2]].sum(axis=1)
    assert (inwards[np.abs(pieces.normal[inside, 1]) < 0.5] > 0).all()


@pytest.mark.parametrize(
    ("solid", "low", "high"),
    [
        (solids.revolved([(0.5, 0), (0.2, 1), (0.6, 2)]), (-0.6, 0, -0.6), (0.6, 2, 0.6)),
        (solids.extruded([(0, 0), (2, 0), (1, 1)], 0.5, (0, 0, 1)), (0, 0, 0.75), (2, 1, 1.25)),
        (solids.cone(1, 3, (0, 1, 0), sides=32), (-1, 1, -1), (1, 4, 1)),
        (solids.turned(solids.block((2, 1, 1)), y=np.pi / 2, at=(5, 0, 0)), (4.5, -0.5, -1), (5.5, 0.5, 1)),
    ],
)
def test_shapes_lie_where_they_are_said_to(solid, low, high) -> None:
    box = solid.bounding_box()
    assert np.allclose(box[:3], low, atol=0.01)
    assert np.allclose(box[3:], high, atol=0.01)


def test_same_twice_and_empty_is_refused() -> None:
    first, second = (solids.covered(solids.ball(1.0), 0.1, seed=3) for _ in range(2))
    assert first.position.tobytes() == second.position.tobytes()
    with pytest.raises(InvalidDataError, match="no volume"):
        solids.covered(solids.without(solids.block((1, 1, 1)), solids.block((2, 2, 2))), 0.1)


def test_spread_leaves_no_two_too_near_and_no_room() -> None:
    points = np.random.default_rng(0).random((3000, 3)) * [1, 1, 0]
    taken = np.array([[0.5, 0.5, 0.0]])
    kept = points[solids.spread(points, 0.05, np.arange(3000.0), taken)]
    assert KDTree(kept).query(kept, k=2)[0][:, 1].min() >= 0.05
    assert KDTree(taken).query(kept)[0].min() >= 0.05
    assert KDTree(np.concatenate([kept, taken])).query(points)[0].max() < 0.05
