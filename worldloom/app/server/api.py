"""The REST API, version 1."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable
from typing import Annotated, Any

import psutil
from fastapi import APIRouter, Header, Query
from pydantic import BaseModel
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response

from worldloom import __version__
from worldloom.app.jobs.devices import gpus, machine
from worldloom.app.jobs.dispatcher import LOG, last_lines
from worldloom.app.jobs.kinds import Identifier, ReconstructParameters
from worldloom.app.jobs.work import PREVIEW
from worldloom.app.server import uploads
from worldloom.app.server.problems import RESPONSES
from worldloom.app.server.schemas import (
    DuplicateRequest,
    Estimate,
    EstimateRequest,
    EventRequest,
    ExportRequest,
    ExtendRequest,
    GenerateRequest,
    ImportRequest,
    LookedAt,
    LookRequest,
    OperationList,
    OperationModel,
    RestoreRequest,
    Scene,
    SystemModel,
    UnderstandRequest,
    Understood,
    VersionList,
    VersionModel,
    WorldList,
    WorldModel,
    WorldPatch,
)
from worldloom.app.server.service import Service
from worldloom.app.server.static import FOREVER
from worldloom.app.server.words import understood
from worldloom.scene.errors import NotFoundError
from worldloom.scene.store.answers import Answer
from worldloom.scene.store.operations import Status
from worldloom.scene.store.worlds import MAIN

Number = Annotated[int, Query(ge=1, lt=2**31)]
PageSize = Annotated[int, Query(ge=1, le=200)]
PageToken = Annotated[str | None, Query(max_length=100)]
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]

_BYTES = "application/octet-stream"
_TYPES = {"spz": _BYTES, "safetensors": _BYTES, "bin": _BYTES, "glb": "model/gltf-binary", "jpg": "image/jpeg"}
_TYPES |= {"mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav", "m4a": "audio/mp4"}
_TYPES |= {"mp4": "video/mp4", "webm": "video/webm"}
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"


def router(service: Service) -> APIRouter:
    """All routes but those of open pages."""
    routes = APIRouter(responses=RESPONSES)  # pyright: ignore[reportArgumentType]
    _world_routes(routes, service)
    _version_routes(routes, service)
    routes.include_router(uploads.router(service))
    _creation_routes(routes, service)
    _operation_routes(routes, service)
    return routes


def _world_routes(routes: APIRouter, service: Service) -> None:
    worlds = service.store.worlds

    @routes.get("/worlds", tags=["worlds"])
    def list_worlds(
        query: Annotated[str, Query(max_length=200)] = "",
        tag: Annotated[str | None, Query(min_length=1, max_length=40)] = None,
        deleted: bool = False,
        page_size: PageSize = 50,
        page_token: PageToken = None,
    ) -> WorldList:
        """Worlds in the library, the newest first; or those in the bin."""
        page = worlds.page(query=query, tag=tag, deleted=deleted, size=page_size, after=page_token)
        return WorldList(worlds=[WorldModel.of(world) for world in page.worlds], next_page_token=page.next)

    @routes.get("/worlds/{world}", tags=["worlds"])
    def get_world(world: Identifier) -> WorldModel:
        """One world, be it in the bin."""
        return WorldModel.of(worlds.get(world, deleted=True))

    @routes.patch("/worlds/{world}", tags=["worlds"])
    def change_world(world: Identifier, request: WorldPatch) -> WorldModel:
        """Rename or tag a world."""
        stored = worlds.get(world)
        if request.tags is not None:
            stored = worlds.set_tags(world, request.tags)
        if request.name is not None:
            stored = worlds.rename(world, request.name)
        return WorldModel.of(stored)

    @routes.delete("/worlds/{world}", tags=["worlds"])
    def delete_world(world: Identifier) -> WorldModel:
        """Put a world into the bin."""
        return WorldModel.of(worlds.delete(world))

    @routes.post("/worlds/{world}:undelete", tags=["worlds"])
    def undelete_world(world: Identifier) -> WorldModel:
        """Take a world out of the bin."""
        return WorldModel.of(worlds.undelete(world))

    @routes.post("/worlds/{world}:duplicate", tags=["worlds"], status_code=201)
    def duplicate_world(world: Identifier, request: DuplicateRequest, key: Key = None) -> WorldModel:
        """Copy a world; what both hold is kept once."""
        return _once(
            service,
            key,
            f"duplicate {world}",
            request,
            201,
            lambda: WorldModel.of(worlds.duplicate(world, request.name)),
        )


def _version_routes(routes: APIRouter, service: Service) -> None:
    worlds = service.store.worlds

    @routes.get("/worlds/{world}/versions", tags=["versions"])
    def list_versions(world: Identifier) -> VersionList:
        """All versions of a world, the newest first."""
        return VersionList(versions=[VersionModel.of(version) for version in worlds.versions(world)])

    @routes.post("/worlds/{world}:restore", tags=["versions"], status_code=201)
    def restore_version(world: Identifier, request: RestoreRequest) -> VersionModel:
        """Make an older version the newest."""
        worlds.get(world)
        return VersionModel.of(service.restore(world, request.version))

    @routes.get("/worlds/{world}/scene", tags=["versions"])
    def get_scene(world: Identifier, version: Number | None = None) -> Scene:
        """Everything that a viewer needs."""
        return service.scene(world, version)

    @routes.get("/worlds/{world}/record", tags=["versions"], response_model=None)
    def get_record(world: Identifier, version: Number | None = None) -> JSONResponse:
        """The version's `world.json`: layers, environment, provenance."""
        worlds.get(world)
        return JSONResponse(worlds.record(worlds.version(world, version)).model_dump(mode="json"))

    @routes.get("/worlds/{world}/report", tags=["versions"], response_class=Response)
    def get_report(world: Identifier, version: Number | None = None) -> Response:
        """The quality report of a reconstruction: a page that stands alone."""
        stored = worlds.get(world)
        file = worlds.version(world, version).files.get("report.html")
        if file is None:
            raise NotFoundError(f"'{stored.name}' has no quality report; only reconstructed worlds have one.")
        headers = {"content-security-policy": _REPORT_POLICY, "cache-control": "no-cache"}
        return FileResponse(service.store.blobs.path(file.sha256), media_type="text/html", headers=headers)

    @routes.get("/assets/{name}", tags=["versions"], response_class=Response)
    def get_asset(name: str) -> Response:
        """A file that a scene or a world refers to. Its name is its content's hash: it never changes."""
        blob, _, suffix = name.partition(".")
        if suffix not in _TYPES or len(blob) != 64 or not set(blob) <= set("0123456789abcdef"):
            raise NotFoundError(f"There is no asset '{name[:100]}'.")
        if not service.store.blobs.has(blob):
            raise NotFoundError(f"There is no asset '{name}'.")
        headers = {"cache-control": FOREVER, "etag": f'"{blob}"'}
        return FileResponse(service.store.blobs.path(blob), media_type=_TYPES[suffix], headers=headers)


