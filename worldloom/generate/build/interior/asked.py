"""Things that someone asked for by name in a room, with where they should be."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.interior.arranger import EYE, STANDS_FOR, Arranger, Score, named
from worldloom.generate.build.interior.pieces import Placed, extent
from worldloom.generate.build.interior.room import EAST, WEST
from worldloom.generate.spec import ObjectSpec, Relation
from worldloom.scene.errors import InvalidDataError

ON_WALLS = frozenset({"picture", "mirror", "blackboard", "curtain", "flag", "shelf"})
ON_TABLES = frozenset({"book", "bottle", "bowl", "cup", "vase", "candle", "computer", "lantern", "globe"})
BELOW_CEILINGS = frozenset({"chandelier"})
TABLES = ("table", "desk", "counter", "cupboard", "kitchen_counter", "workbench", "altar", "chest", "console")
"""Things to put others on, the likeliest first; measured pieces count as what they stand for."""
_BUILT_IN = frozenset({"window", "door", "rug"})


def only_possible(a: Arranger) -> list[str]:
    """Leave out what can't stand in a room, in words; what is higher than the room is made lower."""
    kept, missed = [], []
    for spec in a.asked:
        name = spec.what.replace("_", " ")
        try:
            height = extent(a.as_asked(spec))[2] if spec.what not in _BUILT_IN else 0.0
        except InvalidDataError:
            missed.append(f"A {name} can't be built indoors.")
            continue
        most = 0.85 * a.room.height
        if height > most and spec.height is not None:
            missed.append(f"The {name} of {spec.height:g} m is higher than the room.")
            continue
        kept.append(spec.model_copy(update={"height": most}) if height > most else spec)
    a.asked[:] = kept
    return missed


def place_first(a: Arranger) -> None:
    """Large things with a place of their own, before the room's usual furniture takes it."""
    for spec in list(a.asked):
        targets = {relation.target for relation in spec.relations}
        small = spec.what in ON_TABLES or spec.what in ON_WALLS or spec.what in BELOW_CEILINGS
        if small or not targets & {
            "window",
            "corner",
            "wall",
            "centre",
            "left",
            "right",
            "middle",
            "room",
            "background",
        }:
            continue
        left = _all_of(a, spec)
        a.asked.remove(spec)
        if left:
            a.asked.append(spec.model_copy(update={"count": left}))


def place_rest(a: Arranger) -> list[str]:
    """Everything else; what found no place, in words."""
    missed = []
    for spec in list(a.asked):
        if spec.what in _BUILT_IN:
            continue
        left = _all_of(a, spec)
        if left:
            name = spec.what.replace("_", " ")
            missed.append(
                f"No room was left for {left} of {spec.count} {name}."
                if spec.count > 1
                else f"No room was left for the {name}."
            )
    a.asked.clear()
    return missed


def _all_of(a: Arranger, spec: ObjectSpec) -> int:
    """How many found no place: where one doesn't, those like it don't either."""
    for number in range(spec.count):
        if _one(a, spec, number) is None:
            return spec.count - number
    return 0


def _one(a: Arranger, spec: ObjectSpec, number: int) -> Placed | None:
    item = a.as_asked(spec)
    relation = spec.relations[0] if spec.relations else None
    if spec.what in BELOW_CEILINGS:
        x, z = a.room.centre
        top = extent(item)[2]
        spread = (number - (spec.count - 1) / 2) * 2.0
        along_x = a.room.width > a.room.depth
        base = min(max(2.1, a.room.height - top - 0.3), a.room.height - top)
        return a.put(item, x + spread * along_x, z + spread * (not along_x), 0.0, base)
    target = _target(a, relation)
    if relation is not None and target is not None:
        placed = _related(a, spec, relation, target, number)
        if placed is not None:
            return placed
    if spec.what in ON_WALLS:
        score = _near_target(a, target) if target is not None else _place_score(a, relation)
        return a.hang(item, score, EYE if extent(item)[2] < 1.6 else 1.7)
    if spec.what in ON_TABLES:
        for table in _tables(a):
            placed = a.lay(item, table)
            if placed is not None:
                return placed
    if (relation is not None and relation.target in ("centre", "middle")) or spec.what in (
        "statue",
        "fountain",
        "person",
        "campfire",
    ):
        placed = _in_the_middle(a, spec)
        if placed is not None:
            return placed
    return a.against(item, _place_score(a, relation), clear=0.2, tries=400) or _in_the_middle(a, spec)


