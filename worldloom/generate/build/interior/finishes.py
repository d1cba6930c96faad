"""What floors, walls and ceilings are made of: boards, parquet, tiles, brick, paper, panels, plaster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from worldloom.generate.build.interior.cover import Face, Grade, bars, cell, mottle, samples, speckle
from worldloom.scene.surfels import Array, Surfels, join, surfels

Colour = tuple[float, float, float]
Pattern = Literal["plain", "units", "parquet", "checker", "stripes", "damask", "pile", "veined", "grate"]


@dataclass(frozen=True)
class Finish:
    """Linear albedo and how it varies."""

    albedo: Colour
    pattern: Pattern = "plain"
    unit: tuple[float, float] = (1.0, 1.0)
    """Length along u and v of a board, brick or tile, metres."""
    stagger: float = 0.0
    """Shift from row to row, in units; below 0: at random."""
    joint: float = 0.0
    """Width, metres."""
    joint_albedo: Colour = (0.03, 0.025, 0.02)
    tone: float = 0.1
    """How much units differ."""
    grain: float = 0.05
    """How much it varies within one."""
    second: Colour | None = None
    """Of checkers, stripes and veins."""
    gloss: float = 0.0
    stretch: float = 1.0
    warm: float = 0.0
    """How much hue varies with tone."""

    def tinted(self, albedo: Colour | None) -> Finish:
        if albedo is None:
            return self
        ratio = np.asarray(albedo) / np.maximum(np.asarray(self.albedo), 1e-3)
        second = None if self.second is None else tuple((np.asarray(self.second) * ratio).clip(0.01, 0.9).tolist())
        dark = tuple((np.asarray(albedo) * 0.35).tolist())
        light = sum(self.joint_albedo) > sum(self.albedo)
        return replace(self, albedo=albedo, second=second, joint_albedo=self.joint_albedo if light else dark)


FINISHES: dict[str, Finish] = {
    "boards": Finish(
        (0.30, 0.17, 0.085), "units", (1.9, 0.15), -1, 0.005, (0.05, 0.03, 0.018), 0.2, 0.14, None, 0.12, 3, 0.2
    ),
    "old_boards": Finish(
        (0.19, 0.105, 0.055), "units", (2.4, 0.22), -1, 0.009, (0.02, 0.013, 0.01), 0.28, 0.2, None, 0.05, 3, 0.2
    ),
    "parquet": Finish(
        (0.36, 0.20, 0.095), "parquet", (0.48, 0.08), 0, 0.004, (0.07, 0.04, 0.02), 0.22, 0.08, None, 0.16, 1, 0.2
    ),
    "tiles": Finish((0.60, 0.58, 0.53), "units", (0.33, 0.33), 0, 0.006, (0.30, 0.29, 0.27), 0.04, 0.04, None, 0.3),
    "white_tiles": Finish(
        (0.78, 0.79, 0.78), "units", (0.2, 0.1), 0.5, 0.005, (0.45, 0.45, 0.44), 0.025, 0.015, None, 0.4
    ),
    "checker": Finish(
        (0.70, 0.68, 0.63), "checker", (0.4, 0.4), 0, 0.004, (0.2, 0.2, 0.2), 0.05, 0.05, (0.045, 0.045, 0.05), 0.35
    ),
    "terracotta": Finish(
        (0.42, 0.17, 0.085), "units", (0.25, 0.25), 0, 0.012, (0.42, 0.36, 0.28), 0.16, 0.1, None, 0.06, 1, 0.3
    ),
    "flagstones": Finish(
        (0.29, 0.265, 0.225), "units", (0.72, 0.52), -1, 0.014, (0.09, 0.08, 0.065), 0.2, 0.18, None, 0.05
    ),
    "marble": Finish(
        (0.70, 0.67, 0.61), "veined", (0.8, 0.8), 0, 0.004, (0.33, 0.31, 0.28), 0.06, 0.05, (0.40, 0.38, 0.36), 0.4
    ),
    "carpet": Finish((0.30, 0.27, 0.23), "pile", grain=0.16),
    "concrete": Finish((0.36, 0.35, 0.33), "units", (2.4, 2.4), 0, 0.01, (0.12, 0.12, 0.115), 0.04, 0.14, None, 0.08),
    "plaster": Finish((0.72, 0.68, 0.60), "plain", grain=0.035),
    "rough_plaster": Finish((0.66, 0.58, 0.45), "plain", grain=0.1),
    "paper": Finish((0.52, 0.55, 0.46), "damask", (0.34, 0.48), grain=0.02, second=(0.57, 0.595, 0.505)),
    "stripes": Finish((0.58, 0.52, 0.40), "stripes", (0.16, 1.0), grain=0.02, second=(0.68, 0.62, 0.50)),
    "bricks": Finish(
        (0.27, 0.125, 0.085), "units", (0.25, 0.078), 0.5, 0.015, (0.40, 0.37, 0.32), 0.24, 0.14, None, 0.0, 2, 0.1
    ),
    "ashlar": Finish((0.40, 0.36, 0.29), "units", (0.85, 0.42), -1, 0.012, (0.17, 0.15, 0.12), 0.15, 0.14),
    "panels": Finish(
        (0.20, 0.10, 0.048), "units", (0.16, 3.0), 0, 0.006, (0.04, 0.02, 0.01), 0.14, 0.12, None, 0.12, 0.4, 0.2
    ),
    "white_panels": Finish(
        (0.74, 0.73, 0.69), "units", (0.12, 3.0), 0, 0.006, (0.38, 0.37, 0.35), 0.02, 0.015, None, 0.06, 0.5
    ),
    "ceiling_boards": Finish(
        (0.33, 0.21, 0.115), "units", (0.14, 3.2), -1, 0.006, (0.05, 0.03, 0.02), 0.18, 0.12, None, 0.05, 0.4
    ),
    "ceiling_tiles": Finish((0.80, 0.80, 0.78), "units", (0.6, 0.6), 0, 0.02, (0.55, 0.55, 0.54), 0.02, 0.03),
}
"""By name."""


def finished(face: Face, finish: Finish, grade: Grade, seed: int, lines: bool = True) -> Surfels:
    """A face covered and painted; `lines` draws the joints between units where one stands near enough to see them."""
    rng = np.random.default_rng([seed, 7])
    module = finish.unit[0] if finish.pattern == "checker" else None
    u, v, size = samples(face, grade, rng, finish.stretch, module)
    if module is not None:
        size = 0.92 * size
    pieces = surfels(face.at(u, v), face.normal, face.along, size)
    albedo = np.asarray(finish.albedo) * np.ones((len(u), 1))
    factor, second = _painted(finish, u, v, seed)
    if finish.second is not None:
        albedo = albedo * (1 - second[:, None]) + np.asarray(finish.second) * second[:, None]
    hue = 1 + finish.warm * (factor[:, None] - 1) * np.array([-0.25, 0.0, 0.35])
    albedo = albedo * factor[:, None] * hue
    pieces = pieces.painted(albedo).with_values(gloss=finish.gloss)
    if not lines or finish.joint <= 0:
        return pieces
    return join([pieces, _joints(face, finish, grade, seed)])


def _painted(finish: Finish, u: Array, v: Array, seed: int) -> tuple[Array, Array]:
    """Factor of the albedo (N,), and share of the second colour (N,)."""
    wide, high = finish.unit
    none = np.zeros(len(u))
    large = 0.5 * finish.grain * mottle(u / 2.6, v / 2.6, seed + 4)
    fine = finish.grain * speckle(u / 0.11, v / 0.11, seed)
    if finish.pattern == "units":
        column, row = _unit_of(finish, u, v, seed)
        tone = cell(column, row, seed)
        along_u = wide > 2.5 * high
        along_v = high > 2.5 * wide
        shift = 9.3 * tone
        if along_u or along_v:
            fibre = (u if along_u else v) / 0.9 + shift, (v if along_u else u) / 0.03
            fine = finish.grain * (
                0.8 * speckle(fibre[0], fibre[1], seed) + 0.5 * speckle(fibre[0] * 2, fibre[1] / 3, seed + 1)
            )
        else:
            fine = finish.grain * mottle(u / 0.4 + shift, v / 0.4, seed)
        return 1 + finish.tone * tone + fine + large, none
    if finish.pattern == "parquet":
        block_u, block_v = np.floor(u / wide), np.floor(v / wide)
        turned = (block_u + block_v) % 2 == 1
        across, along = np.where(turned, u, v), np.where(turned, v, u)
        strip = np.floor((across / wide - np.floor(across / wide)) * round(wide / high))
        tone = cell(block_u * 17 + strip, block_v * 29 + turned, seed)
        fibre = speckle(along / 0.7 + 7 * tone, across / 0.03, seed)
        return 1 + finish.tone * (0.7 * tone + 0.35 * np.where(turned, 1, -1)) + finish.grain * fibre + large, none
    if finish.pattern in ("checker", "veined"):
        column, row = np.floor(u / wide), np.floor(v / high)
        tone = cell(column, row, seed)
        bent = mottle(u / 0.9 + 3 * tone, v / 0.9 + 0.35 * mottle(u / 0.35, v / 0.35, seed + 8), seed + 2)
        vein = np.clip(1 - np.abs(bent) / 0.1, 0, 1)
        if finish.pattern == "checker":
            odd = ((column + row) % 2 == 1).astype(float)
            return 1 + finish.tone * tone + fine - 0.12 * vein * (1 - odd), odd
        return 1 + finish.tone * tone + fine + large, 0.65 * vein
    if finish.pattern == "stripes":
        place = (u / wide) % 1
        return 1 + fine + large, (np.abs(place - 0.5) < 0.25).astype(float)
    if finish.pattern == "damask":
        row = np.floor(v / high)
        x, y = (u / wide + 0.5 * (row % 2)) % 1 - 0.5, (v / high) % 1 - 0.5
        reach = np.hypot(x * 1.5, y) + 0.05 * np.cos(6 * np.arctan2(y, x * 1.5))
        motif = ((reach < 0.34) & (reach > 0.24)) | (reach < 0.12) | (np.abs(np.abs(x) - 0.5) < 0.05)
        return 1 + fine + large, motif.astype(float)
    if finish.pattern == "pile":
        return 1 + finish.grain * (speckle(u / 0.05, v / 0.05, seed) + 0.6 * speckle(u / 0.7, v / 0.7, seed + 3)), none
    return 1 + finish.grain * (
        mottle(u / 0.5, v / 0.5, seed) + 0.6 * speckle(u / 0.08, v / 0.08, seed + 1)
    ) + large, none


def _unit_of(finish: Finish, u: Array, v: Array, seed: int) -> tuple[Array, Array]:
    """Column and row (N,) of the board, brick or tile at a place. Boards that run up a wall lie in columns."""
    wide, high = finish.unit
    if high > 2.5 * wide:
        column = np.floor(u / wide)
        return column, np.floor(v / high + _shift(finish, column, seed))
    row = np.floor(v / high)
    return np.floor(u / wide + _shift(finish, row, seed)), row


def _shift(finish: Finish, row: Array, seed: int) -> Array:
    if finish.stagger < 0:
        return 0.5 + 0.5 * cell(row, np.full_like(row, 77), seed)
    return (row * finish.stagger) % 1


def _joints(face: Face, finish: Finish, grade: Grade, seed: int) -> Surfels:
    """Dark thin lines between units, a hair before the face."""
    wide, high = finish.unit
    lines = _parquet_lines(face, finish) if finish.pattern == "parquet" else _course_lines(face, finish, seed)
    (u0, v0), (u1, v1) = lines
    out = 0.0015
    pieces = bars(
        face.at(u0, v0, out), face.at(u1, v1, out), finish.joint, face.normal, 0.3 if max(wide, high) > 1 else 0.12
    )
    spacing = grade(pieces.position)
    hidden = np.zeros(len(pieces), bool)
    for end in (-1.6, 0.0, 1.6):
        offset = pieces.position + end * pieces.size[:, :1] * pieces.along - face.corner
        hidden |= face.open_at(offset @ face.along, offset @ face.up)
    seen = ~hidden & (spacing < max(0.55 * min(wide, high), 0.06))
    # Thinner than what is between surfels, a line shows as a wider one, so it is paler.
    share = (2.2 * finish.joint / spacing[seen]).clip(0.3, 0.9)[:, None]
    colour = np.asarray(finish.joint_albedo) * share + 0.8 * np.asarray(finish.albedo) * (1 - share)
    return pieces[seen].painted(colour).with_values(gloss=0.3 * finish.gloss)


Lines = tuple[tuple[Array, Array], tuple[Array, Array]]


def _course_lines(face: Face, finish: Finish, seed: int) -> Lines:
    wide, high = finish.unit
    upright = high > 2.5 * wide
    long, short = (high, wide) if upright else (wide, high)
    reach, rise = (face.height, face.width) if upright else (face.width, face.height)
    rows = np.arange(int(np.ceil(rise / short)) + 1)
    cuts = np.unique(np.concatenate([np.arange(0, reach, 0.6), [reach]]))
    edge = np.repeat(rows[rows * short < rise] * short, len(cuts) - 1)
    a0, a1 = np.tile(cuts[:-1], len(edge) // (len(cuts) - 1)), np.tile(cuts[1:], len(edge) // (len(cuts) - 1))
    columns = np.arange(int(np.ceil(reach / long)) + 2)
    row, column = (index.ravel().astype(float) for index in np.meshgrid(rows, columns, indexing="ij"))
    at = (column - _shift(finish, row, seed)) * long
    low = row * short
    fits = (at > 0.01) & (at < reach - 0.01) & (low < rise - 0.01)
    at, low = at[fits], low[fits]
    top = np.minimum(low + short, rise)
    first = np.concatenate([a0, at]), np.concatenate([edge, low])
    second = np.concatenate([a1, at]), np.concatenate([edge, top])
    if upright:
        return (first[1], first[0]), (second[1], second[0])
    return first, second


def _parquet_lines(face: Face, finish: Finish) -> Lines:
    wide, high = finish.unit
    strips = round(wide / high)
    blocks = np.meshgrid(
        np.arange(np.ceil(face.width / wide)), np.arange(np.ceil(face.height / wide)), np.arange(strips)
    )
    i, j, k = (index.ravel() for index in blocks)
    turned = (i + j) % 2 == 1
    offset = k * high
    u0 = i * wide + np.where(turned, offset, 0)
    v0 = j * wide + np.where(turned, 0, offset)
    u1 = np.where(turned, u0, u0 + wide).clip(None, face.width)
    v1 = np.where(turned, v0 + wide, v0).clip(None, face.height)
    inside = (u0 < face.width) & (v0 < face.height)
    return (u0[inside], v0[inside]), (u1[inside], v1[inside])
