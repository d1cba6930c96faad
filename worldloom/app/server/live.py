"""Pages that have a world open: what they look at, and commands for them. One websocket each."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from worldloom.app.jobs.kinds import Identifier
from worldloom.app.server.access import access_of
from worldloom.app.server.edit_rooms import CLOSED_REVOKED, CLOSED_STOPPING, REASONS
from worldloom.app.server.schemas import CommandRequest, CommandResult, ViewerList, ViewerModel
from worldloom.app.server.service import Service
from worldloom.scene.errors import ConflictError, NotFoundError, WorldloomError

_LARGEST_MESSAGE = 4 << 20
_ANSWER_SECONDS = 15.0
_VERSION_POLL_SECONDS = 1.0
_MOST_VIEWERS = 200
_STOP_SECONDS = 0.5
_NOTED = ("camera", "pick", "selection")

_logger = logging.getLogger(__name__)


@dataclass(eq=False)
class _Viewer:
    """One open page."""

    world: str
    socket: WebSocket
    name: str = ""
    share: str | None = None
    """The link that it was opened by."""
    noted: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The last camera, pick and selection that it told of."""
    waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    """Commands that it has not answered yet."""


class Live:
    """All open pages of a server."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._viewers: set[_Viewer] = set()
        self._heads: dict[str, int] = {}
        self._closing: set[asyncio.Future[None]] = set()

    async def serve(self, world: str, socket: WebSocket) -> None:
        """Talk with one page until it leaves."""
        try:
            stored = await run_in_threadpool(self._service.store.worlds.get, world)
        except NotFoundError:
            await socket.close(4404)
            return
        if len(self._viewers) >= _MOST_VIEWERS:
            await socket.close(4429)
            return
        await socket.accept()
        viewer = _Viewer(world, socket, secrets.token_hex(8), access_of(socket).share)
        self._viewers.add(viewer)
        self._heads.setdefault(world, stored.head)
        try:
            while True:
                text = await socket.receive_text()
                if len(text) > _LARGEST_MESSAGE:
                    await socket.close(1009)
                    break
                await self._take(viewer, text)
        except WebSocketDisconnect:
            pass
        finally:
            self._viewers.discard(viewer)
            for answer in viewer.waiting.values():
                if not answer.done():
                    answer.set_exception(ConflictError("The page was closed before it answered."))
            await self._tell_viewers(world)

    async def _take(self, viewer: _Viewer, text: str) -> None:
        try:
            message = json.loads(text)
            kind = message["type"]
        except (ValueError, TypeError, KeyError):
            return  # not one of our pages; what it says means nothing
        if kind == "hello":
            name = message.get("viewer")
            if isinstance(name, str) and 0 < len(name) <= 64:
                viewer.name = name
            await self._tell_viewers(viewer.world)
        elif kind in _NOTED:
            viewer.noted[kind] = {key: value for key, value in message.items() if key != "type"}
        elif kind == "result":
            answer = viewer.waiting.pop(str(message.get("id")), None)
            if answer is not None and not answer.done():
                if "error" in message:
                    answer.set_exception(ConflictError(f"The page could not do that: {message['error']}"))
                else:
                    answer.set_result(message.get("value"))

    async def command(self, world: str, viewer: str, name: str, args: dict[str, Any]) -> Any:
        """Have a page do something; returns what it answers.

        Raises:
            NotFoundError: no such page has the world open.
            ConflictError: the page refused, was closed, or did not answer in time.
        """
        found = next((one for one in self._viewers if one.world == world and one.name == viewer), None)
        if found is None:
            raise NotFoundError(f"No page '{viewer}' has this world open.")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        identifier = secrets.token_hex(6)
        found.waiting[identifier] = answer
        await found.socket.send_json({"type": "command", "id": identifier, "name": name, "args": args})
        try:
            return await asyncio.wait_for(answer, _ANSWER_SECONDS)
        except TimeoutError:
            raise ConflictError("The page did not answer in time; is it hidden?") from None
        finally:
            found.waiting.pop(identifier, None)

    def shares(self) -> set[str]:
        """Links by which pages are open."""
        return {viewer.share for viewer in self._viewers if viewer.share}

    def revoke(self, shares: set[str]) -> None:
        """Close pages that were opened by these links."""
        self._close([viewer for viewer in self._viewers if viewer.share in shares], CLOSED_REVOKED)

    async def stop(self) -> None:
        """Close all pages: the server stops."""
        self._close(list(self._viewers), CLOSED_STOPPING)
        if self._closing:
            await asyncio.wait(self._closing, timeout=_STOP_SECONDS)

    def viewers(self, world: str) -> list[ViewerModel]:
        """Pages that have a world open, and the last that is known of each."""
        return [
            ViewerModel(viewer=one.name, **{kind: one.noted.get(kind) for kind in _NOTED})
            for one in self._viewers
            if one.world == world
        ]

    async def watch_versions(self) -> None:
        """Tell pages of new versions, whoever made them, for as long as the server runs."""
        while True:
            await asyncio.sleep(_VERSION_POLL_SECONDS)
            open_worlds = {viewer.world for viewer in self._viewers}
            self._heads = {world: head for world, head in self._heads.items() if world in open_worlds}
            for world in open_worlds:
                try:
                    head = (await run_in_threadpool(self._service.store.worlds.get, world)).head
                except WorldloomError:
                    continue
                except Exception:
                    _logger.exception("Could not look for new versions of %s", world)
                    continue
                if self._heads.get(world) != head:
                    self._heads[world] = head
                    await self._send(world, {"type": "version", "number": head})

    def _close(self, viewers: Iterable[_Viewer], code: int) -> None:
        for viewer in viewers:
            self._viewers.discard(viewer)
            closing = asyncio.ensure_future(viewer.socket.close(code, REASONS[code]))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _tell_viewers(self, world: str) -> None:
        shown = [{"viewer": one.viewer, "camera": one.camera} for one in self.viewers(world)]
        await self._send(world, {"type": "viewers", "viewers": shown})

    async def _send(self, world: str, message: dict[str, Any]) -> None:
        for viewer in [one for one in self._viewers if one.world == world]:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await viewer.socket.send_json(message)


def router(live: Live) -> APIRouter:
    """Routes of what is under way in open pages."""
    routes = APIRouter(tags=["live"])

    @routes.websocket("/worlds/{world}/live")
    async def live_socket(world: str, socket: WebSocket) -> None:
        await live.serve(world, socket)

    @routes.get("/worlds/{world}/viewers")
    async def list_viewers(world: Identifier) -> ViewerList:
        """Pages that have this world open, with their cameras, last picks and selections."""
        await run_in_threadpool(live._service.store.worlds.get, world)
        return ViewerList(viewers=live.viewers(world))

    @routes.post("/worlds/{world}/viewers/{viewer}:command")
    async def command_viewer(world: Identifier, viewer: str, request: CommandRequest) -> CommandResult:
        """Have an open page do something: move the camera, pick a point, take a screenshot."""
        return CommandResult(value=await live.command(world, viewer, request.name, request.args))

    return routes
