"""Editing together with others: a websocket, and a replica of the world made by replaying its log.

with client.editing(world, person="ann").join("Ann") as session:
    session.do({"op": "delete", "where": {"by": "sphere", "center": [0, 1, 0], "radius": 0.5}})
    print(session.digest())
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from worldloom.edit.history import Entry, History
from worldloom.edit.log import new_entry_id
from worldloom.edit.operation import Operation
from worldloom.edit.registry import parse
from worldloom.scene.errors import WorldloomError
from worldloom.scene.world_record import WorldRecord, parse_record

if TYPE_CHECKING:
    from worldloom.client import Client
    from worldloom.client_editing import Editing
    from worldloom.edit.state import EditState
    from worldloom.scene.world import World

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0
_REFUSED_FOR_GOOD = (4401, 4403, 4404)


@dataclass(frozen=True)
class Done:
    """What the server said of a request."""

    id: str
    number: int
    count: int
    note: str
    figures: Mapping[str, float]


class EditSession:
    """One person editing one branch. Connects again by itself: what was not acknowledged is sent again, and done once.

    Not for several threads. What others do is taken in whenever something is asked.
    """

    def __init__(self, editing: Editing, *, name: str = "", colour: str = "#5aa9e6", patience: float = 120.0) -> None:
        """
        Args:
            patience: seconds to go on trying to connect again.
        """
        self._editing = editing
        self._person = {"id": editing.person or f"guest-{new_entry_id()}", "name": name, "colour": colour}
        self._patience = patience
        self._socket: ClientConnection | None = None
        self._folder = tempfile.TemporaryDirectory()
        self._history: History | None = None
        self._waiting: dict[str, dict[str, Any]] = {}
        """Requests that were not answered, in order."""
        self._answers: dict[str, dict[str, Any]] = {}
        self.number = 0
        """Of the newest entry that the server told of."""
        self.people: list[dict[str, Any]] = []
        """Who is there, and where they look from."""
        self.versions: list[int] = []
        """Saved since this began."""
        self.role = ""

    def __enter__(self) -> EditSession:
        self._connected()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave."""
        self.disconnect()
        self._folder.cleanup()

    def disconnect(self) -> None:
        """Hang up; the next request connects again."""
        if self._socket is not None:
            with contextlib.suppress(OSError, ConnectionClosed):
                self._socket.close()
            self._socket = None

    # Changing

    def do(self, operation: Operation | Mapping[str, Any], *, id: str | None = None) -> Done:
        """Do an operation; returns when it is in the world's log.

        Raises:
            WorldloomError: it was refused, or the server can't be reached.
        """
        data = operation.model_dump(mode="json") if isinstance(operation, Operation) else dict(operation)
        return self._request({"type": "do", "id": id or new_entry_id(), "operation": data})

    def undo(self, target: str | None = None) -> Done:
        """Undo one's newest operation, or the one with that id."""
        return self._request({"type": "undo", "id": new_entry_id(), "target": target})

    def redo(self, target: str | None = None) -> Done:
        """Do again what one undid last, or what has that id."""
        return self._request({"type": "redo", "id": new_entry_id(), "target": target})

    def look(self, position: tuple[float, float, float], rotation: tuple[float, float, float, float]) -> None:
        """Tell the others where one looks from."""
        with contextlib.suppress(ConnectionClosed, OSError):
            self._connected().send(json.dumps({"type": "camera", "position": position, "rotation": rotation}))

    def poll(self, seconds: float = 0.0) -> None:
        """Take in what has come, and what comes within some time."""
        end = time.monotonic() + seconds
        try:
            while True:
                self._take(self._connected().recv(timeout=max(end - time.monotonic(), 0.0)))
        except TimeoutError:
            return
        except (ConnectionClosed, OSError):
            self._socket = None

    # The replica

    @property
    def state(self) -> EditState:
        """The world as the log makes it, up to the newest entry."""
        if self._history is None:
            from worldloom.edit.state import EditState

            log = self._editing.log(after=2**31 - 1)
            sources = _Remote(self._editing.client, self._editing.world, Path(self._folder.name))
            self._history = History(EditState.of(sources.version(log.base), f"v{log.base}"), sources)
        lines = self._editing.log(after=len(self._history.entries)).edits
        self._history.extend(
            Entry(
                line.id,
                line.person,
                line.kind,
                parse(line.operation) if line.operation is not None else None,
                line.target,
                line.version,
                line.origin,
                line.created,
            )
            for line in lines
        )
        return self._history.state

    def digest(self) -> str:
        """Of the replica: two sessions with one digest have the same world, to the byte."""
        return self.state.digest()

    # Talking

    def _request(self, message: dict[str, Any]) -> Done:
        self._waiting[message["id"]] = message
        self._send(message)
        while message["id"] not in self._answers:
            try:
                self._take(self._connected().recv())
            except (ConnectionClosed, OSError):
                self._socket = None
        found = self._answers.pop(message["id"])
        if found["type"] == "refused":
            raise WorldloomError(found["message"])
        return Done(found["id"], found["number"], found["count"], found["note"], found["figures"])

    def _send(self, message: dict[str, Any]) -> None:
        fresh = self._socket is None
        try:
            socket = self._connected()
            if not fresh:  # a new connection has sent it already
                socket.send(json.dumps(message))
        except (ConnectionClosed, OSError):
            self._socket = None

    def _take(self, text: str | bytes) -> None:
        message = json.loads(text)
        match message["type"]:
            case "done" | "refused":
                if message["type"] == "done":
                    self.number = max(self.number, message["number"])
                if self._waiting.pop(message["id"] or "", None) is not None:
                    self._answers[message["id"]] = message
            case "people":
                self.people = message["people"]
            case "saved":
                self.versions.append(message["version"])

    def _connected(self) -> ClientConnection:
        end, wait = time.monotonic() + self._patience, _FIRST_WAIT
        while self._socket is None:
            try:
                self._socket = self._joined()
            except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError) as error:
                refused = isinstance(error, InvalidStatus) and error.response.status_code in (401, 403, 404)
                for_good = isinstance(error, ConnectionClosed) and error.rcvd and error.rcvd.code in _REFUSED_FOR_GOOD
                if refused or for_good or time.monotonic() > end:
                    raise WorldloomError(f"World {self._editing.world} can't be edited there: {error}.") from None
                time.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT)
        return self._socket

    def _joined(self) -> ClientConnection:
        client = self._editing.client
        address = client.server.replace("http", "ws", 1)
        place = f"{address}/api/v1/worlds/{self._editing.world}/edit?branch={quote(self._editing.branch)}"
        opening = connect(place, additional_headers=client.headers, max_size=None, proxy=None, open_timeout=20)
        socket = contextlib.ExitStack().enter_context(opening)
        socket.send(json.dumps({"type": "hello", "person": self._person}))
        while True:
            message = json.loads(socket.recv(timeout=60))
            if message["type"] == "welcome":
                break
            if message["type"] == "refused":
                socket.close()
                raise WorldloomError(message["message"])
        self.number, self.role, self.people = message["number"], message["role"], message["people"]
        for waiting in self._waiting.values():
            socket.send(json.dumps(waiting))
        return socket


class _Remote:
    """What operations refer to, from a server."""

    def __init__(self, client: Client, world: str, folder: Path) -> None:
        self._client = client
        self._world = world
        self._folder = folder

    def blob(self, sha256: str) -> Path:
        return self._fetched(sha256, "bin")

    def version(self, number: int) -> World:
        return self.other(self._world, number)

    def other(self, world: str, number: int) -> World:
        from worldloom.scene.world import assembled, load_layer

        record: WorldRecord = parse_record(
            json.dumps(self._client.record(world, number)).encode(), f"version {number} of {world}"
        )
        layers = [load_layer(self._fetched(entry.blob, "safetensors"), entry) for entry in record.layers]
        return assembled(record, layers)

    def _fetched(self, sha256: str, suffix: str) -> Path:
        path = self._folder / f"{sha256}.{suffix}"
        if not path.exists():
            self._client.fetch(f"/assets/{sha256}.{suffix}", path)
        return path
