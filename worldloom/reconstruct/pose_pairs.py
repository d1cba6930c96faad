"""Which pairs of photos are worth matching: all of few, neighbours in time, and those that look alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from worldloom.reconstruct.pose_features import FeatureDatabase

_WORDS = 512
"""Size of the visual vocabulary."""


def all_pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Every photo with every other."""
    return list(combinations(names, 2))


def sequential_pairs(names: Sequence[str], overlap: int = 8) -> list[tuple[str, str]]:
    """Each photo with the next few, and with some further on at doubling distances."""
    steps = sorted({*range(1, overlap + 1), *(2**power for power in range(3, 8))})
    return [(names[at], names[at + step]) for step in steps for at in range(len(names) - step)]


def neighbouring_pairs(
    names: Sequence[str], world_to_camera: NDArray[np.float64], neighbours: int = 10
) -> list[tuple[str, str]]:
    """Each photo with the nearest that look about the same way, by known poses (n, 4, 4)."""
    positions = -np.einsum("nij,ni->nj", world_to_camera[:, :3, :3], world_to_camera[:, :3, 3])
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    forward = world_to_camera[:, 2, :3]
    distances[forward @ forward.T < 0.3] = np.inf
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :neighbours]
    pairs = {
        (min(at, int(other)), max(at, int(other)))
        for at, row in enumerate(nearest)
        for other in row
        if np.isfinite(distances[at, other])
    }
    return [(names[first], names[second]) for first, second in sorted(pairs)]


def retrieved_pairs(database: FeatureDatabase, neighbours: int = 20) -> list[tuple[str, str]]:
    """Each photo with those that share most visual words (Sivic and Zisserman 2003).

    The vocabulary is made from the photos' own features, so nothing has to be downloaded.
    """
    ids = database.image_ids()
    names = [photo.name for photo in database.photos if photo.name in ids]
    if len(names) < 3:
        return all_pairs(names)
    words = _word_histograms([database.descriptors(ids[name]) for name in names], database.settings.seed)
    documents = (words > 0).sum(axis=0)
    weighted = words * np.log((len(names) + 1) / (documents + 1))
    weighted /= np.maximum(np.linalg.norm(weighted, axis=1, keepdims=True), 1e-12)
    alike = weighted @ weighted.T
    np.fill_diagonal(alike, -1)
    nearest = np.argsort(-alike, axis=1, kind="stable")[:, : min(neighbours, len(names) - 1)]
    pairs = {(min(at, int(other)), max(at, int(other))) for at, row in enumerate(nearest) for other in row}
    return [(names[first], names[second]) for first, second in sorted(pairs)]


def _word_histograms(descriptors: list[NDArray[np.uint8]], seed: int) -> NDArray[np.float32]:
    from scipy.cluster.vq import kmeans2
    from scipy.spatial import KDTree

    generator = np.random.default_rng(seed)
    sample = [found[generator.permutation(len(found))[: 40_000 // len(descriptors) + 20]] for found in descriptors]
    stacked = np.concatenate(sample).astype(np.float32)
    words, _ = kmeans2(stacked, min(_WORDS, len(stacked)), iter=8, minit="points", rng=generator)
    tree = KDTree(words)
    histograms = np.zeros((len(descriptors), len(words)), np.float32)
    for row, found in zip(histograms, descriptors):
        few = found[generator.permutation(len(found))[:1000]]
        if len(few):
            row += np.bincount(tree.query(few.astype(np.float32), eps=1.0)[1], minlength=len(words))
    return histograms
