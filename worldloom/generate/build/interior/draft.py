"""An interior from its spec: plan, shell, furniture, what is outside, and where one stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from worldloom.generate.build.interior.arranger import STANDS_FOR
from worldloom.generate.build.interior.cover import Grade, merged, thinned
from worldloom.generate.build.interior.decor import Decor, decorate
from worldloom.generate.build.interior.floor import Rect
from worldloom.generate.build.interior.furnish import RECIPES, Arrangement, arrange, build, surfel_estimate
from worldloom.generate.build.interior.outside import garden
from worldloom.generate.build.interior.pieces import extent
from worldloom.generate.build.interior.plan import OUTER_WALL, Plan, exposed, lay_out
from worldloom.generate.build.interior.room import INWARD, SIDES, RoomShape
from worldloom.generate.build.interior.shell import outer_shell, shell
from worldloom.generate.build.site import Bounds, Draft, Lamp
from worldloom.generate.spec import ObjectSpec, RoomFunction, WorldSpec
from worldloom.scene.surfels import Array, Surfels

EYES = 1.6
_HOME_OF: dict[str, tuple[RoomFunction, ...]] = {
    "bed": ("bedroom",), "wardrobe": ("bedroom",), "sofa": ("living_room",), "television": ("living_room",),
    "piano": ("living_room", "hall"), "fireplace": ("living_room", "hall"), "stove": ("kitchen", "workshop"),
    "fridge": ("kitchen",), "sink": ("kitchen", "bathroom"), "kitchen_counter": ("kitchen",), "bathtub": ("bathroom",),
    "toilet": ("bathroom",), "shower": ("bathroom",), "bookshelf": ("library", "study", "living_room"),
    "desk": ("study", "office", "classroom", "bedroom"), "blackboard": ("classroom",), "throne": ("throne_room",),
    "altar": ("chapel",), "pew": ("chapel",), "workbench": ("workshop",), "anvil": ("workshop",),
    "counter": ("shop", "restaurant"), "computer": ("office", "study"), "globe": ("study", "library", "classroom"),
}  # fmt: skip


@dataclass(frozen=True)
class _Shares:
    """What parts of the surfels go where."""

    outside: float = 0.085
    shell: float = 0.44


def draft_interior(spec: WorldSpec) -> Draft:
    """Rooms by `spec.interior`, furnished, with a garden outside if they have windows."""
    plan = lay_out(spec.interior, spec.seed)
    decors = [
        decorate(room.function, spec.interior, spec.style.name, room.height, _seed(spec, number, room))
        for number, room in enumerate(plan.rooms)
    ]
    arrangements = _arranged(spec, plan, decors)
    eye, target = _viewpoint(arrangements[plan.main], frozenset(wanted.what for wanted in spec.objects))
    shares = _Shares()
    grade = graded(plan, eye, shares.shell * spec.gaussians)
    lamps: list[Lamp] = []
    rooms = [
        shell(room, decor, grade, _seed(spec, number, room))
        for number, (room, decor) in enumerate(zip(plan.rooms, decors))
    ]
    rooms = [_without_joints(pieces, arrangement) for pieces, arrangement in zip(rooms, arrangements)]
    bare = sum(map(len, rooms))
    outside = int(shares.outside * spec.gaussians) if any(room.windows() for room in plan.rooms) else 0
    fine = furniture_grade(arrangements, grade, spec.gaussians - bare - 1.25 * outside)
    furniture: list[Surfels] = []
    for number, arrangement in enumerate(arrangements):
        pieces, own = build(arrangement, fine, spec.seed + 31 * number)
        furniture.append(pieces)
        lamps += own
    layers = {"rooms": merged(rooms), "furniture": merged(furniture)}
    layers["house"] = outer_shell(plan.rooms, _stretches(plan), grade)
    if outside:
        layers["garden"], layers["hills"] = garden(spec, _around(plan), outside)
    lamps += _daylight_lamps(plan, lamps)
    return Draft(
        layers=thinned(layers, int(1.08 * spec.gaussians), spec.seed),
        spawn=eye,
        look_at=target,
        lamps=tuple(lamps),
        indoor=True,
        not_built=tuple(text for arrangement in arrangements for text in arrangement.missed),
    )


def _without_joints(shell: Surfels, arrangement: Arrangement) -> Surfels:
    """The shell without the thin lines under rugs, which would show through them."""
    under = np.zeros(len(shell), bool)
    for place in arrangement.arranger.rugs:
        off = np.abs(shell.position[:, [0, 2]] - [place.x, place.z])
        under |= (off < np.array([place.width, place.depth]) / 2).all(axis=1)
    low = shell.position[:, 1] < arrangement.arranger.room.floor + 0.01
    return shell[~(under & low & (shell.size[:, 1] < 0.008))]


def _seed(spec: WorldSpec, number: int, room: RoomShape) -> int:
    return spec.seed + 101 * number + 7 * list(RECIPES).index(room.function)


def _viewpoint(
    arrangement: Arrangement, wanted: frozenset[str]
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Eyes and what they look at: the way on which most furniture shows its front, what was asked for before all."""
    room = arrangement.arranger.room
    x, z = room.centre
    if arrangement.arranger.daises:  # a throne or an altar is looked at from the other end
        eye = (x + 0.04 * room.width, room.floor + EYES, room.max_z - min(2.4, 0.2 * room.depth))
        return eye, (x, room.floor + EYES + 0.25, room.min_z + 2.0)
    things = _sights(arrangement, wanted)
    best: tuple[float, tuple[float, float], Array] | None = None
    headings = np.arange(24) / 24 * 2 * np.pi
    ways = np.stack([np.sin(headings), np.cos(headings)], axis=1)
    for stand in _stands(arrangement):
        offset = things[:, :2] - np.array(stand)
        distance = np.hypot(*offset.T).clip(0.3)
        facing = (-(offset * things[:, 2:4]).sum(axis=1) / distance).clip(0)
        ahead = ways @ (offset / distance[:, None]).T
        # Wholly in the picture, not too near, and from its front.
        worth = things[:, 4] * (0.25 + 0.75 * facing) * np.clip((distance - 0.9) / 1.5, 0, 1)
        seen = (np.clip((ahead - 0.72) / 0.14, 0, 1) * worth).sum(axis=1)
        hidden = ((ahead > 0.8) & (distance < 1.1)).sum(axis=1)
        deep = np.array([_free_way(room, stand, way) for way in ways])
        score = seen + 0.9 * np.minimum(deep, 9.0) - 1.2 * hidden
        index = int(score.argmax())
        if best is None or score[index] > best[0] + 1e-9:
            best = float(score[index]), stand, ways[index]
    _, stand, way = best or (0.0, (x, z + 0.2 * room.depth), np.array([0.0, -1.0]))
    target = np.array(stand) + way * 3.0
    high = room.floor + (EYES - 0.3 if room.height < 4 else EYES + 0.3)
    return (stand[0], room.floor + EYES, stand[1]), (float(target[0]), high, float(target[1]))


