"""The ground that things stand on, as builders of towns, plants and objects see it; and what they do to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from worldloom.scene.surfels import Array, Surfels

Surface = Literal["grass", "soil", "path", "dirt", "gravel", "cobble", "asphalt", "pavement", "field", "sand", "stone"]


@dataclass(frozen=True)
class Bounds:
    """A level rectangle, metres. Half open: a thing belongs to the tile in which its root lies."""

    min_x: float
    min_z: float
    max_x: float
    max_z: float

    @staticmethod
    def around(extent: float) -> Bounds:
        """A square of that edge about the origin."""
        return Bounds(-extent / 2, -extent / 2, extent / 2, extent / 2)

    @property
    def size(self) -> tuple[float, float]:
        return self.max_x - self.min_x, self.max_z - self.min_z

    def grown(self, by: float) -> Bounds:
        return Bounds(self.min_x - by, self.min_z - by, self.max_x + by, self.max_z + by)

    def inside(self, flat: Array) -> NDArray[np.bool_]:
        """Which of the places (N, 2), x and z, lie in it."""
        x, z = flat[:, 0], flat[:, 1]
        return (x >= self.min_x) & (x < self.max_x) & (z >= self.min_z) & (z < self.max_z)


@dataclass(frozen=True)
class Pad:
    """Ground that is made level for something: an oriented rectangle with a soft edge."""

    center: tuple[float, float]
    """x, z"""
    half_size: tuple[float, float]
    """Along its own x and z, metres."""
    turn: float
    """About +Y, radians, as `Surfels.placed` turns."""
    height: float
    margin: float = 3.0
    """Metres over which it passes into the ground around."""
    surface: Surface | None = None
    """What it is covered with; None leaves what is there."""
    covered: bool = False
    """A building's floor covers it: no ground surfels are needed inside."""


@dataclass(frozen=True, eq=False)
class Road:
    """A strip of made ground along a line."""

    line: Array
    """(M, 2) x and z, metres."""
    width: float
    surface: Surface
    heights: Array | None = None
    """(M,) of its middle; None follows the ground, smoothed."""
    pavement: float = 0.0
    """Width of a raised walk on each side, metres."""


@dataclass(frozen=True)
class Earthworks:
    """All that is done to the ground before it is built on."""

    pads: tuple[Pad, ...] = ()
    roads: tuple[Road, ...] = ()


class Site(Protocol):
    """The ground. Every answer is a function of world coordinates alone, whatever part of the world is being built, so
    that tiles made later fit exactly."""

    bounds: Bounds

    def height(self, flat: Array) -> Array:
        """Metres (N,) of the ground (under water, of its bed) at places (N, 2), x and z."""
        ...

    def normal(self, flat: Array) -> Array:
        """Unit normals (N, 3) of the ground."""
        ...

    def water_level(self, flat: Array) -> Array:
        """Metres (N,) of the water's surface there; -inf where there is no water near."""
        ...

    def free(self, flat: Array, room: float) -> NDArray[np.bool_]:
        """Which places (N, 2) are dry and `room` metres away from roads, pads and water."""
        ...

    def anchors(self, feature: str) -> Array:
        """Places (M, 2) where a feature of `catalogue.FEATURES` is ("lake": at its shore, "cliff": on its edge, "peak",
        "forest": inside it...), best first; none where the land has no such thing."""
        ...


@dataclass(frozen=True, eq=False)
class Lamp:
    """A light in the scene."""

    position: tuple[float, float, float]
    colour: tuple[float, float, float]
    """Linear; radiant intensity: a white surface facing it at 1 m is as bright as 1 is."""
    reach: float = 8.0
    """Metres at which it has faded to nothing."""
    always: bool = False
    """Burns by day too (indoors, caves); else only when it is dark."""


@dataclass(frozen=True, eq=False)
class Draft:
    """A world before it is lit."""

    layers: dict[str, Surfels]
    """By the layer's name: "terrain", "water", "plants", "buildings", "objects", "interior"..."""
    spawn: tuple[float, float, float]
    """Eyes, metres."""
    look_at: tuple[float, float, float]
    site: Site | None = None
    lamps: tuple[Lamp, ...] = ()
    indoor: bool = False
    """No sky dome but what windows show, and daylight only through openings."""
    not_built: tuple[str, ...] = field(default=())
    """What was asked for and can't be made, in plain words."""
