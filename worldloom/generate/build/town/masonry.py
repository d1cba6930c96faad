"""What large single buildings share: openings, battlements, steps, round towers; and `Look`, what is asked of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from worldloom.generate.build.town.dress import Coating, Colour, Dress
from worldloom.generate.build.town.quads import UNDER_ARCH, WHOLE, Quads, merge, quads
from worldloom.generate.build.town.solid import boxes, plate, turned

WOOD: Colour = (0.17, 0.105, 0.058)
GREY: Colour = (0.31, 0.29, 0.25)
_DARK: Colour = (0.035, 0.045, 0.055)
GLOW = (1.4, 0.8, 0.35)


@dataclass(frozen=True)
class Look:
    """What is asked of a single building; colours linear."""

    seed: int = 0
    colour: Colour | None = None
    coat: Coating | None = None

    def wall(self, material: str, colour: Colour) -> Coating:
        """The coating asked for, or the usual one in the colour asked for."""
        return self.coat or (material, self.colour or colour)


def opening(
    x: float,
    y: float,
    wide: float,
    tall: float,
    z: float,
    cut: int = WHOLE,
    glow: tuple[float, ...] = (0, 0, 0),
    *,
    trim: Colour | None = None,
    louvres: bool = False,
) -> Quads:
    """A window set on a wall that faces +Z at z, its lower middle at x and y, with a round or pointed head."""
    head = 0.0 if cut == WHOLE else wide * (0.5 if cut == UNDER_ARCH else 0.75)
    look = ("planks", (0.11, 0.08, 0.05)) if louvres else ("pane", _DARK)
    edge = trim or (0.3, 0.28, 0.24)
    parts = [
        quads(
            [x - wide / 2, y, z + 0.02],
            [wide, 0, 0],
            [0, tall - head, 0],
            *look,
            label="building/window",
            glow=glow,
            fine=0.6,
        ),
        boxes((x, y - 0.08, z + 0.05), (wide + 0.4, 0.16, 0.14), "smooth", edge, sides="sewtb", label="building/trim"),
        boxes(
            [
                (x - wide / 2 - 0.07, y + (tall - head) / 2, z + 0.04),
                (x + wide / 2 + 0.07, y + (tall - head) / 2, z + 0.04),
            ],
            (0.14, tall - head, 0.1),
            "smooth",
            edge,
            sides="sew",
            label="building/trim",
        ),
    ]
    if cut == WHOLE:
        parts.append(boxes((x, y + tall + 0.08, z + 0.05), (wide + 0.3, 0.16, 0.12), "smooth", edge, sides="sewtb"))
    else:
        rim = [x - wide / 2 - 0.14, y + tall - head, z + 0.012]
        parts.append(
            quads(
                rim, [wide + 0.28, 0, 0], [0, head + 0.16, 0], "smooth", edge, cut=cut, label="building/trim", fine=0.5
            )
        )
        start = [x - wide / 2, y + tall - head, z + 0.03]
        parts.append(
            quads(start, [wide, 0, 0], [0, head, 0], *look, cut=cut, label="building/window", glow=glow, fine=0.45)
        )
    if not louvres and wide > 0.8:
        bars = [(x, y + (tall - head * 0.4) / 2, z + 0.045)]
        parts.append(boxes(bars, (0.06, tall - head * 0.5, 0.03), "smooth", edge, sides="s", reach=60))
        rails = [(x, y + (tall - head) * share, z + 0.045) for share in (0.33, 0.66, 1.0)]
        parts.append(boxes(rails, (wide, 0.05, 0.03), "smooth", edge, sides="s", reach=60))
    return merge(parts)


def battlements(length: float, top: float, z: float, coat: Coating, thick: float = 0.5) -> Quads:
    """Merlons along a wall's outer edge."""
    count = max(int(length / 1.5), 2)
    x = (np.arange(count) + 0.5) * length / count - length / 2
    at = np.stack([x, 0 * x + top + 0.45, 0 * x + z - thick / 2], axis=1)
    return boxes(at, (0.78, 0.9, thick), *coat, sides="nsewt")


def stairs_around(wide: float, deep: float, steps: int, top: float, coat: Coating) -> Quads:
    """A platform with steps on all sides."""
    tall = top / steps
    number = np.arange(steps)
    at = np.stack([0.0 * number, top - (number + 0.5) * tall, 0.0 * number], axis=1)
    size = np.stack([wide + 0.8 * number, 0 * number + tall, deep + 0.8 * number], axis=1)
    size[-1, 1] += 1.0
    at[-1, 1] -= 0.5
    return boxes(at, size, *coat, sides="nsewt", label="building/stairs")


def round_tower(radius: float, tall: float, coat: Coating = ("rubble", GREY), cap: Coating | None = None) -> Quads:
    """A round tower with a corbelled top: battlements, or a pointed roof."""
    segments = max(int(radius * 10), 16)
    profile = [
        (radius * 1.12, -1.0),
        (radius * 1.02, 1.2),
        (radius, tall - 1.4),
        (radius * 1.14, tall - 0.7),
        (radius * 1.14, tall),
    ]
    parts = [turned(profile, segments, *coat), plate((0, tall - 0.3, 0), radius * 1.1, *coat)]
    outer = radius * 1.14
    if cap is None:
        count = max(int(2 * np.pi * outer / 1.5), 6)
        angle = np.arange(count) * 2 * np.pi / count
        at = np.stack([np.sin(angle) * (outer - 0.22), 0 * angle + tall + 0.42, np.cos(angle) * (outer - 0.22)], axis=1)
        parts.append(boxes(at, (0.8, 0.95, 0.45), *coat, turn=angle, sides="nsewt"))
    else:
        parts.append(
            turned(
                [(outer + 0.4, tall - 0.1), (outer * 0.55, tall + 1.35 * radius), (0.0, tall + 3.1 * radius)],
                segments,
                *cap,
                label="building/roof",
            )
        )
        parts.append(
            turned([(outer, tall - 0.08), (outer + 0.4, tall - 0.1)], segments, "planks", WOOD, label="building/roof")
        )
    slits = []
    for index, level in enumerate(np.arange(2.6, tall - 1.8, 2.9)):
        slits.append(
            opening(0, float(level), 0.34, 1.2, radius * 0.995, WHOLE, GLOW if index % 2 else (0, 0, 0)).placed(
                index * 1.9 + 0.4, (0, 0, 0)
            )
        )
    return merge(parts + slits)


def simple(wall: Coating, roof_coat: Coating, **changes: Any) -> Dress:
    return Dress(
        wall=wall,
        ground_wall=wall,
        plinth=wall,
        inner=("lime", (0.62, 0.57, 0.47)),
        floor=("floorboards", WOOD),
        roof=roof_coat,
        trim=(0.16, 0.1, 0.06),
        frame=(0.12, 0.07, 0.04),
        door=WOOD,
        chimney=False,
        lit=0.0,
        gutters=False,
        seed=0.9,
        **changes,
    )
