"""A text as clauses: one order each, its verb in front."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from worldloom.app.command.words import phrase_at

_ENDS = re.compile(r"[;!?\n]+|(?<!\d)\.|\.(?!\d)")
_JOINTS = re.compile(r",?\s*\b(?:and then|then|and|but)\b\s*|,\s*")
_QUOTED = re.compile(r"[\"\u201c\u201d]([^\"\u201c\u201d]*)[\"\u201c\u201d]")


@dataclass(frozen=True)
class Clause:
    """Characters `start` to `end` of the text."""

    start: int
    end: int
    verb: str
    """A name in the table "verbs"; "" where none begins it."""
    body: int
    """Where what comes after the verb begins."""
    refused: bool = False
    """It says what shall not be done."""


def clauses(text: str) -> list[Clause]:
    """The orders of a text, in their order. Characters keep their places."""
    low = blanked(text)
    cuts = [0]
    for match in _ENDS.finditer(low):
        cuts.append(match.end())
    for match in _JOINTS.finditer(low):
        joint = match.group().strip(" ,")
        if joint in ("then", "and then") or _begins_order(low, match.end(), refusing=joint == "but"):
            cuts.append(match.start() if joint == "but" else match.end())
    cuts = sorted({*cuts, len(text)})
    found = [_clause(low, start, end) for start, end in pairwise(cuts)]
    return [clause for clause in found if re.search(r"\w", low[clause.start : clause.end])]


def quoted(text: str, clause: Clause) -> str | None:
    """What stands between quotation marks in a clause."""
    match = _QUOTED.search(text, clause.start, clause.end)
    return match.group(1) if match else None


def blanked(text: str) -> str:
    """In lower case, what is quoted as blanks."""
    low = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text).replace("\u2019", "'")
    return _QUOTED.sub(lambda match: " " * len(match.group()), low)


def _clause(low: str, start: int, end: int) -> Clause:
    while start < end and not (low[start].isalnum() or low[start] == "'"):
        start += 1
    stop = end
    while stop > start and low[stop - 1] in " ,.;:!?\n":
        stop -= 1
    for joint in ("and then", "and", "then", "but"):
        if re.search(rf"[\s,]{joint}$", low[start:stop]):
            stop = start + len(low[start:stop].removesuffix(joint).rstrip(" ,"))
    at = _politely(low, start)
    verb = phrase_at("verbs", low, at)
    if verb is None and (refusal := phrase_at("refusals", low, at)):
        return Clause(start, stop, "", refusal[1], refused=True)
    name, body = verb if verb else ("", at)
    return Clause(start, stop, name, min(body, stop))


def _begins_order(low: str, at: int, *, refusing: bool) -> bool:
    at = _politely(low, at)
    return phrase_at("verbs", low, at) is not None or (refusing and phrase_at("refusals", low, at - 4) is not None)


def _politely(low: str, at: int) -> int:
    """Where it begins behind "please" and the like."""
    while True:
        while at < len(low) and low[at] in " ,":
            at += 1
        polite = phrase_at("polite", low, at)
        if polite is None or phrase_at("verbs", low, at) is not None:
            return at
        at = polite[1]
