"""What stands where in the courtyard: a fountain in the middle, a ruin, a market corner, a house, a tower, trees.

World frame: Y up, metres, the ground at y = 0. The north (-Z) side has the house.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from worldloom.assets.courtyard import shapes, textures
from worldloom.assets.courtyard.shapes import Array, box, cut, cylinder, moved, sphere, turned, union
from worldloom.assets.courtyard.textures import Texture

Shape = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Thing:
    """One shape with one texture."""

    shape: Shape
    """Signed distance of points in the thing's frame."""
    texture: Texture
    position: tuple[float, float, float]
    """Of the frame's origin; metres, world."""
    radius: float
    """Of a ball about `position` that holds the thing."""
    heading: float = 0.0
    """Degrees about Y."""

    def local(self, points: Array) -> Array:
        """World points (3, N) in the thing's frame."""
        return self._turned(points - np.array(self.position, np.float32)[:, None], self.heading)

    def local_directions(self, directions: Array) -> Array:
        return self._turned(directions, self.heading)

    def world_directions(self, directions: Array) -> Array:
        return self._turned(directions, -self.heading)

    def distance(self, points: Array) -> Array:
        """(N,) signed distances of world points (3, N)."""
        return self.shape(self.local(points))

    @staticmethod
    def _turned(points: Array, degrees: float) -> Array:
        return turned(points, degrees) if degrees else points


def courtyard() -> tuple[Thing, ...]:
    """Everything but the ground and the sky."""
    return (*_fountain(), *_ruin(), *_market(), *_garden(), *_house(), *_tower(), *_walls(), *_trees())


def _block(width: float, height: float, depth: float, texture: Texture, x: float, y: float, z: float, heading=0.0):
    radius = float(np.hypot(np.hypot(width, height), depth)) / 2
    return Thing(lambda p: box(p, width, height, depth, 0.015), texture, (x, y, z), radius, heading)


def _drum(radius: float, height: float, texture: Texture, x: float, y: float, z: float, rounding: float = 0.02):
    bound = float(np.hypot(radius, height / 2))
    return Thing(lambda p: cylinder(p, radius, height, rounding), texture, (x, y, z), bound)


def _ball(radius: float, texture: Texture, x: float, y: float, z: float):
    return Thing(lambda p: sphere(p, radius), texture, (x, y, z), radius)


def _fountain() -> tuple[Thing, ...]:
    stone = textures.carved("c9bda3", radius=1.5)

    def basin(p: Array) -> Array:
        wall = cut(cylinder(p, 1.5, 0.6, 0.04), cylinder(moved(p, y=0.25), 1.28, 0.6))
        return union(wall, shapes.torus(moved(p, y=0.28), 1.39, 0.13))

    def bowl(p: Array) -> Array:
        return cut(sphere(p, 0.72), sphere(moved(p, y=0.06), 0.66), -p[1] - 0.06)

    def pillar(p: Array) -> Array:
        return cylinder(p, 0.17 + 0.05 * np.cos(p[1] * 5), 1.5) * np.float32(0.85)

    def dolphin(p: Array) -> Array:
        ring = shapes.torus(turned(turned(moved(p, y=0.1), 90, "x"), 25), 0.27, 0.045)
        return union(ring, shapes.torus(moved(p, y=0.1), 0.27, 0.035), sphere(moved(p, y=0.1), 0.13))

    return (
        Thing(basin, stone, (0, 0.3, 0), 1.65),
        _drum(1.3, 0.1, textures.water, 0, 0.42, 0),
        Thing(pillar, textures.carved("bcb097", radius=0.2), (0, 1.0, 0), 0.85),
        Thing(bowl, textures.carved("cfc3a8", radius=0.7), (0, 1.75, 0), 0.75),
        Thing(dolphin, textures.plain("b98b3e", 0.45, 9), (0, 2.0, 0), 0.5),
    )


