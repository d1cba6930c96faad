"""Who edits a branch together: open pages, what waits to be sent to each, and what all of them are told."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket

from worldloom.app.editing.messages import people_message, shown_change
from worldloom.app.server.access import Access
from worldloom.app.server.edit_messages import PersonModel

if TYPE_CHECKING:
    from worldloom.app.editing.news import Change, Closed, Saving

_MOST_WAITING = 500
_MOST_WAITING_CHARACTERS = 64 << 20
"""Of messages that a page has not taken yet; then it is cut off, and joins again when it can."""
_SEND_SECONDS = 30.0
_BURST, _PER_SECOND = 100.0, 40.0
"""Messages that a page may send at once, and in the long run; more are read later."""
_PEOPLE_SECONDS = 0.1
CLOSED_SLOW, CLOSED_REVOKED, CLOSED_AGAIN, CLOSED_STOPPING = 4408, 4403, 4409, 1012
REASONS = {
    CLOSED_SLOW: "The page did not take its messages; join again.",
    CLOSED_REVOKED: "This link was revoked.",
    CLOSED_AGAIN: "The session has ended; join again.",
    CLOSED_STOPPING: "The server is stopping; join again when it is back.",
}


class Page:
    """One open page."""

    def __init__(self, socket: WebSocket, access: Access) -> None:
        self.socket = socket
        self.access = access
        self.person: PersonModel | None = None
        self.camera: dict[str, Any] | None = None
        self.welcomed = False
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """With what code to close it."""
        self.gone = asyncio.Event()
        self._waiting: deque[str] = deque()
        self._characters = 0
        self._something = asyncio.Event()
        self._allowance = _BURST
        self._counted = time.monotonic()

    def push(self, text: str) -> None:
        """Send when it takes it."""
        self._waiting.append(text)
        self._characters += len(text)
        self._something.set()
        if len(self._waiting) > _MOST_WAITING or self._characters > _MOST_WAITING_CHARACTERS:
            self.end(CLOSED_SLOW)

    def end(self, code: int) -> None:
        """Close it soon."""
        if not self.ended.done():
            self.ended.set_result(code)

    async def send(self) -> None:
        """Send what is pushed, for as long as it is open."""
        while True:
            await self._something.wait()
            while self._waiting:
                text = self._waiting.popleft()
                self._characters -= len(text)
                await asyncio.wait_for(self.socket.send_text(text), _SEND_SECONDS)
            self._something.clear()

    async def slow_down(self) -> None:
        """Wait if it has sent too much lately."""
        now = time.monotonic()
        self._allowance = min(self._allowance + (now - self._counted) * _PER_SECOND, _BURST) - 1
        self._counted = now
        if self._allowance < 0:
            await asyncio.sleep(-self._allowance / _PER_SECOND)


class Room:
    """All pages of one branch."""

    def __init__(self, world: str, branch: str) -> None:
        self.world = world
        self.branch = branch
        self.pages: list[Page] = []
        self.selected: dict[str, int] = {}
        self._loop = asyncio.get_running_loop()
        self._telling = False

    def hear(self, message: Change | Saving | Closed) -> None:
        """From the session's thread, in the log's order."""
        from worldloom.app.editing.news import Change, Saving

        if isinstance(message, Change):
            text, turns = shown_change(message), message.turns
            self._loop.call_soon_threadsafe(self._show, message, text, turns)
        elif isinstance(message, Saving):
            text = json.dumps({"type": "saving", "operation": message.operation})
            self._loop.call_soon_threadsafe(self._push, text)
        else:
            self._loop.call_soon_threadsafe(self.end, CLOSED_AGAIN)

    def admit(self, page: Page, welcome: str, selected: Mapping[str, int]) -> None:
        """Let a page hear of everything after its welcome."""
        if not page.ended.done():
            page.push(welcome)
            page.welcomed = True
            self.selected.update(selected)
            self.tell_people()

    def end(self, code: int) -> None:
        """Close all."""
        for page in self.pages:
            page.end(code)

    def people(self) -> list[dict[str, Any]]:
        """Who is there: each once, however many pages they have open."""
        found: dict[str, dict[str, Any]] = {}
        for page in self.pages:
            if page.person is not None:
                known = found.get(page.person.id, {})
                found[page.person.id] = {
                    **page.person.model_dump(),
                    "camera": page.camera or known.get("camera"),
                    "selected": self.selected.get(page.person.id, 0),
                }
        return list(found.values())

    def tell_people(self) -> None:
        """Tell all who is there, a few times a second at most."""
        if not self._telling:
            self._telling = True
            self._loop.call_later(_PEOPLE_SECONDS, self._tell_people)

    def _tell_people(self) -> None:
        self._telling = False
        self._push(people_message(self.people()))

    def _show(self, change: Change, text: str, turns: Mapping[str, Any]) -> None:
        for page in self.pages:
            if page.welcomed and page.person is not None:
                undo, redo = turns.get(page.person.id, (None, None))
                page.push(f'{text[:-1]}, "can_undo": {json.dumps(undo)}, "can_redo": {json.dumps(redo)}}}')
        if change.selected:
            self.selected.update(change.selected)
            self.tell_people()
        if change.entry.kind == "save":
            self._push(json.dumps({"type": "saved", "version": change.entry.version}))

    def _push(self, text: str) -> None:
        for page in self.pages:
            if page.welcomed:
                page.push(text)
