"""The page's server: what it answers, and what it refuses."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.app.worlds import lopsided_gaussians, make_world
from worldloom.app.serve import WorldServer, make_server
from worldloom.app.viewer_page.buffer import BYTES_PER_SPLAT, pack
from worldloom.scene.errors import FormatError, WorldloomError
from worldloom.scene.gaussians import Gaussians, sh0_to_rgb


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorldServer]:
    folder = tmp_path_factory.mktemp("serve") / "world"
    make_world(folder)
    with make_server(folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(
    server: WorldServer, path: str, method: str = "GET", host: str | None = None
) -> tuple[int, bytes, http.client.HTTPMessage]:
    """Send `path` exactly as it is, which urllib would tidy up."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    connection.putrequest(method, path, skip_host=host is not None)
    if host:
        connection.putheader("Host", host)
    connection.endheaders()
    response = connection.getresponse()
    answer = response.status, response.read(), response.headers
    connection.close()
    return answer


@pytest.mark.parametrize(
    ("path", "mime_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/viewer.js", "text/javascript; charset=utf-8"),
        ("/sort_worker.js", "text/javascript; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/scene.json", "application/json"),
        ("/world.splats", "application/octet-stream"),
        ("/world.ply", "application/octet-stream"),
        ("/world.spz", "application/octet-stream"),
        ("/report.html", "text/html; charset=utf-8"),
        ("/report/photo%201.png", "image/png"),
    ],
)
def test_serves_the_page_the_world_and_the_report(server: WorldServer, path: str, mime_type: str) -> None:
    status, body, headers = ask(server, path)
    assert status == 200 and body
    assert headers["Content-Type"] == mime_type
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    head_status, head_body, head_headers = ask(server, path, "HEAD")
    assert (head_status, head_body, head_headers["Content-Length"]) == (200, b"", str(len(body)))


@pytest.mark.parametrize(
    "path",
    [
        "/world.json",
        "/layers/",
        "/report/",
        "/report/unused.png",
        "/../secret.json",
        "/%2e%2e/secret.json",
        "/report/../../secret.json",
        "/..%2f..%2fetc/passwd",
        "/etc/passwd",
        "//etc/passwd",
        "/world.ply/",
        "/viewer_page/buffer.py",
        "/buffer.py",
        "/%00",
        "/" + "a" * 5000,
        "secret.json",
    ],
)
def test_everything_else_is_not_found(server: WorldServer, path: str) -> None:
    status, body, _ = ask(server, path)
    assert status == 404
    assert b"root:" not in body


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "10.0.0.1:{port}", "[:{port}", "x" * 300]
)
def test_refuses_to_answer_by_another_name(server: WorldServer, host: str) -> None:
    assert ask(server, "/scene.json", host=host.format(port=server.server_address[1]))[0] == 421


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_answers_by_its_own_names(server: WorldServer, host: str) -> None:
    assert ask(server, "/scene.json", host=host.format(port=server.server_address[1]))[0] == 200


def test_when_every_machine_is_let_in_names_are_still_refused(tmp_path: Path) -> None:
    make_world(tmp_path / "world")
    with make_server(tmp_path / "world", host="0.0.0.0") as server:
        port = server.server_address[1]
        assert server.expects(f"192.168.1.7:{port}")
        assert not server.expects(f"evil.example:{port}")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_reads(server: WorldServer, method: str) -> None:
    assert ask(server, "/", method)[0] == 501


def test_describes_the_world(server: WorldServer) -> None:
    scene = json.loads(ask(server, "/scene.json")[1])
    assert scene["name"] == "Lopsided"
    assert scene["count"] * scene["bytesPerSplat"] == len(ask(server, "/world.splats")[1])
    assert scene["spawn"]["position"] == [0.6, 1.5, 4.0]
    assert [link["href"] for link in scene["links"]] == ["/world.ply", "/world.spz", "/report.html"]
    assert ask(server, "/world.ply")[2]["Content-Disposition"] == "attachment; filename*=UTF-8''world.ply"


def test_a_file_that_has_gone_is_not_found(tmp_path: Path) -> None:
    make_world(tmp_path / "world")
    with make_server(tmp_path / "world") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        (tmp_path / "world" / "world.ply").unlink()
        assert ask(server, "/world.ply")[0] == 404
        server.shutdown()


def test_a_busy_port_is_named(server: WorldServer, tmp_path: Path) -> None:
    make_world(tmp_path / "world")
    port = server.server_address[1]
    with pytest.raises(WorldloomError, match=f"Port {port} .*--port 0"):
        make_server(tmp_path / "world", port=port)
    with pytest.raises(WorldloomError, match="Port 70000"):
        make_server(tmp_path / "world", port=70000)


def test_a_folder_that_is_no_world_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not a world"):
        make_server(tmp_path)


def test_packed_splats_hold_what_the_shader_needs() -> None:
    gaussians = lopsided_gaussians(200)
    words = np.frombuffer(pack(gaussians), "<u4").reshape(len(gaussians), BYTES_PER_SPLAT // 4)
    assert np.array_equal(words[:, :3].copy().view("<f4"), gaussians.means.numpy())
    colors = words[:, 3:4].copy().view("u1") / 255
    assert np.abs(colors[:, :3] - sh0_to_rgb(gaussians.sh[:, 0]).clamp(0, 1).numpy()).max() < 1 / 255
    assert np.abs(colors[:, 3] - gaussians.opacities.numpy()).max() < 1 / 255
    upper = words[:, 4:7].copy().view("<f2").astype("f4") * words[:, 7:8].copy().view("<f4")
    trace = (gaussians.scales**2).sum(dim=1).numpy()
    assert np.allclose(upper[:, 0] + upper[:, 3] + upper[:, 5], trace, rtol=3e-3)
    harmonics = words[:, 8:11].copy().view("i1")[:, :9] / 127 * words[:, 11:12].copy().view("<f4")
    assert np.abs(harmonics - gaussians.sh[:, 1:4].reshape(-1, 9).numpy()).max() < 0.01


def test_packs_no_splats_and_plain_colour() -> None:
    assert pack(Gaussians.empty()) == b""
    plain = lopsided_gaussians(10)
    plain = Gaussians(*plain.tensors[:4], plain.sh[:, :1])
    words = np.frombuffer(pack(plain), "<u4").reshape(len(plain), -1)
    assert not words[:, 8:].any()
