"""The C++ behind generated ground: the same bits on every instruction set and wherever the grid begins."""

from __future__ import annotations

import numpy as np
import pytest

from worldloom.render.ground import HeightGrid, cells, erode, fractal, halo, nearest, sample, split
from worldloom.render.native.library import available_isas


def places(count: int = 5000) -> np.ndarray:
    return np.random.default_rng(2).uniform(-300, 300, (3, count)).astype(np.float32)


def hills(first: int, size: int) -> HeightGrid:
    grid = HeightGrid(np.zeros((size, size), np.float32), first, first, 1.0)
    x, z = grid.places()
    return HeightGrid(20 * fractal(x, z, seed=5, size=40.0, octaves=5), first, first, 1.0)


@pytest.mark.parametrize("isa", available_isas())
def test_every_instruction_set_gives_the_same_bits(isa: str) -> None:
    x, y, z = places()
    for kind in ("smooth", "ridged", "billow"):
        assert (
            fractal(x, z, seed=1, size=9.0, kind=kind, damping=0.6)
            == fractal(x, z, seed=1, size=9.0, kind=kind, damping=0.6, isa=isa)
        ).all()
        assert (
            fractal(x, z, y=y, seed=1, size=9.0, kind=kind) == fractal(x, z, y=y, seed=1, size=9.0, kind=kind, isa=isa)
        ).all()
    for one, other in zip(cells(x, z, seed=4, size=3.0), cells(x, z, seed=4, size=3.0, isa=isa)):
        assert (one == other).all()
    wear = {"rounds": 2, "steps": 10, "slides": 2, "strength": 0.8, "talus": 0.7, "seed": 9}
    assert (erode(hills(0, 80), **wear).values == erode(hills(0, 80), **wear, isa=isa).values).all()


def test_noise_is_smooth_and_of_the_stated_range_and_differs_by_seed() -> None:
    x, y, z = places(40000)
    smooth = fractal(x, z, seed=1, size=9.0)
    assert -1.4 < smooth.min() < -0.6 and 0.6 < smooth.max() < 1.4 and abs(smooth.mean()) < 0.03
    ridged = fractal(x, z, seed=1, size=9.0, kind="ridged")
    assert ridged.min() >= 0 and ridged.max() <= 1 and ridged.max() > 0.8
    assert np.abs(fractal(x + np.float32(0.01), z, seed=1, size=9.0) - smooth).max() < 0.05
    assert abs(np.corrcoef(smooth, fractal(x, z, seed=2, size=9.0))[0, 1]) < 0.05
    assert abs(np.corrcoef(smooth, fractal(x, z, y=y, seed=1, size=9.0))[0, 1]) < 0.2


def test_one_place_alone_has_the_value_it_has_among_others() -> None:
    x, y, z = places(1000)
    many = fractal(x, z, y=y, seed=7, size=(2.0, 5.0, 3.0))
    for index in (0, 17, 255, 256, 999):
        one = slice(index, index + 1)
        assert fractal(x[one], z[one], y=y[one], seed=7, size=(2.0, 5.0, 3.0))[0] == many[index]


def test_cells_give_the_two_nearest_points() -> None:
    x, _, z = places(4000)
    first, second, own = cells(x, z, seed=3, size=4.0)
    assert (first <= second).all() and first.min() < 0.1 and first.max() < 1.5
    assert 0 <= own.min() < 0.05 and 0.95 < own.max() <= 1


def test_erosion_does_not_depend_on_where_its_grid_begins_and_lowers_crests() -> None:
    wear = {"rounds": 2, "steps": 9, "slides": 1}
    rim = halo(**wear)
    whole, part = hills(-70, 140), hills(-40, 90)
    settings = {**wear, "strength": 0.8, "talus": 0.6, "seed": 3}
    large, small = erode(whole, **settings).values, erode(part, **settings).values
    assert (small[rim:-rim, rim:-rim] == large[30 + rim : 120 - rim, 30 + rim : 120 - rim]).all()
    changed = large - whole.values
    assert np.abs(changed).max() > 0.2
    high = whole.values > np.percentile(whole.values, 90)
    assert changed[high].mean() < -0.02 < changed[whole.values < np.percentile(whole.values, 20)].mean()


