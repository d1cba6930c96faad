"""All that grows on some land, in as many surfels as may be used: much where one looks from, little far away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.plants.planting import Roots, plan_sort
from worldloom.generate.build.plants.prototypes import LEVELS, asked_colours, prototype, recoloured, surfel_counts
from worldloom.generate.build.plants.sward import Meadow, meadow, sward
from worldloom.generate.build.plants.tree_kinds import KINDS
from worldloom.generate.build.site import Bounds, Site
from worldloom.generate.catalogue import PLANTS, Sort
from worldloom.generate.spec import WorldSpec
from worldloom.scene.surfels import Array, Surfels, Vector, instances, join, no_surfels

_PART: dict[Sort, float] = {"tree": 0.50, "bush": 0.22, "flower": 0.05, "grass": 0.23}
"""Of the budget, where all sorts grow; what one leaves is the next one's."""
_ORDER: tuple[Sort, ...] = ("flower", "bush", "tree")
_SIZE: dict[Sort, float] = {"tree": 6.0, "bush": 1.3, "flower": 0.7, "grass": 0.3}
"""Metres: how large plants of a sort are, about."""
_LARGE = {"cactus": 2.8, "bamboo": 2.0, "juniper": 2.0, "sunflower": 1.4, "rose": 1.0}
"""Those that aren't."""
_FINEST = 40.0
"""A plant is made of all its surfels from this apparent size on, to the power of 2.9."""
_SEED = 1


@dataclass(frozen=True, eq=False)
class Plan:
    """What grows where, before it is known how finely."""

    spec: WorldSpec
    site: Site
    bounds: Bounds
    viewer: Array
    roots: dict[Sort, Roots]
    trunks: Array
    """(M, 2) of all trees in and about the bounds."""
    meadow: Meadow | None
    """None: no grass."""


def vegetate(spec: WorldSpec, site: Site, bounds: Bounds, budget: int, eye: Vector) -> Surfels:
    """Trees, bushes, flowers and grass that root in `bounds`.

    Where each stands depends on the spec, the site and `eye`, never on `bounds` or `budget`: those choose how finely
    it is made.

    Args:
        budget: surfels at most.
        eye: (3,) metres; detail falls with the distance from it.

    Returns:
        Surfels, labelled; none for a budget too small for any plant.
    """
    return grown(planned(spec, site, bounds, eye), budget)


def planned(spec: WorldSpec, site: Site, bounds: Bounds, eye: Vector) -> Plan:
    """Where all of it stands."""
    viewer = np.asarray(eye, float)
    flat_eye = (float(viewer[0]), float(viewer[2]))
    with ThreadPoolExecutor(1) as beside:
        lawn = beside.submit(meadow, spec, site, bounds, viewer) if spec.vegetation.grass > 0 else None
        wide = bounds.grown(2.0)  # bushes keep away from trunks across the border
        wide_trees = plan_sort(spec, site, wide, "tree", flat_eye)
        trunks = wide_trees.at[:, [0, 2]]
        flowers = beside.submit(plan_sort, spec, site, bounds, "flower", flat_eye, trunks)
        bushes = plan_sort(spec, site, bounds, "bush", flat_eye, trunks)
        roots: dict[Sort, Roots] = {"tree": wide_trees[bounds.inside(trunks)], "bush": bushes}
        roots["flower"] = flowers.result()
        return Plan(spec, site, bounds, viewer, roots, trunks, None if lawn is None else lawn.result())


def grown(plan: Plan, budget: int) -> Surfels:
    """At most `budget` surfels of what was planned."""
    spec, plans = plan.spec, plan.roots
    weights: dict[Sort, float] = {sort: _PART[sort] * (len(plans[sort]) > 0) for sort in _ORDER}
    weights["grass"] = _PART["grass"] * (spec.vegetation.grass > 0)
    parts: list[Surfels] = []
    left, open_weight = float(budget), sum(weights.values())
    for sort in _ORDER:
        if weights[sort] <= 0:
            continue
        allowed = int(left * weights[sort] / open_weight)
        made = build(spec, plans[sort], sort, allowed, plan.viewer)
        parts.append(made)
        left -= len(made)
        open_weight -= weights[sort]
    if plan.meadow is not None:
        parts.append(sward(spec, plan.site, plan.bounds, int(left), plan.viewer, plan.meadow))
    return join([part for part in parts if len(part)])


