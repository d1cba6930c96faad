"""The segmentation models that whoever runs Worldloom has set up. Free of torch until one is asked."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from worldloom.generate.models import registry
from worldloom.generate.models.card import ROLES, Card, Question
from worldloom.scene.errors import ConflictError, InvalidDataError

if TYPE_CHECKING:
    from worldloom.generate.models.interfaces import Segmenter

_FOR: dict[Question, str] = {"points": "sam2", "words": "clipseg", "boxes": "sam2"}
"""What a refusal advises."""


class Segmenters:
    """Each is loaded when it is first asked, and stays. For any thread."""

    def __init__(self, named: Sequence[str] = ()) -> None:
        """
        Args:
            named: "id" of a backend or "id=folder", as in `docs/models.md`; the first that can be asked a question is.

        Raises:
            NotFoundError: there is no backend of that id.
            InvalidDataError: one is for something else, or can't be used here; the sentence says what to do.
        """
        self._named: list[tuple[Card, str | None]] = []
        self._loaded: dict[str, Segmenter] = {}
        self._lock = threading.Lock()
        for one in named:
            name, _, source = one.partition("=")
            card = registry.get(name)
            if card.role != "segmenter":
                raise InvalidDataError(f"'{name}' is for {ROLES[card.role]}, not for {ROLES['segmenter']}.")
            card.check(source or None)
            self._named.append((card, source or None))

    def can(self, question: Question) -> bool:
        """Whether one is set up that can be asked so."""
        return any(question in card.asked_by for card, _ in self._named)

    def get(self, question: Question) -> Segmenter:
        """The one to ask.

        Raises:
            ConflictError: none is set up; it says how one is.
            InvalidDataError: it can't be loaded.
        """
        self.check(question)
        card, source = next(named for named in self._named if question in named[0].asked_by)
        with self._lock:
            if card.id not in self._loaded:
                self._loaded[card.id] = registry.load(card, source)
            return self._loaded[card.id]

    def check(self, question: Question) -> None:
        """
        Raises:
            ConflictError: none is set up that can be asked so; it says how one is.
        """
        if not self.can(question):
            raise ConflictError(
                f"No segmentation model that is asked by {question} is set up here; whoever runs Worldloom sets one up "
                f"by the option --segmenter {_FOR[question]} (see docs/models.md)."
            )
