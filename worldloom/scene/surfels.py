"""`Surfels`: small flat pieces of surface, what is generated or made of meshes is made of before it is lit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.semantics import label_index

Array = NDArray[Any]
"""Of floats, 32 or 64 bits."""
Vector = Sequence[float] | Array
"""(3,), or one for each of N surfels: (N, 3)."""
Points = Sequence[Sequence[float]] | Array
"""(M, 2) or (M, 3)."""
UP = np.array([0.0, 1.0, 0.0])
OVERLAP = 0.64
"""Standard deviation of a surfel over its distance to the next: no gaps, little blur."""
SOLID = 0.98
"""Opacity of what light does not pass."""


@dataclass(frozen=True, eq=False)
class Surfels:
    """N pieces of surface, metres, Y up."""

    position: Array
    """(N, 3)"""
    normal: Array
    """(N, 3) unit, outwards."""
    along: Array
    """(N, 3) unit, in the surface: the direction of `size[:, 0]`."""
    size: Array
    """(N, 3) standard deviations along `along`, across it and along the normal."""
    albedo: Array
    """(N, 3) linear, 0..1."""
    glow: Array
    """(N, 3) light given off, linear. Lamps and windows: what they give when it is dark; shown by how dark it is."""
    leaf: Array
    """(N,) share of light that comes through from behind, 0..1."""
    gloss: Array
    """(N,) share of light that is mirrored at a slant, 0..1: water, glass, metal, ice."""
    opacity: Array
    """(N,) 0..1."""
    label: NDArray[np.uint8]
    """(N,) index into `worldloom.scene.semantics.LABELS`."""

    def __len__(self) -> int:
        return len(self.position)

    def __getitem__(self, index: NDArray[Any] | slice) -> Surfels:
        return Surfels(*(getattr(self, field.name)[index] for field in fields(self)))

    def painted(self, albedo: Vector) -> Surfels:
        """With that linear colour, (3,) or (N, 3)."""
        colour = np.broadcast_to(np.asarray(albedo, self.position.dtype), self.position.shape)
        return replace(self, albedo=colour.clip(0.005, 0.95))

    def glowing(self, light: Vector) -> Surfels:
        return replace(self, glow=np.broadcast_to(np.asarray(light, self.position.dtype), self.position.shape))

    def labelled(self, label: str) -> Surfels:
        """Of that semantic class, a name in `LABELS`."""
        return replace(self, label=np.full(len(self), label_index(label), np.uint8))

    def with_values(
        self,
        leaf: float | Array | None = None,
        gloss: float | Array | None = None,
        opacity: float | Array | None = None,
    ) -> Surfels:
        """With those numbers, for all or (N,)."""
        given = {"leaf": leaf, "gloss": gloss, "opacity": opacity}
        kind = self.position.dtype
        changed = {
            name: np.broadcast_to(np.asarray(value, kind), len(self))
            for name, value in given.items()
            if value is not None
        }
        return replace(self, **changed)

    def placed(self, turn: float, at: Vector, scale: float = 1.0) -> Surfels:
        """Made `scale` times as large, turned about +Y by `turn` radians, then moved by `at`."""
        cos, sin = np.cos(turn), np.sin(turn)
        matrix = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]], self.position.dtype).T
        return replace(
            self,
            position=(self.position * self.position.dtype.type(scale)) @ matrix + np.asarray(at, self.position.dtype),
            normal=self.normal @ matrix,
            along=self.along @ matrix,
            size=self.size * self.position.dtype.type(scale),
        )

    def single(self) -> Surfels:
        """In 32-bit floats."""
        values = (getattr(self, field.name) for field in fields(self))
        return Surfels(*(value if value.dtype == np.uint8 else value.astype(np.float32) for value in values))


def surfels(position: Array, normal: Vector, along: Vector, size: NDArray[Any]) -> Surfels:
    """Grey, solid, unlabelled surfels; `along` is made orthogonal to `normal`, `size` is (N, 2) or (N, 3)."""
    count, kind = len(position), position.dtype
    normal = unit(np.broadcast_to(np.asarray(normal, kind), (count, 3)))
    along = np.broadcast_to(np.asarray(along, kind), (count, 3))
    along = along - (along * normal).sum(axis=1, keepdims=True) * normal
    short = np.linalg.norm(along, axis=1) < 1e-6
    if short.any():
        along = np.where(short[:, None], cross(normal, np.array([0.30, 0.11, 0.95], kind)), along)
    size = np.broadcast_to(np.asarray(size, kind), (count, np.shape(size)[-1]))
    if size.shape[1] == 2:
        size = np.concatenate([size, kind.type(0.18) * size.min(axis=1, keepdims=True)], axis=1)
    grey, dark, none = np.full((count, 3), 0.5, kind), np.zeros((count, 3), kind), np.zeros(count, kind)
    solid = np.full(count, SOLID, kind)
    return Surfels(position, normal, unit(along), size, grey, dark, none, none, solid, np.zeros(count, np.uint8))


def no_surfels() -> Surfels:
    return surfels(np.zeros((0, 3), np.float32), UP, [1.0, 0.0, 0.0], np.zeros((0, 2), np.float32))


def join(parts: Sequence[Surfels]) -> Surfels:
    """All of them, in that order; none gives none."""
    if not parts:
        return no_surfels()
    return Surfels(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Surfels)))


def instances(prototype: Surfels, at: Array, turn: Array, scale: Array, tint: Array | None = None) -> Surfels:
    """Copies of one thing: made larger, turned about +Y and moved.

    Args:
        at: (M, 3) where to.
        turn: (M,) radians.
        scale: (M,)
        tint: (M, 3) factors of the albedo; None leaves it.

    Returns:
        M times as many surfels, copy by copy.
    """
    kind, count = np.float32, len(at)
    cos, sin = np.cos(turn).astype(kind)[:, None], np.sin(turn).astype(kind)[:, None]
    scale = np.asarray(scale, kind)

    def turned(vectors: Array) -> Array:
        x, y, z = vectors.astype(kind).T
        out = np.empty((count, len(prototype), 3), kind)
        out[..., 0] = cos * x + sin * z
        out[..., 1] = y
        out[..., 2] = cos * z - sin * x
        return out

    def repeated(values: Array) -> Array:
        return np.broadcast_to(values, (count, *values.shape)).reshape(-1, *values.shape[1:])

    albedo = np.broadcast_to(prototype.albedo.astype(kind), (count, len(prototype), 3))
    if tint is not None:
        albedo = (albedo * np.asarray(tint, kind)[:, None]).clip(0.005, 0.95)
    position = turned(prototype.position) * scale[:, None, None] + np.asarray(at, kind)[:, None]
    return Surfels(
        position.reshape(-1, 3),
        turned(prototype.normal).reshape(-1, 3),
        turned(prototype.along).reshape(-1, 3),
        (prototype.size.astype(kind) * scale[:, None, None]).reshape(-1, 3),
        albedo.reshape(-1, 3),
        *(repeated(getattr(prototype, name)) for name in ("glow", "leaf", "gloss", "opacity", "label")),
    )


def muted(colours: Array) -> Array:
    """Linear colours (N, 3), greens as grey and blue as those of real leaves and meadows; others as they were."""
    red, green, blue = colours[:, 0], colours[:, 1], colours[:, 2]
    kind = colours.dtype.type
    light = (kind(0.25) * red + kind(0.65) * green + kind(0.1) * blue)[:, None]
    leafy = ((green - red) / (kind(0.2) * green + kind(1e-6))).clip(0, 1) * (green > kind(1.3) * blue)
    target = light * np.array([0.95, 1.0, 0.66], colours.dtype)
    return colours + (target - colours) * (kind(0.3) * leafy)[:, None]


def unit(vectors: Any) -> Array:
    """Vectors (..., 3) made one long; floats keep their width."""
    vectors = np.asarray(vectors)
    if vectors.dtype not in (np.float32, np.float64):
        vectors = vectors.astype(float)
    square = vectors[..., 0] * vectors[..., 0]
    for axis in range(1, vectors.shape[-1]):  # numpy's sum over so short an axis is slow
        square = square + vectors[..., axis] * vectors[..., axis]
    return vectors / np.sqrt(square).clip(1e-12)[..., None]


def cross(first: Any, second: Any) -> Array:
    """Cross products (..., 3): numpy's own takes four times as long over the few vectors of a thing's parts."""
    first, second = np.asarray(first), np.asarray(second)
    kind = np.promote_types(first.dtype, second.dtype)
    out = np.empty(np.broadcast_shapes(first.shape, second.shape), kind)
    for axis, (one, other) in enumerate(((1, 2), (2, 0), (0, 1))):
        out[..., axis] = first[..., one] * second[..., other] - first[..., other] * second[..., one]
    return out
