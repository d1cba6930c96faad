"""What stands in streets: lamps, a well or fountain, stalls, benches, barrels by doors, fences, cars."""

# ruff: noqa: RUF005 - tuples are added to arrays here, not to lists

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from worldloom.generate.build.site import Lamp
from worldloom.generate.build.town.earthworks import kerb_of
from worldloom.generate.build.town.flat import Rect, at_lengths, lengths_along, meets
from worldloom.generate.build.town.plan import Plot, TownPlan
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.solid import beams, boxes, plate, turned
from worldloom.generate.build.town.streets import GRID, Height, Street
from worldloom.generate.spec import Settlement, TownStyle
from worldloom.generate.surfels import Array

_IRON = (0.035, 0.037, 0.04)
_WARM, _COLD = (2.6, 1.45, 0.55), (1.7, 2.0, 2.3)


def street_lamp(style: TownStyle) -> tuple[Quads, Lamp]:
    """A lamp at the origin."""
    if style in GRID:
        tall, glow = 5.6, _COLD if style == "futuristic" else (2.3, 2.0, 1.5)
        parts = [
            turned([(0.11, 0), (0.07, 0.4), (0.05, tall)], 8, "metal", (0.16, 0.17, 0.18), label="lamp", fine=0.7),
            boxes((0, tall, 0.55), (0.09, 0.08, 1.2), "metal", (0.16, 0.17, 0.18), label="lamp"),
            boxes((0, tall - 0.05, 0.9), (0.22, 0.05, 0.5), "light", (0.7, 0.7, 0.68), label="lamp", glow=glow),
        ]
        return merge(parts), Lamp((0, tall - 0.2, 0.9), (2.2 * glow[0], 2.2 * glow[1], 2.2 * glow[2]), 13.0)
    if style == "japanese":
        stone = ("rubble", (0.3, 0.29, 0.27))
        parts = [
            turned(
                [(0.3, 0), (0.28, 0.18), (0.1, 0.22), (0.1, 0.95), (0.27, 1.05), (0.27, 1.12)],
                8,
                *stone,
                label="lamp",
                fine=0.6,
            ),
            boxes((0, 1.3, 0), (0.3, 0.34, 0.3), "light", (0.6, 0.5, 0.32), sides="nsew", label="lamp", glow=_WARM),
            turned([(0.46, 1.46), (0.2, 1.62), (0.0, 1.78)], 8, *stone, label="lamp", fine=0.6),
        ]
        return merge(parts), Lamp((0, 1.35, 0), (2.4, 1.35, 0.5), 8.0)
    tall = 3.1
    parts = [
        turned([(0.13, 0), (0.11, 0.3), (0.05, 0.45), (0.04, tall)], 8, "iron", _IRON, label="lamp", fine=0.6),
        turned([(0.1, tall), (0.17, tall + 0.36)], 6, "light", (0.7, 0.6, 0.4), label="lamp", glow=_WARM, fine=0.6),
        turned([(0.22, tall + 0.36), (0.08, tall + 0.52), (0.0, tall + 0.6)], 6, "iron", _IRON, label="lamp", fine=0.6),
        beams([(-0.3, tall - 0.25, 0)], [(0.3, tall - 0.25, 0)], 0.03, 0.03, "iron", _IRON, label="lamp", reach=40),
    ]
    return merge(parts), Lamp((0, tall + 0.2, 0), (3.2, 1.8, 0.7), 10.0)


