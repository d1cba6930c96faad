"""Procedural colour: lattice noise and the surfaces made of it.

A texture takes a `Surface` and returns linear RGB albedo (3, N). Detail finer than a pixel fades to its mean, so
photos from different distances agree and nothing flickers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.assets.courtyard.shapes import Array


@dataclass(frozen=True, eq=False)
class Surface:
    """Where rays have hit one thing."""

    points: Array
    """(3, N) metres, in the thing's frame."""
    normals: Array
    """(3, N) unit vectors, in the thing's frame."""
    footprint: Array
    """(N,) size of a pixel on the surface, metres."""

    def faces(self) -> tuple[Array, Array, NDArray[np.intp]]:
        """(u, v) metres on the face that each point lies on, v upwards where there is an up, and the face's axis."""
        x, y, z = self.points
        axis = np.abs(self.normals).argmax(axis=0)
        return np.where(axis == 0, z, x), np.where(axis == 1, z, y), axis

    def around(self, radius: float) -> tuple[Array, Array]:
        """(u, v) metres on an upright cylinder: along its circumference, and up."""
        return np.arctan2(self.points[2], self.points[0]) * np.float32(radius), self.points[1]


Texture = Callable[[Surface], Array]

_LATTICE_BITS = 6
_LATTICE = np.random.default_rng(20261121).random(1 << 3 * _LATTICE_BITS, dtype=np.float32)


def color(code: str) -> Array:
    """(3, 1) linear RGB of an sRGB colour written as six hexadecimal digits."""
    srgb = np.frombuffer(bytes.fromhex(code), np.uint8).astype(np.float32)[:, None] / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(np.float32)


def mix(first: Array | float, second: Array, share: Array | float) -> Array:
    return first + (second - first) * np.asarray(share, np.float32)


