"""Things that were asked for one by one: made, placed by their relations, stood on the ground."""

from __future__ import annotations

from dataclasses import dataclass

from worldloom.generate.build.site import Lamp, Pad, Site
from worldloom.generate.spec import WorldSpec
from worldloom.generate.surfels import Surfels, no_surfels

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Placed:
    """Where one thing stands, and how much room it takes."""

    position: Point
    radius: float


@dataclass(frozen=True, eq=False)
class Things:
    """All of them, before the ground is made level for them."""

    placed: tuple[Placed, ...] = ()
    pads: tuple[Pad, ...] = ()
    not_built: tuple[str, ...] = ()


def put_things(spec: WorldSpec, site: Site, eye: Point, target: Point) -> Things:
    return Things()


def stand_things(things: Things, site: Site, eye: Point, budget: int) -> tuple[Surfels, tuple[Lamp, ...]]:
    return no_surfels(), ()
