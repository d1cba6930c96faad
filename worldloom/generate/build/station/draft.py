"""A space station from its spec."""

from __future__ import annotations

import numpy as np

from worldloom.generate.build.interior.cover import merged, thinned
from worldloom.generate.build.interior.decor import linear
from worldloom.generate.build.interior.draft import furniture_grade, graded
from worldloom.generate.build.interior.furnish import Arrangement, build
from worldloom.generate.build.interior.plan import Plan
from worldloom.generate.build.site import Draft, Lamp
from worldloom.generate.build.station.fittings import fitted, hydroponics
from worldloom.generate.build.station.hull import module_shell, outside_hull
from worldloom.generate.build.station.modules import Module, modules_of
from worldloom.generate.build.station.space import space
from worldloom.generate.spec import Colour, WorldSpec
from worldloom.scene.surfels import Surfels

EYES = 1.6
_LIGHTS: dict[str, tuple[tuple[float, float, float], Colour]] = {
    "natural": ((0.92, 0.97, 1.0), (0.25, 0.60, 0.95)),
    "cyberpunk": ((0.75, 0.55, 1.0), (0.95, 0.20, 0.65)),
    "cosy": ((1.0, 0.84, 0.62), (0.98, 0.62, 0.25)),
    "spooky": ((0.62, 0.85, 0.72), (0.85, 0.12, 0.08)),
    "alien": ((0.72, 1.0, 0.85), (0.30, 0.95, 0.45)),
    "noir": ((0.8, 0.8, 0.8), (0.6, 0.6, 0.6)),
    "fantasy": ((0.95, 0.88, 1.0), (0.60, 0.40, 0.98)),
}
"""By style: linear colour of lamps, and sRGB of the thin lines of light."""


def draft_station(spec: WorldSpec) -> Draft:
    """Modules round a hub; one begins on the observation deck, before its window."""
    modules = modules_of(spec)
    deck = modules[0].room
    light, accent = _LIGHTS.get(spec.style.name, _LIGHTS["natural"])
    eye = (deck.centre[0] + 0.9, deck.floor + EYES, deck.max_z - 1.7)
    target = (deck.centre[0] - 0.5, deck.floor + 1.5, deck.min_z)
    plan = Plan(tuple(module.room for module in modules), 0)
    far = space(spec, int(np.clip(0.13 * spec.gaussians, 3000, 60_000)))
    left = spec.gaussians - len(far)
    grade = graded(plan, eye, 0.4 * left)
    lamps: list[Lamp] = []
    shells: list[Surfels] = []
    for number, module in enumerate(modules):
        pieces, own = module_shell(module, grade, light, linear(accent), spec.seed % 9973 + 17 * number)
        shells.append(pieces)
        lamps += own
    hull = outside_hull([module.room for module in modules], grade)
    extra: list[Surfels] = []
    arrangements = _arrangements(spec, modules, accent)
    for module in modules:
        if module.use == "hydroponics":
            pieces, own = hydroponics(module, grade, spec.seed)
            extra.append(pieces)
            lamps += own
    used = sum(map(len, (*shells, *extra, hull)))
    fine = furniture_grade(arrangements, grade, left - used)
    furniture: list[Surfels] = []
    for number, arrangement in enumerate(arrangements):
        pieces, own = build(arrangement, fine, spec.seed + number)
        furniture.append(pieces)
        lamps += own
    layers = {
        "modules": merged(shells),
        "furniture": merged([*furniture, *extra]),
        "hull": hull,
        "sky": far,
    }
    return Draft(
        layers=thinned(layers, int(1.08 * spec.gaussians), spec.seed),
        spawn=eye,
        look_at=target,
        lamps=tuple(lamps),
        indoor=True,
        not_built=tuple(text for arrangement in arrangements for text in arrangement.missed),
    )


def _arrangements(spec: WorldSpec, modules: tuple[Module, ...], accent: Colour) -> list[Arrangement]:
    """What stands in each module; things asked for stand on the deck, unless they belong elsewhere."""
    wanted = [thing for thing in spec.objects if thing.what not in ("planet", "moon", "window", "door")]
    beds = [thing for thing in wanted if thing.what in ("bed", "pod", "wardrobe")]
    quarters = next((number for number, module in enumerate(modules) if module.use == "quarters"), 0)
    without = frozenset(spec.without) | {word.removesuffix("s") for word in spec.without}
    arrangements = []
    for number, module in enumerate(modules):
        asked = (
            [thing for thing in wanted if (thing in beds) == (number == quarters)] if number in (0, quarters) else []
        )
        if quarters == 0:
            asked = list(wanted) if number == 0 else []
        arrangements.append(fitted(module, accent, spec.seed + 41 * number, asked, without))
    return arrangements
