"""Putting things into a room one by one: against walls, round tables, on one another, on walls, from the ceiling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from worldloom.generate.build.interior.decor import Decor
from worldloom.generate.build.interior.floor import Floor, Rect, footprint, local
from worldloom.generate.build.interior.pieces import Item, Placed, extent
from worldloom.generate.build.interior.room import SIDES, RoomShape
from worldloom.generate.spec import Colour, ObjectSpec

WOODEN = frozenset({
    "table", "chair", "desk", "wardrobe", "bookshelf", "cupboard", "shelf", "stool", "kitchen_counter", "counter",
    "chest", "workbench", "pew", "piano", "clock", "easel", "coffee_table", "bedside_table", "side_table",
    "console_table", "dining_table", "kitchen_table", "bistro_table", "reading_table", "wall_cupboard",
    "sideboard", "school_desk",
})  # fmt: skip
STANDS_FOR = {
    "coffee_table": "table",
    "side_table": "table",
    "console_table": "table",
    "dining_table": "table",
    "kitchen_table": "table",
    "bistro_table": "table",
    "reading_table": "table",
    "wall_cupboard": "cupboard",
    "sideboard": "cupboard",
    "school_desk": "desk",
    "wall_clock": "clock",
}
"""Made-to-measure pieces, by what someone would call them."""
UPHOLSTERED = frozenset({"sofa", "armchair"})
EYE = 1.5
"""Height of the middle of pictures, metres."""
Score = Callable[[int, float], float]


def named(target: str) -> str:
    """What a relation points at: an id begins with what the thing is."""
    return target.rstrip("0123456789").rstrip("_")


@dataclass(frozen=True)
class Pendant:
    """A lamp that hangs from the ceiling."""

    x: float
    z: float
    drop: float = 0.75
    radius: float = 0.24
    panel: bool = False
    """A flat panel in the ceiling instead."""


@dataclass(frozen=True)
class RugPlace:
    x: float
    z: float
    width: float
    depth: float
    colour: Colour
    second: Colour


@dataclass
class Arranger:
    """A room being furnished."""

    room: RoomShape
    decor: Decor
    rng: np.random.Generator
    floor: Floor
    asked: list[ObjectSpec] = field(default_factory=list)
    """What someone wants in it, not yet placed."""
    without: frozenset[str] = frozenset()
    placed: list[Placed] = field(default_factory=list)
    pendants: list[Pendant] = field(default_factory=list)
    rugs: list[RugPlace] = field(default_factory=list)
    curtains: bool = False
    daises: list[tuple[float, float, int]] = field(default_factory=list)
    """Depth, width and steps of a dais before the north wall."""
    galleries: list[tuple[int, float, float]] = field(default_factory=list)
    """Side, height and depth."""
    tops: dict[int, list[Rect]] = field(default_factory=dict)
    """By number in `placed`: what lies on it already."""

    # -- which thing -------------------------------------------------------------------------------------------------

    def item(self, what: str, **changes: object) -> Item | None:
        """The thing of that name as someone asked for it, else as the room's colours have it; None where there is to be
        none."""
        if what in self.without or STANDS_FOR.get(what) in self.without:
            return None
        for number, spec in enumerate(self.asked):
            if spec.what in (what, STANDS_FOR.get(what)) and not spec.relations:
                if spec.count > 1:
                    self.asked[number] = spec.model_copy(update={"count": spec.count - 1})
                else:
                    del self.asked[number]
                mine = self.as_asked(spec)
                if mine.material is None and mine.height is None and mine.size == "normal":
                    mine = replace(mine, what=what)
                if mine.what != spec.what and mine.colour is None and what in WOODEN:
                    mine = replace(mine, colour=self.decor.wood)
                given = {key: value for key, value in changes.items() if getattr(mine, key) is None}
                return replace(mine, **given)  # type: ignore[arg-type]
        item = Item(what, variant=int(self.rng.integers(3)))
        if what in WOODEN:
            item = replace(item, colour=self.decor.wood)
        elif what in UPHOLSTERED:
            item = replace(item, colour=self.decor.fabric)
        elif what == "bed":
            item = replace(item, colour=self.decor.curtain)
        elif what in ("cushion", "curtain", "rug"):
            item = replace(item, colour=self.decor.accent)
        return replace(item, **changes)  # type: ignore[arg-type]

    def as_asked(self, spec: ObjectSpec) -> Item:
        return Item(
            spec.what,
            spec.height,
            spec.size,
            spec.colour,
            spec.material,
            spec.glowing,
            spec.ruined,
            int(self.rng.integers(3)),
        )

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    # -- where -------------------------------------------------------------------------------------------------------

    def put(self, item: Item, x: float, z: float, turn: float = 0.0, base: float = 0.0) -> Placed:
        placed = Placed(item, float(x), float(z), float(turn), float(base))
        self.placed.append(placed)
        self._load(placed)
        return placed

    def _load(self, below: Placed) -> None:
        """Lay on it what was asked for to be there, before the usual things take the place."""
        name = STANDS_FOR.get(below.item.what, below.item.what)
        for spec in list(self.asked):
            relation = spec.relations[0] if spec.relations else None
            if relation is None or relation.relation != "on" or named(relation.target) != name:
                continue
            laid = 0
            while laid < spec.count and self.lay(self.as_asked(spec), below) is not None:
                laid += 1
            if laid:
                self.asked.remove(spec)
            if 0 < laid < spec.count:
                self.asked.append(spec.model_copy(update={"count": spec.count - laid}))

    def rect(self, item: Item, x: float, z: float, turn: float) -> Rect:
        width, depth, _ = extent(item)
        return footprint(x, z, turn, width, depth)

    def stand(self, item: Item | None, x: float, z: float, turn: float = 0.0, gap: float = 0.02) -> Placed | None:
        """On the floor there, if there is room."""
        if item is None:
            return None
        rect = self.rect(item, x, z, turn)
        if not self.floor.fits([rect], gap=gap):
            return None
        self.floor.take([rect])
        return self.put(item, x, z, turn)

    def against(
        self,
        what: str | Item,
        score: Score | None = None,
        clear: float = 0.5,
        sides: Sequence[int] = SIDES,
        tries: int = 60,
        **changes: object,
    ) -> Placed | None:
        """With its back to a wall where `score` (side, u) is highest, `clear` metres free before it."""
        item = what if isinstance(what, Item) else self.item(what, **changes)
        if item is None:
            return None
        width, depth, height = extent(item)
        rate = score or self.somewhere
        for number, (side, u, x, z, turn) in enumerate(self.floor.wall_places(width, depth, height, rate, sides=sides)):
            if number >= tries * 3:
                break
            rect = footprint(x, z, turn, width, depth)
            front = self.floor.front(side, u, width, depth, clear)
            if self.floor.fits([rect], [front] if clear else []):
                self.floor.take([rect], [front] if clear else [])
                self.floor.on_walls.append((side, u - width / 2, u + width / 2, 0.0, height))
                return self.put(item, x, z, turn)
        return None

    def somewhere(self, side: int, u: float) -> float:
        return float(np.sin(37.1 * side + 3.3 * u + self.room.width * 7.7))

    def by_window(self, side: int, u: float) -> float:
        near = [abs(u - window.middle) for window in self.room.windows() if window.side == side]
        return -min(near, default=9.0)

    def in_corner(self, side: int, u: float) -> float:
        place = self.room.on_wall(side, u)
        return -min(u, self.room.length(side) - u) + 0.35 * self.floor.distance_to_doors(
            float(place[0]), float(place[2])
        )

    def mid_wall(self, side: int, u: float) -> float:
        """On a long wall without windows, in its middle, away from doors."""
        room = self.room
        windows = sum(window.width for window in room.windows() if window.side == side)
        doors = sum(1.0 for door in room.doors() if door.side == side)
        place = room.on_wall(side, u)
        away = min(self.floor.distance_to_doors(float(place[0]), float(place[2])), 2.5)
        return room.length(side) - 1.4 * windows - 1.2 * doors - 1.1 * abs(u - room.length(side) / 2) + 0.5 * away

    # -- on top of, on walls, from the ceiling -----------------------------------------------------------------------

    def on_top(
        self, below: Placed | None, what: str, at: tuple[float, float] | None = None, **changes: object
    ) -> Placed | None:
        """On a table, a shelf, a counter: at `at` (metres right and front of its middle) or where there is room."""
        if below is None:
            return None
        item = self.item(what, **changes)
        return None if item is None else self.lay(item, below, at)

    def lay(self, item: Item, below: Placed, at: tuple[float, float] | None = None) -> Placed | None:
        """`item` on top of something."""
        number = self.placed.index(below)
        wide, deep, top = extent(below.item)
        width, depth, _ = extent(item)
        reach = max(width, depth)
        turn = below.turn + (0.0 if at is not None else float(self.rng.uniform(-0.5, 0.5)))
        for _ in range(1 if at is not None else 14):
            spot = at or (
                float(self.rng.uniform(-1, 1)) * max(wide / 2 - 0.06 - width / 2, 0),
                float(self.rng.uniform(-1, 1)) * max(deep / 2 - 0.06 - depth / 2, 0),
            )
            half = 0.4 * reach if at is not None else 0.5 * reach  # where it is put on purpose, it may come close
            mine = Rect(spot[0] - half, spot[1] - half, spot[0] + half, spot[1] + half)
            lying = self.tops.setdefault(number, [])
            if any(mine.meets(other) for other in lying):
                continue
            lying.append(mine)
            x, z = local(below.x, below.z, below.turn, *spot)
            return self.put(item, x, z, turn, below.base + top)
        return None

    def hang(
        self,
        what: str | Item,
        score: Score | None = None,
        middle: float = EYE,
        sides: Sequence[int] = SIDES,
        **changes: object,
    ) -> Placed | None:
        """On a wall, its middle at that height."""
        item = what if isinstance(what, Item) else self.item(what, **changes)
        if item is None:
            return None
        width, depth, height = extent(item)
        low = min(middle - height / 2, self.room.height - height - 0.12)
        rate = score or self.mid_wall
        for side, u, x, z, turn in self.floor.wall_places(width, depth, 0.0, rate, gap=0.012, sides=sides):
            if self.floor.wall_free(side, u - width / 2 - 0.12, u + width / 2 + 0.12, low, low + height):
                self.floor.on_walls.append((side, u - width / 2, u + width / 2, low, low + height))
                return self.put(item, x, z, turn, low)
        return None

    def above(self, below: Placed | None, what: str, middle: float = EYE) -> Placed | None:
        """On the wall over something that stands against it."""
        if below is None:
            return None

        def near(side: int, u: float) -> float:
            place = self.room.on_wall(side, u)
            return -float(np.hypot(place[0] - below.x, place[2] - below.z))

        return self.hang(what, near, middle)

    def pendant(self, x: float, z: float, drop: float | None = None, radius: float = 0.24, panel: bool = False) -> None:
        if not self.without & {"lamp", "lamps"}:
            usual = float(np.clip(self.room.height - 2.0, 0.35, 4.0))
            self.pendants.append(Pendant(x, z, usual if drop is None else drop, radius, panel))

    def chandelier(self, x: float, z: float, low: float, **changes: object) -> None:
        """Its lowest point at that height."""
        item = self.item("chandelier", **changes)
        if item is not None:
            top = extent(item)[2]
            self.put(item, x, z, 0.0, min(max(low, 2.0), self.room.height - top))

    def rug(self, x: float, z: float, width: float, depth: float) -> None:
        if self.without & {"rug", "carpet"}:
            return
        item = self.item("rug")
        room = self.room
        x0, x1 = max(x - width / 2, room.min_x + 0.25), min(x + width / 2, room.max_x - 0.25)
        z0, z1 = max(z - depth / 2, room.min_z + 0.25), min(z + depth / 2, room.max_z - 0.25)
        if item is not None and x1 - x0 > 0.5 and z1 - z0 > 0.5:
            colour = item.colour or self.decor.accent
            self.rugs.append(RugPlace((x0 + x1) / 2, (z0 + z1) / 2, x1 - x0, z1 - z0, colour, self.decor.fabric))

    def rugs_runner(self, x: float, z0: float, z1: float, width: float) -> None:
        """A long carpet up the middle of a nave."""
        item = self.item("rug")
        if item is not None and not self.without & {"carpet"}:
            colour = item.colour or (0.55, 0.1, 0.12)
            self.rugs.append(
                RugPlace(
                    x,
                    (z0 + z1) / 2,
                    width,
                    z1 - z0,
                    (0.55, 0.1, 0.12) if colour == self.decor.accent else colour,
                    (0.8, 0.62, 0.25),
                )
            )

    # -- groups ------------------------------------------------------------------------------------------------------

    def table_with_chairs(
        self,
        table: Item | None,
        x: float,
        z: float,
        turn: float = 0.0,
        chairs: int = 4,
        chair: str = "chair",
        ends: bool = True,
    ) -> Placed | None:
        """A table and as many chairs round it as there is room for."""
        if table is None:
            return None
        top = self.stand(table, x, z, turn)
        if top is None:
            return None
        wide, deep, _ = extent(table)
        seat = self.item(chair)
        if seat is None:
            return top
        _, reach, _ = extent(seat)
        places: list[tuple[float, float, float]] = []
        along = max((chairs - (2 if ends and chairs > 4 else 0)) // 2, 1)
        for index in range(along):
            at = ((index + 0.5) / along - 0.5) * wide * 0.92
            places += [(at, deep / 2 + 0.3 * reach, np.pi), (at, -deep / 2 - 0.3 * reach, 0.0)]
        if ends and (chairs > 4 or (chairs == 2 and along == 0)):
            places += [(wide / 2 + 0.3 * reach, 0.0, -np.pi / 2), (-wide / 2 - 0.3 * reach, 0.0, np.pi / 2)]
        for dx, dz, facing in places[:chairs]:
            cx, cz = local(x, z, turn, dx, dz)
            self._tuck(seat, cx, cz, turn + facing + float(self.rng.uniform(-0.07, 0.07)), top)
            if len(self.asked) and any(spec.what == chair for spec in self.asked):
                seat = self.item(chair) or seat
        return top

    def _tuck(self, seat: Item, x: float, z: float, turn: float, table: Placed) -> Placed | None:
        """A chair partly under its table: only what stands out needs floor."""
        rect = self.rect(seat, x, z, turn)
        others = [other for other in self.floor.taken if other != self.rect(table.item, table.x, table.z, table.turn)]
        if not self.floor.inside(rect) or any(rect.meets(other) for other in (*others, *self.floor.kept_clear)):
            return None
        if not self.floor.passable([rect]):
            return None
        self.floor.take([rect])
        return self.put(seat, x, z, turn)

    def scatter(self, below: Placed | None, names: Sequence[str], count: int) -> None:
        """Small things on a table."""
        for _ in range(count):
            self.on_top(below, names[int(self.rng.integers(len(names)))])

    def plants(self, count: int) -> None:
        for _ in range(count):
            self.against(
                "plant_pot", lambda side, u: self.in_corner(side, u) + 0.3 * self.by_window(side, u), clear=0.0
            )

    def pictures(self, count: int) -> None:
        for _ in range(count):
            self.hang("picture")
