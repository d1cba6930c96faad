"""Things that were asked for one by one: made, placed by their relations, stood on the ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from worldloom.generate import catalogue
from worldloom.generate.build.objects.making import RECIPES, SIZES, make
from worldloom.generate.build.objects.placing import Extent, Spot, place
from worldloom.generate.build.site import Lamp, Pad, Site
from worldloom.generate.build.thing import Thing
from worldloom.generate.spec import ObjectSpec, Season, WorldSpec
from worldloom.scene.surfels import Array, Surfels, join, no_surfels

Point = tuple[float, float, float]
_VARIANTS = 4
"""Of many alike, so many are made; the others are copies."""
_FINE = 0.0024
"""Spacing over distance that eyes can't tell from finer."""
_LARGE = 2.2
"""Metres of radius from which the ground is made level."""


@dataclass(frozen=True)
class Placed:
    """Where one thing stands, and how much room it takes."""

    position: Point
    radius: float
    height: float


@dataclass(frozen=True, eq=False)
class Things:
    """All of them, before the ground is made level for them."""

    placed: tuple[Placed, ...] = ()
    pads: tuple[Pad, ...] = ()
    not_built: tuple[str, ...] = ()
    objects: tuple[ObjectSpec, ...] = ()
    spots: tuple[Spot, ...] = ()
    season: Season = "summer"
    seed: int = 0


def put_things(
    spec: WorldSpec, site: Site, eye: Point, target: Point, given: Mapping[str, Sequence[Point]] | None = None
) -> Things:
    """Find a place for every object of the spec; what can't be made or has no room is told in `not_built`. `given`:
    places (x, z, turn) of some of them, by id."""
    known = tuple(one for one in spec.objects if can_make(one.what))
    missing = [one.what.replace("_", " ") for one in spec.objects if not can_make(one.what)]
    told = [f"A {name} can't be made yet." for name in dict.fromkeys(missing)]
    sizes: dict[str, Extent] = {}
    for one in known:
        made = made_thing(one, 0, spec.seed, spec.season, 0.3)
        sizes[one.id] = Extent(made.radius, made.height)
    found = place(spec, site, eye, target, sizes, given or {})
    kinds = {one.id: one for one in known}
    placed, pads = [], []
    for spot in found.spots:
        radius = sizes[spot.id].radius
        flat = np.array([[spot.x, spot.z]], np.float32)
        level = float(site.height(flat)[0])
        if spot.bearer == "ground" and spot.base < 0.5:
            placed.append(Placed((spot.x, level, spot.z), radius, sizes[spot.id].height))
            what = kinds[spot.id].what
            if radius > _LARGE and what not in catalogue.PLANTS and what not in ("bridge", "pier"):
                pads.append(_pad(spot, radius, site))
    return Things(tuple(placed), tuple(pads), (*told, *found.not_built), known, found.spots, spec.season, spec.seed)


def stand_things(things: Things, site: Site, eye: Point, budget: int) -> tuple[Surfels, tuple[Lamp, ...]]:
    """All things on their ground, about as fine as eyes at `eye` can see, at most `budget` surfels; and their lamps."""
    kinds = {one.id: one for one in things.objects}
    distance = np.array([np.hypot(spot.x - eye[0], spot.z - eye[2]) for spot in things.spots])
    coarser = 1.0
    chosen: list[Thing] = []
    for _ in range(12):
        chosen = [
            made_thing(
                kinds[spot.id], spot.number % _VARIANTS, things.seed, things.season, _step(coarser * _FINE * far)
            )
            for spot, far in zip(things.spots, distance)
        ]
        total = sum(len(one.surfels) for one in chosen)
        if total <= budget:
            break
        coarser *= max(1.1, 1.05 * float(np.sqrt(total / max(budget, 1))))
    parts, lamps, tops = [], [], {}
    for spot, made in zip(things.spots, chosen):
        level = tops[spot.bearer] if spot.bearer in tops else _level(spot, made.radius, site)
        at = (spot.x, level + spot.base, spot.z)
        if spot.number == 0:
            tops[spot.id] = at[1] + made.height
        parts.append(made.surfels.placed(spot.turn, at))
        lamps += [_lamp_at(lamp, spot.turn, at) for lamp in made.lamps]
    return (join(parts).single() if parts else no_surfels()), tuple(lamps)


