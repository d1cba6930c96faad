"""Who may ask, and how much they may send: in front of every route, file and websocket alike."""

from __future__ import annotations

import re
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worldloom.app.server.access import Access, Wanted, allowed, wanted
from worldloom.app.server.problems import problem
from worldloom.app.server.schemas import API
from worldloom.app.server.settings import ServerSettings, is_loopback
from worldloom.scene.errors import NotFoundError
from worldloom.scene.store.shares import Share
from worldloom.scene.store.store import Store

COOKIE = "worldloom-token"
SHARE_COOKIE = "worldloom-share-"
"""Followed by the world's identifier."""
_MOST_LINKS = 20
_SAFE = ("GET", "HEAD", "OPTIONS")
_UPLOADS = re.compile(rf"{API}/uploads|{API}/worlds/[0-9a-z]+/uploads|/gradio_api/upload")

_COMMON_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "SAMEORIGIN",
}
VIEWER_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self' blob: data:; frame-ancestors 'self'; base-uri 'self'; form-action 'self'"
)
PAGES_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; media-src 'self' blob: data:; "
    "font-src 'self' data:; connect-src 'self' blob: data:; frame-src 'self'; frame-ancestors 'self'; "
    "base-uri 'self'; form-action 'self'"
)
"""Gradio's pages run inline scripts; nothing may come from, or go to, another host."""

_ASK = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Worldloom</title><style>
body{font:16px system-ui;display:grid;place-content:center;min-height:90vh;margin:1rem;background:#101418;color:#e8edf2}
form{display:grid;gap:.8rem;max-width:22rem}input,button{font:inherit;padding:.6rem;border-radius:.5rem;border:0}
button{background:#5aa9e6;color:#06131d;font-weight:600}</style>
<form method="get"><h1>Worldloom</h1><label for="token">This server asks for a token. It was printed where the server
was started.</label><input id="token" name="token" type="password" autofocus required>
<button>Enter</button></form></html>"""


class Guard:
    """ASGI middleware: expected host, same origin, token or link, size, and headers that keep browsers careful."""

    def __init__(self, app: ASGIApp, settings: ServerSettings, store: Store) -> None:
        self._app = app
        self._settings = settings
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        found = self._refusal(scope) or await self._identified(scope)
        if isinstance(found, Response):
            await _refuse(found, scope, receive, send)
            return
        scope.setdefault("state", {})["access"] = found
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        await self._limited(scope, receive, _with_headers(scope, send))

    def _refusal(self, scope: Scope) -> Response | None:
        """Why this request isn't answered; None if it is."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self._settings.loopback and not is_loopback(_host_name(host)):
            # A page elsewhere could point a name of its own at 127.0.0.1 and read everything.
            return problem(421, "This server answers only to its own address, 127.0.0.1 or localhost.")
        if not _same_origin(scope, headers, host):
            return problem(403, "This request comes from a page of another site, and is refused.")
        return None

    async def _identified(self, scope: Scope) -> Response | Access:
        """Who asks, or the answer to someone who has neither the token nor a link."""
        token = self._settings.token
        if token is None:
            return Access()
        headers = Headers(scope=scope)
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = bearer.strip() if scheme.lower() == "bearer" else ""
        cookies = _cookies(headers)
        if _equal(given, token) or _equal(cookies.get(COOKIE, ""), token):
            return Access()
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        if scope["type"] == "http" and scope["method"] in _SAFE and _equal(query.get("token", ""), token):
            return _remembering(scope, "token", COOKIE, token)
        shared = await self._shared(scope, [given], cookies, query)
        return shared if shared is not None else _ask(scope, headers)

    async def _shared(
        self, scope: Scope, given: list[str], cookies: dict[str, str], query: dict[str, str]
    ) -> Response | Access | None:
        """What someone may do who came by a link; None if there is no link to this."""
        request = wanted(scope["path"], scope.get("method", "websocket"))
        if request is None:
            return None
        linked = query.get("share", "")
        remembered = [value for name, value in cookies.items() if name.startswith(SHARE_COOKIE)]
        refused: Response | None = None
        for token in [linked, *given, *remembered][:_MOST_LINKS]:
            share = await run_in_threadpool(self._store.shares.find, token) if token else None
            if share is None or not await run_in_threadpool(self._about, share, request):
                continue
            if not allowed(share, request):
                refused = problem(403, f"Your link lets you be a {share.role} of this world; this takes more.")
            elif token == linked and scope["type"] == "http" and scope["method"] in _SAFE:
                return _remembering(scope, "share", f"{SHARE_COOKIE}{share.world}", token)
            else:
                return Access(share.role, share.id)
        return refused

    def _about(self, share: Share, request: Wanted) -> bool:
        """Whether a request is about the world that a link opens."""
        match request.kind:
            case "world":
                return request.name == share.world
            case "asset":
                return self._store.shares.holds(share.world, request.name)
            case "operation":
                try:
                    return self._store.operations.get(request.name).world == share.world
                except NotFoundError:
                    return False
        return True

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, but stop reading a body that is too large."""
        uploads = _UPLOADS.match(scope["path"]) is not None
        limit = self._settings.upload_limit if uploads else self._settings.body_limit
        declared = Headers(scope=scope).get("content-length", "0")
        refusal = problem(413, f"This is more than {limit / 1e9:.3g} GB; send less at a time.")
        if not declared.isdecimal() or int(declared) > limit:
            await refusal(scope, receive, send)
            return
        received, refused = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > limit:
                    return {"type": "http.disconnect"}
            return message

        async def sending(message: Message) -> None:
            nonlocal refused
            if received <= limit:
                await send(message)
            elif not refused:  # whatever the app makes of a body that ends early, this is why
                refused = True
                await refusal(scope, receive, send)

        await self._app(scope, counted, sending)


def _ask(scope: Scope, headers: Headers) -> Response:
    """The answer to someone unknown."""
    if scope["type"] == "http" and "text/html" in headers.get("accept", ""):
        return HTMLResponse(_ASK, 401)
    return problem(401, "A token is needed: send it as 'Authorization: Bearer TOKEN'.", {"www-authenticate": "Bearer"})


def _remembering(scope: Scope, parameter: str, cookie: str, token: str) -> Response:
    """Sends a browser to the same address without the secret in it, which it keeps as a cookie from now on."""
    query = [(name, value) for name, value in parse_qsl(scope["query_string"].decode("latin-1")) if name != parameter]
    answer = RedirectResponse(scope["path"] + (f"?{urlencode(query)}" if query else ""), 303)
    answer.set_cookie(cookie, token, httponly=True, samesite="strict", max_age=30 * 24 * 3600)
    return answer


def _same_origin(scope: Scope, headers: Headers, host: str) -> bool:
    """Whether a request that could change something, or a websocket, comes from our own pages or from a program."""
    if scope["type"] == "http" and scope["method"] in _SAFE:
        return True
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return False
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2].lower() == host.lower()


def _host_name(host: str) -> str:
    """The name in a Host header; empty if it makes no sense."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _cookies(headers: Headers) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def _equal(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode(), token.encode())


async def _refuse(refusal: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await refusal(scope, receive, send)
    else:  # before it is accepted: the browser sees a failed handshake
        await receive()
        await send({"type": "websocket.close", "code": 4401 if refusal.status_code == 401 else 4403})


def _with_headers(scope: Scope, send: Send) -> Send:
    policy = VIEWER_POLICY if scope["path"].startswith("/viewer") else PAGES_POLICY

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _COMMON_HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("content-security-policy", policy)
        await send(message)

    return sending
