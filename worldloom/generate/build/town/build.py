"""`build_town`: a planned town as surfels, near buildings in full with rooms inside, far ones coarse."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np

from worldloom.generate.build.site import Lamp, Site
from worldloom.generate.build.town.dress import Dress
from worldloom.generate.build.town.furnished import furnish_house
from worldloom.generate.build.town.gardens import beds_and_rows
from worldloom.generate.build.town.house import house
from worldloom.generate.build.town.landmarks import public_building, town_wall
from worldloom.generate.build.town.openings import INSIDE
from worldloom.generate.build.town.outlook import Mass, coarser
from worldloom.generate.build.town.plan import Plot, TownPlan
from worldloom.generate.build.town.quads import Quads, count_surfels, cover, merge, visible
from worldloom.generate.build.town.ruins import decayed, rubble
from worldloom.generate.build.town.streetscape import street_things
from worldloom.generate.build.town.styles import dress_for
from worldloom.generate.spec import Settlement, WorldSpec
from worldloom.scene.surfels import Array, Surfels, Vector, join, no_surfels

FINEST = 0.022
"""Metres between surfels right before the eyes."""
_LAMPS = 48
_FURNITURE = 0.1
"""Share of the budget for furniture..."""
_SHARES = (0.65, 0.35)
"""...and of that for each of the nearest houses."""
_AREA = 170.0
"""Square metres of houses that are furnished so, the first in any case: it takes its time."""
_COARSE = 0.2
"""Metres between surfels of furniture at which it is counted."""
_FURNISHED = 24.0
"""Metres from the eyes to the houses that are furnished as interiors are."""


def build_town(
    spec: WorldSpec, plan: TownPlan, site: Site, budget: int, eye: Vector
) -> tuple[Surfels, tuple[Lamp, ...]]:
    """All buildings, streets' furniture and walls of a plan.

    Args:
        site: the finished ground.
        budget: about how many surfels, never a tenth more.
        eye: (3,) where detail is highest.
    """
    town = spec.settlement
    eye = np.asarray(eye, float)
    parts: list[Quads] = []
    lamps: list[Lamp] = []
    away = [
        float(np.linalg.norm(np.asarray(one.house.center) - eye[[0, 2]])) - max(one.house.half) for one in plan.plots
    ]
    rooms = {} if town.ruined else _furnished(plan, town, away, int(_FURNITURE * budget))
    for number, plot in enumerate(plan.plots):
        inside = "none" if away[number] > INSIDE or town.ruined else "own" if number in rooms else "plain"
        made, light = _plot(plot, town, inside)
        parts.append(made)
        lamps += light
        if town.ruined:
            heap = rubble(
                2 * plot.house.half[0], 2 * plot.house.half[1], 26, (0.3, 0.27, 0.23), np.random.default_rng(plot.seed)
            )
            parts.append(heap.placed(plot.house.turn, (plot.house.center[0], plot.height, plot.house.center[1])))
    if plan.wall is not None:
        parts.append(town_wall(plan.wall, plan.gates, site.height))
    rng = np.random.default_rng([spec.seed, 7011])
    if not town.ruined and plan.plots:
        things, lights = street_things(plan, town, site.height, rng)
        parts += things
        lamps += lights
    parts += beds_and_rows(plan.gardens, site.height)
    pieces = merge(parts)
    if not len(pieces):
        return no_surfels(), ()
    furniture = join(list(rooms.values()))
    built = cover_within(pieces, budget - len(furniture), eye, spec.seed, coarser(pieces, eye, _masses(plan, town)))
    built = join([built, furniture])
    if town.ruined:
        ground = site.height(np.ascontiguousarray(built.position[:, [0, 2]], dtype=np.float32))
        built = decayed(built, built.position[:, 1] - ground, spec.seed)
    # those in streets light more than those in houses do
    lamps.sort(key=lambda lamp: float(np.linalg.norm(np.asarray(lamp.position) - eye)) * 8.0 / lamp.reach)
    return built, tuple(lamps[:_LAMPS])


def _furnished(plan: TownPlan, town: Settlement, away: list[float], budget: int) -> dict[int, Surfels]:
    """Furniture of the ground floors nearest to the eyes, by the number of their plot: most of it in the nearest."""
    found: dict[int, Surfels] = {}
    area = 0.0
    houses = [number for number, plot in enumerate(plan.plots) if plot.kind == "house" and away[number] < _FURNISHED]
    for number, share in zip(sorted(houses, key=away.__getitem__), _SHARES):
        plot = plan.plots[number]
        area += 4 * plot.house.half[0] * plot.house.half[1]
        if found and area > _AREA:
            break
        wing = plot.wing if not any(plot.party) else 0.0
        size = 2 * plot.house.half[0], 2 * plot.house.half[1]
        one = furnish_house(_dress(plot, town), town.style, *size, plot.floors, wing, plot.door, plot.seed % 100_000)
        times = float(np.sqrt(one.count(_COARSE) / max(share * budget, 1)).clip(0.32, 2))
        spacing = _COARSE * times
        made = one.surfels(spacing)
        if len(made) > 3 * share * budget:  # too many small parts for a small world; it gets plain pieces
            continue
        made = made.placed(plot.house.turn, (plot.house.center[0], plot.height, plot.house.center[1]))
        found[number] = made.single()
    return found


def _dress(plot: Plot, town: Settlement) -> Dress:
    dress = dress_for(town.style, np.random.default_rng([plot.seed, 11]), town, floors=plot.floors, shop=plot.shop)
    if any(plot.party) and dress.roof_kind in ("hip", "half_hip"):
        return replace(dress, roof_kind="gable")
    return dress


def _plot(plot: Plot, town: Settlement, inside: Literal["none", "plain", "own"]) -> tuple[Quads, list[Lamp]]:
    """One building where it stands, and the lamp in its ground floor; `inside`: whether it has rooms, with plain
    furniture or without since they are furnished on their own."""
    wide, deep = 2 * plot.house.half[0], 2 * plot.house.half[1]
    at = (plot.house.center[0], plot.height, plot.house.center[1])
    turn = plot.house.turn
    if plot.kind != "house":
        return public_building(plot.kind, plot.asked, wide, deep, plot.seed).placed(turn, at), []
    dress = _dress(plot, town)
    made = house(
        dress,
        wide,
        deep,
        plot.floors,
        wing=plot.wing if not any(plot.party) else 0.0,
        inside=inside != "none",
        door=plot.door,
        party=plot.party,
        plain=inside == "plain",
    )
    if inside == "none":
        return made.placed(turn, at), []
    warm = np.asarray(dress.lamplight) * 1.6
    where = plot.house.at(0.0, 0.0)
    lamp = Lamp(
        (float(where[0]), plot.height + 2.1, float(where[1])), (float(warm[0]), float(warm[1]), float(warm[2])), 6.0
    )
    return made.placed(turn, at), [lamp]


def _masses(plan: TownPlan, town: Settlement) -> list[Mass]:
    """What hides what stands behind it; ruins hide little."""
    if town.ruined:
        return []
    return [
        Mass(plot.house.center, plot.house.half, plot.house.turn, plot.height + 2.5 * plot.floors)
        for plot in plan.plots
        if plot.kind == "house"
    ]


def cover_within(pieces: Quads, budget: int, eye: Array, seed: int, coarser: Array) -> Surfels:
    """Pieces covered so finely, by their distance from the eye times `coarser` (N,), that they take about `budget`
    surfels."""
    distance = np.linalg.norm(pieces.middle - np.asarray(eye, np.float32), axis=1)
    distance = np.maximum(distance - 0.35 * np.maximum(*pieces.lengths), 0.0)
    base = np.maximum(distance, 4.0).astype(np.float32) * coarser
    low, high = np.log(0.0015), np.log(0.5)
    for _ in range(11):
        middle = (low + high) / 2
        spacing = np.maximum(np.exp(middle) * base, FINEST)
        kept = visible(pieces, spacing * pieces.fine, distance)
        if count_surfels(pieces[kept], (spacing * pieces.fine)[kept]) > budget:
            low = middle
        else:
            high = middle
    spacing = np.maximum(np.exp(high) * base, FINEST)
    kept = visible(pieces, spacing * pieces.fine, distance)
    made = cover(pieces[kept], spacing[kept], seed)
    if len(made) > 1.08 * budget:  # more small pieces than surfels: an even share of them
        made = made[np.linspace(0, len(made) - 1, budget).astype(np.int64)]
    return made
