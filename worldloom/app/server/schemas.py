"""What the REST API takes and gives."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from worldloom.app.jobs.kinds import BranchName, ExportFormat, Identifier, Person
from worldloom.generate.event_names import Event
from worldloom.generate.image.guides import DepthBy, Guides, Source
from worldloom.generate.spec import WorldSpec
from worldloom.scene.authored import Authored
from worldloom.scene.store.operations import Operation, Status
from worldloom.scene.store.uploads import Upload
from worldloom.scene.store.worlds import MAIN, StoredWorld, Version
from worldloom.scene.world_record import (
    Annotation,
    CameraPath,
    CapturedView,
    Environment,
    LayerKind,
    Pose,
    Quaternion,
    Vector,
)

API = "/api/v1"


Tile = Annotated[int, Field(ge=-300, le=300)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FileModel(BaseModel):
    """A file that was sent."""

    name: str
    bytes: int
    sha256: str


class UploadModel(BaseModel):
    """Files that were sent together."""

    id: str
    files: list[FileModel]

    @staticmethod
    def of(upload: Upload) -> UploadModel:
        """As the API shows it."""
        return UploadModel(
            id=upload.id,
            files=[FileModel(name=name, bytes=file.bytes, sha256=file.sha256) for name, file in upload.files.items()],
        )


class OperationModel(BaseModel):
    """A piece of long work."""

    id: str
    kind: str
    title: str
    status: Status
    stage: str
    message: str
    fraction: Annotated[float, Field(ge=0, le=1)]
    seconds_left: float | None
    preview: str | None
    """Address of a picture of how far it is."""
    attempts: int
    world: str | None
    result: dict[str, Any] | None
    download: str | None
    """Address of the file that it made."""
    error: str | None
    created: float
    started: float | None
    finished: float | None
    done: bool

    @staticmethod
    def of(operation: Operation) -> OperationModel:
        """As the API shows it."""
        address = f"{API}/operations/{operation.id}"
        file = operation.status == "succeeded" and "file" in (operation.result or {})
        return OperationModel(
            id=operation.id,
            kind=operation.kind,
            title=operation.title,
            status=operation.status,
            stage=operation.stage,
            message=operation.message,
            fraction=min(max(operation.fraction, 0.0), 1.0),
            seconds_left=operation.seconds_left,
            preview=f"{address}/preview?at={operation.preview:.3f}" if operation.preview else None,
            attempts=operation.attempts,
            world=operation.world,
            result=dict(operation.result) if operation.result else None,
            download=f"{address}/file" if file else None,
            error=operation.error,
            created=operation.created,
            started=operation.started,
            finished=operation.finished,
            done=operation.over,
        )


class OperationList(BaseModel):
    """Some operations."""

    operations: list[OperationModel]
    next_page_token: str | None = None


class WorldModel(BaseModel):
    """A world in the library."""

    id: str
    name: str
    tags: list[str]
    head: int
    """Number of its newest version."""
    gaussians: int
    bytes: int
    thumbnail: str | None
    """Address of a picture."""
    viewer: str
    """Address of a page to walk in it."""
    created: float
    updated: float
    deleted: float | None

    @staticmethod
    def of(world: StoredWorld) -> WorldModel:
        """As the API shows it."""
        return WorldModel(
            id=world.id,
            name=world.name,
            tags=list(world.tags),
            head=world.head,
            gaussians=world.gaussians,
            bytes=world.bytes,
            thumbnail=asset(world.thumbnail, "jpg") if world.thumbnail else None,
            viewer=f"/viewer/?world={world.id}",
            created=world.created,
            updated=world.updated,
            deleted=world.deleted,
        )


class WorldList(BaseModel):
    """Some worlds."""

    worlds: list[WorldModel]
    next_page_token: str | None = None


class VersionModel(BaseModel):
    """One state of a world."""

    world: str
    number: int
    parent: int | None
    message: str
    operation: str | None
    gaussians: int
    bytes: int
    thumbnail: str | None
    created: float

    @staticmethod
    def of(version: Version) -> VersionModel:
        """As the API shows it."""
        picture = version.files.get("thumbnail.jpg")
        return VersionModel(
            world=version.world,
            number=version.number,
            parent=version.parent,
            message=version.message,
            operation=version.operation,
            gaussians=version.gaussians,
            bytes=version.bytes,
            thumbnail=asset(picture.sha256, "jpg") if picture else None,
            created=version.created,
        )


class VersionList(BaseModel):
    """All versions of a world, the newest first."""

    versions: list[VersionModel]


class WorldPatch(_Request):
    """What to change about a world in the library."""

    name: Annotated[str, Field(max_length=200)] | None = None
    tags: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=32)] | None = None


class DuplicateRequest(_Request):
    """Copy a world."""

    name: Annotated[str, Field(max_length=200)] | None = None


class RestoreRequest(_Request):
    """Make an older version the newest."""

    version: Annotated[int, Field(ge=1, lt=2**31)]


class ExportRequest(_Request):
    """Make a file of a world."""

    format: ExportFormat
    version: Annotated[int, Field(ge=1, lt=2**31)] | None = None
    """None: the newest."""


class ImportRequest(_Request):
    """Take a splat file or a zipped world into the library."""

    upload: Identifier
    name: Annotated[str, Field(min_length=1, max_length=200)]


class GenerateRequest(_Request):
    """A world from words, a spec, one picture, a panorama or a GLB of boxes."""

    prompt: Annotated[str, Field(max_length=4000)] = ""
    spec: WorldSpec | None = None
    """Built as it is; the prompt then is only a note."""
    uploads: Annotated[list[Identifier], Field(max_length=1)] = []
    """A picture, a panorama or a GLB of boxes."""
    source: Source = "auto"
    guides: Guides | None = None
    """What somebody set on the picture; what is left out is estimated."""
    depth: DepthBy = "geometry"
    """Where distances in a picture come from: geometry, or our own depth network."""
    name: Annotated[str, Field(max_length=200)] = ""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    gaussians: Annotated[int, Field(ge=2_000, le=5_000_000)] | None = None
    tier: Literal["embedded", "models"] = "embedded"
    models: Annotated[
        dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=400)]], Field(max_length=10)
    ] = {}


class ExtendRequest(_Request):
    """More of a world, past its edge."""

    world: Identifier
    branch: BranchName = MAIN
    prompt: Annotated[str, Field(max_length=4000)] = ""
    towards: Vector | None = None
    """A place past the edge, metres."""
    path: Annotated[list[Vector], Field(max_length=200)] = []
    """A line; all tiles of 64 m that it crosses are made."""
    tiles: Annotated[list[tuple[Tile, Tile]], Field(max_length=64)] = []
    """Tiles by their numbers along x and z: (0, 0) reaches from the origin to (64, 64)."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    person: Person = ""
    """Who asks for it, and undoes it in the editor."""


