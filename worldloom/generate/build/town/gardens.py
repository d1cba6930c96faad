"""Gardens behind houses, and fields, orchards and hedges about a town: where they lie, their beds, and their plants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.plants.ecology import banned
from worldloom.generate.build.plants.planting import Roots
from worldloom.generate.build.plants.vegetation import build
from worldloom.generate.build.site import Pad
from worldloom.generate.build.town.flat import Rect, meets, strip_rects
from worldloom.generate.build.town.plots import Plot
from worldloom.generate.build.town.quads import Quads, merge
from worldloom.generate.build.town.solid import beams, boxes
from worldloom.generate.build.town.streets import GRID, Height, Land, Street
from worldloom.generate.catalogue import PLANTS, Sort
from worldloom.generate.spec import TownStyle, WorldSpec
from worldloom.scene.surfels import Array, Surfels, Vector, join

_TREES: dict[TownStyle, tuple[str, ...]] = {
    "european": ("apple", "cherry", "birch"),
    "medieval": ("apple", "cherry"),
    "mediterranean": ("olive", "cypress", "olive"),
    "nordic": ("birch", "apple"),
    "japanese": ("cherry", "maple", "pine"),
    "desert": ("palm",),
}
_BUSHES: dict[TownStyle, tuple[str, ...]] = {
    "mediterranean": ("lavender", "bush"),
    "japanese": ("bush", "bamboo"),
    "desert": ("bush",),
}
_CROPS = ((0.07, 0.13, 0.03), (0.42, 0.32, 0.1), (0.11, 0.17, 0.035), (0.2, 0.22, 0.05))
"""Linear colours of rows in fields."""
_LEAVES = ((0.06, 0.16, 0.03), (0.1, 0.2, 0.06), (0.16, 0.2, 0.05), (0.09, 0.13, 0.07))
"""...and of what grows in beds."""


@dataclass(frozen=True)
class Plant:
    """Something planted."""

    species: str
    place: tuple[float, float]
    scale: float = 1.0
    turn: float = 0.0


@dataclass(frozen=True)
class Gardens:
    plants: tuple[Plant, ...] = ()
    beds: tuple[Rect, ...] = ()
    """Of vegetables, their rows along x."""
    fields: tuple[Rect, ...] = ()
    """Of crops beyond the houses, their rows along x."""
    orchards: tuple[Rect, ...] = ()


def plan_gardens(
    spec: WorldSpec, land: Land, plots: Sequence[Plot], streets: Sequence[Street], centre: Array
) -> Gardens:
    """What grows in a town's yards and about it."""
    style = spec.settlement.style
    rng = np.random.default_rng([spec.seed, 7013])
    plants: list[Plant] = []
    beds: list[Rect] = []
    if not spec.settlement.ruined:
        for plot in plots:
            if plot.kind == "house" and plot.level:
                _yard(plot, spec, rng, plants, beds)
    if style in GRID or len(plots) < 5:
        return Gardens(_allowed(spec, plants), tuple(beds))
    lots = np.stack([plot.lot.numbers() for plot in plots])
    ways = np.concatenate([strip_rects(street.line, street.half + 1.0) for street in streets])
    found = _around(land, np.concatenate([lots, ways]), np.asarray(centre), lots, rng)
    dry = style == "desert"
    fields = [rect for number, rect in enumerate(found) if number % 3 and not dry]
    orchards = [rect for number, rect in enumerate(found) if number % 3 == 0]
    trees = _species(spec, "tree") or _TREES[style]
    for rect in orchards:
        _rows_of_trees(rect, trees[0], rng, plants)
    for rect in fields:
        _hedge(rect, rng, plants)
    return Gardens(_allowed(spec, plants), tuple(beds), tuple(fields), tuple(orchards))


def _allowed(spec: WorldSpec, plants: list[Plant]) -> tuple[Plant, ...]:
    """Without those of which there are to be none."""
    bare = spec.vegetation.trees <= 0
    return tuple(
        plant for plant in plants if not banned(spec, plant.species) and not (bare and PLANTS[plant.species] == "tree")
    )


def _species(spec: WorldSpec, sort: str) -> tuple[str, ...]:
    """Those that are asked for."""
    return tuple(group.species for group in spec.vegetation.plants if PLANTS.get(group.species) == sort)


