"""What grows in caves: dripstone, crystals, mushrooms that glow; and lanterns."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.cave.grain import noise
from worldloom.generate.build.cave.hollow import Hollow
from worldloom.generate.shapes import cover_mesh
from worldloom.scene.surfels import OVERLAP, Array, Surfels, instances, join, surfels, unit


def lathe(profile: Array, spacing: float, seed: int, wobble: float = 0.0) -> Surfels:
    """A turned body about +Y. `profile`: (M, 2) radius and height, metres, from one end to the other."""
    rng = np.random.default_rng([seed, 83])
    steps = np.hypot(*np.diff(profile, axis=0).T)
    length = np.concatenate([[0], np.cumsum(steps)])
    rows = max(round(length[-1] / spacing), 3)
    at = (np.arange(rows) + 0.5) / rows * length[-1]
    radius, height = np.interp(at, length, profile[:, 0]), np.interp(at, length, profile[:, 1])
    ahead, behind = np.minimum(at + 0.3 * length[-1] / rows, length[-1]), np.maximum(at - 0.3 * length[-1] / rows, 0)
    dr = np.interp(ahead, length, profile[:, 0]) - np.interp(behind, length, profile[:, 0])
    dh = np.interp(ahead, length, profile[:, 1]) - np.interp(behind, length, profile[:, 1])
    around = np.maximum(np.round(2 * np.pi * radius / spacing), 3).astype(int)
    row = np.repeat(np.arange(rows), around)
    number = np.arange(len(row)) - np.repeat(np.cumsum(around) - around, around)
    turn = (number + 0.5 * (row % 2) + rng.uniform(-0.2, 0.2, len(row))) / around[row] * 2 * np.pi
    out = np.stack([np.cos(turn), np.zeros(len(row)), np.sin(turn)], axis=1)
    bulge = 1 + wobble * noise(
        np.stack([np.cos(turn) * 1.3, height[row] * 1.1 / max(wobble, 0.2), np.sin(turn) * 1.3], axis=1), seed
    )
    place = out * (radius[row] * bulge)[:, None]
    place[:, 1] = height[row]
    normal = out * dh[row][:, None]
    normal[:, 1] = -dr[row]
    size = OVERLAP * np.stack([2 * np.pi * radius[row] / around[row], np.full(len(row), length[-1] / rows)], axis=1)
    across = np.stack([-np.sin(turn), np.zeros(len(row)), np.cos(turn)], axis=1)
    return surfels(place, normal, across, size.clip(0.2 * spacing))


def dripstone(hollow: Hollow, roof: Array, count: int, eye: Array, spacing: float) -> Surfels:
    """Stalactites under the roof, stalagmites below them, and columns where the two meet.

    Args:
        roof: (N, 3) places on the roof.
        count: of stalactites.
        spacing: between surfels near the eye, metres.
    """
    rng = np.random.default_rng([hollow.seed, 87])
    if len(roof) == 0:
        return join([])
    chosen = roof[rng.permutation(len(roof))]
    dense = noise(chosen[:, [0, 2]] / 3.2, hollow.seed + 41) + 0.35 * rng.random(len(chosen))
    spread = [chosen[index] for index in np.argsort(-dense)[: 4 * count]]
    kept: list[Array] = []
    for place in spread:
        clear = 0.28 + 0.5 * rng.random() ** 2
        if all(np.hypot(place[0] - other[0], place[2] - other[2]) > clear for other in kept):
            kept.append(place)
        if len(kept) == count:
            break
    tops = np.array(kept)
    floor = hollow.floor(tops[:, 0], tops[:, 2])
    room = tops[:, 1] - floor
    length = np.minimum(rng.gamma(2.2, 0.42, len(tops)).clip(0.25, 3.4), 0.62 * room)
    standing = (rng.random(len(tops)) < 0.42) & (np.hypot(tops[:, 0] - eye[0], tops[:, 2] - eye[2]) > 2.0)
    water = floor < hollow.water_level
    standing &= ~water
    column = standing & (rng.random(len(tops)) < 0.16) & (room < 6.5)
    parts = []
    for variant in range(4):
        mine = np.arange(len(tops)) % 4 == variant
        slim = 0.085 + 0.035 * variant
        for near in (True, False):
            distance = np.linalg.norm(tops - eye, axis=1)
            group = mine & ((distance < 8) == near)
            if not group.any():
                continue
            grain = spacing * (1.2 if near else 2.4)
            hanging = group & ~column
            shape = _cone(slim, grain / 1.2, variant)
            at = tops[hanging] + [0, 0.12, 0]
            parts.append(
                instances(shape, at, rng.uniform(0, 6.28, len(at)), length[hanging] + 0.12, _tints(len(at), rng))
            )
            up = group & standing & ~column
            foot = np.stack([tops[up, 0], floor[up] - 0.05, tops[up, 2]], axis=1)
            flipped = _flipped(_cone(slim * 1.5, grain, variant + 4))
            parts.append(
                instances(flipped, foot, rng.uniform(0, 6.28, len(foot)), 0.66 * length[up], _tints(len(foot), rng))
            )
            for index in np.flatnonzero(group & column):
                body = _column(float(room[index]) + 0.3, grain * 1.2, int(index) + hollow.seed)
                parts.append(
                    body.placed(float(rng.uniform(0, 6.28)), (tops[index, 0], floor[index] - 0.1, tops[index, 2]))
                )
    return join([part.single() for part in parts]).labelled("rock")


def _cone(slim: float, grain: float, seed: int) -> Surfels:
    """A stalactite one metre long that hangs from the origin; colours of calcite, ringed."""
    height = np.linspace(0, 1, 14)
    radius = slim * (1.7 * np.exp(-height / 0.09) + (1 - height) ** 0.8 * (1 + 0.16 * np.sin(height * 31 + seed)))
    body = lathe(np.stack([radius + 0.006, -height], axis=1)[::-1], max(grain, 0.012), seed, 0.22)
    return _calcite(body, seed)


def _calcite(body: Surfels, seed: int) -> Surfels:
    y = body.position[:, 1]
    rings = 0.5 + 0.5 * np.sin(y * 26 + 3 * noise(body.position * 2.0, seed))
    base = np.array([0.36, 0.27, 0.175]) * (0.72 + 0.36 * rings[:, None])
    fine = 1 + 0.16 * noise(body.position / 0.06, seed + 1)
    return body.painted(base * fine[:, None]).with_values(gloss=0.18)


def _flipped(body: Surfels) -> Surfels:
    turned = np.array([1.0, -1.0, -1.0])
    values = {name: getattr(body, name) for name in body.__dataclass_fields__}
    for name in ("position", "normal", "along"):
        values[name] = values[name] * turned
    return Surfels(**values)


def _column(height: float, grain: float, seed: int) -> Surfels:
    up = np.linspace(0, 1, 22)
    radius = 0.2 + 0.42 * np.exp(-up / 0.13) + 0.38 * np.exp(-(1 - up) / 0.1) + 0.05 * np.sin(up * 17 + seed)
    return _calcite(lathe(np.stack([radius, up * height], axis=1), grain, seed, 0.2), seed)


def _tints(count: int, rng: np.random.Generator) -> Array:
    return rng.uniform(0.75, 1.25, (count, 1)) * rng.uniform(0.94, 1.06, (count, 3))


def crystal_cluster(colour: Array, spacing: float, seed: int) -> Surfels:
    """Hexagonal prisms with points that lean apart, the longest one metre, lit from within."""
    rng = np.random.default_rng([seed, 89])
    parts = []
    for number in range(8):
        length = 1.0 if number == 0 else float(rng.uniform(0.3, 0.8))
        radius = 0.11 * length**0.7
        lean = unit(np.array([*rng.normal(0, 0.45 if number else 0.1, 2), 1.0])[[0, 2, 1]])
        side = unit(np.cross(lean, [0.3, 0.1, 0.9]))
        other = np.cross(lean, side)
        angle = np.arange(6) / 6 * 2 * np.pi
        ring = radius * (np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * other)
        low, high = ring - 0.1 * lean, ring * 0.92 + 0.78 * length * lean
        tip = length * lean + 0.1 * radius * side
        for k in range(6):
            n = (k + 1) % 6
            vertices = np.array([low[k], low[n], high[n], high[k], tip])
            face = cover_mesh(vertices, np.array([[0, 2, 1], [0, 3, 2], [3, 4, 2]]), spacing, rng)
            flat = unit(np.cross(vertices[3] - vertices[0], vertices[1] - vertices[0]))
            flat = flat * np.sign(flat @ ring[k])
            up = (face.position @ lean) / length
            edge = np.abs(face.position @ unit(ring[k] + ring[n]) - radius * 0.86)
            tone = 0.5 + 0.55 * up + 0.22 * rng.uniform(-1, 1) + 0.4 * (edge < 0.004)
            parts.append(
                surfels(face.position, np.broadcast_to(flat, face.position.shape), lean, face.size * [1.2, 0.9, 1.0])
                .painted(colour * tone.clip(0.2, 1.3)[:, None])
                .glowing(colour * (0.25 + 0.75 * up.clip(0, 1))[:, None] * 0.9)
                .with_values(gloss=0.5, leaf=0.3)
            )
    return join(parts).labelled("rock").single()


def mushroom(colour: Array, spacing: float, seed: int) -> Surfels:
    """A slim stem and a cap that glows, one metre tall."""
    rng = np.random.default_rng([seed, 91])
    wide = rng.uniform(0.28, 0.42)
    stem = lathe(np.array([[0.075, -0.05], [0.05, 0.3], [0.045, 0.7], [0.06, 0.8]]), spacing, seed, 0.1)
    angle = np.linspace(0, np.pi / 2, 8)
    top = lathe(np.stack([wide * np.cos(angle) + 0.002, 0.72 + 0.28 * np.sin(angle)], axis=1), spacing, seed + 1, 0.06)
    gills = lathe(np.array([[0.05, 0.78], [0.6 * wide, 0.755], [wide, 0.72]]), spacing, seed + 2)
    spots = noise(top.position / 0.11, seed) > 0.45
    cap = top.painted(np.where(spots[:, None], colour * 0.4 + 0.5, colour)).glowing(
        colour * np.where(spots, 1.5, 0.8)[:, None]
    )
    return (
        join(
            [
                stem.painted((0.55, 0.5, 0.42)).glowing(colour * 0.12),
                cap,
                gills.painted((0.6, 0.55, 0.5)).glowing(colour * 1.1),
            ]
        )
        .labelled("plant/moss")
        .single()
    )


def scattered(prototypes: list[Surfels], at: Array, scale: Array, rng: np.random.Generator) -> Surfels:
    """Copies of several prototypes, by turns."""
    parts = []
    for number, prototype in enumerate(prototypes):
        mine = np.arange(len(at)) % len(prototypes) == number
        if mine.any():
            parts.append(instances(prototype, at[mine], rng.uniform(0, 6.28, int(mine.sum())), scale[mine]))
    return join(parts)
