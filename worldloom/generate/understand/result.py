"""What understanding a text gives back: the spec, and which words made it so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from worldloom.generate.spec import WorldSpec
from worldloom.scene.errors import InvalidDataError


@dataclass(frozen=True)
class Phrase:
    """A piece of the text: characters `start` to `end` (end excluded)."""

    start: int
    end: int
    text: str
    meaning: str
    """What it was taken to mean, or why it had no effect, in plain words."""
    by: Literal["words", "similarity", "nothing"] = "words"
    confidence: float = 1.0
    """0..1: 1 for a known word, less for a corrected or a similar one."""


@dataclass(frozen=True)
class Understanding:
    """A text's spec, and the account of it: every content word is in `understood` or in `unknown`."""

    spec: WorldSpec
    understood: tuple[Phrase, ...]
    unknown: tuple[Phrase, ...]
    assumed: tuple[str, ...]
    """What was chosen because the text did not say, in plain words."""
    by: str
    """"words", "words and similarity", or the id of a language model."""
    note: str = ""
    """Why a part of the machinery was not used, if one was not."""

    def checked(self) -> Understanding:
        """Itself, if anything was understood.

        Raises:
            InvalidDataError: none of the text's words says what the world is like; what would be built is not what
                somebody asked for.
        """
        if self.unknown and not self.understood:
            some = ", ".join(dict.fromkeys(phrase.text for phrase in self.unknown))
            raise InvalidDataError(
                f"Nothing of this text says what the world is like ({some[:80]}); name a place, such as 'a lake in a "
                "pine forest'."
            )
        return self
