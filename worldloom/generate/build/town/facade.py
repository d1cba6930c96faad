"""One wall of a building: bays and storeys with openings cut out, and what is around the openings.

In the wall's own frame: x to the right along it, y up, facing +Z, its outer face at z = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.town.dress import Coating, Colour, Dress
from worldloom.generate.build.town.paint import chance
from worldloom.generate.build.town.quads import (
    ARCH,
    POINTED,
    UNDER_ARCH,
    WHOLE,
    Quads,
    merge,
    quads,
)
from worldloom.generate.build.town.solid import beams, boxes
from worldloom.generate.surfels import Array

NEAR = 55.0
"""Metres beyond which the bars of a window can't be seen."""
INSIDE = 45.0
"""Metres from which rooms aren't seen any more."""
DOOR = (0.98, 2.05)
"""Width and height of what one walks through."""


@dataclass(frozen=True, eq=False)
class Openings:
    """K rectangles in a wall, each in a cell of its own."""

    cell: Array
    """(K, 4): left, right, lower and upper edge of the part of the wall around it."""
    hole: Array
    """(K, 4): the same of the opening; of no size where the wall is closed."""
    door: NDArray[np.bool_]
    """(K,) which of them go down to the floor and stand open."""
    shop: NDArray[np.bool_]
    """(K,) which are shop windows."""

    @property
    def open(self) -> NDArray[np.bool_]:
        return self.hole[:, 1] > self.hole[:, 0]


def lay_out(
    length: float,
    floors: list[tuple[float, float]],
    dress: Dress,
    *,
    door: float | None = None,
    closed: list[tuple[float, float]] | None = None,
    blind: float = 0.0,
    number: int = 0,
) -> Openings:
    """Bays of windows on every floor; a door nearest to x = `door`; none where the wall touches another (`closed`);
    a share `blind` of the bays has no window."""
    edges = _bays(length, dress)
    count = len(edges) - 1
    middle = (edges[:-1] + edges[1:]) / 2
    gate = -1 if door is None else int(np.abs(middle - door).argmin())
    cells, holes, doors, shops = [], [], [], []
    for level, (low, high) in enumerate(floors):
        wide, tall, sill = dress.window
        if level > 1:
            tall *= 0.92
        for bay in range(count):
            cell = (edges[bay], edges[bay + 1], low, high)
            room = edges[bay + 1] - edges[bay]
            is_door = level == 0 and bay == gate
            shop = level == 0 and door is not None and dress.shop and not is_door and room > 1.8
            glassy = dress.wall[0] == "curtain" and (level or dress.ground_wall[0] == "curtain")
            blocked = glassy or any(a < middle[bay] < b for a, b in closed or ())
            if is_door:
                half = DOOR[0] / 2
                hole = (middle[bay] - half, middle[bay] + half, low, low + DOOR[1])
            elif blocked or room < 1.1 or float(chance(bay + 17 * level, number, dress.seed)) < blind:
                hole = (middle[bay], middle[bay], low, low)
            elif shop:
                half = min(room * 0.40, 1.6)
                hole = (middle[bay] - half, middle[bay] + half, low + 0.55, min(low + 2.35, high - 0.35))
            else:
                half = min(wide, room * 0.72) / 2
                bottom = low + min(sill, high - low - tall - 0.2)
                hole = (
                    middle[bay] - half,
                    middle[bay] + half,
                    max(bottom, low + 0.05),
                    min(bottom + tall, high - 0.15),
                )
            cells.append(cell)
            holes.append(hole)
            doors.append(is_door)
            shops.append(shop and hole[1] > hole[0])
    return Openings(np.array(cells, float), np.array(holes, float), np.array(doors), np.array(shops))


def _bays(length: float, dress: Dress) -> Array:
    """Edges of the bays of a wall."""
    count = max(round(length / dress.bay), 1) if length >= 1.7 else 1
    return np.linspace(0, length, count + 1)


def entrance(length: float, dress: Dress, door: float) -> float:
    """x of the middle of the doorway in a wall that is to have one near x = `door`."""
    edges = _bays(length, dress)
    middle = (edges[:-1] + edges[1:]) / 2
    return float(middle[np.abs(middle - door).argmin()])


