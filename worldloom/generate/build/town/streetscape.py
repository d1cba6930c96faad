"""What stands where in streets, on the square and in yards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.site import Lamp
from worldloom.generate.build.town.cars import car
from worldloom.generate.build.town.earthworks import kerb_of
from worldloom.generate.build.town.flat import Rect, at_lengths, lengths_along, meets
from worldloom.generate.build.town.furniture import (
    LANTERN,
    barrel,
    bench,
    crate,
    fence,
    flower_pot,
    fountain,
    market_stall,
    street_lamp,
    well,
)
from worldloom.generate.build.town.plan import Plot, TownPlan
from worldloom.generate.build.town.quads import Quads
from worldloom.generate.build.town.solid import beams
from worldloom.generate.build.town.streets import GRID, Height, Street
from worldloom.generate.spec import Settlement, TownStyle
from worldloom.scene.surfels import Array


def street_things(
    plan: TownPlan, town: Settlement, height: Height, rng: np.random.Generator
) -> tuple[list[Quads], list[Lamp]]:
    """All that stands in the town's streets and on its square."""
    style = town.style
    pole, light = street_lamp(style)
    stood = _along_streets(plan, style, pole, light, rng) + _on_square(plan, style, pole, light)
    places = np.array([one.place for one in stood], np.float32).reshape(-1, 2)
    level = height(places) if len(places) else np.zeros(0)
    parts = [one.thing.placed(one.turn, (one.place[0], float(y), one.place[1])) for one, y in zip(stood, level)]
    lamps = [_lamp_at(one.lamp, one.turn, one.place, float(y)) for one, y in zip(stood, level) if one.lamp is not None]
    parts += kerbs(plan, town, height)
    for plot in plan.plots:
        parts += _by_the_door(plot, style, rng)
        parts += _around_garden(plot, style, rng)
    return parts, lamps


@dataclass(frozen=True, eq=False)
class _Stood:
    """A thing, and where it stands on the ground."""

    thing: Quads
    place: tuple[float, float]
    turn: float
    lamp: Lamp | None = None


def _is_free(plan: TownPlan, place: Array, room: float) -> bool:
    """Off all houses and the ways to their doors."""
    for plot in plan.plots:
        away = np.asarray(place) - np.asarray(plot.house.center)
        right, front = plot.house.axes
        if abs(away @ right) < plot.house.half[0] + room and abs(away @ front) < plot.house.half[1] + room:
            return False
        if float(np.linalg.norm(place - plot.house.at(plot.door, plot.house.half[1] + 1.0))) < 1.3 + room:
            return False
    return True


def _off_roads(plan: TownPlan, place: Array, mine: Street) -> bool:
    return all(
        street is mine or np.linalg.norm(street.line - place, axis=1).min() > street.width / 2 + 0.6
        for street in plan.streets
    )


_PAINTS = ((0.5, 0.03, 0.03), (0.05, 0.1, 0.25), (0.6, 0.6, 0.6), (0.03, 0.03, 0.035), (0.35, 0.37, 0.38))


def _along_streets(
    plan: TownPlan, style: TownStyle, pole: Quads, light: Lamp, rng: np.random.Generator
) -> list[_Stood]:
    """Lamps on alternate sides, and in cities cars at the kerb; none right before those who come in."""
    found: list[_Stood] = []
    side = 1
    asked = any(plan.spots.values())
    eye = None if plan.start is None else np.asarray(plan.start.place)
    for street in plan.streets:
        if street.rank == 3:
            continue
        where = np.arange(6.0, lengths_along(street.line)[-1], 21.0 if street.rank == 0 else 27.0)
        if not len(where):
            continue
        for at, along in zip(*at_lengths(street.line, where)):
            side = -side
            out = side * np.array([along[1], -along[0]])
            spot = at + out * (street.width / 2 + min(street.pavement * 0.3, 0.5))
            on_square = (
                plan.square is not None
                and meets(Rect((float(spot[0]), float(spot[1])), (0.5, 0.5), 0.0), plan.square.numbers()[None]).any()
            )
            near_eye = eye is not None and float(np.linalg.norm(spot - eye)) < 2.5
            if on_square or near_eye or not _is_free(plan, spot, 0.35) or not _off_roads(plan, spot, street):
                continue
            turn = float(np.arctan2(-out[0], -out[1]))
            found.append(_Stood(pole, (float(spot[0]), float(spot[1])), turn, light))
            if style in GRID and not asked and rng.random() < 0.6 and street.width > 6.5:
                lane = at + out * (street.width / 2 - 1.1) + along * 6.0
                if _off_roads(plan, lane, street) and (eye is None or float(np.linalg.norm(lane - eye)) > 6.0):
                    one = car(_PAINTS[int(rng.integers(0, 5))], style == "futuristic")
                    found.append(_Stood(one, (float(lane[0]), float(lane[1])), float(np.arctan2(along[0], along[1]))))
    return found


