"""A whole house from its footprint, storeys and `Dress`: walls, roofs, what stands out of them, and rooms inside.

In the house's own frame: the middle of its main part at the origin, its front towards +Z, the ground at y = 0.
"""

# ruff: noqa: RUF005 - tuples are added to arrays here, not to lists

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from worldloom.generate.build.town.chimneys import chimney, dormer
from worldloom.generate.build.town.dress import Dress
from worldloom.generate.build.town.facade import wall
from worldloom.generate.build.town.openings import lay_out, rectangles
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.roof_parts import rise_of
from worldloom.generate.build.town.roofs import roof
from worldloom.generate.build.town.rooms import rooms
from worldloom.generate.build.town.solid import beams, boxes
from worldloom.generate.build.town.trims import quoins, timbering

STEP = 0.16
"""Height of the ground floor over the ground."""


@dataclass(frozen=True)
class Block:
    """One rectangle of a footprint."""

    center: tuple[float, float]
    size: tuple[float, float]
    """Along x and z."""
    floors: int
    ridge_along_x: bool = True

    @property
    def edges(self) -> tuple[float, float, float, float]:
        (x, z), (wide, deep) = self.center, self.size
        return x - wide / 2, x + wide / 2, z - deep / 2, z + deep / 2


def blocks_of(wide: float, deep: float, floors: int, wing: float, dress: Dress) -> list[Block]:
    """The main part and, with `wing` not 0, one that stands behind it on the left (< 0) or right; the footprint is
    `wide` by `deep` in all."""
    if abs(wing) < 0.1 or deep < 9 or dress.roof_kind in ("dome", "vault"):
        return [Block((0.0, 0.0), (wide, deep), floors, wide >= deep * 0.95 or dress.roof_kind in ("mono", "tent"))]
    main = 0.56 * deep
    side = min(max(0.45 * wide, 4.0), 0.7 * wide)
    x = float(np.sign(wing)) * (wide - side) / 2
    lower = max(floors - 1, 1) if floors > 1 else floors
    back = Block((x, -main / 2), (side, deep - main), lower, False)
    return [Block((0.0, (deep - main) / 2), (wide, main), floors, True), back]


def storeys(floors: int, dress: Dress) -> list[tuple[float, float]]:
    """Lower and upper edge of the wall of each storey."""
    first = dress.storey + (0.5 if dress.shop else 0.15)
    levels = [STEP]
    for index in range(floors):
        levels.append(levels[-1] + (first if index == 0 else dress.storey))
    return list(pairwise(levels))


def house(
    dress: Dress,
    wide: float,
    deep: float,
    floors: int,
    *,
    wing: float = 0.0,
    inside: bool = True,
    door: float = 0.0,
    party: tuple[bool, bool] = (False, False),
    plain: bool = True,
) -> Quads:
    """A building on a footprint `wide` by `deep`. `inside`: with rooms to walk into; `door`: x of the entrance;
    `party`: whether a neighbour is built against its left and right; `plain`: with plain furniture."""
    blocks = blocks_of(wide, deep, floors, wing, dress)
    parts: list[Quads] = []
    for index, block in enumerate(blocks):
        others = [other for other in blocks if other is not block]
        parts.append(_body(block, others, dress, inside, door if index == 0 else None, party))
        parts.append(_roof_of(block, dress, floors, index))
    if inside:
        parts.append(rooms(blocks[0].center, blocks[0].size, storeys(floors, dress), dress, door, plain))
        for block in blocks[1:]:
            parts.append(rooms(block.center, block.size, storeys(block.floors, dress), dress, None, plain))
    front = blocks[0].edges[3]
    if dress.porch:
        parts.append(_porch(wide, front, dress))
    if dress.balcony and floors > 1:
        parts.append(_balconies(blocks[0], floors, dress))
    whole = merge(parts)
    return whole.with_values(seed=dress.seed)


