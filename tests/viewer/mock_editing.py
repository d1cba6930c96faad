"""The other end of an editing page's websocket, for the stand-in server: few operations, simple, kept in memory."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from numpy.typing import NDArray
from worldloom.scene.transform import Transform

from worldloom.edit import masks
from worldloom.scene.gaussians import Gaussians

Item = dict[str, Any]
Mask = NDArray[np.bool_]
Selection = Mapping[str, Mask]


@dataclass(frozen=True, eq=False)
class MockPart:
    """A layer while it is edited; `facts` is what the scene says of it."""

    facts: Item
    gaussians: Gaussians
    dead: Mask
    hidden: Mask
    locked: Mask

    @property
    def open(self) -> Mask:
        return ~(self.dead | self.hidden | self.locked) & (self.facts["visible"] and not self.facts["locked"])

    @property
    def places(self) -> NDArray[np.float64]:
        """Centres (N, 3) in the world's frame, metres."""
        return self.gaussians.means.double().numpy() * self.facts["scale"] + np.array(self.facts["translation"])


@dataclass(frozen=True)
class MockState:
    parts: Mapping[str, MockPart]
    selections: Mapping[str, Selection]


@dataclass
class MockEditing:
    """`received` holds every message of every page, oldest first. While `silent`, nothing is answered or done."""

    asset: Callable[[str, bytes], str]
    encode: Callable[[Gaussians], bytes]
    scene: Item
    state: MockState
    role: str = "owner"
    silent: bool = False
    received: list[Item] = field(default_factory=list)
    lines: list[Item] = field(default_factory=list)
    states: list[MockState] = field(default_factory=list)
    """Before each line."""
    people: dict[str, Item] = field(default_factory=dict)
    sockets: dict[WebSocket, str] = field(default_factory=dict)
    done_ids: dict[str, Item] = field(default_factory=dict)
    branches: list[Item] = field(default_factory=lambda: [{"name": "main", "parent": None, "forked": 0}])
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
        return part.facts | {
            "key": key,
            "rows": len(part.gaussians),
            "dead": packed(part.dead),
            "hidden": packed(part.hidden),
            "locked_rows": packed(part.locked),
        }

    def edit_scene(self, state: MockState | None = None) -> Item:
        parts = (state or self.state).parts
        return self.scene | {"layers": [self.layer(key, part) for key, part in parts.items()]}

    def welcome(self) -> Item:
        selections = {person: packed_rows(rows) for person, rows in self.state.selections.items()}
        people = list(self.people.values())
        told = {"number": len(self.lines), "role": self.role, "scene": self.edit_scene(), "people": people}
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
            "selections": {person: packed_rows(new.selections.get(person, {})) for person in changed},
        }

    def part_patch(self, key: str, old: MockPart | None, new: MockPart) -> Item:
        facts = self.layer(key, new)
        left_out = {"dead", "hidden", "locked_rows", "url", "preview_url", "bytes", "count"}
        told = {name: value for name, value in facts.items() if name not in left_out}
        name = f"edit-{next(self.numbers)}.spz"
        if old is None:
            told["url"] = self.asset(name, self.encode(new.gaussians))
        elif new.gaussians is not old.gaussians:
            same = torch.stack(
                [(a == b).reshape(len(a), -1).all(1) for a, b in zip(old.gaussians.tensors, new.gaussians.tensors)]
            )
            rows = (~same.all(dim=0)).numpy()
            told["changed"] = {
                "rows": packed(rows),
                "url": self.asset(name, self.encode(new.gaussians[torch.from_numpy(rows)])),
            }
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
                await self.answer(socket, message)
            case "save":
                self.dirty = False
                self.note("", "save", "Save", self.state, version=2)
                await self.tell({"type": "saved", "version": 2})
            case "camera":
                pose = {name: message[name] for name in ("position", "rotation", "vertical_fov")}
                self.people[self.sockets[socket]]["camera"] = pose

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
            await socket.send_json(message)


def packed(rows: Mask) -> Item | None:
    return {"rows": len(rows), "bits": masks.pack(rows)} if rows.any() else None


def packed_rows(rows: Selection) -> Item:
    return {key: packed(mask) for key, mask in rows.items() if mask.any()}


def found(state: MockState, where: Item, person: str) -> dict[str, Mask]:
    match where["by"]:
        case "everything":
            return {key: part.open for key, part in state.parts.items()}
        case "rows":
            return {
                key: masks.unpack(mask["bits"], mask["rows"]) & state.parts[key].open
                for key, mask in where["parts"].items()
            }
        case "layer":
            return {key: state.parts[key].open for key in where["names"]}
        case "sphere" | "flood" | "colour" | "object":
            center = np.array(where.get("center", where.get("point")))
            radius = where.get("radius", 0.4)
            return {
                key: (np.linalg.norm(part.places - center, axis=1) <= radius) & part.open
                for key, part in state.parts.items()
            }
        case "selected":
            return dict(state.selections.get(person, {}))
        case _:
            return {key: part.open & (part.places[:, 1] > 1) for key, part in state.parts.items()}


