"""Aligning two captures of one place, and judging how well that went."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch

from worldloom.edit.change.rows import moved
from worldloom.edit.compose.align import Align
from worldloom.edit.compose.clouds import Cloud, Planes
from worldloom.edit.compose.matching import Guess, Similarity, features, guesses, matches
from worldloom.edit.compose.refining import neighbours, normal_equations, refined
from worldloom.edit.operation import Applied
from worldloom.edit.state import EditState, count
from worldloom.scene.errors import ConflictError, InvalidDataError
from worldloom.scene.geometry import Transform
from worldloom.scene.surfels import Array

_COARSE, _FINE = 3500, 12_000
"""Points that are looked at to find an alignment, and to improve it."""
_SCALES = tuple(1.26**step for step in range(-4, 5))
"""Sizes that are tried, each for captures of nearly that size."""
_FEWEST = 300
"""Points without which there is nothing to compare."""
_DENSEST = 3
"""A capture that would take so many times as many points at a size is not of that size."""
_TRIED, _FINISHED = 6, 3
"""Guesses that are improved coarsely, and those of them that are finished finely before the best is chosen."""
_LEAST_OVERLAP, _LEAST_COLOUR, _LEAST_HOLD = 0.3, 0.25, 2e-3
"""Below these two captures don't agree: see `Verdict`."""
_CLOSE, _ALIKE = 0.75, 0.6
"""Of closeness and colour: from these on they agree very well."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """How well two captures lie on each other."""

    by: Similarity
    overlap: float
    """Share of the smaller one's points that have one of the other's beside them."""
    rms: float
    """Root mean square distance, metres, of those points to the other's surface."""
    reach: float
    """Metres up to which a point counts as lying beside another."""
    colour: float
    """Correlation of their colours, -1 to 1: other exposures keep it, other places don't have it."""
    hold: float
    """How firmly the surfaces hold each other: 0 if they could slide, as two planes can."""
    agreeing: float
    """Share of the matched features that agree."""

    @property
    def closeness(self) -> float:
        """1 where what overlaps is in the same place, 0 where it is anywhere within reach."""
        return 1 - self.rms / self.reach

    @property
    def score(self) -> float:
        """For choosing among several. Walls that only run alike overlap too, even more, but neither so closely nor in
        the same colours."""
        return self.overlap * (0.4 + max(self.colour, 0.0)) * self.closeness

    @property
    def very_good(self) -> bool:
        """However little of the place both captures show."""
        return self.closeness >= _CLOSE and self.colour >= _ALIKE

    @property
    def good(self) -> bool:
        return self.overlap >= _LEAST_OVERLAP and self.colour >= _LEAST_COLOUR and self.hold >= _LEAST_HOLD


def aligned(align: Align, state: EditState) -> Applied:
    """See `Align`."""
    keys = [list(dict.fromkeys(state.part(name).key for name in names)) for names in (align.move, align.onto)]
    if set(keys[0]) & set(keys[1]):
        raise InvalidDataError("A layer can't be aligned to itself; name two captures.")
    source, target = (Cloud.of([state.part(key) for key in own]) for own in keys)
    locked = [state.part(key).layer.name for key in keys[0] if state.part(key).layer.locked]
    if locked:
        raise InvalidDataError(f"Layer '{locked[0]}' is locked; unlock it before it is moved.")
    for cloud, names in ((source, align.move), (target, align.onto)):
        if len(cloud) < _FEWEST:
            raise InvalidDataError(f"'{names[0]}' has too few visible Gaussians to be aligned by.")
    verdict = alignment(source, target, scaled=align.scaled, tilt=align.tilt, seed=align.seed)
    if verdict is None or not verdict.good:
        raise ConflictError(
            "The two captures don't agree anywhere, so nothing was moved: they may show different places, overlap too "
            "little, or differ in size by more than two and a half times. Bring one near the other by hand and try "
            "again with less tilt."
        )
    rows = {key: ~state.part(key).dead for key in keys[0]}
    by = _transform(verdict.by)
    degrees = math.degrees(math.acos(np.clip((np.trace(verdict.by.rotation) - 1) / 2, -1, 1)))
    figures = {
        "inliers": verdict.agreeing,
        "rms": verdict.rms,
        "overlap": verdict.overlap,
        "colour": verdict.colour,
        "scale": verdict.by.scale,
        "degrees": degrees,
    }
    word = "Very well" if verdict.very_good else "Well enough; look at it closely"
    note = (
        f"{word}: {verdict.overlap:.0%} of it lies on the other, {verdict.rms * 100:.1f} cm off on average. It was "
        f"turned by {degrees:.1f}° and made {verdict.by.scale:.3f} times as large."
    )
    return Applied(moved(state, rows, by), count(rows), note, figures)


