"""All materials by name, and `paint`, which paints many pieces of many materials at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from worldloom.generate.build.town.coats import (
    boards,
    checker,
    curtain,
    glass,
    light,
    logs,
    masonry,
    pane,
    panels,
    paper,
    plain,
    plaster,
    stripes,
    thatch,
    tiles,
    turf,
    wood,
)
from worldloom.generate.build.town.spots import Coat, Spots
from worldloom.scene.surfels import Array

LOOKS: dict[str, tuple[Callable[[Spots, Array], Coat], tuple[float, float]]] = {
    "plaster": (plaster, (1.25, 1.25)),
    "brick": (masonry(0.25, 0.085, 0.012, 0.62, joint_tone=1.25), (1.25, 0.8)),
    "stone": (masonry(0.62, 0.31, 0.022, 0.42), (1.0, 1.0)),
    "rubble": (masonry(0.36, 0.21, 0.035, 0.66, warp=0.12, joint_tone=0.6), (1.0, 1.0)),
    "block": (masonry(1.5, 0.95, 0.05, 0.34, joint_tone=0.45, dirt=0.2), (1.0, 1.0)),
    "cobble": (masonry(0.19, 0.14, 0.03, 0.6, warp=0.05, joint_tone=0.4, dirt=0.0), (1.0, 1.0)),
    "marble": (masonry(1.1, 0.55, 0.008, 0.1, joint_tone=0.7, dirt=0.12), (1.0, 1.0)),
    "adobe": (plain(0.13, 0.0, 0.3), (1.3, 1.3)),
    "lime": (plain(0.05, 0.0, 0.2), (1.35, 1.35)),
    "smooth": (plain(0.04, 0.0, 0.1), (1.0, 1.0)),
    "metal": (plain(0.06, 0.5, 0.1), (1.0, 1.0)),
    "iron": (plain(0.12, 0.25, 0.1), (1.0, 1.0)),
    "concrete": (panels(2.4, 1.2, 0.02, 0.12, 0.02, 0.38), (1.2, 1.2)),
    "plates": (panels(1.1, 2.9, 0.03, 0.1, 0.45, 0.14), (1.0, 1.0)),
    "hull": (panels(1.9, 1.15, 0.035, 0.14, 0.35, 0.1), (1.0, 1.0)),
    "planks": (boards(True, 0.19, 0.014), (0.75, 1.35)),
    "clapboard": (boards(False, 0.17, 0.018, 0.34), (1.6, 0.62)),
    "floorboards": (boards(False, 0.17, 0.01), (1.35, 0.75)),
    "logs": (logs, (1.9, 0.55)),
    "wood": (wood, (1.0, 1.0)),
    "tile": (tiles(0.24, 0.34, 1.0, 0.5), (0.85, 1.2)),
    "flat_tile": (tiles(0.2, 0.24, 0.0, 0.55), (1.0, 1.0)),
    "slate": (tiles(0.3, 0.26, 0.0, 0.5, 0.14), (1.0, 1.0)),
    "shingle": (tiles(0.18, 0.3, 0.0, 0.6), (1.0, 1.0)),
    "kawara": (tiles(0.3, 0.28, 1.3, 0.2, 0.18), (0.8, 1.2)),
    "thatch": (thatch, (0.8, 1.25)),
    "turf": (turf, (1.0, 1.0)),
    "pane": (pane, (1.0, 1.0)),
    "glass": (glass, (1.0, 1.0)),
    "curtain": (curtain, (0.9, 1.1)),
    "paper": (paper, (0.8, 0.9)),
    "cloth": (plain(0.1, 0.0, 0.0), (1.0, 1.0)),
    "awning": (stripes, (0.8, 1.3)),
    "checker": (checker, (1.0, 1.0)),
    "light": (light, (1.0, 1.0)),
}
"""By name: how it is painted, and how its surfels are stretched along and across."""
MATERIALS = tuple(LOOKS)
ASPECT = np.array([aspect for _, aspect in LOOKS.values()], np.float32)


def paint(spots: Spots, material: NDArray[np.uint8], colour: Array) -> Coat:
    """All spots painted as what each is made of; `colour` (N, 3) linear."""
    count = len(material)
    coat = Coat(
        np.empty((count, 3), np.float32),
        np.empty(count, np.float32),
        np.empty(count, np.float32),
        np.zeros((count, 2), np.float32),
    )
    assert coat.tilt is not None
    order = np.argsort(material, kind="stable")
    ends = np.searchsorted(material[order], np.arange(len(MATERIALS) + 1))
    for number, name in enumerate(MATERIALS):
        index = order[ends[number] : ends[number + 1]]
        if len(index):
            one = LOOKS[name][0](spots[index], colour[index])
            coat.albedo[index], coat.gloss[index], coat.glow[index] = one.albedo, one.gloss, one.glow
            if one.tilt is not None:
                coat.tilt[index] = one.tilt
    return coat