def build(spec: WorldSpec, roots: Roots, sort: Sort, budget: int, eye: Array) -> Surfels:
    """Those plants in at most `budget` surfels: first coarser, and only then, the farthest first, fewer."""
    if not len(roots) or budget < 1:
        return no_surfels()
    distance = np.linalg.norm(roots.at + np.array([0, 0.4 * _SIZE[sort], 0]) - eye, axis=1)
    counts = _counts(spec, roots)
    if sort != "tree":  # the far ones go before the near ones lose their leaves
        nearest = np.argsort(distance, kind="stable")
        nearest = nearest[np.cumsum(counts[nearest, -1]) <= 0.3 * budget]
        roots, distance, counts = roots[nearest], distance[nearest], counts[nearest]
    size = np.array([_size_of(name) for name in roots.names])[roots.species]
    level = _levels(counts, size * roots.scale / distance.clip(0.3), budget)
    cost = np.take_along_axis(counts, level[:, None], axis=1)[:, 0]
    order = np.argsort(distance, kind="stable")
    fits = order[np.cumsum(cost[order]) <= budget]
    colours = asked_colours(spec)
    shape = roots.variant
    if sort in ("tree", "bush"):  # far away two shapes are enough
        shape = np.where((level >= 4) & (np.array(roots.names)[roots.species] != "cactus"), shape % 2, shape)
    key = (roots.species[fits] * 1000 + shape[fits]) * LEVELS + level[fits]
    pieces = []
    for value in np.unique(key):
        mine = fits[key == value]
        name = roots.names[roots.species[mine[0]]]
        one = prototype(name, spec.season, _SEED, int(level[mine[0]]), int(shape[mine[0]]))
        if name in colours:
            one = recoloured(one, colours[name])
        pieces.append(instances(one, roots.at[mine], roots.turn[mine], roots.scale[mine], roots.tint[mine]))
    return join(pieces)


def _size_of(species: str) -> float:
    """Metres: how large its crown is seen, halfway to a usual one's, lest slim trees get too little."""
    if species in KINDS:
        growth = KINDS[species].growth
        wide = max(radius for _, radius in growth.profile)
        return (7.5 * min(max(1.35 * growth.height * (wide * (1 - growth.base)) ** 0.5, 4.5), 12.0)) ** 0.5
    return _LARGE.get(species, _SIZE[PLANTS[species]])


def _counts(spec: WorldSpec, roots: Roots) -> NDArray[np.int64]:
    """(N, LEVELS) surfels of each plant at each level, or a little more."""
    kinds, kind = np.unique(roots.species * 1000 + roots.variant, return_inverse=True)
    table = [surfel_counts(roots.names[value // 1000], spec.season, _SEED, int(value % 1000)) for value in kinds]
    return np.array(table)[kind]


def _levels(counts: NDArray[np.int64], seen: Array, budget: int) -> NDArray[np.int64]:
    """(N,) the level of each plant of apparent size `seen` (metres per metre), so that all fit if they can."""

    def chosen(fineness: float) -> NDArray[np.int64]:
        wanted = (fineness * seen**2.9)[:, None] * counts[:, :1]
        return (counts > wanted).sum(axis=1).clip(0, LEVELS - 1)

    low, high = 1e-5, _FINEST
    for _ in range(18):
        middle = (low * high) ** 0.5
        total = np.take_along_axis(counts, chosen(middle)[:, None], axis=1).sum()
        low, high = (middle, high) if total <= budget else (low, middle)
    return chosen(low)
