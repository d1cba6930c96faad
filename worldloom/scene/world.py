"""`World`: named layers of Gaussians with what surrounds them, and its folder on disk.

A world's folder holds `world.json` and `layers/<sha256>.safetensors`. Layer files are immutable and named by their
content; `world.json` is replaced in one step after they are written, so a kill at any moment leaves the old or the new
world, never a mixture.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from worldloom.scene.errors import FormatError, InvalidDataError
from worldloom.scene.files import write_bytes, write_text
from worldloom.scene.gaussians import FIELD_NAMES, Gaussians
from worldloom.scene.geometry import Transform, merge, transform
from worldloom.scene.provenance import Provenance

LayerKind = Literal["captured", "generated", "object", "sky", "effects"]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Vector = tuple[Finite, Finite, Finite]
Quaternion = tuple[Finite, Finite, Finite, Finite]


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


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pose(_Record):
    """Where someone or something stands, world frame."""

    position: Vector = (0.0, 1.6, 0.0)
    """Metres; of the eyes."""
    rotation: Quaternion = (1.0, 0.0, 0.0, 0.0)
    """wxyz; identity looks along -Z with +Y up (glTF's camera)."""


class Environment(_Record):
    """What is around and between the layers."""

    background: Vector = (0.0, 0.0, 0.0)
    """sRGB colour where nothing is drawn."""
    sun_direction: Vector | None = None
    """Unit vector from the scene towards the sun."""
    fog_density: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Per metre."""
    weather: str = "clear"


class CameraPath(_Record):
    """A named walk: poses at times."""

    name: str
    seconds: tuple[Finite, ...]
    poses: tuple[Pose, ...]
    vertical_fov: Finite = 60.0
    """Degrees."""


class Annotation(_Record):
    """A note at a place."""

    text: str
    position: Vector


class GeoAnchor(_Record):
    """Where the world's origin lies on Earth."""

    latitude: Finite
    longitude: Finite
    altitude: Finite
    heading: Finite
    """Degrees clockwise from true north to the world's -Z."""


@dataclass(frozen=True)
class World:
    """Everything that is walked in, edited and exported."""

    name: str
    layers: tuple[Layer, ...] = ()
    environment: Environment = Environment()
    spawn: Pose = Pose()
    camera_paths: tuple[CameraPath, ...] = ()
    annotations: tuple[Annotation, ...] = ()
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


class _LayerFile(_Record):
    name: str
    kind: LayerKind
    blob: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    count: Annotated[int, Field(ge=0)]
    translation: Vector
    rotation: Quaternion
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    visible: bool
    locked: bool


class _WorldFile(_Record):
    worldloom: Literal[1] = 1
    """Version of this file's layout."""
    name: str
    layers: tuple[_LayerFile, ...]
    environment: Environment
    spawn: Pose
    camera_paths: tuple[CameraPath, ...]
    annotations: tuple[Annotation, ...]
    collider: str | None
    geo_anchor: GeoAnchor | None
    provenance: Provenance


def save(world: World, folder: Path) -> None:
    """Write `world` into `folder` (see the module's text).

    Raises:
        WorldloomError: the folder can't be written.
    """
    from safetensors.torch import save as encode

    entries = []
    for layer in world.layers:
        tensors = {
            name: tensor.detach().cpu().contiguous() for name, tensor in zip(FIELD_NAMES, layer.gaussians.tensors)
        }
        data = encode(tensors)
        blob = hashlib.sha256(data).hexdigest()
        path = folder / "layers" / f"{blob}.safetensors"
        if not path.exists():
            write_bytes(path, data)
        entries.append(
            _LayerFile(
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
        )
    record = _WorldFile(
        name=world.name,
        layers=tuple(entries),
        environment=world.environment,
        spawn=world.spawn,
        camera_paths=world.camera_paths,
        annotations=world.annotations,
        collider=str(world.collider) if world.collider else None,
        geo_anchor=world.geo_anchor,
        provenance=world.provenance,
    )
    write_text(folder / "world.json", record.model_dump_json(indent=2) + "\n")


def load(folder: Path) -> World:
    """Read a world's folder.

    Raises:
        FormatError: naming the file that is missing or damaged.
    """
    path = folder / "world.json"
    if not path.is_file():
        raise FormatError(f"{folder} is not a world: it has no world.json.")
    try:
        record = _WorldFile.model_validate_json(path.read_bytes())
        layers = tuple(_load_layer(folder, entry) for entry in record.layers)
        return World(
            name=record.name,
            layers=layers,
            environment=record.environment,
            spawn=record.spawn,
            camera_paths=record.camera_paths,
            annotations=record.annotations,
            collider=Path(record.collider) if record.collider else None,
            geo_anchor=record.geo_anchor,
            provenance=record.provenance,
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FormatError(
            f"{path} is damaged or from a newer version: {where or 'the file'}: {first['msg']}."
        ) from None
    except InvalidDataError as error:
        raise FormatError(f"{path} is damaged: {error}") from error


def _load_layer(folder: Path, entry: _LayerFile) -> Layer:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / "layers" / f"{entry.blob}.safetensors"
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
    placed = Transform(entry.translation, entry.rotation, entry.scale)
    return Layer(entry.name, gaussians, entry.kind, placed, entry.visible, entry.locked)
