"""The route of orders in words: it only proposes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from worldloom.app.command.schemas import ProposalList
from worldloom.app.jobs.kinds import Identifier
from worldloom.app.server.edit_schemas import BranchName, Person
from worldloom.app.server.service import Service
from worldloom.scene.store.worlds import MAIN
from worldloom.scene.world_record import Pose

if TYPE_CHECKING:
    from worldloom.app.editing.session import Session


class ProposeRequest(BaseModel):
    """An order in words."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    branch: BranchName = MAIN
    person: Person = ""
    """Whose selection "this" is."""
    view: Pose | None = None
    """From where left, right, near and far are said; None: from where visitors begin."""


def router(service: Service) -> APIRouter:
    """The one route."""
    routes = APIRouter(tags=["editing"])

    @routes.post("/worlds/{world}:propose")
    async def propose(world: Identifier, request: ProposeRequest) -> ProposalList:
        """Which operations a text asks for, and how many Gaussians each would change. Nothing is done."""

        async def ask(function: Callable[[Session], Any]) -> Any:
            return await asyncio.wrap_future(service.editing.call(world, request.branch, function))

        await ask(lambda session: None)  # with the first session comes torch, on its thread
        from worldloom.app.editing.proposing import Order, proposed

        order = Order(request.text, request.person, request.view)
        return await proposed(service.store, ask, order, service.segmenters, service.settings.language_model)

    return routes