def _stands(arrangement: Arrangement) -> list[tuple[float, float]]:
    """Places to stand, a metre from walls and clear of furniture; rather those from which one gets anywhere."""
    room, floor = arrangement.arranger.room, arrangement.floor
    inset_x, inset_z = min(1.02, 0.42 * room.width), min(1.02, 0.42 * room.depth)
    xs = np.linspace(room.min_x + inset_x, room.max_x - inset_x, 8)
    zs = np.linspace(room.min_z + inset_z, room.max_z - inset_z, 8)
    free, reached = [], []
    for stand in ((float(a), float(b)) for a in xs for b in zs):
        here = Rect(*stand, *stand).grown(0.36)
        if any(here.meets(other) for other in floor.taken):
            continue
        free.append(stand)
        floor.goals.append(stand)
        if floor.passable():
            reached.append(stand)
        floor.goals.pop()
    return reached or free


def _sights(arrangement: Arrangement, wanted: frozenset[str]) -> Array:
    """What there is to see (N, 5): x, z, where its front faces, and how much it is worth; asked-for things most."""
    room = arrangement.arranger.room
    rows = [[*room.centre, 0.0, 0.0, 0.0]]
    for placed in arrangement.placed:
        names = {placed.item.what, STANDS_FOR.get(placed.item.what, placed.item.what)}
        wide, deep, high = extent(placed.item)
        worth = 1.2 * float(wide * deep * high) ** 0.5 if placed.base < 0.6 else 0.2
        worth = max(4.0 * worth, 3.0) if names & wanted else worth
        rows.append([placed.x, placed.z, float(np.sin(placed.turn)), float(np.cos(placed.turn)), worth])
    for window in room.windows():
        place, into = room.on_wall(window.side, window.middle), INWARD[window.side]
        worth = 0.7 * window.width * (4.0 if "window" in wanted else 1.0)
        rows.append([float(place[0]), float(place[2]), float(into[0]), float(into[2]), worth])
    return np.array(rows)


def _free_way(room: RoomShape, stand: tuple[float, float], way: Array) -> float:
    """Metres to the wall ahead."""
    reach = [9.0]
    for at, step, low, high in ((stand[0], way[0], room.min_x, room.max_x), (stand[1], way[1], room.min_z, room.max_z)):
        if abs(step) > 1e-6:
            reach.append(((high if step > 0 else low) - at) / float(step))
    return min(reach)


def _arranged(spec: WorldSpec, plan: Plan, decors: list[Decor]) -> list[Arrangement]:
    asked: list[list[ObjectSpec]] = [[] for _ in plan.rooms]
    for wanted in spec.objects:
        asked[_room_for(wanted, plan, spec)].append(wanted)
    return [
        arrange(
            room,
            decor,
            _seed(spec, number, room),
            asked[number],
            spec.without,
            spec.interior.furnished and "furniture" not in spec.without,
        )
        for number, (room, decor) in enumerate(zip(plan.rooms, decors))
    ]


