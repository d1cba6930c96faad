"""The other end of an editing page's websocket, for the stand-in server: kept in memory."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse

from tests.viewer.mock_state import Item, MockPart, MockState, apply, packed, packed_rows, similarity
from worldloom.app.server.edit_schemas import HistogramRequest
from worldloom.app.server.propose import ProposeRequest
from worldloom.app.server.segment_schemas import SegmentRequest
from worldloom.edit.fields import Spot
from worldloom.scene.gaussians import Gaussians


@dataclass
class MockEditing:
    """`received` holds every message of every page, oldest first. While `silent`, nothing is answered or done."""

    asset: Callable[[str, bytes], str]
    encode: Callable[[Gaussians], bytes]
    scene: Item
    state: MockState
    role: str = "owner"
    guest: bool = False
    enforced: bool = True
    """Whether links say what their guests may do."""
    segmenter: bool = False
    """Whether there is a model that finds the thing at a click: the statue, wherever that is."""
    silent: bool = False
    held: bool = False
    """Whether operations are answered only once this is not so any more."""
    received: list[Item] = field(default_factory=list)
    lines: list[Item] = field(default_factory=list)
    states: list[MockState] = field(default_factory=list)
    """Before each line."""
    people: dict[str, Item] = field(default_factory=dict)
    sockets: dict[WebSocket, str] = field(default_factory=dict)
    done_ids: dict[str, Item] = field(default_factory=dict)
    branches: list[Item] = field(default_factory=lambda: [{"name": "main", "parent": None, "forked": 0}])
    shares: list[Item] = field(default_factory=list)
    uploads: dict[str, bytes] = field(default_factory=dict)
    """By their hashes."""
    dirty: bool = False
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def of(self, kind: str) -> list[Item]:
        """The messages of one type."""
        return [message for message in self.received if message["type"] == kind]

    def operations(self) -> list[Item]:
        return [message["operation"] for message in self.of("do")]

    def forget(self) -> None:
        """As if nothing had been edited."""
        if self.states:
            self.state = self.states[0]
        self.received.clear()
        self.lines.clear()
        self.states.clear()
        self.done_ids.clear()
        self.dirty = False
        self.silent = False

    # What a page is told.

    def layer(self, key: str, part: MockPart) -> Item:
        first = (self.states or [self.state])[0].parts.get(key)
        url = part.facts["url"] if first and first.gaussians is part.gaussians else self.content(part.gaussians)
        return part.facts | {
            "url": url,
            "key": key,
            "rows": len(part.gaussians),
            "dead": packed(part.dead),
            "hidden": packed(part.hidden),
            "locked_rows": packed(part.locked),
        }

    def edit_scene(self, state: MockState | None = None) -> Item:
        parts = (state or self.state).parts
        layers = [self.layer(key, part) for key, part in parts.items()]
        return self.scene | {"layers": layers, "frame": similarity((state or self.state).frame)}

    def content(self, gaussians: Gaussians) -> str:
        """Address of a file that holds them."""
        return self.asset(f"edit-{next(self.numbers)}.spz", self.encode(gaussians))

    def welcome(self) -> Item:
        selections = {person: packed_rows(rows) for person, rows in self.state.selections.items()}
        people = list(self.people.values())
        told = {"number": len(self.lines), "role": self.role, "scene": self.edit_scene(), "people": people}
        told |= {"segmenter": self.segmenter, "guest": self.guest}
        return {"type": "welcome", "selections": selections} | told | self.progress()

    def progress(self) -> Item:
        undoable = [line["title"] for line in self.lines if line["kind"] == "do" and line["in_force"]]
        undone = [line["title"] for line in self.lines if line["kind"] == "do" and not line["in_force"]]
        return {"can_undo": undoable[-1] if undoable else None, "can_redo": undone[0] if undone else None} | {
            "dirty": self.dirty
        }

    def patch(self, old: MockState, new: MockState) -> Item:
        """What makes the new state of the old one."""
        parts = [
            self.part_patch(key, old.parts.get(key), part)
            for key, part in new.parts.items()
            if part is not old.parts.get(key)
        ]
        people = {*old.selections, *new.selections}
        changed = [person for person in people if old.selections.get(person) is not new.selections.get(person)]
        return {
            "removed": [key for key in old.parts if key not in new.parts],
            "parts": parts,
            "record": {"frame": similarity(new.frame)} if new.frame != old.frame else None,
            "selections": {person: packed_rows(new.selections.get(person, {})) for person in changed},
        }

    def part_patch(self, key: str, old: MockPart | None, new: MockPart) -> Item:
        left_out = {"url", "preview_url", "bytes", "count"}
        told = {name: value for name, value in new.facts.items() if name not in left_out}
        told |= {"key": key, "rows": len(new.gaussians)}
        if old is None:
            told["url"] = self.content(new.gaussians)
        elif new.gaussians is not old.gaussians:
            both = zip(old.gaussians.tensors, new.gaussians.tensors)
            rows = ~torch.stack([(a == b).reshape(len(a), -1).all(1) for a, b in both]).all(dim=0)
            told["changed"] = {"rows": packed(rows.numpy()), "url": self.content(new.gaussians[rows])}
        for flag, field_name in (("dead", "dead"), ("hidden", "hidden"), ("locked_rows", "locked")):
            if old is None or getattr(new, field_name) is not getattr(old, field_name):
                told[flag] = packed(getattr(new, field_name))
        return told

    # What a page asks for.

    async def receive(self, socket: WebSocket, message: Item) -> None:
        self.received.append(message)
        if self.silent:
            return
        match message["type"]:
            case "hello":
                self.sockets[socket] = message["person"]["id"]
                self.people[message["person"]["id"]] = message["person"] | {"camera": None, "selected": 0}
                await socket.send_json(self.welcome())
                await self.tell(self.people_message())
            case "do" | "undo" | "redo":
                while self.held:
                    await asyncio.sleep(0.02)
                await self.answer(socket, message)
            case "save":
                self.dirty = False
                self.note("", "save", "Save", self.state, version=2)
                await self.tell({"type": "saved", "version": 2})
            case "camera":
                pose = {name: message[name] for name in ("position", "rotation", "vertical_fov")}
                self.people[self.sockets[socket]]["camera"] = pose
                await self.tell(self.people_message())

    async def answer(self, socket: WebSocket, message: Item) -> None:
        if message["id"] in self.done_ids:
            await socket.send_json(self.done_ids[message["id"]] | {"patch": None})
            return
        person = self.sockets[socket]
        before = self.state
        try:
            count = self.do(person, message) if message["type"] == "do" else self.turn(message)
        except ValueError as problem:
            await socket.send_json({"type": "refused", "id": message["id"], "message": str(problem)})
            return
        self.dirty = True
        told = {"number": len(self.lines), "id": message["id"], "person": person, "kind": message["type"]}
        told |= {"title": self.lines[-1]["title"], "count": count, "note": "", "figures": {}}
        done = {"type": "done", "patch": self.patch(before, self.state)} | told | self.progress()
        self.done_ids[message["id"]] = done
        await self.tell(done)

    def do(self, person: str, message: Item) -> int:
        operation = message["operation"]
        new, count = apply(self.state, operation, person, f"new{len(self.lines)}")
        self.note(
            person, "do", operation["op"].replace("_", " ").capitalize(), new, op=operation["op"], id=message["id"]
        )
        self.state = new
        return count

    def turn(self, message: Item) -> int:
        """Undoes or does again by whole states: enough for one person at a time."""
        undo = message["type"] == "undo"
        lines = [index for index, line in enumerate(self.lines) if line["kind"] == "do" and line["in_force"] == undo]
        if not lines:
            raise ValueError("There is nothing to undo." if undo else "There is nothing to redo.")
        index = lines[-1] if undo else lines[0]
        self.lines[index]["in_force"] = not undo
        self.state = self.states[index] if undo else self.lines[index]["after"]
        return 0

    def note(self, person: str, kind: str, title: str, after: MockState, **more: Any) -> None:
        self.states.append(self.state)
        line = {"number": len(self.lines) + 1, "id": f"line{len(self.lines)}", "person": person, "kind": kind}
        line |= {"op": None, "title": title, "target": None, "version": None, "created": time.time()}
        self.lines.append(line | {"in_force": True, "skipped": None, "after": after} | more)

    def people_message(self) -> Item:
        return {"type": "people", "people": list(self.people.values())}

    async def tell(self, message: Item) -> None:
        for socket in list(self.sockets):
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it is just leaving
                await socket.send_json(message)


def add_routes(app: FastAPI, editing: MockEditing) -> None:
    @app.websocket("/api/v1/worlds/demo/edit")
    async def edit(socket: WebSocket) -> None:
        await socket.accept()
        try:
            while True:
                await editing.receive(socket, await socket.receive_json())
        except (WebSocketDisconnect, RuntimeError):
            editing.people.pop(editing.sockets.pop(socket, ""), None)
            await editing.tell(editing.people_message())

    @app.get("/api/v1/worlds/demo/edit/scene")
    def edit_scene(branch: str, at: int | None = None) -> Item:
        return editing.edit_scene(editing.states[at] if at is not None and at < len(editing.states) else None)

    @app.get("/api/v1/worlds/demo/edits")
    def edits(branch: str) -> Item:
        return {"edits": [{name: value for name, value in line.items() if name != "after"} for line in editing.lines]}

    @app.get("/api/v1/worlds/demo/branches")
    def branches() -> Item:
        return {"branches": editing.branches}

    @app.post("/api/v1/worlds/demo/branches")
    async def branch(request: Request) -> Item:
        body = await request.json()
        editing.branches.append(
            {"name": body["name"], "parent": body["from"], "forked": body["at"] or len(editing.lines)}
        )
        return editing.branches[-1]

    @app.post("/api/v1/worlds/demo/branches/{name}:merge")
    async def merge(name: str) -> Item:
        return {"number": len(editing.lines), "merged": 2, "refused": []}

    @app.get("/api/v1/worlds/demo/shares")
    def shares() -> Item:
        return {"shares": editing.shares, "enforced": editing.enforced}

    @app.post("/api/v1/worlds/demo/shares")
    async def share(request: Request) -> Item:
        made = await request.json() | {"id": f"link{len(editing.shares)}", "created": time.time(), "revoked": None}
        editing.shares.append(made)
        return made | {"token": "secret", "url": "/viewer/?world=demo&edit=1&share=secret"}

    @app.delete("/api/v1/worlds/demo/shares/{name}")
    def revoke(name: str) -> Item:
        next(made for made in editing.shares if made["id"] == name)["revoked"] = time.time()
        return {}

    @app.post("/api/v1/worlds/demo:histogram")
    async def histogram(request: Request) -> Item:
        body = await request.json()
        HistogramRequest.model_validate(body)  # just what the real server takes
        editing.received.append({"type": "histogram"} | body)
        parts = editing.state.parts.items()
        own = editing.state.selections.get(body["person"], {})
        counts, edges = np.histogram(np.concatenate([part.places[part.open, 1] for _, part in parts]), body["bins"])
        chosen = np.concatenate([part.places[own.get(key, part.nothing), 1] for key, part in parts])
        selected, _ = np.histogram(chosen, edges)
        return {"lower": edges[0], "upper": edges[-1], "counts": counts.tolist(), "selected": selected.tolist()}

    @app.post("/api/v1/worlds/demo/uploads")
    async def upload(request: Request) -> Item:
        async with request.form() as form:
            contents = [await file.read() for file in form.getlist("files") if isinstance(file, UploadFile)]
        sent = {hashlib.sha256(content).hexdigest(): content for content in contents}
        editing.uploads.update(sent)
        return {"files": [{"sha256": name} for name in sent]}

    @app.post("/api/v1/worlds/demo:segment")
    async def segment(request: Request) -> Any:
        body = await request.json()
        editing.received.append({"type": "segment"} | body)
        wanted = SegmentRequest.model_validate(body)  # just what the real server takes
        if not isinstance(wanted.at, Spot) or wanted.at.at[0] > 0.7:
            detail = {"title": "Unprocessable", "status": 422, "detail": "The model sees no thing there."}
            return JSONResponse(detail, 422, media_type="application/problem+json")
        select = {"op": "select", "where": {"by": "layer", "names": ["main.1"]}, "mode": wanted.mode}
        return {"operation": select, "count": 750, "pictures": 8, "scores": [0.9] * 8}

    @app.post("/api/v1/worlds/demo:propose")
    async def propose(request: Request) -> Item:
        body = await request.json()
        editing.received.append({"type": "propose"} | body)
        select = {"op": "select", "where": {"by": "layer", "names": ["main.1"]}, "mode": "set"}
        ProposeRequest.model_validate(body)  # just what the real server takes
        fireworks = {"start": 0, "end": 14, "text": "with fireworks", "why": ""}
        found = {"operation": select, "title": "Select the statue", "count": 750, "note": "found by its name"}
        gone = {"operation": {"op": "delete"}, "title": "Delete it", "count": 750, "note": ""}
        back = {"operation": None, "turn": "undo", "title": "Undo that", "count": 0, "note": ""}
        return {
            "proposals": [
                {"event": "", "turn": "", **one} for one in ([back] if "undo" in body["text"] else [found, gone])
            ],
            "not_understood": [fireworks] if "fireworks" in body["text"] else [],
            "note": "The order was read by rules instead." if "fireworks" in body["text"] else "",
        }
