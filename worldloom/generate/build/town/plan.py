"""`plan_town`: where streets, plots, houses, the square and walls lie, and what is done to the ground for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from worldloom.generate.build.site import Bounds, Earthworks
from worldloom.generate.build.town.centre import MIDST, Stand, public_of, square_of, stands_of
from worldloom.generate.build.town.earthworks import earthworks
from worldloom.generate.build.town.flat import Rect, convex_hull
from worldloom.generate.build.town.gardens import Gardens, field_pads, plan_gardens
from worldloom.generate.build.town.locate import height_near, joined_heights, sampled, site_of, square_height
from worldloom.generate.build.town.plots import Plot, lay_plots
from worldloom.generate.build.town.start import Start, choose_start
from worldloom.generate.build.town.streets import (
    GRID,
    WIDTHS,
    Height,
    Land,
    Street,
    Wet,
    country_roads,
    grow_streets,
    parked,
)
from worldloom.generate.daylight import sun_direction
from worldloom.generate.spec import TownStyle, WorldSpec
from worldloom.scene.surfels import Array, unit


@dataclass(frozen=True, eq=False)
class TownPlan:
    """A town before it is built; world coordinates."""

    earthworks: Earthworks
    streets: tuple[Street, ...]
    plots: tuple[Plot, ...]
    square: Rect | None
    centre: tuple[float, float]
    """x and z of the square, or of the middle of the main street."""
    gates: tuple[tuple[float, float, float], ...] = ()
    """x, z and heading outwards of openings in the town wall."""
    wall: Array | None = None
    """(M, 2) a closed line, where there is a town wall."""
    gardens: Gardens = Gardens()
    """Yards, fields and orchards."""
    missing: int = 0
    """How many buildings found no room."""
    stands: tuple[Stand, ...] = ()
    """What is on the square."""
    start: Start | None = None
    """Where people come in."""
    taken: frozenset[str] = frozenset()
    """Ids of objects of the spec that are built with the town."""
    spots: Mapping[str, tuple[tuple[float, float, float], ...]] = field(default_factory=dict)
    """x, z and turn of objects of the spec, by id, that have their places in a town."""


def plan_town(spec: WorldSpec, natural_height: Height, bounds: Bounds, wet: Wet | None = None) -> TownPlan:
    """A town as the settlement asks, where the land is gentlest.

    Args:
        spec: its settlement, seed, kind and sea are used.
        natural_height: metres (N,) of the ground before earthworks at (N, 2).
        bounds: where it may stand.
        wet: which places (N, 2) are under water; None: those below the sea, if there is one.
    """
    town = spec.settlement
    rng = np.random.default_rng([spec.seed, 7001])

    def below_sea(flat: Array) -> Array:
        return land.height(flat) < (0.7 if spec.water.sea else -np.inf)

    land = Land(sampled(natural_height, bounds.grown(16.0)), wet or below_sea, bounds)
    centre, heading = site_of(land, spec, rng)
    if town.buildings == 0:
        return _only_roads(spec, land, centre, rng)
    style, public = town.style, public_of(spec)
    best: tuple[list[Street], list[Plot], Rect | None] | None = None
    for attempt in range(7):
        radius = (26 + 8.2 * np.sqrt(town.buildings) * (1.75 if style in GRID else 1.0)) * 1.17**attempt
        tight = 1.0 if attempt < 4 else 0.82
        open_middle = 0.0 if town.buildings < 9 else 17.0 + min(0.8 * np.sqrt(town.buildings), 9.0)
        grower = np.random.default_rng([spec.seed, 7002])
        streets = grow_streets(land, centre, heading, style, radius, grower, open_middle)
        square = square_of(land, streets, centre, town.buildings, style)
        found = lay_plots(land, spec, streets, square, centre, tight, public)
        if best is None or len(found) > len(best[1]):
            best = streets, found, square
        if len(found) >= town.buildings:
            break
    assert best is not None
    streets, plots, square = best
    plots = sorted(plots, key=lambda plot: (plot.kind == "house", _rank(plot, centre)))[: town.buildings]
    streets = _used(streets, plots, centre)
    if town.roads != "none":
        streets += _roads_out(land, streets, town.road_count, style, centre, rng)
    wall, gates = _town_wall(plots, streets) if town.town_wall else (None, ())
    heights = joined_heights(land, streets, square)
    plots = [_levelled(plot, streets, heights, land) for plot in plots]
    middle = float(land.height(centre[None])[0])
    if square is not None:
        middle = square_height(land, square)
    gardens = plan_gardens(spec, land, plots, streets, centre)
    public_houses = [plot.house for plot in plots if plot.kind != "house"]
    stands = () if square is None else stands_of(square, streets[0], public_houses)
    midst = (float(centre[0]), float(centre[1]))
    wanted = [house.center for house in public_houses]
    sun = sun_direction(spec.hour, spec.season)
    houses = [plot.house for plot in plots]
    start = choose_start(houses, streets, square, stands, wanted, (float(sun[0]), float(sun[1]), float(sun[2])), midst)
    return TownPlan(
        earthworks(spec, streets, heights, plots, square, middle, field_pads(gardens, land.height)),
        tuple(streets),
        tuple(plots),
        square,
        midst,
        gates,
        wall,
        gardens,
        town.buildings - len(plots),
        stands,
        start,
        *_wishes(spec, plots, streets, stands, start),
    )


def _only_roads(spec: WorldSpec, land: Land, centre: Array, rng: np.random.Generator) -> TownPlan:
    """Roads through a land without houses."""
    town = spec.settlement
    middle = (float(centre[0]), float(centre[1]))
    if town.road_count == 0 or town.roads == "none":
        return TownPlan(Earthworks(), (), (), None, middle)
    headings = rng.uniform(0, np.pi) + np.arange(town.road_count) * np.pi / town.road_count
    streets: list[Street] = []
    for heading in headings:
        start = centre + rng.uniform(-0.1, 0.1, 2) * land.bounds.size
        ends = country_roads(land, [(start, heading), (start, heading + np.pi)], 4.2, rng)
        lines = [end.line for end in ends]
        if len(lines) == 2:
            streets.append(replace(ends[0], line=np.concatenate([lines[1][:0:-1], lines[0]])))
        else:
            streets += ends
    heights = joined_heights(land, streets, None)
    return TownPlan(earthworks(spec, streets, heights, [], None, 0.0), tuple(streets), (), None, middle)


def _wishes(
    spec: WorldSpec, plots: list[Plot], streets: list[Street], stands: tuple[Stand, ...], start: Start
) -> tuple[frozenset[str], dict[str, tuple[tuple[float, float, float], ...]]]:
    """Which objects are built with the town, and where others stand that have their places in one."""
    taken = {plot.asked.id for plot in plots if plot.asked is not None}
    spots: dict[str, tuple[tuple[float, float, float], ...]] = {}
    midst = [stand for stand in stands if stand.kind == "midst"]
    place = np.asarray(start.place)
    ahead = unit(np.asarray(start.ahead) - place)
    for one in spec.objects:
        if one.relations or one.id in taken:
            continue
        if one.what in MIDST and one.count == 1 and midst:
            stand = midst.pop()
            spots[one.id] = ((*stand.place, stand.turn),)
        elif one.what == "market_stall" and any(stand.kind == "stall" for stand in stands):
            taken.add(one.id)
        elif one.what in ("car", "bus"):
            found = parked(streets, place, ahead, one.count, 5.6 if one.what == "car" else 11.0)
            if len(found) == one.count:
                spots[one.id] = found
    return frozenset(taken), spots


def _rank(plot: Plot, centre: Array) -> float:
    return float(np.linalg.norm(np.asarray(plot.lot.center) - centre))


def _used(streets: list[Street], plots: list[Plot], centre: Array) -> list[Street]:
    """Streets as far as houses stand on them."""
    if not plots:
        return streets
    houses = np.array([plot.lot.center for plot in plots])
    kept = []
    for street in streets:
        near = (np.linalg.norm(street.line[:, None] - houses, axis=2) < street.half + 17).any(axis=1)
        near |= np.linalg.norm(street.line - centre, axis=1) < 12
        if near.sum() < 3:
            continue
        first, last = np.flatnonzero(near)[[0, -1]]
        kept.append(replace(street, line=street.line[first : last + 1]))
    return kept or streets[:1]


def _roads_out(
    land: Land, streets: list[Street], count: int, style: TownStyle, centre: Array, rng: np.random.Generator
) -> list[Street]:
    """Roads from the ends of the main street, and so many more, out into the land."""
    main = streets[0].line
    starts = []
    for end, before in ((main[-1], main[-3]), (main[0], main[2])) if len(main) > 2 else ():
        step = end - before
        starts.append((end, float(np.arctan2(step[0], step[1]))))
    others = [street.line[-1] for street in streets[1:]]
    others.sort(key=lambda place: -float(np.linalg.norm(place - centre)))
    for place in others[:count]:
        step = place - centre
        starts.append((place, float(np.arctan2(step[0], step[1]))))
    return country_roads(land, starts, WIDTHS[style][1][0] + 0.4, rng)


def _town_wall(plots: list[Plot], streets: list[Street]) -> tuple[Array, tuple[tuple[float, float, float], ...]]:
    """A closed line around all plots, and where streets go through it."""
    corners = np.concatenate([plot.lot.grown(6.0).corners for plot in plots])
    hull = convex_hull(corners)
    gates = []
    for street in streets:
        line = street.line
        for start, end in zip(hull, np.roll(hull, -1, axis=0)):
            crossing = _crossings(line, start, end)
            gates += crossing
    return hull, tuple(gates)


def _crossings(line: Array, start: Array, end: Array) -> list[tuple[float, float, float]]:
    wall = end - start
    normal = np.array([wall[1], -wall[0]]) / np.linalg.norm(wall)
    side = (line - start) @ normal
    found = []
    for index in np.flatnonzero(side[:-1] * side[1:] < 0):
        share = side[index] / (side[index] - side[index + 1])
        place = line[index] + share * (line[index + 1] - line[index])
        along = (place - start) @ wall / (wall @ wall)
        if 0 <= along <= 1:
            found.append((float(place[0]), float(place[1]), float(np.arctan2(normal[0], normal[1]))))
    return found


def _levelled(plot: Plot, streets: list[Street], heights: list[Array], land: Land) -> Plot:
    """With its ground as high as the street before its door."""
    entrance = plot.house.at(plot.door, plot.house.half[1])
    height = height_near(entrance, streets, heights)
    away = np.abs(land.height(plot.lot.corners) - height).max()
    return replace(plot, height=height, level=bool(away < 1.3))
