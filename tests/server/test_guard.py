"""Who is answered, and who isn't."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.server.conftest import Server
from worldloom.app.server.application import create_app
from worldloom.app.server.settings import ServerSettings
from worldloom.scene.store.store import Place

TOKEN = "a-token-of-some-length"
ROUTES = ["/", "/world", "/viewer/", "/viewer/pages.js", "/api/v1/worlds", "/api/v1/openapi.json", "/api/v1/docs",
          "/gradio_api/info", "/config", "/api/v1/assets/" + "0" * 64 + ".spz", "/nowhere"]  # fmt: skip


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A whole server, pages included, that other machines can reach."""
    place = Place.at(tmp_path_factory.mktemp("open") / "data")
    settings = ServerSettings(place, host="0.0.0.0", token=TOKEN, samples=False)
    with TestClient(create_app(settings), base_url="http://studio.local:7860") as client:
        yield client


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_asks_for_the_token(open_server: TestClient, route: str) -> None:
    assert open_server.get(route, follow_redirects=False).status_code == 401
    wrong = {"authorization": "Bearer wrong"}
    assert open_server.get(route, headers=wrong, follow_redirects=False).status_code == 401
    assert open_server.get(f"{route}?token=wrong", follow_redirects=False).status_code == 401
    right = {"authorization": f"Bearer {TOKEN}"}
    assert open_server.get(route, headers=right, follow_redirects=False).status_code in (200, 307, 308, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_changing_asks_for_the_token(open_server: TestClient, method: str) -> None:
    answer = open_server.request(method, "/api/v1/worlds:reconstruct", json={})
    assert answer.status_code == 401 and answer.headers["content-type"] == "application/problem+json"


def test_websockets_ask_for_the_token(open_server: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect) as refused, open_server.websocket_connect("/api/v1/worlds/x/live"):
        pass
    assert refused.value.code == 4401


def test_people_are_asked_by_a_form_and_remembered(tmp_path: Path) -> None:
    settings = ServerSettings(Place.at(tmp_path / "data"), host="0.0.0.0", token=TOKEN, samples=False)
    with TestClient(create_app(settings, pages=False), base_url="http://studio.local:7860") as client:
        asked = client.get("/", headers={"accept": "text/html"})
        assert asked.status_code == 401 and "<form" in asked.text
        answer = client.get(f"/api/v1/worlds?query=x&token={TOKEN}", follow_redirects=False)
        assert answer.status_code == 303 and answer.headers["location"] == "/api/v1/worlds?query=x"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie
        assert client.get("/api/v1/worlds").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "[", "1.2.3.4"])
def test_other_names_for_this_machine_are_refused(server: Server, host: str) -> None:
    assert server.client.get("/api/v1/worlds", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1", "[::1]:7860", "127.0.0.2:1"])
def test_its_own_names_are_answered(server: Server, host: str) -> None:
    assert server.client.get("/api/v1/worlds", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_posts_from_other_sites_are_refused(server: Server, headers: dict[str, str]) -> None:
    answer = server.client.delete(f"/api/v1/worlds/{server.world}", headers=headers)
    assert answer.status_code == 403 and "another site" in answer.json()["detail"]
    assert server.client.get(f"/api/v1/worlds/{server.world}").json()["deleted"] is None


def test_posts_from_its_own_pages_are_taken(server: Server) -> None:
    headers = {"origin": "http://127.0.0.1:7860", "sec-fetch-site": "same-origin"}
    assert server.client.delete(f"/api/v1/worlds/{server.world}", headers=headers).status_code == 200


def test_websockets_from_other_sites_are_refused(server: Server) -> None:
    address = f"/api/v1/worlds/{server.world}/live"
    headers = {"origin": "https://evil.example", "host": "127.0.0.1:7860"}
    with pytest.raises(WebSocketDisconnect), server.client.websocket_connect(address, headers=headers):
        pass


def test_large_bodies_are_refused_before_and_while_they_come(server: Server) -> None:
    answer = server.client.post("/api/v1/worlds:generate", content=b"x" * 200_000)
    assert answer.status_code == 413 and "GB" in answer.json()["detail"]

    def pieces() -> Iterator[bytes]:
        for _ in range(30):
            yield b"x" * 10_000

    headers = {"content-type": "application/json"}
    answer = server.client.post("/api/v1/worlds:generate", content=pieces(), headers=headers)
    assert answer.status_code == 413
    answer = server.client.post("/api/v1/uploads", files={"files": ("a.jpg", b"x" * 1_100_000)})
    assert answer.status_code == 413
    assert server.client.post("/api/v1/uploads", files={"files": ("a.jpg", b"x" * 900_000)}).status_code == 201


@pytest.mark.parametrize("length", ["-5", "abc", "9" * 40])
def test_nonsense_lengths_are_refused(server: Server, length: str) -> None:
    answer = server.client.post("/api/v1/worlds:generate", content=b"{}", headers={"content-length": length})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/viewer/../../pyproject.toml",
        "/viewer/%2e%2e/%2e%2e/pyproject.toml",
        "/viewer//etc/passwd",
        "/viewer/..%2f..%2fpages/create.py",
        "/viewer/.stamp",
        "/api/v1/assets/../../etc/passwd",
        "/api/v1/assets/%2e%2e%2f%2e%2e%2findex.sqlite",
        "/api/v1/operations/..%2f..%2findex/log",
    ],
)
def test_paths_do_not_lead_out(server: Server, path: str) -> None:
    assert server.client.get(path).status_code in (404, 422)


@pytest.mark.parametrize("path", ["/api/v1/worlds", "/viewer/", "/nowhere"])
def test_answers_keep_browsers_careful(server: Server, path: str) -> None:
    headers = server.client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "SAMEORIGIN"
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "http" not in policy
    if path == "/viewer/":
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]


def test_gradio_serves_no_file_of_the_store(open_server: TestClient) -> None:
    right = {"authorization": f"Bearer {TOKEN}"}
    for target in ("/etc/passwd", "pyproject.toml", "../index.sqlite"):
        for route in ("/gradio_api/file=", "/file=", "/gradio_api/file/"):
            assert open_server.get(f"{route}{target}", headers=right).status_code in (403, 404, 405)
