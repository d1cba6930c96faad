"""Pines, cypresses, spruces and their kin. Colours are linear albedo; shares and lengths as in `Growth`."""

from __future__ import annotations

from worldloom.generate.build.plants.foliage import Leaf
from worldloom.generate.build.plants.skeleton import Growth
from worldloom.generate.build.plants.tree_kind import TreeKind
from worldloom.generate.build.plants.wood import Bark

_DARK = (0.034, 0.026, 0.019)

CONIFERS: dict[str, TreeKind] = {
    "pine": TreeKind(
        Growth(
            17,
            0.17,
            ((0.0, 0.11), (0.1, 0.17), (0.45, 0.145), (0.8, 0.085), (1.0, 0.0)),
            1.0,
            0.0165,
            rise=0.12,
            gnarl=0.30,
            sway=0.03,
        ),
        Bark((0.125, 0.082, 0.06), _DARK, "scales", upper=(0.34, 0.155, 0.07), twig=(0.14, 0.075, 0.042), mossy=0.0),
        Leaf(0.42, 0.26, 0.26, -0.1, kind="needle", evergreen=True, light_through=0.25, flat=0.4, twigs=3),
        summer=((4, (0.038, 0.078, 0.034)), (3, (0.054, 0.099, 0.041)), (1, (0.082, 0.124, 0.048))),
        bare=False,
        fullness=1.25,
        wood=0.11,
    ),
    "stone_pine": TreeKind(
        Growth(
            12,
            0.70,
            ((0.0, 0.12), (0.12, 0.36), (0.35, 0.44), (0.7, 0.38), (0.9, 0.22), (1.0, 0.06)),
            0.60,
            0.028,
            points=960,
            gnarl=0.14,
            rise=0.25,
            sway=0.03,
            lean=0.05,
            clumps=0.42,
            hollow=0.45,
            influence=0.35,
        ),
        Bark((0.20, 0.115, 0.075), (0.06, 0.035, 0.025), "scales", twig=(0.14, 0.09, 0.055), mossy=0.0),
        Leaf(0.34, 0.34, 0.50, -0.7, flat=0.5, kind="needle", evergreen=True, light_through=0.3),
        summer=((4, (0.057, 0.106, 0.032)), (3, (0.081, 0.138, 0.040))),
        bare=False,
        fullness=1.05,
    ),
    "cypress": TreeKind(
        Growth(
            12,
            0.03,
            ((0.0, 0.05), (0.1, 0.085), (0.3, 0.10), (0.6, 0.08), (0.85, 0.045), (1.0, 0.008)),
            0.95,
            0.017,
            points=1190,
            gnarl=0.08,
            rise=0.55,
            sway=0.012,
            clumps=0.1,
            hollow=0.8,
            kill=0.022,
            influence=0.13,
            step=0.019,
            round=0.6,
        ),
        Bark((0.15, 0.11, 0.085), _DARK),
        Leaf(0.26, 0.30, 0.22, -2.0, flat=1.2, kind="needle", evergreen=True, light_through=0.2),
        summer=((4, (0.027, 0.062, 0.022)), (3, (0.040, 0.083, 0.027)), (1, (0.057, 0.098, 0.033))),
        bare=False,
        wood=0.06,
    ),
    "spruce": TreeKind(
        Growth(19, 0.05, ((0.0, 0.20), (0.06, 0.225), (0.5, 0.125), (1.0, 0.0)), 1.0, 0.0145, rise=-0.30, gnarl=0.07),
        Bark((0.125, 0.092, 0.072), _DARK, "scales", twig=(0.085, 0.058, 0.04), mossy=0.2),
        Leaf(0.44, 0.17, 0.20, 0.45, kind="needle", evergreen=True, light_through=0.2, flat=0.25, twigs=4),
        summer=((5, (0.031, 0.068, 0.029)), (3, (0.044, 0.088, 0.036)), (1, (0.072, 0.117, 0.044))),
        spring=((5, (0.026, 0.056, 0.022)), (2, (0.04, 0.078, 0.028)), (2, (0.10, 0.155, 0.045))),
        bare=False,
        fullness=1.35,
        wood=0.08,
    ),
    "fir": TreeKind(
        Growth(17, 0.04, ((0.0, 0.15), (0.08, 0.17), (0.5, 0.12), (1.0, 0.0)), 1.0, 0.016, rise=0.10, gnarl=0.05),
        Bark((0.21, 0.195, 0.175), (0.08, 0.07, 0.06), "smooth", twig=(0.10, 0.075, 0.055)),
        Leaf(0.38, 0.20, 0.18, 0.0, kind="needle", evergreen=True, light_through=0.2, flat=0.15, twigs=4),
        summer=((4, (0.033, 0.077, 0.045)), (3, (0.050, 0.100, 0.060)), (1, (0.075, 0.131, 0.075))),
        bare=False,
        fullness=1.35,
        wood=0.08,
    ),
    "larch": TreeKind(
        Growth(17, 0.14, ((0.0, 0.13), (0.1, 0.175), (0.5, 0.115), (1.0, 0.0)), 1.0, 0.0150, rise=-0.05, gnarl=0.16),
        Bark((0.18, 0.115, 0.085), (0.055, 0.035, 0.027), "scales", twig=(0.15, 0.105, 0.06)),
        Leaf(0.27, 0.24, 0.22, 0.35, kind="needle", light_through=0.45, flat=0.4, twigs=3),
        summer=((4, (0.075, 0.125, 0.036)), (3, (0.10, 0.155, 0.045))),
        spring=((4, (0.14, 0.22, 0.055)), (3, (0.17, 0.25, 0.06))),
        autumn=((5, (0.46, 0.27, 0.035)), (3, (0.54, 0.34, 0.045)), (1, (0.36, 0.18, 0.03))),
        fullness=1.2,
        wood=0.14,
    ),
}
