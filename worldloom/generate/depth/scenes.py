"""Random worlds to learn depth from: every kind, any light, many things standing about. All by a seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, get_args

import numpy as np

from worldloom.generate.catalogue import INDOOR, OUTDOOR, PLANTS
from worldloom.generate.spec import (
    BiomeName,
    BiomeShare,
    Colour,
    Interior,
    Kind,
    Material,
    ObjectSpec,
    PlantGroup,
    Relief,
    Room,
    RoomFunction,
    Settlement,
    Shape,
    Size,
    TownStyle,
    Vegetation,
    Water,
    WorldSpec,
)

T = TypeVar("T")

KINDS: dict[Kind, float] = {"landscape": 0.3, "town": 0.27, "interior": 0.32, "island": 0.06, "cave": 0.05}
"""What share of the scenes each kind has. Space stations are left out: hardly anyone photographs one."""
_TOO_LARGE = frozenset({"planet", "moon", "skyscraper", "hot_air_balloon", "portal"})
_SMALL = frozenset({"candle", "book", "bottle", "bowl", "cup", "vase", "cushion", "clock", "globe", "window", "door"})


def random_spec(seed: int, gaussians: int = 90_000) -> WorldSpec:
    """The world of a seed."""
    rng = np.random.default_rng([seed, 0x0DE9])
    kind = _weighted(rng, KINDS)
    indoor = kind == "interior"
    spec = WorldSpec(
        seed=seed,
        kind=kind,
        extent=float(rng.uniform(50, 140)),
        biomes=(BiomeShare(name=_one(rng, get_args(BiomeName))),),
        hour=float(rng.uniform(6.5, 19.5) if rng.random() < 0.93 else rng.uniform(0, 24) % 24),
        weather=_weighted(rng, {"clear": 5, "cloudy": 3, "overcast": 2, "fog": 0.3, "rain": 0.2, "snow": 0.3}),
        season=_weighted(rng, {"spring": 2, "summer": 4, "autumn": 3, "winter": 1}),
        objects=_objects(rng, INDOOR if indoor else OUTDOOR, int(rng.integers(2, 8))),
        gaussians=gaussians,
    )
    if indoor:
        return spec.model_copy(update={"interior": _interior(rng), "extent": 60.0})
    if kind == "cave":
        return spec
    town = kind == "town"
    return spec.model_copy(
        update={
            "relief": _relief(rng, flat=town),
            "water": Water(
                lakes=int(rng.random() < 0.3),
                rivers=int(rng.random() < 0.2),
                sea=kind != "island" and rng.random() < 0.1,
            ),
            "vegetation": _vegetation(rng, open_land=town),
            "settlement": _settlement(rng, int(rng.integers(8, 30)) if town else int(rng.integers(0, 5))),
        }
    )


def _relief(rng: np.random.Generator, flat: bool) -> Relief:
    shape: Shape = _one(rng, ("flat", "rolling", "terraces") if flat else get_args(Shape))
    highest = {"flat": 2.0, "rolling": 15.0, "terraces": 25.0}.get(shape, 70.0)
    return Relief(shape=shape, height=float(rng.uniform(0.2, 1) * highest), ruggedness=float(rng.random()))


def _vegetation(rng: np.random.Generator, open_land: bool) -> Vegetation:
    trees = float(rng.random() ** 2) * (0.3 if open_land else 0.7)
    named = [name for name in PLANTS if rng.random() < 2.5 / len(PLANTS)]
    groups = tuple(
        PlantGroup(species=name, share=float(rng.uniform(0.2, 1)), colour=_colour(rng) if rng.random() < 0.1 else None)
        for name in named
    )
    bushes, grass, flowers = rng.random(3) ** 2
    return Vegetation(trees=trees, bushes=float(bushes), grass=float(grass), flowers=float(flowers), plants=groups)


def _settlement(rng: np.random.Generator, buildings: int) -> Settlement:
    low = int(rng.integers(1, 4))
    return Settlement(
        buildings=buildings,
        style=_one(rng, get_args(TownStyle)),
        floors=(low, low + int(rng.integers(0, 4))),
        roads=_one(rng, ("path", "dirt", "gravel", "cobble", "asphalt", "asphalt")),
        road_count=int(rng.integers(0, 3)),
        wall_colour=_colour(rng) if rng.random() < 0.3 else None,
        wall_material=_one(rng, get_args(Material)) if rng.random() < 0.2 else None,
        ruined=bool(rng.random() < 0.05),
    )


def _interior(rng: np.random.Generator) -> Interior:
    functions = get_args(RoomFunction)
    rooms = []
    for _ in range(int(rng.integers(1, 4))):
        sized = rng.random() < 0.3
        width, depth = rng.uniform(3, 9, 2)
        rooms.append(
            Room(
                function=_one(rng, functions),
                width=float(width) if sized else None,
                depth=float(depth) if sized else None,
            )
        )
    dressed = rng.random() < 0.5
    return Interior(
        rooms=tuple(rooms),
        ceiling=float(rng.uniform(2.3, 4.0)),
        windows=float(rng.random()),
        wall_colour=_colour(rng) if dressed else None,
        wall_material=_one(rng, ("plaster", "brick", "wood", "stone", "concrete")) if rng.random() < 0.4 else None,
        floor_material=_one(rng, ("wood", "stone", "tile", "concrete", "marble", "fabric")),
        furnished=bool(rng.random() < 0.95),
    )


def _objects(rng: np.random.Generator, names: Sequence[str], sorts: int) -> tuple[ObjectSpec, ...]:
    usable = [name for name in names if name not in _TOO_LARGE]
    chosen = rng.choice(len(usable), size=sorts, replace=False)
    sizes: dict[Size, float] = {"small": 1, "normal": 5, "large": 2}
    return tuple(
        ObjectSpec(
            id=f"thing_{number}",
            what=usable[which],
            count=int(rng.integers(1, 4)),
            size="normal" if usable[which] in _SMALL else _weighted(rng, sizes),
            colour=_colour(rng) if rng.random() < 0.5 else None,
        )
        for number, which in enumerate(chosen)
    )


def _colour(rng: np.random.Generator) -> Colour:
    red, green, blue = rng.random(3).tolist()
    return red, green, blue


def _one(rng: np.random.Generator, values: Sequence[T]) -> T:
    return values[int(rng.integers(len(values)))]


def _weighted(rng: np.random.Generator, shares: dict[T, float]) -> T:
    weights = np.array(list(shares.values()))
    return list(shares)[int(rng.choice(len(shares), p=weights / weights.sum()))]
