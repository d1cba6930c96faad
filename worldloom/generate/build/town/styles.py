"""How buildings of each `TownStyle` are dressed: a draw from its materials and colours, none like its neighbour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from worldloom.generate.build.town.dress import Coating, Colour, Dress
from worldloom.generate.build.town.looks import OLD_TILE, SLATE, STONE, STYLES, TILE, Draw
from worldloom.generate.spec import Material, Settlement, TownStyle

_WHITE: Colour = (0.72, 0.69, 0.63)
MATERIAL_COATS: dict[Material, tuple[Coating, Coating]] = {
    "wood": (("clapboard", (0.24, 0.14, 0.07)), ("shingle", (0.2, 0.13, 0.075))),
    "stone": (("stone", STONE), ("slate", (0.2, 0.19, 0.175))),
    "brick": (("brick", (0.34, 0.115, 0.065)), ("flat_tile", OLD_TILE)),
    "plaster": (("plaster", (0.68, 0.6, 0.46)), ("lime", _WHITE)),
    "concrete": (("concrete", (0.36, 0.35, 0.33)), ("concrete", (0.33, 0.32, 0.3))),
    "metal": (("plates", (0.36, 0.38, 0.4)), ("metal", (0.3, 0.32, 0.34))),
    "gold": (("metal", (0.76, 0.48, 0.11)), ("metal", (0.76, 0.48, 0.11))),
    "glass": (("curtain", (0.055, 0.09, 0.105)), ("glass", (0.14, 0.2, 0.22))),
    "marble": (("marble", (0.74, 0.71, 0.66)), ("marble", (0.7, 0.68, 0.63))),
    "thatch": (("thatch", (0.31, 0.22, 0.1)), ("thatch", (0.31, 0.22, 0.1))),
    "tile": (("flat_tile", (0.16, 0.3, 0.36)), ("tile", TILE)),
    "slate": (("slate", (0.16, 0.165, 0.18)), ("slate", SLATE)),
    "sand": (("adobe", (0.52, 0.38, 0.22)), ("adobe", (0.5, 0.37, 0.22))),
    "ice": (("glass", (0.6, 0.78, 0.86)), ("glass", (0.66, 0.82, 0.88))),
    "crystal": (("glass", (0.4, 0.24, 0.66)), ("glass", (0.44, 0.26, 0.7))),
    "fabric": (("cloth", (0.46, 0.14, 0.1)), ("awning", (0.42, 0.11, 0.09))),
    "leather": (("cloth", (0.17, 0.08, 0.04)), ("cloth", (0.15, 0.07, 0.035))),
    "clay": (("adobe", (0.42, 0.2, 0.1)), ("tile", (0.4, 0.17, 0.085))),
}
"""What a `Material` of a spec is as a wall and as a roof."""


def linear(colour: Sequence[float]) -> Colour:
    """sRGB to linear."""
    values = np.asarray(colour, float)
    values = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    red, green, blue = (float(value) for value in values.clip(0.01, 0.9))
    return red, green, blue


def dress_for(
    style: TownStyle, rng: np.random.Generator, town: Settlement | None = None, *, floors: int = 2, shop: bool = False
) -> Dress:
    """One building's look. What the settlement names (materials, colours) is obeyed."""
    dress = STYLES[style](Draw(rng), floors, shop)
    return dress if town is None else obey(dress, town)


def obey(dress: Dress, town: Settlement) -> Dress:
    """With the wall and roof that the settlement asks for."""
    if town.wall_material is not None:
        coat = MATERIAL_COATS[town.wall_material][0]
        dress = replace(dress, wall=coat, ground_wall=coat, timber=None, quoins=dress.quoins and coat[0] == "plaster")
    if town.wall_colour is not None:
        look = dress.wall[0] if dress.wall[0] not in ("paper",) else "lime"
        coat = (look, linear(town.wall_colour))
        same = dress.ground_wall == dress.wall
        dress = replace(dress, wall=coat, ground_wall=coat if same else dress.ground_wall)
    if town.roof_material is not None:
        roof = MATERIAL_COATS[town.roof_material][1]
        dress = replace(dress, roof=roof, thick_roof=0.34 if roof[0] == "thatch" else dress.thick_roof)
        if roof[0] in ("thatch", "tile", "slate", "flat_tile", "shingle") and dress.roof_kind in ("flat", "dome"):
            dress = replace(dress, roof_kind="gable" if dress.roof_kind == "flat" else "tent", pitch=0.8)
    if town.roof_colour is not None:
        dress = replace(dress, roof=(dress.roof[0], linear(town.roof_colour)))
    return dress
