"""`place`: where things stand that were asked for, by what was said about them: near the lake, on the hill, around the
fire, between two trees. What was said last of all is nothing; then they stand where they are seen at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from worldloom.generate.build.site import Site
from worldloom.generate.spec import ObjectSpec, Relation, WorldSpec
from worldloom.scene.surfels import Array, unit

Point = tuple[float, float, float]
WATERS = ("lake", "river", "sea")
AFLOAT = ("boat", "sailing_ship")
FLYING = ("hot_air_balloon", "planet", "moon", "bird")
_TRIES = 900
_GAP = 0.35
"""Metres at least between two things."""
_BAD = 100.0
"""Taken off a place that can't be used."""


@dataclass(frozen=True)
class Extent:
    """How much room a thing takes, metres."""

    radius: float
    height: float


@dataclass(frozen=True)
class Spot:
    """Where one thing stands."""

    id: str
    number: int
    """Which of several alike."""
    x: float
    z: float
    turn: float
    """Of its front, +Z, about +Y, radians."""
    base: float = 0.0
    """Height of its lowest point above what bears it, metres."""
    bearer: str = "ground"
    """"ground", "water", or the id of the thing it stands on."""


@dataclass(frozen=True)
class Placements:
    spots: tuple[Spot, ...] = ()
    not_built: tuple[str, ...] = ()


def place(
    spec: WorldSpec,
    site: Site,
    eye: Point,
    target: Point,
    sizes: Mapping[str, Extent],
    given: Mapping[str, Sequence[Point]] = MappingProxyType({}),
) -> Placements:
    """Places for all objects of a spec whose ids `sizes` names; `given`: x, z and turn of those that have theirs.

    Nothing intersects; what has nothing said about it stands in view of `eye`, who looks to `target`. What others
    refer to are placed before them.
    """
    layout = _Layout(spec, site, eye, target, sizes)
    for one in _in_order([one for one in spec.objects if one.id in sizes]):
        if one.id in given:
            layout.spots += [Spot(one.id, number, *spot) for number, spot in enumerate(given[one.id])]
        else:
            layout.put(one)
    return Placements(tuple(layout.spots), tuple(layout.not_built))


def _in_order(objects: list[ObjectSpec]) -> list[ObjectSpec]:
    """Targets first; large ones before small ones is not needed, since rooms are checked both ways."""
    left, done, ids = list(objects), [], {one.id for one in objects}
    while left:
        ready = [one for one in left if not (_targets(one) & ids - {other.id for other in done} - {one.id})]
        chosen = ready[0] if ready else left[0]  # a circle is broken anywhere
        done.append(chosen)
        left.remove(chosen)
    return done


def _targets(one: ObjectSpec) -> set[str]:
    return {name for relation in one.relations for name in (relation.target, relation.other) if name}