def can_make(what: str) -> bool:
    return what in RECIPES or what in catalogue.PLANTS or what in _landmarks()


def _landmarks() -> tuple[str, ...]:
    from worldloom.generate.build.town import LANDMARKS

    return LANDMARKS


def _step(spacing: float) -> float:
    """In a few steps, so that things at much the same distance are made once."""
    return float(1.35 ** np.ceil(np.log(max(spacing, 0.004)) / np.log(1.35)))


def made_thing(one: ObjectSpec, variant: int, seed: int, season: Season, spacing: float) -> Thing:
    """One thing, whatever makes it: an object, a plant or a landmark.

    Args:
        variant: which of many alike.
        spacing: metres from surfel to surfel, if it is not coarser by itself.

    Raises:
        InvalidDataError: it can't be made; see `can_make`.
    """
    number = (seed * 7 + variant) % 1_000_003
    if one.what in RECIPES:
        scale = SIZES[one.size] if one.height is None else one.height / RECIPES[one.what].height
        return make(
            one.what,
            height=one.height,
            size=one.size,
            colour=one.colour,
            material=one.material,
            ruined=one.ruined,
            glowing=one.glowing,
            seed=number,
            spacing=max(spacing, RECIPES[one.what].spacing * scale**0.7),
        )
    if one.what in catalogue.PLANTS:
        return _grown(one, number, season, spacing)
    from worldloom.generate.build.town import landmark

    made = landmark(
        one.what,
        height=one.height,
        size=one.size,
        colour=one.colour,
        material=one.material,
        ruined=one.ruined,
        seed=number,
        spacing=max(spacing, 0.05),
    )
    if one.glowing and not made.lamps:
        lamp = Lamp((0.0, 0.5 * made.height, made.radius + 1.0), (6.0, 4.0, 1.8), 12.0 + made.height)
        made = replace(made, lamps=(lamp,))
    return made


def _grown(one: ObjectSpec, number: int, season: Season, spacing: float) -> Thing:
    from worldloom.generate.build.materials import linear
    from worldloom.generate.build.plants import plant

    red, green, blue = (float(part) for part in linear(one.colour)) if one.colour else (0.0, 0.0, 0.0)
    detail = int(np.clip(np.log2(spacing / 0.03), 0, 3))
    pieces = plant(one.what, one.height, season, (red, green, blue) if one.colour else None, number, detail)
    if one.height is None:
        pieces = pieces.placed(0.0, (0.0, 0.0, 0.0), SIZES[one.size])
    top = float(pieces.position[:, 1].max())
    reach = float(np.quantile(np.linalg.norm(pieces.position[:, [0, 2]], axis=1), 0.9))
    lamps = (Lamp((0.0, 0.6 * top, 0.0), (2.0, 2.0, 1.4), 4.0 + 2 * top),) if one.glowing else ()
    return Thing(pieces, reach, top, lamps)


def _pad(spot: Spot, radius: float, site: Site) -> Pad:
    ring = _around(spot, 0.7 * radius)
    height = float(np.median(site.height(ring)))
    half = 0.72 * radius
    return Pad((spot.x, spot.z), (half, half), spot.turn, height, margin=max(2.0, 0.45 * radius))


def _around(spot: Spot, radius: float) -> Array:
    angle = np.arange(12) * np.pi / 6
    ring = np.stack([spot.x + radius * np.sin(angle), spot.z + radius * np.cos(angle)], axis=1)
    return np.concatenate([[[spot.x, spot.z]], ring]).astype(np.float32)


def _level(spot: Spot, radius: float, site: Site) -> float:
    """So that no edge of a wide thing hangs in the air."""
    around = _around(spot, min(0.6 * radius, 6.0))
    ground = site.height(around)
    if spot.bearer == "water":
        return float(np.maximum(site.water_level(around[:1]), ground[:1])[0])
    return float(0.5 * ground[0] + 0.5 * ground.min()) if spot.base < 0.5 else float(ground[0])


def _lamp_at(lamp: Lamp, turn: float, at: Point) -> Lamp:
    x, y, z = lamp.position
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    return replace(lamp, position=(at[0] + cos * x + sin * z, at[1] + y, at[2] + cos * z - sin * x))
