"""A coarse block-out, boxes and shapes in a GLB with names or colours, becomes a dressed world of the same shape.

Solid parts keep their own surfaces to the millimetre and get the material that their name or colour says. Parts named
after a plant or an object are replaced by one that fills their box.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from worldloom.generate.assemble import assemble
from worldloom.generate.build.materials import FINISHES, finish, linear
from worldloom.generate.build.site import Draft, Lamp
from worldloom.generate.catalogue import OBJECTS, PLANTS
from worldloom.generate.shapes import cover_mesh, disc
from worldloom.generate.spec import WorldSpec
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.provenance import hash_file
from worldloom.scene.surfels import Array, Surfels, join
from worldloom.scene.world import World

MAX_BYTES = 200_000_000
MAX_TRIANGLES = 2_000_000
_FARTHEST = 5_000.0
"""Metres from the origin; a larger block-out is in another unit."""


@dataclass(frozen=True)
class Dress:
    """What a solid part becomes."""

    material: str
    """A name in `FINISHES`."""
    label: str
    """A semantic class."""
    scale: float = 1.0


_SOLIDS: dict[str, Dress] = {
    "wall": Dress("plaster", "room/wall"),
    "floor": Dress("planks", "room/floor"),
    "ceiling": Dress("lime", "room/ceiling"),
    "roof": Dress("tile", "building/roof"),
    "ground": Dress("soil", "ground/soil"),
    "grass": Dress("leaves", "ground/grass"),
    "sand": Dress("sand", "ground/sand"),
    "snow": Dress("snow", "ground/snow"),
    "rock": Dress("rock", "rock"),
    "cliff": Dress("rock", "rock/cliff"),
    "road": Dress("concrete", "road"),
    "path": Dress("cobble", "road/path"),
    "stairs": Dress("stone", "building/stairs"),
    "column": Dress("marble", "building/trim"),
    "building": Dress("brick", "building/wall"),
    "house": Dress("brick", "building/wall"),
    "door": Dress("wood", "building/door"),
    "window": Dress("glass", "building/window"),
    "beam": Dress("timber", "building/trim"),
    "water": Dress("water", "water"),
    "fence": Dress("planks", "object/fence"),
    "box": Dress("planks", "object"),
}
"""By a word in the part's name. The names of materials and objects are understood too."""
_SYNONYMS = {
    "walls": "wall",
    "mauer": "wall",
    "terrain": "ground",
    "earth": "ground",
    "lawn": "grass",
    "meadow": "grass",
    "street": "road",
    "pavement": "path",
    "stair": "stairs",
    "steps": "stairs",
    "pillar": "column",
    "tower": "building",
    "lake": "water",
    "river": "water",
    "sea": "water",
    "pool": "water",
    "trees": "tree",
    "couch": "sofa",
    "light": "lamp",
    "shrub": "bush",
}
_COLOURS: dict[str, tuple[float, float, float]] = {
    "wall": (0.8, 0.8, 0.8),
    "floor": (0.55, 0.35, 0.2),
    "roof": (0.75, 0.25, 0.15),
    "water": (0.15, 0.4, 0.85),
    "tree": (0.1, 0.45, 0.12),
    "grass": (0.4, 0.75, 0.25),
    "rock": (0.4, 0.4, 0.4),
    "sand": (0.9, 0.8, 0.5),
    "road": (0.15, 0.15, 0.16),
    "window": (0.6, 0.85, 0.95),
}
"""sRGB that stands for a class where a part's name says nothing."""
_SOFT_COLOUR_DISTANCE = 0.45


@dataclass(frozen=True, eq=False)
class Part:
    """One mesh of a block-out, in the world frame."""

    name: str
    kind: str
    """A key of the table of solids, a material, an object or a plant."""
    vertices: Array
    """(V, 3) metres."""
    faces: Array
    """(F, 3)"""
    colour: tuple[float, float, float] | None
    """sRGB; None where it has none."""

    @property
    def solid(self) -> bool:
        """Whether its own surface is kept."""
        return self.kind in _SOLIDS or self.kind in FINISHES

    @property
    def box(self) -> tuple[Array, Array]:
        return self.vertices.min(axis=0), self.vertices.max(axis=0)