def apply(state: MockState, operation: Item, person: str, key: str) -> tuple[MockState, int]:
    """The state after an operation and how many Gaussians it was about; ValueError where it can't be done."""
    own = {
        name: mask & state.parts[name].open
        for name, mask in state.selections.get(person, {}).items()
        if name in state.parts
    }

    def selecting(rows: dict[str, Mask]) -> tuple[MockState, int]:
        kept = {name: mask for name, mask in rows.items() if mask.any()}
        return replace(state, selections={**state.selections, person: kept}), sum(
            int(mask.sum()) for mask in kept.values()
        )

    def changing(change: Callable[[MockPart, Mask], MockPart]) -> tuple[MockState, int]:
        if not any(mask.any() for mask in own.values()):
            raise ValueError("Nothing is selected. Select something first, or say where.")
        parts = {name: change(part, own[name]) if name in own else part for name, part in state.parts.items()}
        return replace(state, parts=parts), sum(int(mask.sum()) for mask in own.values())

    match operation["op"]:
        case "select":
            rows = found(state, operation["where"], person)
            none = {name: np.zeros(len(part.gaussians), bool) for name, part in state.parts.items()}
            old, new = none | own, none | rows
            joined = {
                "set": lambda a, b: b,
                "add": np.bitwise_or,
                "remove": lambda a, b: a & ~b,
                "intersect": np.bitwise_and,
            }
            return selecting({name: joined[operation["mode"]](old[name], new[name]) for name in none})
        case "select_none":
            return selecting({})
        case "invert_selection":
            return selecting(
                {
                    name: part.open & ~own.get(name, np.zeros(len(part.gaussians), bool))
                    for name, part in state.parts.items()
                }
            )
        case "delete":
            return changing(lambda part, rows: replace(part, dead=part.dead | rows))
        case "hide":
            return changing(lambda part, rows: replace(part, hidden=part.hidden | rows))
        case "lock":
            return changing(lambda part, rows: replace(part, locked=part.locked | rows))
        case "show_all":
            parts = {name: replace(part, hidden=np.zeros_like(part.hidden)) for name, part in state.parts.items()}
            return replace(state, parts=parts), 0
        case "transform":
            return changing(lambda part, rows: moved(part, rows, operation))
        case "recolour":
            return changing(lambda part, rows: recoloured(part, rows, operation.get("exposure", 0.0)))
        case "duplicate":
            name, rows = next(iter(own.items()))
            part = state.parts[name]
            gaussians = part.gaussians[torch.from_numpy(rows)]
            none = np.zeros(len(gaussians), bool)
            copy = MockPart(part.facts | {"name": f"{part.facts['name']} copy"}, gaussians, none, none, none)
            return replace(state, parts={**state.parts, key: copy}), len(gaussians)
        case "update_layer":
            change = {name: value for name, value in operation.items() if name in ("visible", "locked", "name")}
            wanted = operation["layer"]
            parts = {
                name: replace(part, facts=part.facts | change) if part.facts["name"] == wanted else part
                for name, part in state.parts.items()
            }
            return replace(state, parts=parts), 0
        case other:
            raise ValueError(f"There is no operation '{other}' here.")


def moved(part: MockPart, rows: Mask, operation: Item) -> MockPart:
    scale = operation["scale"]
    turn = Transform((0.0, 0.0, 0.0), tuple(operation["rotation"]), scale)
    pivot, shift = (torch.tensor(operation[name], dtype=torch.float32) for name in ("pivot", "translation"))
    frame = torch.tensor(part.facts["translation"], dtype=torch.float32)
    chosen = torch.from_numpy(rows)
    means, scales = part.gaussians.means.clone(), part.gaussians.log_scales.clone()
    world = means[chosen] * part.facts["scale"] + frame
    means[chosen] = (turn.apply_to_points(world - pivot) + pivot + shift - frame) / part.facts["scale"]
    scales[chosen] += float(np.log(scale))
    return replace(part, gaussians=replace(part.gaussians, means=means, log_scales=scales))


def recoloured(part: MockPart, rows: Mask, stops: float) -> MockPart:
    sh = part.gaussians.sh.clone()
    sh[torch.from_numpy(rows), 0] += stops
    return replace(part, gaussians=replace(part.gaussians, sh=sh))


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

    @app.post("/api/v1/worlds/demo:histogram")
    async def histogram(request: Request) -> Item:
        body = await request.json()
        heights = np.concatenate([part.places[:, 1][part.open] for part in editing.state.parts.values()])
        counts, edges = np.histogram(heights, body["bins"])
        chosen = [
            part.places[:, 1][
                editing.state.selections.get(body["person"], {}).get(key, np.zeros(len(part.gaussians), bool))
            ]
            for key, part in editing.state.parts.items()
        ]
        selected, _ = np.histogram(np.concatenate(chosen), edges)
        return {"lower": edges[0], "upper": edges[-1], "counts": counts.tolist(), "selected": selected.tolist()}

    @app.post("/api/v1/worlds/demo:propose")
    async def propose(request: Request) -> Item:
        body = await request.json()
        editing.received.append({"type": "propose"} | body)
        where = {"by": "layer", "names": ["main.1"]}
        return {
            "proposals": [
                {
                    "operation": {"op": "select", "where": where, "mode": "set"},
                    "title": "Select the statue",
                    "count": 750,
                    "note": "found by its name",
                },
                {"operation": {"op": "delete"}, "title": "Delete it", "count": 750, "note": ""},
            ],
            "not_understood": ["with fireworks"] if "fireworks" in body["text"] else [],
        }