def _yard(plot: Plot, spec: WorldSpec, rng: np.random.Generator, plants: list[Plant], beds: list[Rect]) -> None:
    """The yard behind a house: beds, a tree or two, bushes along the fence."""
    style = spec.settlement.style
    local = (np.asarray(plot.house.center) - np.asarray(plot.lot.center)) @ np.asarray(plot.lot.axes[1])
    deep = plot.lot.half[1] + float(local) - plot.house.half[1]
    wide = plot.lot.half[0] - 0.6
    if deep < 2.6 or style in GRID:
        return
    first = -plot.lot.half[1]

    def at(x: float, z: float) -> tuple[float, float]:
        place = plot.lot.at(x, first + z)
        return float(place[0]), float(place[1])

    side = 1.0 if rng.random() < 0.5 else -1.0
    trees = _species(spec, "tree") or _TREES[style]
    if deep > 3.4 and spec.vegetation.trees > 0:
        name = trees[int(rng.integers(0, len(trees)))]
        plants.append(Plant(name, at(side * wide * 0.6, 0.45 * deep), rng.uniform(0.55, 0.8), rng.uniform(0, 6)))
    bushes = _BUSHES.get(style, ("bush", "bush", "rose"))
    for x in np.arange(-wide, wide + 0.1, 1.9):
        if rng.random() < 0.55:
            name = bushes[int(rng.integers(0, len(bushes)))]
            plants.append(Plant(name, at(float(x), 0.7), rng.uniform(0.5, 0.85), rng.uniform(0, 6)))
    if style in ("desert", "japanese") or deep < 3.2:
        return
    count = 2 if deep > 5 else 1
    for number in range(count):
        half = (0.36 * wide, 0.55)
        beds.append(Rect(at(-side * 0.45 * wide, 1.7 + 1.7 * number), half, plot.lot.turn))


def _around(land: Land, taken: Array, centre: Array, lots: Array, rng: np.random.Generator) -> list[Rect]:
    """Level rectangles outside of the town that touch nothing."""
    reach = float(np.linalg.norm(lots[:, :2] - centre, axis=1).max())
    found: list[Rect] = []
    for away in (4.0, 16.0, 30.0):
        for angle in rng.uniform(0, 0.5) + np.arange(14) / 14 * 2 * np.pi:
            half = (float(rng.uniform(10, 16)), float(rng.uniform(7, 10)))
            middle = centre + (reach + away + half[1]) * np.array([np.sin(angle), np.cos(angle)])
            rect = Rect((float(middle[0]), float(middle[1])), half, float(angle))
            outline = np.concatenate([rect.corners, [rect.center]])
            if not land.buildable(outline, 6.0).all() or np.ptp(land.height(outline)) > 1.7:
                continue
            if meets(rect.grown(2.5), taken).any():
                continue
            found.append(rect)
            taken = np.concatenate([taken, rect.numbers()[None]])
            if len(found) == 9:
                return found
    return found


def _rows_of_trees(rect: Rect, species: str, rng: np.random.Generator, plants: list[Plant]) -> None:
    for x in np.arange(-rect.half[0] + 2.5, rect.half[0] - 2.0, 5.2):
        for z in np.arange(-rect.half[1] + 2.5, rect.half[1] - 2.0, 5.2):
            place = rect.at(float(x + rng.uniform(-0.4, 0.4)), float(z + rng.uniform(-0.4, 0.4)))
            scale, turn = float(rng.uniform(0.6, 0.85)), float(rng.uniform(0, 6))
            plants.append(Plant(species, (float(place[0]), float(place[1])), scale, turn))


def _hedge(rect: Rect, rng: np.random.Generator, plants: list[Plant]) -> None:
    """Along all sides but the one towards the town."""
    wide, deep = rect.half
    edge = rect.grown(1.2)
    for a, b in (((-wide, deep), (wide, deep)), ((-wide, -deep), (-wide, deep)), ((wide, -deep), (wide, deep))):
        length = float(np.hypot(b[0] - a[0], b[1] - a[1]))
        for share in np.linspace(0, 1, int(length / 1.25) + 1):
            x, z = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
            place = edge.at(float(x * edge.half[0] / wide), float(z * edge.half[1] / deep))
            turn = rect.turn + (0.0 if a[1] == b[1] else np.pi / 2)
            scale = float(rng.uniform(0.85, 1.15))
            plants.append(Plant("hedge", (float(place[0]), float(place[1])), scale, float(turn)))


