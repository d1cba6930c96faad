"""Materials: each looks like itself, at every fineness."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from worldloom.generate.build import materials
from worldloom.generate.shapes import patch
from worldloom.generate.spec import Material
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.surfels import Surfels


def _wall(spacing: float = 0.03) -> Surfels:
    return patch((0, 0, 0), (3, 0, 0), (0, 2, 0), spacing, np.random.default_rng(0))


@pytest.mark.parametrize("material", list(materials.FINISHES))
def test_material_keeps_its_colour_and_is_never_flat(material: str) -> None:
    look = materials.FINISHES[material]
    painted = materials.finish(_wall(), material)
    mean = painted.albedo.mean(axis=0)
    assert np.isfinite(painted.albedo).all()
    assert np.allclose(mean, look.albedo, rtol=0.45, atol=0.03), "far from what it is said to be"
    assert painted.albedo.std(axis=0).max() > 0.004 * max(look.albedo)
    assert ((painted.gloss >= 0) & (painted.gloss <= 1)).all()


def test_every_material_of_a_spec_has_a_finish_and_a_pattern() -> None:
    assert set(get_args(Material)) <= set(materials.FINISHES)
    assert {look.pattern for look in materials.FINISHES.values()} <= set(materials.PATTERNS)


def test_colour_asked_for_is_the_colour_seen() -> None:
    painted = materials.finish(_wall(), "paint", materials.linear((0.9, 0.1, 0.1)))
    red, green, blue = painted.albedo.mean(axis=0)
    assert red > 8 * max(green, blue)


def test_bricks_have_joints_and_far_bricks_do_not_speckle() -> None:
    fine, coarse = (materials.finish(_wall(spacing), "brick").albedo[:, 0] for spacing in (0.012, 0.25))
    assert np.ptp(fine) > 1.5 * np.ptp(coarse)
    assert abs(fine.mean() - coarse.mean()) < 0.05


def test_the_same_place_looks_the_same_in_any_batch() -> None:
    wall = _wall()
    whole, part = materials.finish(wall, "stone"), materials.finish(wall[100:200], "stone")
    assert np.array_equal(whole.albedo[100:200], part.albedo)
    assert not np.array_equal(whole.albedo, materials.finish(wall, "stone", seed=1).albedo)


def test_aged_is_greyer_and_does_not_shine() -> None:
    lit = materials.finish(_wall(), "light")
    old = materials.aged(lit)
    assert old.glow.max() == 0
    assert np.ptp(old.albedo.mean(axis=0)) < np.ptp(lit.albedo.mean(axis=0))


def test_unknown_material_is_told() -> None:
    with pytest.raises(InvalidDataError, match="no material 'cheese'"):
        materials.finish(_wall(), "cheese")
