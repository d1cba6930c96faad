"""A stand-in for the server: the viewer's built page and one small world, answered as the contract says.

Run it by hand to work on the page: python -m tests.viewer.mock_server [--port 8000] [--splats 30000]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import trimesh
import uvicorn
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, Response
from numpy.typing import NDArray

from tests.viewer.mock_editing import MockEditing, add_routes
from tests.viewer.mock_state import MockPart, MockState
from worldloom import export
from worldloom.edit.operation import Applying
from worldloom.edit.registry import parse
from worldloom.edit.state import EditState
from worldloom.scene.authored import Authored
from worldloom.scene.errors import NotFoundError
from worldloom.scene.gaussians import SH_C0, Gaussians
from worldloom.scene.world import Layer, World, assembled
from worldloom.scene.world_record import WorldRecord

PAGE = Path(__file__).parents[2] / "worldloom" / "app" / "viewer" / "dist"
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; connect-src 'self' blob: data: ws:; "
    "media-src 'self' blob:"
)
ROOM = np.array([[-3.0, 0.0, -3.0], [3.0, 2.6, 3.0]])
"""Lower and upper corner of the room, metres. A wall of 1.2 m half-width stands in it at z = -1.5."""

Points = NDArray[np.floating]
Item = dict[str, Any]


class MockWorld:
    """A room of splats with something in it, its solid surfaces, and its versions.

    `files` holds what /api/v1/assets serves, `edits` every edit that was posted and `messages` every message that a
    page sent over its websocket, oldest first. `editing` is the other end of pages that edit.
    """

    def __init__(self, folder: Path, splats: int) -> None:
        self.files: dict[str, bytes] = {}
        self.edits: list[Item] = []
        self.sockets: list[WebSocket] = []
        self.messages: list[Item] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self.folder = folder
        room = room_splats(splats // 4)
        statue = statue_splats(splats - len(room))
        self.scene: Item = {
            "world": {"id": "demo", "name": "Sunlit room"},
            "version": 1,
            "head": 1,
            "spawn": {"position": [0.0, 1.6, 2.4], "rotation": [1.0, 0.0, 0.0, 0.0]},
            "environment": {
                "background": [0.62, 0.71, 0.8],
                "sun_direction": None,
                "fog_density": 0.0,
                "weather": "clear",
            },
            "layers": [
                self.layer("room", "captured", room, [0.0, 0.0, 0.0], 1.0, preview=2000),
                self.layer("statue", "object", statue, [1.4, 0.0, -0.6], 0.55, preview=1500),
            ],
            "collider_url": self.asset("room.glb", room_collider()),
            "bounds": {"lower": ROOM[0].tolist(), "upper": ROOM[1].tolist()},
            "camera_paths": [],
            "annotations": [],
            "authored": Authored().model_dump(mode="json"),
            "captures": [
                capture(index, angle) for index, angle in enumerate(np.linspace(0, 2 * math.pi, 5, endpoint=False))
            ],
        }
        parts = {
            f"main.{number}": MockPart(layer, gaussians, *(np.zeros(len(gaussians), dtype=bool) for _ in range(3)))
            for number, (layer, gaussians) in enumerate(zip(self.scene["layers"], (room, statue)))
        }
        self.editing = MockEditing(self.asset, self.encode, self.scene, MockState(parts, {}))

    def asset(self, name: str, content: bytes) -> str:
        self.files[name] = content
        return f"/api/v1/assets/{name}"

    def layer(
        self, name: str, kind: str, gaussians: Gaussians, translation: list[float], scale: float, preview: int
    ) -> Item:
        whole = self.asset(f"{name}.spz", self.encode(gaussians))
        some = torch.linspace(0, len(gaussians) - 1, min(preview, len(gaussians))).long()
        return {
            "name": name,
            "kind": kind,
            "count": len(gaussians),
            "sh_degree": gaussians.sh_degree,
            "translation": translation,
            "rotation": [1.0, 0.0, 0.0, 0.0],
            "scale": scale,
            "visible": True,
            "locked": False,
            "url": whole,
            "preview_url": self.asset(f"{name}-preview.spz", self.encode(gaussians[some])),
            "bytes": len(self.files[f"{name}.spz"]),
        }

    def encode(self, gaussians: Gaussians) -> bytes:
        path = self.folder / "layer.spz"
        export.write(gaussians, path)
        return path.read_bytes()

    def send(self, message: Item) -> None:
        """To every page that is connected; from any thread."""
        assert self.loop is not None
        for socket in list(self.sockets):
            asyncio.run_coroutine_threadsafe(socket.send_json(message), self.loop).result(10)

    def hang_up(self) -> None:
        """Closes every connection; from any thread."""
        assert self.loop is not None
        for socket in [*self.sockets, *self.editing.sockets]:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it is just leaving
                asyncio.run_coroutine_threadsafe(socket.close(), self.loop).result(10)

    def apply(self, operations: list[Item]) -> None:
        """Raises KeyError for an unknown layer."""
        layers = {layer["name"]: layer for layer in self.scene["layers"]}
        for operation in operations:
            match operation["op"]:
                case "set_camera_paths":
                    self.scene["camera_paths"] = operation["camera_paths"]
                case "set_annotations":
                    self.scene["annotations"] = operation["annotations"]
                case "set_spawn":
                    self.scene["spawn"] = operation["spawn"]
                case "update_layer":
                    changes = {key: operation[key] for key in ("name", "visible", "locked") if key in operation}
                    layers[operation["layer"]].update(changes)
                case _:
                    self.author(operation)

    def author(self, operation: Item) -> None:
        """An operation on what people put into the world, by the code that the server has."""
        empty = flat(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3)), 1.0)
        known = WorldRecord.model_validate(
            {name: self.scene[name] for name in ("camera_paths", "annotations", "authored", "environment", "spawn")}
            | {"name": "demo", "layers": (), "collider": None, "geo_anchor": None, "provenance": {}}
        )
        layers = [Layer(layer["name"], empty) for layer in self.scene["layers"]]
        state = EditState.of(replace(assembled(known, ()), layers=tuple(layers)), "mock")
        after = parse(operation).apply(state, Applying("mock", "ann", self)).state.world
        self.scene["camera_paths"] = [path.model_dump(mode="json") for path in after.camera_paths]
        self.scene["annotations"] = [note.model_dump(mode="json") for note in after.annotations]
        self.scene["authored"] = after.authored.model_dump(mode="json")

    def medium(self, content: bytes, format: str) -> str:
        """Keeps a sound or a video; returns its blob's name."""
        blob = hashlib.sha256(content).hexdigest()
        self.asset(f"{blob}.{format}", content)
        (self.folder / blob).write_bytes(content)
        return blob

    def blob(self, sha256: str) -> Path:
        return self.folder / sha256

    def version(self, number: int) -> World:
        raise NotFoundError(f"There is no version {number}.")

    def other(self, world: str, number: int) -> World:
        raise NotFoundError(f"There is no world {world}.")


