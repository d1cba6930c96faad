"""A cave from its spec."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from worldloom.generate.build.cave.dressing import crystal_cluster, dripstone, mushroom, scattered
from worldloom.generate.build.cave.hollow import Hollow, hollow_of
from worldloom.generate.build.cave.rock import painted, rock
from worldloom.generate.build.cave.water import lava_lamps, water
from worldloom.generate.build.interior.cover import thinned
from worldloom.generate.build.interior.decor import linear
from worldloom.generate.build.interior.pieces import Item, extent, make
from worldloom.generate.build.site import Draft, Lamp
from worldloom.generate.spec import ObjectSpec, WorldSpec
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.surfels import Array, Surfels, join

EYES = 1.6
_GLOWS = {
    "crystal": np.array([0.30, 0.16, 0.75]),
    "alien": np.array([0.05, 0.65, 0.45]),
    "mushroom": np.array([0.06, 0.5, 0.55]),
}


@dataclass
class _Ground:
    """Places on the floor that are still free."""

    hollow: Hollow
    rng: np.random.Generator
    taken: list[tuple[float, float, float]] = field(default_factory=list)

    def find(
        self, room: float, near: tuple[float, float] | None = None, chamber: int = 0, edge: float = 0.0
    ) -> Array | None:
        """A dry place (3,) with that much room around it.

        Args:
            near: as near to this place as possible; None: anywhere.
            edge: 0 anywhere, 1 near the walls.
        """
        home = self.hollow.chambers[chamber]
        count = 260
        angle = self.rng.uniform(0, 2 * np.pi, count)
        reach = home.radius * (edge * 0.55 + (0.95 - edge * 0.55) * np.sqrt(self.rng.random(count)))
        x, z = home.x + reach * np.cos(angle), home.z + reach * np.sin(angle)
        y = self.hollow.floor(x, z)
        probe = np.stack([x, y + max(0.5, 0.7 * room), z], axis=1)
        free = self.hollow.rock(probe) < -min(room, 0.9)
        free &= self.hollow.basin is None or ~(y < self.hollow.water_level + 0.06)
        for tx, tz, radius in self.taken:
            free &= np.hypot(x - tx, z - tz) > radius + room
        if not free.any():
            return None
        order = np.flatnonzero(free)
        if near is not None:
            order = order[np.argsort(np.hypot(x[order] - near[0], z[order] - near[1]))]
        best = order[0]
        self.taken.append((float(x[best]), float(z[best]), room))
        return np.array([x[best], y[best], z[best]])


def draft_cave(spec: WorldSpec) -> Draft:
    """Chambers and tunnels with dripstone, water, and what was asked for."""
    hollow = hollow_of(spec)
    eye, target = _viewpoint(hollow)
    place = np.asarray(eye)
    bare, spacing = rock(spec, hollow, place, int(0.76 * spec.gaussians))
    layers = {"rock": painted(bare, hollow, spec)}
    normal, at = layers["rock"].normal, layers["rock"].position
    roof = at[(normal[:, 1] < -0.75) & (np.linalg.norm(at - place, axis=1) < 26)]
    if not {"stalactites", "dripstone", "stalactite"} & set(spec.without):
        layers["dripstone"] = dripstone(hollow, roof, int(np.clip(spec.gaussians / 2400, 30, 230)), place, spacing)
    lamps: list[Lamp] = []
    lake = water(spec, hollow, place, int(0.06 * spec.gaussians))
    if len(lake):
        layers["water"] = lake
        if spec.water.lava:
            lamps += lava_lamps(lake)
    ground = _Ground(hollow, np.random.default_rng([spec.seed, 97]), [(eye[0], eye[2], 1.0)])
    things, more, missed = _things(spec, hollow, ground, place, spacing)
    if len(things):
        layers["things"] = things
    lamps += more + _lamps(spec, hollow, eye, ground)
    lanterns = _lanterns(spec, lamps, spacing)
    if len(lanterns):
        layers["lamps"] = lanterns
    return Draft(
        layers=thinned(layers, int(1.08 * spec.gaussians), spec.seed),
        spawn=eye,
        look_at=target,
        lamps=tuple(lamp for lamp in lamps),
        indoor=True,
        not_built=tuple(missed),
    )


def _viewpoint(hollow: Hollow) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """In the main chamber where the view across it is longest, a metre and more from rock and dry."""
    home = hollow.chambers[0]
    best: tuple[float, float, float, float] | None = None
    basin = hollow.basin
    look = (basin[0], basin[1]) if basin is not None else (0.0, -0.4 * home.radius)
    for angle in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        for reach in (0.8, 0.7, 0.6, 0.5):
            x, z = home.radius * reach * np.cos(angle), home.radius * reach * np.sin(angle)
            y = float(hollow.floor(np.array(x), np.array(z)))
            around = np.linspace(0, 2 * np.pi, 12, endpoint=False)
            body = np.array(
                [[x + 1.05 * np.cos(t), y + h, z + 1.05 * np.sin(t)] for t in around for h in (0.7, 1.6, 2.1)]
            )
            if hollow.rock(body).max() > 0 or y < hollow.water_level + 0.1:
                continue
            view = float(np.hypot(x - look[0], z - look[1])) + 0.25 * z
            if best is None or view > best[3]:
                best = float(x), y, float(z), view
    x, y, z, _ = best or (0.0, float(hollow.floor(np.array(0.0), np.array(0.0))), 0.0, 0.0)
    return (x, y + EYES, z), (0.5 * look[0], y + 1.35, 0.5 * look[1])


def _things(
    spec: WorldSpec, hollow: Hollow, ground: _Ground, eye: Array, spacing: float
) -> tuple[Surfels, list[Lamp], list[str]]:
    """Crystals, mushrooms and all else that was asked for, or belongs to the style."""
    parts: list[Surfels] = []
    lamps: list[Lamp] = []
    missed: list[str] = []
    fantastic = spec.style.name in ("fantasy", "alien", "cyberpunk")
    asked = {wanted.what: wanted for wanted in spec.objects}
    rng = np.random.default_rng([spec.seed, 101])
    mushrooms = any(group.species == "mushroom" for group in spec.vegetation.plants) or "mushroom" in asked
    for kind, wished in (("crystal", "crystal" in asked), ("mushroom", mushrooms)):
        if kind in spec.without or kind + "s" in spec.without or not (wished or fantastic):
            continue
        wanted = asked.get(kind)
        colour = _GLOWS["alien" if spec.style.name == "alien" and kind == "crystal" else kind]
        if wanted is not None and wanted.colour is not None:
            colour = np.asarray(linear(wanted.colour))
        few = wanted.count if wanted is not None and wanted.count > 1 else (16 if kind == "crystal" else 42)
        pieces, own = _growths(kind, colour, few, wanted, ground, spacing, rng)
        parts.append(pieces)
        lamps += own
    for wanted in spec.objects:
        if wanted.what in ("crystal", "mushroom", "stalagmite"):
            continue
        name = wanted.what.replace("_", " ")
        for _ in range(wanted.count):
            item = Item(
                wanted.what, wanted.height, wanted.size, wanted.colour, wanted.material, wanted.glowing, wanted.ruined
            )
            try:
                wide, deep, _high = extent(item)
            except InvalidDataError:
                missed.append(f"A {name} can't be built in a cave.")
                break
            near = _near(wanted, hollow, eye)
            at = ground.find(0.5 * max(wide, deep) + 0.1, near)
            if at is None:
                missed.append(f"The cave has no level ground for the {name}.")
                break
            pieces, own = make(item, float(np.clip(spacing * 0.7, 0.015, 0.08)))
            turn = float(np.arctan2(eye[0] - at[0], eye[2] - at[2]))
            parts.append(pieces.placed(turn, at - [0, 0.04, 0]))
            cos, sin = np.cos(turn), np.sin(turn)
            for lamp in own:
                x, y, z = lamp.position
                spot = (float(at[0] + cos * x + sin * z), float(at[1] + y), float(at[2] + cos * z - sin * x))
                lamps.append(Lamp(spot, lamp.colour, lamp.reach, always=True))
    return join([part.single() for part in parts]), lamps, missed


def _near(wanted: ObjectSpec, hollow: Hollow, eye: Array) -> tuple[float, float]:
    """Where a thing should be: by the water, in the middle, or a few metres before the eye."""
    targets = {relation.target for relation in wanted.relations}
    if targets & {"lake", "river", "shore", "water"} and hollow.basin is not None:
        x, z, radius = hollow.basin
        way = np.array([eye[0] - x, eye[2] - z])
        way = way / max(float(np.hypot(*way)), 0.1)
        side = np.array([-way[1], way[0]])
        spot = np.array([x, z]) + radius * (0.8 * way + 0.6 * side)
        return float(spot[0]), float(spot[1])
    if targets & {"centre", "middle"}:
        return 0.0, 0.0
    return 0.45 * float(eye[0]), 0.45 * float(eye[2])


def _growths(
    kind: str,
    colour: Array,
    count: int,
    wanted: ObjectSpec | None,
    ground: _Ground,
    spacing: float,
    rng: np.random.Generator,
) -> tuple[Surfels, list[Lamp]]:
    """Clusters of crystals or mushrooms at the foot of walls, a light in each group."""
    crystal = kind == "crystal"
    grain = float(np.clip(0.55 * spacing, 0.014, 0.05))
    shapes = [
        (crystal_cluster if crystal else mushroom)(colour, grain if crystal else 1.6 * grain, seed) for seed in range(4)
    ]
    places, scales = [], []
    lamps: list[Lamp] = []
    large = {"tiny": 0.4, "small": 0.65, "normal": 1.0, "large": 1.6, "huge": 2.6}[wanted.size if wanted else "normal"]
    height = wanted.height if wanted is not None and wanted.height else None
    groups = max(count // (1 if crystal else 6), 1)
    for number in range(groups):
        chamber = 0 if number % 3 else number % len(ground.hollow.chambers)
        at = ground.find(0.45, None, chamber, edge=0.8)
        if at is None:
            continue
        each = 1 if crystal else min(6, count)
        for index in range(each):
            offset = rng.normal(0, 0.0 if index == 0 else 0.32, 2)
            spot = at + np.array([offset[0], 0.0, offset[1]])
            spot[1] = float(ground.hollow.floor(spot[0], spot[2])) - 0.04
            places.append(spot)
            scales.append((height or large * rng.uniform(0.5, 1.35)) * (1.0 if crystal else 0.42))
        if len(lamps) < 14:
            power = colour * (2.2 if crystal else 1.3) / max(float(colour.max()), 0.1)
            top = float(at[1]) + (0.8 if crystal else 0.45) * large
            lamps.append(
                Lamp(
                    (float(at[0]), top, float(at[2])),
                    (float(power[0]), float(power[1]), float(power[2])),
                    5.5,
                    always=True,
                )
            )
    if not places:
        return join([]), []
    return scattered(shapes, np.array(places), np.array(scales), rng), lamps


def _lamps(spec: WorldSpec, hollow: Hollow, eye: tuple[float, float, float], ground: _Ground) -> list[Lamp]:
    """Faint light from above in every chamber, and lanterns on the ground of the first."""
    cool = np.array([0.8, 0.9, 1.0]) if spec.style.name != "natural" or hollow.shafts else np.array([1.0, 0.9, 0.75])
    lamps = []
    for number, chamber in enumerate(hollow.chambers):
        spots = [(0.0, 0.0)] if number else [(0.5 * np.cos(t), 0.5 * np.sin(t)) for t in np.arange(4) * np.pi / 2 + 0.4]
        power = cool * 0.045 * chamber.radius**1.6 / len(spots) ** 0.6
        if spec.water.lava:
            power = power * np.array([1.5, 0.6, 0.35])
        for dx, dz in spots:
            x, z = chamber.x + dx * chamber.radius, chamber.z + dz * chamber.radius
            at = (float(x), chamber.floor + 0.5 * chamber.height, float(z))
            lamps.append(
                Lamp(at, (float(power[0]), float(power[1]), float(power[2])), chamber.radius * 2.2, always=True)
            )
    del eye
    if spec.style.name in ("natural", "cosy", "painterly", "spooky", "toy"):
        for number in range(5):
            at = ground.find(0.35, None, 0 if number < 3 else number - 2, edge=0.55)
            if at is not None:
                lamps.append(
                    Lamp((float(at[0]), float(at[1]) + 0.28, float(at[2])), (3.4, 2.3, 1.25), 10.0, always=True)
                )
    return lamps


def _lanterns(spec: WorldSpec, lamps: list[Lamp], spacing: float) -> Surfels:
    """Something to see where warm lamps stand on the ground."""
    warm = [lamp for lamp in lamps if lamp.colour == (3.4, 2.3, 1.25)]
    if not warm:
        return join([])
    pieces, _ = make(Item("lantern", height=0.4), float(np.clip(spacing * 0.5, 0.012, 0.04)))
    del spec
    return join(
        [
            pieces.placed(0.7 * number, (x, y - 0.3, z))
            for number, (x, y, z) in enumerate(lamp.position for lamp in warm)
        ]
    )