def rectangles(edges: Array, z: float, coating: Coating, *, back: bool = False, **look: object) -> Quads:
    """Upright pieces in the plane of the wall from (N, 4) left, right, lower and upper edges."""
    edges = edges[(edges[:, 1] - edges[:, 0] > 0.01) & (edges[:, 3] - edges[:, 2] > 0.01)]
    origin = np.stack([edges[:, 1 if back else 0], edges[:, 2], np.full(len(edges), z)], axis=1)
    a, b = np.zeros((len(edges), 3)), np.zeros((len(edges), 3))
    a[:, 0] = (edges[:, 1] - edges[:, 0]) * (-1 if back else 1)
    b[:, 1] = edges[:, 3] - edges[:, 2]
    return quads(origin, a, b, coating[0], coating[1], **look)  # type: ignore[arg-type]


def around(openings: Openings) -> Array:
    """(N, 4) the pieces of wall left between the openings."""
    cell, hole = openings.cell, openings.hole
    left = np.stack([cell[:, 0], hole[:, 0], cell[:, 2], cell[:, 3]], axis=1)
    right = np.stack([hole[:, 1], cell[:, 1], cell[:, 2], cell[:, 3]], axis=1)
    below = np.stack([hole[:, 0], hole[:, 1], cell[:, 2], hole[:, 2]], axis=1)
    above = np.stack([hole[:, 0], hole[:, 1], hole[:, 3], cell[:, 3]], axis=1)
    return np.concatenate([left, right, below, above])


def wall(openings: Openings, dress: Dress, ground_floor_top: float, inside: bool) -> Quads:
    """The wall's outer face, and where one can go inside its inner face, with all openings dressed."""
    pieces = around(openings)
    ground = pieces[:, 3] <= ground_floor_top + 0.01
    parts = []
    for edges, coating in ((pieces[ground], dress.ground_wall), (pieces[~ground], dress.wall)):
        parts.append(_glass_front(edges, dress) if coating[0] == "curtain" else rectangles(edges, 0.0, coating))
    if inside:
        parts.append(
            rectangles(pieces, -dress.thick, dress.inner, back=True, label="room/wall", reach=INSIDE, fine=1.3)
        )
    holes = openings.hole[openings.open]
    if len(holes):
        parts += [_reveals(holes, dress)]
        parts += _windows(openings, dress, inside)
        parts += _doors(openings, dress)
    return merge(parts)


def _glass_front(edges: Array, dress: Dress) -> Quads:
    """Panes between thin posts with a band at each floor, from (N, 4) edges; some blinds drawn, some rooms lit."""
    edges = edges[(edges[:, 1] - edges[:, 0] > 0.05) & (edges[:, 3] - edges[:, 2] > 0.05)]
    cells, floors = [], np.unique(np.round(edges[:, 2:], 2), axis=0)
    for low, high in floors:
        row = edges[(np.abs(edges[:, 2] - low) < 0.01) & (np.abs(edges[:, 3] - high) < 0.01)]
        left, right = row[:, 0].min(), row[:, 1].max()
        marks = np.linspace(left, right, max(round((right - left) / 1.35), 1) + 1)
        cells.append(
            np.column_stack([marks[:-1], marks[1:], np.full(len(marks) - 1, low), np.full(len(marks) - 1, high)])
        )
    if not cells:
        return merge([])
    cell = np.concatenate(cells)
    band = 0.16 * (cell[:, 3] - cell[:, 2])
    pane = cell.copy()
    pane[:, 2] += band
    column, floor = np.round(pane[:, 0] / 1.35), np.round(pane[:, 2])
    luck, drawn = chance(column, floor, dress.seed), chance(floor, column, dress.seed)
    tone = np.asarray(dress.wall[1]) * (0.7 + 0.7 * luck[:, None])
    lit = (chance(np.floor(column / 2), floor, dress.seed + 0.5) < 0.42)[:, None]
    glow = lit * np.asarray(dress.lamplight) * (0.6 + 0.5 * drawn[:, None])
    origin = np.column_stack([pane[:, 0], pane[:, 2], np.zeros(len(pane))])
    a, b = np.zeros_like(origin), np.zeros_like(origin)
    a[:, 0], b[:, 1] = pane[:, 1] - pane[:, 0], pane[:, 3] - pane[:, 2]
    blind = pane[luck > 0.8]
    shade = blind.copy()
    shade[:, 2] = shade[:, 3] - (shade[:, 3] - shade[:, 2]) * (0.2 + 0.5 * drawn[luck > 0.8])
    spandrel = cell.copy()
    spandrel[:, 3] = pane[:, 2]
    posts = np.column_stack([cell[:, 0] - 0.035, cell[:, 0] + 0.035, cell[:, 2], cell[:, 3]])
    rails = np.column_stack([pane[:, 0], pane[:, 1], pane[:, 2] - 0.03, pane[:, 2] + 0.03])
    metal = (0.30, 0.31, 0.33)
    return merge(
        [
            quads(origin, a, b, "glass", tone, glow=glow, label="building/window", fine=1.6),
            rectangles(shade, 0.012, ("cloth", (0.34, 0.33, 0.31)), label="building/window"),
            rectangles(spandrel, 0.01, ("metal", _darker(dress.wall[1], 0.8)), label="building/wall"),
            _bars(posts, 0.0, 0.09, metal, "sew", material="smooth", label="building/trim", reach=110),
            _bars(rails, 0.0, 0.05, metal, "st", material="smooth", label="building/trim", reach=70),
        ]
    )


