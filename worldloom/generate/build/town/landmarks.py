"""Single buildings by name: `landmark`, and what stands in towns besides houses: churches, mosques, town walls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from worldloom.generate.build.site import Lamp
from worldloom.generate.build.thing import Thing
from worldloom.generate.build.town import castles, masonry, monuments, shrines, structures, worship
from worldloom.generate.build.town.dress import Coating, Dress
from worldloom.generate.build.town.furniture import market_stall
from worldloom.generate.build.town.house import house
from worldloom.generate.build.town.masonry import Look
from worldloom.generate.build.town.quads import Quads, cover, merge
from worldloom.generate.build.town.ruins import decayed, rubble
from worldloom.generate.build.town.styles import MATERIAL_COATS, dress_for, linear, obey
from worldloom.generate.spec import Material, ObjectSpec, Settlement, Size, TownStyle
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.surfels import join

_SIZES: dict[Size, float] = {"tiny": 0.35, "small": 0.7, "normal": 1.0, "large": 1.45, "huge": 2.2}


def _house(style: TownStyle, wide: float, deep: float, floors: int, **changes: Any) -> Callable[[Look], Quads]:
    def make(look: Look) -> Quads:
        rng = np.random.default_rng([look.seed, 5])
        dress = replace(dress_for(style, rng, None, floors=floors), **changes)
        if look.coat is not None:
            dress = replace(dress, wall=look.coat, ground_wall=look.coat, timber=None)
        elif look.colour is not None:
            dress = replace(dress, wall=(dress.wall[0], look.colour), ground_wall=(dress.wall[0], look.colour))
        wing = float(rng.choice([-1, 0, 1])) if deep > 9 else 0.0
        return house(dress, wide, deep, floors, wing=wing, inside=True, door=0.12 * wide)

    return make


def _barn(look: Look) -> Quads:
    red: Coating = look.coat or ("planks", look.colour or (0.3, 0.05, 0.035))
    dress = _barn_dress(red, look.seed)
    body = house(dress, 11.0, 16.0, 1, inside=False)
    return merge([body, monuments.barn_door(11.0, 8.0)])


def _barn_dress(coat: Coating, seed: int) -> Dress:
    return Dress(
        wall=coat,
        ground_wall=coat,
        plinth=("rubble", (0.28, 0.26, 0.23)),
        inner=coat,
        floor=("planks", (0.25, 0.16, 0.09)),
        roof=("metal", (0.2, 0.2, 0.21)),
        trim=(0.72, 0.7, 0.66),
        frame=(0.72, 0.7, 0.66),
        door=(0.7, 0.68, 0.63),
        pitch=1.0,
        storey=4.3,
        bay=3.6,
        window=(0.9, 0.9, 1.9),
        chimney=False,
        lit=0.3,
        seed=(seed * 0.6180339) % 1,
    )


def _skyscraper(look: Look) -> Quads:
    return monuments.skyscraper(look)


_MAKERS: dict[str, tuple[Callable[[Look], Quads], float]] = {
    "house": (_house("european", 10.0, 10.5, 2, shop=False), 10.5),
    "cottage": (
        _house(
            "medieval",
            9.5,
            7.0,
            1,
            roof=("thatch", (0.31, 0.22, 0.1)),
            thick_roof=0.38,
            timber=None,
            wall=("plaster", (0.72, 0.68, 0.58)),
            ground_wall=("plaster", (0.72, 0.68, 0.58)),
            pitch=1.15,
            roof_kind="half_hip",
            window=(1.0, 1.05, 0.9),
            bay=2.4,
            shop=False,
            flower_boxes=True,
            frame=(0.7, 0.68, 0.62),
        ),
        6.9,
    ),
    "cabin": (
        _house(
            "nordic",
            7.5,
            6.5,
            1,
            wall=("logs", (0.21, 0.115, 0.055)),
            ground_wall=("logs", (0.21, 0.115, 0.055)),
            porch=True,
            trim=(0.16, 0.095, 0.05),
            frame=(0.16, 0.095, 0.05),
            shop=False,
            roof=("shingle", (0.15, 0.11, 0.08)),
        ),
        6.2,
    ),
    "hut": (
        _house(
            "medieval",
            4.6,
            4.4,
            1,
            wall=("planks", (0.19, 0.125, 0.075)),
            ground_wall=("planks", (0.19, 0.125, 0.075)),
            timber=None,
            roof=("thatch", (0.3, 0.21, 0.1)),
            thick_roof=0.34,
            chimney=False,
            shop=False,
        ),
        5.0,
    ),
    "barn": (_barn, 9.9),
    "skyscraper": (_skyscraper, 90.0),
    "tower": (castles.tower, 16.0),
    "castle": (castles.castle, 24.0),
    "ruin": (castles.ruin, 7.0),
    "lighthouse": (monuments.lighthouse, 18.0),
    "windmill": (monuments.windmill, 14.0),
    "watermill": (monuments.watermill, 8.5),
    "greenhouse": (structures.greenhouse, 3.6),
    "gazebo": (structures.gazebo, 4.3),
    "water_tower": (monuments.water_tower, 15.0),
    "bridge": (structures.bridge, 3.4),
    "pier": (structures.pier, 2.2),
    "wall": (castles.wall, 2.2),
    "gate": (castles.gate, 8.0),
    "arch": (castles.arch, 7.0),
    "church": (worship.church, 24.0),
    "temple": (worship.temple, 10.0),
    "temple_hall": (shrines.hall, 11.2),
    "pagoda": (shrines.pagoda, 20.0),
    "pyramid": (worship.pyramid, 26.0),
    "mosque": (worship.mosque, 24.0),
    "torii": (shrines.torii, 5.2),
    "market_stall": (lambda look: market_stall(look.colour or (0.42, 0.05, 0.04), look.seed), 2.6),
}
LANDMARKS = tuple(_MAKERS)
"""Every name that `landmark` can build."""


def landmark_quads(
    name: str,
    *,
    colour: tuple[float, float, float] | None = None,
    material: Material | None = None,
    seed: int = 0,
) -> Quads:
    """Pieces of one building at its usual size: on y = 0 at the origin, its front towards +Z. `colour` is sRGB.

    Raises:
        InvalidDataError: there is no such building.
    """
    if name not in _MAKERS:
        raise InvalidDataError(f"There is no building '{name}'; the buildings are {', '.join(_MAKERS)}.")
    tone = None if colour is None else linear(colour)
    coat = None if material is None else MATERIAL_COATS[material][0]
    if coat is not None and tone is not None:
        coat = (coat[0], tone)
    made = _MAKERS[name][0](Look(seed, tone, coat))
    own = ((seed * 0.6180339) % 1) if not made.seed.any() else made.seed
    return made.with_values(seed=own)


def landmark(
    name: str,
    *,
    height: float | None = None,
    size: Size = "normal",
    colour: tuple[float, float, float] | None = None,
    material: Material | None = None,
    ruined: bool = False,
    seed: int = 0,
    spacing: float = 0.1,
) -> Thing:
    """One building by its name in `LANDMARKS`, on y = 0 at the origin, its front towards +Z.

    Args:
        height: metres to its highest point; None: what is usual times `size`.
        colour: sRGB, of its walls; `material`: what they are of; None: what is usual.
        spacing: metres between surfels.

    Raises:
        InvalidDataError: there is no such building.
    """
    pieces = landmark_quads(name, colour=colour, material=material, seed=seed)
    ends = pieces.shape[:, :1] + np.stack([0 * pieces.shape[:, 1], pieces.shape[:, 1], pieces.shape[:, 2]], axis=1)
    usual = float(ends[..., 1].max())
    scale = _SIZES[size] if height is None else height / usual
    rng = np.random.default_rng([seed, 17])
    built = cover(pieces, spacing / scale, seed)
    if ruined:
        stones = rubble(*_spread_of(built.position), 60, (0.28, 0.26, 0.22), rng)
        built = decayed(built, built.position[:, 1], seed, max(0.45 * usual, 2.5))
        built = join([built, cover(stones, spacing / scale, seed)])
    built = built.placed(0.0, (0.0, 0.0, 0.0), scale).single()
    flat = np.linalg.norm(built.position[:, [0, 2]], axis=1)
    lamps: tuple[Lamp, ...] = ()
    if name == "lighthouse" and not ruined:
        lamps = (Lamp((0.0, 0.86 * usual * scale, 0.0), (30.0, 26.0, 18.0), 40.0),)
    return Thing(built, float(flat.max(initial=0.1)), float(built.position[:, 1].max(initial=0.1)), lamps)


def _spread_of(position: np.ndarray) -> tuple[float, float]:
    return float(np.ptp(position[:, 0])), float(np.ptp(position[:, 2]))


def public_building(kind: str, asked: ObjectSpec | None, wide: float, deep: float, seed: int) -> Quads:
    """A church, mosque or pagoda that fills a plot of that size, front towards +Z, in the colour and material asked
    for."""
    colour, material = (None, None) if asked is None else (asked.colour, asked.material)
    made = landmark_quads(kind, seed=seed, colour=colour, material=material)
    ends = made.shape[:, 0] + 0.5 * (made.shape[:, 1] + made.shape[:, 2])
    low, high = ends.min(axis=0), ends.max(axis=0)
    scale = min(wide / (high[0] - low[0]), deep / (high[2] - low[2]))
    made = replace(made, shape=made.shape * np.float32(scale), foot=made.foot * np.float32(scale))
    return made.placed(0.0, (0.0, 0.0, -0.5 * scale * float(low[2] + high[2])))


def town_wall(line: np.ndarray, gates: tuple[tuple[float, float, float], ...], height: Callable) -> Quads:
    """A stone wall with towers along a closed line (M, 2), and gate houses."""
    parts: list[Quads] = []

    def ground(place: np.ndarray) -> float:
        return float(height(np.asarray(place, np.float32)[None])[0])

    for start, end in zip(line, np.roll(line, -1, axis=0)):
        length = float(np.linalg.norm(end - start))
        along = (end - start) / length
        stops = [0.0, length]
        for x, z, _ in gates:
            at = float((np.array([x, z]) - start) @ along)
            off = float(np.linalg.norm(start + at * along - (x, z)))
            if off < 0.5 and 0 < at < length:
                stops += [max(at - 4.4, 0.0), min(at + 4.4, length)]
        stops.sort()
        for first, last in zip(stops[::2], stops[1::2]):
            count = max(int((last - first) / 9), 1)
            marks = np.linspace(first, last, count + 1)
            for a, b in pairwise(marks):
                place = start + along * (a + b) / 2
                turn = float(np.arctan2(-along[1], along[0]))
                low = min(ground(start + along * a), ground(start + along * b))
                parts.append(castles.rampart(float(b - a), 5.2, 1.6).placed(turn, (place[0], low, place[1])))
        parts.append(masonry.round_tower(2.9, 8.6).placed(0.0, (start[0], ground(start), start[1])))
    for x, z, heading in gates:
        parts.append(castles.gatehouse().placed(heading, (x, ground(np.array([x, z])), z)))
    return merge(parts).with_values(seed=0.37)


def building(
    style: TownStyle,
    footprint: tuple[float, float],
    floors: int,
    *,
    town: Settlement | None = None,
    seed: int = 0,
    spacing: float = 0.1,
    shop: bool = False,
    inside: bool = True,
) -> Thing:
    """A house of that style on a footprint (width, depth), metres, front towards +Z, with rooms if `inside`."""
    rng = np.random.default_rng([seed, 11])
    dress = dress_for(style, rng, None, floors=floors, shop=shop)
    dress = dress if town is None else obey(dress, town)
    made = house(dress, *footprint, floors, inside=inside, door=0.1 * footprint[0])
    built = cover(made, spacing, seed).single()
    flat = np.linalg.norm(built.position[:, [0, 2]], axis=1)
    return Thing(built, float(flat.max()), float(built.position[:, 1].max()))