def test_sampling_is_exact_on_the_grid_and_for_planes() -> None:
    grid = hills(-20, 40)
    x, z = (np.ascontiguousarray(v[5:-5, 5:-5]) for v in grid.places())
    np.testing.assert_array_equal(sample(grid, x, z), grid.values[5:-5, 5:-5])
    flat = HeightGrid(np.fromfunction(lambda r, c: 2 * r - c, (20, 20)).astype(np.float32), 0, 0, 0.5)
    inside = np.random.default_rng(0).uniform(2, 7, (2, 50)).astype(np.float32)
    np.testing.assert_allclose(sample(flat, *inside), 4 * inside[1] - 2 * inside[0], atol=1e-4)


def test_pieces_cover_the_bounds_once_and_are_finer_where_it_is_steep_or_near() -> None:
    size = 80
    values = np.zeros((size, size), np.float32)
    values[:, 40:] = 3.0 * np.arange(size - 40)  # level to the west, steep to the east
    grid = HeightGrid(values, -40, -40, 1.0)
    settings = {"bounds": (-32.0, -32.0, 32.0, 32.0), "root": 4.0, "coarsest": 1.0, "room": 100_000}
    even, count = split(grid, np.ones_like(values), **settings, eye=(0.0, 0.0, 0.0), base=1.0, slope=0.0, scale=1.0)
    assert count == len(even)
    np.testing.assert_allclose((even[:, 2] * even[:, 3]).sum(), 64.0**2, rtol=1e-6)
    west = (even[:, 0] < -4).sum()
    assert 2.6 < (even[:, 0] > 4).sum() / west < 3.9  # sqrt(10) times the area
    near, _ = split(grid, np.ones_like(values), **settings, eye=(-30.0, 0.0, 0.0), base=0.05, slope=0.05, scale=1.0)
    edges = np.sqrt(near[:, 2] * near[:, 3])
    away = np.hypot(near[:, 0] + 30, near[:, 1])
    assert edges[away < 4].mean() < 0.5 * edges[(away > 20) & (near[:, 0] < -4)].mean()
    _, told = split(
        grid, np.ones_like(values), **{**settings, "room": 10}, eye=(0.0, 0.0, 0.0), base=1.0, slope=0.0, scale=1.0
    )
    assert told == count


def test_the_nearest_line_piece_is_found() -> None:
    rng = np.random.default_rng(4)
    pieces = rng.uniform(-40, 40, (60, 4)).astype(np.float32)
    pieces[:, 2:] = pieces[:, :2] + rng.uniform(-6, 6, (60, 2))
    x, z = rng.uniform(-60, 60, (2, 800)).astype(np.float32)
    which, distance, share = nearest(x, z, pieces, 9.0)
    start, along = pieces[:, :2], pieces[:, 2:] - pieces[:, :2]
    offset = np.stack([x, z], axis=1)[:, None] - start
    t = ((offset * along).sum(-1) / (along**2).sum(-1)).clip(0, 1)
    apart = np.linalg.norm(offset - t[..., None] * along, axis=-1)
    close = apart.min(axis=1) < 9.0
    assert ((which >= 0) == close).all() and close.any() and not close.all()
    assert (which[close] == apart.argmin(axis=1)[close]).all()
    np.testing.assert_allclose(distance[close], apart.min(axis=1)[close], atol=1e-4)
    np.testing.assert_allclose(share[close], t[close, which[close]], atol=1e-4)
    assert (distance[~close] == 9.0).all()
    assert (nearest(x, z, np.zeros((0, 4), np.float32), 5.0)[0] == -1).all()