def _ruin() -> tuple[Thing, ...]:
    def arch(p: Array) -> Array:
        wall = box(p, 3.4, 3.0, 0.5, 0.02)
        door = union(box(moved(p, y=-0.6), 1.3, 2.0, 2.0), cylinder(turned(moved(p, y=0.4), 90, "x"), 0.65, 2.0))
        broken = box(turned(moved(p, x=1.5, y=1.6), -32, "z"), 1.7, 1.1, 2.0)
        notch = box(turned(moved(p, x=-1.35, y=1.75), 20, "z"), 0.8, 0.7, 2.0)
        return cut(wall, door, broken, notch)

    def trim(p: Array) -> Array:
        outer = cylinder(turned(p, 90, "x"), 0.83, 0.58, 0.03)
        return cut(outer, cylinder(turned(p, 90, "x"), 0.64, 2.0), p[1] + 0.01)

    def column(height: float) -> Shape:
        def shape(p: Array) -> Array:
            flutes = 0.19 + 0.012 * np.cos(np.arctan2(p[2], p[0]) * 14)
            shaft = cylinder(moved(p, y=height / 2), flutes, height) * np.float32(0.8)
            return union(shaft, box(moved(p, y=0.08), 0.56, 0.16, 0.56), box(moved(p, y=height), 0.5, 0.12, 0.5))

        return shape

    stone = textures.carved("c2b497")
    column_stone = textures.carved("cbbfa6", radius=0.2)
    fallen = Thing(lambda p: cylinder(turned(p, 90, "x"), 0.19, 1.1, 0.03), column_stone, (-1.5, 0.2, -3.4), 0.62, 40)
    return (
        Thing(arch, textures.bricks(), (-2.7, 1.5, -2.5), 2.35, 40),
        Thing(trim, stone, (-2.7, 1.9, -2.5), 0.95, 40),
        Thing(column(2.3), column_stone, (-0.2, 0, -3.7), 2.5),
        Thing(column(1.3), column_stone, (1.1, 0, -3.6), 1.5),
        fallen,
        _block(0.5, 0.3, 0.34, stone, -3.6, 0.14, -1.0, 20),
        _block(0.36, 0.26, 0.3, stone, -3.25, 0.12, -0.6, 65),
    )


def _market() -> tuple[Thing, ...]:
    def barrel(p: Array) -> Array:
        return cylinder(p, 0.36 - 0.32 * p[1] * p[1], 0.9, 0.02) * np.float32(0.9)

    def posts(p: Array) -> Array:
        x, z = np.abs(p[0]) - np.float32(0.65), np.abs(p[2]) - np.float32(0.95)
        return cylinder(np.stack([x, p[1], z]), 0.045, 2.5)

    def awning(p: Array) -> Array:
        waved = np.stack([p[0], p[1] - 0.02 * np.sin(p[2] * np.float32(np.pi / 0.24)), p[2]])
        return box(turned(waved, 16, "z"), 1.9, 0.04, 2.4) * np.float32(0.8)

    fruit = [("c8402a", 0.0), ("dd9a2b", 0.5), ("8fa53a", -0.5)]
    heaps = [
        _ball(0.1, textures.plain(code, 0.3, 14), 3.3 + 0.17 * dx, 0.96 + 0.08 * ((dx + dz) % 2), z + 0.17 * dz - 0.35)
        for code, z in fruit
        for dx in (-1, 0, 1)
        for dz in (-1, 0, 1)
    ]
    staves = textures.staves(0.36)
    return (
        _block(0.85, 0.85, 0.85, textures.planks("94683c", 0.17, "7c1f1a"), 2.2, 0.425, 2.2, 20),
        _block(0.7, 0.7, 0.7, textures.planks("7d5836", 0.14, "e6dfcf"), 2.95, 0.35, 1.75, -25),
        _block(0.55, 0.55, 0.55, textures.planks("a67a48", 0.11, "1f3f6b"), 2.3, 1.125, 2.25, 48),
        Thing(barrel, staves, (1.55, 0.45, 2.95), 0.6),
        Thing(barrel, staves, (0.95, 0.45, 3.3), 0.6, 70),
        Thing(posts, textures.planks("5a3d26", 0.3), (3.3, 1.25, -0.35), 1.75),
        Thing(awning, textures.stripes("b5302a", "efe3c8", 0.24), (3.3, 2.5, -0.35), 1.6),
        _block(0.95, 0.08, 1.9, textures.planks("9a7045", 0.19), 3.3, 0.86, -0.35),
        _block(0.8, 0.7, 1.7, textures.planks("6d4d30", 0.17), 3.3, 0.4, -0.35),
        *heaps,
    )


