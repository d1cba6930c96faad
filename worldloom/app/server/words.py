"""What the server says of a text before a world is made of it."""

from __future__ import annotations

from dataclasses import asdict

from worldloom.app.server.schemas import PhraseModel, Understood
from worldloom.generate.spec import WorldSpec


def understood(prompt: str, seed: int = 0, base: WorldSpec | None = None) -> Understood:
    """The spec of a text, or with `base` that spec after the text as an edit, and the account of its words.

    Raises:
        InvalidDataError: the text is empty, too long or not English.
    """
    from worldloom.generate.understand import describe, understand

    read = understand(prompt, seed=seed, base=base)
    return Understood(
        spec=read.spec,
        description=describe(read.spec),
        understood=[PhraseModel(**asdict(phrase)) for phrase in read.understood],
        unknown=[PhraseModel(**asdict(phrase)) for phrase in read.unknown],
        assumed=list(read.assumed),
        by=read.by,
        note=read.note,
    )
