"""A text is checked before it is read: its length, its script and its language."""

from __future__ import annotations

import re
import unicodedata

from worldloom.generate.understand.spelling import english_words
from worldloom.generate.understand.vocabulary import lexicon, load, singular
from worldloom.scene.errors import InvalidDataError

LIMIT = 4000
_READ = "describe the world in English"
_TAG = re.compile(r"<[^<>]{0,400}>")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")


def checked(text: str) -> str:
    """The text with control characters as spaces, every character in its place.

    Raises:
        InvalidDataError: it is empty, too long, has no words, or is in a language we don't read.
    """
    if not isinstance(text, str):
        raise InvalidDataError("The description must be a text.")
    if not text.strip():
        raise InvalidDataError("The description is empty; say in a sentence what the world should be.")
    if len(text) > LIMIT:
        raise InvalidDataError(
            f"The description has {len(text):,} characters, and at most {LIMIT:,} are read; say it in fewer words."
        )
    clean = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") and c != "\n" else c for c in text)
    letters = [c for c in clean if c.isalpha()]
    if not letters:
        raise InvalidDataError(f"The description has no words; {_READ}.")
    _check_script(letters)
    _check_language(clean)
    return clean


def _check_script(letters: list[str]) -> None:
    names: dict[str, int] = {}
    for letter in letters:
        script = unicodedata.name(letter, "?").split()[0]
        if script not in ("LATIN", "FULLWIDTH", "FEMININE", "MASCULINE", "MODIFIER"):
            names[script] = names.get(script, 0) + 1
    if sum(names.values()) > 0.3 * len(letters):
        script = max(names, key=lambda name: names[name])
        language = load("languages.toml")["scripts"].get(script, f"{script.capitalize()} script")
        raise InvalidDataError(f"The description seems to be in {language}, and only English is read; {_READ}.")


def _check_language(text: str) -> None:
    """Foreign function words, or too few English ones."""
    words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(_TAG.sub(" ", text))]
    known = lexicon().words
    ours = sum(word in known or singular(word) in known for word in words)
    english = ours + sum(
        word not in known and (word in english_words() or singular(word) in english_words()) for word in words
    )
    tables = load("languages.toml")
    best, language = 0, ""
    for name, listed in tables["words"].items():
        function = set(listed.split())
        found = sum(word in function and word not in known for word in words)
        if found > best:
            best, language = found, name
    others = len(words) - best
    shared = sum(word in tables["shared"]["words"].split() for word in words)
    if best >= 2 and best / len(words) > 0.15 and ours - shared < 0.6 * others:
        raise InvalidDataError(f"The description seems to be in {language}, and only English is read; {_READ}.")
    if len(words) >= 4 and english < 0.35 * len(words):
        raise InvalidDataError(f"The description does not seem to be in English, the one language read; {_READ}.")