def _creation_routes(routes: APIRouter, service: Service) -> None:
    @routes.post("/worlds:estimate", tags=["create"])
    def estimate(request: EstimateRequest) -> Estimate:
        """Time and memory that a reconstruction will need."""
        needs = service.estimator.needs(request.uploads, request.preset)
        return Estimate(seconds=needs.seconds, memory_bytes=needs.memory_bytes, photos=needs.photos)

    @routes.post("/worlds:reconstruct", tags=["create"], status_code=202)
    def reconstruct(request: ReconstructParameters, key: Key = None) -> OperationModel:
        """Make a world from uploads."""
        options = request.model_dump(exclude={"uploads", "name"})
        return _once(
            service,
            key,
            "reconstruct",
            request,
            202,
            lambda: OperationModel.of(service.reconstruct(request.uploads, request.name, **options)),
        )

    @routes.post("/worlds:import", tags=["create"], status_code=202)
    def import_world(request: ImportRequest, key: Key = None) -> OperationModel:
        """Take a splat file or a zipped world into the library."""
        return _once(
            service,
            key,
            "import",
            request,
            202,
            lambda: OperationModel.of(service.import_file(request.upload, request.name)),
        )

    @routes.post("/worlds:generate", tags=["create"], status_code=202)
    def generate(request: GenerateRequest, key: Key = None) -> OperationModel:
        """Make a world from words, a spec, one picture, a panorama or a block-out."""
        options = request.model_dump(exclude={"name"})
        return _once(
            service,
            key,
            "generate",
            request,
            202,
            lambda: OperationModel.of(service.generate(request.name, **options)),
        )

    @routes.post("/worlds:look", tags=["create"])
    def look(request: LookRequest) -> LookedAt:
        """What a picture is taken for: its lens, horizon and distances, to be corrected before it becomes a world."""
        return service.look(request.upload, request.guides)

    @routes.post("/worlds:understand", tags=["create"])
    def understand_text(request: UnderstandRequest) -> Understood:
        """What would be made of a text: its spec, what was understood, and what was not."""
        return understood(request.prompt, request.seed, request.spec)

    @routes.post("/worlds:extend", tags=["create"], status_code=202)
    def extend(request: ExtendRequest, key: Key = None) -> OperationModel:
        """Make more of a world past its edge, as a new layer; nothing that is there changes."""
        title = f"More of {service.store.worlds.get(request.world).name}"
        _check_branch(service, request.world, request.branch)
        return _once(
            service,
            key,
            "extend",
            request,
            202,
            lambda: OperationModel.of(
                service.submit("extend", title, about=request.world, **request.model_dump(mode="json"))
            ),
        )

    @routes.post("/worlds/{world}:event", tags=["create"], status_code=202)
    def event(world: Identifier, request: EventRequest, key: Key = None) -> OperationModel:
        """Night, snow, autumn, fog, sunrise: the world in another light, as a new version."""
        title = f"{service.store.worlds.get(world).name}: {request.prompt or 'another light'}"[:200]
        _check_branch(service, world, request.branch)
        return _once(
            service,
            key,
            f"event {world}",
            request,
            202,
            lambda: OperationModel.of(
                service.submit("event", title, about=world, world=world, **request.model_dump(mode="json"))
            ),
        )

    @routes.post("/worlds/{world}:export", tags=["create"], status_code=202)
    def export_world(world: Identifier, request: ExportRequest, key: Key = None) -> OperationModel:
        """Make a file of a world; its address is the operation's `download`."""
        return _once(
            service,
            key,
            f"export {world}",
            request,
            202,
            lambda: OperationModel.of(service.export(world, request.format, request.version)),
        )


