"""Landscapes, islands and towns: ground, waters, plants, buildings and things, put together; and where to stand."""

from __future__ import annotations

import math
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.plants import Plan, grown, planned
from worldloom.generate.build.site import Bounds, Draft, Earthworks, Lamp
from worldloom.generate.build.terrain import Terrain
from worldloom.generate.build.things import Placed, put_things, stand_things
from worldloom.generate.build.views import EYES, Mark, View, best_view, raised
from worldloom.generate.sky import dome_count
from worldloom.generate.spec import WorldSpec
from worldloom.scene.surfels import Array, Surfels, join, no_surfels, unit

if TYPE_CHECKING:
    from worldloom.generate.build.town import TownPlan
    from worldloom.generate.build.town.start import Start
    from worldloom.render.ground import HeightGrid

Point = tuple[float, float, float]
_TALL = 0.28
"""Metres of room: plants that need more may hide the view."""
_LANE = 26.0
"""Metres before the first eyes that are kept open in a street."""
_GARDENS = 0.12
"""Share of what buildings leave for the trees and hedges of a town's gardens."""
_FAR = 0.045
"""Share of the budget for what lies beyond the edge."""


def draft_outdoors(spec: WorldSpec) -> Draft:
    """The world of a spec whose kind is landscape, island or town."""
    bounds = Bounds.around(spec.extent)
    plan, earthworks = None, Earthworks()
    natural = Terrain(spec, bounds)
    if spec.settlement.buildings > 0 or spec.settlement.road_count > 0:
        from worldloom.generate.build.town import plan_town

        plan = plan_town(spec, natural.natural_height, bounds, lambda flat: ~natural.free(flat, 1.0))
        earthworks = plan.earthworks
    site = natural.worked(earthworks)
    besides = _besides(spec, plan)
    spots = {} if plan is None else plan.spots
    if plan is not None and plan.start is not None and spec.kind == "town":
        view = _in_the_town(site, plan.start)
        things = put_things(besides, site, view.eye, view.target, spots)
    else:
        view = _view(besides, site, bounds, plan)
        things = put_things(besides, site, view.eye, view.target, spots)
        view = raised(view, _marks(things.placed))
    eye, target = view.eye, view.target
    if things.pads:
        earthworks = Earthworks((*earthworks.pads, *things.pads), earthworks.roads)
        site = natural.worked(earthworks)
    left = spec.gaussians - dome_count(spec.gaussians)
    built, lamps, gardens = no_surfels(), (), no_surfels()
    with ThreadPoolExecutor(2) as beside:
        wild = beside.submit(_wild, spec, site, bounds, eye, view, things.placed)  # needs to know of no budget yet
        objects, object_lamps = stand_things(things, site, eye, int(0.25 * left))
        left = max(left - len(objects), left // 3)
        if plan is not None:
            from worldloom.generate.build.town import build_town, plant_gardens

            built, lamps = build_town(spec, plan, site, int((0.55 if spec.kind == "town" else 0.3) * left), eye)
            left = max(left - len(built), left // 3)
            gardens = plant_gardens(spec, plan.gardens, site.height, int(_GARDENS * left), eye)
            left -= len(gardens)
        far = beside.submit(site.far, int(_FAR * left))
        parts = _ground_and_plants(spec, site, bounds, left - int(_FAR * left), eye, wild)
    parts["plants"] = join([parts["plants"], gardens])
    layers = {**parts, "buildings": built, "objects": objects, "far": far.result()}
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


def _view(spec: WorldSpec, site: Terrain, bounds: Bounds, plan: TownPlan | None) -> View:
    """Of what was built and what stands where the land has a place for it; other things are put where one looks."""
    centre = None if plan is None else plan.centre
    marks = []
    if centre is not None:
        marks.append(Mark(centre, float(site.height(np.array([centre], np.float32))[0]), 7.0, 0.8))
    there = tuple(one for one in spec.objects if any(site.has(relation.target) for relation in one.relations))
    if there:
        stand = centre if centre is not None else (0.0, 0.0)
        level = float(site.height(np.array([stand], np.float32))[0]) + EYES
        only = spec.model_copy(update={"objects": there})
        placed = put_things(only, site, (stand[0], level, stand[1]), (stand[0], level, stand[1] - 10.0)).placed
        marks += _marks(placed)
    return best_view(spec, site, bounds, centre, marks)


def _marks(placed: tuple[Placed, ...]) -> list[Mark]:
    return [Mark((one.position[0], one.position[2]), one.position[1], one.height, 1.4) for one in placed[:6]]


def _missing(plan: TownPlan | None) -> tuple[str, ...]:
    if plan is None or plan.missing == 0:
        return ()
    return (f"{plan.missing} of the buildings found no room; give a larger extent or fewer buildings.",)


def _in_the_town(site: Terrain, start: Start) -> View:
    """Standing there, looking level or gently up or down a street."""
    place, ahead = np.asarray(start.place), np.asarray(start.ahead)
    step = 10 * unit(ahead - place)
    here, there = (float(level) for level in site.height(np.stack([place, place + 2 * step]).astype(np.float32)))
    rise = float(np.clip((there - here) / 20 + 0.035, -0.12, 0.12)) * 10
    eye = (float(place[0]), here + EYES, float(place[1]))
    return View(eye, (float(place[0] + step[0]), here + EYES + rise, float(place[1] + step[1])), _LANE)


def outdoor_parts(spec: WorldSpec, bounds: Bounds, budget: int, near: tuple[float, float]) -> dict[str, Surfels]:
    """Ground, waters and plants of a part of the world, finest about the place `near` (x, z): for growing on."""
    site = Terrain(spec, bounds)
    level = float(site.height(np.array([near], np.float32))[0])
    eye = (near[0], level + 2.5, near[1])
    with ThreadPoolExecutor(1) as beside:
        wild = beside.submit(_wild, spec, site, bounds, eye, None, ())
        return _ground_and_plants(spec, site, bounds, budget, eye, wild)


def _wild(
    spec: WorldSpec, site: Terrain, bounds: Bounds, eye: Point, view: View | None, placed: tuple[Placed, ...]
) -> tuple[Plan, tuple[HeightGrid, Array]]:
    """What grows where, and how the ground is to be cut, whatever there is to spend on either."""
    with ThreadPoolExecutor(1) as beside:
        cuttable = beside.submit(site.cuttable, bounds, eye)
        return planned(spec, _Kept(site, placed, eye, view), bounds, eye), cuttable.result()


def _ground_and_plants(
    spec: WorldSpec,
    site: Terrain,
    bounds: Bounds,
    budget: int,
    eye: Point,
    wild: Future[tuple[Plan, tuple[HeightGrid, Array]]],
) -> dict[str, Surfels]:
    """Waters first, since they need what they need; plants and ground share the rest by how green it is."""
    water = site.water(bounds, int(0.14 * budget), eye)
    left = budget - len(water)
    cover = spec.vegetation
    green = 0.17 + 0.56 * max(cover.trees, 0.6 * cover.bushes) + 0.24 * cover.grass + 0.1 * cover.flowers
    plan, cuttable = wild.result()
    plants = grown(plan, int(min(green, 0.66) * left))
    ground = site.surfels(bounds, left - len(plants), eye, cuttable)
    return {"terrain": ground, "water": water, "plants": plants}


class _Kept:
    """The ground, where plants keep away from things that stand on it, and tall ones out of the first view."""

    def __init__(self, site: Terrain, placed: tuple[Placed, ...], eye: Point, view: View | None) -> None:
        self._eye = np.array([eye[0], eye[2]])
        self._ahead, self._clear = None, 0.0
        if view is not None:
            self._ahead = unit(np.array([view.target[0] - eye[0], view.target[2] - eye[2]]))
            self._clear = view.clear
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
        """What would stand in the way of the first look: right about the eye, and in the middle of what lies before it;
        trees to the left and right frame the picture."""
        assert self._ahead is not None
        way = flat - self._eye
        along = way @ self._ahead
        beside = np.abs(way @ np.array([self._ahead[1], -self._ahead[0]]))
        wide = min(2.0 * room, 5.0)
        lane = (along > 0) & (along < self._clear) & (beside < 1.5 + 0.36 * along + wide)
        return lane | (np.hypot(way[:, 0], way[:, 1]) < 4.5 + 1.4 * wide)


def lamp_at(lamp: Lamp, turn: float, at: Point, scale: float = 1.0) -> Lamp:
    """A thing's lamp where the thing stands."""
    x, y, z = (scale * value for value in lamp.position)
    cos, sin = math.cos(turn), math.sin(turn)
    placed = (at[0] + cos * x + sin * z, at[1] + y, at[2] + cos * z - sin * x)
    return replace(lamp, position=placed)