def _reveals(holes: Array, dress: Dress) -> Quads:
    """The four sides of each opening, as deep as the wall is thick."""
    left, right, low, high = holes.T
    zero, deep = np.zeros(len(holes)), np.full(len(holes), dress.thick)
    wide, tall = right - left, high - low
    none = np.zeros(len(holes))

    def vectors(x: Array, y: Array, z: Array) -> Array:
        return np.stack([x, y, z], axis=1)

    sides = [
        (vectors(left, low, zero), vectors(none, none, -deep), vectors(none, tall, none)),
        (vectors(right, low, -deep), vectors(none, none, deep), vectors(none, tall, none)),
        (vectors(left, low, zero), vectors(wide, none, none), vectors(none, none, -deep)),
        (vectors(left, high, -deep), vectors(wide, none, none), vectors(none, none, deep)),
    ]
    origin, a, b = (np.concatenate(parts) for parts in zip(*sides))
    colour = tuple(0.9 * c for c in dress.wall[1])
    return quads(origin, a, b, "lime" if dress.wall[0] not in ("stone", "rubble") else "stone", colour, reach=120)


def _bars(edges: Array, z: float, deep: float, colour: object, sides: str = "sewtb", **look: object) -> Quads:
    """Boxes before z from (N, 4) edges."""
    center = np.stack(
        [(edges[:, 0] + edges[:, 1]) / 2, (edges[:, 2] + edges[:, 3]) / 2, np.full(len(edges), z + deep / 2)], axis=1
    )
    size = np.stack([edges[:, 1] - edges[:, 0], edges[:, 3] - edges[:, 2], np.full(len(edges), deep)], axis=1)
    material = look.pop("material", "wood")
    return boxes(center, size, material, colour, sides=sides, **look)  # type: ignore[arg-type]


def _frames(holes: Array, width: float) -> Array:
    """(4 K, 4) bars along the edges of openings."""
    left, right, low, high = holes.T
    return np.concatenate(
        [
            np.stack([left, left + width, low, high], axis=1),
            np.stack([right - width, right, low, high], axis=1),
            np.stack([left, right, low, low + width], axis=1),
            np.stack([left, right, high - width, high], axis=1),
        ]
    )


def _mullions(holes: Array, across: int, up: int, width: float) -> Array:
    left, right, low, high = holes.T
    bars = []
    for index in range(1, across):
        x = left + (right - left) * index / across
        bars.append(np.stack([x - width / 2, x + width / 2, low, high], axis=1))
    for index in range(1, up):
        y = low + (high - low) * index / up
        bars.append(np.stack([left, right, y - width / 2, y + width / 2], axis=1))
    return np.concatenate(bars) if bars else np.zeros((0, 4))


