"""Roads, squares and paths as they look: cobbles, asphalt with its lines, slabs, gravel, trodden earth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from worldloom.generate.build.terrain.maths import Floats, hashed, mix, ramp, step
from worldloom.generate.build.terrain.works import SURFACES
from worldloom.render.ground import cells, fractal
from worldloom.scene.semantics import label_index

if TYPE_CHECKING:
    from worldloom.generate.build.terrain.paint import Coat, Spot

F = np.float32
_COLOURS = {
    "grass": (0.07, 0.13, 0.025),
    "soil": (0.12, 0.08, 0.05),
    "path": (0.24, 0.175, 0.11),
    "dirt": (0.19, 0.13, 0.08),
    "gravel": (0.3, 0.28, 0.25),
    "cobble": (0.2, 0.19, 0.175),
    "asphalt": (0.058, 0.058, 0.06),
    "pavement": (0.3, 0.29, 0.27),
    "field": (0.15, 0.098, 0.058),
    "sand": (0.47, 0.38, 0.25),
    "stone": (0.27, 0.255, 0.23),
}
_LABELS = {
    "grass": "ground/grass",
    "soil": "ground/soil",
    "path": "road/path",
    "dirt": "road/path",
    "gravel": "road",
    "cobble": "road",
    "asphalt": "road",
    "pavement": "road/pavement",
    "field": "ground/field",
    "sand": "ground/sand",
    "stone": "road/pavement",
}


def paint_made(spot: Spot, coat: Coat, chance: Floats) -> None:
    """Cover what is road, square or pad."""
    made = spot.made
    assert made is not None
    on = np.flatnonzero((made.surface >= 0) & ~made.covered)
    for number in np.unique(made.surface[on]):
        name = SURFACES[number]
        at = on[made.surface[on] == number]
        x, z, size = spot.x[at], spot.z[at], spot.size[at]
        worn = fractal(x, z, seed=700 + int(number), size=3.1, octaves=4)
        fine = fractal(x, z, seed=720 + int(number), size=0.22, octaves=2)
        colour = np.array(_COLOURS[name], np.float32) * (1 + F(0.2) * worn + F(0.16) * fine)[:, None]
        share, label = np.ones(len(at), np.float32), np.full(len(at), label_index(_LABELS[name]), np.uint8)
        inward = made.half[at] - np.abs(made.across[at])
        if name in ("cobble", "gravel"):
            colour = _stones(colour, made.along[at], made.across[at], size, 0.15 if name == "cobble" else 0.05)
        elif name in ("pavement", "stone"):
            colour = _slabs(colour, made.along[at], made.across[at], size)
        elif name == "asphalt":
            colour = colour * (F(0.8) + F(0.4) * chance[at])[:, None]
            _mark(colour, label, made.along[at], made.across[at], made.half[at], size, worn)
        elif name in ("path", "dirt"):
            share = step(-0.1, 0.35, inward + F(0.22) * worn + F(0.1) * fine)
            ruts = np.exp(-(((np.abs(made.across[at]) - F(0.75)) / F(0.28)) ** 2)) * (made.half[at] > 1.2)
            colour = colour * (1 - F(0.2) * ruts)[:, None]
        coat.albedo[at] += (colour - coat.albedo[at]) * share[:, None]
        sure = share > 0.5
        coat.label[at[sure]] = label[sure]
        coat.rock[at] *= 1 - share


def _stones(colour: Floats, along: Floats, across: Floats, size: Floats, edge: float) -> Floats:
    """Laid or strewn stones, each of its own shade."""
    first, second, own = cells(along, across, seed=77, size=edge, jitter=0.55)
    joint = step(0.18, 0.04, second - first)
    tone = (F(0.7) + F(0.6) * own) * (1 - F(0.55) * joint) * (F(1.08) - F(0.2) * first)
    hue = np.stack([1 + F(0.1) * (own - F(0.5)), np.ones_like(own), 1 - F(0.1) * (own - F(0.5))], axis=1)
    shown = ramp(1.5 * edge, 0.5 * edge, size)
    return colour * mix(F(0.93), tone, shown)[:, None] * hue


def _slabs(colour: Floats, along: Floats, across: Floats, size: Floats) -> Floats:
    row = np.floor(across / F(0.5))
    u = along / F(0.75) + F(0.5) * (row - 2 * np.floor(row / 2))
    own = hashed(np.floor(u), row, 5)
    gap = np.minimum(
        F(0.5) - np.abs(u - np.floor(u) - F(0.5)), (F(0.5) - np.abs(across / F(0.5) - row - F(0.5))) * F(0.67)
    )
    joint = step(0.03, 0.01, gap) * ramp(0.25, 0.05, size)
    return colour * ((F(0.86) + F(0.28) * own) * (1 - F(0.5) * joint))[:, None]


def _mark(
    colour: Floats, label: np.ndarray, along: Floats, across: Floats, half: Floats, size: Floats, worn: Floats
) -> None:
    """White lines: dashes in the middle, whole ones at the edges of wide roads."""
    dash = (along / F(6.0) - np.floor(along / F(6.0)) < 0.5) & (np.abs(across) < 0.07) & (half > 2.4)
    edge = (np.abs(np.abs(across) - (half - F(0.3))) < 0.06) & (half > 2.9)
    line = (dash | edge) & (size < 0.5)
    colour[line] = F(0.62) * (1 + F(0.18) * worn[line, None])
    label[line] = label_index("road/marking")
