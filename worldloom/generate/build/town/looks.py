"""How one building of each style is drawn: its materials, colours, windows and roof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from worldloom.generate.build.town.dress import Coating, Colour, Dress
from worldloom.generate.build.town.quads import UNDER_ARCH

STONE, _GREY_STONE, SLATE = (0.33, 0.29, 0.23), (0.25, 0.24, 0.225), (0.095, 0.105, 0.125)
TILE, OLD_TILE = (0.42, 0.15, 0.07), (0.3, 0.12, 0.07)
_OAK = (0.085, 0.05, 0.03)


class Draw:
    """Random choices."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def one(self, options: Sequence[Any], weights: Sequence[float] | None = None) -> Any:
        share = None if weights is None else np.asarray(weights) / np.sum(weights)
        return options[int(self.rng.choice(len(options), p=share))]

    def odds(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def shade(self, colour: Sequence[float], by: float = 0.12) -> Colour:
        """That colour a little lighter or darker, warmer or cooler."""
        values = np.asarray(colour) * (1 + self.rng.uniform(-by, by)) * (1 + self.rng.uniform(-by, by, 3) * 0.35)
        red, green, blue = (float(value) for value in values.clip(0.01, 0.9))

        return red, green, blue


_PASTELS = (
    (0.70, 0.55, 0.30), (0.68, 0.40, 0.24), (0.72, 0.64, 0.46), (0.55, 0.28, 0.2), (0.46, 0.52, 0.42),
    (0.42, 0.5, 0.55), (0.74, 0.7, 0.62), (0.66, 0.5, 0.4),
)  # fmt: skip
_SHUTTERS = ((0.06, 0.14, 0.09), (0.08, 0.13, 0.2), (0.22, 0.06, 0.04), (0.16, 0.09, 0.045), (0.3, 0.33, 0.32))
_ACCENTS = ((0.35, 0.04, 0.03), (0.03, 0.13, 0.08), (0.04, 0.09, 0.24), (0.42, 0.22, 0.03), (0.2, 0.03, 0.1))


def _european(d: Draw, floors: int, shop: bool) -> Dress:
    brick = d.odds(0.3)
    body = ("brick", d.shade((0.33, 0.115, 0.065))) if brick else ("plaster", d.shade(d.one(_PASTELS)))
    roof = d.one((("flat_tile", TILE), ("slate", SLATE), ("flat_tile", OLD_TILE)), (0.45, 0.3, 0.25))
    kind = d.one(("gable", "hip", "half_hip", "mansard"), (0.5, 0.2, 0.2, 0.1 if floors > 2 else 0))
    return Dress(
        wall=body,
        ground_wall=body if not shop and d.odds(0.6) else ("stone", d.shade((0.46, 0.41, 0.33))),
        plinth=("stone", (0.27, 0.25, 0.22)),
        inner=("lime", d.shade((0.68, 0.62, 0.5))),
        floor=("floorboards", d.shade((0.27, 0.16, 0.08))),
        roof=(roof[0], d.shade(roof[1])),
        trim=d.shade((0.62, 0.57, 0.48)),
        frame=(0.72, 0.7, 0.65),
        door=d.shade(d.one(_SHUTTERS), 0.3),
        shutter=None if brick or d.odds(0.35) else d.shade(d.one(_SHUTTERS), 0.2),
        quoins=d.odds(0.45),
        cornice=floors > 1,
        roof_kind=kind,
        pitch=d.between(0.75, 1.05),
        overhang=0.35,
        storey=d.between(2.85, 3.2),
        bay=d.between(2.2, 2.7),
        window=(d.between(0.95, 1.1), d.between(1.45, 1.7), 0.8),
        dormers=floors > 1 and kind != "half_hip" and d.odds(0.5),
        shop=shop,
        accent=d.one(_ACCENTS),
        flower_boxes=d.odds(0.4),
        seed=d.between(0, 1),
    )


def _medieval(d: Draw, floors: int, shop: bool) -> Dress:
    stone = d.odds(0.18)
    lime = ("plaster", d.shade(d.one(((0.70, 0.64, 0.52), (0.66, 0.55, 0.36), (0.62, 0.46, 0.33), (0.58, 0.53, 0.46)))))
    rubble = ("rubble", d.shade(d.one((_GREY_STONE, STONE))))
    roof = d.one(
        (("thatch", (0.3, 0.215, 0.1)), ("flat_tile", OLD_TILE), ("shingle", (0.17, 0.125, 0.085)), ("slate", SLATE)),
        (0.3, 0.35, 0.2, 0.15),
    )
    thatch = roof[0] == "thatch"
    return Dress(
        wall=rubble if stone else lime,
        ground_wall=rubble if (floors > 1 and d.odds(0.65)) or stone else lime,
        plinth=rubble,
        inner=("lime", d.shade((0.6, 0.53, 0.4))),
        floor=("floorboards", d.shade((0.2, 0.12, 0.065))),
        roof=(roof[0], d.shade(roof[1], 0.2)),
        trim=(0.14, 0.085, 0.05),
        frame=(0.11, 0.065, 0.035),
        door=d.shade((0.13, 0.075, 0.04), 0.3),
        timber=None if stone else d.shade(d.one((_OAK, (0.05, 0.035, 0.026), (0.13, 0.075, 0.045))), 0.2),
        shutter=d.shade((0.15, 0.09, 0.05)) if d.odds(0.4) else None,
        roof_kind="half_hip" if d.odds(0.3) else "gable",
        pitch=d.between(1.15, 1.5),
        overhang=0.5 if thatch else 0.4,
        thick_roof=0.36 if thatch else 0.12,
        storey=d.between(2.45, 2.65),
        bay=d.between(1.45, 1.8),
        window=(d.between(0.7, 0.85), d.between(0.85, 1.05), 0.95),
        glazing=(2, 3),
        jetty=0.0,
        gutters=False,
        dormers=floors > 1 and not thatch and d.odds(0.25),
        flower_boxes=d.odds(0.35),
        shop=shop and not stone,
        accent=d.one(_ACCENTS),
        lamplight=(1.5, 0.68, 0.2),
        seed=d.between(0, 1),
    )


def _mediterranean(d: Draw, floors: int, shop: bool) -> Dress:
    body = (
        "plaster",
        d.shade(d.one(((0.8, 0.77, 0.7), (0.72, 0.5, 0.26), (0.68, 0.36, 0.2), (0.74, 0.62, 0.42), (0.7, 0.45, 0.36)))),
    )
    return Dress(
        wall=body,
        ground_wall=("rubble", d.shade((0.44, 0.37, 0.27))) if d.odds(0.25) else body,
        plinth=("rubble", (0.36, 0.31, 0.24)),
        inner=("lime", (0.72, 0.68, 0.6)),
        floor=("checker", (0.4, 0.2, 0.11)),
        roof=("tile", d.shade(d.one(((0.5, 0.21, 0.1), (0.46, 0.24, 0.13), (0.55, 0.28, 0.15))), 0.15)),
        trim=d.shade((0.6, 0.52, 0.4)),
        frame=(0.3, 0.2, 0.12),
        door=d.shade(d.one(((0.05, 0.15, 0.3), (0.06, 0.17, 0.13), (0.16, 0.09, 0.045)))),
        shutter=d.shade(d.one(((0.04, 0.17, 0.33), (0.06, 0.2, 0.14), (0.2, 0.28, 0.25), (0.2, 0.1, 0.05)))),
        roof_kind=d.one(("hip", "gable", "mono", "flat"), (0.4, 0.4, 0.08, 0.12)),
        pitch=d.between(0.34, 0.44),
        overhang=0.45,
        storey=d.between(2.8, 3.05),
        bay=d.between(2.5, 3.1),
        window=(0.85, d.between(1.3, 1.5), 0.85),
        glazing=(2, 2),
        arch=UNDER_ARCH if d.odds(0.3) else 0,
        lintel=d.odds(0.5),
        balcony=floors > 1 and d.odds(0.45),
        gutters=False,
        flower_boxes=d.odds(0.5),
        shop=shop,
        accent=d.one(_ACCENTS),
        seed=d.between(0, 1),
    )


def _nordic(d: Draw, floors: int, shop: bool) -> Dress:
    paint = d.shade(
        d.one(((0.36, 0.055, 0.035), (0.36, 0.055, 0.035), (0.56, 0.34, 0.08), (0.66, 0.66, 0.62), (0.12, 0.19, 0.24)))
    )
    logs = d.odds(0.3)
    body = ("logs", d.shade((0.2, 0.11, 0.055), 0.2)) if logs else (d.one(("clapboard", "planks")), paint)
    roof = d.one(
        (
            ("turf", (0.075, 0.125, 0.03)),
            ("slate", (0.11, 0.11, 0.12)),
            ("tile", (0.3, 0.1, 0.06)),
            ("metal", (0.1, 0.11, 0.12)),
        )
    )
    return Dress(
        wall=body,
        ground_wall=body,
        plinth=("rubble", (0.26, 0.25, 0.24)),
        inner=("planks", d.shade((0.4, 0.26, 0.13))),
        floor=("floorboards", (0.36, 0.24, 0.12)),
        roof=(roof[0], d.shade(roof[1])),
        trim=(0.2, 0.12, 0.06) if logs else (0.76, 0.75, 0.72),
        frame=(0.76, 0.75, 0.72),
        door=d.shade(d.one(((0.08, 0.16, 0.14), (0.3, 0.05, 0.035), (0.12, 0.07, 0.04)))),
        quoins=False,
        roof_kind="gable",
        pitch=d.between(0.8, 1.15),
        overhang=0.55,
        thick_roof=0.3 if roof[0] == "turf" else 0.14,
        storey=2.6,
        bay=d.between(2.0, 2.5),
        window=(d.between(0.95, 1.1), d.between(1.1, 1.25), 0.9),
        glazing=(2, 3),
        porch=d.odds(0.35) and not shop,
        gutters=roof[0] != "turf",
        shop=shop,
        accent=d.one(_ACCENTS),
        lit=0.8,
        seed=d.between(0, 1),
    )


def _japanese(d: Draw, floors: int, shop: bool) -> Dress:
    wood = d.shade(d.one(((0.10, 0.06, 0.035), (0.15, 0.09, 0.05), (0.055, 0.04, 0.03))), 0.2)
    return Dress(
        wall=("lime", d.shade((0.72, 0.68, 0.58))) if d.odds(0.55) else ("planks", wood),
        ground_wall=("planks", wood) if d.odds(0.4) else ("lime", d.shade((0.72, 0.68, 0.58))),
        plinth=("rubble", (0.3, 0.29, 0.27)),
        inner=("lime", (0.66, 0.6, 0.47)),
        floor=("smooth", (0.46, 0.42, 0.24)),
        roof=("kawara", d.shade(d.one(((0.10, 0.105, 0.12), (0.14, 0.145, 0.155))))),
        trim=wood,
        frame=wood,
        door=wood,
        timber=wood,
        roof_kind="japanese",
        pitch=d.between(0.62, 0.75),
        overhang=1.0,
        thick_roof=0.2,
        storey=2.6,
        bay=d.between(1.8, 2.0),
        window=(1.35, 1.75, 0.3),
        glazing=(4, 3),
        lintel=False,
        chimney=False,
        porch=not shop,
        gutters=False,
        accent=d.one(((0.06, 0.08, 0.2), (0.4, 0.05, 0.035))),
        shop=shop,
        lit=0.8,
        lamplight=(1.4, 0.85, 0.4),
        thick=0.2,
        seed=d.between(0, 1),
    )


def _desert(d: Draw, floors: int, shop: bool) -> Dress:
    mud = ("adobe", d.shade(d.one(((0.54, 0.38, 0.22), (0.5, 0.32, 0.18), (0.62, 0.48, 0.31), (0.7, 0.62, 0.5))), 0.1))
    return Dress(
        wall=mud,
        ground_wall=mud,
        plinth=mud,
        inner=("adobe", d.shade((0.6, 0.47, 0.32))),
        floor=("smooth", (0.42, 0.3, 0.19)),
        roof=("adobe", d.shade((0.5, 0.37, 0.23))) if d.odds(0.8) else ("adobe", (0.72, 0.66, 0.56)),
        trim=(0.9 * mud[1][0], 0.9 * mud[1][1], 0.9 * mud[1][2]),
        frame=(0.12, 0.07, 0.035),
        door=d.shade(d.one(((0.04, 0.2, 0.25), (0.15, 0.085, 0.04), (0.05, 0.12, 0.24)))),
        roof_kind="dome" if d.odds(0.25) else "flat",
        storey=d.between(2.8, 3.2),
        bay=d.between(2.6, 3.6),
        window=(d.between(0.6, 0.8), d.between(0.9, 1.25), 1.15),
        glazing=(3, 4),
        arch=UNDER_ARCH if d.odds(0.5) else 0,
        lintel=False,
        chimney=False,
        gutters=False,
        shop=shop,
        accent=d.one(((0.45, 0.1, 0.04), (0.05, 0.2, 0.26), (0.45, 0.28, 0.05))),
        lit=0.5,
        thick=0.5,
        seed=d.between(0, 1),
    )


def _modern(d: Draw, floors: int, shop: bool) -> Dress:
    glass = floors > 4 and d.odds(0.55)
    body: Coating = (
        ("curtain", d.shade(d.one(((0.05, 0.085, 0.1), (0.07, 0.085, 0.09), (0.035, 0.075, 0.1)))))
        if glass
        else d.one(
            (
                ("concrete", d.shade((0.4, 0.39, 0.37))),
                ("smooth", d.shade((0.66, 0.65, 0.62))),
                ("brick", d.shade((0.3, 0.14, 0.09))),
                ("brick", d.shade((0.4, 0.34, 0.26))),
                ("plates", d.shade((0.2, 0.22, 0.24))),
            )
        )
    )
    return Dress(
        wall=body,
        ground_wall=("smooth", (0.22, 0.22, 0.22)) if shop or glass else body,
        plinth=("concrete", (0.28, 0.275, 0.265)),
        inner=("smooth", (0.7, 0.69, 0.66)),
        floor=("checker", (0.5, 0.49, 0.46)) if shop else ("floorboards", (0.38, 0.26, 0.15)),
        roof=("concrete", d.shade((0.34, 0.33, 0.31))),
        trim=d.shade((0.5, 0.49, 0.47)),
        frame=d.one(((0.05, 0.052, 0.056), (0.55, 0.55, 0.54), (0.05, 0.052, 0.056))),
        door=(0.07, 0.075, 0.08),
        roof_kind="flat" if floors > 2 or d.odds(0.6) else "mono",
        pitch=0.2,
        overhang=0.5,
        storey=3.4 if glass else d.between(3.0, 3.3),
        bay=d.between(2.6, 3.4),
        window=(d.between(1.7, 2.3), d.between(1.55, 1.9), 0.75),
        glazing=(2, 1),
        lintel=False,
        chimney=False,
        balcony=not glass and floors > 2 and d.odds(0.55),
        shop=shop,
        accent=d.one(_ACCENTS),
        lamplight=(1.25, 1.0, 0.7),
        lit=0.5,
        thick=0.28,
        seed=d.between(0, 1),
    )


def _futuristic(d: Draw, floors: int, shop: bool) -> Dress:
    body: Coating = d.one(
        (
            ("hull", d.shade((0.72, 0.73, 0.74), 0.06)),
            ("hull", d.shade((0.11, 0.12, 0.14))),
            ("plates", d.shade((0.3, 0.34, 0.38))),
            ("curtain", (0.04, 0.085, 0.12)),
        )
    )
    return Dress(
        wall=body,
        ground_wall=("plates", (0.09, 0.1, 0.115)),
        plinth=("plates", (0.12, 0.125, 0.13)),
        inner=("hull", (0.66, 0.68, 0.7)),
        floor=("hull", (0.3, 0.31, 0.33)),
        roof=("hull", d.shade((0.45, 0.47, 0.5))),
        trim=(0.2, 0.215, 0.23),
        frame=(0.12, 0.13, 0.14),
        door=(0.14, 0.16, 0.19),
        roof_kind="vault" if floors < 4 and d.odds(0.5) else "flat",
        storey=3.4,
        bay=d.between(3.0, 3.8),
        window=(d.between(2.3, 3.0), 1.5, 1.0),
        glazing=(3, 1),
        lintel=False,
        chimney=False,
        neon=True,
        balcony=floors > 3 and d.odds(0.4),
        accent=d.one(((0.02, 0.7, 0.9), (0.9, 0.06, 0.55), (0.45, 0.15, 0.95), (0.95, 0.4, 0.04))),
        shop=shop and d.odds(0.4),
        lit=0.75,
        lamplight=(0.6, 1.0, 1.25),
        seed=d.between(0, 1),
    )


STYLES = {
    "european": _european,
    "medieval": _medieval,
    "mediterranean": _mediterranean,
    "nordic": _nordic,
    "japanese": _japanese,
    "desert": _desert,
    "modern": _modern,
    "futuristic": _futuristic,
}
