"""Which plants live in which kind of land, and where each likes to stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from worldloom.generate.catalogue import PLANTS, Sort
from worldloom.generate.spec import BiomeName, WorldSpec

Mix = Mapping[str, float]
"""Species, and how much of each."""


@dataclass(frozen=True)
class Habitat:
    """What grows in a biome where nothing else is asked for."""

    tree: Mix
    bush: Mix
    flower: Mix
    grass: Mix
    grass_tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    leaf_tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    density: Mapping[str, float] = field(default_factory=dict)
    """Factors of the spec's cover, by sort."""
    grass_height: float = 1.0
    scattered: float = 0.0
    """0: trees stand in groves, 1: one here, one there."""


HABITATS: dict[BiomeName, Habitat] = {
    "meadow": Habitat(
        {"oak": 3, "birch": 2, "maple": 1.5, "beech": 1, "willow": 0.3},
        {"bush": 4, "fern": 0.4, "gorse": 0.3},
        {"wildflower": 5, "daisy": 3, "poppy": 1.5},
        {"meadow_grass": 1},
        grass_height=1.15,
    ),
    "forest": Habitat(
        {"beech": 4, "oak": 3, "birch": 2, "maple": 1.5, "spruce": 0.5},
        {"fern": 5, "bush": 3},
        {"wildflower": 2, "mushroom": 1.4},
        {"meadow_grass": 1.2, "moss": 0.7},
        grass_tint=(0.85, 0.88, 0.85),
        density={"grass": 0.55, "flower": 0.6},
    ),
    "conifer_forest": Habitat(
        {"spruce": 5, "pine": 2.5, "fir": 2, "larch": 1, "birch": 0.6},
        {"fern": 2.5, "bush": 1, "juniper": 1, "heather": 0.8},
        {"mushroom": 2, "wildflower": 0.6},
        {"meadow_grass": 1, "moss": 1.4},
        grass_tint=(0.82, 0.85, 0.85),
        density={"grass": 0.5, "flower": 0.5},
    ),
    "jungle": Habitat(
        {"palm": 3, "banyan": 2, "beech": 2.2, "mangrove": 0.4},
        {"fern": 6, "bamboo": 1.4, "bush": 3},
        {"wildflower": 1, "lotus": 1},
        {"meadow_grass": 1, "moss": 0.4},
        grass_tint=(0.85, 1.0, 0.9),
        leaf_tint=(0.92, 1.05, 0.92),
        density={"bush": 1.5},
        grass_height=1.4,
    ),
    "savanna": Habitat(
        {"acacia": 7, "baobab": 0.7, "dead_tree": 0.35},
        {"bush": 3},
        {"wildflower": 0.3},
        {"dune_grass": 2, "meadow_grass": 1},
        grass_tint=(1.75, 1.25, 1.3),
        leaf_tint=(1.15, 1.02, 0.95),
        density={"tree": 0.45, "bush": 0.5, "flower": 0.3},
        grass_height=1.15,
        scattered=1.0,
    ),
    "desert": Habitat(
        {"acacia": 1, "dead_tree": 0.8, "palm": 0.05},
        {"cactus": 5, "bush": 1.2},
        {"wildflower": 0.2},
        {"dune_grass": 1},
        grass_tint=(1.3, 1.1, 0.9),
        leaf_tint=(1.5, 1.2, 1.2),
        density={"tree": 0.12, "bush": 0.35, "grass": 0.06, "flower": 0.1},
        grass_height=0.7,
        scattered=1.0,
    ),
    "tundra": Habitat(
        {"birch": 1, "larch": 1, "spruce": 0.6},
        {"heather": 4, "juniper": 0.7, "bush": 1},
        {"wildflower": 1},
        {"meadow_grass": 1, "moss": 1.6},
        grass_tint=(1.25, 1.0, 1.0),
        density={"tree": 0.15, "bush": 0.7, "grass": 0.6},
        grass_height=0.6,
        scattered=1.0,
    ),
    "alpine": Habitat(
        {"spruce": 4, "larch": 2, "pine": 1, "fir": 1},
        {"juniper": 1, "heather": 2, "bush": 0.6},
        {"wildflower": 4, "daisy": 1},
        {"meadow_grass": 1, "moss": 0.3},
        density={"tree": 0.8},
        grass_height=0.7,
    ),
    "heath": Habitat(
        {"birch": 2, "pine": 2},
        {"heather": 8, "gorse": 2.5, "juniper": 0.6, "fern": 0.6},
        {"wildflower": 1},
        {"meadow_grass": 1, "dune_grass": 0.6, "moss": 0.3},
        grass_tint=(1.3, 1.0, 1.0),
        density={"tree": 0.3, "bush": 1.5},
        scattered=0.6,
    ),
    "wetland": Habitat(
        {"willow": 4, "birch": 2, "poplar": 1, "dead_tree": 0.4},
        {"bush": 2, "fern": 1},
        {"wildflower": 2, "lotus": 1.5},
        {"meadow_grass": 1, "reed": 0.6, "moss": 0.4},
        density={"tree": 0.6},
        grass_height=1.5,
    ),
    "farmland": Habitat(
        {"poplar": 2, "apple": 2, "oak": 2, "willow": 0.3},
        {"bush": 2},
        {"poppy": 3, "daisy": 1, "wildflower": 2},
        {"meadow_grass": 1, "wheat": 1},
        density={"tree": 0.45, "bush": 0.5},
    ),
    "coast": Habitat(
        {"stone_pine": 3, "cypress": 1, "olive": 1.2, "palm": 0.7},
        {"bush": 2, "gorse": 1, "juniper": 0.6, "lavender": 0.5},
        {"wildflower": 2, "poppy": 0.6, "daisy": 0.6},
        {"meadow_grass": 1, "dune_grass": 1.2},
        grass_tint=(1.25, 1.05, 1.0),
    ),
    "canyon": Habitat(
        {"pine": 1, "dead_tree": 0.7, "olive": 0.8},
        {"juniper": 2, "bush": 1.4, "cactus": 1},
        {"wildflower": 0.5},
        {"dune_grass": 1},
        grass_tint=(1.25, 1.05, 0.85),
        leaf_tint=(1.2, 1.08, 1.0),
        density={"tree": 0.25, "bush": 0.6, "grass": 0.3},
        grass_height=0.7,
        scattered=1.0,
    ),
    "volcanic": Habitat(
        {"dead_tree": 1, "pine": 0.6},
        {"heather": 1, "fern": 1, "bush": 0.5},
        {"wildflower": 0.3},
        {"moss": 2, "dune_grass": 1},
        density={"tree": 0.25, "bush": 0.35, "grass": 0.35, "flower": 0.2},
        grass_height=0.7,
        scattered=1.0,
    ),
}