def field_pads(gardens: Gardens, height: Height) -> list[Pad]:
    """Fields as ground made level."""
    return [
        Pad(rect.center, rect.half, rect.turn, float(height(np.array([rect.center]))[0]), 4.0, "field")
        for rect in gardens.fields
    ]


def beds_and_rows(gardens: Gardens, height: Height) -> list[Quads]:
    """Beds of vegetables with their boards, and rows of crops."""
    parts: list[Quads] = []
    if gardens.beds:
        level = height(np.array([bed.center for bed in gardens.beds], np.float32))
        for number, (bed, y) in enumerate(zip(gardens.beds, level)):
            parts.append(_bed(bed, number).placed(bed.turn, (bed.center[0], float(y), bed.center[1])))
    starts, ends, tones = [], [], []
    for number, rect in enumerate(gardens.fields):
        for z in np.arange(-rect.half[1] + 0.8, rect.half[1] - 0.5, 1.1):
            marks = np.linspace(-rect.half[0], rect.half[0], 7)
            line = np.stack([rect.at(float(x), float(z)) for x in marks])
            starts.append(line[:-1])
            ends.append(line[1:])
            tones.append(np.tile(_CROPS[number % len(_CROPS)], (len(line) - 1, 1)))
    if starts:
        first, last = np.concatenate(starts), np.concatenate(ends)
        level = height(np.concatenate([first, last]).astype(np.float32))
        low = np.column_stack([first[:, 0], level[: len(first)] + 0.12, first[:, 1]])
        high = np.column_stack([last[:, 0], level[len(first) :] + 0.12, last[:, 1]])
        parts.append(beams(low, high, 0.75, 0.42, "turf", np.concatenate(tones), label="plant/crop", fine=1.4))
    return parts


def _bed(bed: Rect, number: int) -> Quads:
    """Boards, soil, and three rows of leaves."""
    wide, deep = bed.half
    wood, soil = (0.17, 0.11, 0.065), (0.07, 0.045, 0.03)
    boards = [(0, 0.1, deep), (0, 0.1, -deep)]
    ends = [(wide, 0.1, 0), (-wide, 0.1, 0)]
    parts = [
        boxes(boards, (2 * wide, 0.24, 0.05), "wood", wood, label="object/fence", reach=60),
        boxes(ends, (0.05, 0.24, 2 * deep), "wood", wood, label="object/fence", reach=60),
        boxes((0, 0.08, 0), (2 * wide, 0.16, 2 * deep), "adobe", soil, sides="t", label="ground/soil"),
    ]
    x = np.arange(-wide + 0.2, wide - 0.1, 0.36)
    rng = np.random.default_rng(number)
    for row, z in enumerate((-0.6 * deep, 0.0, 0.6 * deep)):
        tall = rng.uniform(0.14, 0.3, len(x))
        at = np.stack([x + rng.uniform(-0.05, 0.05, len(x)), 0.16 + tall / 2, 0 * x + z], axis=1)
        size = np.stack([0 * x + 0.26, tall, 0 * x + 0.24], axis=1)
        tone = _LEAVES[(number + row) % len(_LEAVES)]
        parts.append(
            boxes(at, size, "turf", tone, sides="nsewt", turn=rng.uniform(0, 3, len(x)), label="plant/crop", reach=70)
        )
    return merge(parts)


def plant_gardens(spec: WorldSpec, gardens: Gardens, height: Height, budget: int, eye: Vector) -> Surfels:
    """The trees, bushes and hedges of gardens in at most `budget` surfels."""
    parts = []
    rng = np.random.default_rng([spec.seed, 7017])
    sorts: tuple[tuple[Sort, float], ...] = (("tree", 0.7), ("bush", 0.3))
    for sort, share in sorts:
        mine = [plant for plant in gardens.plants if PLANTS[plant.species] == sort]
        if not mine:
            continue
        names = tuple(dict.fromkeys(plant.species for plant in mine))
        flat = np.array([plant.place for plant in mine], np.float32)
        at = np.column_stack([flat[:, 0], height(flat), flat[:, 1]])
        roots = Roots(
            names,
            np.array([names.index(plant.species) for plant in mine]),
            at.astype(np.float32),
            np.array([plant.turn for plant in mine], np.float32),
            np.array([plant.scale for plant in mine], np.float32),
            rng.integers(0, 4, len(mine)),
            rng.uniform(0.9, 1.1, (len(mine), 3)).astype(np.float32),
        )
        parts.append(build(spec, roots, sort, int(share * budget), np.asarray(eye, float)))
    return join(parts)
