"""`plan_town`: where streets, plots, houses, the square and walls lie, and what is done to the ground for them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from worldloom.generate.build.site import Bounds, Earthworks, Pad, Road, Surface
from worldloom.generate.build.town.flat import Rect, at_lengths, convex_hull, lengths_along, meets, strip_rects
from worldloom.generate.build.town.streets import (
    GRID,
    WIDTHS,
    Height,
    Land,
    Street,
    Wet,
    country_roads,
    grow_streets,
)
from worldloom.generate.noise import smoothstep
from worldloom.generate.spec import TownStyle, WorldSpec
from worldloom.generate.surfels import Array

PUBLIC: dict[TownStyle, str] = {
    "european": "church",
    "medieval": "church",
    "mediterranean": "church",
    "nordic": "church",
    "japanese": "pagoda",
    "desert": "mosque",
    "modern": "skyscraper",
    "futuristic": "skyscraper",
}
"""What stands at the square of a town."""


@dataclass(frozen=True)
class Plot:
    """Ground of one building, its front towards its street."""

    lot: Rect
    """With garden or yard."""
    house: Rect
    """What the building covers."""
    height: float
    """Of the ground in it, metres."""
    floors: int
    kind: str
    """"house", or a name in `catalogue.OUTDOOR` for a public building."""
    shop: bool
    door: float
    """x of the entrance in the house's own frame."""
    party: tuple[bool, bool]
    """Whether a neighbour is built against its left and right."""
    wing: float
    """-1 or 1 where the house has a wing behind it on its left or right, else 0."""
    seed: int
    level: bool = True
    """Whether the whole lot is made level, or, on a slope, only the ground about the house."""


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
    gardens: Array | None = None
    """(G, 2) places for trees and bushes of gardens."""
    missing: int = 0
    """How many buildings found no room."""


_LOTS: dict[TownStyle, tuple[tuple[float, float], tuple[float, float], float, float, float]] = {
    # width of houses, their depth, gap between them, front garden, back yard
    "european": ((8.0, 12.5), (9.0, 11.5), 2.6, 0.5, 8.0),
    "medieval": ((6.0, 9.0), (7.5, 10.5), 0.9, 0.1, 5.0),
    "mediterranean": ((6.5, 10.5), (7.5, 10.0), 1.4, 0.1, 5.0),
    "nordic": ((7.5, 11.0), (7.0, 9.0), 5.5, 2.6, 8.0),
    "japanese": ((8.0, 11.5), (7.5, 9.5), 3.4, 2.9, 6.0),
    "desert": ((7.0, 11.5), (7.5, 11.5), 1.0, 0.2, 4.0),
    "modern": ((12.0, 18.0), (10.5, 13.0), 4.0, 0.5, 2.5),
    "futuristic": ((12.0, 17.0), (10.5, 13.0), 4.0, 0.5, 2.5),
}


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

    land = Land(_sampled(natural_height, bounds.grown(16.0)), wet or below_sea, bounds)
    centre, heading = _site_of(land, spec, rng)
    if town.buildings == 0:
        return _only_roads(spec, land, centre, rng)
    style = town.style
    best: tuple[list[Street], list[Plot], Rect | None] | None = None
    for attempt in range(7):
        radius = (26 + 8.2 * np.sqrt(town.buildings) * (1.75 if style in GRID else 1.0)) * 1.17**attempt
        tight = 1.0 if attempt < 4 else 0.82
        open_middle = 0.0 if town.buildings < 9 else 17.0 + min(0.8 * np.sqrt(town.buildings), 9.0)
        grower = np.random.default_rng([spec.seed, 7002])
        streets = grow_streets(land, centre, heading, style, radius, grower, open_middle)
        square = _square(land, streets, centre, heading, town.buildings, style)
        found = _plots(land, spec, streets, square, centre, tight)
        if best is None or len(found) > len(best[1]):
            best = streets, found, square
        if len(found) >= town.buildings:
            break
    assert best is not None
    streets, plots, square = best
    plots = sorted(plots, key=lambda plot: _rank(plot, centre))[: town.buildings]
    streets = _used(streets, plots, centre)
    plots = _with_public(spec, plots, square, rng)
    if town.roads != "none":
        streets += _roads_out(land, streets, town.road_count, style, centre, rng)
    wall, gates = _town_wall(plots, streets) if town.town_wall else (None, ())
    heights = _joined_heights(land, streets, square)
    plots = [_levelled(plot, streets, heights, land) for plot in plots]
    middle = float(land.height(centre[None])[0])
    if square is not None:
        middle = _square_height(land, square)
    return TownPlan(
        _earthworks(spec, streets, heights, plots, square, middle),
        tuple(streets),
        tuple(plots),
        square,
        (float(centre[0]), float(centre[1])),
        gates,
        wall,
        _gardens(plots, rng),
        town.buildings - len(plots),
    )


