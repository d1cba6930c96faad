"""Pages that edit a world together: one websocket each, one ordered log for all."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket, WebSocketDisconnect

from worldloom.app.editing.messages import refusal, shown_change, welcome_message
from worldloom.app.server.access import access_of, check_reach
from worldloom.app.server.edit_messages import CameraMessage, Do, FromPage, Hello, Ping, Save, Turn
from worldloom.app.server.edit_rooms import CLOSED_REVOKED, CLOSED_STOPPING, REASONS, Page, Room
from worldloom.app.server.service import Service
from worldloom.scene.errors import WorldloomError
from worldloom.scene.store.shares import may

if TYPE_CHECKING:
    from worldloom.app.editing.news import Change
    from worldloom.app.editing.session import Session

LARGEST_MESSAGE = 8 << 20
"""Characters; a selection of 10M Gaussians by rows is about 2M."""
_QUICK_MESSAGE = 1 << 16
"""Longer ones are read on another thread."""
_MOST_PAGES = 200
_STOP_SECONDS = 0.5
"""For closing all pages."""

_logger = logging.getLogger(__name__)
_MESSAGES: TypeAdapter[FromPage] = TypeAdapter(FromPage)  # pyright: ignore[reportInvalidTypeForm]
Answer = TypeVar("Answer")


class EditSockets:
    """All pages that edit."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._rooms: dict[tuple[str, str], Room] = {}

    async def serve(self, world: str, branch: str, socket: WebSocket) -> None:
        """Talk with one page until it leaves."""
        try:
            await run_in_threadpool(self._service.store.worlds.get, world)
            await run_in_threadpool(self._service.store.edits.branch, world, branch)
        except WorldloomError:
            await socket.close(4404)
            return
        if sum(len(room.pages) for room in self._rooms.values()) >= _MOST_PAGES:
            await socket.close(4429)
            return
        await socket.accept()
        room = self._rooms.setdefault((world, branch), Room(world, branch))
        page = Page(socket, access_of(socket))
        room.pages.append(page)
        tasks = [asyncio.create_task(page.send()), asyncio.create_task(self._listen(room, page))]
        try:
            await asyncio.wait([*tasks, page.ended], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.add_done_callback(_note_failure)
                task.cancel()
            room.pages.remove(page)
            self._left(room)
        if page.ended.done():
            with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                code = page.ended.result()
                await asyncio.wait_for(socket.close(code, REASONS[code]), 1.0)
        page.end(1000)
        page.gone.set()

    def shares(self) -> set[str]:
        """Links by which pages are open."""
        return {page.access.share for room in self._rooms.values() for page in room.pages if page.access.share}

    def revoke(self, shares: set[str]) -> None:
        """Close pages that were opened by these links."""
        for room in self._rooms.values():
            for page in room.pages:
                if page.access.share in shares:
                    page.end(CLOSED_REVOKED)

    async def stop(self) -> None:
        """Close all pages: the server stops. What they were not answered, they send to the next one."""
        pages = [page for room in self._rooms.values() for page in room.pages]
        for page in pages:
            page.end(CLOSED_STOPPING)
        if pages:
            await asyncio.wait([asyncio.create_task(page.gone.wait()) for page in pages], timeout=_STOP_SECONDS)

    async def watch(self) -> None:
        """Take in what others do to worlds that are open here, for as long as the server runs."""
        while True:
            await asyncio.sleep(1.0)
            for room in list(self._rooms.values()):
                try:
                    await self._ask(room, lambda session: session.refresh())
                except WorldloomError:
                    continue
                except Exception:
                    _logger.exception("Could not look for what others did to %s", room.world)
            await run_in_threadpool(self._service.editing.sweep)

    async def _listen(self, room: Room, page: Page) -> None:
        """Do what the page asks, one thing after the other."""
        while True:
            message = await page.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            await page.slow_down()
            text = message.get("text")
            if text is None:
                page.push(refusal(None, "Messages are text: JSON."))
            elif len(text) > LARGEST_MESSAGE:
                page.push(refusal(None, f"This message is too long; {LARGEST_MESSAGE:,} characters are the most."))
            else:
                await self._take(room, page, text)

    async def _take(self, room: Room, page: Page, text: str) -> None:
        try:
            if len(text) < _QUICK_MESSAGE:
                message = _MESSAGES.validate_json(text)
            else:
                message = await run_in_threadpool(_MESSAGES.validate_json, text)
        except ValidationError as error:
            page.push(refusal(_id_in(text), _sentence(error)))
            return
        try:
            await self._answer(room, page, message)
        except WorldloomError as error:
            page.push(refusal(getattr(message, "id", None), str(error)))
        except Exception:
            _logger.exception("A message of a page of %s could not be answered", room.world)
            page.push(refusal(getattr(message, "id", None), "Something unexpected went wrong in the server."))

    async def _answer(self, room: Room, page: Page, message: Any) -> None:
        match message:
            case Hello():
                page.person = message.person
                await self._ask(room, self._welcome(room, page))
                return
            case Ping():
                page.push('{"type": "pong"}')
                return
        if page.person is None or not page.welcomed:
            page.push(refusal(getattr(message, "id", None), "Say hello first: who you are."))
            return
        if isinstance(message, CameraMessage):
            page.camera = message.model_dump(exclude={"type"})
            room.tell_people()
            return
        if not may(page.access.role, "editor"):
            words = "You may look at this world but not change it; ask for a link that lets you edit."
            page.push(refusal(getattr(message, "id", None), words))
            return
        await self._change(room, page, message, page.person.id)

    async def _change(self, room: Room, page: Page, message: Do | Turn | Save, person: str) -> None:
        if isinstance(message, Save):
            saved = await self._ask(room, lambda session: session.save(message.message, person))
            if saved.version is not None:
                page.push(json.dumps({"type": "saved", "version": saved.version}))
            return
        if isinstance(message, Do):
            await check_reach(page.access, self._service.store.shares, room.world, [message.operation])

        def change(session: Session) -> Change | None:
            if session.knows(message.id):
                return session.change(message.id)
            if isinstance(message, Do):
                session.do([message.operation], person, ids=[message.id])
            elif message.type == "undo":
                session.undo(person, target=message.target, id=message.id)
            else:
                session.redo(person, target=message.target, id=message.id)
            return None

        again = await self._ask(room, change)
        if again is not None:  # it was done before the connection broke
            undo, redo = again.turns.get(person, (None, None))
            text = shown_change(again)
            page.push(f'{text[:-1]}, "can_undo": {json.dumps(undo)}, "can_redo": {json.dumps(redo)}}}')

    def _welcome(self, room: Room, page: Page) -> Callable[[Session], None]:
        """Has the session give the state, and from that very moment on tell of changes."""
        loop, people, access = asyncio.get_running_loop(), room.people(), page.access
        assert page.person is not None
        person, segmenter = page.person.id, self._service.segmenters.can("points")

        def join(session: Session) -> None:
            welcome = session.join(room.hear)
            guest = access.share is not None
            text = welcome_message(welcome, person, access.role, people, guest=guest, segmenter=segmenter)
            loop.call_soon_threadsafe(room.admit, page, text, welcome.selected)

        return join

    async def _ask(self, room: Room, function: Callable[[Session], Answer]) -> Answer:
        return await asyncio.wrap_future(self._service.editing.call(room.world, room.branch, function))

    def _left(self, room: Room) -> None:
        if room.pages:
            room.tell_people()
        elif self._rooms.get((room.world, room.branch)) is room:
            del self._rooms[room.world, room.branch]
            with contextlib.suppress(WorldloomError):
                self._service.editing.call(room.world, room.branch, lambda session: session.leave(room.hear))


def _note_failure(task: asyncio.Task[None]) -> None:
    """Pages leave at any moment; all else that ends talking with one should be known."""
    error = None if task.cancelled() else task.exception()
    if error is not None and not isinstance(error, (WebSocketDisconnect, RuntimeError, TimeoutError)):
        _logger.error("Talking with a page broke off", exc_info=error)


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return "This message is no JSON."
    if first["type"].startswith("union_tag") and len(first["loc"]) == 0:
        return "There is no such message; send hello, do, undo, redo, save, camera or ping."
    place = ".".join(str(part) for part in first["loc"][1:])
    return f"This message can't be used: '{place or 'it'}': {first['msg']}."


def _id_in(text: str) -> str | None:
    """What a message that can't be used calls itself, if it says so."""
    try:
        found = json.loads(text).get("id")
    except (ValueError, AttributeError, RecursionError):
        return None
    return found if isinstance(found, str) and len(found) <= 64 else None