def well() -> Quads:
    """A round well with a small roof."""
    wood, stone = (0.15, 0.09, 0.05), (0.31, 0.29, 0.25)
    posts = [(-0.85, 0, 0), (0.85, 0, 0)]
    parts = [
        turned([(1.0, -0.1), (0.98, 0.8)], 20, "rubble", stone, fine=0.6, label="object"),
        turned([(0.72, 0.1), (0.72, 0.8)], 20, "rubble", stone, inward=True, fine=0.6, label="object"),
        turned([(0.98, 0.8), (0.72, 0.82)], 20, "stone", (0.36, 0.34, 0.3), fine=0.5, label="object"),
        plate((0, 0.25, 0), 0.72, "glass", (0.02, 0.03, 0.035), label="object"),
        beams(posts, np.add(posts, (0, 2.3, 0)), 0.14, 0.14, "wood", wood, label="object"),
        beams([(-0.85, 1.6, 0)], [(0.85, 1.6, 0)], 0.16, 0.16, "wood", wood, label="object"),
    ]
    for side in (1, -1):
        parts.append(
            quads(
                [-side * 1.2, 2.05, side * 0.85],
                [side * 2.4, 0, 0],
                [0, 0.75, -side * 0.85],
                "shingle",
                (0.17, 0.11, 0.07),
                label="object",
            )
        )
        parts.append(
            quads(
                [side * 1.2, 2.0, side * 0.85],
                [-side * 2.4, 0, 0],
                [0, 0.75, -side * 0.85],
                "planks",
                wood,
                label="object",
                reach=40,
            )
        )
    return merge(parts)


def fountain(stone: tuple[float, float, float]) -> Quads:
    """Two basins and a column."""
    rim = [(2.3, -0.1), (2.35, 0.5), (2.1, 0.52), (2.1, 0.2)]
    bowl = [(0.18, 1.0), (0.9, 1.45), (0.98, 1.52), (0.9, 1.5)]
    column = [(0.42, 0.1), (0.3, 0.5), (0.2, 1.0)]
    top = [(0.16, 1.45), (0.12, 2.0), (0.3, 2.15), (0.12, 2.3), (0.0, 2.5)]
    jets = [(0.92, 1.5), (1.2, 0.95), (1.32, 0.42)]
    look: dict[str, Any] = {"label": "object/statue", "fine": 0.6}
    parts = [turned(line, 24, "marble", stone, **look) for line in (rim, bowl, column, top)]
    parts += [
        plate((0, 0.42, 0), 2.1, "glass", (0.05, 0.13, 0.15), label="water"),
        plate((0, 1.5, 0), 0.9, "glass", (0.06, 0.15, 0.17), label="water"),
        turned(jets, 24, "glass", (0.5, 0.6, 0.62), label="water/waterfall", opacity=0.25, fine=0.7),
    ]
    return merge(parts)


def market_stall(colour: tuple[float, float, float], seed: int) -> Quads:
    """A table of goods under a striped roof."""
    rng = np.random.default_rng(seed)
    wood = (0.21, 0.13, 0.07)
    feet = np.array([(x, 0, z) for x in (-1.3, 1.3) for z in (-0.8, 0.8)])
    tall = np.where(feet[:, 2] > 0, 2.15, 2.5)
    tops = feet + np.stack([0 * tall, tall, 0 * tall], axis=1)
    parts = [
        beams(feet, tops, 0.09, 0.09, "wood", wood, label="object"),
        boxes((0, 0.85, 0.15), (2.5, 0.07, 1.2), "planks", wood, label="object"),
        quads([-1.25, 0.1, 0.75], [2.5, 0, 0], [0, 0.74, 0], "awning", colour, label="object"),
        quads([-1.5, 2.05, 1.15], [3.0, 0, 0], [0, 0.55, -2.2], "awning", colour, label="object"),
        quads(
            [1.5, 2.03, 1.15], [-3.0, 0, 0], [0, 0.55, -2.2], "awning", tuple(0.7 * c for c in colour), label="object"
        ),
        quads([-1.5, 1.85, 1.15], [3.0, 0, 0], [0, 0.2, 0], "awning", colour, label="object"),
    ]
    crates = [(x, 0.98, 0.2) for x in (-0.95, -0.32, 0.32, 0.95)]
    parts.append(boxes(crates, (0.55, 0.18, 0.8), "wood", (0.3, 0.2, 0.11), sides="nsew", label="object"))
    dyes = np.array([(0.5, 0.06, 0.04), (0.55, 0.3, 0.03), (0.12, 0.25, 0.05), (0.5, 0.42, 0.08)])
    for index, (x, y, z) in enumerate(crates):
        at = np.array([x, y + 0.1, z]) + rng.uniform(-1, 1, (26, 3)) * (0.22, 0.03, 0.34)
        parts.append(
            boxes(
                at,
                0.1,
                "smooth",
                dyes[index] * rng.uniform(0.7, 1.2, (26, 1)),
                turn=rng.uniform(0, 1.5, 26),
                sides="nsewt",
                label="object",
                reach=40,
            )
        )
    return merge(parts)