def _sampled(height: Height, bounds: Bounds) -> Height:
    """The same ground read from a grid, since plans ask for it many thousand times."""
    step = max(2.5, max(bounds.size) / 400)
    counts = [int(np.ceil(size / step)) + 2 for size in bounds.size]
    x, z = bounds.min_x + step * np.arange(counts[0]), bounds.min_z + step * np.arange(counts[1])
    flat = np.stack(np.meshgrid(x, z, indexing="ij"), axis=-1).reshape(-1, 2)
    grid = np.asarray(height(flat), float).reshape(counts)

    def read(places: Array) -> Array:
        share = (np.asarray(places, float) - (bounds.min_x, bounds.min_z)) / step
        share = share.clip(0, np.array(counts) - 1.001)
        low = share.astype(np.int64)
        u, v = (share - low).T
        i, j = low.T
        return (
            grid[i, j] * (1 - u) * (1 - v)
            + grid[i + 1, j] * u * (1 - v)
            + grid[i, j + 1] * (1 - u) * v
            + grid[i + 1, j + 1] * u * v
        )

    return read


def _site_of(land: Land, spec: WorldSpec, rng: np.random.Generator) -> tuple[Array, float]:
    """The gentlest dry place not too far from the middle, and the direction along its slope."""
    wide, deep = land.bounds.size
    middle = np.array([land.bounds.min_x + wide / 2, land.bounds.min_z + deep / 2])
    reach = 0.06 if spec.kind == "town" else 0.26
    steps = np.linspace(-reach, reach, 9)
    places = middle + np.stack(np.meshgrid(steps * wide, steps * deep, indexing="ij"), axis=-1).reshape(-1, 2)
    radius = 12 + 5.0 * np.sqrt(max(spec.settlement.buildings, 4))
    angle = np.arange(16) * np.pi / 8
    ring = np.concatenate([r * np.stack([np.sin(angle), np.cos(angle)], axis=1) for r in (0.4 * radius, radius)])
    around = (places[:, None] + ring).reshape(-1, 2)
    height = land.height(around).reshape(len(places), -1)
    dry = land.buildable(around, 6.0).reshape(len(places), -1).mean(axis=1)
    score = (
        height.std(axis=1) / radius + 2.5 * (1 - dry) + 0.25 * np.linalg.norm(places - middle, axis=1) / max(wide, 1)
    )
    best = int(score.argmin())
    centre = places[best]
    near = land.height(centre + ring[:16])
    gradient = (near[:, None] * ring[:16]).sum(axis=0)
    if np.ptp(near) < 0.3:
        return centre, float(rng.uniform(0, np.pi))
    return centre, float(np.arctan2(-gradient[1], gradient[0]))


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
    heights = _joined_heights(land, streets, None)
    return TownPlan(_earthworks(spec, streets, heights, [], None, 0.0), tuple(streets), (), None, middle)


