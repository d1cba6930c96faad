"""Links that open one world with a role, until they are revoked."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.scene.samples import random_gaussians
from tests.server.conftest import Server
from tests.server.editing import BALL, do, hello, until
from worldloom.app.server.access import wanted
from worldloom.app.server.application import create_app
from worldloom.app.server.guard import Guard
from worldloom.app.server.settings import ServerSettings
from worldloom.export import ply
from worldloom.scene.store.store import Place, Store

TOKEN = "a-token-of-some-length"
OWNER = {"authorization": f"Bearer {TOKEN}"}


class Shared:
    """A server with a token, two worlds, and links to the first."""

    def __init__(self, client: TestClient, settings: ServerSettings, store: Store, worlds: tuple[str, str]) -> None:
        self.client = client
        self.settings = settings
        self.store = store
        self.world, self.other = worlds
        self.at = f"/api/v1/worlds/{self.world}"

    def link(self, role: str) -> dict[str, Any]:
        answer = self.client.post(f"{self.at}/shares", json={"role": role, "label": role}, headers=OWNER)
        assert answer.status_code == 201
        return answer.json()

    def ask(self, link: dict[str, Any], method: str, path: str, **options: Any) -> int:
        headers = {"authorization": f"Bearer {link['token']}"}
        return self.client.request(method, path, headers=headers, follow_redirects=False, **options).status_code

    def join(self, link: dict[str, Any], world: str | None = None) -> Any:
        headers = {"authorization": f"Bearer {link['token']}", "host": "studio.local:7860"}
        return self.client.websocket_connect(f"/api/v1/worlds/{world or self.world}/edit", headers=headers)


@pytest.fixture
def shared(tmp_path: Path, world_folder: Path) -> Iterator[Shared]:
    settings = ServerSettings(Place.at(tmp_path / "data"), host="0.0.0.0", token=TOKEN, samples=False)
    store = Store.open(settings.place)
    paths = [path.relative_to(world_folder).as_posix() for path in world_folder.rglob("*") if path.is_file()]
    one = store.worlds.commit_folder(world_folder, paths, message="Made").world
    (world_folder / "note.bin").write_bytes(b"only in the other world")
    other = store.worlds.commit_folder(world_folder, [*paths, "note.bin"], message="Made").world
    (world_folder / "note.bin").unlink()
    with TestClient(create_app(settings, pages=False), base_url="http://studio.local:7860") as client:
        yield Shared(client, settings, store, (one, other))
    store.close()


EDIT = {"operations": [{"op": "set_spawn", "spawn": {}}]}


@pytest.mark.parametrize(
    ("method", "path", "body", "least"),
    [
        ("GET", "", None, "viewer"),
        ("GET", "/scene", None, "viewer"),
        ("GET", "/edits", None, "viewer"),
        ("GET", "/edit/scene", None, "viewer"),
        ("POST", ":find", {"where": BALL}, "viewer"),
        ("POST", ":edit", EDIT, "editor"),
        ("POST", ":save", {}, "editor"),
        ("POST", "/branches", {"name": "mine"}, "editor"),
        ("POST", "/uploads", None, "editor"),
        ("POST", ":restore", {"version": 1}, "editor"),
        ("PATCH", "", {"name": "Other"}, "owner"),
        ("GET", "/shares", None, "owner"),
        ("POST", "/shares", {}, "owner"),
        ("DELETE", "", None, "owner"),
    ],
)
def test_roles(shared: Shared, method: str, path: str, body: dict[str, Any] | None, least: str) -> None:
    ranks = ["viewer", "editor", "owner"]
    for role in ranks:
        status = shared.ask(shared.link(role), method, shared.at + path, json=body)
        if ranks.index(role) < ranks.index(least):
            assert status == 403
        else:
            # 409: the role before has done it already; 422: nothing was sent
            assert status in (200, 201, 409, 422), f"{role}: {status}"


def test_a_link_opens_nothing_but_its_world(shared: Shared) -> None:
    link = shared.link("owner")
    note = shared.store.worlds.version(shared.other).files["note.bin"].sha256
    common = shared.store.worlds.version(shared.world).files["thumbnail.jpg"].sha256
    assert shared.ask(link, "GET", f"/api/v1/assets/{common}.jpg") == 200
    for method, path in [
        ("GET", f"/api/v1/worlds/{shared.other}"),
        ("GET", f"/api/v1/worlds/{shared.other}/edit/scene"),
        ("POST", f"/api/v1/worlds/{shared.other}:edit"),
        ("GET", f"/api/v1/assets/{note}.bin"),
        ("GET", "/api/v1/worlds"),
        ("GET", "/api/v1/operations"),
        ("GET", "/api/v1/operations/000000000000"),
        ("POST", "/api/v1/uploads"),
        ("POST", "/api/v1/worlds:generate"),
        ("POST", f"{shared.at}:duplicate"),
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/"),
        ("GET", f"{shared.at}/../{shared.other}"),
        ("GET", f"/api/v1/worlds/{shared.world}{shared.other}"),
    ]:
        assert shared.ask(link, method, path) in (401, 404), path
    with pytest.raises(WebSocketDisconnect) as closed, shared.join(link, shared.other):
        pass
    assert closed.value.code == 4401


def test_a_link_leads_to_the_page_and_is_remembered_without_showing(shared: Shared) -> None:
    link = shared.link("editor")
    assert link["url"] == f"http://studio.local:7860/viewer/?world={shared.world}&share={link['token']}"
    answer = shared.client.get(link["url"], follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == f"/viewer/?world={shared.world}"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert shared.client.get(f"{shared.at}/scene").status_code == 200
    assert shared.client.get("/api/v1/worlds").status_code == 401
    headers = {"host": "studio.local:7860", "cookie": answer.headers["set-cookie"].split(";")[0]}
    with shared.client.websocket_connect(f"{shared.at}/edit", headers=headers) as socket:
        assert hello(socket)["role"] == "editor"


def test_who_only_looks_is_refused_on_the_socket_too(shared: Shared) -> None:
    with shared.join(shared.link("viewer")) as socket:
        welcome = hello(socket)
        assert (welcome["role"], welcome["guest"]) == ("viewer", True)
        assert "not change" in do(socket, "x", op="delete", where=BALL)["message"]
        socket.send_json({"type": "save"})
        assert "not change" in until(socket, "refused")["message"]
        socket.send_json({"type": "camera", "position": [0, 0, 0], "rotation": [1, 0, 0, 0]})
        until(socket, "people", where=lambda message: message["people"][0]["camera"] is not None)
    assert shared.store.edits.length(shared.world) == 0


def test_a_revoked_link_stops_at_once(shared: Shared) -> None:
    link, kept = shared.link("editor"), shared.link("editor")
    with shared.join(link) as socket, shared.join(kept) as other:
        hello(socket)
        hello(other)
        answer = shared.client.delete(f"{shared.at}/shares/{link['id']}", headers=OWNER)
        assert answer.status_code == 200 and answer.json()["revoked"] is not None
        with pytest.raises(WebSocketDisconnect) as closed:
            until(socket, "never")
        assert closed.value.code == 4403
        assert do(other, "x", op="show_all")["type"] == "done"
    assert shared.ask(link, "GET", shared.at) == 401
    with pytest.raises(WebSocketDisconnect), shared.join(link):
        pass
    listed = shared.client.get(f"{shared.at}/shares", headers=OWNER).json()["shares"]
    assert [one["revoked"] is not None for one in listed] == [True, False]
    assert not any("token" in one for one in listed)


def test_a_link_that_another_process_revokes_stops_within_seconds(shared: Shared) -> None:
    link = shared.link("editor")
    with shared.join(link) as socket:
        hello(socket)
        shared.store.shares.revoke(shared.world, link["id"])
        begin = time.monotonic()
        with pytest.raises(WebSocketDisconnect):
            until(socket, "never")
        assert time.monotonic() - begin < 10


def test_links_are_kept_as_hashes(shared: Shared) -> None:
    link = shared.link("viewer")
    for path in shared.store.place.data.glob("index.sqlite*"):
        assert link["token"].encode() not in path.read_bytes()


@pytest.mark.parametrize("path", ["/api/v1/worlds/abc", "/api/v1/worldsx", "/api/v1/", "/metrics", "/viewerx"])
def test_what_is_no_worlds_is_not_opened(path: str) -> None:
    assert wanted(path, "GET") is None


def test_an_editor_by_link_takes_nothing_from_another_world(shared: Shared) -> None:
    link = shared.link("editor")
    insert = {"op": "insert_world", "world": shared.other, "version": 1}
    body = {"operations": [insert], "save": False}
    assert shared.ask(link, "POST", f"{shared.at}:edit", json=body) == 422
    with shared.join(link) as page:
        hello(page)
        assert "this world only" in do(page, "one", **insert)["message"]
    assert shared.store.edits.lines(shared.world) == ()
    assert shared.client.post(f"{shared.at}:edit", json=body, headers=OWNER).status_code == 200


def send(shared: Shared, headers: dict[str, str], at: str, name: str, data: bytes) -> tuple[int, str]:
    """Uploads a file; returns the status, and the blob's name."""
    answer = shared.client.post(f"{at}/uploads", files={"files": (name, data)}, headers=headers)
    return answer.status_code, answer.json()["files"][0]["sha256"] if answer.status_code == 201 else ""