def _windows(openings: Openings, dress: Dress, inside: bool) -> list[Quads]:
    glazed = openings.open & ~openings.door
    holes, shop = openings.hole[glazed], openings.shop[glazed]
    if not len(holes):
        return []
    number = np.arange(len(holes))
    lit = chance(number, (holes[:, 0] * 10).astype(int), dress.seed) < dress.lit
    glow = (
        np.where(lit[:, None], np.asarray(dress.lamplight), 0.0) * (0.7 + 0.6 * chance(number, 3, dress.seed))[:, None]
    )
    back = -0.11
    left, right, low, high = holes.T
    origin = np.stack([left, low, np.full(len(holes), back)], axis=1)
    a = np.stack([right - left, 0 * left, 0 * left], axis=1)
    b = np.stack([0 * left, high - low, 0 * left], axis=1)
    paper = dress.wall[0] == "paper"
    glass = "paper" if paper else "pane"
    tone = (0.66, 0.62, 0.52) if paper else (0.045, 0.06, 0.07)
    parts = [
        quads(
            origin,
            a,
            b,
            glass,
            tone,
            label="building/window",
            glow=glow,
            opacity=0.16 if inside and not paper else 0.98,
        )
    ]
    frame = dress.frame
    if not paper:
        parts.append(_bars(_frames(holes, 0.065), back, 0.05, frame, "sew", label="building/window", reach=90))
        bars = _mullions(holes[~shop], *dress.glazing, 0.035)
        parts.append(_bars(bars, back, 0.035, frame, "s", label="building/window", reach=NEAR))
        if inside:
            bars = np.concatenate([_frames(holes, 0.065), bars])
            parts.append(_bars(bars, back - 0.01, 0.01, frame, "n", label="room/window", reach=20))
        parts.append(_bars(_mullions(holes[shop], 3, 1, 0.05), back, 0.05, frame, "s", label="building/window"))
    if dress.arch != WHOLE:
        parts.append(_arched_heads(holes[~shop], dress))
    plain = holes[~shop]
    left, right, low, high = plain.T
    sill = np.stack([left - 0.08, right + 0.08, low - 0.07, low], axis=1)
    parts.append(_bars(sill, -0.02, 0.13, dress.trim, "sewtb", material="smooth", label="building/trim", reach=110))
    if dress.lintel and dress.arch == WHOLE:
        head = np.stack([left - 0.12, right + 0.12, high, high + 0.16], axis=1)
        sides = np.concatenate(
            [np.stack([left - 0.1, left, low, high], axis=1), np.stack([right, right + 0.1, low, high], axis=1)]
        )
        wooden = dress.timber is not None
        colour = dress.timber if dress.timber is not None else dress.trim
        look = "wood" if wooden else "smooth"
        parts.append(_bars(head, 0, 0.05, colour, material=look, label="building/trim", reach=110))
        parts.append(_bars(sides, 0, 0.035, colour, "sew", material=look, label="building/trim", reach=NEAR))
    if dress.shutter is not None and len(plain):
        parts.append(_shutters(plain, openings.cell[glazed][~shop], dress))
    if dress.flower_boxes and len(plain):
        parts.append(_flower_boxes(plain[chance(np.arange(len(plain)), 9, dress.seed) < 0.45], dress))
    if shop.any():
        parts.append(_shop_front(holes[shop], dress))
    return parts


def _arched_heads(holes: Array, dress: Dress) -> Quads:
    """What closes the corners above a round or pointed head."""
    left, right, _, high = holes.T
    rise = (right - left) / 2 * (1.0 if dress.arch == UNDER_ARCH else 1.5)
    origin = np.stack([left, high - rise, np.full(len(holes), -0.005)], axis=1)
    a = np.stack([right - left, 0 * left, 0 * left], axis=1)
    b = np.stack([0 * left, rise, 0 * left], axis=1)
    cut = ARCH if dress.arch == UNDER_ARCH else POINTED
    return merge(
        [
            quads(origin, a, b, dress.wall[0], dress.wall[1], cut=cut, fine=0.55),
            quads(origin + a - (0, 0, 0.2), -a, b, dress.inner[0], dress.inner[1], cut=cut, fine=0.7, reach=INSIDE),
        ]
    )


