"""Stored versions as worlds: what several of them share is in memory once, and known again by the file it is from."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary, WeakValueDictionary

import torch
from torch import Tensor

from worldloom.edit.state import Part
from worldloom.scene.gaussians import Gaussians
from worldloom.scene.store.worlds import Version, Worlds
from worldloom.scene.surface import Surface
from worldloom.scene.world import Layer, World, assembled, load_layer
from worldloom.scene.world_record import LayerRecord


@dataclass(frozen=True)
class Stored:
    """A layer's file, and a version that has it."""

    world: str
    version: int
    blob: str


@dataclass(frozen=True, eq=False)
class _Baked:
    dead: Tensor
    surface: Surface | None
    stored: Stored


class _Memory:
    """What is in memory of one store."""

    def __init__(self) -> None:
        self.gaussians: WeakValueDictionary[str, Gaussians] = WeakValueDictionary()
        self.surfaces: WeakValueDictionary[str, Surface] = WeakValueDictionary()
        self.origins: WeakKeyDictionary[Gaussians, Stored] = WeakKeyDictionary()
        self.baked: WeakKeyDictionary[Gaussians, _Baked] = WeakKeyDictionary()
        """What a layer became when it was last saved without its dead rows."""


_memories: WeakKeyDictionary[Worlds, _Memory] = WeakKeyDictionary()


def stored_world(worlds: Worlds, world: str, number: int) -> World:
    """A version, loaded. Layers that are in memory already, be it for another version, are not loaded again.

    Raises:
        NotFoundError: there is none.
        FormatError: a file of it is missing or damaged.
    """
    version = worlds.version(world, number)
    record = worlds.record(version)
    return assembled(record, [_layer(worlds, version, entry) for entry in record.layers])


def stored(worlds: Worlds, layer: Layer) -> Stored | None:
    """The file that a layer's Gaussians and surface are from, if they are just as in it."""
    memory = _memory(worlds)
    found = memory.origins.get(layer.gaussians)
    return found if found is not None and memory.surfaces.get(found.blob) is layer.surface else None


def note_saved(worlds: Worlds, part: Part, stored: Stored) -> None:
    """Remember which file a part was saved to, without its dead rows."""
    _memory(worlds).baked[part.gaussians] = _Baked(part.dead, part.layer.surface, stored)


def saved(worlds: Worlds, part: Part) -> Stored | None:
    """The file that a part was saved to as it is now, if it is known."""
    found = _memory(worlds).baked.get(part.gaussians)
    if found is not None and found.surface is part.layer.surface and torch.equal(found.dead, part.dead):
        return found.stored
    return None if bool(part.dead.any()) else stored(worlds, part.layer)


def _layer(worlds: Worlds, version: Version, entry: LayerRecord) -> Layer:
    memory = _memory(worlds)
    gaussians, surface = memory.gaussians.get(entry.blob), memory.surfaces.get(entry.blob)
    if gaussians is None:
        layer = load_layer(worlds.blobs.path(entry.blob), entry)
        gaussians, surface = layer.gaussians, layer.surface
        memory.gaussians[entry.blob] = gaussians
        memory.origins[gaussians] = Stored(version.world, version.number, entry.blob)
        if surface is not None:
            memory.surfaces[entry.blob] = surface
    return Layer.placed(entry, gaussians, surface)


def _memory(worlds: Worlds) -> _Memory:
    return _memories.setdefault(worlds, _Memory())
