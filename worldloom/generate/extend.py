"""A world grows past its edge: squares of 64 m, each a new layer; what is there already stays as it is, byte for byte.

Ground, waters and plants are functions of world coordinates, so that a new tile fits the old ground exactly and any
order of growing gives the same tiles. Captured worlds are continued at the height and in the colours of their own
ground.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from worldloom.generate.assemble import (
    AIR,
    BACKDROP,
    FAR,
    SKY,
    Moment,
    adapted_in,
    layers_of_parts,
    skyline_in,
    solids,
)
from worldloom.generate.build.outdoors import outdoor_parts
from worldloom.generate.build.site import Bounds
from worldloom.generate.captured_ground import CapturedGround, captured_ground
from worldloom.generate.light import Setting, discs_of
from worldloom.generate.seam import Old, fitted
from worldloom.generate.spec import WorldSpec
from worldloom.generate.understand import changed
from worldloom.render.shadows import Discs
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.surfels import Surfels, Vector, join
from worldloom.scene.world import Layer, World

TILE = 64.0
"""Edge of a tile, metres."""
MAX_TILES = 64
"""At once."""
GAUSSIANS = 90_000
"""Of a tile, about."""
_BESIDE = 6.0
"""Metres."""
_NEAR = 40.0
"""Metres from a tile within which older things throw shadows on it."""
REST = BACKDROP[1]
"""Name of what is left of the far scenery where the world has grown into it."""
_TILES = "tiles"
"""Of a world's parameters: which tiles it has, [x, z] each."""


@dataclass(frozen=True)
class Where:
    """Which way to grow: by a place, along a line, or by the tiles' numbers."""

    towards: Vector | None = None
    """A place past the edge, metres."""
    path: Sequence[Vector] = ()
    """A line; all tiles that it crosses are made."""
    tiles: Sequence[tuple[int, int]] = ()
    """(x, z): tile (0, 0) reaches from the origin to (64, 64)."""


@dataclass(frozen=True)
class Grown:
    """What came of it."""

    world: World
    layers: tuple[str, ...]
    """Names of the new ones."""
    notes: tuple[str, ...]


def extend(world: World, where: Where, *, text: str = "", seed: int = 0, gaussians: int = GAUSSIANS) -> Grown:
    """The world with new tiles.

    Args:
        text: what the new part is like; empty: as the world is there.
        seed: of captured worlds' new ground; a generated world goes on with its own.

    Raises:
        InvalidDataError: no place is given, it is inside the world, too far away, or the text can't be read.
    """
    spec, ground = _what_is_there(world, seed)
    notes: list[str] = []
    wanted = spec
    if text.strip():
        reading = changed(spec, text)
        wanted = reading.spec
        unknown = [phrase.text for phrase in reading.unknown]
        notes += [f"Not understood: {', '.join(unknown)}."] if unknown else []
    covered = [_covered(world, spec, ground), *(_bounds(*tile) for tile in _tiles_of(world))]
    if where.towards is not None and _inside(where.towards, covered):
        raise InvalidDataError("The world already reaches there; point past its edge.")
    new = [tile for tile in _chosen(where, covered[0]) if _pieces(_bounds(*tile), covered)]
    if not new:
        raise InvalidDataError("The world already reaches there; point past its edge.")
    if len(new) > MAX_TILES:
        raise InvalidDataError(f"That would be {len(new)} tiles of 64 m; {MAX_TILES} at once are the most.")
    grown = world
    names = []
    for tile in new:
        layer = _tile(grown, tile, spec, wanted, ground, covered, gaussians)
        covered.append(_bounds(*tile))
        grown = _with_tile(grown, layer, tile)
        names.append(layer.name)
    grown = _with_backdrop(grown, covered[1:])
    if ground is not None:
        notes.append(
            "The ground there is invented: it goes on at the height and in the colours of the captured ground."
        )
    return Grown(grown, tuple(names), tuple(notes))


def _what_is_there(world: World, seed: int) -> tuple[WorldSpec, CapturedGround | None]:
    """What the world was made from, or what its captured ground looks like."""
    kept = world.provenance.parameters.get("worldspec")
    if isinstance(kept, dict) and not world.provenance.parameters.get("indoor"):
        return WorldSpec.model_validate(kept), None
    ground = captured_ground(world)
    return ground.spec(world, seed), ground


