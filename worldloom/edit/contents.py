"""Stored versions as worlds: what several of them share is in memory once, and known again by the file it is from."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary, WeakValueDictionary

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


_origins: WeakKeyDictionary[Gaussians, Stored] = WeakKeyDictionary()
_gaussians: WeakValueDictionary[str, Gaussians] = WeakValueDictionary()
_surfaces: WeakValueDictionary[str, Surface] = WeakValueDictionary()


def stored_world(worlds: Worlds, world: str, number: int) -> World:
    """A version, loaded. Layers that are in memory already, be it for another version, are not loaded again.

    Raises:
        NotFoundError: there is none.
        FormatError: a file of it is missing or damaged.
    """
    version = worlds.version(world, number)
    record = worlds.record(version)
    return assembled(record, [_layer(worlds, version, entry) for entry in record.layers])


def stored(layer: Layer) -> Stored | None:
    """The file that a layer's Gaussians and surface are from, if they are just as in it."""
    found = _origins.get(layer.gaussians)
    if found is None or _surfaces.get(found.blob) is not layer.surface:
        return None
    return found


def _layer(worlds: Worlds, version: Version, entry: LayerRecord) -> Layer:
    gaussians, surface = _gaussians.get(entry.blob), _surfaces.get(entry.blob)
    if gaussians is None:
        layer = load_layer(worlds.blobs.path(entry.blob), entry)
        gaussians, surface = layer.gaussians, layer.surface
        _gaussians[entry.blob] = gaussians
        _origins[gaussians] = Stored(version.world, version.number, entry.blob)
        if surface is not None:
            _surfaces[entry.blob] = surface
    return Layer.placed(entry, gaussians, surface)