def read_blockout(path: Path) -> tuple[Part, ...]:
    """The parts of a GLB or glTF file.

    Raises:
        FormatError: it can't be read, or holds no triangles.
        InvalidDataError: it holds NaN, too much, or is not in metres.
    """
    import trimesh

    if path.stat().st_size > MAX_BYTES:
        raise InvalidDataError(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB; a block-out is a few boxes.")
    try:
        scene = trimesh.load_scene(str(path), file_type=path.suffix.lower().lstrip("."))
        nodes = [(name, *scene.graph[name]) for name in sorted(scene.graph.nodes_geometry)]
        meshes = [(name, scene.geometry[geometry], transform) for name, transform, geometry in nodes]
    except Exception as error:  # trimesh raises whatever its parsers meet
        raise FormatError(f"{path.name} can't be read as a GLB ({error}). Export it again as binary glTF.") from None
    parts = [_part(path, name, mesh, np.asarray(transform, float)) for name, mesh, transform in meshes]
    found = tuple(part for part in parts if part is not None)
    if not found:
        raise FormatError(f"{path.name} holds no triangles; a block-out needs at least one box.")
    if sum(len(part.faces) for part in found) > MAX_TRIANGLES:
        raise InvalidDataError(f"{path.name} has over {MAX_TRIANGLES:,} triangles; give a coarser block-out.")
    return found


def from_blockout(path: Path, *, spec: WorldSpec | None = None, seed: int = 0) -> World:
    """The dressed world of a block-out.

    Args:
        spec: light, weather, season and number of Gaussians; None: an ordinary afternoon.

    Raises:
        WorldloomError: as `read_blockout`.
    """
    parts = read_blockout(path)
    spec = (spec or WorldSpec(title=path.stem)).model_copy(update={"seed": seed})
    draft = draft_blockout(parts, spec)
    world = assemble(draft, spec, path.stem)
    made = world.provenance.model_copy(update={"inputs": (hash_file(path),)})
    return replace(world, provenance=made)


def draft_blockout(parts: tuple[Part, ...], spec: WorldSpec) -> Draft:
    """Surfels for each part, where to stand, and what gives light."""
    low = np.min([part.box[0] for part in parts], axis=0)
    high = np.max([part.box[1] for part in parts], axis=0)
    indoor = any(part.kind == "ceiling" for part in parts)
    eye, target = _standing(parts, low, high)
    solid = [part for part in parts if part.solid]
    spacing = _spacing(solid, spec.gaussians * 0.7)
    rng = np.random.default_rng(spec.seed)
    layers: dict[str, list[Surfels]] = {"blockout": [], "water": [], "things": []}
    lamps: list[Lamp] = []
    for number, part in enumerate(parts):
        if part.solid:
            layers["water" if part.kind == "water" else "blockout"].append(_covered(part, spacing, rng, number))
            continue
        pieces, own = _thing(part, spec, spec.seed + number)
        layers["things"].append(pieces)
        lamps += own
    if indoor and not lamps:
        middle = (low + high) / 2
        lamps.append(
            Lamp((float(middle[0]), float(high[1]) - 0.4, float(middle[2])), (5.0, 4.5, 3.8), 14.0, always=True)
        )
    if not indoor:
        layers["blockout"].append(_surroundings(low, high, spacing, spec))
    joined = {name: join(pieces) for name, pieces in layers.items() if pieces}
    return Draft(joined, tuple(eye.tolist()), tuple(target.tolist()), lamps=tuple(lamps), indoor=indoor)


def _part(path: Path, name: str, mesh: Any, transform: Array) -> Part | None:
    faces = getattr(mesh, "faces", None)
    if faces is None or len(faces) == 0:
        return None
    vertices = np.asarray(mesh.vertices, float) @ transform[:3, :3].T + transform[:3, 3]
    if not np.isfinite(vertices).all():
        raise InvalidDataError(f"'{name}' in {path.name} has a NaN or infinite coordinate; repair it and export again.")
    if np.abs(vertices).max() > _FARTHEST:
        raise InvalidDataError(f"{path.name} reaches over {_FARTHEST:.0f} m from its origin; export it in metres.")
    if np.linalg.det(transform[:3, :3]) < 0:
        faces = np.asarray(faces)[:, ::-1]
    colour, material = _look(mesh)
    return Part(name, kind_of(f"{name} {material}", colour), vertices, np.asarray(faces, np.int64), colour)


def _look(mesh: Any) -> tuple[tuple[float, float, float] | None, str]:
    """sRGB base colour and name of a mesh's material, where it has them."""
    material = getattr(mesh.visual, "material", None)
    name = str(getattr(material, "name", None) or "")
    factor = getattr(material, "baseColorFactor", None)
    if factor is None and mesh.visual.kind in ("vertex", "face"):
        factor = mesh.visual.main_color
    if factor is None:
        return None, name
    red, green, blue = (float(value) for value in np.asarray(factor, float)[:3] / 255)
    return (red, green, blue), name


def kind_of(name: str, colour: tuple[float, float, float] | None) -> str:
    """What a part is: by the first known word of its name, else by its colour, else a plain wall."""
    for word in re.split(r"[^a-z_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()):
        for known in dict.fromkeys((word, word.strip("_"), *word.split("_"))):
            known = _SYNONYMS.get(known, known)
            if known in _SOLIDS or known in PLANTS or known == "tree" or known in OBJECTS or known in FINISHES:
                return known
    if colour is None:
        return "wall"
    distances = {kind: float(np.linalg.norm(np.subtract(colour, known))) for kind, known in _COLOURS.items()}
    nearest = min(distances, key=lambda kind: distances[kind])
    return nearest if distances[nearest] < _SOFT_COLOUR_DISTANCE else "wall"


def _spacing(solid: list[Part], budget: float) -> float:
    """Metres between surfels for so many on all solid parts."""
    area = sum(_areas(part).sum() for part in solid)
    return float(np.clip(np.sqrt(area / max(budget, 1)), 0.012, 0.5))


def _areas(part: Part) -> Array:
    a, b, c = part.vertices[part.faces].transpose(1, 0, 2)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def _covered(part: Part, spacing: float, rng: np.random.Generator, number: int) -> Surfels:
    """Its own surface, painted. Corners are split, so that edges stay sharp."""
    dress = _SOLIDS.get(part.kind) or Dress(part.kind, "object")
    split = part.vertices[part.faces].reshape(-1, 3)
    pieces = cover_mesh(split, np.arange(len(split)).reshape(-1, 3), spacing, rng)
    # Flat pieces at an edge would reach past it; they are made smaller there.
    pieces = _kept_inside(pieces, part)
    known = _COLOURS.get(part.kind)
    chosen = part.colour is not None and (known is None or float(np.abs(np.subtract(part.colour, known)).max()) > 0.2)
    colour = linear(part.colour) if chosen and part.colour is not None else None
    painted = finish(pieces, dress.material, colour, seed=number, scale=dress.scale)
    if part.kind in ("grass", "water", "window"):
        painted = painted.with_values(gloss=0.0 if part.kind == "grass" else 0.8)
    return painted.labelled(dress.label)


def _kept_inside(pieces: Surfels, part: Part) -> Surfels:
    """Surfels no wider than their way to the box of their part, so that silhouettes keep their place."""
    low, high = part.box
    room = np.full(len(pieces), np.inf)
    for axis in range(3):
        lies_in = np.abs(pieces.normal[:, axis]) < 0.5
        gap = np.minimum(pieces.position[:, axis] - low[axis], high[axis] - pieces.position[:, axis])
        room = np.where(lies_in, np.minimum(room, gap), room)
    limit = np.maximum(room / 1.6, 0.3 * pieces.size[:, 0])
    size = pieces.size.copy()
    size[:, :2] = np.minimum(size[:, :2], limit[:, None])
    return replace(pieces, size=size)


def _thing(part: Part, spec: WorldSpec, seed: int) -> tuple[Surfels, list[Lamp]]:
    """A plant or an object that fills the part's box."""
    from worldloom.generate.build.objects import make
    from worldloom.generate.build.plants import plant

    low, high = part.box
    size = np.maximum(high - low, 0.02)
    if part.kind == "tree" or part.kind in PLANTS:
        species = "oak" if part.kind == "tree" else part.kind
        made, lamps = plant(species, height=float(size[1]), season=spec.season, seed=seed), ()
    else:
        thing = make(part.kind, height=float(size[1]), seed=seed)
        made, lamps = thing.surfels, thing.lamps
    own_low, own_high = (np.quantile(made.position, share, axis=0) for share in (0.002, 0.998))
    stretch = size / np.maximum(own_high - own_low, 1e-3)
    # Wider than twice as much it would no longer look like one.
    stretch = np.clip(stretch, stretch[1] * 0.5, stretch[1] * 2.0)
    middle = (own_low + own_high) / 2
    foot = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
    start = np.array([middle[0], own_low[1], middle[2]])
    moved = replace(
        made,
        position=(made.position - start) * stretch + foot,
        size=made.size * float(np.cbrt(stretch.prod())),
    )
    placed = [
        replace(lamp, position=tuple(((np.array(lamp.position) - start) * stretch + foot).tolist())) for lamp in lamps
    ]
    return moved, placed


def _surroundings(low: Array, high: Array, spacing: float, spec: WorldSpec) -> Surfels:
    """Open ground about an outdoor block-out, just below its lowest part."""
    middle = (low + high) / 2
    reach = 2.5 * float(np.linalg.norm((high - low)[[0, 2]])) + 20.0
    ground = disc((middle[0], low[1] - 0.03, middle[2]), reach, max(reach / 160, 2 * spacing))
    return finish(ground, "leaves", seed=spec.seed).with_values(leaf=0.0).labelled("ground/grass")


def _standing(parts: tuple[Part, ...], low: Array, high: Array) -> tuple[Array, Array]:
    """Eyes at the freest place on the ground inside the block-out, looking along its length."""
    walked = [part for part in parts if part.kind in ("floor", "ground", "grass", "road", "path", "sand", "snow")]
    level = max(
        (float(part.box[1][1]) for part in walked if part.box[1][1] < low[1] + 0.6 * (high[1] - low[1])),
        default=float(low[1]),
    )
    xs, zs = (np.linspace(low[axis] + 0.5, high[axis] - 0.5, 25) for axis in (0, 2))
    places = np.stack([grid.reshape(-1) for grid in np.meshgrid(xs, zs)], axis=1)
    room = np.minimum.reduce(
        [places[:, 0] - low[0], high[0] - places[:, 0], places[:, 1] - low[2], high[2] - places[:, 1]]
    )
    for part in parts:
        bottom, top = part.box
        if top[1] < level + 0.3 or bottom[1] > level + 1.9:
            continue
        away = np.maximum(np.maximum(bottom[[0, 2]] - places, places - top[[0, 2]]), 0)
        room = np.minimum(room, np.linalg.norm(away, axis=1))
    best = places[int(room.argmax())]
    eye = np.array([best[0], level + 1.6, best[1]])
    middle = (low + high) / 2
    long_axis = 0 if high[0] - low[0] > high[2] - low[2] else 2
    target = eye.copy()
    target[long_axis] += 4.0 if middle[long_axis] >= eye[long_axis] else -4.0
    target[1] -= 0.2
    return eye, target