def _covered(world: World, spec: WorldSpec, ground: CapturedGround | None) -> Bounds:
    return Bounds.around(spec.extent) if ground is None else ground.bounds


def _tiles_of(world: World) -> list[tuple[int, int]]:
    kept = world.provenance.parameters.get(_TILES, [])
    names = {layer.name for layer in world.layers}
    # A tile whose layer was deleted can be grown again.
    return [(int(x), int(z)) for x, z in kept if _name((int(x), int(z))) in names]


def _name(tile: tuple[int, int]) -> str:
    return f"tile {tile[0]},{tile[1]}"


def _bounds(x: int, z: int) -> Bounds:
    return Bounds(x * TILE, z * TILE, (x + 1) * TILE, (z + 1) * TILE)


def _chosen(where: Where, core: Bounds) -> list[tuple[int, int]]:
    """Tiles in the order in which they are reached."""
    chosen: list[tuple[int, int]] = [(int(x), int(z)) for x, z in where.tiles]
    for line in _lines(where, core):
        for start, end in zip(line, line[1:] if len(line) > 1 else line):
            steps = max(int(math.dist(start, end) / (TILE / 8)), 1)
            for step in range(steps + 1):
                share = step / steps
                x, z = (a + (b - a) * share for a, b in zip(start, end))
                # A place right beside an edge means both sides of it.
                for beside_x in (x, x - _BESIDE, x + _BESIDE):
                    for beside_z in (z, z - _BESIDE, z + _BESIDE):
                        chosen.append((math.floor(beside_x / TILE), math.floor(beside_z / TILE)))
    if not chosen:
        raise InvalidDataError("Say where the world shall grow: a place past its edge, a line, or tiles.")
    if max(max(abs(x), abs(z)) for x, z in chosen) > 300:
        raise InvalidDataError("That is more than 19 km away; grow step by step from the edge.")
    return list(dict.fromkeys(chosen))


def _inside(place: Vector, covered: Sequence[Bounds]) -> bool:
    flat = np.array([[place[0], place[2]]], float)
    return any(bool(bounds.inside(flat)[0]) for bounds in covered)


def _lines(where: Where, core: Bounds) -> list[list[tuple[float, float]]]:
    lines = []
    if where.towards is not None:
        x, _, z = (float(value) for value in where.towards)
        edge = (min(max(x, core.min_x), core.max_x), min(max(z, core.min_z), core.max_z))
        lines.append([edge, (x, z)])
    if len(where.path):
        lines.append([(float(point[0]), float(point[2])) for point in where.path])
    if not all(math.isfinite(value) for line in lines for point in line for value in point):
        raise InvalidDataError("A place to grow towards is not a number; give x, y and z in metres.")
    return lines


def _pieces(tile: Bounds, covered: Sequence[Bounds]) -> list[Bounds]:
    """The parts of a tile that nothing covers yet, as rectangles."""
    parts = [tile]
    for cover in covered:
        parts = [piece for part in parts for piece in _without(part, cover)]
    return [part for part in parts if min(part.size) > 1e-6]


def _without(part: Bounds, cover: Bounds) -> list[Bounds]:
    low_x, high_x = max(part.min_x, cover.min_x), min(part.max_x, cover.max_x)
    low_z, high_z = max(part.min_z, cover.min_z), min(part.max_z, cover.max_z)
    if low_x >= high_x or low_z >= high_z:
        return [part]
    return [
        Bounds(part.min_x, part.min_z, low_x, part.max_z),
        Bounds(high_x, part.min_z, part.max_x, part.max_z),
        Bounds(low_x, part.min_z, high_x, low_z),
        Bounds(low_x, high_z, high_x, part.max_z),
    ]