def _body(
    block: Block,
    others: list[Block],
    dress: Dress,
    inside: bool,
    door: float | None,
    party: tuple[bool, bool],
) -> Quads:
    """Four walls with plinth, openings and what frames them; jettied storeys stand out at the front."""
    levels = storeys(block.floors, dress)
    left, right, back, front = block.edges
    parts: list[Quads] = []
    sides = (
        (0.0, (left, front), right - left),
        (np.pi / 2, (right, front), front - back),
        (np.pi, (right, back), right - left),
        (-np.pi / 2, (left, back), front - back),
    )
    ground_top = levels[0][1]
    for number, (turn, (x, z), length) in enumerate(sides):
        closed = _hidden(block, others, number)
        if (number == 1 and party[1]) or (number == 3 and party[0]):
            closed = [(-1.0, length + 1)]
        place = None if door is None or number else door - left
        blind = 0.0 if number in (0, 2) else 0.25
        openings = lay_out(length, levels, dress, door=place, closed=closed, blind=blind, number=number)
        one = [wall(openings, dress, ground_top, inside)]
        base = np.array([[0.0, length, -0.8, STEP + 0.0]])
        one.append(rectangles(base, 0.0, dress.plinth))
        skirt = [(0.0, length)]
        if place is not None:
            at = float(openings.hole[openings.door][0, :2].mean())
            skirt = [(0.0, at - 0.62), (at + 0.62, length)]
        rims = np.array([[a, b, -0.3, STEP + 0.3] for a, b in skirt])
        if dress.wall[0] not in ("curtain", "paper"):
            one.append(rectangles(rims, 0.04, dress.plinth))
        if dress.timber is not None:
            first = 0 if dress.ground_wall == dress.wall else 1
            one.append(timbering(length, levels[first:], openings, dress))
        if dress.quoins:
            one.append(quoins(levels[-1][1], length, dress, STEP))
        if dress.cornice:
            top = levels[-1][1]
            bands = [(top - 0.28, 0.28, 0.2), (ground_top - 0.1, 0.2, 0.07)]
            for low, tall, deep in bands:
                one.append(
                    boxes(
                        (length / 2, low + tall / 2, deep / 2),
                        (length + 2 * deep, tall, deep),
                        "smooth",
                        dress.trim,
                        sides="sewtb",
                        label="building/trim",
                    )
                )
        if dress.wall[0] == "logs":
            ends = [[x, levels[-1][1] / 2, 0.09] for x in (0.0, length)]
            one.append(boxes(ends, (0.24, levels[-1][1], 0.18), *dress.wall, sides="sew", label="building/trim"))
        if dress.neon:
            one.append(_neon(length, levels, dress, number))
        parts.append(merge(one).placed(turn, (x, 0, z)))
    whole = merge(parts)
    return whole.with_values(foot=0.0)


def _hidden(block: Block, others: list[Block], side: int) -> list[tuple[float, float]]:
    """Stretches of a wall, from its left end, that another part of the house covers."""
    left, right, back, front = block.edges
    found = []
    for other in others:
        x0, x1, z0, z1 = other.edges
        if side == 0 and abs(z0 - front) < 0.1:
            found.append((x0 - left, x1 - left))
        if side == 2 and abs(z1 - back) < 0.1:
            found.append((right - x1, right - x0))
        if side == 1 and abs(x0 - right) < 0.1:
            found.append((front - z1, front - z0))
        if side == 3 and abs(x1 - left) < 0.1:
            found.append((z0 - back, z1 - back))
    return found


def _roof_of(block: Block, dress: Dress, floors: int, index: int) -> Quads:
    wide, deep = block.size if block.ridge_along_x else block.size[::-1]
    top = storeys(block.floors, dress)[-1][1]
    parts = [roof(wide, deep, dress)]
    rise = rise_of(dress, wide, deep)
    pitched = dress.roof_kind in ("gable", "hip", "half_hip")
    if dress.chimney and index == 0 and pitched:
        x = (0.26 if dress.seed < 0.5 else -0.3) * wide
        parts.append(chimney(x, -deep * 0.12, rise * 0.5, rise + 0.9, dress))
    if dress.dormers and index == 0 and pitched and rise > 2.0:
        count = max(int(wide / 3.6), 1)
        base = 0.22 * rise
        z = deep / 2 * (1 - 0.22)
        for x in (np.arange(count) - (count - 1) / 2) * wide / (count + 0.4):
            parts.append(dormer(float(x), z, base, 1.15 / dress.pitch, dress))
    if dress.roof_kind == "flat" and floors > 3:
        parts.append(
            boxes((wide * 0.15, 1.2, 0), (wide * 0.3, 2.4, deep * 0.35), "concrete", (0.36, 0.35, 0.33), sides="nsewt")
        )
        units = [[-wide * 0.25, 0.6, deep * 0.15], [-wide * 0.1, 0.6, deep * 0.15], [-wide * 0.25, 0.6, -deep * 0.2]]
        parts.append(boxes(units, (1.3, 1.2, 1.0), "metal", (0.42, 0.43, 0.44), sides="nsewt", label="object/machine"))
    turn = 0.0 if block.ridge_along_x else np.pi / 2
    return merge(parts).placed(turn, (block.center[0], top, block.center[1])).with_values(foot=-9.0)