def bench(style: TownStyle) -> Quads:
    wood = (0.2, 0.12, 0.06) if style != "futuristic" else (0.3, 0.32, 0.34)
    slats = [(0, 0.44, z) for z in (-0.16, 0.0, 0.16)]
    backs = [(0, y, -0.25) for y in (0.62, 0.8)]
    legs = [(x, 0.22, 0) for x in (-0.65, 0.65)]
    look: dict[str, Any] = {"label": "furniture/seat", "reach": 60}
    return merge(
        [
            boxes(slats, (1.6, 0.05, 0.13), "wood", wood, **look),
            boxes(backs, (1.6, 0.12, 0.04), "wood", wood, **look),
            boxes(legs, (0.07, 0.44, 0.42), "iron", _IRON, **look),
        ]
    )


def barrel() -> Quads:
    profile = [(0.25, 0), (0.31, 0.25), (0.32, 0.42), (0.31, 0.6), (0.25, 0.85)]
    hoops = [[(0.315, y - 0.03), (0.315, y + 0.03)] for y in (0.2, 0.65)]
    look: dict[str, Any] = {"label": "object", "fine": 0.6, "reach": 70}
    parts = [turned(profile, 14, "planks", (0.24, 0.14, 0.07), **look)]
    parts += [turned(hoop, 14, "iron", _IRON, **look) for hoop in hoops]
    return merge([*parts, plate((0, 0.84, 0), 0.25, "wood", (0.2, 0.12, 0.06), label="object", reach=70)])


def crate() -> Quads:
    return merge(
        [
            boxes(
                (0, 0.29, 0), (0.58, 0.58, 0.58), "planks", (0.3, 0.2, 0.11), sides="nsewt", label="object", reach=70
            ),
            boxes(
                [(0, 0.55, 0), (0, 0.03, 0)], (0.62, 0.07, 0.62), "wood", (0.24, 0.16, 0.09), label="object", reach=50
            ),
        ]
    )


def flower_pot() -> Quads:
    return merge(
        [
            turned(
                [(0.13, 0), (0.2, 0.36), (0.23, 0.4)],
                10,
                "smooth",
                (0.4, 0.17, 0.08),
                label="object",
                fine=0.6,
                reach=60,
            ),
            turned(
                [(0.18, 0.36), (0.32, 0.5), (0.26, 0.72), (0.0, 0.85)],
                8,
                "turf",
                (0.05, 0.13, 0.03),
                label="plant/bush",
                fine=0.6,
                reach=70,
            ),
        ]
    )


