"""Interiors: plans that connect, walls with real openings, furniture one can walk between, and what was asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pytest
from scipy import ndimage

from worldloom.generate.build.interior import draft_interior, furnish
from worldloom.generate.build.interior.decor import decorate
from worldloom.generate.build.interior.floor import footprint
from worldloom.generate.build.interior.furnish import RECIPES, Arrangement, arrange
from worldloom.generate.build.interior.pieces import extent
from worldloom.generate.build.interior.plan import NEEDS, Plan, lay_out
from worldloom.generate.build.interior.room import Opening, RoomShape
from worldloom.generate.build.site import Draft
from worldloom.generate.spec import Interior, ObjectSpec, Relation, Room, RoomFunction, WorldSpec
from worldloom.scene.semantics import label_index

FLAT: tuple[RoomFunction, ...] = ("living_room", "kitchen", "bedroom", "bathroom", "dining_room")
HOTEL: tuple[RoomFunction, ...] = (
    *("bedroom", "bedroom", "bedroom", "bedroom", "bedroom", "bedroom"),
    *("bathroom", "bathroom", "hall", "kitchen", "study", "storage"),
)
HOUSES: list[Sequence[RoomFunction]] = [
    ("living_room",),
    ("living_room", "kitchen"),
    FLAT,
    HOTEL,
    ("restaurant", "kitchen", "bathroom", "storage"),
    ("throne_room", "library", "chapel"),
    ("corridor", "office", "office", "office"),
]


def _plan(functions: Sequence[RoomFunction], seed: int = 1, windows: float = 0.5) -> Plan:
    return lay_out(Interior(rooms=tuple(Room(function=name) for name in functions), windows=windows), seed)


def _reached(rooms: Sequence[RoomShape]) -> set[int]:
    seen, ahead = {0}, [0]
    while ahead:
        for door in rooms[ahead.pop()].doors():
            if door.leads_to is not None and door.leads_to not in seen:
                seen.add(door.leads_to)
                ahead.append(door.leads_to)
    return seen


@pytest.mark.parametrize("functions", HOUSES, ids=lambda names: f"{len(names)}-{names[0]}")
@pytest.mark.parametrize("seed", [0, 7])
def test_every_room_is_reached_through_doors_that_meet(functions: Sequence[RoomFunction], seed: int) -> None:
    plan = _plan(functions, seed)
    assert [room.function for room in plan.rooms[: len(functions)]] == list(functions)
    assert _reached(plan.rooms) == set(range(len(plan.rooms)))
    assert sum(door.kind == "entrance" for room in plan.rooms for door in room.doors()) == 1
    for number, room in enumerate(plan.rooms):
        for door in room.doors():
            assert 0 <= door.start < door.end <= room.length(door.side) + 1e-6
            if door.leads_to is None:
                continue
            back = [other for other in plan.rooms[door.leads_to].doors() if other.leads_to == number]
            here = room.on_wall(door.side, door.middle)
            gaps = [np.linalg.norm(plan.rooms[door.leads_to].on_wall(o.side, o.middle) - here) for o in back]
            assert min(gaps) < 0.2


def test_rooms_do_not_overlap() -> None:
    for functions in HOUSES:
        rooms = _plan(functions, 3).rooms
        for number, first in enumerate(rooms):
            for second in rooms[:number]:
                wide = min(first.max_x, second.max_x) - max(first.min_x, second.min_x)
                deep = min(first.max_z, second.max_z) - max(first.min_z, second.min_z)
                assert min(wide, deep) <= 1e-6, (first.function, second.function)


def test_sizes_and_ceilings_asked_for_are_kept() -> None:
    rooms = (Room(function="bedroom", width=5.25, depth=3.5), Room(function="kitchen", width=3.0, depth=6.0))
    plan = lay_out(Interior(rooms=rooms, ceiling=3.9), 5)
    assert [(round(room.width, 6), round(room.depth, 6)) for room in plan.rooms[:2]] == [(5.25, 3.5), (3.0, 6.0)]
    assert {room.height for room in plan.rooms} == {3.9}


def test_windows_are_where_no_room_is_and_none_where_none_are_wanted() -> None:
    assert not any(room.windows() for room in _plan(FLAT, windows=0.0).rooms)
    few, many = (_plan(FLAT, windows=share).rooms for share in (0.1, 1.0))
    assert 0 < sum(len(room.windows()) for room in few) < sum(len(room.windows()) for room in many)
    for number, room in enumerate(many):
        for window in room.windows():
            outside = room.on_wall(window.side, window.middle, -1.0)
            for other in many[:number] + many[number + 1 :]:
                assert not (other.min_x < outside[0] < other.max_x and other.min_z < outside[2] < other.max_z)


@pytest.fixture(scope="module")
def flat() -> tuple[WorldSpec, Draft]:
    rooms = tuple(Room(function=name) for name in FLAT)
    objects = (
        ObjectSpec(id="sofa", what="sofa", colour=(0.8, 0.1, 0.1)),
        ObjectSpec(id="vase", what="vase", relations=(Relation(relation="on", target="table"),)),
        ObjectSpec(id="piano", what="piano", relations=(Relation(relation="near", target="window"),)),
    )
    spec = WorldSpec(kind="interior", seed=4, gaussians=120_000, interior=Interior(rooms=rooms), objects=objects)
    return spec, draft_interior(spec)


def _bytes(draft: Draft) -> str:
    digest = hashlib.sha256()
    for name, pieces in draft.layers.items():
        digest.update(name.encode())
        for field in fields(pieces):
            digest.update(np.ascontiguousarray(getattr(pieces, field.name)).tobytes())
    digest.update(repr((draft.spawn, draft.look_at, draft.lamps)).encode())
    return digest.hexdigest()


def test_the_budget_is_kept_and_used(flat: tuple[WorldSpec, Draft]) -> None:
    spec, draft = flat
    total = sum(len(pieces) for pieces in draft.layers.values())
    assert 0.8 * spec.gaussians < total <= 1.1 * spec.gaussians
    for pieces in draft.layers.values():
        for field in fields(pieces):
            assert np.isfinite(getattr(pieces, field.name)).all(), field.name
        assert np.allclose(np.linalg.norm(pieces.normal, axis=1), 1, atol=1e-3)


def test_the_same_spec_gives_the_same_bytes(flat: tuple[WorldSpec, Draft]) -> None:
    spec, draft = flat
    assert _bytes(draft_interior(spec)) == _bytes(draft)
    assert _bytes(draft_interior(spec.model_copy(update={"seed": 5}))) != _bytes(draft)


def test_one_stands_a_metre_from_walls_and_clear_of_furniture(flat: tuple[WorldSpec, Draft]) -> None:
    spec, draft = flat
    plan = lay_out(spec.interior, spec.seed)
    room = plan.rooms[plan.main]
    x, y, z = draft.spawn
    assert y == pytest.approx(room.floor + 1.6)
    assert min(x - room.min_x, room.max_x - x, z - room.min_z, room.max_z - z) >= 1.0
    furniture = draft.layers["furniture"].position
    body = furniture[(furniture[:, 1] > 0.1) & (furniture[:, 1] < 1.9)]
    assert np.hypot(body[:, 0] - x, body[:, 2] - z).min() > 0.25


def test_windows_and_doorways_are_holes(flat: tuple[WorldSpec, Draft]) -> None:
    spec, draft = flat
    pieces = draft.layers["rooms"]
    solid = pieces[pieces.opacity > 0.5]
    checked = 0
    for room in lay_out(spec.interior, spec.seed).rooms:
        for opening in room.openings:
            if opening.kind == "entrance" or opening.leaf:
                continue
            assert _inside(room, opening, solid.position).sum() == 0
            checked += 1
            if opening.kind == "window":
                glass = pieces[pieces.opacity < 0.1]
                assert _inside(room, opening, glass.position).sum() > 0
    assert checked >= 8


def _inside(room: RoomShape, opening: Opening, points: np.ndarray) -> np.ndarray:
    """Which points lie in the first pane-sized part of an opening, between where bars of windows may be."""
    middle = room.on_wall(opening.side, opening.middle, 0.0, (opening.low + opening.high) / 2)
    offset = points - middle
    along, inward = (axes[opening.side] for axes in (_ALONG, _INWARD))
    deep, wide = offset @ inward, np.abs(offset @ along)
    half = opening.width / 2 - 0.1
    if opening.kind == "window":
        bars = (-0.28, -0.02)
        near = (deep > bars[0]) & (deep < bars[1]) & (wide < half) & (np.abs(offset[:, 1]) < 0.3)
        between = (wide > 0.06) & (np.abs(offset[:, 1]) > 0.06)
        return near & between & _clear_of_bars(opening, offset @ along, offset[:, 1])
    return (deep > -0.06) & (deep < 0) & (wide < half) & (np.abs(offset[:, 1]) < 0.6)


def _clear_of_bars(opening: Opening, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    clear = np.ones(len(u), bool)
    for count, length, place in (
        (max(round(opening.width / 0.62), 1), opening.width, u),
        (max(round((opening.high - opening.low) / 0.85), 1), opening.high - opening.low, v),
    ):
        for bar in range(count + 1):
            clear &= np.abs(place - (bar / count - 0.5) * length) > 0.07
    return clear


_ALONG = np.array([[1.0, 0, 0], [0, 0, 1.0], [-1.0, 0, 0], [0, 0, -1.0]])
_INWARD = np.array([[0, 0, 1.0], [-1.0, 0, 0], [0, 0, -1.0], [1.0, 0, 0]])


def _room(function: RoomFunction, seed: int) -> RoomShape:
    return _plan((function,), seed).rooms[0]


def _furnished(function: RoomFunction, seed: int = 2, **changes: object) -> Arrangement:
    room = _room(function, seed)
    decor = decorate(function, Interior(), "natural", room.height, seed)
    return arrange(room, decor, seed, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("function", list(RECIPES))
@pytest.mark.parametrize("seed", [2, 9])
def test_one_can_walk_from_every_door_past_the_furniture(function: RoomFunction, seed: int) -> None:
    plan = _plan((function, "kitchen", "bedroom"), seed) if NEEDS[function].home else _plan((function,), seed)
    room = plan.rooms[0]
    arrangement = arrange(room, decorate(function, Interior(), "natural", room.height, seed), seed)
    standing = [placed for placed in arrangement.placed if placed.base < 0.6 and extent(placed.item)[2] > 0.12]
    standing = [placed for placed in standing if placed.item.what not in ("cushion", "rug")]
    assert len(standing) >= {"corridor": 1, "bathroom": 2, "storage": 2}.get(function, 4)
    # An independent look: everything on the floor drawn on a map, and how far each place is from the nearest of it.
    cell = 0.05
    shape = round(room.depth / cell), round(room.width / cell)
    free = np.ones(shape, bool)
    z, x = (np.indices(shape) + 0.5) * cell
    for placed in standing:
        rect = footprint(placed.x, placed.z, placed.turn, *extent(placed.item)[:2])
        mine = (x + room.min_x > rect.min_x) & (x + room.min_x < rect.max_x)
        free &= ~(mine & (z + room.min_z > rect.min_z) & (z + room.min_z < rect.max_z))
    framed = np.pad(free, 1)
    wide = np.asarray(ndimage.distance_transform_edt(framed))[1:-1, 1:-1] * cell >= 0.35 - 1.5 * cell
    areas, _ = ndimage.label(wide)  # pyright: ignore[reportGeneralTypeIssues]
    reached = set()
    for door in room.doors():
        place = room.on_wall(door.side, door.middle, 0.5)
        reached.add(int(areas[int((place[2] - room.min_z) / cell), int((place[0] - room.min_x) / cell)]))
        swing = room.on_wall(door.side, door.middle, 0.3)
        assert free[int((swing[2] - room.min_z) / cell), int((swing[0] - room.min_x) / cell)]
    assert len(reached) == 1 and 0 not in reached


@pytest.mark.parametrize("function", list(RECIPES))
def test_furniture_stands_inside_and_not_in_other_furniture(function: RoomFunction) -> None:
    arrangement = _furnished(function)
    room = arrangement.arranger.room
    rects = []
    for placed in arrangement.placed:
        rect = footprint(placed.x, placed.z, placed.turn, *extent(placed.item)[:2])
        assert rect.min_x > room.min_x - 0.06 and rect.max_x < room.max_x + 0.06, placed
        assert rect.min_z > room.min_z - 0.06 and rect.max_z < room.max_z + 0.06, placed
        assert placed.base + extent(placed.item)[2] < room.height + 0.05, placed
        if placed.base == 0 and placed.item.what not in ("chair", "stool", "cushion"):
            rects.append((placed, rect.grown(-0.03)))
    for number, (first, mine) in enumerate(rects):
        for second, other in rects[:number]:
            assert not mine.meets(other), (first, second)


def test_the_sofa_looks_at_the_fire_or_the_television() -> None:
    for seed in range(4):
        placed = _furnished("living_room", seed).placed
        sofa = next(thing for thing in placed if thing.item.what == "sofa")
        focus = next(thing for thing in placed if thing.item.what in ("fireplace", "television"))
        way = np.array([focus.x - sofa.x, focus.z - sofa.z])
        assert way @ [np.sin(sofa.turn), np.cos(sofa.turn)] > 0.8 * np.hypot(*way)


def test_beds_and_cupboards_have_their_backs_to_a_wall() -> None:
    for what, function in (
        ("bed", "bedroom"),
        ("wardrobe", "bedroom"),
        ("bookshelf", "library"),
        ("fridge", "kitchen"),
    ):
        arrangement = _furnished(function)  # type: ignore[arg-type]
        thing = next(placed for placed in arrangement.placed if placed.item.what == what)
        room, depth = arrangement.arranger.room, extent(thing.item)[1]
        back = np.array([thing.x, thing.z]) - depth / 2 * np.array([np.sin(thing.turn), np.cos(thing.turn)])
        gaps = (back[0] - room.min_x, room.max_x - back[0], back[1] - room.min_z, room.max_z - back[1])
        assert min(map(abs, gaps)) < 0.12, what


def test_what_was_asked_for_is_where_it_was_asked_for() -> None:
    asked = [
        ObjectSpec(id="globe_1", what="globe", height=0.4, relations=(Relation(relation="on", target="desk"),)),
        ObjectSpec(id="picture_1", what="picture", count=2, relations=(Relation(relation="on", target="wall"),)),
        ObjectSpec(id="piano_1", what="piano", relations=(Relation(relation="in", target="corner"),)),
        ObjectSpec(id="chair_1", what="armchair", colour=(0.1, 0.2, 0.9)),
    ]
    room = RoomShape("study", -4, -4, 4, 4, 2.7, _room("study", 2).openings[:0])
    decor = decorate("study", Interior(), "natural", 2.7, 2)
    arrangement = arrange(room, decor, 2, asked)
    assert arrangement.missed == ()
    by_name = {
        name: [p for p in arrangement.placed if p.item.what == name] for name in ("globe", "picture", "piano", "desk")
    }
    desk = by_name["desk"][0]
    top = extent(desk.item)[2]
    globe = next(thing for thing in by_name["globe"] if thing.base > 0)
    assert globe.base == pytest.approx(top)
    assert np.hypot(globe.x - desk.x, globe.z - desk.z) < 1.0
    assert len(by_name["picture"]) >= 2
    for picture in by_name["picture"]:
        assert min(4 - abs(picture.x), 4 - abs(picture.z)) < 0.25 and picture.base > 0.8
    piano = by_name["piano"][0]
    assert abs(piano.x) > 1.8 and abs(piano.z) > 1.8
    assert any(thing.item.colour == (0.1, 0.2, 0.9) for thing in arrangement.placed)


def test_what_does_not_fit_is_said_and_what_is_not_wanted_is_left_out() -> None:
    many = [ObjectSpec(id="piano", what="piano", count=40)]
    missed = _furnished("bathroom", asked=many).missed
    assert len(missed) == 1 and "piano" in missed[0] and "40" in missed[0]
    with_plants, without = _furnished("living_room"), _furnished("living_room", without=("plants", "lamps"))
    assert any(thing.item.what == "plant_pot" for thing in with_plants.placed) and with_plants.arranger.pendants
    assert not any(thing.item.what in ("plant_pot", "lamp") for thing in without.placed)
    assert not without.arranger.pendants
    bare = _furnished("living_room", furnished=False)
    assert bare.placed == [] and bare.arranger.pendants


def test_a_room_of_a_town_house_is_furnished_in_its_own_frame() -> None:
    room = RoomShape("bedroom", 100.0, -40.0, 104.2, -36.0, 2.6, floor=7.5)
    pieces, lamps, placed = furnish(room, seed=3, spacing=0.06)
    assert placed and lamps and len(pieces) > 2000
    low, high = pieces.position.min(axis=0), pieces.position.max(axis=0)
    assert (low > [99.9, 7.4, -40.1]).all() and (high < [104.3, 10.2, -35.9]).all()
    assert all(lamp.always for lamp in lamps)


def test_colours_and_materials_of_walls_and_floors() -> None:
    interior = Interior(
        rooms=(Room(function="bedroom"),), wall_colour=(0.9, 0.1, 0.1), floor_material="stone", furnished=False
    )
    draft = draft_interior(WorldSpec(kind="interior", gaussians=20_000, interior=interior))
    pieces = draft.layers["rooms"]
    wall = pieces.albedo[pieces.label == label_index("room/wall")]
    red = wall[:, 0] > 3 * wall[:, 1]
    assert red.mean() > 0.5
    floor = pieces.albedo[pieces.label == label_index("room/floor")]
    assert np.ptp(floor.mean(axis=0)) < 0.12  # grey, not brown
