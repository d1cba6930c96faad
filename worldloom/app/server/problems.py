"""Errors as problem+json (RFC 9457): one sentence for people, a status for programs."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from worldloom.scene.errors import (
    ConflictError,
    FormatError,
    InvalidDataError,
    MissingDependencyError,
    NotFoundError,
    WorldloomError,
)

_STATUSES: tuple[tuple[type[WorldloomError], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (InvalidDataError, 422),
    (FormatError, 422),
    (MissingDependencyError, 501),
    (WorldloomError, 500),
)
_logger = logging.getLogger(__name__)


class Problem(BaseModel):
    """What went wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    """A sentence: what, which, and what to do."""


RESPONSES = {
    status: {"description": HTTPStatus(status).phrase, "content": {"application/problem+json": {"schema": schema}}}
    for status, schema in (
        (status, {"$ref": "#/components/schemas/Problem"}) for status in (400, 401, 403, 404, 409, 413, 415, 422, 501)
    )
}
"""For the OpenAPI description of every route."""


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A response that tells a problem."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(body.model_dump(), status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Let all errors of an app leave as problems."""

    @app.exception_handler(WorldloomError)
    def _(request: Request, error: WorldloomError) -> Response:
        status = next(status for kind, status in _STATUSES if isinstance(error, kind))
        if status >= 500:
            _logger.error("%s %s: %s", request.method, request.url.path, error)
        return problem(status, str(error))

    @app.exception_handler(RequestValidationError)
    def _(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path", "header"))
        broken = first["type"] == "json_invalid"
        return problem(400 if broken else 422, f"{place or 'The request'} can't be used: {first['msg']}.")

    @app.exception_handler(HTTPException)
    def _(request: Request, error: HTTPException) -> Response:
        words = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
        return problem(error.status_code, words or _plain(error.status_code, request), dict(error.headers or {}))

    @app.exception_handler(Exception)
    def _(request: Request, error: Exception) -> Response:
        _logger.exception("%s %s", request.method, request.url.path, exc_info=error)
        return problem(500, "Something unexpected went wrong in the server; its log has the details.")


def _plain(status: int, request: Request) -> str:
    if status == 404:
        return f"There is nothing at {request.url.path}."
    if status == 405:
        return f"{request.url.path} does not take {request.method}."
    return f"{HTTPStatus(status).phrase}."
