"""Which model backends there are: our own and those of installed packages (entry points "worldloom.models")."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterable
from importlib import metadata
from typing import Any

from worldloom.generate.models.card import ROLES, Card, Role
from worldloom.generate.models.catalogue import CARDS
from worldloom.scene.errors import InvalidDataError, NotFoundError, WorldloomError

GROUP = "worldloom.models"
"""Entry points of this group name a `Card`, or a function without arguments that gives several."""


def backends(role: Role | None = None) -> tuple[Card, ...]:
    """Cards of all backends, or of those for `role`, ours first, in an order that doesn't change. Loads no model."""
    if role is not None and role not in ROLES:
        raise InvalidDataError(f"'role' is '{role}', expected one of {', '.join(ROLES)}.")
    found = {card.id: card for card in CARDS}
    for card in _third_parties():
        if card.id in found:
            warnings.warn(f"Two model backends are called '{card.id}'; the first one is used.", stacklevel=2)
        else:
            found[card.id] = card
    return tuple(card for card in found.values() if role in (None, card.role))


def get(backend: str) -> Card:
    """The card of that id.

    Raises:
        NotFoundError: there is none.
    """
    for card in backends():
        if card.id == backend:
            return card
    raise NotFoundError(
        f"There is no model backend '{backend}'; there are {', '.join(card.id for card in backends())}."
    )


def default(role: Role) -> Card:
    """The openly licensed backend that a role has unless another is named, whether or not it is available.

    Raises:
        NotFoundError: every backend of that role is restricted, so one must be named and its terms accepted.
    """
    for card in backends(role):
        if not card.restricted:
            return card
    raise NotFoundError(f"No backend for {ROLES[role]} is openly licensed; name one and accept its terms.")


def availability(card: Card) -> tuple[bool, str]:
    """As `Card.available`, and for our own algorithms that are made of other models whether those are there."""
    ok, reason = card.available()
    if not ok:
        return ok, reason
    for part in card.parts:
        inside = default(part)
        ok, reason = inside.available()
        if not ok:
            return False, f"It works with a model for {ROLES[part]}. {reason}"
    return True, ""


def load(
    backend: str | Card,
    model: str | None = None,
    *,
    device: str | None = None,
    accept: Iterable[str] = (),
    **options: Any,
) -> Any:
    """Load a backend: weights into memory. Nothing is downloaded, and no other backend is ever taken instead.

    Args:
        backend: its id.
        model: a hub id that was downloaded, or a folder; None for the card's own.
        device: "cuda" or "cpu"; None for the GPU where there is one.
        accept: ids of backends whose restricted terms are accepted (see also WORLDLOOM_ACCEPT_LICENCES).
        options: what that backend's loader takes besides.

    Returns:
        An object with the methods of the role's protocol in `interfaces`.

    Raises:
        NotFoundError: there is no such backend.
        InvalidDataError: it can't be used here; the sentence says why and what to do.
    """
    card = backend if isinstance(backend, Card) else get(backend)
    folder = card.check(model, device=device, accept=accept)
    module, _, name = card.loader.partition(":")
    try:
        loader = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InvalidDataError(f"{card.title} can't be loaded: {card.loader} is not there ({error}).") from error
    if card.parts:
        try:
            return loader(card, **options)
        except TypeError:
            wanted = ", ".join(f"{part}=..." for part in card.parts)
            raise InvalidDataError(f"{card.title} works with models that are loaded already: pass {wanted}") from None
    try:
        return loader(card, folder, device=device, **options)
    except WorldloomError:
        raise
    except Exception as error:  # model libraries raise whatever they like for files they can't read
        where = folder or card.title
        raise InvalidDataError(f"{card.title} could not be loaded from {where}: {_first_line(error)}") from error


def _third_parties() -> list[Card]:
    cards: list[Card] = []
    for entry in sorted(metadata.entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            given = entry.load()
            found = [given] if isinstance(given, Card) else list(given())
            if not all(isinstance(card, Card) and card.role in ROLES for card in found):
                raise TypeError("it gives something else than cards")
        except Exception as error:  # another project's code: whatever it raises mustn't take ours down
            warnings.warn(f"The model backends of '{entry.name}' can't be used: {_first_line(error)}", stacklevel=2)
            continue
        cards += found
    return cards


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
