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
from worldloom.app.editing.now import Now
from worldloom.app.editing.segment_request import looker
from worldloom.app.editing.segmenters import Segmenters
from worldloom.app.editing.session import Session
from worldloom.scene.errors import InvalidDataError, WorldloomError
from worldloom.scene.store.store import Store
from worldloom.scene.world_record import Pose

MODEL_SECONDS = 60.0
"""For each answer of a language model."""
_reading_threads = CapacityLimiter(8)
"""Threads that read orders or wait for a model that does; who comes later waits for them."""

Ask = Callable[[Callable[[Session], Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Order:
    """What somebody says."""

    text: str
    person: str
    """Whose selection "this" is."""
    view: Pose | None = None
    """From where it is said; None: from where visitors begin."""


def read_by_rules(store: Store, now: Now, order: Order, segmenters: Segmenters) -> Proposals:
    """What an order asks for, read offline. What it needs is kept for this world's edits.

    Args:
        segmenters: find what has neither a class nor a layer, if there is one that is asked by words.

    Raises:
        InvalidDataError: the text is empty, too long or not English.
    """
    look = looker(segmenters, order.view or now.state.world.spawn, now.keeper(store, "mask.png"))
    keep = now.keeper(store, "proposed.safetensors")
    return propose(
        order.text, now.state, person=order.person, sources=now.sources, keep=keep, view=order.view, look=look
    )


async def proposed(store: Store, ask: Ask, order: Order, segmenters: Segmenters, model: str | None) -> ProposalList:
    """What an order asks for; nothing of it is done. Others go on editing while it is read.

    Args:
        ask: has something done with the session.
        model: a litellm model id; if it fails or finds nothing, the rules read the order, and a note says so.

    Raises:
        InvalidDataError: nothing could read it.
    """
    now = await ask(Now.of)
    if model is None:
        return ProposalList.of(await _reading(read_by_rules, store, now, order, segmenters))
    try:
        found = await _reading(read_by_model, now, order, model)
        if found.proposals:
            return ProposalList.of(found, by=model)
        note = f"The model {model} found no operation for this."
    except WorldloomError as error:
        note = str(error)
    try:
        found = await _reading(read_by_rules, store, now, order, segmenters)
    except InvalidDataError as error:
        raise InvalidDataError(f"{note} {error}") from None
    return ProposalList.of(found, note=f"{note} The order was read by rules instead.")


def read_by_model(now: Now, order: Order, model: str) -> Proposals:
    """What a language model makes of an order.

    Raises:
        InvalidDataError: the model can't be asked, or gives nothing valid.
        MissingDependencyError: litellm is not installed.
    """
    return propose_with_llm(
        order.text, model, now.state, person=order.person, sources=now.sources, timeout=MODEL_SECONDS
    )


async def _reading(read: Callable[..., Proposals], *arguments: object) -> Proposals:
    return await to_thread.run_sync(partial(read, *arguments), limiter=_reading_threads)
