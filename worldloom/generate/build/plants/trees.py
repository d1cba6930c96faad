"""Trees: wood and leaves of a species in a season."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worldloom.generate.build.plants.foliage import Palette, blossom, fresh_twigs, leaves, outer_first, paler, strands
from worldloom.generate.build.plants.palm import palm_parts
from worldloom.generate.build.plants.parts import Parts
from worldloom.generate.build.plants.skeleton import Skeleton
from worldloom.generate.build.plants.skeletons import skeleton
from worldloom.generate.build.plants.tree_kind import TreeKind
from worldloom.generate.build.plants.tree_kinds import KINDS
from worldloom.generate.spec import Season
from worldloom.scene.surfels import Surfels, join, no_surfels, surfels

FULL = 9600
"""Leaves of a tree seen from near."""


def tree_parts(species: str, season: Season, variant: int, rng: np.random.Generator) -> Parts:
    """A tree; `variant` chooses its skeleton."""
    if species == "palm":
        bones, bark, crown = palm_parts(rng)
        return Parts(bones, bark, crown, 0.3, (0.25, 0.75), clustered=0)
    kind, bones = KINDS[species], skeleton(species, variant)
    crown, spread = _crown(species, kind, bones, season, rng)
    crown = outer_first(crown, rng) if len(crown) else crown
    wood = kind.wood if len(crown) else 1.0
    if season == "winter" and kind.bare and species != "dead_tree":
        wood = 0.6
    return Parts(bones, kind.bark, crown, wood, spread)


def _crown(
    species: str, kind: TreeKind, bones: Skeleton, season: Season, rng: np.random.Generator
) -> tuple[Surfels, tuple[float, float]]:
    count = int(FULL * kind.fullness)
    if not count:
        return no_surfels(), (0.5, 0.5)
    if season == "winter" and kind.bare:
        return fresh_twigs(bones, kind.leaf, kind.bark.twig, count // 4, rng), (0.1, 0.6)
    palette = _palette(kind, season, rng.spawn(1)[0])  # apart: leaves keep their places all year
    if species == "willow":
        hanging = strands(bones, palette, int(count * 0.72), 0.62 * kind.growth.height, rng)
        top = leaves(bones, kind.leaf, palette, count - len(hanging), rng)
        whole = join([hanging, top])
        return whole[rng.permutation(len(whole))], (0.35, 0.65)
    crown = leaves(bones, kind.leaf, palette, count, rng)
    if season == "spring" and kind.blossom:
        crown = blossom(crown, 0.86, kind.blossom, rng)
    if season in ("summer", "autumn") and kind.fruit:
        crown = _fruited(crown, kind.fruit, rng)
    return crown, (0.30, 0.70) if kind.leaf.kind == "broad" else (0.42, 0.58)


def _palette(kind: TreeKind, season: Season, rng: np.random.Generator) -> Palette:
    if season == "spring":
        return kind.spring or paler(kind.summer, 0.3, (0.17, 0.24, 0.05))
    if season == "autumn" and kind.autumn:
        order = rng.permutation(len(kind.autumn))  # each tree has a colour of its own that leads
        shares = rng.uniform(0.1, 1.0, len(order)) ** 2.5
        return tuple((kind.autumn[one][0] * shares[one], kind.autumn[one][1]) for one in order)
    return kind.summer


def _fruited(crown: Surfels, colour: tuple[float, float, float], rng: np.random.Generator) -> Surfels:
    number = rng.choice(len(crown), 90, replace=False)
    at = crown.position[number] - np.array([0, 0.06, 0])
    facing = crown.normal[number]
    fruit = surfels(at, facing, crown.along[number], np.full((len(at), 3), 0.033))
    fruit = fruit.painted(np.array(colour) * rng.uniform(0.6, 1.3, (len(at), 1)))
    fruit = replace(fruit, label=crown.label[number]).with_values(gloss=0.15)
    whole = join([crown, fruit])
    return whole[rng.permutation(len(whole))]