@dataclass
class _Layout:
    spec: WorldSpec
    site: Site
    eye: Point
    target: Point
    sizes: Mapping[str, Extent]
    spots: list[Spot] = field(default_factory=list)
    not_built: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.from_eye = np.array([self.eye[0], self.eye[2]])
        ahead = np.array([self.target[0], self.target[2]]) - self.from_eye
        self.ahead = unit(ahead if np.linalg.norm(ahead) > 1e-6 else np.array([0.0, -1.0]))
        self.aside = np.array([-self.ahead[1], self.ahead[0]])
        """To the right."""

    def put(self, one: ObjectSpec) -> None:
        size = self.sizes[one.id]
        rng = np.random.default_rng([self.spec.seed, 31, *one.id.encode()])
        bearer, base = self._bearer(one, size, rng)
        where, ring = self._wanted(one, size, rng, bearer)
        score = self._score(where, size, bearer, one) + (ring if ring is not None else 0.0)
        apart = 2 * size.radius + max(_GAP, 0.25 * size.radius)
        found = 0
        for number in range(one.count):
            index = int(score.argmax())
            if score[index] < -_BAD / 2:
                break
            at = where[index]
            turn = self._turn(one, at, rng)
            height = float(rng.uniform(*base)) if isinstance(base, tuple) else base
            self.spots.append(Spot(one.id, number, float(at[0]), float(at[1]), turn, height, bearer))
            away = np.linalg.norm(where - at, axis=1)
            score = np.where(away < apart, -2 * _BAD, score)
            # a group keeps together, loosely
            if ring is None and number == 0 and one.count > 1 and not one.relations:
                reach = apart * (0.9 + 0.75 * np.sqrt(one.count))
                score = score - 2.0 * np.maximum(away / reach - 1, 0)
            found += 1
        name = one.what.replace("_", " ")
        if found == 0:
            self.not_built.append(f"There was no room for the {name} where it was asked for.")
        elif found < one.count:
            self.not_built.append(f"There was room for only {found} of the {one.count} {name}s.")

    # What bears it

    def _bearer(
        self, one: ObjectSpec, size: Extent, rng: np.random.Generator
    ) -> tuple[str, float | tuple[float, float]]:
        for relation in one.relations:
            known = relation.target in {spot.id for spot in self.spots}
            if relation.relation == "on" and known:
                return relation.target, 0.0
            if relation.relation == "above" or relation.target == "sky":
                if known:
                    return relation.target, float(0.6 + 0.4 * size.height)
                if relation.target != "sky" and one.what not in FLYING:
                    continue  # on higher ground
                return "ground", (7.0 + 0.8 * size.height, 16.0 + 1.2 * size.height)
            if relation.relation in ("on", "in") and relation.target in WATERS and len(self._wet()):
                return "water", 0.0
        if one.what in AFLOAT and len(self._wet()):
            return "water", 0.0
        if one.what in ("hot_air_balloon", "planet", "moon"):
            return "ground", (0.12 * self._reach() + 6.0, 0.2 * self._reach() + 12.0)
        return "ground", 0.0

    def _reach(self) -> float:
        return float(min(self.site.bounds.size))

    def _wet(self) -> Array:
        """Places (N, 2) in deep water."""
        if not hasattr(self, "_wet_places"):
            flat = self._grid()
            depth = self.site.water_level(flat) - self.site.height(flat)
            self._wet_places = flat[depth > 0.5]
        return self._wet_places

    def _grid(self) -> Array:
        bounds = self.site.bounds
        x, z = np.linspace(bounds.min_x, bounds.max_x, 62)[1:-1], np.linspace(bounds.min_z, bounds.max_z, 62)[1:-1]
        return np.stack(np.meshgrid(x, z), axis=-1).reshape(-1, 2).astype(np.float32)

    # Where it is wanted

    def _wanted(
        self, one: ObjectSpec, size: Extent, rng: np.random.Generator, bearer: str
    ) -> tuple[Array, Array | None]:
        """Places (N, 2), and how well (N,) each agrees with what was said; None where nothing was."""
        # What says most closely where comes first: "on a cliff above the village".
        for relation in sorted(one.relations, key=lambda relation: relation.relation == "above"):
            if relation.relation == "facing":
                continue
            found = self._by(relation, size, one.count, rng, bearer)
            if found is not None:
                return found
        if bearer == "water":
            places = self._wet()
            return places + rng.normal(0, 0.3, places.shape), None
        return self._in_view(size, rng), None

    def _in_view(self, size: Extent, rng: np.random.Generator) -> Array:
        """A fan before the eyes, as far away as shows a thing of that size well."""
        best = float(np.clip(2.3 * max(size.height, 1.6 * size.radius) + 3.5, 4.5, 0.45 * self._reach() + size.radius))
        far = best * np.exp(rng.normal(0.0, 0.3, _TRIES)) + size.radius
        angle = rng.uniform(-0.42, 0.42, _TRIES)
        return self.from_eye + far[:, None] * (
            np.cos(angle)[:, None] * self.ahead + np.sin(angle)[:, None] * self.aside
        )

    def _by(
        self, relation: Relation, size: Extent, count: int, rng: np.random.Generator, bearer: str
    ) -> tuple[Array, Array] | None:
        """None where there is no such target."""
        marks = self._marks(relation.target)
        if marks is None:
            return None
        at, room, heading = marks
        kind = relation.relation
        pick = rng.integers(0, len(at), _TRIES)
        # the first marks are the best
        liking = -0.5 * pick / max(len(at), 1)
        center, radius = at[pick], room[pick]
        turn = rng.uniform(-np.pi, np.pi, _TRIES)
        if kind in ("on", "above", "in", "below") and bearer not in ("ground", "water"):
            away = rng.uniform(0, 1, _TRIES) * np.maximum(radius * 0.6 - size.radius, 0) * (count > 1)
            return center + away[:, None] * _circle(turn), liking - 0.1 * away
        if bearer == "water":
            places = self._wet()
            near = np.linalg.norm(places[:, None] - at[None, :64], axis=2).min(axis=1)
            return places + rng.normal(0, 0.3, places.shape), -0.02 * near
        if kind == "between" and relation.other is not None:
            other = self._marks(relation.other)
            if other is not None:
                ends, length = other[0][0], float(np.linalg.norm(other[0][0] - at[0]))
                low, high = (float(room[0]) + size.radius) / length, 1 - (float(other[1][0]) + size.radius) / length
                middle, half = (low + high) / 2, max(high - low, 0.0) / 2
                share = middle + rng.uniform(-0.8, 0.8, _TRIES) * half
                shift = rng.normal(0, 0.5, (_TRIES, 2))
                return at[0] + share[:, None] * (ends - at[0]) + shift, -2 * np.abs(share - middle)
        if kind == "around":
            least = (2 * size.radius + _GAP) * count / (2 * np.pi) * 1.25
            away = max(float(room[0]) + size.radius + 0.8, least)
            step = 2 * np.pi * np.arange(_TRIES) / max(count, 3)
            lap = np.arange(_TRIES) // max(count, 3)
            out = away + lap * 0.5 * size.radius
            return at[0] + out[:, None] * _circle(step + 0.4 + 0.05 * lap), -1.0 * lap
        reach = {"beside": 1.2, "in_front_of": 4.0, "behind": 5.0, "near": 7.0, "along": 1.5, "on": 4.0, "in": 6.0}
        slack = reach.get(kind, 6.0) * (1 + 0.12 * np.sqrt(count)) + 0.5 * size.radius
        inside = kind in ("on", "in", "along") and relation.target not in self.sizes
        least = 0.0 if inside else radius + size.radius + _GAP
        extra = rng.uniform(0, 1, _TRIES) ** 1.3 * slack
        way = _circle(turn)
        toward = unit(self.from_eye - center)
        if kind in ("in_front_of", "behind"):
            sign = 1.0 if kind == "in_front_of" else -1.0
            spread = rng.normal(0, 0.28, _TRIES)
            side = np.stack([-toward[:, 1], toward[:, 0]], axis=1)
            way = sign * np.cos(spread)[:, None] * toward + np.sin(spread)[:, None] * side
        if kind == "above" and relation.target not in self.sizes:  # a hill or cliff that looks down on it
            extra = rng.uniform(0.1, 0.35, _TRIES) * self._reach()
            places = (center + extra[:, None] * way).astype(np.float32)
            climb = self.site.height(places) - self.site.height(center.astype(np.float32))
            return places, liking + 3.0 * np.tanh(climb / 12.0)
        if kind == "beside":
            side = np.stack([-toward[:, 1], toward[:, 0]], axis=1)
            way = unit(way * 0.35 + side * np.sign((way * side).sum(axis=1, keepdims=True)))
        del heading
        return center + (least + extra)[:, None] * way, liking - 0.6 * extra / slack

    def _marks(self, name: str) -> tuple[Array, Array, Array] | None:
        """Where a target is (M, 2), how much room each takes (M,), and (M,) zeros."""
        spots = [spot for spot in self.spots if spot.id == name]
        if spots:
            at = np.array([(spot.x, spot.z) for spot in spots])
            return at, np.full(len(at), self.sizes[name].radius), np.zeros(len(at))
        reach = 0.22 * self._reach()
        own = {
            "foreground": self.from_eye + 7.0 * self.ahead,
            "background": self.from_eye + 1.6 * reach * self.ahead,
            "left": self.from_eye + reach * (0.85 * self.ahead - 0.4 * self.aside),
            "right": self.from_eye + reach * (0.85 * self.ahead + 0.4 * self.aside),
        }
        if name in own:
            return own[name][None], np.zeros(1), np.zeros(1)
        if name in ("sky", "ground"):
            return None
        at = np.asarray(self.site.anchors(name), float).reshape(-1, 2)
        return (at, np.zeros(len(at)), np.zeros(len(at))) if len(at) else None

    # How good a place is

    def _score(self, where: Array, size: Extent, bearer: str, one: ObjectSpec) -> Array:
        flat = where.astype(np.float32)
        bounds = self.site.bounds
        edge = np.minimum.reduce(
            [flat[:, 0] - bounds.min_x, bounds.max_x - flat[:, 0], flat[:, 1] - bounds.min_z, bounds.max_z - flat[:, 1]]
        )
        score = np.where(edge < min(0.8 * size.radius, 0.2 * self._reach()), -_BAD, 0.0)
        way = where - self.from_eye
        far = np.linalg.norm(way, axis=1).clip(1e-3)
        ahead = way @ self.ahead / far
        score += 1.6 * np.clip(ahead, -0.5, 0.88) - 0.5 * np.log(far.clip(4) / 12) * (far > 12)
        score -= np.where(far < size.radius + 2.0, _BAD, 0.0)
        if bearer in ("ground", "water"):
            score -= self._taken(where, size, one)
        ground = self.site.height(flat)
        if bearer == "ground" and one.what not in FLYING:
            dry = self.site.water_level(flat) < ground - 0.05
            wet_kind = one.what in ("pier", "bridge", "watermill", "lotus", "reed", "mangrove")
            score -= np.where(dry | wet_kind, 0.0, _BAD)
            score -= 2.5 * (1 - np.asarray(self.site.normal(flat))[:, 1]).clip(0, 0.5)
            on_road = any(relation.target == "road" and relation.relation in ("on", "in") for relation in one.relations)
            if not on_road:
                score -= 6.0 * ~self.site.free(flat, min(0.8 * size.radius, 12.0))
            score -= 1.5 * self._hidden(flat, ground + 0.7 * size.height, far)
        return score

    def _taken(self, where: Array, size: Extent, one: ObjectSpec) -> Array:
        penalty = np.zeros(len(where))
        for spot in self.spots:
            if spot.bearer not in ("ground", "water") or (spot.base > 0.5 and one.what not in FLYING):
                continue
            room = self.sizes[spot.id].radius + size.radius + _GAP
            penalty += np.where(np.hypot(where[:, 0] - spot.x, where[:, 1] - spot.z) < room, 2 * _BAD, 0.0)
        return penalty

    def _hidden(self, flat: Array, top: Array, far: Array, steps: int = 10) -> Array:
        """Share (N,) of the way from the eyes to a thing's upper part that runs under ground."""
        share = ((np.arange(steps) + 0.5) / steps)[None, :, None]
        along = self.from_eye + share * (flat[:, None] - self.from_eye)
        ground = self.site.height(along.reshape(-1, 2).astype(np.float32)).reshape(len(flat), steps)
        line = self.eye[1] + share[..., 0] * (top[:, None] - self.eye[1])
        return (ground > line).any(axis=1).astype(float) * (far > 3)

    def _turn(self, one: ObjectSpec, at: Array, rng: np.random.Generator) -> float:
        """Towards what it faces, else towards the eyes, turned a little so that its side shows too."""
        for relation in one.relations:
            marks = self._marks(relation.target) if relation.relation in ("facing", "around") else None
            if marks is not None:
                goal = marks[0][np.linalg.norm(marks[0] - at, axis=1).argmin()] - at
                if np.linalg.norm(goal) > 1e-3:
                    return float(np.arctan2(goal[0], goal[1]))
        toward = self.from_eye - at
        aside = rng.choice([-1.0, 1.0]) * (rng.uniform(0.7, 1.3) if one.what in SIDEWAYS else rng.uniform(0.2, 0.5))
        return float(np.arctan2(toward[0], toward[1]) + aside + (rng.normal(0, 0.5) if one.count > 2 else 0.0))


SIDEWAYS = (
    "boat", "sailing_ship", "car", "bus", "bicycle", "train", "cart", "horse", "cow", "sheep", "dog", "cat", "bird",
    "bridge", "slide",
)  # fmt: skip
"""Best known from their sides."""


def _circle(turn: Array) -> Array:
    return np.stack([np.sin(turn), np.cos(turn)], axis=1)
