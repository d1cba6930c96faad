"""Coarse alignment: points that look alike in two clouds, and the similarity on which most of them agree.

Features are histograms of how pairs of planes lie to one another around a point (after FPFH, Rusu et al. 2009, made
blind to the signs of normals) and of how colour changes there; agreement is found by RANSAC (Fischler and Bolles 1981)
over triples of matches, each giving a similarity in closed form (Umeyama 1991).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from worldloom.edit.compose.clouds import Planes
from worldloom.scene.surfels import Array

_BINS = 8
_SHELLS = (2.5, 5.0)
"""Radii around a point within which neighbours are looked at, in edges of the thinning."""
_COLOUR = 0.55
"""How much colour counts beside shape."""
_TRIPLES = 120_000
_SIMILARITIES = 2500
"""Of the triples, those that fit are tried up to so many."""
_SAME_SCALE = 1.16
"""Two sides of a triple may differ by this factor in how they are scaled."""
_SHORTEST = 5.0
"""Sides of a triple, in edges of the thinning: shorter ones say too little."""
_NEAR = 2.0
"""A match agrees if it ends within so many edges."""
_SIMILAR_NORMALS = 0.75
_KEPT = 12
_BLOCK = 400


@dataclass(frozen=True, eq=False)
class Similarity:
    """point -> scale * rotation @ point + shift."""

    rotation: Array
    """(3, 3)"""
    shift: Array
    """(3,)"""
    scale: float

    def on(self, points: Array) -> Array:
        """(N, 3) moved."""
        return self.scale * points @ self.rotation.T + self.shift


@dataclass(frozen=True, eq=False)
class Guess:
    """A similarity and how many matches agree on it."""

    similarity: Similarity
    agreeing: int
    matches: int


def features(planes: Planes, edge: float) -> Array:
    """(N, F) what the surroundings of each point look like, within `_SHELLS` times `edge` metres."""
    outer = _SHELLS[-1] * edge
    pairs = planes.tree.query_pairs(outer, output_type="ndarray")
    one, two = (np.concatenate([pairs[:, first], pairs[:, 1 - first]]) for first in (0, 1))
    way = planes.cloud.points[two] - planes.cloud.points[one]
    distance = np.linalg.norm(way, axis=1).clip(1e-9)
    way = way / distance[:, None]
    own, other = planes.normals[one], planes.normals[two]
    angles = [np.abs((own * way).sum(axis=1)), np.abs((other * way).sum(axis=1)), np.abs((own * other).sum(axis=1))]
    shell = np.searchsorted(np.array(_SHELLS) * edge, distance).clip(0, len(_SHELLS) - 1)
    weight = planes.flatness[two]
    shape = [
        _histogram(one, values, weight * (shell == number), len(planes))
        for number in range(len(_SHELLS))
        for values in angles
    ]
    # Beside its plane: how the heights of neighbours spread, which tells edges, corners and poles apart.
    height = np.abs((own * way).sum(axis=1)) * distance / outer
    shape.append(_histogram(one, height, weight, len(planes)))
    return np.concatenate(
        [np.concatenate(shape, axis=1) / len(shape) ** 0.5, _colours(planes, one, two, shell)], axis=1
    )


def _histogram(owner: Array, values: Array, weight: Array, count: int) -> Array:
    """(N, B) of values 0..1, each shared between the two bins that it lies between; square roots (Hellinger)."""
    place = (values * _BINS - 0.5).clip(0, _BINS - 1)
    low = np.minimum(place.astype(np.int64), _BINS - 2)
    part = place - low
    found = np.bincount(owner * _BINS + low, weight * (1 - part), count * _BINS)
    found += np.bincount(owner * _BINS + low + 1, weight * part, count * _BINS)
    found = found.reshape(count, _BINS)
    return np.sqrt(found / found.sum(axis=1, keepdims=True).clip(1e-9))


def _colours(planes: Planes, one: Array, two: Array, shell: Array) -> Array:
    """(N, 12) each point's colour, those of its neighbours and how they vary, in units of the whole cloud's spread, so
    that another exposure or white balance changes little."""
    colours = planes.cloud.colours
    even = (colours - np.median(colours, axis=0)) / colours.std(axis=0).clip(1e-3)
    found = [even]
    for number in range(len(_SHELLS)):
        inside = shell <= number
        count = np.bincount(one[inside], minlength=len(even))[:, None] + 1.0
        sums = np.stack([np.bincount(one[inside], even[two[inside], c], len(even)) for c in range(3)], axis=1)
        squares = np.stack([np.bincount(one[inside], even[two[inside], c] ** 2, len(even)) for c in range(3)], axis=1)
        mean = (sums + even) / count
        found += [even - mean] if number == 0 else [mean]
        found += [np.sqrt(((squares + even**2) / count - mean**2).clip(0))] if number else []
    return _COLOUR / 4 * np.concatenate(found, axis=1).clip(-3, 3)


def matches(source: Array, target: Array) -> tuple[Array, Array]:
    """Pairs of rows of features (N, F) and (M, F) that are each other's nearest."""
    forth, back = _nearest(source, target), _nearest(target, source)
    rows = np.flatnonzero(back[forth] == np.arange(len(source)))
    return rows, forth[rows]