def car(colour: tuple[float, float, float], futuristic: bool) -> Quads:
    """A car 4.3 m long along z; one that hovers has light under it."""
    wide = 0.88
    outline = [
        (-2.12, 0.35),
        (-2.1, 0.78),
        (-1.55, 0.92),
        (-0.85, 1.42),
        (0.55, 1.42),
        (1.25, 0.95),
        (2.0, 0.8),
        (2.15, 0.4),
    ]
    parts = []
    for (z0, y0), (z1, y1) in pairwise(outline):
        glass = y0 > 0.9 and y1 > 0.9 and abs(y1 - y0) > 0.2
        inset = 0.12 if max(y0, y1) > 1.2 else 0.0
        half = wide - inset * 0.6
        look = ("pane", (0.03, 0.04, 0.05)) if glass else ("metal", colour)
        parts.append(quads([half, y0, z0], [-2 * half, 0, 0], [0, y1 - y0, z1 - z0], *look, label="vehicle", fine=0.7))
    for side in (-1, 1):
        x = side * wide
        start = [x, 0.3, side * 2.12]
        parts.append(
            quads(
                start,
                [0, 0, -side * 4.24],
                [0, 0.55, 0],
                "metal",
                colour,
                inset=(0.02, 0.98),
                label="vehicle",
                fine=0.7,
            )
        )
        low, high = ([x, 0.85, 1.45], [x * 0.9, 1.4, 0]) if side > 0 else ([x, 0.85, -1.6], [x * 0.9, 1.4, 0])
        ends = (0.3, 0.8) if side > 0 else (0.24, 0.7)
        parts.append(
            quads(
                low,
                [0, 0, -side * 3.05],
                [high[0] - low[0], 0.55, 0],
                "pane",
                (0.03, 0.04, 0.05),
                inset=ends,
                label="vehicle",
                fine=0.7,
            )
        )
        if not futuristic:
            for z in (-1.32, 1.36):
                wheel = quads(
                    [x + side * 0.02, 0.0, z + side * 0.33],
                    [0, 0, -side * 0.66],
                    [0, 0.66, 0],
                    "smooth",
                    (0.02, 0.02, 0.022),
                    cut=1,
                    label="vehicle",
                    fine=0.4,
                )
                hub = quads(
                    [x + side * 0.03, 0.16, z + side * 0.17],
                    [0, 0, -side * 0.34],
                    [0, 0.34, 0],
                    "metal",
                    (0.4, 0.41, 0.42),
                    cut=1,
                    label="vehicle",
                    fine=0.35,
                )
                parts += [wheel, hub]
    lights = [(x, 0.66, 2.1) for x in (-0.6, 0.6)]
    parts.append(
        boxes(lights, (0.36, 0.14, 0.08), "light", (0.7, 0.7, 0.66), sides="s", glow=(1.6, 1.5, 1.2), label="vehicle")
    )
    tails = [(x, 0.68, -2.11) for x in (-0.62, 0.62)]
    parts.append(
        boxes(tails, (0.32, 0.14, 0.06), "light", (0.4, 0.02, 0.02), sides="n", glow=(1.0, 0.03, 0.02), label="vehicle")
    )
    under = (0.2, 0.9, 1.1) if futuristic else (0.0, 0.0, 0.0)
    parts.append(boxes((0, 0.28, 0), (1.6, 0.08, 4.0), "smooth", (0.03, 0.03, 0.035), glow=under, label="vehicle"))
    return merge(parts)


def fence(start: Array, end: Array, levels: tuple[float, float], kind: str) -> Quads:
    """A fence or wall between two places (2,) at those heights."""
    a = np.array([start[0], levels[0], start[1]])
    b = np.array([end[0], levels[1], end[1]])
    length = float(np.linalg.norm(b - a))
    if kind == "wall":
        middle = (a + b) / 2
        turn = float(np.arctan2(-(b - a)[2], (b - a)[0]))
        parts = [
            boxes(
                middle + (0, 0.35, 0),
                (length, 1.5, 0.34),
                "rubble",
                (0.31, 0.29, 0.25),
                sides="nsewt",
                turn=turn,
                label="object/fence",
            ),
            boxes(
                middle + (0, 1.13, 0),
                (length, 0.1, 0.44),
                "stone",
                (0.34, 0.32, 0.28),
                turn=turn,
                label="object/fence",
                reach=60,
            ),
        ]
        return merge(parts)
    count = max(int(length / 0.16), 2) if kind == "picket" else max(int(length / 1.8), 1) + 1
    share = np.linspace(0, 1, count)[:, None]
    foot = a + share * (b - a)
    wood = (0.68, 0.66, 0.61) if kind == "picket" else (0.2, 0.14, 0.09)
    tall = 0.85 if kind == "picket" else 1.05
    look: dict[str, Any] = {"label": "object/fence", "reach": 40.0 if kind == "picket" else 90.0}
    rails = (0.25, 0.68) if kind == "picket" else (0.4, 0.85)
    starts, ends = [a + (0, y, 0) for y in rails], [b + (0, y, 0) for y in rails]
    return merge(
        [
            beams(
                foot - (0, 0.3, 0),
                foot + (0, tall, 0),
                0.07 if kind == "picket" else 0.1,
                0.04 if kind == "picket" else 0.1,
                "wood",
                wood,
                **look,
            ),
            beams(starts, ends, 0.05, 0.08, "wood", wood, label="object/fence", reach=120),
        ]
    )


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
                thing = market_stall(dyes[number * 3 % 5], number)
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
