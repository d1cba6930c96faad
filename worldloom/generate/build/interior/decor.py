"""Which finishes and colours a room has, by what it is for, by the style asked for, and at random within that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from worldloom.generate.build.interior.finishes import FINISHES, Colour, Finish
from worldloom.generate.spec import Interior, Material, RoomFunction

Ceiling = Literal["plain", "beams", "coffers", "vault"]


@dataclass(frozen=True)
class Decor:
    """How one room looks before it is furnished. Colours: finishes linear, the others sRGB."""

    floor: Finish
    wall: Finish
    ceiling: Finish
    shape: Ceiling
    dado: Finish | None
    """What the lower part of walls is covered with."""
    dado_height: float
    trim: Colour
    """Linear albedo of skirting, frames and doors."""
    door: Colour
    """Linear."""
    fabric: Colour
    accent: Colour
    wood: Colour
    curtain: Colour


_FLOORS: dict[RoomFunction, tuple[str, ...]] = {
    "living_room": ("boards", "parquet", "parquet"),
    "dining_room": ("parquet", "boards"),
    "kitchen": ("tiles", "checker", "terracotta"),
    "study": ("parquet", "boards"),
    "bedroom": ("boards", "carpet", "parquet"),
    "bathroom": ("checker", "tiles"),
    "storage": ("concrete", "old_boards"),
    "corridor": ("boards", "parquet"),
    "hall": ("checker", "marble", "parquet"),
    "library": ("parquet",),
    "office": ("carpet", "concrete"),
    "classroom": ("boards", "tiles"),
    "shop": ("boards", "tiles"),
    "restaurant": ("old_boards", "checker"),
    "gallery": ("boards", "concrete"),
    "workshop": ("concrete", "old_boards"),
    "throne_room": ("marble", "checker"),
    "chapel": ("flagstones",),
}
_WALLS: dict[RoomFunction, tuple[str, ...]] = {
    "living_room": ("plaster", "paper", "plaster"),
    "dining_room": ("paper", "stripes", "plaster"),
    "kitchen": ("plaster",),
    "study": ("panels", "paper", "plaster"),
    "bedroom": ("stripes", "plaster", "paper"),
    "bathroom": ("white_tiles",),
    "workshop": ("bricks", "concrete"),
    "restaurant": ("bricks", "plaster", "rough_plaster"),
    "throne_room": ("ashlar",),
    "chapel": ("ashlar", "rough_plaster"),
    "library": ("panels",),
}
_MATERIALS: dict[Material, tuple[str, str]] = {
    "wood": ("boards", "panels"),
    "stone": ("flagstones", "ashlar"),
    "brick": ("terracotta", "bricks"),
    "plaster": ("concrete", "plaster"),
    "concrete": ("concrete", "concrete"),
    "marble": ("marble", "marble"),
    "tile": ("tiles", "white_tiles"),
    "slate": ("flagstones", "ashlar"),
    "clay": ("terracotta", "rough_plaster"),
    "fabric": ("carpet", "paper"),
    "leather": ("carpet", "paper"),
    "metal": ("concrete", "concrete"),
    "glass": ("marble", "white_tiles"),
    "gold": ("marble", "paper"),
    "sand": ("terracotta", "rough_plaster"),
    "thatch": ("old_boards", "rough_plaster"),
    "ice": ("marble", "marble"),
    "crystal": ("marble", "marble"),
}
_TINTS: dict[Material, Colour] = {
    "slate": (0.11, 0.12, 0.135),
    "gold": (0.62, 0.42, 0.12),
    "sand": (0.5, 0.38, 0.22),
    "ice": (0.6, 0.76, 0.84),
    "crystal": (0.5, 0.4, 0.7),
    "metal": (0.34, 0.35, 0.37),
    "leather": (0.16, 0.07, 0.035),
    "fabric": (0.34, 0.12, 0.09),
}
# Wall paint (linear), sofa fabric and accent (sRGB) that go together.
_PALETTES: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((0.66, 0.62, 0.53), (0.40, 0.45, 0.48), (0.66, 0.49, 0.34)),
    ((0.48, 0.53, 0.50), (0.74, 0.70, 0.63), (0.56, 0.33, 0.27)),
    ((0.68, 0.65, 0.60), (0.37, 0.42, 0.37), (0.72, 0.62, 0.43)),
    ((0.58, 0.51, 0.42), (0.50, 0.33, 0.28), (0.36, 0.42, 0.46)),
    ((0.44, 0.49, 0.54), (0.68, 0.66, 0.62), (0.68, 0.54, 0.38)),
    ((0.66, 0.59, 0.55), (0.45, 0.45, 0.47), (0.56, 0.43, 0.47)),
    ((0.25, 0.29, 0.27), (0.58, 0.47, 0.36), (0.74, 0.68, 0.55)),
)
_WOODS: tuple[Colour, ...] = ((0.50, 0.37, 0.27), (0.40, 0.28, 0.20), (0.62, 0.50, 0.37), (0.33, 0.22, 0.16))


def decorate(function: RoomFunction, interior: Interior, style: str, height: float, seed: int) -> Decor:
    """How a room looks: what the spec says where it says something, else what goes with its use."""
    rng = np.random.default_rng([seed, 23])
    floor = FINISHES[_chosen(_FLOORS[function], rng)]
    wall = FINISHES[_chosen(_WALLS.get(function, ("plaster",)), rng)]
    palette = _PALETTES[int(rng.integers(len(_PALETTES)))]
    paint, fabric, accent = palette
    wood = _WOODS[int(rng.integers(len(_WOODS)))]
    if wall is FINISHES["plaster"]:
        wall = wall.tinted(paint if function not in ("gallery", "office", "classroom") else (0.74, 0.73, 0.70))
    elif wall in (FINISHES["paper"], FINISHES["stripes"]):
        wall = wall.tinted(paint)
    shape: Ceiling = "plain"
    if function in ("throne_room", "chapel"):
        shape = "vault"
    elif function in ("library", "hall") and height > 3.2:
        shape = "coffers"
    elif function in ("workshop", "restaurant") or style in ("cosy", "fantasy"):
        shape = "beams"
    ceiling = FINISHES["ceiling_tiles"] if function in ("office",) else FINISHES["plaster"].tinted((0.78, 0.77, 0.73))
    if shape == "vault":
        ceiling = FINISHES["plaster"].tinted((0.62, 0.57, 0.47))
    dado, dado_height = _dado(function, rng)
    trim: Colour = (0.72, 0.71, 0.67)
    door: Colour = (0.70, 0.69, 0.65)
    if style in ("cosy", "fantasy", "spooky") or function in ("library", "study", "workshop", "restaurant"):
        trim = door = (0.16, 0.085, 0.04)
    if function in ("throne_room", "chapel"):
        trim, door = (0.36, 0.32, 0.26), (0.13, 0.07, 0.035)
    decor = Decor(
        floor, wall, ceiling, shape, dado, dado_height, trim, door, fabric, accent, wood, _light(fabric, accent)
    )
    return _asked(_styled(decor, style, function), interior)


def _chosen(names: tuple[str, ...], rng: np.random.Generator) -> str:
    return names[int(rng.integers(len(names)))]


def _light(fabric: Colour, accent: Colour) -> Colour:
    """Of curtains: paler than the sofa."""
    base = fabric if sum(fabric) > sum(accent) else accent
    return tuple(0.45 * value + 0.5 for value in base)  # type: ignore[return-value]


def _dado(function: RoomFunction, rng: np.random.Generator) -> tuple[Finish | None, float]:
    if function in ("dining_room", "hall", "study"):
        return FINISHES["white_panels" if rng.random() < 0.7 else "panels"], 0.95
    if function in ("restaurant", "classroom"):
        return FINISHES["panels"], 1.1
    if function == "kitchen":
        return FINISHES["white_tiles"], 1.5
    return None, 0.0


def _styled(decor: Decor, style: str, function: RoomFunction) -> Decor:
    if style == "cyberpunk":
        return replace(
            decor,
            wall=FINISHES["concrete"].tinted((0.10, 0.10, 0.13)),
            floor=FINISHES["concrete"].tinted((0.08, 0.08, 0.1)),
            ceiling=FINISHES["concrete"].tinted((0.09, 0.09, 0.11)),
            dado=None,
            trim=(0.05, 0.05, 0.06),
            door=(0.07, 0.08, 0.1),
            fabric=(0.20, 0.20, 0.28),
            accent=(0.85, 0.20, 0.60),
        )
    if style == "spooky":
        return replace(
            decor,
            wall=FINISHES["paper"].tinted((0.14, 0.15, 0.12)),
            floor=FINISHES["old_boards"],
            ceiling=FINISHES["rough_plaster"].tinted((0.26, 0.25, 0.22)),
            fabric=(0.34, 0.12, 0.16),
            accent=(0.30, 0.26, 0.36),
        )
    if style == "noir":
        grey = FINISHES["plaster"].tinted((0.3, 0.3, 0.3))
        return replace(decor, wall=grey, fabric=(0.2, 0.2, 0.2), accent=(0.6, 0.6, 0.6), dado=None)
    if style in ("cosy", "fantasy") and function not in ("bathroom", "throne_room", "chapel"):
        wall = FINISHES["rough_plaster"] if decor.wall.pattern == "plain" else decor.wall
        floor = FINISHES["old_boards"] if decor.floor.pattern == "parquet" else decor.floor
        return replace(decor, wall=wall, floor=floor, ceiling=FINISHES["ceiling_boards"])
    if style == "toy":
        return replace(decor, fabric=(0.90, 0.35, 0.30), accent=(0.98, 0.80, 0.25), wood=(0.85, 0.66, 0.40))
    return decor


def _asked(decor: Decor, interior: Interior) -> Decor:
    floor, wall = decor.floor, decor.wall
    if interior.floor_material is not None:
        floor = FINISHES[_MATERIALS[interior.floor_material][0]].tinted(_TINTS.get(interior.floor_material))
    if interior.wall_material is not None:
        wall = FINISHES[_MATERIALS[interior.wall_material][1]].tinted(_TINTS.get(interior.wall_material))
    if interior.floor_colour is not None:
        floor = floor.tinted(linear(interior.floor_colour))
    if interior.wall_colour is not None:
        if interior.wall_material is None:
            wall = FINISHES["plaster"]
        wall = wall.tinted(linear(interior.wall_colour))
    dado = decor.dado if interior.wall_material is None and interior.wall_colour is None else None
    return replace(decor, floor=floor, wall=wall, dado=dado)


def linear(colour: Colour) -> Colour:
    """sRGB 0..1 to linear, 0.01..0.9 as paint is."""
    value = np.asarray(colour, float)
    value = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).clip(0.012, 0.88)
    return tuple(float(part) for part in value)  # type: ignore[return-value]
