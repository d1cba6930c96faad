"""Covering a mesh with flat Gaussians: one for each triangle, after triangles were halved until the budget is used.

Large and detailed triangles are halved first, so that flat colour takes few Gaussians and pictures many. Where a mesh
has more triangles than the budget, it is sampled evenly by area instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from worldloom.edit.compose.mesh_file import Mesh, MeshPart
from worldloom.edit.compose.texture import Texture
from worldloom.render.flats import zorder
from worldloom.scene.surfels import OVERLAP, SOLID, Array, Surfels, join, surfels, unit

_WIDER = 4.8
"""Variance of a Gaussian over that of its triangle: neighbours overlap so that nothing shines through."""
_OVERLAPPING = 2 * np.pi * _WIDER / (6 * 3**0.5)
"""Area under a Gaussian over that of its triangle: so many lie over one another everywhere."""
_SAMPLED = 1.15 * OVERLAP
"""Standard deviation over distance, where a mesh is sampled."""
_FINEST = 1 / 2000
"""Shortest edge that is halved, of the mesh's extent: what is finer is never seen."""
_PLAIN, _DETAILED = 0.12, 3.0
"""How large a triangle counts by its contrast, from none to most."""
_CONTRAST = 0.06
"""Standard deviation of colour at which it counts as large as it is."""
_FIRST_SHARE = 0.4
"""Of the budget that is spent by size alone, before detail is looked at."""
_FAINT = 0.02


def cover(mesh: Mesh, budget: int) -> Surfels:
    """Flat pieces in the colours of a mesh, at most `budget`."""
    areas = np.array([_areas(part.corners).sum() for part in mesh.parts])
    corners = [part.corners.reshape(-1, 3) for part in mesh.parts]
    low, high = np.min([c.min(axis=0) for c in corners], axis=0), np.max([c.max(axis=0) for c in corners], axis=0)
    extent = float((high - low).max())
    shares = np.sqrt(areas / areas.sum()) / np.sqrt(areas / areas.sum()).sum()
    shares = 0.7 * areas / areas.sum() + 0.3 * shares  # small things are looked at too
    made = [
        _covered(part, max(int(budget * share), 1), extent * _FINEST)
        for part, share in zip(mesh.parts, shares / shares.sum())
    ]
    return join(made)


@dataclass(frozen=True, eq=False)
class _Bits:
    """T pieces of a part's triangles."""

    face: NDArray[np.int64]
    """(T,) of which."""
    weights: Array
    """(T, 3, 3) corners, as shares of the triangle's own."""

    def of(self, values: Array) -> Array:
        """(T, 3, C) what corners' values (F, 3, C) are at the corners."""
        return np.einsum("tij,tjc->tic", self.weights, values[self.face])

    def joined(self, other: _Bits) -> _Bits:
        return _Bits(np.concatenate([self.face, other.face]), np.concatenate([self.weights, other.weights]))


def _covered(part: MeshPart, budget: int, finest: float) -> Surfels:
    count = len(part.corners)
    whole = _Bits(np.arange(count), np.broadcast_to(np.eye(3, dtype=np.float32), (count, 3, 3)))
    if count > budget:
        return _sampled(part, whole, budget)
    return _one_each(part, _halved(part, whole, budget, finest))


def _halved(part: MeshPart, bits: _Bits, budget: int, finest: float) -> _Bits:
    by_size = int(budget * _FIRST_SHARE) if _textures(part) else budget
    bits = _halve_largest(part, bits, max(by_size, len(bits.face)), finest, detailed=False)
    return bits if not _textures(part) else _halve_largest(part, bits, budget, finest, detailed=True)


def _halve_largest(part: MeshPart, bits: _Bits, budget: int, finest: float, *, detailed: bool) -> _Bits:
    """The largest ones, those above half of the largest's size, until there are `budget`."""
    score = _score(part, bits, finest, detailed)
    while len(bits.face) < budget and score.max() > 0:
        chosen = np.flatnonzero(score > score.max() / 2)
        room = budget - len(bits.face)
        if len(chosen) > room:
            chosen = chosen[np.argsort(-score[chosen], kind="stable")[:room]]
        split = np.zeros(len(score), bool)
        split[chosen] = True
        halves = _halves(part, _Bits(bits.face[split], bits.weights[split]))
        bits = _Bits(bits.face[~split], bits.weights[~split]).joined(halves)
        score = np.concatenate([score[~split], _score(part, halves, finest, detailed)])
    return bits


def _score(part: MeshPart, bits: _Bits, finest: float, detailed: bool) -> Array:
    """(T,) how much each wants to be halved; 0 where it is small enough."""
    corners = bits.of(part.corners)
    edges = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2).max(axis=1)
    # Slivers are as wide as the square on a part of their length: they shall become short too.
    size = np.maximum(_areas(corners), 0.06 * edges**2)
    if detailed:
        contrast = _contrast(part, bits)
        size = size * (_PLAIN + (_DETAILED - _PLAIN) * (contrast / (contrast + _CONTRAST)))
    return np.where(edges > finest, size, 0.0)


def _contrast(part: MeshPart, bits: _Bits) -> Array:
    """(T,) standard deviation of what is seen, about as the eye tells colours apart."""
    assert part.uv is not None
    corners = bits.of(part.uv)
    middles = (corners + np.roll(corners, -1, axis=1)) / 2
    points = np.concatenate([corners, middles], axis=1) * 0.8 + 0.2 * corners.mean(axis=1, keepdims=True)
    width = np.repeat(0.35 * np.sqrt(_flat_areas(corners)), 6)
    seen = [np.sqrt(texture.at(points.reshape(-1, 2), width)).reshape(-1, 6, 4) for texture in _textures(part)]
    return np.max([one.std(axis=1).max(axis=1) for one in seen], axis=0)