def _tile(
    world: World,
    tile: tuple[int, int],
    spec: WorldSpec,
    wanted: WorldSpec,
    ground: CapturedGround | None,
    covered: Sequence[Bounds],
    gaussians: int,
) -> Layer:
    """One tile, lit as the rest of the world is."""
    bounds = _bounds(*tile)
    spawn = np.asarray(world.spawn.position, np.float32)
    nearest = (
        float(np.clip(spawn[0], bounds.min_x, bounds.max_x)),
        float(np.clip(spawn[2], bounds.min_z, bounds.max_z)),
    )
    old = Old(spec, covered[0], ground)
    found: list[Surfels] = []
    area = sum(math.prod(piece.size) for piece in _pieces(bounds, covered))
    for piece in _pieces(bounds, covered):
        budget = max(int(gaussians * math.prod(piece.size) / TILE**2), 400)
        parts = outdoor_parts(wanted, piece, budget, nearest)
        found.append(fitted(join(list(parts.values())), piece, old, wanted))
    pieces = join(found)
    if len(pieces) == 0 or area <= 0:
        raise InvalidDataError("Nothing can be built there.")
    now = world.environment
    moment = Moment(
        now.hour if now.hour is not None else wanted.hour,
        now.season or wanted.season,
        wanted.weather if now.hour is None else now.weather,  # pyright: ignore[reportArgumentType]
        now.snow,
        now.sun_azimuth,
    )
    there, known = solids(world)
    setting = adapted_in(world, known, there, Setting(moment.light(), spawn, skyline=skyline_in(world)))
    casters = _together(discs_of(pieces), _near(there, bounds))
    (layer,) = layers_of_parts({_name(tile): pieces}, casters, (), setting, moment)
    return ground.matched(layer) if ground is not None else layer


def _near(casters: Discs, bounds: Bounds) -> Discs:
    wide = bounds.grown(_NEAR)
    inside = wide.inside(casters.centers[:, [0, 2]])
    return Discs(casters.centers[inside], casters.normals[inside], casters.radii[inside])


def _together(first: Discs, second: Discs) -> Discs:
    return Discs(
        np.concatenate([first.centers, second.centers]),
        np.concatenate([first.normals, second.normals]),
        np.concatenate([first.radii, second.radii]),
    )


def _with_tile(world: World, layer: Layer, tile: tuple[int, int]) -> World:
    """The world with the layer before its sky, and the tile noted."""
    behind = [old for old in world.layers if old.kind == "sky" or old.name in (FAR, REST, SKY, AIR)]
    before = [old for old in world.layers if old not in behind]
    parameters = {
        **world.provenance.parameters,
        _TILES: [*(list(known) for known in _tiles_of(world)), list(tile)],
    }
    provenance = world.provenance.model_copy(update={"parameters": parameters})
    return replace(world, layers=(*before, layer, *behind), provenance=provenance)


def _with_backdrop(world: World, tiles: Sequence[Bounds]) -> World:
    """The far scenery makes room: its layer is hidden, not changed, and what is left of it stands in another."""
    whole = next((layer for layer in world.layers if layer.name == FAR), None)
    if whole is None:
        return world
    means = whole.gaussians.means.numpy().copy()
    widths = whole.gaussians.scales.max(dim=1).values.numpy()
    flat = means[:, [0, 2]]
    kept = np.ones(len(means), bool)
    for tile in tiles:
        inside, near = tile.inside(flat), tile.grown(1.0)
        away = np.maximum(
            np.maximum(near.min_x - flat[:, 0], flat[:, 0] - near.max_x),
            np.maximum(near.min_z - flat[:, 1], flat[:, 1] - near.max_z),
        )
        kept &= ~inside
        # What reaches over the tile's edge lies lower than its ground.
        reaching = (away < 2 * widths) & ~inside
        means[reaching, 1] -= 0.4 + 0.35 * widths[reaching]
    left = torch.from_numpy(np.flatnonzero(kept))
    old = whole.gaussians
    moved = Gaussians(torch.from_numpy(means), old.quats, old.log_scales, old.opacity_logits, old.sh)
    surface = whole.surface[left] if whole.surface is not None else None
    rest = replace(whole, name=REST, gaussians=moved[left], surface=surface, visible=True)
    layers = [replace(layer, visible=False) if layer.name == FAR else layer for layer in world.layers]
    if any(layer.name == REST for layer in layers):
        return replace(world, layers=tuple(rest if layer.name == REST else layer for layer in layers))
    place = next(index for index, layer in enumerate(layers) if layer.name == FAR)
    return replace(world, layers=(*layers[: place + 1], rest, *layers[place + 1 :]))