def _porch(wide: float, front: float, dress: Dress) -> Quads:
    """A veranda with posts and a lean-to roof along the front; its deck is level with the floor."""
    deep, tall = 1.7, 2.5
    wood = dress.timber or (0.16, 0.1, 0.055)
    count = max(round(wide / 2.2), 2) + 1
    places = np.linspace(-wide / 2 + 0.12, wide / 2 - 0.12, count)
    foot = np.stack([places, np.full(count, 0.0), np.full(count, front + deep - 0.15)], axis=1)
    low = np.array(
        [[-wide / 2 - 0.3, tall + 0.15, front + deep + 0.35], [wide / 2 + 0.3, tall + 0.15, front + deep + 0.35]]
    )
    origin = low[0]
    material, colour = dress.roof
    parts = [
        beams(foot, foot + (0, tall, 0), 0.13, 0.13, "wood", wood, label="building/trim"),
        beams(foot[0] + (0, tall, 0), foot[-1] + (0, tall, 0), 0.13, 0.18, "wood", wood, label="building/trim"),
        quads(origin, low[1] - low[0], [0, 0.5, -deep - 0.35], material, colour, label="building/roof"),
        quads(
            low[1] - (0, 0.08, 0),
            low[0] - low[1],
            [0, 0.5, -deep - 0.35],
            "planks",
            wood,
            label="building/roof",
            reach=50,
        ),
        beams(low[0] - (0, 0.05, 0), low[1] - (0, 0.05, 0), 0.05, 0.15, "wood", dress.trim, label="building/trim"),
        boxes(
            (0, STEP / 2 - 0.02, front + deep / 2),
            (wide, STEP, deep),
            "floorboards",
            wood,
            sides="sewt",
            label="building/floor",
        ),
    ]
    return merge(parts)


def _balconies(block: Block, floors: int, dress: Dress) -> Quads:
    """A slab with a railing before every second bay of the upper storeys."""
    left, right, _, front = block.edges
    count = max(round((right - left) / dress.bay), 1)
    parts = []
    for level in range(1, floors):
        y = storeys(floors, dress)[level][0]
        bays = [bay for bay in range(count) if (bay + (level if dress.seed < 0.3 else 0)) % 2 == 0]
        middle = [left + (bay + 0.5) * (right - left) / count for bay in bays]
        wide = min((right - left) / count * 0.92, 2.6)
        slabs = [[x, y - 0.02, front + 0.55] for x in middle]
        parts.append(boxes(slabs, (wide, 0.16, 1.1), "smooth", dress.trim, sides="sewtb", label="building/trim"))
        rails = [[x, y + 0.98, front + 1.06] for x in middle]
        parts.append(boxes(rails, (wide, 0.06, 0.06), "iron", (0.05, 0.05, 0.055), label="building/trim", reach=90))
        if dress.wall[0] in ("concrete", "hull", "smooth", "plates"):
            panes = [[x - wide / 2, y + 0.06, front + 1.07] for x in middle]
            for facing in (1, -1):
                start = np.asarray(panes) + ((0, 0, 0) if facing > 0 else (wide, 0, -0.01))
                parts.append(
                    quads(
                        start,
                        [facing * wide, 0, 0],
                        [0, 0.9, 0],
                        "glass",
                        (0.25, 0.33, 0.34),
                        opacity=0.35,
                        label="building/window",
                    )
                )
        else:
            posts = np.array(
                [[x + wide * (share - 0.5), y + 0.5, front + 1.06] for x in middle for share in np.linspace(0, 1, 15)]
            )
            parts.append(
                boxes(
                    posts,
                    (0.025, 0.92, 0.025),
                    "iron",
                    (0.05, 0.05, 0.055),
                    sides="nsew",
                    label="building/trim",
                    reach=45,
                )
            )
    return merge(parts)


def _neon(length: float, levels: list[tuple[float, float]], dress: Dress, number: int) -> Quads:
    """Strips of light along storeys and at the corner."""
    glow = tuple(3.0 * c for c in dress.accent)
    tone = tuple(0.25 + 0.6 * c for c in dress.accent)
    parts = [
        boxes(
            (0.07, levels[-1][1] / 2, 0.05),
            (0.09, levels[-1][1], 0.09),
            "light",
            tone,
            sides="sew",
            glow=glow,
            label="lamp",
        )
    ]
    for index, (_, high) in enumerate(levels):
        if (index + number) % 2 == 0:
            parts.append(
                boxes(
                    (length / 2, high - 0.08, 0.05),
                    (length, 0.07, 0.08),
                    "light",
                    tone,
                    sides="stb",
                    glow=glow,
                    label="lamp",
                )
            )
    if number == 0:
        sign = (length * 0.78, levels[0][1] + 1.2, 0.5)
        parts.append(
            boxes(
                sign,
                (0.14, min(2.6, levels[-1][1] * 0.4), 0.75),
                "light",
                tone,
                glow=tuple(0.7 * g for g in glow),
                label="object/sign",
            )
        )
    return merge(parts)