def _room_for(wanted: ObjectSpec, plan: Plan, spec: WorldSpec) -> int:
    """Where a thing belongs: beside what it relates to, else where such things are, else in the main room."""
    targets = {relation.target for relation in wanted.relations}
    for number, room in enumerate(plan.rooms):
        if room.function in targets or room.function.removesuffix("_room") in targets:
            return number
    what = wanted.what
    for other in spec.objects:
        if other.id in targets and other is not wanted:
            what = other.what
    for function in _HOME_OF.get(what, ()):
        for number, room in enumerate(plan.rooms):
            if room.function == function:
                return number
    return plan.main


def graded(plan: Plan, eye: tuple[float, float, float], budget: float) -> Grade:
    """Distances between surfels so that the rooms' shells have about `budget`: fine near the eye and in its room."""
    main = plan.rooms[plan.main]
    place = np.asarray(eye)

    def relative(points: Array) -> Array:
        distance = np.linalg.norm(points - place, axis=1)
        within = (
            (points[:, 0] > main.min_x - 0.4)
            & (points[:, 0] < main.max_x + 0.4)
            & (points[:, 2] > main.min_z - 0.4)
            & (points[:, 2] < main.max_z + 0.4)
        )
        return np.clip(distance / 3.2, 0.8, 2.6) * np.where(within, 1.0, 1.15)

    weight = 0.0
    for room in plan.rooms:
        grid = np.meshgrid(np.arange(room.min_x + 0.25, room.max_x, 0.5), np.arange(room.min_z + 0.25, room.max_z, 0.5))
        x, z = (axis.ravel() for axis in grid)
        area = room.width * room.depth / max(len(x), 1)
        for height, factor in ((room.floor, 1.0), (room.floor + room.height, 0.5 if room.height < 6 else 0.8)):
            weight += factor * area * float((relative(np.stack([x, np.full(len(x), height), z], axis=1)) ** -2).sum())
        for side in SIDES:
            count = max(int(room.length(side) / 0.5), 1)
            u = (np.arange(count) + 0.5) / count * room.length(side)
            levels = np.arange(0.5, room.height, 1.0)
            points = np.concatenate([[room.on_wall(side, float(at), 0, float(level)) for at in u] for level in levels])
            weight += 1.25 * room.length(side) * room.height / len(points) * float((relative(points) ** -2).sum())
    base = float(np.sqrt(weight / max(budget, 1.0)))

    def grade(points: Array) -> Array:
        return np.clip(base * relative(points), 0.012, 0.6)

    return grade


def furniture_grade(arrangements: list[Arrangement], grade: Grade, budget: float) -> Grade:
    """The same graduation, made finer or coarser to spend what is left."""
    factor = 1.0
    for _ in range(4):

        def scaled(points: Array, factor: float = factor) -> Array:
            return factor * grade(points)

        total = sum(surfel_estimate(arrangement, scaled) for arrangement in arrangements)
        if total == 0:
            break
        factor *= float(np.clip(np.sqrt(total / max(0.72 * budget, 1.0)), 0.4, 3.0))
    final = max(factor, 0.4)
    return lambda points: final * grade(points)


def _stretches(plan: Plan) -> list[tuple[int, int, float, float]]:
    """Outer walls: room, side, from where to where along it. They meet at corners, but don't run into other rooms."""

    def end_of(room: RoomShape, side: int, u: float, way: float) -> float:
        x, _, z = room.on_wall(side, u + 0.25 * way, -0.2)
        taken = any(
            other.min_x - 0.1 < x < other.max_x + 0.1 and other.min_z - 0.1 < z < other.max_z + 0.1
            for other in plan.rooms
        )
        return u if taken else u + way * OUTER_WALL

    return [
        (number, side, end_of(room, side, start, -1.0), end_of(room, side, end, 1.0))
        for number, room in enumerate(plan.rooms)
        for side in SIDES
        for start, end in exposed(room, number, plan.rooms, side, 0.3)
    ]


def _around(plan: Plan) -> Bounds:
    return Bounds(
        min(room.min_x for room in plan.rooms) - OUTER_WALL,
        min(room.min_z for room in plan.rooms) - OUTER_WALL,
        max(room.max_x for room in plan.rooms) + OUTER_WALL,
        max(room.max_z for room in plan.rooms) + OUTER_WALL,
    )


def _daylight_lamps(plan: Plan, lamps: list[Lamp]) -> list[Lamp]:
    """Rooms without a window or a lamp get a faint light, so that one sees where one is."""
    more = []
    for room in plan.rooms:
        lit = any(
            room.min_x < x < room.max_x and room.min_z < z < room.max_z
            for (x, _, z) in (lamp.position for lamp in lamps)
        )
        if not lit and not room.windows():
            x, z = room.centre
            more.append(Lamp((x, room.floor + room.height - 0.4, z), (1.2, 1.0, 0.75), 9.0, always=True))
    return more
