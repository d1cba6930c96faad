"""Landscapes, islands and towns: ground, waters, plants, buildings and things, put together; and where to stand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.plants import vegetate
from worldloom.generate.build.site import Bounds, Draft, Earthworks, Lamp
from worldloom.generate.build.terrain import Terrain
from worldloom.generate.build.things import Placed, put_things, stand_things
from worldloom.generate.daylight import sun_direction
from worldloom.generate.spec import WorldSpec
from worldloom.generate.surfels import Array, Surfels, join, no_surfels, unit

if TYPE_CHECKING:
    from worldloom.generate.build.town import TownPlan
    from worldloom.generate.build.town.start import Start

Point = tuple[float, float, float]
EYES = 1.65
"""Metres above the ground."""
_SKY = 26_000
"""Gaussians of the dome, which count too."""
_TALL = 0.45
"""Metres of room: plants that need more may hide the view."""
_LANE = 26.0
"""Metres before the first eyes that are kept open."""
_GARDENS = 0.12
"""Share of what buildings leave for the trees and hedges of a town's gardens."""
_FAR = 0.045
"""Share of the budget for what lies beyond the edge."""


def draft_outdoors(spec: WorldSpec) -> Draft:
    """The world of a spec whose kind is landscape, island or town."""
    bounds = Bounds.around(spec.extent)
    plan, earthworks = None, Earthworks()
    if spec.settlement.buildings > 0 or spec.settlement.road_count > 0:
        from worldloom.generate.build.town import plan_town

        natural = Terrain(spec, bounds)
        plan = plan_town(spec, natural.natural_height, bounds, lambda flat: ~natural.free(flat, 1.0))
        earthworks = plan.earthworks
    site = Terrain(spec, bounds, earthworks)
    if plan is not None and plan.start is not None and spec.kind == "town":
        eye, target = _in_the_town(site, plan.start)
    else:
        eye, target = viewpoint(spec, site, bounds, None if plan is None else plan.centre)
    things = put_things(_besides(spec, plan), site, eye, target, {} if plan is None else plan.spots)
    if things.pads:
        earthworks = Earthworks((*earthworks.pads, *things.pads), earthworks.roads)
        site = Terrain(spec, bounds, earthworks)
    left = max(spec.gaussians - _SKY, 1000)
    objects, object_lamps = stand_things(things, site, eye, int(0.25 * left))
    left -= len(objects)
    built, lamps, gardens = no_surfels(), (), no_surfels()
    if plan is not None:
        from worldloom.generate.build.town import build_town, plant_gardens

        built, lamps = build_town(spec, plan, site, int((0.55 if spec.kind == "town" else 0.3) * left), eye)
        left -= len(built)
        gardens = plant_gardens(spec, plan.gardens, site.height, int(_GARDENS * left), eye)
        left -= len(gardens)
    far = site.far(int(_FAR * left))
    left -= len(far)
    parts = _ground_and_plants(spec, site, bounds, left, eye, target, things.placed)
    parts["plants"] = join([parts["plants"], gardens])
    layers = {**parts, "buildings": built, "objects": objects, "far": far}
    return Draft(
        {name: part for name, part in layers.items() if len(part)},
        eye,
        target,
        site,
        (*lamps, *object_lamps),
        not_built=(*things.not_built, *_missing(plan)),
    )


def _besides(spec: WorldSpec, plan: TownPlan | None) -> WorldSpec:
    """The spec without the objects that are built with the town."""
    if plan is None or not plan.taken:
        return spec
    return spec.model_copy(update={"objects": tuple(one for one in spec.objects if one.id not in plan.taken)})


def _missing(plan: TownPlan | None) -> tuple[str, ...]:
    if plan is None or plan.missing == 0:
        return ()
    return (f"{plan.missing} of the buildings found no room; give a larger extent or fewer buildings.",)


