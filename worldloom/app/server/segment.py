"""The route of segmentation models: they only look; what is selected is done as every other operation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from worldloom.app.jobs.kinds import Identifier
from worldloom.app.server.segment_schemas import SegmentAnswer, SegmentRequest
from worldloom.app.server.service import Service

if TYPE_CHECKING:
    from worldloom.app.editing.now import Now
    from worldloom.app.editing.session import Session


def router(service: Service) -> APIRouter:
    """The one route."""
    routes = APIRouter(tags=["editing"])

    @routes.post("/worlds/{world}:segment")
    async def segment(world: Identifier, request: SegmentRequest) -> SegmentAnswer:
        """Have a segmentation model find the thing at a place, or what words name, in pictures from around it."""
        service.segmenters.check("points" if request.words is None else "words")

        now = await asyncio.wrap_future(service.editing.call(world, request.branch, _now))
        return await run_in_threadpool(_answered, service, request, now)

    return routes


def _now(session: Session) -> Now:
    from worldloom.app.editing.now import Now  # with the first session comes torch, on its thread

    return Now.of(session)


def _answered(service: Service, request: SegmentRequest, now: Now) -> SegmentAnswer:
    from worldloom.app.editing.segment_request import answered

    return answered(request, service.segmenters, service.store, now)