def flat(points: Points, normals: Points, colours: Points, size: float) -> Gaussians:
    """Discs of standard deviation `size` metres at points (N, 3), facing normals (N, 3), colours (N, 3) sRGB 0..1."""
    count = len(points)
    turn = np.cross(np.array([0.0, 0.0, 1.0]), normals)
    quats = np.concatenate([1.0 + normals[:, 2:3], turn], axis=1)
    quats[np.abs(quats).sum(axis=1) < 1e-6] = [0.0, 1.0, 0.0, 0.0]
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    scales = np.tile(np.log([size, size, size / 8]), (count, 1))
    return Gaussians(
        torch.tensor(points, dtype=torch.float32),
        torch.tensor(quats, dtype=torch.float32),
        torch.tensor(scales, dtype=torch.float32),
        torch.full((count,), 3.0),
        torch.tensor((colours - 0.5) / SH_C0, dtype=torch.float32)[:, None, :],
    )


def join(parts: list[Gaussians]) -> Gaussians:
    return Gaussians(*(torch.cat(tensors) for tensors in zip(*(part.tensors for part in parts))))


def room_splats(count: int) -> Gaussians:
    """About `count` splats: floor, four walls and a free-standing wall, tiled in two tones each."""
    random = np.random.default_rng(7)
    lower, upper = ROOM
    surfaces = [
        (1, lower[1], 1.0, (0.74, 0.58, 0.42)),
        (0, lower[0], 1.0, (0.86, 0.84, 0.78)),
        (0, upper[0], -1.0, (0.55, 0.68, 0.66)),
        (2, lower[2], 1.0, (0.83, 0.63, 0.52)),
        (2, upper[2], -1.0, (0.63, 0.66, 0.76)),
        (2, -1.5, 1.0, (0.88, 0.86, 0.82)),
    ]
    area = 36.0 + 4 * 6.0 * 2.6 + 2.4 * 1.56
    spacing = math.sqrt(area / count)
    parts = []
    for axis, place, side, colour in surfaces:
        others = [other for other in range(3) if other != axis]
        sides = (upper - lower)[others] * ([0.4, 0.6] if place == -1.5 else [1, 1])
        steps = np.maximum(2, np.round(sides / spacing)).astype(int)
        grid = np.stack(np.meshgrid(*(np.arange(step) + 0.5 for step in steps), indexing="ij"), axis=-1).reshape(-1, 2)
        number = len(grid)
        points = np.zeros((number, 3))
        points[:, others] = (grid + random.uniform(-0.2, 0.2, grid.shape)) / steps * sides
        points[:, others[0]] -= sides[0] / 2 if others[0] != 1 else 0
        points[:, others[1]] -= sides[1] / 2 if others[1] != 1 else 0
        points[:, axis] = place
        normals = np.zeros((number, 3))
        normals[:, axis] = side
        tiles = np.floor(points[:, others] / 0.6).sum(axis=1) % 2
        light = 0.75 + 0.2 * points[:, 1:2] / upper[1] if axis != 1 else 0.9
        colours = np.clip(np.array(colour) * light * (1 - 0.16 * tiles[:, None]), 0, 1)
        parts.append(flat(points.astype(np.float32), normals, colours, spacing * 0.55))
    return join(parts)