def _in_the_town(site: Terrain, start: Start) -> tuple[Point, Point]:
    """Standing there, looking level or gently up or down a street."""
    place, ahead = np.asarray(start.place), np.asarray(start.ahead)
    step = 10 * unit(ahead - place)
    here, there = (float(level) for level in site.height(np.stack([place, place + 2 * step]).astype(np.float32)))
    rise = float(np.clip((there - here) / 20 + 0.035, -0.12, 0.12)) * 10
    eye = (float(place[0]), here + EYES, float(place[1]))
    return eye, (float(place[0] + step[0]), here + EYES + rise, float(place[1] + step[1]))


def outdoor_parts(spec: WorldSpec, bounds: Bounds, budget: int, near: tuple[float, float]) -> dict[str, Surfels]:
    """Ground, waters and plants of a part of the world, finest about the place `near` (x, z): for growing on."""
    site = Terrain(spec, bounds)
    level = float(site.height(np.array([near], np.float32))[0])
    return _ground_and_plants(spec, site, bounds, budget, (near[0], level + 2.5, near[1]), None, ())


def _ground_and_plants(
    spec: WorldSpec,
    site: Terrain,
    bounds: Bounds,
    budget: int,
    eye: Point,
    target: Point | None,
    placed: tuple[Placed, ...],
) -> dict[str, Surfels]:
    """Waters first, since they need what they need; plants and ground share the rest by how green it is."""
    water = site.water(bounds, int(0.22 * budget), eye)
    left = budget - len(water)
    cover = spec.vegetation
    green = 0.12 + 0.35 * max(cover.trees, 0.6 * cover.bushes) + 0.14 * cover.grass + 0.06 * cover.flowers
    plants = vegetate(spec, _Kept(site, placed, eye, target), bounds, int(min(green, 0.62) * left), eye)
    ground = site.surfels(bounds, left - len(plants), eye)
    return {"terrain": ground, "water": water, "plants": plants}


class _Kept:
    """The ground, where plants keep away from things that stand on it, and tall ones out of the first view."""

    def __init__(self, site: Terrain, placed: tuple[Placed, ...], eye: Point, target: Point | None) -> None:
        self._eye = np.array([eye[0], eye[2]])
        self._ahead = None if target is None else unit(np.array([target[0] - eye[0], target[2] - eye[2]]))
        self._at = np.array([(one.position[0], one.position[2]) for one in placed]).reshape(-1, 2)
        self._radius = np.array([one.radius for one in placed])
        self._site, self.bounds = site, site.bounds

    def height(self, flat: Array) -> Array:
        return self._site.height(flat)

    def normal(self, flat: Array) -> Array:
        return self._site.normal(flat)

    def water_level(self, flat: Array) -> Array:
        return self._site.water_level(flat)

    def anchors(self, feature: str) -> Array:
        return self._site.anchors(feature)

    def fertility(self, flat: Array) -> Array:
        return self._site.fertility(flat)

    def free(self, flat: Array, room: float) -> NDArray[np.bool_]:
        free = self._site.free(flat, room)
        for at, radius in zip(self._at, self._radius):
            free &= np.linalg.norm(flat - at, axis=1) > 0.9 * radius + room
        if self._ahead is not None and room > _TALL:
            free &= ~self._in_view(flat, room)
        return free

    def _in_view(self, flat: Array, room: float) -> Array:
        """What would stand in the way of the first look: right about the eye, and along a lane before it."""
        assert self._ahead is not None
        way = flat - self._eye
        along = way @ self._ahead
        beside = np.abs(way @ np.array([self._ahead[1], -self._ahead[0]]))
        wide = min(room, 5.0)
        lane = (along > 0) & (along < _LANE) & (beside < 1.0 + 0.16 * along + wide)
        return lane | (np.hypot(way[:, 0], way[:, 1]) < 3.5 + wide)