class EventRequest(_Request):
    """Another hour, weather or season."""

    branch: BranchName = MAIN
    """Whose newest version is made from its newest state; only that of the main one becomes the world's."""
    prompt: Annotated[str, Field(max_length=400)] = ""
    """In words: "make it night", "snow", "autumn"."""
    event: Event | None = None
    person: Person = ""
    """Who asks for it, and undoes it in the editor."""


class LookRequest(_Request):
    """What a picture would be taken for."""

    upload: Identifier
    guides: Guides | None = None
    """What is set already; the rest is estimated around it."""


class LookedAt(BaseModel):
    """What a picture is taken for before a world is made of it."""

    kind: Literal["picture", "panorama"]
    width: int
    height: int
    guides: Guides
    """As given, with what was not given estimated."""
    sentences: list[str]
    """How that is known, in plain words."""
    distances: list[list[float]]
    """Metres along the line of sight, row by row from the top left, coarsely; empty for a panorama."""
    preview: str
    """A small upright JPEG, as a data URL."""


class UnderstandRequest(_Request):
    """What a text would make."""

    prompt: Annotated[str, Field(max_length=4000)]
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    spec: WorldSpec | None = None
    """Then the text is an edit of it."""


class PhraseModel(BaseModel):
    """A piece of the text: characters `start` to `end`."""

    start: int
    end: int
    text: str
    meaning: str
    by: Literal["words", "similarity", "nothing"]
    confidence: float


class Understood(BaseModel):
    """What was understood of a text, and what was not."""

    spec: WorldSpec
    description: str
    """The spec in plain English."""
    understood: list[PhraseModel]
    unknown: list[PhraseModel]
    assumed: list[str]
    by: str
    note: str


class SceneLayer(BaseModel):
    """A layer, as a viewer loads it."""

    name: str
    kind: LayerKind
    count: int
    sh_degree: int
    translation: Vector
    rotation: Quaternion
    """wxyz"""
    scale: float
    visible: bool
    locked: bool
    url: str
    """SPZ version 3, in the layer's frame."""
    preview_url: str | None
    """Its most important Gaussians, to be shown first; None if it is small."""
    bytes: int


class SceneWorld(BaseModel):
    """Which world it is."""

    id: str
    name: str


class Box(BaseModel):
    """Axis-aligned, world frame, metres."""

    lower: Vector
    upper: Vector


class Scene(BaseModel):
    """Everything that a viewer needs of a world."""

    world: SceneWorld
    version: int
    head: int
    spawn: Pose
    environment: Environment
    layers: list[SceneLayer]
    collider_url: str | None
    bounds: Box | None
    camera_paths: list[CameraPath]
    annotations: list[Annotation]
    captures: list[CapturedView]
    authored: Authored


class ViewerModel(BaseModel):
    """A page that has a world open."""

    viewer: str
    camera: dict[str, Any] | None
    pick: dict[str, Any] | None
    selection: dict[str, Any] | None


class ViewerList(BaseModel):
    """All pages that have a world open."""

    viewers: list[ViewerModel]


class CommandRequest(_Request):
    """Something for an open page to do."""

    name: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    args: dict[str, Any] = {}


class CommandResult(BaseModel):
    """What the page answered."""

    value: Any


class EstimateRequest(_Request):
    """Which reconstruction to estimate."""

    uploads: Annotated[list[Identifier], Field(min_length=1, max_length=100)]
    preset: Literal["draft", "standard", "high"] = "draft"


class Estimate(BaseModel):
    """What a reconstruction will need, roughly."""

    seconds: float
    memory_bytes: int
    photos: int
    """Photos, with frames of videos."""


class SystemModel(BaseModel):
    """The server and its machine."""

    version: str
    machine: str
    cpus: int
    memory_bytes: int
    gpus: list[str]
    slots: list[str]


def asset(blob: str, suffix: str) -> str:
    """Address of a blob."""
    return f"{API}/assets/{blob}.{suffix}"
