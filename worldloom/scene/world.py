"""`World`: named layers of Gaussians with what surrounds them, and its folder on disk.

A world's folder holds `world.json` and `layers/<sha256>.safetensors`. Layer files are immutable and named by their
content; `world.json` is replaced in one step after they are written, so a kill at any moment leaves the old or the new
world, never a mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from worldloom.scene.authored import Authored
from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.files import replacing, write_text
from worldloom.scene.gaussians import FIELD_NAMES, Gaussians
from worldloom.scene.geometry import Transform, merge, transform
from worldloom.scene.provenance import Provenance, hash_file
from worldloom.scene.surface import Surface
from worldloom.scene.world_record import (
    Annotation,
    CameraPath,
    CapturedView,
    Environment,
    GeoAnchor,
    LayerKind,
    LayerRecord,
    Pose,
    WorldRecord,
    load_record,
)


@dataclass(frozen=True, eq=False)
class Layer:
    """A part of a world that is shown, moved, locked and exported as one."""

    name: str
    gaussians: Gaussians
    """In the layer's own frame."""
    kind: LayerKind = "captured"
    transform: Transform = Transform()
    """From the layer's frame to the world's."""
    visible: bool = True
    locked: bool = False
    surface: Surface | None = None
    """What the Gaussians are made of, where that is known: generated worlds."""

    @staticmethod
    def placed(entry: LayerRecord, gaussians: Gaussians, surface: Surface | None) -> Layer:
        """What a record says of a layer, with its contents."""
        where = Transform(entry.translation, entry.rotation, entry.scale)
        return Layer(entry.name, gaussians, entry.kind, where, entry.visible, entry.locked, surface)

    def __post_init__(self) -> None:
        if self.surface is not None and len(self.surface) != len(self.gaussians):
            raise InvalidDataError(
                f"Layer '{self.name}' has {len(self.gaussians)} Gaussians but surfaces of {len(self.surface)}."
            )


@dataclass(frozen=True)
class World:
    """Everything that is walked in, edited and exported."""

    name: str
    layers: tuple[Layer, ...] = ()
    environment: Environment = Environment()
    spawn: Pose = Pose()
    camera_paths: tuple[CameraPath, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    captures: tuple[CapturedView, ...] = ()
    """The photos that it was made from."""
    authored: Authored = Authored()
    """Portals, media, motion, weather, triggers."""
    collider: Path | None = None
    """A GLB triangle mesh to walk on, in the world's frame; a path inside the world's folder."""
    geo_anchor: GeoAnchor | None = None
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        names = [layer.name for layer in self.layers]
        if len(set(names)) != len(names):
            raise InvalidDataError(f"World '{self.name}': two layers share a name; layer names must differ.")

    def layer(self, name: str) -> Layer:
        """The layer of that name.

        Raises:
            InvalidDataError: there is none.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in self.layers) or "none"
        raise InvalidDataError(f"World '{self.name}' has no layer '{name}'; its layers: {known}.")

    def with_layer(self, layer: Layer) -> World:
        """The world with `layer` added, or put in the place of the one of the same name."""
        if any(existing.name == layer.name for existing in self.layers):
            return replace(self, layers=tuple(layer if old.name == layer.name else old for old in self.layers))
        return replace(self, layers=(*self.layers, layer))

    def gaussians(self) -> Gaussians:
        """All visible layers in the world's frame, as one."""
        return merge([transform(layer.gaussians, layer.transform) for layer in self.layers if layer.visible])


def save(world: World, folder: Path) -> None:
    """Write `world` into `folder` (see the module's text).

    Raises:
        WorldloomError: the folder can't be written.
    """
    entries = [layer_record(layer, save_layer(layer, folder / "layers")) for layer in world.layers]
    write_text(folder / "world.json", record_text(world_record(world, entries)))


def layer_record(layer: Layer, blob: str) -> LayerRecord:
    """What `world.json` says of a layer whose contents are in the file `blob`."""
    return LayerRecord(
        name=layer.name,
        kind=layer.kind,
        blob=blob,
        count=len(layer.gaussians),
        translation=layer.transform.translation,
        rotation=layer.transform.rotation,
        scale=layer.transform.scale,
        visible=layer.visible,
        locked=layer.locked,
    )


def world_record(world: World, layers: Sequence[LayerRecord]) -> WorldRecord:
    """What `world.json` says of a world with these layers instead of its own."""
    return WorldRecord(
        name=world.name,
        layers=tuple(layers),
        environment=world.environment,
        spawn=world.spawn,
        camera_paths=world.camera_paths,
        annotations=world.annotations,
        captures=world.captures,
        authored=world.authored,
        collider=str(world.collider) if world.collider else None,
        geo_anchor=world.geo_anchor,
        provenance=world.provenance,
    )


def record_text(record: WorldRecord) -> str:
    """A `world.json`."""
    return record.model_dump_json(indent=2) + "\n"


def save_layer(layer: Layer, folder: Path) -> str:
    """Write a layer's file into a folder; returns its name. No copy of the layer is made in memory."""
    from safetensors.torch import save_file

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in zip(FIELD_NAMES, layer.gaussians.tensors)}
    if layer.surface is not None:
        tensors |= {name: tensor.cpu().contiguous() for name, tensor in layer.surface.tensors().items()}
    unnamed = folder / "layer.safetensors"
    with replacing(unnamed) as beside:
        save_file(tensors, beside)
    blob = hash_file(unnamed).sha256
    unnamed.replace(folder / f"{blob}.safetensors")
    return blob


def load(folder: Path) -> World:
    """Read a world's folder.

    Raises:
        FormatError: naming the file that is missing or damaged.
    """
    record = load_record(folder)
    try:
        return assembled(
            record, [load_layer(folder / "layers" / f"{entry.blob}.safetensors", entry) for entry in record.layers]
        )
    except InvalidDataError as error:
        raise FormatError(f"{folder / 'world.json'} is damaged: {error}") from error


def assembled(record: WorldRecord, layers: Sequence[Layer]) -> World:
    """The world of a record, with its layers loaded."""
    return World(
        name=record.name,
        layers=tuple(layers),
        environment=record.environment,
        spawn=record.spawn,
        camera_paths=record.camera_paths,
        annotations=record.annotations,
        captures=record.captures,
        authored=record.authored,
        collider=Path(record.collider) if record.collider else None,
        geo_anchor=record.geo_anchor,
        provenance=record.provenance,
    )


def load_layer(path: Path, entry: LayerRecord) -> Layer:
    """A layer whose contents are in the file `path`.

    Raises:
        FormatError: the file is missing, damaged, or another one.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
        fields: list[torch.Tensor] = [tensors[name] for name in FIELD_NAMES]
    except FileNotFoundError:
        raise FormatError(f"{path} is missing; layer '{entry.name}' can't be shown. Restore the file.") from None
    except (SafetensorError, KeyError, OSError) as error:
        raise FormatError(f"{path} is damaged ({error}). Restore it from a copy.") from None
    gaussians = Gaussians.checked(*fields, origin=str(path))
    if len(gaussians) != entry.count:
        raise FormatError(f"{path} holds {len(gaussians)} Gaussians, world.json says {entry.count}. Restore the file.")
    return Layer.placed(entry, gaussians, Surface.from_tensors(tensors, len(gaussians), str(path)))