def _shutters(holes: Array, cells: Array, dress: Dress) -> Quads:
    """Two leaves folded back on the wall beside each window that has room for them."""
    assert dress.shutter is not None
    left, right, low, high = holes.T
    room = np.minimum(left - cells[:, 0], cells[:, 1] - right) - 0.06
    leaf = np.minimum((right - left) / 2, room)
    kept = leaf > 0.22
    left, right, low, high, leaf = (v[kept] for v in (left, right, low, high, leaf))
    boards = np.concatenate(
        [
            np.stack([left - 0.04 - leaf, left - 0.04, low - 0.02, high + 0.02], axis=1),
            np.stack([right + 0.04, right + 0.04 + leaf, low - 0.02, high + 0.02], axis=1),
        ]
    )
    rails = np.concatenate(
        [
            np.stack([boards[:, 0], boards[:, 1], y - 0.05, y + 0.05], axis=1)
            for y in (boards[:, 2] + 0.18, boards[:, 3] - 0.18)
        ]
    )
    dark = tuple(0.8 * c for c in dress.shutter)
    return merge(
        [
            _bars(boards, 0.02, 0.045, dress.shutter, "sewt", material="planks", label="building/window"),
            _bars(rails, 0.065, 0.02, dark, "s", label="building/window", reach=35),
        ]
    )


def _flower_boxes(holes: Array, dress: Dress) -> Quads:
    """Boxes below windows, with leaves and blossoms in them."""
    left, right, low, _ = holes.T
    tray = np.stack([left, right, low - 0.12, low + 0.06], axis=1)
    parts = [_bars(tray, 0.1, 0.17, (0.13, 0.07, 0.035), "sewt", label="furniture/decoration", reach=80)]
    for index in range(7):
        share = 0.08 + 0.14 * index
        x = left + (right - left) * share
        high = 0.10 + 0.1 * chance(np.arange(len(x)), index, dress.seed)
        tuft = np.stack([x - 0.1, x + 0.1, low + 0.02, low + 0.06 + high], axis=1)
        colour = ((0.05, 0.12, 0.025), (0.5, 0.06, 0.05), (0.06, 0.14, 0.03), (0.55, 0.2, 0.3))[index % 4]
        parts.append(_bars(tuft, 0.14, 0.12, colour, "sewt", material="turf", label="plant/flower", reach=45))
    return merge(parts)


def _shop_front(holes: Array, dress: Dress) -> Quads:
    """An awning over each shop window, boards below it and a sign above."""
    left, right, low, high = holes.T
    count = len(holes)
    origin = np.stack([left - 0.15, high - 0.25, np.full(count, 1.05)], axis=1)
    a = np.stack([right - left + 0.3, 0 * left, 0 * left], axis=1)
    b = np.stack([0 * left, 0 * left + 0.45, 0 * left - 1.05], axis=1)
    panel = np.stack([left - 0.06, right + 0.06, low - 0.45, low - 0.03], axis=1)
    sign = np.stack([left, right, high + 0.22, high + 0.62], axis=1)
    dark = tuple(0.5 * c for c in dress.accent)
    glow = tuple(0.25 * c for c in dress.lamplight)
    skirt = np.stack([origin[:, 0], origin[:, 1] - 0.17, origin[:, 2]], axis=1)
    return merge(
        [
            quads(origin, a, b, "awning", dress.accent, label="building/trim"),
            quads(origin + b, a, -b + (0, 1e-3, 0), "awning", dark, label="building/trim", reach=60),
            quads(skirt, a, [0, 0.17, 0], "awning", dress.accent, label="building/trim", reach=90),
            _bars(panel, 0, 0.03, dress.door, "sewt", label="building/trim"),
            _bars(sign, 0, 0.05, dress.accent, "sewtb", material="smooth", label="object/sign", glow=glow),
        ]
    )


def _doors(openings: Openings, dress: Dress) -> list[Quads]:
    """Frames, a step and the leaf, which stands open inwards."""
    holes = openings.hole[openings.door]
    parts: list[Quads] = []
    for left, right, low, high in holes:
        wide, tall = right - left, high - low
        frame = np.array(
            [
                [left - 0.13, left, low, high + 0.15],
                [right, right + 0.13, low, high + 0.15],
                [left, right, high, high + 0.15],
            ]
        )
        wooden = dress.timber is not None
        colour = dress.timber if dress.timber is not None else dress.trim
        parts.append(_bars(frame, 0, 0.06, colour, material="wood" if wooden else "smooth", label="building/door"))
        swing = np.array([0.17, 0, -0.985]) * wide
        hinge = np.array([left + 0.03, low + 0.02, -dress.thick + 0.05])
        aside = np.array([0.04, 0.0, 0.007])
        leaf, up = np.array([swing]), [0, tall - 0.03, 0]
        for start, along in ((hinge + aside, leaf), (hinge + leaf[0], -leaf)):
            parts.append(quads(start, along, up, "planks", dress.door, label="building/door"))
        for share in (0.22, 0.78):
            start = hinge + aside * 1.6 + [0, share * tall - 0.07, 0] + 0.06 * swing
            parts.append(
                quads(start, 0.88 * leaf, [0, 0.14, 0], "wood", _darker(dress.door), label="building/door", reach=35)
            )
        step = [(left + right) / 2, low - 0.1, 0.3]
        parts.append(
            boxes(step, (wide + 0.5, 0.2, 0.6), "stone", (0.3, 0.28, 0.25), sides="sewt", label="building/stairs")
        )
        sill = [(left + right) / 2, low - 0.02, -dress.thick / 2]
        parts.append(boxes(sill, (wide, 0.05, dress.thick), "smooth", (0.25, 0.23, 0.2), sides="t", label="room/floor"))
    return parts


