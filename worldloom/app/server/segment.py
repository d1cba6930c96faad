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
    from worldloom.app.editing.session import Session
    from worldloom.edit.state import EditState


def router(service: Service) -> APIRouter:
    """The one route."""
    routes = APIRouter(tags=["editing"])

    @routes.post("/worlds/{world}:segment")
    async def segment(world: Identifier, request: SegmentRequest) -> SegmentAnswer:
        """Have a segmentation model find the thing at a place, or what words name, in pictures from around it."""
        service.segmenters.check("points" if request.words is None else "words")

        def now(session: Session) -> EditState:
            session.refresh()
            return session.state

        state = await asyncio.wrap_future(service.editing.call(world, request.branch, now))
        # States never change: others go on editing while the model looks.
        return await run_in_threadpool(_answered, service, world, request, state)

    return routes


def _answered(service: Service, world: str, request: SegmentRequest, state: EditState) -> SegmentAnswer:
    from worldloom.app.editing.segment_request import answered
    from worldloom.edit.log import StoreSources

    store = service.store
    return answered(request, service.segmenters, state, store.blobs.add, StoreSources(store, world))
