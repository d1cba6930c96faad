"""What somebody may do: the server's owner all, those who came by a link what it says, in its one world."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from worldloom.app.server.schemas import API
from worldloom.edit.operation import Operation
from worldloom.scene.errors import InvalidDataError
from worldloom.scene.store.shares import Role, Share, Shares, may

_WORLD = re.compile(rf"{API}/worlds/([0-9a-z]{{12}})(?=[/:]|$)(.*)")
_ASSET = re.compile(rf"{API}/assets/([0-9a-f]{{64}})\.\w+")
_OPERATION = re.compile(rf"{API}/operations/([0-9a-z]{{12}})(/\w+)?")
_HASHES = re.compile(r"[0-9a-f]{64,}")
_READS = ("GET", "HEAD", "OPTIONS", "websocket")
_LOOKING = (":find", ":histogram")
_BEYOND = (":duplicate",)
"""What makes another world."""
_EDITING = ("/uploads", ":edit", ":undo", ":redo", ":save", ":propose", ":segment", ":restore", ":event", ":export")


@dataclass(frozen=True)
class Access:
    """Who asks."""

    role: Role = "owner"
    share: str | None = None
    """The link that they came by; None: this server is theirs."""


def access_of(connection: HTTPConnection) -> Access:
    """What the guard found out about who asks."""
    return getattr(connection.state, "access", None) or Access()


async def check_reach(access: Access, shares: Shares, world: str, operations: Sequence[Operation]) -> None:
    """See to it that nobody takes by an operation what their link does not open.

    Raises:
        InvalidDataError: one of them takes something from another world, or names a file that is not of this one.
    """
    if access.share is None:
        return
    if any(set(operation.from_worlds) - {world} for operation in operations):
        raise InvalidDataError("Your link opens this world only; ask its owner to put another one into it.")
    # Whatever the log names, it opens (`Shares.holds`): so every text is looked through, not only what is a file's.
    blobs = {name for operation in operations for name in _HASHES.findall(operation.model_dump_json())}
    for blob in blobs:
        if not await run_in_threadpool(shares.holds, world, blob):
            raise InvalidDataError(f"Your link opens no file '{blob}' of this world; send it to this world first.")


@dataclass(frozen=True)
class Wanted:
    """What a request of someone with a link is about."""

    kind: Literal["world", "asset", "operation", "page"]
    name: str = ""
    """Identifier or hash."""
    role: Role = "viewer"
    """What it takes."""


def wanted(path: str, method: str) -> Wanted | None:
    """What a request is about; None if no link opens that.

    Args:
        method: of HTTP, or "websocket".
    """
    if path == "/viewer" or path.startswith("/viewer/"):
        return Wanted("page") if method in _READS else None
    if found := _ASSET.fullmatch(path):
        return Wanted("asset", found[1]) if method in _READS else None
    if found := _OPERATION.fullmatch(path):
        return Wanted("operation", found[1]) if method in _READS else None
    if (found := _WORLD.fullmatch(path)) and found[2] not in _BEYOND:
        return Wanted("world", found[1], _role(found[2], method))
    return None


def allowed(share: Share, request: Wanted) -> bool:
    """Whether a link opens something about its world."""
    return (request.kind != "world" or request.name == share.world) and may(share.role, request.role)


def _role(rest: str, method: str) -> Role:
    """What it takes to ask for something of a world."""
    if rest == "/shares" or rest.startswith("/shares/"):
        return "owner"
    if method in _READS or (method == "POST" and rest in _LOOKING):
        return "viewer"
    if method == "POST" and (rest in _EDITING or rest.startswith(("/branches", "/viewers/"))):
        return "editor"
    return "owner"