def _nearest(source: Array, target: Array) -> Array:
    """(N,) the row of `target` nearest to each of `source`. A product of matrices: trees don't help in so many
    dimensions."""
    one, two = (torch.from_numpy(values).float() for values in (source, target))
    half = (two * two).sum(dim=1) / 2
    return torch.cat([(half - part @ two.T).argmin(dim=1) for part in one.split(2048)]).numpy()


def guesses(
    source: Planes,
    target: Planes,
    pairs: tuple[Array, Array],
    edge: float,
    *,
    scaled: bool,
    tilt: float,
    rng: np.random.Generator,
) -> list[Guess]:
    """Similarities from `source` to `target` on which many matches agree, best first, no two of them alike.

    Args:
        edge: of the thinning, metres.
        scaled: whether the scale may differ from 1.
        tilt: cosine of how far the vertical may lean.
    """
    one, two = (cloud.cloud.points[rows] for cloud, rows in zip((source, target), pairs))
    count = len(one)
    if count < 6:
        return []
    triples = rng.integers(0, count, (_TRIPLES, 3))
    sides = [np.linalg.norm(points[triples] - points[np.roll(triples, -1, axis=1)], axis=2) for points in (one, two)]
    ratio = sides[1] / sides[0].clip(1e-9)
    fits = (ratio.max(axis=1) < _SAME_SCALE * ratio.min(axis=1)) & (sides[1].min(axis=1) > _SHORTEST * edge)
    fits &= (ratio.min(axis=1) > 0.75) & (ratio.max(axis=1) < 1.33)
    triples = triples[fits][: 4 * _SIMILARITIES]
    if len(triples) == 0:
        return []
    rotation, shift, scale = umeyama(one[triples], two[triples], scaled=scaled)
    upright = np.flatnonzero(rotation[:, 1, 1] >= tilt)[:_SIMILARITIES]
    rotation, shift, scale = rotation[upright], shift[upright], scale[upright]
    normals = source.normals[pairs[0]], target.normals[pairs[1]]
    agreeing = np.zeros(len(scale), int)
    for start in range(0, len(scale), _BLOCK):
        part = slice(start, start + _BLOCK)
        turned = np.einsum("hij,nj->hni", rotation[part], one) * scale[part, None, None] + shift[part, None]
        near = ((turned - two) ** 2).sum(axis=2) < (_NEAR * edge) ** 2
        alike = np.abs(np.einsum("hij,nj,ni->hn", rotation[part], normals[0], normals[1])) > _SIMILAR_NORMALS
        agreeing[part] = (near & alike).sum(axis=1)
    return _distinct(one, two, (rotation, shift, scale), agreeing, edge, scaled)


def _distinct(
    one: Array, two: Array, found: tuple[Array, Array, Array], agreeing: np.ndarray, edge: float, scaled: bool
) -> list[Guess]:
    """The best ones, each fitted to all that agree with it."""
    kept: list[Guess] = []
    ends = []
    for index in np.argsort(-agreeing, kind="stable")[: 20 * _KEPT]:
        similarity = Similarity(found[0][index], found[1][index], float(found[2][index]))
        moved = similarity.on(one)
        if any(np.median(np.linalg.norm(moved - end, axis=1)) < 3 * edge for end in ends):
            continue
        ends.append(moved)
        for _ in range(3):
            near = ((similarity.on(one) - two) ** 2).sum(axis=1) < (_NEAR * edge) ** 2
            if near.sum() < 4:
                break
            rotation, shift, scale = umeyama(one[None, near], two[None, near], scaled=scaled)
            similarity = Similarity(rotation[0], shift[0], float(scale[0]))
        kept.append(Guess(similarity, int(agreeing[index]), len(one)))
        if len(kept) == _KEPT:
            break
    return kept


def umeyama(one: Array, two: Array, *, scaled: bool = True) -> tuple[Array, Array, Array]:
    """Similarities that bring points (H, N, 3) onto others with the least squares: rotations (H, 3, 3), shifts (H, 3)
    and scales (H,), which are 1 unless `scaled` (Umeyama 1991)."""
    middles = one.mean(axis=1, keepdims=True), two.mean(axis=1, keepdims=True)
    a, b = one - middles[0], two - middles[1]
    u, values, v = np.linalg.svd(np.einsum("hni,hnj->hij", b, a))
    sign = np.ones((len(one), 3))
    sign[:, 2] = np.sign(np.linalg.det(u) * np.linalg.det(v))
    rotation = (u * sign[:, None]) @ v
    scale = (values * sign).sum(axis=1) / (a * a).sum(axis=(1, 2)).clip(1e-18)
    if not scaled:
        scale = np.ones_like(scale)
    shift = middles[1][:, 0] - scale[:, None] * np.einsum("hij,hj->hi", rotation, middles[0][:, 0])
    return rotation, shift, scale
