"""Which kinds of long work there are, and what each is told. Free of torch, since the server only queues it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from worldloom.generate.event_names import Event
from worldloom.generate.image.guides import DepthBy, Guides, Source
from worldloom.generate.spec import WorldSpec
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.store.worlds import MAIN
from worldloom.scene.world_record import Vector

Preset = Literal["draft", "standard", "high"]
Identifier = Annotated[str, Field(pattern=r"^[0-9a-z]{12}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]
BranchName = Annotated[str, Field(min_length=1, max_length=63)]
Person = Annotated[str, Field(max_length=64, pattern=r"^[\w.@\-]*$")]
"""Who does something; empty: nobody in particular."""
Setting = Annotated[str, Field(max_length=400, pattern=r"^[a-z_]+(\.[a-z_0-9]+)+\s*=")]


ExportFormat = Literal["ply", "compressed.ply", "splat", "spz", "glb", "usdc", "usdz", "zip"]


class Parameters(BaseModel):
    """What a worker is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReconstructParameters(Parameters):
    """Photos, videos, a zip or a point cloud become a world."""

    uploads: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=100)]
    """What was sent to `/uploads`."""
    name: Name
    preset: Preset = "draft"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    gaussians: Annotated[int, Field(ge=100, le=20_000_000)] | None = None
    """Never more Gaussians than this; None: the preset's."""
    iterations: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Training steps; None: the preset's."""
    holdout: bool = True
    """Keep every 8th photo to measure quality."""
    settings: Annotated[tuple[Setting, ...], Field(max_length=100)] = ()
    """Any option of any stage, as `stage.field=value`; see `worldloom options`."""
    engine: Literal["auto", "cpu", "cuda"] = "auto"


class GenerateParameters(Parameters):
    """Words, a spec, one picture, a panorama or a block-out become a world."""

    prompt: Annotated[str, Field(max_length=4000)] = ""
    spec: WorldSpec | None = None
    """Built as it is; the prompt then is only a note."""
    uploads: Annotated[tuple[Identifier, ...], Field(max_length=1)] = ()
    """A picture, a panorama or a GLB of boxes, sent to `/uploads`."""
    source: Source = "auto"
    guides: Guides | None = None
    """Horizon, lens, ground contacts, depths and sky that somebody set on the picture."""
    depth: DepthBy = "geometry"
    """Where distances in a picture come from."""
    name: Name
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    gaussians: Annotated[int, Field(ge=2_000, le=5_000_000)] | None = None
    """About how many; None: the usual."""
    tier: Literal["embedded", "models"] = "embedded"
    """"models" uses open-weight models on a GPU, and says so if it can't; nothing falls back to the other."""
    models: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=400)]] = Field(
        default_factory=dict
    )
    """Role to backend or local folder, where it is not the default."""

    @model_validator(mode="after")
    def _something(self) -> GenerateParameters:
        if not self.prompt.strip() and self.spec is None and not self.uploads:
            raise ValueError("say in words what the world is like, or give a picture or a GLB")
        return self


class ExtendParameters(Parameters):
    """A world grows past its edge, as a new layer."""

    world: Identifier
    branch: BranchName = MAIN
    prompt: Annotated[str, Field(max_length=4000)] = ""
    """What the new part is like; empty: as the world is there."""
    towards: Vector | None = None
    """A place past the edge, metres."""
    path: Annotated[tuple[Vector, ...], Field(max_length=200)] = ()
    """A line; all tiles that it crosses are made."""
    tiles: Annotated[tuple[tuple[int, int], ...], Field(max_length=64)] = ()
    """Squares of 64 m by their numbers along x and z."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    person: Person = ""
    """Who asked for it, and undoes it."""


class EventParameters(Parameters):
    """Another hour, weather or season."""

    world: Identifier
    branch: BranchName = MAIN
    prompt: Annotated[str, Field(max_length=400)] = ""
    """In words, "make it night"; not needed where `event` says it."""
    event: Event | None = None
    person: Person = ""
    """Who asked for it, and undoes it."""

    @model_validator(mode="after")
    def _something(self) -> EventParameters:
        if not self.prompt.strip() and self.event is None:
            raise ValueError("say what shall change: night, snow, autumn, fog, sunrise")
        return self


class ImportParameters(Parameters):
    """A splat file, a zipped world, or one of the samples becomes a world."""

    upload: Identifier | None = None
    sample: Annotated[str, Field(max_length=40)] | None = None
    name: Name


class ExportParameters(Parameters):
    """A world becomes a file."""

    world: Identifier
    version: Annotated[int, Field(ge=1)]
    format: ExportFormat


class SaveParameters(Parameters):
    """What was done to a world becomes a version of it."""

    world: Identifier
    branch: BranchName
    number: Annotated[int, Field(ge=0)]
    """The state after so many entries of the log."""
    person: Person = ""
    message: Annotated[str, Field(max_length=200)] = ""


@dataclass(frozen=True)
class Kind:
    """A kind of long work."""

    name: str
    parameters: type[Parameters]
    heavy: bool
    """Whether it needs a GPU, or all of the CPU, to itself."""
    module: str
    """Has `run(parameters, work) -> Result`; imported by the worker only."""


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("reconstruct", ReconstructParameters, True, "worldloom.app.jobs.run_reconstruct"),
        Kind("generate", GenerateParameters, False, "worldloom.app.jobs.run_generate"),
        Kind("extend", ExtendParameters, False, "worldloom.app.jobs.run_change"),
        Kind("event", EventParameters, False, "worldloom.app.jobs.run_change"),
        Kind("import", ImportParameters, False, "worldloom.app.jobs.run_import"),
        Kind("save", SaveParameters, False, "worldloom.app.jobs.run_save"),
        Kind("export", ExportParameters, False, "worldloom.app.jobs.run_export"),
    )
}


def checked(kind: str, parameters: Mapping[str, Any]) -> Parameters:
    """Parameters of a kind of work.

    Raises:
        InvalidDataError: one of them is missing or wrong.
    """
    try:
        return KINDS[kind].parameters.model_validate(parameters)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidDataError(f"'{where}' of this {kind} can't be used: {first['msg']}.") from None