def viewpoint(
    spec: WorldSpec, site: Terrain, bounds: Bounds, centre: tuple[float, float] | None
) -> tuple[Point, Point]:
    """Where people start and what they look at first: dry and level ground with a free view over much of the world.

    Of many places, the one is taken from which most is seen of the middle distance, what is asked for lies ahead, and
    the sun stands to the side.
    """
    rng = np.random.default_rng([spec.seed, 90210])
    middle = np.array(centre if centre is not None else (0.0, 0.0))
    goals = _goals(spec, site, middle)
    size = min(bounds.size)
    reach = (0.10, 0.30) if centre is not None else (0.06, 0.38)
    count = 90
    turn = rng.uniform(0, 2 * np.pi, count)
    away = size * rng.uniform(*reach, count)
    places = middle + np.stack([np.sin(turn), np.cos(turn)], axis=1) * away[:, None]
    places = np.clip(places, [bounds.min_x + 4, bounds.min_z + 4], [bounds.max_x - 4, bounds.max_z - 4])
    level = np.asarray(site.height(places.astype(np.float32)), float)
    slope = np.asarray(site.normal(places.astype(np.float32)), float)[:, 1]
    dry = np.asarray(site.water_level(places.astype(np.float32)), float) < level - 0.1
    free = site.free(places.astype(np.float32), 1.0) if centre is None else dry
    eyes = level + EYES
    sun = sun_direction(spec.hour, spec.season)
    best, found = -np.inf, None
    for goal in goals:
        seen, ahead = _seen(site, places, eyes, goal)
        score = 2.2 * seen + 0.5 * slope + 0.05 * np.clip(eyes - ahead, -6, 14)
        flat = goal - places
        flat = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
        score -= 0.8 * np.maximum(flat @ np.array([sun[0], sun[2]]) - 0.35, 0)
        distance = np.linalg.norm(goal - places, axis=1)
        score -= 1.2 * np.abs(np.log(np.maximum(distance, 1.0) / (0.30 * size)))
        score = np.where(dry & free & (slope > 0.8), score, score - 30)
        index = int(score.argmax())
        if score[index] > best:
            best, found = float(score[index]), (places[index], eyes[index], goal, ahead[index])
    assert found is not None, "there is always a goal"
    place, height, goal, ahead = found
    toward = goal - place
    far = max(float(np.linalg.norm(toward)), 1e-3)
    # Eyes look level, or gently down or up at what is ahead.
    drop = float(np.clip((ahead - height) / far, -0.16, 0.10)) - 0.02
    step = toward / far * 10
    eye = (float(place[0]), float(height), float(place[1]))
    return eye, (float(place[0] + step[0]), float(height + 10 * drop), float(place[1] + step[1]))


def _goals(spec: WorldSpec, site: Terrain, middle: Array) -> list[Array]:
    """Places (2,) worth looking at."""
    names = [relation.target for one in spec.objects for relation in one.relations]
    names += ["village"] if spec.settlement.buildings else []
    names += ["lake"] * bool(spec.water.lakes) + ["river"] * bool(spec.water.rivers) + ["sea"] * spec.water.sea
    names += ["waterfall"] * bool(spec.water.waterfalls)
    names += ["peak"] if spec.relief.shape in ("mountains", "volcano", "hills") else []
    goals = [middle]
    for name in dict.fromkeys(names):
        found = site.anchors(name)
        if len(found):
            goals.append(np.asarray(found[0], float)[:2])
    return goals


def _seen(site: Terrain, places: Array, eyes: Array, goal: Array, steps: int = 14) -> tuple[Array, Array]:
    """Share (N,) of the way to a goal (2,) that is in view from eyes at places (N, 2), and the goal's height (N,)."""
    share = (np.arange(steps) + 1) / steps
    along = places[:, None] + share[None, :, None] * (goal - places)[:, None]
    ground = np.asarray(site.height(along.reshape(-1, 2).astype(np.float32)), float).reshape(len(places), steps)
    distance = np.maximum(np.linalg.norm(goal - places, axis=1)[:, None] * share, 0.5)
    rise = (ground - eyes[:, None]) / distance
    highest = np.maximum.accumulate(rise, axis=1)
    return (rise >= highest - 0.02).mean(axis=1) - (rise[:, : steps // 3].max(axis=1) > 0.0), ground[:, -1]


def lamp_at(lamp: Lamp, turn: float, at: Point, scale: float = 1.0) -> Lamp:
    """A thing's lamp where the thing stands."""
    x, y, z = (scale * value for value in lamp.position)
    cos, sin = math.cos(turn), math.sin(turn)
    placed = (at[0] + cos * x + sin * z, at[1] + y, at[2] + cos * z - sin * x)
    return replace(lamp, position=placed)