def _square(
    land: Land, streets: list[Street], centre: Array, heading: float, buildings: int, style: TownStyle
) -> Rect | None:
    """An open place on the main street, for towns of some size."""
    if buildings < 9:
        return None
    size = 7.5 + min(0.7 * np.sqrt(buildings), 8.0) + (3 if style in GRID else 0)
    main = streets[0].line
    near = int(np.linalg.norm(main - centre, axis=1).argmin())
    step = main[min(near + 1, len(main) - 1)] - main[max(near - 1, 0)]
    turn = float(np.arctan2(step[0], step[1]))
    square = Rect((float(main[near, 0]), float(main[near, 1])), (size * 0.85, size * 1.15), turn)
    return square if land.buildable(square.corners, 1.0).all() else None


def _plots(
    land: Land, spec: WorldSpec, streets: list[Street], square: Rect | None, centre: Array, tight: float
) -> list[Plot]:
    """Plots side by side along both sides of every street and around the square, none over another or a road."""
    town = spec.settlement
    rng = np.random.default_rng([spec.seed, 7003])
    taken = [strip_rects(street.line, street.half + 0.05) for street in streets]
    if square is not None:
        taken.append(square.numbers()[None])
    blocked = np.concatenate(taken)
    plots: list[Plot] = []
    fronts: list[tuple[Array, Array, float, Array]] = []
    if square is not None:
        fronts += _square_fronts(square)
    for street in streets:
        length = lengths_along(street.line)[-1]
        where = np.arange(0.5, length, 0.5)
        if not len(where):  # a stub has no fronts
            continue
        place, direction = at_lengths(street.line, where)
        for side in (1, -1):
            out = side * np.stack([direction[:, 1], -direction[:, 0]], axis=1)
            fronts.append((place + out * (street.half + 0.06), out, 0.5, direction * side))
    for place, out, step, _ in fronts:
        near = np.abs(blocked[:, None, :2] - place[::12]).max(axis=2).min(axis=1) < 45
        everything, blocked = blocked, blocked[near]
        old = len(blocked)
        index = 0
        previous_end = -10.0
        while index < len(place):
            plot, used = _try_plot(land, town.style, place, out, index, step, blocked, centre, rng, tight, town.floors)
            if plot is None:
                index += 4 if town.style in GRID else 2
                continue
            attached = index * step - previous_end < 0.35
            if attached:
                before = plots[-1]
                plots[-1] = replace(before, party=(before.party[0], True))
            plots.append(replace(plot, party=(attached, False)))
            blocked = np.concatenate([blocked, plot.lot.numbers()[None]])
            previous_end = (index * step) + used
            index += int(np.ceil(used / step))
        blocked = np.concatenate([everything, blocked[old:]])
    return plots


def _square_fronts(square: Rect) -> list[tuple[Array, Array, float, Array]]:
    """The four edges of the square, as fronts that face it."""
    found = []
    for turn, reach, away in (
        (0.0, square.half[0], square.half[1]),
        (np.pi / 2, square.half[1], square.half[0]),
        (np.pi, square.half[0], square.half[1]),
        (-np.pi / 2, square.half[1], square.half[0]),
    ):
        out = np.array([np.sin(square.turn + turn), np.cos(square.turn + turn)])
        along = np.array([out[1], -out[0]])
        where = np.arange(-reach, reach, 0.5)
        place = np.asarray(square.center) + out * (away + 0.06) - where[:, None] * along
        found.append((place, np.broadcast_to(out, place.shape), 0.5, np.broadcast_to(-along, place.shape)))
    return found