def statue_splats(count: int) -> Gaussians:
    """A ball, about 1.8 units tall, standing at y = 0: the same on every machine."""
    points = np.random.default_rng(3).normal(size=(count, 3))
    normals = points / np.linalg.norm(points, axis=1, keepdims=True)
    return flat((normals * 0.9 + [0, 0.9, 0]).astype(np.float32), normals, 0.5 + 0.4 * normals, 0.04)


def room_collider() -> bytes:
    """GLB of the room's floor and walls and the free-standing wall, 10 cm thick."""
    (left, bottom, back), (right, top, front) = ROOM
    thick, height = 0.1, top - bottom
    boxes = [
        ((right - left, thick, front - back), (0, bottom - thick / 2, 0)),
        ((thick, height, front - back), (left - thick / 2, height / 2, 0)),
        ((thick, height, front - back), (right + thick / 2, height / 2, 0)),
        ((right - left, height, thick), (0, height / 2, back - thick / 2)),
        ((right - left, height, thick), (0, height / 2, front + thick / 2)),
        ((2.4, height * 0.6, thick), (0, height * 0.3, -1.5)),
    ]
    parts = []
    for extents, centre in boxes:
        box = trimesh.creation.box(extents=extents)
        box.apply_translation(centre)
        parts.append(box)
    content = trimesh.Scene(trimesh.util.concatenate(parts)).export(file_type="glb")
    assert isinstance(content, bytes)
    return content


def capture(index: int, angle: float) -> Item:
    """A photo's camera in the middle of the room, looking along `angle` (radians, to the left of -Z)."""
    return {
        "name": f"photo-{index}.jpg",
        "position": [0.0, 1.5, 0.5],
        "rotation": [math.cos(angle / 2), 0.0, math.sin(angle / 2), 0.0],
        "vertical_fov": 50.0,
        "aspect": 1.5,
    }


def problem(status: int, title: str, detail: str) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json")


def create_app(world: MockWorld) -> FastAPI:
    app = FastAPI()

    @app.get("/viewer/{path:path}")
    def page(path: str) -> Response:
        file = (PAGE / (path or "index.html")).resolve()
        if not file.is_file() or PAGE.resolve() not in file.parents:
            return problem(404, "Not found", f"There is no {path}.")
        types = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css"}
        types |= {".svg": "image/svg+xml", ".wasm": "application/wasm"}
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
        return Response(file.read_bytes(), headers=headers, media_type=types.get(file.suffix))

    @app.get("/embedding")
    def embedding() -> Response:
        """A page with the viewer in a frame, which keeps what the viewer tells it in `messages`."""
        frame = '<iframe id="viewer" src="/viewer/?world=demo&embed=1" style="width:100%;height:560px"></iframe>'
        script = "window.messages = []; addEventListener('message', (event) => messages.push(event.data));"
        return Response(f"<script>{script}</script>{frame}", media_type="text/html")

    @app.get("/api/v1/worlds/{name}/scene")
    def scene(name: str, version: int | None = None) -> Any:
        if name == "cellar":  # where portals lead
            return world.scene | {"world": {"id": "cellar", "name": "Cellar"}, "authored": Authored().model_dump()}
        if name != "demo":
            return problem(404, "Unknown world", f"There is no world {name!r}. Choose one from the list of worlds.")
        return world.scene | {"version": version or world.scene["version"]}

    @app.get("/api/v1/worlds")
    def worlds() -> Any:
        return {"worlds": [{"id": "demo", "name": "Sunlit room"}, {"id": "cellar", "name": "Cellar"}]}

    @app.get("/api/v1/assets/{name}")
    def asset(name: str) -> Response:
        if name not in world.files:
            return problem(404, "Unknown asset", f"There is no asset {name!r}. Reload the page.")
        types = {"wav": "audio/wav", "webm": "video/webm"}
        return Response(world.files[name], media_type=types.get(name.rpartition(".")[2], "application/octet-stream"))

    @app.post("/api/v1/worlds/demo:edit")
    async def edit(request: Request) -> Any:
        body = await request.json()
        if body["base_version"] != world.scene["head"]:
            return problem(409, "Version conflict", "Someone else changed the world. Reload the page and try again.")
        world.edits.append(body)
        world.apply(body["operations"])
        world.scene["version"] = world.scene["head"] = world.scene["head"] + 1
        return {"version": world.scene["head"]}

    @app.websocket("/api/v1/worlds/demo/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        world.loop = asyncio.get_running_loop()
        world.sockets.append(socket)
        try:
            while True:
                world.messages.append(await socket.receive_json())
        except (WebSocketDisconnect, RuntimeError):
            world.sockets.remove(socket)

    add_routes(app, world.editing)
    return app


def main() -> None:
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--splats", type=int, default=30_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(MockWorld(Path(folder), options.splats))
        uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