def splats(seed: int) -> bytes:
    """A splat file."""
    with tempfile.TemporaryDirectory() as folder:
        ply.write(random_gaussians(20, seed=seed), Path(folder) / "thing.ply")
        return (Path(folder) / "thing.ply").read_bytes()


def bearer(link: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {link['token']}"}


def test_an_editor_by_link_sends_files_and_puts_them_into_the_world(shared: Shared) -> None:
    link, viewer = shared.link("editor"), shared.link("viewer")
    status, blob = send(shared, bearer(link), shared.at, "thing.ply", splats(1))
    assert status == 201
    assert shared.ask(link, "GET", f"/api/v1/assets/{blob}.bin") == 200
    insert = {"op": "insert_file", "blob": blob, "name": "thing.ply"}
    assert shared.ask(link, "POST", f"{shared.at}:edit", json={"operations": [insert], "save": False}) == 200
    with shared.join(link) as page:
        hello(page)
        assert do(page, "again", **insert)["count"] == 20
    assert send(shared, bearer(viewer), shared.at, "thing.ply", splats(2))[0] == 403
    assert send(shared, bearer(link), f"/api/v1/worlds/{shared.other}", "thing.ply", splats(2))[0] == 401
    assert send(shared, OWNER, "/api/v1/worlds/000000000000", "thing.ply", splats(2))[0] == 404


def test_what_was_sent_for_one_world_is_not_for_others(shared: Shared) -> None:
    sent = {
        "another world": send(shared, OWNER, f"/api/v1/worlds/{shared.other}", "a.ply", splats(3))[1],
        "no world": send(shared, OWNER, "/api/v1", "a.ply", splats(4))[1],
        "another world's files": shared.store.worlds.version(shared.other).files["note.bin"].sha256,
    }
    link = shared.link("editor")
    for origin, blob in sent.items():
        note = {"op": "set_annotations", "annotations": [{"position": [0, 0, 0], "text": f"see {blob}"}]}
        for operation in ({"op": "insert_file", "blob": blob, "name": "a.ply"}, note):
            body = {"operations": [operation], "save": False}
            assert shared.ask(link, "POST", f"{shared.at}:edit", json=body) == 422, origin
            with shared.join(link) as page:
                hello(page)
                assert "this world" in do(page, "one", **operation)["message"]
        send(shared, bearer(link), shared.at, f"{blob}.ply", splats(5))  # a name opens nothing
        assert shared.ask(link, "GET", f"/api/v1/assets/{blob}.bin") == 401, origin
    assert shared.store.edits.length(shared.world) == 0


def test_what_is_proposed_to_an_editor_by_link_can_be_done_by_them(shared: Shared) -> None:
    link = shared.link("editor")
    order = {"text": "put a red bench here"}
    answer = shared.client.post(f"{shared.at}:propose", json=order, headers=bearer(link))
    (proposal,) = answer.json()["proposals"]
    assert proposal["operation"]["blob"]
    body = {"operations": [proposal["operation"]], "save": False}
    assert shared.ask(link, "POST", f"{shared.at}:edit", json=body) == 200


def test_what_an_editor_by_link_sends_is_no_larger_than_what_others_send(shared: Shared) -> None:
    settings = replace(shared.settings, upload_limit=10_000, body_limit=1_000)
    client = TestClient(Guard(shared.client.app, settings, shared.store), base_url="http://studio.local:7860")
    headers = bearer(shared.link("editor"))
    for size, status in ((5_000, 201), (11_000, 413)):
        sent = {"files": ("a.jpg", b"x" * size)}
        assert client.post(f"{shared.at}/uploads", files=sent, headers=headers).status_code == status


def test_where_links_limit_somebody_is_told(shared: Shared) -> None:
    assert shared.client.get(f"{shared.at}/shares", headers=OWNER).json()["enforced"] is True


def test_where_links_limit_nobody_is_told(server: Server) -> None:
    assert server.client.get(f"/api/v1/worlds/{server.world}/shares").json() == {"shares": [], "enforced": False}
