"""The viewer's files: compressed once, and kept by browsers for as long as their names don't change."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from worldloom.scene.errors import NotFoundError

VIEWER = Path(__file__).parents[1] / "viewer" / "dist"
FOREVER = "public, max-age=31536000, immutable"
_COMPRESSIBLE = {".html", ".js", ".css", ".svg", ".json", ".wasm"}


@dataclass(frozen=True)
class _File:
    body: bytes
    packed: bytes | None
    tag: str
    mime_type: str
    forever: bool


@cache
def _files(folder: Path, built: int) -> dict[str, _File]:
    """All files of the built page, in memory: they are few and small."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return {path.relative_to(folder).as_posix(): _load(path) for path in sorted(paths)}


def _load(path: Path) -> _File:
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0) if path.suffix in _COMPRESSIBLE else None
    mime_type = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
    # Vite puts a hash of the content into the names in assets/.
    return _File(
        body,
        packed,
        f'"{hashlib.sha256(body).hexdigest()[:20]}"',
        mime_type or "application/octet-stream",
        path.parent.name == "assets",
    )


def router(folder: Path = VIEWER) -> APIRouter:
    """Routes under /viewer."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/viewer")
    def without_slash(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/viewer/{query}", 308)

    @routes.get("/viewer/{path:path}")
    def file(path: str, request: Request) -> Response:
        index = folder / "index.html"
        if not index.is_file():
            raise NotFoundError("The viewer was not built; install Worldloom again with `pip install .`.")
        found = _files(folder, index.stat().st_mtime_ns).get(path or "index.html")
        if found is None:
            raise NotFoundError(f"The viewer has no file '{path}'.")
        headers = {
            "cache-control": FOREVER if found.forever else "no-cache",
            "etag": found.tag,
            "vary": "accept-encoding",
        }
        if request.headers.get("if-none-match") == found.tag:
            return Response(status_code=304, headers=headers)
        if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(found.packed, headers=headers | {"content-encoding": "gzip"}, media_type=found.mime_type)
        return Response(found.body, headers=headers, media_type=found.mime_type)

    return routes
