"""Pieces of surface in order, turned, and mirroring the sky."""

from __future__ import annotations

import numpy as np
import torch

from worldloom.generate.daylight import tone
from worldloom.render.cpu import set_threads
from worldloom.render.flats import frames, zorder
from worldloom.render.mirrors import mirrored
from worldloom.scene.geometry import morton_order
from worldloom.scene.rotations import quat_to_matrix
from worldloom.scene.srgb import srgb, srgb_table


def test_order_is_that_of_the_scene() -> None:
    rng = np.random.default_rng(1)
    points = rng.integers(0, 1024, (5000, 3)).astype(np.float32)
    points[:2] = [[0, 0, 0], [1023, 1023, 1023]]
    assert np.array_equal(zorder(points), morton_order(torch.from_numpy(points)).numpy())
    assert len(zorder(points[:0])) == 0 and np.array_equal(zorder(np.ones((3, 3))), [0, 1, 2])


def test_frames_turn_axes_where_they_should_be() -> None:
    rng = np.random.default_rng(2)
    normal = rng.standard_normal((500, 3))
    normal[:3] = [[0, 1, 0], [0, 0, -1], [0, 0, 1]]
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    along = np.cross(normal, rng.standard_normal((500, 3)))
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    matrix = quat_to_matrix(torch.from_numpy(frames(along, normal))).numpy()
    expected = np.stack([along, np.cross(normal, along), normal], axis=2)
    assert np.abs(matrix - expected).max() < 2e-6


def seen(gloss: float, threads: int = 2) -> np.ndarray:
    """(N, 4, 3) of level water under a sky that is blue above and white at the horizon."""
    count = 3000
    sights = np.array([[0.0, -0.1, -0.995], [0.0, -0.9, -0.436], [0.866, -0.5, 0.0], [-0.866, -0.5, 0.0]])
    basis = np.concatenate([np.full((4, 1), 0.2820948), 0.4886025 * sights[:, [1, 2, 0]] * [-1, 1, -1]], axis=1)
    set_threads(threads)
    try:
        return mirrored(
            np.full((count, 3), 0.05),
            np.tile([0.0, 1.0, 0.0], (count, 1)),
            np.full(count, gloss),
            lambda above: np.stack([1 - above[:, 1], 1 - above[:, 1], np.ones(len(above))], axis=1),
            srgb_table(),
            sights,
            np.linalg.inv(basis),
            1.0,
        )
    finally:
        set_threads(None)


def test_dull_surfaces_show_their_own_colour_from_all_sides() -> None:
    own = tone(np.full((1, 3), 0.05)) - 0.5
    dull = seen(0.0)
    assert np.allclose(dull[:, 0] * 0.2820948, own, atol=1e-3) and np.abs(dull[:, 1:]).max() < 1e-3


def test_water_mirrors_the_horizon_where_one_looks_along_it() -> None:
    bright = seen(1.0)
    basis = np.array([0.2820948, 0.4886025 * 0.1, 0.4886025 * -0.995, 0.0])
    colour = (basis[:, None] * bright[0]).sum(axis=0) + 0.5
    share = 0.04 + 0.96 * 0.9**5
    expected = tone(
        np.array([[0.05 * (1 - share) + share * 0.9, 0.05 * (1 - share) + share * 0.9, 0.05 + 0.95 * share]])
    )
    assert np.allclose(colour, expected[0], atol=0.02)
    assert np.array_equal(bright, seen(1.0, threads=1))
    assert np.array_equal(srgb_table()[[0, -1]], srgb(np.array([0.0, 1.0])))