def _garden() -> tuple[Thing, ...]:
    def pot(p: Array) -> Array:
        vessel = cylinder(p, 0.24 + 0.16 * p[1], 0.5, 0.02) * np.float32(0.9)
        return union(vessel, shapes.torus(moved(p, y=0.24), 0.28, 0.04))

    def bench(p: Array) -> Array:
        legs = box(np.stack([np.abs(p[0]) - np.float32(0.65), p[1] + np.float32(0.23), p[2]]), 0.12, 0.44, 0.42)
        seat = box(moved(p, y=0.01), 1.6, 0.07, 0.48)
        back = box(turned(moved(p, y=0.35, z=0.25), -10, "x"), 1.6, 0.36, 0.05)
        return union(legs, seat, back)

    def lantern(p: Array) -> Array:
        pole = cylinder(moved(p, y=1.2), 0.05, 2.4)
        foot = cylinder(moved(p, y=0.1), 0.14, 0.2, 0.04)
        roof = shapes.cone(moved(p, y=2.78), 0.24, 0.2)
        return union(pole, foot, roof, box(moved(p, y=2.42), 0.26, 0.04, 0.26))

    pots = [(-1.75, 2.1, "d8486b"), (-1.2, 2.75, "f0c040"), (1.9, -2.2, "e8e2f0"), (2.5, -2.6, "b14ac0")]
    planted = [
        thing
        for x, z, flowers in pots
        for thing in (
            Thing(pot, textures.plain("b3653c", 0.3, 8), (x, 0.25, z), 0.45),
            _foliage(x, 0.72, z, 0.34, textures.leaves("3d5a22", "86a544", flowers)),
        )
    ]
    iron = textures.plain("34383a", 0.35, 12)
    return (
        *planted,
        Thing(bench, textures.planks("875c36", 0.12), (-3.1, 0.45, 0.9), 1.05, -75),
        Thing(lantern, iron, (4.1, 0, -2.6), 3.0),
        _block(0.2, 0.32, 0.2, textures.glowing("ffc46b"), 4.1, 2.6, -2.6, 15),
    )


def _foliage(x: float, y: float, z: float, size: float, texture: Texture) -> Thing:
    """A bumpy ball of leaves made of smaller balls."""
    random = np.random.default_rng(round(1000 * abs(x * 7 + z * 3 + y)))
    offsets = random.normal(size=(9, 3))
    offsets *= 0.62 * size / np.linalg.norm(offsets, axis=1, keepdims=True)
    sizes = size * random.uniform(0.3, 0.5, 9)

    def shape(p: Array) -> Array:
        crown = sphere(p, 0.6 * size)
        for (dx, dy, dz), radius in zip(offsets, sizes):
            crown = shapes.blend(crown, sphere(moved(p, dx, dy, dz), radius), 0.15 * size)
        leaves = 0.05 * textures.noise(p * 7 + 5) + 0.035 * textures.noise(p * 16)
        return (crown + np.float32(min(1.0, 2 * size)) * leaves) * np.float32(0.7)

    return Thing(shape, texture, (x, y, z), 1.25 * size)


def _house() -> tuple[Thing, ...]:
    x, z = 1.5, -9.2
    glass, wood, trim = textures.window, textures.planks("5b3a24", 0.16), textures.planks("6a4930", 0.1)
    windows = [
        part
        for dx, y in ((-2.1, 2.35), (2.1, 2.35), (0.0, 2.35), (2.0, 1.0))
        for part in (
            _block(0.7, 0.95, 0.1, glass, x + dx, y, z + 1.6),
            _block(0.85, 0.09, 0.3, trim, x + dx, y - 0.52, z + 1.68),
            _block(0.3, 0.95, 0.06, textures.planks("4d6a62", 0.09), x + dx - 0.55, y, z + 1.65, 8),
            _block(0.3, 0.95, 0.06, textures.planks("4d6a62", 0.09), x + dx + 0.55, y, z + 1.65, -8),
        )
    ]
    return (
        _block(6.4, 3.4, 3.2, textures.house_front, x, 1.7, z),
        Thing(lambda p: shapes.gable(p, 4.2, 2.3, 7.0), textures.shingles(), (x, 3.3, z), 4.2),
        _block(0.6, 1.6, 0.6, textures.bricks(), x + 2.0, 5.0, z - 0.4),
        _block(1.1, 2.1, 0.12, wood, x - 1.5, 1.05, z + 1.62),
        _block(1.5, 0.2, 0.25, textures.carved(), x - 1.5, 2.2, z + 1.62),
        _block(1.6, 0.16, 0.7, textures.carved(), x - 1.5, 0.08, z + 1.95),
        *windows,
    )


