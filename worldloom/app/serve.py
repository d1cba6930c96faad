"""Serve a page to walk through a world: on this machine only, and nothing but an explicit list of files."""

from __future__ import annotations

import errno
import ipaddress
import json
import threading
import webbrowser
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from worldloom.app.viewer_page import PAGE_FOLDER
from worldloom.app.viewer_page.buffer import BYTES_PER_SPLAT, pack
from worldloom.scene import world as worlds
from worldloom.scene.errors import WorldloomError
from worldloom.scene.world import World

_MIME_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
_BINARY = "application/octet-stream"
_PAGE_FILES = ("index.html", "style.css", "icon.svg", "viewer.js", "camera.js", "sort_worker.js")
_DOWNLOADS = {"PLY": "world.ply", "SPZ": "world.spz", "Quality report": "report.html"}
_PAGE_POLICY = "default-src 'self'; frame-ancestors 'self'"
_REPORT_POLICY = "default-src 'self'; script-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"


@dataclass(frozen=True)
class Resource:
    """What one address answers with."""

    body: bytes | Path
    """Bytes, or a file that is read anew for every request."""
    mime_type: str
    policy: str = _PAGE_POLICY
    """Content-Security-Policy."""
    attachment: str | None = None
    """File name to save under, for downloads."""

    def read(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else self.body.read_bytes()


def serve(world_folder: Path, *, host: str = "127.0.0.1", port: int = 0, open_browser: bool = False) -> None:
    """Serve the page until Ctrl-C.

    Args:
        host: an address of this machine; one that isn't a loopback address lets other machines in.
        port: 0 takes a free one.
        open_browser: show the page in the default browser.

    Raises:
        WorldloomError: `world_folder` is not a readable world, or the port can't be had.
    """
    with make_server(world_folder, host=host, port=port) as server:
        print(f"The world is at {server.address}  (Ctrl-C stops)", flush=True)
        if open_browser:
            threading.Thread(target=webbrowser.open, args=(server.address,), daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def make_server(world_folder: Path, *, host: str = "127.0.0.1", port: int = 0) -> WorldServer:
    """A server that is bound and not yet running; arguments and errors as in `serve`."""
    resources = world_resources(worlds.load(world_folder), world_folder)
    try:
        return WorldServer(host, port, resources)
    except (OSError, OverflowError) as error:
        in_use = getattr(error, "errno", None) == errno.EADDRINUSE
        problem = "is used by another program" if in_use else f"can't be opened ({error})"
        raise WorldloomError(
            f"Port {port} on {host} {problem}: stop that program, or choose another port (--port 0 takes a free one)."
        ) from None


def world_resources(world: World, folder: Path) -> dict[str, Resource]:
    """Every address that is answered, and with what."""
    gaussians = world.gaussians()
    downloads = {label: name for label, name in _DOWNLOADS.items() if (folder / name).is_file()}
    scene = {
        "name": world.name,
        "count": len(gaussians),
        "bytesPerSplat": BYTES_PER_SPLAT,
        "background": world.environment.background,
        "spawn": {"position": world.spawn.position, "rotation": world.spawn.rotation},
        "folder": str(folder.resolve()),
        "links": [{"label": label, "href": f"/{name}"} for label, name in downloads.items()],
    }
    page = {f"/{name}": Resource(PAGE_FOLDER / name, _MIME_TYPES[Path(name).suffix]) for name in _PAGE_FILES}
    found = {
        f"/{name}": Resource(folder / name, _BINARY, attachment=f"{folder.resolve().name}{Path(name).suffix}")
        for name in downloads.values()
        if name != "report.html"
    }
    return {
        **page,
        **found,
        **_report_resources(folder),
        "/": page["/index.html"],
        "/scene.json": Resource(json.dumps(scene).encode(), _MIME_TYPES[".json"]),
        "/world.splats": Resource(pack(gaussians), _BINARY),
    }


def _report_resources(folder: Path) -> dict[str, Resource]:
    """The report and the files inside the world's folder that it shows or links to."""
    report = folder / "report.html"
    if not report.is_file():
        return {}
    links = _Links()
    links.feed(report.read_text("utf-8", errors="replace"))
    root = folder.resolve()
    resources = {}
    for name in {"report.html", *links.relative}:
        path = (root / name).resolve()
        if path.is_file() and path.is_relative_to(root) and path.suffix.lower() in _MIME_TYPES:
            mime_type = _MIME_TYPES[path.suffix.lower()]
            resources["/" + path.relative_to(root).as_posix()] = Resource(path, mime_type, _REPORT_POLICY)
    return resources


class _Links(HTMLParser):
    """Collects the relative addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.relative: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href") and value:
                parts = urlsplit(value)
                if parts.path and not (parts.scheme or parts.netloc or parts.path.startswith("/")):
                    self.relative.add(unquote(parts.path))


class WorldServer(ThreadingHTTPServer):
    """Answers GET and HEAD for a fixed set of resources, when asked by an expected name."""

    daemon_threads = True

    def __init__(self, host: str, port: int, resources: Mapping[str, Resource]) -> None:
        self.resources = resources
        self.host = host
        super().__init__((host, port), _Handler)

    @property
    def address(self) -> str:
        """Where the page is."""
        shown = "127.0.0.1" if self.host in ("", "0.0.0.0") else self.host
        return f"http://{shown}:{self.server_address[1]}/"

    def expects(self, host_header: str) -> bool:
        """Whether a Host header names this server. Others are refused: a web page that points its own name at
        127.0.0.1 could otherwise read the world (DNS rebinding)."""
        try:
            name, port = urlsplit(f"//{host_header}").hostname, urlsplit(f"//{host_header}").port
        except ValueError:
            return False
        if name is None or (port or 80) != self.server_address[1]:
            return False
        if name in ("localhost", self.host):
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or self.host in ("", "0.0.0.0")


class _Handler(BaseHTTPRequestHandler):
    server: WorldServer  # pyright: ignore[reportIncompatibleVariableOverride]
    server_version = "worldloom"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        if not self.server.expects(self.headers.get("Host", "")):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, "This server answers only to its own address")
            return
        resource = self.server.resources.get(unquote(urlsplit(self.path).path))
        try:
            body = resource.read() if resource else None
        except OSError:
            body = None
        if resource is None or body is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", resource.mime_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", resource.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("Cache-Control", "no-store")
        if resource.attachment:
            self.send_header(
                "Content-Disposition", f"attachment; filename*=UTF-8''{quote(resource.attachment, safe='')}"
            )
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed for each request."""