def _darker(colour: Colour, by: float = 0.7) -> Colour:
    return by * colour[0], by * colour[1], by * colour[2]


def timbering(length: float, floors: list[tuple[float, float]], openings: Openings, dress: Dress) -> Quads:
    """Posts, rails and braces of a half-timbered wall; `floors` those that have them."""
    assert dress.timber is not None
    parts, wide, deep = [], 0.17, 0.04
    for low, high in floors:
        rows = np.abs(openings.cell[:, 2] - low) < 0.01
        cells, holes = openings.cell[rows], openings.hole[rows]
        if not len(cells):
            continue
        posts = np.unique(np.concatenate([cells[:, 0], cells[:, 1]]))
        posts = posts.clip(wide / 2, length - wide / 2)
        bars = [np.stack([posts - wide / 2, posts + wide / 2, 0 * posts + low, 0 * posts + high], axis=1)]
        bars.append(np.array([[0, length, y - wide / 2, y + wide / 2] for y in (low + wide / 2, high - wide / 2)]))
        closed = holes[:, 1] <= holes[:, 0]
        middle = low + 0.45 * (high - low)
        bars.append(np.array([[a, b, middle - 0.07, middle + 0.07] for a, b in cells[closed][:, :2]]).reshape(-1, 4))
        glazed = ~closed & ~openings.door[rows]
        for a, b, _, _ in cells[glazed]:
            bars.append(np.array([[a, b, holes[glazed][0, 2] - 0.2, holes[glazed][0, 2] - 0.05]]))
        parts.append(_bars(np.concatenate(bars), 0, deep, dress.timber, "sewtb", label="building/trim"))
        braced = cells[closed] if closed.any() else cells[[0, -1]]
        starts, ends = [], []
        for index, (a, b, y0, y1) in enumerate(braced):
            if closed.any():
                forward = (index % 2 == 0) == (dress.seed < 0.5)
                x0, x1 = (a + 0.1, b - 0.1) if forward else (b - 0.1, a + 0.1)
                starts.append((x0, y0 + 0.1, deep / 2 - 0.005))
                ends.append((x1, y1 - 0.1, deep / 2 - 0.005))
            else:
                x0, x1 = (a + 0.1, a + 0.62) if index == 0 else (b - 0.1, b - 0.62)
                starts.append((x1, y0 + 0.1, deep / 2 - 0.005))
                ends.append((x0, y0 + 0.85 * (y1 - y0), deep / 2 - 0.005))
        parts.append(beams(starts, ends, deep, 0.14, "wood", dress.timber, label="building/trim"))
    return merge(parts)


def quoins(floors_top: float, length: float, dress: Dress, base: float = 0.0) -> Quads:
    """Corner stones at both ends, long and short in turn."""
    count = max(int((floors_top - base) / 0.36), 1)
    number = np.arange(count)
    tall = (floors_top - base) / count
    long = np.where(number % 2 == 0, 0.52, 0.3)
    low = base + number * tall
    left = np.stack([0 * low - 0.03, long, low + 0.012, low + tall - 0.012], axis=1)
    right = np.stack([length - long, 0 * low + length + 0.03, low + 0.012, low + tall - 0.012], axis=1)
    return _bars(
        np.concatenate([left, right]),
        0,
        0.035,
        dress.trim,
        "sewtb",
        material="smooth",
        label="building/trim",
        reach=140,
    )
