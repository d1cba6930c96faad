"""What one sees through a window: lawn, a path, hedges, trees, and hills beyond."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.interior.cover import mottle
from worldloom.generate.build.site import Bounds
from worldloom.generate.spec import WorldSpec
from worldloom.scene.surfels import OVERLAP, Array, Surfels, join, surfels, unit

_GRASS = {
    "spring": (0.09, 0.17, 0.03),
    "summer": (0.10, 0.135, 0.045),
    "autumn": (0.13, 0.13, 0.04),
    "winter": (0.13, 0.12, 0.06),
}
_LEAVES = {
    "spring": (0.10, 0.19, 0.03),
    "summer": (0.055, 0.10, 0.03),
    "autumn": (0.30, 0.12, 0.025),
    "winter": (0.10, 0.085, 0.06),
}


def garden(spec: WorldSpec, house: Bounds, count: int) -> tuple[Surfels, Surfels]:
    """About `count` surfels around a house: what is near, and far hills that cast no shadows."""
    rng = np.random.default_rng([spec.seed, 61])
    lawn = _lawn(spec, house, int(0.34 * count), rng)
    green = _greenery(spec, house, int(0.5 * count), rng)
    return join([lawn, green]).single(), _hills(spec, int(0.16 * count), rng).single()


def _lawn(spec: WorldSpec, house: Bounds, count: int, rng: np.random.Generator) -> Surfels:
    """Finer near the walls."""
    x0, z0, x1, z1 = house.min_x, house.min_z, house.max_x, house.max_z
    reach = 24.0
    turn = rng.uniform(0, 2 * np.pi, count)
    out = 0.2 + reach * rng.random(count) ** 1.7
    base = np.stack([rng.uniform(x0, x1, count), rng.uniform(z0, z1, count)], axis=1)
    way = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    edge = np.where(np.abs(way[:, :1]) > np.abs(way[:, 1:]), [[1.0, 0.0]], [[0.0, 1.0]]) * np.sign(way)
    border = np.where(edge[:, :1] != 0, np.where(edge[:, :1] > 0, x1, x0), base[:, :1])
    border = np.concatenate(
        [border, np.where(edge[:, 1:] != 0, np.where(edge[:, 1:] > 0, z1, z0), base[:, 1:])], axis=1
    )
    spread = way * out[:, None] * np.where(edge == 0, 0.8, 1.0)
    flat = border + np.where(edge != 0, np.abs(spread) * edge, spread)
    size = 0.11 + 0.055 * out
    place = np.stack([flat[:, 0], np.full(count, -0.12), flat[:, 1]], axis=1)
    pieces = surfels(place, (0, 1.0, 0), way[:, [0, 0, 1]] * [1, 0, 1] + [0, 0, 0], np.stack([size, size], axis=1))
    tone = 1 + 0.3 * mottle(flat[:, 0] / 1.7, flat[:, 1] / 1.7, 3) + 0.18 * rng.normal(size=count)
    return pieces.painted(np.asarray(_GRASS[spec.season]) * tone[:, None].clip(0.4, 1.8)).labelled("ground/grass")


def _greenery(spec: WorldSpec, house: Bounds, count: int, rng: np.random.Generator) -> Surfels:
    """A hedge around, bushes before it, and some trees behind."""
    around = house.grown(13.0)
    parts = []
    edges = (
        ((around.min_x, around.min_z), (around.max_x, around.min_z)),
        ((around.max_x, around.min_z), (around.max_x, around.max_z)),
        ((around.max_x, around.max_z), (around.min_x, around.max_z)),
        ((around.min_x, around.max_z), (around.min_x, around.min_z)),
    )
    perimeter = 2 * sum(around.size)
    hedge = int(0.32 * count)
    share = rng.random(hedge) * perimeter
    lengths = np.cumsum([0, around.size[0], around.size[1], around.size[0], around.size[1]])
    edge = np.searchsorted(lengths, share, side="right") - 1
    ends = np.array(edges)[edge]
    along = ((share - lengths[edge]) / np.diff(lengths)[edge])[:, None]
    flat = ends[:, 0] * (1 - along) + ends[:, 1] * along
    angle = rng.uniform(0, np.pi, hedge)
    swell = 0.75 + 0.12 * mottle(share / 1.3, angle, 5)
    out = np.stack(
        [np.cos(angle) * swell, 1.5 * np.sin(angle) ** 0.6 * (1 + 0.08 * mottle(share / 0.9, angle, 6))], axis=1
    )
    across = np.stack([-(ends[:, 1] - ends[:, 0])[:, 1], (ends[:, 1] - ends[:, 0])[:, 0]], axis=1)
    across = across / np.linalg.norm(across, axis=1, keepdims=True)
    place = np.stack(
        [flat[:, 0] + across[:, 0] * out[:, 0], out[:, 1] - 0.12, flat[:, 1] + across[:, 1] * out[:, 0]], axis=1
    )
    normal = np.stack([across[:, 0] * np.cos(angle), np.sin(angle) + 0.2, across[:, 1] * np.cos(angle)], axis=1)
    parts.append(
        _leaves(
            place, normal, 0.2, np.asarray(_LEAVES["summer" if spec.season == "autumn" else spec.season]) * 0.8, rng
        )
    )
    trees = 9
    each = int(0.68 * count / trees)
    for number in range(trees):
        angle_at = (number + rng.uniform(0.2, 0.8)) / trees * 2 * np.pi
        bush = number % 3 == 0
        reach = rng.uniform(8.5, 10.5) if bush else rng.uniform(14.5, 22.0)
        half_x, half_z = house.size[0] / 2, house.size[1] / 2
        centre = np.array([(house.min_x + house.max_x) / 2, (house.min_z + house.max_z) / 2])
        root = centre + np.array([np.cos(angle_at) * (half_x + reach), np.sin(angle_at) * (half_z + reach)])
        parts.append(_tree(root, 1.3 if bush else float(rng.uniform(5, 8.5)), bush, each, spec, rng))
    return join(parts)


def _tree(root: Array, height: float, bush: bool, count: int, spec: WorldSpec, rng: np.random.Generator) -> Surfels:
    """Leaves on the outside of a dozen clumps, and a trunk."""
    clumps = 6 if bush else 13
    radius = 0.36 * height
    middle = np.array([root[0], 0.5 * height if bush else 0.66 * height, root[1]])
    centres = middle + unit(rng.normal(size=(clumps, 3))) * rng.uniform(0.25, 0.85, (clumps, 1)) * radius * [1, 0.8, 1]
    clump = rng.integers(clumps, size=count)
    normal = unit(rng.normal(size=(count, 3)) + np.array([0, 0.35, 0]))
    bulge = radius * rng.uniform(0.32, 0.52, clumps)[clump] * (0.72 + 0.34 * rng.random(count))
    place = centres[clump] + normal * bulge[:, None]
    size = 0.42 * radius / np.sqrt(count / clumps) * 3.4
    leaves = _leaves(place, normal, size, np.asarray(_LEAVES[spec.season]) * rng.uniform(0.75, 1.25), rng)
    if bush:
        return leaves
    rows = max(count // 24, 8)
    turn, up = rng.uniform(0, 2 * np.pi, rows * 3), rng.uniform(-0.12, 0.62, rows * 3) * height
    thick = 0.035 * height * (1.1 - 0.7 * up / height)
    out = np.stack([np.cos(turn), np.zeros(len(turn)), np.sin(turn)], axis=1)
    trunk = surfels(
        np.array([root[0], 0, root[1]]) + out * thick[:, None] + np.stack([up * 0, up, up * 0], axis=1),
        out,
        (0, 1.0, 0),
        np.array([0.22, 0.09]) * height / 6,
    )
    return join(
        [
            leaves,
            trunk.painted(np.array([0.1, 0.075, 0.05]) * rng.uniform(0.7, 1.3, (len(trunk), 1))).labelled("tree/trunk"),
        ]
    )


def _leaves(place: Array, normal: Array, size: float, colour: Array, rng: np.random.Generator) -> Surfels:
    count = len(place)
    normal = unit(normal + 0.5 * rng.normal(size=(count, 3)))
    sizes = size * rng.uniform(0.6, 1.1, (count, 1)) * np.array([[1.0, 0.62]])
    tone = rng.uniform(0.55, 1.45, (count, 1)) * (1 + 0.12 * rng.normal(size=(count, 3)))
    leaves = surfels(place, normal, rng.normal(size=(count, 3)), sizes).painted(colour * tone.clip(0.3, 2))
    return leaves.with_values(leaf=0.4).labelled("tree/leaves/deciduous")


def _hills(spec: WorldSpec, count: int, rng: np.random.Generator) -> Surfels:
    """Meadows and wooded hills in the haze, some hundred metres away."""
    del spec
    parts = []
    for number, (distance, height, colour) in enumerate(
        ((90.0, 7.0, (0.09, 0.13, 0.05)), (220.0, 22.0, (0.11, 0.15, 0.10)), (480.0, 55.0, (0.20, 0.26, 0.28)))
    ):
        columns = max(count // 24, 40)
        turn, row = (
            index.ravel()
            for index in np.meshgrid(np.arange(columns) / columns * 2 * np.pi, (np.arange(8) + 0.5) / 8, indexing="ij")
        )
        crest = height * (
            0.75
            + 0.5 * mottle(turn * 2.2 + 11 * number, turn * 0, 7 + number)
            + 0.08 * mottle(turn * 40, turn * 0, number)
        )
        start = -0.15 if number == 0 else -4.0
        near = 25.0 if number == 0 else distance
        reach = near + (distance - near) * row
        up = start + (crest - start) * row**1.5
        place = np.stack([np.cos(turn) * reach, up, np.sin(turn) * reach], axis=1)
        wide = 2 * np.pi * reach / columns
        high = np.maximum(crest, 2) / 8 + (distance - near) / 8 * 0.3
        size = OVERLAP * np.stack([wide * 1.1, high * 1.4], axis=1)
        normal = np.stack([-np.cos(turn), np.full(len(turn), 1.2), -np.sin(turn)], axis=1)
        along = np.stack([-np.sin(turn), np.zeros(len(turn)), np.cos(turn)], axis=1)
        tone = 1 + 0.25 * rng.normal(size=(len(turn), 1)) * (1 - number * 0.3)
        parts.append(surfels(place, normal, along, size).painted(np.asarray(colour) * tone.clip(0.5, 1.6)))
    return join(parts).labelled("sky/far")