def kerbs(plan: TownPlan, town: Settlement, height: Height) -> list[Quads]:
    """Kerb stones along carriageways with raised walks."""
    starts, ends = [], []
    for street in plan.streets:
        wide = kerb_of(street, town)
        length = lengths_along(street.line)[-1]
        if wide is None or length < 6:
            continue
        place, way = at_lengths(street.line, np.arange(0.0, length, 1.5))
        out = np.stack([way[:, 1], -way[:, 0]], axis=1)
        for side in (1, -1):
            edge = place + side * (wide + 0.06) * out
            clear = np.ones(len(edge), bool)
            for other in plan.streets:
                if other is not street:
                    away = np.linalg.norm(edge[:, None] - other.line, axis=2).min(axis=1)
                    clear &= away > np.hypot(other.width / 2, 2.0 * (other.width < 5))
            if plan.square is not None:
                right, front = plan.square.axes
                local = np.abs((edge - np.asarray(plan.square.center)) @ np.stack([right, front], axis=1))
                clear &= (local > np.asarray(plan.square.half) - 1.5).any(axis=1)
            both = clear[:-1] & clear[1:]
            starts.append(edge[:-1][both])
            ends.append(edge[1:][both])
    if not starts or not sum(map(len, starts)):
        return []
    first, last = np.concatenate(starts), np.concatenate(ends)
    # stones follow the walk behind them, whose height is known half a metre away from the edge
    level = height(np.concatenate([first, last]).astype(np.float32))
    low = np.column_stack([first[:, 0], level[: len(first)], first[:, 1]])
    high = np.column_stack([last[:, 0], level[len(first) :], last[:, 1]])
    down = np.array([0.0, 0.05, 0.0])
    return [beams(low - down, high - down, 0.16, 0.2, "concrete", (0.34, 0.335, 0.32), label="road/pavement", reach=70)]


def _lamp_at(lamp: Lamp, turn: float, at: tuple[float, float], level: float) -> Lamp:
    x, y, z = lamp.position
    cos, sin = np.cos(turn), np.sin(turn)
    return Lamp(
        (float(at[0] + cos * x + sin * z), level + y, float(at[1] + cos * z - sin * x)), lamp.colour, lamp.reach
    )


def _on_square(plan: TownPlan, style: TownStyle, pole: Quads, light: Lamp) -> list[_Stood]:
    """What `plan.stands` says; the midst is left free where something else is asked for there."""
    found: list[_Stood] = []
    dyes = ((0.42, 0.05, 0.04), (0.05, 0.16, 0.3), (0.08, 0.22, 0.09), (0.5, 0.3, 0.05), (0.55, 0.5, 0.4))
    given = {(x, z) for spots in plan.spots.values() for x, z, _ in spots}
    for number, stand in enumerate(plan.stands):
        if stand.place in given:
            continue
        lamp = None
        match stand.kind:
            case "stall":
                thing, lamp = market_stall(dyes[number * 3 % 5], number), LANTERN
            case "bench":
                thing = bench(style)
            case "pole":
                place = np.asarray(stand.place)
                if min(np.linalg.norm(s.line - place, axis=1).min() - s.half for s in plan.streets) < 0.4:
                    continue
                thing, lamp = pole, light
            case _:
                old = style in ("medieval", "desert", "nordic", "japanese")
                thing = well() if old else fountain((0.55, 0.52, 0.46))
        found.append(_Stood(thing, stand.place, stand.turn, lamp))
    return found


def _by_the_door(plot: Plot, style: TownStyle, rng: np.random.Generator) -> list[Quads]:
    """Barrels, crates, pots against the house's front."""
    if plot.kind != "house" or style in GRID:
        return []
    parts = []
    options = (flower_pot, flower_pot, barrel, crate) if style in ("medieval", "european", "nordic") else (flower_pot,)
    for hand in (-1, 1):
        if rng.random() < 0.65:
            thing = options[int(rng.integers(0, len(options)))]()
            x = plot.door + hand * rng.uniform(1.0, 1.35)
            if abs(x) < plot.house.half[0] - 0.3:
                place = plot.house.at(float(x), plot.house.half[1] + 0.36)
                parts.append(thing.placed(rng.uniform(0, 6), (float(place[0]), plot.height, float(place[1]))))
    return parts


def _around_garden(plot: Plot, style: TownStyle, rng: np.random.Generator) -> list[Quads]:
    """Fences or walls along the back and sides of a yard."""
    room = plot.lot.half[1] - plot.house.half[1]
    if room < 1.3 or not plot.level or style in GRID or plot.kind != "house":
        return []
    kind = {
        "nordic": "picket",
        "european": "picket",
        "desert": "wall",
        "mediterranean": "wall",
        "japanese": "rails",
    }.get(style, "rails")
    if style == "medieval" and rng.random() < 0.4:
        kind = "wall"
    wide, deep = plot.lot.half
    wide, deep = wide - 0.2, deep - 0.2
    middle = np.asarray(plot.lot.center)
    corners = [plot.lot.at(x, z) for x, z in ((-wide, -deep), (wide, -deep))]
    local = plot.house.at(0.0, -plot.house.half[1])
    back = float((local - middle) @ plot.lot.axes[1])
    sides = [plot.lot.at(x, back) for x in (-wide, wide)]
    level = (plot.height, plot.height)
    return [
        fence(corners[0], corners[1], level, kind),
        fence(corners[0], sides[0], level, kind),
        fence(corners[1], sides[1], level, kind),
    ]