def _of_each(together: Array, overlapping: float) -> Array:
    """(T,) opacity of single pieces, of which so many lie over one another, so that they have this one (T,) together:
    the light let through by Gaussians of opacity o, strewn evenly, is exp(-overlapping * dilogarithm(o))."""
    each = np.linspace(0, SOLID, 200)
    series = np.arange(1, 60)
    dilogarithm = (each[:, None] ** series / series**2).sum(axis=1)
    return np.interp(together, 1 - np.exp(-overlapping * dilogarithm), each)


def _textures(part: MeshPart) -> list[Texture]:
    """Of its colour and of its own light."""
    light = part.emission.texture if part.emission is not None else None
    return [texture for texture in (part.texture, light) if texture is not None]


def _halves(part: MeshPart, bits: _Bits) -> _Bits:
    """Both halves of each, cut across its longest edge."""
    corners = bits.of(part.corners)
    longest = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2).argmax(axis=1)
    order = (longest[:, None] + np.arange(3)) % 3  # the longest edge runs from the first to the second
    weights = np.take_along_axis(bits.weights, order[:, :, None], axis=1)
    middle = (weights[:, 0] + weights[:, 1]) / 2
    one = np.stack([weights[:, 0], middle, weights[:, 2]], axis=1)
    two = np.stack([middle, weights[:, 1], weights[:, 2]], axis=1)
    return _Bits(np.concatenate([bits.face, bits.face]), np.concatenate([one, two]))


def _one_each(part: MeshPart, bits: _Bits) -> Surfels:
    """A piece in the middle of each, of its shape."""
    corners = bits.of(part.corners)
    middle = corners.mean(axis=1)
    normal = unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    side = unit(corners[:, 1] - corners[:, 0])
    other = np.cross(normal, side)
    off = corners - middle[:, None]
    u, v = (off * side[:, None]).sum(axis=2), (off * other[:, None]).sum(axis=2)
    uu, uv, vv = ((first * second).sum(axis=1) * _WIDER / 12 for first, second in ((u, u), (u, v), (v, v)))
    turn = 0.5 * np.arctan2(2 * uv, uu - vv)
    spread = np.sqrt((uu - vv) ** 2 / 4 + uv**2)
    size = np.sqrt(np.stack([(uu + vv) / 2 + spread, (uu + vv) / 2 - spread], axis=1).clip(1e-14))
    size[:, 1] = np.maximum(size[:, 1], 0.08 * size[:, 0])
    along = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other
    smooth = unit(bits.of(part.normals).mean(axis=1))
    return _painted(part, bits, surfels(middle, smooth, along, size))


def _sampled(part: MeshPart, whole: _Bits, budget: int) -> Surfels:
    """Spread evenly by area over triangles that are near one another one after the other."""
    order = zorder(part.corners.mean(axis=1))
    areas = _areas(part.corners)[order]
    wanted = np.cumsum(areas) * (budget / areas.sum())
    face = order[np.searchsorted(wanted, np.arange(budget) + 0.5, side="right").clip(0, len(order) - 1)]
    step = np.arange(budget)[:, None] * np.array([0.7548776662466927, 0.5698402909980532]) % 1  # the R2 sequence
    u, v = np.where(step.sum(axis=1, keepdims=True) > 1, 1 - step, step).T
    inner = np.stack([1 - u - v, u, v], axis=1)
    bits = _Bits(face, np.repeat(inner[:, None], 3, axis=1).astype(np.float32))
    middle = bits.of(part.corners)[:, 0]
    normal = unit(bits.of(part.normals)[:, 0])
    spacing = np.sqrt(areas.sum() / budget)
    made = surfels(middle, normal, np.array([0.36, 0.48, 0.8]), np.full((budget, 2), _SAMPLED * spacing))
    return _painted(part, bits, made, spacing)


def _painted(part: MeshPart, bits: _Bits, pieces: Surfels, spacing: float | None = None) -> Surfels:
    """In the colours of the part, with its smooth normals. What is not to be seen is left out."""
    colour = bits.of(part.colours).mean(axis=1)
    glow = np.zeros((len(colour), 3)) + (0.0 if part.emission is None else part.emission.strength)
    if part.uv is not None:
        corners = bits.of(part.uv)
        if spacing is None:
            area = _flat_areas(corners)
        else:
            area = (_flat_areas(part.uv) / _areas(part.corners).clip(1e-14))[bits.face] * spacing**2
        middle, width = corners.mean(axis=1), np.sqrt(area)
        if part.texture is not None:
            colour = colour * part.texture.at(middle, width)
        if part.emission is not None and part.emission.texture is not None:
            glow = glow * part.emission.texture.at(middle, width)[:, :3]
    if part.cutoff is None:
        opacity = _of_each(colour[:, 3], _OVERLAPPING if spacing is None else 2 * np.pi * _SAMPLED**2)
    else:
        opacity = SOLID * (colour[:, 3] >= part.cutoff)
    shown = opacity > _FAINT * SOLID
    painted = replace(pieces.with_values(opacity=opacity)[shown], albedo=colour[shown, :3])
    return painted.glowing(glow[shown]).labelled("object")


def _areas(corners: Array) -> Array:
    return np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2


def _flat_areas(corners: Array) -> Array:
    """(T,) of triangles (T, 3, 2)."""
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2
