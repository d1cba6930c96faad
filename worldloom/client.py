"""A client of a Worldloom server's REST API.

from worldloom.client import Client

with Client("http://127.0.0.1:7860") as server:
    operation = server.reconstruct(["photos/"], name="Garden")
    world = server.wait(operation).world
    server.download(server.wait(server.export(world, "spz")), "garden.spz")
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel

from worldloom.app.server.schemas import (
    API,
    Estimate,
    LookedAt,
    OperationList,
    OperationModel,
    Scene,
    SystemModel,
    Understood,
    UploadModel,
    VersionList,
    VersionModel,
    ViewerList,
    WorldList,
    WorldModel,
)
from worldloom.client_editing import Editing
from worldloom.generate.image.guides import Guides
from worldloom.generate.spec import WorldSpec
from worldloom.scene.errors import (
    ConflictError,
    InvalidDataError,
    MissingDependencyError,
    NotFoundError,
    WorldloomError,
)
from worldloom.scene.files import replacing
from worldloom.scene.store.uploads import free_name
from worldloom.scene.store.worlds import MAIN
from worldloom.scene.world_record import Vector

DEFAULT_SERVER = "http://127.0.0.1:7860"
_ERRORS: dict[int, type[WorldloomError]] = {
    400: InvalidDataError,
    404: NotFoundError,
    409: ConflictError,
    422: InvalidDataError,
    501: MissingDependencyError,
}
_TRIES = 4

Model = TypeVar("Model", bound=BaseModel)


class Client:
    """A connection to a server. Errors of the server are raised as the exceptions that its own code raises.

    A request that makes something is sent with an idempotency key, so that it is safe to send it again when its answer
    got lost; the client does so by itself.
    """

    def __init__(self, server: str | None = None, *, token: str | None = None, timeout: float = 60.0) -> None:
        """
        Args:
            server: its address; None: WORLDLOOM_SERVER, or this machine's.
            token: what it asks for; None: WORLDLOOM_TOKEN.
            timeout: seconds to wait for an answer.
        """
        self.server = (server or os.environ.get("WORLDLOOM_SERVER") or DEFAULT_SERVER).rstrip("/")
        token = token or os.environ.get("WORLDLOOM_TOKEN")
        self.headers = {"authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=self.server + API, headers=self.headers, timeout=timeout, trust_env=False)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    # Worlds

    def worlds(self, query: str = "", *, tag: str | None = None, deleted: bool = False) -> Iterator[WorldModel]:
        """All worlds, the newest first; asked for page by page."""
        token: str | None = None
        while True:
            asked = {"query": query, "tag": tag, "deleted": deleted, "page_token": token, "page_size": 100}
            page = self.get(WorldList, "/worlds", asked)
            yield from page.worlds
            token = page.next_page_token
            if token is None:
                return

    def world(self, world: str) -> WorldModel:
        """One world."""
        return self.get(WorldModel, f"/worlds/{world}")

    def versions(self, world: str) -> list[VersionModel]:
        """All versions, the newest first."""
        return self.get(VersionList, f"/worlds/{world}/versions").versions

    def scene(self, world: str, version: int | None = None) -> Scene:
        """What a viewer loads."""
        return self.get(Scene, f"/worlds/{world}/scene", {"version": version})

    def record(self, world: str, version: int | None = None) -> dict[str, Any]:
        """A version's `world.json`."""
        return self._send("GET", f"/worlds/{world}/record", {"version": version}).json()

    def rename(self, world: str, name: str) -> WorldModel:
        """Give it another name."""
        return self.post(WorldModel, f"/worlds/{world}", {"name": name}, method="PATCH")

    def set_tags(self, world: str, tags: Sequence[str]) -> WorldModel:
        """Give it these tags."""
        return self.post(WorldModel, f"/worlds/{world}", {"tags": list(tags)}, method="PATCH")

    def duplicate(self, world: str, name: str | None = None) -> WorldModel:
        """Copy it."""
        return self.post(WorldModel, f"/worlds/{world}:duplicate", {"name": name}, once=True)

    def delete(self, world: str) -> WorldModel:
        """Put it into the bin."""
        return self.post(WorldModel, f"/worlds/{world}", None, method="DELETE")

    def undelete(self, world: str) -> WorldModel:
        """Take it out of the bin."""
        return self.post(WorldModel, f"/worlds/{world}:undelete", None)

    def restore(self, world: str, version: int) -> VersionModel:
        """Make an older version the newest."""
        return self.post(VersionModel, f"/worlds/{world}:restore", {"version": version})

    def edit(self, world: str, operations: Sequence[dict[str, Any]], *, base_version: int | None = None) -> int:
        """Do operations and keep the world as a new version; returns its number. `editing` can do more."""
        editing = self.editing(world)
        return editing.finished(editing.do(operations, save=True, base_version=base_version))

    def editing(self, world: str, *, branch: str = MAIN, person: str = "") -> Editing:
        """Edit a world: its log, undo and redo, saves, branches, links."""
        return Editing(self, world, branch=branch, person=person)

    # Making worlds and files

    def upload(self, paths: Sequence[str | os.PathLike[str]], *, world: str | None = None) -> UploadModel:
        """Send files, and all files of folders.

        Args:
            world: the one whose edits they are for; None: to make worlds of.

        Raises:
            InvalidDataError: a path does not exist, or there is nothing in a folder.
        """
        with contextlib.ExitStack() as open_files:
            parts = [
                ("files", (name, open_files.enter_context(path.open("rb"))))
                for name, path in _named_files([Path(path) for path in paths])
            ]
            answer = self._send("POST", f"/worlds/{world}/uploads" if world else "/uploads", files=parts, timeout=None)
        return UploadModel.model_validate_json(answer.content)

    def estimate(self, uploads: Sequence[str], preset: str = "draft") -> Estimate:
        """Time and memory that a reconstruction will need."""
        return self.post(Estimate, "/worlds:estimate", {"uploads": list(uploads), "preset": preset})

    def reconstruct(
        self, paths: Sequence[str | os.PathLike[str]], *, name: str, preset: str = "draft", **options: Any
    ) -> OperationModel:
        """Send photos, videos, a zip or a point cloud, and have a world made of them.

        Args:
            options: further fields of the request: seed, gaussians, iterations, holdout, settings, engine.
        """
        body = {"uploads": [self.upload(paths).id], "name": name, "preset": preset, **options}
        return self.post(OperationModel, "/worlds:reconstruct", body, once=True)

    def import_file(self, path: str | os.PathLike[str], *, name: str) -> OperationModel:
        """Send a splat file or a zipped world into the library."""
        body = {"upload": self.upload([path]).id, "name": name}
        return self.post(OperationModel, "/worlds:import", body, once=True)

    def generate(
        self,
        prompt: str = "",
        *,
        file: Path | None = None,
        spec: WorldSpec | None = None,
        guides: Guides | None = None,
        name: str = "",
        seed: int = 0,
        **options: Any,
    ) -> OperationModel:
        """Have a world made from words, a spec, one picture, a panorama or a GLB of boxes.

        Args:
            guides: what is known of the picture; `look` says what is estimated.
            options: `source`, `depth`, `gaussians`, `tier`, `models`, as the API takes them.
        """
        uploads = [] if file is None else [self.upload([file]).id]
        body = {"prompt": prompt, "uploads": uploads, "name": name, "seed": seed, **options}
        if spec is not None:
            body["spec"] = spec.model_dump(mode="json")
        if guides is not None:
            body["guides"] = guides.model_dump(mode="json", exclude_none=True)
        return self.post(OperationModel, "/worlds:generate", body, once=True)

    def look(self, path: str | os.PathLike[str], guides: Guides | None = None) -> LookedAt:
        """What a picture is taken for before a world is made of it: lens, horizon, distances."""
        body: dict[str, Any] = {"upload": self.upload([path]).id}
        if guides is not None:
            body["guides"] = guides.model_dump(mode="json", exclude_none=True)
        return self.post(LookedAt, "/worlds:look", body)

    def understand(self, prompt: str, *, seed: int = 0) -> Understood:
        """What would be made of a text, and what of it is not understood."""
        return self.post(Understood, "/worlds:understand", {"prompt": prompt, "seed": seed})

    def extend(
        self,
        world: str,
        prompt: str = "",
        *,
        towards: Vector | None = None,
        path: Sequence[Vector] = (),
        tiles: Sequence[tuple[int, int]] = (),
        seed: int = 0,
    ) -> OperationModel:
        """Have more of a world made past its edge: towards a place, along a line, or tiles of 64 m by number."""
        places = {"towards": towards, "path": list(path), "tiles": list(tiles)}
        body = {"world": world, "prompt": prompt, "seed": seed, **places}
        return self.post(OperationModel, "/worlds:extend", body, once=True)

    def event(self, world: str, prompt: str, *, branch: str = MAIN, person: str = "") -> OperationModel:
        """Have it be night, snow, autumn...: a new version of the world, or of another branch of it.

        Args:
            person: whose newest operation it will be, for undoing it.
        """
        body = {"prompt": prompt, "branch": branch, "person": person}
        return self.post(OperationModel, f"/worlds/{world}:event", body, once=True)

    def export(self, world: str, format: str = "spz", *, version: int | None = None) -> OperationModel:
        """Have a file made of a world; `download` fetches it."""
        body = {"format": format, "version": version}
        return self.post(OperationModel, f"/worlds/{world}:export", body, once=True)

    # Operations

    def operations(self, *, status: Sequence[str] = (), world: str | None = None) -> Iterator[OperationModel]:
        """All long work, the newest first."""
        token: str | None = None
        while True:
            asked = {"status": list(status) or None, "world": world, "page_token": token, "page_size": 100}
            page = self.get(OperationList, "/operations", asked)
            yield from page.operations
            token = page.next_page_token
            if token is None:
                return

    def operation(self, operation: str | OperationModel) -> OperationModel:
        """How far it is."""
        return self.get(OperationModel, f"/operations/{_id(operation)}")

    def wait(
        self,
        operation: str | OperationModel,
        *,
        progress: Callable[[OperationModel], None] = lambda operation: None,
        every: float = 0.5,
    ) -> OperationModel:
        """Wait until it is over.

        Args:
            every: most seconds between two looks; the first ones follow one another faster, for work that is short.

        Raises:
            WorldloomError: it failed or was cancelled.
        """
        pause = min(0.05, every)
        while True:
            found = self.operation(operation)
            progress(found)
            if found.status == "succeeded":
                return found
            if found.done:
                raise WorldloomError(found.error or f"'{found.title}' was {found.status}.")
            time.sleep(pause)
            pause = min(1.5 * pause, every)

    def cancel(self, operation: str | OperationModel) -> OperationModel:
        """Stop it; a retry goes on from its last checkpoint."""
        return self.post(OperationModel, f"/operations/{_id(operation)}:cancel", None)

    def finish(self, operation: str | OperationModel) -> OperationModel:
        """Make the world with what was trained so far."""
        return self.post(OperationModel, f"/operations/{_id(operation)}:finish", None)

    def retry(self, operation: str | OperationModel) -> OperationModel:
        """Try again, from where it stopped."""
        return self.post(OperationModel, f"/operations/{_id(operation)}:retry", None)

    def log(self, operation: str | OperationModel, lines: int = 200) -> str:
        """The end of its worker's log."""
        return self._send("GET", f"/operations/{_id(operation)}/log", {"lines": lines}).text

    def download(self, operation: str | OperationModel, path: str | os.PathLike[str]) -> Path:
        """Fetch the file that an export made."""
        target = Path(path)
        self.fetch(f"/operations/{_id(operation)}/file", target)
        return target

    def fetch(self, asked: str, target: Path) -> None:
        """Fetch a file of the API."""
        with (
            replacing(target) as beside,
            beside.open("wb") as file,
            self._connected(),
            self._http.stream("GET", asked) as answer,
        ):
            if answer.is_error:
                answer.read()
                _raise(answer)
            for piece in answer.iter_bytes():
                file.write(piece)

    # Open pages

    def viewers(self, world: str) -> ViewerList:
        """Pages that have a world open, with their cameras, picks and selections."""
        return self.get(ViewerList, f"/worlds/{world}/viewers")

    def command(self, world: str, viewer: str, name: str, **args: Any) -> Any:
        """Have an open page do something, such as `set_camera`, and return what it answers."""
        body = {"name": name, "args": args}
        return self._send("POST", f"/worlds/{world}/viewers/{viewer}:command", json=body).json()["value"]

    def system(self) -> SystemModel:
        """The server and its machine."""
        return self.get(SystemModel, "/system")

    # How it is sent

    def get(self, model: type[Model], path: str, asked: dict[str, Any] | None = None) -> Model:
        """Ask for something that the client has no method for."""
        return model.model_validate_json(self._send("GET", path, asked).content)

    def post(
        self, model: type[Model], path: str, body: dict[str, Any] | None, *, method: str = "POST", once: bool = False
    ) -> Model:
        """Send something that the client has no method for.

        Args:
            once: with an idempotency key, so that it can be sent again.
        """
        headers = {"idempotency-key": secrets.token_hex(16)} if once else {}
        return model.model_validate_json(self._send(method, path, json=body, headers=headers).content)

    def _send(self, method: str, path: str, asked: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        known = {name: value for name, value in (asked or {}).items() if value is not None}
        repeatable = method == "GET" or "idempotency-key" in options.get("headers", {})
        for attempt in range(_TRIES):
            with self._connected(again=repeatable and attempt + 1 < _TRIES):
                answer = self._http.request(method, path, params=known or None, **options)
                if answer.is_error:
                    _raise(answer)
                return answer
            time.sleep(0.2 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    @contextlib.contextmanager
    def _connected(self, *, again: bool = False) -> Iterator[None]:
        """Turns failures of the connection into a sentence, or passes over them if there will be another attempt."""
        try:
            yield
        except httpx.TransportError as error:
            if not again:
                raise WorldloomError(
                    f"The server at {self.server} can't be reached ({error}). Start it with `worldloom serve`."
                ) from None
        except httpx.InvalidURL:
            raise InvalidDataError(f"'{self.server}' is no address; write it like {DEFAULT_SERVER}.") from None


def _raise(answer: httpx.Response) -> None:
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"The server answered {answer.status_code} {answer.reason_phrase}."
    raise _ERRORS.get(answer.status_code, WorldloomError)(detail)


def _id(operation: str | OperationModel) -> str:
    return operation if isinstance(operation, str) else operation.id


def _named_files(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Files by the name to send them under; those of one name in several folders are told apart."""
    named: dict[str, Path] = {}
    for given in paths:
        if not given.exists():
            raise InvalidDataError(f"{given} does not exist. Check the path.")
        inside = sorted(path for path in given.rglob("*") if path.is_file()) if given.is_dir() else [given]
        for path in (path for path in inside if not path.name.startswith(".")):
            # What a folder holds may refer to its neighbours: a transforms.json to its images.
            name = path.relative_to(given).as_posix() if given.is_dir() else path.name
            named[free_name(name, named)] = path
    if not named:
        raise InvalidDataError(f"{', '.join(map(str, paths))}: there is no file in it.")
    return list(named.items())
