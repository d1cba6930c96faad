"""Routes of editing: operations, undo and redo, saves, the log, branches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.websockets import WebSocket

from worldloom.app.jobs.kinds import Identifier
from worldloom.app.server.access import access_of, check_reach
from worldloom.app.server.edit_schemas import (
    BranchList,
    BranchModel,
    BranchName,
    BranchRequest,
    EditRequest,
    EditResult,
    EditScene,
    FindRequest,
    Found,
    Histogram,
    HistogramRequest,
    LogModel,
    MergeRequest,
    MergeResult,
    OperationResult,
    SaveRequest,
    TurnRequest,
)
from worldloom.app.server.edit_socket import EditSockets
from worldloom.app.server.service import Service
from worldloom.app.server.static import FOREVER
from worldloom.scene.errors import ConflictError
from worldloom.scene.store.worlds import MAIN

if TYPE_CHECKING:
    from worldloom.app.editing.session import Session

Branch = Annotated[BranchName, Query()]
Answer = TypeVar("Answer")


def router(service: Service, sockets: EditSockets) -> APIRouter:
    """All of them."""
    routes = APIRouter(tags=["editing"])
    _changing(routes, service)
    _reading(routes, service)
    _branches(routes, service)

    @routes.websocket("/worlds/{world}/edit")
    async def edit_socket(world: str, socket: WebSocket, branch: str = MAIN) -> None:
        await sockets.serve(world, branch, socket)

    return routes


def _changing(routes: APIRouter, service: Service) -> None:
    @routes.post("/worlds/{world}:edit")
    async def edit_world(world: Identifier, request: EditRequest, connection: Request) -> EditResult:
        """Do operations, all of them or none, and by default keep the world as a new version."""
        await check_reach(access_of(connection), service.store.shares, world, request.operations)

        def edit(session: Session) -> EditResult:
            results = session.do(request.operations, request.person, base=request.base_version)
            if not request.save:
                return EditResult(version=None, number=session.number, results=results)
            saved = session.save(request.message, request.person)
            return EditResult(version=saved.version, operation=saved.operation, number=session.number, results=results)

        return await _ask(service, world, request.branch, edit)

    @routes.post("/worlds/{world}:undo")
    async def undo_edit(world: Identifier, request: TurnRequest) -> EditResult:
        """Undo the person's newest operation, or the one named."""
        return await turn(world, request, lambda session: session.undo)

    @routes.post("/worlds/{world}:redo")
    async def redo_edit(world: Identifier, request: TurnRequest) -> EditResult:
        """Do again what the person undid last, or the one named."""
        return await turn(world, request, lambda session: session.redo)

    async def turn(
        world: str, request: TurnRequest, which: Callable[[Session], Callable[..., OperationResult]]
    ) -> EditResult:
        def turned(session: Session) -> EditResult:
            result = which(session)(request.person, target=request.target)
            return EditResult(version=None, number=session.number, results=[result])

        return await _ask(service, world, request.branch, turned)

    @routes.post("/worlds/{world}:save")
    async def save_edits(world: Identifier, request: SaveRequest) -> EditResult:
        """Keep the world as it is now: a version at once, or the work that makes one."""

        def save(session: Session) -> EditResult:
            saved = session.save(request.message, request.person)
            return EditResult(version=saved.version, operation=saved.operation, number=session.number)

        return await _ask(service, world, request.branch, save)


def _reading(routes: APIRouter, service: Service) -> None:
    @routes.get("/worlds/{world}/edits")
    async def list_edits(
        world: Identifier, branch: Branch = MAIN, after: Annotated[int, Query(ge=0, lt=2**31)] = 0
    ) -> LogModel:
        """A branch's log, in order."""
        return await _ask(service, world, branch, lambda session: session.lines(after))

    @routes.get("/worlds/{world}/edit/scene")
    async def get_edit_scene(
        world: Identifier, branch: Branch = MAIN, at: Annotated[int | None, Query(ge=0, lt=2**31)] = None
    ) -> EditScene:
        """The world as it is while it is edited, or as it was after so many entries of the log."""

        def scene(session: Session) -> EditScene:
            session.refresh()
            return session.scene(at)

        return await _ask(service, world, branch, scene)

    @routes.get("/worlds/{world}/edit/files/{name}", response_class=Response)
    async def get_edit_file(world: Identifier, name: str) -> Response:
        """Gaussians that a scene or a change refers to. The name is the content's hash: it never changes."""
        path = await run_in_threadpool(service.editing.file, world, name.removesuffix(".spz"))
        return FileResponse(path, media_type="application/octet-stream", headers={"cache-control": FOREVER})

    @routes.post("/worlds/{world}:find")
    async def find(world: Identifier, request: FindRequest) -> Found:
        """How many Gaussians that can be changed fit; nothing is selected."""

        def count(session: Session) -> Found:
            found = session.find(request.where, request.person)
            layers = {key: int(mask.sum()) for key, mask in found.items()}
            return Found(count=sum(layers.values()), layers=layers)

        return await _ask(service, world, request.branch, count)

    @routes.post("/worlds/{world}:histogram")
    async def histogram(world: Identifier, request: HistogramRequest) -> Histogram:
        """How an attribute is spread over what can be changed."""
        from worldloom.app.editing.spread import histogram_of

        return await _ask(service, world, request.branch, lambda session: histogram_of(session, request))


def _branches(routes: APIRouter, service: Service) -> None:
    edits = service.store.edits

    @routes.get("/worlds/{world}/branches")
    def list_branches(world: Identifier) -> BranchList:
        """All branches, the oldest first."""
        service.store.worlds.get(world)
        edits.branch(world)
        return BranchList(branches=[BranchModel.of(branch) for branch in edits.branches(world)])

    @routes.post("/worlds/{world}/branches", status_code=201)
    def make_branch(world: Identifier, request: BranchRequest) -> BranchModel:
        """Begin a branch where another one is, or was."""
        service.store.worlds.get(world)
        branch = edits.fork(world, request.name, parent=request.parent, at=request.at, person=request.person)
        return BranchModel.of(branch)

    @routes.post("/worlds/{world}/branches/{name}:merge")
    async def merge_branch(world: Identifier, name: BranchName, request: MergeRequest) -> MergeResult:
        """Do in another branch what was done in this one since both went apart."""
        if name == request.into:
            raise ConflictError("A branch can't be merged into itself.")

        def merge(session: Session) -> MergeResult:
            merged, refused = session.merge(name, request.person)
            return MergeResult(number=session.number, merged=merged, refused=refused)

        return await _ask(service, world, request.into, merge)


async def _ask(service: Service, world: str, branch: str, function: Callable[[Session], Answer]) -> Answer:
    return await asyncio.wrap_future(service.editing.call(world, branch, function))
