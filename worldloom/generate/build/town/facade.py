"""One wall of a building, with all its openings dressed.

In the wall's own frame: x to the right along it, y up, facing +Z, its outer face at z = 0.
"""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.town.dress import Dress
from worldloom.generate.build.town.openings import INSIDE, Openings, around, bar_boxes, rectangles
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.spots import chance
from worldloom.generate.build.town.trims import darker, doors
from worldloom.generate.build.town.windows import windows
from worldloom.scene.surfels import Array


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
        parts += windows(openings, dress, inside)
        parts += doors(openings, dress)
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
            rectangles(spandrel, 0.01, ("metal", darker(dress.wall[1], 0.8)), label="building/wall"),
            bar_boxes(posts, 0.0, 0.09, metal, "sew", material="smooth", label="building/trim", reach=110),
            bar_boxes(rails, 0.0, 0.05, metal, "st", material="smooth", label="building/trim", reach=70),
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
