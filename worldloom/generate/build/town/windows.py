"""Windows with frames, bars, shutters, flower boxes, and shop fronts."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.town.dress import Dress
from worldloom.generate.build.town.openings import INSIDE, NEAR, Openings, bar_boxes
from worldloom.generate.build.town.quads import ARCH, POINTED, UNDER_ARCH, WHOLE, Quads, merge, quads
from worldloom.generate.build.town.solid import striped
from worldloom.generate.build.town.spots import chance
from worldloom.scene.surfels import Array


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


def windows(openings: Openings, dress: Dress, inside: bool) -> list[Quads]:
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
        parts.append(bar_boxes(_frames(holes, 0.065), back, 0.05, frame, "sew", label="building/window", reach=90))
        bars = _mullions(holes[~shop], *dress.glazing, 0.035)
        parts.append(bar_boxes(bars, back, 0.035, frame, "s", label="building/window", reach=NEAR))
        if inside:
            bars = np.concatenate([_frames(holes, 0.065), bars])
            parts.append(bar_boxes(bars, back - 0.01, 0.01, frame, "n", label="room/window", reach=20))
        parts.append(bar_boxes(_mullions(holes[shop], 3, 1, 0.05), back, 0.05, frame, "s", label="building/window"))
    if dress.arch != WHOLE:
        parts.append(_arched_heads(holes[~shop], dress))
    plain = holes[~shop]
    left, right, low, high = plain.T
    sill = np.stack([left - 0.08, right + 0.08, low - 0.07, low], axis=1)
    parts.append(bar_boxes(sill, -0.02, 0.13, dress.trim, "sewtb", material="smooth", label="building/trim", reach=110))
    if dress.lintel and dress.arch == WHOLE:
        head = np.stack([left - 0.12, right + 0.12, high, high + 0.16], axis=1)
        sides = np.concatenate(
            [np.stack([left - 0.1, left, low, high], axis=1), np.stack([right, right + 0.1, low, high], axis=1)]
        )
        wooden = dress.timber is not None
        colour = dress.timber if dress.timber is not None else dress.trim
        look = "wood" if wooden else "smooth"
        parts.append(bar_boxes(head, 0, 0.05, colour, material=look, label="building/trim", reach=110))
        parts.append(bar_boxes(sides, 0, 0.035, colour, "sew", material=look, label="building/trim", reach=NEAR))
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
            bar_boxes(boards, 0.02, 0.045, dress.shutter, "sewt", material="planks", label="building/window"),
            bar_boxes(rails, 0.065, 0.02, dark, "s", label="building/window", reach=35),
        ]
    )


def _flower_boxes(holes: Array, dress: Dress) -> Quads:
    """Boxes below windows, with leaves and blossoms in them."""
    left, right, low, _ = holes.T
    tray = np.stack([left, right, low - 0.12, low + 0.06], axis=1)
    parts = [bar_boxes(tray, 0.1, 0.17, (0.13, 0.07, 0.035), "sewt", label="furniture/decoration", reach=80)]
    for index in range(7):
        share = 0.08 + 0.14 * index
        x = left + (right - left) * share
        high = 0.10 + 0.1 * chance(np.arange(len(x)), index, dress.seed)
        tuft = np.stack([x - 0.1, x + 0.1, low + 0.02, low + 0.06 + high], axis=1)
        colour = ((0.05, 0.12, 0.025), (0.5, 0.06, 0.05), (0.06, 0.14, 0.03), (0.55, 0.2, 0.3))[index % 4]
        parts.append(bar_boxes(tuft, 0.14, 0.12, colour, "sewt", material="turf", label="plant/flower", reach=45))
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
            striped(origin, a, b, dress.accent, label="building/trim"),
            quads(origin + b, a, -b + (0, 1e-3, 0), "awning", dark, label="building/trim", reach=60),
            striped(skirt, a, [0, 0.17, 0], dress.accent, label="building/trim", reach=90),
            bar_boxes(panel, 0, 0.03, dress.door, "sewt", label="building/trim"),
            bar_boxes(sign, 0, 0.05, dress.accent, "sewtb", material="smooth", label="object/sign", glow=glow),
        ]
    )