def _tower() -> tuple[Thing, ...]:
    def crown(p: Array) -> Array:
        slots = box(np.stack([np.abs(p[0]), p[1] - np.float32(0.5), np.abs(p[2])]), 0.5, 0.8, 9.0)
        return cut(cylinder(p, 1.75, 1.0), slots, cylinder(moved(p, y=0.4), 1.45, 1.2))

    stone = textures.carved("a99a80", radius=1.6)
    x, z = -7.6, -7.6
    return (
        _drum(1.6, 5.0, stone, x, 2.5, z),
        Thing(crown, stone, (x, 5.2, z), 1.9),
        Thing(lambda p: shapes.cone(p, 1.75, 2.6), textures.cone_shingles(), (x, 5.3, z), 2.9),
        _block(0.5, 0.9, 0.5, textures.window, x + 1.08, 3.2, z + 1.08, 45),
        _block(1.0, 1.9, 0.5, textures.planks("5b3a24", 0.16), x + 1.05, 0.95, z + 1.05, 45),
    )


def _walls() -> tuple[Thing, ...]:
    brick, cap = textures.bricks(plastered=0.45), textures.carved("b4a88f")
    sides = [(0.0, -10.2, 0), (0.0, 10.2, 0), (-10.2, 0.0, 90), (10.2, 0.0, 90)]
    walls = [
        wall
        for x, z, heading in sides
        for wall in (
            _block(20.8, 2.3, 0.4, brick, x, 1.15, z, heading),
            _block(21.0, 0.16, 0.6, cap, x, 2.36, z, heading),
        )
    ]
    gate = (
        _block(2.4, 2.7, 0.2, textures.planks("6b3f25", 0.2), -1.0, 1.35, 9.95),
        _block(0.5, 3.2, 0.8, cap, -2.45, 1.6, 10.0),
        _block(0.5, 3.2, 0.8, cap, 0.45, 1.6, 10.0),
        _block(3.7, 0.35, 0.9, cap, -1.0, 3.2, 10.0),
    )
    return (*walls, *gate)


def _trees() -> tuple[Thing, ...]:
    summer = textures.leaves("35531f", "8aa542")
    autumn = textures.leaves("8a4a1c", "e0a03a")
    olive = textures.leaves("4b5a35", "a3ab72")
    plan = [(7.6, 2.6, 7.4, 1.9, summer), (-7.8, 2.6, 7.6, 1.7, autumn), (8.2, 2.4, -6.6, 1.6, olive)]
    plan += [(-2.5, 2.35, 3.3, 0.85, autumn), (8.6, 2.3, 1.6, 1.4, autumn)]
    bushes = [(-9.0, -3.5, 0.8), (-9.1, 1.0, 0.9), (-8.9, 3.6, 0.7), (9.1, 4.3, 0.8), (9.2, -2.2, 0.9)]
    bushes += [(3.2, 9.0, 0.9), (5.4, 9.2, 0.7), (-4.6, 9.1, 0.8), (-3.6, -9.2, 0.9), (6.2, -9.0, 0.8)]
    blossoms = (None, "d8486b", "f1e9d2", "e2b13c")
    trunks = [_drum(0.1 * size + 0.03, y, textures.bark, x, y / 2, z) for x, y, z, size, _ in plan]
    crowns = [_foliage(x, y + 0.25 * size, z, size, texture) for x, y, z, size, texture in plan]
    hedge = [
        _foliage(x, 0.6 * size, z, size, textures.leaves("2f4a1d", "7f9a3e", blossoms[number % 4]))
        for number, (x, z, size) in enumerate(bushes)
    ]
    return (*trunks, *crowns, *hedge)
