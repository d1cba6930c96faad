"""What an order in words asks for in a world that is edited: read by rules, or by a language model where one is set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread

from worldloom.app.command.llm import propose_with_llm
from worldloom.app.command.propose import Proposals, propose
from worldloom.app.command.schemas import ProposalList
from worldloom.app.editing.session import Session
from worldloom.edit.operation import Sources
from worldloom.edit.state import EditState
from worldloom.scene.errors import InvalidDataError, WorldloomError
from worldloom.scene.store.store import Store
from worldloom.scene.world_record import Pose

MODEL_SECONDS = 60.0
"""For each answer of a language model."""
_asking = CapacityLimiter(8)
"""Threads that wait for one; who comes later waits for them."""

Ask = Callable[[Callable[[Session], Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Order:
    """What somebody says."""

    text: str
    person: str
    """Whose selection "this" is."""
    view: Pose | None = None
    """From where it is said; None: from where visitors begin."""


def read_by_rules(store: Store, session: Session, order: Order) -> Proposals:
    """What an order asks for, read offline. What it needs is kept for this world's edits.

    Raises:
        InvalidDataError: the text is empty, too long or not English.
    """

    def keep(made: bytes) -> str:
        return store.uploads.add_bytes("proposed.safetensors", made, world=session.world)

    session.refresh()
    return propose(order.text, session.state, person=order.person, sources=session.sources, keep=keep, view=order.view)


async def proposed(store: Store, ask: Ask, order: Order, model: str | None) -> ProposalList:
    """What an order asks for; nothing of it is done. Others go on editing while a model thinks.

    Args:
        ask: has something done with the session.
        model: a litellm model id; if it fails or finds nothing, the rules read the order, and a note says so.

    Raises:
        InvalidDataError: nothing could read it.
    """
    if model is None:
        return ProposalList.of(await ask(lambda session: read_by_rules(store, session, order)))
    try:
        found = await read_by_model(ask, order, model)
        if found.proposals:
            return ProposalList.of(found, by=model)
        note = f"The model {model} found no operation for this."
    except WorldloomError as error:
        note = str(error)
    try:
        found = await ask(lambda session: read_by_rules(store, session, order))
    except InvalidDataError as error:
        raise InvalidDataError(f"{note} {error}") from None
    return ProposalList.of(found, note=f"{note} The order was read by rules instead.")


async def read_by_model(ask: Ask, order: Order, model: str) -> Proposals:
    """What a language model makes of an order, in the state at which it was given.

    Raises:
        InvalidDataError: the model can't be asked, or gives nothing valid.
        MissingDependencyError: litellm is not installed.
    """

    def now(session: Session) -> tuple[EditState, Sources]:
        session.refresh()
        return session.state, session.sources

    state, sources = await ask(now)
    read = partial(
        propose_with_llm, order.text, model, state, person=order.person, sources=sources, timeout=MODEL_SECONDS
    )
    return await to_thread.run_sync(read, limiter=_asking)
