"""The words of `assets/vocabulary/edits.toml`, and finding them where they stand in a text."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from worldloom.generate.understand.vocabulary import load, singular


def table(group: str) -> dict[str, Any]:
    """A table of the file."""
    return load("edits.toml")[group]


def phrase_at(group: str, text: str, at: int) -> tuple[str, int] | None:
    """The longest phrase of a table that stands in lower-case `text` at character `at`: its name and its end."""
    match = _pattern(group).match(text, at)
    if match is None:
        return None
    return _names(group)[" ".join(match.group().split())], match.end()


def classes_of(word: str) -> list[str]:
    """Ways to say the classes of what is called so, the best first; none where we have no class for it."""
    known = table("classes")
    return known.get(word) or known.get(singular(word)) or []


def is_mass(name: str) -> bool:
    """Whether a class is not counted: one says "the grass", not "a grass"."""
    return any(name == mass or name.startswith(f"{mass}/") for mass in table("mass")["classes"])


@cache
def _names(group: str) -> dict[str, str]:
    """Phrase -> name."""
    names: dict[str, str] = {}
    for name, said in table(group).items():
        for phrase in said if isinstance(said, list) and said and isinstance(said[0], str) else [name]:
            names.setdefault(phrase, name)
    return names


@cache
def _pattern(group: str) -> re.Pattern[str]:
    longest = sorted(_names(group), key=len, reverse=True)
    words = [r"\s+".join(re.escape(word) for word in phrase.split()) for phrase in longest]
    return re.compile(rf"(?<![\w'])(?:{'|'.join(words)})(?![\w'])")
