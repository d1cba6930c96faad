"""Routes of links by which others open a world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from worldloom.app.jobs.kinds import Identifier
from worldloom.app.server.edit_schemas import NewShare, ShareList, ShareModel, ShareRequest
from worldloom.scene.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable


def router(store: Store, revoke: Callable[[set[str]], None], *, enforced: bool) -> APIRouter:
    """All of them.

    Args:
        revoke: closes what is open by these links.
        enforced: whether the server lets nobody in without a token or a link.
    """
    routes = APIRouter(tags=["shares"])

    @routes.get("/worlds/{world}/shares")
    def list_shares(world: Identifier) -> ShareList:
        """All links to a world, revoked ones too. What is in them is not kept."""
        store.worlds.get(world)
        return ShareList(shares=[ShareModel.of(share) for share in store.shares.of(world)], enforced=enforced)

    @routes.post("/worlds/{world}/shares", status_code=201)
    def share_world(world: Identifier, request: ShareRequest, asked: Request) -> NewShare:
        """Make a link that opens this world, and no other, with a role. It is shown this once."""
        share, token = store.shares.create(world, request.role, request.label)
        url = f"{asked.base_url}viewer/?world={world}&share={token}"
        return NewShare(**ShareModel.of(share).model_dump(), token=token, url=url)

    @routes.delete("/worlds/{world}/shares/{share}")
    async def revoke_share(world: Identifier, share: Identifier) -> ShareModel:
        """End a link at once, pages that are open by it too."""
        ended = await run_in_threadpool(store.shares.revoke, world, share)
        revoke({share})
        return ShareModel.of(ended)

    return routes
