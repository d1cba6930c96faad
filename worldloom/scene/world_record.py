"""What a world's `world.json` holds. Plain records, without torch: a server lists and edits worlds by these alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from worldloom.scene.authored import Authored
from worldloom.scene.errors import FormatError
from worldloom.scene.provenance import Provenance
from worldloom.scene.record_types import Finite, Pose, Quaternion, Record, Vector

__all__ = [
    "Annotation",
    "CameraPath",
    "CapturedView",
    "Environment",
    "Finite",
    "GeoAnchor",
    "LayerKind",
    "LayerRecord",
    "Pose",
    "Quaternion",
    "Vector",
    "View",
    "WorldRecord",
    "load_record",
    "parse_record",
    "picture_files",
]

LayerKind = Literal["captured", "generated", "object", "sky", "effects"]


class Environment(Record):
    """What is around and between the layers."""

    background: Vector = (0.0, 0.0, 0.0)
    """sRGB colour where nothing is drawn."""
    sun_direction: Vector | None = None
    """Unit vector from the scene towards the sun."""
    fog_density: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Per metre."""
    weather: str = "clear"
    hour: Annotated[float, Field(ge=0, lt=24)] | None = None
    """Local solar time that the light is of, where that is known."""
    season: Literal["spring", "summer", "autumn", "winter"] | None = None
    snow: bool = False
    """Whether snow lies."""
    sun_azimuth: Annotated[float, Field(ge=0, lt=360, allow_inf_nan=False)] | None = None
    """Degrees clockwise from -Z at which someone put the sun; None: where it stands at that hour."""


class CameraPath(Record):
    """A named walk: poses at times."""

    name: str
    seconds: tuple[Finite, ...]
    poses: tuple[Pose, ...]
    vertical_fov: Finite = 60.0
    """Degrees."""
    easing: Literal["none", "in", "out", "both"] = "none"
    """Whether one sets off slowly, arrives slowly, or both."""
    speed: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 1.0
    """How many of its seconds pass in one."""
    loop: bool = False
    """Whether it begins again at its end."""


class View(Pose):
    """What one sees from somewhere."""

    vertical_fov: Annotated[float, Field(gt=0, lt=180)] = 60.0
    """Degrees."""


class Annotation(Record):
    """A note at a place."""

    text: str
    position: Vector
    title: Annotated[str, Field(max_length=200)] = ""
    view: View | None = None
    """From where it is looked at; None: from nearby."""
    link: Annotated[str, Field(pattern=r"^https?://[^\s<>\"]+$", max_length=2000)] | None = None
    """A page that says more."""


class CapturedView(Record):
    """Where one of the photos was taken from."""

    name: str
    position: Vector
    rotation: Quaternion
    """As in `Pose`."""
    vertical_fov: Annotated[float, Field(gt=0, lt=180)]
    """Degrees."""
    aspect: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """Width over height."""
    picture: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """The blob of a small picture of it as this camera would have taken it, without a lens's distortion."""


def picture_files(captures: Iterable[CapturedView]) -> Iterator[tuple[str, str]]:
    """Path in the world's folder, and blob, of each picture that is kept of a capture."""
    return ((f"captures/{view.picture}.webp", view.picture) for view in captures if view.picture is not None)


class GeoAnchor(Record):
    """Where the world's origin lies on Earth."""

    latitude: Finite
    longitude: Finite
    altitude: Finite
    heading: Finite
    """Degrees clockwise from true north to the world's -Z."""


class LayerRecord(Record):
    name: str
    kind: LayerKind
    blob: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    count: Annotated[int, Field(ge=0)]
    translation: Vector
    rotation: Quaternion
    scale: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    visible: bool
    locked: bool


class WorldRecord(Record):
    worldloom: Literal[1] = 1
    """Version of this file's layout."""
    name: str
    layers: tuple[LayerRecord, ...]
    environment: Environment
    spawn: Pose
    camera_paths: tuple[CameraPath, ...]
    annotations: tuple[Annotation, ...]
    captures: tuple[CapturedView, ...] = ()
    authored: Authored = Authored()
    collider: str | None
    geo_anchor: GeoAnchor | None
    provenance: Provenance


def load_record(folder: Path) -> WorldRecord:
    """Read `world.json` of a world's folder.

    Raises:
        FormatError: it is missing, damaged, or from a newer version.
    """
    path = folder / "world.json"
    if not path.is_file():
        raise FormatError(f"{folder} is not a world: it has no world.json.")
    return parse_record(path.read_bytes(), str(path))


def parse_record(data: bytes, origin: str) -> WorldRecord:
    """The record in the bytes of a `world.json`.

    Args:
        origin: what to call it in errors.

    Raises:
        FormatError: it is damaged, or from a newer version.
    """
    try:
        return WorldRecord.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FormatError(
            f"{origin} is damaged or from a newer version: {where or 'the file'}: {first['msg']}."
        ) from None