def _operation_routes(routes: APIRouter, service: Service) -> None:
    operations = service.store.operations

    @routes.get("/operations", tags=["operations"])
    def list_operations(
        status: Annotated[list[Status] | None, Query(max_length=5)] = None,
        world: Identifier | None = None,
        page_size: PageSize = 50,
        page_token: PageToken = None,
    ) -> OperationList:
        """Long work, the newest first."""
        page = operations.page(statuses=status or (), world=world, size=page_size, after=page_token)
        return OperationList(
            operations=[OperationModel.of(operation) for operation in page.operations], next_page_token=page.next
        )

    @routes.get("/operations/{operation}", tags=["operations"])
    def get_operation(operation: Identifier) -> OperationModel:
        """How far it is."""
        return OperationModel.of(operations.get(operation))

    @routes.delete("/operations/{operation}", tags=["operations"], status_code=204)
    def forget_operation(operation: Identifier) -> None:
        """Take what is over from the list."""
        operations.forget(operation)

    @routes.post("/operations/{operation}:cancel", tags=["operations"])
    def cancel_operation(operation: Identifier) -> OperationModel:
        """Stop it. Checkpoints are kept: a retry goes on from there."""
        stopped = operations.ask(operation, "cancel")
        service.dispatcher.wake()
        return OperationModel.of(stopped)

    @routes.post("/operations/{operation}:finish", tags=["operations"])
    def finish_operation(operation: Identifier) -> OperationModel:
        """Make the world with what was trained so far."""
        return OperationModel.of(operations.ask(operation, "finish"))

    @routes.post("/operations/{operation}:retry", tags=["operations"])
    def retry_operation(operation: Identifier) -> OperationModel:
        """Try what failed or was cancelled again, from where it stopped."""
        again = operations.retry(operation)
        service.dispatcher.wake()
        return OperationModel.of(again)

    @routes.get("/operations/{operation}/log", tags=["operations"], response_class=PlainTextResponse)
    def get_log(operation: Identifier, lines: Annotated[int, Query(ge=1, le=1000)] = 200) -> PlainTextResponse:
        """The last lines of its worker's log."""
        found = operations.get(operation)
        return PlainTextResponse(last_lines(service.store.workplace(found.id) / LOG, lines))

    @routes.get("/operations/{operation}/preview", tags=["operations"], response_class=Response)
    def get_preview(operation: Identifier, at: Annotated[str, Query(max_length=40)] = "") -> Response:
        """A picture of how far it is."""
        path = service.store.workplace(operations.get(operation).id) / PREVIEW
        if not path.is_file():
            raise NotFoundError("There is no picture of this operation yet.")
        return Response(path.read_bytes(), media_type="image/jpeg", headers={"cache-control": "private, max-age=60"})

    @routes.get("/operations/{operation}/file", tags=["operations"], response_class=Response)
    def get_file(operation: Identifier) -> Response:
        """The file that an export made."""
        found = operations.get(operation)
        result = found.result or {}
        if "file" not in result:
            raise NotFoundError(f"'{found.title}' made no file.")
        kind = mimetypes.guess_type(result["name"])[0] or "application/octet-stream"
        return FileResponse(service.store.blobs.path(result["file"]), media_type=kind, filename=result["name"])

    @routes.get("/system", tags=["operations"])
    def get_system() -> SystemModel:
        """The server and its machine."""
        return SystemModel(
            version=__version__,
            machine=machine(),
            cpus=psutil.cpu_count() or 1,
            memory_bytes=psutil.virtual_memory().total,
            gpus=list(gpus()),
            slots=[slot.rsplit("/", 1)[-1] for slot in service.dispatcher.slots],
        )


def _check_branch(service: Service, world: str, branch: str) -> None:
    if branch != MAIN:  # which is there, also before it is first edited
        service.store.edits.branch(world, branch)


def _once(
    service: Service, key: str | None, what: str, request: BaseModel, status: int, make: Callable[[], BaseModel]
) -> Any:
    """Carry a request out, or repeat what it was answered if its idempotency key is known."""
    if key is None:
        return make()
    asked = hashlib.sha256(f"{what}\n{request.model_dump_json()}".encode()).hexdigest()
    known = service.store.answers.begin(key, asked)
    if known is not None:
        return JSONResponse(known.body, known.status, {"idempotent-replay": "true"})
    try:
        made = make()
    except BaseException:
        service.store.answers.end(key, None)
        raise
    service.store.answers.end(key, Answer(status, made.model_dump(mode="json")))
    return made