def _try_plot(
    land: Land,
    style: TownStyle,
    place: Array,
    out: Array,
    index: int,
    step: float,
    blocked: Array,
    centre: Array,
    rng: np.random.Generator,
    tight: float,
    floors: tuple[int, int],
) -> tuple[Plot | None, float]:
    """A plot whose front begins at `place[index]`, and the metres of front that it takes; None where it has no room."""
    widths, depths, gap, garden, yard = _LOTS[style]
    wide, deep = rng.uniform(*widths) * tight, rng.uniform(*depths) * tight
    dense = float(smoothstep(70.0, 25.0, np.array([_away(place[index], centre)]))[0])
    row = style in ("medieval", "mediterranean", "european", "desert") and rng.random() < 0.35 + 0.5 * dense
    space = 0.12 if row else gap * rng.uniform(0.7, 1.5) * (1.4 - 0.5 * dense)
    front = garden * rng.uniform(0.6, 1.5) * (1.0 if style in ("nordic", "japanese") else 1.5 - dense)
    seed = int(rng.integers(0, 2**31))
    level = rng.random()
    choice = rng.random()
    last = index + int(np.ceil((wide + space) / step))
    if last >= len(place):
        return None, 0.0
    middle, outward = (place[index] + place[last]) / 2, out[(index + last) // 2]
    inward_bulge = float(((place[index : last + 1] - middle) @ outward).max())
    turn = float(np.arctan2(-outward[0], -outward[1]))
    start = middle + outward * (max(inward_bulge, 0.0) + front)
    for back in (yard * rng.uniform(0.7, 1.4), 0.4):
        half = ((wide + space) / 2, (deep + front + back) / 2)
        lot_center = start + outward * (half[1] - front)
        lot = Rect((float(lot_center[0]), float(lot_center[1])), half, turn)
        if not meets(lot, blocked, 0.04).any():
            break
    else:
        return None, 0.0
    outline = np.concatenate([lot.corners, [lot.center]])
    if not land.buildable(outline, 1.0).all() or np.ptp(land.height(outline)) > 0.42 * (wide + deep) / 2:
        return None, 0.0
    house_center = start + outward * deep / 2
    house = Rect((float(house_center[0]), float(house_center[1])), (wide / 2, deep / 2), turn)
    low, high = floors
    wanted = low + (high - low) * (0.5 * level + 0.5 * dense * level + 0.25 * (dense - 0.5))
    count = int(np.clip(round(wanted), low, high))
    shop = dense > 0.35 and choice < 0.55
    door = float((choice * 7 % 1 - 0.5) * 0.5 * wide)
    return Plot(lot, house, 0.0, count, "house", shop, door, (False, False), _wing(seed, row), seed), wide + space


def _away(place: Array, centre: Array) -> float:
    return float(np.linalg.norm(place - centre))


def _wing(seed: int, row: bool) -> float:
    return 0.0 if row else (-1.0, 0.0, 0.0, 1.0)[seed % 4]


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


def _with_public(spec: WorldSpec, plots: list[Plot], square: Rect | None, rng: np.random.Generator) -> list[Plot]:
    """One of the plots nearest to the square given to the church or its like, unless that is asked for elsewhere."""
    kind = PUBLIC[spec.settlement.style]
    asked = {thing.what for thing in spec.objects} | set(spec.without)
    if square is None or kind in asked or spec.settlement.buildings < 14 or kind == "skyscraper":
        return plots
    free = [number for number, plot in enumerate(plots[:16]) if not any(plot.party)]
    roomy = sorted(
        free or range(min(len(plots), 8)), key=lambda number: -plots[number].lot.half[0] * plots[number].lot.half[1]
    )
    chosen = roomy[0]
    plots = list(plots)
    plots[chosen] = replace(plots[chosen], kind=kind, shop=False)
    return plots


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


def _street_heights(land: Land, street: Street) -> Array:
    """(M,) the ground under it, smoothed along the way."""
    height = land.height(street.line)
    for _ in range(6):
        padded = np.concatenate([height[:1], height, height[-1:]])
        height = 0.25 * padded[:-2] + 0.5 * height + 0.25 * padded[2:]
    return height


def _square_height(land: Land, square: Rect) -> float:
    return float(land.height(np.concatenate([square.corners, [square.center]])).mean())


def _joined_heights(land: Land, streets: list[Street], square: Rect | None) -> list[Array]:
    """Heights of all streets, made the same where they cross, and level on the square."""
    found: list[Array] = []
    for number, street in enumerate(streets):
        height = _street_heights(land, street)
        if square is not None:
            away = np.linalg.norm(street.line - np.asarray(square.center), axis=1)
            share = smoothstep(max(square.half) + 14.0, max(square.half) + 1.0, away)
            height = height * (1 - share) + _square_height(land, square) * share
        for other, known in zip(streets[:number], found):
            away = np.linalg.norm(street.line[:, None] - other.line, axis=2)
            near = away.argmin(axis=1)
            share = smoothstep(other.half + 13.0, other.half + 2.0, away.min(axis=1))
            height = height * (1 - share) + known[near] * share
        found.append(height)
    return found


def _height_near(place: tuple[float, float] | Array, streets: list[Street], heights: list[Array]) -> float:
    """Of the street nearest to a place."""
    best, found = np.inf, 0.0
    for street, height in zip(streets, heights):
        away = np.linalg.norm(street.line - np.asarray(place), axis=1) - street.half
        near = int(away.argmin())
        if away[near] < best:
            order = np.argsort(away)[:2]
            weight = 1 / (away[order] + street.half).clip(0.2)
            best, found = away[near], float((height[order] * weight).sum() / weight.sum())
    return found


def _levelled(plot: Plot, streets: list[Street], heights: list[Array], land: Land) -> Plot:
    """With its ground as high as the street before its door."""
    entrance = plot.house.at(plot.door, plot.house.half[1])
    height = _height_near(entrance, streets, heights)
    away = np.abs(land.height(plot.lot.corners) - height).max()
    return replace(plot, height=height, level=bool(away < 1.3))


_SURFACE: dict[str, Surface] = {
    "none": "soil",
    "path": "path",
    "dirt": "dirt",
    "gravel": "gravel",
    "cobble": "cobble",
    "asphalt": "asphalt",
}
_YARD: dict[TownStyle, Surface | None] = {
    "desert": "dirt",
    "modern": "pavement",
    "futuristic": "pavement",
    "medieval": "dirt",
    "mediterranean": "gravel",
}


def _earthworks(
    spec: WorldSpec,
    streets: list[Street],
    heights: list[Array],
    plots: list[Plot],
    square: Rect | None,
    middle: float,
) -> Earthworks:
    """Pads under lots, houses and the square, and the streets themselves."""
    town = spec.settlement
    surface = _SURFACE[town.roads]
    pads = []
    for plot in plots:
        lot, house = plot.lot, plot.house
        if plot.level:
            pads.append(Pad(lot.center, lot.half, lot.turn, plot.height, 3.0, _YARD.get(town.style)))
        else:
            around = house.grown(1.0)
            pads.append(Pad(around.center, around.half, around.turn, plot.height, 5.0, _YARD.get(town.style)))
        whole = plot.kind == "house" and not plot.wing and not town.ruined
        inner = house.grown(-0.5 if whole else 0.0)
        pads.append(Pad(house.center, inner.half, house.turn, plot.height, 0.5, covered=whole))
    if square is not None:
        paved: Surface = surface if town.roads in ("cobble", "gravel", "dirt", "path") else "pavement"
        pads.append(Pad(square.center, square.half, square.turn, middle, 2.0, paved))
    roads = []
    if town.roads != "none":
        for street, height in zip(streets, heights):
            walk = street.pavement if town.roads in ("cobble", "asphalt") else 0.0
            country = street.rank == 3
            kind: Surface = ("gravel" if surface == "cobble" else surface) if country else surface
            roads.append(Road(street.line, street.width, kind, height, 0.0 if country else walk))
    return Earthworks(tuple(pads), tuple(roads))


def _gardens(plots: list[Plot], rng: np.random.Generator) -> Array:
    """Places behind and beside houses for trees and bushes."""
    found = []
    for plot in plots:
        deep = 2 * (plot.lot.half[1] - plot.house.half[1])
        if deep < 3.0:
            continue
        for _ in range(2):
            x = rng.uniform(-0.8, 0.8) * plot.lot.half[0]
            z = -plot.lot.half[1] + rng.uniform(0.8, max(deep - 2.5, 1.0))
            found.append(plot.lot.at(float(x), float(z)))
    return np.array(found).reshape(-1, 2)