def alignment(source: Cloud, target: Cloud, *, scaled: bool, tilt: float, seed: int) -> Verdict | None:
    """The best similarity found that brings `source` onto `target`; None if none was.

    Args:
        tilt: degrees that the vertical may lean.
    """
    edge = target.edge_for(min(_COARSE, len(target) // 2))
    thin = Planes.of(target.thinned(edge))
    there = features(thin, edge)
    rng = np.random.default_rng(seed)
    found: list[_Candidate] = []
    for factor in _SCALES if scaled else (1.0,):
        own = source.scaled(factor).thinned(edge)
        if not _FEWEST / 4 <= len(own) <= _DENSEST * _COARSE:
            continue
        planes = Planes.of(own)
        pairs = matches(features(planes, edge), there)
        for guess in guesses(planes, thin, pairs, edge, scaled=scaled, tilt=math.cos(math.radians(tilt)), rng=rng):
            found.append(_Candidate(_fit(planes, thin, guess.similarity, edge), guess, planes, factor))
    best = sorted(found, key=lambda candidate: -candidate.quality)[:_TRIED]
    best = [candidate.improved(thin, edge, scaled=scaled) for candidate in best]
    best = sorted(best, key=lambda candidate: -candidate.quality)[:_FINISHED]
    fine = _fine(source, target) if best else None
    verdicts = [_judged(candidate.guess, _finished(candidate, fine, scaled), fine) for candidate in best if fine]
    return max(verdicts, key=lambda verdict: verdict.score, default=None)


@dataclass(frozen=True, eq=False)
class _Candidate:
    """A guess for the source made `factor` times as large, and how promising it is."""

    quality: float
    guess: Guess
    source: Planes
    factor: float

    def improved(self, target: Planes, edge: float, *, scaled: bool) -> _Candidate:
        by = refined(self.source, target, self.guess.similarity, (2 * edge, edge), scaled=scaled)
        quality = _fit(self.source, target, by, edge)
        return (
            replace(self, quality=quality, guess=replace(self.guess, similarity=by)) if quality > self.quality else self
        )

    @property
    def whole(self) -> Similarity:
        """From the source as it is."""
        by = self.guess.similarity
        return Similarity(by.rotation, by.shift, by.scale * self.factor)


def _fit(source: Planes, target: Planes, by: Similarity, edge: float) -> float:
    """How promising a guess is: how much comes to lie on something alike, of about the same colour."""
    rows, nearest, _ = neighbours(source, target, by, 1.5 * edge)
    if len(rows) < 30:
        return 0.0
    colour = _correlation(source.cloud.colours[rows], target.cloud.colours[nearest])
    return len(rows) / min(len(source), len(target)) * (0.3 + max(colour, 0.0))


@dataclass(frozen=True, eq=False)
class _Fine:
    """Both captures with many points, and metres between those of the target."""

    source: Cloud
    """A little denser than needed."""
    target: Planes
    edge: float

    def planes(self, scale: float) -> Planes:
        """The source, about as dense as the target once it is `scale` times as large."""
        return Planes.of(self.source.thinned(self.edge / scale))


def _fine(source: Cloud, target: Cloud) -> _Fine:
    # At least two points to a cube, or points would seem to miss each other that only lie between each other.
    edge = target.edge_for(min(_FINE, len(target) // 2))
    return _Fine(source.thinned(source.edge_for(2 * _FINE)), Planes.of(target.thinned(edge)), edge)


def _finished(candidate: _Candidate, fine: _Fine, scaled: bool) -> Similarity:
    start = candidate.whole
    return refined(fine.planes(start.scale), fine.target, start, (5 * fine.edge, 1.5 * fine.edge), scaled=scaled)


def _judged(guess: Guess, by: Similarity, fine: _Fine) -> Verdict:
    source, limit = fine.planes(by.scale), 2 * fine.edge
    rows, nearest, moved_ = neighbours(source, fine.target, by, limit)
    if len(rows) < 30:
        return Verdict(by, 0.0, limit, limit, 0.0, 0.0, 0.0)
    gap = fine.target.cloud.points[nearest] - moved_
    across = (gap * fine.target.normals[nearest]).sum(axis=1)
    flat = fine.target.flatness[nearest] > 0.5
    off = np.where(flat, np.abs(across), np.linalg.norm(gap, axis=1))
    left = normal_equations(source, fine.target, by, limit)[0]
    spread = np.sqrt(((moved_ - moved_.mean(axis=0)) ** 2).sum(axis=1).mean())
    units = np.array([1 / spread] * 3 + [1.0] * 3 + [1 / spread])
    strengths = np.linalg.eigvalsh(left * units[:, None] * units)
    return Verdict(
        by,
        len(rows) / min(len(source), len(fine.target)),
        float(np.sqrt((off**2).mean())),
        limit,
        _correlation(source.cloud.colours[rows], fine.target.cloud.colours[nearest]),
        float(strengths[0] / strengths[-1]),
        guess.agreeing / max(guess.matches, 1),
    )


def _correlation(one: Array, two: Array) -> float:
    """Of colours (N, 3), channel by channel, averaged."""
    a, b = one - one.mean(axis=0), two - two.mean(axis=0)
    spread = np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0)).clip(1e-12)
    return float(((a * b).sum(axis=0) / spread).mean())


def _transform(by: Similarity) -> Transform:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = by.scale * by.rotation, by.shift
    return Transform.from_matrix(torch.from_numpy(matrix))
