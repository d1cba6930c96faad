"""Where the lexicon ends: unknown words and clauses are taken for what they resemble, if they resemble it enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from worldloom.generate.understand import similarity
from worldloom.generate.understand.draft import Draft
from worldloom.generate.understand.lexer import Item
from worldloom.generate.understand.say import say_sets
from worldloom.generate.understand.similarity import Example, Match
from worldloom.generate.understand.state import NOT_KNOWN, Note

_ALONE = 0.65
"""A single word says less than a clause: it must be nearer."""
_WORD_ROLES = {"setting", "material", "state"}
"""What a word before a noun can be."""


def likened(items: Sequence[Item]) -> list[Item]:
    """The items, unknown words among them with the meaning of a known word that is nearly the same."""
    unknown = [at for at, item in enumerate(items) if _is_unknown(item)]
    matches, _ = similarity.nearest([items[at].text.lower() for at in unknown], [])
    out = list(items)
    for at, match in zip(unknown, matches):
        if match and match.entry and _fits(items, at, match):
            out[at] = replace(out[at], entries=(match.entry,), typo_of=match.like, by_similarity=match.score)
    return out


def liken_clauses(items: list[Item], notes: list[Note], draft: Draft, likened_kind: str) -> None:
    """Apply the examples that clauses with unknown words resemble; their words are then understood. `likened_kind`:
    the kind of world, if it was taken from likeness."""
    runs = _unknown_runs(items, notes)
    texts = [" ".join(item.text for item in items[start:end]) for start, end in runs]
    _, matches = similarity.nearest([], texts)
    for (start, end), match in zip(runs, matches):
        if match is None or match.example is None:
            continue
        alone = end - start == 1
        if alone and (match.score < _ALONE or items[start].text.lower() in match.like.lower().split()):
            continue  # "ancient" is not "ancient Rome"
        said = _apply(draft, match.example, likened_kind)
        if not said:
            continue
        for at in range(start, end):
            if notes[at].ok is False and notes[at].meaning == NOT_KNOWN:
                notes[at] = Note(True, f"like “{match.like}”: {said}", 100_000 + start)
                items[at] = replace(items[at], by_similarity=match.score)


def kind_like(text: str) -> str:
    """The kind of world that the whole text resembles, "" for none."""
    _, (match,) = similarity.nearest([], [text[:300]])
    return match.example.kind if match and match.example else ""


def _is_unknown(item: Item) -> bool:
    return item.sort == "word" and not item.entries and not item.measured and not item.possessive and len(item.text) > 2


def _fits(items: Sequence[Item], at: int, match: Match) -> bool:
    """No likeness by letters only ("trampoline", "tram"; "tank", "water tank"), and the right part of speech."""
    entry, word = match.entry, items[at].text.lower()
    assert entry is not None
    if word in match.like.split() or (word.startswith(match.like) and len(word) - len(match.like) > 3):
        return False
    modifies = at + 1 < len(items) and items[at + 1].noun is not None
    return not modifies or entry.role in _WORD_ROLES


def _unknown_runs(items: Sequence[Item], notes: Sequence[Note]) -> list[tuple[int, int]]:
    """From the first to the last unknown word of each clause."""
    runs: list[tuple[int, int]] = []
    first = last = -1
    for at in range(len(items) + 1):
        if at == len(items) or items[at].is_break:
            if first >= 0:
                runs.append((first, last + 1))
            first = -1
        elif notes[at].ok is False and notes[at].meaning == NOT_KNOWN:
            first, last = (at if first < 0 else first), at
    return runs


def _apply(draft: Draft, example: Example, likened_kind: str) -> str:
    """What of an example is news, in words."""
    news = []
    for path, value in example.sets:
        if path in draft.values:
            continue
        if path == "biomes" and (draft.biomes or draft.kind in ("interior", "space_station")):
            continue
        draft.set(path, value, 1)
        news.append((path, value))
    words = [say_sets(news)] if news else []
    if example.room and not draft.rooms:
        draft.rooms.append({"function": example.room})
        words.append(example.room.replace("_", " "))
    if not words and likened_kind and example.kind == likened_kind:
        words.append(likened_kind.replace("_", " "))
    return ", ".join(words)
