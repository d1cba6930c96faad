"""Doors, half-timbering and corner stones."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.town.dress import Colour, Dress
from worldloom.generate.build.town.openings import Openings, bar_boxes
from worldloom.generate.build.town.quads import Quads, merge, quads
from worldloom.generate.build.town.solid import beams, boxes


def doors(openings: Openings, dress: Dress) -> list[Quads]:
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
        parts.append(bar_boxes(frame, 0, 0.06, colour, material="wood" if wooden else "smooth", label="building/door"))
        swing = np.array([0.17, 0, -0.985]) * wide
        hinge = np.array([left + 0.03, low + 0.02, -dress.thick + 0.05])
        aside = np.array([0.04, 0.0, 0.007])
        leaf, up = np.array([swing]), [0, tall - 0.03, 0]
        for start, along in ((hinge + aside, leaf), (hinge + leaf[0], -leaf)):
            parts.append(quads(start, along, up, "planks", dress.door, label="building/door"))
        for share in (0.22, 0.78):
            start = hinge + aside * 1.6 + [0, share * tall - 0.07, 0] + 0.06 * swing
            parts.append(
                quads(start, 0.88 * leaf, [0, 0.14, 0], "wood", darker(dress.door), label="building/door", reach=35)
            )
        step = [(left + right) / 2, low - 0.1, 0.3]
        parts.append(
            boxes(step, (wide + 0.5, 0.2, 0.6), "stone", (0.3, 0.28, 0.25), sides="sewt", label="building/stairs")
        )
        sill = [(left + right) / 2, low - 0.02, -dress.thick / 2]
        parts.append(boxes(sill, (wide, 0.05, dress.thick), "smooth", (0.25, 0.23, 0.2), sides="t", label="room/floor"))
    return parts


def darker(colour: Colour, by: float = 0.7) -> Colour:
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
        parts.append(bar_boxes(np.concatenate(bars), 0, deep, dress.timber, "sewtb", label="building/trim"))
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
    return bar_boxes(
        np.concatenate([left, right]),
        0,
        0.035,
        dress.trim,
        "sewtb",
        material="smooth",
        label="building/trim",
        reach=140,
    )
