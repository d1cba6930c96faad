"""Parcels: plots side by side along streets and around the square, and what of them the building covers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from worldloom.generate.build.town.centre import Public
from worldloom.generate.build.town.flat import Rect, at_lengths, lengths_along, meets, strip_rects
from worldloom.generate.build.town.streets import GRID, Land, Street
from worldloom.generate.noise import smoothstep
from worldloom.generate.spec import ObjectSpec, TownStyle, WorldSpec
from worldloom.scene.surfels import Array


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
    asked: ObjectSpec | None = None
    """What of the spec a public building is."""
    level: bool = True
    """Whether the whole lot is made level, or, on a slope, only the ground about the house."""


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


def lay_plots(
    land: Land,
    spec: WorldSpec,
    streets: list[Street],
    square: Rect | None,
    centre: Array,
    tight: float,
    public: Public | None = None,
) -> list[Plot]:
    """Plots side by side along both sides of every street and around the square, none over another or a road; that of
    the `public` building at the square first."""
    town = spec.settlement
    rng = np.random.default_rng([spec.seed, 7003])
    taken = [strip_rects(street.line, street.half + 0.05) for street in streets]
    if square is not None:
        taken.append(square.numbers()[None])
    blocked = np.concatenate(taken)
    plots: list[Plot] = []
    if square is not None and public is not None:
        plots = _public_plot(land, square, public, blocked, spec.seed)
        blocked = np.concatenate([blocked, *(plot.lot.numbers()[None] for plot in plots)])
    fronts: list[tuple[Array, Array, float]] = []
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
            front = (place + out * (street.half + 0.06))[::side], out[::side]
            fronts.append((*front, 0.5))  # from left to right for those who look at the houses
    for place, out, step in fronts:
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


def _public_plot(land: Land, square: Rect, public: Public, blocked: Array, seed: int) -> list[Plot]:
    """The lot of the building at the square, as near to the middle of one of its sides as there is room; or none."""
    half = (public.wide / 2 + 1.0, public.deep / 2 + 1.2)
    for share in (-0.25, 0.1, -0.5, 0.4, 0.8, -0.8):
        for turn in (np.pi / 2, -np.pi / 2, 0.0, np.pi):
            away, reach = square.half if abs(turn) == np.pi / 2 else square.half[::-1]
            out = np.array([np.sin(square.turn + turn), np.cos(square.turn + turn)])
            along = np.array([out[1], -out[0]])
            middle = np.asarray(square.center) + out * (away + half[1] + 0.1) + along * share * reach
            place = (float(middle[0]), float(middle[1]))
            facing = float(np.arctan2(-out[0], -out[1]))
            lot = Rect(place, half, facing)
            outline = np.concatenate([lot.corners, [lot.center]])
            steep = np.ptp(land.height(outline)) > 0.3 * (half[0] + half[1])
            if meets(lot, blocked, 0.04).any() or steep or not land.buildable(outline, 1.0).all():
                continue
            house = Rect(place, (public.wide / 2, public.deep / 2), facing)
            return [
                Plot(lot, house, 0.0, 1, public.kind, False, 0.0, (False, False), 0.0, seed % 100_000, public.asked)
            ]
    return []


def _square_fronts(square: Rect) -> list[tuple[Array, Array, float]]:
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
        found.append((place, np.broadcast_to(out, place.shape), 0.5))
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
    dense = max(dense, 0.7) if style in GRID else dense
    row = style not in ("nordic", "japanese") and rng.random() < 0.35 + 0.5 * dense
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