THIRSTY: Mix = {"willow": 9.0, "poplar": 3.0, "palm": 3.0, "mangrove": 6.0, "fern": 2.0, "birch": 1.5}
"""How many times as many stand near water."""
IN_WATER = ("mangrove", "lotus", "reed")
BEACH = ("palm", "dune_grass", "mangrove", "reed")
"""What grows in sand at the sea."""
HARDY = ("spruce", "pine", "larch", "fir", "juniper", "heather", "dead_tree", "moss", "meadow_grass")
"""What climbs steep and high."""
ROWED = {"lavender": (0.55, 1.5), "vine": (1.5, 2.2), "hedge": (1.55, 9.0), "sunflower": (0.6, 0.9)}
"""Planted in rows where asked for: metres from one to the next, and from row to row."""
_SORT_WORDS: dict[Sort, tuple[str, ...]] = {
    "tree": ("tree", "forest", "wood"),
    "bush": ("bush", "bushe", "shrub"),
    "flower": ("flower", "bloom"),
    "grass": ("grass", "grasse"),
}


def wanted(spec: WorldSpec, sort: Sort, habitat: Habitat) -> dict[str, float]:
    """Species of a sort, with weights: those asked for, or else those of the biome; never what the spec is without."""
    asked = {
        group.species: group.share
        for group in spec.vegetation.plants
        if PLANTS.get(group.species) == sort and group.count is None
    }
    mix = asked or dict(getattr(habitat, sort))
    return {
        name: weight
        for name, weight in mix.items()
        if weight > 0 and PLANTS.get(name) == sort and not banned(spec, name)
    }


def banned(spec: WorldSpec, species: str) -> bool:
    """Whether the spec is without that species or all of its sort."""
    words = {species, *_SORT_WORDS[PLANTS[species]], "plant", "vegetation"}
    given = {word.strip().lower().replace(" ", "_") for word in spec.without}
    return any(word in words or word.removesuffix("s") in words for word in given)
