"""What floods and brushes rest on, against scipy's trees, among points that are dense, far apart or at one place."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from worldloom.render import regions
from worldloom.render.cpu import set_threads


def scattered() -> torch.Tensor:
    """A cloud, a dense ball, a line, a place with many points, and two that are far from all."""
    generator = torch.Generator().manual_seed(0)
    cloud = torch.rand(6000, 3, generator=generator) * 10
    ball = torch.randn(5000, 3, generator=generator) * 0.05 + 3
    line = torch.stack([torch.linspace(-20, 0, 400), torch.zeros(400), torch.zeros(400)], dim=1)
    far = torch.tensor([[1e4, 0, 0], [0, -3e5, 0]])
    points = torch.cat([cloud, ball, line, torch.full((50, 3), 5.0), far])
    return points[torch.randperm(len(points), generator=generator)]


@pytest.mark.parametrize("step", [0.02, 0.051, 0.3, 0.45, 1.0, 1e6])
def test_a_flood_goes_as_far_as_steps_do(step: float) -> None:
    points = scattered()
    pairs = KDTree(points.numpy()).query_pairs(min(step, 1.0), output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), pairs.T), (len(points), len(points)))
    _, sets = connected_components(links, directed=False) if step < 1e6 else (1, np.zeros(len(points)))
    start = torch.zeros(len(points), dtype=torch.bool)
    start[[3, 77, 2000]] = True
    wanted = torch.from_numpy(np.isin(sets, sets[start.numpy()]))
    try:
        for count in (1, 2):
            set_threads(count)
            assert torch.equal(regions.flood(points, start, step), wanted)
    finally:
        set_threads(None)


def test_a_flood_of_few_or_none() -> None:
    for count in (0, 1, 16, 17, 33):
        points = torch.arange(count, dtype=torch.float32)[:, None].expand(count, 3) * 0.5
        start = torch.arange(count) == 0
        assert bool(regions.flood(points, start, 0.9).all())
        assert torch.equal(regions.flood(points, start, 0.8), start)


def test_what_is_near_is_what_a_tree_finds() -> None:
    points = scattered()
    places, others = points[:6000], points[6000:]
    distances, _ = KDTree(others.numpy()).query(places.numpy())
    for reach in (0.01, 0.11, 0.7):
        clear = torch.from_numpy(np.abs(distances - reach) > 1e-4)
        assert torch.equal(regions.near(places, others, reach)[clear], torch.from_numpy(distances <= reach)[clear])


@pytest.mark.parametrize("reach", [0.03, 0.1, 0.4])
def test_what_is_near_in_a_small_space_is_what_a_tree_finds(reach: float) -> None:
    """Where cells of a grid tell it of most."""
    generator = torch.Generator().manual_seed(3)
    others = torch.cat([torch.rand(300, 3, generator=generator) * 0.2, torch.rand(40, 3, generator=generator)])
    places = torch.rand(20_000, 3, generator=generator) * 2 - 0.5
    places[:40] = others[-40:] + torch.tensor([reach, 0.0, 0.0]) * torch.linspace(0.98, 1.02, 40)[:, None]
    distances = torch.from_numpy(KDTree(others.numpy()).query(places.numpy())[0])
    found = regions.near(places, others, reach)
    clear = (distances - reach).abs() > 1e-6
    assert torch.equal(found[clear], (distances <= reach)[clear])
    assert 0 < int(found.sum()) < len(found)
    for few in (places[:0], others[:1]):
        assert torch.equal(regions.near(few, others, reach), torch.ones(len(few), dtype=torch.bool))
    assert not bool(regions.near(torch.full((3, 3), float("nan")), others, reach).any())
    assert not bool(regions.near(places, others[:0], reach).any())
