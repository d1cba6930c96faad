"""What surfaces are made of: colour, pattern and gloss per material, painted in the coordinates of the thing or world.

Colours here are linear albedo; `linear` turns the sRGB colours of a `WorldSpec` into it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from worldloom.generate.noise import fbm, noise, smoothstep
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.srgb import from_srgb
from worldloom.scene.surfels import Array, Surfels, Vector

Colour3 = tuple[float, float, float]


@dataclass(frozen=True)
class Finish:
    """How one material looks."""

    albedo: Colour3
    """Linear."""
    variation: float = 0.10
    """How much lighter and darker it is from place to place, as a share."""
    pattern: str = "plain"
    """A name in `PATTERNS`."""
    unit: tuple[float, float] = (0.3, 0.3)
    """Width and height of a brick, tile, plank..., metres."""
    joint: Colour3 | None = None
    """Colour between the units; None: the albedo, darker."""
    gloss: float = 0.0
    weather: float = 0.15
    """How much dirt and wear show in large patches."""
    glow: float = 0.0
    """Light it gives off, as a share of its colour."""
    opacity: float | None = None
    """None leaves what the surfels have."""
    leaf: float = 0.0


FINISHES: dict[str, Finish] = {
    # the materials of a WorldSpec
    "wood": Finish((0.23, 0.12, 0.055), 0.16, "grain", (0.05, 1.1), gloss=0.06, weather=0.1),
    "stone": Finish((0.27, 0.25, 0.215), 0.2, "ashlar", (0.62, 0.3), (0.15, 0.135, 0.11), weather=0.3),
    "brick": Finish((0.33, 0.105, 0.06), 0.2, "bricks", (0.24, 0.08), (0.36, 0.32, 0.27), weather=0.2),
    "plaster": Finish((0.68, 0.62, 0.51), 0.05, "plain", (0.5, 0.5), weather=0.16),
    "concrete": Finish((0.33, 0.32, 0.3), 0.07, "slabs", (1.6, 1.1), weather=0.22),
    "metal": Finish((0.34, 0.35, 0.37), 0.06, "brushed", (0.02, 0.6), gloss=0.55, weather=0.1),
    "gold": Finish((0.74, 0.47, 0.11), 0.08, "plain", (0.2, 0.2), gloss=0.75, weather=0.08),
    "glass": Finish((0.12, 0.17, 0.18), 0.03, "plain", gloss=0.85, weather=0.0, opacity=0.42),
    "marble": Finish((0.72, 0.70, 0.66), 0.04, "veins", (0.7, 0.7), (0.36, 0.36, 0.37), gloss=0.3, weather=0.05),
    "thatch": Finish((0.31, 0.215, 0.095), 0.28, "straw", (0.035, 0.5), weather=0.3),
    "tile": Finish((0.42, 0.15, 0.07), 0.2, "tiles", (0.24, 0.3), weather=0.3),
    "slate": Finish((0.105, 0.115, 0.13), 0.2, "tiles", (0.28, 0.24), gloss=0.12, weather=0.25),
    "sand": Finish((0.5, 0.38, 0.22), 0.07, "strata", (3.0, 0.22), weather=0.15),
    "ice": Finish((0.55, 0.74, 0.82), 0.08, "veins", (0.9, 0.9), (0.8, 0.9, 0.93), gloss=0.6, weather=0.05, leaf=0.3),
    "crystal": Finish((0.36, 0.2, 0.62), 0.18, "facets", (0.3, 0.5), gloss=0.65, weather=0.0, glow=0.25, leaf=0.35),
    "fabric": Finish((0.42, 0.11, 0.09), 0.09, "weave", (0.02, 0.02), weather=0.12),
    "leather": Finish((0.16, 0.065, 0.03), 0.14, "mottled", (0.08, 0.08), gloss=0.18, weather=0.1),
    "clay": Finish((0.4, 0.17, 0.085), 0.08, "rings", (0.4, 0.05), weather=0.12),
    # and what things need besides
    "planks": Finish((0.25, 0.15, 0.075), 0.22, "planks", (0.16, 2.4), (0.05, 0.03, 0.018), weather=0.2),
    "timber": Finish((0.12, 0.07, 0.038), 0.18, "grain", (0.06, 1.4), weather=0.15),
    "rock": Finish((0.25, 0.235, 0.21), 0.22, "mottled", (0.5, 0.5), weather=0.35),
    "cobble": Finish((0.24, 0.22, 0.2), 0.24, "ashlar", (0.16, 0.14), (0.09, 0.08, 0.065), weather=0.2),
    "lime": Finish((0.78, 0.76, 0.71), 0.035, "plain", weather=0.1),
    "paint": Finish((0.5, 0.08, 0.05), 0.03, "plain", gloss=0.12, weather=0.06),
    "enamel": Finish((0.8, 0.79, 0.76), 0.015, "plain", gloss=0.35, weather=0.02),
    "chrome": Finish((0.55, 0.56, 0.58), 0.03, "plain", gloss=0.9, weather=0.03),
    "iron": Finish((0.045, 0.045, 0.05), 0.12, "mottled", (0.1, 0.1), gloss=0.25, weather=0.12),
    "rust": Finish((0.2, 0.085, 0.04), 0.3, "mottled", (0.2, 0.2), weather=0.3),
    "copper": Finish((0.2, 0.42, 0.34), 0.12, "mottled", (0.5, 0.5), gloss=0.1, weather=0.2),
    "brass": Finish((0.5, 0.34, 0.12), 0.06, "plain", gloss=0.65, weather=0.1),
    "rubber": Finish((0.022, 0.022, 0.024), 0.1, "plain", gloss=0.04, weather=0.1),
    "plastic": Finish((0.6, 0.6, 0.6), 0.015, "plain", gloss=0.2, weather=0.02),
    "screen": Finish((0.012, 0.014, 0.018), 0.05, "plain", gloss=0.6, weather=0.0),
    "paper": Finish((0.72, 0.67, 0.55), 0.05, "plain", weather=0.05),
    "straw": Finish((0.48, 0.35, 0.13), 0.28, "straw", (0.03, 0.3), weather=0.2),
    "fur": Finish((0.2, 0.11, 0.055), 0.16, "fur", (0.02, 0.09), weather=0.12),
    "wool": Finish((0.66, 0.6, 0.49), 0.2, "mottled", (0.09, 0.09), weather=0.1),
    "feathers": Finish((0.2, 0.2, 0.22), 0.18, "fur", (0.02, 0.05), gloss=0.08, weather=0.05),
    "skin": Finish((0.5, 0.29, 0.2), 0.05, "plain", weather=0.05),
    "hair": Finish((0.045, 0.026, 0.016), 0.25, "fur", (0.01, 0.12), gloss=0.12, weather=0.05),
    "snow": Finish((0.84, 0.87, 0.91), 0.03, "plain", weather=0.05),
    "soil": Finish((0.095, 0.06, 0.035), 0.25, "mottled", (0.12, 0.12), weather=0.2),
    "leaves": Finish((0.055, 0.13, 0.025), 0.3, "mottled", (0.08, 0.08), gloss=0.08, weather=0.2, leaf=0.35),
    "water": Finish((0.05, 0.16, 0.18), 0.12, "plain", gloss=0.9, weather=0.0, opacity=0.8),
    "spray": Finish((0.75, 0.83, 0.86), 0.06, "plain", gloss=0.3, weather=0.0, opacity=0.55),
    "flame": Finish((0.95, 0.42, 0.06), 0.2, "mottled", (0.1, 0.1), weather=0.0, glow=1.7, opacity=0.8),
    "light": Finish((0.95, 0.82, 0.55), 0.02, "plain", weather=0.0, glow=2.5),
    "solar": Finish((0.012, 0.03, 0.095), 0.1, "grid", (0.16, 0.16), (0.17, 0.19, 0.22), gloss=0.6, weather=0.03),
    "hull": Finish((0.66, 0.67, 0.68), 0.06, "slabs", (1.1, 0.8), (0.22, 0.23, 0.25), gloss=0.25, weather=0.08),
}
"""By name: every `Material` of a spec, and some more."""


def linear(colour: Vector) -> Array:
    """sRGB 0..1 (..., 3) to linear."""
    return from_srgb(np.asarray(colour, float))


def finish(
    pieces: Surfels,
    material: str,
    colour: Vector | None = None,
    seed: int = 0,
    scale: float = 1.0,
    grain: Vector | None = None,
) -> Surfels:
    """`pieces` painted as of that material.

    Args:
        material: a name in `FINISHES`.
        colour: (3,) or (N, 3) linear albedo instead of the material's own.
        scale: how many times as large its pattern is.
        grain: which way planks and fibres run; None: as boards are laid, along each surfel's `along`.

    Raises:
        InvalidDataError: there is no such material.
    """
    look = FINISHES.get(material)
    if look is None:
        raise InvalidDataError(f"There is no material '{material}'; the materials are {', '.join(sorted(FINISHES))}.")
    fibrous = grain is not None or look.pattern in ("grain", "brushed", "fur")
    where = _Where.of(pieces, scale, (pieces.along if grain is None else grain) if fibrous else None)
    value, joint = PATTERNS[look.pattern](where, look.unit, seed)
    fine = where.noise(0.045, seed + 11)
    patches = where.fbm(1.3, seed + 23, 3)
    base = np.broadcast_to(np.asarray(look.albedo if colour is None else colour, float), pieces.position.shape)
    light = 1 + look.variation * (value + 0.35 * fine) + look.weather * (0.55 * patches)
    painted = base * light[:, None].clip(0.3, 1.8)
    worn = look.weather * smoothstep(0.1, 0.9, patches)[:, None]
    painted = painted * (1 - worn * np.array([0.25, 0.32, 0.42]))
    between = base * 0.45 if look.joint is None or colour is not None else np.asarray(look.joint)
    painted = painted * (1 - joint[:, None]) + between * joint[:, None]
    pieces = pieces.painted(painted).with_values(gloss=look.gloss * (1 - joint))
    if look.leaf:
        pieces = pieces.with_values(leaf=look.leaf)
    if look.glow:
        pieces = pieces.glowing(painted * look.glow)
    if look.opacity is not None:
        pieces = pieces.with_values(opacity=look.opacity)
    return pieces


def aged(pieces: Surfels, seed: int = 0) -> Surfels:
    """Grey, stained and overgrown, as things that nobody has looked after."""
    place = np.asarray(pieces.position, float)
    grey = np.asarray(pieces.albedo, float).mean(axis=1, keepdims=True)
    albedo = 0.6 * pieces.albedo + 0.34 * grey
    moss = smoothstep(0.05, 0.5, fbm(place / 0.6, seed + 3, 3) + 0.35 * pieces.normal[:, 1] - 0.1)[:, None]
    albedo = albedo * (1 - 0.75 * moss) + np.array([0.07, 0.095, 0.025]) * 0.75 * moss
    albedo = albedo * (1 + 0.3 * fbm(place / 0.25, seed + 5, 2))[:, None]
    return replace(pieces.painted(albedo), glow=np.zeros_like(pieces.glow))


@dataclass(frozen=True, eq=False)
class _Where:
    """The places of surfels as patterns see them. Detail finer than a surfel is faded, or it would speckle."""

    across: Array
    """(N,) metres along the course, or across the fibre."""
    up: Array
    """(N,) metres up the wall, or along the fibre; on level faces across and up are x and z."""
    place: Array
    """(N, 3)"""
    blur: Array
    """(N,) metres that one surfel covers."""

    @staticmethod
    def of(pieces: Surfels, scale: float, grain: Vector | None) -> _Where:
        place, normal = np.asarray(pieces.position, float) / scale, np.asarray(pieces.normal, float)
        across, up = _courses_of(place, normal) if grain is None else _fibres_of(place, normal, grain)
        size = np.asarray(pieces.size, float)
        blur = 1.5 * np.sqrt(size[:, 0] * size[:, 1]) / scale
        return _Where(across, up, place, np.maximum(blur, 1e-6))

    def noise(self, length: float, seed: int) -> Array:
        """-1..1, changing over `length` metres."""
        return self._seen(length) * noise(self.place / length, seed)

    def fbm(self, length: float, seed: int, octaves: int) -> Array:
        """About -1..1, each octave half as large and half as wide."""
        total = sum(self.noise(length / 2.03**octave, seed + octave) * 0.5**octave for octave in range(octaves))
        return np.asarray(total) / 1.3

    def streaks(self, width: float, length: float, seed: int) -> Array:
        """-1..1, changing over `width` across and `length` along."""
        spots = np.stack([self.across / width, np.full_like(self.up, 0.37), self.up / length], axis=1)
        return noise(spots, seed) * (0.35 + 0.65 * self._seen(2 * width))

    def courses(self, unit: tuple[float, float], shift: float, gap: float, seed: int) -> tuple[Array, Array]:
        """Units in rows, each row shifted by that share of a unit (below 0: at random): a number in -1..1 for each,
        and the share of joint."""
        row = np.floor(self.up / unit[1])
        offset = row * shift if shift >= 0 else 0.5 + 0.5 * _cell(row, row * 0 + 3, seed)
        column = np.floor(self.across / unit[0] + offset)
        u, v = self.across / unit[0] + offset - column, self.up / unit[1] - row
        wide = np.maximum(gap, 0.55 * self.blur)
        edge = np.minimum(np.minimum(u, 1 - u) * unit[0], np.minimum(v, 1 - v) * unit[1])
        line = (1 - smoothstep(0.35 * wide, wide, edge)) * (gap / wide) ** 0.75
        even = min(2 * gap / min(unit), 0.5)
        seen = smoothstep(0.5, 1.4, min(unit) / self.blur)
        return _cell(column, row, seed) * smoothstep(0.3, 1.2, max(unit) / self.blur), line * seen + even * (1 - seen)

    def _seen(self, length: float) -> Array:
        return smoothstep(0.4, 1.6, length / self.blur)


def _courses_of(place: Array, normal: Array) -> tuple[Array, Array]:
    """Walls are taken in 24 directions, so that bricks go round a tower too."""
    step = np.pi / 12
    level = np.abs(normal[:, 1]) > 0.92
    azimuth = np.where(level, 0.0, np.round(np.arctan2(normal[:, 0], normal[:, 2]) / step) * step)
    across = place[:, 0] * np.cos(azimuth) - place[:, 2] * np.sin(azimuth)
    outwards = place[:, 0] * np.sin(azimuth) + place[:, 2] * np.cos(azimuth)
    steep = np.sqrt(np.clip(1 - normal[:, 1] ** 2, 0.04, 1))
    return across, np.where(level, outwards, place[:, 1] / steep)


def _fibres_of(place: Array, normal: Array, grain: Vector) -> tuple[Array, Array]:
    """Few directions of the fibre `grain`, (3,) or (N, 3), so that one board has one."""
    direction = np.broadcast_to(np.asarray(grain, float), place.shape)
    direction = np.round(direction * 3) / 3
    direction = direction / np.linalg.norm(direction, axis=1, keepdims=True).clip(1e-9)
    side = np.cross(np.round(normal * 3) / 3, direction)
    side = side / np.linalg.norm(side, axis=1, keepdims=True).clip(1e-9)
    return (place * side).sum(axis=1), (place * direction).sum(axis=1)


def _cell(column: Array, row: Array, seed: int) -> Array:
    """A number in -1..1 for every unit of a pattern."""
    return noise(np.stack([column, np.zeros_like(column), row], axis=1), seed)


Pattern = Callable[[_Where, tuple[float, float], int], tuple[Array, Array]]
"""Lightness, about -1..1, and the share of joint, 0..1."""


def _plain(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    return at.fbm(unit[0], seed, 2), np.zeros_like(at.up)


def _mottled(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    return 1.3 * at.fbm(unit[0], seed, 4), np.zeros_like(at.up)


def _grain(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    fibre = at.streaks(unit[0], unit[1], seed) + 0.5 * at.streaks(0.3 * unit[0], 0.5 * unit[1], seed + 1)
    return fibre + 0.3 * at.noise(0.4, seed + 2), np.zeros_like(at.up)


def _planks(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    tone, joint = replace(at, across=at.up, up=at.across).courses((unit[1], unit[0]), -1.0, 0.012, seed)
    return tone + 0.5 * at.streaks(0.035, 0.8, seed), 0.85 * joint


def _bricks(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    tone, joint = at.courses(unit, 0.5, 0.012, seed)
    return tone + 0.4 * at.fbm(0.5, seed, 2), 0.8 * joint


def _ashlar(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    tone, joint = at.courses(unit, -1.0, 0.07 * unit[1], seed)
    return 0.8 * tone + 0.7 * at.fbm(0.2, seed, 3), 0.75 * joint


def _slabs(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    tone, joint = at.courses(unit, 0.0, 0.02, seed)
    return 0.7 * tone + at.fbm(0.7, seed, 3), 0.5 * joint


def _tiles(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    tone, _ = at.courses(unit, 0.5, 0.02, seed)
    row = at.up / unit[1]
    seen = smoothstep(0.7, 1.8, unit[1] / at.blur)
    return tone, 0.75 * (1 - smoothstep(0.0, 0.25, row - np.floor(row))) * seen + 0.08 * (1 - seen)


def _straw(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    stalks = at.streaks(unit[0], unit[1], seed)
    return stalks + 0.6 * at.fbm(0.5, seed + 1, 2), 0.35 * smoothstep(0.3, 0.8, -stalks)


def _brushed(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    return at.streaks(unit[0], unit[1], seed), np.zeros_like(at.up)


def _fur(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    return 0.7 * at.streaks(unit[0], unit[1], seed) + 0.7 * at.fbm(0.3, seed + 1, 2), np.zeros_like(at.up)


def _veins(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    warp = 0.8 * at.fbm(0.6 * unit[0], seed + 4, 2)
    bent = fbm(at.place / unit[0] + warp[:, None], seed, 3)
    return at.fbm(unit[0], seed + 1, 2), 0.6 * (1 - smoothstep(0.0, 0.07, np.abs(bent)))


def _strata(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    layers = fbm(at.place / [unit[0], unit[1], unit[0]], seed, 3)
    return layers + 0.5 * at.fbm(0.15, seed + 1, 2), np.zeros_like(at.up)


def _rings(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    return at.streaks(1e6, unit[1], seed) + 0.6 * at.fbm(0.2, seed, 2), np.zeros_like(at.up)


def _facets(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    return at.streaks(unit[0] / 3, unit[1], seed) + 0.5 * at.fbm(0.3, seed + 1, 2), np.zeros_like(at.up)


def _weave(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    return at.fbm(0.3, seed, 2) + at.noise(unit[0], seed + 1), np.zeros_like(at.up)


def _grid(at: _Where, unit: tuple[float, float], seed: int) -> tuple[Array, Array]:
    tone, joint = at.courses(unit, 0.0, 0.02, seed)
    return 0.5 * tone, 0.4 * joint


PATTERNS: dict[str, Pattern] = {
    "plain": _plain,
    "mottled": _mottled,
    "grain": _grain,
    "planks": _planks,
    "bricks": _bricks,
    "ashlar": _ashlar,
    "slabs": _slabs,
    "tiles": _tiles,
    "straw": _straw,
    "brushed": _brushed,
    "fur": _fur,
    "veins": _veins,
    "strata": _strata,
    "rings": _rings,
    "facets": _facets,
    "weave": _weave,
    "grid": _grid,
}