def step(value: Array, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return t * t * (3 - 2 * t)


def chance(*cells: Array | NDArray[np.intp] | int) -> Array:
    """A fixed random number in 0..1 for each lattice cell (up to three whole coordinates)."""
    mask = (1 << _LATTICE_BITS) - 1
    index = np.zeros(np.broadcast_shapes(*(np.shape(cell) for cell in cells)), np.int32)
    for cell in cells:
        index = (index << _LATTICE_BITS) | (np.asarray(cell).astype(np.int32) & mask)
    return _LATTICE[index & (len(_LATTICE) - 1)]


def noise(points: Array) -> Array:
    """Smooth noise in -1..1 with features of size one, at points (3, N)."""
    cell = np.floor(points)
    x, y, z = (points - cell) ** 2 * (3 - 2 * (points - cell))
    i, j, k = cell.astype(np.int32)
    total = np.zeros(points.shape[1], np.float32)
    for di in (0, 1):
        for dj in (0, 1):
            weight = (x if di else 1 - x) * (y if dj else 1 - y)
            near, far = chance(i + di, j + dj, k), chance(i + di, j + dj, k + 1)
            total += weight * (near + (far - near) * z)
    return 2 * total - 1


def fractal(points: Array, frequency: float, octaves: int, footprint: Array) -> Array:
    """Octaves of noise, about -1..1, from `frequency` per metre upwards; those finer than a pixel fade away."""
    total = np.zeros(points.shape[1], np.float32)
    for octave in range(octaves):
        scale = np.float32(frequency * 2**octave)
        visible = np.clip(2 - 2.5 * footprint * scale, 0, 1)
        if not visible.any():
            break
        total += noise(points * scale + np.float32(17.3 * octave)) * visible * np.float32(0.62**octave)
    return total


def stones(u: Array, v: Array, footprint: Array) -> tuple[Array, Array]:
    """Worley cells of size one: each point's (gap, chance): gap 1 in the joints between cells and 0 inside."""
    i, j = np.floor(u), np.floor(v)
    nearest = np.full(u.shape, 9, np.float32)
    second = nearest.copy()
    own = np.zeros(u.shape, np.float32)
    for di in (-1, 0, 1):
        for dj in (-1, 0, 1):
            jitter_u, jitter_v = chance(i + di, j + dj, 1), chance(i + di, j + dj, 2)
            distance = np.hypot(u - i - di - 0.15 - 0.7 * jitter_u, v - j - dj - 0.15 - 0.7 * jitter_v)
            closer = distance < nearest
            second = np.where(closer, nearest, np.minimum(second, distance))
            own = np.where(closer, chance(i + di, j + dj, 3), own)
            nearest = np.minimum(nearest, distance)
    visible = np.clip(2 - 3 * footprint, 0, 1)
    gap = 1 - step(second - nearest, 0.04, 0.15)
    return mix(0.15, gap, visible), mix(0.5, own, visible)


def _tiles(u: Array, v: Array, width: float, height: float, joint: float, footprint: Array) -> tuple[Array, Array]:
    """Rows of rectangles, every other row shifted by half: each point's (gap, chance) as in `stones`."""
    row = np.floor(v / np.float32(height))
    shifted = u / np.float32(width) + 0.5 * (row % 2)
    column = np.floor(shifted)
    edge = np.minimum(
        np.minimum(shifted - column, 1 - shifted + column) * np.float32(width),
        np.minimum(v - row * np.float32(height), (row + 1) * np.float32(height) - v),
    )
    visible = np.clip(2 - 2 * footprint / height, 0, 1)
    gap = 1 - step(edge, joint * 0.4, joint)
    return gap * visible, mix(0.5, chance(column, row, 5), visible)


def plain(code: str, variation: float = 0.25, frequency: float = 6.0) -> Texture:
    """One colour, worn."""
    base = color(code)

    def paint(surface: Surface) -> Array:
        wear = fractal(surface.points, frequency, 6, surface.footprint)
        return base * (1 + np.float32(variation) * wear)

    return paint


def glowing(code: str) -> Texture:
    """A colour brighter than the light that falls on it."""
    return lambda surface: 3 * color(code) + np.zeros_like(surface.points)


def carved(code: str = "b9ae98", radius: float | None = None) -> Texture:
    """Weathered ashlar: blocks, speckles, dark streaks and lichen. Wrapped about a cylinder when a radius is given."""
    pale, dark, lichen = color(code), color("6c6456"), color("8f8a45")

    def paint(surface: Surface) -> Array:
        u, v = surface.around(radius) if radius else surface.faces()[:2]
        gap, block = _tiles(u + 100, v + 100.07, 0.52, 0.3, 0.02, surface.footprint)
        grain = fractal(surface.points, 5, 6, surface.footprint)
        streak = fractal(surface.points * np.array([[1], [0.22], [1]], np.float32), 7, 3, surface.footprint)
        tone = mix(pale * (0.72 + 0.5 * block + 0.3 * grain), dark, step(streak, 0.1, 0.9) * 0.8)
        tone = mix(tone, lichen, step(fractal(surface.points + 9, 3, 5, surface.footprint), 0.45, 0.8) * 0.7)
        return mix(tone, dark * 0.45, gap * 0.85)

    return paint


def bricks(plastered: float = 0.0) -> Texture:
    """Red and brown bricks, mossy near the ground; a share of the wall keeps its ochre plaster."""
    mortar, moss, plaster = color("a2937d"), color("5f6b31"), color("e2c48c")
    burnt, bright, pale = color("7d3f2b"), color("b8603c"), color("c99a6b")

    def paint(surface: Surface) -> Array:
        u, v, _ = surface.faces()
        gap, brick = _tiles(u + 100, v + 100, 0.34, 0.13, 0.022, surface.footprint)
        grain = fractal(surface.points, 9, 5, surface.footprint)
        tone = mix(mix(burnt, bright, np.clip(brick * 1.6, 0, 1)), pale, step(brick, 0.78, 0.95))
        tone = mix(tone * (1 + 0.4 * grain), mortar * (0.9 + 0.2 * grain), gap)
        patches = fractal(surface.points, 0.9, 5, surface.footprint)
        if plastered:
            stain = 1 + 0.22 * fractal(surface.points, 2.5, 6, surface.footprint)
            edge = step(patches, 0.9 - 1.5 * plastered, 0.93 - 1.5 * plastered)
            tone = mix(
                tone * (1 - 0.35 * step(patches, 0.75 - 1.5 * plastered, 0.9 - 1.5 * plastered)), plaster * stain, edge
            )
        low = step(0.55 * patches - 0.9 * surface.points[1], -0.45, 0.15) * step(grain, -0.5, 0.3)
        return mix(tone, moss * (1 + 0.5 * grain), low * 0.8)

    return paint


def planks(code: str = "8a5f38", width: float = 0.14, sign: str | None = None) -> Texture:
    """Boards with grain, seams and nails; crates carry a painted sign of that colour and a frame."""
    wood, dark = color(code), color("2f1f14")

    def paint(surface: Surface) -> Array:
        u, v, axis = surface.faces()
        board = np.floor(v / np.float32(width) + 50)
        tone = chance(board, axis, 11)
        along = np.stack([u * np.float32(1.4), v * 16, board * np.float32(3.7)])
        grain = fractal(along, 2.2, 5, surface.footprint)
        result = wood * (0.62 + 0.7 * tone + 0.33 * grain)
        inside = v / np.float32(width) + 50 - board
        seam = 1 - step(np.minimum(inside, 1 - inside) * np.float32(width), 0.004, 0.012)
        result = mix(result, dark, seam * np.clip(2 - surface.footprint / 0.015, 0, 1))
        if sign:
            radius = np.hypot(u, v)
            ring = step(radius, 0.13, 0.14) * (1 - step(radius, 0.2, 0.21))
            bar = (np.abs(u + 0.4 * v) < 0.035) & (radius < 0.27)
            dot = np.hypot(u - 0.2, v + 0.21) < 0.05
            worn = step(grain, -0.9, 0.1)
            result = mix(result, color(sign), np.maximum(np.maximum(ring, bar), dot) * worn * 0.9)
        return result

    return paint


def staves(radius: float) -> Texture:
    """A barrel: upright boards and iron hoops."""
    iron, board = color("3b3a3c"), planks("8d6236", 0.11)

    def paint(surface: Surface) -> Array:
        around, up = surface.around(radius)
        upright = Surface(
            np.stack([up, around, surface.points[2] * 0]), np.array([[0], [0], [1]], np.float32), surface.footprint
        )
        hoop = step(0.05 - np.abs(np.abs(up) - 0.23), 0.0, 0.008)
        rust = fractal(surface.points, 12, 4, surface.footprint)
        return mix(board(upright), mix(iron, color("7a4a2c"), step(rust, 0.0, 0.7)), hoop)

    return paint


def shingles(code: str = "a2502f") -> Texture:
    """Clay roof tiles, each its own red, darker under the row above."""
    clay, moss = color(code), color("74753d")

    def paint(surface: Surface) -> Array:
        x, y, z = surface.points
        steep = np.abs(surface.normals[1]) > 0.95
        along = np.where(np.abs(surface.normals[0]) > np.abs(surface.normals[2]), z, x)
        gap, tile = _tiles(
            along + 100, np.where(steep, z, y * np.float32(1.5)) + 100, 0.22, 0.24, 0.03, surface.footprint
        )
        row = (np.where(steep, z, y * np.float32(1.5)) + 100) / np.float32(0.24) % 1
        grain = fractal(surface.points, 5, 5, surface.footprint)
        tone = clay * (0.6 + 0.75 * tile + 0.3 * grain) * (1 - 0.35 * row)
        tone = mix(tone, moss, step(fractal(surface.points + 5, 1.1, 5, surface.footprint), 0.3, 0.8) * 0.7)
        return mix(tone, color("2c1710"), gap * 0.8)

    return paint


def cone_shingles(code: str = "5d6878") -> Texture:
    """Slates on a round roof."""
    slate = color(code)

    def paint(surface: Surface) -> Array:
        u, v = surface.around(1.4)
        gap, tile = _tiles(u + 100, v * np.float32(1.1) + 100, 0.27, 0.27, 0.03, surface.footprint)
        grain = fractal(surface.points, 5, 4, surface.footprint)
        return mix(slate * (0.55 + 0.9 * tile + 0.3 * grain), color("1b1c22"), gap * 0.8)

    return paint


def leaves(code: str, light: str, flowers: str | None = None) -> Texture:
    """Clumped foliage, dark between the leaves; some carries flowers."""
    deep, bright, shade = color(code), color(light), color("131a0c")

    def paint(surface: Surface) -> Array:
        clumps = fractal(surface.points, 4, 3, surface.footprint)
        detail = fractal(surface.points + 3, 16, 4, surface.footprint)
        tone = mix(deep, bright, step(0.7 * clumps + 0.8 * detail, -0.5, 0.9))
        tone = mix(tone, shade, step(-detail - 0.3 * clumps, 0.15, 0.6) * 0.85)
        if flowers:
            spots = step(noise(surface.points * 17 + 40), 0.42, 0.55) * np.clip(2 - surface.footprint * 25, 0, 1)
            tone = mix(tone, color(flowers) * (1 + 0.3 * detail), spots)
        return tone

    return paint


def bark(surface: Surface) -> Array:
    """Furrowed, along the trunk."""
    furrows = fractal(surface.points * np.array([[1], [0.2], [1]], np.float32), 14, 4, surface.footprint)
    return mix(color("6b5138"), color("23180f"), step(furrows, -0.3, 0.7))


def stripes(first: str, second: str, width: float) -> Texture:
    """An awning's cloth."""

    def paint(surface: Surface) -> Array:
        phase = surface.points[2] / np.float32(width) % 2
        band = step(np.abs(phase - 1), 0.46, 0.54)
        folds = fractal(surface.points, 3, 5, surface.footprint)
        return mix(color(first), color(second), band) * (1 + 0.25 * folds)

    return paint


def house_front(surface: Surface) -> Array:
    """Half-timbered plaster: beams over a wall that shows some of its bricks."""
    u, v, axis = surface.faces()
    wall = bricks(plastered=0.75)(surface)
    grain = fractal(np.stack([u * 3, v * 3, 0 * u]), 5, 4, surface.footprint)
    upper = (v > 0.15) & (axis != 1)
    cell = (u + 100) / np.float32(1.25) % 1
    height = np.clip((v - 0.15) / 1.45, 0, 1)
    beams = (np.abs(cell - 0.5) > 0.445) | (np.abs(v - 0.2) < 0.09) | (v > 1.55)
    beams |= (np.abs(cell - height) < 0.06) & (chance(np.floor((u + 100) / 1.25), 3, 4) > 0.5)
    return mix(wall, color("4b3221") * (1 + 0.5 * grain), upper & beams)


def window(surface: Surface) -> Array:
    """Four warm panes in a frame."""
    u, v, _ = surface.faces()
    frame = (np.abs(u) < 0.03) | (np.abs(v) < 0.03) | (np.abs(u) > 0.3) | (np.abs(v) > 0.42)
    pane = mix(
        color("3c4a55"), color("e8a04a"), step(v + 0.3 * fractal(surface.points, 5, 3, surface.footprint), -0.4, 0.5)
    )
    return mix(pane, color("ece2cd"), frame)


def water(surface: Surface) -> Array:
    """Shallow water over mosaic."""
    x, _, z = surface.points
    ripple = fractal(surface.points, 4, 3, surface.footprint)
    gap, tile = stones(x * 7 + 0.3 * ripple, z * 7 + 50, surface.footprint * 7)
    tone = mix(color("1f5f6b"), color("58a7a0"), tile) * (1 + 0.3 * ripple)
    return mix(tone, color("cfe3d8"), gap * 0.35)


def ground(surface: Surface) -> Array:
    """Flagstones about the fountain, a ring of setts, gravel, and grass beyond."""
    x, _, z = surface.points
    warp = fractal(surface.points, 0.9, 4, surface.footprint)
    grain = fractal(surface.points + 7, 7, 6, surface.footprint)
    radius = np.hypot(x, z) + 0.06 * warp

    gap, stone = stones(x * 1.9 + 60, z * 1.9 + 60, surface.footprint * 1.9)
    paving = mix(color("8d7f6c"), color("c4b08c"), stone) * (1 + 0.35 * grain + 0.1 * warp)
    paving = mix(paving, color("4b4a2c") * (1 + 0.4 * grain), gap)

    angle = np.arctan2(z, x) * np.float32(4.4) + 60
    gap, stone = _tiles(angle, radius + 50.1, 0.276, 0.2, 0.025, surface.footprint)
    setts = mix(mix(color("5d5650"), color("97897a"), stone) * (1 + 0.3 * grain), color("38342a"), gap)

    gap, stone = stones(x * 8 + 31, z * 8 + 31, surface.footprint * 8)
    pebbles = mix(color("9a8468"), color("d8c3a0"), stone) * (1 + 0.25 * grain)
    pebbles = mix(pebbles, color("5e4c39"), gap * 0.75)
    pebbles = mix(pebbles, color("6b7239"), step(warp + 0.4 * grain, 0.5, 1.0))

    blades = fractal(surface.points + 3, 16, 3, surface.footprint)
    lawn = mix(color("4c5d22"), color("98993f"), step(0.6 * warp + 0.7 * blades, -0.8, 0.9))
    lawn = mix(lawn, color("29330f"), step(-blades, 0.3, 0.9) * 0.6)
    lawn = mix(
        lawn,
        color("e8dcae"),
        step(noise(surface.points * 9 + 70), 0.62, 0.72) * np.clip(2 - 25 * surface.footprint, 0, 1),
    )

    result = mix(paving, setts, (radius > 4.4) & (radius < 4.8))
    result = mix(result, pebbles, radius >= 4.8)
    return mix(result, lawn, step(radius + 0.12 * grain, 7.35, 7.5))


def sky(directions: Array, sun: Array) -> Array:
    """Linear RGB of the evening sky (3, N) towards unit directions (3, N): a glow, clouds, and hills at the horizon."""
    x, y, z = directions
    height = np.clip(y, 0, 1)
    tone = mix(color("f3d3a6"), color("6f9fd0"), step(height, -0.05, 0.5))
    towards = np.clip((directions * sun[:, None]).sum(axis=0), 0, 1)
    tone = tone + color("ffb060") * (0.55 * towards[None] ** 8 + 1.5 * towards[None] ** 200)
    none = np.zeros_like(x)
    layer = np.stack([x / (height + 0.25), 0.3 + none, z / (height + 0.25)])
    cloud = step(fractal(layer, 1.1, 6, none), 0.05, 0.75) * step(height, 0.02, 0.2)
    tone = mix(tone, color("fff0dc") * (0.85 + 0.4 * fractal(layer + 0.1, 2.2, 4, none)), cloud * 0.8)
    for level, distance, code in ((0.14, 2.0, "93a3ab"), (0.10, 4.0, "6c8170"), (0.06, 9.0, "4b5f3c")):
        ridge = level + 0.05 * fractal(np.stack([x, none, z]) + distance, distance, 5, none)
        rough = 1 + 0.3 * fractal(directions * 3, 12, 4, none)
        tone = np.where(y < ridge, color(code) * rough, tone)
    return tone.astype(np.float32)