def _target(a: Arranger, relation: Relation | None) -> Placed | None:
    """The thing that a relation points at: by its id, which begins with what it is, or by its name."""
    if relation is None:
        return None
    for placed in reversed(a.placed):
        if _named(placed) in (relation.target, named(relation.target)):
            return placed
    return None


def _tables(a: Arranger) -> list[Placed]:
    tables = [placed for placed in a.placed if _named(placed) in TABLES and placed.base < 0.6]
    return sorted(tables, key=lambda placed: TABLES.index(_named(placed)))


def _named(placed: Placed) -> str:
    return STANDS_FOR.get(placed.item.what, placed.item.what)


def _place_score(a: Arranger, relation: Relation | None) -> Score:
    target = relation.target if relation is not None else "wall"
    if target == "window":
        return a.by_window
    if target == "corner":
        return a.in_corner
    if target in ("left", "right"):
        side = WEST if target == "left" else EAST
        return lambda s, u: (9.0 if s == side else 0.0) + a.mid_wall(s, u)
    return a.mid_wall


def _near_target(a: Arranger, target: Placed) -> Score:
    def score(side: int, u: float) -> float:
        place = a.room.on_wall(side, u)
        return -float(np.hypot(place[0] - target.x, place[2] - target.z))

    return score


def _related(a: Arranger, spec: ObjectSpec, relation: Relation, target: Placed, number: int) -> Placed | None:
    item = a.as_asked(spec)
    wide, deep, high = extent(target.item)
    _, depth, height = extent(item)
    if relation.relation in ("on", "in") and spec.what not in ON_WALLS:
        return a.lay(item, target)
    if relation.relation == "above":
        if spec.what in ON_WALLS:
            return a.hang(item, _near_target(a, target), max(EYE, high + 0.25 + height / 2))
        return a.put(item, target.x, target.z, 0.0, a.room.height - height)
    around = {
        "in_front_of": [0.0],
        "facing": [0.0],
        "behind": [np.pi],
        "beside": [np.pi / 2, -np.pi / 2],
    }.get(relation.relation, list(np.linspace(0, 2 * np.pi, max(spec.count, 8), endpoint=False) + 0.3 * number))
    start = number % len(around)
    for gap in (0.1, 0.3, 0.5, 0.8, 1.2):
        for index in range(len(around)):
            angle = target.turn + around[(start + index) % len(around)]
            reach_x = (wide / 2 + depth / 2 + gap) * abs(np.sin(angle - target.turn))
            reach_z = (deep / 2 + depth / 2 + gap) * abs(np.cos(angle - target.turn))
            reach = float(np.hypot(reach_x, reach_z))
            x, z = target.x + reach * float(np.sin(angle)), target.z + reach * float(np.cos(angle))
            turn = angle + np.pi if relation.relation in ("around", "facing", "in_front_of") else target.turn
            placed = a.stand(item, x, z, float(turn), gap=0.0)
            if placed is not None:
                return placed
    return None


def _in_the_middle(a: Arranger, spec: ObjectSpec) -> Placed | None:
    """The free place nearest to the room's middle."""
    item = a.as_asked(spec)
    x, z = a.room.centre
    steps = np.arange(-0.45, 0.46, 0.09)
    spots = [(dx * a.room.width, dz * a.room.depth) for dx in steps for dz in steps]
    for dx, dz in sorted(spots, key=lambda spot: (round(float(np.hypot(*spot)), 3), spot)):
        placed = a.stand(item, x + float(dx), z + float(dz), 0.0)
        if placed is not None:
            return placed
    return None
