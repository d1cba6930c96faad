"""`Quads`: flat four-sided pieces of buildings, many at once, and how all of them are covered with surfels in one go.

Everything here is arrays over all pieces, because a town has a hundred thousand of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.town.paint import ASPECT, MATERIALS, paint
from worldloom.generate.build.town.spots import Spots
from worldloom.scene.semantics import label_index
from worldloom.scene.surfels import OVERLAP, SOLID, Array, Surfels, Vector, cross, no_surfels, unit

WHOLE, DISC, ARCH, UNDER_ARCH, POINTED, UNDER_POINTED = range(6)
"""What of a piece is kept: all of it, the ellipse in it, what lies outside or inside of a round or a pointed arch that
stands on its lower edge."""
FAR = 1e9


@dataclass(frozen=True, eq=False)
class Quads:
    """N flat pieces, metres. Each is a trapezoid: `origin + u a + v b` with v in 0..1 and u between the lines from 0 to
    `inset[0]` and from 1 to `inset[1]`; it faces along a x b."""

    shape: Array
    """(N, 3, 3): origin, a, b."""
    inset: Array
    """(N, 2) where the upper edge begins and ends, as shares of a."""
    cut: NDArray[np.uint8]
    """(N,) one of `WHOLE`, `DISC`..."""
    material: NDArray[np.uint8]
    """(N,) index into `paint.MATERIALS`."""
    label: NDArray[np.uint8]
    """(N,) semantic class."""
    colour: Array
    """(N, 3) linear albedo."""
    glow: Array
    """(N, 3) light given off when it is dark."""
    seed: Array
    """(N,) 0..1: pieces of one building have the same, no two buildings."""
    foot: Array
    """(N,) height of the ground it rises from: walls are dirty there."""
    fine: Array
    """(N,) distance between its surfels over the usual one."""
    reach: Array
    """(N,) metres from the eye beyond which it is left out."""
    opacity: Array
    """(N,)"""

    def __len__(self) -> int:
        return len(self.shape)

    def __getitem__(self, index: NDArray[Any] | slice) -> Quads:
        return Quads(*(getattr(self, field.name)[index] for field in fields(self)))

    def placed(self, turn: float, at: Vector) -> Quads:
        """Turned about +Y, then moved, with the ground it rises from."""
        cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        x, y, z = self.shape[..., 0], self.shape[..., 1], self.shape[..., 2]
        shape = np.stack([cos * x + sin * z, y, cos * z - sin * x], axis=-1)
        place = np.asarray(at, np.float32)
        shape[:, 0] += place
        return replace(self, shape=shape, foot=self.foot + place[1])

    def with_values(self, **values: Any) -> Quads:
        """With those columns, a number or a row for all or one for each."""
        return replace(
            self,
            **{
                name: np.broadcast_to(
                    np.asarray(value, getattr(self, name).dtype), (len(self), *getattr(self, name).shape[1:])
                )
                for name, value in values.items()
            },
        )

    @property
    def middle(self) -> Array:
        """(N, 3)"""
        return self.shape[:, 0] + 0.5 * (self.shape[:, 1] + self.shape[:, 2])

    @property
    def lengths(self) -> tuple[Array, Array]:
        """(N,) of a and of b."""
        return np.linalg.norm(self.shape[:, 1], axis=1), np.linalg.norm(self.shape[:, 2], axis=1)


def quads(
    origin: Any,
    a: Any,
    b: Any,
    material: str,
    colour: Vector,
    *,
    label: str = "building/wall",
    inset: tuple[Any, Any] = (0.0, 1.0),
    cut: int = WHOLE,
    glow: Any = (0.0, 0.0, 0.0),
    fine: float = 1.0,
    reach: float = FAR,
    foot: float = 0.0,
    opacity: float = SOLID,
) -> Quads:
    """Pieces from origins, a and b: (3,) or (N, 3), the longest of which says how many."""
    o, a, b = (np.atleast_2d(np.asarray(vector, np.float32)) for vector in (origin, a, b))
    count = max(len(o), len(a), len(b), np.shape(inset[0])[0] if np.ndim(inset[0]) else 1)
    if not (len(o) and len(a) and len(b)):
        count = 0
        o = a = b = np.zeros((0, 3), np.float32)
    shape = np.empty((count, 3, 3), np.float32)
    shape[:, 0], shape[:, 1], shape[:, 2] = o, a, b
    ends = np.empty((count, 2), np.float32)
    if count:
        ends[:, 0], ends[:, 1] = inset

    def column(value: Any, width: int = 0) -> Array:
        whole = (count, width) if width else (count,)
        out = np.zeros(whole, np.float32)
        if count:
            out[...] = value
        return out

    def kind(value: int) -> NDArray[np.uint8]:
        return np.full(count, value, np.uint8)

    return Quads(
        shape,
        ends,
        kind(cut),
        kind(MATERIALS.index(material)),
        kind(label_index(label)),
        column(colour, 3),
        column(glow, 3),
        column(0.0),
        column(foot),
        column(fine),
        column(reach),
        column(opacity),
    )


def merge(parts: Sequence[Quads]) -> Quads:
    """All of them in that order."""
    if not parts:
        return quads(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3)), "plaster", (0.5, 0.5, 0.5))[:0]
    return Quads(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Quads)))


def _columns_and_rows(pieces: Quads, spacing: Array) -> tuple[Array, Array, Array, Array]:
    """How many surfels along a and b (N,), and from where to where a is covered, as shares of it."""
    wide, high = pieces.lengths
    low = np.minimum(pieces.inset.min(axis=1), 0)
    top = np.maximum(pieces.inset.max(axis=1), 1)
    aspect = ASPECT[pieces.material]
    columns = np.maximum(np.rint(wide * (top - low) / (spacing * aspect[:, 0])), 1).astype(np.int64)
    rows = np.maximum(np.rint(high / (spacing * aspect[:, 1])), 1).astype(np.int64)
    return columns, rows, low, top


def _kept_share(pieces: Quads, low: Array, top: Array) -> Array:
    """(N,) about what share of the covered rectangle is kept."""
    trapezoid = (1 + pieces.inset[:, 1] - pieces.inset[:, 0]) / 2 / (top - low)
    return trapezoid * np.array([1.0, 0.79, 0.22, 0.79, 0.36, 0.64])[pieces.cut]


def visible(pieces: Quads, spacing: Array, distance: Array) -> NDArray[np.bool_]:
    """Which pieces are worth a surfel: near enough, and not tiny for the distance."""
    wide, high = pieces.lengths
    small = (np.maximum(wide, high) < 0.45 * spacing) | (np.minimum(wide, high) < 0.1 * spacing)
    return (distance < pieces.reach) & ~small


def count_surfels(pieces: Quads, spacing: Array) -> float:
    """About how many surfels `cover` makes."""
    columns, rows, low, top = _columns_and_rows(pieces, spacing)
    return float((columns * rows * _kept_share(pieces, low, top)).sum())


def cover(pieces: Quads, spacing: Array | float, seed: int) -> Surfels:
    """Surfels of all pieces, painted; `spacing` metres between them, for all or for each piece (N,)."""
    if not len(pieces):
        return no_surfels()
    rng = np.random.default_rng(seed)
    spacing = np.broadcast_to(np.asarray(spacing, np.float32), len(pieces)) * pieces.fine
    columns, rows, low, top = _columns_and_rows(pieces, spacing)
    count = columns * rows
    which = np.repeat(np.arange(len(pieces)), count)
    number = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    row, column = np.divmod(number, columns[which])
    shake = rng.random((2, len(which)), np.float32) * 0.5 - 0.25
    u = ((column + 0.5 + shake[0]) / columns[which]).astype(np.float32)
    v = ((row + 0.5 + shake[1]) / rows[which]).astype(np.float32)
    u = low[which] + u * (top - low)[which]
    kept = _inside(pieces, which, u, v)
    which, u, v = which[kept], u[kept], v[kept]

    normal = unit(cross(pieces.shape[:, 1], pieces.shape[:, 2]))
    along = unit(pieces.shape[:, 1])
    across = cross(normal, along)
    origin, a, b = (pieces.shape[:, index][which] for index in range(3))
    position = origin + u[:, None] * a + v[:, None] * b
    wide, high = pieces.lengths
    size = np.empty((len(pieces), 3), np.float32)
    size[:, 0] = OVERLAP * wide * (top - low) / columns
    size[:, 1] = OVERLAP * high / rows
    size[:, 2] = 0.16 * size[:, :2].min(axis=1)
    spots = Spots(
        s=np.einsum("nk,nk->n", position, along[which]),
        t=np.einsum("nk,nk->n", position, across[which]),
        u=u,
        v=v,
        wide=wide[which],
        high=high[which],
        above=position[:, 1] - pieces.foot[which],
        seed=pieces.seed[which],
        spacing=spacing[which],
        piece=which,
        upward=normal[which, 1],
    )
    coat = paint(spots, pieces.material[which], pieces.colour[which])
    facing = normal[which]
    if coat.tilt is not None:
        facing = unit(facing + coat.tilt[:, :1] * along[which] + coat.tilt[:, 1:] * across[which])
    direction = along[which]
    direction = unit(direction - np.einsum("nk,nk->n", direction, facing)[:, None] * facing)
    return Surfels(
        position,
        facing,
        direction,
        size[which],
        coat.albedo.clip(0.005, 0.95),
        pieces.glow[which] * coat.glow[:, None],
        np.zeros(len(which), np.float32),
        coat.gloss,
        pieces.opacity[which].astype(np.float32),
        pieces.label[which],
    )


def _inside(pieces: Quads, which: NDArray[Any], u: Array, v: Array) -> NDArray[np.bool_]:
    """Which places belong to their piece."""
    left, right = pieces.inset[which].T
    kept = (u >= left * v) & (u <= 1 + (right - 1) * v)
    cut = pieces.cut[which]
    if not cut.any():
        return kept
    x, y = 2 * u - 1, 2 * v - 1
    round_arch = x * x + v * v < 1
    pointed = np.abs(x) + 0.55 * v * v + 0.45 * v < 1
    for kind, share in (
        (DISC, x * x + y * y < 1),
        (ARCH, ~round_arch),
        (UNDER_ARCH, round_arch),
        (POINTED, ~pointed),
        (UNDER_POINTED, pointed),
    ):
        kept &= (cut != kind) | share
    return kept
